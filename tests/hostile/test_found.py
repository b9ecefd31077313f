"""What hostile input once did: each was found by the campaign or by reading, and must not come back."""

import json
import os
import pickle
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as any_

from coprod_abm.calibration.bank import BankError
from coprod_abm.calibration.bank_store import FACTS, read_facts
from coprod_abm.calibration.emulator_store import load
from coprod_abm.calibration.priors import read_priors
from coprod_abm.case import CaseError, load_case
from coprod_abm.experiments.cli import main
from coprod_abm.experiments.design_error import DesignError
from coprod_abm.experiments.design_file import read_points
from coprod_abm.experiments.discovery_wish import KNOWN, WishError, read_wish
from coprod_abm.experiments.overrides import checked_overrides
from coprod_abm.experiments.pack.folders import read_scenario
from coprod_abm.experiments.refusals import is_refusal, told
from coprod_abm.experiments.run_folder import run_folder
from coprod_abm.experiments.scenario_draws import read_draws
from coprod_abm.experiments.sweep_words import check_words, readable
from coprod_abm.job import job_of
from coprod_abm.simulate import RunError
from coprod_abm.store import Store, StoreError, open_store, read_part, results
from coprod_abm.store_files import host_name
from coprod_abm.store_trajectories import trajectories

WORDS = ("run", "case=EN-LPFT", "weeks=4", "replicates=1", "figures=false", "out=never")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---- programs in files ----


class Program:
    """Unpickled, it makes a file."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("ran",)


@pytest.mark.parametrize("option", ["--experimental-rerun", "--config-path", "--config-name"])
def test_options_that_could_run_a_file_are_not_taken(here, capsys, option):
    (here / "file").write_bytes(pickle.dumps(Program()))
    assert main(["run", option, "file"]) == 2
    assert f"does not take {option}" in capsys.readouterr().err
    assert not (here / "ran").exists()


def test_a_call_that_is_for_two_things_at_once_is_refused(capsys):
    assert main(["run", "-m", "--info", "all", "power.agenda_access=0.1,0.9"]) == 2
    assert "takes one of --multirun and --info, not both" in capsys.readouterr().err


def test_a_column_of_thousands_of_letters_is_named_in_few(tmp_path, capsys):
    file = tmp_path / "draws.csv"
    file.write_text(f"power.{'x' * 5_000}\n0.5\n", encoding="utf-8")
    assert main(["scenarios", "scenario=sponsor_loss", f"draws={file}", f"out={tmp_path / 'out'}"]) == 2
    assert len(capsys.readouterr().err) < 1_500


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("power/mine.yaml", "# @package hydra.callbacks\nagenda_access: 0.9\n", "holds '@package'"),
        ("power/mine.yaml", "# as ${oc.env:HOME}\nagenda_access: 0.9\n", "holds '${'"),
        ("power/mine.yaml", "agenda_access: ${oc.env:HOME}\n", "is not a number"),
        ("power/mine.yaml", "_target_: os.system\n", "not a declared parameter"),
        ("run.yaml", "hydra: {}\n", "holds run.yaml"),
        ("hydra/callbacks/x.yaml", "x: {}\n", "holds hydra"),
    ],
)
def test_a_folder_of_presets_can_only_set_parameters(here, capsys, file, text, message):
    (here / "mine" / file).parent.mkdir(parents=True)
    (here / "mine" / file).write_text(text, encoding="utf-8")
    assert main([*WORDS, "--config-dir", "mine"]) == 2
    assert message in capsys.readouterr().err
    assert not (here / "never").exists()


def test_an_emulator_is_never_unpickled(tmp_path):
    np.savez(tmp_path / "e.npz", stamp=np.array([Program()], dtype=object))
    bank: Any = SimpleNamespace(case="x", parameters=(), slots=())
    for content in ((tmp_path / "e.npz").read_bytes(), b"PK\x03\x04 no archive", b""):
        (tmp_path / "e.npz").write_bytes(content)
        with pytest.raises(BankError, match="is damaged"):
            load(tmp_path / "e.npz", bank, (), "x")


# ---- stores ----


@pytest.fixture
def store(case_of, tmp_path) -> Store:
    points = pd.DataFrame({"trust.gain": [0.02, 0.04]})
    job = job_of(points, case_of(), ["need_met"], replicates=1, seed=1, weeks=2)
    kept = open_store(tmp_path / "store", job, pairs_per_chunk=1, every=1)
    for chunk in kept.missing():
        kept.fill(chunk, threads=1)
    kept.finish()
    return kept


def test_a_number_that_turned_on_the_disk_is_noticed(store):
    file = store.part(store.chunks[0])
    table = pq.read_table(file)
    place = table.column_names.index("need_met")
    assert read_part(file, store.chunks[0].key).num_rows == 1
    pq.write_table(table.set_column(place, "need_met", pa.array([0.123])), file)
    with pytest.raises(StoreError, match="is damaged, was edited or does not belong here"):
        results(store.folder)


def test_a_part_of_an_earlier_version_without_a_digest_is_still_read(store):
    before = results(store.folder)
    file = store.part(store.chunks[0])
    table = pq.read_table(file)
    facts = {key: value for key, value in table.schema.metadata.items() if key != b"digest"}
    pq.write_table(table.replace_schema_metadata(facts), file)
    assert results(store.folder).equals(before)


def test_a_plan_in_another_order_is_noticed(store):
    plan = pq.read_table(store.folder / "plan.parquet")
    keys = plan["key"].take(pa.array([1, 0]))
    pq.write_table(plan.set_column(plan.column_names.index("key"), "key", keys), store.folder / "plan.parquet")
    with pytest.raises(StoreError, match="do not fit together"):
        results(store.folder)


def test_a_plan_that_lost_chunks_is_noticed(store):
    pq.write_table(pq.read_table(store.folder / "plan.parquet").slice(0, 1), store.folder / "plan.parquet")
    with pytest.raises(StoreError, match="lists 1 chunks"):
        results(store.folder)


@pytest.mark.parametrize("content", [b"", b"CDF\x02\x00", b"nothing of the kind"])
def test_trajectories_that_are_damaged_are_refused(store, content):
    store.long_part(store.chunks[0]).write_bytes(content)
    with pytest.raises(StoreError, match="is damaged"):
        trajectories(store.folder)


def test_counts_of_another_hand_are_made_anew(store):
    manifest = store.folder / "study.json"
    known = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(known | {"counts": {"chunks": 2}}), encoding="utf-8")
    assert store.finish().rows == 2


# ---- banks and other results ----

BANK = {
    "format": 1, "model": "x", "draws": 2, "seed": 1, "cases": ["EN-LPFT"], "theories": ["all"], "countries": {},
    "names": {}, "hashes": {"priors": "", "targets": ""},
    "priors": [{"name": "trust.gain", "level": "shared", "low": 0.0, "high": 1.0}],
}  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [{"cases": ["../../elsewhere"]}, {"cases": []}, {"seed": None}, {"draws": 0}, {"priors": [1]}, {"hashes": {}}],
)
def test_a_bank_that_lacks_something_or_leads_elsewhere_is_refused(tmp_path, changes):
    (tmp_path / FACTS).write_text(json.dumps(BANK), encoding="utf-8")
    assert read_facts(tmp_path) == BANK
    (tmp_path / FACTS).write_text(json.dumps(BANK | changes), encoding="utf-8")
    with pytest.raises(BankError, match="is damaged"):
        read_facts(tmp_path)


def test_results_that_no_longer_fit_together_are_refused(tmp_path):
    (tmp_path / "study.json").write_text("[]", encoding="utf-8")
    (tmp_path / "scenario.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises((RunError, CaseError)) as refused:
        read_scenario(tmp_path)
    assert str(tmp_path) in str(refused.value)


def test_draws_of_a_strange_type_are_refused(tmp_path):
    pq.write_table(pa.table({"power.agenda_access": pa.array([{"a": 1}])}), tmp_path / "draws.parquet")
    with pytest.raises(CaseError):
        read_draws(tmp_path / "draws.parquet")


def test_what_a_killed_run_left_goes_with_the_next(here):
    with socket.socket():
        dead = here / f".out.{host_name()}-{2**22 + 1}.unfinished"  # Linux numbers no process as high
        other = here / f".out.elsewhere-{2**22 + 1}.unfinished"
        for folder in (dead, other):
            folder.mkdir()
    with run_folder(Path("out")) as folder:
        (folder / "x").touch()
    assert sorted(each.name for each in here.iterdir()) == [other.name, "out"]


# ---- words ----


def test_a_message_holds_nothing_that_a_terminal_obeys():
    assert told(RunError("power=\x1b[31mred\x00 x\ty")) == "power=\\x1b[31mred\\x00 x\\ty"


@pytest.mark.parametrize("word", [f"seed={'9' * 5_000}", f"power.agenda_access={'9' * 5_000}"])
def test_a_number_of_thousands_of_digits_is_refused_in_few_words(word, capsys):
    assert main(["run", word]) == 2
    assert 25 < len(capsys.readouterr().err) < 1_500


@pytest.mark.parametrize("words", [["-m="], ["--cfg"], ["--config-dir"]])
def test_an_option_without_its_value_is_refused(words, capsys):
    assert main(["run", *words]) == 2
    assert "coprod run --help" in capsys.readouterr().err


@settings(max_examples=25)
@given(any_.lists(any_.text(max_size=30), max_size=3))
def test_any_words_are_read_or_refused(words):
    for read in (lambda: checked_overrides(words), lambda: check_words(readable(words))):
        try:
            read()
        except Exception as error:  # noqa: BLE001 - whatever it is must be a refusal
            assert is_refusal(error), repr(error)  # noqa: PT017 - it may be read as well


@settings(max_examples=25)
@given(any_.text(max_size=60))
def test_any_wish_is_read_or_refused(text):
    try:
        read_wish(text, KNOWN)
    except WishError as error:
        assert str(error)  # noqa: PT017 - it may be read as well


SMALL = {
    "id": "SMALL", "name": "Small", "country": "AA", "level": "local", "start": 2000,
    "sites": [{"name": "one", "level": "local", "region": "R", "citizens": 24}],
}  # fmt: skip
PLAIN = any_.none() | any_.booleans() | any_.integers() | any_.floats() | any_.text(max_size=8) | any_.dates()
TREES = any_.recursive(
    PLAIN,
    lambda inside: any_.lists(inside, max_size=3) | any_.dictionaries(any_.text(max_size=8), inside, max_size=3),
    max_leaves=8,
)


def test_a_point_of_thousands_of_digits_is_refused(tmp_path):
    (tmp_path / "points.csv").write_text(f"power\n{'9' * 5_000}\n", encoding="utf-8")
    with pytest.raises(DesignError, match="line 2"):
        read_points(str(tmp_path / "points.csv"))


@pytest.mark.parametrize("text", ["parameters: [1]\n", "widens: self.yaml\nby: 2\n", "parameters:\n"])
def test_priors_that_are_none_are_refused(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "self.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BankError, match=r"self\.yaml"):
        read_priors("self.yaml")


@settings(max_examples=25)
@given(
    key=any_.sampled_from(["id", "name", "sites", "events", "groups", "rules", "measures", "start", "level"]),
    value=TREES,
)
def test_any_value_in_a_case_is_read_or_refused_with_its_file(tmp_path_factory, key, value):
    file = tmp_path_factory.mktemp("case") / "case.yaml"
    file.write_text(yaml.safe_dump({**SMALL, key: value}), encoding="utf-8")
    try:
        load_case(file)
    except CaseError as error:
        assert "case.yaml" in str(error)  # noqa: PT017 - it may be read as well
