"""Correlations across partnerships: ten by ten, as published for about 200 of them, beside those of simulated ones.

Published: Oetzel, Wallerstein and others (2018), BioMed Research International 2018:7281405, Table 1 (open access): 200 projects in the United
States, cross-sectional self-report. One simulated partnership is one run with settings of its own. Five of the ten constructs have a counterpart in
the model; self-report shares method, so that published correlations are higher than those of the things reported (halo). Signs and order are
compared, sizes are shown.
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
    matrix = pd.DataFrame(np.eye(len(names)), names, names)
    for row in table.itertuples():
        matrix.loc[str(row.first), str(row.second)] = matrix.loc[str(row.second), str(row.first)] = float(row.correlation)  # type: ignore[arg-type]
    return matrix


def simulated_partnerships(case: Case, number: int, seed: int) -> pd.DataFrame:
    """Partnerships with settings of their own after the length of the case, one row each, every counterpart standardised and averaged."""
    rng = np.random.default_rng(seed)
    known = declarations()
    points = pd.DataFrame({key: _middle(known[key], number, rng) for key in VARIED if key in known})
    wanted = [measure for measures in COUNTERPARTS.values() for measure in measures]
    table = evaluate(points, case, wanted, replicates=1, seed=seed)
    standard = (table[wanted] - table[wanted].mean()) / table[wanted].std().replace(0.0, np.nan)
    return pd.DataFrame({name: standard[list(measures)].mean(axis=1) for name, measures in COUNTERPARTS.items()})


def compared_correlations(partnerships: pd.DataFrame) -> pd.DataFrame:
    """Pairs of constructs with both correlations and whether they differ by more than sampling allows.

    ``differs`` where Fisher's z of the two differ by more than 1.96 standard errors, of so many partnerships on either side.
    """
    told, own = published(), partnerships.corr()
    names = list(own.columns)
    rows = []
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            pair = told.loc[first, second], own.loc[first, second]
            error = np.sqrt(1.0 / (PARTNERSHIPS - 3) + 1.0 / max(len(partnerships) - 3, 1))
            apart = abs(np.arctanh(min(max(float(pair[0]), -0.999), 0.999)) - np.arctanh(min(max(float(pair[1]), -0.999), 0.999)))
            rows.append((first, second, float(pair[0]), float(pair[1]), bool(apart > 1.96 * error)))
    return pd.DataFrame(rows, columns=["first", "second", "published", "model", "differs"])


def correlations_told(table: pd.DataFrame) -> str:
    """What the comparison says, in plain words."""
    same = int((np.sign(table["published"]) == np.sign(table["model"])).sum())
    order = float(table["published"].corr(table["model"], method="spearman"))
    higher = float((table["published"] - table["model"]).mean())
    return (
        f"Of {len(table)} correlations between five constructs, {same} have the published sign and {int((~table['differs']).sum())} the "
        f"published size within sampling error. The order of the pairs agrees with a rank correlation of {order:.2f}. Published ones are "
        f"{abs(higher):.2f} {'higher' if higher > 0 else 'lower'} on average; the same people reported all of them, which raises correlations. "
        f"Without counterpart in the model: {', '.join(NO_COUNTERPART)}."
    )


def _middle(declared: Any, number: int, rng: np.random.Generator) -> Any:
    width = declared.high - declared.low
    return declared.low + width * (0.25 + 0.5 * rng.random(number))
