"""Cases by name or by path: finding them, reading their files, and what published figures they cover."""

from collections.abc import Iterable
from dataclasses import fields, replace
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from coprod_abm.case_document import Document, read_document
from coprod_abm.case_entity import Case
from coprod_abm.case_error import (
    CaseError,
    check_keys,
    check_list,
    check_mapping,
    check_option,
    check_text,
    check_whole,
)
from coprod_abm.case_measures import Window, read_measures
from coprod_abm.case_parts import Event, Level, Site
from coprod_abm.declare import nearest

__all__ = [
    "Case",
    "CaseError",
    "Event",
    "Level",
    "Site",
    "cases",
    "coverage",
    "coverage_lines",
    "coverage_table",
    "load_case",
]

_Member = TypeVar("_Member", Site, Event)
INSIDE, OUTSIDE = "in the window", "outside"


def cases() -> tuple[str, ...]:
    """Ids of the shipped cases, in alphabetical order; each is a file in ``configs/case``."""
    return tuple(sorted(path.stem for path in _shipped().glob("*.yaml")))


def load_case(name_or_path: str | Path) -> Case:
    """The case of a shipped id, or of the user's own YAML file with its CSV beside it.

    >>> load_case("SE-JKP").level.name
    'regional'

    Raises:
        CaseError: when there is no such case, or its files break a rule; the message names file, line, key or column,
            value, what is expected and the way out.
    """
    document = read_document(_find(name_or_path))
    try:
        return _case(document)
    except CaseError as error:
        raise error.at(document.file, document.line(error.column)) from None


def coverage(case: Case) -> pd.DataFrame:
    """Published figures of a case, counted: one row per measure, columns ``(waves, wave)``.

    The upper column level says whether a wave lies ``in the window`` that is compared with the run or ``outside`` it.
    """
    parts = {INSIDE: _counts(case.measures), OUTSIDE: _counts(case.outside)}
    return pd.concat(parts, axis=1, names=["waves", "wave"]).fillna(0).astype("int64").sort_index()


def coverage_table(chosen: Iterable[Case] | None = None) -> pd.DataFrame:
    """One row per case, all shipped ones unless given: who, where, when, size, and how many figures it has.

    Columns: ``name, level, country, simulated`` (years), ``sites, people, measures, waves, figures`` (in the window)
    and ``waves_outside, figures_outside``; index: case id.
    """
    listed = [load_case(name) for name in cases()] if chosen is None else chosen
    return pd.DataFrame([_summary(case) for case in listed]).set_index("id")


def coverage_lines(chosen: Iterable[Case] | None = None) -> list[str]:
    """`coverage_table` as lines of text for a terminal, names on the left, counts on the right."""
    table = coverage_table(chosen).reset_index()
    cells = [
        [str(name).replace("_", " ") for name in table],
        *([str(cell) for cell in row] for row in table.to_numpy()),
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(table.columns))]
    left = [table[name].dtype.kind not in "iuf" for name in table]
    return ["  ".join(_padded(*cell) for cell in zip(row, widths, left, strict=True)).rstrip() for row in cells]


def _padded(text: str, width: int, left: bool) -> str:
    return text.ljust(width) if left else text.rjust(width)


def _counts(measures: pd.DataFrame) -> pd.DataFrame:
    return measures.groupby(["measure", "wave"]).size().unstack("wave")


def _summary(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "name": case.name,
        "level": case.level.name,
        "country": case.country,
        "simulated": f"{case.start}-{case.start + case.years - 1}",
        "sites": len(case.sites),
        "people": case.people,
        "measures": case.measures["measure"].nunique(),
        "waves": case.measures["wave"].nunique(),
        "figures": len(case.measures),
        "waves_outside": case.outside["wave"].nunique(),
        "figures_outside": len(case.outside),
    }


def _shipped() -> Path:
    return Path(str(resources.files("coprod_abm.configs"))) / "case"


def _find(name_or_path: str | Path) -> Path:
    if isinstance(name_or_path, str) and name_or_path in cases():
        return _shipped() / f"{name_or_path}.yaml"
    path = Path(name_or_path)
    if isinstance(name_or_path, Path) or path.suffix in {".yaml", ".yml"} or len(path.parts) > 1:
        return path
    names = cases()
    hint = nearest(str(name_or_path).upper(), names)
    way_out = f"Choose one of {', '.join(names)}, or give the path of your own case file (.yaml).{hint}"
    raise CaseError("case", str(name_or_path), "a shipped case or the path of a case file", way_out)


def _case(document: Document) -> Case:
    required = ("id", "name", "country", "level", "start", "sites")
    check_keys("", document.values, required, _names(Case, {*required, "path", "outside"}))
    given = {key: value for key, value in document.values.items() if value is not None}
    measures = given.pop("measures", None)
    given["level"] = _level("level", given["level"])
    given["sites"] = _members("sites", Site, given["sites"], ("name", "level"))
    given["events"] = _members("events", Event, given.get("events", []), ("week", "kind"))
    given |= {key: _tuple(key, given[key]) for key in ("groups", "assumptions") if key in given}
    case = Case(**given, path=document.file)
    return case if measures is None else _with_measures(case, measures)


def _names(kind: type, without: set[str]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind) if each.name not in without)


def _tuple(key: str, given: Any) -> tuple[Any, ...]:
    check_list(key, given)
    return tuple(given)


def _level(column: str, name: Any) -> Level:
    check_option(column, name, tuple(Level.__members__))
    return Level[name]


def _members(key: str, kind: type[_Member], given: Any, required: tuple[str, ...]) -> tuple[_Member, ...]:
    return tuple(_member(f"{key}[{i}]", kind, each, required) for i, each in enumerate(_tuple(key, given)))


def _member(key: str, kind: type[_Member], given: Any, required: tuple[str, ...]) -> _Member:
    check_mapping(key, given)
    if given.get("kind") in ("set", "add"):
        required += ("parameter", "value")
    check_keys(key, given, required, _names(kind, {*required, "case"}))
    known = {name: value for name, value in given.items() if value is not None}
    try:
        if "level" in known:
            known["level"] = _level("level", known["level"])
        return kind(**known)
    except CaseError as error:
        raise error.under(key) from None


def _with_measures(case: Case, given: Any) -> Case:
    check_mapping("measures", given)
    check_keys("measures", given, ("file",), ("first", "last"))
    check_text("measures.file", given["file"])
    window = _window(case, given.get("first"), given.get("last"))
    inside, outside = read_measures(Path(case.path).parent / given["file"], case.id, window)
    return replace(case, measures=inside, outside=outside)


def _window(case: Case, first: Any, last: Any) -> Window:
    final = case.start + case.years - 1
    if first is None and last is None:
        return Window(case.start, case.start, final, chosen=False)
    check_whole("measures.first", first, case.start, final)
    check_whole("measures.last", last, first, final)
    return Window(case.start, first, last, chosen=True)
