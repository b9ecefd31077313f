"""Signatures: what interventions do under rival theories, which zeros hold by construction, and what agrees with the table."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coprod_abm.experiments.estimates import Estimate, mean_of
from coprod_abm.experiments.experiment import Findings
from coprod_abm.experiments.progress import Progress
from coprod_abm.experiments.signature_figure import draw
from coprod_abm.experiments.signature_report import as_markdown, as_text
from coprod_abm.experiments.signature_series import asymmetries, life_of, outcome_of
from coprod_abm.experiments.signature_table import (
    INTERVENTIONS,
    LEAD_LAG,
    LEADS,
    LESS,
    MORE,
    NONE,
    SMALL,
    THEORIES,
    Lead,
    arm,
    plain,
    predicted,
    predicted_lead,
)
from coprod_abm.experiments.study import Arm, Study

INTERVAL = 0.95
OF_NOTE = 0.2  # SD: an effect whose whole interval lies within is none of note
SMALL_EFFECT = 0.5  # SD: an effect whose whole interval lies within is small
ROUNDING = 1e-12  # means of one and the same value over different numbers of people differ by less
LEAD_OF_NOTE = 0.05  # difference of correlations
ENOUGH_RUNS = 100  # of which all must be alike for a zero to be called one by construction
BY_CONSTRUCTION, NONE_OF_NOTE, DIFFERENCE, UNCLEAR = "zero by construction", "none of note", "difference", "unclear"
AGREES, DIFFERS, CANNOT_TELL, NOT_STATED = "agrees", "differs", "cannot tell", ""


class Cell(NamedTuple):
    """One cell of the heat map: the effect of an intervention on an outcome under a theory, in SD of the runs without it.

    ``dz`` is the mean difference in SD of the paired differences; ``raw`` in the outcome's own unit.
    """

    intervention: str
    outcome: str
    theory: str
    effect: float
    low: float
    high: float
    dz: float
    raw: float
    raw_low: float
    raw_high: float
    spread: float
    runs: int
    kind: str
    predicted: str
    verdict: str


def find(study: Study, progress: Progress) -> Findings:
    """The table of signatures, as table, text and heat map."""
    table = signatures(study, progress)
    return Findings(
        tables={"signatures": table},
        text=as_text(table),
        markdown=as_markdown(table),
        draw=partial(draw, table),
        files={
            "tables/signatures.parquet": "one row per intervention, outcome and theory: effect in SD with 95 % interval, d_z, "
            "raw effect, whether a zero holds by construction, prediction and verdict",
            "figures/signatures.*": "the heat map",
        },
    )


def total_runs(study: Study) -> int:
    """Runs of the whole table."""
    return sum(len(arms_of(theory)) for theory in THEORIES) * study.replicates * len(study.cases)


def arms_of(theory: str) -> dict[Arm, str]:
    """The different arms that a theory needs, with a name for the progress."""
    arms = {plain(theory): f"{theory}"}
    for name in INTERVENTIONS:
        arms.setdefault(arm(theory, name, happens=False), f"{theory} before {name}")
        arms[arm(theory, name, happens=True)] = f"{theory} {name}"
    return arms


def signatures(study: Study, progress: Progress | None = None) -> pd.DataFrame:
    """Every cell, one row each (columns of :class:`Cell`); memory holds one theory at a time."""
    cells: list[Cell] = []
    done = 0
    for theory in THEORIES:
        lives: dict[Arm, list[dict[str, Any]]] = {}
        for each, name in arms_of(theory).items():
            lives[each] = study.read(each, life_of, progress, done, name)
            done += study.replicates * len(study.cases)
        cells += cells_of(theory, lives)
        cells += leads_of(theory, lives[plain(theory)])
    table = pd.DataFrame(cells, columns=list(Cell._fields))
    order = {name: place for place, name in enumerate((*INTERVENTIONS, LEAD_LAG))}
    return table.sort_values("intervention", key=lambda names: names.map(order), kind="stable").reset_index(drop=True)


def cells_of(theory: str, lives: dict[Arm, list[dict[str, Any]]]) -> list[Cell]:
    """The cells of all interventions under one theory."""
    cells = []
    for name, told in INTERVENTIONS.items():
        without, under = lives[arm(theory, name, happens=False)], lives[arm(theory, name, happens=True)]
        for outcome in told.outcomes:
            before = np.array([outcome_of(life, outcome, told.week) for life in without])
            after = np.array([outcome_of(life, outcome, told.week) for life in under])
            cells.append(cell(name, outcome, theory, before, after))
    return cells


def cell(intervention: str, outcome: str, theory: str, before: np.ndarray, after: np.ndarray) -> Cell:
    """One cell from the outcome of each run without and with the intervention."""
    known = np.isfinite(before) & np.isfinite(after)
    difference = np.where(np.abs(after - before) > ROUNDING, after - before, 0.0)[known]
    spread = next((sd for sd in (deviation(before[known]), deviation(np.r_[before, after])) if sd > ROUNDING), 0.0)
    raw = mean_of(difference, INTERVAL)
    scaled = raw.scaled(1.0 / spread) if spread > 0.0 else Estimate(0.0, 0.0, 0.0, raw.runs)
    kind = kind_of(scaled, OF_NOTE)
    if not difference.any():
        kind = BY_CONSTRUCTION if raw.runs >= ENOUGH_RUNS else UNCLEAR  # a few runs may be alike by luck
    wanted = predicted(intervention, outcome, theory)
    paired = deviation(difference)
    return Cell(
        intervention,
        outcome,
        theory,
        scaled.effect,
        scaled.low,
        scaled.high,
        raw.effect / paired if paired > 0.0 else 0.0,
        raw.effect,
        raw.low,
        raw.high,
        spread,
        raw.runs,
        kind,
        wanted,
        verdict(wanted, scaled, kind, OF_NOTE),
    )


def deviation(values: np.ndarray) -> float:
    """The standard deviation of what is known, nothing where fewer than two values are."""
    known = values[np.isfinite(values)]
    return float(known.std(ddof=1)) if len(known) > 1 else 0.0


def kind_of(found: Estimate, of_note: float) -> str:
    """Whether an effect differs from nothing, is none of note, or neither can be told.

    >>> [kind_of(Estimate(m, m - 0.1, m + 0.1, 9), 0.2) for m in (0.05, 0.15, 0.4)]
    ['none of note', 'difference', 'difference']
    >>> kind_of(Estimate(0.05, -0.3, 0.4, 9), 0.2)
    'unclear'
    """
    if -of_note < found.low and found.high < of_note:
        return NONE_OF_NOTE
    return DIFFERENCE if found.low > 0.0 or found.high < 0.0 else UNCLEAR


def verdict(wanted: str, found: Estimate, kind: str, of_note: float) -> str:
    """Whether an effect agrees with what a theory predicts; empty where it predicts nothing.

    >>> up, flat = Estimate(0.5, 0.4, 0.6, 9), Estimate(0.0, -0.1, 0.1, 9)
    >>> verdict("+", up, "difference", 0.2), verdict("+", flat, "none of note", 0.2), verdict("0", flat, "none of note", 0.2)
    ('agrees', 'differs', 'agrees')
    """
    if not wanted:
        return NOT_STATED
    if wanted in (MORE, LESS):
        low, high = (found.low, found.high) if wanted == MORE else (-found.high, -found.low)
        if low > 0.0 and kind == DIFFERENCE:
            return AGREES
        return DIFFERS if kind == BY_CONSTRUCTION or high < of_note else CANNOT_TELL
    assert wanted in (NONE, SMALL)
    margin = of_note if wanted == NONE else SMALL_EFFECT
    if kind == BY_CONSTRUCTION or (-margin < found.low and found.high < margin):
        return AGREES
    return DIFFERS if found.low > margin or found.high < -margin else CANNOT_TELL


def leads_of(theory: str, lives: Sequence[dict[str, Any]]) -> list[Cell]:
    """Which of two series leads, under one theory without any intervention."""
    return [lead_cell(lead, theory, lives) for lead in LEADS]


def lead_cell(lead: Lead, theory: str, lives: Sequence[dict[str, Any]]) -> Cell:
    """How far the first series foretells the second beyond what the second does itself, less the reverse."""
    found = asymmetries(lives, lead.first, lead.second, lead.sign)
    wanted = predicted_lead(lead, theory)
    if found is None:
        nothing = Estimate(0.0, 0.0, 0.0, len(lives))
        return made(lead, theory, nothing, 0.0, BY_CONSTRUCTION, wanted)
    mean = mean_of(found, INTERVAL)
    if not mean.runs:
        return made(lead, theory, mean, 0.0, UNCLEAR, wanted)
    spread = deviation(np.asarray(found))
    return made(lead, theory, mean, spread, kind_of(mean, LEAD_OF_NOTE), wanted)


def made(lead: Lead, theory: str, found: Estimate, spread: float, kind: str, wanted: str) -> Cell:
    """The cell of a lead; its effect is a difference of correlations and no standardised one."""
    return Cell(
        LEAD_LAG,
        f"{lead.first} → {lead.second}",
        theory,
        found.effect,
        found.low,
        found.high,
        found.effect / spread if spread > 0.0 else 0.0,
        found.effect,
        found.low,
        found.high,
        spread,
        found.runs,
        kind,
        wanted,
        verdict(wanted, found, kind, LEAD_OF_NOTE),
    )
