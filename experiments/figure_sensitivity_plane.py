"""Morris's plane: how strong a parameter is, and how much that depends on the others."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from coprod_abm.experiments.figure_sensitivity_bars import FLOOR, beside_one_another, titled, worded_ticks
from coprod_abm.experiments.figure_sensitivity_table import floor, of_index, told_apart
from coprod_abm.experiments.figure_style import GREY, INK, LOOKS, Room, add_key, end_labels, key_rows, sheet
from coprod_abm.experiments.figure_sweep_response import LETTER, narrowed
from coprod_abm.experiments.study_names import DUMMY, Names

MOST_NAMED = 8


def plane_figure(rows: pd.DataFrame, measures: Sequence[str], names: Names, words: Sequence[str]) -> Figure:
    """Morris's plane: how strong a parameter is, and how much that depends on the others; a panel for each measure."""
    title, sentence, notes = words
    handles: list[Any] = [
        Line2D([], [], color=LOOKS[0].colour, marker="o", label=names.text("keys.interval")),
        Line2D([], [], color=GREY, marker="o", markerfacecolor="white", linestyle="", label=names.text("keys.luck")),
        Line2D([], [], color=GREY, linestyle=(0, (4, 2)), label=names.text("keys.equal")),
        Patch(facecolor=FLOOR, label=names.text("keys.floor")),
    ]
    shown = list(dict.fromkeys(rows["parameter"]))
    beside = min(max(len(names.bare(name, shown)) for name in shown), 30) * LETTER + 0.2
    room = Room(2.4 if len(measures) > 1 else 3.4, beside, 2.5, 0.42, 0.55)
    columns = beside_one_another(room, len(measures))
    figure, panels = sheet(len(measures), room, title, notes, key_rows(4, columns), sentence, columns)
    add_key(figure, handles, columns)
    for axes, name in zip(panels, measures, strict=True):
        titled(axes, names.capital(names.measure(name)))
        narrowed(axes, 0.15)
        one_plane(axes, rows[rows["measure"] == name], names)
    return figure


def one_plane(axes: Axes, rows: pd.DataFrame, names: Names) -> None:
    """The points of one measure, the strongest with their names."""
    size = of_index(rows, "mu_star")
    sigma = rows[rows["index"] == "sigma"].drop_duplicates("parameter").set_index("parameter")["value"]
    height = sigma.reindex(size["parameter"]).to_numpy(float)
    strong = ~size["noise_only"].to_numpy() & (size["parameter"] != DUMMY).to_numpy()
    reach = floor(size)
    if np.isfinite(reach):
        axes.axvspan(0.0, reach, facecolor=FLOOR, linewidth=0, zorder=0)
    right = float(np.nanmax(size[["value", "high"]].to_numpy(float))) * 1.05
    up = max(float(np.nanmax(height)), 1e-9) * 1.15
    axes.plot([0, max(right, up)], [0, max(right, up)], color=GREY, linestyle=(0, (4, 2)), linewidth=1.0)
    axes.hlines(
        height, size["low"], size["high"], color=[LOOKS[0].colour if each else GREY for each in strong], linewidth=1.2
    )
    axes.plot(size["value"][strong], height[strong], "o", color=LOOKS[0].colour, markersize=5)
    axes.plot(size["value"][~strong], height[~strong], "o", color=GREY, markerfacecolor="white", markersize=5)
    axes.set_xlim(0, right)
    axes.set_ylim(-0.03 * up, up)
    axes.locator_params(nbins=4)
    worded_ticks(axes.xaxis, names, False)
    worded_ticks(axes.yaxis, names, False)
    axes.set_xlabel(names.text("axis.mu_star_axis"), labelpad=2)
    axes.set_ylabel(names.text("axis.sigma_axis"), labelpad=2)
    named = told_apart(size).head(MOST_NAMED)["parameter"]
    at = {name: float(value) for name, value in zip(size["parameter"], height, strict=True)}
    x = dict(zip(size["parameter"], size["value"].astype(float), strict=True))
    end_labels(axes, [(at[name], shortened(names.bare(name, list(size["parameter"]))), INK) for name in named])
    leaders(axes, [(x[name], at[name]) for name in named])


def leaders(axes: Axes, points: Sequence[tuple[float, float]]) -> None:
    """Thin lines from points to their labels right of the axes, in the order in which the labels were put."""
    labels = axes.texts[-len(points) :] if points else []
    for (x, y), text in zip(points, labels, strict=True):
        axes.annotate(
            "", (x, y), (1.0, text.xy[1]), xycoords="data", textcoords="axes fraction",  # type: ignore[attr-defined]
            arrowprops={"arrowstyle": "-", "color": "#9A9A9A", "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2},
        )  # fmt: skip


def shortened(label: str) -> str:
    """A name of at most 30 letters."""
    return label if len(label) <= 30 else f"{label[:29]}…"
