"""The week: the printed order of processes (ODD "process overview"), and the small processes that have no file of their own.

Both engines follow :data:`PROCESSES` in this order. Processes up to ``deliver`` act project by project and touch nothing
outside their project; ``learn_between_levels`` looks at all projects once a month.
"""

from typing import Any

from coprod_abm.arithmetic import held, lowered
from coprod_abm.compiled import telling
from coprod_abm.draws import PROJECT_ROLE, STREAM, name_of, uniform
from coprod_abm.levels import support_level
from coprod_abm.rules.capacity import overload, revised_burnout, weekly_demand
from coprod_abm.rules.efficacy import revised_efficacy
from coprod_abm.rules.leadership import is_filled, neglected, recovered_support
from coprod_abm.rules.participation import is_meeting_due, meeting_interval
from coprod_abm.rules.representation import faded_tie
from coprod_abm.rules.trust import drifted_trust
from coprod_abm.service import ROLES
from coprod_abm.state import EMPTY, MAX_SEATS
from coprod_abm.year import YEAR

MONTH = 4  # weeks

PROCESSES = (
    ("events", "events of the case or scenario set parameters or take the sponsor away"),
    ("shift_reality", "what works changes (turbulence)"),
    ("fade_tallies", "running-year tallies fade by a week"),
    ("lead_week", "sponsor and facilitator may leave or be replaced; support recovers under a sponsor"),
    ("replace_staff", "staff and leaders leave and newcomers begin"),
    ("let_members_leave", "citizen members may leave their seats"),
    ("fill_seats", "empty seats are filled by the representation rule; citizens may choose a user leader"),
    ("staff_week", "demand falls on each professional and leader and moves burnout"),
    ("encounters", "citizens meet professionals one by one"),
    ("meeting", "projects whose meeting is due meet"),
    ("give_effort", "members give effort between meetings"),
    ("deliver", "adopted changes are implemented, or promises break"),
    ("may_end", "a project may come to its end"),
    ("citizen_month", "monthly: ties fade, trust follows needs met, groups see their members' success"),
    ("lead_month", "monthly: what nobody leads loses safety and support"),
    ("socialise", "monthly: staff and members move towards the service as it is run"),
    (
        "learn_from_insiders",
        "monthly: the service takes the view of its better-informed people, where it does so unprompted",
    ),
    ("learn_between_levels", "monthly: projects, regions and nations learn from each other, and their support moves"),
)

SET, SPONSOR_LEAVES, ADD = 0, 1, 2  # kinds of event
SPONSOR_ARRIVES, FACILITATOR_LEAVES, FACILITATOR_ARRIVES, USER_LEADER_LEAVES, PROMISE_BROKEN = 3, 4, 5, 6, 7


@telling
def concerns(event: Any, project: Any, where: int) -> bool:
    """Whether an event happens to this project: it names the case, and the project or all of the case's."""
    return event.case == project.case and event.project in (EMPTY, where)


@telling
def value_after(event: Any, value: float) -> float:
    """A parameter's value after an event: set outright, or moved from where it stands, within its declared range."""
    if event.kind == ADD:
        return min(max(value + event.value, event.low), event.high)
    return event.value


@telling
def is_month(week: int) -> bool:
    """Whether monthly processes act in this week."""
    return week % MONTH == 0


@telling
def lose_sponsor(project: Any, p: Any) -> None:
    """Let the senior sponsor leave: only a part of the support remains, and the role is vacant."""
    project.sponsor_here = 0
    left = project.support * p.leadership.sponsor_remainder
    project.support = held(left, project.support, p.leadership.sponsor_strength)


@telling
def lead_week(project: Any, p: Any, seed: int, week: int) -> None:
    """Let sponsor and facilitator leave or be replaced; under a sponsor, support recovers towards its level (E10)."""
    name = name_of(project.key, PROJECT_ROLE, 0)
    was_here = project.sponsor_here == 1
    lot = uniform(seed, STREAM.shock, name, week, 0)
    lead = p.leadership
    is_here = is_filled(was_here, lead.sponsor, lead.sponsor_loss, lead.sponsor_replacement, lot)
    if was_here and not is_here:
        lose_sponsor(project, p)
    elif is_here or lead.sponsor <= 0.0:
        project.sponsor_here = 1 if is_here else 0
        support = recovered_support(project.support, support_level(project, p), lead.support_recovery)
        project.support = held(support, project.support, lead.sponsor_strength)
    lot = uniform(seed, STREAM.roles, name, week, 0)
    there = project.facilitator_here == 1
    there = project.alive == 1 and is_filled(
        there, lead.facilitator, lead.facilitator_loss, lead.facilitator_replacement, lot
    )
    project.facilitator_here = 1 if there else 0


@telling
def lead_month(project: Any, p: Any) -> None:
    """A month's loss of safety and support where nobody leads."""
    if p.leadership.neglect > 0.0:
        safety = neglected(project.safety, p.leadership.neglect)
        project.safety = held(safety, project.safety, p.leadership.climate_strength)
        support = neglected(project.support, p.leadership.neglect)
        project.support = held(support, project.support, p.leadership.sponsor_strength)


@telling
def fade_tallies(project: Any) -> None:
    """Let every running-year tally lose one week's share, so that it holds about the last year."""
    rate = 1.0 / YEAR
    for role in range(ROLES):
        project.voice[role] = lowered(project.voice[role], rate)
        project.hours_spent[role] = lowered(project.hours_spent[role], rate)
    for origin in range(ROLES + 1):
        project.adopted[origin] = lowered(project.adopted[origin], rate)
    for place in range(MAX_SEATS):
        project.spoken[place] = lowered(project.spoken[place], rate)
    project.experiential = lowered(project.experiential, rate)
    project.proposals = lowered(project.proposals, rate)
    project.met = lowered(project.met, rate)
    project.attended = lowered(project.attended, rate)
    project.due = lowered(project.due, rate)
    project.encounters = lowered(project.encounters, rate)
    project.shared = lowered(project.shared, rate)
    project.told = lowered(project.told, rate)
    project.moved = lowered(project.moved, rate)
    project.unique = lowered(project.unique, rate)
    project.mentions = lowered(project.mentions, rate)
    project.contrary = lowered(project.contrary, rate)
    project.exits = lowered(project.exits, rate)
    project.staff_exits = lowered(project.staff_exits, rate)
    project.invited = lowered(project.invited, rate)
    project.joined = lowered(project.joined, rate)
    project.broken = lowered(project.broken, rate)
    project.delivery += rate * (
        0.5 - project.delivery
    )  # what became of promises is forgotten within years, as breaches are


@telling
def staff_week(person: Any, project: Any, p: Any, draw: float) -> None:
    """The week of someone on the staff: demand arrives, with what meetings and encounters left over, and moves burnout."""
    demand = weekly_demand(person.hours, p.capacity.workload, p.capacity.workload_noise, draw, person.extra)
    person.demand = held(demand, person.hours, p.capacity.strength)
    person.extra = 0.0
    load = overload(person.demand, person.hours, p.capacity.buffering)
    burnout = revised_burnout(
        person.burnout, load, project.safety, p.capacity.burnout_rate, p.capacity.burnout_recovery
    )
    person.burnout = held(burnout, person.burnout, p.capacity.strength)


@telling
def citizen_month(person: Any, project: Any, p: Any) -> None:
    """A citizen's month: ties fade, trust follows needs met, and one's group is seen to succeed or fail (E13, E14, E18)."""
    person.tie = faded_tie(person.tie, p.representation.tie_decay)
    person.trust = drifted_trust(person.trust, project.goal[person.group], p.trust.strength * p.trust.institutional)
    step = p.efficacy.strength * p.efficacy.vicarious * p.efficacy.reach
    if person.group == project.user_leader_group:
        step = min(1.0, step * (1.0 + p.leadership.user_leader_example))
    seen = project.visible[person.group]
    person.efficacy = revised_efficacy(person.efficacy, seen, step * p.efficacy.gain, step * p.efficacy.loss)


@telling
def meets_today(project: Any, p: Any, week: int) -> bool:
    """Whether this project meets in this week, by its level; one that has ended does not."""
    if project.alive == 0:
        return False
    interval = meeting_interval(
        project.level,
        p.participation.interval_local,
        p.participation.interval_regional,
        p.participation.interval_national,
    )
    return is_meeting_due(week, interval, p.participation.meetings)
