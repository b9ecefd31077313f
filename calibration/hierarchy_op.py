"""The emulated log likelihood of all cases as one operation of PyTensor, with its slope; offsets are integrated out."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

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


class AllCases(Op):
    """Log likelihood of all cases, of vectors of scores and discrepancies; further outputs are its slopes.

    ``offset`` is the SD of the offset that the instruments of a country share.
    """

    __props__ = ()

    def __init__(self, parts: Sequence[Part], offset: float) -> None:
        self.parts = parts
        self.offset = offset

    def make_node(self, *given: Any) -> Apply:
        """The node of the graph."""
        inputs = [pt.as_tensor_variable(one) for one in given]
        return Apply(self, inputs, [pt.dscalar(), *(pt.dvector() for _ in inputs)])

    def perform(self, node: Apply, inputs: Any, output_storage: Any) -> None:
        """Compute value and slopes."""
        del node
        scores, wrong = inputs
        cases = [part.slope.opened(scores[part.scores], wrong[part.wrong]) for part in self.parts]
        offsets = self.offsets(cases, len(wrong))
        value = sum(case.value for case in cases) + sum(one.evidence for one in offsets.values())
        slopes = [np.zeros_like(one) for one in inputs]
        for part, case in zip(self.parts, cases, strict=True):
            told = offsets[part.country]
            of_scores, of_wrong = part.slope.closed(
                case, told.mean[part.wrong], told.covariance[np.ix_(part.wrong, part.wrong)]
            )
            np.add.at(slopes[0], part.scores, of_scores)
            np.add.at(slopes[1], part.wrong, of_wrong)
        output_storage[0][0] = np.asarray(value)
        for storage, slope in zip(output_storage[1:], slopes, strict=True):
            storage[0] = slope

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

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """The slopes, which the forward pass has found already."""
        del inputs
        return [cotangents[0] * slope for slope in outputs[1:]]
