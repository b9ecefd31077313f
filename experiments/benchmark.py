"""`coprod benchmark`: how fast the core is, against the Mesa engine, its floor, by threads, size, cold start and in sweeps.

Speeds are compared as ratios within one run, by turns; medians with minimum and maximum. It is no test: nothing fails
when an aim is missed, the table says so.
"""

import argparse
import json
import math
import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from coprod_abm.compiled import source_fingerprint
from coprod_abm.experiments.benchmark_country import run_country
from coprod_abm.experiments.benchmark_dask import compare_executors
from coprod_abm.experiments.benchmark_engines import compare_engines, scale_threads
from coprod_abm.experiments.benchmark_figures import Figure, environment, load_average
from coprod_abm.experiments.benchmark_floor import compare_floor
from coprod_abm.experiments.benchmark_intervals import honesty
from coprod_abm.experiments.benchmark_scale import scale_citizens
from coprod_abm.experiments.benchmark_sensitivity import study_and_shares
from coprod_abm.experiments.benchmark_start import time_starts
from coprod_abm.experiments.benchmark_sweep import sweep_and_resume
from coprod_abm.experiments.provenance import commit


def calibration(quick: bool) -> list[Figure]:
    """Engines of inference on a model with known truth; they are imported only when they are asked for."""
    from coprod_abm.experiments.benchmark_calibration import infer

    return infer(quick)


PARTS: dict[str, Callable[[bool], list[Figure]]] = {
    "core": compare_engines,
    "floor": compare_floor,
    "threads": scale_threads,
    "scale": scale_citizens,
    "start": time_starts,
    "sweep": sweep_and_resume,
    "country": run_country,
    "dask": compare_executors,
    "sensitivity": study_and_shares,
    "calibration": calibration,
    "intervals": honesty,
}
USUAL = ("core", "floor", "threads", "scale", "start", "sweep")
COLUMNS = ("figure", "median (minimum–maximum)", "aim", "met")
BEGIN, END = "<!-- benchmark:begin -->", "<!-- benchmark:end -->"
MARKED = re.compile(f"{BEGIN}.*{END}", re.DOTALL)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the options ask for and print the table; returns the exit code."""
    told = list(sys.argv[1:] if argv is None else argv)
    asked = options().parse_args(told)
    if asked.markdown and not is_marked(asked.markdown):
        print(f"{asked.markdown} has no lines {BEGIN} and {END} to write between. Add them.", file=sys.stderr)
        return 2
    facts = {
        "command": shlex.join(["coprod", "benchmark", *told]),
        "model": source_fingerprint()[:16],
        "commit": str(commit()),
        **environment(),
    }
    figures = [figure for part in parts_of(asked) for figure in PARTS[part](asked.quick)]
    facts["load average at the end"] = load_average()
    show(figures, facts)
    if asked.json:
        asked.json.write_text(as_json(figures, facts), encoding="utf-8")
    if asked.markdown:
        rewrite(asked.markdown, as_markdown(figures, facts))
    return 0


def options() -> argparse.ArgumentParser:
    """The options of the command."""
    parser = argparse.ArgumentParser("coprod benchmark", description="Measure how fast the model runs on this machine.")
    parser.add_argument("--quick", action="store_true", help="small sizes and few repetitions")
    parser.add_argument("--country", action="store_true", help="add a country of 10 million citizens for 52 weeks")
    parser.add_argument("--only", type=named_parts, default=USUAL, metavar="PART,PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to this file")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="rewrite the table between two marks in this file"
    )
    return parser


def named_parts(text: str) -> tuple[str, ...]:
    """The parts that a comma-separated list names.

    Raises:
        argparse.ArgumentTypeError: when one does not exist.
    """
    parts = tuple(text.split(","))
    for part in parts:
        if part not in PARTS:
            raise argparse.ArgumentTypeError(
                f"{part!r} is not a part of the benchmark. Choose from {', '.join(PARTS)}."
            )
    return parts


def parts_of(asked: argparse.Namespace) -> tuple[str, ...]:
    """The parts to measure, in order, each once."""
    return tuple(dict.fromkeys([*asked.only, *(["country"] if asked.country else [])]))


def show(figures: Sequence[Figure], facts: Mapping[str, str]) -> None:
    """Print environment and figures as a plain table."""
    console = Console(width=None if sys.stdout.isatty() else 150)
    for name, fact in facts.items():
        console.print(f"{name}: {fact}", markup=False, highlight=False, soft_wrap=True)
    table = Table(*COLUMNS, box=None, pad_edge=False)
    for figure in figures:
        table.add_row(*row_of(figure))
    console.print(table, markup=False, highlight=False)
    for figure in figures:
        if figure.note:
            console.print(f"{figure.name}: {figure.note}", markup=False, highlight=False, soft_wrap=True)


def row_of(figure: Figure) -> tuple[str, ...]:
    """One figure as the cells of a row."""
    return figure.name, figure.text, figure.aim_text, figure.met


def as_json(figures: Sequence[Figure], facts: Mapping[str, str]) -> str:
    """Environment and all figures; what could not be measured is null."""
    rows = [{key: known(value) for key, value in asdict(figure).items()} | {"met": figure.met} for figure in figures]
    return (
        json.dumps({"environment": dict(facts), "figures": rows}, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    )


def known(value: Any) -> Any:
    """The value, or None for a number that could not be measured."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def as_markdown(figures: Sequence[Figure], facts: Mapping[str, str]) -> str:
    """The figures as a Markdown table, with the command and the environment above and the notes below."""
    head = [
        f"`{facts['command']}`",
        "",
        *(f"* {name}: {fact}" for name, fact in facts.items() if name != "command"),
        "",
    ]
    rows = [COLUMNS, ("---",) * len(COLUMNS), *map(row_of, figures)]
    notes = ["", "Notes:", "", *(f"* {figure.name}: {figure.note}" for figure in figures if figure.note)]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows), *notes])


def is_marked(path: Path) -> bool:
    """Whether a file holds both marks, in order."""
    return path.is_file() and MARKED.search(path.read_text(encoding="utf-8")) is not None


def rewrite(path: Path, table: str) -> None:
    """Replace what stands between the marks; the file appears whole or not at all."""
    text = MARKED.sub(lambda _: f"{BEGIN}\n{table}\n{END}", path.read_text(encoding="utf-8"))
    draft = path.with_suffix(".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
