"""evaluate(): the table that every study calls agrees with simulate, row by row, and refuses what it cannot do."""

import numpy as np
import pandas as pd
import pytest

from coprod_abm.declare import ParameterError
from coprod_abm.draws import replicate_seed
from coprod_abm.evaluate import evaluate
from coprod_abm.measures import NAMES, MeasureError, mean_over_projects
from coprod_abm.parameters import Parameters
from coprod_abm.simulate import RunError, run_once, simulate
from coprod_abm.world import world_of

WEEKS = 52
POINTS = pd.DataFrame({"power.agenda_access": [0.1, 0.9, 0.1], "leadership.facilitation": [0.2, 0.2, 0.8]})
ASKED = ["need_met", "citizen_trust", "safety"]


def ends(params: Parameters, case, seed: int, replicates: int = 4) -> pd.DataFrame:
    """The end of simulated runs by replicate, one column per measure asked for."""
    runs = simulate(params, case, replicates=replicates, seed=seed, weeks=WEEKS)
    return runs[ASKED].isel(case=0, week=-1).to_dataframe()[ASKED]


@pytest.fixture(scope="module")
def table(case_of):
    return evaluate(POINTS, case_of(), ASKED, replicates=4, seed=7, weeks=WEEKS)


# ---- the table ----


def test_one_row_per_point_with_the_points_case_means_and_spreads(table):
    assert table.columns.tolist() == [
        "case",
        *POINTS.columns,
        "need_met",
        "need_met_sd",
        "citizen_trust",
        "citizen_trust_sd",
        "safety",
        "safety_sd",
    ]
    assert table[POINTS.columns].equals(POINTS)
    assert (table["case"] == "SMALL").all()
    assert table.index.tolist() == [0, 1, 2]


def test_one_row_per_point_and_case(case_of):
    cases = [case_of(id="B"), case_of(id="A")]
    table = evaluate(POINTS, cases, ["safety"], replicates=1, weeks=4)
    assert table["case"].tolist() == ["B", "A"] * 3
    assert table["power.agenda_access"].tolist() == [0.1, 0.1, 0.9, 0.9, 0.1, 0.1]


def test_all_measures_come_back_when_none_is_named(case_of):
    table = evaluate(POINTS.head(1), case_of(), replicates=2, weeks=4)
    assert [name for name in NAMES if name not in table or f"{name}_sd" not in table] == []
    assert not table.isna().any().any()


def test_one_replicate_has_no_spread(case_of):
    table = evaluate(POINTS.head(1), case_of(), ["safety"], replicates=1, weeks=4)
    assert table["safety_sd"].isna().all()


def test_points_are_left_as_they_were(case_of):
    points = POINTS.copy()
    evaluate(points, case_of(), ["safety"], replicates=1, weeks=4)
    assert points.equals(POINTS)


def test_any_index_of_the_points_will_do(case_of):
    odd = POINTS.set_axis([5, 5, 1])
    one, other = (evaluate(points, case_of(), ASKED, replicates=2, weeks=4) for points in (odd, POINTS))
    assert one.equals(other)


# ---- the same numbers as simulate ----


def test_each_row_is_what_simulate_gives_for_its_seed(table, case_of):
    for row, point in enumerate(POINTS.to_dict("records")):
        own = replicate_seed(7, 1_000_003 + row)
        runs = ends(Parameters().replace(point), case_of(), own)
        for name in ASKED:
            assert table[name][row] == pytest.approx(runs[name].mean(), rel=1e-13)
            assert table[f"{name}_sd"][row] == pytest.approx(runs[name].std(ddof=1), rel=1e-9)


def test_common_seeds_are_the_seeds_of_simulate(case_of):
    table = evaluate(POINTS, case_of(), ASKED, replicates=4, seed=7, weeks=WEEKS, common_seeds=True)
    for row, point in enumerate(POINTS.to_dict("records")):
        runs = ends(Parameters().replace(point), case_of(), 7)
        for name in ASKED:
            assert table[name][row] == pytest.approx(runs[name].mean(), rel=1e-13)


def test_rows_draw_anew_unless_seeds_are_common(case_of):
    same = pd.DataFrame({"power.agenda_access": [0.5, 0.5]})
    fresh = evaluate(same, case_of(), ["citizen_trust"], replicates=2, weeks=4)
    common = evaluate(same, case_of(), ["citizen_trust"], replicates=2, weeks=4, common_seeds=True)
    assert fresh["citizen_trust"].nunique() == 2
    assert common["citizen_trust"].nunique() == 1


def test_a_row_does_not_depend_on_the_rows_after_it(table, case_of):
    first = evaluate(POINTS.head(2), case_of(), ASKED, replicates=4, seed=7, weeks=WEEKS)
    assert first.equals(table.head(2))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_number_of_threads_leaves_the_table(table, case_of, threads):
    assert evaluate(POINTS, case_of(), ASKED, replicates=4, seed=7, weeks=WEEKS, threads=threads).equals(table)


def test_what_is_not_in_the_points_keeps_its_value_in_the_base(case_of):
    base = Parameters().replace({"trust.gain": 0.5})
    points = pd.DataFrame({"power.agenda_access": [0.5]})
    moved = evaluate(points, case_of(), ["citizen_trust"], replicates=2, weeks=WEEKS, base=base)
    written = evaluate(points.assign(**{"trust.gain": 0.5}), case_of(), ["citizen_trust"], replicates=2, weeks=WEEKS)
    assert moved["citizen_trust"].equals(written["citizen_trust"])
    assert not moved["citizen_trust"].equals(
        evaluate(points, case_of(), ["citizen_trust"], replicates=2, weeks=WEEKS)["citizen_trust"]
    )


def test_points_come_before_a_cases_own_rules_and_those_before_the_base(case_of):
    closed = case_of(rules={"power.agenda_access": 0.0})
    points = pd.DataFrame({"power.agenda_access": [0.9]})
    asked = evaluate(points, closed, ASKED, replicates=2, seed=7, weeks=WEEKS)
    assert asked.equals(evaluate(points, case_of(), ASKED, replicates=2, seed=7, weeks=WEEKS))
    other = pd.DataFrame({"trust.gain": [0.06]})
    base = Parameters().replace({"power.agenda_access": 0.9})
    kept = evaluate(other, closed, ASKED, replicates=2, seed=7, weeks=WEEKS, base=base)
    assert kept.equals(evaluate(other, closed, ASKED, replicates=2, seed=7, weeks=WEEKS))


def test_structural_choices_are_points_too(case_of):
    points = pd.DataFrame({"power.decision_rule": ["consensus", "majority"]})
    table = evaluate(points, case_of(), ["acceptance"], replicates=20, weeks=104, common_seeds=True)
    assert table["acceptance"].notna().all()
    assert table["acceptance"][0] < table["acceptance"][1]


def test_whole_numbers_are_numbers(case_of):
    whole, real = (
        evaluate(pd.DataFrame({"participation.turns": pd.Series([12], dtype=kind)}), case_of(), ["safety"], 2, weeks=8)
        for kind in ("int64", "float64")
    )
    assert np.array_equal(whole["safety"], real["safety"])


# ---- one row per run, quantiles, threads ----


def test_every_run_has_a_row_on_request(table, case_of):
    runs = evaluate(POINTS, case_of(), ASKED, replicates=4, seed=7, weeks=WEEKS, rows="replicates")
    assert runs.columns.tolist() == ["case", *POINTS.columns, "replicate", "seed", *ASKED]
    assert runs["replicate"].tolist() == [0, 1, 2, 3] * 3
    assert runs["seed"].tolist() == [
        replicate_seed(replicate_seed(7, 1_000_003 + row), r) for row in range(3) for r in range(4)
    ]
    assert runs["power.agenda_access"].tolist() == np.repeat(POINTS["power.agenda_access"], 4).tolist()
    for name in ASKED:
        by_point = runs[name].to_numpy().reshape(3, 4)
        assert np.array_equal(by_point.mean(axis=1), table[name])
        assert np.array_equal(by_point.std(axis=1, ddof=1), table[f"{name}_sd"])


def test_a_row_can_be_run_again_from_its_seed(case_of):
    runs = evaluate(POINTS, case_of(), ASKED, replicates=2, seed=7, weeks=WEEKS, rows="replicates")
    world = world_of([case_of()], Parameters(), POINTS.iloc[1].to_dict())
    again = mean_over_projects(run_once(world, int(runs["seed"][3]), WEEKS, WEEKS).seen[-1])
    assert again[NAMES.index("need_met")] == runs["need_met"][3]


def test_quantiles_on_request(table, case_of):
    told = evaluate(POINTS, case_of(), ASKED, replicates=4, seed=7, weeks=WEEKS, quantiles=True)
    runs = evaluate(POINTS, case_of(), ASKED, replicates=4, seed=7, weeks=WEEKS, rows="replicates")
    assert told[table.columns].equals(table)
    for name in ASKED:
        by_point = runs[name].to_numpy().reshape(3, 4)
        for share in (5, 25, 50, 75, 95):
            assert np.array_equal(told[f"{name}_q{share:02d}"], np.quantile(by_point, share / 100, axis=1))
    median = evaluate(POINTS, case_of(), ["safety"], replicates=4, seed=7, weeks=WEEKS, quantiles=[0.5])
    assert median.columns.tolist()[-1] == "safety_q50"
    assert median["safety_q50"].equals(told["safety_q50"])


def test_progress_counts_rows(case_of):
    told = []
    evaluate(POINTS, case_of(), ["safety"], 2, weeks=4, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (3, 3)


def test_mean_and_spread_are_those_of_a_plain_loop(case_of):
    wide = [case_of(id="A"), case_of(id="B")]
    for replicates in (2, 7, 50):
        told = evaluate(POINTS.head(2), wide, ASKED, replicates, seed=3, weeks=4)
        runs = evaluate(POINTS.head(2), wide, ASKED, replicates, seed=3, weeks=4, rows="replicates")
        for row in range(4):
            own = runs["need_met"].to_numpy()[row * replicates : (row + 1) * replicates].copy()
            assert (own.mean(), own.std(ddof=1)) == (told["need_met"][row], told["need_met_sd"][row])


# ---- refusals ----


@pytest.mark.parametrize(
    ("points", "told"),
    [
        (pd.DataFrame({"power.agenda_acess": [0.1]}), r"Point 0: 'power\.agenda_acess' is not.*'power\.agenda_access'"),
        (pd.DataFrame({"case": ["EN-LPFT"], "trust.gain": [0.1]}), "Point 0: 'case' is not a declared parameter"),
        (pd.DataFrame({"trust.gain": [0.1, 1.5]}), r"Point 1: trust\.gain = 1\.5 is outside"),
        (pd.DataFrame({"trust.gain": [np.nan]}), r"Point 0: trust\.gain = nan"),
        (pd.DataFrame({"trust.gain": ["much"]}), r"Point 0: trust\.gain = 'much' is not a number"),
        (pd.DataFrame([[0.1, 0.2]], columns=["trust.gain"] * 2), r"Column 'trust\.gain' stands twice"),
        (pd.DataFrame({"trust.gain": []}), "no points to evaluate"),
        (pd.DataFrame(), "no points to evaluate"),
    ],
)
def test_points_that_cannot_be_run_are_refused(case_of, points, told):
    with pytest.raises(ParameterError, match=told):
        evaluate(points, case_of(), ["safety"], replicates=1, weeks=4)


def test_an_unknown_measure_is_refused_with_the_nearest(case_of):
    with pytest.raises(MeasureError, match="Did you mean 'need_met'"):
        evaluate(POINTS, case_of(), ["need_mett"], replicates=1, weeks=4)


@pytest.mark.parametrize("given", [{"replicates": 0}, {"weeks": 0}, {"seed": -1}, {"threads": 0}])
def test_an_impossible_job_is_refused(case_of, given):
    with pytest.raises(RunError, match="is not a whole number"):
        evaluate(POINTS, case_of(), ["safety"], **({"replicates": 1, "weeks": 4} | given))
