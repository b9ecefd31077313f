"""Predictions of figures that were held out, and their scores: log score, CRPS, and where the figure lies in the prediction.

Gneiting & Raftery (2007), JASA 102, 359; the CRPS of a mixture of normals after Grimit and others (2006), QJRMS 132,
2925.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp, ndtr, ndtri, softmax

from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.cloud import Cloud, cloud_of, log_density
from coprod_abm.calibration.stacked import Figures, Stack

ERRORS = (
    0.21,
    0.67,
    1.38,
)  # middles of the thirds of a half-normal: sizes of the model's error, equally likely beforehand


@dataclass(frozen=True)
class Predictive:
    """A mixture of normals over held-out figures.

    Attributes:
        columns: numbers of the columns that are predicted (held,).
        weights: of the parts (part,).
        means: (part, held).
        covariances: (part, held, held), the error of observation included.
    """

    columns: Array
    weights: Array
    means: Array
    covariances: Array

    @property
    def spreads(self) -> Array:
        """SD of each figure in each part (part, held)."""
        return np.sqrt(np.diagonal(self.covariances, axis1=1, axis2=2))

    @property
    def mean(self) -> Array:
        """Expected figures (held,)."""
        return self.weights @ self.means

    def log_score(self, values: Array) -> float:
        """Log density of the figures (held,) together; higher is better."""
        parts = [log_density((values - m)[None], c)[0] for m, c in zip(self.means, self.covariances, strict=True)]
        return float(logsumexp(parts, b=self.weights))

    def crps(self, values: Array) -> Array:
        """Continuous ranked probability score of each figure (held,); in units of the figure, lower is better."""
        first = self.weights @ _absolute(values - self.means, self.spreads)
        second = np.zeros(len(values))
        for weight, mean, spread in zip(self.weights, self.means, self.spreads, strict=True):
            second += weight * (self.weights @ _absolute(self.means - mean, np.hypot(self.spreads, spread)))
        return first - 0.5 * second

    def position(self, values: Array) -> Array:
        """Chance of a lower figure (held,); evenly spread over [0, 1] where predictions are right."""
        return self.weights @ ndtr((values - self.means) / self.spreads)

    def quantile(self, share: float) -> Array:
        """The value below which a figure lies with this chance (held,), by bisection."""
        ends = self.means + self.spreads * ndtri(share)
        low, high = ends.min(axis=0), ends.max(axis=0)
        for _ in range(30):
            middle = 0.5 * (low + high)
            below = self.position(middle) < share
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return 0.5 * (low + high)


Forecaster = Callable[[Stack, Figures], Predictive]


def forecast_by(theory: str, errors: Sequence[float] = ERRORS) -> Forecaster:
    """The predictions of a theory, made from the draws of the bank and the figures that are not held out."""

    def forecast(stack: Stack, figures: Figures) -> Predictive:
        draws = stack.of_theory(theory)
        return mixed([cloud_of(draws, figures, error) for error in errors], figures)

    return forecast


def mixed(clouds: Sequence[Cloud], figures: Figures, columns: Array | None = None) -> Predictive:
    """The predictions of clouds that were equally likely before the fitted figures.

    Of held-out figures, unless ``columns`` (numbers) are named; a fitted figure is then that of a fresh survey.
    """
    held = np.flatnonzero(figures.held_out & ~np.isnan(figures.values)) if columns is None else columns
    readings = [cloud.readings(figures) for cloud in clouds]
    asked = np.diag(figures.spread[held] ** 2)
    return Predictive(
        held,
        softmax([cloud.evidence for cloud in clouds]),
        np.array([mean[held] for mean, _ in readings]),
        np.array([spread[np.ix_(held, held)] + asked for _, spread in readings]),
    )


def _absolute(mean: Array, spread: Array) -> Array:
    """Expected distance from 0 of a normal number."""
    return 2.0 * spread * np.exp(-0.5 * (mean / spread) ** 2) / np.sqrt(2.0 * np.pi) + mean * (
        2.0 * ndtr(mean / spread) - 1.0
    )
