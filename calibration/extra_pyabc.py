"""A further check by another library: pyABC's ABC-SMC for one case, which simulates anew for each data set (extra ``smc``)."""

import logging
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from coprod_abm.calibration.bank import Array, BankError, Estimated, Observed
from coprod_abm.calibration.posterior import Posterior

SAMPLES = 1_000
POPULATION = 200

Simulate = Callable[[Array, int], Array]


def smc(
    simulate: Simulate,
    priors: Sequence[Estimated],
    observed: Observed,
    runs: int,
    seed: int = 0,
    population: int = POPULATION,
) -> Posterior:
    """The posterior of one case by pyABC with its defaults: adaptive distance, median tolerance, local normal moves.

    Args:
        simulate: what one run shows in every slot (slot,), of parameters (parameter,) and a seed.
        priors: of the parameters; uniform.
        observed: the data of the case.
        runs: about how many runs may be spent.
        seed: of the library's own chance and of the runs.
        population: particles of a generation.

    Raises:
        BankError: if pyABC is not installed, or a prior is not uniform.
    """
    try:
        import pyabc
    except ImportError as missing:
        raise BankError("pyABC is not installed. Install the extra: pip install 'coprod-abm[smc]'.") from missing
    if odd := [one.name for one in priors if one.distribution != "uniform"]:
        raise BankError(f"ABC-SMC takes uniform priors here; {', '.join(odd)} has another. Use another engine.")
    logging.getLogger("ABC").setLevel(logging.WARNING)
    rng = np.random.default_rng([seed, 13])
    np.random.seed(seed)  # noqa: NPY002 - pyABC draws from numpy's own state and has no other way to be told a seed
    fitted = observed.fitted

    def shown(theta: dict[str, float]) -> dict[str, Array]:
        run = simulate(np.array([theta[one.name] for one in priors]), int(rng.integers(2**62)))
        return {"shown": (run + observed.spread * rng.standard_normal(len(run)))[fitted]}

    wide = {one.name: pyabc.RV("uniform", one.low, one.high - one.low) for one in priors}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search = pyabc.ABCSMC(
            shown,
            pyabc.Distribution(**wide),
            pyabc.AdaptivePNormDistance(p=2),
            population_size=population,
            sampler=pyabc.SingleCoreSampler(),
        )
        search.new(f"sqlite:///{Path(folder) / 'history.db'}", {"shown": observed.values[fitted]})
        history = search.run(max_total_nr_simulations=runs)
        table, weights = history.get_distribution()
        spent = int(history.total_nr_simulations)
        generations = int(history.max_t) + 1
    chosen = rng.choice(len(table), SAMPLES, p=weights / weights.sum())
    names = tuple(one.name for one in priors)
    told = MappingProxyType({"runs": spent, "generations": generations})
    return Posterior(
        observed.case, "pyabc", names, tuple(priors), table[list(names)].to_numpy()[chosen], diagnostics=told
    )
