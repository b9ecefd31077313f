"""Trials of the engines on the toy, where the truth is known: one case, or nine that differ as the hierarchy believes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from coprod_abm.calibration.bank import Array, Bank, CaseBank, Observed
from coprod_abm.calibration.coordinates import ranks_of, ranks_of_scores, theta_of
from coprod_abm.calibration.emulator import Emulator, train
from coprod_abm.calibration.forest import grow
from coprod_abm.calibration.hierarchy import EFFECT_SCALE, SPREAD_SCALE, HierarchicalPosterior, hierarchy_of
from coprod_abm.calibration.likelihood import NO_ERRORS, Errors
from coprod_abm.calibration.places import country_by_id
from coprod_abm.calibration.posterior import emulated, posterior_of
from coprod_abm.calibration.toy import CASES, MEASURES, PRIORS, Toy, bank_at, toy_bank
from coprod_abm.calibration.trust import Fit, Trial, trial_of, tried

OWN = tuple(one.name for one in PRIORS if one.level == "case")
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


@dataclass(frozen=True)
class NineCases:
    """A trial of the hierarchy.

    Attributes:
        shared, own: the trial of shared and of case-level parameters under partial pooling.
        alone: that of the shared parameters where each case is fitted by itself.
        discrepancy: posterior mean of the SD of the model's error in prior-predictive SDs (set, measure).
        rhat, ess, divergences, seconds: of each fit (set,).
    """

    shared: Trial
    own: Trial
    alone: Trial
    discrepancy: Array
    rhat: Array
    ess: Array
    divergences: Array
    seconds: Array


def truths_of_hierarchy(sets: int, seed: int) -> Bank:
    """Data sets whose shared parameters are drawn from their priors, and whose cases differ as the hierarchy believes."""
    rng = np.random.default_rng([seed, 8])
    shared = rng.standard_normal((sets, len(PRIORS)))
    spread = SPREAD_SCALE * np.abs(rng.standard_normal((sets, len(PRIORS))))
    effect = EFFECT_SCALE * rng.standard_normal((sets, len(PRIORS)))
    own = np.array([one.level == "case" for one in PRIORS])
    first = country_by_id(CASES[0])
    theta = {}
    for case in CASES:
        differing = spread * rng.standard_normal(shared.shape) + effect * (country_by_id(case) != first)
        theta[case] = theta_of(PRIORS, ranks_of_scores(shared + own * differing))
    return bank_at(theta, TRUTH_SEED + seed)


def emulators_of(draws: int, seed: int = 1) -> tuple[Bank, dict[str, Emulator]]:
    """A bank of the toy and the emulators of its nine cases."""
    bank = toy_bank(draws, seed)
    return bank, {case: train(one, bank.priors, seed) for case, one in bank.cases.items()}


def nine_cases(
    bank: Bank,
    emulators: Mapping[str, Emulator],
    sets: int,
    errors: Errors = NO_ERRORS,
    bias: float = 0.0,
    seed: int = 1,
    chains: int = 2,
    steps: int = 350,
) -> NineCases:
    """A trial of the hierarchy; ``bias`` is the SD of each case's constant error of a measure, in prior-predictive SDs."""
    truths = truths_of_hierarchy(sets, seed)
    rng = np.random.default_rng([seed, 9])
    found = []
    for number in range(sets):
        data = {case: measured(truths, emulators, case, number, bias, rng) for case in CASES}
        found.append(hierarchy_of(bank, data, OWN, number, errors, emulators, None, chains, steps, steps))
    return gathered(truths, found, emulators)


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


def gathered(truths: Bank, found: list[HierarchicalPosterior], emulators: Mapping[str, Emulator]) -> NineCases:
    """The trials of many hierarchical posteriors."""
    names = Toy().names
    own = [names.index(name) for name in OWN]
    shared = [at for at in range(len(names)) if at not in own]
    truth = {case: ranks_of(PRIORS, one.theta) for case, one in truths.cases.items()}
    labels = tuple(names[at] for at in shared), tuple(names[at] for at in own)
    first = CASES[0]
    every = np.concatenate([truth[case] for case in CASES])
    told = [one.diagnostics for one in found]
    return NineCases(
        trial_of(labels[0], truth[first][:, shared], [one.pooled[first].ranks[:, shared] for one in found]),
        trial_of(labels[1], every[:, own], [one.pooled[case].ranks[:, own] for case in CASES for one in found]),
        trial_of(labels[0], every[:, shared], [one.alone[case].ranks[:, shared] for case in CASES for one in found]),
        np.array([discrepancy_of(one, emulators[first]) for one in found]),
        *(np.array([one[name] for one in told]) for name in ("rhat", "ess", "divergences", "seconds")),
    )


def discrepancy_of(found: HierarchicalPosterior, emulator: Emulator) -> Array:
    """Posterior mean of the SD of the model's error of each measure, in prior-predictive SDs (measure,)."""
    one = found.pooled[CASES[0]]
    sd = [emulator.scale[[slot.measure == name for slot in emulator.slots]].mean() for name in one.measures]
    return one.discrepancy.mean(axis=0) / np.array(sd)
