"""Figures of a comparison: theory probabilities, the confusion matrix, and skill beside predictions without a mechanism."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coprod_abm.calibration.comparison import Comparison
from coprod_abm.calibration.scores import CASE_OUT, LATE, crps_gain
from coprod_abm.calibration.theory_classifier import Tested
from coprod_abm.calibration.verdict import DECLARED, PROBABLE
from coprod_abm.experiments.figure_style import GREY, INK, LEFT, LOOKS, Room, keep, panel_title, sheet, style

LETTER = 0.083  # inches that a letter takes
BAR = 0.3  # inches for each bar
TASKS = {CASE_OUT: "each case left out", LATE: "late waves held out"}


def draw(found: Comparison, tested: Tested, theories: Sequence[str], folder: Path) -> None:
    """All figures of a comparison, with their numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    with style():
        keep(probability_figure(found, tested), folder, "theories", probability_words(found), found.probabilities)
        table = pd.DataFrame(tested.confusion, pd.Index(theories, name="truth"), list(theories))
        keep(confusion_figure(table, tested), folder, "confusion", CONFUSION_WORDS, table.reset_index())
        gains = gains_of(found.scores)
        keep(skill_figure(gains), folder, "skill", SKILL_WORDS, gains)


CONFUSION_WORDS = (
    "Rows: the theory that made a simulated survey. Columns: the theory named for it, as a share of the row."
)
SKILL_WORDS = "How much lower a theory's prediction error is than without a mechanism, with 95 % intervals over cases."


def probability_words(found: Comparison) -> str:
    """The figure of theory probabilities in words."""
    told = ", ".join(f"{row.theory} {row.probability:.2f}" for row in found.probabilities.itertuples())
    return f"Probability of each theory: {told}. {found.verdict.words}"


def probability_figure(found: Comparison, tested: Tested) -> Figure:
    """A bar for each theory with its range over classifiers, and one that says whether anything is decided."""
    table = found.probabilities.sort_values("probability", ascending=False)
    names = [*table["theory"], "verdict"]
    notes = (
        f"Line: range over classifiers. Dashed: probability {PROBABLE} that a declaration needs, beside a clear lead "
        f"on left-out cases and passed "
        f"checks. Error rate on {tested.surveys:,} simulated surveys: {1 - tested.accuracy:.0%}; calibration error "
        f"{tested.calibration_error:.3f}."
    )
    room = Room(4.2 + max(map(len, names)) * LETTER, 0.75, BAR * len(names), 0.1, 0.55)
    figure, (axes,) = sheet(1, room, verdict_title(found), notes)
    named_rows(axes, names)
    rows = np.arange(len(table))
    axes.barh(rows, table["probability"], height=0.62, color=LOOKS[0].colour)
    axes.hlines(rows, table["low"], table["high"], color=INK, linewidth=1.4)
    is_open = found.verdict.status != DECLARED
    axes.barh(len(table), 1.0 if is_open else 0.0, height=0.62, facecolor="white", edgecolor=GREY, hatch="////")
    for row, value in enumerate(table["probability"]):
        axes.annotate(
            f"{value:.2f}",
            (1.0, row),
            (8, 0),
            ("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            color=LOOKS[0].text,
        )
    words = found.verdict.status if is_open else "no: a theory is declared"
    axes.annotate(
        words, (0.5 if is_open else 0.0, len(table)), (0 if is_open else 4, 0), textcoords="offset points", va="center",
        ha="center" if is_open else "left", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip
    axes.axvline(PROBABLE, color=GREY, linewidth=1.0, linestyle=(0, (4, 3)))
    axes.set_xlim(0, 1.0)
    axes.set_xlabel("probability, if one of these theories is true")
    return figure


def verdict_title(found: Comparison) -> str:
    """The verdict as a title."""
    if found.verdict.status == DECLARED:
        return f"Theory declared: {found.verdict.theory}"
    if found.verdict.candidates:
        return f"Theories: {found.verdict.status}, {len(found.verdict.candidates)} remain possible"
    return f"Theories: {found.verdict.status}"


def confusion_figure(table: pd.DataFrame, tested: Tested) -> Figure:
    """Shares of simulated surveys by true theory and theory named."""
    names = list(table.columns)
    wide = max(map(len, names)) * LETTER
    notes = (
        f"{tested.surveys:,} simulated surveys that the classifier had not seen, with the figures and errors of the "
        f"published ones. Right: "
        f"{tested.accuracy:.0%}; guessing would be right in {1 / len(names):.0%}. Brier score {tested.brier:.2f}, log "
        f"loss {tested.log_loss:.2f}."
    )
    cell = 0.62
    room = Room(cell * len(names) + wide, 0.3, cell * 0.75 * len(names), 0.1, 0.45 + wide)
    figure, (axes,) = sheet(1, room, "Which theory a survey is taken for", notes)
    named_rows(axes, names)
    axes.imshow(table.to_numpy(float), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_xlabel("column: named by the classifier; row: true")
    axes.tick_params(length=0)
    for row, column in np.ndindex(len(names), len(names)):
        value = float(table.to_numpy(float)[row, column])
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", color="white" if value > 0.6 else INK)
    return figure


def gains_of(scores: pd.DataFrame) -> pd.DataFrame:
    """By how much each theory's CRPS is below each baseline's, with 95 % intervals over cases."""
    rows = []
    for task in TASKS:
        own = scores[scores["task"] == task]
        if own.empty:
            continue
        for theory in dict.fromkeys(own.loc[own["is_theory"], "forecaster"]):
            for baseline in dict.fromkeys(own.loc[~own["is_theory"], "forecaster"]):
                gain, low, high = crps_gain(scores, task, theory, baseline)
                rows.append(
                    {"task": task, "theory": theory, "baseline": baseline, "gain": gain, "low": low, "high": high}
                )
    return pd.DataFrame(rows)


def skill_figure(gains: pd.DataFrame) -> Figure:
    """Dots and intervals: right of the line a theory predicts better than without a mechanism."""
    tasks = list(dict.fromkeys(gains["task"]))
    names = list(dict.fromkeys(gains["theory"]))
    baselines = list(dict.fromkeys(gains["baseline"]))
    wide = max(map(len, names)) * LETTER
    notes = (
        "Mean error of a prediction without a mechanism less that of the theory, with 95 % intervals over cases (paired). "
        "The error is the CRPS (continuous ranked probability score: how far the whole prediction lies from the figure), "
        "in logits (log odds). Right of the "
        "line the theory predicts better; an interval that holds the line does not show that it does."
    )
    room = Room(3.0 + wide, 0.25, 0.42 * len(names), 0.5, 0.55)
    figure, panels = sheet(len(tasks), room, "Do the theories predict better than no theory?", notes, key_rows=1)
    for axes, task in zip(panels, tasks, strict=True):
        named_rows(axes, names)
        for place, baseline in enumerate(baselines):
            own = gains[(gains["task"] == task) & (gains["baseline"] == baseline)].set_index("theory").reindex(names)
            rows = np.arange(len(names)) + 0.24 * (place - (len(baselines) - 1) / 2)
            look = LOOKS[place % len(LOOKS)]
            axes.hlines(rows, own["low"], own["high"], color=look.colour, linewidth=1.6)
            axes.plot(own["gain"], rows, "osD"[place % 3], color=look.colour, markersize=5, label=baseline)
        axes.axvline(0.0, color=INK, linewidth=0.9)
        axes.set_xlabel("lower error than the baseline, logits")
        axes.locator_params(axis="x", nbins=5)
        panel_title(axes, TASKS[task])
    handles, labels = panels[0].get_legend_handles_labels()
    width, height = figure.get_size_inches()
    figure.legend(
        handles, [f"than {label}" for label in labels], loc="upper left", bbox_to_anchor=(0.1 / width, 1 - 0.42 / height),
        ncols=len(labels) if width > 7 else 1, frameon=False, handletextpad=0.3, columnspacing=1.2,
    )  # fmt: skip
    return figure


def named_rows(axes: Axes, names: Sequence[str]) -> None:
    """Rows with names at the left, the first on top; the axes make room for them."""
    figure = axes.figure
    width = figure.get_size_inches()[0]  # type: ignore[union-attr]
    place = axes.get_position()
    more = max(max(map(len, names)) * LETTER + 0.3 - LEFT, 0.0) / width
    axes.set_position((place.x0 + more, place.y0, place.width - more, place.height))
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
