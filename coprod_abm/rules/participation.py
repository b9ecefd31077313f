"""Participation: meeting a professional, joining, attending and leaving (E0, E1, E2, E16)."""

from dataclasses import dataclass
from typing import ClassVar

from coprod_abm.arithmetic import logistic
from coprod_abm.causes import Link
from coprod_abm.compiled import rule
from coprod_abm.declare import Family, param


@dataclass
class Participation(Family):
    """Parameters of individual and collective participation."""

    family: ClassVar[str] = "participation"

    contact: float = param(
        0.1,
        low=0,
        high=1,
        unit="per week",
        meaning="chance that a citizen meets a professional of the service in a week",
        source="assumption; PAM table in 10.1136/bmjqs-2018-007635: 8.75 general-practice contacts a year",
    )
    continuity: float = param(
        0.6,
        low=0,
        high=1,
        unit="probability",
        meaning="chance that it is the same professional as last time",
        source="Läkartidningen 2016, National Patient Survey: 54 % see the same doctor",
    )
    directive_success: float = param(
        0.3,
        low=0,
        high=1,
        unit="probability",
        meaning="chance that an encounter without shared decisions succeeds",
        source="assumption",
    )
    meetings: float = param(
        1.0, low=0, high=1, unit="switch", meaning="whether projects meet at all", source="a switch for null models"
    )
    interval_local: float = param(
        4.0, low=1, high=26, unit="weeks", meaning="weeks between meetings of a local project", source="assumption"
    )
    interval_regional: float = param(
        6.0, low=1, high=26, unit="weeks", meaning="weeks between meetings of a regional project", source="assumption"
    )
    interval_national: float = param(
        8.0, low=1, high=52, unit="weeks", meaning="weeks between meetings of a national project", source="assumption"
    )
    meeting_hours: float = param(
        3.0,
        low=0.5,
        high=12,
        unit="hours",
        meaning="time a meeting takes with preparation and travel",
        source="assumption",
    )
    turns: float = param(
        30.0, low=1, high=60, unit="turns", meaning="turns on the floor in one meeting", source="assumption"
    )
    join_base: float = param(
        -2.6,
        low=-8,
        high=2,
        unit="log odds",
        meaning="readiness to accept an invitation",
        source="Jacquet: 1–20 % of those invited by lot accept",
    )
    join_efficacy: float = param(
        3.0,
        low=0,
        high=8,
        unit="log odds per unit",
        meaning="effect of efficacy on joining",
        source="Parrado 2013, 10.1080/10967494.2013.796260 (sign)",
    )
    join_trust: float = param(
        1.5,
        low=0,
        high=8,
        unit="log odds per unit",
        meaning="effect of trust on joining",
        source="Fledderus 2016 (sign)",
    )
    join_need: float = param(
        3.0,
        low=0,
        high=8,
        unit="log odds per unit",
        meaning="effect of unmet need on joining",
        source="Parrado 2013: better-met need lowers co-production (sign)",
    )
    join_time: float = param(
        2.0,
        low=0,
        high=8,
        unit="log odds",
        meaning="how much lack of time keeps people from joining",
        source="Jakobsen 2013, 10.1093/jopart/mus036 (sign)",
    )
    join_payment: float = param(
        0.02,
        low=0,
        high=0.2,
        unit="log odds per € per hour",
        meaning="direct effect of payment on joining",
        source="assumption; Bovaird 2014: nudges are weak",
    )
    join_barrier: float = param(
        0.6,
        low=0,
        high=4,
        unit="log odds",
        meaning="barrier to joining for groups seldom heard",
        source="Keane 2023, 10.1186/s40900-023-00434-5 (sign)",
    )
    barrier_relief: float = param(
        0.02,
        low=0,
        high=0.2,
        unit="log odds per € per hour",
        meaning="how much payment takes off the barrier for groups seldom heard, until none is left",
        source="Jakobsen 2013, 10.1093/jopart/mus036: resources raise participation most among those in greatest need (sign)",
    )
    attend_base: float = param(
        1.2, low=-4, high=6, unit="log odds", meaning="readiness to attend a meeting", source="assumption"
    )
    attend_motive: float = param(
        3.0,
        low=0,
        high=8,
        unit="log odds per unit",
        meaning="effect of efficacy and of trust on attending",
        source="assumption",
    )
    attend_time: float = param(
        2.0, low=0, high=8, unit="log odds", meaning="how much lack of time lowers attendance", source="assumption"
    )
    attend_burnout: float = param(
        3.0, low=0, high=8, unit="log odds per unit", meaning="effect of burnout on staying away", source="assumption"
    )
    exit_base: float = param(
        -5.35,
        low=-10,
        high=0,
        unit="log odds per week",
        meaning="base of a citizen member's weekly chance to leave the project",
        source="tuned to about 25 % a year (design of the study)",
    )
    exit_motive: float = param(
        2.0,
        low=0,
        high=6,
        unit="log odds per unit",
        meaning="effect of satisfaction, efficacy and trust on staying",
        source="assumption",
    )
    exits: float = param(
        1.0, low=0, high=1, unit="switch", meaning="whether members can leave", source="a switch for null models"
    )
    endings: float = param(
        1.0, low=0, high=1, unit="switch", meaning="whether projects can end", source="a switch for null models"
    )
    end_base: float = param(
        -7.0,
        low=-12,
        high=0,
        unit="log odds per week",
        meaning="base of the weekly chance that a project ends",
        source="Communities That Care 2008, 10.1016/j.amepre.2008.01.030: 90 % alive at year 3, then 3–8 % a year end",
    )
    end_support: float = param(
        2.0,
        low=0,
        high=8,
        unit="log odds per unit",
        meaning="how much sponsor support keeps a project alive",
        source="assumption",
    )
    end_effort: float = param(
        2.0,
        low=0,
        high=8,
        unit="log odds per unit",
        meaning="how much members' effort keeps a project alive",
        source="assumption",
    )
    time_strength: float = param(
        1.0,
        low=0,
        high=1,
        unit="strength",
        meaning="how far taking part follows the own time; 0 gives everyone the mean lack of time at the start",
        source="a switch for rival theories",
    )


@rule
def shared_encounter_chance(openness: float, burnout: float, capacity: float, demand: float) -> float:
    """Chance that a professional takes up what a citizen says: openness, strength left, and time (E0).

    >>> shared_encounter_chance(0.8, 0.5, 40.0, 40.0)
    0.4
    """
    time = 1.0 if demand <= capacity else capacity / demand
    return openness * (1.0 - burnout) * time


@rule
def time_gap(hours: float, needed: float) -> float:
    """Lack of time as a share of the time needed: 0 where there is enough, −1 where there is none.

    >>> time_gap(1.5, 3.0), time_gap(9.0, 3.0)
    (-0.5, 0.0)
    """
    return min(0.0, hours / needed - 1.0)


@rule
def join_chance(
    efficacy: float,
    trust: float,
    need: float,
    gap: float,
    payment: float,
    seldom_heard: bool,
    base: float,
    from_efficacy: float,
    from_trust: float,
    from_need: float,
    from_time: float,
    from_payment: float,
    barrier: float,
    relief: float,
) -> float:
    """Chance that an invited citizen accepts (E1); ``need`` is the unmet share, ``gap`` ≤ 0 the lack of time.

    >>> join_chance(0.5, 0.5, 0.5, 0.0, 0.0, False, 0.0, 3.0, 1.5, 2.0, 2.0, 0.02, 0.6, 0.02)
    0.5
    """
    kept_away = max(0.0, barrier - relief * payment) if seldom_heard else 0.0
    return logistic(
        base
        + from_efficacy * (efficacy - 0.5)
        + from_trust * (trust - 0.5)
        + from_need * (need - 0.5)
        + from_time * gap
        + from_payment * payment
        - kept_away
    )


@rule
def attend_chance(
    efficacy: float, trust: float, gap: float, burnout: float, base: float, motive: float, time: float, strain: float
) -> float:
    """Chance that a member attends a meeting (E2).

    >>> attend_chance(0.5, 0.5, 0.0, 0.0, 0.0, 3.0, 2.0, 3.0)
    0.5
    """
    return logistic(base + motive * (efficacy - 0.5) + motive * (trust - 0.5) + time * gap - strain * burnout)


@rule
def exit_chance(
    satisfaction: float, efficacy: float, trust: float, burnout: float, base: float, motive: float
) -> float:
    """Weekly chance that a member leaves the project (E16).

    >>> exit_chance(0.5, 0.5, 0.5, 0.0, 0.0, 2.0)
    0.5
    """
    return logistic(base - motive * (satisfaction + efficacy + trust - 1.5) + motive * burnout)


@rule
def end_chance(support: float, effort: float, base: float, from_support: float, from_effort: float) -> float:
    """Weekly chance that a project ends; sponsor support and members' effort, both in [0, 1], keep it alive (E19).

    >>> end_chance(0.5, 0.15, 0.0, 2.0, 2.0)
    0.5
    """
    return logistic(base - from_support * (support - 0.5) - from_effort * (effort - 0.15))


@rule
def meeting_interval(level: int, local: float, regional: float, national: float) -> int:
    """Weeks between meetings at a level (0 local, 1 regional, 2 national).

    >>> meeting_interval(1, 4.0, 6.0, 8.0)
    6
    """
    if level == 0:
        return int(local)
    if level == 1:
        return int(regional)
    return int(national)


@rule
def is_meeting_due(week: int, interval: int, meetings: float) -> bool:
    """Whether a project meets in this week.

    >>> is_meeting_due(8, 4, 1.0), is_meeting_due(9, 4, 1.0), is_meeting_due(8, 4, 0.0)
    (True, False, False)
    """
    return meetings > 0.5 and week % interval == 0


LINKS = (
    Link("openness", "shared encounters", +1, "shared_encounter_chance.openness"),
    Link("burnout", "shared encounters", -1, "shared_encounter_chance.burnout"),
    Link("workload", "shared encounters", -1, "shared_encounter_chance.demand"),
    Link("efficacy", "membership", +1, "join_chance.efficacy"),
    Link("trust", "membership", +1, "join_chance.trust"),
    Link("needs met", "membership", -1, "join_chance.-need"),
    Link("efficacy", "attendance", +1, "attend_chance.efficacy"),
    Link("trust", "attendance", +1, "attend_chance.trust"),
    Link("workload", "attendance", -1, "attend_chance.-gap"),
    Link("burnout", "attendance", -1, "attend_chance.burnout"),
    Link("satisfaction", "membership", +1, "-exit_chance.satisfaction"),
    Link("efficacy", "membership", +1, "-exit_chance.efficacy"),
    Link("trust", "membership", +1, "-exit_chance.trust"),
    Link("sponsor support", "survival", +1, "-end_chance.support"),
    Link("effort", "survival", +1, "-end_chance.effort"),
)
