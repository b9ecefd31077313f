"""The plain words of the pack in one language: values, differences and counts of futures as people say them."""

from typing import Any

import numpy as np

from coprod_abm.experiments.picture_words import MINUS, PictureWords, scale_of
from coprod_abm.experiments.scenario_effects import BETTER, HIGHER, LOWER, WORSE
from coprod_abm.language import listed, texts
from coprod_abm.measures import measure

CLEAR = (BETTER, WORSE, HIGHER, LOWER)  # verdicts that tell a difference
NEARLY, MOST = 0.9, 0.7  # share of futures that agree with the mean
ENOUGH = 50  # futures from which on they are told out of a hundred


class PackWords(PictureWords):
    """The language of a pack: the words of pictures, and those of the pack itself.

    Attributes:
        pack: every text of the pack.
        page: words of the workshop page, for presets and sliders.
    """

    def __init__(self, language: str) -> None:
        super().__init__(language)
        self.pack: dict[str, Any] = texts("pack", language)
        self.page: dict[str, Any] = texts("workshop", language)

    def tell(self, key: str, **gaps: Any) -> str:
        """A text of the pack by its dotted key, with its gaps filled."""
        found: Any = self.pack
        for part in key.split("."):
            found = found[part]
        return str(found).format(**gaps) if gaps else str(found)

    def all_of(self, key: str) -> list[str]:
        """A list of sentences of the pack."""
        found: Any = self.pack
        for part in key.split("."):
            found = found[part]
        return [str(one) for one in found]

    def quoted(self, name: str) -> str:
        """A name in the quotation marks of the language."""
        return self.tell("quote", name=name)

    def listed(self, parts: list[str]) -> str:
        """Several things in one sentence."""
        return listed(self.language, parts)

    def amount(self, name: str, value: float, *, signed: bool = False) -> str:
        """A value as it stands in a sentence: whole where it is out of a hundred, one decimal for small counts.

        >>> PackWords("en").amount("need_met", 0.8328), PackWords("sv").amount("changes_implemented", 13.76)
        ('83', '13,8')
        """
        unit = measure(name).unit
        if unit in ("share", "difference", "change", "Gini"):
            return self.number(scale_of(name) * value, signed=signed, decimals=0)
        few = 0.0 < abs(value) < 1.0
        return self.number(value, signed=signed, decimals=0 if unit == "hours per year" else 2 if few else 1)

    def value_told(self, name: str, value: float) -> str:
        """A value as a clause.

        >>> PackWords("en").value_told("need_met", 0.8328)
        '83 of 100 needs are met'
        """
        if not np.isfinite(value):
            return self.tell("finding.none")
        amount = self.amount(name, value)
        if amount.startswith(MINUS) and name in self.pack["below"]:
            return self.tell(f"below.{name}", x=amount.removeprefix(MINUS))
        return self.tell(f"values.{name}", x=amount)

    def gap_told(self, name: str, value: float, *, signed: bool = False) -> str:
        """A difference with its unit, without a sign unless asked for.

        >>> PackWords("en").gap_told("need_met", -0.026), PackWords("sv").gap_told("need_met", 0.026, signed=True)
        ('2.6 points', '+2,6 enheter')
        """
        return self.tell(f"gaps.{measure(name).unit}", x=self.bare_gap(name, value, signed=signed))

    def bare_gap(self, name: str, value: float, *, signed: bool = True) -> str:
        """A difference as a number."""
        scaled = scale_of(name) * value
        fine = scale_of(name) == 1.0 and abs(scaled) < 1.0
        return self.number(scaled if signed else abs(scaled), signed=signed, decimals=2 if fine else None)

    def of_futures(self, share: float, n: int) -> int:
        """How many futures a share is: out of a hundred where there are enough of them, else as they are."""
        return round(share * (100 if n >= ENOUGH else n))

    def counted(self, found: Any, *, plain: bool) -> str:
        """In how many futures a way came out better and worse, as a sentence; empty where futures were not paired."""
        if found.n < 3 or not np.isfinite(found.share_better):
            return ""
        better, worse = (self.of_futures(share, found.n) for share in (found.share_better, found.share_worse))
        futures = self.tell("finding.futures", n=100 if found.n >= ENOUGH else found.n)
        told = self.tell(f"finding.counted.{'plain' if plain else 'good'}", better=better, worse=worse)
        return f"{futures} {told}"

    def verdict(self, name: str) -> str:
        """A verdict in words."""
        return self.say(f"verdicts.{name}")

    def signed_verdict(self, name: str) -> str:
        """A verdict with its sign, which alone tells it."""
        return self.tell("score.cell", sign=self.tell(f"signs.{name}"), verdict=self.verdict(name))

    def preset(self, family: str, name: str) -> tuple[str, str]:
        """A preset's plain name and what it means; its own name where the page has no words for it."""
        found = self.page["presets"].get(family, {}).get(name)
        return (str(found[0]), str(found[1])) if found else (name, "")

    def slider(self, name: str) -> str | None:
        """The plain name of a parameter; none where it is a finer setting."""
        found = self.page["sliders"].get(name)
        return str(found[0]) if found else None

    def setting(self, name: str, value: Any) -> str | None:
        """A parameter with its value in plain words; none where it is a finer setting."""
        plain = self.slider(name)
        if plain is None or isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return self.tell("ways.setting", name=plain, value=self.parameter_value(name, float(value)))

    def parameter_value(self, name: str, value: float) -> str:
        """A parameter's value with its unit."""
        from coprod_abm.parameters import declaration

        unit = declaration(name).unit
        mark = str(self.page["units"].get(unit, ""))
        if mark.strip() == "%":
            return self.say("percent", value=self.number(100 * value, decimals=0))
        if unit == "position":
            return self.tell("ways.position", value=self.number(100 * value, decimals=0))
        return self.number(value) + mark
