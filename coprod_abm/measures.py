"""Every output declared once: perspective, topic, level, unit, range, direction, and what it stands for in the literature."""

from collections import namedtuple
from typing import Any, NamedTuple

import numpy as np

from coprod_abm.declare import nearest


class MeasureError(ValueError):
    """An unknown measure was asked for; the message names the nearest one."""


class Measure(NamedTuple):
    """One output of the model, at one point in time, for one project."""

    name: str
    topic: str  # goal fulfilment | process | learning and innovation | capacity
    perspective: str  # participant | project | system
    unit: str
    low: float
    high: float
    direction: int  # +1 more is better, −1 less is better, 0 neither
    meaning: str
    stands_for: str


_GOAL, _PROCESS, _LEARNING, _CAPACITY = ("goal fulfilment", "process", "learning and innovation", "capacity")
_MANY = 1e9

MEASURES: tuple[Measure, ...] = (
    Measure("need_met", _GOAL, "participant", "share", 0, 1, 1, "needs met over the constituency", "access and experience surveys"),
    Measure("need_met_change", _GOAL, "participant", "change", -1, 1, 1, "change of needs met since the start", "goal attainment"),
    Measure("need_met_majority", _GOAL, "participant", "share", 0, 1, 1, "needs met in the majority group", "surveys by group"),
    Measure("need_met_group_1", _GOAL, "participant", "share", 0, 1, 1, "needs met in the first seldom-heard group", "surveys by group"),
    Measure("need_met_group_2", _GOAL, "participant", "share", 0, 1, 1, "needs met in the second seldom-heard group", "surveys by group"),
    Measure("need_gap", _GOAL, "system", "difference", -1, 1, -1, "needs met: majority minus seldom-heard groups", "equity of outcomes"),
    Measure("member_need_met", _GOAL, "participant", "share", 0, 1, 1, "needs met of citizen members, by their own groups", "experience of participants"),
    Measure("goals_delivered", _GOAL, "project", "share", 0, 1, 1, "adopted changes that were implemented", "share of agreed goals delivered"),
    Measure("citizen_satisfaction", _GOAL, "participant", "share", 0, 1, 1, "citizens' mean satisfaction", "patient experience"),
    Measure("time_available", _CAPACITY, "system", "share", 0, 1, 1, "share of demand that staff have time for", "waiting and access"),
    Measure("citizen_trust", _PROCESS, "participant", "share", 0, 1, 1, "citizens' mean trust", "confidence in health care"),
    Measure("citizen_efficacy", _PROCESS, "participant", "share", 0, 1, 1, "citizens' mean efficacy", "can influence decisions"),
    Measure("able_to_influence", _PROCESS, "system", "share", 0, 1, 1, "citizens with efficacy above .5", "share who feel able to influence"),
    Measure("member_trust", _PROCESS, "participant", "share", 0, 1, 1, "trust of citizen members", "partnership trust scales"),
    Measure("member_efficacy", _PROCESS, "participant", "share", 0, 1, 1, "efficacy of citizen members", "empowerment scales"),
    Measure("member_fairness", _PROCESS, "participant", "share", 0, 1, 1, "fairness felt by citizen members", "procedural justice scales"),
    Measure("voice_share", _PROCESS, "project", "share", 0, 1, 0, "citizens' share of the talk", "observed talk"),
    Measure("voice_gini", _PROCESS, "project", "Gini", 0, 1, -1, "inequality of talk between seats", "observed talk"),
    Measure("seat_share", _PROCESS, "project", "share", 0, 1, 0, "citizens' share of filled seats", "composition"),
    Measure("influence_share", _PROCESS, "project", "share", 0, 1, 0, "citizens' share of adopted proposals, shrunk to their seats", "who decided"),
    Measure("tokenism", _PROCESS, "project", "difference", -1, 1, -1, "seat share minus influence share of citizens", "tokenism"),
    Measure("representativeness", _PROCESS, "project", "share", 0, 1, 1, "1 − half the distance between groups' seats and numbers", "composition"),
    Measure("exclusion", _PROCESS, "system", "share", 0, 1, -1, "shortfall of the group least represented", "who is excluded"),
    Measure("attendance", _PROCESS, "project", "share", 0, 1, 1, "citizens' seats that were attended", "attendance lists"),
    Measure("acceptance", _PROCESS, "project", "share", 0, 1, 0, "proposals that were adopted", "decision records"),
    Measure("contrary_decisions", _PROCESS, "project", "share", 0, 1, -1, "decisions against most citizens present", "power over"),
    Measure("items_taken_up", _PROCESS, "participant", "share", 0, 1, 1, "listeners of another view who moved when a citizen spoke", "being heard"),
    Measure("safety", _PROCESS, "project", "share", 0, 1, 1, "psychological safety", "psychological safety scale"),
    Measure("direction", _PROCESS, "project", "share", 0, 1, 1, "members agree on what works", "collective leadership: direction"),
    Measure("alignment", _PROCESS, "project", "share", 0, 1, 1, "members' views agree with the service as it is run", "collective leadership: alignment"),
    Measure("commitment", _PROCESS, "project", "share", 0, 1, 1, "members' effort between meetings", "collective leadership: commitment"),
    Measure("collective_lead", _PROCESS, "project", "share", 0, 1, 1, "mean of direction, alignment and commitment", "collective leadership"),
    Measure("alive", _PROCESS, "project", "share", 0, 1, 1, "projects that still exist", "survival of partnerships"),
    Measure("shared_encounters", _PROCESS, "system", "share", 0, 1, 1, "encounters in which power was shared", "shared decision making"),
    Measure("encounters_per_citizen", _PROCESS, "system", "per year", 0, 53, 0, "encounters per citizen", "contacts"),
    Measure("sponsor_support", _PROCESS, "project", "share", 0, 1, 1, "support by the senior sponsor", "management support"),
    Measure("support_above", _PROCESS, "system", "share", 0, 1, 1, "support for projects by the region or nation above", "management support above the project"),
    Measure("nation_support", _PROCESS, "system", "share", 0, 1, 1, "support for projects by the nation", "national sponsorship"),
    Measure("citizen_hours", _CAPACITY, "system", "hours per year", 0, _MANY, 0, "citizens' hours in meetings", "cost of involvement"),
    Measure("professional_hours", _CAPACITY, "system", "hours per year", 0, _MANY, 0, "professionals' hours in meetings", "cost of involvement"),
    Measure("leader_hours", _CAPACITY, "system", "hours per year", 0, _MANY, 0, "leaders' hours in meetings", "cost of involvement"),
    Measure("member_turnover", _CAPACITY, "system", "per seat and year", 0, 53, -1, "citizen members who left", "attrition"),
    Measure("staff_turnover", _CAPACITY, "system", "per post and year", 0, 53, -1, "professionals who left", "staff turnover"),
    Measure("staff_burnout", _CAPACITY, "system", "share", 0, 1, -1, "professionals' mean burnout", "work stress"),
    Measure("efficacy_change", _LEARNING, "participant", "change", -1, 1, 1, "citizens' mean efficacy, change since the start", "empowerment scales"),
    Measure("openness_change", _LEARNING, "participant", "change", -1, 1, 1, "professionals' mean openness, change since the start", "attitudes to involvement"),
    Measure("view_diversity", _LEARNING, "project", "share", 0, 1, 0, "features on which members hold opposing views", "diversity of views"),
    Measure("staff_openness", _LEARNING, "system", "share", 0, 1, 1, "professionals' mean openness to sharing power", "attitudes to involvement"),
    Measure("staff_trust", _PROCESS, "system", "share", 0, 1, 1, "professionals' mean trust", "team climate"),
    Measure("staff_fairness", _PROCESS, "system", "share", 0, 1, 1, "fairness felt by professionals", "recognition"),
    Measure("member_knowledge", _LEARNING, "participant", "share", 0, 1, 1, "features on which members know what works", "knowledge"),
    Measure("staff_knowledge", _LEARNING, "system", "share", 0, 1, 1, "features on which professionals know what works", "knowledge"),
    Measure("unique_share", _LEARNING, "project", "share", 0, 1, 1, "items mentioned that one side alone knew", "hidden profiles"),
    Measure("unique_items", _LEARNING, "project", "per year", 0, _MANY, 1, "items brought in that one side alone knew", "hidden profiles"),
    Measure("changes_adopted", _LEARNING, "project", "changes", 0, _MANY, 0, "changes adopted since the start", "changes agreed"),
    Measure("changes_implemented", _LEARNING, "project", "changes", 0, _MANY, 1, "changes implemented since the start", "changes made"),
    Measure("changes_from_citizens", _LEARNING, "project", "changes", 0, _MANY, 1, "implemented changes that citizens proposed", "structural change through partnership"),
    Measure("experiential_share", _LEARNING, "project", "share", 0, 1, 0, "changes adopted in meetings that are about lived experience", "priorities of joint deliberation"),
    Measure("changes_kept", _LEARNING, "project", "changes", 0, _MANY, 1, "implemented changes not reversed", "changes sustained"),
    Measure("retention", _LEARNING, "project", "share", 0, 1, 1, "implemented changes that were kept", "sustainability"),
    Measure("promises_broken", _LEARNING, "project", "changes", 0, _MANY, -1, "promises broken since the start", "slippage"),
    Measure("practice_fit", _LEARNING, "project", "share", 0, 1, 1, "technical and organisational features that are right", "adoption of good practice"),
    Measure("code_accuracy", _LEARNING, "system", "share", 0, 1, 1, "the code above the project: right among what it says", "guidance quality"),
    Measure("code_coverage", _LEARNING, "system", "share", 0, 1, 1, "features on which the code above the project says something", "guidance coverage"),
    Measure("nation_code_accuracy", _LEARNING, "system", "share", 0, 1, 1, "the nation's code: right among what it says", "guidance quality"),
    Measure("nation_code_coverage", _LEARNING, "system", "share", 0, 1, 1, "features on which the nation's code says something", "guidance coverage"),
    Measure("spread", _LEARNING, "system", "changes", 0, _MANY, 1, "own changes kept in three other projects", "spread"),
    Measure("passed_on", _LEARNING, "system", "changes", 0, _MANY, 1, "own changes that run in at least one other project", "spread"),
    Measure("convergence", _LEARNING, "system", "share", 0, 1, 0, "agreement of the service with other projects of the nation", "convergence"),
)  # fmt: skip
"""Everything that is measured of a project, in the order of results, with perspective, level, unit, range and meaning."""

NAMES: tuple[str, ...] = tuple(measure.name for measure in MEASURES)
Places = namedtuple("Places", NAMES)  # type: ignore[misc]
AT: Any = Places(*range(len(NAMES)))


PARTICIPANTS = (
    "member_need_met",
    "member_trust",
    "member_efficacy",
    "member_fairness",
    "member_knowledge",
    "items_taken_up",
)
OF_THE_LIVING = (  # a project that has ended has no members, meetings or sponsor whom these could be about
    *PARTICIPANTS,
    "voice_share",
    "voice_gini",
    "seat_share",
    "influence_share",
    "tokenism",
    "representativeness",
    "exclusion",
    "attendance",
    "acceptance",
    "contrary_decisions",
    "safety",
    "direction",
    "alignment",
    "commitment",
    "collective_lead",
    "sponsor_support",
    "member_turnover",
    "view_diversity",
    "unique_share",
    "unique_items",
    "experiential_share",
)
_OF_THE_LIVING = np.isin(NAMES, OF_THE_LIVING)


def mean_over_projects(seen: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The mean over projects of measures of shape (..., project, measure): what a case's value is.

    What only a project that still exists can show (its members, meetings and sponsor) is the mean over those that do,
    and not a number (NaN) where none does.
    """
    alive = seen[..., AT.alive]
    count = alive.sum(axis=-1)
    living = (seen * alive[..., None]).sum(axis=-2) / np.where(count > 0.0, count, np.nan)[..., None]
    return np.where(_OF_THE_LIVING, living, seen.mean(axis=-2))


class Distribution(NamedTuple):
    """A state whose spread over people is kept, in equal bins over [0, 1], so that surveys can be drawn from it."""

    name: str
    people: str
    meaning: str


BINS = 20
DISTRIBUTIONS = (
    Distribution("citizen_trust", "citizens", "trust in professionals and leaders"),
    Distribution("citizen_efficacy", "citizens", "efficacy"),
    Distribution("citizen_satisfaction", "citizens", "satisfaction"),
    Distribution("citizen_access", "citizens", "half the own group's needs met, half the time that staff have"),
    Distribution("staff_burnout", "professionals", "burnout"),
    Distribution("staff_quality", "professionals", "share of held beliefs with which the service agrees"),
    Distribution("staff_engagement", "professionals", "mean of efficacy, trust and strength left"),
)
DISTRIBUTION_NAMES: tuple[str, ...] = tuple(found.name for found in DISTRIBUTIONS)
Shelves = namedtuple("Shelves", DISTRIBUTION_NAMES)  # type: ignore[misc]
ON: Any = Shelves(*range(len(DISTRIBUTION_NAMES)))


def measure(name: str) -> Measure:
    """The declared measure of that name.

    Raises:
        MeasureError: when there is none; the nearest name is suggested.
    """
    if name in NAMES:
        return MEASURES[NAMES.index(name)]
    raise MeasureError(
        f"{name!r} is not a measure of the model.{nearest(name, NAMES)} `coprod measures` lists them all."
    )
