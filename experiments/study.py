"""The runs behind an experiment: named comparisons of settings, each read out run by run on common random numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from coprod_abm.case import Case, Event, Level, Site
from coprod_abm.draws import replicate_seed
from coprod_abm.experiments.progress import Progress
from coprod_abm.measures import NAMES, mean_over_projects
from coprod_abm.parameters import Parameters, declaration
from coprod_abm.presets import preset_values
from coprod_abm.simulate import SIX_YEARS, Outcome, on_threads, run_once
from coprod_abm.theories import theory_values
from coprod_abm.world import Array, World, world_of

Settings = tuple[str, ...]
Reading = Callable[[World, int, int], Any]  # from a world, a seed and a number of weeks to what is read of the run
REFERENCE = "the reference project"
EVERY = 13  # weeks between two measurements in an experiment


def reference_case() -> Case:
    """One local project of the default size, without rules or events of its own."""
    site = Site("reference project", Level.local, "reference region")
    return Case("REFERENCE", "Reference project", "reference country", Level.local, 2020, sites=(site,))


@dataclass(frozen=True)
class Arm:
    """One side of a comparison.

    Attributes:
        settings: as typed on the command line, such as ``power=consensus`` and ``leadership.facilitation=1``.
        weeks: weeks to simulate.
        events: what happens beside the events of the case.
        drawn: settings by dotted name that each run draws for itself from its own generator; beside ``settings``.
    """

    settings: Settings = ()
    weeks: int = SIX_YEARS
    events: tuple[Event, ...] = ()
    drawn: Callable[[np.random.Generator], dict[str, float]] | None = None

    @property
    def told(self) -> str:
        """The settings in words; the user's own or the defaults where there are none."""
        return ", ".join(self.settings) or "as it is"


@dataclass(frozen=True)
class Study:
    """Cases and parameters of an experiment, and how often and with which seed to run.

    Attributes:
        cases: each in a world of its own.
        base: the parameters that comparisons start from.
        typed: what the user set, by dotted name; it wins over a case's own rules, a comparison wins over both.
        replicates, seed, threads: as the keys of `coprod run`.
    """

    cases: tuple[Case, ...] = field(default_factory=lambda: (reference_case(),))
    base: Parameters = field(default_factory=Parameters)
    typed: Mapping[str, Any] = field(default_factory=dict)
    replicates: int = 100
    seed: int = 1
    threads: int | None = None

    def read(
        self, arm: Arm, reading: Reading, progress: Progress | None = None, before: int = 0, label: str = ""
    ) -> list[Any]:
        """What ``reading`` finds in each run of an arm, case by case and replicate by replicate.

        Replicate r uses the same draws in every arm. ``before`` runs were done before these.
        """
        worlds = [None if arm.drawn else self.world(case, arm) for case in self.cases]
        tasks = [(c, r) for c in range(len(self.cases)) for r in range(self.replicates)]

        def one(task: tuple[int, int]) -> Any:
            place, replicate = task
            world = worlds[place] or self.world(self.cases[place], arm, replicate)
            return reading(world, replicate_seed(self.seed, replicate), arm.weeks)

        told = progress.part(before, label or arm.told) if progress else None
        return on_threads(one, tasks, self.threads, told)

    def world(self, case: Case, arm: Arm, replicate: int = 0) -> World:
        """The world of one case under the settings of an arm."""
        theory, chosen = settings_of(arm.settings)
        if arm.drawn:
            chosen |= arm.drawn(np.random.default_rng((self.seed, replicate)))
        with_events = replace(case, events=(*case.events, *arm.events))
        return world_of([with_events], self.base, {**theory, **self.typed, **chosen})


def settings_of(settings: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a theory among the settings sets, and what the others do, by dotted name; single parameters go before presets.

    >>> settings_of(["power.agenda_access=0.3", "power=consensus"])[1]["power.agenda_access"]
    0.3
    """
    theory: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for setting in sorted(settings, key=lambda each: "." in each.partition("=")[0]):
        key, _, value = setting.partition("=")
        if key == "theory":
            theory |= theory_values(value)
        elif "." in key:
            values[key] = value if declaration(key).options is not None else float(value)
        else:
            values |= preset_values(key, value)
    return theory, values


def measured(outcome: Outcome) -> dict[str, Array]:
    """Every measure of a run over its stops, as the mean over projects."""
    seen = mean_over_projects(outcome.seen)
    return {name: seen[:, place] for place, name in enumerate(NAMES)}


def at_end(*names: str) -> Reading:
    """A reading of some measures at the end of a run."""
    places = [NAMES.index(name) for name in names]

    def reading(world: World, seed: int, weeks: int) -> Array:
        return mean_over_projects(run_once(world, seed, weeks, weeks).seen[-1])[places]

    return reading
