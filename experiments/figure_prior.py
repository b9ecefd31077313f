"""What the priors can produce beside the published figures: one sheet per case, one panel per measure."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from coprod_abm.case import Case
from coprod_abm.experiments.figure_instruments import MARKER, ROOM, point_handle
from coprod_abm.experiments.figure_style import (
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


def draw_prior(ranges: pd.DataFrame, cases: Iterable[Case], folder: Path, draws: int, priors: str) -> list[str]:
    """Draw the prior predictive ranges of every case; the names of the figures."""
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    with style():
        for case in cases:
            own = ranges[ranges["case"] == case.id]
            if own.empty:
                continue
            draw_case(own.assign(year=case.start + own["week"] / YEAR), case, folder, draws, priors)
            names.append(f"prior-{case.id}")
    return names


def draw_case(own: pd.DataFrame, case: Case, folder: Path, draws: int, priors: str) -> None:
    """One sheet."""
    measures = list(dict.fromkeys(own["measure"]))
    title = f"{case.name}: what the priors can produce, before any fit"
    notes = (
        f"Bands hold 50 % and 90 % of {draws:,} draws from the priors '{priors}', with the error of observation and without "
        "offsets of instruments; thin lines hold 99 % with any offset. A figure outside them cannot be reached. Levels are "
        "free, so that nearness of level is no evidence."
    )
    handles = key()
    figure, panels = sheet(len(measures), ROOM, title, notes, key_rows(len(handles), len(measures)))
    add_key(figure, handles, len(measures))
    for axes, measure in zip(panels, measures, strict=True):
        panel(axes, own[own["measure"] == measure], measure, case)
    description = f"{notes} Panels: {', '.join(instrument(measure).label for measure in measures)}."
    keep(figure, folder, f"prior-{case.id}", description, own)


def key() -> list[Line2D | Patch]:
    """What the marks mean."""
    return [
        Line2D([], [], color=SIMULATED.colour, linewidth=1.8, label="median of the draws"),
        Patch(facecolor=SIMULATED.colour, alpha=0.45, label="half of them"),
        Patch(facecolor=SIMULATED.colour, alpha=0.16, label="90 %"),
        Line2D([], [], color="black", linewidth=0.8, linestyle=":", label="99 % with any offset"),
        point_handle(PUBLISHED.colour, "published"),
        point_handle("white", "held out or left out"),
    ]


def panel(axes: Axes, own: pd.DataFrame, measure: str, case: Case) -> None:
    """One measure: bands over the waves, and the published figures."""
    through = instrument(measure)
    seen = own[["plain_q05", "plain_q95", "q005", "q995", "published"]]
    value_axis(axes, float(seen.min().min()), float(seen.max().max()), through.scale)
    year_axis(axes, float(case.start), float(case.start + case.years))
    panel_title(axes, through.label.capitalize(), through.unit)
    bands = {name.removeprefix("plain_"): own[name] for name in own.columns if name.startswith("plain_")}
    fan(axes, pd.DataFrame({"year": own["year"], **bands}), SIMULATED)
    for edge in ("q005", "q995"):
        axes.plot(own["year"], own[edge], color="black", linewidth=0.8, linestyle=":")
    for is_fitted, face in ((True, PUBLISHED.colour), (False, "white")):
        some = own[(own["status"] == "fitted") == is_fitted]
        axes.plot(
            some["year"], some["published"], linestyle="", marker="o", markersize=MARKER, markerfacecolor=face,
            markeredgecolor="black", zorder=4, clip_on=False,
        )  # fmt: skip
