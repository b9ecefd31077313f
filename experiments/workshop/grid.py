"""Answers worked out beforehand: a grid of a few controls, refined until values between points err no more than chance."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from coprod_abm.case import Case
from coprod_abm.declare import ParameterError, nearest
from coprod_abm.experiments.workshop.asked import arm_of
from coprod_abm.experiments.workshop.choices import FAMILIES, LADDER, OUTCOMES, SLIDERS, slider
from coprod_abm.experiments.workshop.live import QUARTER, Arm
from coprod_abm.presets import presets
from coprod_abm.simulate import RunError, on_threads
from coprod_abm.world import Array
from coprod_abm.year import YEAR

START_LEVELS, MOST_LEVELS = 5, 33  # of a slider; refining halves its steps
MOST_POINTS = 1_500
MOST_CHECKS = 48
OTHER_LUCK = 1_000_003  # added to the seed for runs that share no draw with the grid's
SLACK, WORST_SLACK = 1.1, 1.5  # sampling of the comparison itself: of root mean squares, and of the two worst
CHECKED = (0.5, 0.05, 0.95)  # the middle and both edges of the wide band


class Axis(NamedTuple):
    """One control of the file: a family with its presets, or a slider with its levels."""

    key: str
    points: tuple[Any, ...]

    @property
    def is_number(self) -> bool:
        """Whether values lie between its points."""
        return self.key in SLIDERS


class Off(NamedTuple):
    """How far off values between grid points are, and how far two sets of runs differ by chance: worst and root mean square."""

    error: float
    noise: float
    error_mean: float
    noise_mean: float

    @property
    def is_good(self) -> bool:
        """Whether interpolation errs no more than noise."""
        usual = self.error_mean <= SLACK * self.noise_mean + 1e-6
        return usual and self.error <= WORST_SLACK * self.noise + 1e-6


NOTHING_OFF = Off(0.0, 0.0, 0.0, 0.0)


class Check(NamedTuple):
    """What was found for one outcome: of its middle future, and of the edges of the wide band."""

    middle: Off
    edges: Off

    @property
    def is_good(self) -> bool:
        """Whether neither errs more than noise."""
        return self.middle.is_good and self.edges.is_good


@dataclass
class Grid:
    """Runs at points of a grid, kept by their settings so that a finer grid uses those of the coarser.

    Attributes:
        case, base, seed, replicates: what all points share; ``base`` is an arm as the page sends it.
        values: (replicate, stop, outcome) by settings; None where settings contradict each other.
    """

    case: Case
    base: dict[str, Any]
    seed: int
    replicates: int
    threads: int | None = None
    values: dict[tuple[Any, ...], Array | None] = field(default_factory=dict)

    def at(
        self, axes: Sequence[Axis], points: Sequence[tuple[Any, ...]], seed: int | None = None
    ) -> list[Array | None]:
        """Runs at points given by their values on the axes."""
        luck = self.seed if seed is None else seed
        keys = [(luck, *zip([axis.key for axis in axes], point, strict=True)) for point in points]
        wanted = [(key, point) for key, point in dict(zip(keys, points, strict=True)).items() if key not in self.values]
        found = on_threads(lambda task: self._run(axes, task[1], luck), wanted, self.threads, None)
        self.values |= {key: runs for (key, _), runs in zip(wanted, found, strict=True)}
        return [self.values[key] for key in keys]

    def _run(self, axes: Sequence[Axis], point: tuple[Any, ...], seed: int) -> Array | None:
        try:
            asked = arm_of("a", with_point(self.base, axes, point), self.case, seed)
        except ParameterError:
            return None
        arm = Arm(asked, seed, self.replicates)
        arm.run(0, self.replicates)
        return arm.values.astype(np.float32)


def with_point(base: Mapping[str, Any], axes: Sequence[Axis], point: tuple[Any, ...]) -> dict[str, Any]:
    """An arm with the controls at a point."""
    chosen, single = dict(base["presets"]), dict(base["values"])
    for axis, value in zip(axes, point, strict=True):
        if axis.is_number:
            single[axis.key] = value
        else:
            chosen[axis.key] = value
    return {"presets": chosen, "values": single, "events": base["events"]}


def axes_of(controls: Sequence[str], start: Mapping[str, Any]) -> list[Axis]:
    """The axes of the named controls, sliders coarse to begin with; where the file begins lies on every one.

    Raises:
        RunError: when a control does not exist or is named twice.
    """
    known = (*FAMILIES, *SLIDERS)
    for place, key in enumerate(controls):
        if key not in known:
            raise RunError(f"{key!r} is no control of the page.{nearest(key, known)} Controls: {', '.join(known)}.")
        if key in controls[:place]:
            raise RunError(f"{key} is named twice among the controls. Name it once.")
    return [axis_of(key, start) for key in controls]


def axis_of(key: str, start: Mapping[str, Any]) -> Axis:
    """The axis of one control."""
    if key in SLIDERS:
        return Axis(key, levels(key, START_LEVELS))
    used = [start[arm]["presets"].get(key, "default") for arm in ("a", "b")]
    names = [name for name in LADDER if name in presets(key)] if key == "power" else list(presets(key))
    return Axis(key, tuple(dict.fromkeys(["default", *names, *used])))


def levels(key: str, count: int) -> tuple[float, ...]:
    """So many even levels of a slider."""
    facts = slider(key)
    return tuple(np.linspace(facts["low"], facts["high"], count).tolist())


def all_points(axes: Sequence[Axis]) -> list[tuple[Any, ...]]:
    """Every point of the grid, the last axis fastest."""
    return list(itertools.product(*(axis.points for axis in axes)))


def refined(grid: Grid, axes: list[Axis], tell: Callable[[str], None]) -> tuple[list[Axis], dict[str, Check]]:
    """Axes fine enough, and how good values between their points are by outcome.

    Raises:
        RunError: when the grid would become too large; says which control to leave away.
    """
    while True:
        count = len(all_points(axes))
        if count > MOST_POINTS:
            raise RunError(
                f"The grid would have {count} points, more than {MOST_POINTS}: name fewer controls, such as the first two."
            )
        tell(f"{count} points of {grid.replicates} futures")
        grid.at(axes, all_points(axes))
        checks = checked(grid, axes)
        bad = [name for name, check in checks.items() if not check.is_good]
        if not bad:
            return axes, checks
        axes = finer(grid, axes, bad, checks)


def checked(grid: Grid, axes: Sequence[Axis]) -> dict[str, Check]:
    """Values between grid points against live runs there with the same luck, beside live runs with other luck."""
    middles = middles_of(axes)
    if not middles:
        return {name: Check(NOTHING_OFF, NOTHING_OFF) for name in OUTCOMES}
    live = grid.at(axes, middles)
    other = grid.at(axes, middles, grid.seed + OTHER_LUCK)
    errors, noises = [], []
    for point, own, others in zip(middles, live, other, strict=True):
        corners = grid.at(axes, [corner for corner, _ in corners_of(axes, point)])
        if own is None or others is None or any(one is None for one in corners):
            continue
        between = sum(
            weight * shown(one) for (_, weight), one in zip(corners_of(axes, point), corners, strict=True)
        )  # fmt: skip
        errors.append(between - shown(own))
        noises.append(shown(others) - shown(own))
    return {name: check_of(errors, noises, place) for place, name in enumerate(OUTCOMES)}


def shown(runs: Array | None) -> Array:
    """What a picture shows of runs at the turns of the years: (quantile, year, outcome)."""
    assert runs is not None
    yearly = runs[:, :: YEAR // QUARTER].astype(float)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.nanquantile(yearly, CHECKED, axis=0))


def check_of(errors: Sequence[Array], noises: Sequence[Array], place: int) -> Check:
    """How far off one outcome is; where nothing is measured it is not off."""
    if not errors:
        return Check(NOTHING_OFF, NOTHING_OFF)
    error, noise = (np.nan_to_num(np.stack([one[..., place] for one in found])) for found in (errors, noises))
    return Check(off(error[:, :1], noise[:, :1]), off(error[:, 1:], noise[:, 1:]))


def off(error: Array, noise: Array) -> Off:
    """Worst and root mean square of both."""
    worst = [float(np.abs(one).max()) for one in (error, noise)]
    return Off(*worst, *(float(np.sqrt((one**2).mean())) for one in (error, noise)))


def middles_of(axes: Sequence[Axis]) -> list[tuple[Any, ...]]:
    """Points in the middle of cells, where values between grid points err most; an even choice where they are many."""
    if not any(axis.is_number for axis in axes):
        return []
    own = [
        [(one + other) / 2 for one, other in itertools.pairwise(axis.points)] if axis.is_number else axis.points
        for axis in axes
    ]
    points = list(itertools.product(*own))
    if len(points) <= MOST_CHECKS:
        return points
    places = np.random.default_rng(len(points)).permutation(len(points))[:MOST_CHECKS]
    return [points[place] for place in sorted(places)]


def corners_of(axes: Sequence[Axis], point: tuple[Any, ...]) -> list[tuple[tuple[Any, ...], float]]:
    """The grid points around a point with their weights."""
    sides = [around(axis, value) for axis, value in zip(axes, point, strict=True)]
    return [
        (tuple(value for value, _ in chosen), float(np.prod([weight for _, weight in chosen])))
        for chosen in itertools.product(*sides)
    ]


def around(axis: Axis, value: Any) -> list[tuple[Any, float]]:
    """The points of an axis around a value with their weights."""
    if not axis.is_number or value in axis.points:
        return [(value, 1.0)]
    place = int(np.searchsorted(axis.points, value))
    low, high = axis.points[place - 1], axis.points[place]
    share = (value - low) / (high - low)
    return [(low, 1.0 - share), (high, share)]


def finer(grid: Grid, axes: list[Axis], bad: Sequence[str], checks: Mapping[str, Check]) -> list[Axis]:
    """The axes with the steps halved of the slider along which the bad outcomes bend most.

    Raises:
        RunError: when no slider can become finer.
    """
    able = [place for place, axis in enumerate(axes) if axis.is_number and len(axis.points) < MOST_LEVELS]
    if not able:
        worst = max(bad, key=lambda name: checks[name].middle.error / max(checks[name].middle.noise, 1e-9))
        found = checks[worst]
        raise RunError(
            f"Between the finest grid points the middle future of {worst} is up to {found.middle.error:.3g} off and the "
            f"edges of its band {found.edges.error:.3g}, where chance explains {found.middle.noise:.3g} and "
            f"{found.edges.noise:.3g}. Leave a slider away, or ask for fewer futures at each point (futures=50)."
        )
    place = max(able, key=lambda one: bend(grid, axes, one, bad, checks))
    axis = axes[place]
    return [*axes[:place], Axis(axis.key, levels(axis.key, 2 * len(axis.points) - 1)), *axes[place + 1 :]]


def bend(grid: Grid, axes: Sequence[Axis], along: int, bad: Sequence[str], checks: Mapping[str, Check]) -> float:
    """How much the worst of the outcomes bends along an axis, in units of its noise."""
    runs = grid.at(axes, all_points(axes))
    shape = tuple(len(axis.points) for axis in axes)
    blank = np.full_like(next(shown(one) for one in runs if one is not None), np.nan)
    values = np.stack([blank if one is None else shown(one) for one in runs]).reshape(*shape, *blank.shape)
    second = np.abs(np.diff(values, n=2, axis=along))
    if not second.size:
        return 0.0
    by_outcome = np.sqrt(np.nanmean(second**2, axis=tuple(range(second.ndim - 1))))
    return max(by_outcome[OUTCOMES.index(name)] / max(checks[name].middle.noise_mean, 1e-9) for name in bad)
