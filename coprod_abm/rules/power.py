"""Power: who gets the floor, who speaks up, whose word counts, what reaches the agenda and how it is decided (E3–E8)."""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from coprod_abm.arithmetic import exponential, logistic
from coprod_abm.causes import Link
from coprod_abm.compiled import rule
from coprod_abm.declare import Family, choice, param


class DecisionRule(IntEnum):
    """How votes become a decision (visible power)."""

    directive = 0
    professional_veto = 1
    status_weighted = 2
    majority = 3
    two_thirds = 4
    three_quarters = 5
    consensus = 6
    citizen_control = 7
    lottery = 8


class Space(IntEnum):
    """Who opens the space in which a project meets (Gaventa's closed, invited and claimed spaces)."""

    closed = 0
    invited = 1
    claimed = 2


@dataclass
class Power(Family):
    """Parameters of visible, hidden and invisible power and of status in meetings."""

    family: ClassVar[str] = "power"

    decision_rule: DecisionRule = choice(
        DecisionRule.majority,
        meaning="visible power: how the votes of a meeting become a decision",
        source="Gaventa, powercube; Robertson & Choi 2012, 10.1080/14719037.2011.589619",
    )
    space: Space = choice(
        Space.invited,
        meaning="closed: citizens have no seats; invited: the service asks them in; claimed: citizens open it themselves",
        source="Gaventa 2021, powercube: closed, invited and claimed spaces",
    )
    claimants: float = param(
        3.0,
        low=1,
        high=12,
        unit="people",
        meaning="claimed spaces: citizens who must be there for a meeting to be held",
        source="assumption",
    )
    claim_efficacy: float = param(
        0.6,
        low=0,
        high=1,
        unit="share",
        meaning="claimed spaces: efficacy above which a citizen takes a seat unasked",
        source="assumption; Parrado 2013 (sign)",
    )
    agenda_access: float = param(
        0.5,
        low=0,
        high=1,
        unit="probability",
        meaning="hidden power: share of citizens' problems that reach the agenda",
        source="assumption; Arnstein rungs in evidence on participation",
    )
    invisible: float = param(
        0.1,
        low=0,
        high=1,
        unit="weight",
        meaning="invisible power: shift of citizens' expressed views towards the professionals' mean",
        source="assumption; Gaventa, powercube",
    )
    citizen_vote: float = param(
        1.0,
        low=0,
        high=1,
        unit="votes",
        meaning="weight of a citizen's vote beside one vote of a professional",
        source="Arnstein 1969, rungs as vote weights (assumption)",
    )
    citizen_seat_share: float = param(
        -1.0,
        low=-1,
        high=1,
        unit="share of seats",
        meaning="share of seats held by citizens; any negative value keeps the seats of the case",
        source="Arnstein 1969, rungs as seat shares (assumption)",
    )
    floor_gradient: float = param(
        1.9,
        low=0,
        high=5,
        unit="log odds per unit of status",
        meaning="how strongly status and standing decide who gets the floor",
        source="Bales, participation hierarchy: top of six holds about .43 of the acts",
    )
    status_weight: float = param(
        0.4,
        low=0,
        high=1,
        unit="weight",
        meaning="share of a claim to the floor that rests on status rather than on standing in the group",
        source="assumption; Skvoretz & Fararo 1996",
    )
    standing_rate: float = param(
        0.3,
        low=0,
        high=1,
        unit="per meeting",
        meaning="how fast standing in the group follows one's own share of the talk",
        source="assumption; Skvoretz & Fararo 1996",
    )
    voice_base: float = param(
        -0.3,
        low=-4,
        high=4,
        unit="log odds",
        meaning="readiness to bring up what only one's own side knows",
        source="Lu 2012, 10.1177/1088868311417243: shared items dominate",
    )
    voice_safety: float = param(
        2.0,
        low=0,
        high=6,
        unit="log odds per unit",
        meaning="effect of psychological safety on speaking up",
        source="Nembhard & Edmondson 2006, 10.1002/job.413 (sign)",
    )
    voice_efficacy: float = param(
        3.0,
        low=0,
        high=8,
        unit="log odds per unit",
        meaning="effect of efficacy on speaking up",
        source="Parrado 2013, 10.1080/10967494.2013.796260 (sign)",
    )
    voice_barrier: float = param(
        1.0,
        low=0,
        high=4,
        unit="log odds per unit of status",
        meaning="how much a status gap silences the lower side",
        source="O'Shea 2019, 10.3389/fsoc.2019.00038 (sign)",
    )
    uptake_rate: float = param(
        0.35,
        low=0,
        high=1,
        unit="probability",
        meaning="chance that a listener of equal status moves one step towards what was said",
        source="assumption; tuned low so that not everyone agrees within a year",
    )
    deference: float = param(
        0.5,
        low=0,
        high=3,
        unit="log per unit of status",
        meaning="how much more a word counts per unit of status above the listener",
        source="Balkwell, talk and influence follow status (sign)",
    )
    own_resistance: float = param(
        0.85,
        low=0,
        high=1,
        unit="probability",
        meaning="chance that a belief from one's own experience or training resists an argument",
        source="assumption; without it power rules stop mattering within a year",
    )
    citizens_word: float = param(
        1.0,
        low=0,
        high=2,
        unit="factor",
        meaning="how much a citizen's word counts with professionals and leaders beside a word among equals",
        source="Arnstein 1969, rungs as uptake (assumption)",
    )
    staff_word: float = param(
        1.0,
        low=0,
        high=3,
        unit="factor",
        meaning="how much a professional's or leader's word counts with citizens beside a word among equals",
        source="Arnstein 1969, rungs as uptake (assumption); 2 where citizens are there to be changed",
    )
    vote_sharpness: float = param(
        2.0,
        low=0,
        high=8,
        unit="log odds",
        meaning="how firmly people vote for what they believe works",
        source="assumption; acceptance of proposals 40–60 %",
    )
    vote_trust: float = param(
        1.5,
        low=0,
        high=6,
        unit="log odds per unit",
        meaning="effect of trust in the proposer on support",
        source="assumption",
    )
    vote_threshold: float = param(
        0.25,
        low=-2,
        high=4,
        unit="log odds",
        meaning="caution: evidence a proposal needs beyond even odds",
        source="assumption; tuned so that 40–60 % of proposals are accepted",
    )
    floor_strength: float = param(
        1.0,
        low=0,
        high=1,
        unit="strength",
        meaning="how far status and standing decide who gets the floor; 0 gives everyone the same chance",
        source="a switch for rival theories",
    )
    voice_strength: float = param(
        1.0,
        low=0,
        high=1,
        unit="strength",
        meaning="how far speaking up follows efficacy, safety, status and facilitation; 0 holds it at its usual chance",
        source="a switch for rival theories",
    )
    uptake_strength: float = param(
        1.0,
        low=0,
        high=1,
        unit="strength",
        meaning="how far uptake follows trust, openness and status; 0 takes everyone's word at the rate among equals",
        source="a switch for rival theories",
    )


@rule
def claim_to_floor(status: float, standing: float, status_weight: float) -> float:
    """Claim to the floor z from status and standing (E3), in units of status.

    >>> claim_to_floor(1.0, 0.5, 0.4)
    0.7
    """
    return status_weight * status + (1.0 - status_weight) * standing


@rule
def floor_weight(claim: float, gradient: float) -> float:
    """Relative chance to get the floor, exp(γ'·z) (E3).

    >>> floor_weight(3.0, 0.0)
    1.0
    """
    return exponential(gradient * claim)


@rule
def revised_standing(standing: float, share: float, present: int, rate: float) -> float:
    """Standing after a meeting: it moves towards n·own share − 1, 0 for an equal share and at most 1 (E3).

    Without the bound the target grows with the room, and the one who talks most ends up alone on the floor.

    >>> revised_standing(0.0, 0.5, 4, 0.5)
    0.5
    """
    return standing + rate * (min(2.0, present * share) - 1.0 - standing)


@rule
def speaking_up_chance(
    efficacy: float,
    safety: float,
    status_gap: float,
    base: float,
    from_safety: float,
    from_efficacy: float,
    barrier: float,
    encouragement: float,
) -> float:
    """Chance to say what only one's own side knows (E0, E4); ``status_gap`` ≥ 0 is the distance to the highest present.

    >>> speaking_up_chance(0.5, 0.5, 0.0, 0.0, 2.0, 3.0, 1.0, 0.0)
    0.5
    """
    return logistic(
        base + from_safety * (safety - 0.5) + from_efficacy * (efficacy - 0.5) + encouragement - barrier * status_gap
    )


@rule
def uptake_chance(rate: float, deference: float, status_lead: float, regard: float) -> float:
    """Chance that a listener moves one step towards the speaker (E5); ``regard`` is the listener's trust in [0, 1].

    >>> uptake_chance(0.3, 0.5, 0.0, 0.5)
    0.3
    """
    return min(1.0, rate * exponential(deference * status_lead) * 2.0 * regard)


@rule
def stepped_belief(belief: int, towards: int) -> int:
    """A belief in {−1, 0, 1} moved one step towards ``towards`` (E5).

    >>> stepped_belief(-1, 1), stepped_belief(0, 1), stepped_belief(1, 1)
    (0, 1, 1)
    """
    if belief < towards:
        return belief + 1
    if belief > towards:
        return belief - 1
    return belief


@rule
def weight_of_word(
    speaker_is_citizen: bool, listener_is_citizen: bool, citizens_word: float, staff_word: float
) -> float:
    """How much a word counts across the line between citizens and staff; 1 among one's own side (E5).

    >>> weight_of_word(True, False, 0.1, 2.0), weight_of_word(False, True, 0.1, 2.0), weight_of_word(True, True, 0.1, 2.0)
    (0.1, 2.0, 1.0)
    """
    if speaker_is_citizen == listener_is_citizen:
        return 1.0
    return citizens_word if speaker_is_citizen else staff_word


@rule
def agenda_chance(is_citizen: bool, has_agenda_right: bool, access: float, space: int) -> float:
    """Chance that a problem raised becomes a proposal (E6, hidden power); in a claimed space the agenda is the citizens'.

    >>> agenda_chance(True, False, 0.2, 1), agenda_chance(False, False, 0.2, 1), agenda_chance(True, True, 0.2, 1)
    (0.2, 1.0, 1.0)
    >>> agenda_chance(True, False, 0.2, 2), agenda_chance(False, False, 0.2, 2)
    (1.0, 0.2)
    """
    is_guest = is_citizen != (space == Space.claimed)
    if is_guest and not has_agenda_right:
        return access
    return 1.0


@rule
def seats_by_role(
    citizens: int, professionals: int, leaders: int, share: float, space: int, appointed: float
) -> tuple[int, int, int]:
    """Seats of citizens, professionals and leaders as the rules lay out those of a site.

    A closed space has none for citizens, without appointed leaders theirs stay empty, and a ``share`` of 0 or more gives
    citizens that share of all; what is left goes to leaders first.

    >>> seats_by_role(6, 5, 1, -1.0, 1, 1.0), seats_by_role(6, 5, 1, 0.25, 1, 1.0), seats_by_role(6, 5, 1, 0.25, 0, 0.0)
    ((6, 5, 1), (3, 8, 1), (0, 5, 0))
    """
    led = leaders if appointed > 0.5 else 0
    if space == Space.closed:
        return 0, professionals, led
    if share < 0.0:
        return citizens, professionals, led
    total = citizens + professionals + led
    given = int(share * total + 0.5)
    led = min(led, total - given)
    return given, total - given - led, led


@rule
def may_sit(efficacy: float, space: int, claim_efficacy: float) -> bool:
    """Whether a citizen can take a seat: in a claimed space only who believes in the own part comes unasked.

    >>> may_sit(0.5, 1, 0.6), may_sit(0.5, 2, 0.6), may_sit(0.7, 2, 0.6), may_sit(0.7, 0, 0.6)
    (True, False, True, False)
    """
    if space == Space.claimed:
        return efficacy > claim_efficacy
    return space == Space.invited


@rule
def can_meet(present: int, citizens: int, quorum: int, space: int, claimants: float) -> bool:
    """Whether enough people are there for a meeting; a claimed space needs enough citizens as well.

    >>> can_meet(4, 2, 3, 1, 3.0), can_meet(4, 2, 3, 2, 3.0), can_meet(2, 2, 3, 1, 3.0)
    (True, False, False)
    """
    return present >= quorum and (space != Space.claimed or citizens >= claimants)


@rule
def with_casting_vote(adopted: bool, yes: float, total: float, leader_favours: bool, casting_vote: float) -> bool:
    """The decision once the leader of the meeting has broken a tie, where there is a casting vote.

    >>> with_casting_vote(False, 3.0, 6.0, True, 1.0), with_casting_vote(False, 2.0, 6.0, True, 1.0)
    (True, False)
    """
    return adopted or (casting_vote > 0.5 and leader_favours and 2.0 * yes == total)


@rule
def expressed_view(belief: float, professionals_view: float, invisible: float) -> float:
    """A citizen's view as expressed, drawn towards the professionals' mean (E8, invisible power).

    >>> expressed_view(1.0, -1.0, 0.25)
    0.5
    """
    return (1.0 - invisible) * belief + invisible * professionals_view


@rule
def support_chance(
    view: float, value: int, regard: float, sharpness: float, from_trust: float, caution: float
) -> float:
    """Chance to vote for a proposal to set a feature to ``value`` (E7).

    >>> support_chance(0.0, 1, 0.5, 2.0, 1.5, 0.0)
    0.5
    """
    return logistic(sharpness * view * value + from_trust * (regard - 0.5) - caution)


@rule
def vote_weight(decision_rule: int, is_citizen: bool, status: float, citizen_vote: float) -> float:
    """Weight of one vote under the decision rule (E7): status counts only where the rule says so.

    >>> vote_weight(3, True, 0.0, 0.5), vote_weight(2, False, 1.0, 1.0)
    (0.5, 1.5)
    """
    weight = citizen_vote if is_citizen else 1.0
    if decision_rule == DecisionRule.status_weighted:
        return weight * (0.5 + max(status, 0.0))
    return weight


@rule
def is_adopted(
    decision_rule: int,
    yes: float,
    total: float,
    citizens_yes: float,
    citizens_total: float,
    professionals_yes: float,
    professionals_total: float,
    leaders_yes: float,
    leaders_total: float,
    lot: float,
) -> bool:
    """Whether the (weighted) votes adopt the proposal (E7); ``lot`` in (0, 1) draws one vote for the lottery.

    From consensus over three quarters and two thirds to majority each rule implies the laxer one.

    >>> is_adopted(3, 5, 9, 0, 0, 0, 0, 0, 0, 0.5), is_adopted(4, 5, 9, 0, 0, 0, 0, 0, 0, 0.5)
    (True, False)
    """
    if total <= 0.0:
        return False
    if decision_rule == DecisionRule.directive:
        if leaders_total > 0.0:
            return 2.0 * leaders_yes > leaders_total
        return professionals_total > 0.0 and 2.0 * professionals_yes > professionals_total
    if decision_rule == DecisionRule.professional_veto:
        blocked = professionals_total > 0.0 and 2.0 * professionals_yes <= professionals_total
        return 2.0 * yes > total and not blocked
    if decision_rule == DecisionRule.two_thirds:
        return 3.0 * yes >= 2.0 * total
    if decision_rule == DecisionRule.three_quarters:
        return 4.0 * yes >= 3.0 * total
    if decision_rule == DecisionRule.consensus:
        return yes >= total
    if decision_rule == DecisionRule.citizen_control:
        return citizens_total > 0.0 and 2.0 * citizens_yes > citizens_total
    if decision_rule == DecisionRule.lottery:
        return lot * total < yes
    return 2.0 * yes > total


LINKS = (
    Link("standing", "voice", +1, "claim_to_floor.standing"),
    Link("voice", "standing", +1, "revised_standing.share"),
    Link("efficacy", "voice", +1, "speaking_up_chance.efficacy"),
    Link("safety", "voice", +1, "speaking_up_chance.safety"),
    Link("shared lead", "voice", +1, "speaking_up_chance.encouragement"),
    Link("efficacy", "membership", +1, "may_sit.efficacy"),
    Link("attendance", "voice", +1, "can_meet.present"),
    Link("efficacy", "shared encounters", +1, "speaking_up_chance.efficacy"),
    Link("safety", "shared encounters", +1, "speaking_up_chance.safety"),
    Link("trust", "uptake", +1, "uptake_chance.regard"),
    Link("openness", "uptake", +1, "uptake_chance.regard"),
    Link("uptake", "knowledge", +1, "stepped_belief.towards"),
    Link("shared encounters", "knowledge", +1, "stepped_belief.towards"),
    Link("knowledge", "adopted changes", +1, "support_chance.view"),
    Link("trust", "adopted changes", +1, "support_chance.regard"),
    Link("openness", "adopted changes", +1, "support_chance.regard"),
)
