"""Posterior predictive checks: would a theory that has seen the figures give figures like them again?

Gelman, Meng & Stern (1996), Statistica Sinica 6, 733. The figures are used twice, so that small chances speak loudly
and large ones say little.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import softmax
from scipy.stats import chi2, norm

from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.cloud import cloud_of
from coprod_abm.calibration.forecasts import ERRORS
from coprod_abm.calibration.stacked import Figures, Stack

PASSES = 0.05
SAMPLES = 400
OWN_SIZES = (0.0, 0.21, 0.67, 1.38, 2.5)  # of one measure's model error, in units of its prior scale


@dataclass(frozen=True)
class PosteriorCheck:
    """How well a theory gives back what it was fitted to.

    Attributes:
        chance: of a misfit at least as large in figures that the fitted theory gives again.
        positions: chance of a lower figure, for each fitted column (column,); NaN elsewhere.
    """

    chance: float
    positions: Array

    @property
    def passes(self) -> bool:
        """Whether the misfit is not unusual."""
        return self.chance >= PASSES


def checked(draws: Stack, figures: Figures, seed: int) -> PosteriorCheck:
    """The check of one theory, whose draws are given."""
    known = figures.fitted
    values, spread = figures.values[known], figures.spread[known]
    rng = np.random.default_rng(seed)
    clouds = [cloud_of(draws, figures, error) for error in ERRORS]
    weights = softmax([cloud.evidence for cloud in clouds])
    chance, positions = 0.0, np.zeros(len(values))
    for weight, cloud in zip(weights, clouds, strict=True):
        mean, covariance = (part[known] for part in cloud.readings(figures))
        around = covariance[:, known] + 1e-9 * np.eye(len(values))
        readings = mean + rng.standard_normal((SAMPLES, len(values))) @ np.linalg.cholesky(around).T
        misfit = (((values - readings) / spread) ** 2).sum(axis=1)
        chance += weight * float(chi2.sf(misfit, len(values)).mean())
        positions += weight * norm.cdf((values - mean) / np.sqrt(np.diag(around) + spread**2))
    every = np.full(len(known), np.nan)
    every[known] = positions
    return PosteriorCheck(chance, every)


def model_errors(draws: Stack, figures: Figures) -> dict[str, tuple[float, float, float]]:
    """For each measure: SD of the model's error (mean and 90th percentile), and the SD of the signal between cases.

    One measure at a time, the others at the middle of their prior. The signal is what published cases differ by within
    a country, averaged over waves; the error of observation is taken off.
    """
    found = {}
    weights = _half_normal_weights()
    for measure in dict.fromkeys(draws.measures):
        own = draws.measures == measure
        if not (own & figures.fitted).any():
            continue
        logs = [cloud_of(draws, figures, np.where(own, size, 0.67)).evidence for size in OWN_SIZES]
        chances = softmax(np.array(logs) + np.log(weights))
        scale = 0.5 * float(draws.signal[own][0])
        sizes = scale * np.array(OWN_SIZES)
        upper = float(np.interp(0.9, np.cumsum(chances), sizes))
        found[str(measure)] = (float(chances @ sizes), upper, signal_between(draws, figures, str(measure)))
    return found


def signal_between(stack: Stack, figures: Figures, measure: str) -> float:
    """SD of a measure between the cases of a country after averaging over waves; NaN where no country has two cases."""
    deviations, noise = [], []
    for country in np.unique(stack.countries):
        own = figures.fitted & (stack.measures == measure) & (stack.countries == country)
        cases = np.unique(stack.cases[own])
        if len(cases) < 2:
            continue
        means = np.array([figures.values[own & (stack.cases == case)].mean() for case in cases])
        deviations += list((means - means.mean()) * np.sqrt(len(means) / (len(means) - 1)))
        noise += [
            float(np.mean(figures.spread[own & (stack.cases == case)] ** 2) / (own & (stack.cases == case)).sum())
            for case in cases
        ]
    return float(np.sqrt(max(np.mean(np.square(deviations)) - np.mean(noise), 0.0))) if deviations else float("nan")


def _half_normal_weights() -> Array:
    """Prior chance of each size: the mass of a half-normal nearer to it than to its neighbours."""
    edges = np.array([0.0, *((a + b) / 2 for a, b in pairwise(OWN_SIZES)), np.inf])
    return np.diff(2.0 * norm.cdf(edges) - 1.0)
