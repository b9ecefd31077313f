"""What the comparison says where the truth is known: of theories, of one theory under two names, of figures of no theory."""

import numpy as np
import pandas as pd
import pytest

from coprod_abm.calibration import toy
from coprod_abm.calibration.adequacy import rarer, usual_of
from coprod_abm.calibration.bank import Bank, BankError
from coprod_abm.calibration.courses import course_of
from coprod_abm.calibration.emulated_forecast import emulated_forecast_by
from coprod_abm.calibration.forecasts import forecast_by
from coprod_abm.calibration.likelihood import NO_ERRORS
from coprod_abm.calibration.linear_toy import covariance, matrices, toy_bank
from coprod_abm.calibration.scores import late_columns
from coprod_abm.calibration.stacked import Figures, stacked, surveyed
from coprod_abm.calibration.theory_classifier import taught
from coprod_abm.calibration.theory_trials import (
    CLONES,
    OWN,
    Outcome,
    clone_trials,
    leave_out_trials,
    outsider_trials,
    own_trials,
    summary_of_trials,
    table_of_trials,
)
from coprod_abm.experiments.compare_check import check_clones

RIVALS = {"A": "rising", "B": "dipping", "C": "late"}


def known(stack, readings):
    return Figures(np.asarray(readings, float), stack.spread, np.zeros(len(stack.spread), bool))


@pytest.fixture(scope="module")
def bank():
    return toy_bank(RIVALS, 700, 1)


@pytest.fixture(scope="module")
def figures(bank):
    stack = stacked(bank)
    return known(stack, surveyed(stack, [3], np.random.default_rng(5))[0])


# ---- adequacy ----


def test_how_far_beyond_every_usual_distance_counts():
    usual = np.random.default_rng(1).chisquare(5, (600, 30))
    chances = rarer(usual, np.full((2, 30), [[30.0], [3_000.0]]))
    assert (chances[0] > 1_000 * chances[1]).all()
    uniform = rarer(usual, np.random.default_rng(2).chisquare(5, (4_000, 30)))
    for level in (0.5, 0.1, 0.02):
        assert (uniform <= level).mean() == pytest.approx(level, rel=0.25)


def test_an_outsider_is_flagged_however_many_distances_are_looked_at():
    """With thirty measures each largest rank is reached by some usual survey: ranks alone flag nobody."""
    rng = np.random.default_rng(1)
    one = toy_bank({"A": "rising"}, 500, 1)
    stack = stacked(one)
    many = stack.taken(np.arange(500))
    names = np.array([f"measure {k}" for k in range(len(stack.spread))])
    apart = type(many)(**{**vars(many), "measures": names, "offset": 0.1})
    usual = usual_of(apart, np.ones(len(names), bool), 1, surveys=200)
    assert usual.distances.of(stack.shown[:1]).shape[1] > 70
    strange = stack.shown.mean(axis=0) + 2.0 * rng.standard_normal(len(names))
    assert usual.adequacy(strange).chance < 0.01
    own = [usual.adequacy(each).adequate for each in surveyed(apart, np.arange(60), rng)]
    assert np.mean(own) > 0.8


# ---- predictions ----


def test_the_emulated_predictive_agrees_with_the_weights_and_with_the_truth(tmp_path):
    one = toy_bank({"A": "rising"}, 2_000, 1, cases=("SE-A",))
    stack = stacked(one)
    out = np.isin(stack.waves, ["2022", "2023"])
    by_posterior, by_weights = emulated_forecast_by("A", one, tmp_path, 1), forecast_by("A")
    mean, spread = matrices("rising", ("SE-A",))[0], covariance("rising", ("SE-A",))
    total = spread + stack.common(0.67) + np.diag(stack.spread**2)  # a model error of about its prior mean
    pull = np.linalg.solve(total[np.ix_(~out, ~out)], total[np.ix_(~out, out)]).T
    for draw in (3, 50):
        figures = known(stack, surveyed(stack, [draw], np.random.default_rng(draw))[0]).holding_out(out)
        made = [forecast(stack, figures) for forecast in (by_posterior, by_weights)]
        spreads = [np.sqrt(each.weights @ (each.spreads**2 + (each.means - each.mean) ** 2)) for each in made]
        exact = mean[out] + pull @ (figures.values - mean)[~out]
        assert made[0].columns.tolist() == made[1].columns.tolist()
        assert np.abs(made[0].mean - made[1].mean).max() < 0.3 * spreads[1].min()
        assert spreads[0] == pytest.approx(spreads[1], rel=0.2)
        assert np.abs(made[0].mean - exact).max() < 0.4 * spreads[1].min()
    assert [file.name for file in (tmp_path / "A").glob("*.npz")] == ["SE-A.npz"]


def test_a_measure_that_a_theory_holds_is_predicted_where_it_is_held():
    one = toy_bank({"A": "rising"}, 600, 1, cases=("SE-A",))
    one.cases["SE-A"].shown[:, 6:] = 0.3
    stack = stacked(one, offset=0.0, error=0.0)
    out = np.isin(stack.waves, ["2022", "2023"])
    figures = known(stack, one.cases["SE-A"].shown[3]).holding_out(out)
    made = emulated_forecast_by("A", one, None, 1, NO_ERRORS)(stack, figures)
    assert made.mean[2:] == pytest.approx(0.3, abs=0.02)
    assert np.isfinite(made.covariances).all()


def test_a_case_left_out_whole_is_predicted_by_weights(bank, figures):
    stack = stacked(bank)
    asked = figures.holding_out(stack.cases == "SE-A")
    made = [forecast(stack, asked) for forecast in (emulated_forecast_by("A", bank, None, 1), forecast_by("A"))]
    assert np.array_equal(made[0].means, made[1].means)


def test_a_course_holds_every_published_figure_and_says_which_are_held_out(bank, figures):
    stack = stacked(bank)
    late = late_columns(stack, figures)
    table = course_of(stack.of_theory("A"), figures, late)
    assert len(table) == figures.fitted.sum()
    assert table["held_out"].to_numpy().tolist() == late.tolist()
    assert (table["low"] < table["middle"]).all()
    inside = table["published"].between(table["low"], table["high"])
    assert inside.mean() > 0.75
    width = table["high"] - table["low"]
    assert width[table["held_out"]].mean() > width[~table["held_out"]].mean()
    other = course_of(stack.of_theory("B"), figures, late)
    held = other[other["held_out"]]
    assert held["published"].between(held["low"], held["high"]).mean() < inside[table["held_out"]].mean()


# ---- known truths ----


def test_trials_are_summed_up_by_kind():
    rows = [
        Outcome(OWN, "A", "A", 0.95, 0.95, False, True),
        Outcome(OWN, "A", "B", 0.95, 0.05, False, True),
        Outcome(CLONES, "A", "A again", 0.6, 0.4, False, False),
        Outcome(CLONES, "A", "A", 0.95, 0.6, False, True),
    ]
    found = summary_of_trials(table_of_trials(rows)).set_index("kind")
    assert found.loc[OWN, ["declared", "wrongly", "right"]].tolist() == [1.0, 0.5, 0.5]
    assert found.loc[CLONES, ["declared", "wrongly", "right", "share"]].tolist() == [0.5, 0.5, 1.0, 0.5]


def test_few_sets_of_each_kind_come_out_as_they_should(bank, figures):
    clones = table_of_trials(list(clone_trials(bank, figures, 6, 1, 900)))
    assert not clones["declared"].any()
    assert clones["share"].mean() == pytest.approx(0.5, abs=0.2)
    outside = table_of_trials(list(outsider_trials(bank, figures, 6, 1, 900)))
    assert outside["flagged"].mean() >= 0.8
    assert not outside["declared"].any()


def test_clones_need_draws(bank):
    check_clones(bank)
    few = bank.taken(np.arange(0, len(bank), 2))
    with pytest.raises(BankError, match=r"needs 467 draws; .* has 350"):
        check_clones(few)


@pytest.mark.slow
def test_known_truths_on_the_linear_toy(bank, figures):
    tables = [list(trials(bank, figures, 40, 2, 4_000)) for trials in (own_trials, clone_trials, outsider_trials)]
    found = summary_of_trials(pd.concat(map(table_of_trials, tables))).set_index("kind")
    assert found.loc[OWN, "wrongly"] <= 0.05
    assert found.loc[OWN, "right"] >= 0.9
    assert found.loc[OWN, "flagged"] <= 0.15
    assert found.loc[CLONES, "declared"] <= 0.05
    assert found.loc[CLONES, "share"] == pytest.approx(0.5, abs=0.1)
    assert found.loc[found.index[2:], "flagged"].min() >= 0.9


@pytest.mark.slow
def test_cases_left_out_by_the_command_of_known_truths(bank, figures):
    table = leave_out_trials(bank, figures, 24, 1)
    assert len(table) == 24
    assert table["right"].mean() >= 0.85
    assert not table["wrong"].any()
    assert 0.8 <= table["covered"].mean() <= 0.97


@pytest.mark.slow
def test_nine_cases_with_spreads_name_the_theory_of_the_benchmark():
    made = toy.toy_bank(4_500, 1, theories=("relational", "empowerment", "resource"))
    stack = stacked(made, offset=0.0, error=0.0)
    every = np.ones(len(stack.spread), bool)
    found = taught(stack, every, 1, surveys=9_000).tested
    assert found.accuracy >= 0.93
    assert found.log_loss <= 0.25
    assert found.calibration_error <= 0.05
    assert found.sure_accuracy >= 0.97
    means = taught(stack, np.isin(stack.measures, ["trust", "efficacy", "stress"]), 1, surveys=9_000).tested
    assert means.accuracy < found.accuracy
    assert means.sure < found.sure


def test_a_bank_of_the_benchmark_is_weighed_without_offsets_and_errors():
    slots = toy_bank({"A": "rising"}, 200, 1)
    stack = stacked(Bank(slots.priors, slots.cases, slots.theory, slots.facts), offset=0.0, error=0.0)
    assert not stack.common().any()
    readings = surveyed(stack, np.arange(100), np.random.default_rng(1))
    assert (readings - stack.shown[:100]).std() == pytest.approx(stack.spread[0], rel=0.05)
