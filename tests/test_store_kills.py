"""A sweep that is killed at any moment and started again ends with the same bits as one that was left alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
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
    lots = np.random.default_rng(seed)
    struck = 0
    while struck < kills:
        if not killed_after(script, folder / str(struck // 5), lots.uniform(0.0, 0.6)):
            struck += 1  # the sweep was faster: a kill that came too late
            continue
        struck += 1
    job = job_in(script)
    whole = computed(job, next(spans(job, job.size)))
    for number in range(-(-kills // 5)):
        with begun(script, folder / str(number)) as process:
            process.wait(300)
        assert process.returncode == 0
        assert results(folder / str(number)).equals(whole)
        assert list((folder / str(number)).rglob("*.tmp")) == []


def job_in(script: Path):
    space: dict = {"__name__": "sweep"}
    exec(compile(script.read_text(encoding="utf-8"), str(script), "exec"), space)
    return space["job"]


def test_five_kills_change_no_bit(script, tmp_path):
    kill_and_compare(script, tmp_path, kills=5, seed=int(os.environ.get("COPROD_TEST_SEED", "1")))


@pytest.mark.slow
def test_fifty_kills_change_no_bit(script, tmp_path):
    kill_and_compare(script, tmp_path, kills=50, seed=2)


def test_two_sweeps_into_one_folder_at_once_change_no_bit(script, tmp_path):
    several = [begun(script, tmp_path / "shared") for _ in range(2)]
    for process in several:
        process.communicate(timeout=300)
        assert process.returncode == 0
    job = job_in(script)
    assert results(tmp_path / "shared").equals(computed(job, next(spans(job, job.size))))
