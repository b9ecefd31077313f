"""The service: thirty features, who can know them, and whom they matter to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coprod_abm.service import (
    CITIZEN,
    EXPERIENTIAL,
    FEATURES,
    GROUPS,
    LEADER,
    ORGANISATIONAL,
    PROFESSIONAL,
    TECHNICAL,
    agreement,
    features_of,
    goal_fulfilment,
    group_of,
    kind_of,
    need_weight,
)

sides = st.lists(st.sampled_from((-1, 1)), min_size=FEATURES, max_size=FEATURES)
views = st.lists(st.sampled_from((-1, 0, 1)), min_size=FEATURES, max_size=FEATURES)
group = st.integers(0, GROUPS - 1)


def test_of_thirty_features_twelve_are_lived_twelve_technical_and_six_organisational():
    kinds = [kind_of(feature) for feature in range(30)]
    assert kinds == [EXPERIENTIAL] * 12 + [TECHNICAL] * 12 + [ORGANISATIONAL] * 6
    assert FEATURES == 30


@pytest.mark.parametrize("kind", [EXPERIENTIAL, TECHNICAL, ORGANISATIONAL])
def test_the_features_of_a_kind_are_exactly_those_that_are_of_it(kind):
    first, beyond = features_of(kind)
    assert list(range(first, beyond)) == [feature for feature in range(30) if kind_of(feature) == kind]


def test_kinds_of_features_bear_the_numbers_of_the_roles_that_know_them():
    assert (EXPERIENTIAL, TECHNICAL, ORGANISATIONAL) == (CITIZEN, PROFESSIONAL, LEADER) == (0, 1, 2)


def test_three_lived_features_matter_to_all_and_three_to_each_group():
    assert [group_of(feature) for feature in range(30)] == [-1] * 3 + [0] * 3 + [1] * 3 + [2] * 3 + [-1] * 18


def test_own_needs_weigh_most_then_common_then_technical_then_organisational():
    # weights 2 : 1 : ½ : ¼, none for what matters to another group; 3·1 + 3·2 + 12·½ + 6·¼ = 16.5
    majority = [need_weight(0, feature) for feature in range(30)]
    assert majority == pytest.approx([w / 16.5 for w in [1.0] * 3 + [2.0] * 3 + [0.0] * 6 + [0.5] * 12 + [0.25] * 6])


@given(group)
def test_a_groups_need_weights_sum_to_one(of_group):
    assert sum(need_weight(of_group, feature) for feature in range(30)) == pytest.approx(1.0)


def test_groups_differ_only_in_the_features_of_their_own():
    for feature in range(30):
        weights = {need_weight(of_group, feature) for of_group in range(3)}
        assert len(weights) == (2 if group_of(feature) >= 0 else 1)


@given(sides, group)
def test_a_service_that_fits_meets_every_need_and_one_that_is_all_wrong_meets_none(reality, of_group):
    assert goal_fulfilment(reality, reality, of_group) == pytest.approx(1.0)
    assert goal_fulfilment([-right for right in reality], reality, of_group) == 0.0


@given(sides, sides, group)
def test_goal_fulfilment_is_the_weight_of_the_features_that_fit(design, reality, of_group):
    met = goal_fulfilment(design, reality, of_group)
    fitting = [feature for feature in range(30) if design[feature] == reality[feature]]
    assert met == pytest.approx(sum(need_weight(of_group, feature) for feature in fitting))
    assert 0 <= met <= 1 + 1e-12


@given(sides, sides, group, st.integers(0, 29))
def test_putting_one_feature_right_raises_fulfilment_by_its_weight(design, reality, of_group, feature):
    wrong, right = list(design), list(design)
    wrong[feature], right[feature] = -reality[feature], reality[feature]
    gained = goal_fulfilment(right, reality, of_group) - goal_fulfilment(wrong, reality, of_group)
    assert gained == pytest.approx(need_weight(of_group, feature), abs=1e-12)


@given(views, sides)
def test_agreement_counts_true_beliefs_and_never_the_unknown(held, reality):
    assert agreement(held, reality) == sum(view * truth == 1 for view, truth in zip(held, reality, strict=True))
    assert agreement([0] * 30, reality) == 0
    assert agreement(reality, reality) == 30
