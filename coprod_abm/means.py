"""The population means at which a mechanism that is off holds its variable, so that theories differ in mechanism only."""

from typing import Any

from coprod_abm.arithmetic import held, within_unit
from coprod_abm.compiled import telling
from coprod_abm.rules.participation import time_gap
from coprod_abm.rules.power import speaking_up_chance
from coprod_abm.rules.reciprocity import available_hours
from coprod_abm.service import CITIZEN, PROFESSIONAL


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
    """How much time a person lacks for meetings, 0 to −1, or the mean at the start where time is held."""
    own = time_gap(free_hours(person, p), p.participation.meeting_hours)
    return held(own, project.gap_start[person.role], p.participation.time_strength)


@telling
def gap_before_costs(person: Any, p: Any) -> float:
    """Lack of time at the start before costs, payment and credits change it."""
    hours = person.hours if person.role == CITIZEN else free_hours(person, p)
    return time_gap(hours, p.participation.meeting_hours)


@telling
def usual_voice(p: Any) -> float:
    """The chance to speak up of someone midway between citizens and professionals in the climate of the start."""
    return speaking_up_chance(
        0.5 * (p.population.citizen_efficacy + p.population.staff_efficacy),
        p.population.safety,
        0.5 * p.population.professional_status,
        p.power.voice_base,
        p.power.voice_safety,
        p.power.voice_efficacy,
        p.power.voice_barrier,
        0.0,
    )


@telling
def note_mean_gaps(people: Any, project: Any, p: Any) -> None:
    """Keep the mean lack of time of each role at the start."""
    counts = (project.citizens, project.professionals, project.leaders)
    index = project.first
    for role in range(CITIZEN, PROFESSIONAL + 2):
        total = 0.0
        for _ in range(counts[role]):
            total += gap_before_costs(people[index], p)
            index += 1
        project.gap_start[role] = total / max(1, counts[role])
