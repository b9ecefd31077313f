"""The report of a calibration in plain language: what was compared with what, what was found, what cannot be concluded."""

import json
from pathlib import Path

import pandas as pd

from coprod_abm.calibration.targets import FITTED, HELD_OUT, LEFT_OUT
from coprod_abm.experiments.calibrate_job import STAGES, STAMPS
from coprod_abm.experiments.calibrate_plan import Calibration
from coprod_abm.experiments.calibrate_tables import errors_table, priors_table
from coprod_abm.experiments.calibrate_words import inference_told
from coprod_abm.store_files import whole_file

REPORT, PIECES = "report.md", "pieces"

CONCLUDE = """## What can and cannot be concluded

* The figures describe everybody in a region, a country or an organisation. This is a calibration to published regional
  and organisational indicators, not to any co-production project. A parameter learnt from them is what makes the model move
  as these indicators did; that people in projects behave so is an assumption.
* Levels say nothing by themselves: every instrument has a free offset in each country. What informs are changes between
  waves and differences between cases of one country.
* No measure is published for both countries, so that a difference between countries cannot be read off these figures.
* Errors of most Swedish figures are argued and not published. Intervals are as wide as these errors are right.
* A parameter whose interval is no narrower than its prior was not learnt, however well the model fits.
"""


def report_stage(plan: Calibration) -> str:
    """Write ``report.md`` from the files of the other stages."""
    parts = [
        "# Calibration",
        heading(plan),
        "## What was done",
        stages_told(plan.out),
        *inference_told(plan.out),
        CONCLUDE,
        *pieces(plan.out),
        prior_told(plan.out),
        "## Priors",
        priors_table(plan.bank.priors),
        "## Errors of the figures",
        errors_table(str(plan.settings["targets"])),
    ]
    whole_file(plan.out / REPORT, ("\n\n".join(part for part in parts if part) + "\n").encode())
    return f"in {REPORT}"


def heading(plan: Calibration) -> str:
    """What was compared, in a few sentences."""
    counts = plan.bank.targets["status"].value_counts()
    facts = plan.bank.facts
    return (
        f"{len(plan.bank.cases)} cases, {len(plan.bank.targets)} published figures: {counts.get(FITTED, 0)} fitted, "
        f"{counts.get(HELD_OUT, 0)} held out and predicted, {counts.get(LEFT_OUT, 0)} left out for the reasons below. "
        f"{plan.bank.draws:,} draws from the priors '{plan.settings['priors']}', each simulated once in every case with a "
        f"seed of its own, over the theories {', '.join(plan.bank.theories)}; parameters are estimated under "
        f"theory={plan.theory}. Priors {facts['hashes']['priors']}, targets {facts['hashes']['targets']}, model "
        f"{facts['model'][:12]}, seed {plan.seed}."
    )


def stages_told(out: Path) -> str:
    """One line per stage."""
    lines = []
    for name, stage in STAGES.items():
        file = out / STAMPS / f"{name}.json"
        if name == "report":
            continue
        told = json.loads(file.read_text(encoding="utf-8"))["told"].splitlines()[0] if file.exists() else "not done"
        lines.append(f"* {stage.does}: {told}")
    return "\n".join(lines)


def prior_told(out: Path) -> str:
    """What the prior predictive check found."""
    ranges, found = pd.read_csv(out / "prior_predictive.csv"), pd.read_csv(out / "courses.csv")
    beyond = int((ranges["place"] == "outside").sum())
    strange = found[found["verdict"] != "reproduced"]
    inside = int((ranges["place"] == "inside").sum())
    lines = [
        "## Before any fit",
        f"{inside} of {inside + beyond} figures lie where the priors can reach with any offset.",
    ]
    if len(strange):
        listed = "; ".join(
            f"{row.case} {row.measure} (distance {row.distance:.1f}, usual {row.usual:.1f})"
            for row in strange.itertuples()
        )
        lines.append(f"No setting of the model reproduces the course of: {listed}.")
    else:
        lines.append(
            "Every course over the waves lies as near to some draw as those of data that the model itself made."
        )
    return "\n\n".join(lines)


def pieces(out: Path) -> list[str]:
    """What other stages have to say, from ``pieces/*.md`` in the order of their names."""
    return [file.read_text(encoding="utf-8").strip() for file in sorted((out / PIECES).glob("*.md"))]
