"""What a survey of each draw would have found: the readings of a bank with every error of observation in them."""

from collections.abc import Sequence

import numpy as np

from coprod_abm.calibration.bank import Array, Bank, BankError, Observed, Slot
from coprod_abm.calibration.coordinates import priors_of, ranks_of, scores_of
from coprod_abm.calibration.likelihood import Errors


def surveyed(bank: Bank, observed: Observed, errors: Errors, rng: np.random.Generator) -> tuple[Array, Array]:
    """Scores of the parameters (draw, parameter) and what a survey of each draw finds in the fitted slots (draw, slot).

    Raises:
        BankError: if the case has no fitted slot.
    """
    one = bank.cases[observed.case]
    if not observed.fitted.any():
        raise BankError(f"{observed.case} has no fitted slot: every wave is missing or held out.")
    shown = with_errors(one.shown, one.slots, observed.spread, errors, rng)[:, observed.fitted]
    full = ~np.isnan(shown).any(axis=1)
    return scores_of(ranks_of(priors_of(bank.priors, one.parameters), one.theta[full])), shown[full]


def with_errors(shown: Array, slots: Sequence[Slot], spread: Array, errors: Errors, rng: np.random.Generator) -> Array:
    """Readings (draw, slot) with the errors of few respondents, of instruments and of the model, new for each draw."""
    found = shown + spread * rng.standard_normal(shown.shape)
    for measure in dict.fromkeys(slot.measure for slot in slots):
        at = [number for number, slot in enumerate(slots) if slot.measure == measure]
        scale = errors.discrepancy * np.nanstd(shown[:, at], axis=0).mean()
        lots = rng.standard_normal((3, len(shown), 1))
        found[:, at] += errors.offset * lots[0] + scale * np.abs(lots[1]) * lots[2]
    return found
