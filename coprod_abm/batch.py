"""Many runs in one compiled call: each begins anew in the same scratch world and leaves its measures at the end.

A run of a small case takes two milliseconds. Called one by one from Python, on several threads that share one
interpreter, a twentieth of the time goes into calling; here the threads meet only between batches.
"""

from typing import Any

import numpy as np

from coprod_abm import core
from coprod_abm.compiled import kernel
from coprod_abm.measures import BINS, DISTRIBUTIONS, MEASURES
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
    seen: Any,
    counts: Any,
    rooms: Any,
    ends: Any,
) -> None:
    """Run once for each seed, under the rules in row ``places[i]`` of ``rows``; ``ends[i]`` is what the last stop shows.

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
            weeks,
            seen,
            counts,
            rooms,
            None,
        )
        ends[i] = seen[1]


def ends_of_runs(world: World, rows: Array, places: Array, seeds: Array, weeks: int) -> Array:
    """Measures (run, project, measure) at the end of runs under the rules ``rows[places[i]]``, from ``seeds[i]``."""
    own = world.copy()
    ends = np.empty((len(seeds), len(own.projects), len(MEASURES)))
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
        int(weeks),
        np.empty((2, len(own.projects), len(MEASURES))),
        np.empty((2, len(own.projects), len(DISTRIBUTIONS), BINS), np.int64),
        np.zeros(1, ROOM),
        ends,
    )
    return ends


def bytes_of(part: Array) -> Array:
    """The memory of an array as bytes."""
    return part.view(np.uint8).reshape(-1)
