"""The rule by which a theory is declared: probable, ahead out of sample and passing its checks; anything less is undecided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coprod_abm.calibration.adequacy import Adequacy
from coprod_abm.calibration.posterior_check import PosteriorCheck
from coprod_abm.calibration.scores import CASE_OUT, Lead, fold_scores, lead_of

PROBABLE = 0.9
DECLARED, UNDECIDED, NONE_ADEQUATE = "declared", "undecided", "no theory adequate"


@dataclass(frozen=True)
class Verdict:
    """What the figures allow to be said about the theories.

    Attributes:
        status: ``declared``, ``undecided`` or ``no theory adequate``.
        theory: the most probable one.
        probability: its probability.
        lead: its lead over the next best theory when cases are left out; none where only one case has figures.
        against: what speaks against declaring it, as sentences.
        candidates: theories that remain: adequate, and within two standard errors of the best or at least 5 % probable.
    """

    status: str
    theory: str
    probability: float
    lead: Lead | None
    against: tuple[str, ...]
    candidates: tuple[str, ...]

    @property
    def words(self) -> str:
        """The verdict as one sentence."""
        if self.status == DECLARED:
            return f"{self.theory!r} is declared: it is probable, ahead on cases that were left out, and passes its checks."
        if self.status == NONE_ADEQUATE:
            return "No theory is adequate: figures like these would be unusual under each of them, so none is called right."
        return f"Theories: undecided. {self.theory!r} leads, but {'; '.join(self.against)}."


def verdict_of(
    probabilities: Mapping[str, float],
    scores: pd.DataFrame,
    adequacy: Mapping[str, Adequacy],
    checks: Mapping[str, PosteriorCheck],
) -> Verdict:
    """The verdict on theories from their probabilities, out-of-sample scores and checks."""
    table = fold_scores(scores[scores["is_theory"]], CASE_OUT)
    leading = max(probabilities, key=lambda name: probabilities[name])
    lead = lead_of_best(table, leading)
    against = [*_improbable(probabilities[leading]), *_not_ahead(lead), *_fails(leading, adequacy, checks)]
    status = UNDECIDED if against else DECLARED
    if not any(one.adequate for one in adequacy.values()):
        status = NONE_ADEQUATE
    remain = [name for name in probabilities if adequacy[name].adequate and _in_the_race(name, probabilities, table)]
    return Verdict(status, leading, probabilities[leading], lead, tuple(against), tuple(remain))


def lead_of_best(table: pd.DataFrame, theory: str) -> Lead | None:
    """The smallest lead of a theory over a rival, in standard errors (fold, theory); none with fewer than two folds."""
    rivals = [lead_of(table, theory, other) for other in table.columns if other != theory]
    if len(table) < 2 or not rivals:
        return None
    return min(
        rivals, key=lambda lead: lead.difference / lead.error if lead.error > 0 else np.sign(lead.difference) * np.inf
    )


def _improbable(probability: float) -> Sequence[str]:
    return [] if probability >= PROBABLE else [f"its probability is {probability:.2f} and not at least {PROBABLE}"]


def _not_ahead(lead: Lead | None) -> Sequence[str]:
    if lead is None:
        return ["only one case has figures, so that no case could be left out"]
    if lead.clear:
        return []
    by = f"difference of log scores {lead.difference:+.1f}, standard error {lead.error:.1f}"
    return [f"on cases that were left out it is not clearly ahead of {lead.second!r} ({by})"]


def _fails(theory: str, adequacy: Mapping[str, Adequacy], checks: Mapping[str, PosteriorCheck]) -> Sequence[str]:
    found = []
    if not adequacy[theory].adequate:
        found.append(
            f"figures like these are unusual under it ({adequacy[theory].farthest}: chance "
            f"{adequacy[theory].chance:.3f})"
        )
    if not checks[theory].passes:
        found.append(f"fitted, it does not give such figures back (chance {checks[theory].chance:.3f})")
    return found


def _in_the_race(name: str, probabilities: Mapping[str, float], table: pd.DataFrame) -> bool:
    best = str(table.sum().idxmax())
    near = name == best or (len(table) > 1 and not lead_of(table, best, name).clear)
    return probabilities[name] >= 0.05 or bool(near)
