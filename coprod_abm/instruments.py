"""Simulated instruments: what a survey or register would show of a state, so that like is compared with like.

Each published measure has one instrument. A *share* instrument asks each person and counts those whose answer lies above a
threshold; answers are fuzzy, so that the chance to answer "yes" rises with the state, σ(slope·(state − threshold)). A *score*
is the mean of an item, a *coverage* the share of patients reached by a practice, a *rate* what exceeds capacity. Threshold,
slope and offset are shared by all cases of a country; defaults are assumptions that calibration replaces. They can be
set in the points of a table like any parameter, as ``instrument.access_to_care.threshold``.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from coprod_abm.declare import Declaration, ParameterError, nearest
from coprod_abm.measures import BINS, DISTRIBUTION_NAMES

Floats = NDArray[np.float64]
INSTRUMENT = "instrument"  # before the dotted name of an instrument's parameter
EDGE = 1e-4  # shares are kept this far from 0 and 1 when moved on the logit scale


class InstrumentError(ValueError):
    """A published measure has no instrument; the message names the nearest one."""


@dataclass(frozen=True)
class Instrument:
    """How one published measure sees the model's state."""

    name: str
    kind: Literal["share", "score", "coverage", "rate"]
    state: str  # a distribution (share, score) or a measure (score, coverage, rate)
    unit: str
    scale: tuple[float, float]  # the lowest and highest value of the published unit
    threshold: float
    slope: float
    direction: int  # +1 more is better, −1 less is better
    perspective: str
    label: str  # plain words for figures

    @property
    def free(self) -> tuple[str, ...]:
        """The names of its parameters: a score has no threshold and no slope."""
        return ("offset",) if self.kind == "score" else ("threshold", "slope", "offset")

    def reading(
        self,
        state: Floats,
        threshold: Floats | float | None = None,
        slope: Floats | float | None = None,
        offset: Floats | float = 0.0,
    ) -> Floats:
        """The instrument's expected reading in the published unit.

        ``state`` holds counts by bin, shape (…, bins), for a distribution, else values of a measure, shape (…). Threshold and
        slope are the instrument's own unless given, as one value or with shape (…); ``offset`` moves the reading on the
        logit scale, as a difference in wording or in who answers would.
        """
        share = self._share(
            state,
            np.asarray(self.threshold if threshold is None else threshold),
            np.asarray(self.slope if slope is None else slope),
        )
        low, high = self.scale
        return low + (high - low) * shifted(share, np.asarray(offset, float))

    def _share(self, state: Floats, threshold: Floats, slope: Floats) -> Floats:
        if self.kind == "share":
            return over_people(state, answered_yes(bin_middles(), threshold[..., None], slope[..., None]))
        if self.kind == "score" and self.state in DISTRIBUTION_NAMES:
            return over_people(state, bin_middles())
        if self.kind == "rate":
            return np.clip(slope * (1.0 - state - threshold), 0.0, 1.0)
        if self.kind == "coverage":
            return answered_yes(state, threshold, slope)
        return np.clip(state, 0.0, 1.0)

    def surveyed(self, reading: Floats, respondents: int, draws: Floats) -> Floats:
        """The reading with the error of asking ``respondents`` people; ``draws`` are standard normal, shaped as ``reading``."""
        share = self.as_share(reading)
        error = np.sqrt(share * (1.0 - share) / respondents)
        low, high = self.scale
        return np.clip(reading + (high - low) * error * draws, low, high)

    def as_share(self, reading: Floats) -> Floats:
        """A reading as a share of its scale, kept off 0 and 1 so that its logit is finite."""
        low, high = self.scale
        return np.clip((reading - low) / (high - low), EDGE, 1.0 - EDGE)

    def anchored(self, reading: Floats, start: Floats | float, published: float) -> Floats:
        """Readings moved on the logit scale so that ``start`` becomes the first published value.

        Levels of uncalibrated instruments are arbitrary; an anchored series shows change. The wave used as anchor is no test.
        """
        shift = logit(self.as_share(np.asarray(published))) - logit(self.as_share(np.asarray(start)))
        moved = 1.0 / (1.0 + np.exp(-(logit(self.as_share(reading)) + shift)))
        low, high = self.scale
        return low + (high - low) * moved


def bin_middles() -> Floats:
    """Middle of each bin of [0, 1], shape (bins,)."""
    return (np.arange(BINS) + 0.5) / BINS


def answered_yes(state: Floats, threshold: Floats | float, slope: Floats | float) -> Floats:
    """Chance to answer above the threshold, σ(slope·(state − threshold))."""
    return np.asarray(1.0 / (1.0 + np.exp(-slope * (state - threshold))))


def shifted(share: Floats, offset: Floats) -> Floats:
    """A share moved by ``offset`` on the logit scale; as it is where the offset is 0, at 0 and at 1."""
    if not offset.any():
        return share
    odds = np.exp(offset)
    return np.where(offset == 0.0, share, share * odds / (1.0 + share * (odds - 1.0)))


def over_people(counts: Floats, value: Floats) -> Floats:
    """Mean of ``value`` per bin over people counted by bin, shape (…); .5 where nobody was counted."""
    people = counts.sum(axis=-1)
    return np.where(people > 0, (counts * value).sum(axis=-1) / np.maximum(people, 1), 0.5)


def logit(share: Any) -> Floats:
    """ln(p / (1 − p))."""
    return np.asarray(np.log(share / (1.0 - share)))


def instrument_key(name: str, parameter: str) -> str:
    """The dotted name of an instrument's parameter.

    >>> instrument_key("access_to_care", "threshold")
    'instrument.access_to_care.threshold'
    """
    return f"{INSTRUMENT}.{name}.{parameter}"


def is_instrument_key(key: str) -> bool:
    """Whether a dotted name belongs to an instrument rather than to a rule family."""
    return key.startswith(f"{INSTRUMENT}.")


def instrument_declaration(key: str) -> Declaration:
    """The declaration of an instrument's parameter: default, range, unit and meaning, as of any parameter.

    Raises:
        InstrumentError: when there is no such instrument.
        ParameterError: when it has no such parameter.
    """
    _, _, rest = key.partition(".")
    name, _, parameter = rest.rpartition(".")
    through = instrument(name or rest)
    if parameter not in through.free:
        raise ParameterError(
            f"{key} is not a parameter of the instrument {through.name!r}, which has {', '.join(through.free)}."
            f"{nearest(parameter, through.free)}"
        )
    low, high, unit, meaning = RANGES[through.kind, parameter]
    return Declaration(
        f"{INSTRUMENT}.{through.name}",
        parameter,
        getattr(through, parameter, 0.0),
        low,
        high,
        unit,
        meaning,
        "assumed",
        "uniform",
    )


_STATE = "state in [0, 1]"
_YES = "state at which half answer yes"
_STEEP = "how sharply answers change with the state"
_MOVED = "difference in wording or in who answers"
RANGES: dict[tuple[str, str], tuple[float, float, str, str]] = {
    ("share", "threshold"): (0.05, 0.95, _STATE, _YES),
    ("share", "slope"): (2.0, 20.0, "per unit of state", _STEEP),
    ("coverage", "threshold"): (0.05, 0.95, _STATE, "state at which half of the patients are reached"),
    ("coverage", "slope"): (2.0, 20.0, "per unit of state", _STEEP),
    ("rate", "threshold"): (0.0, 0.5, "share of demand", "shortage that shows no excess yet"),
    ("rate", "slope"): (0.1, 2.0, "excess per shortage", "excess over capacity per share of demand that is not met"),
    **{(kind, "offset"): (-4.0, 4.0, "logit", _MOVED) for kind in ("share", "score", "coverage", "rate")},
}
_PERCENT = ("percent", (0.0, 100.0))
_SHARE = ("share", (0.0, 1.0))
_ITEM = ("score 0-10", (0.0, 10.0))


def _instrument(
    name: str,
    kind: Literal["share", "score", "coverage", "rate"],
    state: str,
    scale: tuple[str, tuple[float, float]],
    perspective: str,
    label: str,
    threshold: float = 0.5,
    slope: float = 8.0,
    direction: int = 1,
) -> Instrument:
    return Instrument(name, kind, state, scale[0], scale[1], threshold, slope, direction, perspective, label)


INSTRUMENTS: dict[str, Instrument] = {
    found.name: found
    for found in (
        _instrument("trust_health_care", "share", "citizen_trust", _PERCENT, "process", "great confidence in health care", 0.55),
        _instrument("trust_health_centre", "share", "citizen_trust", _PERCENT, "process", "great confidence in health centres", 0.55),
        _instrument("access_to_care", "share", "citizen_access", _PERCENT, "goal fulfilment", "have the care they need", 0.55),
        _instrument("experience_primary_care", "share", "citizen_satisfaction", _PERCENT, "goal fulfilment", "positive about primary care", 0.35),
        _instrument("can_influence_local_decisions", "share", "citizen_efficacy", _PERCENT, "process", "can influence local decisions", 0.55),
        _instrument("staff_recommend_care", "share", "staff_quality", _SHARE, "goal fulfilment", "staff would recommend the care"),
        _instrument("staff_work_stress", "share", "staff_burnout", _SHARE, "capacity", "staff unwell from work stress", 0.35, direction=-1),
        _instrument("staff_engagement", "score", "staff_engagement", ("score 1-5", (1.0, 5.0)), "process", "staff engagement"),
        _instrument("contact_nurse_prostate", "coverage", "practice_fit", _PERCENT, "learning and innovation", "have a contact nurse, prostate cancer", 0.6),
        _instrument("contact_nurse_breast", "coverage", "practice_fit", _PERCENT, "learning and innovation", "have a contact nurse, breast cancer", 0.4),
        _instrument("team_conference_lung", "coverage", "practice_fit", _PERCENT, "learning and innovation", "discussed in team conference, lung cancer", 0.6),
        _instrument("team_conference_colon", "coverage", "practice_fit", _PERCENT, "learning and innovation", "discussed in team conference, colon cancer", 0.45),
        _instrument("overcrowding", "rate", "time_available", ("beds over capacity per 100 beds", (0.0, 100.0)), "capacity", "beds over capacity", 0.0, 1.0, -1),
        _instrument("staff_engagement_0_10", "score", "staff_engagement", _ITEM, "process", "staff engagement"),
        _instrument("staff_morale_0_10", "score", "staff_trust", _ITEM, "capacity", "staff morale"),
        _instrument("voice_that_counts_0_10", "score", "safety", _ITEM, "process", "staff have a voice that counts"),
        _instrument("team_0_10", "score", "alignment", _ITEM, "process", "staff work as a team"),
        _instrument("always_learning_0_10", "score", "staff_knowledge", _ITEM, "learning and innovation", "staff are always learning"),
        _instrument("recognised_0_10", "score", "staff_fairness", _ITEM, "process", "staff are recognised and rewarded"),
        _instrument("safe_healthy_0_10", "score", "time_available", _ITEM, "capacity", "staff are safe and healthy"),
        _instrument("compassionate_0_10", "score", "staff_openness", _ITEM, "process", "culture is compassionate and inclusive"),
        _instrument("flexible_0_10", "score", "time_available", _ITEM, "capacity", "staff work flexibly"),
    )
}  # fmt: skip
"""Every simulated instrument by its name, with what it sees, how, and in which unit its figures are published."""


def instrument(name: str) -> Instrument:
    """The instrument of a published measure.

    Raises:
        InstrumentError: when there is none; the nearest name is suggested.
    """
    if name in INSTRUMENTS:
        return INSTRUMENTS[name]
    raise InstrumentError(
        f"{name!r} has no simulated instrument.{nearest(name, INSTRUMENTS)} `coprod instruments` lists those that exist; "
        "add one in coprod_abm/instruments.py."
    )
