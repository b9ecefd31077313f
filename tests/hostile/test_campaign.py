"""Hostile files, words and requests end in one message in words, or in nothing: no crash, no hang, no program, no false number."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
QUICK = "case,measures,scenario,design,draws,preset,wish,words,store,emulator"


def faults_of(*words: str) -> str:
    """What the campaign says, where it found something."""
    ended = subprocess.run([sys.executable, HERE / "campaign.py", *words], check=False, capture_output=True, text=True)
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr


def test_a_hundred_hostile_inputs_do_no_harm():
    assert faults_of("--inputs", "15", "--seed", "11", "--only", QUICK) == ""


@pytest.mark.slow
def test_thousands_of_hostile_inputs_do_no_harm():
    assert faults_of("--inputs", "300", "--seed", "12") == ""


@pytest.mark.slow
def test_a_fault_is_told_with_the_number_that_makes_it_again(tmp_path):
    broken = (
        (HERE / "campaign.py")
        .read_text(encoding="utf-8")
        .replace("SHORTEST, LONGEST = 25,", "SHORTEST, LONGEST = 3_900,")
    )
    for name in ("mutations.py", "surfaces.py"):
        (tmp_path / name).write_bytes((HERE / name).read_bytes())
    (tmp_path / "campaign.py").write_text(broken, encoding="utf-8")
    words = [sys.executable, tmp_path / "campaign.py", "--inputs", "12", "--only", "wish", "--seed", "5"]
    ended = subprocess.run(words, check=False, capture_output=True, text=True)
    assert ended.returncode == 1
    number = ended.stdout.partition("FAULT wish --seed 5 --number ")[2].partition(":")[0]
    again = subprocess.run([*words, "--number", number], check=False, capture_output=True, text=True)
    assert f"FAULT wish --seed 5 --number {number}:" in again.stdout
