"""All cases together by partial pooling: parameters that cases share, a few that each has of its own around a common mean.

On normal scores under the prior: a shared parameter has one score; one of a country a score per country; a case's own
is mean + effects of covariates + spread × own deviation, non-centred as far as the case knows little of it.
Instruments of a country share an offset, and the model's error has one SD per measure, learned from all cases.
Sampled by PyMC's NUTS; what each case says alone stands beside it.
"""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import xarray as xr

from coprod_abm.calibration.all_cases import AllCases
from coprod_abm.calibration.bank import Array, Bank, BankError, Observed, check_seeds
from coprod_abm.calibration.emulator import Emulator
from coprod_abm.calibration.emulator_store import trained
from coprod_abm.calibration.hierarchy_start import centring_of, starts_of
from coprod_abm.calibration.likelihood import Errors, Likelihood
from coprod_abm.calibration.places import Places, places_of
from coprod_abm.calibration.pooled import of_case, offsets_of, predictions
from coprod_abm.calibration.posterior import USUAL_ERRORS, Posterior, emulated
from coprod_abm.calibration.predictive import Predicted
from coprod_abm.calibration.quick_chain import every_drawn, quick_draws
from coprod_abm.calibration.second_wave import Simulated, second_wave

CHAINS, TUNE, DRAWS = 4, 600, 1_000
TARGET = 0.93  # share of steps that NUTS aims to accept
SPREAD_SCALE = 0.5  # half-normal scale of the spread between cases in scores, .2 of the range of a uniform prior
LEAST_SPREAD = 0.1  # no two cases are quite alike; without it chains fall into a funnel where cases might be
EFFECT_SCALE = 0.3  # SD of the effect of a covariate, in scores: nine cases cannot support more
GOOD_RHAT, GOOD_ESS = 1.01, 400.0


@dataclass(frozen=True)
class HierarchicalPosterior:
    """The posterior of all cases.

    Attributes:
        tree: draws of scores as an xarray tree: `posterior` with dimensions chain, draw and parameter, case, measure or
            country; `sample_stats`.
        offsets: draws of the offsets of instruments (chain, draw, country, measure).
        predicted: what all cases together expect to be measured in each, those that are held out as a whole among them.
        pooled: draws of each case's parameters under the hierarchy.
        alone: what each case says by itself; nothing of a case that is held out.
        diagnostics: R-hat, effective sample size, divergences, seconds, and whether all are good.
        places, likelihoods: where each parameter stands, and what each case says.
    """

    tree: xr.DataTree
    offsets: xr.DataArray
    predicted: Mapping[str, Predicted]
    pooled: Mapping[str, Posterior]
    alone: Mapping[str, Posterior]
    diagnostics: Mapping[str, Any]
    places: Places
    likelihoods: Mapping[str, Likelihood]


def hierarchy_of(
    bank: Bank,
    observed: Mapping[str, Observed],
    case_level: Sequence[str],
    seed: int = 0,
    errors: Errors = USUAL_ERRORS,
    emulators: Mapping[str, Emulator] | None = None,
    covariates: Mapping[str, Mapping[str, float]] | None = None,
    chains: int = CHAINS,
    tune: int = TUNE,
    draws: int = DRAWS,
    folder: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    simulated: Simulated | None = None,
    processes: int = 1,
) -> HierarchicalPosterior:
    """The posterior of all observed cases together.

    Args:
        bank: draws of one theory.
        observed: the data of each case; one without a fitted slot is predicted from the others.
        case_level: names of parameters that differ between cases.
        seed: of emulators and chains.
        errors: what may be wrong beside luck and few respondents.
        emulators: trained ones, of each case.
        covariates: by name, figures of each case that its own parameters may depend on, such as level; country is
            there without being told.
        chains: how many there are.
        tune: steps of each that are thrown away.
        draws: steps of each that are kept.
        folder: where trained emulators are kept.
        progress: is told how many steps of all chains are done, and how many there are.
        simulated: runs the model at given parameters of each case: a second wave puts the emulators right where the
            posterior lies (`second_wave.py`). Without it joint intervals are too narrow.
        processes: how many chains are drawn at once, each in a process of its own; the draws are the same. A script
            that asks for more than one does so below ``if __name__ == "__main__":``.

    Raises:
        BankError: for a bank with few seeds, or a case-level parameter that does not exist.
    """
    check_seeds(bank)
    if not any(one.fitted.any() for one in observed.values()):
        raise BankError("No case has a fitted slot: every wave is missing or held out.")
    ready = {case: (emulators or {}).get(case) or trained(bank, case, seed, folder) for case in observed}
    likelihoods = {case: Likelihood(ready[case], one, errors, True) for case, one in observed.items()}
    places = places_of(bank, likelihoods, case_level, covariates)
    start = time.perf_counter()
    single = {case: emulated(ready[case], one, errors, seed) for case, one in observed.items() if one.fitted.any()}
    starts = starts_of(places, likelihoods, single, errors, chains, seed)
    centring = centring_of(places, single)
    if simulated is not None:
        drawn = quick_draws(model_of(places, likelihoods, errors, centring), starts[0], seed)
        right = second_wave(places, likelihoods, every_drawn(drawn), simulated, seed)
        likelihoods = {case: Likelihood(right[case], one, errors, True) for case, one in observed.items()}
    model = model_of(places, likelihoods, errors, centring)
    tree = sampled(model, starts, seed, tune, draws, progress, processes)
    told = diagnosed(tree) | {"seconds": time.perf_counter() - start, "chains": chains, "draws": draws}
    pooled = {case: of_case(places, likelihoods[case], tree) for case in observed}
    offsets = offsets_of(places, likelihoods, errors, tree, seed)
    expected = predictions(places, likelihoods, pooled, offsets, seed)
    return HierarchicalPosterior(tree, offsets, expected, pooled, single, told, places, likelihoods)


def sampled(
    model: Any,
    starts: Sequence[Mapping[str, Any]],
    seed: int,
    tune: int,
    draws: int,
    progress: Callable[[int, int], None] | None = None,
    processes: int = 1,
) -> xr.DataTree:
    """Draws by NUTS; a chain that reports trouble is told by the diagnostics and not by a warning."""
    import pymc as pm
    from pytensor import config

    quickest = "CVM" if config.cxx else "FAST_COMPILE"  # the work is in one compiled operation; all else is small
    done = count(1)

    def told(**_step: Any) -> None:
        if progress is not None:
            progress(next(done), len(starts) * (tune + draws))

    with model, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pm.sample(
            draws,
            tune=tune,
            chains=len(starts),
            initvals=starts,
            cores=min(processes, len(starts)),
            mp_ctx="spawn",  # a process forked beside running threads may never wake
            random_seed=seed,
            progressbar=False,
            callback=told,
            quiet=True,
            init="adapt_full",
            target_accept=TARGET,
            compute_convergence_checks=False,
            compile_kwargs={"mode": quickest},
        )


def model_of(places: Places, likelihoods: Mapping[str, Likelihood], errors: Errors, centring: Array) -> Any:
    """The PyMC model: priors on scores, and the emulated likelihood of all cases."""
    import pymc as pm
    import pytensor.tensor as pt

    from coprod_abm.calibration.hierarchy_op import LogLikelihood

    cases = LogLikelihood(AllCases(places.parts(likelihoods), errors.offset))
    with pm.Model(coords=places.coordinates) as model:
        shared = pm.Normal("shared", dims="shared_parameter")
        country = pm.Normal("country", dims=("country_", "country_parameter"))
        mean = pm.Normal("mean", dims="case_parameter")
        effect = pm.Normal("effect", 0.0, EFFECT_SCALE, dims=("covariate", "case_parameter"))
        over = pm.HalfNormal("over", SPREAD_SCALE, dims="case_parameter")
        spread = pm.Deterministic("spread", LEAST_SPREAD + over, dims="case_parameter")
        expected = mean + pt.dot(places.design, effect)
        deviation = pm.Normal("deviation", centring * expected, spread**centring, dims=("case", "case_parameter"))
        own = pm.Deterministic(
            "own",
            expected + spread ** (1.0 - centring) * (deviation - centring * expected),
            dims=("case", "case_parameter"),
        )
        wrong = pt.zeros(len(places.measures))
        if errors.discrepancy:
            wrong = pm.HalfNormal("discrepancy", places.discrepancy_scale, dims="measure")
        scores = pt.concatenate([shared, country.ravel(), own.ravel()])
        pm.Potential("log_likelihood", cases(scores, wrong)[0])
    return model


def diagnosed(tree: xr.DataTree) -> dict[str, Any]:
    """R-hat, effective sample sizes and divergences, and whether all are good."""
    import arviz as az

    names = [str(name) for name, drawn in tree["posterior"].data_vars.items() if drawn.size]
    rhat, ess = az.rhat(tree, var_names=names), az.ess(tree, var_names=names)
    worst = max(float(one.max()) for one in rhat.data_vars.values() if one.size)
    least = min(float(one.min()) for one in ess.data_vars.values() if one.size)
    divergent = int(tree["sample_stats"]["diverging"].sum())
    good = worst <= GOOD_RHAT and least >= GOOD_ESS and divergent == 0
    return {"rhat": worst, "ess": least, "divergences": divergent, "good": good}
