"""Correlations across partnerships: ten by ten, as published for about 200 of them, beside those of simulated ones.

Published: Oetzel, Wallerstein and others (2018), BioMed Research International 2018:7281405, Table 1 (open access): 200
projects in the United States, cross-sectional self-report. One simulated partnership is one run with settings of its
own. Five of the ten constructs have a counterpart in the model; self-report shares method, so that published
correlations are higher than those of the things reported (halo). Signs and order are compared, sizes are shown.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.case import Case
from coprod_abm.evaluate import evaluate
from coprod_abm.parameters import declarations

FILE = Path(__file__).with_name("partnership_correlations.csv")
PARTNERSHIPS = 200  # that answered, on which the published matrix rests
COUNTERPARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "relationships": ("member_trust", "member_fairness", "collective_lead"),
        "community involvement in research": ("attendance", "voice_share"),
        "partnership synergy": ("alignment", "direction", "items_taken_up"),
        "intermediate outcomes": ("member_efficacy", "retention"),
        "distal outcomes": ("need_met_change", "changes_from_citizens"),
    }
)
NO_COUNTERPART = MappingProxyType(
    {
        "partnership structural values": "agreed principles and fit of values",
        "partnership capacity": "skills and resources of the partnership at its start",
        "final approval by board": "approval by a tribal or health board",
        "community control of resources": "who holds the budget",
        "percent of resources to community": "share of the budget",
    }
)
VARIED = (  # what partnerships differ in, each over the middle half of its declared range
    "power.agenda_access",
    "leadership.facilitation",
    "trust.strength",
    "capacity.workload",
    "population.citizen_trust",
    "participation.join_base",
)


def published() -> pd.DataFrame:
    """The published matrix (construct, construct)."""
    table = pd.read_csv(FILE)
    names = list(dict.fromkeys([*table["first"], *table["second"]]))
    matrix = np.eye(len(names))
    for first, second, value in zip(table["first"], table["second"], table["correlation"].to_numpy(float), strict=True):
        matrix[names.index(first), names.index(second)] = matrix[names.index(second), names.index(first)] = value
    return pd.DataFrame(matrix, names, names)


def simulated_partnerships(case: Case, number: int, seed: int) -> pd.DataFrame:
    """Partnerships with settings of their own at the end of the case, one row each; counterparts standardised and averaged."""
    rng = np.random.default_rng(seed)
    known = declarations()
    points = pd.DataFrame({key: _middle(known[key], number, rng) for key in VARIED if key in known})
    wanted = [measure for measures in COUNTERPARTS.values() for measure in measures]
    table = evaluate(points, case, wanted, replicates=1, seed=seed)
    standard = (table[wanted] - table[wanted].mean()) / table[wanted].std().replace(0.0, np.nan)
    return pd.DataFrame({name: standard[list(measures)].mean(axis=1) for name, measures in COUNTERPARTS.items()})


def compared_correlations(partnerships: pd.DataFrame) -> pd.DataFrame:
    """Pairs of constructs with both correlations and whether they differ by more than sampling allows.

    ``differs`` where Fisher's z of the two differ by more than 1.96 standard errors, of so many partnerships on either
    side.
    """
    names = list(partnerships.columns)
    told = published().loc[names, names].to_numpy(float)
    alive = partnerships.dropna()
    own = np.corrcoef(alive.to_numpy(float).T)
    error = float(np.sqrt(1.0 / (PARTNERSHIPS - 3) + 1.0 / max(len(alive) - 3, 1)))
    rows = []
    for first, second in zip(*np.triu_indices(len(names), 1), strict=True):
        pair = float(told[first, second]), float(own[first, second])
        apart = abs(np.arctanh(np.clip(pair[0], -0.999, 0.999)) - np.arctanh(np.clip(pair[1], -0.999, 0.999)))
        rows.append((names[first], names[second], *pair, bool(apart > 1.96 * error)))
    return pd.DataFrame(rows, columns=["first", "second", "published", "model", "differs"])


def correlations_told(table: pd.DataFrame) -> str:
    """What the comparison says, in plain words."""
    same = int((np.sign(table["published"]) == np.sign(table["model"])).sum())
    order = float(table["published"].corr(table["model"], method="spearman"))
    higher = float((table["published"] - table["model"]).mean())
    return (
        f"Of {len(table)} correlations between five constructs, {same} have the published sign and "
        f"{int((~table['differs']).sum())} the "
        f"published size within sampling error. The order of the pairs agrees with a rank correlation of {order:.2f}. "
        f"Published ones are "
        f"{abs(higher):.2f} {'higher' if higher > 0 else 'lower'} on average; the same people reported all of them, "
        f"which raises correlations. "
        f"Without counterpart in the model: {', '.join(NO_COUNTERPART)}."
    )


def correlations_table(table: pd.DataFrame) -> str:
    """The pairs with published and simulated correlation."""
    lines = ["| pair | published | model | size |", "|---|---|---|---|"]
    for first, second, told, own, differs in table.itertuples(index=False):
        size = "differs by more than sampling" if differs else "agrees"
        lines.append(f"| {first}; {second} | {told:.2f} | {own:.2f} | {size} |")
    return "\n".join(lines)


def _middle(declared: Any, number: int, rng: np.random.Generator) -> Any:
    width = declared.high - declared.low
    return declared.low + width * (0.25 + 0.5 * rng.random(number))
