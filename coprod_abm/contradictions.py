"""Settings that contradict each other, refused with both named before anything runs."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from coprod_abm.declare import ParameterError
from coprod_abm.rules.power import DecisionRule, Space
from coprod_abm.rules.representation import RepresentationRule
from coprod_abm.service import GROUPS

if TYPE_CHECKING:
    from coprod_abm.case_parts import Event, Site

QUOTAS = (RepresentationRule.stratified, RepresentationRule.delegate)


class Contradiction(NamedTuple):
    """Two settings that cannot hold together, why, and the way out; ``holds`` sees the parameters."""

    first: str
    second: str
    holds: Callable[[Any], bool]
    why: str
    way_out: str


CONTRADICTIONS = (
    Contradiction(
        "leadership.appointed",
        "power.decision_rule",
        lambda p: p.leadership.appointed <= 0.5 and p.power.decision_rule == DecisionRule.directive,
        "a directive decision is the leader's, and no leader is appointed",
        "Choose a rule that members can apply, such as power=consensus, or leadership with an appointed leader.",
    ),
    Contradiction(
        "leadership.appointed",
        "leadership.casting_vote",
        lambda p: p.leadership.appointed <= 0.5 and p.leadership.casting_vote > 0.5 and p.leadership.rotation == 0.0,
        "the casting vote belongs to a leader who does not exist",
        "Set leadership.casting_vote=0, or let leadership rotate or be appointed.",
    ),
    Contradiction(
        "leadership.appointed",
        "leadership.agenda_control",
        lambda p: p.leadership.appointed <= 0.5 and p.leadership.agenda_control > 0.5 and p.leadership.rotation == 0.0,
        "the agenda would be set by a leader who does not exist",
        "Set leadership.agenda_control=0, or let leadership rotate or be appointed.",
    ),
    Contradiction(
        "power.space",
        "power.citizen_seat_share",
        lambda p: p.power.space == Space.closed and p.power.citizen_seat_share > 0.0,
        "a closed space has no seats for citizens",
        "Open the space (power.space=invited), or leave the share to the case (power.citizen_seat_share=-1).",
    ),
    Contradiction(
        "power.space",
        "power.decision_rule",
        lambda p: p.power.space == Space.closed and p.power.decision_rule == DecisionRule.citizen_control,
        "citizens decide in a space from which they are shut out",
        "Open the space (power.space=invited), or choose another rule such as power.decision_rule=majority.",
    ),
    Contradiction(
        "power.space",
        "leadership.user_leader",
        lambda p: p.power.space == Space.closed and p.leadership.user_leader > 0.5,
        "a user leader is a citizen with a seat, and a closed space has none",
        "Open the space (power.space=invited), or set leadership.user_leader=0.",
    ),
    Contradiction(
        "power.space",
        "representation.representation_rule",
        lambda p: (
            p.power.space == Space.claimed
            and p.representation.representation_rule
            in {RepresentationRule.stratified, RepresentationRule.sortition, RepresentationRule.delegate}
        ),
        "in a claimed space citizens come unasked, so nobody draws or fills quotas",
        "Choose representation=self_selected or usual_suspects, or an invited space.",
    ),
    Contradiction(
        "power.decision_rule",
        "power.citizen_vote",
        lambda p: p.power.decision_rule == DecisionRule.citizen_control and p.power.citizen_vote == 0.0,
        "citizens decide without a vote",
        "Give citizens a vote (power.citizen_vote=1), or choose another decision rule.",
    ),
)


def check_consistent(params: Any) -> None:
    """Refuse parameters that contradict each other, whatever the case.

    Raises:
        ParameterError: naming the two settings, the reason and the way out.
    """
    for found in CONTRADICTIONS:
        if found.holds(params):
            raise ParameterError(
                f"{_told(params, found.first)} and {_told(params, found.second)} contradict each other: "
                f"{found.why}. {found.way_out}"
            )


def check_events(params: Any, events: "Iterable[Event]") -> None:
    """Refuse settings that events would bring together and that contradict each other.

    Raises:
        ParameterError: naming the week, the two settings and the way out.
    """
    for event in sorted(events, key=lambda one: one.week):
        if event.kind == "set":
            params = params.replace({event.parameter: event.value})
            try:
                check_consistent(params)
            except ParameterError as error:
                raise ParameterError(f"From the event of week {event.week} on, {error}") from None


def check_sites(params: Any, sites: "Iterable[Site]") -> None:
    """Refuse rules for a role that a site lacks, and quotas of more groups than there are seats.

    Raises:
        ParameterError: naming the setting and the site.
    """
    for site in sites:
        for setting, role, seats in needed_roles(params, site):
            if seats == 0:
                raise ParameterError(
                    f"{setting} and {role}_seats = 0 at site {site.name!r} contradict each other: nobody there has the "
                    f"role that the rule is about. Give the site {role}_seats, or change the rule."
                )
        check_quotas(params, site)


def needed_roles(params: Any, site: "Site") -> list[tuple[str, str, int]]:
    """Which rules need which role at the table: (setting, role, its seats at the site)."""
    rule = params.power.decision_rule
    told = f"power.decision_rule = {rule.name}"
    needs: list[tuple[str, str, int]] = []
    if rule == DecisionRule.directive:
        needs.append((told, "leader", site.leader_seats))
    if rule == DecisionRule.professional_veto:
        needs.append((told, "professional", site.professional_seats))
    shares_seats = params.power.citizen_seat_share >= 0.0
    if rule == DecisionRule.citizen_control and not shares_seats:
        needs.append((told, "citizen", site.citizen_seats))
    if params.leadership.user_leader > 0.5 and not shares_seats:
        needs.append(("leadership.user_leader = 1", "citizen", site.citizen_seats))
    return needs


def check_quotas(params: Any, site: "Site") -> None:
    """Refuse seats that cannot hold the citizens, their quotas, or the role that a rule gives them.

    Raises:
        ParameterError: naming the two settings.
    """
    share = params.power.citizen_seat_share
    seats = int(share * site.seats + 0.5) if share >= 0.0 else site.citizen_seats
    if share > 0.0 and seats > site.citizens:
        raise ParameterError(
            f"power.citizen_seat_share = {share:g} and citizens = {site.citizens} at site {site.name!r} contradict each "
            f"other: {seats} seats for citizens are more than there are. Lower the share, or simulate more citizens."
        )
    chosen = params.representation
    if chosen.representation_rule in QUOTAS and chosen.quota_equality == 1.0 and 0 < seats < GROUPS:
        seats_told = f"power.citizen_seat_share = {share:g}" if share >= 0.0 else f"citizen_seats = {seats}"
        raise ParameterError(
            f"representation.representation_rule = {chosen.representation_rule.name} and {seats_told} contradict each "
            f"other at site {site.name!r}: {GROUPS} groups have an equal quota and there are {seats} seats for citizens. "
            f"Give citizens {GROUPS} seats or more, or share seats by group size (representation.quota_equality=0)."
        )
    rule = params.power.decision_rule
    if share >= 0.0 and seats == 0 and (rule == DecisionRule.citizen_control or params.leadership.user_leader > 0.5):
        what = _told(
            params, "power.decision_rule" if rule == DecisionRule.citizen_control else "leadership.user_leader"
        )
        raise ParameterError(
            f"power.citizen_seat_share = {share:g} and {what} contradict each other at site {site.name!r}: no citizen "
            f"has a seat. Raise the share, or change the rule."
        )


def _told(params: Any, key: str) -> str:
    family, _, name = key.partition(".")
    value = getattr(getattr(params, family), name)
    return f"{key} = {getattr(value, 'name', None) or format(value, 'g')}"
