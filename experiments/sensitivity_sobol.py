"""Sobol indices of one output by SALib: of a whole sample, and their intervals from independent scrambles."""

from collections.abc import Callable

import numpy as np
from scipy import stats

from coprod_abm.experiments.sensitivity_sample import Array, Sampling, problem_of, scramble_of

LEVEL = 0.95
RESAMPLES = 100
LEAST_EFFECT = 0.05  # share of the variance that parameters must hold for indices without noise to be worth naming
Estimate = dict[str, Array]


def sobol_estimates(sampling: Sampling, n: int, means: Array, noise: Array | None) -> tuple[Estimate, Estimate]:
    """``S1``, ``ST`` and ``S2`` as SALib finds them, two without noise, and half the width of their intervals.

    With several scrambles the intervals are t intervals: a jackknife leaves one scramble out at a time. With one they are
    SALib's bootstrap, which takes the points of an even sequence for independent ones and is far too wide where the output
    is smooth.
    """
    base = means.reshape(n, sampling.step)
    spare = None if noise is None else noise.reshape(n, sampling.step)
    if sampling.scrambles == 1:
        return denoised(sampling, base, spare, *salib_estimate(sampling, base, RESAMPLES))

    def estimate(rows: Array) -> Estimate:
        part = None if spare is None else spare[rows]
        return denoised(sampling, base[rows], part, *salib_estimate(sampling, base[rows], 2))[0]

    return estimate(np.ones(n, bool)), jackknife(estimate, scramble_of(sampling, n))


def salib_estimate(sampling: Sampling, base: Array, resamples: int) -> tuple[Estimate, Estimate]:
    """What ``SALib.analyze.sobol.analyze`` gives, pairs as one row after the other, and the half widths of its bootstrap."""
    from SALib.analyze import sobol

    found = sobol.analyze(
        problem_of(sampling),
        base.reshape(-1),
        calc_second_order=sampling.interactions,
        num_resamples=resamples,
        conf_level=LEVEL,
        seed=sampling.seed + 1,  # SALib takes 0 for none
    )
    above = np.triu_indices(len(sampling.factors), 1)
    names = ("S1", "ST", "S2") if sampling.interactions else ("S1", "ST")
    kept = [{name: found[f"{name}{end}"] for name in names} for end in ("", "_conf")]
    if sampling.interactions:
        kept = [each | {"S2": each["S2"][above]} for each in kept]
    return kept[0], kept[1]


def denoised(
    sampling: Sampling, base: Array, spare: Array | None, found: Estimate, halves: Estimate
) -> tuple[Estimate, Estimate]:
    """With the indices of the expected output as well: the noise of the means adds to every total effect and to the variance.

    Nothing is added where the noise is unknown, or leaves too little variance to divide by.
    """
    if spare is None:
        return found, halves
    count = len(sampling.factors)
    whole = base[:, [0, -1]].var()
    real = whole - spare[:, [0, -1]].mean()
    if real <= LEAST_EFFECT * whole:
        return found, halves
    between = 0.5 * (spare[:, 0].mean() + spare[:, 1 : count + 1].mean(axis=0))
    scale = whole / real
    more = {"S1_denoised": found["S1"] * scale, "ST_denoised": found["ST"] * scale - between / real}
    return found | more, halves | {f"{name}_denoised": halves[name] * scale for name in ("S1", "ST")}


def jackknife(estimate: Callable[[Array], Estimate], parts: Array) -> Estimate:
    """Half the width of t intervals from independent parts of a sample, leaving one out at a time.

    Estimates that need not exist in every part have no interval where they do not.
    """
    count = int(parts.max()) + 1
    without = [estimate(parts != part) for part in range(count)]
    quantile = float(stats.t.ppf(0.5 + LEVEL / 2, count - 1))
    names = [name for name in without[0] if all(name in each for each in without)]
    return {name: quantile * spread([each[name] for each in without]) for name in names}


def spread(without: list[Array]) -> Array:
    """The jackknife's standard error."""
    count = len(without)
    found: Array = np.sqrt((count - 1) * np.var(without, axis=0))
    return found
