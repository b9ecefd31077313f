"""Files that are whole or not there: written under a temporary name, brought to the disk, renamed; and how to tell."""

import hashlib
import itertools
import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

MAGIC = b"PAR1"
UNREADABLE = (pa.ArrowException, OSError, ValueError, TypeError, KeyError)  # what reading damaged results may raise
DIGEST = "digest"  # of the rows, in the metadata of a file
_COUNTER = itertools.count()
_DRAFT = re.compile(r"\.(?P<host>[^.]+)-(?P<process>\d+)_\d+\.tmp$")


def parquet_bytes(table: pa.Table, facts: Mapping[str, str]) -> bytes:
    """A table as the bytes of a Parquet file, with what made it in its metadata."""
    sink = pa.BufferOutputStream()
    words = [field.name for field in table.schema if field.type == pa.string()]
    pq.write_table(
        table.replace_schema_metadata(dict(facts)),
        sink,
        compression="zstd",
        use_dictionary=words,
        write_statistics=words,  # of hundreds of columns they would cost more than the rows of a small part
    )
    return sink.getvalue().to_pybytes()


def digest_of(table: pa.Table) -> str:
    """SHA-256 of names, types and values: a bit that turned on a disk changes it, which Parquet itself would not notice."""
    digest = hashlib.sha256()
    for name, column in zip(table.column_names, table.columns, strict=True):
        digest.update(f"{name} {column.type}".encode())
        if pa.types.is_string(column.type):
            digest.update(repr(column.to_pylist()).encode())
        else:
            digest.update(pc.fill_null(column, 0).to_numpy())
            digest.update(column.is_null().to_numpy())
    return digest.hexdigest()


def is_as_written(table: pa.Table) -> bool:
    """Whether the rows of a part are those of its digest; a part of an earlier version, which has none, is believed."""
    kept = (table.schema.metadata or {}).get(DIGEST.encode())
    return kept is None or kept == digest_of(table).encode()


def whole_file(file: Path, content: bytes) -> None:
    """Write a file under a temporary name beside its place, bring it to the disk, and rename it."""
    draft = file.with_name(f".{file.name}.{host_name()}-{os.getpid()}_{next(_COUNTER)}.tmp")
    try:
        with draft.open("wb") as sink:
            sink.write(content)
            sink.flush()
            os.fsync(sink.fileno())
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Bring a rename to the disk, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_whole(file: Path, key: str) -> bool:
    """Whether a file is a whole Parquet file that names this key in its footer; reads no more than that."""
    try:
        with file.open("rb") as source:
            size = source.seek(0, os.SEEK_END)
            source.seek(max(size - 8, 0))
            tail = source.read()
            length = int.from_bytes(tail[:4], "little")
            if tail[4:] != MAGIC or length + 12 > size:
                return False
            source.seek(size - 8 - length)
            return key.encode() in source.read(length)
    except OSError:
        return False


def forget_unfinished(folder: Path) -> None:
    """Remove temporary files of processes of this machine that no longer live; nothing ever reads them."""
    for file in folder.glob(".*.tmp"):
        found = _DRAFT.search(file.name)
        if found and found["host"] == host_name() and not is_alive(int(found["process"])):
            file.unlink(missing_ok=True)


def is_alive(process: int) -> bool:
    """Whether a process of this machine lives."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it lives and belongs to somebody else
        return True
    return True


def host_name() -> str:
    """The name of this machine, fit for a file name."""
    return "".join(each if each.isalnum() or each == "-" else "_" for each in platform.node()) or "host"
