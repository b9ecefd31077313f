"""The methods: SALib's own analyses of one output, with 95 % intervals; nothing is estimated here that SALib estimates."""

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from coprod_abm.experiments.sensitivity_error import SensitivityError
from coprod_abm.experiments.sensitivity_sample import LEVELS, Array, Sampling, hdmr_order, problem_of
from coprod_abm.experiments.sensitivity_sobol import LEVEL, RESAMPLES, jackknife, sobol_estimates

DELTA_RESAMPLES = 20  # each costs a density for every parameter and slice
HDMR_RESAMPLES = 10
PAWN_PARTS = 10
SLICES = 10
NONE = float("nan")
log = logging.getLogger("coprod_abm.sensitivity")


@dataclass(frozen=True)
class Index:
    """One index of a parameter or group, named as SALib does, with its 95 % interval (NaN where there is none)."""

    index: str
    parameter: str
    value: float
    low: float
    high: float


class Pair(NamedTuple):
    """The index of an interaction of two parameters or groups."""

    first: str
    second: str
    value: float
    low: float
    high: float


class Found(NamedTuple):
    """What an analysis of one output found."""

    indices: list[Index]
    pairs: list[Pair]


def analysed(sampling: Sampling, n: int, sample: Array, means: Array, noise: Array | None = None) -> Found:
    """The indices of one output.

    ``sample`` are the points as SALib made them, ``means`` the output at each, and ``noise`` the variance of each mean that
    comes from replicates; where it is known, Sobol indices without noise stand beside SALib's.

    Raises:
        SensitivityError: when SALib finds no number.
    """
    values = np.array(means, float)
    work: dict[str, Callable[[], Found]] = {
        "sobol": lambda: sobol_found(sampling, n, values, noise),
        "morris": lambda: morris_found(sampling, n, sample, values),
        "rbd_fast": lambda: rbd_fast_found(sampling, sample, values),
        "delta": lambda: delta_found(sampling, sample, values),
        "pawn": lambda: pawn_found(sampling, sample, values),
        "hdmr": lambda: hdmr_found(sampling, sample, values),
    }
    with own_state():
        found = work[sampling.method]()
    for each in found.indices:
        if not np.isfinite(each.value):
            raise SensitivityError(
                f"SALib found no {each.index} of {each.parameter} with method={sampling.method}. Take a larger n, or another "
                "method."
            )
    return found


@contextmanager
def own_state() -> Iterator[None]:
    """Undo what SALib changes for everybody, numpy's random numbers and how warnings look; its warnings go into the log."""
    state, form = np.random.get_state(), warnings.formatwarning  # noqa: NPY002 - it is SALib's that are put back
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        finally:
            np.random.set_state(state)  # noqa: NPY002
            warnings.formatwarning = form
    for text in dict.fromkeys(str(each.message) for each in caught):
        log.info("SALib: %s", text)


def with_halves(index: str, names: Sequence[Any], values: Any, halves: Any) -> list[Index]:
    """Indices of several parameters with symmetric intervals."""
    return [
        Index(index, str(name), float(value), float(value - half), float(value + half))
        for name, value, half in zip(names, values, halves, strict=True)
    ]


# ---- each method ----


def sobol_found(sampling: Sampling, n: int, means: Array, noise: Array | None) -> Found:
    """``S1``, ``ST``, without noise ``S1_denoised`` and ``ST_denoised``, and ``S2`` of pairs."""
    values, halves = sobol_estimates(sampling, n, means, noise)
    names = sampling.factors
    unknown = np.full(len(names), np.nan)
    indices = [
        each
        for label in values
        if label != "S2"
        for each in with_halves(label, names, values[label], halves.get(label, unknown))
    ]
    pairs = []
    if sampling.interactions:
        for (first, second), value, half in zip(combinations(names, 2), values["S2"], halves["S2"], strict=True):
            pairs.append(Pair(first, second, float(value), float(value - half), float(value + half)))
    return Found(indices, pairs)


def morris_found(sampling: Sampling, n: int, sample: Array, means: Array) -> Found:
    """``mu_star``, and of single parameters ``mu`` with a t interval over trajectories and ``sigma``.

    Effects are per width of a parameter's range. In a group steps up and down stand side by side, so that a mean effect
    means nothing and SALib gives no sigma.
    """
    from SALib.analyze import morris

    found = morris.analyze(
        problem_of(sampling),
        sample,
        means,
        num_resamples=RESAMPLES,
        conf_level=LEVEL,
        num_levels=LEVELS,
        seed=sampling.seed + 1,
    )
    names = [str(name) for name in found["names"]]
    indices = with_halves("mu_star", names, found["mu_star"], found["mu_star_conf"])
    quantile = float(stats.t.ppf(0.5 + LEVEL / 2, n - 1)) / np.sqrt(n)
    for name, mean, sigma in zip(names, found["mu"], found["sigma"], strict=True):
        if np.isfinite(sigma):
            indices += with_halves("mu", [name], [mean], [quantile * sigma])
            indices.append(Index("sigma", name, float(sigma), NONE, NONE))
    return Found(indices, [])


def rbd_fast_found(sampling: Sampling, sample: Array, means: Array) -> Found:
    """``S1`` with SALib's bootstrap, which draws half of the points and is therefore wide."""
    from SALib.analyze import rbd_fast

    found = rbd_fast.analyze(
        problem_of(sampling), sample, means, num_resamples=RESAMPLES, conf_level=LEVEL, seed=sampling.seed + 1
    )
    return Found(with_halves("S1", found["names"], found["S1"], found["S1_conf"]), [])


def delta_found(sampling: Sampling, sample: Array, means: Array) -> Found:
    """``delta`` (SALib's ``delta_raw``, free of the bias of small samples) and ``S1``, with SALib's bootstrap.

    Raises:
        SensitivityError: with SALib's note on what it left out.
    """
    from SALib.analyze import delta

    found = delta.analyze(
        problem_of(sampling),
        sample,
        means,
        num_resamples=DELTA_RESAMPLES,
        conf_level=LEVEL,
        seed=sampling.seed + 1,
    )
    own = "delta_raw" if "delta_raw" in found else "delta"
    if np.isnan([*found[own], *found["S1"]]).any():
        place = int(np.argmax(np.isnan(found[own]) | np.isnan(found["S1"])))
        notes = list(found.get("notes", []))
        raise SensitivityError(
            f"SALib found no delta of {found['names'][place]}: {notes[place] if place < len(notes) else 'it says no more'}. "
            "Take a larger n."
        )
    indices = with_halves("delta", found["names"], found[own], found[f"{own}_conf"])
    return Found([*indices, *with_halves("S1", found["names"], found["S1"], found["S1_conf"])], [])


def pawn_found(sampling: Sampling, sample: Array, means: Array) -> Found:
    """``pawn_median`` and ``pawn_maximum`` over slices; SALib has no intervals, so that these are a jackknife over tenths."""
    from SALib.analyze import pawn

    names = list(sampling.space["names"])

    def estimate(rows: Array) -> dict[str, Array]:
        found = pawn.analyze(problem_of(sampling), sample[rows], means[rows], S=SLICES)
        return {f"pawn_{name}": np.asarray(found[name]) for name in ("median", "maximum")}

    whole = estimate(np.ones(len(means), bool))
    halves = jackknife(estimate, np.arange(len(means)) % PAWN_PARTS)
    return Found([each for name in whole for each in with_halves(name, names, whole[name], halves[name])], [])


def hdmr_found(sampling: Sampling, sample: Array, means: Array) -> Found:
    """``S1``, ``ST`` and ``S2`` of a fit by SALib's ``enhanced_hdmr``, the successor of the ``hdmr`` that SALib retires.

    Raises:
        SensitivityError: when SALib's fit does not converge.
    """
    from SALib.analyze import enhanced_hdmr

    count = len(sampling.factors)
    try:
        found = enhanced_hdmr.analyze(
            problem_of(sampling),
            sample,
            means,
            max_order=2,  # SALib 1.6 fails on order 1
            poly_order=hdmr_order(count, len(means)),
            bootstrap=HDMR_RESAMPLES,
            seed=sampling.seed + 1,
        )
    except np.linalg.LinAlgError as error:
        raise SensitivityError(
            f"method=hdmr: SALib's fit does not converge ({error}). Take a larger n, free fewer parameters, or take another "
            "method."
        ) from None
    names = list(sampling.space["names"])
    indices = with_halves("S1", names, found["S"][:count], found["S_conf"][:count])
    indices += with_halves("ST", names, found["ST"][:count], found["ST_conf"][:count])
    above = slice(count, count + count * (count - 1) // 2)
    pairs = [
        Pair(first, second, float(value), float(value - half), float(value + half))
        for (first, second), value, half in zip(
            combinations(names, 2), found["S"][above], found["S_conf"][above], strict=True
        )
    ]
    return Found(indices, pairs if sampling.interactions else [])
