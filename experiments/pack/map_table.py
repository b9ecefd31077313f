"""The map of cases as a page for those who read or listen, and as a table of numbers."""

from html import escape
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.experiments.pack import page
from coprod_abm.experiments.pack.map_rows import OUTCOMES, CasesMap, alike
from coprod_abm.experiments.pack.map_words import (
    TEXTS,
    case_told,
    meanings_of,
    size_told,
    source_told,
    texts_of,
    value_told,
)
from coprod_abm.experiments.pack.page import Cell
from coprod_abm.experiments.pack.words import PackWords


def told_of(found: CasesMap, words: PackWords) -> str:
    """The figure in words."""
    told = []
    for row in found.rows:
        level = words.tell(f"map.level.{row.place.case.level.name}") if row.place.case else "?"
        values = {key: value_told(row, key, words)[0] for key in OUTCOMES}
        name = str(words.told["cases"].get(row.place.id, row.place.name))
        told.append(words.tell("map.alt_case", name=name, level=level, **values))
    return f"{words.tell('map.alt', n=len(found.rows), told=' '.join(told))} {source_told(found, words)}"


def numbers_of(found: CasesMap) -> pd.DataFrame:
    """The map as a table: one row per case, by its own names."""
    rows = []
    for row in found.rows:
        case = row.place.case
        told: dict[str, Any] = {
            "case": row.place.id,
            "level": case.level.name if case else "",
            "projects": len(case.sites) if case else np.nan,
            "people": case.people if case else np.nan,
            "published_measures": case.measures["measure"].nunique() if case else np.nan,
            "published_figures": len(case.measures) if case else np.nan,
            **row.presets,
            "own_values": row.own,
            "events": row.events,
        }
        for key, name in OUTCOMES.items():
            one = row.outcomes.get(key)
            told |= {name: one.mean, f"{name}_q05": one.low, f"{name}_q95": one.high} if one else {}
        rows.append(told)
    return pd.DataFrame(rows)


def map_page(found: CasesMap, png: bytes, alt: str, words: PackWords) -> str:
    """The map as a page: the figure, and the table for those who read or listen."""
    title = words.tell("pages.map")
    heads = [words.tell(f"map.columns.{key}") for key in ("case", *TEXTS)]
    heads += [f"{words.tell(f'map.columns.{key}')} ({words.tell(f'map.outcome_units.{key}')})" for key in OUTCOMES]
    rows = []
    for row in found.rows:
        texts = texts_of(row, words)
        size = size_told(row, words)
        cells = [Cell(f"{size}. {texts['measurement']}" if size else texts["measurement"])]
        cells += [Cell(texts[key]) for key in TEXTS[1:]]
        cells += [Cell(*value_told(row, key, words)) for key in OUTCOMES]
        rows.append((case_told(row, words), cells))
    notes = [words.tell("map.same"), *meanings_of(found.rows[0], words).values()] if alike(found) else []
    cannot = page.section("cannot", words.tell("sections.cannot"), page.listed(words.all_of("cannot")))
    inside = (
        f"<header>{page.tag('h1', title)}{page.tag('p', words.tell('map.lead', years=found.years), class_='lead')}</header>"
        f'<main id="content" tabindex="-1">{page.picture(png, alt)}'
        f"{page.table(title, heads, rows, 'score')}{page.paragraphs(notes)}{cannot}"
        f'<p class="key">{escape(source_told(found, words))}</p></main>'
    )
    return page.document(words.language, title, inside, page.style_of("report"), words.tell("pages.skip"))
