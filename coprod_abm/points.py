"""Points of a design as numbers: columns checked once, presets resolved, and the rules of each point as one row."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coprod_abm.declare import Declaration, ParameterError, checked
from coprod_abm.instruments import InstrumentError, instrument_declaration, is_instrument_key
from coprod_abm.parameters import Parameters, declaration, declarations, dialled, positions
from coprod_abm.presets import FAMILIES, PresetError, preset_values
from coprod_abm.theories import theory_values
from coprod_abm.world import Array

THEORY = "theory"
DIAL = "leadership.dial"


class Refusal(NamedTuple):
    """The first value of a column that cannot be used, by row, and why."""

    row: int
    error: ValueError


class Settings(NamedTuple):
    """What points set: a value for every parameter (point, parameter), and whether the point sets it at all."""

    values: Array
    is_set: Array


# ---- checking ----


def checked_points(points: pd.DataFrame) -> pd.DataFrame:
    """The points with a plain index, numbers as floats, structural choices and presets by name.

    Raises:
        ParameterError, PresetError: naming the first point and value that cannot be used.
    """
    if not isinstance(points, pd.DataFrame):
        raise ParameterError(f"points is a {type(points).__name__}, not a DataFrame with one row per point. Give one.")
    if points.columns.has_duplicates:
        twice = points.columns[points.columns.duplicated()][0]
        raise ParameterError(f"Column {twice!r} stands twice in the points. Keep one of them.")
    if points.empty:
        raise ParameterError("There are no points to evaluate. Give at least one row.")
    columns = {str(name): checked_column(str(name), points[name]) for name in points.columns}
    refusals = [found for found in columns.values() if isinstance(found, Refusal)]
    if refusals:
        row, error = min(refusals, key=lambda refusal: refusal.row)
        raise type(error)(f"Point {row}: {error}") from None
    return pd.DataFrame(columns)


def is_preset(name: str) -> bool:
    """Whether a column chooses presets of a family, or theories."""
    return name == THEORY or name in FAMILIES


def checked_column(name: str, column: "pd.Series[Any]") -> Any:
    """The values of one column as a plain array, or the first refusal."""
    try:
        found = None if is_preset(name) else declared(name)
    except (InstrumentError, ParameterError) as error:
        return Refusal(0, error)
    values = column.to_numpy()
    if found is not None and found.options is None and values.dtype.kind in "iuf":
        return checked_numbers(found, values)
    known: dict[Any, Any] = {}
    plain = values.tolist()
    for row, value in enumerate(plain):
        key = (type(value), str(value))
        if key not in known:
            try:
                known[key] = preset_name(name, value) if found is None else named(checked(found, value))
            except ValueError as error:
                return Refusal(row, error)
    return np.array([known[type(value), str(value)] for value in plain])


def declared(name: str) -> Declaration:
    """The declaration of a column: of a rule's parameter or of an instrument's."""
    return instrument_declaration(name) if is_instrument_key(name) else declaration(name)


def checked_numbers(found: Declaration, values: Array) -> Any:
    """A column of numbers as floats, or the refusal of the first that lies outside its range."""
    numbers = values.astype(np.float64)
    wrong = np.flatnonzero(~((numbers >= found.low) & (numbers <= found.high)))
    if not len(wrong):
        return numbers
    try:
        checked(found, float(numbers[wrong[0]]))
    except ParameterError as error:
        return Refusal(int(wrong[0]), error)
    return numbers


def named(value: Any) -> Any:
    """A structural choice by its name, a number as it is."""
    return getattr(value, "name", value)


def preset_name(column: str, value: Any) -> str:
    """The name of a preset that exists.

    Raises:
        PresetError: when it does not, with the nearest that does.
    """
    if not isinstance(value, str):
        raise PresetError(f"{column} = {value!r} is not the name of a preset, such as {column}={example(column)}.")
    changes_of(column, value)
    return value


def example(column: str) -> str:
    """A preset that a column could name."""
    return "all" if column == THEORY else "default"


# ---- resolving ----


@cache
def changes_of(column: str, name: str) -> dict[str, Any]:
    """What a preset or theory sets, by dotted name."""
    return theory_values(name) if column == THEORY else preset_values(column, name)


@cache
def numbers_of(chosen: tuple[tuple[str, str], ...]) -> tuple[tuple[int, float], ...]:
    """What several presets set together, by place in the flat rules; a family's preset goes before the theory."""
    changes: dict[str, Any] = {}
    for column, name in sorted(chosen, key=lambda each: each[0] != THEORY):
        changes |= changes_of(column, name)
    return tuple((positions()[key], number(key, value)) for key, value in changes.items())


def number(key: str, value: Any) -> float:
    """A parameter's value as the number that the core reads."""
    return float(checked(declaration(key), value))


def settings_of(points: pd.DataFrame) -> Settings:
    """What checked points set: single parameters before a family's preset, that before the theory, the dial last."""
    size = (len(points), len(positions()))
    values, is_set = np.zeros(size), np.zeros(size, bool)
    chosen = [name for name in points.columns if is_preset(name)]
    for rows, presets in groups(points, chosen):
        for place, value in numbers_of(presets):
            values[rows, place], is_set[rows, place] = value, True
    for name in points.columns.difference(chosen, sort=False):
        if is_instrument_key(name):
            continue  # what a survey shows, not what happens
        place = positions()[name]
        values[:, place], is_set[:, place] = numbers_in(name, points[name].to_numpy()), True
    turn_dial(values, is_set)
    return Settings(values, is_set)


def groups(points: pd.DataFrame, chosen: Sequence[str]) -> list[tuple[Array, tuple[tuple[str, str], ...]]]:
    """Rows that name the same presets, with those presets by column."""
    if not chosen:
        return []
    columns = [points[name].tolist() for name in chosen]
    found: dict[tuple[str, ...], list[int]] = {}
    for row, names in enumerate(zip(*columns, strict=True)):
        found.setdefault(names, []).append(row)
    return [(np.array(rows), tuple(zip(chosen, names, strict=True))) for names, rows in found.items()]


def numbers_in(name: str, column: Array) -> Array:
    """A checked column as numbers, choices by their number."""
    options = declaration(name).options
    return column if options is None else np.array([float(options[each]) for each in column])


def turn_dial(values: Array, is_set: Array) -> None:
    """Where a point turns the dial, set what the dial sets and the point does not."""
    dial = positions()[DIAL]
    for position in np.unique(values[is_set[:, dial], dial]):
        rows = is_set[:, dial] & (values[:, dial] == position)
        for key, value in dialled({DIAL: float(position)}).items():
            free = rows & ~is_set[:, positions()[key]]
            values[free, positions()[key]] = value
            is_set[free, positions()[key]] = True


# ---- reading a row as parameters ----


class RuleRow:
    """One row of numbers read like :class:`Parameters` (``row.power.agenda_access``), without building any."""

    def __init__(self, numbers: Sequence[float]) -> None:
        self._numbers = numbers

    def __getattr__(self, family: str) -> "FamilyRow":
        return FamilyRow(self._numbers, places_of(family))

    def values(self) -> dict[str, Any]:
        """Every value by dotted name, as :meth:`Parameters.values`."""
        return {key: getattr(getattr(self, found.family), found.name) for key, found in declarations().items()}

    def replace(self, changes: dict[str, Any]) -> "RuleRow":
        """A copy with changes by dotted name, as :meth:`Parameters.replace` makes them."""
        numbers = list(self._numbers)
        for key, value in {**dialled(changes), **changes}.items():
            numbers[positions()[key]] = number(key, value)
        return RuleRow(numbers)


class FamilyRow:
    """The parameters of one family in a row of numbers; choices as members of their ``IntEnum``."""

    def __init__(self, numbers: Sequence[float], places: dict[str, tuple[int, Any]]) -> None:
        self._numbers, self._places = numbers, places

    def __getattr__(self, name: str) -> Any:
        place, options = self._places[name]
        return self._numbers[place] if options is None else options(int(self._numbers[place]))


@cache
def places_of(family: str) -> dict[str, tuple[int, Any]]:
    """Place and options of each parameter of a family."""
    return {
        found.name: (positions()[key], found.options) for key, found in declarations().items() if found.family == family
    }


def flat(params: Parameters) -> Array:
    """All parameters as the flat numbers that the core reads."""
    return params.record().view("f8").reshape(-1)
