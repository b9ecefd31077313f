"""The heat map of signatures: interventions and outcomes against theories, with effects, intervals and marks."""

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.experiments.signature_report import CONSTRUCTED, EXPLAINED, MARKS, counts

STRONG, STRONG_LEAD = 2.0, 0.3  # effects at which colours are full
COLUMN, ROW, GAP, LEFT, HEAD = 1.28, 0.42, 0.34, 3.05, 1.15  # inches
NAMES = {
    "T1": "T1\nempowerment",
    "T2": "T2\nrelational",
    "T3": "T3\ndeliberative",
    "T4": "T4\ninstitutional",
    "T5": "T5\nresource",
    "T6": "T6\ntokenism",
    "ALL": "ALL\nmechanisms",
}


def draw(table: pd.DataFrame, folder: Path, made: str) -> None:
    """Draw the heat map into ``folder``."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from coprod_abm.experiments.figure_style import DOTS, GREY, TITLE, keep, style

    theories = list(dict.fromkeys(table["theory"]))
    blocks = [(str(name), block) for name, block in table.groupby("intervention", sort=False)]
    rows = table.groupby(["intervention", "outcome"], sort=False).ngroups
    width = LEFT + COLUMN * len(theories) + 0.15
    notes = textwrap.wrap(f"{EXPLAINED} {made}", int(width * 11.2))
    foot = 0.25 + 0.17 * len(notes)
    height = HEAD + rows * ROW + len(blocks) * GAP + foot
    with style():
        figure = Figure(figsize=(width, height), dpi=DOTS)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
        axes.axis("off")
        figure.text(
            0.15 / width, 1 - 0.15 / height, "Signatures of rival theories", fontsize=TITLE, weight="bold", va="top"
        )
        axes.text(0.15, 0.5, counts(table).replace("\n", " "), color=GREY, va="center", fontsize=9)
        for place, theory in enumerate(theories):
            name = NAMES.get(theory, theory)
            axes.text(
                LEFT + (place + 0.5) * COLUMN, HEAD - 0.08, name, ha="center", va="center", weight="bold", fontsize=9
            )
        top = HEAD + 0.1
        for name, block in blocks:
            top = draw_block(axes, name, block, theories, top)
        figure.text(0.15 / width, 0.1 / height, "\n".join(notes), color=GREY, va="bottom", linespacing=1.25, fontsize=9)
        keep(figure, folder, "signatures", f"{described(table)} {made}", table)


def draw_block(axes: Any, name: str, block: pd.DataFrame, theories: list[str], top: float) -> float:
    """The rows of one intervention below ``top``; returns where the next block may begin."""
    from coprod_abm.experiments.figure_style import INK

    axes.text(0.15, top + GAP / 2, name, weight="bold", va="center", color=INK)
    top += GAP
    for outcome, cells in block.groupby("outcome", sort=False):
        axes.text(0.3, top + ROW / 2, str(outcome), va="center", fontsize=9)
        for cell in cells.itertuples():
            draw_cell(axes, cell, LEFT + theories.index(str(cell.theory)) * COLUMN, top)
        top += ROW
    return top


def draw_cell(axes: Any, cell: Any, left: float, top: float) -> None:
    """One cell: colour by effect, number and interval, hatching for a zero by construction, and its mark."""
    from matplotlib.patches import Rectangle

    from coprod_abm.experiments.figure_style import GREY, INK

    constructed = cell.kind == CONSTRUCTED
    strong = STRONG_LEAD if cell.intervention == "lead–lag" else STRONG
    shade = np.clip(cell.effect / strong, -1.0, 1.0) if np.isfinite(cell.effect) else 0.0
    face = "#F2F2F2" if constructed else colour(float(shade))
    axes.add_patch(
        Rectangle(
            (left, top),
            COLUMN - 0.04,
            ROW - 0.04,
            facecolor=face,
            edgecolor="#B5B5B5" if constructed else "white",
            hatch="////" if constructed else None,
            linewidth=0.5,
        )
    )
    ink = "white" if abs(shade) > 0.65 else INK
    middle = left + 0.44 * COLUMN
    if constructed:
        axes.text(middle, top + 0.19, " 0 ", ha="center", va="center", fontsize=9, color=INK, backgroundcolor="#F2F2F2")
    else:
        bold = "bold" if cell.kind == "difference" else "normal"
        told = f"{'~' if cell.kind == 'none of note' else ''}{cell.effect:+.2f}"
        axes.text(middle, top + 0.13, told, ha="center", va="center", fontsize=9, color=ink, weight=bold)
        interval = f"{cell.low:+.2f} to {cell.high:+.2f}"
        axes.text(middle, top + 0.28, interval, ha="center", va="center", fontsize=7, color=ink)
    if cell.verdict:
        looks = {
            "agrees": INK if ink == INK else "white",
            "differs": ink,
            "cannot tell": GREY if ink == INK else "white",
        }
        axes.text(
            left + COLUMN - 0.16, top + 0.19, MARKS[cell.verdict], ha="center", va="center", fontsize=12,
            color=looks[cell.verdict], weight="bold",
        )  # fmt: skip


def colour(shade: float) -> Any:
    """A colour between blue (−1), white (0) and orange (+1), told apart by people who are colour-blind."""
    end = np.array((0.70, 0.30, 0.0) if shade > 0 else (0.0, 0.30, 0.56))
    return tuple(1.0 + abs(shade) * (end - 1.0))


def described(table: pd.DataFrame) -> str:
    """The heat map in words: every predicted cell."""
    told = [
        f"{cell.intervention}, {cell.outcome}, {cell.theory!s}: {cell.kind!s}, {cell.effect:+.2f}, {cell.verdict!s}."
        for cell in table.itertuples()
        if cell.verdict
    ]
    return f"{counts(table)} {' '.join(told)}"
