"""Settings that contradict each other, refused with both named before anything runs."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from coprod_abm.declare import ParameterError
from coprod_abm.parameters import declaration
from coprod_abm.rules.power import DecisionRule, Space, seats_by_role
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
        "power.space",
        "power.claim_efficacy",
        lambda p: (
            p.power.space == Space.claimed
            and p.efficacy.strength == 0.0
            and usual_efficacy(p) <= p.power.claim_efficacy
        ),
        "efficacy is held at the citizens' mean, which is too low for anyone to claim a seat",
        "Choose a theory in which efficacy acts, an invited space, or a lower power.claim_efficacy.",
    ),
    Contradiction(
        "power.decision_rule",
        "power.citizen_vote",
        lambda p: p.power.decision_rule == DecisionRule.citizen_control and p.power.citizen_vote == 0.0,
        "citizens decide without a vote",
        "Give citizens a vote (power.citizen_vote=1), or choose another decision rule.",
    ),
)


def usual_efficacy(params: Any) -> float:
    """The most that citizens' efficacy can be where it is held at its mean."""
    return float(params.population.citizen_efficacy)


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


def check_events(params: Any, site: "Site", events: "Iterable[Event]") -> None:
    """Refuse settings that events would bring together and that contradict each other or do not fit the site.

    Raises:
        ParameterError: naming the week, the two settings and the way out.
    """
    settled: dict[tuple[int, str], Any] = {}
    for event in sorted(events, key=lambda one: one.week):
        if event.kind not in {"set", "add"}:
            continue
        before = settled.setdefault((event.week, event.parameter), event.value)
        if event.kind == "set" and before != event.value:
            raise ParameterError(
                f"{event.parameter} = {before} and {event.parameter} = {event.value} contradict each other: both are set "
                f"by events of week {event.week}. Keep one of them."
            )
        params = params.replace({event.parameter: value_set(params, event)})
        try:
            check_consistent(params)
            check_sites(params, [site])
        except ParameterError as error:
            raise ParameterError(f"From the event of week {event.week} on, {error}") from None


def value_set(params: Any, event: "Event") -> Any:
    """The value that an event gives its parameter, within its range."""
    if event.kind == "set":
        return event.value
    found = declaration(event.parameter)
    now = float(getattr(getattr(params, found.family), found.name))
    return min(max(now + event.value, found.low), found.high)


def check_sites(params: Any, sites: "Iterable[Site]") -> None:
    """Refuse rules for a role that a site lacks, and quotas of more groups than there are seats.

    Raises:
        ParameterError: naming the setting and the site.
    """
    for site in sites:
        for setting, role, seats in needed_roles(params, site):
            if seats == 0:
                raise ParameterError(
                    f"{setting} and {_seats_told(params, site, role)} at site {site.name!r} contradict each other: nobody "
                    f"there has the role that the rule is about. Give {role}s a seat, or change the rule."
                )
        check_quotas(params, site)


def seats_of(params: Any, site: "Site") -> tuple[int, int, int]:
    """Seats of citizens, professionals and leaders as the rules lay them out at a site."""
    return seats_by_role(
        site.citizen_seats,
        site.professional_seats,
        site.leader_seats,
        params.power.citizen_seat_share,
        params.power.space,
        params.leadership.appointed,
    )


def needed_roles(params: Any, site: "Site") -> list[tuple[str, str, int]]:
    """Which rules need which role at the table: (setting, role, its seats at the site)."""
    citizens, professionals, leaders = seats_of(params, site)
    rule = params.power.decision_rule
    told = f"power.decision_rule = {rule.name}"
    lead = params.leadership
    needs = [
        (rule == DecisionRule.directive, told, "leader", leaders),
        (rule == DecisionRule.professional_veto, told, "professional", professionals),
        (rule == DecisionRule.citizen_control, told, "citizen", citizens),
        (lead.user_leader > 0.5, "leadership.user_leader = 1", "citizen", citizens),
        (lead.casting_vote > 0.5 and lead.rotation == 0.0, _told(params, "leadership.casting_vote"), "leader", leaders),
        (
            lead.agenda_control > 0.5 and lead.rotation == 0.0,
            _told(params, "leadership.agenda_control"),
            "leader",
            leaders,
        ),
    ]
    return [(setting, role, seats) for needed, setting, role, seats in needs if needed]


def check_quotas(params: Any, site: "Site") -> None:
    """Refuse seats for more citizens than there are, more quotas than seats, and a claim that too few seats can hold.

    Raises:
        ParameterError: naming the two settings.
    """
    share = params.power.citizen_seat_share
    seats = seats_of(params, site)[0]
    shown = f"power.citizen_seat_share = {share:g}" if share >= 0.0 else f"citizen_seats = {seats}"
    if seats > site.citizens:
        raise ParameterError(
            f"{shown} and citizens = {site.citizens} at site {site.name!r} contradict each other: {seats} seats for "
            f"citizens are more than there are. Lower the share, or simulate more citizens."
        )
    chosen = params.representation
    if chosen.representation_rule in QUOTAS and chosen.quota_equality == 1.0 and 0 < seats < GROUPS:
        raise ParameterError(
            f"representation.representation_rule = {chosen.representation_rule.name} and {shown} contradict each "
            f"other at site {site.name!r}: {GROUPS} groups have an equal quota and there are {seats} seats for citizens. "
            f"Give citizens {GROUPS} seats or more, or share seats by group size (representation.quota_equality=0)."
        )
    if params.power.space == Space.claimed and seats < params.power.claimants:
        raise ParameterError(
            f"{_told(params, 'power.claimants')} and {shown} contradict each other at site {site.name!r}: a claimed space "
            f"meets only with that many citizens, and there are {seats} seats for them. Lower the one or raise the other."
        )


def _told(params: Any, key: str) -> str:
    family, _, name = key.partition(".")
    value = getattr(getattr(params, family), name)
    return f"{key} = {getattr(value, 'name', None) or format(value, 'g')}"


def _seats_told(params: Any, site: "Site", role: str) -> str:
    if role == "leader" and params.leadership.appointed <= 0.5:
        return _told(params, "leadership.appointed")
    if role != "leader" and params.power.space == Space.closed:
        return _told(params, "power.space")
    if getattr(site, f"{role}_seats") > 0:
        return _told(params, "power.citizen_seat_share")
    return f"{role}_seats = 0"
