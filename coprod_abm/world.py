"""A world: the arrays of one run, laid out from cases and parameters before anyone is drawn into it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from coprod_abm.case import Case, Level, Site
from coprod_abm.contradictions import check_consistent, check_events, check_sites
from coprod_abm.draws import key_of
from coprod_abm.parameters import Parameters, declaration, positions
from coprod_abm.service import GROUPS
from coprod_abm.state import EMPTY, PERSON, PLACE, PROJECT
from coprod_abm.week import (
    ADD,
    FACILITATOR_ARRIVES,
    FACILITATOR_LEAVES,
    PROMISE_BROKEN,
    SET,
    SPONSOR_ARRIVES,
    SPONSOR_LEAVES,
    USER_LEADER_LEAVES,
)

EVENT = np.dtype(
    [(name, "i8") for name in ("week", "kind", "case", "project", "parameter")]
    + [(name, "f8") for name in ("value", "low", "high")],
    align=True,
)
Array = np.ndarray[Any, np.dtype[Any]]


class World(NamedTuple):
    """Arrays of records: people, projects, regions, nations, the rules of each project, and timed events."""

    people: Array
    projects: Array
    regions: Array
    nations: Array
    rules: Array
    events: Array

    def copy(self) -> "World":
        """A world of its own for one run: engines change it in place. People are drawn anew, so none are copied."""
        return World(np.zeros(len(self.people), PERSON), *(part.copy() for part in self[1:]))

    @property
    def flat_rules(self) -> Array:
        """The rules as a (project, parameter) view of float64, by which events set parameters."""
        return self.rules.view("f8").reshape(len(self.rules), -1)


def world_of(cases: Sequence[Case], params: Parameters, overrides: Mapping[str, Any] | None = None) -> World:
    """Lay out the world of one or several cases; cases of one country share a nation, sites of one region a region.

    A case's own rules win over ``params``; ``overrides`` by dotted name win over both, so that a study of a parameter
    is never silenced by a case that fixes it.

    Raises:
        ParameterError: when a case's own rules or the overrides break a declaration.
    """
    return laid_out(cases, np.concatenate(rules_of_sites(cases, params, overrides or {})))


def laid_out(cases: Sequence[Case], rules: Array) -> World:
    """The world of these cases under one record of rules per site, which are taken as they are."""
    nations = sorted({case.country for case in cases})
    regions = sorted({(case.country, site.region) for case in cases for site in case.sites if site.region})
    sites = [(number, site) for number, case in enumerate(cases) for site in case.sites]
    projects = np.zeros(len(sites), PROJECT)
    first = 0
    for where, (project, (number, site)) in enumerate(zip(projects, sites, strict=True)):
        case = cases[number]
        project["where"] = where
        lay_out(project, case, number, site, first, nations.index(case.country))
        if site.level != Level.national:
            project["region"] = regions.index((case.country, site.region))
        first += site.citizens + site.professionals + site.leaders
    people = np.zeros(first, PERSON)
    regional, national = places(regions, nations), nations_of(nations)
    for number in range(len(regions)):
        regional[number]["governor"] = governor(projects, projects["region"] == number)
    for number in range(len(nations)):
        national[number]["governor"] = governor(projects, projects["nation"] == number)
    return World(people, projects, regional, national, rules, events_of(cases))


def rules_of_sites(cases: Sequence[Case], params: Parameters, overrides: Mapping[str, Any]) -> list[Array]:
    """One record of parameters per site, in the order of cases and sites.

    Raises:
        ParameterError: when values break a declaration, contradict each other, or do not fit a site.
    """
    records: list[Array] = []
    for case in cases:
        own = params.replace(case.rules).replace(overrides)
        check_rules(own, case)
        records += [own.record()] * len(case.sites)
    return records


def check_rules(params: Any, case: Case) -> None:
    """Refuse parameters that contradict each other, an event to come, or a site of the case.

    Raises:
        ParameterError: naming the two settings.
    """
    check_consistent(params)
    check_sites(params, case.sites)
    for site in case.sites:
        check_events(params, site, [event for event in case.events if event.site in {"", site.name}])


def governor(projects: Array, here: Array) -> int:
    """The project whose rules a region or nation follows: the one with the smallest key, whatever the order of cases."""
    inside = np.flatnonzero(here)
    return int(inside[np.argmin(projects["key"][inside])])


def lay_out(project: Any, case: Case, number: int, site: Site, first: int, nation: int) -> None:
    """Write what a site fixes into its project's record."""
    project["key"] = site.key
    project["case"] = number
    project["level"] = int(site.level)
    project["region"] = EMPTY
    project["nation"] = nation
    project["first"] = first
    project["citizens"] = site.citizens
    project["professionals"] = site.professionals
    project["leaders"] = site.leaders
    project["seats"] = (site.citizen_seats, site.professional_seats, site.leader_seats)
    project["group_share"] = case.groups
    assert len(case.groups) == GROUPS


def places(regions: Sequence[tuple[str, str]], nations: Sequence[str]) -> Array:
    """Records of the regions, named after country and region."""
    records = np.zeros(len(regions), PLACE)
    for record, (country, region) in zip(records, regions, strict=True):
        record["key"] = key_of("region", country, region)
        record["nation"] = nations.index(country)
    return records


def nations_of(nations: Sequence[str]) -> Array:
    """Records of the nations, named after the country."""
    records = np.zeros(len(nations), PLACE)
    for number, (record, country) in enumerate(zip(records, nations, strict=True)):
        record["key"] = key_of("nation", country)
        record["nation"] = number
    return records


def events_of(cases: Sequence[Case]) -> Array:
    """The timed events of all cases as records of type ``EVENT``."""
    rows = [
        (
            max(event.week, 1),
            kind_code(event.kind),
            number,
            site_number(cases, number, event.site),
            parameter_of(event),
            value_of(event),
            *range_of(event),
        )
        for number, case in enumerate(cases)
        for event in case.events
    ]
    return np.array(rows, EVENT) if rows else np.zeros(0, EVENT)


KIND_CODES = {
    "set": SET,
    "add": ADD,
    "sponsor_leaves": SPONSOR_LEAVES,
    "sponsor_arrives": SPONSOR_ARRIVES,
    "facilitator_leaves": FACILITATOR_LEAVES,
    "facilitator_arrives": FACILITATOR_ARRIVES,
    "user_leader_leaves": USER_LEADER_LEAVES,
    "promise_broken": PROMISE_BROKEN,
}


def kind_code(kind: str) -> int:
    """The number by which the engines know a kind of event."""
    return KIND_CODES[kind]


def site_number(cases: Sequence[Case], number: int, site: str) -> int:
    """Index of a named site among all projects of the world, −1 for every site of the case."""
    if not site:
        return EMPTY
    before = sum(len(case.sites) for case in cases[:number])
    return before + [known.name for known in cases[number].sites].index(site)


def parameter_of(event: Any) -> int:
    """Place of an event's parameter in the flat rules, −1 where it sets none."""
    return positions()[event.parameter] if event.parameter else EMPTY


def value_of(event: Any) -> float:
    """An event's value as a number; a structural choice given by name becomes its number."""
    if event.kind != "set":
        return float(event.value)
    return float(Parameters().replace({event.parameter: event.value}).values()[event.parameter])


def range_of(event: Any) -> tuple[float, float]:
    """The declared range of the parameter that an event changes."""
    if not event.parameter:
        return 0.0, 0.0
    found = declaration(event.parameter)
    return found.low, found.high
