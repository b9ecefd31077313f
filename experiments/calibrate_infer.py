"""The stages that infer: each case by itself, all together, and checks; engines are found by name and read the bank alone."""

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import Bank, check_seeds
from coprod_abm.calibration.bank_store import read_bank, read_observed
from coprod_abm.calibration.priors import hash_of
from coprod_abm.experiments.calibrate_joint import KEPT, SECOND_WAVE, has_several, joint_trials, simulator_of
from coprod_abm.experiments.calibrate_plan import Calibration
from coprod_abm.experiments.calibrate_settings import BUDGETS
from coprod_abm.experiments.progress import told_progress
from coprod_abm.simulate import available_threads
from coprod_abm.store_files import whole_file

POSTERIOR, SUMMARY = "posterior", "posterior.csv"
TREE, TOGETHER, PREDICTED, SAMPLING = "posterior.nc", "together.csv", "predicted.csv", "sampling.json"
MODEL_ERRORS, DRAWS, FIGURES = "model_errors.csv", "draws.parquet", "figures"
CHAINS, ROWS = 4, 1_000
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
    with told_progress(len(bank.cases), "Estimating", "cases") as progress:
        for number, (name, one) in enumerate(bank.cases.items()):
            told = progress.part(number, name)
            key = hash_of([plan.bank.facts["hashes"], len(bank), plan.seed, chosen, plan.theory, observed[name].values.tolist(),
                           observed[name].held_out.tolist()])  # fmt: skip
            file = folder / f"{name}-{chosen}-{key[:8]}.parquet"
            if observed[name].fitted.any() and not file.exists():
                found = engine("posterior").posterior_of(
                    bank, observed[name], engine=chosen, seed=plan.seed, folder=plan.out / KEPT
                )
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
    """All cases together, partially pooled: a file for ArviZ, tables, and draws for scenarios."""
    bank, observed = read_bank(plan.out).of_theory(plan.theory), read_observed(plan.out)
    check_seeds(bank)
    work = BUDGETS[str(plan.settings["budget"])]
    with told_progress(CHAINS * (work.tune + work.steps), "Estimating all cases together", "steps") as progress:
        found = engine("hierarchy").hierarchy_of(
            bank, observed, plan.case_level, plan.seed, chains=CHAINS, tune=work.tune, draws=work.steps,
            folder=plan.out / KEPT, progress=progress.part(0, "all cases together"),
            simulated=simulator_of(plan, bank, plan.out / SECOND_WAVE) if has_several(observed) else None,
            processes=plan.settings["threads"] or available_threads(),
        )  # fmt: skip
    write_draws(plan, found, bank)
    together, files = engine("together"), engine("posterior_file")
    together.learned_together(found, bank.priors).to_csv(plan.out / TOGETHER, index=False, float_format="%.6g")
    together.errors_of_model(found).to_csv(plan.out / MODEL_ERRORS, index=False, float_format="%.6g")
    fits = [engine("checks").fit_table(found.predicted[case]) for case in observed]
    pd.concat(fits).to_csv(plan.out / PREDICTED, index=False, float_format="%.6g")
    told = dict(found.diagnostics)
    whole_file(plan.out / SAMPLING, (json.dumps(told, indent=1, default=float) + "\n").encode())
    facts = {**plan.bank.facts, "theory": plan.theory, "command": list(plan.command)}
    facts.pop("priors")
    files.write_posterior(plan.out / TREE, files.posterior_tree(found, bank, observed, facts))
    return f"{sampling_words(told)} In {TREE}; draws for scenarios in {DRAWS} and {DRAWS.removesuffix('.parquet')}/."


def write_draws(plan: Calibration, found: Any, bank: Bank) -> None:
    """Parameters for `coprod scenarios draws=...`: of an unknown case, and of each case in a folder of their own."""
    folder = plan.out / DRAWS.removesuffix(".parquet")
    folder.mkdir(parents=True, exist_ok=True)
    for case, table in engine("posterior_file").draws_for(found, bank, plan.seed, ROWS).items():
        whole_file(folder / f"{case}.parquet" if case else plan.out / DRAWS, table.to_parquet(index=False))


def sampling_words(told: Mapping[str, Any]) -> str:
    """Whether the chains of the hierarchy can be believed, in plain words.

    >>> sampling_words({"good": True, "rhat": 1.004, "ess": 812.4, "divergences": 0, "seconds": 61.0})
    'The chains agree (R-hat 1.004, 812 effective draws at least, no divergences, 1.0 minutes).'
    """
    figures = (
        f"R-hat {told['rhat']:.3f}, {told['ess']:.0f} effective draws at least, "
        f"{told['divergences'] or 'no'} divergences, {told['seconds'] / 60:.1f} minutes"
    )
    if told["good"]:
        return f"The chains agree ({figures})."
    return (
        f"The chains do NOT agree well enough ({figures}; asked for are at most 1.01, at least 400, and none): do not use what "
        "all cases together say. Take budget=standard or more draws= and run again."
    )


def checks_stage(plan: Calibration) -> str:
    """Coverage, predictive checks and what is not identified, as the module ``checks`` writes them; tables and figures."""
    bank, observed = read_bank(plan.out).of_theory(plan.theory), read_observed(plan.out)
    chosen, sets = str(plan.settings["engine"]), BUDGETS[str(plan.settings["budget"])].sets
    print(f"Fitting {sets} data sets with known truth.", flush=True)
    told = engine("checks").checked(bank, observed, plan.out, chosen, plan.seed, sets=sets, folder=plan.out / KEPT)
    learned, coverage = pd.read_csv(plan.out / TOGETHER, keep_default_na=False), pd.read_csv(plan.out / "coverage.csv")
    joint = joint_trials(plan, bank, observed)
    learned = engine("together").widened(learned, coverage, bank.priors, joint)
    learned.to_csv(plan.out / TOGETHER, index=False, float_format="%.6g")
    if plan.settings["figures"]:
        draw(plan, learned, coverage, joint)
    return f"{told} {engine('together').joint_words(joint)}"


def draw(plan: Calibration, learned: pd.DataFrame, coverage: pd.DataFrame, joint: pd.DataFrame) -> None:
    """The figures of fit and of what was learned."""
    from coprod_abm.experiments.figure_calibration import draw_calibration
    from coprod_abm.experiments.figure_fit import draw_fits

    sampling = json.loads((plan.out / SAMPLING).read_text(encoding="utf-8"))
    warning = "" if sampling["good"] else "The chains did not agree: do not use this figure."
    predicted, errors = pd.read_csv(plan.out / PREDICTED), pd.read_csv(plan.out / MODEL_ERRORS)
    draw_fits(predicted, plan.bank.cases, plan.out / FIGURES, warning)
    trusted = engine("together").joint_words(joint)
    draw_calibration(learned, coverage, errors, plan.out / FIGURES, warning, trusted)
