"""Shared ground of the tests: properties that repeat themselves, and small worlds in which six years take milliseconds."""

import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command does; read when numpy is loaded, in the next line
import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from coprod_abm.case import Case, Event, Level, Site
from coprod_abm.contradictions import check_consistent, check_sites
from coprod_abm.declare import ParameterError
from coprod_abm.parameters import Parameters, declarations

# The same examples on every machine and day: a failure seen in one place is seen in all.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

Sizes = dict[str, int]
SMALL: Sizes = {
    "citizens": 24,
    "professionals": 6,
    "leaders": 3,
    "citizen_seats": 4,
    "professional_seats": 3,
    "leader_seats": 1,
}


def small_site(name: str = "one", level: Level = Level.local, region: str = "R", **sizes: int) -> Site:
    return Site(name, level, "" if level == Level.national else region, **(SMALL | sizes))


def small_case(*sites: Site, id: str = "SMALL", country: str = "AA", **facts: Any) -> Case:  # noqa: A002
    chosen = sites or (small_site(),)
    return Case(id, f"Case {id}", country, max(site.level for site in chosen), 2000, sites=chosen, **facts)


def any_parameters(number: int, freed: float = 1.0, at_ends: float = 0.2) -> Parameters:
    """Parameters number ``number`` of an endless list: each is freed with that chance, to an end or anywhere in its range."""
    lots = np.random.default_rng(number)
    while True:  # what contradicts itself is refused, so the next of the list takes its place
        params = drawn_parameters(lots, freed, at_ends)
        try:
            check_consistent(params)
            check_sites(params, [small_site()])
        except ParameterError:
            continue
        return params


def drawn_parameters(lots: np.random.Generator, freed: float, at_ends: float) -> Parameters:
    changes: dict[str, Any] = {}
    for key, found in declarations().items():
        if lots.random() >= freed:
            continue
        if found.options is not None:
            changes[key] = list(found.options)[lots.integers(len(found.options))]
        elif lots.random() < at_ends:
            changes[key] = (found.low, found.high)[lots.integers(2)]
        else:
            changes[key] = lots.uniform(found.low, found.high)
    return Parameters().replace(changes)


@pytest.fixture(scope="session")
def site_of() -> Callable[..., Site]:
    """Builds a site of 33 people; sizes by keyword."""
    return small_site


@pytest.fixture(scope="session")
def case_of() -> Callable[..., Case]:
    """Builds a case of such sites, one local site unless others are given."""
    return small_case


@pytest.fixture(scope="session")
def parameters_of() -> Callable[..., Parameters]:
    """Builds parameters drawn from all declared ranges, by number."""
    return any_parameters


@pytest.fixture(scope="session")
def levels_case() -> Case:
    """Five sites on three levels, with events: every process of the week has something to do."""
    return small_case(
        small_site("town"),
        small_site("village"),
        small_site("far away", region="S"),
        small_site("region", Level.regional),
        small_site("nation", Level.national),
        id="LEVELS",
        events=(
            Event(6, "set", 1.3, "capacity.workload"),
            Event(8, "sponsor_leaves"),
            Event(9, "sponsor_leaves", site="town"),
            Event(10, "set", 0.9, "power.agenda_access", site="village"),
        ),
    )
