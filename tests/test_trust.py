"""Whether intervals are to be trusted: engines that claim too much are caught, parameters that stay unknown are named."""

import numpy as np
import pytest

from coprod_abm.calibration import checks
from coprod_abm.calibration.bank import Estimated, synthetic
from coprod_abm.calibration.checks import checked, fit_words
from coprod_abm.calibration.emulator import train
from coprod_abm.calibration.identified import LEARNED, NOT_IDENTIFIED, information_of, lessons
from coprod_abm.calibration.likelihood import NO_ERRORS, Likelihood
from coprod_abm.calibration.posterior import Posterior, emulated
from coprod_abm.calibration.predictive import predicted
from coprod_abm.calibration.toy import PRIORS, WITH_DUMMY, toy_bank
from coprod_abm.calibration.toy_trials import any_data, fit_by, one_case
from coprod_abm.calibration.trust import band, together, trial_of

SETS = 300


def trial(claimed, bias=0.0):
    """An engine that sees the truth through normal noise of SD 1 and claims another SD or is off."""
    rng = np.random.default_rng(1)
    truth = rng.standard_normal((SETS, 1))
    seen = truth + rng.standard_normal((SETS, 1))
    draws = [bias + row / 2 + claimed * rng.standard_normal((400, 1)) for row in seen]
    return trial_of(("a",), truth, draws)


def test_an_engine_that_claims_what_it_knows_passes():
    assert trial(np.sqrt(0.5)).failures() == []


@pytest.mark.parametrize(("claimed", "bias", "said"), [(0.35, 0.0, "times as wide"), (1.4, 0.0, "too wide")])
def test_an_engine_that_claims_too_much_or_too_little_is_named(claimed, bias, said):
    assert said in trial(claimed, bias).failures()[0]


def test_a_biased_engine_is_caught_by_its_ranks():
    assert "not uniform" in trial(1.0, 0.5).failures()[-1]


def test_widening_says_by_how_much():
    assert np.isclose(trial(np.sqrt(0.5) / 2).widening[0], 2.0, atol=0.3)
    assert trial(1.4).widening[0] == 1.0


def test_parameters_are_judged_over_all_cases_that_have_them():
    one = trial(np.sqrt(0.5))
    found = together([one, one])
    assert len(found) == 1
    assert len(found[0].place) == 2 * SETS


def test_band_is_that_of_the_binomial():
    assert band(100) == (0.82, 0.97)


# ---- what was learned ----


def posterior(draws):
    priors = tuple(Estimated(name, "shared", 0.0, 1.0) for name in "abcd"[: draws.shape[1]])
    return Posterior("X", "emulated", tuple(one.name for one in priors), priors, draws)


def test_dummy_and_pair_are_not_identified_and_the_direction_is_named():
    rng = np.random.default_rng(2)
    first = rng.random(2_000)
    second = np.clip(first + 0.02 * rng.standard_normal(2_000), 0.0, 1.0)
    draws = np.column_stack([first, second, rng.random(2_000), 0.5 + 0.03 * rng.standard_normal(2_000)])
    pair, other, dummy, known = lessons(posterior(draws))
    assert (pair.label, other.label, dummy.label, known.label) == (*(NOT_IDENTIFIED,) * 3, LEARNED)
    assert pair.trades_off["a"] * pair.trades_off["b"] > 0
    assert "d" not in pair.trades_off
    assert "nothing is learned along" in str(pair)


# ---- the checks of a report ----


def test_checks_write_their_tables_and_say_what_they_found(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "PARTICLES", 100)
    bank = toy_bank(1_000, 4, cases=["SE-A"])
    observed = synthetic(bank, 3, np.random.default_rng(1))
    said = checked(bank, observed, tmp_path, seed=1, errors=NO_ERRORS, sets=2, folder=tmp_path)
    assert "fitted readings lie outside the 95 % predictions" in said
    assert {file.name for file in tmp_path.glob("*.csv")} == {
        "fit.csv", "lessons.csv", "coverage.csv", "emulators.csv", "ranks.csv",
    }  # fmt: skip
    assert len((tmp_path / "coverage.csv").read_text(encoding="utf-8").splitlines()) == 1 + len(PRIORS)


def test_each_case_is_tried_on_other_truths(monkeypatch):
    bank = toy_bank(600, 4, cases=["SE-A", "SE-B"])
    observed = synthetic(bank, 3, np.random.default_rng(1))
    emulators = {case: train(one, bank.priors, 1) for case, one in bank.cases.items()}
    seen = []

    def remembered(truths, case, *_given):
        seen.append(truths.cases[case].theta[:, 0].tolist())
        return trial(1.0)

    monkeypatch.setattr(checks, "tried", remembered)
    checks.trials_of(bank, observed, emulators, "emulated", 1, NO_ERRORS, 40)
    assert [len(one) for one in seen] == [20, 20]
    assert not set(seen[0]) & set(seen[1])


# ---- on the toy, with figures ----


@pytest.mark.slow
def test_the_main_engine_recovers_and_covers_on_the_toy():
    found = one_case("emulated", 8_000, 100)
    assert found.rmse.mean() <= 0.52
    assert found.relative_crps.mean() <= 0.48
    assert 0.86 <= found.coverage().mean() <= 0.94
    assert (found.coverage(0.5) >= 0.37).all()
    assert (found.coverage(0.5) <= 0.63).all()
    assert found.failures() == []


@pytest.mark.slow
def test_one_common_seed_is_caught_by_calibration():
    found = one_case("emulated", 4_000, 60, fixed_seed=True)
    assert found.coverage().mean() < 0.85
    assert found.failures() != []


@pytest.mark.slow
def test_dummy_and_pair_of_the_toy_are_not_identified():
    bank = toy_bank(8_000, 1, WITH_DUMMY, ["SE-A"])
    truths = toy_bank(10, 2, WITH_DUMMY, ["SE-A"])
    emulator = train(bank.cases["SE-A"], bank.priors, 1)
    labels, shrunk, signs = [], [], []
    for number in range(10):
        observed = synthetic(truths, number, np.random.default_rng(number))["SE-A"]
        fitted = emulated(emulator, observed, NO_ERRORS, number)
        information = information_of(Likelihood(emulator, observed, NO_ERRORS), fitted)
        found = {one.parameter: one for one in lessons(fitted, information)}
        shrunk.append(found["toy.dummy"].contraction)
        labels.append([found[name].label for name in ("toy.dummy", "toy.pair_a", "toy.pair_c")])
        together = found["toy.pair_a"].trades_off
        signs.append(together.get("toy.pair_a", 0.0) * together.get("toy.pair_c", 0.0) > 0)
    assert np.mean(shrunk) < 0.1
    assert np.mean(np.array(labels) == NOT_IDENTIFIED) >= 0.9
    assert np.mean(signs) >= 0.8


@pytest.mark.slow
def test_the_truth_is_rarely_refused_and_the_impossible_always():
    case = "SE-A"
    bank, truths = toy_bank(8_000, 1, cases=[case]), toy_bank(100, 3, cases=[case])
    emulator = train(bank.cases[case], bank.priors, 1)
    rng = np.random.default_rng(1)
    kept = []
    for number in range(100):
        observed = synthetic(truths, number, rng)[case]
        found = emulated(emulator, observed, NO_ERRORS, number, 300)
        kept.append(predicted(emulator, observed, found, NO_ERRORS, rng))
    assert np.mean([not one.refused for one in kept]) >= 0.95
    assert "No parameters reproduce" not in fit_words([one for one in kept if not one.refused])
    assert fit_by("emulated", bank, case)(any_data(bank.cases[case]), 1).engine == "emulated"
