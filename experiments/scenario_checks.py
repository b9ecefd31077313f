"""Whether the events of an arm can happen in a case: within its years, at its sites, to roles that are there."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from coprod_abm.case import Case, CaseError, Event
from coprod_abm.contradictions import check_consistent, check_sites, value_set
from coprod_abm.declare import ParameterError, nearest
from coprod_abm.parameters import Parameters
from coprod_abm.world import check_rules

ROLE_OF = {  # the parameter that says whether the role is there
    "sponsor_leaves": "leadership.sponsor",
    "sponsor_arrives": "leadership.sponsor",
    "facilitator_leaves": "leadership.facilitator",
    "facilitator_arrives": "leadership.facilitator",
    "user_leader_leaves": "leadership.user_leader",
}


def check_arm(name: str, values: Mapping[str, Any], events: Sequence[Event], case: Case) -> None:
    """Refuse an arm that cannot be run in a case.

    Raises:
        CaseError: where an event does not fit the case.
        ParameterError: where settings contradict each other or what the case is; it names arm and case.
    """
    sites = [site.name for site in case.sites]
    for place, event in enumerate(events):
        key = f"events[{place}]"
        if event.week >= case.weeks:
            expected = f"a week from 0 to {case.weeks - 1}: {case.id} lasts {case.weeks} weeks"
            raise CaseError(f"{key}.week", event.week, expected, "Change the week, or choose a case that lasts longer.")
        if event.site and event.site not in sites:
            way_out = f"Name one of {', '.join(sites)}, or leave site out for all.{nearest(event.site, sites)}"
            raise CaseError(f"{key}.site", event.site, f"a site of {case.id}", way_out)
    try:
        params = Parameters().replace(case.rules).replace(values)
        check_consistent(params)
        check_sites(params, case.sites)
        check_rules(params, replace(case, events=(*case.events, *events)))
    except ParameterError as error:
        raise ParameterError(f"Arm {name} in case {case.id}: {error}") from None
    check_roles(params, events, case)


def check_roles(params: Any, events: Sequence[Event], case: Case) -> None:
    """Refuse an event about a role that the arm has removed.

    Raises:
        CaseError: naming the event and the parameter that would bring the role.
    """
    order = sorted(range(len(events)), key=lambda place: events[place].week)  # stable: as the engines take them
    for place in order:
        event = events[place]
        if event.kind in ("set", "add"):
            params = params.replace({event.parameter: value_set(params, event)})
        elif event.kind in ROLE_OF:
            family, _, role = ROLE_OF[event.kind].partition(".")
            if getattr(getattr(params, family), role) <= 0.0:
                raise CaseError(
                    f"events[{place}].kind",
                    event.kind,
                    f"an event about somebody who is there: {ROLE_OF[event.kind]} = 0 in week {event.week} of {case.id}",
                    f"Set {ROLE_OF[event.kind]} above 0 before it, or leave the event out.",
                )
