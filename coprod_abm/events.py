"""Events that happen to people rather than to parameters: leaders who leave or arrive, and promises withdrawn."""

from typing import Any

from coprod_abm.compiled import telling
from coprod_abm.delivery import break_all_promises
from coprod_abm.membership import lose_user_leader, seat_of, unseat
from coprod_abm.state import EMPTY
from coprod_abm.week import (
    ADD,
    FACILITATOR_ARRIVES,
    FACILITATOR_LEAVES,
    PROMISE_BROKEN,
    SET,
    SPONSOR_ARRIVES,
    SPONSOR_LEAVES,
    USER_LEADER_LEAVES,
    lose_sponsor,
)


@telling
def changes_parameter(event: Any) -> bool:
    """Whether an event sets or moves a parameter; all others happen to people."""
    return event.kind in (SET, ADD)


@telling
def happen(event: Any, people: Any, project: Any, p: Any, week: int, log: Any) -> None:
    """Let an event that changes no parameter happen to a project; whoever is not there cannot leave."""
    if event.kind == SPONSOR_LEAVES and project.sponsor_here == 1:
        lose_sponsor(project, p)
    elif event.kind == SPONSOR_ARRIVES and p.leadership.sponsor > 0.0:
        project.sponsor_here = 1
    elif event.kind == FACILITATOR_LEAVES:
        project.facilitator_here = 0
    elif event.kind == FACILITATOR_ARRIVES and p.leadership.facilitator > 0.0:
        project.facilitator_here = 1
    elif event.kind == USER_LEADER_LEAVES and project.user_leader != EMPTY:
        place = seat_of(project, project.user_leader)
        if place != EMPTY:
            unseat(people, project, place)
        lose_user_leader(project)
    elif event.kind == PROMISE_BROKEN:
        break_all_promises(people, project, p, week, log)
