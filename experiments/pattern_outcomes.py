"""Patterns P9, P11 and P13 to P16: what becomes of decisions, leadership, staff, coalitions and those seldom heard."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coprod_abm.experiments.estimates import (
    Band,
    Estimate,
    Sign,
    correlation_of,
    mean_of,
    resampled,
)
from coprod_abm.experiments.pattern import Claim, Pattern, Read, mean_in, paired
from coprod_abm.experiments.study import Arm, at_end, measured
from coprod_abm.service import CITIZEN
from coprod_abm.simulate import recorded, run_once
from coprod_abm.world import Array, World
from coprod_abm.year import YEAR

# ---- P9: consultation and partnership ----


def changes(world: World, seed: int, weeks: int) -> dict[str, float]:
    """Implemented changes per project: all that a meeting decided, and those that citizens had proposed."""
    outcome, log = recorded(world, seed, weeks)
    decisions = log.decisions[: log.used[1]]
    made = decisions[decisions["implemented_week"] >= 0]
    projects = len(outcome.world.projects)
    return {"all": len(made) / projects, "of citizens": float((made["origin"] == CITIZEN).sum()) / projects}


P9 = Pattern(
    id="P9",
    sentence="Consultation yields fewer structural changes than partnership.",
    source="Bombard 2018, 10.1186/s13012-018-0784-z",
    arms={"consultation": Arm(("power=arnstein/consultation",)), "partnership": Arm(("power=arnstein/partnership",))},
    reading=changes,
    claims=(
        Claim(
            "implemented changes that citizens proposed, six years, partnership less consultation",
            "changes",
            "+ (48 studies)",
            Sign(1),
            paired("consultation", "partnership", lambda run: run["of citizens"]),
        ),
    ),
    analogue="Structural is read as a change of the service that came from citizens; the source contrasts discrete products "
    "with changes of process and structure.",
    share=0.25,
    beside=(
        (
            "All implemented changes, whoever proposed them: partnership less consultation {};",
            paired("consultation", "partnership", lambda run: run["all"]),
        ),
        ("of citizens under consultation {}.", mean_in("consultation", lambda run: run["of citizens"])),
    ),
)

# ---- P11: leadership ----

PROCESS = ("safety", "commitment", "direction", "member_fairness", "staff_fairness")
PERFORMANCE = ("need_met_change", "goals_delivered", "changes_kept")
FOLLOWERS = ("member_fairness", "staff_fairness", "commitment", "safety", "goals_delivered", "changes_kept")


def shared_leadership(lots: np.random.Generator) -> dict[str, float]:
    """A group's own degree of shared leadership, and circumstances in which groups differ beside it."""
    shared = lots.uniform()
    return {
        "leadership.rotation": shared,
        "leadership.collective": shared,
        "leadership.status_compression": 0.5 * shared,
        "leadership.agenda_control": 0.1 * (1.0 - shared),
        "leadership.facilitation": lots.uniform(0.0, 0.8),
        "leadership.support": lots.uniform(0.4, 1.0),
        "capacity.workload": lots.uniform(0.9, 1.1),
    }


def group(world: World, seed: int, weeks: int) -> dict[str, float]:
    """How leadership is shared in a group, with the outcomes of its last year."""
    told = {name: float(values[-1]) for name, values in measured(run_once(world, seed, weeks, weeks)).items()}
    return told | {"shared": float(world.rules["leadership"]["rotation"].mean())}


def columns(runs: list[dict[str, float]], names: tuple[str, ...]) -> Array:
    """The mean of several outcomes, each in standard deviations over the groups."""
    table = np.array([[run[name] for name in names] for run in runs])
    spread = table.std(axis=0)
    return ((table - table.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)).mean(axis=1)


def living(read: Read) -> list[dict[str, float]]:
    """The groups that still exist after their years; an ended one has nobody whose fairness could be told."""
    return [run for run in read["groups"] if not any(np.isnan(value) for value in run.values())]


def shared_on(names: tuple[str, ...]) -> Callable[[Read], Estimate]:
    """Correlation over groups of shared leadership with a set of outcomes."""

    def effect(read: Read) -> Estimate:
        runs = living(read)
        return correlation_of(np.array([run["shared"] for run in runs]), columns(runs, names))

    return effect


def process_above_performance(read: Read) -> Estimate:
    """Correlation with process less correlation with performance, over resampled groups."""
    runs = living(read)
    shared = np.array([run["shared"] for run in runs])
    process, performance = columns(runs, PROCESS), columns(runs, PERFORMANCE)

    def gap(chosen: Array) -> float:
        several = np.corrcoef([shared[chosen], process[chosen], performance[chosen]])
        return float(several[0, 1] - several[0, 2])

    return resampled(gap, len(runs), seed=11)


P11 = Pattern(
    id="P11",
    sentence="Shared leadership helps, more on process than on performance.",
    source="Wang 2014, 10.1037/a0034531",
    arms={"groups": Arm(weeks=3 * YEAR, drawn=shared_leadership)},
    reading=group,
    claims=(
        Claim(
            "shared leadership and effectiveness (process, performance), correlation over groups",
            "correlation",
            "ρ = .34 (42 samples); we ask for .1 to .6",
            Band(0.1, 0.6),
            shared_on((*PROCESS, *PERFORMANCE)),
        ),
        Claim(
            "shared leadership: correlation with process less that with performance",
            "correlation",
            "+",
            Sign(1),
            process_above_performance,
        ),
    ),
    share=4.0,
    analogue="How far real groups differ in other ways is unknown; here facilitation, support and workload vary beside.",
    beside=(
        ("With process {},", shared_on(PROCESS)),
        ("with performance {}.", shared_on(PERFORMANCE)),
    ),
)


def style(name: str, sign: int, published: str) -> Claim:
    """The claim that a style of leadership moves what followers experience and achieve, in SD of the plain project."""

    def effect(read: Read) -> Estimate:
        plain = np.array([[run[each] for each in FOLLOWERS] for run in read["plain"]])
        styled = np.array([[run[each] for each in FOLLOWERS] for run in read[name]])
        spread = np.nanstd(plain, axis=0)  # of the groups that still exist
        return mean_of(((styled - plain) / np.where(spread > 0.0, spread, 1.0)).mean(axis=1))

    return Claim(
        f"{name} leadership: fairness, effort, safety, delivery and changes", "SD", published, Sign(sign), effect
    )


P11_STYLES = Pattern(
    id="P11",
    sentence="Transformational leadership and contingent reward help, laissez-faire harms.",
    source="Judge & Piccolo 2004, 10.1037/0021-9010.89.5.755",
    arms={
        "plain": Arm(weeks=3 * YEAR),
        "transformational": Arm(("leadership=transformational",), 3 * YEAR),
        "contingent reward": Arm(("leadership=transactional",), 3 * YEAR),
        "laissez-faire": Arm(("leadership=laissez_faire",), 3 * YEAR),
    },
    reading=group,
    claims=(
        style("transformational", 1, "+ (ρ = .44)"),
        style("contingent reward", 1, "+ (ρ = .39)"),
        style("laissez-faire", -1, "− (ρ = −.37)"),
    ),
    share=0.5,
    analogue="The source correlates ratings of leaders with outcomes; here a style replaces the plain defaults.",
)

# ---- P13: turnover ----


def turnover(world: World, seed: int, weeks: int) -> float:
    """Professionals who leave in a year, mean over the years after the first."""
    return float(measured(run_once(world, seed, weeks, YEAR))["staff_turnover"][2:].mean())


P13 = Pattern(
    id="P13",
    sentence="Annual staff turnover is 10 to 33 %.",
    source="Skills for Care 2022/23, nursinginpractice.com",
    arms={"default": Arm()},
    reading=turnover,
    claims=(
        Claim(
            "professionals who leave in a year",
            "share",
            "0.104 (NHS nurses) to 0.326 (nurses in social care)",
            Band(0.10, 0.33),
            mean_in("default", lambda run: run),
        ),
    ),
    is_fast=True,
    share=0.25,
)

# ---- P14: coalitions that end ----


def survival(world: World, seed: int, weeks: int) -> Array:
    """Share of projects alive at the end of each year."""
    return measured(run_once(world, seed, weeks, YEAR))["alive"]


def yearly_ends(read: Read) -> Estimate:
    """Share of projects that end in a year, between the ends of years 3 and 7, over resampled runs."""
    alive = np.array(read["default"])

    def rate(chosen: Array) -> float:
        return float(1.0 - (alive[chosen, 7].mean() / alive[chosen, 3].mean()) ** 0.25)

    return resampled(rate, len(alive), seed=14)


P14 = Pattern(
    id="P14",
    sentence="About 90 % of coalitions are alive at year 3; then 3 to 8 % end each year.",
    source="Communities That Care 2008, 10.1016/j.amepre.2008.01.030 (110 coalitions)",
    arms={"default": Arm(weeks=7 * YEAR)},
    reading=survival,
    claims=(
        Claim(
            "projects alive after three years",
            "share",
            "0.90; we ask for .85 to .95",
            Band(0.85, 0.95),
            mean_in("default", lambda run: run[3]),
        ),
        Claim("projects that end in a year, years 4 to 7", "share", "0.03 to 0.08", Band(0.03, 0.08), yearly_ends),
    ),
    share=8.0,
    beside=(("Alive after seven years {} (published: about two thirds).", mean_in("default", lambda run: run[7])),),
)

# ---- P15: load ----

P15 = Pattern(
    id="P15",
    sentence="Steps are dropped under load: fidelity falls with demand.",
    source="Green 2020, 10.1136/bmjqs-2019-009570",
    arms={"default": Arm(), "a fifth more work": Arm(("capacity.workload=1.2",))},
    reading=at_end("goals_delivered", "changes_implemented", "staff_burnout"),
    claims=(
        Claim(
            "agreed changes that were implemented after six years, under a fifth more work",
            "share",
            "− (fidelity 40–100 %, 3 of 20 full)",
            Sign(-1),
            paired("default", "a fifth more work", lambda run: run[0]),
        ),
    ),
    analogue="The source counts steps of a method; here the agreed changes of a project.",
    share=0.5,
    beside=(
        ("Agreed changes delivered by default {};", mean_in("default", lambda run: run[0])),
        ("changes implemented differ by {}.", paired("default", "a fifth more work", lambda run: run[1])),
    ),
)

# ---- P16: who is represented, and whether they are heard ----

HEARD = ("leadership.facilitation=1", "leadership.facilitator=1", "power.agenda_access=1")
NOT_HEARD = ("leadership.facilitation=0", "power.agenda_access=0")
SMALLEST_OF_NOTE = 0.2  # SD


def stratified(heard: str) -> Callable[[Read], Array]:
    """The effect of stratified seats on needs met of the seldom heard, run by run, in SD of the self-selected runs."""

    def effect(read: Read) -> Array:
        plain = np.array([run.mean() for run in read[f"self-selected, {heard}"]])
        seated = np.array([run.mean() for run in read[f"stratified, {heard}"]])
        return np.asarray((seated - plain) / plain.std(ddof=1))

    return effect


def over_runs(values: Callable[[Read], Array]) -> Callable[[Read], Estimate]:
    """The mean of values over runs."""

    def effect(read: Read) -> Estimate:
        return mean_of(values(read))

    return effect


P16 = Pattern(
    id="P16",
    sentence="Representation changes outcomes for the seldom heard only where voice and agenda let them be heard.",
    source="evidence of the study's design; O'Shea 2019, 10.3389/fsoc.2019.00038 (qualitative)",
    arms={
        f"{rule.replace('_', '-')}, {name}": Arm((f"representation={rule}", *settings))
        for name, settings in (("heard", HEARD), ("not heard", NOT_HEARD))
        for rule in ("self_selected", "stratified")
    },
    reading=at_end("need_met_group_1", "need_met_group_2"),
    claims=(
        Claim(
            "needs met of the seldom heard, stratified against self-selected seats, where they are heard",
            "SD",
            "+",
            Sign(1, SMALLEST_OF_NOTE),
            over_runs(stratified("heard")),
        ),
        Claim(
            "needs met of the seldom heard, stratified against self-selected, where they are not heard",
            "SD",
            f"none (within ±{SMALLEST_OF_NOTE:g})",
            Band(-SMALLEST_OF_NOTE, SMALLEST_OF_NOTE),
            over_runs(stratified("not heard")),
        ),
        Claim(
            "stratified seats where the seldom heard are heard less the same where they are not",
            "SD",
            "+",
            Sign(1),
            over_runs(lambda read: stratified("heard")(read) - stratified("not heard")(read)),
        ),
    ),
    share=2.0,
)

OUTCOMES: tuple[Any, ...] = (P9, P11, P11_STYLES, P13, P14, P15, P16)
