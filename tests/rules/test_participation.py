"""Participation: meeting a professional, joining, attending and leaving (E0, E1, E2, E16)."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coprod_abm.parameters import Parameters
from coprod_abm.rules.participation import (
    attend_chance,
    end_chance,
    exit_chance,
    is_meeting_due,
    join_chance,
    meeting_interval,
    shared_encounter_chance,
    time_gap,
)

DEFAULTS = Parameters().participation
unit = st.floats(0, 1)
slope = st.floats(0, 8)
positive_hours = st.floats(0.5, 80)


def log_odds(chance: float) -> float:
    return math.log(chance / (1.0 - chance))


# ---- the encounter (E0) ----


def test_a_professional_shares_power_by_openness_strength_left_and_time():
    assert shared_encounter_chance(0.8, 0.25, 40.0, 30.0) == pytest.approx(0.6)
    assert shared_encounter_chance(0.8, 0.25, 40.0, 50.0) == pytest.approx(0.48)
    assert shared_encounter_chance(1.0, 0.0, 36.0, 72.0) == pytest.approx(0.5)


@given(unit, unit, unit, unit, positive_hours, positive_hours, positive_hours)
def test_openness_raises_sharing_while_burnout_and_demand_lower_it(o0, o1, b0, b1, capacity, d0, d1):
    (closed, open_), (rested, burnt), (calm, busy) = sorted((o0, o1)), sorted((b0, b1)), sorted((d0, d1))
    best = shared_encounter_chance(open_, rested, capacity, calm)
    assert 0 <= best <= 1
    assert shared_encounter_chance(closed, rested, capacity, calm) <= best
    assert shared_encounter_chance(open_, burnt, capacity, calm) <= best
    assert shared_encounter_chance(open_, rested, capacity, busy) <= best


@given(positive_hours)
def test_demand_that_just_fills_capacity_costs_no_sharing(capacity):
    assert shared_encounter_chance(0.7, 0.0, capacity, capacity) == pytest.approx(0.7)
    assert shared_encounter_chance(0.7, 0.0, capacity, capacity * 1.0001) == pytest.approx(0.7, rel=1e-3)


# ---- joining (E1) ----


def joining(**facts: Any) -> float:
    """The chance that a citizen in middling circumstances joins, with the default parameters."""
    usual = {
        "efficacy": 0.5, "trust": 0.5, "need": 0.5, "gap": 0.0, "payment": 0.0, "seldom_heard": False,
        "base": DEFAULTS.join_base, "from_efficacy": DEFAULTS.join_efficacy, "from_trust": DEFAULTS.join_trust,
        "from_need": DEFAULTS.join_need, "from_time": DEFAULTS.join_time, "from_payment": DEFAULTS.join_payment,
        "barrier": DEFAULTS.join_barrier,
    }  # fmt: skip
    assert usual.keys() >= facts.keys()
    return join_chance(**(usual | facts))


def test_the_log_odds_of_joining_add_what_draws_people_and_take_off_what_keeps_them_away():
    drawn = join_chance(0.7, 0.8, 0.9, -0.5, 10.0, False, -1.0, 3.0, 1.5, 2.0, 1.2, 0.03, 0.6)
    assert log_odds(drawn) == pytest.approx(-1.0 + 3.0 * 0.2 + 1.5 * 0.3 + 2.0 * 0.4 - 1.2 * 0.5 + 0.03 * 10)
    seldom = join_chance(0.7, 0.8, 0.9, -0.5, 10.0, True, -1.0, 3.0, 1.5, 2.0, 1.2, 0.03, 0.6)
    assert log_odds(seldom) == pytest.approx(log_odds(drawn) - 0.6)


@given(unit, unit, st.sampled_from(("efficacy", "trust", "need", "payment")))
def test_efficacy_trust_unmet_need_and_payment_raise_joining(one, other, what):
    # Parrado 2013 (efficacy; better-met need lowers), Fledderus 2016 (trust)
    low, high = sorted((one, other))
    assert 0 <= joining(**{what: low}) <= joining(**{what: high}) <= 1


def test_efficacy_matters_more_for_joining_than_payment_does():
    assert joining(efficacy=0.6) / joining(efficacy=0.4) > joining(payment=20.0) / joining(payment=0.0) > 1


@given(unit, unit, unit)
def test_the_barrier_keeps_groups_seldom_heard_away(efficacy, trust, need):
    facts = {"efficacy": efficacy, "trust": trust, "need": need}
    assert joining(seldom_heard=True, **facts) < joining(seldom_heard=False, **facts)
    assert joining(seldom_heard=True, barrier=0.0, **facts) == joining(seldom_heard=False, barrier=0.0, **facts)


def test_one_to_twenty_of_a_hundred_people_invited_by_lot_accept():
    # Jacquet on sortition
    start = Parameters().population
    for gap in (0.0, -0.5):
        for seldom in (False, True):
            less = start.seldom_heard_gap if seldom else 0.0
            accepts = joining(
                efficacy=start.citizen_efficacy - less, trust=start.citizen_trust - less, gap=gap, seldom_heard=seldom
            )
            assert 0.01 <= accepts <= 0.20


# ---- time and attendance (E2) ----


def test_the_time_gap_is_the_share_of_the_time_needed_that_is_missing():
    assert time_gap(1.5, 3.0) == pytest.approx(-0.5)
    assert time_gap(0.0, 3.0) == -1.0
    assert time_gap(4.0, 5.0) == pytest.approx(-0.2)
    assert time_gap(3.0, 3.0) == time_gap(9.0, 3.0) == 0.0


@given(st.floats(0, 80), st.floats(0, 80), st.floats(0.5, 12))
def test_more_time_never_widens_the_gap(one, other, needed):
    little, much = sorted((one, other))
    assert -1 <= time_gap(little, needed) <= time_gap(much, needed) <= 0


def test_the_log_odds_of_attending_add_motives_and_take_off_lack_of_time_and_burnout():
    chance = attend_chance(0.6, 0.8, -0.5, 0.2, 1.2, 3.0, 2.0, 2.5)
    assert log_odds(chance) == pytest.approx(1.2 + 3.0 * 0.1 + 3.0 * 0.3 - 2.0 * 0.5 - 2.5 * 0.2)


@given(unit, unit, unit, unit, unit, unit, unit, unit, slope, slope, slope)
def test_the_able_and_trusting_attend_more_the_burnt_out_and_busy_less(
    e0, e1, t0, t1, g0, g1, b0, b1, motive, time, strain
):
    best = max(e0, e1), max(t0, t1), -min(g0, g1), min(b0, b1)
    worst = min(e0, e1), min(t0, t1), -max(g0, g1), max(b0, b1)
    chance = attend_chance(*best, 1.2, motive, time, strain)
    assert 0 <= chance <= 1
    for worse in range(4):
        states = [worst[place] if place == worse else best[place] for place in range(4)]
        assert attend_chance(*states, 1.2, motive, time, strain) <= chance


# ---- leaving (E16) ----


def test_the_log_odds_of_leaving_fall_with_each_reason_to_stay_and_rise_with_burnout():
    assert log_odds(exit_chance(0.6, 0.7, 0.8, 0.3, -3.0, 2.0)) == pytest.approx(-3.0 - 2 * (0.1 + 0.2 + 0.3) + 2 * 0.3)
    assert log_odds(exit_chance(0.2, 0.5, 0.5, 0.0, -4.0, 3.0)) == pytest.approx(-4.0 + 0.9)


@given(unit, unit, unit, unit, unit, unit, unit, unit, st.floats(0, 6))
def test_the_satisfied_able_and_trusting_stay_and_the_burnt_out_leave(s0, s1, e0, e1, t0, t1, b0, b1, motive):
    stay = max(s0, s1), max(e0, e1), max(t0, t1), min(b0, b1)
    go = min(s0, s1), min(e0, e1), min(t0, t1), max(b0, b1)
    least = exit_chance(*stay, -5.0, motive)
    assert 0 <= least <= 1
    for worse in range(4):
        states = [go[place] if place == worse else stay[place] for place in range(4)]
        assert exit_chance(*states, -5.0, motive) >= least


def test_about_a_quarter_of_citizen_members_leave_in_a_year():
    start = Parameters().population
    weekly = exit_chance(
        0.5, start.citizen_efficacy, start.citizen_trust, 0.0, DEFAULTS.exit_base, DEFAULTS.exit_motive
    )
    assert 0.15 <= 1 - (1 - weekly) ** 52 <= 0.35


# ---- meetings ----


def test_each_level_has_its_own_interval_between_meetings():
    assert [meeting_interval(level, 4.0, 6.0, 8.0) for level in range(3)] == [4, 6, 8]
    assert meeting_interval(0, 4.9, 6.0, 8.0) == 4  # whole weeks


@pytest.mark.parametrize("interval", [1, 4, 6, 26])
def test_a_project_meets_once_per_interval(interval):
    due = [week for week in range(1, 157) if is_meeting_due(week, interval, 1.0)]
    assert due == list(range(interval, 157, interval))


def test_projects_meet_only_where_the_switch_is_more_on_than_off():
    assert not is_meeting_due(8, 4, 0.0)
    assert not is_meeting_due(8, 4, 0.5)
    assert is_meeting_due(8, 4, 0.51)


# ---- the end of a project (E19) ----


def test_support_and_effort_keep_a_project_alive():
    assert log_odds(end_chance(0.5, 0.15, -7.0, 2.0, 3.0)) == pytest.approx(-7.0)
    assert log_odds(end_chance(1.0, 0.15, -7.0, 2.0, 3.0)) == pytest.approx(-8.0)
    assert log_odds(end_chance(0.5, 0.65, -7.0, 2.0, 3.0)) == pytest.approx(-8.5)
    assert log_odds(end_chance(0.0, 0.15, -7.0, 2.0, 3.0)) == pytest.approx(-6.0)


def test_at_the_defaults_about_four_projects_in_a_hundred_end_in_a_year():
    # Communities That Care 2008: 90 % alive at year 3, then 3-8 % a year
    chance = end_chance(0.6, 0.16, DEFAULTS.end_base, DEFAULTS.end_support, DEFAULTS.end_effort)
    assert 0.03 < 1 - (1 - chance) ** 52 < 0.05
