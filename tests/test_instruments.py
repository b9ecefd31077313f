"""Simulated instruments: one for each published measure, monotone in what they see, with the error a survey would have."""

from importlib import resources

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coprod_abm.case import cases, load_case
from coprod_abm.instruments import BINS, INSTRUMENTS, InstrumentError, instrument
from coprod_abm.measures import DISTRIBUTION_NAMES, NAMES
from coprod_abm.parameters import Parameters
from coprod_abm.simulate import simulate
from coprod_abm.surveys import anchored_readings, beside_published, readings

ALL = sorted(INSTRUMENTS)
COUNTED = [name for name in ALL if INSTRUMENTS[name].state in DISTRIBUTION_NAMES]
MEASURED = [name for name in ALL if INSTRUMENTS[name].state not in DISTRIBUTION_NAMES]


def published() -> pd.DataFrame:
    folder = resources.files("coprod_abm.calibration") / "measures"
    tables = [pd.read_csv(path) for path in folder.iterdir() if path.name.removesuffix(".csv") in cases()]
    return pd.concat(tables)


# ---- coverage ----


def test_every_published_measure_has_an_instrument_in_its_unit():
    pairs = published()[["measure", "unit"]].drop_duplicates()
    assert len(pairs) > 10
    assert {(m, u) for m, u in pairs.itertuples(index=False)} <= {(i.name, i.unit) for i in INSTRUMENTS.values()}


def test_every_published_value_lies_on_the_scale_of_its_instrument():
    for name, values in published().groupby("measure")["value"]:
        low, high = INSTRUMENTS[str(name)].scale
        assert values.between(low, high).all(), name


def test_every_instrument_sees_a_state_that_exists():
    assert {found.state for found in INSTRUMENTS.values()} <= {*DISTRIBUTION_NAMES, *NAMES}


def test_every_instrument_names_itself_in_plain_words():
    for name, found in INSTRUMENTS.items():
        assert found.name == name
        assert found.label.strip()
        assert found.direction in {-1, 1}
        assert found.perspective in {"goal fulfilment", "process", "learning and innovation", "capacity"}


def test_a_misspelt_instrument_names_the_nearest():
    with pytest.raises(InstrumentError, match=r"'overcroding' has no .* Did you mean 'overcrowding'"):
        instrument("overcroding")


# ---- readings ----


@pytest.mark.parametrize("name", COUNTED)
def test_a_population_moved_up_reads_no_lower(name):
    states = np.eye(BINS) * 100  # everybody in one bin, bin after bin
    shown = INSTRUMENTS[name].reading(states)
    assert (np.diff(shown) > 0).all()


@pytest.mark.parametrize("name", MEASURED)
def test_a_measure_moves_its_instrument_one_way(name):
    shown = INSTRUMENTS[name].reading(np.linspace(0.02, 0.98, 25))
    steps = np.diff(shown)
    assert (steps < 0).all() if INSTRUMENTS[name].kind == "rate" else (steps > 0).all()


@pytest.mark.parametrize("name", ALL)
def test_readings_stay_on_the_published_scale(name):
    found = INSTRUMENTS[name]
    low, high = found.scale
    state = np.eye(BINS) if name in COUNTED else np.linspace(0, 1, 21)
    shown = found.reading(state)
    assert low <= shown.min() <= shown.max() <= high
    assert shown.max() - shown.min() > 0.3 * (high - low)


@pytest.mark.parametrize("name", COUNTED)
def test_number_of_people_leaves_the_reading(name):
    counts = np.arange(BINS, dtype=float)
    few, many = (INSTRUMENTS[name].reading(counts * times) for times in (1, 1000))
    assert few == pytest.approx(many)


@pytest.mark.parametrize("name", COUNTED)
def test_readings_keep_the_shape_before_the_bins(name):
    assert INSTRUMENTS[name].reading(np.ones((3, 7, BINS))).shape == (3, 7)
    assert np.isfinite(INSTRUMENTS[name].reading(np.zeros((2, BINS)))).all()


@pytest.mark.parametrize("name", MEASURED)
def test_a_series_as_long_as_there_are_bins_is_no_distribution(name):
    series = np.linspace(0.2, 0.8, BINS)
    assert INSTRUMENTS[name].reading(series)[:-1] == pytest.approx(INSTRUMENTS[name].reading(series[:-1]))


# ---- anchors ----


@settings(max_examples=200)
@given(
    name=st.sampled_from(ALL), start=st.floats(0.05, 0.95), value=st.floats(0.02, 0.98), change=st.floats(-0.04, 0.04)
)
def test_an_anchored_series_passes_through_its_anchor_and_keeps_its_order(name, start, value, change):
    found = INSTRUMENTS[name]
    low, high = found.scale
    scaled = [low + (high - low) * share for share in (start, start + change)]
    moved = found.anchored(np.array(scaled), scaled[0], low + (high - low) * value)
    assert moved[0] == pytest.approx(low + (high - low) * value)
    assert np.sign(moved[1] - moved[0]) == np.sign(change) or abs(change) < 1e-9
    assert (moved > low).all()
    assert (moved < high).all()


@pytest.mark.parametrize("name", ALL)
def test_an_anchored_series_is_finite_at_the_ends_of_the_scale(name):
    low, high = INSTRUMENTS[name].scale
    ends = np.array([low, high])
    assert np.isfinite(INSTRUMENTS[name].anchored(ends, low, high)).all()


# ---- the error of a survey ----


@pytest.mark.parametrize("name", ALL)
def test_the_error_of_a_survey_shrinks_with_the_root_of_its_respondents(name):
    found = INSTRUMENTS[name]
    low, high = found.scale
    draws = np.random.default_rng(1).standard_normal(20_000)
    truth = np.full_like(draws, low + 0.4 * (high - low))
    errors = [found.surveyed(truth, n, draws) - truth for n in (100, 400, 1600)]
    spread = [error.std() / (high - low) for error in errors]
    assert spread == pytest.approx([np.sqrt(0.24 / n) for n in (100, 400, 1600)], rel=0.02)
    assert abs(errors[0].mean()) < 4 * errors[0].std() / np.sqrt(len(draws))


def test_a_survey_never_leaves_its_scale():
    found = INSTRUMENTS["trust_health_care"]
    answers = found.surveyed(np.full(1000, 99.0), 5, np.random.default_rng(1).standard_normal(1000))
    assert answers.max() <= 100.0
    assert answers.min() >= 0.0


# ---- beside the published figures ----


@pytest.fixture(scope="module")
def lpft():
    case = load_case("EN-LPFT")
    return case, simulate(Parameters(), case, replicates=6, seed=1, weeks=case.weeks)


def test_readings_cover_exactly_what_the_case_publishes(lpft):
    case, runs = lpft
    shown = readings(runs, case)
    assert set(shown.data_vars) == set(case.measures["measure"])
    assert all(shown[name].dims == ("replicate", "week") for name in shown.data_vars)
    assert all(shown[name].attrs["unit"] == INSTRUMENTS[str(name)].unit for name in shown.data_vars)


def test_anchored_series_meet_the_first_published_figure(lpft):
    case, runs = lpft
    table = beside_published(runs, case)
    anchors = table[table["role"] == "anchor"]
    assert len(table) == len(case.measures)
    assert set(anchors["measure"]) == set(case.measures["measure"])
    scale = anchors["measure"].map(lambda name: INSTRUMENTS[name].scale[1])
    # the mean of replicates is anchored before the logit bends each of them: near, not equal
    assert (anchors["published"] - anchors["simulated"]).abs().max() < 0.02 * scale.max()
    assert (table["low"] <= table["simulated"] + 1e-9).all()
    assert (table["simulated"] <= table["high"] + 1e-9).all()


def test_anchored_and_plain_series_order_replicates_alike(lpft):
    case, runs = lpft
    plain, moved = readings(runs, case), anchored_readings(runs, case)
    for name in plain.data_vars:
        assert (plain[name].values[:, -1].argsort() == moved[name].values[:, -1].argsort()).all()
