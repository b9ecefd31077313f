"""A bank of rival theories where all is known: readings are linear in normal parameters, so that Bayes' rule has closed forms.

It judges the comparison of theories and the advice; it is no model of anything.
"""

import itertools
from collections.abc import Sequence

import numpy as np
from scipy.special import logsumexp

from coprod_abm.calibration.bank import Array, Bank, CaseBank, Estimated, Slot
from coprod_abm.calibration.cloud import log_density
from coprod_abm.calibration.stacked import Stack
from coprod_abm.case_measures import MID_YEAR
from coprod_abm.year import YEAR

CASES = ("SE-A", "SE-B", "SE-C", "UK-D", "UK-E", "UK-F")
MEASURES = ("trust", "effort")
WAVES = tuple(range(2018, 2024))
TIME = np.linspace(0.0, 1.0, len(WAVES))
LUCK = 0.05  # SD of what two seeds make differ
OWN = 0.15  # SD of what is a case's own
# How the two shared parameters act over time on (trust, effort); one theory, one row
SHAPES: dict[str, tuple[tuple[Array, Array], tuple[Array, Array]]] = {
    "rising": ((TIME, 0.5 * TIME), (TIME**2, 0 * TIME)),
    "dipping": ((np.sin(np.pi * TIME), 0 * TIME), (0 * TIME, TIME)),
    "late": ((np.maximum(TIME - 0.6, 0) * 2.5, np.maximum(TIME - 0.6, 0) * 2.5), (0 * TIME, 0.5 * TIME)),
    "outside": ((np.cos(2.5 * np.pi * TIME), -np.cos(2.5 * np.pi * TIME)), (np.cos(4 * np.pi * TIME), 0 * TIME)),
}
PULL = 0.35  # SD of the shared parameters' effect around a pull of the same size


def matrices(shape: str, cases: Sequence[str] = CASES) -> tuple[Array, Array, Array]:
    """Mean, and effects of shared and of own parameters, over all columns in the order of the stack."""
    effects = np.array([np.concatenate([part[k] for k in range(2)]) for part in SHAPES[shape]]).T * PULL
    mean = np.tile(effects.sum(axis=1), len(cases))
    shared = np.tile(effects, (len(cases), 1))
    own = np.kron(np.eye(len(cases)), (effects[:, :1] / PULL) * OWN)
    return mean, shared, own


def covariance(shape: str, cases: Sequence[str] = CASES) -> Array:
    """What runs of a theory show varies like this over its prior (column, column)."""
    _, shared, own = matrices(shape, cases)
    return shared @ shared.T + own @ own.T + LUCK**2 * np.eye(len(shared))


def toy_bank(shapes: dict[str, str], draws: int, seed: int, spread: float = 0.1, cases: Sequence[str] = CASES) -> Bank:
    """``draws`` of each theory; ``shapes`` says by name how each acts, so that one shape may stand under two names."""
    rng = np.random.default_rng(seed)
    slots = tuple(Slot(m, str(w), YEAR * k + MID_YEAR) for m in MEASURES for k, w in enumerate(WAVES))
    theory = np.repeat(list(shapes), draws)
    many = len(theory)
    shared, own = rng.standard_normal((many, 2)), rng.standard_normal((many, len(cases)))
    shown = np.empty((many, len(cases) * len(slots)))
    for name, shape in shapes.items():
        rows = theory == name
        mean, first, second = matrices(shape, cases)
        shown[rows] = mean + shared[rows] @ first.T + own[rows] @ second.T
    shown += LUCK * rng.standard_normal(shown.shape)
    parts = np.split(shown, len(cases), axis=1)
    priors = tuple(
        Estimated(name, level, -9, 9, "normal", 0, 1)
        for name, level in (("trust.pull", "shared"), ("trust.rest", "shared"), ("trust.own", "case"))
    )
    banks = {
        case: CaseBank(
            case, tuple(p.name for p in priors), np.column_stack([shared, own[:, k]]), slots, parts[k],
            np.full(len(slots), spread), rng.integers(0, 2**62, many),
        )
        for k, case in enumerate(cases)
    }  # fmt: skip
    return Bank(priors, banks, theory, {})


def exact_probabilities(stack: Stack, shapes: dict[str, str], readings: Array, cases: Sequence[str] = CASES) -> Array:
    """Bayes' rule (survey, theory), theories in the order of the stack; sizes of the model's errors by quadrature."""
    nodes, weights = half_normal(9)
    logs = []
    for theory in stack.theories:
        mean, spread = matrices(shapes[theory], cases)[0], covariance(shapes[theory], cases)
        terms = []
        for pair in itertools.product(range(len(nodes)), repeat=len(MEASURES)):
            size = np.select([stack.measures == m for m in MEASURES], [nodes[k] for k in pair])
            total = spread + stack.common(size) + np.diag(stack.spread**2)
            terms.append(log_density(readings - mean, total) + np.log(weights[list(pair)]).sum())
        logs.append(logsumexp(terms, axis=0))
    table = np.array(logs).T
    return np.exp(table - logsumexp(table, axis=1, keepdims=True))


def half_normal(number: int) -> tuple[Array, Array]:
    """Gauss-Hermite nodes of |N(0, 1)|."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(2 * number)
    return nodes[number:], 2 * weights[number:] / weights.sum()
