"""A bank that shows more than was published: the same draws and seeds, asked for further instruments and years."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import Bank, BankError, CaseBank, Slot
from coprod_abm.calibration.bank_store import on_scale, one_by_one
from coprod_abm.case import Case, load_case
from coprod_abm.case_measures import MID_YEAR
from coprod_abm.draws import key_of, replicate_seed
from coprod_abm.instruments import instrument
from coprod_abm.job import job_of
from coprod_abm.points import THEORY
from coprod_abm.store import open_store, results
from coprod_abm.year import YEAR

Told = Callable[[int, str], Any]


def years_of(case: Case) -> dict[str, int]:
    """The simulated years of a case, with the week in their middle."""
    return {str(case.start + k): YEAR * k + MID_YEAR for k in range(case.years)}


def further_slots(case: Case, one: CaseBank, measures: Sequence[str], waves: Sequence[str] | None) -> tuple[Slot, ...]:
    """Places of measures in years at which the bank shows nothing yet; ``waves`` null takes every simulated year."""
    there = [(slot.measure, slot.week) for slot in one.slots]
    found = []
    for wave, week in years_of(case).items():
        for measure in measures:
            is_new = not any(name == measure and abs(week - other) < MID_YEAR for name, other in there)
            if is_new and (waves is None or wave in waves):
                found.append(Slot(instrument(measure).name, wave, week))
    return tuple(found)


def wider_bank(
    folder: str | os.PathLike[str],
    bank: Bank,
    measures: Sequence[str],
    waves: Sequence[str] | None,
    draws: int,
    told: Told | None = None,
) -> Bank:
    """The first ``draws`` of a bank, which show these measures in these years too; kept in ``folder`` and not simulated twice.

    Raises:
        BankError: when no case of the bank simulates any of the years.
    """
    kept = bank.taken(np.arange(min(draws, len(bank))))
    cases = {name: load_case(name) for name in bank.cases}
    wanted = {name: further_slots(cases[name], kept.cases[name], measures, waves) for name in cases}
    if waves is not None and not any(wave in years_of(case) for case in cases.values() for wave in waves):
        raise BankError(f"No case of the bank simulates the years {', '.join(waves)}. Simulated are {_span(cases)}.")
    wider = {}
    for number, (name, one) in enumerate(kept.cases.items()):
        slots = wanted[name]
        shown = simulated(Path(folder) / name, kept, cases[name], slots, told and told(number, name)) if slots else None
        wider[name] = one if shown is None else _joined(one, slots, shown)
    return Bank(kept.priors, wider, kept.theory, kept.facts)


def simulated(folder: Path, bank: Bank, case: Case, slots: Sequence[Slot], told: Any = None) -> np.ndarray[Any, Any]:
    """What the draws of a bank show at further places of one case (draw, slot), with the seeds of the bank.

    Raises:
        BankError: when the runs are not those of the bank.
    """
    one = bank.cases[case.id]
    seed = replicate_seed(int(bank.facts["seed"]), key_of("bank", case.id))
    shown, seeds = runs_of(folder, case, one.parameters, one.theta, bank.theory, slots, seed, told)
    if not (seeds == one.seeds).all():
        raise BankError(f"The runs of {case.id} have other seeds than the bank. Remove {folder} and try again.")
    return shown


def runs_of(
    folder: Path,
    case: Case,
    parameters: Sequence[str],
    theta: np.ndarray[Any, Any],
    theory: np.ndarray[Any, Any],
    slots: Sequence[Slot],
    seed: int,
    told: Any = None,
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """What given parameters (draw, parameter) show at slots of one case (draw, slot), and the seed of each run (draw,).

    Runs are kept in ``folder`` and not done twice.
    """
    points = pd.DataFrame(theta, columns=list(parameters))
    points[THEORY] = theory
    outputs = [f"{slot.measure}@{slot.week}" for slot in slots]
    job = job_of(points, case, outputs, replicates=1, seed=seed, rows="replicates")
    store = open_store(folder, job, anew=True)
    if missing := store.missing():
        one_by_one(job, missing, store, None, told)
    store.finish()
    table = results(folder).head(len(theta))
    return np.column_stack([on_scale(slot, table) for slot in slots]), table["seed"].to_numpy(np.int64)


def _joined(one: CaseBank, slots: Sequence[Slot], shown: np.ndarray[Any, Any]) -> CaseBank:
    spread = np.full(len(slots), float(np.median(one.spread)))
    return CaseBank(
        one.case, one.parameters, one.theta, (*one.slots, *slots), np.hstack([one.shown, shown]),
        np.concatenate([one.spread, spread]), one.seeds,
    )  # fmt: skip


def _span(cases: dict[str, Case]) -> str:
    return ", ".join(f"{name} {case.start}-{case.start + case.years - 1}" for name, case in cases.items())
