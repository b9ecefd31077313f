"""What speaks for a set of surveys: against naive choices, with fewer or more respondents, and beside everything at once.

A set is chosen on one half of the draws and judged on the other, so that its worth is not that of lucky draws.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.calibration.advice import SCATTER, Survey, Worth, worth_of
from coprod_abm.calibration.beliefs import Beliefs
from coprod_abm.calibration.best_surveys import Chosen, fits, overlap

TIMES = (0.25, 1.0, 4.0, 100.0)  # respondents of a set, in times of those it names
LOTS = 20
SURE_ENOUGH = 0.5  # chance below which a list is said not to decide


@dataclass(frozen=True)
class Case:
    """What speaks for a set, on draws that took no part in choosing it.

    Attributes:
        best: the surveys with what the set up to and with each is worth.
        naive: those that would be best alone, as many and within the same budget, and what they are worth.
        lots: mean worth about theories of sets drawn by lot, and its standard error.
        more: worth of the set with fewer or more respondents, by their number in times of the set's.
        everything: worth of all surveys of the list together, and how many these are.
    """

    best: tuple[Chosen, ...]
    naive: tuple[tuple[Survey, ...], Worth]
    lots: tuple[float, float]
    more: dict[float, Worth]
    everything: tuple[int, Worth]

    @property
    def decides(self) -> bool:
        """Whether the list can bring the right theory to a probability of .9 more often than not."""
        return self.everything[1].sure >= SURE_ENOUGH


def case_for(
    judging: Beliefs,
    chosen: Sequence[Chosen],
    table: pd.DataFrame,
    surveys: Sequence[Survey],
    budget: int,
    scatter: float = SCATTER,
    seed: int = 0,
) -> Case:
    """The case for a set; ``table`` ranks all surveys alone, by the draws on which the set was chosen."""
    best = [each.survey for each in chosen]
    ranked = [survey_of(row) for row in table.to_dict("records")]
    alone = first_that_fit(ranked, budget, len(best))
    rng = np.random.default_rng(seed)
    lots = [first_that_fit([surveys[k] for k in rng.permutation(len(surveys))], budget, len(best)) for _ in range(LOTS)]
    worths = [worth_of(judging, lot, scatter).theory for lot in lots]
    every = everything(surveys)
    return Case(
        best=tuple(Chosen(one, worth_of(judging, best[: k + 1], scatter)) for k, one in enumerate(best)),
        naive=(alone, worth_of(judging, alone, scatter)),
        lots=(float(np.mean(worths)), float(np.std(worths, ddof=1) / np.sqrt(LOTS))),
        more={times: worth_of(judging, [asking(one, times) for one in best], scatter) for times in TIMES},
        everything=(len(every), worth_of(judging, every, scatter)),
    )


def survey_of(row: Mapping[Any, Any]) -> Survey:
    """A survey from a row of the table of surveys."""
    return Survey(str(row["measure"]), str(row["wave"]), tuple(str(row["cases"]).split()), int(str(row["respondents"])))


def first_that_fit(surveys: Sequence[Survey], budget: int, number: int) -> tuple[Survey, ...]:
    """The first surveys of a list that do not ask the same twice and stay within budget and number."""
    taken: list[Survey] = []
    for one in surveys:
        if fits((one,), taken, budget - sum(each.cost for each in taken), number - len(taken)):
            taken.append(one)
    return tuple(taken)


def asking(survey: Survey, times: float) -> Survey:
    """A survey with fewer or more respondents, at least two."""
    return survey._replace(respondents=max(2, round(survey.respondents * times)))


def everything(surveys: Sequence[Survey]) -> tuple[Survey, ...]:
    """Every measure and wave of a list once, in as many cases and with as many respondents as it has."""
    ranked = sorted(surveys, key=lambda one: (-len(one.cases), -one.respondents))
    taken: list[Survey] = []
    for one in ranked:
        if not any(overlap(one, other) for other in taken):
            taken.append(one)
    return tuple(taken)
