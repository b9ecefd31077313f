"""One sensitivity study from its plan to its folder: pilot, samples that grow in one store, tables, a second run, report."""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from SALib.sample import latin

from coprod_abm.experiments.progress import lasting
from coprod_abm.experiments.sensitivity_error import SensitivityError
from coprod_abm.experiments.sensitivity_fixing import FIXING, fixing_of, reduced, small
from coprod_abm.experiments.sensitivity_line import Typed
from coprod_abm.experiments.sensitivity_noise import (
    ACCEPTED,
    MOST,
    PILOT_POINTS,
    PILOT_REPLICATES,
    noise_of,
    replicates_for,
)
from coprod_abm.experiments.sensitivity_plan import StudyPlan, check_able, check_table, outcomes_of, planned
from coprod_abm.experiments.sensitivity_sample import problem_of
from coprod_abm.experiments.sensitivity_study import Outcome, Result, check_outcome, studied
from coprod_abm.experiments.sweep_job import SweepPlan, compute, executor, logged, many
from coprod_abm.job import Chunk, Job, chunks, points_of, seeds_of, settings_of
from coprod_abm.job import planned as runs_planned
from coprod_abm.problem import DUMMY
from coprod_abm.store import BESIDE, Store, check_fits, open_store, recorded_study, results
from coprod_abm.store_files import whole_file

LOG, MANIFEST, READ_ME, FIGURES, REPORT = "sensitivity.log", "sensitivity.json", "README.txt", "figures", "report.md"
TABLES = ("indices", "interactions", "noise", "convergence")
PILOT = BESIDE[0]
AT_ONCE = 2_000  # points looked at for contradictions
log = logging.getLogger("coprod_abm.sensitivity")


class Unfinished(Exception):
    """Not all of a sample is there, because other processes share the work."""


class Pilot(NamedTuple):
    """How many replicates a pilot found to be needed, and for which output."""

    replicates: int
    share: float
    needed_for: str


def run_sensitivity(settings: dict[str, Any], typed: Typed, command: Sequence[str], words: Sequence[str]) -> None:
    """Do what a resolved configuration says, or only say it (``dry_run``).

    Raises:
        SensitivityError, ProblemError, ParameterError, MeasureError, RunError, StoreError: before anything is simulated.
        SensitivityError: when outputs have no index; those of the others are written.
    """
    plan = planned(settings, typed)
    if settings["dry_run"]:
        from coprod_abm.experiments.sensitivity_forecast import forecast

        print(forecast(plan))
        return
    work = Work(plan, command, words)
    with logged_in(plan.out):
        try:
            result = work.done()
        except Unfinished as unfinished:
            print(unfinished)
            return
        told = work.written(result)
        log.info(told)
        print(told)
    if result.refused and settings["measures"] not in ("all", ["all"]):
        raise SensitivityError("No index for:\n" + "\n".join(f"  {why}" for why in result.refused.values()))


def logged_in(folder: Path) -> Any:
    """Write what is logged into the folder, once it is known to be one of ours."""
    recorded_study(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return logged(folder / LOG)


class Work:
    """A study in hand: its store, and what is known of it so far."""

    def __init__(self, plan: StudyPlan, command: Sequence[str], words: Sequence[str]) -> None:
        self.plan, self.command = plan, command
        self.kept = {**plan.settings, "words": list(words)}
        self.pilot: Pilot | None = None
        self.replicates, self.n, self.runs, self.simulating = plan.replicates or 0, plan.n, 0, 0.0
        self.sizes: list[int] = []
        self.fixing: pd.DataFrame | None = None
        self.seen: list[Outcome] = []
        self.began = time.monotonic()

    def done(self) -> Result:
        """The tables of the study.

        Raises:
            Unfinished: when chunks are left to other processes.
            SensitivityError: when no output has an index, or the design cannot run.
        """
        if self.plan.replicates is None:
            self.pilot = self.piloted()
            self.replicates = self.pilot.replicates
            print(self.pilot_told(), flush=True)
        self.sizes = self.sizes_left()
        tolerance, common = (self.plan.settings[key] for key in ("tolerance", "common_seeds"))
        self.n, result = studied(self.plan.sampling, self.outputs, self.sizes, tolerance, common)
        if self.plan.settings["fix"] is not None:
            self.fixing = self.verified(result)
        return result

    # ---- simulating ----

    def outputs(self, n: int) -> list[Outcome]:
        """The outputs at the points of a sample of size n; what the store lacks is simulated."""
        sample = self.plan.sampling.values(n)
        job = self.plan.job(sample, self.replicates)
        table = self.table(job, self.plan.out)
        check_table(self.plan, table, job)
        self.seen = outcomes_of(self.plan, table, self.replicates)
        return self.seen

    def table(self, job: Job, folder: Path) -> pd.DataFrame:
        """The finished rows of a job in its store."""
        known = None if self.plan.settings["anew"] else recorded_study(folder)
        if known is None or known["fingerprint"] != job.fingerprint:
            check_design(job)
        began = time.monotonic()
        anew = self.plan.settings["anew"] and not self.runs
        store = open_store(folder, job, config=self.kept, command=self.command, anew=anew)
        shared = folder == self.plan.out
        sweep = SweepPlan(
            job, folder, self.plan.settings["threads"], self.plan.settings if shared else {**self.plan.settings, "shard": None}
        )
        self.runs += compute(sweep, store, executor(sweep))
        found = store.finish()
        self.simulating += time.monotonic() - began
        if not found.is_complete:
            raise Unfinished(
                f"{found.done:,} of {many(found.chunks, 'chunk')} are there. The same command without shard= analyses them once "
                "all are."
            )
        return results(folder)

    def sizes_left(self) -> list[int]:
        """Sizes to go through; a study that has grown already goes on at the size that it has reached."""
        sizes = self.plan.sizes(self.replicates)
        known = None if self.plan.settings["anew"] else recorded_study(self.plan.out)
        while known is not None and self.plan.sampling.rows(sizes[0]) < known["points"]:
            sizes = sizes[1:] or [2 * sizes[0]]
        return sizes

    # ---- pilot ----

    def piloted(self) -> Pilot:
        """How many replicates the output with most noise needs, from a few points with a few replicates.

        Raises:
            SensitivityError: when every output is constant or not a number there.
        """
        sampling = replace(self.plan.sampling, method="pawn", first=PILOT_POINTS)
        sample = latin.sample(problem_of(sampling), PILOT_POINTS, seed=sampling.seed)
        job = self.plan.job(sample, PILOT_REPLICATES)
        table = self.table(job, self.plan.out / PILOT)
        check_able(table[table["error"].notna()])
        able = [each for each in outcomes_of(self.plan, table, PILOT_REPLICATES) if is_able(sampling, each)]
        if not able:
            raise SensitivityError(
                "No outcome has a value at every point of the pilot and differs between points. Choose other measures, or free "
                "something else."
            )
        shares = [
            noise_of(each.means[:, None], each.deviations[:, None], PILOT_REPLICATES, sampling.seed).share for each in able
        ]
        worst = max(range(len(able)), key=lambda place: shares[place])
        return Pilot(replicates_for(shares[worst]), shares[worst], able[worst].name)

    def pilot_told(self) -> str:
        """What the pilot found."""
        assert self.pilot is not None
        bound = f", the most that a study takes by itself: indices of {self.pilot.needed_for} will hold noise"
        return (
            f"Pilot: {self.pilot.share:.0%} of the variance of {self.pilot.needed_for} is between replicates; "
            f"{self.pilot.replicates} replicates"
            + (bound if self.pilot.replicates == MOST else f" leave at most {ACCEPTED:.0%} of it in the means")
            + "."
        )

    # ---- fixing ----

    def verified(self, result: Result) -> pd.DataFrame:
        """What fixing small parameters keeps of the variance, from a second run without them.

        Raises:
            SensitivityError: when nothing or everything is small.
        """
        threshold = self.plan.settings["fix"]
        fixed = small(result.indices, threshold)
        free = [name for name in self.plan.sampling.factors if name not in (*fixed, DUMMY)]
        if not fixed or not free:
            which = "Nothing has" if not fixed else "Everything has"
            print(f"{which} a total effect below fix={threshold:g}; there is nothing to verify.")
            return fixing_of([], [], fixed, threshold, self.plan.sampling.seed)
        rows = self.plan.sampling.base(self.n)[:, 0]
        sample = self.plan.sampling.values(self.n)[rows]
        job = self.plan.job(sample, self.replicates, seed=self.plan.settings["seed"] + 1)
        job = replace(job, points=reduced(self.plan.sampling.space, job.points, fixed))
        table = self.table(job, self.plan.out / FIXING)
        again = outcomes_of(self.plan, table, self.replicates)
        before = [each._replace(means=each.means[rows], deviations=each.deviations[rows]) for each in self.seen]
        return fixing_of(before, again, fixed, threshold, self.plan.sampling.seed)

    # ---- writing ----

    def written(self, result: Result) -> str:
        """Write the tables, figures and report, and say where and what was found."""
        out = self.plan.out
        for name in TABLES:
            write_table(out / f"{name}.csv", getattr(result, name))
        if self.fixing is not None:
            write_table(out / f"{FIXING}.csv", self.fixing)
        facts = self.facts(result)
        whole_file(out / MANIFEST, (json.dumps(facts, indent=2, ensure_ascii=False) + "\n").encode())
        whole_file(out / READ_ME, CONTENTS.encode())
        if self.plan.settings["figures"]:
            draw(out, self.plan.settings["language"])
        return self.report(result, facts)

    def facts(self, result: Result) -> dict[str, Any]:
        """What the study was and why it stopped."""
        sampling, settings = self.plan.sampling, self.plan.settings
        return {
            "method": sampling.method,
            "problem": dict(sampling.space),
            "fixed": dict(self.plan.fixed),
            "cases": [case.id for case in self.plan.cases],
            "columns": list(self.plan.columns),
            "n": self.n,
            "points": sampling.rows(self.n),
            "scrambles": sampling.scrambles,
            "interactions": sampling.interactions,
            "seed": sampling.seed,
            "replicates": self.replicates,
            "pilot": None if self.pilot is None else self.pilot._asdict(),
            "common_seeds": settings["common_seeds"],
            "tolerance": settings["tolerance"],
            "budget": settings["budget"],
            "widest": result.widest,
            "widest_of": result.widest_of,
            "stopped": self.stopped(result),
            "refused": result.refused,
            "runs": sampling.rows(self.n) * self.replicates * len(self.plan.cases),
            "seconds_simulating": round(self.simulating, 1),
            "seconds": round(time.monotonic() - self.began, 1),
            "salib": version("SALib"),
            "language": settings["language"],
        }

    def stopped(self, result: Result) -> str:
        """Why the sample did not grow any further."""
        tolerance = self.plan.settings["tolerance"]
        if tolerance is None:
            return f"The sample was given: n = {self.n}. The widest interval is {result.widest:.3g}, {result.widest_of}."
        if result.widest <= tolerance:
            return f"Every interval of interest is narrower than {tolerance:g}; the widest is {result.widest:.3g}."
        return (
            f"The budget of {self.plan.settings['budget']:,} runs ended before every interval of interest was narrower than "
            f"{tolerance:g}: the widest is {result.widest:.3g}, {result.widest_of}."
        )

    def report(self, result: Result, facts: Mapping[str, Any]) -> str:
        """What the user reads at the end."""
        done = f"{many(self.runs, 'run')} in {lasting(self.simulating)}" if self.runs else "nothing was computed"
        lines = [f"Done: {done}; n = {self.n}, {many(self.replicates, 'replicate')}.", str(facts["stopped"])]
        if result.refused:
            lines.append(f"{many(len(result.refused), 'output')} without an index, as {MANIFEST} says: {', '.join(list(result.refused)[:4])}.")
        lines += summary(self.plan.sampling.kind.interest[-1], result.indices)
        if self.fixing is not None and len(self.fixing):
            kept = self.fixing["variance_kept"]
            lines.append(
                f"Fixed: {self.fixing['fixed'].iloc[0]}. The second run keeps {kept.min():.0%} to {kept.max():.0%} of the variance."
            )
        return "\n".join([*lines, f"Results: {self.plan.out} ({READ_ME} says what is what)."])


def is_able(sampling: Any, outcome: Outcome) -> bool:
    """Whether an output has an index."""
    try:
        check_outcome(sampling, len(outcome.means), outcome)
    except SensitivityError as error:
        log.info("pilot: %s", error)
        return False
    return True


def check_design(job: Job) -> None:
    """Refuse points that contradict themselves before anything is simulated.

    Raises:
        SensitivityError: naming the first, and the way out.
    """
    count = len(job.cases)
    failed = []
    for first in range(0, job.size, AT_ONCE * count):
        chunk = Chunk(0, first, min(first + AT_ONCE * count, job.size), "")
        points = points_of(job, chunk)
        errors = runs_planned(job, chunk, settings_of(points), seeds_of(job, points))[1]
        failed += [
            {"point": (first + place) // count, "case": job.cases[place % count].id, "error": error}
            for place, error in enumerate(errors)
            if error is not None
        ]
    check_able(pd.DataFrame(failed))


def chunks_there(job: Job, folder: Path) -> tuple[int, int]:
    """Chunks of a job in a store, and how many of them are there."""
    known = recorded_study(folder)
    check_fits(folder, known, job)
    own = chunks(job, (known or {}).get("pairs_per_chunk"))
    return len(own), 0 if known is None else len(own) - len(Store(folder, job, own).missing())


def write_table(file: Path, table: pd.DataFrame) -> None:
    """A table as CSV, whole or not at all."""
    whole_file(file, table.to_csv(index=False).encode())


def draw(folder: Path, language: str) -> None:
    """Draw the figures and write the report."""
    drawing = drawer("figure_sensitivity", "draw_study")
    if drawing is not None:
        drawing(folder, language)
    writing = drawer("sensitivity_words", "report_words")
    if writing is not None:
        whole_file(folder / REPORT, writing(folder, language).encode())


def drawer(module: str, name: str) -> Callable[..., Any] | None:
    """A function of another module; None where this installation has none."""
    if find_spec(f"coprod_abm.experiments.{module}") is None:
        return None
    found: Callable[..., Any] = getattr(import_module(f"coprod_abm.experiments.{module}"), name)
    return found


def summary(index: str, indices: pd.DataFrame) -> list[str]:
    """The three largest indices of each output, beside the dummy; at most twelve outputs."""
    lines = []
    chosen = indices[indices["index"] == index]
    for (case, week, measure), own in list(chosen.groupby(["case", "week", "measure"], sort=False))[:12]:
        by_size = own[own["parameter"] != DUMMY].sort_values("value", ascending=False)
        dummy = own.loc[own["parameter"] == DUMMY, "value"].iloc[0]
        told = ", ".join(
            f"{row.parameter} {row.value:.2f} ({row.low:.2f} to {row.high:.2f}{'; only noise' if row.noise_only else ''})"
            for row in by_size.head(3).itertuples()
        )
        lines.append(f"{measure}, {case}, week {week}: {index} of {told}; dummy {dummy:.2f}")
    return lines


CONTENTS = """Results of coprod sensitivity. Parameters are uncalibrated: the indices are about the declared ranges.

indices.csv       every index with its 95 % interval; noise_only: it cannot be told from a parameter that does nothing
interactions.csv  indices of pairs (with interactions=true)
noise.csv         share of the variance of runs that is between replicates, and of the means that were analysed
convergence.csv   the indices of interest at smaller samples
fixing.csv        with fix=: what of the variance is kept without the parameters of small effect, from a second run
sensitivity.json  method, problem, sample, why it stopped, and outputs without an index with the reason
report.md         the findings in sentences
figures/*         pictures, each as PNG and SVG
study.json, plan.parquet, parts/*   the runs behind it, read with coprod_abm.results("FOLDER"), as of coprod sweep
pilot/, fixing/   the runs of the pilot that chose the replicates, and of the second run
sensitivity.log   what was done when

The same command with out= this folder goes on where it was; nothing is computed twice.
"""
