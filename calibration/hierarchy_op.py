"""The emulated log likelihood of all cases as one operation of PyTensor, with its slope."""

from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

from coprod_abm.calibration.all_cases import AllCases


class LogLikelihood(Op):
    """Log likelihood of all cases, of vectors of scores and discrepancies; further outputs are its slopes."""

    __props__ = ()

    def __init__(self, cases: AllCases) -> None:
        self.cases = cases

    def make_node(self, *given: Any) -> Apply:
        """The node of the graph."""
        inputs = [pt.as_tensor_variable(one) for one in given]
        return Apply(self, inputs, [pt.dscalar(), *(pt.dvector() for _ in inputs)])

    def perform(self, node: Apply, inputs: Any, output_storage: Any) -> None:
        """Compute value and slopes."""
        del node
        for storage, found in zip(output_storage, self.cases(*inputs), strict=True):
            storage[0] = np.asarray(found)

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """The slopes, which the forward pass has found already."""
        del inputs
        return [cotangents[0] * slope for slope in outputs[1:]]
