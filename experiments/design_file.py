"""Points from a CSV file of the user's own, every column and cell checked before anything runs."""

import csv
import io
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coprod_abm.declare import Declaration, ParameterError, checked, nearest
from coprod_abm.experiments.design_error import DesignError
from coprod_abm.parameters import declarations
from coprod_abm.presets import FAMILIES, PresetError

MOST_DIGITS = 9  # of a choice by its number; beyond thousands Python itself refuses to read them
GAPS = {"", "nan", "na", "n/a", "null", "none"}  # as spreadsheets and statistics programs write a missing value


class Sheet(NamedTuple):
    """The cells of a file as text, by row, with the line on which each row stands."""

    path: Path
    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    def column(self, name: str) -> list[str]:
        """The cells of one column."""
        place = self.header.index(name)
        return [row[place] for row in self.rows]

    def refusal(self, row: int, why: object) -> DesignError:
        """What the user reads of a wrong row."""
        return DesignError(f"{self.path}, line {self.lines[row]}: {why}")


def read_points(file: str | None) -> pd.DataFrame:
    """The rows of a CSV file; numbers as floats, choices and presets by name. Semicolons with decimal commas are read too.

    Raises:
        DesignError: when the file cannot be read, has a wrong header, holds no rows, a gap, a value that is not possible
            or a row twice; the line is named.
    """
    sheet = read_sheet(path_of(file))
    points = pd.DataFrame({name: column(sheet, name) for name in sheet.header})
    twice = np.flatnonzero(points.duplicated())
    if len(twice):
        first = int(np.flatnonzero((points == points.iloc[twice[0]]).all(axis=1))[0])
        raise DesignError(
            f"{sheet.path}: lines {sheet.lines[first]} and {sheet.lines[int(twice[0])]} hold the same point. Keep one of them."
        )
    return points


def read_sheet(path: Path) -> Sheet:
    """The cells of a file with a header that is known and rows as wide as it.

    Raises:
        DesignError: naming the line.
    """
    text = text_of(path)
    sign = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text), delimiter=sign, skipinitialspace=True)
    try:
        cells = [([cell.strip() for cell in row], reader.line_num) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise DesignError(f"{path}, line {reader.line_num}: {error}. Put the line right.") from None
    if not cells:
        raise DesignError(f"{path} is empty. Its first line must name parameters, as in power.agenda_access.")
    header = cells[0][0]
    check_header(header, path)
    if len(cells) == 1:
        raise DesignError(f"{path} holds a header and no rows. Give at least one point.")
    for row, line in cells[1:]:
        if len(row) != len(header):
            raise DesignError(f"{path}, line {line}: {len(row)} values under {len(header)} names. Put the line right.")
    rows = [[_point(cell) for cell in row] if sign == ";" else row for row, _ in cells[1:]]
    return Sheet(path, header, rows, [line for _, line in cells[1:]])


def check_header(header: list[str], path: Path) -> None:
    """Refuse a header that does not name what a point is made of, each once.

    Raises:
        DesignError: with the nearest name.
    """
    known = ("theory", *FAMILIES, *declarations())
    for name in header:
        if name not in known:
            raise DesignError(
                f"{path}, line 1: {name!r} is not a parameter, a rule family or theory.{nearest(name, known)} "
                f"`coprod params` lists them all."
            )
        if header.count(name) > 1:
            raise DesignError(f"{path}, line 1: {name} stands twice in the header. Keep one of the columns.")


def column(sheet: Sheet, name: str) -> Any:
    """One column, every cell of it checked.

    Raises:
        DesignError: naming the line of the first wrong cell.
    """
    cells = sheet.column(name)
    for row, cell in enumerate(cells):
        if cell.lower() in GAPS - _names(name):
            raise sheet.refusal(row, f"{name} has no value. Fill it in, or leave the row away.")
    declared = declarations().get(name)
    if declared is not None and declared.options is None:
        return [number(sheet, row, cell, declared) for row, cell in enumerate(cells)]
    known: dict[str, str] = {}
    for row, cell in enumerate(cells):
        if cell not in known:
            known[cell] = named(sheet, row, cell, name)
    return [known[cell] for cell in cells]


def number(sheet: Sheet, row: int, cell: str, declared: Declaration) -> float:
    """A number within the declared range.

    Raises:
        DesignError: naming the line.
    """
    try:
        value: Any = float(cell)
    except ValueError:
        value = cell
    if isinstance(value, float) and declared.low <= value <= declared.high:
        return value
    try:
        return float(checked(declared, value))
    except ParameterError as error:
        raise sheet.refusal(row, error) from None


def named(sheet: Sheet, row: int, cell: str, name: str) -> str:
    """A preset, theory or choice by its name.

    Raises:
        DesignError: naming the line.
    """
    from coprod_abm.experiments.design import checked_level

    try:
        return str(checked_level(name, int(cell) if cell.isdecimal() and len(cell) <= MOST_DIGITS else cell))
    except (ParameterError, PresetError) as error:
        raise sheet.refusal(row, error) from None


def path_of(file: str | None) -> Path:
    """The path of a file that exists.

    Raises:
        DesignError: when there is none.
    """
    if not file:
        raise DesignError("design.file is missing. Write design=file design.file=my.csv.")
    path = Path(str(file)).expanduser()
    if not path.is_file():
        raise DesignError(f"design.file = {file} is not a file. Correct the path; it starts from where you stand.")
    return path


def text_of(path: Path) -> str:
    """The text of a file in UTF-8, with or without a mark at its beginning.

    Raises:
        DesignError: when it is none.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DesignError(f"{path} is not text in UTF-8. Save it as CSV in UTF-8.") from None
    except OSError as error:
        raise DesignError(f"{path} cannot be read: {error.strerror}. Put it right.") from None


def _names(name: str) -> set[str]:
    """Presets that are called what elsewhere means a gap, such as ``reciprocity=none``."""
    from coprod_abm.experiments.design import names_of

    return set(names_of(name)) if name == "theory" or name in FAMILIES else set()


def _point(cell: str) -> str:
    """A number with a decimal comma as one with a point."""
    swapped = cell.replace(",", ".")
    return swapped if cell.count(",") == 1 and swapped.replace(".", "").lstrip("-").isdecimal() else cell
