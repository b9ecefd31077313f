"""Pictures of who answers whom: the frames of half-years, and stills of a few years, from the records alone."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from coprod_abm.experiments.picture_shares import ROLE_FILLS
from coprod_abm.experiments.picture_style import (
    BODY,
    GREY,
    SIDE,
    SMALL,
    WIDE,
    Kept,
    Sheet,
    bare,
    wrapped,
)
from coprod_abm.experiments.picture_words import PictureWords
from coprod_abm.experiments.scenario_arms import Arms
from coprod_abm.year import YEAR

MARKS = {"citizen": "o", "professional": "s", "leader": "D"}
INKS = {"citizen": "#0072B2", "professional": "#B86B2B", "leader": "#595959"}


class Ties(NamedTuple):
    """What a frame shows of one arm: people by seat, and how often two seats answered each other."""

    people: pd.DataFrame
    pairs: pd.DataFrame

    @property
    def crossing(self) -> float:
        """Of a hundred answers, how many go between a citizen and somebody else."""
        whole = float(self.pairs["acts"].sum())
        return 100.0 * float(self.pairs.loc[self.pairs["crosses"], "acts"].sum()) / whole if whole else 0.0


def ties_of(found: Arms, arm: str, until: int) -> Ties:
    """The frame of an arm that ends in a week."""
    people = found.pages.people
    seated = people[(people["arm"] == arm) & (people["until"] == until)]
    by_seat = seated.groupby("seat", as_index=False).agg(role=("role", "last"), turns=("turns", "sum"))
    seat = seated.set_index("person")["seat"].to_dict()
    role = by_seat.set_index("seat")["role"].to_dict()
    network = found.pages.network
    told = network[(network["arm"] == arm) & (network["until"] == until)]
    ends = pd.DataFrame(
        {"one": told["speaker"].map(seat), "other": told["addressee"].map(seat), "acts": told["acts"]}
    ).dropna()
    ends = ends[ends["one"] != ends["other"]]
    low, high = ends[["one", "other"]].min(axis=1), ends[["one", "other"]].max(axis=1)
    pairs: Any = ends.assign(one=low, other=high).groupby(["one", "other"], as_index=False)["acts"].sum()
    pairs["crosses"] = [
        (role[a] == "citizen") != (role[b] == "citizen") for a, b in zip(pairs["one"], pairs["other"], strict=True)
    ]
    return Ties(by_seat, pairs)


def seats_placed(found: Arms) -> dict[str, dict[int, tuple[float, float]]]:
    """Where each seat stands, for each arm: a ring with citizens to the left, staff to the right, leaders on top; fixed."""
    placed: dict[str, dict[int, tuple[float, float]]] = {}
    for arm, people in found.pages.people.groupby("arm"):
        role = people.groupby("seat")["role"].agg(lambda values: values.mode().iloc[0])
        order = [seat for kind in ("leader", "professional", "citizen") for seat in role.index[role == kind]]
        leaders = int((role == "leader").sum())
        turn = 2 * np.pi / max(len(order), 1)
        start = 0.5 * np.pi + 0.5 * turn * (leaders - 1)
        placed[str(arm)] = {
            int(seat): (float(np.cos(start - turn * k)), float(np.sin(start - turn * k)))
            for k, seat in enumerate(order)
        }
    return placed


def draw_ties(axes: Axes, ties: Ties, places: Mapping[int, tuple[float, float]], most: float) -> None:
    """One network on a ring."""
    bare(axes)
    axes.set_xlim(-1.3, 1.3)
    axes.set_ylim(-1.3, 1.3)
    axes.set_aspect("equal")
    for one, other, acts in ties.pairs[["one", "other", "acts"]].itertuples(index=False):
        (x, y), (u, v) = places[int(one)], places[int(other)]
        weight = float(acts) / most
        axes.plot(
            [x, u],
            [y, v],
            color=GREY,
            linewidth=0.6 + 6 * weight,
            alpha=min(0.25 + 0.6 * weight, 1.0),
            zorder=1,
            solid_capstyle="round",
        )
    busiest = max(float(ties.people["turns"].max()), 1.0) if len(ties.people) else 1.0
    for seat, role, turns in ties.people[["seat", "role", "turns"]].itertuples(index=False):
        x, y = places[int(seat)]
        size = 60 + 500 * float(turns) / busiest
        axes.scatter([x], [y], s=size, marker=MARKS[role], color=INKS[role], edgecolor="white", linewidth=1.2, zorder=3)


def frames(found: Arms) -> list[int]:
    """The last weeks of all half-years in which anybody met."""
    return sorted(int(week) for week in found.pages.people["until"].unique())


def network_sheet(found: Arms, words: PictureWords, until: int, below: str) -> tuple[Sheet, list[Ties]]:
    """One frame: a ring per arm side by side."""
    scenario = found.scenario
    arms = list(scenario.drawn)
    notes = f"{words.say('network.about')} {example(found, words)} {words.parameters(found.facts)} {words.version(found.facts)}"
    sheet = Sheet(words.say("network.title", title=words.title(scenario)), below, notes)
    most = max(float(found.pages.network["acts"].max()), 1.0) if len(found.pages.network) else 1.0
    places = seats_placed(found)
    wide = (WIDE - 2 * SIDE) / len(arms)
    heads = [wrapped(words.arm(scenario, arm), wide - 0.2, BODY, bold=True) for arm in arms]
    top = sheet.top - 0.7 - 0.24 * max(map(len, heads))
    bottom = sheet.bottom + 0.4
    high = min(top - bottom, wide)
    every = []
    for place, arm in enumerate(arms):
        ties = ties_of(found, arm, until)
        every.append(ties)
        middle = SIDE + (place + 0.5) * wide
        axes = sheet.axes(middle - 0.5 * high, bottom + 0.5 * (top - bottom - high), high, high)
        draw_ties(axes, ties, places.get(arm, {}), most)
        sheet.write(middle, top + 0.05, "\n".join(heads[place]), weight="bold", ha="center", va="bottom")
        crossing = words.say("network.crossing", crossing=words.number(ties.crossing, decimals=0))
        lines = wrapped(crossing, wide - 0.2, SMALL)
        sheet.write(
            middle, bottom - 0.02, "\n".join(lines), size=SMALL, ha="center", va="top" if len(lines) == 1 else "center"
        )
    handles = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=MARKS[role],
            color=INKS[role],
            markersize=11,
            label=words.say(f"roles.{role}"),
        )
        for role in ROLE_FILLS
    ]
    sheet.key(handles)
    return sheet, every


def example(found: Arms, words: PictureWords) -> str:
    """That the picture is of one future and no average."""
    project = found.pages.meeting["project"].iloc[0] if len(found.pages.meeting) else ""
    return words.say("made.one_run", runs=found.facts["replicates"], project=project)


def network_picture(found: Arms, words: PictureWords, year: int) -> Kept:
    """The still frame of a year: its second half."""
    until = year * YEAR
    sheet, every = network_sheet(found, words, until, words.say("network.still", year=year))
    arms = list(found.scenario.drawn)
    told = [
        words.say(
            "network.cell",
            arm=words.arm(found.scenario, arm),
            year=year,
            people=len(ties.people),
            pairs=len(ties.pairs),
            crossing=words.number(ties.crossing, decimals=0),
        )
        for arm, ties in zip(arms, every, strict=True)
    ]
    numbers = pd.concat(
        [ties.pairs.assign(arm=arm, until=until) for arm, ties in zip(arms, every, strict=True)], ignore_index=True
    )
    return Kept(sheet.figure, f"{' '.join(told)} {example(found, words)}", numbers)
