"""Where the chains of the hierarchy begin: near what the cases say one by one, a little apart.

From the prior, a chain may find a lesser peak and stay there; what each case says alone is known already and leads to
the right hill.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.coordinates import scores_of
from coprod_abm.calibration.likelihood import Errors, Likelihood
from coprod_abm.calibration.places import Places
from coprod_abm.calibration.posterior import Posterior

SPREAD = 0.5  # of cases around their mean, in scores
SMALLEST = 0.1  # of a discrepancy, in its scale


def starts_of(
    places: Places,
    likelihoods: Mapping[str, Likelihood],
    alone: Mapping[str, Posterior],
    errors: Errors,
    chains: int,
    seed: int,
) -> list[dict[str, Any]]:
    """The values at which each chain starts, by the names of the model."""
    rng = np.random.default_rng([seed, 11])
    moments = moments_of(alone)
    centring = centring_of(places, alone)
    return [start_of(places, likelihoods, moments, errors, centring, rng) for _ in range(chains)]


def moments_of(alone: Mapping[str, Posterior]) -> dict[str, tuple[Array, Array]]:
    """Mean and variance of the scores (parameter,) by what each case says alone."""
    scores = {case: scores_of(one.ranks) for case, one in alone.items()}
    return {case: (one.mean(axis=0), np.maximum(one.var(axis=0), 1e-4)) for case, one in scores.items()}


def centring_of(places: Places, alone: Mapping[str, Posterior]) -> Array:
    """How far a case's own parameters are centred (case, parameter): 1 where it knows its own, 0 where it knows nothing.

    A case that knows its parameter samples well as itself, one that does not as a deviation from the mean
    (Papaspiliopoulos, Roberts and Sköld 2007, doi 10.1214/088342307000000014).
    """
    moments = moments_of(alone)
    variance = np.ones((len(places.cases), len(places.own)))
    for row, case in enumerate(places.cases):
        for column, name in enumerate(places.own):
            if case in alone and name in alone[case].parameters:
                variance[row, column] = moments[case][1][alone[case].parameters.index(name)]
    return SPREAD**2 / (SPREAD**2 + variance)


def start_of(
    places: Places,
    likelihoods: Mapping[str, Likelihood],
    moments: Mapping[str, tuple[Array, Array]],
    errors: Errors,
    centring: Array,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """One start: scores of all cases weighed by how sure each case is, with as much chance as they are unsure."""
    whole = np.zeros(places.scores)
    weights = np.zeros(places.scores)
    for case, (mean, variance) in moments.items():
        at = places.scores_at(case, likelihoods[case].emulator.parameters)
        np.add.at(whole, at, mean / variance)
        np.add.at(weights, at, 1.0 / variance)
    scores = whole / np.maximum(weights, 1e-9) + rng.standard_normal(len(whole)) / np.sqrt(weights + 1.0)
    sizes = np.maximum(SMALLEST, rng.random(len(places.measures))) if errors.discrepancy else None
    return start_at(places, scores, centring, sizes)


def start_at(places: Places, scores: Array, centring: Array, sizes: Array | float | None) -> dict[str, Any]:
    """The start, by the names of the model, at these scores of all cases.

    ``sizes`` are those of the model's errors in units of their prior scale, None where there are none.
    """
    shared, country, own = np.split(scores, places.ends)
    own = own.reshape(len(places.cases), -1)
    mean = own.mean(axis=0)
    found: dict[str, Any] = {
        "shared": shared,
        "country": country.reshape(len(places.countries), -1),
        "mean": mean,
        "effect": np.zeros((len(places.covariates), len(mean))),
        "over": np.full(len(mean), SPREAD),
        "deviation": (own - mean) * SPREAD ** (centring - 1.0) + centring * mean,
    }
    if sizes is not None:
        found["discrepancy"] = sizes * places.discrepancy_scale
    return found
