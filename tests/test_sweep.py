"""What `coprod sweep` promises: one job for a design, the numbers of `coprod run -m`, a folder that goes on, plain words."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from hydra.core.plugins import Plugins

from coprod_abm.experiments import plugins, progress, sweep_forecast, sweep_job
from coprod_abm.experiments.cli import main
from coprod_abm.experiments.sweep_settings import known_keys, option_values, options, part_keys, sweep_keys
from coprod_abm.job import Chunk, chunks, computed, job_of
from coprod_abm.store import open_store, results

PAGE = (Path(__file__).parent.parent / "docs" / "sweeps.md").read_text(encoding="utf-8")
ACCESS, FACILITATION = "power.agenda_access", "leadership.facilitation"
QUICK = ("case=reference", "weeks=30", "replicates=2", "figures=false", "measures=need_met,tokenism")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder in which the user stands."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["coprod"])
    return tmp_path


def sweep(*words: str) -> int:
    return main(["sweep", *words])


# ---- numbers ----


def test_numbers_are_those_of_hydras_own_sweeper(here):
    grid = (f"{ACCESS}=0.1,0.9", "power=majority,consensus", f"{FACILITATION}=range(0.2,0.9,0.3)", "theory=relational")
    common = ("case=SE-JKP,EN-LON", "replicates=3", "weeks=60", "figures=false", "seed=5")
    assert sweep(*common, *grid, "out=swept", "rows=replicates") == 0
    assert main(["run", "-m", "case=[SE-JKP,EN-LON]", *common[1:], *grid, "out=run"]) == 0
    swept = results("swept")
    assert len(swept) == 12 * 2 * 3
    for point in range(12):
        run = pd.read_parquet(here / "run" / str(point) / "tables" / "runs.parquet")
        own = swept[swept["point"] == point].reset_index(drop=True)
        pd.testing.assert_frame_equal(
            own[["case", "replicate", "seed"]], run[["case", "replicate", "seed"]], check_dtype=False
        )
        measures = [name for name in run.columns[4:] if name in own]
        assert len(measures) > 60
        pd.testing.assert_frame_equal(own[measures], run[measures], check_exact=True)


def test_the_table_is_that_of_the_library(here):
    assert (
        sweep(*QUICK, f"{ACCESS}=interval(0.2,0.8)", "trust=fragile,default", "design=lhs", "design.n=4", "out=a") == 0
    )
    table = results("a")
    job = job_of(
        table[[ACCESS, "trust"]], sweep_job.named_cases("reference"), ["need_met", "tokenism"], 2, 1, 30, quantiles=True
    )
    pd.testing.assert_frame_equal(table, computed(job, Chunk(0, 0, job.size, "")), check_dtype=False)


@pytest.mark.parametrize("executor", ["local", pytest.param("dask", marks=pytest.mark.slow)])
def test_presets_of_ones_own_are_swept_beside_the_shipped_ones(here, capsys, executor):
    mine = here / "mine" / "power" / "forms"
    mine.mkdir(parents=True)
    (mine / "open.yaml").write_text("agenda_access: 0.9\ndecision_rule: consensus\n", encoding="utf-8")
    (here / "mine" / "trust").mkdir()
    (here / "mine" / "trust" / "quick.yaml").write_text("gain: 0.09\n", encoding="utf-8")
    words = (*QUICK, "--config-dir", "mine", "power=forms/open,majority", "trust=quick", f"executor={executor}")
    assert sweep(*words, "out=a") == 0
    points = pd.DataFrame(
        {"power": ["consensus", "majority"], ACCESS: [0.9, 0.5], "trust.gain": 0.09},
    )
    job = job_of(points, sweep_job.named_cases("reference"), ["need_met", "tokenism"], 2, 1, 30, None, True)
    expected = computed(job, Chunk(0, 0, job.size, ""))
    table = results("a")
    assert table["power"].tolist() == ["forms/open", "majority"]
    pd.testing.assert_frame_equal(table[["need_met", "tokenism"]], expected[["need_met", "tokenism"]], check_exact=True)
    known = json.loads((here / "a" / "study.json").read_text())["facts"]["presets"]
    assert known["power"]["forms/open"] == {ACCESS: "0.9", "power.decision_rule": "consensus"}
    assert sweep(*words, "out=a") == 0
    assert "nothing was computed" in capsys.readouterr().out
    (mine / "open.yaml").write_text("agenda_access: 0.2\n", encoding="utf-8")
    assert sweep(*words, "out=a") == 2
    assert "its presets are" in capsys.readouterr().err
    assert sweep(*QUICK, "power=forms/open,majority", "out=b") == 2
    assert "power=forms/open is not a preset" in capsys.readouterr().err


def test_a_folder_of_ones_own_may_hold_presets_and_nothing_that_would_be_passed_over(here, capsys):
    (here / "mine" / "theory").mkdir(parents=True)
    assert sweep(*QUICK, "--config-dir", "mine", "power=majority") == 2
    assert "takes presets of rule families of your own" in capsys.readouterr().err
    assert [each.name for each in here.iterdir()] == ["mine"]


def test_what_is_typed_wins_over_the_rules_of_a_case(here):
    words = ("case=SE-VGR", "weeks=20", "replicates=2", "figures=false", "measures=all")
    assert sweep(*words, "representation=sortition", f"{ACCESS}=0.2", "out=a") == 0
    assert main(["run", *words, "representation=sortition", f"{ACCESS}=0.2", "out=b"]) == 0
    run = pd.read_parquet(here / "b" / "tables" / "runs.parquet")
    assert results("a")["seat_share"].iloc[0] == pytest.approx(run["seat_share"].mean(), rel=1e-14)


def test_points_of_a_sample_have_draws_of_their_own_and_points_of_a_grid_share_them(here):
    assert sweep(*QUICK, "rows=replicates", f"{ACCESS}=0.2,0.8", "out=grid") == 0
    assert sweep(*QUICK, "rows=replicates", f"{ACCESS}=interval()", "design=sobol", "design.n=2", "out=sobol") == 0
    assert results("grid")["seed"].nunique() == 2
    assert results("sobol")["seed"].nunique() == 4
    words = ("design=sobol", "design.n=2", "design.common_seeds=true", "out=same")
    assert sweep(*QUICK, "rows=replicates", f"{ACCESS}=interval()", *words) == 0
    assert results("same")["seed"].nunique() == 2


# ---- the plugin ----


def test_a_design_is_one_job_of_hydra(here, monkeypatch):
    composed = []
    from hydra._internal.config_loader_impl import ConfigLoaderImpl

    original = ConfigLoaderImpl.load_sweep_config
    monkeypatch.setattr(
        ConfigLoaderImpl, "load_sweep_config", lambda *given: composed.append(given[2]) or original(*given)
    )
    assert sweep(*QUICK, "power=majority,consensus", f"{ACCESS}=range(0,1,0.1)", "out=a") == 0
    assert len(composed) == 1
    assert len(results("a")) == 20


def test_the_plugin_is_known_to_our_commands_alone():
    plugins.mount()
    plugins.mount()
    names = [clazz.__name__ for clazz in Plugins.instance().discover()]
    assert names.count("BatchSweeper") == 1
    code = "from hydra.core.plugins import Plugins; print([each.__name__ for each in Plugins.instance().discover()])"
    other = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "BasicSweeper" in other.stdout
    assert "BatchSweeper" not in other.stdout


# ---- what is refused ----


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["powr.agenda_access=0.1,0.2"], "Did you mean 'power.agenda_access'"),
        (["+power.agenda_acces=0.1"], "Did you mean 'power.agenda_access'"),
        ([f"+{ACCESS}=0.1,0.2"], "none can be added or removed"),
        ([f"++{ACCESS}=0.1"], "none can be added or removed"),
        (["+anything=1", "power=majority,consensus"], "'anything' is not a key of coprod sweep"),
        (["records=true", "power=majority"], "'records' is not a key"),
        ([f"{ACCESS}=0.1", f"{ACCESS}=0.2"], "given twice"),
        ([f"{ACCESS}=0.1,1.2"], "outside its declared range"),
        ([f"{ACCESS}=interval(0,1.2)", "design=lhs"], "outside its declared range"),
        ([f"{ACCESS}=interval()"], "design=lhs"),
        (["design=lhs"], "none is named"),
        (["design=sbol", "power=majority"], "Did you mean 'sobol'"),
        (["design.m=4", "power=majority"], "Did you mean 'design.n'"),
        (["design.n=4", "power=majority"], "belongs to design=lhs or sobol"),
        (["design=grid,lhs", "power=majority"], "takes one value"),
        (["executor=dsk", "power=majority"], "Did you mean 'dask'"),
        (["executor.address=tcp://x:1", "power=majority"], "belongs to executor=dask"),
        (["seed=1,2", "power=majority"], "seed takes one value"),
        (["hydra/sweeper=basic", "power=majority"], "coprod run -m"),
        (["--config-dir", "nowhere", "power=majority"], "is not a folder"),
        (["--cfg", "job", "power=majority"], "no use for the option --cfg"),
        (["--run", "power=majority"], "no use for the option --run"),
        (["-cn", "run", "power=majority"], "does not take --config-name"),
        (["--resolve", "power=majority"], "no use for the option --resolve"),
        (["--frob", "power=majority"], "coprod sweep has no option"),
        (["measures=need_mt", "power=majority"], "Did you mean 'need_met'"),
        (["measures=need_met,tokenism,need_met", "power=majority"], "'need_met' stands twice"),
        (["measures=need_met@999", "power=majority"], "lies after the end"),
        (["every=0", "power=majority", "dry_run=true"], "every = 0"),
        (["case=SE-JKQ", "power=majority"], "Did you mean 'SE-JKP'"),
        (["case=SE-JKP,SE-JKP", "power=majority"], "given twice"),
        (["rows=all", "power=majority"], "rows = 'all'"),
        (["replicates=0", "power=majority"], "replicates = 0"),
        (["replicates=many", "power=majority"], "replicates"),
        (["threads=0", "power=majority"], "threads = 0"),
        (["out=", "power=majority"], "out is empty"),
        (["power=majorty,consensus"], "Did you mean 'majority'"),
        ([], "nothing to sweep"),
        (["power"], "not of the form key=value"),
        ([f"{ACCESS}=interval(0"], "could not be read"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(here, capsys, words, told):
    assert sweep(*words) == 2
    shown = capsys.readouterr()
    assert told in shown.err
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert list(here.iterdir()) == []


def test_a_folder_with_other_things_is_refused(here, capsys):
    (here / "mine").mkdir()
    (here / "mine" / "thesis.txt").write_text("words")
    assert sweep(*QUICK, "power=majority", "out=mine") == 2
    assert "Name another folder" in capsys.readouterr().err
    assert [file.name for file in (here / "mine").iterdir()] == ["thesis.txt"]
    assert sweep(*QUICK, "power=majority", "out=a") == 0
    assert sweep(*QUICK, "power=consensus", "out=a") == 2
    assert "another study" in capsys.readouterr().err
    assert sweep(*QUICK, "power=consensus", "out=a", "--dry-run") == 2
    assert sweep(*QUICK, "power=consensus", "out=a", "anew=true") == 0
    assert results("a")["power"].tolist() == ["consensus"]


# ---- before, during, after ----


def test_a_dry_run_says_what_would_be_done_and_does_nothing(here, capsys, monkeypatch):
    monkeypatch.setattr(sweep_forecast, "PROBE_SECONDS", 0.05)
    words = (*QUICK, f"{ACCESS}=0.1,0.5,0.9", "power=majority,consensus", "out=a")
    assert sweep(*words, "--dry-run") == 0
    told = capsys.readouterr().out
    assert re.search(r"Points +6, each with power.agenda_access, power", told)
    assert re.search(r"Runs +12: 2 replicates of 30 weeks", told)
    assert re.search(r"Chunks +1 of about 1 s; 0 are there", told)
    assert re.search(r"Time +about \d+ s on \d+ threads? \([\d,]+ runs/s", told)
    assert re.search(r"Disk +about \d+ kB in a", told)
    assert list(here.iterdir()) == []
    assert sweep(*words) == 0
    capsys.readouterr()
    assert sweep(*words, "dry_run=true") == 0
    assert "1 are there already" in capsys.readouterr().out


def test_a_dry_run_says_why_it_takes_long_where_nothing_is_compiled_yet(here, capsys, monkeypatch):
    monkeypatch.setattr(sweep_forecast, "PROBE_SECONDS", 0.05)
    monkeypatch.setattr(sweep_job, "is_compiled", lambda: False)
    assert sweep(*QUICK, "power=majority", "--dry-run") == 0
    assert "Compiling the model once" in capsys.readouterr().err


def test_figures_are_whole_or_drawn_again_and_those_of_fewer_points_go(here, monkeypatch):
    words = (*QUICK[:3], "measures=need_met", "out=a")
    points = here / "points.csv"
    points.write_text(f"{ACCESS}\n0.1\n0.9\n")
    with monkeypatch.context() as patched:
        patched.setattr("coprod_abm.experiments.figure_sweep.keep", stopped)
        with pytest.raises(Killed):
            sweep(*words, "design=file", "design.file=points.csv")
    assert not (here / "a" / "figures").exists()
    assert sweep(*words, "design=file", "design.file=points.csv") == 0
    figures = here / "a" / "figures"
    assert (figures / "response_power_agenda_access.png").is_file()
    (figures / "notes.txt").write_text("mine")
    points.write_text(f"{ACCESS}\n0.1\n0.9\n" + "".join(f"{0.1 + k / 200}\n" for k in range(1, 120)))
    assert sweep(*words, "design=file", "design.file=points.csv") == 0
    assert {file.stem.partition("_")[0] for file in figures.iterdir()} == {"points", "notes"}
    assert list((here / "a").glob(".figures-*")) == []


class Killed(BaseException):
    """Ends a sweep as a killed process would."""


def stopped(*_: object) -> None:
    raise Killed


def test_the_forecast_of_disk_is_near_the_truth(tmp_path):
    points = pd.DataFrame({ACCESS: [k / 400 for k in range(400)]})
    job = job_of(points, "EN-LPFT", replicates=5, weeks=52, quantiles=True)
    cut = chunks(job)
    store = open_store(tmp_path, job)
    for chunk in cut:
        store.write(chunk, computed(job, chunk))
    size = sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())
    assert 0.5 < sweep_forecast.bytes_of(job, len(cut)) / size < 2


def test_the_same_command_goes_on_and_computes_nothing_twice(here, capsys):
    words = (*QUICK, f"{ACCESS}=interval()", "design=sobol", "out=a")
    assert sweep(*words, "design.n=8") == 0
    parts = {file.name: file.stat().st_mtime_ns for file in (here / "a" / "parts").iterdir()}
    capsys.readouterr()
    assert sweep(*words, "design.n=8") == 0
    told = capsys.readouterr().out
    assert "Already there: 1 of 1 chunk. Nothing is left to compute." in told
    assert "nothing was computed" in told
    assert {file.name: file.stat().st_mtime_ns for file in (here / "a" / "parts").iterdir()} == parts
    before = results("a")
    assert sweep(*words, "design.n=16") == 0
    grown = results("a")
    assert len(grown) == 16
    pd.testing.assert_frame_equal(grown.head(8), before)


def test_a_point_that_cannot_run_is_told_of_and_stops_no_other(here, capsys):
    assert sweep(*QUICK, "power.space=closed,invited", "power.citizen_seat_share=0.5,0.6", "out=a") == 0
    told = capsys.readouterr().out
    assert "2 rows could not run" in told
    assert re.search(r"2 × such as: .*closed", told)
    table = results("a")
    assert table["error"].notna().tolist() == [True, True, False, False]
    assert table["need_met"].notna().tolist() == [False, False, True, True]
    assert json.loads((here / "a" / "study.json").read_text())["counts"]["failed"] == 2


def test_the_folder_says_what_was_done(here):
    words = (*QUICK[:3], "measures=need_met,tokenism", f"{ACCESS}=0.1,0.5,0.9", "out=a")
    assert sweep(*words) == 0
    study = json.loads((here / "a" / "study.json").read_text())
    assert study["config"]["words"] == [each.replace("need_met,tokenism", "[need_met,tokenism]") for each in words]
    assert study["config"]["design"]["kind"] == "grid"
    log = (here / "a" / "sweep.log").read_text()
    assert "3 points in REFERENCE: 6 runs" in log
    assert "Done: 3 rows" in log
    told = (here / "a" / "README.txt").read_text()
    patterns = re.findall(r"^(\S+\.(?:json|parquet|log)|figures/\*)", told, re.MULTILINE)
    files = {file.relative_to(here / "a").as_posix() for file in (here / "a").rglob("*") if file.is_file()}
    assert {file for file in files if not any(Path(file).match(each) for each in patterns)} == {"README.txt"}
    assert (here / "a" / "figures" / "response_power_agenda_access.png").is_file()


def test_progress_says_rate_and_time_left(here, capsys, monkeypatch):
    monkeypatch.setattr(progress, "PLAIN_SECONDS", 0.0)
    words = ("case=SE-JKP", "replicates=200", "figures=false", "measures=need_met", f"{ACCESS}=range(0,1,0.25)")
    assert sweep(*words, "out=a") == 0
    assert re.search(r"\d+ of 800 runs, sweep, [\d.]+ runs/s, \d+ s left", capsys.readouterr().err)


@pytest.mark.skipif(os.name == "nt", reason="signals are those of Unix")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_a_sweep_that_is_stopped_goes_on_to_the_same_table(here, number, code):
    words = [
        "case=reference",
        f"{ACCESS}=range(0,1,0.01)",
        "replicates=40",
        "figures=false",
        "measures=need_met",
        "weeks=150",
    ]
    command = [
        sys.executable,
        "-c",
        "import sys; from coprod_abm.experiments.cli import main; sys.exit(main())",
        "sweep",
    ]
    started = subprocess.Popen(
        [*command, *words, "out=stopped"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=here
    )
    deadline = time.monotonic() + 120
    while not list(here.glob("stopped/parts/*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.02)
    started.send_signal(number)
    _, told = started.communicate(timeout=180)
    assert started.returncode == code, told
    found = re.search(r"Interrupted: (\d+) of (\d+) chunks are kept in stopped", told)
    assert found, told
    assert 0 < int(found[1]) < int(found[2])
    assert "out=stopped" in told
    assert sweep(*words, "out=stopped") == 0
    assert sweep(*words, "out=whole") == 0
    pd.testing.assert_frame_equal(results("stopped"), results("whole"), check_exact=True)


def test_an_executor_that_is_not_installed_is_refused(here, capsys, monkeypatch):
    monkeypatch.setitem(sweep_job.EXECUTORS, "dask", "executor_nowhere")
    assert sweep(*QUICK, "power=majority", "executor=dask") == 2
    assert "executor=dask needs the package" in capsys.readouterr().err
    assert list(here.iterdir()) == []


# ---- words ----


def test_help_names_every_key_design_and_executor(capsys):
    assert sweep("--help") == 0
    told = capsys.readouterr().out
    assert all(re.search(rf"^  {key} ", told, re.MULTILINE) for key in sweep_keys())
    assert all(key in told for key in part_keys())
    assert all(name in told for part in ("design", "executor") for name in options(part))
    assert max(map(len, told.splitlines())) <= 128
    assert "sweep" in known_words()


def known_words() -> str:
    from coprod_abm.experiments.cli import overview

    return overview()


def test_the_page_names_every_key_and_design():
    named = set(re.findall(r"^\| `([a-z_.]+)`", PAGE, re.MULTILINE))
    assert set(sweep_keys()) <= named
    assert {f"design={name}" for name in options("design")} <= set(re.findall(r"`(design=\w+)", PAGE))
    assert named <= set(known_keys())


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    return [line.split("  #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def test_commands_of_the_page_work(here):
    (here / "points.csv").write_text(re.search(r"```text\n(power\..*?)```", PAGE, re.DOTALL)[1])
    told = commands()
    assert len(told) == 8
    # small enough for a test: few points and weeks, and each into a folder of its own unless the page names it twice
    for line in told:
        words = [word for word in shlex.split(line.replace("\\\n", "")) if word]
        assert words[:2] == ["coprod", "sweep"], line
        words = [word for word in words if not word.startswith(("replicates=", "weeks=", "figures=", "case="))]
        words = [re.sub(r"^design\.n=\d+$", "design.n=4", word) for word in words]
        words = [re.sub(r"range\(.*\)", "range(0,1,0.5)", word) for word in words]
        assert sweep(*words[2:], "case=reference", "replicates=2", "weeks=4", "figures=false") == 0, line


def test_python_of_the_page_works(here):
    assert sweep(*QUICK, f"{ACCESS}=0.1,0.9", "out=access") == 0
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(block, {})


def test_designs_decide_whether_points_share_draws():
    assert {name for name in options("design") if option_values("design", name)["common_seeds"]} == {"grid", "presets"}


@pytest.mark.parametrize(
    ("words", "told"),
    [(["shard=1/2"], "Name it with out="), (["shard=1/2", "out=all", "anew=true"], "shard= and anew=true contradict")],
)
def test_shares_fill_one_folder_and_none_begins_anew(here, capsys, words, told):
    assert sweep(f"{ACCESS}=0.1,0.9", *QUICK, *words) == 2
    assert told in capsys.readouterr().err
    assert not list(here.iterdir())
