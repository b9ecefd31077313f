"""Evidence from folders of `coprod run`, one or several beside one another, and of small sweeps."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from coprod_abm.case import CaseError, load_case
from coprod_abm.experiments.estimates import quantile_of_t
from coprod_abm.experiments.pack.evidence import Evidence, Place, Way, evidence_of, place_of
from coprod_abm.experiments.pack.folders import HOW, RUN, SWEEP, is_kind, read_scenario, run_folders, scenario_folders
from coprod_abm.experiments.pack.words import PackWords
from coprod_abm.experiments.scenario_effects import (
    ALL_CASES,
    CANNOT_TELL,
    COLUMNS,
    LEVEL,
    YEAR,
    compared,
    verdict_of,
)
from coprod_abm.language import languages
from coprod_abm.measures import NAMES
from coprod_abm.presets import FAMILIES
from coprod_abm.simulate import RunError

MOST_POINTS = 8  # of a sweep that can be told as arrangements
Row = tuple[Any, ...]


def evidence_in(folder: Path, text: str) -> list[Evidence]:
    """Everything that a folder can tell, whichever command left it.

    Raises:
        RunError: when it holds nothing of use, or a sweep has too many points to be told one by one.
    """
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


def pairs(first: pd.DataFrame, other: pd.DataFrame, number: int, week: int) -> Iterator[Row]:
    """Effects of one run against the first, of each case and of their mean."""
    names = [name for name in NAMES if name in first and name in other]
    keys = ["case", "replicate"]
    one, two = (table.set_index(keys)[names] for table in (first, other))
    two = two.reindex(one.index)
    for case in one.index.unique("case"):
        yield from rows_of(names, one.loc[case], two.loc[case], str(case), number, week)
    if one.index.unique("case").size > 1:
        means = [table.groupby(level="replicate").mean() for table in (one, two)]
        yield from rows_of(names, means[0], means[1], ALL_CASES, number, week)


def rows_of(
    names: Sequence[str], one: pd.DataFrame, two: pd.DataFrame, case: str, number: int, week: int
) -> Iterator[Row]:
    """A row of effects for each measure."""
    for name in names:
        found = compared(name, one[name].to_numpy(), two[name].to_numpy())
        yield ("runs", str(number), "0", case, name, week, *found)


def change_in(series: pd.DataFrame) -> pd.DataFrame:
    """Each measure at the start and at the end of a run: mean over cases, and the band of 90 of 100 futures."""
    ends = {"start": series["week"].min(), "end": series["week"].max()}
    parts = {
        key: series[series["week"] == week].groupby("measure", sort=False)[["mean", "q05", "q95"]].mean()
        for key, week in ends.items()
    }
    table = parts["end"].rename(columns={"mean": "end", "q05": "low", "q95": "high"})
    return table.assign(start=parts["start"]["mean"]).reset_index()[["measure", "start", "end", "low", "high"]]


def settings_of(overrides: Sequence[str]) -> dict[str, str]:
    """What a run set of rules and parameters."""
    pairs_of = (one.lstrip("+").partition("=") for one in overrides)
    return {key: value for key, _, value in pairs_of if key.partition(".")[0] in {*FAMILIES, "theory"}}


# ---- titles ----


def titles_of(settings: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Plain names of arrangements by language: what differs between them, or all that is set where there is only one."""
    keys = list(dict.fromkeys(key for one in settings for key in one))
    differing = [key for key in keys if len({str(one.get(key)) for one in settings}) > 1]
    told = differing if len(settings) > 1 else keys
    return [{language: title_of(one, told, PackWords(language)) for language in languages()} for one in settings]


def title_of(setting: Mapping[str, Any], keys: Sequence[str], words: PackWords) -> str:
    """What an arrangement sets, in plain words."""
    parts = [part_of(key, setting[key], words) if key in setting else words.tell("ways.as_usual") for key in keys]
    return " + ".join(dict.fromkeys(parts)) or words.tell("ways.usual")


def part_of(key: str, value: Any, words: PackWords) -> str:
    """One setting in plain words; its own name where there are none."""
    if key in FAMILIES:
        return words.preset(key, str(value))[0]
    number = pd.to_numeric(value, errors="coerce")
    told = words.setting(key, float(number)) if np.isfinite(number) else None
    return told or f"{key} = {value}"


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


def point_rows(
    table: pd.DataFrame, points: Sequence[int], number: int, week: int, facts: Mapping[str, Any], paired: bool
) -> Iterator[Row]:
    """Effects of one point against the first."""
    first, other = (table[table["point"] == points[place]] for place in (0, number))
    if facts["rows"] == "replicates":
        if not paired:  # futures of their own: compare means alone
            yield from unpaired_rows(summed(first), summed(other), number, week)
        else:
            yield from pairs(first, other, number, week)
        return
    n = int(facts["replicates"])
    yield from unpaired_rows(with_counts(first, n), with_counts(other, n), number, week)


def with_counts(rows: pd.DataFrame, n: int) -> dict[str, dict[str, tuple[float, float, int]]]:
    """Mean, SD and runs of each measure by case, from rows of points."""
    names = [name for name in NAMES if name in rows and f"{name}_sd" in rows]
    return {
        str(row["case"]): {name: (float(row[name]), float(row[f"{name}_sd"]), n) for name in names}
        for _, row in rows.iterrows()
    }


def summed(rows: pd.DataFrame) -> dict[str, dict[str, tuple[float, float, int]]]:
    """Mean, SD and runs of each measure by case, from rows of single runs."""
    names = [name for name in NAMES if name in rows]
    return {
        str(case): {name: (float(one[name].mean()), float(one[name].std()), int(one[name].count())) for name in names}
        for case, one in rows.groupby("case")
    }


def unpaired_rows(
    first: Mapping[str, Mapping[str, tuple[float, float, int]]],
    other: Mapping[str, Mapping[str, tuple[float, float, int]]],
    number: int,
    week: int,
) -> Iterator[Row]:
    """Effects from means and SDs alone, of each case and of the mean of all; nothing is said of single futures."""
    shared = [case for case in first if case in other]
    for case in [*shared, *([ALL_CASES] if len(shared) > 1 else [])]:
        among = shared if case == ALL_CASES else [case]
        for name in first[shared[0]]:
            yield (
                "sweep",
                str(number),
                "0",
                case,
                name,
                week,
                *apart(name, *joint(first, name, among), *joint(other, name, among)),
            )


def joint(
    found: Mapping[str, Mapping[str, tuple[float, float, int]]], name: str, cases: Sequence[str]
) -> tuple[float, float, int]:
    """Mean over cases, its standard error, and runs behind it."""
    parts = [found[case][name] for case in cases]
    error = float(np.sqrt(sum(sd**2 / max(n, 1) for _, sd, n in parts))) / len(parts)
    return float(np.mean([mean for mean, _, _ in parts])), error, min(n for _, _, n in parts)


def apart(name: str, before: float, error: float, n: int, after: float, other_error: float, m: int) -> Row:
    """What ``compared`` tells, from two means with their standard errors."""
    gap, few = after - before, min(n, m)
    if not np.isfinite(gap) or few < 3:
        return (after, before, gap, np.nan, np.nan, np.nan, np.nan, few if np.isfinite(gap) else 0, CANNOT_TELL)
    half = quantile_of_t(LEVEL, few - 1) * float(np.hypot(error, other_error))
    verdict = verdict_of(name, gap, gap - half, gap + half, before)
    return (after, before, gap, gap - half, gap + half, np.nan, np.nan, few, verdict)


def used_values(folder: Path) -> dict[str, Any]:
    """The parameters of a run by dotted name, as its folder holds them; empty where it holds none."""
    if not is_kind(folder, RUN):
        return {}
    told = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    return {f"{family}.{key}": value for family in FAMILIES for key, value in told.get(family, {}).items()}
