"""A stakeholder's wish such as ``influence_share - seat_share >= 0 and staff_burnout < 0.3``, read by a grammar of its own.

    wish       := all-of ("or" all-of)*          all-of := part ("and" part)*
    part       := comparison | "(" wish ")"
    comparison := sum (">=" | ">" | "<=" | "<") sum, also chained as in 0.2 < need_met < 0.8
    sum        := product (("+" | "-") product)*   product := value ("*" value)*
    value      := number | measure | "-" value | "(" sum ")"

Nothing of it is handed to Python to evaluate.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from coprod_abm.declare import nearest
from coprod_abm.experiments.study_names import Names

Array = np.ndarray[Any, Any]
Told = Callable[[Mapping[str, Array]], Array]
SIGNS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}
SHOWN = {">=": "≥", "<=": "≤", "-": "−", "*": "×"}
TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))|(?P<name>[A-Za-z_]\w*(?:@\d+)?)|(?P<sign>>=|<=|[<>+*()-]))"
)
MOST_LETTERS, MOST_BRACKETS = 1_000, 40


class WishError(ValueError):
    """A wish cannot be read; the message names the place, the rule and the way out."""


@dataclass(frozen=True)
class Wish:
    """A wish that was read.

    Attributes:
        text: as it was written.
        measures: the measures it names, in the order in which they first stand.
    """

    text: str
    measures: tuple[str, ...]
    tokens: tuple[str, ...]
    told: Told

    def holds(self, table: Mapping[str, Any]) -> Array:
        """Whether each row fulfils the wish; a row in which a measure has no value does not."""
        columns = {name: np.asarray(table[name], float) for name in self.measures}
        whole = ~self.ended(table)
        with np.errstate(invalid="ignore"):
            return np.broadcast_to(self.told(columns), whole.shape) & whole

    def ended(self, table: Mapping[str, Any]) -> Array:
        """Rows in which a measure of the wish has no value, since the project had ended."""
        return np.any([~np.isfinite(np.asarray(table[name], float)) for name in self.measures], axis=0)

    def in_words(self, names: Names) -> str:
        """The wish with its measures in words."""
        told = ""
        for place, token in enumerate(self.tokens):
            glued = token == ")" or not told or told.endswith("(") or is_negative(self.tokens, place - 1)
            told += ("" if glued else " ") + self.word(token, names)
        return told

    def word(self, token: str, names: Names) -> str:
        """One token in words."""
        if token in self.measures:
            return names.measure(token)
        if token in ("and", "or"):
            return str(names.words["sentences"][token])
        return SHOWN.get(token, token.replace(".", names.tick(0.5)[1]) if token[:1] in "0123456789." else token)


def is_negative(tokens: tuple[str, ...], place: int) -> bool:
    """Whether the token at a place is a minus before a single value."""
    return (
        place >= 0
        and tokens[place] == "-"
        and (place == 0 or tokens[place - 1] in (*SIGNS, "(", "and", "or", "-", "*", "+"))
    )


def read_wish(text: str, known: tuple[str, ...]) -> Wish:
    """The wish that a text states, over measures that are known.

    Raises:
        WishError: when it cannot be read, or names a measure that is not known; the nearest one is suggested.
    """
    if len(text) > MOST_LETTERS:
        raise WishError(
            f"The wish has {len(text):,} letters; at most {MOST_LETTERS:,} can be read. Write a shorter one."
        )
    tokens = tokens_of(text)
    if not tokens:
        raise WishError(
            "The wish is empty. Write it as in wish='influence_share - seat_share >= 0 and staff_burnout < 0.3'."
        )
    reader = _Reader(text, tokens, known)
    told = reader.wish()
    if reader.place < len(tokens):
        raise reader.wrong("and, or, or the end")
    if not reader.measures:
        raise WishError(f"The wish {text!r} names no measure. `coprod measures` lists them.")
    return Wish(text, tuple(dict.fromkeys(reader.measures)), tuple(tokens), told)


def tokens_of(text: str) -> list[str]:
    """The words and signs of a wish.

    Raises:
        WishError: naming the first sign that has no meaning.
    """
    found, place = [], 0
    while text[place:].strip():
        match = TOKEN.match(text, place)
        if match is None:
            rest = text[place:].strip()
            hint = " Write >= or <=, since numbers of a model are never exactly equal." if rest[0] in "=!" else ""
            raise WishError(
                f"The wish {text!r} cannot be read from {rest[:20]!r} on.{hint} Signs: + - * ( ) > >= < <= and or."
            )
        found.append(match.group(match.lastgroup or 0))
        place = match.end()
    return found


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, text: str, tokens: list[str], known: tuple[str, ...]) -> None:
        self.text, self.tokens, self.known = text, tokens, known
        self.place, self.depth = 0, 0
        self.measures: list[str] = []

    def wish(self) -> Told:
        """Several parts of which one is enough."""
        told = self.all_of()
        while self.takes("or"):
            told = _either(told, self.all_of())
        return told

    def all_of(self) -> Told:
        """Several parts that must all hold."""
        told = self.part()
        while self.takes("and"):
            told = _both(told, self.part())
        return told

    def part(self) -> Told:
        """A comparison, or a wish in brackets."""
        if self.next() != "(":
            return self.comparison()
        begin, depth, measures = self.place, self.depth, len(self.measures)
        try:
            return self.comparison()  # the bracket may open a sum
        except WishError as error:
            self.place, self.depth = begin, depth
            del self.measures[measures:]
            if isinstance(error, _UnknownError):
                raise
        return self.in_brackets(self.wish)

    def comparison(self) -> Told:
        """Two or more sums with a sign between each."""
        first, told = self.sum(), None
        while self.next() in SIGNS:
            sign = SIGNS[self.take()]
            second = self.sum()
            one = _compared(sign, first, second)
            told = one if told is None else _both(told, one)
            first = second
        if told is None:
            raise self.wrong("one of > >= < <=")
        return told

    def sum(self) -> Told:
        """Products added and subtracted."""
        told = self.product()
        while self.next() in ("+", "-"):
            told = _compared(operator.add if self.take() == "+" else operator.sub, told, self.product())
        return told

    def product(self) -> Told:
        """Values multiplied."""
        told = self.value()
        while self.takes("*"):
            told = _compared(operator.mul, told, self.value())
        return told

    def value(self) -> Told:
        """A number, a measure, or something in brackets or below zero."""
        token = self.next()
        if token == "(":
            return self.in_brackets(self.sum)
        if token == "-":
            return self.negative()
        if token[:1].isdigit() or token[:1] == ".":
            number = float(self.take())
            return lambda table: np.float64(number)  # noqa: ARG005 - a number is the same in every table
        if token[:1].isalpha() or token[:1] == "_":
            return self.measure() if token not in ("and", "or") else self.refused()
        return self.refused()

    def refused(self) -> Told:
        raise self.wrong("a measure or a number")

    def negative(self) -> Told:
        self.take()
        self.deeper()
        told = self.value()
        self.depth -= 1
        return lambda table: -told(table)

    def measure(self) -> Told:
        """A measure, if it is known."""
        name = self.take()
        if name not in self.known and name.partition("@")[0] not in self.known:
            raise _UnknownError(
                f"{name!r} in the wish is not a measure here.{nearest(name, self.known)} `coprod measures` lists them."
            )
        self.measures.append(name)
        return lambda table: table[name]

    def in_brackets(self, inside: Callable[[], Told]) -> Told:
        """What stands between two brackets."""
        self.take()
        self.deeper()
        told = inside()
        if not self.takes(")"):
            raise self.wrong("a closing bracket")
        self.depth -= 1
        return told

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MOST_BRACKETS:
            raise _UnknownError(
                f"The wish has more than {MOST_BRACKETS} brackets within one another. Write a simpler one."
            )

    def next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1]

    def takes(self, token: str) -> bool:
        if self.next() != token:
            return False
        self.place += 1
        return True

    def wrong(self, wanted: str) -> WishError:
        """The refusal of the next token."""
        there = f"{self.next()!r} stands" if self.next() else "it ends"
        before = " ".join(self.tokens[: self.place])
        return WishError(f"The wish {self.text!r} cannot be read: after {before!r} {there} where {wanted} is expected.")


class _UnknownError(WishError):
    """A refusal that no other way of reading a bracket can mend."""


def _both(one: Told, other: Told) -> Told:
    return lambda table: one(table) & other(table)


def _either(one: Told, other: Told) -> Told:
    return lambda table: one(table) | other(table)


def _compared(sign: Callable[[Any, Any], Any], one: Told, other: Told) -> Told:
    return lambda table: sign(one(table), other(table))
