"""The levels of one world: participants beside the wider constituency, support and codes, and spread, level by level."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coprod_abm.experiments.figure_style import (
    GREY,
    LOOKS,
    Room,
    add_key,
    end_labels,
    fan,
    keep,
    key_rows,
    panel_title,
    runs_key,
    sheet,
    style,
    value_axis,
    year_axis,
)
from coprod_abm.experiments.figures import RunFacts

ROOM = Room(width=1.84, right=1.55)
LEVELS = ("local", "regional", "national")
ALL_PLACES = "all"


class Line(NamedTuple):
    """One line of a panel: whose measure it is, and a name short enough to stand beside it."""

    perspective: str
    measure: str
    short: str


class Row(NamedTuple):
    """A row of panels: what it shows, on which scale, with one panel per level."""

    title: str
    scale: str
    top: float | None  # of a scale that is fixed, else as far as the runs reach
    lines: tuple[Line, ...]


ROWS = (
    Row(
        "needs met",
        "share, from 0 to 1",
        1.0,
        (Line("participants", "member_need_met", "participants"), Line("constituency", "need_met", "everybody")),
    ),
    Row(
        "trust",
        "share, from 0 to 1",
        1.0,
        (Line("participants", "member_trust", "participants"), Line("constituency", "citizen_trust", "everybody")),
    ),
    Row(
        "support and codes",
        "share, from 0 to 1",
        1.0,
        (Line("project", "sponsor_support", "sponsors"), Line("place", "code_accuracy", "code right")),
    ),
    Row(
        "spread",
        "own changes per project, ø mean",
        None,
        (Line("project", "passed_on", "in 1 other"), Line("project", "spread", "in 3 others")),
    ),
)
EXPLAINED = (
    "Participants: citizen members of the level's projects; everybody: all citizens whom these projects are for. "
    "Sponsors: support in the level's projects; code right: of what the codes of regions or the nation say, the share "
    "that is right there, .5 while they say nothing (local projects have no code of their own). Spread: own changes "
    "that run in at least one, and in at least three other projects. Participants and sponsors are of projects alive."
)


def draw_levels(levels: pd.DataFrame, facts: RunFacts, folder: Path) -> None:
    """Draw the figure of the levels into ``folder``; the table is that of ``run_tables.levels``."""
    shown = levels[levels["place"] == ALL_PLACES]
    notes = f"{EXPLAINED} {told(facts)}"
    with style():
        figure = levels_figure(shown, f"{', '.join(facts.names)} in one world: level by level", notes)
        keep(figure, folder, "levels", f"{described(shown)} {notes}", chosen(shown))


def told(facts: RunFacts) -> str:
    """Number of runs, seed and standing of the parameters, in one sentence."""
    runs = "1 run" if facts.replicates == 1 else f"{facts.replicates} runs"
    return f"{runs} of one world, seed {facts.seed}; parameters are {facts.parameters}."


def levels_figure(table: pd.DataFrame, title: str, notes: str) -> Figure:
    """A column of panels for each level that has projects, a row for each thing shown."""
    here = [level for level in LEVELS if ((table["level"] == level) & (table["perspective"] == "project")).any()]
    panels = 3 * len(ROWS)
    handles = runs_key(int(table["replicates"].max()), GREY)
    figure, axes = sheet(panels, ROOM, title, notes, key_rows(len(handles), panels))
    add_key(figure, handles, panels)
    for at, panel in enumerate(axes):
        row, level = ROWS[at // 3], LEVELS[at % 3]
        if level in here:
            panel_title(panel, f"{level.capitalize()}: {row.title}", row.scale)
            draw_panel(panel, table, row, level)
        else:
            panel.set_axis_off()
    return figure


def draw_panel(axes: Axes, table: pd.DataFrame, row: Row, level: str) -> None:
    """The lines of one row at one level, labelled at their ends; a row has one scale at all levels."""
    top = row.top
    if top is None:
        top = max(0.5, *(float(series_of(table, line, each)["q95"].max()) for line in row.lines for each in LEVELS))
    value_axis(axes, 0.0, top, (0.0, top))
    if row.top:
        axes.set_yticks([0.0, 0.5, 1.0], ["0", "0.5", "1"])
    year_axis(axes, float(table["year"].min()), float(table["year"].max()))
    labels = []
    for look, line in zip(LOOKS, row.lines, strict=False):
        series = series_of(table, line, level)
        if series.empty:
            continue
        fan(axes, series, look, wide=0.14, middle=0.26)
        end = float(series["q50" if row.top else "mean"].iloc[-1])
        if np.isnan(end):  # no project of this level is alive in any run
            continue
        labels.append((end, f"{line.short} {'' if row.top else 'ø '}{end:.2f}", look.text))
    end_labels(axes, labels)


def series_of(table: pd.DataFrame, line: Line, level: str) -> pd.DataFrame:
    """One line's rows at one level, in the order of weeks; empty where the level has no such thing."""
    is_it = (table["perspective"] == line.perspective) & (table["measure"] == line.measure) & (table["level"] == level)
    return table[is_it]


def chosen(table: pd.DataFrame) -> pd.DataFrame:
    """The numbers behind the figure."""
    return pd.concat([series_of(table, line, level) for row in ROWS for line in row.lines for level in LEVELS])


def described(table: pd.DataFrame) -> str:
    """The figure in words, for those who cannot see it."""
    sentences = []
    for level in LEVELS:
        for row in ROWS:
            for line in row.lines:
                series = series_of(table, line, level)
                if not series.empty:
                    end = series.iloc[-1]
                    sentences.append(
                        f"{level.capitalize()}, {row.title}, {line.short}: median {end['q50']:.2f} at the end (mean "
                        f"{end['mean']:.2f}, 90 % of runs {end['q05']:.2f} to {end['q95']:.2f})."
                    )
    return f"Lines with bands over time, one panel per level and topic. {' '.join(sentences)}"
