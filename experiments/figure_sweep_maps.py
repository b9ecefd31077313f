"""Heat maps of two varied parameters, and parallel coordinates where there are many."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from coprod_abm.experiments.figure_style import GREY, INK, LEFT, Room, sheet
from coprod_abm.experiments.figure_sweep_response import (
    ABOVE,
    LETTER,
    beside_one_another,
    narrowed,
    panels_of,
)
from coprod_abm.experiments.figure_sweep_table import (
    Shown,
    averaged,
    axis_name,
    level_names,
    limits,
    measure_means,
    measure_name,
)

COLOURS = "cividis"  # even in lightness, and the same to colour-blind eyes
MOST_LINES = 1_000
MOST_AXES = 9
MAP = 1.65  # inches


def heat_figure(given: Shown, across: str, upward: str) -> Figure:
    """Each measure over two factors as colours; a bar beside the scale shows the noise of runs."""
    table = averaged(given, [upward, across])
    rows, columns = levels(given, table, upward), levels(given, table, across)
    labels, seats = level_names(upward, rows, 15), level_names(across, columns, 18)
    left = max(map(len, labels)) * LETTER + (0.15 if upward in given.names else 0.45)
    is_upright = across in given.names and not beside_one_another(seats, MAP)
    below = 0.45 + LETTER * max(map(len, seats)) if is_upright else 0.62
    room = Room(MAP + max(left - LEFT, 0.0), 0.75, max(1.7, min(0.2 * len(rows), 3.2)), ABOVE, below)
    others = [axis_name(other) for other in given.factors if other not in (across, upward)]
    rest = f" Averaged over {', '.join(others)}." if others else ""
    bar = " The bar beside each scale spans one SD of single runs either way." if given.facts.replicates > 1 else ""
    title = f"{axis_name(across)} (across) and {axis_name(upward)} (upward): {given.where}"
    figure, panels = panels_of(given, room, title[0].upper() + title[1:], f"{given.notes}{bar}{rest}")
    for axes, name in zip(panels, given.measures, strict=True):
        narrowed(axes, max(left - LEFT, 0.0))
        grid = table.pivot(index=upward, columns=across, values=name).loc[rows, columns].to_numpy(float)
        drawn = axes.imshow(grid, origin="lower", aspect="auto", cmap=COLOURS)
        axes.set_xticks(*thinned(seats, MAP, is_upright), rotation=90 if is_upright else 0)
        axes.set_yticks(*thinned(labels, room.height if upward in given.names else 0.5 * room.height, True))
        axes.set_xlabel("\n".join(textwrap.wrap(axis_name(across), int(1.9 / LETTER))), labelpad=2)
        if upward in given.numbers:
            axes.set_ylabel(fitting(axis_name(upward), int(room.height / LETTER)))
        axes.tick_params(length=2)
        colour_scale(axes, drawn, table[f"{name}_sd"])
    return figure


def levels(given: Shown, table: pd.DataFrame, key: str) -> list[Any]:
    """Values of a factor: numbers in order, names as they stand."""
    return sorted(table[key].unique()) if key in given.numbers else list(pd.unique(table[key]))


def thinned(labels: Sequence[str], room: float, upright: bool) -> tuple[Any, ...]:
    """Places and labels of as many ticks as there is room for; along the axis, or each in a line of its own."""
    each = 0.19 if upright else max(map(len, labels)) * LETTER + 0.12
    step = max(1, int(np.ceil(len(labels) * each / room)))
    return list(range(0, len(labels), step)), list(labels)[::step]


def colour_scale(axes: Axes, drawn: Any, noise: "pd.Series[float]") -> None:
    """The scale of colours right of a panel, and the noise of runs on it."""
    figure: Any = axes.figure
    width = figure.get_size_inches()[0]
    place = axes.get_position()
    side = figure.add_axes((place.x1 + 0.1 / width, place.y0, 0.12 / width, place.height))
    bar = figure.colorbar(drawn, cax=side)
    bar.outline.set_visible(False)
    bar.ax.locator_params(nbins=4)
    low, high = side.get_ylim()
    spread = float(np.sqrt((noise**2).mean()))
    if np.isfinite(spread):
        middle = 0.5 * (low + high)
        ends = np.clip([middle - spread, middle + spread], low, high)
        side.plot([-0.45, -0.45], ends, color=INK, linewidth=1.6, clip_on=False)


def parallel_figure(given: Shown, name: str) -> Figure:
    """One line per point through its parameters to one measure, coloured by it."""
    keys = [*given.numbers, *given.names][:MOST_AXES]
    table = given.table.dropna(subset=[name]).sort_values(name, kind="stable")
    if len(table) > MOST_LINES:
        table = table.iloc[np.linspace(0, len(table) - 1, MOST_LINES).astype(int)]
    room = Room(max(1.15 * len(keys), 4.2), 0.55, 3.0, 0.75, 0.35)
    bar = (
        " The bar at the right spans one SD of single runs either way, cut at the ends."
        if given.facts.replicates > 1
        else ""
    )
    fewer = f" {MOST_LINES:,} of the points are drawn, evenly by the measure." if len(table) < len(given.table) else ""
    notes = f"{measure_means(name, 200)}. A line for each point, from its parameters to the measure.{bar}{fewer} {given.notes}"
    figure, (axes,) = sheet(1, room, f"Settings behind {measure_name(name).lower()}: {given.where}", notes)
    scaled = np.column_stack([scale(given, table, key)[0] for key in [*keys, name]])
    colour = Normalize(table[name].min(), table[name].max())
    x = np.arange(len(keys) + 1)
    lines = [np.column_stack([x, row]) for row in scaled]
    alpha = max(0.12, min(0.9, 120 / len(table)))
    axes.add_collection(
        LineCollection(lines, cmap=COLOURS, norm=colour, array=table[name], linewidths=1.0, alpha=alpha)
    )
    axes.set_xlim(-0.25, len(keys) + 0.15)
    axes.set_ylim(-0.02, 1.02)
    axes.set_axis_off()
    for place, key in enumerate([*keys, name]):
        upright(axes, place, key, scale(given, table, key)[1], key == name)
    noise_bar(axes, len(keys), table, name)
    return figure


def fitting(name: str, letters: int) -> str:
    """An axis name in so many letters: whole, else without its family; none where that is too long (the title has it).

    >>> fitting("power: agenda access", 20), fitting("power: agenda access", 15), fitting("power: agenda access", 9)
    ('power: agenda access', 'agenda access', '')
    """
    return next((words for words in (name, name.rpartition(": ")[2]) if len(words) <= letters), "")


def scale(given: Shown, table: pd.DataFrame, key: str) -> tuple[Any, list[tuple[float, str]]]:
    """A column between 0 and 1, and the labels of its axis."""
    if key in given.names:
        names = sorted(table[key].unique())
        gap = 1.0 / max(len(names) - 1, 1)
        words = level_names(key, names, 36)
        return table[key].map(names.index).to_numpy(float) * gap, [
            (place * gap, word) for place, word in enumerate(words)
        ]
    low, high = limits(table[key], np.zeros(len(table)))
    labels = [(0.0, f"{low:.3g}"), (1.0, f"{high:.3g}")]
    return (table[key].to_numpy(float) - low) / max(high - low, 1e-300), labels


def upright(axes: Axes, place: int, key: str, labels: list[tuple[float, str]], is_measure: bool) -> None:
    """One vertical axis with its name above and the labels of its values."""
    axes.plot([place, place], [0, 1], color=GREY, linewidth=1.0, zorder=3)
    words = measure_name(key) if is_measure else axis_name(key)
    axes.annotate(
        "\n".join(textwrap.wrap(words, 12, break_long_words=True)[:4]),
        (place, 1), (0, 16), textcoords="offset points", ha="center", va="bottom", linespacing=1.0,
        weight="bold" if is_measure else "normal",
    )  # fmt: skip
    ends = len(labels) == 2
    step = max(1, -(-len(labels) * 19 // 300))
    for k, (at, text) in enumerate(labels[::step]):
        away, up = ((0, -4) if k == 0 else (0, 3)) if ends else (4, 0)
        vertical = ("top" if k == 0 else "bottom") if ends else "center"
        axes.annotate(
            "\n".join(textwrap.wrap(text, 13, break_long_words=True)), (place, at), (away, up), textcoords="offset points",
            ha="center" if ends else "left", va=vertical, zorder=5, linespacing=0.9,
            bbox=None if ends else {"facecolor": "white", "alpha": 0.75, "pad": 0.5, "linewidth": 0},
        )  # fmt: skip


def noise_bar(axes: Axes, place: int, table: pd.DataFrame, name: str) -> None:
    """The noise of runs beside the axis of the measure."""
    spread = float(np.sqrt((table[f"{name}_sd"] ** 2).mean()))
    wide = float(table[name].max() - table[name].min())
    if np.isfinite(spread) and wide > 0:
        half = min(spread / wide, 0.5)
        axes.plot([place + 0.08] * 2, [0.5 - half, 0.5 + half], color=INK, linewidth=2.0, clip_on=False)
