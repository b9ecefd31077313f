"""The tornado of a sensitivity study: first and total effects with intervals, what luck reaches, and how much luck there is."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from coprod_abm.experiments.figure_sensitivity_table import (
    FIRST,
    SHARES,
    StudyTables,
    facts_told,
    floor,
    of_index,
    ranked_by,
    records,
)
from coprod_abm.experiments.figure_style import GREY, INK, LEFT, LOOKS, Room, add_key, columns_for, key_rows, sheet
from coprod_abm.experiments.figure_sweep_response import LETTER, narrowed
from coprod_abm.experiments.study_names import DUMMY, Names

MOST_ROWS = {1: 20, 2: 16, 3: 16}  # parameters in a panel, by how many panels there are; 9 in more
LINE = 20  # letters of a parameter's name on one line
MOST_WIDTH = 11.7  # inches of a sheet
FLOOR, LUCK = "#DADADA", "#B9B9B9"
TOTAL_LOOK: dict[str, Any] = {"facecolor": "#F6D2BF", "edgecolor": LOOKS[1].text, "hatch": "////", "linewidth": 0.8}
FIRST_LOOK: dict[str, Any] = {"facecolor": LOOKS[0].colour, "edgecolor": LOOKS[0].text, "linewidth": 0.8}


def bars_figure(
    study: StudyTables, rows: pd.DataFrame, measures: Sequence[str], names: Names, title: str, sentence: str
) -> Figure:
    """A panel for each measure with its parameters, strongest first; the dummy stands last on a grey band."""
    index = ranked_by(rows)
    first = FIRST.get(index, "") if FIRST.get(index) in set(rows["index"]) else ""
    tables = [of_index(rows[rows["measure"] == name], index) for name in measures]
    most = MOST_ROWS.get(len(measures), 9)
    shown = [kept_rows(table, most) for table in tables]
    left_out = max(len(table) - len(own) for table, own in zip(tables, shown, strict=True))
    labels = [[wrapped(names.parameter(name)) for name in own["parameter"]] for own in shown]
    line = max((len(part) for each in labels for label in each for part in label.split("\n")), default=1)
    high = 0.36 if any("\n" in label for each in labels for label in each) or first else 0.26
    beside = line * LETTER + 0.08
    room = Room(1.85 + max(beside - LEFT, 0.0), 0.25, max(high * max(map(len, shown)), 0.8), 0.42, 0.62)
    handles = key_of(index, first, names, bool(sum(own["noise_only"].sum() for own in shown)))
    notes = [facts_told(study, rows, names), names.text("notes.intervals")]
    notes += [names.text("notes.floor")] if any(np.isfinite(floor(own)) for own in shown) else []
    notes += [names.text("notes.left_out", count=left_out)] * bool(left_out)
    notes += luck_told(study, rows, measures, names)
    columns = beside_one_another(room, len(measures))
    figure, panels = sheet(
        len(measures), room, title, " ".join(notes), key_rows(len(handles), min(columns, 2)), sentence, columns
    )
    add_key(figure, handles, min(columns, 2))
    for axes, name, own, words in zip(panels, measures, shown, labels, strict=True):
        titled(axes, names.capital(names.measure(name)))
        beside_rows = rows[(rows["measure"] == name) & (rows["index"] == first)] if first else rows.head(0)
        drawn_bars(axes, own, beside_rows, words)
        worded_ticks(axes.xaxis, names, index in SHARES)
        axes.set_xlabel(names.text(f"axis.{axis_of(index)}"), labelpad=2)
        narrowed(axes, max(beside - LEFT, 0.0))
    return figure


def beside_one_another(room: Room, panels: int) -> int:
    """How many panels of a width fit beside one another on a sheet; at least one."""
    return max(min(int(MOST_WIDTH // room.whole[0]), columns_for(panels)), 1)


def kept_rows(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """The strongest parameters and always the dummy."""
    if len(table) <= most:
        return table
    dummies = table[table["parameter"] == DUMMY]
    return pd.concat([table[table["parameter"] != DUMMY].head(most - len(dummies)), dummies])


def wrapped(label: str) -> str:
    """A name on at most two lines."""
    lines = textwrap.wrap(label, LINE)
    return "\n".join(lines if len(lines) < 3 else [lines[0], f"{' '.join(lines[1:])[: LINE - 1]}…"])


def titled(axes: Axes, text: str) -> None:
    """The name of a measure above its panel."""
    axes.annotate(
        text, (0, 1), (-LEFT * 72 + 11, 6), "axes fraction", textcoords="offset points", va="bottom", weight="bold"
    )


def worded_ticks(axis: Any, names: Names, is_share: bool) -> None:
    """Tick labels as the language writes numbers, and shares as percentages."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: names.tick(value, is_share)))


def axis_of(index: str) -> str:
    """The words of the axis of an index."""
    return "share" if index in SHARES else "mu_star" if index == "mu_star" else "shift"


def key_of(index: str, first: str, names: Names, some_luck: bool) -> list[Any]:
    """Key of the bars, their intervals, and the dummy."""
    handles: list[Any] = [Patch(**TOTAL_LOOK, label=names.text(f"index.{index}"))]
    handles += [Patch(**FIRST_LOOK, label=names.text(f"index.{first}"))] if first else []
    handles += [Patch(facecolor=LUCK, edgecolor=GREY, label=names.text("keys.luck"))] if some_luck else []
    handles.append(Line2D([], [], color=INK, linewidth=1.4, label=names.text("keys.interval")))
    return [*handles, Patch(facecolor=FLOOR, label=names.text("keys.floor"))]


def drawn_bars(axes: Axes, own: pd.DataFrame, first: pd.DataFrame, labels: Sequence[str]) -> None:
    """Bars from the top down with their intervals, on the band that the dummy reaches."""
    places = np.arange(len(own), dtype=float)
    pair = len(first) > 0
    thick = 0.36 if pair else 0.62
    reach = floor(own)
    if np.isfinite(reach):
        axes.axvspan(min(0.0, reach), max(reach, 0.0), facecolor=FLOOR, linewidth=0, zorder=0)
    one_kind(axes, places - (0.2 if pair else 0.0), own, thick, TOTAL_LOOK)
    if pair:
        ordered = first.drop_duplicates("parameter").set_index("parameter").reindex(own["parameter"]).reset_index()
        one_kind(axes, places + 0.2, ordered, thick, FIRST_LOOK)
    axes.axvline(0.0, color=GREY, linewidth=0.8)
    both = pd.concat([own, first]) if pair else own
    ends = both[["value", "low", "high"]].to_numpy(float)
    low, high = min(0.0, float(np.nanmin(ends))), max(float(np.nanmax(ends)), 1e-9)
    if np.isfinite(reach):
        high = max(high, reach)
    air = 0.04 * (high - low)
    axes.set_xlim(low - (air if low < 0 else 0.0), high + air)
    ticks = MaxNLocator(3).tick_values(low, high)
    axes.set_xticks([tick for tick in ticks if low - 1e-12 <= tick <= high + air])
    axes.grid(axis="x", color="#E3E3E3", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.set_yticks(places, list(labels))
    axes.set_ylim(len(own) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def one_kind(axes: Axes, places: "np.ndarray[Any, Any]", own: pd.DataFrame, thick: float, look: dict[str, Any]) -> None:
    """The bars of one index; those that cannot be told from luck are grey."""
    values = own["value"].to_numpy(float)
    luck = own["noise_only"].fillna(True).astype(bool).to_numpy() | (own["parameter"] == DUMMY).to_numpy()
    for chosen, looks in ((~luck, look), (luck, {"facecolor": LUCK, "edgecolor": GREY, "linewidth": 0.8})):
        if chosen.any():
            axes.barh(places[chosen], np.nan_to_num(values[chosen]), thick, **looks)
    axes.hlines(places, own["low"], own["high"], color=INK, linewidth=1.4)


def luck_told(study: StudyTables, rows: pd.DataFrame, measures: Sequence[str], names: Names) -> list[str]:
    """How much of the differences between single runs is luck, where that was measured."""
    noise = study.noise
    own = noise[noise["case"].isin(set(rows["case"])) & noise["measure"].isin(list(measures))]
    if not len(own) or own["case"].nunique() > 1:
        return []
    parts = [
        f"{names.measure(each.measure)} {names.percent(each.share)} "
        f"({names.span(names.percent(each.low), names.percent(each.high))})"
        for each in records(own[own["week"] == own["week"].max()].drop_duplicates("measure"))
    ]
    return [names.text("notes.luck", told="; ".join(parts))]


def noise_figure(
    own: pd.DataFrame, measures: Sequence[str], names: Names, title: str, sentence: str, notes: str
) -> Figure:
    """How much of the differences between runs is luck, measure by measure: of single runs, and after averaging."""
    rows = own.set_index("measure").loc[list(measures)].reset_index()
    labels = [wrapped(names.capital(names.measure(name))) for name in measures]
    beside = max(len(part) for label in labels for part in label.split("\n")) * LETTER + 0.1
    room = Room(3.6 + beside - LEFT, 0.35, max(0.4 * len(rows), 0.8), 0.15, 0.5)
    replicates = int(rows["replicates"].max())
    handles: list[Any] = [
        Line2D([], [], color=LOOKS[1].colour, marker="o", linestyle="-", label=names.text("keys.single")),
        Line2D(
            [], [], color=LOOKS[0].text, marker="D", linestyle="", markerfacecolor="white",
            label=names.text("keys.averaged", replicates=replicates),
        ),
    ]  # fmt: skip
    figure, (axes,) = sheet(1, room, title, notes, len(handles), sentence)
    add_key(figure, handles, 1)
    places = np.arange(len(rows))
    axes.hlines(places, rows["low"], rows["high"], color=LOOKS[1].colour, linewidth=2.4)
    axes.plot(rows["share"], places, "o", color=LOOKS[1].colour, markersize=6)
    axes.plot(rows["share_of_means"], places, "D", color=LOOKS[0].text, markerfacecolor="white", markersize=6)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1.0], [names.percent(share) for share in (0, 0.25, 0.5, 0.75, 1.0)])
    axes.grid(axis="x", color="#E3E3E3", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.set_yticks(places, labels)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    narrowed(axes, beside - LEFT)
    return figure
