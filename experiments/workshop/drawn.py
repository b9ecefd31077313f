"""Parameters drawn from a calibration as rows of rules for the runs of the page: future r takes row r, in every scenario."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from coprod_abm.experiments.scenario_draws import read_draws
from coprod_abm.parameters import Parameters, positions
from coprod_abm.world import Array


class Drawn(NamedTuple):
    """A table of draws.

    Attributes:
        file: where it came from, without its folder.
        rows: how many draws there are.
        columns: drawn values by dotted name of the parameter, shape (draw).
    """

    file: str
    rows: int
    columns: Mapping[str, Array]

    @property
    def facts(self) -> dict[str, Any]:
        """What the page tells about it."""
        return {"file": self.file, "draws": self.rows}


def drawn_of(path: Path) -> Drawn:
    """The draws of a CSV or Parquet file: a column per parameter, a row per draw.

    Raises:
        CaseError: when the file does not exist, or a column or value is none of the model's.
    """
    table = read_draws(path).table
    columns = {}
    for name in table:
        known = {value: number_of(str(name), value) for value in table[name].unique()}
        columns[str(name)] = table[name].map(known).to_numpy(float)
    return Drawn(path.name, len(table), columns)


def number_of(name: str, value: Any) -> float:
    """A parameter's value as the compiled model has it; a choice is its number."""
    return float(flat(Parameters().replace({name: value}))[positions()[name]])


def flat(params: Parameters) -> Array:
    """All rules as one row of numbers."""
    return np.asarray(params.record().view("f8")).reshape(-1)


def rows_of(params: Parameters, fixed: Mapping[str, Any], drawn: Drawn | None) -> Array:
    """Rules by draw, shape (draw, parameter), one row without draws; what a scenario fixes goes before what is drawn."""
    rows = np.tile(flat(params), (drawn.rows if drawn else 1, 1))
    for name, values in drawn.columns.items() if drawn else ():
        if name not in fixed:
            rows[:, positions()[name]] = values
    return rows
