"""Records written to a folder: each table as Parquet that says which run it is of, and read again."""

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from coprod_abm.records import LEVEL_NAMES, WORDS, Record, RecordError

TABLES = tuple(name for name in Record._fields if name != "run")
_RUN = b"coprod_run"


def write_records(record: Record, folder: str | PathLike[str], facts: Mapping[str, Any] | None = None) -> list[Path]:
    """Write every table to ``folder`` as Parquet; returns the files.

    ``facts`` (command, versions, ...) go into each file's metadata beside cases, seed, replicate and the model's version.

    Raises:
        RecordError: when the folder already holds records.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from coprod_abm.compiled import source_fingerprint

    place = Path(folder)
    files = [place / f"{name}.parquet" for name in TABLES]
    taken = [file.name for file in files if file.exists()]
    if taken:
        raise RecordError(
            f"folder = {place} already holds {taken[0]}. Name another folder, or remove its records first."
        )
    place.mkdir(parents=True, exist_ok=True)
    told = {"coprod": json.dumps({"model": source_fingerprint(), **(facts or {})}), _RUN: json.dumps(record.run)}
    for file, name in zip(files, TABLES, strict=True):
        arrow = pa.Table.from_pandas(getattr(record, name), preserve_index=False)
        arrow = arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), **told})
        pq.write_table(arrow, file, compression="zstd")
    return files


def read_records(folder: str | PathLike[str]) -> Record:
    """The records that :func:`write_records` wrote to ``folder``.

    Raises:
        RecordError: when a table is missing.
    """
    import pyarrow.parquet as pq

    place = Path(folder)
    tables: dict[str, pd.DataFrame] = {}
    run: dict[str, Any] = {}
    for name in TABLES:
        file = place / f"{name}.parquet"
        if not file.is_file():
            raise RecordError(f"folder = {place} holds no {file.name}. Give a folder that write_records wrote.")
        arrow = pq.read_table(file)
        run = json.loads((arrow.schema.metadata or {}).get(_RUN, b"{}"))
        tables[name] = arrow.to_pandas()
    names = tables["projects"]["project"].tolist()
    for name in TABLES[:-1]:
        restore_words(tables[name], names)
    return Record(**tables, run=run)


def restore_words(table: pd.DataFrame, projects: list[str]) -> None:
    """Give columns of words all the words there are: a file keeps none for an empty table."""
    for name in table.columns.intersection([*WORDS, "level", "project", "source"]):
        known = WORDS.get(name, LEVEL_NAMES if name == "level" else projects)
        table[name] = pd.Categorical(table[name], categories=pd.Index(list(known)))
