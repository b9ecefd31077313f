"""The emulated log likelihood of one case with its slope in every score, compiled: what Hamiltonian Monte Carlo asks for."""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr

from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.likelihood import HALF_LOG_2PI, Likelihood
from coprod_abm.compiled import kernel

ROOT_2PI = np.sqrt(2.0 * np.pi)


class Sloped(NamedTuple):
    """A log likelihood and its slopes in scores (parameter,), discrepancies (measure,) and offsets (measure,)."""

    value: float
    scores: Array
    wrong: Array
    offset: Array


class Slope:
    """The log likelihood of a case as a function of its scores, its discrepancies and the offsets of its instruments."""

    def __init__(self, likelihood: Likelihood) -> None:
        emulator, at = likelihood.emulator, likelihood.fitted
        self.measures = len(likelihood.measures)
        self.block = likelihood.block[at]
        self.target = (likelihood.observed.values - emulator.centre)[at]
        self.known = likelihood.observed.spread[at] ** 2
        self.scale = emulator.scale[at]
        self.surface = np.ascontiguousarray(emulator.surface[:, at])
        self.log_variance = np.ascontiguousarray(emulator.log_variance[:, at])
        self.correlation = np.ascontiguousarray(emulator.correlation[np.ix_(at, at)])
        self.layers = stacked(emulator.networks, at)

    def __call__(self, scores: Array, wrong: Array, offset: Array) -> Sloped:
        """The log likelihood at scores (parameter,), SDs of discrepancy (measure,) and offsets (measure,), with its slopes."""
        x = 2.0 * ndtr(scores) - 1.0
        value, dx, dm, dv = value_and_slopes(
            x,
            wrong**2,
            self.target - offset[self.block],
            self.known,
            self.scale,
            self.block,
            self.surface,
            self.log_variance,
            self.correlation,
            *self.layers,
        )
        density = 2.0 * np.exp(-0.5 * scores**2) / ROOT_2PI
        return Sloped(value, dx * density, dv * 2.0 * wrong, np.bincount(self.block, dm, self.measures))


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
def value_and_slopes(
    x: Any, shared: Any, target: Any, known: Any, scale: Any, block: Any, surface: Any, log_variance: Any,
    correlation: Any, w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any,
) -> Any:  # fmt: skip
    """Log density of a target, and its slopes in x, in the mean of each slot, and in the variance that a block shares."""
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
    alpha = inverse @ residual
    value = -0.5 * (residual @ alpha) - HALF_LOG_2PI * slots
    pull_sd, pull_shared = np.zeros(slots), np.zeros(len(shared))
    pull_own = np.empty(slots)
    for i in range(slots):
        value -= np.log(root[i, i])
        for j in range(slots):
            half = 0.5 * (alpha[i] * alpha[j] - inverse[i, j])
            pull_sd[i] += 2.0 * half * sd[j] * correlation[i, j]
            if block[i] == block[j]:
                pull_shared[block[i]] += half
            if i == j:
                pull_own[i] = half
    slope = features_slope(x, surface @ (alpha * scale) + log_variance @ (0.5 * pull_sd * sd))
    for m in range(members):
        pull = alpha * scale / members + 2.0 * pull_own * scale**2 * (each[m] - middle) / max(members - 1, 1)
        back = (w3[m] @ pull) * (1.0 - second[m] ** 2)
        back = (w2[m] @ back) * (1.0 - first[m] ** 2)
        slope += w1[m] @ back
    return value, slope, alpha, pull_shared
