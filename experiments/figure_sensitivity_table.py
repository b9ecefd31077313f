"""What the figures of a sensitivity study need of its tables: read from its folder, cut by place and week, strongest first."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.experiments.study_names import DUMMY, Names

TOTAL = ("ST", "delta", "pawn_median", "mu_star", "S1")  # what a method's indices are ranked by, the first there is
FIRST = {"ST": "S1"}  # what stands beside it in one bar
SHARES = ("S1", "ST")
RELATIVE = ("mu_star",)  # in the unit of the outcome, so that outcomes cannot be compared by it
COLUMNS = {
    "indices": [
        "case",
        "level",
        "week",
        "measure",
        "method",
        "parameter",
        "index",
        "value",
        "low",
        "high",
        "n",
        "runs",
    ],
    "interactions": ["case", "level", "week", "measure", "first", "second", "value", "low", "high"],
    "noise": ["case", "week", "measure", "share", "low", "high", "share_of_means", "replicates"],
    "convergence": ["step", "n", "runs", "case", "week", "measure", "parameter", "index", "value", "low", "high"],
    "fixing": ["case", "week", "measure", "fixed", "threshold", "variance_kept", "low", "high", "runs"],
}


@dataclass(frozen=True)
class StudyTables:
    """The tables of a sensitivity study, each empty where the study has none.

    Attributes:
        indices, interactions, noise, convergence, fixing: as ``coprod sensitivity`` writes them.
        facts: method, seeds, replicates, tolerance and why it stopped.
    """

    indices: pd.DataFrame
    interactions: pd.DataFrame
    noise: pd.DataFrame
    convergence: pd.DataFrame
    fixing: pd.DataFrame
    facts: dict[str, Any]


def read_study(folder: Path) -> StudyTables:
    """The tables that lie in a folder; those that do not are empty."""
    tables = {name: read_table(folder / f"{name}.csv", columns) for name, columns in COLUMNS.items()}
    if "noise_only" not in tables["indices"]:
        tables["indices"] = tables["indices"].assign(noise_only=False)
    tables["indices"]["noise_only"] = tables["indices"]["noise_only"].astype(str).str.lower().isin(["true", "1"])
    file = folder / "sensitivity.json"
    facts = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return StudyTables(facts=facts, **tables)


def read_table(file: Path, columns: list[str]) -> pd.DataFrame:
    """One table with at least these columns; names are text, a missing week is −1."""
    texts = {"case", "level", "measure", "method", "parameter", "index", "first", "second", "fixed"}
    table = pd.read_csv(file, dtype=dict.fromkeys(texts, str)) if file.exists() else pd.DataFrame(columns=columns)
    table = table.reindex(columns=list(dict.fromkeys([*columns, *table.columns])))
    for name in texts & set(table.columns):
        table[name] = table[name].astype(object).where(table[name].notna(), "").astype(str)
    for name in set(table.columns) - texts - {"noise_only"}:
        table[name] = pd.to_numeric(table[name], errors="coerce").astype(float)
    if "week" in table:
        table["week"] = pd.to_numeric(table["week"], errors="coerce").fillna(-1.0).astype(float)
    return table


def places(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Cases with their levels, in the order of the table; a table without levels has one empty level."""
    levels = table["level"] if "level" in table else pd.Series("", table.index)
    return list(dict.fromkeys(zip(table["case"], levels, strict=True)))


def at_place(table: pd.DataFrame, place: tuple[str, str]) -> pd.DataFrame:
    """The rows of one case and level; of a table without levels, of the case."""
    own = table[table["case"] == place[0]]
    return own[own["level"] == place[1]] if "level" in own else own


def at_end(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of each case's last week; −1 stands for the end."""
    weeks = table["week"].replace(-1.0, np.inf)
    return table[weeks == weeks.groupby(table["case"]).transform("max")] if len(table) else table


def ranked_by(table: pd.DataFrame) -> str:
    """The index by which parameters are compared, empty where there is none."""
    there = set(table["index"])
    return next((name for name in TOTAL if name in there), "")


def of_index(table: pd.DataFrame, index: str) -> pd.DataFrame:
    """The rows of one index, one per parameter, strongest first and the dummy last."""
    own = table[table["index"] == index].drop_duplicates("parameter")
    order = own.assign(last=own["parameter"] == DUMMY, size=-own["value"].fillna(-np.inf))
    return order.sort_values(["last", "size"], kind="stable").drop(columns=["last", "size"])


def records(table: pd.DataFrame) -> list[Any]:
    """The rows of a table, each with its columns as attributes."""
    return list(table.itertuples(index=False))


def first_row(table: pd.DataFrame) -> Any:
    """The first row of a table by the names of its columns."""
    return table.iloc[0]


def real_pairs(rows: pd.DataFrame) -> pd.DataFrame:
    """The pairs without the dummy, and whether each can be told from luck (``clear``).

    A second-order effect cannot be below zero, so a negative value is an error of the estimate; and one that is no larger
    than what a pair with the dummy reaches shows nothing.
    """
    rows = rows.dropna(subset=["value"])
    rows = rows.astype(dict.fromkeys(("value", "low", "high"), float))
    with_dummy = (rows["first"] == DUMMY) | (rows["second"] == DUMMY)
    reach = rows[with_dummy].groupby("measure")["value"].apply(lambda values: values.abs().max())
    real = rows[~with_dummy]
    beyond = real["value"] > real["measure"].map(reach).astype(float).fillna(0.0)
    return real.assign(clear=(real["low"] > 0) & beyond)


def told_apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Those rows that differ from luck, without the dummy."""
    return rows[(rows["parameter"] != DUMMY) & ~rows["noise_only"] & rows["value"].notna()]


def floor(rows: pd.DataFrame) -> float:
    """What the dummy reaches at the upper end of its interval; NaN without a dummy."""
    own = rows[rows["parameter"] == DUMMY]
    return float(own["high"].fillna(own["value"]).max()) if len(own) else float("nan")


def facts_told(study: StudyTables, rows: pd.DataFrame, names: Names) -> str:
    """Method, runs, replicates and seed of the rows that a figure shows."""
    facts = study.facts
    method = str(rows["method"].iloc[0]) if "method" in rows and len(rows) else str(facts.get("method", ""))
    runs = runs_in_all(rows)
    base = rows["n"].dropna() if "n" in rows else pd.Series(dtype=float)
    replicates, seed = fact(facts, "replicates"), fact(facts, "seed")
    if replicates is None and len(study.noise):
        replicates = int(study.noise["replicates"].max())
    told = names.text(
        "notes.facts",
        method=method_name(method, names),
        runs=names.count(runs) if runs else "?",
        base=names.text("notes.base", n=names.count(base.max())) if len(base) else "",
        replicates=names.text("notes.replicates", replicates=replicates) if replicates is not None else "",
        seed=names.text("notes.seed", seed=seed) if seed is not None else "",
    )
    common = fact(facts, "common_seeds")
    seeds = "" if common is None else f" {names.text('notes.common_seeds' if common else 'notes.own_seeds')}"
    return names.capital(told) + seeds


def runs_in_all(rows: pd.DataFrame) -> float:
    """The runs behind some rows, of all their cases together; 0 where that is not told."""
    if "runs" not in rows or not rows["runs"].notna().any():
        return 0.0
    return float(rows.groupby("case")["runs"].max().sum()) if "case" in rows else float(rows["runs"].max())


def fact(facts: dict[str, Any], name: str) -> Any:
    """A fact of the study, wherever in its file it stands; None where it does not."""
    if name in facts and not isinstance(facts[name], dict):
        return facts[name]
    inside = (fact(each, name) for each in facts.values() if isinstance(each, dict))
    return next((found for found in inside if found is not None), None)


def method_name(method: str, names: Names) -> str:
    """A method in words."""
    return str(names.words["methods"].get(method, method))


def filed(*parts: str) -> str:
    """Parts of the name of a file, without what folders cannot hold."""
    kept = "_".join(part for part in parts if part)
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in kept)
