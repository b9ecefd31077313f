"""A stakeholder's wish such as ``influence_share - seat_share >= 0 and staff_burnout < 0.3``, over a table of runs."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from coprod_abm.experiments.discovery_grammar import SIGNS, Array, Reader, Told, WishError, tokens_of
from coprod_abm.experiments.study_names import Names
from coprod_abm.instruments import INSTRUMENTS
from coprod_abm.measures import NAMES

KNOWN = (*NAMES, *INSTRUMENTS)  # each also at a week, as in need_met@52
MOST_LETTERS = 1_000
SHOWN = {">=": "≥", "<=": "≤", "-": "−", "*": "×"}


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

    def holds(self, table: Any) -> Array:
        """Whether each row fulfils the wish; a row in which a measure has no value does not."""
        columns = {name: np.asarray(table[name], float) for name in self.measures}
        whole = ~self.ended(table)
        with np.errstate(invalid="ignore"):
            return np.broadcast_to(self.told(columns), whole.shape) & whole

    def ended(self, table: Any) -> Array:
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
    reader = Reader(text, tokens, known)
    told = reader.wish()
    if reader.place < len(tokens):
        raise reader.wrong("and, or, or the end")
    if not reader.measures:
        raise WishError(f"The wish {text!r} names no measure. `coprod measures` lists them.")
    return Wish(text, tuple(dict.fromkeys(reader.measures)), tuple(tokens), told)
