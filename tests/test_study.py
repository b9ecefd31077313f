"""One command does the whole study: its plan is checked first, it goes on after kills, and it says what made it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml

from coprod_abm.experiments.cli import main
from coprod_abm.experiments.run_folder import OutputError
from coprod_abm.experiments.whole_study import checks, forecast, record, steps
from coprod_abm.experiments.whole_study.crate import DOES, does
from coprod_abm.experiments.whole_study.findings import calibration_found
from coprod_abm.experiments.whole_study.record import begun
from coprod_abm.experiments.whole_study.report import html
from coprod_abm.experiments.whole_study.settings import budgets, kept, read_budget, settings_of
from coprod_abm.experiments.whole_study.steps import STEPS, words_of
from coprod_abm.simulate import RunError

SMALL = ["case=[EN-LPFT]", "calibration.theories=[all,relational]", "calibration.draws=1200"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---- the plan ----


@pytest.mark.slow
@pytest.mark.parametrize("budget", ["quick", "full"])
def test_every_step_of_every_budget_can_be_done(budget):
    assert set(budgets()) == {"quick", "full"}
    sizes = checks.checked(settings_of([f"budget={budget}"]))
    assert list(sizes) == list(STEPS)
    assert sizes["simulation"] == 9 * read_budget(budget)["simulation"]["replicates"]
    assert sizes["calibration"] >= 9 * 4_000


def test_a_key_of_a_step_reaches_its_command_and_only_that():
    settings = settings_of([*SMALL, "seed=7", "simulation.replicates=3", "scenarios.scenario=sponsor_loss"])
    words = {name: words_of(name, settings, Path("x")) for name in STEPS}
    assert words["simulation"] == ["run", "replicates=3", "case=[EN-LPFT]", "seed=7", "out=x/1-simulation"]
    assert {"theories=[all,relational]", "draws=1200", "stages=checks", "seed=7"} <= set(words["calibration"])
    assert {"compare", "advise", "bank=x/3-calibration", "classifiers=3"} <= set(words["surveys"])
    assert "scenario=sponsor_loss" in words["scenarios"]
    assert not any("replicates=3" in word for word in words["scenarios"])


def test_scenarios_take_draws_only_where_the_chains_agree(here):
    settings, folder = settings_of(SMALL), Path("x") / STEPS["calibration"].folder
    folder.mkdir(parents=True)
    for good in (True, False):
        (folder / "sampling.json").write_text(json.dumps({"good": good}))
        words = words_of("scenarios", settings, Path("x"))
        assert (f"draws={folder / 'draws.parquet'}" in words) is good


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["budget=large"], "budget=large does not exist"),
        (["replicates=3"], "'replicates' is not a key of coprod study"),
        (["simulaton.replicates=3"], "Did you mean 'simulation.'"),
        (["simulation.seed=3"], "Write seed=... for the whole study"),
        (["theories.bank=x"], "It follows from the study"),
        (["case=SE-JKQ"], "SE-JKQ"),
        (["seed=x"], "seed = 'x' is not a whole number"),
        (["seed=1", "seed=2"], "given twice"),
        (["simulation.replicate=3"], "Did you mean 'replicates'"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_written(here, capsys, words, said):
    assert main(["study", *words, "out=no"]) == 2
    assert said in capsys.readouterr().err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("simulation.replicates=0", "replicates"),
        ("sensitivity.method=magic", "method=magic"),
        ("calibration.draws=60", "draws"),
        ("calibration.theories=[all,magic]", "magic"),
        ("theories.classifiers=0", "classifiers"),
        ("surveys.aim=fame", "aim=fame"),
        ("scenarios.scenario=magic", "magic"),
    ],
)
def test_each_step_is_checked_by_its_own_command(here, word, said):
    step = word.partition(".")[0]
    with pytest.raises(ValueError, match=said):
        checks.CHECKS[step](words_of(step, settings_of([word]), Path("x")))


def test_a_dry_run_says_sizes_and_time_and_writes_nothing(here, capsys, monkeypatch):
    monkeypatch.setattr(forecast, "runs_per_second", lambda settings: 40.0)
    assert main(["study", "budget=full", "case=EN-LPFT", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "150,000" in told
    assert re.search(r"about \d+ h", told)
    assert list(here.iterdir()) == []


# ---- one folder, one study ----


def test_the_same_command_goes_on_and_another_configuration_is_refused(here):
    settings = settings_of(SMALL)
    begun(Path("one"), settings, ["coprod", "study"])
    assert yaml.safe_load(Path("one/config.yaml").read_text(encoding="utf-8")) == kept(settings)
    assert begun(Path("one"), {**settings, "threads": 1}, []).settings["threads"] == 1  # decides no number
    with pytest.raises(RunError, match=r"calibration\.draws was 1200 and is now 1300.*out="):
        begun(Path("one"), settings_of([*SMALL[:2], "calibration.draws=1300"]), [])
    with pytest.raises(RunError, match="seed was 1 and is now 2"):
        begun(Path("one"), settings_of([*SMALL, "seed=2"]), [])


def test_another_version_of_the_model_is_refused(here, monkeypatch):
    begun(Path("one"), settings_of(SMALL), [])
    monkeypatch.setattr(record, "source_fingerprint", lambda: "0" * 64)
    with pytest.raises(RunError, match="another version of the model"):
        begun(Path("one"), settings_of(SMALL), [])


def test_a_folder_of_something_else_is_refused(here):
    Path("one").mkdir()
    Path("one/mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="already holds files"):
        begun(Path("one"), settings_of(SMALL), [])
    Path("one/study.json").write_text("{half")
    with pytest.raises(RunError, match="cannot be read"):
        begun(Path("one"), settings_of(SMALL), [])
    with pytest.raises(OutputError, match=r"mine.txt cannot be used: Not a directory. Name another folder"):
        begun(Path("one/mine.txt"), settings_of(SMALL), [])


def test_a_step_is_done_again_only_when_its_inputs_changed_or_its_files_are_gone(here, monkeypatch):
    done = []

    def work(words):
        done.append(words[0])
        place = Path(next(word.removeprefix("out=") for word in words if word.startswith("out=")))
        place.mkdir(parents=True, exist_ok=True)
        (place / STEPS["sensitivity"].leaves).write_text("{}")
        return 0

    monkeypatch.setattr(record, "do", work)
    one = begun(Path("one"), settings_of(SMALL), [])
    assert not one.is_done("sensitivity")
    assert one.do("sensitivity") == 0
    assert one.is_done("sensitivity")
    assert begun(Path("one"), settings_of(SMALL), []).is_done("sensitivity")
    other = one._replace(settings={**one.settings, "sensitivity": {"n": 99}})
    assert not other.is_done("sensitivity")
    (one.out / STEPS["sensitivity"].folder / STEPS["sensitivity"].leaves).unlink()
    assert not one.is_done("sensitivity")
    one.stamp_of("sensitivity").write_text("{half")
    assert not one.is_done("sensitivity")


def test_a_step_that_fails_is_not_stamped_and_says_how_to_go_on(here, monkeypatch, capsys):
    monkeypatch.setattr(steps, "MODULES", {**steps.MODULES, "run": "doctor"})
    monkeypatch.setattr("coprod_abm.experiments.doctor.main", lambda words: 130)
    monkeypatch.setattr("coprod_abm.experiments.whole_study.checks.checked", lambda settings: dict.fromkeys(STEPS, 1))
    monkeypatch.setattr(forecast, "runs_per_second", lambda settings: 40.0)
    assert main(["study", *SMALL, "out=one"]) == 130
    assert "the same coprod study command goes on there" in capsys.readouterr().err
    assert not Path("one/steps/simulation.json").exists()


# ---- the page and the metadata ----


@pytest.mark.parametrize(
    ("held", "said"), [(None, "was not tried"), (0.95, "held the truth in 95%"), (0.6, "too seldom")]
)
def test_the_report_says_of_joint_intervals_what_their_trial_found(here, held, said):
    folder = calibration_folder(here)
    if held is not None:
        row = {"parameter": "all", "level": "shared", "sets": 50, "coverage_90": held, "low": held - 0.05, "high": held + 0.04,
               "widen_by": 1.4, "coverage_widened": 0.9}  # fmt: skip
        pd.DataFrame([row]).to_csv(folder / "joint_coverage.csv", index=False)
    found = calibration_found(here)[0]
    assert said in found
    assert found.endswith(".")


def calibration_folder(out: Path) -> Path:
    """A calibration without findings, as the report of a study reads it."""
    folder = out / STEPS["calibration"].folder
    folder.mkdir(parents=True)
    (folder / "sampling.json").write_text(json.dumps({"good": True}), encoding="utf-8")
    (folder / "bank.json").write_text(json.dumps({"draws": 580, "theories": ["all"]}), encoding="utf-8")
    pd.DataFrame({"level": ["shared"], "label": ["learned"]}).to_csv(folder / "together.csv", index=False)
    predicted = {"observed": [0.5], "held_out": [True], "q05": [0.4], "q95": [0.6]}
    pd.DataFrame(predicted).to_csv(folder / "predicted.csv", index=False)
    pd.DataFrame({"sets": [45], "coverage_90": [0.9]}).to_csv(folder / "coverage.csv", index=False)
    return folder


def test_the_page_escapes_what_it_is_told_and_needs_no_address(here):
    shown = html(
        "# A <script>title</script>\n\n<img src=x onerror=alert(1)>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", here
    )
    assert "<script>title" not in shown
    assert "<img src=x" not in shown
    assert "<td>2</td>" in shown
    assert "default-src 'none'" in shown


def test_every_file_has_a_description():
    assert does("3-calibration/posterior.nc").startswith("Draws of all cases together")
    assert does("1-simulation/figures/perspectives_process.png") == "A picture"
    assert does("anything/else") == DOES[-1][1]


# ---- a whole study ----

TINY = [
    "case=[EN-LPFT,EN-LON]", "simulation.replicates=4", "sensitivity.n=6", "sensitivity.free=[trust,power]",
    "sensitivity.measures=[need_met,citizen_trust]", "calibration.theories=[all,relational]", "calibration.draws=1200",
    "theories.surveys=600", "theories.classifiers=2", "theories.partnerships=0", "scenarios.scenario=sponsor_loss",
    "scenarios.case=EN-LPFT", "scenarios.replicates=4",
]  # fmt: skip


@pytest.mark.slow
def test_a_study_that_is_killed_twice_ends_as_one_that_never_was(here):
    start = [
        sys.executable,
        "-c",
        "import sys; from coprod_abm.experiments.cli import main; sys.exit(main(sys.argv[1:]))",
    ]
    words = ["study", *TINY]
    for until in ("2-sensitivity/parts", "3-calibration/emulators"):
        killed_when(here / "killed" / until, [*start, *words, "out=killed"])
    subprocess.run([*start, *words, "out=killed"], check=True)
    stamps = {file.name: file.read_bytes() for file in (here / "killed" / "steps").iterdir()}
    assert main([*words, "out=killed"]) == 0  # nothing is left to do
    assert {file.name: file.read_bytes() for file in (here / "killed" / "steps").iterdir()} == stamps
    subprocess.run([*start, *words, "out=whole"], check=True)
    one, other = tables(here / "killed"), tables(here / "whole")
    assert len(one) > 30
    assert one.keys() == other.keys()
    assert [name for name in one if not one[name].equals(other[name])] == []
    check_report(here / "whole")
    check_crate(here / "whole")


def killed_when(place, command):
    """Start a study and kill it once a folder is there."""
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 900
    while not place.exists() and running.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    assert running.poll() is None, f"the study ended before {place} was there"
    os.kill(running.pid, signal.SIGKILL)
    running.wait()


def tables(folder):
    """The tables of a study, by their place."""
    found = {}
    for file in sorted(folder.rglob("*.csv")):
        found[file.relative_to(folder).as_posix()] = pd.read_csv(file)
    for file in sorted(folder.glob("1-simulation/tables/*.parquet")):
        found[file.relative_to(folder).as_posix()] = pd.read_parquet(file)
    return found


def check_report(folder):
    text, shown = ((folder / name).read_text(encoding="utf-8") for name in ("report.md", "report.html"))
    for step in STEPS.values():
        assert f"## {step.title}" in text
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (folder / link).exists(), link
    assert "This was a quick look" in text
    assert "seed 1" in text
    assert not re.search(r'(?:src|href)="https?://[^"]*\.(?:js|css|png)', shown)
    assert shown.count("data:image/png;base64,") >= 8
    assert "nan" not in text.lower().split()


def check_crate(folder):
    graph = {
        one["@id"]: one for one in json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))["@graph"]
    }
    referred = set(re.findall(r'"@id": "([^"]+)"', json.dumps(list(graph.values()))))
    assert {name for name in referred if name not in graph and "://" not in name} == set()
    files = {f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file()}
    whole = tuple(name for name in graph if name.endswith("/"))
    left_out = {
        name for name in files if name not in graph and not name.startswith(tuple(w for w in whole if w != "./"))
    }
    assert left_out <= {"ro-crate-metadata.json"}
    assert [name for name, one in graph.items() if one["@type"] == "File" and not (folder / name).is_file()] == []
    assert {"#source-lpft", "#coprod-abm", "#calibration", "config.yaml", "measures/"} <= set(graph)
    assert graph["#source-lpft"]["license"]
