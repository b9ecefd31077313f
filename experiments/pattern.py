"""A published pattern as a declaration: what was found, what the model is asked, and when the answer counts as met."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from coprod_abm.experiments.estimates import MET, NOT_MET, UNCLEAR, Criterion, Estimate, mean_of
from coprod_abm.experiments.study import Arm, Reading
from coprod_abm.year import YEAR

Read = Mapping[str, list[Any]]  # what each arm's runs left, by the arm's name


@dataclass(frozen=True)
class Claim:
    """One statement of a pattern that the model can meet or miss.

    Attributes:
        statistic: what is compared, in words.
        unit: of the effect.
        criterion: what the effect must show.
        effect: the effect from what the arms' runs left.
        published: size or sign in the source.
    """

    statistic: str
    unit: str
    published: str
    criterion: Criterion
    effect: Callable[[Read], Estimate]


@dataclass(frozen=True)
class Pattern:
    """A pattern of section 9 of the model's specification.

    Attributes:
        id, sentence, source: which pattern, what it says, who found it (with DOI where there is one).
        arms: the comparison: settings that differ, by name.
        reading: what is read of each run.
        claims: what must hold; the pattern is met when all of them are.
        analogue: where the model's statistic is only an analogue of what the source measured, why.
        is_fast: whether it is a test of the ordinary suite.
        share: runs of each arm as a share of the replicates asked for.
        beside: figures that are reported beside the claims, each a sentence with ``{}`` for the effect.
    """

    id: str
    sentence: str
    source: str
    arms: Mapping[str, Arm]
    reading: Reading
    claims: tuple[Claim, ...]
    analogue: str = ""
    is_fast: bool = False
    share: float = 1.0
    beside: tuple[tuple[str, Callable[[Read], Estimate]], ...] = ()

    @property
    def comparison(self) -> str:
        """The arms in words."""
        return "; ".join(f"{name}: {arm.told}, {years(arm.weeks)}" for name, arm in self.arms.items())

    def runs(self, replicates: int) -> int:
        """Runs of each arm and case where so many replicates were asked for; at least three, for an interval."""
        return max(3, round(self.share * replicates))


class Evidence(NamedTuple):
    """What the model shows of one claim."""

    pattern: str
    claim: str
    source: str
    statistic: str
    published: str
    unit: str
    effect: float
    low: float
    high: float
    runs: int
    criterion: str
    asked_low: float
    asked_high: float
    verdict: str
    note: str


def evidence_of(pattern: Pattern, read: Read, first: int | None = None) -> list[Evidence]:
    """The evidence for every claim of a pattern from what its runs left; lettered from number ``first`` where given."""
    notes = [pattern.analogue] if pattern.analogue else []
    for sentence, effect in pattern.beside:
        notes.append(sentence.format(shown(effect(read))))
    rows = []
    for place, claim in enumerate(pattern.claims):
        found = claim.effect(read)
        letter = "" if first is None else "abcdefghij"[first + place]
        rows.append(
            Evidence(
                pattern=pattern.id,
                claim=f"{pattern.id}{letter}",
                source=pattern.source,
                statistic=claim.statistic,
                published=claim.published,
                unit=claim.unit,
                effect=found.effect,
                low=found.low,
                high=found.high,
                runs=found.runs,
                criterion=claim.criterion.says,
                asked_low=claim.criterion.limits[0],
                asked_high=claim.criterion.limits[1],
                verdict=claim.criterion.verdict(found) if found.runs else UNCLEAR,
                note=" ".join(notes) if place == 0 else "",
            )
        )
    return rows


def verdict_of(verdicts: Sequence[str]) -> str:
    """The verdict on a pattern: met when all claims are, not met when one is not, else unclear.

    >>> verdict_of(["met", "unclear"]), verdict_of(["met", "not met", "unclear"])
    ('unclear', 'not met')
    """
    return NOT_MET if NOT_MET in verdicts else UNCLEAR if UNCLEAR in verdicts else MET


def shown(found: Estimate) -> str:
    """An effect with its interval, such as ``0.12 (0.08 to 0.16)``."""
    return f"{found.effect:.3g} ({found.low:.3g} to {found.high:.3g})"


def years(weeks: int) -> str:
    """Weeks in words: whole years where they are.

    >>> years(104), years(52), years(26)
    ('2 years', '1 year', '26 weeks')
    """
    if weeks % YEAR or not weeks:
        return f"{weeks} weeks"
    return f"{weeks // YEAR} year{'s' * (weeks > YEAR)}"


def paired(first: str, second: str, value: Callable[[Any], float]) -> Callable[[Read], Estimate]:
    """The effect of ``second`` against ``first``: the mean difference of ``value`` within runs of the same draws."""

    def effect(read: Read) -> Estimate:
        return mean_of([value(b) - value(a) for a, b in zip(read[first], read[second], strict=True)])

    return effect


def mean_in(arm: str, value: Callable[[Any], float]) -> Callable[[Read], Estimate]:
    """The mean of ``value`` over the runs of one arm."""

    def effect(read: Read) -> Estimate:
        return mean_of([value(each) for each in read[arm]])

    return effect
