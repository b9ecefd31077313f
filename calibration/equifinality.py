"""Equifinality: settings far apart that fit alike, which no more fitting of the same figures will tell apart."""

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.cloud import log_density
from coprod_abm.calibration.stacked import Figures, Stack

ALIKE = 2.0  # nats below the best draw of a theory that still count as fitting alike, and at least so many draws:
FEWEST = 20


def settings_alike(draws: Stack, figures: Figures, number: int = 5) -> pd.DataFrame:
    """Settings of one theory that fit about as well as its best draw, chosen far apart; one row each.

    ``behind`` is the log likelihood below the best draw, the parameters are in their units, ``apart`` the distance to
    the nearest other row as a share of the distance expected between two draws of the prior.
    """
    known = figures.fitted
    around = draws.common()[np.ix_(known, known)] + np.diag(figures.spread[known] ** 2)
    fits = log_density(figures.values[known] - draws.shown[:, known], around)
    close = np.flatnonzero(fits >= min(fits.max() - ALIKE, np.sort(fits)[-min(FEWEST, len(fits))]))
    spread = draws.shared.std(axis=0)
    places = draws.shared[close] / np.where(spread > 0, spread, 1.0)
    rows = far_apart(places, int(fits[close].argmax()), number)
    usual = np.sqrt(2.0 * (spread > 0).sum())
    table = pd.DataFrame(draws.shared[close][rows], columns=list(draws.names))
    gaps = np.linalg.norm(places[rows][:, None] - places[rows], axis=2) + np.diag(np.full(len(rows), np.inf))
    table.insert(0, "apart", gaps.min(axis=1) / max(usual, 1e-12) if len(rows) > 1 else np.nan)
    table.insert(0, "behind", fits.max() - fits[close][rows])
    table.insert(0, "theory", draws.theories[0])
    return table


def far_apart(places: Array, first: int, number: int) -> list[int]:
    """Rows that lie far from one another, beginning with ``first`` (farthest-point rule).

    >>> far_apart(np.array([[0.0], [1.0], [5.0], [5.1]]), 0, 2)
    [0, 3]
    """
    chosen = [first]
    while len(chosen) < min(number, len(places)):
        gaps = np.linalg.norm(places[:, None] - places[chosen], axis=2).min(axis=1)
        chosen.append(int(gaps.argmax()))
    return chosen
