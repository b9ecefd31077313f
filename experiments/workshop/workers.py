"""Threads that do small pieces of work in order of urgency, so that first pictures go before refinements."""

import itertools
import queue
import threading
import time
from collections.abc import Callable, Sequence

URGENT, PATIENT = 0, 1


class Request:
    """Pieces of work of one request; what has not begun when its time is up is never begun."""

    def __init__(self, pieces: int) -> None:
        self.over = False
        self.error: BaseException | None = None
        self._left = pieces
        self._condition = threading.Condition()

    def finished(self, error: BaseException | None) -> None:
        """Count a piece that is done or was left undone."""
        with self._condition:
            self.error = self.error or error
            self._left -= 1
            self._condition.notify_all()

    def wait(self, until: float, enough: Callable[[], bool]) -> None:
        """Wait for all pieces, or from ``until`` (monotonic seconds) on for those that are enough; then begin no more."""
        with self._condition:
            while self._left > 0 and not (time.monotonic() >= until and enough()) and self.error is None:
                late = time.monotonic() >= until
                self._condition.wait(timeout=None if late else max(until - time.monotonic(), 0.0))
            self.over = True
        if self.error is not None:
            raise self.error


class Workers:
    """As many threads as processors may be used; the most urgent piece goes first, then the oldest."""

    def __init__(self, threads: int) -> None:
        self._queue: queue.PriorityQueue[tuple[int, int, Request | None, Callable[[], None]]] = queue.PriorityQueue()
        self._order = itertools.count()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def submit(self, urgency: int, pieces: Sequence[Callable[[], None]]) -> Request:
        """Queue the pieces of a request."""
        request = Request(len(pieces))
        for piece in pieces:
            self._queue.put((urgency, next(self._order), request, piece))
        return request

    def close(self) -> None:
        """End all threads after the pieces in hand."""
        for _ in self._threads:
            self._queue.put((-1, next(self._order), None, _nothing))
        for thread in self._threads:
            thread.join(timeout=10)

    def _work(self) -> None:
        while True:
            _, _, request, piece = self._queue.get()
            if request is None:
                return
            error = None
            if not request.over:
                try:
                    piece()
                except Exception as found:  # noqa: BLE001 - it is raised where the request waits
                    error = found
            request.finished(error)


def _nothing() -> None:
    return
