"""The tables of a run, as tidy DataFrames: trajectories, ends of runs, instruments, and figures beside the published."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from coprod_abm.case import Case
from coprod_abm.draws import replicate_seed
from coprod_abm.instruments import INSTRUMENTS
from coprod_abm.measures import measure
from coprod_abm.outcomes import by_level, summary_over_runs
from coprod_abm.surveys import anchored_readings, beside_published, readings
from coprod_abm.year import YEAR

NINETY_PERCENT = 1.645  # standard errors on each side of a normal estimate
ANCHORED, RAW = "anchored", "raw"


def within_run(case: Case, weeks: int, every: int) -> Case:
    """The case with only those published figures whose week the run reaches and measures."""
    return replace(case, measures=case.measures[case.measures["week"] <= weeks // every * every])


def labelled(table: pd.DataFrame, case: Case, name: str, **facts: Any) -> pd.DataFrame:
    """``table`` with columns for case, year (fraction of the calendar year in which a week lies), measure and facts."""
    table.insert(0, "case", case.id)
    table.insert(1, "measure", name)
    table.insert(3, "year", case.start + table["week"] / YEAR)
    return table.assign(**facts)


def trajectories(runs: xr.Dataset, case: Case, names: Sequence[str]) -> pd.DataFrame:
    """Each measure over time, summarised over replicates: one row per measure and week."""
    one, weeks = runs.sel(case=case.id), runs["week"].to_numpy()
    parts = [
        labelled(
            summary_over_runs(one[name].to_numpy(), weeks),
            case,
            name,
            unit=measure(name).unit,
            topic=measure(name).topic,
            perspective=measure(name).perspective,
        )
        for name in names
    ]
    return pd.concat(parts, ignore_index=True)


def ends(runs: xr.Dataset, case: Case, names: Sequence[str], seed: int) -> pd.DataFrame:
    """One row per replicate: the seed of its draws and every measure in the last measured week."""
    last = runs.sel(case=case.id).isel(week=-1)
    table = pd.DataFrame({name: last[name].to_numpy() for name in names})
    table.insert(0, "case", case.id)
    table.insert(1, "replicate", runs["replicate"].to_numpy())
    table.insert(2, "seed", [replicate_seed(seed, int(r)) for r in runs["replicate"].to_numpy()])
    table.insert(3, "week", int(last["week"]))
    return table


def instruments(runs: xr.Dataset, case: Case) -> pd.DataFrame:
    """Each instrument's readings over time, raw and anchored, summarised over replicates; empty without published figures.

    Column ``levels`` says whether readings are ``raw`` or ``anchored`` at the first published value.
    """
    series = {RAW: readings(runs, case), ANCHORED: anchored_readings(runs, case)}
    weeks = runs["week"].to_numpy()
    parts = [
        labelled(
            summary_over_runs(found[name].to_numpy(), weeks),
            case,
            str(name),
            levels=levels,
            unit=INSTRUMENTS[str(name)].unit,
            label=INSTRUMENTS[str(name)].label,
            low=INSTRUMENTS[str(name)].scale[0],
            high=INSTRUMENTS[str(name)].scale[1],
        )
        for levels, found in series.items()
        for name in found
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def published(runs: xr.Dataset, case: Case) -> pd.DataFrame:
    """One row per published figure and kind of level: what was published beside what the runs show in that week.

    Adds to :func:`coprod_abm.surveys.beside_published` the columns ``year``, ``levels``, ``published_low`` and
    ``published_high`` (90 % sampling error, where the number of answers is known) and ``within`` (whether the published
    value lies within the 90 % band of the runs). Empty without published figures.
    """
    if case.measures.empty:
        return pd.DataFrame()
    parts = [
        beside_published(runs, case, anchored=levels == ANCHORED).assign(levels=levels) for levels in (RAW, ANCHORED)
    ]
    table = pd.concat(parts, ignore_index=True)
    table.insert(4, "year", case.start + table["week"] / YEAR)
    error = [sampling_error(*row) for row in table[["measure", "published", "n"]].itertuples(index=False)]
    table["published_low"], table["published_high"] = table["published"] - error, table["published"] + error
    table["within"] = table["published"].between(table["low"], table["high"])
    return table


def sampling_error(name: str, value: float, answers: float) -> float:
    """Half the width of a 90 % interval of a published share, from its number of answers; NaN for other kinds.

    Shares of independent answers only: a published SD may be that between organisations, which is no sampling error.
    """
    through = INSTRUMENTS[name]
    if through.kind != "share" or not answers > 0:
        return float("nan")
    low, high = through.scale
    share = (value - low) / (high - low)
    return float(NINETY_PERCENT * (high - low) * np.sqrt(share * (1.0 - share) / answers))


def levels(runs: xr.Dataset, start: int) -> pd.DataFrame:
    """Outcomes by level of cases that shared a world from the year ``start`` on: :func:`coprod_abm.by_level` with ``year``."""
    table = by_level(runs)
    table.insert(6, "year", start + table["week"] / YEAR)
    return table
