"""The course of every published measure as a theory sees it: fitted to the earlier waves, and predicting what is held out."""

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.cloud import cloud_of
from coprod_abm.calibration.forecasts import ERRORS, mixed
from coprod_abm.calibration.stacked import Figures, Stack

LOW, HIGH = 0.05, 0.95  # ends of a 90 % interval


def course_of(draws: Stack, figures: Figures, late: Array) -> pd.DataFrame:
    """What the theory of these draws expects of each published figure, one row each, on the scale of comparison.

    ``late`` (mask) is held out with what was held out before. ``low``, ``middle`` and ``high`` are of a survey as large
    as the published one: of a fitted figure a fresh one, of a held-out figure that of the same course.
    """
    asked = figures.holding_out(late)
    columns = np.flatnonzero(~np.isnan(figures.values))
    made = mixed([cloud_of(draws, asked, error) for error in ERRORS], asked, columns)
    low, middle, high = (made.quantile(share) for share in (LOW, 0.5, HIGH))
    return pd.DataFrame(
        {
            "theory": draws.theories[0],
            "case": draws.cases[columns],
            "measure": draws.measures[columns],
            "wave": draws.waves[columns],
            "week": draws.weeks[columns],
            "published": figures.values[columns],
            "held_out": asked.held_out[columns],
            "low": low,
            "middle": middle,
            "high": high,
        }
    )
