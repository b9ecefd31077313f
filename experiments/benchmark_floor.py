"""The floor: what the bare draws and exponentials of a run cost, counted exactly and timed beside the run itself.

The interpreted engine makes every draw by a call that can be listened to. Each global of the package that names ``uniform``,
``four_uniforms`` or ``exponential`` is replaced by a listener while a Mesa model lives the run; both engines make the same
draws, so the counts are those of the core (which makes the contact draw of those who do have contact twice: the floor
counts it once).
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from coprod_abm import arithmetic, draws
from coprod_abm.arithmetic import exponential
from coprod_abm.case import Case, load_case
from coprod_abm.compiled import kernel
from coprod_abm.draws import PEOPLE_AT_ONCE, STREAM, draw_name, draw_role, four_uniforms, replicate_seed, uniform
from coprod_abm.experiments.benchmark_engines import SEED, time_core
from coprod_abm.experiments.benchmark_figures import Figure, by_turns, figure_of, ratios, seconds_of, tell
from coprod_abm.experiments.benchmark_worlds import default_world, one_project
from coprod_abm.parameters import Parameters
from coprod_abm.service import CITIZEN

NAME = np.dtype([("who", "i8"), ("week", "i4"), ("stream", "i4"), ("k", "i8")], align=True)
KEPT = 1_024  # names and arguments of the run that the floor repeats; as few as stay in the nearest cache
NEAR_FLOOR = 3
Array = np.ndarray[Any, np.dtype[Any]]


@dataclass
class Tally:
    """What a run asked for: draws by stream, the first names of each form of call, and arguments of exponentials."""

    blocks: Counter[str] = field(default_factory=Counter)
    single: list[tuple[int, int, int, int]] = field(default_factory=list)
    fourfold: list[tuple[int, int, int, int]] = field(default_factory=list)
    singles: int = 0
    fourfolds: int = 0
    at_once: int = 0
    arguments: list[float] = field(default_factory=list)
    exponentials: int = 0

    def hear_single(self, seed: int, stream: int, who: int, week: int, k: int) -> float:
        """Count one call of ``uniform`` and answer it."""
        self.blocks[STREAM_NAMES[stream]] += 1
        self.singles += 1
        if len(self.single) < KEPT:
            self.single.append((who, week, stream, k))
        return float(uniform(seed, stream, who, week, k))

    def hear_fourfold(self, seed: int, stream: int, who: int, week: int, block: int) -> tuple[float, ...]:
        """Count one call of ``four_uniforms`` and answer it; contact draws are counted apart, as the core vectorises them."""
        self.blocks[STREAM_NAMES[stream]] += 1
        if stream != STREAM.contact:
            self.fourfolds += 1
            if len(self.fourfold) < KEPT:
                self.fourfold.append((who, week, stream, block))
        return tuple(four_uniforms(seed, stream, who, week, block))

    def hear_name(self, lots: Array, seed: int, stream: int, who: int, week: int, blocks: int) -> None:
        """Count the draws of one name made at once, and make them."""
        self.blocks[STREAM_NAMES[stream]] += blocks
        self.at_once += blocks
        draw_name(lots, seed, stream, who, week, blocks)

    def hear_role(
        self, lots: Array, seed: int, stream: int, key: int, role: int, start: int, count: int, week: int
    ) -> None:
        """Count the draws of many people made at once, and make them."""
        self.blocks[STREAM_NAMES[stream]] += count
        self.at_once += count
        draw_role(lots, seed, stream, key, role, start, count, week)

    def hear_exponential(self, x: float) -> float:
        """Count one exponential and answer it."""
        self.exponentials += 1
        if len(self.arguments) < KEPT:
            self.arguments.append(x)
        return float(exponential(x))

    @property
    def contacts(self) -> int:
        """Contact draws: one for every citizen and week."""
        return self.blocks["contact"]


STREAM_NAMES = {number: name for name, number in STREAM._asdict().items()}


@contextmanager
def listening(tally: Tally) -> Iterator[None]:
    """Let the tally answer for the draws and exponentials of interpreted code; compiled code is not touched."""
    heard: dict[int, Callable[..., Any]] = {
        id(draws.uniform): tally.hear_single,
        id(draws.four_uniforms): tally.hear_fourfold,
        id(draws.draw_name): tally.hear_name,
        id(draws.draw_role): tally.hear_role,
        id(arithmetic.exponential): tally.hear_exponential,
    }
    modules = [module for name, module in sys.modules.items() if may_listen(name)]
    replaced = [(m, name, value) for m in modules for name, value in vars(m).items() if id(value) in heard]
    try:
        for module, name, value in replaced:
            setattr(module, name, heard[id(value)])
        yield
    finally:
        for module, name, value in replaced:
            setattr(module, name, value)


def may_listen(module: str) -> bool:
    """Whether a module's globals may be replaced: not this one's, and not those by which compiled draws find each other."""
    return module.startswith("coprod_abm.") and ".experiments" not in module and module != draws.__name__


def tally_of(case: Case, weeks: int) -> Tally:
    """Every draw and exponential of one run, its start included, counted in the Mesa engine."""
    from coprod_abm.mesa_model import CoproductionModel

    tally = Tally()
    with listening(tally):
        model = CoproductionModel(Parameters(), case, seed=SEED)
        for _ in range(weeks):
            model.step()
    return tally


@kernel
def bare_contacts(contacts: Any, seed: int, key: int, citizens: int, weeks: int) -> float:
    """The contact draws of one project, in blocks and vectorised as in the core; returns a sum, so that none is left out."""
    total = 0.0
    for week in range(1, weeks + 1):
        for start in range(0, citizens, PEOPLE_AT_ONCE):
            draw_role(contacts, seed, STREAM.contact, key, CITIZEN, start, min(PEOPLE_AT_ONCE, citizens - start), week)
            total += contacts[0]
    return total


@kernel
def bare_draws(single: Any, singles: int, fourfold: Any, fourfolds: int, seed: int) -> float:
    """All other draws, one by one, under names of the run; their sum in order keeps the loop from being vectorised."""
    total = 0.0
    for i in range(singles):
        name = single[i & (KEPT - 1)]
        total += uniform(seed, name.stream, name.who, name.week, name.k)
    for i in range(fourfolds):
        name = fourfold[i & (KEPT - 1)]
        a, b, c, d = four_uniforms(seed, name.stream, name.who, name.week, name.k)
        total += (a + b) + (c + d)
    return total


@kernel
def bare_exponentials(arguments: Any, count: int) -> float:
    """That many exponentials, one by one."""
    total = 0.0
    for i in range(count):
        total += exponential(arguments[i & (KEPT - 1)])
    return total


def time_floor(case: Case, weeks: int, tally: Tally) -> float:
    """Seconds that the bare draws and exponentials of one run take."""
    seed = replicate_seed(SEED, 0)
    single, fourfold = repeated(tally.single, NAME), repeated(tally.fourfold, NAME)
    arguments = repeated(tally.arguments, np.dtype("f8"))
    contacts = np.empty(PEOPLE_AT_ONCE)

    def work() -> None:
        for site in case.sites:
            bare_contacts(contacts, seed, site.key, site.citizens, weeks)
        bare_contacts(contacts, seed, case.sites[0].key, tally.at_once, 1)
        bare_draws(single, tally.singles, fourfold, tally.fourfolds, seed)
        bare_exponentials(arguments, tally.exponentials)

    return seconds_of(work)


def repeated(kept: list[Any], kind: np.dtype[Any]) -> Array:
    """What was kept as an array of ``KEPT`` entries, repeated where there were fewer."""
    return np.resize(np.array(kept, kind), KEPT)


def compare_floor(quick: bool) -> list[Figure]:
    """The core's time over the floor's, on a shipped case and on a large constituency."""
    small = floor_on("EN-LPFT", load_case("EN-LPFT"), 52 if quick else 312, 5 if quick else 15)
    if quick:
        return small
    return small + floor_on("10,000 citizens", one_project(10_000), 104, 9)


def floor_on(label: str, case: Case, weeks: int, repetitions: int) -> list[Figure]:
    """Core and floor on the same run, by turns; with the counts that make up the floor."""
    tell(f"floor: counting the draws of {label} over {weeks} weeks in the Mesa engine")
    tally = tally_of(case, weeks)
    world = default_world(case)
    time_core(world, weeks)
    time_floor(case, weeks, tally)
    timers = {"core": partial(time_core, world, weeks), "floor": partial(time_floor, case, weeks, tally)}
    taken = by_turns(timers, repetitions)
    lived = len(world.people) * weeks
    blocks = sum(tally.blocks.values())
    per_week = {name: [1e9 * seconds / lived for seconds in taken[name]] for name in taken}
    drawn = (
        f"{blocks:,} blocks, {tally.contacts:,} of them contact draws (vectorised); {tally.exponentials:,} exponentials"
    )
    streams = ", ".join(f"{name} {count:,}" for name, count in tally.blocks.most_common())
    return [
        figure_of("floor", f"draws a run asks for, {label}", [blocks / lived], "blocks/agent-week", note=streams),
        figure_of("floor", f"floor, {label}", per_week["floor"], "ns/agent-week", note=drawn),
        figure_of("floor", f"core, {label}", per_week["core"], "ns/agent-week"),
        figure_of("floor", f"core over floor, {label}", ratios(taken["core"], taken["floor"]), "×", NEAR_FLOOR),
    ]
