"""The records alone rebuild what the run measured: voice, influence, votes, seats and the whole history of the service."""

import dataclasses

import numpy as np
import pytest

from coprod_abm.case import Event
from coprod_abm.draws import replicate_seed
from coprod_abm.ledger import CAUSE, CHANGE
from coprod_abm.log import ROWS, TABLE, empty_log
from coprod_abm.mesa_model import CoproductionModel
from coprod_abm.parameters import Parameters
from coprod_abm.records import ROLE_NAMES, records
from coprod_abm.replay import replay
from coprod_abm.rules.power import DecisionRule
from coprod_abm.simulate import RunError, recorded, run_once, simulate
from coprod_abm.world import world_of

WEEKS = 208
EVERY = 4
# Seats change hands, promises break, services learn from each other and from insiders, and some have nothing to say.
BUSY = Parameters().replace(
    {
        "participation.contact": 0.3,
        "participation.exit_base": -3.0,
        "participation.join_base": 0.0,
        "participation.attend_base": 3.0,
        "capacity.staff_turnover": 0.6,
        "capacity.leader_turnover": 0.6,
        "learning.turbulence": 0.02,
        "learning.organisation_learns": 0.02,
        "learning.code_learns": 0.5,
        "learning.code_teaches": 0.5,
        "learning.between_projects": 0.5,
        "leadership.promise_weeks": 8,
        "leadership.implementation_base": -2.5,
        "population.own_knowledge": 0.3,
        "population.status_quo": 0.1,
        "power.citizen_vote": 0.5,
        "leadership.user_leader": 1,
        "leadership.casting_vote": 1,
        "leadership.facilitation_time": 0.5,
        "participation.endings": 1,
        "participation.end_base": -5.5,
    }
)
SEED = 3


@pytest.fixture(scope="module")
def eventful(levels_case):
    """Five projects, with promises withdrawn and user leaders taken away."""
    more = (
        *(Event(week, "promise_broken") for week in (20, 61, 90)),
        *(Event(week, "user_leader_leaves") for week in (33, 74)),
    )
    return dataclasses.replace(levels_case, events=(*levels_case.events, *more))


@pytest.fixture(scope="module", params=["majority", "status_weighted", "lottery"])
def params(request):
    return BUSY.replace({"power.decision_rule": request.param})


@pytest.fixture(scope="module")
def record(eventful, params):
    return records(params, eventful, seed=SEED, weeks=WEEKS, encounters="full")


@pytest.fixture(scope="module")
def rebuilt(record):
    return replay(record, every=EVERY)


@pytest.fixture(scope="module")
def runs(eventful, params):
    return simulate(params, eventful, replicates=1, seed=SEED, weeks=WEEKS, every=EVERY, by_project=True)


MEASURED = (
    "voice_share",
    "voice_gini",
    "influence_share",
    "tokenism",
    "seat_share",
    "representativeness",
    "exclusion",
    "attendance",
    "acceptance",
    "contrary_decisions",
    "items_taken_up",
    "unique_share",
    "unique_items",
    "citizen_hours",
    "professional_hours",
    "leader_hours",
    "member_turnover",
    "changes_adopted",
    "changes_implemented",
    "changes_kept",
    "retention",
    "goals_delivered",
    "promises_broken",
    "passed_on",
    "spread",
    "convergence",
    "shared_encounters",
    "encounters_per_citizen",
    "changes_from_citizens",
    "experiential_share",
    "alive",
)


@pytest.mark.parametrize("measure", MEASURED)
def test_every_measured_week_is_rebuilt_to_the_last_bit(eventful, rebuilt, runs, measure):
    mine = rebuilt.measures[measure].unstack("project")
    for site in eventful.sites:
        seen = runs[measure].sel(project=site.name).values[0, 0]
        assert np.array_equal(mine[site.name].to_numpy(float), seen), site.name


def test_the_replay_knows_these_measures_and_no_others(rebuilt):
    assert sorted(rebuilt.measures.columns) == sorted(MEASURED)


def test_the_measures_that_are_rebuilt_move(rebuilt):
    still = [name for name in MEASURED if rebuilt.measures[name].nunique() < 2]
    assert set(still) <= {
        "spread",
        "passed_on",
        "exclusion",
    }  # five small projects: nothing spreads, some group never sits


def test_the_whole_history_of_every_service_is_rebuilt(eventful, params, rebuilt):
    world = world_of([eventful], params)
    for week in range(0, WEEKS + 1, 12):
        if week == 0:
            continue
        end = run_once(world, replicate_seed(SEED, 0), week).world
        for project, site in zip(end.projects, eventful.sites, strict=True):
            assert rebuilt.design.loc[site.name, week].tolist() == project["design"].tolist()


def test_every_vote_is_counted_again_with_its_weight_and_the_rule_gives_the_outcome(record, rebuilt):
    for column in rebuilt.decisions.columns:
        assert rebuilt.decisions[column].tolist() == record.decisions[column].tolist(), column
    assert rebuilt.decisions["adopted"].nunique() == 2


@pytest.mark.parametrize("rule", [rule.name for rule in DecisionRule])
def test_every_decision_rule_is_replayed(eventful, rule):
    record = records(BUSY.replace({"power.decision_rule": rule}), eventful, seed=2, weeks=104)
    assert len(record.decisions) > 20
    assert replay(record).decisions["adopted"].tolist() == record.decisions["adopted"].tolist()


def test_what_is_implemented_or_broken_was_promised_before(record):
    promised = {CHANGE._fields[at] for at in (CHANGE.adopted, CHANGE.taken_up)}
    ended = {CHANGE._fields[at] for at in (CHANGE.implemented, CHANGE.reversed, CHANGE.broken, CHANGE.lapsed)}
    assert set(record.changes["what"]) == set(CHANGE._fields)
    assert set(record.seats["cause"]) == set(CAUSE._fields)
    for _, rows in record.changes.groupby(["project", "feature"], observed=True):
        pending = None
        for row in rows.itertuples():
            if row.what in promised:
                assert pending is None
                pending = row
            elif row.what in ended:
                assert (row.value, row.decision, row.origin) == (pending.value, pending.decision, pending.origin)
                assert row.week >= pending.week  # a project may end in the week of the promise
                pending = None


def test_each_promise_of_a_project_goes_back_to_its_decision(record):
    key = ["project", "decision", "week", "feature", "value", "origin"]
    adopted = record.decisions.loc[record.decisions["adopted"], key]
    own = record.changes.loc[record.changes["what"] == "adopted", key]
    assert sorted(map(str, adopted.to_numpy().tolist())) == sorted(map(str, own.to_numpy().tolist()))
    fates = record.changes[record.changes["what"].isin(["implemented", "reversed"]) & (record.changes["decision"] >= 0)]
    told = record.decisions.set_index(["project", "decision"])["implemented_week"]
    assert [told[row.project, row.decision] for row in fates.itertuples()] == fates["week"].tolist()
    broken = record.changes[record.changes["what"] == "broken"]
    assert (record.changes.loc[record.changes["what"] == "lapsed", "decision"] < 0).all()
    told = record.decisions.set_index(["project", "decision"])["broken_week"]
    assert [told[row.project, row.decision] for row in broken.itertuples()] == broken["week"].tolist()
    assert (told >= 0).sum() == len(broken) > 0


def test_every_turn_on_the_floor_is_a_row_and_answers_who_had_it_before(eventful):
    quiet = BUSY.replace({"population.own_knowledge": 0.05, "population.status_quo": 0.0, "learning.experience": 0.0})
    record = records(quiet, eventful, seed=SEED, weeks=104)
    floor = record.acts[record.acts["act"].isin(["inform_shared", "inform_unique", "pass_turn"])]
    assert (floor["act"] == "pass_turn").any()
    turns = record.attendance.groupby(["project", "meeting"], observed=True)["turns"].sum()
    for key, rows in floor.groupby(["project", "meeting"], observed=True):
        assert rows["turn"].tolist() == list(range(turns[key]))
        speakers = rows["speaker"].tolist()
        for place, addressee in enumerate(rows["addressee"]):
            before = [one for one in speakers[:place] if one != speakers[place]]
            assert addressee == (before[-1] if before else -1)


def test_votes_address_the_proposer_and_announcements_the_room(record):
    proposers = record.decisions.set_index(["project", "decision"])["proposer"]
    for act in record.acts[record.acts["decision"] >= 0].itertuples():
        proposer = proposers[act.project, act.decision]
        votes = act.act in {"support", "challenge"}
        assert act.addressee == (proposer if votes and act.speaker != proposer else -1)


def test_who_attends_sits_on_the_seat(record):
    moves = record.seats.sort_values("week", kind="stable")
    for project, there in record.attendance.groupby("project", observed=True):
        rows = moves[moves["project"] == project]
        for week, present in there.groupby("week"):
            before = (rows["week"] < week) | (
                (rows["week"] == week) & (rows["cause"] != "ended")
            )  # it ends after meeting
            last = rows[before].groupby("seat").last()
            seated = last[last["sits"]]["person"]
            assert [seated[row.seat] for row in present.itertuples()] == present["person"].tolist()


def test_a_meeting_counts_who_was_there(record):
    for kind in ROLE_NAMES:
        there = (
            record.attendance[record.attendance["role"] == kind].groupby(["project", "meeting"], observed=True).size()
        )
        held = record.meetings.set_index(["project", "meeting"])[f"present_{kind}"]
        assert there.reindex(held.index, fill_value=0).tolist() == held.tolist()
        filled, seats = record.meetings[f"filled_{kind}"], record.meetings[f"seats_{kind}"]
        assert ((held.to_numpy() <= filled) & (filled <= seats)).all()
    shares = record.attendance.groupby(["project", "meeting"], observed=True)["floor_chance"].sum()
    assert np.allclose(shares, 1.0)


def test_encounters_by_month_are_those_of_every_encounter(record):
    each = record.every_encounter
    months = each.assign(month=(each["week"] - 1) // 4 + 1).groupby(["project", "month"], observed=False)["shared"]
    table = record.encounters.set_index(["project", "month"])
    assert months.size().reindex(table.index, fill_value=0).tolist() == table["encounters"].tolist()
    assert months.sum().reindex(table.index, fill_value=0).tolist() == table["with_shared_power"].tolist()


def test_encounters_have_rows_only_on_request(eventful, params, record):
    short = records(params, eventful, seed=SEED, weeks=WEEKS)
    assert len(short.every_encounter) == 0
    assert short.encounters.equals(record.encounters)
    assert short.acts.equals(record.acts)
    assert "shared_encounters" not in replay(short).measures
    with pytest.raises(RunError, match="encounters = 'all'"):
        records(params, eventful, encounters="all")


def test_tables_know_level_and_run(eventful, record):
    levels = {site.name: site.level.name for site in eventful.sites}
    for name in ("acts", "decisions", "meetings", "attendance", "seats", "changes", "encounters", "every_encounter"):
        table = getattr(record, name)
        assert table["level"].tolist() == [levels[project] for project in table["project"]]
        assert (table["run"] == 0).all()
        assert table.attrs == record.run == {"cases": ["LEVELS"], "seed": SEED, "replicate": 0, "weeks": WEEKS}


def test_both_engines_write_the_same_rows(eventful):
    weeks = 30
    _, told = recorded(world_of([eventful], BUSY), replicate_seed(SEED, 0), weeks, encounters=True)
    log = empty_log(5, weeks, 20_000)
    model = CoproductionModel(BUSY, eventful, seed=SEED, log=log)
    for _ in range(weeks):
        model.step()
    assert log.used.tolist() == told.used.tolist()
    assert (log.used > 0).all()
    for name in TABLE._fields:
        mine, theirs = log.table(name), told.table(name)
        for column in ROWS[getattr(TABLE, name)].names:
            assert np.array_equal(mine[column], theirs[column]), (name, column)
    assert np.array_equal(log.months, told.months)
