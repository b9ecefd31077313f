"""How good a box is: coverage and density with exact intervals, where it was found and on fresh runs that it has not seen."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from coprod_abm.experiments.discovery_boxes import Box

FEW = 25  # different values of a column from which it is a range and no list
Share = tuple[float, float, float]


def share(some: int, every: int) -> Share:
    """A share with its exact 95 % interval (Clopper–Pearson).

    >>> [round(each, 3) for each in share(9, 10)]
    [0.9, 0.555, 0.997]
    """
    if every == 0:
        return float("nan"), float("nan"), float("nan")
    ends = stats.binomtest(int(some), int(every)).proportion_ci(0.95, "exact")
    return some / every, float(ends.low), float(ends.high)


def fresh_points(points: pd.DataFrame, count: int, seed: int, box: Box | None = None) -> pd.DataFrame:
    """New points from the space that a sample spans, column by column; within a box where one is given.

    A column with few different values keeps to them; all others are uniform between the ends of the sample.
    """
    lots = np.random.default_rng([seed, 20_18])
    columns: dict[str, Any] = {}
    for key in map(str, points.columns):
        values: Any = pd.unique(points[key])
        if box is not None and key in box.choices:
            values = np.array([value for value in values if str(value) in box.choices[key]], object)
        if pd.api.types.is_numeric_dtype(points[key]):
            columns[key] = drawn_numbers(np.asarray(values, float), count, lots, box.limits.get(key) if box else None)
        else:
            columns[key] = np.asarray(values, object)[lots.integers(len(values), size=count)]
    return pd.DataFrame(columns, columns=points.columns)


def drawn_numbers(
    values: "np.ndarray[Any, Any]", count: int, lots: np.random.Generator, limits: tuple[float, float] | None
) -> "np.ndarray[Any, Any]":
    """Numbers of one column, from a list or a range, within limits."""
    low, high = limits or (-np.inf, np.inf)
    if len(values) <= FEW:
        kept = values[(values >= low) & (values <= high)]
        return kept[lots.integers(len(kept), size=count)]
    return lots.uniform(max(float(values.min()), low), min(float(values.max()), high), size=count)


def quality(
    place: str, number: int, where: str, inside: Any, wished: Any, within: tuple[int, int] = (0, 0)
) -> dict[str, Any]:
    """One row of what a box is worth on some points; ``within`` adds points drawn in the box alone: fulfilling, all."""
    inside, wished = np.asarray(inside, bool), np.asarray(wished, bool)
    held, all_held = int(wished[inside].sum()), int(wished.sum())
    density = share(held + within[0], int(inside.sum()) + within[1])
    coverage = share(held, all_held)
    outside = int((~inside).sum())
    table = [
        [held + within[0], int(inside.sum()) + within[1] - held - within[0]],
        [all_held - held, outside - (all_held - held)],
    ]
    row: dict[str, Any] = {"case": place, "box": number, "where": where, "points": len(wished)}
    row |= {"settings": int(inside.sum()) + within[1], "holds": held + within[0]}
    row |= {f"density{end}": value for end, value in zip(("", "_low", "_high"), density, strict=True)}
    row |= {f"coverage{end}": value for end, value in zip(("", "_low", "_high"), coverage, strict=True)}
    row |= {f"base{end}": value for end, value in zip(("", "_low", "_high"), share(all_held, len(wished)), strict=True)}
    row["p"] = float(stats.fisher_exact(table, alternative="greater").pvalue) if where == "fresh" else float("nan")
    return row
