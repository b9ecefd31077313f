"""The log that engines write acts, decisions, meetings, seats, changes and encounters into while they run.

Rows go into preallocated arrays; where a log is ``None`` the writing code is not even compiled. A full log keeps counting,
so that the run can be repeated with enough room. What is noted week by week rather than in a meeting stands in
:mod:`coprod_abm.ledger`.
"""

from typing import Any, NamedTuple

import numpy as np

from coprod_abm.compiled import telling
from coprod_abm.service import FEATURES, ROLES
from coprod_abm.state import EMPTY, MAX_SEATS
from coprod_abm.week import MONTH


class Acts(NamedTuple):
    """What a person does on the floor, by number."""

    inform_shared: int = 0
    inform_unique: int = 1
    propose: int = 2
    support: int = 3
    challenge: int = 4
    facilitate: int = 5
    decide: int = 6
    pass_turn: int = 7  # had the floor and nothing to say


class Tables(NamedTuple):
    """The tables of a log, by their place in ``Log.used``."""

    acts: int = 0
    decisions: int = 1
    meetings: int = 2
    attendance: int = 3
    seats: int = 4
    changes: int = 5
    encounters: int = 6


class Now(NamedTuple):
    """Where in the run we are, by place in ``Log.now``; people by number, −1 for nobody."""

    week: int = 0
    project: int = 1
    meeting: int = 2
    speaker: int = 3  # who had the floor last
    answered: int = 4  # whom the last speaker answered
    proposer: int = 5
    decision: int = 6


ACT = Acts()
TABLE = Tables()
NOW = Now()

MEETING_KEYS = [("week", "i4"), ("project", "i4"), ("meeting", "i4")]
ACT_ROW = np.dtype(
    [
        *MEETING_KEYS,
        ("turn", "i4"),
        ("speaker", "i8"),
        ("role", "i1"),
        ("group", "i1"),
        ("addressee", "i8"),
        ("act", "i1"),
        ("feature", "i1"),
        ("value", "i1"),
        ("floor_chance", "f8"),
        ("listeners", "i4"),
        ("opposed", "i4"),
        ("adopters", "i4", (ROLES,)),
        ("decision", "i8"),
    ],
    align=True,
)

DECISION_ROW = np.dtype(
    [
        *MEETING_KEYS,
        ("decision", "i8"),
        ("feature", "i1"),
        ("value", "i1"),
        ("origin", "i1"),
        ("rule", "i1"),
        ("adopted", "i1"),
        ("vetoed", "i1"),
        ("feedback", "i1"),
        ("proposer", "i8"),
        ("yes", "f8", (ROLES,)),
        ("present", "f8", (ROLES,)),
        ("votes_for", "f8"),
        ("votes", "f8"),
        ("citizen_vote", "f8"),
        ("lead", "i8"),
        ("casting_vote", "i1"),
        ("lot", "f8"),
        ("implemented_week", "i4"),
        ("broken_week", "i4"),
    ],
    align=True,
)

MEETING_ROW = np.dtype(
    [
        *MEETING_KEYS,
        ("facilitation", "f8"),
        ("shared_lead", "f8"),
        ("lead", "i8"),
        ("hours", "f8"),
        ("user_leader", "i8"),
        ("seats", "i4", (ROLES,)),
        ("filled", "i4", (ROLES,)),
        ("present", "i4", (ROLES,)),
        ("safety_before", "f8"),
        ("safety_after", "f8"),
        ("support", "f8"),
        ("decision", "i8"),
    ],
    align=True,
)

ATTENDANCE_ROW = np.dtype(
    [
        *MEETING_KEYS,
        ("person", "i8"),
        ("role", "i1"),
        ("group", "i1"),
        ("seat", "i4"),
        ("status", "f8"),
        ("floor_chance", "f8"),
        ("turns", "i4"),
    ],
    align=True,
)

SEAT_ROW = np.dtype(
    [
        ("week", "i4"),
        ("project", "i4"),
        ("seat", "i4"),
        ("person", "i8"),
        ("role", "i1"),
        ("group", "i1"),
        ("sits", "i1"),
        ("cause", "i1"),
    ],
    align=True,
)

CHANGE_ROW = np.dtype(
    [
        ("week", "i4"),
        ("project", "i4"),
        ("feature", "i1"),
        ("value", "i1"),
        ("what", "i1"),
        ("decision", "i8"),
        ("origin", "i1"),
        ("source", "i8"),
    ],
    align=True,
)

ENCOUNTER_ROW = np.dtype(
    [
        ("week", "i4"),
        ("project", "i4"),
        ("citizen", "i8"),
        ("group", "i1"),
        ("professional", "i8"),
        ("speaking", "f8"),
        ("shared", "i1"),
    ],
    align=True,
)
ROWS = (ACT_ROW, DECISION_ROW, MEETING_ROW, ATTENDANCE_ROW, SEAT_ROW, CHANGE_ROW, ENCOUNTER_ROW)

Array = np.ndarray[Any, np.dtype[Any]]


class Log(NamedTuple):
    """Room for the rows of each table, and what was last written.

    ``used`` counts the rows of each table (see :class:`Tables`), written or not; ``now`` says where we are (see
    :class:`Now`); ``months`` counts encounters and shared ones by month and project; ``safety`` is that at the start of a
    meeting. ``seated``, ``design``, ``pending``, ``changed`` and ``ended`` are each project's seats, service and end
    as last noted.
    """

    acts: Array
    decisions: Array
    meetings: Array
    attendance: Array
    seats: Array
    changes: Array
    encounters: Array
    months: Array
    seated: Array
    design: Array
    pending: Array
    changed: Array
    ended: Array
    used: np.ndarray[Any, np.dtype[np.int64]]
    now: np.ndarray[Any, np.dtype[np.int64]]
    safety: np.ndarray[Any, np.dtype[np.float64]]

    def table(self, name: str) -> Array:
        """The rows written into one table."""
        rows: Array = getattr(self, name)
        return rows[: self.used[getattr(TABLE, name)]]


def empty_log(projects: int, weeks: int, *room: int) -> Log:
    """A log of that many projects and weeks with room for that many rows in each table; the last number fills up the rest."""
    rooms = [*room, *[room[-1]] * (len(ROWS) - len(room))]
    acts, decisions, meetings, attendance, seats, changes, encounters = (
        np.zeros(count, row) for count, row in zip(rooms, ROWS, strict=True)
    )
    return Log(
        acts,
        decisions,
        meetings,
        attendance,
        seats,
        changes,
        encounters,
        months=np.zeros((weeks // MONTH + 1, projects, 2), np.int64),
        seated=np.full((projects, MAX_SEATS), EMPTY, np.int64),
        design=np.zeros((projects, FEATURES), np.int8),
        pending=np.zeros((projects, FEATURES), np.int8),
        changed=np.zeros((projects, FEATURES), np.int8),
        ended=np.zeros(projects, np.int8),
        used=np.zeros(len(ROWS), np.int64),
        now=np.zeros(len(NOW), np.int64),
        safety=np.zeros(1),
    )


@telling
def free_place(log: Any, table: int) -> int:
    """The place of a table's next row; it is counted even where there is no room for it."""
    place = log.used[table]
    log.used[table] += 1
    return place


@telling
def open_minutes(log: Any, week: int, project: Any) -> None:
    """Note which meeting the rows to come belong to."""
    log.now[NOW.week] = week
    log.now[NOW.project] = project.where
    log.now[NOW.meeting] = project.meetings
    log.now[NOW.speaker] = EMPTY
    log.now[NOW.answered] = EMPTY
    log.now[NOW.proposer] = EMPTY
    log.now[NOW.decision] = EMPTY
    log.safety[0] = project.safety


@telling
def write_meeting_key(log: Any, row: Any) -> None:
    """Say in a row which meeting it belongs to."""
    row["week"] = log.now[NOW.week]
    row["project"] = log.now[NOW.project]
    row["meeting"] = log.now[NOW.meeting]


@telling
def addressee_of(log: Any, act: int, speaker: int) -> int:
    """Whom an act is addressed to, −1 for the room: talk answers whoever else had the floor last, votes the proposer."""
    if act in (ACT.inform_shared, ACT.inform_unique, ACT.pass_turn):
        if log.now[NOW.speaker] != speaker:
            log.now[NOW.answered] = log.now[NOW.speaker]
            log.now[NOW.speaker] = speaker
        return log.now[NOW.answered]
    if act == ACT.propose:
        log.now[NOW.proposer] = speaker
    elif act in (ACT.support, ACT.challenge) and log.now[NOW.proposer] != speaker:
        return log.now[NOW.proposer]
    return EMPTY


@telling
def write_act(
    log: Any,
    turn: int,
    speaker: int,
    role: int,
    group: int,
    act: int,
    feature: int,
    value: int,
    floor_chance: float,
    listeners: int,
    decision: int,
) -> None:
    """Add one act; its opponents and adopters are counted afterwards."""
    addressee = addressee_of(log, act, speaker)
    place = free_place(log, TABLE.acts)
    if place < len(log.acts):
        row = log.acts[place]
        write_meeting_key(log, row)
        row["turn"] = turn
        row["speaker"] = speaker
        row["role"] = role
        row["group"] = group
        row["addressee"] = addressee
        row["act"] = act
        row["feature"] = feature
        row["value"] = value
        row["floor_chance"] = floor_chance
        row["listeners"] = listeners
        row["decision"] = decision


@telling
def count_opposed(log: Any) -> None:
    """Note that a listener held another view than the last act stands for."""
    place = log.used[TABLE.acts] - 1
    if place < len(log.acts):
        log.acts[place]["opposed"] += 1


@telling
def count_adopter(log: Any, role: int) -> None:
    """Note that a listener of ``role`` moved towards what the last act said."""
    place = log.used[TABLE.acts] - 1
    if place < len(log.acts):
        log.acts[place]["adopters"][role] += 1


@telling
def lead_of(room: Any) -> int:
    """The person who leads the meeting, −1 where nobody does."""
    return room.person[room.lead] if room.lead != EMPTY else EMPTY


@telling
def write_decision(
    log: Any,
    room: Any,
    decision: int,
    feature: int,
    value: int,
    origin: int,
    rule: int,
    adopted: bool,
    vetoed: bool,
    feedback: bool,
    proposer: int,
    citizen_vote: float,
    casting_vote: float,
    lot: float,
) -> None:
    """Add one decision with its votes by role, weighted and not; ``lot`` is what a lottery drew."""
    log.now[NOW.decision] = decision
    place = free_place(log, TABLE.decisions)
    if place < len(log.decisions):
        row = log.decisions[place]
        write_meeting_key(log, row)
        row["decision"] = decision
        row["feature"] = feature
        row["value"] = value
        row["origin"] = origin
        row["rule"] = rule
        row["adopted"] = adopted
        row["vetoed"] = vetoed
        row["feedback"] = feedback
        row["proposer"] = proposer
        row["votes_for"] = room.votes_for
        row["votes"] = room.votes
        row["citizen_vote"] = citizen_vote
        row["lead"] = lead_of(room)
        row["casting_vote"] = casting_vote > 0.5
        row["lot"] = lot
        row["implemented_week"] = EMPTY
        row["broken_week"] = EMPTY
        for role in range(ROLES):
            row["yes"][role] = room.yes[role]
            row["present"][role] = room.present[role]


@telling
def note_outcome(log: Any, project: int, decision: int, week: int, kept: bool) -> None:
    """Note in a decision's row when it was implemented, or when its promise was broken."""
    for place in range(min(log.used[TABLE.decisions], len(log.decisions)) - 1, -1, -1):
        row = log.decisions[place]
        if row["project"] == project and row["decision"] == decision:
            if kept:
                row["implemented_week"] = week
            else:
                row["broken_week"] = week
            return


@telling
def write_attendance(log: Any, people: Any, room: Any, count: int) -> None:
    """Add everyone present with seat, status as it acts in this meeting, chance of the floor and turns held."""
    total = 0.0
    for s in range(count):
        total += room.weight[s]
    for s in range(count):
        place = free_place(log, TABLE.attendance)
        if place < len(log.attendance):
            person = people[room.person[s]]
            row = log.attendance[place]
            write_meeting_key(log, row)
            row["person"] = room.person[s]
            row["role"] = person.role
            row["group"] = person.group
            row["seat"] = room.place[s]
            row["status"] = room.status[s]
            row["floor_chance"] = room.weight[s] / total
            row["turns"] = int(room.turns[s])


@telling
def close_minutes(
    log: Any, people: Any, project: Any, room: Any, count: int, facilitation: float, hours: float
) -> None:
    """Add the meeting that ends now, and who was there."""
    write_attendance(log, people, room, count)
    place = free_place(log, TABLE.meetings)
    if place < len(log.meetings):
        row = log.meetings[place]
        write_meeting_key(log, row)
        row["facilitation"] = facilitation
        row["hours"] = hours
        row["shared_lead"] = project.shared_lead
        row["lead"] = lead_of(room)
        row["user_leader"] = project.user_leader
        row["safety_before"] = log.safety[0]
        row["safety_after"] = project.safety
        row["support"] = project.support
        row["decision"] = log.now[NOW.decision]
        for role in range(ROLES):
            row["seats"][role] = project.seats[role]
            row["filled"][role] = 0
            row["present"][role] = int(room.present[role])
        for seat in range(MAX_SEATS):
            if project.seat[seat] != EMPTY:
                row["filled"][people[project.seat[seat]].role] += 1
