"""The population means at which a mechanism that is off holds its variable, so that theories differ in mechanism only."""

from typing import Any

from coprod_abm.arithmetic import held, within_unit
from coprod_abm.compiled import telling
from coprod_abm.draws import STREAM, four_uniforms, name_of
from coprod_abm.rules.capacity import weekly_demand
from coprod_abm.rules.participation import time_gap
from coprod_abm.rules.power import speaking_up_chance
from coprod_abm.rules.reciprocity import available_hours, settled_expectation
from coprod_abm.service import CITIZEN, PROFESSIONAL, ROLES


@telling
def mean_at_start(role: int, citizens: float, staff: float, seldom_heard_gap: float, majority: float) -> float:
    """Mean of a state at the start over everyone of a role: groups seldom heard start lower by the gap."""
    if role == CITIZEN:
        return within_unit(citizens - seldom_heard_gap * (1.0 - majority))
    return staff


@telling
def free_hours(person: Any, p: Any) -> float:
    """Hours a member can give to a meeting: citizens by their own time and costs, staff by what demand leaves."""
    if person.role == CITIZEN:
        return available_hours(
            person.hours,
            p.reciprocity.payment,
            p.reciprocity.expenses,
            p.reciprocity.time_credits,
            p.reciprocity.payment_to_time,
            p.reciprocity.credit_to_time,
        )
    return max(0.0, p.participation.meeting_hours + person.hours - person.demand)


@telling
def lack_of_time(person: Any, project: Any, p: Any) -> float:
    """How much time a person lacks for meetings, 0 to −1; the mean at the start where time, or staff's demand, is held."""
    own = time_gap(free_hours(person, p), p.participation.meeting_hours)
    strength = p.participation.time_strength
    if person.role != CITIZEN:
        strength = strength * p.capacity.strength
    return held(own, project.gap_start[person.role], strength)


@telling
def usual_voice(p: Any, facilitation: float, status_gap: float) -> float:
    """The chance to speak up of someone midway between citizens and professionals in the climate of the start.

    ``status_gap`` is that of a citizen; someone midway feels half of it.
    """
    return speaking_up_chance(
        0.5 * (p.population.citizen_efficacy + p.population.staff_efficacy),
        p.population.safety,
        0.5 * (1.0 - facilitation) * status_gap,
        p.power.voice_base,
        p.power.voice_safety,
        p.power.voice_efficacy,
        p.power.voice_barrier,
        p.leadership.encouragement * facilitation,
    )


@telling
def ordinary_demand(person: Any, project: Any, p: Any, seed: int) -> float:
    """A staff member's demand in an ordinary week of the start, whatever capacity does to it afterwards."""
    lot, _, _, _ = four_uniforms(seed, STREAM.birth, name_of(project.key, person.role, person.number), 0, 2)
    return weekly_demand(person.hours, 1.0, p.capacity.workload_noise, lot, 0.0)


@telling
def note_means(people: Any, project: Any, p: Any, seed: int) -> None:
    """Keep, as they are at the start, the mean lack of time of each role, and how far professionals are in time."""
    counts = (project.citizens, project.professionals, project.leaders)
    index = project.first
    needed = p.participation.meeting_hours
    in_time = 0.0
    time = 0.0
    for role in range(ROLES):
        total = 0.0
        for _ in range(counts[role]):
            person = people[index]
            index += 1
            if role == CITIZEN:
                total += time_gap(person.hours, needed)
                continue
            demand = ordinary_demand(person, project, p, seed)
            total += time_gap(max(0.0, needed + person.hours - demand), needed)
            if role == PROFESSIONAL:
                in_time += 1.0 if demand <= person.hours else 0.0
                time += min(1.0, person.hours / demand)
        project.gap_start[role] = total / max(1, counts[role])
    project.in_time_start = in_time / max(1, project.professionals)
    project.time_start = time / max(1, project.professionals)


@telling
def note_expectation(project: Any, p: Any) -> None:
    """Keep the effort that people come to expect of each other with the time and strength of the start."""
    seats = 0.0
    slack = 0.0
    for role in range(ROLES):
        tired = 0.0 if role == CITIZEN else p.population.burnout
        seats += project.seats[role]
        slack += project.seats[role] * (1.0 + project.gap_start[role]) * (1.0 - tired)
    base = p.reciprocity.base_effort + p.reciprocity.recognition_to_effort * p.reciprocity.recognition
    project.expectation_start = settled_expectation(
        p.reciprocity.conditional_share,
        p.reciprocity.free_rider_share,
        slack / max(1.0, seats),
        base,
        p.reciprocity.matching,
        p.reciprocity.unconditional_effort,
    )
