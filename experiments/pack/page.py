"""Building blocks of a page that is one file: no address outside it, headings in order, words for every picture."""

import base64
import io
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from importlib import resources
from typing import NamedTuple

from matplotlib.figure import Figure
from PIL import Image

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'unsafe-inline'"
DOTS = 130  # per inch: 1700 pixels across, enough for a page on paper
COLOURS = 128  # of a PNG: pictures hold few, and a file is small enough to send


class Cell(NamedTuple):
    """A cell of a table: a first line, a second smaller one, and a class for its look."""

    first: str
    second: str = ""
    look: str = ""


def document(language: str, title: str, body: str, style: str, skip: str, script: str = "") -> str:
    """A whole page."""
    code = f"<script>{script}</script>\n" if script else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(title)}</title>\n<link rel="icon" href="data:,">\n<style>\n{style}</style>\n</head>\n<body>\n'
        f'<a class="skip" href="#content">{escape(skip)}</a>\n{body}\n{code}</body>\n</html>\n'
    )


@cache
def style_of(name: str) -> str:
    """A style sheet of this package."""
    return (resources.files("coprod_abm.experiments.pack") / f"{name}.css").read_text(encoding="utf-8")


def tag(name: str, text: str, **attributes: str) -> str:
    """An element with text in it; underscores in names of attributes stand for hyphens, a last one is dropped."""
    told = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{told}>{escape(text)}</{name}>"


def listed(sentences: Iterable[str], *, ordered: bool = False) -> str:
    """A list of sentences."""
    name = "ol" if ordered else "ul"
    return f"<{name}>{''.join(tag('li', one) for one in sentences)}</{name}>"


def paragraphs(sentences: Iterable[str]) -> str:
    """Each sentence or group of sentences as a paragraph."""
    return "".join(tag("p", one) for one in sentences if one)


def table(caption: str, heads: Sequence[str], rows: Iterable[tuple[str, Sequence[Cell]]], look: str = "") -> str:
    """A table with its caption, heads of columns, and the head of each row."""
    head = "".join(tag("th", one, scope="col") for one in heads)
    body = "".join(f"<tr>{tag('th', name, scope='row')}{''.join(map(cell_of, cells))}</tr>" for name, cells in rows)
    return (
        f'<div class="wide" role="group" tabindex="0" aria-label="{escape(caption)}"><table class="{look}">'
        f"{tag('caption', caption)}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def cell_of(cell: Cell) -> str:
    """A cell with its lines."""
    second = f"<br><small>{escape(cell.second)}</small>" if cell.second else ""
    look = f' class="{cell.look}"' if cell.look else ""
    return f"<td{look}>{escape(cell.first)}{second}</td>"


def section(name: str, title: str, inside: str, level: int = 2, look: str = "", within: str = "") -> str:
    """A part of the page under its heading, which names it, after the heading of what it lies ``within``."""
    shown = f' class="{look}"' if look else ""
    return (
        f'<section aria-labelledby="{f"{within} {name}".strip()}"{shown}>'
        f'<h{level} id="{name}">{escape(title)}</h{level}>{inside}</section>'
    )


def png_of(figure: Figure, dots: int = DOTS) -> bytes:
    """A figure as a small PNG."""
    found = io.BytesIO()
    figure.savefig(found, format="png", dpi=dots)
    small = io.BytesIO()
    with Image.open(found) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(small, format="png", optimize=True)
    return small.getvalue()


def picture(png: bytes, alt: str, caption: str = "") -> str:
    """A picture inside the page, with its words."""
    data = base64.b64encode(png).decode("ascii")
    below = tag("figcaption", caption) if caption else ""
    return f'<figure><img src="data:image/png;base64,{data}" alt="{escape(alt)}">{below}</figure>'
