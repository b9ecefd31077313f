"""What a case refuses: each message names file, line, column and value, and nothing but a CaseError gets out."""

import math
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coprod_abm.case import Case, CaseError, Event, Level, Site, load_case

YAML = """\
id: KRO-1
name: Clinic
country: SE
level: regional
start: 2018
years: 3
groups: [0.7, 0.2, 0.1]
sites:
  - name: region
    level: regional
    region: KRO
    citizens: 200
    professionals: 20
    leaders: 5
    citizen_seats: 4
    professional_seats: 3
    leader_seats: 1
  - name: clinic
    level: local
    region: KRO
rules:
  power.agenda_access: 0.4
events:
  - week: 60
    kind: set
    parameter: capacity.workload
    value: 1.2
    site: clinic
measures:
  file: KRO-1.csv
assumptions:
  - made up
"""
CSV = """\
case_id,wave,measure,value,unit,n,sd,source,note
KRO-1,2018,trust_health_care,61.5,percent,412,,own,
KRO-1,2019,trust_health_care,63.5,percent,400,1.5,own,"a, b"
KRO-1,2019/20,staff_engagement_0_10,7.1,score 0-10,38,,own,
"""
ENTRY = "\n  - {name: KRO, level: local, region: KRO}"

# (what stands in the valid file, what replaces it, line, column, value as shown, words of expectation or way out)
BAD_YAML = {
    "unknown key": ("country: SE", "contry: SE", 3, "contry", "'SE'", "Did you mean 'country'?"),
    "key twice": ("years: 3", "years: 3\nname: B", 7, "name", "'B'", "first on line 2"),
    "key of a site twice": (
        "    level: local\n",
        "    level: local\n    name: b\n",
        20,
        "sites[1].name",
        "'b'",
        "line 18",
    ),
    "unknown key of a site": (
        "    leaders: 5",
        "    leeders: 5",
        14,
        "sites[0].leeders",
        "5",
        "Did you mean 'leaders'?",
    ),
    "unknown key of an event": (
        "    value: 1.2",
        "    valeu: 1.2",
        27,
        "events[0].valeu",
        "1.2",
        "Did you mean 'value'?",
    ),
    "missing key": ("start: 2018\n", "", 1, "start is missing", "", "Add start."),
    "empty required key": ("start: 2018", "start:", 5, "start is missing", "", "Add start."),
    "site without a name": (
        "  - name: clinic\n    level",
        "  - level",
        18,
        "sites[1].name is missing",
        "",
        "Add name.",
    ),
    "id of odd characters": ("id: KRO-1", "id: ../KRO", 1, "id", "'../KRO'", "letters"),
    "id that is a number": ("id: KRO-1", "id: 7", 1, "id", "7", "text"),
    "country read as false": ("country: SE", "country: NO", 3, "country", "False", '"NO"'),
    "unknown level": ("level: regional\nstart", "level: regoinal\nstart", 4, "level", "'regoinal'", "'regional'"),
    "level as a number": ("level: regional\nstart", "level: 1\nstart", 4, "level", "1", "local, regional, national"),
    "unknown level of a site": ("    level: local", "    level: ward", 19, "sites[1].level", "'ward'", "one of"),
    "site above the case": (
        "    level: local",
        "    level: national",
        20,
        "sites[1].region",
        "'KRO'",
        "Remove the region",
    ),
    "level without a site": ("level: regional\nstart", "level: national\nstart", 4, "level", "'national'", "own level"),
    "site above its case": (
        "level: regional\nstart",
        "level: local\nstart",
        10,
        "sites[0].level",
        "'regional'",
        "at most",
    ),
    "local site without a region": (
        "    level: local\n    region: KRO",
        "    level: local",
        18,
        "sites[1].region",
        "''",
        "",
    ),
    "same name twice": ("name: clinic", "name: region", 18, "sites[1].name", "'region'", "sites[0]"),
    "negative population": ("citizens: 200", "citizens: -200", 12, "sites[0].citizens", "-200", "from 1 to"),
    "population not whole": ("citizens: 200", "citizens: 200.5", 12, "sites[0].citizens", "200.5", "whole number"),
    "population as text": ("citizens: 200", "citizens: many", 12, "sites[0].citizens", "'many'", "whole number"),
    "population as truth": ("citizens: 200", "citizens: yes", 12, "sites[0].citizens", "True", "whole number"),
    "seats that sum to zero": (
        "    citizen_seats: 4\n    professional_seats: 3\n    leader_seats: 1",
        "    citizen_seats: 0\n    professional_seats: 0\n    leader_seats: 0",
        15,
        "sites[0].citizen_seats",
        "'0 citizen_seats + 0 professional_seats + 0 leader_seats'",
        "1 to 24 seats together",
    ),
    "more than 24 seats": (
        "citizen_seats: 4",
        "citizen_seats: 21",
        15,
        "sites[0].citizen_seats",
        "'21 citizen_seats",
        "24",
    ),
    "more seats than people": ("leader_seats: 1", "leader_seats: 6", 17, "sites[0].leader_seats", "6", "from 0 to 5"),
    "negative seats": ("leader_seats: 1", "leader_seats: -1", 17, "sites[0].leader_seats", "-1", "from 0 to 5"),
    "no sites": (YAML[YAML.index("sites:") : YAML.index("rules:")], "sites: []\n", 8, "sites", "[]", "at least one"),
    "sites not a list": (YAML[YAML.index("sites:") : YAML.index("rules:")], "sites: 4\n", 8, "sites", "4", "a list"),
    "site not a mapping": ("rules:", "  - clinic 2\nrules:", 21, "sites[2]", "'clinic 2'", "a mapping"),
    "groups not summing to 1": (
        "[0.7, 0.2, 0.1]",
        "[0.7, 0.2, 0.2]",
        7,
        "groups",
        "'0.7 + 0.2 + 0.2 = 1.1'",
        "sum to 1",
    ),
    "two groups": ("[0.7, 0.2, 0.1]", "[0.7, 0.3]", 7, "groups", "[0.7, 0.3]", "three population shares"),
    "negative group": ("[0.7, 0.2, 0.1]", "[0.7, 0.4, -0.1]", 7, "groups[2]", "-0.1", "from 0 to 1"),
    "group not a number": ("[0.7, 0.2, 0.1]", "[0.7, 0.2, .nan]", 7, "groups[2]", "nan", "from 0 to 1"),
    "unknown rule": (
        "power.agenda_access",
        "power.agenda_acess",
        22,
        "rules.power.agenda_acess",
        "0.4",
        "'power.agenda_access'",
    ),
    "rule out of range": ("agenda_access: 0.4", "agenda_access: 1.4", 22, "rules.power.agenda_access", "1.4", "[0, 1]"),
    "rule of wrong type": (
        "agenda_access: 0.4",
        "agenda_access: [1]",
        22,
        "rules.power.agenda_access",
        "[1]",
        "number",
    ),
    "rules not a mapping": ("rules:\n  power.agenda_access: 0.4", "rules: 3", 21, "rules", "3", "a mapping"),
    "unknown kind of event": ("kind: set", "kind: sett", 25, "events[0].kind", "'sett'", "Did you mean 'set'?"),
    "event after the end": ("week: 60", "week: 156", 24, "events[0].week", "156", "from 0 to 155"),
    "event before the start": ("week: 60", "week: -1", 24, "events[0].week", "-1", "from 0"),
    "event at an unknown site": ("site: clinic", "site: clinik", 28, "events[0].site", "'clinik'", "'clinic'"),
    "event of an unknown parameter": (
        "capacity.workload",
        "capacity.workloda",
        27,
        "events[0].value",
        "1.2",
        "'capacity.workload'",
    ),
    "event with a value out of range": ("value: 1.2", "value: -1", 27, "events[0].value", "-1", "range"),
    "event that sets nothing": (
        "    parameter: capacity.workload\n",
        "",
        24,
        "events[0].parameter is missing",
        "",
        "Add",
    ),
    "event that sets to nothing": ("    value: 1.2\n", "", 24, "events[0].value is missing", "", "Add value."),
    "sponsor with a parameter": (
        "kind: set",
        "kind: sponsor_leaves",
        26,
        "events[0].parameter",
        "'capacity.workload",
        "Remove",
    ),
    "too many years": ("years: 3", "years: 300", 6, "years", "300", "from 1 to 100"),
    "start as text": ("start: 2018", "start: spring", 5, "start", "'spring'", "whole number"),
    "date": ("start: 2018", "start: 2018-01-01", 5, "start", "'2018-01-01'", "quotes"),
    "impossible date": ("start: 2018", "start: 2018-13-45", 5, "start", "'2018-13-45'", "quotes"),
    "endless number": ("start: 2018", f"start: {'9' * 5000}", 5, "start", "'9999", "plain number"),
    "assumption that is no text": ("- made up", "- 3", 32, "assumptions[0]", "3", "text"),
    "measures not a mapping": (
        "measures:\n  file: KRO-1.csv",
        "measures: KRO-1.csv",
        29,
        "measures",
        "'KRO-1.csv'",
        "a mapping",
    ),
    "window outside the run": (
        "file: KRO-1.csv",
        "file: KRO-1.csv\n  first: 2010\n  last: 2019",
        31,
        "measures.first",
        "2010",
        "2,018",
    ),
    "half a window": ("file: KRO-1.csv", "file: KRO-1.csv\n  first: 2018", 29, "measures.last", None, "2,020"),
    "alias": ("  - made up", "  - &a x\n  - *a", 33, "alias", "'*a'", "without aliases"),
    "tag": ("name: Clinic", "name: !!python/object/apply:os.system [ls]", 2, "", "", ""),
    "nested too deep": ("- made up", f"- {'[' * 50}{']' * 50}", 32, "nesting", "9", "at most 8"),
    "merge key": ("years: 3", "<<: {years: 3}", 6, "", "'<<'", ""),
    "key that is no name": ("years: 3", "on: 3", 6, "a key of the file", "'on'", "a name"),
    "broken YAML": ("name: Clinic", "name: [Clinic", 3, "YAML", "", "Correct this line"),
    "tab": ("name: Clinic", "name:\n\t- x", 3, "YAML", "found character", "valid YAML"),
    "control character": ("name: Clinic", "name: Cli\0nic", 2, "YAML", "'special characters", ""),
}

HEADER, FIRST = CSV.splitlines()[:2]
BAD_CSV = {
    "empty": (CSV, "", 1, "header is missing", "", "Add the header"),
    "header only": (CSV, HEADER + "\n", 1, "rows is missing", "", "at least one row"),
    "no header": (HEADER + "\n", "", 1, "header", "'KRO-1,2018,", "Add the header"),
    "semicolons": (CSV, CSV.replace(",", ";"), 1, "header", "'case_id;wave", "commas"),
    "missing column": ("source,note", "note", 1, "column source is missing", "", "Add source"),
    "unknown column": ("source,note", "source,notes", 1, "column", "'notes'", "Did you mean 'note'?"),
    "column twice": ("source,note", "source,source", 1, "column", "'source'", "once"),
    "too few fields": ("412,,own,", "412,,own", 2, "fields", "8", "9 fields"),
    "too many fields": ('"a, b"', "a, b", 3, "fields", "10", "quotes"),
    "value that is no number": ("61.5", "high", 2, "value", "'high'", "a number such as"),
    "decimal comma": ("61.5", '"61,5"', 2, "value", "'61,5'", "decimal point"),
    "value missing": ("61.5", "", 2, "value", "''", "delete the row"),
    "NaN": ("61.5", "NaN", 2, "value", "'NaN'", "a number such as"),
    "infinite": ("61.5", "inf", 2, "value", "'inf'", "a number such as"),
    "overflow": ("61.5", "1e999", 2, "value", "'1e999'", "a number such as"),
    "value its unit cannot have": ("61.5", "161.5", 2, "value", "'161.5'", "from 0 to 100"),
    "unit missing": ("61.5,percent", "61.5,", 2, "unit", "''", "'percent', the unit of trust_health_care"),
    "another unit": ("61.5,percent", "61.5,share", 2, "unit", "'share'", "'percent', the unit of trust_health_care"),
    "unknown measure": (
        "trust_health_care,61.5",
        "trust_helth_care,61.5",
        2,
        "measure",
        "'trust_helth_care'",
        "'trust_health_care'",
    ),
    "same wave twice": (",2019,", ",2018,", 3, "wave", "'2018'", "first on line 2"),
    "negative n": ("412", "-412", 2, "n", "'-412'", "at least 1"),
    "n of zero": ("412", "0", 2, "n", "'0'", "at least 1"),
    "n not whole": ("412", "412.5", 2, "n", "'412.5'", "whole number"),
    "negative sd": (",1.5,", ",-1.5,", 3, "sd", "'-1.5'", "at least 0"),
    "sd that is no number": (",1.5,", ",wide,", 3, "sd", "'wide'", "at least 0"),
    "wave outside the run": (",2019/20,", ",2021/22,", 4, "wave", "'2021/22'", "2018 to 2020"),
    "wave that is no year": (",2019/20,", ",spring,", 4, "wave", "'spring'", "a year such as"),
    "financial year of two years": (",2019/20,", ",2019/21,", 4, "wave", "'2019/21'", "a financial year"),
    "another case": ("KRO-1,2018", "KRO-2,2018", 2, "case_id", "'KRO-2'", "KRO-1, the id of the case file"),
    "source missing": ("412,,own,", "412,,,", 2, "source", "''", "Name the source"),
    "open quote": ('"a, b"', '"a, b', 4, "CSV", "'unexpected end of data'", "quotes"),
    "text after a quote": ('"a, b"', '"a, b"x', 3, "CSV", "", "quotes"),
}


def write(folder, yaml=YAML, table=CSV):
    for name, content in (("KRO-1.yaml", yaml), ("KRO-1.csv", table)):
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / "KRO-1.yaml"


def refused(path):
    with pytest.raises(CaseError) as caught:
        load_case(path)
    return caught.value


def assert_told(error, file, line, column, value, words):
    message = str(error)
    assert message.startswith(f"{file}, line {line}: "), message
    assert column in message.splitlines()[0]
    assert value is None or value in message.splitlines()[0]
    assert words in message
    assert "\n  expected: " in message
    assert "\n  way out: " in message
    assert_one_screen(message)


def assert_one_screen(message):
    assert len(message.splitlines()) == 3
    assert len(message) < 1500
    assert message.replace("\n", "").isprintable()


def test_the_two_files_are_valid_as_they_stand(tmp_path):
    found = load_case(write(tmp_path))
    assert found.sites[1] == Site("clinic", Level.local, "KRO", case="KRO-1")
    assert found.measures["week"].tolist() == [26, 78, 91]
    assert found.measures["note"].tolist() == ["", "a, b", ""]
    assert math.isnan(found.measures["sd"][0])


@pytest.mark.parametrize("fault", BAD_YAML)
def test_a_bad_case_file_is_refused(tmp_path, fault):
    old, new, *told = BAD_YAML[fault]
    assert YAML.count(old) >= 1
    path = write(tmp_path, yaml=YAML.replace(old, new, 1))
    assert_told(refused(path), path, *told)


@pytest.mark.parametrize("fault", BAD_CSV)
def test_a_bad_measures_file_is_refused(tmp_path, fault):
    old, new, *told = BAD_CSV[fault]
    assert CSV.count(old) >= 1
    path = write(tmp_path, table=CSV.replace(old, new, 1))
    assert_told(refused(path), path.with_name("KRO-1.csv"), *told)


@pytest.mark.parametrize("content", ["", "# nothing\n", "- a list\n", "just text\n", "7\n"])
def test_a_case_file_that_is_no_mapping_is_refused(tmp_path, content):
    error = refused(write(tmp_path, yaml=content))
    assert (error.line, error.column) == (1, "the file")
    assert "a mapping" in error.expected


def test_two_documents_in_one_file_are_refused(tmp_path):
    assert "YAML" in str(refused(write(tmp_path, yaml=f"{YAML}---\n{YAML}")))


@pytest.mark.parametrize("content", ["name: Klinik på höjden\n".encode("latin-1"), YAML.encode("utf-16")])
def test_a_file_in_another_encoding_is_refused(tmp_path, content):
    assert "UTF-8" in str(refused(write(tmp_path, yaml=content)))
    error = refused(write(tmp_path, table=CSV.encode() + b"KRO-1,2020,\xff,"))
    assert (Path(error.file).name, error.line, error.column) == ("KRO-1.csv", 5, "encoding")


def test_a_byte_order_mark_blank_lines_and_windows_line_ends_do_no_harm(tmp_path):
    table = b"\xef\xbb\xbf" + (CSV + "\n\n").replace("\n", "\r\n").encode()
    assert load_case(write(tmp_path, yaml=b"\xef\xbb\xbf" + YAML.encode(), table=table)) == load_case(write(tmp_path))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SE-JKB", "Did you mean 'SE-JKP'?"),
        ("se-jkp", "Did you mean 'SE-JKP'?"),
        ("nowhere", "SE-HAL, SE-JKP"),
        ("", "SE-HAL, SE-JKP"),
        ("nowhere/mine.yaml", "a file that exists"),
        ("a" * 5000 + ".yaml", "a file that can be read"),
        ("nul\0.yaml", "a file that exists"),
    ],
)
def test_an_unknown_case_is_refused(name, words):
    message = str(refused(name))
    assert words in message
    assert_one_screen(message)


def test_a_folder_a_missing_table_and_a_huge_file_are_refused(tmp_path):
    path = write(tmp_path)
    assert "a file that exists" in str(refused(tmp_path))
    (tmp_path / "KRO-1.csv").unlink()
    error = refused(path)
    assert (Path(error.value).name, error.column) == ("KRO-1.csv", "file")
    path.write_text(YAML + "#" * 2_000_001, encoding="utf-8")
    assert "at most 2,000,000 bytes" in str(refused(path))


def test_waves_outside_a_chosen_window_stay_but_are_not_compared(tmp_path):
    table = CSV.replace(",2018,", ",1990,")
    found = load_case(write(tmp_path, YAML.replace("KRO-1.csv", "KRO-1.csv\n  first: 2019\n  last: 2019"), table))
    assert found.measures["wave"].tolist() == ["2019", "2019/20"]
    assert found.outside["wave"].tolist() == ["1990"]


def test_a_bad_row_outside_the_window_is_refused_too(tmp_path):
    yaml = YAML.replace("KRO-1.csv", "KRO-1.csv\n  first: 2019\n  last: 2019")
    assert refused(write(tmp_path, yaml, CSV.replace("61.5", "x"))).line == 2


def test_a_case_without_a_measures_file_loads(tmp_path):
    found = load_case(write(tmp_path, YAML.replace("measures:\n  file: KRO-1.csv\n", "")))
    assert found.measures.empty
    assert found.measures["week"].dtype == "int64"


@pytest.mark.parametrize(
    "build",
    [
        lambda: Site("a", Level.local, "R", citizens=-1),
        lambda: Site("a", "local", "R"),
        lambda: Site("a", Level.local, "R", citizen_seats=0, professional_seats=0, leader_seats=0),
        lambda: Event(0, "set", 9e9, "capacity.workload"),
        lambda: Event(0, "strike"),
        lambda: Case("A", "A", "SE", Level.local, 2018),
        lambda: Case("A", "A", "SE", Level.local, 2018, groups="abc", sites=(Site("a", Level.local, "R"),)),
    ],
)
def test_what_is_built_in_python_obeys_the_same_rules(build):
    with pytest.raises(CaseError, match="expected: "):
        build()


def test_an_error_travels_to_another_process_unchanged():
    error = CaseError("years", 0, "at least 1", "Correct it.", "a.yaml", 3)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


# ---- whatever a file holds, a case or a CaseError comes out ----

TAGS = ["!!python/name:os.system", "!!binary aa", "!!set {a}", "!!int x", "!!float x", "!!bool x", "%YAML 9.9\n"]
NUMBERS = ["NaN", ".inf", "-1e999", "0x" + "f" * 60, "2018-13-45", "1:60:60"]
SIGNS = ["&a ", "*a", "- ", ": ", "? ", "<<: ", "\n---\n", "\n...\n", *"{[}]\"';,|>~=_\0\x85\ufeff\u2028\n\r\t"]
NASTY = st.sampled_from(TAGS + NUMBERS + SIGNS)
EDIT = st.tuples(
    st.floats(0, 1, exclude_max=True), st.integers(0, 12), st.one_of(NASTY, st.text(max_size=6), st.integers().map(str))
)
EDITS = st.lists(EDIT, min_size=1, max_size=4)


def edited(text, edits):
    for place, length, new in edits:
        start = int(place * len(text))
        text = text[:start] + new + text[start + length :]
    return text.encode("utf-8", "surrogatepass")


def loads_or_is_refused(path):
    try:
        assert load_case(path).people > 0
    except CaseError as error:
        assert_one_screen(str(error))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("mutated")


@settings(max_examples=200, deadline=None)
@given(edits=EDITS)
def test_any_mutation_of_a_case_file_loads_or_is_refused(folder, edits):
    loads_or_is_refused(write(folder, yaml=edited(YAML, edits)))


@settings(max_examples=200, deadline=None)
@given(edits=EDITS)
def test_any_mutation_of_a_measures_file_loads_or_is_refused(folder, edits):
    loads_or_is_refused(write(folder, table=edited(CSV, edits)))


@settings(max_examples=50, deadline=None)
@given(content=st.binary(max_size=200))
def test_any_bytes_load_or_are_refused(folder, content):
    loads_or_is_refused(write(folder, yaml=content))
    loads_or_is_refused(write(folder, table=content))
