"""A sweep on a real cluster of two workers on the loopback address: killed workers and drivers lose and double nothing."""

import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from coprod_abm.experiments import cluster, executor_dask, executor_local
from coprod_abm.experiments.cluster import Cluster, ExecutorError, check_answers, check_version, cluster_of, own_version
from coprod_abm.experiments.executor_dask import Dealer, outcome_of, run_chunks, work_off
from coprod_abm.experiments.shard import Shard, dealt, shard_of
from coprod_abm.job import computed, job_of
from coprod_abm.presets import beside_shipped, own_presets
from coprod_abm.simulate import RunError
from coprod_abm.store import StoreError, open_store, results

CHECKOUT = Path(__file__).resolve().parent.parent
CASES = ["EN-LPFT", "SE-JKP"]


def small_job(points=40, replicates=3, weeks=52):
    """Pairs of some milliseconds; the last point contradicts itself and becomes a row with its error."""
    access = np.linspace(0.0, 1.0, points)
    table = pd.DataFrame({"power.agenda_access": access, "leadership.facilitation": access[::-1]})
    return job_of(table, CASES, ["need_met", "citizen_trust"], replicates, seed=4, weeks=weeks, quantiles=True)


def local_table(folder, job, pairs=4):
    """What the threads of this process make of a job."""
    store = open_store(folder, job, pairs_per_chunk=pairs)
    executor_local.run_chunks(job, store.missing(), store, threads=2)
    assert store.finish().is_complete
    return results(folder)


def same(one, other):
    """Whether two tables are equal to the last bit."""
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    return one.to_csv() == other.to_csv()


def words_of(process):
    """The command line of a process; empty when it just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def worker_processes():
    """The worker processes that this process started."""
    return [one for one in psutil.Process().children() if "spawn_main" in words_of(one)]


# ---- a cluster of our own ----


def test_a_worker_is_killed_at_work_and_the_table_is_the_local_one(tmp_path):
    job = small_job(weeks=312)
    local = local_table(tmp_path / "local", job)
    store = open_store(tmp_path / "dask", job, pairs_per_chunk=4)
    heard, killed = [], []

    def kill_one(done, total):
        heard.append((done, total))
        if not killed:
            victim = worker_processes()[0]
            killed.append(victim.pid)
            victim.send_signal(signal.SIGKILL)

    run_chunks(job, store.missing(), store, threads=2, progress=kill_one)
    assert killed
    assert store.missing() == ()
    assert heard == sorted(heard)
    assert heard[-1] == (job.runs, job.runs)
    assert worker_processes() == []
    assert not [file for file in (tmp_path / "dask" / "parts").iterdir() if file.suffix != ".parquet"]
    assert same(results(tmp_path / "dask"), local)


DRIVER = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_dask import open_store, run_chunks, small_job
if __name__ == "__main__":
    job = small_job(points=240, weeks=312)
    store = open_store(sys.argv[1], job, pairs_per_chunk=4)
    run_chunks(job, store.missing(), store, threads=2, progress=lambda done, total: print(done, flush=True))
"""


def driver(tmp_path, *words):
    """A process that runs a sweep on two workers of its own, in a session of its own, and says how far it is."""
    script = tmp_path / "driver.py"
    script.write_text(DRIVER.format(tests=str(CHECKOUT / "tests")), encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "dask"), *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def wait_until(holds, seconds=60.0):
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.mark.slow
def test_the_driver_is_killed_and_the_sweep_goes_on_from_the_store(tmp_path):
    job = small_job(points=240, weeks=312)
    local = local_table(tmp_path / "local", job)
    process = driver(tmp_path)
    assert process.stdout is not None
    for _ in range(3):
        assert process.stdout.readline().strip().isdecimal()
    workers = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    wait_until(lambda: not any(worker.is_running() and worker.status() != "zombie" for worker in workers))

    store = open_store(tmp_path / "dask", job)
    missing = store.missing()
    kept = {file: file.stat().st_mtime_ns for file in (tmp_path / "dask" / "parts").glob("*.parquet")}
    assert 0 < len(missing) < len(store.chunks)
    run_chunks(job, missing, store, threads=2)
    assert store.finish().is_complete
    assert {file: file.stat().st_mtime_ns for file in kept} == kept  # nothing was done twice
    assert same(results(tmp_path / "dask"), local)


@pytest.mark.slow
def test_ctrl_c_closes_what_was_started_and_keeps_what_was_written(tmp_path):
    process = driver(tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline().strip().isdecimal()
    workers = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: driver and workers hear it
    _, told = process.communicate(timeout=120)
    assert told.rstrip().endswith("KeyboardInterrupt")
    assert told.count("Traceback") <= 1, told
    wait_until(lambda: not any(worker.is_running() and worker.status() != "zombie" for worker in workers), 15)
    store = open_store(tmp_path / "dask", small_job(points=240, weeks=312))
    assert 0 < len(store.missing()) < len(store.chunks)
    assert not [file for file in (tmp_path / "dask" / "parts").iterdir() if file.suffix != ".parquet"]


# ---- a cluster of others ----


@contextmanager
def started(*words, **environment):
    """A program of the Dask command line, killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", f"distributed.cli.dask_{words[0]}", *words[1:], "--no-dashboard"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | environment,
    )  # fmt: skip
    family = [psutil.Process(process.pid)]
    try:
        yield process
    finally:
        family += family[0].children(recursive=True) if family[0].is_running() else []
        process.terminate()
        psutil.wait_procs(family, timeout=5)
        for one in family:
            if one.is_running():
                one.kill()
        process.wait()


@contextmanager
def scheduler():
    """The address of a scheduler on loopback that is nobody's but the test's."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    with started("scheduler", "--host", "127.0.0.1", "--port", str(port), "--dashboard-address", "127.0.0.1:0"):
        wait_until(lambda: answers(address))
        yield address


def worker_at(address, **environment):
    """A worker process of one thread."""
    return started("worker", address, "--host", "127.0.0.1", "--nthreads", "1", **environment)


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


def answers(address):
    """Whether a scheduler answers."""
    try:
        check_answers(address, 1.0)
    except ExecutorError:
        return False
    return True


@pytest.mark.slow
def test_a_cluster_of_others_works_loses_a_worker_gains_one_and_stays(tmp_path):
    job = small_job(points=240, weeks=312)
    local = local_table(tmp_path / "local", job)
    store = open_store(tmp_path / "dask", job, pairs_per_chunk=4)
    with scheduler() as address, worker_at(address) as first, worker_at(address):

        def kill_first(done, total):
            if first.poll() is None:
                for one in [*psutil.Process(first.pid).children(recursive=True), psutil.Process(first.pid)]:
                    one.kill()
                first.wait()

        run_chunks(job, store.missing(), store, progress=kill_first, cluster=Cluster(address=address, timeout=30))
        assert answers(address)
        assert store.finish().is_complete
    assert same(results(tmp_path / "dask"), local)


@pytest.mark.slow
def test_a_scheduler_that_dies_is_told_and_what_was_written_stays(tmp_path):
    job = small_job(points=240, weeks=312)
    store = open_store(tmp_path / "dask", job, pairs_per_chunk=4)
    with scheduler() as address, worker_at(address):
        process = next(one for one in psutil.Process().children() if "dask_scheduler" in words_of(one))
        with pytest.raises(ExecutorError, match=f"connection to the scheduler at {address} was lost.*same command"):
            run_chunks(
                job, store.missing(), store, progress=lambda done, total: process.kill(),
                cluster=Cluster(address=address, timeout=5),
            )  # fmt: skip
    assert 0 < len(store.missing()) < len(store.chunks)


@pytest.mark.slow
def test_a_worker_with_another_version_of_the_model_is_refused(tmp_path):
    lay_out = runpy.run_path(str(CHECKOUT / ".ci" / "as_installed.py"))["lay_out"]
    lay_out(CHECKOUT, tmp_path / "other")
    with (tmp_path / "other" / "coprod_abm" / "rules" / "trust.py").open("a", encoding="utf-8") as file:
        file.write("# edited\n")
    job = small_job(points=4)
    store = open_store(tmp_path / "dask", job)
    refused = pytest.raises(ExecutorError, match=r"another version of the model .*must not be mixed.*Install the same")
    with scheduler() as address, worker_at(address, PYTHONPATH=str(tmp_path / "other")), refused:
        run_chunks(job, store.missing(), store, cluster=Cluster(address=address, timeout=30))
    assert store.missing() == store.chunks


@pytest.mark.slow
def test_a_scheduler_without_workers_is_told(tmp_path):
    job = small_job(points=4)
    store = open_store(tmp_path / "dask", job)
    with scheduler() as address, pytest.raises(ExecutorError, match=r"has had no worker for 2 s. Start some"):
        run_chunks(job, store.missing(), store, cluster=Cluster(address=address, timeout=2))


SBATCH = """#!/bin/bash
cp "${@: -1}" "$FAKE/$$.sh"
setsid bash "$FAKE/$$.sh" > "$FAKE/$$.out" 2>&1 &
echo $! >> "$FAKE/jobs"
echo "Submitted batch job $!"
"""
SCANCEL = """#!/bin/bash
for job in "$@"; do kill -- "-$job" 2> /dev/null; done
exit 0
"""


@pytest.mark.slow
def test_slurm_jobs_are_workers_and_one_that_dies_is_replaced(tmp_path, monkeypatch):
    """The programs sbatch and scancel are stand-ins that start the job's script on this machine."""
    for name, script in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (tmp_path / name).write_text(script, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE", str(tmp_path))
    job = small_job(points=900, weeks=312)  # long enough for a new job to be asked for
    local = local_table(tmp_path / "local", job)
    store = open_store(tmp_path / "dask", job, pairs_per_chunk=8)
    jobs, heard = tmp_path / "jobs", []

    def end_one(done, total):
        heard.append(done)
        if len(heard) == 3:
            os.killpg(int(jobs.read_text().split()[0]), signal.SIGKILL)

    slurm = cluster_of({"kind": "slurm", "workers": 2, "timeout": 60})
    run_chunks(job, store.missing(), store, progress=end_one, cluster=slurm)
    submitted = [int(word) for word in jobs.read_text().split()]
    assert len(submitted) >= 3
    wait_until(lambda: not any(psutil.pid_exists(number) for number in submitted))
    assert store.finish().is_complete
    assert same(results(tmp_path / "dask"), local)


def test_slurm_without_sbatch_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    job = small_job(points=4)
    store = open_store(tmp_path / "dask", job)
    with pytest.raises(ExecutorError, match="needs the program sbatch and this machine has none"):
        run_chunks(job, store.missing(), store, cluster=Cluster(kind="slurm", timeout=5))


# ---- refusals ----


def test_an_address_that_does_not_answer_is_told_at_once(tmp_path):
    job = small_job(points=4)
    store = open_store(tmp_path / "dask", job)
    began = time.monotonic()
    with pytest.raises(ExecutorError, match=r"No Dask scheduler answers at tcp://127.0.0.1:\d+ within 3 s .*Start one"):
        run_chunks(job, store.missing(), store, cluster=Cluster(address=f"tcp://127.0.0.1:{free_port()}", timeout=3))
    assert time.monotonic() - began < 30
    assert store.missing() == store.chunks


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.9\r\n"])
def test_a_service_that_is_no_scheduler_is_told(greeting):
    """Dask's own client waits for ever at the silent one, and asks for all memory at the other."""
    with socket.socket() as service:
        service.bind(("127.0.0.1", 0))
        service.listen()
        lines = []

        def greet():
            line, _ = service.accept()
            line.sendall(greeting)
            lines.append(line)

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(ExecutorError, match="No Dask scheduler answers at"):
            check_answers(f"127.0.0.1:{service.getsockname()[1]}", 0.5)
        thread.join()
        lines[0].close()


@pytest.mark.parametrize(
    "address", ["nonsense", "10.0.0.1", "tcp://10.0.0.1:port", "http://10.0.0.1:8787", "tcp://:8786", ""]
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(ExecutorError, match="is not the address of a scheduler, such as tcp://"):
        cluster_of({"kind": "dask", "address": address})


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"workers": 0}, "executor.workers = 0 is not"),
        ({"workers": True}, "executor.workers = True is not"),
        ({"cores": 2.5}, "executor.cores = 2.5 is not"),
        ({"timeout": 0}, "executor.timeout = 0 is not"),
        ({"timeout": float("nan")}, "executor.timeout = nan is not"),
        ({"timeout": "soon"}, "executor.timeout = 'soon' is not"),
        ({"workers": 2, "address": "tcp://10.0.0.1:8786"}, "Leave executor.workers or executor.address out"),
    ],
)
def test_keys_of_an_executor_that_cannot_be_are_refused(settings, told):
    with pytest.raises(ExecutorError, match=told):
        cluster_of(settings)


def test_a_missing_package_is_told_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    with pytest.raises(ExecutorError, match=r"pip install 'coprod-abm\[slurm\]'.*shard=1/2"):
        cluster.imported("dask_jobqueue", "slurm")


def test_versions_are_compared():
    own = own_version()
    check_version("w", own, own)
    with pytest.raises(ExecutorError, match=r"has coprod-abm 0.0.9, this process"):
        check_version("w", own._replace(package="0.0.9"), own)
    with pytest.raises(ExecutorError, match=r"has numpy 1.0, this process"):
        check_version("w", own._replace(numpy="1.0"), own)
    with pytest.raises(ExecutorError, match="another version of the model"):
        check_version("w", own._replace(model="0" * 64), own)
    with pytest.raises(ExecutorError, match="cannot load this coprod-abm"):
        check_version("w", ModuleNotFoundError("No module named 'coprod_abm'"), own)


def test_a_worker_that_came_late_refuses_an_order_of_another_version():
    with pytest.raises(ExecutorError, match="another version of the model"):
        work_off(tuple(own_version()._replace(model="0" * 64)), b"never read")
    with pytest.raises(ExecutorError, match=r"this process 9.9"):
        work_off(tuple(own_version()._replace(package="9.9")), b"never read")


def test_a_worker_is_sent_presets_of_ones_own(tmp_path):
    (tmp_path / "mine" / "trust").mkdir(parents=True)
    (tmp_path / "mine" / "trust" / "quick.yaml").write_text("gain: 0.1\n", encoding="utf-8")
    with beside_shipped(own_presets(tmp_path / "mine")):
        job = job_of(pd.DataFrame({"trust": ["quick", "default"]}), "EN-LPFT", ["citizen_trust"], 2, 1, 4)
        store = open_store(tmp_path / "sweep", job)
        order = Dealer(None, job, store.chunks, store, None, Cluster()).order(store.chunks)
        expected = computed(job, store.chunks[0])
    work_off(tuple(own_version()), order)  # as in a process that knows of no such folder
    pd.testing.assert_frame_equal(results(tmp_path / "sweep"), expected, check_exact=True, check_dtype=False)


# ---- errors of tasks ----


class FakeFuture:
    """A future that ends as it is told: raises, or hands an error over in place of a result."""

    def __init__(self, ending, key):
        self.ending, self.key = ending, key

    def result(self, timeout=None):
        if isinstance(self.ending, tuple):
            raise self.ending[0]
        return self.ending

    def add_done_callback(self, hear):
        hear(self)


class FakeClient:
    """A cluster of one thread that does its work at once; the first tasks end as the script says."""

    status = "running"

    def __init__(self, script):
        self.script, self.orders, self.cancelled = list(script), [], []

    def nthreads(self):
        return {"worker": 1}

    def map(self, work, *columns, key, pure, retries):
        futures = []
        for name, told in zip(key, zip(*columns, strict=True), strict=True):
            self.orders.append(name)
            futures.append(FakeFuture(self.script.pop(0) if self.script else work(*told), name))
        return futures

    def cancel(self, futures, force):
        self.cancelled += futures


def dealt_by(script, folder):
    """A dealer over a fake cluster, run to its end, with its store."""
    job = small_job(points=6, weeks=4)
    store = open_store(folder, job, pairs_per_chunk=2)
    dealer = Dealer(FakeClient(script), job, store.missing(), store, None, Cluster())
    dealer.deal()
    return dealer, store


def test_errors_raised_or_handed_over_and_cancelled_tasks_are_dealt_again(tmp_path):
    from distributed.client import FutureCancelledError

    lost = FutureCancelledError("key", "lost")
    dealer, store = dealt_by([lost, (lost,), (OSError("network"),), (TimeoutError(),)], tmp_path / "s")
    assert len(dealer.client.orders) == 6 + 4
    assert len(set(dealer.client.orders)) == len(dealer.client.orders)
    assert dealer.done == dealer.total
    assert store.finish().is_complete


def test_a_task_that_always_fails_ends_the_sweep_with_its_error(tmp_path):
    with pytest.raises(ExecutorError, match=r"failed 5 times, at last by MemoryError: too big.*same command"):
        dealt_by([(MemoryError("too big"),)] * 100, tmp_path / "s")


def test_a_full_disk_at_a_worker_is_told_at_once(tmp_path):
    with pytest.raises(StoreError, match="the disk is full"):
        dealt_by([0.0, (StoreError("the disk is full"),)], tmp_path / "s")


def test_a_folder_that_is_not_shared_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(executor_dask, "SEEN_SECONDS", 0.2)
    with pytest.raises(ExecutorError, match=r"cannot be seen from here. Name a folder that all machines share"):
        dealt_by([1.0], tmp_path / "s")


def test_few_tasks_are_under_way_at_once_and_short_chunks_travel_together(tmp_path):
    job = small_job(points=300, weeks=4)
    store = open_store(tmp_path / "s", job, pairs_per_chunk=2)
    client = FakeClient([])
    most = []

    def count(done, total):
        most.append(len(dealer.under_way))

    dealer = Dealer(client, job, store.missing(), store, count, Cluster())
    dealer.deal()
    assert max(most) <= executor_dask.FEWEST_AHEAD
    assert store.finish().is_complete


def test_trajectories_are_kept_as_they_are_locally(tmp_path):
    job = small_job(points=6, weeks=24)
    local = open_store(tmp_path / "local", job, pairs_per_chunk=5, every=12)
    executor_local.run_chunks(job, local.missing(), local)
    store = open_store(tmp_path / "dask", job, pairs_per_chunk=5, every=12)
    Dealer(FakeClient([]), job, store.missing(), store, None, Cluster()).deal()
    kept = {file.name: file.read_bytes() for file in (tmp_path / "local" / "trajectories").iterdir()}
    assert kept
    assert {file.name: file.read_bytes() for file in (tmp_path / "dask" / "trajectories").iterdir()} == kept
    assert same(results(tmp_path / "dask"), results(tmp_path / "local"))


def test_an_outcome_is_seconds_or_an_error():
    assert outcome_of(FakeFuture(1.5, "a")) == 1.5
    assert isinstance(outcome_of(FakeFuture(ValueError("x"), "a")), ValueError)
    assert isinstance(outcome_of(FakeFuture((ValueError("x"),), "a")), ValueError)


# ---- shares ----


@pytest.mark.parametrize("text", ["0/8", "9/8", "3", "3/0", "-1/8", "a/b", "1/1000000", "", None])
def test_a_share_that_is_none_is_refused(text):
    with pytest.raises(RunError, match="is not a share such as 3/8"):
        shard_of(text)


def test_shares_are_disjoint_and_make_the_whole_and_stay_when_the_design_grows(tmp_path):
    store = open_store(tmp_path / "s", small_job(points=20), pairs_per_chunk=3)
    grown = open_store(tmp_path / "t", small_job(points=40), pairs_per_chunk=3)
    shares = [dealt(store.chunks, Shard(number, 4)) for number in range(1, 5)]
    assert sorted(chunk for share in shares for chunk in share) == list(store.chunks)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    for share, more in zip(shares, (dealt(grown.chunks, Shard(number, 4)) for number in range(1, 5)), strict=True):
        assert [chunk.number for chunk in more][: len(share)] == [chunk.number for chunk in share]


def test_shares_at_once_in_one_folder_and_a_last_call_equal_the_whole(tmp_path):
    job = small_job()
    local = local_table(tmp_path / "local", job)

    def work(number):
        own = open_store(tmp_path / "shared", job, pairs_per_chunk=4)
        executor_local.run_chunks(job, own.missing(dealt(own.chunks, Shard(number, 3))), own, threads=1)

    threads = [threading.Thread(target=work, args=(number,)) for number in (1, 3)]  # share 2 never came
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = open_store(tmp_path / "shared", job)
    assert set(last.missing()) == set(dealt(last.chunks, Shard(2, 3)))
    executor_local.run_chunks(job, last.missing(), last, threads=2)
    assert last.finish().is_complete
    assert same(results(tmp_path / "shared"), local)


ARRAY = CHECKOUT / "configs" / "executor" / "slurm_array.sh"


def array_task(*words, **environment):
    """What a task of the job array would run."""
    bare = {
        key: value for key, value in os.environ.items() if not key.startswith(("SLURM_", "SHARES", "LAST", "COPROD"))
    }
    return subprocess.run(
        ["bash", str(ARRAY), *words],
        env=bare | {"COPROD": "echo"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


EIGHT = {"SLURM_ARRAY_TASK_COUNT": "8", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "8"}


def test_a_task_of_a_slurm_array_does_its_share():
    ran = array_task("case=SE-JKP", "out=/shared/s", SLURM_ARRAY_TASK_ID="3", SLURM_CPUS_PER_TASK="4", **EIGHT)
    assert ran.stdout.split() == ["sweep", "case=SE-JKP", "out=/shared/s", "threads=4", "figures=false", "shard=3/8"]
    assert (ran.returncode, ran.stderr) == (0, "")
    some = {"SLURM_ARRAY_TASK_COUNT": "2", "SLURM_ARRAY_TASK_MIN": "3", "SLURM_ARRAY_TASK_MAX": "5"}
    again = array_task("out=/shared/s", SHARES="8", SLURM_ARRAY_TASK_ID="5", **some)
    assert again.stdout.split()[-1] == "shard=5/8"
    last = array_task("out=/shared/s", LAST="1", SLURM_CPUS_PER_TASK="2")
    assert last.stdout.split() == ["sweep", "out=/shared/s", "threads=2"]


@pytest.mark.parametrize(
    ("words", "environment", "told"),
    [
        (["out=s"], {}, "a script for a job array"),
        (["case=SE-JKP"], {"SLURM_ARRAY_TASK_ID": "1", **EIGHT}, "Give out=FOLDER"),
        (
            ["out=s"],
            {"SLURM_ARRAY_TASK_ID": "0"}
            | {"SLURM_ARRAY_TASK_COUNT": "8", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_MAX": "7"},
            "Count from 1, or set SHARES",
        ),
    ],
)
def test_a_slurm_array_that_cannot_share_is_refused(words, environment, told):
    ran = array_task(*words, **environment)
    assert ran.returncode == 2
    assert told in ran.stderr
    assert ran.stdout == ""
