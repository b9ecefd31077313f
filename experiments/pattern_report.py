"""The evidence table as people read it: lines for a terminal, a page for the documentation, and a figure."""

import textwrap
from pathlib import Path

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
        told = [f"{row.statistic}", f"published: {row.published}. {row.source}"]
        if row.note:
            told.append(str(row.note))
        for each in told:
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
    lines = [counts(table), "", "| | verdict | what is measured | published | model | runs |", "|---|---|---|---|---|---|"]
    for row in table.itertuples():
        lines.append(
            f"| {row.claim} | {'**' if row.verdict == NOT_MET else ''}{row.verdict}{'**' if row.verdict == NOT_MET else ''} "
            f"| {row.statistic} | {row.published} ({row.source}) | {number(row)} {row.unit}; asked for: {row.criterion} "
            f"| {row.runs} |"
        )
    lines += ["", error_rate(table), "", "Notes", ""]
    lines += [f"* {row.pattern}: {row.note}" for row in table.itertuples() if row.note]
    lines += ["", "| | arm | settings | weeks |", "|---|---|---|---|"]
    lines += [f"| {row.pattern} | {row.arm} | {row.settings} | {row.weeks} |" for row in comparisons.itertuples()]
    return "\n".join(lines)


def number(row: object) -> str:
    """An effect with its interval."""
    effect, low, high = (getattr(row, name) for name in ("effect", "low", "high"))
    return f"{effect:.3g} ({low:.3g} to {high:.3g})" if np.isfinite(effect) else "not defined"


def draw(table: pd.DataFrame, folder: Path, made: str) -> None:
    """The figure of the evidence table: one row per claim, each on its own scale around zero or its band."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from coprod_abm.experiments.figure_style import DOTS, GREY, INK, LOOKS, TITLE, keep, style

    looks = {MET: (LOOKS[0].colour, "o"), NOT_MET: (LOOKS[1].colour, "X"), UNCLEAR: (GREY, "D")}
    with style():
        rows = len(table)
        notes = textwrap.wrap(f"Each row has its own scale; the line in the middle is zero. {error_rate(table)} {made}", 150)
        head, foot, step = 0.75, 0.3 + 0.18 * len(notes), 0.3
        width, height = 11.0, head + foot + rows * step
        figure = Figure(figsize=(width, height), dpi=DOTS)
        FigureCanvasAgg(figure)
        figure.text(0.15 / width, 1 - 0.15 / height, "Published patterns in the model", fontsize=TITLE, weight="bold", va="top")
        figure.text(0.15 / width, 0.1 / height, "\n".join(notes), color=GREY, va="bottom", linespacing=1.25, fontsize=8)
        axes = figure.add_axes((0.63, foot / height, 0.2, rows * step / height))
        axes.set_ylim(rows - 0.5, -0.5)
        axes.set_xlim(-1.15, 1.15)
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.set_xticks([])
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.set_yticks([])
        for place, row in enumerate(table.itertuples()):
            colour, marker = looks[str(row.verdict)]
            words = textwrap.shorten(str(row.statistic), 88, placeholder=" …")
            axes.annotate(f"{row.claim}", (0, place), (0.15 / width, 0), ("figure fraction", "data"), weight="bold", va="center", annotation_clip=False)
            axes.annotate(words, (0, place), (0.6 / width, place), ("figure fraction", "data"), va="center", fontsize=9, annotation_clip=False)
            axes.annotate(
                f"{number(row)}  {row.verdict}", (1.2, place), va="center", fontsize=9, color=INK, annotation_clip=False
            )
            scale = max(abs(row.low), abs(row.high)) if np.isfinite(row.effect) else 0.0
            if scale > 0.0 and np.isfinite(scale):
                axes.plot([row.low / scale, row.high / scale], [place, place], color=colour, linewidth=2.2)
                axes.plot(row.effect / scale, place, marker, color=colour, markersize=6)
        described = " ".join(f"{row.claim} {row.verdict}: {number(row)} {row.unit}." for row in table.itertuples())
        keep(figure, folder, "patterns", f"{counts(table)} {described} {made}", table)
