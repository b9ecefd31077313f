"""Boxes in parameter space in which a wish holds: found by the PRIM of the EMA Workbench, or by a shallow tree."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.simulate import RunError

METHODS = ("prim", "tree")
MASS = 0.05  # share of all points that the smallest box holds
DROPPED = 0.05  # quasi-p above which a limit is dropped
DEPTH = 3  # of the tree


@dataclass(frozen=True)
class Box:
    """A part of parameter space; what it does not name may take any value.

    Attributes:
        limits: lowest and highest value of parameters, infinite where a side is free.
        choices: values of presets and choices.
        quasi_p: for each limited column the chance of its lower and its upper limit under no effect; NaN where free.
        trajectory: coverage and density on the way from everything to the smallest box; empty for a tree.
    """

    limits: dict[str, tuple[float, float]]
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    quasi_p: dict[str, tuple[float, float]] = field(default_factory=dict)
    trajectory: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def named(self) -> tuple[str, ...]:
        """The columns that it limits."""
        return (*self.limits, *self.choices)

    def holds(self, points: pd.DataFrame) -> "np.ndarray[Any, np.dtype[np.bool_]]":
        """Which points lie in the box."""
        inside = np.ones(len(points), bool)
        for key, (low, high) in self.limits.items():
            inside &= points[key].between(low, high).to_numpy()
        for key, values in self.choices.items():
            inside &= points[key].astype(str).isin(values).to_numpy()
        return inside


def only_in(boxes: Sequence[Box], number: int, points: pd.DataFrame) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Which points lie in a box, counted from 1, and in none of those before it."""
    inside = boxes[number - 1].holds(points)
    for before in boxes[: number - 1]:
        inside &= ~before.holds(points)
    return inside


def find_boxes(points: pd.DataFrame, wished: Any, method: str, density: float, most: int) -> list[Box]:
    """Up to so many boxes; of PRIM each covers what the ones before it left.

    Raises:
        RunError: when there is no such method, or its library is not installed.
    """
    if method not in METHODS:
        raise RunError(f"method = {method!r} is neither prim nor tree. Choose one of them.")
    wished = np.asarray(wished, bool)
    if wished.all() or not wished.any():
        return []
    return prim_boxes(points, wished, density, most) if method == "prim" else tree_boxes(points, wished, density, most)


def prim_boxes(points: pd.DataFrame, wished: Any, density: float, most: int) -> list[Box]:
    """The boxes of PRIM: peeled and pasted, cut where coverage and density are best, without limits that do nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of packages that it offers to use and that are not installed
            from ema_workbench.analysis.prim import Prim
    except ModuleNotFoundError as error:
        raise RunError(
            f"method=prim needs the package {error.name}, which is not installed here: pip install 'coprod-abm[discovery]'. "
            "method=tree needs nothing more."
        ) from None
    found: list[Box] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its use of pandas is older than our pandas
        search = Prim(typed(points), wished, mass_min=MASS)
        for _ in range(most):
            each = search.find_box()
            if each is None or not len(each.peeling_trajectory):
                break
            steps = each.peeling_trajectory[["coverage", "density", "mass", "res_dim"]].copy()
            each.select(chosen_step(steps, density))
            drop_idle(each)
            box = as_box(each, search.box_init, steps)
            if not is_sure(box) or (found and steps["density"].max() < density):
                break  # further boxes only where they are as dense as was asked for
            found.append(box)
    return found


def is_sure(box: Box) -> bool:
    """Whether at least one limit of a box does better than chance where it was found."""
    return any(p <= DROPPED for both in box.quasi_p.values() for p in both)


def typed(points: pd.DataFrame) -> pd.DataFrame:
    """Points as PRIM reads them: numbers as they are, names as plain objects."""
    numbers = {key for key in points if pd.api.types.is_numeric_dtype(points[key])}
    return pd.DataFrame({key: points[key].astype(float if key in numbers else object).to_numpy() for key in points})


def chosen_step(steps: pd.DataFrame, density: float) -> int:
    """Among the steps of that density the one with the most coverage times density; else the densest one."""
    dense = steps[steps["density"] >= density].assign(both=lambda table: table["coverage"] * table["density"])
    if len(dense):
        return int(dense.sort_values(["both", "res_dim"], ascending=[False, True], kind="stable").index[0])
    return int(steps.sort_values(["density", "coverage"], ascending=False, kind="stable").index[0])


def drop_idle(each: Any) -> None:
    """Drop limits that do no better than chance, the idlest first."""
    while True:
        values = each.p_values[each._cur_box]  # noqa: SLF001 - the library has no public way to the current step
        idle = {key: min(p for p in both if p >= 0) for key, both in values.items() if any(p >= 0 for p in both)}
        worst = max(idle, key=lambda key: idle[key], default=None)
        if worst is None or idle[worst] <= DROPPED or len(idle) < 2:
            return
        each.drop_restriction(worst)


def as_box(each: Any, whole: pd.DataFrame, steps: pd.DataFrame) -> Box:
    """The current box of PRIM as ours; sides where it reaches the end of the sample are free."""
    limits, choices, quasi_p = {}, {}, {}
    values = each.p_values[each._cur_box]  # noqa: SLF001
    for key in whole.columns:
        own, all_of_it = list(each.box_lim[key]), list(whole[key])
        if isinstance(own[0], set):
            if set(own[0]) != set(all_of_it[0]):
                choices[key] = tuple(sorted(map(str, own[0])))
        elif own != all_of_it:
            low, high = (float(end) if end != free else np.nan for end, free in zip(own, all_of_it, strict=True))
            limits[key] = (low, high)
        if key in values and key in (*limits, *choices):
            low_p, high_p = (float(p) if p >= 0 else np.nan for p in values[key])
            quasi_p[key] = (low_p, high_p)
            if key in limits:
                limits[key], quasi_p[key] = without_idle_sides(limits[key], quasi_p[key])
    return Box(limits, choices, quasi_p, steps)


def without_idle_sides(
    ends: tuple[float, float], quasi_p: tuple[float, float]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Both ends of a range with their quasi-p; an end that does no better than chance beside one that does is freed."""
    idle = [not p <= DROPPED for p in quasi_p]
    freed = [np.isnan(end) or (lazy and not all(idle)) for end, lazy in zip(ends, idle, strict=True)]
    low, high = (-np.inf if freed[0] else ends[0]), (np.inf if freed[1] else ends[1])
    return (low, high), (np.nan if freed[0] else quasi_p[0], np.nan if freed[1] else quasi_p[1])


def tree_boxes(points: pd.DataFrame, wished: Any, density: float, most: int) -> list[Box]:
    """The leaves of a shallow tree in which the wish holds most: those of that density, else the densest one."""
    from sklearn.tree import DecisionTreeClassifier

    numbers = [str(key) for key in points if pd.api.types.is_numeric_dtype(points[key])]
    names = [str(key) for key in points if key not in numbers]
    coded = {(key, ""): points[key].astype(float) for key in numbers}
    coded |= {
        (key, str(value)): (points[key] == value).astype(float) for key in names for value in pd.unique(points[key])
    }
    least = max(int(MASS * len(points)), 5)
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=least, random_state=0)
    columns = list(coded)
    tree.fit(np.column_stack([coded[column] for column in columns]), wished)
    leaves = [leaf_box(steps, points, names) for steps in paths(tree.tree_, columns)]
    shares = [
        (float(wished[inside].mean()), int(wished[inside].sum()), box)
        for box in leaves
        if (inside := box.holds(points)).any()
    ]
    dense = [each for each in shares if each[0] >= density] or sorted(shares, key=lambda each: -each[0])[:1]
    better = [each for each in dense if each[0] > wished.mean() and each[2].named]
    return [box for _, _, box in sorted(better, key=lambda each: -each[1])[:most]]


def paths(
    tree: Any, columns: Sequence[tuple[str, str]], node: int = 0
) -> list[list[tuple[tuple[str, str], bool, float]]]:
    """For each leaf the steps to it: column, whether it is above, and where it was cut."""
    if tree.children_left[node] < 0:
        return [[]]
    column, cut = columns[tree.feature[node]], float(tree.threshold[node])
    below = [[(column, False, cut), *rest] for rest in paths(tree, columns, tree.children_left[node])]
    return below + [[(column, True, cut), *rest] for rest in paths(tree, columns, tree.children_right[node])]


def leaf_box(steps: Sequence[tuple[tuple[str, str], bool, float]], points: pd.DataFrame, names: Sequence[str]) -> Box:
    """A leaf as a box."""
    limits: dict[str, tuple[float, float]] = {}
    left = {key: {str(value) for value in pd.unique(points[key])} for key in names}
    whole = {key: set(values) for key, values in left.items()}
    for (key, value), above, cut in steps:
        if value:
            left[key] = {value} if above else left[key] - {value}
        else:
            low, high = limits.get(key, (-np.inf, np.inf))
            limits[key] = (max(low, cut), high) if above else (low, min(high, cut))
    return Box(limits, {key: tuple(sorted(values)) for key, values in left.items() if values != whole[key]})
