"""The posterior of all cases as one file that ArviZ opens: parameters in their units, readings, predictions, provenance.

Groups: ``posterior`` (a variable per parameter, by case or country where it differs), ``unconstrained_posterior`` (the normal
scores that were sampled), ``sample_stats``, ``prior``, ``posterior_predictive``, ``observed_data`` and ``constant_data``.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from coprod_abm.calibration.bank import Array, Bank, Estimated, Observed
from coprod_abm.calibration.coordinates import ranks_of_scores, value_of
from coprod_abm.calibration.hierarchy import HierarchicalPosterior

PRIOR_DRAWS = 2_000
BETWEEN_CASES = "between_cases"  # SD of a case's own parameter between cases, in scores


def posterior_tree(
    found: HierarchicalPosterior, bank: Bank, observed: Mapping[str, Observed], facts: Mapping[str, Any]
) -> xr.DataTree:
    """The tree that is kept; ``facts`` become its attributes."""
    groups = {
        "posterior": natural(found, bank),
        "unconstrained_posterior": found.tree["posterior"].to_dataset(),
        "sample_stats": found.tree["sample_stats"].to_dataset(),
        "prior": prior_of(bank),
        "posterior_predictive": predictive(found, observed),
        "observed_data": xr.Dataset({"reading": ("slot", joined(observed, "values"))}, slots_of(observed)),
        "constant_data": xr.Dataset(
            {name: ("slot", joined(observed, name)) for name in ("spread", "held_out")}, slots_of(observed)
        ),
    }
    tree = xr.DataTree.from_dict(groups)
    plain = {key: value if isinstance(value, (str, int, float)) else json.dumps(value) for key, value in facts.items()}
    tree.attrs.update({**plain, **{key: float(value) for key, value in found.diagnostics.items()}})
    return tree


def write_posterior(path: Path, tree: xr.DataTree) -> None:
    """Write a tree; the file appears whole or not at all."""
    draft = path.with_suffix(".draft")
    tree.to_netcdf(draft, engine="h5netcdf")
    draft.replace(path)


def natural(found: HierarchicalPosterior, bank: Bank) -> xr.Dataset:
    """The draws in the units of the parameters, with the errors of model and instruments."""
    drawn = found.tree["posterior"].to_dataset()
    priors = {one.name: one for one in bank.priors}
    values: dict[str, xr.DataArray] = {}
    for variable, dimension in (
        ("shared", "shared_parameter"),
        ("country", "country_parameter"),
        ("own", "case_parameter"),
    ):
        for name in drawn[dimension].values.tolist():
            scores = drawn[variable].sel({dimension: name}, drop=True)
            values[name] = in_units(priors[name], scores)
    values[BETWEEN_CASES] = drawn["spread"]
    values["offset"] = found.offsets
    if "discrepancy" in drawn:
        values["discrepancy"] = drawn["discrepancy"]
    return xr.Dataset(values)


def in_units(prior: Estimated, scores: xr.DataArray) -> xr.DataArray:
    """Scores of a parameter as its values."""
    array = scores.copy(data=value_of(prior, ranks_of_scores(scores.values)))
    array.attrs.update(unit=prior.unit, meaning=prior.meaning, level=prior.level, low=prior.low, high=prior.high)
    return array


def prior_of(bank: Bank) -> xr.Dataset:
    """Draws of the priors as the bank holds them (one chain)."""
    found: dict[str, Any] = {}
    for prior in bank.priors:
        case = next((one for one in bank.cases.values() if prior.name in one.parameters), None)
        if case is not None:
            column = case.theta[:PRIOR_DRAWS, case.parameters.index(prior.name)]
            found[prior.name] = (("chain", "draw"), column[None])
    return xr.Dataset(found)


def predictive(found: HierarchicalPosterior, observed: Mapping[str, Observed]) -> xr.Dataset:
    """What would be measured in every slot of every case (chain, draw, slot); chains are laid after one another."""
    draws = np.concatenate([found.predicted[case].draws for case in observed], axis=1)
    return xr.Dataset({"reading": (("chain", "draw", "slot"), draws[None])}, slots_of(observed))


def joined(observed: Mapping[str, Observed], name: str) -> Array:
    """One attribute of all cases after one another (slot,)."""
    return np.concatenate([getattr(one, name) for one in observed.values()])


def slots_of(observed: Mapping[str, Observed]) -> dict[str, Any]:
    """Coordinates of the slots of all cases."""
    rows = [(case, slot.measure, slot.wave, slot.week) for case, one in observed.items() for slot in one.slots]
    cases, measures, waves, weeks = (list(column) for column in zip(*rows, strict=True))
    return {
        "slot": [f"{case} {measure} {wave}" for case, measure, wave, _ in rows],
        "case": ("slot", cases),
        "measure": ("slot", measures),
        "wave": ("slot", waves),
        "week": ("slot", weeks),
    }


# ---- draws for further runs ----


def draws_for(found: HierarchicalPosterior, bank: Bank, seed: int, rows: int) -> dict[str, pd.DataFrame]:
    """Draws of the model's parameters, one row each: for every case, and under ``""`` for a case of which nothing is known.

    Parameters of instruments are no part of the simulated people and are left out; columns ``chain`` and ``draw`` say where a
    row comes from. The parameters of an unknown case lie around the common mean as far as the cases differ.
    """
    values = natural(found, bank)
    count = values.sizes["chain"] * values.sizes["draw"]
    taken = np.random.default_rng([seed, 15]).permutation(count)[:rows]
    chain, draw = np.divmod(taken, values.sizes["draw"])
    names = [one.name for one in bank.priors if one.name in values and not one.name.startswith("instrument.")]
    own = {name for name in names if "case" in values[name].dims}
    anywhere = {name: values[name].values[chain, draw] for name in names if name not in own and values[name].ndim == 2}
    place = pd.DataFrame({"chain": chain, "draw": draw})
    tables = {
        "": pd.concat([place, pd.DataFrame(anywhere | unknown_case(found, bank, sorted(own), taken, seed))], axis=1)
    }
    for case in found.pooled:
        columns = {name: values[name].sel(case=case).values[chain, draw] for name in names if name in own}
        tables[case] = pd.concat([place, pd.DataFrame(anywhere | columns)], axis=1)
    return tables


def unknown_case(found: HierarchicalPosterior, bank: Bank, own: list[str], taken: Array, seed: int) -> dict[str, Array]:
    """The own parameters of a case of which nothing is known, in the first country (draw,) by name."""
    drawn = found.tree["posterior"].to_dataset()
    luck = np.random.default_rng([seed, 16])
    priors = {one.name: one for one in bank.priors}
    columns = {}
    for name in own:
        mean, spread = (
            drawn[variable].sel(case_parameter=name).values.reshape(-1)[taken] for variable in ("mean", "spread")
        )
        scores = mean + spread * luck.standard_normal(len(taken))
        columns[name] = value_of(priors[name], ranks_of_scores(scores))
    return columns
