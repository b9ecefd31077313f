"""Between meetings: effort of members, implementation of what was adopted, and promises kept or broken (E9–E11)."""

from typing import Any

from coprod_abm.arithmetic import held
from coprod_abm.causes import Link
from coprod_abm.compiled import telling
from coprod_abm.draws import PROJECT_ROLE, STREAM, name_of, uniform
from coprod_abm.levels import revise_goals
from coprod_abm.log import note_outcome
from coprod_abm.means import lack_of_time
from coprod_abm.membership import lose_user_leader, unseat
from coprod_abm.rules.leadership import implementation_chance, is_promise_broken, rewarded_effort
from coprod_abm.rules.participation import end_chance
from coprod_abm.rules.reciprocity import effort, revised_expectation
from coprod_abm.rules.trust import revised_trust
from coprod_abm.service import CITIZEN, FEATURES, PROFESSIONAL
from coprod_abm.state import EMPTY, MAX_SEATS

OUTCOME_RATE = 0.25  # weight of the latest promise in the running share of promises kept
FRESH_BREACH = 0.5  # how much one broken promise adds to how fresh breaches are


@telling
def own_effort(person: Any, project: Any, p: Any) -> float:
    """A member's effort between meetings this week (E9); where reciprocity is off, all expect what is usual."""
    recognised = p.reciprocity.recognition_to_effort * p.reciprocity.recognition
    given = effort(
        person.contribution,
        held(person.expectation, project.expectation_start, p.reciprocity.strength),
        1.0 + lack_of_time(person, project, p),
        person.burnout,
        p.reciprocity.base_effort + recognised + p.leadership.inspiration,
        p.reciprocity.matching,
        p.reciprocity.unconditional_effort,
    )
    return rewarded_effort(given, p.leadership.reward_standard, p.leadership.reward)


@telling
def effort_of_members(people: Any, project: Any, p: Any) -> tuple[float, int]:
    """The effort of all members together this week, and how many they are."""
    total = 0.0
    members = 0
    for place in range(MAX_SEATS):
        if project.seat[place] != EMPTY:
            total += own_effort(people[project.seat[place]], project, p)
            members += 1
    return total, members


@telling
def begin_effort(people: Any, project: Any, p: Any) -> None:
    """Work out the mean effort of the first members, before anyone has seen what others give."""
    total, members = effort_of_members(people, project, p)
    project.effort = total / max(1, members)


@telling
def give_effort(people: Any, project: Any, p: Any) -> None:
    """Let all members give effort; each then expects what the others were seen to give (E9)."""
    total, members = effort_of_members(people, project, p)
    if members < 2:
        project.effort = total
        return
    for place in range(MAX_SEATS):
        if project.seat[place] != EMPTY:
            person = people[project.seat[place]]
            others = (total - own_effort(person, project, p)) / (members - 1)
            person.expectation = revised_expectation(person.expectation, others, p.reciprocity.expectation_rate)
    project.effort = total / members


@telling
def mean_burnout(people: Any, project: Any) -> float:
    """Mean burnout of the service's professionals; 0 where there are none."""
    total = 0.0
    first = project.first + project.citizens
    for index in range(first, first + project.professionals):
        total += people[index].burnout
    return total / max(1, project.professionals)


@telling
def buy_in(people: Any, project: Any, feature: int) -> float:
    """How far the seated professionals believe in a pending change, −1 to 1; 0 where none is seated."""
    total = 0.0
    seated = 0
    for place in range(MAX_SEATS):
        if project.seat[place] != EMPTY and people[project.seat[place]].role == PROFESSIONAL:
            total += people[project.seat[place]].beliefs[feature]
            seated += 1
    return total * project.pending[feature] / max(1, seated)


@telling
def implement(people: Any, project: Any, p: Any, seed: int, week: int, feature: int) -> None:
    """Put a pending change into the service; members who meet it may learn whether it works (E10, E11)."""
    if project.changed_week[feature] != EMPTY:
        project.reversed += 1
    project.design[feature] = project.pending[feature]
    project.pending[feature] = 0
    project.inventor[feature] = project.source[feature]
    project.changed_week[feature] = week
    project.implemented += 1
    project.changed_from[project.origin[feature]] += 1
    project.delivery += OUTCOME_RATE * (1.0 - project.delivery)
    for place in range(MAX_SEATS):
        if project.seat[place] != EMPTY:
            person = people[project.seat[place]]
            name = name_of(project.key, person.role, person.number)
            if uniform(seed, STREAM.experience, name, week, feature) < p.learning.experience:
                person.beliefs[feature] = project.reality[feature]


@telling
def withdraw(project: Any, feature: int) -> None:
    """Drop a pending change: a broken promise where members decided on it, a lapse where it came from elsewhere."""
    project.pending[feature] = 0
    if project.decision[feature] == EMPTY:
        project.lapsed += 1
    else:
        project.promises_broken += 1


@telling
def give_up(people: Any, project: Any, p: Any, feature: int) -> None:
    """Drop a change that waited too long; where members had decided on it, their trust suffers (E10, E14)."""
    withdraw(project, feature)
    if project.decision[feature] != EMPTY:
        feel_breach(people, project, p)


@telling
def feel_breach(people: Any, project: Any, p: Any) -> None:
    """What a broken promise does to the project and to its citizen members."""
    project.delivery -= OUTCOME_RATE * project.delivery
    project.broken += FRESH_BREACH * (1.0 - project.broken)
    gain = p.trust.strength * p.trust.gain
    for place in range(MAX_SEATS):
        if project.seat[place] != EMPTY and people[project.seat[place]].role == CITIZEN:
            person = people[project.seat[place]]
            person.trust = revised_trust(person.trust, False, gain, p.trust.asymmetry)


@telling
def drop_promises(project: Any, week: int, log: Any) -> None:
    """Withdraw everything that is pending; what members decided on counts as a broken promise."""
    for feature in range(FEATURES):
        if project.pending[feature] != 0:
            withdraw(project, feature)
            if log is not None and project.decision[feature] != EMPTY:
                note_outcome(log, project.where, project.decision[feature], week, False)


@telling
def break_all_promises(people: Any, project: Any, p: Any, week: int, log: Any) -> None:
    """Withdraw everything that was promised: one breach as members feel it, whether or not anything was pending."""
    drop_promises(project, week, log)
    feel_breach(people, project, p)


@telling
def end_project(people: Any, project: Any, week: int, log: Any) -> None:
    """Bring a project to its end: nobody sits in it any more and what was promised is dropped; the service goes on."""
    project.alive = 0
    project.ended_week = week
    project.effort = 0.0
    project.shared_lead = 0.0
    project.facilitator_here = 0
    lose_user_leader(project)
    drop_promises(project, week, log)
    for place in range(MAX_SEATS):
        if project.seat[place] != EMPTY:
            unseat(people, project, place)


@telling
def may_end(people: Any, project: Any, p: Any, seed: int, week: int, log: Any) -> None:
    """Let a project that has little support and effort come to its end (E19)."""
    if project.alive == 0 or p.participation.endings <= 0.5:
        return
    chance = end_chance(
        project.support,
        project.effort,
        p.participation.end_base,
        p.participation.end_support,
        p.participation.end_effort,
    )
    if uniform(seed, STREAM.shock, name_of(project.key, PROJECT_ROLE, 0), week, 1) < chance:
        end_project(people, project, week, log)


@telling
def deliver(people: Any, project: Any, p: Any, seed: int, week: int, log: Any) -> None:
    """Try to implement every pending change; promises that waited too long are broken (E10)."""
    burnout = mean_burnout(people, project)
    name = name_of(project.key, PROJECT_ROLE, 0)
    changed = False
    for feature in range(FEATURES):
        if project.pending[feature] == 0 or project.adopted_week[feature] >= week:
            continue
        chance = implementation_chance(
            project.support,
            project.effort,
            buy_in(people, project, feature),
            burnout,
            p.leadership.implementation_base,
            p.leadership.implementation_support,
            p.leadership.implementation_effort,
            p.leadership.implementation_buy_in,
            p.leadership.implementation_burnout,
        )
        if uniform(seed, STREAM.implementation, name, week, feature) < chance:
            implement(people, project, p, seed, week, feature)
            changed = True
            if log is not None and project.decision[feature] != EMPTY:
                note_outcome(log, project.where, project.decision[feature], week, True)
        elif is_promise_broken(week - project.adopted_week[feature], p.leadership.promise_weeks):
            give_up(people, project, p, feature)
            if log is not None and project.decision[feature] != EMPTY:
                note_outcome(log, project.where, project.decision[feature], week, False)
    if changed:
        revise_goals(project)


LINKS = (
    Link("adopted changes", "implemented changes", +1, "deliver.project"),
    Link("survival", "membership", +1, "-end_project.project"),
)
