"""The work of `coprod compare advise`: what further surveys would be worth, and the best set of them for a budget."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.calibration.advice import candidates, nested
from coprod_abm.calibration.advice_report import (
    advice_told,
    asked_told,
    choice_told,
    decides_told,
    more_told,
    surveys_told,
)
from coprod_abm.calibration.bank import Bank
from coprod_abm.calibration.bank_store import read_observed
from coprod_abm.calibration.beliefs import DRAWS, Beliefs, beliefs_of, halved
from coprod_abm.calibration.best_surveys import Chosen, best_set, table_of
from coprod_abm.calibration.cloud import FEWEST, PER_PARAMETER
from coprod_abm.calibration.comparison_report import error_rate_told
from coprod_abm.calibration.prior_predictive import without_edges
from coprod_abm.calibration.stacked import Figures, Stack, figures_of, stacked
from coprod_abm.calibration.survey_choice import Case, case_for, survey_of
from coprod_abm.calibration.wider_bank import wider_bank
from coprod_abm.experiments.calibrate_settings import as_list
from coprod_abm.experiments.compare_job import askable, folders, read
from coprod_abm.experiments.compare_parts import chances_of, kept_of
from coprod_abm.experiments.compare_settings import at_least, one_of
from coprod_abm.experiments.progress import told_progress
from coprod_abm.experiments.provenance import write_provenance
from coprod_abm.instruments import INSTRUMENTS
from coprod_abm.simulate import RunError
from coprod_abm.store_files import whole_file

PAGE, PIECE = "advice.md", "60-advice.md"
CAUTION = (
    "Gains are expected values under the model and its priors, from simulated surveys; ± is Monte Carlo error. They are "
    "lower bounds: a sharper reading of the same survey may tell more. They say nothing if none of the theories is adequate."
)
FEW = 8  # figures up to which the bound is checked by nested Monte Carlo


def advise(settings: dict[str, Any], command: list[str]) -> None:
    """Weigh further surveys and name the best set.

    Raises:
        BankError, RunError: naming value, rule and way out.
    """
    check(settings)
    place, out = folders(settings)
    bank, _ = read(place, settings["theories"])
    whole = stacked(bank)
    chances, rate = theory_chances(whole, known_figures(whole, bank, place, settings["after"]), settings, place)
    published = {(slot.measure, slot.wave) for one in bank.cases.values() for slot in one.slots}
    bank = widened(bank, whole, settings, out / "wider")
    stack = stacked(bank)
    figures = known_figures(stack, bank, place, settings["after"])
    beliefs = beliefs_of(stack, figures, chances, settings["seed"], 2 * DRAWS)
    choosing, judging = halved(beliefs)
    print(f"Weighing surveys under {len(beliefs.of)} theories ...", flush=True)
    surveys = askable(candidates(stack, respondents_of(settings), settings["each_case"]), bank)
    if not surveys:
        raise RunError(
            "A theory holds every one of these measures at an end of its scale: no survey of them can be weighed."
        )
    budget, scatter = settings["budget"], settings["scatter"]
    table = table_of(choosing, surveys, scatter)
    best = best_set(choosing, surveys, budget, settings["aim"], scatter, settings["number"])
    case = case_for(judging, best, table, surveys, budget, scatter, settings["seed"])
    write(settings, beliefs, table, case, page(settings, beliefs, table, case, rate, published), place, out)
    write_provenance(out, command, "advice.json", settings=settings)


def widened(bank: Bank, whole: Stack, settings: dict[str, Any], folder: Path) -> Bank:
    """The bank with the measures and years that are to be weighed, simulated where it lacks them."""
    if settings["measures"] == "bank" and settings["waves"] == "bank":
        return bank
    measures = measures_of(settings["measures"], bank)
    given = settings["waves"]
    waves = None if given == "all" else as_list(given) if given != "bank" else waves_of(bank)
    draws = min(settings["draws"], len(bank))
    check_draws(draws, whole, len(set(bank.theory)))
    with told_progress(len(bank.cases) * draws, "Simulating") as progress:
        return wider_bank(folder, bank, measures, waves, draws, lambda k, name: progress.part(k * draws, name))


def write(
    settings: dict[str, Any], beliefs: Beliefs, table: pd.DataFrame, case: Case, text: str, place: Path, out: Path
) -> None:
    """Tables, figures and the page."""
    out.mkdir(parents=True, exist_ok=True)
    table.to_csv(out / "surveys.csv", index=False, float_format="%.5g")
    rows = [{**each.survey._asdict(), "cost": each.survey.cost, **vars(each.worth)} for each in case.best]
    pd.DataFrame(rows).to_csv(out / "best_surveys.csv", index=False, float_format="%.5g")
    more = [{"times": times, **vars(worth)} for times, worth in case.more.items()]
    pd.DataFrame(more).to_csv(out / "more_respondents.csv", index=False, float_format="%.5g")
    if settings["figures"]:
        from coprod_abm.experiments.figure_advice import draw

        draw(table, case.best, uncertainty(beliefs), out / "figures")
    (place / "pieces").mkdir(exist_ok=True)
    for file in (out / PAGE, place / "pieces" / PIECE):
        whole_file(file, (text + "\n").encode())
    print(f"\n{text}\n\nResults: {out}.")


def respondents_of(settings: dict[str, Any]) -> list[int]:
    """The numbers of respondents to weigh."""
    return [int(each) for each in as_list(settings["respondents"])]


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
    one_of(settings, "aim", ("theory", "parameters"))
    one_of(settings, "after", ("figures", "nothing"))
    for key, least in (("classifiers", 1), ("surveys", 400), ("number", 1)):
        at_least(settings, key, least)
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


def theory_chances(
    stack: Stack, figures: Figures, settings: dict[str, Any], place: Path
) -> tuple[dict[str, float], str]:
    """Theory probabilities as `coprod compare` finds them, with the error rate in words; all alike before any figure."""
    names = stack.theories
    if not figures.fitted.any():
        return dict.fromkeys(names, 1.0 / len(names)), "Before any figure all theories are alike."
    table, tested = chances_of(stack, figures, settings, kept_of(place, names))
    chances = dict(zip(names, map(float, table.mean(axis=0)), strict=True))
    told = ", ".join(f"{name} {chance:.2f}" for name, chance in chances.items())
    return chances, f"Now: {told} (means of {len(table)} classifiers). {error_rate_told(tested, len(names))}"


def uncertainty(beliefs: Beliefs) -> float:
    """Entropy of the theory probabilities (nats): the most that any survey can tell."""
    chances = np.array(list(beliefs.probabilities.values()))
    return float(-(chances * np.log(chances)).sum())


def page(
    settings: dict[str, Any],
    beliefs: Beliefs,
    table: pd.DataFrame,
    case: Case,
    rate: str,
    published: set[tuple[str, str]],
) -> str:
    """The advice in plain language."""
    first = asked_told(survey_of(table.iloc[0].to_dict()))
    most = (
        f"The most that any survey can tell about these theories is {uncertainty(beliefs):.2f} nats, the entropy of their "
        f"probabilities now. Best single survey: {first}, {table['theory'].iloc[0]:.2f} ± {table['theory_error'].iloc[0]:.2f} "
        "nats (surveys.csv holds all)."
    )
    parts = [
        "## Which surveys would tell more",
        surveys_told(case, beliefs.probabilities, published if settings["after"] == "figures" else set()),
        decides_told(case),
        rate,
        most,
        f"Best set of at most {settings['number']} surveys and {settings['budget']:,} respondents, aimed at {settings['aim']}:",
        advice_told(case.best, uncertainty(beliefs)),
        choice_told(case),
        "The same surveys with fewer or more respondents:" if case.best else "",
        more_told(case),
        checked_told(beliefs, case.best, settings["scatter"]),
        CAUTION,
    ]
    return "\n\n".join(part for part in parts if part)


def checked_told(beliefs: Beliefs, best: Sequence[Chosen], scatter: float) -> str:
    """The bound beside nested Monte Carlo, for as many of the first surveys as have few figures."""
    few = [each for k, each in enumerate(best) if sum(len(b.survey.cases) for b in best[: k + 1]) <= FEW]
    if not few:
        return ""
    value, error = nested(beliefs, [each.survey for each in few], scatter)
    surveys = f"the first {len(few)}" if len(few) > 1 else "the first survey"
    return f"By nested Monte Carlo {surveys} would tell {value:.2f} ± {error:.2f} (bound above: {few[-1].worth.theory:.2f})."
