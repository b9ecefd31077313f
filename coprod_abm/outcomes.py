"""Outcomes at each level, for those who take part and for everybody the service is for: the table of a world of levels."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from coprod_abm.case_parts import Level
from coprod_abm.declare import nearest
from coprod_abm.measures import NAMES, OF_THE_LIVING, PARTICIPANTS, MeasureError, measure
from coprod_abm.records import shown
from coprod_abm.simulate import RunError
from coprod_abm.world import Array

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
ALL = "all"  # the place of figures over all places of a level

CONSTITUENCY = (
    "need_met",
    "need_met_change",
    "citizen_satisfaction",
    "citizen_trust",
    "citizen_efficacy",
    "able_to_influence",
    "efficacy_change",
    "shared_encounters",
    "encounters_per_citizen",
)
GROUP_NEEDS = ("need_met_majority", "need_met_group_1", "need_met_group_2")
GAP = "need_gap"
CODE_AND_SUPPORT = {  # what a place's projects see of it, by level: name in the table, measure
    Level.regional: {
        "code_accuracy": "code_accuracy",
        "code_coverage": "code_coverage",
        "support": "support_above",
    },
    Level.national: {
        "code_accuracy": "nation_code_accuracy",
        "code_coverage": "nation_code_coverage",
        "support": "nation_support",
    },
}
_ELSEWHERE = {*CONSTITUENCY, *GROUP_NEEDS, GAP, *PARTICIPANTS}
_ELSEWHERE |= {name for seen in CODE_AND_SUPPORT.values() for name in seen.values()}
PROJECT = tuple(name for name in NAMES if name not in _ELSEWHERE)
OF_PLACES = ("code_accuracy", "code_coverage", "support", "need_met", *GROUP_NEEDS, GAP)


class Series(NamedTuple):
    """One figure over time: where and for whom, with values of shape (replicate, week)."""

    level: Level
    place: str
    perspective: str
    measure: str
    values: Array


def summary_over_runs(values: Array, weeks: Array) -> pd.DataFrame:
    """Mean, SD and quantiles over replicates of ``values``, shape (replicate, week): one row per week.

    Columns: ``week, mean, sd, q05, q25, q50, q75, q95, replicates``; the SD of a single replicate is NaN. Replicates
    without a value (NaN) in a week are left out of it.
    """
    if not np.isnan(values).any():
        return _summary(values, weeks)
    parts = [_summary(column[~np.isnan(column)][:, None], weeks[[at]]) for at, column in enumerate(values.T)]
    return pd.concat(parts, ignore_index=True)


def _summary(values: Array, weeks: Array) -> pd.DataFrame:
    runs = len(values)
    nothing = np.full(values.shape[1], np.nan)
    quantiles = np.quantile(values, list(QUANTILES.values()), axis=0) if runs else [nothing] * len(QUANTILES)
    return pd.DataFrame(
        {
            "week": weeks,
            "mean": values.mean(axis=0) if runs else nothing,
            "sd": values.std(axis=0, ddof=1) if runs > 1 else nothing,
        }
        | dict(zip(QUANTILES, quantiles, strict=True))
        | {"replicates": runs}
    )


def by_level(runs: xr.Dataset, final: bool = False) -> pd.DataFrame:
    """Outcomes by level, perspective and place, summarised over replicates; ``runs`` come from ``simulate(together=True)``.

    Perspectives: ``participants`` are the citizen members of the level's projects, ``project`` the projects themselves
    (both: every project counts alike, of members and meetings only those alive), ``constituency`` everybody whom they
    are for (every citizen counts alike, groups by their numbers). ``place`` is a region or a nation with all projects
    in it, of whatever level: its code, its support, the needs met of everybody in it and the gap between groups. The
    place ``all`` is the mean over places.

    One row per level, place, perspective, measure and week (with ``final`` the last week alone). ``replicates`` counts
    the runs behind a row: those in which a project is alive where it is about members or meetings. Columns ``level,
    place, perspective, measure, unit, week, mean, sd, q05 ... q95, replicates``.

    Raises:
        RunError: when the runs do not come from one world, or lack a measure.
    """
    _check_runs(runs)
    chosen = runs.isel(week=[-1]) if final else runs
    weeks = chosen["week"].to_numpy()
    return pd.concat([_told(one, weeks) for one in _series(chosen)], ignore_index=True)


def _check_runs(runs: Any) -> None:
    if not isinstance(runs, xr.Dataset):
        raise RunError(
            f"runs = {shown(runs)} are not runs of the model. Give what simulate(..., together=True) returned."
        )
    if not {"level", "citizens", "group_people"} <= set(runs.coords):
        raise RunError("These runs do not know levels and places. Make them with simulate(..., together=True).")
    missing = [name for name in NAMES if name not in runs]
    if missing:
        raise RunError(f"These runs lack {missing[0]}. Give all that simulate(..., together=True) returned.")


def measure_of_place(level: Level, name: str) -> str:
    """The declared measure behind a name in the table, such as ``support_above`` behind a region's ``support``.

    Raises:
        MeasureError: when there is none; the nearest name is suggested.
    """
    seen = CODE_AND_SUPPORT.get(level, {})
    if name in seen:
        return seen[name]
    if name in NAMES:
        return name
    raise MeasureError(f"{name!r} is not an outcome of a {level.name} place.{nearest(name, (*NAMES, *seen))}")


def _told(one: Series, weeks: Array) -> pd.DataFrame:
    table = summary_over_runs(one.values, weeks)
    facts = (
        one.level.name,
        one.place,
        one.perspective,
        one.measure,
        measure(measure_of_place(one.level, one.measure)).unit,
    )
    for column, fact in enumerate(facts):
        table.insert(column, ("level", "place", "perspective", "measure", "unit")[column], fact)
    return table


def _series(runs: xr.Dataset) -> Iterator[Series]:
    for level in Level:
        here = np.flatnonzero(runs["level"].values == level.name)
        if len(here):
            yield from _of_projects(runs.isel(project=here), level)
        yield from _of_places(runs, level)


def _of_projects(runs: xr.Dataset, level: Level) -> Iterator[Series]:
    for perspective, names in (("participants", PARTICIPANTS), ("project", PROJECT)):
        for name in names:
            yield Series(level, ALL, perspective, name, _mean_over_projects(runs, name))
    for name, values in _constituency(runs).items():
        yield Series(level, ALL, "constituency", name, values)


def _mean_over_projects(runs: xr.Dataset, name: str) -> Array:
    """Every project alike; of members, meetings and sponsors those of projects that are alive, NaN where none is."""
    values: Array = runs[name].values
    if name not in OF_THE_LIVING:
        return values.mean(axis=-1)
    alive = runs["alive"].values
    count = alive.sum(axis=-1)
    mean: Array = np.where(count > 0, (values * alive).sum(axis=-1) / np.maximum(count, 1), np.nan)
    return mean


def _constituency(runs: xr.Dataset) -> dict[str, Array]:
    """What everybody lives, each citizen counting alike; the gap is between the groups as they are in all projects."""
    people = runs["citizens"].values
    found = {name: _weighted(runs[name].values, people) for name in CONSTITUENCY}
    groups = runs["group_people"].values
    needs = [_weighted(runs[name].values, groups[:, group]) for group, name in enumerate(GROUP_NEEDS)]
    seldom = [met for met, number in zip(needs[1:], groups.sum(axis=0)[1:], strict=True) if number > 0]
    found |= dict(zip(GROUP_NEEDS, needs, strict=True))
    found[GAP] = needs[0] - np.mean(seldom, axis=0) if seldom else np.zeros_like(needs[0])
    return found


def _weighted(values: Array, people: Array) -> Array:
    """The mean over projects (last axis) weighted by people; the plain mean where there are none."""
    weights = people if people.sum() > 0 else np.ones_like(people)
    mean: Array = (values * weights).sum(axis=-1) / weights.sum()
    return mean


def _of_places(runs: xr.Dataset, level: Level) -> Iterator[Series]:
    found: list[dict[str, Array]] = []
    for place, inside in places(runs, level).items():
        own = runs.isel(project=inside)
        first = {
            name: own[source].values[..., 0] for name, source in CODE_AND_SUPPORT[level].items()
        }  # all see the same
        found.append(first | _constituency(own))
        for name in OF_PLACES:
            yield Series(level, place, "place", name, found[-1][name])
    if found:
        for name in OF_PLACES:
            yield Series(level, ALL, "place", name, np.mean([each[name] for each in found], axis=0))


def places(runs: xr.Dataset, level: Level) -> Mapping[str, list[int]]:
    """The regions (``SE / JKP``) or nations (``SE``) of a world, with the positions of the projects in them; none for local."""
    found: dict[str, list[int]] = {}
    for at, (country, region) in enumerate(zip(runs["country"].values, runs["region"].values, strict=True)):
        if level == Level.national:
            found.setdefault(str(country), []).append(at)
        elif level == Level.regional and region:
            found.setdefault(f"{country} / {region}", []).append(at)
    return found
