"""Capacity: workload, buffering, burnout and staff turnover (E15, E16)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coprod_abm.parameters import Parameters
from coprod_abm.rules.capacity import overload, revised_burnout, turnover_chance, weekly_demand

DEFAULTS = Parameters().capacity
unit = st.floats(0, 1)
hours = st.floats(10, 60)


# ---- demand and overload ----


def test_demand_is_the_usual_load_with_its_variation_plus_what_co_production_adds():
    assert weekly_demand(40.0, 1.1, 0.2, 0.75, 3.0) == pytest.approx(40 * 1.15 + 3)
    assert weekly_demand(36.0, 0.9, 0.4, 0.25, 0.0) == pytest.approx(36 * 0.8)


def test_demand_varies_evenly_around_the_workload():
    draws = [(step + 0.5) / 1_000 for step in range(1_000)]
    demands = [weekly_demand(36.0, 1.0, 0.2, draw, 0.0) for draw in draws]
    assert sum(demands) / 1_000 == pytest.approx(36.0)
    assert max(demands) - min(demands) == pytest.approx(0.2 * 36, rel=2e-3)


def test_overload_is_the_share_of_capacity_by_which_demand_exceeds_it_after_buffering():
    assert overload(50.0, 40.0, 0.2) == pytest.approx(0.2)
    assert overload(60.0, 40.0, 0.0) == pytest.approx(0.5)
    assert overload(60.0, 40.0, 1.0) == 0.0
    assert overload(40.0, 40.0, 0.2) == overload(10.0, 40.0, 0.2) == 0.0


@given(hours, hours, hours, unit, unit)
def test_demand_raises_overload_and_buffering_lowers_it(capacity, d0, d1, b0, b1):
    (calm, busy), (little, much) = sorted((d0, d1)), sorted((b0, b1))
    worst = overload(busy, capacity, little)
    assert 0 <= overload(calm, capacity, little) <= worst
    assert 0 <= overload(busy, capacity, much) <= worst


# ---- burnout (E15) ----


def test_burnout_grows_with_overload_where_it_is_not_safe_and_heals_by_itself():
    assert revised_burnout(0.4, 0.5, 0.6, 0.1, 0.02) == pytest.approx(0.4 + 0.1 * 0.5 * 0.6 * 0.7 - 0.008)
    assert revised_burnout(0.2, 1.0, 0.0, 0.2, 0.0) == pytest.approx(0.36)
    assert revised_burnout(0.2, 1.0, 1.0, 0.2, 0.0) == pytest.approx(0.28)


def test_without_overload_burnout_heals_at_its_own_rate():
    burnout = 0.6
    for _ in range(26):
        burnout = revised_burnout(burnout, 0.0, 0.5, 0.12, 0.02)
    assert burnout == pytest.approx(0.6 * 0.98**26)


@pytest.mark.parametrize(("overloaded", "safety"), [(0.1, 0.5), (0.5, 0.0), (0.02, 1.0)])
def test_steady_overload_settles_burnout_where_growth_equals_healing(overloaded, safety):
    burnout = 0.1
    for _ in range(3_000):
        burnout = revised_burnout(burnout, overloaded, safety, 0.12, 0.02)
    growth = 0.12 * overloaded * (1 - safety / 2)
    assert burnout == pytest.approx(growth / (growth + 0.02))


@given(unit, unit, unit, unit, unit, unit, unit)
def test_burnout_stays_a_share_which_overload_raises_and_safety_buffers(burnout, o0, o1, s0, s1, rate, recovery):
    (calm, busy), (unsafe, safe) = sorted((o0, o1)), sorted((s0, s1))
    worst = revised_burnout(burnout, busy, unsafe, rate, recovery)
    assert -1e-12 <= revised_burnout(burnout, calm, unsafe, rate, recovery) <= worst + 1e-12 <= 1 + 2e-12
    assert revised_burnout(burnout, busy, safe, rate, recovery) <= worst + 1e-12


@given(unit, st.floats(0, 4), unit, unit, unit)
def test_burnout_stays_a_share_however_far_demand_exceeds_capacity(burnout, overloaded, safety, rate, recovery):
    assert -1e-12 <= revised_burnout(burnout, overloaded, safety, rate, recovery) <= 1 + 1e-12


# ---- turnover (E16) ----


def test_turnover_at_middling_burnout_is_the_yearly_rate_spread_over_the_weeks():
    assert turnover_chance(0.26, 0.25, 1.0) == pytest.approx(0.005)
    assert turnover_chance(0.52, 0.25, 0.0) == pytest.approx(0.01)


def test_burnout_scales_turnover_around_a_quarter():
    assert turnover_chance(0.26, 0.65, 1.0) == pytest.approx(0.005 * 1.4)
    assert turnover_chance(0.26, 0.05, 2.0) == pytest.approx(0.005 * 0.6)


def test_turnover_is_never_negative_nor_beyond_certain():
    assert turnover_chance(0.26, 0.0, 8.0) == 0.0
    assert turnover_chance(52.0, 1.0, 4.0) == 1.0
    assert turnover_chance(26.0, 0.25, 4.0) == pytest.approx(0.5)


def test_yearly_turnover_at_the_start_lies_in_the_range_found_in_care():
    # Skills for Care and NHS: 10–33 % a year
    weekly = turnover_chance(DEFAULTS.staff_turnover, Parameters().population.burnout, DEFAULTS.turnover_burnout)
    assert 0.10 <= 1 - (1 - weekly) ** 52 <= 0.33
