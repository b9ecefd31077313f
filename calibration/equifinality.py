"""Equifinality: settings far apart that fit alike, which no more fitting of the same figures will tell apart."""

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.beliefs import moved_parameters
from coprod_abm.calibration.cloud import cloud_of, log_density, moved
from coprod_abm.calibration.stacked import Figures, Stack

DRAWS = 1_000


def settings_alike(draws: Stack, figures: Figures, seed: int, number: int = 5) -> pd.DataFrame:
    """Settings of one theory after the figures that fit at least as well as the typical one, chosen far apart; one row each.

    ``ahead`` is the log likelihood beyond that of the middle draw, ``apart`` the distance to the nearest other row as a
    share of the distance expected between two draws of the prior; the parameters are in their units, and kept within
    the prior.
    """
    known = figures.fitted
    cloud = cloud_of(draws, figures)
    taken, shown = moved(draws, cloud, figures, DRAWS, np.random.default_rng(seed))
    around = draws.common()[np.ix_(known, known)] + np.diag(figures.spread[known] ** 2)
    fits = log_density(figures.values[known] - shown[:, known], around)
    settings = draws.shared[taken] + moved_parameters(draws, taken, shown, cloud.weights)
    settings = np.clip(settings, draws.shared.min(axis=0), draws.shared.max(axis=0))
    close = np.flatnonzero(fits >= np.median(fits))
    spread = draws.shared.std(axis=0)
    places = settings[close] / np.where(spread > 0, spread, 1.0)
    rows = far_apart(places, int(fits[close].argmax()), number)
    usual = np.sqrt(2.0 * (spread > 0).sum())
    gaps = np.linalg.norm(places[rows][:, None] - places[rows], axis=2) + np.diag(np.full(len(rows), np.inf))
    table = pd.DataFrame(settings[close][rows], columns=list(draws.names))
    table.insert(0, "apart", gaps.min(axis=1) / max(usual, 1e-12) if len(rows) > 1 else np.nan)
    table.insert(0, "ahead", fits[close][rows] - np.median(fits))
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
