"""Leadership: facilitation levels the floor and makes it safe; sponsors let changes happen (E3, E10)."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coprod_abm.draws import STREAM, uniform
from coprod_abm.parameters import Parameters
from coprod_abm.rules.leadership import (
    compressed_status,
    implementation_chance,
    is_filled,
    is_promise_broken,
    levelled,
    mean_support,
    meeting_hours,
    neglected,
    recovered_support,
    revised_safety,
    rewarded_effort,
    shared_lead,
)

DEFAULTS = Parameters().leadership
unit = st.floats(0, 1)
slope = st.floats(0, 8)


def log_odds(chance: float) -> float:
    return math.log(chance / (1.0 - chance))


# ---- the floor ----


def test_facilitation_and_style_scale_the_floor_gradient():
    assert levelled(2.0, 0.5, 0.7, 1.5) == pytest.approx(2.0 * 0.65 * 1.5)
    assert levelled(1.9, 0.0, 0.7, 1.0) == 1.9
    assert levelled(1.9, 1.0, 1.0, 1.5) == 0.0


@given(st.floats(0, 5), unit, unit, unit, st.floats(0, 2))
def test_facilitation_never_steepens_the_floor_and_a_directive_style_never_flattens_it(
    gradient, one, other, levelling, style
):
    little, much = sorted((one, other))
    assert 0 <= levelled(gradient, much, levelling, style) <= levelled(gradient, little, levelling, style)
    assert levelled(gradient, much, levelling, style) <= levelled(gradient, much, levelling, style + 0.5)


def test_shared_leadership_keeps_the_rooms_mean_status_and_shrinks_its_differences():
    room = [-0.2, 0.0, 0.1, 0.9, 1.0, 1.4]
    mean = statistics.fmean(room)
    compressed = [compressed_status(status, mean, 0.25) for status in room]
    assert statistics.fmean(compressed) == pytest.approx(mean)
    assert statistics.pstdev(compressed) == pytest.approx(0.75 * statistics.pstdev(room))
    assert compressed == sorted(compressed)


def test_full_sharing_makes_all_equal_and_none_changes_nothing():
    assert compressed_status(1.4, 0.6, 1.0) == pytest.approx(0.6)
    assert compressed_status(1.4, 0.6, 0.0) == 1.4


# ---- psychological safety ----


def safety_after(meetings: int, start: float, facilitation: float, style: float) -> float:
    safety = start
    for _ in range(meetings):
        safety = revised_safety(safety, facilitation, 0.5, 0.0, 0.3, 0.3, 0.4, style, 0.15)
    return safety


def test_safety_settles_at_four_tenths_plus_facilitation_plus_style():
    assert safety_after(200, 0.1, 0.8, 0.05) == pytest.approx(0.4 + 0.24 + 0.05)
    assert safety_after(200, 0.9, 0.0, -0.15) == pytest.approx(0.25)


def test_safety_nears_its_level_by_the_same_share_every_meeting():
    assert 0.4 - safety_after(7, 0.1, 0.0, 0.0) == pytest.approx(0.3 * 0.85**7)


@given(unit, unit, unit, unit, st.floats(-0.5, 0.5), unit, unit)
def test_leader_inclusiveness_raises_safety_which_stays_a_share(safety, one, other, fair, style, effect, rate):
    # Nembhard & Edmondson 2006
    little, much = sorted((one, other))
    after = revised_safety(safety, much, fair, 0.0, effect, 0.3, 0.4, style, rate)
    assert 0 <= after <= 1
    assert after >= revised_safety(safety, little, fair, 0.0, effect, 0.3, 0.4, style, rate)


@given(unit, unit, unit, unit, unit, unit)
def test_fair_meetings_are_safer_next_time(safety, facilitation, one, other, effect, rate):
    unfair, fair = sorted((one, other))
    after = revised_safety(safety, facilitation, fair, 0.0, 0.3, effect, 0.4, 0.0, rate)
    assert after >= revised_safety(safety, facilitation, unfair, 0.0, 0.3, effect, 0.4, 0.0, rate)


def test_fairness_of_one_half_leaves_safety_where_facilitation_and_style_put_it():
    assert revised_safety(0.9, 0.0, 0.5, 0.0, 0.3, 1.0, 0.4, 0.0, 1.0) == pytest.approx(0.4)
    assert revised_safety(0.9, 0.0, 0.8, 0.0, 0.3, 0.5, 0.4, 0.0, 1.0) == pytest.approx(0.55)


def test_safety_has_a_floor_and_a_ceiling():
    assert revised_safety(0.5, 1.0, 0.5, 0.0, 1.0, 0.3, 0.4, 0.5, 1.0) == 1.0
    assert revised_safety(0.5, 0.0, 0.5, 0.0, 1.0, 0.3, 0.4, -0.5, 1.0) == 0.0


# ---- sponsors, implementation, promises ----


def test_support_recovers_by_half_in_about_eight_months():
    support, weeks = DEFAULTS.support * DEFAULTS.sponsor_remainder, 0
    half_way = (support + DEFAULTS.support) / 2
    while support < half_way:
        support, weeks = recovered_support(support, DEFAULTS.support, DEFAULTS.support_recovery), weeks + 1
    assert 7.5 <= weeks / 4.345 <= 8.5


def test_support_moves_towards_its_level_from_both_sides():
    assert recovered_support(0.2, 0.7, 0.1) == pytest.approx(0.25)
    assert recovered_support(0.9, 0.7, 0.5) == pytest.approx(0.8)
    assert recovered_support(0.4, 0.0, 0.25) == pytest.approx(0.3)


def test_the_log_odds_of_implementation_add_support_effort_and_buy_in_and_take_off_burnout():
    chance = implementation_chance(0.7, 0.4, 0.25, 0.3, -1.0, 2.5, 2.0, 1.2, 1.5)
    assert log_odds(chance) == pytest.approx(-1.0 + 2.5 * 0.2 + 2.0 * 0.4 + 1.2 * 0.25 - 1.5 * 0.3)


@given(unit, unit, unit, unit, st.floats(-1, 1), st.floats(-1, 1), unit, unit, slope, slope, slope, slope)
def test_support_effort_and_buy_in_speed_implementation_and_burnout_slows_it(
    s0, s1, e0, e1, b0, b1, x0, x1, by_support, by_effort, by_buy_in, by_burnout
):
    # ESTHER 2023 (support), Green 2020 (steps are dropped under load)
    slopes = -3.2, by_support, by_effort, by_buy_in, by_burnout
    low = min(s0, s1), min(e0, e1), min(b0, b1), max(x0, x1)
    high = max(s0, s1), max(e0, e1), max(b0, b1), min(x0, x1)
    best = implementation_chance(*high, *slopes)
    assert 0 <= best <= 1
    for worse in range(4):
        states = [low[place] if place == worse else high[place] for place in range(4)]
        assert implementation_chance(*states, *slopes) <= best


def test_losing_the_sponsor_costs_most_of_the_chance_to_implement():
    def weekly(support: float) -> float:
        return implementation_chance(
            support, 0.3, 0.3, 0.25, DEFAULTS.implementation_base, DEFAULTS.implementation_support,
            DEFAULTS.implementation_effort, DEFAULTS.implementation_buy_in, DEFAULTS.implementation_burnout,
        )  # fmt: skip

    assert weekly(DEFAULTS.support * DEFAULTS.sponsor_remainder) < 0.5 * weekly(DEFAULTS.support)


def test_a_promise_is_broken_once_it_has_waited_longer_than_allowed():
    assert not is_promise_broken(0, 78.0)
    assert not is_promise_broken(78, 78.0)
    assert is_promise_broken(79, 78.0)


# ---- shared lead, time, neglect, reward, roles ----


def test_members_lead_themselves_by_the_mean_of_direction_alignment_and_commitment():
    assert shared_lead(0.9, 0.6, 0.3, 1.0) == pytest.approx(0.6)
    assert shared_lead(0.9, 0.6, 0.3, 0.5) == pytest.approx(0.3)
    assert shared_lead(0.9, 0.6, 0.3, 0.0) == 0.0
    assert shared_lead(1.0, 1.0, 1.0, 1.0) == pytest.approx(1.0)
    for one in ((0.9, 0.0, 0.0), (0.0, 0.9, 0.0), (0.0, 0.0, 0.9)):
        assert shared_lead(*one, 1.0) == pytest.approx(0.3)


def test_a_shared_lead_makes_meetings_safe_in_proportion():
    levels = [revised_safety(0.4, 0.0, 0.5, lead, 0.3, 0.3, 0.4, 0.0, 1.0) for lead in (0.0, 0.25, 0.5)]
    assert levels == pytest.approx([0.4, 0.5, 0.6])


def test_facilitation_takes_its_share_of_extra_time():
    assert meeting_hours(3.0, 1.0, 0.1) == pytest.approx(3.3)
    assert meeting_hours(2.0, 0.5, 0.4) == pytest.approx(2.4)
    assert meeting_hours(3.0, 0.0, 0.1) == 3.0


def test_neglect_wears_safety_and_support_away_month_by_month():
    assert neglected(0.5, 0.2) == pytest.approx(0.4)
    assert neglected(0.5, 0.0) == 0.5
    after = 1.0
    for _ in range(14):
        after = neglected(after, 0.05)
    assert after == pytest.approx(0.95**14)


def test_a_reward_goes_to_those_who_meet_the_standard():
    assert rewarded_effort(0.3, 0.2, 0.25) == pytest.approx(0.55)
    assert rewarded_effort(0.2, 0.2, 0.25) == pytest.approx(0.45)
    assert rewarded_effort(0.19, 0.2, 0.25) == 0.19
    assert rewarded_effort(0.9, 0.2, 0.25) == 1.0


@pytest.mark.parametrize(
    ("filled", "wanted", "lot", "after"),
    [
        (True, 1.0, 0.05, False),
        (True, 1.0, 0.1, True),
        (True, 1.0, 0.9, True),
        (False, 1.0, 0.05, True),
        (False, 1.0, 0.29, True),
        (False, 1.0, 0.3, False),
        (True, 0.0, 0.9, False),
        (False, 0.0, 0.05, False),
        (True, 0.01, 0.9, True),
    ],
)
def test_a_role_is_left_filled_again_or_removed(filled, wanted, lot, after):
    assert is_filled(filled, wanted, 0.1, 0.3, lot) is after


def test_support_on_average_is_what_losses_vacancies_and_recovery_leave():
    # two states, worked out by hand: filled 3/4 of the time, balance .02(.8·.75 − m) = .02·.75·m, vacancies add .25·.02/.06
    led = 0.02 * 0.8 * 0.75 / (0.02 + 0.02 * 0.75)
    assert mean_support(0.8, 0.02, 0.25, 0.02, 0.06) == pytest.approx(led * (1 + 0.02 * 0.25 / 0.06))
    assert mean_support(0.8, 0.0, 0.25, 0.02, 0.06) == 0.8
    assert mean_support(0.8, 0.02, 0.25, 0.0, 0.06) == 0.8
    assert mean_support(0.8, 0.02, 0.25, 0.02, 0.0) == pytest.approx(0.2)


def test_support_on_average_is_that_of_many_weeks_of_coming_and_going():
    lots = [uniform(1, STREAM.shock, 5, week, 0) for week in range(200_000)]
    support, here, total = 0.7, True, 0.0
    for lot in lots:
        was, here = here, is_filled(here, 1.0, 0.02, 0.1, lot)
        if was and not here:
            support *= 0.3
        elif here:
            support = recovered_support(support, 0.7, 0.02)
        total += support
    assert total / len(lots) == pytest.approx(mean_support(0.7, 0.02, 0.3, 0.02, 0.1), rel=0.03)
