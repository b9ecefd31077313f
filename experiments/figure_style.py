"""What all figures share: colours and lines that survive greyscale, a sheet with room for labels, and how a figure is kept."""

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, NullFormatter

TEXT = 10  # points; figures are drawn at the size at which they are printed
TITLE = 13
DOTS = 150  # per inch of the PNG
LEFT = 0.62  # inches left of a panel's axes, for tick labels
GREY, INK = "#595959", "#1A1A1A"
STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.8,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "svg.hashsalt": "coprod-abm",  # the same run gives the same file
}


class Look(NamedTuple):
    """How one series looks: colour (Okabe-Ito), a darker tone for its text, and a line that differs without colour."""

    colour: str
    text: str
    line: Any


LOOKS = (
    Look("#0072B2", "#00578A", "-"),
    Look("#D55E00", "#A34700", (0, (5, 2))),
    Look("#009E73", "#00694D", (0, (1.5, 1.5))),
)
SIMULATED, PUBLISHED = LOOKS[0], LOOKS[1]


@dataclass(frozen=True)
class Room:
    """Inches that a panel's axes take, and room for labels right of them, the title above and the years below."""

    width: float
    right: float
    height: float = 1.6
    above: float = 0.56
    below: float = 0.42

    @property
    def whole(self) -> tuple[float, float]:
        """Width and height with everything around the axes."""
        return LEFT + self.width + self.right, self.above + self.height + self.below


@contextmanager
def style() -> Iterator[None]:
    """The settings of every figure, for as long as one is drawn and kept."""
    with mpl.rc_context(STYLE):
        yield


def sheet(
    panels: int,
    room: Room,
    title: str,
    notes: str,
    key_rows: int = 0,
    sentence: str = "",
    columns: int | None = None,
) -> tuple[Figure, list[Axes]]:
    """A figure with a title, a grid of panels in reading order, and notes below; the key goes between title and grid.

    A ``sentence`` that says what the figure shows stands below the panels, above the notes and darker. ``columns`` panels
    stand side by side, as many as are usual unless given.
    """
    columns = columns or columns_for(panels)
    wide, high = room.whole
    width = max(columns * wide, 5.5)
    lines = textwrap.wrap(title, int(width * 72 / TITLE * 1.55))
    notes_lines = textwrap.wrap(notes, int(width * 72 / TEXT * 1.75))
    said = textwrap.wrap(sentence, int(width * 72 / TEXT * 1.75))
    head = 0.25 + 0.24 * len(lines) + 0.22 * key_rows + 0.1
    foot = 0.15 + 0.18 * len(notes_lines) + 0.1 + (0.18 * len(said) + 0.1 if said else 0.0)
    rows = -(-panels // columns)
    height = head + rows * high + foot
    figure = Figure(figsize=(width, height), dpi=DOTS)
    FigureCanvasAgg(figure)
    figure.text(0.15 / width, 1 - 0.15 / height, "\n".join(lines), fontsize=TITLE, weight="bold", va="top")
    figure.text(0.15 / width, 0.12 / height, "\n".join(notes_lines), color=GREY, va="bottom", linespacing=1.25)
    if said:
        above = 0.12 + 0.18 * len(notes_lines) + 0.12
        figure.text(0.15 / width, above / height, "\n".join(said), color=INK, va="bottom", linespacing=1.25)
    axes = []
    for place in range(panels):
        row, column = divmod(place, columns)
        left = column * wide + LEFT
        bottom = height - head - row * high - room.above - room.height
        axes.append(figure.add_axes((left / width, bottom / height, room.width / width, room.height / height)))
    return figure, axes


def columns_for(panels: int) -> int:
    """Columns of a grid: at most three, two for four panels."""
    return {1: 1, 2: 2, 4: 2}.get(panels, 3)


def key_rows(entries: int, panels: int) -> int:
    """Rows that a key of so many entries takes above a grid of so many panels."""
    return -(-entries // key_columns(entries, panels))


def key_columns(entries: int, panels: int) -> int:
    """Entries that stand side by side in the key."""
    return min(entries, {1: 1, 2: 2}.get(columns_for(panels), 5))


def runs_key(runs: int, colour: str) -> list[Line2D | Patch]:
    """Key of the median line and its bands; of the line alone where there is one run."""
    line = Line2D([], [], color=colour, linewidth=1.8, label=f"median of {runs} runs" if runs > 1 else "the one run")
    middle = Patch(facecolor=colour, alpha=0.45, label="middle half of the runs")
    wide = Patch(facecolor=colour, alpha=0.16, label="90 % of the runs")
    return [line, middle, wide] if runs > 1 else [line]


def add_key(figure: Figure, handles: Sequence[Any], panels: int) -> None:
    """Put the key below the title."""
    width, height = figure.get_size_inches()
    title = figure.texts[0].get_text().count("\n") + 1
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.1 / width, 1 - (0.17 + 0.24 * title) / height),
        ncols=key_columns(len(handles), panels),
        frameon=False,
        handlelength=1.8,
        columnspacing=1.3,
        labelspacing=0.3,
        borderaxespad=0.2,
    )


def panel_title(axes: Axes, first: str, second: str = "") -> None:
    """A bold line above a panel and a grey one below it, flush with the tick labels."""
    looks: tuple[tuple[str, int, dict[str, Any]], ...] = ((first, 22, {"weight": "bold"}), (second, 8, {"color": GREY}))
    for text, above, look in looks:
        axes.annotate(
            text, (0, 1), (-LEFT * 72 + 11, above), "axes fraction", textcoords="offset points", va="bottom", **look
        )


def year_axis(axes: Axes, first: float, last: float) -> None:
    """Calendar years: a tick at each turn of the year, the year's name in its middle, as many as there is room for."""
    years = list(range(int(first), max(int(-(-last // 1)), int(first) + 1)))
    room = axes.get_position().width * axes.figure.get_size_inches()[0]  # type: ignore[union-attr]
    step = -(-len(years) * 0.38 // room) if room > 0 else 1
    named = [year for place, year in enumerate(years) if place % max(int(step), 1) == 0]
    axes.set_xlim(years[0], years[-1] + 1)
    axes.set_xticks([*years, years[-1] + 1])
    axes.xaxis.set_major_formatter(NullFormatter())
    axes.set_xticks([year + 0.5 for year in named], [str(year) for year in named], minor=True)
    axes.tick_params(axis="x", which="minor", length=0)


def value_axis(axes: Axes, low: float, high: float, scale: tuple[float, float]) -> None:
    """An axis that holds ``low`` to ``high`` with some air, spans at least a tenth of the scale and stays on it."""
    span = max(high - low, 0.1 * (scale[1] - scale[0]))
    middle = 0.5 * (low + high)
    bottom, top = middle - 0.6 * span, middle + 0.6 * span
    air = 0.02 * (scale[1] - scale[0])
    bottom, top = max(bottom, scale[0] - air), min(top, scale[1] + air)
    axes.set_ylim(bottom, top)
    ticks = MaxNLocator(4).tick_values(bottom, top)
    axes.set_yticks([tick for tick in ticks if max(bottom, scale[0]) <= tick <= min(top, scale[1])])
    axes.grid(axis="y", color="#E3E3E3", linewidth=0.7)
    axes.set_axisbelow(True)


def fan(axes: Axes, table: pd.DataFrame, look: Look, wide: float = 0.16, middle: float = 0.3) -> None:
    """Median line with bands of 90 % and 50 % of the runs."""
    axes.fill_between(table["year"], table["q05"], table["q95"], color=look.colour, alpha=wide, linewidth=0)
    axes.fill_between(table["year"], table["q25"], table["q75"], color=look.colour, alpha=middle, linewidth=0)
    axes.plot(table["year"], table["q50"], color=look.colour, linestyle=look.line, linewidth=1.8)


def end_labels(axes: Axes, labels: Sequence[tuple[float, str, str]]) -> None:
    """Labels ``(value, text, colour)`` right of the axes, at their values but never over one another."""
    low, high = axes.get_ylim()
    height = axes.get_position().height * axes.figure.get_size_inches()[1]  # type: ignore[union-attr]
    at = spread([(value - low) / (high - low) * height for value, _, _ in labels], 0.185, 0.05, height - 0.05)
    for (_, text, colour), place in zip(labels, at, strict=True):
        axes.annotate(
            text, (1, place / height), (5, 0), "axes fraction", textcoords="offset points", color=colour, va="center"
        )


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places as near as possible to those wanted, at least ``gap`` apart and, where there is room, in ``[low, high]``.

    >>> spread([1.0, 1.0], 0.5, 0.0, 3.0)
    [0.75, 1.25]
    """
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    groups: list[tuple[float, int]] = []  # centre and size of labels that stand together
    for place in order:
        groups.append((min(max(wanted[place], low), high), 1))
        while len(groups) > 1 and groups[-1][0] - groups[-2][0] < gap * 0.5 * (groups[-1][1] + groups[-2][1]) - 1e-12:
            (second, many), (first, few) = groups.pop(), groups.pop()
            size = many + few
            half = 0.5 * gap * (size - 1)
            centre = (first * few + second * many) / size
            groups.append((min(max(centre, low + half), max(high - half, low + half)), size))
    placed = [centre + gap * (k - 0.5 * (size - 1)) for centre, size in groups for k in range(size)]
    return [placed[order.index(place)] for place in range(len(wanted))]


def keep(figure: Figure, folder: Path, name: str, description: str, numbers: pd.DataFrame) -> None:
    """Write a figure as PNG and SVG, its description as text and inside both, and the numbers behind it as CSV."""
    title = figure.texts[0].get_text().replace("\n", " ")
    figure.savefig(folder / f"{name}.png", metadata={"Title": title, "Description": description})
    figure.savefig(folder / f"{name}.svg", metadata={"Title": title, "Description": description, "Date": None})
    (folder / f"{name}.txt").write_text(f"{title}\n\n{description}\n", encoding="utf-8")
    numbers.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
