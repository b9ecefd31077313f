"""Reciprocity: what people get for taking part and how effort answers the effort of others (E1, E2, E9)."""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from coprod_abm.arithmetic import within_unit
from coprod_abm.causes import Link
from coprod_abm.compiled import rule
from coprod_abm.declare import Family, param


class Contribution(IntEnum):
    """How a person's effort answers what others do."""

    conditional = 0
    free_rider = 1
    unconditional = 2


@dataclass
class Reciprocity(Family):
    """Parameters of payment, recognition, feedback and conditional cooperation."""

    family: ClassVar[str] = "reciprocity"

    payment: float = param(
        0.0,
        low=0,
        high=60,
        unit="€ per hour",
        meaning="payment to citizens for their time",
        source="assumption: range of public involvement payments",
    )
    expenses: float = param(
        0.5,
        low=0,
        high=1,
        unit="share",
        meaning="share of citizens' costs of taking part that is covered",
        source="assumption",
    )
    recognition: float = param(
        0.3,
        low=0,
        high=1,
        unit="share",
        meaning="how far contributions are seen and acknowledged",
        source="assumption",
    )
    time_credits: float = param(
        0.0,
        low=0,
        high=1,
        unit="hours per hour",
        meaning="hours of help from others that citizens earn with each hour they give",
        source="assumption: time banking",
    )
    credit_to_time: float = param(
        0.75,
        low=0,
        high=3,
        unit="hours per week per credit",
        meaning="time that help from others frees where an hour is credited for each hour given",
        source="assumption",
    )
    payment_to_time: float = param(
        0.04,
        low=0,
        high=0.2,
        unit="hours per week per € per hour",
        meaning="how much payment frees the time of people who lack it",
        source="Jakobsen 2013, 10.1093/jopart/mus036 (sign)",
    )
    feedback_loop: float = param(
        0.5,
        low=0,
        high=1,
        unit="probability",
        meaning="chance that members hear what became of what was said and decided",
        source="assumption; Bombard 2018, 10.1186/s13012-018-0784-z (need)",
    )
    conditional_share: float = param(
        0.5,
        low=0,
        high=1,
        unit="share",
        meaning="people whose effort follows their belief about others' effort",
        source="Fischbacher, Gächter & Fehr 2001: about half",
    )
    free_rider_share: float = param(
        0.3,
        low=0,
        high=1,
        unit="share",
        meaning="people who give no effort between meetings",
        source="Fischbacher, Gächter & Fehr 2001: about 30 %",
    )
    base_effort: float = param(
        0.1,
        low=0,
        high=1,
        unit="share of free time",
        meaning="effort a conditional cooperator gives whatever others do (a0)",
        source="assumption",
    )
    matching: float = param(
        0.8,
        low=0,
        high=1,
        unit="slope",
        meaning="how closely a conditional cooperator matches the effort expected of others (a1 < 1: imperfect)",
        source="Fischbacher & Gächter 2010, 10.1257/aer.100.1.541",
    )
    unconditional_effort: float = param(
        0.5,
        low=0,
        high=1,
        unit="share of free time",
        meaning="effort that an unconditional cooperator gives",
        source="assumption",
    )
    expectation_rate: float = param(
        0.2,
        low=0,
        high=1,
        unit="per week",
        meaning="how fast beliefs about others' effort follow what others do",
        source="Fischbacher & Gächter 2010 (form)",
    )
    recognition_to_effort: float = param(
        0.15,
        low=0,
        high=1,
        unit="change",
        meaning="effort added to conditional cooperators' base where contributions are fully recognised",
        source="Judge & Piccolo 2004: contingent reward (sign)",
    )
    strength: float = param(
        1.0,
        low=0,
        high=1,
        unit="strength",
        meaning="how far effort follows what others give; 0 holds it at the mean effort at the start",
        source="a switch for rival theories",
    )


@rule
def available_hours(
    hours: float, payment: float, expenses: float, credited: float, payment_to_time: float, credit_to_time: float
) -> float:
    """Hours a week a citizen can give: unmet costs take up to a third away, payment and credited help free time.

    >>> available_hours(3.0, 0.0, 1.0, 0.0, 0.01, 0.5), available_hours(3.0, 10.0, 1.0, 1.0, 0.01, 0.5)
    (3.0, 3.6)
    """
    return hours * (1.0 - (1.0 - expenses) / 3.0) + payment_to_time * payment + credit_to_time * credited


@rule
def effort(
    contribution: int, expectation: float, free_time: float, burnout: float, base: float, matching: float, given: float
) -> float:
    """Effort between meetings in [0, 1] by contribution type (E9); ``given`` is what unconditional cooperators give.

    >>> effort(1, 0.9, 1.0, 0.0, 0.2, 0.8, 0.5), effort(2, 0.0, 1.0, 0.0, 0.2, 0.8, 0.5)
    (0.0, 0.5)
    """
    if contribution == Contribution.free_rider:
        willing = 0.0
    elif contribution == Contribution.unconditional:
        willing = given
    else:
        willing = within_unit(base + matching * expectation)
    return willing * free_time * (1.0 - burnout)


@rule
def settled_expectation(
    conditional: float, free_riders: float, slack: float, base: float, matching: float, given: float
) -> float:
    """The effort that people come to expect where each sees what all give: the fixed point of mean effort (E9).

    ``slack`` is the mean of free time times strength left; conditional cooperators come first where shares overlap.

    >>> round(settled_expectation(0.5, 0.3, 1.0, 0.0, 0.8, 0.5), 12)
    0.166666666667
    """
    unconditional = max(0.0, 1.0 - conditional - free_riders)
    willing = slack * (unconditional * given + conditional * base)
    return within_unit(willing / max(1e-9, 1.0 - slack * conditional * matching))


@rule
def revised_expectation(expectation: float, others_effort: float, rate: float) -> float:
    """Belief about others' effort after a week of seeing it (E9).

    >>> revised_expectation(0.5, 0.3, 0.5)
    0.4
    """
    return expectation + rate * (others_effort - expectation)


LINKS = (
    Link("expectation", "effort", +1, "effort.expectation"),
    Link("workload", "effort", -1, "effort.-free_time"),
    Link("burnout", "effort", -1, "effort.burnout"),
    Link("effort", "expectation", +1, "revised_expectation.others_effort"),
)
