"""One meeting told once: attendance → floor → voice and uptake → agenda → decision → what it does to people (E2–E8, E12)."""

from typing import Any

from coprod_abm.aftermath import feel_meeting
from coprod_abm.arithmetic import exponential
from coprod_abm.causes import Link
from coprod_abm.collective import common_views
from coprod_abm.compiled import telling
from coprod_abm.draws import PROJECT_ROLE, STREAM, name_of, uniform
from coprod_abm.floor import has_floor, take_turn, weigh_floor
from coprod_abm.log import ACT, close_minutes, open_minutes, write_act
from coprod_abm.means import lack_of_time
from coprod_abm.rules.leadership import compressed_status, meeting_hours, shared_lead
from coprod_abm.rules.participation import attend_chance
from coprod_abm.rules.power import can_meet
from coprod_abm.service import CITIZEN, FEATURES, LEADER, PROFESSIONAL, ROLES
from coprod_abm.state import EMPTY, MAX_SEATS
from coprod_abm.vote import chairs_choice, decide

QUORUM = 3


@telling
def clear(room: Any) -> None:
    """Empty the room: nobody sits in it and nothing has been said."""
    for place in range(MAX_SEATS):
        room.turns[place] = 0.0
        room.ballot[place] = 0.0
    for feature in range(FEATURES):
        room.mentioned[feature] = 0
        room.staff_view[feature] = 0.0
    for role in range(ROLES):
        room.yes[role] = 0.0
        room.present[role] = 0.0


@telling
def attends(person: Any, project: Any, p: Any, seed: int, week: int) -> bool:
    """Whether a member comes to this meeting (E2)."""
    chance = attend_chance(
        person.efficacy,
        person.trust,
        lack_of_time(person, project, p),
        person.burnout,
        p.participation.attend_base,
        p.participation.attend_motive,
        p.participation.attend_time,
        p.participation.attend_burnout,
    )
    name = name_of(project.key, person.role, person.number)
    return uniform(seed, STREAM.attendance, name, week, 0) < chance


@telling
def gather(people: Any, project: Any, p: Any, seed: int, week: int, room: Any) -> int:
    """Seat those who come; returns how many. A user leader has raised status."""
    count = 0
    for place in range(MAX_SEATS):
        index = project.seat[place]
        if index == EMPTY:
            continue
        person = people[index]
        if attends(person, project, p, seed, week):
            room.person[count] = index
            room.place[count] = place
            raised = p.leadership.user_leader_status if index == project.user_leader else 0.0
            room.status[count] = person.status + raised
            room.present[person.role] += 1.0
            count += 1
    return count


@telling
def share_status(room: Any, count: int, compression: float) -> None:
    """Compress status differences towards the mean of the room where leadership is shared."""
    total = 0.0
    for s in range(count):
        total += room.status[s]
    for s in range(count):
        room.status[s] = compressed_status(room.status[s], total / count, compression)


@telling
def note_staff_view(people: Any, room: Any, count: int) -> None:
    """The mean belief of the professionals present, per feature; 0 where none is present (E8)."""
    staff = room.present[PROFESSIONAL]
    if staff == 0.0:
        return
    for s in range(count):
        person = people[room.person[s]]
        if person.role == PROFESSIONAL:
            for feature in range(FEATURES):
                room.staff_view[feature] += person.beliefs[feature] / staff


@telling
def facilitation_today(project: Any, p: Any, seed: int, week: int) -> float:
    """Facilitation at this meeting: that of the facilitator where one is present, or what the members do themselves."""
    name = name_of(project.key, PROJECT_ROLE, 0)
    if project.facilitator_here == 1 and uniform(seed, STREAM.attendance, name, week, 0) < p.leadership.facilitator:
        return max(p.leadership.facilitation, project.shared_lead)
    return project.shared_lead


@telling
def note_shared_lead(people: Any, project: Any, p: Any) -> None:
    """Work out how far the members lead themselves: direction, alignment and commitment as they stand (collective)."""
    project.shared_lead = 0.0
    if p.leadership.collective > 0.0:
        direction, alignment = common_views(people, project)
        project.shared_lead = shared_lead(direction, alignment, project.effort, p.leadership.collective)


@telling
def drawn_lead(people: Any, room: Any, count: int, lot: float) -> int:
    """Someone present, drawn in proportion to exp(standing): who leads where leadership rotates."""
    total = 0.0
    for s in range(count):
        room.weight[s] = exponential(people[room.person[s]].standing)
        total += room.weight[s]
    return has_floor(room, count, total, lot)


@telling
def choose_lead(people: Any, project: Any, p: Any, seed: int, week: int, room: Any, count: int) -> None:
    """Settle who leads this meeting: the first appointed leader present, or a member where leadership rotates."""
    name = name_of(project.key, PROJECT_ROLE, 0)
    room.lead = EMPTY
    if uniform(seed, STREAM.roles, name, week, 2) < p.leadership.rotation:
        room.lead = drawn_lead(people, room, count, uniform(seed, STREAM.roles, name, week, 3))
        return
    for s in range(count):
        if room.lead == EMPTY and people[room.person[s]].role == LEADER:
            room.lead = s


@telling
def note_attendance(project: Any, room: Any) -> None:
    """Add this meeting to the project's running-year tallies."""
    project.met += 1.0
    project.meetings += 1
    project.attended += room.present[CITIZEN]
    project.due += project.seats[CITIZEN]


@telling
def talk(
    people: Any, project: Any, p: Any, seed: int, week: int, room: Any, count: int, facilitation: float, log: Any
) -> tuple[int, int, int]:
    """Let the room talk; returns the proposal that reaches the agenda as (feature, value, speaker) or feature −1 (E3–E6)."""
    total = weigh_floor(people, p, room, count, facilitation)
    name = name_of(project.key, PROJECT_ROLE, 0)
    feature = EMPTY
    value = 0
    proposer = EMPTY
    raised = 0
    for turn in range(int(p.participation.turns)):
        speaker = has_floor(room, count, total, uniform(seed, STREAM.floor, name, week, turn))
        said = take_turn(people, project, p, seed, week, turn, room, count, speaker, facilitation, total, log)
        if said[0] != EMPTY:
            raised += 1
            if uniform(seed, STREAM.agenda, name, week, turn) * raised < 1.0:
                feature, value = said
                proposer = speaker
    return feature, value, proposer


@telling
def meeting(people: Any, project: Any, p: Any, seed: int, week: int, room: Any, log: Any) -> None:
    """Hold one meeting of a project in ``room`` (see ``ROOM_FIELDS``); ``log`` takes records or is None."""
    clear(room)
    count = gather(people, project, p, seed, week, room)
    if not can_meet(count, int(room.present[CITIZEN]), QUORUM, int(p.power.space), p.power.claimants):
        return
    note_shared_lead(people, project, p)
    choose_lead(people, project, p, seed, week, room, count)
    share_status(room, count, p.leadership.status_compression)
    note_staff_view(people, room, count)
    note_attendance(project, room)
    facilitation = facilitation_today(project, p, seed, week)
    if log is not None:
        open_minutes(log, week, project)
        if facilitation > 0.0:
            write_act(log, -1, EMPTY, LEADER, 0, ACT.facilitate, EMPTY, 0, 0.0, count, EMPTY)
    proposal = talk(people, project, p, seed, week, room, count, facilitation, log)
    proposal = chairs_choice(people, project, p, seed, week, room, proposal)
    adopted = decide(people, project, p, seed, week, room, count, proposal, log)
    feel_meeting(people, project, p, seed, week, room, count, facilitation, proposal[0] != EMPTY, adopted)
    if log is not None:
        hours = meeting_hours(p.participation.meeting_hours, facilitation, p.leadership.facilitation_time)
        close_minutes(log, people, project, room, count, facilitation, hours)


LINKS = (Link("membership", "attendance", +1, "gather.project"),)
