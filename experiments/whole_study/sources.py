"""Where the published measures of some cases come from: the sources that stand beside their figures."""

import csv
from collections.abc import Sequence
from pathlib import Path

from coprod_abm.case import Case
from coprod_abm.case_document import read_document


def measures_file(case: Case) -> Path | None:
    """The file of a case's published measures; None where it has none."""
    document = read_document(Path(case.path))
    measures = document.values.get("measures")
    return Path(case.path).parent / measures["file"] if measures else None


def sources_of(cases: Sequence[Case]) -> list[dict[str, str]]:
    """Every source that the cases' figures name: citation, licence, address, as ``sources.csv`` beside the figures says."""
    found: dict[str, dict[str, str]] = {}
    for case in cases:
        file = measures_file(case)
        if file is None:
            continue
        known = known_in(file.parent / "sources.csv")
        for name in named_in(file):
            found.setdefault(name, known.get(name) or of_ones_own(name, file))
    return list(found.values())


def named_in(file: Path) -> list[str]:
    """The sources that a table of figures names, in their order."""
    with file.open(encoding="utf-8-sig", newline="") as source:
        return list(dict.fromkeys(row["source"] for row in csv.DictReader(source)))


def known_in(file: Path) -> dict[str, dict[str, str]]:
    """The sources that a file describes."""
    if not file.exists():
        return {}
    with file.open(encoding="utf-8-sig", newline="") as source:
        return {row["source"]: dict(row) for row in csv.DictReader(source)}


def of_ones_own(name: str, file: Path) -> dict[str, str]:
    """A source of which nothing is known but its name."""
    return {"source": name, "citation": f"Named in {file.name}.", "licence": "not stated", "address": "", "note": ""}
