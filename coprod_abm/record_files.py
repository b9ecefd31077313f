"""Records written to a folder, whole or not at all: each table as Parquet that says which run it is of, and read again."""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from coprod_abm.records import LEVEL_NAMES, WORDS, Record, RecordError, check_record, shown
from coprod_abm.store_files import UNREADABLE

TABLES = tuple(name for name in Record._fields if name != "run")
_RUN = b"coprod_run"
_CONTENT = b"coprod_records"  # what all tables hold together: the same in each file of a folder


def write_records(record: Record, folder: str | PathLike[str], facts: Mapping[str, Any] | None = None) -> list[Path]:
    """Write every table to ``folder``, which is new or empty, as Parquet; returns the files.

    They are written beside their place and moved there when they are whole; where that fails nothing of them remains.
    ``facts`` (command, versions, ...) go into each file's metadata beside cases, seed, replicate and the model's version.

    Raises:
        RecordError: when there are no records, facts cannot be kept, or the folder is taken or cannot be written.
    """
    check_record(record)
    place = _path(folder)
    metadata = _metadata(record, facts)
    _check_free(place)
    with _whole(place) as unfinished:
        for name in TABLES:
            _write_table(getattr(record, name), unfinished / f"{name}.parquet", metadata)
    return [place / f"{name}.parquet" for name in TABLES]


def read_records(folder: str | PathLike[str]) -> Record:
    """The records that :func:`write_records` wrote to ``folder``.

    Raises:
        RecordError: when a table is missing, is none of records, or is of another run than the others.
    """
    place = _path(folder)
    tables: dict[str, pd.DataFrame] = {}
    told: dict[bytes, bytes] = {}
    for name in TABLES:
        file = place / f"{name}.parquet"
        if not file.is_file():
            raise RecordError(f"folder = {place} holds no {file.name}. Give a folder that write_records wrote.")
        tables[name], metadata = _read_table(file)
        _check_same_run(place, name, told, metadata)
        told = metadata
    try:
        run: dict[str, Any] = json.loads(told[_RUN])
        names = tables["projects"]["project"].tolist()
        for name in TABLES[:-1]:
            restore_words(tables[name], names)
    except (ValueError, KeyError, TypeError):
        raise RecordError(
            f"folder = {place} holds tables that do not fit together. Give a folder as write_records wrote it."
        ) from None
    return Record(**tables, run=run)


def restore_words(table: pd.DataFrame, projects: list[str]) -> None:
    """Give columns of words all the words there are: a file keeps none for an empty table."""
    for name in table.columns.intersection([*WORDS, "level", "project", "source"]):
        known = WORDS.get(name, LEVEL_NAMES if name == "level" else projects)
        table[name] = pd.Categorical(table[name], categories=pd.Index(list(known)))


# ---- one table ----


def _metadata(record: Record, facts: Any) -> dict[bytes, bytes]:
    from coprod_abm.compiled import source_fingerprint

    try:
        kept = json.dumps({"model": source_fingerprint(), **(facts or {})})
    except (TypeError, ValueError):
        raise RecordError(
            f"facts = {shown(facts)} cannot be kept as JSON. Give a dictionary of texts, numbers and lists."
        ) from None
    content = hashlib.sha256()
    for name in TABLES:
        content.update(pd.util.hash_pandas_object(getattr(record, name), index=False).to_numpy().tobytes())
    told = {b"coprod": kept, _RUN: json.dumps(record.run), _CONTENT: content.hexdigest()}
    return {key: text.encode() for key, text in told.items()}


def _write_table(table: pd.DataFrame, file: Path, metadata: Mapping[bytes, bytes]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(table, preserve_index=False)
    pq.write_table(
        arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), **metadata}), file, compression="zstd"
    )
    with file.open("rb+") as written:
        os.fsync(written.fileno())


def _read_table(file: Path) -> tuple[pd.DataFrame, dict[bytes, bytes]]:
    """A table and what its file says of its run."""
    import pyarrow.parquet as pq

    try:
        arrow = pq.read_table(file)
        table = arrow.to_pandas()
    except UNREADABLE as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "it is damaged or no Parquet file"
        raise RecordError(
            f"{file} cannot be read: {why}. Give a folder that write_records wrote, or write it again."
        ) from None
    metadata = dict(arrow.schema.metadata or {})
    if _RUN not in metadata:
        raise RecordError(f"{file} was not written by write_records. Give a folder that write_records wrote.")
    return table, metadata


def _check_same_run(place: Path, name: str, others: Mapping[bytes, bytes], own: Mapping[bytes, bytes]) -> None:
    """Refuse a table of another run than that of the tables before it, if any."""
    if others and any(others.get(key) != own.get(key) for key in (_RUN, _CONTENT, b"coprod")):
        raise RecordError(
            f"folder = {place} mixes two runs: {name}.parquet is of {_run_told(own)}, the tables before it of "
            f"{_run_told(others)}. Keep the tables of each run in a folder of their own."
        )


def _run_told(metadata: Mapping[bytes, bytes]) -> str:
    run = json.loads(metadata[_RUN])
    content = metadata.get(_CONTENT, b"unknown").decode()[:8]
    return f"{', '.join(run['cases'])} with seed {run['seed']}, replicate {run['replicate']} (records {content})"


# ---- the folder ----


def _path(folder: Any) -> Path:
    if isinstance(folder, bytes) or not isinstance(folder, (str, PathLike)) or not str(folder):
        raise RecordError(f"folder = {shown(folder)} is not the path of a folder. Give one, as in 'my-records'.")
    return Path(folder)


def _check_free(place: Path) -> None:
    """Refuse a place that already holds something."""
    try:
        found = sorted(place.iterdir())
    except FileNotFoundError:
        found = []
    except NotADirectoryError:
        blocks = next((one for one in place.parents if one.exists() and not one.is_dir()), place)
        raise RecordError(f"folder = {place} cannot be made: {blocks} is a file. Name another folder.") from None
    except (OSError, ValueError) as error:
        raise _not_writable(place, error) from None
    if found:
        raise RecordError(
            f"folder = {place} already holds {found[0].name}. Name another folder, or remove what this one holds first."
        )


@contextmanager
def _whole(place: Path) -> Iterator[Path]:
    """A folder to write into that becomes ``place`` when the block ends well; else nothing of it remains."""
    real = place.absolute()
    unfinished = real.with_name(f".{real.name}.{uuid.uuid4().hex[:8]}.unfinished")
    made: list[Path] = []
    try:
        made = [one for one in real.parents if not one.exists()]
        real.parent.mkdir(parents=True, exist_ok=True)
        unfinished.mkdir()
        yield unfinished
        _flush(unfinished)
        if real.is_dir():
            real.rmdir()  # an empty folder may give way
        unfinished.rename(real)
        _flush(real.parent)
    except BaseException as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        _remove_empty(made)
        if isinstance(error, OSError):
            raise _not_writable(place, error) from None
        raise


def _flush(folder: Path) -> None:
    """Have the names in a folder written to disk, where the system can open folders."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:  # innermost first
        try:
            folder.rmdir()
        except OSError:  # somebody else uses it by now
            return


def _not_writable(place: Path, error: Exception) -> RecordError:
    why = getattr(error, "strerror", None) or str(error)
    return RecordError(f"folder = {place} cannot be written: {why}. Name a folder in which you may create files.")
