"""Leadership: facilitation, direction and sponsorship, and what they do to the floor, safety and implementation (E10)."""

from dataclasses import dataclass
from typing import ClassVar

from coprod_abm.arithmetic import logistic, within_unit
from coprod_abm.causes import Link
from coprod_abm.compiled import rule
from coprod_abm.declare import Family, param


@dataclass
class Leadership(Family):
    """Parameters of leadership styles and of the leader roles sponsor, facilitator, user leader and chair."""

    family: ClassVar[str] = "leadership"

    dial: float = param(
        -1.0,
        low=-1,
        high=1,
        unit="position",
        meaning="the dial L from directive (0) to facilitative (1) leadership; any negative value leaves it out of use",
        source="Kjellström 2024, 10.1186/s12913-024-10549-4, Table 2: which balance of the two is good? (need)",
    )
    appointed: float = param(
        1.0,
        low=0,
        high=1,
        unit="switch",
        meaning="whether appointed leaders sit in the meetings; without them their seats stay empty",
        source="a switch: collective leadership has no appointed leader",
    )
    rotation: float = param(
        0.0,
        low=0,
        high=1,
        unit="share of meetings",
        meaning="meetings led by a member drawn in proportion to exp(standing) instead of the appointed leader",
        source="Wang 2014, 10.1037/a0034531: shared leadership (form is an assumption)",
    )
    collective: float = param(
        0.0,
        low=0,
        high=1,
        unit="share",
        meaning="how far direction, alignment and commitment among members do what a leader would do",
        source="Kjellström 2024, 10.1186/s12913-024-10549-4, Table 2: emergence of collective leadership (need)",
    )
    safety_collective: float = param(
        0.4,
        low=0,
        high=1,
        unit="change per unit",
        meaning="effect of direction, alignment and commitment on the level psychological safety moves towards",
        source="assumption; Wang 2014: shared leadership and team attitudes (sign)",
    )
    casting_vote: float = param(
        0.0,
        low=0,
        high=1,
        unit="switch",
        meaning="whether the leader of the meeting breaks a tie",
        source="assumption; directive leadership",
    )
    conformity: float = param(
        1.0,
        low=0,
        high=10,
        unit="factor",
        meaning="how much faster than usual people come to believe in the service as it is run",
        source="March 1991, socialisation rate p1 (form); the factor is an assumption",
    )
    inspiration: float = param(
        0.0,
        low=0,
        high=0.5,
        unit="change",
        meaning="effort that an inspiring leader adds whatever others do",
        source="Judge & Piccolo 2004, 10.1037/0021-9010.89.5.755: transformational leadership .44 (sign)",
    )
    reward: float = param(
        0.0,
        low=0,
        high=1,
        unit="change",
        meaning="effort that a promised reward adds among those whose own effort meets the standard",
        source="Judge & Piccolo 2004: contingent reward .39 (sign)",
    )
    reward_standard: float = param(
        0.2,
        low=0,
        high=1,
        unit="share",
        meaning="own effort from which a reward is given",
        source="assumption",
    )
    facilitation_time: float = param(
        0.1,
        low=0,
        high=1,
        unit="share",
        meaning="how much longer a fully facilitated meeting takes",
        source="Boivin 2014, 10.1186/1748-5908-9-24: about 10 % more time (unverified)",
    )
    neglect: float = param(
        0.0,
        low=0,
        high=1,
        unit="per month",
        meaning="share of psychological safety and sponsor support that wears away for want of leading",
        source="assumption; Judge & Piccolo 2004: laissez-faire −.37 (sign)",
    )
    answers: float = param(
        1.0,
        low=0,
        high=1,
        unit="share",
        meaning="share of what became of decisions that leaders pass on to members",
        source="assumption; 0 under laissez-faire leadership",
    )
    facilitation: float = param(
        0.4,
        low=0,
        high=1,
        unit="share",
        meaning="skill and mandate of the facilitator to level the floor and draw people in",
        source="Nembhard & Edmondson 2006, 10.1002/job.413 (sign)",
    )
    facilitator: float = param(
        1.0,
        low=0,
        high=1,
        unit="presence",
        meaning="share of meetings at which the facilitator is present while the role is filled; 0 removes the role",
        source="assumption",
    )
    facilitator_loss: float = param(
        0.004,
        low=0,
        high=0.1,
        unit="per week",
        meaning="chance that the facilitator leaves",
        source="assumption: about a fifth in a year, as other staff",
    )
    facilitator_replacement: float = param(
        0.08,
        low=0,
        high=1,
        unit="per week",
        meaning="chance that a facilitator is found while the role is vacant",
        source="assumption: three months on average",
    )
    floor_levelling: float = param(
        0.7,
        low=0,
        high=1,
        unit="share",
        meaning="how much full facilitation flattens the floor gradient",
        source="assumption; Clarke 2021, bmjopen 11:e042723 (sign)",
    )
    encouragement: float = param(
        1.2,
        low=0,
        high=4,
        unit="log odds",
        meaning="how much full facilitation raises speaking up in meetings",
        source="assumption; Nembhard & Edmondson 2006 (sign)",
    )
    deference_levelling: float = param(
        0.6,
        low=0,
        high=1,
        unit="share",
        meaning="how much full facilitation takes status out of whose word counts",
        source="assumption",
    )
    style_gradient: float = param(
        1.0,
        low=0,
        high=2,
        unit="factor",
        meaning="style's multiplier on the floor gradient; directive leaders steepen it",
        source="assumption; 1.5 for directive leadership",
    )
    agenda_control: float = param(
        0.1,
        low=0,
        high=1,
        unit="probability",
        meaning="chance that the chair sets the proposal from own beliefs",
        source="assumption; high under directive leadership",
    )
    leader_weight: float = param(
        1.0,
        low=0.5,
        high=3,
        unit="factor",
        meaning="how much more a leader's word is taken up, as under transformational leadership",
        source="Judge & Piccolo 2004, 10.1037/0021-9010.89.5.755 (sign)",
    )
    status_compression: float = param(
        0.0,
        low=0,
        high=1,
        unit="share",
        meaning="how far status differences are compressed where leadership is shared",
        source="assumption; Wang 2014, 10.1037/a0034531 (sign)",
    )
    safety_target: float = param(
        0.0,
        low=-0.5,
        high=0.5,
        unit="change",
        meaning="style's effect on the level psychological safety moves towards",
        source="assumption; −.15 directive, +.05 transformational",
    )
    safety_facilitation: float = param(
        0.3,
        low=0,
        high=1,
        unit="change per unit",
        meaning="effect of facilitation on the level psychological safety moves towards",
        source="Nembhard & Edmondson 2006, 10.1002/job.413 (sign)",
    )
    safety_fairness: float = param(
        0.3,
        low=0,
        high=1,
        unit="change per unit",
        meaning="effect of how fair members found the meeting on the level psychological safety moves towards",
        source="assumption",
    )
    safety_rate: float = param(
        0.15,
        low=0,
        high=1,
        unit="per meeting",
        meaning="how fast psychological safety moves towards its level",
        source="assumption",
    )
    sponsor: float = param(
        1.0,
        low=0,
        high=1,
        unit="presence",
        meaning="presence of a senior sponsor, which scales the support given; 0 removes the role",
        source="assumption",
    )
    support: float = param(
        0.7,
        low=0,
        high=1,
        unit="share",
        meaning="support that an established senior sponsor gives",
        source="assumption",
    )
    support_recovery: float = param(
        0.02,
        low=0,
        high=1,
        unit="per week",
        meaning="how fast a new sponsor's support recovers after one has left",
        source="assumption: half recovered after eight months",
    )
    sponsor_replacement: float = param(
        0.06,
        low=0,
        high=1,
        unit="per week",
        meaning="chance that a new sponsor is found while the role is vacant",
        source="assumption: four months on average",
    )
    sponsor_loss: float = param(
        0.0044,
        low=0,
        high=0.1,
        unit="per week",
        meaning="chance that the sponsor leaves",
        source="King's Fund & NHS Providers 2018: median chief-executive tenure three years",
    )
    sponsor_remainder: float = param(
        0.3,
        low=0,
        high=1,
        unit="share",
        meaning="share of support that remains when the sponsor leaves",
        source="assumption",
    )
    user_leader: float = param(
        0.0,
        low=0,
        high=1,
        unit="presence",
        meaning="whether one citizen seat is a user leader with agenda rights and raised status",
        source="Kjellström 2024, 10.1186/s12913-024-10549-4 (need)",
    )
    user_leader_status: float = param(
        0.7, low=0, high=1.4, unit="status", meaning="status a user leader gains", source="assumption"
    )
    user_leader_replacement: float = param(
        0.15,
        low=0,
        high=1,
        unit="per week",
        meaning="chance that the citizens choose a user leader among them while the role is vacant",
        source="assumption",
    )
    user_leader_drift: float = param(
        0.03,
        low=0,
        high=1,
        unit="per meeting and feature",
        meaning="chance that a user leader's view moves one step to what most professionals at the table hold",
        source="O'Shea 2019, 10.3389/fsoc.2019.00038: some lay people align with dominant interests (sign)",
    )
    user_leader_example: float = param(
        1.0,
        low=0,
        high=5,
        unit="factor",
        meaning="how much more a group sees of its members' success while one of them is the user leader",
        source="assumption; Bandura 1977, 10.1037/0033-295X.84.2.191: vicarious experience (form)",
    )
    persuasion: float = param(
        0.1,
        low=0,
        high=1,
        unit="share",
        meaning="share of an efficacy step that encouragement adds per fully facilitated meeting",
        source="Bandura 1977, 10.1037/0033-295X.84.2.191: persuasion weaker than mastery",
    )
    implementation_base: float = param(
        -4.2,
        low=-8,
        high=2,
        unit="log odds per week",
        meaning="base of the weekly chance to implement an adopted change; styles add to it",
        source="assumption; Locock 2014 and Tsianakas 2012: changes take months",
    )
    implementation_support: float = param(
        2.5,
        low=0,
        high=8,
        unit="log odds per unit",
        meaning="effect of sponsor support on implementation",
        source="assumption; ESTHER 2023, 10.1186/s12913-023-09870-1 (sign)",
    )
    implementation_effort: float = param(
        2.0,
        low=0,
        high=8,
        unit="log odds per unit",
        meaning="effect of members' mean effort on implementation",
        source="assumption",
    )
    implementation_buy_in: float = param(
        1.0,
        low=0,
        high=4,
        unit="log odds per unit",
        meaning="effect of the professionals' belief in the change on implementation",
        source="assumption",
    )
    implementation_burnout: float = param(
        2.0,
        low=0,
        high=8,
        unit="log odds per unit",
        meaning="how much burnout among professionals slows implementation",
        source="Green 2020, 10.1136/bmjqs-2019-009570: steps are dropped under load (sign)",
    )
    promise_weeks: float = param(
        78.0,
        low=4,
        high=312,
        unit="weeks",
        meaning="an adopted change not implemented by then is a broken promise",
        source="assumption",
    )
    sponsor_strength: float = param(
        1.0,
        low=0,
        high=1,
        unit="strength",
        meaning="how far support follows what happens to sponsors; 0 holds it where established sponsors put it",
        source="a switch for rival theories",
    )
    climate_strength: float = param(
        1.0,
        low=0,
        high=1,
        unit="strength",
        meaning="how far psychological safety follows facilitation, fairness and style; 0 holds it where it starts",
        source="a switch for rival theories",
    )


@rule
def levelled(gradient: float, facilitation: float, levelling: float, style: float) -> float:
    """The floor gradient under a style and facilitation, γ(1 − .7F)·m (E3).

    >>> levelled(2.0, 1.0, 0.5, 1.0)
    1.0
    """
    return gradient * (1.0 - levelling * facilitation) * style


@rule
def compressed_status(status: float, mean_status: float, compression: float) -> float:
    """Status as it acts in a meeting where leadership is shared.

    >>> compressed_status(1.0, 0.5, 0.5)
    0.75
    """
    return status + compression * (mean_status - status)


@rule
def revised_safety(
    safety: float,
    facilitation: float,
    fairness: float,
    shared_lead: float,
    from_facilitation: float,
    from_fairness: float,
    from_shared_lead: float,
    style: float,
    rate: float,
) -> float:
    """Psychological safety after a meeting: it moves to .4 + effects of facilitation, fairness felt, shared lead and style.

    ``shared_lead`` is how far the members lead themselves, 0 where an appointed leader does it.

    >>> round(revised_safety(0.4, 1.0, 0.5, 0.0, 0.2, 0.3, 0.4, 0.0, 0.5), 12)
    0.5
    """
    level = within_unit(
        0.4
        + from_facilitation * facilitation
        + from_fairness * (fairness - 0.5)
        + from_shared_lead * shared_lead
        + style
    )
    return safety + rate * (level - safety)


@rule
def shared_lead(direction: float, alignment: float, commitment: float, collective: float) -> float:
    """How far the members lead themselves: the mean of direction, alignment and commitment, each in [0, 1].

    >>> round(shared_lead(0.6, 0.9, 0.3, 1.0), 12), shared_lead(0.6, 0.9, 0.3, 0.0)
    (0.6, 0.0)
    """
    return collective * (direction + alignment + commitment) / 3.0


@rule
def meeting_hours(hours: float, facilitation: float, stretch: float) -> float:
    """Hours a meeting takes; drawing people in takes time.

    >>> meeting_hours(3.0, 1.0, 0.1)
    3.3000000000000003
    """
    return hours * (1.0 + stretch * facilitation)


@rule
def neglected(value: float, neglect: float) -> float:
    """Safety or support after a month without anyone who leads.

    >>> neglected(0.5, 0.2)
    0.4
    """
    return value * (1.0 - neglect)


@rule
def rewarded_effort(effort: float, standard: float, reward: float) -> float:
    """Effort where a reward is promised to those who meet the standard (contingent reward), at most 1.

    >>> rewarded_effort(0.3, 0.2, 0.25), rewarded_effort(0.1, 0.2, 0.25)
    (0.55, 0.1)
    """
    return min(1.0, effort + reward) if effort >= standard else effort


@rule
def is_filled(filled: bool, wanted: float, loss: float, replacement: float, lot: float) -> bool:
    """Whether a leader role is filled after this week: its holder may leave, a vacancy may be filled (E10).

    >>> is_filled(True, 1.0, 0.1, 0.5, 0.05), is_filled(False, 1.0, 0.1, 0.5, 0.05), is_filled(True, 0.0, 0.1, 0.5, 0.9)
    (False, True, False)
    """
    if wanted <= 0.0:
        return False
    return lot >= loss if filled else lot < replacement


@rule
def recovered_support(support: float, level: float, rate: float) -> float:
    """Sponsor support one week later; it recovers towards the level of an established sponsor.

    >>> recovered_support(0.2, 0.7, 0.1)
    0.25
    """
    return support + rate * (level - support)


@rule
def mean_support(level: float, loss: float, remainder: float, recovery: float, replacement: float) -> float:
    """Support in the long run where sponsors leave, posts stay vacant for a while and successors recover it.

    Under a sponsor, recovery ρ(L − S) balances losses of (1 − remainder)·S; a vacancy keeps what remained.

    >>> round(mean_support(0.7, 0.02, 0.5, 0.02, 0.06), 4), mean_support(0.7, 0.0, 0.5, 0.02, 0.06)
    (0.4083, 0.7)
    """
    if loss <= 0.0 or recovery <= 0.0:
        return level
    if replacement <= 0.0:
        return level * remainder
    filled = replacement / (replacement + loss)
    led = level * filled * recovery / (recovery + loss * (1.0 - remainder))
    return led * (1.0 + loss * remainder / replacement)


@rule
def implementation_chance(
    support: float,
    effort: float,
    buy_in: float,
    burnout: float,
    base: float,
    from_support: float,
    from_effort: float,
    from_buy_in: float,
    from_burnout: float,
) -> float:
    """Weekly chance that an adopted change is implemented (E10); ``buy_in`` in [−1, 1], the other states in [0, 1].

    >>> implementation_chance(0.5, 0.0, 0.0, 0.0, 0.0, 2.5, 2.0, 1.0, 2.0)
    0.5
    """
    return logistic(
        base + from_support * (support - 0.5) + from_effort * effort + from_buy_in * buy_in - from_burnout * burnout
    )


@rule
def is_promise_broken(weeks_waiting: int, promise_weeks: float) -> bool:
    """Whether a change adopted ``weeks_waiting`` ago and not implemented counts as a broken promise (E10).

    >>> is_promise_broken(78, 78.0), is_promise_broken(79, 78.0)
    (False, True)
    """
    return weeks_waiting > promise_weeks


LINKS = (
    Link("fairness", "safety", +1, "revised_safety.fairness"),
    Link("shared lead", "safety", +1, "revised_safety.shared_lead"),
    Link("uptake", "shared lead", +1, "shared_lead.direction"),
    Link("implemented changes", "shared lead", +1, "shared_lead.alignment"),
    Link("effort", "shared lead", +1, "shared_lead.commitment"),
    Link("shared lead", "workload", +1, "meeting_hours.facilitation"),
    Link("sponsor support", "implemented changes", +1, "implementation_chance.support"),
    Link("effort", "implemented changes", +1, "implementation_chance.effort"),
    Link("knowledge", "implemented changes", +1, "implementation_chance.buy_in"),
    Link("burnout", "implemented changes", -1, "implementation_chance.burnout"),
    Link("implemented changes", "broken promises", -1, "is_promise_broken.-weeks_waiting"),
)
