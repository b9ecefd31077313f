"""What the runs of a scenario left: the tables that pictures, pages and reports read. Nothing here runs the model."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from coprod_abm.experiments.scenario import Scenario, load_scenario
from coprod_abm.year import YEAR

SEAT, VOICE, INFLUENCE = SHARES = ("seat", "voice", "influence")
Frame = pd.DataFrame


class Pages(NamedTuple):
    """What the first replicate's records show of the first project.

    Attributes:
        network: one row per arm, half-year and ordered pair: turns of ``speaker`` that answered ``addressee``.
        people: one row per arm, half-year and person with a seat in it: role, group, turns.
        meeting: one meeting of each arm, act by act, with what became of its decision.
    """

    network: Frame
    people: Frame
    meeting: Frame

    def tables(self) -> list[tuple[str, Frame]]:
        """The tables with the names of their files."""
        return list(zip(self._fields, self, strict=True))


@dataclass(frozen=True)
class Arms:
    """What the runs of a scenario left.

    Attributes:
        scenario: the question.
        cases: id to name.
        trajectories: one row per arm, case, replicate, week and measure (``SINGLE``).
        levels: the same for the outcomes by level of care system, with a column ``level``.
        effects: each arm against the first, paired run by run: see ``scenario_effects``.
        seats: shares of seats, talk and adopted proposals by role: see ``scenario_records``.
        pages: what the records of replicate 0 show: who talked to whom, and one meeting turn by turn.
        facts: seeds, runs, model version, how parameters were chosen.
    """

    scenario: Scenario
    cases: Mapping[str, str]
    trajectories: pd.DataFrame
    levels: pd.DataFrame
    effects: pd.DataFrame
    seats: pd.DataFrame
    pages: Pages
    facts: Mapping[str, Any] = field(default_factory=dict)


def meeting_year(scenario: Scenario) -> int:
    """The year near whose end a meeting is shown: the second, or the one after the first event, so that arms can differ.

    >>> meeting_year(load_scenario("sponsor_loss")), meeting_year(load_scenario("ladder_climb"))
    (3, 2)
    """
    weeks = [event.week for arm in scenario.arms for event in arm.events]
    return max(2, 1 + -(-min(weeks) // YEAR)) if weeks else 2


def write_arms(found: Arms, folder: Path, facts: Mapping[str, Any]) -> None:
    """Write the tables and ``study.json`` of a scenario into a folder, which is made.

    The folder holds ``trajectories.parquet``, ``levels.parquet``, ``effects.csv``, ``seats.csv``, ``network.csv``,
    ``meeting.csv`` and ``study.json``; :func:`read_arms` brings them back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found.trajectories.to_parquet(folder / "trajectories.parquet", index=False)
    found.levels.to_parquet(folder / "levels.parquet", index=False)
    for name, table in (("effects", found.effects), ("seats", found.seats), *found.pages.tables()):
        table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
    told = {**facts, **found.facts, "file": Path(found.scenario.path).name, "names": dict(found.cases)}
    (folder / "study.json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "scenario.yaml").write_bytes(Path(found.scenario.path).read_bytes())


def read_arms(folder: Path) -> Arms:
    """What :func:`write_arms` wrote."""
    facts = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    scenario = replace(load_scenario(folder / "scenario.yaml"), name=facts["scenario"])
    return Arms(
        scenario,
        facts["names"],
        pd.read_parquet(folder / "trajectories.parquet"),
        pd.read_parquet(folder / "levels.parquet"),
        pd.read_csv(folder / "effects.csv"),
        pd.read_csv(folder / "seats.csv"),
        Pages(*(pd.read_csv(folder / f"{name}.csv") for name in Pages._fields)),
        facts,
    )
