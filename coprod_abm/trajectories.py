"""Labelled results: measures and distributions by case, replicate and week, with units and meanings attached."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from coprod_abm.case import Case
from coprod_abm.compiled import source_fingerprint
from coprod_abm.instruments import bin_middles
from coprod_abm.measures import DISTRIBUTIONS, MEASURES, mean_over_projects
from coprod_abm.service import GROUPS
from coprod_abm.world import Array

Observed = tuple[Array, Array]


def dataset(
    cases: Sequence[Case],
    outcomes: Sequence[Sequence[Observed]],
    lengths: Sequence[int],
    every: int,
    seed: int,
    by_project: bool,
) -> xr.Dataset:
    """The dataset of one job: ``outcomes[case][replicate]`` holds measures and counts of one run."""
    parts = [
        labelled(case, runs, length, every, by_project)
        for case, runs, length in zip(cases, outcomes, lengths, strict=True)
    ]
    whole = xr.concat(parts, dim="case", join="outer", combine_attrs="override") if len(parts) > 1 else parts[0]
    whole.attrs = {"seed": seed, "weeks": max(lengths), "every": every, "model": source_fingerprint()}
    return whole


def labelled(case: Case, runs: Sequence[Observed], weeks: int, every: int, by_project: bool) -> xr.Dataset:
    """One case's runs: the mean over its projects, or each project on its own."""
    seen = np.stack([run[0] for run in runs])  # replicate, week, project, measure
    counts = np.stack([run[1] for run in runs])  # replicate, week, project, distribution, bin
    where = ["case", "replicate", "week"]
    if by_project:
        where = [*where, "project"]
    else:
        seen, counts = mean_over_projects(seen), counts.sum(axis=2)
    return xr.Dataset(
        variables(seen[None], counts[None], where), coordinates(case, len(runs), weeks, every, by_project)
    )


def variables(seen: Array, counts: Array, where: Sequence[str]) -> dict[str, tuple[list[str], Array, dict[str, Any]]]:
    """Measures and counts of people by name, with their dimensions ``where`` and their facts."""
    return {
        measure.name: (list(where), seen[..., place], measure_facts(place)) for place, measure in enumerate(MEASURES)
    } | {
        f"{kind.name}_people": (
            [*where, "bin"],
            counts[..., place, :],
            {"meaning": kind.meaning, "unit": "people"},
        )
        for place, kind in enumerate(DISTRIBUTIONS)
    }


def dataset_of_world(
    inside: Sequence[Case], cases: Sequence[Case], outcomes: Sequence[Observed], weeks: int, every: int, seed: int
) -> xr.Dataset:
    """The dataset of cases in one world: ``outcomes[replicate]`` in the order ``inside``, projects given as ``cases`` stand."""
    seen = np.stack([run[0] for run in outcomes])  # replicate, week, project, measure
    counts = np.stack([run[1] for run in outcomes])  # replicate, week, project, distribution, bin
    where = ["replicate", "week", "project"]
    labels = {"replicate": np.arange(len(outcomes)), "week": np.arange(0, weeks + 1, every), "bin": bin_middles()}
    whole = xr.Dataset(variables(seen, counts, where), labels | sites_of(inside))
    wanted = [case.id for case in cases]
    order = sorted(range(whole.sizes["project"]), key=lambda place: wanted.index(str(whole["case"].values[place])))
    whole = whole.isel(project=order)
    whole.attrs = {"seed": seed, "weeks": weeks, "every": every, "model": source_fingerprint()}
    return whole


def sites_of(cases: Sequence[Case]) -> dict[str, Any]:
    """Coordinates of the projects of a world; ``project`` is named ``case / site``, ``region`` is empty where there is none."""
    sites = [(case, site) for case in cases for site in case.sites]
    return {
        "project": [f"{case.id} / {site.name}" for case, site in sites],
        "case": ("project", [case.id for case, _ in sites]),
        "site": ("project", [site.name for _, site in sites]),
        "level": ("project", [site.level.name for _, site in sites]),
        "region": ("project", [site.region for _, site in sites]),
        "country": ("project", [case.country for case, _ in sites]),
        "citizens": ("project", [site.citizens for _, site in sites]),
        "group": np.arange(GROUPS),
        "group_people": (
            ("project", "group"),
            [[site.citizens * share for share in case.groups] for case, site in sites],
        ),
    }


def case_in_world(runs: xr.Dataset, case: Case) -> xr.Dataset:
    """One case out of a world of several, in the form that ``simulate`` gives for the case alone: means over its projects.

    Raises:
        KeyError: when the case is not in the world.
    """
    if case.id not in runs["case"].values:
        raise KeyError(case.id)
    own = runs.isel(project=np.flatnonzero(runs["case"].values == case.id))
    seen = mean_over_projects(np.stack([own[measure.name].to_numpy() for measure in MEASURES], axis=-1))
    where = ("replicate", "week")
    parts: dict[str, Any] = {
        measure.name: (where, seen[..., at], own[measure.name].attrs) for at, measure in enumerate(MEASURES)
    }
    for kind in DISTRIBUTIONS:
        name = f"{kind.name}_people"
        parts[name] = own[name].sum("project").assign_attrs(own[name].attrs).variable
    labels = {name: own[name] for name in ("replicate", "week", "bin")}
    return xr.Dataset(parts, labels, attrs=runs.attrs).expand_dims(case=[case.id])


def measure_facts(place: int) -> dict[str, str | float]:
    """Unit, range and meaning of a measure, to be kept with its numbers."""
    found = MEASURES[place]
    return {"unit": found.unit, "meaning": found.meaning, "perspective": found.perspective, "topic": found.topic}


def coordinates(case: Case, replicates: int, weeks: int, every: int, by_project: bool) -> dict[str, object]:
    """Labels of the dimensions; ``bin`` is labelled by the middle of the bin."""
    labels: dict[str, object] = {
        "case": [case.id],
        "replicate": np.arange(replicates),
        "week": np.arange(0, weeks + 1, every),
        "bin": bin_middles(),
    }
    if by_project:
        labels["project"] = [site.name for site in case.sites]
        labels["level"] = ("project", [site.level.name for site in case.sites])
    return labels
