"""The store: whole files only, nothing twice, nothing of another study, and one table whatever happened on the way."""

import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import coprod_abm as ca
from coprod_abm import store_files
from coprod_abm.experiments.executor_local import run_chunks
from coprod_abm.job import Job, chunks, computed, job_of, spans
from coprod_abm.parameters import Parameters
from coprod_abm.presets import PresetError, beside_shipped, own_presets
from coprod_abm.store import Store, StoreError, open_store, results
from coprod_abm.store_trajectories import trajectories

ASKED = ["need_met", "safety"]
POINTS = pd.DataFrame(
    {
        "trust.gain": np.linspace(0.01, 0.1, 10),
        "power": ["consensus", "majority"] * 5,
        "power.space": ["invited"] * 9 + ["closed"],
        "power.citizen_seat_share": [-1.0] * 9 + [0.5],
    }
)


def job_on(case, points: pd.DataFrame = POINTS, **told) -> Job:
    return job_of(points, case, **({"measures": ASKED, "replicates": 2, "seed": 7, "weeks": 4} | told))


@pytest.fixture
def job(case_of) -> Job:
    return job_on([case_of(id="B"), case_of(id="A")])


@pytest.fixture
def filled(job, tmp_path) -> Store:
    return fill(open_store(tmp_path / "sweep", job, {"replicates": 2}, ["coprod", "sweep"], pairs_per_chunk=3))


def fill(store: Store, most: int | None = None) -> Store:
    run_chunks(store.job, store.missing()[:most], store)
    return store


def undisturbed(job: Job) -> pd.DataFrame:
    return computed(job, next(spans(job, job.size)))


def parts(store: Store) -> set[str]:
    return {file.name for file in (store.folder / "parts").iterdir()}


# ---- writing and reading ----


def test_results_are_the_rows_in_order_with_inputs_outputs_and_errors(filled, job):
    table = ca.results(filled.folder)
    assert table.columns.tolist() == [
        "point",
        "case",
        *POINTS.columns,
        "need_met",
        "need_met_sd",
        "safety",
        "safety_sd",
        "error",
    ]
    assert table.equals(undisturbed(job))
    assert table["point"].tolist() == [number // 2 for number in range(20)]
    assert table["error"].notna().tolist() == [False] * 18 + [True] * 2


def test_the_folder_holds_a_plan_parts_and_a_manifest_and_nothing_else(filled, job):
    assert sorted(file.name for file in filled.folder.iterdir()) == ["parts", "plan.parquet", "study.json"]
    assert parts(filled) == {f"{chunk.key}.parquet" for chunk in filled.chunks}
    plan = pd.read_parquet(filled.folder / "plan.parquet")
    assert plan.columns.tolist() == ["point", "case", *POINTS.columns, "chunk", "key"]
    assert plan["chunk"].tolist() == [number // 3 for number in range(20)]
    assert plan["trust.gain"].tolist() == np.repeat(POINTS["trust.gain"], 2).tolist()
    assert set(plan["key"]) == {chunk.key for chunk in filled.chunks}


def test_the_manifest_says_what_was_asked_who_did_it_and_what_came_of_it(filled, job):
    filled.finish()
    study = json.loads((filled.folder / "study.json").read_text(encoding="utf-8"))
    assert study["fingerprint"] == job.fingerprint
    assert study["facts"]["seed"] == 7
    assert study["facts"]["measures"] == ASKED
    assert study["config"] == {"replicates": 2}
    assert study["command"] == ["coprod", "sweep"]
    assert {"git", "versions", "machine", "started", "ended", "model"} <= study.keys()
    assert study["counts"]["rows"] == 20
    assert study["counts"]["failed"] == 2
    assert [*study["counts"]["errors"].values()] == [2]
    assert "contradict each other" in next(iter(study["counts"]["errors"]))


def test_a_part_says_what_made_it_and_is_compressed(filled):
    file = next((filled.folder / "parts").iterdir())
    facts = pq.read_metadata(file)
    assert facts.metadata[b"key"].decode() == file.stem
    assert {"git", "model", "machine", "job"} <= json.loads(facts.metadata[b"coprod"]).keys()
    assert facts.row_group(0).column(6).compression == "ZSTD"


def test_parts_have_one_schema_even_where_nothing_failed(filled):
    schemas = {str(pq.read_schema(file).remove_metadata()) for file in (filled.folder / "parts").iterdir()}
    assert len(schemas) == 1


def test_pandas_reads_the_folder_without_us(filled):
    table = pd.read_parquet(filled.folder / "parts").sort_values(["point", "case"], ascending=[True, False])
    assert table.reset_index(drop=True)["safety"].equals(results(filled.folder)["safety"])


def test_duckdb_reads_the_folder_without_us(filled):
    query = f"select count(*) as rows, avg(safety) as mean from '{filled.folder}/parts/*.parquet' where error is null"
    found = duckdb.sql(query).df()
    assert found["rows"][0] == 18
    assert found["mean"][0] == pytest.approx(results(filled.folder)["safety"].mean())


@pytest.mark.parametrize("told", [{"rows": "replicates"}, {"quantiles": True}, {"measures": None}])
def test_every_shape_of_table_is_kept_to_the_bit(case_of, tmp_path, told):
    job = job_on(case_of(), **told)
    store = fill(open_store(tmp_path / "sweep", job, pairs_per_chunk=4))
    assert results(store.folder).equals(undisturbed(job))


def test_evaluate_and_the_store_agree(filled, case_of):
    table = ca.evaluate(POINTS, [case_of(id="B"), case_of(id="A")], ASKED, 2, seed=7, weeks=4, errors="record")
    for name in ("need_met", "need_met_sd", "safety", "safety_sd"):
        assert table[name].equals(results(filled.folder)[name])


# ---- going on ----


def test_what_is_done_is_not_done_again(filled, job):
    written = {file: file.stat().st_mtime_ns for file in (filled.folder / "parts").iterdir()}
    study = filled.finish() and (filled.folder / "study.json").read_bytes()
    again = open_store(filled.folder, job)
    assert again.missing() == ()
    assert again.finish()[:5] == filled.finish()[:5]
    assert {file: file.stat().st_mtime_ns for file in (filled.folder / "parts").iterdir()} == written
    assert (filled.folder / "study.json").read_bytes() == study


def test_an_interrupted_sweep_goes_on_where_it_stopped(job, tmp_path):
    store = fill(open_store(tmp_path / "sweep", job, pairs_per_chunk=3), most=2)
    summary = store.finish()
    assert (summary.done, summary.chunks, summary.is_complete) == (2, 7, False)
    again = open_store(tmp_path / "sweep", job)  # remembers how it was cut
    assert [chunk.number for chunk in again.missing()] == [2, 3, 4, 5, 6]
    assert fill(again).finish().is_complete
    assert results(tmp_path / "sweep").equals(undisturbed(job))


def test_unfinished_results_are_refused_or_given_in_part(job, tmp_path):
    store = open_store(tmp_path / "sweep", job, pairs_per_chunk=3)
    with pytest.raises(StoreError, match="7 of 7 chunks are missing"):
        results(store.folder)
    with pytest.raises(StoreError, match="no chunk is finished"):
        results(store.folder, partial=True)
    fill(store, most=2)
    assert results(store.folder, partial=True).equals(undisturbed(job).head(6))


def test_a_design_that_grows_keeps_what_it_has(case_of, tmp_path):
    few, many = job_on(case_of(), POINTS.head(6)), job_on(case_of())
    first = fill(open_store(tmp_path / "sweep", few, pairs_per_chunk=4))
    first.finish()
    grown = open_store(tmp_path / "sweep", many)
    assert [chunk.number for chunk in grown.missing()] == [1, 2]
    assert fill(grown).finish().is_complete
    assert results(tmp_path / "sweep").equals(undisturbed(many))
    assert parts(grown) == {f"{chunk.key}.parquet" for chunk in grown.chunks}  # the old half chunk is aside
    assert len(list((tmp_path / "sweep" / "aside").iterdir())) == 1


def test_a_store_whose_manifest_was_not_written_begins_again(job, tmp_path):
    store = fill(open_store(tmp_path / "sweep", job, pairs_per_chunk=3), most=2)
    (store.folder / "study.json").unlink()
    again = open_store(tmp_path / "sweep", job, pairs_per_chunk=3)
    assert len(again.missing()) == 5


def test_two_processes_may_share_a_store(job, tmp_path):
    one, other = (open_store(tmp_path / "sweep", job, pairs_per_chunk=3) for _ in range(2))
    run_chunks(job, one.chunks[:5], one)
    run_chunks(job, other.chunks[2:], other)
    assert one.finish().is_complete
    assert other.finish().rows == 20
    assert results(tmp_path / "sweep").equals(undisturbed(job))


# ---- what must never be read ----


@pytest.mark.parametrize("harm", ["cut", "empty", "foreign", "renamed", "garbage"])
def test_a_file_that_is_not_the_whole_part_is_done_again(filled, job, harm):
    file, other = sorted((filled.folder / "parts").iterdir())[:2]
    content = file.read_bytes()
    harmed = {
        "cut": content[: len(content) // 2],
        "empty": b"",
        "foreign": foreign_parquet(filled.folder),
        "renamed": other.read_bytes(),
        "garbage": b"PAR1" + bytes(200) + b"PAR1",
    }
    file.write_bytes(harmed[harm])
    assert [chunk.key for chunk in filled.missing()] == [file.stem]
    with pytest.raises(StoreError, match="1 of 7 chunks are missing"):
        results(filled.folder)
    fill(open_store(filled.folder, job))
    assert results(filled.folder).equals(undisturbed(job))


def foreign_parquet(folder: Path) -> bytes:
    file = folder.parent / "foreign.parquet"
    pd.DataFrame({"safety": [0.0]}).to_parquet(file)
    return file.read_bytes()


def test_a_file_that_is_harmed_inside_is_refused_by_name(filled):
    file = min((filled.folder / "parts").iterdir())
    content = bytearray(file.read_bytes())
    content[4 : len(content) // 4] = bytes(len(content) // 4 - 4)
    file.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged, was edited or does not belong here"):
        results(filled.folder)


def test_temporary_files_are_never_read_and_those_of_dead_processes_go(filled, job):
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    host = store_files.host_name()
    gone = filled.folder / "parts" / f".abc.parquet.{host}-{dead.stdout.strip()}_0.tmp"
    alive = filled.folder / "parts" / f".abc.parquet.{host}-{os.getpid()}_99.tmp"
    elsewhere = filled.folder / "parts" / ".abc.parquet.other-1_0.tmp"
    for file in (gone, alive, elsewhere):
        file.write_bytes(b"half a fi")
    assert results(filled.folder).equals(undisturbed(job))
    open_store(filled.folder, job)
    assert [file.exists() for file in (gone, alive, elsewhere)] == [False, True, True]


# ---- other studies ----


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"seed": 8}, "its seed are 7, asked for are 8"),
        ({"replicates": 3}, "its replicates are 2"),
        ({"measures": ["safety"]}, "its measures are"),
        ({"weeks": 5}, "its weeks are"),
        ({"base": Parameters().replace({"trust.gain": 0.07})}, "its base are"),
        ({"rows": "replicates"}, "its rows are"),
        ({"points": POINTS.head(5)}, "asked for are fewer points"),
        ({"points": POINTS.assign(**{"trust.gain": 0.05})}, "asked for are other points"),
        ({"points": POINTS.drop(columns="power")}, "its columns are"),
    ],
)
def test_another_study_is_refused_and_nothing_of_it_touched(filled, case_of, told, words):
    before = {file: file.read_bytes() for file in filled.folder.rglob("*") if file.is_file()}
    other = job_on([case_of(id="B"), case_of(id="A")], **told)
    with pytest.raises(StoreError, match=words) as raised:
        open_store(filled.folder, other)
    assert "Name another folder, or start anew" in str(raised.value)
    assert {file: file.read_bytes() for file in filled.folder.rglob("*") if file.is_file()} == before


def test_another_model_version_is_refused_but_its_results_are_read(filled, case_of, monkeypatch):
    table = results(filled.folder)
    monkeypatch.setattr("coprod_abm.job.source_fingerprint", lambda: "f" * 64)
    with pytest.raises(StoreError, match=r"another version of the model .*this one is ffffffffffff"):
        open_store(filled.folder, job_on([case_of(id="B"), case_of(id="A")]))
    assert results(filled.folder).equals(table)


def test_an_edited_preset_is_another_study(filled, case_of, monkeypatch):
    edited = lambda column, name: {"power.agenda_access": 0.123}  # noqa: E731
    monkeypatch.setattr("coprod_abm.job.changes_of", edited)
    with pytest.raises(StoreError, match="its presets are"):
        open_store(filled.folder, job_on([case_of(id="B"), case_of(id="A")]))


def test_a_study_can_start_anew_beside_the_old_one(filled, case_of):
    table = results(filled.folder)
    other = job_on([case_of(id="B"), case_of(id="A")], seed=8)
    store = fill(open_store(filled.folder, other, anew=True, pairs_per_chunk=3))
    assert store.finish().is_complete
    assert results(filled.folder).equals(undisturbed(other))
    (earlier,) = (filled.folder / "earlier").iterdir()
    assert results(earlier).equals(table)


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_figures_and_words_go_with_the_study_that_they_show_even_if_the_new_one_never_begins(
    filled, case_of, monkeypatch
):
    (filled.folder / "figures").mkdir()
    (filled.folder / "README.txt").write_text("Results", encoding="utf-8")
    other = job_on([case_of(id="B"), case_of(id="A")], seed=8)
    with monkeypatch.context() as patched:
        patched.setattr(Store, "begin", interrupted)
        with pytest.raises(KeyboardInterrupt):
            open_store(filled.folder, other, anew=True)
    (earlier,) = (filled.folder / "earlier").iterdir()
    assert {"figures", "README.txt"} <= {each.name for each in earlier.iterdir()}
    assert fill(open_store(filled.folder, other)).finish().is_complete


def test_starting_the_same_study_anew_keeps_it(filled, job):
    assert open_store(filled.folder, job, anew=True).missing() == ()


def test_folders_of_others_are_refused(job, tmp_path):
    (tmp_path / "thesis.docx").write_bytes(b"")
    with pytest.raises(StoreError, match="holds files that are no results of a sweep"):
        open_store(tmp_path, job)
    with pytest.raises(StoreError, match="is a file"):
        open_store(tmp_path / "thesis.docx", job)
    with pytest.raises(StoreError, match="cannot be written"):
        open_store(tmp_path / "thesis.docx" / "sweep", job)
    with pytest.raises(StoreError, match="holds no results of a sweep"):
        results(tmp_path)


@pytest.mark.parametrize("content", ["", "{}", "[1]", "\x00", '{"format": 1, "fingerprint": 3}'])
def test_a_damaged_manifest_is_refused(filled, job, content):
    (filled.folder / "study.json").write_text(content, encoding="utf-8")
    with pytest.raises(StoreError, match="is damaged or no manifest"):
        open_store(filled.folder, job)


def test_a_newer_format_is_refused(filled, job):
    (filled.folder / "study.json").write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(StoreError, match="format 99"):
        open_store(filled.folder, job)


def test_a_damaged_plan_is_refused(filled):
    (filled.folder / "plan.parquet").write_bytes(b"PAR1")
    with pytest.raises(StoreError, match=r"plan\.parquet is damaged"):
        results(filled.folder)


# ---- a full disk ----


def full_after(calls: int) -> Callable[[int], None]:
    """An fsync that finds the disk full after some calls."""
    made = []

    def fsync(handle: int) -> None:
        made.append(handle)
        if len(made) > calls:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return fsync


@pytest.mark.parametrize("calls", [0, 1, 4, 5, 9, 12])
def test_a_full_disk_is_told_and_nothing_is_lost(job, tmp_path, monkeypatch, calls):
    with monkeypatch.context() as patched:
        patched.setattr(store_files.os, "fsync", full_after(calls))
        with pytest.raises(StoreError, match=r"the disk is full.*Make room and run the same command again"):
            fill(open_store(tmp_path / "sweep", job, pairs_per_chunk=3))
    assert list((tmp_path / "sweep").rglob("*.tmp")) == []
    again = open_store(tmp_path / "sweep", job, pairs_per_chunk=3)
    assert len(again.missing()) <= 7 - max(0, (calls - 5) // 2)
    assert fill(again).finish().is_complete
    assert results(tmp_path / "sweep").equals(undisturbed(job))


def test_a_real_limit_on_file_sizes_is_told_and_nothing_is_lost(job, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    store = fill(open_store(tmp_path / "sweep", job, pairs_per_chunk=3), most=2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
    try:
        with pytest.raises(StoreError, match="the limit on file sizes is reached"):
            fill(store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list((tmp_path / "sweep").rglob("*.tmp")) == []
    again = open_store(tmp_path / "sweep", job)
    assert len(again.missing()) == 5
    fill(again)
    assert results(tmp_path / "sweep").equals(undisturbed(job))


# ---- trajectories ----


def test_trajectories_are_kept_on_request(job, tmp_path):
    store = fill(open_store(tmp_path / "sweep", job, pairs_per_chunk=3, every=2))
    assert store.finish().is_complete
    runs, table = trajectories(store.folder), results(store.folder)
    assert runs["safety"].dims == ("pair", "replicate", "week")
    assert runs["week"].values.tolist() == [0, 2, 4]
    assert runs["case"].values.tolist() == table["case"].tolist()
    assert runs["point"].values.tolist() == table["point"].tolist()
    assert np.array_equal(runs["safety"].isel(week=-1).mean("replicate"), table["safety"], equal_nan=True)
    assert table.equals(undisturbed(job))


def test_trajectories_that_are_missing_are_done_and_told(filled, job):
    with pytest.raises(StoreError, match="trajectories of 7 of 7 chunks are missing"):
        trajectories(filled.folder)
    again = open_store(filled.folder, job, every=2)
    assert len(again.missing()) == 7
    fill(again)
    assert trajectories(filled.folder, chunks=[1]).sizes["pair"] == 3
    with pytest.raises(ValueError, match="every = 9"):
        open_store(filled.folder, job, every=9)


# ---- presets of the user's own ----


def test_presets_of_ones_own_decide_numbers_and_keys_by_what_they_set(case_of, tmp_path):
    points = pd.DataFrame({"trust": ["mine", "default"]})

    found = {}
    for gain in (0.02, 0.1):
        (tmp_path / "trust").mkdir(exist_ok=True)
        (tmp_path / "trust" / "mine.yaml").write_text(f"gain: {gain}\n", encoding="utf-8")
        with beside_shipped(own_presets(tmp_path)):
            job = job_on(case_of(), points)
            plain = job_on(case_of(), pd.DataFrame({"trust.gain": [gain]}))
            pd.testing.assert_frame_equal(undisturbed(job)[ASKED].head(1), undisturbed(plain)[ASKED], check_exact=True)
            found[gain] = (job.fingerprint, chunks(job)[0].key)
    assert not set(found[0.02]) & set(found[0.1])
    with pytest.raises(PresetError, match="trust=mine is not a preset"):
        job_on(case_of(), points)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("power/majority.yaml", "agenda_access: 0.1", "Give yours another name"),
        ("power/mine.yaml", "agenda_acess: 0.1", "Did you mean 'power.agenda_access'"),
        ("power/mine.yaml", "agenda_access: 7", "outside its declared range"),
    ],
)
def test_a_preset_of_ones_own_that_cannot_be_used_is_refused_by_its_file(tmp_path, name, text, told):
    (tmp_path / "power").mkdir()
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(PresetError, match=told) as refused:
        own_presets(tmp_path)
    assert name in str(refused.value)
