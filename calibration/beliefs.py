"""What is believed after the figures so far: theories with probabilities, and draws of each that agree with the figures."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.cloud import cloud_of, moved
from coprod_abm.calibration.stacked import Figures, Stack

ERROR = 1.0  # size of the model's error in units of its prior scale: the root mean square of its prior
DRAWS = 2_000  # of each theory


@dataclass(frozen=True)
class Belief:
    """One theory after the figures so far.

    Attributes:
        readings: expected true readings of draws (draw, column), offsets and model errors included as far as they are known.
        shaken: the same with what is not known of offsets and model errors drawn (draw, column).
        unknown: covariance of what is not known of these (column, column).
        luck: standard normal draws for the error of observation (draw, column), the same for every survey that is weighed.
        parameters: shared parameters of the draws (draw, parameter).
    """

    readings: Array
    shaken: Array
    unknown: Array
    luck: Array
    parameters: Array


@dataclass(frozen=True)
class Beliefs:
    """All theories after the figures so far; theories that are next to impossible are left out."""

    stack: Stack
    probabilities: Mapping[str, float]
    of: Mapping[str, Belief]


def beliefs_of(
    stack: Stack, figures: Figures, probabilities: Mapping[str, float], seed: int, draws: int = DRAWS
) -> Beliefs:
    """Beliefs after the fitted figures; before any figure where none is fitted."""
    rng = np.random.default_rng(seed)
    kept = {name: chance for name, chance in probabilities.items() if chance >= 0.005}
    total = sum(kept.values())
    found = {name: belief_of(stack.of_theory(name), figures, draws, rng) for name in kept}
    return Beliefs(stack, {name: chance / total for name, chance in kept.items()}, found)


def halved(beliefs: Beliefs) -> tuple[Beliefs, Beliefs]:
    """Two halves of the draws: on one surveys are chosen, on the other their worth is judged, so that no luck is chosen."""

    def half(one: Belief, first: int) -> Belief:
        rows = slice(first, None, 2)
        return Belief(one.readings[rows], one.shaken[rows], one.unknown, one.luck[rows], one.parameters[rows])

    first, second = ({name: half(one, place) for name, one in beliefs.of.items()} for place in (0, 1))
    return Beliefs(beliefs.stack, beliefs.probabilities, first), Beliefs(beliefs.stack, beliefs.probabilities, second)


def belief_of(own: Stack, figures: Figures, draws: int, rng: np.random.Generator) -> Belief:
    """One theory after the fitted figures."""
    known = figures.fitted
    if known.any():
        cloud = cloud_of(own, figures, ERROR)
        taken, shown = moved(own, cloud, figures, draws, rng)
        parameters = own.shared[taken] + moved_parameters(own, taken, shown, cloud.weights)
        readings = shown + (figures.values[known] - shown[:, known]) @ cloud.carry.T
        unknown = cloud.left
    else:
        taken = rng.permutation(len(own))[:draws] if len(own) >= draws else rng.choice(len(own), draws)
        readings, parameters, unknown = own.shown[taken], own.shared[taken], own.common(ERROR)
    values, vectors = np.linalg.eigh(unknown)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    shaken = readings + rng.standard_normal(readings.shape) @ root.T
    return Belief(readings, shaken, unknown, rng.standard_normal(readings.shape), parameters)


def moved_parameters(own: Stack, taken: Array, shown: Array, weights: Array) -> Array:
    """How far the parameters move with their draws: by their regression on what runs show."""
    about = own.shown - weights @ own.shown
    apart = own.shared - weights @ own.shared
    crossed = (about * weights[:, None]).T @ about
    crossed += (0.01 * np.trace(crossed) / len(crossed) + 1e-9) * np.eye(len(crossed))
    slopes = np.linalg.solve(crossed, (about * weights[:, None]).T @ apart)
    return (shown - own.shown[taken]) @ slopes
