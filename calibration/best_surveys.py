"""The best set of surveys for a budget of respondents, chosen one by one; with the table of what each would be worth alone."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import pandas as pd

from coprod_abm.calibration.advice import SCATTER, Survey, Worth, worth_of
from coprod_abm.calibration.beliefs import Beliefs

MANY = 1_000
MOST_STEPS = 60  # the best of the first step, among which the further ones choose
Aim = Literal["theory", "parameters"]


class Chosen(NamedTuple):
    """A survey of the best set, and what the set up to and with it is worth."""

    survey: Survey
    worth: Worth


def table_of(beliefs: Beliefs, surveys: Sequence[Survey], scatter: float = SCATTER) -> pd.DataFrame:
    """What each survey would be worth alone, one row each, the best first."""
    rows = [{**one._asdict(), "cost": one.cost, **vars(worth_of(beliefs, [one], scatter))} for one in surveys]
    table = pd.DataFrame(rows)
    table["cases"] = table["cases"].map(" ".join)
    return table.sort_values("theory", ascending=False, kind="stable", ignore_index=True)


def best_set(
    beliefs: Beliefs,
    surveys: Sequence[Survey],
    budget: int,
    aim: Aim = "theory",
    scatter: float = SCATTER,
    number: int = MANY,
) -> list[Chosen]:
    """The better of two greedy sets: one takes the largest gain at each step, the other the largest gain per respondent.

    A step takes one survey, or two waves of a measure together: the level of an instrument says nothing, a change of it
    may say much, which single steps would never see. For gains that diminish, the better of the two is at least about a
    third of the best possible one (Khuller, Moss & Naor 1999). It holds at most ``number`` surveys.
    """
    known: dict[tuple[Survey, ...], Worth] = {}

    def weigh(some: tuple[Survey, ...]) -> Worth:
        if some not in known:
            known[some] = worth_of(beliefs, some, scatter)
        return known[some]

    sets = [_greedy(weigh, surveys, budget, aim, per_respondent, number) for per_respondent in (False, True)]
    return max(sets, key=lambda chosen: _value(chosen[-1].worth, aim) if chosen else 0.0)


def _greedy(
    weigh: Callable[[tuple[Survey, ...]], Worth],
    surveys: Sequence[Survey],
    budget: int,
    aim: Aim,
    per_respondent: bool,
    number: int,
) -> list[Chosen]:
    chosen: list[Chosen] = []
    steps: list[tuple[Survey, ...]] = [*((one,) for one in surveys), *pairs_of(surveys)]
    while True:
        taken = tuple(each.survey for each in chosen)
        room = budget - sum(one.cost for one in taken)
        steps = [step for step in steps if fits(step, taken, room, number - len(taken))]
        if not steps:
            return chosen
        before = _value(chosen[-1].worth, aim) if chosen else 0.0
        gains = {step: _value(weigh((*taken, *step)), aim) - before for step in steps}
        steps.sort(key=lambda step: -gains[step] / (_cost(step) if per_respondent else 1.0))
        step, worth = steps[0], weigh((*taken, *steps[0]))
        if gains[step] <= 2.0 * _error(worth, aim):
            return chosen  # nothing left that is worth more than the error of this estimate
        chosen += [Chosen(one, weigh((*taken, *step[: k + 1]))) for k, one in enumerate(step)]
        steps = steps[:MOST_STEPS]


def pairs_of(surveys: Sequence[Survey]) -> list[tuple[Survey, ...]]:
    """Two waves of the same measure, with the same cases and numbers of respondents."""
    return [
        (one, other)
        for place, one in enumerate(surveys)
        for other in surveys[place + 1 :]
        if one._replace(wave=other.wave) == other and one.wave != other.wave
    ]


def fits(step: Sequence[Survey], taken: Sequence[Survey], room: int, left: int) -> bool:
    """Whether a step may join the surveys taken: ``room`` respondents and ``left`` surveys may still be added."""
    return len(step) <= left and _cost(step) <= room and not any(overlap(s, t) for s in step for t in taken)


def _cost(step: Sequence[Survey]) -> int:
    return sum(one.cost for one in step)


def overlap(one: Survey, other: Survey) -> bool:
    """Whether two surveys would ask the same in a case they share."""
    same = (one.measure, one.wave) == (other.measure, other.wave)
    return same and bool(set(one.cases) & set(other.cases))


def _value(worth: Worth, aim: Aim) -> float:
    return worth.theory if aim == "theory" else worth.parameters


def _error(worth: Worth, aim: Aim) -> float:
    return worth.theory_error if aim == "theory" else worth.parameters_error
