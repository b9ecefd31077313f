"""Efficacy: the belief that one's own part can change things, learned from success, from peers and by persuasion (E13)."""

from dataclasses import dataclass
from typing import ClassVar

from coprod_abm.compiled import rule
from coprod_abm.declare import Family, param


@dataclass
class Efficacy(Family):
    """Parameters of efficacy feedback."""

    family: ClassVar[str] = "efficacy"

    gain: float = param(
        0.05,
        low=0,
        high=1,
        unit="per event",
        meaning="share of the distance to full efficacy gained by full success (α₊)",
        source="assumption; Bandura 1977, 10.1037/0033-295X.84.2.191 (form)",
    )
    loss: float = param(
        0.035,
        low=0,
        high=1,
        unit="per event",
        meaning="share of efficacy lost by full failure (α₋)",
        source="assumption; set so that everyday encounters alone keep citizens' mean efficacy where it starts",
    )
    encounter_share: float = param(
        0.25,
        low=0,
        high=1,
        unit="share",
        meaning="size of an efficacy step in an everyday encounter beside one in a meeting",
        source="assumption",
    )
    voice_to_success: float = param(
        0.4,
        low=0,
        high=1,
        unit="share",
        meaning="success felt from a decision alone; the rest needs implementation",
        source="assumption",
    )
    vicarious: float = param(
        0.3,
        low=0,
        high=1,
        unit="share",
        meaning="size of an efficacy step from seeing one's own group succeed beside one's own success",
        source="Bandura 1977: vicarious weaker than mastery",
    )
    reach: float = param(
        0.1,
        low=0,
        high=1,
        unit="share per month",
        meaning="how much of members' success is seen by their group outside the project",
        source="assumption",
    )
    strength: float = param(
        1.0,
        low=0,
        high=1,
        unit="strength",
        meaning="how far efficacy differs and follows success; 0 holds it at the population mean",
        source="a switch for rival theories",
    )


@rule
def felt_success(judged: float, implemented: float, from_decision: float) -> float:
    """Success as felt after a meeting: J(.4 + .6·implemented) (E13).

    >>> felt_success(1.0, 0.5, 0.4)
    0.7
    """
    return judged * (from_decision + (1.0 - from_decision) * implemented)


@rule
def revised_efficacy(efficacy: float, success: float, gain: float, loss: float) -> float:
    """Efficacy after an event of ``success`` in [0, 1] (E13): e + α₊·succ·(1−e) − α₋·(1−succ)·e.

    >>> revised_efficacy(0.5, 1.0, 0.1, 0.1), revised_efficacy(0.5, 0.0, 0.1, 0.1)
    (0.55, 0.45)
    """
    return efficacy + gain * success * (1.0 - efficacy) - loss * (1.0 - success) * efficacy
