"""The emulated log likelihood of all cases as one operation of PyTensor, with its slope."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.emulator_slope import Slope


class Part(NamedTuple):
    """One case: its slope, and where its scores, discrepancies and offsets stand in the vectors of all cases."""

    slope: Slope
    scores: Array
    wrong: Array
    offset: Array


class AllCases(Op):
    """Log likelihood of all cases, of vectors of scores, discrepancies and offsets; further outputs are its slopes."""

    __props__ = ()

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts

    def make_node(self, *given: Any) -> Apply:
        """The node of the graph."""
        inputs = [pt.as_tensor_variable(one) for one in given]
        return Apply(self, inputs, [pt.dscalar(), *(pt.dvector() for _ in inputs)])

    def perform(self, node: Apply, inputs: Any, output_storage: Any) -> None:
        """Compute value and slopes."""
        del node
        scores, wrong, offset = inputs
        value, slopes = 0.0, [np.zeros_like(one) for one in inputs]
        for part in self.parts:
            found = part.slope(scores[part.scores], wrong[part.wrong], offset[part.offset])
            value += found.value
            np.add.at(slopes[0], part.scores, found.scores)
            np.add.at(slopes[1], part.wrong, found.wrong)
            np.add.at(slopes[2], part.offset, found.offset)
        output_storage[0][0] = np.asarray(value)
        for storage, slope in zip(output_storage[1:], slopes, strict=True):
            storage[0] = slope

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """The slopes, which the forward pass has found already."""
        del inputs
        return [cotangents[0] * slope for slope in outputs[1:]]
