"""Maps of a sensitivity study: every parameter by every measure and case, pairs that work together, and Morris's plane."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coprod_abm.experiments.figure_sensitivity_bars import MOST_WIDTH, beside_one_another, titled, wrapped
from coprod_abm.experiments.figure_sensitivity_table import (
    RELATIVE,
    SHARES,
    at_place,
    real_pairs,
    records,
)
from coprod_abm.experiments.figure_style import (
    INK,
    LEFT,
    Room,
    sheet,
)
from coprod_abm.experiments.figure_sweep_response import LETTER, narrowed
from coprod_abm.experiments.study_names import DUMMY, Names

COLOURS = colormaps["cividis"]
NUMBERED_HEIGHT, PLAIN = 0.44, (0.38, 0.27)  # inches of a cell with its numbers, and of one with its two halves
MOST_ROWS, MOST_PAIRED = 22, 10
MOST_PLACES, MOST_HEIGHT = 9, 13.5  # cases on a sheet, and inches of it for them


def map_figure(
    rows: pd.DataFrame, places: Sequence[tuple[str, str]], measures: Sequence[str], names: Names, words: Sequence[str]
) -> Figure:
    """One index of every parameter by measure, a panel for each case; ``words`` are title, sentence and notes."""
    if len(places) > 1:
        return overview(rows, places, measures, names, words)
    title, sentence, notes = words
    parameters = ordered(rows)
    is_share = rows["index"].iloc[0] in SHARES
    told = [interval(row, names, is_share) for row in rows[["low", "high"]].to_dict("records")]
    words_of_heads = [names.capital(names.measure(name)).split() for name in measures]
    letters = max(11, *map(len, told), *(len(word) for each in words_of_heads for word in each))
    wide, high = letters * LETTER + 0.08, NUMBERED_HEIGHT
    labels = [names.parameter(name) for name in parameters]
    heads = ["\n".join(textwrap.wrap(" ".join(each), letters)) for each in words_of_heads]
    beside = max(map(len, labels)) * LETTER + 0.1
    above = max(head.count("\n") + 1 for head in heads) * 0.2 + 0.1
    room = Room(wide * len(measures) + max(beside - LEFT, 0.0), 0.35, high * len(parameters), above, 0.1)
    figure, (axes,) = sheet(1, room, title, notes, 1, sentence)
    narrowed(axes, max(beside - LEFT, 0.0))
    tops = scales(rows, ("value",))
    own = rows.drop_duplicates(["parameter", "measure"]).set_index(["parameter", "measure"])
    for across, name in enumerate(measures):
        for down, parameter in enumerate(parameters):
            if (parameter, name) in own.index:
                numbered_cell(axes, own.loc[(parameter, name)], (across, down), tops[name], names, is_share)
    celled(axes, labels, heads, 0)
    colour_key(figure, tops, names, is_share)
    return figure


def overview(
    rows: pd.DataFrame, places: Sequence[tuple[str, str]], measures: Sequence[str], names: Names, words: Sequence[str]
) -> Figure:
    """A panel for each case in which every cell has two halves: the ends of its interval."""
    title, sentence, notes = words
    is_share = rows["index"].iloc[0] in SHARES
    parameters = ordered(rows)
    labels = [names.parameter(name) for name in parameters]
    heads = [names.capital(names.measure(name)) for name in measures]
    beside, above = max(map(len, labels)) * LETTER + 0.1, max(map(len, heads)) * LETTER + 0.1
    wide, high = PLAIN[0] * len(measures), PLAIN[1] * len(parameters)
    columns = side_by_side(len(places), wide, beside)
    down = -(-len(places) // columns)
    step = (max(wide, 1.6) + 0.25, high + 0.42)
    room = Room(beside - LEFT + 0.15 + columns * step[0], 0.1, down * step[1] + above, 0.1, 0.05)
    figure, (canvas,) = sheet(1, room, title, notes, 1, sentence)
    canvas.set_axis_off()
    width, height = figure.get_size_inches()
    left, head = beside + 0.15, canvas.get_position().y1 * height - above
    tops = scales(rows, ("high", "value"))
    for number, place in enumerate(places):
        row, column = divmod(number, columns)
        bottom = head - row * step[1] - 0.27 - high
        axes = figure.add_axes(((left + column * step[0]) / width, bottom / height, wide / width, high / height))
        own = at_place(rows, place).drop_duplicates(["parameter", "measure"]).set_index(["parameter", "measure"])
        for across, name in enumerate(measures):
            for line, parameter in enumerate(parameters):
                if (parameter, name) in own.index:
                    halved_cell(axes, own.loc[(parameter, name)], (across, line), tops[name])
        celled(axes, labels if column == 0 else [""] * len(labels), heads if row == 0 else [""] * len(heads), 90)
        axes.tick_params(axis="x", pad=22)
        axes.annotate(
            names.place(*place), (0, 1), (0, 4), "axes fraction", textcoords="offset points", weight="bold", va="bottom"
        )
    colour_key(figure, tops, names, is_share)
    return figure


def side_by_side(places: int, wide: float, beside: float) -> int:
    """How many panels of a width in inches fit beside one another, with names of parameters left of them."""
    return max(1, min(places, int((MOST_WIDTH - LEFT - beside) // (max(wide, 1.6) + 0.25))))


def places_per_sheet(rows: pd.DataFrame, places: int, measures: int, names: Names) -> int:
    """How many cases a sheet holds that can be printed, about as many on each."""
    parameters = ordered(rows)
    beside = max(len(names.parameter(name)) for name in parameters) * LETTER + 0.1
    columns = side_by_side(places, PLAIN[0] * measures, beside)
    down = max(1, int(MOST_HEIGHT // (PLAIN[1] * len(parameters) + 0.42)))
    sheets = -(-places // min(columns * down, MOST_PLACES))
    return -(-places // sheets)


def scales(rows: pd.DataFrame, ends: Sequence[str]) -> dict[str, float]:
    """By measure where its colours end: at the greatest value, of shares at everything at the latest.

    Measures share one scale, unless the index is in the unit of its measure.
    """
    index = rows["index"].iloc[0]
    tops = rows.groupby("measure", sort=False)[list(ends)].max().max(axis=1).fillna(0.0).clip(lower=1e-9)
    if index not in RELATIVE:
        tops[:] = min(tops.max(), 1.0) if index in SHARES else tops.max()
    return {str(name): float(top) for name, top in tops.items()}


def celled(axes: Axes, labels: Sequence[str], heads: Sequence[str], turned: int) -> None:
    """The frame of a map: parameters down the left, measures along the top."""
    axes.set_xlim(0, len(heads))
    axes.set_ylim(len(labels), 0)
    axes.set_yticks(np.arange(len(labels)) + 0.5, list(labels))
    axes.xaxis.tick_top()
    axes.set_xticks(np.arange(len(heads)) + 0.5, list(heads), rotation=turned)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def ordered(rows: pd.DataFrame) -> list[str]:
    """The strongest parameters by the sum of their effects, as many as a map holds, and always the dummy, last."""
    sizes = rows["value"] / rows["measure"].map(scales(rows, ("value",)))
    sums = sizes.groupby(rows["parameter"], sort=False).sum().sort_values(ascending=False, kind="stable")
    return [name for name in sums.index if name != DUMMY][:MOST_ROWS] + [DUMMY] * (DUMMY in sums.index)


def numbered_cell(axes: Axes, cell: Any, at: tuple[int, int], top: float, names: Names, is_share: bool) -> None:
    """A value on its colour with the interval below; a cross where it cannot be told from luck."""
    shade = float(np.clip(np.nan_to_num(cell["value"]) / top, 0.0, 1.0))
    axes.add_patch(Rectangle((at[0] + 0.02, at[1] + 0.04), 0.96, 0.92, facecolor=COLOURS(shade), linewidth=0))
    ink = "white" if shade < 0.5 else INK
    luck = is_luck(cell)
    value = f"{'× ' if luck else ''}{names.cell(cell['value'], is_share)}"
    weight = "normal" if luck else "bold"
    axes.text(at[0] + 0.5, at[1] + 0.29, value, ha="center", va="center", color=ink, weight=weight)
    axes.text(at[0] + 0.5, at[1] + 0.71, interval(cell, names, is_share), ha="center", va="center", color=ink)


def halved_cell(axes: Axes, cell: Any, at: tuple[int, int], top: float) -> None:
    """A cell whose halves show the ends of its interval; a cross where it cannot be told from luck."""
    shades = [float(np.clip(np.nan_to_num(cell[end]) / top, 0.0, 1.0)) for end in ("low", "high")]
    for half, shade in enumerate(shades):
        place = (at[0] + 0.03 + 0.47 * half, at[1] + 0.04)
        axes.add_patch(Rectangle(place, 0.475, 0.92, facecolor=COLOURS(shade), linewidth=0))
    if is_luck(cell):
        ink = "white" if sum(shades) < 1.0 else INK
        axes.plot([at[0] + 0.5], [at[1] + 0.5], "x", color=ink, markersize=5, markeredgewidth=1.0)


def is_luck(cell: Any) -> bool:
    """Whether a value is missing or cannot be told from luck."""
    return bool(cell["noise_only"]) or not np.isfinite(cell["value"])


def interval(row: Any, names: Names, is_share: bool) -> str:
    """The ends of an interval, with a word between them where a dash could be taken for a minus."""
    low, high = names.cell(row["low"], is_share), names.cell(row["high"], is_share)
    return names.span(low, high) if low.startswith("−") else f"{low}–{high}"


def colour_key(figure: Figure, tops: Mapping[str, float], names: Names, is_share: bool) -> None:
    """A strip of colours below the title with the numbers they stand for; words where each measure has its own."""
    width, height = figure.get_size_inches()
    title = figure.texts[0].get_text().count("\n") + 1
    axes = figure.add_axes((0.75 / width, 1 - (0.37 + 0.24 * title) / height, 1.6 / width, 0.14 / height))
    axes.imshow(np.linspace(0, 1, 64)[None, :], aspect="auto", cmap=COLOURS)
    axes.set_axis_off()
    top = max(tops.values())
    end = names.percent(top) if is_share else names.value(top)
    end = names.text("keys.own_scale") if len(set(tops.values())) > 1 else end
    for text, place, side in ((names.tick(0.0, is_share), -0.02, "right"), (end, 1.02, "left")):
        axes.annotate(text, (place, 0.5), xycoords="axes fraction", ha=side, va="center")


def matrix_figure(own: pd.DataFrame, measures: Sequence[str], names: Names, words: Sequence[str]) -> Figure:
    """Second-order effects of every pair, a panel for each measure; the lower triangle alone, since it is symmetric."""
    title, sentence, notes = words
    own = real_pairs(own)
    parameters = list(dict.fromkeys([*own["first"], *own["second"]]))
    labels = [wrapped(names.parameter(name)) for name in parameters]
    beside = max(len(part) for label in labels for part in label.split("\n")) * LETTER + 0.1
    cell = (0.95, 0.42)
    room = Room(
        cell[0] * (len(parameters) - 1) + max(beside - LEFT, 0.0), 0.3, cell[1] * (len(parameters) - 1), 0.35, beside
    )
    columns = beside_one_another(room, len(measures))
    figure, panels = sheet(len(measures), room, title, notes, 0, sentence, columns)
    top = max(float(own["value"].abs().max()), 1e-9)
    for axes, name in zip(panels, measures, strict=True):
        titled(axes, names.capital(names.measure(name)))
        narrowed(axes, max(beside - LEFT, 0.0))
        for pair in records(own[own["measure"] == name]):
            places = sorted((parameters.index(str(pair.first)), parameters.index(str(pair.second))))
            pair_cell(axes, pair, places[0], places[1] - 1, top, names)
        axes.set_xlim(0, len(parameters) - 1)
        axes.set_ylim(len(parameters) - 1, 0)
        axes.set_yticks(np.arange(len(parameters) - 1) + 0.5, labels[1:])
        axes.set_xticks(np.arange(len(parameters) - 1) + 0.5, labels[:-1], rotation=90)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure


def pair_cell(axes: Axes, pair: Any, across: int, down: int, top: float, names: Names) -> None:
    """The interplay of one pair: value and interval, with a dot where it cannot be told from luck."""
    shade = float(np.clip(pair.value / top, 0, 1)) if pair.clear else 0.0
    face: Any = tuple(1.0 + shade * (np.array((0.0, 0.30, 0.56)) - 1.0)) if pair.clear else "#F2F2F2"
    axes.add_patch(
        Rectangle((across + 0.02, down + 0.03), 0.96, 0.94, facecolor=face, edgecolor="#B5B5B5", linewidth=0.5)
    )
    ink = "white" if shade > 0.6 else INK
    first = f"{'' if pair.clear else '· '}{names.cell(pair.value, True)}"
    weight = "bold" if pair.clear else "normal"
    axes.text(across + 0.5, down + 0.29, first, ha="center", va="center", color=ink, weight=weight)
    ends = interval({"low": pair.low, "high": pair.high}, names, True)
    axes.text(across + 0.5, down + 0.71, ends, ha="center", va="center", color=ink)


def strongest_pairs(rows: pd.DataFrame) -> pd.DataFrame:
    """The pairs among the parameters that have most to do with others, as many as a sheet holds, and all with the dummy."""
    real = real_pairs(rows)
    ends = pd.concat([real["first"], real["second"]])
    sums = pd.concat([real["value"].abs()] * 2).groupby(ends, sort=False).sum()
    kept = {DUMMY, *sums.sort_values(ascending=False, kind="stable").index[:MOST_PAIRED]}
    return rows[rows["first"].isin(kept) & rows["second"].isin(kept)]


def per_sheet(rows: pd.DataFrame) -> int:
    """How many matrices stand below one another on a sheet."""
    several = len((set(rows["first"]) | set(rows["second"])) - {DUMMY})
    return max(1, int(10.5 // (0.42 * max(several - 1, 1) + 2.0)))
