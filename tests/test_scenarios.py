"""Scenarios: what is shipped, what is refused and how, common draws, effects, and the command from words to a folder."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from coprod_abm.case import Case, CaseError, load_case
from coprod_abm.declare import ParameterError
from coprod_abm.experiments.cli import main
from coprod_abm.experiments.scenario import Scenario, check_scenario, load_scenario, scenarios
from coprod_abm.experiments.scenario import case_of as cases_named
from coprod_abm.experiments.scenario_arms import Arms, read_arms, write_arms
from coprod_abm.experiments.scenario_draws import Draws, read_draws
from coprod_abm.experiments.scenario_effects import CANNOT_TELL, compared, effects_of
from coprod_abm.experiments.scenario_runs import run_arms, shown_measures
from coprod_abm.experiments.scenario_words import KEYS, order_of
from coprod_abm.parameters import Parameters
from coprod_abm.presets import preset
from coprod_abm.records import records
from coprod_abm.simulate import RunError, simulate

TEXT = """
title: {en: A, sv: B}
question: {en: "C?", sv: "D?"}
arms:
  - name: first
    title: {en: One, sv: Ett}
  - name: second
    title: {en: Two, sv: Två}
    presets: {power: consensus}
    parameters: {power.agenda_access: 0.9}
    events:
      - {week: 20, kind: sponsor_leaves}
outcomes: [need_met, tokenism]
cases: [EN-LPFT]
"""


def written(folder: Path, *changes: tuple[str, str]) -> Path:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def small(case_of: Callable[..., Case]) -> Case:
    return replace(case_of(), years=1)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, small: Case) -> Arms:
    scenario = load_scenario(written(tmp_path_factory.mktemp("scenario")))
    return run_arms(scenario, [small], replicates=4, seed=3, threads=1)


def test_at_least_eight_scenarios_are_shipped_and_can_happen_in_their_cases() -> None:
    assert len(scenarios()) >= 8
    for name in scenarios():
        scenario = load_scenario(name)
        check_scenario(scenario, cases_named(scenario))
        assert len({arm.title["en"] for arm in scenario.arms}) == len({arm.title["sv"] for arm in scenario.arms})


def test_arms_of_shipped_scenarios_differ_and_say_what_presets_say() -> None:
    for name in scenarios():
        arms = load_scenario(name).arms
        assert len({(json.dumps(arm.values, sort_keys=True, default=str), arm.events) for arm in arms}) == len(arms)
    rung = load_scenario("ladder_climb").arm("partnership")
    assert Parameters().replace(rung.values).changes() == preset("power=arnstein/partnership").changes()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kind: sponsor_leaves", "kind: sponsor_flees", ["line 12", "sponsor_flees", "sponsor_leaves"]),
        ("outcomes: [need_met,", "outcomes: [need_mt,", ["need_mt", "need_met"]),
        ("power: consensus", "power: concensus", ["concensus", "consensus"]),
        ("power.agenda_access: 0.9", "power.agenda_acces: 0.9", ["agenda_acces", "power.agenda_access"]),
        ("power.agenda_access: 0.9", "power.agenda_access: 9", ["9", "[0, 1]"]),
        ("presets: {power", "presets: {powr", ["powr", "power"]),
        ("{en: One, sv: Ett}", "{en: One}", ["arms[0].title", "sv"]),
        ("name: second", "name: first", ["arms[1].name", "no other arm"]),
        ("[need_met, tokenism]", "[need_met, need_met]", ["outcomes[1]", "each entry once"]),
        ("[EN-LPFT]", "[EN-LPFT, EN-LPFT]", ["cases[1]", "each entry once"]),
    ],
)
def test_a_faulty_file_is_refused_with_its_line_and_the_way_out(
    tmp_path: Path, old: str, new: str, told: list[str]
) -> None:
    with pytest.raises(CaseError) as refused:
        load_scenario(written(tmp_path, (old, new)))
    text = str(refused.value)
    assert "mine.yaml, line" in text
    assert "way out" in text
    for part in told:
        assert part in text


def test_an_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(CaseError, match="sponsor_loss"):
        load_scenario("sponsor_los")


def test_an_event_after_the_end_is_refused_with_its_line(tmp_path: Path, small: Case) -> None:
    scenario = load_scenario(written(tmp_path, ("week: 20", "week: 60")))
    check_scenario(scenario, [load_case("EN-LPFT")])
    with pytest.raises(CaseError, match=r"line 12.*60.*\n.*0 to 51.*SMALL"):
        check_scenario(scenario, [small])


def test_an_event_about_a_role_that_the_arm_lacks_is_refused(tmp_path: Path, small: Case) -> None:
    lacks = written(tmp_path, ("power.agenda_access: 0.9", "leadership.sponsor: 0"))
    with pytest.raises(CaseError, match=r"leadership.sponsor = 0 in week 20 of SMALL"):
        check_scenario(load_scenario(lacks), [small])


def test_a_rule_about_a_role_that_the_case_lacks_is_refused(
    tmp_path: Path, case_of: Callable[..., Case], site_of: Callable[..., Any]
) -> None:
    alone = case_of(site_of(leader_seats=0))
    scenario = load_scenario(written(tmp_path, ("power: consensus", "power: directive")))
    with pytest.raises(ParameterError, match=r"Arm second in case SMALL.*leader_seats = 0"):
        check_scenario(scenario, [alone])


def test_arms_that_are_alike_give_the_same_numbers(tmp_path: Path, small: Case) -> None:
    alike = written(
        tmp_path,
        ("    presets: {power: consensus}\n    parameters: {power.agenda_access: 0.9}\n", ""),
        ("    events:\n      - {week: 20, kind: sponsor_leaves}\n", ""),
    )
    table = run_arms(load_scenario(alike), [small], replicates=3, seed=5, threads=1).trajectories
    one, other = (table[table["arm"] == arm]["value"].to_numpy() for arm in ("first", "second"))
    assert np.array_equal(one, other, equal_nan=True)


def test_runs_are_those_of_simulate_before_and_after_an_event(found: Arms, small: Case) -> None:
    params = preset("power=consensus", "power.agenda_access=0.9")
    with_event = replace(small, events=found.scenario.arms[1].events)
    runs = simulate(params, with_event, replicates=4, seed=3, every=13, threads=1)
    table = found.trajectories
    for name in ("need_met", "tokenism", "seat_share"):
        ours = table[(table["arm"] == "second") & (table["measure"] == name)]["value"].to_numpy().reshape(4, -1)
        assert np.array_equal(ours, runs[name].to_numpy()[0], equal_nan=True)


def test_tables_hold_what_the_contract_says(found: Arms) -> None:
    assert list(found.trajectories) == ["scenario", "arm", "case", "replicate", "week", "measure", "value"]
    assert set(found.trajectories["measure"]) == set(shown_measures(found.scenario))
    assert not found.trajectories.duplicated(["arm", "case", "replicate", "week", "measure"]).any()
    assert set(found.levels["level"]) == {"local"}
    assert {
        "scenario",
        "arm",
        "against",
        "case",
        "measure",
        "week",
        "difference",
        "low",
        "high",
        "share_better",
        "n",
        "verdict",
    } <= set(found.effects)
    sums = found.seats.groupby(["arm", "case", "what"])["share"].sum()
    assert sums.between(0.999, 1.001).all()


def test_effects_are_paired_differences(found: Arms) -> None:
    table = found.trajectories
    end = table[(table["week"] == 52) & (table["measure"] == "need_met")].pivot(
        index="replicate", columns="arm", values="value"
    )
    gap = end["second"] - end["first"]
    row = found.effects[(found.effects["measure"] == "need_met") & (found.effects["week"] == 52)].iloc[0]
    assert row["difference"] == pytest.approx(gap.mean())
    assert row["low"] <= row["difference"] <= row["high"]
    assert row["share_better"] == pytest.approx((gap > 0).mean())


def test_several_cases_have_a_mean_and_their_own_rows(tmp_path: Path, found: Arms, small: Case) -> None:
    other = found.trajectories.assign(case="OTHER", value=found.trajectories["value"] + 0.5)
    both = effects_of(pd.concat([found.trajectories, other], ignore_index=True), found.scenario)
    assert set(both["case"]) == {"SMALL", "OTHER", "all"}
    one = both[(both["measure"] == "need_met") & (both["week"] == 52)].set_index("case")
    assert one.loc["all", "reference"] == pytest.approx(one.loc["SMALL", "reference"] + 0.25)


def test_nothing_known_is_told_as_such() -> None:
    nothing = np.array([np.nan, np.nan, np.nan])
    assert compared("need_met", nothing, nothing)[-2:] == (0, CANNOT_TELL)


def test_shares_by_role_are_those_of_the_records(found: Arms, small: Case) -> None:
    told = [records(Parameters(), small, seed=3, replicate=r) for r in range(4)]
    voice = []
    for record in told:
        talk = record.acts[record.acts["act"].isin(["inform_shared", "inform_unique"])]
        voice.append((talk["role"] == "citizen").mean())
    seats = found.seats[
        (found.seats["arm"] == "first") & (found.seats["what"] == "voice") & (found.seats["role"] == "citizen")
    ]
    assert seats["share"].iloc[0] == pytest.approx(np.mean(voice))


def test_guidance_that_says_nothing_is_neither_right_nor_wrong(found: Arms, tmp_path: Path, small: Case) -> None:
    scenario = replace(found.scenario, outcomes=("nation_code_accuracy", "attendance"))
    silent = run_arms(scenario, [small], replicates=2, base={"learning.code_learns": 0.0}, threads=1)
    table = silent.trajectories.set_index("measure")
    assert table.loc["nation_code_accuracy", "value"].isna().all()
    attended = table.loc["attendance"]
    assert attended["value"].isna().to_numpy().tolist() == (attended["week"] == 0).to_numpy().tolist()
    row = silent.effects[silent.effects["measure"] == "nation_code_accuracy"].iloc[-1]
    assert (row["n"], row["verdict"]) == (0, CANNOT_TELL)


def test_each_arm_of_broken_promises_differs_in_one_thing_from_another() -> None:
    arms = {arm.name: arm for arm in load_scenario("broken_promises").arms}
    for one, other in (("kept_told", "kept"), ("told", "again")):
        assert arms[one].events == arms[other].events
        assert arms[one].values != arms[other].values
    for one, other in (("again", "kept"), ("told", "kept_told"), ("once", "kept")):
        assert arms[one].values == arms[other].values
        assert arms[one].events != arms[other].events


def test_tables_come_back_as_they_were_written(tmp_path: Path, found: Arms) -> None:
    write_arms(found, tmp_path / "mine", {"model": "abc"})
    back = read_arms(tmp_path / "mine")
    pd.testing.assert_frame_equal(back.trajectories, found.trajectories)
    assert back.scenario.arms == found.scenario.arms
    assert back.facts["replicates"] == 4


def test_each_replicate_takes_its_own_draw_in_every_arm(tmp_path: Path, small: Case, found: Arms) -> None:
    file = tmp_path / "posterior.csv"
    pd.DataFrame({"leadership.facilitation": [0.0, 1.0], "weight": [0.5, 0.5]}).to_csv(file, index=False)
    draws = read_draws(file)
    assert draws.left_out == ("weight",)
    drawn = run_arms(found.scenario, [small], replicates=4, seed=3, draws=draws, threads=1)
    fixed = [
        run_arms(found.scenario, [small], replicates=4, seed=3, base={"leadership.facilitation": value}, threads=1)
        for value in (0.0, 1.0)
    ]
    keys = ["arm", "replicate", "week", "measure"]
    tables = [each.trajectories.set_index(keys)["value"].sort_index() for each in (drawn, *fixed)]
    for replicate in range(4):
        ours, theirs = (each.xs(replicate, level="replicate") for each in (tables[0], tables[1 + replicate % 2]))
        pd.testing.assert_series_equal(ours, theirs)
    assert drawn.facts["draws"]["draws"] == 2


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"power.agenda_acces": [0.1]}, "power.agenda_access"),
        ({"power.agenda_access": [7.0]}, r"\[0, 1\]"),
        ({"weight": [1.0]}, "at least"),
    ],
)
def test_draws_that_are_none_are_refused(tmp_path: Path, columns: dict[str, list[float]], told: str) -> None:
    file = tmp_path / "draws.csv"
    pd.DataFrame(columns).to_csv(file, index=False)
    with pytest.raises(CaseError, match=told):
        read_draws(file)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["scenario=nothing_like_it"], "a shipped scenario"),
        (["scenari=all"], "scenario"),
        (["scenario=sponsor_loss", "language=de"], "en, sv"),
        (["scenario=sponsor_loss", "formats=gif"], "png"),
        (["scenario=sponsor_loss", "font=No Such Font At All"], "DejaVu Sans"),
        (["scenario=sponsor_loss", "replicates=0"], "replicates"),
        (["scenario=sponsor_loss", "replicates=many"], "whole number"),
        (["scenario=sponsor_loss", "power=concensus"], "consensus"),
        (["scenario=sponsor_loss", "power.agenda_access=2"], r"\[0, 1\]"),
        (["scenario=sponsor_loss", "power=majority,consensus"], "one value"),
        (["scenario=sponsor_loss", "seed=1", "seed=2"], "twice"),
        (["replicates=3"], "Which scenario"),
        (["scenario=sponsor_loss", "draws=missing.csv"], "Correct the path"),
        (["scenario=sponsor_loss", "case=SE-JKQ"], "SE-JKP"),
    ],
)
def test_a_wrong_word_is_refused_before_anything_runs(words: list[str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        order_of([word if "font" not in word else 'font="No Such Font At All"' for word in words])


def test_two_files_of_one_name_do_not_write_over_each_other(tmp_path: Path) -> None:
    other = tmp_path / "sub"
    other.mkdir()
    with pytest.raises(RunError, match="Two scenarios are named mine"):
        order_of([f"scenario={written(tmp_path)},{written(other)}"])


def test_words_become_an_order() -> None:
    order = order_of(
        [
            "scenario=sponsor_loss,broken_promises",
            "case=EN-LPFT",
            "language=sv",
            "power=consensus",
            "power.agenda_access=0.3",
        ]
    )
    assert [scenario.name for scenario, _ in order.scenarios] == ["sponsor_loss", "broken_promises"]
    assert order.spoken == ("sv",)
    assert order.base["power.agenda_access"] == 0.3
    assert order.base["power.decision_rule"] == "consensus"


def test_the_command_lists_and_helps(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios"]) == 0
    assert "senior leader who backs it" in capsys.readouterr().out
    assert main(["scenarios", "--help"]) == 0
    assert "draws=posterior.parquet" in capsys.readouterr().out


def test_the_command_leaves_a_whole_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path)
    out = tmp_path / "out"
    words = [f"scenario={file}", "replicates=3", "figures=false", "threads=1", f"out={out}"]
    assert main(["scenarios", *words]) == 0
    told = capsys.readouterr().out
    assert "Needs met:" in told
    assert {path.name for path in (out / "mine").iterdir()} == {
        "arms.json", "effects.csv", "levels.parquet", "meeting.csv", "network.csv", "people.csv",
        "scenario.yaml", "seats.csv", "study.json", "trajectories.parquet",
    }  # fmt: skip
    facts = json.loads((out / "mine" / "study.json").read_text())
    assert facts["seed"] == 1
    assert facts["model"]
    again = tmp_path / "again"
    shutil.copy(out / "mine" / "scenario.yaml", file)
    assert main(["scenarios", *words[:-1], f"out={again}"]) == 0
    name = "trajectories.parquet"
    pd.testing.assert_frame_equal(pd.read_parquet(out / "mine" / name), pd.read_parquet(again / "mine" / name))


def test_a_refusal_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, ("week: 20", "week: 400"))
    assert main(["scenarios", f"scenario={file}", f"out={tmp_path / 'out'}"]) == 2
    assert "0 to 311" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_one_world_keeps_cases_apart_in_its_tables(tmp_path: Path, case_of: Callable[..., Case]) -> None:
    cases = [replace(case_of(id=name), years=1) for name in ("ONE", "TWO")]
    scenario = replace(load_scenario(written(tmp_path)), together=True)
    apart = run_arms(replace(scenario, together=False), cases, replicates=2, threads=1)
    joined = run_arms(scenario, cases, replicates=2, threads=1)
    assert joined.facts["runs"] == 4
    assert set(joined.trajectories["case"]) == {"ONE", "TWO"}
    week0 = [
        each.trajectories[each.trajectories["week"] == 0].sort_values(["arm", "case", "measure", "replicate"])
        for each in (apart, joined)
    ]
    chosen = [table[table["measure"] == "citizen_trust"]["value"].to_numpy() for table in week0]
    assert np.array_equal(*chosen)


def test_draws_come_round_again() -> None:
    draws = Draws(pd.DataFrame({"power.agenda_access": [0.1, 0.2]}), "x")
    assert draws.row(3) == {"power.agenda_access": 0.2}
    assert isinstance(load_scenario("sponsor_loss"), Scenario)


def test_the_page_names_every_scenario_and_key() -> None:
    page = (Path(__file__).parent.parent / "docs" / "scenarios.md").read_text(encoding="utf-8")
    for name in (*scenarios(), *KEYS):
        assert f"| `{name}` |" in page


def test_the_scenario_of_the_page_can_be_run(tmp_path: Path) -> None:
    page = (Path(__file__).parent.parent / "docs" / "scenarios.md").read_text(encoding="utf-8")
    file = tmp_path / "page.yaml"
    file.write_text(page.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    scenario = load_scenario(file)
    check_scenario(scenario, cases_named(scenario))
    assert [arm.name for arm in scenario.arms] == ["never", "hired"]
