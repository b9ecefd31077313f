"""Response plots of a sweep: each measure over one varied parameter or preset, with the noise of runs, and interactions."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from coprod_abm.experiments.figure_style import (
    LEFT,
    LOOKS,
    Look,
    Room,
    add_key,
    end_labels,
    key_rows,
    panel_title,
    sheet,
    value_axis,
)
from coprod_abm.experiments.figure_sweep_table import (
    Shown,
    averaged,
    axis_name,
    level_names,
    limits,
    measure_means,
    measure_name,
    scale_of,
)

ABOVE, BELOW = 0.78, 0.62  # inches for two lines of meaning above a panel, and for the name of its axis below
LETTER = 0.085  # inches that a letter takes
MOST_BINS = 12
MORE = (  # series of an interaction: colour, text and line all differ
    *LOOKS,
    Look("#CC79A7", "#8F3F6D", (0, (4, 1.5, 1, 1.5))),
    Look("#1A1A1A", "#1A1A1A", (0, (8, 2))),
    Look("#8C6D00", "#6B5300", (0, (1, 2.5))),
)
MARKS = "osD^vP"


def panels_of(given: Shown, room: Room, title: str, notes: str, rows: int = 0) -> tuple[Figure, list[Axes]]:
    """A sheet with a panel for each measure, its name and meaning above."""
    figure, panels = sheet(len(given.measures), room, title, notes, rows)
    letters = int((LEFT + room.width + room.right - 0.25) / LETTER * 1.06)
    for axes, name in zip(panels, given.measures, strict=True):
        titled(axes, name, letters)
    return figure, panels


def titled(axes: Axes, name: str, letters: int) -> None:
    """Name of a measure above a panel, and what it means in two grey lines."""
    meaning = measure_means(name, letters)
    panel_title(axes, "", meaning)
    axes.annotate(
        measure_name(name),
        (0, 1),
        (-LEFT * 72 + 11, 38 if "\n" in meaning else 24),
        "axes fraction",
        textcoords="offset points",
        va="bottom",
        weight="bold",
    )


def number_axis(axes: Axes, key: str, values: "pd.Series[float]", width: float) -> None:
    """A few ticks over the values of a parameter, and its name in words below."""
    low, high = float(values.min()), float(values.max())
    air = 0.04 * (high - low)
    axes.set_xlim(low - air, high + air)
    ticks = MaxNLocator(4).tick_values(low, high)
    axes.set_xticks([tick for tick in ticks if low - 1e-12 <= tick <= high + 1e-12])
    axes.set_xlabel("\n".join(textwrap.wrap(axis_name(key), int(width / LETTER))), labelpad=2)


def noise_key(given: Shown, mean: str) -> list[Any]:
    """Key of the mean and the noise of runs."""
    look = LOOKS[0]
    handles: list[Any] = [Line2D([], [], color=look.colour, linewidth=1.8, marker="o", markersize=4, label=mean)]
    if given.facts.replicates > 1:
        handles.append(Patch(facecolor=look.colour, alpha=0.22, label="one SD of single runs either way"))
    return handles


def line_figure(given: Shown, key: str) -> Figure:
    """Each measure over the values of one parameter: mean and the noise of runs."""
    table = averaged(given, [key])
    others = [axis_name(other) for other in given.factors if other != key]
    rest = f" Averaged over {', '.join(others)}." if others else ""
    handles = noise_key(given, "mean of runs")
    room = Room(2.3, 0.3, above=ABOVE, below=BELOW)
    rows = key_rows(len(handles), len(given.measures))
    title = f"Response to {axis_name(key)}: {given.where}"
    figure, panels = panels_of(given, room, title, f"{given.notes}{rest}", rows)
    add_key(figure, handles, len(given.measures))
    for axes, name in zip(panels, given.measures, strict=True):
        x, mean, noise = table[key], table[name], table[f"{name}_sd"].fillna(0.0)
        low, high = limits(mean, noise)
        value_axis(axes, low, high, scale_of(name, low, high))
        number_axis(axes, key, x, room.width)
        axes.fill_between(x, mean - noise, mean + noise, color=LOOKS[0].colour, alpha=0.22, linewidth=0)
        marker = "o" if len(table) <= MOST_BINS else ""
        axes.plot(x, mean, color=LOOKS[0].colour, linewidth=1.8, marker=marker, markersize=4)
    return figure


def cloud_figure(given: Shown, name: str) -> Figure:
    """One measure over each varied parameter of a sample: every point with the noise of its runs, and a running mean."""
    table, keys = given.table, given.numbers[:9]
    several = given.facts.replicates > 1
    handles: list[Any] = [
        Line2D([], [], color=LOOKS[0].colour, marker="o", markersize=4, linestyle="", label="mean of runs at a point"),
        *[Line2D([], [], color=LOOKS[0].colour, alpha=0.5, label="one SD of single runs either way")][: int(several)],
        Line2D([], [], color=LOOKS[1].colour, linewidth=2.2, label="mean of a slice of points"),
    ]
    room = Room(2.3, 0.3, above=0.2, below=BELOW)
    title = f"{measure_name(name)} over each parameter: {given.where}"
    notes = f"{measure_means(name, 200)}. {given.notes} In each panel all other parameters vary too."
    figure, panels = sheet(len(keys), room, title, notes, key_rows(len(handles), len(keys)))
    add_key(figure, handles, len(keys))
    low, high = limits(table[name], table[f"{name}_sd"])
    for axes, key in zip(panels, keys, strict=True):
        value_axis(axes, low, high, scale_of(name, low, high))
        number_axis(axes, key, table[key], room.width)
        axes.errorbar(
            table[key], table[name], table[f"{name}_sd"] if several else None, linestyle="", marker="o",
            markersize=2.5, elinewidth=0.6, color=LOOKS[0].colour, alpha=max(0.12, min(0.6, 60 / len(table))),
        )  # fmt: skip
        middle, mean = slices(table[key], table[name])
        axes.plot(middle, mean, color=LOOKS[1].colour, linewidth=2.2)
    return figure


def slices(x: "pd.Series[float]", y: "pd.Series[float]") -> tuple[Any, Any]:
    """Mean position and value of equally many points in each of up to twelve slices."""
    bins = max(2, min(MOST_BINS, len(x) // 8))
    order = np.argsort(x.to_numpy(), kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    return [x.to_numpy()[part].mean() for part in parts], [y.to_numpy()[part].mean() for part in parts]


def dot_figure(given: Shown, key: str) -> Figure:
    """Each measure under every preset of a family: a dot with the noise of runs."""
    table = averaged(given, [key])
    labels = level_names(key, list(table[key]), 20)
    beside = max(map(len, labels)) * LETTER
    others = [axis_name(other) for other in given.factors if other != key]
    rest = f" Averaged over {', '.join(others)}." if others else ""
    handles = noise_key(given, "mean of runs")
    handles[0].set_linestyle("")
    height = max((0.26 if len(labels) <= 10 else 0.2) * len(labels), 0.7)
    room = Room(1.8 + max(beside - LEFT + 0.12, 0.0), 0.25, height, ABOVE, 0.42)
    rows = key_rows(len(handles), len(given.measures))
    title = f"Measures under each choice of {axis_name(key)}: {given.where}"
    figure, panels = panels_of(given, room, title, f"{given.notes}{rest}", rows)
    add_key(figure, handles, len(given.measures))
    for axes, name in zip(panels, given.measures, strict=True):
        lying(axes, labels, table[name], table[f"{name}_sd"].fillna(0.0), name)
        narrowed(axes, max(beside - LEFT + 0.12, 0.0))
    return figure


def lying(axes: Axes, labels: Sequence[str], means: "pd.Series[float]", noise: "pd.Series[float]", name: str) -> None:
    """Names down the left, dots with bars beside them."""
    low, high = limits(means, noise)
    value_axis(axes, low, high, scale_of(name, low, high))
    ticks, (bottom, top) = axes.get_yticks(), axes.get_ylim()
    axes.set_xlim(bottom, top)
    axes.set_xticks(list(ticks)[:: 1 + len(ticks) // 5])
    axes.grid(False, axis="y")
    axes.grid(axis="x", color="#E3E3E3", linewidth=0.7)
    places = list(range(len(labels)))
    axes.barh(places, 2 * noise, 0.5, means - noise, color=LOOKS[0].colour, alpha=0.22, linewidth=0)
    axes.plot(means, places, "o", color=LOOKS[0].colour, markersize=5)
    axes.set_yticks(places, list(labels))
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def narrowed(axes: Axes, left: float) -> None:
    """Give up so many inches at the left of a panel; what stands above it keeps its place."""
    width = axes.figure.get_size_inches()[0]  # type: ignore[union-attr]
    place = axes.get_position()
    axes.set_position((place.x0 + left / width, place.y0, place.width - left / width, place.height))
    for text in axes.texts:
        x, y = text.xyann  # type: ignore[attr-defined]
        text.xyann = (x - left * 72, y)  # type: ignore[attr-defined]


def interaction_figure(given: Shown, across: str, lines: str) -> Figure:
    """Each measure over one factor, a line for every value of another: parallel lines mean that the two do not interact."""
    table = averaged(given, [lines, across])
    values = list(pd.unique(table[lines])) if lines in given.names else sorted(table[lines].unique())
    labels = level_names(lines, values, 15)
    seats = list(pd.unique(table[across]))
    names = level_names(across, seats, 20)
    is_upright = across in given.names and not beside_one_another(names, 1.8)
    below = LETTER * max(map(len, names)) + 0.2 if is_upright else BELOW
    room = Room(1.8, max(map(len, labels)) * LETTER + 0.15, 1.9, ABOVE, below)
    others = [axis_name(other) for other in given.factors if other not in (across, lines)]
    rest = f" Averaged over {', '.join(others)}." if others else ""
    bars = " Bars or bands: one SD of single runs either way." if given.facts.replicates > 1 else ""
    title = f"{axis_name(across)} and {axis_name(lines)} together: {given.where}"
    notes = f"A line for each value of {axis_name(lines)}; where lines are parallel, the two do not interact.{bars}"
    figure, panels = panels_of(given, room, title[0].upper() + title[1:], f"{notes} {given.notes}{rest}")
    for axes, name in zip(panels, given.measures, strict=True):
        low, high = limits(table[name], table[f"{name}_sd"])
        value_axis(axes, low, high, scale_of(name, low, high))
        ends = []
        for place, (value, label) in enumerate(zip(values, labels, strict=True)):
            own = table[table[lines] == value]
            x = own[across].astype(float) if across in given.numbers else own[across].map(seats.index).astype(float)
            drawn_line(axes, x, own, name, place, len(values))
            ends.append((float(own[name].iloc[-1]), label, MORE[place].text))
        if across in given.numbers:
            number_axis(axes, across, table[across], room.width)
        else:
            named_axis(axes, names, is_upright)
        end_labels(axes, ends)
    return figure


def drawn_line(axes: Axes, x: Any, own: pd.DataFrame, name: str, place: int, several: int) -> None:
    """One line with the noise of runs: bars, a little aside so that none covers another; of many values a band."""
    look, noise = MORE[place], own[f"{name}_sd"]
    if len(own) > MOST_BINS:
        axes.fill_between(x, own[name] - noise, own[name] + noise, color=look.colour, alpha=0.15, linewidth=0)
        axes.plot(x, own[name], color=look.colour, linestyle=look.line, linewidth=1.8)
        return
    wide = float(x.max() - x.min()) or 1.0
    aside = x + 0.012 * wide * (place - 0.5 * (several - 1))
    shown = {"color": look.colour, "linestyle": look.line, "marker": MARKS[place], "markersize": 4, "linewidth": 1.6}
    drawn = axes.errorbar(aside, own[name], noise if noise.notna().any() else None, elinewidth=0.9, **shown)
    for bars in drawn[2]:
        bars.set_linestyle("-")
        bars.set_alpha(0.45)


def named_axis(axes: Axes, names: Sequence[str], is_upright: bool) -> None:
    """Names of presets below a panel, upright where they are too long to stand side by side."""
    axes.set_xlim(-0.3, len(names) - 0.7)
    axes.set_xticks(range(len(names)), names, rotation=90 if is_upright else 0)
    axes.tick_params(axis="x", length=0)


def beside_one_another(names: Sequence[str], width: float) -> bool:
    """Whether names fit side by side below a panel."""
    return len(names) * (max(map(len, names)) * LETTER + 0.1) <= width
