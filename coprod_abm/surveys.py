"""What the published instruments would have shown in simulated runs: series over time, and tables beside the figures."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from coprod_abm.case import Case
from coprod_abm.instruments import Floats, Instrument, instrument
from coprod_abm.measures import DISTRIBUTION_NAMES


def readings(runs: xr.Dataset, case: Case) -> xr.Dataset:
    """Expected readings of every instrument that the case has published figures for, dims ``(replicate, week)``.

    ``runs`` is what :func:`coprod_abm.simulate` returned for this case (among others). Units are the published ones.
    """
    one = runs.sel(case=case.id)
    names = list(dict.fromkeys(case.measures["measure"]))
    return xr.Dataset({name: reading(one, instrument(name)) for name in names})


def reading(one_case: xr.Dataset, through: Instrument) -> xr.DataArray:
    """One instrument's expected readings, dims ``(replicate, week)``."""
    state = one_case[f"{through.state}_people" if through.state in DISTRIBUTION_NAMES else through.state]
    values = through.reading(state.to_numpy().astype(float))
    return xr.DataArray(
        values,
        dims=("replicate", "week"),
        coords={"replicate": one_case["replicate"], "week": one_case["week"]},
        attrs={"unit": through.unit, "label": through.label},
    )


def anchored_readings(runs: xr.Dataset, case: Case) -> xr.Dataset:
    """Readings moved so that their mean meets the first published value at its week: they show change, not level."""
    raw = readings(runs, case)
    return xr.Dataset({str(name): _anchored(raw[name], case, str(name)) for name in raw})


def _anchored(series: xr.DataArray, case: Case, name: str) -> xr.DataArray:
    published = case.measures[case.measures["measure"] == name].sort_values("week")
    first = published.iloc[0]
    start = at_week(series.mean("replicate").to_numpy()[None], series["week"].to_numpy(), float(first["week"]))[0]
    moved = instrument(name).anchored(series.to_numpy(), start, float(first["value"]))
    return series.copy(data=moved)


def beside_published(runs: xr.Dataset, case: Case, anchored: bool = True) -> pd.DataFrame:
    """One row per published figure: what was published and what the simulated instrument shows in that week.

    Columns: case, measure, unit, wave, week, published, n, sd, simulated (mean over replicates), low, high (90 % of
    replicates), role (``anchor`` for the figure that sets the level, else ``compared``), source.
    """
    series = anchored_readings(runs, case) if anchored else readings(runs, case)
    rows = [_row(figure, series, case) for figure in case.measures.to_dict("records")]
    table = pd.DataFrame(rows)
    first = table.groupby("measure")["week"].transform("min")
    table["role"] = np.where(anchored & (table["week"] == first), "anchor", "compared")
    return table


def at_week(values: Floats, weeks: Floats, week: float) -> Floats:
    """Values between the measured weeks, straight from one to the next; shape (replicate, week) → (replicate,)."""
    return np.array([np.interp(week, weeks, row) for row in values])


def _row(figure: dict[Any, Any], series: xr.Dataset, case: Case) -> dict[str, object]:
    values = at_week(series[str(figure["measure"])].to_numpy(), series["week"].to_numpy(), float(figure["week"]))
    low, high = np.quantile(values, [0.05, 0.95])
    kept = {key: figure[key] for key in ("measure", "unit", "wave", "week", "n", "sd", "source")}
    return {
        "case": case.id,
        **kept,
        "published": figure["value"],
        "simulated": float(values.mean()),
        "low": float(low),
        "high": float(high),
    }
