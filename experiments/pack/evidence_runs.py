"""Evidence from folders of `coprod run`, one or several beside one another, and of small sweeps."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from coprod_abm.case import CaseError, load_case
from coprod_abm.experiments.pack.evidence import Evidence, Place, Way, evidence_of, place_of
from coprod_abm.experiments.pack.evidence_pairs import (
    pairs,
    point_rows,
)
from coprod_abm.experiments.pack.evidence_titles import settings_of, titles_of
from coprod_abm.experiments.pack.folders import (
    HOW,
    SWEEP,
    is_kind,
    read_scenario,
    reading,
    run_folders,
    scenario_folders,
)
from coprod_abm.experiments.scenario_effects import COLUMNS
from coprod_abm.language import languages
from coprod_abm.simulate import RunError
from coprod_abm.year import YEAR

MOST_POINTS = 8  # of a sweep that can be told as arrangements


def evidence_in(folder: Path, text: str) -> list[Evidence]:
    """Everything that a folder can tell, whichever command left it.

    Raises:
        RunError: when it holds nothing of use, or a sweep has too many points to be told one by one.
    """
    with reading(folder):
        if scenarios := scenario_folders(folder):
            return [evidence_of(read_scenario(one), str(one)) for one in scenarios]
        if runs := run_folders(folder):
            return [of_runs(runs, folder)]
        if is_kind(folder, SWEEP):
            return [of_sweep(folder)]
    raise RunError(f"from = {text} holds no results of coprod scenarios, run or sweep. {HOW}")


# ---- coprod run ----


def of_runs(folders: Sequence[Path], whole: Path) -> Evidence:
    """One run told by itself; several compared with the first, future by future where they share seed and cases.

    Raises:
        RunError: when runs differ in cases, weeks or seed, so that nothing can be compared.
    """
    facts = [json.loads((folder / "provenance.json").read_text(encoding="utf-8")) for folder in folders]
    tables = [pd.read_parquet(folder / "tables" / "runs.parquet") for folder in folders]
    check_alike(folders, facts)
    places = tuple(place_in(folders[0], name) for name in facts[0]["cases"])
    titles = titles_of([settings_of(one["overrides"]) for one in facts])
    ways = tuple(Way(str(number), title) for number, title in enumerate(titles))
    weeks = max(facts[0]["weeks"].values())
    series = pd.read_parquet(folders[0] / "tables" / "trajectories.parquet")
    rows = [row for number in range(1, len(tables)) for row in pairs(tables[0], tables[number], number, weeks)]
    return Evidence(
        name=whole.resolve().name,
        title=titles[0] if len(titles) == 1 else dict.fromkeys(languages(), ""),
        ways=ways,
        effects=pd.DataFrame(rows, columns=list(COLUMNS)),
        cases=places,
        years=round(weeks / YEAR),
        replicates=int(facts[0]["replicates"]),
        seed=int(facts[0]["seed"]),
        version=str(facts[0]["versions"].get("coprod-abm", "?")),
        path=str(whole),
        change=change_in(series) if len(folders) == 1 else pd.DataFrame(),
    )


def check_alike(folders: Sequence[Path], facts: Sequence[Mapping[str, Any]]) -> None:
    """Refuse runs that cannot be compared future by future.

    Raises:
        RunError: naming the folder and what differs.
    """
    for folder, one in zip(folders[1:], facts[1:], strict=True):
        for key in ("cases", "weeks", "seed", "replicates", "model"):
            if one[key] != facts[0][key]:
                raise RunError(
                    f"{folder} and {folders[0]} differ in {key}, so they cannot be compared. Name one of them, or run both "
                    "with the same case, seed and replicates, as in `coprod run -m power=majority,consensus`."
                )


def place_in(folder: Path, name: str) -> Place:
    """A case as its run used it."""
    try:
        case = load_case(folder / "cases" / f"{name}.yaml")
    except (CaseError, OSError):
        return place_of(name, name, None)
    return Place(name, case.name, case)


def change_in(series: pd.DataFrame) -> pd.DataFrame:
    """Each measure at the start and at the end of a run: mean over cases, and the band of 90 of 100 futures."""
    ends = {"start": series["week"].min(), "end": series["week"].max()}
    parts = {
        key: series[series["week"] == week].groupby("measure", sort=False)[["mean", "q05", "q95"]].mean()
        for key, week in ends.items()
    }
    table = parts["end"].rename(columns={"mean": "end", "q05": "low", "q95": "high"})
    return table.assign(start=parts["start"]["mean"]).reset_index()[["measure", "start", "end", "low", "high"]]


# ---- titles ----


# ---- coprod sweep ----


def of_sweep(folder: Path) -> Evidence:
    """A sweep of few points, each compared with the first.

    Raises:
        RunError: when it has too few or too many points.
    """
    from coprod_abm import results

    told = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    facts, table = told["facts"], results(folder)
    table = table[table["error"].isna()]
    points = table["point"].drop_duplicates().tolist()
    if not 1 < len(points) <= MOST_POINTS:
        raise RunError(
            f"The sweep in {folder} has {len(points)} points that ran; a guide tells 2 to {MOST_POINTS} arrangements. Sweep "
            "presets, as in `coprod sweep power=majority,consensus`; for more points see its figures."
        )
    columns = [name for name in facts["columns"] if name in table]
    settings = [table[table["point"] == point][columns].iloc[0].to_dict() for point in points]
    week = max(facts["weeks"].values())
    paired = facts["rows"] == "replicates" and bool(facts["common_seeds"])
    rows = [row for number in range(1, len(points)) for row in point_rows(table, points, number, week, facts, paired)]
    return Evidence(
        name=folder.resolve().name,
        title=dict.fromkeys(languages(), ""),
        ways=tuple(Way(str(number), title) for number, title in enumerate(titles_of(settings))),
        effects=pd.DataFrame(rows, columns=list(COLUMNS)),
        cases=tuple(place_of(name, name, mark) for name, mark in facts["cases"].items()),
        years=round(week / YEAR),
        replicates=int(facts["replicates"]),
        seed=int(facts["seed"]),
        version=str(told.get("versions", {}).get("coprod-abm", "?")),
        paired=paired,
        path=str(folder),
    )
