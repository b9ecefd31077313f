"""The words in which causes and effects are declared beside the rules through which they work.

Each file of rules, and each telling that passes a state on without a rule, ends with a tuple ``LINKS``. The words for
states are those of :data:`STATES` and no others. A link says how the effect answers the cause *there*, all else equal;
``tests/test_feedback.py`` moves each argument and sees whether it does. What the links close is in :mod:`coprod_abm.feedback`.
"""

from typing import NamedTuple


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
    "survival": State("participation", "projects that have not come to their end"),
    "shared lead": State("leadership", "how far the members lead themselves, where leadership is collective"),
    "effort": State("reciprocity", "members' effort between meetings"),
    "expectation": State("reciprocity", "what members expect of each other's effort"),
    "sponsor support": State("leadership", "support by the senior sponsor"),
    "support above": State("learning", "support of the region or nation above"),
    "workload": State("capacity", "demand on staff relative to capacity"),
    "burnout": State("capacity", "professionals' burnout"),
    "staff turnover": State("capacity", "professionals who leave"),
    "code": State("learning", "what the region or nation holds to be best practice"),
}

# What a parameter at 0 silences: the links to these states, and those through these functions.
SWITCHES: dict[str, tuple[str, ...]] = {
    "efficacy.strength": ("efficacy",),
    "trust.strength": ("trust", "openness"),
    "reciprocity.strength": ("effort",),
    "capacity.strength": ("workload", "burnout"),
    "participation.time_strength": ("attend_chance.-gap", "effort.-free_time"),
    "participation.exits": ("exit_chance",),
    "participation.endings": ("end_chance",),
    "leadership.sponsor_strength": ("sponsor support",),
    "leadership.climate_strength": ("safety",),
    "leadership.collective": ("shared lead",),
    "learning.levels_strength": ("code_change_chance", "learn_from_code", "support_of_place", "with_support_above"),
    "power.floor_strength": ("claim_to_floor",),
    "power.voice_strength": ("speaking_up_chance",),
    "power.uptake_strength": ("uptake_chance",),
    "power.agenda_access": ("agenda",),
}
