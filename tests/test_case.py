"""The shipped cases hold what was published, the user's own case loads from anywhere, and draws keep their names."""

import csv
import dataclasses
import hashlib
import os
import pickle
import re
import subprocess
import sys
from decimal import Decimal
from importlib import resources
from pathlib import Path

import pytest

from coprod_abm.case import (
    Case,
    CaseError,
    Event,
    Level,
    Site,
    cases,
    coverage,
    coverage_lines,
    coverage_table,
    load_case,
)
from coprod_abm.instruments import INSTRUMENTS
from coprod_abm.parameters import Parameters

MEASURES = Path(str(resources.files("coprod_abm.calibration"))) / "measures"
DOCS = Path(__file__).parents[1] / "docs" / "cases.md"
TEN = ("EN-LON", "EN-LPFT", "EN-NAT", "SE-HAL", "SE-JKP", "SE-KAL", "SE-NAT", "SE-NOR", "SE-STO", "SE-VGR")

# Figures and the sum of their values, by case and by measure, counted in the published table.
PUBLISHED = {
    "EN-LON": (33, "330.3005"),
    "EN-LPFT": (21, "145.1"),
    "EN-NAT": (33, "277.0497"),
    "SE-HAL": (69, "5273.5"),
    "SE-JKP": (69, "5276.9"),
    "SE-KAL": (71, "5213.4"),
    "SE-NAT": (71, "5143.7"),
    "SE-NOR": (68, "4600.5"),
    "SE-STO": (72, "5337.1"),
    "SE-VGR": (72, "5003.9"),
}
BY_MEASURE = {
    "access_to_care": (56, "4828.1"),
    "always_learning_0_10": (2, "11.9"),
    "can_influence_local_decisions": (18, "527.69"),
    "compassionate_0_10": (2, "15.6"),
    "contact_nurse_breast": (56, "5525.4"),
    "contact_nurse_prostate": (56, "4623.7"),
    "experience_primary_care": (44, "3571.4"),
    "flexible_0_10": (2, "13.7"),
    "overcrowding": (56, "211.3"),
    "recognised_0_10": (2, "13.3"),
    "safe_healthy_0_10": (2, "12.9"),
    "staff_engagement": (16, "62.5209"),
    "staff_engagement_0_10": (3, "22.0"),
    "staff_morale_0_10": (3, "19.5"),
    "staff_recommend_care": (16, "10.9653"),
    "staff_work_stress": (16, "6.1740"),
    "team_0_10": (3, "21.8"),
    "team_conference_colon": (56, "5370.7"),
    "team_conference_lung": (56, "4381.6"),
    "trust_health_care": (56, "3708.9"),
    "trust_health_centre": (56, "3627.9"),
    "voice_that_counts_0_10": (2, "14.4"),
}
PUBLISHED_ROWS = 581
PUBLISHED_SHA256 = "35e4557e5f9c45a22391f5d89306c9f39336952afd50471e3727f8f4976bacb6"  # of the sorted published rows

SPOTS = [
    ("SE-JKP", "2019", "access_to_care", 92.0, 78),
    ("SE-NAT", "2020", "trust_health_care", 69.4, 130),
    ("SE-NOR", "2023", "contact_nurse_prostate", 38.2, 286),
    ("EN-LON", "2015", "staff_engagement", 3.9536, 26),
    ("EN-NAT", "2020", "can_influence_local_decisions", 26.59, 286),
    ("EN-LPFT", "2020/21", "staff_morale_0_10", 6.8, 39),
    ("EN-LPFT", "2022/23", "voice_that_counts_0_10", 7.1, 143),
]


def rows(name):
    with (MEASURES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def as_published(row):
    """A row with the name and the note that the publisher's table has."""
    told = re.fullmatch(r"published as (staff_survey:[^;]+); (.*)", row["note"])
    return row | {"measure": told[1], "note": told[2]} if told else row


def site(**changes):
    return Site(**{"name": "clinic", "level": Level.local, "region": "KRO"} | changes)


def case(**changes):
    plain = {"id": "KRO-1", "name": "Clinic", "country": "SE", "level": Level.local, "start": 2018}
    return Case(**plain | {"sites": (site(),)} | changes)


# ---- what was published is there ----


def test_every_published_row_is_there_and_unchanged():
    shipped = [row for name in TEN for row in rows(name)] + rows("response_rates")
    lines = sorted("|".join(as_published(row).values()) for row in shipped)
    assert len(lines) == PUBLISHED_ROWS
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == PUBLISHED_SHA256


def counted(key):
    table = {}
    for row in (row for name in TEN for row in rows(name)):
        count, total = table.get(row[key], (0, Decimal()))
        table[row[key]] = count + 1, total + Decimal(row["value"])
    return table


@pytest.mark.parametrize(("key", "published"), [("case_id", PUBLISHED), ("measure", BY_MEASURE)])
def test_counts_and_sums_are_those_of_the_published_table(key, published):
    assert counted(key) == {name: (count, Decimal(total)) for name, (count, total) in published.items()}


def test_response_rates_stay_out_of_the_measures():
    assert {(row["case_id"], row["wave"], row["value"]) for row in rows("response_rates")} == {
        ("EN-LPFT", "2021/22", "64"),
        ("EN-LPFT", "2022/23", "53"),
    }
    assert "response" not in " ".join(load_case("EN-LPFT").measures["measure"])


@pytest.mark.parametrize(("name", "wave", "measure", "value", "week"), SPOTS)
def test_a_published_figure_is_where_it_should_be(name, wave, measure, value, week):
    measures = load_case(name).measures
    found = measures[(measures["wave"] == wave) & (measures["measure"] == measure)]
    assert found[["value", "week"]].to_numpy().tolist() == [[value, week]]


def test_every_source_is_attributed_and_every_listed_source_is_used():
    with (MEASURES / "sources.csv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    assert all(row[key] for row in listed for key in ("citation", "licence", "address"))
    used = {row["source"] for name in TEN for row in rows(name)}
    assert {row["source"] for row in listed} == used
    readme = (DOCS.parents[1] / "calibration" / "measures" / "README.md").read_text(encoding="utf-8")
    assert all(f"`{source}`" in readme for source in used)


@pytest.mark.parametrize("name", TEN)
def test_values_and_spreads_are_plausible_for_their_unit(name):
    for row in rows(name):
        low, high = INSTRUMENTS[row["measure"]].scale
        assert low <= float(row["value"]) <= high, row
        assert not row["sd"] or 0 < float(row["sd"]) < (high - low) / 2, row


# ---- the shipped cases ----


def test_ten_cases_are_shipped():
    assert cases() == TEN


@pytest.mark.parametrize("name", TEN)
def test_a_shipped_case_loads_whole(name):
    found = load_case(name)
    assert found.id == name
    assert found.years == 6
    assert sum(found.groups) == pytest.approx(1)
    assert len(found.measures) + len(found.outside) == PUBLISHED[name][0]
    assert found.measures["week"].between(0, found.weeks - 1).all()
    assert {INSTRUMENTS[each].unit for each in found.measures["measure"]} == set(found.measures["unit"])
    assert found.assumptions
    assert all(sentence.startswith("Assumption: ") for sentence in found.assumptions)


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("EN-LPFT", [Level.local]),
        ("SE-JKP", [Level.regional, *[Level.local] * 3]),
        ("SE-NAT", [Level.national, *[Level.regional, Level.local] * 2]),
    ],
)
def test_levels_of_a_case_have_their_sites(name, levels):
    found = load_case(name)
    assert [each.level for each in found.sites] == levels
    assert found.level == max(levels)


def test_every_site_of_every_case_draws_under_its_own_name():
    keys = [site.key for name in cases() for site in load_case(name).sites]
    assert len(set(keys)) == len(keys)


def test_the_pandemic_raises_workload_in_2020_and_2021_only():
    for name in cases():
        found = load_case(name)
        march = (2020 - found.start) * 52 + 10
        ends = min((2022 - found.start) * 52, found.weeks)
        told = [(event.week, event.parameter, event.value) for event in found.events]
        assert told[0] == (march, "capacity.workload", 0.05)
        assert [week for week, _, value in told[1:] if value == -0.05] == [ends] * (ends < found.weeks)


def test_waves_before_the_english_level_break_are_outside_the_window():
    found = load_case("EN-NAT")
    assert set(found.measures["wave"]) == {"2015", "2016", "2017", "2018", "2019", "2020"}
    assert set(found.outside["wave"]) == {"2012", "2013", "2014", "2021"}


def test_shipped_cases_are_found_from_any_folder(tmp_path):
    code = "from coprod_abm.case import load_case; print(load_case('SE-JKP').fingerprint)"
    env = os.environ | {"PYTHONPATH": os.pathsep.join(str(Path(each).resolve()) for each in sys.path if each)}
    run = [sys.executable, "-c", code]
    told = subprocess.run(run, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == load_case("SE-JKP").fingerprint


# ---- coverage ----


def test_coverage_counts_every_figure_once():
    table = coverage(load_case("SE-JKP"))
    assert table.to_numpy().sum() == 69
    assert table["in the window"].columns.tolist() == ["2018", "2019", "2020", "2021", "2022", "2023"]
    assert table["in the window"].loc["experience_primary_care"].tolist() == [0, 1, 0, 1, 1, 1]
    assert table["outside"].columns.tolist() == ["2016", "2017"]


def test_coverage_table_sums_to_the_published_figures():
    table = coverage_table()
    assert tuple(table.index) == TEN
    assert table["figures"].sum() + table["figures_outside"].sum() == PUBLISHED_ROWS - 2
    assert table.loc["SE-JKP", ["measures", "waves", "figures", "waves_outside"]].tolist() == [9, 6, 52, 2]


def test_coverage_lines_are_one_header_and_one_line_a_case():
    lines = coverage_lines()
    assert [line.split()[0] for line in lines] == ["id", *TEN]
    assert len({line.index(word) for line, word in zip(lines[1:], ["UK"] * 3 + ["SE"] * 7, strict=True)}) <= 2


def test_coverage_of_a_case_without_published_figures_is_empty():
    assert coverage(case()).empty
    assert coverage_table([case()]).loc["KRO-1", "figures"] == 0


# ---- a case is a value ----


def test_equal_content_gives_an_equal_case_and_fingerprint():
    assert case() == case(path="elsewhere.yaml")
    assert len({case(), case(), case(years=5)}) == 2
    assert re.fullmatch(r"[0-9a-f]{64}", case().fingerprint)


@pytest.mark.parametrize(
    "changes",
    [
        {"years": 5},
        {"groups": (0.7, 0.2, 0.1)},
        {"sites": (site(citizens=301),)},
        {"rules": {"power.agenda_access": 0.123}},
        {"events": (Event(3, "sponsor_leaves"),)},
        {"assumptions": ("made up",)},
    ],
)
def test_any_change_of_content_changes_the_fingerprint(changes):
    assert case(**changes).fingerprint != case().fingerprint


def test_a_changed_figure_changes_the_fingerprint():
    found = load_case("SE-JKP")
    assert dataclasses.replace(found, measures=found.measures.assign(sd=1.0)).fingerprint != found.fingerprint


def test_a_case_travels_to_another_process_unchanged():
    found = load_case("SE-NAT")
    assert pickle.loads(pickle.dumps(found)) == found


def test_a_case_cannot_be_changed():
    found = case(rules={"power.agenda_access": 0.4})
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.years = 7
    with pytest.raises(TypeError):
        found.rules["power.agenda_access"] = 0.5


def test_events_act_in_the_order_of_their_weeks():
    late, early = Event(9, "sponsor_leaves"), Event(2, "sponsor_leaves")
    assert case(events=(late, early)).events == (early, late)


def test_an_event_may_set_any_declared_parameter_within_its_range():
    workload = Parameters().capacity.workload
    assert case(events=(Event(0, "set", workload, "capacity.workload", "clinic"),)).events[0].value == workload


def test_a_site_keeps_its_draws_when_anything_but_the_names_changes():
    key = case().sites[0].key
    assert key == 5483066
    assert case(years=3, sites=(site(name="other"), site(citizens=9, citizen_seats=1))).sites[1].key == key
    assert case(id="KRO-2").sites[0].key != key
    assert case(sites=(site(name="Clinic"),)).sites[0].key != key


def test_two_sites_whose_names_share_their_draws_are_refused():
    alike = site(name="site 24574"), site(name="site 75330")
    with pytest.raises(CaseError, match="draws of its own"):
        case(sites=alike)


# ---- the worked example of docs/cases.md ----


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def example(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("MY-CLINIC.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    Path("MY-CLINIC.csv").write_text(blocks("csv")[0], encoding="utf-8")
    return tmp_path


def test_the_documented_example_runs(example, capsys):
    exec(blocks("python")[0], {})
    printed = capsys.readouterr().out
    assert [line.split()[-1] for line in printed.splitlines()[1:]] == ["26", "78", "143"]
    found = load_case(example / "MY-CLINIC.yaml")
    assert found.sites[0].seats == 10
    assert found.rules == {"power.agenda_access": 0.4}
    assert len(found.measures) == 3


def test_the_documented_message_is_the_message(example):
    table = Path("MY-CLINIC.csv")
    table.write_text(table.read_text(encoding="utf-8").replace("64.0", '"64,0"'), encoding="utf-8")
    with pytest.raises(CaseError) as refused:
        load_case("MY-CLINIC.yaml")
    assert str(refused.value) == blocks("text")[0].strip()


def test_the_documented_table_is_what_the_cases_hold():
    for name, row in coverage_table().iterrows():
        told = f"| {row['measures']} | {row['figures']} ({row['figures_outside']}) |"
        line = next(line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{name}`"))
        assert line == (f"| `{name}` | {row['name']} | {row['level']} | {row['simulated']} | {row['sites']} {told}")


def test_the_documented_measures_are_the_instruments():
    text = DOCS.read_text(encoding="utf-8")
    table = text[text.index("| measure | unit |") : text.index("Sources, with licences")]
    told = {}
    for line in table.splitlines()[2:]:
        names, unit = line.split("|")[1:3] if line.startswith("|") else ("", "")
        told |= dict.fromkeys(re.findall(r"`(\w+)`", names), unit.strip())
    assert told == {name: INSTRUMENTS[name].unit for name in BY_MEASURE}
