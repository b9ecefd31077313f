"""The work of `coprod compare advise`: what further surveys would be worth, and the best set of them for a budget."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.calibration.advice import candidates, nested
from coprod_abm.calibration.bank import Bank
from coprod_abm.calibration.bank_store import read_observed
from coprod_abm.calibration.beliefs import Beliefs, beliefs_of
from coprod_abm.calibration.best_surveys import Chosen, best_set, table_of
from coprod_abm.calibration.cloud import FEWEST, PER_PARAMETER
from coprod_abm.calibration.comparison_report import advice_told, error_rate_told
from coprod_abm.calibration.prior_predictive import without_edges
from coprod_abm.calibration.stacked import Figures, Stack, figures_of, stacked
from coprod_abm.calibration.theory_classifier import taught
from coprod_abm.calibration.wider_bank import wider_bank
from coprod_abm.experiments.calibrate_settings import as_list
from coprod_abm.experiments.compare_job import askable, folders, read
from coprod_abm.experiments.compare_settings import at_least, named_theories
from coprod_abm.experiments.progress import told_progress
from coprod_abm.instruments import INSTRUMENTS
from coprod_abm.simulate import RunError
from coprod_abm.store_files import whole_file

PAGE, PIECE = "advice.md", "60-advice.md"
CAUTION = (
    "Gains are expected values under the model and its priors, from simulated surveys; ± is Monte Carlo error. They are "
    "lower bounds: a sharper reading of the same survey may tell more. They say nothing if none of the theories is adequate."
)
FEW = 8  # figures up to which the bound is checked by nested Monte Carlo


def advise(settings: dict[str, Any], _command: list[str]) -> None:
    """Weigh further surveys and name the best set.

    Raises:
        BankError, RunError: naming value, rule and way out.
    """
    check(settings)
    place, out = folders(settings)
    bank, _ = read(place, "all")
    names = list(bank.cases)
    theories = named_theories(settings["theories"], list(dict.fromkeys(map(str, bank.theory))))
    whole = stacked(bank.of_theory(*theories))
    known = known_figures(whole, bank.of_theory(*theories), place, settings["after"])
    chances, rate = theory_chances(whole, known, settings["seed"])
    if settings["measures"] != "bank" or settings["waves"] != "bank":
        measures = measures_of(settings["measures"], bank)
        waves = (
            None
            if settings["waves"] == "all"
            else as_list(settings["waves"])
            if settings["waves"] != "bank"
            else waves_of(bank)
        )
        draws = min(settings["draws"], len(bank))
        check_draws(draws, whole, len(set(bank.theory)))
        with told_progress(len(names) * draws, "Simulating") as progress:
            told = lambda number, name: progress.part(number * draws, name)  # noqa: E731
            bank = wider_bank(out / "wider", bank, measures, waves, draws, told)
    stack = stacked(bank.of_theory(*theories))
    figures = known_figures(stack, bank.of_theory(*theories), place, settings["after"])
    beliefs = beliefs_of(stack, figures, chances, settings["seed"])
    print(f"Weighing surveys under {len(beliefs.of)} theories ...", flush=True)
    numbers = [int(each) for each in as_list(settings["respondents"])]
    surveys = askable(candidates(stack, numbers, settings["each_case"]), bank.of_theory(*theories))
    if not surveys:
        raise RunError(
            "A theory holds every one of these measures at an end of its scale: no survey of them can be weighed."
        )
    table = table_of(beliefs, surveys, settings["scatter"])
    best = best_set(beliefs, surveys, settings["budget"], settings["aim"], settings["scatter"])
    text = page(settings, beliefs, table, best, rate)
    out.mkdir(parents=True, exist_ok=True)
    table.to_csv(out / "surveys.csv", index=False, float_format="%.5g")
    rows = [{**each.survey._asdict(), "cost": each.survey.cost, **vars(each.worth)} for each in best]
    pd.DataFrame(rows).to_csv(out / "best_surveys.csv", index=False, float_format="%.5g")
    if settings["figures"]:
        from coprod_abm.experiments.figure_advice import draw

        draw(table, best, uncertainty(beliefs), out / "figures")
    (place / "pieces").mkdir(exist_ok=True)
    for file in (out / PAGE, place / "pieces" / PIECE):
        whole_file(file, (text + "\n").encode())
    print(f"\n{text}\n\nResults: {out}.")


def known_figures(stack: Stack, bank: Bank, place: Path, after: str) -> Figures:
    """The published figures beside a stack; empty where surveys are weighed before any of them."""
    figures = figures_of(stack, without_edges(bank, read_observed(place)))
    if after == "nothing":
        return Figures(np.full_like(figures.values, np.nan), figures.spread, figures.held_out)
    return figures


def check_draws(draws: int, stack: Stack, theories: int) -> None:
    """Refuse too few draws before they are simulated: a tenth of them may show nothing somewhere.

    Raises:
        RunError: with the least number.
    """
    least = int(1.15 * theories * max(FEWEST, PER_PARAMETER * stack.shared.shape[1]))
    if draws < least:
        raise RunError(
            f"draws={draws} of {theories} theories are too few to weigh surveys on. Take {least}, and a bank that holds them."
        )


def check(settings: dict[str, Any]) -> None:
    """Refuse numbers and choices that mean nothing.

    Raises:
        RunError: naming key, value and rule.
    """
    for key, choices in (("aim", ("theory", "parameters")), ("after", ("figures", "nothing"))):
        if settings[key] not in choices:
            raise RunError(f"{key}={settings[key]} does not exist. Choose {' or '.join(choices)}.")
    at_least(settings, "budget", 1)
    at_least(settings, "draws", 400)
    at_least(settings, "scatter", 0.0)
    for each in as_list(settings["respondents"]):
        if not each.isdigit() or int(each) < 2:
            raise RunError(f"respondents={each} is no whole number of at least 2.")


def measures_of(given: Any, bank: Bank) -> list[str]:
    """The instruments to weigh."""
    if given == "all":
        return list(INSTRUMENTS)
    if given == "bank":
        return list(dict.fromkeys(slot.measure for one in bank.cases.values() for slot in one.slots))
    return as_list(given)


def waves_of(bank: Bank) -> list[str]:
    """The waves that the bank holds."""
    return list(dict.fromkeys(slot.wave for one in bank.cases.values() for slot in one.slots))


def theory_chances(stack: Stack, figures: Figures, seed: int) -> tuple[dict[str, float], str]:
    """Theory probabilities after the figures with the classifier's error rate in words; all alike before any figure."""
    names = stack.theories
    if not figures.fitted.any():
        return dict.fromkeys(names, 1.0 / len(names)), "Before any figure all theories are alike."
    classifier = taught(stack, figures.fitted, seed)
    found = classifier.probabilities(np.where(figures.fitted, figures.values, 0.0)[None])[0]
    told = ", ".join(f"{name} {chance:.2f}" for name, chance in zip(names, found, strict=True))
    return dict(
        zip(names, map(float, found), strict=True)
    ), f"Now: {told}. {error_rate_told(classifier.tested, len(names))}"


def uncertainty(beliefs: Beliefs) -> float:
    """Entropy of the theory probabilities (nats): the most that any survey can tell."""
    chances = np.array(list(beliefs.probabilities.values()))
    return float(-(chances * np.log(chances)).sum())


def page(settings: dict[str, Any], beliefs: Beliefs, table: pd.DataFrame, best: list[Chosen], rate: str) -> str:
    """The advice in plain language."""
    first = table.iloc[0]
    most = (
        f"The most that any survey can tell about these theories is {uncertainty(beliefs):.2f} nats. Best single survey: "
        f"{first['measure']} in {first['wave']} with {first['respondents']} respondents in each of "
        f"{len(first['cases'].split())} cases, {first['theory']:.2f} ± {first['theory_error']:.2f} nats."
    )
    parts = [
        "## Which surveys would tell more",
        rate,
        most,
        f"Best set for {settings['budget']:,} respondents, aimed at {settings['aim']}:",
        advice_told(best, uncertainty(beliefs)),
        checked_told(beliefs, best, settings["scatter"]),
        CAUTION,
    ]
    return "\n\n".join(part for part in parts if part)


def checked_told(beliefs: Beliefs, best: list[Chosen], scatter: float) -> str:
    """The bound beside nested Monte Carlo, for as many of the first surveys as have few figures."""
    few = [each for k, each in enumerate(best) if sum(len(b.survey.cases) for b in best[: k + 1]) <= FEW]
    if not few:
        return ""
    value, error = nested(beliefs, [each.survey for each in few], scatter)
    bound = few[-1].worth.theory
    return (
        f"By nested Monte Carlo the first {len(few)} would tell {value:.2f} ± {error:.2f} (bound above: {bound:.2f})."
    )
