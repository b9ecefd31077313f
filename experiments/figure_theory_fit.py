"""Fit of every case: one sheet each, a row for each measure, a column for each theory, held-out points marked."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from coprod_abm.experiments.figure_instruments import point_handle
from coprod_abm.experiments.figure_style import GREY, LEFT, PUBLISHED, SIMULATED, Room, add_key, keep, sheet, style
from coprod_abm.instruments import INSTRUMENTS
from coprod_abm.year import YEAR

ROOM = Room(width=1.25, right=0.14, height=0.8, above=0.4, below=0.28)
POINT = 4.5
SHADE = "#ECECEC"
NOTES = (
    "Each theory was fitted to the waves before the grey ground, in all cases together, and predicts what lies on it. "
    "Bands and bars hold 90 % of surveys as large as the published ones: of fitted waves a fresh survey, of held-out "
    "waves the further course. Levels are free (every instrument has an offset); changes over time are what is tested."
)


def draw_fits(courses: pd.DataFrame, probabilities: pd.DataFrame, folder: Path) -> None:
    """One figure for each case, with its numbers; the most probable theory stands first."""
    folder.mkdir(parents=True, exist_ok=True)
    ranked = probabilities.sort_values("probability", ascending=False, kind="stable")
    heads = {
        str(theory): f"{theory} ({chance:.2f})"
        for theory, chance in zip(ranked["theory"], ranked["probability"].to_numpy(float), strict=True)
    }
    with style():
        for case in dict.fromkeys(courses["case"]):
            draw_case(in_units(courses[courses["case"] == case]), str(case), heads, folder)


def draw_case(own: pd.DataFrame, case: str, heads: dict[str, str], folder: Path) -> None:
    """The sheet of one case."""
    measures = list(dict.fromkeys(own["measure"]))
    number = len(measures) * len(heads)
    handles = key(own)
    title = f"{case}: what each theory, fitted to the earlier waves, expects (probability in brackets)"
    figure, panels = sheet(number, ROOM, title, NOTES, 1, columns=len(heads))
    add_key(figure, handles, number)
    for row, measure in enumerate(measures):
        some = own[own["measure"] == measure]
        ends = ends_of(some)
        for column, theory in enumerate(heads):
            axes = panels[row * len(heads) + column]
            panel(axes, some[some["theory"] == theory], ends)
            if row == 0:
                axes.annotate(
                    heads[theory], (0.5, 1), (0, 24), "axes fraction", textcoords="offset points", ha="center"
                )
            if column == 0:
                place = (-LEFT * 72 + 11, 7)
                words = label_of(str(measure))
                axes.annotate(words, (0, 1), place, "axes fraction", textcoords="offset points", weight="bold")
    keep(figure, folder, f"fit-{case}", f"{NOTES} {missed_told(own, case)}", own)


def panel(axes: Axes, own: pd.DataFrame, ends: tuple[float, float]) -> None:
    """One measure under one theory."""
    own = own.sort_values("week")
    years = own["week"].to_numpy(float) / YEAR
    axes.set_xlim(years.min() - 0.4, years.max() + 0.4)
    axes.set_ylim(*ends)
    out = own["held_out"].to_numpy(bool)
    if out.any():
        axes.axvspan(years[out].min() - 0.4, axes.get_xlim()[1], color=SHADE, linewidth=0, zorder=0)
    axes.fill_between(years, own["low"], own["high"], color=SIMULATED.colour, alpha=0.2, linewidth=0)
    axes.vlines(years, own["low"], own["high"], color=SIMULATED.colour, alpha=0.6, linewidth=1.2)
    axes.plot(years, own["middle"], color=SIMULATED.colour, linewidth=1.4)
    inside = own["published"].between(own["low"], own["high"]).to_numpy(bool)
    for chosen, marker, face in (
        (~out, "o", PUBLISHED.colour),
        (out & inside, "o", "white"),
        (out & ~inside, "X", "white"),
    ):
        axes.plot(
            years[chosen], own["published"][chosen], linestyle="", marker=marker, markersize=POINT + (marker == "X"),
            markerfacecolor=face, markeredgecolor="black", markeredgewidth=0.8, zorder=4, clip_on=False,
        )  # fmt: skip
    axes.locator_params(axis="y", nbins=3)
    ends_at = own.iloc[[0, -1]].drop_duplicates("wave")
    axes.set_xticks(ends_at["week"] / YEAR, list(ends_at["wave"]))
    axes.tick_params(labelsize=8, color=GREY)


def key(own: pd.DataFrame) -> list[Line2D | Patch]:
    """What the marks mean."""
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=SIMULATED.colour, linewidth=1.4, label="expected"),
        Patch(facecolor=SIMULATED.colour, alpha=0.3, label="90 % of surveys"),
        point_handle(PUBLISHED.colour, "published, fitted"),
    ]
    if not own["held_out"].any():
        return handles
    beyond = Line2D(
        [], [], linestyle="", marker="X", markersize=POINT + 1, markerfacecolor="white", markeredgecolor="black",
        label="held out, beyond the 90 %",
    )  # fmt: skip
    return [*handles, point_handle("white", "published, held out"), beyond]


def in_units(own: pd.DataFrame) -> pd.DataFrame:
    """The courses in the published units; in shares where a measure has no instrument."""
    shown = own.copy()
    for name in ("published", "low", "middle", "high"):
        shares = 1.0 / (1.0 + np.exp(-own[name].to_numpy(float)))
        ends = np.array([scale_of(str(measure)) for measure in own["measure"]])
        shown[name] = ends[:, 0] + (ends[:, 1] - ends[:, 0]) * shares
    return shown


def scale_of(measure: str) -> tuple[float, float]:
    """Lowest and highest value of a measure."""
    return INSTRUMENTS[measure].scale if measure in INSTRUMENTS else (0.0, 1.0)


def label_of(measure: str) -> str:
    """A measure in plain words with its unit."""
    known = INSTRUMENTS.get(measure)
    return f"{known.label.capitalize()} ({known.unit})" if known else measure


def ends_of(own: pd.DataFrame) -> tuple[float, float]:
    """An axis that holds the published points and most of every band, the same for all theories."""
    low = min(float(own["published"].min()), float(own["low"].quantile(0.2)))
    high = max(float(own["published"].max()), float(own["high"].quantile(0.8)))
    air = 0.08 * max(high - low, 1e-9)
    return low - air, high + air


def missed_told(own: pd.DataFrame, case: str) -> str:
    """How many held-out figures of a case lie within the intervals of each theory."""
    out = own[own["held_out"]]
    if out.empty:
        return f"No figure of {case} is held out."
    shares: Sequence[str] = [
        f"{theory} {int(some['published'].between(some['low'], some['high']).sum())} of {len(some)}"
        for theory, some in out.groupby("theory", sort=False)
    ]
    return f"Held-out figures of {case} within the 90 %: {', '.join(shares)}."
