"""Every output says what made it: command, model, commit, versions, machine and time."""

import json
from pathlib import Path

import pytest

from coprod_abm.experiments.cli import COMMANDS, main
from coprod_abm.experiments.provenance import write_provenance
from coprod_abm.provenance import PACKAGES, provenance

MADE = {"command", "model", "git", "versions", "machine", "started"}
TELLS = {"cases", "params", "measures", "instruments", "doctor"}  # print and leave nothing
OF_THE_CHECKOUT = {"baseline", "docs", "site"}  # write files of the repository, whose history says when and from what
ELSEWHERE = {  # leave results, and are asked where they have a folder ready
    "study": "tests/test_study.py",
    "calibrate": "tests/test_calibrate.py",
    "compare": "tests/test_compare.py",
    "discover": "tests/test_discovery.py",
    "benchmark": "tests/test_benchmark.py",
}
CASE = ["case=EN-LPFT"]
RUNS = {  # the words of a command, and the file that says what made its results
    "run": (["run", *CASE, "replicates=1", "weeks=8", "figures=false", "out=run"], "run/provenance.json"),
    "sweep": (
        ["sweep", *CASE, "power.agenda_access=0.1,0.9", "replicates=1", "weeks=8", "measures=need_met", "figures=false",
         "out=sweep"], "sweep/study.json",
    ),
    "sensitivity": (
        ["sensitivity", *CASE, "method=morris", "free=[trust,power]", "n=4", "weeks=26", "replicates=2", "figures=false",
         "measures=need_met", "out=sens"], "sens/study.json",
    ),
    "scenarios": (
        ["scenarios", "scenario=sponsor_loss", *CASE, "replicates=2", "figures=false", "out=scen"],
        "scen/sponsor_loss/study.json",
    ),
    "workshop": (["workshop", "guide", "from=scen", "language=en", "out=guide"], "guide/provenance.json"),
}  # fmt: skip
BESIDE = {"workshop": (["workshop", "map", "from=scen", "language=en", "out=map"], "map/provenance.json")}


def test_every_command_is_looked_at():
    assert set(COMMANDS) == TELLS | OF_THE_CHECKOUT | set(ELSEWHERE) | set(RUNS)
    root = Path(__file__).parent.parent
    assert [name for name in ELSEWHERE.values() if not (root / name).exists()] == []


def test_what_made_results_names_the_packages_that_decide_them():
    told = provenance(["coprod"])
    assert set(told) == MADE
    assert set(told["versions"]) == {"python", *PACKAGES}
    assert len(told["model"]) == 64


def test_the_file_says_what_made_the_results_and_from_what(tmp_path):
    write_provenance(tmp_path, ["coprod", "x"], results="mine")
    told = json.loads((tmp_path / "provenance.json").read_text(encoding="utf-8"))
    assert set(told) >= MADE | {"results", "ended"}


@pytest.mark.slow
def test_every_output_says_what_made_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words, file in (*RUNS.values(), *BESIDE.values()):
        monkeypatch.setattr("sys.argv", ["coprod", *words])
        assert main(words) == 0
        told = json.loads((tmp_path / file).read_text(encoding="utf-8"))
        assert set(told) >= MADE, (words[0], MADE - set(told))
        assert told["command"][:2] == ["coprod", words[0]]
