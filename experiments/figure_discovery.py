"""Figures of `coprod discover`: each box with its limits, the settings around it, what fresh runs say, and the trade-off."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from coprod_abm.experiments.discovery_report import box_sentence, how, read_tables
from coprod_abm.experiments.discovery_wish import KNOWN, read_wish
from coprod_abm.experiments.figure_sensitivity_bars import titled, worded_ticks, wrapped
from coprod_abm.experiments.figure_sensitivity_table import filed, first_row, records
from coprod_abm.experiments.figure_style import GREY, INK, LOOKS, Room, add_key, keep, sheet, style
from coprod_abm.experiments.figure_sweep import Drawing
from coprod_abm.experiments.figure_sweep_response import LETTER, narrowed
from coprod_abm.experiments.study_names import Names

MOST_DRAWN = 900  # settings of a scatter
FREE = "#E3E3E3"


def draw_discovery(folder: Path, language: str) -> list[Path]:
    """Draw every figure that the tables in a folder allow into its ``figures``; the PNG files in order."""
    tables, facts = read_tables(Path(folder))
    place, names, drawn = Path(folder) / "figures", Names(language), []
    with style():
        for drawing in drawings(tables, facts, names):
            place.mkdir(parents=True, exist_ok=True)
            keep(drawing.figure, place, drawing.name, drawing.description, drawing.numbers)
            drawn.append(place / f"{drawing.name}.png")
    return drawn


def drawings(tables: dict[str, pd.DataFrame], facts: dict[str, Any], names: Names) -> Iterator[Drawing]:
    """A figure for each box of each case, and the way on which the boxes of a case were found."""
    wish = names.text("report.wish", wish=read_wish(facts["wish"], KNOWN).in_words(names))
    notes = f"{wish} {how(facts, names)} {names.text('notes.intervals')}"
    boxes = tables["boxes"]
    for case, number in dict.fromkeys(zip(boxes["case"], boxes["box"], strict=True)):
        title = names.text("titles.box", place=case, box=number)
        words = (title, box_sentence(tables, str(case), int(number), names), notes)
        figure = box_figure(tables, str(case), int(number), names, words)
        own = boxes[(boxes["case"] == case) & (boxes["box"] == number)]
        yield Drawing(filed("box", str(case), str(number)), figure, " ".join(words[1:]), own)
    way = tables["trajectory"]
    for case in dict.fromkeys(way["case"]):
        own = way[way["case"] == case]
        quality = tables["quality"]
        chosen = quality[(quality["case"] == case) & (quality["where"] == "found")]
        yield Drawing(filed("trade", str(case)), *trade_figure(own, chosen, str(case), names, notes), own)


def box_figure(tables: dict[str, pd.DataFrame], case: str, number: int, names: Names, words: Sequence[str]) -> Figure:
    """Limits of a box, the settings over its two surest limits, and its density and coverage with intervals."""
    title, sentence, notes = words
    own = tables["boxes"][(tables["boxes"]["case"] == case) & (tables["boxes"]["box"] == number)]
    own = own.assign(p=own[["p_low", "p_high"]].min(axis=1)).sort_values("p", kind="stable")
    points = tables["points"][tables["points"]["case"] == case]
    quality = tables["quality"][tables["quality"]["case"] == case]
    axes_names = list(own.loc[own["choices"].isna() | (own["choices"] == ""), "parameter"])
    others = [key for key in points.columns if is_number(points, key) and key not in axes_names]
    pair = [*axes_names, *others][:2]
    handles: list[Any] = [
        Patch(facecolor=LOOKS[0].colour, alpha=0.35, edgecolor=LOOKS[0].text, label=names.text("keys.box")),
        *(settings_key(names) if len(pair) == 2 else []),
        Line2D([], [], color=INK, marker="o", label=names.text("keys.tested")),
        Line2D([], [], color=GREY, marker="D", markerfacecolor="white", label=names.text("keys.found")),
    ]
    room = Room(2.75, 0.3, max(2.3, 0.5 * len(own)), 0.42, 0.62)
    figure, panels = sheet(3 if len(pair) == 2 else 2, room, title, notes, -(-len(handles) // 2), sentence)
    add_key(figure, handles, 2)
    limits_panel(panels[0], own, names)
    quality_panel(panels[1], quality, number, names)
    if len(pair) == 2:
        scatter_panel(panels[2], points, own, pair, names)
    return figure


def settings_key(names: Names) -> list[Any]:
    """The key of settings that fulfil the wish or do not."""
    looks = (("holds", LOOKS[0].text, "o"), ("fails", GREY, "x"))
    return [
        Line2D([], [], color=colour, marker=marker, markersize=4, linestyle="", label=names.text(f"keys.{key}"))
        for key, colour, marker in looks
    ]


def is_number(points: pd.DataFrame, key: str) -> bool:
    """Whether a column holds numbers of a varied parameter."""
    told = key not in ("case", "holds", "share", "ended", "runs")
    return told and pd.api.types.is_numeric_dtype(points[key]) and points[key].nunique() > 1


def limits_panel(axes: Axes, own: pd.DataFrame, names: Names) -> None:
    """Each limit on the range that was sampled; choices by name."""
    titled(axes, names.text("keys.limits"))
    labels = [wrapped(names.parameter(str(key))) for key in own["parameter"]]
    beside = max(len(part) for label in labels for part in label.split("\n")) * LETTER + 0.1
    narrowed(axes, max(beside - 0.62, 0.0))
    for place, row in enumerate(records(own)):
        if isinstance(row.choices, str) and row.choices:
            text = "\n".join(row.choices.replace("_", " ").split(";")[:2])
            axes.annotate(text, (0.0, place), va="center", color=LOOKS[0].text, linespacing=1.0)
            continue
        low, wide = float(row.sampled_low), float(row.sampled_high - row.sampled_low) or 1.0
        left, right = (max(row.low, low) - low) / wide, (min(row.high, row.sampled_high) - low) / wide
        axes.add_patch(Rectangle((0, place - 0.12), 1, 0.24, facecolor=FREE, linewidth=0))
        axes.add_patch(
            Rectangle((left, place - 0.12), right - left, 0.24, facecolor=LOOKS[0].colour, edgecolor=LOOKS[0].text)
        )
        for at, end, side in ((0.0, row.sampled_low, "left"), (1.0, row.sampled_high, "right")):
            axes.annotate(names.value(end, 3), (at, place + 0.15), ha=side, va="top", color=GREY)
        for at, limit, side in ((left, row.low, "left"), (right, row.high, "right")):
            if np.isfinite(limit):
                axes.annotate(names.value(limit, 3), (at, place - 0.15), ha=beside_limit(at, left, right, side),
                              va="bottom", weight="bold", color=INK)  # fmt: skip
                axes.plot([at], [place], "|", color=INK, markersize=9)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(len(own) - 0.35, -0.5)
    axes.set_xticks([])
    axes.set_yticks(range(len(own)), labels)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def beside_limit(at: float, left: float, right: float, side: str) -> str:
    """On which side of a limit its number stands: over the limit, aside where it would leave the panel or meet the other."""
    if at < 0.15 or at > 0.85:
        return "left" if at < 0.15 else "right"
    return "center" if right - left > 0.4 else {"left": "right", "right": "left"}[side]


def quality_panel(axes: Axes, quality: pd.DataFrame, number: int, names: Names) -> None:
    """Density and coverage of a box where it was found and on fresh runs, and how often the wish holds anywhere."""
    titled(axes, names.text("keys.quality"))
    rows = [("density", number), ("coverage", number), ("base", 0)]
    labels = [names.capital(names.text(f"report.columns.{name}")) for name, _ in rows]
    narrowed(axes, 0.25)
    for place, (name, box) in enumerate(rows):
        for where, up, colour, marker, face in (("fresh", -0.14, INK, "o", INK), ("found", 0.14, GREY, "D", "white")):
            own = quality[(quality["box"] == box) & (quality["where"] == where)]
            if len(own):
                row = first_row(own)
                axes.plot([row[f"{name}_low"], row[f"{name}_high"]], [place + up] * 2, color=colour, linewidth=1.6)
                axes.plot([row[name]], [place + up], marker, color=colour, markerfacecolor=face, markersize=6)
    axes.set_xlim(-0.03, 1.03)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1.0])
    worded_ticks(axes.xaxis, names, True)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), labels)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#E3E3E3", linewidth=0.7)
    axes.set_axisbelow(True)


def scatter_panel(axes: Axes, points: pd.DataFrame, own: pd.DataFrame, pair: Sequence[str], names: Names) -> None:
    """Settings over two parameters: where the wish holds and where not, with the sides of the box."""
    drawn = points.iloc[np.linspace(0, len(points) - 1, min(len(points), MOST_DRAWN)).astype(int)]
    holds = drawn["holds"].astype(str).str.lower().isin(["true", "1", "1.0"])
    axes.plot(drawn.loc[~holds, pair[0]], drawn.loc[~holds, pair[1]], "x", color=GREY, markersize=3, alpha=0.55)
    axes.plot(
        drawn.loc[holds, pair[0]], drawn.loc[holds, pair[1]], "o", color=LOOKS[0].text, markersize=3.4, alpha=0.85
    )
    ends = []
    for key in pair:
        low, high = float(points[key].min()), float(points[key].max())
        limit = own[own["parameter"] == key]
        if len(limit):
            low, high = max(low, float(limit["low"].iloc[0])), min(high, float(limit["high"].iloc[0]))
        ends.append((low, high))
    (left, right), (bottom, top) = ends
    axes.add_patch(
        Rectangle((left, bottom), right - left, top - bottom, facecolor=LOOKS[0].colour, alpha=0.22, linewidth=0)
    )
    axes.add_patch(
        Rectangle(
            (left, bottom), right - left, top - bottom, fill=False, edgecolor=LOOKS[0].text, linewidth=2.0, zorder=4
        )
    )
    narrowed(axes, 0.2)
    for axis, key in ((axes.xaxis, pair[0]), (axes.yaxis, pair[1])):
        worded_ticks(axis, names, False)
        axis.set_label_text(wrapped(names.parameter(key)))
    axes.locator_params(nbins=4)


def trade_figure(way: pd.DataFrame, chosen: pd.DataFrame, case: str, names: Names, notes: str) -> tuple[Figure, str]:
    """Coverage against density of every step of PRIM, a panel for each box, and the step that was chosen."""
    numbers = [int(number) for number in dict.fromkeys(way["box"])]
    handles: list[Any] = [
        Line2D([], [], color=LOOKS[0].colour, marker="o", markersize=4, label=names.text("keys.found")),
        Line2D([], [], color=LOOKS[1].text, marker="*", markersize=12, linestyle="", label=names.text("keys.chosen")),
    ]
    told = []
    for number in numbers:
        row = first_row(chosen[chosen["box"] == number])
        facts = {"coverage": names.percent(row["coverage"]), "density": names.percent(row["density"])}
        told.append(names.text("sentences.trade_of", box=number, **facts))
    sentence = " ".join([names.text("sentences.trade"), *told])
    room = Room(3.2, 0.3, 2.4, 0.42, 0.55)
    figure, panels = sheet(len(numbers), room, names.text("titles.trade", place=case), notes, 2, sentence)
    add_key(figure, handles, 1)
    for axes, number in zip(panels, numbers, strict=True):
        own, row = way[way["box"] == number], first_row(chosen[chosen["box"] == number])
        titled(axes, f"{names.capital(names.text('keys.box'))} {number}")
        narrowed(axes, 0.15)
        axes.plot(own["coverage"], own["density"], color=LOOKS[0].colour, marker="o", markersize=3.5, linewidth=1.0)
        across = [row["coverage_low"], row["coverage_high"]]
        axes.plot(across, [row["density"]] * 2, color=LOOKS[1].text, linewidth=1.2)
        axes.plot([row["coverage"]] * 2, [row["density_low"], row["density_high"]], color=LOOKS[1].text, linewidth=1.2)
        axes.plot([row["coverage"]], [row["density"]], "*", color=LOOKS[1].text, markersize=13)
        for axis, key in ((axes.xaxis, "coverage"), (axes.yaxis, "density")):
            worded_ticks(axis, names, True)
            axis.set_label_text(names.text(f"report.columns.{key}"))
        axes.set_xlim(-0.03, 1.05)
        axes.set_ylim(-0.03, 1.05)
        axes.grid(color="#E3E3E3", linewidth=0.7)
        axes.set_axisbelow(True)
    return figure, f"{sentence} {notes}"
