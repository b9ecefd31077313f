"""State of people, projects and places: every field with its type, unit and meaning, and the arrays that hold them.

The fast core keeps records of these types in arrays, the Mesa engine keeps objects with the same attribute names, so that
one telling of a process serves both.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np

from coprod_abm.service import FEATURES, GROUPS, ROLES

MAX_SEATS = 24
EMPTY = -1
SEVERAL_KEEP = 3  # a change kept in three other projects has spread


class Field(NamedTuple):
    """One field of state: its name, storage type, unit or range, and meaning."""

    name: str
    kind: Any
    unit: str
    meaning: str


PERSON_FIELDS = (
    Field("status", "f8", "citizens near 0, professionals near 1, leaders near 1.4", "status in meetings (X)"),
    Field("efficacy", "f8", "[0, 1]", "belief that one's own part can change things (e)"),
    Field("trust", "f8", "[0, 1]", "trust in professionals and leaders (T)"),
    Field("satisfaction", "f8", "[0, 1]", "satisfaction with taking part and with the service (s)"),
    Field("tie", "f8", "[0, 1]", "strength of ties to the project"),
    Field("number", "i4", "count", "number among those of the same role in the project"),
    Field("partner", "i4", "number or −1", "the professional met last"),
    Field("role", "i1", "0 citizen, 1 professional, 2 leader", "role"),
    Field("group", "i1", "0 majority, 1 and 2 seldom heard", "identity group"),
    Field("member", "i1", "0 or 1", "whether the person holds a seat"),
    Field("contribution", "i1", "0 conditional, 1 free rider, 2 unconditional", "how effort answers others"),
    Field("tenure", "i2", "weeks", "time as a member of the project"),
    Field("beliefs", ("i1", (FEATURES,)), "−1, 0, +1", "belief about what works, per service feature"),
    Field("burnout", "f8", "[0, 1]", "burnout (B)"),
    Field("openness", "f8", "[0, 1]", "openness to sharing power with citizens (o)"),
    Field("hours", "f8", "hours per week", "time that can be given (citizens) or working capacity (staff)"),
    Field("demand", "f8", "hours per week", "demand of the week on a member of staff (D)"),
    Field("extra", "f8", "hours per week", "demand added by meetings and shared encounters, felt next week"),
    Field("standing", "f8", "n·share − 1", "standing earned in meetings"),
    Field("expectation", "f8", "[0, 1]", "belief about the effort of others"),
    Field("fairness", "f8", "[0, 1]", "fairness felt at the last meeting"),
)

PROJECT_FIELDS = (
    Field("key", "i8", "31-bit number", "names the project's draws"),
    Field("where", "i8", "index", "its number in the run"),
    Field("case", "i8", "index", "the case it belongs to"),
    Field("level", "i8", "0 local, 1 regional, 2 national", "level of the project"),
    Field("region", "i8", "index or −1", "region the project lies in"),
    Field("nation", "i8", "index", "nation the project lies in"),
    Field("first", "i8", "index", "its first person"),
    Field("citizens", "i8", "people", "size of the constituency simulated"),
    Field("professionals", "i8", "people", "professionals of the service"),
    Field("leaders", "i8", "people", "leaders; number 0 is the senior sponsor"),
    Field("seats", ("i8", (ROLES,)), "seats", "seats by role"),
    Field(
        "seat", ("i8", (MAX_SEATS,)), "person or −1", "who holds each seat: citizens, professionals, leaders in turn"
    ),
    Field("group_share", ("f8", (GROUPS,)), "share", "share of each identity group in the constituency"),
    Field("design", ("i1", (FEATURES,)), "−1, +1", "the service as it is run (c)"),
    Field("reality", ("i1", (FEATURES,)), "−1, +1", "what works here (r)"),
    Field("truth", ("i1", (FEATURES,)), "0 own, 1 regional, 2 national", "whose reality a feature follows"),
    Field("goal", ("f8", (GROUPS,)), "[0, 1]", "goal fulfilment by identity group (Q)"),
    Field("goal_start", ("f8", (GROUPS,)), "[0, 1]", "goal fulfilment at the start"),
    Field("pending", ("i1", (FEATURES,)), "−1, 0, +1", "value adopted and waiting for implementation"),
    Field("adopted_week", ("i8", (FEATURES,)), "week", "when the pending value was adopted"),
    Field(
        "origin", ("i8", (FEATURES,)), "role, or 3 from another project or code", "where the pending value came from"
    ),
    Field("decision", ("i8", (FEATURES,)), "number or −1", "decision that the pending value goes back to"),
    Field("rejected_week", ("i8", (FEATURES,)), "week", "when a proposal on the feature was last rejected"),
    Field("source", ("i8", (FEATURES,)), "project or −1", "project in which the pending value started"),
    Field("inventor", ("i8", (FEATURES,)), "project or −1", "project in which the running value started"),
    Field("changed_week", ("i8", (FEATURES,)), "week or −1", "when the running value was implemented"),
    Field("efficacy_start", "f8", "[0, 1]", "citizens' mean efficacy at the start"),
    Field("openness_start", "f8", "[0, 1]", "professionals' mean openness at the start"),
    Field("safety", "f8", "[0, 1]", "psychological safety (ψ)"),
    Field("support", "f8", "[0, 1]", "support by the senior sponsor (S)"),
    Field("support_above", "f8", "[0, 1]", "support of the region or nation above, as its sponsor heard of it"),
    Field("sponsor_here", "i8", "0 or 1", "whether the role of the senior sponsor is filled"),
    Field("facilitator_here", "i8", "0 or 1", "whether the role of the facilitator is filled"),
    Field("user_leader", "i8", "person or −1", "the citizen member who is user leader"),
    Field("user_leader_group", "i8", "group or −1", "identity group of the user leader"),
    Field("shared_lead", "f8", "[0, 1]", "how far the members led themselves at the last meeting"),
    Field("alive", "i8", "0 or 1", "whether the project still exists; its service goes on in any case"),
    Field("ended_week", "i8", "week or −1", "when the project ended"),
    Field("gap_start", ("f8", (ROLES,)), "[−1, 0]", "mean lack of time by role at the start, before costs and payment"),
    Field("in_time_start", "f8", "[0, 1]", "share of professionals whose demand is within their hours at the start"),
    Field("time_start", "f8", "[0, 1]", "share of their demand for which professionals have time at the start"),
    Field("expectation_start", "f8", "[0, 1]", "effort that members come to expect of each other as things start"),
    Field("effort", "f8", "[0, 1]", "members' mean effort between meetings"),
    Field("delivery", "f8", "[0, 1]", "running share of promises that were kept, fading to one half"),
    Field("broken", "f8", "[0, 1]", "how fresh broken promises are"),
    Field("visible", ("f8", (GROUPS,)), "[0, 1]", "members' success as their group sees it"),
    Field("voice", ("f8", (ROLES,)), "turns", "turns held by role, running year"),
    Field("spoken", ("f8", (MAX_SEATS,)), "turns", "turns held by seat, running year"),
    Field("adopted", ("f8", (ROLES + 1,)), "decisions", "decisions adopted by origin, running year"),
    Field("experiential", "f8", "decisions", "experiential changes adopted in meetings, running year"),
    Field("hours_spent", ("f8", (ROLES,)), "hours", "hours spent by role, running year"),
    Field("proposals", "f8", "decisions", "proposals put to the vote, running year"),
    Field("met", "f8", "meetings", "meetings held, running year"),
    Field("attended", "f8", "people", "attendances of citizens, running year"),
    Field("due", "f8", "people", "citizens' seats at meetings held, running year"),
    Field("encounters", "f8", "encounters", "encounters, running year"),
    Field("shared", "f8", "encounters", "encounters in which power was shared, running year"),
    Field("told", "f8", "listeners", "people who held another view when a citizen spoke, running year"),
    Field("moved", "f8", "listeners", "of these, people who moved towards it, running year"),
    Field("unique", "f8", "items", "items brought in that one side alone knew, running year"),
    Field("mentions", "f8", "items", "items mentioned, running year"),
    Field("contrary", "f8", "decisions", "decisions against most citizens present, running year"),
    Field("exits", "f8", "people", "citizen members who left, running year"),
    Field("staff_exits", "f8", "people", "professionals who left, running year"),
    Field("invited", "f8", "people", "citizens invited, running year"),
    Field("joined", "f8", "people", "citizens who accepted, running year"),
    Field("agreed", "i8", "changes", "changes adopted since the start"),
    Field("implemented", "i8", "changes", "changes implemented since the start"),
    Field("changed_from", ("i8", (ROLES + 1,)), "changes", "changes implemented by origin since the start"),
    Field("promises_broken", "i8", "changes", "promises broken since the start"),
    Field("lapsed", "i8", "changes", "changes taken up from elsewhere and dropped since the start"),
    Field("reversed", "i8", "changes", "implemented changes reversed since the start"),
    Field("decisions", "i8", "decisions", "decisions taken since the start"),
    Field("meetings", "i8", "meetings", "meetings held since the start"),
)

PLACE_FIELDS = (
    Field("key", "i8", "31-bit number", "names the place's draws"),
    Field("nation", "i8", "index", "nation a region lies in"),
    Field("governor", "i8", "project", "the project whose rules apply to the place"),
    Field("reality", ("i1", (FEATURES,)), "−1, +1", "what works here"),
    Field("truth", ("i1", (FEATURES,)), "0 own, 2 national", "whose reality a feature follows"),
    Field("code", ("i1", (FEATURES,)), "−1, 0, +1", "best known practice"),
    Field("source", ("i8", (FEATURES,)), "project or −1", "project in which the code's value started"),
    Field("support", "f8", "[0, 1]", "support for the projects of the place"),
)


ROOM_FIELDS = (
    Field("person", ("i8", (MAX_SEATS,)), "person", "who is present, in the order of seats"),
    Field("place", ("i8", (MAX_SEATS,)), "seat", "the seat each holds"),
    Field("status", ("f8", (MAX_SEATS,)), "status", "status as it acts in this meeting"),
    Field("weight", ("f8", (MAX_SEATS,)), "relative chance", "weight for the floor"),
    Field("turns", ("f8", (MAX_SEATS,)), "turns", "turns held"),
    Field("ballot", ("f8", (MAX_SEATS,)), "0 or 1", "vote cast"),
    Field("mentioned", ("i8", (FEATURES,)), "0 or 1", "features mentioned"),
    Field("staff_view", ("f8", (FEATURES,)), "[−1, 1]", "mean belief of the professionals present"),
    Field("candidates", ("i8", (FEATURES,)), "feature", "scratch for drawing an item"),
    Field("lead", "i8", "number in the room or −1", "who leads this meeting"),
    Field("votes_for", "f8", "votes", "weighted votes in favour"),
    Field("votes", "f8", "votes", "weighted votes cast"),
    Field("yes", ("f8", (ROLES,)), "people", "votes in favour by role"),
    Field("present", ("f8", (ROLES,)), "people", "people present by role"),
)


def record_type(fields: tuple[Field, ...]) -> np.dtype[Any]:
    """The aligned record that holds these fields."""
    names = [field.name for field in fields]
    kinds: list[Any] = [field.kind for field in fields]
    return np.dtype(list(zip(names, kinds, strict=True)), align=True)


PERSON = record_type(PERSON_FIELDS)
PROJECT = record_type(PROJECT_FIELDS)
PLACE = record_type(PLACE_FIELDS)
ROOM = record_type(ROOM_FIELDS)


class State(Protocol):
    """Anything with the fields of a person, project, place or parameter record as attributes: a record or an object."""

    def __getattr__(self, name: str) -> Any: ...

    def __setattr__(self, name: str, value: Any) -> None: ...
