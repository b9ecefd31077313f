"""Would the comparison say so? Surveys whose truth is known: of the theories, of one theory under two names, of none of them.

Truths are draws that took no part in teaching. A set is declared by the rule of ``verdict.py``; what is costly of it is
worked out only where the rest allows a declaration.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import Array, Bank
from coprod_abm.calibration.cloud import FEWEST, PER_PARAMETER
from coprod_abm.calibration.comparison import Judge, judge_of
from coprod_abm.calibration.posterior_check import checked
from coprod_abm.calibration.scores import case_folds, scored
from coprod_abm.calibration.stacked import Figures, Stack, stacked, surveyed
from coprod_abm.calibration.verdict import DECLARED, PROBABLE, verdict_of

OWN, CLONES, NOISE, COURSE = "a theory", "one theory, two names", "noise", "a course of its own"
AGAIN = " again"
HELD = 0.1  # share of the draws that are kept for truths
NOISE_SD, COURSE_SD = 0.5, 0.5  # logits by which outsiders leave what runs show on average


@dataclass(frozen=True)
class Outcome:
    """What was said about one set of figures.

    Attributes:
        kind, truth: what made it.
        leading: the most probable theory, and its ``probability``.
        share: of a pair of names of one theory, the probability of the first within the pair; else that of the truth.
        flagged: whether no theory was called adequate.
        declared: whether a theory was declared.
    """

    kind: str
    truth: str
    leading: str
    probability: float
    share: float
    flagged: bool
    declared: bool

    @property
    def right(self) -> bool:
        """Whether the leading theory is the true one."""
        return self.leading.removesuffix(AGAIN) == self.truth


def outcome(judge: Judge, figures: Figures, kind: str, truth: str) -> Outcome:
    """What the comparison says about one set of figures."""
    theories = judge.stack.theories
    chances = dict(zip(theories, map(float, judge.probabilities(figures).mean(axis=0)), strict=True))
    leading = max(chances, key=lambda name: chances[name])
    adequacy = {name: judge.usual[name].adequacy(figures.values) for name in theories}
    flagged = not any(one.adequate for one in adequacy.values())
    declared = False
    if not flagged and chances[leading] >= PROBABLE and adequacy[leading].adequate:
        scores = scored(judge.stack, figures, case_folds(judge.stack, figures), theories)
        checks = {name: checked(judge.stack.of_theory(name), figures, judge.seed) for name in theories}
        declared = verdict_of(chances, scores, adequacy, checks).status == DECLARED
    pair = chances.get(truth, 0.0) + chances.get(truth + AGAIN, 0.0)
    share = chances.get(truth, 0.0) / pair if truth + AGAIN in chances else chances.get(truth, float("nan"))
    return Outcome(kind, truth, leading, chances[leading], share, flagged, declared)


def own_trials(bank: Bank, figures: Figures, sets: int, seed: int, surveys: int = 20_000) -> Iterator[Outcome]:
    """Sets of figures that theories of the bank made, each as often as any other."""
    kept, truths = parted(bank, seed)
    judge = judge_of(kept, figures, seed, 2, surveys)
    stack, rng = stacked(truths), np.random.default_rng([seed, 1])
    for number in range(sets):
        name = judge.stack.theories[number % len(judge.stack.theories)]
        draw = int(rng.choice(np.flatnonzero(stack.theory == name)))
        yield outcome(judge, made_of(judge.stack, figures, surveyed(stack, [draw], rng)[0]), OWN, name)


def clone_trials(bank: Bank, figures: Figures, sets: int, seed: int, surveys: int = 20_000) -> Iterator[Outcome]:
    """Sets of figures of one theory that stands in the bank under two names, each with half of its draws.

    A second theory stands beside the pair. The first two theories of the bank with enough draws are taken.
    """
    kept, truths = parted(bank, seed)
    name, other = theories_for_clones(kept)
    theory = kept.theory.astype(object)
    own = np.flatnonzero(theory == name)
    theory[own[1::2]] = name + AGAIN
    renamed = Bank(kept.priors, kept.cases, theory.astype(str), kept.facts).of_theory(name, name + AGAIN, other)
    judge = judge_of(renamed, figures, seed, 2, surveys)
    stack, rng = stacked(truths.of_theory(name)), np.random.default_rng([seed, 2])
    for draw in rng.choice(len(stack), sets, replace=sets > len(stack)):
        yield outcome(judge, made_of(judge.stack, figures, surveyed(stack, [int(draw)], rng)[0]), CLONES, name)


def outsider_trials(bank: Bank, figures: Figures, sets: int, seed: int, surveys: int = 20_000) -> Iterator[Outcome]:
    """Sets of figures that no theory made: noise in every figure, and courses over time that follow a law of their own."""
    judge = judge_of(bank, figures, seed, 1, surveys)
    rng = np.random.default_rng([seed, 3])
    for number in range(sets):
        kind, strange = ((NOISE, noise), (COURSE, course))[number % 2]
        yield outcome(judge, made_of(judge.stack, figures, strange(judge.stack, rng)), kind, "none")


def noise(stack: Stack, rng: np.random.Generator) -> Array:
    """Readings that vary by themselves around what runs show on average (column,)."""
    return np.asarray(stack.shown.mean(axis=0) + NOISE_SD * rng.standard_normal(len(stack.spread)))


def course(stack: Stack, rng: np.random.Generator) -> Array:
    """Readings that swing from wave to wave, all measures of all cases in step, with a size of each measure's own (column,)."""
    sizes = {name: COURSE_SD * (1.0 + rng.random()) * rng.choice([-1.0, 1.0]) for name in np.unique(stack.measures)}
    turn = np.searchsorted(np.unique(stack.weeks), stack.weeks) % 2 - 0.5
    swing = np.array([sizes[name] for name in stack.measures]) * turn
    return np.asarray(stack.shown.mean(axis=0) + swing + stack.spread * rng.standard_normal(len(stack.spread)))


def made_of(stack: Stack, figures: Figures, readings: Array) -> Figures:
    """Readings in place of the published figures, with their gaps and errors."""
    return Figures(np.where(figures.fitted, readings, np.nan), stack.spread, np.zeros(len(stack.spread), bool))


def parted(bank: Bank, seed: int) -> tuple[Bank, Bank]:
    """The draws to teach on, and those kept for truths."""
    kept = np.random.default_rng([seed, 0]).random(len(bank)) >= HELD
    return bank.taken(kept), bank.taken(~kept)


def theories_for_clones(bank: Bank) -> tuple[str, str]:
    """The theory with most draws, and the next."""
    names, counts = np.unique(bank.theory, return_counts=True)
    first, second = np.argsort(-counts, kind="stable")[:2]
    return str(names[first]), str(names[second])


def least_draws(stack: Stack) -> int:
    """Draws of a theory that two names of it need."""
    return int(np.ceil(2 * max(FEWEST, PER_PARAMETER * stack.shared.shape[1]) / (1.0 - HELD) * 1.05))


def table_of_trials(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """One row per set."""
    return pd.DataFrame([{**asdict(one), "right": one.right} for one in outcomes])


def summary_of_trials(table: pd.DataFrame) -> pd.DataFrame:
    """Per kind: sets, share flagged, declared, declared wrongly, leading rightly, and the mean share of the truth."""
    rows = []
    for kind, own in table.groupby("kind", sort=False):
        wrong = own["declared"] & ~(own["right"] & (own["kind"] == OWN))
        rows.append(
            {
                "kind": kind,
                "sets": len(own),
                "flagged": own["flagged"].mean(),
                "declared": own["declared"].mean(),
                "wrongly": wrong.mean(),
                "right": own["right"].mean() if kind in (OWN, CLONES) else np.nan,
                "share": own["share"].mean(),
            }
        )
    return pd.DataFrame(rows)


def leave_out_trials(bank: Bank, figures: Figures, sets: int, seed: int) -> pd.DataFrame:
    """Each case left out and predicted from the others, for sets of known theory; one row per set.

    ``right``: the true theory predicts best; ``wrong``: another one is ahead of it by more than two standard errors;
    ``covered``: share of left-out figures within the 90 % intervals of the true theory.
    """
    from coprod_abm.calibration.scores import CASE_OUT, fold_scores, lead_of

    kept, truths = parted(bank, seed)
    stack, source = stacked(kept), stacked(truths)
    rng, rows = np.random.default_rng([seed, 4]), []
    for number in range(sets):
        truth = stack.theories[number % len(stack.theories)]
        draw = int(rng.choice(np.flatnonzero(source.theory == truth)))
        known = made_of(stack, figures, surveyed(source, [draw], rng)[0])
        scores = scored(stack, known, case_folds(stack, known), stack.theories)
        table = fold_scores(scores[scores["is_theory"]], CASE_OUT)
        best = str(table.sum().idxmax())
        inside = scores.loc[scores["forecaster"] == truth, "position"].between(0.05, 0.95).mean()
        wrong = best != truth and lead_of(table, best, truth).clear
        rows.append({"truth": truth, "best": best, "right": best == truth, "wrong": wrong, "covered": inside})
    return pd.DataFrame(rows)
