"""Late figures of a case predicted by the posterior of its emulated likelihood, instead of by the weights of draws.

It rests on the earlier figures of the same case alone, where weights rest on those of every case. A case that is left
out whole has nothing to rest on, and figures of several cases at once have no joint posterior here: both stay with the
weights.
"""

from pathlib import Path

import numpy as np

from coprod_abm.calibration.bank import Array, Bank, CaseBank, Observed
from coprod_abm.calibration.emulator_store import trained
from coprod_abm.calibration.forecasts import Forecaster, Predictive, forecast_by
from coprod_abm.calibration.likelihood import Errors, Likelihood
from coprod_abm.calibration.posterior import Posterior, emulated
from coprod_abm.calibration.stacked import Figures, Stack

PARTS = 150  # draws of the posterior, each of which is one part of the mixture
USUAL = Errors()
LEAST = 1e-3  # logits by which readings of a slot differ at least


def emulated_forecast_by(theory: str, bank: Bank, folder: Path | None, seed: int, errors: Errors = USUAL) -> Forecaster:
    """The predictions of a theory by the emulated posterior; trained emulators are kept in ``folder``, one for each theory."""
    own = bank.of_theory(theory)
    place = None if folder is None else folder / theory
    by_weights = forecast_by(theory)

    def forecast(stack: Stack, figures: Figures) -> Predictive:
        held = np.flatnonzero(figures.held_out & ~np.isnan(figures.values))
        cases = np.unique(stack.cases[held])
        if len(cases) != 1 or not (figures.fitted & (stack.cases == cases[0])).any():
            return by_weights(stack, figures)
        columns = np.flatnonzero(stack.cases == cases[0])
        one = shown_alike(own.cases[str(cases[0])], stack, columns)
        emulator = trained(Bank(own.priors, {one.case: one}, own.theory, own.facts), one.case, seed, place)
        observed = Observed(
            one.case, one.slots, figures.values[columns], figures.spread[columns], figures.held_out[columns]
        )
        likelihood = Likelihood(emulator, observed, errors)
        wanted = np.searchsorted(columns, held)
        means, covariances = parts_of(likelihood, emulated(emulator, observed, errors, seed), wanted)
        return Predictive(held, np.full(len(means), 1.0 / len(means)), means, covariances)

    return forecast


def shown_alike(one: CaseBank, stack: Stack, columns: Array) -> CaseBank:
    """The draws of a case with the slots that a stack shows of it, in the order of its columns.

    What a theory holds is the same in all runs; it is given a spread of a thousandth of a logit, for the emulator to have one.
    """
    known = {(slot.measure, slot.wave): place for place, slot in enumerate(one.slots)}
    keys = zip(stack.measures[columns], stack.waves[columns], strict=True)
    kept = [known[str(measure), str(wave)] for measure, wave in keys]
    slots = tuple(one.slots[place] for place in kept)
    shown = one.shown[:, kept]
    still = np.nanstd(shown, axis=0) < LEAST
    shown = shown + still * LEAST * np.random.default_rng(0).standard_normal(shown.shape)
    return CaseBank(one.case, one.parameters, one.theta, slots, shown, one.spread[kept], one.seeds)


def parts_of(likelihood: Likelihood, posterior: Posterior, wanted: Array) -> tuple[Array, Array]:
    """For draws of the posterior, what surveys of the same run show in the ``wanted`` slots, given the fitted ones.

    Means (part, wanted) and covariances (part, wanted, wanted); luck of the run, offsets and model errors carry over.
    """
    scores = posterior.scores[:: max(1, len(posterior.scores) // PARTS)]
    mean, whole, shared = likelihood.covariance(scores)
    block, fit = likelihood.block, likelihood.fitted
    whole = whole + np.where(block[:, None] == block, shared[:, block][:, None, :], 0.0)
    pull = np.linalg.solve(whole[:, fit][:, :, fit], whole[:, fit][:, :, wanted]).swapaxes(1, 2)
    residual = (likelihood.observed.values[fit] - mean[:, fit])[:, :, None]
    covariances = whole[:, wanted][:, :, wanted] - pull @ whole[:, fit][:, :, wanted]
    covariances = 0.5 * (covariances + covariances.swapaxes(1, 2))
    return mean[:, wanted] + (pull @ residual)[:, :, 0], covariances
