"""What the log notes from week to week: who sits down and stands up, how the service changes, who meets whom.

Seats and changes are found by comparing a project with what was last noted of it, so that processes need not tell.
"""

from typing import Any, NamedTuple

from coprod_abm.compiled import telling
from coprod_abm.log import TABLE, free_place
from coprod_abm.service import FEATURES
from coprod_abm.state import EMPTY, MAX_SEATS
from coprod_abm.week import MONTH


class Causes(NamedTuple):
    """Why someone sat down or stood up, by number."""

    filled: int = 0  # an empty seat was filled
    left: int = 1  # a citizen left, or a member of staff left the post
    removed: int = 2  # an event took the person away
    ended: int = 3  # the project came to its end


class Changes(NamedTuple):
    """What happened to a feature of the service, by number."""

    start: int = 0  # as the service is run at the start
    adopted: int = 1  # promised by a decision of the project
    taken_up: int = 2  # promised because another project or a code does it
    implemented: int = 3
    reversed: int = 4  # implemented where an earlier change had been made
    broken: int = 5  # a promise that was not kept
    from_insiders: int = 6  # the service took the view of its own better-informed people
    ended: int = 7  # the project came to its end; a row of no feature
    lapsed: int = 8  # taken up from elsewhere and not carried out


CAUSE = Causes()
CHANGE = Changes()


@telling
def write_seat(log: Any, people: Any, project: Any, week: int, seat: int, index: int, sits: int, cause: int) -> None:
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
        row["cause"] = cause


@telling
def note_seats(log: Any, people: Any, project: Any, week: int, cause: int) -> None:
    """Note who stood up, for this cause, and who sat down since the last look."""
    for seat in range(MAX_SEATS):
        before = log.seated[project.where, seat]
        now = project.seat[seat]
        if before == now:
            continue
        if before != EMPTY:
            write_seat(log, people, project, week, seat, before, 0, cause)
        if now != EMPTY:
            write_seat(log, people, project, week, seat, now, 1, CAUSE.filled)
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
    note_seats(log, people, project, 0, CAUSE.filled)
    for feature in range(FEATURES):
        write_change(log, project, 0, feature, project.design[feature], CHANGE.start, EMPTY, EMPTY, EMPTY)
        log.design[project.where, feature] = project.design[feature]


@telling
def note_end_of_promise(log: Any, project: Any, week: int, feature: int, value: int) -> None:
    """Note how a promise ended that was pending at the last look."""
    decision = project.decision[feature]
    what = CHANGE.lapsed if decision == EMPTY else CHANGE.broken
    if project.changed_week[feature] == week:
        what = CHANGE.reversed if log.changed[project.where, feature] == 1 else CHANGE.implemented
    write_change(log, project, week, feature, value, what, decision, project.origin[feature], project.source[feature])


@telling
def note_changes(log: Any, project: Any, week: int) -> None:
    """Note what was promised, implemented, broken or taken from insiders since the last look."""
    where = project.where
    for feature in range(FEATURES):
        pending = project.pending[feature]
        before = log.pending[where, feature]
        if before != 0 and pending == 0:
            note_end_of_promise(log, project, week, feature, before)
        elif project.design[feature] != log.design[where, feature]:
            value = project.design[feature]
            write_change(log, project, week, feature, value, CHANGE.from_insiders, EMPTY, EMPTY, where)
        if before == 0 and pending != 0:
            decision = project.decision[feature]
            what = CHANGE.taken_up if decision == EMPTY else CHANGE.adopted
            source = project.source[feature]
            write_change(log, project, week, feature, pending, what, decision, project.origin[feature], source)
        log.pending[where, feature] = pending
        log.design[where, feature] = project.design[feature]
        log.changed[where, feature] = 1 if project.changed_week[feature] != EMPTY else 0
    if project.alive == 0 and log.ended[where] == 0:
        write_change(log, project, week, EMPTY, 0, CHANGE.ended, EMPTY, EMPTY, EMPTY)
        log.ended[where] = 1


@telling
def note_project(log: Any, people: Any, project: Any, week: int, cause: int) -> None:
    """Note what happened to seats, for this cause, and to the service since the last look."""
    note_seats(log, people, project, week, cause)
    note_changes(log, project, week)


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
