"""The comparison of theories: what is prepared once from a bank, and what is then said about any set of figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coprod_abm.calibration.adequacy import Adequacy, Usual, usual_of
from coprod_abm.calibration.bank import Array, Bank, Observed, check_seeds
from coprod_abm.calibration.posterior_check import PosteriorCheck, checked
from coprod_abm.calibration.scores import CASE_OUT, case_folds, fold_scores, late_columns, late_folds, scored, stacking
from coprod_abm.calibration.stacked import Figures, Stack, figures_of, stacked
from coprod_abm.calibration.theory_classifier import Tested, TheoryClassifier, taught
from coprod_abm.calibration.verdict import Verdict, verdict_of


@dataclass(frozen=True)
class Judge:
    """What depends on the bank and on which figures exist, but not on their values.

    Attributes:
        stack: the bank.
        columns: mask of the figures that exist.
        classifiers: taught on different splits; their spread is the uncertainty of theory probabilities.
        usual: what is usual under each theory.
        seed: of everything drawn.
    """

    stack: Stack
    columns: Array
    classifiers: tuple[TheoryClassifier, ...]
    usual: Mapping[str, Usual]
    seed: int

    @property
    def tested(self) -> Tested:
        """Performance of the first classifier on surveys it had not seen."""
        return self.classifiers[0].tested

    def probabilities(self, figures: Figures) -> Array:
        """Theory probabilities by each classifier (classifier, theory)."""
        readings = np.where(self.columns, figures.values, 0.0)[None]
        return np.vstack([each.probabilities(readings) for each in self.classifiers])


@dataclass(frozen=True)
class Comparison:
    """What was found about one set of figures.

    Attributes:
        probabilities: theory, probability, low and high over classifiers.
        adequacy, checks: of each theory.
        scores: out-of-sample predictions, one row per forecaster, fold and figure.
        weights: stacking weights of theories and baselines when cases are left out.
        verdict: what may be said.
    """

    probabilities: pd.DataFrame
    adequacy: Mapping[str, Adequacy]
    checks: Mapping[str, PosteriorCheck]
    scores: pd.DataFrame
    weights: Mapping[str, float]
    verdict: Verdict


def judge_of(bank: Bank, figures: Figures, seed: int, classifiers: int = 5, surveys: int = 20_000) -> Judge:
    """Prepare the comparison; of ``figures`` only which exist matters.

    Raises:
        BankError: when the bank has few seeds, few draws, or one theory.
    """
    check_seeds(bank)
    stack = stacked(bank)
    columns = figures.fitted
    found = tuple(taught(stack, columns, seed + number, surveys) for number in range(classifiers))
    usual = {name: usual_of(stack.of_theory(name), columns, seed) for name in stack.theories}
    return Judge(stack, columns, found, usual, seed)


def compared(judge: Judge, figures: Figures, late: Sequence[str] | None = ()) -> Comparison:
    """The comparison of theories on one set of figures; ``late`` names the waves of the late task, null lets it choose them."""
    stack, theories = judge.stack, judge.stack.theories
    table = judge.probabilities(figures)
    folds = case_folds(stack, figures)
    chosen = late_columns(stack, figures, late)
    scores = scored(stack, figures, [*folds, *late_folds(stack, figures, chosen)], theories)
    adequacy = {name: judge.usual[name].adequacy(figures.values) for name in theories}
    checks = {name: checked(stack.of_theory(name), figures, judge.seed) for name in theories}
    return assembled(theories, table, adequacy, checks, scores)


def assembled(
    theories: Sequence[str],
    table: Array,
    adequacy: Mapping[str, Adequacy],
    checks: Mapping[str, PosteriorCheck],
    scores: pd.DataFrame,
) -> Comparison:
    """The comparison from its parts; ``table`` holds theory probabilities by each classifier (classifier, theory)."""
    means = table.mean(axis=0)
    shown = pd.DataFrame(
        {"theory": theories, "probability": means, "low": table.min(axis=0), "high": table.max(axis=0)}
    )
    chances = dict(zip(theories, map(float, means), strict=True))
    weights = stacking(fold_scores(scores, CASE_OUT))
    return Comparison(shown, adequacy, checks, scores, weights, verdict_of(chances, scores, adequacy, checks))


def comparison_of(bank: Bank, observed: Mapping[str, Observed], seed: int) -> tuple[Judge, Comparison]:
    """Prepare and compare at once."""
    figures = figures_of(stacked(bank), observed)
    judge = judge_of(bank, figures, seed)
    return judge, compared(judge, figures, late=None)
