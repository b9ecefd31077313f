"""A comparison that is killed goes on: what was finished is read, and the results are those of one that was never stopped."""

import json
import multiprocessing
import os
import signal
import sys

import numpy as np
import pandas as pd
import pytest

from coprod_abm.calibration.bank import Observed
from coprod_abm.calibration.linear_toy import toy_bank
from coprod_abm.calibration.stacked import stacked, surveyed
from coprod_abm.experiments import compare_advise, compare_job, compare_kept, compare_parts
from coprod_abm.experiments.cli import main
from coprod_abm.experiments.compare_kept import Kept

RIVALS = {"relational": "rising", "empowerment": "late"}
FACTS = {"hashes": {}, "draws": 800, "model": "toy", "theories": list(RIVALS)}
WORDS = ["compare", "bank=first", "classifiers=2", "surveys=400", "partnerships=0", "figures=false"]


def ready(place, patch):
    """A folder that reads as a bank of the linear toy: two theories, three cases, one survey of the first theory."""
    bank = toy_bank(RIVALS, 400, 1, cases=("SE-A", "SE-B", "UK-D"), spread=0.4)
    readings = surveyed(stacked(bank), [3], np.random.default_rng(5))[0]
    observed = {
        name: Observed(name, one.slots, own, one.spread, np.zeros(len(own), bool))
        for (name, one), own in zip(bank.cases.items(), np.split(readings, 3), strict=True)
    }
    patch.setattr(compare_job, "read_bank", lambda place: bank)
    patch.setattr(compare_parts, "read_facts", lambda place: FACTS)
    for module in (compare_job, compare_advise):
        patch.setattr(module, "read_observed", lambda place: observed)
    patch.chdir(place)
    (place / "first").mkdir(exist_ok=True)
    return place / "first" / "compare"


def results(out):
    """What a comparison found, without when and by which command."""
    known = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    tables = {file.name: file.read_bytes() for file in sorted(out.glob("*.csv"))}
    return (
        {key: known[key] for key in ("verdict", "probabilities", "tested")},
        tables,
        (out / "theories.md").read_text(),
    )


def test_a_part_is_made_once_and_a_damaged_one_again(tmp_path):
    made = []
    kept = Kept(tmp_path, "key")

    def table():
        made.append(1)
        return pd.DataFrame({"a": [0.1, np.nan], "b": ["x", "y"]})

    first = kept.table("part", 1, table)
    pd.testing.assert_frame_equal(kept.table("part", 1, table), first)
    assert len(made) == 1
    kept.table("part", 2, table)  # other inputs
    Kept(tmp_path, "other").table("part", 1, table)
    assert len(made) == 3
    kept.file("part", 1, "parquet").write_bytes(b"PAR1 half of it")
    pd.testing.assert_frame_equal(kept.table("part", 1, table), first)
    assert len(made) == 4
    kept.value("words", 0, lambda: {"a": np.float64(0.1), "b": (1, 2)})
    assert kept.value("words", 0, lambda: pytest.fail("made again")) == {"a": 0.1, "b": [1, 2]}


@pytest.mark.parametrize("stop", [7])
def test_a_comparison_that_was_stopped_goes_on_with_what_it_has(tmp_path, monkeypatch, stop):
    out = ready(tmp_path, monkeypatch)
    write, written = compare_kept.whole_file, []

    def counted(file, content):
        if len(written) == stop and not (tmp_path / "stopped").exists():
            (tmp_path / "stopped").touch()
            raise KeyboardInterrupt
        write(file, content)
        written.append(file.name)

    monkeypatch.setattr(compare_kept, "whole_file", counted)
    assert main(list(WORDS)) == 130
    assert len(written) == stop
    assert main(list(WORDS)) == 0
    assert len(written) == len(set(written))  # no part was made twice
    assert (out / "comparison.json").exists()


def test_advice_and_comparison_give_a_theory_the_same_probability(tmp_path, monkeypatch, capsys):
    out = ready(tmp_path, monkeypatch)
    assert main(list(WORDS)) == 0
    found = json.loads((out / "comparison.json").read_text(encoding="utf-8"))["probabilities"]
    parts = len(list((out / "parts").glob("classifier-*")))
    capsys.readouterr()
    words = [
        "bank=first",
        "classifiers=2",
        "surveys=400",
        "figures=false",
        "respondents=300",
        "number=1",
        "each_case=false",
    ]
    assert main(["compare", "advise", *words]) == 0
    told = capsys.readouterr().out
    for name, chance in found.items():
        assert f"{name} {chance:.2f}" in told
    assert len(list((out / "parts").glob("classifier-*"))) == parts  # read, not taught anew


def killed_at(place, number):
    """Compare in a process of its own that is killed (-9) while it writes the part of this number."""
    write, before = compare_kept.whole_file, [0]

    def deadly(file, content):
        if before[0] == number:
            file.with_name(f".{file.name}.draft.tmp").write_bytes(content[: len(content) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        before[0] += 1
        write(file, content)

    with pytest.MonkeyPatch.context() as patch:
        ready(place, patch)
        patch.setattr(compare_kept, "whole_file", deadly)
        main(list(WORDS))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="kills forked processes")
def test_kill_9_at_any_part_loses_that_part_alone(tmp_path, monkeypatch):
    (tmp_path / "whole").mkdir()
    out = ready(tmp_path / "whole", monkeypatch)
    assert main(list(WORDS)) == 0
    whole, number = results(out), len(list((out / "parts").iterdir()))
    fork = multiprocessing.get_context("fork")
    for stop in range(0, number, 3):
        place = tmp_path / str(stop)
        place.mkdir()
        process = fork.Process(target=killed_at, args=(place, stop))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        parts = place / "first" / "compare" / "parts"
        before = {file.name: file.stat().st_mtime_ns for file in parts.glob("[!.]*")} if parts.exists() else {}
        assert len(before) == stop
        again = ready(place, monkeypatch)
        assert main(list(WORDS)) == 0
        assert {name: (parts / name).stat().st_mtime_ns for name in before} == before
        assert results(again) == whole
