"""Effects of one arrangement against the first: future by future where they share draws, else from means and their spread."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.experiments.estimates import quantile_of_t
from coprod_abm.experiments.scenario_effects import (
    ALL_CASES,
    CANNOT_TELL,
    LEVEL,
    compared,
    verdict_of,
)
from coprod_abm.measures import NAMES

Row = tuple[Any, ...]


def pairs(first: pd.DataFrame, other: pd.DataFrame, number: int, week: int) -> Iterator[Row]:
    """Effects of one run against the first, of each case and of their mean."""
    names = [name for name in NAMES if name in first and name in other]
    keys = ["case", "replicate"]
    one, two = (table.set_index(keys)[names] for table in (first, other))
    two = two.reindex(one.index)
    for case in one.index.unique("case"):
        yield from rows_of(names, one.loc[case], two.loc[case], str(case), number, week)
    if one.index.unique("case").size > 1:
        means = [table.groupby(level="replicate").mean() for table in (one, two)]
        yield from rows_of(names, means[0], means[1], ALL_CASES, number, week)


def rows_of(
    names: Sequence[str], one: pd.DataFrame, two: pd.DataFrame, case: str, number: int, week: int
) -> Iterator[Row]:
    """A row of effects for each measure."""
    for name in names:
        found = compared(name, one[name].to_numpy(), two[name].to_numpy())
        yield ("runs", str(number), "0", case, name, week, *found)


def point_rows(
    table: pd.DataFrame, points: Sequence[int], number: int, week: int, facts: Mapping[str, Any], paired: bool
) -> Iterator[Row]:
    """Effects of one point against the first."""
    first, other = (table[table["point"] == points[place]] for place in (0, number))
    if facts["rows"] == "replicates":
        if not paired:  # futures of their own: compare means alone
            yield from unpaired_rows(summed(first), summed(other), number, week)
        else:
            yield from pairs(first, other, number, week)
        return
    n = int(facts["replicates"])
    yield from unpaired_rows(with_counts(first, n), with_counts(other, n), number, week)


def with_counts(rows: pd.DataFrame, n: int) -> dict[str, dict[str, tuple[float, float, int]]]:
    """Mean, SD and runs of each measure by case, from rows of points."""
    names = [name for name in NAMES if name in rows and f"{name}_sd" in rows]
    return {
        str(row["case"]): {name: (float(row[name]), float(row[f"{name}_sd"]), n) for name in names}
        for _, row in rows.iterrows()
    }


def summed(rows: pd.DataFrame) -> dict[str, dict[str, tuple[float, float, int]]]:
    """Mean, SD and runs of each measure by case, from rows of single runs."""
    names = [name for name in NAMES if name in rows]
    return {
        str(case): {name: (float(one[name].mean()), float(one[name].std()), int(one[name].count())) for name in names}
        for case, one in rows.groupby("case")
    }


def unpaired_rows(
    first: Mapping[str, Mapping[str, tuple[float, float, int]]],
    other: Mapping[str, Mapping[str, tuple[float, float, int]]],
    number: int,
    week: int,
) -> Iterator[Row]:
    """Effects from means and SDs alone, of each case and of the mean of all; nothing is said of single futures."""
    shared = [case for case in first if case in other]
    for case in [*shared, *([ALL_CASES] if len(shared) > 1 else [])]:
        among = shared if case == ALL_CASES else [case]
        for name in first[shared[0]]:
            yield (
                "sweep",
                str(number),
                "0",
                case,
                name,
                week,
                *apart(name, *joint(first, name, among), *joint(other, name, among)),
            )


def joint(
    found: Mapping[str, Mapping[str, tuple[float, float, int]]], name: str, cases: Sequence[str]
) -> tuple[float, float, int]:
    """Mean over cases, its standard error, and runs behind it."""
    parts = [found[case][name] for case in cases]
    error = float(np.sqrt(sum(sd**2 / max(n, 1) for _, sd, n in parts))) / len(parts)
    return float(np.mean([mean for mean, _, _ in parts])), error, min(n for _, _, n in parts)


def apart(name: str, before: float, error: float, n: int, after: float, other_error: float, m: int) -> Row:
    """What ``compared`` tells, from two means with their standard errors."""
    gap, few = after - before, min(n, m)
    if not np.isfinite(gap) or few < 3:
        return (after, before, gap, np.nan, np.nan, np.nan, np.nan, few if np.isfinite(gap) else 0, CANNOT_TELL)
    half = quantile_of_t(LEVEL, few - 1) * float(np.hypot(error, other_error))
    verdict = verdict_of(name, gap, gap - half, gap + half, before)
    return (after, before, gap, gap - half, gap + half, np.nan, np.nan, few, verdict)
