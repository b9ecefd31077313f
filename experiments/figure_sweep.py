"""All figures of a sweep, chosen by what was varied and drawn from its table alone; nothing here runs the model."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from coprod_abm.experiments.figure_style import keep, style
from coprod_abm.experiments.figure_sweep_maps import heat_figure, parallel_figure
from coprod_abm.experiments.figure_sweep_response import (
    MORE,
    cloud_figure,
    dot_figure,
    interaction_figure,
    line_figure,
)
from coprod_abm.experiments.figure_sweep_table import (
    Shown,
    SweepFacts,
    averaged,
    axis_name,
    is_on_grid,
    level_name,
    measure_name,
    shown,
)

MOST_OF_A_KIND = 6  # figures of one kind, so that a large design does not bury its reader


class Drawing(NamedTuple):
    """A figure with the name of its file, its words and its numbers."""

    name: str
    figure: Figure
    description: str
    numbers: pd.DataFrame


def draw_sweep(results: pd.DataFrame, facts: SweepFacts, folder: Path) -> list[str]:
    """Draw what the design asks for into ``folder``, which is made; the names of the figures."""
    given = shown(results, facts)
    if not given.factors or not given.measures or len(given.table) < 2:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    with style():
        for drawing in drawings(given):
            keep(drawing.figure, folder, drawing.name, drawing.description, drawing.numbers)
            names.append(drawing.name)
    return names


def drawings(given: Shown) -> Iterator[Drawing]:
    """The figures that fit a design: responses, then interactions and maps of pairs, then all together."""
    for key in given.names[:MOST_OF_A_KIND]:
        yield Drawing(f"choices_{filed(key)}", dot_figure(given, key), *told(given, [key]))
    gridded = [key for key in given.numbers if is_on_grid(given, [key])]
    for key in gridded[:MOST_OF_A_KIND]:
        yield Drawing(f"response_{filed(key)}", line_figure(given, key), *told(given, [key]))
    if len(gridded) < len(given.numbers):
        for name in given.measures[:MOST_OF_A_KIND]:
            yield Drawing(f"points_{name}", cloud_figure(given, name), *told_points(given, name))
    pairs = [pair for pair in combinations([*given.names, *gridded], 2) if is_on_grid(given, pair)]
    for upward, across in pairs[:MOST_OF_A_KIND]:
        yield from pair_drawings(given, upward, across)
    if len(given.factors) > 2:
        for name in given.measures[:3]:
            yield Drawing(f"parallel_{name}", parallel_figure(given, name), *told_points(given, name))


def pair_drawings(given: Shown, one: str, other: str) -> Iterator[Drawing]:
    """Lines where a factor has few values, and colours where both have several."""
    few, many = sorted((one, other), key=lambda key: (given.table[key].nunique(), key in given.numbers))
    file = f"{filed(one)}_{filed(other)}"
    sizes = given.table[few].nunique(), given.table[many].nunique()
    if sizes[0] <= len(MORE) and (many in given.numbers or sizes[1] <= 4):
        yield Drawing(f"interaction_{file}", interaction_figure(given, many, few), *told(given, [few, many]))
    if sizes[0] >= 3:
        yield Drawing(f"map_{file}", heat_figure(given, other, one), *told(given, [one, other]))


def filed(key: str) -> str:
    """A column's name in the name of a file."""
    return key.replace(".", "_")


def told(given: Shown, keys: list[str]) -> tuple[str, pd.DataFrame]:
    """A figure over values of some factors in words, one sentence per measure, and its numbers."""
    table = averaged(given, keys)
    lines = []
    for name in given.measures:
        low, high = int(np.nanargmin(table[name])), int(np.nanargmax(table[name]))
        places = [
            ", ".join(f"{axis_name(key)} {level_name(key, table[key].iloc[k])}" for key in keys) for k in (low, high)
        ]
        noise = float(np.sqrt((table[f"{name}_sd"] ** 2).mean()))
        lines.append(
            f"{measure_name(name)}: from {table[name].iloc[low]:.3g} ({places[0]}) to {table[name].iloc[high]:.3g} "
            f"({places[1]}); SD of single runs {noise:.2g}."
        )
    return f"One panel per measure. {' '.join(lines)} {given.notes}", table


def told_points(given: Shown, name: str) -> tuple[str, pd.DataFrame]:
    """A figure of all points in words, with how each parameter goes with the measure, and its numbers."""
    table = given.table[[*given.factors, name, f"{name}_sd"]]
    ranks = table[[*given.numbers, name]].rank()
    lines = [f"{axis_name(key)} {ranks[key].corr(ranks[name]):+.2f}" for key in given.numbers]
    strongest = f" Rank correlation with each parameter: {'; '.join(lines)}." if lines else ""
    span = f"from {table[name].min():.3g} to {table[name].max():.3g}"
    return f"{measure_name(name)} of {len(table):,} points, {span}.{strongest} {given.notes}", table
