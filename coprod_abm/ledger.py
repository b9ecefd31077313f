"""What the log notes from week to week: who sits down and stands up, how the service changes, who meets whom.

Seats and changes are found by comparing a project with what was last noted of it, so that processes need not tell.
"""

from typing import Any, NamedTuple

from coprod_abm.compiled import telling
from coprod_abm.log import TABLE, free_place
from coprod_abm.service import FEATURES
from coprod_abm.state import EMPTY, MAX_SEATS
from coprod_abm.week import MONTH


class Changes(NamedTuple):
    """What happened to a feature of the service, by number."""

    start: int = 0  # as the service is run at the start
    adopted: int = 1  # promised by a decision of the project
    taken_up: int = 2  # promised because another project or a code does it
    implemented: int = 3
    reversed: int = 4  # implemented where an earlier change had been made
    broken: int = 5  # a promise that was not kept
    dropped: int = 6  # a promise that ended without being broken
    from_insiders: int = 7  # the service took the view of its own better-informed people


CHANGE = Changes()


@telling
def write_seat(log: Any, people: Any, project: Any, week: int, seat: int, index: int, sits: int) -> None:
    """Add one sitting down (1) or standing up (0)."""
    place = free_place(log, TABLE.seats)
    if place < len(log.seats):
        row = log.seats[place]
        row["week"] = week
        row["project"] = project.where
        row["seat"] = seat
        row["person"] = index
        row["role"] = people[index].role
        row["group"] = people[index].group
        row["sits"] = sits


@telling
def note_seats(log: Any, people: Any, project: Any, week: int) -> None:
    """Note who stood up and who sat down since the last look."""
    for seat in range(MAX_SEATS):
        before = log.seated[project.where, seat]
        now = project.seat[seat]
        if before == now:
            continue
        if before != EMPTY:
            write_seat(log, people, project, week, seat, before, 0)
        if now != EMPTY:
            write_seat(log, people, project, week, seat, now, 1)
        log.seated[project.where, seat] = now


@telling
def write_change(
    log: Any, project: Any, week: int, feature: int, value: int, what: int, decision: int, origin: int, source: int
) -> None:
    """Add one event in the life of a feature of the service."""
    place = free_place(log, TABLE.changes)
    if place < len(log.changes):
        row = log.changes[place]
        row["week"] = week
        row["project"] = project.where
        row["feature"] = feature
        row["value"] = value
        row["what"] = what
        row["decision"] = decision
        row["origin"] = origin
        row["source"] = source


@telling
def note_beginning(log: Any, people: Any, project: Any) -> None:
    """Note who sits where, and the service as it is run, before the first week."""
    note_seats(log, people, project, 0)
    for feature in range(FEATURES):
        write_change(log, project, 0, feature, project.design[feature], CHANGE.start, EMPTY, EMPTY, EMPTY)
        log.design[project.where, feature] = project.design[feature]


@telling
def promise_ended(log: Any, project: Any, week: int, feature: int) -> int:
    """How a promise ended that was pending at the last look."""
    if project.changed_week[feature] == week:
        return CHANGE.reversed if log.changed[project.where, feature] else CHANGE.implemented
    if project.promises_broken > log.broken[project.where]:
        log.broken[project.where] += 1
        return CHANGE.broken
    return CHANGE.dropped


@telling
def note_changes(log: Any, project: Any, week: int) -> None:
    """Note what was promised, implemented, broken or taken from insiders since the last look."""
    where = project.where
    for feature in range(FEATURES):
        pending = project.pending[feature]
        before = log.pending[where, feature]
        decision = project.decision[feature]
        origin = project.origin[feature]
        source = project.source[feature]
        moved = pending != before
        if moved and before != 0:
            what = promise_ended(log, project, week, feature)
            write_change(log, project, week, feature, before, what, decision, origin, source)
        elif project.design[feature] != log.design[where, feature]:
            write_change(
                log, project, week, feature, project.design[feature], CHANGE.from_insiders, EMPTY, EMPTY, where
            )
        if moved and pending != 0:
            what = CHANGE.taken_up if decision == EMPTY else CHANGE.adopted
            write_change(log, project, week, feature, pending, what, decision, origin, source)
        log.pending[where, feature] = pending
        log.design[where, feature] = project.design[feature]
        log.changed[where, feature] = 1 if project.changed_week[feature] != EMPTY else 0


@telling
def note_encounter(
    log: Any, project: Any, week: int, citizen: int, group: int, staff: int, speaking: float, shared: bool
) -> None:
    """Count an encounter in its month, and add its row where there is room for it."""
    month = (week - 1) // MONTH
    log.months[month, project.where, 0] += 1
    log.months[month, project.where, 1] += 1 if shared else 0
    place = free_place(log, TABLE.encounters)
    if place < len(log.encounters):
        row = log.encounters[place]
        row["week"] = week
        row["project"] = project.where
        row["citizen"] = citizen
        row["group"] = group
        row["professional"] = staff
        row["speaking"] = speaking
        row["shared"] = shared
