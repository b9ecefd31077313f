"""What a table keeps: measures and survey readings, at the end or after any week, equal to those of whole trajectories."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coprod_abm.case import load_case
from coprod_abm.declare import ParameterError
from coprod_abm.draws import replicate_seed
from coprod_abm.evaluate import evaluate
from coprod_abm.instruments import INSTRUMENTS, InstrumentError, instrument_declaration, instrument_key
from coprod_abm.job import job_of
from coprod_abm.measures import MeasureError
from coprod_abm.outputs import Output, output, stops_of
from coprod_abm.parameters import Parameters
from coprod_abm.simulate import simulate
from coprod_abm.surveys import reading

POINTS = pd.DataFrame({"power.agenda_access": [0.2, 0.9]})
THRESHOLD = instrument_key("trust_health_care", "threshold")


# ---- names ----


def test_an_output_names_a_measure_or_an_instrument_and_perhaps_a_week():
    assert output("need_met") == Output("need_met", "need_met", None)
    assert output("access_to_care@26") == Output("access_to_care@26", "access_to_care", 26)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("need_mett@3", "Did you mean 'need_met'"),
        ("acess_to_care", "Did you mean 'access_to_care'"),
        ("need_met@", "does not name a week"),
        ("need_met@-3", "does not name a week"),
        ("need_met@1.5", "does not name a week"),
        ("need_met@²", "does not name a week"),
    ],
)
def test_an_output_that_does_not_exist_is_refused_with_a_way_out(text, said):
    with pytest.raises(MeasureError, match=said):
        output(text)


def test_a_week_after_the_end_is_refused():
    with pytest.raises(MeasureError, match=r"need_met@53 lies after the end: the runs last 52 weeks"):
        job_of(POINTS, "EN-LPFT", ["need_met@53"], weeks=52)


@given(st.lists(st.integers(0, 312), min_size=1, max_size=6))
def test_the_stops_hold_every_week_asked_for_and_nothing_lies_after_the_last(weeks):
    wanted = [Output("", "need_met", week) for week in weeks]
    stops = stops_of(wanted, 312)
    found = stops.kept * stops.every
    assert [found[place] for place in stops.places(wanted, 312)] == weeks
    assert stops.weeks == max(1, *weeks)
    assert stops.kept[-1] <= stops.weeks // stops.every


# ---- numbers ----


def test_values_after_a_week_are_those_of_the_trajectory():
    names = [
        "need_met",
        "need_met@0",
        "need_met@39",
        "staff_burnout@52",
        "staff_morale_0_10@39",
        "staff_engagement_0_10",
    ]
    table = evaluate(POINTS, "EN-LPFT", names, replicates=3, seed=4, weeks=60, rows="replicates")
    case = load_case("EN-LPFT")
    for row in table.to_dict("records"):
        own = Parameters().replace({"power.agenda_access": row["power.agenda_access"]})
        runs = one_run(own, case, int(row["seed"]))
        assert row["need_met"] == runs["need_met"].sel(week=60).item()
        assert row["need_met@0"] == runs["need_met"].sel(week=0).item()
        assert row["need_met@39"] == runs["need_met"].sel(week=39).item()
        assert row["staff_burnout@52"] == runs["staff_burnout"].sel(week=52).item()
        assert row["staff_morale_0_10@39"] == shown(runs, "staff_morale_0_10", 39)
        assert row["staff_engagement_0_10"] == shown(runs, "staff_engagement_0_10", 60)


def one_run(params, case, seed):
    """The run that has this very seed, week by week."""
    from coprod_abm.simulate import observed, world_of
    from coprod_abm.trajectories import dataset

    return dataset([case], [[observed(world_of([case], params, None), seed, 60, 1)]], [60], 1, 0, False).isel(case=0)


def shown(runs, name, week):
    return reading(runs, INSTRUMENTS[name]).sel(week=week).item()


def test_weeks_that_are_not_asked_for_change_nothing():
    alone = evaluate(POINTS, "EN-LPFT", ["need_met@26"], replicates=2)
    among = evaluate(POINTS, "EN-LPFT", ["citizen_trust@7", "need_met@26", "need_met"], replicates=2)
    assert alone["need_met@26"].equals(among["need_met@26"])


def test_readings_of_several_cases_are_each_cases_own():
    both = evaluate(POINTS, ["EN-LPFT", "SE-JKP"], ["access_to_care@26"], replicates=2)
    for case in ("EN-LPFT", "SE-JKP"):
        alone = evaluate(POINTS, case, ["access_to_care@26"], replicates=2)
        assert both.loc[both["case"] == case, "access_to_care@26"].tolist() == alone["access_to_care@26"].tolist()


# ---- the instruments' own parameters ----


def test_an_instruments_parameters_change_the_reading_and_no_state():
    table = evaluate(
        pd.DataFrame({THRESHOLD: [0.3, 0.5, 0.7]}),
        "SE-JKP",
        ["trust_health_care@26", "citizen_trust@26", "access_to_care@26"],
        replicates=2,
        common_seeds=True,
    )
    assert table["trust_health_care@26"].is_monotonic_decreasing
    assert table["trust_health_care@26"].nunique() == 3
    assert table["citizen_trust@26"].nunique() == table["access_to_care@26"].nunique() == 1


@given(name=st.sampled_from(sorted(INSTRUMENTS)), offset=st.floats(-4, 4), share=st.floats(0.01, 0.99))
def test_an_offset_moves_a_reading_as_far_on_the_logit_scale(name, offset, share):
    through = INSTRUMENTS[name]
    low, high = through.scale
    state = np.zeros((1, 20)) if through.kind == "share" else np.array([share])
    if through.kind == "share" or through.state in ("staff_engagement", "citizen_trust"):
        state = np.ones((1, 20))
    before = (through.reading(state) - low) / (high - low)
    after = (through.reading(state, offset=np.array([offset])) - low) / (high - low)
    if 0.0 < before[0] < 1.0:
        moved = np.log(after / (1 - after)) - np.log(before / (1 - before))
        assert moved[0] == pytest.approx(offset, abs=1e-9)
    else:
        assert after[0] == before[0]


def test_one_value_per_run_equals_one_run_at_a_time():
    for through in INSTRUMENTS.values():
        counted = through.kind == "share"
        state = np.arange(60).reshape(3, 20) if counted else np.array([0.2, 0.5, 0.9])
        if "threshold" not in through.free:
            continue
        given_values = {
            "threshold": np.array([0.2, 0.3, 0.4]),
            "slope": np.array([0.5, 1.0, 1.5]),
            "offset": np.array([0.0, 1.0, -1.0]),
        }
        together = through.reading(state, **given_values)
        for place in range(3):
            alone = through.reading(state[[place]], **{key: value[[place]] for key, value in given_values.items()})
            assert alone[0] == together[place]


def test_defaults_of_instruments_lie_within_their_ranges():
    for through in INSTRUMENTS.values():
        for name in through.free:
            found = instrument_declaration(instrument_key(through.name, name))
            assert found.low <= found.default <= found.high, found.key
            assert found.key == instrument_key(through.name, name)


@pytest.mark.parametrize(
    ("column", "value", "error", "said"),
    [
        ("instrument.trust_health_car.threshold", 0.5, InstrumentError, "Did you mean 'trust_health_care'"),
        ("instrument.trust_health_care.treshold", 0.5, ParameterError, "Did you mean 'threshold'"),
        ("instrument.trust_health_care", 0.5, ParameterError, "is not a parameter of the instrument"),
        ("instrument.staff_morale_0_10.slope", 0.5, ParameterError, "which has offset"),
        (THRESHOLD, 1.5, ParameterError, r"threshold = 1.5 is outside its declared range \[0.05, 0.95\]"),
    ],
)
def test_a_faulty_instrument_parameter_is_refused(column, value, error, said):
    with pytest.raises(error, match=said):
        evaluate(pd.DataFrame({column: [value]}), "SE-JKP", ["access_to_care@26"], replicates=1)


def test_the_same_settings_have_the_same_seeds_whatever_the_instrument_shows():
    """Fresh seeds go by the number of the point: readings of a bank of draws keep them when its instruments are free too."""
    table = evaluate(POINTS.assign(**{THRESHOLD: 0.4}), "SE-JKP", ["need_met@26"], replicates=1, rows="replicates")
    assert table["seed"].tolist()[0] == replicate_seed(replicate_seed(1, 1_000_003), 0)


def test_simulate_and_evaluate_show_the_same_survey(levels_case):
    """The public road: readings of `simulate` at a week are those of `evaluate` where the seeds agree."""
    runs = simulate(Parameters(), "EN-LPFT", replicates=1, weeks=39, every=39, seed=1)
    table = evaluate(
        pd.DataFrame({"power.agenda_access": [Parameters().power.agenda_access]}),
        "EN-LPFT",
        ["staff_morale_0_10@39"],
        replicates=1,
        common_seeds=True,
    )
    assert table["staff_morale_0_10@39"].item() == shown(runs.isel(case=0), "staff_morale_0_10", 39)
