"""What a case refuses and how it says so: one short message with place, value, expectation and way out."""

import math
import re
import reprlib
from collections.abc import Mapping
from typing import Any, Self

from coprod_abm.declare import nearest

_SHORT = reprlib.Repr(maxstring=60, maxother=60, maxlist=3, maxdict=3, maxtuple=3, maxlevel=2)
LONGEST_PLACE = 120  # characters of a key or column in a message; a table's header may hold anything
_BRACKETS = re.compile(r"\[\d+]$")


class CaseError(ValueError):
    """A case or its measures break a rule.

    Attributes:
        column: CSV column, or dotted YAML key such as ``sites[1].citizens``.
        value: what stands there; ``None`` when nothing does.
        expected: what is accepted, in words.
        way_out: what to do next.
        file, line: where it stands; ``""`` and 0 for a case built in Python.
    """

    def __init__(self, column: str, value: Any, expected: str, way_out: str, file: str = "", line: int = 0) -> None:
        super().__init__(column, value, expected, way_out, file, line)
        self.column, self.value, self.expected, self.way_out = column, value, expected, way_out
        self.file, self.line = file, line

    def at(self, file: str, line: int) -> Self:
        """The same error with its place; an error that already has one keeps it."""
        if self.file:
            return self
        return type(self)(self.column, self.value, self.expected, self.way_out, file, line)

    def under(self, owner: str) -> Self:
        """The same error with ``owner.`` before its key, as in ``sites[1].citizens``."""
        return type(self)(f"{owner}.{self.column}", self.value, self.expected, self.way_out, self.file, self.line)

    def __str__(self) -> str:
        place = [self.file] * bool(self.file) + [f"line {self.line}"] * bool(self.line)
        found = "is missing" if self.value is None else f"= {shown(self.value)}"
        told = f"{', '.join(place)}: " if place else ""
        column = self.column if len(self.column) <= LONGEST_PLACE else f"{self.column[:LONGEST_PLACE]}..."
        return f"{told}{column} {found}\n  expected: {self.expected}\n  way out: {self.way_out}"


def shown(value: Any) -> str:
    """``value`` as a reader can take it in: at most about 60 characters, nothing unprintable."""
    try:
        return _SHORT.repr(list(value) if isinstance(value, tuple) else value)
    except ValueError:  # Python refuses to print whole numbers of more than 4,300 digits
        return "a number of thousands of digits"


def check_whole(column: str, value: Any, low: int, high: int) -> None:
    """Refuse what is not a whole number from ``low`` to ``high``."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not low <= value <= high:
        raise CaseError(column, value, f"a whole number from {low:,} to {high:,}", f"Correct {_last(column)}.")


def check_number(column: str, value: Any, low: float, high: float) -> None:
    """Refuse what is not a finite number from ``low`` to ``high``."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or math.isnan(value) or not low <= value <= high:
        raise CaseError(column, value, f"a number from {low:g} to {high:g}", f"Correct {_last(column)}.")


def check_text(column: str, value: Any, *, empty: bool = False) -> None:
    """Refuse what is not one line of text; ``empty`` says whether the empty text is accepted."""
    if isinstance(value, bool):
        raise CaseError(column, value, "text", 'YAML reads NO, yes, on and off as true or false: quote it, as in "NO".')
    if not isinstance(value, str):
        raise CaseError(column, value, "text", f"Give {_last(column)} as text, in quotes where it looks like a number.")
    if not value.isprintable() or not (empty or value.strip()):
        raise CaseError(column, value, "one line of printable text", f"Correct {_last(column)}.")


def check_option(column: str, value: Any, options: tuple[str, ...]) -> None:
    """Refuse what is not one of ``options``; the nearest one is suggested."""
    if value not in options:
        raise CaseError(column, value, f"one of {', '.join(options)}", f"Choose one.{nearest(str(value), options)}")


def check_keys(owner: str, found: dict[str, Any], required: tuple[str, ...], optional: tuple[str, ...]) -> None:
    """Refuse unknown and missing keys of a mapping that stands under ``owner`` (empty for the top)."""
    prefix = f"{owner}." if owner else ""
    known = required + optional
    for key, value in found.items():
        if key not in known:
            way_out = f"Remove or rename {shown(key)}.{nearest(key, known)}"
            raise CaseError(
                f"{prefix}{key}", "" if value is None else value, f"only these keys: {', '.join(known)}", way_out
            )
    for key in required:
        if found.get(key) is None:
            raise CaseError(f"{prefix}{key}", None, f"the keys {', '.join(required)}", f"Add {key}.")


def check_mapping(column: str, value: Any) -> None:
    """Refuse what is not a mapping with names as keys."""
    if not isinstance(value, Mapping):
        raise CaseError(column, value, "a mapping, as in `key: value`", f"Write {_last(column)} as keys with values.")


def check_list(column: str, value: Any, *, empty: bool = True) -> None:
    """Refuse what is not a list; ``empty`` says whether the empty list is accepted."""
    if not isinstance(value, (list, tuple)) or not (empty or value):
        least = "" if empty else " of at least one entry"
        raise CaseError(column, value, f"a list{least}", f"Write {_last(column)} as a list, one `- entry` a line.")


def _last(column: str) -> str:
    return _BRACKETS.sub("", column.rpartition(".")[2]) or column
