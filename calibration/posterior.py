"""What the data of one case say about its parameters: one question, three engines that fail in different ways."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from coprod_abm.calibration.bank import Array, Bank, BankError, Estimated, Observed, check_seeds
from coprod_abm.calibration.coordinates import ranks_of, theta_of
from coprod_abm.calibration.emulator import Emulator
from coprod_abm.calibration.emulator_store import trained
from coprod_abm.calibration.likelihood import Errors, Likelihood
from coprod_abm.calibration.tempering import PARTICLES, temper

ENGINES = ("emulated", "rejection", "forest")
USUAL_ERRORS = Errors()


@dataclass(frozen=True)
class Posterior:
    """Draws of the parameters of one case, all equally likely.

    Attributes:
        case, engine: what was asked.
        parameters, priors: the columns of the draws.
        draws: parameter values in natural units (sample, parameter).
        discrepancy: SD of the model's error (sample, measure) for each of ``measures``; nothing if the engine has none.
        measures: the columns of ``discrepancy``.
        scores: what the emulated likelihood reads (sample, dimension); nothing for the other engines.
        diagnostics: figures that tell whether to trust the draws.
    """

    case: str
    engine: str
    parameters: tuple[str, ...]
    priors: tuple[Estimated, ...]
    draws: Array
    discrepancy: Array = field(default_factory=lambda: np.empty((0, 0)))
    measures: tuple[str, ...] = ()
    scores: Array = field(default_factory=lambda: np.empty((0, 0)))
    diagnostics: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def ranks(self) -> Array:
        """The draws as ranks under the prior (sample, parameter)."""
        return ranks_of(self.priors, self.draws)


def posterior_of(
    bank: Bank,
    observed: Observed,
    engine: str = "emulated",
    seed: int = 0,
    errors: Errors = USUAL_ERRORS,
    emulator: Emulator | None = None,
    folder: Path | None = None,
) -> Posterior:
    """The posterior of the parameters of one case; a trained emulator, or a folder that keeps them, saves the training.

    Raises:
        BankError: for an unknown engine, a bank with few seeds or too few draws, or a case without fitted slots.
    """
    check_seeds(bank)
    if engine == "emulated":
        ready = emulator or trained(bank, observed.case, seed, folder)
        return emulated(ready, observed, errors, seed)
    if engine == "rejection":
        from coprod_abm.calibration.rejection import rejected

        return rejected(bank, observed, errors, seed)
    if engine == "forest":
        from coprod_abm.calibration.forest import grown

        return grown(bank, observed, errors, seed)
    raise BankError(f"There is no engine {engine!r}. Choose from {', '.join(ENGINES)}.")


def emulated(
    emulator: Emulator, observed: Observed, errors: Errors = USUAL_ERRORS, seed: int = 0, particles: int = PARTICLES
) -> Posterior:
    """The posterior by the emulated likelihood."""
    likelihood = Likelihood(emulator, observed, errors)
    found = temper(likelihood, likelihood.dimensions, np.random.default_rng([seed, 3]), particles)
    ranks, wrong = likelihood.parts(found.scores)
    told = {
        "log_evidence": found.log_evidence,
        "islands_apart": found.apart,
        "acceptance": found.acceptance,
        "different_draws": found.different,
        "forgotten": found.forgotten,
        "emulator_z_sd": emulator.z_sd,
        "emulator_z_within_2": emulator.z_within,
    }
    draws = theta_of(emulator.priors, ranks)
    return Posterior(
        observed.case,
        "emulated",
        emulator.parameters,
        emulator.priors,
        draws,
        wrong,
        likelihood.measures,
        found.scores,
        MappingProxyType(told),
    )
