"""Records tell the whole story: tallies can be rebuilt from them, and writing them changes nothing."""

import re
from fractions import Fraction
from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pytest

from coprod_abm.case import CaseError
from coprod_abm.draws import replicate_seed
from coprod_abm.experiments.run_records import CONTENTS, write_world_records
from coprod_abm.experiments.settings import RunPlan
from coprod_abm.language import languages
from coprod_abm.log import ACT, empty_log
from coprod_abm.minutes import all_minutes
from coprod_abm.outcomes import by_level
from coprod_abm.parameters import Parameters
from coprod_abm.records import ORIGIN_NAMES, ROLE_NAMES, records
from coprod_abm.rules.power import DecisionRule
from coprod_abm.simulate import RunError, recorded, run_once, simulate
from coprod_abm.world import world_of

WEEKS = 104
# Everyone holds beliefs in their own domain, so that whoever has the floor says something.
TALKATIVE = Parameters().replace({"population.own_knowledge": 1.0})
# The same for a case in which nothing is taken up from elsewhere.
ALONE = TALKATIVE.replace({"learning.between_projects": 0, "learning.code_learns": 0, "learning.code_teaches": 0})
SAID = ["inform_shared", "inform_unique"]


@pytest.fixture(scope="module")
def case(levels_case):
    return levels_case


@pytest.fixture(scope="module")
def record(case):
    return records(TALKATIVE, case, seed=4, weeks=WEEKS)


@pytest.fixture(scope="module")
def end(case):
    return run_once(world_of([case], TALKATIVE), replicate_seed(4, 0), WEEKS).world


def faded(weekly: pd.Series) -> float:
    """A running-year tally rebuilt from what happened week by week."""
    total = 0.0
    for week in range(1, WEEKS + 1):
        total = total - total / 52.0 + float(weekly.get(week, 0.0))
    return total


# ---- tallies rebuilt ----


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_talk_rebuilds_the_voice_of_each_role(case, record, end, role):
    said = record.acts[record.acts["act"].isin(SAID) & (record.acts["role"] == role)]
    for j, site in enumerate(case.sites):
        weekly = said[said["project"] == site.name].groupby("week").size()
        assert end.projects["voice"][j, ROLE_NAMES.index(role)] == pytest.approx(faded(weekly))


def test_talk_rebuilds_what_was_mentioned_and_what_was_new(case, record, end):
    said = record.acts[record.acts["act"].isin(SAID)]
    for j, site in enumerate(case.sites):
        here = said[said["project"] == site.name]
        new = here[here["act"] == "inform_unique"]
        assert end.projects["mentions"][j] == pytest.approx(faded(here.groupby("week").size()))
        assert end.projects["unique"][j] == pytest.approx(faded(new.groupby("week").size()))


@pytest.mark.parametrize("origin", ROLE_NAMES)
def test_decisions_rebuild_the_influence_of_each_role(case, record, end, origin):
    adopted = record.decisions[record.decisions["adopted"] & (record.decisions["origin"] == origin)]
    for j, site in enumerate(case.sites):
        weekly = adopted[adopted["project"] == site.name].groupby("week").size()
        assert end.projects["adopted"][j, ROLE_NAMES.index(origin)] == pytest.approx(faded(weekly))


def test_decisions_rebuild_proposals_and_those_against_most_citizens(case, record, end):
    table = record.decisions
    against = (2 * table["yes_citizen"] > table["present_citizen"]) != table["adopted"]
    for j, site in enumerate(case.sites):
        here = table["project"] == site.name
        contrary = table[here & against & (table["present_citizen"] > 0)]
        assert end.projects["proposals"][j] == pytest.approx(faded(table[here].groupby("week").size()))
        assert end.projects["contrary"][j] == pytest.approx(faded(contrary.groupby("week").size()))
        assert end.projects["decisions"][j] == here.sum()


def test_fates_rebuild_what_was_implemented_and_broken(case):
    table = records(ALONE, case, seed=4, weeks=WEEKS).decisions
    end = run_once(world_of([case], ALONE), replicate_seed(4, 0), WEEKS).world
    for j, site in enumerate(case.sites):
        here = table[table["project"] == site.name]
        assert end.projects["agreed"][j] == here["adopted"].sum()
        assert end.projects["implemented"][j] == (here["implemented_week"] >= 0).sum()
        assert end.projects["promises_broken"][j] == (here["broken_week"] >= 0).sum()


def test_records_are_those_of_the_same_replicate_of_simulate(case):
    runs = simulate(ALONE, case, replicates=3, seed=4, weeks=WEEKS, by_project=True)
    for replicate in range(3):
        table = records(ALONE, case, seed=4, weeks=WEEKS, replicate=replicate).decisions
        adopted = [(table["adopted"] & (table["project"] == site.name)).sum() for site in case.sites]
        assert runs.changes_adopted.values[0, replicate, -1].tolist() == adopted


# ---- writing changes nothing ----


@pytest.mark.parametrize("number", range(5))
def test_recording_leaves_every_bit_of_the_run(case, parameters_of, number):
    params = parameters_of(number, 0.3)
    world, seed = world_of([case], params), replicate_seed(1, number)
    silent = run_once(world, seed, WEEKS)
    told, _ = recorded(world, seed, WEEKS)
    assert np.array_equal(silent.seen, told.seen)
    assert np.array_equal(silent.counts, told.counts)
    for mine, theirs in zip(silent.world, told.world, strict=True):
        assert mine.tobytes() == theirs.tobytes()


def test_a_log_that_was_too_small_is_written_again_in_full(case):
    busy = TALKATIVE.replace({"participation.turns": 60, "participation.interval_local": 1})
    world, seed = world_of([case], busy), replicate_seed(1, 0)
    _, log = recorded(world, seed, WEEKS)
    assert log.used[0] > 4_096
    assert log.used[0] <= len(log.acts)
    roomy = empty_log(5, WEEKS, 200_000)
    run_once(world, seed, WEEKS, log=roomy)
    assert roomy.used.tolist() == log.used.tolist()
    assert roomy.acts[: log.used[0]].tobytes() == log.acts[: log.used[0]].tobytes()
    assert roomy.decisions[: log.used[1]].tobytes() == log.decisions[: log.used[1]].tobytes()


def test_a_full_log_leaves_the_run_and_goes_on_counting(case):
    world, seed = world_of([case], TALKATIVE), replicate_seed(1, 0)
    tiny = empty_log(5, WEEKS, 10, 3)
    outcome = run_once(world, seed, WEEKS, log=tiny)
    silent = run_once(world, seed, WEEKS)
    assert np.array_equal(outcome.seen, silent.seen)
    assert tiny.used[0] > 10
    assert tiny.used[1] > 3
    _, whole = recorded(world, seed, WEEKS)
    assert tiny.used.tolist() == whole.used.tolist()


# ---- rows say what they should ----


def test_codes_are_words(record):
    assert record.acts["role"].cat.categories.tolist() == list(ROLE_NAMES)
    assert record.acts["act"].cat.categories.tolist() == list(ACT._fields)
    assert record.decisions["origin"].cat.categories.tolist() == list(ORIGIN_NAMES)
    assert record.decisions["rule"].cat.categories.tolist() == [rule.name for rule in DecisionRule]
    assert set(record.acts["act"]) == set(ACT._fields) - {"pass_turn"}  # everyone here has something to say
    assert set(record.acts["project"]) == {"town", "village", "far away", "region", "nation"}
    assert set(record.decisions["rule"]) == {"majority"}


def test_acts_stand_in_the_order_in_which_they_happened(record):
    assert record.acts["week"].is_monotonic_increasing
    for _, meeting in record.acts.groupby(["project", "meeting"], observed=True):
        assert meeting["turn"].is_monotonic_increasing
        assert meeting["week"].nunique() == 1


def test_every_act_names_a_person_present_or_the_facilitator(record, end):
    spoken = record.acts[record.acts["act"] != "facilitate"]
    person = end.people[spoken["speaker"]]
    assert np.array_equal(person["role"], spoken["role"].cat.codes)
    assert (record.acts.loc[record.acts["act"] == "facilitate", "speaker"] == -1).all()
    assert spoken["feature"].between(0, 29).all()


def test_chances_listeners_and_adopters_are_possible(record):
    said = record.acts[record.acts["act"].isin(SAID)]
    assert said["floor_chance"].between(0, 1, inclusive="neither").all()
    assert said["value"].isin([-1, 1]).all()
    adopters = said[[f"adopters_{role}" for role in ROLE_NAMES]].sum(axis=1)
    assert (adopters <= said["listeners"]).all()
    assert 0 < adopters.sum() < said["listeners"].sum()


def test_items_brought_as_unique_were_not_mentioned_before_in_the_meeting(record):
    said = record.acts[record.acts["act"].isin(SAID)]
    again = said.duplicated(["project", "meeting", "feature"])
    assert not (again & (said["act"] == "inform_unique")).any()


def test_each_decision_has_the_votes_of_everybody_present(record):
    votes = record.acts[record.acts["act"].isin(["support", "challenge"])]
    key = ["project", "decision"]
    for role in ROLE_NAMES:
        cast = votes[votes["role"] == role].groupby(key, observed=True)["act"]
        counted = record.decisions.set_index(key)
        assert cast.size().reindex(counted.index, fill_value=0).tolist() == counted[f"present_{role}"].tolist()
        yes = cast.agg(lambda act: (act == "support").sum())
        assert yes.reindex(counted.index, fill_value=0).tolist() == counted[f"yes_{role}"].tolist()


def test_whoever_proposes_votes_in_favour(record):
    votes = record.acts[record.acts["act"].isin(["support", "challenge"])]
    votes = votes.merge(record.decisions[["project", "decision", "proposer"]], on=["project", "decision"])
    votes = votes[votes["speaker"] == votes["proposer"]]
    assert len(votes) == len(record.decisions) > 20
    assert (votes["act"] == "support").all()


def share_in_favour(table: pd.DataFrame, roles: tuple[str, ...] = ROLE_NAMES) -> list[Fraction | None]:
    """Exact share of those present who voted in favour, None where none of these roles was present."""
    yes, present = (table[[f"{kind}_{role}" for role in roles]].sum(axis=1).astype(int) for kind in ("yes", "present"))
    return [Fraction(a, b) if b else None for a, b in zip(yes, present, strict=True)]


HALF = Fraction(1, 2)
EDGES = {"majority": HALF, "two_thirds": Fraction(2, 3), "three_quarters": Fraction(3, 4)}
EXPECTED = {
    "majority": lambda all_, *_: all_ > HALF,
    "two_thirds": lambda all_, *_: all_ >= Fraction(2, 3),
    "three_quarters": lambda all_, *_: all_ >= Fraction(3, 4),
    "consensus": lambda all_, *_: all_ == 1,
    "professional_veto": lambda all_, _, staff, __: all_ > HALF and (staff is None or staff > HALF),
    "citizen_control": lambda _, citizens, *__: citizens is not None and citizens > HALF,
    "directive": lambda _, __, staff, leaders: (leaders if leaders is not None else staff or 0) > HALF,
}


@pytest.mark.parametrize("rule", EXPECTED)
def test_recorded_votes_and_the_rule_give_the_recorded_outcome(case, rule):
    well_attended = TALKATIVE.replace({"power.decision_rule": rule, "participation.attend_base": 3})
    table = records(well_attended, case, seed=4, weeks=312).decisions
    shares = [share_in_favour(table, roles) for roles in (ROLE_NAMES, *((role,) for role in ROLE_NAMES))]
    outcome = [EXPECTED[rule](*row) for row in zip(*shares, strict=True)]
    assert set(table["rule"]) == {rule}
    assert table["adopted"].tolist() == outcome
    assert len(set(outcome)) == 2
    assert EDGES.get(rule, 1) in shares[0]  # ballots on the edge of the rule occur
    assert rule == "professional_veto" or not table["vetoed"].any()


@pytest.mark.parametrize("citizen_vote", [1.0, 0.25])
def test_a_veto_is_told_where_most_votes_were_won_and_the_professionals_alone_stopped_it(case, citizen_vote):
    rules = {"power.decision_rule": "professional_veto", "power.vote_threshold": -1, "power.citizen_vote": citizen_vote}
    table = records(TALKATIVE.replace(rules), case, weeks=312).decisions
    weights = {"citizen": citizen_vote, "professional": 1.0, "leader": 1.0}
    yes, present = (sum(table[f"{kind}_{role}"] * weights[role] for role in ROLE_NAMES) for kind in ("yes", "present"))
    staff = table["present_professional"]
    blocked = (staff > 0) & (2 * table["yes_professional"] <= staff)
    assert table["vetoed"].tolist() == ((2 * yes > present) & blocked).tolist()
    assert 0 < table["vetoed"].sum() < len(table)
    assert not (table["vetoed"] & table["adopted"]).any()


def test_a_decision_waits_before_it_is_implemented_or_broken_and_is_never_both(record):
    done, broken = record.decisions["implemented_week"], record.decisions["broken_week"]
    assert not ((done >= 0) & (broken >= 0)).any()
    assert (done[done >= 0] > record.decisions["week"][done >= 0]).all()
    assert record.decisions["adopted"][(done >= 0) | (broken >= 0)].all()


def test_the_outcome_of_a_vote_is_announced(record):
    told = record.acts[record.acts["act"] == "decide"].set_index(["project", "decision"])["value"]
    table = record.decisions.set_index(["project", "decision"])
    expected = table["value"].where(table["adopted"], 0)
    assert told.reindex(table.index).tolist() == expected.tolist()


def test_rejected_proposals_are_not_put_again_for_half_a_year(record):
    for _, rows in record.decisions.groupby(["project", "feature"], observed=True):
        for before, after in zip(rows[:-1].itertuples(), rows[1:].itertuples(), strict=True):
            if not before.adopted:
                assert after.week - before.week >= 26


# ---- several cases, refusals ----


def test_sites_of_the_same_name_in_two_cases_stay_apart(case_of):
    record = records(TALKATIVE, [case_of(id="A"), case_of(id="B", country="BB")], weeks=40)
    each = [records(TALKATIVE, case_of(id=name, country=land), weeks=40) for name, land in (("A", "AA"), ("B", "BB"))]
    assert len(record.decisions) == sum(len(one.decisions) for one in each)
    assert set(record.decisions["project"]) == {"A: one", "B: one"}


def test_an_impossible_run_is_refused(case_of):
    with pytest.raises(RunError, match="weeks = 0"):
        records(Parameters(), case_of(), weeks=0)
    with pytest.raises(RunError, match="seed = -1"):
        records(Parameters(), case_of(), seed=-1)
    with pytest.raises(CaseError, match="nowhere"):
        records(Parameters(), "nowhere")


@pytest.mark.parametrize("given", ["x", None, 3, pd.DataFrame()])
def test_levels_are_told_of_runs_only(given):
    with pytest.raises(
        RunError, match=r"^runs = .* are not runs of the model\. Give what simulate\(\.\.\., together=True\)"
    ):
        by_level(given)


def test_levels_are_told_of_whole_runs_of_one_world_only(case):
    runs = simulate(ALONE, case, replicates=1, weeks=8, together=True)
    with pytest.raises(RunError, match=r"^These runs lack .*\. Give all that simulate"):
        by_level(runs[["trust"]] if "trust" in runs else runs.drop_vars(list(runs.data_vars)))
    with pytest.raises(RunError, match="do not know levels and places"):
        by_level(simulate(ALONE, case, replicates=1, weeks=8))


# ---- records of `coprod run` ----


def test_a_run_writes_the_minutes_of_all_meetings_of_each_project(case_of, tmp_path):
    one = case_of()
    plan = SimpleNamespace(params=TALKATIVE, seed=2, weeks={one.id: 40}, overrides={})
    write_world_records((one,), cast(RunPlan, plan), tmp_path / one.id, {"command": ["coprod"]})
    record = records(TALKATIVE, one, seed=2, weeks=40)
    files = sorted(file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("minutes/*"))
    assert files == [f"{one.id}/minutes/01_one.{language}.md" for language in languages()]
    for language in languages():
        text = (tmp_path / one.id / "minutes" / f"01_one.{language}.md").read_text(encoding="utf-8")
        assert text == all_minutes(record, "one", language)
        numbers = [int(found) for found in re.findall(r"^## \D+ (\d+): one$", text, re.MULTILINE)]
        assert numbers == record.meetings["meeting"].tolist()
    assert "records/*/minutes/*" in CONTENTS
