"""What a comparison says beside probabilities: model errors, settings that fit alike, partnerships."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from coprod_abm.calibration.comparison import Comparison
from coprod_abm.calibration.comparison_report import model_error_told
from coprod_abm.calibration.equifinality import settings_alike
from coprod_abm.calibration.partnerships import (
    compared_correlations,
    correlations_table,
    correlations_told,
    simulated_partnerships,
)
from coprod_abm.calibration.posterior_check import model_errors
from coprod_abm.calibration.stacked import Figures, Stack
from coprod_abm.experiments.compare_kept import Kept


def further(
    stack: Stack, figures: Figures, found: Comparison, settings: Mapping[str, Any], out: Path, kept: Kept
) -> list[str]:
    """Model errors, settings that fit alike and correlations of partnerships: their tables, and what they say."""
    leading, seed = stack.of_theory(found.verdict.theory), settings["seed"]
    errors = kept.value(f"errors-{found.verdict.theory}", 0, partial(model_errors, leading, figures))
    table = pd.DataFrame.from_dict(errors, orient="index", columns=["model_error", "upper", "between_cases"])
    table.rename_axis("measure").to_csv(out / "model_errors.csv", float_format="%.4g")
    alike = pd.concat(
        kept.table(f"alike-{name}", seed, partial(settings_alike, stack.of_theory(name), figures, seed))
        for name in stack.theories
    )
    alike.to_csv(out / "settings_alike.csv", index=False, float_format="%.4g")
    pieces = [model_error_told(errors), _alike_told(alike, leading)]
    if settings["partnerships"]:
        pairs = kept.table("partnerships", [settings["partnerships"], seed], partial(partnership_pairs, settings))
        pairs.to_csv(out / "partnership_correlations.csv", index=False, float_format="%.3f")
        pieces += ["### Correlations across partnerships", correlations_told(pairs), correlations_table(pairs)]
        if settings["figures"]:
            from coprod_abm.experiments.figure_partnerships import draw_partnerships

            draw_partnerships(pairs, out / "figures")
    return pieces


def partnership_pairs(settings: Mapping[str, Any]) -> pd.DataFrame:
    """Correlations across simulated partnerships beside the published ones."""
    from coprod_abm.experiments.study import reference_case

    return compared_correlations(simulated_partnerships(reference_case(), settings["partnerships"], settings["seed"]))


def _alike_told(alike: pd.DataFrame, leading: Stack) -> str:
    own = alike[alike["theory"] == leading.theories[0]]
    return (
        f"### Settings that fit alike\n\n{len(own)} settings of {leading.theories[0]} fit the figures at least as well "
        f"as its typical draw after "
        f"them, and the nearest two of these are {own['apart'].min():.2f} times as far apart as two draws of the prior "
        f"are "
        "(settings_alike.csv). A good fit is no evidence of a right parameter."
    )
