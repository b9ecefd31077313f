"""What endures: results after kills at random moments, memory of what lives on, and nothing left behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="signals and samples of memory are those of Linux")
def test_two_minutes_of_a_mixed_load_with_kills_break_no_promise(tmp_path):
    told = tmp_path / "told.json"
    words = [sys.executable, HERE / "endurance.py", "--minutes", "2", "--seed", "3", "--json", told]
    ended = subprocess.run(words, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = json.loads(told.read_text(encoding="utf-8"))
    assert found["faults"] == []
    assert found["done"]["sweeps brought to their end"] >= 1
    assert found["done"]["whole pictures"] >= 1
    assert found["left"]["processes left"] == found["left"]["temporary files left"] == 0
