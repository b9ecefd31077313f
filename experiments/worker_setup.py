"""What each Dask worker process that we start does first; Dask calls :func:`dask_setup` by this name."""

import signal
from typing import Any


def dask_setup(_worker: Any) -> None:
    """Leave Ctrl-C to the driver, which closes its workers: a terminal sends it to all of them at once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
