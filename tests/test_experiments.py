"""What `coprod run +experiment=NAME` promises: a whole folder or none, a table on the screen, and refusals in plain words."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from coprod_abm.experiments import experiment, patterns, signatures
from coprod_abm.experiments.cli import main
from coprod_abm.experiments.experiment import BEGIN, END, EXPERIMENTS, experiment_word, write_page
from coprod_abm.experiments.signature_table import THEORIES
from coprod_abm.experiments.study import Study


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder in which the user stands."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["coprod"])
    return tmp_path


@pytest.fixture
def two_patterns(monkeypatch):
    """The table of patterns, cut down to two quick ones."""
    monkeypatch.setattr(patterns, "PATTERNS", tuple(each for each in patterns.PATTERNS if each.id in {"P3", "P10"}))


def run(*words: str) -> int:
    return main(["run", *words])


def test_help_lists_every_experiment(capsys):
    assert run("--help") == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown and found.does in shown for name, found in EXPERIMENTS.items())
    assert "+experiment=" in shown


REFUSED = {
    "unknown": (["+experiment=paterns"], ["'paterns' is not an experiment", "Did you mean 'patterns'?", "signatures"]),
    "unknown without a plus": (["experiment=nothing"], ["'nothing' is not an experiment", "patterns, signatures"]),
    "null": (["experiment=null"], ["is not an experiment", "patterns, signatures"]),
    "twice": (["+experiment=patterns", "experiment=signatures"], ["experiment is given twice"]),
    "several": (["+experiment=patterns,signatures"], ["coprod run -m"]),
    "weeks": (["+experiment=patterns", "weeks=52"], ["weeks cannot be set for an experiment", "Leave weeks= away"]),
    "measures": (["+experiment=patterns", "measures=[safety]"], ["measures cannot be set"]),
    "two replicates": (["+experiment=patterns", "replicates=2"], ["replicates = 2", "3 or more"]),
    "a seed that is none": (["+experiment=patterns", "seed=-1"], ["seed = -1"]),
    "unknown case": (["+experiment=patterns", "case=SE-JPK"], ["SE-JPK", "Did you mean 'SE-JKP'?"]),
    "misspelt parameter": (["+experiment=patterns", "power.agenda_acess=1"], ["Did you mean 'power.agenda_access'?"]),
    "page in a folder that is not there": (
        ["+experiment=patterns", "markdown=nowhere/table.md"],
        ["markdown = nowhere/table.md", "a folder that exists"],
    ),
    "page without an experiment": (["markdown=table.md"], ["+experiment=NAME"]),
    "reference without an experiment": (["case=reference"], ["reference", "a shipped case"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_done_is_refused_and_leaves_nothing(name, here, capsys):
    words, fragments = REFUSED[name]
    assert run(*words) == 2
    shown = capsys.readouterr()
    assert all(fragment in shown.err for fragment in fragments), shown.err
    assert "Traceback" not in shown.err
    assert list(here.iterdir()) == []


@pytest.mark.usefixtures("two_patterns")
def test_an_experiment_leaves_a_whole_folder_and_prints_its_table(here, capsys):
    assert run("+experiment=patterns", "replicates=12", "seed=4", "out=found", "leadership.support=0.6") == 0
    shown = capsys.readouterr().out
    assert "P10a" in shown
    assert "Results: found" in shown
    files = {file.relative_to(here / "found").as_posix() for file in (here / "found").rglob("*") if file.is_file()}
    told = (here / "found" / "README.txt").read_text(encoding="utf-8")
    explained = {line.split("  ")[0] for line in told.splitlines() if "  " in line}
    assert all(any(Path(file).match(pattern) for pattern in explained) for file in files - {"README.txt"}), files
    assert (here / "found" / "table.txt").read_text(encoding="utf-8").strip() in shown
    facts = json.loads((here / "found" / "provenance.json").read_text(encoding="utf-8"))
    assert (facts["experiment"], facts["seed"], facts["replicates"]) == ("patterns", 4, 12)
    assert {"git", "versions", "model", "seconds", "runs"} <= set(facts)
    kept = yaml.safe_load((here / "found" / "config.yaml").read_text(encoding="utf-8"))
    assert (kept["experiment"], kept["replicates"], kept["leadership"]["support"]) == ("patterns", 12, 0.6)
    table = pd.read_parquet(here / "found" / "tables" / "evidence.parquet")
    expected = patterns.evidence(patterns.PATTERNS, Study(replicates=12, seed=4, typed={"leadership.support": 0.6}))
    pd.testing.assert_frame_equal(table, expected, check_exact=True)


@pytest.mark.usefixtures("two_patterns")
def test_an_experiment_may_be_named_without_a_plus_and_run_on_a_case(here, capsys):
    assert run("experiment=patterns", "replicates=12", "case=EN-LPFT", "figures=false", "out=found") == 0
    assert "EN-LPFT" in capsys.readouterr().out
    assert (here / "found" / "cases" / "EN-LPFT.yaml").is_file()
    assert not (here / "found" / "figures").exists()
    assert "figures" not in (here / "found" / "README.txt").read_text(encoding="utf-8")


@pytest.mark.usefixtures("two_patterns")
def test_the_numbers_do_not_depend_on_threads(here):
    for threads in (1, 3):
        words = ("replicates=12", "figures=false", f"threads={threads}", f"out={threads}")
        assert run("+experiment=patterns", *words) == 0
    one, three = (pd.read_parquet(here / str(n) / "tables" / "evidence.parquet") for n in (1, 3))
    pd.testing.assert_frame_equal(one, three, check_exact=True)


@pytest.mark.usefixtures("two_patterns")
def test_an_interrupt_leaves_nothing(here, monkeypatch, capsys):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Study, "read", interrupted)
    assert run("+experiment=patterns", "out=found") == 130
    assert "nothing half-done was kept" in capsys.readouterr().err
    assert list(here.iterdir()) == []


@pytest.mark.usefixtures("two_patterns")
def test_a_page_keeps_its_words_and_takes_the_new_figures(here):
    (here / "page.md").write_text(
        f"# Mine\n\nWords.\n\n{BEGIN}\n\nbefore this\n\n{END}\n\nMore words.\n", encoding="utf-8"
    )
    words = ("replicates=12", "figures=false", "out=found", "markdown=page.md")
    assert run("+experiment=patterns", *words) == 0
    page = (here / "page.md").read_text(encoding="utf-8")
    assert page.startswith("# Mine\n\nWords.")
    assert page.endswith("More words.\n")
    assert "| P10a |" in page
    assert "Made with 12 replicates and seed 1" in page
    assert "before this" not in page


def test_a_page_that_is_not_there_is_made_and_one_without_marks_is_added_to(tmp_path):
    write_page(tmp_path / "new.md", "figures")
    assert (tmp_path / "new.md").read_text(encoding="utf-8") == f"{BEGIN}\n\nfigures\n\n{END}\n"
    (tmp_path / "words.md").write_text("Words.\n", encoding="utf-8")
    write_page(tmp_path / "words.md", "figures")
    assert (tmp_path / "words.md").read_text(encoding="utf-8") == f"Words.\n\n{BEGIN}\n\nfigures\n\n{END}\n"


def test_signatures_are_run_and_drawn(here, monkeypatch, capsys):
    monkeypatch.setattr(signatures, "THEORIES", {name: THEORIES[name] for name in ("T1", "T6")})
    assert run("+experiment=signatures", "replicates=3", "out=found") == 0
    shown = capsys.readouterr().out
    assert "more facilitation" in shown
    table = pd.read_parquet(here / "found" / "tables" / "signatures.parquet")
    assert set(table["theory"]) == {"T1", "T6"}
    assert (here / "found" / "figures" / "signatures.png").stat().st_size > 10_000


def test_an_ordinary_run_knows_of_no_experiment(here):
    assert run("case=EN-LPFT", "replicates=1", "weeks=4", "figures=false", "out=plain") == 0
    assert (
        yaml.safe_load((here / "plain" / "config.yaml").read_text(encoding="utf-8").partition("# What")[0])[
            "experiment"
        ]
        is None
    )
    assert experiment_word("seed=1") == "seed=1"
    assert experiment.presets_of_keys()["patterns"]["replicates"] == EXPERIMENTS["patterns"].replicates
