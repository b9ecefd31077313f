"""The parts of a case: levels of care, sites with their people and seats, and events."""

from dataclasses import dataclass
from enum import IntEnum
from math import isfinite
from typing import Any

from coprod_abm.case_error import CaseError, check_option, check_text, check_whole
from coprod_abm.declare import ParameterError
from coprod_abm.draws import key_of
from coprod_abm.state import MAX_SEATS
from coprod_abm.year import YEAR

MOST_PEOPLE = 100_000_000  # of one role at one site; people are numbered with 31 bits
PEOPLE = ("citizens", "professionals", "leaders")
SEATS = ("citizen_seats", "professional_seats", "leader_seats")
AT_THE_START = (
    "power.citizen_seat_share",
    "power.space",
    "leadership.appointed",
    "leadership.dial",
    "leadership.sponsor_strength",
    "leadership.climate_strength",
    "reciprocity.conditional_share",
    "reciprocity.free_rider_share",
    "reciprocity.strength",
    "efficacy.strength",
    "trust.strength",
    "capacity.strength",
)
EVENT_KINDS = (
    "set",
    "add",
    "sponsor_leaves",
    "sponsor_arrives",
    "facilitator_leaves",
    "facilitator_arrives",
    "user_leader_leaves",
    "promise_broken",
)


class Level(IntEnum):
    """The level of care system that a project or a case belongs to."""

    local = 0
    regional = 1
    national = 2


@dataclass(frozen=True)
class Site:
    """One co-production project with its constituency.

    Attributes:
        name: unique within the case; it names the site's random draws, so a renamed site draws anew.
        level: level of the project.
        region: region within the country; ``""`` for a national project.
        citizens, professionals, leaders: people simulated, at least one of each.
        citizen_seats, professional_seats, leader_seats: seats in the meeting, 1 to 24 together, no more than people.
        case: id of the case; a `Case` fills it in.

    Raises:
        CaseError: when a value breaks these rules.
    """

    name: str
    level: Level
    region: str = ""
    citizens: int = 300
    professionals: int = 30
    leaders: int = 5
    citizen_seats: int = 6
    professional_seats: int = 5
    leader_seats: int = 1
    case: str = ""

    def __post_init__(self) -> None:
        check_text("name", self.name)
        check_level(self.level)
        check_text("region", self.region, empty=self.level == Level.national)
        if self.level == Level.national and self.region:
            raise CaseError("region", self.region, 'the region "" for a national project', "Remove the region.")
        for role, seats in zip(PEOPLE, SEATS, strict=True):
            people = getattr(self, role)
            check_whole(role, people, 1, MOST_PEOPLE)
            check_whole(seats, getattr(self, seats), 0, min(MAX_SEATS, people))
        if not 1 <= self.seats <= MAX_SEATS:
            told = " + ".join(f"{getattr(self, seats)} {seats}" for seats in SEATS)
            way_out = "Change the seats; people without a seat still belong to the site."
            raise CaseError("citizen_seats", told, f"1 to {MAX_SEATS} seats together", way_out)

    @property
    def seats(self) -> int:
        """Seats of all roles together."""
        return self.citizen_seats + self.professional_seats + self.leader_seats

    @property
    def people(self) -> int:
        """People simulated at this site."""
        return self.citizens + self.professionals + self.leaders

    @property
    def key(self) -> int:
        """The 31-bit name of this site in every random draw; it depends on the ids of case and site alone."""
        return key_of(self.case, self.name)


@dataclass(frozen=True)
class Event:
    """Something that happens to a case in a week of the run.

    Attributes:
        week: from 0; it acts from the start of this week.
        kind: ``set`` (``parameter`` takes ``value`` from then on), ``add`` (it moves by ``value`` from where the run has it,
            within its range, so that a study of the parameter keeps its say), or something that happens to people:
            ``sponsor_leaves``, ``sponsor_arrives``, ``facilitator_leaves``, ``facilitator_arrives``,
            ``user_leader_leaves``, ``promise_broken`` (everything that was promised is withdrawn).
        value: the new value; 0 for what happens to people.
        parameter: a declared parameter such as ``capacity.workload``; ``""`` for what happens to people.
        site: name of the site it happens to; ``""`` for all.

    Raises:
        CaseError: when a value breaks these rules.
    """

    week: int
    kind: str
    value: float = 0.0
    parameter: str = ""
    site: str = ""

    def __post_init__(self) -> None:
        check_whole("week", self.week, 0, 100 * YEAR)
        check_option("kind", self.kind, EVENT_KINDS)
        check_text("site", self.site, empty=True)
        check_text("parameter", self.parameter, empty=self.kind not in {"set", "add"})
        if self.kind == "set":
            check_acts_during_run(self.parameter)
            check_parameter("value", self.parameter, self.value)
        elif self.kind == "add":
            check_acts_during_run(self.parameter)
            check_step("value", self.parameter, self.value)
        elif self.parameter or self.value:
            told = f"{self.parameter} {self.value}".strip()
            raise CaseError("parameter", told, f"neither parameter nor value for {self.kind}", "Remove both.")


def check_level(level: Any) -> None:
    """Refuse what is not a `Level`."""
    if not isinstance(level, Level):
        check_option("level", level, tuple(Level.__members__))
        raise CaseError("level", level, "a Level", f"Write Level.{level}.")


def check_step(column: str, parameter: str, step: Any) -> None:
    """Refuse a step that is no number, and a step of a parameter that is not one."""
    from coprod_abm.parameters import declaration

    try:
        found = declaration(parameter)
    except ParameterError as error:
        raise CaseError("parameter", parameter, "a declared parameter", str(error)) from None
    if found.options is not None or isinstance(step, bool) or not isinstance(step, int | float) or not isfinite(step):
        way_out = "Give a number to add to a number; a structural choice can only be `set`."
        raise CaseError(column, step, f"a step of {parameter} {found.range_text}", way_out)


def check_acts_during_run(parameter: str) -> None:
    """Refuse an event that sets what only shapes the start of a run."""
    if parameter.startswith("population.") or parameter in AT_THE_START:
        way_out = "Set it under `rules`: it shapes the start of a run, and a later change would do nothing or half."
        raise CaseError("parameter", parameter, "a parameter that acts during the run", way_out)


def check_parameter(column: str, parameter: str, value: Any) -> None:
    """Refuse a parameter that is not declared, or a value that its declaration does not admit."""
    from coprod_abm.parameters import Parameters

    try:
        Parameters().replace({parameter: value})
    except ParameterError as error:
        way_out = str(error)
        raise CaseError(column, value, "a declared parameter and a value in its range", way_out) from None
