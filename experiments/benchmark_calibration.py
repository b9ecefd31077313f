"""How well and how fast the engines of inference find a known truth: on the toy of `calibration`, in processor seconds."""

import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import Array, Observed
from coprod_abm.calibration.joint_trial import joint_coverage
from coprod_abm.calibration.likelihood import NO_ERRORS, Errors
from coprod_abm.calibration.posterior import Posterior
from coprod_abm.calibration.toy import CASES, PRIORS, USUAL, toy_bank
from coprod_abm.calibration.toy_trials import (
    MODEL_ERRORS,
    TRUTH_SEED,
    emulators_of,
    fit_by,
    one_of_nine,
    trial_alone,
    trial_of_nine,
)
from coprod_abm.calibration.trust import Trial, tried
from coprod_abm.compiled import cache_folder, source_fingerprint
from coprod_abm.experiments.benchmark_figures import Figure, figure_of, tell

DRAWS, SETS, NINE_SETS, BIASED_SETS = 10_000, 100, 50, 20
QUICK_DRAWS, QUICK_SETS, QUICK_NINE_SETS = 3_000, 10, 1
BIAS = 0.25  # SD of what figures are wrong by, in prior-predictive SDs
PYABC_RUNS, PYABC_SETS = 4_500, 12
ENGINES = ("emulated", "rejection", "forest")
CRPS, RMSE, SECONDS, SHARED_RMSE, HIERARCHY_SECONDS, CPU_RATIO = 0.48, 0.52, 5.0, 0.28, 600.0, 0.1
OWN_RMSE, POOLING = 0.23, 0.7
ALONE_SETS = 10  # of nine cases each
PART, CASE = "calibration", CASES[0]


def infer(quick: bool) -> list[Figure]:
    """Figures of the engines on one case, of the hierarchy on nine, and against pyABC where it is installed."""
    draws, sets, nine = (QUICK_DRAWS, QUICK_SETS, QUICK_NINE_SETS) if quick else (DRAWS, SETS, NINE_SETS)
    found = [figure for engine in ENGINES for figure in engine_figures(engine, draws, sets)]
    found += chain_figures(draws) + pooling_figures(draws, nine)
    found += [] if quick else bias_figures(draws)
    return found + (pyabc_figures(2 if quick else PYABC_SETS) if find_spec("pyabc") else [])


def timed_trial(engine: str, draws: int, sets: int) -> tuple[Trial, float, float]:
    """A trial of an engine, the seconds of its training and those of each data set."""
    bank, truths = toy_bank(draws, 1, cases=[CASE]), toy_bank(sets, TRUTH_SEED + 1, cases=[CASE])
    start = process_time()
    fit = fit_by(engine, bank, CASE)
    ready = process_time()
    trial = tried(truths, CASE, fit, NO_ERRORS, 1)
    return trial, ready - start, (process_time() - ready) / sets


def engine_figures(engine: str, draws: int, sets: int) -> list[Figure]:
    """Score, coverage and seconds of one engine on one case."""
    tell(f"{engine}: {sets} data sets of one case, {draws:,} runs")
    trial, training, each = timed_trial(engine, draws, sets)
    main = engine == "emulated"
    note = f"{draws:,} runs, {sets} data sets with known truth; 1 is the prior"
    name = f"one case, {engine}"
    return [
        figure_of(PART, f"{name}: relative CRPS", list(trial.relative_crps), "", CRPS if main else None, note=note),
        figure_of(PART, f"{name}: error of the mean", list(trial.rmse), "prior SDs", RMSE if main else None),
        figure_of(PART, f"{name}: coverage of 90 % intervals", list(trial.coverage()), "by parameter"),
        figure_of(PART, f"{name}: training", [training], "CPU s"),
        figure_of(PART, f"{name}: a further data set", [each], "CPU s", SECONDS),
    ]


def rows_of_nine(draws: int, sets: int, name: str, errors: Errors = NO_ERRORS, bias: float = 0.0) -> pd.DataFrame:
    """The rows of a trial of nine cases; they are kept as they come, so that a stopped benchmark goes on."""
    tell(f"nine cases: {sets} data sets, {name}")
    bank, emulators = emulators_of(draws)
    folder = kept_in()
    return trial_of_nine(bank, emulators, sets, folder / f"nine-{draws}-{name.replace(' ', '-')}.csv", errors, bias)


def kept_in() -> Path:
    """The folder of rows, of this version of the code."""
    folder = (cache_folder() or Path(tempfile.gettempdir())) / "benchmark" / source_fingerprint()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def pooling_figures(draws: int, sets: int) -> list[Figure]:
    """Errors of parameters by partial pooling and by none, and how often intervals hold the truth."""
    rows = rows_of_nine(draws, sets, "clean")
    told = joint_coverage(rows)
    shared, own = (told[told["level"] == level] for level in ("shared", "case"))
    alone = alone_rmse(draws, min(sets, ALONE_SETS))
    return [
        figure_of(PART, "nine cases, partial pooling: error", by_parameter(shared, "rmse"), "prior SDs", SHARED_RMSE),
        figure_of(PART, "nine cases, no pooling: error", alone, "prior SDs"),
        figure_of(PART, "nine cases, own parameters: error", by_parameter(own, "rmse"), "prior SDs", OWN_RMSE),
        figure_of(PART, "nine cases, pooling over none: error",
                  [float(np.mean(by_parameter(shared, "rmse")) / np.mean(alone))], "×", POOLING),
        *coverage_figures("nine cases", told),
    ]  # fmt: skip


def coverage_figures(name: str, told: pd.DataFrame) -> list[Figure]:
    """Coverage of shared and own parameters: over all of them, with its 95 % binomial interval, and by parameter."""
    found = []
    for level, words in (("shared", "shared"), ("case", "own")):
        own = told[told["level"] == level]
        whole = own[own["parameter"] == "all"].iloc[0]
        note = f"{int(whole['sets'])} data sets; widened {whole['widen_by']:.2f} times {whole['coverage_widened']:.3f}"
        found += [
            Figure(PART, f"{name}, {words}: coverage of 90 %", whole["coverage_90"], whole["low"], whole["high"], "",
                   note=note),
            figure_of(PART, f"{name}, {words}: coverage by parameter", by_parameter(own, "coverage_90"), ""),
        ]  # fmt: skip
    return found


def by_parameter(told: pd.DataFrame, column: str) -> list[float]:
    """A column of each parameter, without the row of all."""
    return [float(one) for one in told.loc[told["parameter"] != "all", column]]


def alone_rmse(draws: int, sets: int) -> list[float]:
    """Errors of shared parameters where each case is fitted by itself."""
    return list(trial_alone(emulators_of(draws)[1], sets).rmse)


def chain_figures(draws: int) -> list[Figure]:
    """Whether the chains of one fit are sound, and how long they take."""
    tell("hierarchy: one data set of nine cases, four long chains")
    bank, emulators = emulators_of(draws)
    found = one_of_nine(bank, emulators, chains=4, steps=1_000).diagnostics
    return [
        figure_of(PART, "nine cases: largest R-hat", [found["rhat"]], "", 1.01),
        figure_of(PART, "nine cases: least effective draws", [found["ess"]], "", 400.0, at_least=True),
        figure_of(PART, "nine cases: divergences", [float(found["divergences"])], "", 0.0),
        figure_of(PART, "nine cases: a fit", [found["seconds"]], "s", HIERARCHY_SECONDS),
    ]


def bias_figures(draws: int) -> list[Figure]:
    """What a constant error of each case and measure does to intervals, with a term for the model's error and without."""
    found = []
    for bias, errors, name in (
        (BIAS, MODEL_ERRORS, f"bias of {BIAS} SD, with the model's error"),
        (BIAS, NO_ERRORS, f"bias of {BIAS} SD, without it"),
        (0.0, MODEL_ERRORS, "no bias, with the model's error"),
    ):
        rows = rows_of_nine(draws, BIASED_SETS, name, errors, bias)
        told = joint_coverage(rows)
        found += coverage_figures(name, told)
        found.append(
            figure_of(
                PART, f"{name}: error, shared", by_parameter(told[told["level"] == "shared"], "rmse"), "prior SDs"
            )
        )
        if errors.discrepancy:
            each = rows.groupby("set")["model_error"].first() * errors.discrepancy
            found.append(figure_of(PART, f"{name}: SD of the model's error", list(each), "by data set"))
    return found


def one_run(theta: Array, seed: int) -> Array:
    """What one run of the toy shows."""
    return USUAL.shown(theta[None], CASE, np.array(["relational"]), np.array([seed]))[0]


def pyabc_figures(sets: int) -> list[Figure]:
    """The main engine over pyABC at the same number of runs: score, and processor time for a further data set."""
    from coprod_abm.calibration.extra_pyabc import smc

    tell(f"pyABC: {sets} data sets of one case")
    truths = toy_bank(sets, TRUTH_SEED + 1, cases=[CASE])
    spent: list[int] = []

    def fit(observed: Observed, number: int) -> Posterior:
        found = smc(one_run, PRIORS, observed, PYABC_RUNS, number)
        spent.append(int(found.diagnostics["runs"]))
        return found

    theirs, each = timed(lambda: tried(truths, CASE, fit, NO_ERRORS, 1))
    ours, _, seconds = timed_trial("emulated", round(float(np.mean(spent))), sets)
    note = f"pyABC {theirs.relative_crps.mean():.3f} with {np.mean(spent):,.0f} runs for each of {sets} data sets"
    ratio = ours.relative_crps.mean() / theirs.relative_crps.mean()
    taken = f"pyABC {each / sets:.1f} CPU s for each further data set"
    return [
        figure_of(PART, "main engine over pyABC: relative CRPS", [float(ratio)], "×", 1.0, note=note),
        figure_of(PART, "main engine over pyABC: CPU", [seconds * sets / each], "×", CPU_RATIO, note=taken),
    ]


def timed(work: Callable[[], Trial]) -> tuple[Trial, float]:
    """A trial and the processor seconds it took."""
    start = process_time()
    found = work()
    return found, process_time() - start
