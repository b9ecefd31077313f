"""Measures that have nothing to measure yet: no guidance is neither right nor wrong, and nobody missed a meeting never held."""

import numpy as np

from coprod_abm.measures import NAMES
from coprod_abm.world import Array

COVERED = {
    "code_accuracy": "code_coverage",
    "nation_code_accuracy": "nation_code_coverage",
}  # nothing said, nothing right
AFTER_A_MEETING = ("attendance",)


def without_unknown(seen: Array) -> Array:
    """Measures (..., stop, project, measure) with NaN where there is nothing to measure yet; the first stop is the start.

    >>> seen = np.zeros((2, 1, len(NAMES)))
    >>> bool(np.isnan(without_unknown(seen)[1, 0, NAMES.index("code_accuracy")]))
    True
    """
    found = seen.copy()
    for name, coverage in COVERED.items():
        found[..., NAMES.index(name)][seen[..., NAMES.index(coverage)] == 0.0] = np.nan
    found[..., 0, :, [NAMES.index(name) for name in AFTER_A_MEETING]] = np.nan
    return found
