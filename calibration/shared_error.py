"""What the emulators of all cases get wrong in the same way: it does not average out over cases, and must be said so.

Emulators of one family stumble over the same bends, so that at one point of shared parameters their errors go together.
A hierarchy that takes them for independent grows too sure, the more cases there are. Runs of one point have fresh
seeds in each case, so that whatever their errors have in common is the emulators' and not luck: a few factors of the
errors between cases, found by principal axes with the blocks of each case left to themselves.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from coprod_abm.calibration.bank import Array, Bank
from coprod_abm.calibration.coordinates import ranks_of
from coprod_abm.calibration.emulator import Emulator

TURNS = 30  # of principal axes, each with the last one's share of every case's own block
SHUFFLES = 5  # of draws between cases: how large factors get by chance
OWN_LEFT = 0.1  # least share of a reading's error that is its own, in any direction
FEWEST = 30  # points below which nothing can be said of what cases share


def shared_errors(emulators: Mapping[str, Emulator], bank: Bank, seed: int = 0) -> dict[str, Array]:
    """Loadings of each case's slots on common factors (slot, factor), in the SDs that its emulator claims.

    ``bank`` holds points that no emulator has seen, whose cases differ as the hierarchy believes.
    """
    z = [
        emulators[case].z_of(ranks_of(emulators[case].priors, one.theta), one.shown) for case, one in bank.cases.items()
    ]
    whole = ~np.isnan(np.hstack(z)).any(axis=1)
    parts = [np.clip(one[whole], -6.0, 6.0) for one in z]
    if len(parts) < 2 or whole.sum() < FEWEST:
        return {case: np.zeros((one.shape[1], 0)) for case, one in zip(bank.cases, z, strict=True)}
    found = factors_of(parts, np.random.default_rng([seed, 15]))
    ends = np.cumsum([one.shape[1] for one in parts])[:-1]
    split = zip(bank.cases, np.split(found, ends), strict=True)
    return {case: bounded(one, emulators[case].correlation) for case, one in split}


def factors_of(parts: Sequence[Array], rng: np.random.Generator) -> Array:
    """Loadings (column, factor) on what the columns of several parts (draw, column) have in common."""
    between = between_of(parts)
    chance = max(largest([rng.permutation(one) for one in parts]) for _ in range(SHUFFLES))
    own = between == 0.0
    loadings = np.zeros((len(between), 0))
    for _ in range(TURNS):
        values, axes = np.linalg.eigh(np.where(own, loadings @ loadings.T, between))
        kept = values > chance
        loadings = axes[:, kept] * np.sqrt(values[kept])
    return loadings


def between_of(parts: Sequence[Array]) -> Array:
    """Mean products of the columns of different parts (column, column); nought within a part."""
    whole = np.hstack(parts)
    found = whole.T @ whole / len(whole)
    number = np.repeat(np.arange(len(parts)), [one.shape[1] for one in parts])
    found[number[:, None] == number] = 0.0
    return found


def largest(parts: Sequence[Array]) -> float:
    """The largest eigenvalue of what different parts have in common."""
    return float(np.linalg.eigvalsh(between_of(parts))[-1])


def bounded(loadings: Array, correlation: Array) -> Array:
    """Loadings that leave every direction of a case's errors something of its own."""
    if not loadings.any():
        return loadings
    root = np.linalg.cholesky(correlation + 1e-9 * np.eye(len(correlation)))
    share = np.linalg.norm(np.linalg.solve(root, loadings), 2) ** 2
    return loadings * np.sqrt(min(1.0, (1.0 - OWN_LEFT) / share))
