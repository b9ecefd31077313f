"""`coprod measures` and `coprod instruments`: what the model gives, and how published measures see it."""

import argparse
from collections.abc import Sequence

from coprod_abm.experiments.listing import as_csv, as_table
from coprod_abm.instruments import INSTRUMENTS
from coprod_abm.measures import MEASURES

BETTER = {1: "more", -1: "less", 0: "neither"}


def measures(words: Sequence[str]) -> None:
    """Print every measure."""
    names = ("measure", "perspective", "level", "unit", "range", "better", "meaning", "stands for")
    rows = [
        [
            one.name,
            one.topic,
            one.perspective,
            one.unit,
            spread(one.low, one.high),
            BETTER[one.direction],
            one.meaning,
            one.stands_for,
        ]
        for one in MEASURES
    ]
    tell("measures", "What the model measures, for each project.", names, rows, [0, 11, 11, 10, 7, 7, 22, 14], words)


def instruments(words: Sequence[str]) -> None:
    """Print every simulated instrument."""
    names = ("instrument", "asks", "unit", "scale", "kind", "sees", "threshold", "better")
    rows = [
        [
            one.name,
            one.label,
            one.unit,
            spread(*one.scale),
            one.kind,
            one.state,
            f"{one.threshold:g}",
            BETTER[one.direction],
        ]
        for one in INSTRUMENTS.values()
    ]
    about = "How published measures see the simulated people; uncalibrated."
    tell("instruments", about, names, rows, [0, 17, 8, 8, 8, 20, 9, 7], words)


def tell(
    command: str,
    about: str,
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    words: Sequence[str],
) -> None:
    """Print a table, or CSV where it is asked for."""
    parser = argparse.ArgumentParser(f"coprod {command}", description=about)
    parser.add_argument("--csv", action="store_true", help="as CSV, for a spreadsheet")
    print(as_csv(names, rows) if parser.parse_args(list(words)).csv else as_table(names, rows, widths))


def spread(low: float, high: float) -> str:
    """A range in words; a bound too large to mean anything is left open."""
    return f"≥ {low:g}" if high >= 1e9 else f"[{low:g}, {high:g}]"
