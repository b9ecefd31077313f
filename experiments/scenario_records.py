"""What the records of a scenario's runs show: shares by role, who talked to whom over time, and one meeting turn by turn."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.case import Case
from coprod_abm.draws import replicate_seed
from coprod_abm.experiments.scenario import Arm, Scenario
from coprod_abm.experiments.scenario_arms import INFLUENCE, SEAT, VOICE, Pages, meeting_year
from coprod_abm.experiments.scenario_draws import Draws
from coprod_abm.log import ACT, Log
from coprod_abm.records import ROLE_NAMES, Record, record_of
from coprod_abm.simulate import on_threads, recorded
from coprod_abm.world import World
from coprod_abm.year import YEAR

MOST_RECORDED = 30  # runs of each arm; shares by role need no more
HALF_A_YEAR = 26
TALK = ("inform_shared", "inform_unique", "propose", "support", "challenge")
Frame = pd.DataFrame


def records_wanted(replicates: int) -> int:
    """How many runs of each arm are recorded."""
    return min(replicates, MOST_RECORDED)


def read_pages(
    scenario: Scenario,
    worlds: Sequence[Sequence[Case]],
    count: int,
    seed: int,
    draws: Draws | None,
    usual: Mapping[str, Any],
    threads: int | None,
) -> tuple[Frame, Pages]:
    """The table of seats, voice and influence by role, and the pages of the first project of the first case."""
    from coprod_abm.experiments.scenario_runs import world_in

    seats: list[Frame] = []
    network: list[Frame] = []
    people: list[Frame] = []
    meetings: dict[str, Record] = {}
    for arm in scenario.arms:
        for number, cases in enumerate(worlds):
            same = None if draws else world_in(arm, cases, usual, None, 0)

            def one(
                replicate: int, arm: Arm = arm, cases: Sequence[Case] = cases, same: World | None = same
            ) -> tuple[Frame, Record | None]:
                return shares_of_run(arm, cases, seed, draws, usual, replicate, same)

            found = on_threads(one, list(range(count)), threads, None)
            seats.append(pd.concat([shares for shares, _ in found], ignore_index=True).assign(arm=arm.name))
            record = found[0][1]
            if number == 0 and record is not None:
                meetings[arm.name] = record
                network.append(talk_between(record).assign(arm=arm.name))
                people.append(people_seated(record).assign(arm=arm.name))
    pages = Pages(
        _with(scenario, network),
        _with(scenario, people),
        _with(scenario, [one_meeting(meetings, YEAR * meeting_year(scenario))]),
    )
    return summarised(scenario, pd.concat(seats, ignore_index=True)), pages


def shares_of_run(
    arm: Arm,
    cases: Sequence[Case],
    seed: int,
    draws: Draws | None,
    usual: Mapping[str, Any],
    replicate: int,
    same: World | None = None,
) -> tuple[Frame, Record | None]:
    """Shares by case and role of one recorded run, in ``same`` where runs share a world; for replicate 0 also its record."""
    from coprod_abm.experiments.scenario_runs import world_in

    world = same or world_in(arm, cases, usual, draws, replicate)
    weeks = cases[0].weeks
    outcome, log = recorded(world, replicate_seed(seed, replicate), weeks)
    numbers = np.cumsum([0, *(len(case.sites) for case in cases)])
    parts = [
        _shares(log, (int(first), int(last)), case.id)
        for case, first, last in zip(cases, numbers[:-1], numbers[1:], strict=True)
    ]
    shares = pd.DataFrame([row for part in parts for row in part], columns=["case", "role", "what", "share"])
    if replicate:
        return shares, None
    run = {"cases": [case.id for case in cases], "seed": seed, "replicate": replicate, "weeks": weeks}
    return shares, record_of(log, outcome.world, cases, run)


def _shares(log: Log, projects: tuple[int, int], case: str) -> list[tuple[str, str, str, float]]:
    """Shares of filled seats at meetings, of talk, and of adopted proposals that came from members, by role."""

    def inside(name: str) -> Any:
        rows = log.table(name)
        return rows[(rows["project"] >= projects[0]) & (rows["project"] < projects[1])]

    acts, decisions = inside("acts"), inside("decisions")
    talk = acts[(acts["act"] == ACT.inform_shared) | (acts["act"] == ACT.inform_unique)]
    roles = np.arange(len(ROLE_NAMES))
    counts = {
        SEAT: inside("meetings")["filled"].sum(axis=0),
        VOICE: (talk["role"][:, None] == roles).sum(axis=0),
        INFLUENCE: (decisions["origin"][decisions["adopted"] == 1][:, None] == roles).sum(axis=0),
    }
    return [
        (case, role, what, float(numbers[place] / numbers.sum()) if numbers.sum() else np.nan)
        for what, numbers in counts.items()
        for place, role in enumerate(ROLE_NAMES)
    ]


def summarised(scenario: Scenario, runs: Frame) -> Frame:
    """Means over recorded runs with the band that holds 90 % of them: ``arm, case, role, what, share, low, high, n``."""
    grouped = runs.groupby(["arm", "case", "role", "what"], sort=False)["share"]
    table = grouped.agg(
        share="mean", low=lambda values: values.quantile(0.05), high=lambda values: values.quantile(0.95), n="count"
    ).reset_index()
    table.insert(0, "scenario", scenario.name)
    return table


def first_project(record: Record) -> str:
    """The first local project of a record, or its first."""
    local = record.projects[record.projects["level"] == "local"]
    return str((local if len(local) else record.projects)["project"].iloc[0])


def talk_between(record: Record) -> Frame:
    """Turns and votes that answered another person, by half-year and ordered pair."""
    acts = record.acts[record.acts["project"] == first_project(record)]
    told = acts[acts["act"].isin(TALK) & (acts["speaker"] >= 0) & (acts["addressee"] >= 0)]
    told = told.assign(until=half_year(told["week"]))
    return told.groupby(["until", "speaker", "addressee"], sort=True).size().rename("acts").reset_index()


def people_seated(record: Record) -> Frame:
    """Who came to meetings in each half-year, with role, group and turns."""
    there = record.attendance[record.attendance["project"] == first_project(record)]
    there = there.assign(until=half_year(there["week"]), role=there["role"].astype(str))
    grouped = there.groupby(["until", "person"], sort=True)
    return grouped.agg(
        role=("role", "last"), group=("group", "last"), seat=("seat", "last"), turns=("turns", "sum")
    ).reset_index()


def half_year(weeks: "pd.Series[Any]") -> "pd.Series[Any]":
    """The last week of the half-year in which each week lies."""
    return -(-weeks.clip(lower=1) // HALF_A_YEAR) * HALF_A_YEAR


def one_meeting(records: Mapping[str, Record], week: int) -> Frame:
    """One meeting of each arm, act by act: the one with a decision that lies nearest to a week."""
    parts = []
    for name, record in records.items():
        project = first_project(record)
        decided = record.decisions[record.decisions["project"] == project]
        if decided.empty:
            continue
        row = decided.iloc[(decided["week"] - week).abs().argmin()]
        acts = record.acts[(record.acts["project"] == project) & (record.acts["meeting"] == row["meeting"])]
        columns = [
            "week",
            "meeting",
            "turn",
            "speaker",
            "role",
            "group",
            "addressee",
            "act",
            "feature",
            "value",
            "opposed",
        ]
        told = acts[columns].copy()
        told["moved"] = acts[[f"adopters_{role}" for role in ROLE_NAMES]].sum(axis=1)
        parts.append(
            told.assign(
                arm=name,
                project=project,
                proposer=row["proposer"],
                rule=str(row["rule"]),
                adopted=bool(row["adopted"]),
                vetoed=bool(row["vetoed"]),
                implemented_week=row["implemented_week"],
                broken_week=row["broken_week"],
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["arm", "week"])


def _with(scenario: Scenario, parts: Sequence[Frame]) -> Frame:
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "scenario", scenario.name)
    return table
