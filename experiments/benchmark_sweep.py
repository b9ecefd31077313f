"""What a sweep costs beside the core: the share of its time inside compiled runs, the store's, and a resume."""

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm import batch
from coprod_abm.experiments.benchmark_figures import Figure, figure_of, seconds_of, tell
from coprod_abm.experiments.executor_local import run_chunks
from coprod_abm.job import Job, job_of, usual_pairs
from coprod_abm.simulate import available_threads
from coprod_abm.store import Store, open_store, results

SEED = 1
RUNS, ROWS = 20_000, 100_000
REPLICATES = 20
IN_CORE, STORE, RESUME = 0.9, 0.05, 2.0


class Stopwatch:
    """Seconds that threads spend in some functions, added up over threads."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.lock = threading.Lock()

    def timed(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """The function, timed."""

        def timed(*given: Any, **named: Any) -> Any:
            start = perf_counter()
            try:
                return work(*given, **named)
            finally:
                with self.lock:
                    self.seconds += perf_counter() - start

        return timed


@contextmanager
def timing(owner: Any, *names: str) -> Iterator[Stopwatch]:
    """Time all calls of these functions of a module or class while the block runs."""
    watch = Stopwatch()
    before = {name: getattr(owner, name) for name in names}
    try:
        for name, work in before.items():
            setattr(owner, name, watch.timed(work))
        yield watch
    finally:
        for name, work in before.items():
            setattr(owner, name, work)


def sweep_and_resume(quick: bool) -> list[Figure]:
    """Shares of wall time of a whole sweep with its store, by replicates per point; seconds of a resume."""
    runs, rows = (RUNS // 10, ROWS // 10) if quick else (RUNS, ROWS)
    repetitions = 1 if quick else 3
    shares = [figure for each in (1, REPLICATES) for figure in share_figures(runs, each, repetitions)]
    return shares + resume_figures(rows, repetitions)


def job_with(points: int, replicates: int, weeks: int | None = None, measures: list[str] | None = None) -> Job:
    """A sweep over two parameters of one small case: where runs are short, all else weighs most."""
    lots = np.random.default_rng(SEED).random((points, 2))
    table = pd.DataFrame(lots, columns=["power.agenda_access", "leadership.facilitation"])
    return job_of(table, "EN-LPFT", measures, replicates, SEED, weeks)


def share_figures(runs: int, replicates: int, repetitions: int) -> list[Figure]:
    """How a sweep of that many runs spends its wall time on two threads."""
    threads = min(2, available_threads())
    label = f"sweep, {replicates} replicate{'s' * (replicates > 1)} per point"
    tell(f"{label}: {runs:,} runs of EN-LPFT")
    job = job_with(runs // replicates, replicates)
    sweep(job_with(2, 1), threads)  # compiled before the clock starts
    found = [sweep(job, threads) for _ in range(repetitions)]
    note = f"{runs:,} runs of EN-LPFT, all measures, written to disk, {threads} threads"
    walls, cores, stores = zip(*found, strict=True)
    of = [wall * threads for wall in walls]
    in_core = [core / whole for core, whole in zip(cores, of, strict=True)]
    in_store = [store / whole for store, whole in zip(stores, of, strict=True)]
    speeds = [runs / wall for wall in walls]
    return [
        figure_of(
            "sweep",
            f"{label}: share of time inside the core",
            in_core,
            "of the time",
            IN_CORE,
            at_least=True,
            note=note,
        ),
        figure_of(
            "sweep", f"{label}: share of the store", in_store, "of the time", STORE, note="plan, parts, manifest"
        ),
        figure_of("sweep", f"{label}: runs per second", speeds, "runs/s"),
    ]


def sweep(job: Job, threads: int) -> tuple[float, float, float]:
    """Seconds of a sweep with its store, and of those the seconds of all threads in the core and in the store."""
    with (
        tempfile.TemporaryDirectory() as folder,
        timing(batch, "run_each") as core,
        timing(Store, "begin", "missing", "write", "finish") as store,
    ):
        start = perf_counter()
        opened = open_store(Path(folder) / "sweep", job)
        run_chunks(job, opened.missing(), opened, threads)
        opened.finish()
        return perf_counter() - start, core.seconds, store.seconds


def resume_figures(rows: int, repetitions: int) -> list[Figure]:
    """Seconds from a checked job to the news that nothing is left to do, and to all rows in one table."""
    tell(f"resume: a finished sweep of {rows:,} rows")
    names = ["need_met", "citizen_trust", "safety"]
    job = job_with(rows, 1, 1, names)
    cut = usual_pairs(job_with(1, REPLICATES))
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder, job, pairs_per_chunk=cut)
        run_chunks(job, store.missing(), store)
        store.finish()
        taken = [seconds_of(partial(resume, Path(folder), rows, names)) for _ in range(repetitions)]
        read = [seconds_of(partial(results, folder)) for _ in range(repetitions)]
    note = f"{rows:,} rows in {len(store.chunks):,} parts, as a sweep of {REPLICATES} replicates and six years is cut"
    return [
        figure_of("sweep", f"resume of {rows:,} finished rows", taken, "s", RESUME, note=note),
        figure_of("sweep", f"results of {rows:,} rows as one table", read, "s", note=f"{len(names)} measures"),
    ]


def resume(folder: Path, rows: int, names: list[str]) -> None:
    """Ask for a finished sweep again."""
    store = open_store(folder, job_with(rows, 1, 1, names))
    assert store.missing() == ()
    assert store.finish().rows == rows
