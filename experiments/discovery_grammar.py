"""The grammar of a wish, read from left to right; nothing of it is handed to Python to evaluate.

wish       := all-of ("or" all-of)*          all-of := part ("and" part)*
part       := comparison | "(" wish ")"
comparison := sum (">=" | ">" | "<=" | "<") sum, also chained as in 0.2 < need_met < 0.8
sum        := product (("+" | "-") product)*   product := value ("*" value)*
value      := number | measure | "-" value | "(" sum ")"
"""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from coprod_abm.declare import nearest

Array = np.ndarray[Any, Any]
Told = Callable[[Mapping[str, Array]], Array]
SIGNS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}
TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))|(?P<name>[A-Za-z_]\w*(?:@\d+)?)|(?P<sign>>=|<=|[<>+*()-]))"
)
MOST_BRACKETS = 40


class WishError(ValueError):
    """A wish cannot be read; the message names the place, the rule and the way out."""


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


class Reader:
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
            return lambda table: np.full((), number)  # noqa: ARG005 - a number is the same in every table
        if token[:1].isalpha() or token[:1] == "_":
            return self.measure() if token not in ("and", "or") else self.refused()
        return self.refused()

    def refused(self) -> Told:
        """No value stands here."""
        raise self.wrong("a measure or a number")

    def negative(self) -> Told:
        """A value below zero."""
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
        """Count brackets within one another."""
        self.depth += 1
        if self.depth > MOST_BRACKETS:
            raise _UnknownError(
                f"The wish has more than {MOST_BRACKETS} brackets within one another. Write a simpler one."
            )

    def next(self) -> str:
        """The next token, empty at the end."""
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        """The next token, which is then behind."""
        self.place += 1
        return self.tokens[self.place - 1]

    def takes(self, token: str) -> bool:
        """Whether the next token is this one, which is then behind."""
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
