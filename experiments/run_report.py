"""The short summary that a run prints: where the results are, and how the published figures compare."""

import pandas as pd

from coprod_abm.experiments.run_tables import ANCHORED, RAW
from coprod_abm.experiments.settings import RunPlan


def report(published: pd.DataFrame, chosen: RunPlan) -> str:
    """A few lines for the terminal; shares of published points that lie within the band of 90 % of the runs."""
    lines = [f"\nResults: {chosen.out}"]
    if chosen.figures:
        lines.append(f"Figures: {chosen.out / 'figures'}")
    lines += ["", *comparison(published, chosen)]
    return "\n".join(lines)


def comparison(published: pd.DataFrame, chosen: RunPlan) -> list[str]:
    """One line per case with its published figures, or the reason why there is nothing to compare."""
    if published.empty:
        return ["No published figure lies within the simulated weeks: nothing to compare with."]
    if chosen.replicates == 1:
        return ["A single run has no band: ask for more replicates to compare it with published figures."]
    shown = published[published["levels"] == (ANCHORED if chosen.anchored else RAW)]
    compared = shown[shown["role"] == "compared"]
    lines = [
        "Published figures within the band of 90 % of the runs (uncalibrated parameters"
        + ("; the first wave of each measure sets the level and is left out):" if chosen.anchored else "):")
    ]
    width = max(len(case.name) for case in chosen.cases)
    told = [(case, _told(compared[compared["case"] == case.id])) for case in chosen.cases]
    return [*lines, *(f"  {case.id:<10} {case.name:<{width}}  {text}" for case, text in told)]


def _told(figures: pd.DataFrame) -> str:
    if figures.empty:
        return "nothing to compare with"
    inside = int(figures["within"].sum())
    return f"{inside:>3} of {len(figures)} ({inside / len(figures):.0%})"
