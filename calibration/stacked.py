"""All cases of a bank as one long vector, with the errors that its entries share: what theories are compared on.

A reading that was published is, on the scale of comparison, what the run shows + the offset of the instrument (shared
by the cases of a country) + the model's error (one per case and measure) + the error of observation. The first is drawn
in the bank; the other three are normal and independent of the run, so that they need no draws: their covariance is
known and is integrated out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from coprod_abm.calibration.bank import Array, Bank, BankError, Observed, Slot
from coprod_abm.case_measures import week_of_wave

OFFSET_SD = 1.5  # of an instrument's offset, in logits; the prior of the design
MODEL_ERROR = 0.5  # scale of the model's error, in SD of what the prior shows of the measure
MOST_EMPTY = 0.2  # share of draws that may show nothing in a column; beyond it the column is left out


@dataclass(frozen=True)
class Stack:
    """The bank as one table.

    Attributes:
        cases, countries, measures, waves: of each column (column,).
        weeks: calendar weeks where waves are named by years, else weeks of the run (column,).
        shown: expected readings (draw, column).
        spread: SD of the error of observation (column,).
        signal: SD over the prior of what runs show of the measure (column,).
        theory: of each draw (draw,).
        names: shared parameters and those of countries.
        shared: their values (draw, parameter).
        own: values of each case's own parameters, by case (draw, parameter).
        left_out: columns of the bank in which too many runs show nothing, as words.
        offset: SD of an instrument's offset, in logits.
        error: scale of the model's error, in SD of what the prior shows of the measure.
    """

    cases: Array
    countries: Array
    measures: Array
    waves: Array
    weeks: Array
    shown: Array
    spread: Array
    signal: Array
    theory: Array
    names: tuple[str, ...]
    shared: Array
    own: Mapping[str, Array]
    left_out: tuple[str, ...] = ()
    offset: float = OFFSET_SD
    error: float = MODEL_ERROR

    def __len__(self) -> int:
        return len(self.theory)

    @property
    def theories(self) -> tuple[str, ...]:
        """The names of the theories, in alphabetical order."""
        return tuple(str(name) for name in np.unique(self.theory))

    def of_theory(self, name: str) -> "Stack":
        """The draws of one theory."""
        return self.taken(self.theory == name)

    def taken(self, draws: Array) -> "Stack":
        """Some of the draws, by mask or number."""
        own = {case: values[draws] for case, values in self.own.items()}
        return replace(self, shown=self.shown[draws], theory=self.theory[draws], shared=self.shared[draws], own=own)

    def common(self, error: float | Array = 1.0) -> Array:
        """Covariance of offsets and model errors (column, column).

        ``error`` is the SD of the model's error in units of its prior scale, one number or one per column.
        """
        same_measure = self.measures[:, None] == self.measures
        offsets = self.offset**2 * (same_measure & (self.countries[:, None] == self.countries))
        sizes = np.broadcast_to(self.error * self.signal * error, self.signal.shape)
        return offsets + sizes[:, None] * sizes * (same_measure & (self.cases[:, None] == self.cases))

    def label(self, column: int) -> str:
        """A column in words, as ``trust_health_care 2021 of SE-JKP``."""
        return f"{self.measures[column]} {self.waves[column]} of {self.cases[column]}"


@dataclass(frozen=True)
class Figures:
    """What was observed, beside the columns of a stack.

    Attributes:
        values: (column,); NaN where nothing is known.
        spread: SD of the error of observation (column,).
        held_out: columns to be predicted (column,).
    """

    values: Array
    spread: Array
    held_out: Array

    @property
    def fitted(self) -> Array:
        """Columns that are fitted (column,)."""
        return ~self.held_out & ~np.isnan(self.values)

    def holding_out(self, columns: Array) -> "Figures":
        """The same with these columns to be predicted as well."""
        return replace(self, held_out=self.held_out | columns)


def stacked(bank: Bank, offset: float = OFFSET_SD, error: float = MODEL_ERROR) -> Stack:
    """The bank as one table; draws that show nothing somewhere are left out, and before them columns that are often empty.

    Raises:
        BankError: when nothing is left.
    """
    slots = [(one.case, slot) for one in bank.cases.values() for slot in one.slots]
    shown = np.hstack([one.shown for one in bank.cases.values()])
    spread = np.concatenate([one.spread for one in bank.cases.values()])
    empty = np.isnan(shown).mean(axis=0) > MOST_EMPTY
    whole = ~np.isnan(shown[:, ~empty]).any(axis=1)
    if empty.all() or not whole.any():
        raise BankError("No draw of the bank shows every measure. Draw from narrower priors, or leave measures out.")
    columns = [slot for slot, gone in zip(slots, empty, strict=True) if not gone]
    names, shared = shared_of(bank)
    measures = np.array([slot.measure for _, slot in columns])
    return Stack(
        cases=np.array([case for case, _ in columns]),
        countries=np.array([country_of(bank, case) for case, _ in columns]),
        measures=measures,
        waves=np.array([slot.wave for _, slot in columns]),
        weeks=moments([slot for _, slot in columns]),
        shown=shown[whole][:, ~empty],
        spread=spread[~empty],
        signal=signal_of(shown[whole][:, ~empty], measures),
        theory=bank.theory[whole],
        names=names,
        shared=shared[whole],
        own={case: own_of(bank, case)[whole] for case in bank.cases},
        left_out=tuple(f"{s.measure} {s.wave} of {c}" for (c, s), gone in zip(slots, empty, strict=True) if gone),
        offset=offset,
        error=error,
    )


def moments(slots: Sequence[Slot]) -> Array:
    """Time of each slot in weeks: cases begin in different years, so that years count where every wave begins with one.

    >>> moments([Slot("trust", "2020", 26), Slot("trust", "2020/21", 39)]).tolist()
    [105066, 105079]
    """
    if not all(slot.wave[:4].isdigit() for slot in slots):
        return np.array([slot.week for slot in slots])
    return np.array([week_of_wave(slot.wave) for slot in slots])


def signal_of(shown: Array, measures: Array) -> Array:
    """SD of each measure over draws, averaged over its columns (column,)."""
    spread = shown.std(axis=0)
    return np.array([spread[measures == name].mean() for name in measures])


def country_of(bank: Bank, case: str) -> str:
    """The country of a case: as the bank's facts say, else what stands before the first hyphen of its id.

    >>> country_of(Bank((), {}, np.array([]), {}), "SE-JKP")
    'SE'
    """
    told: Mapping[str, str] = bank.facts.get("countries", {})
    return told.get(case, case.partition("-")[0])


def shared_of(bank: Bank) -> tuple[tuple[str, ...], Array]:
    """Parameters that several cases share, with the columns of every country once: names and values (draw, parameter).

    A country's own parameter stands once for each country, as ``SE:instrument.access_to_care.slope``.
    """
    levels = {one.name: one.level for one in bank.priors}
    found: dict[str, Any] = {}
    for case, one in bank.cases.items():
        for place, name in enumerate(one.parameters):
            level = levels.get(name, "shared")
            if level == "case":
                continue
            key = f"{country_of(bank, case)}:{name}" if level == "country" else name
            found.setdefault(key, one.theta[:, place])
    return tuple(found), np.column_stack([*found.values()]) if found else np.zeros((len(bank), 0))


def own_of(bank: Bank, case: str) -> Array:
    """Values of a case's own parameters (draw, parameter)."""
    levels = {one.name: one.level for one in bank.priors}
    one = bank.cases[case]
    return one.theta[:, [place for place, name in enumerate(one.parameters) if levels.get(name) == "case"]]


def figures_of(stack: Stack, observed: Mapping[str, Observed]) -> Figures:
    """What was observed in all cases, in the order of the stack; cases that were not observed are empty."""
    known: dict[tuple[str, str, str], tuple[float, float, bool]] = {}
    for case, one in observed.items():
        for slot, value, spread, out in zip(one.slots, one.values, one.spread, one.held_out, strict=True):
            known[case, slot.measure, slot.wave] = (float(value), float(spread), bool(out))
    nothing = [(np.nan, float(spread), False) for spread in stack.spread]
    keys = zip(stack.cases, stack.measures, stack.waves, strict=True)
    rows = [known.get((str(c), str(m), str(w)), none) for (c, m, w), none in zip(keys, nothing, strict=True)]
    values, spreads, out = (np.array(column) for column in zip(*rows, strict=True))
    return Figures(values, spreads, out.astype(bool))


def surveyed(stack: Stack, draws: Sequence[int] | Array, rng: np.random.Generator) -> Array:
    """Readings that surveys of these draws would give, with every error drawn anew (survey, column).

    Each survey has its own size of the model's error per measure, half-normal as in its prior.
    """
    shown = stack.shown[np.asarray(draws)]
    readings = shown + stack.spread * rng.standard_normal(shown.shape)
    for measure in np.unique(stack.measures):
        columns = np.flatnonzero(stack.measures == measure)
        size = stack.error * stack.signal[columns[0]] * np.abs(rng.standard_normal((len(shown), 1)))
        readings[:, columns] += size * _one_each(stack.cases[columns], len(shown), rng)
        readings[:, columns] += stack.offset * _one_each(stack.countries[columns], len(shown), rng)
    return readings


def _one_each(groups: Array, rows: int, rng: np.random.Generator) -> Array:
    """Standard normal draws, the same within a group (row, column)."""
    _, place = np.unique(groups, return_inverse=True)
    return rng.standard_normal((rows, place.max() + 1))[:, place]
