"""Pinned results are what this installation gives, and change by one command with a reason."""

from dataclasses import replace

import pytest

from coprod_abm.experiments import baseline, baseline_results
from coprod_abm.experiments.baseline_results import (
    Key,
    differences,
    found_results,
    pinned_results,
    results_of,
    same,
    text_of,
)
from coprod_abm.experiments.cli import main
from coprod_abm.experiments.settings import named_cases
from coprod_abm.parameters import Parameters
from coprod_abm.theories import ALL, THEORIES

HERE = Key("SE-JKP", "all", 52, "need_met")
PEOPLE = HERE._replace(outcome="people_by_state")
WAY_OUT = 'if this is meant, run `coprod baseline update because="REASON"` and commit what it writes'


@pytest.fixture
def pinned(tmp_path, monkeypatch):
    """A checkout of two results, of which one has changed since."""
    file, changes = tmp_path / "baseline.csv", tmp_path / "CHANGELOG.md"
    file.write_text(text_of({HERE: 0.5, PEOPLE: 7}), encoding="utf-8")
    changes.write_text("# Changes\n\n## 0.2\n\n- one\n\n## 0.1\n\n- other\n", encoding="utf-8")
    monkeypatch.setattr(baseline, "FILE", file)
    monkeypatch.setattr(baseline, "CHANGELOG", changes)
    monkeypatch.setattr(baseline_results, "found_results", lambda: {HERE: 0.5, PEOPLE: 8})
    return file, changes


def test_results_are_the_pinned_ones():
    assert differences(pinned_results(baseline.FILE), found_results()) == [], WAY_OUT


def test_the_nine_cases_and_every_theory_are_pinned():
    keys = pinned_results(baseline.FILE)
    assert {(key.case, key.theory) for key in keys} == {
        (case.id, theory) for case in named_cases("all") for theory in (ALL, *THEORIES)
    }
    assert {key.week for key in keys if key.theory == ALL} >= {52, 312}


def test_a_slightly_changed_rule_shows(monkeypatch):
    changed = Parameters().replace({"trust.gain": Parameters().trust.gain * 1.01})
    monkeypatch.setattr(baseline_results, "Parameters", lambda: changed)
    case = replace(named_cases(["EN-LPFT"])[0], years=3)
    found = dict(results_of(case, ALL))
    own = {key: value for key, value in pinned_results(baseline.FILE).items() if key in found}
    assert any("people_by_state" in line for line in differences(own, found))


@pytest.mark.parametrize(
    ("before", "after", "alike"),
    [(3, 3, True), (3, 4, False), (0.5, 0.5 + 9e-13, True), (0.5, 0.5 + 2e-12, False), (float("nan"), float("nan"), True),
     (float("nan"), 0.5, False), (2**53, 2**53 + 1, False)],
)  # fmt: skip
def test_whole_numbers_are_compared_to_the_last_digit_and_means_to_1e_12(before, after, alike):
    assert same(before, after) is alike


def test_values_survive_the_file(tmp_path):
    results = {HERE: 0.1 + 0.2, PEOPLE: 4294967295, HERE._replace(week=104): float("nan")}
    (tmp_path / "b.csv").write_text(text_of(results), encoding="utf-8")
    assert differences(results, pinned_results(tmp_path / "b.csv")) == []
    assert isinstance(pinned_results(tmp_path / "b.csv")[PEOPLE], int)


def test_a_result_that_comes_or_goes_is_a_difference():
    assert differences({HERE: 0.5}, {}) == ["SE-JKP, theory all, week 52: need_met nothing, pinned 0.5"]
    assert differences({}, {HERE: 0.5}) == ["SE-JKP, theory all, week 52: need_met 0.5, pinned nothing"]


def test_the_command_shows_what_differs_and_changes_nothing(pinned, capsys):
    before = [file.read_bytes() for file in pinned]
    assert main(["baseline"]) == 1
    told = capsys.readouterr().out
    assert "1 of 2 results are not the pinned ones" in told
    assert "people_by_state 8, pinned 7" in told
    assert 'update because="REASON"' in told
    assert [file.read_bytes() for file in pinned] == before


def test_an_update_writes_the_file_and_one_line_under_the_newest_version(pinned, capsys):
    assert main(["baseline", "update", "because=votes are counted twice."]) == 0
    file, changes = pinned
    assert pinned_results(file)[PEOPLE] == 8
    line = "- Pinned results changed (1 in `configs/baseline.csv`): votes are counted twice."
    assert changes.read_text(encoding="utf-8") == f"# Changes\n\n## 0.2\n\n- one\n{line}\n\n## 0.1\n\n- other\n"
    before = changes.read_bytes()
    assert main(["baseline", "update", "because=again"]) == 0
    assert changes.read_bytes() == before  # nothing has changed, so nothing is written


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["update"], "only for a reason"),
        (["update", "because="], "only for a reason"),
        (["update", "because=..."], "only for a reason"),
        (["update", "reason=x"], "does not take 'update reason=x'"),
        (["updte", "because=x"], "does not take"),
    ],
)
def test_an_update_without_a_reason_is_refused(pinned, capsys, words, said):
    before = [file.read_bytes() for file in pinned]
    assert main(["baseline", *words]) == 2
    assert said in capsys.readouterr().err
    assert [file.read_bytes() for file in pinned] == before


def test_an_update_outside_a_checkout_is_refused(pinned, capsys):
    pinned[1].unlink()
    assert main(["baseline", "update", "because=x"]) == 2
    assert "pinned in a checkout" in capsys.readouterr().err
