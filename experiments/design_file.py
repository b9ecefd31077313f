"""Points from a CSV file of the user's own, every column and cell checked before anything runs."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.declare import Declaration, ParameterError, checked, nearest
from coprod_abm.experiments.design_error import DesignError
from coprod_abm.parameters import declarations
from coprod_abm.presets import FAMILIES, PresetError

HEADER = 1  # lines before the first row, so that a message can name the line of the file


def read_points(file: str | None) -> pd.DataFrame:
    """The rows of a CSV file; numbers as floats, choices and presets by name. Semicolons with decimal commas are read too.

    Raises:
        DesignError: when the file cannot be read, has a wrong header, holds no rows, a gap, a value that is not possible
            or a row twice; the line is named.
    """
    path = _path(file)
    text = _text(path)
    sign = ";" if ";" in text.partition("\n")[0] else ","
    header = [name.strip() for name in next(csv.reader(io.StringIO(text), delimiter=sign), [])]
    check_header(header, path)
    check_widths(text, sign, header, path)
    try:
        table = pd.read_csv(
            io.StringIO(text),
            sep=sign,
            decimal="," if sign == ";" else ".",
            names=header,
            header=0,
            index_col=False,
            skip_blank_lines=False,
            skipinitialspace=True,
            float_precision="round_trip",
        )
    except pd.errors.ParserError as error:
        raise DesignError(f"{path} could not be read as a table: {error}. Put it right.") from None
    table = table.loc[: _last(table)]
    if table.empty:
        raise DesignError(f"{path} holds a header and no rows. Give at least one point.")
    points = pd.DataFrame({name: column(table[name], name, path) for name in header})
    twice = points.duplicated()
    if twice.any():
        second = int(np.flatnonzero(twice)[0])
        first = int(np.flatnonzero((points == points.iloc[second]).all(axis=1))[0])
        raise DesignError(f"{path}: lines {_line(first)} and {_line(second)} hold the same point. Keep one of them.")
    return points


def check_header(header: list[str], path: Path) -> None:
    """Refuse a header that does not name what a point is made of, each once.

    Raises:
        DesignError: with the nearest name.
    """
    known = ("theory", *FAMILIES, *declarations())
    if not any(header):
        raise DesignError(f"{path} is empty. Its first line must name parameters, as in power.agenda_access.")
    for name in header:
        if name not in known:
            raise DesignError(
                f"{path}, line 1: {name!r} is not a parameter, a rule family or theory.{nearest(name, known)} "
                f"`coprod params` lists them all."
            )
        if header.count(name) > 1:
            raise DesignError(f"{path}, line 1: {name} stands twice in the header. Keep one of the columns.")


def check_widths(text: str, sign: str, header: list[str], path: Path) -> None:
    """Refuse a row with more or fewer values than the header has names.

    Raises:
        DesignError: naming the line.
    """
    for place, row in enumerate(csv.reader(io.StringIO(text), delimiter=sign), start=1):
        if row and len(row) != len(header):
            raise DesignError(f"{path}, line {place}: {len(row)} values under {len(header)} names. Put the line right.")


def column(cells: "pd.Series[Any]", name: str, path: Path) -> Any:
    """One column, every cell of it checked.

    Raises:
        DesignError: naming the line of the first wrong cell.
    """
    gaps = np.flatnonzero(cells.isna())
    if len(gaps):
        raise DesignError(
            f"{path}, line {_line(int(gaps[0]))}: {name} has no value. Fill it in, or leave the row away."
        )
    declared = declarations().get(name)
    if declared is not None and declared.options is None:
        return numbers(cells, declared, path)
    known: dict[Any, Any] = {}
    for place, value in enumerate(cells):
        if value not in known:
            known[value] = _named(name, value.strip() if isinstance(value, str) else value, place, path)
    return [known[value] for value in cells]


def numbers(cells: "pd.Series[Any]", declared: Declaration, path: Path) -> Any:
    """A column of numbers within the declared range.

    Raises:
        DesignError: naming the line of the first that is none.
    """
    values = (
        pd.to_numeric(cells, errors="coerce").to_numpy(float) if cells.dtype != bool else np.full(len(cells), np.nan)
    )
    wrong = np.flatnonzero(~((values >= declared.low) & (values <= declared.high)))
    if len(wrong):
        value = cells.iloc[wrong[0]]
        number = values[wrong[0]]
        try:
            checked(declared, value if np.isnan(number) else float(number))
        except ParameterError as error:
            raise DesignError(f"{path}, line {_line(int(wrong[0]))}: {error}") from None
    return values


def _named(name: str, value: Any, place: int, path: Path) -> str:
    from coprod_abm.experiments.design import checked_level

    try:
        return str(checked_level(name, value))
    except (ParameterError, PresetError) as error:
        raise DesignError(f"{path}, line {_line(place)}: {error}") from None


def _path(file: str | None) -> Path:
    if not file:
        raise DesignError("design=file needs a file. Write design=file design.file=my.csv.")
    path = Path(str(file)).expanduser()
    if not path.is_file():
        raise DesignError(f"design.file = {file} is not a file. Correct the path; it starts from where you stand.")
    return path


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DesignError(f"{path} is not text in UTF-8. Save it as CSV in UTF-8.") from None
    except OSError as error:
        raise DesignError(f"{path} cannot be read: {error.strerror}. Put it right.") from None


def _last(table: pd.DataFrame) -> int:
    """Place of the last row that is not empty; empty lines at the end of a file mean nothing."""
    filled = np.flatnonzero(table.notna().any(axis=1))
    return int(filled[-1]) if len(filled) else -1


def _line(row: int) -> int:
    return row + HEADER + 1
