"""A sweep that is killed at any moment and started again ends with the same bits as one that was left alone."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coprod_abm.job import computed, spans
from coprod_abm.store import results

SWEEP = """
import sys
import numpy as np, pandas as pd
from coprod_abm.case import Case, Level, Site
from coprod_abm.experiments.executor_local import run_chunks
from coprod_abm.job import job_of
from coprod_abm.store import open_store

site = Site("one", Level.local, "R", 24, 6, 3, 4, 3, 1)
case = Case("SMALL", "Small case", "AA", Level.local, 2000, sites=(site,))
points = pd.DataFrame({"trust.gain": np.linspace(0.01, 0.1, 300), "power": ["consensus", "majority", "default"] * 100})
job = job_of(points, case, replicates=4, seed=5, weeks=52)

def sweep(folder):
    store = open_store(folder, job, pairs_per_chunk=5)
    print("begun", flush=True)
    run_chunks(job, store.missing(), store, threads=2)
    assert store.finish().is_complete

if __name__ == "__main__":
    sweep(sys.argv[1])
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("sweep") / "sweep.py"
    file.write_text(SWEEP, encoding="utf-8")
    return file


def begun(script: Path, folder: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, str(script), str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "begun\n"
    return process


def killed_after(script: Path, folder: Path, seconds: float) -> bool:
    """Start the sweep and kill it so long after it began to work; False when it had ended before."""
    with begun(script, folder) as process:
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
    return process.returncode == -signal.SIGKILL


def kill_and_compare(script: Path, folder: Path, kills: int, seed: int) -> None:
    """Kill so many times while it works, in a new folder whenever a sweep came to its end; then compare all of them."""
    lots = np.random.default_rng(seed)
    struck = ended = 0
    while struck < kills:
        if killed_after(script, folder / str(ended), lots.uniform(0.0, 0.5)):
            struck += 1
        else:
            ended += 1
    finish(script, folder / str(ended))
    whole = undisturbed(script)
    for number in range(ended + 1):
        assert results(folder / str(number)).equals(whole)
        assert list((folder / str(number)).rglob("*.tmp")) == []


def finish(script: Path, folder: Path) -> None:
    with begun(script, folder) as process:
        process.wait(300)
    assert process.returncode == 0


def undisturbed(script: Path) -> pd.DataFrame:
    job = job_in(script)
    return computed(job, next(spans(job, job.size)))


def job_in(script: Path):
    space: dict = {"__name__": "sweep"}
    exec(compile(script.read_text(encoding="utf-8"), str(script), "exec"), space)
    return space["job"]


def test_five_kills_change_no_bit(script, tmp_path):
    kill_and_compare(script, tmp_path, kills=5, seed=1)


@pytest.mark.slow
def test_fifty_kills_change_no_bit(script, tmp_path):
    kill_and_compare(script, tmp_path, kills=50, seed=2)


DYING = """
import os, signal, sys
from coprod_abm import store_files

real, calls = getattr(os, sys.argv[2]), []

def deadly(*args):
    calls.append(args)
    if len(calls) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args)

setattr(os, sys.argv[2], deadly)
"""


STEPS = [(call, number) for call in ("fsync", "close", "replace") for number in (1, 2, 3, 6)]
QUICK = [("fsync", 3), ("replace", 6)]  # a manifest that is written and not yet named; a part that is


@pytest.mark.parametrize(
    ("call", "number"), [pytest.param(*step, marks=[] if step in QUICK else pytest.mark.slow) for step in STEPS]
)
def test_death_at_each_step_of_writing_changes_no_bit(script, tmp_path, call, number):
    deadly = script.with_name("deadly.py")
    deadly.write_text(DYING + script.read_text(encoding="utf-8"), encoding="utf-8")
    died = subprocess.run(
        [sys.executable, deadly, tmp_path / "sweep", call, str(number)], check=False, capture_output=True
    )
    assert died.returncode == -signal.SIGKILL
    finish(script, tmp_path / "sweep")
    assert results(tmp_path / "sweep").equals(undisturbed(script))
    assert list((tmp_path / "sweep").rglob("*.tmp")) == []


def test_two_sweeps_into_one_folder_at_once_change_no_bit(script, tmp_path):
    several = [begun(script, tmp_path / "shared") for _ in range(2)]
    for process in several:
        process.communicate(timeout=300)
        assert process.returncode == 0
    assert results(tmp_path / "shared").equals(undisturbed(script))


# ---- a disk that is really full ----

FULL = """
import subprocess
from coprod_abm.store import StoreError, results

folder = sys.argv[1]
mount = ["mount", "-t", "tmpfs", "-o"]
subprocess.run([*mount, "size=400k", "tmpfs", folder], check=True)
try:
    sweep(folder + "/sweep")
except StoreError as error:
    print(error)
    kept = len(open_store(folder + "/sweep", job).chunks) - len(open_store(folder + "/sweep", job).missing())
    print("kept:", kept)
subprocess.run([*mount, "remount,size=64m", "tmpfs", folder], check=True)
sweep(folder + "/sweep")
results(folder + "/sweep").to_parquet(sys.argv[2])
"""
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


def may_mount(folder: Path) -> bool:
    """Whether this system lets us mount a small disk of our own."""
    try:
        told = subprocess.run([*NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, check=False)
    except OSError:
        return False
    return told.returncode == 0


def test_a_small_disk_that_fills_up_loses_nothing(script, tmp_path):
    if not may_mount(tmp_path):
        pytest.skip("this system lets nobody mount a disk of their own")
    (tmp_path / "disk").mkdir()
    full = script.with_name("full.py")
    full.write_text(script.read_text(encoding="utf-8").partition("if __name__")[0] + FULL, encoding="utf-8")
    words = [*NAMESPACE, sys.executable, full, tmp_path / "disk", tmp_path / "found.parquet"]
    told = subprocess.run(words, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "the disk is full" in told.stdout
    assert int(told.stdout.partition("kept: ")[2].split()[0]) > 2
    assert pd.read_parquet(tmp_path / "found.parquet").equals(undisturbed(script))
