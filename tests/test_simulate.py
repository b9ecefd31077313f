"""simulate(): what comes back, what is refused, and that replicates are common to scenarios."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import xarray as xr

from coprod_abm import core
from coprod_abm.case import CaseError, Event
from coprod_abm.compiled import source_fingerprint
from coprod_abm.declare import ParameterError
from coprod_abm.measures import BINS, DISTRIBUTION_NAMES, MEASURES, NAMES
from coprod_abm.parameters import Parameters
from coprod_abm.rules.power import DecisionRule
from coprod_abm.simulate import RunError, on_threads, simulate

# ---- what comes back ----


@pytest.fixture(scope="module")
def runs(levels_case, case_of):
    return simulate(Parameters(), [levels_case, case_of()], replicates=3, seed=9, weeks=24)


def test_every_measure_has_case_replicate_and_week(runs):
    for name in NAMES:
        assert runs[name].dims == ("case", "replicate", "week")
        assert runs[name].shape == (2, 3, 7)
        assert runs[name].dtype == np.float64


def test_every_distribution_counts_people_by_bin(runs):
    for name in DISTRIBUTION_NAMES:
        assert runs[f"{name}_people"].dims == ("case", "replicate", "week", "bin")
        assert runs[f"{name}_people"].sizes["bin"] == BINS
    assert (runs.citizen_trust_people.sel(case="LEVELS").sum("bin") == 5 * 24).all()
    assert (runs.staff_burnout_people.sel(case="SMALL").sum("bin") == 6).all()


def test_nothing_else_comes_back(runs):
    assert set(runs.data_vars) == {*NAMES, *(f"{name}_people" for name in DISTRIBUTION_NAMES)}


def test_labels_say_case_replicate_week_and_middle_of_the_bin(runs):
    assert runs.case.values.tolist() == ["LEVELS", "SMALL"]
    assert runs.replicate.values.tolist() == [0, 1, 2]
    assert runs.week.values.tolist() == [0, 4, 8, 12, 16, 20, 24]
    assert runs.bin.values == pytest.approx(np.linspace(0.025, 0.975, BINS))


def test_each_measure_carries_its_unit_meaning_perspective_and_topic(runs):
    for found in MEASURES:
        facts = runs[found.name].attrs
        assert (facts["unit"], facts["meaning"]) == (found.unit, found.meaning)
        assert (facts["perspective"], facts["topic"]) == (found.perspective, found.topic)


def test_the_job_is_written_on_its_results(runs):
    assert runs.attrs == {"seed": 9, "weeks": 24, "every": 4, "model": source_fingerprint()}


def test_weeks_that_are_no_multiple_end_at_the_last_measured_one(case_of):
    runs = simulate(Parameters(), case_of(), replicates=1, weeks=10, every=4)
    assert runs.week.values.tolist() == [0, 4, 8]


def test_a_case_is_the_mean_over_its_projects(levels_case):
    mean = simulate(Parameters(), levels_case, replicates=2, weeks=24)
    each = simulate(Parameters(), levels_case, replicates=2, weeks=24, by_project=True)
    assert each.project.values.tolist() == [site.name for site in levels_case.sites]
    for name in NAMES:
        assert each[name].dims == ("case", "replicate", "week", "project")
        assert mean[name].values == pytest.approx(each[name].mean("project").values)
    for name in DISTRIBUTION_NAMES:
        assert (mean[f"{name}_people"] == each[f"{name}_people"].sum("project")).all()


def test_projects_know_their_level(levels_case):
    each = simulate(Parameters(), levels_case, replicates=1, weeks=4, by_project=True)
    assert each.level.values.tolist() == [site.level.name for site in levels_case.sites]


def test_a_dataset_survives_being_sent_to_another_place(runs):
    import pickle

    xr.testing.assert_identical(pickle.loads(pickle.dumps(runs)), runs)


def test_a_shipped_case_is_taken_by_name():
    runs = simulate(Parameters(), ["EN-LPFT"], replicates=1, weeks=4)
    assert runs.case.values.tolist() == ["EN-LPFT"]


def test_a_cases_own_rules_come_before_the_parameters(case_of):
    closed = {"power.agenda_access": 0.0}
    one = simulate(Parameters(), case_of(rules=closed), replicates=2, weeks=104)
    other = simulate(Parameters().replace(closed), case_of(), replicates=2, weeks=104)
    xr.testing.assert_identical(one, other)
    assert not one.equals(simulate(Parameters(), case_of(), replicates=2, weeks=104))


def test_what_is_asked_for_comes_before_a_cases_own_rules(case_of):
    asked = {"power.agenda_access": 1.0}
    closed = case_of(rules={"power.agenda_access": 0.0})
    one = simulate(Parameters(), closed, replicates=2, weeks=104, overrides=asked)
    xr.testing.assert_identical(one, simulate(Parameters().replace(asked), case_of(), replicates=2, weeks=104))
    with pytest.raises(ParameterError, match=r"Did you mean 'power\.agenda_access'"):
        simulate(Parameters(), closed, replicates=1, weeks=4, overrides={"power.agenda_acess": 1.0})


def test_progress_is_told_after_every_run(case_of):
    told = []
    simulate(Parameters(), case_of(), replicates=7, weeks=4, progress=lambda done, total: told.append((done, total)))
    assert told == [(n, 7) for n in range(1, 8)]


# ---- what is refused ----


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"replicates": 0}, r"replicates = 0 is not a whole number in \[1, "),
        ({"replicates": 2.5}, "replicates = 2.5 is not a whole number"),
        ({"replicates": "3"}, "replicates = '3' is not a whole number"),
        ({"weeks": 0}, "weeks = 0 is not a whole number"),
        ({"weeks": -4}, "weeks = -4 is not a whole number"),
        ({"weeks": 10**6}, r"weeks = 1000000 is not a whole number in \[1, 50000\]"),
        ({"every": 0}, "every = 0 is not a whole number"),
        ({"every": 9}, r"every = 9 is not a whole number in \[1, 8\]"),
        ({"threads": 0}, "threads = 0 is not a whole number"),
        ({"threads": -1}, "threads = -1 is not a whole number"),
        ({"seed": -1}, "seed = -1 is not a whole number"),
        ({"seed": 2**63}, "seed = 9223372036854775808 is not a whole number"),
        ({"seed": True}, "seed = True is not a whole number"),
        ({"seed": 1.0}, r"seed = 1\.0 is not a whole number"),
    ],
)
def test_an_impossible_job_is_refused_before_it_starts(case_of, given, told):
    with pytest.raises(RunError, match=told) as refusal:
        simulate(Parameters(), case_of(), **({"replicates": 1, "weeks": 8} | given))
    assert "Give" in str(refusal.value)


def test_numbers_from_numpy_compile_nothing_anew(case_of):
    plain = simulate(Parameters(), case_of(), replicates=2, seed=3, weeks=8)
    known = len(core.run.signatures)
    runs = simulate(Parameters(), case_of(), replicates=np.int64(2), seed=np.uint8(3), weeks=np.int32(8))
    xr.testing.assert_identical(runs, plain)
    assert len(core.run.signatures) == known


def test_no_case_one_case_twice_and_an_unknown_case_are_refused(case_of):
    with pytest.raises(RunError, match="No case was given"):
        simulate(Parameters(), [])
    with pytest.raises(RunError, match="Case SMALL was given twice"):
        simulate(Parameters(), [case_of(), case_of()])
    with pytest.raises(CaseError, match="SE-JPK"):
        simulate(Parameters(), "SE-JPK")


def test_a_parameter_out_of_range_never_reaches_a_run():
    with pytest.raises(ParameterError, match=r"power\.agenda_access = 1\.3 is outside"):
        Parameters().replace({"power.agenda_access": 1.3})


def test_an_event_may_name_a_structural_choice(case_of):
    named = case_of(events=(Event(8, "set", "consensus", "power.decision_rule"),))
    numbered = case_of(events=(Event(8, "set", int(DecisionRule.consensus), "power.decision_rule"),))
    runs = [simulate(Parameters(), case, replicates=2, weeks=52) for case in (named, numbered)]
    xr.testing.assert_identical(*runs)


# ---- threads ----


def test_results_stand_in_the_order_of_their_tasks():
    assert on_threads(lambda n: n * n, list(range(50)), threads=8, progress=None) == [n * n for n in range(50)]
    assert on_threads(lambda n: n, [], threads=2, progress=None) == []


def test_two_tasks_run_side_by_side():
    both = threading.Barrier(2, timeout=20)
    assert on_threads(lambda n: n if n == 0 else both.wait() >= 0, [0, 1, 2], threads=2, progress=None) == [
        0,
        True,
        True,
    ]


def test_the_first_failure_is_raised_and_what_waits_is_dropped():
    started = []

    def work(number: int) -> int:
        started.append(number)
        if number == 1:
            raise RunError("the second task fails")
        time.sleep(0.001)
        return number

    with pytest.raises(RunError, match="the second task fails"):
        on_threads(work, list(range(2_000)), threads=1, progress=None)
    assert len(started) < 2_000


def test_an_interrupt_leaves_no_work_behind(case_of):
    """Ctrl-C reaches the caller at once; runs that have not begun never do."""

    def interrupted(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(Parameters(), case_of(), replicates=3_000, weeks=52, progress=interrupted)


def test_jobs_may_run_beside_each_other(case_of):
    alone = simulate(Parameters(), case_of(), replicates=2, weeks=24)
    with ThreadPoolExecutor(3) as pool:
        beside = [pool.submit(simulate, Parameters(), case_of(), 2, 1, 24) for _ in range(3)]
        for one in beside:
            xr.testing.assert_identical(one.result(), alone)


# ---- common random numbers ----


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"leadership.facilitation": 0.8}, "citizen_trust"),
        ({"capacity.workload": 1.05}, "staff_burnout"),
        ({"power.agenda_access": 0.9}, "citizen_efficacy"),
        ({"reciprocity.payment": 20}, "need_met"),
    ],
)
def test_common_draws_make_differences_between_scenarios_surer(case_of, change, name):
    """The variance of a difference with shared replicates against replicates that have nothing in common."""
    base, other = Parameters(), Parameters().replace(change)
    before = simulate(base, case_of(), replicates=60, seed=1, weeks=52)[name].values[0, :, -1]
    after = simulate(other, case_of(), replicates=60, seed=1, weeks=52)[name].values[0, :, -1]
    apart = simulate(other, case_of(), replicates=60, seed=2, weeks=52)[name].values[0, :, -1]
    assert (after - before).var() < 0.6 * (apart - before).var()
