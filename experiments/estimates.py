"""Effects with intervals from replicate runs, and the criteria they are held against: met, not met, or unclear."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, NamedTuple, Protocol

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
LEVEL = 0.99  # of every interval in the table of patterns
RESAMPLES = 1_000
MET, NOT_MET, UNCLEAR = "met", "not met", "unclear"


class Estimate(NamedTuple):
    """An effect with its interval, and from how many runs it comes."""

    effect: float
    low: float
    high: float
    runs: int

    def scaled(self, factor: float) -> "Estimate":
        """The same in a unit of which one holds ``factor`` of the present one."""
        ends = sorted((self.low * factor, self.high * factor))
        return Estimate(self.effect * factor, ends[0], ends[1], self.runs)


NOTHING = Estimate(math.nan, math.nan, math.nan, 0)


class Criterion(Protocol):
    """What an effect must show."""

    def verdict(self, found: Estimate) -> str:
        """Whether it does: ``met``, ``not met``, or ``unclear`` where the interval is too wide to say."""
        ...

    @property
    def says(self) -> str:
        """The criterion in words."""
        ...

    @property
    def limits(self) -> tuple[float, float]:
        """Between which values the interval must lie."""
        ...


@dataclass(frozen=True)
class Sign:
    """The whole interval lies on one side of zero; an effect that is surely smaller than ``negligible`` is not met."""

    direction: int
    negligible: float = 0.0

    def verdict(self, found: Estimate) -> str:
        """Met where the interval excludes zero on the right side.

        >>> Sign(1).verdict(Estimate(1.0, 0.5, 1.5, 9)), Sign(-1).verdict(Estimate(1.0, 0.5, 1.5, 9))
        ('met', 'not met')
        >>> Sign(1).verdict(Estimate(0.1, -0.5, 0.7, 9)), Sign(1, 0.2).verdict(Estimate(0.0, -0.1, 0.1, 9))
        ('unclear', 'not met')
        """
        low, high = (found.low, found.high) if self.direction > 0 else (-found.high, -found.low)
        if low > 0.0:
            return MET
        return NOT_MET if high <= self.negligible else UNCLEAR

    @property
    def says(self) -> str:
        """The sign in words."""
        return f"{'above' if self.direction > 0 else 'below'} 0"

    @property
    def limits(self) -> tuple[float, float]:
        """Zero and no limit."""
        return (0.0, math.inf) if self.direction > 0 else (-math.inf, 0.0)


@dataclass(frozen=True)
class Band:
    """The whole interval lies between two values."""

    low: float
    high: float

    def verdict(self, found: Estimate) -> str:
        """Met inside the band, not met outside it, unclear across an end.

        >>> [Band(0.1, 0.2).verdict(Estimate(m, m - 0.01, m + 0.01, 9)) for m in (0.15, 0.2, 0.3)]
        ['met', 'unclear', 'not met']
        """
        if self.low <= found.low and found.high <= self.high:
            return MET
        return UNCLEAR if found.high > self.low and found.low < self.high else NOT_MET

    @property
    def says(self) -> str:
        """The band in words."""
        return f"{self.low:g} or more" if math.isinf(self.high) else f"{self.low:g} to {self.high:g}"

    @property
    def limits(self) -> tuple[float, float]:
        """The ends of the band."""
        return self.low, self.high


def quantile_of_t(level: float, freedom: int) -> float:
    """The two-sided quantile of Student's t: the normal one and Fisher's expansion in 1/freedom.

    >>> round(quantile_of_t(0.99, 9), 2), round(quantile_of_t(0.95, 30), 2)
    (3.25, 2.04)
    """
    z = NormalDist().inv_cdf(0.5 + 0.5 * level)
    first = (z**3 + z) / 4.0
    second = (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / 96.0
    third = (3.0 * z**7 + 19.0 * z**5 + 17.0 * z**3 - 15.0 * z) / 384.0
    return z + first / freedom + second / freedom**2 + third / freedom**3


def mean_of(values: Sequence[float] | Array, level: float = LEVEL) -> Estimate:
    """The mean over runs with its t interval; runs in which the statistic is not defined (NaN) are left out.

    >>> [round(value, 3) for value in mean_of([1.0, 2.0, 3.0, 2.0], 0.95)]
    [2.0, 0.71, 3.29, 4]
    """
    known = np.asarray(values, float)
    known = known[np.isfinite(known)]
    if len(known) < 3:
        return NOTHING
    half = quantile_of_t(level, len(known) - 1) * known.std(ddof=1) / math.sqrt(len(known))
    return Estimate(float(known.mean()), float(known.mean() - half), float(known.mean() + half), len(known))


def ratio_of(parts: Sequence[float] | Array, wholes: Sequence[float] | Array, level: float = LEVEL) -> Estimate:
    """The ratio of two sums over runs, with the interval of its linear form.

    >>> [round(value, 2) for value in ratio_of([1.0, 2.0, 3.0], [10.0, 20.0, 30.0])]
    [0.1, 0.1, 0.1, 3]
    """
    part, whole = np.asarray(parts, float), np.asarray(wholes, float)
    if whole.sum() <= 0.0:
        return NOTHING
    ratio = float(part.sum() / whole.sum())
    around = mean_of((part - ratio * whole) / whole.mean() + ratio, level)
    return Estimate(ratio, around.low, around.high, around.runs)


def correlation_of(one: Array, other: Array, level: float = LEVEL) -> Estimate:
    """Pearson's correlation over runs, with Fisher's interval."""
    known = np.isfinite(one) & np.isfinite(other)
    n = int(known.sum())
    if n < 8 or one[known].std() == 0.0 or other[known].std() == 0.0:
        return NOTHING
    r = float(np.corrcoef(one[known], other[known])[0, 1])
    half = NormalDist().inv_cdf(0.5 + 0.5 * level) / math.sqrt(n - 3)
    return Estimate(r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half), n)


def resampled(statistic: Callable[[Array], float], runs: int, seed: int, level: float = LEVEL) -> Estimate:
    """A statistic of runs chosen by index, with its percentile interval over resampled runs."""
    lots = np.random.default_rng(seed)
    drawn = [statistic(lots.integers(runs, size=runs)) for _ in range(RESAMPLES)]
    low, high = np.quantile(drawn, (0.5 - 0.5 * level, 0.5 + 0.5 * level))
    return Estimate(float(statistic(np.arange(runs))), float(low), float(high), runs)


def linear_slope(predictors: Array, outcome: Array, run: Array, which: int = 0, level: float = LEVEL) -> Estimate:
    """One slope of a linear regression over people, its error clustered by run.

    Predictors are standardised, so that a slope is the change per standard deviation.
    """
    design = standardised(predictors)
    inverse = np.linalg.pinv(design.T @ design)
    slopes = inverse @ design.T @ outcome
    return clustered(design, outcome - design @ slopes, slopes, inverse, run, which, level)


def logistic_slope(predictors: Array, happened: Array, run: Array, which: int = 0, level: float = LEVEL) -> Estimate:
    """One slope of a logistic regression over people, in log odds per standard deviation, its error clustered by run."""
    design = standardised(predictors)
    slopes = np.zeros(design.shape[1])
    inverse = np.eye(design.shape[1])
    for _ in range(25):
        chance = 1.0 / (1.0 + np.exp(-design @ slopes))
        inverse = np.linalg.pinv((design * (chance * (1.0 - chance))[:, None]).T @ design)
        step = inverse @ design.T @ (happened - chance)
        slopes += step
        if np.abs(step).max() < 1e-9:
            break
    chance = 1.0 / (1.0 + np.exp(-design @ slopes))
    return clustered(design, happened - chance, slopes, inverse, run, which, level)


def standardised(predictors: Array) -> Array:
    """Predictors ``(people, names)`` with mean 0 and SD 1, and a last column of ones; a constant one becomes 0."""
    spread = predictors.std(axis=0)
    scaled = (predictors - predictors.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)
    return np.column_stack([scaled, np.ones(len(predictors))])


def clustered(
    design: Array, residual: Array, slopes: Array, inverse: Array, run: Array, which: int, level: float
) -> Estimate:
    """The slope with a sandwich interval: people of one run may resemble each other, runs are independent."""
    _, place = np.unique(run, return_inverse=True)
    runs = int(place.max()) + 1
    scores = np.zeros((runs, design.shape[1]))
    np.add.at(scores, place, design * residual[:, None])
    spread = inverse @ (scores.T @ scores) @ inverse * runs / max(runs - 1, 1)
    half = quantile_of_t(level, max(runs - 1, 1)) * math.sqrt(max(float(spread[which, which]), 0.0))
    return Estimate(float(slopes[which]), float(slopes[which] - half), float(slopes[which] + half), runs)
