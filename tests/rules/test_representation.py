"""Representation: who is asked to take an empty seat, and the ties through which people are found (E1, E18)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coprod_abm.rules.representation import (
    RepresentationRule,
    faded_tie,
    invitation_weight,
    seat_quota,
    strengthened_tie,
)

unit = st.floats(0, 1)
SELDOM_ASKED = 1e-6  # only when nobody of a group short of seats is in the pool


def weight(rule: RepresentationRule, **facts: float) -> float:
    usual = {
        "join_chance": 0.2, "tie": 0.5, "tenure": 10, "standing": 0.5, "group_at_table": 0.25, "seats_short": 1.0,
        "tie_pull": 2.0, "homophily": 0.6,
    }  # fmt: skip
    assert usual.keys() >= facts.keys()
    return invitation_weight(rule, **(usual | facts))


# ---- quotas ----


def test_a_quota_lies_between_the_population_share_and_an_equal_share():
    assert seat_quota(0.8, 3, 0.0) == 0.8
    assert seat_quota(0.8, 4, 1.0) == pytest.approx(0.25)
    assert seat_quota(0.8, 4, 0.4) == pytest.approx(0.58)
    assert seat_quota(0.1, 4, 0.4) == pytest.approx(0.16)


@given(unit, unit, unit)
def test_quotas_share_out_all_seats_and_no_more(one, other, equality):
    low, high = sorted((one, other))
    groups = low, high - low, 1 - high
    assert sum(seat_quota(share, 3, equality) for share in groups) == pytest.approx(1.0)


# ---- whom a project asks ----


@given(unit, unit, st.integers(0, 300), st.floats(-1, 2), unit, st.floats(-3, 3))
def test_sortition_asks_everyone_alike(join, tie, tenure, standing, at_table, short):
    everyone = invitation_weight(RepresentationRule.sortition, join, tie, tenure, standing, at_table, short, 2.0, 0.5)
    assert everyone == 1.0


def test_stratified_seats_go_to_groups_that_are_short_of_them():
    assert weight(RepresentationRule.stratified, seats_short=0.2) == 1.0
    assert weight(RepresentationRule.stratified, seats_short=0.0) == pytest.approx(SELDOM_ASKED)
    assert weight(RepresentationRule.stratified, seats_short=-2.0) == pytest.approx(SELDOM_ASKED)


@given(unit, unit, st.integers(0, 300), st.floats(-1, 2), unit)
def test_stratification_looks_at_nothing_but_the_group(join, tie, tenure, standing, at_table):
    facts = join, tie, tenure, standing, at_table
    assert invitation_weight(RepresentationRule.stratified, *facts, 0.5, 2.0, 0.5) == 1.0


def test_delegates_are_known_and_well_thought_of_members_of_groups_short_of_seats():
    assert weight(RepresentationRule.delegate, standing=0.5, tie=0.5) == pytest.approx(1.5 * 2.0)
    assert weight(RepresentationRule.delegate, standing=-0.7, tie=0.25) == pytest.approx(1.5)
    assert weight(RepresentationRule.delegate, standing=0.0, tie=0.0) == 1.0
    assert weight(RepresentationRule.delegate, seats_short=0.0, tie=0.0) == pytest.approx(SELDOM_ASKED * 1.5)


def test_self_selection_asks_by_readiness_to_join_and_by_ties():
    known = 1 + 2.0 * 0.5 * (0.4 + 0.6 * 0.25)
    assert weight(RepresentationRule.self_selected, join_chance=0.2) == pytest.approx(0.2 * known)
    assert weight(RepresentationRule.self_selected, join_chance=0.3, tie=0.0) == pytest.approx(0.3)


def test_the_usual_suspects_are_asked_the_more_the_longer_they_have_served():
    known = 1 + 2.0 * 0.5 * (0.4 + 0.6 * 0.25)
    assert weight(RepresentationRule.usual_suspects, tenure=10) == pytest.approx(11 * known)
    assert weight(RepresentationRule.usual_suspects, tenure=0) == pytest.approx(known)
    assert weight(RepresentationRule.usual_suspects, join_chance=0.9) == weight(RepresentationRule.usual_suspects)


SOCIAL = st.sampled_from((RepresentationRule.self_selected, RepresentationRule.usual_suspects))


@given(SOCIAL, unit, unit, unit, unit, unit)
def test_homophily_keeps_out_groups_that_are_not_at_the_table(rule, tie, one, other, less, more):
    few, many = sorted((one, other))
    less, more = sorted((less, more))
    out = weight(rule, tie=tie, group_at_table=few, homophily=more)
    assert 0 <= out <= weight(rule, tie=tie, group_at_table=many, homophily=more)
    assert out <= weight(rule, tie=tie, group_at_table=few, homophily=less)


def test_without_homophily_the_group_does_not_matter_and_with_all_of_it_ties_alone_do_not_help():
    rule = RepresentationRule.self_selected
    assert weight(rule, homophily=0.0, group_at_table=0.0) == weight(rule, homophily=0.0, group_at_table=1.0)
    assert weight(rule, homophily=1.0, group_at_table=0.0) == weight(rule, tie=0.0)


# ---- ties ----


def test_ties_grow_by_the_same_share_of_what_is_missing():
    tie = 0.0
    for _ in range(5):
        tie = strengthened_tie(tie, 0.2)
    assert tie == pytest.approx(1 - 0.8**5)


def test_ties_fade_by_the_same_share_every_month():
    tie = 0.9
    for _ in range(12):
        tie = faded_tie(tie, 0.05)
    assert tie == pytest.approx(0.9 * 0.95**12)


@given(unit, unit)
def test_ties_stay_between_none_and_full(tie, rate):
    assert tie <= strengthened_tie(tie, rate) + 1e-15 <= 1 + 2e-15
    assert 0 <= faded_tie(tie, rate) <= tie
