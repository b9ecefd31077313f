"""All cases together: places of parameters, the model's density, and a fit of nine cases of the toy."""

import dataclasses

import numpy as np
import pytest
from scipy.linalg import block_diag
from scipy.stats import multivariate_normal

from coprod_abm.calibration.all_cases import AllCases
from coprod_abm.calibration.bank import BankError
from coprod_abm.calibration.emulator import train
from coprod_abm.calibration.likelihood import NO_ERRORS, Errors, Likelihood
from coprod_abm.calibration.places import places_of
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


@pytest.mark.slow
def test_pooling_learns_more_of_shared_parameters_than_each_case_alone(tmp_path):
    import xarray as xr

    from coprod_abm.calibration.hierarchy import hierarchy_of
    from coprod_abm.calibration.toy_trials import measured, truths_of_hierarchy

    bank = toy_bank(4_000, 1)
    emulators = {case: train(one, bank.priors, 1) for case, one in bank.cases.items()}
    truths = truths_of_hierarchy(1, 3)
    rng = np.random.default_rng(1)
    observed = {case: measured(truths, emulators, case, 0, 0.0, rng) for case in bank.cases}
    found = hierarchy_of(bank, observed, OWN, 1, NO_ERRORS, emulators, chains=2, tune=400, draws=400)
    assert found.diagnostics["divergences"] == 0
    assert found.diagnostics["rhat"] <= 1.03
    shared = [at for at, one in enumerate(bank.priors) if one.level == "shared"]
    pooled = found.pooled["SE-A"].ranks[:, shared].std(axis=0).mean()
    alone = np.mean([one.ranks[:, shared].std(axis=0).mean() for one in found.alone.values()])
    assert pooled < 0.7 * alone
    found.to_netcdf(tmp_path / "posterior.nc")
    kept = xr.open_datatree(tmp_path / "posterior.nc", engine="h5netcdf")
    assert kept["posterior"]["shared"].dims == ("chain", "draw", "shared_parameter")
    assert kept["posterior"]["own"].coords["case"].values.tolist() == list(bank.cases)
    kept.close()
