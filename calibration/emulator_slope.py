"""The emulated log likelihood of one case with its slope in every score, compiled: what Hamiltonian Monte Carlo asks for.

Instruments of a country share an offset, which is normal and additive, so that it is integrated out over all cases of a
country: a case is *opened* at its scores (errors and their inverse covariance), the country says what its offsets must
be, and the case is *closed* with them (slopes).
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr

from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.likelihood import HALF_LOG_2PI, Likelihood
from coprod_abm.compiled import kernel

ROOT_2PI = np.sqrt(2.0 * np.pi)


class Opened(NamedTuple):
    """A case at some scores.

    Attributes:
        value: its log density with offsets of zero.
        residual: errors of the fitted slots (slot,).
        inverse: inverse covariance of these (slot, slot).
        inside: what closing needs beside.
    """

    value: float
    residual: Array
    inverse: Array
    inside: tuple[Any, ...]


class Slope:
    """The log likelihood of a case as a function of its scores, its discrepancies and the offsets of its instruments."""

    def __init__(self, likelihood: Likelihood) -> None:
        emulator, at = likelihood.emulator, likelihood.fitted
        self.measures = len(likelihood.measures)
        self.block = likelihood.block[at]
        self.of_measure = (self.block[:, None] == np.arange(self.measures)).astype(float)
        self.target = (likelihood.observed.values - emulator.centre)[at]
        self.known = likelihood.observed.spread[at] ** 2
        self.scale = emulator.scale[at]
        self.surface = np.ascontiguousarray(emulator.surface[:, at])
        self.log_variance = np.ascontiguousarray(emulator.log_variance[:, at])
        self.correlation = np.ascontiguousarray(emulator.correlation[np.ix_(at, at)])
        self.layers = stacked(emulator.networks, at)

    def opened(self, scores: Array, wrong: Array) -> Opened:
        """The case at scores (parameter,) and SDs of discrepancy (measure,)."""
        x = 2.0 * ndtr(scores) - 1.0
        value, residual, inverse, *inside = at_scores(
            x, wrong**2, self.target, self.known, self.scale, self.block, self.surface, self.log_variance,
            self.correlation, *self.layers,
        )  # fmt: skip
        density = 2.0 * np.exp(-0.5 * scores**2) / ROOT_2PI
        return Opened(value, residual, inverse, (x, density, 2.0 * wrong, *inside))

    def closed(self, case: Opened, offset: Array, unsure: Array) -> tuple[Array, Array]:
        """Slopes in scores (parameter,) and SDs of discrepancy (measure,), given what the country says of its offsets.

        ``offset`` is their mean (measure,) and ``unsure`` their covariance (measure, measure).
        """
        x, density, by_wrong, sd, each, first, second = case.inside
        alpha = case.inverse @ (case.residual - offset[self.block])
        told = case.inverse @ self.of_measure
        half = 0.5 * (np.outer(alpha, alpha) - case.inverse + told @ unsure @ told.T)
        dx, dv = slopes_at(
            x, alpha, half, sd, each, first, second, self.measures, self.scale, self.block, self.surface,
            self.log_variance, self.correlation, *self.layers[::2],
        )  # fmt: skip
        return dx * density, dv * by_wrong


def stacked(networks: Any, at: Array) -> tuple[Array, ...]:
    """The three layers of all members, weights and biases by turns, each with a leading axis for the member."""
    found = []
    for depth in range(3):
        weights = np.stack([one[depth][0] for one in networks])
        biases = np.stack([one[depth][1] for one in networks])
        found += [weights, biases] if depth < 2 else [weights[:, :, at], biases[:, at]]
    return tuple(np.ascontiguousarray(one) for one in found)


@kernel
def features_of(x: Any) -> Any:
    """Constant, linear, square and product terms of one x, in the order of ``quadratic``."""
    count = len(x)
    found = np.empty(1 + count + count * (count + 1) // 2)
    found[0] = 1.0
    at = 1 + count
    for i in range(count):
        found[1 + i] = x[i]
        for j in range(i, count):
            found[at] = x[i] * x[j]
            at += 1
    return found


@kernel
def features_slope(x: Any, pull: Any) -> Any:
    """The slope in x of a sum of features, each times its pull."""
    count = len(x)
    found = pull[1 : 1 + count].copy()
    at = 1 + count
    for i in range(count):
        for j in range(i, count):
            found[i] += pull[at] * x[j]
            found[j] += pull[at] * x[i]
            at += 1
    return found


@kernel
def at_scores(
    x: Any, shared: Any, target: Any, known: Any, scale: Any, block: Any, surface: Any, log_variance: Any,
    correlation: Any, w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any,
) -> Any:  # fmt: skip
    """Log density of a target, its errors and their inverse covariance; SDs over seeds and the networks' layers."""
    members, slots = len(w1), len(target)
    features = features_of(x)
    first = np.empty((members, w1.shape[2]))
    second = np.empty((members, w2.shape[2]))
    each = np.empty((members, slots))
    for m in range(members):
        first[m] = np.tanh(x @ w1[m] + b1[m])
        second[m] = np.tanh(first[m] @ w2[m] + b2[m])
        each[m] = second[m] @ w3[m] + b3[m]
    middle = each.sum(axis=0) / members
    apart = ((each - middle) ** 2).sum(axis=0) / max(members - 1, 1)
    residual = target - scale * (features @ surface + middle)
    sd = scale * np.exp(0.5 * (features @ log_variance))
    covariance = np.empty((slots, slots))
    for i in range(slots):
        for j in range(slots):
            covariance[i, j] = sd[i] * sd[j] * correlation[i, j]
            if block[i] == block[j]:
                covariance[i, j] += shared[block[i]]
        covariance[i, i] += known[i] + scale[i] ** 2 * apart[i]
    root = np.linalg.cholesky(covariance)
    inverse = np.linalg.inv(covariance)
    value = -0.5 * (residual @ (inverse @ residual)) - HALF_LOG_2PI * slots
    for i in range(slots):
        value -= np.log(root[i, i])
    return value, residual, inverse, sd, each, first, second


@kernel
def slopes_at(
    x: Any, alpha: Any, half: Any, sd: Any, each: Any, first: Any, second: Any, measures: Any, scale: Any, block: Any,
    surface: Any, log_variance: Any, correlation: Any, w1: Any, w2: Any, w3: Any,
) -> Any:  # fmt: skip
    """Slopes in x and in the variance of each block, of the pull on each mean (``alpha``) and covariance (``half``)."""
    members, slots = len(w1), len(alpha)
    middle = each.sum(axis=0) / members
    pull_sd, pull_shared = np.zeros(slots), np.zeros(measures)
    pull_own = np.empty(slots)
    for i in range(slots):
        for j in range(slots):
            pull_sd[i] += 2.0 * half[i, j] * sd[j] * correlation[i, j]
            if block[i] == block[j]:
                pull_shared[block[i]] += half[i, j]
        pull_own[i] = half[i, i]
    slope = features_slope(x, surface @ (alpha * scale) + log_variance @ (0.5 * pull_sd * sd))
    for m in range(members):
        pull = alpha * scale / members + 2.0 * pull_own * scale**2 * (each[m] - middle) / max(members - 1, 1)
        back = (w3[m] @ pull) * (1.0 - second[m] ** 2)
        back = (w2[m] @ back) * (1.0 - first[m] ** 2)
        slope += w1[m] @ back
    return slope, pull_shared
