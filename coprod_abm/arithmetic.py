"""Arithmetic whose bits do not depend on the platform: exponential, logistic, and steps bounded to a range.

Library exponentials may differ in the last bit between scalar and vectorised code and between machines. These use only
additions, multiplications and an exact power of two, so that interpreted, compiled and vectorised results agree.
"""

import math

import numpy as np

from coprod_abm.compiled import arithmetic, rule

_LOG2_E = 1.4426950408889634
_LN2_HIGH = 0.6931471803691238
_LN2_LOW = 1.9082149292705877e-10
_LARGEST = 700.0


@arithmetic
def exponential(x: float) -> float:
    """E to the power of ``x``, relative error below 4e-16; ``x`` is held within ±700 to stay finite.

    >>> round(exponential(1.0), 12)
    2.718281828459
    """
    x = min(max(x, -_LARGEST), _LARGEST)
    power = math.floor(x * _LOG2_E + 0.5)
    r = (x - power * _LN2_HIGH) - power * _LN2_LOW
    # Taylor polynomial of degree 12 on |r| <= ln(2)/2, in Horner form
    y = 1.0 / 479001600.0
    y = y * r + 1.0 / 39916800.0
    y = y * r + 1.0 / 3628800.0
    y = y * r + 1.0 / 362880.0
    y = y * r + 1.0 / 40320.0
    y = y * r + 1.0 / 5040.0
    y = y * r + 1.0 / 720.0
    y = y * r + 1.0 / 120.0
    y = y * r + 1.0 / 24.0
    y = y * r + 1.0 / 6.0
    y = y * r + 0.5
    y = y * r + 1.0
    y = y * r + 1.0
    return y * np.int64((np.int64(power) + 1023) << 52).view(np.float64)


@rule
def logistic(x: float) -> float:
    """σ(x) = 1 / (1 + e^−x), in (0, 1).

    >>> logistic(0.0)
    0.5
    """
    return 1.0 / (1.0 + exponential(-x))


@rule
def within_unit(x: float) -> float:
    """``x`` held within [0, 1]: for sums of effects on a share, never to hide a bad input."""
    return min(max(x, 0.0), 1.0)


@rule
def held(value: float, mean: float, strength: float) -> float:
    """A variable under a mechanism of this strength: its own value at 1, the population's mean at 0.

    >>> held(0.7, 0.5, 1.0), held(0.7, 0.5, 0.0)
    (0.7, 0.5)
    """
    return value if strength == 1.0 else mean + strength * (value - mean)


@rule
def raised(share: float, rate: float) -> float:
    """A share moved towards 1 by ``rate`` of the distance left.

    >>> raised(0.5, 0.2)
    0.6
    """
    return share + rate * (1.0 - share)


@rule
def lowered(share: float, rate: float) -> float:
    """A share moved towards 0 by ``rate`` of itself.

    >>> lowered(0.5, 0.2)
    0.4
    """
    return share - rate * share
