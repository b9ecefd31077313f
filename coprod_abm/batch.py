"""Many runs in one compiled call: each begins anew in the same scratch world and leaves what was seen at chosen stops.

A run of a small case takes two milliseconds. Called one by one from Python, on several threads that share one
interpreter, a twentieth of the time goes into calling; here the threads meet only between batches.
"""

from typing import Any

import numpy as np

from coprod_abm import core
from coprod_abm.compiled import kernel
from coprod_abm.measures import BINS, DISTRIBUTIONS, MEASURES
from coprod_abm.outputs import Stops
from coprod_abm.state import ROOM
from coprod_abm.world import Array, World


@kernel
def run_each(
    people: Any,
    projects: Any,
    regions: Any,
    nations: Any,
    rules: Any,
    flat_rules: Any,
    events: Any,
    scratch: Any,
    fresh: Any,
    rows: Any,
    places: Any,
    seeds: Any,
    weeks: int,
    every: int,
    kept: Any,
    seen: Any,
    counts: Any,
    rooms: Any,
    shown: Any,
    crowd: Any,
) -> None:
    """Run once for each seed, under the rules in row ``places[i]`` of ``rows``; ``shown[i]`` is what the ``kept`` stops show.

    ``crowd[i]`` are the people of all projects at these stops, by distribution and bin; it is empty where nobody asks.

    ``scratch`` and ``fresh`` are bytes: those of the world that runs change, and those that it begins with.
    """
    for i in range(len(seeds)):
        for part in range(len(scratch)):
            scratch[part][:] = fresh[part]
        for j in range(len(projects)):
            flat_rules[j, :] = rows[places[i]]
        seen[:] = np.nan
        counts[:] = 0
        core.run(
            people,
            projects,
            regions,
            nations,
            rules,
            flat_rules,
            events,
            seeds[i],
            weeks,
            every,
            seen,
            counts,
            rooms,
            None,
        )
        for k in range(len(kept)):
            shown[i, k] = seen[kept[k]]
        if len(crowd) > 0:
            for k in range(len(kept)):
                crowd[i, k] = 0
                for j in range(len(projects)):
                    crowd[i, k] += counts[kept[k], j]


def seen_in_runs(
    world: World, rows: Array, places: Array, seeds: Array, stops: Stops, people: bool = False
) -> tuple[Array, Array]:
    """What is seen at the kept stops of runs under the rules ``rows[places[i]]``, from ``seeds[i]``.

    Measures (run, stop, project, measure) and, with ``people``, how many people of all projects stand in each bin of each
    distribution (run, stop, distribution, bin); without, an empty array.
    """
    own = world.copy()
    shown = np.empty((len(seeds), len(stops.kept), len(own.projects), len(MEASURES)))
    crowd = np.empty((len(seeds) if people else 0, len(stops.kept), len(DISTRIBUTIONS), BINS), np.int64)
    looks = stops.weeks // stops.every + 1
    run_each(
        own.people,
        own.projects,
        own.regions,
        own.nations,
        own.rules,
        own.flat_rules,
        own.events,
        tuple(bytes_of(part) for part in own[:4]),
        (np.zeros(own.people.nbytes, np.uint8), *(bytes_of(part) for part in world[1:4])),
        rows,
        places,
        seeds,
        stops.weeks,
        stops.every,
        stops.kept,
        np.empty((looks, len(own.projects), len(MEASURES))),
        np.empty((looks, len(own.projects), len(DISTRIBUTIONS), BINS), np.int64),
        np.zeros(1, ROOM),
        shown,
        crowd,
    )
    return shown, crowd


def bytes_of(part: Array) -> Array:
    """The memory of an array as bytes."""
    return part.view(np.uint8).reshape(-1)
