"""Minutes and reporting sheets say what the records hold, in two languages; records survive being written to files."""

import ast
import errno
import re
from fractions import Fraction
from pathlib import Path

import numba
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import coprod_abm
from coprod_abm.fates import fates
from coprod_abm.language import kind_in_words, languages, person_name, topic, words
from coprod_abm.log import ACT, write_act
from coprod_abm.minutes import all_minutes, minutes
from coprod_abm.parameters import Parameters
from coprod_abm.presets import preset
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
    if path in (".study.families", ".study.measures", ".study.parameters"):
        return set()  # English takes these from the declarations; tests/test_figures_sensitivity.py looks after them
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


@pytest.mark.parametrize("given", ["abc", None, 3, pd.DataFrame(), ()])
@pytest.mark.parametrize(
    "asked",
    [
        lambda record: minutes(record, meeting=1),
        all_minutes,
        reporting_sheet,
        replay,
        lambda record: write_records(record, "nowhere"),
    ],
)
def test_what_is_no_record_is_refused_in_one_sentence(given, asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RecordError, match=r"^record = .* is not the record of a run\. Give what records\(\.\.\.\)"):
        asked(given)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("meeting", [True, False, 1.0, "1", None, [1], 0, -1])
def test_what_is_no_meeting_is_refused(record, meeting):
    with pytest.raises(RecordError, match=r"^meeting = .* is not a meeting of town\. It held meetings 1 to"):
        minutes(record, meeting, "town")


def test_a_language_and_a_number_of_weeks_that_are_none_are_refused(record):
    for language in (None, ["en"], 1):
        with pytest.raises(RecordError, match=r"^language = .* is not one of en, sv"):
            minutes(record, 1, "town", language)
    for every in (0, -4, True, 1.5, "4", None):
        with pytest.raises(RecordError, match=r"^every = .* is not a whole number of weeks from 1 on"):
            replay(record, every)
    assert minutes(record, np.int64(1), "town") == minutes(record, 1, "town")


def test_all_minutes_are_those_of_each_meeting_in_turn_below_one_title(record, texts):
    for project in ("town", "nation"):
        for language in languages():
            whole = all_minutes(record, project, language)
            sections = re.split(r"^## ", whole, flags=re.MULTILINE)
            each = [text for (name, _, spoken), text in texts.items() if (name, spoken) == (project, language)]
            assert sections[0].startswith("# ")
            assert [f"## {text}".rstrip() for text in sections[1:]] == [
                re.sub(r"^#", "##", text, flags=re.MULTILINE).rstrip() for text in each
            ]


# ---- the votes that a text tells imply the decision that it tells ----

OPEN = BUSY.replace({"power.vote_threshold": 0.2, "participation.attend_base": 1.0, "learning.code_teaches": 0})
BALLOTS = {
    **{rule.name: {"power.decision_rule": rule.name} for rule in DecisionRule},
    **{
        f"{name}, a citizen's vote of {weight}": {"power.decision_rule": name, "power.citizen_vote": weight}
        for weight, names in (
            (0.3, ("majority", "professional_veto", "two_thirds", "lottery")),
            (0, ("majority", "status_weighted", "consensus", "directive")),
        )
        for name in names
    },
    "casting vote": {
        "power.decision_rule": "majority",
        "power.vote_threshold": 1.2,
        "power.vote_sharpness": 0.3,
        "leadership.casting_vote": 1,
    },
    "casting vote, members lead in turn": {
        "power.decision_rule": "majority",
        "power.citizen_vote": 0,
        "leadership.casting_vote": 1,
        "leadership.rotation": 1,
    },
}
ENOUGH = {
    "more than half of the votes": lambda share: share > Fraction(1, 2),
    "more than half of the votes, each weighed by status": lambda share: share > Fraction(1, 2),
    "more than half of the votes, and the professionals can stop it": lambda share: share > Fraction(1, 2),
    "the leaders decide; where none is present, the professionals": lambda share: share > Fraction(1, 2),
    "more than half of the citizens": lambda share: share > Fraction(1, 2),
    "at least two thirds of the votes": lambda share: share >= Fraction(2, 3),
    "at least three quarters of the votes": lambda share: share >= Fraction(3, 4),
    "everyone agrees": lambda share: share == 1,
}


def share_told(text, of="Of the votes that counted"):
    """The share in favour that a text tells, None where it tells none."""
    found = re.search(rf"^- {of}, ([\d.]+) of ([\d.]+) were in favour", text, re.MULTILINE)
    return Fraction(found[1]) / Fraction(found[2]) if found else None


def implied(text):
    """The decision that a reader of the votes in a text must expect, who does not look at its last line."""
    share = share_told(text)
    assert (share is None) == ("Nobody present had a vote that counts." in text)
    if share is None:
        return "had the casting vote and was in favour" in text
    if lot := re.search(r"The lot drew ([\d.]+) .* below the share in favour \(([\d.]+)\): it fell on (.*)\.", text):
        assert (Fraction(lot[1]) < Fraction(lot[2])) == (lot[3] == "a vote in favour")
        assert float(share) == pytest.approx(float(lot[2]), abs=0.01)
        return lot[3] == "a vote in favour"
    enough = ENOUGH[re.search(r"^- Rule: (.*)\.$", text, re.MULTILINE)[1]](share)
    staff = share_told(text, "Of the professionals")
    if staff is not None:
        assert (staff <= Fraction(1, 2)) == ("their veto stood" in text) == ("there was no veto" not in text)
        return enough and staff > Fraction(1, 2)
    tied = share == Fraction(1, 2) and ("more than half of the votes." in text or "weighed by status." in text)
    assert tied == ("The votes were equal" in text)
    return enough or "had the casting vote and was in favour" in text


@pytest.fixture(scope="module", params=list(BALLOTS))
def voted(request, levels_case):
    found = records(OPEN.replace(BALLOTS[request.param]), levels_case, seed=4, weeks=52)
    assert found.decisions["adopted"].any()
    assert not found.decisions["adopted"].all()
    return request.param, found


def test_the_votes_that_minutes_tell_imply_the_decision(voted):
    name, found = voted
    ties = set()
    for row in found.decisions.itertuples():
        text = minutes(found, row.meeting, row.project)
        assert implied(text) == row.adopted, text
        assert ("The proposal was adopted." in text) == row.adopted
        ties |= {line for line in text.splitlines() if "equal" in line}
        figures = [
            re.findall(r"\d+(?:[.,]\d+)?", minutes(found, row.meeting, row.project, language).split("## ")[3])
            for language in languages()
        ]
        assert [one.replace(",", ".") for one in figures[1]] == figures[0]
    if name.startswith("casting vote"):
        assert {end for line in ties for end in ("was in favour.", "was against.") if line.endswith(end)} == {
            "was in favour.",
            "was against.",
        }


def test_the_sheet_tells_the_votes_that_counted(voted):
    _, found = voted
    for project in found.projects["project"]:
        decisions = found.decisions[found.decisions["project"] == project]
        table = reporting_sheet(found, project).text().split("## ")[4]
        rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]
        assert len(rows) == len(decisions)
        for row, cells in zip(decisions.itertuples(), rows, strict=True):
            share = share_told(minutes(found, row.meeting, project))
            yes, votes = map(Fraction, cells[4].split("/"))
            assert (share is None) == (votes == 0)
            assert share is None or share == yes / votes
            assert cells[6] == ("adopted" if row.adopted else "stopped by veto" if row.vetoed else "rejected")
            if share is not None and row.rule in {"majority", "status_weighted"} and yes * 2 == votes:
                assert cells[5] == f"exactly half, not more; {'' if row.adopted else 'no '}casting vote in favour"


def test_in_consultation_the_minutes_say_that_citizens_have_no_vote():
    found = records(preset("power=arnstein/consultation"), "EN-LPFT", seed=1)
    assert (found.decisions["citizen_vote"] == 0).all()
    puzzling = 0
    for row in found.decisions.itertuples():
        text = minutes(found, row.meeting)
        assert ("Citizens had no vote; theirs did not count." in text) == (row.present_citizen > 0)
        assert implied(text) == row.adopted
        most = 2 * (row.yes_citizen + row.yes_professional + row.yes_leader) > (
            row.present_citizen + row.present_professional + row.present_leader
        )
        puzzling += most != row.adopted
    assert puzzling > 0


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            "directive",
            {"Only the leaders' votes counted.", "No leader was present, so only the professionals' votes counted."},
        ),
        ("citizen_control", {"Only the citizens' votes counted."}),
        ("status_weighted", {"Each vote was weighed by the status of the one who cast it."}),
        ("majority, a citizen's vote of 0.3", {"A citizen's vote counted for 0.30 of another's."}),
    ],
)
def test_minutes_tell_whose_votes_count_and_for_how_much(levels_case, rule, told):
    found = records(OPEN.replace(BALLOTS[rule]), levels_case, seed=2, weeks=156)
    texts = "".join(minutes(found, row.meeting, row.project) for row in found.decisions.itertuples())
    assert {line for line in told if f"- {line}\n" in texts} == told


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


def test_the_header_of_a_sheet_tells_changes_decided_here_apart_from_those_taken_up(levels_case):
    learning = {"learning.between_projects": 0.5, "learning.code_learns": 0.5, "learning.code_teaches": 0.5}
    found = records(BUSY.replace(learning), levels_case, seed=3, weeks=208)
    told = [header_told(found, reporting_sheet(found, name)) for name in found.projects["project"]]
    assert sum(one["taken_up_implemented"] for one in told) > 0
    assert sum(one["waiting"] for one in told) > 0


def header_told(record, sheet):
    """The facts of a sheet, once they add up with its table and with the changes of its project."""
    changes = record.changes[record.changes["project"] == sheet.project]
    facts, fate = sheet.facts, sheet.decisions["fate"]
    assert facts["adopted"] == fate.notna().sum() == facts["implemented"] + facts["broken"] + facts["waiting"]
    assert facts["implemented"] == fate.isin(["implemented", "changed back"]).sum()
    assert facts["changed_back"] == (fate == "changed back").sum()
    assert facts["broken"] == (fate == "broken").sum()
    done = changes["what"].isin(("implemented", "reversed")).sum()
    assert facts["implemented"] + facts["taken_up_implemented"] == done
    assert facts["broken"] == (changes["what"] == "broken").sum()
    assert facts["taken_up_lapsed"] == (changes["what"] == "lapsed").sum()
    assert facts["taken_up"] == (changes["what"] == "taken_up").sum()
    assert facts["taken_up_waiting"] >= 0
    header = sheet.text().partition("## ")[0]
    assert f"Decided here: adopted {facts['adopted']}, of which implemented {facts['implemented']}," in header
    assert f"without a decision here: promised {facts['taken_up']}," in header
    return facts


def test_a_change_that_was_undone_is_told_with_both_weeks(record):
    for project in record.projects["project"]:
        sheet = reporting_sheet(record, project)
        table = sheet.text().split("## ")[4]
        rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]
        for row, cells in zip(sheet.decisions.itertuples(), rows, strict=True):
            if row.fate == "changed back":
                assert cells[-4:] == ["implemented", str(row.ended), f"{row.took:.0f}", str(row.changed_back)]
                assert row.changed_back > row.ended


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


@pytest.mark.parametrize("folder", [None, 3, "", b"kept", ["kept"]])
def test_what_is_no_path_is_refused(record, folder):
    for asked in (lambda: write_records(record, folder), lambda: read_records(folder)):
        with pytest.raises(RecordError, match=r"^folder = .* is not the path of a folder\. Give one"):
            asked()


def test_facts_that_cannot_be_kept_are_refused(record, tmp_path):
    for facts in ({"when": object()}, 3, "abc", [1]):
        with pytest.raises(RecordError, match=r"^facts = .* cannot be kept as JSON"):
            write_records(record, tmp_path / "kept", facts)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_a_folder_is_refused(record, tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for place in (tmp_path / "file", tmp_path / "file" / "below" / "kept"):
        with pytest.raises(RecordError, match=r"^folder = .* cannot be made: .*file is a file\. Name another folder"):
            write_records(record, place)
    for place in (tmp_path / ("long" * 100), tmp_path / "new" / ("long" * 100)):
        with pytest.raises(RecordError, match=r"^folder = .* cannot be written: .*Name a folder in which you may"):
            write_records(record, place)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("there", [False, True])
def test_a_full_disk_leaves_nothing_half_written_and_a_second_try_works(record, tmp_path, monkeypatch, there):
    place = tmp_path / "above" / "kept"
    if there:
        place.mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    write_table = pq.write_table

    def full(table, file, **settings):
        if Path(file).stem == "meetings":
            Path(file).write_bytes(b"PAR1 half a")
            raise OSError(errno.ENOSPC, "No space left on device", str(file))
        write_table(table, file, **settings)

    with monkeypatch.context() as patched:
        patched.setattr(pq, "write_table", full)
        with pytest.raises(RecordError, match=r"^folder = .*kept cannot be written: No space left on device\."):
            write_records(record, place)
    assert sorted(tmp_path.rglob("*")) == before
    assert {file.parent for file in write_records(record, place)} == {place}
    assert read_records(place).run == record.run
    assert [one.name for one in place.parent.iterdir()] == ["kept"]


def test_writing_that_is_interrupted_leaves_nothing(record, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pq, "write_table", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_records(record, tmp_path / "above" / "kept")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("junk", [b"", b"PAR1", b"not a table at all"])
def test_a_damaged_table_is_refused(record, tmp_path, junk):
    write_records(record, tmp_path / "kept")
    (tmp_path / "kept" / "seats.parquet").write_bytes(junk)
    with pytest.raises(RecordError, match=r"seats\.parquet cannot be read: it is damaged or no Parquet file\. Give"):
        read_records(tmp_path / "kept")


def test_a_table_of_something_else_is_refused(record, tmp_path):
    write_records(record, tmp_path / "kept")
    record.seats.to_parquet(tmp_path / "kept" / "seats.parquet")
    with pytest.raises(RecordError, match=r"seats\.parquet was not written by write_records"):
        read_records(tmp_path / "kept")


@pytest.mark.parametrize("other", [{"seed": 5}, {"params": {"trust.gain": 0.2}}])
def test_tables_of_two_runs_in_one_folder_are_refused(case_of, tmp_path, other):
    changed = Parameters().replace(other.get("params", {}))
    for name, params, seed in (("mine", Parameters(), 4), ("theirs", changed, other.get("seed", 4))):
        write_records(records(params, case_of(), seed=seed, weeks=60), tmp_path / name)
    (tmp_path / "theirs" / "seats.parquet").replace(tmp_path / "mine" / "seats.parquet")
    told = rf"mixes two runs: seats\.parquet is of SMALL with seed {other.get('seed', 4)}, .* before it of SMALL with seed 4,"
    with pytest.raises(RecordError, match=told):
        read_records(tmp_path / "mine")


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
