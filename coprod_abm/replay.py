"""What a run measured, rebuilt from its records alone: an independent reconstruction that calls no rule of the model.

It reads the tables of a :class:`coprod_abm.records.Record` and nothing else, so that a reader of published records can check
voice, influence, votes and the history of the service without the model.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coprod_abm.observation import PRIOR
from coprod_abm.records import ROLE_NAMES, Record, RecordError, RecordRow, check_record, is_whole, rows_of, shown
from coprod_abm.service import FEATURES, FIRST_TECHNICAL
from coprod_abm.week import MONTH
from coprod_abm.year import YEAR

TALK = ("inform_shared", "inform_unique")
CASTING = ("majority", "status_weighted")  # rules under which the leader of a meeting may break a tie
Rows = dict[int, list[Any]]
Vote = tuple[int, str, bool, float]  # person, role, in favour, status as it acted
Floats = np.ndarray[Any, np.dtype[np.float64]]


class Replay(NamedTuple):
    """What the records say.

    Attributes:
        measures: rows (project, week), one column per measure that records can rebuild, named as in ``simulate``.
        design: rows (project, week), the service as it was run at the end of that week, one column per feature.
        decisions: rows as in the records: the weighted votes counted again, and the outcome that the rule gives.
    """

    measures: pd.DataFrame
    design: pd.DataFrame
    decisions: pd.DataFrame


def replay(record: Record, every: int = MONTH) -> Replay:
    """Measures, service and decisions of a run, rebuilt from its records, at week 0 and every ``every`` weeks.

    ``shared_encounters`` and ``encounters_per_citizen`` are rebuilt where the records keep every encounter.

    Raises:
        RecordError: when there are no records, or no such number of weeks.
    """
    check_record(record)
    if not is_whole(every) or every < 1:
        raise RecordError(f"every = {shown(every)} is not a whole number of weeks from 1 on. Give one.")
    stops = range(0, record.run["weeks"] + 1, every)
    design, inventor = services(record, stops)
    told = [ProjectTallies(record, name).lived(stops) for name in record.projects["project"]]
    measures = pd.concat([pd.DataFrame(rows) for rows in told], ignore_index=True)
    measures = measures.set_index(["project", "week"])
    for name, values in spread(record, design, inventor).items():
        measures[name] = values.ravel()
    table = pd.DataFrame(
        design.reshape(-1, FEATURES), index=measures.index, columns=pd.RangeIndex(FEATURES, name="feature")
    )
    return Replay(measures, table, recount(record))


# ---- decisions ----


def recount(record: Record) -> pd.DataFrame:
    """Each decision with its votes counted again from the acts, weighed as its rule says, and the outcome of the rule."""
    ballots = votes_cast(record)
    rows = []
    for decision in rows_of(record.decisions):
        key = (decision.project, decision.decision)
        rows.append({"project": key[0], "decision": key[1], **counted(decision, ballots[key])})
    columns = ["project", "decision", "votes_for", "votes", *_by_role("yes"), *_by_role("present"), "adopted"]
    return pd.DataFrame(rows, columns=columns)


def votes_cast(record: Record) -> dict[tuple[str, int], list[Vote]]:
    """Each decision's votes in the order in which they fell."""
    status = {
        (row.project, row.meeting, row.person): row.status for row in rows_of(record.attendance)
    }  # one seat per person and meeting
    votes: dict[tuple[str, int], list[Vote]] = defaultdict(list)
    for act in rows_of(record.acts[record.acts["act"].isin(["support", "challenge"])]):
        there = status[act.project, act.meeting, act.speaker]
        votes[act.project, act.decision].append((act.speaker, str(act.role), act.act == "support", there))
    return votes


def counted(decision: Any, votes: Sequence[Vote]) -> dict[str, Any]:
    """The count of one decision's votes and what its rule makes of it."""
    tally = {f"{kind}_{role}": 0.0 for kind in ("yes", "present") for role in ROLE_NAMES}
    in_favour = total = 0.0
    led = False  # whether who led the meeting was in favour
    for person, role, favours, status in votes:
        weight = decision.citizen_vote if role == "citizen" else 1.0
        if decision.rule == "status_weighted":
            weight *= 0.5 + max(status, 0.0)
        total += weight
        tally[f"present_{role}"] += 1.0
        if favours:
            in_favour += weight
            tally[f"yes_{role}"] += 1.0
        led |= favours and person == decision.lead
    adopted = outcome(decision.rule, in_favour, total, tally, decision.lot)
    if decision.casting_vote and decision.rule in CASTING:
        adopted |= led and 2.0 * in_favour == total
    return {"votes_for": in_favour, "votes": total, **tally, "adopted": adopted}


class Count(NamedTuple):
    """The votes that the rule of a decision counts, which may be those of one role only.

    Attributes:
        role: the role whose votes alone count; "" where all do.
        yes: the votes in favour, weighed where the rule or the vote of citizens says so.
        total: all votes that count.
        share: what of them the rule asks for: half (more than half), two_thirds, three_quarters, all, or lot.
        reached: above, equal or below; none where no vote counts.
    """

    role: str
    yes: float
    total: float
    share: str
    reached: str


ASKED = {"two_thirds": (3, 2), "three_quarters": (4, 3), "all": (1, 1), "half": (2, 1)}
ASKED_BY = {"two_thirds": "two_thirds", "three_quarters": "three_quarters", "consensus": "all", "lottery": "lot"}


def count_of(decision: RecordRow) -> Count:
    """The votes that count in a decision, beside what its rule asks for."""
    role = ""
    if decision.rule == "directive":
        role = "leader" if decision.present_leader > 0 else "professional"
    elif decision.rule == "citizen_control":
        role = "citizen"
    yes, total = decision.votes_for, decision.votes
    if role:
        yes, total = getattr(decision, f"yes_{role}"), getattr(decision, f"present_{role}")
    asked = ASKED_BY.get(str(decision.rule), "half")
    reached = "none"
    if total > 0 and decision.votes > 0:
        reached = drawn(decision.lot, yes, total) if asked == "lot" else compared(asked, yes, total)
    return Count(role, yes, total, asked, reached)


def compared(share: str, yes: Any, total: Any) -> str:
    """Votes in favour beside the share that a rule asks for: above, equal or below.

    >>> compared("half", 3, 6), compared("two_thirds", 5, 6)
    ('equal', 'above')
    """
    many, of = ASKED[share]
    return "above" if many * yes > of * total else "equal" if many * yes == of * total else "below"


def drawn(lot: float, yes: float, total: float) -> str:
    """The vote that a lottery drew: above (in favour) or below (against)."""
    return "above" if lot * total < yes else "below"


def is_tied(decision: RecordRow) -> bool:
    """Whether votes were equal under a rule that lets the leader of a meeting break a tie."""
    return decision.rule in CASTING and 2.0 * decision.votes_for == decision.votes


def outcome(rule: str, in_favour: float, total: float, tally: dict[str, float], lot: float) -> bool:
    """Whether votes adopt a proposal, in the words of the nine decision rules."""
    most = {role: 2 * tally[f"yes_{role}"] > tally[f"present_{role}"] for role in ROLE_NAMES}
    there = {role: tally[f"present_{role}"] > 0 for role in ROLE_NAMES}
    if total <= 0.0:
        return False
    majority = 2.0 * in_favour > total
    said = {
        "directive": most["leader"] if there["leader"] else most["professional"],
        "professional_veto": majority and (most["professional"] or not there["professional"]),
        "two_thirds": 3.0 * in_favour >= 2.0 * total,
        "three_quarters": 4.0 * in_favour >= 3.0 * total,
        "consensus": in_favour >= total,
        "citizen_control": most["citizen"],
        "lottery": lot * total < in_favour,
    }
    return bool(said.get(str(rule), majority))


# ---- the service ----


def services(record: Record, stops: Sequence[int]) -> tuple[Any, Any]:
    """The service, and the project in which each running value started (−1 for none), by project, stop and feature."""
    names = {name: place for place, name in enumerate(record.projects["project"])}
    design = np.zeros((len(names), len(stops), FEATURES), np.int64)
    inventor = np.full(design.shape, -1)
    at = np.array(stops)
    for row in rows_of(record.changes):
        if row.what in {"start", "implemented", "reversed", "from_insiders"}:
            later = at >= row.week
            design[names[row.project], later, row.feature] = row.value
            inventor[names[row.project], later, row.feature] = names.get(row.source, -1)
    return design, inventor


def spread(record: Record, design: Any, inventor: Any) -> dict[str, Floats]:
    """Own changes that run elsewhere, and agreement with other services of the nation, by project and stop."""
    count, stops, _ = design.shape
    found = {name: np.zeros((count, stops)) for name in ("passed_on", "spread", "convergence")}
    country = record.projects["country"].to_numpy()
    for own in range(count):
        others = [other for other in range(count) if other != own]
        alike = ((inventor[other] == own) & (design[other] == design[own]) for other in others)
        kept = sum(alike, np.zeros((stops, FEATURES), int))
        mine = inventor[own] == own
        found["passed_on"][own] = (mine & (kept > 0)).sum(axis=1)
        found["spread"][own] = (mine & (kept >= 3)).sum(axis=1)
        near = [other for other in others if country[other] == country[own]]
        agreed: Floats = np.zeros(stops)
        for other in near:
            agreed += (design[other] == design[own]).sum(axis=1) / FEATURES
        found["convergence"][own] = agreed / len(near) if near else 1.0
    return found


# ---- running years ----


class Tally:
    """Something counted, of which a fifty-second is forgotten each week."""

    def __init__(self) -> None:
        self.value = 0.0

    def fade(self) -> None:
        """Forget a week's share."""
        self.value = self.value - 1.0 / YEAR * self.value

    def add(self, times: int, amount: float = 1.0) -> None:
        """Count ``times`` more, one by one, as the run did: so that every bit agrees."""
        for _ in range(times):
            self.value += amount


class ProjectTallies:
    """One project's records, lived through week by week."""

    def __init__(self, record: Record, name: str) -> None:
        self.name = name
        self.facts = record.projects.set_index("project").loc[name].to_dict()
        self.attendance = self._weekly(record.attendance)
        self.meetings = self._weekly(record.meetings)
        self.acts = self._weekly(record.acts[record.acts["act"].isin(TALK)])
        self.decisions = self._weekly(record.decisions)
        self.seats = self._weekly(record.seats)
        self.changes = self._weekly(record.changes)
        self.encounters = self._weekly(record.every_encounter)
        self.has_encounters = len(record.every_encounter) > 0
        self.tally: dict[Any, Tally] = defaultdict(Tally)
        self.total: dict[Any, int] = defaultdict(int)
        self.seated: dict[int, tuple[str, int]] = {}

    def _weekly(self, table: pd.DataFrame) -> Rows:
        found: Rows = defaultdict(list)
        for row in rows_of(table[table["project"] == self.name]):
            found[row.week].append(row)
        return found

    def lived(self, stops: Iterable[int]) -> list[dict[str, Any]]:
        """The measures at each stop."""
        rows, week = [], 0
        self.move_seats(0)
        for stop in stops:
            while week < stop:
                week += 1
                self.live(week)
            rows.append({"project": self.name, "week": stop, **self.measures()})
        return rows

    def live(self, week: int) -> None:
        """One week of the project's records."""
        for tally in self.tally.values():
            tally.fade()
        self.move_seats(week)
        self.meet(week)
        self.talk(week)
        self.decide(week)
        self.change(week)
        for row in self.encounters.get(week, ()):
            self.tally["encounters"].add(1)
            self.tally["shared"].add(int(row.shared))

    def move_seats(self, week: int) -> None:
        """Who stands up and who sits down."""
        for row in self.seats.get(week, ()):
            if row.sits:
                self.seated[row.seat] = (str(row.role), row.group)
            else:
                del self.seated[row.seat]
                self.tally["exits"].add(int(row.role == "citizen" and row.cause == "left"))

    def meet(self, week: int) -> None:
        """Who came, for how long, and how often each had the floor."""
        for row in self.meetings.get(week, ()):
            self.tally["attended"].add(1, row.present_citizen)
            self.tally["due"].add(1, row.seats_citizen)
            for person in self.attendance[week]:
                self.tally["voice", str(person.role)].add(1, person.turns)
                self.tally["spoken", person.seat].add(1, person.turns)
                self.tally["hours", str(person.role)].add(1, row.hours)

    def talk(self, week: int) -> None:
        """What was said, and who moved."""
        for act in self.acts.get(week, ()):
            self.tally["mentions"].add(1)
            self.tally["unique"].add(int(act.act == "inform_unique"))
            if act.role == "citizen":
                self.tally["told"].add(act.opposed)
                self.tally["moved"].add(act.adopters_citizen + act.adopters_professional + act.adopters_leader)

    def decide(self, week: int) -> None:
        """What was put to the vote, and how it ended."""
        for row in self.decisions.get(week, ()):
            self.tally["proposals"].add(1)
            self.tally["adopted", str(row.origin)].add(int(row.adopted))
            self.tally["experiential"].add(int(row.adopted and row.feature < FIRST_TECHNICAL))
            most = 2.0 * row.yes_citizen > row.present_citizen
            self.tally["contrary"].add(int(row.present_citizen > 0 and most != row.adopted))

    def change(self, week: int) -> None:
        """What was promised, implemented, reversed and broken."""
        for row in self.changes.get(week, ()):
            self.total[str(row.what)] += 1
            if row.what in {"implemented", "reversed"}:
                self.total["implemented", str(row.origin)] += 1

    def measures(self) -> dict[str, float]:
        """What the run measured, from what has been lived so far."""
        found = {**self.composition(), **self.flows(), **self.made()}
        voice = [self.tally["voice", role].value for role in ROLE_NAMES]
        adopted = [self.tally["adopted", role].value for role in ROLE_NAMES]
        decided = adopted[0] + adopted[1] + adopted[2]
        influence = (adopted[0] + PRIOR * found["seat_share"]) / (decided + PRIOR)
        proposals = self.tally["proposals"].value
        seats = sum(self.facts[f"seats_{role}"] for role in ROLE_NAMES)
        return found | {
            "voice_share": share(voice[0], voice[0] + voice[1] + voice[2], found["seat_share"]),
            "voice_gini": inequality([self.tally["spoken", seat].value for seat in range(seats)]),
            "influence_share": influence,
            "tokenism": found["seat_share"] - influence,
            "acceptance": share(decided, proposals),
            "experiential_share": share(self.tally["experiential"].value, decided),
            "contrary_decisions": share(self.tally["contrary"].value, proposals),
            "attendance": share(self.tally["attended"].value, self.tally["due"].value),
            "items_taken_up": share(self.tally["moved"].value, self.tally["told"].value),
            "unique_share": share(self.tally["unique"].value, self.tally["mentions"].value),
            "unique_items": self.tally["unique"].value,
        }

    def composition(self) -> dict[str, float]:
        """Who sits at the table, against who lives in the constituency."""
        groups = [group for role, group in self.seated.values() if role == "citizen"]
        apart = worst = 0.0
        for group in range(3):
            lives = self.facts[f"group_share_{group}"]
            sits = share(groups.count(group), len(groups))
            apart += abs(sits - lives)
            worst = max(worst, 1.0 - share(sits, lives, 1.0))
        return {
            "seat_share": share(len(groups), len(self.seated)),
            "representativeness": 1.0 - 0.5 * apart,
            "exclusion": worst,
        }

    def flows(self) -> dict[str, float]:
        """Hours, turnover and, where every encounter is known, encounters."""
        found = {f"{role}_hours": self.tally["hours", role].value for role in ROLE_NAMES}
        found["member_turnover"] = share(self.tally["exits"].value, self.facts["seats_citizen"])
        if self.has_encounters:
            met = self.tally["encounters"].value
            found["shared_encounters"] = share(self.tally["shared"].value, met)
            found["encounters_per_citizen"] = share(met, self.facts["people_citizen"])
        return found

    def made(self) -> dict[str, float]:
        """Changes since the start."""
        agreed = self.total["adopted"] + self.total["taken_up"]
        implemented = self.total["implemented"] + self.total["reversed"]
        return {
            "changes_adopted": agreed,
            "changes_implemented": implemented,
            "changes_kept": self.total["implemented"],
            "retention": share(self.total["implemented"], implemented, 1.0),
            "goals_delivered": share(implemented, agreed),
            "promises_broken": self.total["broken"],
            "changes_from_citizens": self.total["implemented", "citizen"],
            "alive": 1 - self.total["ended"],
        }


def share(part: float, whole: float, otherwise: float = 0.0) -> float:
    """``part / whole``, or ``otherwise`` where the whole is nothing."""
    return part / whole if whole > 0 else otherwise


def inequality(values: Sequence[float]) -> float:
    """Gini coefficient: the mean distance between any two, over twice the mean."""
    total = distance = 0.0
    for one in values:  # not sum(), which corrects for rounding as the run does not
        total += one
        for other in values:
            distance += abs(one - other)
    return share(distance, 2.0 * len(values) * total)


def _by_role(kind: str) -> list[str]:
    return [f"{kind}_{role}" for role in ROLE_NAMES]
