"""The stage before any fit: tables and figures of what the priors can produce, and refusal of targets outside it."""

import pandas as pd

from coprod_abm.calibration.bank_store import read_bank, read_observed
from coprod_abm.calibration.prior_predictive import (
    at_the_edge,
    check_inside,
    courses,
    outside,
    predictive_ranges,
    strange,
)
from coprod_abm.experiments.calibrate_plan import Calibration
from coprod_abm.experiments.sweep_job import many

RANGES, COURSES, EDGES, FIGURES = "prior_predictive.csv", "courses.csv", "at_the_edge.csv", "figures"


def prior_stage(plan: Calibration) -> str:
    """Write the tables (and figures), then refuse targets that lie outside, unless they are only to be reported.

    Raises:
        BankError: naming targets outside what the priors can produce.
    """
    bank, observed = read_bank(plan.out), read_observed(plan.out)
    fitted = bank.of_theory(plan.theory)
    ranges = as_published(predictive_ranges(fitted, observed, plan.seed), plan.bank.targets)
    found = courses(fitted, observed, plan.seed)
    edges = at_the_edge(bank)
    for name, table in ((RANGES, ranges), (COURSES, found), (EDGES, edges)):
        table.to_csv(plan.out / name, index=False, float_format="%.6g")
    if plan.settings["figures"]:
        from coprod_abm.experiments.figure_prior import draw_prior

        draw_prior(ranges, plan.bank.cases, plan.out / FIGURES, len(fitted), str(plan.settings["priors"]))
    if plan.settings["outside"] == "refuse":
        check_inside(ranges)
    lines = [*outside(ranges), *strange(found), *held(edges)]
    told = f"{many(int((ranges['place'] != '').sum()), 'target')} beside what the priors produce, in {RANGES}"
    return "\n".join([told, *(f"           {line}" for line in lines)])


def as_published(ranges: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """The ranges with each figure as it was published, in place of one moved off 0 and 100 percent."""
    known = targets.set_index(["case", "measure", "wave"])
    keys = pd.MultiIndex.from_frame(ranges[["case", "measure", "wave"]])
    return ranges.assign(
        published=known["value"].reindex(keys).to_numpy(float), status=known["status"].reindex(keys).to_numpy(str)
    )


def held(edges: pd.DataFrame) -> list[str]:
    """One line per theory that shows the end of a scale by construction."""
    lines = []
    for theory, own in edges.groupby("theory", sort=False):
        measures = ", ".join(dict.fromkeys(own["measure"]))
        lines.append(
            f"theory={theory} shows the end of the scale of {measures} by construction: leave these out when theories are "
            "compared"
        )
    return lines
