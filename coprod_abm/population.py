"""The population at the start: the parameters of people's first states, and the scalar rules that draw them."""

from dataclasses import dataclass
from typing import ClassVar

from coprod_abm.compiled import rule
from coprod_abm.declare import Family, param
from coprod_abm.rules.reciprocity import Contribution


@dataclass
class Population(Family):
    """Parameters of the initial state; a case may set them, calibration may estimate them."""

    family: ClassVar[str] = "population"

    citizen_efficacy: float = param(
        0.45, low=0, high=1, unit="mean", meaning="citizens' efficacy at the start", source="assumption"
    )
    citizen_trust: float = param(
        0.6,
        low=0,
        high=1,
        unit="mean",
        meaning="citizens' trust in professionals and leaders at the start",
        source="Hälso- och sjukvårdsbarometern 2019: 60 % great or very great confidence",
    )
    satisfaction: float = param(
        0.49,
        low=0,
        high=1,
        unit="mean",
        meaning="satisfaction at the start",
        source="set to where everyday encounters with the service as it starts keep it",
    )
    seldom_heard_gap: float = param(
        0.08,
        low=0,
        high=0.4,
        unit="change",
        meaning="how much lower efficacy and trust start in groups seldom heard",
        source="assumption",
    )
    citizen_hours: float = param(
        3.0,
        low=0,
        high=20,
        unit="hours per week",
        meaning="time a citizen could give",
        source="Ersta Sköndal 2019: 18 hours a month among volunteers",
    )
    seldom_heard_hours: float = param(
        0.8,
        low=0,
        high=2,
        unit="ratio",
        meaning="time available in groups seldom heard relative to the majority",
        source="assumption",
    )
    spread: float = param(
        0.15, low=0, high=0.3, unit="SD", meaning="spread of starting states between people", source="assumption"
    )
    professional_openness: float = param(
        0.5,
        low=0,
        high=1,
        unit="mean",
        meaning="professionals' openness to sharing power at the start",
        source="assumption",
    )
    staff_efficacy: float = param(
        0.55, low=0, high=1, unit="mean", meaning="efficacy of professionals and leaders", source="assumption"
    )
    staff_trust: float = param(
        0.6, low=0, high=1, unit="mean", meaning="trust among professionals and leaders", source="assumption"
    )
    professional_status: float = param(
        1.0, low=0, high=2, unit="status", meaning="mean status of professionals", source="scale of the model"
    )
    leader_status: float = param(
        1.4, low=0, high=2, unit="status", meaning="mean status of leaders", source="scale of the model"
    )
    status_spread: float = param(
        0.15, low=0, high=0.5, unit="SD", meaning="spread of status within a role", source="assumption"
    )
    working_hours: float = param(
        36.0, low=10, high=60, unit="hours per week", meaning="capacity of a professional", source="assumption"
    )
    burnout: float = param(
        0.25,
        low=0,
        high=1,
        unit="mean",
        meaning="professionals' burnout at the start",
        source="assumption; NHS Staff Survey 2012–2019: 36–40 % unwell from work stress",
    )
    own_knowledge: float = param(
        0.6,
        low=0,
        high=1,
        unit="probability",
        meaning="chance to hold a belief on a feature of one's own domain",
        source="assumption",
    )
    own_error: float = param(
        0.1,
        low=0,
        high=1,
        unit="probability",
        meaning="chance that a belief in one's own domain is wrong",
        source="assumption",
    )
    status_quo: float = param(
        0.4,
        low=0,
        high=1,
        unit="probability",
        meaning="chance that staff believe in the service as it is outside their own domain",
        source="assumption",
    )
    fit_technical: float = param(
        0.7,
        low=0,
        high=1,
        unit="probability",
        meaning="chance that a technical or organisational feature is right at the start",
        source="assumption",
    )
    fit_experiential: float = param(
        0.5,
        low=0,
        high=1,
        unit="probability",
        meaning="chance that an experiential feature is right at the start",
        source="assumption",
    )
    fit_gap: float = param(
        0.1,
        low=0,
        high=0.5,
        unit="change",
        meaning="how much less often features of groups seldom heard are right at the start",
        source="assumption",
    )
    national_truth: float = param(
        0.5,
        low=0,
        high=1,
        unit="share",
        meaning="share of features for which the same works everywhere in the nation",
        source="assumption",
    )
    regional_truth: float = param(
        0.3,
        low=0,
        high=1,
        unit="share",
        meaning="share of features for which the same works within a region",
        source="assumption",
    )
    safety: float = param(
        0.55,
        low=0,
        high=1,
        unit="share",
        meaning="psychological safety at the start",
        source="set to where the defaults settle, so that a start shows no trend and a held climate is the usual one",
    )


@rule
def spread_about(mean: float, spread: float, first: float, second: float) -> float:
    """A value with the given mean and SD from two uniform draws (triangular: var(u1 + u2 − 1) = 1/6).

    >>> spread_about(0.6, 0.1, 0.5, 0.5)
    0.6
    """
    return mean + spread * 2.449489742783178 * (first + second - 1.0)


@rule
def identity_group(draw: float, majority: float, first: float) -> int:
    """Identity group from one uniform draw and the shares of the first two groups.

    >>> identity_group(0.1, 0.8, 0.1), identity_group(0.85, 0.8, 0.1), identity_group(0.95, 0.8, 0.1)
    (0, 1, 2)
    """
    if draw < majority:
        return 0
    return 1 if draw < majority + first else 2


@rule
def contribution_type(draw: float, conditional: float, free_riders: float) -> int:
    """Contribution type from one uniform draw; whoever is neither conditional nor a free rider is unconditional.

    >>> contribution_type(0.4, 0.5, 0.3), contribution_type(0.7, 0.5, 0.3), contribution_type(0.9, 0.5, 0.3)
    (<Contribution.conditional: 0>, <Contribution.free_rider: 1>, <Contribution.unconditional: 2>)
    """
    if draw < conditional:
        return Contribution.conditional
    return Contribution.free_rider if draw < conditional + free_riders else Contribution.unconditional
