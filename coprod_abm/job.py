"""A sweep as one checked job: points, cases and seeds, cut into chunks that know what decides their numbers."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coprod_abm.case import Case
from coprod_abm.compiled import source_fingerprint
from coprod_abm.declare import ParameterError
from coprod_abm.draws import replicate_seeds
from coprod_abm.measures import NAMES, MeasureError, mean_over_projects
from coprod_abm.outputs import check_outputs, output, outputs, read_outputs, stops_of
from coprod_abm.parameters import Parameters, record_type
from coprod_abm.points import RuleRow, Settings, changes_of, checked_points, flat, is_preset, settings_of
from coprod_abm.simulate import Cases, RunError, as_cases, available_threads, check_parameters, check_run
from coprod_abm.world import Array, World, check_rules, laid_out

FIRST_POINT_SEED = 1_000_003  # point r has the seed of this replicate + r, so that no point shares seeds with a run
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
CHUNK_SECONDS = 4.0  # work in a chunk by the estimate below, and
BATCH_SECONDS = 0.02  # in a batch, between which threads meet and Ctrl-C is heard
AGENT_WEEK = (
    25e-9  # seconds, as measured in docs/performance.md; a fixed figure, so that chunks are the same everywhere
)
PROJECT_WEEK = 2e-6
MOST_PAIRS = 20_000  # in a chunk, so that memory is bounded where runs are short
Told = Callable[[int], None]


class Chunk(NamedTuple):
    """Pairs ``[first, last)`` of a job; ``key`` is a hash of exactly what determines their numbers."""

    number: int
    first: int
    last: int
    key: str


@dataclass(frozen=True, eq=False)
class Job:
    """Everything that determines the numbers of a sweep; made and checked by :func:`job_of`.

    Attributes:
        points: one row per point; columns are parameters and presets by family or theory, all checked.
        cases, measures, replicates, seed, weeks, base, common_seeds, quantiles: as in :func:`coprod_abm.evaluate`.
        rows: ``points`` for statistics over replicates, ``replicates`` for each run.
        first_point: the number of the first point; not 0 where the job is a piece of a larger one.
    """

    points: pd.DataFrame
    cases: tuple[Case, ...]
    measures: tuple[str, ...]
    replicates: int
    seed: int
    weeks: int | None
    base: Parameters
    common_seeds: bool = False
    rows: str = "points"
    quantiles: tuple[float, ...] = ()
    first_point: int = 0

    @property
    def size(self) -> int:
        """Number of pairs of point and case."""
        return len(self.points) * len(self.cases)

    @property
    def runs(self) -> int:
        """Number of runs."""
        return self.size * self.replicates

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over everything that determines numbers."""
        digest = self.kind.copy()
        digest.update(f"{self.first_point} {len(self.points)}".encode())
        for name in self.points.columns:
            digest.update(column_bytes(self.points[name].to_numpy()))
        return digest.hexdigest()

    @cached_property
    def kind(self) -> Any:
        """The digest of all but the points: two jobs of one kind differ in their points alone."""
        digest = hashlib.sha256(json.dumps(self.facts, sort_keys=True).encode())
        for case in self.cases:
            digest.update(flat(self.base.replace(case.rules)).tobytes())
        return digest

    @property
    def facts(self) -> dict[str, Any]:
        """What determines numbers beside the points, in words; the store shows it and says what differs."""
        return {
            "model": source_fingerprint(),
            "columns": list(self.points.columns),
            "cases": {case.id: case.fingerprint for case in self.cases},
            "weeks": {case.id: length for case, length in zip(self.cases, self.lengths, strict=True)},
            "measures": list(self.measures),
            "replicates": int(self.replicates),
            "seed": int(self.seed),
            "common_seeds": bool(self.common_seeds),
            "rows": self.rows,
            "quantiles": list(self.quantiles),
            "base": {key: getattr(value, "name", value) for key, value in self.base.changes().items()},
            "presets": preset_facts(self.points),
        }

    @property
    def lengths(self) -> list[int]:
        """Weeks to simulate of each case."""
        return [int(case.weeks if self.weeks is None else self.weeks) for case in self.cases]

    def head(self, count: int) -> "Job":
        """The job of the first ``count`` points alone."""
        return replace(self, points=self.points.head(count))


def job_of(
    points: pd.DataFrame,
    case: Cases,
    measures: Sequence[str] | None = None,
    replicates: int = 20,
    seed: int = 1,
    weeks: int | None = None,
    base: Parameters | None = None,
    common_seeds: bool = False,
    rows: str = "points",
    quantiles: bool | Sequence[float] = False,
) -> Job:
    """A checked job; everything but contradictions between the settings of single points is refused here.

    Raises:
        ParameterError, PresetError: when a column is no parameter or family, stands twice, or a value cannot be used.
        MeasureError, CaseError, RunError: on an unknown measure, a faulty case, an impossible run.
    """
    chosen = as_cases(case)
    names = checked_measures(measures)
    base = Parameters() if base is None else base
    check_parameters(base)
    for one in chosen:
        length = one.weeks if weeks is None else weeks
        check_run(replicates, length, length, None, seed)
    check_outputs(names, [one.weeks if weeks is None else weeks for one in chosen])
    if rows not in ("points", "replicates"):
        raise RunError(f"rows = {rows!r} is neither 'points' nor 'replicates'. Choose one of them.")
    shares = checked_quantiles(quantiles)
    if shares and rows == "replicates":
        raise RunError("Quantiles over replicates belong to rows='points'; with rows='replicates' every run has a row.")
    return Job(
        checked_points(points),
        tuple(chosen),
        names,
        int(replicates),
        int(seed),
        weeks,
        base,
        common_seeds,
        rows,
        shares,
    )


def checked_measures(measures: Sequence[str] | None) -> tuple[str, ...]:
    """The names of what is kept of each run, all measures at its end where none are given.

    Raises:
        MeasureError: when one does not exist or stands twice, or the list is empty.
    """
    if measures is None:
        return NAMES
    names = [output(name).column for name in ([measures] if isinstance(measures, str) else measures)]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise MeasureError(f"Measure {twice[0]!r} stands twice. Name it once.")
    if not names:
        raise MeasureError("There are no measures to keep. Name at least one, or give None for all.")
    return tuple(names)


def checked_quantiles(quantiles: bool | Sequence[float]) -> tuple[float, ...]:
    """The shares at which quantiles are taken, in whole percent; the usual five for True.

    Raises:
        RunError: when one is no whole percentage, or stands twice.
    """
    if isinstance(quantiles, bool):
        return QUANTILES if quantiles else ()
    shares = tuple(float(each) for each in quantiles)
    for share in shares:
        if not (0.0 <= share <= 1.0 and abs(share * 100 - round(share * 100)) < 1e-9 and shares.count(share) == 1):
            raise RunError(f"quantiles = {list(shares)} are not different whole percentages, as in [0.05, 0.5, 0.95].")
    return shares


def preset_facts(points: pd.DataFrame) -> dict[str, Any]:
    """What each preset among the points sets, so that an edited preset is another job."""
    chosen = {name: sorted(set(points[name])) for name in points.columns if is_preset(name)}
    return {
        column: {name: {key: str(value) for key, value in changes_of(column, name).items()} for name in names}
        for column, names in chosen.items()
    }


def column_bytes(values: Array) -> bytes:
    """A checked column of points as bytes."""
    return values.astype("<f8").tobytes() if values.dtype.kind == "f" else "\0".join(map(str, values)).encode()


# ---- chunks ----


def spans(job: Job, pairs_per_chunk: int | None = None) -> Iterator[Chunk]:
    """The chunks of a job without their keys; their borders do not depend on how many points there are."""
    pairs = pairs_per_chunk or usual_pairs(job)
    for number, first in enumerate(range(0, job.size, pairs)):
        yield Chunk(number, first, min(first + pairs, job.size), "")


def chunks(job: Job, pairs_per_chunk: int | None = None) -> tuple[Chunk, ...]:
    """The chunks of a job, each of some seconds of work unless their size is given.

    Pairs are numbered point by point and within a point case by case.
    """
    facts = {key: fact for key, fact in job.facts.items() if key != "presets"}
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for case in job.cases:
        digest.update(flat(job.base.replace(case.rules)).tobytes())
    columns = hashed_columns(job.points)
    return tuple(span._replace(key=key_of_span(job, span, digest, columns)) for span in spans(job, pairs_per_chunk))


def hashed_columns(points: pd.DataFrame) -> list[Array]:
    """The columns of the points as plain arrays; a preset stands with a hash of what it sets."""
    facts = preset_facts(points)
    columns = []
    for name in points.columns:
        values = points[name].to_numpy()
        if name in facts:
            told = {
                each: f"{each} {hashlib.sha256(repr(sets).encode()).hexdigest()}" for each, sets in facts[name].items()
            }
            values = np.array([told[each] for each in values])
        columns.append(values)
    return columns


def usual_pairs(job: Job) -> int:
    """How many pairs make a chunk: by a fixed estimate of their work, never by the clock or the number of points."""
    cost = sum(run_seconds(case, weeks) for case, weeks in zip(job.cases, job.lengths, strict=True)) / len(job.cases)
    return int(np.clip(CHUNK_SECONDS / (cost * job.replicates), 1, MOST_PAIRS))


def run_seconds(case: Case, weeks: int) -> float:
    """About how long one run takes, in seconds."""
    return 50e-6 + weeks * (AGENT_WEEK * case.people + PROJECT_WEEK * len(case.sites))


def key_of_span(job: Job, span: Chunk, facts: Any, columns: Sequence[Array]) -> str:
    """The hash of what determines the numbers of some pairs, and of the inputs that stand beside them."""
    digest = facts.copy()
    start = job.first_point * len(job.cases)
    digest.update(f"{start + span.first} {start + span.last}".encode())
    for column in columns:
        digest.update(column_bytes(column[touched(job, span)]))
    return str(digest.hexdigest()[:32])


def touched(job: Job, span: Chunk) -> slice:
    """The points that pairs touch, by place."""
    return slice(span.first // len(job.cases), -(-span.last // len(job.cases)))


def points_of(job: Job, span: Chunk) -> pd.DataFrame:
    """The points that pairs touch."""
    return job.points.iloc[touched(job, span)]


# ---- computing ----


class Work(NamedTuple):
    """Runs of one case: the rules of each of its points, and by run the point, the seed, and where its numbers go."""

    case: int
    world: World
    rules: Array
    places: Array
    seeds: Array
    pairs: Array
    replicates: Array


def computed(job: Job, chunk: Chunk, threads: int | None = None, told: Told | None = None) -> pd.DataFrame:
    """The rows of a chunk; a point that contradicts itself is a row with its ``error`` and no numbers.

    Columns: ``point, case``, the columns of the points, ``replicate, seed`` (rows by replicate only), measures,
    ``error``. The numbers depend neither on ``threads`` nor on how the job is cut. ``told`` hears of finished runs.
    """
    points = points_of(job, chunk)
    seeds = seeds_of(job, points)
    works, errors = planned(job, chunk, settings_of(points), seeds)
    ends = np.full((chunk.last - chunk.first, len(job.measures), job.replicates), np.nan)
    simulate_all(job, works, points, ends, threads, told)
    return tabulated(job, chunk, points, seeds, ends, errors)


def seeds_of(job: Job, points: pd.DataFrame) -> Array:
    """The seed of each replicate (point, replicate) of these points."""
    if job.common_seeds:
        own = np.full(len(points), job.seed, np.int64)
    else:
        numbers = job.first_point + points.index.to_numpy() - job.points.index[0]
        own = replicate_seeds(job.seed, FIRST_POINT_SEED + numbers)
    return replicate_seeds(own[:, None], np.arange(job.replicates))


def planned(job: Job, chunk: Chunk, settings: Settings, seeds: Array) -> tuple[list[Work], list[str | None]]:
    """The runs of a chunk, case by case, and the error of each pair that cannot run."""
    count, before = len(job.cases), chunk.first // len(job.cases)
    errors: list[str | None] = [None] * (chunk.last - chunk.first)
    works = []
    for number, case in enumerate(job.cases):
        rules = np.where(settings.is_set, settings.values, flat(job.base.replace(case.rules)))
        able = []
        for pair in range(chunk.first + (number - chunk.first) % count, chunk.last, count):
            try:
                check_rules(RuleRow(rules[pair // count - before].tolist()), case)
                able.append(pair)
            except ParameterError as error:
                errors[pair - chunk.first] = str(error)
        world = laid_out([case], np.zeros(len(case.sites), record_type()))
        pairs = np.repeat(np.array(able, np.int64), job.replicates)
        replicates = np.tile(np.arange(job.replicates), len(able))
        places = pairs // count - before
        works.append(Work(number, world, rules, places, seeds[places, replicates], pairs - chunk.first, replicates))
    return works, errors


def simulate_all(
    job: Job, works: Sequence[Work], points: pd.DataFrame, ends: Array, threads: int | None, told: Told | None
) -> None:
    """Simulate all runs in batches on threads and write what is kept of them (pair, measure, replicate) to ``ends``."""
    from coprod_abm.batch import seen_in_runs

    wanted = outputs(job.measures)
    surveyed = any(out.through for out in wanted)

    def batch(work: Work, first: int, last: int) -> int:
        run = slice(first, last)
        length = job.lengths[work.case]
        stops = stops_of(wanted, length)
        seen, people = seen_in_runs(work.world, work.rules, work.places[run], work.seeds[run], stops, surveyed)
        own = points.iloc[work.places[run]] if surveyed else points
        kept = read_outputs(wanted, length, mean_over_projects(seen), people, own)
        ends[work.pairs[run], :, work.replicates[run]] = kept
        return last - first

    tasks = []
    for work in works:
        step = int(max(1, BATCH_SECONDS / run_seconds(job.cases[work.case], job.lengths[work.case])))
        tasks += [(work, first, min(first + step, len(work.seeds))) for first in range(0, len(work.seeds), step)]
    side_by_side(batch, tasks, threads, told)


def side_by_side(
    work: Callable[..., int], tasks: Sequence[tuple[Any, ...]], threads: int | None, told: Told | None
) -> None:
    """Do all tasks on threads; the first failure is raised, and Ctrl-C stops after the batches in hand."""
    done = 0
    pool = ThreadPoolExecutor(threads or available_threads())
    try:
        waiting = {pool.submit(work, *task) for task in tasks}
        while waiting:
            finished, waiting = wait(waiting, timeout=0.5, return_when=FIRST_EXCEPTION)
            done += sum(future.result() for future in finished)
            if told:
                told(done)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


# ---- the table ----


def tabulated(
    job: Job, chunk: Chunk, points: pd.DataFrame, seeds: Array, ends: Array, errors: Sequence[str | None]
) -> pd.DataFrame:
    """The table of a chunk from the measures (pair, measure, replicate) at the end of its runs."""
    count = len(job.cases)
    pairs = np.arange(chunk.first, chunk.last)
    own = pairs // count - chunk.first // count  # the row of each pair's point among those of the chunk
    columns: dict[str, Any] = {
        "point": job.first_point + pairs // count,
        "case": [job.cases[pair % count].id for pair in pairs],
        **{name: points[name].to_numpy()[own] for name in points.columns},
    }
    if job.rows == "replicates":
        columns = {name: np.repeat(values, job.replicates) for name, values in columns.items()}
        columns["replicate"] = np.tile(np.arange(job.replicates), len(pairs))
        columns["seed"] = seeds[own].reshape(-1)
        columns |= {name: ends[:, place].reshape(-1) for place, name in enumerate(job.measures)}
        errors = [error for error in errors for _ in range(job.replicates)]
    else:
        columns |= statistics(job, ends)
    return pd.DataFrame(columns | {"error": pd.array(errors, dtype="str")})


def statistics(job: Job, ends: Array) -> dict[str, Array]:
    """Mean, SD and quantiles over replicates of each measure, one value per pair.

    What only a living project can show has no value where a run's projects have ended; those runs are left out.
    """
    figures = figures_of(ends, job.quantiles)
    known = ~np.isnan(ends)
    for pair, place in np.argwhere(known.any(axis=2) & ~known.all(axis=2)):
        figures[:, pair, place] = figures_of(ends[pair, place, known[pair, place]], job.quantiles)
    endings = ["", "_sd", *(f"_q{round(100 * share):02d}" for share in job.quantiles)]
    return {
        f"{name}{ending}": figures[number, :, place]
        for place, name in enumerate(job.measures)
        for number, ending in enumerate(endings)
    }


def figures_of(values: Array, quantiles: Sequence[float]) -> Array:
    """Mean, SD (none of a single value) and quantiles along the last axis, one after the other on a new first axis."""
    means = values.mean(axis=-1)
    spreads = values.std(axis=-1, ddof=1) if values.shape[-1] > 1 else np.full_like(means, np.nan)
    return np.stack([means, spreads, *(np.quantile(values, share, axis=-1) for share in quantiles)])


def piece(job: Job, chunk: Chunk) -> tuple[Job, Chunk]:
    """The same chunk as a small job of its own, cheap to send to another process; it gives the same rows."""
    count = len(job.cases)
    before = chunk.first // count
    small = replace(job, points=points_of(job, chunk).reset_index(drop=True), first_point=job.first_point + before)
    return small, chunk._replace(first=chunk.first - before * count, last=chunk.last - before * count)
