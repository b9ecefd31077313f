"""A second wave: fresh runs where the posterior of all cases lies put the emulators right there.

An emulator trained over the whole prior errs by a good part of the noise, and along the very directions in which
parameters move readings. Nine cases together are surer than that error. Runs of points of the posterior itself tell it,
slot by slot, as a level and a slope in each parameter, and tell the covariance that is left.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.coordinates import ranks_of, ranks_of_scores, theta_of
from coprod_abm.calibration.emulator import SILENT, Emulator, correlation_of
from coprod_abm.calibration.likelihood import Likelihood
from coprod_abm.calibration.places import Places

POINTS = 200
WIDER = 1.5  # how far points lie from the middle of the posterior, since it may have missed
SLOPE = 0.5  # SD that a slope is believed to have, in noise per local SD of a parameter
LEAST_POINTS = 60  # fewer, and nothing is put right

Simulated = Callable[[Mapping[str, Array]], Mapping[str, Array]]


def second_wave(
    places: Places,
    likelihoods: Mapping[str, Likelihood],
    scores: Array,
    simulated: Simulated,
    seed: int,
    points: int = POINTS,
) -> dict[str, Emulator]:
    """The emulators put right where draws of all scores (sample, score) lie."""
    at = spread_out(scores, points, np.random.default_rng([seed, 18]))
    emulators = {case: one.emulator for case, one in likelihoods.items()}
    theta = {
        case: theta_of(one.priors, ranks_of_scores(at[:, places.scores_at(case, one.parameters)]))
        for case, one in emulators.items()
    }
    shown = simulated(theta)
    return {case: put_right(one, theta[case], shown[case]) for case, one in emulators.items()}


def spread_out(scores: Array, points: int, rng: np.random.Generator) -> Array:
    """Points (point, score) out of draws of a posterior, farther from their middle than these."""
    chosen = scores[rng.integers(len(scores), size=points)]
    middle = scores.mean(axis=0)
    return np.asarray(middle + WIDER * (chosen - middle))


def put_right(emulator: Emulator, theta: Array, shown: Array) -> Emulator:
    """The emulator with what runs (point, slot) at some parameters (point, parameter) say of its error near them."""
    whole = ~np.isnan(shown).any(axis=1)
    if whole.sum() < LEAST_POINTS:
        return emulator
    ranks, seen = ranks_of(emulator.priors, theta[whole]), shown[whole]
    mean, sd, apart = emulator.predict(ranks)
    noise = np.hypot(sd, apart)
    x = 2.0 * ranks - 1.0
    middle, around = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
    local = np.column_stack([np.ones(len(x)), (x - middle) / around])
    told = regressed(local, (seen - mean) / noise)
    usual = noise.mean(axis=0) / emulator.scale
    surface = emulator.surface.copy()
    slopes = told[1:] * usual / around[:, None]
    surface[0] += told[0] * usual - middle @ slopes
    surface[1 : 1 + len(middle)] += slopes
    found = replace(emulator, surface=surface)
    return with_covariance(found, ranks, seen, len(local.T))


def regressed(local: Array, errors: Array) -> Array:
    """Level and slopes (1 + parameter, slot) of errors in noise, shrunk toward no slope."""
    gram = local.T @ local + np.diag([1e-6, *np.full(local.shape[1] - 1, SLOPE**-2)])
    return np.linalg.solve(gram, local.T @ errors)


def with_covariance(emulator: Emulator, ranks: Array, shown: Array, used: int) -> Emulator:
    """The emulator with variances and correlations as errors at these points have them; ``used`` numbers were fitted."""
    z = emulator.z_of(ranks, shown)
    square = (z**2).sum(axis=0) / max(len(z) - used, 1)
    log_variance = emulator.log_variance.copy()
    log_variance[0] += np.where(square > SILENT, np.log(np.maximum(square, SILENT)), 0.0)
    weight = len(z) / (len(z) + z.shape[1])
    correlation = weight * correlation_of(z) + (1.0 - weight) * emulator.correlation
    return replace(emulator, log_variance=log_variance, correlation=correlation)
