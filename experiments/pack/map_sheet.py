"""The map of cases as a figure, a page and a table: cases down, the four Ms across, outcomes with their bands."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from coprod_abm.experiments.pack import page
from coprod_abm.experiments.pack.map_rows import OUTCOMES, CasesMap, Row, alike
from coprod_abm.experiments.pack.map_table import map_page, numbers_of, told_of
from coprod_abm.experiments.pack.map_words import (
    GROUPED,
    TEXTS,
    meanings_of,
    size_told,
    source_told,
    texts_of,
    value_told,
)
from coprod_abm.experiments.pack.words import PackWords
from coprod_abm.experiments.picture_style import (
    FORMATS,
    GREY,
    LOOKS,
    SIDE,
    WIDE,
    Kept,
    Sheet,
    height_of,
    keep_picture,
    picture_style,
    wrapped,
)
from coprod_abm.experiments.picture_words import scale_of

COLUMNS = {"case": 2.25, "measurement": 1.6, "mechanisms": 2.0, "management": 1.7, "model": 1.6}  # inches
SIZES = (11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0, 7.5, 7.0)  # points, the first with which all rows fit
HEAD, UNDER = 11.0, 8.5
LARGEST = {"goal": 100.0, "process": 100.0}


def write_map(found: CasesMap, spoken: Sequence[str], folder: Path, font: str | None = None) -> list[str]:
    """Write the map in each language; names of the files."""
    written = []
    for language in spoken:
        words = PackWords(language)
        with picture_style(font):
            kept = map_picture(found, words)
            written += [file.name for file in keep_picture(kept, folder, "map", language, FORMATS)]
            png = page.png_of(kept.figure)
        (folder / f"map.{language}.html").write_text(map_page(found, png, kept.words, words), encoding="utf-8")
        written.append(f"map.{language}.html")
    return [*written, "map.csv"]


# ---- the figure ----


def map_picture(found: CasesMap, words: PackWords) -> Kept:
    """The map as a figure of a slide's shape."""
    notes = " ".join(
        part
        for part in (
            words.tell("map.about", source=source_told(found, words)),
            words.tell("map.same") if alike(found) else "",
        )
        if part
    )
    sheet = Sheet(words.tell("pages.map"), words.tell("map.lead", years=found.years), notes)
    heads = draw_heads(sheet, words)
    room = (sheet.top - sheet.bottom - heads) / len(found.rows)
    cells = [cells_of(row, words) for row in found.rows]
    if alike(found):
        cells = [{key: "" if key in GROUPED else text for key, text in one.items()} for one in cells]
    size = next((size for size in SIZES if all(tallest(one, size) <= room for one in cells)), SIZES[-1])
    room = min(room, 1.3)
    top = sheet.top - heads
    for place, texts in enumerate(cells):
        y = top - place * room
        draw_line(sheet, y)
        x = SIDE
        for key, width in COLUMNS.items():
            for line, (text, is_name) in enumerate(lines_in(texts[key], width, size, key)):
                look: dict[str, Any] = {"weight": "bold"} if is_name else {}
                sheet.write(x, y - 0.04 - height_of(line, size), text, size=size, va="top", **look)
            x += width
    if alike(found):
        draw_shared(sheet, found, words, top, room)
    draw_outcomes(sheet, found, words, top, room, size)
    return Kept(sheet.figure, told_of(found, words), numbers_of(found))


def cells_of(row: Row, words: PackWords) -> dict[str, str]:
    """Texts of a case's cells; below the name stands how large it is."""
    texts = texts_of(row, words)
    return {**texts, "case": "\n".join(part for part in (texts["case"], size_told(row, words)) if part)}


def lines_in(text: str, width: float, size: float, key: str) -> list[tuple[str, bool]]:
    """Lines of a cell, and whether each is the case's name."""
    parts = text.split("\n")
    return [
        (line, key == "case" and place == 0)
        for place, part in enumerate(parts)
        for line in wrapped(part, width - 0.2, size, bold=key == "case" and place == 0)
    ]


def tallest(texts: dict[str, str], size: float) -> float:
    """Inches that the highest cell of a case takes."""
    return height_of(max(len(lines_in(texts[key], width, size, key)) for key, width in COLUMNS.items()), size) + 0.1


def draw_heads(sheet: Sheet, words: PackWords) -> float:
    """Heads of columns, each with its question; the inches that they take."""
    high, x = 0.0, SIDE
    for key, width in [*COLUMNS.items(), *[(key, outcome_width()) for key in OUTCOMES]]:
        head = wrapped(
            words.tell(f"map.{'short' if key in OUTCOMES else 'columns'}.{key}"), width - 0.1, HEAD, bold=True
        )
        told = words.tell(f"map.asks.{key}") if key in TEXTS else ""
        told = words.tell(f"map.outcome_units.{key}") if key in OUTCOMES else told
        under = wrapped(told, width - 0.1, UNDER) if told else []
        sheet.write(x, sheet.top - 0.1, "\n".join(head), size=HEAD, weight="bold", va="top")
        below = sheet.top - 0.1 - height_of(len(head), HEAD)
        sheet.write(x, below, "\n".join(under), size=UNDER, color=GREY, va="top")
        high = max(high, 0.1 + height_of(len(head), HEAD) + height_of(len(under), UNDER) + 0.08)
        x += width
    return high


def draw_shared(sheet: Sheet, found: CasesMap, words: PackWords, top: float, room: float) -> None:
    """Rules that all cases share, once: a box beside all rows."""
    high = sheet.figure.get_size_inches()[1]
    height = room * len(found.rows) - 0.1
    x = SIDE + COLUMNS["case"] + COLUMNS["measurement"]
    for key, text in meanings_of(found.rows[0], words).items():
        width = COLUMNS[key]
        corner = ((x - 0.06) / WIDE, (top - 0.05 - height) / high)
        box = Rectangle(
            corner, (width - 0.06) / WIDE, height / high, facecolor="#F0F4F7", edgecolor="#C9C9C9", zorder=2
        )
        sheet.figure.add_artist(box)
        told = f"{words.tell('map.all')}. {text}"
        size = next((one for one in SIZES if height_of(len(wrapped(told, width - 0.2, one)), one) < height), SIZES[-1])
        sheet.write(x, top - 0.12, "\n".join(wrapped(told, width - 0.2, size)), size=size, va="top")
        x += width


def outcome_width() -> float:
    """Inches of a column of outcomes."""
    return (WIDE - 2 * SIDE - sum(COLUMNS.values())) / len(OUTCOMES)


def draw_line(sheet: Sheet, y: float) -> None:
    """A thin line above a case."""
    high = sheet.figure.get_size_inches()[1]
    sheet.figure.add_artist(
        Line2D([SIDE / WIDE, 1 - SIDE / WIDE], [y / high, y / high], color="#C9C9C9", linewidth=0.8, zorder=1)
    )


def draw_outcomes(sheet: Sheet, found: CasesMap, words: PackWords, top: float, room: float, size: float) -> None:
    """A point with its band for each case and outcome, on one scale for all cases, the value beside it."""
    left = SIDE + sum(COLUMNS.values())
    for place, (key, name) in enumerate(OUTCOMES.items()):
        bands = [row.outcomes.get(key) for row in found.rows]
        known = [scale_of(name) * value for one in bands if one for value in one if np.isfinite(value)]
        largest = LARGEST.get(key, max(known, default=1.0) * 1.05)
        wide = outcome_width() - 0.5
        axes = sheet.axes(left + place * outcome_width(), top - room * len(found.rows), wide, room * len(found.rows))
        clean(axes, largest, len(found.rows))
        for row, one in enumerate(bands):
            at = len(found.rows) - row - 0.5
            value, _ = value_told(found.rows[row], key, words)
            if one and np.isfinite(one.mean):
                low, mean, high = (scale_of(name) * each for each in (one.low, one.mean, one.high))
                axes.plot([low, high], [at, at], color=LOOKS[1].colour, linewidth=3, alpha=0.45, solid_capstyle="butt")
                axes.plot([mean], [at], LOOKS[1].mark, color=LOOKS[1].colour, markersize=6)
            x = left + place * outcome_width() + wide + 0.05
            for line, text in enumerate(wrapped(value, 0.44, size)):
                sheet.write(x, top - room * (row + 0.5) - height_of(line, size), text, size=size, va="center")


def clean(axes: Axes, largest: float, rows: int) -> None:
    """An axis from nothing to the largest value, without frame or ticks."""
    axes.set_xlim(0, largest)
    axes.set_ylim(0, rows)
    axes.set_yticks([])
    axes.set_xticks([])
    for side in axes.spines.values():
        side.set_visible(False)
    for at in (0.0, 0.5 * largest, largest):
        axes.axvline(at, color="#E3E3E3", linewidth=0.8, zorder=0)


# ---- the table ----
