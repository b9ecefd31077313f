"""One meeting told once: attendance → floor → voice and uptake → agenda → decision → what it does to people (E2–E8, E12)."""

from typing import Any

from coprod_abm.aftermath import feel_meeting
from coprod_abm.compiled import telling
from coprod_abm.draws import PROJECT_ROLE, STREAM, name_of, uniform
from coprod_abm.floor import has_floor, take_turn, weigh_floor
from coprod_abm.log import ACT, close_minutes, open_minutes, write_act
from coprod_abm.rules.leadership import compressed_status
from coprod_abm.rules.participation import attend_chance, time_gap
from coprod_abm.rules.reciprocity import available_hours
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
def free_hours(person: Any, p: Any) -> float:
    """Hours a member can give to this meeting: citizens by their own time and costs, staff by what demand leaves."""
    if person.role == CITIZEN:
        return available_hours(
            person.hours, p.reciprocity.payment, p.reciprocity.expenses, p.reciprocity.payment_to_time
        )
    return max(0.0, p.participation.meeting_hours + person.hours - person.demand)


@telling
def attends(person: Any, project: Any, p: Any, seed: int, week: int) -> bool:
    """Whether a member comes to this meeting (E2)."""
    chance = attend_chance(
        person.efficacy,
        person.trust,
        time_gap(free_hours(person, p), p.participation.meeting_hours),
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
    """Seat those who come; returns how many. A user leader is the citizen on the first seat, with raised status."""
    count = 0
    for place in range(MAX_SEATS):
        index = project.seat[place]
        if index == EMPTY:
            continue
        person = people[index]
        if attends(person, project, p, seed, week):
            room.person[count] = index
            room.place[count] = place
            raised = p.leadership.user_leader_status if place == 0 and p.leadership.user_leader > 0.5 else 0.0
            room.status[count] = person.status + (raised if person.role == CITIZEN else 0.0)
            room.present[person.role] += 1.0
            count += 1
    return count


@telling
def user_leader_in(p: Any, room: Any) -> int:
    """The person who leads as a user in this meeting, −1 where none does."""
    return room.person[0] if room.place[0] == 0 and p.leadership.user_leader > 0.5 else EMPTY


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
    """Facilitation at this meeting: its strength where a facilitator is present, else 0."""
    name = name_of(project.key, PROJECT_ROLE, 0)
    if uniform(seed, STREAM.attendance, name, week, 0) < p.leadership.facilitator:
        return p.leadership.facilitation
    return 0.0


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
    if count < QUORUM:
        return
    share_status(room, count, p.leadership.status_compression)
    note_staff_view(people, room, count)
    note_attendance(project, room)
    facilitation = facilitation_today(project, p, seed, week)
    if log is not None:
        open_minutes(log, week, project)
        if facilitation > 0.0:
            write_act(log, -1, EMPTY, LEADER, 0, ACT.facilitate, EMPTY, 0, 0.0, count, EMPTY)
    proposal = talk(people, project, p, seed, week, room, count, facilitation, log)
    proposal = chairs_choice(people, project, p, seed, week, room, count, proposal)
    adopted = decide(people, project, p, seed, week, room, count, proposal, log)
    feel_meeting(people, project, p, seed, week, room, count, facilitation, proposal[0] != EMPTY, adopted)
    if log is not None:
        leader = user_leader_in(p, room)
        close_minutes(log, people, project, room, count, facilitation, p.participation.meeting_hours, leader)
