"""The cases in the 4M frame: what is measured about each, who works together, who leads, and how it is modelled."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coprod_abm.case import Level
from coprod_abm.case_document import read_document
from coprod_abm.experiments.pack.evidence import Place, place_of
from coprod_abm.experiments.pack.evidence_runs import place_in
from coprod_abm.experiments.pack.evidence_titles import settings_of
from coprod_abm.experiments.pack.folders import read_scenario, reading, run_folders, scenario_folders
from coprod_abm.presets import FAMILIES
from coprod_abm.simulate import RunError
from coprod_abm.year import YEAR

OUTCOMES = {"goal": "need_met", "process": "member_fairness", "learning": "changes_implemented"}
HOW = "Make one with `coprod run case=all out=cases`, then say from=cases."


class Band(NamedTuple):
    """A value at the end: mean over futures, and where 90 of 100 lie; NaN where no project is left."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """One case on the map.

    Attributes:
        place: the case.
        presets: of each rule family.
        own: how many parameters are set beside presets, by hand or by the case.
        outcomes: by ``OUTCOMES``.
        events: number of events on the way.
    """

    place: Place
    presets: Mapping[str, str]
    own: int
    outcomes: Mapping[str, Band]
    events: int = 0


@dataclass(frozen=True)
class CasesMap:
    """All cases, and what the numbers rest on.

    Attributes:
        rows: national cases first, then regional and local ones.
        years, replicates, seed, version: of the runs.
        draws: facts of drawn parameters, or none.
    """

    rows: tuple[Row, ...]
    years: int
    replicates: int
    seed: int
    version: str
    draws: Mapping[str, Any] | None = field(default=None)


def map_of(folder: Path, text: str) -> CasesMap:
    """The map of a folder of runs or scenarios.

    Raises:
        RunError: when it holds neither.
    """
    with reading(folder):
        if runs := run_folders(folder):
            return of_run(runs[0])
        if scenarios := scenario_folders(folder):
            return of_scenario(scenarios[0])
    raise RunError(f"from = {text} holds no results of coprod run or coprod scenarios. {HOW}")


def of_run(folder: Path) -> CasesMap:
    """The map of one run."""
    facts = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    used = read_document(folder / "config.yaml").values["used"]
    table = pd.read_parquet(folder / "tables" / "runs.parquet")
    settings = settings_of(facts["overrides"])
    rows = []
    for name in facts["cases"]:
        place = place_in(folder, name)
        ends = table[table["case"] == name]
        bands = {key: band(ends[measure]) for key, measure in OUTCOMES.items() if measure in ends}
        own = {key for key in settings if "." in key} | set(used[name]["rules"])
        rows.append(Row(place, presets_in(settings), len(own), bands, len(used[name]["events"])))
    return CasesMap(
        ordered(rows), round(max(facts["weeks"].values()) / YEAR), int(facts["replicates"]), int(facts["seed"]),
        str(facts["versions"].get("coprod-abm", "?")),
    )  # fmt: skip


def of_scenario(folder: Path) -> CasesMap:
    """The map of the first way of a scenario."""
    found = read_scenario(folder)
    arm, facts = found.scenario.arms[0], found.facts
    table = found.trajectories
    ends = table[(table["arm"] == arm.name) & (table["week"] == table["week"].max())]
    rows = []
    for name, told in found.cases.items():
        place = place_of(name, told, facts["cases"].get(name))
        own = {key: ends[(ends["case"] == name) & (ends["measure"] == measure)] for key, measure in OUTCOMES.items()}
        bands = {key: band(part["value"]) for key, part in own.items() if len(part)}
        case = place.case
        single = set(arm.parameters) | set(facts["base"]) | set(case.rules if case else ())
        events = len(arm.events) + (len(case.events) if case else 0)
        rows.append(Row(place, presets_in(dict(arm.presets)), len(single), bands, events))
    return CasesMap(
        ordered(rows), round(int(table["week"].max()) / YEAR), int(facts["replicates"]), int(facts["seed"]),
        str(facts.get("versions", {}).get("coprod-abm", "?")), facts["draws"],
    )  # fmt: skip


def presets_in(settings: Mapping[str, Any]) -> dict[str, str]:
    """The preset of each rule family; ``default`` where none was chosen."""
    return {family: str(settings.get(family, "default")) for family in FAMILIES}


def band(values: "pd.Series[float]") -> Band:
    """Mean and band of the futures in which there was something to measure."""
    known = values.dropna().to_numpy(float)
    return Band(float(known.mean()), *np.quantile(known, [0.05, 0.95]).tolist()) if len(known) else Band(*[np.nan] * 3)


def ordered(rows: Sequence[Row]) -> tuple[Row, ...]:
    """National cases first, then regional, then local ones, each by id."""
    return tuple(sorted(rows, key=lambda row: (-level_of(row.place), row.place.id)))


def level_of(place: Place) -> Level:
    """The level of a case; local where its file is not at hand."""
    return place.case.level if place.case else Level.local


def alike(found: CasesMap) -> bool:
    """Whether all cases follow the same rules."""
    return len({(tuple(row.presets.items()), row.own) for row in found.rows}) == 1 and len(found.rows) > 1
