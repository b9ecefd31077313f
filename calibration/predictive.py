"""What a fitted model expects to be measured, slot by slot: fitted slots again in fresh runs, held-out ones in the same run."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import chi2

from coprod_abm.calibration.bank import Array, Observed
from coprod_abm.calibration.emulator import Emulator
from coprod_abm.calibration.likelihood import Errors, Likelihood
from coprod_abm.calibration.posterior import Posterior

IMPLAUSIBLE = 0.005  # probability below which even the best parameters do not explain a case
MOST_SAMPLES = 1_000


@dataclass(frozen=True)
class Predicted:
    """Draws of what would be measured (sample, slot), on the scale of comparison, and how the data sit among them.

    Attributes:
        observed: the data.
        draws: (sample, slot).
        p: two-sided share of draws at least as far out as the data (slot,); NaN where there are none.
        explained: probability of errors as large as those of the best draw, over all fitted slots together.
    """

    observed: Observed
    draws: Array
    p: Array
    explained: float

    @property
    def refused(self) -> bool:
        """Whether no parameters reproduce the case, even with every error allowed for."""
        return self.explained < IMPLAUSIBLE


def predicted(
    emulator: Emulator,
    observed: Observed,
    posterior: Posterior,
    errors: Errors,
    rng: np.random.Generator,
    offset: Array | None = None,
) -> Predicted:
    """What the posterior of the emulated likelihood expects in every slot of its case.

    Errors of instruments and of the model are what the fitted slots tell of them, unless draws of the instruments'
    ``offset`` (sample, measure) are given beside those of the posterior. A held-out slot belongs to the run
    that showed the fitted ones, so that the luck of that run is carried over too.
    """
    known = errors if offset is None else replace(errors, offset=0.0)
    likelihood = Likelihood(emulator, observed, known, predicted_only=offset is not None)
    taken = slice(None, None, max(1, len(posterior.scores) // MOST_SAMPLES))
    mean, run, shared = likelihood.covariance(posterior.scores[taken])
    if offset is not None:
        mean = mean + offset[taken][:, likelihood.block]
    block, fit, out = likelihood.block, likelihood.fitted, np.flatnonzero(~observed.fitted)
    constant = np.where(block[:, None] == block, shared[:, block][:, None, :], 0.0)
    whole = run + constant
    residual = (observed.values[fit] - mean[:, fit])[:, :, None]
    inverse = np.linalg.inv(whole[:, fit][:, :, fit])
    draws = np.empty_like(mean)
    for at, told, own in ((fit, constant, whole), (out, whole, whole)):
        pull = told[:, at][:, :, fit] @ inverse
        left = own[:, at][:, :, at] - pull @ np.swapaxes(told[:, at][:, :, fit], 1, 2)
        centre = mean[:, at] + (pull @ residual)[:, :, 0]
        draws[:, at] = centre + normal(left, rng)
    higher = (draws > observed.values).mean(axis=0)
    p = np.where(np.isnan(observed.values), np.nan, np.minimum(1.0, 2.0 * np.minimum(higher, 1.0 - higher)))
    distance = (np.swapaxes(residual, 1, 2) @ inverse @ residual)[:, 0, 0]
    explained = float(chi2.sf(distance.min(), len(fit))) if len(fit) else float("nan")
    return Predicted(observed, draws, p, explained)


def normal(covariance: Array, rng: np.random.Generator) -> Array:
    """One draw from each normal distribution of mean 0 (draw, slot)."""
    slots = covariance.shape[1]
    root = np.linalg.cholesky(covariance + 1e-10 * np.eye(slots))
    return (root @ rng.standard_normal((len(covariance), slots, 1)))[:, :, 0]
