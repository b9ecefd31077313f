"""Figures of the fit: for each case and wave what all cases together expect, beside what was published, fitted or held out."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from coprod_abm.calibration.prior_predictive import published
from coprod_abm.case import Case
from coprod_abm.experiments.figure_instruments import MARKER, ROOM, point_handle
from coprod_abm.experiments.figure_style import (
    GREY,
    PUBLISHED,
    SIMULATED,
    add_key,
    fan,
    keep,
    key_rows,
    panel_title,
    sheet,
    style,
    value_axis,
    year_axis,
)
from coprod_abm.instruments import instrument
from coprod_abm.year import YEAR

QUANTILES = ("q05", "q25", "q50", "q75", "q95")
HELD_OUT_MARK = "D"


def draw_fits(table: pd.DataFrame, cases: Iterable[Case], folder: Path, warning: str) -> list[str]:
    """Draw the fit of every case from the table of predictions; the names of the figures."""
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    with style():
        for case in cases:
            own = table[table["case"] == case.id]
            if len(own):
                draw_case(in_units(own).assign(year=case.start + own["week"] / YEAR), case, folder, warning)
                names.append(f"fit-{case.id}")
    return names


def in_units(own: pd.DataFrame) -> pd.DataFrame:
    """The rows with readings and predictions in published units instead of logits."""
    columns = {
        name: [published(measure, value) for measure, value in zip(own["measure"], own[name], strict=True)]
        for name in ("observed", *QUANTILES)
    }
    return own.assign(**columns)


def draw_case(own: pd.DataFrame, case: Case, folder: Path, warning: str) -> None:
    """One sheet."""
    measures = list(dict.fromkeys(own["measure"]))
    notes = (
        "Bands hold 50 % and 90 % of what the model, fitted to all cases together, expects a survey to show: luck, few "
        "answers, instruments and the model's own error are in them. Filled points were fitted, hollow diamonds held out and "
        f"predicted; crosses lie outside 95 % of the predictions. Waves left out for a reason show no point. {warning}"
    )
    handles = key()
    figure, panels = sheet(
        len(measures),
        ROOM,
        f"{case.name}: what was expected and what was measured",
        notes,
        key_rows(len(handles), len(measures)),
    )
    add_key(figure, handles, len(measures))
    for axes, measure in zip(panels, measures, strict=True):
        panel(axes, own[own["measure"] == measure], measure, case)
    keep(figure, folder, f"fit-{case.id}", described(own, notes), own)


def described(own: pd.DataFrame, notes: str) -> str:
    """The sheet in words."""
    fitted = own[own["observed"].notna()]
    beyond = fitted[fitted["p"] < 0.05]
    told = ", ".join(f"{row.measure} in {row.wave}" for row in beyond.itertuples()) or "none"
    return f"{notes} {len(fitted)} readings; outside 95 % of the predictions: {told}."


def key() -> list[Line2D | Patch]:
    """What the marks mean."""
    return [
        Line2D([], [], color=SIMULATED.colour, linewidth=1.8, label="expected (median)"),
        Patch(facecolor=SIMULATED.colour, alpha=0.3, label="50 and 90 %"),
        point_handle(PUBLISHED.colour, "fitted"),
        Line2D([], [], linestyle="", marker=HELD_OUT_MARK, markersize=MARKER, markerfacecolor="white",
               markeredgecolor="black", label="held out"),
        Line2D([], [], linestyle="", marker="x", markersize=MARKER + 4, color=GREY, label="out of line"),
    ]  # fmt: skip


def panel(axes: Axes, own: pd.DataFrame, measure: str, case: Case) -> None:
    """One measure: what is expected over the waves, and the readings."""
    through = instrument(measure)
    seen = own[["q05", "q95", "observed"]]
    value_axis(axes, float(seen.min().min()), float(seen.max().max()), through.scale)
    year_axis(axes, float(case.start), float(case.start + case.years))
    panel_title(axes, through.label.capitalize(), through.unit)
    fan(axes, own.sort_values("year"), SIMULATED)
    if len(own) == 1:
        axes.errorbar(
            own["year"], own["q50"], [own["q50"] - own["q05"], own["q95"] - own["q50"]], color=SIMULATED.colour
        )
    for is_out, face, mark in ((False, PUBLISHED.colour, "o"), (True, "white", HELD_OUT_MARK)):
        some = own[own["held_out"].astype(bool) == is_out]
        axes.plot(
            some["year"], some["observed"], linestyle="", marker=mark, markersize=MARKER, markerfacecolor=face,
            markeredgecolor="black", zorder=4, clip_on=False,
        )  # fmt: skip
    beyond = own[own["p"] < 0.05]
    axes.plot(beyond["year"], beyond["observed"], linestyle="", marker="x", markersize=MARKER + 4, color=GREY, zorder=5)
