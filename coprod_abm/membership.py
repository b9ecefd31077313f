"""Membership: leaving a seat, being asked, joining, and the turnover of staff and leaders (E1, E16, E18)."""

from typing import Any

import numpy as np

from coprod_abm.beginning import begin_person
from coprod_abm.compiled import telling
from coprod_abm.draws import PROJECT_ROLE, STREAM, draw_role, four_uniforms, name_of, pick, uniform
from coprod_abm.means import lack_of_time
from coprod_abm.rules.capacity import turnover_chance
from coprod_abm.rules.learning import majority_view
from coprod_abm.rules.participation import exit_chance, join_chance
from coprod_abm.rules.power import may_sit
from coprod_abm.rules.representation import invitation_weight, seat_quota
from coprod_abm.service import CITIZEN, FEATURES, GROUPS, LEADER, PROFESSIONAL
from coprod_abm.state import EMPTY, MAX_SEATS

MOST_CONSIDERED = 40  # upper bound of representation.pool
MOST_TRIED = 400  # people met in looking for one's own group


@telling
def unseat(people: Any, project: Any, place: int) -> None:
    """Empty one seat; the person keeps the tenure earned, which usual suspects are asked by."""
    people[project.seat[place]].member = 0
    project.seat[place] = EMPTY


@telling
def seat_of(project: Any, index: int) -> int:
    """The place a person sits on, −1 for none."""
    for place in range(MAX_SEATS):
        if project.seat[place] == index:
            return place
    return EMPTY


@telling
def let_members_leave(people: Any, project: Any, p: Any, seed: int, week: int) -> None:
    """Let citizen members leave their seats (E16); everyone who stays gains a week of tenure."""
    for place in range(MAX_SEATS):
        index = project.seat[place]
        if index == EMPTY:
            continue
        person = people[index]
        person.tenure = min(person.tenure + 1, 30_000)
        if person.role != CITIZEN:
            continue
        chance = p.participation.exits * exit_chance(
            person.satisfaction,
            person.efficacy,
            person.trust,
            person.burnout,
            p.participation.exit_base,
            p.participation.exit_motive,
        )
        name = name_of(project.key, person.role, person.number)
        if uniform(seed, STREAM.exit, name, week, 0) < chance:
            unseat(people, project, place)
            project.exits += 1.0


@telling
def leave_post(people: Any, project: Any, p: Any, seed: int, week: int, index: int) -> None:
    """Let a member of staff leave, from a seat too, and a newcomer begin in the post."""
    if people[index].member:
        unseat(people, project, seat_of(project, index))
    begin_person(people[index], project, p, seed, week)


@telling
def replace_staff(people: Any, project: Any, p: Any, seed: int, week: int, lots: Any) -> None:
    """Let professionals and leaders leave their posts and newcomers begin in them (E16); the sponsor leaves by E10."""
    first = project.first + project.citizens
    for start in range(0, project.professionals, len(lots)):
        count = min(len(lots), project.professionals - start)
        draw_role(lots, seed, STREAM.turnover, project.key, PROFESSIONAL, start, count, week)
        for i in range(count):
            burnout = people[first + start + i].burnout
            if lots[i] < turnover_chance(p.capacity.staff_turnover, burnout, p.capacity.turnover_burnout):
                leave_post(people, project, p, seed, week, first + start + i)
                project.staff_exits += 1.0
    leaders = first + project.professionals
    apart = 1 if project.leaders > project.seats[LEADER] else 0  # the sponsor leaves by E10, unless nobody else leads
    for number in range(apart, project.leaders):
        lot = uniform(seed, STREAM.turnover, name_of(project.key, LEADER, number), week, 0)
        burnout = people[leaders + number].burnout
        if lot < turnover_chance(p.capacity.leader_turnover, burnout, p.capacity.turnover_burnout):
            leave_post(people, project, p, seed, week, leaders + number)


@telling
def seated_by_group(people: Any, project: Any, counts: Any) -> float:
    """Count seated citizens by identity group into ``counts``; returns their number."""
    total = 0.0
    for place in range(MAX_SEATS):
        index = project.seat[place]
        if index != EMPTY and people[index].role == CITIZEN:
            counts[people[index].group] += 1.0
            total += 1.0
    return total


@telling
def chance_to_join(citizen: Any, project: Any, p: Any) -> float:
    """Chance that this citizen accepts an invitation now (E1)."""
    return join_chance(
        citizen.efficacy,
        citizen.trust,
        1.0 - project.goal[citizen.group],
        lack_of_time(citizen, project, p),
        p.reciprocity.payment * p.participation.time_strength,
        citizen.group > 0,
        p.participation.join_base,
        p.participation.join_efficacy,
        p.participation.join_trust,
        p.participation.join_need,
        p.participation.join_time,
        p.participation.join_payment,
        p.participation.join_barrier,
        p.participation.barrier_relief,
    )


@telling
def asked_citizen(people: Any, project: Any, p: Any, seed: int, week: int, invitation: int, project_name: int) -> int:
    """The citizen who gets this invitation: drawn from a pool of citizens by the representation rule; −1 for none."""
    counts = np.zeros(GROUPS)
    seated = seated_by_group(people, project, counts)
    pool = int(p.representation.pool)
    candidate = np.zeros(MOST_CONSIDERED, np.int64)
    weight = np.zeros(MOST_CONSIDERED)
    total = 0.0
    for place in range(pool):
        lot = uniform(seed, STREAM.recruitment, project_name, week, 64 * invitation + place)
        candidate[place] = project.first + pick(lot, project.citizens)
        citizen = people[candidate[place]]
        if citizen.member or not may_sit(citizen.efficacy, int(p.power.space), p.power.claim_efficacy):
            continue
        quota = seat_quota(project.group_share[citizen.group], GROUPS, p.representation.quota_equality)
        weight[place] = invitation_weight(
            int(p.representation.representation_rule),
            chance_to_join(citizen, project, p),
            citizen.tie,
            citizen.tenure,
            citizen.standing,
            counts[citizen.group] / max(1.0, seated),
            quota * project.seats[CITIZEN] - counts[citizen.group],
            p.representation.tie_pull,
            p.representation.homophily,
        )
        total += weight[place]
    if total <= 0.0:
        return EMPTY
    left = total * uniform(seed, STREAM.recruitment, project_name, week, 64 * invitation + 63)
    chosen = EMPTY
    for place in range(pool):
        if weight[place] > 0.0:
            chosen = candidate[place]
            left -= weight[place]
            if left < 0.0:
                return chosen
    return chosen


@telling
def sit_down(people: Any, project: Any, index: int, place: int) -> None:
    """Give a person a seat."""
    project.seat[place] = index
    people[index].member = 1


@telling
def fill_citizen_seats(people: Any, project: Any, p: Any, seed: int, week: int, project_name: int) -> None:
    """Ask citizens, a few a week, to take the empty seats; who accepts sits down (E1)."""
    if project.alive == 0:
        return
    sent = 0
    for place in range(project.seats[CITIZEN]):
        while project.seat[place] == EMPTY and sent < int(p.representation.invitations):
            index = asked_citizen(people, project, p, seed, week, sent, project_name)
            sent += 1
            if index == EMPTY:
                continue
            project.invited += 1.0
            citizen = people[index]
            name = name_of(project.key, CITIZEN, citizen.number)
            if uniform(seed, STREAM.recruitment, name, week, 0) < chance_to_join(citizen, project, p):
                sit_down(people, project, index, place)
                take_mandate(people, project, p, seed, week, citizen)
                project.joined += 1.0


@telling
def fill_staff_seats(people: Any, project: Any, seed: int, week: int, project_name: int) -> None:
    """Appoint professionals by lot and leaders in order (the chair first, never the sponsor) to empty seats."""
    if project.alive == 0:
        return
    citizens = project.seats[CITIZEN]
    professionals = project.seats[PROFESSIONAL]
    first = project.first + project.citizens
    for place in range(citizens, citizens + professionals):
        if project.seat[place] == EMPTY:
            lot = uniform(seed, STREAM.recruitment, project_name, week, 100_000 + place - citizens)
            index = first + pick(lot, project.professionals)
            if not people[index].member:
                sit_down(people, project, index, place)
    leaders = first + project.professionals
    if project.leaders > project.seats[LEADER]:
        leaders += 1  # the sponsor stays outside the meetings unless there is nobody else to lead them
    for n in range(project.seats[LEADER]):
        if project.seat[citizens + professionals + n] == EMPTY:
            sit_down(people, project, leaders + n, citizens + professionals + n)


@telling
def take_mandate(people: Any, project: Any, p: Any, seed: int, week: int, delegate: Any) -> None:
    """Let a newly seated citizen take on what most of the own group hold, among as many of them as a pool holds."""
    if p.representation.mandate <= 0.0:
        return
    name = name_of(project.key, CITIZEN, delegate.number)
    views = np.zeros(FEATURES, np.int64)
    found = 0
    for tried in range(FEATURES, FEATURES + MOST_TRIED):
        other = people[project.first + pick(uniform(seed, STREAM.mandate, name, week, tried), project.citizens)]
        if other.group == delegate.group and found < int(p.representation.pool):
            found += 1
            for feature in range(FEATURES):
                views[feature] += other.beliefs[feature]
    for feature in range(FEATURES):
        view = majority_view(max(views[feature], 0), max(-views[feature], 0))
        lot = uniform(seed, STREAM.mandate, name, week, feature)
        if view != 0 and lot < p.representation.mandate:
            delegate.beliefs[feature] = view


@telling
def user_leader_week(people: Any, project: Any, p: Any, seed: int, week: int) -> None:
    """Let the citizens keep, lose or choose a user leader; the role is theirs who has the highest standing among them."""
    holder = project.user_leader
    wanted = p.leadership.user_leader > 0.5 and project.alive == 1
    if holder != EMPTY and (not wanted or not people[holder].member):
        lose_user_leader(project)
    if not wanted or project.user_leader != EMPTY:
        return
    lot = uniform(seed, STREAM.roles, name_of(project.key, PROJECT_ROLE, 0), week, 1)
    if lot < p.leadership.user_leader_replacement:
        choose_user_leader(people, project)


@telling
def lose_user_leader(project: Any) -> None:
    """Leave the role of the user leader vacant; a former one keeps the seat."""
    project.user_leader = EMPTY
    project.user_leader_group = EMPTY


@telling
def choose_user_leader(people: Any, project: Any) -> None:
    """Make the seated citizen of highest standing the user leader; nobody where no citizen sits."""
    highest = 0.0
    for place in range(MAX_SEATS):
        index = project.seat[place]
        if index == EMPTY or people[index].role != CITIZEN:
            continue
        if project.user_leader == EMPTY or people[index].standing > highest:
            highest = people[index].standing
            project.user_leader = index
            project.user_leader_group = people[index].group


@telling
def begin_membership(people: Any, project: Any, p: Any, seed: int, project_name: int) -> None:
    """Fill the seats before the first week: citizens by the representation rule among those who would accept."""
    invitation = 0
    for place in range(project.seats[CITIZEN]):
        while project.seat[place] == EMPTY and invitation < 40 * MAX_SEATS:
            index = asked_citizen(people, project, p, seed, 0, invitation, project_name)
            invitation += 1
            if index == EMPTY:
                continue
            accepts, _, _, _ = four_uniforms(
                seed, STREAM.recruitment, name_of(project.key, CITIZEN, people[index].number), 0, invitation
            )
            if accepts < chance_to_join(people[index], project, p):
                sit_down(people, project, index, place)
                take_mandate(people, project, p, seed, 0, people[index])
    for attempt in range(60):
        fill_staff_seats(people, project, seed, 60_000 + attempt, project_name)
    if p.leadership.user_leader > 0.5:
        choose_user_leader(people, project)
