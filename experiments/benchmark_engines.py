"""Speed of the core: against the Mesa engine, and over threads."""

from functools import partial

from coprod_abm.case import Case, load_case
from coprod_abm.draws import replicate_seed
from coprod_abm.experiments.benchmark_figures import Figure, by_turns, figure_of, ratios, seconds_of, tell
from coprod_abm.experiments.benchmark_worlds import default_world, one_project
from coprod_abm.parameters import Parameters
from coprod_abm.simulate import MONTHLY, available_threads, on_threads, run_once
from coprod_abm.world import World

SEED = 1
FASTER_THAN_MESA = 200
TWO_THREADS = 1.8


def compare_engines(quick: bool) -> list[Figure]:
    """Agent-weeks per second of both engines on a shipped case and on a large constituency."""
    repetitions = 3 if quick else 9
    small = engines_on("EN-LPFT", load_case("EN-LPFT"), 52 if quick else 312, repetitions)
    if quick:
        return small
    return small + engines_on("10,000 citizens", one_project(10_000), 104, 5)


def engines_on(label: str, case: Case, weeks: int, repetitions: int) -> list[Figure]:
    """Both engines on the same case, seed and weeks, by turns.

    The core's time includes the drawing of the start; the Mesa engine's does not. Both measure every four weeks.
    """
    tell(f"core against Mesa engine: {label}, {weeks} weeks")
    world = default_world(case)
    run_once(world, SEED, MONTHLY)  # compiled before the clock starts
    taken = by_turns(
        {"core": partial(time_core, world, weeks), "Mesa engine": partial(time_mesa, case, weeks)}, repetitions
    )
    lived = len(world.people) * weeks
    core = [lived / seconds for seconds in taken["core"]]
    mesa = [lived / seconds for seconds in taken["Mesa engine"]]
    size = f"{len(world.people):,} people × {weeks} weeks"
    return [
        figure_of("core", f"core, one thread, {label}", core, "agent-weeks/s", note=size),
        figure_of("core", f"Mesa engine, {label}", mesa, "agent-weeks/s", note="steps only, without the start"),
        figure_of("core", f"core over Mesa engine, {label}", ratios(core, mesa), "×", FASTER_THAN_MESA, at_least=True),
    ]


def time_core(world: World, weeks: int) -> float:
    """Seconds of one whole run of the core, measuring every four weeks."""
    return seconds_of(partial(run_once, world, replicate_seed(SEED, 0), weeks))


def time_mesa(case: Case, weeks: int) -> float:
    """Seconds of the same weeks stepped in the Mesa engine."""
    from coprod_abm.mesa_model import CoproductionModel

    model = CoproductionModel(Parameters(), case, seed=SEED)

    def work() -> None:
        for _ in range(weeks):
            model.step()

    return seconds_of(work)


def scale_threads(quick: bool) -> list[Figure]:
    """How much faster replicates come on two threads than on one."""
    threads = available_threads()
    replicates = 60 if quick else 400
    if threads < 2:
        return [figure_of("threads", "two threads over one", [float("nan")], "×", note="one processor only")]
    tell(f"threads: {replicates} replicates of EN-LPFT, 312 weeks")
    world = default_world(load_case("EN-LPFT"))
    run_once(world, SEED, MONTHLY)
    timers = {f"{n} thread(s)": partial(time_threads, world, replicates, n) for n in (1, 2)}
    one, two = by_turns(timers, 3 if quick else 7).values()
    note = f"{replicates} replicates of EN-LPFT, {threads} processors usable"
    return [figure_of("threads", "two threads over one", ratios(one, two), "×", TWO_THREADS, at_least=True, note=note)]


def time_threads(world: World, replicates: int, threads: int) -> float:
    """Seconds of that many replicates of six years on that many threads."""
    seeds = [replicate_seed(SEED, replicate) for replicate in range(replicates)]
    return seconds_of(lambda: on_threads(lambda seed: run_once(world, seed, 312).seen, seeds, threads, None))
