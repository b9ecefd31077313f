"""Interaction and decision records of one run: who said what to whom with what effect, and what became of each decision.

From these tables alone voice shares, influence shares and the history of the service can be rebuilt.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coprod_abm.draws import replicate_seed
from coprod_abm.log import ACT
from coprod_abm.parameters import Parameters
from coprod_abm.rules.power import DecisionRule
from coprod_abm.simulate import Cases, as_cases, check_parameters, check_run, recorded
from coprod_abm.world import Array, world_of

ROLE_NAMES = ("citizen", "professional", "leader")
ORIGIN_NAMES = (*ROLE_NAMES, "elsewhere")


class Record(NamedTuple):
    """What happened in one run.

    ``acts``: one row per act on the floor (week, project, meeting, turn, speaker, role, group, act, feature, value,
    floor_chance, listeners, adopters by role, decision). ``decisions``: one row per decision (proposal, origin role,
    rule, votes by role, veto, outcome, week implemented or broken, feedback). Persons are numbered within the run.
    """

    acts: pd.DataFrame
    decisions: pd.DataFrame


def records(params: Parameters, case: Cases, seed: int = 1, weeks: int | None = None, replicate: int = 0) -> Record:
    """The records of the run that is replicate ``replicate`` of ``simulate(params, case, seed=seed)``.

    Several cases are run in one world, where regions and nations pass on what they learn; ``simulate`` keeps cases apart.

    Raises:
        RunError, CaseError, ParameterError: as in :func:`coprod_abm.simulate`.
    """
    check_parameters(params)
    chosen = as_cases(case)
    length = max(one.weeks for one in chosen) if weeks is None else weeks
    check_run(replicate + 1, length, 1, 1, seed)
    _, log = recorded(world_of(chosen, params), replicate_seed(seed, replicate), length)
    several = len(chosen) > 1
    projects = [f"{one.id}: {site.name}" if several else site.name for one in chosen for site in one.sites]
    return Record(
        acts_table(log.acts[: log.used[0]], projects), decisions_table(log.decisions[: log.used[1]], projects)
    )


def acts_table(rows: Array, projects: list[str]) -> pd.DataFrame:
    """Acts in the order in which they happened, codes turned into words."""
    table = frame(rows, "adopters")
    table["project"] = named(rows["project"], projects)
    table["role"] = named(rows["role"], ROLE_NAMES)
    table["act"] = named(rows["act"], ACT._fields)
    return table


def decisions_table(rows: Array, projects: list[str]) -> pd.DataFrame:
    """Decisions in the order in which they were taken, codes turned into words."""
    table = frame(rows, "yes", "present")
    table["project"] = named(rows["project"], projects)
    table["origin"] = named(rows["origin"], ORIGIN_NAMES)
    table["rule"] = named(rows["rule"], [rule.name for rule in DecisionRule])
    for flag in ("adopted", "vetoed", "feedback"):
        table[flag] = rows[flag].astype(bool)
    return table


def frame(rows: Array, *by_role: str) -> pd.DataFrame:
    """A table of records; columns that hold one number per role become one column per role."""
    columns: dict[str, Any] = {}
    for name in rows.dtype.names or ():
        if name in by_role:
            for place, role in enumerate(ROLE_NAMES):
                columns[f"{name}_{role}"] = rows[name][:, place]
        else:
            columns[name] = rows[name]
    return pd.DataFrame(columns)


def named(codes: Array, names: Sequence[str]) -> "pd.Categorical[str]":
    """Codes as words."""
    return pd.Categorical.from_codes(codes.astype(np.int64).tolist(), pd.Index(list(names)))
