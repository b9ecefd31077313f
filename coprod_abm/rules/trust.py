"""Trust: fairness as it is felt, and the trust, openness and satisfaction that follow from it (E12, E14)."""

from dataclasses import dataclass
from typing import ClassVar

from coprod_abm.arithmetic import lowered, raised, within_unit
from coprod_abm.compiled import rule
from coprod_abm.declare import Family, param


@dataclass
class Trust(Family):
    """Parameters of fairness, trust, openness and satisfaction."""

    family: ClassVar[str] = "trust"

    gain: float = param(
        0.06,
        low=0,
        high=1,
        unit="per event",
        meaning="share of the distance to full trust gained by a positive event (λ)",
        source="assumption",
    )
    asymmetry: float = param(
        2.0,
        low=1,
        high=4,
        unit="ratio",
        meaning="how much more a negative event weighs than a positive one (k)",
        source="Zhu 2023, 10.3389/fpsyg.2023.1207453 (weak evidence, sign)",
    )
    encounter_share: float = param(
        0.25,
        low=0,
        high=1,
        unit="share",
        meaning="size of a trust event in an everyday encounter beside one in a meeting",
        source="assumption",
    )
    directive_fairness: float = param(
        0.75,
        low=0,
        high=1,
        unit="probability",
        meaning="chance that an encounter without shared decisions is still felt as fair",
        source="assumption; GP Patient Survey 2018: 94 % felt involved, 96 % had confidence and trust",
    )
    institutional: float = param(
        0.004,
        low=0,
        high=0.5,
        unit="per month",
        meaning="how fast citizens' trust moves towards the share of their needs that is met",
        source="assumption",
    )
    openness_gain: float = param(
        0.02,
        low=0,
        high=1,
        unit="per event",
        meaning="how much shared work opens professionals to sharing power; failures count by the same asymmetry",
        source="assumption",
    )
    fairness_base: float = param(
        0.25, low=0, high=1, unit="share", meaning="fairness felt without any of its parts", source="assumption"
    )
    fairness_voice: float = param(
        0.3,
        low=0,
        high=1,
        unit="change",
        meaning="effect of one's own voice on fairness",
        source="Lind 1990, 10.1037/0022-3514.59.5.952: voice raises fairness without control",
    )
    fairness_outcome: float = param(
        0.2,
        low=0,
        high=1,
        unit="change",
        meaning="effect of a decision in line with one's own view on fairness",
        source="Lind 1990 (sign)",
    )
    fairness_delivery: float = param(
        0.15,
        low=0,
        high=1,
        unit="change",
        meaning="effect of delivered decisions on fairness",
        source="Bombard 2018 (sign)",
    )
    fairness_feedback: float = param(
        0.15,
        low=0,
        high=1,
        unit="change",
        meaning="effect of hearing what became of it on fairness",
        source="assumption",
    )
    fairness_broken: float = param(
        0.3,
        low=0,
        high=1,
        unit="change",
        meaning="how much fresh broken promises take from fairness",
        source="assumption",
    )
    satisfaction_need: float = param(
        0.5,
        low=0,
        high=1,
        unit="share",
        meaning="share of satisfaction after an encounter that rests on needs met rather than on how it went",
        source="assumption",
    )
    satisfaction_rate: float = param(
        0.1,
        low=0,
        high=1,
        unit="per event",
        meaning="how fast satisfaction follows fairness in meetings and success in encounters",
        source="assumption",
    )
    strength: float = param(
        1.0,
        low=0,
        high=1,
        unit="strength",
        meaning="how far trust and openness differ and follow events; 0 holds them at the population mean",
        source="a switch for rival theories",
    )


@rule
def fairness(
    voice: float,
    in_line: float,
    delivered: float,
    feedback: float,
    broken: float,
    base: float,
    from_voice: float,
    from_outcome: float,
    from_delivery: float,
    from_feedback: float,
    from_broken: float,
) -> float:
    """Fairness felt after a meeting, in [0, 1] (E12); all inputs in [0, 1], ``voice`` 1 at or above an equal share.

    >>> fairness(1.0, 0.0, 0.0, 0.0, 0.0, 0.25, 0.5, 0.2, 0.1, 0.1, 0.3)
    0.75
    """
    return within_unit(
        base
        + from_voice * voice
        + from_outcome * in_line
        + from_delivery * delivered
        + from_feedback * feedback
        - from_broken * broken
    )


@rule
def revised_trust(trust: float, is_positive: bool, gain: float, asymmetry: float) -> float:
    """Trust after one event (E14): T + λ(1−T) if positive, T − kλT if negative.

    >>> revised_trust(0.5, True, 0.1, 2.0), revised_trust(0.5, False, 0.1, 2.0)
    (0.55, 0.4)
    """
    if is_positive:
        return raised(trust, gain)
    return lowered(trust, min(1.0, asymmetry * gain))


@rule
def drifted_trust(trust: float, need_met: float, rate: float) -> float:
    """Institutional part of trust: a month's drift towards the share of needs met.

    >>> drifted_trust(0.5, 0.7, 0.1)
    0.52
    """
    return trust + rate * (need_met - trust)


@rule
def encounter_felt(success: float, need_met: float, from_need: float) -> float:
    """What a citizen takes from an encounter, in [0, 1]: how it went and how far the service meets the own needs.

    >>> encounter_felt(1.0, 0.6, 0.5)
    0.8
    """
    return (1.0 - from_need) * success + from_need * need_met


@rule
def revised_satisfaction(satisfaction: float, felt: float, rate: float) -> float:
    """Satisfaction after an event felt as ``felt`` in [0, 1].

    >>> revised_satisfaction(0.5, 1.0, 0.1)
    0.55
    """
    return satisfaction + rate * (felt - satisfaction)


@rule
def regard(listener_role: int, speaker_role: int, trust: float, openness: float) -> float:
    """A listener's regard for a speaker in [0, 1]: trust across roles, openness towards citizens, .5 among peers (E5, E7).

    >>> regard(0, 1, 0.7, 0.2), regard(1, 0, 0.7, 0.2), regard(1, 1, 0.7, 0.2)
    (0.7, 0.2, 0.5)
    """
    if listener_role == speaker_role:
        return 0.5
    if speaker_role == 0:
        return openness
    return trust
