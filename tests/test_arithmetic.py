"""Arithmetic that gives the same bits everywhere: the exponential against exact decimals, and shares that stay shares."""

import math
from decimal import Decimal, localcontext

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coprod_abm.arithmetic import exponential, held, logistic, lowered, raised, within_unit

unit = st.floats(0, 1)
exponent = st.floats(-700, 700)
PROMISED = Decimal("4e-16")
PINNED = {
    1.0: "0x1.5bf0a8b14576ap+1",
    -1.0: "0x1.78b56362cef38p-2",
    0.1: "0x1.1aec7b35a00d4p+0",
    25.5: "0x1.ba4068aac2b6ep+36",
    -300.0: "0x1.245639c3a49f7p-433",
}


def spread_points() -> list[float]:
    """Exponents over the whole range, around 0, and around the halves of ln 2 at which the power of two changes."""
    even = list(np.linspace(-700, 700, 7_001))
    small = [sign * 2.0**-power for power in range(60) for sign in (1, -1)]
    turns = [(k + 0.5) * math.log(2) + step for k in range(-1009, 1009, 7) for step in (-1e-9, 0.0, 1e-9)]
    return [float(x) for x in (*even, *small, *turns)]


# ---- the exponential ----


def test_the_exponential_is_within_four_units_in_the_sixteenth_digit_of_the_true_value():
    with localcontext() as context:
        context.prec = 40
        worst = max(abs(Decimal(exponential(x)) / Decimal(x).exp() - 1) for x in spread_points())
    assert worst < PROMISED


@given(exponent)
def test_the_exponential_of_any_number_in_range_is_as_exact(x):
    with localcontext() as context:
        context.prec = 40
        assert abs(Decimal(exponential(x)) / Decimal(x).exp() - 1) < PROMISED


def test_the_exponential_of_nothing_is_one():
    assert exponential(0.0) == exponential(-0.0) == 1.0


def test_beyond_seven_hundred_the_exponential_stays_where_it_is_and_stays_finite():
    assert exponential(1e6) == exponential(700.0) == pytest.approx(math.exp(700))
    assert exponential(-1e6) == exponential(-700.0) == pytest.approx(math.exp(-700))
    assert exponential(math.inf) == exponential(700.0) < math.inf
    assert exponential(699.9) < exponential(700.0)


@given(exponent, exponent)
def test_a_greater_exponent_never_gives_less(one, other):
    low, high = sorted((one, other))
    assert exponential(low) <= exponential(high)


@given(st.floats(-300, 300), st.floats(-300, 300))
def test_exponentials_multiply_as_exponents_add(one, other):
    assert exponential(one) * exponential(other) == pytest.approx(exponential(one + other), rel=1e-12)


# ---- the same bits ----


@numba.njit
def exponentials_in_a_loop(points, results):
    for place in range(len(points)):  # a loop that the compiler may turn into vector instructions
        results[place] = exponential(points[place])


@numba.njit
def logistics_in_a_loop(points, results):
    for place in range(len(points)):
        results[place] = logistic(points[place])


def test_interpreted_compiled_and_vectorised_exponentials_have_the_same_bits():
    points = np.array(spread_points())
    vectorised = np.empty_like(points)
    exponentials_in_a_loop(points, vectorised)
    compiled = np.array([exponential(x) for x in points])
    interpreted = np.array([exponential.py_func(float(x)) for x in points])
    assert vectorised.tobytes() == compiled.tobytes() == interpreted.tobytes()


def test_interpreted_and_compiled_logistics_have_the_same_bits():
    points = np.linspace(-40, 40, 4_001)
    compiled = np.empty_like(points)
    logistics_in_a_loop(points, compiled)
    assert compiled.tobytes() == np.array([logistic(float(x)) for x in points]).tobytes()


def test_fast_mathematics_is_not_switched_on():
    # it would let the compiler reorder sums, so that bits depend on the machine
    for primitive in (exponential, exponentials_in_a_loop):
        assert not primitive.targetoptions.get("fastmath", False)


# ---- the logistic ----


def test_the_logistic_of_log_odds_gives_back_the_chance():
    for chance in (0.001, 0.1, 0.25, 0.5, 0.9, 0.999):
        assert logistic(math.log(chance / (1 - chance))) == pytest.approx(chance, rel=1e-14)


@given(exponent)
def test_the_logistic_is_symmetric_around_a_half(x):
    assert logistic(x) + logistic(-x) == pytest.approx(1.0, abs=2.3e-16)


@given(exponent, exponent)
def test_the_logistic_rises_and_is_a_chance(one, other):
    low, high = sorted((one, other))
    assert 0 < logistic(low) <= logistic(high) <= 1


# ---- shares ----


@given(st.floats(-10, 10))
def test_within_unit_leaves_shares_alone_and_stops_at_nothing_and_all(x):
    assert within_unit(x) == (0.0 if x < 0 else 1.0 if x > 1 else x)


def test_a_share_is_raised_by_a_part_of_what_is_missing_and_lowered_by_a_part_of_itself():
    assert raised(0.6, 0.25) == pytest.approx(0.7)
    assert lowered(0.6, 0.25) == pytest.approx(0.45)
    assert raised(0.6, 0.0) == lowered(0.6, 0.0) == 0.6
    assert raised(0.6, 1.0) == 1.0
    assert lowered(0.6, 1.0) == 0.0


@given(unit, unit)
def test_raised_and_lowered_shares_stay_shares_and_mirror_each_other(share, rate):
    assert share <= raised(share, rate) <= 1
    assert 0 <= lowered(share, rate) <= share
    assert 1 - raised(1 - share, rate) == pytest.approx(lowered(share, rate), abs=1e-15)


def test_the_bits_of_the_exponential_are_pinned():
    # an edit that changes a last bit changes every stored run, and has to be wanted
    assert {x: exponential(x).hex() for x in PINNED} == PINNED


def test_a_mechanism_of_some_strength_moves_a_variable_that_part_of_the_way_from_the_mean():
    assert held(0.7, 0.5, 1.0) == 0.7
    assert held(0.1, 0.7, 1.0) == 0.1  # to the last bit, which the sum is not
    assert held(0.7, 0.5, 0.0) == 0.5
    assert held(0.7, 0.5, 0.25) == pytest.approx(0.55)
    assert held(0.1, 0.4, 0.5) == pytest.approx(0.25)
