"""What a picture shows, as plain numbers: bands of both scenarios, of their paired difference, and every outcome at the end."""

from typing import Any

import numpy as np

from coprod_abm.experiments.scenario_effects import compared
from coprod_abm.experiments.workshop.choices import OUTCOMES, SEATS_VOICE_INFLUENCE
from coprod_abm.world import Array

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
DECIMALS = 5


def picture(weeks: Array, a: Array, b: Array, outcome: str) -> dict[str, Any]:
    """Bands over time of one outcome and of the shares of seats, talk and decisions; all outcomes at the end.

    ``a`` and ``b`` have shape (replicate, stop, outcome); replicate r of both had the same draws.
    """
    place = OUTCOMES.index(outcome)
    return {
        "n": len(a),
        "weeks": weeks.tolist(),
        "outcome": outcome,
        "a": bands(a[:, :, place]),
        "b": bands(b[:, :, place]),
        "difference": bands(difference(a[:, :, place], b[:, :, place])),
        "shares": {
            name: {arm: bands(values[:, :, OUTCOMES.index(name)]) for arm, values in (("a", a), ("b", b))}
            for name in SEATS_VOICE_INFLUENCE
        },
        "end": {name: at_the_end(name, a[:, -1, place], b[:, -1, place]) for place, name in enumerate(OUTCOMES)},
    }


def difference(a: Array, b: Array) -> Array:
    """What the second scenario has more than the first, run by run; what is no difference but rounding is none."""
    gap = b - a
    return np.where(np.abs(gap) > 1e-9, gap, np.where(np.isnan(gap), np.nan, 0.0))


def bands(values: Array) -> list[list[float | None]]:
    """Quantiles ``SHARES`` (quantile, stop) over replicates (replicate, stop); runs without a value are left out.

    >>> bands(np.array([[1.0, np.nan], [3.0, np.nan], [2.0, 4.0]]))[2]
    [2.0, 4.0]
    """
    if not len(values):
        return [[None] * values.shape[1] for _ in SHARES]
    ordered = np.sort(values, axis=0)  # what is not a number comes last
    count = np.isfinite(values).sum(axis=0)
    where = np.array(SHARES)[:, None] * np.maximum(count - 1, 0)
    low = np.floor(where).astype(int)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    column = np.arange(values.shape[1])
    found = ordered[low, column] + (where - low) * (ordered[high, column] - ordered[low, column])
    return [plain(row) for row in found]


def at_the_end(name: str, a: Array, b: Array) -> dict[str, Any]:
    """One outcome at the end: both middle futures with their bands, the paired difference, and the verdict on it."""
    _, _, mean, low, high, better, worse, pairs, verdict = compared(name, a, b)
    return {
        "a": [row[0] for row in bands(a[:, None])],
        "b": [row[0] for row in bands(b[:, None])],
        "difference": [row[0] for row in bands(difference(a, b)[:, None])],
        "mean": plain(np.array([mean, low, high])),
        "better": number(better),
        "worse": number(worse),
        "pairs": pairs,
        "verdict": verdict,
    }


def plain(row: Array) -> list[float | None]:
    """Numbers as JSON has them; None for what is not a number."""
    return [number(value) for value in row.tolist()]


def number(value: float) -> float | None:
    """A number rounded for the page."""
    return round(value, DECIMALS) if np.isfinite(value) else None
