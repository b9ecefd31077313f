"""Interaction and decision records of one run: who said what to whom with what effect, and what became of each decision.

From these tables alone voice shares, influence shares, votes and the history of the service can be rebuilt: see
:mod:`coprod_abm.replay`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from coprod_abm.case import Case, Level
from coprod_abm.declare import nearest
from coprod_abm.display import record_html
from coprod_abm.draws import replicate_seed
from coprod_abm.ledger import CAUSE, CHANGE
from coprod_abm.log import ACT, ENCOUNTER_ROW, Log
from coprod_abm.parameters import Parameters
from coprod_abm.rules.power import DecisionRule
from coprod_abm.service import GROUPS
from coprod_abm.simulate import Cases, RunError, as_cases, check_parameters, check_run, recorded
from coprod_abm.week import MONTH
from coprod_abm.world import Array, World, world_of

ROLE_NAMES = ("citizen", "professional", "leader")
ORIGIN_NAMES = (*ROLE_NAMES, "elsewhere")
LEVEL_NAMES = tuple(level.name for level in Level)
RULE_NAMES = tuple(rule.name for rule in DecisionRule)
Encounters = Literal["by month", "full"]
RecordRow = Any  # a row of a table, its columns as attributes

# Columns that hold codes, and the words they stand for; a code of −1 has no word.
WORDS: dict[str, Sequence[str]] = {
    "role": ROLE_NAMES,
    "act": ACT._fields,
    "origin": ORIGIN_NAMES,
    "rule": RULE_NAMES,
    "what": CHANGE._fields,
    "cause": CAUSE._fields,
}
FLAGS = ("adopted", "vetoed", "feedback", "casting_vote", "sits", "shared")


class RecordError(ValueError):
    """Something was asked of records that they do not hold; the message names it and the way out."""


def shown(value: Any) -> str:
    """A value as a refusal tells it: as it is written where that is short, else its type.

    >>> shown("abc"), shown([0] * 100)
    ("'abc'", 'a list')
    """
    told = repr(value)
    return told if len(told) <= 60 and "\n" not in told else f"a {type(value).__name__}"


class Record(NamedTuple):
    """What happened in one run. Persons are numbered within the run, decisions and meetings within their project.

    Attributes:
        acts: one row per act on the floor: who spoke to whom, on which feature, for which value, with what effect.
        decisions: one row per decision: proposal, origin, rule, votes by role, veto, outcome, and what became of it.
        meetings: one row per meeting held: facilitation, seats, who was there by role, safety before and after.
        attendance: one row per person present at a meeting: seat, status as it acted, chance of the floor, turns.
        seats: one row per sitting down and standing up, those of week 0 included.
        changes: the service at the start, and each promise, implementation and breach since.
        encounters: encounters by project and month, and those in which power was shared.
        every_encounter: one row per encounter where ``encounters="full"`` was asked for, else none.
        projects: one row per project: level, place, people and seats by role, shares of identity groups.
        run: cases, seed, replicate and weeks.
    """

    acts: pd.DataFrame
    decisions: pd.DataFrame
    meetings: pd.DataFrame
    attendance: pd.DataFrame
    seats: pd.DataFrame
    changes: pd.DataFrame
    encounters: pd.DataFrame
    every_encounter: pd.DataFrame
    projects: pd.DataFrame
    run: dict[str, Any]

    def _repr_html_(self) -> str:
        return record_html(self.run, {name: len(rows) for name, rows in self._asdict().items() if name != "run"})


def records(
    params: Parameters,
    case: Cases,
    seed: int = 1,
    weeks: int | None = None,
    replicate: int = 0,
    encounters: Encounters = "by month",
    overrides: Mapping[str, Any] | None = None,
) -> Record:
    """The records of the run that is replicate ``replicate`` of ``simulate(params, case, seed=seed)``.

    Several cases are run in one world, where regions and nations pass on what they learn; ``simulate`` keeps cases apart.
    ``encounters="full"`` adds a row for each encounter of a citizen and a professional.

    Raises:
        RunError, CaseError, ParameterError: as in :func:`coprod_abm.simulate`.
    """
    check_parameters(params)
    check_encounters(encounters)
    chosen = as_cases(case)
    length = max(one.weeks for one in chosen) if weeks is None else weeks
    check_run(replicate + 1, length, 1, 1, seed)
    world = world_of(chosen, params, overrides)
    outcome, log = recorded(world, replicate_seed(seed, replicate), length, encounters=encounters == "full")
    run = {"cases": [one.id for one in chosen], "seed": int(seed), "replicate": int(replicate), "weeks": int(length)}
    return record_of(log, outcome.world, chosen, run)


def check_encounters(encounters: Any) -> None:
    """Refuse a way to keep encounters that does not exist.

    Raises:
        RunError: naming what was given.
    """
    if encounters not in ("by month", "full"):
        raise RunError(f"encounters = {encounters!r} is not a way to keep them. Give 'by month' or 'full'.")


def record_of(log: Log, world: World, chosen: Sequence[Case], run: dict[str, Any]) -> Record:
    """The tables of a log, codes turned into words; ``world`` is that of the run, at any time after its start."""
    projects = projects_table(world, chosen, run)
    names = projects["project"].tolist()
    full = log.table("encounters") if len(log.encounters) else np.zeros(0, ENCOUNTER_ROW)
    tables = {
        name: table(rows, names, projects, run)
        for name, rows in (
            *((name, log.table(name)) for name in ("acts", "decisions", "meetings", "attendance", "seats", "changes")),
            ("encounters", monthly(log, run["weeks"])),
            ("every_encounter", full),
        )
    }
    return Record(**tables, projects=projects, run=run)


def monthly(log: Log, weeks: int) -> Array:
    """Encounters by month and project as rows."""
    months = -(-weeks // MONTH)
    count = log.months.shape[1]
    rows = np.zeros(months * count, [(name, "i4") for name in ("month", "project", "encounters", "with_shared_power")])
    rows["month"] = np.repeat(np.arange(1, months + 1), count)
    rows["project"] = np.tile(np.arange(count), months)
    rows["encounters"] = log.months[:months, :, 0].ravel()
    rows["with_shared_power"] = log.months[:months, :, 1].ravel()
    return rows


def projects_table(world: World, chosen: Sequence[Case], run: dict[str, Any]) -> pd.DataFrame:
    """One row per project, in the order of their numbers in the run."""
    several = len(chosen) > 1
    sites = [(one, site) for one in chosen for site in one.sites]
    columns: dict[str, Any] = {
        "run": run["replicate"],
        "project": [f"{one.id}: {site.name}" if several else site.name for one, site in sites],
        "case": [one.id for one, _ in sites],
        "country": [one.country for one, _ in sites],
        "region": [site.region for _, site in sites],
        "level": named(world.projects["level"], LEVEL_NAMES),
        "start": [one.start for one, _ in sites],
        "first_person": world.projects["first"].copy(),
    }
    for place, role in enumerate(ROLE_NAMES):
        columns[f"people_{role}"] = world.projects[f"{role}s"].copy()
        columns[f"seats_{role}"] = world.projects["seats"][:, place].copy()
    for group in range(GROUPS):
        columns[f"group_share_{group}"] = world.projects["group_share"][:, group].copy()
    return with_facts(pd.DataFrame(columns), run)


def table(rows: Array, names: Sequence[str], projects: pd.DataFrame, run: dict[str, Any]) -> pd.DataFrame:
    """Rows of the log as a table: run, project and level beside them, codes turned into words."""
    columns: dict[str, Any] = {"run": np.full(len(rows), run["replicate"], np.int32)}
    for name, values in by_column(rows).items():
        if name in WORDS:
            columns[name] = named(values, WORDS[name])
        elif name in ("project", "source"):
            columns[name] = named(values, names)
        else:
            columns[name] = values.astype(bool) if name in FLAGS else values
        if name == "project":
            columns["level"] = named(projects["level"].cat.codes.to_numpy()[values], LEVEL_NAMES)
    return with_facts(pd.DataFrame(columns), run)


def with_facts(columns: pd.DataFrame, run: dict[str, Any]) -> pd.DataFrame:
    """A table that knows which run it is of."""
    columns.attrs = {str(name): value for name, value in run.items()}
    return columns


def check_record(record: Any) -> None:
    """Refuse what is not the record of a run.

    Raises:
        RecordError: naming what was given.
    """
    if not isinstance(record, Record):
        raise RecordError(
            f"record = {shown(record)} is not the record of a run. Give what records(...) or read_records(folder) returned."
        )


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number; True and False are not.

    >>> is_whole(1), is_whole(True), is_whole(1.0)
    (True, False, False)
    """
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def rows_of(table: pd.DataFrame) -> Iterator[RecordRow]:
    """The rows of a table as named tuples."""
    return table.itertuples()


def project_of(record: Record, project: str | None) -> RecordRow:
    """The row of the project of that name, or of the only one there is.

    Raises:
        RecordError: when there is no such project, or several and none is named, or where there are no records.
    """
    check_record(record)
    names = record.projects["project"].tolist()
    if project is None and len(names) > 1:
        raise RecordError(f"The records hold {len(names)} projects. Name one: {', '.join(names)}.")
    chosen = names[0] if project is None else project
    if chosen not in names:
        hint = nearest(str(chosen), names)
        raise RecordError(f"project = {chosen!r} is not in the records.{hint} Projects: {', '.join(names)}.")
    return next(row for row in rows_of(record.projects) if row.project == chosen)


def record_of_project(record: Record, project: str) -> Record:
    """The part of a record that is about one project; the list of projects stays whole."""
    tables: dict[str, Any] = {
        name: table[table["project"] == project]
        for name, table in record._asdict().items()
        if name not in {"run", "projects"}
    }
    return record._replace(**tables)


def by_column(rows: Array) -> dict[str, Array]:
    """Records column by column; what holds one number per role becomes one column per role."""
    columns = {}
    for name in rows.dtype.names or ():
        if rows[name].ndim > 1:
            for place, role in enumerate(ROLE_NAMES):
                columns[f"{name}_{role}"] = rows[name][:, place].copy()
        else:
            columns[name] = rows[name].copy()
    return columns


def named(codes: Array, names: Sequence[str]) -> "pd.Categorical[str]":
    """Codes as words; −1 has none."""
    return pd.Categorical.from_codes(codes.astype(np.int64).tolist(), pd.Index(list(names)))
