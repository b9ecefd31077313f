"""Whether any theory comes near the figures: how unusual they would be under each, so that the least bad is not called right.

Several distances are taken under a theory: of all figures, of each case's, of each measure's, from the directions in
which its runs hardly differ, and to the nearest of its runs. Each is compared with the same distance of surveys of the
theory's own runs, and the smallest of these chances is compared with its own distribution, so that looking at many
distances is paid for (min-p, Westfall & Young 1993).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.cloud import local_moments
from coprod_abm.calibration.stacked import Figures, Stack, surveyed

NEAR = 0.05  # a theory is inadequate where figures like these are rarer
SURVEYS = 600
LEARN = (
    0.6  # share of the draws on which distances rest; surveys of the others say what is usual, as fresh figures would
)
TAIL = 0.1  # share of the largest usual distances, from which chances of larger ones are drawn out
MOST_RUNS = 3_000  # among which the nearest is sought


@dataclass(frozen=True)
class Distances:
    """Distances of surveys from what a theory shows, and what of the theory they need."""

    columns: Array
    mean: Array
    covariance: Array
    groups: tuple[tuple[str, Array], ...]
    stiff: Array
    runs: Array
    whitening: Array

    def of(self, readings: Array) -> Array:
        """Distances (survey, kind)."""
        known = readings[:, self.columns]
        missed = known - self.mean
        found = [_misfit(missed, self.covariance, np.arange(missed.shape[1]))]
        found += [_misfit(missed, self.covariance, columns) for _, columns in self.groups]
        found.append(((missed @ self.stiff) ** 2).sum(axis=1))
        seen = known @ self.whitening.T
        gaps = (seen**2).sum(axis=1)[:, None] - 2.0 * seen @ self.runs.T + (self.runs**2).sum(axis=1)
        return np.column_stack([*found, gaps.min(axis=1)])

    @property
    def kinds(self) -> tuple[str, ...]:
        """The distances in words."""
        return ("all figures", *(name for name, _ in self.groups), "what runs hardly vary in", "the nearest run")


@dataclass(frozen=True)
class Adequacy:
    """How usual the figures are under one theory.

    Attributes:
        chance: of figures at least as far away, if the theory were true; all distances together.
        farthest: the distance that is least usual, in words.
        chances: of each distance alone, by its words.
    """

    chance: float
    farthest: str
    chances: Mapping[str, float]

    @property
    def adequate(self) -> bool:
        """Whether figures like these may come from the theory."""
        return self.chance >= NEAR


@dataclass(frozen=True)
class Usual:
    """What is usual under one theory: distances of surveys of its own runs (survey, kind)."""

    distances: Distances
    first: Array
    least: Array

    def adequacy(self, readings: Array) -> Adequacy:
        """How usual one set of readings (column,) is."""
        chances = rarer(self.first, self.distances.of(readings[None]))[0]
        kinds = self.distances.kinds
        return Adequacy(
            chance=float((1 + np.sum(self.least <= chances.min())) / (1 + len(self.least))),
            farthest=kinds[int(chances.argmin())],
            chances=dict(zip(kinds, map(float, chances), strict=True)),
        )


def usual_of(draws: Stack, columns: Array, seed: int, surveys: int = SURVEYS) -> Usual:
    """What is usual under the theory of these draws, in the ``columns`` (mask) that are known.

    Surveys are of draws on which the distances do not rest: those would lie nearer than fresh figures do.
    """
    rng = np.random.default_rng(seed)
    learn, judge = np.split(rng.permutation(len(draws)), [int(LEARN * len(draws))])
    distances = distances_of(draws.taken(learn), columns)
    first, second = (distances.of(surveyed(draws, rng.choice(judge, surveys), rng)) for _ in range(2))
    return Usual(distances, first, rarer(first, second).min(axis=1))


def distances_of(draws: Stack, columns: Array) -> Distances:
    """The distances of one theory, whose draws these are; the nearest run is sought among the first of them."""
    mean, spread = local_moments(draws, np.full(len(draws), 1.0 / len(draws)))
    place = np.ix_(columns, columns)
    around = draws.common()[place] + np.diag(draws.spread[columns] ** 2)
    whitening = _inverse_root(around)
    strengths, directions = np.linalg.eigh(whitening @ spread[place] @ whitening.T)
    stiff = whitening.T @ directions[:, strengths < 1.0] / np.sqrt(1.0 + strengths[strengths < 1.0])
    cases, measures = draws.cases[columns], draws.measures[columns]
    groups = [(f"the figures of {name}", np.flatnonzero(cases == name)) for name in dict.fromkeys(cases)]
    groups += [(f"the figures of {name}", np.flatnonzero(measures == name)) for name in dict.fromkeys(measures)]
    return Distances(
        columns,
        mean[columns],
        spread[place] + around,
        tuple(groups),
        stiff,
        draws.shown[:MOST_RUNS, columns] @ whitening.T,
        whitening,
    )


def rarer(usual: Array, found: Array) -> Array:
    """Chances of usual distances (survey, kind) at least as large as those found (survey, kind).

    Among the largest tenth the tail goes on exponentially: a distance beyond every usual one then counts for how far
    beyond it lies. By ranks alone all of these would be alike, and with many kinds of distance none would be unusual.

    >>> usual = np.arange(100.0)[:, None]
    >>> rarer(usual, np.array([[50.0], [89.0], [200.0]])).round(4).ravel().tolist()
    [0.5, 0.11, 0.0]
    """
    chances = np.empty(found.shape)
    for kind in range(usual.shape[1]):
        ranked, own = np.sort(usual[:, kind]), found[:, kind]
        below = np.searchsorted(ranked, own, side="left")
        end = np.quantile(ranked, 1.0 - TAIL)
        beyond = max(float((ranked[ranked > end] - end).mean()) if (ranked > end).any() else 0.0, 1e-12)
        inner = np.maximum((len(ranked) - below) / len(ranked), TAIL)
        chances[:, kind] = np.where(own > end, TAIL * np.exp(-np.maximum(own - end, 0.0) / beyond), inner)
    return chances


def adequacy_of(stack: Stack, figures: Figures, seed: int) -> dict[str, Adequacy]:
    """How usual the fitted figures are under each theory."""
    return {
        name: usual_of(stack.of_theory(name), figures.fitted, seed).adequacy(figures.values) for name in stack.theories
    }


def _misfit(missed: Array, covariance: Array, columns: Array) -> Array:
    """Squared distance of some columns alone (survey,)."""
    factor = np.linalg.cholesky(covariance[np.ix_(columns, columns)])
    return (solve_triangular(factor, missed[:, columns].T, lower=True) ** 2).sum(axis=0)


def _inverse_root(covariance: Array) -> Array:
    """A matrix that makes the covariance the identity."""
    factor = np.linalg.cholesky(covariance)
    return solve_triangular(factor, np.eye(len(factor)), lower=True)
