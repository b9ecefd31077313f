"""Replicates of one or several cases, on threads: the one place that knows parallelism inside a process."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from coprod_abm.case import Case, load_case
from coprod_abm.draws import replicate_seed
from coprod_abm.log import TABLE, Log, empty_log
from coprod_abm.measures import BINS, DISTRIBUTIONS, MEASURES
from coprod_abm.parameters import Parameters
from coprod_abm.state import ROOM
from coprod_abm.world import Array, World, world_of

if TYPE_CHECKING:
    import xarray as xr

SIX_YEARS = 312  # weeks
MONTHLY = 4  # weeks
MOST_WEEKS = 50_000
Progress = Callable[[int, int], None]
Cases = Case | str | PathLike[str] | Iterable[Case | str | PathLike[str]]


class RunError(ValueError):
    """A run was asked for that cannot be done; the message names value, rule and way out."""


class Outcome(NamedTuple):
    """What one run leaves: measures (stop, project, measure), counts (stop, project, distribution, bin), the end state."""

    seen: Array
    counts: Array
    world: World


def simulate(
    params: Parameters,
    case: Cases,
    replicates: int = 100,
    seed: int = 1,
    weeks: int | None = None,
    every: int = MONTHLY,
    threads: int | None = None,
    by_project: bool = False,
    progress: Progress | None = None,
    overrides: Mapping[str, Any] | None = None,
    together: bool = False,
) -> "xr.Dataset":
    """Trajectories of every measure, each case in a world of its own, as a labelled dataset.

    Dimensions ``(case, replicate, week)``; a case's value is the mean over its projects. With ``by_project`` the
    dimension ``project`` is added and nothing is averaged. Distributions over people have a further dimension ``bin``
    and hold counts. Replicate r of every case and every scenario uses the same seed, so differences between scenarios
    are effects and not luck. The result does not depend on ``threads`` or on the order of cases.

    With ``together`` all cases share one world in each replicate, so that codes, support and changes move between them
    (cases of one country share a nation). Dimensions are then ``(replicate, week, project)``, always by project, with
    the coordinates ``case, site, level, region, country, citizens`` of each project and ``group_people`` of each
    project and group; :func:`coprod_abm.by_level` reads it. Every draw keeps its name: a case that is added reaches
    the others through what they learn from it and through nothing else.

    ``weeks`` is each case's own length (six years in the shipped ones) unless given; where lengths differ, a case has
    no values after its end. A case's own rules win over ``params``; ``overrides`` by dotted name win over both.

    Raises:
        RunError: when a number of weeks, replicates or threads is impossible, or cases of different lengths or
            first years are to share a world.
        CaseError: when a case does not exist or breaks a rule.
        ParameterError: when a case's own rules break a declaration.
    """
    from coprod_abm.trajectories import dataset  # xarray takes half a second to import

    check_parameters(params)
    chosen = as_cases(case)
    lengths = [one.weeks if weeks is None else weeks for one in chosen]
    for length in lengths:
        check_run(replicates, length, every, threads, seed)
    if together:
        check_calendars(chosen, lengths)
        return one_world(params, chosen, replicates, seed, lengths[0], every, threads, progress, overrides)
    worlds = [world_of([one], params, overrides) for one in chosen]
    tasks = [(c, r) for c in range(len(chosen)) for r in range(replicates)]
    outcomes = on_threads(
        lambda task: observed(worlds[task[0]], replicate_seed(seed, task[1]), lengths[task[0]], every),
        tasks,
        threads,
        progress,
    )
    by_case = [outcomes[c * replicates : (c + 1) * replicates] for c in range(len(chosen))]
    return dataset(chosen, by_case, lengths, every, seed, by_project)


def one_world(
    params: Parameters,
    cases: Sequence[Case],
    replicates: int,
    seed: int,
    weeks: int,
    every: int,
    threads: int | None,
    progress: Progress | None,
    overrides: Mapping[str, Any] | None,
) -> "xr.Dataset":
    """Runs of all cases in one world, laid out in the order of their ids so that the order given changes nothing."""
    from coprod_abm.trajectories import dataset_of_world

    inside = sorted(cases, key=lambda case: case.id)
    world = world_of(inside, params, overrides)
    outcomes = on_threads(
        lambda replicate: observed(world, replicate_seed(seed, replicate), weeks, every),
        list(range(replicates)),
        threads,
        progress,
    )
    return dataset_of_world(inside, cases, outcomes, weeks, every, seed)


def check_calendars(cases: Sequence[Case], lengths: Sequence[int]) -> None:
    """Refuse cases that cannot share a world: of different lengths, or from different years.

    Raises:
        RunError: naming two cases that differ.
    """
    first = cases[0]
    for case, length in zip(cases, lengths, strict=True):
        if case.start != first.start:
            raise RunError(
                f"{first.id} starts in {first.start} and {case.id} in {case.start}: cases in one world share a calendar. "
                f"Choose cases that start in the same year, or give these the same start in case files of your own."
            )
        if length != lengths[0]:
            raise RunError(
                f"{first.id} lasts {lengths[0]} weeks and {case.id} {length}: cases in one world live equally long. "
                f"Give weeks, such as weeks={min(lengths)}, or leave one of them out."
            )


def observed(world: World, seed: int, weeks: int, every: int) -> tuple[Array, Array]:
    """Measures and counts of one run in a copy of this world."""
    outcome = run_once(world, seed, weeks, every)
    return outcome.seen, outcome.counts


def run_once(world: World, seed: int, weeks: int, every: int = MONTHLY, log: Log | None = None) -> Outcome:
    """One run in a copy of this world; deterministic in (world, seed, weeks)."""
    from coprod_abm import core  # compiled code is loaded when the first run needs it

    own = world.copy()
    stops = weeks // every + 1
    seen = np.full((stops, len(own.projects), len(MEASURES)), np.nan)
    counts = np.zeros((stops, len(own.projects), len(DISTRIBUTIONS), BINS), np.int64)
    core.run(
        own.people,
        own.projects,
        own.regions,
        own.nations,
        own.rules,
        own.flat_rules,
        own.events,
        int(seed),
        int(weeks),
        int(every),
        seen,
        counts,
        np.zeros(1, ROOM),
        log,
    )
    return Outcome(seen, counts, own)


def recorded(
    world: World, seed: int, weeks: int, every: int = MONTHLY, encounters: bool = False
) -> tuple[Outcome, Log]:
    """One run with its full log; repeated with more room if the first guess was too small.

    Encounters are counted by month; with ``encounters`` each has a row of its own.
    """
    guess = 4_096
    rooms = np.full(len(TABLE), guess)
    rooms[TABLE.encounters] = guess if encounters else 0
    while True:
        log = empty_log(len(world.projects), weeks, *rooms.tolist())
        outcome = run_once(world, seed, weeks, every, log)
        wanted = log.used[: len(TABLE) if encounters else TABLE.encounters]
        if (wanted <= rooms[: len(wanted)]).all():
            return outcome, log
        rooms[: len(wanted)] = np.maximum(rooms[: len(wanted)], wanted)


def on_threads[Task, Result](
    work: Callable[[Task], Result], tasks: Sequence[Task], threads: int | None, progress: Progress | None
) -> list[Result]:
    """Results in the order of tasks; kernels release the GIL, so threads run them side by side. Ctrl-C stops at once."""
    if not tasks:
        return []
    first = work(tasks[0])  # compiles, or loads compiled code, once
    if progress:
        progress(1, len(tasks))
    pool = ThreadPoolExecutor(threads or available_threads())
    try:
        futures = [pool.submit(work, task) for task in tasks[1:]]
        report(futures, len(tasks), progress)
        return [first, *(future.result() for future in futures)]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def report[Result](futures: Sequence[Future[Result]], total: int, progress: Progress | None) -> None:
    """Tell the listener of every finished task; the first failure is raised where it happened."""
    for done, future in enumerate(as_completed(futures), start=2):
        future.result()
        if progress:
            progress(done, total)


def available_threads() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def as_cases(case: Cases) -> list[Case]:
    """A list of cases from one or several cases or names; a case may stand in it once.

    Raises:
        RunError: when there is none, or one stands twice.
    """
    several = [case] if isinstance(case, (Case, str, PathLike)) or not isinstance(case, Iterable) else list(case)
    chosen = [as_case(one) for one in several]
    names = [one.id for one in chosen]
    if not names:
        raise RunError("No case was given. Name one, such as SE-JKP; `coprod cases` lists them.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RunError(f"Case {twice[0]} was given twice. Name each case once.")
    return chosen


def as_case(case: Any) -> Case:
    """One case from a case, a shipped id or the path of a case file.

    Raises:
        RunError: when it is none of these.
    """
    if isinstance(case, Case):
        return case
    if isinstance(case, (str, PathLike)):
        return load_case(case if isinstance(case, str) else Path(case))
    raise RunError(f"case = {case!r} is not a case. Give a Case, the id of a shipped one such as 'SE-JKP', or a path.")


def check_parameters(params: Any) -> None:
    """Refuse what is not a set of parameters.

    Raises:
        RunError: naming what was given.
    """
    if not isinstance(params, Parameters):
        raise RunError(
            f"params = {params!r} is not a Parameters. Give Parameters() or preset(...), changed by replace."
        )


def check_run(replicates: int, weeks: int, every: int, threads: int | None, seed: int) -> None:
    """Refuse a run that cannot be done.

    Raises:
        RunError: naming the value, the rule and the way out.
    """
    limits: tuple[tuple[str, Any, int, int], ...] = (
        ("replicates", replicates, 1, 10_000_000),
        ("weeks", weeks, 1, MOST_WEEKS),
        ("every", every, 1, weeks),
        ("threads", 1 if threads is None else threads, 1, 1_024),
        ("seed", seed, 0, 2**63 - 1),
    )
    for name, value, low, high in limits:
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or not low <= value <= high:
            raise RunError(f"{name} = {value!r} is not a whole number in [{low}, {high}]. Give one.")
