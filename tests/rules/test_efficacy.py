"""Efficacy: the belief that one's own part can change things, learned from success (E13)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coprod_abm.arithmetic import logistic
from coprod_abm.rules.efficacy import felt_success, revised_efficacy

unit = st.floats(0, 1)


def test_success_needs_a_favourable_judgement_and_grows_with_implementation():
    assert felt_success(0.5, 0.5, 0.4) == pytest.approx(0.35)
    assert felt_success(1.0, 0.0, 0.4) == pytest.approx(0.4)
    assert felt_success(1.0, 1.0, 0.4) == pytest.approx(1.0)
    assert felt_success(0.0, 1.0, 0.4) == 0.0


@given(unit, unit, unit, unit, unit)
def test_success_is_a_share_that_neither_judgement_nor_implementation_lowers(j0, j1, i0, i1, from_decision):
    (bad, good), (little, much) = sorted((j0, j1)), sorted((i0, i1))
    best = felt_success(good, much, from_decision)
    assert felt_success(bad, much, from_decision) <= best <= 1 + 1e-12
    assert 0 <= felt_success(good, little, from_decision) <= best + 1e-12


def test_success_gains_a_share_of_what_is_missing_and_failure_costs_a_share_of_what_there_is():
    assert revised_efficacy(0.6, 1.0, 0.1, 0.3) == pytest.approx(0.64)
    assert revised_efficacy(0.6, 0.0, 0.1, 0.3) == pytest.approx(0.42)
    assert revised_efficacy(0.6, 0.5, 0.1, 0.2) == pytest.approx(0.6 + 0.02 - 0.06)


@given(unit, unit, unit, unit, unit)
def test_efficacy_stays_a_share_and_more_success_never_leaves_less_of_it(efficacy, s0, s1, gain, loss):
    little, much = sorted((s0, s1))
    more = revised_efficacy(efficacy, much, gain, loss)
    assert -1e-12 <= revised_efficacy(efficacy, little, gain, loss) <= more + 1e-12 <= 1 + 2e-12


@given(unit, unit, st.floats(0.01, 1))
def test_with_equal_gain_and_loss_efficacy_follows_success(efficacy, success, rate):
    # e + α(s(1−e) − (1−s)e) = e + α(s − e)
    assert revised_efficacy(efficacy, success, rate, rate) == pytest.approx(efficacy + rate * (success - efficacy))


def fixed_points(slope: float) -> list[float]:
    """Levels of efficacy that success in proportion to efficacy, σ(a(e − ½)), leaves as they are."""
    levels = [(step + 0.5) / 2_000 for step in range(2_000)]  # an even number: ½ lies between two levels
    change = [revised_efficacy(e, logistic(slope * (e - 0.5)), 0.05, 0.05) - e for e in levels]
    return [levels[i] for i in range(1_999) if (change[i] > 0) != (change[i + 1] > 0)]


@pytest.mark.parametrize("slope", [0.0, 1.0, 3.0, 3.9])
def test_below_a_slope_of_four_efficacy_has_one_level_to_settle_at(slope):
    assert fixed_points(slope) == pytest.approx([0.5], abs=1e-3)


@pytest.mark.parametrize("slope", [4.1, 5.0, 8.0])
def test_above_a_slope_of_four_efficacy_settles_high_or_low(slope):
    low, middle, high = fixed_points(slope)
    assert middle == pytest.approx(0.5, abs=1e-3)
    assert low + high == pytest.approx(1.0, abs=2e-3)
    assert low < 0.5 - 0.05 < 0.5 + 0.05 < high


def test_with_a_steep_slope_a_small_difference_at_the_start_decides_where_efficacy_ends():
    ends = []
    for start in (0.45, 0.55):
        efficacy = start
        for _ in range(3_000):
            efficacy = revised_efficacy(efficacy, logistic(6.0 * (efficacy - 0.5)), 0.05, 0.05)
        ends.append(efficacy)
    assert ends[0] < 0.1
    assert ends[1] > 0.9
