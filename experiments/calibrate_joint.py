"""Points of all cases drawn as the hierarchy believes: what emulators get wrong alike, and whether joint intervals hold."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import Array, Bank, Observed
from coprod_abm.calibration.priors import hash_of
from coprod_abm.experiments.calibrate_plan import Calibration
from coprod_abm.experiments.calibrate_settings import BUDGETS
from coprod_abm.experiments.progress import told_progress

KEPT, POINTS = "emulators", "joint"
SHARED_ERRORS, JOINT_TRIALS, JOINT_COVERAGE = "shared_errors.csv", "joint_trials.csv", "joint_coverage.csv"
FEWEST_CASES = 2


def engine(module: str) -> Any:
    """A module of ``coprod_abm.calibration``, loaded when it is needed."""
    from importlib import import_module

    return import_module(f"coprod_abm.calibration.{module}")


def points_of(plan: Calibration, bank: Bank) -> Bank:
    """The points, simulated where they are not there yet."""
    work = BUDGETS[str(plan.settings["budget"])]
    draws = work.points + work.joint
    cases = [case for case in plan.bank.cases if case.id in bank.cases]
    with told_progress(draws * len(cases), "Simulating all cases together", "runs") as progress:
        return engine("joint_truths").joint_points(
            plan.out / POINTS, bank, cases, plan.case_level, draws, plan.seed,
            lambda number, name: progress.part(number * draws, name),
        )  # fmt: skip


def emulators_of(plan: Calibration, bank: Bank) -> dict[str, Any]:
    """The trained emulator of each case."""
    trained = engine("emulator_store").trained
    return {case: trained(bank, case, plan.seed, plan.out / KEPT) for case in bank.cases}


def has_several(observed: Mapping[str, Observed]) -> bool:
    """Whether there are several cases to be taken together."""
    return sum(one.fitted.any() for one in observed.values()) >= FEWEST_CASES


def shared_errors(plan: Calibration, bank: Bank, observed: Mapping[str, Observed]) -> dict[str, Array]:
    """Loadings of each case's slots on errors that emulators share; their table is written beside."""
    found: dict[str, Array] = {}
    if has_several(observed):
        points = BUDGETS[str(plan.settings["budget"])].points
        known = points_of(plan, bank).taken(np.arange(points))
        found = engine("shared_error").shared_errors(emulators_of(plan, bank), known, plan.seed)
    rows = [
        (case, slot.measure, slot.wave, share)
        for case, loadings in found.items()
        for slot, share in zip(bank.cases[case].slots, (loadings**2).sum(axis=1), strict=True)
    ]
    table = pd.DataFrame(rows, columns=["case", "measure", "wave", "shared_variance"])
    table.to_csv(plan.out / SHARED_ERRORS, index=False, float_format="%.6g")
    return found


def joint_trials(plan: Calibration, bank: Bank, observed: Mapping[str, Observed]) -> pd.DataFrame:
    """How often joint intervals hold known truths, as `joint_trial.joint_coverage` says it; a stopped trial goes on."""
    found = pd.DataFrame(columns=["parameter", "level"])
    if has_several(observed):
        found = engine("joint_trial").joint_coverage(rows_of_trials(plan, bank, observed))
    found.to_csv(plan.out / JOINT_COVERAGE, index=False, float_format="%.6g")
    return found


def rows_of_trials(plan: Calibration, bank: Bank, observed: Mapping[str, Observed]) -> pd.DataFrame:
    """The rows of the trials, on points from which nothing else was learned."""
    work, errors = BUDGETS[str(plan.settings["budget"])], engine("posterior").USUAL_ERRORS
    points, emulators = points_of(plan, bank), emulators_of(plan, bank)
    common = engine("shared_error").shared_errors(emulators, points.taken(np.arange(work.points)), plan.seed)
    countries = engine("places").countries_of(bank, bank.cases)
    missing = {case: ~one.fitted for case, one in observed.items()}
    held_out = {case: one.tolist() for case, one in missing.items()}
    scales = engine("likelihood").scales_of(
        [engine("likelihood").Likelihood(emulators[case], one, errors, True) for case, one in observed.items()]
    )
    truths = points.taken(np.arange(work.points, work.points + work.joint))
    shown = np.hstack([one.shown for one in truths.cases.values()])
    whole = [int(at) for at in np.flatnonzero(~np.isnan(shown).any(axis=1))]

    def data(number: int) -> dict[str, Observed]:
        made: dict[str, Observed] = engine("joint_truths").joint_data(
            truths, number, countries, missing, scales, errors, plan.seed
        )
        return made

    with told_progress(len(whole), "Trying all cases together", "data sets") as progress:
        table: pd.DataFrame = engine("joint_trial").trial_rows(
            bank, emulators, truths, data, plan.case_level, errors, plan.out / JOINT_TRIALS, whole, common,
            progress.part(0, "known truths"), hash_of([plan.bank.facts, plan.theory, work.points, held_out]),
        )  # fmt: skip
    return table
