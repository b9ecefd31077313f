"""Ctrl-C heard at any moment and heeded at a safe one: Python itself loses it in the middle of a destructor."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Interruption:
    """Whether Ctrl-C was pressed; the second time it no longer waits for a safe moment."""

    def __init__(self) -> None:
        self.heard = False

    def hear(self, _number: int, _frame: FrameType | None) -> None:
        """What the signal calls."""
        if self.heard:
            raise KeyboardInterrupt
        self.heard = True

    def heed(self) -> None:
        """Call where stopping is safe.

        Raises:
            KeyboardInterrupt: when Ctrl-C was pressed since the last call.
        """
        if self.heard:
            self.heard = False
            raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Hear Ctrl-C without being torn out of whatever runs, until the block ends.

    Where Ctrl-C is someone else's business (another thread, a handler of the caller's own), it stays so.
    """
    interruption = Interruption()
    before: Any = signal.getsignal(signal.SIGINT)
    ours = threading.current_thread() is threading.main_thread() and before is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, interruption.hear)
    try:
        yield interruption
    finally:
        if ours:
            signal.signal(signal.SIGINT, before)
    interruption.heed()
