"""Draws of all cases together in seconds instead of minutes, for trials with many data sets.

The same model as `hierarchy.py` samples. The peak is sought from a good start, its curvature makes the posterior about
round, and one chain of Hamiltonian Monte Carlo walks there (Neal 2011, arXiv 1206.1901) without the long warming up by
which NUTS learns these things. Reports rest on NUTS; only the trials that judge it rest on this.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.optimize import minimize

from coprod_abm.calibration.bank import Array

WARM, KEPT = 60, 240  # steps
LEAPS = (4, 12)  # bounds of the leaps of a step
ACCEPTED = 0.8
LOST = 50.0  # fall of the log density that no walk comes back from
FLATTEST = 0.3  # least curvature; scores have that of their prior, 1
NEAR = 1e-3  # for differences of slopes
STEPS_TO_PEAK = 200

Density = Callable[[Array], tuple[float, Array]]


def quick_draws(
    model: Any, start: Mapping[str, Any], seed: int, warm: int = WARM, kept: int = KEPT
) -> dict[str, Array]:
    """Draws (sample, …) of scores `shared`, `country`, `own` and of `discrepancy` where there is one."""
    density, first, named = compiled(model, start)
    peak = minimize(
        lambda at: _less(density, at), first, jac=True, method="L-BFGS-B", options={"maxiter": STEPS_TO_PEAK}
    ).x
    drawn = walked(density, peak, root_of(density, peak), np.random.default_rng([seed, 16]), warm, kept)
    return named(drawn)


def every_drawn(drawn: Mapping[str, Array]) -> Array:
    """The vector of all scores (sample, score)."""
    samples = len(drawn["shared"])
    return np.concatenate([drawn[name].reshape(samples, -1) for name in ("shared", "country", "own")], axis=1)


def compiled(model: Any, start: Mapping[str, Any]) -> tuple[Density, Array, Callable[[Array], dict[str, Array]]]:
    """The log density of a PyMC model with its slope, the start as a vector, and the way from vectors to what they name."""
    from pymc.blocking import DictToArrayBijection, RaveledVars
    from pymc.initial_point import make_initial_point_fn

    points = make_initial_point_fn(model=model, overrides=start, jitter_rvs=set(), return_transformed=True)(0)
    first = DictToArrayBijection.map({one.name: points[one.name] for one in model.value_vars})
    function = model.logp_dlogp_function(ravel_inputs=True, mode="FAST_COMPILE")
    function.set_extra_values({})
    names = [name for name in ("shared", "country", "own", "discrepancy") if name in model.named_vars]
    values = model.compile_fn(
        model.replace_rvs_by_values([model[name] for name in names]), inputs=model.value_vars, mode="FAST_COMPILE"
    )

    def named(drawn: Array) -> dict[str, Array]:
        rows = [values(DictToArrayBijection.rmap(RaveledVars(one, first.point_map_info))) for one in drawn]
        return {name: np.array([row[at] for row in rows]) for at, name in enumerate(names)}

    return lambda at: _plain(function, at), np.asarray(first.data, float), named


def _plain(function: Any, at: Array) -> tuple[float, Array]:
    """Value and slope; nothing is likely where numbers overflow."""
    try:
        value, slope = function(at)
    except np.linalg.LinAlgError:
        return -np.inf, np.zeros_like(at)
    return float(value), np.asarray(slope)


def _less(density: Density, at: Array) -> tuple[float, Array]:
    value, slope = density(at)
    return -value, -slope


def root_of(density: Density, peak: Array) -> Array:
    """A root of the covariance that the curvature at the peak tells (score, score)."""
    ways = NEAR * np.eye(len(peak))
    curvature = np.array([(density(peak - way)[1] - density(peak + way)[1]) / (2.0 * NEAR) for way in ways])
    values, axes = np.linalg.eigh(0.5 * (curvature + curvature.T))
    return axes / np.sqrt(np.maximum(values, FLATTEST))


def walked(density: Density, peak: Array, root: Array, rng: np.random.Generator, warm: int, kept: int) -> Array:
    """A Hamiltonian walk from a peak (sample, score); the length of a leap is learned while it warms up."""
    place = peak + root @ (0.3 * rng.standard_normal(len(peak)))
    value, slope = density(place)
    length, found = 0.6 * len(peak) ** -0.25, []
    for step in range(warm + kept):
        leap = length * rng.uniform(0.8, 1.2)
        speed = rng.standard_normal(len(peak))
        energy, there, pull = value - 0.5 * speed @ speed, place, slope
        for _ in range(rng.integers(LEAPS[0], LEAPS[1] + 1)):
            half = speed + 0.5 * leap * (root.T @ pull)
            there = there + leap * (root @ half)
            reached, pull = density(there)
            speed = half + 0.5 * leap * (root.T @ pull)
            if not reached - 0.5 * speed @ speed > energy - LOST:
                break
        gain = float(reached - 0.5 * speed @ speed - energy)
        chance = float(np.exp(min(0.0, gain)))
        if rng.random() < chance:
            place, value, slope = there, reached, pull
        if step < warm:
            length *= np.exp((chance - ACCEPTED) / np.sqrt(step + 1.0))
        else:
            found.append(place)
    return np.array(found)
