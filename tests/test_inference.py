"""Engines of inference on the toy, whose truth is known: emulator, likelihood, posteriors, and what they refuse."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from coprod_abm.calibration.bank import BankError, CaseBank, Estimated, Observed, Slot, synthetic
from coprod_abm.calibration.coordinates import priors_of, ranks_of, ranks_of_scores, scores_of, theta_of
from coprod_abm.calibration.emulator import train, unseen
from coprod_abm.calibration.emulator_store import trained
from coprod_abm.calibration.likelihood import NO_ERRORS, Errors, Likelihood
from coprod_abm.calibration.posterior import emulated, posterior_of
from coprod_abm.calibration.predictive import predicted
from coprod_abm.calibration.tempering import temper
from coprod_abm.calibration.toy import PRIORS, USUAL, toy_bank

CASE = "SE-A"


@pytest.fixture(scope="module")
def bank():
    return toy_bank(3_000, 1, cases=[CASE])


@pytest.fixture(scope="module")
def emulator(bank):
    return train(bank.cases[CASE], bank.priors, 1)


@pytest.fixture(scope="module")
def truths():
    return toy_bank(12, 2, cases=[CASE])


def data(truths, number, seed=0):
    return synthetic(truths, number, np.random.default_rng(seed))[CASE]


# ---- the toy ----


def test_a_run_of_the_toy_is_the_same_alone_and_in_a_batch(bank):
    one = bank.cases[CASE]
    alone = USUAL.shown(one.theta[7:8], CASE, bank.theory[7:8], one.seeds[7:8])
    assert np.array_equal(alone[0], one.shown[7])


def test_a_bank_of_the_toy_has_fresh_seeds_and_shared_parameters():
    bank = toy_bank(50, 3, cases=["SE-A", "EN-A"])
    first, second = bank.cases["SE-A"], bank.cases["EN-A"]
    own = [one.level == "case" for one in bank.priors]
    assert np.array_equal(first.theta[:, ~np.array(own)], second.theta[:, ~np.array(own)])
    assert not np.any(first.theta[:, own] == second.theta[:, own])
    assert len(np.unique([first.seeds, second.seeds])) == 100


# ---- coordinates ----


def test_ranks_and_values_are_each_others_inverse():
    priors = (Estimated("a", "shared", 1.0, 3.0), Estimated("b", "case", 0.3, 0.9, "normal", 0.6, 0.1))
    ranks = np.random.default_rng(1).random((50, 2))
    theta = theta_of(priors, ranks)
    assert np.allclose(ranks_of(priors, theta), ranks)
    assert ((theta >= [1.0, 0.3]) & (theta <= [3.0, 0.9])).all()
    assert np.isclose(theta_of(priors, np.array([[0.5, 0.5]]))[0, 1], 0.6, atol=1e-3)
    with pytest.raises(BankError, match="Choose uniform or normal"):
        theta_of((dataclasses.replace(priors[0], distribution="beta"),), ranks[:, :1])


# ---- emulator ----


def test_the_emulator_knows_its_error(bank, emulator):
    assert (np.abs(emulator.z_sd - 1.0) < 0.2).all()
    assert (emulator.z_within > 0.9).all()
    assert len(emulator.z) == len(unseen(bank.cases[CASE], 1))


def test_an_emulator_explains_most_of_what_differs_between_draws(emulator, truths):
    one = truths.cases[CASE]
    mean = emulator.predict(ranks_of(truths.priors, one.theta))[0]
    assert ((one.shown - mean) ** 2).mean() < 0.1 * ((one.shown - emulator.centre) ** 2).mean()


def test_a_kept_emulator_is_read_again_only_for_the_same_draws(bank, emulator, tmp_path):
    kept = trained(bank, CASE, 1, tmp_path)
    file = tmp_path / f"{CASE}.npz"
    written = file.stat().st_mtime_ns
    again = trained(bank, CASE, 1, tmp_path)
    ranks = np.full((1, len(PRIORS)), 0.3)
    assert np.array_equal(kept.predict(ranks), again.predict(ranks))
    assert np.array_equal(kept.predict(ranks), emulator.predict(ranks))
    assert file.stat().st_mtime_ns == written
    trained(bank.taken(np.arange(2_500)), CASE, 1, tmp_path)
    assert file.stat().st_mtime_ns != written
    file.write_bytes(b"half a file")
    with pytest.raises(BankError, match="damaged"):
        trained(bank, CASE, 1, tmp_path)


def test_a_reading_that_a_theory_holds_constant_has_no_error_and_harms_no_other(bank):
    one = bank.taken(np.arange(600)).cases[CASE]
    held = one.shown.copy()
    held[:, 3] = 0.25
    found = train(dataclasses.replace(one, shown=held), bank.priors, 1, members=2)
    assert np.array_equal(found.correlation[3], np.eye(held.shape[1])[3])
    mean, sd, _ = found.predict(np.full((1, len(one.parameters)), 0.5))
    assert mean[0, 3] == pytest.approx(0.25, abs=1e-6)
    assert sd[0, 3] < 1e-6
    assert all(np.isfinite(each).all() for each in (mean, sd, found.correlation, found.log_variance, found.z))
    assert np.abs(found.z_sd[4:] - 1.0).max() < 0.5


def test_few_or_dark_draws_are_refused(bank):
    with pytest.raises(BankError, match="needs 500"):
        train(bank.taken(np.arange(100)).cases[CASE], bank.priors)
    one = bank.cases[CASE]
    dark = one.shown.copy()
    dark[:1_500, 3] = np.nan
    with pytest.raises(BankError, match=r"efficacy.sd at wave 6"):
        train(dataclasses.replace(one, shown=dark), bank.priors)


# ---- likelihood ----


def test_the_likelihood_is_the_normal_density_with_all_errors_in_it(emulator, truths):
    observed = data(truths, 0)
    likelihood = Likelihood(emulator, observed, Errors(0.7, 0.5))
    scores = np.random.default_rng(1).standard_normal((3, likelihood.dimensions))
    mean, run, shared = likelihood.covariance(scores)
    block = likelihood.block
    for at, found in enumerate(likelihood(scores)):
        whole = run[at] + np.where(block[:, None] == block, shared[at, block], 0.0)
        assert np.isclose(found, multivariate_normal(mean[at], whole).logpdf(observed.values), rtol=1e-6)


def test_a_missing_or_held_out_slot_does_not_matter(emulator, truths):
    full = data(truths, 0)
    gone, out = full.values.copy(), full.held_out.copy()
    gone[4], out[9] = np.nan, True
    one = Likelihood(emulator, dataclasses.replace(full, values=gone, held_out=out), NO_ERRORS)
    other = full.values.copy()
    other[4], other[9] = 99.0, -99.0
    hidden = full.held_out.copy()
    hidden[[4, 9]] = True
    two = Likelihood(emulator, dataclasses.replace(full, values=other, held_out=hidden), NO_ERRORS)
    scores = np.zeros((1, one.dimensions))
    assert one(scores) == two(scores)


def test_targets_of_other_slots_and_cases_without_data_are_refused(emulator, truths):
    full = data(truths, 0)
    with pytest.raises(BankError, match="other slots"):
        Likelihood(emulator, dataclasses.replace(full, slots=full.slots[::-1]), NO_ERRORS)
    with pytest.raises(BankError, match="no fitted slot"):
        Likelihood(emulator, dataclasses.replace(full, values=np.full(20, np.nan)), NO_ERRORS)


# ---- posteriors ----


def test_tempering_finds_a_known_posterior():
    sd, target = 0.3, np.array([1.0, -0.5, 0.2])
    told = temper(
        lambda scores: multivariate_normal(target, sd**2 * np.eye(3)).logpdf(scores), 3, np.random.default_rng(1), 4_000
    )
    assert np.allclose(told.scores.mean(axis=0), target / (1 + sd**2), atol=0.03)
    assert np.allclose(told.scores.std(axis=0), sd / np.sqrt(1 + sd**2), rtol=0.08)
    evidence = multivariate_normal(np.zeros(3), (1 + sd**2) * np.eye(3)).logpdf(target)
    assert abs(told.log_evidence - evidence) < 0.15


def test_one_seed_gives_one_posterior(emulator, truths):
    first, again, other = (emulated(emulator, data(truths, 0), NO_ERRORS, seed, 200).draws for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    "fit",
    [
        lambda bank, emulator, observed: emulated(emulator, observed, NO_ERRORS, 1, 200),
        lambda bank, emulator, observed: posterior_of(bank, observed, "rejection", 1, NO_ERRORS),
    ],
    ids=["emulated", "rejection"],
)
def test_an_engine_comes_nearer_to_the_truth_than_the_prior(fit, bank, emulator, truths):
    errors = []
    for number in range(6):
        found = fit(bank, emulator, data(truths, number))
        errors.append(found.ranks.mean(axis=0) - ranks_of(truths.priors, truths.cases[CASE].theta[number]))
    assert np.sqrt(np.square(errors).mean()) < 0.7 * np.sqrt(1 / 12)


def test_a_forest_comes_nearer_to_the_truth_than_the_prior(bank, truths, monkeypatch):
    from coprod_abm.calibration import forest

    monkeypatch.setattr(forest, "TREES", 15)
    grown = forest.grow(bank, data(truths, 0), NO_ERRORS)
    means = [grown.posterior(data(truths, number), number).ranks.mean(axis=0) for number in range(12)]
    errors = np.array(means) - ranks_of(truths.priors, truths.cases[CASE].theta)
    assert np.sqrt(np.square(errors).mean()) < 0.8 * np.sqrt(1 / 12)


def test_errors_of_instrument_and_model_make_a_posterior_wider(emulator, truths):
    observed = data(truths, 3)
    sure, unsure = (emulated(emulator, observed, errors, 1, 200) for errors in (NO_ERRORS, Errors(1.5, 0.5)))
    assert unsure.ranks.std(axis=0).mean() > 1.1 * sure.ranks.std(axis=0).mean()
    assert unsure.discrepancy.shape == (200, 5)


def test_one_common_seed_is_refused(truths):
    bank = toy_bank(1_200, 1, cases=[CASE], fixed_seed=True)
    with pytest.raises(BankError, match="1 different seeds"):
        posterior_of(bank, data(truths, 0))


def test_an_unknown_engine_and_a_small_bank_are_refused(bank, truths):
    with pytest.raises(BankError, match="Choose from emulated, rejection, forest"):
        posterior_of(bank, data(truths, 0), "magic")
    with pytest.raises(BankError, match="Let the bank grow"):
        posterior_of(bank.taken(np.arange(1_100)), data(truths, 0), "rejection")


def test_cases_may_have_other_columns(bank):
    assert priors_of(bank.priors, ["toy.load", "toy.gain"]) == (PRIORS[7], PRIORS[0])


# ---- predictions ----


def test_what_the_model_made_is_explained_and_the_impossible_is_refused(emulator, truths):
    rng = np.random.default_rng(3)
    observed = data(truths, 4)
    found = predicted(emulator, observed, emulated(emulator, observed, NO_ERRORS, 1, 400), NO_ERRORS, rng)
    assert not found.refused
    assert (found.p < 0.01).mean() <= 0.1
    far = dataclasses.replace(observed, values=observed.values + np.tile([3.0, -2.0, 0.0, 2.0, -3.0], 4))
    lost = predicted(emulator, far, emulated(emulator, far, NO_ERRORS, 1, 400), NO_ERRORS, rng)
    assert lost.refused


def test_a_held_out_wave_is_predicted_from_the_others_of_its_run(emulator, truths):
    rng = np.random.default_rng(4)
    missed, width = [], []
    for number in range(8):
        full = data(truths, number)
        last = np.array([slot.wave == "wave 24" for slot in full.slots])
        observed = dataclasses.replace(full, held_out=last)
        found = predicted(emulator, observed, emulated(emulator, observed, NO_ERRORS, 1, 200), NO_ERRORS, rng)
        low, high = np.quantile(found.draws[:, last], [0.05, 0.95], axis=0)
        missed.append((full.values[last] < low) | (full.values[last] > high))
        width.append((high - low) / emulator.scale[last])
    assert 0.01 <= np.mean(missed) <= 0.25
    assert np.mean(width) < 2.0


def test_an_offset_of_an_instrument_is_learned_from_the_fitted_waves():
    slots = (Slot("a", "w1", 0), Slot("a", "w2", 52))
    rng = np.random.default_rng(5)
    theta = rng.random((1_500, 1))
    shown = np.column_stack([theta[:, 0], theta[:, 0]]) + 0.05 * rng.standard_normal((1_500, 2))
    bank = CaseBank("X-1", ("p",), theta, slots, shown, np.full(2, 0.05), np.arange(1_500))
    emulator = train(bank, (Estimated("p", "shared", 0.0, 1.0),))
    observed = Observed("X-1", slots, np.array([5.0, 5.0]), bank.spread, np.array([False, True]))
    errors = Errors(3.0, 0.0)
    found = predicted(emulator, observed, emulated(emulator, observed, errors, 1, 400), errors, rng)
    assert abs(found.draws[:, 1].mean() - 5.0) < 0.1
    assert found.draws[:, 1].std() < 0.3
    assert np.isclose(scores_of(ranks_of_scores(np.array(1.3))), 1.3)
