"""Where a room begins: the shipped scenarios as pairs of settings for the page, or two arms of the user's own scenario file."""

from typing import Any

from coprod_abm.case import Case, load_case
from coprod_abm.experiments.scenario import Arm, Scenario, load_scenario, scenarios
from coprod_abm.experiments.workshop.choices import OUTCOMES
from coprod_abm.simulate import RunError

NOTHING: dict[str, Any] = {"name": "", "title": None, "presets": {}, "values": {}, "events": []}
LADDER_START = {"a": "arnstein/consultation", "b": "arnstein/partnership"}


def questions(known: dict[str, Case]) -> list[dict[str, Any]]:
    """Each shipped scenario that two arms of one case can show, with its words, where it begins, and all its arms."""
    found = [load_scenario(name) for name in scenarios()]
    return [
        {
            "title": dict(one.title),
            "question": dict(one.question),
            "start": setting(one, one.cases[0]),
            "arms": [arm_of(arm) for arm in one.arms],
        }
        for one in found
        if not one.together and one.cases[0] in known
    ]


def start_of(scenario: str | None, case: str | None, known: dict[str, Case], usual: str) -> dict[str, Any]:
    """The settings that the page begins with; a case of the user's own is added to ``known``.

    Raises:
        CaseError: when scenario or case do not exist or break a rule.
        RunError: when the scenario needs several cases in one world.
    """
    chosen = None if scenario is None else load_scenario(scenario)
    if chosen is not None and chosen.together:
        raise RunError(
            f"The scenario {chosen.name} lets several cases share one world, which the page cannot show. Run it with "
            f"`coprod scenarios scenario={chosen.name}`, or choose another."
        )
    name = case or (chosen.cases[0] if chosen else usual)
    found = load_case(name)
    known[found.id] = found
    if chosen is not None:
        return setting(chosen, found.id)
    arms = {arm: {**NOTHING, "presets": {"power": rung}} for arm, rung in LADDER_START.items()}
    return {"case": found.id, "seed": 1, **arms, "outcome": OUTCOMES[0]}


def setting(scenario: Scenario, case: str) -> dict[str, Any]:
    """The first arm of a scenario beside the one that differs most: the last that pictures show."""
    last = scenario.arm(scenario.drawn[-1]) if scenario.drawn[-1] != scenario.arms[0].name else scenario.arms[-1]
    outcome = next((name for name in scenario.outcomes if name in OUTCOMES), OUTCOMES[0])
    return {"case": case, "seed": 1, "a": arm_of(scenario.arms[0]), "b": arm_of(last), "outcome": outcome}


def arm_of(arm: Arm) -> dict[str, Any]:
    """An arm as the page keeps it."""
    if "theory" in arm.presets:
        values = {key: getattr(value, "name", value) for key, value in arm.values.items()}
        return {**NOTHING, "title": dict(arm.title), "values": values, "events": events_of(arm)}
    return {
        **NOTHING,
        "title": dict(arm.title),
        "presets": dict(arm.presets),
        "values": {key: getattr(value, "name", value) for key, value in arm.parameters.items()},
        "events": events_of(arm),
    }


def events_of(arm: Arm) -> list[dict[str, Any]]:
    """The events of an arm as the page keeps them, in the order in which they happen."""
    found = []
    for event in sorted(arm.events, key=lambda one: one.week):
        one: dict[str, Any] = {"week": event.week, "kind": event.kind}
        found.append(one | ({"parameter": event.parameter, "value": event.value} if event.parameter else {}))
    return found
