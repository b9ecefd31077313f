"""Theory probabilities: a classifier taught on surveys of the bank, calibrated and tested on surveys it has not seen.

Draws are split four ways: to learn summaries, to teach the classifiers on them, to choose between classifiers and
calibrate (one temperature), and to test. A probability is never reported without the error rate of the test.

Pudlo and others (2016), Bioinformatics 32, 859, for theory choice by forests; Guo and others (2017), ICML, for
temperatures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from coprod_abm.calibration.bank import Array, BankError
from coprod_abm.calibration.stacked import Stack, surveyed
from coprod_abm.calibration.theory_summaries import Summaries, summaries_of

SPLIT = (0.4, 0.3, 0.15)  # to learn summaries, to teach, to calibrate; the rest tests
LEAST = 1e-6  # no theory is ever impossible
BINS = 10
SURE = 0.9


@dataclass(frozen=True)
class Tested:
    """How a classifier did on surveys it had not seen, each theory as often as any other.

    Attributes:
        surveys: number of them.
        accuracy: share that went to the right theory.
        log_loss: mean −ln of the probability of the right theory.
        brier: mean squared error of the probabilities, summed over theories.
        calibration_error: mean distance between the leading probability and how often it is right (ECE, ten bins).
        confusion: share of the surveys of a theory (row) that went to each (column).
        sure: share of surveys whose leading probability is at least .9.
        sure_accuracy: share of these that are right; NaN where there are none.
    """

    surveys: int
    accuracy: float
    log_loss: float
    brier: float
    calibration_error: float
    confusion: Array
    sure: float
    sure_accuracy: float


@dataclass(frozen=True)
class TheoryClassifier:
    """A taught classifier.

    Attributes:
        theories: names, in the order of its probabilities.
        summaries: what it looks at.
        model, kind: what decides, and its name.
        temperature: by which log probabilities are divided.
        tested: its performance.
    """

    theories: tuple[str, ...]
    summaries: Summaries
    model: Any
    kind: str
    temperature: float
    tested: Tested

    def probabilities(self, readings: Array) -> Array:
        """Probability of each theory for each survey (survey, theory); theories are equally likely beforehand."""
        return cooled(raw(self.model, self.summaries.of(np.atleast_2d(readings))), self.temperature)


def taught(stack: Stack, columns: Array, seed: int, surveys: int = 20_000) -> TheoryClassifier:
    """A classifier of the theories of a stack that sees the ``columns`` (mask) alone, taught on about so many surveys.

    Raises:
        BankError: when there is one theory only, or a theory has few draws.
    """
    if len(stack.theories) < 2:
        raise BankError(f"The bank holds one theory ({stack.theories[0]}): there is nothing to tell apart.")
    rng = np.random.default_rng(seed)
    learn, teach, calibrate, test = [stack.taken(part) for part in parts_of(stack, rng)]
    wanted = np.array([surveys * share for share in (*SPLIT, 1.0 - sum(SPLIT))]).astype(int)
    readings, theory = surveys_of(learn, wanted[0], rng)
    summaries = summaries_of(learn, readings, theory, columns)
    seen = [
        (summaries.of(r), t)
        for r, t in (surveys_of(p, n, rng) for p, n in zip((teach, calibrate, test), wanted[1:], strict=True))
    ]
    found = {kind: model.fit(*seen[0]) for kind, model in candidates(summaries.few, seed).items()}
    losses, temperatures = {}, {}
    for kind, model in found.items():
        logs, truth = raw(model, seen[1][0]), places(stack.theories, seen[1][1])
        temperatures[kind] = temperature_of(logs, truth)
        losses[kind] = log_loss(cooled(logs, temperatures[kind]), truth)
    best = min(losses, key=lambda kind: losses[kind])
    judged = cooled(raw(found[best], seen[2][0]), temperatures[best])
    tested = performance(judged, places(stack.theories, seen[2][1]))
    return TheoryClassifier(stack.theories, summaries, found[best], best, temperatures[best], tested)


def candidates(few: int, seed: int) -> dict[str, Any]:
    """The classifiers that compete on held-out surveys; the forest sees the ``few`` first summaries alone."""
    net = MLPClassifier((64, 32), alpha=0.01, early_stopping=True, max_iter=300, random_state=seed)
    forest = RandomForestClassifier(200, min_samples_leaf=5, n_jobs=1, random_state=seed)
    return {
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=2_000)),
        "random forest": make_pipeline(ColumnTransformer([("few", "passthrough", slice(0, few))]), forest),
        "neural network": make_pipeline(StandardScaler(), net),
    }


def parts_of(stack: Stack, rng: np.random.Generator) -> list[Array]:
    """Numbers of the draws of each part, every theory split alike.

    Raises:
        BankError: when a theory has fewer than 200 draws.
    """
    parts: list[list[Array]] = [[], [], [], []]
    for name in stack.theories:
        own = rng.permutation(np.flatnonzero(stack.theory == name))
        if len(own) < 200:
            raise BankError(
                f"{name} has {len(own)} draws; a classifier needs at least 200 of each theory. Grow the bank."
            )
        ends = np.cumsum(np.array(SPLIT) * len(own)).astype(int)
        for place, some in enumerate(np.split(own, ends)):
            parts[place].append(some)
    return [np.concatenate(some) for some in parts]


def surveys_of(stack: Stack, number: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Surveys of draws, each theory as often as any other: readings (survey, column) and theory (survey,)."""
    each = max(1, number // len(stack.theories))
    draws = np.concatenate([drawn_from(np.flatnonzero(stack.theory == name), each, rng) for name in stack.theories])
    return surveyed(stack, draws, rng), stack.theory[draws]


def drawn_from(numbers: Array, wanted: int, rng: np.random.Generator) -> Array:
    """So many of the numbers, each as often as any other or once more."""
    rounds = -(-wanted // len(numbers))
    return np.concatenate([rng.permutation(numbers) for _ in range(rounds)])[:wanted]


def raw(model: Any, seen: Array) -> Array:
    """Log probabilities as the classifier gives them (survey, theory)."""
    return np.log(np.maximum(model.predict_proba(seen), LEAST))


def cooled(logs: Array, temperature: float) -> Array:
    """Probabilities at a temperature (survey, theory)."""
    powers = np.exp((logs - logs.max(axis=1, keepdims=True)) / temperature)
    shares = powers / powers.sum(axis=1, keepdims=True)
    return (1.0 - LEAST * shares.shape[1]) * shares + LEAST


def temperature_of(logs: Array, truth: Array) -> float:
    """The temperature at which probabilities predict best (survey, theory), (survey,)."""
    found = minimize_scalar(
        lambda t: log_loss(cooled(logs, float(np.exp(t))), truth), bounds=(-2.0, 3.0), method="bounded"
    )
    return float(np.exp(found.x))


def places(theories: Sequence[str], theory: Array) -> Array:
    """The place of each theory's name in the list."""
    return np.searchsorted(np.asarray(theories), theory)


def log_loss(probabilities: Array, truth: Array) -> float:
    """Mean −ln of the probability of the right theory."""
    return float(-np.log(probabilities[np.arange(len(truth)), truth]).mean())


def performance(probabilities: Array, truth: Array) -> Tested:
    """Performance of probabilities (survey, theory) where the truth (survey,) is known."""
    number = probabilities.shape[1]
    given, leading = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right, sure = given == truth, leading >= SURE
    confusion = np.array(
        [[np.mean(given[truth == row] == column) for column in range(number)] for row in range(number)]
    )
    return Tested(
        surveys=len(truth),
        accuracy=float(right.mean()),
        log_loss=log_loss(probabilities, truth),
        brier=float(((probabilities - np.eye(number)[truth]) ** 2).sum(axis=1).mean()),
        calibration_error=calibration_error(leading, right),
        confusion=confusion,
        sure=float(sure.mean()),
        sure_accuracy=float(right[sure].mean()) if sure.any() else float("nan"),
    )


def calibration_error(claimed: Array, right: Array) -> float:
    """Mean distance between claimed probability and frequency, over ten bins of equal width weighted by their size.

    >>> round(calibration_error(np.array([0.85, 0.85, 0.85, 0.85]), np.array([1, 1, 1, 0])), 2)
    0.1
    """
    bins = np.minimum((claimed * BINS).astype(int), BINS - 1)
    gaps = [np.sum(bins == b) * abs(claimed[bins == b].mean() - right[bins == b].mean()) for b in np.unique(bins)]
    return float(sum(gaps) / len(claimed))
