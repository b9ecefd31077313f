"""Reciprocity: what taking part costs and pays, and how effort answers the effort of others (E1, E2, E9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coprod_abm.parameters import Parameters
from coprod_abm.rules.participation import time_gap
from coprod_abm.rules.reciprocity import Contribution, available_hours, effort, revised_expectation

unit = st.floats(0, 1)
hours = st.floats(0, 20)


# ---- time (Jakobsen 2013) ----


def test_unmet_costs_take_a_third_of_a_citizens_time_and_payment_frees_some():
    assert available_hours(3.0, 0.0, 1.0, 0.0, 0.01, 0.5) == pytest.approx(3.0)
    assert available_hours(3.0, 0.0, 0.0, 0.0, 0.01, 0.5) == pytest.approx(2.0)
    assert available_hours(6.0, 0.0, 0.5, 0.0, 0.01, 0.5) == pytest.approx(5.0)
    assert available_hours(3.0, 20.0, 1.0, 0.0, 0.04, 0.5) == pytest.approx(3.8)


@given(hours, hours, st.floats(0, 60), unit, unit, st.floats(0, 0.05))
def test_expenses_and_payment_never_cost_time(few, many, payment, little, much, freed):
    few, many = sorted((few, many))
    little, much = sorted((little, much))
    assert (
        0
        <= available_hours(few, payment, little, 0.0, freed, 0.5)
        <= available_hours(many, payment, little, 0.0, freed, 0.5)
    )
    assert available_hours(few, payment, little, 0.0, freed, 0.5) <= available_hours(
        few, payment, much, 0.0, freed, 0.5
    )
    assert available_hours(few, 0.0, little, 0.0, freed, 0.5) <= available_hours(few, payment, little, 0.0, freed, 0.5)


def test_payment_closes_the_time_gap_most_for_those_who_have_least_time():
    # Jakobsen 2013: giving resources raises participation most among those in greatest need
    def closed(own_hours: float) -> float:
        paid, unpaid = (available_hours(own_hours, pay, 0.5, 0.0, 0.04, 0.5) for pay in (30.0, 0.0))
        return time_gap(paid, 3.0) - time_gap(unpaid, 3.0)

    assert closed(1.0) > closed(3.0) > closed(5.0) == 0.0


# ---- effort (E9) ----


def test_free_riders_give_nothing_and_unconditional_cooperators_what_they_always_give():
    assert effort(Contribution.free_rider, 1.0, 1.0, 0.0, 0.3, 0.8, 0.5) == 0.0
    assert effort(Contribution.unconditional, 0.0, 1.0, 0.0, 0.3, 0.8, 0.5) == 0.5
    assert effort(Contribution.unconditional, 1.0, 1.0, 0.0, 0.3, 0.8, 0.7) == 0.7


def test_conditional_cooperators_match_what_they_expect_of_others():
    assert effort(Contribution.conditional, 0.5, 1.0, 0.0, 0.1, 0.8, 0.9) == pytest.approx(0.5)
    assert effort(Contribution.conditional, 0.0, 1.0, 0.0, 0.1, 0.8, 0.9) == pytest.approx(0.1)
    assert effort(Contribution.conditional, 1.0, 1.0, 0.0, 0.5, 0.8, 0.9) == 1.0


def test_effort_takes_free_time_and_strength():
    assert effort(Contribution.unconditional, 0.5, 0.6, 0.25, 0.1, 0.8, 0.5) == pytest.approx(0.5 * 0.6 * 0.75)
    assert effort(Contribution.conditional, 0.5, 0.5, 0.5, 0.1, 0.8, 0.5) == pytest.approx(0.125)


@given(st.sampled_from(Contribution), unit, unit, unit, unit, unit, unit, unit)
def test_effort_is_a_share_that_burnout_never_raises(kind, expected, time, one, other, base, matching, given_always):
    rested, burnt = sorted((one, other))
    fresh = effort(kind, expected, time, rested, base, matching, given_always)
    assert 0 <= effort(kind, expected, time, burnt, base, matching, given_always) <= fresh <= 1


@given(unit, unit, unit, unit)
def test_expecting_more_of_others_never_lowers_a_conditional_cooperators_effort(one, other, base, matching):
    little, much = sorted((one, other))
    low, high = (effort(Contribution.conditional, e, 1.0, 0.0, base, matching, 0.5) for e in (little, much))
    assert low <= high


# ---- expectations ----


def test_expectations_move_towards_what_others_do():
    assert revised_expectation(0.5, 0.3, 0.5) == pytest.approx(0.4)
    assert revised_expectation(0.2, 0.7, 0.2) == pytest.approx(0.3)
    assert revised_expectation(0.9, 0.1, 0.0) == 0.9
    assert revised_expectation(0.9, 0.1, 1.0) == pytest.approx(0.1)


def settled_effort(conditional: float, unconditional: float, slope: float, weeks: int = 600) -> float:
    """Mean effort of a large group without other limits, each expecting what the others did."""
    expected = 0.8
    for _ in range(weeks):
        conditionals = effort(Contribution.conditional, expected, 1.0, 0.0, 0.0, slope, 0.5)
        always = effort(Contribution.unconditional, expected, 1.0, 0.0, 0.0, slope, 0.5)
        mean = conditional * conditionals + unconditional * always
        expected = revised_expectation(expected, mean, 0.2)
    return mean


@pytest.mark.parametrize(("q", "u", "slope"), [(0.5, 0.2, 0.8), (0.5, 0.2, 0.4), (0.3, 0.5, 0.9), (0.9, 0.1, 0.95)])
def test_mean_effort_settles_at_half_the_unconditional_share_over_one_minus_q_times_slope(q, u, slope):
    assert settled_effort(q, u, slope) == pytest.approx(u / 2 / (1 - q * slope))


def test_cooperation_unravels_where_matching_is_imperfect_and_nobody_gives_unconditionally():
    # Fischbacher & Gächter 2010
    assert settled_effort(1.0, 0.0, Parameters().reciprocity.matching) < 1e-6
    assert settled_effort(1.0, 0.0, 1.0) == pytest.approx(0.8)


def test_time_credits_free_time_beside_payment():
    assert available_hours(3.0, 0.0, 1.0, 1.0, 0.04, 0.75) == pytest.approx(3.75)
    assert available_hours(3.0, 10.0, 1.0, 0.5, 0.04, 0.8) == pytest.approx(3.8)
    assert available_hours(3.0, 0.0, 1.0, 0.0, 0.04, 0.75) == 3.0
