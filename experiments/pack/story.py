"""A scenario told in plain words from its numbers: one story that report and slides both show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from coprod_abm.experiments.pack.evidence import Evidence, Finding, agreement, evidence_of, strength
from coprod_abm.experiments.pack.story_ways import assumed, meaning
from coprod_abm.experiments.pack.words import CLEAR, MOST, NEARLY, PackWords
from coprod_abm.experiments.scenario_effects import BETTER, CANNOT_TELL, SAME, WORSE
from coprod_abm.experiments.scenario_runs import Arms
from coprod_abm.measures import measure

FEW = 100  # futures below which small differences are not to be leant on


class Told(NamedTuple):
    """One finding: a headline and the sentences below it."""

    finding: Finding
    headline: str
    text: str


@dataclass(frozen=True)
class Story:
    """What pack pages say about a scenario.

    Attributes:
        title, question: in the scenario's words.
        assumed, sure, cannot, discuss: sentences.
        ways: each way and what it means.
        told: findings, outcome by outcome, of the ways shown.
        evidence: the numbers.
        shown: names of the ways that there is room for, without the first.
    """

    title: str
    question: str
    assumed: list[str]
    ways: list[tuple[str, str]]
    told: list[Told]
    sure: list[str]
    cannot: list[str]
    discuss: list[str]
    evidence: Evidence
    shown: tuple[str, ...]

    def of(self, name: str) -> list[Told]:
        """The findings of one outcome."""
        return [one for one in self.told if one.finding.measure == name]


def story_of(found: Arms, words: PackWords) -> Story:
    """The story of a scenario in a language."""
    scenario, evidence = found.scenario, evidence_of(found)
    first, *others = (arm.name for arm in scenario.arms)
    shown = evidence.shown_ways
    every = [one for arm in others for name in scenario.outcomes if (one := evidence.found(name, arm))]
    told = [
        told_of(one, first, evidence, words)
        for name in scenario.outcomes
        for arm in shown
        if (one := evidence.found(name, arm))
    ]
    return Story(
        title=words.title(scenario),
        question=str(scenario.question[words.language]),
        assumed=assumed(found, evidence, words),
        ways=[(words.arm(scenario, arm.name), meaning(arm, words)) for arm in scenario.arms],
        told=told,
        sure=sure(every, evidence, words),
        cannot=words.all_of("cannot"),
        discuss=discuss(told, evidence, words),
        evidence=evidence,
        shown=shown,
    )


def told_of(one: Finding, first: str, evidence: Evidence, words: PackWords) -> Told:
    """A finding in words: both values, the verdict, how many futures agree, and how far chance reaches."""
    plain = measure(one.measure).direction == 0
    arm, reference = (words.quoted(evidence.way(name, words.language)) for name in (one.way, first))
    headline = words.tell(f"finding.headline.{one.verdict}", measure=words.measure(one.measure), arm=arm)
    if not one.n:
        return Told(one, headline, words.tell("finding.none"))
    gap = words.gap_told(one.measure, one.difference)
    lines = [
        words.tell("finding.both", reference=reference, arm=arm, **both(one, words)),
        words.tell(f"finding.verdict.{one.verdict}", gap=gap),
        why_not(one, words) if one.verdict == CANNOT_TELL and np.isfinite(one.low) else "",
        words.counted(one, plain=plain) if one.verdict != SAME else "",
        agreed(one, words) if one.verdict in CLEAR else "",
        span(one, words) if np.isfinite(one.low) else "",
    ]
    return Told(one, headline, " ".join(line for line in lines if line))


def both(one: Finding, words: PackWords) -> Mapping[str, str]:
    """The two values as clauses."""
    return {
        "before": words.value_told(one.measure, one.before),
        "after": words.value_told(one.measure, one.after),
    }


def why_not(one: Finding, words: PackWords) -> str:
    """Why the model cannot tell: chance, or a difference that may be too small."""
    return words.tell("finding.chance" if one.low <= 0.0 <= one.high else "finding.small")


def agreed(one: Finding, words: PackWords) -> str:
    """How many futures go the way of the mean, in words."""
    share = agreement(one)
    return words.tell(f"finding.{'nearly' if share >= NEARLY else 'most' if share >= MOST else 'split'}")


def span(one: Finding, words: PackWords) -> str:
    """How far chance could move the mean difference."""
    small, large = sorted((one.low, one.high), key=abs)
    if one.low < 0.0 < one.high:
        low, high = words.bare_gap(one.measure, one.low, signed=False), words.gap_told(one.measure, one.high)
        return words.tell("finding.range_zero", low=low, high=high)
    low, high = words.bare_gap(one.measure, small, signed=False), words.gap_told(one.measure, large)
    return words.tell("finding.range", low=low, high=high)


def sure(every: list[Finding], evidence: Evidence, words: PackWords) -> list[str]:
    """How sure the answers are: counts of verdicts, agreement, what chance is and what it is not."""
    clear = [one for one in every if one.verdict in CLEAR]
    same = sum(one.verdict == SAME for one in every)
    lines = [
        words.tell("sure.one", verdict=words.verdict(every[0].verdict))
        if len(every) == 1
        else words.tell("sure.counts", n=len(every), told=len(clear), same=same, cannot=len(every) - len(clear) - same)
    ]
    if clear and evidence.replicates > 1:
        lines.append(agreements(clear, words))
    lines.append(words.tell("sure.rule"))
    if 1 < evidence.replicates < FEW:
        lines.append(words.tell("sure.few", runs=evidence.replicates))
    if lost := evidence.replicates - min((one.n for one in every), default=evidence.replicates):
        lines.append(words.tell("sure.ended", lost=lost, runs=evidence.replicates))
    return [*lines, words.tell("sure.draws" if evidence.draws else "sure.defaults")]


def agreements(clear: list[Finding], words: PackWords) -> str:
    """How many of the clear answers nearly all futures share."""
    strong = sum(agreement(one) >= NEARLY for one in clear)
    if len(clear) == 1:
        return words.tell("sure.agrees_one" if strong else "sure.agrees_none_one")
    return words.tell("sure.agrees", n=strong, told=len(clear))


def discuss(told: list[Told], evidence: Evidence, words: PackWords) -> list[str]:
    """Prompts for the room: some always, some that the numbers ask for."""
    lines = [words.tell("discuss.surprise")]
    clear = [one for one in told if one.finding.verdict in CLEAR]
    if clear:
        clearest = max(clear, key=lambda one: strength(one.finding))
        lines.append(words.tell("discuss.clearest", headline=clearest.headline))
    lines += mixed(told, evidence, words)
    for key, verdict in (("unsure", CANNOT_TELL), ("same", SAME)):
        if told_open := still_open(told, verdict, evidence, words):
            lines.append(words.tell(f"discuss.{key}", measure=told_open))
    return [*lines, *(words.tell(f"discuss.{key}") for key in ("seldom", "left_out", "try"))]


def still_open(told: list[Told], verdict: str, evidence: Evidence, words: PackWords) -> str:
    """An outcome with that verdict: one that has it under all ways shown before one that has it under a single way."""
    findings = [one.finding for one in told]
    wanted = [one for one in findings if one.verdict == verdict]
    for one in wanted:
        if all(other.verdict == verdict for other in findings if other.measure == one.measure):
            return words.measure(one.measure)
    if not wanted:
        return ""
    arm = words.quoted(evidence.way(wanted[0].way, words.language))
    return words.tell("discuss.with", measure=words.measure(wanted[0].measure), arm=arm)


def mixed(told: list[Told], evidence: Evidence, words: PackWords) -> list[str]:
    """The way with the strongest trade-off, where one is better on something and worse on something else."""
    best: tuple[float, str] = (0.0, "")
    for way in dict.fromkeys(one.finding.way for one in told):
        own = [one.finding for one in told if one.finding.way == way]
        sides = [[one for one in own if one.verdict == verdict] for verdict in (BETTER, WORSE)]
        if not all(sides):
            continue
        good, bad = (max(side, key=strength) for side in sides)
        text = words.tell(
            "discuss.mixed",
            arm=words.quoted(evidence.way(way, words.language)),
            good=words.measure(good.measure),
            bad=words.measure(bad.measure),
        )
        best = max(best, (min(strength(good), strength(bad)), text))
    return [best[1]] if best[1] else []


def record_of(facts: Mapping[str, Any], evidence: Evidence, words: PackWords) -> list[tuple[str, str]]:
    """The facts that repeat the numbers, as pairs of name and value; the one place for technical words."""
    draws = evidence.draws
    return [
        (words.tell("record.scenario"), evidence.name),
        (words.tell("record.cases"), ", ".join(place.id for place in evidence.cases)),
        (words.tell("record.runs"), str(evidence.replicates)),
        (words.tell("record.seed"), str(evidence.seed)),
        (words.tell("record.parameters"), words.parameters({"draws": draws})),
        (words.tell("record.version"), evidence.version),
        (words.tell("record.model"), str(facts.get("model", "?"))[:12]),
        (words.tell("record.made"), str(facts.get("started", "?"))[:10]),
    ]
