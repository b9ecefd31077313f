"""Labels at the ends of lines: names and last values, each beside a piece of its line, so that none needs its colour."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from coprod_abm.experiments.figure_style import spread
from coprod_abm.experiments.picture_style import BODY, SAMPLE, SMALL, WIDE, PictureLook, Sheet, height_of, wrapped
from coprod_abm.experiments.picture_words import PictureWords

LABELS = 1.65  # inches for the labels at the end of lines


def label_ends(
    sheet: Sheet,
    axes: Axes,
    ends: Mapping[str, tuple[float, str]],
    names: Mapping[str, tuple[str, PictureLook]],
    room: float = LABELS,
) -> None:
    """Name and last value of each line right of the axes, at its height but never over another, beside a piece of it."""
    box = axes.get_position()
    high = sheet.figure.get_size_inches()[1]
    bottom, height = box.y0 * high, box.height * high
    low, top = axes.get_ylim()
    for size in (BODY, SMALL, 9.0):  # smaller where long names would not fit beside the panel
        blocks = {
            arm: [line for text in (names[arm][0], value) for line in wrapped(text, room, size, bold=True)]
            for arm, (_, value) in ends.items()
        }
        tall = height_of(max(map(len, blocks.values())), size)
        if (tall + 0.04) * len(blocks) <= height + 0.6:
            break
    wanted = [
        bottom + height * ((value if np.isfinite(value) else low) - low) / (top - low) for value, _ in ends.values()
    ]
    placed = spread(wanted, tall + 0.04, bottom + 0.5 * tall - 0.3, bottom + height - 0.5 * tall + 0.3)
    for (arm, lines), at in zip(blocks.items(), placed, strict=True):
        x, look = box.x1 * WIDE + 0.12, names[arm][1]
        sheet.sample(x, at + 0.5 * height_of(len(lines) - 1, size), look)
        sheet.write(x + SAMPLE, at, "\n".join(lines), size=size, color=look.text, va="center", weight="bold")


def label_numbers(
    sheet: Sheet, axes: Axes, ends: Mapping[str, tuple[float, str]], looks: Mapping[str, Any], words: PictureWords
) -> None:
    """The last value of each line right of the axes."""
    box, high = axes.get_position(), sheet.figure.get_size_inches()[1]
    low, top = axes.get_ylim()
    bottom, height = box.y0 * high, box.height * high
    wanted = [
        bottom + height * ((value if np.isfinite(value) else low) - low) / (top - low) for value, _ in ends.values()
    ]
    placed = spread(wanted, height_of(1, BODY) + 0.02, bottom, bottom + height)
    for (arm, (value, _)), at in zip(ends.items(), placed, strict=True):
        x, told = box.x1 * WIDE + 0.08, words.number(value, decimals=0)
        sheet.sample(x, at, looks[arm])
        sheet.write(x + SAMPLE, at, told, color=looks[arm].text, va="center", weight="bold")
