"""Trust: fairness as it is felt, and the trust, openness and satisfaction that follow from it (E12, E14)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coprod_abm.draws import STREAM, uniform
from coprod_abm.parameters import Parameters
from coprod_abm.rules.trust import drifted_trust, encounter_felt, fairness, regard, revised_satisfaction, revised_trust

DEFAULTS = Parameters().trust
SLOPES = (
    DEFAULTS.fairness_base,
    DEFAULTS.fairness_voice,
    DEFAULTS.fairness_outcome,
    DEFAULTS.fairness_delivery,
    DEFAULTS.fairness_feedback,
    DEFAULTS.fairness_broken,
)
unit = st.floats(0, 1)


# ---- fairness (E12) ----


def test_fairness_adds_voice_outcome_delivery_and_feedback_and_takes_off_broken_promises():
    felt = fairness(0.5, 1.0, 0.4, 0.8, 0.25, 0.1, 0.3, 0.2, 0.15, 0.1, 0.4)
    assert felt == pytest.approx(0.1 + 0.15 + 0.2 + 0.06 + 0.08 - 0.1)


def test_fairness_is_never_below_none_nor_above_full():
    assert fairness(0.0, 0.0, 0.0, 0.0, 1.0, 0.1, 0.3, 0.2, 0.1, 0.1, 0.9) == 0.0
    assert fairness(1.0, 1.0, 1.0, 1.0, 0.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.3) == 1.0


@given(unit, unit, unit, unit, unit, unit, unit, unit, unit, unit)
def test_each_part_of_fairness_has_its_sign(v0, v1, o0, o1, d0, d1, f0, f1, x0, x1):
    best = max(v0, v1), max(o0, o1), max(d0, d1), max(f0, f1), min(x0, x1)
    worst = min(v0, v1), min(o0, o1), min(d0, d1), min(f0, f1), max(x0, x1)
    felt = fairness(*best, *SLOPES)
    assert 0 <= felt <= 1
    for worse in range(5):
        parts = [worst[place] if place == worse else best[place] for place in range(5)]
        assert fairness(*parts, *SLOPES) <= felt


def test_voice_raises_fairness_even_where_it_does_not_change_the_decision():
    # Lind 1990
    assert fairness(1.0, 0.0, 0.5, 0.0, 0.0, *SLOPES) > fairness(0.0, 0.0, 0.5, 0.0, 0.0, *SLOPES)


def test_being_heard_and_overruled_feels_fairer_than_winning_without_a_voice():
    assert fairness(1.0, 0.0, 0.5, 0.0, 0.0, *SLOPES) > fairness(0.0, 1.0, 0.5, 0.0, 0.0, *SLOPES)


# ---- trust (E14) ----


def test_a_positive_event_gains_a_share_of_what_is_missing_and_a_negative_one_costs_k_times_that_share():
    assert revised_trust(0.6, True, 0.1, 2.0) == pytest.approx(0.64)
    assert revised_trust(0.6, False, 0.1, 2.0) == pytest.approx(0.48)
    assert revised_trust(0.6, False, 0.1, 1.0) == pytest.approx(0.54)


@given(unit, st.booleans(), unit, st.floats(1, 4))
def test_trust_stays_a_share_and_moves_the_way_of_the_event(trust, positive, gain, asymmetry):
    after = revised_trust(trust, positive, gain, asymmetry)
    assert 0 <= after <= 1
    assert after >= trust if positive else after <= trust


def test_one_breach_can_cost_all_trust_and_never_more():
    assert revised_trust(0.8, False, 0.5, 4.0) == 0.0


@given(st.floats(0.01, 0.2), st.floats(1.01, 4))
def test_negative_events_weigh_more_from_middling_trust(gain, asymmetry):
    assert 0.5 - revised_trust(0.5, False, gain, asymmetry) > revised_trust(0.5, True, gain, asymmetry) - 0.5


def fixed_point(positive: float, asymmetry: float) -> float:
    return positive / (positive + asymmetry * (1 - positive))


@pytest.mark.parametrize("positive", [0.1, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("asymmetry", [1.0, 2.0, 4.0])
def test_expected_trust_settles_at_p_over_p_plus_k_times_one_minus_p(positive, asymmetry):
    trust = 0.3
    for _ in range(2_000):
        up, down = (revised_trust(trust, event, 0.06, asymmetry) for event in (True, False))
        trust = positive * up + (1 - positive) * down
    assert trust == pytest.approx(fixed_point(positive, asymmetry))


@pytest.mark.parametrize(("positive", "asymmetry"), [(0.7, 2.0), (0.4, 1.0), (0.9, 4.0)])
def test_simulated_trust_settles_at_the_fixed_point(positive, asymmetry):
    # 2,000 people over 150 events with fixed draws; two-sided 99.9 % interval from the exact stationary variance
    gain, people = 0.1, 2_000
    total = 0.0
    for person in range(people):
        trust = 0.5
        for week in range(150):
            event = uniform(5, STREAM.meeting_trust, person, week, 0) < positive
            trust = revised_trust(trust, event, gain, asymmetry)
        total += trust
    expected = fixed_point(positive, asymmetry)
    kept, left = (1 - gain), (1 - asymmetry * gain)
    square = positive * (2 * kept * gain * expected + gain**2) / (1 - positive * kept**2 - (1 - positive) * left**2)
    error = math.sqrt((square - expected**2) / people)
    assert abs(total / people - expected) < 3.29 * error


def test_institutional_trust_drifts_towards_the_share_of_needs_met():
    assert drifted_trust(0.5, 0.7, 0.1) == pytest.approx(0.52)
    assert drifted_trust(0.9, 0.4, 0.2) == pytest.approx(0.8)
    assert drifted_trust(0.9, 0.4, 0.0) == 0.9
    trust = 0.1
    for _ in range(60):
        trust = drifted_trust(trust, 0.6, 0.05)
    assert 0.6 - trust == pytest.approx(0.5 * 0.95**60)


# ---- satisfaction and regard ----


def test_satisfaction_follows_what_was_felt():
    assert revised_satisfaction(0.5, 1.0, 0.1) == pytest.approx(0.55)
    assert revised_satisfaction(0.8, 0.3, 0.2) == pytest.approx(0.7)
    assert revised_satisfaction(0.8, 0.3, 1.0) == pytest.approx(0.3)


@given(unit, unit, unit)
def test_satisfaction_and_drifting_trust_end_between_where_they_were_and_where_they_are_drawn(state, target, rate):
    low, high = sorted((state, target))
    for rule in (revised_satisfaction, drifted_trust):
        assert low - 1e-12 <= rule(state, target, rate) <= high + 1e-12


@pytest.mark.parametrize("role", range(3))
def test_peers_hold_each_other_in_neutral_regard(role):
    assert regard(role, role, 0.9, 0.1) == 0.5


@pytest.mark.parametrize("listener", [1, 2])
def test_staff_hear_citizens_with_their_openness(listener):
    assert regard(listener, 0, 0.9, 0.1) == 0.1


@pytest.mark.parametrize(("listener", "speaker"), [(0, 1), (0, 2), (1, 2), (2, 1)])
def test_everyone_hears_other_roles_with_trust(listener, speaker):
    assert regard(listener, speaker, 0.9, 0.1) == 0.9


def test_an_encounter_is_felt_by_how_it_went_and_by_what_the_service_does_for_one():
    assert encounter_felt(1.0, 0.6, 0.25) == pytest.approx(0.9)
    assert encounter_felt(0.0, 0.6, 0.25) == pytest.approx(0.15)
    assert encounter_felt(1.0, 0.2, 0.0) == 1.0
    assert encounter_felt(1.0, 0.2, 1.0) == pytest.approx(0.2)
