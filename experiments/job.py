"""One run from a checked plan to its folder: simulate case by case, tabulate, draw, and say where it all lies."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import yaml

from coprod_abm.case import Case
from coprod_abm.compiled import is_compiled
from coprod_abm.experiments.progress import told_progress
from coprod_abm.experiments.provenance import now, provenance
from coprod_abm.experiments.run_cases import copy_files, used
from coprod_abm.experiments.run_folder import run_folder
from coprod_abm.experiments.run_records import CONTENTS, write_run_records
from coprod_abm.experiments.run_report import report
from coprod_abm.experiments.settings import RunPlan, in_force, plan
from coprod_abm.presets import FAMILIES
from coprod_abm.simulate import Progress, available_threads, simulate

if TYPE_CHECKING:
    import xarray as xr

Tables = dict[str, pd.DataFrame]


def run_job(settings: dict[str, Any], command: Sequence[str], overrides: Sequence[str], typed: dict[str, Any]) -> None:
    """Do what a resolved configuration says and leave the folder ``out``, whole or not at all.

    ``overrides`` are the words that the user typed, ``typed`` the parameters that they set.

    Raises:
        CaseError, ParameterError, MeasureError, RunError, OutputError: before anything is simulated.
    """
    chosen = plan(settings, typed)
    facts = provenance(command)
    with run_folder(chosen.out) as folder:
        print(announcement(chosen), flush=True)
        began = time.monotonic()
        tables = simulated_tables(chosen)
        write_tables(tables, chosen, folder / "tables", facts)
        if chosen.records:
            write_run_records(chosen, folder / "records", facts)
        if chosen.figures:
            draw(tables, chosen, overrides, folder / "figures")
        write_settings(in_force(settings, chosen.params), chosen, folder / "config.yaml")
        copy_files(chosen.cases, folder / "cases")
        facts |= run_facts(chosen, overrides) | {"ended": now(), "seconds": round(time.monotonic() - began, 1)}
        write_text(folder / "provenance.json", json.dumps(facts, indent=2, ensure_ascii=False))
        write_text(folder / "README.txt", contents(chosen))
    print(report(tables["published"], chosen))


def announcement(chosen: RunPlan) -> str:
    """What is about to happen, in two lines."""
    names = ", ".join(case.id for case in chosen.cases)
    runs = total_runs(chosen)
    job = f"{counted(chosen.replicates, 'replicate')} of {length(chosen)}, {counted(runs, 'run')}"
    lines = [
        f"Simulating {names}{' in one world' * chosen.together}: {job} on {counted(threads_used(chosen), 'thread')}."
    ]
    if not is_compiled():
        lines.append("Compiling the model once, about half a minute; later runs start at once.")
    return "\n".join(lines)


def total_runs(chosen: RunPlan) -> int:
    """Runs of the job: one for each replicate, of each case unless the cases share a world."""
    return chosen.replicates * (1 if chosen.together else len(chosen.cases))


def counted(number: int, what: str) -> str:
    """A number of things in words, such as ``1 run`` and ``2 runs``."""
    return f"{number} {what}{'s' * (number != 1)}"


def length(chosen: RunPlan) -> str:
    """How long the runs are, case by case where they differ."""
    if len(set(chosen.weeks.values())) > 1:
        return " and ".join(f"{counted(weeks, 'week')} ({case})" for case, weeks in chosen.weeks.items())
    return counted(next(iter(chosen.weeks.values())), "week") + " each" * (len(chosen.cases) > 1)


def threads_used(chosen: RunPlan) -> int:
    """Threads that have something to do: cases come one after the other, so no more than there are replicates."""
    return min(chosen.threads or available_threads(), chosen.replicates)


def simulated_tables(chosen: RunPlan) -> Tables:
    """The tables of all cases; with ``together`` also the table of levels."""
    from coprod_abm.experiments import run_tables
    from coprod_abm.trajectories import case_in_world

    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in ("trajectories", "runs", "instruments", "published")}
    levels: dict[str, pd.DataFrame] = {}
    with told_progress(total_runs(chosen)) as progress:
        if chosen.together:
            runs = simulate_plan(chosen, chosen.cases, progress.part(0, "one world"))
            levels["levels"] = run_tables.levels(runs, chosen.cases[0].start)
            for case in chosen.cases:
                add_tables(parts, case_in_world(runs, case), case, chosen)
        else:  # one case after the other, so that memory holds one at a time
            for number, case in enumerate(chosen.cases):
                runs = simulate_plan(chosen, [case], progress.part(number * chosen.replicates, case.id))
                add_tables(parts, runs, case, chosen)
    return {name: joined(several) for name, several in parts.items()} | levels


def simulate_plan(chosen: RunPlan, cases: Sequence[Case], progress: Progress) -> "xr.Dataset":
    """The runs of these cases as planned."""
    return simulate(
        chosen.params,
        cases,
        replicates=chosen.replicates,
        seed=chosen.seed,
        weeks=chosen.weeks[cases[0].id],
        every=chosen.every,
        threads=chosen.threads,
        progress=progress,
        overrides=chosen.overrides,
        together=chosen.together,
    )


def add_tables(parts: dict[str, list[pd.DataFrame]], runs: "xr.Dataset", case: Case, chosen: RunPlan) -> None:
    """Add one case's tables to those of the others."""
    from coprod_abm.experiments import run_tables
    from coprod_abm.measures import NAMES

    seen = run_tables.within_run(case, chosen.weeks[case.id], chosen.every)
    parts["trajectories"].append(run_tables.trajectories(runs, case, NAMES))
    parts["runs"].append(run_tables.ends(runs, case, NAMES, chosen.seed))
    parts["instruments"].append(run_tables.instruments(runs, seen))
    parts["published"].append(run_tables.published(runs, seen))


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The parts below one another; an empty table where all are empty."""
    filled = [part for part in parts if not part.empty]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()


def write_tables(tables: Tables, chosen: RunPlan, folder: Path, facts: dict[str, Any]) -> None:
    """Write the tables as Parquet, with what made them in their metadata; only the measures asked for."""
    kept = dict(tables)
    kept["trajectories"] = tables["trajectories"][tables["trajectories"]["measure"].isin(chosen.measures)]
    kept["runs"] = tables["runs"][["case", "replicate", "seed", "week", *chosen.measures]]
    keep_tables(kept, folder, facts)


def keep_tables(tables: Mapping[str, pd.DataFrame], folder: Path, facts: dict[str, Any]) -> None:
    """Write tables as Parquet into a new folder, with what made them in their metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    told = {"coprod": json.dumps({key: facts[key] for key in ("command", "model", "git", "versions")})}
    for name, table in tables.items():
        arrow = pa.Table.from_pandas(table, preserve_index=False)
        pq.write_table(
            arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), **told}), folder / f"{name}.parquet"
        )


def draw(tables: Tables, chosen: RunPlan, overrides: Sequence[str], folder: Path) -> None:
    """Draw every figure of the run into ``folder``."""
    from coprod_abm.experiments.figure_levels import draw_levels
    from coprod_abm.experiments.figures import RunFacts, draw_run

    rules = [each for each in overrides if each.partition("=")[0].partition(".")[0] in {"theory", *FAMILIES}]
    facts = RunFacts(
        replicates=chosen.replicates,
        seed=chosen.seed,
        anchored=chosen.anchored,
        parameters=f"uncalibrated, with {', '.join(rules)}" if rules else "uncalibrated defaults",
        names={case.id: case.name for case in chosen.cases},
    )
    with told_progress(0, "Drawing figures"):
        draw_run(tables["trajectories"], tables["instruments"], tables["published"], facts, folder)
        if chosen.together:
            draw_levels(tables["levels"], facts, folder)


def run_facts(chosen: RunPlan, overrides: Sequence[str]) -> dict[str, Any]:
    """What was run, for the provenance file."""
    return {
        "overrides": [each for each in overrides if not each.startswith("hydra.")],
        "seed": chosen.seed,
        "replicates": chosen.replicates,
        "weeks": chosen.weeks,
        "threads": threads_used(chosen),
        "cases": {case.id: {"fingerprint": case.fingerprint, "file": shown_path(case)} for case in chosen.cases},
    }


def shown_path(case: Case) -> str:
    """The case file: its name where it is shipped, its path where it is the user's own."""
    path = Path(case.path)
    return f"configs/case/{path.name}" if path.parent.parent.name == "configs" else str(path)


def write_settings(settings: dict[str, Any], chosen: RunPlan, file: Path) -> None:
    """Write every key and parameter with its value, and what each case did differently."""
    cases = {case.id: used(case, chosen.weeks[case.id], chosen.overrides) for case in chosen.cases}
    told = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    own = yaml.safe_dump({"used": cases}, sort_keys=False, allow_unicode=True)
    write_text(file, f"{told}\n{OWN}\n{own}")


def write_text(file: Path, text: str) -> None:
    """Write a text file in UTF-8, ending in a newline."""
    file.write_text(text.rstrip("\n") + "\n", encoding="utf-8")


def contents(chosen: RunPlan) -> str:
    """What each file of the folder is."""
    figures = (LEVELS_FIGURE * chosen.together + FIGURES) * chosen.figures
    levels = LEVELS_TABLE * chosen.together
    records = CONTENTS if chosen.records else ""
    return f"""Results of coprod run. Parameters are uncalibrated: read changes and differences, not levels.

config.yaml                  every key and parameter of this run; below "used" what each case had of its own: weeks,
                             rules (where you typed another value: yours) and events
cases/*                      the case files and their published measures, as they were used
provenance.json              command, versions, commit, seed, machine, times, fingerprints of model and cases
tables/trajectories.parquet  each measure by case and week: mean, sd and quantiles (q05 to q95) over replicates; what
                             members and meetings show is left out of a run once its projects have all ended, so that
                             the column replicates can be smaller there
tables/runs.parquet          one row per case and replicate: its seed and every measure in the last measured week; empty
                             where a project that has ended has nothing to show
tables/instruments.parquet   what each published instrument would show of the simulated people, by case and week;
                             levels = raw as simulated, anchored = moved to meet the first published value
tables/published.parquet     each published figure beside the simulated reading in its week; role anchor = it set the
                             level and is no test; within = it lies in the band that holds 90 % of the runs
{levels}{figures}{records}
Read a table with pandas.read_parquet. `coprod measures` and `coprod instruments` say what the names mean."""


OWN = "# What each case had of its own; its rules go before the parameters above, unless you typed them."
FIGURES = """figures/instruments_*        published measures beside the simulated instruments, one figure per case
figures/perspectives*        goal fulfilment, process, and learning and innovation over time
                             each as PNG and SVG, with a description (.txt) and the numbers behind it (.csv)
"""
LEVELS_TABLE = """tables/levels.parquet        the world by level (local, regional, national): participants, projects, the wider
                             constituency, and regions and nations as places (all = their mean)
"""
LEVELS_FIGURE = """figures/levels.*             participants and the wider constituency, support, codes and spread at each level
"""
