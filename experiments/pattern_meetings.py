"""Patterns P6, P7, P8, P10 and P12: who talks in meetings, what is said and adopted, and how it is felt."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coprod_abm.experiments.estimates import Estimate, Sign, mean_of
from coprod_abm.experiments.pattern import Claim, Pattern, Read, mean_in, paired
from coprod_abm.experiments.study import Arm, measured
from coprod_abm.log import ACT
from coprod_abm.service import CITIZEN, FIRST_TECHNICAL, LEADER, PROFESSIONAL
from coprod_abm.simulate import recorded
from coprod_abm.world import Array, World
from coprod_abm.year import YEAR

FIRST_MEETING, HALF_A_YEAR, TWO_YEARS = 8, YEAR // 2, 2 * YEAR  # weeks; by the eighth every level has met
ALONE = "power.citizen_seat_share=0"
OTHERS_DECIDE = (  # nobody is persuaded, and the chair alone proposes and decides: talk cannot change a decision
    "power.decision_rule=directive",
    "leadership.agenda_control=1",
    "power.uptake_rate=0",
    "power.agenda_access=0",
    "power.invisible=0",
)


def attendance_of(acts: Array) -> tuple[Array, Array, Array]:
    """Who was at each meeting that took a decision: meeting, person, and turns held relative to an equal share."""
    votes = acts[(acts["act"] == ACT.support) | (acts["act"] == ACT.challenge)]
    talk = acts[acts["act"] <= ACT.inform_unique]
    seats = np.unique(codes(votes))
    spoken, turns = np.unique(codes(talk), return_counts=True)
    held = np.zeros(len(seats))
    place = np.searchsorted(seats, spoken)
    there = (place < len(seats)) & (seats[np.minimum(place, len(seats) - 1)] == spoken)
    held[place[there]] = turns[there]
    meeting, person = seats >> 32, seats & 0xFFFFFFFF
    _, which, size = np.unique(meeting, return_inverse=True, return_counts=True)
    total = np.bincount(which, held)
    relative = held * size[which] / np.maximum(total[which], 1.0)
    return meeting, person, relative


def codes(acts: Array) -> Array:
    """One number for project, meeting and speaker of each act."""
    meeting = acts["project"].astype(np.int64) << 20 | acts["meeting"]
    return meeting << 32 | acts["speaker"].astype(np.int64)


def talk_by_status(world: World, seed: int, weeks: int) -> dict[str, float]:
    """How talk follows status in meetings, what sort of items are said, and the climate at the end."""
    outcome, log = recorded(world, seed, weeks)
    acts = log.acts[: log.used[0]]
    meeting, person, relative = attendance_of(acts)
    status, role = outcome.world.people["status"][person], outcome.world.people["role"][person]
    told = {name: values[-1] for name, values in measured(outcome).items()}
    return {
        "slope": within_slope(status, relative, meeting),
        "citizens": mean_where(relative, role == CITIZEN),
        "professionals": mean_where(relative, role == PROFESSIONAL),
        "leaders": mean_where(relative, role == LEADER),
        "first": mean_of_firsts(relative, meeting),
        "shared less unique": shared_less_unique(acts),
        "safety": told["safety"],
    }


def within_slope(predictor: Array, outcome: Array, group: Array) -> float:
    """Slope of one variable on another within groups; NaN where the predictor does not differ."""
    _, which, size = np.unique(group, return_inverse=True, return_counts=True)
    x = predictor - (np.bincount(which, predictor) / size)[which]
    y = outcome - (np.bincount(which, outcome) / size)[which]
    spread = float(x @ x)
    return float(x @ y) / spread if spread > 0.0 else np.nan


def mean_where(values: Array, chosen: Array) -> float:
    """The mean of the chosen values; NaN where there are none."""
    return float(values[chosen].mean()) if chosen.any() else np.nan


def mean_of_firsts(relative: Array, meeting: Array) -> float:
    """Mean over meetings of the share of the talk that the one who talks most holds."""
    _, which, size = np.unique(meeting, return_inverse=True, return_counts=True)
    most = np.zeros(len(size))
    np.maximum.at(most, which, relative)
    return float((most / size).mean()) if len(size) else np.nan


def shared_less_unique(acts: Array) -> float:
    """Items mentioned that others know or that were said already, less items that one side alone knew, in SD of meetings."""
    talk = acts[acts["act"] <= ACT.inform_unique]
    _, which = np.unique(talk["project"].astype(np.int64) << 20 | talk["meeting"], return_inverse=True)
    unique = np.bincount(which, talk["act"] == ACT.inform_unique)
    shared = np.bincount(which, talk["act"] == ACT.inform_shared)
    spread = np.sqrt(0.5 * (unique.var(ddof=1) + shared.var(ddof=1)))
    return float((shared - unique).mean() / spread) if spread > 0.0 else np.nan


def adopted_by_kind(world: World, seed: int, weeks: int) -> dict[str, float]:
    """Of the adopted changes, the share that are experiential features; and how many there were."""
    _, log = recorded(world, seed, weeks)
    adopted = log.decisions[: log.used[1]]
    adopted = adopted[adopted["adopted"] == 1]
    lived = adopted["feature"] < FIRST_TECHNICAL
    return {"experiential": float(lived.mean()) if len(lived) else np.nan, "adopted": float(len(lived))}


def voice_and_fairness(world: World, seed: int, weeks: int) -> dict[str, Any]:
    """What was decided, citizens' share of the talk, and the fairness that citizen members felt last."""
    outcome, log = recorded(world, seed, weeks)
    decisions = log.decisions[: log.used[1]]
    told = {name: values[-1] for name, values in measured(outcome).items()}
    return {
        "decided": decisions[["week", "project", "feature", "value", "adopted"]].tolist(),
        "voice": told["voice_share"],
        "fairness": told["member_fairness"],
    }


def same_decisions(name: str) -> Callable[[Read], Estimate]:
    """The effect of voice on ``name`` in those pairs of runs in which every decision was the same."""

    def effect(read: Read) -> Estimate:
        pairs = zip(read["without voice"], read["with voice"], strict=True)
        return mean_of([b[name] - a[name] for a, b in pairs if a["decided"] == b["decided"]])

    return effect


def share_of_pairs(read: Read) -> Estimate:
    """Share of pairs in which every decision was the same."""
    pairs = zip(read["without voice"], read["with voice"], strict=True)
    return mean_of([1.0 * (a["decided"] == b["decided"]) for a, b in pairs])


EQUALS = ("population.status_spread=0", "population.professional_status=0", "population.leader_status=0")

P6 = Pattern(
    id="P6",
    sentence="In mixed groups talk falls with status; a hierarchy also appears among equals.",
    source="Hogg & Williamson 2001, PMC5060049; O'Shea 2019, 10.3389/fsoc.2019.00038; Bales (top of six about .43)",
    arms={
        "mixed": Arm(weeks=HALF_A_YEAR),
        "equals": Arm(EQUALS, YEAR),
        "equals without a claim to the floor": Arm((*EQUALS, "power.floor_gradient=0"), YEAR),
    },
    reading=talk_by_status,
    claims=(
        Claim(
            "turns relative to an equal share, slope on status within meetings",
            "shares per unit of status",
            "+",
            Sign(1),
            mean_in("mixed", lambda run: run["slope"]),
        ),
        Claim(
            "share of the talk of the one who talks most among equals, against a floor drawn by lot",
            "share",
            "+",
            Sign(1),
            paired("equals without a claim to the floor", "equals", lambda run: run["first"]),
        ),
    ),
    is_fast=True,
    share=0.5,
    beside=(
        ("Turns relative to an equal share: citizens {},", mean_in("mixed", lambda run: run["citizens"])),
        ("professionals {},", mean_in("mixed", lambda run: run["professionals"])),
        (
            "leaders {}. Inequality among six equals was set on Bales and tests nothing.",
            mean_in("mixed", lambda run: run["leaders"]),
        ),
    ),
)

P7 = Pattern(
    id="P7",
    sentence="Hidden profiles: shared items are mentioned far more than unique ones.",
    source="Lu 2012, 10.1177/1088868311417243",
    arms={"default": Arm(weeks=YEAR)},
    reading=talk_by_status,
    claims=(
        Claim(
            "items per meeting that were known or said already, less items that one side alone knew",
            "SD between meetings",
            "+2 SD (3,189 groups); we ask for the sign",
            Sign(1),
            mean_in("default", lambda run: run["shared less unique"]),
        ),
    ),
    analogue="Repetitions within a meeting count as shared; the source counts items known to all beforehand.",
    is_fast=True,
    share=0.5,
)

P8 = Pattern(
    id="P8",
    sentence="Deliberating with citizens moves priorities from technical to experiential features.",
    source="Boivin 2014, 10.1186/1748-5908-9-24",
    arms={"professionals alone": Arm((ALONE,), TWO_YEARS), "with citizens": Arm(weeks=TWO_YEARS)},
    reading=adopted_by_kind,
    claims=(
        Claim(
            "share of adopted changes that are experiential",
            "share",
            "+ (p < .01; 172 people, 6 communities)",
            Sign(1),
            paired("professionals alone", "with citizens", lambda run: run["experiential"]),
        ),
    ),
    is_fast=True,
    share=0.25,
    beside=(("Share with professionals alone {}.", mean_in("professionals alone", lambda run: run["experiential"])),),
)

P10 = Pattern(
    id="P10",
    sentence="Leader inclusiveness raises psychological safety and moderates the effect of status.",
    source="Nembhard & Edmondson 2006, 10.1002/job.413",
    arms={
        "no facilitation": Arm(("leadership.facilitation=0",), YEAR),
        "full facilitation": Arm(("leadership.facilitation=1", "leadership.facilitator=1"), YEAR),
    },
    reading=talk_by_status,
    claims=(
        Claim(
            "psychological safety after a year",
            "share",
            "+",
            Sign(1),
            paired("no facilitation", "full facilitation", lambda run: run["safety"]),
        ),
        Claim(
            "slope of turns on status within meetings",
            "shares per unit of status",
            "−",
            Sign(-1),
            paired("no facilitation", "full facilitation", lambda run: run["slope"]),
        ),
    ),
    analogue="Safety belongs to a project here, so that status is moderated in who talks, not in who feels safe.",
    is_fast=True,
    share=0.25,
)

P12 = Pattern(
    id="P12",
    sentence="Voice before a decision raises fairness even when it does not change the decision.",
    source="Lind 1990, 10.1037/0022-3514.59.5.952",
    arms={
        "without voice": Arm((*OTHERS_DECIDE, "power.floor_gradient=5", "power.status_weight=1"), FIRST_MEETING),
        "with voice": Arm((*OTHERS_DECIDE, "power.floor_gradient=0"), FIRST_MEETING),
    },
    reading=voice_and_fairness,
    claims=(
        Claim(
            "fairness felt by citizen members after the first meetings, in pairs of runs with the same decisions",
            "share",
            "+ (n = 179)",
            Sign(1),
            same_decisions("fairness"),
        ),
    ),
    is_fast=True,
    share=0.5,
    beside=(
        ("Share of pairs with the same decisions {};", share_of_pairs),
        ("citizens' share of the talk differs there by {}.", same_decisions("voice")),
    ),
)

MEETINGS = (P6, P7, P8, P10, P12)
