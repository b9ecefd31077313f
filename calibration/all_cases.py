"""The emulated log likelihood of all cases with its slopes; what cases have in common beside parameters is integrated out.

Two things are: offsets that instruments of a country share, and factors of the emulators' errors that all cases share
(`shared_error.py`). Both are normal and additive, so that given the scores they are a linear regression over all
cases.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.emulator_slope import Opened, Slope


class Part(NamedTuple):
    """One case: its slope, where its scores and discrepancies stand in the vectors of all cases, and its country."""

    slope: Slope
    scores: Array
    wrong: Array
    country: int


class Common(NamedTuple):
    """What the data say of all that cases have in common: mean (unknown,), covariance, and log evidence."""

    mean: Array
    covariance: Array
    evidence: float


class AllCases:
    """Log likelihood of all cases, of vectors of scores and discrepancies.

    ``offset`` is the SD of the offset that the instruments of a country share. Unknowns in common are the offsets,
    country after country, where there are any, and then the factors of the emulators' errors.
    """

    def __init__(self, parts: Sequence[Part], offset: float, measures: int) -> None:
        self.parts = parts
        self.measures = measures
        self.countries = 1 + max(part.country for part in parts)
        self.offsets = self.countries * measures if offset else 0
        factors = max(part.slope.loadings.shape[1] for part in parts)
        self.precision = np.concatenate([np.full(self.offsets, 1.0 / (offset or 1.0) ** 2), np.ones(factors)])

    def __call__(self, scores: Array, wrong: Array) -> tuple[float, Array, Array]:
        """The value, and its slopes in scores and discrepancies."""
        cases = self.opened(scores, wrong)
        pulls = self.pulls(cases)
        common = self.common_of(cases, pulls)
        slopes = np.zeros_like(scores), np.zeros_like(wrong)
        for part, case, pull in zip(self.parts, cases, pulls, strict=True):
            of_scores, of_wrong = part.slope.closed(case, pull, common.mean, common.covariance, self.offsets)
            np.add.at(slopes[0], part.scores, of_scores)
            np.add.at(slopes[1], part.wrong, of_wrong)
        return sum(case.value for case in cases) + common.evidence, *slopes

    def opened(self, scores: Array, wrong: Array) -> list[Opened]:
        """Every case at its scores and discrepancies."""
        return [part.slope.opened(scores[part.scores], wrong[part.wrong]) for part in self.parts]

    def pulls(self, cases: Sequence[Opened]) -> list[Array]:
        """How the unknowns in common move the fitted slots of each case (slot, unknown)."""
        found = []
        for part, case in zip(self.parts, cases, strict=True):
            pull = np.zeros((len(case.residual), len(self.precision)))
            if self.offsets:
                pull[:, part.country * self.measures + part.wrong] = part.slope.of_measure
            pull[:, self.offsets :] = case.sd[:, None] * part.slope.loadings
            found.append(pull)
        return found

    def offsets_at(self, scores: Array, wrong: Array) -> tuple[Array, Array]:
        """Mean and covariance of all offsets at some scores and discrepancies, country after country."""
        cases = self.opened(scores, wrong)
        found = self.common_of(cases, self.pulls(cases))
        return found.mean[: self.offsets], found.covariance[: self.offsets, : self.offsets]

    def common_of(self, cases: Sequence[Opened], pulls: Sequence[Array]) -> Common:
        """What all cases say of the unknowns in common."""
        size = len(self.precision)
        if not size:
            return Common(np.zeros(0), np.zeros((0, 0)), 0.0)
        precision, toward = np.diag(self.precision), np.zeros(size)
        for case, pull in zip(cases, pulls, strict=True):
            told = pull.T @ case.inverse
            precision += told @ pull
            toward += told @ case.residual
        covariance = np.linalg.inv(precision)
        mean = covariance @ toward
        logs = np.linalg.slogdet(precision)[1] - np.log(self.precision).sum()
        return Common(mean, covariance, float(0.5 * (toward @ mean) - 0.5 * logs))
