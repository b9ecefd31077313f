"""The feedback loops that the declared causes close: links gathered from rules and tellings, loops found by graph search."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from itertools import pairwise
from types import ModuleType
from typing import NamedTuple

from coprod_abm.causes import STATES, SWITCHES, Link
from coprod_abm.declare import nearest
from coprod_abm.parameters import declarations

FAMILIES = (
    "power",
    "leadership",
    "representation",
    "reciprocity",
    "learning",
    "participation",
    "trust",
    "efficacy",
    "capacity",
)
TELLINGS = ("meeting", "floor", "vote", "delivery", "levels", "service")
LONGEST = 7  # links; longer loops work too slowly and are too many to read


class LinkError(ValueError):
    """A declared link names a state that is not in the vocabulary, or a function that is not in its file."""


class Loop(NamedTuple):
    """A feedback loop: states in order, each moving the next and the last moving the first."""

    states: tuple[str, ...]
    sign: int  # +1 reinforcing, −1 balancing

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """Cause and effect of each link of the loop."""
        return tuple(pairwise((*self.states, self.states[0])))

    @property
    def text(self) -> str:
        """The loop in words, such as ``success → efficacy → voice → success``."""
        return " → ".join((*self.states, self.states[0]))


@cache
def homes() -> dict[str, ModuleType]:
    """The modules that declare links, by name; rule families first."""
    names = {family: f"coprod_abm.rules.{family}" for family in FAMILIES}
    names |= {telling: f"coprod_abm.{telling}" for telling in TELLINGS}
    return {name: import_module(path) for name, path in names.items()}


@cache
def links() -> tuple[tuple[str, Link], ...]:
    """Every declared link with the family or telling that declares it.

    Raises:
        LinkError: on a word that is not in the vocabulary, or a function that is not there.
    """
    found = tuple((home, link) for home, module in homes().items() for link in module.LINKS)
    for home, link in found:
        for state in (link.cause, link.effect):
            if state not in STATES:
                raise LinkError(
                    f"{home}: {state!r} in the link {link.cause!r} to {link.effect!r} is not a declared state."
                    f"{nearest(state, STATES)} Use one of coprod_abm.causes.STATES, or add it there."
                )
        if not hasattr(homes()[home], link.function):
            raise LinkError(
                f"{home}: the link {link.cause!r} to {link.effect!r} names {link.function!r}, which is not there."
            )
    return found


@cache
def signs() -> dict[tuple[str, str], int]:
    """The sign of each cause and effect; one pair may be linked through several rules, which must agree.

    Raises:
        LinkError: when two rules move the same effect in opposite directions.
    """
    found: dict[tuple[str, str], int] = {}
    for home, link in links():
        pair = (link.cause, link.effect)
        if found.setdefault(pair, link.sign) != link.sign:
            raise LinkError(f"{home}: {link.cause!r} both raises and lowers {link.effect!r}. Put a state between them.")
    return found


@cache
def loops(longest: int = LONGEST) -> tuple[Loop, ...]:
    """Every feedback loop of at most ``longest`` links, short ones first."""
    import networkx as nx

    graph = nx.DiGraph(list(signs()))
    order = list(STATES)
    found = []
    for cycle in nx.simple_cycles(graph, length_bound=longest):
        first = min(range(len(cycle)), key=lambda place: order.index(cycle[place]))
        states = (*cycle[first:], *cycle[:first])
        sign = 1
        for step in pairwise((*states, states[0])):
            sign *= signs()[step]
        found.append(Loop(states, sign))
    return tuple(sorted(found, key=lambda loop: (len(loop.states), [order.index(state) for state in loop.states])))


@cache
def named_loops() -> dict[str, Loop]:
    """The shortest loop through each link that lies on any, by name: R1, R2, ... reinforcing, B1, B2, ... balancing."""
    chosen: dict[Loop, None] = {}
    for step in signs():
        for loop in loops():
            if step in loop.steps:
                chosen[loop] = None
                break
    counts = {1: 0, -1: 0}
    names = {}
    for loop in loops():
        if loop in chosen:
            counts[loop.sign] += 1
            names[f"{'R' if loop.sign > 0 else 'B'}{counts[loop.sign]}"] = loop
    return names


def acting(values: Mapping[str, float]) -> set[tuple[str, str]]:
    """Causes and effects that act under parameters by dotted name; what is not named has its default.

    >>> ("success", "efficacy") in acting({}), ("success", "efficacy") in acting({"efficacy.strength": 0.0})
    (True, False)
    """
    off = [key for key in SWITCHES if float(values.get(key, declarations()[key].default)) == 0.0]
    silent = {word for key in off for word in SWITCHES[key]}
    return {(link.cause, link.effect) for _, link in links() if not silent & {link.effect, link.function, link.by}}
