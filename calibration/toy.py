"""A small model with known truth, on which engines of inference are measured: eight parameters, nine cases, four waves.

People meet a service, and each encounter, good or bad, moves their trust, their efficacy and their stress. Rival
theories say what makes them come again. Readings are the means of the three and the SDs of the first two, on the
scale of comparison. A run takes about a fifth of a millisecond, so the toy fills a bank in seconds; it is no model of
co-production.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from coprod_abm.calibration.bank import Array, Bank, CaseBank, Estimated, Slot
from coprod_abm.calibration.toy_run import run_people

PRIORS = (
    Estimated("toy.gain", "shared", 0.02, 0.30, meaning="trust won by a good encounter"),
    Estimated("toy.loss", "shared", 0.3, 4.0, meaning="trust lost by a bad encounter, in gains"),
    Estimated("toy.growth", "shared", 0.02, 0.30, meaning="efficacy won by a good encounter"),
    Estimated("toy.benefit", "shared", -2.0, 1.5, meaning="log odds of coming, benefit less cost"),
    Estimated("toy.recovery", "shared", 0.05, 0.50, meaning="stress that goes in a step"),
    Estimated("toy.decay", "shared", 0.0, 0.12, meaning="return of trust and efficacy to where they began"),
    Estimated("toy.quality", "case", 0.25, 0.85, meaning="chance that an encounter is good"),
    Estimated("toy.load", "case", 0.05, 0.60, meaning="stress that an encounter brings"),
)
DUMMY = Estimated("toy.dummy", "shared", 0.0, 1.0, meaning="does nothing")
PAIR = (
    Estimated("toy.pair_a", "shared", -1.0, 1.0, meaning="benefit; only pair_a - pair_c matters"),
    Estimated("toy.pair_c", "shared", -1.0, 1.0, meaning="cost; only pair_a - pair_c matters"),
)
CONTEXT = MappingProxyType(  # trust, efficacy and stress at the start
    {
        "SE-A": (0.50, 0.50, 0.20),
        "SE-B": (0.65, 0.40, 0.30),
        "SE-C": (0.35, 0.55, 0.10),
        "SE-D": (0.55, 0.35, 0.40),
        "SE-E": (0.45, 0.60, 0.25),
        "SE-F": (0.60, 0.50, 0.15),
        "SE-G": (0.40, 0.40, 0.35),
        "EN-A": (0.50, 0.45, 0.30),
        "EN-B": (0.70, 0.55, 0.20),
    }
)
CASES = tuple(CONTEXT)
THEORIES = MappingProxyType({"relational": 0, "empowerment": 1, "resource": 2, "outsider": 3})
MEASURES = ("trust", "trust.sd", "efficacy", "efficacy.sd", "stress")
WAVES = (6, 12, 18, 24)
WEEKS_PER_STEP = 13
SLOTS = tuple(Slot(measure, f"wave {step}", step * WEEKS_PER_STEP) for step in WAVES for measure in MEASURES)
SPREAD = 0.025  # about 1,000 respondents
COARSEST_SD = 0.01  # added to an SD before its logarithm is taken


@dataclass(frozen=True)
class Toy:
    """A toy with its parameters: the eight, or with a dummy, and a pair of which only the difference matters."""

    priors: tuple[Estimated, ...] = PRIORS

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of theta."""
        return tuple(one.name for one in self.priors)

    def plain(self, theta: Array) -> Array:
        """The eight columns that the model runs on (draw, 8)."""
        found = dict(zip(self.names, theta.T, strict=True))
        if "toy.benefit" not in found:
            found["toy.benefit"] = found["toy.pair_a"] - found["toy.pair_c"] - 0.25
        return np.column_stack([found[one.name] for one in PRIORS])

    def shown(self, theta: Array, case: str, theory: Array, seeds: Array) -> Array:
        """What runs show without error of observation (draw, slot); same theta, case and seed give the same bits."""
        codes = np.array([THEORIES[name] for name in theory], np.int64)
        raw = run_people(
            np.ascontiguousarray(self.plain(theta)), np.array(CONTEXT[case]), codes, seeds, np.array(WAVES)
        )
        means = raw[:, :, ::2]
        compared = np.empty_like(raw)
        compared[:, :, ::2] = np.log(means / (1.0 - means))
        compared[:, :, 1::2] = np.log(raw[:, :, 1::2] + COARSEST_SD)
        return compared.reshape(len(theta), -1)


USUAL = Toy()
WITH_DUMMY = Toy((*(one for one in PRIORS if one.name != "toy.benefit"), DUMMY, *PAIR))


def toy_bank(
    draws: int,
    seed: int,
    toy: Toy = USUAL,
    cases: Sequence[str] = CASES,
    theories: Sequence[str] = ("relational",),
    fixed_seed: bool = False,
    measures: Sequence[str] = MEASURES,
) -> Bank:
    """A bank of prior draws of the toy; ``fixed_seed`` makes the mistake of one common seed, to see that it is caught."""
    rng = np.random.default_rng(seed)
    shared = drawn(toy.priors, draws, rng)
    theory = np.array(theories)[rng.integers(len(theories), size=draws)]
    own = [one.level == "case" for one in toy.priors]
    banks: dict[str, CaseBank] = {}
    for case in cases:
        theta = np.where(own, drawn(toy.priors, draws, rng), shared)
        seeds = np.full(draws, seed, np.int64) if fixed_seed else rng.integers(2**62, size=draws)
        banks[case] = case_bank(toy, case, theta, theory, seeds, measures)
    return Bank(tuple(toy.priors), banks, theory, {"model": "toy", "seed": seed})


def bank_at(theta: Mapping[str, Array], seed: int, toy: Toy = USUAL, theory: str = "relational") -> Bank:
    """A bank of given parameters (draw, parameter) for each case, with fresh seeds: data sets with known truth."""
    rng = np.random.default_rng([seed, 1])
    count = len(next(iter(theta.values())))
    told = np.full(count, theory)
    banks = {case: case_bank(toy, case, each, told, rng.integers(2**62, size=count)) for case, each in theta.items()}
    return Bank(tuple(toy.priors), banks, told, {"model": "toy", "seed": seed})


def case_bank(
    toy: Toy, case: str, theta: Array, theory: Array, seeds: Array, measures: Sequence[str] = MEASURES
) -> CaseBank:
    """The draws of one case, simulated."""
    kept = np.array([slot.measure in measures for slot in SLOTS])
    slots = tuple(slot for slot, keep in zip(SLOTS, kept, strict=True) if keep)
    shown = toy.shown(theta, case, theory, seeds)[:, kept]
    return CaseBank(case, toy.names, theta, slots, shown, np.full(len(slots), SPREAD), seeds)


def drawn(priors: Sequence[Estimated], draws: int, rng: np.random.Generator) -> Any:
    """Draws of the priors, all uniform in the toy (draw, parameter)."""
    low, high = (np.array([getattr(one, end) for one in priors]) for end in ("low", "high"))
    return low + (high - low) * rng.random((draws, len(priors)))
