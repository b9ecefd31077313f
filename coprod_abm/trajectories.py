"""Labelled results: measures and distributions by case, replicate and week, with units and meanings attached."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from coprod_abm.case import Case
from coprod_abm.compiled import source_fingerprint
from coprod_abm.instruments import bin_middles
from coprod_abm.measures import DISTRIBUTIONS, MEASURES
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
        seen, counts = seen.mean(axis=2), counts.sum(axis=2)
    variables = {
        measure.name: (where, seen[None, ..., place], measure_facts(place)) for place, measure in enumerate(MEASURES)
    } | {
        f"{kind.name}_people": (
            [*where, "bin"],
            counts[None, ..., place, :],
            {"meaning": kind.meaning, "unit": "people"},
        )
        for place, kind in enumerate(DISTRIBUTIONS)
    }
    return xr.Dataset(variables, coordinates(case, len(runs), weeks, every, by_project))


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
