"""Figures of what was learned: posterior against prior, whether intervals hold, and what the model gets wrong."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from coprod_abm.calibration.trust import GOOD_COVERAGE, band
from coprod_abm.experiments.figure_style import (
    GREY,
    INK,
    LEFT,
    LOOKS,
    PUBLISHED,
    SIMULATED,
    Room,
    add_key,
    keep,
    key_rows,
    sheet,
    style,
)
from coprod_abm.experiments.figure_sweep_response import LETTER, narrowed

ROW = 0.24  # inches for each parameter
WIDTH = 3.4
PRIOR_GREY = "#D0D0D0"


def draw_calibration(
    learned: pd.DataFrame,
    coverage: pd.DataFrame,
    errors: pd.DataFrame,
    folder: Path,
    warning: str,
    trusted: str = "",
) -> None:
    """All of them, from the tables of a calibration."""
    folder.mkdir(parents=True, exist_ok=True)
    with style():
        for name, levels, title in (
            ("parameters", ("shared", "country"), "What all cases together say of parameters that they share"),
            ("parameters-cases", ("case",), "What they say of each case's own parameters"),
        ):
            own = learned[learned["level"].isin(levels)].reset_index(drop=True)
            if len(own):
                keep(parameter_figure(own, title, f"{trusted} {warning}"), folder, name, parameter_words(own), own)
        keep(coverage_figure(coverage), folder, "coverage", coverage_words(coverage), coverage)
        known = errors[errors["signal"].notna()].reset_index(drop=True)
        if len(known):
            keep(error_figure(known, warning), folder, "model-error", error_words(known), known)


# ---- posterior against prior ----


def parameter_figure(own: pd.DataFrame, title: str, warning: str) -> Figure:
    """A row for each parameter: the prior's interval in grey, the posterior's on it, and whether anything was learned."""
    names = [named_row(row) for row in own.itertuples()]
    notes = (
        "Each line runs over the 90 % interval of the prior (grey) and of the posterior (blue, the dot is its median), as "
        "shares of the prior's interval. Dashed: as wide as data sets with known truth demand. 'Not identified': nothing was "
        f"learned, or only across a direction in which the data say nothing. {warning}"
    )
    handles = [
        Patch(facecolor=PRIOR_GREY, label="prior, 90 %"),
        Line2D([], [], color=SIMULATED.colour, linewidth=2.2, marker="o", label="posterior, 90 %"),
        Line2D([], [], color=SIMULATED.colour, linewidth=1.0, linestyle=(0, (2, 2)), label="widened"),
    ]
    beside = max(map(len, names)) * LETTER + 0.1
    room = Room(WIDTH + beside - LEFT, 1.35, ROW * len(own) + 0.2, 0.15, 0.5)
    figure, (axes,) = sheet(1, room, title, notes, key_rows(len(handles), 1))
    add_key(figure, handles, 1)
    narrowed(axes, beside - LEFT)
    rows = np.arange(len(own))
    named_rows(axes, names)
    axes.barh(rows, np.ones(len(own)), height=0.62, color=PRIOR_GREY)
    low, middle, high = (on_prior(own, column) for column in ("q05", "q50", "q95"))
    if "wide_q05" in own:
        axes.hlines(rows, on_prior(own, "wide_q05"), on_prior(own, "wide_q95"), color=SIMULATED.colour, linewidth=1.0,
                    linestyle=(0, (2, 2)))  # fmt: skip
    axes.hlines(rows, low, high, color=SIMULATED.colour, linewidth=2.2)
    axes.plot(middle, rows, linestyle="", marker="o", markersize=5, color=SIMULATED.text)
    for row, label in zip(rows, own["label"], strict=True):
        axes.annotate(label, (1.0, row), (12, 0), ("axes fraction", "data"), textcoords="offset points", va="center",
                      color=GREY if label == "not identified" else INK)  # fmt: skip
    axes.set_xlim(min(-0.08, float(low.min()) - 0.04), max(1.08, float(high.max()) + 0.04))
    axes.set_xticks([0.0, 0.5, 1.0], ["5 % of prior", "", "95 % of prior"])
    return figure


def named_row(row: Any) -> str:
    """A parameter with the country or case whose it is."""
    return f"{row.parameter} ({row.owner})" if isinstance(row.owner, str) and row.owner else str(row.parameter)


def on_prior(own: pd.DataFrame, column: str) -> pd.Series:
    """Values as shares of the prior's 90 % interval."""
    return (own[column] - own["prior_q05"]) / (own["prior_q95"] - own["prior_q05"])


def named_rows(axes: Axes, names: list[str]) -> None:
    """A name left of each row, the first on top."""
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def parameter_words(own: pd.DataFrame) -> str:
    """The figure in words."""
    told = [
        f"{named_row(row)}: prior {row.prior_q05:.3g} to {row.prior_q95:.3g}, posterior {row.q05:.3g} to {row.q95:.3g}, "
        f"{row.label}"
        for row in own.itertuples()
    ]
    return "90 % intervals. " + "; ".join(told) + "."


# ---- coverage ----


def coverage_figure(coverage: pd.DataFrame) -> Figure:
    """A dot for each parameter: how often its 90 % interval held the truth, with the range that chance allows."""
    names = coverage["parameter"].tolist()
    notes = (
        "Data sets that the model itself made, with known truth, were fitted like the published figures. Dots show in how "
        "many of them a 90 % interval of a single case held the truth, lines what 99 % of honest engines would show by chance, "
        "the grey field .85 to .95."
    )
    title = (
        f"Do intervals hold what they claim? {int(coverage['sets'].min())} to {int(coverage['sets'].max())} data sets"
    )
    beside = max(map(len, names)) * LETTER + 0.1
    room = Room(WIDTH + beside - LEFT, 0.5, ROW * len(names) + 0.2, 0.15, 0.6)
    figure, (axes,) = sheet(1, room, title, notes)
    narrowed(axes, beside - LEFT)
    named_rows(axes, names)
    rows = np.arange(len(names))
    axes.axvspan(*GOOD_COVERAGE, color="#E8E8E8", linewidth=0)
    axes.axvline(0.9, color=GREY, linewidth=0.8)
    edges = np.array([band(int(sets)) for sets in coverage["sets"]])
    axes.hlines(rows, edges[:, 0], edges[:, 1], color=GREY, linewidth=1.0)
    axes.plot(coverage["coverage_90"], rows, linestyle="", marker="o", markersize=6, color=LOOKS[0].colour, zorder=3)
    axes.set_xlim(min(0.7, float(coverage["coverage_90"].min()) - 0.03), 1.01)
    axes.set_xlabel("share of data sets")
    return figure


def coverage_words(coverage: pd.DataFrame) -> str:
    """The figure in words."""
    told = ", ".join(f"{row.parameter} {row.coverage_90:.2f} of {row.sets}" for row in coverage.itertuples())
    return f"Share of data sets with known truth in which a 90 % interval held it: {told}."


# ---- model error ----


def error_figure(errors: pd.DataFrame, warning: str) -> Figure:
    """A row for each measure: the SD of the model's error beside that of the signal."""
    names = errors["measure"].tolist()
    notes = (
        "Line and dot: the SD of what the model gets wrong in a case as a whole (90 % interval, median); cross: the SD of the "
        "published cases of a country, errors of observation taken off. Both in logits (log odds). Where the dot "
        f"lies beyond the cross the model does not explain the measure. {warning}"
    )
    handles = [
        Line2D([], [], color=SIMULATED.colour, linewidth=2.2, marker="o", label="the model's error"),
        Line2D(
            [], [], color=PUBLISHED.text, linestyle="", marker="x", markersize=8, markeredgewidth=2, label="the signal"
        ),
    ]
    beside = max(map(len, names)) * LETTER + 0.1
    room = Room(WIDTH + beside - LEFT, 2.2, ROW * len(names) + 0.2, 0.15, 0.6)
    figure, (axes,) = sheet(1, room, "What the model gets wrong, and what there is to explain", notes, key_rows(2, 1))
    add_key(figure, handles, 1)
    narrowed(axes, beside - LEFT)
    named_rows(axes, names)
    rows = np.arange(len(names))
    axes.hlines(rows, errors["q05"], errors["q95"], color=SIMULATED.colour, linewidth=2.2)
    axes.plot(errors["q50"], rows, linestyle="", marker="o", markersize=5, color=SIMULATED.text)
    axes.plot(errors["signal"], rows, linestyle="", marker="x", markersize=8, markeredgewidth=2, color=PUBLISHED.text)
    for row, verdict in zip(rows, errors["verdict"].fillna(""), strict=True):
        axes.annotate(
            str(verdict), (1.0, row), (8, 0), ("axes fraction", "data"), textcoords="offset points", va="center"
        )
    axes.set_xlim(0.0, None)
    axes.set_xlabel("SD in logits")
    return figure


def error_words(errors: pd.DataFrame) -> str:
    """The figure in words."""
    told = [
        f"{row.measure}: error {row.q50:.2f} ({row.q05:.2f} to {row.q95:.2f}), signal {row.signal:.2f}"
        f"{f', {row.verdict}' if isinstance(row.verdict, str) and row.verdict else ''}"
        for row in errors.itertuples()
    ]
    return "SDs in logits. " + "; ".join(told) + "."
