"""Rival theories where all is known: probabilities are those of Bayes' rule, and the least bad of all is not called right."""

import numpy as np
import pytest

from coprod_abm.calibration import bank as banks
from coprod_abm.calibration.adequacy import usual_of
from coprod_abm.calibration.baselines import BASELINES, NO_CHANGE, TWO_WAY
from coprod_abm.calibration.cloud import cloud_of, log_density, tempered
from coprod_abm.calibration.comparison import compared, judge_of
from coprod_abm.calibration.comparison_report import model_error_told, skill_told, told
from coprod_abm.calibration.equifinality import settings_alike
from coprod_abm.calibration.forecasts import Predictive, forecast_by
from coprod_abm.calibration.linear_toy import (
    CASES,
    MEASURES,
    SHAPES,
    covariance,
    exact_probabilities,
    matrices,
    toy_bank,
)
from coprod_abm.calibration.posterior_check import checked, model_errors
from coprod_abm.calibration.scores import (
    CASE_OUT,
    LATE,
    case_folds,
    fold_scores,
    late_columns,
    late_folds,
    lead_of,
    scored,
    stacking,
    summary_of,
)
from coprod_abm.calibration.stacked import Figures, figures_of, stacked, surveyed
from coprod_abm.calibration.theory_classifier import performance, places, surveys_of, taught
from coprod_abm.calibration.verdict import DECLARED, NONE_ADEQUATE, UNDECIDED

RIVALS = {"A": "rising", "B": "dipping", "C": "late"}
CLONES = {"A": "rising", "A2": "rising", "C": "late"}


def known(stack, readings):
    return Figures(np.asarray(readings, float), stack.spread, np.zeros(len(stack.spread), bool))


@pytest.fixture(scope="module")
def stack():
    return stacked(toy_bank(RIVALS, 1200, 1))


@pytest.fixture(scope="module")
def figures(stack):
    """A survey of the first theory."""
    return known(stack, surveyed(stack, [3], np.random.default_rng(5))[0])


# ---- what a theory says after the data ----


def test_a_cloud_is_the_exact_posterior_where_readings_are_linear(stack, figures):
    around = stack.common() + np.diag(stack.spread**2)
    for theory, shape in RIVALS.items():
        cloud = cloud_of(stack.of_theory(theory), figures)
        mean, spread = matrices(shape)[0], covariance(shape)
        gain = spread @ np.linalg.inv(spread + around)
        exact = mean + gain @ (figures.values - mean)
        sd = np.sqrt(np.diag(spread - gain @ spread))
        evidence = log_density((figures.values - mean)[None], spread + around)[0]
        assert np.abs((cloud.mean - exact) / sd).mean() < 0.4
        assert np.sqrt(np.diag(cloud.covariance)) == pytest.approx(sd, rel=0.15)
        assert cloud.evidence == pytest.approx(evidence, abs=6.0)  # of differences of dozens


def test_the_power_of_the_likelihood_leaves_enough_draws():
    likelihood = -0.5 * np.random.default_rng(1).standard_normal(3_000) ** 2 * 400
    power, weights = tempered(likelihood, 300)
    assert 0 < power < 0.95
    assert 1 / (weights**2).sum() == pytest.approx(300, rel=0.01)
    assert tempered(np.zeros(500), 300)[0] == 0.95


def test_a_theory_with_few_draws_is_refused(stack, figures):
    with pytest.raises(banks.BankError, match=r"A has 20 draws and needs 200"):
        cloud_of(stack.of_theory("A").taken(np.arange(20)), figures)


# ---- theory probabilities ----


def test_theory_probabilities_are_those_of_bayes_rule():
    stack = stacked(toy_bank(RIVALS, 2_000, 1, spread=0.4))
    classifier = taught(stack, np.ones(len(stack.spread), bool), 1, surveys=9_000)
    readings, theory = surveys_of(stack, 1_200, np.random.default_rng(5))
    truth = places(stack.theories, theory)
    best = performance(exact_probabilities(stack, RIVALS, readings), truth)
    found = performance(classifier.probabilities(readings), truth)
    assert 0.7 < best.accuracy < 0.9  # neither easy nor hopeless
    assert found.accuracy > best.accuracy - 0.02
    assert found.log_loss < best.log_loss + 0.03
    assert classifier.tested.calibration_error <= 0.05
    assert found.calibration_error <= 0.05
    assert classifier.tested.confusion.sum(axis=1) == pytest.approx(1.0)


def test_one_theory_is_nothing_to_tell_apart():
    stack = stacked(toy_bank({"A": "rising"}, 300, 1))
    with pytest.raises(banks.BankError, match="one theory"):
        taught(stack, np.ones(len(stack.spread), bool), 1)


def test_a_bank_of_one_seed_is_refused(figures):
    bank = toy_bank(RIVALS, 400, 1)
    same = {
        name: banks.CaseBank(c.case, c.parameters, c.theta, c.slots, c.shown, c.spread, np.zeros_like(c.seeds))
        for name, c in bank.cases.items()
    }
    with pytest.raises(banks.BankError, match="different seeds"):
        judge_of(banks.Bank(bank.priors, same, bank.theory, {}), figures, 1)


# ---- adequacy ----


def test_figures_of_a_theory_are_usual_and_those_of_none_are_not(stack):
    rng = np.random.default_rng(7)
    every = np.ones(len(stack.spread), bool)
    usual = {name: usual_of(stack.of_theory(name), every, 2) for name in stack.theories}
    own = [usual[str(stack.theory[d])].adequacy(surveyed(stack, [d], rng)[0]).adequate for d in range(0, 3_600, 36)]
    assert np.mean(own) >= 0.88
    other = stacked(toy_bank({"Z": "outside"}, 100, 3))
    noise = stack.shown.mean(axis=0) + rng.standard_normal((50, len(stack.spread)))
    for readings in (surveyed(other, np.arange(50), rng), noise):
        flagged = [not any(usual[name].adequacy(each).adequate for name in usual) for each in readings]
        assert np.mean(flagged) >= 0.9


# ---- scores ----


def test_crps_and_log_score_are_those_of_a_normal():
    made = Predictive(np.array([0]), np.ones(1), np.zeros((1, 1)), np.full((1, 1, 1), 4.0))
    assert made.crps(np.array([0.0]))[0] == pytest.approx(2.0 * (np.sqrt(2) - 1) / np.sqrt(np.pi))
    assert made.log_score(np.array([2.0])) == pytest.approx(-0.5 - np.log(2 * np.sqrt(2 * np.pi)))
    assert made.quantile(0.95)[0] == pytest.approx(2 * 1.6449, abs=1e-3)


def test_the_crps_of_a_mixture_is_that_of_its_draws():
    weights, means, sds = np.array([0.3, 0.7]), np.array([[-1.0], [2.0]]), np.array([0.5, 1.5])
    made = Predictive(np.array([0]), weights, means, (sds**2)[:, None, None])
    rng = np.random.default_rng(1)
    part = (rng.random(40_000) < 0.7).astype(int)
    draws = means[part, 0] + sds[part] * rng.standard_normal(40_000)
    expected = np.abs(draws - 1.2).mean() - 0.5 * np.abs(draws - rng.permutation(draws)).mean()
    assert made.crps(np.array([1.2]))[0] == pytest.approx(expected, abs=0.02)
    assert made.position(made.quantile(0.3))[0] == pytest.approx(0.3, abs=1e-4)


def test_the_theory_that_made_the_figures_predicts_left_out_cases_best(stack, figures):
    scores = scored(
        stack,
        figures,
        [*case_folds(stack, figures), *late_folds(stack, figures, late_columns(stack, figures))],
        stack.theories,
    )
    table = fold_scores(scores, CASE_OUT)
    assert table[list(stack.theories)].sum().idxmax() == "A"
    assert lead_of(table, "A", "B").clear
    assert stacking(table)["A"] > 0.8
    assert set(summary_of(scores)["task"]) == {CASE_OUT, LATE}
    assert set(table.columns) == {"A", "B", "C", *BASELINES} - {NO_CHANGE}  # a case that is left out has no last wave
    late = scores[scores["task"] == LATE]
    assert set(late["wave"]) == {"2022", "2023"}
    assert late.groupby(["case", "forecaster"]).size().tolist() == [4] * 6 * len(CASES)


def test_what_is_held_out_is_not_seen(stack, figures):
    fold = case_folds(stack, figures)[0]
    changed = figures.values.copy()
    changed[fold.columns] += 5.0
    for forecast in (forecast_by("A"), *BASELINES.values()):
        made = [forecast(stack, known(stack, values).holding_out(fold.columns)) for values in (figures.values, changed)]
        assert made[0].means == pytest.approx(made[1].means, abs=1e-9)


def test_baselines_say_what_their_names_say(stack):
    columns = (stack.cases == "SE-A") & np.isin(stack.waves, ["2022", "2023"])
    values = np.round(np.tile(np.repeat([1.0, -1.0], 6), 6) + np.tile(0.1 * np.arange(6), 12), 3)
    asked = known(stack, values).holding_out(columns)
    still = BASELINES[NO_CHANGE](stack, asked)
    assert still.mean == pytest.approx([1.3, 1.3, -0.7, -0.7])
    assert (np.diff(still.spreads[0][:2]) > 0).all()
    assert BASELINES[TWO_WAY](stack, asked).mean == pytest.approx([1.4, 1.5, -0.6, -0.5], abs=0.08)


# ---- the verdict ----


@pytest.fixture(scope="module")
def judge(stack, figures):
    return judge_of(toy_bank(RIVALS, 1200, 1), figures, 1, classifiers=2, surveys=6_000)


def test_clear_figures_declare_their_theory_and_say_so(judge, figures):
    found = compared(judge, figures, late=None)
    assert (found.verdict.status, found.verdict.theory) == (DECLARED, "A")
    page = told(found, judge.tested)
    assert "'A' is declared" in page
    assert "Error rate" in page  # no probability without it
    assert "late waves held out" in page


def test_figures_of_no_theory_elect_nobody(judge, stack):
    other = stacked(toy_bank({"Z": "outside"}, 20, 3))
    found = compared(judge, known(stack, surveyed(other, [4], np.random.default_rng(2))[0]))
    assert found.verdict.status == NONE_ADEQUATE
    assert "No theory is adequate" in told(found, judge.tested)


def test_clones_come_out_undecided():
    bank = toy_bank(CLONES, 600, 1)
    stack = stacked(bank)
    figures = known(stack, surveyed(stack, [3], np.random.default_rng(5))[0])
    judge = judge_of(bank, figures, 1, classifiers=2, surveys=3_000)
    found = compared(judge, figures)
    chances = found.probabilities.set_index("theory")["probability"]
    assert found.verdict.status == UNDECIDED
    assert chances["A"] == pytest.approx(0.5, abs=0.2)
    assert {"A", "A2"} <= set(found.verdict.candidates)
    page = told(found, judge.tested)
    assert "undecided" in page
    assert "would decide" in page


def test_checks_see_a_theory_that_cannot_give_the_figures_back(stack, figures):
    assert checked(stack.of_theory("A"), figures, 1).passes
    zigzag = known(stack, figures.values + np.tile([1.0, -1.0], 36))
    assert not checked(stack.of_theory("A"), zigzag, 1).passes


def test_a_models_error_beyond_the_signal_is_named(stack):
    rng = np.random.default_rng(4)
    values = matrices("rising")[0] + 0.1 * rng.standard_normal(len(stack.spread))
    values[stack.measures == "effort"] += np.repeat(0.3 * rng.standard_normal(6), 6)
    errors = model_errors(stack.of_theory("A"), known(stack, values))
    assert errors["effort"][0] > 2 * errors["trust"][0]
    assert "model error exceeds signal" in model_error_told({"trust": (0.3, 0.4, 0.1)})
    assert "exceeds" not in model_error_told({"trust": (0.1, 0.4, 0.3)}).replace("What the model gets wrong", "")


def test_a_theory_that_predicts_no_better_than_no_theory_says_so(stack, figures):
    scores = scored(stack, figures, case_folds(stack, figures), stack.theories)
    assert "A) beats every prediction without a mechanism" in skill_told(scores)
    assert "± standard error" in skill_told(scores)
    assert "inf" not in skill_told(scores[scores["case"] == "SE-A"])  # of one case there is no error
    without = scores["is_theory"]
    level = scores.assign(crps=0.2)
    assert "does **not** clearly beat" in skill_told(level)
    ahead = scores.assign(crps=np.where(without, 0.3, 0.2))
    assert "predicts **worse** than" in skill_told(ahead)


def test_settings_that_fit_alike_lie_apart(stack, figures):
    table = settings_alike(stack.of_theory("A"), figures, 1)
    assert len(table) == 5
    assert (table["apart"] > 0).all()
    assert (table["ahead"] >= 0).all()
    assert not table.filter(like="trust.").duplicated().any()


def test_slots_are_matched_by_measure_and_wave():
    bank = toy_bank(RIVALS, 200, 1)
    stack = stacked(bank)
    observed = banks.synthetic(bank, 0, np.random.default_rng(1))
    partial = {name: one for name, one in observed.items() if name != "SE-B"}
    found = figures_of(stack, partial)
    assert np.isnan(found.values[stack.cases == "SE-B"]).all()
    assert found.fitted.sum() == 60
    assert found.values[:12] == pytest.approx(observed["SE-A"].values)


# ---- many data sets ----


@pytest.mark.slow
def test_out_of_100_data_sets_of_clones_few_are_decided_and_their_chances_are_even():
    bank = toy_bank(CLONES, 700, 1)
    stack = stacked(bank)
    judge = judge_of(bank, known(stack, np.zeros(len(stack.spread))), 1, classifiers=3, surveys=9_000)
    rng, chances, decided = np.random.default_rng(8), [], []
    for draw in rng.choice(np.flatnonzero(stack.theory != "C"), 100, replace=False):
        found = compared(judge, known(stack, surveyed(stack, [draw], rng)[0]))
        chances.append(found.probabilities["probability"].to_numpy()[:2])
        decided.append(found.verdict.status == DECLARED)
    mean = np.mean(chances, axis=0)
    assert mean / mean.sum() == pytest.approx(0.5, abs=0.1)
    assert np.mean(decided) <= 0.05


@pytest.mark.slow
def test_out_of_100_data_sets_of_outsiders_nine_tenths_are_flagged_and_none_is_declared(judge, stack):
    rng, flagged, declared = np.random.default_rng(8), [], []
    outside = stacked(toy_bank({"Z": "outside"}, 50, 3))
    noise = stack.shown.mean(axis=0) + rng.standard_normal((50, len(stack.spread)))
    for readings in (*surveyed(outside, np.arange(50), rng), *noise):
        found = compared(judge, known(stack, readings))
        flagged.append(found.verdict.status == NONE_ADEQUATE)
        declared.append(found.verdict.status == DECLARED)
    assert np.mean(flagged) >= 0.9
    assert not any(declared)


@pytest.mark.slow
def test_leaving_cases_out_finds_the_theory_and_intervals_cover(stack):
    rng, right, wrong, inside = np.random.default_rng(8), [], [], []
    for draw in range(0, 3_600, 100):
        truth = str(stack.theory[draw])
        figures = known(stack, surveyed(stack, [draw], rng)[0])
        scores = scored(stack, figures, case_folds(stack, figures), stack.theories)
        table = fold_scores(scores[scores["is_theory"]], CASE_OUT)
        best = str(table.sum().idxmax())
        right.append(best == truth)
        wrong.append(best != truth and lead_of(table, best, truth).clear)
        inside.append(scores.loc[scores["forecaster"] == truth, "position"].between(0.05, 0.95).mean())
    assert np.mean(right) >= 0.88
    assert not any(wrong)
    assert 0.80 <= np.mean(inside) <= 0.97


def test_the_toy_is_what_it_claims(stack):
    """The closed forms of the tests are those of the draws."""
    assert set(MEASURES) == set(stack.measures)
    assert len(SHAPES) == 4
    for name, shape in RIVALS.items():
        own = stack.of_theory(name)
        assert own.shown.mean(axis=0) == pytest.approx(matrices(shape)[0], abs=0.06)
        assert np.cov(own.shown.T) == pytest.approx(covariance(shape), abs=0.06)
    assert exact_probabilities(stack, RIVALS, stack.shown[:3]).sum(axis=1) == pytest.approx(1.0)
