"""The work of `coprod compare`: theories weighed on the bank and kept as tables, figures and a page in plain language."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm import calibration
from coprod_abm.calibration.advice import Survey, candidates
from coprod_abm.calibration.bank import Bank, BankError, check_seeds
from coprod_abm.calibration.bank_store import TARGETS, read_bank, read_facts, read_observed
from coprod_abm.calibration.beliefs import beliefs_of
from coprod_abm.calibration.best_surveys import Chosen, best_set
from coprod_abm.calibration.comparison import Comparison, Judge, compared, judge_of
from coprod_abm.calibration.comparison_report import model_error_told, told
from coprod_abm.calibration.equifinality import settings_alike
from coprod_abm.calibration.partnerships import compared_correlations, correlations_told, simulated_partnerships
from coprod_abm.calibration.posterior_check import model_errors
from coprod_abm.calibration.prior_predictive import at_the_edge, without_edges
from coprod_abm.calibration.priors import hash_of
from coprod_abm.calibration.stacked import Figures, Stack, figures_of, stacked
from coprod_abm.calibration.verdict import UNDECIDED
from coprod_abm.experiments.calibrate_settings import as_list
from coprod_abm.experiments.compare_settings import at_least, named_theories
from coprod_abm.experiments.provenance import provenance
from coprod_abm.store_files import whole_file

RESPONDENTS, CELLS = 400, 40  # the set that is named where nothing is decided: respondents in a case, cases and waves
PAGE, PIECE = "theories.md", "50-theories.md"
FOUND = "comparison.json"


def compare(settings: dict[str, Any], command: list[str]) -> None:
    """Compare the theories of a bank; what is there from the same inputs is not computed again.

    Raises:
        BankError, RunError: naming value, rule and way out.
    """
    for key, least in (("classifiers", 1), ("surveys", 400), ("partnerships", 0)):
        at_least(settings, key, least)
    place, out = folders(settings)
    key = key_of(place, settings)
    if (out / FOUND).exists() and json.loads((out / FOUND).read_text(encoding="utf-8")).get("key") == key:
        print((out / PAGE).read_text(encoding="utf-8"))
        print(f"From the same inputs as before, in {out}.")
        return
    bank, figures = read(place, settings["theories"])
    print(f"Teaching {settings['classifiers']} classifiers of {len(set(bank.theory))} theories ...", flush=True)
    judge = judge_of(bank, figures, settings["seed"], settings["classifiers"], settings["surveys"])
    print("Predicting cases and waves that are left out ...", flush=True)
    late = None if settings["late"] == "auto" else as_list(settings["late"])
    found = compared(judge, figures, late)
    page = [
        told(found, judge.tested, deciding(judge, figures, found, bank)),
        *further(judge, figures, found, settings, out),
    ]
    out.mkdir(parents=True, exist_ok=True)
    write_tables(found, judge, out)
    write_page("\n\n".join(page), out, place)
    if settings["figures"]:
        from coprod_abm.experiments.figure_compare import draw

        draw(found, judge.tested, judge.stack.theories, out / "figures")
    verdict = {**asdict(found.verdict), "words": found.verdict.words}
    known = {
        "key": key,
        "verdict": verdict,
        "tested": _plain(asdict(judge.tested)),
        "settings": settings,
        **provenance(command),
    }
    whole_file(out / FOUND, (json.dumps(known, indent=1, default=_plain) + "\n").encode())
    print("\n".join(page))
    print(f"\nResults: {out}.")


def deciding(judge: Judge, figures: Figures, found: Comparison, bank: Bank) -> list[Chosen]:
    """The surveys of what the bank holds that would tell most about undecided theories; none where nothing is undecided."""
    if found.verdict.status != UNDECIDED:
        return []
    print("Weighing which survey would decide ...", flush=True)
    chances = dict(zip(found.probabilities["theory"], map(float, found.probabilities["probability"]), strict=True))
    beliefs = beliefs_of(judge.stack, figures, chances, judge.seed)
    return best_set(beliefs, askable(candidates(judge.stack, [RESPONDENTS]), bank), RESPONDENTS * CELLS)


def askable(surveys: list[Survey], bank: Bank) -> list[Survey]:
    """Surveys of measures that no theory holds at an end of their scale in any of the cases."""
    edges = at_the_edge(bank)
    cut = set(zip(edges["case"], edges["measure"], strict=True))
    return [one for one in surveys if not any((case, one.measure) in cut for case in one.cases)]


def folders(settings: Mapping[str, Any]) -> tuple[Path, Path]:
    """The folder of the bank and that of the results."""
    place = Path(str(settings["bank"]))
    return place, Path(settings["out"]) if settings["out"] else place / "compare"


def key_of(place: Path, settings: Mapping[str, Any]) -> str:
    """A hash of all that the results depend on, the rules of the comparison included."""
    facts = read_facts(place)
    shown = {name: value for name, value in settings.items() if name not in ("out", "bank")}
    targets = (place / TARGETS).read_text(encoding="utf-8") if (place / TARGETS).exists() else ""
    rules = [
        file.read_text(encoding="utf-8")
        for file in [*sorted(Path(calibration.__file__).parent.glob("*.py")), Path(__file__)]
    ]
    return hash_of([rules, facts["hashes"], facts["draws"], facts["model"], facts["theories"], targets, shown])


def read(place: Path, theories: Any) -> tuple[Bank, Figures]:
    """The draws of the chosen theories, and the published figures beside them.

    Measures that one of the theories holds at an end of their scale are left out: they would decide without a fit.

    Raises:
        BankError: when no figure is fitted.
    """
    bank = read_bank(place)
    bank = bank.of_theory(*named_theories(theories, list(dict.fromkeys(map(str, bank.theory)))))
    check_seeds(bank)
    figures = figures_of(stacked(bank), without_edges(bank, read_observed(place)))
    if not figures.fitted.any():
        raise BankError(f"{place} has no figure that is fitted: there is nothing to compare theories on.")
    return bank, figures


def further(judge: Judge, figures: Figures, found: Comparison, settings: Mapping[str, Any], out: Path) -> list[str]:
    """Model errors, settings that fit alike and correlations of partnerships: their tables, and what they say."""
    out.mkdir(parents=True, exist_ok=True)
    leading = judge.stack.of_theory(found.verdict.theory)
    errors = model_errors(leading, figures)
    pd.DataFrame.from_dict(errors, orient="index", columns=["model_error", "upper", "between_cases"]).rename_axis(
        "measure"
    ).to_csv(out / "model_errors.csv", float_format="%.4g")
    alike = pd.concat(
        [settings_alike(judge.stack.of_theory(name), figures, settings["seed"]) for name in judge.stack.theories]
    )
    alike.to_csv(out / "settings_alike.csv", index=False, float_format="%.4g")
    pieces = [model_error_told(errors), _alike_told(alike, leading)]
    if settings["partnerships"]:
        from coprod_abm.experiments.study import reference_case

        pairs = compared_correlations(
            simulated_partnerships(reference_case(), settings["partnerships"], settings["seed"])
        )
        pairs.to_csv(out / "partnership_correlations.csv", index=False, float_format="%.3f")
        pieces += ["### Correlations across partnerships", correlations_told(pairs)]
    return pieces


def _alike_told(alike: pd.DataFrame, leading: Stack) -> str:
    own = alike[alike["theory"] == leading.theories[0]]
    return (
        f"### Settings that fit alike\n\n{len(own)} settings of {leading.theories[0]} fit the figures at least as well "
        f"as its typical draw after "
        f"them, and the nearest two of these are {own['apart'].min():.2f} times as far apart as two draws of the prior "
        f"are "
        "(settings_alike.csv). A good fit is no evidence of a right parameter."
    )


def write_tables(found: Comparison, judge: Judge, out: Path) -> None:
    """Every table as CSV."""
    names = list(judge.stack.theories)
    found.probabilities.to_csv(out / "probabilities.csv", index=False, float_format="%.6g")
    found.scores.to_csv(out / "scores.csv", index=False, float_format="%.6g")
    confusion = pd.DataFrame(judge.tested.confusion, pd.Index(names, name="truth"), names)
    confusion.to_csv(out / "confusion.csv", float_format="%.4f")
    pd.Series(found.weights, name="weight").rename_axis("forecaster").to_csv(out / "stacking.csv", float_format="%.6g")
    rows = [
        {"theory": name, "adequacy": one.chance, "farthest": one.farthest, "posterior_check": found.checks[name].chance}
        for name, one in found.adequacy.items()
    ]
    pd.DataFrame(rows).to_csv(out / "adequacy.csv", index=False, float_format="%.6g")


def write_page(text: str, out: Path, place: Path) -> None:
    """The page of results, and the same as a piece of the calibration's report."""
    whole_file(out / PAGE, (text + "\n").encode())
    (place / "pieces").mkdir(exist_ok=True)
    whole_file(place / "pieces" / PIECE, (text + "\n").encode())


def _plain(value: Any) -> Any:
    """Numbers and tables as JSON takes them."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    convert: Callable[[Any], Any] = lambda one: one.tolist() if isinstance(one, (np.ndarray, np.generic)) else one  # noqa: E731
    return convert(value)
