"""What a sensitivity study leaves in its folder and tells at the end: tables, facts, figures, the largest indices."""

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from coprod_abm.experiments.progress import lasting
from coprod_abm.experiments.sensitivity_fixing import FIXING
from coprod_abm.experiments.sensitivity_levels import of_levels
from coprod_abm.experiments.sensitivity_plan import StudyPlan
from coprod_abm.experiments.sensitivity_sample import EVEN_FROM, Sampling
from coprod_abm.experiments.sensitivity_study import Result
from coprod_abm.experiments.sweep_job import many
from coprod_abm.problem import DUMMY
from coprod_abm.store import EARLIER
from coprod_abm.store_files import whole_file

MANIFEST, READ_ME, FIGURES, REPORT = "sensitivity.json", "README.txt", "figures", "report.md"
TABLES = ("indices", "interactions", "noise", "convergence")
LEVELS = "levels"
MOST_TOLD = 12  # outputs of which the largest indices are told at the end


class Pilot(NamedTuple):
    """How many replicates a pilot found to be needed, and for which output."""

    replicates: int
    share: float
    needed_for: str


class State(NamedTuple):
    """How a study went: where it stopped, what was simulated now, and the tables of its other runs."""

    n: int
    replicates: int
    pilot: Pilot | None
    fixing: pd.DataFrame | None
    runs: int
    simulating: float
    seconds: float


def written(plan: StudyPlan, state: State, result: Result) -> str:
    """Write the tables, figures and report, and say where and what was found."""
    for name in TABLES:
        write_table(plan.out / f"{name}.csv", getattr(result, name))
    write_table(plan.out / f"{LEVELS}.csv", of_levels(result.indices))
    if state.fixing is None:
        (plan.out / f"{FIXING}.csv").unlink(missing_ok=True)  # of an earlier call
    else:
        write_table(plan.out / f"{FIXING}.csv", state.fixing)
    facts = facts_of(plan, state, result)
    whole_file(plan.out / MANIFEST, (json.dumps(facts, indent=2, ensure_ascii=False) + "\n").encode())
    whole_file(plan.out / READ_ME, CONTENTS.encode())
    if plan.settings["figures"]:
        draw(plan.out, plan.settings["language"])
    return told_at_the_end(plan, state, result, facts)


def facts_of(plan: StudyPlan, state: State, result: Result) -> dict[str, Any]:
    """What the study was and why it stopped."""
    sampling, settings = plan.sampling, plan.settings
    return {
        "method": sampling.method,
        "problem": dict(sampling.space),
        "fixed": dict(plan.fixed),
        "cases": [case.id for case in plan.cases],
        "columns": list(plan.columns),
        "n": state.n,
        "points": sampling.rows(state.n),
        "scrambles": sampling.scrambles,
        "interactions": sampling.interactions,
        "seed": sampling.seed,
        "replicates": state.replicates,
        "pilot": None if state.pilot is None else state.pilot._asdict(),
        "common_seeds": settings["common_seeds"],
        "tolerance": settings["tolerance"],
        "budget": settings["budget"],
        "widest": result.widest,
        "widest_of": result.widest_of,
        "stopped": stopped(plan, state, result),
        "refused": result.refused,
        "runs": sampling.rows(state.n) * state.replicates * len(plan.cases),
        "seconds_simulating": round(state.simulating, 1),
        "seconds": round(state.seconds, 1),
        "salib": version("SALib"),
        "language": settings["language"],
    }


def stopped(plan: StudyPlan, state: State, result: Result) -> str:
    """Why the sample did not grow any further."""
    tolerance = plan.settings["tolerance"]
    widest = f"The widest interval is {result.widest:.3g}, {result.widest_of}."
    if tolerance is None and plan.settings["budget"] is None:
        return f"The sample was given: n = {state.n}. {widest}"
    if tolerance is None:
        return (
            f"The sample grew from n = {plan.n} to n = {state.n}; the next would take more than the budget of "
            f"{plan.settings['budget']:,} runs. {widest}"
        )
    if result.widest <= tolerance:
        without = f" {many(len(result.refused), 'output')} without an index cannot be judged." * bool(result.refused)
        return f"Every interval of interest is narrower than {tolerance:g}; the widest is {result.widest:.3g}.{without}"
    return (
        f"The budget of {plan.settings['budget']:,} runs ended before every interval of interest was narrower than "
        f"{tolerance:g}: the widest is {result.widest:.3g}, {result.widest_of}."
    )


def told_at_the_end(plan: StudyPlan, state: State, result: Result, facts: Mapping[str, Any]) -> str:
    """What the user reads at the end."""
    done = f"{many(state.runs, 'run')} in {lasting(state.simulating)}" if state.runs else "nothing was computed"
    lines = [f"Done: {done}; n = {state.n}, {many(state.replicates, 'replicate')}.", str(facts["stopped"])]
    lines += few_points_told(plan.sampling, state.n)
    if result.refused:
        first = ", ".join(list(result.refused)[:4])
        lines.append(f"{many(len(result.refused), 'output')} without an index, as {MANIFEST} says: {first}.")
    lines += summary(plan.sampling.kind.interest[-1], result.indices)
    if state.fixing is not None and len(state.fixing):
        kept, fixed = state.fixing["variance_kept"], state.fixing["fixed"].iloc[0]
        lines.append(f"Fixed: {fixed}. The second run keeps {kept.min():.0%} to {kept.max():.0%} of the variance.")
    return "\n".join([*lines, f"Results: {plan.out} ({READ_ME} says what is what)."])


def few_points_told(sampling: Sampling, n: int) -> list[str]:
    """That short scrambles are worse than random points, where they are so short."""
    count = sampling.scrambles
    if count == 1 or n >= EVEN_FROM * count:
        return []
    told = (
        f"n = {n} leaves {n // count} base points to each of {count} scrambles: values can then be twice as far from the truth "
        f"as from random points. Take n={EVEN_FROM * count} or more, or scrambles=1 to look around."
    )
    return [told]


def put_aside(folder: Path) -> None:
    """Move the tables of a former study to where the store has just moved its runs."""
    places = sorted((folder / EARLIER).glob("*"), key=lambda place: place.stat().st_mtime)
    for name in (*(f"{table}.csv" for table in (*TABLES, LEVELS, FIXING)), MANIFEST, REPORT, FIGURES):
        if places and (folder / name).exists() and not (places[-1] / name).exists():
            (folder / name).rename(places[-1] / name)


def write_table(file: Path, table: pd.DataFrame) -> None:
    """A table as CSV, whole or not at all."""
    whole_file(file, table.to_csv(index=False).encode())


def draw(folder: Path, language: str) -> None:
    """Draw the figures and write the report."""
    drawing = drawer("figure_sensitivity", "draw_study")
    if drawing is not None:
        drawing(folder, language)
    writing = drawer("sensitivity_words", "report_words")
    if writing is not None:
        whole_file(folder / REPORT, writing(folder, language).encode())


def drawer(module: str, name: str) -> Callable[..., Any] | None:
    """A function of another module; None where this installation has none."""
    if find_spec(f"coprod_abm.experiments.{module}") is None:
        return None
    found: Callable[..., Any] = getattr(import_module(f"coprod_abm.experiments.{module}"), name)
    return found


def summary(index: str, indices: pd.DataFrame) -> list[str]:
    """The three largest indices of each output, beside the dummy; of the first outputs."""
    lines = []
    chosen = indices[indices["index"] == index]
    for (case, week, measure), own in list(chosen.groupby(["case", "week", "measure"], sort=False))[:MOST_TOLD]:
        by_size = own[own["parameter"] != DUMMY].sort_values("value", ascending=False)
        dummy = own.loc[own["parameter"] == DUMMY, "value"].iloc[0]
        told = ", ".join(
            f"{row.parameter} {row.value:.2f} ({row.low:.2f} to {row.high:.2f}{'; only noise' if row.noise_only else ''})"
            for row in by_size.head(3).itertuples()
        )
        lines.append(f"{measure}, {case}, week {week}: {index} of {told}; dummy {dummy:.2f}")
    return lines


CONTENTS = """Results of coprod sensitivity. Parameters are uncalibrated: the indices are about the declared ranges.

indices.csv       every index with its 95 % interval; noise_only: it cannot be told from a parameter that does nothing
levels.csv        the same by level: mean over its cases with interval, least and most of a case, in how many it is no luck
interactions.csv  indices of pairs (with interactions=true)
noise.csv         share of the variance of runs that is between replicates, and of the means that were analysed
convergence.csv   the indices of interest at smaller samples
fixing.csv        with fix=: what of the variance is kept without the parameters of small effect, from a second run
sensitivity.json  method, problem, sample, why it stopped, and outputs without an index with the reason
report.md         the findings in sentences
figures/*         pictures, each as PNG and SVG
study.json, plan.parquet, parts/*   the runs behind it, read with coprod_abm.results("FOLDER"), as of coprod sweep
pilot/, fixing/   the runs of the pilot that chose the replicates, and of the second run
sensitivity.log   what was done when

The same command with out= this folder goes on where it was; nothing is computed twice.
"""
