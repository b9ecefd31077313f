"""Trials of the engines on the toy, where the truth is known: one case, or nine that differ as the hierarchy believes."""

import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import Array, Bank, CaseBank, Observed
from coprod_abm.calibration.coordinates import ranks_of
from coprod_abm.calibration.emulator import Emulator, train
from coprod_abm.calibration.forest import grow
from coprod_abm.calibration.hierarchy import HierarchicalPosterior, hierarchy_of
from coprod_abm.calibration.joint_trial import trial_rows
from coprod_abm.calibration.joint_truths import joint_theta
from coprod_abm.calibration.likelihood import NO_ERRORS, Errors
from coprod_abm.calibration.places import country_by_id
from coprod_abm.calibration.posterior import emulated, posterior_of
from coprod_abm.calibration.toy import CASES, MEASURES, PRIORS, Toy, bank_at, toy_bank
from coprod_abm.calibration.trust import Fit, Trial, trial_of, tried

OWN = tuple(one.name for one in PRIORS if one.level == "case")
ALONE_PARTICLES = 500
TRUTH_SEED, MODEL_ERRORS = 10_000, Errors(offset=0.0)


def fit_by(engine: str, bank: Bank, case: str, errors: Errors = NO_ERRORS, seed: int = 0) -> Fit:
    """The function that fits data sets of one case by an engine, with what can be trained trained."""
    if engine == "emulated":
        ready = train(bank.cases[case], bank.priors, seed)
        return lambda observed, number: emulated(ready, observed, errors, number)
    if engine == "forest":
        forest = grow(bank, any_data(bank.cases[case]), errors, seed)
        return forest.posterior
    return lambda observed, number: posterior_of(bank, observed, engine, number, errors)


def any_data(one: CaseBank) -> Observed:
    """Data of a case with nothing missing: for what depends on the slots alone."""
    return Observed(one.case, one.slots, one.shown[0], one.spread, np.zeros(len(one.slots), bool))


def one_case(
    engine: str, draws: int, sets: int, seed: int = 1, measures: tuple[str, ...] = MEASURES, fixed_seed: bool = False
) -> Trial:
    """A trial of one engine on one case of the toy; ``fixed_seed`` gives all draws one seed, which must be seen to fail."""
    case = CASES[0]
    bank = toy_bank(draws, seed, cases=[case], measures=measures, fixed_seed=fixed_seed)
    truths = toy_bank(sets, TRUTH_SEED + seed, cases=[case], measures=measures)
    return tried(truths, case, fit_by(engine, bank, case, seed=seed), NO_ERRORS, seed)


def truths_of_hierarchy(sets: int, seed: int) -> Bank:
    """Data sets whose shared parameters are drawn from their priors, and whose cases differ as the hierarchy believes."""
    parameters = dict.fromkeys(CASES, Toy().names)
    countries = {case: country_by_id(case) for case in CASES}
    return bank_at(joint_theta(PRIORS, parameters, countries, OWN, sets, seed), TRUTH_SEED + seed)


def emulators_of(draws: int, seed: int = 1) -> tuple[Bank, dict[str, Emulator]]:
    """A bank of the toy and the emulators of its nine cases."""
    bank = toy_bank(draws, seed)
    return bank, {case: train(one, bank.priors, seed) for case, one in bank.cases.items()}


def trial_of_nine(
    bank: Bank,
    emulators: Mapping[str, Emulator],
    sets: int,
    file: Path,
    errors: Errors = NO_ERRORS,
    bias: float = 0.0,
    seed: int = 1,
) -> pd.DataFrame:
    """The rows of a trial of all nine cases (`joint_trial.py`), kept in a file as they come.

    ``bias`` is the SD of each case's constant error of a measure, in prior-predictive SDs.
    """
    truths = truths_of_hierarchy(sets, seed)
    return trial_rows(
        bank, emulators, truths, lambda number: data_of_nine(truths, emulators, number, bias, seed), OWN, errors, file,
        range(sets), run_again,
    )  # fmt: skip


def data_of_nine(
    truths: Bank, emulators: Mapping[str, Emulator], number: int, bias: float = 0.0, seed: int = 1
) -> dict[str, Observed]:
    """One data set of all nine cases."""
    rng = np.random.default_rng([seed, 9, number])
    return {case: measured(truths, emulators, case, number, bias, rng) for case in CASES}


def run_again(theta: Mapping[str, Array]) -> dict[str, Array]:
    """What runs of the toy show at given parameters of each case, with seeds of their own: a second wave."""
    first = theta[CASES[0]]
    seed = zlib.crc32(np.ascontiguousarray(first).tobytes())
    return {case: one.shown for case, one in bank_at(theta, seed).cases.items()}


def one_of_nine(bank: Bank, emulators: Mapping[str, Emulator], chains: int, steps: int) -> HierarchicalPosterior:
    """One data set of all nine cases fitted as published figures are."""
    data = data_of_nine(truths_of_hierarchy(1, 1), emulators, 0)
    return hierarchy_of(bank, data, OWN, 0, NO_ERRORS, emulators, None, chains, steps, steps, simulated=run_again)


def trial_alone(emulators: Mapping[str, Emulator], sets: int, seed: int = 1) -> Trial:
    """The trial of shared parameters where each case is fitted by itself."""
    truths = truths_of_hierarchy(sets, seed)
    shared = [at for at, name in enumerate(Toy().names) if name not in OWN]
    found, known = [], []
    for number in range(sets):
        for case, one in data_of_nine(truths, emulators, number, 0.0, seed).items():
            found.append(emulated(emulators[case], one, NO_ERRORS, number, ALONE_PARTICLES).ranks[:, shared])
            known.append(ranks_of(PRIORS, truths.cases[case].theta[number])[shared])
    return trial_of(tuple(Toy().names[at] for at in shared), np.array(known), found)


def measured(
    truths: Bank, emulators: Mapping[str, Emulator], case: str, number: int, bias: float, rng: np.random.Generator
) -> Observed:
    """One case of one data set, with the error of observation and a constant bias of each measure."""
    one, scale = truths.cases[case], emulators[case].scale
    wrong = {measure: bias * rng.standard_normal() for measure in MEASURES}
    of_slot = np.array([wrong[slot.measure] for slot in one.slots])
    sd = np.array([scale[[other.measure == slot.measure for other in one.slots]].mean() for slot in one.slots])
    values = one.shown[number] + one.spread * rng.standard_normal(len(one.slots)) + of_slot * sd
    return Observed(case, one.slots, values, one.spread, np.zeros(len(one.slots), bool))
