"""Dask clusters: one that runs already, by its address; one of this machine's processes; one of SLURM jobs."""

import functools
import logging
import shutil
import socket
import struct
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from coprod_abm.simulate import available_threads

ALLOWED_FAILURES = 10  # workers that may die under a task before Dask gives it back to us
MOST_GREETING = 2**24  # bytes; a scheduler greets with some hundred
EXAMPLE = "tcp://10.0.0.1:8786"
KEPT = "Chunks written so far are kept: the same command goes on where it stopped."


class ExecutorError(ValueError):
    """A cluster cannot be used as asked; the message names what was tried, what happened and the way out."""


@dataclass(frozen=True)
class Cluster:
    """Where the chunks of a sweep are simulated; the keys of ``executor=dask`` and ``executor=slurm``.

    Attributes:
        kind: ``dask`` or ``slurm``.
        address: of a scheduler that runs already; it is neither owned nor closed.
        workers: processes to start on this machine (one per processor unless given), or SLURM jobs.
        timeout: seconds to wait for the scheduler's answer and for the first worker.
        cores, memory, walltime, queue, account: of each SLURM job; every core is a worker process of one thread.
    """

    kind: str = "dask"
    address: str | None = None
    workers: int | None = None
    timeout: float = 10.0
    cores: int = 1
    memory: str = "2GB"
    walltime: str = "01:00:00"
    queue: str | None = None
    account: str | None = None

    @property
    def told(self) -> str:
        """How messages call it."""
        return f"the scheduler at {self.address}" if self.address else f"the cluster of executor={self.kind}"


def cluster_of(settings: Mapping[str, Any]) -> Cluster:
    """The cluster that the keys of an executor describe.

    Raises:
        ExecutorError: when a number of workers or cores or a timeout is impossible, or the address is none.
    """
    known = {each.name for each in fields(Cluster)}
    cluster = Cluster(**{key: value for key, value in settings.items() if key in known})
    counts: tuple[tuple[str, Any], ...] = (("workers", cluster.workers), ("cores", cluster.cores))
    for name, value in counts:
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10_000):
            raise ExecutorError(f"executor.{name} = {value!r} is not a whole number in [1, 10000]. Give one.")
    if not is_seconds(cluster.timeout):
        raise ExecutorError(
            f"executor.timeout = {cluster.timeout!r} is not a number of seconds in (0, 86400]. Give one."
        )
    if cluster.address is not None:
        if cluster.workers is not None:
            raise ExecutorError(
                f"executor.workers = {cluster.workers} starts workers, and those of {cluster.address} run already. "
                "Leave executor.workers or executor.address out."
            )
        place_of(cluster.address)
    return cluster


def is_seconds(value: Any) -> bool:
    """Whether a value is a number of seconds of at most a day."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= 86_400


# ---- connecting ----


@contextmanager
def connected(cluster: Cluster, threads: int | None = None) -> Iterator[Any]:
    """A Dask client; what was started for it is closed with the block, a cluster of others stays as it is.

    Raises:
        ExecutorError: when Dask is not installed, or nothing answers at the address.
    """
    dask = imported("dask", "dask")
    distributed = imported("distributed", "dask")
    with ExitStack() as stack:
        stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": ALLOWED_FAILURES}))
        stack.enter_context(quiet())
        if cluster.address:
            check_answers(cluster.address, cluster.timeout)
            place: Any = cluster.address
        else:
            start = started_slurm if cluster.kind == "slurm" else started_here
            place = stack.enter_context(start(cluster, threads))
        try:
            client = distributed.Client(place, timeout=f"{cluster.timeout} s", set_as_default=False)
        except (OSError, ValueError) as error:
            raise ExecutorError(silent(cluster.address or cluster.kind, cluster.timeout, str(error))) from None
        stack.callback(client.close, timeout=5)
        yield client


@contextmanager
def started_here(cluster: Cluster, threads: int | None) -> Iterator[Any]:
    """Workers of one thread each on the loopback address of this machine."""
    distributed = imported("distributed", "dask")
    own = distributed.LocalCluster(
        n_workers=cluster.workers or threads or available_threads(),
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # any free port, in place of one that may be taken
        memory_limit=0,  # chunks bound the memory
        preload=["coprod_abm.experiments.worker_setup"],
        silence_logs=logging.CRITICAL,
    )
    try:
        yield own
    finally:
        own.close(timeout=10)


@contextmanager
def started_slurm(cluster: Cluster, _threads: int | None) -> Iterator[Any]:
    """Workers as jobs of SLURM, by dask-jobqueue; it submits another job where one dies."""
    jobqueue = imported("dask_jobqueue", "slurm")
    if shutil.which("sbatch") is None:
        raise ExecutorError(
            "executor=slurm needs the program sbatch and this machine has none. Start it where you submit jobs, or use "
            "executor=local."
        )
    jobs = cluster.workers or 1
    own = jobqueue.SLURMCluster(
        cores=cluster.cores,
        processes=cluster.cores,
        memory=cluster.memory,
        walltime=cluster.walltime,
        queue=cluster.queue,
        account=cluster.account,
        job_script_prologue=["export NUMBA_NUM_THREADS=1"],
        scheduler_options={"dashboard_address": ":0"},
        silence_logs=logging.CRITICAL,
    )
    try:
        own.adapt(minimum_jobs=jobs, maximum_jobs=jobs)
        yield own
    finally:
        own.close(timeout=30)


def imported(name: str, extra: str) -> Any:
    """A module that comes with an extra of this package.

    Raises:
        ExecutorError: saying how to install it.
    """
    from importlib import import_module

    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != name:
            raise
        raise ExecutorError(
            f"executor={extra} needs the package {name.replace('_', '-')}. Install it with "
            f"pip install 'coprod-abm[{extra}]', or share the work without it by shard=1/2, shard=2/2."
        ) from None


@contextmanager
def quiet() -> Iterator[None]:
    """Dask's own log and its comparison of versions are off: what matters is checked by us and told in our words."""
    names = ["distributed", *(name for name in logging.root.manager.loggerDict if name.startswith("distributed."))]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "(?s).*Mismatched versions found")
            yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


# ---- an address ----


def place_of(address: str) -> tuple[str, str, int]:
    """Protocol, host and port.

    Raises:
        ExecutorError: when the text is no address.
    """
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or not port or parts.scheme not in ("tcp", "tls") or parts.path:
        raise ExecutorError(f"executor.address = {address!r} is not the address of a scheduler, such as {EXAMPLE}.")
    return parts.scheme, host, port


def check_answers(address: str, timeout: float) -> None:
    """Refuse an address at which no Dask scheduler speaks.

    Dask's own client waits for ever where a port is open and silent, and runs out of memory where another service
    greets it, so the greeting is looked at first. Behind TLS the client must speak first and its own time limit holds.

    Raises:
        ExecutorError: saying what was there in place of a scheduler.
    """
    protocol, host, port = place_of(address)
    until = time.monotonic() + timeout
    try:
        with socket.create_connection((host, port), timeout=timeout) as line:
            if protocol == "tls":
                return
            greeting = b""
            while len(greeting) < 8:
                line.settimeout(max(until - time.monotonic(), 0.01))
                more = line.recv(8 - len(greeting))
                if not more:
                    break
                greeting += more
    except OSError as error:
        raise ExecutorError(silent(address, timeout, error.strerror or str(error))) from None
    if len(greeting) < 8 or not 0 < struct.unpack("<Q", greeting)[0] < MOST_GREETING:
        raise ExecutorError(silent(address, timeout, "something else than a scheduler listens there"))


def silent(address: str, timeout: float, why: str) -> str:
    """What the user reads when no scheduler answers."""
    return (
        f"No Dask scheduler answers at {address} within {timeout:g} s ({why}). Start one with `dask scheduler`, put "
        f"executor.address right, or leave it out to use this machine. {KEPT}"
    )


# ---- the workers' version ----


class Version(NamedTuple):
    """What decides whether a worker's numbers may stand beside ours."""

    package: str
    model: str
    numpy: str
    host: str


@functools.cache
def own_version() -> Version:
    """The version of the process that asks."""
    import platform
    from importlib.metadata import version

    from coprod_abm.compiled import source_fingerprint

    return Version(version("coprod-abm"), source_fingerprint(), version("numpy"), platform.node())


def check_workers(client: Any, asked: Callable[[], Version] = own_version) -> None:
    """Refuse a cluster whose scheduler has no coprod-abm, or in which a worker has none or another one.

    A worker that comes later checks itself.

    Raises:
        ExecutorError: naming the process and what differs.
    """
    own = own_version()
    try:
        client.run_on_scheduler(asked)  # it reads the names of what workers are to do
    except Exception as error:  # noqa: BLE001 - whatever is wrong there comes back here
        raise unloaded("The scheduler", error, own) from None
    for worker, found in client.run(asked, on_error="return").items():
        check_version(f"Worker {worker}", found, own)


def check_version(who: str, found: Any, own: Version) -> None:
    """Refuse a worker whose numbers could be others than ours.

    Raises:
        ExecutorError: naming the worker and what differs.
    """
    if isinstance(found, BaseException):
        raise unloaded(who, found, own)
    where = f"{who} on {found.host}"
    if found.model != own.model:
        raise ExecutorError(
            f"{where} has another version of the model ({found.model[:12]}; here {own.model[:12]}; numba's version is part "
            f"of it): their numbers must not be mixed. {same_version(own)}"
        )
    for name, theirs, ours in (("coprod-abm", found.package, own.package), ("numpy", found.numpy, own.numpy)):
        if theirs != ours:
            raise ExecutorError(
                f"{where} has {name} {theirs}, this process {ours}: their numbers must not be mixed. {same_version(own)}"
            )


def unloaded(who: str, error: BaseException, own: Version) -> ExecutorError:
    """What the user reads when a process of the cluster has no coprod-abm that knows clusters."""
    return ExecutorError(f"{who} cannot load this coprod-abm ({type(error).__name__}: {error}). {same_version(own)}")


def same_version(own: Version) -> str:
    """The way out."""
    return f"Install the same coprod-abm {own.package} from the same sources and requirements.lock there. {KEPT}"
