"""The best set of surveys for a budget of respondents, chosen one by one; with the table of what each would be worth alone."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import pandas as pd

from coprod_abm.calibration.advice import SCATTER, Survey, Worth, worth_of
from coprod_abm.calibration.beliefs import Beliefs

Aim = Literal["theory", "parameters"]


class Chosen(NamedTuple):
    """A survey of the best set, and what the set is worth with it."""

    survey: Survey
    worth: Worth


def table_of(beliefs: Beliefs, surveys: Sequence[Survey], scatter: float = SCATTER) -> pd.DataFrame:
    """What each survey would be worth alone, one row each, the best first."""
    rows = []
    for survey in surveys:
        rows.append({**survey._asdict(), "cost": survey.cost, **vars(worth_of(beliefs, [survey], scatter))})
    table = pd.DataFrame(rows)
    table["cases"] = table["cases"].map(" ".join)
    return table.sort_values("theory", ascending=False, kind="stable", ignore_index=True)


def best_set(
    beliefs: Beliefs, surveys: Sequence[Survey], budget: int, aim: Aim = "theory", scatter: float = SCATTER
) -> list[Chosen]:
    """The better of two greedy sets: one takes the largest gain at each step, the other the largest gain per respondent.

    For gains that diminish, the better of the two is at least about a third of the best possible one (Khuller, Moss & Naor 1999).
    """
    sets = [_greedy(beliefs, surveys, budget, aim, scatter, per_respondent) for per_respondent in (False, True)]
    return max(sets, key=lambda chosen: _value(chosen[-1].worth, aim) if chosen else 0.0)


def _greedy(
    beliefs: Beliefs, surveys: Sequence[Survey], budget: int, aim: Aim, scatter: float, per_respondent: bool
) -> list[Chosen]:
    chosen: list[Chosen] = []
    left = list(surveys)
    while True:
        spent = sum(each.survey.cost for each in chosen)
        left = [s for s in left if spent + s.cost <= budget and not any(overlap(s, each.survey) for each in chosen)]
        if not left:
            return chosen
        taken = [each.survey for each in chosen]
        before = _value(chosen[-1].worth, aim) if chosen else 0.0
        weighed = [Chosen(s, worth_of(beliefs, [*taken, s], scatter)) for s in left]
        best = max(weighed, key=lambda c: (_value(c.worth, aim) - before) / (c.survey.cost if per_respondent else 1.0))
        if _value(best.worth, aim) - before <= _error(best.worth, aim):
            return chosen  # nothing left that is worth more than the error of this estimate
        chosen.append(best)


def overlap(one: Survey, other: Survey) -> bool:
    """Whether two surveys would ask the same in a case they share."""
    same = (one.measure, one.wave) == (other.measure, other.wave)
    return same and bool(set(one.cases) & set(other.cases))


def _value(worth: Worth, aim: Aim) -> float:
    return worth.theory if aim == "theory" else worth.parameters


def _error(worth: Worth, aim: Aim) -> float:
    return worth.theory_error if aim == "theory" else worth.parameters_error
