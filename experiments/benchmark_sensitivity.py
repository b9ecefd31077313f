"""What a sensitivity study costs beside the core, by a part of Sobol indices of eight families in nine cases."""

import os
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from time import perf_counter
from typing import Any

from coprod_abm import batch
from coprod_abm.experiments import sensitivity_job
from coprod_abm.experiments.benchmark_figures import Figure, figure_of, tell
from coprod_abm.experiments.benchmark_sweep import timing
from coprod_abm.experiments.sensitivity_line import Typed
from coprod_abm.experiments.sensitivity_settings import SensitivitySettings, own_keys
from coprod_abm.simulate import available_threads

FAMILIES = ("power", "leadership", "representation", "reciprocity", "learning", "trust", "efficacy", "capacity")
WHOLE, CASES, REPLICATES = 1024, 9, 20  # the study of which a part is measured
OUTSIDE = 0.1
HOUR = 3600.0


def study_and_shares(quick: bool) -> list[Figure]:
    """Share of wall time outside compiled runs, of the analysis, and how long the whole study would take at this speed."""
    threads = min(2, available_threads())
    n, replicates = (16, 2) if quick else (64, REPLICATES)
    runs = n * (len(FAMILIES) + 3) * CASES * replicates
    tell(f"sensitivity: {runs:,} runs of nine cases")
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder) / "warm", 16, 1, threads, "EN-LPFT")  # compiled before the clock starts
        wall, core, analysis = run(Path(folder) / "study", n, replicates, threads, "all")
    note = f"Sobol, 8 families, 9 cases, n = {n}, {replicates} replicates, four outcomes, {threads} threads"
    whole = WHOLE * (len(FAMILIES) + 3) * CASES * REPLICATES
    outside = 1.0 - core / (wall * threads)
    hours = [core / threads / runs * whole / (1.0 - outside) / HOUR]
    return [
        figure_of(
            "sensitivity", "sensitivity: share of time outside the core", [outside], "of the time", OUTSIDE, note=note
        ),
        figure_of("sensitivity", "sensitivity: share of the analysis", [analysis / wall], "of the time"),
        figure_of("sensitivity", "sensitivity: runs per second", [runs / wall], "runs/s"),
        figure_of("sensitivity", f"sensitivity: n = {WHOLE} ({whole:,} runs) at this speed", hours, "h"),
    ]


def run(folder: Path, n: int, replicates: int, threads: int, case: str) -> tuple[float, float, float]:
    """Seconds of a study, and of those the seconds of all threads in the core and of the analysis."""
    made = SensitivitySettings()
    settings: dict[str, Any] = {key: getattr(made, key) for key in own_keys()}
    settings |= {"n": n, "replicates": replicates, "threads": threads, "case": case, "out": str(folder), "scrambles": 4}
    settings |= {"free": list(FAMILIES), "figures": False, "executor": {"kind": "local"}}
    with (
        timing(batch, "run_each") as core,
        timing(sensitivity_job, "studied") as study,
        timing(sensitivity_job.Work, "outputs") as outputs,
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
    ):
        start = perf_counter()
        sensitivity_job.run_sensitivity(settings, Typed({}, {}, True, []), [], [])
        return perf_counter() - start, core.seconds, study.seconds - outputs.seconds
