"""Representation: who is asked to take an empty seat, and the ties through which people are found (E1 invitations, E18)."""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from coprod_abm.compiled import rule
from coprod_abm.declare import Family, choice, param


class RepresentationRule(IntEnum):
    """Whom a project asks when a citizen's seat is empty."""

    self_selected = 0
    sortition = 1
    stratified = 2
    delegate = 3
    usual_suspects = 4


@dataclass
class Representation(Family):
    """Parameters of recruitment to seats and of social ties."""

    family: ClassVar[str] = "representation"

    representation_rule: RepresentationRule = choice(
        RepresentationRule.self_selected,
        meaning="whom a project asks when a citizen's seat is empty",
        source="Keane 2023, 10.1186/s40900-023-00434-5; Jacquet on sortition",
    )
    pool: float = param(
        6.0,
        low=1,
        high=40,
        unit="people",
        meaning="citizens considered for each invitation",
        source="assumption",
    )
    invitations: float = param(
        3.0,
        low=1,
        high=20,
        unit="people per week",
        meaning="invitations sent per week while seats are empty",
        source="assumption",
    )
    quota_equality: float = param(
        1.0,
        low=0,
        high=1,
        unit="weight",
        meaning="stratified seats: 0 shares seats by group size, 1 gives each group the same",
        source="assumption",
    )
    mandate: float = param(
        0.0,
        low=0,
        high=1,
        unit="probability",
        meaning="chance, per feature, that a newly seated citizen takes on what most of the own group asked hold",
        source="assumption: a delegate speaks for the group, not for the person",
    )
    homophily: float = param(
        0.5,
        low=0,
        high=1,
        unit="weight",
        meaning="how much recruitment through ties prefers groups that already sit at the table",
        source="arXiv 1809.06057 (sign)",
    )
    tie_pull: float = param(
        2.0,
        low=0,
        high=10,
        unit="factor",
        meaning="how much a tie to the project raises the chance to be asked",
        source="assumption",
    )
    tie_gain: float = param(
        0.2,
        low=0,
        high=1,
        unit="share",
        meaning="share of the distance to a full tie added by a meeting together or a shared encounter",
        source="assumption",
    )
    tie_decay: float = param(
        0.05,
        low=0,
        high=1,
        unit="per month",
        meaning="share of a tie lost per month without contact",
        source="assumption",
    )


@rule
def seat_quota(population_share: float, groups: int, equality: float) -> float:
    """A group's due share of citizens' seats between its population share and an equal share.

    >>> seat_quota(0.8, 4, 0.0), seat_quota(0.8, 4, 1.0)
    (0.8, 0.25)
    """
    return population_share + equality * (1.0 / groups - population_share)


@rule
def invitation_weight(
    representation_rule: int,
    join_chance: float,
    tie: float,
    tenure: int,
    standing: float,
    group_at_table: float,
    seats_short: float,
    tie_pull: float,
    homophily: float,
) -> float:
    """Relative chance that one candidate of the pool is the one who is asked.

    ``group_at_table`` is the share of seated citizens from the candidate's group, ``seats_short`` how many seats that
    group lacks against its quota, ``tenure`` earlier weeks as a member.

    >>> invitation_weight(1, 0.1, 0.9, 50, 2.0, 1.0, 0.0, 2.0, 0.5)
    1.0
    """
    if representation_rule == RepresentationRule.sortition:
        return 1.0
    if representation_rule == RepresentationRule.stratified:
        return 1.0 if seats_short > 0.0 else 1e-6
    if representation_rule == RepresentationRule.delegate:
        return (1.0 if seats_short > 0.0 else 1e-6) * (1.0 + max(standing, 0.0)) * (1.0 + tie_pull * tie)
    known = 1.0 + tie_pull * tie * (1.0 - homophily + homophily * group_at_table)
    if representation_rule == RepresentationRule.usual_suspects:
        return known * (1.0 + tenure)
    return known * join_chance


@rule
def strengthened_tie(tie: float, gain: float) -> float:
    """A tie after a meeting together or a shared encounter (E18).

    >>> strengthened_tie(0.5, 0.2)
    0.6
    """
    return tie + gain * (1.0 - tie)


@rule
def faded_tie(tie: float, decay: float) -> float:
    """A tie a month later without contact (E18).

    >>> faded_tie(0.5, 0.1)
    0.45
    """
    return tie - decay * tie
