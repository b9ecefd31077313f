"""Open connections, a bounded number of them: where a newcomer finds no room, whoever has been silent for longest leaves."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

LEAVING_SECONDS = 10.0  # that a connection may take to end after it was hung up on; commonly it takes milliseconds


class Connections:
    """The connections of a server, by whether the server is working on an answer for them."""

    def __init__(self, most: int) -> None:
        self._room = threading.BoundedSemaphore(most)
        self._silent: dict[socket.socket, float] = {}  # since when, of all that wait for their next or whole request
        self._lock = threading.Lock()

    def admit(self, line: socket.socket) -> bool:
        """Make room for a connection; False where the server works on an answer for every other one."""
        if not self._room.acquire(blocking=False) and not (
            self._hang_up() and self._room.acquire(timeout=LEAVING_SECONDS)
        ):
            return False
        with self._lock:
            self._silent[line] = time.monotonic()
        return True

    def leave(self, line: socket.socket) -> None:
        """A connection has ended."""
        with self._lock:
            self._silent.pop(line, None)
        self._room.release()

    @contextlib.contextmanager
    def busy(self, line: socket.socket) -> Iterator[None]:
        """While an answer is worked out nobody takes the line away."""
        with self._lock:
            self._silent.pop(line, None)
        try:
            yield
        finally:
            with self._lock:
                self._silent[line] = time.monotonic()

    def _hang_up(self) -> bool:
        """End the connection that has been silent for longest; False where none is."""
        with self._lock:
            if not self._silent:
                return False
            line = min(self._silent, key=lambda one: self._silent[one])
            del self._silent[line]
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
        return True
