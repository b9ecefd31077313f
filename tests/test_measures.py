"""Every output is declared, written in every run, lies in its range, and is what its meaning says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coprod_abm.case import Level
from coprod_abm.draws import replicate_seed
from coprod_abm.measures import BINS, DISTRIBUTION_NAMES, DISTRIBUTIONS, MEASURES, NAMES, MeasureError, measure
from coprod_abm.observation import gini
from coprod_abm.parameters import Parameters
from coprod_abm.service import FEATURES, FIRST_TECHNICAL, need_weight
from coprod_abm.simulate import Outcome, run_once
from coprod_abm.state import EMPTY
from coprod_abm.world import world_of

ROUNDING = 1e-12  # sums of shares may end a few last bits beside 1


def lived(params, *cases, weeks=60, seed=1):
    return run_once(world_of(cases, params), replicate_seed(seed, 0), weeks, 1)


# ---- declared ----


def test_names_are_unique():
    assert len(set(NAMES)) == len(NAMES)
    assert len(set(DISTRIBUTION_NAMES)) == len(DISTRIBUTION_NAMES)


def test_each_measure_says_what_it_is_in_which_unit_and_what_it_stands_for():
    for found in MEASURES:
        assert all([found.meaning.strip(), found.unit.strip(), found.stands_for.strip()]), found.name
        assert found.low < found.high, found.name
        assert found.direction in {-1, 0, 1}, found.name


def test_each_distribution_says_what_it_is():
    assert all(found.meaning.strip() and found.people in {"citizens", "professionals"} for found in DISTRIBUTIONS)


def test_three_perspectives_are_covered_from_participant_to_system():
    """Model, section 7: goal fulfilment, process, learning and innovation, for participants, projects and systems."""
    covered = {(found.topic, found.perspective) for found in MEASURES}
    topics = ("goal fulfilment", "process", "learning and innovation")
    assert covered >= {(topic, who) for topic in topics for who in ("participant", "project", "system")}
    assert {topic for topic, _ in covered} == {*topics, "capacity"}


def test_a_misspelt_measure_names_the_nearest():
    with pytest.raises(MeasureError, match=r"'safty' is not a measure of the model\. Did you mean 'safety'\?"):
        measure("safty")
    assert measure("safety").name == "safety"


# ---- written, within range ----


def assert_in_range(outcome: Outcome) -> None:
    for place, found in enumerate(MEASURES):
        values = outcome.seen[:, :, place]
        assert not np.isnan(values).any(), f"{found.name} was not written"
        assert values.min() >= found.low - ROUNDING, found.name
        assert values.max() <= found.high + ROUNDING, found.name


@settings(max_examples=80)
@given(
    number=st.integers(0, 10**6),
    weeks=st.integers(1, 80),
    freed=st.sampled_from([0.1, 0.5, 1.0]),
    at_ends=st.sampled_from([0.2, 1.0]),
)
def test_every_measure_is_written_and_in_its_range(levels_case, parameters_of, number, weeks, freed, at_ends):
    assert_in_range(lived(parameters_of(number, freed, at_ends), levels_case, weeks=weeks))


@pytest.mark.slow
@settings(max_examples=3000)
@given(
    number=st.integers(0, 10**7),
    weeks=st.integers(1, 312),
    freed=st.sampled_from([0.02, 0.1, 0.5, 1.0]),
    at_ends=st.sampled_from([0.2, 1.0]),
)
def test_every_measure_is_in_its_range_over_six_years(levels_case, parameters_of, number, weeks, freed, at_ends):
    assert_in_range(lived(parameters_of(number, freed, at_ends), levels_case, weeks=weeks))


def test_overload_at_the_ends_of_its_ranges_keeps_burnout_a_share(case_of):
    ends = {"capacity.burnout_rate": 1, "capacity.workload": 2, "capacity.workload_noise": 1, "capacity.buffering": 0}
    unsafe = {"population.safety": 0, "leadership.safety_target": -0.5, "leadership.safety_facilitation": 0}
    assert_in_range(lived(Parameters().replace(ends | unsafe | {"capacity.burnout_recovery": 0}), case_of()))


def test_measures_are_written_where_nobody_sits_and_groups_are_empty(case_of, site_of):
    nobody = {"citizen_seats": 0, "professional_seats": 0, "leader_seats": 1}
    cases = [
        case_of(site_of(**nobody), id="EMPTY", groups=(1.0, 0.0, 0.0)),
        case_of(site_of(citizens=1, professionals=1, leaders=1, citizen_seats=1, professional_seats=0), id="ONE"),
    ]
    for case in cases:
        assert_in_range(lived(Parameters(), case))


def test_distributions_count_everybody_once(levels_case):
    outcome = lived(Parameters(), levels_case)
    people = {"citizens": outcome.world.projects["citizens"], "professionals": outcome.world.projects["professionals"]}
    assert outcome.counts.shape[2:] == (len(DISTRIBUTIONS), BINS)
    assert outcome.counts.min() >= 0
    for place, found in enumerate(DISTRIBUTIONS):
        assert (outcome.counts[:, :, place].sum(axis=-1) == people[found.people]).all(), found.name


# ---- what they mean, reckoned again from the state ----


@pytest.fixture(scope="module")
def outcome(site_of, case_of):
    sites = [site_of(f"site {n}") for n in range(3)] + [site_of("region", Level.regional), site_of("far", region="S")]
    busy = {"participation.interval_local": 1, "learning.between_projects": 0.5, "participation.contact": 0.5}
    busy["participation.endings"] = 0  # everybody keeps a table to look at
    return lived(Parameters().replace(busy), case_of(*sites), weeks=104)


def seen(outcome: Outcome, name: str) -> np.ndarray:
    return outcome.seen[-1, :, NAMES.index(name)]


def by_project(outcome: Outcome, role: int, field: str, of=np.mean) -> list[float]:
    found = []
    for project in outcome.world.projects:
        people = outcome.world.people[project["first"] :][: 24 + 6 + 3]
        found.append(of(people[field][people["role"] == role]))
    return found


def members(outcome: Outcome, j: int, role: int | None = None) -> np.ndarray:
    seats = outcome.world.projects["seat"][j]
    people = outcome.world.people[seats[seats != EMPTY]]
    return people if role is None else people[people["role"] == role]


@pytest.mark.parametrize(
    ("name", "role", "field"),
    [
        ("citizen_trust", 0, "trust"),
        ("citizen_efficacy", 0, "efficacy"),
        ("citizen_satisfaction", 0, "satisfaction"),
        ("staff_burnout", 1, "burnout"),
        ("staff_openness", 1, "openness"),
        ("staff_trust", 1, "trust"),
        ("staff_fairness", 1, "fairness"),
    ],
)
def test_means_over_people(outcome, name, role, field):
    assert seen(outcome, name) == pytest.approx(by_project(outcome, role, field))


def test_share_able_to_influence(outcome):
    assert seen(outcome, "able_to_influence") == pytest.approx(
        by_project(outcome, 0, "efficacy", lambda efficacy: np.mean(efficacy > 0.5))
    )


def test_time_available(outcome):
    people = outcome.world.people[outcome.world.people["role"] == 1].reshape(5, 6)
    time = np.minimum(1.0, people["hours"] / people["demand"]).mean(axis=1)
    assert seen(outcome, "time_available") == pytest.approx(time)


def test_needs_met_are_weighted_sums_over_features(outcome):
    weights = np.array([[need_weight(group, feature) for feature in range(FEATURES)] for group in range(3)])
    right = outcome.world.projects["design"] == outcome.world.projects["reality"]
    met = right @ weights.T
    shares = outcome.world.projects["group_share"]
    assert seen(outcome, "need_met") == pytest.approx((met * shares).sum(axis=1))
    for group, name in enumerate(("need_met_majority", "need_met_group_1", "need_met_group_2")):
        assert seen(outcome, name) == pytest.approx(met[:, group])
    assert seen(outcome, "need_gap") == pytest.approx(met[:, 0] - met[:, 1:].mean(axis=1))
    start = outcome.seen[0, :, NAMES.index("need_met")]
    assert seen(outcome, "need_met_change") == pytest.approx(seen(outcome, "need_met") - start)
    assert seen(outcome, "practice_fit") == pytest.approx(right[:, FIRST_TECHNICAL:].mean(axis=1))


def test_seats_and_who_sits_on_them(outcome):
    for j in range(5):
        table, citizens = members(outcome, j), members(outcome, j, 0)
        assert seen(outcome, "seat_share")[j] == pytest.approx(len(citizens) / len(table))
        groups = np.bincount(citizens["group"], minlength=3) / len(citizens)
        wanted = np.array([0.8, 0.12, 0.08])
        assert seen(outcome, "representativeness")[j] == pytest.approx(1 - np.abs(groups - wanted).sum() / 2)
        assert seen(outcome, "exclusion")[j] == pytest.approx(max(0.0, (1 - groups / wanted).max()))
        for name, field in (
            ("member_trust", "trust"),
            ("member_efficacy", "efficacy"),
            ("member_fairness", "fairness"),
        ):
            assert seen(outcome, name)[j] == pytest.approx(citizens[field].mean())


def test_views_at_the_table(outcome):
    for j, project in enumerate(outcome.world.projects):
        views = members(outcome, j)["beliefs"].astype(int)
        held = (views != 0).sum()
        knows = (views == project["reality"]).mean()
        assert seen(outcome, "member_knowledge")[j] == pytest.approx(knows)
        assert seen(outcome, "direction")[j] == pytest.approx(np.abs(views.sum(axis=0)).sum() / held)
        assert seen(outcome, "alignment")[j] == pytest.approx(
            ((views == project["design"]) & (views != 0)).sum() / held
        )


def test_talk_and_influence(outcome):
    projects = outcome.world.projects
    assert seen(outcome, "voice_share") == pytest.approx(projects["voice"][:, 0] / projects["voice"].sum(axis=1))
    decided = projects["adopted"][:, :3].sum(axis=1)
    influence = (projects["adopted"][:, 0] + 0.25 * seen(outcome, "seat_share")) / (decided + 0.25)
    assert seen(outcome, "influence_share") == pytest.approx(influence)
    assert seen(outcome, "tokenism") == pytest.approx(seen(outcome, "seat_share") - influence)
    assert seen(outcome, "acceptance") == pytest.approx(decided / projects["proposals"])
    assert seen(outcome, "attendance") == pytest.approx(projects["attended"] / projects["due"])


def test_contacts_of_a_running_year_follow_from_weekly_contacts(case_of):
    """One contact a week: after w weeks of which each keeps 51/52 of the tally, 52·(1 − (51/52)^w), 52 in the long run."""
    outcome = lived(Parameters().replace({"participation.contact": 1}), case_of(), weeks=80)
    weeks = np.arange(81)
    expected = 52 * (1 - (51 / 52) ** weeks)
    assert outcome.seen[:, 0, NAMES.index("encounters_per_citizen")] == pytest.approx(expected)


def test_changes_and_their_fate(outcome):
    projects = outcome.world.projects
    kept = projects["implemented"] - projects["reversed"]
    assert seen(outcome, "changes_adopted").tolist() == projects["agreed"].tolist()
    assert seen(outcome, "changes_implemented").tolist() == projects["implemented"].tolist()
    assert seen(outcome, "changes_kept").tolist() == kept.tolist()
    assert seen(outcome, "promises_broken").tolist() == projects["promises_broken"].tolist()
    assert projects["implemented"].sum() > 20
    assert (kept >= 0).all()
    # what was adopted is implemented, broken, or still waits
    waiting = (projects["pending"] != 0).sum(axis=1)
    assert (
        projects["agreed"] == projects["implemented"] + projects["promises_broken"] + projects["lapsed"] + waiting
    ).all()


def test_convergence_is_agreement_with_the_other_services_of_the_nation(outcome):
    design = outcome.world.projects["design"]
    alike = (design[:, None, :] == design[None, :, :]).mean(axis=2)
    assert seen(outcome, "convergence") == pytest.approx((alike.sum(axis=1) - 1) / 4)


@pytest.mark.parametrize(
    ("talk", "expected"), [([5.0, 5.0, 5.0], 0.0), ([0.0, 0.0, 9.0], 2 / 3), ([1.0, 2.0, 3.0], 2 / 9), ([0.0] * 3, 0.0)]
)
def test_gini_of_known_distributions(talk, expected):
    assert gini(talk, len(talk)) == pytest.approx(expected)
