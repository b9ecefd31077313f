"""How much room words take on a slide, and the largest size of type with which they fit."""

from collections.abc import Sequence

from coprod_abm.experiments.pack.page import Cell
from coprod_abm.experiments.picture_style import LINE, wrapped

BODY_SIZE, LEAST_SIZE = 22.0, 14.0  # points
AIR = 0.12  # inches inside a box, left and right


def lines_of(text: str, inches: float, size: float, *, bold: bool = False) -> int:
    """Lines that a text takes: at most what a font wider than that of the slides takes."""
    return max(len(wrapped(text, inches - 2 * AIR, size, bold=bold)), 1)


def height_of(lines: int, size: float) -> float:
    """Inches that lines take."""
    return lines * size * LINE / 72


def fitting(texts: Sequence[str], width: float, height: float, most: float = BODY_SIZE) -> float:
    """The largest size of type at which sentences fit into a box, no less than can be read from the back."""
    size = most
    while size > LEAST_SIZE and needed(texts, width, size) > height:
        size -= 1
    return size


def needed(texts: Sequence[str], width: float, size: float) -> float:
    """Inches that sentences take, with the air between them."""
    return sum(height_of(lines_of(text, width, size), size) + 0.35 * size / 72 for text in texts) + 0.06


def table_size(
    heads: Sequence[str], rows: Sequence[tuple[str, Sequence[Cell]]], widths: Sequence[float], room: float
) -> tuple[float, list[float]]:
    """Size of type and heights of rows with which a table fits."""
    size = 20.0
    while True:
        heights = [row_height([[head] for head in heads], widths, size, bold=True)]
        for name, cells in rows:
            told = [[name], *([cell.first, cell.second] for cell in cells)]
            heights.append(row_height(told, widths, size, bold=True))
        if sum(heights) <= room or size <= 10.0:
            return size, heights
        size -= 1


def row_height(cells: Sequence[Sequence[str]], widths: Sequence[float], size: float, *, bold: bool) -> float:
    """Inches that the highest cell of a row takes."""
    high = 0.0
    for texts, width in zip(cells, widths, strict=True):
        lines = [lines_of(text, width, size, bold=bold) for text in texts if text] or [1]
        high = max(high, sum(height_of(count, size) for count in lines))
    return high + 0.12
