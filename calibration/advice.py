"""What a further survey would be worth: expected information about theories and parameters, before anybody is asked.

The gain about theories is the expected fall of the entropy of their probabilities. It is bounded from below by a normal
picture of each theory, fitted to one half of the draws and judged on the other (Barber & Agakov 2003; Foster and others
2019), which is exact where readings are linear in normal parameters; ``nested`` takes all draws as they are and serves
as a check for surveys of few figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from coprod_abm.calibration.bank import Array, BankError
from coprod_abm.calibration.beliefs import Belief, Beliefs
from coprod_abm.calibration.cloud import log_density
from coprod_abm.calibration.stacked import Stack

PROBABLE = 0.9  # that a declaration needs
SCATTER = (
    0.05  # logits by which surveys scatter beyond the number asked; assumed: about one point in a hundred near one half
)


class Survey(NamedTuple):
    """A candidate: one measure at one wave in some cases, with so many respondents in each."""

    measure: str
    wave: str
    cases: tuple[str, ...]
    respondents: int

    @property
    def cost(self) -> int:
        """Respondents in all."""
        return self.respondents * len(self.cases)

    @property
    def words(self) -> str:
        """The survey as a line."""
        where = self.cases[0] if len(self.cases) == 1 else f"{len(self.cases)} cases"
        return f"{self.measure} in {self.wave}, {self.respondents} respondents in {where}"


@dataclass(frozen=True)
class Worth:
    """What surveys would be worth together.

    Attributes:
        theory: expected information about theories (nats), and its Monte Carlo standard error.
        right: chance that the right theory leads afterwards.
        sure: chance that it then has a probability of at least .9.
        parameters: expected information about shared parameters (nats, mean over parameters), and its error.
    """

    theory: float
    theory_error: float
    right: float
    sure: float
    parameters: float
    parameters_error: float


class Asked(NamedTuple):
    """Columns of a stack that surveys would show, and the variance of their error of observation (column,)."""

    columns: Array
    variances: Array


def candidates(stack: Stack, respondents: Sequence[int], each_case: bool = False) -> list[Survey]:
    """Every measure and wave of the bank, with each number of respondents: in all cases that have it, or also case by case."""
    found = []
    for measure in dict.fromkeys(map(str, stack.measures)):
        for wave in sorted(set(map(str, stack.waves[stack.measures == measure]))):
            own = (stack.measures == measure) & (stack.waves == wave)
            cases = tuple(map(str, stack.cases[own]))
            groups = [cases, *(((case,) for case in cases) if each_case and len(cases) > 1 else ())]
            found += [Survey(measure, wave, group, number) for group in groups for number in respondents]
    return found


def asked(beliefs: Beliefs, surveys: Sequence[Survey], scatter: float = SCATTER) -> Asked:
    """What surveys would show of the stack; binomial error on the logit scale, and scatter.

    Raises:
        BankError: when the bank has no such measure and wave.
    """
    stack = beliefs.stack
    columns, variances = [], []
    for survey in surveys:
        own = (stack.measures == survey.measure) & (stack.waves == survey.wave) & np.isin(stack.cases, survey.cases)
        if own.sum() != len(survey.cases):
            raise BankError(f"The bank does not hold {survey.words}. Simulate the bank with this measure and wave.")
        for column in np.flatnonzero(own):
            each = [2.0 + 2.0 * np.cosh(belief.readings[:, column]).mean() for belief in beliefs.of.values()]
            columns.append(column)  # 1 / (p (1 − p)) is 2 + 2 cosh(logit p)
            variances.append(np.average(each, weights=list(beliefs.probabilities.values())) / survey.respondents)
    return Asked(np.array(columns, int), np.array(variances) + scatter**2)


def worth_of(beliefs: Beliefs, surveys: Sequence[Survey], scatter: float = SCATTER) -> Worth:
    """What these surveys would be worth together."""
    wanted = asked(beliefs, surveys, scatter)
    gains, right, sure = theory_gains(beliefs, wanted)
    chances = np.array(list(beliefs.probabilities.values()))
    error = np.sqrt(sum(c**2 * g.var(ddof=1) / len(g) for c, g in zip(chances, gains, strict=True)))
    precision = [parameter_gain(belief, wanted) for belief in beliefs.of.values()]
    return Worth(
        theory=float(sum(c * g.mean() for c, g in zip(chances, gains, strict=True))),
        theory_error=float(error),
        right=float(chances @ right),
        sure=float(chances @ sure),
        parameters=float(chances @ [gain for gain, _ in precision]),
        parameters_error=float(np.sqrt(chances**2 @ np.square([se for _, se in precision]))),
    )


def theory_gains(beliefs: Beliefs, wanted: Asked) -> tuple[list[Array], Array, Array]:
    """Information about theories from each simulated survey, theory by theory; how often the right one leads, and is sure."""
    theories = list(beliefs.of.values())
    priors = np.log(list(beliefs.probabilities.values()))
    gains: list[list[Array]] = [[] for _ in theories]
    right, sure = np.zeros((2, len(theories)))
    for half in (0, 1):
        pictures = [picture(belief, wanted, half) for belief in theories]
        for true, belief in enumerate(theories):
            readings = simulated(belief, wanted)[1 - half :: 2]
            logs = np.array([log_density(readings - m, c) for m, c in pictures]) + priors[:, None]
            chance = logs[true] - logsumexp(logs, axis=0)
            gains[true].append(chance - priors[true])
            right[true] += 0.5 * np.mean(logs.argmax(axis=0) == true)
            sure[true] += 0.5 * np.mean(chance >= np.log(PROBABLE))
    return [np.concatenate(each) for each in gains], right, sure


def picture(belief: Belief, wanted: Asked, half: int) -> tuple[Array, Array]:
    """The normal picture of what surveys would show, from every second draw."""
    readings = belief.readings[half::2][:, wanted.columns]
    place = np.ix_(wanted.columns, wanted.columns)
    spread = np.atleast_2d(np.cov(readings.T)) + belief.unknown[place] + np.diag(wanted.variances)
    return readings.mean(axis=0), spread


def simulated(belief: Belief, wanted: Asked) -> Array:
    """What surveys would show, one for each draw (draw, column)."""
    return belief.shaken[:, wanted.columns] + belief.luck[:, wanted.columns] * np.sqrt(wanted.variances)


def parameter_gain(belief: Belief, wanted: Asked) -> tuple[float, float]:
    """Expected information about shared parameters, −½ ln(1 − R²) with R² adjusted for its bias: mean and standard error."""
    number, size = len(belief.readings), len(wanted.columns)
    varied = belief.parameters.std(axis=0) > 0
    if not varied.any():
        return 0.0, 0.0
    readings = belief.readings[:, wanted.columns]
    apart = belief.parameters[:, varied] - belief.parameters[:, varied].mean(axis=0)
    place = np.ix_(wanted.columns, wanted.columns)
    spread = np.atleast_2d(np.cov(readings.T)) + belief.unknown[place] + np.diag(wanted.variances)
    crossed = (readings - readings.mean(axis=0)).T @ apart / (number - 1)
    explained = (crossed * np.linalg.solve(spread, crossed)).sum(axis=0) / apart.var(axis=0, ddof=1)
    adjusted = np.clip(1.0 - (1.0 - explained) * (number - 1) / (number - size - 1), 0.0, 0.999)
    return float(np.mean(-0.5 * np.log1p(-adjusted))), float(np.sqrt(adjusted.mean() / number))


def nested(
    beliefs: Beliefs, surveys: Sequence[Survey], scatter: float = SCATTER, most: int = 500
) -> tuple[float, float]:
    """The gain about theories by nested Monte Carlo, and its standard error: no normal picture, for surveys of few figures."""
    wanted = asked(beliefs, surveys, scatter)
    priors = np.log(list(beliefs.probabilities.values()))
    place = np.ix_(wanted.columns, wanted.columns)
    total, variance = 0.0, 0.0
    for true, belief in enumerate(beliefs.of.values()):
        readings = simulated(belief, wanted)[:most]
        logs = np.empty((len(beliefs.of), len(readings)))
        for number, other in enumerate(beliefs.of.values()):
            centres = other.readings[:, wanted.columns]
            around = other.unknown[place] + np.diag(wanted.variances)
            for row, reading in enumerate(readings):
                terms = log_density(reading - centres, around)
                if number == true:
                    terms[row] = -np.inf  # a draw is no evidence for itself
                logs[number, row] = logsumexp(terms) - np.log(np.isfinite(terms).sum()) + priors[number]
        gains = logs[true] - logsumexp(logs, axis=0) - priors[true]
        total += np.exp(priors[true]) * gains.mean()
        variance += np.exp(2 * priors[true]) * gains.var(ddof=1) / len(gains)
    return float(total), float(np.sqrt(variance))
