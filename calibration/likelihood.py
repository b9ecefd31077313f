"""How likely an observed case is by its emulator, with every error in it: luck, few answers, emulator, instrument, model.

Instruments of a country are offset by a constant per measure, the model is wrong by a constant per case and measure;
both are normal and additive on the scale of comparison, so they are integrated out: slots of one measure share a
variance. See O'Hagan and Kennedy (2001, doi 10.1111/1467-9868.00294) for model discrepancy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.stats import norm

from coprod_abm.calibration.bank import Array, BankError, Observed
from coprod_abm.calibration.coordinates import ranks_of_scores, scores_of
from coprod_abm.calibration.emulator import Emulator
from coprod_abm.compiled import kernel

HALF_LOG_2PI = 0.5 * np.log(2.0 * np.pi)


@dataclass(frozen=True)
class Errors:
    """What may be wrong beside luck and few respondents.

    Attributes:
        offset: SD of an instrument's constant offset, per country and measure.
        discrepancy: SD of the half-normal prior of the model's error, in SDs of the prior predictive; 0 for a model
        that is right.
    """

    offset: float = 1.5
    discrepancy: float = 0.5


NO_ERRORS = Errors(0.0, 0.0)


@dataclass(frozen=True)
class Likelihood:
    """The log likelihood of an observed case, of scores: one for each parameter, then one for each measure's discrepancy."""

    emulator: Emulator
    observed: Observed
    errors: Errors
    predicted_only: bool = False  # whether the case may have no fitted slot

    def __post_init__(self) -> None:
        if self.observed.slots != self.emulator.slots:
            raise BankError(
                f"The targets of {self.observed.case} are other slots than its bank holds. "
                "Make both from the same targets."
            )
        if not (self.observed.fitted.any() or self.predicted_only):
            raise BankError(f"{self.observed.case} has no fitted slot: every wave is missing or held out.")

    @cached_property
    def fitted(self) -> Array:
        """Numbers of the fitted slots."""
        return np.flatnonzero(self.observed.fitted)

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """All measures of the case, in order."""
        return tuple(dict.fromkeys(slot.measure for slot in self.emulator.slots))

    @cached_property
    def block(self) -> Array:
        """The number of each slot's measure (slot,)."""
        return np.array([self.measures.index(slot.measure) for slot in self.emulator.slots])

    @cached_property
    def discrepancy_scale(self) -> Array:
        """Scale of the half-normal prior of the discrepancy of each measure (measure,)."""
        scale = self.emulator.scale
        return self.errors.discrepancy * np.array([scale[self.block == at].mean() for at in range(len(self.measures))])

    @property
    def dimensions(self) -> int:
        """How many scores a draw has."""
        return len(self.emulator.parameters) + (len(self.measures) if self.errors.discrepancy else 0)

    def parts(self, scores: Array) -> tuple[Array, Array]:
        """Ranks of the parameters (draw, parameter) and the SD of the discrepancy of each measure (draw, measure)."""
        count = len(self.emulator.parameters)
        ranks = ranks_of_scores(scores[:, :count])
        if not self.errors.discrepancy:
            return ranks, np.zeros((len(scores), len(self.measures)))
        return ranks, self.discrepancy_scale * scores_of(0.5 + 0.5 * ranks_of_scores(scores[:, count:]))

    def whole(self, scores: Array, wrong: Array) -> Array:
        """Scores of parameters with the scores of discrepancies beside them: the way back from ``parts``."""
        if not self.errors.discrepancy:
            return scores
        return np.concatenate([scores, scores_of(2.0 * norm.cdf(wrong / self.discrepancy_scale) - 1.0)], axis=1)

    def __call__(self, scores: Array) -> Array:
        """The log likelihood (draw,)."""
        ranks, wrong = self.parts(scores)
        mean, sd, apart = self.emulator.predict(ranks)
        at = self.fitted
        shared = wrong**2 + self.errors.offset**2
        own = apart[:, at] ** 2 + self.observed.spread[at] ** 2
        within = self.emulator.correlation[np.ix_(at, at)]
        return log_densities(self.observed.values[at] - mean[:, at], sd[:, at], own, within, self.block[at], shared)

    def covariance(self, scores: Array) -> tuple[Array, Array, Array]:
        """Means (draw, slot), covariance of one survey of one run (draw, slot, slot), variance in common (draw, measure)."""
        ranks, wrong = self.parts(scores)
        mean, sd, apart = self.emulator.predict(ranks)
        found = sd[:, :, None] * sd[:, None, :] * self.emulator.correlation
        at = np.arange(mean.shape[1])
        found[:, at, at] += apart**2 + self.observed.spread**2
        return mean, found, wrong**2 + self.errors.offset**2


def scales_of(likelihoods: Sequence[Likelihood]) -> dict[str, float]:
    """The scale of the discrepancy of each measure, in the mean of the cases that have it."""
    found: dict[str, list[float]] = {}
    for one in likelihoods:
        for name, scale in zip(one.measures, one.discrepancy_scale, strict=True):
            found.setdefault(name, []).append(float(scale))
    return {name: float(np.mean(scales)) for name, scales in found.items()}


@kernel
def log_densities(residual: Any, sd: Any, own: Any, correlation: Any, block: Any, shared: Any) -> Any:
    """Log densities (draw,) of normal residuals (draw, slot), by Cholesky's method.

    Their covariance is ``sd · correlation · sd``, plus ``own`` on the diagonal, plus ``shared`` among the slots of
    one block.
    """
    draws, slots = residual.shape
    found = np.empty(draws)
    low = np.empty((slots, slots))
    white = np.empty(slots)
    for draw in range(draws):
        total = -HALF_LOG_2PI * slots
        for i in range(slots):
            for j in range(i + 1):
                value = sd[draw, i] * sd[draw, j] * correlation[i, j]
                if i == j:
                    value += own[draw, i]
                if block[i] == block[j]:
                    value += shared[draw, block[i]]
                for k in range(j):
                    value -= low[i, k] * low[j, k]
                low[i, j] = value / low[j, j] if i != j else np.sqrt(max(value, 1e-12))
            left = residual[draw, i]
            for k in range(i):
                left -= low[i, k] * white[k]
            white[i] = left / low[i, i]
            total -= 0.5 * white[i] ** 2 + np.log(low[i, i])
        found[draw] = total
    return found
