"""The map of advice: what each measure would tell at each wave, and what the best set of surveys adds up to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from coprod_abm.calibration.best_surveys import Chosen
from coprod_abm.experiments.figure_compare import LETTER, named_rows
from coprod_abm.experiments.figure_style import INK, LOOKS, Room, keep, sheet, style

CELL = 0.55, 0.3  # inches across and upward


def draw(table: pd.DataFrame, best: Sequence[Chosen], most: float, folder: Path) -> None:
    """Both figures of advice, with their numbers; ``most`` is what any survey can tell (nats)."""
    folder.mkdir(parents=True, exist_ok=True)
    respondents = int(table["respondents"].max())
    together = widest(table[table["respondents"] == respondents])
    with style():
        words = (
            f"Information about theories expected from one survey of {respondents} in each case, by measure and wave."
        )
        keep(map_figure(together, respondents, most), folder, "advice_map", words, together)
        if best:
            steps = pd.DataFrame([{"survey": each.survey.words, **vars(each.worth)} for each in best])
            keep(
                steps_figure(steps, most),
                folder,
                "advice_set",
                "What the best set of surveys tells, one after the other.",
                steps,
            )


def widest(table: pd.DataFrame) -> pd.DataFrame:
    """The survey of most cases for each measure and wave."""
    many = table.assign(many=[len(cases.split()) for cases in table["cases"]]).sort_values(
        "many", ascending=False, kind="stable"
    )
    return many.drop_duplicates(["measure", "wave"]).drop(columns="many").reset_index(drop=True)


def map_figure(table: pd.DataFrame, respondents: int, most: float) -> Figure:
    """Information about theories by measure (row) and wave (column), the most telling measure on top."""
    grid = table.pivot(index="measure", columns="wave", values="theory")
    grid = grid.loc[grid.max(axis=1).sort_values(ascending=False).index, sorted(grid.columns)]
    measures = [str(name).replace("_", " ") for name in grid.index]
    wide = max(map(len, measures)) * LETTER
    error = float(table["theory_error"].max())
    notes = (
        f"Information expected from one further survey of {respondents} respondents in each case that has the measure, in "
        f"nats (a nat is 1.44 bits, or 1.44 questions of yes or no); the most that can be told is "
        f"{most:.2f}. Monte Carlo error at most {error:.3f}. Empty: not in the bank. A level alone says little, since "
        f"every instrument has a free "
        "offset; see the best set for surveys that tell more together."
    )
    is_upright = max(map(len, map(str, grid.columns))) > 5
    room = Room(CELL[0] * grid.shape[1] + wide, 0.3, CELL[1] * len(grid), 0.1, 0.75 if is_upright else 0.3)
    figure, (axes,) = sheet(1, room, "What one further survey would tell about the theories", notes)
    named_rows(axes, measures)
    top = max(float(np.nanmax(grid.to_numpy(float))), 1e-9)
    axes.imshow(grid.to_numpy(float), cmap="Blues", vmin=0.0, vmax=top, aspect="auto")
    axes.set_ylim(len(grid) - 0.5, -0.5)
    axes.set_xticks(range(grid.shape[1]), grid.columns, rotation=90 if is_upright else 0)
    axes.tick_params(length=0)
    for (row, column), value in np.ndenumerate(grid.to_numpy(float)):
        if np.isfinite(value):
            axes.text(
                column,
                row,
                f"{max(value, 0.0):.2f}",
                ha="center",
                va="center",
                color="white" if value > 0.6 * top else INK,
            )
    return figure


def steps_figure(steps: pd.DataFrame, most: float) -> Figure:
    """Information about theories after each survey of the best set."""
    names = [f"{'+ ' if k else ''}{words.replace('_', ' ')}" for k, words in enumerate(steps["survey"])]
    wide = max(map(len, names)) * LETTER
    notes = (
        f"Bars: information after this survey and those above it, in nats (1.44 bits), with Monte Carlo error. "
        f"Dashed: the most that can be told, "
        f"{most:.2f}. In brackets: how often the right theory would then lead."
    )
    room = Room(3.2 + wide, 1.1, 0.34 * len(names), 0.1, 0.55)
    figure, (axes,) = sheet(1, room, "The best set of surveys for the budget", notes)
    named_rows(axes, names)
    rows = np.arange(len(names))
    axes.barh(rows, steps["theory"], height=0.6, color=LOOKS[0].colour, xerr=steps["theory_error"], ecolor=INK)
    for row, (theory, right) in enumerate(zip(map(float, steps["theory"]), map(float, steps["right"]), strict=True)):
        told: Any = {"textcoords": "offset points", "va": "center", "color": LOOKS[0].text}
        axes.annotate(f"{max(theory, 0.0):.2f} ({right:.0%})", (1.0, row), (8, 0), ("axes fraction", "data"), **told)
    axes.axvline(most, color=INK, linewidth=1.0, linestyle=(0, (4, 3)))
    axes.set_xlim(0, 1.03 * most)
    axes.set_xlabel("information about theories, nats")
    return figure
