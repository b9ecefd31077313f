"""One row per parameter point and case: the table that every study (sweep, sensitivity, calibration, scenarios) calls for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.declare import ParameterError
from coprod_abm.draws import replicate_seed
from coprod_abm.measures import NAMES, mean_over_projects, measure
from coprod_abm.parameters import Parameters
from coprod_abm.simulate import Cases, Progress, as_cases, check_parameters, check_run, observed, on_threads
from coprod_abm.world import world_of


def evaluate(
    points: pd.DataFrame,
    case: Cases,
    measures: Sequence[str] | None = None,
    replicates: int = 20,
    seed: int = 1,
    weeks: int | None = None,
    base: Parameters | None = None,
    common_seeds: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """``points`` with a column ``case``, and for each measure its mean and (``<measure>_sd``) SD over replicates at the end.

    The end is each case's own (six years in the shipped ones) unless ``weeks`` is given.

    Columns of ``points`` are declared parameters (``power.agenda_access``); all others keep their value in ``base``.
    Each row has fresh seeds of its own unless ``common_seeds``, which is for differences between scenarios only.

    Raises:
        ParameterError: when a column is no parameter, stands twice, or a value breaks its declaration; the row is named.
        MeasureError, CaseError, RunError: on an unknown measure, a faulty case, an impossible run.
    """
    chosen = as_cases(case)
    names = [measure(name).name for name in (NAMES if measures is None else measures)]
    base = Parameters() if base is None else base
    check_parameters(base)
    lengths = [one.weeks if weeks is None else weeks for one in chosen]
    for length in lengths:
        check_run(replicates, length, length, threads, seed)
    settings = settings_of(points, base)
    rows = [(r, c) for r in range(len(points)) for c in range(len(chosen))]

    def row_of(place: tuple[int, int]) -> np.ndarray:
        world = world_of([chosen[place[1]]], base, settings[place[0]])
        own = seed if common_seeds else replicate_seed(seed, 1_000_003 + place[0])
        length = lengths[place[1]]
        ends = [observed(world, replicate_seed(own, r), length, length)[0][-1] for r in range(replicates)]
        return mean_over_projects(np.stack(ends))

    ends = on_threads(row_of, rows, threads, progress)
    places = [NAMES.index(name) for name in names]
    table = points.iloc[[r for r, _ in rows]].reset_index(drop=True)
    table.insert(0, "case", [chosen[c].id for _, c in rows])
    columns: dict[str, list[float]] = {}
    for name, place in zip(names, places, strict=True):
        known = [end[~np.isnan(end[:, place]), place] for end in ends]  # of members only where a project still exists
        columns[name] = [values.mean() if len(values) else np.nan for values in known]
        columns[f"{name}_sd"] = [values.std(ddof=1) if len(values) > 1 else np.nan for values in known]
    return pd.concat([table, pd.DataFrame(columns)], axis=1)


def settings_of(points: pd.DataFrame, base: Parameters) -> list[dict[str, Any]]:
    """The changes that each row asks for, by dotted name; they win over the rules of a case.

    Raises:
        ParameterError: naming the row and what is wrong with it.
    """
    if not isinstance(points, pd.DataFrame):
        raise ParameterError(f"points is a {type(points).__name__}, not a DataFrame with one row per point. Give one.")
    if points.columns.has_duplicates:
        twice = points.columns[points.columns.duplicated()][0]
        raise ParameterError(f"Column {twice!r} stands twice in the points. Keep one of them.")
    if points.empty:
        raise ParameterError("There are no points to evaluate. Give at least one row.")
    settings = [{str(key): value for key, value in row.items()} for row in points.to_dict("records")]
    for number, changes in enumerate(settings):
        try:
            base.replace(changes)
        except ParameterError as error:
            raise ParameterError(f"Point {number}: {error}") from None
    return settings
