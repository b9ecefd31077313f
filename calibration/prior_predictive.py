"""What the priors say before any fit: the readings they can produce, targets outside them, and courses that no draw comes near.

Two questions are kept apart. *Range*: does a figure lie where simulated readings lie, given the error of observation and the
offset of its instrument? *Course*: is there a draw whose waves move as the published ones do, whatever the level? Levels are
free (offset, discrepancy), so that a range alone is a weak check; the course is judged by data sets that the model itself made.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import Array, Bank, BankError, CaseBank, Observed
from coprod_abm.instruments import EDGE, instrument, logit

OFFSET_SD = 1.5  # of the prior of an instrument's offset, on the scale of comparison
OUTSIDE = 0.005  # share of the prior predictive distribution beyond which a target lies outside, on either side
STRANGE = 0.01  # share of simulated data sets that are as far from all draws, below which a course is told
MOST_DRAWS = 4_000  # read for distances
SYNTHETIC = 200  # data sets that the model makes, to judge distances by
END = float(logit(1.0 - EDGE))  # the end of a scale on the scale of comparison
HELD = 0.9  # share of draws at the end of a scale above which a theory is said to hold it there
COURSE = ("case", "measure", "waves", "distance", "usual", "as_far", "verdict")
SHARES = (0.005, 0.05, 0.25, 0.5, 0.75, 0.95, 0.995)


# ---- range ----


def predictive_ranges(bank: Bank, observed: Mapping[str, Observed], seed: int = 1) -> pd.DataFrame:
    """Prior predictive quantiles beside each target, in published units: one row per case, measure and wave.

    Columns: ``case, measure, wave, week, published`` (NaN where left out), ``plain_q05 ... plain_q95`` of what surveys would
    show without an offset, ``q005 ... q995`` with any offset, ``below`` (the share of the latter that lies below the target),
    ``place``: ``inside``, ``outside``, or empty.
    """
    rows: list[dict[str, object]] = []
    for name, one in bank.cases.items():
        rng = np.random.default_rng([seed, 11, len(rows)])
        plain = one.shown + one.spread * rng.standard_normal(one.shown.shape)
        moved = plain + OFFSET_SD * rng.standard_normal((len(plain), 1))
        rows += [
            range_row(one, observed[name], place, plain[:, place], moved[:, place]) for place in range(len(one.slots))
        ]
    return pd.DataFrame(rows)


def range_row(one: CaseBank, seen: Observed, place: int, plain: Array, moved: Array) -> dict[str, object]:
    """The prior predictive distribution at one slot."""
    slot, value = one.slots[place], float(seen.values[place])
    plain, moved = plain[np.isfinite(plain)], moved[np.isfinite(moved)]
    if not len(plain):
        raise BankError(f"{one.case}, {slot.measure} in {slot.wave}: no run shows anything. Leave the measure out.")
    low, high = (np.quantile(moved, share) for share in (OUTSIDE, 1.0 - OUTSIDE))
    is_known = np.isfinite(value)
    found: dict[str, object] = {"case": one.case, "measure": slot.measure, "wave": slot.wave, "week": slot.week}
    found["published"] = published(slot.measure, value) if is_known else np.nan
    found |= {f"plain_{label(share)}": published(slot.measure, np.quantile(plain, share)) for share in SHARES[1:-1]}
    found |= {label(share): published(slot.measure, np.quantile(moved, share)) for share in SHARES}
    found["below"] = float(np.mean(moved < value)) if is_known else np.nan
    found["place"] = ("inside" if low <= value <= high else "outside") if is_known else ""
    return found


def label(share: float) -> str:
    """The name of a quantile.

    >>> label(0.05), label(0.995)
    ('q05', 'q995')
    """
    return "q" + f"{share:.3f}"[2:].rstrip("0").ljust(2, "0")


def published(measure: str, value: float) -> float:
    """A value on the scale of comparison in the published unit."""
    low, high = instrument(measure).scale
    return float(low + (high - low) / (1.0 + np.exp(-value)))


def outside(ranges: pd.DataFrame) -> list[str]:
    """One line for each target that the priors cannot produce, with the range of what they can."""
    return [
        f"{row.case}, {row.measure} in {row.wave}: {row.published:.4g} lies outside {row.q005:.4g} to {row.q995:.4g}, "
        f"which holds 99 % of what the priors produce with any offset"
        for row in ranges[ranges["place"] == "outside"].itertuples()
    ]


def check_inside(ranges: pd.DataFrame) -> None:
    """Refuse targets that the priors cannot produce.

    Raises:
        BankError: naming each, with the prior predictive range.
    """
    lines = outside(ranges)
    if lines:
        more = [f"... and {len(lines) - 12} more"] if len(lines) > 12 else []
        raise BankError(
            "The priors cannot produce these targets:\n  " + "\n  ".join([*lines[:12], *more]) + "\nWiden the priors "
            "(priors=wide), correct the figures, leave them out with a reason (targets=mine.yaml), or go on all the same with "
            "outside=report."
        )


def at_the_edge(bank: Bank) -> pd.DataFrame:
    """Where a theory shows the end of a scale by construction: ``theory, case, measure, share`` of draws at 0 or 1.

    A theory that holds demand at capacity shows no overcrowding in any run. How far nought lies from a published figure is then
    a matter of where shares are cut off and no evidence: leave such measures out when theories are compared.
    """
    rows = []
    for theory in dict.fromkeys(bank.theory.tolist()):
        for name, one in bank.of_theory(theory).cases.items():
            cut = np.abs(one.shown) > END - 1e-9
            for measure in dict.fromkeys(slot.measure for slot in one.slots):
                own = [place for place, slot in enumerate(one.slots) if slot.measure == measure]
                rows.append({"theory": theory, "case": name, "measure": measure, "share": float(cut[:, own].mean())})
    found = pd.DataFrame(rows, columns=["theory", "case", "measure", "share"])
    return found[found["share"] > HELD].reset_index(drop=True)


def without_edges(bank: Bank, observed: Mapping[str, Observed]) -> dict[str, Observed]:
    """The figures without measures that a theory of the bank shows at the end of a scale: what theories are compared by."""
    edges = at_the_edge(bank)
    found = {}
    for name, seen in observed.items():
        cut = set(edges.loc[edges["case"] == name, "measure"])
        values = np.where([slot.measure in cut for slot in seen.slots], np.nan, seen.values)
        found[name] = Observed(seen.case, seen.slots, values, seen.spread, seen.held_out)
    return found


# ---- course ----


def courses(bank: Bank, observed: Mapping[str, Observed], seed: int = 1) -> pd.DataFrame:
    """How near any draw comes to the course of each measure over the waves of a case, judged by data that the model made.

    Columns: ``case, measure`` (``all`` for all of a case at once), ``waves, distance`` (the smallest squared distance in SD of
    the error of observation, levels left free), ``usual`` (the median of the same in simulated data sets), ``as_far`` (the
    share of these that lie as far from all other draws), ``verdict``.
    """
    rows: list[dict[str, object]] = []
    for name, one in bank.cases.items():
        rng = np.random.default_rng([seed, 12, len(rows)])
        clear = np.flatnonzero(np.isfinite(one.shown).all(axis=1))
        if len(clear) < 10:
            raise BankError(f"{name}: {len(clear)} draws show every target. Ask for more draws.")
        shown = one.shown[rng.choice(clear, MOST_DRAWS, replace=False)] if len(clear) > MOST_DRAWS else one.shown[clear]
        rows += course_rows(one, observed[name], shown, rng)
    return pd.DataFrame(rows, columns=list(COURSE))


def course_rows(one: CaseBank, seen: Observed, shown: Array, rng: np.random.Generator) -> list[dict[str, object]]:
    """The rows of one case; what is held out does not count, so that a refusal rests on what is fitted."""
    fitted = seen.fitted
    groups = {
        measure: np.array([fitted[place] and slot.measure == measure for place, slot in enumerate(one.slots)])
        for measure in dict.fromkeys(slot.measure for slot in one.slots)
    }
    groups = {measure: mask for measure, mask in groups.items() if mask.sum() > 1}
    if not groups:
        return []
    truths = rng.choice(len(shown), min(SYNTHETIC, len(shown)), replace=False)
    made = shown[truths] + one.spread * rng.standard_normal((len(truths), shown.shape[1]))
    squared = {
        measure: distances(np.vstack([seen.values, made]), shown, one.spread, mask) for measure, mask in groups.items()
    }
    squared["all"] = np.sum(list(squared.values()), axis=0)
    return [course_row(one.case, measure, groups, found, truths) for measure, found in squared.items()]


def distances(values: Array, shown: Array, spread: Array, mask: Array) -> Array:
    """Squared distances (data set, draw) over the waves of one measure, in SD of the error, with the level free."""
    weight = 1.0 / spread[mask] ** 2
    gap = values[:, None, mask] - shown[None, :, mask]
    level = (gap * weight).sum(axis=2) / weight.sum()
    return np.asarray(((gap - level[:, :, None]) ** 2 * weight).sum(axis=2))


def course_row(
    case: str, measure: str, groups: Mapping[str, Array], squared: Array, truths: Array
) -> dict[str, object]:
    """How far the observed course is from the nearest draw, beside simulated courses from any draw but their own."""
    others = squared[1:].copy()
    others[np.arange(len(truths)), truths] = np.inf  # a data set is near the draw that made it
    usual, own = others.min(axis=1), float(squared[0].min())
    as_far = float((1 + np.sum(usual >= own)) / (1 + len(usual)))
    waves = sum(int(mask.sum()) for mask in groups.values()) if measure == "all" else int(groups[measure].sum())
    verdict = "no setting reproduces it" if as_far < STRANGE else "reproduced"
    found = {"case": case, "measure": measure, "waves": waves, "distance": own, "usual": float(np.median(usual))}
    return {**found, "as_far": as_far, "verdict": verdict}


def strange(found: pd.DataFrame) -> list[str]:
    """One line for each course that no setting reproduces."""
    return [
        f"{case}, {'all measures together' if measure == 'all' else measure}: no setting of the model reproduces the course "
        f"over {waves} waves (distance {distance:.1f}; {usual:.1f} is usual where the model is right)"
        for case, measure, waves, distance, usual in found.loc[
            found["verdict"] != "reproduced", ["case", "measure", "waves", "distance", "usual"]
        ].itertuples(index=False)
    ]
