"""The words and numbers of pictures in one language: names of measures and arms, values as people say them, notes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.experiments.scenario import Scenario
from coprod_abm.experiments.scenario_arms import Arms
from coprod_abm.experiments.scenario_effects import ALL_CASES
from coprod_abm.language import listed, texts
from coprod_abm.measures import measure

OF_HUNDRED = ("share", "difference", "change", "Gini")  # units that are told out of a hundred
MINUS = "\N{MINUS SIGN}"


class PictureWords:
    """The language of a picture.

    Attributes:
        language: its short name.
        told: every text of pictures in it.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.told: dict[str, Any] = texts("pictures", language)

    def say(self, key: str, **gaps: Any) -> str:
        """A text by its dotted key, with its gaps filled."""
        found: Any = self.told
        for part in key.split("."):
            found = found[part]
        return str(found).format(**gaps) if gaps else str(found)

    def measure(self, name: str) -> str:
        """The plain name of a measure."""
        return str(self.told["measures"][name])

    def unit(self, name: str) -> str:
        """The unit of a measure in plain words."""
        return str(self.told["units"][measure(name).unit])

    def number(self, value: float, *, signed: bool = False, decimals: int | None = None) -> str:
        """A number as the language writes it: whole from 10 on, with one decimal below, unless decimals are given.

        >>> PictureWords("sv").number(-3.25, signed=True), PictureWords("en").number(62.4)
        ('−3,2', '62')
        """
        if not np.isfinite(value):
            return "–"
        places = (0 if abs(value) >= 9.95 else 1) if decimals is None else decimals
        text = f"{abs(value):,.{places}f}"
        if self.language == "sv":
            text = text.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")
        is_zero = float(f"{abs(value):.{places}f}") == 0.0
        sign = "" if is_zero else MINUS if value < 0 else "+" if signed else ""
        return sign + text

    def value(self, name: str, value: float) -> str:
        """A value of a measure; shares as percent of their whole; in words where there is nothing to measure.

        >>> PictureWords("en").value("need_met", 0.624), PictureWords("sv").value("changes_implemented", 3.14)
        ('62%', '3,1')
        """
        if not np.isfinite(value):
            return self.nothing(name)
        unit = measure(name).unit
        if unit == "share":
            return self.say("percent", value=self.number(100 * value, decimals=0))
        return self.number(scale_of(name) * value)

    def nothing(self, name: str) -> str:
        """Why a measure has no value."""
        return str(self.told["nothing"].get(name, self.told["nothing"]["other"]))

    def gap(self, name: str, value: float) -> str:
        """A difference in a measure, with its sign; of a hundred where the measure is a share."""
        return self.number(scale_of(name) * value, signed=True)

    def arm(self, scenario: Scenario, name: str) -> str:
        """The plain name of an arm."""
        return str(scenario.arm(name).title[self.language])

    def case(self, found: Arms, case: str) -> str:
        """The name of a case in the language, or as its file says it."""
        return str(self.told["cases"].get(case, found.cases[case]))

    def title(self, scenario: Scenario) -> str:
        """The title of a scenario."""
        return str(scenario.title[self.language])

    def made(self, found: Arms, *, recorded: bool = False, each: bool = False) -> str:
        """How a picture was made: cases (``each`` where it shows them side by side), runs, seed, version, parameters."""
        facts: Mapping[str, Any] = found.facts
        names = listed(self.language, [self.case(found, case) for case in found.cases])
        runs = int(facts["recorded"] if recorded else facts["replicates"])
        parts = [
            self.say("made.mean" if len(found.cases) > 1 and not each else "made.cases", cases=names),
            self.say("made.recorded", runs=runs) if recorded else self.runs(runs),
            self.parameters(facts),
            self.say("made.base", settings=", ".join(f"{k}={v}" for k, v in facts["base"].items()))
            if facts["base"]
            else "",
            self.version(facts),
        ]
        return " ".join(part for part in parts if part)

    def version(self, facts: Mapping[str, Any]) -> str:
        """Seed, version of the package and of the model."""
        version = facts.get("versions", {}).get("coprod-abm", "?")
        return self.say("made.version", seed=facts["seed"], version=version, model=str(facts.get("model", "?"))[:8])

    @property
    def decimal_mark(self) -> str:
        """What stands between whole and part."""
        return self.number(0.5)[1]

    def runs(self, runs: int) -> str:
        """How many runs of each arm."""
        return self.say("made.run") if runs == 1 else self.say("made.runs", runs=runs)

    def parameters(self, facts: Mapping[str, Any]) -> str:
        """How the parameters were chosen; defaults and draws are both said."""
        if facts["draws"]:
            drawn = facts["draws"]
            return self.say(
                "made.draws", draws=drawn["draws"], file=str(drawn["file"]).replace("\\", "/").split("/")[-1]
            )
        return self.say("made.defaults")


def of_hundred(better: float, worse: float) -> tuple[int, int]:
    """Two shares that exclude each other as whole numbers of a hundred; never more than a hundred together.

    >>> of_hundred(0.985, 0.015), of_hundred(0.5, 0.25)
    ((99, 1), (50, 25))
    """
    high = int(100 * better + 0.5)
    return high, min(int(100 * worse + 0.5), 100 - high)


def scale_of(name: str) -> float:
    """What a measure is multiplied by to be told: a hundred for shares."""
    return 100.0 if measure(name).unit in OF_HUNDRED else 1.0


def shown_case(found: Arms) -> str:
    """The case that a picture with room for one shows: the only one, or the mean of all."""
    return ALL_CASES if len(found.cases) > 1 else next(iter(found.cases))


def by_arm(found: Arms, name: str) -> dict[str, pd.DataFrame]:
    """Values of a measure in the shown case by arm, shape (replicate, week), scaled as they are told."""
    table = found.trajectories[found.trajectories["measure"] == name]
    mean = table.groupby(["arm", "replicate", "week"])["value"].mean() * scale_of(name)  # over cases
    return {arm.name: mean.loc[arm.name].unstack("week") for arm in found.scenario.arms}
