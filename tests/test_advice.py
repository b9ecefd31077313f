"""Advice on a problem with a known answer: what a survey would tell, and which set of surveys tells most."""

import itertools

import numpy as np
import pytest
from scipy.special import logsumexp

from coprod_abm.calibration.advice import Survey, asked, candidates, nested, parameter_gain, worth_of
from coprod_abm.calibration.advice_report import advice_told, choice_told, decides_told, more_told, surveys_told
from coprod_abm.calibration.bank import BankError
from coprod_abm.calibration.beliefs import beliefs_of, halved
from coprod_abm.calibration.best_surveys import best_set, pairs_of, table_of
from coprod_abm.calibration.cloud import log_density
from coprod_abm.calibration.comparison_report import identified_told
from coprod_abm.calibration.linear_toy import CASES, WAVES, covariance, matrices, toy_bank
from coprod_abm.calibration.stacked import Figures, stacked, surveyed
from coprod_abm.calibration.survey_choice import case_for

RIVALS = {"A": "rising", "B": "dipping", "C": "late"}
EVEN = dict.fromkeys(RIVALS, 1 / 3)


@pytest.fixture(scope="module")
def stack():
    return stacked(toy_bank(RIVALS, 3000, 1))


def nothing(stack):
    return Figures(np.full(len(stack.spread), np.nan), stack.spread, np.zeros(len(stack.spread), bool))


@pytest.fixture(scope="module")
def before(stack):
    """Beliefs before any figure."""
    return beliefs_of(stack, nothing(stack), EVEN, 1, 3000)


def survey(wave, respondents=400, cases=CASES, measure="trust"):
    return Survey(measure, str(wave), tuple(cases), respondents)


def moments(stack, wanted):
    """Exact mean and covariance of the surveys under each theory, and how they vary with the shared parameters."""
    place = np.ix_(wanted.columns, wanted.columns)
    around = stack.common()[place] + np.diag(wanted.variances)
    for theory in stack.theories:
        mean, shared, _ = matrices(RIVALS[theory])
        yield mean[wanted.columns], covariance(RIVALS[theory])[place] + around, shared[wanted.columns]


def exact_theory(stack, wanted, number=40_000):
    """Expected information about theories, the integral by many draws of the exact densities."""
    rng, total = np.random.default_rng(0), 0.0
    known = list(moments(stack, wanted))
    for place, (mean, spread, _) in enumerate(known):
        readings = mean + rng.standard_normal((number, len(mean))) @ np.linalg.cholesky(spread).T
        logs = np.array([log_density(readings - m, c) for m, c, _ in known])
        total += (logs[place] - logsumexp(logs, axis=0) + np.log(3)).mean() / 3
    return total


def exact_parameters(stack, wanted):
    """Information about normal parameters in a linear model: −½ ln(1 − R²)."""
    gains = [-0.5 * np.log(1 - (s * np.linalg.solve(c, s)).sum(axis=0)) for _, c, s in moments(stack, wanted)]
    return float(np.mean(gains))


SETS = (
    [survey(2020)],
    [survey(2018), survey(2020)],
    [survey(2018, cases=CASES[:1]), survey(2020, cases=CASES[:1])],
    [survey(wave, 1000) for wave in WAVES],
)


@pytest.mark.parametrize("surveys", SETS, ids=["one", "two waves", "one case", "six waves"])
def test_the_worth_of_surveys_is_the_known_one(stack, before, surveys):
    wanted = asked(before, surveys)
    found = worth_of(before, surveys)
    assert found.theory == pytest.approx(exact_theory(stack, wanted), abs=4 * found.theory_error)
    assert found.parameters == pytest.approx(
        exact_parameters(stack, wanted), abs=max(4 * found.parameters_error, 0.005)
    )
    assert found.theory_error < 0.01


def test_nested_monte_carlo_agrees(stack, before):
    surveys = SETS[2]
    value, error = nested(before, surveys, most=300)
    assert value == pytest.approx(exact_theory(stack, asked(before, surveys)), abs=4 * error)


def test_a_level_says_little_and_a_change_says_much(before):
    level, change = worth_of(before, [survey(2018)]), worth_of(before, [survey(2018), survey(2021)])
    assert change.theory > 5 * max(level.theory, 0.01)


def test_more_respondents_tell_more_and_none_would_tell_nothing(before):
    pair = [[survey(2018, n), survey(2020, n)] for n in (20, 200, 2_000)]
    gains = [worth_of(before, surveys).theory for surveys in pair]
    assert gains == sorted(gains)
    assert worth_of(before, [survey(2018, 2, CASES[:1])], scatter=50.0).theory == pytest.approx(0.0, abs=0.01)


def test_the_best_set_is_that_of_trying_all(stack, before):
    surveys = [one for one in candidates(stack, [300]) if one.wave in {"2018", "2020", "2022"}]
    budget = 2 * surveys[0].cost
    best = best_set(before, surveys, budget)
    every = {pair: worth_of(before, list(pair)).theory for pair in itertools.combinations(surveys, 2)}
    assert sum(each.survey.cost for each in best) <= budget
    assert best[-1].worth.theory >= max(every.values()) - 2 * best[-1].worth.theory_error
    assert "right theory leads" in advice_told(best, np.log(3))


def test_the_greedy_set_beats_naive_choices_on_draws_that_took_no_part_in_the_choice(stack, before):
    choosing, judging = halved(before)
    surveys = [one for one in candidates(stack, [300]) if int(one.wave) % 2 == 0]
    budget = 3 * surveys[0].cost
    table = table_of(choosing, surveys)
    best = best_set(choosing, surveys, budget, number=3)
    case = case_for(judging, best, table, surveys, budget)
    worth, (alone, naive) = case.best[-1].worth, case.naive
    assert len(best) == len(alone) == 3
    assert sum(one.cost for one in alone) <= budget
    error = np.hypot(worth.theory_error, naive.theory_error)
    assert worth.theory > naive.theory + 2 * error  # levels look best one by one; a change tells more
    assert worth.theory > case.lots[0] + 2 * np.hypot(worth.theory_error, case.lots[1])
    wanted = asked(judging, [each.survey for each in best])
    assert worth.theory == pytest.approx(exact_theory(stack, wanted), abs=4 * worth.theory_error)


def test_the_case_for_a_set_says_what_more_respondents_and_everything_would_tell(stack, before):
    surveys = [one for one in candidates(stack, [100]) if one.measure == "trust"]
    best = best_set(before, surveys, 4_000, number=2)
    case = case_for(before, best, table_of(before, surveys), surveys, 4_000)
    gains = [worth.theory for worth in case.more.values()]
    assert gains == sorted(gains)
    assert case.more[1.0].theory == pytest.approx(case.best[-1].worth.theory)
    assert case.everything[0] == 6
    assert case.everything[1].sure > case.best[-1].worth.sure
    told = "\n".join([surveys_told(case, EVEN, set()), decides_told(case), choice_told(case), more_told(case)])
    assert "The 2 surveys to hold" in told
    assert "100 respondents in each of SE-A, SE-B" in told
    assert "4 times" in told
    assert case.decides == ("Nothing on this list would decide" not in told)


def test_a_list_that_cannot_decide_is_said_not_to(stack, before):
    surveys = [survey(wave, 4, CASES[:1]) for wave in (2018, 2019)]
    case = case_for(before, [], table_of(before, surveys), surveys, 10)
    assert not case.decides
    assert "Nothing on this list would decide" in decides_told(case)
    assert "No survey within the budget" in surveys_told(case, EVEN, set())
    assert choice_told(case) == more_told(case) == ""


def test_the_chance_to_be_sure_is_that_of_the_exact_densities(stack, before):
    wanted = asked(before, SETS[3])
    known, rng, sure = list(moments(stack, wanted)), np.random.default_rng(0), []
    for place, (mean, spread, _) in enumerate(known):
        readings = mean + rng.standard_normal((4_000, len(mean))) @ np.linalg.cholesky(spread).T
        logs = np.array([log_density(readings - m, c) for m, c, _ in known])
        sure.append((logs[place] - logsumexp(logs, axis=0) >= np.log(0.9)).mean())
    assert worth_of(before, SETS[3]).sure == pytest.approx(np.mean(sure), abs=0.03)


def test_what_is_known_already_is_taken_into_account(stack):
    rng = np.random.default_rng(3)
    readings = surveyed(stack, [3], rng)[0]
    early = np.where(np.isin(stack.waves, ["2018", "2019", "2020"]), readings, np.nan)
    figures = Figures(early, stack.spread, np.zeros(72, bool))
    after = beliefs_of(stack, figures, {"A": 0.5, "B": 0.2, "C": 0.3}, 1, 1500)
    table = table_of(after, candidates(stack, [1000])).set_index(["measure", "wave"])["theory"]
    assert table["trust", "2021"] > 5 * max(table["trust", "2019"], 0.01)  # once more the same tells nothing new
    assert table["trust", "2021"] > 0.1  # one wave is a change now


def test_beliefs_after_figures_are_the_exact_ones(stack):
    readings = surveyed(stack, [3], np.random.default_rng(3))[0]
    figures = Figures(readings, stack.spread, np.zeros(72, bool))
    belief = beliefs_of(stack, figures, {"A": 1.0}, 1, 2000).of["A"]
    mean, spread = matrices("rising")[0], covariance("rising")
    common = stack.common()
    gain = (spread + common) @ np.linalg.inv(spread + common + np.diag(stack.spread**2))
    exact = mean + gain @ (readings - mean)
    sd = np.sqrt(np.diag(spread + common - gain @ (spread + common)))
    assert np.abs((belief.shaken.mean(axis=0) - exact) / sd).mean() < 0.4
    assert belief.shaken.std(axis=0) == pytest.approx(sd, rel=0.25)
    assert belief.parameters.std(axis=0).mean() < 0.7  # of a prior SD of 1


def test_what_a_survey_adds_to_known_figures_is_the_exact_reduction(stack):
    readings = surveyed(stack, [3], np.random.default_rng(3))[0]
    early = np.isin(stack.waves, ["2018", "2019", "2020"])
    figures = Figures(np.where(early, readings, np.nan), stack.spread, np.zeros(72, bool))
    beliefs = beliefs_of(stack, figures, {"A": 1.0}, 1, 3000)
    wanted = asked(beliefs, [survey(2023, 1000), survey(2023, 1000, measure="effort")])
    shared, columns = matrices("rising")[1], np.concatenate([np.flatnonzero(early), wanted.columns])
    around = np.diag(np.concatenate([stack.spread[early] ** 2, wanted.variances]))
    spread = (covariance("rising") + stack.common())[np.ix_(columns, columns)] + around
    before, after = (
        1 - np.array([s @ np.linalg.solve(spread[:n, :n], s) for s in shared[columns[:n]].T])
        for n in (early.sum(), None)
    )
    gain, error = parameter_gain(beliefs.of["A"], wanted)
    assert gain == pytest.approx(np.mean(0.5 * np.log(before / after)), abs=4 * error)


def test_a_wave_that_the_bank_does_not_hold_is_refused(before):
    with pytest.raises(BankError, match="does not hold trust in 2031"):
        asked(before, [survey(2031)])


def test_candidates_hold_every_measure_wave_and_number(stack):
    assert len(candidates(stack, [100, 400])) == 24
    assert len(candidates(stack, [100], each_case=True)) == 12 * 7
    assert len(pairs_of(candidates(stack, [100]))) == 2 * 15


def test_parameters_that_figures_do_not_inform_are_named():
    assert "not identified" in identified_told({"a": 0.02, "b": 0.6})
    assert "a" in identified_told({"a": 0.02, "b": 0.6}).split(":")[1]
    assert "not identified" not in identified_told({"b": 0.6})
