"""A case's published measures: the CSV beside the case file, checked row by row, and the week each wave falls in."""

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from coprod_abm.case_document import decode, read_bytes
from coprod_abm.case_error import CaseError
from coprod_abm.declare import nearest
from coprod_abm.year import YEAR

MID_YEAR = 26  # week of the year in which the wave of a calendar year, such as 2019, is placed
MID_FINANCIAL_YEAR = 39  # 1 October: middle of April to March, for waves such as 2020/21
LARGEST_TABLE = 20_000_000  # bytes; a case's series take kilobytes
REQUIRED = ("case_id", "wave", "measure", "value", "unit", "source")
OPTIONAL = ("n", "sd", "note")
COLUMNS = ("case_id", "wave", "measure", "value", "unit", "n", "sd", "source", "note", "week")

_WAVE = re.compile(r"(\d{4})(?:/(\d{2}))?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_CORRECT = "Correct the cell, or delete the row if the figure was not published."


@dataclass(frozen=True)
class Window:
    """Which waves count: ``first`` to ``last`` year of a run that starts in the year ``start``.

    Attributes:
        start: calendar year in which week 0 lies.
        first, last: years of the first and last wave that are compared with the run.
        chosen: whether the case file chose ``first`` and ``last``; else every wave must lie in the simulated years.
    """

    start: int
    first: int
    last: int
    chosen: bool

    def week(self, wave: str) -> int:
        """The week of the run in which a wave is placed: mid-year, or 1 October for a financial year."""
        return week_of_wave(wave) - self.start * YEAR

    def holds(self, wave: str) -> bool:
        """Whether the wave's (first) year lies in the window."""
        return self.first <= wave_year(wave) <= self.last


@dataclass(frozen=True)
class _Row:
    """One record of the CSV with its line; ``refuse`` makes the error that names both."""

    cells: dict[str, str]
    line: int

    def refuse(self, column: str, expected: str, way_out: str = _CORRECT) -> CaseError:
        return CaseError(column, self.cells.get(column), expected, way_out, line=self.line)


def week_of_wave(wave: str) -> int:
    """The week in which a wave is placed, counted from the year nought: mid-year, or 1 October for a financial year.

    >>> week_of_wave("2020"), week_of_wave("2020/21")
    (105066, 105079)
    """
    return wave_year(wave) * YEAR + (MID_FINANCIAL_YEAR if "/" in wave else MID_YEAR)


def wave_year(wave: str) -> int:
    """The calendar year of a wave label, for ``2020/21`` the first.

    >>> wave_year("2019"), wave_year("2020/21")
    (2019, 2020)
    """
    return int(wave[:4])


def no_measures() -> pd.DataFrame:
    """The measures of a case without published ones: the columns of every case, no row."""
    return _frame([])


def read_measures(path: Path, case_id: str, window: Window) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of a measures file inside and outside the window, in the order of the file.

    Columns of both: ``case_id, wave, measure, unit, source, note`` (text), ``value, n, sd`` (float64; n and sd are
    NaN where not published) and ``week`` (int64, the week of the run in the middle of the wave's year; outside the
    simulated years it is negative or past the end).

    Raises:
        CaseError: naming file, line, column, value, what is expected and the way out.
    """
    text = decode(read_bytes(path, LARGEST_TABLE), str(path))
    try:
        rows = [_values(row, case_id, window) for row in _rows(text)]
        _refuse_duplicates(rows)
    except CaseError as error:
        raise error.at(str(path), error.line) from None
    inside = [values for _, values in rows if window.holds(values["wave"])]
    outside = [values for _, values in rows if not window.holds(values["wave"])]
    return _frame(inside), _frame(outside)


def _rows(text: str) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = _header(next(reader, []))
        found = False
        for fields in reader:
            if fields:
                found = True
                yield _record(header, fields, reader.line_num)
    except csv.Error as error:
        way_out = "Correct the quotes of this line or the one above."
        raise CaseError("CSV", str(error), "a well-formed CSV", way_out, line=reader.line_num) from None
    if not found:
        raise CaseError("rows", None, "at least one row below the header", "Add the published figures.", line=1)


def _header(names: list[str]) -> list[str]:
    if not names:
        raise CaseError("header", None, f"a first line with {','.join(REQUIRED)}", "Add the header.", line=1)
    if len(names) == 1 and ";" in names[0]:
        way_out = "Save the table with commas between the fields and points in the numbers."
        raise CaseError("header", names[0], "fields separated by commas", way_out, line=1)
    if not set(names) & set(REQUIRED):
        raise CaseError("header", ",".join(names), f"a first line with {','.join(REQUIRED)}", "Add the header.", line=1)
    for name in names:
        if name not in REQUIRED + OPTIONAL or names.count(name) > 1:
            expected = f"each of {', '.join(REQUIRED)} once, and if you like {', '.join(OPTIONAL)}"
            way_out = f"Remove or rename it.{nearest(name, REQUIRED + OPTIONAL)}"
            raise CaseError("column", name, expected, way_out, line=1)
    for name in REQUIRED:
        if name not in names:
            raise CaseError(f"column {name}", None, f"the columns {', '.join(REQUIRED)}", f"Add {name}.", line=1)
    return names


def _record(header: list[str], fields: list[str], line: int) -> _Row:
    if len(fields) != len(header):
        way_out = 'Add the missing commas, or put text that holds a comma in quotes ("a, b").'
        raise CaseError("fields", len(fields), f"{len(header)} fields, as in the header", way_out, line=line)
    return _Row({name: field.strip() for name, field in zip(header, fields, strict=True)}, line)


def _values(row: _Row, case_id: str, window: Window) -> tuple[_Row, dict[str, Any]]:
    cells = row.cells
    if cells["case_id"] != case_id:
        raise row.refuse("case_id", f"{case_id}, the id of the case file", "Correct it, or move the row to its case.")
    _check_wave(row, window)
    _check_measure(row)
    if not cells["source"]:
        raise row.refuse("source", "where the figure was published", "Name the source: a citation or a key to one.")
    numbers = {"value": _value(row), "n": _sample_size(row), "sd": _spread(row)}
    return row, {**cells, **numbers, "note": cells.get("note", ""), "week": window.week(cells["wave"])}


def _check_wave(row: _Row, window: Window) -> None:
    parts = _WAVE.fullmatch(row.cells["wave"])
    if not parts or (parts[2] and int(parts[2]) != (int(parts[1]) + 1) % 100):
        raise row.refuse("wave", "a year such as 2019, or a financial year such as 2020/21", "Correct the wave.")
    if not window.chosen and not window.holds(row.cells["wave"]):
        way_out = (
            "Change start or years in the case file, delete the row, or name the waves to use with "
            "measures.first and measures.last."
        )
        raise row.refuse("wave", f"a wave in the simulated years {window.first} to {window.last}", way_out)


def _check_measure(row: _Row) -> None:
    from coprod_abm.instruments import INSTRUMENTS

    measure, unit = row.cells["measure"], row.cells["unit"]
    if measure not in INSTRUMENTS:
        way_out = f"Rename the measure.{nearest(measure, INSTRUMENTS)} docs/cases.md lists them all."
        raise row.refuse("measure", f"a measure that has a simulated instrument ({len(INSTRUMENTS)} exist)", way_out)
    expected = f"{INSTRUMENTS[measure].unit!r}, the unit of {measure}"
    if not unit:
        raise row.refuse("unit", expected, "Fill in the unit; a measure without one cannot be compared.")
    if unit != INSTRUMENTS[measure].unit:
        raise row.refuse("unit", expected, "Convert the value and name the unit as the instrument does.")


def _value(row: _Row) -> float:
    from coprod_abm.instruments import INSTRUMENTS

    value = _number(row, "value", "a number such as 72.4, with a decimal point", -math.inf)
    low, high = INSTRUMENTS[row.cells["measure"]].scale
    if not low <= value <= high:
        raise row.refuse("value", f"a number from {low:g} to {high:g}, the scale of {row.cells['measure']}")
    return value


def _sample_size(row: _Row) -> float:
    expected = "the number of answers: a whole number of at least 1, or empty"
    if not row.cells.get("n"):
        return math.nan
    n = _number(row, "n", expected, 1.0)
    if not n.is_integer():
        raise row.refuse("n", expected)
    return n


def _spread(row: _Row) -> float:
    expected = "a standard deviation of at least 0, or empty"
    return _number(row, "sd", expected, 0.0) if row.cells.get("sd") else math.nan


def _number(row: _Row, column: str, expected: str, low: float) -> float:
    text = row.cells[column]
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number) or number < low:
        raise row.refuse(column, expected)
    return number


def _refuse_duplicates(rows: list[tuple[_Row, dict[str, Any]]]) -> None:
    lines: dict[tuple[str, str], int] = {}
    for row, _ in rows:
        key = (row.cells["measure"], row.cells["wave"])
        if key in lines:
            expected = f"each wave of {key[0]} once (first on line {lines[key]})"
            raise row.refuse("wave", expected, "Delete one of the two rows, or correct its wave or measure.")
        lines[key] = row.line


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    types = {"value": "float64", "n": "float64", "sd": "float64", "week": "int64"}
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({name: types.get(name, "str") for name in COLUMNS})
