"""`coprod compare` and `coprod compare advise`: folders, plain words, and what is refused."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from coprod_abm.calibration.bank_store import BankPlan, fill_bank, read_bank
from coprod_abm.calibration.comparison_report import courses_told
from coprod_abm.calibration.linear_toy import toy_bank
from coprod_abm.calibration.partnerships import (
    COUNTERPARTS,
    NO_COUNTERPART,
    compared_correlations,
    correlations_table,
    published,
)
from coprod_abm.calibration.priors import read_priors
from coprod_abm.calibration.stacked import stacked, surveyed
from coprod_abm.calibration.targets import read_target_rules, targets_of
from coprod_abm.calibration.theory_trials import Outcome
from coprod_abm.calibration.wider_bank import wider_bank
from coprod_abm.case import load_case
from coprod_abm.experiments import compare_advise, compare_check, compare_job, compare_parts
from coprod_abm.experiments.calibrate_job import STAGES
from coprod_abm.experiments.cli import main
from coprod_abm.experiments.compare_settings import keys
from coprod_abm.experiments.figure_partnerships import draw_partnerships

from coprod_abm.calibration.bank import Observed  # isort: skip

RIVALS = {"relational": "rising", "empowerment": "dipping"}
FACTS = {"hashes": {}, "draws": 1000, "model": "toy", "theories": list(RIVALS)}


@pytest.fixture(scope="module")
def bank():
    return toy_bank(RIVALS, 500, 1)


@pytest.fixture
def folder(tmp_path, monkeypatch, bank):
    """A folder that reads as a bank of the linear toy with one survey of its first theory."""
    stack = stacked(bank)
    values = np.split(surveyed(stack, [3], np.random.default_rng(5))[0], len(bank.cases))
    observed = {
        name: Observed(name, one.slots, own, one.spread, np.zeros(len(own), bool))
        for (name, one), own in zip(bank.cases.items(), values, strict=True)
    }
    monkeypatch.setattr(compare_job, "read_bank", lambda place: bank)
    monkeypatch.setattr(compare_parts, "read_facts", lambda place: FACTS)
    for module in (compare_job, compare_advise):
        monkeypatch.setattr(module, "read_observed", lambda place: observed)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "first").mkdir()
    return tmp_path / "first"


def test_a_comparison_leaves_tables_figures_and_a_page(folder, capsys):
    words = ["compare", "bank=first", "classifiers=2", "surveys=2000", "partnerships=0"]
    assert main(words) == 0
    out = folder / "compare"
    assert {
        "theories.md",
        "comparison.json",
        "scores.csv",
        "probabilities.csv",
        "confusion.csv",
        "settings_alike.csv",
    } <= {file.name for file in out.iterdir()}
    assert {"theories.png", "confusion.png", "skill.png", "fit-SE-A.png", "fit-UK-F.png"} <= {
        file.name for file in (out / "figures").iterdir()
    }
    page = (out / "theories.md").read_text(encoding="utf-8")
    assert (folder / "pieces" / "50-theories.md").read_text(encoding="utf-8") == page
    assert "'relational' is declared" in page
    assert "Error rate" in page
    assert json.loads((out / "comparison.json").read_text(encoding="utf-8"))["verdict"]["status"] == "declared"
    capsys.readouterr()
    assert main(words) == 0  # nothing is computed again
    assert "From the same inputs as before" in capsys.readouterr().out


def test_advice_names_the_best_set_within_the_budget(folder, capsys):
    assert main(["compare", "advise", "bank=first", "after=nothing", "respondents=300", "budget=4000"]) == 0
    told = capsys.readouterr().out
    best = pd.read_csv(folder / "compare" / "best_surveys.csv")
    assert 0 < best["cost"].sum() <= 4000
    assert (folder / "compare" / "figures" / "advice_map.png").exists()
    assert "Before any figure all theories are alike." in told
    made = json.loads((folder / "compare" / "advice.json").read_text(encoding="utf-8"))
    assert {"command", "git", "versions", "machine", "settings"} <= set(made)
    assert "± " in told


def test_known_truths_are_told_and_kept(folder, capsys, monkeypatch):
    asked = []
    for name, kind in (("outsiders", "noise"), ("clones", "one theory, two names"), ("theories", "a theory")):
        rows = [Outcome(kind, "relational", "relational", 0.95, 0.5, kind == "noise", kind == "a theory")] * 2
        monkeypatch.setitem(
            compare_check.TRIALS, name, lambda *inputs, rows=rows: asked.append(inputs[2:]) or iter(rows)
        )
    words = ["compare", "check", "bank=first", "sets=2", "left_out=0"]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert "| noise | 2 | 100% | 0% | 0% |  | 50% |" in told
    assert "| one theory, two names | 2 | 0% | 0% | 0% | 100% | 50% |" in told
    assert "| a theory | 2 | 0% | 100% | 0% | 100% | 50% |" in told
    assert asked == [(2, 1, 10_000)] * 3
    assert main(words) == 0
    assert len(asked) == 3  # read, not tried again


def test_a_calibration_of_several_theories_ends_with_their_comparison(folder, monkeypatch):
    plan = SimpleNamespace(
        bank=SimpleNamespace(theories=tuple(RIVALS)),
        out=folder,
        seed=1,
        settings={"figures": False},
        command=["coprod"],
    )
    monkeypatch.setattr(compare_job, "compared_in", lambda settings, command: (str(sorted(settings)), folder, True))
    assert set(json.loads(compare_job.compare_stage(plan).replace("'", '"'))) == set(keys(""))
    plan.bank.theories = ("all",)
    assert compare_job.compare_stage(plan) == "left out: the bank holds one theory"
    assert list(STAGES)[-2:] == ["theories", "report"]  # the report tells what the comparison found


def test_a_calibration_with_few_draws_says_why_theories_are_not_compared(folder, monkeypatch, bank):
    monkeypatch.setattr(compare_job, "read_bank", lambda place: bank.taken(np.arange(0, 1000, 10)))
    plan = SimpleNamespace(
        bank=SimpleNamespace(theories=tuple(RIVALS)),
        out=folder,
        seed=1,
        settings={"figures": False},
        command=["coprod"],
    )
    assert "needs at least 200 of each theory" in compare_job.compare_stage(plan)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["compare"], "needs bank=FOLDER"),
        (["compare", "bnk=first"], "Did you mean 'bank'"),
        (["compare", "bank=nowhere"], "holds no finished bank"),
        (["compare", "bank=a", "bank=b"], "given twice"),
        (["compare", "-m", "bank=a"], "no option -m"),
        (["compare", "advise", "bank=a", "late=2020"], "not a key of coprod compare advise"),
        (["compare", "advise", "bank=a", "aim=fame"], "aim=fame does not exist"),
        (["compare", "advise", "bank=a", "respondents=-4"], "no whole number of at least 2"),
        (["compare", "advise", "bank=a", "budget=0"], "budget=0 is below 1"),
        (["compare", "bank=a", "surveys=3"], "surveys=3 is below 400"),
        (["compare", "bank=a", "predictive=guess"], "predictive=guess does not exist. Choose weights or emulated."),
        (["compare", "check", "bank=a", "sets=0"], "sets=0 is below 1"),
        (["compare", "advise", "bank=a", "number=0"], "number=0 is below 1"),
    ],
)
def test_what_cannot_be_done_is_refused_in_plain_words(words, told, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("theories=relatonal,empowerment", "Did you mean 'relational'"),
        ("theories=relational", "at least two"),
        ("late=1999", "no fitted figure belongs to this wave"),
    ],
)
def test_theories_and_waves_that_the_bank_lacks_are_refused(folder, capsys, word, told):
    assert main(["compare", "bank=first", "classifiers=1", "surveys=600", word]) == 2
    assert told in capsys.readouterr().err


def test_help_names_every_key(capsys):
    assert main(["compare", "--help"]) == 0
    told = capsys.readouterr().out
    for key in ("bank", "theories", "late", "budget", "respondents", "scatter"):
        assert f"  {key} " in told


def test_the_published_matrix_is_whole_and_symmetric():
    matrix = published()
    assert matrix.shape == (10, 10)
    assert (matrix.to_numpy() == matrix.to_numpy().T).all()
    assert matrix.loc["relationships", "partnership synergy"] == 0.82
    assert set(COUNTERPARTS) | set(NO_COUNTERPART) == set(matrix.columns)


def test_correlations_that_are_the_published_ones_do_not_differ():
    names = list(COUNTERPARTS)
    draws = np.random.default_rng(1).multivariate_normal(np.zeros(5), published().loc[names, names], 400)
    assert compared_correlations(pd.DataFrame(draws, columns=names))["differs"].mean() <= 0.2
    unlike = compared_correlations(pd.DataFrame(np.random.default_rng(1).standard_normal((400, 5)), columns=names))
    assert unlike["differs"].mean() >= 0.8


def test_partnerships_are_shown_as_a_matrix_and_a_table(tmp_path):
    names = list(COUNTERPARTS)
    unlike = pd.DataFrame(np.random.default_rng(1).standard_normal((400, 5)), columns=names)
    pairs = compared_correlations(unlike)
    draw_partnerships(pairs, tmp_path)
    assert {"partnerships.png", "partnerships.svg", "partnerships.txt", "partnerships.csv"} == {
        f.name for f in tmp_path.iterdir()
    }
    svg = (tmp_path / "partnerships.svg").read_text(encoding="utf-8")
    assert "Correlations across partnerships" in svg
    table = correlations_table(pairs)
    assert table.count("\n") == 1 + len(pairs)
    assert "| relationships; partnership synergy | 0.82 |" in table
    assert table.count("differs by more than sampling") == pairs["differs"].sum()


def test_held_out_figures_that_no_theory_expects_are_named():
    row = {"case": "SE-A", "measure": "trust", "held_out": True, "low": 0.0, "high": 1.0}
    rows = [
        {**row, "theory": theory, "wave": wave, "published": value}
        for theory in ("A", "B")
        for wave, value in (("2022", 0.5), ("2023", 3.0))
    ]
    told = courses_told(pd.DataFrame(rows))
    assert "Of 2 late figures" in told
    assert "A 50%, B 50%" in told
    assert "Expected by no theory: trust 2023 of SE-A." in told
    assert courses_told(pd.DataFrame(rows).assign(held_out=False)) == ""


@pytest.mark.slow
def test_a_wider_bank_has_the_runs_of_the_bank_and_shows_more(tmp_path):
    case, theories = load_case("EN-LPFT"), ("relational", "tokenism")
    targets = targets_of((case,), read_target_rules("default"))
    plan = BankPlan((case,), read_priors("default").for_cases((case,), theories), theories, targets, 12, 1, {})
    bank = fill_bank(tmp_path / "bank", plan)
    asked = ["trust_health_care", "team_0_10"], ["2023", "2024"]
    wider = wider_bank(tmp_path / "wider", read_bank(tmp_path / "bank"), *asked, 10)
    one = wider.cases["EN-LPFT"]
    old = len(bank.cases["EN-LPFT"].slots)
    assert len(wider) == 10
    assert np.array_equal(one.shown[:, :old], bank.cases["EN-LPFT"].shown[:10], equal_nan=True)
    assert {(slot.measure, slot.wave) for slot in one.slots[old:]} == {
        ("trust_health_care", "2023"), ("trust_health_care", "2024"), ("team_0_10", "2023"), ("team_0_10", "2024"),
    }  # fmt: skip
