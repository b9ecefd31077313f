"""All cases together: places of parameters, the model's density, and a fit of nine cases of the toy."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import block_diag
from scipy.stats import multivariate_normal

from coprod_abm.calibration.all_cases import AllCases
from coprod_abm.calibration.bank import BankError, Estimated
from coprod_abm.calibration.emulator import train
from coprod_abm.calibration.likelihood import NO_ERRORS, Errors, Likelihood
from coprod_abm.calibration.places import places_of
from coprod_abm.calibration.posterior_file import posterior_tree, write_posterior
from coprod_abm.calibration.together import errors_of_model, learned_together, widened
from coprod_abm.calibration.toy import CASES as CASES_OF_TOY
from coprod_abm.calibration.toy import toy_bank
from coprod_abm.calibration.toy_trials import OWN, any_data

CASES = ("SE-A", "SE-B", "EN-A")


@pytest.fixture(scope="module")
def ready():
    bank = toy_bank(1_000, 1, cases=CASES)
    emulators = {case: train(one, bank.priors, 1) for case, one in bank.cases.items()}
    return bank, emulators, {case: any_data(one) for case, one in bank.cases.items()}


def likelihoods_of(ready, errors):
    _, emulators, observed = ready
    return {case: Likelihood(emulators[case], one, errors) for case, one in observed.items()}


def test_shared_parameters_have_one_place_and_own_ones_a_place_for_each_case(ready):
    places = places_of(ready[0], likelihoods_of(ready, NO_ERRORS), OWN)
    assert len({places.at("toy.gain", case) for case in CASES}) == 1
    assert len({places.at("toy.load", case) for case in CASES}) == 3
    every = {places.at(name, case) for case in CASES for name in [one.name for one in ready[0].priors]}
    assert every == set(range(places.scores))
    assert places.design.tolist() == [[0.0], [0.0], [1.0]]


def test_parameters_of_a_country_are_shared_within_it(ready):
    bank, emulators, observed = ready
    priors = tuple(dataclasses.replace(one, level="country") if one.name == "toy.decay" else one for one in bank.priors)
    other = dataclasses.replace(bank, priors=priors, facts={"countries": {"SE-A": "SE", "SE-B": "SE", "EN-A": "UK"}})
    found = places_of(other, {case: Likelihood(emulators[case], observed[case], NO_ERRORS) for case in CASES}, OWN)
    assert found.country == ("toy.decay",)
    assert found.countries == ("SE", "UK")
    assert found.at("toy.decay", "SE-A") == found.at("toy.decay", "SE-B") != found.at("toy.decay", "EN-A")


def test_an_unknown_case_level_parameter_is_named(ready):
    with pytest.raises(BankError, match=r"toy\.luck is not estimated"):
        places_of(ready[0], likelihoods_of(ready, NO_ERRORS), ["toy.luck"])


def all_cases(ready, errors):
    """The likelihood of all cases as a function of scores and discrepancies, with its slopes."""
    likelihoods = likelihoods_of(ready, errors)
    places = places_of(ready[0], likelihoods, OWN)
    return places, likelihoods, AllCases(places.parts(likelihoods), errors.offset)


def point(places):
    """Scores and discrepancies at which a density is looked at."""
    rng = np.random.default_rng(1)
    return 0.5 * rng.standard_normal(places.scores), 0.1 + 0.1 * rng.random(len(places.measures))


def test_the_density_of_all_cases_is_the_sum_of_theirs_where_no_instrument_is_off(ready):
    places, likelihoods, value = all_cases(ready, Errors(0.0, 0.5))
    scores, wrong = point(places)
    parts = [
        one(one.whole(scores[None, places.scores_at(case, one.emulator.parameters)], wrong[None]))[0]
        for case, one in likelihoods.items()
    ]
    assert np.isclose(value(scores, wrong)[0], sum(parts))


def test_offsets_of_a_country_are_integrated_out_over_its_cases(ready):
    errors = Errors(1.5, 0.5)
    places, likelihoods, value = all_cases(ready, errors)
    scores, wrong = point(places)
    whole = 0.0
    for country in places.countries:
        own = {case: one for case, one in likelihoods.items() if places.country_of[case] == country}
        residuals, blocks, measures = [], [], []
        for case, one in own.items():
            at = scores[None, places.scores_at(case, one.emulator.parameters)]
            without = dataclasses.replace(one, errors=Errors(0.0, 0.5))
            mean, run, shared = without.covariance(without.whole(at, wrong[None]))
            same = one.block[:, None] == one.block
            blocks.append(run[0] + np.where(same, shared[0][one.block], 0.0))
            residuals.append(one.observed.values - mean[0])
            measures.append(one.block)
        measure = np.concatenate(measures)
        covariance = block_diag(*blocks) + errors.offset**2 * (measure[:, None] == measure)
        whole += multivariate_normal(np.zeros(len(measure)), covariance).logpdf(np.concatenate(residuals))
    assert np.isclose(value(scores, wrong)[0], whole)


def test_slopes_of_the_density_are_those_of_its_values(ready):
    places, _, value = all_cases(ready, Errors(1.5, 0.5))
    given = point(places)
    slopes = value(*given)[1:]
    for place, size in enumerate((places.scores, len(places.measures))):
        for at in (0, size // 2, size - 1):
            ends = []
            for way in (1, -1):
                moved = [one.copy() for one in given]
                moved[place][at] += way * 1e-5
                ends.append(value(*moved)[0])
            assert np.isclose((ends[0] - ends[1]) / 2e-5, slopes[place][at], rtol=1e-4, atol=1e-4)


@pytest.fixture(scope="module")
def fitted():
    """Nine cases of the toy fitted together, the last of them held out as a whole."""
    from coprod_abm.calibration.hierarchy import hierarchy_of
    from coprod_abm.calibration.toy_trials import measured, truths_of_hierarchy

    bank = toy_bank(4_000, 1)
    emulators = {case: train(one, bank.priors, 1) for case, one in bank.cases.items()}
    truths = truths_of_hierarchy(1, 3)
    rng = np.random.default_rng(1)
    observed = {case: measured(truths, emulators, case, 0, 0.0, rng) for case in bank.cases}
    last = observed[CASES_OF_TOY[-1]]
    observed[last.case] = dataclasses.replace(last, held_out=np.ones(len(last.slots), bool))
    found = hierarchy_of(bank, observed, OWN, 1, Errors(0.5, 0.5), emulators, chains=2, tune=400, draws=400)
    return bank, observed, found


@pytest.mark.slow
def test_pooling_learns_more_of_shared_parameters_than_each_case_alone(fitted):
    bank, _, found = fitted
    assert found.diagnostics["divergences"] <= 2
    assert found.diagnostics["rhat"] <= 1.05
    shared = [at for at, one in enumerate(bank.priors) if one.level == "shared"]
    pooled = found.pooled["SE-A"].ranks[:, shared].std(axis=0).mean()
    alone = np.mean([one.ranks[:, shared].std(axis=0).mean() for one in found.alone.values()])
    assert pooled < 0.8 * alone


@pytest.mark.slow
def test_a_case_that_is_held_out_is_predicted_from_the_others(fitted):
    _, observed, found = fitted
    out = CASES_OF_TOY[-1]
    assert out not in found.alone
    told = found.predicted[out]
    low, high = np.quantile(told.draws, [0.02, 0.98], axis=0)
    inside = (observed[out].values >= low) & (observed[out].values <= high)
    assert inside.mean() >= 0.5
    assert (high - low > 0.01).all()
    assert np.isnan(told.explained)


@pytest.mark.slow
def test_what_is_learned_together_has_a_row_for_every_parameter_and_owner(fitted):
    bank, _, found = fitted
    table = learned_together(found, bank.priors)
    shared = sum(one.level == "shared" for one in bank.priors)
    assert len(table) == shared + len(OWN) * len(CASES_OF_TOY)
    assert (table["q05"] < table["q95"]).all()
    assert set(table["label"]) <= {"learned", "partly learned", "not identified"}
    errors = errors_of_model(found)
    assert set(errors["measure"]) == set(found.places.measures)
    assert errors["signal"].notna().all()


@pytest.mark.slow
def test_the_posterior_file_keeps_units_and_labels(fitted, tmp_path):
    import xarray as xr

    bank, observed, found = fitted
    write_posterior(tmp_path / "posterior.nc", posterior_tree(found, bank, observed, {"seed": 1}))
    kept = xr.open_datatree(tmp_path / "posterior.nc", engine="h5netcdf")
    assert kept["posterior"]["toy.load"].dims == ("chain", "draw", "case")
    assert kept["posterior"]["toy.load"].coords["case"].values.tolist() == list(bank.cases)
    load = next(one for one in bank.priors if one.name == "toy.load")
    assert ((kept["posterior"]["toy.load"] >= load.low) & (kept["posterior"]["toy.load"] <= load.high)).all()
    assert kept["posterior"]["offset"].dims == ("chain", "draw", "country_", "measure")
    kept.close()


# ---- tables, without a fit ----


def test_intervals_that_held_the_truth_too_seldom_are_widened_about_their_middle():
    prior = Estimated("a", "shared", 0.0, 1.0)
    learned = pd.DataFrame({"parameter": ["a"], "q05": [0.4], "q50": [0.5], "q95": [0.6]})
    covered = pd.DataFrame({"parameter": ["a"], "sets": [200], "coverage_90": [0.9], "widen_by": [1.2]})
    same = widened(learned, covered, [prior])
    assert (same["wide_q05"][0], same["wide_q95"][0]) == (0.4, 0.6)
    wider = widened(learned, covered.assign(coverage_90=0.7, widen_by=2.0), [prior])
    assert 0.29 < wider["wide_q05"][0] < 0.32
    assert np.isclose(wider["wide_q05"][0] + wider["wide_q95"][0], 1.0)


@pytest.mark.slow
def test_chains_in_processes_of_their_own_give_the_same_draws(ready):
    from coprod_abm.calibration.hierarchy import hierarchy_of

    bank, emulators, observed = ready
    given = (bank, observed, OWN, 1, Errors(0.5, 0.5), emulators)
    one, two = (hierarchy_of(*given, chains=2, tune=50, draws=50, processes=number) for number in (1, 2))
    for name, values in one.tree["posterior"].data_vars.items():
        assert np.array_equal(values, two.tree["posterior"][name]), name
