"""The checks behind every report: fit slot by slot, what was learned, and whether intervals hold what they claim."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import Bank, Observed
from coprod_abm.calibration.emulator import Emulator, unseen
from coprod_abm.calibration.emulator_store import trained
from coprod_abm.calibration.identified import NOT_IDENTIFIED, Lesson, information_of, lessons
from coprod_abm.calibration.likelihood import Errors, Likelihood
from coprod_abm.calibration.posterior import USUAL_ERRORS, emulated, posterior_of
from coprod_abm.calibration.predictive import Predicted, predicted
from coprod_abm.calibration.trust import GOOD_COVERAGE, Fit, Trial, band, together, tried

SETS = 225  # data sets with known truth, over all cases
PARTICLES = 500
FITS, LESSONS, COVERAGE, EMULATORS, RANKS = "fit.csv", "lessons.csv", "coverage.csv", "emulators.csv", "ranks.csv"
UNLIKELY = 0.05  # two-sided share of predictions beyond a reading, below which the reading is out of line


def checked(
    bank: Bank,
    observed: Mapping[str, Observed],
    out: Path,
    engine: str = "emulated",
    seed: int = 0,
    errors: Errors = USUAL_ERRORS,
    sets: int = SETS,
    folder: Path | None = None,
) -> str:
    """Write five tables of checks to a folder and say in a few sentences what they found."""
    emulators = {case: trained(bank, case, seed, folder) for case in observed if observed[case].fitted.any()}
    posteriors = {case: emulated(one, observed[case], errors, seed) for case, one in emulators.items()}
    rng = np.random.default_rng([seed, 12])
    fits = [predicted(one, observed[case], posteriors[case], errors, rng) for case, one in emulators.items()]
    learned = {
        case: lessons(posteriors[case], information_of(Likelihood(one, observed[case], errors), posteriors[case]))
        for case, one in emulators.items()
    }
    trials = together(trials_of(bank, observed, emulators, engine, seed, errors, sets))
    tables = {
        FITS: pd.concat([fit_table(one) for one in fits], ignore_index=True),
        LESSONS: lesson_table(learned),
        COVERAGE: coverage_table(trials),
        EMULATORS: emulator_table(emulators),
        RANKS: rank_table(trials),
    }
    for name, table in tables.items():
        table.to_csv(out / name, index=False, float_format="%.6g")
    return " ".join([fit_words(fits), lesson_words(learned), coverage_words(trials)])


def trials_of(
    bank: Bank,
    observed: Mapping[str, Observed],
    emulators: Mapping[str, Emulator],
    engine: str,
    seed: int,
    errors: Errors,
    sets: int,
) -> list[Trial]:
    """A trial of the engine on each case, with truths from draws that no emulator has seen.

    Each case takes other draws as far as there are enough: draws share parameters over cases, and few different truths
    would be no sample of the prior.
    """
    found = []
    each = -(-sets // max(len(emulators), 1))
    for place, (case, emulator) in enumerate(emulators.items()):
        numbers = np.roll(unseen(bank.cases[case], seed), -place * each)[:each]
        seen = np.setdiff1d(np.arange(len(bank)), numbers)
        rest = bank if engine == "emulated" else bank.taken(seen)
        data = observed[case]

        fit = fit_of(engine, emulator, rest, data, errors, seed)
        found.append(tried(bank.taken(numbers), case, fit, errors, seed, ~data.fitted))
    return found


def fit_of(engine: str, emulator: Emulator, rest: Bank, data: Observed, errors: Errors, seed: int) -> Fit:
    """The function that fits a data set of one case by an engine, with what can be trained trained once."""
    if engine == "emulated":
        return lambda one, number: emulated(emulator, one, errors, number, PARTICLES)
    if engine == "forest":
        from coprod_abm.calibration.forest import grow

        return grow(rest, data, errors, seed).posterior
    return lambda one, number: posterior_of(rest, one, engine, number, errors)


def fit_table(one: Predicted) -> pd.DataFrame:
    """Prediction and reading of each slot of a case, on the scale of comparison."""
    low, lower, middle, upper, high = np.quantile(one.draws, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
    slots = pd.DataFrame(one.observed.slots)
    columns = {
        "observed": one.observed.values,
        "held_out": one.observed.held_out,
        "q05": low,
        "q25": lower,
        "q50": middle,
        "q75": upper,
        "q95": high,
        "p": one.p,
        "explained": one.explained,
    }
    return slots.assign(case=one.observed.case, **columns)


def lesson_table(learned: Mapping[str, Sequence[Lesson]]) -> pd.DataFrame:
    """What was learned of each parameter of each case, in words too."""
    rows = [
        {"case": case, "parameter": one.parameter, "contraction": one.contraction, "label": one.label, "text": str(one)}
        for case, each in learned.items()
        for one in each
    ]
    return pd.DataFrame(rows)


def coverage_table(trials: Sequence[Trial]) -> pd.DataFrame:
    """Coverage and ranks of each parameter over data sets with known truth."""
    rows = [
        {
            "parameter": one.parameters[0],
            "sets": len(one.place),
            "coverage_90": one.coverage()[0],
            "coverage_50": one.coverage(0.5)[0],
            "rank_p": one.rank_p[0],
            "widen_by": one.widening[0],
            "relative_crps": one.relative_crps[0],
            "contraction": one.contraction[0],
        }
        for one in trials
    ]
    return pd.DataFrame(rows)


def rank_table(trials: Sequence[Trial]) -> pd.DataFrame:
    """The share of posterior draws below the truth, of each parameter and data set; uniform where intervals are honest."""
    return pd.concat([pd.DataFrame({"parameter": one.parameters[0], "rank": one.place[:, 0]}) for one in trials])


def emulator_table(emulators: Mapping[str, Emulator]) -> pd.DataFrame:
    """Held-out z-scores of each slot of each case: their SD and the share within ±2."""
    parts = [
        pd.DataFrame(one.slots).assign(case=case, z_sd=one.z_sd, z_within_2=one.z_within, draws=len(one.z))
        for case, one in emulators.items()
    ]
    return pd.concat(parts, ignore_index=True)


def fit_words(fits: Sequence[Predicted]) -> str:
    """Which cases no parameters reproduce, and how many readings are out of line."""
    refused = [one.observed.case for one in fits if one.refused]
    judged = np.concatenate([one.p[one.observed.fitted] for one in fits])
    out = np.concatenate([one.p[one.observed.held_out & ~np.isnan(one.p)] for one in fits])
    said = f"{(judged < UNLIKELY).sum()} of {len(judged)} fitted readings lie outside the 95 % predictions"
    if len(out):
        said += f", and {(out < UNLIKELY).sum()} of {len(out)} held-out ones"
    return f"{said}. No parameters reproduce {', '.join(refused)}." if refused else f"{said}."


def lesson_words(learned: Mapping[str, Sequence[Lesson]]) -> str:
    """How many parameters the data say nothing about."""
    labels = [one.label for each in learned.values() for one in each]
    return f"{labels.count(NOT_IDENTIFIED)} of {len(labels)} parameters of single cases are {NOT_IDENTIFIED}."


def coverage_words(trials: Sequence[Trial]) -> str:
    """Whether intervals hold what they claim, or which do not, and by how much these must widen."""
    failures = [text for one in trials for text in one.failures()]
    judged = [(one.parameters[0], one.coverage()[0], *band(len(one.place))) for one in trials]
    beside = [f"{name} {share:.3f}" for name, share, low, high in judged
              if low <= share <= high and not GOOD_COVERAGE[0] <= share <= GOOD_COVERAGE[1]]  # fmt: skip
    if beside:
        failures.append(
            f"Outside {GOOD_COVERAGE[0]:.2f} to {GOOD_COVERAGE[1]:.2f}, as chance allows with so few data sets: "
            f"{', '.join(beside)}."
        )
    return " ".join(failures) if failures else "The 90 % intervals of all parameters hold what they claim."
