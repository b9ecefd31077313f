"""From a fresh process to the first result: with an empty cache of compiled code, and with a warm one."""

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from coprod_abm.experiments.benchmark_figures import Figure, figure_of, seconds_of, tell

COMPILED_WITHIN = 60  # seconds
RUN_WITHIN = 5
FIRST_RESULT = "import coprod_abm as ca; ca.simulate(ca.Parameters(), 'EN-LPFT', replicates=1, weeks=52)"
WHAT = "import, and one run of 52 weeks of EN-LPFT"
COMMAND = "import sys; from coprod_abm.experiments.cli import main; sys.exit(main())"


def time_starts(quick: bool) -> list[Figure]:
    """Seconds to a first result when compiling and when not, and of ``coprod run``; a quick benchmark compiles nothing anew."""
    if quick:
        return warm_starts(os.environ.get("COPROD_CACHE_DIR", ""), 2)
    with tempfile.TemporaryDirectory() as cache:
        tell("start: a fresh process with an empty cache compiles")
        cold = [in_fresh_process(["-c", FIRST_RESULT], cache)]
        compiled = figure_of(
            "start", "fresh process, empty cache", cold, "s", COMPILED_WITHIN, note=f"{WHAT}, compiling"
        )
        return [compiled, *warm_starts(cache, 5)]


def warm_starts(cache: str, repetitions: int) -> list[Figure]:
    """Seconds of fresh processes that find compiled code: to a first result, and of the whole command."""
    tell("start: fresh processes with a warm cache")
    warm = [in_fresh_process(["-c", FIRST_RESULT], cache) for _ in range(repetitions)]
    tell("start: coprod run case=EN-LPFT replicates=10")
    runs = [time_run(cache) for _ in range(repetitions)]
    return [
        figure_of("start", "fresh process, warm cache", warm, "s", note=WHAT),
        figure_of(
            "start",
            "coprod run case=EN-LPFT replicates=10, warm",
            runs,
            "s",
            RUN_WITHIN,
            note="report and figures included",
        ),
    ]


def time_run(cache: str) -> float:
    """Seconds of the whole command in a fresh process, its report and figures included."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["run", "case=EN-LPFT", "replicates=10", f"out={Path(folder) / 'run'}"]
        return in_fresh_process(["-c", COMMAND, *words], cache)


def in_fresh_process(arguments: list[str], cache: str) -> float:
    """Seconds that a fresh Python takes with this cache of compiled code; ``nan``, and a line that says why, if it fails."""
    here = {**os.environ, **({"COPROD_CACHE_DIR": cache} if cache else {})}
    work = partial(subprocess.run, [sys.executable, *arguments], env=here, check=True, capture_output=True, text=True)
    try:
        return seconds_of(work)
    except subprocess.CalledProcessError as error:
        tell(f"  failed: {error.stderr.strip()[-300:]}")
        return float("nan")
