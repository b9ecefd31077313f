"""What `coprod calibrate` promises: stages that go on from files, figures of your own, plain refusals, an honest report."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from coprod_abm.calibration.bank_store import read_bank, read_observed, read_targets
from coprod_abm.calibration.priors import prior_names, read_priors
from coprod_abm.calibration.targets import target_names
from coprod_abm.experiments.calibrate_job import key_of_stage
from coprod_abm.experiments.calibrate_plan import planned
from coprod_abm.experiments.calibrate_report import report_stage
from coprod_abm.experiments.calibrate_settings import CalibrateSettings, as_list, help_text, known_keys, listed
from coprod_abm.experiments.calibrate_tables import errors_table, fixed_table, priors_table
from coprod_abm.experiments.cli import main
from coprod_abm.experiments.odd import filled
from coprod_abm.experiments.refusals import is_refusal

QUICK = ("case=EN-LPFT", "theories=all", "draws=60", "figures=false", "threads=1")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder in which the user stands."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["coprod"])
    return tmp_path


def calibrate(*words: str) -> int:
    return main(["calibrate", *words])


# ---- what it does ----


def test_a_calibration_leaves_bank_targets_checks_and_report_and_goes_on(here, capsys):
    assert calibrate(*QUICK, "out=one", "stages=prior") == 0
    assert len(read_bank("one")) == 60
    assert {file.name for file in (here / "one").glob("*.csv")} == {
        "targets.csv", "prior_predictive.csv", "courses.csv", "at_the_edge.csv",
    }  # fmt: skip
    before = (here / "one" / "prior_predictive.csv").stat().st_mtime_ns
    capsys.readouterr()
    assert calibrate(*QUICK, "out=one", "stages=prior") == 0
    assert "prior      is there already" in capsys.readouterr().out
    assert (here / "one" / "prior_predictive.csv").stat().st_mtime_ns == before
    assert calibrate(*QUICK, "out=one", "stages=prior", "hold_out.waves=2022/23") == 0  # other data, the same bank
    assert "prior      is there already" not in capsys.readouterr().out
    assert read_observed("one")["EN-LPFT"].held_out.sum() == 9
    study = json.loads((here / "one" / "calibration.json").read_text(encoding="utf-8"))
    assert study["settings"]["hold_out"]["waves"] == "2022/23"
    assert set(study["hashes"]) == {"priors", "targets"}
    assert {"command", "git", "versions", "machine"} <= set(study)


def test_an_estimate_from_too_few_draws_is_refused_before_a_bank_is_filled(here, capsys):
    assert calibrate(*QUICK, "out=one") == 2
    told = capsys.readouterr().err
    assert "60 draws over 1 theories leave 60 to theory=all" in told
    assert "Ask for draws=500 or more" in told
    assert not (here / "one").exists()


def test_a_report_without_estimates_says_so(here):
    assert calibrate(*QUICK, "out=one", "stages=prior") == 0
    plan = planned(settings_of(), [])
    report_stage(plan)
    report = " ".join((here / "one" / "report.md").read_text(encoding="utf-8").split())
    for words in (
        "published regional and organisational indicators",
        "free offset",
        "`trust.asymmetry`",
        "60 draws",
        "not done",
        "Nothing was estimated yet",
    ):
        assert words in report


@pytest.mark.slow
def test_more_draws_keep_the_old_ones(here):
    assert calibrate(*QUICK, "out=one", "stages=bank") == 0
    before = read_bank("one")
    assert calibrate(*QUICK[:2], "draws=90", *QUICK[3:], "out=one", "stages=bank") == 0
    after = read_bank("one")
    assert (len(before), len(after)) == (60, 90)
    assert (after.cases["EN-LPFT"].theta[:60] == before.cases["EN-LPFT"].theta).all()


def test_a_dry_run_writes_nothing_and_says_what_it_would_take(here, capsys):
    assert calibrate(*QUICK, "out=one", "stages=prior", "--dry-run", "hold_out.waves=last") == 0
    told = capsys.readouterr().out
    for words in (
        "21 figures",
        "60 draws, each once in every case: 60 runs",
        "Time       about",
        "held out",
        "bank, prior",
    ):
        assert words in told
    assert not (here / "one").exists()


@pytest.mark.slow
def test_a_figure_shows_what_the_priors_can_produce(here):
    assert calibrate(*QUICK[:3], "threads=1", "out=one", "stages=prior") == 0
    names = {file.name for file in (here / "one" / "figures").iterdir()}
    assert {"prior-EN-LPFT.png", "prior-EN-LPFT.svg", "prior-EN-LPFT.txt", "prior-EN-LPFT.csv"} <= names


def test_parameters_are_estimated_under_the_first_theory_unless_told(here):
    assert planned(settings_of(theories=["relational", "all"], draws=200), []).theory == "relational"
    assert planned(settings_of(theories=["relational", "all"], theory="all", draws=200), []).theory == "all"
    unsaid, said = (planned(settings_of(theory=theory), []) for theory in (None, "all"))
    assert key_of_stage("hierarchy", unsaid) == key_of_stage("hierarchy", said)


@pytest.mark.slow
def test_a_sweep_over_theories_gives_a_folder_each(here):
    assert calibrate("-m", "theories=all,relational", "case=EN-LPFT", *QUICK[2:], "out=both", "stages=bank") == 0
    assert set(read_bank("both/0").theory) == {"all"}
    assert set(read_bank("both/1").theory) == {"relational"}


WITHOUT = """
import sys
from coprod_abm.experiments.cli import main
ended = main(sys.argv[1:])
heavy = {"pymc", "pytensor", "arviz", "sklearn", "torch"} & set(sys.modules)
sys.exit(f"loaded {sorted(heavy)}" if heavy else ended)
"""


def test_filling_a_bank_loads_no_library_of_inference(here):
    words = ["calibrate", *QUICK, "out=one", "stages=bank"]
    ended = subprocess.run([sys.executable, "-c", WITHOUT, *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2_000:]


@pytest.mark.slow
def test_a_sweep_over_priors_gives_a_folder_each(here):
    assert calibrate("-m", "priors=default,wide", *QUICK, "out=both", "stages=bank") == 0
    wide, usual = read_bank("both/1"), read_bank("both/0")
    assert wide.cases["EN-LPFT"].theta[:, 0].std() >= usual.cases["EN-LPFT"].theta[:, 0].std()
    assert wide.facts["hashes"]["priors"] != usual.facts["hashes"]["priors"]


# ---- figures of one's own ----

HEAD = "case_id,wave,measure,value,unit,n,sd,source\n"


def test_figures_of_ones_own_take_the_place_of_published_ones(here):
    (here / "mine.csv").write_text(
        HEAD + "EN-LPFT,2021/22,team_0_10,7.0,score 0-10,38,1.4,own survey\n", encoding="utf-8"
    )
    assert calibrate(*QUICK, "published=mine.csv", "out=one", "stages=bank") == 0
    table = read_targets("one")
    assert table[["measure", "value", "source"]].to_numpy().tolist() == [["team_0_10", 7.0, "own survey"]]
    assert [tuple(slot) for slot in read_bank("one").cases["EN-LPFT"].slots] == [("team_0_10", "2021/22", 91)]


def test_a_target_that_the_priors_cannot_produce_is_refused_or_reported(here, capsys):
    (here / "mine.csv").write_text(HEAD + "EN-LPFT,2021/22,team_0_10,0.01,score 0-10,380,1.4,own\n", encoding="utf-8")
    assert calibrate(*QUICK, "published=mine.csv", "out=one", "stages=prior") == 2
    told = capsys.readouterr().err
    assert "EN-LPFT, team_0_10 in 2021/22: 0.01 lies outside" in told
    assert "99 % of what the priors produce" in told
    assert calibrate(*QUICK, "published=mine.csv", "out=one", "stages=prior", "outside=report") == 0
    assert "0.01 lies outside" in capsys.readouterr().out


# ---- refusals ----


def settings_of(**changes: object) -> dict[str, object]:
    """The resolved configuration of a small calibration."""
    usual: dict[str, object] = {
        **asdict(CalibrateSettings()),
        "case": "EN-LPFT",
        "theories": "all",
        "draws": 60,
        "out": "one",
    }
    return {**usual, **changes}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"priors": "wider"}, ["priors=wider does not exist", "default, wide"]),
        ({"targets": "defalt"}, ["Did you mean 'default'?"]),
        ({"theories": ["all", "relatonal"]}, ["relatonal is not a theory", "relational"]),
        ({"theories": "relational", "theory": "all"}, ["theory=all is not among theories=relational"]),
        ({"theories": ["all", "all"]}, ["names none, or one twice"]),
        ({"draws": 10}, ["draws = 10 over 1 theories", "at least 50"]),
        ({"budget": "large"}, ["budget=large is not one of brief, quick, standard, full"]),
        ({"engine": "magic"}, ["engine=magic is not one of emulated"]),
        ({"hold_out": {"waves": 2031, "cases": []}}, ["no target has the wave '2031'"]),
        ({"hold_out": {"waves": [], "cases": "SE-JKP"}}, ["'SE-JKP' is not among the cases"]),
        ({"seed": -1}, ["seed"]),
        ({"published": "nowhere.csv"}, ["nowhere.csv", "a file that exists"]),
        ({"case": ["EN-LPFT", "SE-JKP"], "published": "mine.csv"}, ["is one file and there are 2 cases"]),
    ],
)
def test_what_cannot_be_done_is_refused(here, changes, told):
    (here / "mine.csv").write_text(HEAD, encoding="utf-8")
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the words are compared below
        planned(settings_of(**changes), [])
    assert is_refusal(refused.value)
    assert all(each in str(refused.value) for each in told), str(refused.value)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["drawss=60"], ["'drawss' is not a key of coprod calibrate", "Did you mean 'draws'?"]),
        (["draws=60", "draws=70"], ["draws is given twice"]),
        (["+draw=3"], ["is not a key of coprod calibrate"]),
        (["--dryrun"], ["coprod calibrate has no option '--dryrun'"]),
        (["stages=banks", *QUICK], ["stages=banks does not exist"]),
    ],
)
def test_the_command_refuses_in_plain_words(here, capsys, words, told):
    assert calibrate(*words, "out=one") == 2
    shown = capsys.readouterr().err
    assert all(each in shown for each in told), shown
    assert "Traceback" not in shown
    assert not (here / "one").exists()


@pytest.mark.slow
def test_another_bank_in_the_folder_is_refused_and_anew_moves_it(here, capsys):
    assert calibrate(*QUICK, "out=one", "stages=bank") == 0
    assert calibrate(*QUICK, "out=one", "stages=bank", "seed=2") == 2
    assert "its seed are 1" in capsys.readouterr().err
    assert calibrate(*QUICK, "out=one", "stages=bank", "seed=2", "anew=true") == 0
    assert read_bank("one").facts["seed"] == 2


# ---- what the user reads ----


def test_help_names_every_key_and_budget():
    shown = help_text()
    assert all(key in shown for key in known_keys() if not key.startswith("executor."))
    assert "50,000 draws" in shown


def test_lists_are_read_as_people_write_them():
    assert listed("theories=all,relational") == "theories=[all,relational]"
    assert listed("priors=default,wide") == "priors=default,wide"
    assert as_list(["a", 2023]) == ["a", "2023"]


def test_the_page_is_made_from_the_declarations():
    page = (Path(__file__).parent.parent / "docs" / "calibration.md").read_text(encoding="utf-8")
    assert priors_table(read_priors().estimated) in page
    assert errors_table() in page
    assert fixed_table() in page
    assert filled("<!-- priors default -->") in page
    assert set(prior_names()) == {"default", "wide"}
    assert "default" in target_names()


def test_tables_tell_spreads_as_they_are_used():
    table = errors_table()
    assert "as of 150 people" in table
    assert "left out" in table
