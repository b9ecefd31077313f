"""Draws from a posterior under a standard normal prior: particles go from the prior to the posterior in small steps.

Sequential Monte Carlo with random-walk moves (Del Moral, Doucet and Jasra 2006, doi
10.1111/j.1467-9868.2006.00553.x); the step of the temperature keeps half the effective particles. Two islands run
apart, so that their difference shows when moves were too few.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from coprod_abm.calibration.bank import Array

PARTICLES = 1_000
ISLANDS = 2
KEPT = 0.5  # share of particles that a step of the temperature leaves effective
MOVES, LAST_MOVES = 10, 100  # most moves at a temperature on the way, and at the posterior
FORGOTTEN = 0.15  # moves go on until particles have this correlation with where they stood
GOOD_ACCEPTANCE = 0.25
VARIED = 0.5  # SD of the log length of a move
CLOSEST, FARTHEST = 0.05, 3.0  # bounds of the length of a move, in the usual 2.38/√d

LogLikelihood = Callable[[Array], Array]


class Tempered(NamedTuple):
    """Draws of scores (draw, dimension) and how they were reached.

    Attributes:
        scores: draws.
        log_evidence: log of the probability of the data under the prior.
        apart: largest difference of the islands' means, in SDs.
        acceptance: share of moves that the last temperature accepted.
        different: share of draws that are different points.
        forgotten: largest correlation of the last temperature's particles with where they stood before its moves.
    """

    scores: Array
    log_evidence: float
    apart: float
    acceptance: float
    different: float
    forgotten: float


def temper(
    log_likelihood: LogLikelihood, dimensions: int, rng: np.random.Generator, particles: int = PARTICLES
) -> Tempered:
    """Draws of the posterior."""
    found = [island(log_likelihood, dimensions, rng, particles // ISLANDS) for _ in range(ISLANDS)]
    scores = np.concatenate([one.scores for one in found])
    means = np.stack([one.scores.mean(axis=0) for one in found])
    apart = np.abs(means[0] - means[1]) / np.maximum(scores.std(axis=0), 1e-9)
    evidence = np.logaddexp.reduce([one.log_evidence for one in found]) - np.log(ISLANDS)
    return Tempered(
        scores,
        float(evidence),
        float(apart.max()),
        float(np.mean([one.acceptance for one in found])),
        len(np.unique(scores, axis=0)) / len(scores),
        max(one.forgotten for one in found),
    )


def island(log_likelihood: LogLikelihood, dimensions: int, rng: np.random.Generator, particles: int) -> Tempered:
    """One island of particles, from the prior to the posterior."""
    scores = rng.standard_normal((particles, dimensions))
    told = log_likelihood(scores)
    temperature, evidence, length, acceptance, forgotten = 0.0, 0.0, 1.0, 0.0, 0.0
    while temperature < 1.0:
        step = next_step(told, 1.0 - temperature)
        weights = np.exp(step * (told - told.max()))
        evidence += float(np.log(weights.mean()) + step * told.max())
        temperature += step
        chosen = systematic(weights, rng)
        scores, told = scores[chosen], told[chosen]
        scores, told, length, acceptance, forgotten = move(log_likelihood, scores, told, temperature, length, rng)
    return Tempered(scores, evidence, 0.0, acceptance, 1.0, forgotten)


def next_step(told: Array, most: float) -> float:
    """The rise of the temperature that leaves the wanted share of particles effective, at most ``most``."""
    centred = told - told.max()

    def effective(step: float) -> float:
        weights = np.exp(step * centred)
        return float(weights.sum() ** 2 / (weights**2).sum() / len(weights))

    if effective(most) >= KEPT:
        return most
    low, high = 0.0, most
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if effective(middle) >= KEPT else (low, middle)
    return max(low, 1e-12)


def systematic(weights: Array, rng: np.random.Generator) -> Array:
    """Numbers of particles, each about as often as its weight asks for."""
    places = (np.arange(len(weights)) + rng.random()) / len(weights)
    return np.minimum(np.searchsorted(np.cumsum(weights / weights.sum()), places), len(weights) - 1)


def move(
    log_likelihood: LogLikelihood,
    scores: Array,
    told: Array,
    temperature: float,
    length: float,
    rng: np.random.Generator,
) -> tuple[Array, Array, float, float, float]:
    """Particles after Metropolis moves that have made them forget where they stood."""
    count, dimensions = scores.shape
    start = (scores - scores.mean(axis=0)) / np.maximum(scores.std(axis=0), 1e-9)
    root = np.linalg.cholesky(np.atleast_2d(np.cov(scores.T)) + 1e-9 * np.eye(dimensions))
    accepted, left = 0.0, 1.0
    for _ in range(MOVES if temperature < 1.0 else LAST_MOVES):
        lengths = length * 2.38 / np.sqrt(dimensions) * np.exp(VARIED * rng.standard_normal((count, 1)))
        tried = scores + lengths * (rng.standard_normal(scores.shape) @ root.T)
        then = log_likelihood(tried)
        gain = temperature * (then - told) + 0.5 * ((scores**2).sum(axis=1) - (tried**2).sum(axis=1))
        taken = np.log(rng.random(count)) < gain
        scores, told = np.where(taken[:, None], tried, scores), np.where(taken, then, told)
        accepted = taken.mean()
        length = float(np.clip(length * np.exp(accepted - GOOD_ACCEPTANCE), CLOSEST, FARTHEST))
        now = (scores - scores.mean(axis=0)) / np.maximum(scores.std(axis=0), 1e-9)
        left = float(np.abs((start * now).mean(axis=0)).max())
        if left < FORGOTTEN:
            break
    return scores, told, length, float(accepted), left
