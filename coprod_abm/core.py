"""The fast engine: whole runs over arrays of records, compiled by numba, in the order of :mod:`coprod_abm.week`."""

from typing import Any, NamedTuple

import numpy as np

from coprod_abm.beginning import begin_world
from coprod_abm.compiled import kernel, telling
from coprod_abm.delivery import begin_effort, deliver, give_effort, may_end
from coprod_abm.draws import PEOPLE_AT_ONCE, PROJECT_ROLE, STREAM, draw_role, four_uniforms, name_of, uniform
from coprod_abm.encounter import chance_to_speak, encounter, professional_met
from coprod_abm.events import changes_parameter, happen
from coprod_abm.ledger import CAUSE, note_beginning, note_changes, note_encounter, note_project
from coprod_abm.levels import SOCIAL_BLOCKS, learn_between_levels, learn_from_insiders, shift_reality, socialise
from coprod_abm.meeting import meeting
from coprod_abm.membership import (
    begin_membership,
    fill_citizen_seats,
    fill_staff_seats,
    let_members_leave,
    replace_staff,
    user_leader_week,
)
from coprod_abm.observation import observe
from coprod_abm.service import CITIZEN, LEADER, PROFESSIONAL
from coprod_abm.state import EMPTY, MAX_SEATS
from coprod_abm.week import (
    citizen_month,
    concerns,
    fade_tallies,
    is_month,
    lead_month,
    lead_week,
    meets_today,
    staff_week,
    value_after,
)


class Scratch(NamedTuple):
    """Arrays that a run uses over and over, so that no process asks for memory."""

    row: np.ndarray[Any, np.dtype[np.float64]]  # one draw of each of PEOPLE_AT_ONCE people
    chosen: np.ndarray[Any, np.dtype[np.int64]]  # places of those who have contact
    lots: np.ndarray[Any, np.dtype[np.float64]]  # a row for each draw of an encounter
    social: np.ndarray[Any, np.dtype[np.float64]]  # the draws of one person's month


@telling
def apply_events(people: Any, projects: Any, rules: Any, flat_rules: Any, events: Any, week: int, log: Any) -> None:
    """Apply the week's events to the projects they concern: change a parameter, or let it happen to people."""
    for e in range(len(events)):
        event = events[e]
        if event.week != week:
            continue
        for j in range(len(projects)):
            if concerns(event, projects[j], j):
                if changes_parameter(event):
                    flat_rules[j, event.parameter] = value_after(event, flat_rules[j, event.parameter])
                else:
                    happen(event, people, projects[j], rules[j], week, log)


@telling
def who_has_contact(contacts: Any, chosen: Any, count: int, chance: float) -> int:
    """Write the places of those who have contact this week to the front of ``chosen``; returns how many."""
    found = 0
    for i in range(count):
        chosen[found] = i
        found += 1 if contacts[i] < chance else 0
    return found


@telling
def draw_encounters(lots: Any, chosen: Any, found: int, seed: int, key: int, start: int, week: int) -> None:
    """All draws of those who have contact, a row for each draw, in loops that vectorise."""
    for m in range(found):
        name = name_of(key, CITIZEN, start + chosen[m])
        _, lots[0, m], lots[1, m], _ = four_uniforms(seed, STREAM.contact, name, week, 0)
    for m in range(found):
        name = name_of(key, CITIZEN, start + chosen[m])
        lots[2, m], lots[3, m], lots[4, m], lots[5, m] = four_uniforms(seed, STREAM.encounter, name, week, 0)
    for m in range(found):
        name = name_of(key, CITIZEN, start + chosen[m])
        lots[6, m], lots[7, m], lots[8, m], lots[9, m] = four_uniforms(seed, STREAM.encounter, name, week, 1)


@telling
def encounters(
    people: Any, project: Any, p: Any, seed: int, week: int, contacts: Any, chosen: Any, lots: Any, log: Any
) -> None:
    """Let every citizen who has contact this week meet a professional, in order of number.

    Who meets whom is found first, in loops whose draws vectorise and whose memory accesses overlap, and lived afterwards.
    Everyone meets at most once a week, so the chance to speak up cannot change in between.
    """
    if project.professionals == 0:
        return
    staff = project.first + project.citizens
    for start in range(0, project.citizens, PEOPLE_AT_ONCE):
        count = min(PEOPLE_AT_ONCE, project.citizens - start)
        draw_role(contacts, seed, STREAM.contact, project.key, CITIZEN, start, count, week)
        found = who_has_contact(contacts, chosen, count, p.participation.contact)
        draw_encounters(lots, chosen, found, seed, project.key, start, week)
        first = project.first + start
        for m in range(found):
            citizen = people[first + chosen[m]]
            met = professional_met(citizen, project, p, lots[0, m], lots[1, m])
            lots[0, m] = met
            lots[1, m] = chance_to_speak(citizen, people[staff + met], project, p)
        for m in range(found):
            shared = encounter(
                people[first + chosen[m]],
                people[staff + int(lots[0, m])],
                project,
                p,
                lots[1, m],
                lots[2, m],
                lots[3, m],
                lots[4, m],
                lots[5, m],
                lots[6, m],
                lots[7, m],
                lots[8, m],
                lots[9, m],
            )
            if log is not None:
                citizen = first + chosen[m]
                met = staff + int(lots[0, m])
                note_encounter(log, project, week, citizen, people[citizen].group, met, lots[1, m], shared)


@telling
def project_week(
    people: Any,
    projects: Any,
    j: int,
    p: Any,
    seed: int,
    week: int,
    scratch: Any,
    room: Any,
    log: Any,
) -> None:
    """One week of one project, up to and including implementation."""
    project = projects[j]
    if log is not None:
        note_project(log, people, project, week, CAUSE.removed)
    fade_tallies(project)
    lead_week(project, p, seed, week)
    replace_staff(people, project, p, seed, week, scratch.row)
    let_members_leave(people, project, p, seed, week)
    if log is not None:
        note_project(log, people, project, week, CAUSE.left)
    name = name_of(project.key, PROJECT_ROLE, 0)
    fill_citizen_seats(people, project, p, seed, week, name)
    fill_staff_seats(people, project, seed, week, name)
    if log is not None:
        note_project(log, people, project, week, CAUSE.filled)
    user_leader_week(people, project, p, seed, week)
    staff = project.first + project.citizens
    for start in range(0, project.professionals, PEOPLE_AT_ONCE):
        count = min(PEOPLE_AT_ONCE, project.professionals - start)
        draw_role(scratch.row, seed, STREAM.workload, project.key, PROFESSIONAL, start, count, week)
        for i in range(count):
            staff_week(people[staff + start + i], project, p, scratch.row[i])
    leaders = staff + project.professionals
    for number in range(project.leaders):
        lot = uniform(seed, STREAM.workload, name_of(project.key, LEADER, number), week, 0)
        staff_week(people[leaders + number], project, p, lot)
    encounters(people, project, p, seed, week, scratch.row, scratch.chosen, scratch.lots, log)
    if meets_today(project, p, week):
        meeting(people, project, p, seed, week, room, log)
    give_effort(people, project, p)
    deliver(people, project, p, seed, week, log)
    if log is not None:
        note_changes(log, project, week)
    may_end(people, project, p, seed, week, log)
    if log is not None:
        note_project(log, people, project, week, CAUSE.ended)


@telling
def project_month(people: Any, projects: Any, j: int, p: Any, seed: int, week: int, lots: Any) -> None:
    """The monthly processes of one project."""
    project = projects[j]
    for index in range(project.first, project.first + project.citizens):
        citizen_month(people[index], project, p)
    lead_month(project, p)
    for place in range(MAX_SEATS):
        if project.seat[place] != EMPTY and people[project.seat[place]].role == CITIZEN:
            socialise(people[project.seat[place]], project, p, seed, week, lots)
    staff = project.first + project.citizens
    for index in range(staff, staff + project.professionals + project.leaders):
        socialise(people[index], project, p, seed, week, lots)
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
    scratch: Any,
    room: Any,
    log: Any,
) -> None:
    """One week of the whole world."""
    apply_events(people, projects, rules, flat_rules, events, week, log)
    shift_reality(projects, regions, nations, rules, seed, week)
    for j in range(len(projects)):
        project_week(people, projects, j, rules[j], seed, week, scratch, room, log)
    if is_month(week):
        for j in range(len(projects)):
            project_month(people, projects, j, rules[j], seed, week, scratch.social)
        learn_between_levels(projects, regions, nations, rules, seed, week)
        if log is not None:
            for j in range(len(projects)):
                note_changes(log, projects[j], week)


@telling
def begin(people: Any, projects: Any, regions: Any, nations: Any, rules: Any, seed: int, log: Any) -> None:
    """Draw the start of a run and fill the seats."""
    begin_world(people, projects, regions, nations, rules, seed)
    for j in range(len(projects)):
        name = name_of(projects[j].key, PROJECT_ROLE, 0)
        begin_membership(people, projects[j], rules[j], seed, name)
        begin_effort(people, projects[j], rules[j])
        if log is not None:
            note_beginning(log, people, projects[j])


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
    scratch = Scratch(
        np.empty(PEOPLE_AT_ONCE),
        np.empty(PEOPLE_AT_ONCE, np.int64),
        np.empty((10, PEOPLE_AT_ONCE)),
        np.empty((4, SOCIAL_BLOCKS)),
    )
    begin(people, projects, regions, nations, rules, seed, log)
    observe_world(people, projects, regions, nations, seen, counts, 0)
    for week in range(1, weeks + 1):
        world_week(
            people,
            projects,
            regions,
            nations,
            rules,
            flat_rules,
            events,
            seed,
            week,
            scratch,
            rooms[0],
            log,
        )
        if week % every == 0:
            observe_world(people, projects, regions, nations, seen, counts, week // every)
