"""All cases together: a second wave puts emulators right, and joint intervals are tried on known truths."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from coprod_abm.calibration import joint_trial
from coprod_abm.calibration.coordinates import priors_of, ranks_of, ranks_of_scores, theta_of
from coprod_abm.calibration.emulator import train
from coprod_abm.calibration.joint_trial import joint_coverage, judged, names_of, trial_rows, true_scores
from coprod_abm.calibration.joint_truths import joint_theta
from coprod_abm.calibration.likelihood import NO_ERRORS, Likelihood
from coprod_abm.calibration.places import places_of
from coprod_abm.calibration.quick_chain import root_of, walked
from coprod_abm.calibration.second_wave import put_right
from coprod_abm.calibration.together import NOT_TRIED, joint_words, widened
from coprod_abm.calibration.toy import PRIORS, bank_at, toy_bank
from coprod_abm.calibration.toy_trials import OWN, any_data

CASE = "SE-A"


@pytest.fixture(scope="module")
def bank():
    return toy_bank(600, 1, cases=[CASE])


@pytest.fixture(scope="module")
def emulator(bank):
    return train(bank.cases[CASE], bank.priors, 1)


# ---- second wave ----


def near(theta, count, seed):
    """Runs of points near some parameters."""
    rng = np.random.default_rng(seed)
    size = 0.03 * np.array([one.high - one.low for one in PRIORS])
    there = theta + size * rng.standard_normal((count, len(PRIORS)))
    return bank_at({CASE: there}, seed).cases[CASE]


def test_a_second_wave_takes_the_error_of_an_emulator_away_where_it_lies(emulator):
    middle = np.array([(one.low + one.high) / 2.0 for one in PRIORS])
    off = dataclasses.replace(
        emulator, surface=emulator.surface + 0.3 * (np.arange(len(emulator.surface)) == 0)[:, None]
    )
    first, second = near(middle, 200, 5), near(middle, 200, 6)
    right = put_right(off, first.theta, first.shown)
    ranks = ranks_of(PRIORS, second.theta)
    before, after = (one.z_of(ranks, second.shown) for one in (off, right))
    assert np.abs(before.mean(axis=0)).max() > 1.0
    assert np.abs(after.mean(axis=0)).max() < 0.35
    assert ((after.std(axis=0) > 0.8) & (after.std(axis=0) < 1.25)).all()


def test_too_few_runs_put_nothing_right(emulator):
    few = near(np.array([(one.low + one.high) / 2.0 for one in PRIORS]), 20, 5)
    assert put_right(emulator, few.theta, few.shown) is emulator


def test_an_emulator_of_a_slot_that_never_moves_is_whole(bank):
    one = bank.cases[CASE]
    still = one.shown.copy()
    still[:, 3] = -2.0
    found = train(dataclasses.replace(one, shown=still), bank.priors, 1)
    mean, sd, _ = found.predict(ranks_of(PRIORS, one.theta[:5]))
    assert np.allclose(mean[:, 3], -2.0)
    assert np.isfinite(sd).all()
    assert np.isfinite(found.correlation).all()
    assert np.isfinite(found.z).all()
    np.linalg.cholesky(found.correlation)


# ---- quick chain ----


def test_a_quick_chain_finds_a_known_posterior():
    covariance = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 0.04]])
    inverse, middle = np.linalg.inv(covariance), np.array([1.0, -2.0, 0.5])

    def density(at):
        return float(-0.5 * (at - middle) @ inverse @ (at - middle)), -inverse @ (at - middle)

    root = root_of(density, middle)
    found = walked(density, middle, root, np.random.default_rng(1), 60, 3_000)
    assert np.allclose(found.mean(axis=0), middle, atol=0.1)
    assert np.allclose(np.cov(found.T), covariance, atol=0.12)


# ---- trials ----


def test_points_of_all_cases_share_what_is_shared_and_differ_in_what_is_their_own():
    names = tuple(one.name for one in PRIORS)
    parameters = {"SE-A": names, "SE-B": names, "EN-A": names}
    countries = {"SE-A": "SE", "SE-B": "SE", "EN-A": "EN"}
    priors = tuple(dataclasses.replace(one, level="country") if one.name == "toy.decay" else one for one in PRIORS)
    found = joint_theta(priors, parameters, countries, ["toy.load"], 400, 1)
    first, second, third = found.values()
    gain, decay, load = (names.index(f"toy.{name}") for name in ("gain", "decay", "load"))
    assert np.array_equal(first[:, gain], third[:, gain])
    assert np.array_equal(first[:, decay], second[:, decay])
    assert not np.any(first[:, decay] == third[:, decay])
    assert 0.6 < np.corrcoef(first[:, load], second[:, load])[0, 1] < 0.98


def rows(reach, sets=100, level="shared"):
    """Rows of an engine whose intervals are so many times too narrow."""
    rng = np.random.default_rng(3)
    from scipy.stats import norm

    place = norm.cdf(reach * rng.standard_normal(sets))
    told = {"set": np.arange(sets), "parameter": "a", "owner": "", "level": level, "truth": 0.5, "mean": 0.5, "sd": 0.1}
    return pd.DataFrame(told | {"crps": 0.1, "place": place})


def test_narrow_joint_intervals_are_found_and_widened_by_what_the_other_half_demands():
    found = joint_coverage(rows(1.6, 400)).set_index("parameter").loc["all"]
    assert found["coverage_90"] < 0.75
    assert 1.4 < found["widen_by"] < 1.8
    assert 0.85 <= found["coverage_widened"] <= 0.95
    assert found["low"] < found["coverage_90"] < found["high"]


def test_what_is_said_of_joint_intervals_follows_from_the_trial():
    assert joint_words(pd.DataFrame(columns=["parameter", "level"])) == NOT_TRIED
    good = joint_words(joint_coverage(rows(1.0)))
    assert good.startswith("Joint intervals of 90 % held the truth in")
    assert "too seldom" not in good
    narrow = joint_words(joint_coverage(rows(1.6)))
    assert "held it too seldom" in narrow
    assert "times as wide or more" in narrow


@pytest.mark.parametrize(("reach", "wider"), [(1.0, False), (1.6, True)])
def test_intervals_of_all_cases_widen_by_the_trial_of_their_level(reach, wider):
    learned = pd.DataFrame({"parameter": ["toy.gain"], "level": ["shared"], "q05": [0.1], "q50": [0.15], "q95": [0.2]})
    tried = joint_coverage(rows(reach).assign(parameter="toy.gain"))
    covered = pd.DataFrame({"parameter": ["toy.gain"], "sets": [200], "coverage_90": [0.5], "widen_by": [3.0]})
    found = widened(learned, covered, PRIORS, tried)
    assert bool(found["widen_by"][0] > 1.2) is wider
    assert found["widen_by"][0] < 2.0


def test_a_trial_goes_on_where_it_was_stopped_and_begins_again_for_other_inputs(bank, tmp_path, monkeypatch):
    done = []

    def remembered(*given):
        done.append(given[6])
        return rows(1.0, 1).assign(set=given[6])

    monkeypatch.setattr(joint_trial, "rows_of", remembered)

    def tried(sets, key):
        return trial_rows(bank, {}, bank, lambda _: {}, (), NO_ERRORS, tmp_path / "rows.csv", sets, key=key)

    tried(range(2), "x")
    assert len(tried(range(4), "x")) == 4
    assert done == [0, 1, 2, 3]
    assert len(tried(range(2), "y")) == 2
    assert done == [0, 1, 2, 3, 0, 1]


def test_a_row_says_where_the_truth_lies_among_the_draws(bank, emulator):
    likelihoods = {CASE: Likelihood(emulator, any_data(bank.cases[CASE]), NO_ERRORS)}
    places = places_of(bank, likelihoods, OWN)
    truth = np.zeros(places.scores)  # the middle of every prior
    every = np.tile([[1.0], [-1.0], [-1.0], [-1.0]], (2, places.scores))
    rows = judged(places, every, truth)
    assert list(zip(rows["parameter"], rows["owner"], rows["level"], strict=True)) == names_of(places)
    assert rows["truth"].to_numpy() == pytest.approx(0.5)
    assert rows["place"].tolist() == [0.75] * places.scores
    assert (rows["mean"] < rows["truth"]).all()


def test_the_truth_of_a_data_set_is_the_draw_from_which_it_was_made(bank, emulator):
    likelihoods = {CASE: Likelihood(emulator, any_data(bank.cases[CASE]), NO_ERRORS)}
    places = places_of(bank, likelihoods, OWN)
    one = bank.cases[CASE]
    ranks = ranks_of_scores(true_scores(places, bank, 5))
    known = priors_of(bank.priors, one.parameters)
    assert theta_of(known, ranks[places.scores_at(CASE, one.parameters)]) == pytest.approx(one.theta[5])
