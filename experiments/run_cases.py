"""The cases of a run as they were used: their own rules and events, and copies of their files."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from coprod_abm.case import Case
from coprod_abm.case_document import read_document


def used(case: Case, weeks: int, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """How long a case ran, its own rules after those that the user typed, and its events, as plain values."""
    return {
        "weeks": weeks,
        "rules": {name: overrides.get(name, value) for name, value in case.rules.items()},
        "events": [{name: value for name, value in asdict(event).items() if value != ""} for event in case.events],
    }


def copy_files(cases: Sequence[Case], folder: Path) -> None:
    """Copy each case's YAML and its measures to ``folder`` as ``ID.yaml`` and ``ID.csv``, which can be run again."""
    folder.mkdir()
    for case in cases:
        _copy_files(case, folder)


def _copy_files(case: Case, folder: Path) -> None:
    origin = Path(case.path)
    lines = origin.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    document = read_document(origin)
    if measures := document.values.get("measures"):
        table = folder / f"{case.id}.csv"
        table.write_bytes((origin.parent / measures["file"]).read_bytes())
        at = document.line("measures.file") - 1  # the copy finds its measures beside it
        lines[at] = lines[at].replace(measures["file"], table.name)
    (folder / f"{case.id}.yaml").write_bytes("".join(lines).encode())
