"""What all pictures of scenarios share: a sheet of a slide's shape, type that a room can read, looks that survive greyscale."""

import io
import re
import textwrap
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, ScalarFormatter

from coprod_abm.case import CaseError
from coprod_abm.declare import nearest
from coprod_abm.experiments.figure_style import GREY, INK, STYLE
from coprod_abm.year import YEAR

WIDE, HIGH = 13.33, 7.5  # inches, the shape of a slide
SIDE = 0.45  # margin
BODY, SMALL, HEAD = 13.0, 11.0, 20.0  # points
SCREEN, PRINT = 96, 144  # dots per inch of an animation and of a PNG
SAMPLE = 0.5  # inches from a label's piece of line to its text
GRID = "#E3E3E3"
FORMATS = ("png", "svg", "pdf")
LINE = 1.32  # height of a line of text in its size


class PictureLook(NamedTuple):
    """How one arm looks: colour (Okabe-Ito, dark enough on white), the tone of its text, line and mark."""

    colour: str
    text: str
    line: Any
    mark: str


LOOKS = (
    PictureLook("#595959", "#404040", (0, (5, 2)), "s"),  # the first arm, with which others are compared
    PictureLook("#0072B2", "#00578A", "-", "o"),
    PictureLook("#D55E00", "#A34700", (0, (1.2, 1.2)), "^"),
    PictureLook("#009E73", "#00694D", (0, (6, 1.5, 1.2, 1.5)), "D"),
)


def checked_font(name: str | None) -> str:
    """The family of type to use: that named, or the one that matplotlib brings.

    Raises:
        CaseError: when this machine has no such font; the nearest is suggested.
    """
    if name is None:
        return str(STYLE["font.family"])
    known = sorted({font.name for font in fontManager.ttflist})
    if name not in known:
        way_out = f"Leave font= out for DejaVu Sans, which is always there, or install the font.{nearest(name, known)}"
        raise CaseError("font", name, "a font of this machine", way_out)
    return name


def picture_style(font: str | None = None) -> Any:
    """The settings of every picture, as a context to draw in."""
    return mpl.rc_context({**STYLE, "font.size": BODY, "font.family": checked_font(font), "pdf.fonttype": 42})


class Sheet:
    """A slide with title, question and notes; what lies between is free from ``bottom`` to ``top`` inches.

    Attributes:
        figure: the figure.
        bottom, top: inches from below between which panels go.
    """

    def __init__(self, title: str, below: str, notes: str) -> None:
        self.figure = Figure(figsize=(WIDE, HIGH), dpi=PRINT)
        FigureCanvasAgg(self.figure)
        inside = WIDE - 2 * SIDE
        head = wrapped(title, inside, HEAD, bold=True)
        under = wrapped(below, inside, BODY) if below else []
        self.top = HIGH - 0.3
        self.write(SIDE, self.top, "\n".join(head), size=HEAD, weight="bold", va="top")
        self.top -= height_of(len(head), HEAD) + 0.05
        if under:
            self.write(SIDE, self.top, "\n".join(under), color=GREY, va="top")
            self.top -= height_of(len(under), BODY)
        foot = wrapped(notes, inside, SMALL)
        self.write(SIDE, 0.2, "\n".join(foot), size=SMALL, color=GREY, va="bottom")
        self.bottom = 0.2 + height_of(len(foot), SMALL) + 0.12

    def write(self, x: float, y: float, text: str, **look: Any) -> Any:
        """Text at inches from the lower left corner."""
        look.setdefault("linespacing", LINE / 1.2)
        return self.figure.text(x / WIDE, y / HIGH, text, **look)

    def key(self, handles: Sequence[Any], columns: int | None = None, gap: float = 0.02, **look: Any) -> None:
        """The key of a picture below its title, in one row unless said; ``gap`` inches lie above it."""
        self.figure.legend(
            handles=handles,
            loc="upper left",
            ncols=len(handles) if columns is None else columns,
            frameon=False,
            bbox_to_anchor=((SIDE - 0.1) / WIDE, (self.top - gap) / HIGH),
            **{"fontsize": BODY, **look},
        )

    def sample(self, x: float, y: float, look: "PictureLook") -> None:
        """A piece of an arm's line from x at the height y, so that a label is not tied to its line by colour alone."""
        ends = [x / WIDE, (x + SAMPLE - 0.1) / WIDE]
        line = Line2D(ends, [y / HIGH] * 2, color=look.colour, linestyle=look.line, linewidth=2.6)
        self.figure.add_artist(line)

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """A panel at inches from the lower left corner."""
        return self.figure.add_axes((left / WIDE, bottom / HIGH, width / WIDE, height / HIGH))


@cache
def _renderer() -> Any:
    return RendererAgg(10, 10, 72)  # type: ignore[no-untyped-call]


@cache
def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Inches that a line of text takes."""
    font = FontProperties(family=mpl.rcParams["font.family"], size=size, weight="bold" if bold else "normal")
    return float(_renderer().get_text_width_height_descent(text, font, ismath=False)[0] / 72)


def height_of(lines: int, size: float) -> float:
    """Inches that lines of text take."""
    return lines * size * LINE / 72


def wrapped(text: str, inches: float, size: float, *, bold: bool = False) -> list[str]:
    """The text in lines that are no wider than so many inches; a word that is too long is broken."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(joined, size, bold=bold) <= inches:
            lines[-1] = joined
        elif width_of(word, size, bold=bold) <= inches:
            lines.append(word)
        else:
            fits = max(int(len(word) * inches / width_of(word, size, bold=bold)) - 1, 1)
            lines += textwrap.wrap(word, fits)
    return lines or [""]


def year_ticks(axes: Axes, weeks: float, label: str) -> None:
    """An axis of years from the start; the data are in years."""
    last = weeks / YEAR
    axes.set_xlim(0, last)
    axes.set_xticks(range(int(last) + 1))
    axes.set_xlabel(label, fontsize=SMALL, color=GREY)
    axes.tick_params(labelsize=SMALL, length=3)


def value_ticks(axes: Axes, low: float, high: float, *, least: float, floor: float | None = None) -> None:
    """An axis of values with some air that spans at least ``least`` and does not go below ``floor`` without need."""
    span = max(high - low, least)
    middle = 0.5 * (low + high)
    bottom, top = middle - 0.56 * span, middle + 0.56 * span
    if floor is not None and bottom < floor <= low:
        bottom, top = floor, max(top, floor + span)
    axes.set_ylim(bottom, top)
    ticks = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(bottom, top)
    axes.set_yticks([tick for tick in ticks if bottom <= tick <= top])
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=SMALL, length=0)


def speak_numbers(figure: Figure, mark: str) -> None:
    """Let the numbers along all axes have the decimal mark of the language."""
    if mark == ".":
        return
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            plain = axis.get_major_formatter()
            if isinstance(plain, ScalarFormatter):
                ticks = [float(tick) for tick in axis.get_majorticklocs()]
                told = dict(zip(ticks, plain.format_ticks(ticks), strict=True))
                axis.set_major_formatter(
                    FuncFormatter(lambda tick, _, told=told: told.get(tick, "").replace(".", mark))
                )


def bare(axes: Axes) -> None:
    """A panel without frame and ticks."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


class Kept(NamedTuple):
    """A finished picture: the figure, what it shows in words, and the numbers behind it."""

    figure: Figure
    words: str
    numbers: pd.DataFrame


def keep_picture(picture: Kept, folder: Path, name: str, language: str, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write a picture as ``NAME.LANGUAGE.*`` in each format, its words beside and inside, its numbers as ``NAME.csv``."""
    figure, told, numbers = picture
    title = figure.texts[0].get_text().replace("\n", " ")
    files = [folder / f"{name}.{language}.{kind}" for kind in formats]
    for file in files:
        facts = {"Title": title, "Subject" if file.suffix == ".pdf" else "Description": told}
        if file.suffix == ".svg":
            file.write_text(as_svg(figure, title, told, language), encoding="utf-8")
        elif file.suffix == ".pdf":
            figure.savefig(file, metadata={**facts, "CreationDate": None})
        else:
            figure.savefig(file, metadata=facts)
    (folder / f"{name}.{language}.txt").write_text(f"{title}\n\n{told}\n", encoding="utf-8")
    numbers.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
    return files


def as_svg(figure: Figure, title: str, told: str, language: str) -> str:
    """The figure as SVG that a screen reader reads: its title and its words first."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Title": title, "Description": told, "Date": None})
    head = f'<svg role="img" lang="{language}" aria-label="{escape(title)}" '
    inside = f"<title>{escape(title)}</title>\n<desc>{escape(told)}</desc>\n"
    plain = re.sub(r"<svg ", head, text.getvalue(), count=1)
    start = plain.index(">", plain.index("<svg ")) + 1
    return f"{plain[:start]}\n{inside}{plain[start:]}"


__all__ = ["GREY", "INK", "LOOKS", "Kept", "Sheet", "keep_picture", "picture_style", "width_of", "wrapped"]
