"""Leader roles are separate, removable and replaceable; spaces are closed, invited or claimed; projects can end."""

import numpy as np
import pytest

from coprod_abm.case import Event
from coprod_abm.draws import replicate_seed
from coprod_abm.measures import NAMES
from coprod_abm.parameters import Parameters
from coprod_abm.presets import preset
from coprod_abm.records import records
from coprod_abm.simulate import Outcome, run_once
from coprod_abm.state import EMPTY
from coprod_abm.world import world_of

STEADY = Parameters().replace(
    {
        "participation.endings": 0,
        "leadership.sponsor_loss": 0,
        "leadership.facilitator_loss": 0,
        "participation.exits": 0,
    }
)


def lived(params: Parameters, case, weeks: int, replicate: int = 0) -> Outcome:
    return run_once(world_of([case], params), replicate_seed(1, replicate), weeks, 1)


def measured(outcome: Outcome, name: str) -> np.ndarray:
    return outcome.seen[:, 0, NAMES.index(name)]


# ---- sponsor ----


def test_support_waits_for_a_new_sponsor_and_recovers_under_one(case_of):
    case = case_of(events=(Event(10, "sponsor_leaves"), Event(30, "sponsor_arrives")))
    alone = STEADY.replace({"leadership.sponsor_replacement": 0, "learning.support_from_above": 0})
    support = measured(lived(alone, case, 120), "sponsor_support")
    assert support[:10] == pytest.approx(0.7)
    assert support[10:30] == pytest.approx(0.21)
    assert (np.diff(support[29:]) > 0).all()
    assert support[-1] == pytest.approx(0.7 - 0.49 * 0.98**91)


def test_vacancies_last_as_long_as_replacement_says(case_of):
    # a vacancy of mean 1/.25 weeks: geometric, four weeks, error rate below .001 over 400 vacancies
    params = STEADY.replace({"leadership.sponsor_loss": 0.1, "leadership.sponsor_replacement": 0.25})
    here = [lived(params, case_of(), week).world.projects["sponsor_here"][0] for week in range(1, 401)]
    assert np.mean(here) == pytest.approx(0.25 / 0.35, abs=0.1)


def test_a_role_removed_is_not_filled_again(case_of):
    case = case_of(events=(Event(5, "set", 0, "leadership.sponsor"), Event(5, "set", 0, "leadership.facilitator")))
    world = lived(STEADY, case, 200).world
    assert (world.projects["sponsor_here"][0], world.projects["facilitator_here"][0]) == (0, 0)
    assert world.projects["support"][0] < 0.05


# ---- facilitator ----


def test_without_a_facilitator_nobody_facilitates(case_of):
    case = case_of(events=(Event(20, "facilitator_leaves"), Event(60, "facilitator_arrives")))
    params = STEADY.replace({"leadership.facilitator_replacement": 0, "participation.interval_local": 2})
    acts = records(params, case, weeks=100).acts
    weeks = set(acts.loc[acts["act"] == "facilitate", "week"])
    assert weeks
    assert weeks == {week for week in set(acts["week"]) if week < 20 or week >= 60}


# ---- user leader ----


def test_citizens_choose_who_stands_highest_and_choose_again_when_the_user_leader_leaves(case_of):
    params = STEADY.replace({"leadership.user_leader": 1, "leadership.user_leader_replacement": 1})
    before = lived(params, case_of(), 40).world
    first = before.projects["user_leader"][0]
    assert before.people["role"][first] == 0
    assert before.people["member"][first] == 1
    left = lived(params, case_of(events=(Event(41, "user_leader_leaves"),)), 41).world  # no meeting moves standings
    second = left.projects["user_leader"][0]
    citizens = left.projects["seat"][0][: left.projects["seats"][0, 0]]
    candidates = [index for index in citizens if index not in {first, EMPTY}]
    assert second != first
    assert left.people["standing"][second] == max(left.people["standing"][candidates])


def test_a_user_leader_brings_problems_to_a_closed_agenda(case_of):
    closed = STEADY.replace({"power.agenda_access": 0, "participation.interval_local": 1, "population.own_error": 0.5})
    led = closed.replace({"leadership.user_leader": 1, "leadership.user_leader_drift": 0})
    without, with_one = (records(params, case_of(), weeks=104).decisions for params in (closed, led))
    assert "citizen" not in set(without["origin"])
    assert "citizen" in set(with_one["origin"])


def test_a_user_leader_drifts_to_what_professionals_hold(case_of):
    params = (
        STEADY.replace(
            {"leadership.user_leader": 1, "leadership.user_leader_drift": 1, "participation.interval_local": 1}
        )
        .replace(
            {"power.uptake_rate": 0, "learning.experience": 0, "learning.socialisation": 0, "participation.contact": 0}
        )
        .replace({"population.status_quo": 1, "population.own_error": 0})
    )
    world = lived(params, case_of(), 104).world
    leader = world.people[world.projects["user_leader"][0]]
    staff = world.people[(world.people["role"] == 1) & (world.people["member"] == 1)]
    strong = np.abs(staff["beliefs"].mean(axis=0)) > 0.9
    assert strong.sum() > 5
    assert (leader["beliefs"][strong] == np.sign(staff["beliefs"].mean(axis=0)[strong])).mean() > 0.9


def test_the_group_of_a_user_leader_sees_more(case_of):
    led = STEADY.replace({"leadership.user_leader": 1, "leadership.user_leader_example": 5, "efficacy.reach": 1})
    plain = led.replace({"leadership.user_leader_example": 0})
    one, other = (lived(params, case_of(), 8).world for params in (led, plain))
    moved = one.people["efficacy"] != other.people["efficacy"]
    group = one.projects["user_leader_group"][0]
    citizens = one.people["role"] == 0
    assert moved[citizens & (one.people["group"] == group)].any()
    assert not moved[citizens & (one.people["group"] != group)].any()


# ---- who leads ----


def test_without_appointed_leaders_their_seats_stay_empty(case_of):
    world = lived(preset("leadership=collective").replace({"participation.endings": 0}), case_of(), 40).world
    assert world.projects["seats"][0].tolist() == [4, 3, 0]
    assert not world.people["member"][world.people["role"] == 2].any()


def test_collective_leadership_emerges_from_direction_alignment_and_commitment(case_of):
    collective = preset("leadership=collective").replace(
        {"participation.endings": 0, "participation.interval_local": 1}
    )
    # agreement and effort make members lead: safety rises with them, and nobody else raises it
    apart = collective.replace({"population.own_error": 0.5, "reciprocity.base_effort": 0, "population.status_quo": 0})
    together = collective.replace(
        {"population.own_error": 0, "reciprocity.base_effort": 0.8, "population.status_quo": 1}
    )
    low, high = (
        np.mean([measured(lived(params, case_of(), 52, r), "safety")[-1] for r in range(20)])
        for params in (apart, together)
    )
    assert high > low + 0.03
    leads = [lived(params, case_of(), 52).world.projects["shared_lead"][0] for params in (apart, together)]
    assert 0 < leads[0] < leads[1] <= 1


def test_rotating_leadership_lets_others_than_the_leader_set_the_agenda(case_of):
    chaired = STEADY.replace({"leadership.agenda_control": 1, "participation.interval_local": 1})
    rotating = chaired.replace({"leadership.rotation": 1})
    proposed = {}
    for label, params in {"chaired": chaired, "rotating": rotating}.items():
        decided = [records(params, case_of(), seed=seed, weeks=52).decisions for seed in range(10)]
        proposed[label] = sum((one["origin"] == "leader").sum() for one in decided)
    assert proposed["chaired"] > 1.5 * proposed["rotating"] > 0


# ---- spaces ----


def test_a_closed_space_has_no_citizens_and_no_talk_of_theirs(case_of):
    record = records(preset("power=spaces/closed").replace({"participation.endings": 0}), case_of(), weeks=104)
    assert len(record.acts) > 100
    assert "citizen" not in set(record.acts["role"])


def test_in_a_claimed_space_only_the_confident_sit_and_enough_of_them(case_of):
    params = preset("power=spaces/claimed").replace({"participation.endings": 0, "efficacy.strength": 1})
    still = params.replace({"efficacy.gain": 0, "efficacy.loss": 0, "leadership.persuasion": 0})
    for replicate in range(10):
        world = lived(still, case_of(), 52, replicate).world
        members = world.people[(world.people["member"] == 1) & (world.people["role"] == 0)]
        assert (members["efficacy"] > 0.6).all()
    acts = records(still, case_of(), weeks=104).acts
    voters = acts[(acts["act"].isin(["support", "challenge"])) & (acts["role"] == "citizen")]
    assert voters.groupby("meeting")["speaker"].nunique().min() >= 3


def test_in_a_claimed_space_professionals_need_access_to_the_agenda(case_of):
    params = preset("power=spaces/claimed", "power.agenda_access=0", "leadership.agenda_control=0")
    easy = params.replace({"power.claim_efficacy": 0.2, "participation.interval_local": 1, "participation.endings": 0})
    decided = records(easy, case_of(), weeks=156).decisions
    assert len(decided) > 5
    assert set(decided["origin"]) == {"citizen"}


# ---- mandate, promises, endings ----


def test_delegates_arrive_with_the_views_of_their_group(case_of, site_of):
    case = case_of(site_of("one", citizens=200, citizen_seats=6))
    quiet = {
        "participation.meetings": 0,
        "participation.contact": 0,
        "population.own_error": 0.4,
        "representation.pool": 40,
    }
    agreed = []
    for mandate in (0.0, 1.0):
        params = preset("representation=delegate").replace({**quiet, "representation.mandate": mandate})
        people = lived(params, case, 1).world.people
        citizens = people[people["role"] == 0]
        majority = np.sign(citizens[citizens["group"] == 0]["beliefs"].astype(int).sum(axis=0))
        members = citizens[(citizens["member"] == 1) & (citizens["group"] == 0)]
        agreed.append((members["beliefs"] == majority)[:, majority != 0].mean())
    assert agreed[1] > 0.9 > agreed[0] + 0.1


def test_a_broken_promise_takes_everything_pending_and_fairness_with_it(case_of):
    case = case_of(events=(Event(60, "promise_broken"),))
    params = STEADY.replace({"leadership.implementation_base": -8, "participation.interval_local": 2})
    before, after = (lived(params, one, 60).world.projects[0] for one in (case_of(), case))
    pending = int((before["pending"] != 0).sum())
    assert pending > 0
    assert after["promises_broken"] - before["promises_broken"] == pending
    assert after["broken"] > before["broken"] + 0.4


def test_what_an_ended_project_leaves_behind(case_of):
    params = Parameters().replace({"participation.end_base": -2.5, "participation.interval_local": 1})
    record = records(params, case_of(), weeks=104)
    project = lived(params, case_of(), 104).world.projects[0]
    assert project["alive"] == 0
    assert (project["seat"] == EMPTY).all()
    assert not project["pending"].any()
    assert record.acts["week"].max() <= project["ended_week"]
    unkept = record.decisions["adopted"] & (record.decisions["implemented_week"] < 0)
    assert (record.decisions.loc[unkept, "broken_week"] <= project["ended_week"]).all()
    assert (record.decisions.loc[unkept, "broken_week"] > 0).all()


# ---- what roles do outside meetings, and what does not move between scenarios ----


@pytest.mark.parametrize("gone", [{"leadership.facilitator": 0}, {"participation.end_base": 0}])
def test_facilitation_needs_a_facilitator_in_encounters_too(case_of, gone):
    still = {"participation.meetings": 0, "participation.contact": 1, "leadership.facilitator_loss": 0}
    plain, skilled = (
        Parameters().replace(still | gone | {"participation.endings": 1, "leadership.facilitation": skill})
        for skill in (0, 1)
    )
    late = [measured(lived(params, case_of(), 60), "shared_encounters")[-1] for params in (plain, skilled)]
    present = [params.replace({"leadership.facilitator": 1, "participation.endings": 0}) for params in (plain, skilled)]
    there = [measured(lived(params, case_of(), 60), "shared_encounters")[-1] for params in present]
    assert there[1] > there[0] * 1.2
    assert late[1] == late[0] if "leadership.facilitator" in gone else late[1] < there[1]


def test_efficacy_stays_a_share_whatever_the_example_of_a_user_leader(case_of):
    loud = {"leadership.user_leader": 1, "leadership.user_leader_example": 5, "efficacy.vicarious": 1}
    world = lived(
        STEADY.replace(loud | {"efficacy.reach": 1, "efficacy.gain": 1, "efficacy.loss": 1}), case_of(), 104
    ).world
    assert ((world.people["efficacy"] >= 0) & (world.people["efficacy"] <= 1)).all()


def test_the_same_professionals_sit_whatever_share_of_seats_citizens_have(case_of):
    seated = []
    for space in ("invited", "closed"):
        world = lived(STEADY.replace({"power.space": space}), case_of(), 1).world
        seated.append(world.people["number"][(world.people["member"] == 1) & (world.people["role"] == 1)].tolist())
    assert seated[0] == seated[1]


def test_a_leader_who_is_alone_leaves_the_post_like_any_other(case_of, site_of):
    busy = STEADY.replace({"capacity.leader_turnover": 0.6})
    world = lived(busy, case_of(site_of("one", leaders=1)), 312).world
    assert world.people["tenure"][world.people["role"] == 2][0] < 312


def test_members_of_a_project_that_has_ended_are_nothing_and_not_nought(case_of):
    from coprod_abm.simulate import simulate

    runs = simulate(Parameters().replace({"participation.end_base": 0}), case_of(), replicates=5, weeks=52)
    assert (runs.alive.isel(week=-1) == 0).all()
    assert runs.member_trust.isel(week=-1).isnull().all()
    assert runs.citizen_trust.notnull().all()
