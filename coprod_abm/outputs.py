"""What a table keeps of each run: a measure or the reading of an instrument, at the end or after a named week."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from coprod_abm.declare import nearest
from coprod_abm.instruments import INSTRUMENTS, Instrument, instrument_key
from coprod_abm.measures import DISTRIBUTION_NAMES, NAMES, MeasureError
from coprod_abm.world import Array

AT = "@"


class Output(NamedTuple):
    """One number of each run: ``name`` is a measure or an instrument, ``week`` None for the end of the run."""

    column: str
    name: str
    week: int | None

    @property
    def through(self) -> Instrument | None:
        """The instrument that shows it; None for a measure."""
        return INSTRUMENTS.get(self.name)


def output(text: str) -> Output:
    """The output that ``need_met``, ``need_met@104`` or ``access_to_care@104`` names.

    Raises:
        MeasureError: when there is no such measure or instrument, or the week is no whole number; says what there is.

    >>> output("need_met@104").week
    104
    """
    name, at, week = str(text).partition(AT)
    if name not in NAMES and name not in INSTRUMENTS:
        raise MeasureError(
            f"{name!r} is not a measure of the model.{nearest(name, (*NAMES, *INSTRUMENTS))} `coprod measures` lists them "
            "all, and `coprod instruments` the survey readings that can be asked for as well."
        )
    if at and not (week.isascii() and week.isdigit()):
        raise MeasureError(f"{text!r} does not name a week. Write the number of weeks after {AT!r}, as in {name}@104.")
    return Output(str(text), name, int(week) if at else None)


def is_output(text: str) -> bool:
    """Whether a column holds an output, and not its SD or a quantile."""
    try:
        output(text)
    except MeasureError:
        return False
    return True


def outputs(columns: Sequence[str]) -> tuple[Output, ...]:
    """The outputs of several columns, in their order."""
    return tuple(output(column) for column in columns)


def check_outputs(columns: Sequence[str], lengths: Sequence[int]) -> None:
    """Refuse a week that a case does not reach.

    Raises:
        MeasureError: naming the output, the week and the longest possible one.
    """
    shortest = min(lengths)
    for one in outputs(columns):
        if one.week is not None and one.week > shortest:
            raise MeasureError(
                f"{one.column} lies after the end: the runs last {shortest} weeks. Ask for a week in [0, {shortest}]."
            )


class Stops(NamedTuple):
    """When a run is looked at: it lasts ``weeks``, is observed after every ``every``, and ``kept`` of these are read."""

    weeks: int
    every: int
    kept: Array

    def places(self, one: Sequence[Output], length: int) -> Array:
        """Where each output stands among the kept stops."""
        return np.searchsorted(self.kept * self.every, [length if out.week is None else out.week for out in one])


def stops_of(wanted: Sequence[Output], length: int) -> Stops:
    """The rarest regular stops that hold every week asked for; a run ends with the last of them."""
    weeks = sorted({length if out.week is None else out.week for out in wanted})
    last = max(weeks[-1], 1)
    every = math.gcd(*weeks) or last
    return Stops(last, every, np.array(weeks, np.int64) // every)


def read_outputs(wanted: Sequence[Output], length: int, seen: Array, people: Array, points: pd.DataFrame) -> Array:
    """The numbers (run, output) from what was seen at the kept stops.

    ``seen`` has shape (run, stop, measure) and is the mean over projects, ``people`` (run, stop, distribution, bin) counts the
    people of all projects; ``points`` has one row per run and may set the instruments' own parameters.
    """
    found = np.empty((len(seen), len(wanted)))
    places = stops_of(wanted, length).places(wanted, length)
    for place, (out, stop) in enumerate(zip(wanted, places, strict=True)):
        through = out.through
        if through is None:
            found[:, place] = seen[:, stop, NAMES.index(out.name)]
        else:
            found[:, place] = through.reading(
                state_of(through, seen[:, stop], people[:, stop]), **own_values(through, points)
            )
    return found


def state_of(through: Instrument, seen: Array, people: Array) -> Array:
    """What an instrument looks at: counts by bin (run, bin) or a measure (run,)."""
    if through.state in DISTRIBUTION_NAMES:
        return people[:, DISTRIBUTION_NAMES.index(through.state)]
    return seen[:, NAMES.index(through.state)]


def own_values(through: Instrument, points: pd.DataFrame) -> dict[str, Array]:
    """The parameters of an instrument that the points set, one value per run."""
    return {
        name: points[instrument_key(through.name, name)].to_numpy()
        for name in through.free
        if instrument_key(through.name, name) in points.columns
    }
