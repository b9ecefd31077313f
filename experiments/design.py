"""The points of a sweep: what stands on its command line and in a design, as one table with a row per point."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from hydra.core.override_parser.types import (
    ChoiceSweep,
    Glob,
    IntervalSweep,
    Override,
    QuotedString,
    RangeSweep,
)

from coprod_abm.declare import checked
from coprod_abm.experiments.design_error import DesignError
from coprod_abm.parameters import declaration, declarations
from coprod_abm.presets import FAMILIES, preset_values, presets
from coprod_abm.theories import ALL, THEORIES, check_theory

MOST_POINTS = 20_000_000
SAMPLED = ("lhs", "sobol")
_BITS = 32  # of the positions of a Sobol sequence


@dataclass(frozen=True)
class Design:
    """How the points of a sweep are placed.

    Attributes:
        kind: ``grid``, ``presets``, ``lhs``, ``sobol`` or ``file``.
        n: points over the intervals.
        seed: of their positions.
        file: CSV file with points.
        families: rule families that are crossed with all their presets.
        common_seeds: whether every point has the same draws.
    """

    kind: str
    n: int | None = None
    seed: int | None = None
    file: str | None = None
    families: tuple[str, ...] = ()
    common_seeds: bool = True


def points_of(overrides: Sequence[Override], design: Design) -> pd.DataFrame:
    """One row per point and one column per parameter, rule family or theory that was named.

    Samples and the rows of a file come outermost, so that a longer one begins with the same points; within them the
    value named last changes first, as in Hydra's own sweeps.

    Raises:
        DesignError: when the design and what is named do not fit, hold nothing, or hold something twice.
        ParameterError, PresetError: when a value breaks its declaration or a preset does not exist.
    """
    named = [each for each in overrides if is_factor(str(each.key_or_group))]
    intervals = {str(each.key_or_group): interval_of(each) for each in named if is_interval(each)}
    levels = {str(each.key_or_group): levels_of(each) for each in named if not is_interval(each)}
    if design.kind == "presets":
        levels = {family: list(presets(family)) for family in checked_families(design, levels)} | levels
    check_intervals(design, intervals)
    outer = outer_points(design, intervals)
    if both := [key for key in levels if key in outer.columns]:
        raise DesignError(f"{both[0]} is given twice: in {design.file} and on the command line. Keep one of them.")
    if not levels and outer.columns.empty:
        raise DesignError(
            "There is nothing to sweep. Name values, as in power.agenda_access=0.1,0.5,0.9, presets, as in "
            "power=majority,consensus, or a design; `coprod sweep --help` shows all ways."
        )
    order = [*(key for key in outer.columns if key not in intervals), *(str(each.key_or_group) for each in named)]
    return crossed(outer, levels)[list(dict.fromkeys([*order, *levels]))]


def is_factor(key: str) -> bool:
    """Whether a key of the command line is a column of the points."""
    return key in FAMILIES or key == "theory" or key in declarations()


def is_interval(override: Override) -> bool:
    """Whether a whole interval was named."""
    return isinstance(override.value(), IntervalSweep)


def crossed(outer: pd.DataFrame, levels: Mapping[str, list[Any]]) -> pd.DataFrame:
    """Every row of ``outer`` with every combination of levels.

    Raises:
        DesignError: when there are more points than any machine holds.
    """
    rows = len(outer) if len(outer.columns) else 1
    total = rows * math.prod(map(len, levels.values()))
    if total > MOST_POINTS:
        raise DesignError(
            f"The design has {total:,} points, more than the {MOST_POINTS:,} that one sweep takes. Name fewer values, "
            f"or sample them: key=interval(low,high) design=sobol design.n=4096."
        )
    inner = list(itertools.product(*levels.values()))
    table = outer.loc[outer.index.repeat(len(inner))].reset_index(drop=True)
    columns = zip(*inner, strict=True) if levels else ()
    own = {key: list(values) * rows for key, values in zip(levels, columns, strict=True)}
    return pd.concat([table, pd.DataFrame(own)], axis=1)


# ---- what was named ----


def levels_of(override: Override) -> list[Any]:
    """The values of one override in the order in which they stand, checked.

    Raises:
        DesignError: when there are none, or one stands twice.
        ParameterError, PresetError: when one is not possible.
    """
    key = str(override.key_or_group)
    values = [checked_level(key, value) for value in _plain(override)]
    if not values:
        raise DesignError(f"{override.input_line} holds no value. Name at least one.")
    for place, value in enumerate(values):
        if value in values[:place]:
            raise DesignError(f"{override.input_line} holds {value} twice. Keep one of them.")
    return values


def checked_level(key: str, value: Any) -> Any:
    """A preset's name, a number or the name of a choice.

    Raises:
        ParameterError, PresetError: when it is none.
    """
    if key in FAMILIES:
        preset_values(key, str(value))
        return str(value)
    if key == "theory":
        for one in str(value).split("+"):
            check_theory(one)
        return str(value)
    found = checked(declaration(key), value)
    return getattr(found, "name", found)


def interval_of(override: Override) -> tuple[float, float]:
    """The ends of an interval, both within the declared range.

    Raises:
        DesignError: for a choice or preset, or an interval that is empty.
        ParameterError: when an end lies outside the declared range.
    """
    key, value = str(override.key_or_group), override.value()
    assert isinstance(value, IntervalSweep)
    found = declarations().get(key)
    if found is None or found.options is not None:
        options = list(found.options.__members__) if found and found.options else names_of(key)
        raise DesignError(
            f"{override.input_line}: {key} has no interval. Name values, as in {key}={','.join(options[:2])}."
        )
    low, high = (float(checked(found, end)) for end in (value.start, value.end))
    if not low < high:
        raise DesignError(
            f"{override.input_line}: the interval from {low:g} to {high:g} is empty. Name the lower end first."
        )
    return low, high


def whole_interval(word: str) -> str:
    """A word of the command line; of ``key=interval()`` the interval over all that is declared.

    >>> whole_interval("power.agenda_access=interval()")
    'power.agenda_access=interval(0.0,1.0)'
    """
    key, _, value = word.partition("=")
    found = declarations().get(key)
    if found is None or found.options is not None or value.replace(" ", "") != "interval()":
        return word
    return f"{key}=interval({float(found.low)!r},{float(found.high)!r})"


def names_of(key: str) -> list[str]:
    """The presets of a rule family, or the theories."""
    return [ALL, *THEORIES] if key == "theory" else list(presets(key))


def _plain(override: Override) -> Iterator[Any]:
    value: Any = override.value()  # Hydra does not say that it may be a Glob
    if isinstance(value, RangeSweep):
        yield from _range(override, value)
        return
    if isinstance(value, Glob):
        names = names_of(str(override.key_or_group))
        yield from [name for name in names if value.filter([name])]
        return
    for one in value.list if isinstance(value, ChoiceSweep) else [value]:
        yield one.text if isinstance(one, QuotedString) else one


def _range(override: Override, value: RangeSweep) -> Iterator[float]:
    if value.step == 0:
        raise DesignError(f"{override.input_line} never ends: its step is 0. Give another step.")
    assert value.start is not None
    assert value.stop is not None
    if abs((value.stop - value.start) / value.step) > MOST_POINTS:
        raise DesignError(f"{override.input_line} holds more than {MOST_POINTS:,} values. Give a larger step.")
    yield from value.range()


def checked_families(design: Design, levels: Mapping[str, Any]) -> list[str]:
    """The families of which all presets are taken.

    Raises:
        DesignError: when one does not exist.
    """
    for family in design.families:
        if family not in (*FAMILIES, "theory"):
            raise DesignError(
                f"design.families = [{', '.join(design.families)}]: {family!r} is not a rule family. "
                f"Families: {', '.join(FAMILIES)}."
            )
    return [family for family in design.families if family not in levels]


# ---- samples ----


def check_intervals(design: Design, intervals: Mapping[str, Any]) -> None:
    """Refuse intervals without a sample, and a sample without intervals.

    Raises:
        DesignError: with the way to write it.
    """
    if intervals and design.kind not in SAMPLED:
        key = next(iter(intervals))
        raise DesignError(
            f"{key} is an interval, and design={design.kind} takes values. Add design=lhs design.n=400 or design=sobol "
            f"design.n=512, or name values, as in {key}=range(0,1,0.1)."
        )
    if design.kind in SAMPLED and not intervals:
        raise DesignError(
            f"design={design.kind} places points in intervals, and none is named. Write power.agenda_access=interval() "
            f"for all that is declared, or power.agenda_access=interval(0.2,0.8)."
        )


def outer_points(design: Design, intervals: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """The sample over the intervals, the rows of the file, or nothing."""
    if design.kind == "file":
        from coprod_abm.experiments.design_file import read_points

        return read_points(design.file)
    if not intervals:
        return pd.DataFrame(index=range(1))
    check_sample(design)
    low, high = np.array(list(intervals.values())).T
    return pd.DataFrame(low + (high - low) * sample(design, len(intervals)), columns=list(intervals))


def check_sample(design: Design) -> None:
    """Refuse a number of points or a seed that cannot be.

    Raises:
        DesignError: naming the value.
    """
    for name, value, least, most in (("n", design.n, 1, MOST_POINTS), ("seed", design.seed, 0, 2**63 - 1)):
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise DesignError(f"design.{name} = {value!r} is not a whole number in [{least}, {most:,}]. Give one.")


def sample(design: Design, dimensions: int) -> np.ndarray:
    """Positions in the unit cube, shape (n, dimensions), decided by the seed alone."""
    assert design.n is not None
    if design.kind == "lhs":
        from SALib.sample import latin

        names = [str(place) for place in range(dimensions)]
        problem = {"num_vars": dimensions, "names": names, "bounds": [[0.0, 1.0]] * dimensions}
        return latin.sample(problem, design.n, seed=design.seed)
    bare = sobol_positions(design.n, dimensions)
    shift = np.random.default_rng(design.seed).integers(2**_BITS, size=dimensions, dtype=np.uint64)
    return ((bare ^ shift) + 0.5) / 2**_BITS  # a digital shift keeps how evenly the sequence fills every part


def sobol_positions(count: int, dimensions: int) -> np.ndarray:
    """The first points (count, dimensions) of the Sobol sequence as whole numbers below 2**32.

    They are those of ``SALib.sample.sobol_sequence``, with its direction numbers; its loop in Python over every point would
    take longer than all else that a finished sweep needs to see that nothing is left to do.
    """
    from SALib.sample.directions import directions

    if dimensions > len(directions) + 1:
        raise DesignError(f"A Sobol sequence has at most {len(directions) + 1:,} intervals. Use design=lhs.")
    before = np.arange(max(count - 1, 0), dtype=np.int64)
    lowest_zero = ~before & (before + 1)
    bit = np.log2(lowest_zero.astype(float)).astype(np.int64)  # exact: these are powers of two
    positions = np.zeros((count, dimensions), np.uint64)
    for place in range(dimensions):
        steps = np.array([1 << (_BITS - 1 - j) for j in range(_BITS)], np.uint64)
        if place:
            steps = sobol_steps([int(each) for each in directions[place - 1]])
        positions[1:, place] = np.bitwise_xor.accumulate(steps[bit])
    return positions


def sobol_steps(direction: Sequence[int]) -> np.ndarray:
    """What each bit of a point's number turns in one dimension (Bratley and Fox 1988), from its direction numbers."""
    polynomial, start = direction[0], list(direction[1:])
    degree = len(start)
    steps = [number << (_BITS - 1 - j) for j, number in enumerate(start)]
    for j in range(degree, _BITS):
        step = steps[j - degree] ^ (steps[j - degree] >> degree)
        for k in range(1, degree):
            step ^= ((polynomial >> (degree - 1 - k)) & 1) * steps[j - k]
        steps.append(step)
    return np.array(steps, np.uint64)
