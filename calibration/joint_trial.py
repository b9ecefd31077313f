"""Whether intervals of all cases together hold what they claim: data sets of all cases whose truth is known.

Each is fitted by the quick chain; rows are written as they come, so that a trial goes on where it was stopped. Intervals
widen by what the sets demand of their level, or of their parameter where this is more; what that gives is tried on
sets that the factors were not learned from.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest, norm

from coprod_abm.calibration.bank import Array, Bank, Observed
from coprod_abm.calibration.coordinates import priors_of, ranks_of, ranks_of_scores, scores_of
from coprod_abm.calibration.emulator import Emulator
from coprod_abm.calibration.hierarchy import model_of
from coprod_abm.calibration.hierarchy_start import start_at
from coprod_abm.calibration.likelihood import Errors, Likelihood
from coprod_abm.calibration.places import Places, places_of
from coprod_abm.calibration.quick_chain import every_drawn, quick_draws
from coprod_abm.calibration.second_wave import Simulated, second_wave
from coprod_abm.calibration.trust import NOMINAL, PRIOR_SD, crps
from coprod_abm.store_files import whole_file

BEGUN = 0.3  # size of the model's errors at which a chain begins, in their prior scale
CENTRED = 0.5  # how far cases' own parameters are centred where nothing is known of how well they know them
LEVELS = ("shared", "country", "case")

Data = Callable[[int], Mapping[str, Observed]]


def trial_rows(
    bank: Bank,
    emulators: Mapping[str, Emulator],
    truths: Bank,
    data: Data,
    case_level: Sequence[str],
    errors: Errors,
    file: Path,
    sets: Sequence[int],
    simulated: Simulated | None = None,
    progress: Callable[[int, int], None] | None = None,
    key: str = "",
) -> pd.DataFrame:
    """A row for every data set, parameter and owner: truth, mean, sd and crps in ranks, and share of draws below the truth.

    ``data`` makes the data set of a number, whose truth is that draw of ``truths``; ``simulated`` runs the model at given
    parameters of each case, for a second wave as the fit of the real data has it. Rows that the file holds already are
    not made anew, unless they were made from something else, as ``key`` says.
    """
    known = kept_rows(file, key)
    there = set(known["set"])
    for done, number in enumerate(sets):
        if number not in there:
            rows = rows_of(bank, emulators, truths, data(number), case_level, errors, number, simulated).assign(key=key)
            known = pd.concat([known, rows], ignore_index=True) if len(known) else rows
            whole_file(file, known.to_csv(index=False, float_format="%.6g").encode())
        if progress is not None:
            progress(done + 1, len(sets))
    return known[known["set"].isin(list(sets))].reset_index(drop=True)


def kept_rows(file: Path, key: str) -> pd.DataFrame:
    """The rows of a file that were made from the same."""
    if not file.is_file():
        return pd.DataFrame({"set": []})
    known = pd.read_csv(file, keep_default_na=False, dtype={"key": str, "owner": str})
    return known[known["key"] == key].reset_index(drop=True)


def rows_of(
    bank: Bank,
    emulators: Mapping[str, Emulator],
    truths: Bank,
    observed: Mapping[str, Observed],
    case_level: Sequence[str],
    errors: Errors,
    number: int,
    simulated: Simulated | None = None,
) -> pd.DataFrame:
    """The rows of one data set; ``simulated`` runs the model at given parameters of each case, for a second wave.

    A chain begins at the truth, since whether chains find it is seen elsewhere.
    """
    likelihoods = {case: Likelihood(emulators[case], one, errors, True) for case, one in observed.items()}
    places = places_of(bank, likelihoods, case_level)
    centring = np.full((len(places.cases), len(places.own)), CENTRED)

    def drawn_from(scores: Array) -> dict[str, Array]:
        start = start_at(places, scores, centring, BEGUN if errors.discrepancy else None)
        return quick_draws(model_of(places, likelihoods, errors, centring), start, number)

    truth = true_scores(places, truths, number)
    drawn = drawn_from(truth)
    if simulated is not None:
        every = every_drawn(drawn)
        right = second_wave(places, likelihoods, every, simulated, number)
        likelihoods = {case: Likelihood(right[case], one, errors, True) for case, one in observed.items()}
        drawn = drawn_from(every.mean(axis=0))
    used = sorted({at for case, one in likelihoods.items() for at in places.scores_at(case, one.emulator.parameters)})
    table = judged(places, every_drawn(drawn), truth).assign(set=number).iloc[used]
    return with_errors_of_model(table, drawn, places)


def true_scores(places: Places, truths: Bank, number: int) -> Array:
    """The scores (score,) from which a data set was made."""
    scores = np.zeros(places.scores)
    for case, one in truths.cases.items():
        ranks = ranks_of(priors_of(truths.priors, one.parameters), one.theta[[number]])
        scores[places.scores_at(case, one.parameters)] = scores_of(ranks)[0]
    return scores


def judged(places: Places, every: Array, truth: Array) -> pd.DataFrame:
    """A row for every score: whose it is, the truth, and what draws (sample, score) say of it, in ranks."""
    ranks, true_ranks = ranks_of_scores(every), ranks_of_scores(truth)
    said = {
        "truth": true_ranks,
        "mean": ranks.mean(axis=0),
        "sd": ranks.std(axis=0),
        "crps": crps(ranks, true_ranks),
        "place": (ranks < true_ranks).mean(axis=0),
    }
    return pd.DataFrame(names_of(places), columns=["parameter", "owner", "level"]).assign(**said)


def with_errors_of_model(table: pd.DataFrame, drawn: Mapping[str, Array], places: Places) -> pd.DataFrame:
    """The rows with the mean SD of the model's error, over its measures and in units of its prior scale, beside them."""
    if "discrepancy" not in drawn:
        return table
    return table.assign(model_error=float((drawn["discrepancy"].mean(axis=0) / places.discrepancy_scale).mean()))


def names_of(places: Places) -> list[tuple[str, str, str]]:
    """Name, owner and level of every score."""
    found = [(name, "", "shared") for name in places.shared]
    found += [(name, country, "country") for country in places.countries for name in places.country]
    return found + [(name, case, "case") for case in places.cases for name in places.own]


# ---- what the rows say ----


def reach(rows: pd.DataFrame) -> Array:
    """How far out the truth lies, in half-widths of a normal 90 % interval (row,)."""
    far = np.abs(norm.ppf(np.clip(rows["place"].to_numpy(float), 1e-3, 1.0 - 1e-3)))
    return np.asarray(far / norm.ppf(0.5 + NOMINAL / 2.0))


def joint_coverage(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per parameter, and one of all of a level (parameter ``all``), with the factor by which intervals widen.

    Columns: ``parameter, level, sets, coverage_90, low, high`` (95 % binomial), ``widen_by`` (what all rows of the level
    demand, or the parameter's own where these demand more), ``coverage_widened`` where each half of the sets is widened
    by the other half's factors, ``rmse`` in prior SDs, and ``width`` (mean SD over the prior's).
    """
    told = rows.assign(far=reach(rows)).reset_index(drop=True)
    odd = told["set"].to_numpy() % 2 == 1
    crossed = np.where(odd, factors_of(told[~odd], told), factors_of(told[odd], told))
    told = told.assign(widen_by=factors_of(told, told), held=told["far"] <= crossed)
    parts = []
    for level in [one for one in LEVELS if (told["level"] == one).any()]:
        own = told[told["level"] == level]
        parts.append(coverage_row("all", own) | {"level": level, "widen_by": factor_of(own["far"].to_numpy())})
        parts += [
            coverage_row(str(name), part) | {"level": level, "widen_by": float(part["widen_by"].iloc[0])}
            for name, part in own.groupby("parameter", sort=False)
        ]
    return pd.DataFrame(parts)


def factors_of(learned: pd.DataFrame, rows: pd.DataFrame) -> Array:
    """The factor of each row (row,): that of its level, or its parameter's own where this is larger, as some rows tell."""
    levels = {str(name): factor_of(part["far"].to_numpy()) for name, part in learned.groupby("level")}
    own = {str(name): factor_of(part["far"].to_numpy()) for name, part in learned.groupby("parameter")}
    pairs = zip(rows["level"], rows["parameter"], strict=True)
    return np.array([max(levels.get(level, 1.0), own.get(name, 1.0)) for level, name in pairs])


def factor_of(far: Array) -> float:
    """The factor by which 90 % intervals must widen to hold the truth in 90 %, at least 1."""
    return float(max(np.quantile(far, NOMINAL), 1.0)) if len(far) else 1.0


def coverage_row(name: str, part: pd.DataFrame) -> dict[str, Any]:
    """What some rows say of one parameter."""
    inside = (part["far"] <= 1.0).to_numpy()
    low, high = binomtest(int(inside.sum()), len(inside)).proportion_ci(method="wilson")
    return {
        "parameter": name,
        "sets": int(part["set"].nunique()),
        "coverage_90": float(inside.mean()),
        "low": float(low),
        "high": float(high),
        "coverage_widened": float(part["held"].mean()),
        "rmse": float(np.sqrt(((part["mean"] - part["truth"]) ** 2).mean()) / PRIOR_SD),
        "width": float(part["sd"].mean() / PRIOR_SD),
    }
