"""What `coprod discover` says: sentences made from its tables, in each language, tables in Markdown, and figures."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.experiments.discovery_wish import KNOWN, read_wish
from coprod_abm.experiments.figure_sensitivity_table import first_row, records
from coprod_abm.experiments.study_names import Names

WORSE = 0.05  # how much density may fall on fresh runs before the report says so
SURE = 0.05  # chance from which a box is said to do no better than anywhere else


def write_report(out: Path, language: str) -> str:
    """Draw the figures and write ``report.md`` from the tables in a folder; the report."""
    from coprod_abm.experiments.figure_discovery import draw_discovery

    told = discovery_words(out, language)
    drawn = draw_discovery(out, language)
    pictures = "\n\n".join(f"![{file.stem}](figures/{file.name})" for file in drawn)
    (out / "report.md").write_text(f"{told}\n{pictures}\n" if drawn else told, encoding="utf-8")
    return f"{told}\n{out}"


def read_tables(folder: Path) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """The tables and the facts of a discovery."""
    tables = {}
    for name in ("quality", "boxes", "trajectory", "points"):
        try:
            tables[name] = pd.read_csv(folder / f"{name}.csv", keep_default_na=True)
        except pd.errors.EmptyDataError:
            tables[name] = pd.DataFrame({"case": [], "box": []})
    return tables, json.loads((folder / "discovery.json").read_text(encoding="utf-8"))


def discovery_words(folder: Path, language: str) -> str:
    """The report as Markdown."""
    tables, facts = read_tables(folder)
    names = Names(language)
    wish = read_wish(facts["wish"], KNOWN).in_words(names)
    parts = [f"# {names.text('report.discovery')}", names.text("report.wish", wish=wish) + " " + how(facts, names)]
    cases = dict.fromkeys(tables["quality"]["case"])
    parts += ["\n\n".join(sentences(tables, str(case), names, facts["density"])) for case in cases]
    if facts["failed"]:
        parts.append(names.text("report.errors", count=names.count(facts["failed"]), first=facts["error"]))
    parts += [f"## {names.text('report.quality')}", quality_table(tables["quality"], names)]
    if len(tables["boxes"]):
        parts += [
            f"## {names.text('report.limits')}",
            limits_table(tables["boxes"], names),
            names.text("report.quasi_p"),
        ]
    return "\n\n".join(parts) + "\n"


def how(facts: dict[str, Any], names: Names) -> str:
    """How a setting was judged, and on what boxes were found and tested."""
    chance = names.percent(facts["chance"])
    judged = names.text(f"report.judged_{facts['judged']}", chance=chance, replicates=facts["replicates"])
    numbers = {"points": names.count(facts["points"]), "fresh": names.count(facts["fresh"])}
    told = names.text("report.tests", seed=facts["seed"], fresh_seed=facts["fresh_seed"], **numbers)
    return f"{judged} {told}" if facts["fresh"] else judged


def sentences(tables: dict[str, pd.DataFrame], case: str, names: Names, wanted: float) -> list[str]:
    """A sentence or two for each box of a case; where there is none, why."""
    own = tables["quality"][tables["quality"]["case"] == case]
    points = tables["points"][tables["points"]["case"] == case]
    told = [box_sentence(tables, case, int(number), names) for number in sorted(set(own["box"])) if number > 0]
    if not told:
        told = [empty_sentence(own, case, names)]
    first = own[(own["box"] == 1) & (own["where"] == "found")]
    if len(first) and first["density"].iloc[0] < wanted:
        told.append(names.text("sentences.wish_short", density=names.percent(wanted)))
    ended = int(points["ended"].sum())
    if ended:
        told.append(names.text("sentences.wish_ended", count=names.count(ended), all=names.count(points["runs"].sum())))
    return told


def empty_sentence(own: pd.DataFrame, case: str, names: Names) -> str:
    """Why a case has no box."""
    row = own[own["box"] == 0].iloc[-1]
    facts = {"place": case, "points": names.count(row["points"])}
    if row["holds"] == 0:
        return names.text("sentences.wish_never", **facts, most=names.percent(row["base_high"]))
    if row["holds"] == row["points"]:
        return names.text("sentences.wish_always", **facts, least=names.percent(row["base_low"]))
    return names.text(
        "sentences.wish_none", place=case, base=names.percent(row["base"]), range=span(row, "base", names)
    )


def box_sentence(tables: dict[str, pd.DataFrame], case: str, number: int, names: Names) -> str:
    """One box in words, with what the fresh runs say of it."""
    own = tables["quality"][(tables["quality"]["case"] == case) & (tables["quality"]["box"] == number)]
    found = first_row(own[own["where"] == "found"])
    fresh = own[own["where"] == "fresh"]
    row = first_row(fresh) if len(fresh) else found
    facts = {
        "place": case,
        "rules": rules(tables["boxes"], case, number, names),
        **{name: names.percent(row[name]) for name in ("density", "coverage", "base")},
    }
    if not len(fresh):
        return names.text("sentences.wish_untested", **facts)
    said = names.text(
        "sentences.wish_box", **facts, range=span(row, "density", names), coverage_range=span(row, "coverage", names)
    )
    if number > 1:
        said = f"{names.text('sentences.wish_further')} {said}"
    if row["p"] > SURE:
        said += f" {names.text('sentences.wish_luck')}"
    if found["density"] - row["density"] > WORSE:
        said += f" {names.text('sentences.wish_worse', found=names.percent(found['density']))}"
    return said


def span(row: Any, name: str, names: Names) -> str:
    """The interval of a share in words."""
    return names.span(names.percent(row[f"{name}_low"]), names.percent(row[f"{name}_high"]))


def rules(boxes: pd.DataFrame, case: str, number: int, names: Names) -> str:
    """The limits of a box in one phrase, the surest first."""
    own = boxes[(boxes["case"] == case) & (boxes["box"] == number)]
    own = own.assign(p=own[["p_low", "p_high"]].min(axis=1)).sort_values("p", kind="stable")
    told = []
    for row in records(own):
        facts = {"name": names.parameter(str(row.parameter))}
        if isinstance(row.choices, str) and row.choices:
            choices = f" {names.text('sentences.or')} ".join(row.choices.replace("_", " ").split(";"))
            told.append(names.text("sentences.one_of", **facts, choices=choices))
            continue
        facts |= {"low": names.value(row.low, 3), "high": names.value(row.high, 3)}
        kind = "above" if np.isinf(row.high) else "below" if np.isinf(row.low) else "between"
        told.append(names.text(f"sentences.{kind}", **facts))
    return names.listed(told)


def chance(p: float, names: Names) -> str:
    """A probability in a table; tiny ones as an upper bound."""
    return "–" if not np.isfinite(p) else f"< {names.tick(0.001)}" if p < 0.001 else names.value(p)


def quality_table(quality: pd.DataFrame, names: Names) -> str:
    """Coverage and density of every box, where it was found and on fresh runs."""
    heads = [
        names.text(f"report.columns.{key}")
        for key in ("place", "box", "where", "settings", "holds", "density", "coverage", "p")
    ]
    rows = []
    for row in quality.sort_values(["case", "box", "where"], kind="stable").to_dict("records"):
        where = names.text("keys.tested" if row["where"] == "fresh" else "keys.found").partition(",")[0]
        whole = row["box"] == 0
        box = names.text("keys.base") if whole else str(row["box"])
        cover = "–" if whole else f"{names.percent(row['coverage'])} ({span(row, 'coverage', names)})"
        cells = [row["case"], box, where, names.count(row["settings"]), names.count(row["holds"])]
        rows.append(
            [
                *cells,
                f"{names.percent(row['density'])} ({span(row, 'density', names)})",
                cover,
                "–" if whole else chance(row["p"], names),
            ]
        )
    return markdown(heads, rows)


def limits_table(boxes: pd.DataFrame, names: Names) -> str:
    """Every limit of every box with its quasi-p."""
    keys = ("place", "box", "parameter", "low", "high", "choices", "whole", "quasi_p")
    rows = []
    for row in boxes.to_dict("records"):
        is_list = isinstance(row["choices"], str) and row["choices"]
        low, high = (
            ("" if is_list or not np.isfinite(row[end]) else names.value(row[end], 3)) for end in ("low", "high")
        )
        whole = "" if is_list else names.span(names.value(row["sampled_low"], 3), names.value(row["sampled_high"], 3))
        p = ", ".join(chance(row[end], names) for end in ("p_low", "p_high") if np.isfinite(row[end])) or "–"
        choices = row["choices"].replace(";", ", ") if is_list else ""
        rows.append([row["case"], str(row["box"]), names.parameter(row["parameter"]), low, high, choices, whole, p])
    return markdown([names.text(f"report.columns.{key}") for key in keys], rows)


def markdown(heads: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)
