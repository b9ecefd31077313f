"""What a sweep will take: runs, chunks, time from a probe of about a second, and room on the disk."""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from coprod_abm.experiments.progress import lasting
from coprod_abm.job import Chunk, Job, computed
from coprod_abm.simulate import available_threads

PROBE_SECONDS = 1.0
PROBE_POINTS = 16
NUMBER = 8.0  # bytes of one figure of a table; figures with noise in them cannot be pressed any smaller
FOOT = 260.0  # bytes that each column takes in each file besides


def forecast(job: Job, chunks: Sequence[Chunk], threads: int | None, out: str, there: int = 0) -> str:
    """What would be done, in words; nothing is written."""
    left = job.runs * (len(chunks) - there) / max(len(chunks), 1)
    rate = runs_per_second(job, threads)
    used = threads or available_threads()
    cases = ", ".join(case.id for case in job.cases)
    weeks = " or ".join(str(length) for length in sorted(set(job.lengths)))
    several = "s" * (job.replicates != 1)
    lines = [
        f"Points    {len(job.points):,}, each with {', '.join(job.points.columns)}",
        f"Cases     {len(job.cases)}: {cases}",
        f"Runs      {job.runs:,}: {job.replicates} replicate{several} of {weeks} weeks at each point in each case",
        f"Chunks    {len(chunks):,} of about {lasting(job.runs / len(chunks) / rate)}; {there:,} are there already",
        f"Time      about {lasting(left / rate)} on {used} thread{'s' * (used != 1)} ({rate:,.0f} runs/s in a probe)",
        f"Disk      about {sized(bytes_of(job, len(chunks)))} in {out}",
        "Nothing was run or written. Leave --dry-run away to begin.",
    ]
    return "\n".join(lines)


def runs_per_second(job: Job, threads: int | None) -> float:
    """How many runs of this job a second gives, by a probe of about one second on points from all over the design."""
    places = np.unique(np.linspace(0, len(job.points) - 1, min(len(job.points), PROBE_POINTS)).astype(int))
    few = replace(job, points=job.points.iloc[places].reset_index(drop=True), rows="points", quantiles=())
    probed(few, 1, threads)  # loads compiled code
    replicates = 1
    while True:
        seconds = probed(few, replicates, threads)
        if seconds >= 0.5 * PROBE_SECONDS or replicates >= 1_000_000:
            return few.size * replicates / seconds
        replicates = int(np.ceil(replicates * min(PROBE_SECONDS / max(seconds, 1e-6), 10.0)))


def probed(few: Job, replicates: int, threads: int | None) -> float:
    """Seconds that so many replicates of every pair of a small job take."""
    began = time.perf_counter()
    computed(replace(few, replicates=replicates), Chunk(0, 0, few.size, ""), threads)
    return time.perf_counter() - began


def bytes_of(job: Job, chunks: int) -> float:
    """About how many bytes the tables take."""
    rows = job.size * (job.replicates if job.rows == "replicates" else 1)
    each = 1 if job.rows == "replicates" else 2 + len(job.quantiles)
    columns = len(job.measures) * each
    return rows * columns * NUMBER + chunks * (columns + len(job.points.columns) + 3) * FOOT


def sized(size: float) -> str:
    """A number of bytes as people say it.

    >>> sized(1_500_000)
    '1.5 MB'
    """
    for unit, bytes_in in (("GB", 1e9), ("MB", 1e6)):
        if size >= bytes_in:
            return f"{size / bytes_in:.1f} {unit}"
    return f"{max(size / 1e3, 1):.0f} kB"
