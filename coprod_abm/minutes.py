"""Readable minutes of any meeting, in English or Swedish, written from the records alone."""

from typing import Any

import pandas as pd

from coprod_abm.fates import design_before, fates
from coprod_abm.language import capital, counted, kind_in_words, listed, number, person_name, topic, words
from coprod_abm.records import ROLE_NAMES, Record, RecordError, RecordRow, project_of, rows_of

YEAR = 52  # weeks


def minutes(record: Record, meeting: int, project: str | None = None, language: str = "en") -> str:
    """The minutes of one meeting as Markdown; ``project`` may be left out where there is only one.

    Raises:
        RecordError: when the meeting, the project or the language does not exist.
    """
    words(language)
    return Minutes(record, meeting, project_of(record, project), language).text()


class Minutes:
    """One meeting: its rows of every table, and how to say them."""

    def __init__(self, record: Record, meeting: int, project: RecordRow, language: str) -> None:
        self.record, self.project, self.language = record, project, language
        self.said: dict[str, Any] = words(language)["minutes"]
        self.held = self._held(meeting)
        self.attendance = self._of_meeting(record.attendance)
        self.acts = self._of_meeting(record.acts)
        self.service = design_before(record, project.project, self.held.week)

    def _held(self, meeting: Any) -> RecordRow:
        there = self.record.meetings[self.record.meetings["project"] == self.project.project]
        for row in rows_of(there):
            if row.meeting == meeting:
                return row
        told = f"It held meetings 1 to {len(there)}." if len(there) else "It held none."
        raise RecordError(f"meeting = {meeting!r} is not a meeting of {self.project.project}. {told}")

    def _of_meeting(self, table: pd.DataFrame) -> list[RecordRow]:
        here = (table["project"] == self.project.project) & (table["meeting"] == self.held.meeting)
        return list(rows_of(table[here]))

    def text(self) -> str:
        """The whole text."""
        said = self.said
        parts = [
            [f"# {said['title'].format(meeting=self.held.meeting, project=self.project.project)}", self.date()],
            [f"## {said['present_heading']}", *bullets(self.present())],
            [f"## {said['talk_heading']}", *self.talk()],
            [f"## {said['decision_heading']}", *bullets(self.decision())],
        ]
        became = self.became()
        if became:
            parts.append([f"## {said['fate_heading']}", *bullets(became)])
        return "\n\n".join("\n".join([part[0], "", *part[1:]]) for part in parts) + "\n"

    def date(self) -> str:
        """When the meeting was, in weeks of the run and by the calendar of the case."""
        year, week = divmod(self.held.week - 1, YEAR)
        told = self.said["date"].format(
            level=words(self.language)["levels"][self.project.level],
            week=self.held.week,
            year=year + 1,
            month=week * 12 // YEAR + 1,
            calendar=self.project.start + year,
        )
        return capital(told)

    def name(self, role: str, person: int) -> str:
        """A person by role and number."""
        return person_name(self.language, self.project, role, person)

    def name_of(self, person: int) -> str:
        """Someone who was there, by role and number."""
        role = next(str(row.role) for row in self.attendance if row.person == person)
        return self.name(role, person)

    def present(self) -> list[str]:
        """Who was there, by role, who led, and how safe it was."""
        lines = []
        for role in ROLE_NAMES:
            people = [self.name(role, row.person) for row in self.attendance if row.role == role]
            line = self.said["present_line"].format(
                role=words(self.language)["roles_many"][role],
                people=", ".join(people) or self.said["nobody"],
                present=len(people),
                seats=getattr(self.held, f"seats_{role}"),
            )
            lines.append(line)
        if self.held.lead >= 0:
            lines.append(self.said["lead"].format(person=self.name_of(self.held.lead)))
        if self.held.user_leader in [row.person for row in self.attendance]:
            lines.append(self.said["user_leader"].format(person=self.name("citizen", self.held.user_leader)))
        facilitated = "not_facilitated"
        if self.held.facilitation > 0:
            facilitated = "facilitated" if self.held.facilitation > self.held.shared_lead else "led_together"
        lines.append(self.said[facilitated].format(facilitation=number(self.language, self.held.facilitation)))
        before, after = (number(self.language, value) for value in (self.held.safety_before, self.held.safety_after))
        return [*lines, self.said["safety"].format(before=before, after=after)]

    def talk(self) -> list[str]:
        """What was said, by topic in the order in which they came up."""
        talk = [act for act in self.acts if act.act in {"inform_shared", "inform_unique"}]
        lines: list[str] = []
        for feature in dict.fromkeys(act.feature for act in talk):
            lines += [*([""] if lines else []), f"**{self.topic(feature)}**", ""]
            lines += bullets([self.statement(act) for act in talk if act.feature == feature])
        passed = [self.name_of(act.speaker) for act in self.acts if act.act == "pass_turn"]
        if passed:
            people = listed(self.language, list(dict.fromkeys(passed)))
            lines += ["", self.said["passed"].format(people=people)]
        return lines or [self.said["silent"]]

    def topic(self, feature: int) -> str:
        """What a feature is called, with its kind."""
        kind = kind_in_words(self.language, feature)
        return capital(self.said["topic"].format(topic=topic(self.language, feature), kind=kind))

    def statement(self, act: RecordRow) -> str:
        """One turn: who said what to whom, and who moved."""
        answering = ""
        if act.addressee >= 0:
            answering = self.said["answering"].format(person=self.name_of(act.addressee))
        stands = "said_against" if self.service[act.feature] == act.value else "said_for"
        unique = self.said["unique"] if act.act == "inform_unique" else ""
        told = self.said[stands].format(
            person=self.name(str(act.role), act.speaker), unique=unique, answering=answering
        )
        return str(self.said["turn"].format(turn=act.turn + 1, told=f"{capital(told)} {self.uptake(act)}"))

    def uptake(self, act: RecordRow) -> str:
        """Who moved towards what was said."""
        moved = [(getattr(act, f"adopters_{role}"), role) for role in ROLE_NAMES]
        who = [counted(self.language, count, role) for count, role in moved if count]
        if who:
            return str(self.said["taken_up"].format(who=listed(self.language, who)))
        told = self.said["taken_by_none" if act.opposed else "taken_by_none_left"]
        return str(told.format(opposed=act.opposed))

    def decided(self) -> RecordRow | None:
        """The decision of the meeting, None where nothing was put to the vote."""
        table = self.record.decisions
        here = (table["project"] == self.project.project) & (table["meeting"] == self.held.meeting)
        return next(rows_of(table[here]), None)

    def decision(self) -> list[str]:
        """What was proposed, by which rule it was decided, how votes fell by role, and the outcome."""
        row = self.decided()
        if row is None:
            return [self.said["no_proposal"]]
        proposer = self.name(str(row.origin), row.proposer)
        votes = [
            self.said["votes_of_role"].format(
                yes=f"{getattr(row, f'yes_{role}'):.0f}", present=self.voters(row, role), role=self.plural(row, role)
            )
            for role in ROLE_NAMES
            if self.voters(row, role)
        ]
        outcome = "adopted" if row.adopted else "vetoed" if row.vetoed else "rejected"
        told = [
            self.said["proposed_change"].format(person=proposer, topic=topic(self.language, row.feature)),
            self.said["rule"].format(rule=words(self.language)["rules"][row.rule]),
            self.said["votes"].format(votes=listed(self.language, votes)),
            self.said[outcome],
        ]
        return told + ([self.said["feedback"]] if row.feedback else [])

    def voters(self, row: RecordRow, role: str) -> int:
        """How many of a role voted."""
        return int(getattr(row, f"present_{role}"))

    def plural(self, row: RecordRow, role: str) -> str:
        """The name of a role for as many as voted."""
        many = "roles" if self.voters(row, role) == 1 else "roles_many"
        return str(words(self.language)[many][role])

    def became(self) -> list[str]:
        """What became of the decision, as far as the records go."""
        row = self.decided()
        if row is None:
            return []
        return self.promise_kept(row) if row.adopted else self.tried_again(row)

    def promise_kept(self, row: RecordRow) -> list[str]:
        """How the promise ended, and whether it was undone."""
        fate = fates(self.record).loc[(self.project.project, row.decision)]
        kept = "implemented" if fate["fate"] in {"implemented", "changed back"} else str(fate["fate"])
        week = self.record.run["weeks"] if kept == "waiting" else int(fate["ended"])
        told = [self.said[kept].format(week=week, weeks=week - row.week)]
        if fate["changed_back"] >= 0:
            told.append(self.said["changed_back"].format(week=int(fate["changed_back"])))
        return told

    def tried_again(self, row: RecordRow) -> list[str]:
        """Whether a rejected proposal was put to the vote again."""
        table = self.record.decisions
        same = (table["project"] == self.project.project) & (table["feature"] == row.feature)
        later = next(rows_of(table[same & (table["value"] == row.value) & (table["decision"] > row.decision)]), None)
        if later is None:
            return [self.said["never_again"]]
        outcome = self.said["again_adopted" if later.adopted else "again_rejected"]
        return [self.said["again"].format(week=later.week, outcome=outcome)]


def bullets(lines: list[str]) -> list[str]:
    """Lines as a list, each with a capital at its start."""
    return [f"- {capital(line)}" for line in lines]
