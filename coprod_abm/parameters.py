"""All parameters of a model run: the rule families side by side, as dataclasses, as one flat record, as a table."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self, cast

import numpy as np

from coprod_abm.declare import Declaration, Family, ParameterError, checked, nearest
from coprod_abm.display import parameters_html
from coprod_abm.population import Population
from coprod_abm.rules.capacity import Capacity
from coprod_abm.rules.efficacy import Efficacy
from coprod_abm.rules.leadership import Leadership
from coprod_abm.rules.learning import Learning
from coprod_abm.rules.participation import Participation
from coprod_abm.rules.power import Power
from coprod_abm.rules.reciprocity import Reciprocity
from coprod_abm.rules.representation import Representation
from coprod_abm.rules.trust import Trust

LONGEST_NAME = 120  # characters of an unknown name in a message; a table's header may hold anything


@dataclass
class Parameters:
    """Every declared parameter, by family: ``Parameters().power.agenda_access``."""

    power: Power = field(default_factory=Power)
    leadership: Leadership = field(default_factory=Leadership)
    representation: Representation = field(default_factory=Representation)
    reciprocity: Reciprocity = field(default_factory=Reciprocity)
    learning: Learning = field(default_factory=Learning)
    participation: Participation = field(default_factory=Participation)
    trust: Trust = field(default_factory=Trust)
    efficacy: Efficacy = field(default_factory=Efficacy)
    capacity: Capacity = field(default_factory=Capacity)
    population: Population = field(default_factory=Population)

    def replace(self, changes: Mapping[str, Any]) -> Self:
        """A copy with changes by dotted name, such as ``{"power.agenda_access": 0.4}``.

        ``leadership.dial`` at 0 or above also sets what the presets directive and facilitative set, in between the two;
        whatever ``changes`` name themselves goes before it.

        Raises:
            ParameterError: on an unknown name, a wrong type or a value out of range.
        """
        families: dict[str, Any] = {name: dataclasses.replace(family) for name, family in self.families().items()}
        copy = dataclasses.replace(self, **families)
        for key, value in {**dialled(changes), **changes}.items():
            found = declaration(key)
            setattr(getattr(copy, found.family), found.name, value)
        return copy

    def families(self) -> dict[str, Family]:
        """The families by name, in declared order."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}

    def values(self) -> dict[str, Any]:
        """Every value by dotted name; structural choices as members of their ``IntEnum``."""
        return {key: getattr(getattr(self, found.family), found.name) for key, found in declarations().items()}

    def changes(self) -> dict[str, Any]:
        """The values that differ from their declared defaults, or from where the dial puts them, by dotted name.

        ``Parameters().replace(params.changes())`` equals ``params``.
        """
        usual = {key: found.default for key, found in declarations().items()}
        usual |= dialled({"leadership.dial": self.leadership.dial})
        return {key: value for key, value in self.values().items() if value != usual[key]}

    def _repr_html_(self) -> str:
        return parameters_html(declarations(), self.values(), self.changes())

    def record(self) -> np.ndarray[Any, np.dtype[Any]]:
        """One record of type :func:`record_type`, shape ``(1,)``, all numbers as float64: what the core reads."""
        record = np.zeros(1, record_type())
        record.view("f8")[:] = [float(value) for value in self.values().values()]
        return record


def dialled(changes: Mapping[str, Any]) -> dict[str, float]:
    """What a turn of the dial sets: each number of the presets directive and facilitative, in between the two.

    Raises:
        ParameterError: when the dial is no number in its range.
    """
    if "leadership.dial" not in changes:
        return {}
    position = cast(float, checked(declaration("leadership.dial"), changes["leadership.dial"]))
    if position < 0.0:
        return {}
    from coprod_abm.presets import preset_values

    ends = (preset_values("leadership", "directive"), preset_values("leadership", "facilitative"))
    usual = {key: cast(float, found.default) for key, found in declarations().items()}
    numbers = dict.fromkeys([*ends[0], *ends[1]])
    return {
        key: (1.0 - position) * ends[0].get(key, usual[key]) + position * ends[1].get(key, usual[key])
        for key in numbers
    }


@cache
def declarations() -> dict[str, Declaration]:
    """Every declaration by dotted name, in the order of families and of their files."""
    families: list[type[Family]] = [type(family) for family in Parameters().families().values()]
    return {found.key: found for family in families for found in family.declarations()}


@cache
def positions() -> dict[str, int]:
    """Place of each dotted name in the flat record, for events that set a parameter."""
    return {key: place for place, key in enumerate(declarations())}


@cache
def record_type() -> np.dtype[Any]:
    """The nested record of all families; every parameter is a float64."""
    families: dict[str, list[tuple[str, str]]] = {}
    for found in declarations().values():
        families.setdefault(found.family, []).append((found.name, "f8"))
    return np.dtype([(name, np.dtype(fields)) for name, fields in families.items()])


def declaration(key: str) -> Declaration:
    """The declaration of one dotted name.

    Raises:
        ParameterError: when it does not exist; the nearest name is suggested.
    """
    if key in declarations():
        return declarations()[key]
    told = key if len(key) <= LONGEST_NAME else f"{key[:LONGEST_NAME]}..."
    raise ParameterError(
        f"{told!r} is not a declared parameter.{nearest(key, declarations())} `coprod params` lists them all."
    )
