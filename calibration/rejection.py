"""The posterior without any emulator: the draws of the bank that come nearest, corrected by a local regression.

Distances are taken between predicted parameters (Fearnhead and Prangle 2012, doi 10.1111/j.1467-9868.2011.01010.x),
and what is kept is shifted along the local-linear slope (Beaumont, Zhang and Balding 2002, doi
10.1093/genetics/162.4.2025).
"""

from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from coprod_abm.calibration.bank import Array, Bank, BankError, Observed
from coprod_abm.calibration.coordinates import priors_of, ranks_of_scores, theta_of
from coprod_abm.calibration.likelihood import Errors
from coprod_abm.calibration.posterior import Posterior
from coprod_abm.calibration.summaries import surveyed

PER_SUMMARY = 15  # accepted draws for each slot, at least
SHARE = 0.01
RIDGE = 1e-3
SAMPLES = 1_000


class Nearest(NamedTuple):
    """Accepted draws: scores (draw, parameter), readings (draw, slot), weights (draw,)."""

    scores: Array
    shown: Array
    weights: Array


def rejected(bank: Bank, observed: Observed, errors: Errors, seed: int = 0) -> Posterior:
    """The posterior by rejection and local-linear regression.

    Raises:
        BankError: if the bank has too few draws for the number of slots.
    """
    rng = np.random.default_rng([seed, 4])
    scores, shown = surveyed(bank, observed, errors, rng)
    target = observed.values[observed.fitted]
    kept = nearest(scores, shown, target, observed.case)
    adjusted = regressed(kept, target)
    chosen = rng.choice(len(adjusted), SAMPLES, p=kept.weights / kept.weights.sum())
    own = priors_of(bank.priors, bank.cases[observed.case].parameters)
    draws = theta_of(own, ranks_of_scores(adjusted[chosen]))
    told = {"accepted": len(adjusted), "accepted_share": len(adjusted) / len(scores)}
    return Posterior(
        observed.case,
        "rejection",
        bank.cases[observed.case].parameters,
        own,
        draws,
        diagnostics=MappingProxyType(told),
    )


def nearest(scores: Array, shown: Array, target: Array, case: str) -> Nearest:
    """The draws whose predicted parameters come nearest to those predicted for the target, with Epanechnikov weights.

    Raises:
        BankError: if fewer than wanted can be accepted.
    """
    wanted = max(PER_SUMMARY * shown.shape[1], int(SHARE * len(shown)))
    if wanted > len(shown) // 4:
        raise BankError(
            f"{case} has {shown.shape[1]} fitted slots, which need {4 * wanted:,} draws; the bank has {len(shown):,}. "
            "Let the bank grow or fit fewer slots."
        )
    centre, scale = shown.mean(axis=0), shown.std(axis=0)
    features, at = expanded((shown - centre) / scale), expanded(((target - centre) / scale)[None])
    gram = features.T @ features + RIDGE * len(features) * np.eye(features.shape[1])
    slopes = np.linalg.solve(gram, features.T @ scores)
    predicted = features @ slopes
    distance = np.sqrt((((predicted - at @ slopes) / (scores - predicted).std(axis=0)) ** 2).sum(axis=1))
    order = np.argpartition(distance, wanted)[: wanted + 1]
    farthest = distance[order].max()
    order = order[distance[order] < farthest]
    return Nearest(scores[order], shown[order], 1.0 - (distance[order] / farthest) ** 2)


def expanded(x: Array) -> Array:
    """Constant, readings and their squares, held within what is usual so that one far reading does not decide."""
    x = np.clip(x, -4.0, 4.0)
    return np.concatenate([np.ones((len(x), 1)), x, x**2], axis=1)


def regressed(kept: Nearest, target: Array) -> Array:
    """Accepted scores shifted along the local-linear slope to where the readings equal the target."""
    away = kept.shown - target
    scale = np.maximum(away.std(axis=0), 1e-9)
    features = np.concatenate([np.ones((len(away), 1)), away / scale], axis=1)
    weighted = features * kept.weights[:, None]
    penalty = RIDGE * kept.weights.sum() * np.eye(features.shape[1])
    penalty[0, 0] = 0.0
    slopes = np.linalg.solve(weighted.T @ features + penalty, weighted.T @ kept.scores)
    return kept.scores - features[:, 1:] @ slopes[1:]
