"""Minutes and reporting sheets say what the records hold, in two languages; records survive being written to files."""

import ast
import re
from pathlib import Path

import numba
import pandas as pd
import pyarrow.parquet as pq
import pytest

import coprod_abm
from coprod_abm.fates import fates
from coprod_abm.language import kind_in_words, languages, person_name, topic, words
from coprod_abm.log import ACT, write_act
from coprod_abm.minutes import minutes
from coprod_abm.parameters import Parameters
from coprod_abm.record_files import TABLES, read_records, write_records
from coprod_abm.records import ROLE_NAMES, RecordError, project_of, records
from coprod_abm.replay import replay
from coprod_abm.reporting import reporting_sheet
from coprod_abm.rules.power import DecisionRule
from coprod_abm.service import FEATURES

BUSY = Parameters().replace(
    {
        "participation.attend_base": 3.0,
        "participation.exit_base": -3.0,
        "leadership.promise_weeks": 12,
        "leadership.implementation_base": -3.0,
        "leadership.user_leader": 1,
        "participation.endings": 0,
        "learning.turbulence": 0.01,
        "power.vote_threshold": -0.5,
        "power.decision_rule": "professional_veto",
    }
)


@pytest.fixture(scope="module")
def record(levels_case):
    return records(BUSY, levels_case, seed=3, weeks=208, encounters="full")


@pytest.fixture(scope="module")
def texts(record):
    return {
        (row.project, row.meeting, language): minutes(record, row.meeting, row.project, language)
        for row in record.meetings.itertuples()
        for language in languages()
    }


# ---- languages ----


def keys_and_gaps(part, path=""):
    """Every key of a language file with the gaps of its sentence."""
    if isinstance(part, dict):
        return {found for key, value in part.items() for found in keys_and_gaps(value, f"{path}.{key}")}
    if isinstance(part, list):
        return {(path, len(part))}
    return {(path, *sorted(re.findall(r"{(\w+)}", part)))}


@pytest.mark.parametrize("language", languages())
def test_every_language_says_the_same_things(language):
    assert keys_and_gaps(words(language)) == keys_and_gaps(words("en"))


@pytest.mark.parametrize("language", languages())
def test_a_language_names_every_feature_act_role_and_rule(language):
    said = words(language)
    assert len({topic(language, feature) for feature in range(FEATURES)}) == FEATURES
    assert len({kind_in_words(language, feature) for feature in range(FEATURES)}) == FEATURES
    assert set(said["acts"]) == set(ACT._fields)
    assert set(said["rules"]) == {rule.name for rule in DecisionRule}
    assert set(ROLE_NAMES) <= set(said["roles"])


# ---- minutes ----


def test_every_meeting_has_minutes_without_gaps(texts):
    for text in texts.values():
        assert text.startswith("# ")
        assert not re.search(r"[{}]|nan|None|  ", text)
        assert text.endswith("\n")


def test_minutes_hold_every_statement_once(record, texts):
    talk = record.acts[record.acts["act"].isin(["inform_shared", "inform_unique"])]
    for (project, meeting), rows in talk.groupby(["project", "meeting"], observed=True):
        for language in languages():
            told = re.findall(r"^- \((\d+)\) ", texts[project, meeting, language], re.MULTILINE)
            assert sorted(map(int, told)) == (rows["turn"] + 1).tolist()


def test_minutes_tell_the_decision_and_how_votes_fell(record, texts):
    said = words("en")
    for row in record.decisions.itertuples():
        text = texts[row.project, row.meeting, "en"]
        place = project_of(record, row.project)
        proposer = person_name("en", place, row.origin, row.proposer).capitalize()
        assert f"- {proposer} proposed to change: {topic('en', row.feature)}." in text
        assert f"Rule: {said['rules']['professional_veto']}." in text
        assert f"{row.yes_citizen:.0f} of {row.present_citizen:.0f} citizen" in text or row.present_citizen == 0
        outcome = "adopted" if row.adopted else "vetoed" if row.vetoed else "rejected"
        assert said["minutes"][outcome] in text
        assert said["minutes"]["fate_heading"] in text
    without = set(texts) - {(row.project, row.meeting, x) for row in record.decisions.itertuples() for x in languages()}
    assert all(words(key[2])["minutes"]["no_proposal"] in texts[key] for key in without)


def test_minutes_tell_what_became_of_promises(record, texts):
    told = fates(record)
    assert {"implemented", "changed back", "broken"} <= set(told["fate"])
    for row in record.decisions[record.decisions["adopted"]].itertuples():
        text = texts[row.project, row.meeting, "en"]
        if row.implemented_week >= 0:
            assert f"implemented in week {row.implemented_week}," in text
        elif row.broken_week >= 0:
            assert f"the promise was broken in week {row.broken_week}," in text
        else:
            assert "still waiting when the record ends, in week 208" in text


def test_minutes_name_who_was_there_and_the_user_leader(record, texts):
    for row in record.attendance[record.attendance["project"] == "town"].itertuples():
        name = person_name("sv", project_of(record, "town"), row.role, row.person)
        assert name in texts["town", row.meeting, "sv"]
    present = set(zip(*(record.attendance[name] for name in ("project", "meeting", "person")), strict=True))
    led = [row for row in record.meetings.itertuples() if row.user_leader >= 0]
    told = ["User leader: " in texts[row.project, row.meeting, "en"] for row in led]
    assert told == [(row.project, row.meeting, row.user_leader) in present for row in led]
    assert len(set(told)) == 2


def test_a_change_is_told_against_the_service_as_it_was_run(record, texts):
    design = replay(record, every=1).design
    for row in record.acts[(record.acts["act"] == "inform_unique") & (record.acts["project"] == "town")].itertuples():
        keeps = design.loc[("town", row.week - 1), row.feature] == row.value
        line = re.search(rf"^- \({row.turn + 1}\) .*$", texts["town", row.meeting, "en"], re.MULTILINE)
        assert ("spoke for keeping it as it is" in line.group()) == keeps


def test_what_does_not_exist_is_refused_in_one_sentence(record, case_of):
    one = records(Parameters(), case_of(), weeks=8)
    assert minutes(one, 1).startswith("# Minutes of meeting 1: one")
    with pytest.raises(RecordError, match=r"meeting = 99 is not a meeting of one\. It held meetings 1 to \d"):
        minutes(one, 99)
    with pytest.raises(RecordError, match=r"project = 'twon'.*Did you mean 'town'"):
        minutes(record, 1, "twon")
    with pytest.raises(RecordError, match=r"hold 5 projects\. Name one: town, village"):
        minutes(record, 1)
    with pytest.raises(RecordError, match=r"language = 'se' is not one of en, sv"):
        minutes(one, 1, language="se")
    with pytest.raises(RecordError, match="language = 'fr'"):
        reporting_sheet(one).text("fr")
    with pytest.raises(RecordError, match="project = 'two'"):
        reporting_sheet(one, "two")


# ---- reporting sheets ----


@pytest.fixture(scope="module", params=["town", "nation"])
def sheet(record, request):
    return reporting_sheet(record, request.param)


def test_people_of_a_sheet_add_up(record, sheet):
    here = {name: getattr(record, name)[getattr(record, name)["project"] == sheet.project] for name in TABLES}
    people = sheet.people
    assert set(here["attendance"]["person"]) <= set(people["person"])
    assert people["turns"].sum() == here["attendance"]["turns"].sum()
    assert people["talk_share"].sum() == pytest.approx(1)
    assert people["meetings"].sum() == len(here["attendance"])
    assert people["proposals"].sum() == len(here["decisions"])
    assert people["adopted"].sum() == here["decisions"]["adopted"].sum()
    votes = here["decisions"][[f"yes_{role}" for role in ROLE_NAMES]].to_numpy().sum()
    assert people["votes_for"].sum() == votes
    said = here["acts"]["act"].isin(["inform_shared", "inform_unique"])
    assert (people["shared_items"] + people["unique_items"]).sum() == said.sum()
    moved = here["acts"].loc[said, [f"adopters_{role}" for role in ROLE_NAMES]].to_numpy().sum()
    assert people["taken_up"].sum() == moved
    assert (people["taken_up"] <= people["opposed"]).all()


def test_weeks_as_member_are_those_between_sitting_down_and_standing_up(record, sheet):
    moves = record.seats[record.seats["project"] == sheet.project]
    seated: dict[int, int] = {}
    weeks = dict.fromkeys(sheet.people["person"], 0)
    for week in range(208):
        for row in moves[moves["week"] == week].itertuples():
            seated[row.seat] = row.person if row.sits else -1
        for person in seated.values():
            if person >= 0:
                weeks[person] += 1
    assert sheet.people.set_index("person")["weeks"].to_dict() == weeks


def test_interactions_of_a_sheet_add_up(record, sheet):
    acts = record.acts[(record.acts["project"] == sheet.project) & (record.acts["addressee"] >= 0)]
    pairs = sheet.interactions
    assert pairs["turns_to"].sum() == acts["act"].isin(["inform_shared", "inform_unique", "pass_turn"]).sum()
    assert pairs["support"].sum() == (acts["act"] == "support").sum()
    assert pairs["inform_unique"].sum() == (acts["act"] == "inform_unique").sum()
    both = pairs.set_index(["person", "other"])["together"]
    assert all(both[other, person] == times for (person, other), times in both.items())
    assert (pairs["together"] > 0).all()  # nobody answers someone who was never there


def test_shares_by_role_are_those_of_the_whole_run(record, sheet):
    table = sheet.by_role.set_index("role")
    there = record.attendance[record.attendance["project"] == sheet.project]
    assert table[["seat_share", "voice_share"]].sum().tolist() == pytest.approx([1, 1])
    assert table.loc["citizen", "voice_share"] == pytest.approx(
        there.loc[there["role"] == "citizen", "turns"].sum() / there["turns"].sum()
    )
    tokenism = table["seat_share"] - table["influence_share"]
    assert table["tokenism"].tolist() == pytest.approx(tokenism.tolist(), nan_ok=True)


def test_a_sheet_tells_what_became_of_each_decision(record, sheet):
    decisions = record.decisions[record.decisions["project"] == sheet.project]
    table = sheet.decisions
    assert table["decision"].tolist() == decisions["decision"].tolist()
    assert table["fate"].notna().tolist() == decisions["adopted"].tolist()
    done = table["fate"].isin(["implemented", "changed back"])
    assert done.tolist() == (decisions["implemented_week"] >= 0).tolist()
    assert (table.loc[done, "took"] == table.loc[done, "ended"] - table.loc[done, "week"]).all()
    assert sheet.facts["adopted"] == decisions["adopted"].sum()


@pytest.mark.parametrize("language", languages())
def test_a_sheet_is_readable(sheet, language):
    text = sheet.text(language)
    assert not re.search(r"[{}]|nan|<NA>", text)
    assert len(re.findall(r"^## ", text, re.MULTILINE)) == 5


def test_a_project_in_which_nothing_happened_has_a_sheet(case_of):
    silent = records(Parameters().replace({"participation.meetings": 0}), case_of(), weeks=8)
    sheet = reporting_sheet(silent)
    assert len(sheet.decisions) == len(sheet.interactions) == 0
    for language in languages():
        assert words(language)["sheet"]["none"] in sheet.text(language)
    with pytest.raises(RecordError, match="It held none"):
        minutes(silent, 1)
    assert replay(silent).measures["voice_share"].between(0, 1).all()


# ---- files ----


def test_records_survive_being_written(record, tmp_path):
    files = write_records(record, tmp_path / "kept", {"command": ["coprod"]})
    assert [file.stem for file in files] == list(TABLES)
    again = read_records(tmp_path / "kept")
    assert again.run == record.run
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(record, name))
        assert getattr(again, name).attrs == record.run
    pd.testing.assert_frame_equal(replay(again).measures, replay(record).measures)
    told = pq.read_schema(files[0]).metadata
    assert b'"command": ["coprod"]' in told[b"coprod"]
    assert b'"seed": 3' in told[b"coprod_run"]


def test_records_are_not_written_over_others(record, tmp_path):
    write_records(record, tmp_path)
    with pytest.raises(RecordError, match=r"already holds acts\.parquet"):
        write_records(record, tmp_path)
    with pytest.raises(RecordError, match=r"holds no acts\.parquet"):
        read_records(tmp_path / "elsewhere")


def test_full_records_of_six_years_of_one_project_stay_small(tmp_path):
    record = records(Parameters(), "EN-LPFT", encounters="full")
    assert record.run["weeks"] == 312
    assert len(record.every_encounter) > 5_000
    size = sum(file.stat().st_size for file in write_records(record, tmp_path))
    print(f"{size / 1e6:.2f} MB")  # noqa: T201  (shown with -s)
    assert size < 50e6


# ---- recording costs nothing when off ----

PACKAGE = Path(coprod_abm.__file__).parent
WRITING = ("log.py", "ledger.py")


def writers():
    """Names of the functions that write into a log."""
    trees = [ast.parse((PACKAGE / name).read_text(encoding="utf-8")) for name in WRITING]
    found = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {node.name for node in found if node.args.args and node.args.args[0].arg == "log"}


def is_guard(node):
    """Whether a statement is ``if log is not None`` (of an argument or an attribute)."""
    return isinstance(node, ast.If) and re.fullmatch(r"(\w+\.)?log is not None( and .*)?", ast.unparse(node.test))


def unguarded(node, names, inside=False):
    """Calls of writers that do not stand below such a statement."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and not inside:
        yield ast.unparse(node)
    if is_guard(node):
        for child in node.body:
            yield from unguarded(child, names, True)
        for child in node.orelse:
            yield from unguarded(child, names, inside)
        return
    for child in ast.iter_child_nodes(node):
        yield from unguarded(child, names, inside)


def test_every_hook_stands_where_a_missing_log_is_pruned():
    names, hooked = writers(), set()
    assert {"write_act", "note_seats", "close_minutes", "note_encounter"} <= names
    for file in sorted(PACKAGE.rglob("*.py")):
        if file.name in WRITING:
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        assert list(unguarded(tree, names)) == [], file.name
        hooked |= {file.name for node in ast.walk(tree) if is_guard(node)}
    assert {"core.py", "mesa_model.py", "floor.py", "vote.py", "meeting.py"} <= hooked


def test_code_that_writes_does_not_compile_without_a_log():
    """Were any of it left in the kernel of a run that is not recorded, that kernel would not compile."""

    @numba.njit
    def write(log):
        write_act(log, 0, 0, 0, 0, 0, 0, 0, 0.5, 0, 0)

    with pytest.raises(numba.TypingError):
        write(None)


def test_a_hook_below_a_missing_log_is_pruned():
    @numba.njit
    def write(log):
        if log is not None:
            write_act(log, 0, 0, 0, 0, 0, 0, 0, 0.5, 0, 0)
        return 7

    assert write(None) == 7
