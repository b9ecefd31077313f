"""What a Dask cluster of two local workers takes beside two threads of one process, on the same sweep into a store."""

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.experiments import executor_local
from coprod_abm.experiments.benchmark_figures import Figure, by_turns, figure_of, ratios, seconds_of, tell
from coprod_abm.experiments.cluster import Cluster, check_workers, connected, own_version
from coprod_abm.experiments.executor_dask import Dealer, work_off
from coprod_abm.job import Job, job_of
from coprod_abm.store import Store, open_store

WORKERS = 2
CASE = "EN-LPFT"
RUNS, RUNS_QUICK = 20_000, 3_000
REPLICATES = 20
AT_LEAST = 0.85  # of the threads' throughput
TASKS = 1_000  # empty ones, to measure what Dask spends on a task


def compare_executors(quick: bool) -> list[Figure]:
    """Throughput of both, their ratio, and what a cluster and a task cost."""
    job = sweep_of(RUNS_QUICK if quick else RUNS)
    tell(f"dask: {job.runs:,} runs of {CASE} into a store, by {WORKERS} threads and by {WORKERS} workers")
    seconds_of(partial(in_a_store, job.head(4), by_threads))  # compiled before the clock starts
    began = time.perf_counter()
    with connected(Cluster(workers=WORKERS)) as client:
        check_workers(client)
        started = time.perf_counter() - began
        in_a_store(job.head(200), partial(by_workers, client))  # the workers load the model
        timers: dict[str, Callable[[], float]] = {
            "threads": lambda: seconds_of(partial(in_a_store, job, by_threads)),
            "workers": lambda: seconds_of(partial(in_a_store, job, partial(by_workers, client))),
        }
        taken = by_turns(timers, 3)
        each = empty_task(client)
    rates = {name: [job.runs / seconds for seconds in values] for name, values in taken.items()}
    name = f"Dask, {WORKERS} workers, over {WORKERS} threads"
    return [
        figure_of("dask", f"{CASE}, {WORKERS} threads into a store", rates["threads"], "runs/s"),
        figure_of("dask", f"{CASE}, {WORKERS} Dask workers into a store", rates["workers"], "runs/s"),
        figure_of("dask", name, ratios(rates["workers"], rates["threads"]), "×", AT_LEAST, at_least=True),
        figure_of(
            "dask", "start of the cluster", [started], "s", note="once for each sweep, not part of the throughput"
        ),
        figure_of(
            "dask", "an empty task", [1000 * each], "ms", note="submitted, scheduled, done and counted, of wall time"
        ),
    ]


def sweep_of(runs: int) -> Job:
    """A sweep of two parameters over random points."""
    points = runs // REPLICATES
    draws = np.random.default_rng(1).random((points, 2))
    table = pd.DataFrame(draws, columns=["power.agenda_access", "leadership.facilitation"])
    return job_of(table, CASE, ["need_met", "citizen_trust"], REPLICATES)


def in_a_store(job: Job, work: Callable[[Job, Store], None]) -> None:
    """Do a job into a store of its own, that goes afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "store", job)
        work(job, store)
        assert store.finish().is_complete


def by_threads(job: Job, store: Store) -> None:
    """All chunks on threads."""
    executor_local.run_chunks(job, store.chunks, store, WORKERS)


def by_workers(client: Any, job: Job, store: Store) -> None:
    """All chunks on the workers of a cluster that runs already."""
    Dealer(client, job, store.chunks, store, None, Cluster(workers=WORKERS)).deal()


def empty_task(client: Any) -> float:
    """Seconds that a task costs beside its work."""
    job = sweep_of(REPLICATES)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "store", job)
        by_workers(client, job, store)
        chunk = store.chunks[0]
        dealer = Dealer(client, job, [], store, None, Cluster(workers=WORKERS))
        order = dealer.order([chunk])  # of a chunk that is there, so that nothing is left to do

        def all_of_them() -> None:
            futures = client.map(work_off, [tuple(own_version())] * TASKS, [order] * TASKS, pure=False)
            client.gather(futures)

        return seconds_of(all_of_them) / TASKS
