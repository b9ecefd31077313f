"""`coprod discover`: where in parameter space a stakeholder's wish holds, and whether it still does on fresh runs."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coprod_abm.experiments.discovery_boxes import Box, find_boxes, only_in
from coprod_abm.experiments.discovery_settings import HELP, Settings, parted
from coprod_abm.experiments.discovery_test import fresh_points, quality
from coprod_abm.experiments.discovery_wish import KNOWN, Wish, read_wish
from coprod_abm.experiments.provenance import command_line, provenance
from coprod_abm.experiments.sweep import INTERRUPTED, Interrupted, swept
from coprod_abm.simulate import RunError

if TYPE_CHECKING:
    from coprod_abm.job import Job

FRESH = "fresh"  # folder of the stores of fresh runs


def main(words: Sequence[str]) -> int:
    """Read the wish, get the runs, find the boxes, test them, and write tables, figures and a report."""
    if set(words) & {"-h", "--help"}:
        print(HELP)
        return 0
    settings, rest = parted(words)
    wish = read_wish(settings.wish, KNOWN)
    if settings.source and rest:
        raise RunError(
            f"{rest[0]} is for a design of its own, and from={settings.source} names one. Leave one of them away."
        )
    try:
        folder = Path(settings.source) if settings.source else own_sweep(settings, wish, rest)
        if is_dry(rest):
            return 0
        out = Path(settings.out)
        out.mkdir(parents=True, exist_ok=True)
        print(discovered(folder, wish, settings, out))
    except Interrupted as interrupted:
        print(f"\n{interrupted}", file=sys.stderr)
        return INTERRUPTED
    return 0


def is_dry(rest: Sequence[str]) -> bool:
    """Whether the words only ask what would be done."""
    return bool({"--dry-run", "dry_run=true"} & set(rest))


def own_sweep(settings: Settings, wish: Wish, rest: Sequence[str]) -> Path:
    """Make the design that the words ask for, or go on with it; its folder.

    Raises:
        Interrupted: after Ctrl-C; says how to go on with the whole.
    """
    for word in rest:
        if word.startswith(("measures=", "rows=", "figures=", "shard=", "--shard", "executor=")):
            raise RunError(
                f"{word} is set by coprod discover itself. Leave it away, or run coprod sweep and name from=."
            )
    folder = Path(settings.out) / "sweep"
    usual = [] if any(word.startswith("design=") for word in rest) else ["design=sobol", "design.n=512"]
    usual = usual[:1] if any(word.startswith("design.n=") for word in rest) else usual
    threads = [f"threads={settings.threads}"] if settings.threads else []
    ours = [f"measures=[{','.join(wish.measures)}]", "rows=replicates", "figures=false", f"out={folder}"]
    try:
        swept([*rest, *usual, *threads, *ours])
    except Interrupted as interrupted:
        raise Interrupted(str(interrupted).replace(f"out={folder}", f"out={settings.out}")) from None
    if is_dry(rest) and settings.fresh:
        print(
            f"Then at most {settings.boxes + 1} times {settings.fresh:,} fresh settings in each case, to test the boxes."
        )
    return folder


def discovered(folder: Path, wish: Wish, settings: Settings, out: Path) -> str:
    """Find and test the boxes of every case, and write what there is to read; the report.

    Raises:
        RunError, StoreError: when the sweep has no runs, varies nothing, or did not keep a measure of the wish.
    """
    from coprod_abm.experiments.discovery_report import write_report
    from coprod_abm.store import recorded_study, results

    table, study = results(folder), recorded_study(folder) or {}
    missing = [name for name in wish.measures if name not in table]
    if missing:
        raise RunError(
            f"{folder} did not keep {missing[0]}, which the wish names. Sweep again with measures={','.join(wish.measures)}."
        )
    failed = table["error"].notna()
    errors = table.loc[failed, "error"]
    kept = table[~failed].reset_index(drop=True)
    columns = [key for key in study["facts"]["columns"] if kept[key].nunique() > 1]
    if not columns or not len(kept):
        raise RunError(
            f"{folder} varies nothing that ran, so there is no space to search. Sweep some parameters or presets."
        )
    rows: list[dict[str, Any]] = []
    tables: dict[str, list[Any]] = {"boxes": [], "trajectory": [], "points": []}
    for case in dict.fromkeys(kept["case"]):
        settled = judged(kept[kept["case"] == case], wish, settings.chance, study["facts"])
        boxes = find_boxes(settled[columns], settled["holds"], settings.method, settings.density, settings.boxes)
        tests = tested(case, boxes, settled[study["facts"]["columns"]], wish, settings, study)
        rows += [quality(case, 0, "found", np.ones(len(settled)), settled["holds"])]
        for number, box in enumerate(boxes, 1):
            rows.append(quality(case, number, "found", only_in(boxes, number, settled), settled["holds"]))
            tables["boxes"] += limits_of(case, number, box, settled)
            tables["trajectory"].append(box.trajectory.assign(case=case, box=number))
        rows += tests
        tables["points"].append(settled[["case", *columns, "holds", "share", "ended", "runs"]])
    frames = {name: as_frame(parts) for name, parts in tables.items()} | {"quality": pd.DataFrame(rows)}
    facts = facts_of(
        wish, settings, study, folder, len(errors) // runs_per_point(study), str(errors.iloc[0]) if len(errors) else ""
    )
    facts |= provenance(command_line())
    for name, frame in frames.items():
        frame.to_csv(out / f"{name}.csv", index=False, float_format="%.10g")
    (out / "discovery.json").write_text(json.dumps(facts, indent=1, ensure_ascii=False), encoding="utf-8")
    return write_report(out, settings.language)


def as_frame(parts: Sequence[Any]) -> pd.DataFrame:
    """Rows or tables as one table."""
    if parts and isinstance(parts[0], pd.DataFrame):
        whole = [part for part in parts if len(part)]
        return pd.concat(whole, ignore_index=True) if whole else pd.DataFrame()
    return pd.DataFrame(list(parts))


def runs_per_point(study: dict[str, Any]) -> int:
    """Rows that a setting has in the table."""
    facts = study["facts"]
    return int(facts["replicates"]) if facts["rows"] == "replicates" else 1


def judged(rows: pd.DataFrame, wish: Wish, chance: float, facts: dict[str, Any]) -> pd.DataFrame:
    """One row per setting: whether the wish holds, in which share of its runs, and how many of them had no value."""
    inputs = ["point", "case", *facts["columns"]]
    run = rows[inputs].assign(share=wish.holds(rows).astype(float), ended=wish.ended(rows).astype(int), runs=1)
    settled = run.groupby("point", sort=False).agg(
        dict.fromkeys(inputs[1:], "first") | {"share": "mean", "ended": "sum", "runs": "sum"}
    )
    return settled.reset_index().assign(holds=lambda table: table["share"] >= chance - 1e-12)


def tested(
    case: str,
    boxes: Sequence[Box],
    points: pd.DataFrame,
    wish: Wish,
    settings: Settings,
    study: dict[str, Any],
) -> list[dict[str, Any]]:
    """What each box is worth on fresh settings, drawn everywhere and again inside it, with seeds of their own."""
    if not settings.fresh:
        return []
    seed = int(study["facts"]["seed"]) + 1
    everywhere = fresh_points(points, settings.fresh, seed)
    parts = [everywhere] + [
        fresh_points(points, settings.fresh, seed + number, box) for number, box in enumerate(boxes, 1)
    ]
    settled = fresh_runs(case, pd.concat(parts, ignore_index=True), wish, settings, study, seed)
    first = settled[settled["point"] < settings.fresh]
    rows = [quality(case, 0, "fresh", np.ones(len(first)), first["holds"])]
    for number in range(1, len(boxes) + 1):
        own = settled[
            (settled["point"] >= number * settings.fresh) & (settled["point"] < (number + 1) * settings.fresh)
        ]
        own = own[only_in(boxes, number, own)]
        within = int(own["holds"].sum()), len(own)
        rows.append(quality(case, number, "fresh", only_in(boxes, number, first), first["holds"], within))
    return rows


def fresh_runs(
    case: str, points: pd.DataFrame, wish: Wish, settings: Settings, study: dict[str, Any], seed: int
) -> pd.DataFrame:
    """Run new settings as those of the sweep were run, and judge them in the same way; those that cannot run are left out.

    They lie in a store of their own, in which an interrupted test goes on and a finished one is only read.
    """
    from coprod_abm.experiments.sweep_settings import named_cases
    from coprod_abm.job import job_of

    facts = study["facts"]
    chosen = [each for each in named_cases((study["config"] or {"case": case})["case"]) if each.id == case]
    job = job_of(
        points, chosen, list(wish.measures), facts["replicates"], seed, facts["weeks"][case], rows=facts["rows"]
    )
    table = stored(job, Path(settings.out), settings.threads)
    return judged(table[table["error"].isna()], wish, settings.chance, facts)


def stored(job: "Job", out: Path, threads: int | None) -> pd.DataFrame:
    """The rows of fresh runs, from the store that belongs to just these runs.

    Raises:
        Interrupted: after Ctrl-C; says how to go on.
    """
    from coprod_abm.experiments.sweep_job import SweepPlan, compute, executor
    from coprod_abm.store import open_store, results

    folder = out / FRESH / f"{job.cases[0].id}-{job.fingerprint[:12]}"
    plan = SweepPlan(job, folder, threads, {"executor": {"kind": "local"}, "shard": None}, out)
    store = open_store(folder, job)
    compute(plan, store, executor(plan))
    store.finish()
    return results(folder)


def limits_of(case: str, number: int, box: Box, points: pd.DataFrame) -> list[dict[str, Any]]:
    """One row for each column that a box limits."""
    rows = []
    for key in box.named:
        low, high = box.limits.get(key, (np.nan, np.nan))
        low_p, high_p = box.quasi_p.get(key, (np.nan, np.nan))
        is_number = key in box.limits
        row = {"case": case, "box": number, "parameter": key, "low": low, "high": high}
        row |= {"choices": ";".join(box.choices.get(key, ())), "p_low": low_p, "p_high": high_p}
        row |= {
            "sampled_low": points[key].min() if is_number else np.nan,
            "sampled_high": points[key].max() if is_number else np.nan,
        }
        rows.append(row)
    return rows


def facts_of(
    wish: Wish, settings: Settings, study: dict[str, Any], folder: Path, failed: int, error: str
) -> dict[str, Any]:
    """What a reader must know of how it was found."""
    facts = study["facts"]
    return {
        "wish": wish.text,
        "from": str(folder),
        "judged": "runs" if facts["rows"] == "replicates" else "means",
        **{name: getattr(settings, name) for name in ("chance", "density", "boxes", "method", "fresh")},
        "replicates": facts["replicates"],
        "seed": facts["seed"],
        "fresh_seed": facts["seed"] + 1,
        "weeks": facts["weeks"],
        "points": study["points"],
        "failed": failed,
        "error": error,
        "model": facts["model"],
    }
