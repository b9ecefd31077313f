"""The start: how single draws become a spread of states, identity groups and contribution types."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coprod_abm.population import contribution_type, identity_group, spread_about
from coprod_abm.rules.reciprocity import Contribution

unit = st.floats(0, 1)
EVENLY = [(step + 0.5) / 200 for step in range(200)]  # evenly placed draws stand for a uniform one


def test_starting_states_have_the_declared_mean_and_standard_deviation():
    values = [spread_about(0.6, 0.15, first, second) for first in EVENLY for second in EVENLY]
    assert statistics.fmean(values) == pytest.approx(0.6)
    assert statistics.pstdev(values) == pytest.approx(0.15, rel=1e-4)


@given(unit, unit, st.floats(0, 0.5))
def test_starting_states_are_symmetric_around_the_mean(first, second, spread):
    above = spread_about(0.6, spread, first, second) - 0.6
    assert above == pytest.approx(0.6 - spread_about(0.6, spread, 1 - first, 1 - second), abs=1e-12)
    assert abs(above) <= math.sqrt(6) * spread + 1e-12


@given(unit, unit, unit)
def test_a_higher_draw_never_gives_a_lower_start(one, other, second):
    low, high = sorted((one, other))
    assert spread_about(0.6, 0.15, low, second) <= spread_about(0.6, 0.15, high, second)
    assert spread_about(0.6, 0.15, second, low) <= spread_about(0.6, 0.15, second, high)


def test_without_spread_everyone_starts_at_the_mean():
    assert spread_about(0.4, 0.0, 0.1, 0.9) == 0.4


def test_identity_groups_are_drawn_by_their_shares_of_the_population():
    groups = [identity_group((step + 0.5) / 1_000, 0.8, 0.15) for step in range(1_000)]
    assert [groups.count(group) for group in range(3)] == [800, 150, 50]
    assert groups == sorted(groups)


def test_a_draw_on_the_edge_of_a_share_belongs_to_the_next_group():
    assert identity_group(0.5, 0.5, 0.25) == 1
    assert identity_group(0.75, 0.5, 0.25) == 2


def test_contribution_types_are_drawn_by_their_shares():
    # Fischbacher, Gächter & Fehr 2001: about 50 % conditional, 30 % free riders, the rest unconditional
    kinds = [contribution_type((step + 0.5) / 1_000, 0.5, 0.3) for step in range(1_000)]
    assert kinds.count(Contribution.conditional) == 500
    assert kinds.count(Contribution.free_rider) == 300
    assert kinds.count(Contribution.unconditional) == 200


def test_a_draw_on_the_edge_of_a_share_belongs_to_the_next_type():
    assert contribution_type(0.5, 0.5, 0.25) == Contribution.free_rider
    assert contribution_type(0.75, 0.5, 0.25) == Contribution.unconditional
