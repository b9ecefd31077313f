"""Collective leadership: direction and alignment as they stand among the members (commitment is their effort)."""

from typing import Any

import numpy as np

from coprod_abm.compiled import telling
from coprod_abm.service import FEATURES
from coprod_abm.state import EMPTY, MAX_SEATS


@telling
def common_views(people: Any, project: Any) -> tuple[float, float]:
    """How far the members agree with each other (direction) and with the service as it is run (alignment), 0 to 1."""
    view = np.zeros((FEATURES, 2))
    held = 0.0
    aligned = 0.0
    for place in range(MAX_SEATS):
        if project.seat[place] == EMPTY:
            continue
        person = people[project.seat[place]]
        for feature in range(FEATURES):
            if person.beliefs[feature] != 0:
                view[feature, 0 if person.beliefs[feature] > 0 else 1] += 1.0
                held += 1.0
                aligned += 1.0 if person.beliefs[feature] == project.design[feature] else 0.0
    if held == 0.0:
        return 0.0, 0.0
    agreed = 0.0
    for feature in range(FEATURES):
        agreed += abs(view[feature, 0] - view[feature, 1])
    return agreed / held, aligned / held
