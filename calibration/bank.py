"""The bank: prior draws × cases, each with fresh seeds, simulated once and read by every engine of inference.

A bank holds what a survey would show of each run, on the scale on which it is compared (logits of shares and scores, so that
errors are about normal). Draws are aligned: draw ``d`` has the same shared parameters and the same theory in every case, its
own case-level parameters, and its own seeds. What is inferred never depends on how a bank came about: the simulator of this
project and the small benchmark model fill the same type.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
MOST_REPEATS = 1_000  # fewer different seeds than this, and a bank tells luck as knowledge


class BankError(ValueError):
    """A bank cannot be made, read or used as asked; the message names what is wrong and the way out."""


class Slot(NamedTuple):
    """One place in the data of a case: a measure at a wave."""

    measure: str
    wave: str
    week: int


@dataclass(frozen=True)
class Estimated:
    """One parameter to be estimated, with its prior.

    Attributes:
        name: dotted name (``trust.gain``, ``instrument.access_to_care.slope``).
        level: ``shared`` by all cases, by a ``country``, or a ``case``'s own.
        low, high: the bounds of its prior, within the declared range.
        distribution: ``uniform``, or ``normal`` truncated to the bounds with ``mean`` and ``sd``.
        unit, meaning, source: as declared, or of the prior where it says more.
    """

    name: str
    level: str
    low: float
    high: float
    distribution: str = "uniform"
    mean: float = float("nan")
    sd: float = float("nan")
    unit: str = ""
    meaning: str = ""
    source: str = ""


@dataclass(frozen=True)
class CaseBank:
    """The draws of one case.

    Attributes:
        case: its id.
        parameters: the names of the columns of ``theta``, in the order of the priors.
        theta: parameter values (draw, parameter) in natural units.
        slots: what the columns of ``shown`` are.
        shown: expected readings (draw, slot) on the scale of comparison, without the error of asking few people; NaN where a
            run shows nothing.
        spread: natural SD of the error of observation (slot,) on the same scale; known from n, an SD or an argued error.
        seeds: the seed of each draw (draw,).
    """

    case: str
    parameters: tuple[str, ...]
    theta: Array
    slots: tuple[Slot, ...]
    shown: Array
    spread: Array
    seeds: Array


@dataclass(frozen=True)
class Bank:
    """All cases of one bank; draw ``d`` is the same in each but for case-level parameters and seeds.

    Attributes:
        priors: what was drawn, shared parameters first.
        cases: by id, in the order asked for.
        theory: the theory of each draw (draw,).
        facts: provenance: model version, seeds, priors and targets by their hashes.
    """

    priors: tuple[Estimated, ...]
    cases: Mapping[str, CaseBank]
    theory: Array
    facts: Mapping[str, Any]

    def of_theory(self, *names: str) -> "Bank":
        """The draws of some theories alone."""
        return self.taken(np.isin(self.theory, names))

    def taken(self, draws: Array) -> "Bank":
        """Some of the draws, by mask or number."""
        cases = {
            name: CaseBank(
                one.case, one.parameters, one.theta[draws], one.slots, one.shown[draws], one.spread, one.seeds[draws]
            )
            for name, one in self.cases.items()
        }
        return Bank(self.priors, cases, self.theory[draws], self.facts)

    def __len__(self) -> int:
        return len(self.theory)


@dataclass(frozen=True)
class Observed:
    """What was observed in one case, on the scale of comparison, beside the slots of its bank.

    Attributes:
        values: (slot,); NaN where a wave is missing.
        spread: SD of the error of observation (slot,).
        held_out: slots that are not fitted but predicted (slot,).
    """

    case: str
    slots: tuple[Slot, ...]
    values: Array
    spread: Array
    held_out: Array

    @property
    def fitted(self) -> Array:
        """Slots that are fitted (slot,)."""
        return ~self.held_out & ~np.isnan(self.values)


def synthetic(
    bank: Bank, draw: int, rng: np.random.Generator, held_out: Mapping[str, Array] | None = None
) -> dict[str, Observed]:
    """A data set with known truth: what one draw of the bank shows in every case, with the error of observation."""
    found = {}
    for name, one in bank.cases.items():
        values = one.shown[draw] + one.spread * rng.standard_normal(len(one.slots))
        out = np.zeros(len(one.slots), bool) if held_out is None else held_out[name]
        found[name] = Observed(name, one.slots, values, one.spread, out)
    return found


def check_seeds(bank: Bank) -> None:
    """Refuse a bank with few different seeds: intervals from one fixed seed covered 32 % where 90 % were claimed.

    Raises:
        BankError: naming how many seeds there are.
    """
    for name, one in bank.cases.items():
        different = len(np.unique(one.seeds))
        if different < min(MOST_REPEATS, len(bank)):
            raise BankError(
                f"The bank of {name} has {different} different seeds in {len(bank)} draws. Common seeds make luck look like "
                f"knowledge; draw with fresh seeds, at least {MOST_REPEATS} of them."
            )


def columns_of(one: CaseBank, names: Sequence[str]) -> Array:
    """The columns of ``theta`` with these names (draw, name)."""
    return one.theta[:, [one.parameters.index(name) for name in names]]
