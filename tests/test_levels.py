"""Levels: projects nested in regions and nations in one run; what moves between them, and outcomes at each level (E17)."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from coprod_abm.case import Event, Level
from coprod_abm.delivery import give_up
from coprod_abm.experiments.cli import main
from coprod_abm.levels import FROM_ELSEWHERE, add_views, learn_between_levels, move_support
from coprod_abm.measures import AT, MEASURES, NAMES, MeasureError
from coprod_abm.mesa_model import CoproductionModel, differences
from coprod_abm.observation import observe_spread
from coprod_abm.outcomes import CONSTITUENCY, OF_THE_LIVING, PARTICIPANTS, PROJECT, by_level, measure_of_place, places
from coprod_abm.parameters import Parameters
from coprod_abm.presets import preset
from coprod_abm.service import FEATURES
from coprod_abm.simulate import RunError, simulate
from coprod_abm.state import EMPTY
from coprod_abm.trajectories import case_in_world

# Everything that passes between projects and places is fast, so that weeks show it.
FAST = {
    "learning.code_learns": 0.5,
    "learning.code_teaches": 0.5,
    "learning.between_projects": 0.5,
    "learning.support_from_above": 0.5,
    "learning.support_from_success": 0.5,
    "learning.support_rate": 0.5,
    "participation.interval_local": 1,
    "leadership.implementation_base": 0,
}
# Nobody meets and no sponsor leaves by chance: support moves only as an event moves it.
NOTHING_TAKEN_UP = {"learning.code_teaches": 0, "learning.between_projects": 0}  # so that no promise is kept or broken
QUIET = {
    "participation.meetings": 0,
    "participation.endings": 0,
    "leadership.sponsor_loss": 0,
    "learning.turbulence": 0,
}
NOTHING_FLOWS = {
    "learning.code_learns": 0,
    "learning.code_teaches": 0,
    "learning.between_projects": 0,
    "learning.support_from_above": 0,
    "learning.support_from_success": 0,
}
# Measures that look at other projects or at a place, and hence see that company came.
LOOK_ABROAD = {"convergence", "support_above", "nation_support"}


@pytest.fixture(scope="module")
def country(site_of, case_of):
    """Three cases of one country, two of which share a region, and one of another country; events by name of the case."""

    def cases(**events):
        return [
            case_of(
                site_of("R regional", Level.regional),
                site_of("R local", citizens=48),
                id="R",
                events=events.get("R", ()),
            ),
            case_of(site_of("R other"), id="R2", events=events.get("R2", ())),
            case_of(
                site_of("nation", Level.national),
                site_of("S regional", Level.regional, region="S"),
                site_of("S local", region="S", citizens=12),
                id="NAT",
                events=events.get("NAT", ()),
            ),
            case_of(site_of("nation", Level.national), site_of("far"), id="FAR", country="BB"),
        ]

    return cases


@pytest.fixture(scope="module")
def runs(country):
    return simulate(Parameters().replace(FAST), country(), replicates=4, seed=5, weeks=104, together=True)


def of(runs, name, project):
    return runs[name].sel(project=project).values


# ---- one run of several cases ----


def test_each_project_says_case_site_level_region_and_country(runs):
    assert runs.need_met.dims == ("replicate", "week", "project")
    rows = zip(*(runs[name].values.tolist() for name in ("case", "site", "level", "region", "country")), strict=True)
    assert list(rows) == [
        ("R", "R regional", "regional", "R", "AA"),
        ("R", "R local", "local", "R", "AA"),
        ("R2", "R other", "local", "R", "AA"),
        ("NAT", "nation", "national", "", "AA"),
        ("NAT", "S regional", "regional", "S", "AA"),
        ("NAT", "S local", "local", "S", "AA"),
        ("FAR", "nation", "national", "", "BB"),
        ("FAR", "far", "local", "R", "BB"),
    ]
    assert runs.project.values[1] == "R / R local"
    assert runs.citizens.values.tolist() == [24, 48, 24, 24, 24, 12, 24, 24]
    assert runs.group_people.values[1] == pytest.approx([48 * 0.8, 48 * 0.12, 48 * 0.08])
    assert {"seed", "weeks", "every", "model"} == set(runs.attrs)


def test_order_of_cases_leaves_every_number(runs, country):
    backward = simulate(Parameters().replace(FAST), country()[::-1], replicates=4, seed=5, weeks=104, together=True)
    assert backward.project.values.tolist() != runs.project.values.tolist()
    xr.testing.assert_identical(runs, backward.sel(project=runs.project))


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_leave_every_number(runs, country, threads):
    params = Parameters().replace(FAST)
    again = simulate(params, country(), replicates=4, seed=5, weeks=104, together=True, threads=threads)
    xr.testing.assert_identical(runs, again)


def test_progress_counts_worlds(country):
    told = []
    report = lambda done, total: told.append((done, total))  # noqa: E731
    simulate(Parameters(), country(), replicates=3, weeks=4, together=True, progress=report)
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_case_alone_in_a_world_is_the_case_apart(levels_case):
    together = simulate(Parameters(), levels_case, replicates=3, weeks=60, together=True)
    apart = simulate(Parameters(), levels_case, replicates=3, weeks=60, by_project=True)
    for name in apart.data_vars:
        assert np.array_equal(together[name].values, apart[name].values[0]), name


def test_a_case_out_of_a_world_has_the_form_of_a_case_alone(levels_case):
    together = simulate(Parameters(), levels_case, replicates=3, weeks=60, together=True)
    xr.testing.assert_allclose(
        case_in_world(together, levels_case), simulate(Parameters(), levels_case, replicates=3, weeks=60)
    )


def test_a_case_that_is_not_in_the_world_is_not_found_there(runs, levels_case):
    with pytest.raises(KeyError, match="LEVELS"):
        case_in_world(runs, levels_case)


def test_engines_agree_on_several_cases_in_one_world(country):
    cases = country(NAT=(Event(3, "sponsor_leaves", site="nation"),), R=(Event(5, "sponsor_leaves"),))
    busy = Parameters().replace(FAST | {"learning.turbulence": 0.005})
    assert differences(busy, cases, seed=2, weeks=40) == []


def test_where_nothing_flows_company_leaves_a_case_as_it_is_alone(country):
    params = Parameters().replace(NOTHING_FLOWS)
    together = simulate(params, country(), replicates=2, weeks=104, together=True)
    for case in country():
        alone = simulate(params, case, replicates=2, weeks=104, together=True)
        own = together.sel(project=alone.project)
        assert [name for name in NAMES if name not in LOOK_ABROAD and not own[name].equals(alone[name])] == []


def test_where_things_flow_company_changes_a_case(country, runs):
    alone = simulate(Parameters().replace(FAST), country()[0], replicates=4, seed=5, weeks=104, together=True)
    assert not runs.need_met.sel(project=alone.project).equals(alone.need_met)


def test_another_country_leaves_a_case_as_it_is(country, runs):
    without = simulate(Parameters().replace(FAST), country()[:-1], replicates=4, seed=5, weeks=104, together=True)
    xr.testing.assert_identical(runs.sel(project=without.project), without)


def test_cases_that_cannot_share_a_calendar_are_refused(case_of):
    short, long = case_of(id="SHORT", years=2), case_of(id="LONG", years=3)
    with pytest.raises(RunError, match=r"SHORT lasts 104 weeks and LONG 156.*Give weeks, such as weeks=104"):
        simulate(Parameters(), [short, long], replicates=1, together=True)
    assert simulate(Parameters(), [short, long], replicates=1, weeks=8, together=True).week.values[-1] == 8
    with pytest.raises(RunError, match=r"EN-LON starts in 2015 and EN-LPFT in 2020.*share a calendar"):
        simulate(Parameters(), ["EN-LON", "EN-LPFT"], replicates=1, weeks=8, together=True)


# ---- sponsorship ----


def first_difference(shaken, calm, name, project):
    """The first week in which a measure of a project differs, −1 for none."""
    differs = (of(shaken, name, project) != of(calm, name, project)).any(axis=0)
    return int(shaken.week.values[np.argmax(differs)]) if differs.any() else -1


def both(params, country, weeks=80, **events):
    return (
        simulate(params, country(**chosen), replicates=2, weeks=weeks, every=1, together=True)
        for chosen in (events, {})
    )


def test_a_sponsor_lost_nationally_reaches_the_projects_below_a_month_later_for_each_level(country):
    params = Parameters().replace(QUIET)
    shaken, calm = both(params, country, NAT=(Event(10, "sponsor_leaves", site="nation"),))
    expected = {
        ("sponsor_support", "NAT / nation"): 10,
        ("nation_support", "NAT / nation"): 12,  # at the end of the month
        ("support_above", "R / R regional"): 16,
        ("support_above", "R / R local"): 16,
        ("sponsor_support", "R / R regional"): 21,  # the news of week 20 acts from the next week on
        ("sponsor_support", "R / R local"): 21,
        ("sponsor_support", "R2 / R other"): 21,
        ("sponsor_support", "NAT / S local"): 21,
        ("sponsor_support", "FAR / far"): -1,
    }
    assert {key: first_difference(shaken, calm, *key) for key in expected} == expected
    loss = calm.sponsor_support - shaken.sponsor_support
    assert (loss >= 0).all()
    lost = {name: float(loss.sel(project=name).max()) for name in ("NAT / nation", "R / R local")}
    assert 0 < lost["R / R local"] < 0.1 * lost["NAT / nation"]
    assert float(loss.sel(project="NAT / nation").isel(week=-1).max()) < 0.5 * lost["NAT / nation"]  # it heals


def test_a_sponsor_lost_regionally_reaches_that_region_alone(country):
    params = Parameters().replace(QUIET | NOTHING_TAKEN_UP)
    shaken, calm = both(params, country, R=(Event(10, "sponsor_leaves", site="R regional"),))
    expected = {"R / R local": 17, "R2 / R other": 17, "NAT / nation": -1, "NAT / S local": -1, "FAR / far": -1}
    assert {key: first_difference(shaken, calm, "sponsor_support", key) for key in expected} == expected


def test_a_sponsor_lost_locally_reaches_nobody_where_the_region_has_sponsors_of_its_own(country):
    params = Parameters().replace(QUIET | NOTHING_TAKEN_UP)
    shaken, calm = both(params, country, R2=(Event(10, "sponsor_leaves"),))
    changed = [str(name) for name in calm.project.values if first_difference(shaken, calm, "sponsor_support", name) > 0]
    assert changed == ["R2 / R other"]


@pytest.mark.parametrize("off", [{"learning.support_from_above": 0}, {"learning.support_rate": 0}])
def test_no_sponsor_follows_where_that_is_switched_off(country, off):
    params = Parameters().replace(QUIET | off)
    shaken, calm = both(params, country, NAT=(Event(10, "sponsor_leaves", site="nation"),))
    changed = [str(name) for name in calm.project.values if first_difference(shaken, calm, "sponsor_support", name) > 0]
    assert changed == ["NAT / nation"]


def test_without_a_sponsor_of_its_own_a_project_gets_no_support_from_above(country):
    params = Parameters().replace(QUIET)
    event = (Event(1, "set", 0.0, "leadership.sponsor", site="R local"),)
    lonely, _ = both(params, country, weeks=312, R=event)
    assert of(lonely, "sponsor_support", "R / R local")[:, -1] == pytest.approx(0, abs=0.01)
    assert (of(lonely, "support_above", "R / R local") > 0.6).all()


def test_all_begin_with_the_support_of_their_sponsors(runs):
    for name in ("sponsor_support", "support_above", "nation_support"):
        assert runs[name].isel(week=0).values == pytest.approx(0.7)


@pytest.fixture
def model(country):
    """Objects of a small world that a test may set by hand."""
    return CoproductionModel(Parameters().replace(QUIET), country()[:3], seed=1)


def named(model, case, site):
    cases = {"R": ("R regional", "R local"), "R2": ("R other",), "NAT": ("nation", "S regional", "S local")}
    return model.projects[[(c, s) for c, sites in cases.items() for s in sites].index((case, site))]


def month_of_support(model):
    move_support(model.projects, model.regions, model.nations, model.rules)


def test_a_month_of_support_reckoned_by_hand(model):
    """Share .2 from above, .2 from success, step .1; the region R (first) has one regional and two local projects."""
    region, nation = model.regions[0], model.nations[0]
    region.support, nation.support = 0.5, 0.9
    named(model, "R", "R regional").support = 0.6
    for project, kept in zip(model.projects, (1.0, 0.8, 0.3, 0.5, 0.5, 0.5), strict=True):
        project.delivery = kept
    named(model, "NAT", "nation").support = 0.4
    month_of_support(model)
    assert named(model, "R", "R local").support_above == 0.5
    assert named(model, "NAT", "nation").support_above == 0.9
    own = 0.6 + 0.2 * (0.7 - 0.5)  # of three projects in the region, 0.7 of the promises are kept
    assert region.support == pytest.approx(0.5 + 0.1 * (own + 0.2 * (0.9 - own) - 0.5))
    own = 0.4 + 0.2 * (0.6 - 0.5)  # of six in the nation, 0.6
    assert nation.support == pytest.approx(0.9 + 0.1 * (own - 0.9))


def test_a_region_without_a_project_of_its_own_stands_where_its_sponsors_are_established(site_of, case_of):
    model = CoproductionModel(Parameters().replace(QUIET), case_of(site_of("a"), site_of("b")), seed=1)
    for project in model.projects:
        project.support = 0.1
    before = model.regions[0].support
    month_of_support(model)
    assert before == model.regions[0].support == pytest.approx(0.7)


def test_promises_kept_raise_the_support_of_region_and_nation(country):
    keen = Parameters().replace(FAST | {"leadership.sponsor_loss": 0, "leadership.implementation_base": 2})
    slow = keen.replace({"leadership.implementation_base": -8, "leadership.promise_weeks": 8})
    good, bad = (simulate(p, country(), replicates=3, weeks=104, together=True).isel(week=-1) for p in (keen, slow))
    assert (good.support_above > 0.75).all()
    assert (bad.support_above < 0.65).all()
    assert (good.nation_support > bad.nation_support).all()
    assert (good.sponsor_support > bad.sponsor_support).all()  # and back to the projects


# ---- codes ----


def month_of_learning(model, **changes):
    model.rules = [
        rules.replace({f"learning.{name}": value for name, value in changes.items()}) for rules in model.rules
    ]
    learn_between_levels(model.projects, model.regions, model.nations, model.rules, model.run_seed, 4)


def only(**changes):
    return {key.partition(".")[2]: value for key, value in NOTHING_FLOWS.items()} | changes


def test_what_better_projects_do_goes_up_into_the_code_of_their_region_and_no_other(model):
    region, other = model.regions
    best = named(model, "R", "R local")
    best.design = list(best.reality)
    best.goal = [1.0, 1.0, 1.0]
    for project in model.projects:
        if project is not best:
            project.goal = [0.0, 0.0, 0.0]
    month_of_learning(model, **only(code_learns=1))
    assert region.code == best.design
    assert region.source == [best.where] * FEATURES
    assert other.code == [0] * FEATURES


def test_better_codes_of_regions_go_up_into_the_code_of_the_nation(model):
    region, nation = model.regions[0], model.nations[0]
    region.code, region.source = list(region.reality), [2] * FEATURES
    for project in model.projects:
        project.goal = [0.0, 0.0, 0.0]
    month_of_learning(model, **only(code_learns=1))
    assert nation.code == region.code
    assert nation.source == [2] * FEATURES


@pytest.mark.parametrize(("support", "taken"), [(1.0, 1), (0.0, 0)])
def test_the_code_of_the_nation_goes_down_to_a_region_that_supports_its_projects(model, support, taken):
    nation = model.nations[0]
    nation.code, nation.source = [1] * FEATURES, [3] * FEATURES
    for region in model.regions:
        region.support = support
    for project in model.projects:
        project.support = 0.0
    month_of_learning(model, **only(code_teaches=1))
    for region in model.regions:
        assert sum(value == 1 for value in region.code) == taken
        assert sum(source == 3 for source in region.source) == taken


@pytest.mark.parametrize(("support", "taken"), [(1.0, 1), (0.0, 0)])
def test_the_code_of_a_region_goes_down_to_its_sponsored_projects(model, support, taken):
    region = model.regions[0]
    for project in model.projects:
        project.support = support
    project = named(model, "R2", "R other")
    region.code, region.source = [-value for value in project.design], [0] * FEATURES
    month_of_learning(model, **only(code_teaches=1))
    pending = [feature for feature in range(FEATURES) if project.pending[feature] != 0]
    assert len(pending) == taken
    assert [(project.origin[f], project.source[f], project.pending[f]) for f in pending] == [
        (FROM_ELSEWHERE, 0, region.code[f]) for f in pending
    ]
    elsewhere = named(model, "NAT", "S local")
    assert elsewhere.pending == [0] * FEATURES


def test_nothing_flows_where_all_is_switched_off(model):
    for place in (*model.regions, *model.nations):
        place.code = [1] * FEATURES
    for project in model.projects:
        project.support = 1.0
    month_of_learning(model, **only())
    assert all(project.pending == [0] * FEATURES for project in model.projects)
    assert all(place.code == [1] * FEATURES for place in (*model.regions, *model.nations))


def test_a_code_credits_who_changed_to_a_value_before_those_with_whom_it_always_stood(model):
    values, nobody = [1] * FEATURES, [EMPTY] * FEATURES
    changed = named(model, "R", "R local")
    changed.inventor = [changed.where] * FEATURES
    orders = [(0, 1, 2), (1, 2, 0), (2, 0, 1)]
    for order in orders:
        views = np.zeros((FEATURES, 6), np.int64)
        for where in order:
            sources = changed.inventor if where == changed.where else nobody
            add_views(views, model.projects, values, sources, where)
        assert (views[:, 0] == 3).all()
        assert (views[:, 2] == changed.where).all()


def test_unknown_values_have_no_voice_and_each_side_has_its_source(model):
    views = np.zeros((FEATURES, 6), np.int64)
    values = [0, 1, -1] * (FEATURES // 3)
    add_views(views, model.projects, values, [EMPTY] * FEATURES, 2)
    assert views[:3].tolist() == [[0, 0, 0, 0, 0, 0], [1, 0, 2, 0, 0, 0], [0, 1, 0, 2, 0, 0]]


@pytest.mark.parametrize(("decision", "lapsed", "broken"), [(EMPTY, 1, 0), (3, 0, 1)])
def test_a_copied_change_that_waits_too_long_lapses_and_one_that_members_decided_on_breaks_a_promise(
    model, decision, lapsed, broken
):
    project, feature = model.projects[0], 2
    project.pending[feature], project.decision[feature] = 1, decision
    counts, kept = (project.lapsed, project.promises_broken), project.delivery
    trust = [person.trust for person in model.people]
    give_up(model.people, project, model.rules[0], feature)
    assert (project.lapsed - counts[0], project.promises_broken - counts[1]) == (lapsed, broken)
    assert project.pending[feature] == 0
    assert (project.delivery < kept) == (trust != [person.trust for person in model.people]) == bool(broken)


def test_presets_of_learning_let_flow_what_they_say():
    flows = tuple(NOTHING_FLOWS)
    for name, flowing in (
        ("none", ()),
        ("within", ()),
        ("between", ("learning.between_projects",)),
        ("across_levels", tuple(key for key in flows if key != "learning.between_projects")),
        ("turbulent", flows),
    ):
        values = preset(f"learning={name}").values()
        assert tuple(key for key in flows if values[key] > 0) == flowing, name
    still, default = preset("learning=none").values(), Parameters().values()
    assert still["learning.experience"] == still["learning.socialisation"] == 0
    assert preset("learning=turbulent").learning.turbulence > default["learning.turbulence"]


# ---- spread ----


def test_spread_counts_own_changes_kept_in_three_others_and_passed_on_those_kept_in_one(model):
    for project in model.projects:
        project.inventor = [EMPTY] * FEATURES
        project.design = [1] * FEATURES
    keepers = {
        0: (0,),
        1: (0, 1),
        2: (0, 1, 2, 3),
        3: (0, 1, 2, 3, 4),
        4: (1, 2, 3, 4),
    }  # by feature; 4 not by 0 itself
    for feature, kept in keepers.items():
        for where in kept:
            model.projects[where].inventor[feature] = 0
    out = np.zeros(len(MEASURES))
    observe_spread(model.projects, 0, out)
    assert (out[AT.passed_on], out[AT.spread]) == (3.0, 2.0)
    model.projects[0].design[3] = -1  # turned back at home: what the others run is no longer its own change
    observe_spread(model.projects, 0, out)
    assert (out[AT.passed_on], out[AT.spread]) == (2.0, 1.0)


def test_changes_spread_between_cases_that_share_a_world_and_in_none_that_is_alone(site_of, case_of):
    """Two sites a case: three others exist only in company."""
    sites = (Level.regional, Level.local)
    cases = [case_of(*(site_of(f"{n} {level.name}", level, region=n) for level in sites), id=n) for n in "ABCDE"]
    params = (
        preset("learning=across_levels")
        .replace({"leadership.implementation_base": 0, "population.national_truth": 0.8, "participation.endings": 0})
        .replace({"learning.code_learns": 0.3, "learning.code_teaches": 0.5})
    )
    together = simulate(params, cases, replicates=10, weeks=312, every=312, together=True)
    apart = simulate(params, cases, replicates=10, weeks=312, every=312)
    assert float(together.spread.isel(week=-1).sum("project").mean()) > 0.1
    assert (apart.spread.isel(week=-1).values == 0).all()


# ---- outcomes at each level ----


@pytest.fixture(scope="module")
def table(runs):
    return by_level(runs)


def row(table, level, perspective, name, place="all"):
    is_it = (table["level"] == level) & (table["perspective"] == perspective) & (table["place"] == place)
    found = table[is_it & (table["measure"] == name)].set_index("week")
    assert found.index.is_unique
    assert len(found) > 0
    return found


LOCAL = ["R / R local", "R2 / R other", "NAT / S local", "FAR / far"]


def test_the_table_is_tidy(table, runs):
    assert not table.duplicated(["level", "place", "perspective", "measure", "week"]).any()
    assert set(table["level"]) == {"local", "regional", "national"}
    assert set(table["perspective"]) == {"participants", "project", "constituency", "place"}
    alive = {"project": OF_THE_LIVING, "participants": PARTICIPANTS}
    whole = [name not in alive.get(who, ()) for who, name in zip(table["perspective"], table["measure"], strict=True)]
    assert (table.loc[whole, "replicates"] == 4).all()
    assert table["replicates"].between(0, 4).all()
    assert table["unit"].str.len().gt(0).all()
    assert (table["mean"].isna() == (table["replicates"] == 0)).all()
    assert set(table["week"]) == set(runs.week.values)


def test_participants_and_projects_are_means_over_the_projects_of_a_level(table, runs):
    alive = runs.alive.sel(project=LOCAL)
    assert (alive.sum("project") > 0).all()
    for perspective, name in (("participants", "member_trust"), ("project", "voice_share"), ("project", "passed_on")):
        values = runs[name].sel(project=LOCAL)
        values = (values.where(alive == 1) if name != "passed_on" else values).mean("project").values
        found = row(table, "local", perspective, name)
        assert found["mean"].to_numpy() == pytest.approx(values.mean(axis=0))
        assert found["sd"].to_numpy() == pytest.approx(values.std(axis=0, ddof=1))
        assert found["q95"].to_numpy() == pytest.approx(np.quantile(values, 0.95, axis=0))


def test_a_level_where_no_project_is_alive_has_no_participants(runs):
    left = runs.copy(deep=True)
    national = left.level.values == "national"
    left.alive.values[0, 10:, national] = 0
    left.alive.values[:, 20:, national] = 0
    found = row(by_level(left), "national", "participants", "member_trust")
    assert found["replicates"].tolist()[9:21] == [4] + [3] * 10 + [0]
    kept = left.member_trust.values[1:, 10][:, national]
    alive = left.alive.values[1:, 10][:, national]
    expected = ((kept * alive).sum(axis=-1) / alive.sum(axis=-1)).mean()
    assert found["mean"].iloc[10] == pytest.approx(expected)
    assert found[["mean", "sd", "q05", "q50", "q95"]].iloc[20:].isna().all(axis=None)


def test_the_constituency_counts_every_citizen_alike(table, runs):
    people = np.array([48, 24, 12, 24])
    values = (runs.need_met.sel(project=LOCAL).values * people).sum(axis=-1) / 108
    assert row(table, "local", "constituency", "need_met")["mean"].to_numpy() == pytest.approx(values.mean(axis=0))
    plain = runs.need_met.sel(project=LOCAL).values.mean(axis=(0, -1))
    assert row(table, "local", "constituency", "need_met")["mean"].to_numpy() != pytest.approx(plain)


def test_a_place_holds_all_projects_in_it_and_its_own_code_and_support(table, runs):
    assert places(runs, Level.local) == {}
    assert places(runs, Level.regional) == {"AA / R": [0, 1, 2], "AA / S": [4, 5], "BB / R": [7]}
    assert places(runs, Level.national) == {"AA": [0, 1, 2, 3, 4, 5], "BB": [6, 7]}
    found = row(table, "regional", "place", "need_met", "AA / R")["mean"].to_numpy()
    people = np.array([24, 48, 24])
    assert found == pytest.approx(((runs.need_met.values[..., :3] * people).sum(axis=-1) / 96).mean(axis=0))
    for name, source, place, level, project in (
        ("support", "support_above", "AA / R", "regional", "R2 / R other"),
        ("code_accuracy", "code_accuracy", "AA / S", "regional", "NAT / S local"),
        ("code_coverage", "nation_code_coverage", "AA", "national", "R / R local"),
        ("support", "nation_support", "BB", "national", "FAR / far"),
    ):
        expected = of(runs, source, project).mean(axis=0)
        assert row(table, level, "place", name, place)["mean"].to_numpy() == pytest.approx(expected)
    both_nations = [row(table, "national", "place", "support", place)["mean"] for place in ("AA", "BB")]
    assert row(table, "national", "place", "support")["mean"].to_numpy() == pytest.approx(sum(both_nations) / 2)


def test_all_projects_of_a_place_see_the_same_code_and_support(runs):
    for level, names in (
        (Level.regional, ("code_accuracy", "code_coverage", "support_above")),
        (Level.national, ("nation_code_accuracy", "nation_code_coverage", "nation_support")),
    ):
        for inside in places(runs, level).values():
            for name in names:
                values = runs[name].values[..., inside]
                assert (values == values[..., :1]).all()


def test_the_gap_between_groups_counts_the_people_of_each_group(table, runs):
    people = runs.group_people.sel(project=LOCAL).values
    met = [
        (runs[name].sel(project=LOCAL).values * people[:, group]).sum(axis=-1) / people[:, group].sum()
        for group, name in enumerate(("need_met_majority", "need_met_group_1", "need_met_group_2"))
    ]
    gap = (met[0] - 0.5 * (met[1] + met[2])).mean(axis=0)
    assert row(table, "local", "constituency", "need_gap")["mean"].to_numpy() == pytest.approx(gap)


def test_groups_without_people_make_no_gap(case_of):
    alike = simulate(Parameters(), case_of(groups=(1.0, 0.0, 0.0)), replicates=2, weeks=8, together=True)
    assert (row(by_level(alike), "local", "constituency", "need_gap")["mean"] == 0).all()
    two = simulate(Parameters(), case_of(groups=(0.6, 0.4, 0.0)), replicates=2, weeks=8, together=True)
    gap = (two.need_met_majority - two.need_met_group_1).values[..., 0].mean(axis=0)
    assert row(by_level(two), "local", "constituency", "need_gap")["mean"].to_numpy() == pytest.approx(gap)


def test_the_final_week_alone(table, runs):
    last = table[table["week"] == 104].reset_index(drop=True)
    pd.testing.assert_frame_equal(by_level(runs, final=True), last)


def test_every_measure_has_one_perspective():
    shown = [*PARTICIPANTS, *CONSTITUENCY, *PROJECT]
    assert len(shown) == len(set(shown))
    assert set(shown) <= set(NAMES)
    assert set(OF_THE_LIVING) <= {*PARTICIPANTS, *PROJECT}
    assert {"spread", "passed_on", "convergence", "tokenism", "sponsor_support"} <= set(PROJECT)


def test_names_of_a_place_go_back_to_declared_measures():
    assert measure_of_place(Level.regional, "support") == "support_above"
    assert measure_of_place(Level.national, "support") == "nation_support"
    assert measure_of_place(Level.local, "need_met") == "need_met"
    with pytest.raises(MeasureError, match=r"'suport' is not an outcome of a national place.*Did you mean 'support'"):
        measure_of_place(Level.national, "suport")


def test_runs_of_cases_apart_are_refused(case_of):
    apart = simulate(Parameters(), case_of(), replicates=1, weeks=4)
    with pytest.raises(RunError, match=r"simulate\(\.\.\., together=True\)"):
        by_level(apart)


def test_needs_of_members_are_those_of_their_own_groups(model):
    seen = model.measures()[:, AT.member_need_met]
    for project, met in zip(model.projects, seen, strict=True):
        seated = [model.people[who] for who in project.seat if who != EMPTY]
        needs = [project.goal[person.group] for person in seated if person.role == 0]
        assert met == pytest.approx(np.mean(needs))


def test_where_no_citizen_sits_their_needs_are_those_of_everybody(case_of, site_of):
    model = CoproductionModel(Parameters(), case_of(site_of(citizen_seats=0)), seed=1)
    assert model.measure("member_need_met") == model.measure("need_met")


# ---- the command ----


def test_the_command_runs_cases_in_one_world(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["coprod"])
    words = ["together=true", "case=[SE-NAT,SE-JKP]", "replicates=3", "weeks=104", "seed=2", "out=here"]
    assert main(["run", *words]) == 0
    assert "in one world: 3 replicates of 104 weeks each, 3 runs" in capsys.readouterr().out
    runs = simulate(Parameters(), ["SE-NAT", "SE-JKP"], replicates=3, seed=2, weeks=104, together=True)
    kept = pd.read_parquet(tmp_path / "here" / "tables" / "levels.parquet")
    assert kept["year"].iloc[0] == 2018
    pd.testing.assert_frame_equal(kept.drop(columns="year"), by_level(runs), check_dtype=False)
    trajectories = pd.read_parquet(tmp_path / "here" / "tables" / "trajectories.parquet")
    shown = trajectories[(trajectories["case"] == "SE-JKP") & (trajectories["measure"] == "need_met")]["mean"]
    assert shown.to_numpy() == pytest.approx(runs.need_met.values[..., 5:].mean(axis=(0, 2)))
    assert {file.name for file in (tmp_path / "here" / "figures").glob("levels.*")} == {
        f"levels.{kind}" for kind in ("png", "svg", "txt", "csv")
    }
    told = (tmp_path / "here" / "README.txt").read_text(encoding="utf-8")
    assert "tables/levels.parquet" in told
    assert "figures/levels.*" in told


def test_the_command_refuses_a_world_without_a_calendar_before_it_begins(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["coprod"])
    assert main(["run", "together=true", "replicates=1"]) == 2
    assert "share a calendar" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
