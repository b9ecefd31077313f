"""What figures and reports of studies call things, in each language: measures, parameters, cases, weeks and numbers."""

import math
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from coprod_abm.case_document import read_document
from coprod_abm.declare import nearest
from coprod_abm.year import YEAR

DUMMY = "dummy"


class LanguageError(ValueError):
    """There is no such language; the message names those that there are."""


@cache
def catalogue(language: str) -> dict[str, Any]:
    """Every word and sentence of a language, read here and not by the model, since figures never load it.

    Raises:
        LanguageError: when there is no such language.
    """
    folder = Path(str(resources.files("coprod_abm.configs"))) / "language"
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if language not in known:
        raise LanguageError(
            f"language = {language!r} is not one of {', '.join(known)}.{nearest(language, known)} Give one of them."
        )
    return read_document(folder / f"{language}.yaml").values


def number(language: str, value: float, decimals: int) -> str:
    """A number with so many decimals, written as the language does."""
    return f"{value:.{decimals}f}".replace(".", catalogue(language)["decimal"])


class Names:
    r"""The words of one language for what a study varies and measures.

    >>> Names("en").parameter("power.agenda_access"), Names("sv").parameter("power.agenda_access")
    ('power: agenda access', 'makt: tillgång till dagordningen')
    >>> Names("sv").measure("need_met"), Names("sv").percent(0.456), Names("sv").value(0.456)
    ('tillgodosedda behov', '46\xa0%', '0,46')
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.words: dict[str, Any] = catalogue(language)["study"]

    def text(self, key: str, **parts: Any) -> str:
        """A sentence or label of the catalogue, such as ``notes.seed``, with its parts filled in."""
        found: Any = self.words
        for step in key.split("."):
            found = found[step]
        return str(found).format(**parts)

    def measure(self, name: str) -> str:
        """A measure in words, with the week where it is read at one (``need_met@52``)."""
        bare, _, week = name.partition("@")
        told = str(self.words["measures"].get(bare, bare.replace("_", " ")))
        return f"{told} ({self.when(float(week))})" if week.isdigit() else told

    def parameter(self, name: str) -> str:
        """A parameter, a rule family or the dummy in words."""
        if name == DUMMY:
            return self.text("dummy")
        family, _, rest = name.partition(".")
        first = str(self.words["families"].get(family, family.replace("_", " ")))
        return f"{first}: {self.words['parameters'].get(name, rest.replace('_', ' '))}" if rest else first

    def bare(self, name: str, among: Sequence[str]) -> str:
        """A parameter without its family, where that tells it from the others."""
        last = [self.parameter(each).rpartition(": ")[2] for each in among]
        own = self.parameter(name).rpartition(": ")[2]
        return own if last.count(own) <= 1 else self.parameter(name)

    def cell(self, value: float, is_share: bool) -> str:
        """A number for a cell of a map: of a share its percentage without the sign."""
        return self.percent(value).removesuffix("\u00a0%") if is_share else self.value(value)

    def tick(self, value: float, is_share: bool = False) -> str:
        """A number at an axis."""
        told = self.percent(value) if is_share else number(self.language, value, 10).rstrip("0").rstrip(".,")
        return told.replace("-", "−")

    def place(self, case: str, level: str) -> str:
        """A case, and the level within it where there are several."""
        told = str(self.words["levels"].get(level, level))
        return f"{case}, {told}" if told else case

    def when(self, week: float) -> str:
        """A week as the year it ends, or as a week where no year does."""
        if math.isnan(week) or week < 0:
            return self.text("at_end")
        years = week / YEAR
        return self.text("year", year=f"{years:.0f}") if years == int(years) else self.text("week", week=f"{week:.0f}")

    def value(self, value: float, figures: int = 2) -> str:
        """A number with so many figures that matter, never in powers of ten where it is ordinary."""
        if not math.isfinite(value):
            return "–"
        size = 0 if value == 0 else math.floor(math.log10(abs(value)))
        decimals = max(figures - 1 - size, 0) if size > -5 else 5
        told = number(self.language, value, min(decimals, 2 if abs(value) >= 0.1 else 3))
        return f"−{told[1:]}" if told.startswith("-") and value else told

    def count(self, number: float) -> str:
        """A number of things with its thousands apart, as the language writes them."""
        return f"{int(number):,}".replace(",", str(self.words["thousands"]))

    def percent(self, share: float) -> str:
        """A share in percent; tiny ones say so, and 100 is said of all only."""
        if not math.isfinite(share):
            return "–"
        shown = f"{100 * share:.0f}"
        if shown == "100" and share < 1:
            shown = number(self.language, math.floor(1000 * share) / 10, 1)
        elif shown in ("0", "-0") and share:
            shown = number(self.language, 100 * share, 1)
            shown = "0" if shown.strip("-0.,") == "" else shown
        return self.text("percent", value=shown.replace("-", "−"))

    def span(self, low: str, high: str) -> str:
        """An interval in words, from numbers in words; a unit that both have is said once."""
        return self.text("range", low=low.removesuffix("\u00a0%") if high.endswith("%") else low, high=high)

    def listed(self, parts: Sequence[str], most: int = 99) -> str:
        """Several things in one phrase, the first few and how many more."""
        shown = [*parts[:most], *([self.text("sentences.more", count=len(parts) - most)] if len(parts) > most else [])]
        return f" {self.text('sentences.and')} ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)

    def capital(self, text: str) -> str:
        """A sentence with a capital at its start."""
        return text[:1].upper() + text[1:]
