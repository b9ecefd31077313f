"""Points whose cases differ as the hierarchy believes, and data sets of all cases with every error in them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from coprod_abm.calibration.bank import Array, Bank, CaseBank, Estimated, Observed
from coprod_abm.calibration.coordinates import priors_of, ranks_of_scores, theta_of
from coprod_abm.calibration.hierarchy import EFFECT_SCALE, LEAST_SPREAD, SPREAD_SCALE
from coprod_abm.calibration.likelihood import Errors
from coprod_abm.calibration.places import countries_of
from coprod_abm.calibration.wider_bank import Told, runs_of
from coprod_abm.case import Case
from coprod_abm.draws import key_of, replicate_seed

Parameters = Mapping[str, Sequence[str]]


def joint_theta(
    priors: Sequence[Estimated],
    parameters: Parameters,
    countries: Mapping[str, str],
    case_level: Sequence[str],
    draws: int,
    seed: int,
) -> dict[str, Array]:
    """Parameters of every case (draw, parameter) from the prior of the hierarchy.

    Args:
        priors: of all parameters.
        parameters: names of each case's.
        countries: the country of each case.
        case_level: names of parameters that differ between cases.
        draws: how many points.
        seed: names the draws.
    """
    rng = np.random.default_rng([seed, 8])
    size = (draws, len(priors))
    shared = rng.standard_normal(size)
    spread = LEAST_SPREAD + SPREAD_SCALE * np.abs(rng.standard_normal(size))
    effect = EFFECT_SCALE * rng.standard_normal(size)
    own = np.array([one.name in case_level for one in priors])
    of_country = np.array([one.level == "country" for one in priors]) & ~own
    first = next(iter(countries.values()))
    deviations = {case: rng.standard_normal(size) for case in parameters}
    by_country = {name: rng.standard_normal(size) for name in dict.fromkeys(countries.values())}
    names = [one.name for one in priors]
    found = {}
    for case, used in parameters.items():
        scores = shared + own * (spread * deviations[case] + effect * (countries[case] != first))
        scores = np.where(of_country, by_country[countries[case]], scores)
        columns = [names.index(name) for name in used]
        found[case] = theta_of(priors_of(priors, used), ranks_of_scores(scores[:, columns]))
    return found


def joint_points(
    folder: Path,
    bank: Bank,
    cases: Sequence[Case],
    case_level: Sequence[str],
    draws: int,
    seed: int,
    told: Told | None = None,
) -> Bank:
    """Such points simulated with fresh seeds, under the theory of a bank; kept in ``folder`` and not simulated twice."""
    parameters = {name: one.parameters for name, one in bank.cases.items()}
    theta = joint_theta(bank.priors, parameters, countries_of(bank, bank.cases), case_level, draws, seed)
    theory = np.full(draws, bank.theory[0])
    found: dict[str, Any] = {}
    for number, case in enumerate(cases):
        one, own = bank.cases[case.id], replicate_seed(seed, key_of("joint", case.id))
        listener = told and told(number, case.id)
        shown, seeds = runs_of(folder / case.id, case, one.parameters, theta[case.id], theory, one.slots, own, listener)
        found[case.id] = CaseBank(case.id, one.parameters, theta[case.id], one.slots, shown, one.spread, seeds)
    return Bank(bank.priors, found, theory, bank.facts)


def joint_data(
    truths: Bank,
    number: int,
    countries: Mapping[str, str],
    missing: Mapping[str, Array],
    scales: Mapping[str, float],
    errors: Errors,
    seed: int,
) -> dict[str, Observed]:
    """One data set: what a point shows in every case with the errors of observation, of instruments and of the model.

    ``missing`` slots of each case (slot,) are not fitted; ``scales`` are those of the model's error, by measure.
    """
    rng = np.random.default_rng([seed, number, 17])
    wrong = {measure: scale * abs(rng.standard_normal()) for measure, scale in scales.items()}
    offset = {
        (country, measure): errors.offset * rng.standard_normal()
        for country in dict.fromkeys(countries.values())
        for measure in scales
    }
    found = {}
    for case, one in truths.cases.items():
        own = {measure: size * rng.standard_normal() for measure, size in wrong.items()}
        beside = np.array([own[slot.measure] + offset[countries[case], slot.measure] for slot in one.slots])
        values = one.shown[number] + beside + one.spread * rng.standard_normal(len(one.slots))
        found[case] = Observed(case, one.slots, values, one.spread, missing[case])
    return found
