"""Out-of-sample scores of theories and baselines: cases and late waves left out, leads with their errors, stacking weights.

Vehtari, Gelman & Gabry (2017), Statistics and Computing 27, 1413, for differences; Yao and others (2018), Bayesian
Analysis 13, 917, for stacking.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from coprod_abm.calibration.bank import Array, BankError
from coprod_abm.calibration.baselines import BASELINES, NO_CHANGE
from coprod_abm.calibration.forecasts import Forecaster, forecast_by
from coprod_abm.calibration.stacked import Figures, Stack

INSIDE = 0.9  # nominal share of figures within the intervals
LAST = 1 / 3  # share of a case's waves that count as late
LATE, CASE_OUT = "late waves", "case left out"


class Fold(NamedTuple):
    """Figures to be predicted together: the kind of task, the case they belong to, and their columns (mask)."""

    task: str
    case: str
    columns: Array


@dataclass(frozen=True)
class Lead:
    """By how much one forecaster is ahead of another.

    Attributes:
        first, second: who is ahead of whom, where positive.
        difference: of the summed log scores.
        error: its standard error over folds.
        folds: number of cases compared.
    """

    first: str
    second: str
    difference: float
    error: float
    folds: int

    @property
    def clear(self) -> bool:
        """Whether the lead is more than two standard errors."""
        return self.difference > 2.0 * self.error


def case_folds(stack: Stack, figures: Figures) -> list[Fold]:
    """Each case left out whole."""
    known = figures.fitted
    found = [Fold(CASE_OUT, str(case), known & (stack.cases == case)) for case in dict.fromkeys(stack.cases)]
    return [fold for fold in found if fold.columns.any()]


def late_folds(stack: Stack, figures: Figures, late: Array) -> list[Fold]:
    """Late columns (mask) of all cases, held out together and scored by case; what the user held out belongs to them."""
    known = ~np.isnan(figures.values) & (figures.held_out | late)
    found = [Fold(LATE, str(case), known & (stack.cases == case)) for case in dict.fromkeys(stack.cases)]
    return [fold for fold in found if fold.columns.any()]


def late_columns(stack: Stack, figures: Figures, waves: Sequence[str] | None = None) -> Array:
    """Columns of these waves (column,), or of the last third of each case's own weeks; a case with one wave has none.

    Raises:
        BankError: when no fitted figure belongs to a wave that is named.
    """
    if waves is not None:
        for wave in waves:
            if not (figures.fitted & (stack.waves == wave)).any():
                known = ", ".join(dict.fromkeys(stack.waves[figures.fitted]))
                raise BankError(f"late={wave}: no fitted figure belongs to this wave. Waves: {known}.")
        return np.isin(stack.waves, waves)
    late = np.zeros(len(stack.waves), bool)
    for case in np.unique(stack.cases):
        own = figures.fitted & (stack.cases == case)
        weeks = np.unique(stack.weeks[own])
        if len(weeks) > 1:
            late |= (stack.cases == case) & (stack.weeks >= weeks[-max(1, round(LAST * len(weeks)))])
    return late


def scored(stack: Stack, figures: Figures, folds: Sequence[Fold], theories: Sequence[str]) -> pd.DataFrame:
    """Predictions of theories and baselines, one row per forecaster, fold and held-out figure; columns as of ``scored_by``."""
    return scored_by({**{name: forecast_by(name) for name in theories}, **BASELINES}, stack, figures, folds)


def scored_by(
    forecasters: Mapping[str, Forecaster], stack: Stack, figures: Figures, folds: Sequence[Fold]
) -> pd.DataFrame:
    """Predictions of some forecasters, one row per forecaster, fold and held-out figure.

    ``log_score`` belongs to the fold as a whole and is repeated; ``position`` is the chance of a lower figure.
    """
    if not folds:
        raise BankError("No figure can be held out: the cases have no fitted figures.")
    late = np.any([fold.columns for fold in folds if fold.task == LATE], axis=0)
    rows = []
    for name, forecast in forecasters.items():
        for fold in folds:
            if name == NO_CHANGE and fold.task == CASE_OUT:
                continue  # a case that is left out has no last wave
            out = np.logical_or(late, fold.columns) if fold.task == LATE else fold.columns
            rows.append(_of_fold(name, forecast, stack, figures.holding_out(out), fold))
    return pd.concat(rows, ignore_index=True)


def _of_fold(name: str, forecast: Forecaster, stack: Stack, figures: Figures, fold: Fold) -> pd.DataFrame:
    known = figures.holding_out(fold.columns)
    asked = Figures(np.where(fold.columns | known.fitted, known.values, np.nan), known.spread, known.held_out)
    made = forecast(stack, asked)
    values = figures.values[made.columns]
    return pd.DataFrame(
        {
            "forecaster": name,
            "is_theory": name not in BASELINES,
            "task": fold.task,
            "case": fold.case,
            "measure": stack.measures[made.columns],
            "wave": stack.waves[made.columns],
            "value": values,
            "expected": made.mean,
            "low": made.quantile(0.05),
            "high": made.quantile(0.95),
            "crps": made.crps(values),
            "position": made.position(values),
            "log_score": made.log_score(values),
        }
    )


def summary_of(scores: pd.DataFrame) -> pd.DataFrame:
    """Per task and forecaster: summed log score, mean CRPS, share of figures within 90 % intervals."""
    rows = []
    for (task, name), own in scores.groupby(["task", "forecaster"], sort=False):
        inside = own["position"].between(0.5 - INSIDE / 2, 0.5 + INSIDE / 2)
        rows.append(
            {
                "task": task,
                "forecaster": name,
                "is_theory": bool(own["is_theory"].iloc[0]),
                "log_score": own.groupby("case")["log_score"].first().sum(),
                "crps": own["crps"].mean(),
                "covered": inside.mean(),
                "figures": len(own),
            }
        )
    return pd.DataFrame(rows)


def fold_scores(scores: pd.DataFrame, task: str) -> pd.DataFrame:
    """Log scores (fold, forecaster) of one task."""
    own = scores[scores["task"] == task]
    order = list(dict.fromkeys(own["forecaster"]))
    return own.groupby(["case", "forecaster"], sort=False)["log_score"].first().unstack()[order]


def lead_of(table: pd.DataFrame, first: str, second: str) -> Lead:
    """How far ``first`` is ahead of ``second`` in log scores (fold, forecaster)."""
    apart = (table[first] - table[second]).to_numpy(float)
    error = float(np.std(apart, ddof=1) * np.sqrt(len(apart))) if len(apart) > 1 else float("inf")
    return Lead(first, second, float(apart.sum()), error, len(apart))


def crps_gain(scores: pd.DataFrame, task: str, theory: str, baseline: str) -> tuple[float, float, float]:
    """By how much a theory's mean CRPS is below a baseline's, over cases: mean and 95 % interval; positive is better."""
    own = scores[scores["task"] == task]
    means = own.groupby(["case", "forecaster"])["crps"].mean().unstack()
    apart = (means[baseline] - means[theory]).to_numpy(float)
    half = 2.0 * float(np.std(apart, ddof=1) / np.sqrt(len(apart))) if len(apart) > 1 else float("inf")
    return float(apart.mean()), float(apart.mean()) - half, float(apart.mean()) + half


def stacking(table: pd.DataFrame) -> Mapping[str, float]:
    """Weights of forecasters whose mixture would have predicted the left-out cases best (fold, forecaster)."""
    logs: Array = table.to_numpy(float)

    def loss(free: Array) -> float:
        weights = softmax(np.append(free, 0.0))
        return -float(logsumexp(logs, axis=1, b=weights).mean())

    starts = [np.zeros(logs.shape[1] - 1), *(3.0 * np.eye(logs.shape[1])[:, :-1])]
    best = min((minimize(loss, start, method="BFGS") for start in starts), key=lambda found: found.fun)
    return dict(zip(table.columns, map(float, softmax(np.append(best.x, 0.0))), strict=True))
