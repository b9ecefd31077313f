"""Factor fixing: which parameters have too small a total effect to matter, and what of the variance is kept without them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.experiments.sensitivity_noise import RESAMPLES
from coprod_abm.experiments.sensitivity_sample import Array
from coprod_abm.experiments.sensitivity_study import Outcome
from coprod_abm.problem import DUMMY
from coprod_abm.store import BESIDE

FIXING = BESIDE[1]
COLUMNS = ("case", "week", "measure", "fixed", "threshold", "variance_kept", "low", "high", "runs", "explained")


def small(indices: pd.DataFrame, threshold: float) -> list[str]:
    """Parameters or groups of which the total effect is below a threshold in every output, without noise where it is known.

    An output that is nearly all noise has only the total effect with noise, so that nothing is called small by leaving it out.
    """
    chosen = indices[indices["index"].isin(["ST", "ST_denoised"]) & (indices["parameter"] != DUMMY)]
    ordered = chosen.sort_values("index", kind="stable")  # the denoised one last, where there is one
    own = ordered.drop_duplicates(["case", "week", "measure", "parameter"], keep="last")
    largest = own.groupby("parameter", sort=False)["value"].max()
    return [str(each) for each in largest.index[largest < threshold]]


def reduced(space: Mapping[str, Any], points: pd.DataFrame, fixed: Sequence[str]) -> pd.DataFrame:
    """The points without the columns of fixed parameters or groups, which keep their usual values."""
    labels = space.get("groups", space["names"])
    gone = [key for key, label in zip(space["names"], labels, strict=True) if label in fixed]
    return points.drop(columns=gone)


def fixing_of(
    before: Sequence[Outcome], again: Sequence[Outcome], fixed: Sequence[str], threshold: float, seed: int
) -> pd.DataFrame:
    """One row per output: the variance of the second run over that of the first, both without noise, with a 95 % interval.

    ``explained`` is the share of the first run's variance that the second follows point by point; a ratio near 1 with a low
    share means that fixing put other variance in the place of what it took.
    """
    rows = []
    for first, second in zip(before, again, strict=True):
        kept, low, high, explained = compared(first, second, seed)
        rows.append(
            {
                **{key: first.facts[key] for key in ("case", "week", "measure")},
                "fixed": ";".join(fixed),
                "threshold": threshold,
                "variance_kept": kept,
                "low": low,
                "high": high,
                "runs": len(second.means) * second.replicates,
                "explained": explained,
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def compared(first: Outcome, second: Outcome, seed: int) -> tuple[float, float, float, float]:
    """Variance kept with its interval from resampled points, and the share explained."""
    lots = np.random.default_rng(seed).integers(len(first.means), size=(RESAMPLES, len(first.means)))
    own, other = real_variance(first, lots), real_variance(second, lots)
    everything = np.arange(len(first.means))[None, :]
    whole, left = real_variance(first, everything)[0], real_variance(second, everything)[0]
    together = np.cov(first.means, second.means, ddof=0)[0, 1]
    ratios = np.divide(other, own, out=np.full_like(own, np.nan), where=own > 0.0)
    low, high = np.nanquantile(ratios, [0.025, 0.975]) if np.isfinite(ratios).any() else (np.nan, np.nan)
    kept = left / whole if whole > 0.0 else np.nan
    explained = together**2 / (whole * left) if whole > 0.0 and left > 0.0 else np.nan
    return float(kept), float(low), float(high), float(min(explained, 1.0))


def real_variance(outcome: Outcome, lots: Array) -> Array:
    """The variance of expected outputs over points, shape (resamples,): that of means less what replicates add."""
    noise: Any = 0.0
    if outcome.replicates > 1:
        squares = np.square(outcome.deviations)
        noise = np.nanmean(squares[lots], axis=1) / outcome.replicates
    found: Array = np.maximum(outcome.means[lots].var(axis=1) - noise, 0.0)
    return found
