"""A study from outputs to tables: guards, indices, noise, convergence; it knows no model, only outputs at sampled points."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coprod_abm.experiments.sensitivity_error import SensitivityError
from coprod_abm.experiments.sensitivity_methods import Found, Index, analysed
from coprod_abm.experiments.sensitivity_noise import Noise, noise_of
from coprod_abm.experiments.sensitivity_sample import Array, Sampling
from coprod_abm.problem import DUMMY

QUICK = ("sobol", "morris", "rbd_fast")  # methods of which shorter samples cost no time worth saving


class Outcome(NamedTuple):
    """One output at every point: means over replicates and (NaN-free unless one run is all there is) their SDs."""

    case: str
    level: str
    week: int
    measure: str
    means: Array
    deviations: Array
    replicates: int

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"{self.measure} of {self.case} in week {self.week}"

    @property
    def facts(self) -> dict[str, Any]:
        """The columns that say in every table which output a row is about."""
        return {"case": self.case, "level": self.level, "week": self.week, "measure": self.measure}


class Result(NamedTuple):
    """What a study found, and the outputs that have no index with the reason."""

    indices: pd.DataFrame
    interactions: pd.DataFrame
    noise: pd.DataFrame
    convergence: pd.DataFrame
    refused: dict[str, str]
    widest: float
    widest_of: str


Outputs = Callable[[int], Sequence[Outcome]]  # the outputs at the points of a sample of size n


def studied(
    sampling: Sampling,
    outputs: Outputs,
    sizes: Sequence[int],
    tolerance: float | None = None,
    common_seeds: bool = False,
) -> tuple[int, Result]:
    """The size at which a study stopped, and what it found there.

    ``outputs`` is asked for larger and larger samples, until every interval of interest is narrower than ``tolerance`` or no
    size is left.

    Raises:
        SensitivityError: when no output has an index.
    """
    for n in sizes:
        found = study_of(sampling, n, outputs(n), common_seeds)
        if tolerance is not None and found.widest <= tolerance:
            break
    return n, found


def study_of(sampling: Sampling, n: int, outcomes: Sequence[Outcome], common_seeds: bool = False) -> Result:
    """All tables of a sample of size n.

    Raises:
        SensitivityError: when no output has an index; names them all.
    """
    sample = sampling.values(n)
    tables = Tables(sampling)
    refused: dict[str, str] = {}
    for outcome in outcomes:
        try:
            check_outcome(sampling, n, outcome)
            noise = noise_in(sampling, n, outcome)
            spare = None if common_seeds else variance_of_means(outcome)
            found = analysed(sampling, n, sample, outcome.means, spare)
            tables.convergence += shorter_told(sampling, n, sample, outcome, spare)
            tables.convergence += converging(sampling, len(sizes_seen(sampling, n)) - 1, n, outcome, found)
            tables.add(n, outcome, found, noise)
        except SensitivityError as error:
            refused[outcome.name] = str(error)
    if not tables.indices:
        raise SensitivityError("No output has an index.\n" + "\n".join(dict.fromkeys(refused.values())))
    return tables.result(refused)


def shorter_told(
    sampling: Sampling, n: int, sample: Array, outcome: Outcome, spare: Array | None
) -> list[dict[str, Any]]:
    """The rows of the convergence table of one outcome; a shorter sample in which it has no index yet is left out."""
    told = []
    for step, size in enumerate(sizes_seen(sampling, n)[:-1]):
        rows = slice(0, sampling.rows(size))
        part = outcome.means[rows]
        if np.ptp(part) == 0.0:
            continue
        try:
            found = analysed(sampling, size, sample[rows], part, None if spare is None else spare[rows])
        except SensitivityError:
            continue
        told += converging(sampling, step, size, outcome, found)
    return told


def sizes_seen(sampling: Sampling, n: int) -> list[int]:
    """The sizes of which convergence is shown, n the last."""
    return sampling.shorter(n) if sampling.method in QUICK else [n]


# ---- guards ----


def check_outcome(sampling: Sampling, n: int, outcome: Outcome) -> None:
    """Refuse an output that is not a number somewhere, or the same everywhere; SALib would give zeros for both.

    Raises:
        SensitivityError: naming measure, case and week, and the first point.
    """
    if outcome.means.shape != (sampling.rows(n),):
        raise SensitivityError(
            f"{outcome.name} has {len(outcome.means)} values for {sampling.rows(n)} points. The sample and its outputs do not "
            "belong together."
        )
    wrong = np.flatnonzero(~np.isfinite(outcome.means))
    if len(wrong):
        raise SensitivityError(
            f"{outcome.name} is not a number at {len(wrong):,} of {len(outcome.means):,} points (first at point {wrong[0]}), "
            "and SALib would give zeros for it without a word. What only a living project can show has no value where all have "
            "ended: fix participation.endings=0, or leave this measure out."
        )
    if np.ptp(outcome.means) == 0.0:
        raise SensitivityError(
            f"{outcome.name} is {outcome.means[0]:g} at every point: nothing that is free moves it, and there is no "
            "variance to divide. Leave this measure out, or free something else."
        )


def variance_of_means(outcome: Outcome) -> Array | None:
    """The variance of each mean that comes from replicates; None where it is unknown."""
    if outcome.replicates < 2:
        return None
    squares = np.square(outcome.deviations)
    return np.where(np.isnan(squares), np.nanmean(squares), squares) / outcome.replicates


def noise_in(sampling: Sampling, n: int, outcome: Outcome) -> Noise | None:
    """The noise of one output; None where there is one replicate."""
    if outcome.replicates < 2:
        return None
    rows = sampling.base(n)
    return noise_of(outcome.means[rows], outcome.deviations[rows], outcome.replicates, sampling.seed)


# ---- tables ----


class Tables:
    """Rows of the tables of a study."""

    def __init__(self, sampling: Sampling) -> None:
        self.sampling = sampling
        self.indices: list[dict[str, Any]] = []
        self.interactions: list[dict[str, Any]] = []
        self.noise: list[dict[str, Any]] = []
        self.convergence: list[dict[str, Any]] = []
        self.widest, self.widest_of = 0.0, ""

    def add(self, n: int, outcome: Outcome, found: Found, noise: Noise | None) -> None:
        """Take in what was found of one output."""
        runs = len(outcome.means) * outcome.replicates
        floors = noise_floors(found.indices, noise)
        for each in found.indices:
            self.indices.append(
                {
                    **outcome.facts,
                    "method": self.sampling.method,
                    "parameter": each.parameter,
                    "index": each.index,
                    "value": each.value,
                    "low": each.low,
                    "high": each.high,
                    "n": n,
                    "runs": runs,
                    "noise_only": is_noise(each, floors, found.indices),
                }
            )
        for pair in found.pairs:
            self.interactions.append({**outcome.facts, **pair._asdict()})
        if noise is not None:
            facts = {key: outcome.facts[key] for key in ("case", "week", "measure")}
            told = {"share": noise.share, "low": noise.low, "high": noise.high, "share_of_means": noise.share_of_means}
            self.noise.append({**facts, **told, "replicates": outcome.replicates})
        self.look_at(outcome, found)

    def look_at(self, outcome: Outcome, found: Found) -> None:
        """Remember the widest interval of interest."""
        for index in self.sampling.kind.interest:
            chosen = [each for each in found.indices if each.index == index and each.parameter != DUMMY]
            largest = max(abs(each.value) for each in chosen) if index == "mu_star" else 1.0
            for each in chosen:
                width = (each.high - each.low) / largest
                if width > self.widest:
                    self.widest, self.widest_of = width, f"{index} of {each.parameter} for {outcome.name}"

    def result(self, refused: dict[str, str]) -> Result:
        """The tables."""
        facts = ["case", "level", "week", "measure"]
        return Result(
            pd.DataFrame(self.indices),
            pd.DataFrame(self.interactions, columns=[*facts, "first", "second", "value", "low", "high"]),
            pd.DataFrame(
                self.noise,
                columns=["case", "week", "measure", "share", "low", "high", "share_of_means", "replicates"],
            ),
            pd.DataFrame(self.convergence),
            refused,
            self.widest,
            self.widest_of,
        )


def noise_floors(indices: Sequence[Index], noise: Noise | None) -> dict[str, float]:
    """By index the value up to which it is only noise: the upper end of the dummy's interval, or what replicates tell."""
    floors = {
        each.index: each.high if np.isfinite(each.high) else each.value for each in indices if each.parameter == DUMMY
    }
    if noise is not None and "ST" in floors:
        floors["ST"] = max(floors["ST"], noise.high_of_means)  # with common seeds the dummy shows no noise
    return floors


def is_noise(each: Index, floors: dict[str, float], indices: Sequence[Index]) -> bool:
    """Whether an index cannot be told from that of a parameter that does nothing."""
    if each.parameter == DUMMY:
        return True
    if each.index == "mu":
        return bool(each.low <= 0.0 <= each.high)
    if each.index == "sigma":
        own = [other for other in indices if other.index == "mu_star" and other.parameter == each.parameter]
        return is_noise(own[0], floors, indices)
    reached = each.low if np.isfinite(each.low) else each.value
    return bool(reached <= max(floors.get(each.index, 0.0), 0.0))


def converging(sampling: Sampling, step: int, n: int, outcome: Outcome, found: Found) -> list[dict[str, Any]]:
    """The rows of the convergence table for one output and size."""
    facts = {key: outcome.facts[key] for key in ("case", "week", "measure")}
    runs = sampling.rows(n) * outcome.replicates
    return [
        {"step": step, "n": n, "runs": runs, **facts}
        | {name: getattr(each, name) for name in ("parameter", "index", "value", "low", "high")}
        for each in found.indices
        if each.index in sampling.kind.interest
    ]
