"""The tests of the rules notice when a rule is broken."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="each mutant is tried in a forked process")
def test_nine_in_ten_small_changes_to_the_rules_are_noticed():
    tried = subprocess.run([sys.executable, HERE / "mutants.py"], check=False, capture_output=True, text=True)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "\nall " in tried.stdout


def test_a_family_that_does_not_exist_is_refused_with_those_that_do():
    tried = subprocess.run([sys.executable, HERE / "mutants.py", "pwer"], check=False, capture_output=True, text=True)
    assert tried.returncode == 2
    assert "No such family: pwer. Known: capacity," in tried.stderr
