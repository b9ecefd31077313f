"""How honest the intervals of Sobol indices are, and how near the values: functions with known indices, many samples each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from coprod_abm.experiments.benchmark_figures import Figure, tell
from coprod_abm.experiments.sensitivity_sample import Array, Sampling
from coprod_abm.experiments.sensitivity_sobol import sobol_estimates

REPETITIONS, QUICK = 60, 4
SCRAMBLES = (1, 8)
INDICES = ("S1", "ST")
LIMITS = {1024: {"S1": 0.03, "ST": 0.02}, 4096: {"S1": 0.01, "ST": 0.01}}  # greatest errors for Ishigami's function
LEADERS = (1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 99.0)  # weight of the first parameter of each of eight groups
MANY, OTHERS = 60, 10.0


@dataclass(frozen=True)
class Known:
    """A function with known Sobol indices.

    Attributes:
        name: as it is told.
        space: the SALib problem.
        value: the outputs at points, shape (points, parameters).
        truth: ``S1`` and ``ST`` of each parameter or group.
        variance: of the outputs.
        noise: share of the variance of the outputs that is added as noise.
        n: base points of a sample.
    """

    name: str
    space: dict[str, Any]
    value: Callable[[Array], Array]
    truth: dict[str, Array]
    variance: float
    noise: float = 0.0
    n: int = 1024

    def expected(self, index: str) -> Array:
        """What SALib's index tends to: noise adds to the variance, and to every total effect."""
        return self.truth[index] * (1 - self.noise) + (self.noise if index == "ST" else 0.0)

    def outputs(self, points: Array, seed: int) -> Array:
        """The outputs with their noise."""
        width = np.sqrt(self.variance * self.noise / (1 - self.noise))
        found: Array = self.value(points) + np.random.default_rng(seed).normal(size=len(points)) * width
        return found


class Seen(NamedTuple):
    """What one index of one function was in every sample, shape (samples, parameters)."""

    error: Array
    half: Array


@dataclass
class Seens:
    """What both indices were in every sample."""

    errors: dict[str, list[Array]] = field(default_factory=lambda: {index: [] for index in INDICES})
    halves: dict[str, list[Array]] = field(default_factory=lambda: {index: [] for index in INDICES})

    def of(self, index: str) -> Seen:
        """One index."""
        return Seen(np.array(self.errors[index]), np.array(self.halves[index]))


# ---- functions ----


def ishigami(noise: float = 0.0, n: int = 1024) -> Known:
    """Ishigami and Homma's function with a = 7 and b = .1 (1990, 10.1109/ISUMA.1990.151285)."""
    bent = 0.1 * np.pi**4 / 5
    alone = np.array([0.5 * (1 + bent) ** 2, 49 / 8, 0.0])
    together = 0.01 * np.pi**8 * (1 / 18 - 1 / 50)  # of the first and third
    variance = float(alone.sum() + together)
    truth = {"S1": alone / variance, "ST": (alone + np.array([together, 0.0, together])) / variance}
    space = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[-np.pi, np.pi]] * 3}
    name = "Ishigami" + told(noise)
    return Known(name, space, ishigami_value, truth, variance, noise, n)


def ishigami_value(points: Array) -> Array:
    """Ishigami's function."""
    x = points.T
    found: Array = np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])
    return found


def sobol_g(noise: float = 0.0, n: int = 1024) -> Known:
    """Sobol's G of eight parameters, of which four do next to nothing (1998, 10.1016/S0378-4754(98)00096-2)."""
    weights = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0])
    return product("Sobol's G, 8 parameters", weights, np.arange(8), noise, n)


def many(noise: float, n: int) -> Known:
    """Sobol's G of sixty parameters in eight groups."""
    group = np.sort(np.arange(MANY) % len(LEADERS))
    weights = np.full(MANY, OTHERS)
    weights[np.searchsorted(group, np.arange(len(LEADERS)))] = LEADERS
    return product("60 parameters in 8 groups", weights, group, noise, n)


def product(name: str, weights: Array, group: Array, noise: float, n: int) -> Known:
    """A product of ``(|4x - 2| + weight) / (1 + weight)``; the indices are those of the groups."""
    parts = 1 / 3 / (1 + weights) ** 2
    alone = np.array([np.prod(1 + parts[group == each]) - 1 for each in range(group.max() + 1)])
    variance = float(np.prod(1 + alone) - 1)
    truth = {"S1": alone / variance, "ST": alone * np.prod(1 + alone) / (1 + alone) / variance}
    names = [f"x{place + 1}" for place in range(len(weights))]
    space: dict[str, Any] = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    if len(alone) < len(names):
        space["groups"] = [f"g{each + 1}" for each in group]
    return Known(
        name + told(noise),
        space,
        lambda points: np.asarray(np.prod((np.abs(4 * points - 2) + weights) / (1 + weights), axis=1)),
        truth,
        variance,
        noise,
        n,
    )


def told(noise: float) -> str:
    """The share of noise in a name."""
    return f", {noise:.0%} noise" if noise else ""


# ---- measured ----


def honesty(quick: bool) -> list[Figure]:
    """Share of intervals that hold the truth, and of samples whose errors stay within the limits for Ishigami's function."""
    repetitions = QUICK if quick else REPETITIONS
    figures = []
    for known in (ishigami(), ishigami(0.2), sobol_g(), many(0.05, 1024), many(0.3, 256)):
        for scrambles in SCRAMBLES:
            seen = measured(known, scrambles, repetitions)
            figures += [coverage(known, scrambles, index, seen.of(index)) for index in INDICES]
    for n in LIMITS:
        figures += [within(measured(ishigami(n=n), scrambles, repetitions), n, scrambles) for scrambles in SCRAMBLES]
    return figures


def measured(known: Known, scrambles: int, repetitions: int) -> Seens:
    """Errors and half widths of the indices of a function in samples with seeds of their own."""
    tell(f"intervals: {known.name}, n = {known.n}, {sequences(scrambles)}")
    seen = Seens()
    for repetition in range(repetitions):
        sampling = Sampling("sobol", known.space, 1000 * repetition + 7, known.n, scrambles)
        outputs = known.outputs(sampling.values(known.n), repetition)
        values, halves = sobol_estimates(sampling, known.n, outputs, None)
        for index in INDICES:
            seen.errors[index].append(values[index] - known.expected(index))
            seen.halves[index].append(halves[index])
    return seen


def coverage(known: Known, scrambles: int, index: str, seen: Seen) -> Figure:
    """The share of intervals that hold the truth, with the least and the most of any parameter."""
    holds = (np.abs(seen.error) <= seen.half).mean(axis=0)
    spread = "mean over parameters, the least and the most of any; "
    note = f"{spread}mean half width {seen.half.mean():.3f}, root mean square error {np.sqrt(np.square(seen.error).mean()):.3f}"
    name = f"{known.name}, n = {known.n}, {sequences(scrambles)}: intervals of {index} that hold the truth"
    return Figure("intervals", name, float(holds.mean()), float(holds.min()), float(holds.max()), "", note=note)


def within(seen: Seens, n: int, scrambles: int) -> Figure:
    """The share of samples in which no index is further from the truth than its limit."""
    greatest = {index: np.abs(seen.of(index).error).max(axis=1) for index in INDICES}
    good = np.all([greatest[index] <= LIMITS[n][index] for index in INDICES], axis=0)
    limits = ", ".join(f"{index} ≤ {LIMITS[n][index]:g}" for index in INDICES)
    usual = ", ".join(f"{index} {np.median(greatest[index]):.4f}" for index in INDICES)
    most = ", ".join(f"{index} {greatest[index].max():.4f}" for index in INDICES)
    name = f"Ishigami, n = {n}, {sequences(scrambles)}: samples with greatest errors of {limits}"
    share = float(good.mean())
    return Figure("intervals", name, share, share, share, "", note=f"greatest errors, median: {usual}; worst: {most}")


def sequences(scrambles: int) -> str:
    """How many sequences there are, in words."""
    return "one sequence" if scrambles == 1 else f"{scrambles} scrambles"
