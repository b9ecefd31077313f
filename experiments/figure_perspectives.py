"""The three perspectives over time: goal fulfilment, the co-production process, and learning and innovation."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coprod_abm.experiments.figure_style import (
    GREY,
    LOOKS,
    Room,
    add_key,
    end_labels,
    fan,
    key_rows,
    panel_title,
    runs_key,
    sheet,
    value_axis,
    year_axis,
)
from coprod_abm.measures import measure

ROOM = Room(width=1.84, right=1.44)
PERSPECTIVES: dict[str, dict[str, str]] = {  # shares between 0 and 1, with a name short enough to stand beside the line
    "Goal fulfilment": {
        "need_met": "needs met",
        "citizen_satisfaction": "satisfaction",
        "goals_delivered": "delivered",
    },
    "Process": {
        "voice_share": "voice",
        "influence_share": "influence",
        "member_trust": "trust",
    },
    "Learning and innovation": {
        "member_knowledge": "knowledge",
        "practice_fit": "good practice",
        "unique_share": "new points",
    },
}

SHORT = {name: short for chosen in PERSPECTIVES.values() for name, short in chosen.items()}  # one name per measure


def perspective_figure(
    trajectories: pd.DataFrame, perspective: str, names: dict[str, str], title: str, notes: str
) -> Figure:
    """One perspective, one panel per case of ``names`` (id to name)."""
    figure, panels = started(trajectories, title, notes, len(names))
    for axes, case in zip(panels, names, strict=True):
        panel_title(axes, case, names[case] if names[case] != case else "")
        draw_panel(axes, trajectories[trajectories["case"] == case], PERSPECTIVES[perspective])
    return figure


def one_case_figure(trajectories: pd.DataFrame, title: str, notes: str) -> Figure:
    """All three perspectives of one case, side by side."""
    figure, panels = started(trajectories, title, notes, len(PERSPECTIVES))
    for axes, (perspective, chosen) in zip(panels, PERSPECTIVES.items(), strict=True):
        panel_title(axes, perspective, "share, from 0 to 1")
        draw_panel(axes, trajectories, chosen)
    return figure


def started(trajectories: pd.DataFrame, title: str, notes: str, panels: int) -> tuple[Figure, list[Axes]]:
    """A sheet with the key of bands."""
    handles = runs_key(int(trajectories["replicates"].max()), GREY)
    figure, axes = sheet(panels, ROOM, title, notes, key_rows(len(handles), panels))
    add_key(figure, handles, panels)
    return figure, axes


def draw_panel(axes: Axes, table: pd.DataFrame, chosen: dict[str, str]) -> None:
    """A few measures on one scale from 0 to 1, labelled at their ends."""
    value_axis(axes, 0.0, 1.0, (0.0, 1.0))
    axes.set_yticks([0.0, 0.5, 1.0], ["0", "0.5", "1"])
    year_axis(axes, float(table["year"].min()), float(table["year"].max()))
    labels = []
    for look, (name, short) in zip(LOOKS, chosen.items(), strict=True):
        series = table[table["measure"] == name]
        fan(axes, series, look, wide=0.14, middle=0.26)
        end = float(series["q50"].iloc[-1])
        labels.append((end, f"{short} {end:.2f}", look.text))
    end_labels(axes, labels)


def left_out(trajectories: pd.DataFrame, perspectives: Sequence[str]) -> str:
    """How many runs are left of those whose projects have not all ended; nothing where none has ended.

    >>> table = pd.DataFrame({"measure": ["member_trust"] * 2, "replicates": [100, 84]})
    >>> left_out(table, ["Process"])
    ' A run whose projects have all ended shows no trust from then on: 84 of 100 runs are left where they are fewest.'
    """
    chosen = [name for perspective in perspectives for name in PERSPECTIVES[perspective]]
    drawn = trajectories[trajectories["measure"].isin(chosen)]
    fewest = drawn.groupby("measure")["replicates"].min()
    short = [SHORT[name] for name in chosen if name in fewest and fewest[name] < drawn["replicates"].max()]
    if not short:
        return ""
    shown = " or ".join([", ".join(short[:-1]), short[-1]] if len(short) > 1 else short)
    return (
        f" A run whose projects have all ended shows no {shown} from then on: "
        f"{fewest.min()} of {drawn['replicates'].max()} runs are left where they are fewest."
    )


def explained(perspectives: Sequence[str], trajectories: pd.DataFrame) -> str:
    """What the short names beside the lines mean, and how many runs they show."""
    told = [
        f"{short}: {measure(name).meaning}"
        for perspective in perspectives
        for name, short in PERSPECTIVES[perspective].items()
    ]
    return f"Shares from 0 to 1. {'; '.join(told).capitalize()}.{left_out(trajectories, perspectives)}"
