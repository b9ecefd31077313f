"""What runs can tell, in one form for pack, guide and map, whichever command left them: arrangements and their effects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coprod_abm.case import Case, cases, load_case
from coprod_abm.declare import nearest
from coprod_abm.experiments.scenario_effects import ALL_CASES, CANNOT_TELL
from coprod_abm.experiments.scenario_runs import Arms
from coprod_abm.simulate import RunError
from coprod_abm.year import YEAR

Texts = Mapping[str, str]  # by language
MOST_OTHERS = 3  # ways beside the first in tables and pictures with room for few


class Way(NamedTuple):
    """An arrangement: its name in tables and in plain words, by language."""

    name: str
    title: Texts


class Place(NamedTuple):
    """A case that was run: its id, its name, and its file where that is at hand."""

    id: str
    name: str
    case: Case | None


class Finding(NamedTuple):
    """One outcome under one arrangement, compared with the first; shares of futures are NaN where they were not paired."""

    measure: str
    way: str
    before: float
    after: float
    difference: float
    low: float
    high: float
    share_better: float
    share_worse: float
    n: int
    verdict: str


@dataclass(frozen=True)
class Evidence:
    """What a set of runs can tell.

    Attributes:
        name: short, for names of files.
        title: what was asked or run, by language.
        ways: arrangements; the first is what the others are compared with. One where nothing is compared.
        effects: a table as ``scenario_effects`` makes it, for any weeks.
        cases: those that were run.
        years: how long.
        replicates, seed: of the runs.
        draws: file and number of draws where parameters were drawn, else none.
        version: of coprod-abm.
        paired: whether single futures were compared with one another.
        path: the folder.
        drawn: ways that tables with room for few show; the first others unless named.
        change: at the start and at the end, where there is only one way.
    """

    name: str
    title: Texts
    ways: tuple[Way, ...]
    effects: pd.DataFrame
    cases: tuple[Place, ...]
    years: int
    replicates: int
    seed: int
    draws: Mapping[str, Any] | None = None
    version: str = "?"
    paired: bool = True
    path: str = ""
    drawn: tuple[str, ...] = ()
    change: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def shown(self) -> str:
        """The case whose effects are told: the only one, or the mean of all."""
        return ALL_CASES if len(self.cases) > 1 else self.cases[0].id

    @property
    def shown_ways(self) -> tuple[str, ...]:
        """The ways beside the first that there is room for."""
        _, *others = (way.name for way in self.ways)
        return tuple([name for name in self.drawn if name in others][:MOST_OTHERS]) or tuple(others[:MOST_OTHERS])

    def way(self, name: str, language: str) -> str:
        """The plain name of an arrangement."""
        return next(way.title[language] for way in self.ways if way.name == name)

    def found(self, measure: str, way: str, week: int | None = None) -> Finding | None:
        """The effect on a measure, at the end unless a week is named; none where it was not measured."""
        table = self.effects
        rows = table[(table["arm"] == way) & (table["measure"] == measure) & (table["case"] == self.shown)]
        rows = rows[rows["week"] == (rows["week"].max() if week is None else week)]
        return finding_of(rows.iloc[0]) if len(rows) else None


def finding_of(row: Any) -> Finding:
    """A row of effects."""
    return Finding(
        str(row["measure"]), str(row["arm"]), float(row["reference"]), float(row["value"]), float(row["difference"]),
        float(row["low"]), float(row["high"]), float(row["share_better"]), float(row["share_worse"]), int(row["n"]),
        str(row["verdict"]) if isinstance(row["verdict"], str) else CANNOT_TELL,
    )  # fmt: skip


def evidence_of(found: Arms, path: str = "") -> Evidence:
    """The evidence of a scenario."""
    facts = found.facts
    week = int(found.effects["week"].max())
    return Evidence(
        name=found.scenario.name,
        title=found.scenario.title,
        ways=tuple(Way(arm.name, arm.title) for arm in found.scenario.arms),
        effects=found.effects,
        cases=tuple(place_of(name, told, facts["cases"].get(name)) for name, told in found.cases.items()),
        years=round(week / YEAR),
        replicates=int(facts["replicates"]),
        seed=int(facts["seed"]),
        draws=facts["draws"],
        version=str(facts.get("versions", {}).get("coprod-abm", "?")),
        path=path,
        drawn=found.scenario.drawn,
    )


def place_of(name: str, told: str, fingerprint: str | None) -> Place:
    """A place with its shipped case, or without where the case was the user's own or has changed since."""
    if name in cases():
        case = load_case(name)
        if fingerprint in (None, case.fingerprint):
            return Place(name, told, case)
    return Place(name, told, None)


def chosen_measures(evidence: Evidence, wanted: Sequence[str]) -> list[str]:
    """Those of the measures that were read."""
    known = set(evidence.effects["measure"]) if len(evidence.effects) else set(evidence.change.get("measure", []))
    return [name for name in wanted if name in known]


def agreement(found: Finding) -> float:
    """The share of futures that go the way of the mean; NaN where futures were not paired."""
    from coprod_abm.measures import measure

    up = found.difference * (measure(found.measure).direction or 1) > 0
    return found.share_better if up else found.share_worse


def strength(found: Finding) -> float:
    """How many times what is worth telling a difference is."""
    from coprod_abm.experiments.scenario_effects import worth_telling

    return abs(found.difference) / worth_telling(found.measure, found.before) if np.isfinite(found.difference) else 0.0


def wanted_language(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """The languages that are asked for.

    Raises:
        RunError: when one is not known.
    """
    if text in ("both", "all"):
        return tuple(known)
    chosen = tuple(dict.fromkeys(text.split(",")))
    for name in chosen:
        if name not in known:
            raise RunError(
                f"language = {name!r} is not one of {', '.join(known)}.{nearest(name, known)} "
                "Give one of them, or both."
            )
    return chosen
