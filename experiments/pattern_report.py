"""The evidence table as people read it: lines for a terminal, a page for the documentation, and a figure."""

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.experiments.estimates import LEVEL, MET, NOT_MET, UNCLEAR

WIDTH = 118
ORDER = (MET, NOT_MET, UNCLEAR)
MARKS = {MET: "met", NOT_MET: "NOT MET", UNCLEAR: "unclear"}


def as_text(table: pd.DataFrame) -> str:
    """The evidence table as lines of text: verdict, effect, interval, runs, and below it source and statistic."""
    lines = [counts(table), ""]
    for row in table.itertuples():
        lines.append(f"{row.claim:<5}{MARKS[str(row.verdict)]:<9}{effect_of(row)}; asked for: {row.criterion}")
        below = [f"{row.statistic}", f"published: {row.published}. {row.source}"]
        if row.note:
            below.append(str(row.note))
        for each in below:
            lines += textwrap.wrap(each, WIDTH - 5, initial_indent="     ", subsequent_indent="     ")
    lines += ["", *textwrap.wrap(error_rate(table), WIDTH)]
    return "\n".join(lines)


def counts(table: pd.DataFrame) -> str:
    """How many claims are met, not met and unclear."""
    parts = [f"{int((table['verdict'] == verdict).sum())} {verdict}" for verdict in ORDER]
    return f"{len(table)} claims of {table['pattern'].nunique()} patterns: {', '.join(parts)}."


def effect_of(row: object) -> str:
    """An effect with its interval, unit and runs."""
    effect, low, high = (getattr(row, name) for name in ("effect", "low", "high"))
    if not np.isfinite(effect):
        return "not defined in enough runs"
    return f"{effect:.3g} ({low:.3g} to {high:.3g}) {row.unit}, {row.runs} runs"  # type: ignore[attr-defined]


def error_rate(table: pd.DataFrame) -> str:
    """The error rate of the table in words."""
    false = 0.5 * (1.0 - LEVEL)
    return (
        f"Intervals hold {LEVEL:.0%}. A sign is met where its interval lies on that side of 0 alone, so that where the "
        f"model has no effect a claim is called met by chance in {false:.1%} of tables, and one of {len(table)} such "
        f"claims in at most {len(table) * false:.0%}. A band is met where the whole interval lies in it. Unclear: the "
        "interval crosses a limit; more replicates may decide."
    )


def as_markdown(table: pd.DataFrame, comparisons: pd.DataFrame) -> str:
    """The evidence table as a page: one row per claim, notes and comparisons below."""
    lines = [
        counts(table),
        "",
        "| | verdict | what is measured | published | model | runs |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.claim} | {told(row.verdict)} | {row.statistic} | {row.published} ({row.source}) "
        f"| {number(row)} {row.unit}; asked for: {row.criterion} | {row.runs} |"
        for row in table.itertuples()
    ]
    lines += ["", error_rate(table), "", "Notes", ""]
    lines += [f"* {row.pattern!s}: {row.note!s}" for row in table.itertuples() if row.note]
    lines += ["", "| | arm | settings | weeks |", "|---|---|---|---|"]
    lines += [f"| {row.pattern!s} | {row.arm!s} | {row.settings!s} | {row.weeks} |" for row in comparisons.itertuples()]
    return "\n".join(lines)


def told(verdict: object) -> str:
    """A verdict as a page shows it: what is not met stands out."""
    return f"**{verdict}**" if verdict == NOT_MET else str(verdict)


def number(row: object) -> str:
    """An effect with its interval."""
    effect, low, high = (getattr(row, name) for name in ("effect", "low", "high"))
    return f"{effect:.3g} ({low:.3g} to {high:.3g})" if np.isfinite(effect) else "not defined"


def draw(table: pd.DataFrame, folder: Path, made: str) -> None:
    """The figure of the evidence table: one row per claim, each on its own scale, with what is asked for shaded."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from coprod_abm.experiments.figure_style import DOTS, GREY, TITLE, keep, style

    told = (
        f"Shaded: where the whole interval must lie. Each row has its own scale around zero. {error_rate(table)} {made}"
    )
    notes = textwrap.wrap(told, 165)
    head, foot, step, width = 0.65, 0.25 + 0.17 * len(notes), 0.3, 13.6
    height = head + foot + len(table) * step
    with style():
        figure = Figure(figsize=(width, height), dpi=DOTS)
        FigureCanvasAgg(figure)
        title = f"Published patterns in the model: {counts(table)}"
        figure.text(0.15 / width, 1 - 0.15 / height, title, fontsize=TITLE, weight="bold", va="top")
        figure.text(0.15 / width, 0.1 / height, "\n".join(notes), color=GREY, va="bottom", linespacing=1.25, fontsize=9)
        axes = figure.add_axes((7.2 / width, foot / height, 2.2 / width, len(table) * step / height))
        axes.set_ylim(len(table) - 0.5, -0.5)
        axes.set_xlim(-1.15, 1.15)
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.axvline(0, color=GREY, linewidth=0.8)
        for place, row in enumerate(table.itertuples()):
            draw_row(axes, place, row)
        described = " ".join(f"{row.claim} {row.verdict}: {number(row)} {row.unit}." for row in table.itertuples())
        keep(figure, folder, "patterns", f"{described} {made}", table)


def draw_row(axes: Any, place: int, row: Any) -> None:
    """One claim: its words, the interval on the row's own scale over what is asked for, and its figures."""
    from coprod_abm.experiments.figure_style import GREY, LOOKS

    colour, marker = {MET: (LOOKS[0].colour, "o"), NOT_MET: (LOOKS[1].colour, "X"), UNCLEAR: (GREY, "D")}[row.verdict]
    words = "\n".join(textwrap.wrap(row.statistic.partition(" (logistic")[0], 92))
    for inches, text, weight in ((-7.05, row.claim, "bold"), (-6.55, words, "normal")):
        axes.annotate(
            text,
            (-1.15, place),
            (72 * inches, 0),
            textcoords="offset points",
            weight=weight,
            va="center",
            fontsize=9,
            linespacing=1.0,
        )
    axes.annotate(
        f"{row.verdict:<8} {number(row)} {row.unit}", (1.25, place), va="center", fontsize=9, annotation_clip=False
    )
    if not np.isfinite(row.effect):
        return
    ends = [abs(value) for value in (row.low, row.high, row.asked_low, row.asked_high) if np.isfinite(value)]
    scale = max(ends) or 1.0
    low, high = np.clip([row.asked_low / scale, row.asked_high / scale], -1.15, 1.15)
    axes.fill_between([low, high], place - 0.36, place + 0.36, color="#E6EEF5", linewidth=0, zorder=0)
    axes.plot([row.low / scale, row.high / scale], [place, place], color=colour, linewidth=2.2)
    axes.plot(row.effect / scale, place, marker, color=colour, markersize=6)
