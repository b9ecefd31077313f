"""Parameters drawn from a calibrated posterior: a table of parameter columns, one row per draw."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from coprod_abm.case import CaseError
from coprod_abm.declare import ParameterError
from coprod_abm.experiments.refusals import plainly
from coprod_abm.parameters import Parameters, declaration
from coprod_abm.store_files import UNREADABLE

OF_INSTRUMENTS = "instrument."  # what a survey adds; no parameter of the simulated people


@dataclass(frozen=True)
class Draws:
    """A table of draws.

    Attributes:
        table: one row per draw, one column per declared parameter by dotted name.
        file: where it came from.
        left_out: columns that are no parameters, such as weights.
    """

    table: pd.DataFrame
    file: str
    left_out: tuple[str, ...] = ()

    def row(self, replicate: int) -> dict[str, Any]:
        """The parameters of replicate r: row r, the first again after the last."""
        return {str(key): value for key, value in self.table.iloc[replicate % len(self.table)].items()}

    @property
    def told(self) -> str:
        """How the parameters were chosen, in short."""
        return "draws"

    @property
    def facts(self) -> Mapping[str, Any]:
        """File, number of draws and columns, for the provenance."""
        return {
            "file": self.file,
            "draws": len(self.table),
            "columns": list(self.table),
            "left_out": list(self.left_out),
        }


def read_draws(path: Path) -> Draws:
    """The draws of a CSV or Parquet file; columns without a dot, such as weights, are left out, those of instruments too.

    Raises:
        CaseError: when the file does not exist, or a column or value is none of the model's.
    """
    file = str(path)
    if not path.is_file():
        raise CaseError("draws", file, "a CSV or Parquet file of parameter draws", "Correct the path.")
    try:
        table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (*UNREADABLE, RecursionError) as error:
        raise CaseError(
            "draws",
            file,
            f"a table that can be read ({plainly(str(error).splitlines()[0] if str(error) else type(error).__name__)})",
            "Give a CSV file with a header line, or a Parquet file.",
        ) from None
    names = [str(name) for name in table if "." in str(name) and not str(name).startswith(OF_INSTRUMENTS)]
    left_out = tuple(str(name) for name in table if str(name) not in names)
    if table.empty or not names:
        expected = "at least one row, and a column named as a parameter, such as power.agenda_access"
        raise CaseError("draws", file, expected, "Give one column per parameter and one row per draw.")
    for name in names:
        _check_column(name, table[name], file)
    return Draws(table[names], file, left_out)


def _check_column(name: str, values: "pd.Series[Any]", file: str) -> None:
    try:
        declaration(name)
        for value in values:
            Parameters().replace({name: value})
    except ParameterError as error:
        raise CaseError(name, file, "draws within the declared ranges", str(error)) from None
