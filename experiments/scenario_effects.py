"""Effects of a scenario: each arm against the first, paired run by run, with an interval and a verdict in words.

Verdicts: ``better`` and ``worse`` (``higher`` and ``lower`` for measures of which more is neither) where the whole interval
lies beyond zero and the difference is worth telling; ``about the same`` where the whole interval is smaller than what is
worth telling; ``cannot tell`` else.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.experiments.estimates import mean_of
from coprod_abm.experiments.scenario import Scenario
from coprod_abm.measures import measure
from coprod_abm.year import YEAR

LEVEL = 0.95  # of intervals
ALL_CASES = "all"
BETTER, WORSE, HIGHER, LOWER = "better", "worse", "higher", "lower"
SAME, CANNOT_TELL = "about the same", "cannot tell"
VERDICTS = (BETTER, WORSE, HIGHER, LOWER, SAME, CANNOT_TELL)
WORTH_TELLING = {"share": 0.01, "difference": 0.01, "change": 0.01, "Gini": 0.01}  # one in a hundred
WORTH_SHARE = 0.05  # of the first arm's mean, for counts and hours
COLUMNS = (
    "scenario", "arm", "against", "case", "measure", "week", "value", "reference",
    "difference", "low", "high", "share_better", "share_worse", "n", "verdict",
)  # fmt: skip


def effects_of(trajectories: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """One row per arm but the first, case (``all``: their mean), measure and turn of a year, columns ``COLUMNS``."""
    return pd.DataFrame(_rows(with_all(trajectories), scenario), columns=list(COLUMNS))


def with_all(trajectories: pd.DataFrame) -> pd.DataFrame:
    """The table with the mean over cases as the case ``all`` where there are several."""
    if trajectories["case"].nunique() < 2:
        return trajectories
    keys = [name for name in trajectories if name not in ("case", "value")]
    mean = trajectories.groupby(keys, as_index=False, sort=False)["value"].mean().assign(case=ALL_CASES)
    return pd.concat([trajectories, mean], ignore_index=True)[list(trajectories)]


def _rows(table: pd.DataFrame, scenario: Scenario) -> Iterator[tuple[Any, ...]]:
    first = scenario.arms[0].name
    last = int(table["week"].max())
    yearly = table[(table["week"] % YEAR == 0) | (table["week"] == last)]
    wide = yearly.pivot(index=["case", "measure", "week", "replicate"], columns="arm", values="value")
    for (case, name, week), runs in wide.groupby(level=[0, 1, 2], sort=False):
        for arm in scenario.arms[1:]:
            found = compared(str(name), runs[first].to_numpy(), runs[arm.name].to_numpy())
            yield (scenario.name, arm.name, first, case, name, week, *found)


def compared(name: str, before: np.ndarray, after: np.ndarray) -> tuple[Any, ...]:
    """Means, paired difference with its interval, shares of runs that are better and worse, number of pairs, verdict."""
    known = np.isfinite(before) & np.isfinite(after)
    gap = after[known] - before[known]
    gap = np.where(np.abs(gap) > 1e-9, gap, 0.0)
    if not len(gap):
        return (mean_known(after), mean_known(before), *(np.nan,) * 5, 0, CANNOT_TELL)
    found = mean_of(gap, LEVEL)
    mean = float(gap.mean())
    sign = measure(name).direction or 1
    reference = float(before[known].mean())
    verdict = verdict_of(name, mean, found.low, found.high, reference) if found.runs else CANNOT_TELL
    better, worse = float((sign * gap > 0).mean()), float((sign * gap < 0).mean())
    return float(after[known].mean()), reference, mean, found.low, found.high, better, worse, int(known.sum()), verdict


def mean_known(values: np.ndarray) -> float:
    """The mean of what has a value; NaN where nothing has."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def worth_telling(name: str, reference: float) -> float:
    """The smallest difference that is worth telling: one in a hundred for shares, a twentieth of the first arm's mean else."""
    unit = measure(name).unit
    return WORTH_TELLING.get(unit, WORTH_SHARE * max(abs(reference), 1.0))


def verdict_of(name: str, mean: float, low: float, high: float, reference: float) -> str:
    """The verdict on a difference.

    >>> verdict_of("need_met", 0.05, 0.03, 0.07, 0.5), verdict_of("need_gap", 0.05, 0.03, 0.07, 0.1)
    ('better', 'worse')
    >>> verdict_of("need_met", 0.05, -0.01, 0.11, 0.5), verdict_of("need_met", 0.002, -0.001, 0.004, 0.5)
    ('cannot tell', 'about the same')
    >>> verdict_of("voice_share", 0.05, 0.03, 0.07, 0.5)
    'higher'
    """
    least = worth_telling(name, reference)
    if -least < low and high < least:
        return SAME
    if (low <= 0.0 <= high) or abs(mean) < least:
        return CANNOT_TELL
    direction = measure(name).direction
    if direction == 0:
        return HIGHER if mean > 0 else LOWER
    return BETTER if mean * direction > 0 else WORSE
