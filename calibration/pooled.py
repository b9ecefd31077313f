"""What the hierarchy says of each case: its parameters, the offsets of its instruments, and what would be measured in it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from coprod_abm.calibration.all_cases import AllCases
from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.coordinates import ranks_of_scores, theta_of
from coprod_abm.calibration.drawn_scores import every_score, flat
from coprod_abm.calibration.likelihood import Errors, Likelihood
from coprod_abm.calibration.places import Places
from coprod_abm.calibration.posterior import Posterior
from coprod_abm.calibration.predictive import Predicted, predicted

COUNTRY = "country_"  # the dimension; a trailing line keeps it apart from the parameters of countries


def of_case(places: Places, likelihood: Likelihood, tree: xr.DataTree) -> Posterior:
    """The draws of one case's parameters under the hierarchy."""
    drawn = tree["posterior"].to_dataset()
    emulator = likelihood.emulator
    scores = places.scores_of_case(likelihood.observed.case, drawn, emulator.parameters)
    wrong = np.zeros((len(scores), len(likelihood.measures)))
    if "discrepancy" in drawn:
        wrong = flat(drawn["discrepancy"])[:, measures_at(places, likelihood)]
    draws = theta_of(emulator.priors, ranks_of_scores(scores))
    return Posterior(
        likelihood.observed.case,
        "hierarchy",
        emulator.parameters,
        emulator.priors,
        draws,
        wrong,
        likelihood.measures,
        likelihood.whole(scores, wrong),
    )


def measures_at(places: Places, likelihood: Likelihood) -> Array:
    """The numbers of a case's measures among those of all cases."""
    return np.array([places.measures.index(name) for name in likelihood.measures])


def offsets_of(
    places: Places, likelihoods: Mapping[str, Likelihood], errors: Errors, tree: xr.DataTree, seed: int
) -> xr.DataArray:
    """Draws of the offsets that the sampler integrated out (chain, draw, country, measure)."""
    drawn = tree["posterior"].to_dataset()
    scores = every_score(drawn)
    wrong = flat(drawn["discrepancy"]) if "discrepancy" in drawn else np.zeros((len(scores), len(places.measures)))
    operation = AllCases(places.parts(likelihoods), errors.offset)
    luck = np.random.default_rng([seed, 13]).standard_normal((len(scores), len(places.countries), len(places.measures)))
    found = errors.offset * luck
    for at in range(len(scores) if errors.offset else 0):
        for country, told in operation.offsets_at(scores[at], wrong[at]).items():
            found[at, country] = (
                told.mean + np.linalg.cholesky(told.covariance + 1e-12 * np.eye(len(told.mean))) @ (luck[at, country])
            )
    shape = (drawn.sizes["chain"], drawn.sizes["draw"], len(places.countries), len(places.measures))
    coordinates = {COUNTRY: list(places.countries), "measure": list(places.measures)}
    return xr.DataArray(found.reshape(shape), dims=("chain", "draw", COUNTRY, "measure"), coords=coordinates)


def predictions(
    places: Places,
    likelihoods: Mapping[str, Likelihood],
    pooled: Mapping[str, Posterior],
    offsets: xr.DataArray,
    seed: int,
) -> dict[str, Predicted]:
    """What the hierarchy expects to be measured in each case."""
    rng = np.random.default_rng([seed, 14])
    found = {}
    for case, likelihood in likelihoods.items():
        row = places.countries.index(places.country_of[case])
        own: Any = flat(offsets)[:, row][:, measures_at(places, likelihood)]
        found[case] = predicted(
            likelihood.emulator, likelihood.observed, pooled[case], likelihood.errors, rng, offset=own
        )
    return found
