"""The posterior by random forests: one forest a parameter, whose leaves say which draws of the bank resemble the data.

ABC random forests (Raynal and others 2019, doi 10.1093/bioinformatics/bty867). Marginal posteriors only: each
parameter's draws are its own, so correlations between parameters are lost.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from coprod_abm.calibration.bank import Array, Bank, Estimated, Observed
from coprod_abm.calibration.coordinates import priors_of, ranks_of_scores, theta_of
from coprod_abm.calibration.likelihood import Errors
from coprod_abm.calibration.posterior import Posterior
from coprod_abm.calibration.summaries import surveyed

TREES, SMALLEST_LEAF = 120, 5
MOST_DRAWS = 20_000
SAMPLES = 1_000


@dataclass(frozen=True)
class Forest:
    """Forests grown for one case and one set of fitted slots.

    Attributes:
        case, parameters, priors: what they are for.
        scores: of the draws they grew on (draw, parameter).
        trees: one forest a parameter.
        leaves: in which leaf of each tree each draw lies, for each parameter (draw, tree).
    """

    case: str
    parameters: tuple[str, ...]
    priors: tuple[Estimated, ...]
    scores: Array
    trees: tuple[Any, ...]
    leaves: tuple[Array, ...]

    def posterior(self, observed: Observed, seed: int = 0) -> Posterior:
        """The posterior of a data set of this case."""
        rng = np.random.default_rng([seed, 7])
        target = observed.values[observed.fitted][None]
        columns, effective = [], []
        for at, forest in enumerate(self.trees):
            weights = self.weights(at, forest.apply(target)[0])
            columns.append(self.scores[rng.choice(len(weights), SAMPLES, p=weights), at])
            effective.append(1.0 / (weights**2).sum())
        draws = theta_of(self.priors, ranks_of_scores(np.column_stack(columns)))
        told = MappingProxyType({"effective_draws": min(effective)})
        return Posterior(self.case, "forest", self.parameters, self.priors, draws, diagnostics=told)

    def weights(self, at: int, leaves: Array) -> Array:
        """How much each draw resembles data that fall into these leaves (draw,)."""
        beside = self.leaves[at] == leaves
        return (beside / beside.sum(axis=0)).mean(axis=1)


def grow(bank: Bank, observed: Observed, errors: Errors, seed: int = 0) -> Forest:
    """Forests for one case, its fitted slots and its errors of observation; they serve every data set of that kind."""
    from sklearn.ensemble import RandomForestRegressor

    scores, shown = surveyed(bank, observed, errors, np.random.default_rng([seed, 6]))
    scores, shown = scores[:MOST_DRAWS], shown[:MOST_DRAWS]
    trees = []
    for at in range(scores.shape[1]):
        forest = RandomForestRegressor(TREES, min_samples_leaf=SMALLEST_LEAF, max_features=0.34, random_state=seed + at)
        trees.append(forest.fit(shown, scores[:, at]))
    leaves = tuple(forest.apply(shown) for forest in trees)
    parameters = bank.cases[observed.case].parameters
    return Forest(observed.case, parameters, priors_of(bank.priors, parameters), scores, tuple(trees), leaves)


def grown(bank: Bank, observed: Observed, errors: Errors, seed: int = 0) -> Posterior:
    """The posterior by forests grown for this data set."""
    return grow(bank, observed, errors, seed).posterior(observed, seed)
