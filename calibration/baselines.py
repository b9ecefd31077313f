"""Predictions without a mechanism, which a theory has to beat: no change, the mean of regions, effects of case and wave.

Each learns its spread from the figures that are not held out, pooled over the cases of a country, and over all measures
where one has few figures.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.forecasts import Forecaster, Predictive
from coprod_abm.calibration.stacked import OFFSET_SD, Figures, Stack
from coprod_abm.year import YEAR

FEW = 4  # figures from which a spread is learned, else that of all measures is taken
NO_CHANGE, COUNTRY_MEAN, TWO_WAY = "no change since last wave", "regional mean", "two-way additive"


def no_change(stack: Stack, figures: Figures) -> Predictive:
    """The last known figure of the same case and measure; where the case has none, the last mean of its country."""
    steps = steps_of(stack, figures)
    means, spreads = np.empty(len(figures.values)), np.empty(len(figures.values))
    for column in map(int, np.flatnonzero(figures.held_out)):
        before = earlier(stack, figures, column, same_case=True)
        if len(before):
            last = before[np.argmax(stack.weeks[before])]
            years = max((stack.weeks[column] - stack.weeks[last]) / YEAR, 1.0)
            means[column], spreads[column] = figures.values[last], steps[str(stack.measures[column])] * np.sqrt(years)
        else:
            means[column], spreads[column] = _of_country(stack, figures, column)
    return independent(figures, means, spreads)


def regional_mean(stack: Stack, figures: Figures) -> Predictive:
    """The mean of the regions of the country, in the same wave where it is known, else in the last known one."""
    means, spreads = np.empty(len(figures.values)), np.empty(len(figures.values))
    for column in map(int, np.flatnonzero(figures.held_out)):
        means[column], spreads[column] = _of_country(stack, figures, column)
    return independent(figures, means, spreads)


def two_way(stack: Stack, figures: Figures) -> Predictive:
    """Mean + case + wave, shrunk by their number; beyond the known waves their trend goes on, damped by half."""
    means, spreads = np.empty(len(figures.values)), np.empty(len(figures.values))
    for block in blocks(stack):
        known = block[figures.fitted[block]]
        held = block[figures.held_out[block]]
        if not len(known):
            means[held], spreads[held] = 0.0, 2.0 * OFFSET_SD
            continue
        level, cases, weeks = additive(figures.values[known], stack.cases[known], stack.weeks[known])
        left = (
            figures.values[known]
            - level
            - [cases[c] + weeks[w] for c, w in zip(stack.cases[known], stack.weeks[known], strict=True)]
        )
        free = max(len(known) - len(cases) - len(weeks) + 1, 1)
        noise = max(float(np.sqrt((left**2).sum() / free)), 0.02)
        between = float(np.std(list(cases.values()))) if len(cases) > 1 else OFFSET_SD
        for column in held:
            case, week = str(stack.cases[column]), int(stack.weeks[column])
            effect, away = _wave_effect(weeks, week)
            means[column] = level + cases.get(case, 0.0) + effect
            unsure = 0.0 if case in cases else between
            spreads[column] = np.sqrt(noise**2 * (1.0 + away) + unsure**2)
    return independent(figures, means, spreads)


BASELINES: dict[str, Forecaster] = {NO_CHANGE: no_change, COUNTRY_MEAN: regional_mean, TWO_WAY: two_way}


def additive(values: Array, cases: Array, weeks: Array) -> tuple[float, dict[str, float], dict[int, float]]:
    """Level, effects of cases and of waves by least squares, lightly shrunk (as if each had half a figure more at 0)."""
    names, moments = list(dict.fromkeys(map(str, cases))), sorted(set(map(int, weeks)))
    inputs = np.hstack([cases[:, None] == np.array(names), weeks[:, None] == np.array(moments)]).astype(float)
    level = float(values.mean())
    effects = np.linalg.solve(inputs.T @ inputs + 0.5 * np.eye(inputs.shape[1]), inputs.T @ (values - level))
    by_case = dict(zip(names, map(float, effects), strict=False))
    return level, by_case, dict(zip(moments, map(float, effects[len(names) :]), strict=True))


def _wave_effect(weeks: dict[int, float], week: int) -> tuple[float, float]:
    """Effect of a wave, and years beyond the known ones."""
    if week in weeks:
        return weeks[week], 0.0
    known = np.array(sorted(weeks))
    nearest = int(known[np.argmin(np.abs(known - week))])
    years = (week - nearest) / YEAR
    trend = (weeks[int(known[-1])] - weeks[int(known[0])]) / max((known[-1] - known[0]) / YEAR, 1.0)
    return weeks[nearest] + 0.5 * trend * years, abs(years)


def blocks(stack: Stack) -> Iterator[Array]:
    """Columns of each measure in each country."""
    for country in np.unique(stack.countries):
        for measure in np.unique(stack.measures):
            columns = np.flatnonzero((stack.countries == country) & (stack.measures == measure))
            if len(columns):
                yield columns


def earlier(stack: Stack, figures: Figures, column: int, same_case: bool) -> Array:
    """Fitted columns of the same measure up to the wave of a column: of its case, or of its country."""
    whose = stack.cases == stack.cases[column] if same_case else stack.countries == stack.countries[column]
    same = whose & (stack.measures == stack.measures[column])
    return np.flatnonzero(same & figures.fitted & (stack.weeks <= stack.weeks[column]))


def _of_country(stack: Stack, figures: Figures, column: int) -> tuple[float, float]:
    """Mean and spread of the country's figures of a measure in the same wave, else the last before, else in any wave."""
    before = earlier(stack, figures, column, same_case=False)
    if not len(before):
        whole = (stack.countries == stack.countries[column]) & (stack.measures == stack.measures[column])
        before = np.flatnonzero(whole & figures.fitted)
    if not len(before):
        return 0.0, 2.0 * OFFSET_SD
    last = before[stack.weeks[before] == stack.weeks[before].max()]
    values = figures.values[last]
    between = float(np.std(figures.values[before], ddof=1)) if len(before) > 1 else OFFSET_SD
    spread = float(np.std(values, ddof=1)) if len(values) >= FEW else between
    return float(values.mean()), max(spread, 0.02) * float(np.sqrt(1.0 + 1.0 / len(values)))


def steps_of(stack: Stack, figures: Figures) -> dict[str, float]:
    """Root mean square of each measure's change per root year between known waves; of all measures where one has few."""
    found: dict[str, list[float]] = {str(name): [] for name in np.unique(stack.measures)}
    for case in np.unique(stack.cases):
        for measure, steps in found.items():
            known = np.flatnonzero((stack.cases == case) & (stack.measures == measure) & figures.fitted)
            known = known[np.argsort(stack.weeks[known])]
            years = np.maximum(np.diff(stack.weeks[known]) / YEAR, 0.25)
            steps += list(np.diff(figures.values[known]) / np.sqrt(years))
    every = [step for steps in found.values() for step in steps]
    general = _root_mean_square(every) if every else OFFSET_SD
    return {name: _root_mean_square(own) if len(own) >= FEW else general for name, own in found.items()}


def independent(figures: Figures, means: Array, spreads: Array) -> Predictive:
    """A prediction of held-out figures that knows no correlation between them."""
    held = np.flatnonzero(figures.held_out & ~np.isnan(figures.values))
    return Predictive(held, np.ones(1), means[None, held], np.diag(spreads[held] ** 2)[None])


def _root_mean_square(values: Sequence[float]) -> float:
    return max(float(np.sqrt(np.mean(np.square(values)))), 0.02)
