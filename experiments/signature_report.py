"""The table of signatures as people read it: lines for a terminal and a page for the documentation."""

import textwrap
from typing import Any

import pandas as pd

WIDTH = 118
MARKS = {"agrees": "✓", "differs": "✗", "cannot tell": "?", "": ""}
CONSTRUCTED = "zero by construction"
EXPLAINED = (
    "Effects are differences between runs with and without the intervention on the same draws, in SD of the runs without "
    "it, with 95 % intervals; lead–lag is how far the first foretells the second over half a year, given the second's own "
    "past, less the reverse (partial correlations). 0 alone: zero by construction, the paired "
    "difference is nought in every run. ~: a finding, the whole interval lies within ±.2 SD (lead–lag: ±.05). "
    "✓ agrees with what the theory predicts, ✗ differs, ? the interval does not tell; without a mark the table of "
    "signatures predicts nothing. Projects cannot end here; seats are self-selected before they are stratified, and "
    "facilitation is .2 before it becomes 1. T5's “only if time is free” is a condition and no prediction."
)


def as_text(table: pd.DataFrame) -> str:
    """The table of signatures as lines of text: one block per intervention, one line per outcome."""
    theories = list(dict.fromkeys(table["theory"]))
    lines = [counts(table)]
    for intervention, block in table.groupby("intervention", sort=False):
        lines += ["", f"{intervention!s:<34}" + "".join(f"{theory:>9}  " for theory in theories).rstrip()]
        for outcome, cells in block.groupby("outcome", sort=False):
            by = {cell.theory: cell for cell in cells.itertuples()}
            lines.append(f"  {outcome!s:<32}" + "".join(f"{short(by[theory]):>11}" for theory in theories).rstrip())
    return "\n".join([*lines, "", *textwrap.wrap(EXPLAINED, WIDTH)])


def short(cell: Any) -> str:
    """A cell in a few signs: its effect, whether it is a zero, and its mark."""
    mark = MARKS[cell.verdict] or " "
    if cell.kind == CONSTRUCTED:
        return f"0 {mark}"
    sign = "~" if cell.kind == "none of note" else ""
    return f"{sign}{cell.effect:+.2f} {mark}"


def counts(table: pd.DataFrame) -> str:
    """How many cells agree with the predictions, and what sort of zeros there are."""
    stated = table[table["verdict"] != ""]
    agreed = {name: int((stated["verdict"] == name).sum()) for name in ("agrees", "differs", "cannot tell")}
    kinds = {
        name: int((table["kind"] == name).sum()) for name in (CONSTRUCTED, "none of note", "difference", "unclear")
    }
    return (
        f"{len(stated)} predicted cells: {agreed['agrees']} agree, {agreed['differs']} differ, {agreed['cannot tell']} cannot "
        f"be told.\nOf all {len(table)} cells {kinds[CONSTRUCTED]} are zero by construction, {kinds['none of note']} are none "
        f"of note as a finding, {kinds['difference']} are differences, {kinds['unclear']} unclear."
    )


def as_markdown(table: pd.DataFrame) -> str:
    """The table of signatures as a page."""
    theories = list(dict.fromkeys(table["theory"]))
    lines = [counts(table)]
    for intervention, block in table.groupby("intervention", sort=False):
        lines += ["", f"| {intervention} | {' | '.join(theories)} |", f"|---|{'---|' * len(theories)}"]
        for outcome, cells in block.groupby("outcome", sort=False):
            by = {cell.theory: cell for cell in cells.itertuples()}
            lines.append(f"| {outcome} | {' | '.join(long(by[theory]) for theory in theories)} |")
    return "\n".join([*lines, "", EXPLAINED])


def long(cell: Any) -> str:
    """A cell with its interval."""
    mark = f" {MARKS[cell.verdict]}" if cell.verdict else ""
    if cell.kind == CONSTRUCTED:
        return f"0{mark}"
    return f"{'~' if cell.kind == 'none of note' else ''}{cell.effect:+.2f} ({cell.low:+.2f} to {cell.high:+.2f}){mark}"
