"""What the data taught about each parameter: how much narrower it became, or with what it trades off if it did not."""

from dataclasses import dataclass

import numpy as np

from coprod_abm.calibration.bank import Array
from coprod_abm.calibration.likelihood import Likelihood
from coprod_abm.calibration.posterior import Posterior
from coprod_abm.calibration.trust import PRIOR_SD

NOT_IDENTIFIED = "not identified"
LEARNED, PARTLY = "learned", "partly learned"
LEAST = 0.1  # contraction below which nothing was learned
MUCH = 0.5
INFORMED = 50  # draws over which information is taken
STEP = 0.02  # of a rank, for slopes
WEIGHTY = 0.2  # squared share of a parameter in a direction, from which on it is named


@dataclass(frozen=True)
class Lesson:
    """What was learned of one parameter.

    Attributes:
        parameter: its name.
        contraction: share of its prior variance that the data took away.
        label: ``learned``, ``partly learned`` or ``not identified``.
        trades_off: signed parts of the direction about which the data say nothing, where it has a weighty part in
        one; what is learned
            is what lies across it.
    """

    parameter: str
    contraction: float
    label: str
    trades_off: dict[str, float]

    def __str__(self) -> str:
        text = f"{self.parameter}: {self.label} ({self.contraction:.0%} of the prior variance is gone)"
        if len(self.trades_off) < 2:
            return text
        together = ", ".join(f"{part:+.2f} {name}" for name, part in self.trades_off.items())
        return f"{text}; nothing is learned along {together}"


def information_of(likelihood: Likelihood, posterior: Posterior) -> Array:
    """Fisher's information (parameter, parameter) of the fitted slots over draws of the posterior, in prior SDs."""
    scores = posterior.scores[:: max(1, len(posterior.scores) // INFORMED)]
    ranks, at = likelihood.parts(scores)[0], likelihood.fitted
    _, run, shared = likelihood.covariance(scores)
    same = likelihood.block[:, None] == likelihood.block
    whole = run + np.where(same, shared[:, likelihood.block][:, None, :], 0.0)
    weights = np.linalg.inv(whole[:, at][:, :, at])
    slopes = []
    for parameter in range(ranks.shape[1]):
        ends = [np.clip(ranks + way * STEP * (np.arange(ranks.shape[1]) == parameter), 0.0, 1.0) for way in (-1, 1)]
        low, high = (likelihood.emulator.predict(end)[0][:, at] for end in ends)
        slopes.append(PRIOR_SD * (high - low) / (ends[1] - ends[0])[:, [parameter]])
    pull = np.stack(slopes, axis=1)
    return (pull @ weights @ np.swapaxes(pull, 1, 2)).mean(axis=0)


def lessons(posterior: Posterior, information: Array | None = None) -> list[Lesson]:
    """What was learned of each parameter of a posterior.

    A parameter is not identified if its own variance hardly shrank, or if it has a weighty part in a direction along
    which the variance of all parameters together hardly shrank or the data have hardly any information: two that trade
    off exactly can each become narrower only because both have bounds.
    """
    scaled = (posterior.ranks - 0.5) / PRIOR_SD
    contraction = 1.0 - scaled.var(axis=0)
    sizes, directions = np.linalg.eigh(np.cov(scaled.T))
    loose = [directions[:, at] for at in range(len(sizes)) if sizes[at] > 1.0 - LEAST]
    if information is not None:
        told, across = np.linalg.eigh(information)
        loose += [across[:, at] for at in range(len(told)) if 1.0 / (1.0 + told[at]) > 1.0 - LEAST]
    return [lesson(posterior.parameters, at, float(contraction[at]), loose) for at in range(len(contraction))]


def lesson(names: tuple[str, ...], at: int, contraction: float, loose: list[Array]) -> Lesson:
    """What was learned of one parameter, with the loose direction in which it weighs most."""
    direction = max(loose, key=lambda one: abs(one[at]), default=np.zeros(len(names)))
    weighty = direction[at] ** 2 >= WEIGHTY
    together = {name: round(float(part), 3) for name, part in zip(names, direction, strict=True) if part**2 >= WEIGHTY}
    if contraction < LEAST or weighty:
        return Lesson(names[at], contraction, NOT_IDENTIFIED, together if weighty else {names[at]: 1.0})
    return Lesson(names[at], contraction, LEARNED if contraction >= MUCH else PARTLY, {})
