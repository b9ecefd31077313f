"""The parts of a comparison in their order: classifiers, adequacy and checks, predictions; each is kept when it is done."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm import calibration
from coprod_abm.calibration.adequacy import Adequacy, usual_of
from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.bank_store import TARGETS, read_facts
from coprod_abm.calibration.baselines import BASELINES
from coprod_abm.calibration.comparison import Comparison, assembled
from coprod_abm.calibration.courses import course_of
from coprod_abm.calibration.forecasts import Forecaster, forecast_by
from coprod_abm.calibration.posterior_check import PosteriorCheck, checked
from coprod_abm.calibration.priors import hash_of
from coprod_abm.calibration.scores import case_folds, late_folds, scored_by
from coprod_abm.calibration.stacked import Figures, Stack
from coprod_abm.calibration.theory_classifier import Tested, taught
from coprod_abm.experiments.compare_kept import Kept

PLACE = "compare"
Of = Callable[[str], Forecaster]


def kept_of(place: Path, theories: tuple[str, ...]) -> Kept:
    """The finished parts of the comparison of these theories on the bank in a folder."""
    facts = read_facts(place)
    targets = (place / TARGETS).read_text(encoding="utf-8") if (place / TARGETS).exists() else ""
    rules = [file.read_text(encoding="utf-8") for file in sorted(Path(calibration.__file__).parent.glob("*.py"))]
    inputs = [rules, facts["hashes"], facts["draws"], facts["model"], facts["theories"], targets, theories]
    return Kept(place / PLACE / "parts", hash_of(inputs))


def chances_of(stack: Stack, figures: Figures, settings: Mapping[str, Any], kept: Kept) -> tuple[Array, Tested]:
    """Theory probabilities by each classifier (classifier, theory), and how the first did on surveys it had not seen."""
    found = []
    for number in range(settings["classifiers"]):
        inputs = settings["seed"] + number, settings["surveys"]
        found.append(kept.value(f"classifier-{number + 1}", inputs, partial(classified, stack, figures, *inputs)))
    first = found[0]["tested"]
    tested = Tested(**{**first, "confusion": np.array(first["confusion"])})
    return np.array([each["chances"] for each in found]), tested


def classified(stack: Stack, figures: Figures, seed: int, surveys: int) -> dict[str, Any]:
    """What one classifier says about the figures, and how it was tested."""
    classifier = taught(stack, figures.fitted, seed, surveys)
    readings = np.where(figures.fitted, figures.values, 0.0)[None]
    return {"chances": classifier.probabilities(readings)[0], "tested": asdict(classifier.tested)}


def compared_by_parts(
    stack: Stack, figures: Figures, late: Array, settings: Mapping[str, Any], kept: Kept, of: tuple[str, Of]
) -> tuple[Comparison, Tested]:
    """The comparison of the theories of a stack; ``of`` names the predictive and makes that of each theory."""
    seed, theories = settings["seed"], stack.theories
    table, tested = chances_of(stack, figures, settings, kept)
    print("Seeing whether any theory comes near the figures ...", flush=True)
    adequacy, checks = {}, {}
    for name in theories:
        own = stack.of_theory(name)
        adequacy[name] = Adequacy(**kept.value(f"adequacy-{name}", seed, partial(usualness, own, figures, seed)))
        known = kept.value(f"check-{name}", seed, partial(again, own, figures, seed))
        checks[name] = PosteriorCheck(known["chance"], np.array(known["positions"], float))
    print("Predicting cases and waves that are left out ...", flush=True)
    scores = predictions(stack, figures, late, kept, of)
    return assembled(theories, table, adequacy, checks, scores), tested


def usualness(own: Stack, figures: Figures, seed: int) -> dict[str, Any]:
    """How usual the figures are under the theory of these draws."""
    return asdict(usual_of(own, figures.fitted, seed).adequacy(figures.values))


def again(own: Stack, figures: Figures, seed: int) -> dict[str, Any]:
    """Whether the theory of these draws, fitted, gives the figures back."""
    return asdict(checked(own, figures, seed))


def predictions(stack: Stack, figures: Figures, late: Array, kept: Kept, of: tuple[str, Of]) -> pd.DataFrame:
    """Predictions of each theory and of those without a mechanism, one row per forecaster, fold and held-out figure."""
    folds = [*case_folds(stack, figures), *late_folds(stack, figures, late)]
    waves = np.flatnonzero(late).tolist()
    which, forecaster = of
    made = []
    for name in stack.theories:
        work = partial(scored_by, {name: forecaster(name)}, stack, figures, folds)
        made.append(kept.table(f"scores-{name}", [which, waves], work))
    made.append(kept.table("scores-baselines", waves, partial(scored_by, BASELINES, stack, figures, folds)))
    return pd.concat(made, ignore_index=True)


def weights_of(name: str) -> Forecaster:
    """The predictive of a theory by the weights of its draws."""
    return forecast_by(name)


def courses(stack: Stack, figures: Figures, late: Array, kept: Kept) -> pd.DataFrame:
    """What each theory, fitted to the earlier waves, expects of every published figure."""
    waves = np.flatnonzero(late).tolist()
    made = [
        kept.table(f"course-{name}", waves, partial(course_of, stack.of_theory(name), figures, late))
        for name in stack.theories
    ]
    return pd.concat(made, ignore_index=True)


def write_tables(found: Comparison, tested: Tested, out: Path) -> None:
    """Every table as CSV."""
    names = list(found.probabilities["theory"])
    found.probabilities.to_csv(out / "probabilities.csv", index=False, float_format="%.6g")
    found.scores.to_csv(out / "scores.csv", index=False, float_format="%.6g")
    confusion = pd.DataFrame(tested.confusion, pd.Index(names, name="truth"), names)
    confusion.to_csv(out / "confusion.csv", float_format="%.4f")
    pd.Series(found.weights, name="weight").rename_axis("forecaster").to_csv(out / "stacking.csv", float_format="%.6g")
    rows = [
        {"theory": name, "adequacy": one.chance, "farthest": one.farthest, "posterior_check": found.checks[name].chance}
        for name, one in found.adequacy.items()
    ]
    pd.DataFrame(rows).to_csv(out / "adequacy.csv", index=False, float_format="%.6g")
