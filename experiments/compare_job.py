"""The work of `coprod compare`: theories weighed on the bank and kept as tables, figures and a page in plain language."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from coprod_abm.calibration.advice import Survey, Worth, candidates
from coprod_abm.calibration.bank import Bank, BankError, check_seeds
from coprod_abm.calibration.bank_store import read_bank, read_observed
from coprod_abm.calibration.beliefs import beliefs_of
from coprod_abm.calibration.best_surveys import Chosen, best_set
from coprod_abm.calibration.comparison import Comparison
from coprod_abm.calibration.comparison_report import courses_told, told
from coprod_abm.calibration.prior_predictive import at_the_edge, without_edges
from coprod_abm.calibration.priors import hash_of
from coprod_abm.calibration.scores import late_columns
from coprod_abm.calibration.stacked import Figures, Stack, figures_of, stacked
from coprod_abm.calibration.verdict import UNDECIDED
from coprod_abm.experiments.calibrate_plan import Calibration
from coprod_abm.experiments.calibrate_settings import as_list
from coprod_abm.experiments.compare_further import further
from coprod_abm.experiments.compare_kept import Kept, plain
from coprod_abm.experiments.compare_parts import (
    PLACE,
    Of,
    compared_by_parts,
    courses,
    kept_of,
    weights_of,
    write_tables,
)
from coprod_abm.experiments.compare_settings import CompareSettings, at_least, named_theories, one_of
from coprod_abm.experiments.provenance import provenance
from coprod_abm.store_files import whole_file

WEIGHTS, EMULATED = "weights", "emulated"
MOST = 3  # surveys that are named where nothing is decided
RESPONDENTS, CELLS = 400, 40  # the set that is named where nothing is decided: respondents in a case, cases and waves
PAGE, PIECE = "theories.md", "50-theories.md"
FOUND = "comparison.json"


def compare(settings: dict[str, Any], command: list[str]) -> None:
    """Compare the theories of a bank, and print the page of results.

    Raises:
        BankError, RunError: naming value, rule and way out.
    """
    _, out, is_new = compared_in(settings, command)
    print((out / PAGE).read_text(encoding="utf-8"))
    print(f"Results: {out}." if is_new else f"From the same inputs as before, in {out}.")


def compared_in(settings: dict[str, Any], command: list[str]) -> tuple[str, Path, bool]:
    """The verdict in words, the folder of all results, and whether they are new: what is there is not computed again."""
    check(settings)
    place, out = folders(settings)
    key = key_of(place, settings)
    if (before := finished(out, key)) is not None:
        return str(before["verdict"]["words"]), out, False
    bank, figures = read(place, settings["theories"])
    stack = stacked(bank)
    kept = kept_of(place, stack.theories)
    late = late_columns(stack, figures, None if settings["late"] == "auto" else as_list(settings["late"]))
    print(f"Teaching {settings['classifiers']} classifiers of {len(stack.theories)} theories ...", flush=True)
    found, tested = compared_by_parts(stack, figures, late, settings, kept, predictive(settings, bank, place))
    best = deciding(stack, figures, found, bank, settings, kept)
    shown = courses(stack, figures, late, kept)
    out.mkdir(parents=True, exist_ok=True)
    page = [told(found, tested, best), courses_told(shown), *further(stack, figures, found, settings, out, kept)]
    write_tables(found, tested, out)
    shown.to_csv(out / "fit.csv", index=False, float_format="%.6g")
    write_page("\n\n".join(page), out, place)
    if settings["figures"]:
        from coprod_abm.experiments.figure_compare import draw
        from coprod_abm.experiments.figure_theory_fit import draw_fits

        draw(found, tested, stack.theories, out / "figures")
        draw_fits(shown, found.probabilities, out / "figures")
    verdict = {**asdict(found.verdict), "words": found.verdict.words}
    known = {
        "key": key,
        "verdict": verdict,
        "probabilities": dict(zip(found.probabilities["theory"], found.probabilities["probability"], strict=True)),
        "tested": asdict(tested),
        "settings": settings,
        **provenance(command),
    }
    whole_file(out / FOUND, (json.dumps(plain(known), indent=1) + "\n").encode())
    return found.verdict.words, out, True


def check(settings: Mapping[str, Any]) -> None:
    """Refuse numbers and choices that mean nothing.

    Raises:
        RunError: naming key, value and rule.
    """
    for key, least in (("classifiers", 1), ("surveys", 400), ("partnerships", 0)):
        at_least(settings, key, least)
    one_of(settings, "predictive", (WEIGHTS, EMULATED))


def finished(out: Path, key: str) -> dict[str, Any] | None:
    """What a finished comparison of the same inputs found; none where there is none."""
    try:
        known = json.loads((out / FOUND).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return dict(known) if known.get("key") == key and (out / PAGE).exists() else None


def predictive(settings: Mapping[str, Any], bank: Bank, place: Path) -> tuple[str, Of]:
    """The name of what predicts left-out figures, and the maker of a theory's."""
    if settings["predictive"] == WEIGHTS:
        return WEIGHTS, weights_of
    from coprod_abm.calibration.emulated_forecast import emulated_forecast_by

    emulators = place / PLACE / "emulators"
    return EMULATED, lambda name: emulated_forecast_by(name, bank, emulators, settings["seed"])


def compare_stage(plan: Calibration) -> str:
    """The last stage of a calibration: rival theories, where its bank holds more than one and enough draws of each."""
    if len(plan.bank.theories) < 2:
        return "left out: the bank holds one theory"
    own = {each.name: each.default for each in fields(CompareSettings) if each.name != "defaults"}
    settings = {**own, "bank": str(plan.out), "seed": plan.seed, "figures": bool(plan.settings["figures"])}
    try:
        return compared_in(settings, list(plan.command))[0]
    except BankError as error:
        return f"left out: {error}"


def deciding(
    stack: Stack, figures: Figures, found: Comparison, bank: Bank, settings: Mapping[str, Any], kept: Kept
) -> list[Chosen]:
    """The surveys of what the bank holds that would tell most about undecided theories; none where nothing is undecided."""
    if found.verdict.status != UNDECIDED:
        return []
    print("Weighing which survey would decide ...", flush=True)
    chances = dict(zip(found.probabilities["theory"], map(float, found.probabilities["probability"]), strict=True))

    def best() -> list[Any]:
        beliefs = beliefs_of(stack, figures, chances, settings["seed"])
        surveys = askable(candidates(stack, [RESPONDENTS]), bank)
        return [
            [each.survey._asdict(), vars(each.worth)]
            for each in best_set(beliefs, surveys, RESPONDENTS * CELLS, number=MOST)
        ]

    known = kept.value("deciding", [chances, settings["seed"]], best)
    return [Chosen(Survey(**{**one, "cases": tuple(one["cases"])}), Worth(**worth)) for one, worth in known]


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
    shown = {name: value for name, value in settings.items() if name not in ("out", "bank")}
    own = sorted(Path(__file__).parent.glob("*compare*.py"))
    return hash_of([kept_of(place, ()).key, shown, [file.read_text(encoding="utf-8") for file in own]])


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


def write_page(text: str, out: Path, place: Path) -> None:
    """The page of results, and the same as a piece of the calibration's report."""
    whole_file(out / PAGE, (text + "\n").encode())
    (place / "pieces").mkdir(exist_ok=True)
    whole_file(place / "pieces" / PIECE, (text + "\n").encode())
