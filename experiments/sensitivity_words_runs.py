"""What a sensitivity study says of its runs in plain words: how sure, how much luck, and what may be held fixed."""

from typing import Any

import pandas as pd

from coprod_abm.experiments.figure_sensitivity_table import (
    RELATIVE,
    StudyTables,
    at_end,
    fact,
    first_row,
    ranked_by,
    records,
    runs_in_all,
)
from coprod_abm.experiments.study_names import DUMMY, Names

MOST = 8  # fixed parameters that a sentence names


def convergence_sentence(rows: pd.DataFrame, study: StudyTables, names: Names) -> str:
    """How wide the widest interval still is, whether that was asked for, and whether the strongest still changes."""
    if not len(rows):
        return ""
    last = judged_widths(rows[rows["step"] == rows["step"].max()])
    if not len(last):
        return ""
    widest = first_row(last.sort_values("width", ascending=False, kind="stable"))
    tolerance = fact(study.facts, "tolerance")
    wider = 0 if tolerance is None else int((last["width"] > float(tolerance)).sum())
    goal = "goal_none" if tolerance is None else "goal_missed" if wider else "goal_met"
    facts = {} if tolerance is None else {"tolerance": names.value(float(tolerance)), "count": wider}
    said = names.text(
        "sentences.converged_relative" if widest["index"] in RELATIVE else "sentences.converged",
        runs=names.count(runs_in_all(last)), width=names.value(widest["width"]),
        name=names.parameter(widest["parameter"]), measure=names.measure(widest["measure"]),
        index=names.text(f"index.{widest['index']}"), goal=names.text(f"sentences.{goal}", **facts),
    )  # fmt: skip
    return " ".join([said, *strongest_told(rows, names)])


def judged_widths(rows: pd.DataFrame) -> pd.DataFrame:
    """The intervals that a tolerance is about with their ``width``, by the rule by which the study itself stops.

    The dummy is none of them, and what has a unit is measured by the largest of its outcome.
    """
    own = rows[rows["parameter"] != DUMMY].dropna(subset=["low", "high"])
    largest = own["value"].abs().groupby([own[key] for key in ("case", "week", "measure", "index")]).transform("max")
    return own.assign(width=(own["high"] - own["low"]) / largest.where(own["index"].isin(RELATIVE), 1.0))


def strongest_told(rows: pd.DataFrame, names: Names) -> list[str]:
    """Whether the strongest of any outcome changed in the last step; nothing where there is one step."""
    rows = rows[rows["index"] == ranked_by(rows)]
    steps = sorted(set(rows["step"]))
    if len(steps) < 2:
        return []
    keys = ["case", "week", "measure"]
    first = [rows[rows["step"] == step].groupby(keys).apply(leader, include_groups=False) for step in steps[-2:]]
    moved = [key[2] for key in first[1].index if key in first[0].index and first[0][key] != first[1][key]]
    told = [names.measure(name) for name in dict.fromkeys(moved)]
    return [
        names.text("sentences.ranking_moved", measures=names.listed(told)) if told else names.text("sentences.ranking")
    ]


def leader(rows: pd.DataFrame) -> str:
    """The strongest parameter but the dummy."""
    own = rows[(rows["parameter"] != DUMMY) & rows["value"].notna()]
    return str(first_row(own.sort_values("value", ascending=False, kind="stable"))["parameter"]) if len(own) else ""


def noise_sentence(rows: pd.DataFrame, names: Names) -> str:
    """How much of the differences between single runs is luck, at least and at most, and what averaging leaves."""
    rows = at_end(rows).dropna(subset=["share"])
    if not len(rows):
        return ""
    ranked = rows.sort_values("share", kind="stable")
    least, most = first_row(ranked), first_row(ranked[::-1])
    facts: dict[str, Any] = {}
    for key, row in (("least", least), ("most", most)):
        facts |= {key: names.percent(row["share"]), f"{key}_name": names.measure(row["measure"])}
        facts[f"{key}_range"] = names.span(names.percent(row["low"]), names.percent(row["high"]))
    left = rows["share_of_means"].dropna()
    facts["means"] = (
        names.text("sentences.noise_means", replicates=int(rows["replicates"].max()), share=names.percent(left.max()))
        if len(left)
        else ""
    )
    return names.text("sentences.noise" if len(rows) > 1 else "sentences.noise_one", **facts)


def fixing_sentences(rows: pd.DataFrame, names: Names) -> list[str]:
    """What may be held fixed, and how much variance is kept, checked by a second run."""
    told = []
    for row in records(rows):
        fixed = [name.strip() for name in str(row.fixed).split(";") if name.strip()]
        facts = {"place": row.case, "when": names.when(row.week), "measure": names.measure(str(row.measure))}
        if not fixed:
            told.append(names.text("sentences.fixing_none", **facts, threshold=names.value(float(row.threshold))))
            continue
        facts["fixed"] = names.listed([names.parameter(name) for name in fixed if name != DUMMY], MOST)
        span = names.span(names.percent(row.low), names.percent(row.high))
        kept = {"kept": names.percent(row.variance_kept), "range": span, "runs": names.count(row.runs)}
        told.append(f"{names.text('sentences.fixing', **facts, **kept)} {fixing_verdict(row, len(fixed), names)}")
    return told


def fixing_verdict(row: Any, count: int, names: Names) -> str:
    """Whether the second run lost more than the total effects of what was fixed allow together."""
    allowed = min(float(row.threshold) * count, 1.0)
    if row.high < 1.0 - allowed or row.low > 1.0 + allowed:
        key = "fixing_changes"
    else:
        key = "fixing_keeps" if row.low >= 1.0 - allowed else "fixing_unsure"
    return names.text(f"sentences.{key}", allowed=names.percent(allowed))
