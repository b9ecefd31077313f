"""What one theory says once some figures are known: its evidence, and what it expects of all other figures.

The draws of a theory are weighted by a power of their likelihood, as large as leaves enough of them (tempering), and
the rest of the likelihood moves them by the linear rule that is exact where readings change linearly with the
parameters (the ensemble Kalman update). Nothing is counted twice: the two powers add up to one. Offsets, the model's
error and the error of observation are integrated out.

Iglesias, Law & Stuart (2013), Inverse Problems 29, 045001, for the update; Neal (2001), Statistics and Computing 11,
125, for the powers.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import logsumexp

from coprod_abm.calibration.bank import Array, BankError
from coprod_abm.calibration.stacked import Figures, Stack

FEWEST = 200  # effective draws that must be left after weighting; also
PER_PARAMETER = 15  # so many for each shared parameter, and
SHARE = 0.1  # this share of all draws
MOST_POWER = 0.95
LOG_2PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True)
class Cloud:
    """One theory after the data.

    Attributes:
        evidence: log density of the fitted figures under the theory.
        power: of the likelihood, by which draws were weighted; 0 means that the linear rule did all of the work.
        effective: number of draws that the weights are worth.
        weights: of the draws (draw,).
        mean, covariance: of what runs show, before offsets and errors (column,), (column, column).
        move: how a draw moves by how far it misses the fitted figures (column, fitted).
        noise: covariance of fitted figures around what runs show, as the linear rule used it (fitted, fitted).
        carry: how offsets and model errors carry over from what is known (column, fitted).
        left: covariance of offsets and model errors that remains (column, column).
    """

    evidence: float
    power: float
    effective: float
    weights: Array
    mean: Array
    covariance: Array
    move: Array
    noise: Array
    carry: Array
    left: Array

    def readings(self, figures: Figures) -> tuple[Array, Array]:
        """Mean and covariance of every true reading, offsets and model errors included, before the error of asking."""
        known = figures.fitted
        through = np.eye(len(self.mean))
        through[:, known] -= self.carry
        mean = through @ self.mean + self.carry @ figures.values[known]
        return mean, through @ self.covariance @ through.T + self.left


def cloud_of(draws: Stack, figures: Figures, error: float | Array = 1.0) -> Cloud:
    """A theory after the fitted figures; ``draws`` are those of that theory.

    ``error`` is the SD of the model's error in units of its prior scale.
    """
    known = figures.fitted
    common = draws.common(error)
    around = common[np.ix_(known, known)] + np.diag(figures.spread[known] ** 2)
    likelihood = log_density(figures.values[known] - draws.shown[:, known], around)
    power, weights = tempered(likelihood, fewest_of(draws))
    mean, spread = local_moments(draws, weights)
    noise = around / (1.0 - power)
    total = spread[np.ix_(known, known)] + noise
    gain = _solved(total, spread[known]).T
    missed = figures.values[known] - mean[known]
    carry = _solved(around, common[known]).T
    size = int(known.sum())
    scale = 0.5 * power * (size * LOG_2PI + _log_determinant(around)) - 0.5 * size * np.log(1.0 - power)
    weighed = float(logsumexp(power * likelihood)) - np.log(len(likelihood))
    return Cloud(
        evidence=float(weighed + scale + log_density(missed[None], total)[0]),
        power=power,
        effective=float(1.0 / (weights**2).sum()),
        weights=weights,
        mean=mean + gain @ missed,
        covariance=_symmetric(spread - gain @ spread[known]),
        move=gain,
        noise=noise,
        carry=carry,
        left=_symmetric(common - carry @ common[known]),
    )


def moved(draws: Stack, cloud: Cloud, figures: Figures, number: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draws after the data: numbers of those taken (taken,), and what runs show, moved by the linear rule (taken, column)."""
    known = figures.fitted
    taken = rng.choice(len(draws), number, p=cloud.weights)
    factor = np.linalg.cholesky(cloud.noise) if known.any() else np.zeros((0, 0))
    shaken = figures.values[known] + rng.standard_normal((number, int(known.sum()))) @ factor.T
    return taken, draws.shown[taken] + (shaken - draws.shown[taken][:, known]) @ cloud.move.T


def fewest_of(draws: Stack) -> float:
    """Effective draws that must be left after weighting.

    Raises:
        BankError: when the theory has too few draws at all.
    """
    wanted = max(FEWEST, PER_PARAMETER * draws.shared.shape[1])
    if len(draws) < wanted:
        name = draws.theories[0] if len(draws) else "a theory"
        raise BankError(
            f"{name} has {len(draws)} draws and needs {wanted} ({PER_PARAMETER} for each of {draws.shared.shape[1]} "
            f"shared "
            f"parameters, at least {FEWEST}). Grow the bank."
        )
    return max(float(wanted), SHARE * len(draws))


def tempered(likelihood: Array, fewest: float) -> tuple[float, Array]:
    """The largest power (at most .95) of the likelihood that leaves so many effective draws, and the weights it gives."""
    low, high = 0.0, MOST_POWER
    if effective(high * likelihood) >= fewest:
        low = high
    for _ in range(25 if low < high else 0):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if effective(middle * likelihood) >= fewest else (low, middle)
    return low, np.exp(low * likelihood - logsumexp(low * likelihood))


def effective(logs: Array) -> float:
    """Effective number of draws with these log weights (Kish).

    >>> round(effective(np.zeros(7)), 6)
    7.0
    """
    weights = np.exp(logs - logs.max())
    return float(weights.sum() ** 2 / (weights @ weights))


def local_moments(draws: Stack, weights: Array) -> tuple[Array, Array]:
    """Weighted mean and covariance of what runs show (column,), (column, column).

    Cases know of each other through shared parameters alone, so covariances between cases come from the regression on
    these, and what is left belongs to each case; this keeps the chance correlations of few draws out.
    """
    mean = weights @ draws.shown
    through = fit(draws.shared, draws.shown, weights)
    covariance = _weighed(through, weights)
    for case, own in draws.own.items():
        columns = np.flatnonzero(draws.cases == case)
        whole = fit(np.hstack([draws.shared, own]), draws.shown[:, columns], weights)
        place = np.ix_(columns, columns)
        covariance[place] += _weighed(whole - through[:, columns], weights)
        rest = _weighed(draws.shown[:, columns] - mean[columns] - whole, weights)
        shrink = len(columns) / (len(columns) + 1.0 / (weights**2).sum())
        covariance[place] += (1.0 - shrink) * rest + shrink * np.diag(np.diag(rest))
    return mean, covariance


def fit(inputs: Array, outputs: Array, weights: Array) -> Array:
    """Fitted values of a weighted linear regression, about the weighted mean (draw, output)."""
    if inputs.shape[1] == 0:
        return np.zeros_like(outputs)
    root = np.sqrt(weights)[:, None]
    about = inputs - weights @ inputs
    scale = np.sqrt(weights @ about**2)
    about = about / np.where(scale > 0, scale, 1.0)
    crossed = (about * root).T @ (about * root) + 1e-6 * np.eye(about.shape[1])
    slopes = np.linalg.solve(crossed, (about * root).T @ ((outputs - weights @ outputs) * root))
    return about @ slopes


def log_density(residuals: Array, covariance: Array) -> Array:
    """Normal log density of each row of residuals (row,); 0 where there is no column."""
    if not len(covariance):
        return np.zeros(len(residuals))
    factor = np.linalg.cholesky(covariance)
    white = solve_triangular(factor, residuals.T, lower=True)
    return -0.5 * ((white**2).sum(axis=0) + len(covariance) * LOG_2PI) - np.log(np.diag(factor)).sum()


def _log_determinant(covariance: Array) -> float:
    return float(np.linalg.slogdet(covariance)[1]) if len(covariance) else 0.0


def _solved(covariance: Array, right: Array) -> Any:
    return cho_solve(cho_factor(covariance, lower=True), right) if len(covariance) else right


def _weighed(about_mean: Array, weights: Array) -> Array:
    centred = about_mean - weights @ about_mean
    return (centred * weights[:, None]).T @ centred


def _symmetric(covariance: Array) -> Array:
    return 0.5 * (covariance + covariance.T)


__all__ = ["BankError", "Cloud", "cloud_of", "effective", "fit", "local_moments", "log_density", "moved", "tempered"]
