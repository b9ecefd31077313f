"""What a page asks of the server, checked: nothing reaches the model that the declarations do not admit."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from coprod_abm.case import Case, CaseError, Event
from coprod_abm.declare import ParameterError, nearest
from coprod_abm.experiments.workshop.choices import OUTCOMES
from coprod_abm.experiments.workshop.drawn import Drawn, rows_of
from coprod_abm.parameters import Parameters, declaration, dialled, positions
from coprod_abm.presets import FAMILIES, PresetError, preset_values
from coprod_abm.simulate import RunError
from coprod_abm.world import Array, check_rules

MOST_EVENTS = 12
MOST_SEED = 2**31 - 1
MOST_WHOLE = 2**53  # beyond it whole numbers are no exact floats, and from 1e309 on none at all
ARMS = ("a", "b")
REFUSALS = (CaseError, ParameterError, PresetError, RunError)


@dataclass(frozen=True)
class ArmAsked:
    """One of the two scenarios: the case with its events, the rules in force, and a name for exactly these.

    Attributes:
        case: the case with the events of the scenario beside its own.
        rules: every rule in force as numbers, shape (draw, parameter); one row where parameters are not drawn.
        key: a hash of what decides the numbers.
    """

    case: Case
    rules: Array
    key: str

    def in_force(self, name: str) -> float:
        """The value of a parameter, the middle one where it is drawn."""
        return float(np.median(self.rules[:, positions()[name]]))


@dataclass(frozen=True)
class Asked:
    """A checked request: two scenarios of one case, the outcome to draw, and whether the first picture is wanted soon."""

    a: ArmAsked
    b: ArmAsked
    outcome: str
    seed: int
    first: bool


def asked(given: Any, cases: Mapping[str, Case], drawn: Drawn | None = None) -> Asked:
    """The checked request of a page; parameters are drawn where there are draws, except those that a scenario sets.

    Raises:
        RunError, CaseError, ParameterError, PresetError: naming value, rule and way out.
    """
    check_object("the request", given, ("case", "a", "b"), ("seed", "outcome", "first"))
    case = case_of(given["case"], cases)
    seed = given.get("seed", 1)
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= MOST_SEED:
        raise RunError(f"seed = {told(seed)} is not a whole number from 0 to {MOST_SEED}. Give one.")
    outcome = given.get("outcome", OUTCOMES[0])
    if outcome not in OUTCOMES:
        raise RunError(f"outcome = {told(outcome)} is not shown here.{nearest(str(outcome), OUTCOMES)}")
    a, b = (arm_of(name, given[name], case, seed, drawn) for name in ARMS)
    return Asked(a, b, outcome, seed, given.get("first") is True)


def arm_of(name: str, given: Any, case: Case, seed: int, drawn: Drawn | None = None) -> ArmAsked:
    """One scenario of a request: presets, then single values before them, then events.

    Raises:
        RunError, CaseError, ParameterError, PresetError: naming value, rule and way out.
    """
    check_object(name, given, (), ("presets", "values", "events"))
    chosen, single = given.get("presets", {}), given.get("values", {})
    check_object(f"{name}.presets", chosen, (), FAMILIES)
    check_object(f"{name}.values", single, (), None)
    values: dict[str, Any] = {}
    for family, preset in sorted(chosen.items()):
        if not isinstance(preset, str):
            raise PresetError(f"{family} = {told(preset)} is not the name of a preset.")
        values |= preset_values(family, preset)
    for key, value in single.items():
        declaration(key)
        if not is_plain(value):
            raise ParameterError(f"{key} = {told(value)} is neither a number nor a name.")
    values |= dialled(single) | single
    own = replace(case, events=(*case.events, *events_of(f"{name}.events", given.get("events", []), case)))
    params = Parameters().replace(dict(case.rules)).replace(values)
    check_rules(params, own)
    rules = rows_of(params, values, drawn)
    facts = json.dumps([own.fingerprint, seed]).encode()
    return ArmAsked(own, rules, hashlib.sha256(facts + rules.tobytes()).hexdigest())


def events_of(name: str, given: Any, case: Case) -> list[Event]:
    """The checked events of a scenario.

    Raises:
        RunError, CaseError: when there are too many, or one breaks a rule or comes after the end.
    """
    if not isinstance(given, list) or len(given) > MOST_EVENTS:
        raise RunError(f"{name} is not a list of at most {MOST_EVENTS} events. Leave some away.")
    found = []
    for place, event in enumerate(given):
        check_object(f"{name}[{place}]", event, ("week", "kind"), ("parameter", "value"))
        if not is_plain(event.get("value", 0.0)):
            raise RunError(f"{name}[{place}].value = {told(event['value'])} is neither a number nor a name.")
        one = Event(**event)
        if one.week > case.weeks:
            raise RunError(
                f"The event {one.kind} of week {one.week} comes after the end: {case.id} lasts {case.weeks} weeks. "
                f"Choose a week up to {case.weeks}."
            )
        found.append(one)
    return found


def is_plain(value: Any) -> bool:
    """Whether a value is a name or a number that a float can hold."""
    return isinstance(value, float | str) or (isinstance(value, int) and abs(value) <= MOST_WHOLE)


def case_of(name: Any, cases: Mapping[str, Case]) -> Case:
    """The case of that name among those that the page offers.

    Raises:
        RunError: when it offers none of that name.
    """
    if not isinstance(name, str) or name not in cases:
        raise RunError(
            f"case = {told(name)} is not offered here.{nearest(str(name), cases)} Cases: {', '.join(cases)}."
        )
    return cases[name]


def check_object(name: str, given: Any, required: tuple[str, ...], others: tuple[str, ...] | None) -> None:
    """Refuse what is no mapping from names, lacks a key or has one that means nothing (``others`` None: any may stand).

    Raises:
        RunError: naming it.
    """
    if not isinstance(given, dict):
        raise RunError(f"{name} = {told(given)} is not an object of names and values.")
    for key in required:
        if key not in given:
            raise RunError(f"{name} lacks {key}.")
    known = None if others is None else (*required, *others)
    for key in given:
        if known is not None and key not in known:
            raise RunError(f"{name} has {told(key)}, which means nothing here.{nearest(str(key), known)}")


def told(value: Any) -> str:
    """A value as a message shows it, cut short."""
    text = "a very large number" if isinstance(value, int) and abs(value) > MOST_WHOLE else repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
