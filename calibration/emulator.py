"""A fast stand-in for one case: for parameters, the mean and the covariance over seeds of what a run shows.

The mean is a quadratic surface plus small networks; each network leaves out another fold of the draws, so that errors
are judged on draws that the network has not seen. The covariance has variances that depend on the parameters and one
matrix of correlations. Draws that no part has seen give the held-out z-scores that every report shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from coprod_abm.calibration.bank import Array, BankError, CaseBank, Estimated, Slot
from coprod_abm.calibration.coordinates import priors_of, ranks_of
from coprod_abm.calibration.emulator_fit import fit_log_variance, fit_network, fit_surface, network, quadratic

MEMBERS = 3
KEPT, JUDGED = (
    0.8,
    0.9,
)  # shares of the draws to train on, and before which variances are put to scale; the rest is held out
FEWEST_DRAWS = 500
CONSTANT = 1e-9  # SD of a reading over the draws, on the scale of comparison, up to which it does not vary
MOST_LOST = 0.2  # largest share of draws that may show nothing in some slot
SILENT = 1e-6  # SD of z-scores below which a reading never errs
FLOOR = 1e-4  # smallest variance, in variances of the slot over the bank


@dataclass(frozen=True)
class Emulator:
    """The stand-in of one case; what is scaled is in SDs of each slot over the bank.

    Attributes:
        case, parameters, priors, slots: as in the bank.
        centre, scale: mean and SD of each slot over the bank (slot,).
        surface: coefficients of the quadratic mean (feature, slot), scaled.
        networks: for each member its layers of (weights, biases), scaled.
        log_variance: coefficients of the log variance over seeds (feature, slot), scaled.
        correlation: over seeds (slot, slot).
        z: z-scores of held-out draws (draw, slot).
    """

    case: str
    parameters: tuple[str, ...]
    priors: tuple[Estimated, ...]
    slots: tuple[Slot, ...]
    centre: Array
    scale: Array
    surface: Array
    networks: tuple[tuple[tuple[Array, Array], ...], ...]
    log_variance: Array
    correlation: Array
    z: Array

    def predict(self, ranks: Array, members: Sequence[int] | None = None) -> tuple[Array, Array, Array]:
        """Mean, SD over seeds and SD between members (draw, slot) on the scale of comparison, at ranks (draw, parameter)."""
        x = 2.0 * ranks - 1.0
        features = quadratic(x)
        each = np.stack([network(self.networks[at], x) for at in members or range(len(self.networks))])
        mean = features @ self.surface + each.mean(axis=0)
        sd = np.exp(0.5 * (features @ self.log_variance))
        apart = each.std(axis=0, ddof=1) if len(each) > 1 else np.zeros_like(mean)
        return self.centre + self.scale * mean, self.scale * sd, self.scale * apart

    def z_of(self, ranks: Array, shown: Array) -> Array:
        """Errors at these draws in SDs that the emulator gives them (draw, slot)."""
        mean, sd, apart = self.predict(ranks)
        return (shown - mean) / np.hypot(sd, apart)

    @property
    def z_sd(self) -> Array:
        """SD of the held-out z-scores of each slot; 1 where the emulator knows its error."""
        return self.z.std(axis=0)

    @property
    def z_within(self) -> Array:
        """Share of the held-out z-scores of each slot within ±2; .954 for normal errors."""
        return (np.abs(self.z) < 2.0).mean(axis=0)


def train(bank: CaseBank, priors: Sequence[Estimated], seed: int = 0, members: int = MEMBERS) -> Emulator:
    """The emulator of one case, from the draws of its bank.

    Raises:
        BankError: when draws are few or many of them show nothing.
    """
    own = priors_of(priors, bank.parameters)
    ranks, shown = usable(bank, own)
    kept, judged, out = split_of(len(ranks), seed)
    centre, scale = shown[kept].mean(axis=0), np.maximum(shown[kept].std(axis=0), CONSTANT)
    x, y = 2.0 * ranks[kept] - 1.0, (shown[kept] - centre) / scale
    features = quadratic(x)
    surface = fit_surface(features, y)
    rest = y - features @ surface
    fold = np.arange(len(x)) % members
    networks = tuple(fit_network(x[fold != at], rest[fold != at], seed + at) for at in range(members))
    errors = np.empty_like(rest)
    for at, one in enumerate(networks):
        errors[fold == at] = rest[fold == at] - network(one, x[fold == at])
    log_variance = fit_log_variance(features, errors, FLOOR)
    z = errors * np.exp(-0.5 * (features @ log_variance))
    varies = shown[kept].std(axis=0) > CONSTANT  # a theory may hold a reading constant: it has no error to put to scale
    correlation = correlation_of(z)
    found = Emulator(
        bank.case,
        bank.parameters,
        own,
        bank.slots,
        centre,
        scale,
        surface,
        networks,
        log_variance,
        correlation,
        np.empty((0, len(centre))),
    )
    to_scale = found.z_of(ranks[judged], shown[judged]).std(axis=0)
    to_scale[~varies] = 1.0
    # one member's errors, on which variances were fitted, are larger than the mean's
    log_variance[0] += 2.0 * np.log(to_scale)
    return replace(found, log_variance=log_variance, z=found.z_of(ranks[out], shown[out]))


def correlation_of(z: Array) -> Array:
    """Correlations of errors between readings (reading, reading); one that never errs goes with no other.

    >>> correlation_of(np.array([[0.0, 1.0], [0.0, -1.0]])).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    sd = z.std(axis=0)
    unit = np.divide(z - z.mean(axis=0), sd, out=np.zeros_like(z), where=sd > SILENT)
    found: Array = unit.T @ unit / len(z)
    np.fill_diagonal(found, 1.0)
    return found


def split_of(count: int, seed: int) -> list[Array]:
    """Numbers of the usable draws to train on, to put variances to scale, and to hold out."""
    order = np.random.default_rng([seed, 2]).permutation(count)
    return np.split(order, [int(count * KEPT), int(count * JUDGED)])


def unseen(bank: CaseBank, seed: int) -> Array:
    """Numbers of the draws that the emulator of this seed has not seen."""
    full = np.flatnonzero(~np.isnan(bank.shown).any(axis=1))
    return full[split_of(len(full), seed)[2]]


def usable(bank: CaseBank, priors: Sequence[Estimated]) -> tuple[Array, Array]:
    """Ranks and readings of the draws that show something in every slot.

    Raises:
        BankError: when they are few.
    """
    full = ~np.isnan(bank.shown).any(axis=1)
    if full.mean() < 1.0 - MOST_LOST:
        dark = [slot for slot, lost in zip(bank.slots, np.isnan(bank.shown).mean(axis=0), strict=True) if lost > 0.05]
        raise BankError(
            f"In {bank.case} {1 - full.mean():.0%} of the draws show nothing in some slot, mostly "
            f"{', '.join(f'{slot.measure} at {slot.wave}' for slot in dark)}. Leave these slots out."
        )
    if full.sum() < FEWEST_DRAWS:
        raise BankError(
            f"The bank of {bank.case} has {full.sum()} usable draws; an emulator needs {FEWEST_DRAWS}. "
            "Let the bank grow."
        )
    return ranks_of(priors, bank.theta[full]), bank.shown[full]
