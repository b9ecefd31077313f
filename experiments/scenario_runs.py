"""The runs of a scenario: every arm on the same draws, read out as tables that figures, pages and reports share."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.case import Case, Level
from coprod_abm.draws import replicate_seed
from coprod_abm.experiments.progress import Progress
from coprod_abm.experiments.scenario import Arm, Scenario, check_scenario
from coprod_abm.experiments.scenario_arms import Arms, read_arms, write_arms
from coprod_abm.experiments.scenario_draws import Draws
from coprod_abm.experiments.scenario_effects import effects_of
from coprod_abm.experiments.scenario_records import read_pages, records_wanted
from coprod_abm.experiments.scenario_unknown import without_unknown
from coprod_abm.measures import NAMES, mean_over_projects
from coprod_abm.parameters import Parameters
from coprod_abm.simulate import as_cases, check_calendars, check_run, on_threads, run_once
from coprod_abm.world import Array, World, world_of

QUARTER = 13  # weeks between two measurements
ALWAYS = (  # read beside the outcomes of a scenario, because the set of figures shows them
    "need_met", "need_met_majority", "need_met_group_1", "need_met_group_2", "need_gap",
    "citizen_trust", "citizen_efficacy", "member_trust", "member_efficacy", "member_fairness", "member_need_met",
    "staff_trust", "staff_fairness", "staff_burnout", "staff_openness",
    "seat_share", "voice_share", "influence_share", "tokenism", "items_taken_up", "attendance", "representativeness",
    "direction", "alignment", "commitment", "collective_lead", "safety", "sponsor_support", "alive",
    "changes_implemented", "changes_from_citizens", "promises_broken", "goals_delivered", "passed_on",
    "citizen_hours", "professional_hours", "leader_hours", "able_to_influence",
)  # fmt: skip
SINGLE = ("scenario", "arm", "case", "replicate", "week", "measure", "value")


def run_arms(
    scenario: Scenario,
    cases: Sequence[Case | str | Path],
    replicates: int = 100,
    seed: int = 1,
    draws: Draws | None = None,
    every: int = QUARTER,
    base: Mapping[str, Any] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Arms:
    """Every arm in every case, replicate r on the same draws in all arms, so that differences are effects and not luck.

    With ``draws`` replicate r takes row r of the table (the first row again after the last) in every arm; what an arm
    sets goes before it, and both go before ``base``, the parameters that the user set for all arms, and a case's rules.

    Raises:
        CaseError, ParameterError, RunError: before anything is simulated.
    """
    chosen = as_cases(list(cases))
    usual = dict(base or {})
    check_run(replicates, min(case.weeks for case in chosen), every, threads, seed)
    check_scenario(scenario, chosen, usual)
    if scenario.together:
        chosen = sorted(chosen, key=lambda case: case.id)
        check_calendars(chosen, [case.weeks for case in chosen])
    worlds = [tuple(chosen)] if scenario.together else [(case,) for case in chosen]
    trajectories, levels = [], []
    total, done = len(scenario.arms) * len(worlds) * replicates, 0
    for arm in scenario.arms:
        for inside in worlds:
            told = progress.part(done, arm.name) if progress else None
            seen = without_unknown(seen_in(arm, inside, replicates, seed, draws, every, usual, threads, told))
            trajectories += [values_of(scenario, arm, case, part, every) for case, part in by_case(inside, seen)]
            levels += [levels_of(scenario, arm, case, part, every) for case, part in by_case(inside, seen)]
            done += replicates
    table = pd.concat(trajectories, ignore_index=True)
    seats, pages = read_pages(scenario, worlds, records_wanted(replicates), seed, draws, usual, threads)
    facts = {
        "scenario": scenario.name,
        "seed": seed,
        "replicates": replicates,
        "runs": total,
        "every": every,
        "cases": {case.id: case.fingerprint for case in chosen},
        "parameters": draws.told if draws else "defaults",
        "draws": draws.facts if draws else None,
        "base": {key: plain(value) for key, value in usual.items()},
        "recorded": records_wanted(replicates),
    }
    return Arms(
        scenario,
        {case.id: case.name for case in chosen},
        table,
        pd.concat(levels, ignore_index=True),
        effects_of(table, scenario),
        seats,
        pages,
        facts,
    )


def world_in(arm: Arm, cases: Sequence[Case], usual: Mapping[str, Any], draws: Draws | None, replicate: int) -> World:
    """The world of one arm, and of one replicate where parameters are drawn."""
    drawn = draws.row(replicate) if draws else {}
    with_events = [replace(case, events=(*case.events, *arm.events)) for case in cases]
    return world_of(with_events, Parameters(), {**usual, **drawn, **arm.values})


def seen_in(
    arm: Arm,
    cases: Sequence[Case],
    replicates: int,
    seed: int,
    draws: Draws | None,
    every: int,
    usual: Mapping[str, Any],
    threads: int | None,
    progress: Any,
) -> Array:
    """Measures of every run of one arm, shape (replicate, week, project, measure)."""
    weeks = cases[0].weeks
    same = None if draws else world_in(arm, cases, usual, None, 0)

    def one(replicate: int) -> Array:
        world = same or world_in(arm, cases, usual, draws, replicate)
        return run_once(world, replicate_seed(seed, replicate), weeks, every).seen

    return np.stack(on_threads(one, list(range(replicates)), threads, progress))


def by_case(cases: Sequence[Case], seen: Array) -> list[tuple[Case, Array]]:
    """Each case of a world with the runs of its own projects."""
    ends = np.cumsum([len(case.sites) for case in cases])
    return [(case, seen[:, :, end - len(case.sites) : end]) for case, end in zip(cases, ends, strict=True)]


def shown_measures(scenario: Scenario) -> list[str]:
    """The measures that are read, in the order of their declaration."""
    wanted = {*ALWAYS, *scenario.outcomes}
    return [name for name in NAMES if name in wanted]


def values_of(scenario: Scenario, arm: Arm, case: Case, seen: Array, every: int) -> pd.DataFrame:
    """The rows of ``trajectories`` of one arm and case."""
    return _long(scenario, arm, case, mean_over_projects(seen), every, shown_measures(scenario))


def levels_of(scenario: Scenario, arm: Arm, case: Case, seen: Array, every: int) -> pd.DataFrame:
    """The rows of ``levels``: outcomes of the case's local, regional and national projects."""
    parts = []
    for level in Level:
        here = [place for place, site in enumerate(case.sites) if site.level == level]
        if here:
            means = mean_over_projects(seen[:, :, here])
            parts.append(_long(scenario, arm, case, means, every, list(scenario.outcomes)).assign(level=level.name))
    return pd.concat(parts, ignore_index=True)


def _long(scenario: Scenario, arm: Arm, case: Case, means: Array, every: int, names: Sequence[str]) -> pd.DataFrame:
    runs, stops = means.shape[:2]
    places = [NAMES.index(name) for name in names]
    values = means[:, :, places].transpose(2, 0, 1)  # measure, replicate, week
    return pd.DataFrame(
        {
            "scenario": scenario.name,
            "arm": arm.name,
            "case": case.id,
            "replicate": np.tile(np.repeat(np.arange(runs), stops), len(names)),
            "week": np.tile(np.arange(stops) * every, len(names) * runs),
            "measure": np.repeat(np.array(names, dtype=object), runs * stops),
            "value": values.ravel(),
        }
    )


def plain(value: Any) -> Any:
    """A parameter's value as JSON knows it."""
    return getattr(value, "name", value)


__all__ = ("Arms", "plain", "read_arms", "run_arms", "seen_in", "shown_measures", "world_in", "write_arms")
