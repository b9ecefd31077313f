"""How parameters, cases and records show themselves in a notebook: small tables in HTML."""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from html import escape
from typing import Any


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """An HTML table of these cells, all of them escaped."""
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def folded(title: str, inside: str) -> str:
    """A part that opens on a click."""
    return f"<details><summary>{escape(title)}</summary>{inside}</details>"


def value_text(value: float | IntEnum) -> str:
    """A parameter's value as a person writes it.

    >>> value_text(0.25), value_text(4.0)
    ('0.25', '4')
    """
    return value.name if isinstance(value, IntEnum) else f"{value:g}"


def parameters_html(declared: Mapping[str, Any], values: Mapping[str, Any], changed: Iterable[str]) -> str:
    """What differs from the defaults, open; every family with all its values, folded. Keys are dotted names."""
    rows = {
        key: (key, value_text(values[key]), value_text(one.default), one.unit, one.meaning)
        for key, one in declared.items()
    }
    heads = ("parameter", "value", "default", "unit", "meaning")
    apart = [rows[key] for key in changed]
    told = f"<p>{len(apart)} of {len(rows)} parameters changed:</p>" + table(heads, apart)
    families: dict[str, list[tuple[str, ...]]] = {}
    for key, row in rows.items():
        families.setdefault(key.partition(".")[0], []).append(row)
    parts = [folded(name, table(heads, inside)) for name, inside in families.items()]
    return (told if apart else "<p>All parameters are at their defaults.</p>") + "".join(parts)


def case_html(case: Any) -> str:
    """Who and where a case is, its sites, events, published measures and assumptions."""
    about = f"<p><b>{escape(case.id)}</b> {escape(case.name)}: {case.country}, {case.level.name}, "
    about += f"from {case.start}, {case.years} years, {len(case.measures)} published figures.</p>"
    sites = [(one.name, one.level.name, one.region, one.citizens, one.professionals, one.leaders) for one in case.sites]
    parts = [about, table(("site", "level", "region", "citizens", "professionals", "leaders"), sites)]
    if case.events:
        events = [(one.week, one.kind, one.site or "all", one.parameter or "", one.value) for one in case.events]
        parts.append(folded("events", table(("week", "kind", "site", "parameter", "value"), events)))
    if len(case.measures):
        waves = case.measures.groupby("measure", observed=True).size()
        parts.append(folded("published measures", table(("measure", "figures"), waves.items())))
    if case.assumptions:
        parts.append(folded("assumptions", "".join(f"<p>{escape(one)}</p>" for one in case.assumptions)))
    return "".join(parts)


def record_html(run: Mapping[str, Any], rows: Mapping[str, int]) -> str:
    """Which run it is, and how many rows each table has."""
    told = ", ".join(f"{escape(str(name))} {escape(str(value))}" for name, value in run.items())
    return f"<p>Records of one run: {told}.</p>" + table(("table", "rows"), rows.items())
