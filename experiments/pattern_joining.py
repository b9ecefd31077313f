"""Patterns P1 to P5: who joins, how often people co-produce alone and together, and what raises it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from coprod_abm.experiments.estimates import (
    Band,
    Estimate,
    Sign,
    linear_slope,
    logistic_slope,
    mean_of,
    ratio_of,
)
from coprod_abm.experiments.pattern import Claim, Pattern, Read, paired
from coprod_abm.experiments.study import Arm, measured
from coprod_abm.membership import chance_to_join
from coprod_abm.simulate import run_once
from coprod_abm.world import Array, World
from coprod_abm.year import YEAR

TWO_YEARS = 2 * YEAR
FAR_MORE = 5.0  # times: what we read "a major gulf" as
PAID = 20.0  # euros an hour


def citizens_of(world: World) -> tuple[Array, Array]:
    """The citizens' records of a world, and the project each belongs to."""
    parts, homes = [], []
    for where, project in enumerate(world.projects):
        parts.append(world.people[project["first"] : project["first"] + project["citizens"]])
        homes.append(np.full(project["citizens"], where))
    return np.concatenate(parts), np.concatenate(homes)


def constituency(world: World, seed: int, weeks: int) -> dict[str, Any]:
    """Everyone's state at the start, who held a seat at any time of the run, and ties at its end."""
    before, homes = citizens_of(run_once(world, seed, 0).world)
    ended = run_once(world, seed, weeks).world
    after, _ = citizens_of(ended)
    return {
        **predictors_of(before, homes, ended.projects["goal_start"]),
        "joined": 1.0 * ((after["tenure"] > 0) | (after["member"] > 0)),
        "tie": after["tie"].copy(),
        "asked": ended.projects["invited"].sum(),
        "accepted": ended.projects["joined"].sum(),
    }


def newcomers(world: World, seed: int, weeks: int) -> dict[str, Any]:
    """Those who held no seat in the first year: their state before it, whether they were consulted, and who joined later.

    A tie of someone who never sat in a meeting comes from shared encounters alone: in these the person was consulted.
    """
    start, homes = citizens_of(run_once(world, seed, 0).world)
    first = run_once(world, seed, YEAR).world
    then, _ = citizens_of(first)
    after, _ = citizens_of(run_once(world, seed, weeks).world)
    free = (then["tenure"] == 0) & (then["member"] == 0)
    told = predictors_of(start, homes, first.projects["goal"]) | {
        "consulted": 1.0 * (then["tie"] > 0.0),
        "joined": 1.0 * ((after["tenure"] > 0) | (after["member"] > 0)),
    }
    return {name: values[free] for name, values in told.items()}


def predictors_of(people: Array, homes: Array, goals: Array) -> dict[str, Array]:
    """What the regressions know of each citizen; needs are met by project and identity group."""
    return {
        "efficacy": people["efficacy"].copy(),
        "trust": people["trust"].copy(),
        "hours": people["hours"].copy(),
        "seldom": 1.0 * (people["group"] > 0),
        "need_met": np.asarray(goals)[homes, people["group"]],
    }


PREDICTORS = ("efficacy", "trust", "hours", "seldom", "need_met")


def pooled(read: list[dict[str, Any]], *names: str) -> list[Array]:
    """Everyone of all runs below one another: the predictors and ``names``, and last the run each belongs to."""
    columns = [np.concatenate([run[name] for run in read]) for name in (*PREDICTORS, *names)]
    run = np.repeat(np.arange(len(read)), [len(run["joined"]) for run in read])
    return [np.column_stack(columns[: len(PREDICTORS)]), *columns[len(PREDICTORS) :], run]


def joining_on(name: str) -> Callable[[Read], Estimate]:
    """Log odds of joining after the first year per SD of one predictor, all others held."""

    def effect(read: Read) -> Estimate:
        predictors, consulted, joined, run = pooled(read["default"], "consulted", "joined")
        every = np.column_stack([predictors, consulted])
        return logistic_slope(every, joined, run, (*PREDICTORS, "consulted").index(name))

    return effect


def efficacy_on_joining(read: Read) -> Estimate:
    """Log odds of ever holding a seat per SD of efficacy at the start, others held."""
    predictors, joined, run = pooled(read["default"], "joined")
    return logistic_slope(predictors, joined, run, PREDICTORS.index("efficacy"))


def efficacy_on_ties(read: Read) -> Estimate:
    """Slope of the tie of people who never held a seat, which only shared encounters build, per SD of efficacy."""
    predictors, joined, tie, run = pooled(read["default"], "joined", "tie")
    never = joined == 0.0
    return linear_slope(predictors[never], tie[never], run[never], PREDICTORS.index("efficacy"))


def apart(name: str) -> Callable[[Read], Estimate]:
    """How far joiners differ from the others at the start, in standard deviations of the constituency."""

    def effect(read: Read) -> Estimate:
        runs = read["sortition"]
        spread = np.concatenate([run[name] for run in runs]).std()
        gaps = [
            run[name][run["joined"] > 0].mean() - run[name][run["joined"] == 0].mean()
            if run["joined"].any()
            else np.nan
            for run in runs
        ]
        return mean_of(np.array(gaps) / spread)

    return effect


def acceptance(read: Read) -> Estimate:
    """Share of those invited who accept."""
    runs = read["sortition"]
    return ratio_of([run["accepted"] for run in runs], [run["asked"] for run in runs])


def readiness(world: World, seed: int, weeks: int) -> dict[str, float]:
    """Share of citizens without a seat who would accept an invitation at the end of the run, and of each kind of group."""
    ended = run_once(world, seed, weeks).world
    chances: dict[str, list[float]] = {"all": [], "majority": [], "seldom heard": []}
    for where, project in enumerate(ended.projects):
        home = as_object(project)
        rules = SimpleNamespace(**{name: as_object(ended.rules[where][name]) for name in ended.rules.dtype.names or ()})
        people = ended.people[project["first"] : project["first"] + project["citizens"]]
        for person in people[people["member"] == 0][::2]:
            chance = chance_to_join(as_object(person), home, rules)
            chances["all"].append(chance)
            chances["seldom heard" if person["group"] > 0 else "majority"].append(chance)
    return {name: float(np.mean(several)) if several else np.nan for name, several in chances.items()}


def as_object(record: Any) -> SimpleNamespace:
    """A record as an object with attributes, which the tellings also read."""
    return SimpleNamespace(**{name: record[name] for name in record.dtype.names})


def frequencies(world: World, seed: int, weeks: int) -> dict[str, float]:
    """Of the citizens, how many shared power in an encounter and how many held a seat in the run, and how often."""
    outcome = run_once(world, seed, weeks, weeks)
    people, _ = citizens_of(outcome.world)
    last = {name: values[-1] for name, values in measured(outcome).items()}
    projects = outcome.world.projects
    seated = (people["tenure"] > 0) | (people["member"] > 0)
    return {
        "alone": float(((people["tie"] > 0.0) & ~seated).mean()),
        "together": float(seated.mean()),
        "encounters": last["encounters_per_citizen"],
        "shared": last["encounters_per_citizen"] * last["shared_encounters"],
        "attended": float(projects["attended"].sum() / projects["citizens"].sum()),
    }


def times_more(one: str, other: str) -> Callable[[Read], Estimate]:
    """How many times more frequent one form is than the other."""

    def effect(read: Read) -> Estimate:
        return ratio_of([run[one] for run in read["default"]], [run[other] for run in read["default"]])

    return effect


def rise_gap(read: Read) -> Estimate:
    """Rise of readiness with payment among the seldom heard less that of the majority."""

    def gap(run: dict[str, float]) -> float:
        return run["seldom heard"] - run["majority"]

    return mean_of([gap(b) - gap(a) for a, b in zip(read["unpaid"], read["paid"], strict=True)])


P1 = Pattern(
    id="P1",
    sentence="Efficacy raises co-production.",
    source="Parrado 2013, 10.1080/10967494.2013.796260; Bovaird 2016, 10.1177/0020852314566009",
    arms={"default": Arm(weeks=TWO_YEARS)},
    reading=constituency,
    claims=(
        Claim(
            "holding a seat in two years on efficacy at the start, beside trust, time, group and need met "
            "(logistic regression over the constituency)",
            "log odds per SD",
            "+",
            Sign(1),
            efficacy_on_joining,
        ),
        Claim(
            "tie of citizens without a seat, which shared encounters build, on efficacy at the start (same predictors)",
            "tie per SD",
            "+",
            Sign(1),
            efficacy_on_ties,
        ),
    ),
    analogue="The source asks what people do by themselves and together; here seats and shared encounters stand for it.",
    is_fast=True,
)

P2 = Pattern(
    id="P2",
    sentence="Better-met need lowers joining; information and consultation raise it.",
    source="Parrado 2013, 10.1080/10967494.2013.796260",
    arms={"default": Arm(weeks=3 * YEAR)},
    reading=newcomers,
    claims=(
        Claim(
            "joining in years 2 and 3 on needs of the own group met after year 1, beside efficacy, trust and time at the "
            "start, group, and having been consulted (logistic regression)",
            "log odds per SD",
            "−, “somewhat”",
            Sign(-1),
            joining_on("need_met"),
        ),
        Claim(
            "joining in years 2 and 3 on having shared power in an encounter in year 1 (same regression)",
            "log odds per SD",
            "+, “some evidence”",
            Sign(1),
            joining_on("consulted"),
        ),
    ),
    analogue="Consulted means an encounter in which power was shared; the source asks how well authorities inform and "
    "consult.",
    share=20.0,
)

P2_LEVELS = Pattern(
    id="P2",
    sentence=P2.sentence,
    source=P2.source,
    arms={
        "default": Arm(weeks=TWO_YEARS),
        "needs better met": Arm(("population.fit_experiential=0.8", "population.fit_technical=0.9"), TWO_YEARS),
    },
    reading=readiness,
    claims=(
        Claim(
            "share of citizens who would accept an invitation where more needs are met from the start",
            "share",
            "−, “somewhat”",
            Sign(-1),
            paired("default", "needs better met", lambda run: run["all"]),
        ),
    ),
)

P3 = Pattern(
    id="P3",
    sentence="Individual co-production is far more frequent than collective.",
    source="Bovaird 2014 (Journal of Social Policy), a “major gulf”",
    arms={"default": Arm(weeks=YEAR)},
    reading=frequencies,
    claims=(
        Claim(
            "citizens who shared power in an encounter per citizen who held a seat, first year",
            "times",
            f"far above 1 (we ask for {FAR_MORE:g})",
            Band(FAR_MORE, np.inf),
            times_more("alone", "together"),
        ),
    ),
    is_fast=True,
    share=0.25,
    beside=(
        ("Per attendance at a meeting there are {} encounters of any kind", times_more("encounters", "attended")),
        ("and {} in which power was shared.", times_more("shared", "attended")),
    ),
)

P4 = Pattern(
    id="P4",
    sentence="Joiners are more efficacious, trusting and better resourced than decliners; by lot 1–20 % accept.",
    source="Fledderus 2016 (IRAS); Keane 2023, 10.1186/s40900-023-00434-5; Jacquet (EJPR) on sortition",
    arms={"sortition": Arm(("representation=sortition",), TWO_YEARS)},
    reading=constituency,
    claims=(
        Claim("efficacy at the start, joiners less others", "SD", "+", Sign(1), apart("efficacy")),
        Claim("trust at the start, joiners less others", "SD", "+", Sign(1), apart("trust")),
        Claim("hours that could be given, joiners less others", "SD", "+", Sign(1), apart("hours")),
        Claim("share of those invited by lot who accept", "share", "0.01 to 0.20", Band(0.01, 0.20), acceptance),
    ),
    analogue="Under a lot those who decline are a random sample of the others, so joiners are compared with all others.",
    is_fast=True,
)

P5 = Pattern(
    id="P5",
    sentence="Giving time and resources raises participation most among those in greatest need.",
    source="Jakobsen 2013, 10.1093/jopart/mus036",
    arms={"unpaid": Arm(weeks=TWO_YEARS), "paid": Arm((f"reciprocity.payment={PAID:g}",), TWO_YEARS)},
    reading=readiness,
    claims=(
        Claim(
            f"share of citizens who would accept, paid {PAID:g} € an hour against unpaid",
            "share",
            "+",
            Sign(1),
            paired("unpaid", "paid", lambda run: run["all"]),
        ),
        Claim(
            "rise with payment among the seldom heard, whose needs are met least, less that of the majority",
            "share",
            "+",
            Sign(1),
            rise_gap,
        ),
    ),
    share=0.5,
    analogue="The source gave families materials and training; here payment frees time.",
    beside=(
        (
            "Ratio of the two rises to where they start, seldom heard: {}.",
            lambda read: ratio_of(
                [b["seldom heard"] for b in read["paid"]], [a["seldom heard"] for a in read["unpaid"]]
            ),
        ),
        (
            "Majority: {}.",
            lambda read: ratio_of([b["majority"] for b in read["paid"]], [a["majority"] for a in read["unpaid"]]),
        ),
    ),
)

JOINING = (P1, P2, P2_LEVELS, P3, P4, P5)
