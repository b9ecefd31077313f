"""Learned summaries of a set of figures: how well each theory's normal picture fits, and where they lie between theories."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.cloud import local_moments, log_density
from coprod_abm.calibration.stacked import Stack

ERRORS = (0.3, 1.0)  # sizes of the model's error at which the pictures are drawn, in units of its prior scale
MAIN = 40  # directions in which surveys vary most
FAR = 60.0  # nats; beyond it a theory is as good as excluded


@dataclass(frozen=True)
class Summaries:
    """What a classifier looks at.

    Attributes:
        columns: mask of the columns that are known.
        means: what runs of each theory show (theory, column).
        spreads: its covariance with offsets and errors, for each size of the model's error (error, theory, column, column).
        between: directions that set theories apart.
        root: what makes offsets and errors independent and of size one (column, column).
        main: directions in which surveys vary most.
    """

    columns: Array
    means: Array
    spreads: Array
    between: Any
    root: Array
    main: Any

    @property
    def few(self) -> int:
        """Number of summaries before the main directions."""
        theories = len(self.means)
        return len(ERRORS) * theories + min(theories - 1, int(self.columns.sum()))

    def scores(self, readings: Array) -> Array:
        """Log density of each survey under each theory's normal picture (survey, error, theory)."""
        known = readings[:, self.columns]
        found = [
            [log_density(known - mean, spread) for mean, spread in zip(self.means, row, strict=True)]
            for row in self.spreads
        ]
        return np.moveaxis(np.array(found), 2, 0)

    def of(self, readings: Array) -> Array:
        """Summaries of surveys (survey, summary)."""
        scores = self.scores(readings)
        apart = np.clip(scores - scores.max(axis=2, keepdims=True), -FAR, 0.0)
        directions = self.between.transform(readings[:, self.columns])
        main = self.main.transform(readings[:, self.columns] @ self.root.T)
        return np.hstack([apart.reshape(len(readings), -1), directions, main])


def summaries_of(stack: Stack, readings: Array, theory: Array, columns: Array) -> Summaries:
    """Summaries learned from the draws of a stack and from surveys of them (survey, column) whose theory is known."""
    means, pictures = [], []
    for name in stack.theories:
        draws = stack.of_theory(name)
        mean, spread = local_moments(draws, np.full(len(draws), 1.0 / len(draws)))
        means.append(mean[columns])
        pictures.append(spread[np.ix_(columns, columns)])
    place = np.ix_(columns, columns)
    around = [stack.common(error)[place] + np.diag(stack.spread[columns] ** 2) for error in ERRORS]
    between = LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto").fit(readings[:, columns], theory)
    spreads = np.array([[picture + errors for picture in pictures] for errors in around])
    root = np.linalg.inv(np.linalg.cholesky(around[-1]))
    main = PCA(min(MAIN, int(columns.sum())), random_state=0).fit(readings[:, columns] @ root.T)
    return Summaries(columns, np.array(means), spreads, between, root, main)
