"""Noise beside effect: the share of the variance of runs that is between replicates, and the replicates that it takes."""

import math
from typing import NamedTuple

import numpy as np

from coprod_abm.experiments.sensitivity_sample import Array

RESAMPLES = 400
PILOT_POINTS, PILOT_REPLICATES = 64, 8
FEWEST, MOST = 4, 50
ACCEPTED = 0.05  # share of noise in the variance of means that a pilot aims at


class Noise(NamedTuple):
    """Of the variance of single runs, and of means over replicates, the share that is between replicates; 95 % interval."""

    share: float
    low: float
    high: float
    share_of_means: float
    high_of_means: float


def noise_of(means: Array, deviations: Array, replicates: int, seed: int) -> Noise:
    """The noise of one output from means and SDs over replicates, shape (units, rows).

    Rows are spread over the whole space; units are independent of each other and are resampled for the interval. SDs that
    are unknown, because a single run had a value, are left out.
    """
    squares = np.square(deviations)
    share, of_means = shares(means.reshape(1, -1), squares.reshape(1, -1), replicates)
    lots = np.random.default_rng(seed).integers(len(means), size=(RESAMPLES, len(means)))
    again, again_of_means = shares(means[lots].reshape(RESAMPLES, -1), squares[lots].reshape(RESAMPLES, -1), replicates)
    low, high = np.quantile(again, [0.025, 0.975])
    return Noise(
        float(share[0]), float(low), float(high), float(of_means[0]), float(np.quantile(again_of_means, 0.975))
    )


def shares(means: Array, squares: Array, replicates: int) -> tuple[Array, Array]:
    """The share of noise in the variance of single runs and of means, along the last axis."""
    within = np.nanmean(squares, axis=1)
    whole = means.var(axis=1)
    real = np.maximum(whole - within / replicates, 0.0)
    of_runs = np.divide(within, within + real, out=np.ones_like(within), where=within + real > 0.0)
    of_means = np.divide(within / replicates, whole, out=np.ones_like(whole), where=whole > 0.0)
    return of_runs, np.minimum(of_means, 1.0)


def replicates_for(share: float) -> int:
    """Replicates after which noise is no more than an accepted share of the variance of means, within bounds.

    >>> replicates_for(0.5), replicates_for(0.1), replicates_for(1.0)
    (19, 4, 50)
    """
    if share >= 1.0:
        return MOST
    needed = share / (1.0 - share) * (1.0 - ACCEPTED) / ACCEPTED
    return int(np.clip(math.ceil(needed - 1e-9), FEWEST, MOST))
