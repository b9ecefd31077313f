"""The emulated log likelihood of all cases with its slopes; offsets that instruments of a country share are integrated out."""

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


class Offsets(NamedTuple):
    """What the data say of the offsets of one country's instruments: mean (measure,), covariance, and log evidence."""

    mean: Array
    covariance: Array
    evidence: float


class AllCases:
    """Log likelihood of all cases, of vectors of scores and discrepancies.

    ``offset`` is the SD of the offset that the instruments of a country share.
    """

    def __init__(self, parts: Sequence[Part], offset: float) -> None:
        self.parts = parts
        self.offset = offset

    def __call__(self, scores: Array, wrong: Array) -> tuple[float, Array, Array]:
        """The value, and its slopes in scores and discrepancies."""
        cases = [part.slope.opened(scores[part.scores], wrong[part.wrong]) for part in self.parts]
        offsets = self.offsets(cases, len(wrong))
        value = sum(case.value for case in cases) + sum(one.evidence for one in offsets.values())
        slopes = np.zeros_like(scores), np.zeros_like(wrong)
        for part, case in zip(self.parts, cases, strict=True):
            told = offsets[part.country]
            of_scores, of_wrong = part.slope.closed(
                case, told.mean[part.wrong], told.covariance[np.ix_(part.wrong, part.wrong)]
            )
            np.add.at(slopes[0], part.scores, of_scores)
            np.add.at(slopes[1], part.wrong, of_wrong)
        return value, *slopes

    def offsets_at(self, scores: Array, wrong: Array) -> dict[int, Offsets]:
        """What the data say of offsets at some scores and discrepancies, by the number of the country."""
        cases = [part.slope.opened(scores[part.scores], wrong[part.wrong]) for part in self.parts]
        return self.offsets(cases, len(wrong))

    def offsets(self, cases: Sequence[Opened], measures: int) -> dict[int, Offsets]:
        """What all cases of each country say of its offsets, by the number of the country."""
        return {
            country: self.offsets_of(
                [(part, case) for part, case in zip(self.parts, cases, strict=True) if part.country == country],
                measures,
            )
            for country in {part.country for part in self.parts}
        }

    def offsets_of(self, cases: Sequence[tuple[Part, Opened]], measures: int) -> Offsets:
        """What the cases of one country say of its offsets."""
        if not self.offset:
            return Offsets(np.zeros(measures), np.zeros((measures, measures)), 0.0)
        precision, pull = np.eye(measures) / self.offset**2, np.zeros(measures)
        for part, case in cases:
            told = part.slope.of_measure.T @ case.inverse
            precision[np.ix_(part.wrong, part.wrong)] += told @ part.slope.of_measure
            pull[part.wrong] += told @ case.residual
        covariance = np.linalg.inv(precision)
        mean = covariance @ pull
        logs = np.linalg.slogdet(precision)[1] + 2.0 * measures * np.log(self.offset)
        return Offsets(mean, covariance, float(0.5 * (pull @ mean) - 0.5 * logs))
