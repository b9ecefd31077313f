"""The start of a run: drawing what works, the service as it is run, and everyone who lives and works with it."""

from typing import Any

from coprod_abm.arithmetic import held, within_unit
from coprod_abm.compiled import telling
from coprod_abm.draws import NATION_ROLE, PROJECT_ROLE, REGION_ROLE, STREAM, four_uniforms, name_of, uniform
from coprod_abm.levels import begin_support, established_support
from coprod_abm.means import mean_at_start, note_expectation, note_means
from coprod_abm.population import contribution_type, identity_group, spread_about
from coprod_abm.rules.capacity import weekly_demand
from coprod_abm.rules.learning import is_own_domain
from coprod_abm.rules.power import seats_by_role
from coprod_abm.service import (
    CITIZEN,
    FEATURES,
    FIRST_TECHNICAL,
    GROUPS,
    LEADER,
    PROFESSIONAL,
    ROLES,
    goal_fulfilment,
    group_of,
    kind_of,
)
from coprod_abm.state import EMPTY, MAX_SEATS

_NEVER = -10_000  # a week long before the start


@telling
def begin_beliefs(person: Any, project: Any, p: Any, seed: int, name: int, week: int) -> None:
    """Give a person the beliefs that come with living or working here: own domain mostly true, the rest as it is run."""
    for feature in range(FEATURES):
        own = is_own_domain(person.role, person.group, kind_of(feature), group_of(feature))
        person.beliefs[feature] = 0
        if own or person.role != CITIZEN:
            holds, errs, _, _ = four_uniforms(seed, STREAM.beliefs, name, week, feature)
            truth = project.reality[feature]
            if own and holds < p.population.own_knowledge:
                person.beliefs[feature] = -truth if errs < p.population.own_error else truth
            elif not own and holds < p.population.status_quo:
                person.beliefs[feature] = project.design[feature]


@telling
def hold_at_means(person: Any, project: Any, p: Any) -> None:
    """Put efficacy and trust where their mechanisms hold them: at the population mean where these are off."""
    start = p.population
    majority = project.group_share[0]
    efficacy = mean_at_start(
        person.role, start.citizen_efficacy, start.staff_efficacy, start.seldom_heard_gap, majority
    )
    trust = mean_at_start(person.role, start.citizen_trust, start.staff_trust, start.seldom_heard_gap, majority)
    person.efficacy = held(person.efficacy, efficacy, p.efficacy.strength)
    person.trust = held(person.trust, trust, p.trust.strength)


@telling
def begin_person(person: Any, project: Any, p: Any, seed: int, week: int) -> None:
    """Draw a whole new person into this place of the population (at the start, or as a newcomer in ``week``)."""
    name = name_of(project.key, person.role, person.number)
    u0, u1, u2, u3 = four_uniforms(seed, STREAM.birth, name, week, 0)
    u4, u5, u6, u7 = four_uniforms(seed, STREAM.birth, name, week, 1)
    u8, u9, u10, u11 = four_uniforms(seed, STREAM.birth, name, week, 2)
    start = p.population
    openness = within_unit(spread_about(start.professional_openness, start.spread, u0, u1))
    person.openness = held(openness, start.professional_openness, p.trust.strength)
    person.burnout = 0.0
    person.demand = 0.0
    person.group = 0
    if person.role == CITIZEN:
        person.group = identity_group(u8, project.group_share[0], project.group_share[1])
        seldom = 1.0 if person.group > 0 else 0.0
        gap = start.seldom_heard_gap * seldom
        person.status = spread_about(0.0, start.status_spread, u2, u3)
        person.efficacy = within_unit(spread_about(start.citizen_efficacy - gap, start.spread, u4, u5))
        person.trust = within_unit(spread_about(start.citizen_trust - gap, start.spread, u6, u7))
        hours = start.citizen_hours * (1.0 + (start.seldom_heard_hours - 1.0) * seldom)
        person.hours = max(0.0, hours * spread_about(1.0, 0.5, u9, u10))
    else:
        mean_status = start.professional_status if person.role == PROFESSIONAL else start.leader_status
        person.status = spread_about(mean_status, start.status_spread, u2, u3)
        person.efficacy = within_unit(spread_about(start.staff_efficacy, start.spread, u4, u5))
        person.trust = within_unit(spread_about(start.staff_trust, start.spread, u6, u7))
        person.hours = start.working_hours
        demand = weekly_demand(start.working_hours, p.capacity.workload, p.capacity.workload_noise, u8, 0.0)
        person.demand = held(demand, start.working_hours, p.capacity.strength)
        burnout = within_unit(spread_about(start.burnout, start.spread, u9, u10))
        person.burnout = held(burnout, start.burnout, p.capacity.strength)
    hold_at_means(person, project, p)
    person.contribution = contribution_type(u11, p.reciprocity.conditional_share, p.reciprocity.free_rider_share)
    person.extra = 0.0
    person.satisfaction = start.satisfaction
    person.standing = 0.0
    person.expectation = 0.4
    person.fairness = 0.5
    person.tie = 0.0
    person.partner = EMPTY
    person.tenure = 0
    person.member = 0
    begin_beliefs(person, project, p, seed, name, week)


@telling
def begin_place(place: Any, nation: Any, role: int, p: Any, seed: int) -> None:
    """Draw what works in a region or nation; a nation's truth is its own, a region shares part of its nation's."""
    name = name_of(place.key, role, 0)
    for feature in range(FEATURES):
        sign, share, _, _ = four_uniforms(seed, STREAM.reality, name, 0, feature)
        common = role == REGION_ROLE and share < p.population.national_truth
        place.truth[feature] = 2 if common else 0
        place.reality[feature] = nation.reality[feature] if common else (1 if sign < 0.5 else -1)
        place.code[feature] = 0
        place.source[feature] = EMPTY


@telling
def begin_reality(project: Any, regions: Any, nations: Any, p: Any, seed: int) -> None:
    """Draw what works in a project's locality, partly common to its region and nation."""
    name = name_of(project.key, PROJECT_ROLE, 0)
    national = p.population.national_truth
    for feature in range(FEATURES):
        sign, share, _, _ = four_uniforms(seed, STREAM.reality, name, 0, feature)
        truth = 1 if sign < 0.5 else -1
        project.truth[feature] = 0
        if project.level == 2 or (project.region < 0 and share < national):
            truth = nations[project.nation].reality[feature]
            project.truth[feature] = 2
        elif project.region >= 0 and (project.level == 1 or share < national + p.population.regional_truth):
            truth = regions[project.region].reality[feature]
            project.truth[feature] = 1
        project.reality[feature] = truth


@telling
def begin_design(project: Any, p: Any, seed: int) -> None:
    """Draw the service as it is run at the start: right more often where it is technical than where it is lived."""
    name = name_of(project.key, PROJECT_ROLE, 0)
    for feature in range(FEATURES):
        fit = p.population.fit_technical
        if feature < FIRST_TECHNICAL:
            fit = p.population.fit_experiential
            if group_of(feature) > 0:
                fit = within_unit(fit - p.population.fit_gap)
        right = uniform(seed, STREAM.design, name, 0, feature) < fit
        truth = project.reality[feature]
        project.design[feature] = truth if right else -truth
        project.pending[feature] = 0
        project.adopted_week[feature] = _NEVER
        project.origin[feature] = EMPTY
        project.decision[feature] = EMPTY
        project.rejected_week[feature] = _NEVER
        project.source[feature] = EMPTY
        project.inventor[feature] = EMPTY
        project.changed_week[feature] = EMPTY


@telling
def begin_tallies(project: Any) -> None:
    """Set a project's running-year tallies and totals to nothing."""
    for role in range(ROLES):
        project.voice[role] = 0.0
        project.hours_spent[role] = 0.0
    for origin in range(ROLES + 1):
        project.adopted[origin] = 0.0
        project.changed_from[origin] = 0
    for place in range(MAX_SEATS):
        project.spoken[place] = 0.0
    project.experiential = 0.0
    project.proposals = 0.0
    project.met = 0.0
    project.attended = 0.0
    project.due = 0.0
    project.encounters = 0.0
    project.shared = 0.0
    project.told = 0.0
    project.moved = 0.0
    project.unique = 0.0
    project.mentions = 0.0
    project.contrary = 0.0
    project.exits = 0.0
    project.staff_exits = 0.0
    project.invited = 0.0
    project.joined = 0.0
    project.agreed = 0
    project.implemented = 0
    project.promises_broken = 0
    project.lapsed = 0
    project.reversed = 0
    project.decisions = 0
    project.meetings = 0


@telling
def seat_shares(project: Any, p: Any) -> None:
    """Lay out the seats: a share for citizens where power names one, none in a closed space, leaders where appointed."""
    citizens, professionals, leaders = seats_by_role(
        project.seats[CITIZEN],
        project.seats[PROFESSIONAL],
        project.seats[LEADER],
        p.power.citizen_seat_share,
        int(p.power.space),
        p.leadership.appointed,
    )
    project.seats[CITIZEN] = citizens
    project.seats[PROFESSIONAL] = min(professionals, project.professionals)
    project.seats[LEADER] = leaders


@telling
def begin_project(project: Any, regions: Any, nations: Any, p: Any, seed: int) -> None:
    """Draw a project's locality and service and set its climate to the start."""
    begin_reality(project, regions, nations, p, seed)
    begin_design(project, p, seed)
    begin_tallies(project)
    seat_shares(project, p)
    for place in range(MAX_SEATS):
        project.seat[place] = EMPTY
    for group in range(GROUPS):
        project.goal[group] = goal_fulfilment(project.design, project.reality, group)
        project.goal_start[group] = project.goal[group]
        project.visible[group] = p.population.citizen_efficacy
    project.safety = p.population.safety
    project.sponsor_here = 1 if p.leadership.sponsor > 0.0 else 0
    project.facilitator_here = 1 if p.leadership.facilitator > 0.0 else 0
    project.user_leader = EMPTY
    project.user_leader_group = EMPTY
    project.shared_lead = 0.0
    project.alive = 1
    project.ended_week = EMPTY
    project.support = established_support(p)
    project.effort = 0.0
    project.delivery = 0.5
    project.broken = 0.0


@telling
def begin_people(people: Any, project: Any, p: Any, seed: int) -> None:
    """Draw everyone of a project: its citizens, then professionals, then leaders."""
    counts = (project.citizens, project.professionals, project.leaders)
    index = project.first
    for role in range(ROLES):
        for number in range(counts[role]):
            person = people[index]
            person.role = role
            person.number = number
            begin_person(person, project, p, seed, 0)
            index += 1


@telling
def note_start(people: Any, project: Any, p: Any, seed: int) -> None:
    """Keep the mean states that later ones are compared with."""
    efficacy = 0.0
    for index in range(project.first, project.first + project.citizens):
        efficacy += people[index].efficacy
    openness = 0.0
    staff = project.first + project.citizens
    for index in range(staff, staff + project.professionals):
        openness += people[index].openness
    note_means(people, project, p, seed)
    note_expectation(project, p)
    project.efficacy_start = efficacy / max(1, project.citizens)
    project.openness_start = openness / max(1, project.professionals)


@telling
def begin_world(people: Any, projects: Any, regions: Any, nations: Any, rules: Any, seed: int) -> None:
    """Draw the whole start of a run from one seed: nations, regions, projects, people."""
    for n in range(len(nations)):
        begin_place(nations[n], nations[n], NATION_ROLE, rules[nations[n].governor], seed)
    for r in range(len(regions)):
        begin_place(regions[r], nations[regions[r].nation], REGION_ROLE, rules[regions[r].governor], seed)
    for j in range(len(projects)):
        p = rules[j]
        begin_project(projects[j], regions, nations, p, seed)
        begin_people(people, projects[j], p, seed)
        note_start(people, projects[j], p, seed)
    begin_support(projects, regions, nations, rules)
