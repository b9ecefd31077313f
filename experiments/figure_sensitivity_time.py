"""Lines of a sensitivity study: the indices over the weeks, and over the runs with which they become sure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from coprod_abm.experiments.figure_sensitivity_bars import FLOOR, axis_of, beside_one_another, titled, worded_ticks
from coprod_abm.experiments.figure_sensitivity_plane import shortened
from coprod_abm.experiments.figure_sensitivity_table import SHARES
from coprod_abm.experiments.figure_style import Room, add_key, key_rows, sheet
from coprod_abm.experiments.figure_sweep_response import MARKS, MORE, narrowed
from coprod_abm.experiments.study_names import DUMMY, Names
from coprod_abm.year import YEAR

MOST_LINES = len(MORE)


def time_figure(rows: pd.DataFrame, measures: Sequence[str], index: str, names: Names, words: Sequence[str]) -> Figure:
    """An index over the years, a line for each of the strongest parameters; a panel for each measure."""
    years = rows.assign(x=rows["week"] / YEAR)
    return lines_figure(
        years, measures, names, words, (names.text("axis.weeks"), names.text(f"axis.{axis_of(index)}")), index in SHARES
    )


def convergence_figure(
    rows: pd.DataFrame, measures: Sequence[str], index: str, names: Names, words: Sequence[str]
) -> Figure:
    """An index over the number of runs, with intervals that should shrink; a panel for each measure."""
    runs = rows.assign(x=rows["runs"].astype(float))
    return lines_figure(
        runs, measures, names, words, (names.text("axis.runs"), names.text(f"axis.{axis_of(index)}")), index in SHARES
    )


def lines_figure(
    rows: pd.DataFrame,
    measures: Sequence[str],
    names: Names,
    words: Sequence[str],
    axis_names: tuple[str, str],
    is_share: bool,
) -> Figure:
    """Lines with intervals over ``x``; each parameter keeps its look in all panels, and the dummy is a grey band."""
    title, sentence, notes = words
    shown = strongest(rows)
    looks = {name: place for place, name in enumerate(shown)}
    handles: list[Any] = [
        Line2D(
            [], [], color=MORE[place].colour, linestyle=MORE[place].line, marker=MARKS[place], markersize=4,
            label=shortened(names.parameter(name)),
        )
        for name, place in looks.items()
    ]  # fmt: skip
    handles.append(Patch(facecolor=FLOOR, label=names.text("keys.floor")))
    room = Room(2.8, 0.3, 2.2, 0.42, 0.55)
    columns = beside_one_another(room, len(measures))
    across = 1 if columns == 1 else 2
    figure, panels = sheet(len(measures), room, title, notes, key_rows(len(handles), across), sentence, columns)
    add_key(figure, handles, across)
    for axes, name in zip(panels, measures, strict=True):
        titled(axes, names.capital(names.measure(name)))
        narrowed(axes, 0.2)
        one_panel(axes, rows[rows["measure"] == name], looks)
        worded_ticks(axes.yaxis, names, is_share)
        worded_ticks(axes.xaxis, names, False)
        axes.set_xlabel(axis_names[0], labelpad=2)
        axes.set_ylabel(axis_names[1], labelpad=3)
    return figure


def strongest(rows: pd.DataFrame) -> list[str]:
    """The strongest parameters of each measure at the first and the last point, then the next strongest; no dummy."""
    ends = rows[rows["x"].isin([rows["x"].max(), rows["x"].min()]) & (rows["parameter"] != DUMMY)].dropna(
        subset=["value"]
    )
    ranks = ends.groupby(["measure", "x"])["value"].rank(ascending=False, method="first")
    order = ends.assign(place=ranks).sort_values(["place", "x", "value"], ascending=[True, False, False], kind="stable")
    return [str(name) for name in dict.fromkeys(order["parameter"])][:MOST_LINES]


def one_panel(axes: Axes, rows: pd.DataFrame, looks: dict[str, int]) -> None:
    """The lines of one measure with their intervals as bars, a little aside so that none covers another."""
    rows = rows.sort_values("x", kind="stable")
    dummy = rows[rows["parameter"] == DUMMY]
    low, high = min(0.0, float(rows["low"].min())), float(rows[["value", "high"]].max().max())
    if len(dummy):
        axes.fill_between(dummy["x"], np.minimum(dummy["low"].fillna(0), 0), dummy["high"], color=FLOOR, linewidth=0)
    wide = float(rows["x"].max() - rows["x"].min()) or 1.0
    for name, place in looks.items():
        own = rows[rows["parameter"] == name]
        look = MORE[place]
        aside = own["x"] + 0.012 * wide * (place - 0.5 * (len(looks) - 1))
        gaps = np.vstack([(own["value"] - own["low"]).clip(lower=0), (own["high"] - own["value"]).clip(lower=0)])
        drawn = axes.errorbar(
            aside, own["value"], np.nan_to_num(gaps), color=look.colour, linestyle=look.line, marker=MARKS[place],
            markersize=4, linewidth=1.6, elinewidth=1.0,
        )  # fmt: skip
        for bars in drawn[2]:
            bars.set_linestyle("-")
            bars.set_alpha(0.6)
    axes.axhline(0.0, color="#8A8A8A", linewidth=0.8, zorder=0)
    axes.set_ylim(low - 0.03 * (high - low), high + 0.05 * (high - low))
    air = 0.05 * wide
    axes.set_xlim(rows["x"].min() - air, rows["x"].max() + air)
    axes.locator_params(axis="y", nbins=5)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(axis="y", color="#E3E3E3", linewidth=0.7)
    axes.set_axisbelow(True)
