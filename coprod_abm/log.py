"""The log that engines write acts and decisions into while they run.

Rows go into preallocated arrays; where a log is ``None`` the writing code is not even compiled. A full log keeps counting,
so that the run can be repeated with enough room.
"""

from typing import Any, NamedTuple

import numpy as np

from coprod_abm.compiled import telling
from coprod_abm.service import ROLES


class Acts(NamedTuple):
    """What a person does on the floor, by number."""

    inform_shared: int = 0
    inform_unique: int = 1
    propose: int = 2
    support: int = 3
    challenge: int = 4
    facilitate: int = 5
    decide: int = 6


ACT = Acts()
ACT_ROW = np.dtype(
    [
        ("week", "i4"),
        ("project", "i4"),
        ("meeting", "i4"),
        ("turn", "i4"),
        ("speaker", "i8"),
        ("role", "i1"),
        ("group", "i1"),
        ("act", "i1"),
        ("feature", "i1"),
        ("value", "i1"),
        ("floor_chance", "f8"),
        ("listeners", "i4"),
        ("adopters", "i4", (ROLES,)),
        ("decision", "i8"),
    ],
    align=True,
)

DECISION_ROW = np.dtype(
    [
        ("week", "i4"),
        ("project", "i4"),
        ("meeting", "i4"),
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
        ("implemented_week", "i4"),
        ("broken_week", "i4"),
    ],
    align=True,
)


class Log(NamedTuple):
    """Room for rows, how many were written (``used``: acts, decisions), and where we are (``now``: week, project, meeting)."""

    acts: np.ndarray[Any, np.dtype[Any]]
    decisions: np.ndarray[Any, np.dtype[Any]]
    used: np.ndarray[Any, np.dtype[np.int64]]
    now: np.ndarray[Any, np.dtype[np.int64]]


def empty_log(acts: int, decisions: int) -> Log:
    """A log with room for that many rows."""
    return Log(np.zeros(acts, ACT_ROW), np.zeros(decisions, DECISION_ROW), np.zeros(2, np.int64), np.zeros(3, np.int64))


@telling
def open_minutes(log: Any, week: int, project: int, meeting: int) -> None:
    """Note which meeting the rows to come belong to."""
    log.now[0] = week
    log.now[1] = project
    log.now[2] = meeting


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
    """Add one act; adopters are counted afterwards by :func:`count_adopter`."""
    place = log.used[0]
    log.used[0] += 1
    if place < len(log.acts):
        row = log.acts[place]
        row["week"] = log.now[0]
        row["project"] = log.now[1]
        row["meeting"] = log.now[2]
        row["turn"] = turn
        row["speaker"] = speaker
        row["role"] = role
        row["group"] = group
        row["act"] = act
        row["feature"] = feature
        row["value"] = value
        row["floor_chance"] = floor_chance
        row["listeners"] = listeners
        row["decision"] = decision


@telling
def count_adopter(log: Any, role: int) -> None:
    """Note that a listener of ``role`` moved towards what the last act said."""
    place = log.used[0] - 1
    if place < len(log.acts):
        log.acts[place]["adopters"][role] += 1


@telling
def write_decision(
    log: Any,
    decision: int,
    feature: int,
    value: int,
    origin: int,
    rule: int,
    adopted: bool,
    vetoed: bool,
    feedback: bool,
    proposer: int,
    yes: Any,
    present: Any,
) -> None:
    """Add one decision with its votes by role."""
    place = log.used[1]
    log.used[1] += 1
    if place < len(log.decisions):
        row = log.decisions[place]
        row["week"] = log.now[0]
        row["project"] = log.now[1]
        row["meeting"] = log.now[2]
        row["decision"] = decision
        row["feature"] = feature
        row["value"] = value
        row["origin"] = origin
        row["rule"] = rule
        row["adopted"] = adopted
        row["vetoed"] = vetoed
        row["feedback"] = feedback
        row["proposer"] = proposer
        row["implemented_week"] = -1
        row["broken_week"] = -1
        for role in range(ROLES):
            row["yes"][role] = yes[role]
            row["present"][role] = present[role]


@telling
def note_outcome(log: Any, project: int, decision: int, week: int, kept: bool) -> None:
    """Note in a decision's row when it was implemented, or when its promise was broken."""
    for place in range(min(log.used[1], len(log.decisions)) - 1, -1, -1):
        row = log.decisions[place]
        if row["project"] == project and row["decision"] == decision:
            if kept:
                row["implemented_week"] = week
            else:
                row["broken_week"] = week
            return
