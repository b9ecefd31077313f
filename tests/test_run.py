"""What `coprod run` promises: the numbers of the library, a folder that is whole or not there, and its own story."""

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from coprod_abm.case import cases, load_case
from coprod_abm.declare import ParameterError
from coprod_abm.draws import replicate_seed
from coprod_abm.evaluate import evaluate
from coprod_abm.experiments import job, progress
from coprod_abm.experiments.cli import main
from coprod_abm.experiments.run_cases import copy_files
from coprod_abm.experiments.run_folder import OutputError, check_free, run_folder
from coprod_abm.experiments.run_tables import sampling_error, within_run
from coprod_abm.language import languages
from coprod_abm.measures import NAMES
from coprod_abm.minutes import all_minutes
from coprod_abm.parameters import Parameters
from coprod_abm.presets import FAMILIES, PresetError, preset, preset_values, presets
from coprod_abm.record_files import TABLES, read_records
from coprod_abm.records import records
from coprod_abm.replay import replay
from coprod_abm.reporting import reporting_sheet
from coprod_abm.simulate import simulate
from coprod_abm.theories import theory_names

EVERY_PRESET = [(family, name) for family in FAMILIES for name in presets(family)]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder in which the user stands."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["coprod"])
    return tmp_path


def run(*words: str) -> int:
    return main(["run", *words])


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    return {file.stem: pd.read_parquet(file) for file in (folder / "tables").glob("*.parquet")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of one run of two cases with figures."""
    stand = tmp_path_factory.mktemp("stand")
    before = Path.cwd()
    os.chdir(stand)
    try:
        assert run("case=[EN-LPFT,EN-LON]", "replicates=4", "weeks=208", "seed=3", "out=here", "power=consensus") == 0
    finally:
        os.chdir(before)
    return stand / "here"


# ---- what the folder holds ----


def test_every_file_is_there_and_explained(whole):
    told = (whole / "README.txt").read_text(encoding="utf-8")
    assert all(
        (whole / "cases" / f"{case}.{kind}").is_file() for case in ("EN-LPFT", "EN-LON") for kind in ("yaml", "csv")
    )
    patterns = re.findall(r"^(\S+\.(?:yaml|json|parquet)|\S+\*)", told, re.MULTILINE)
    files = {file.relative_to(whole).as_posix() for file in whole.rglob("*") if file.is_file()} - {"README.txt"}
    explained = {file for file in files if any(Path(file).match(pattern) for pattern in patterns)}
    assert explained == files
    figures = {file for file in files if file.startswith("figures/")}
    names = {"instruments_EN-LPFT", "instruments_EN-LON"} | {
        f"perspectives_{each}" for each in ("goal_fulfilment", "process", "learning_and_innovation")
    }
    assert figures == {f"figures/{name}.{kind}" for name in names for kind in ("png", "svg", "txt", "csv")}


def test_records_are_kept_on_request(here):
    assert run("case=EN-LON", "replicates=2", "weeks=60", "seed=3", "out=kept", "records=true", "figures=false") == 0
    kept = here / "kept" / "records" / "EN-LON"
    record = read_records(kept)
    same = records(Parameters(), "EN-LON", seed=3, weeks=60)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(record, name), getattr(same, name))
    for number, project in enumerate(same.projects["project"], start=1):
        for language in languages():
            (minuted,) = kept.glob(f"minutes/{number:02d}_*.{language}.md")
            assert minuted.read_text(encoding="utf-8") == all_minutes(same, project, language)
            (sheet,) = kept.glob(f"sheet_{number:02d}_*.{language}.md")
            assert sheet.read_text(encoding="utf-8") == reporting_sheet(same, project).text(language)
    told = (here / "kept" / "README.txt").read_text(encoding="utf-8")
    assert all(name in told for name in ("records/*/*.parquet", "records/*/minutes/*", "records/*/sheet_*"))


def test_records_of_cases_in_one_world_are_those_of_that_world(here):
    words = ["replicates=1", "weeks=40", "out=kept", "records=true", "figures=false", "together=true"]
    assert run("case=[SE-JKP,SE-HAL]", *words) == 0
    assert [folder.name for folder in (here / "kept" / "records").iterdir()] == ["together"]
    record = read_records(here / "kept" / "records" / "together")
    assert record.run["cases"] == ["SE-JKP", "SE-HAL"]
    runs = tables(here / "kept")["runs"].set_index("case")
    rebuilt = replay(record).measures.xs(40, level="week")["voice_share"]
    own = rebuilt[rebuilt.index.str.startswith("SE-JKP: ")]
    assert runs.loc["SE-JKP", "voice_share"] == pytest.approx(own.mean(), rel=1e-12)


def test_nothing_else_is_left_where_the_user_stands(whole):
    assert [file.name for file in whole.parent.iterdir()] == ["here"]


def test_tables_hold_the_numbers_of_the_library(whole):
    runs = simulate(preset("power=consensus"), "EN-LON", replicates=4, seed=3, weeks=208)
    shown = tables(whole)["trajectories"].set_index(["case", "measure", "week"]).loc["EN-LON"]
    for name in ("need_met", "voice_share", "citizen_hours"):
        values = runs[name].sel(case="EN-LON").to_numpy()
        np.testing.assert_allclose(shown.loc[name, "mean"], values.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(shown.loc[name, "q05"], np.quantile(values, 0.05, axis=0), rtol=1e-12)
        np.testing.assert_allclose(shown.loc[name, "sd"], values.std(axis=0, ddof=1), rtol=1e-9, atol=1e-15)
    ends = tables(whole)["runs"].set_index("case").loc["EN-LON"]
    np.testing.assert_array_equal(ends["need_met"], runs["need_met"].sel(case="EN-LON").isel(week=-1))
    assert list(ends["seed"]) == [replicate_seed(3, r) for r in range(4)]


def test_each_measure_stands_in_the_tables_with_its_unit(whole):
    shown = tables(whole)["trajectories"]
    assert set(shown["measure"]) == set(NAMES)
    assert shown["unit"].str.len().gt(0).all()
    assert (shown["replicates"] == 4).all()
    assert (shown["q05"] <= shown["q50"]).all()
    assert (shown["q50"] <= shown["q95"]).all()


def test_published_figures_stand_beside_the_simulated_ones(whole):
    shown = tables(whole)["published"]
    anchored = shown[(shown["case"] == "EN-LPFT") & (shown["levels"] == "anchored")]
    case = load_case("EN-LPFT")
    assert len(anchored) == len(case.measures)
    anchors = anchored[anchored["role"] == "anchor"]
    assert set(anchors["measure"]) == set(case.measures["measure"])
    assert len(anchors) == len(set(case.measures["measure"]))
    np.testing.assert_allclose(anchors["published"], anchors["simulated"], atol=0.1)
    raw = shown[shown["levels"] == "raw"]
    assert (raw["role"] == "compared").all()
    assert (shown["within"] == shown["published"].between(shown["low"], shown["high"])).all()


def test_figures_beyond_the_run_are_left_out(whole):
    shown = tables(whole)["published"]
    assert shown["week"].max() <= 208
    assert shown.loc[shown["case"] == "EN-LON", "week"].max() == 182  # of 26, 78, 130, 182, 234, 286
    case = load_case("EN-LON")
    assert within_run(case, 181, 1).measures["week"].max() == 130
    assert within_run(case, 200, 100).measures["week"].max() == 182
    assert within_run(case, 199, 100).measures["week"].max() == 78


def test_configuration_is_resolved_and_complete(whole):
    written = yaml.safe_load((whole / "config.yaml").read_text(encoding="utf-8"))
    assert written["case"] == ["EN-LPFT", "EN-LON"]
    assert (written["seed"], written["replicates"], written["weeks"], written["out"]) == (3, 4, 208, "here")
    params = preset("power=consensus")
    for family, values in params.families().items():
        assert set(written[family]) == {each.name for each in values.declarations()}
    assert written["power"]["decision_rule"] == "consensus"
    assert "hydra" not in written


def test_provenance_says_what_made_the_results(whole):
    facts = json.loads((whole / "provenance.json").read_text(encoding="utf-8"))
    assert facts["seed"] == 3
    assert facts["cases"]["EN-LON"]["fingerprint"] == load_case("EN-LON").fingerprint
    assert re.fullmatch(r"[0-9a-f]{64}", facts["model"])
    assert {"python", "numba", "numpy", "coprod-abm"} <= set(facts["versions"])
    assert facts["started"] <= facts["ended"]
    assert {"command", "machine", "git", "overrides"} <= set(facts)
    assert "power=consensus" in facts["overrides"]
    inside = json.loads(pq.read_schema(whole / "tables" / "runs.parquet").metadata[b"coprod"])
    assert inside["model"] == facts["model"]


def test_results_depend_on_the_seed_and_not_on_threads(here):
    common = ("case=EN-LPFT", "replicates=3", "weeks=60", "figures=false")
    assert run(*common, "threads=1", "out=a") == 0
    assert run(*common, "threads=2", "out=b") == 0
    assert run(*common, "seed=2", "out=c") == 0
    a, b, c = (tables(here / name) for name in "abc")
    for name in a:
        pd.testing.assert_frame_equal(a[name], b[name])
    assert not a["runs"]["need_met"].equals(c["runs"]["need_met"])
    assert not (here / "a" / "figures").exists()


def test_only_the_measures_asked_for_are_kept(here):
    assert (
        run("case=EN-LPFT", "replicates=2", "weeks=8", "figures=false", "measures=[voice_share,need_met]", "out=a") == 0
    )
    assert list(tables(here / "a")["trajectories"]["measure"].unique()) == ["need_met", "voice_share"]
    assert list(tables(here / "a")["runs"])[-2:] == ["need_met", "voice_share"]


def test_a_case_of_ones_own_is_found_from_where_one_stands(here, capsys):
    (here / "mine").mkdir()
    shipped = Path(load_case("EN-LPFT").path)
    shutil.copy(shipped.parent.parent.parent / "calibration" / "measures" / "EN-LPFT.csv", here / "mine" / "own.csv")
    text = shipped.read_text(encoding="utf-8").replace("../../calibration/measures/EN-LPFT.csv", "own.csv")
    (here / "mine" / "own.yaml").write_text(text.replace("id: EN-LPFT", "id: OWN"), encoding="utf-8")
    csv = (here / "mine" / "own.csv").read_text(encoding="utf-8").replace("EN-LPFT,", "OWN,")
    (here / "mine" / "own.csv").write_text(csv, encoding="utf-8")
    assert run("case=mine/own.yaml", "replicates=1", "weeks=104", "out=results") == 0
    told = capsys.readouterr().out
    assert "OWN" in told
    assert "A single run has no band" in told
    assert (here / "results" / "figures" / "instruments_OWN.png").is_file()
    kept = load_case(here / "results" / "cases" / "OWN.yaml")
    assert len(kept.measures) == len(load_case("mine/own.yaml").measures) > 0
    facts = json.loads((here / "results" / "provenance.json").read_text(encoding="utf-8"))
    assert facts["cases"]["OWN"]["file"] == "mine/own.yaml"


def test_without_a_place_results_go_to_a_dated_folder(here):
    assert run("case=EN-LPFT", "replicates=1", "weeks=8", "figures=false") == 0
    assert [file.name for file in here.iterdir()] == ["runs"]
    (folder,) = (here / "runs").iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d", folder.name)


def test_a_sweep_gets_a_numbered_folder_for_each_run(here, capsys):
    words = ("-m", "case=EN-LPFT", "power=majority,consensus", "replicates=1", "weeks=8", "figures=false", "out=sweep")
    assert run(*words) == 0
    assert sorted(file.name for file in (here / "sweep").iterdir()) == ["0", "1"]
    rules = [yaml.safe_load((here / "sweep" / n / "config.yaml").read_text())["power"]["decision_rule"] for n in "01"]
    assert rules == ["majority", "consensus"]
    assert [file.name for file in here.iterdir()] == ["sweep"]
    capsys.readouterr()
    assert run(*words) == 2
    assert "already holds files" in capsys.readouterr().err


def test_a_sweep_of_hydras_own_sweeper_gives_the_numbers_of_evaluate(here):
    grid = ("power.agenda_access=range(0.1,1,0.4)", "power=majority,consensus", "theory=all,relational")
    assert run("-m", "case=EN-LPFT", *grid, "replicates=3", "weeks=32", "figures=false", "seed=4", "out=sweep") == 0
    levels = ([0.1, 0.5, 0.9], ["majority", "consensus"], ["all", "relational"])
    columns = ["power.agenda_access", "power", "theory"]
    points = pd.DataFrame(list(itertools.product(*levels)), columns=columns)
    found = evaluate(points, "EN-LPFT", replicates=3, weeks=32, seed=4, common_seeds=True, rows="replicates")
    runs = [pd.read_parquet(here / "sweep" / str(point) / "tables" / "runs.parquet") for point in range(12)]
    together = pd.concat(runs, ignore_index=True)
    measures = [name for name in together.columns if name in NAMES]
    assert len(measures) > 60
    pd.testing.assert_frame_equal(found[measures], together[measures], check_exact=True)
    assert found["seed"].tolist() == together["seed"].tolist()


def test_the_summary_says_where_results_are_and_that_nothing_is_calibrated(here, capsys):
    assert run("case=EN-LPFT", "replicates=2", "weeks=160", "figures=false", "out=a") == 0
    told = capsys.readouterr().out
    assert "2 replicates of 160 weeks, 2 runs on " in told
    assert "Results: a" in told
    assert "uncalibrated" in told
    shown = tables(here / "a")["published"]
    compared = shown[(shown["levels"] == "anchored") & (shown["role"] == "compared")]
    assert f"{int(compared['within'].sum())} of {len(compared)}" in told


# ---- what the user typed ----


@pytest.fixture
def ruled(here):
    """A case of one small site with rules, events and a length of its own, in the file ``ruled.yaml``."""
    text = """
id: RULED
name: A case with rules
country: SE
level: local
start: 2018
years: 1
sites: [{name: only, level: local, region: X, citizens: 20, professionals: 5, leaders: 2}]
rules: {power.agenda_access: 0.1, power.decision_rule: consensus}
events: [{week: 3, kind: set, parameter: capacity.workload, value: 1.2}, {week: 5, kind: sponsor_leaves, site: only}]
"""
    (here / "ruled.yaml").write_text(text, encoding="utf-8")
    return "case=ruled.yaml"


def agenda_access(folder: Path) -> float:
    written = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    return written["used"]["RULED"]["rules"]["power.agenda_access"]


def shown_need(folder: Path) -> np.ndarray:
    return tables(folder)["trajectories"].set_index("measure").loc["need_met", "mean"].to_numpy()


QUICK = ("replicates=2", "weeks=30", "figures=false")


def test_a_typed_value_wins_over_a_case_even_where_it_is_the_default(here, ruled):
    assert Parameters().power.agenda_access == 0.5
    assert run("-m", ruled, "power.agenda_access=0.1,0.5,0.9", *QUICK, "out=sweep") == 0
    for folder, value in (("0", 0.1), ("1", 0.5), ("2", 0.9)):
        runs = simulate(
            Parameters(), load_case("ruled.yaml"), replicates=2, weeks=30, overrides={"power.agenda_access": value}
        )
        expected = runs["need_met"].sel(case="RULED").to_numpy().mean(axis=0)
        np.testing.assert_allclose(shown_need(here / "sweep" / folder), expected, rtol=1e-12)
        assert agenda_access(here / "sweep" / folder) == value


def test_a_typed_preset_wins_over_a_case_and_an_implied_default_does_not(here, ruled, monkeypatch):
    seen = []

    def noted(params, case, **how):
        seen.append(how["overrides"])
        return simulate(params, case, **how)

    monkeypatch.setattr(job, "simulate", noted)
    assert run(ruled, *QUICK, "out=a") == 0
    assert run(ruled, *QUICK, "out=b", "power.agenda_access=0.5", "power=partnership") == 0
    assert seen == [{}, preset_values("power", "partnership") | {"power.agenda_access": 0.5}]
    assert (agenda_access(here / "a"), agenda_access(here / "b")) == (0.1, 0.5)


def test_a_typed_preset_of_ones_own_wins_over_a_case(here, ruled):
    (here / "mine" / "power").mkdir(parents=True)
    (here / "mine" / "power" / "open.yaml").write_text("agenda_access: 0.5\n")
    assert run("--config-dir", "mine", ruled, *QUICK, "power=open", "out=a") == 0
    assert agenda_access(here / "a") == 0.5


def test_the_configuration_holds_what_each_case_had_of_its_own(here, ruled):
    assert run(ruled, *QUICK, "power.decision_rule=majority", "out=a") == 0
    written = yaml.safe_load((here / "a" / "config.yaml").read_text(encoding="utf-8"))
    assert written["used"] == {
        "RULED": {
            "weeks": 30,
            "rules": {"power.agenda_access": 0.1, "power.decision_rule": "majority"},
            "events": [
                {"week": 3, "kind": "set", "value": 1.2, "parameter": "capacity.workload"},
                {"week": 5, "kind": "sponsor_leaves", "value": 0.0, "site": "only"},
            ],
        }
    }
    assert load_case(here / "a" / "cases" / "RULED.yaml") == load_case("ruled.yaml")


def test_copies_of_cases_are_the_cases(tmp_path):
    chosen = [load_case(name) for name in cases()]
    copy_files(chosen, tmp_path / "cases")
    assert [load_case(tmp_path / "cases" / f"{case.id}.yaml") for case in chosen] == chosen
    assert len(list((tmp_path / "cases").iterdir())) == 2 * len(chosen)


def test_each_case_has_its_own_length_unless_weeks_are_given(here, ruled, capsys):
    assert run("case=[ruled.yaml,EN-LPFT]", "replicates=1", "figures=false", "out=a") == 0
    last = tables(here / "a")["runs"].set_index("case")["week"]
    assert last.to_dict() == {"RULED": 52, "EN-LPFT": load_case("EN-LPFT").weeks}
    assert "1 replicate of 52 weeks (RULED) and 312 weeks (EN-LPFT), 2 runs on 1 thread." in capsys.readouterr().out
    assert run(ruled, "replicates=1", "threads=8", "weeks=4", "figures=false", "out=b") == 0
    assert "Simulating RULED: 1 replicate of 4 weeks, 1 run on 1 thread." in capsys.readouterr().out
    assert run("case=[ruled.yaml,EN-LPFT]", "replicates=1", "weeks=4", "figures=false", "out=c") == 0
    assert "1 replicate of 4 weeks each, 2 runs" in capsys.readouterr().out


def test_the_runs_of_a_sweep_share_one_dated_folder(here, monkeypatch):
    places = []

    def slow(settings, *_: object) -> None:
        places.append(Path(settings["out"]))
        time.sleep(1.1)  # the next run starts in another second

    monkeypatch.setattr(job, "run_job", slow)
    assert run("-m", "case=EN-LPFT", "seed=1,2,3") == 0
    assert run("-m", "case=EN-LPFT", "seed=1,2", "out=mine/${now:%H-%M-%S}") == 0
    assert len({place.parent for place in places[:3]}) == len({place.parent for place in places[3:]}) == 1
    assert [place.name for place in places] == ["0", "1", "2", "0", "1"]
    assert re.fullmatch(r"runs/\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d", places[0].parent.as_posix())


@pytest.mark.parametrize(
    ("typed", "folder"),
    [
        ("out=~/x", "{home}/x"),
        ("out='~/my run'", "{home}/my run"),
        ("out=års!möte (2)", "års!möte (2)"),
        ("out=007", "007"),
        ("out=plain/er", "plain/er"),
        ("out=~/it is\\so\\", "{home}/it is\\so\\"),
        ("out=by-${seed}", "by-1"),
    ],
)
def test_a_place_may_have_any_name(typed, folder, here, monkeypatch):
    places = []
    monkeypatch.setattr(job, "run_job", lambda settings, *_: places.append(settings["out"]))
    monkeypatch.setenv("HOME", str(here / "o'home"))
    monkeypatch.setenv("USERPROFILE", str(here / "o'home"))
    assert run("case=EN-LPFT", typed) == 0
    assert places == [folder.format(home=here / "o'home")]


# ---- how far it is ----


def test_plain_progress_leaves_the_first_run_out_and_tells_the_time_left(monkeypatch, capsys):
    clock = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    with progress.told_progress(100) as told:
        for done, moment in ((1, 60.0), (11, 70.0), (21, 72.0), (31, 80.0), (100, 200.0)):
            clock[0] = moment
            told.part(0, "EN-LON")(done, 100)
    assert capsys.readouterr().err.splitlines() == [
        "11 of 100 runs, EN-LON, 1.0 runs/s, 89 s left",
        "31 of 100 runs, EN-LON, 1.5 runs/s, 46 s left",
    ]


def test_the_first_of_few_runs_has_no_rate_yet(monkeypatch, capsys):
    clock = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    with progress.told_progress(3) as told:
        clock[0] = 30.0
        told.part(0, "EN-LON")(1, 3)
    assert capsys.readouterr().err == "1 of 3 runs, EN-LON\n"


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.0, "1 s"), (11.2, "12 s"), (99.0, "99 s"), (170.0, "3 min"), (7_400.0, "2 h 4 min")]
)
def test_times_are_told_as_people_say_them(seconds, told):
    assert progress.lasting(seconds) == told


# ---- whole or not there ----


def started(*words: str, stand: Path) -> subprocess.Popen:
    """A run in a process of its own, in which it has begun to simulate."""
    code = "import sys; from coprod_abm.experiments.cli import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code, "run", *words],
        cwd=stand,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline().startswith("Simulating")
    return process


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_leaves_nothing(tmp_path, number, code):
    process = started("case=EN-LPFT", "replicates=100000", "out=deep/down/results", stand=tmp_path)
    process.send_signal(number)
    _, told = process.communicate(timeout=180)
    assert process.returncode == code
    assert "Traceback" not in told
    if number == signal.SIGINT:
        assert told.strip().splitlines()[-1] == "Interrupted: nothing half-done was kept."
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_fails_late_leaves_nothing(here, monkeypatch, capsys):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "tables")

    monkeypatch.setattr(job, "write_tables", full)
    assert run("case=EN-LPFT", "replicates=1", "weeks=4", "out=a/b") == 1
    assert "No space left on device" in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_a_folder_appears_only_when_it_is_whole(tmp_path):
    out = tmp_path / "new" / "results"
    with run_folder(out) as folder:
        (folder / "a.txt").write_text("a")
        assert not out.exists()
        assert folder.parent == out.parent
    assert [file.name for file in out.parent.iterdir()] == ["results"]
    assert (out / "a.txt").read_text() == "a"


def test_an_empty_folder_may_be_used(tmp_path):
    with run_folder(tmp_path / "a"):
        pass
    with run_folder(tmp_path / "a") as folder:
        (folder / "a.txt").write_text("a")
    assert (tmp_path / "a" / "a.txt").is_file()


def test_a_failed_block_leaves_what_was_there_before(tmp_path):
    (tmp_path / "kept").mkdir()
    with pytest.raises(KeyboardInterrupt), run_folder(tmp_path / "kept" / "deep" / "results"):
        raise KeyboardInterrupt
    assert [file.name for file in tmp_path.rglob("*")] == ["kept"]


def test_a_place_that_was_taken_meanwhile_is_left_alone(tmp_path):
    def both() -> None:
        with run_folder(tmp_path / "a"):
            (tmp_path / "a").mkdir()
            (tmp_path / "a" / "theirs.txt").write_text("theirs")

    with pytest.raises(OutputError, match="already holds files"):
        both()
    assert [file.name for file in tmp_path.rglob("*")] == ["a", "theirs.txt"]


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "a").write_text("mine")
    with pytest.raises(OutputError, match="is a file"):
        check_free(tmp_path / "a")


# ---- presets ----


def composed(*overrides: str) -> Parameters:
    """The parameters that Hydra composes."""
    from hydra import compose, initialize
    from omegaconf import OmegaConf

    from coprod_abm.experiments.settings import NAME, parameters_of, register

    register()
    with initialize(version_base="1.3", config_path=None):
        config = compose(NAME, overrides=list(overrides))
    return parameters_of(OmegaConf.to_container(config, resolve=True, enum_to_str=True), {})


def test_hydra_and_the_library_read_every_preset_alike():
    for family in FAMILIES:  # one composition chooses a preset of every family, so as many as the longest family has
        assert "default" in presets(family)
    longest = max(len(presets(family)) for family in FAMILIES)
    for place in range(longest):
        choices = [f"{family}={presets(family)[place % len(presets(family))]}" for family in FAMILIES]
        try:
            params = preset(*choices)
        except ParameterError:  # these contradict each other
            assert "claimed" in choices[0]
            choices = choices[:1]
            params = preset(*choices)
        assert composed(*choices) == params


@pytest.mark.parametrize("theory", theory_names())
def test_hydra_and_the_library_read_every_theory_alike(theory):
    choices = [f"theory={theory}", "power=arnstein/consultation", "leadership.facilitation=0.9"]
    params = preset(*choices)
    assert composed(*choices) == params
    assert (params.power.agenda_access, params.leadership.facilitation) == (0.1, 0.9)


def test_the_dial_runs_from_directive_to_facilitative():
    def told(*choices):
        return preset(*choices).replace({"leadership.dial": -1})

    assert told("leadership.dial=0") == told("leadership=directive")
    assert told("leadership.dial=1") == told("leadership=facilitative")
    half = preset("leadership.dial=0.5", "leadership.agenda_control=0.2")
    assert (half.leadership.facilitation, half.leadership.agenda_control) == (0.5, 0.2)


def test_the_defaults_are_the_declared_ones():
    assert composed() == preset() == Parameters()
    assert preset(*(f"{family}=default" for family in FAMILIES)) == Parameters()


def test_a_single_setting_goes_before_its_preset():
    choices = ("power.agenda_access=0.25", "power=partnership", "power.decision_rule=lottery")
    params = preset(*choices)
    assert params == composed(*choices)
    assert params.power.agenda_access == 0.25
    assert params.power.decision_rule.name == "lottery"
    assert params.power.citizen_seat_share == preset("power=partnership").power.citizen_seat_share


def test_a_preset_says_what_it_means_and_where_it_comes_from():
    from coprod_abm.presets import preset_file

    for family, name in EVERY_PRESET:
        lines = preset_file(family, name).read_text(encoding="utf-8").splitlines()
        head = [line for line in lines if line.startswith("# ")]
        assert lines[: len(head)] == head, name
        assert any(line.startswith("# Source: ") for line in head[1:]), name


def test_each_preset_but_the_default_changes_or_states_something():
    for family, name in EVERY_PRESET:
        assert bool(preset_values(family, name)) == (name != "default")


def test_the_two_names_of_partnership_mean_the_same():
    assert preset_values("power", "partnership") == preset_values("power", "arnstein/partnership")


# Arnstein's rungs in the model's terms (evidence on participation): citizens' share of seats, problems of theirs that reach
# the agenda, weight of their vote, and what their word counts with professionals beside a word among equals
RUNGS = {
    "manipulation": (0.2, 0.0, 0.0, 0.0),
    "therapy": (0.5, 0.0, 0.0, 0.0),
    "informing": (0.3, 0.0, 0.0, 0.1),
    "consultation": (0.3, 0.1, 0.0, 0.5),
    "placation": (0.2, 0.3, 1.0, 0.5),
    "partnership": (0.5, 0.75, 1.0, 1.0),
    "delegated_power": (0.6, 1.0, 1.0, 1.0),
    "citizen_control": (1.0, 1.0, 1.0, 1.0),
}


@pytest.mark.parametrize("name", RUNGS)
def test_a_rung_gives_citizens_the_say_that_its_source_names(name):
    power = preset(f"power=arnstein/{name}").power
    word = power.citizens_word * np.exp(-power.deference)
    assert (power.citizen_seat_share, power.agenda_access, power.citizen_vote) == RUNGS[name][:3]
    assert word == pytest.approx(RUNGS[name][3], rel=0.02)


def test_therapy_is_professionals_talking_twice_as_loud():
    power = preset("power=arnstein/therapy").power
    assert power.staff_word * np.exp(power.deference) == pytest.approx(2.0, rel=0.02)


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        (["power=consensu"], "Did you mean 'consensus'"),
        (["powr=consensus"], "Did you mean 'power'"),
        (["power.agenda_acces=1"], r"Did you mean 'power\.agenda_access'"),
        (["power"], "Write family=preset or family.name=value"),
        (["power=consensus", "power=lottery"], "power is given twice: power=consensus and power=lottery"),
    ],
)
def test_a_choice_that_means_nothing_is_refused(choices, told):
    with pytest.raises(ValueError, match=told) as refused:
        preset(*choices)
    assert "\n" not in str(refused.value)


def test_a_preset_out_of_range_names_its_file(tmp_path, monkeypatch):
    from coprod_abm import presets as module

    (tmp_path / "power").mkdir()
    (tmp_path / "power" / "wild.yaml").write_text("# wild\n# Source: none\nagenda_access: 3\n")
    monkeypatch.setattr(module, "_folder", lambda family: tmp_path / family)
    with pytest.raises(PresetError, match=r"wild\.yaml: power\.agenda_access = 3 is outside"):
        preset("power=wild")


# ---- what is published with an error ----


def test_sampling_error_is_that_of_a_share():
    assert sampling_error("staff_recommend_care", 0.5, 100.0) == pytest.approx(1.645 * 0.05)
    assert sampling_error("can_influence_local_decisions", 50.0, 100.0) == pytest.approx(1.645 * 5.0)
    assert np.isnan(sampling_error("staff_engagement", 3.9, 1000.0))  # its SD is between organisations
    assert np.isnan(sampling_error("staff_recommend_care", 0.5, float("nan")))
