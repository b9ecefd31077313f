"""Ctrl-C heard at any moment and heeded at a safe one: Python itself loses it in the middle of a destructor."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any]


class Interruption:
    """Whether Ctrl-C was pressed; the second time it no longer waits for a safe moment."""

    def __init__(self, before: Handler) -> None:
        self.before, self.heard = before, False

    def hear(self, number: int, frame: FrameType | None) -> None:
        """What the signal calls."""
        if self.heard:
            self.before(number, frame)
        self.heard = True

    def heed(self) -> None:
        """Call where stopping is safe.

        Raises:
            KeyboardInterrupt: when Ctrl-C was pressed since the last call; or what the handler from before raises.
        """
        if self.heard:
            self.heard = False
            self.before(signal.SIGINT, None)


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Hear Ctrl-C without being torn out of whatever runs, until the block ends.

    The handler from before is what is called at the safe moment: Python's own, or that of a library. In another thread
    than the main one, and where Ctrl-C is ignored, nothing changes.
    """
    before: Any = signal.getsignal(signal.SIGINT)
    interruption = Interruption(before)
    ours = threading.current_thread() is threading.main_thread() and callable(before)
    if ours:
        signal.signal(signal.SIGINT, interruption.hear)
    try:
        yield interruption
    finally:
        if ours:
            signal.signal(signal.SIGINT, before)
    interruption.heed()
