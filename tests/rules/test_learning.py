"""Learning: what people can know from living or working with it, and how codes take up views (E4, E11, E17)."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coprod_abm.rules.learning import (
    code_change_chance,
    is_own_domain,
    majority_view,
    support_of_place,
    with_support_above,
)
from coprod_abm.service import CITIZEN, EXPERIENTIAL, LEADER, ORGANISATIONAL, PROFESSIONAL, TECHNICAL


@pytest.mark.parametrize(
    ("role", "kind"), [(CITIZEN, EXPERIENTIAL), (PROFESSIONAL, TECHNICAL), (LEADER, ORGANISATIONAL)]
)
def test_each_role_knows_its_own_kind_of_feature_and_no_other(role, kind):
    for other in (EXPERIENTIAL, TECHNICAL, ORGANISATIONAL):
        assert is_own_domain(role, 0, other, -1) is (other == kind)


def test_citizens_know_what_matters_to_all_and_to_their_own_group_only():
    for group, matters_to in itertools.product(range(3), (-1, 0, 1, 2)):
        assert is_own_domain(CITIZEN, group, EXPERIENTIAL, matters_to) is (matters_to in (-1, group))


def test_staff_know_their_domain_whatever_group_it_matters_to():
    for matters_to in (-1, 0, 1, 2):
        assert is_own_domain(PROFESSIONAL, 0, TECHNICAL, matters_to)
        assert is_own_domain(LEADER, 1, ORGANISATIONAL, matters_to)
        assert not is_own_domain(PROFESSIONAL, 0, EXPERIENTIAL, matters_to)


@pytest.mark.parametrize("lead", [0, 1, 2, 3, 7, 20])
@pytest.mark.parametrize("per_unit", [0.0, 0.05, 0.5, 0.9, 1.0])
def test_a_code_takes_up_a_view_unless_every_voice_of_its_lead_fails(lead, per_unit):
    # March 1991: 1 − (1 − p2)^lead
    assert code_change_chance(lead, per_unit) == pytest.approx(1 - (1 - per_unit) ** lead)


@given(st.integers(0, 30), st.integers(0, 30), st.floats(0, 1))
def test_a_greater_lead_never_makes_a_change_of_code_less_likely(one, other, per_unit):
    low, high = sorted((one, other))
    assert 0 <= code_change_chance(low, per_unit) <= code_change_chance(high, per_unit) <= 1


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_majority_view_is_the_sign_of_the_lead(views_for, views_against):
    lead = views_for - views_against
    assert majority_view(views_for, views_against) == (lead > 0) - (lead < 0)
    assert majority_view(views_for, views_against) == -majority_view(views_against, views_for)


# ---- support of regions and nations ----


@pytest.mark.parametrize(
    ("sponsors", "success", "gain", "support"),
    [
        (0.7, 0.5, 0.2, 0.7),
        (0.7, 1.0, 0.2, 0.8),
        (0.7, 0.0, 0.2, 0.6),
        (0.7, 0.25, 0.4, 0.6),
        (0.4, 1.0, 0.0, 0.4),
        (0.9, 1.0, 1.0, 1.0),
        (0.1, 0.0, 1.0, 0.0),
    ],
)
def test_a_place_supports_as_its_sponsors_do_and_more_where_promises_are_kept(sponsors, success, gain, support):
    assert support_of_place(sponsors, success, gain) == pytest.approx(support)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_support_of_a_place_is_a_share_and_grows_with_success(sponsors, one, other, gain):
    low, high = sorted((one, other))
    assert 0 <= support_of_place(sponsors, low, gain) <= support_of_place(sponsors, high, gain) <= 1


@pytest.mark.parametrize(
    ("own", "above", "share", "level"),
    [(0.7, 0.3, 0.0, 0.7), (0.7, 0.3, 1.0, 0.3), (0.7, 0.3, 0.25, 0.6), (0.2, 0.6, 0.5, 0.4), (0.5, 0.5, 0.3, 0.5)],
)
def test_support_lies_between_the_own_level_and_the_one_above(own, above, share, level):
    assert with_support_above(own, above, share) == pytest.approx(level)
