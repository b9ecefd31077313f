"""The stages that infer: each case by itself, all together, and checks; engines are found by name and read the bank alone."""

from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import check_seeds
from coprod_abm.calibration.bank_store import read_bank, read_observed
from coprod_abm.calibration.priors import hash_of
from coprod_abm.experiments.calibrate_plan import Calibration
from coprod_abm.experiments.progress import told_progress
from coprod_abm.store_files import whole_file

POSTERIOR, SUMMARY = "posterior", "posterior.csv"
SHARES = (0.05, 0.5, 0.95)


def engine(module: str) -> Any:
    """A module of ``coprod_abm.calibration``, loaded when it is needed."""
    return import_module(f"coprod_abm.calibration.{module}")


def cases_stage(plan: Calibration) -> str:
    """The posterior of each case by itself, one Parquet file of draws each, and a summary; what is there is not redone."""
    bank = read_bank(plan.out).of_theory(plan.theory)
    observed = read_observed(plan.out)
    check_seeds(bank)
    folder = plan.out / POSTERIOR
    folder.mkdir(parents=True, exist_ok=True)
    chosen, done = str(plan.settings["engine"]), 0
    tables = []
    with told_progress(len(bank.cases), "Estimating") as progress:
        for number, (name, one) in enumerate(bank.cases.items()):
            told = progress.part(number, name)
            key = hash_of([plan.bank.facts["hashes"], len(bank), plan.seed, chosen, plan.theory, observed[name].values.tolist(),
                           observed[name].held_out.tolist()])  # fmt: skip
            file = folder / f"{name}-{chosen}-{key[:8]}.parquet"
            if observed[name].fitted.any() and not file.exists():
                found = engine("posterior").posterior_of(bank, observed[name], engine=chosen, seed=plan.seed)
                draws = pd.DataFrame(np.asarray(found.draws), columns=list(one.parameters))
                whole_file(file, draws.to_parquet())
                done += 1
            if file.exists():
                tables.append(summary(name, pd.read_parquet(file)))
            told(1, 1)
    pd.concat(tables).to_csv(plan.out / SUMMARY, index=False, float_format="%.6g")
    return f"{len(tables)} posteriors in {POSTERIOR}/ by the engine {chosen}, {done} of them new"


def summary(case: str, draws: pd.DataFrame) -> pd.DataFrame:
    """Median and 90 % interval of each parameter of a case."""
    found = draws.quantile(list(SHARES)).T
    found.columns = pd.Index(["q05", "q50", "q95"])
    return found.rename_axis("parameter").reset_index().assign(case=case)


def hierarchy_stage(plan: Calibration) -> str:
    """All cases together, partially pooled, kept as an ArviZ file."""
    bank, observed = read_bank(plan.out).of_theory(plan.theory), read_observed(plan.out)
    check_seeds(bank)
    found = engine("hierarchy").hierarchy_of(bank, observed, case_level=plan.case_level, seed=plan.seed)
    file = plan.out / "posterior.nc"
    found.to_netcdf(file)
    return f"all cases together in {file.name}"


def checks_stage(plan: Calibration) -> str:
    """Coverage, predictive checks and what is not identified, as the module ``trust`` writes them."""
    bank, observed = read_bank(plan.out).of_theory(plan.theory), read_observed(plan.out)
    return str(engine("trust").checked(bank, observed, plan.out, engine=str(plan.settings["engine"]), seed=plan.seed))
