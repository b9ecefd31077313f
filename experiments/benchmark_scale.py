"""What an agent-week costs from a thousand to ten million citizens, and what a country takes in time and memory."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from coprod_abm.case import Case, load_case
from coprod_abm.experiments.benchmark_engines import SEED
from coprod_abm.experiments.benchmark_figures import Figure, by_turns, figure_of, ratios, seconds_of, tell
from coprod_abm.experiments.benchmark_worlds import bytes_per_person, country, default_world, one_project
from coprod_abm.simulate import MONTHLY, run_once
from coprod_abm.world import World

WEEKS = 24  # weeks 2 to 25: six months, each with its monthly processes and one observation
FEWEST = {"one project": 1_000, "country": 10_000}
DEARER_AT_MOST = 1.5
BYTES_AT_MOST = 160
COUNTRY = 10_000_000
YEAR = 52


def scale_citizens(quick: bool) -> list[Figure]:
    """Cost per agent-week and bytes per agent as the number of citizens grows."""
    most = 100_000 if quick else COUNTRY
    return [*scale_case("one project", one_project, most, quick), *scale_case("country", country, most, quick), *memory(most)]


def scale_case(label: str, case: Callable[[int], Case], most: int, quick: bool) -> list[Figure]:
    """Nanoseconds per agent-week of one kind of case, without the start, and the start's own cost per agent."""
    sizes = [size for size in (10**power for power in range(3, 8)) if FEWEST[label] <= size <= most]
    tell(f"scale: {label}, {sizes[0]:,} to {sizes[-1]:,} citizens")
    worlds = {size: default_world(case(size)) for size in sizes}
    run_once(worlds[sizes[0]], SEED, MONTHLY)
    costs = {size: costs_of(world, repetitions(size, quick)) for size, world in worlds.items()}
    figures = [figure for size in sizes for figure in size_figures(label, size, worlds[size], *costs[size])]
    if 10_000 in sizes and sizes[-1] > 10_000:
        dearer = ratios(costs[sizes[-1]][1][:1], costs[10_000][1][:1])
        name = f"{label}: cost at {sizes[-1]:,} citizens over 10,000"
        figures.append(figure_of("scale", name, dearer, "×", DEARER_AT_MOST, note="ratio of medians"))
    return figures
