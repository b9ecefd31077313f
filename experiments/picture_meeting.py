"""A meeting turn by turn, drawn from the records alone: who spoke, what it brought, how they voted, what became of it."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from coprod_abm.experiments.picture_network import INKS, example
from coprod_abm.experiments.picture_style import BODY, GREY, SIDE, SMALL, WIDE, Kept, Sheet, wrapped
from coprod_abm.experiments.picture_words import PictureWords
from coprod_abm.experiments.scenario_arms import Arms, meeting_year
from coprod_abm.language import topic
from coprod_abm.records import ROLE_NAMES, rows_of

TALK = ("inform_shared", "inform_unique", "pass_turn")
VOTES = ("support", "challenge")
MOST_PANELS = 2
INK = "#1A1A1A"


def meeting_picture(found: Arms, words: PictureWords) -> Kept:
    """The chosen meeting under the first and the last arm."""
    scenario = found.scenario
    table = found.pages.meeting
    arms = [arm for arm in dict.fromkeys((scenario.drawn[0], scenario.drawn[-1])) if (table["arm"] == arm).any()]
    title = words.say("meeting.title", title=words.title(scenario))
    parts = [
        words.say("meeting.about", year=meeting_year(scenario)),
        words.say("meeting.alike") if alike(table, arms) else "",
    ]
    parts += [example(found, words), words.parameters(found.facts), words.version(found.facts)]
    notes = " ".join(part for part in parts if part)
    sheet = Sheet(title, "", notes)
    add_keys(sheet, words)
    wide = (WIDE - 2 * SIDE) / MOST_PANELS
    told = []
    for place, arm in enumerate(arms):
        acts = table[table["arm"] == arm]
        left = SIDE + place * wide
        facts = acts.iloc[0]
        head = words.say(
            "meeting.panel", arm=words.arm(scenario, arm), meeting=int(facts["meeting"]), week=int(facts["week"])
        )
        proposal = words.say("meeting.topic", topic=topic(words.language, proposed(acts)))
        outcome = outcome_of(facts, words)
        lines = [*wrapped(head, wide - 0.3, BODY, bold=True)]
        sheet.write(left, sheet.top - 0.78, "\n".join(lines), weight="bold", va="top")
        below = [*wrapped(proposal, wide - 0.3, SMALL), *wrapped(outcome, wide - 0.3, SMALL)]
        sheet.write(left, sheet.top - 0.78 - 0.25 * len(lines), "\n".join(below), size=SMALL, color=GREY, va="top")
        top = sheet.top - 0.95 - 0.25 * len(lines) - 0.21 * len(below)
        draw_meeting(sheet, acts, left, sheet.bottom + 0.5, wide - 0.35, top, words)
        talk = acts[acts["act"].isin(TALK)]
        told.append(
            words.say(
                "meeting.cell",
                arm=words.arm(scenario, arm),
                meeting=int(facts["meeting"]),
                week=int(facts["week"]),
                turns=talk["turn"].nunique(),
                citizens=talk.loc[talk["role"] == "citizen", "turn"].nunique(),
                topic=topic(words.language, proposed(acts)),
                outcome=outcome,
            )
        )
    numbers = table[table["arm"].isin(arms)]
    return Kept(sheet.figure, f"{' '.join(told)} {example(found, words)}", numbers)


def alike(table: pd.DataFrame, arms: Sequence[str]) -> bool:
    """Whether the meetings of two arms went the same way to the last vote."""
    several = [table[table["arm"] == arm].drop(columns=["arm"]).reset_index(drop=True) for arm in arms]
    return len(several) > 1 and all(one.equals(several[0]) for one in several)


def proposed(acts: pd.DataFrame) -> int:
    """The feature that was put to the vote."""
    return int(acts.loc[acts["act"] == "propose", "feature"].iloc[0])


def outcome_of(facts: "pd.Series[Any]", words: PictureWords) -> str:
    """What was decided, and what became of it."""
    if facts["vetoed"]:
        return words.say("meeting.vetoed")
    if not facts["adopted"]:
        return words.say("meeting.rejected")
    agreed = words.say("meeting.adopted")
    for kind in ("implemented", "broken"):
        if facts[f"{kind}_week"] >= 0:
            return words.say(f"meeting.{kind}", outcome=agreed, week=int(facts[f"{kind}_week"]))
    return words.say("meeting.waiting", outcome=agreed)


def people_of(acts: pd.DataFrame, words: PictureWords) -> dict[int, tuple[str, str]]:
    """Everybody who acted, by role and number within it: role and name."""
    named: dict[int, tuple[str, str]] = {}
    acted = acts[acts["speaker"] >= 0].drop_duplicates("speaker")
    for role in ROLE_NAMES:
        for number, person in enumerate(sorted(acted.loc[acted["role"] == role, "speaker"]), start=1):
            named[int(person)] = (role, f"{words.say('person.' + role)} {number}")
    return named


def draw_meeting(
    sheet: Sheet, acts: pd.DataFrame, left: float, bottom: float, wide: float, top: float, words: PictureWords
) -> None:
    """Rows of people, turns from left to right, votes at the end."""
    people = people_of(acts, words)
    rows = {person: len(people) - place for place, person in enumerate(people)}
    talk = acts[acts["act"].isin(TALK)]
    turns = {turn: place + 1 for place, turn in enumerate(sorted(talk["turn"].unique()))}
    last = max(len(turns), 1)
    axes = sheet.axes(left + 1.45, bottom, wide - 1.45, top - bottom)
    axes.set_ylim(0.3, len(people) + 0.7)
    axes.set_xlim(0.3, last + 5.2)
    for person, row in rows.items():
        axes.axhline(row, color="#E6E6E6", linewidth=1, zorder=0)
        y = bottom + (top - bottom) * (row - 0.3) / (len(people) + 0.4)
        sheet.write(left, y, people[person][1], size=SMALL, va="center", color=INKS[people[person][0]])
    for act in rows_of(talk):
        draw_turn(axes, act, turns[act.turn], rows[int(act.speaker)])
    for act in rows_of(acts[acts["act"].isin(VOTES)]):
        row = rows[int(act.speaker)]
        ours = act.act == "support"
        axes.plot(
            [last + 3.6],
            [row],
            "P" if ours else "x",
            color=INK,
            markersize=9 if ours else 8,
            markeredgewidth=0 if ours else 2,
        )
    for act in rows_of(acts[acts["act"] == "propose"]):
        if int(act.speaker) in rows:
            axes.plot([last + 1.7], [rows[int(act.speaker)]], "*", color=INK, markersize=14)
    axes.axvline(last + 0.5, color="#B0B0B0", linewidth=1)
    axes.set_yticks([])
    axes.set_xticks(
        [*([1, last] if last > 1 else [1]), last + 3.6],
        [*(["1", str(last)] if last > 1 else ["1"]), words.say("meeting.vote")],
    )
    axes.tick_params(labelsize=SMALL, length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(words.say("meeting.turns"), fontsize=SMALL, color=GREY)


def draw_turn(axes: Axes, act: Any, x: int, y: int) -> None:
    """One statement: new filled, known hollow, nothing to say a dash; a ring where it moved somebody."""
    colour = INKS[act.role]
    if act.act == "pass_turn":
        axes.plot([x], [y], "_", color=colour, markersize=8, markeredgewidth=2)
        return
    fill = colour if act.act == "inform_unique" else "white"
    axes.plot([x], [y], "o", color=colour, markerfacecolor=fill, markersize=7, markeredgewidth=1.6, zorder=3)
    if act.moved > 0:
        axes.plot([x], [y], "o", color=INK, markerfacecolor="none", markersize=12.5, markeredgewidth=1.4, zorder=2)


def add_keys(sheet: Sheet, words: PictureWords) -> None:
    """What the marks mean."""
    looks: list[tuple[str, dict[str, Any]]] = [
        ("unique", {"marker": "o"}),
        ("shared", {"marker": "o", "markerfacecolor": "white", "markeredgewidth": 1.6}),
        ("passed", {"marker": "_", "markeredgewidth": 2}),
        ("propose", {"marker": "*", "markersize": 14}),
        ("support", {"marker": "P", "markersize": 10}),
        ("challenge", {"marker": "x", "markeredgewidth": 2}),
    ]
    handles = [
        Line2D([], [], linestyle="none", color=INK, label=words.say(f"meeting.{name}"), **{"markersize": 8, **look})
        for name, look in looks
    ]
    sheet.key(handles, columns=3, fontsize=SMALL, handletextpad=0.3, columnspacing=1.8)
