"""Scores as the sampler leaves them, by chain and draw, as plain tables of samples."""

from typing import Any

import numpy as np
import xarray as xr

from coprod_abm.calibration.bank import Array


def flat(drawn: xr.DataArray) -> Array:
    """Draws of all chains after one another (sample, …)."""
    return drawn.values.reshape(-1, *drawn.shape[2:])


def every_score(drawn: Any) -> Array:
    """The vector of all scores (sample, score) out of drawn scores, chains after one another; some kinds may be empty."""
    samples = drawn.sizes["chain"] * drawn.sizes["draw"]
    parts = [drawn[name].values for name in ("shared", "country", "own")]
    return np.concatenate([one.reshape(samples, one.size // samples) for one in parts], axis=1)
