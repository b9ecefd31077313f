"""What inference found, in plain sentences: fit, what was learned, what the model gets wrong, and how far to trust it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from coprod_abm.calibration.identified import LEARNED, NOT_IDENTIFIED, PARTLY
from coprod_abm.calibration.together import EXCEEDS, joint_words
from coprod_abm.calibration.trust import GOOD_COVERAGE
from coprod_abm.experiments.calibrate_infer import MODEL_ERRORS, PREDICTED, SAMPLING, TOGETHER, sampling_words
from coprod_abm.experiments.calibrate_joint import JOINT_COVERAGE
from coprod_abm.experiments.odd_markers import code, table

UNLIKELY, NOMINAL = 0.05, 0.9
GOOD_Z = (0.9, 1.1)


def inference_told(out: Path) -> list[str]:
    """The sections of the report that inference fills; a stage that was not done says so."""
    if not (out / SAMPLING).exists():
        return ["## What was found\n\nNothing was estimated yet: the stage `hierarchy` was not done."]
    sampling = json.loads((out / SAMPLING).read_text(encoding="utf-8"))
    learned = pd.read_csv(out / TOGETHER, keep_default_na=False)
    parts = [
        f"## What was found\n\n{'' if sampling['good'] else '**These numbers must not be used.** '}{sampling_words(sampling)}",
        learned_told(learned, joint_told(out)),
        fit_told(pd.read_csv(out / PREDICTED)),
        errors_told(pd.read_csv(out / MODEL_ERRORS, keep_default_na=False, na_values={"signal": ""})),
    ]
    return parts + trust_told(out)


def records(rows: pd.DataFrame) -> list[Any]:
    """The rows of a table."""
    return list(rows.itertuples(index=False))


# ---- parameters ----


def joint_told(out: Path) -> str:
    """Whether intervals of all cases together held known truths, by the table in a calibration's folder."""
    tried = out / JOINT_COVERAGE
    return joint_words(pd.read_csv(tried) if tried.exists() else pd.DataFrame())


def learned_told(learned: pd.DataFrame, trusted: str) -> str:
    """Which parameters the figures inform, how far joint intervals are to be ``trusted``, and the table of all."""
    shared = learned[learned["level"] == "shared"]
    counts = {label: named(shared, label) for label in (LEARNED, PARTLY, NOT_IDENTIFIED)}
    said = (
        f"Of {len(shared)} parameters that all cases share, {len(counts[LEARNED])} are learned"
        f"{told(counts[LEARNED])}, {len(counts[PARTLY])} partly learned{told(counts[PARTLY])}, and "
        f"{len(counts[NOT_IDENTIFIED])} {NOT_IDENTIFIED}{told(counts[NOT_IDENTIFIED])}. *{NOT_IDENTIFIED.capitalize()}* means "
        "that the figures say next to nothing about it, however well the model fits: its interval is its prior. "
        f"{trusted}"
    )
    lines = [said]
    trades = [row.text for row in records(learned) if "nothing is learned along" in row.text]
    if trades:
        lines.append("What trades off with what:\n\n" + "\n".join(f"* {text}" for text in trades))
    lines.append(parameter_table(learned))
    return "\n\n".join(lines)


def named(rows: pd.DataFrame, label: str) -> list[str]:
    """The parameters with a label."""
    return [code(name) for name in rows.loc[rows["label"] == label, "parameter"]]


def told(names: Sequence[str]) -> str:
    """Names in brackets; nothing where there are none."""
    return f" ({', '.join(names)})" if names else ""


def parameter_table(learned: pd.DataFrame) -> str:
    """Prior and posterior of every parameter; intervals that had to be widened say so."""
    rows = []
    for row in records(learned):
        wide = float(getattr(row, "widen_by", 1.0) or 1.0)
        low, high = (row.wide_q05, row.wide_q95) if wide > 1.0 else (row.q05, row.q95)
        before, after = (
            f"{float(one):.3g} to {float(other):.3g}" for one, other in ((row.prior_q05, row.prior_q95), (low, high))
        )
        after += f" (widened {wide:.2f} times)" if wide > 1.0 else ""
        rows.append([code(row.parameter), row.owner or "all", before, f"{float(row.q50):.3g}", after, row.label])
    return table(("parameter", "of", "prior, 90 %", "median", "posterior, 90 %", "was it learned"), rows)


# ---- fit ----


def fit_told(predicted: pd.DataFrame) -> str:
    """How well fitted and held-out readings are predicted by all cases together, case by case."""
    known = predicted[predicted["observed"].notna()]
    rows = []
    for case, own in known.groupby("case", sort=False):
        fitted, out = own[~own["held_out"].astype(bool)], own[own["held_out"].astype(bool)]
        rows.append([str(case), beyond(fitted), beyond(out), within(out)])
    text = table(("case", "fitted readings beyond 95 %", "held-out readings beyond 95 %", "held out within 90 %"), rows)
    out = known[known["held_out"].astype(bool)]
    if out.empty:
        said = (
            "No reading was held out, so that nothing here shows whether the model predicts (hold_out.waves=last does)."
        )
    else:
        share = inside(out).mean()
        said = (
            f"{inside(out).sum()} of {len(out)} held-out readings lie in their 90 % predictions ({share:.0%}; .8 to .97 would "
            "be honest). Wide predictions hold much and say little: `coprod compare` sets them against predictions without a "
            "mechanism."
        )
    worst = known[known["p"] < UNLIKELY]
    lines = [f"* {row.case}, {row.measure} in {row.wave} (p = {row.p:.3f})" for row in records(worst)]
    said += f"\n\nOut of line:\n\n{chr(10).join(lines)}" if lines else "\n\nNo reading is out of line."
    return f"## Does it fit?\n\n{text}\n\n{said}"


def inside(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether readings lie in their 90 % predictions."""
    return (rows["observed"] >= rows["q05"]) & (rows["observed"] <= rows["q95"])


def beyond(rows: pd.DataFrame) -> str:
    """How many readings lie outside 95 % of their predictions."""
    return f"{int((rows['p'] < UNLIKELY).sum())} of {len(rows)}" if len(rows) else "none held out"


def within(rows: pd.DataFrame) -> str:
    """How many readings lie in their 90 % predictions."""
    return f"{int(inside(rows).sum())} of {len(rows)}" if len(rows) else ""


# ---- what the model gets wrong ----


def errors_told(errors: pd.DataFrame) -> str:
    """The model's error per measure against the signal that there is to explain."""
    rows = [
        [code(row.measure), f"{row.q50:.2f} ({row.q05:.2f} to {row.q95:.2f})",
         "one case: cannot tell" if pd.isna(row.signal) else f"{row.signal:.2f}", row.verdict]
        for row in records(errors)
    ]  # fmt: skip
    lost = [code(row.measure) for row in records(errors) if row.verdict == EXCEEDS]
    said = (
        f"For {', '.join(lost)} the {EXCEEDS}: the model does not explain these measures, and nothing should be read off them."
        if lost
        else "For no measure is the model's error larger than the signal."
    )
    return (
        "## What the model gets wrong\n\n"
        + said
        + "\n\n"
        + table(("measure", "SD of the model's error, logits (90 %)", "SD between published cases", "verdict"), rows)
    )


# ---- trust ----


def trust_told(out: Path) -> list[str]:
    """Coverage, and the emulators' knowledge of their own error."""
    if not (out / "coverage.csv").exists():
        return ["## Can the intervals be trusted?\n\nNot checked: the stage `checks` was not done."]
    coverage, emulators = pd.read_csv(out / "coverage.csv"), pd.read_csv(out / "emulators.csv")
    rows = [
        [code(row.parameter), str(row.sets), f"{row.coverage_90:.2f}", f"{row.coverage_50:.2f}", f"{row.rank_p:.2f}",
         f"{row.contraction:.0%}"]
        for row in records(coverage)
    ]  # fmt: skip
    good = coverage["coverage_90"].between(*GOOD_COVERAGE)
    said = (
        f"{int(good.sum())} of {len(coverage)} parameters have a coverage of {GOOD_COVERAGE[0]:.2f} to "
        f"{GOOD_COVERAGE[1]:.2f} (mean {coverage['coverage_90'].mean():.2f}) in data sets of single cases with known truth. "
        "How often intervals of all cases together hold it, and by how much they were widened, stands with the parameters."
    )
    off = emulators[~emulators["z_sd"].between(*GOOD_Z)]
    knows = (
        f"Emulators: held-out errors have an SD of {emulators['z_sd'].mean():.2f} in the SDs claimed (1 is right; "
        f"{len(off)} of {len(emulators)} readings outside .9 to 1.1, of which chance explains some), and "
        f"{emulators['z_within_2'].mean():.1%} lie within two."
    )
    head = ("parameter", "data sets", "90 % holds", "50 % holds", "ranks uniform (p)", "prior variance gone")
    return [f"## Can the intervals be trusted?\n\n{said} {knows}\n\n{table(head, rows)}"]
