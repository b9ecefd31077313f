"""Indices by level: what the cases of a level (local, regional, national) have in common, and how far they differ."""

import pandas as pd

KEYS = ["level", "week", "measure", "method", "parameter", "index"]
COLUMNS = (*KEYS, "cases", "value", "low", "high", "least", "most", "told_in")


def of_levels(indices: pd.DataFrame) -> pd.DataFrame:
    """The mean of every index over the cases of a level that are measured in the same week, with its interval and spread.

    ``low`` and ``high`` are the means of the ends: all cases are simulated at the same points, so that their errors need not
    cancel out. ``least`` and ``most`` are the smallest and largest value of a case, ``told_in`` the number of ``cases`` in
    which the index can be told from luck.
    """
    if not len(indices):
        return pd.DataFrame(columns=list(COLUMNS))
    told = indices.assign(clear=~indices["noise_only"].astype(bool))
    found = told.groupby(KEYS, sort=False).agg(
        cases=("case", "nunique"),
        value=("value", "mean"),
        low=("low", "mean"),
        high=("high", "mean"),
        least=("value", "min"),
        most=("value", "max"),
        told_in=("clear", "sum"),
    )
    return found.reset_index()[list(COLUMNS)]
