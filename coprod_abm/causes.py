"""What moves what: causes and effects declared beside the rules through which they work, and the feedback loops they close.

Each file of rules, and each telling that passes a state on without a rule, ends with a tuple ``LINKS``. The words for
states are those of :data:`STATES` and no others. A link says how the effect answers the cause *there*, all else equal;
``tests/test_causes.py`` moves each argument and sees whether it does.
"""

from functools import cache
from importlib import import_module
from itertools import pairwise
from types import ModuleType
from typing import NamedTuple

from coprod_abm.declare import nearest


class LinkError(ValueError):
    """A declared link names a state that is not in the vocabulary, or a function that is not in its file."""


class State(NamedTuple):
    """One word of the vocabulary: the family in whose rules the state is at home, and what it is."""

    family: str
    meaning: str


class Link(NamedTuple):
    """One declared dependency.

    Attributes:
        cause, effect: two of :data:`STATES`.
        sign: +1 where the effect rises with the cause, −1 where it falls.
        by: ``function.argument`` of the same file. A minus before the function says that it gives the opposite of the
            effect (a chance to leave lowers membership), one before the argument that it takes the opposite of the cause.
    """

    cause: str
    effect: str
    sign: int
    by: str

    @property
    def function(self) -> str:
        """The name of the function through which the link works."""
        return self.by.split(".")[0].removeprefix("-")

    @property
    def argument(self) -> str:
        """The argument of the function that stands for the cause."""
        return self.by.split(".")[1].removeprefix("-")

    @property
    def turns(self) -> int:
        """+1 where the result moves with the argument as the effect does with the cause, −1 where one of them is reversed."""
        before, after = self.by.split(".")
        return (-1 if before.startswith("-") else 1) * (-1 if after.startswith("-") else 1)


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


STATES = {
    "efficacy": State("efficacy", "belief that one's own part can change things"),
    "trust": State("trust", "citizens' and staff's trust in each other"),
    "openness": State("trust", "professionals' openness to sharing power"),
    "satisfaction": State("trust", "satisfaction with taking part and with the service"),
    "fairness": State("trust", "how fair members found the last meeting"),
    "safety": State("leadership", "psychological safety"),
    "success": State("efficacy", "success as members felt it after a meeting"),
    "membership": State("participation", "citizens' seats that are filled"),
    "attendance": State("participation", "members who come to the meetings"),
    "shared encounters": State("participation", "encounters in which power is shared"),
    "ties": State("representation", "citizens' ties to the project"),
    "voice": State("power", "what citizens say on the floor, above all what only they know"),
    "standing": State("power", "standing earned in meetings"),
    "uptake": State("power", "listeners who move towards what was said"),
    "knowledge": State("learning", "beliefs that agree with what works"),
    "agenda": State("power", "citizens' problems that are put to the vote"),
    "adopted changes": State("power", "changes that a meeting or a code has agreed on and that wait"),
    "implemented changes": State("leadership", "changes put into the service"),
    "broken promises": State("leadership", "adopted changes that were not implemented in time"),
    "needs met": State("service", "goal fulfilment of the constituency"),
    "effort": State("reciprocity", "members' effort between meetings"),
    "expectation": State("reciprocity", "what members expect of each other's effort"),
    "sponsor support": State("leadership", "support by the senior sponsor"),
    "workload": State("capacity", "demand on staff relative to capacity"),
    "burnout": State("capacity", "professionals' burnout"),
    "staff turnover": State("capacity", "professionals who leave"),
    "code": State("learning", "what the region or nation holds to be best practice"),
}

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
