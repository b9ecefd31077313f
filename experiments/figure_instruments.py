"""Published measures of a case beside what the same instruments would show of the simulated people."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from coprod_abm.experiments.figure_style import (
    PUBLISHED,
    SIMULATED,
    TEXT,
    Room,
    add_key,
    end_labels,
    fan,
    key_rows,
    panel_title,
    runs_key,
    sheet,
    value_axis,
    year_axis,
)

ROOM = Room(width=2.05, right=1.2)
MARKER = 6.0


def instruments_figure(series: pd.DataFrame, published: pd.DataFrame, title: str, notes: str) -> Figure:
    """One panel per published measure: bands and median of the runs, published points, anchor hollow.

    ``series`` and ``published`` are the tables of one case with one kind of levels.
    """
    names = list(dict.fromkeys(published["measure"]))
    has_anchor = bool((published["role"] == "anchor").any())
    handles = key(int(series["replicates"].iloc[0]), has_anchor)
    figure, panels = sheet(len(names), ROOM, title, notes, key_rows(len(handles), len(names)))
    add_key(figure, handles, len(names))
    for axes, name in zip(panels, names, strict=True):
        instrument_panel(axes, series[series["measure"] == name], published[published["measure"] == name])
    return figure


def key(runs: int, has_anchor: bool) -> list[Line2D | Patch]:
    """What the marks mean, once for all panels."""
    handles = [*runs_key(runs, SIMULATED.colour), point_handle(PUBLISHED.colour, "published")]
    return [*handles, point_handle("white", "published, sets the level")] if has_anchor else handles


def point_handle(face: str, label: str) -> Line2D:
    """A published point for the key."""
    return Line2D(
        [], [], linestyle="", marker="o", markersize=MARKER, markerfacecolor=face, markeredgecolor="black", label=label
    )


def instrument_panel(axes: Axes, series: pd.DataFrame, points: pd.DataFrame) -> None:
    """One instrument over time with its published points, labelled directly."""
    facts = series.iloc[0]
    scale = (float(facts["low"]), float(facts["high"]))
    seen = [series["q05"].min(), series["q95"].max(), points["published"].min(), points["published"].max()]
    value_axis(axes, float(min(seen)), float(max(seen)), scale)
    year_axis(axes, float(series["year"].min()), float(series["year"].max()))
    panel_title(axes, str(facts["label"]).capitalize(), str(facts["unit"]))
    fan(axes, series, SIMULATED)
    published_points(axes, points)
    digits = digits_of(axes.get_ylim())
    last = points.sort_values("week").iloc[-1]
    end_labels(
        axes,
        [
            (float(series["q50"].iloc[-1]), f"simulated {series['q50'].iloc[-1]:.{digits}f}", SIMULATED.text),
            (float(last["published"]), f"published {last['published']:.{digits}f}", PUBLISHED.text),
        ],
    )
    for _, anchor in points[points["role"] == "anchor"].iterrows():
        label_anchor(axes, anchor, series, points)


def digits_of(shown: tuple[float, float]) -> int:
    """Decimals that tell values of a panel apart, by what its axis shows.

    >>> digits_of((0.0, 100.0)), digits_of((-2.0, 8.0)), digits_of((3.8, 4.0))
    (0, 1, 2)
    """
    span = shown[1] - shown[0]
    return 0 if span >= 50 else 1 if span >= 2 else 2


def published_points(axes: Axes, points: pd.DataFrame) -> None:
    """Published values, hollow where they set the level, with bars where a sampling error is known."""
    sampled = points.dropna(subset=["published_low"])
    axes.vlines(sampled["year"], sampled["published_low"], sampled["published_high"], color="black", linewidth=1.2)
    for role, face in (("compared", PUBLISHED.colour), ("anchor", "white")):
        some = points[points["role"] == role]
        axes.plot(
            some["year"],
            some["published"],
            linestyle="",
            marker="o",
            markersize=MARKER,
            markerfacecolor=face,
            markeredgecolor="black",
            zorder=4,
            clip_on=False,
        )


def label_anchor(axes: Axes, anchor: pd.Series, series: pd.DataFrame, points: pd.DataFrame) -> None:
    """Write "anchor" on that side of the point where it hides least of line and points."""
    years = np.linspace(series["year"].min(), series["year"].max(), 400)
    line = np.column_stack([years, np.interp(years, series["year"], series["q50"])])
    marks = points[["year", "published"]].to_numpy(dtype=float)
    others = axes.transData.transform(np.vstack([line, np.repeat(marks, 20, axis=0)]))
    x, y = axes.transData.transform((anchor["year"], anchor["published"]))
    inch = axes.figure.dpi
    best = min(SIDES, key=lambda side: _hidden(side, x, y, others, inch, axes))
    axes.annotate(
        "anchor",
        (anchor["year"], anchor["published"]),
        (best[0] * 72, best[1] * 72),
        textcoords="offset points",
        fontsize=TEXT,
        ha="left",
        va="center",
    )


# offsets in inches from the point to the left middle of the label, in order of preference
SIDES: Sequence[tuple[float, float]] = ((-0.1, 0.17), (-0.1, -0.17), (0.1, 0.0), (0.1, 0.3), (0.1, -0.3))
LABEL = (0.52, 0.16)  # inches that the word takes


def _hidden(side: tuple[float, float], x: float, y: float, others: np.ndarray, inch: float, axes: Axes) -> float:
    left, bottom = x + side[0] * inch, y + (side[1] - 0.5 * LABEL[1]) * inch
    right, top = left + LABEL[0] * inch, bottom + LABEL[1] * inch
    inside = (others[:, 0] > left) & (others[:, 0] < right) & (others[:, 1] > bottom) & (others[:, 1] < top)
    box = axes.get_window_extent()
    outside = 1000.0 * (bottom < box.y0 or top > box.y1)
    return float(inside.sum()) + outside
