"""One sweep from its points to its folder: what it will take, the chunks that are missing, a summary, and figures."""

import logging
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from coprod_abm.case import Case
from coprod_abm.compiled import is_compiled
from coprod_abm.experiments.progress import Report, lasting, told_progress
from coprod_abm.experiments.settings import chosen_outputs
from coprod_abm.experiments.sweep import Interrupted
from coprod_abm.experiments.sweep_settings import named_cases
from coprod_abm.job import Chunk, Job, chunks, job_of
from coprod_abm.simulate import RunError, check_run
from coprod_abm.store import Store, Summary, check_fits, open_store, recorded_study, results

# Modules are named and not imported: most sweeps need no cluster. Each has
# run_chunks(job, chunks, store, threads, progress); those elsewhere also take a cluster.
EXECUTORS = {"local": "executor_local", "dask": "executor_dask", "slurm": "executor_dask"}
LOG, READ_ME, FIGURES = "sweep.log", "README.txt", "figures"
MOST_ERRORS = 6  # different reasons that the summary names
DRAWN = re.compile(r"(choices|interaction|map|parallel|points|response)_.*\.(csv|png|svg|txt)")
NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")
log = logging.getLogger("coprod_abm.sweep")


@dataclass(frozen=True)
class SweepPlan:
    """A sweep that has been checked: every value is one that can be done.

    Attributes:
        job: what is computed.
        out: folder of the store.
        threads: threads of this machine; None for every processor.
        settings: the resolved configuration.
        named: the folder that the user names to go on, where it is not ``out``.
    """

    job: Job
    out: Path
    threads: int | None
    settings: Mapping[str, Any]
    named: Path | None = None

    @property
    def cases(self) -> tuple[Case, ...]:
        """The cases of the sweep."""
        return self.job.cases


def run_sweep(settings: dict[str, Any], points: pd.DataFrame, command: Sequence[str], words: Sequence[str]) -> None:
    """Do what a resolved configuration and its points say, or only say it (``dry_run``).

    Raises:
        CaseError, ParameterError, MeasureError, RunError, StoreError: before anything is simulated.
        StoreError: when the disk is full; what was computed stays.
    """
    plan = planned(settings, points)
    if settings["dry_run"]:
        from coprod_abm.experiments.sweep_forecast import forecast

        known = None if settings["anew"] else recorded_study(plan.out)
        check_fits(plan.out, known, plan.job)
        if not is_compiled():
            print("Compiling the model once, about half a minute, before the probe.", file=sys.stderr, flush=True)
        own = chunks(plan.job, (known or {}).get("pairs_per_chunk"))
        missing = own if known is None else Store(plan.out, plan.job, own).missing()
        print(forecast(plan.job, own, plan.threads, str(plan.out), len(own) - len(missing)))
        return
    run_chunks = executor(plan)
    share_of(plan, ())  # refused before anything is written
    kept = {**settings, "words": list(words)}
    store = open_store(plan.out, plan.job, config=kept, command=command, anew=settings["anew"], every=settings["every"])
    with logged(plan.out / LOG):
        computed = compute(plan, store, run_chunks)
        found = store.finish()
        told = report(plan, found, computed)
        log.info(told)
        if settings["figures"] and found.is_complete and (computed or not (plan.out / FIGURES).exists()):
            draw(plan)
        write_contents(plan)
    print(told)


def planned(settings: Mapping[str, Any], points: pd.DataFrame) -> SweepPlan:
    """The checked sweep of a resolved configuration and its points.

    Raises:
        CaseError, ParameterError, MeasureError, RunError: naming value, rule and way out.
    """
    check_run(settings["replicates"], 1, 1, settings["threads"], settings["seed"])
    job = job_of(
        points,
        named_cases(settings["case"]),
        measures=chosen_outputs(settings["measures"]),
        replicates=settings["replicates"],
        seed=settings["seed"],
        weeks=settings["weeks"],
        common_seeds=settings["design"]["common_seeds"],
        rows=settings["rows"],
        quantiles=settings["quantiles"] and settings["rows"] == "points",
    )
    if settings["every"] is not None:
        check_run(1, min(job.lengths), settings["every"], None, 0)
    return SweepPlan(job, Path(settings["out"]), settings["threads"], settings)


def compute(plan: SweepPlan, store: Store, run_chunks: Callable[..., None]) -> int:
    """Compute and keep what is missing; how many runs that were.

    Raises:
        Interrupted: after Ctrl-C; says what is kept and how to go on.
    """
    wanted = store.missing(share_of(plan, store.chunks))
    runs = sum(chunk.last - chunk.first for chunk in wanted) * plan.job.replicates
    told = announcement(plan, store, wanted, runs)
    print(told, flush=True)
    log.info(told)
    if not wanted:
        return 0
    try:
        with told_progress(runs, "Sweeping") as progress:
            run_chunks(plan.job, wanted, store, plan.threads, logging_too(progress.part(0, "sweep")))
    except (KeyboardInterrupt, SystemExit) as stop:
        there = len(store.chunks) - len(store.missing())
        message = (
            f"Interrupted: {there} of {len(store.chunks)} chunks are kept in {plan.out}. The same command with "
            f"out={plan.named or plan.out} goes on there."
        )
        log.warning(message)
        if isinstance(stop, SystemExit):
            print(f"\n{message}", file=sys.stderr)
            raise
        raise Interrupted(message) from None
    return runs


def executor(plan: SweepPlan) -> Callable[..., None]:
    """The function that computes chunks where ``executor=`` says.

    Raises:
        RunError: when what it needs is not installed.
    """
    chosen = plan.settings["executor"]
    kind = chosen["kind"]
    try:
        module = import_module(f"coprod_abm.experiments.{EXECUTORS[kind]}")
    except ModuleNotFoundError as error:
        raise RunError(
            f"executor={kind} needs the package {error.name}, which is not installed here. Install it, or leave "
            f"executor={kind} away: the sweep then runs on this machine."
        ) from None
    if kind == "local":
        run_here: Callable[..., None] = module.run_chunks
        return run_here
    cluster = import_module("coprod_abm.experiments.cluster").cluster_of(chosen)

    def run_there(*arguments: Any) -> None:
        module.run_chunks(*arguments, cluster=cluster)

    return run_there


def share_of(plan: SweepPlan, wanted: Sequence[Chunk]) -> tuple[Chunk, ...]:
    """Those of the chunks that fall to this process where several share the work (``shard``)."""
    if plan.settings["shard"] is None:
        return tuple(wanted)
    shard = import_module("coprod_abm.experiments.shard")
    dealt: tuple[Chunk, ...] = shard.dealt(wanted, shard.shard_of(plan.settings["shard"]))
    return dealt


# ---- what the user reads ----


def announcement(plan: SweepPlan, store: Store, wanted: Sequence[Chunk], runs: int) -> str:
    """What is about to happen, in one to three lines."""
    job, total = plan.job, len(store.chunks)
    names = ", ".join(case.id for case in job.cases)
    size = f"{many(job.runs, 'run')} in {many(total, 'chunk')}"
    lines = [f"{many(len(job.points), 'point')} in {names}: {size}, kept in {plan.out}."]
    share = plan.settings["shard"]
    mine = len(share_of(plan, store.chunks))
    if share:
        lines.append(f"Share {share}: {many(mine, 'chunk')}.")
    if len(wanted) < mine:
        rest = f"{many(runs, 'run')} left." if wanted else "Nothing is left to compute."
        lines.append(f"Already there: {mine - len(wanted):,} of {many(mine, 'chunk')}. {rest}")
    if wanted and not is_compiled():
        lines.append("Compiling the model once, about half a minute; later runs start at once.")
    return "\n".join(lines)


def many(number: int, what: str) -> str:
    """A number of things in words, such as ``1 run`` and ``2,000 runs``."""
    return f"{number:,} {what}{'s' * (number != 1)}"


def report(plan: SweepPlan, found: Summary, runs: int) -> str:
    """What was done, what failed and why, and where it lies."""
    rate = f", {runs / found.seconds:,.1f} runs/s" if found.seconds > 0 else ""
    done = f"{many(runs, 'run')} in {lasting(found.seconds)}{rate}" if runs else "nothing was computed"
    lines = [f"Done: {many(found.rows, 'row')}; {done}."]
    if found.failed:
        lines.append(f"{many(found.failed, 'row')} could not run; they are in the table with their error:")
        lines += reasons(found.errors)
    if not found.is_complete:
        lines.append(
            f"{found.done:,} of {many(found.chunks, 'chunk')} are there; the others are left to other processes."
        )
    lines.append(f"Results: {plan.out}, read with coprod_abm.results({str(plan.out)!r}).")
    return "\n".join(lines)


def reasons(errors: Mapping[str, int]) -> list[str]:
    """Why points could not run, counted, the most frequent first; those that differ in numbers alone count as one.

    >>> reasons({"a = 0.5 is too much": 2, "a = 0.6 is too much": 3, "no": 1})
    ['  5 × such as: a = 0.5 is too much', '  1 × no']
    """
    alike: dict[str, list[tuple[str, int]]] = {}
    for error, count in errors.items():
        alike.setdefault(NUMBER.sub("#", error), []).append((error, count))
    told = sorted((-sum(count for _, count in found), found) for found in alike.values())
    lines = [f"  {-count:,} × {'such as: ' * (len(found) > 1)}{found[0][0]}" for count, found in told[:MOST_ERRORS]]
    return lines + [f"  and {len(told) - MOST_ERRORS} other reasons"] * (len(told) > MOST_ERRORS)


def logging_too(report_on: Report) -> Report:
    """A listener that also writes every tenth of the work into the log."""
    said = 0.0

    def told(done: int, total: int) -> None:
        nonlocal said
        report_on(done, total)
        if total and done / total >= said + 0.1:
            said = done / total
            log.info("%d of %d runs", done, total)

    return told


@contextmanager
def logged(file: Path) -> Iterator[None]:
    """Write what this package logs, and what goes wrong, into a file, below what an earlier command wrote."""
    handler = logging.FileHandler(file, encoding="utf-8")
    form = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    form.converter = time.gmtime
    handler.setFormatter(form)
    ours = logging.getLogger("coprod_abm")
    before = ours.level, ours.propagate
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    ours.propagate = False  # the user reads it on the screen already
    try:
        yield
    except Exception:
        log.exception("The sweep failed; chunks written so far are kept.")
        raise
    finally:
        ours.removeHandler(handler)
        handler.close()
        ours.level, ours.propagate = before


def draw(plan: SweepPlan) -> None:
    """Draw the figures that fit the design from the table alone; the folder of figures holds all of them or is not there.

    Figures of the same study with fewer points go; what else somebody laid into the folder stays.
    """
    from coprod_abm.experiments.figure_sweep import draw_sweep
    from coprod_abm.experiments.figure_sweep_table import SweepFacts

    job = plan.job
    names = {case.id: case.name for case in job.cases}
    facts = SweepFacts(job.replicates, job.seed, job.common_seeds, names)
    target = plan.out / FIGURES
    with told_progress(0, "Drawing figures"), tempfile.TemporaryDirectory(prefix=".figures-", dir=plan.out) as aside:
        drawn = Path(aside) / FIGURES
        drawn.mkdir()
        draw_sweep(results(plan.out), facts, drawn)
        for file in target.iterdir() if target.exists() else ():
            if file.is_file() and not DRAWN.fullmatch(file.name):
                shutil.copy2(file, drawn)
        with suppress(OSError):  # another process that ended at the same time may lay the same figures there
            if target.exists():
                target.rename(Path(aside) / "before")
            drawn.rename(target)


def write_contents(plan: SweepPlan) -> None:
    """Say in the folder what each of its files is."""
    file = plan.out / READ_ME
    if not file.exists():
        file.write_text(CONTENTS, encoding="utf-8")


CONTENTS = """Results of coprod sweep. Parameters are uncalibrated: read changes and differences, not levels.

study.json       what was asked for: every key, versions, commit, seed, machine, times, failures
plan.parquet     every point and case with the chunk that holds it
parts/*.parquet  the rows, chunk by chunk: inputs, measures, error (empty where the point ran)
trajectories/*   with every=WEEKS: the measures of each run over time, chunk by chunk, as NetCDF
sweep.log        what was done when
figures/*        pictures that fit the design, each as PNG and SVG, with a description (.txt) and its numbers (.csv)

Read it all with coprod_abm.results("FOLDER"), or parts/*.parquet with pandas, DuckDB or R's arrow.
The same command with out= this folder goes on where it was; nothing is computed twice.
"""
