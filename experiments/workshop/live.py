"""Runs for the page: replicates of the two scenarios by the same seeds, a slice at a time, kept for whoever asks next."""

import contextlib
import math
import mmap
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator

import numpy as np

from coprod_abm.case import Case
from coprod_abm.draws import replicate_seeds
from coprod_abm.experiments.workshop.asked import ArmAsked, Asked
from coprod_abm.experiments.workshop.choices import OUTCOMES
from coprod_abm.experiments.workshop.workers import PATIENT, URGENT, Workers
from coprod_abm.job import run_seconds
from coprod_abm.measures import NAMES, mean_over_projects
from coprod_abm.outputs import Stops
from coprod_abm.parameters import record_type
from coprod_abm.simulate import RunError, available_threads
from coprod_abm.world import Array, laid_out

QUARTER = 13  # weeks between the points of a picture
FUTURES = 200  # replicates of a full picture
FEWEST = 16  # of the first picture, however busy the machine is
FIRST_SECONDS = 0.08  # after which the first picture is sent with what there is, and
MORE_SECONDS = 0.5  # later ones
BATCH_SECONDS = 0.02  # of work between which urgent requests go first
MOST_SECONDS = 0.1  # of one run; a larger case is no case for a page that answers at once
WAIT_SECONDS = 5.0  # for another request that computes the same scenario
KEPT_ARMS = 48  # scenarios kept, each below a megabyte
COLUMNS = [NAMES.index(name) for name in OUTCOMES]


class BusyError(RuntimeError):
    """Too many ask at once; asking again in a moment helps."""


class Arm:
    """Replicates of one scenario so far: values (replicate, stop, outcome), the first ``ready`` of which are there."""

    def __init__(self, asked: ArmAsked, seed: int, futures: int) -> None:
        case = asked.case
        self.lock = threading.Lock()
        self.rules = asked.rules
        self.weeks = np.arange(0, case.weeks + 1, QUARTER)
        self.stops = Stops(case.weeks, QUARTER, np.arange(len(self.weeks)))
        self.seeds = replicate_seeds(seed, np.arange(futures))
        self.values = on_own_pages((futures, len(self.weeks), len(OUTCOMES)))
        self.world = laid_out([case], np.zeros(len(case.sites), record_type()))
        self.batch = max(1, round(BATCH_SECONDS / run_seconds(case, case.weeks)))
        self._done = np.zeros(futures, bool)

    @property
    def ready(self) -> int:
        """How many replicates, from the first on without a gap, have been run."""
        return int(np.argmin(self._done)) if not self._done.all() else len(self._done)

    def missing(self, futures: int) -> list[tuple[int, int]]:
        """Spans of replicates that are not there yet, each a batch."""
        spans = [(first, min(first + self.batch, futures)) for first in range(0, futures, self.batch)]
        return [span for span in spans if not self._done[slice(*span)].all()]

    def run(self, first: int, last: int) -> None:
        """Run the replicates of a span."""
        from coprod_abm.batch import seen_in_runs

        seeds = self.seeds[first:last]
        draws = np.arange(first, last) % len(self.rules)
        seen, _ = seen_in_runs(self.world, self.rules, draws, seeds, self.stops)
        self.values[first:last] = mean_over_projects(seen)[..., COLUMNS]
        self._done[first:last] = True


class Live:
    """The model behind the page. It holds no visitor: what is kept is named by what decides the numbers alone."""

    def __init__(self, futures: int = FUTURES, threads: int | None = None) -> None:
        self.futures = futures
        self.workers = Workers(threads or available_threads())
        self._arms: OrderedDict[str, Arm] = OrderedDict()
        self._lock = threading.Lock()

    def runs(self, asked: Asked) -> tuple[Array, Array, Array]:
        """Weeks, and the replicates so far of both scenarios (replicate, stop, outcome), as many of one as of the other.

        It takes about ``FIRST_SECONDS`` or ``MORE_SECONDS`` and then answers with what there is; ask again for more.

        Raises:
            BusyError: when another request holds the same scenario for too long.
        """
        arms = [self._arm(asked.a, asked.seed), self._arm(asked.b, asked.seed)]
        with contextlib.ExitStack() as held:
            for arm in sorted(set(arms), key=id):
                held.enter_context(holding(arm.lock))
            self._refine(arms, asked.first)
            ready = min(arm.ready for arm in arms)
        a, b = (arm.values[:ready] for arm in arms)  # no copies: what is ready is never given other numbers
        return arms[0].weeks, a, b

    def close(self) -> None:
        """End the threads."""
        self.workers.close()

    def _refine(self, arms: list[Arm], first: bool) -> None:
        before = min(arm.ready for arm in arms)
        least = min(before + FEWEST, self.futures)
        spans = sorted(
            {(span, id(arm)): arm for arm in arms for span in arm.missing(self.futures)}.items(), key=str_key
        )
        pieces: list[Callable[[], None]] = [piece_of(arm, *span) for (span, _), arm in spans]
        if not pieces:
            return
        until = time.monotonic() + (FIRST_SECONDS if first else MORE_SECONDS)
        request = self.workers.submit(URGENT if first else PATIENT, pieces)
        request.wait(until, lambda: min(arm.ready for arm in arms) >= least)

    def _arm(self, asked: ArmAsked, seed: int) -> Arm:
        with self._lock:
            if asked.key not in self._arms:
                self._arms[asked.key] = Arm(asked, seed, self.futures)
            self._arms.move_to_end(asked.key)
            while len(self._arms) > KEPT_ARMS:
                self._arms.popitem(last=False)
            return self._arms[asked.key]


def on_own_pages(shape: tuple[int, ...]) -> Array:
    """Numbers not there yet, in memory that goes back to the system as soon as they are dropped.

    Each visitor is answered in a thread of its own, and the C library gives threads heaps of their own: kept runs among
    what threads use for a moment would hold many heaps open, and the process would grow for hours.
    """
    values = np.frombuffer(mmap.mmap(-1, math.prod(shape) * np.dtype(float).itemsize)).reshape(shape)
    values[:] = np.nan
    return values


def str_key(item: tuple[tuple[tuple[int, int], int], Arm]) -> tuple[int, int]:
    """Order of batches: by replicate, so that both scenarios grow together."""
    return item[0][0]


def piece_of(arm: Arm, first: int, last: int) -> Callable[[], None]:
    """The work of one batch."""
    return lambda: arm.run(first, last)


@contextlib.contextmanager
def holding(lock: threading.Lock) -> Iterator[None]:
    """Hold a scenario while it is refined.

    Raises:
        BusyError: when it is not free in time.
    """
    if not lock.acquire(timeout=WAIT_SECONDS):
        raise BusyError("Many ask the model at once. The page asks again by itself.")
    try:
        yield
    finally:
        lock.release()


def check_size(case: Case) -> None:
    """Refuse a case of which one run takes too long for a page that answers while a room watches.

    Raises:
        RunError: naming the case and the way out.
    """
    seconds = run_seconds(case, case.weeks)
    if seconds > MOST_SECONDS:
        raise RunError(
            f"{case.id} has {case.people} people: one run takes about {seconds:.2g} s, and a page that answers at once "
            f"needs {MOST_SECONDS} s or less. Simulate fewer people or years, or use `coprod scenarios`."
        )
