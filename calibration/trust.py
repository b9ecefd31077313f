"""Whether to trust intervals: engines are asked about data sets whose truth is known, and must cover it as often as they claim.

Simulation-based calibration (Talts and others 2018, arXiv 1804.06788): over the prior, the rank of the truth among
the draws of its posterior is uniform. An engine that fails is reported, with the factor by which its intervals must
widen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom, kstest, norm

from coprod_abm.calibration.bank import Array, Bank, Observed
from coprod_abm.calibration.coordinates import priors_of, ranks_of
from coprod_abm.calibration.likelihood import Errors
from coprod_abm.calibration.posterior import Posterior
from coprod_abm.calibration.summaries import with_errors

NOMINAL, NARROW = 0.9, 0.5
GOOD_COVERAGE = (0.85, 0.95)  # of 90 % intervals: needs no word
BAND = 0.99
PRIOR_CRPS = 1.0 / 6.0  # mean CRPS of the uniform prior, in ranks
PRIOR_SD = 1.0 / np.sqrt(12.0)

Fit = Callable[[Observed, int], Posterior]


@dataclass(frozen=True)
class Trial:
    """Posteriors of data sets with known truth, all in ranks under the prior.

    Attributes:
        parameters: the columns.
        truth, mean, sd, crps: (set, parameter).
        place: share of the draws below the truth (set, parameter).
    """

    parameters: tuple[str, ...]
    truth: Array
    mean: Array
    sd: Array
    crps: Array
    place: Array

    def coverage(self, nominal: float = NOMINAL) -> Array:
        """Share of central intervals that hold the truth (parameter,)."""
        return (np.abs(self.place - 0.5) <= nominal / 2.0).mean(axis=0)

    @property
    def rmse(self) -> Array:
        """Error of the posterior mean in prior SDs (parameter,); 1 for the prior mean."""
        return np.sqrt(((self.mean - self.truth) ** 2).mean(axis=0)) / PRIOR_SD

    @property
    def relative_crps(self) -> Array:
        """Continuous ranked probability score, with that of the prior as 1 (parameter,)."""
        return self.crps.mean(axis=0) / PRIOR_CRPS

    @property
    def contraction(self) -> Array:
        """Mean share of the prior variance that the data take away (parameter,)."""
        return 1.0 - (self.sd**2).mean(axis=0) / PRIOR_SD**2

    @property
    def rank_p(self) -> Array:
        """Probability of ranks as far from uniform as these, by Kolmogorov and Smirnov (parameter,)."""
        return np.array([kstest(column, "uniform").pvalue for column in self.place.T])

    @property
    def widening(self) -> Array:
        """The factor by which intervals must widen to cover what they claim, at least 1 (parameter,)."""
        reach = np.quantile(np.abs(norm.ppf(np.clip(self.place, 1e-4, 1.0 - 1e-4))), NOMINAL, axis=0)
        return np.maximum(reach / norm.ppf(0.5 + NOMINAL / 2.0), 1.0)

    def failures(self) -> list[str]:
        """What a reader must know before trusting the intervals; nothing if all is well."""
        count = len(self.place)
        low, high = band(count)
        found = []
        for name, covered, p, wider in zip(self.parameters, self.coverage(), self.rank_p, self.widening, strict=True):
            if not low <= covered <= high:
                then = f"they must be {wider:.2f} times as wide" if covered < low else "they are too wide"
                found.append(
                    f"{name}: its 90 % intervals hold the truth in {covered:.0%} of {count} data sets, outside "
                    f"{low:.0%}–{high:.0%}; {then}."
                )
            if p < 0.01 / len(self.parameters):
                found.append(f"{name}: the truth's ranks among the draws are not uniform (p = {p:.1g}).")
        return found


def together(trials: Sequence[Trial]) -> list[Trial]:
    """One trial for each parameter, of all the cases that have it."""
    found = []
    for name in dict.fromkeys(name for one in trials for name in one.parameters):
        columns = [(one, one.parameters.index(name)) for one in trials if name in one.parameters]
        parts = [
            np.concatenate([getattr(one, part)[:, [at]] for one, at in columns])
            for part in ("truth", "mean", "sd", "crps", "place")
        ]
        found.append(Trial((name,), *parts))
    return found


def band(sets: int, nominal: float = NOMINAL) -> tuple[float, float]:
    """Between which shares the coverage of that many data sets stays with 99 % probability.

    >>> band(100)
    (0.82, 0.97)
    """
    low, high = binom.ppf([(1.0 - BAND) / 2.0, (1.0 + BAND) / 2.0], sets, nominal) / sets
    return float(low), float(high)


def tried(truths: Bank, case: str, fit: Fit, errors: Errors, seed: int = 0, missing: Array | None = None) -> Trial:
    """Fit data sets drawn from the prior: each draw of a bank that no engine has seen, with every error of observation.

    Slots that are ``missing`` in the real data (slot,) are not fitted here either.
    """
    one = truths.cases[case]
    rng = np.random.default_rng([seed, 5])
    values = with_errors(one.shown, one.slots, one.spread, errors, rng)
    nothing = np.zeros(len(one.slots), bool) if missing is None else missing
    sets = [Observed(case, one.slots, row, one.spread, nothing) for row in values]
    truth = ranks_of(priors_of(truths.priors, one.parameters), one.theta)
    return trial_of(one.parameters, truth, [fit(data, seed + at).ranks for at, data in enumerate(sets)])


def trial_of(parameters: tuple[str, ...], truth: Array, draws: list[Array]) -> Trial:
    """A trial of posteriors (each sample, parameter) against the truth (set, parameter), all in ranks."""
    return Trial(
        parameters,
        truth,
        np.array([one.mean(axis=0) for one in draws]),
        np.array([one.std(axis=0) for one in draws]),
        np.array([crps(one, at) for one, at in zip(draws, truth, strict=True)]),
        np.array([(one < at).mean(axis=0) for one, at in zip(draws, truth, strict=True)]),
    )


def crps(draws: Array, truth: Array) -> Array:
    """Continuous ranked probability score of draws (sample, parameter) for a truth (parameter,).

    >>> crps(np.array([[0.0], [1.0]]), np.array([0.0]))
    array([0.25])
    """
    ordered = np.sort(draws, axis=0)
    count = len(ordered)
    weights = 2.0 * np.arange(1, count + 1) - count - 1.0
    return np.abs(draws - truth).mean(axis=0) - (weights[:, None] * ordered).sum(axis=0) / count**2
