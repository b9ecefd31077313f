"""The whole model gives what theory says it must where theory is exact (the table in docs/verification.md)."""

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coprod_abm import floor
from coprod_abm.case import Case, Level, Site
from coprod_abm.contradictions import check_sites
from coprod_abm.declare import ParameterError
from coprod_abm.draws import replicate_seed
from coprod_abm.floor import has_floor, take_turn, weigh_floor
from coprod_abm.measures import NAMES
from coprod_abm.meeting import clear, talk
from coprod_abm.parameters import Parameters
from coprod_abm.records import records
from coprod_abm.rules.reciprocity import Contribution
from coprod_abm.service import FEATURES
from coprod_abm.simulate import run_once, simulate
from coprod_abm.state import EMPTY, PERSON_FIELDS, PROJECT_FIELDS, ROOM_FIELDS, Field
from coprod_abm.vote import decide
from coprod_abm.world import World, world_of

Changes = dict[str, Any]

# Every mechanism off: nobody meets, leaves, forgets, tires, learns or is surprised.
NULL: Changes = {
    "participation.contact": 0,
    "participation.meetings": 0,
    "participation.exits": 0,
    "capacity.staff_turnover": 0,
    "capacity.leader_turnover": 0,
    "capacity.workload": 1,  # at or below capacity nobody burns out
    "capacity.workload_noise": 0,
    "capacity.burnout_recovery": 0,
    "participation.endings": 0,
    "leadership.sponsor_loss": 0,
    "leadership.facilitator_loss": 0,
    "learning.turbulence": 0,
    "learning.socialisation": 0,
    "learning.organisation_learns": 0,
    "learning.code_learns": 0,
    "learning.code_teaches": 0,
    "learning.between_projects": 0,
    "trust.institutional": 0,
    "efficacy.vicarious": 0,
    "reciprocity.expectation_rate": 0,
}

# What each mechanism needs to be seen at work when it alone is on.
ALONE: dict[str, Changes] = {
    "encounters": {"participation.contact": 0.1},
    "meetings": {"participation.meetings": 1},
    "exits": {"participation.exits": 1, "participation.exit_base": -3},
    "staff turnover": {"capacity.staff_turnover": 0.3},
    "leader turnover": {"capacity.leader_turnover": 0.3},
    "overload": {"capacity.workload": 1.1},
    "variation of work": {"capacity.workload_noise": 0.2},
    "recovery": {"capacity.burnout_recovery": 0.02},
    "endings": {"participation.endings": 1, "participation.end_base": -3},
    "facilitator loss": {"leadership.facilitator_loss": 0.05},
    "neglect": {"leadership.neglect": 0.05},
    "sponsor loss": {"leadership.sponsor_loss": 0.05},
    "turbulence": {"learning.turbulence": 0.002},
    "socialisation": {"learning.socialisation": 0.05},
    "insiders": {"learning.organisation_learns": 0.1, "population.own_error": 0, "population.status_quo": 1},
    "codes learn": {"learning.code_learns": 0.1},
    "codes teach": {"learning.code_learns": 0.1, "learning.code_teaches": 0.5},
    "between projects": {"learning.between_projects": 0.2},
    "institutional trust": {"trust.institutional": 0.05},
    "vicarious efficacy": {"efficacy.vicarious": 0.5},
    "expectations": {"reciprocity.expectation_rate": 0.2},
}
CLOCK = "tenure"  # counts weeks, whatever happens


def with_changes(*changes: Changes) -> Parameters:
    params = Parameters()
    for change in changes:
        params = params.replace(change)
    return params


def lived(params: Parameters, case: Case, weeks: int, replicate: int = 0) -> Any:
    return run_once(world_of([case], params), replicate_seed(1, replicate), weeks, 1)


def moved(one: World, other: World) -> set[str]:
    """The fields in which two worlds differ."""
    found = set()
    for label in ("people", "projects", "regions", "nations"):
        mine, theirs = getattr(one, label), getattr(other, label)
        found |= {f"{label}.{name}" for name in mine.dtype.names if not np.array_equal(mine[name], theirs[name])}
    return found


def only_professionals(seats: int) -> Case:
    """A project in which professionals alone sit; as many again wait, so that a lot soon finds someone for each seat."""
    site = Site("P", Level.local, "R", 1, 2 * seats, 1, 0, seats, 0)
    return Case("PROFESSIONALS", "Professionals", "AA", Level.local, 2000, sites=(site,))


# Everyone comes to each meeting, nobody is replaced, nobody tires.
ALL_COME: Changes = {
    "participation.attend_base": 6,
    "participation.attend_motive": 8,
    "participation.attend_burnout": 0,
    "population.staff_efficacy": 1,
    "population.staff_trust": 1,
    "efficacy.loss": 0,
    "trust.gain": 0,
    "capacity.workload": 0.5,
    "capacity.staff_turnover": 0,
}

# ---- null ----


@pytest.fixture(scope="module")
def null_case(case_of, site_of):
    names = {"town": Level.local, "village": Level.local, "region": Level.regional, "nation": Level.national}
    return case_of(*(site_of(name, level) for name, level in names.items()))


def test_null_model_keeps_every_state(null_case):
    params = with_changes(NULL)
    start, end = (lived(params, null_case, weeks) for weeks in (0, 1040))
    assert moved(start.world, end.world) == {f"people.{CLOCK}"}
    assert (end.seen == end.seen[0]).all()


def test_null_model_has_members_and_staff_to_move(null_case):
    world = lived(with_changes(NULL), null_case, 1).world
    assert world.people["member"].sum() == world.projects["seats"].sum()


@pytest.mark.parametrize("mechanism", ALONE)
def test_each_mechanism_alone_moves_the_null_model(null_case, mechanism):
    params = with_changes(NULL, ALONE[mechanism])
    assert moved(lived(params, null_case, 1).world, lived(params, null_case, 105).world) > {f"people.{CLOCK}"}


# ---- conservation ----


def weekly(params: Parameters, case: Case, weeks: int, replicate: int = 0) -> list[World]:
    """The world at the end of each week from 0 on: runs of growing length, each the beginning of the next."""
    return [lived(params, case, week, replicate).world for week in range(weeks + 1)]


@pytest.fixture(scope="module")
def busy():
    """Parameters under which much is decided, implemented, broken and passed on within two years."""
    return with_changes(
        {"participation.interval_local": 1, "participation.interval_regional": 2, "participation.interval_national": 2},
        {"learning.between_projects": 0.5, "learning.code_learns": 0.3, "learning.code_teaches": 0.3},
        {"leadership.promise_weeks": 8, "leadership.implementation_base": -2.5, "power.vote_threshold": -1},
        {"learning.turbulence": 0.01, "learning.experience": 1},
    )


@pytest.fixture(scope="module")
def busy_weeks(busy, levels_case):
    return weekly(busy, levels_case, 104)


@pytest.fixture(scope="module")
def busy_record(busy, levels_case):
    return records(busy, levels_case, seed=1, weeks=104)


def changes_of(worlds: list[World], field: str) -> list[tuple[int, int, int, int]]:
    """Every (week, project, feature, new value) at which a field of the service changed."""
    found = []
    for week in range(1, len(worlds)):
        before, after = worlds[week - 1].projects[field], worlds[week].projects[field]
        found += [(week, j, f, int(after[j, f])) for j, f in np.argwhere(before != after).tolist()]
    return found


def test_every_implemented_change_was_pending_the_week_before(busy_weeks):
    changes = changes_of(busy_weeks, "design")
    assert len(changes) > 30
    for week, j, feature, value in changes:
        before, after = busy_weeks[week - 1].projects[j], busy_weeks[week].projects[j]
        assert before["pending"][feature] == value
        assert after["inventor"][feature] == before["source"][feature]
        assert after["changed_week"][feature] == week


def test_every_pending_change_goes_back_to_a_decision_or_to_another_project(busy_weeks, busy_record, levels_case):
    decided = busy_record.decisions[busy_record.decisions["adopted"]]
    adopted = set(zip(decided["week"], decided["project"], decided["feature"], decided["value"], strict=True))
    sites = [site.name for site in levels_case.sites]
    own, elsewhere = 0, 0
    for week, j, feature, value in changes_of(busy_weeks, "pending"):
        if value == 0:
            continue
        project, before = busy_weeks[week].projects[j], busy_weeks[week - 1]
        if (week, sites[j], feature, value) in adopted:
            assert project["source"][feature] == j
            own += 1
            continue
        assert project["origin"][feature] == 3
        assert 0 <= project["source"][feature] < len(sites)
        beside = [p["design"][feature] for p in (*before.projects, *busy_weeks[week].projects)]
        above = [place["code"][feature] for place in (*busy_weeks[week].regions, *busy_weeks[week].nations)]
        assert value in [*beside, *above]
        elsewhere += 1
    assert own > 50
    assert elsewhere > 20


def test_every_adopted_decision_goes_back_to_a_proposal_on_the_floor(busy_record):
    acts, key = busy_record.acts, ["project", "meeting", "decision", "feature", "value"]
    proposed = set(acts.loc[acts["act"] == "propose", [*key, "speaker"]].itertuples(index=False, name=None))
    decided = busy_record.decisions.loc[busy_record.decisions["adopted"], [*key, "proposer"]]
    assert len(decided) > 50
    assert set(decided.itertuples(index=False, name=None)) <= proposed


def test_every_proposal_off_the_floor_was_said_there_by_its_proposer_unless_the_chair_set_it(levels_case, busy):
    record = records(busy.replace({"leadership.agenda_control": 0}), levels_case, seed=1, weeks=104)
    key = ["project", "meeting", "speaker", "feature", "value"]
    said = record.acts[record.acts["act"].isin(["inform_shared", "inform_unique"])]
    proposed = record.acts.loc[record.acts["act"] == "propose", key]
    assert len(proposed) > 100
    assert set(proposed.itertuples(index=False, name=None)) <= set(said[key].itertuples(index=False, name=None))


def test_decisions_rebuild_the_service_where_nobody_learns_from_elsewhere(levels_case, busy):
    alone = busy.replace({"learning.between_projects": 0, "learning.code_learns": 0, "learning.code_teaches": 0})
    start, end = lived(alone, levels_case, 0).world, lived(alone, levels_case, 104).world
    decided = records(alone, levels_case, seed=1, weeks=104).decisions
    done = decided[decided["implemented_week"] >= 0].sort_values("implemented_week", kind="stable")
    design = start.projects["design"].copy()
    for name, feature, value in zip(done["project"], done["feature"], done["value"], strict=True):
        design[[site.name for site in levels_case.sites].index(name), feature] = value
    assert len(done) > 20
    assert np.array_equal(design, end.projects["design"])
    tallies = {name: end.projects[name].sum() for name in ("agreed", "implemented", "promises_broken", "decisions")}
    broken = (decided["broken_week"] >= 0).sum()
    assert tallies == {
        "agreed": decided["adopted"].sum(),
        "implemented": len(done),
        "promises_broken": broken,
        "decisions": len(decided),
    }
    assert broken > 5


def fits(params: Parameters, sites: Any) -> bool:
    """Whether the rules fit the sites: quotas, or a rule for a role that nobody has, may not."""
    try:
        check_sites(params, sites)
    except ParameterError:
        return False
    return True


@settings(max_examples=40)
@given(number=st.integers(0, 10**6), weeks=st.integers(0, 60), citizens=st.integers(2, 24), share=st.booleans())
def test_seats_never_exceed_their_number_and_nobody_sits_twice(
    site_of, case_of, parameters_of, number, weeks, citizens, share
):
    params = parameters_of(number, 0.3)
    if not share:
        params = params.replace({"power.citizen_seat_share": -1})
    sites = site_of("a", citizens=citizens, citizen_seats=min(3, citizens)), site_of("b", Level.regional)
    assume(fits(params, sites))
    case = case_of(*sites)
    world = lived(params, case, weeks).world
    for project in world.projects:
        seated = project["seat"][project["seat"] != EMPTY]
        assert len(set(seated)) == len(seated)
        assert ((seated >= project["first"]) & (seated < project["first"] + project["citizens"] + 9)).all()
        ends = np.cumsum(project["seats"])
        for role, (low, high) in enumerate(zip([0, *ends], ends, strict=False)):
            at_table = project["seat"][low:high]
            assert (world.people["role"][at_table[at_table != EMPTY]] == role).all()
        assert (project["seat"][ends[-1] :] == EMPTY).all()
    members = np.flatnonzero(world.people["member"])
    assert sorted(members) == sorted(world.projects["seat"][world.projects["seat"] != EMPTY])


@settings(max_examples=40)
@given(number=st.integers(0, 10**6), weeks=st.integers(1, 60), at_ends=st.sampled_from([0.2, 1.0]))
def test_everyone_is_in_one_state(case_of, parameters_of, number, weeks, at_ends):
    world = lived(parameters_of(number, 0.5, at_ends), case_of(), weeks).world
    people = world.people
    assert np.array_equal(np.bincount(people["role"], minlength=3), [24, 6, 3])
    assert len(set(zip(people["role"].tolist(), people["number"].tolist(), strict=True))) == len(people)
    assert set(people["member"].tolist()) <= {0, 1}
    assert set(people["group"][people["role"] == 0].tolist()) <= {0, 1, 2}
    assert set(people["contribution"].tolist()) <= {int(kind) for kind in Contribution}
    assert set(np.unique(people["beliefs"]).tolist()) <= {-1, 0, 1}
    assert set(np.unique(world.projects["design"]).tolist()) <= {-1, 1}
    for name in ("efficacy", "trust", "openness", "burnout", "satisfaction", "tie", "fairness", "expectation"):
        assert people[name].min() >= 0.0, name
        assert people[name].max() <= 1.0, name


# ---- trust, effort and votes in the whole model ----


@pytest.mark.parametrize(("p", "k"), [(0.5, 1.0), (0.75, 2.0), (0.75, 4.0), (0.9, 4.0)])
def test_trust_rests_where_gains_and_losses_balance(case_of, site_of, p, k):
    """Encounters without shared power are fair with chance p: mean trust settles at p / (p + k(1 − p))."""
    params = with_changes(
        NULL,
        {"participation.contact": 1, "population.professional_openness": 0, "population.spread": 0},
        {"trust.directive_fairness": p, "trust.asymmetry": k, "trust.gain": 0.1, "trust.encounter_share": 1},
    )
    case = case_of(site_of(citizens=2000))
    world = lived(params, case, 150).world
    trust = world.people["trust"][world.people["role"] == 0]
    assert trust.mean() == pytest.approx(p / (p + k * (1 - p)), abs=4 * trust.std() / np.sqrt(len(trust)))
    assert trust.std() < 0.2


@pytest.mark.parametrize("slope", [0.0, 0.5, 0.8])
def test_effort_rests_where_conditional_cooperators_match_each_other(slope):
    """In a room of n with u who give ½ and c who match: S = u/2 / (1 − c·a1 / (n − 1 + a1)); u/2 / (1 − q·a1) for large n."""
    params = with_changes(
        NULL,
        {"reciprocity.expectation_rate": 1, "reciprocity.base_effort": 0, "reciprocity.recognition_to_effort": 0},
        {"reciprocity.matching": slope, "population.burnout": 0, "population.spread": 0, "capacity.workload": 0.5},
    )
    case = only_professionals(24)
    limits = []
    for replicate in range(200):
        world = lived(params, case, 80, replicate).world
        kinds = np.bincount(world.people["contribution"][world.people["member"] == 1], minlength=3)
        n = kinds.sum()
        u, c = kinds[Contribution.unconditional], kinds[Contribution.conditional]
        rest = u / 2 / (1 - c * slope / (n - 1 + slope)) / n
        assert world.projects["effort"][0] == pytest.approx(rest, abs=1e-6)
        limits.append(world.projects["effort"][0])
    assert np.mean(limits) == pytest.approx(0.2 / 2 / (1 - 0.5 * slope), rel=0.1)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("majority", 0.826), ("two_thirds", 0.594), ("three_quarters", 0.315), ("consensus", 0.0168), ("lottery", 0.644)],
)
def test_a_proposer_and_eight_voters_at_sixty_percent_adopt_as_binomial_tails_say(rule, expected):
    """Eight votes by lot (p = .6) beside the proposer's own: within four standard errors of the exact tail in whole runs."""
    params = with_changes(
        ALL_COME,
        {"power.decision_rule": rule, "power.vote_sharpness": 0, "power.vote_trust": 0, "population.spread": 0},
        {"power.vote_threshold": -np.log(0.6 / 0.4), "power.uptake_rate": 0, "population.own_error": 0.5},
        {"participation.interval_local": 1, "leadership.implementation_base": 2, "learning.experience": 0},
        {"learning.socialisation": 0, "population.own_knowledge": 1},
    )
    votes = [records(params, only_professionals(9), seed=s, weeks=312).decisions for s in range(30)]
    present = np.concatenate([table["present_professional"] for table in votes])
    adopted = np.concatenate([table["adopted"] for table in votes])
    assert (present == 9).mean() > 0.99
    assert len(adopted) > 1500
    assert adopted.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / len(adopted)))


STRICT_TO_LAX = ("consensus", "three_quarters", "two_thirds", "majority")


@pytest.mark.parametrize(("strict", "lax"), [*itertools.pairwise(STRICT_TO_LAX), ("professional_veto", "majority")])
def test_what_a_strict_rule_adopts_a_laxer_one_adopts_in_whole_runs(strict, lax):
    """Runs share draws until a decision parts them, and there the laxer rule is the one that adopts."""
    ballot = [
        "week",
        "feature",
        "value",
        "proposer",
        "yes_citizen",
        "yes_professional",
        "yes_leader",
        "present_citizen",
    ]
    parted = 0
    for seed in range(12):
        one, other = (
            records(with_changes({"power.decision_rule": rule}), "EN-LPFT", seed=seed, weeks=208).decisions
            for rule in (strict, lax)
        )
        shared = min(len(one), len(other))
        apart = np.flatnonzero(one["adopted"].to_numpy()[:shared] != other["adopted"].to_numpy()[:shared])
        upto = apart[0] + 1 if len(apart) else shared
        assert one[ballot][:upto].equals(other[ballot][:upto])
        if len(apart):
            parted += 1
            assert not one["adopted"][apart[0]]
            assert other["adopted"][apart[0]]
    assert parted >= 6


# ---- March 1991 alone: one organisation, no power ----

ORGANISATION = Case(
    "MARCH", "March 1991", "AA", Level.local, 2000, sites=(Site("M", Level.local, "R", 1, 50, 1, 0, 1, 0),)
)


def end_knowledge(replicates: int, weeks: int, **changes: float) -> np.ndarray:
    """What staff know in the end, per replicate; the same replicates share their start."""
    learning = {"learning.organisation_learns": 0.5, "population.own_error": 0.4}
    params = with_changes(NULL, learning, {key.replace("__", "."): value for key, value in changes.items()})
    runs = simulate(params, ORGANISATION, replicates=replicates, weeks=weeks, every=weeks)
    return runs.staff_knowledge.values[0, :, -1]


def surely_positive(differences: np.ndarray) -> bool:
    """Mean above zero by 3.1 standard errors: one-sided error rate below .001."""
    return bool(differences.mean() > 3.1 * differences.std(ddof=1) / np.sqrt(len(differences)))


def test_fast_learners_end_with_less_knowledge():
    """March 1991, figure 1: those who adapt to the code at once teach it nothing; p1 from .1 to .9, errors at .001 each."""
    knowledge = [end_knowledge(200, 400, learning__socialisation=p1) for p1 in (0.1, 0.3, 0.5, 0.9)]
    assert all(surely_positive(slow - fast) for slow, fast in itertools.pairwise(knowledge))


def test_under_turbulence_no_turnover_loses_to_moderate_turnover():
    """March 1991, figure 5: a homogeneous organisation cannot follow a world that changes."""
    world = {"learning__turbulence": 0.002, "learning__socialisation": 0.5, "population__own_error": 0.2}
    closed, open_ = (end_knowledge(60, 1040, **world, capacity__staff_turnover=rate) for rate in (0.0, 0.2))
    assert surely_positive(open_ - closed)


def test_in_a_stable_world_of_slow_learners_turnover_costs_knowledge():
    """The other side of March's figure 5, so that turnover is no free lunch."""
    world = {"learning__turbulence": 0.0, "learning__socialisation": 0.1, "population__own_error": 0.2}
    closed, open_ = (end_knowledge(60, 1040, **world, capacity__staff_turnover=rate) for rate in (0.0, 0.6))
    assert surely_positive(closed - open_)


# ---- the floor ----


def spoken_shares(replicates: int, weeks: int, *changes: Changes) -> np.ndarray:
    """Six professionals' shares of the last year's talk, sorted from most to least, shape (replicate, 6)."""
    params = with_changes(ALL_COME, {"leadership.facilitation": 0, "population.status_spread": 0}, *changes)
    world = world_of([only_professionals(6)], params)
    talks = [
        run_once(world, replicate_seed(1, r), weeks, weeks).world.projects["spoken"][0, :6] for r in range(replicates)
    ]
    return np.array([np.sort(talk / talk.sum())[::-1] for talk in talks])


def test_floor_is_shared_evenly_without_a_gradient(case_of, site_of):
    """γ = 0: whatever status, turns fall evenly on those present (χ² over a year of meetings at .001)."""
    params = with_changes(ALL_COME, {"power.floor_gradient": 0, "population.status_spread": 0.5})
    acts = records(params, only_professionals(6), seed=1, weeks=208).acts
    turns = acts.loc[acts["turn"].between(0, 29) & (acts["role"] == "professional"), "speaker"].value_counts()
    assert len(turns) == 6
    assert ((turns - turns.mean()) ** 2 / turns.mean()).sum() < 20.5


def test_floor_belongs_to_status_where_the_gradient_is_steep():
    params = with_changes(
        ALL_COME, {"power.floor_gradient": 5, "power.status_weight": 1, "population.status_spread": 0.5}
    )
    acts = records(params, only_professionals(6), seed=1, weeks=208).acts
    turns = acts.loc[acts["turn"].between(0, 29) & (acts["role"] == "professional"), "speaker"].value_counts()
    assert turns.max() / turns.sum() > 0.35


def test_six_equals_share_the_floor_as_bales_found():
    """At the default gradient the most active of six equals holds .43–.45 of the talk (here ± .04), year after year."""
    for weeks in (156, 312):
        assert spoken_shares(30, weeks)[:, 0].mean() == pytest.approx(0.44, abs=0.04)


def test_inequality_among_equals_grows_with_the_gradient():
    tops = [spoken_shares(15, 156, {"power.floor_gradient": gradient})[:, 0].mean() for gradient in (0, 1, 1.9, 3)]
    assert tops == sorted(tops)
    assert tops[0] < 0.22


# ---- uptake alone: the voter model ----


def blank(fields: tuple[Field, ...], **known: Any) -> Any:
    """An object with these fields, nothing in them but what is given: the form of the readable engine."""
    return SimpleNamespace(**{field.name: np.zeros(1, field.kind)[0].tolist() for field in fields} | known)


def person(role: int, number: int, status: float, beliefs: dict[int, int]) -> Any:
    views = [beliefs.get(feature, 0) for feature in range(FEATURES)]
    known = {"role": role, "number": number, "status": status, "beliefs": views}
    return blank(PERSON_FIELDS, trust=0.5, openness=0.5, efficacy=0.5, **known)


def room_of(people: list[Any]) -> Any:
    """A room in which these people sit."""
    room = blank(ROOM_FIELDS)
    clear(room)
    for place, one in enumerate(people):
        room.person[place], room.place[place], room.status[place] = place, place, one.status
        room.present[one.role] += 1.0
    return room


def project_of(design: int) -> Any:
    """A project whose service is run in one way throughout, with nothing pending and nothing rejected."""
    return blank(PROJECT_FIELDS, key=1, safety=0.5, design=[design] * FEATURES, rejected_week=[-1000] * FEATURES)


def fixed_at(people: list[Any], p: Parameters, feature: int, seed: int) -> int:
    """The view on which everybody ends when nothing but talk moves views."""
    room, project = room_of(people), project_of(1)
    total = weigh_floor(people, p, room, len(people), 0.0)
    for turn in range(2000):
        views = {one.beliefs[feature] for one in people}
        if len(views) == 1:
            return int(views.pop())
        lot = np.random.default_rng([seed, turn]).random()
        speaker = has_floor(room, len(people), total, lot)
        take_turn(people, project, p, seed, 1, turn, room, len(people), speaker, 0.0, total, None)
    raise AssertionError("two thousand turns without agreement")


@pytest.mark.parametrize(("rate", "gradient"), [(1.0, 1.9), (0.4, 1.9), (0.4, 0.0)])
def test_views_spread_by_talk_alone_fix_with_the_floor_weighted_share(monkeypatch, rate, gradient):
    """Full adoption, no trust, no resistance: the floor-weighted share is a martingale (600 rooms, four standard errors)."""
    monkeypatch.setattr(floor, "stepped_belief", lambda _, towards: towards)
    p = with_changes(
        {"power.uptake_rate": rate, "power.deference": 0, "power.own_resistance": 0, "power.floor_gradient": gradient}
    )
    statuses, feature, rooms = (0.0, 0.5, 1.0, 1.4, 0.0), 12, 600
    views = (-1, -1, 1, 1, -1)
    ends = [
        fixed_at([person(1, n, statuses[n], {feature: views[n]}) for n in range(5)], p, feature, seed)
        for seed in range(rooms)
    ]
    weight = np.exp(gradient * p.power.status_weight * np.array(statuses))
    expected = weight[np.array(views) > 0].sum() / weight.sum()
    assert np.mean(np.array(ends) > 0) == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / rooms))


# ---- symmetry ----


def influence(p: Parameters, meetings: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turns held, proposals put and proposals adopted by role, over meetings of three citizens, professionals and leaders."""
    own = {0: range(6), 1: range(12, 18), 2: range(24, 30)}
    turns, put, adopted = np.zeros(3), np.zeros(3), np.zeros(3)
    for seed in range(meetings):
        people = [person(role, n, 0.5, dict.fromkeys(own[role], 1)) for role in range(3) for n in range(3)]
        room, project = room_of(people), project_of(-1)
        proposal = talk(people, project, p, seed, 1, room, 9, 0.0, None)
        turns += np.add.reduceat(room.turns[:9], [0, 3, 6])
        if proposal[0] != EMPTY:
            put[people[proposal[2]].role] += 1
            decide(people, project, p, seed, 1, room, 9, proposal, None)
            adopted += project.adopted[:3]
    return turns, put, adopted


def is_even(counts: np.ndarray) -> bool:
    """χ² with two degrees of freedom below its .999 quantile."""
    return bool(((counts - counts.mean()) ** 2 / counts.mean()).sum() < 13.8)


def test_roles_with_equal_status_weight_and_knowledge_have_equal_influence():
    equal = with_changes({"power.agenda_access": 1, "power.invisible": 0, "power.vote_threshold": -1})
    turns, put, adopted = influence(equal, 600)
    assert is_even(turns)
    assert is_even(put)
    assert is_even(adopted)
    assert adopted.sum() > 100


@pytest.mark.parametrize("power", [{"power.agenda_access": 0.2}, {"power.invisible": 1.0}], ids=str)
def test_a_closed_agenda_or_invisible_power_breaks_the_symmetry(power):
    equal = with_changes({"power.agenda_access": 1, "power.invisible": 0, "power.vote_threshold": -1})
    _, put, _ = influence(equal.replace(power), 600)
    assert not is_even(put)
    assert put[0] < put[1:].min()


# ---- hidden profile, tokenism ----


def test_shared_items_are_mentioned_more_than_unique_ones():
    """Hidden profile: over six years items that one side alone knew are less than half of what is said (error rate .001)."""
    unique = simulate(Parameters(), "EN-LPFT", replicates=40, weeks=312).unique_share[0, :, 13:].mean("week").values
    unique = unique[~np.isnan(unique)]  # projects that ended within the first year
    assert surely_positive(0.5 - unique)
    assert unique.min() > 0.1


def test_without_agenda_access_no_decision_comes_from_a_citizen():
    closed = with_changes({"power.agenda_access": 0, "participation.endings": 0})
    for seed in range(10):
        decided = records(closed, "EN-LPFT", seed=seed, weeks=312).decisions
        assert len(decided) > 10
        assert "citizen" not in set(decided["origin"])


def test_without_agenda_access_influence_falls_to_its_prior():
    """The prior of a quarter of an even-handed decision is all that is left: seat share / (4 · decisions of the year + 1)."""
    world = world_of([only_lpft()], with_changes({"power.agenda_access": 0, "participation.endings": 0}))
    for replicate in range(10):
        outcome = run_once(world, replicate_seed(1, replicate), 312, 312)
        decided = outcome.world.projects["adopted"][0, :3]
        seen = dict(zip(NAMES, outcome.seen[-1, 0], strict=True))
        assert decided[0] == 0.0
        assert seen["influence_share"] == pytest.approx(0.25 * seen["seat_share"] / (decided.sum() + 0.25))
        assert seen["tokenism"] == pytest.approx(seen["seat_share"] - seen["influence_share"])
    open_, closed = (
        simulate(
            with_changes({"power.agenda_access": access, "participation.endings": 0}),
            "EN-LPFT",
            replicates=20,
            weeks=312,
        ).tokenism.values
        for access in (1.0, 0.0)
    )
    assert surely_positive((closed - open_)[0, :, 26:].mean(axis=1))


def only_lpft() -> Case:
    from coprod_abm.case import load_case

    return load_case("EN-LPFT")


def test_facilitation_under_tokenism_raises_fairness_and_leaves_decisions():
    """Satisfaction does not reveal tokenism, where proposals come from does (error rate .001)."""
    plain, helped = (
        simulate(with_changes({"power.agenda_access": 0, "leadership.facilitation": dial}), "EN-LPFT", 30, weeks=208)
        for dial in (0.0, 1.0)
    )
    for name in ("voice_share", "member_fairness"):
        apart = (helped[name] - plain[name])[0, :, 26:].mean("week").values
        assert surely_positive(apart[~np.isnan(apart)])
    decided = records(with_changes({"power.agenda_access": 0, "leadership.facilitation": 1}), "EN-LPFT", weeks=208)
    assert "citizen" not in set(decided.decisions["origin"])
