"""The fast engine: whole runs over arrays of records, compiled by numba, in the order of :mod:`coprod_abm.week`."""

from typing import Any

import numpy as np

from coprod_abm.beginning import begin_world
from coprod_abm.compiled import kernel, telling
from coprod_abm.delivery import deliver, give_effort
from coprod_abm.draws import PROJECT_ROLE, STREAM, four_uniforms, name_of, uniform
from coprod_abm.encounter import encounter, professional_met
from coprod_abm.levels import learn_between_levels, learn_from_insiders, shift_reality, socialise
from coprod_abm.meeting import meeting
from coprod_abm.membership import (
    begin_membership,
    fill_citizen_seats,
    fill_staff_seats,
    let_members_leave,
    replace_staff,
)
from coprod_abm.observation import observe
from coprod_abm.service import CITIZEN
from coprod_abm.state import EMPTY, MAX_SEATS
from coprod_abm.week import (
    SPONSOR_LEAVES,
    citizen_month,
    concerns,
    fade_tallies,
    is_month,
    lose_sponsor,
    meets_today,
    sponsor_week,
    staff_month,
    staff_week,
)

BLOCK = 1024  # citizens whose contact draws are made at once, so that the draws vectorise


@telling
def apply_events(projects: Any, rules: Any, flat_rules: Any, events: Any, week: int) -> None:
    """Apply the week's events to the projects they concern: set a parameter, or let the sponsor leave."""
    for e in range(len(events)):
        event = events[e]
        if event.week != week:
            continue
        for j in range(len(projects)):
            if concerns(event, projects[j], j):
                if event.kind == SPONSOR_LEAVES:
                    lose_sponsor(projects[j], rules[j])
                else:
                    flat_rules[j, event.parameter] = event.value


@telling
def draw_contacts(contacts: Any, seed: int, key: int, start: int, count: int, week: int) -> None:
    """Contact draws of ``count`` citizens from number ``start`` on, in one loop that vectorises."""
    for i in range(count):
        contacts[i] = uniform(seed, STREAM.contact, name_of(key, CITIZEN, start + i), week, 0)


@telling
def encounters(people: Any, project: Any, p: Any, seed: int, week: int, contacts: Any) -> None:
    """Let every citizen who has contact this week meet a professional, in order of number."""
    if project.professionals == 0:
        return
    staff = project.first + project.citizens
    for start in range(0, project.citizens, BLOCK):
        count = min(BLOCK, project.citizens - start)
        draw_contacts(contacts, seed, project.key, start, count, week)
        for i in range(count):
            if contacts[i] < p.participation.contact:
                citizen = people[project.first + start + i]
                name = name_of(project.key, CITIZEN, start + i)
                _, stays, lot, _ = four_uniforms(seed, STREAM.contact, name, week, 0)
                met = professional_met(citizen, project, p, stays, lot)
                encounter(citizen, people[staff + met], project, p, seed, name, week)


@telling
def project_week(
    people: Any, projects: Any, j: int, p: Any, seed: int, week: int, contacts: Any, room: Any, log: Any
) -> None:
    """One week of one project, up to and including implementation."""
    project = projects[j]
    fade_tallies(project)
    sponsor_week(project, p, seed, week)
    replace_staff(people, project, p, seed, week)
    let_members_leave(people, project, p, seed, week)
    name = name_of(project.key, PROJECT_ROLE, 0)
    fill_citizen_seats(people, project, p, seed, week, name)
    fill_staff_seats(people, project, seed, week, name)
    staff = project.first + project.citizens
    for index in range(staff, staff + project.professionals):
        staff_week(people[index], project, p, seed, week)
    encounters(people, project, p, seed, week, contacts)
    if meets_today(project, p, week):
        meeting(people, project, p, seed, week, room, log)
    give_effort(people, project, p)
    deliver(people, project, p, seed, week, log)


@telling
def project_month(people: Any, projects: Any, j: int, p: Any, seed: int, week: int) -> None:
    """The monthly processes of one project."""
    project = projects[j]
    for index in range(project.first, project.first + project.citizens):
        citizen_month(people[index], project, p)
    if p.learning.socialisation > 0.0:
        for place in range(MAX_SEATS):
            if project.seat[place] != EMPTY and people[project.seat[place]].role == CITIZEN:
                socialise(people[project.seat[place]], project, p, seed, week)
    staff = project.first + project.citizens
    for index in range(staff, staff + project.professionals + project.leaders):
        staff_month(people[index], project, p, seed, week)
    learn_from_insiders(people, project, p, seed, week)


@telling
def world_week(
    people: Any,
    projects: Any,
    regions: Any,
    nations: Any,
    rules: Any,
    flat_rules: Any,
    events: Any,
    seed: int,
    week: int,
    contacts: Any,
    room: Any,
    log: Any,
) -> None:
    """One week of the whole world."""
    apply_events(projects, rules, flat_rules, events, week)
    shift_reality(projects, regions, nations, rules[0], seed, week)
    for j in range(len(projects)):
        project_week(people, projects, j, rules[j], seed, week, contacts, room, log)
    if is_month(week):
        for j in range(len(projects)):
            project_month(people, projects, j, rules[j], seed, week)
        learn_between_levels(projects, regions, nations, rules, seed, week)


@telling
def begin(people: Any, projects: Any, regions: Any, nations: Any, rules: Any, seed: int) -> None:
    """Draw the start of a run and fill the seats."""
    begin_world(people, projects, regions, nations, rules, seed)
    for j in range(len(projects)):
        name = name_of(projects[j].key, PROJECT_ROLE, 0)
        begin_membership(people, projects[j], rules[j], seed, name)


@telling
def observe_world(people: Any, projects: Any, regions: Any, nations: Any, seen: Any, counts: Any, stop: int) -> None:
    """Write all measures and distributions of all projects for one point in time."""
    for j in range(len(projects)):
        observe(people, projects, regions, nations, j, seen[stop, j], counts[stop, j])


@kernel
def run(
    people: Any,
    projects: Any,
    regions: Any,
    nations: Any,
    rules: Any,
    flat_rules: Any,
    events: Any,
    seed: int,
    weeks: int,
    every: int,
    seen: Any,
    counts: Any,
    rooms: Any,
    log: Any,
) -> None:
    """Run ``weeks`` weeks from a fresh start, measuring at week 0 and after every ``every`` weeks.

    ``seen`` has shape (stops, projects, measures), ``counts`` (stops, projects, distributions, bins), where stops is
    weeks // every + 1; all arrays are changed in place. ``rooms`` is one record of scratch for meetings: the caller
    holds it, because a record taken from an array made here would outlive that array.
    """
    contacts = np.empty(BLOCK)
    begin(people, projects, regions, nations, rules, seed)
    observe_world(people, projects, regions, nations, seen, counts, 0)
    for week in range(1, weeks + 1):
        world_week(people, projects, regions, nations, rules, flat_rules, events, seed, week, contacts, rooms[0], log)
        if week % every == 0:
            observe_world(people, projects, regions, nations, seen, counts, week // every)
