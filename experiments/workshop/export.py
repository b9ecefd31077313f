"""`coprod workshop export`: the page as one file for a room without Python, with answers worked out beforehand."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from coprod_abm.case import Case
from coprod_abm.experiments.estimates import quantile_of_t
from coprod_abm.experiments.provenance import command_line, provenance
from coprod_abm.experiments.scenario_effects import LEVEL, WORTH_SHARE, WORTH_TELLING
from coprod_abm.experiments.workshop.choices import FAMILIES, OUTCOMES, SLIDERS
from coprod_abm.experiments.workshop.command import (
    START_CASE,
    asks_for_help,
    boot_of,
    keys_of,
    one_of,
    shipped_cases,
    whole,
)
from coprod_abm.experiments.workshop.document import offline_page
from coprod_abm.experiments.workshop.grid import Axis, Check, Grid, Off, all_points, axes_of, refined
from coprod_abm.experiments.workshop.live import QUARTER, check_size
from coprod_abm.experiments.workshop.picture import SHARES
from coprod_abm.experiments.workshop.questions import start_of
from coprod_abm.language import languages
from coprod_abm.measures import measure
from coprod_abm.simulate import RunError
from coprod_abm.world import Array
from coprod_abm.year import YEAR

HELP = """coprod workshop export: write the workshop page as one file that opens in any browser, without Python or a network

usage: coprod workshop export [key=value ...]

Keys
  out=FILE         the file to write (workshop.html); must not exist
  case=NAME        the place (EN-LPFT), or the path of your own case file
  scenario=NAME    the question to begin with: a shipped scenario, or the path of your own
  controls=A,B     what can be changed in the file: rule families and sliders
                   (the families that differ between the two scenarios, and leadership.facilitation)
  futures=NUMBER   simulated futures at each point (100)
  language=en|sv   language to begin with (en)

Families: $FAMILIES
Sliders:  $SLIDERS

Between the points of a slider the file weighs its neighbours. That is checked against live runs; the grid is made finer
until it errs no more than chance does, and where that cannot be reached the export is refused."""
FEWEST_FUTURES, MOST_FUTURES = 20, 400
MOST_BYTES = 60_000_000
NO_VALUE = 65_535
YEARLY = YEAR // QUARTER


def main(words: Sequence[str]) -> None:
    """Write the file.

    Raises:
        RunError, CaseError: when a key or value cannot be used, or values between grid points are not good enough.
    """
    if asks_for_help(words):
        print(HELP.replace("$FAMILIES", ", ".join(FAMILIES)).replace("$SLIDERS", ", ".join(SLIDERS)))
        return
    keys = keys_of(words, ("out", "case", "scenario", "controls", "futures", "language"))
    out = Path(keys.get("out", "workshop.html"))
    if out.exists():
        raise RunError(f"{out} exists already. Choose another name with out=, or move it away.")
    if not out.parent.is_dir():
        raise RunError(f"The folder {out.parent} does not exist. Make it, or choose another with out=.")
    language = one_of("language", keys.get("language", "en"), languages())
    futures = whole("futures", keys.get("futures", "100"), FEWEST_FUTURES, MOST_FUTURES)
    known = shipped_cases()
    start = start_of(keys.get("scenario"), keys.get("case"), known, START_CASE)
    check_size(known[start["case"]])
    controls = keys["controls"].split(",") if "controls" in keys else usual_controls(start)
    text, told = exported(known, start, controls, futures, language)
    written(out, text)
    print(f"{told}\nWrote {out} ({len(text.encode()) / 1e6:.1f} MB). It opens in any browser, without a network.")


def usual_controls(start: Mapping[str, Any]) -> list[str]:
    """The families that differ between the scenarios, and the facilitator's skill."""
    chosen = [start[arm]["presets"] for arm in ("a", "b")]
    differ = [family for family in FAMILIES if chosen[0].get(family, "default") != chosen[1].get(family, "default")]
    return [*differ[:1], "leadership.facilitation"]


def exported(
    known: dict[str, Case], start: dict[str, Any], controls: Sequence[str], futures: int, language: str
) -> tuple[str, str]:
    """The text of the file, and what to tell about it.

    Raises:
        RunError: when it would be too large, or not good enough between its points.
    """
    case = known[start["case"]]
    axes = axes_of(controls, start)
    bases = [without(start[arm], axes) for arm in ("a", "b")]
    grids = [Grid(case, base, start["seed"], futures) for base in (bases[:1] if bases[0] == bases[1] else bases)]
    axes, checks = refined(grids[0], axes, tell)
    for grid in grids[1:]:
        axes, others = refined(grid, axes, tell)
        checks = {name: worse(checks[name], others[name]) for name in OUTCOMES}
    pack = packed(grids, axes, checks, futures)
    if (size := sum(len(table[key]) for table in pack["tables"].values() if table for key in table)) > MOST_BYTES:
        raise RunError(f"The file would have {size / 1e6:.0f} MB. Name fewer controls, or ask for fewer futures.")
    begin = {**start, **{arm: with_levels(start[arm], axes, case, start["seed"]) for arm in ("a", "b")}}
    boot = {**boot_of({case.id: case}, begin, language), "questions": [], "offline": pack, "made": made()}
    return offline_page(boot), summary(axes, checks)


def made() -> dict[str, Any]:
    """What made the file, kept inside it."""
    return provenance(command_line())


def tell(text: str) -> None:
    """Say what is being worked out."""
    print(f"Working out {text} ...", flush=True)


def without(arm: Mapping[str, Any], axes: Sequence[Axis]) -> dict[str, Any]:
    """An arm without what the controls of the file set."""
    keys = {axis.key for axis in axes}
    return {
        "presets": {family: name for family, name in arm["presets"].items() if family not in keys},
        "values": {key: value for key, value in arm["values"].items() if key not in keys},
        "events": arm["events"],
    }


def with_levels(arm: Mapping[str, Any], axes: Sequence[Axis], case: Case, seed: int) -> dict[str, Any]:
    """An arm with every slider of the file at a level: the one in force."""
    from coprod_abm.experiments.workshop.asked import arm_of

    asked = arm_of("a", {key: arm[key] for key in ("presets", "values", "events")}, case, seed)
    levels = {
        axis.key: min(max(asked.in_force(axis.key), axis.points[0]), axis.points[-1]) for axis in axes if axis.is_number
    }
    return {**arm, "values": {**arm["values"], **levels}}


def worse(one: Check, other: Check) -> Check:
    """The worse of two checks, number by number."""
    return Check(*(Off(*map(max, mine, theirs)) for mine, theirs in zip(one, other, strict=True)))


def packed(grids: Sequence[Grid], axes: Sequence[Axis], checks: Mapping[str, Check], futures: int) -> dict[str, Any]:
    """Everything that the file knows, small: bands at every stop and single runs at the turns of the years, in 16 bits."""
    points = all_points(axes)
    runs = [grid.at(axes, points) for grid in grids]
    there = [one for found in runs for one in found if one is not None]
    if not there:
        raise RunError("Every point of the grid contradicts itself. Choose other controls or another scenario.")
    low = np.nanmin([np.nanmin(one, axis=(0, 1)) for one in there], axis=0)
    high = np.nanmax([np.nanmax(one, axis=(0, 1)) for one in there], axis=0)
    step = np.maximum(high - low, 1e-9) / (NO_VALUE - 1)
    tables = [table_of(found, low, step, there[0].shape) for found in runs]
    weeks = list(range(0, there[0].shape[1] * QUARTER, QUARTER))
    return {
        "axes": [{"key": axis.key, "kind": "number" if axis.is_number else "preset", "points": axis.points} for axis in axes],
        "points": len(points),
        "weeks": weeks,
        "years": list(range(0, len(weeks), YEARLY)),
        "replicates": futures,
        "outcomes": list(OUTCOMES),
        "scale": [{"low": float(one), "step": float(other)} for one, other in zip(low, step, strict=True)],
        "tables": {"a": tables[0], "b": tables[1] if len(tables) > 1 else None},
        "missing": sorted({place for found in runs for place, one in enumerate(found) if one is None}),
        "checked": {
            name: {"error": [check.middle.error, check.edges.error], "noise": [check.middle.noise, check.edges.noise]}
            for name, check in checks.items()
        },
        "t": quantile_of_t(LEVEL, futures - 1),
        "worth": {name: worth(name) for name in OUTCOMES},
    }  # fmt: skip


def worth(name: str) -> dict[str, float]:
    """What difference of an outcome is worth telling, as the live page has it."""
    unit = measure(name).unit
    return {"fixed": WORTH_TELLING[unit]} if unit in WORTH_TELLING else {"share": WORTH_SHARE}


def table_of(runs: Sequence[Array | None], low: Array, step: Array, shape: tuple[int, ...]) -> dict[str, str]:
    """Bands (outcome, point, quantile, stop) and runs at the turns of the years (outcome, point, year, replicate)."""
    blank = np.full(shape, np.nan, np.float32)
    bands, ends = [], []
    for one in runs:
        values = (blank if one is None else one).astype(float)
        bands.append(quantiles_of(values).transpose(2, 0, 1))
        ends.append(values[:, ::YEARLY].transpose(2, 1, 0))
    return {"quantiles": encoded(np.stack(bands, 1), low, step), "ends": encoded(np.stack(ends, 1), low, step)}


def quantiles_of(values: Array) -> Array:
    """Quantiles (quantile, stop, outcome) of runs; runs without a value are left out."""
    from coprod_abm.experiments.workshop.picture import bands

    flat = values.reshape(len(values), -1)
    found = np.array([[np.nan if one is None else one for one in row] for row in bands(flat)])
    return found.reshape(len(SHARES), *values.shape[1:])


def encoded(values: Array, low: Array, step: Array) -> str:
    """Numbers of each outcome (first axis) as 16 bits of its own range, in the bytes of a browser, as text."""
    wide = (slice(None), *([None] * (values.ndim - 1)))
    whole_steps = np.rint((values - low[wide]) / step[wide])
    kept = np.where(np.isnan(values), NO_VALUE, np.clip(np.nan_to_num(whole_steps), 0, NO_VALUE - 1))
    return base64.b64encode(kept.astype("<u2").tobytes()).decode()


def summary(axes: Sequence[Axis], checks: Mapping[str, Check]) -> str:
    """What was worked out and how good values between the points are."""
    told = [", ".join(f"{axis.key} ({len(axis.points)})" for axis in axes)]
    if any(axis.is_number for axis in axes):
        told += [
            f"  {name}: middle up to {check.middle.error:.3g} off between points (chance {check.middle.noise:.3g}), "
            f"edges of the band {check.edges.error:.3g} ({check.edges.noise:.3g})"
            for name, check in checks.items()
        ]
    return "Controls and their points: " + "\n".join(told)


def written(out: Path, text: str) -> None:
    """Write the file whole or not at all."""
    part = out.with_name(f".{out.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
