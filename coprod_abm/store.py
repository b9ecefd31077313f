"""A sweep on disk: a plan, one Parquet file per chunk, and a manifest; whatever is there is whole, and never done twice.

``study.json`` says what was asked for and by whom, ``plan.parquet`` lists every pair of point and case with the chunk that
holds it, ``parts/<key>.parquet`` holds the rows of one chunk. Every file is written under a temporary name beside its
place, brought to the disk, and renamed: a name without ``.tmp`` is a whole file. A key is a hash of all that determines
the numbers, so a part that bears the right name holds the right rows, whoever wrote it and when.
"""

import errno
import itertools
import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from coprod_abm.job import Chunk, Job, Told, chunks, computed
from coprod_abm.provenance import now, provenance
from coprod_abm.simulate import check_run
from coprod_abm.store_files import (
    DIGEST,
    UNREADABLE,
    digest_of,
    forget_unfinished,
    is_as_written,
    is_whole,
    parquet_bytes,
    whole_file,
)

FORMAT = 1
STUDY, PLAN, PARTS, TRAJECTORIES = "study.json", "plan.parquet", "parts", "trajectories"
EARLIER, ASIDE = "earlier", "aside"  # former studies of the folder, and parts that its plan does not name
MADE_OF_IT = ("figures", "README.txt")  # what commands lay beside a study, and what goes where it goes
BESIDE = ("pilot", "fixing")  # folders with stores of their own, whose runs a study needs before or after its own
OURS = {STUDY, PLAN, PARTS, TRAJECTORIES, EARLIER, ASIDE, *BESIDE}
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
COUNTS = ("chunks", "rows", "failed", "errors")  # what the manifest tells of finished chunks
MOST_ERRORS = 20  # different errors that the manifest tells


class StoreError(ValueError):
    """A store cannot be opened, written or read as asked; the message names folder, reason and way out."""


class Count(NamedTuple):
    """How many rows a part has, and how many of them failed, by error."""

    rows: int
    errors: Counter[str]


class Summary(NamedTuple):
    """What a store holds: chunks on disk and planned, rows, and failed points by their errors."""

    done: int
    chunks: int
    rows: int
    failed: int
    errors: dict[str, int]
    seconds: float

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return self.done == self.chunks


# ---- opening ----


def open_store(
    folder: str | os.PathLike[str],
    job: Job,
    config: Mapping[str, Any] | None = None,
    command: Sequence[str] | None = None,
    anew: bool = False,
    pairs_per_chunk: int | None = None,
    every: int | None = None,
) -> "Store":
    """The store of a job in ``folder``: a new one, the same one, or one of the same job with fewer points, which grows.

    With ``every`` the measures of each run after every so many weeks are kept too, as NetCDF in ``trajectories/``.
    With ``anew`` whatever other study lies there is moved into ``earlier/`` within the folder and stays readable.

    Raises:
        StoreError: when the folder holds another study or other files, or cannot be written.
    """
    place = Path(folder)
    if every is not None:
        check_run(1, min(job.lengths), every, None, 0)
    try:
        known = recorded_study(place)
        if known is not None and anew and known["fingerprint"] != job.fingerprint:
            move_away(place, known)
            known = None
        check_fits(place, known, job)
        store = Store(place, job, chunks(job, pairs_per_chunk or (known or {}).get("pairs_per_chunk")), every)
        for inside in (place, place / PARTS, *([place / TRAJECTORIES] if every else [])):
            inside.mkdir(parents=True, exist_ok=True)
            forget_unfinished(inside)
        store.begin(known, config, command)
    except OSError as error:
        raise not_writable(place, error) from None
    return store


def recorded_study(place: Path) -> dict[str, Any] | None:
    """The manifest of the study in a folder; None where there is none.

    Raises:
        StoreError: when the folder holds files of others, or a manifest that cannot be read.
    """
    if place.exists() and not place.is_dir():
        raise StoreError(f"{place} is a file. Name a folder for the results.")
    if not (place / STUDY).exists():
        strange = sorted(each.name for each in place.iterdir() if each.name not in OURS) if place.exists() else []
        strange = [name for name in strange if not name.endswith((".tmp", ".log")) and name != ".DS_Store"]
        if strange:
            raise StoreError(f"{place} holds files that are no results of a sweep ({strange[0]}). Name another folder.")
        return None
    try:
        known = json.loads((place / STUDY).read_text(encoding="utf-8"))
        if known["format"] != FORMAT:
            raise StoreError(
                f"{place} was written in format {known['format']} of the store; this version writes {FORMAT}. "
                "Name another folder, or read it with the version of coprod-abm that wrote it."
            )
        check_manifest(known)
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AssertionError):
        raise StoreError(f"{place / STUDY} is damaged or no manifest of a sweep. Name another folder.") from None
    return dict(known)


def check_manifest(known: Mapping[str, Any]) -> None:
    """Fail where a manifest lacks what is read from it."""
    assert isinstance(known["fingerprint"], str)
    assert isinstance(known["facts"]["model"], str)
    assert isinstance(known["points"], int)
    assert isinstance(known["pairs_per_chunk"], int)


def check_fits(place: Path, known: Mapping[str, Any] | None, job: Job) -> None:
    """Refuse a folder with another study than this job, or than this job with fewer points.

    Raises:
        StoreError: naming what differs.
    """
    if known is None or known["fingerprint"] == job.fingerprint:
        return
    way_out = (
        "Name another folder, or start anew (anew=true): the old results then stay readable in its folder "
        f"{EARLIER}{os.sep}."
    )
    facts, own = known["facts"], job.facts
    if facts["model"] != own["model"]:
        raise StoreError(
            f"{place} holds results of another version of the model ({facts['model'][:12]}; this one is "
            f"{own['model'][:12]}), which must not be mixed. {way_out}"
        )
    different = [key for key in own if facts.get(key) != own[key] and key != "presets"]
    for key in [*different, *edited_presets(facts, own)][:1]:
        raise StoreError(
            f"{place} holds another study: its {key} are {shown(facts.get(key))}, asked for are {shown(own[key])}. {way_out}"
        )
    if known["points"] < len(job.points) and job.head(known["points"]).fingerprint == known["fingerprint"]:
        return
    why = "fewer points" if known["points"] > len(job.points) else "other points"
    raise StoreError(
        f"{place} holds another study of {known['points']} points; asked for are {why}. Add points below the old ones to "
        f"go on with it. {way_out}"
    )


def edited_presets(facts: Mapping[str, Any], own: Mapping[str, Any]) -> list[str]:
    """``["presets"]`` where a preset of the same name sets something else now."""
    known = facts["presets"]
    for column, presets in own["presets"].items():
        for name, sets in presets.items():
            if known.get(column, {}).get(name, sets) != sets:
                return ["presets"]
    return []


def shown(fact: Any) -> str:
    """A fact of a study, cut to what fits a message."""
    text = json.dumps(fact, ensure_ascii=False)
    return text if len(text) <= 160 else f"{text[:157]}..."


def move_away(place: Path, known: Mapping[str, Any]) -> None:
    """Move the study of a folder into ``earlier/`` within it."""
    stamp = str(known.get("started", "before")).replace(":", "").replace("+0000", "")
    target = place / EARLIER / f"{stamp}-{known['fingerprint'][:8]}"
    number = itertools.count(2)
    while target.exists():
        target = target.with_name(f"{target.name}-{next(number)}")
    target.mkdir(parents=True)
    # the manifest last: until then the folder is still the old study's
    for name in (PARTS, TRAJECTORIES, ASIDE, *MADE_OF_IT, PLAN, STUDY):
        if (place / name).exists():
            (place / name).rename(target / name)


def not_writable(place: Path, error: OSError) -> StoreError:
    """What the user reads when the disk refuses."""
    if error.errno in FULL:
        return StoreError(
            f"{place} cannot be written: {full_told(error)}. All chunks written so far are kept. Make room and run the "
            "same command again: it goes on where it stopped."
        )
    return StoreError(
        f"{place} cannot be written: {error.strerror or error}. Put it right, or name a folder in which you may create "
        "files, and run the same command again: chunks written so far are kept."
    )


def full_told(error: OSError) -> str:
    """Which kind of full it is."""
    return {errno.EDQUOT: "your quota is used up", errno.EFBIG: "the limit on file sizes is reached"}.get(
        error.errno or 0, "the disk is full"
    )


# ---- writing ----


class Store:
    """The store of one job; several processes may use the same folder at once."""

    def __init__(self, folder: Path, job: Job, planned: tuple[Chunk, ...], every: int | None = None) -> None:
        self.folder, self.job, self.chunks, self.every = folder, job, planned, every
        self.facts: dict[str, Any] = {}
        self.counted: dict[str, Count] = {}  # parts that this process wrote
        self.began = time.monotonic()

    def begin(
        self, known: Mapping[str, Any] | None, config: Mapping[str, Any] | None, command: Sequence[str] | None
    ) -> None:
        """Write the plan, then the manifest, unless they lie there already."""
        self.facts = provenance(list(command or []))
        if known is not None and known["fingerprint"] == self.job.fingerprint and (self.folder / PLAN).exists():
            return
        whole_file(self.folder / PLAN, parquet_bytes(plan_table(self.job, self.chunks), self.told()))
        study = {
            "format": FORMAT,
            "fingerprint": self.job.fingerprint,
            "points": len(self.job.points),
            "runs": self.job.runs,
            "chunks": len(self.chunks),
            "pairs_per_chunk": self.chunks[0].last - self.chunks[0].first,
            "facts": self.job.facts,
            "config": None if config is None else dict(config),
            **self.facts,
            "ended": None,
            "counts": None,
        }
        self.write_study(study)

    def write_study(self, study: Mapping[str, Any]) -> None:
        """Write the manifest."""
        text = json.dumps(study, indent=2, ensure_ascii=False, default=str)
        whole_file(self.folder / STUDY, (text + "\n").encode())

    def told(self) -> dict[str, str]:
        """What every Parquet file says about itself."""
        facts = {key: self.facts.get(key) for key in ("command", "model", "git", "versions", "machine", "started")}
        return {"coprod": json.dumps(facts | {"job": self.job.fingerprint})}

    def part(self, chunk: Chunk) -> Path:
        """Where the rows of a chunk lie."""
        return self.folder / PARTS / f"{chunk.key}.parquet"

    def long_part(self, chunk: Chunk) -> Path:
        """Where the trajectories of a chunk lie."""
        return self.folder / TRAJECTORIES / f"{chunk.key}-{self.every}.nc"

    def missing(self, wanted: Iterable[Chunk] | None = None) -> tuple[Chunk, ...]:
        """Those of the chunks (all of the plan unless given) that are not on disk, whole and under their key."""
        chosen = self.chunks if wanted is None else wanted
        return tuple(chunk for chunk in chosen if not self.has(chunk))

    def has(self, chunk: Chunk) -> bool:
        """Whether the rows of a chunk, and its trajectories where they are kept, are on disk."""
        return is_whole(self.part(chunk), chunk.key) and (self.every is None or self.long_part(chunk).exists())

    def fill(self, chunk: Chunk, threads: int | None = None, told: Told | None = None) -> None:
        """Simulate a chunk and put it on disk, trajectories first: where the rows are, all is.

        Raises:
            StoreError: as :meth:`write`.
        """
        self.write(chunk, self.simulated(chunk, threads, told))

    def simulated(self, chunk: Chunk, threads: int | None = None, told: Told | None = None) -> pd.DataFrame:
        """The rows of a chunk; its trajectories, where they are kept, go to the disk at once.

        Raises:
            StoreError: as :meth:`write`.
        """
        if self.every is not None:
            from coprod_abm.store_trajectories import netcdf_of

            try:
                whole_file(self.long_part(chunk), netcdf_of(self.job, chunk, self.every, threads))
            except OSError as error:
                raise not_writable(self.folder, error) from None
        return computed(self.job, chunk, threads, told)

    def write(self, chunk: Chunk, table: pd.DataFrame) -> None:
        """Put the rows of a chunk on disk, whole or not at all.

        Raises:
            StoreError: when the disk is full or refuses; nothing that was there is lost.
        """
        count = Count(len(table), Counter(table["error"].dropna().tolist()))
        rows = part_table(table)
        facts = {"key": chunk.key, "failed": str(count.errors.total()), DIGEST: digest_of(rows), **self.told()}
        try:
            whole_file(self.part(chunk), parquet_bytes(rows, facts))
        except OSError as error:
            raise not_writable(self.folder, error) from None
        self.counted[chunk.key] = count

    def finish(self) -> Summary:
        """Count what lies in the store, say so in the manifest, and put parts that no plan names aside.

        Raises:
            StoreError: when the manifest cannot be written.
        """
        missing = {chunk.key for chunk in self.missing()}
        done = [chunk for chunk in self.chunks if chunk.key not in missing]
        study = recorded_study(self.folder) or {}
        counts = study.get("counts")
        if not (isinstance(counts, dict) and set(COUNTS) <= set(counts)):  # none yet, or another hand's
            counts = {}
        if self.counted or counts.get("chunks") != len(done):
            counts = self.count(done)
            try:
                if not missing:
                    set_aside(self.folder, {chunk.key for chunk in self.chunks})
                self.write_study(study | {"ended": now(), "counts": counts})
            except OSError as error:
                raise not_writable(self.folder, error) from None
        seconds = time.monotonic() - self.began
        return Summary(len(done), len(self.chunks), counts["rows"], counts["failed"], counts["errors"], seconds)

    def count(self, done: Iterable[Chunk]) -> dict[str, Any]:
        """Rows and failures of finished chunks, for the manifest."""
        rows, errors = 0, Counter[str]()
        for chunk in done:
            count = self.counted.get(chunk.key) or count_of(self.part(chunk))
            rows += count.rows
            errors += count.errors
        return {
            "chunks": len(list(done)),
            "rows": rows,
            "failed": errors.total(),
            "errors": dict(errors.most_common(MOST_ERRORS)),
        }


def plan_table(job: Job, planned: Sequence[Chunk]) -> pa.Table:
    """Every pair in order: point, case, the columns of the points, number and key of its chunk."""
    count = len(job.cases)
    own = np.repeat(np.arange(len(job.points)), count)
    lengths = [chunk.last - chunk.first for chunk in planned]
    columns: dict[str, Any] = {
        "point": job.first_point + own,
        "case": np.tile([c.id for c in job.cases], len(job.points)),
    }
    columns |= {name: job.points[name].to_numpy()[own] for name in job.points.columns}
    columns["chunk"] = np.repeat([chunk.number for chunk in planned], lengths)
    columns["key"] = np.repeat([chunk.key for chunk in planned], lengths)
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def part_table(table: pd.DataFrame) -> pa.Table:
    """The rows of a chunk in Arrow; the same types in every part, even where all errors are empty."""
    return pa.table(
        {
            name: pa.array(
                table[name].tolist() if name == "error" else table[name], from_pandas=True, type=kind_of(name, table)
            )
            for name in table.columns
        }
    )


def kind_of(name: str, table: pd.DataFrame) -> pa.DataType:
    """The type of a column: text, whole numbers or floats."""
    if name == "error" or table[name].dtype.kind not in "iuf":
        return pa.string()
    return pa.int64() if table[name].dtype.kind in "iu" else pa.float64()


def count_of(file: Path) -> Count:
    """Rows and failures of a part.

    Raises:
        StoreError: when it is damaged.
    """
    try:
        facts = pq.read_metadata(file)
        if facts.metadata[b"failed"] == b"0":
            return Count(facts.num_rows, Counter())
        errors = pq.read_table(file, columns=["error"], partitioning=None)["error"].to_pylist()
    except UNREADABLE:
        raise damaged_part(file) from None
    return Count(facts.num_rows, Counter(error for error in errors if error is not None))


def set_aside(folder: Path, keys: set[str]) -> None:
    """Move parts that the plan does not name into ``aside/``, so that ``parts/`` holds each row once."""
    for file in (folder / PARTS).glob("*.parquet"):
        if file.stem not in keys:
            (folder / ASIDE).mkdir(exist_ok=True)
            file.replace(folder / ASIDE / file.name)


# ---- reading ----


def results(folder: str | os.PathLike[str], partial: bool = False) -> pd.DataFrame:
    """The rows of a store in the order of its points: ``point, case``, inputs, outputs, ``error`` (empty where it ran).

    With ``partial`` what is there of an unfinished study.

    Raises:
        StoreError: when there is no store, or chunks are missing and ``partial`` is not given.
    """
    place = Path(folder)
    files = {place / PARTS / f"{key}.parquet": key for key in planned_keys(place)}
    check_plan(place, len(files))
    there = [file for file, key in files.items() if is_whole(file, key)]
    if len(there) < len(files) and not partial:
        raise StoreError(
            f"{place}: {len(files) - len(there)} of {len(files)} chunks are missing. Run the same command again to finish "
            "them, or read what is there with results(folder, partial=True)."
        )
    if not there:
        raise StoreError(f"{place}: no chunk is finished yet. Run the same command again.")
    with ThreadPoolExecutor() as pool:
        tables = list(pool.map(read_part, there, [files[file] for file in there]))
    try:
        rows = pa.concat_tables(tables).to_pandas()
        in_order = rows["point"].is_monotonic_increasing
    except UNREADABLE:
        in_order = False
    if not in_order:
        raise StoreError(
            f"{place}: {PLAN} and the parts in {PARTS} do not fit together. Run the sweep anew into another folder."
        )
    return rows


def read_part(file: Path, key: str) -> pa.Table:
    """The rows of one part.

    Raises:
        StoreError: when it is no part of this key, or damaged.
    """
    try:
        with pq.ParquetFile(file) as source:
            table = source.read(use_threads=False)
            if (source.metadata.metadata or {}).get(b"key") == key.encode() and is_as_written(table):
                return table.replace_schema_metadata()
    except UNREADABLE:
        pass
    raise damaged_part(file)


def damaged_part(file: Path) -> StoreError:
    """What the user reads of a part that cannot be used."""
    return StoreError(
        f"{file} is damaged, was edited or does not belong here. Remove it and run the same command again."
    )


def planned_keys(place: Path) -> list[str]:
    """Keys of the chunks of a store, in order.

    Raises:
        StoreError: when there is no store.
    """
    try:
        with pq.ParquetFile(place / PLAN) as source:
            keys = source.read(columns=["key"])["key"].unique().to_pylist()
    except FileNotFoundError:
        raise StoreError(f"{place} holds no results of a sweep ({PLAN} is missing). Name the folder of one.") from None
    except UNREADABLE:
        raise StoreError(f"{place / PLAN} is damaged. Run the sweep anew into another folder.") from None
    return [str(key) for key in keys]


def check_plan(place: Path, chunks: int) -> None:
    """Refuse a plan that lists fewer chunks than the manifest tells of: part of it was lost.

    Raises:
        StoreError: naming both.
    """
    try:
        known = recorded_study(place) or {}
    except StoreError:  # a manifest that is damaged says nothing; the rows are there
        return
    planned = known.get("chunks", 0)
    if isinstance(planned, int) and chunks < planned:
        raise StoreError(
            f"{place / PLAN} lists {chunks} chunks and {STUDY} {planned}: one of them is damaged. Run the sweep anew into "
            "another folder."
        )
