"""What all cases together taught about each parameter: shared ones, those of a country, and each case's own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import Array, Estimated
from coprod_abm.calibration.coordinates import rank_of, ranks_of_scores, scores_of, theta_of, value_of
from coprod_abm.calibration.drawn_scores import every_score
from coprod_abm.calibration.hierarchy import HierarchicalPosterior
from coprod_abm.calibration.identified import information_of, lessons
from coprod_abm.calibration.posterior import Posterior
from coprod_abm.calibration.trust import GOOD_COVERAGE, NOMINAL, band

SHARES = (0.05, 0.5, 0.95)
TOO_NARROW = "Where the truth is known, joint intervals of all cases held it too seldom"
NOT_TRIED = "Whether joint intervals of all cases hold what they claim was not tried: take them for less sure."
EXCEEDS = "model error exceeds signal"


def learned_together(found: HierarchicalPosterior, priors: Sequence[Estimated]) -> pd.DataFrame:
    """One row per parameter and owner (everybody, a country, a case), with prior, posterior and what was learned.

    Columns: ``parameter, owner, level, prior_q05, prior_q50, prior_q95, q05, q50, q95, contraction, label, text``.
    """
    names, owners, known = labelled(found, priors)
    scores = every_score(found.tree["posterior"].to_dataset())
    whole = Posterior("all", "hierarchy", names, known, theta_of(known, ranks_of_scores(scores)))
    told = lessons(whole, information_together(found))
    middle = np.quantile(whole.draws, SHARES, axis=0)
    before = np.array([value_of(one, np.array(SHARES)) for one in known]).T
    rows = [
        {
            "parameter": known[at].name,
            "owner": owners[at],
            "level": known[at].level,
            **{f"prior_{label}": before[row, at] for row, label in enumerate(("q05", "q50", "q95"))},
            **{label: middle[row, at] for row, label in enumerate(("q05", "q50", "q95"))},
            "contraction": one.contraction,
            "label": one.label,
            "text": str(one),
        }
        for at, one in enumerate(told)
    ]
    return pd.DataFrame(rows)[[is_used(found, row["parameter"], row["owner"]) for row in rows]].reset_index(drop=True)


def labelled(
    found: HierarchicalPosterior, priors: Sequence[Estimated]
) -> tuple[tuple[str, ...], list[str], tuple[Estimated, ...]]:
    """Names, owners and priors in the order of the vector of all scores."""
    places, by_name = found.places, {one.name: one for one in priors}
    pairs = [(name, "") for name in places.shared]
    pairs += [(name, country) for country in places.countries for name in places.country]
    pairs += [(name, case) for case in places.cases for name in places.own]
    names = tuple(f"{name} of {owner}" if owner else name for name, owner in pairs)
    return names, [owner for _, owner in pairs], tuple(by_name[name] for name, _ in pairs)


def is_used(found: HierarchicalPosterior, parameter: str, owner: str) -> bool:
    """Whether any case of an owner has a parameter: a country need not use each instrument."""
    return any(
        parameter in one.emulator.parameters
        for case, one in found.likelihoods.items()
        if owner in ("", case, found.places.country_of[case])
    )


def information_together(found: HierarchicalPosterior) -> Array:
    """Fisher's information of all fitted slots (parameter, parameter), in prior SDs."""
    whole = np.zeros((found.places.scores, found.places.scores))
    for case, likelihood in found.likelihoods.items():
        if likelihood.observed.fitted.any():
            at = found.places.scores_at(case, likelihood.emulator.parameters)
            whole[np.ix_(at, at)] += information_of(likelihood, found.pooled[case])
    return whole


def joint_words(joint: pd.DataFrame) -> str:
    """Whether intervals of all cases together held known truths, as `joint_trial.joint_coverage` found it."""
    levels = joint[joint["parameter"] == "all"] if len(joint) else joint
    if levels.empty:
        return NOT_TRIED
    rows: list[Any] = list(levels.itertuples())
    names = {"shared": "shared parameters", "country": "those of a country", "case": "cases' own"}
    shares = ", ".join(
        f"{row.coverage_90:.0%} for {names[row.level]} ({row.low:.0%} to {row.high:.0%})" for row in rows
    )
    narrow = [row for row in rows if factor_of_level(row) > 1.0]
    said = f"{shares}, in {int(rows[0].sets)} data sets of all cases with known truth"
    if not narrow:
        return f"Joint intervals of 90 % held the truth in {said}."
    wider = ", ".join(
        f"those for {names[row.level]} are {row.widen_by:.2f} times as wide or more, which holds {row.coverage_widened:.0%}"
        for row in narrow
    )
    return f"{TOO_NARROW}: {said}. Widened by what such sets demand, {wider}."


def factor_of_level(row: Any) -> float:
    """By how much the joint intervals of a level widen: not at all where they hold the truth as often as they must."""
    return float(row.widen_by) if row.coverage_90 < GOOD_COVERAGE[0] or row.high < NOMINAL else 1.0


def widened(
    learned: pd.DataFrame, coverage: pd.DataFrame, priors: Sequence[Estimated], joint: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The table with intervals as wide as data sets with known truth demand: ``widen_by``, ``wide_q05``, ``wide_q95``.

    An interval is widened about its middle, on the scale on which the prior is standard normal: by what ``joint`` trials
    of all cases demand of its level, or where there are none, where the intervals of its parameter in single cases
    held the truth less often than chance allows or than in 85 %.
    """
    by_name = {one.name: one for one in priors}
    judged: list[Any] = list(coverage.itertuples())
    factors = {
        row.parameter: float(row.widen_by) if row.coverage_90 < max(band(int(row.sets))[0], GOOD_COVERAGE[0]) else 1.0
        for row in judged
    }
    of_parameter = [factors.get(name, 1.0) for name in learned["parameter"]]
    if joint is not None and len(joint):
        tried: list[Any] = list(joint.itertuples())
        narrow = {row.level for row in tried if row.parameter == "all" and factor_of_level(row) > 1.0}
        own = {row.parameter: float(row.widen_by) for row in tried if row.level in narrow}
        of_parameter = [own.get(name, 1.0) for name in learned["parameter"]]
    found = learned.assign(widen_by=of_parameter)
    rows: list[Any] = list(found.itertuples())
    for end in ("q05", "q95"):
        found[f"wide_{end}"] = [moved(by_name[row.parameter], row.q50, getattr(row, end), row.widen_by) for row in rows]
    return found


def moved(prior: Estimated, middle: float, end: float, factor: float) -> float:
    """An end of an interval, so many times as far from its middle in scores."""
    if factor == 1.0:
        return end
    scores = scores_of(np.array([rank_of(prior, np.array(value)) for value in (middle, end)]))
    return float(value_of(prior, ranks_of_scores(scores[0] + factor * (scores[1] - scores[0]))))


def errors_of_model(found: HierarchicalPosterior) -> pd.DataFrame:
    """For each measure the SD of the model's error, and of what differs between the published cases of a country.

    Columns: ``measure, q05, q50, q95, signal, verdict``: SDs on the scale of comparison. ``model error exceeds signal`` is
    said where the middle of the first is larger than the second; nothing where a measure is published for one case only.
    """
    drawn = found.tree["posterior"].to_dataset()
    rows = []
    for measure in found.places.measures if "discrepancy" in drawn else ():
        low, middle, high = np.quantile(drawn["discrepancy"].sel(measure=measure).values, SHARES)
        signal = signal_of(found, measure)
        verdict = EXCEEDS if middle > signal else ""
        rows.append((measure, low, middle, high, signal, verdict))
    return pd.DataFrame(rows, columns=["measure", "q05", "q50", "q95", "signal", "verdict"])


def signal_of(found: HierarchicalPosterior, measure: str) -> float:
    """SD of the mean fitted reading of a measure between the cases of a country; NaN where no country has two cases.

    Levels of countries say nothing, since instruments are offset; the error of observation is taken off.
    """
    apart: list[float] = []
    noise: list[float] = []
    for country in found.places.countries:
        means = []
        for case, likelihood in found.likelihoods.items():
            one = likelihood.observed
            own = one.fitted & np.array([slot.measure == measure for slot in one.slots])
            if found.places.country_of[case] == country and own.any():
                means.append((one.values[own].mean(), np.square(one.spread[own]).mean() / own.sum()))
        if len(means) > 1:
            values = np.array([value for value, _ in means])
            apart += ((values - values.mean()) * np.sqrt(len(values) / (len(values) - 1))).tolist()
            noise += [error for _, error in means]
    return float(np.sqrt(max(np.mean(np.square(apart)) - np.mean(noise), 0.0))) if apart else float("nan")
