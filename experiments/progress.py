"""How far a job is: a bar with rate and time left on a terminal, plain lines anywhere else."""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

PLAIN_STEP = 0.1  # share of the work between two plain lines
PLAIN_SECONDS = 5.0  # and at least this long between them
Report = Callable[[int, int], None]


class Progress(Protocol):
    """Something that is told how many runs are done."""

    def part(self, before: int, label: str) -> Report:
        """A listener for one part of the job, before which ``before`` runs were done."""
        ...


@contextmanager
def told_progress(total: int, doing: str = "Simulating", unit: str = "runs") -> Iterator[Progress]:
    """Progress of ``total`` runs, or whatever the unit is, on stderr; with no total, a note that something is being done."""
    if not sys.stderr.isatty():
        yield _Plain(total, unit)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns: list[Any] = [TextColumn("{task.description}")]
    if total:
        columns += [BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn()]
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _OnTerminal(bar, bar.add_task(doing, total=total or None, rate=""), unit)


def lasting(seconds: float) -> str:
    """A time as people say it: ``12 s``, ``3 min``, ``2 h 5 min``."""
    whole = max(math.ceil(seconds), 1)
    if whole < 100:
        return f"{whole} s"
    hours, minutes = divmod(math.ceil(whole / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


class _OnTerminal:
    """A bar that names the case in hand."""

    def __init__(self, bar: Any, task: Any, unit: str = "runs") -> None:
        self.bar, self.task, self.unit = bar, task, unit

    def part(self, before: int, label: str) -> Report:
        def told(done: int, _of: int) -> None:
            speed = self.bar.tasks[0].speed
            rate = f"{speed:.1f} {self.unit}/s" if speed else ""
            self.bar.update(self.task, completed=before + done, description=label, rate=rate)

        return told


class _Plain:
    """Lines such as ``450 of 900 runs, SE-KAL, 38.2 runs/s, 12 s left``; few enough for a log file.

    The rate leaves the first run out, which loads or compiles the model.
    """

    def __init__(self, total: int, unit: str = "runs") -> None:
        self.unit = unit
        self.total, self.last, self.said = total, time.monotonic(), 0
        self.first: tuple[int, float] | None = None  # runs done when the first news came, and when that was

    def part(self, before: int, label: str) -> Report:
        def told(done: int, _of: int) -> None:
            self.tell(before + done, label)

        return told

    def tell(self, done: int, label: str) -> None:
        now = time.monotonic()
        self.first = self.first or (done, now)
        is_due = done - self.said >= PLAIN_STEP * self.total and now - self.last >= PLAIN_SECONDS
        if is_due and done < self.total:
            print(f"{done} of {self.total} {self.unit}, {label}{self.pace(done, now)}", file=sys.stderr, flush=True)
            self.last, self.said = now, done

    def pace(self, done: int, now: float) -> str:
        """Rate and time left; nothing before there is a second run to measure."""
        before, since = self.first or (done, now)
        if done <= before:
            return ""
        rate = (done - before) / max(now - since, 1e-9)
        return f", {rate:.1f} {self.unit}/s, {lasting((self.total - done) / rate)} left"
