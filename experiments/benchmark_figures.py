"""What a benchmark reports: figures with their spread and aim, timed by turns so that a busy machine hurts all alike."""

import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("mesa", "numba", "numpy")


@dataclass(frozen=True)
class Figure:
    """One figure of the benchmark.

    Attributes:
        part: the part of the benchmark it belongs to, such as ``core``.
        name: what was measured, in words.
        value, low, high: median, minimum and maximum over the repetitions; ``nan`` where nothing could be measured.
        unit: unit of the three.
        aim: bound on ``value``; None where nothing is aimed at.
        at_least: whether the aim is a lower bound.
        note: what a reader must know to judge the figure.
    """

    part: str
    name: str
    value: float
    low: float
    high: float
    unit: str
    aim: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def aim_text(self) -> str:
        """The aim in words, empty where there is none."""
        return "" if self.aim is None else f"{'≥' if self.at_least else '≤'} {self.aim:g}"

    @property
    def met(self) -> str:
        """``yes``, ``no``, or empty where nothing is aimed at or nothing could be measured."""
        if self.aim is None or math.isnan(self.value):
            return ""
        return "yes" if (self.value >= self.aim if self.at_least else self.value <= self.aim) else "no"

    @property
    def text(self) -> str:
        """Median with its range in brackets, where there is one."""
        if math.isnan(self.value):
            return "not measured"
        spread = "" if self.low == self.high else f" ({plain(self.low)}–{plain(self.high)})"
        return f"{plain(self.value)}{spread} {self.unit}".strip()


def plain(value: float) -> str:
    """A number with three significant digits and no exponent.

    >>> plain(35_812_345.0), plain(3.14159), plain(0.0421)
    ('35,812,345', '3.14', '0.0421')
    """
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"


def figure_of(
    part: str,
    name: str,
    values: Sequence[float],
    unit: str,
    aim: float | None = None,
    at_least: bool = False,
    note: str = "",
) -> Figure:
    """The figure of repeated measurements: their median, minimum and maximum."""
    return Figure(part, name, statistics.median(values), min(values), max(values), unit, aim, at_least, note)


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Repetition by repetition, the one divided by the other: both met the machine in the same state."""
    return [above / below for above, below in zip(over, under, strict=True)]


def seconds_of(work: Callable[[], object]) -> float:
    """Wall-clock seconds that one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def by_turns(timers: Mapping[str, Callable[[], float]], repetitions: int) -> dict[str, list[float]]:
    """Seconds of every timer, taken by turns: in each repetition each timer runs once."""
    taken: dict[str, list[float]] = {name: [] for name in timers}
    for repetition in range(repetitions):
        for name, timer in timers.items():
            tell(f"  repetition {repetition + 1} of {repetitions}: {name}")
            taken[name].append(timer())
    return taken


def tell(line: str) -> None:
    """Report progress on standard error, beside the results."""
    print(line, file=sys.stderr, flush=True)


def environment() -> dict[str, str]:
    """Processor, how busy it is, Python and the packages that decide the speed."""
    return {
        "processor": processor(),
        "processors": f"{os.cpu_count()}",
        "load average": load_average(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def processor() -> str:
    """The processor's model, as the system names it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def load_average() -> str:
    """Mean number of running processes over the last 1 and 5 minutes."""
    if not hasattr(os, "getloadavg"):
        return "unknown"
    one, five, _ = os.getloadavg()
    return f"{one:.2f} (1 min), {five:.2f} (5 min)"
