"""All figures of a run, drawn from its tables alone; nothing here runs the model."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from coprod_abm.experiments.figure_instruments import instruments_figure
from coprod_abm.experiments.figure_perspectives import (
    PERSPECTIVES,
    SHORT,
    explained,
    one_case_figure,
    perspective_figure,
)
from coprod_abm.experiments.figure_style import keep, style


@dataclass(frozen=True)
class RunFacts:
    """What the notes below a figure say of its run.

    Attributes:
        replicates, seed: of the run.
        anchored: whether instruments start at the first published value.
        parameters: how the parameters were chosen, such as ``uncalibrated defaults``.
        names: name of each case by its id.
    """

    replicates: int
    seed: int
    anchored: bool
    parameters: str
    names: dict[str, str]

    @property
    def notes(self) -> str:
        """Number of runs, seed and standing of the parameters, in one sentence."""
        runs = "1 run" if self.replicates == 1 else f"{self.replicates} runs"
        runs += " of each case" if len(self.names) > 1 else ""
        return f"{runs}, seed {self.seed}; parameters are {self.parameters}."


def draw_run(
    trajectories: pd.DataFrame, instruments: pd.DataFrame, published: pd.DataFrame, facts: RunFacts, folder: Path
) -> None:
    """Draw every figure of a run into ``folder``, which is made; the tables are those of ``run_tables``."""
    folder.mkdir(parents=True, exist_ok=True)
    with style():
        for case in facts.names:
            if not published.empty and (published["case"] == case).any():
                draw_instruments(instruments, published, case, facts, folder)
        draw_perspectives(trajectories, facts, folder)


def draw_instruments(
    instruments: pd.DataFrame, published: pd.DataFrame, case: str, facts: RunFacts, folder: Path
) -> None:
    """The figure of one case: published measures beside the simulated instruments."""
    levels = "anchored" if facts.anchored else "raw"
    series = instruments[(instruments["case"] == case) & (instruments["levels"] == levels)]
    points = published[(published["case"] == case) & (published["levels"] == levels)]
    standing = (
        "Levels are anchored at the first published wave (hollow), which is no test"
        if facts.anchored
        else "Levels are raw"
    )
    bars = (
        " Bars: 90 % sampling error where the number of answers is known; most are smaller than the point."
        if points["published_low"].notna().any()
        else ""
    )
    title = f"{facts.names[case]}: published measures beside the simulated ones"
    figure = instruments_figure(series, points, title, f"{facts.notes} {standing}.{bars}")
    numbers = pd.concat([series.assign(shows="simulated"), points.assign(shows="published")], ignore_index=True)
    keep(figure, folder, f"instruments_{case}", describe_instruments(series, points, facts), numbers)


def describe_instruments(series: pd.DataFrame, points: pd.DataFrame, facts: RunFacts) -> str:
    """The figure in words, one sentence per panel, for those who cannot see it."""
    told = []
    for name, figures in points.groupby("measure", sort=False):
        line = series[series["measure"] == name].sort_values("week")
        seen = figures.sort_values("week")
        told.append(
            f"{str(line['label'].iloc[0]).capitalize()} ({line['unit'].iloc[0]}): published {seen['published'].iloc[0]:g} "
            f"in {int(seen['year'].iloc[0])} and {seen['published'].iloc[-1]:g} in {int(seen['year'].iloc[-1])}; "
            f"simulated median {line['q50'].iloc[0]:.3g} at the start and {line['q50'].iloc[-1]:.3g} at the end "
            f"(90 % of runs {line['q05'].iloc[-1]:.3g} to {line['q95'].iloc[-1]:.3g})."
        )
    return f"One panel per published measure. {' '.join(told)} {facts.notes}"


def draw_perspectives(trajectories: pd.DataFrame, facts: RunFacts, folder: Path) -> None:
    """The three perspectives: side by side for one case, else one figure each with a panel per case."""
    if len(facts.names) == 1:
        ((case, name),) = facts.names.items()
        notes = f"{explained(list(PERSPECTIVES), trajectories)} {facts.notes}"
        figure = one_case_figure(trajectories, f"{name}: three perspectives on co-production", notes)
        names = [each for chosen in PERSPECTIVES.values() for each in chosen]
        keep_perspective(figure, trajectories, names, f"perspectives_{case}", notes, folder)
        return
    for perspective, chosen in PERSPECTIVES.items():
        notes = f"{explained([perspective], trajectories)} {facts.notes}"
        figure = perspective_figure(trajectories, perspective, facts.names, f"{perspective} in each case", notes)
        plain = perspective.lower().replace(" ", "_")
        keep_perspective(figure, trajectories, list(chosen), f"perspectives_{plain}", notes, folder)


def keep_perspective(
    figure: Figure, table: pd.DataFrame, names: list[str], name: str, notes: str, folder: Path
) -> None:
    """Keep a figure of perspectives with its words and numbers."""
    shown = table[table["measure"].isin(names)]
    ends = shown.drop_duplicates(["case", "measure"], keep="last")
    told = [
        f"{row.case}, {SHORT[str(row.measure)]}: median {row.q50:.2f} at the end (90 % of runs {row.q05:.2f} to {row.q95:.2f})."
        for row in ends.itertuples()
    ]
    keep(figure, folder, name, f"Lines with bands over time. {' '.join(told)} {notes}", shown)
