"""Tables for the terminal: columns as wide as they need to be, long text wrapped, or the same as CSV."""

import csv
import io
import textwrap
from collections.abc import Sequence

WIDTH = 120  # characters of a line
GAP = "  "


def as_csv(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table as CSV with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([names, *rows])
    return text.getvalue().rstrip("\n")


def as_table(names: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> str:
    """The table in aligned columns; a cell wider than its column goes on below, a width of 0 takes what it needs.

    >>> print(as_table(["name", "says"], [["a", "one two"]], [0, 4]))
    name  says
    a     one
          two
    """
    limits = [width or max(len(row[place]) for row in [names, *rows]) for place, width in enumerate(widths)]
    return "\n".join(line for row in [names, *rows] for line in _lines(row, limits))


def _lines(row: Sequence[str], limits: Sequence[int]) -> list[str]:
    cells = [
        textwrap.wrap(cell, limit, break_on_hyphens=False) or [""] for cell, limit in zip(row, limits, strict=True)
    ]
    height = max(map(len, cells))
    return [
        GAP.join(
            (cell[line] if line < len(cell) else "").ljust(limit) for cell, limit in zip(cells, limits, strict=True)
        ).rstrip()
        for line in range(height)
    ]
