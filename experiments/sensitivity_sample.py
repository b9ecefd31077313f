"""The sample behind a sensitivity study: SALib's own, laid out so that a longer one begins with the shorter one.

So the store of a study grows by rows, and every shorter sample can be analysed without simulating anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from coprod_abm.experiments.sensitivity_error import SensitivityError

Array = np.ndarray[Any, Any]
LEVELS = 4  # of the grid of Morris
LEAST_OF_SCRAMBLE = 4  # base points of each scramble
EVEN_FROM = 16  # base points of a scramble from which values are no further from the truth than from random points
HDMR_ORDERS = (6, 3)


class Kind(NamedTuple):
    """What is special about a method: its sampler, least and usual n, whether n doubles, and whether groups have an index."""

    sampler: str
    least: int
    usual: int
    groups: bool
    unit: str
    interest: tuple[str, ...]


KINDS = {
    "morris": Kind("morris", 4, 40, True, "trajectories", ("mu_star",)),
    "sobol": Kind("sobol", 16, 256, True, "base points", ("S1", "ST")),
    "rbd_fast": Kind("latin", 100, 512, False, "points", ("S1",)),
    "delta": Kind("latin", 200, 512, False, "points", ("delta",)),
    "pawn": Kind("latin", 100, 512, False, "points", ("pawn_median",)),
    "hdmr": Kind("latin", 600, 1024, False, "points", ("ST",)),
}


@dataclass(frozen=True)
class Sampling:
    """How the points of a study are placed.

    Attributes:
        method: name of the method, among ``KINDS``.
        space: the SALib problem.
        seed: of the sampler.
        first: n of the first step; a Latin hypercube grows by blocks of 1, 1, 2, 4 ... times as many points.
        scrambles: independent Sobol sequences among which n is divided; their spread gives the intervals.
        interactions: whether indices of pairs are asked for, which takes twice as many points.
    """

    method: str
    space: Mapping[str, Any]
    seed: int
    first: int
    scrambles: int = 1
    interactions: bool = False

    @property
    def kind(self) -> Kind:
        """What is special about the method."""
        return KINDS[self.method]

    @property
    def factors(self) -> list[str]:
        """What gets an index: groups, or parameters where there are none."""
        return list(dict.fromkeys(self.space.get("groups", self.space["names"])))

    @property
    def step(self) -> int:
        """Points for each unit of n."""
        count = len(self.factors)
        if self.kind.sampler == "sobol":
            return 2 * count + 2 if self.interactions else count + 2
        return count + 1 if self.kind.sampler == "morris" else 1

    def rows(self, n: int) -> int:
        """Points of a sample of size n."""
        return n * self.step

    def values(self, n: int) -> Array:
        """The sample of size n, shape (points, parameters)."""
        return {"sobol": scrambled, "morris": trajectories, "latin": hypercubes}[self.kind.sampler](self, n)

    def base(self, n: int) -> Array:
        """Rows that are spread over the whole space independently of each other, shape (n, rows of each unit)."""
        rows = np.arange(self.rows(n)).reshape(n, self.step)
        return rows[:, [0, -1]] if self.kind.sampler == "sobol" else rows

    def shorter(self, n: int) -> list[int]:
        """Sizes at which the convergence of a sample of size n can be seen, n the last."""
        least = max(self.kind.least, self.scrambles * LEAST_OF_SCRAMBLE)
        sizes = [n >> halvings for halvings in range(6) if (n >> halvings) >= least and n % (1 << halvings) == 0]
        return sorted(set(sizes) | {n})


def check_sampling(sampling: Sampling, n: int) -> None:
    """Refuse a sample that is too small or of a size that the method cannot use.

    Raises:
        SensitivityError: naming n and what is possible.
    """
    kind = sampling.kind
    if not is_whole(n) or n < kind.least:
        raise SensitivityError(
            f"n = {n!r} is too small a sample: method={sampling.method} needs {kind.least} {kind.unit} or more "
            f"({kind.usual} is usual)."
        )
    if kind.sampler == "sobol":
        check_powers(sampling, n)
    if sampling.method == "hdmr":
        check_terms(sampling, n)
    if sampling.interactions and sampling.method not in ("sobol", "hdmr"):
        raise SensitivityError(
            f"interactions=true: method={sampling.method} has no indices of pairs. Use sobol or hdmr."
        )
    check_factors(sampling)


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def check_powers(sampling: Sampling, n: int) -> None:
    """Refuse sizes at which a Sobol sequence is not even.

    Raises:
        SensitivityError: with the nearest good one.
    """
    scrambles = sampling.scrambles
    if scrambles < 1 or scrambles & (scrambles - 1) or scrambles == 2:
        raise SensitivityError(
            f"scrambles = {scrambles} gives no usable intervals: it must be 1, or a power of two from 4 on, since two "
            "sequences are too few to see how far they lie apart. Choose 1, 4, 8 or 16."
        )
    if n & (n - 1):
        raise SensitivityError(
            f"n = {n} is no power of two, and only then is a Sobol sequence even. Take {1 << n.bit_length()}."
        )
    if n < scrambles * LEAST_OF_SCRAMBLE:
        raise SensitivityError(
            f"n = {n} is too small a sample for {scrambles} scrambles of at least {LEAST_OF_SCRAMBLE} base points. "
            f"Take n={scrambles * LEAST_OF_SCRAMBLE} or more, or fewer scrambles."
        )


def check_terms(sampling: Sampling, n: int) -> None:
    """Refuse a fit of more terms than half of its points.

    Raises:
        SensitivityError: naming both.
    """
    terms = hdmr_terms(len(sampling.factors), HDMR_ORDERS[-1])
    if terms > n // 2:
        raise SensitivityError(
            f"n = {n} is too small a sample: method=hdmr fits {terms:,} terms of {len(sampling.factors)} parameters to half "
            f"of the points. Take n={2 * terms} or more, or free fewer parameters."
        )


def hdmr_terms(count: int, order: int) -> int:
    """Terms of a fit with polynomials of that order in every parameter and pair."""
    return order * count + (order**2 + 2 * order) * count * (count - 1) // 2


def hdmr_order(count: int, n: int) -> int:
    """The highest order for which there are points enough; with 3 alone a fit does not see that an effect turns twice."""
    return next((order for order in HDMR_ORDERS if hdmr_terms(count, order) <= n // 2), HDMR_ORDERS[-1])


def check_factors(sampling: Sampling) -> None:
    """Refuse names that SALib would misread.

    Raises:
        SensitivityError: naming the parameter.
    """
    endings = ("_raw", "_balanced", "_step", "_conf")
    for name in sampling.space["names"]:
        if sampling.method == "delta" and name.endswith(endings):
            raise SensitivityError(f"{name}: method=delta takes no names that end with {', '.join(endings)}.")


# ---- SALib's samplers ----


def problem_of(sampling: Sampling) -> dict[str, Any]:
    """A problem that SALib may write into; without groups where the method knows none."""
    copy = {key: list(value) if isinstance(value, list) else value for key, value in sampling.space.items()}
    if not sampling.kind.groups:
        copy.pop("groups", None)
    return copy


def scrambled(sampling: Sampling, n: int) -> Array:
    """Rows of Saltelli's scheme; scramble k is ``SALib.sample.sobol.sample(problem, n / scrambles, seed=seed + k)``."""
    from SALib.sample import sobol

    each = n // sampling.scrambles
    parts = [
        sobol.sample(
            problem_of(sampling), each, calc_second_order=sampling.interactions, seed=sampling.seed + scramble
        ).reshape(each, sampling.step, -1)
        for scramble in range(sampling.scrambles)
    ]
    blocks = [part[first:last] for first, last in doublings(each) for part in parts]
    return np.concatenate(blocks).reshape(sampling.rows(n), -1)


def scramble_of(sampling: Sampling, n: int) -> Array:
    """The scramble of each base point."""
    each, count = n // sampling.scrambles, sampling.scrambles
    return np.concatenate([np.repeat(np.arange(count), last - first) for first, last in doublings(each)])


def doublings(each: int) -> list[tuple[int, int]]:
    """The blocks in which sequences of that length are laid out in turns: 0 to 4, 4 to 8, 8 to 16 ...

    >>> doublings(16)
    [(0, 4), (4, 8), (8, 16)]
    """
    ends = [min(LEAST_OF_SCRAMBLE, each)]
    while ends[-1] < each:
        ends.append(2 * ends[-1])
    return list(zip([0, *ends], ends, strict=False))


def trajectories(sampling: Sampling, n: int) -> Array:
    """``SALib.sample.morris.sample(problem, n, num_levels=4, seed=seed)``; a longer one begins with the same trajectories."""
    from SALib.sample import morris

    found: Array = morris.sample(problem_of(sampling), n, num_levels=LEVELS, seed=sampling.seed)
    return found


def hypercubes(sampling: Sampling, n: int) -> Array:
    """``SALib.sample.latin.sample(problem, first, seed=seed)``, then blocks with the next seeds that double the sample."""
    from SALib.sample import latin

    blocks: list[Array] = []
    have = 0
    while have < n:
        size = max(have, sampling.first)
        blocks.append(latin.sample(problem_of(sampling), size, seed=sampling.seed + len(blocks)))
        have += size
    return np.concatenate(blocks)[:n]
