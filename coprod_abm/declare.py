"""A parameter declared once: default, range, unit, meaning, source and prior stand in one dataclass field."""

import dataclasses
import difflib
import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from numbers import Real
from typing import Any, ClassVar, cast

_KEY = "declaration"


class ParameterError(ValueError):
    """A parameter's name, type or value breaks its declaration; the message names value, rule and way out."""


@dataclass(frozen=True)
class Declaration:
    """Everything the project knows about one parameter; Hydra, SALib, calibration and docs derive from it."""

    family: str
    name: str
    default: float | IntEnum
    low: float
    high: float
    unit: str
    meaning: str
    source: str
    prior: str
    options: type[IntEnum] | None = None

    @property
    def key(self) -> str:
        """The dotted name used everywhere outside Python attributes, such as ``power.agenda_access``."""
        return f"{self.family}.{self.name}"

    @property
    def range_text(self) -> str:
        """The admissible values in words: ``[0, 1]`` or the list of options."""
        if self.options is not None:
            return "{" + ", ".join(option.name for option in self.options) + "}"
        return f"[{self.low:g}, {self.high:g}]"


def param(
    default: float,
    *,
    low: float,
    high: float,
    unit: str,
    meaning: str,
    source: str,
    prior: str = "uniform",
) -> Any:
    """A dataclass field for a number in ``[low, high]``; ``prior`` is ``uniform`` over the range unless said."""
    facts = {"low": low, "high": high, "unit": unit, "meaning": meaning, "source": source, "prior": prior}
    return dataclasses.field(default=float(default), metadata={_KEY: facts})


def choice(default: IntEnum, *, meaning: str, source: str) -> Any:
    """A dataclass field for a structural choice among the members of an ``IntEnum``."""
    options = type(default)
    facts = {
        "low": float(min(options)),
        "high": float(max(options)),
        "unit": "choice",
        "meaning": meaning,
        "source": source,
        "prior": "equal weights",
        "options": options,
    }
    return dataclasses.field(default=default, metadata={_KEY: facts})


def nearest(name: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the known name most like ``name``, else an empty string."""
    match = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean {match[0]!r}?" if match else ""


@dataclass
class Family:
    """A rule family's parameters; every assignment is checked against the declaration.

    Raises:
        ParameterError: on an unknown name, a wrong type or a value outside the declared range.
    """

    family: ClassVar[str] = ""

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, checked(self.declaration(name), value))

    @classmethod
    @functools.cache
    def declarations(cls) -> tuple[Declaration, ...]:
        """The declared parameters in the order in which they stand in the file."""
        return tuple(
            Declaration(cls.family, field.name, cast(Any, field.default), **field.metadata[_KEY])
            for field in dataclasses.fields(cls)
        )

    @classmethod
    def declaration(cls, name: str) -> Declaration:
        """The declaration of one parameter.

        Raises:
            ParameterError: when the family has no such parameter; the nearest name is suggested.
        """
        known = {declared.name: declared for declared in cls.declarations()}
        if name in known:
            return known[name]
        raise ParameterError(
            f"{cls.family}.{name} is not a parameter of the family {cls.family!r}.{nearest(name, known)} "
            f"`coprod params {cls.family}` lists what exists."
        )


def checked(declaration: Declaration, value: Any) -> float | IntEnum:
    """``value`` in the declared type.

    Raises:
        ParameterError: when the type is wrong or the value lies outside the declared range.
    """
    if declaration.options is not None:
        return _checked_choice(declaration, value)
    return _checked_number(declaration, value)


def _checked_choice(declaration: Declaration, value: Any) -> IntEnum:
    options = cast(type[IntEnum], declaration.options)
    if isinstance(value, str) and value in options.__members__:
        return options[value]
    if _is_number(value) and not isinstance(value, bool) and float(value) in list(options):
        return options(int(value))
    hint = nearest(str(value), options.__members__)
    raise ParameterError(
        f"{declaration.key} = {value!r} is not one of {declaration.range_text} ({declaration.meaning}).{hint}"
    )


def _checked_number(declaration: Declaration, value: Any) -> float:
    if isinstance(value, bool) or not _is_number(value):
        raise ParameterError(
            f"{declaration.key} = {value!r} is not a number ({declaration.meaning}, {declaration.unit}). "
            f"Give a number in {declaration.range_text}."
        )
    number = float(value)
    if not math.isfinite(number) or not declaration.low <= number <= declaration.high:
        raise ParameterError(
            f"{declaration.key} = {number:g} is outside its declared range {declaration.range_text} "
            f"({declaration.meaning}). Choose a value in the range, or widen it where the family "
            f"{declaration.family!r} is declared and cite a source."
        )
    return number


def _is_number(value: Any) -> bool:
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return isinstance(value, Real) or (getattr(value, "ndim", None) == 0 and kind in "fiu" and kind != "")
