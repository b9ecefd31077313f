"""What an agent-week costs from a thousand to ten million citizens."""

from collections.abc import Callable
from functools import partial

from coprod_abm.case import Case, load_case
from coprod_abm.experiments.benchmark_country import peak_bytes
from coprod_abm.experiments.benchmark_engines import SEED
from coprod_abm.experiments.benchmark_figures import Figure, by_turns, figure_of, ratios, seconds_of, tell
from coprod_abm.experiments.benchmark_worlds import bytes_per_person, country, default_world, one_project
from coprod_abm.simulate import MONTHLY, run_once
from coprod_abm.world import World

WEEKS = 24  # weeks 2 to 25: six months, each with its monthly processes and one observation
KINDS: dict[str, Callable[[int], Case]] = {"one project": one_project, "country": country}
FEWEST = {"one project": 1_000, "country": 10_000}  # 290 projects share the citizens of a country
MOST = 10_000_000
MOST_QUICK = 100_000
FROM = 10_000
DEARER_AT_MOST = 1.5
BYTES_AT_MOST = 160
PEOPLE_PER_TIMING = 200_000  # small worlds run several times, so that the clock has something to measure


def scale_citizens(quick: bool) -> list[Figure]:
    """Cost per agent-week and bytes per agent as the number of citizens grows."""
    most = MOST_QUICK if quick else MOST
    figures = [figure for label in KINDS for figure in scale_kind(label, most, 2 if quick else 3)]
    return figures + memory_figures(most)


def scale_kind(label: str, most: int, repetitions: int) -> list[Figure]:
    """Costs of one kind of case at every size, all sizes by turns."""
    sizes = [10**power for power in range(3, 8) if FEWEST[label] <= 10**power <= most]
    tell(f"scale: {label}, {sizes[0]:,} to {sizes[-1]:,} citizens")
    worlds = {size: default_world(KINDS[label](size)) for size in sizes}
    run_once(worlds[sizes[0]], SEED, MONTHLY)  # compiled before the clock starts
    timers: dict[str, Callable[[], float]] = {}
    for size, world in worlds.items():
        timers[f"{size:,} citizens, start"] = partial(time_mean, world, 1)
        timers[f"{size:,} citizens, {WEEKS + 1} weeks"] = partial(time_mean, world, WEEKS + 1)
    taken = list(by_turns(timers, repetitions).values())
    starts, wholes = dict(zip(sizes, taken[::2], strict=True)), dict(zip(sizes, taken[1::2], strict=True))
    costs = {size: cost_per_week(worlds[size], starts[size], wholes[size]) for size in sizes}
    figures = [each for size in sizes for each in size_figures(label, size, worlds[size], starts[size], costs[size])]
    name = f"{label}: cost at {sizes[-1]:,} citizens over that at {FROM:,}"
    return [*figures, figure_of("scale", name, ratios(costs[sizes[-1]], costs[FROM]), "×", DEARER_AT_MOST)]


def time_mean(world: World, weeks: int) -> float:
    """Mean seconds of one run; observations every four weeks."""
    times = max(1, PEOPLE_PER_TIMING // len(world.people))
    return seconds_of(lambda: [run_once(world, SEED, weeks) for _ in range(times)]) / times


def cost_per_week(world: World, starts: list[float], wholes: list[float]) -> list[float]:
    """Nanoseconds per agent-week: 25 weeks less the start and the first week."""
    return [1e9 * (whole - start) / (WEEKS * len(world.people)) for start, whole in zip(starts, wholes, strict=True)]


def size_figures(label: str, size: int, world: World, starts: list[float], costs: list[float]) -> list[Figure]:
    """The figures of one size: an agent-week, and the start per agent."""
    where = f"{label}, {size:,} citizens"
    drawn = [1e9 * start / len(world.people) for start in starts]
    return [
        figure_of("scale", f"{where}: an agent-week", costs, "ns"),
        figure_of("scale", f"{where}: start and first week", drawn, "ns/agent"),
    ]


def memory_figures(most: int) -> list[Figure]:
    """Bytes of all arrays per person, and the highest memory of this process so far."""
    figures = []
    for label, case, aim in (
        (f"one project, {most:,} citizens", one_project(most), BYTES_AT_MOST),
        (f"country, {most:,} citizens", country(most), BYTES_AT_MOST),
        ("EN-LPFT", load_case("EN-LPFT"), None),
    ):
        size = bytes_per_person(default_world(case))
        figures.append(figure_of("scale", f"bytes per agent, {label}", [size], "bytes", aim))
    note = "of the whole process, compiler and Mesa engine included"
    return [*figures, figure_of("scale", "highest memory", [peak_bytes() / 2**20], "MiB", note=note)]
