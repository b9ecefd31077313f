"""Chunks of a sweep on a Dask cluster: workers simulate and write, this process deals out and counts."""

import pickle
import time
import uuid
import zlib
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import CancelledError
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from coprod_abm.experiments.cluster import (
    KEPT,
    Cluster,
    ExecutorError,
    Version,
    check_version,
    check_workers,
    connected,
    own_version,
)
from coprod_abm.experiments.interruption import Interruption, interruptible
from coprod_abm.experiments.progress import Report
from coprod_abm.job import Chunk, Job, piece
from coprod_abm.presets import OwnPreset, beside_shipped, known_beside
from coprod_abm.store import Store, StoreError

TASK_SECONDS = 2.0  # of work in a task: far more than the few milliseconds that Dask spends on one
MOST_CHUNKS = 200  # in a task
AHEAD = 3  # tasks per thread of the cluster that are under way: one at work, two waiting
FEWEST_AHEAD = 6
BLOCK = 100  # tasks handed to the scheduler at once
TRIES = 5  # of one task, whose workers died, or that failed or was lost
TICK = 0.5  # seconds between two looks at the cluster, while nothing finishes
SEEN_SECONDS = 90.0  # until a file that a worker wrote must be visible here; network folders take their time
WORKERLESS_SECONDS = 600.0  # without any worker until we give up, once work has begun


def run_chunks(
    job: Job,
    chunks: Sequence[Chunk],
    store: Store,
    threads: int | None = None,
    progress: Report | None = None,
    cluster: Cluster | None = None,
) -> None:
    """Simulate these chunks on a cluster, whose workers put each into the store as soon as it is done.

    ``threads`` is the number of workers to start where the cluster names neither address nor workers. ``progress``
    hears of finished runs among those of these chunks.

    Raises:
        ExecutorError: when the cluster does not answer, has workers of another version, or fails for good.
        StoreError: when a worker cannot write. What was written stays in either case.
    """
    if not chunks:
        return
    place = cluster or Cluster()
    with connected(place, threads) as client:
        check_workers(client)
        Dealer(client, job, chunks, store, progress, place).deal()


# ---- on a worker ----


class Order(NamedTuple):
    """What a worker is told: where to write, what its files say of themselves, and small jobs of one chunk each.

    The user's own presets travel along, since the worker has no folder of them.
    """

    folder: Path
    said: dict[str, str]
    every: int | None
    pieces: tuple[tuple[Job, Chunk], ...]
    own: tuple[OwnPreset, ...] = ()


class Parts(Store):
    """The store as a worker sees it: it writes parts that say what those of the driver say."""

    def __init__(self, order: Order, job: Job, chunk: Chunk) -> None:
        super().__init__(order.folder, job, (chunk,), order.every)
        self.said = order.said

    def told(self) -> dict[str, str]:
        """What every file says about itself."""
        return self.said


def work_off(version: tuple[str, ...], order: bytes) -> float:
    """Simulate and write the chunks of an order that are not in the store yet; seconds of work.

    The order is bytes, so that a worker of another version refuses before it reads what it may not understand.

    Raises:
        ExecutorError: when this worker has another version than the driver.
        StoreError: when a part cannot be written.
    """
    check_version("A worker", own_version(), Version(*version))
    began = time.perf_counter()
    told: Order = pickle.loads(zlib.decompress(order))
    with beside_shipped(told.own):
        for job, chunk in told.pieces:
            parts = Parts(told, job, chunk)
            if parts.missing():
                parts.fill(chunk, threads=1)
    return time.perf_counter() - began


# ---- on the driver ----


class Task(NamedTuple):
    """Some chunks under way, and how often they were tried before."""

    chunks: tuple[Chunk, ...]
    tries: int


class Dealer:
    """Deals chunks out to a cluster, a bounded number at a time, until all of them are in the store."""

    def __init__(
        self, client: Any, job: Job, chunks: Sequence[Chunk], store: Store, progress: Report | None, cluster: Cluster
    ) -> None:
        self.client, self.job, self.store, self.progress, self.cluster = client, job, store, progress, cluster
        self.waiting = deque(chunks)
        self.again: deque[Task] = deque()
        self.under_way: dict[str, tuple[Any, Task]] = {}
        self.ended: SimpleQueue[str] = SimpleQueue()
        self.unseen: dict[Chunk, float] = {}
        self.total = runs_of(job, chunks)
        self.done = 0
        self.chunk_seconds = TASK_SECONDS  # of work in one chunk, once measured
        self.name, self.count = f"coprod-{uuid.uuid4().hex[:12]}", 0
        self.threads, self.looked = 0, -1e9
        self.last_worker: float | None = None
        self.began = time.monotonic()

    def deal(self) -> None:
        """Go on until every chunk is in the store, or Ctrl-C is pressed."""
        try:
            with interruptible() as interruption:
                while self.waiting or self.again or self.under_way or self.unseen:
                    self.step(interruption)
        finally:
            if self.under_way and self.client.status == "running":
                self.client.cancel([future for future, _ in self.under_way.values()], force=True)

    def step(self, interruption: Interruption) -> None:
        """Hand out what there is room for, and take in what came back."""
        self.look()
        self.refill()
        for key in self.news():
            interruption.heed()
            self.settle(*self.under_way.pop(key))
        self.see()
        interruption.heed()

    def look(self) -> None:
        """See whether the scheduler is there, and how many threads its workers have.

        Raises:
            ExecutorError: when the scheduler is gone, or there has been no worker for too long.
        """
        if self.client.status in ("closing", "closed"):
            raise ExecutorError(f"The connection to {self.cluster.told} was lost. {KEPT}")
        now = time.monotonic()
        if self.client.status != "running" or now - self.looked < TICK:
            return
        try:
            self.threads = sum(self.client.nthreads().values())
        except (OSError, CancelledError):  # it goes this moment; the next look knows more
            return
        self.looked = now
        if self.threads:
            self.last_worker = now
        elif self.last_worker is None and now - self.began > self.cluster.timeout:
            raise ExecutorError(workerless(self.cluster))
        elif self.last_worker is not None and now - self.last_worker > WORKERLESS_SECONDS:
            raise ExecutorError(f"All workers of {self.cluster.told} are gone. {KEPT}")

    def refill(self) -> None:
        """Hand tasks to the scheduler until enough are under way."""
        room = max(AHEAD * self.threads, FEWEST_AHEAD) - len(self.under_way)
        while room > 0 and (self.waiting or self.again) and self.client.status == "running":
            tasks = [self.next_task() for _ in range(min(room, BLOCK)) if self.waiting or self.again]
            self.submit(tasks)
            room -= len(tasks)

    def next_task(self) -> Task:
        """Tasks that failed go first; others hold as many chunks as make some seconds of work."""
        if self.again:
            return self.again.popleft()
        fair = len(self.waiting) // (AHEAD * max(self.threads, 1)) + 1  # towards the end all workers stay busy
        count = max(1, min(int(TASK_SECONDS / self.chunk_seconds), MOST_CHUNKS, fair))
        return Task(tuple(self.waiting.popleft() for _ in range(min(count, len(self.waiting)))), 0)

    def submit(self, tasks: Sequence[Task]) -> None:
        """Hand tasks over under names of their own, so that nothing is taken for done that another driver did."""
        keys = [f"{self.name}-{self.count + number}" for number in range(len(tasks))]
        self.count += len(tasks)
        try:
            futures = self.client.map(
                work_off,
                [tuple(own_version())] * len(tasks),
                [self.order(task.chunks) for task in tasks],
                key=keys,
                pure=False,
                retries=0,
            )
        except (OSError, CancelledError):  # the connection went this moment
            self.again.extend(tasks)
            return
        for key, future, task in zip(keys, futures, tasks, strict=True):
            self.under_way[key] = (future, task)
            future.add_done_callback(lambda ended: self.ended.put(ended.key))

    def order(self, chunks: Iterable[Chunk]) -> bytes:
        """What a worker is sent."""
        pieces = tuple(piece(self.job, chunk) for chunk in chunks)
        order = Order(self.store.folder.absolute(), self.store.told(), self.store.every, pieces, known_beside())
        return zlib.compress(pickle.dumps(order), level=1)

    def news(self) -> list[str]:
        """Names of the tasks that ended; waits a moment for the first."""
        keys: list[str] = []
        if not self.under_way:
            time.sleep(TICK if self.unseen else 0.0)
            return keys
        try:
            keys.append(self.ended.get(timeout=TICK))
            while True:
                keys.append(self.ended.get_nowait())
        except Empty:
            return [key for key in keys if key in self.under_way]

    def settle(self, future: Any, task: Task) -> None:
        """Count a task that is done; take one that is not up again.

        Raises:
            ExecutorError, StoreError: when trying again cannot help, or did not.
        """
        outcome = outcome_of(future)
        if isinstance(outcome, float):
            self.chunk_seconds = max(outcome / len(task.chunks), 1e-3) if outcome > 0.01 else self.chunk_seconds
            self.unseen |= dict.fromkeys(task.chunks, time.monotonic())
            self.done += runs_of(self.job, task.chunks)
            if self.progress is not None:
                self.progress(self.done, self.total)
            return
        if isinstance(outcome, (ExecutorError, StoreError)):
            raise outcome
        if task.tries + 1 >= TRIES:
            raise ExecutorError(
                f"Chunk {task.chunks[0].number} (its pairs begin at {task.chunks[0].first}) failed {TRIES} times, at last by "
                f"{type(outcome).__name__}: {outcome}. Look at the workers' log and memory. {KEPT}"
            )
        self.again.append(Task(task.chunks, task.tries + 1))

    def see(self) -> None:
        """Strike out the chunks whose files are visible from here.

        Raises:
            ExecutorError: when some stay invisible, because the folder is not one for all machines.
        """
        self.unseen = {chunk: self.unseen[chunk] for chunk in self.store.missing(self.unseen)}
        late = [chunk for chunk, since in self.unseen.items() if time.monotonic() - since > SEEN_SECONDS]
        if late:
            raise ExecutorError(
                f"A worker wrote chunk {late[0].number} to {self.store.folder.absolute()}, and {SEEN_SECONDS:g} s later it "
                f"cannot be seen from here. Name a folder that all machines share under the same path. {KEPT}"
            )


def workerless(cluster: Cluster) -> str:
    """What the user reads when no worker came."""
    way_out = "Start some, as in `dask worker ADDRESS --nworkers 4 --nthreads 1`"
    if cluster.kind == "slurm" and not cluster.address:
        way_out = "See with squeue whether its jobs wait, and in their slurm-*.out why they ended"
    return (
        f"{cluster.told[0].upper()}{cluster.told[1:]} has had no worker for {cluster.timeout:g} s. {way_out}, or give more "
        f"time by executor.timeout. {KEPT}"
    )


def outcome_of(future: Any) -> float | BaseException:
    """Seconds of work, or why there was none; an error may come raised, or in place of a result."""
    try:
        result = future.result(timeout=30)
    except Exception as error:  # noqa: BLE001 - whatever a worker can raise comes back here
        return error
    return result if isinstance(result, BaseException) else float(result)


def runs_of(job: Job, chunks: Iterable[Chunk]) -> int:
    """Number of runs of some chunks."""
    return sum(chunk.last - chunk.first for chunk in chunks) * job.replicates
