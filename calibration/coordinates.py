"""Parameters on two scales free of units: ranks under the prior, in (0, 1), and the normal scores of these ranks.

A prior of any form is uniform in ranks and standard normal in scores, so samplers and emulators need no prior of
their own.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import norm, truncnorm

from coprod_abm.calibration.bank import Array, BankError, Estimated

EDGE = 1e-9  # ranks keep this far from 0 and 1, so that their scores are finite


def priors_of(priors: Sequence[Estimated], parameters: Sequence[str]) -> tuple[Estimated, ...]:
    """The priors of the parameters of one case, in its order."""
    named = {one.name: one for one in priors}
    return tuple(named[name] for name in parameters)


def ranks_of(priors: Sequence[Estimated], theta: Array) -> Array:
    """Ranks under the prior of parameter values (…, parameter) in natural units."""
    columns = [rank_of(one, theta[..., at]) for at, one in enumerate(priors)]
    return np.clip(np.stack(columns, axis=-1), EDGE, 1.0 - EDGE)


def theta_of(priors: Sequence[Estimated], ranks: Array) -> Array:
    """Parameter values in natural units of ranks (…, parameter)."""
    return np.stack([value_of(one, ranks[..., at]) for at, one in enumerate(priors)], axis=-1)


def rank_of(one: Estimated, values: Array) -> Array:
    """The share of the prior below each value."""
    if one.distribution == "uniform":
        return (values - one.low) / (one.high - one.low)
    return truncated(one).cdf(values)


def value_of(one: Estimated, ranks: Array) -> Array:
    """The value below which that share of the prior lies."""
    if one.distribution == "uniform":
        return one.low + (one.high - one.low) * ranks
    return truncated(one).ppf(ranks)


def truncated(one: Estimated) -> truncnorm:
    """The truncated normal of a prior.

    Raises:
        BankError: if the prior is of another form.
    """
    if one.distribution != "normal":
        raise BankError(f"The prior of {one.name} is {one.distribution!r}. Choose uniform or normal.")
    return truncnorm((one.low - one.mean) / one.sd, (one.high - one.mean) / one.sd, loc=one.mean, scale=one.sd)


def scores_of(ranks: Array) -> Array:
    """Normal scores of ranks."""
    return norm.ppf(np.clip(ranks, EDGE, 1.0 - EDGE))


def ranks_of_scores(scores: Array) -> Array:
    """Ranks of normal scores."""
    return np.clip(norm.cdf(scores), EDGE, 1.0 - EDGE)
