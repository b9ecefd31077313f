"""Correlations across partnerships: published ones above the diagonal, the model's below it, empty where it has none."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from coprod_abm.calibration.partnerships import published
from coprod_abm.experiments.figure_compare import LETTER, named_rows
from coprod_abm.experiments.figure_style import GREY, INK, Room, keep, sheet, style

CELL = 0.56
NOTES = (
    "Above the diagonal: published for 200 partnerships in the United States, self-reported (Oetzel and others 2018, Table "
    "1). Below: simulated partnerships with settings of their own. Bold: sizes differ by more than sampling allows. Empty: "
    "the model has no counterpart of one of the two."
)


def draw_partnerships(pairs: pd.DataFrame, folder: Path) -> None:
    """The figure with its numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    with style():
        keep(matrix_figure(pairs), folder, "partnerships", NOTES, pairs)


def matrix_figure(pairs: pd.DataFrame) -> Figure:
    """Ten by ten, constructs with a counterpart first."""
    told = published()
    names = [*dict.fromkeys([*pairs["first"], *pairs["second"]])]
    names += [name for name in told.columns if name not in names]
    shown = np.triu(told.loc[names, names].to_numpy(float), 1)
    shown[shown == 0.0] = np.nan
    differs = np.zeros(shown.shape, bool)
    for first, second, model, apart in zip(
        pairs["first"], pairs["second"], pairs["model"], pairs["differs"], strict=True
    ):
        row, column = sorted((names.index(first), names.index(second)), reverse=True)
        shown[row, column], differs[row, column] = model, apart
    wide = max(map(len, names)) * LETTER
    room = Room(CELL * len(names) + wide, 0.3, CELL * 0.6 * len(names), 0.1, 0.2 + wide)
    figure, (axes,) = sheet(1, room, "Correlations across partnerships: published and simulated", NOTES)
    named_rows(axes, names)
    axes.imshow(shown, cmap="RdBu_r", vmin=-1.0, vmax=1.0, aspect="auto")
    axes.plot([-0.5, len(names) - 0.5], [-0.5, len(names) - 0.5], color=GREY, linewidth=0.8)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.tick_params(length=0)
    for (row, column), value in np.ndenumerate(shown):
        if np.isfinite(value):
            axes.text(
                column, row, f"{value:.2f}", ha="center", va="center", color="white" if abs(value) > 0.7 else INK,
                weight="bold" if differs[row, column] else "normal",
            )  # fmt: skip
    return figure
