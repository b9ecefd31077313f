"""Trajectories of a sweep: every measure of every run over the weeks, one NetCDF file per chunk, on request."""

import io
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from coprod_abm.job import Chunk, Job, Work, planned, points_of, seeds_of, side_by_side
from coprod_abm.measures import NAMES, mean_over_projects
from coprod_abm.outputs import outputs
from coprod_abm.points import settings_of
from coprod_abm.simulate import run_once
from coprod_abm.store import PARTS, TRAJECTORIES, StoreError, planned_keys
from coprod_abm.trajectories import measure_facts


def netcdf_of(job: Job, chunk: Chunk, every: int, threads: int | None = None) -> bytes:
    """The trajectories of a chunk as the bytes of a NetCDF file (version 3, which every reader knows)."""
    return bytes(trajectories_of(job, chunk, every, threads).to_netcdf(engine="scipy", format="NETCDF3_64BIT"))


def trajectories_of(job: Job, chunk: Chunk, every: int, threads: int | None = None) -> xr.Dataset:
    """Measures (pair, replicate, week) of the runs of a chunk, which has the coordinates ``point`` and ``case`` of each pair.

    A case's value is the mean over its projects. There are no values after a case's end, nor where a point cannot run.
    """
    points = points_of(job, chunk)
    works, _ = planned(job, chunk, settings_of(points), seeds_of(job, points))
    stops = max(job.lengths) // every + 1
    seen = np.full((chunk.last - chunk.first, job.replicates, stops, len(only_measures(job))), np.nan)
    kept = [NAMES.index(name) for name in only_measures(job)]

    def one(work: Work, run: int) -> int:
        world = work.world._replace(rules=work.world.rules.copy())
        world.flat_rules[:] = work.rules[work.places[run]]
        length = job.lengths[work.case]
        found = mean_over_projects(run_once(world, int(work.seeds[run]), length, every).seen)[:, kept]
        seen[work.pairs[run], work.replicates[run], : len(found)] = found
        return 1

    side_by_side(one, [(work, run) for work in works for run in range(len(work.seeds))], threads, None)
    pairs = np.arange(chunk.first, chunk.last)
    labels: dict[str, Any] = {
        "point": ("pair", job.first_point + pairs // len(job.cases)),
        "case": ("pair", [job.cases[pair % len(job.cases)].id for pair in pairs]),
        "replicate": np.arange(job.replicates),
        "week": np.arange(0, stops * every, every),
    }
    where = ("pair", "replicate", "week")
    return xr.Dataset(
        {name: (where, seen[..., at], measure_facts(kept[at])) for at, name in enumerate(only_measures(job))}, labels
    )


def only_measures(job: Job) -> list[str]:
    """The measures among what a job keeps, each once: readings of instruments have no trajectory, and no week is left out."""
    return list(dict.fromkeys(out.name for out in outputs(job.measures) if out.through is None))


def trajectories(folder: str | PathLike[str], chunks: Sequence[int] | None = None) -> xr.Dataset:
    """The trajectories of a store as one dataset, pairs in the order of its points; of some chunks, by number, if given.

    Raises:
        StoreError: when there is no store, it keeps no trajectories, or chunks are missing.
    """
    place = Path(folder)
    keys = planned_keys(place)
    chosen = keys if chunks is None else [keys[number] for number in chunks]
    files = [sorted((place / TRAJECTORIES).glob(f"{key}-*.nc")) for key in chosen]
    lacking = sum(not found for found in files)
    if lacking:
        raise StoreError(
            f"{place}: trajectories of {lacking} of {len(files)} chunks are missing. They are kept where the sweep was told "
            f"to; run it so, and to its end. Rows lie in {PARTS}."
        )
    parts = [read_long_part(found[0]) for found in files]
    try:
        return xr.concat(parts, dim="pair")
    except ValueError as error:
        raise StoreError(
            f"{place / TRAJECTORIES} holds parts that do not fit together ({error}). Do it anew."
        ) from None


def read_long_part(file: Path) -> xr.Dataset:
    """The trajectories of one chunk.

    Raises:
        StoreError: when they are damaged.
    """
    try:
        with file.open("rb") as source:  # a file that is mapped into memory can end the process where it is cut short
            return xr.load_dataset(io.BytesIO(source.read()), engine="scipy")
    except Exception as error:  # noqa: BLE001 - SciPy's reader lets anything through
        raise StoreError(
            f"{file} is damaged ({type(error).__name__}). Remove it and its rows in {PARTS}, and run the same command again."
        ) from None
