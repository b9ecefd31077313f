"""A run depends on its names and on nothing else: not on threads, chunks or company; scenarios share every draw of one name."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

from coprod_abm.case import Case, Event, Level
from coprod_abm.draws import replicate_seed
from coprod_abm.parameters import Parameters
from coprod_abm.simulate import run_once, simulate
from coprod_abm.world import world_of

WEEKS = 60
# Sites learn from each other; without that a site's six years are its own, and company must not change a bit of them.
ALONE = Parameters().replace(
    {
        "learning.between_projects": 0,
        "learning.code_learns": 0,
        "learning.code_teaches": 0,
        "learning.support_from_above": 0,
        "learning.support_from_success": 0,
        "learning.turbulence": 0.005,
    }
)
# Fields that hold a place in an array and hence move when other projects stand in front.
INDICES = {"where", "first", "seat", "region", "nation", "source", "inventor", "case"}


def end(params: Parameters, *cases: Case, seed: int = 1, weeks: int = WEEKS) -> Any:
    return run_once(world_of(cases, params), replicate_seed(seed, 0), weeks).world


def life(world: Any, name_of_site: str, case: Case) -> dict[str, np.ndarray]:
    """All fields of one site's project and people that are not places in an array, and its seats as numbers within the site."""
    key = next(site.key for site in case.sites if site.name == name_of_site)
    project = world.projects[world.projects["key"] == key][0]
    first, people = project["first"], project["citizens"] + project["professionals"] + project["leaders"]
    own = world.people[first : first + people]
    found = {f"project.{name}": project[name] for name in project.dtype.names if name not in INDICES}
    found |= {f"people.{name}": own[name] for name in own.dtype.names}
    seats = project["seat"]
    return found | {"seats": np.where(seats >= 0, seats - first, seats)}


def assert_same_life(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert [name for name in one if not np.array_equal(one[name], other[name])] == []


# ---- how the work is split ----


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_number_of_threads_leaves_every_bit(levels_case, threads):
    alone = simulate(Parameters(), levels_case, replicates=10, seed=5, weeks=WEEKS, threads=1, by_project=True)
    xr.testing.assert_identical(
        alone, simulate(Parameters(), levels_case, 10, seed=5, weeks=WEEKS, threads=threads, by_project=True)
    )


def test_ten_replicates_at_once_are_the_ten_one_by_one(levels_case):
    together = simulate(Parameters(), levels_case, replicates=10, seed=5, weeks=WEEKS, by_project=True)
    world = world_of([levels_case], Parameters())
    for number in range(10):
        alone = run_once(world, replicate_seed(5, number), WEEKS).seen
        for place, name in enumerate(list(together.data_vars)[: alone.shape[-1]]):
            assert np.array_equal(together[name].values[0, number], alone[:, :, place])


def test_more_replicates_leave_the_first_ones_as_they_were(case_of):
    few = simulate(Parameters(), case_of(), replicates=3, weeks=WEEKS)
    many = simulate(Parameters(), case_of(), replicates=9, weeks=WEEKS)
    xr.testing.assert_identical(few, many.isel(replicate=slice(3)))


def test_how_often_a_run_is_measured_leaves_what_happens(case_of):
    monthly = simulate(Parameters(), case_of(), replicates=2, weeks=WEEKS, every=4)
    weekly = simulate(Parameters(), case_of(), replicates=2, weeks=WEEKS, every=1)
    assert weekly.sel(week=monthly.week).drop_attrs().identical(monthly.drop_attrs())


def test_more_weeks_leave_the_first_ones_as_they_were(case_of):
    short = simulate(Parameters(), case_of(), replicates=2, weeks=40)
    long = simulate(Parameters(), case_of(), replicates=2, weeks=80)
    assert long.sel(week=short.week).drop_attrs().identical(short.drop_attrs())


def test_a_run_leaves_its_world_as_it_was_laid_out(case_of):
    world = world_of([case_of()], Parameters())
    before = world.copy()
    run_once(world, replicate_seed(1, 0), WEEKS)
    for mine, kept in zip(world, before, strict=True):
        assert mine.tobytes() == kept.tobytes()


def test_order_of_cases_leaves_each_case(case_of, site_of):
    a, b, c = case_of(id="A"), case_of(id="B"), case_of(site_of(citizens=40), id="C", country="BB")
    forward = simulate(Parameters(), [a, b, c], replicates=3, weeks=WEEKS)
    backward = simulate(Parameters(), [c, b, a], replicates=3, weeks=WEEKS)
    xr.testing.assert_identical(forward, backward.sel(case=["A", "B", "C"]))
    xr.testing.assert_identical(forward.sel(case=["B"]), simulate(Parameters(), b, replicates=3, weeks=WEEKS))


def test_order_of_cases_in_one_world_leaves_each_case(case_of):
    a, b = case_of(id="A"), case_of(id="B", country="BB")
    forward, backward = end(ALONE, a, b), end(ALONE, b, a)
    for case in (a, b):
        assert_same_life(life(forward, "one", case), life(backward, "one", case))


def test_order_of_cases_with_rules_of_their_own_in_one_world_leaves_each_case(case_of):
    still = case_of(id="STILL", rules={"learning.turbulence": 0.0, "population.national_truth": 0.9})
    wild = case_of(id="WILD", country="BB", rules={"learning.turbulence": 0.02})
    forward, backward = end(ALONE, still, wild), end(ALONE, wild, still)
    for case in (still, wild):
        assert_same_life(life(forward, "one", case), life(backward, "one", case))
    assert_same_life(life(forward, "one", still), life(end(ALONE, still), "one", still))


def test_seeds_and_replicates_differ(case_of):
    runs = [
        simulate(Parameters(), case_of(), replicates=2, seed=seed, weeks=4).citizen_trust.values[0, :, 1]
        for seed in (1, 2, 2**32 + 1)
    ]
    assert len({value for run in runs for value in run}) == 6


# ---- company ----


def test_an_added_site_leaves_the_lives_of_the_others(case_of, site_of):
    two = case_of(site_of("a"), site_of("b", region="S"))
    three = case_of(site_of("before"), site_of("a"), site_of("b", region="S"))
    for name in ("a", "b"):
        assert_same_life(life(end(ALONE, two), name, two), life(end(ALONE, three), name, three))


def test_an_added_site_on_another_level_leaves_the_lives_of_the_others(case_of, site_of):
    one = case_of(site_of("a", Level.regional))
    two = case_of(site_of("nation", Level.national), site_of("a", Level.regional))
    assert_same_life(life(end(ALONE, one), "a", one), life(end(ALONE, two), "a", two))


def test_an_added_case_leaves_the_lives_of_the_others(case_of):
    a, b = case_of(id="A"), case_of(id="B")
    assert_same_life(life(end(ALONE, a), "one", a), life(end(ALONE, b, a), "one", a))


def test_sites_that_learn_from_each_other_do_change_in_company(case_of, site_of):
    talking = Parameters().replace({"learning.between_projects": 1.0})
    one, two = case_of(site_of("a")), case_of(site_of("a"), site_of("b"))
    alone, together = (life(end(talking, case, weeks=104), "a", case) for case in (one, two))
    assert not np.array_equal(alone["project.design"], together["project.design"])


@pytest.mark.parametrize("role", ["citizens", "professionals", "leaders"])
def test_an_added_person_leaves_everybody_else_as_born(case_of, site_of, role):
    sizes = {"citizens": 24, "professionals": 6, "leaders": 3}
    fewer = end(Parameters(), case_of(site_of(**sizes)), weeks=0)
    more = end(Parameters(), case_of(site_of(**(sizes | {role: sizes[role] + 1}))), weeks=0)
    for place, count in enumerate(sizes.values()):
        one, other = (world.people[world.people["role"] == place][:count] for world in (fewer, more))
        born = [name for name in one.dtype.names if name != "member"]
        assert [name for name in born if not np.array_equal(one[name], other[name])] == []


def test_an_added_citizen_leaves_the_weekly_lots_of_everybody_else(case_of, site_of):
    quiet = Parameters().replace({"participation.meetings": 0, "participation.continuity": 0, "participation.exits": 0})
    fewer, more = (end(quiet, case_of(site_of(citizens=n))) for n in (24, 25))
    one, other = (world.people[world.people["role"] == 0][:24] for world in (fewer, more))
    assert np.array_equal(one["partner"], other["partner"])
    assert (one["partner"] >= 0).mean() > 0.9


# ---- scenarios ----

SCENARIOS = (
    {"power.agenda_access": 0.0},
    {"power.decision_rule": "consensus", "leadership.facilitation": 1.0},
    {"reciprocity.payment": 30.0, "participation.turns": 10},
    {"trust.gain": 0.5, "efficacy.gain": 0.5, "learning.experience": 1.0},
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=", ".join)
def test_two_scenarios_share_the_people_they_begin_with(levels_case, scenario):
    before = end(Parameters(), levels_case, weeks=0)
    after = end(Parameters().replace(scenario), levels_case, weeks=0)
    born = [name for name in before.people.dtype.names if name != "member"]
    assert [name for name in born if not np.array_equal(before.people[name], after.people[name])] == []
    assert np.array_equal(before.projects["reality"], after.projects["reality"])
    assert np.array_equal(before.projects["design"], after.projects["design"])


@pytest.mark.parametrize("scenario", SCENARIOS, ids=", ".join)
def test_two_scenarios_share_who_meets_whom_and_what_the_world_does(levels_case, scenario):
    fixed = {"participation.continuity": 0, "learning.turbulence": 0.01}
    before = end(Parameters().replace(fixed), levels_case)
    after = end(Parameters().replace(fixed | scenario), levels_case)
    citizens = before.people["role"] == 0
    assert np.array_equal(before.people["partner"][citizens], after.people["partner"][citizens])
    assert np.array_equal(before.projects["encounters"], after.projects["encounters"])
    assert np.array_equal(before.projects["reality"], after.projects["reality"])
    assert not np.array_equal(before.people["trust"], after.people["trust"])


def test_two_scenarios_share_newcomers_who_start_in_the_same_week(case_of, site_of):
    """Turnover that does not depend on burnout takes the same people in both, and the same newcomers follow them."""
    case = case_of(site_of(professionals=24))
    fixed = {"capacity.turnover_burnout": 0, "capacity.staff_turnover": 0.6, "participation.contact": 0}
    fixed |= {"learning.turbulence": 0, "learning.socialisation": 0, "participation.meetings": 0}
    before, after = (
        end(Parameters().replace(fixed | {"power.agenda_access": access, "capacity.workload": load}), case)
        for access, load in ((0.0, 0.9), (1.0, 1.2))
    )
    staff = before.people["role"] == 1
    for name in ("status", "efficacy", "trust", "openness", "contribution"):
        assert np.array_equal(before.people[name][staff], after.people[name][staff])
    start = end(Parameters().replace(fixed), case, weeks=0)
    stayed = (start.people["status"] == before.people["status"])[staff]
    assert 0 < stayed.sum() < staff.sum()


def test_an_event_changes_nothing_before_it_happens(case_of):
    plain, shaken = case_of(), case_of(events=(Event(30, "set", 2.0, "capacity.workload"),))
    before, after = (simulate(Parameters(), case, replicates=3, weeks=WEEKS, every=1) for case in (plain, shaken))
    for name in before.data_vars:
        assert np.array_equal(before[name].values[:, :, :30], after[name].values[:, :, :30])
    assert (after.staff_burnout.values[:, :, 40:] > before.staff_burnout.values[:, :, 40:]).all()


def test_an_event_that_sets_what_was_already_so_changes_nothing(case_of):
    same = Parameters().values()["power.agenda_access"]
    plain, empty = case_of(), case_of(events=(Event(10, "set", same, "power.agenda_access"),))
    assert_same_life(life(end(Parameters(), plain), "one", plain), life(end(Parameters(), empty), "one", empty))


def test_an_event_at_one_site_leaves_the_other(case_of, site_of):
    sites = site_of("a"), site_of("b", region="S")
    plain = case_of(*sites)
    shaken = case_of(
        *sites, events=(Event(5, "set", 2.0, "capacity.workload", site="a"), Event(9, "sponsor_leaves", site="a"))
    )
    assert_same_life(life(end(ALONE, plain), "b", plain), life(end(ALONE, shaken), "b", shaken))
    assert not np.array_equal(end(ALONE, plain).projects["support"], end(ALONE, shaken).projects["support"])


def test_turbulence_set_at_one_site_acts_there_and_nowhere_else(case_of, site_of):
    own = Parameters().replace(
        {"population.national_truth": 0, "population.regional_truth": 0, "learning.turbulence": 0}
    )
    sites = site_of("a"), site_of("b")
    shaken = case_of(*sites, events=(Event(1, "set", 0.02, "learning.turbulence", site="b"),))
    before, after = (end(own, shaken, weeks=weeks).projects["reality"] for weeks in (0, 104))
    assert np.array_equal(before[0], after[0])
    assert not np.array_equal(before[1], after[1])


def test_events_leave_the_weekly_lots(case_of):
    plain = case_of()
    shaken = case_of(events=(Event(5, "set", 0.0, "power.agenda_access"), Event(9, "sponsor_leaves")))
    before, after = (end(Parameters().replace({"participation.continuity": 0}), case) for case in (plain, shaken))
    assert np.array_equal(before.people["partner"], after.people["partner"])
    assert np.array_equal(before.projects["encounters"], after.projects["encounters"])
