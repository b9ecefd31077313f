"""The service that is co-produced: thirty features, who can know them, and whom they matter to.

Thirty features follow March (1991). Twelve are experiential (three common to all, nine in blocks that matter to one
identity group each), twelve technical, six organisational.
"""

from typing import Any

from coprod_abm.causes import Link
from coprod_abm.compiled import rule, telling

FEATURES = 30
GROUPS = 3  # the majority and two groups that are seldom heard
ROLES = 3  # citizens, professionals, leaders
CITIZEN, PROFESSIONAL, LEADER = 0, 1, 2
EXPERIENTIAL, TECHNICAL, ORGANISATIONAL = 0, 1, 2

COMMON_FEATURES = 3
BLOCK = 3  # experiential features of one identity group
FIRST_TECHNICAL = 12
FIRST_ORGANISATIONAL = 24

_COMMON_WEIGHT = 1.0
_OWN_WEIGHT = 2.0
_TECHNICAL_WEIGHT = 0.5
_ORGANISATIONAL_WEIGHT = 0.25
_WEIGHT_SUM = (
    COMMON_FEATURES * _COMMON_WEIGHT
    + BLOCK * _OWN_WEIGHT
    + (FIRST_ORGANISATIONAL - FIRST_TECHNICAL) * _TECHNICAL_WEIGHT
    + (FEATURES - FIRST_ORGANISATIONAL) * _ORGANISATIONAL_WEIGHT
)


@rule
def kind_of(feature: int) -> int:
    """0 experiential, 1 technical, 2 organisational.

    >>> kind_of(11), kind_of(12), kind_of(29)
    (0, 1, 2)
    """
    if feature < FIRST_TECHNICAL:
        return EXPERIENTIAL
    if feature < FIRST_ORGANISATIONAL:
        return TECHNICAL
    return ORGANISATIONAL


@rule
def features_of(kind: int) -> tuple[int, int]:
    """First feature of a kind, and the one after its last.

    >>> features_of(0), features_of(1), features_of(2)
    ((0, 12), (12, 24), (24, 30))
    """
    if kind == EXPERIENTIAL:
        return 0, FIRST_TECHNICAL
    if kind == TECHNICAL:
        return FIRST_TECHNICAL, FIRST_ORGANISATIONAL
    return FIRST_ORGANISATIONAL, FEATURES


@rule
def group_of(feature: int) -> int:
    """The identity group a feature matters to, −1 where it matters to all.

    >>> group_of(2), group_of(3), group_of(11), group_of(12)
    (-1, 0, 2, -1)
    """
    if COMMON_FEATURES <= feature < FIRST_TECHNICAL:
        return (feature - COMMON_FEATURES) // BLOCK
    return -1


@rule
def need_weight(group: int, feature: int) -> float:
    """How much a feature matters to a group; weights of a group sum to 1 (w_gf).

    >>> round(sum(need_weight(1, f) for f in range(30)), 12)
    1.0
    """
    kind = kind_of(feature)
    if kind == TECHNICAL:
        return _TECHNICAL_WEIGHT / _WEIGHT_SUM
    if kind == ORGANISATIONAL:
        return _ORGANISATIONAL_WEIGHT / _WEIGHT_SUM
    matters_to = group_of(feature)
    if matters_to < 0:
        return _COMMON_WEIGHT / _WEIGHT_SUM
    return _OWN_WEIGHT / _WEIGHT_SUM if matters_to == group else 0.0


@telling
def goal_fulfilment(design: Any, reality: Any, group: int) -> float:
    """Share of a group's needs met by a design, Q_g = Σ w_gf·[c_f = r_f], in [0, 1]."""
    met = 0.0
    for feature in range(FEATURES):
        if design[feature] == reality[feature]:
            met += need_weight(group, feature)
    return met


@telling
def agreement(views: Any, reality: Any) -> int:
    """Number of features on which views and reality agree; unknown ones (0) never do (March's knowledge)."""
    agreed = 0
    for feature in range(FEATURES):
        if views[feature] == reality[feature]:
            agreed += 1
    return agreed


LINKS = (Link("implemented changes", "needs met", +1, "goal_fulfilment.design"),)
