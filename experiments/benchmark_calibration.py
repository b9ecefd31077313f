"""How well and how fast the engines of inference find a known truth: on the toy of `calibration`, in processor seconds."""

from collections.abc import Callable
from importlib.util import find_spec
from time import process_time

import numpy as np

from coprod_abm.calibration.bank import Array, Observed
from coprod_abm.calibration.likelihood import NO_ERRORS
from coprod_abm.calibration.posterior import Posterior
from coprod_abm.calibration.toy import CASES, PRIORS, USUAL, toy_bank
from coprod_abm.calibration.toy_trials import MODEL_ERRORS, TRUTH_SEED, emulators_of, fit_by, nine_cases
from coprod_abm.calibration.trust import Trial, tried
from coprod_abm.experiments.benchmark_figures import Figure, figure_of, tell

DRAWS, SETS, NINE_SETS, BIASED_SETS = 10_000, 100, 50, 20
QUICK_DRAWS, QUICK_SETS, QUICK_NINE_SETS = 3_000, 10, 1
BIAS = 0.25  # SD of what figures are wrong by, in prior-predictive SDs
PYABC_RUNS, PYABC_SETS = 4_500, 12
ENGINES = ("emulated", "rejection", "forest")
CRPS, RMSE, SECONDS, SHARED_RMSE, HIERARCHY_SECONDS, CPU_RATIO = 0.48, 0.52, 5.0, 0.28, 600.0, 0.1
OWN_RMSE, POOLING = 0.23, 0.7
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


def pooling_figures(draws: int, sets: int) -> list[Figure]:
    """Errors of parameters by partial pooling and by none."""
    tell(f"hierarchy: {sets} data sets of nine cases")
    bank, emulators = emulators_of(draws)
    found = nine_cases(bank, emulators, sets)
    return [
        figure_of(PART, "nine cases, partial pooling: error", list(found.shared.rmse), "prior SDs", SHARED_RMSE),
        figure_of(PART, "nine cases, no pooling: error", list(found.alone.rmse), "prior SDs"),
        figure_of(PART, "nine cases, own parameters: error", list(found.own.rmse), "prior SDs", OWN_RMSE),
        figure_of(PART, "nine cases, pooling over none: error", [over(found.shared, found.alone)], "×", POOLING),
        figure_of(PART, "nine cases, shared: coverage of 90 %", list(found.shared.coverage()), "by parameter"),
    ]


def chain_figures(draws: int) -> list[Figure]:
    """Whether the chains of one fit are sound, and how long they take."""
    tell("hierarchy: one data set of nine cases, four long chains")
    bank, emulators = emulators_of(draws)
    found = nine_cases(bank, emulators, 1, chains=4, steps=1_000)
    return [
        figure_of(PART, "nine cases: largest R-hat", list(found.rhat), "", 1.01),
        figure_of(PART, "nine cases: least effective draws", list(found.ess), "", 400.0, at_least=True),
        figure_of(PART, "nine cases: divergences", [float(one) for one in found.divergences], "", 0.0),
        figure_of(PART, "nine cases: a fit", list(found.seconds), "s", HIERARCHY_SECONDS),
    ]


def over(one: Trial, other: Trial) -> float:
    """The mean error of one trial over that of another."""
    return float(one.rmse.mean() / other.rmse.mean())


def bias_figures(draws: int) -> list[Figure]:
    """What a constant error of each case and measure does to intervals, with a term for the model's error and without."""
    bank, emulators = emulators_of(draws)
    found = []
    for bias, errors, name in (
        (BIAS, MODEL_ERRORS, f"bias of {BIAS} SD, with the model's error"),
        (BIAS, NO_ERRORS, f"bias of {BIAS} SD, without it"),
        (0.0, MODEL_ERRORS, "no bias, with the model's error"),
    ):
        tell(f"hierarchy: {BIASED_SETS} data sets, {name}")
        trial = nine_cases(bank, emulators, BIASED_SETS, errors, bias)
        found += [
            figure_of(PART, f"{name}: coverage of 90 %, shared", list(trial.shared.coverage()), "by parameter"),
            figure_of(PART, f"{name}: error, shared", list(trial.shared.rmse), "prior SDs"),
            figure_of(PART, f"{name}: SD of the model's error", trial.discrepancy.mean(axis=0).tolist(), "by measure"),
        ]
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
