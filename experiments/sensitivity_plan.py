"""A sensitivity study that has been checked: what is free, what is kept of each run, and which points are simulated."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.case import Case
from coprod_abm.declare import nearest
from coprod_abm.experiments.sensitivity_error import SensitivityError
from coprod_abm.experiments.sensitivity_line import Typed
from coprod_abm.experiments.sensitivity_sample import KINDS, Array, Sampling, check_sampling
from coprod_abm.experiments.sensitivity_study import Outcome
from coprod_abm.experiments.sweep_settings import named_cases
from coprod_abm.job import Job, checked_measures, job_of
from coprod_abm.measures import NAMES
from coprod_abm.outputs import AT, output
from coprod_abm.problem import problem, sampled_points
from coprod_abm.simulate import check_run
from coprod_abm.store import PLAN

AUTO = "auto"


@dataclass(frozen=True)
class StudyPlan:
    """A study that has been checked: every value is one that can be used.

    Attributes:
        sampling: method, problem and sample.
        n: size of the first sample.
        cases: whose outcomes are explained.
        columns: what is kept of each run, such as ``need_met@104``.
        weeks: weeks to simulate; None for each case's own length.
        fixed: parameters and presets that are the same at every point.
        replicates: of each point; None where a pilot chooses them.
        out: folder of the study.
        settings: the resolved configuration.
    """

    sampling: Sampling
    n: int
    cases: tuple[Case, ...]
    columns: tuple[str, ...]
    weeks: int | None
    fixed: Mapping[str, Any]
    replicates: int | None
    out: Path
    settings: Mapping[str, Any]

    def points(self, sample: Array) -> pd.DataFrame:
        """Sampled points beside what is fixed."""
        return sampled_points(self.sampling.space, sample).assign(**self.fixed)

    def job(self, sample: Array, replicates: int, seed: int | None = None) -> Job:
        """The runs of a sample."""
        return job_of(
            self.points(sample),
            self.cases,
            measures=self.columns,
            replicates=replicates,
            seed=self.settings["seed"] if seed is None else seed,
            weeks=self.weeks,
            common_seeds=self.settings["common_seeds"],
        )

    def sizes(self, replicates: int) -> list[int]:
        """Sizes of the sample from the first to the last that the budget allows."""
        budget = self.settings["budget"]
        sizes = [self.n]
        each = replicates * len(self.cases)
        while budget is not None and self.sampling.rows(2 * sizes[-1]) * each <= budget:
            sizes.append(2 * sizes[-1])
        return sizes


def planned(settings: Mapping[str, Any], typed: Typed) -> StudyPlan:
    """The checked study of a resolved configuration and of what was typed.

    Raises:
        SensitivityError, ProblemError, CaseError, ParameterError, MeasureError, RunError: naming value, rule and way out.
    """
    check_settings(settings)
    sampling = sampling_of(settings, typed)
    n = KINDS[sampling.method].usual if settings["n"] is None else settings["n"]
    check_sampling(sampling, n)
    columns, weeks = columns_of(settings["measures"], settings["weeks"])
    chosen = settings["replicates"]
    replicates = None if chosen == AUTO else whole("replicates", chosen, 1)
    check_run(2 if replicates is None else replicates, 1, 1, settings["threads"], settings["seed"])
    plan = StudyPlan(
        Sampling(**{**vars(sampling), "first": n}),
        n,
        named_cases(settings["case"]),
        columns,
        weeks,
        typed.fixed,
        replicates,
        Path(settings["out"]),
        settings,
    )
    check_budget(plan)
    return plan


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse a method that does not exist, and numbers that mean nothing.

    Raises:
        SensitivityError: naming key and value.
    """
    method = settings["method"]
    if method not in KINDS:
        raise SensitivityError(
            f"method={method} does not exist.{nearest(method, KINDS)} There are: {', '.join(KINDS)}."
        )
    for key, low in (("tolerance", 0.0), ("fix", 0.0)):
        value = settings[key]
        if value is not None and not (math.isfinite(value) and value > low):
            raise SensitivityError(f"{key} = {value:g} is not above 0. Give a number such as 0.05, or leave it out.")
    if settings["fix"] is not None and settings["fix"] >= 1.0:
        raise SensitivityError(
            f"fix = {settings['fix']:g} is a share of the variance and must be below 1, such as 0.05."
        )
    if settings["fix"] is not None and "ST" not in KINDS[method].interest:
        raise SensitivityError(
            f"fix= needs total effects, which method={method} does not give. Take method=sobol or hdmr."
        )
    if settings["tolerance"] is not None and settings["budget"] is None:
        raise SensitivityError(
            f"tolerance={settings['tolerance']:g} needs a budget: the most runs that the study may take, such as "
            "budget=1000000. `--dry-run` says how long that is."
        )
    if settings["language"] not in ("en", "sv"):
        raise SensitivityError(f"language={settings['language']} does not exist. There are: en, sv.")


def sampling_of(settings: Mapping[str, Any], typed: Typed) -> Sampling:
    """Method and problem; families are groups where the method has indices of groups.

    Raises:
        ProblemError, ParameterError: when nothing is free, or something twice.
        SensitivityError: when groups are asked for that the method cannot have.
    """
    kind = KINDS[settings["method"]]
    groups = settings["groups"]
    if not kind.groups and groups:
        raise SensitivityError(
            f"groups={groups}: method={settings['method']} has no indices of groups. Take method=sobol or morris, or leave "
            "groups away: every parameter then gets its own."
        )
    named = settings["free"] if isinstance(settings["free"], list) else [settings["free"]]
    only_groups = bool(groups) and not typed.names_free
    words = [str(word) for word in named] if typed.names_free or not (typed.bounds or only_groups) else []
    inside = {key for word in words for key in free_in(word)} | set(inside_groups(groups))
    more = [key for key in typed.bounds if key not in inside]
    fixed = [key for key in typed.fixed if "." in key]
    space = problem([*words, *more], groups_of(groups, kind.groups), typed.bounds, fixed)
    first = settings["n"] or kind.usual
    scrambles = settings["scrambles"] if kind.sampler == "sobol" else 1
    return Sampling(settings["method"], space, settings["seed"], first, scrambles, settings["interactions"])


def groups_of(groups: Any, possible: bool) -> bool | Mapping[str, Sequence[str]]:
    """The groups as :func:`coprod_abm.problem.problem` takes them.

    Raises:
        SensitivityError: when they are no mapping.
    """
    if groups is False or not possible:
        return False
    if groups is True or not groups:
        return True
    if not isinstance(groups, Mapping):
        raise SensitivityError(
            f"groups = {groups!r} are no groups. Write '{{voice:[power.voice_base,power.voice_safety]}}', or groups=false "
            "for every parameter by itself."
        )
    return {str(name): inside for name, inside in groups.items()}


def free_in(word: str) -> tuple[str, ...]:
    """The parameters that a word of ``free=`` stands for."""
    return tuple(key for key in problem(word, groups=False, dummy=False)["names"])


def inside_groups(groups: Any) -> list[str]:
    """The parameters of groups of one's own."""
    named = groups.values() if isinstance(groups, Mapping) else []
    return [key for inside in named if isinstance(inside, list) for word in inside for key in free_in(str(word))]


def columns_of(measures: Any, weeks: Any) -> tuple[tuple[str, ...], int | None]:
    """What is kept of each run, and how long runs last.

    Raises:
        MeasureError, SensitivityError: when a measure or week cannot be.
    """
    named = [str(each) for each in (measures if isinstance(measures, list) else [measures])]
    names = checked_measures(list(NAMES) if named == ["all"] else named)
    if weeks is None:
        return names, None
    several = [whole("weeks", each, 1) for each in (weeks if isinstance(weeks, list) else [weeks])]
    if len(set(several)) < len(several) or not several:
        raise SensitivityError(f"weeks = {weeks} names a week twice, or none. Name each once, as in weeks=104,208,312.")
    last = max(several)
    columns = []
    for name in names:
        if AT in name:
            raise SensitivityError(
                f"measures: {name} names a week, and so does weeks={weeks}. Name weeks in one place."
            )
        columns += [name if week == last else f"{name}{AT}{week}" for week in sorted(several)]
    return tuple(columns), last


def whole(key: str, value: Any, least: int) -> int:
    """A whole number.

    Raises:
        SensitivityError: when it is none, or too small.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise SensitivityError(f"{key} = {value!r} is not a whole number of {least} or more. Give one.")
    return value


def check_budget(plan: StudyPlan) -> None:
    """Refuse a budget that the first sample already exceeds.

    Raises:
        SensitivityError: naming both.
    """
    budget = plan.settings["budget"]
    runs = plan.sampling.rows(plan.n) * len(plan.cases) * (plan.replicates or 2)
    if budget is not None and budget < runs:
        raise SensitivityError(
            f"budget = {budget:,} runs is less than the {runs:,} that n={plan.n} takes. Raise it, or take a smaller n."
        )


# ---- outputs ----


def outcomes_of(plan: StudyPlan, table: pd.DataFrame, replicates: int) -> list[Outcome]:
    """Every output of a finished table, case by case."""
    found = []
    for case in plan.cases:
        own = table[table["case"] == case.id]
        length = case.weeks if plan.weeks is None else plan.weeks
        for column in plan.columns:
            shown = output(column)
            found.append(
                Outcome(
                    case.id,
                    case.level.name,
                    length if shown.week is None else shown.week,
                    shown.name,
                    own[column].to_numpy(float),
                    own[f"{column}_sd"].to_numpy(float),
                    replicates,
                )
            )
    return found


def check_table(plan: StudyPlan, table: pd.DataFrame, job: Job) -> None:
    """Refuse results of other points than were sampled, and points that could not run.

    Raises:
        SensitivityError: naming the first point and column.
    """
    check_points(plan, table, job)
    check_points(plan, pd.read_parquet(plan.out / PLAN), job)
    check_able(table[table["error"].notna()])


def check_points(plan: StudyPlan, table: pd.DataFrame, job: Job) -> None:
    """Refuse a table, with a row for each point and case, in which other points stand than were sampled.

    Raises:
        SensitivityError: naming the first point and column.
    """
    if len(table) != job.size:
        raise SensitivityError(
            f"{plan.out} holds {len(table):,} rows and the sample has {job.size:,}: the design was edited. Indices belong to "
            "the points that SALib chose; do the study anew in another folder."
        )
    count = len(plan.cases)
    for name in job.points.columns:
        stored, sampled = table[name].to_numpy(), np.repeat(job.points[name].to_numpy(), count)
        if (wrong := np.flatnonzero(stored != sampled)).size:
            at = wrong[0]
            raise SensitivityError(
                f"{plan.out}: the design was edited: {name} is {stored[at]} at point {at // count}, where the sample has "
                f"{sampled[at]}. Indices belong to the points that SALib chose; do the study anew in another folder."
            )


def check_able(failed: pd.DataFrame) -> None:
    """Refuse a design with points that contradict themselves: leaving them out would break it, and filling them would bend it.

    Raises:
        SensitivityError: naming the first, and the way out.
    """
    if len(failed):
        first = failed.iloc[0]
        raise SensitivityError(
            f"{len(failed):,} of the points cannot run, first point {first['point']} in case {first['case']}: {first['error']} "
            "No method can leave a point out. Fix one of the two settings, or free it between bounds within which the other "
            "can be, as in 'power.citizen_seat_share=interval(0.2,0.8)'."
        )
