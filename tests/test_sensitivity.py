"""What `coprod sensitivity` promises: SALib's numbers, a folder that goes on and grows, noise told, plain refusals."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from SALib.analyze import morris as analyze_morris
from SALib.analyze import sobol as analyze_sobol
from SALib.sample import morris, sobol

import coprod_abm as ca
from coprod_abm.experiments import sensitivity_job
from coprod_abm.experiments.cli import main
from coprod_abm.experiments.sensitivity_settings import own_keys
from coprod_abm.experiments.study import reference_case

PAGE = (Path(__file__).parent.parent / "docs" / "sensitivity.md").read_text(encoding="utf-8")
QUICK = ("weeks=30", "replicates=3", "measures=citizen_trust", "figures=false", "scrambles=4", "n=16")
FREE = "free=trust.gain,efficacy.gain"
SCHEMA = {
    "indices": "case level week measure method parameter index value low high n runs noise_only",
    "levels": "level week measure method parameter index cases value low high least most told_in",
    "interactions": "case level week measure first second value low high",
    "noise": "case week measure share low high share_of_means replicates",
    "convergence": "step n runs case week measure parameter index value low high",
    "fixing": "case week measure fixed threshold variance_kept low high runs explained",
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder in which the user stands."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["coprod"])
    return tmp_path


def quick(*words):
    given = {word.partition("=")[0] for word in words}
    return main(["sensitivity", *(word for word in QUICK if word.partition("=")[0] not in given), *words])


def table(folder, name="indices"):
    return pd.read_csv(Path(folder) / f"{name}.csv")


def value_of(indices, index):
    return indices[indices["index"] == index].set_index("parameter")["value"]


# ---- the same numbers ----


def test_a_user_of_salib_gets_the_same_sobol_indices(here):
    assert quick("free=trust,efficacy.gain", "n=32", "scrambles=1", "out=ours") == 0
    space = ca.problem(["trust", "efficacy.gain"])
    sample = sobol.sample(dict(space), 32, calc_second_order=False, seed=1)
    runs = ca.evaluate(
        ca.sampled_points(space, sample), reference_case(), ["citizen_trust"], replicates=3, seed=1, weeks=30
    )
    found = analyze_sobol.analyze(dict(space), runs["citizen_trust"].to_numpy(), calc_second_order=False, seed=2)
    for index in ("S1", "ST"):
        own = table("ours")
        own = own[own["index"] == index]
        assert own["parameter"].tolist() == ["trust", "efficacy.gain", "dummy"]
        assert own["value"].tolist() == found[index].tolist()
        np.testing.assert_allclose((own["high"] - own["low"]) / 2, found[f"{index}_conf"], rtol=1e-9)


def test_scrambles_are_samples_of_salib_with_seeds_that_follow_each_other(here):
    assert quick(FREE, "n=32", "out=ours") == 0
    space = ca.problem(["trust.gain", "efficacy.gain"])
    parts = [sobol.sample(dict(space), 8, calc_second_order=False, seed=seed) for seed in (1, 2, 3, 4)]
    stored = ca.results("ours")[["trust.gain", "efficacy.gain"]].to_numpy()
    assert {tuple(row) for row in stored} == {tuple(row[:2]) for row in np.concatenate(parts)}
    runs = ca.results("ours")["citizen_trust"].to_numpy()
    found = analyze_sobol.analyze(dict(space), runs, calc_second_order=False, seed=2)
    assert value_of(table("ours"), "ST").tolist() == found["ST"].tolist()


def test_a_user_of_salib_gets_the_same_effects_of_morris(here):
    assert quick(FREE, "method=morris", "n=6", "out=ours") == 0
    space = ca.problem(["trust.gain", "efficacy.gain"])
    sample = morris.sample(dict(space), 6, num_levels=4, seed=1)
    runs = ca.evaluate(
        ca.sampled_points(space, sample), reference_case(), ["citizen_trust"], replicates=3, seed=1, weeks=30
    )
    found = analyze_morris.analyze(dict(space), sample, runs["citizen_trust"].to_numpy(), num_levels=4, seed=2)
    for index in ("mu_star", "mu", "sigma"):
        assert value_of(table("ours"), index).tolist() == list(found[index])


def test_what_acts_through_a_mechanism_that_is_off_has_no_effect(here):
    words = ("efficacy.strength=0", "n=64", "replicates=4", "out=off")
    assert quick("free=population.citizen_trust,efficacy.gain", *words) == 0
    own = table("off").set_index(["index", "parameter"])
    for index in ("S1", "ST_denoised"):
        low, high = own.loc[(index, "efficacy.gain"), ["low", "high"]]
        assert low <= 0.0 <= high
        assert own.loc[(index, "efficacy.gain"), "noise_only"]
    assert own.loc[("S1", "population.citizen_trust"), "low"] > 0.5


def test_with_common_seeds_a_parameter_that_does_nothing_changes_nothing(here):
    assert quick(FREE, "efficacy.strength=0", "common_seeds=true", "out=common") == 0
    found = table("common")
    assert value_of(found, "ST")[["efficacy.gain", "dummy"]].tolist() == [0.0, 0.0]
    assert "ST_denoised" not in set(found["index"])  # draws in common add to it in ways that replicates do not show


# ---- the folder ----


def test_a_study_writes_the_tables_of_its_schema(here):
    words = ("case=EN-LPFT,SE-HAL", "weeks=10,20", "measures=citizen_trust,need_met", "interactions=true", "fix=0.9")
    assert quick(FREE, *words, "out=all") == 0
    for name, columns in SCHEMA.items():
        assert list(table("all", name)) == columns.split(), name
    found = table("all")
    assert len(found.groupby(["case", "week", "measure"])) == 8
    assert dict(found.groupby("case")["level"].first()) == {"EN-LPFT": "local", "SE-HAL": "regional"}
    assert set(found["week"]) == {10, 20}
    facts = json.loads((here / "all" / "sensitivity.json").read_text(encoding="utf-8"))
    assert facts["problem"]["names"] == ["trust.gain", "efficacy.gain", "dummy"]
    assert facts["runs"] == 16 * 8 * 3 * 2


def test_the_same_command_computes_nothing_and_a_larger_sample_only_what_is_new(here, capsys):
    assert quick(FREE, "out=grows") == 0
    first = table("grows")
    assert quick(FREE, "out=grows") == 0
    assert "nothing was computed" in capsys.readouterr().out
    pd.testing.assert_frame_equal(table("grows"), first)
    assert quick(FREE, "n=32", "out=grows") == 0
    assert "96 points" not in capsys.readouterr().err
    assert table("grows")["n"].unique().tolist() == [32]
    assert quick(FREE, "n=32", "out=at-once") == 0
    pd.testing.assert_frame_equal(table("grows"), table("at-once"))
    assert quick(FREE, "out=grows") == 0  # a smaller sample of the same study: what is there is kept
    assert table("grows")["n"].unique().tolist() == [32]


def test_a_study_grows_to_its_budget_and_says_so(here, capsys):
    assert quick(FREE, "tolerance=0.001", f"budget={64 * 5 * 3}", "out=grown") == 0
    told = capsys.readouterr().out
    assert "The budget of 960 runs ended" in told
    assert table("grown")["n"].unique().tolist() == [64]
    assert quick(FREE, "tolerance=9", "budget=100000", "out=early") == 0
    assert "Every interval of interest is narrower than 9" in capsys.readouterr().out
    assert table("early")["n"].unique().tolist() == [16]


def test_a_study_that_grew_to_its_budget_without_a_tolerance_does_not_say_that_its_size_was_given(here, capsys):
    assert quick(FREE, f"budget={64 * 5 * 3}", "out=grown") == 0
    assert "The sample grew from n = 16 to n = 64" in capsys.readouterr().out


@pytest.mark.parametrize("preset", ["theory=relational", "power=majority", "leadership=collective"])
def test_what_is_not_free_takes_presets_and_theories(here, preset):
    assert quick(FREE, preset, "replicates=2", "out=preset") == 0
    key, _, value = preset.partition("=")
    assert set(ca.results("preset")[key]) == {value}


def test_short_scrambles_are_said_to_be_worse_than_random_points(here, capsys):
    assert quick(FREE, "n=32", "scrambles=4", "out=short") == 0
    assert "n = 32 leaves 8 base points to each of 4 scrambles" in capsys.readouterr().out
    assert quick(FREE, "n=16", "scrambles=1", "out=one") == 0
    assert "base points to each" not in capsys.readouterr().out


def test_a_pilot_chooses_the_replicates_and_is_not_run_twice(here, capsys):
    assert quick("free=population.citizen_trust", "replicates=auto", "out=auto") == 0
    told = capsys.readouterr().out
    assert re.search(
        r"Pilot: \d+% of the variance of citizen_trust of REFERENCE in week 30 is between replicates", told
    )
    chosen = json.loads((here / "auto" / "sensitivity.json").read_text(encoding="utf-8"))
    assert chosen["pilot"]["replicates"] == chosen["replicates"] == table("auto", "noise")["replicates"].iloc[0]
    assert quick("free=population.citizen_trust", "replicates=auto", "out=auto") == 0
    assert "nothing was computed" in capsys.readouterr().out


def test_an_interrupted_pilot_names_the_folder_of_the_study(here, capsys, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("coprod_abm.experiments.executor_local.run_chunks", interrupt)
    assert quick(FREE, "replicates=auto", "out=piloted") == 130
    assert "The same command with out=piloted goes on there" in capsys.readouterr().err


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(here, capsys):
    assert quick(FREE, "--dry-run", "replicates=auto", "tolerance=0.1", "budget=5000") == 0
    told = capsys.readouterr().out
    assert "2 parameters in 2 indices: trust.gain, efficacy.gain, and a dummy" in told
    assert "after a pilot of 512 runs" in told
    assert list(here.iterdir()) == []


# ---- refusals ----


def test_an_edited_design_is_refused(here, capsys):
    assert quick(FREE, "out=edited") == 0
    part = next((here / "edited" / "parts").iterdir())
    stored = pq.read_table(part)
    rows = stored.to_pandas()
    rows.loc[3, "trust.gain"] = 0.5
    edited = type(stored).from_pandas(rows, preserve_index=False).replace_schema_metadata(stored.schema.metadata)
    pq.write_table(edited, part)
    assert quick(FREE, "out=edited") == 2
    assert f"{part.name} is damaged, was edited or does not belong here" in capsys.readouterr().err
    assert quick("free=trust.gain", "out=edited") == 2
    assert "holds another study" in capsys.readouterr().err


def test_an_edited_file_of_the_design_is_refused(here, capsys):
    assert quick(FREE, "out=edited") == 0
    file = here / "edited" / "plan.parquet"
    stored = pq.read_table(file)
    rows = stored.to_pandas()
    rows.loc[3, "trust.gain"] = 0.5
    edited = type(stored).from_pandas(rows, preserve_index=False).replace_schema_metadata(stored.schema.metadata)
    pq.write_table(edited, file)
    assert quick(FREE, "out=edited") == 2
    assert "the design was edited: trust.gain is 0.5 at point 3" in capsys.readouterr().err


def test_outputs_without_an_index_are_named_and_the_others_are_written(here, capsys):
    words = ("participation.end_base=interval(-3,0)", "measures=need_met,safety,convergence", "weeks=60", "out=some")
    assert quick("replicates=2", *words) == 2
    told = capsys.readouterr().err
    assert "safety of REFERENCE in week 60 is not a number at" in told
    assert "convergence of REFERENCE in week 60 is" in told
    assert table("some")["measure"].unique().tolist() == ["need_met"]


def test_points_that_contradict_themselves_are_refused_before_anything_runs(here, capsys, monkeypatch):
    monkeypatch.setattr(sensitivity_job, "compute", lambda *_: pytest.fail("something was simulated"))
    assert quick("free=power.citizen_seat_share", "leadership.user_leader=1", "n=64", "out=never") == 2
    told = capsys.readouterr().err
    assert "of the points cannot run, first point" in told
    assert "power.citizen_seat_share=interval(" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["method=sobl", FREE], "Did you mean 'sobol'"),
        (["free=trst"], "Did you mean 'trust'"),
        (["free=[]"], "Nothing is free"),
        (["groups={mine:[]}"], "The group 'mine' has no parameters"),
        (["groups={mine:[trust]}", "method=rbd_fast", "n=200"], "no indices of groups"),
        ([FREE, "n=10"], "too small a sample"),
        ([FREE, "n=100"], "no power of two"),
        ([FREE, "scrambles=2"], "too few to see how far they lie apart"),
        ([FREE, "n=many"], "n"),
        ([FREE, "replicates=few"], "replicates = 'few'"),
        ([FREE, "replicates=0"], "replicates = 0"),
        ([FREE, "weeks=[10,10]"], "names a week twice"),
        ([FREE, "weeks=soon"], "weeks = 'soon'"),
        ([FREE, "measures=need_met@10", "weeks=[10,20]"], "in one place"),
        ([FREE, "measures=need_mt"], "Did you mean 'need_met'"),
        ([FREE, "tolerance=0.1"], "needs a budget"),
        ([FREE, "tolerance=0", "budget=100000"], "tolerance = 0"),
        ([FREE, "budget=10"], "less than the 240"),
        ([FREE, "method=morris", "fix=0.1"], "needs total effects"),
        ([FREE, "fix=1.5"], "fix = 1.5 is a share of the variance"),
        ([FREE, "trust.gain=0.1"], "free and fixed at once"),
        ([FREE, "trust.gain=0.1,0.2"], "takes one value beside what is free"),
        ([FREE, "trust.gian=0.1"], "Did you mean 'trust.gain'"),
        ([FREE, "power=majorty"], "Did you mean 'majority'"),
        ([FREE, "case=SE-JKQ"], "Did you mean 'SE-JKP'"),
        ([FREE, "executor=dsk"], "Did you mean 'dask'"),
        ([FREE, "executor.address=tcp://x:1"], "belongs to executor=dask"),
        ([FREE, "+seed=2"], "none can be added"),
        ([FREE, "seed=1,2"], "seed takes one value"),
        ([FREE, "measure=need_met"], "Did you mean 'measures'"),
        ([FREE, "language=de"], "language=de"),
        ([FREE, "-m"], "no option '-m'"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name_before_anything_is_written(here, capsys, words, told):
    assert quick(*words) == 2
    assert told in capsys.readouterr().err
    assert list(here.iterdir()) == []


# ---- the page ----


def test_the_page_names_every_key():
    keys = PAGE.partition("## Keys")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", keys, re.MULTILINE) == list(own_keys())
