"""Chunks of a sweep on the threads of this machine: the next is simulated while the last is written."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from coprod_abm.experiments.progress import Report
from coprod_abm.job import Chunk, Job
from coprod_abm.store import Store


def run_chunks(
    job: Job, chunks: Sequence[Chunk], store: Store, threads: int | None = None, progress: Report | None = None
) -> None:
    """Simulate these chunks and put each into the store as soon as it is done.

    ``progress`` hears of finished runs among those of these chunks.

    Raises:
        StoreError: when the store cannot be written; what was written stays.
    """
    total = sum(chunk.last - chunk.first for chunk in chunks) * job.replicates
    before = 0
    writing: Future[None] | None = None
    with ThreadPoolExecutor(1) as writer:
        for chunk in chunks:
            told = None if progress is None else (lambda runs, done=before: progress(done + runs, total))
            table = store.simulated(chunk, threads, told)
            if writing is not None:
                writing.result()
            writing = writer.submit(store.write, chunk, table)
            before += (chunk.last - chunk.first) * job.replicates
        if writing is not None:
            writing.result()
    if progress is not None and total:
        progress(total, total)
