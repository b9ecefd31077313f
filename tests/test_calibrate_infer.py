"""`coprod calibrate` from bank to report: what inference leaves, that it goes on after a kill, and what the report says."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from coprod_abm.experiments import calibrate_infer, calibrate_plan, figure_calibration, figure_fit
from coprod_abm.experiments.calibrate_infer import sampling_words
from coprod_abm.experiments.calibrate_job import STAGES
from coprod_abm.experiments.calibrate_settings import Budget
from coprod_abm.experiments.calibrate_words import inference_told
from coprod_abm.experiments.cli import main
from coprod_abm.experiments.scenario_draws import read_draws

SMALL = ("case=EN-LPFT", "theories=all", "threads=1", "hold_out.waves=last", "out=one")
TINY = Budget(600, 60, 60, 6, 2)

# ---- in words and pictures, from tables ----

BAD = {"good": False, "rhat": 1.06, "ess": 25.0, "divergences": 3, "seconds": 70.0}


def learned_table() -> pd.DataFrame:
    """Two shared parameters, one of a country and one of a case."""
    rows = [
        ("trust.asymmetry", "", "shared", 0.9, "learned", "trust.asymmetry: learned"),
        (
            "efficacy.gain",
            "",
            "shared",
            0.02,
            "not identified",
            "efficacy.gain: not identified; nothing is learned along x",
        ),
        ("instrument.access_to_care.slope", "SE", "country", 0.3, "partly learned", ""),
        ("capacity.workload", "SE-JKP", "case", 0.3, "partly learned", ""),
    ]
    table = pd.DataFrame(rows, columns=["parameter", "owner", "level", "contraction", "label", "text"])
    ends = {"prior_q05": 0.1, "prior_q50": 0.5, "prior_q95": 0.9, "q05": 0.3, "q50": 0.4, "q95": 0.5}
    return table.assign(**ends, widen_by=[1.0, 1.4, 1.0, 1.0], wide_q05=0.2, wide_q95=0.6)


def predicted_table() -> pd.DataFrame:
    """Three waves of one measure: fitted, out of line, and held out."""
    waves = pd.DataFrame({"measure": "team_0_10", "wave": ["2021/22", "2022/23", "2023/24"], "week": [91, 143, 195]})
    spread = {"q05": 0.2, "q25": 0.3, "q50": 0.4, "q75": 0.5, "q95": 0.6}
    return waves.assign(
        case="EN-LPFT",
        observed=[0.4, 0.9, 0.45],
        held_out=[False, False, True],
        p=[0.9, 0.01, 0.7],
        explained=0.5,
        **spread,
    )


def coverage_table() -> pd.DataFrame:
    """One parameter that is covered well and one that is not."""
    return pd.DataFrame(
        {"parameter": ["trust.asymmetry", "efficacy.gain"], "sets": 200, "coverage_90": [0.9, 0.7], "coverage_50": 0.5,
         "rank_p": 0.4, "widen_by": [1.0, 1.4], "relative_crps": 0.6, "contraction": 0.5}
    )  # fmt: skip


def error_table() -> pd.DataFrame:
    """One measure that the model explains, one that it does not, and one with a single reading."""
    return pd.DataFrame(
        {"measure": ["access_to_care", "overcrowding", "team_0_10"], "q05": 0.1, "q50": [0.1, 0.8, 0.2], "q95": 0.9,
         "signal": [0.5, 0.4, float("nan")], "verdict": ["", "model error exceeds signal", ""]}
    )  # fmt: skip


def emulator_table() -> pd.DataFrame:
    """One reading of an emulator."""
    return pd.DataFrame({"measure": ["a"], "z_sd": [1.0], "z_within_2": [0.95], "draws": [60]})


@pytest.fixture
def tables(tmp_path):
    """The folder of a calibration with tables as inference leaves them."""
    learned_table().to_csv(tmp_path / "together.csv", index=False)
    predicted_table().to_csv(tmp_path / "predicted.csv", index=False)
    coverage_table().to_csv(tmp_path / "coverage.csv", index=False)
    error_table().to_csv(tmp_path / "model_errors.csv", index=False)
    emulator_table().to_csv(tmp_path / "emulators.csv", index=False)
    (tmp_path / "sampling.json").write_text(json.dumps({**BAD, "good": True}), encoding="utf-8")
    return tmp_path


def test_the_report_says_what_was_not_learned_and_what_the_model_gets_wrong(tables):
    said = " ".join("\n".join(inference_told(tables)).split())
    for words in (
        "1 are learned (`trust.asymmetry`)",
        "1 not identified (`efficacy.gain`)",
        "nothing is learned along x",
        "widened 1.40 times",
        "For `overcrowding` the model error exceeds signal",
        "1 of 1 held-out readings lie in their 90 % predictions",
        "EN-LPFT, team_0_10 in 2022/23 (p = 0.010)",
        "1 of 2 parameters have a coverage of 0.85 to 0.95",
        "Whether joint intervals of all cases hold what they claim was not tried",
    ):
        assert words in said, words


def test_a_report_of_chains_that_disagree_sells_no_numbers(tables):
    (tables / "sampling.json").write_text(json.dumps(BAD), encoding="utf-8")
    said = "\n".join(inference_told(tables))
    assert "**These numbers must not be used.**" in said
    assert "The chains do NOT agree" in sampling_words(BAD)
    assert "R-hat 1.060, 25 effective draws at least, 3 divergences" in said


def test_figures_are_drawn_from_tables_with_their_words(tables):
    folder = tables / "figures"
    figure_calibration.draw_calibration(learned_table(), coverage_table(), error_table(), folder, "Do not use.")
    case = calibrate_plan.as_cases(["EN-LPFT"])[0]
    assert figure_fit.draw_fits(predicted_table(), [case], folder, "") == ["fit-EN-LPFT"]
    names = {file.stem for file in folder.glob("*.png")}
    assert names == {"parameters", "parameters-cases", "coverage", "model-error", "fit-EN-LPFT"}
    assert "Do not use." in (folder / "parameters.svg").read_text(encoding="utf-8")
    words = (folder / "fit-EN-LPFT.txt").read_text(encoding="utf-8")
    assert "outside 95 % of the predictions: team_0_10 in 2022/23" in words


# ---- from bank to report ----


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A whole calibration of one case with very little work."""
    folder = tmp_path_factory.mktemp("done")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["coprod"])
        for module in (calibrate_infer, calibrate_plan):
            patch.setitem(module.BUDGETS, "quick", TINY)
        assert main(["calibrate", *SMALL]) == 0
    return folder / "one"


@pytest.mark.slow
def test_a_calibration_leaves_everything_it_promises(done):
    assert {file.stem for file in (done / "stages").glob("*.json")} == set(STAGES)
    figures = {file.stem for file in (done / "figures").glob("*.png")}
    assert {"prior-EN-LPFT", "fit-EN-LPFT", "parameters", "parameters-cases", "coverage"} <= figures
    report = (done / "report.md").read_text(encoding="utf-8")
    assert "left out: this version" not in report
    assert "## Does it fit?" in report
    assert "## Can the intervals be trusted?" in report
    predicted = pd.read_csv(done / "predicted.csv")
    assert predicted["held_out"].any()
    assert predicted[["q05", "q50", "q95"]].notna().all(axis=None)


@pytest.mark.slow
def test_arviz_opens_the_posterior(done):
    import arviz as az
    import xarray as xr

    tree = xr.open_datatree(done / "posterior.nc", engine="h5netcdf")
    groups = {"posterior", "prior", "posterior_predictive", "observed_data", "sample_stats", "unconstrained_posterior"}
    assert groups <= set(tree.children)
    posterior = tree["posterior"]
    assert posterior["trust.asymmetry"].dims == ("chain", "draw")
    assert posterior["capacity.workload"].dims == ("chain", "draw", "case")
    assert (posterior["trust.asymmetry"] >= 1.0).all()
    assert tree["observed_data"].coords["measure"].size == tree["posterior_predictive"]["reading"].sizes["slot"]
    assert tree.attrs["theory"] == "all"
    assert "priors" in json.loads(tree.attrs["hashes"])
    assert "trust.asymmetry" in az.summary(tree, var_names=["trust.asymmetry"]).index
    tree.close()


@pytest.mark.slow
def test_scenarios_take_the_draws_of_a_calibration(done, tmp_path, monkeypatch):
    draws = read_draws(done / "draws.parquet")
    assert "capacity.workload" in draws.table
    assert not any(name.startswith("instrument.") for name in draws.table)
    assert set(draws.left_out) == {"chain", "draw"}
    of_case = read_draws(done / "draws" / "EN-LPFT.parquet")
    assert np.allclose(of_case.table["trust.asymmetry"], draws.table["trust.asymmetry"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["coprod"])
    words = ["scenario=sponsor_loss", "case=EN-LPFT", "replicates=2", "language=en", "formats=png"]
    assert main(["scenarios", *words, f"draws={done / 'draws.parquet'}", "out=two"]) == 0
    study = next((tmp_path / "two").rglob("study.json"))
    assert json.loads(study.read_text(encoding="utf-8"))["draws"]["draws"] == 240


KILLED = """
import os, signal, sys
from pathlib import Path
from coprod_abm.experiments import calibrate_infer, calibrate_job, calibrate_plan
from coprod_abm.experiments.calibrate_settings import Budget
from coprod_abm.experiments.cli import main

for module in (calibrate_infer, calibrate_plan):
    module.BUDGETS["quick"] = Budget(600, 60, 60, 6, 2)
stage, do_stage = sys.argv[1], calibrate_job.do_stage


def die(*_given, **_named):
    os.kill(os.getpid(), signal.SIGKILL)


def do(name, plan):
    if name == stage:
        os.replace = Path.replace = die
    return do_stage(name, plan)


calibrate_job.do_stage = do
sys.exit(main(["calibrate", *sys.argv[2:]]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_kill_in_any_stage_loses_that_stage_at_most(done, tmp_path, monkeypatch, capsys):
    words = [*SMALL, "figures=false"]
    for stage in ("bank", "cases", "hierarchy", "checks", "report"):
        ended = subprocess.run(
            [sys.executable, "-c", KILLED, stage, *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ended.returncode == -9, ended.stderr[-2_000:]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["coprod"])
    for module in (calibrate_infer, calibrate_plan):
        monkeypatch.setitem(module.BUDGETS, "quick", TINY)
    assert main(["calibrate", *words]) == 0
    # all but the bank, which says how many draws it holds, and the report
    assert capsys.readouterr().out.count("is there already") == 5
    for name in ("posterior.csv", "together.csv", "coverage.csv", "predicted.csv"):
        pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "one" / name), pd.read_csv(done / name))
    for name in ("posterior.nc", "draws.parquet"):
        assert (tmp_path / "one" / name).exists()
