"""What the measures see: the same observation of a project serves both engines."""

from typing import Any

import numpy as np

from coprod_abm.collective import common_views
from coprod_abm.compiled import rule, telling
from coprod_abm.levels import mean_goal
from coprod_abm.measures import AT, BINS, ON
from coprod_abm.service import CITIZEN, FEATURES, FIRST_TECHNICAL, GROUPS, LEADER, PROFESSIONAL, agreement
from coprod_abm.state import EMPTY, MAX_SEATS, SEVERAL_KEEP

PRIOR = 0.25  # decisions: how much an even-handed one weighs in influence, so that it is defined without any


@rule
def share_of(part: float, whole: float, otherwise: float) -> float:
    """``part / whole``, or ``otherwise`` where the whole is nothing.

    >>> share_of(1.0, 4.0, 0.0), share_of(0.0, 0.0, 0.5)
    (0.25, 0.5)
    """
    return part / whole if whole > 0.0 else otherwise


@rule
def bin_of(value: float) -> int:
    """The bin of [0, 1] a value falls into; 1 itself falls into the last.

    >>> bin_of(0.0), bin_of(0.05), bin_of(1.0)
    (0, 1, 19)
    """
    return min(max(int(value * BINS), 0), BINS - 1)


@telling
def time_left(person: Any) -> float:
    """Share of a professional's demand that there is time for."""
    return 1.0 if person.demand <= person.hours else person.hours / person.demand


@telling
def quality_seen(person: Any, project: Any) -> float:
    """Share of a professional's held beliefs with which the service agrees; .5 where none is held."""
    held = 0.0
    agreed = 0.0
    for feature in range(FEATURES):
        if person.beliefs[feature] != 0:
            held += 1.0
            if person.beliefs[feature] == project.design[feature]:
                agreed += 1.0
    return share_of(agreed, held, 0.5)


@telling
def observe_staff(people: Any, project: Any, out: Any, counts: Any) -> float:
    """Measures and distributions of the professionals; returns the mean time they have."""
    time = burnout = openness = trust = fairness = knowledge = 0.0
    first = project.first + project.citizens
    for index in range(first, first + project.professionals):
        person = people[index]
        time += time_left(person)
        burnout += person.burnout
        openness += person.openness
        trust += person.trust
        fairness += person.fairness
        knowledge += agreement(person.beliefs, project.reality) / FEATURES
        counts[ON.staff_burnout, bin_of(person.burnout)] += 1
        counts[ON.staff_quality, bin_of(quality_seen(person, project))] += 1
        engaged = (person.efficacy + person.trust + 1.0 - person.burnout) / 3.0
        counts[ON.staff_engagement, bin_of(engaged)] += 1
    n = 1.0 * project.professionals
    out[AT.time_available] = share_of(time, n, 1.0)
    out[AT.staff_burnout] = share_of(burnout, n, 0.0)
    out[AT.staff_openness] = share_of(openness, n, 0.0)
    out[AT.openness_change] = share_of(openness, n, 0.0) - project.openness_start
    out[AT.staff_trust] = share_of(trust, n, 0.0)
    out[AT.staff_fairness] = share_of(fairness, n, 0.0)
    out[AT.staff_knowledge] = share_of(knowledge, n, 0.0)
    return share_of(time, n, 1.0)


@telling
def observe_citizens(people: Any, project: Any, time: float, out: Any, counts: Any) -> None:
    """Measures and distributions of the constituency."""
    trust = efficacy = satisfaction = able = 0.0
    for index in range(project.first, project.first + project.citizens):
        person = people[index]
        trust += person.trust
        efficacy += person.efficacy
        satisfaction += person.satisfaction
        able += 1.0 if person.efficacy > 0.5 else 0.0
        counts[ON.citizen_trust, bin_of(person.trust)] += 1
        counts[ON.citizen_efficacy, bin_of(person.efficacy)] += 1
        counts[ON.citizen_satisfaction, bin_of(person.satisfaction)] += 1
        counts[ON.citizen_access, bin_of(0.5 * (project.goal[person.group] + time))] += 1
    n = 1.0 * project.citizens
    out[AT.citizen_trust] = share_of(trust, n, 0.0)
    out[AT.citizen_efficacy] = share_of(efficacy, n, 0.0)
    out[AT.efficacy_change] = share_of(efficacy, n, 0.0) - project.efficacy_start
    out[AT.citizen_satisfaction] = share_of(satisfaction, n, 0.0)
    out[AT.able_to_influence] = share_of(able, n, 0.0)


@telling
def observe_goals(project: Any, out: Any) -> None:
    """Goal fulfilment as the constituency lives it."""
    start = 0.0
    seldom = 0.0
    for group in range(GROUPS):
        start += project.group_share[group] * project.goal_start[group]
    for group in range(1, GROUPS):
        seldom += project.goal[group] / (GROUPS - 1)
    out[AT.need_met] = mean_goal(project)
    out[AT.need_met_change] = mean_goal(project) - start
    out[AT.need_met_majority] = project.goal[0]
    out[AT.need_met_group_1] = project.goal[1]
    out[AT.need_met_group_2] = project.goal[2]
    out[AT.need_gap] = project.goal[0] - seldom
    out[AT.goals_delivered] = share_of(1.0 * project.implemented, 1.0 * project.agreed, 0.0)


@telling
def observe_members(people: Any, project: Any, out: Any) -> None:
    """What citizen members feel, what all members know, and whether they agree (collective leadership)."""
    trust = efficacy = fairness = citizens = knowledge = members = need = 0.0
    view = np.zeros((FEATURES, 2))
    for place in range(MAX_SEATS):
        if project.seat[place] == EMPTY:
            continue
        person = people[project.seat[place]]
        members += 1.0
        knowledge += agreement(person.beliefs, project.reality) / FEATURES
        for feature in range(FEATURES):
            if person.beliefs[feature] != 0:
                view[feature, 0 if person.beliefs[feature] > 0 else 1] += 1.0
        if person.role == CITIZEN:
            citizens += 1.0
            trust += person.trust
            efficacy += person.efficacy
            fairness += person.fairness
            need += project.goal[person.group]
    opposed = 0.0
    for feature in range(FEATURES):
        opposed += 1.0 if view[feature, 0] > 0.0 and view[feature, 1] > 0.0 else 0.0
    out[AT.member_need_met] = share_of(need, citizens, mean_goal(project))
    out[AT.member_trust] = share_of(trust, citizens, 0.0)
    out[AT.member_efficacy] = share_of(efficacy, citizens, 0.0)
    out[AT.member_fairness] = share_of(fairness, citizens, 0.0)
    out[AT.member_knowledge] = share_of(knowledge, members, 0.0)
    out[AT.view_diversity] = opposed / FEATURES
    direction, alignment = common_views(people, project)
    out[AT.direction] = direction
    out[AT.alignment] = alignment
    out[AT.commitment] = project.effort
    out[AT.collective_lead] = (direction + alignment + project.effort) / 3.0


@telling
def gini(values: Any, count: int) -> float:
    """Gini coefficient of the first ``count`` values, 0 where they are all alike or all nothing."""
    total = 0.0
    distance = 0.0
    for i in range(count):
        total += values[i]
        for j in range(count):
            distance += abs(values[i] - values[j])
    return share_of(distance, 2.0 * count * total, 0.0)


@telling
def observe_seats(people: Any, project: Any, out: Any) -> None:
    """Who sits at the table, against who lives in the constituency."""
    seated = np.zeros(GROUPS)
    citizens = filled = 0.0
    for place in range(MAX_SEATS):
        if project.seat[place] == EMPTY:
            continue
        filled += 1.0
        person = people[project.seat[place]]
        if person.role == CITIZEN:
            citizens += 1.0
            seated[person.group] += 1.0
    apart = 0.0
    worst = 0.0
    for group in range(GROUPS):
        share = share_of(seated[group], citizens, 0.0)
        apart += abs(share - project.group_share[group])
        worst = max(worst, 1.0 - share_of(share, project.group_share[group], 1.0))
    out[AT.seat_share] = share_of(citizens, filled, 0.0)
    out[AT.representativeness] = 1.0 - 0.5 * apart
    out[AT.exclusion] = worst


@telling
def observe_meetings(project: Any, out: Any) -> None:
    """Voice, influence and decisions over the running year."""
    turns = project.voice[CITIZEN] + project.voice[PROFESSIONAL] + project.voice[LEADER]
    seats = project.seats[CITIZEN] + project.seats[PROFESSIONAL] + project.seats[LEADER]
    decided = project.adopted[CITIZEN] + project.adopted[PROFESSIONAL] + project.adopted[LEADER]
    influence = (project.adopted[CITIZEN] + PRIOR * out[AT.seat_share]) / (decided + PRIOR)
    out[AT.voice_share] = share_of(project.voice[CITIZEN], turns, out[AT.seat_share])
    out[AT.voice_gini] = gini(project.spoken, seats)
    out[AT.influence_share] = influence
    out[AT.tokenism] = out[AT.seat_share] - influence
    out[AT.attendance] = share_of(project.attended, project.due, 0.0)
    out[AT.experiential_share] = share_of(project.experiential, decided, 0.0)
    out[AT.acceptance] = share_of(decided, project.proposals, 0.0)
    out[AT.contrary_decisions] = share_of(project.contrary, project.proposals, 0.0)
    out[AT.items_taken_up] = share_of(project.moved, project.told, 0.0)
    out[AT.safety] = project.safety
    out[AT.unique_share] = share_of(project.unique, project.mentions, 0.0)
    out[AT.unique_items] = project.unique
    out[AT.sponsor_support] = project.support


@telling
def observe_flows(project: Any, out: Any) -> None:
    """Encounters, hours and turnover over the running year."""
    out[AT.shared_encounters] = share_of(project.shared, project.encounters, 0.0)
    out[AT.encounters_per_citizen] = share_of(project.encounters, 1.0 * project.citizens, 0.0)
    out[AT.citizen_hours] = project.hours_spent[CITIZEN]
    out[AT.professional_hours] = project.hours_spent[PROFESSIONAL]
    out[AT.leader_hours] = project.hours_spent[LEADER]
    out[AT.member_turnover] = share_of(project.exits, 1.0 * project.seats[CITIZEN], 0.0)
    out[AT.staff_turnover] = share_of(project.staff_exits, 1.0 * project.professionals, 0.0)


@telling
def observe_changes(project: Any, out: Any) -> None:
    """Changes since the start, and how far practice is right where it is technical or organisational."""
    right = 0.0
    for feature in range(FIRST_TECHNICAL, FEATURES):
        right += 1.0 if project.design[feature] == project.reality[feature] else 0.0
    kept = project.implemented - project.reversed
    out[AT.changes_adopted] = project.agreed
    out[AT.changes_implemented] = project.implemented
    out[AT.changes_from_citizens] = project.changed_from[CITIZEN]
    out[AT.alive] = project.alive
    out[AT.changes_kept] = kept
    out[AT.retention] = share_of(1.0 * kept, 1.0 * project.implemented, 1.0)
    out[AT.promises_broken] = project.promises_broken
    out[AT.practice_fit] = right / (FEATURES - FIRST_TECHNICAL)


@telling
def code_seen(place: Any) -> tuple[float, float]:
    """How much a region's or nation's code says, and how much of that is right where the code applies; .5 of nothing."""
    says = 0.0
    right = 0.0
    for feature in range(FEATURES):
        if place.code[feature] != 0:
            says += 1.0
            right += 1.0 if place.code[feature] == place.reality[feature] else 0.0
    return says / FEATURES, share_of(right, says, 0.5)


@telling
def observe_above(project: Any, regions: Any, nations: Any, out: Any) -> None:
    """Code and support of the place above a project, its region or else its nation, and of its nation."""
    out[AT.nation_code_coverage], out[AT.nation_code_accuracy] = code_seen(nations[project.nation])
    out[AT.nation_support] = nations[project.nation].support
    if project.region >= 0:
        out[AT.code_coverage], out[AT.code_accuracy] = code_seen(regions[project.region])
        out[AT.support_above] = regions[project.region].support
    else:
        out[AT.code_coverage] = out[AT.nation_code_coverage]
        out[AT.code_accuracy] = out[AT.nation_code_accuracy]
        out[AT.support_above] = out[AT.nation_support]


@telling
def observe_spread(projects: Any, where: int, out: Any) -> None:
    """Own changes kept in other projects, and agreement of services within the nation."""
    own = projects[where]
    passed_on = 0.0
    spread = 0.0
    alike = 0.0
    others = 0.0
    for j in range(len(projects)):
        if j != where and projects[j].nation == own.nation:
            others += 1.0
            alike += agreement(projects[j].design, own.design) / FEATURES
    for feature in range(FEATURES):
        if own.inventor[feature] == where:
            kept = 0
            for j in range(len(projects)):
                same = projects[j].design[feature] == own.design[feature]
                if j != where and projects[j].inventor[feature] == where and same:
                    kept += 1
            passed_on += 1.0 if kept > 0 else 0.0
            spread += 1.0 if kept >= SEVERAL_KEEP else 0.0
    out[AT.passed_on] = passed_on
    out[AT.spread] = spread
    out[AT.convergence] = share_of(alike, others, 1.0)


@telling
def observe(people: Any, projects: Any, regions: Any, nations: Any, where: int, out: Any, counts: Any) -> None:
    """Write every measure of one project into ``out`` (measures) and its distributions into ``counts`` (kind, bin)."""
    project = projects[where]
    time = observe_staff(people, project, out, counts)
    observe_citizens(people, project, time, out, counts)
    observe_goals(project, out)
    observe_members(people, project, out)
    observe_seats(people, project, out)
    observe_meetings(project, out)
    observe_flows(project, out)
    observe_changes(project, out)
    observe_above(project, regions, nations, out)
    observe_spread(projects, where, out)
