"""A country of ten million citizens for a year, in a process of its own, so that its peak of memory is its own."""

import json
import subprocess
import sys

from coprod_abm.experiments.benchmark_engines import SEED
from coprod_abm.experiments.benchmark_figures import Figure, figure_of, seconds_of, tell
from coprod_abm.experiments.benchmark_worlds import bytes_per_person, country, default_world
from coprod_abm.simulate import MONTHLY, run_once
from coprod_abm.year import YEAR

CITIZENS = 10_000_000
CITIZENS_QUICK = 100_000


def run_country(quick: bool) -> list[Figure]:
    """Seconds and memory of a country for 52 weeks, its start included."""
    citizens = CITIZENS_QUICK if quick else CITIZENS
    tell(f"country: {citizens:,} citizens, {YEAR} weeks, in a process of its own")
    found = json.loads(in_own_process(citizens))
    name = f"country of {citizens:,} citizens"
    size = f"{found['people']:,.0f} people in 290 projects, one thread"
    return [
        figure_of("country", f"{name}: start and first week", [found["start"]], "s", note=size),
        figure_of("country", f"{name}: {YEAR} weeks with start", [found["whole"]], "s", note=size),
        figure_of(
            "country", f"{name}: agent-weeks per second", [found["people"] * YEAR / found["whole"]], "agent-weeks/s"
        ),
        figure_of("country", f"{name}: bytes of arrays per agent", [found["bytes"]], "bytes", 160),
        figure_of("country", f"{name}: peak memory of the process", [found["peak"] / 2**20], "MiB"),
    ]


def in_own_process(citizens: int) -> str:
    """Output of this module run as a program for that many citizens.

    Raises:
        subprocess.CalledProcessError: when the process fails, for instance for want of memory.
    """
    command = [sys.executable, "-m", "coprod_abm.experiments.benchmark_country", str(citizens)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def measure_country(citizens: int) -> dict[str, float]:
    """People, seconds of the start and of 52 weeks, bytes per agent and the process's peak of memory in bytes."""
    run_once(default_world(country(10_000)), SEED, MONTHLY)
    world = default_world(country(citizens))
    start = seconds_of(lambda: run_once(world, SEED, 1).seen)
    whole = seconds_of(lambda: run_once(world, SEED, YEAR).seen)
    size = bytes_per_person(world)
    return {"people": len(world.people), "start": start, "whole": whole, "bytes": size, "peak": peak_bytes()}


def peak_bytes() -> float:
    """The most memory this process has held so far, bytes; ``nan`` where the system does not tell."""
    try:
        import resource
    except ImportError:  # not on Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else peak * 1024)


if __name__ == "__main__":
    print(json.dumps(measure_country(int(sys.argv[1]))))
