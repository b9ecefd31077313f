"""What the signatures read of each run: series every four weeks, outcomes over windows, and which series leads which."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from coprod_abm.experiments.pattern_joining import citizens_of
from coprod_abm.log import ACT
from coprod_abm.measures import NAMES
from coprod_abm.service import CITIZEN
from coprod_abm.simulate import MONTHLY, recorded
from coprod_abm.world import Array, World
from coprod_abm.year import YEAR

HALF_A_YEAR = 26
LONGEST_LAG = 6  # stops of four weeks
KEPT = (1.0 - 1.0 / YEAR) ** MONTHLY  # share of a running-year tally that four weeks leave
OF_MEMBERS = ("member_efficacy", "member_trust", "member_fairness")
SERIES = {
    "efficacy": "member_efficacy",
    "trust": "member_trust",
    "effort": "commitment",
    "fairness": "member_fairness",
    "support": "sponsor_support",
    "attended": "attendance",
    "implemented": "changes_implemented",
    "from citizens": "changes_from_citizens",
}


def life_of(world: World, seed: int, weeks: int) -> dict[str, Any]:
    """One run: its series, the state at its end, and what its records say of who came and how they talked."""
    outcome, log = recorded(world, seed, weeks)
    seen = means_of_projects(outcome.seen)
    acts, decisions = log.acts[: log.used[0]], log.decisions[: log.used[1]]

    def series(name: str) -> Array:
        return seen[:, NAMES.index(name)].copy()

    people, _ = citizens_of(outcome.world)
    seldom = people["group"] > 0
    projects = outcome.world.projects
    return {name: series(measure) for name, measure in SERIES.items()} | {
        "items": fresh(series("unique_items")),
        "attendance": fresh(series("citizen_hours")),
        "staff attendance": fresh(series("professional_hours")),
        "implementation": np.diff(series("changes_implemented"), prepend=0.0),
        "demand": 1.0 - series("time_available"),
        "inequality of talk": inequality(acts, weeks),
        "right decisions": right_decisions(decisions, projects["reality"], weeks),
        "needs met, seldom heard": 0.5
        * (seen[-1, NAMES.index("need_met_group_1")] + seen[-1, NAMES.index("need_met_group_2")]),
        "efficacy, seldom heard": float(people["efficacy"][seldom].mean() - people["efficacy"][~seldom].mean()),
        "seldom heard, of those attending": seldom_attending(acts, weeks),
    }


def means_of_projects(seen: Array) -> Array:
    """Measures by stop; what members feel is left out where a project has no citizen member."""
    known = seen.copy()
    for name in OF_MEMBERS:
        known[:, :, NAMES.index(name)] = np.where(
            seen[:, :, NAMES.index("seat_share")] > 0.0, seen[:, :, NAMES.index(name)], np.nan
        )
    return means_of_known(known, axis=1)


def fresh(tally: Array) -> Array:
    """What four weeks added to a tally that fades over a year."""
    return np.diff(tally, prepend=0.0) + (1.0 - KEPT) * np.concatenate([[0.0], tally[:-1]])


def seldom_attending(acts: Array, weeks: int) -> float:
    """Share of the seldom heard among citizens at the votes of the last year; NaN where no citizen came."""
    votes = acts[(acts["week"] > weeks - YEAR) & ((acts["act"] == ACT.support) | (acts["act"] == ACT.challenge))]
    citizens = votes[votes["role"] == CITIZEN]
    return float((citizens["group"] > 0).mean()) if len(citizens) else np.nan


def inequality(acts: Array, weeks: int) -> Array:
    """Gini coefficient of turns between those who spoke, every four weeks; NaN where nobody met."""
    talk = acts[acts["act"] <= ACT.inform_unique]
    stop = -(-talk["week"] // MONTHLY)
    counts = np.full(weeks // MONTHLY + 1, np.nan)
    for place in np.unique(stop[stop < len(counts)]):
        _, turns = np.unique(talk["speaker"][stop == place], return_counts=True)
        counts[place] = gini(turns)
    return counts


def gini(values: Array) -> float:
    """Gini coefficient of positive numbers.

    >>> float(gini(np.array([1, 1, 1]))), float(gini(np.array([0, 4])))
    (0.0, 0.5)
    """
    ranked = np.sort(values)
    n = len(ranked)
    return float((2.0 * np.arange(1, n + 1) - n - 1) @ ranked / (n * ranked.sum()))


def right_decisions(decisions: Array, reality: Array, weeks: int) -> Array:
    """Adopted changes that are right less those that are wrong, every four weeks."""
    adopted = decisions[decisions["adopted"] == 1]
    truth = reality[adopted["project"], adopted["feature"]]
    counts = np.zeros(weeks // MONTHLY + 1)
    stop = np.minimum(-(-adopted["week"] // MONTHLY), len(counts) - 1)
    np.add.at(counts, stop, np.where(adopted["value"] == truth, 1.0, -1.0))
    return counts


def outcome_of(life: dict[str, Any], outcome: str, week: int) -> float:
    """One outcome of a run for an intervention that begins in ``week``."""
    if outcome in life:
        return float(life[outcome])
    name, _, window = outcome.partition(", ")
    named = {"items pooled": "items", "attendance": "attended", "influence of citizens": "from citizens"}.get(
        name, name
    )
    series = life[named]
    begins = week // MONTHLY
    if window == "first half-year":
        return known_mean(series[begins + 1 : begins + 1 + HALF_A_YEAR // MONTHLY])
    if window == "last year":
        return known_mean(series[-YEAR // MONTHLY :])
    if named == "items":
        return float(series[begins + 1 : begins + 1 + YEAR // MONTHLY].sum())
    until = begins + YEAR // MONTHLY if window == "first year" else -1
    return float(series[until] - series[begins - 1])


def means_of_known(table: Array, axis: int) -> Array:
    """Means along an axis of what is known; NaN where nothing is."""
    known = np.isfinite(table)
    counts = known.sum(axis=axis)
    sums = np.where(known, table, 0.0).sum(axis=axis)
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))


def known_mean(values: Array) -> float:
    """The mean of what is known; NaN where nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else np.nan


def asymmetries(lives: Sequence[dict[str, Any]], first: str, second: str, sign: int) -> Array | None:
    """Per run, how far ``first`` leads ``second``; None where one of them is constant in every run.

    Both are taken after the first year as deviations from their mean trajectory over runs and from the run's own mean, so
    that neither trends nor lasting differences count.
    """
    one = deviations([life[first] for life in lives])
    other = deviations([life[second] for life in lives]) * sign
    if not moves(one) or not moves(other):
        return None
    return np.array([lead(x, y) for x, y in zip(one, other, strict=True)])


def deviations(several: Sequence[Array]) -> Array:
    """Series of all runs without their mean over runs and each run's own mean."""
    table = np.stack(several)[:, YEAR // MONTHLY + 1 :]
    table = table - means_of_known(table, axis=0)
    return np.asarray(table - means_of_known(table, axis=1)[:, None])


def moves(table: Array) -> bool:
    """Whether any run's series moves at all."""
    return bool(np.isfinite(table).any() and np.nanmax(np.abs(table)) > 1e-9)


def lead(x: Array, y: Array) -> float:
    """Mean over lags up to half a year: x now with y later given y now, less y now with x later given x now.

    Partial correlations, because plain ones are alike in both directions where a lasting x acts on y at once.
    """
    gaps = [foresight(x, y, lag) - foresight(y, x, lag) for lag in range(1, LONGEST_LAG + 1)]
    return float(np.mean(gaps))


def foresight(x: Array, y: Array, lag: int) -> float:
    """Correlation of x now with y ``lag`` stops later, given y now."""
    now, own, later = x[:-lag], y[:-lag], y[lag:]
    a, b, c = correlation(now, later), correlation(now, own), correlation(own, later)
    return (a - b * c) / float(np.sqrt(max((1.0 - b * b) * (1.0 - c * c), 1e-12)))


def correlation(x: Array, y: Array) -> float:
    """Pearson's correlation of the points that both know."""
    known = np.isfinite(x) & np.isfinite(y)
    a, b = x[known] - x[known].mean(), y[known] - y[known].mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 1e-12 else np.nan
