"""All cases together: the model's runs where their posterior lies, and whether joint intervals hold known truths."""

import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import Array, Bank, Observed
from coprod_abm.calibration.priors import hash_of
from coprod_abm.draws import key_of, replicate_seed
from coprod_abm.experiments.calibrate_plan import Calibration
from coprod_abm.experiments.calibrate_settings import BUDGETS
from coprod_abm.experiments.progress import told_progress

KEPT, POINTS, SECOND_WAVE = "emulators", "joint", "second_wave"
JOINT_TRIALS, JOINT_COVERAGE = "joint_trials.csv", "joint_coverage.csv"
FEWEST_CASES = 2


def engine(module: str) -> Any:
    """A module of ``coprod_abm.calibration``, loaded when it is needed."""
    return import_module(f"coprod_abm.calibration.{module}")


def has_several(observed: Mapping[str, Observed]) -> bool:
    """Whether there are several cases to be taken together."""
    return sum(bool(one.fitted.any()) for one in observed.values()) >= FEWEST_CASES


def simulator_of(plan: Calibration, bank: Bank, folder: Path, number: int = 0) -> Any:
    """The function that runs the model at parameters of each case (point, parameter), with fresh seeds, in a folder."""
    cases = {case.id: case for case in plan.bank.cases}

    def simulated(theta: Mapping[str, Array]) -> dict[str, Array]:
        found = {}
        for case, values in theta.items():
            one, seed = bank.cases[case], replicate_seed(plan.seed, key_of("second wave", f"{case} {number}"))
            theory = np.full(len(values), plan.theory)
            found[case], _ = engine("wider_bank").runs_of(
                folder / case, cases[case], one.parameters, values, theory, one.slots, seed
            )
        return found

    return simulated


def joint_trials(plan: Calibration, bank: Bank, observed: Mapping[str, Observed]) -> pd.DataFrame:
    """How often joint intervals hold known truths, as `joint_trial.joint_coverage` says it; a stopped trial goes on."""
    found = pd.DataFrame(columns=["parameter", "level"])
    if has_several(observed) and BUDGETS[str(plan.settings["budget"])].joint:
        found = engine("joint_trial").joint_coverage(rows_of_trials(plan, bank, observed))
    found.to_csv(plan.out / JOINT_COVERAGE, index=False, float_format="%.6g")
    return found


def points_of(plan: Calibration, bank: Bank, draws: int) -> Bank:
    """Points whose cases differ as the hierarchy believes, simulated where they are not there yet."""
    cases = [case for case in plan.bank.cases if case.id in bank.cases]
    points: Bank = engine("joint_truths").joint_points(
        plan.out / POINTS, bank, cases, plan.case_level, draws, plan.seed
    )
    return points


def rows_of_trials(plan: Calibration, bank: Bank, observed: Mapping[str, Observed]) -> pd.DataFrame:
    """The rows of the trials, each with a second wave of its own as the fit of the published figures has it."""
    errors, trained = engine("posterior").USUAL_ERRORS, engine("emulator_store").trained
    truths = points_of(plan, bank, BUDGETS[str(plan.settings["budget"])].joint)
    emulators = {case: trained(bank, case, plan.seed, plan.out / KEPT) for case in observed}
    likelihoods = [
        engine("likelihood").Likelihood(emulators[case], one, errors, True) for case, one in observed.items()
    ]
    scales, countries = engine("likelihood").scales_of(likelihoods), engine("places").countries_of(bank, bank.cases)
    missing = {case: ~one.fitted for case, one in observed.items()}
    shown = np.hstack([one.shown for one in truths.cases.values()])
    whole = [int(at) for at in np.flatnonzero(~np.isnan(shown).any(axis=1))]
    key = hash_of([plan.bank.facts, plan.theory, {case: one.tolist() for case, one in missing.items()}])

    def data(number: int) -> dict[str, Observed]:
        made: dict[str, Observed] = engine("joint_truths").joint_data(
            truths, number, countries, missing, scales, errors, plan.seed
        )
        return made

    def simulated(theta: Mapping[str, Array]) -> dict[str, Array]:
        number = int(hash_of([values.tolist() for values in theta.values()])[:6], 16)
        with tempfile.TemporaryDirectory() as aside:
            found: dict[str, Array] = simulator_of(plan, bank, Path(aside), number)(theta)
        return found

    with told_progress(len(whole), "Trying all cases together", "data sets") as progress:
        table: pd.DataFrame = engine("joint_trial").trial_rows(
            bank, emulators, truths, data, plan.case_level, errors, plan.out / JOINT_TRIALS, whole, simulated,
            progress.part(0, "known truths"), key,
        )  # fmt: skip
    return table
