"""Readable minutes of any meeting, in English or Swedish, written from the records alone."""

import re
from decimal import Decimal
from typing import Any

import pandas as pd

from coprod_abm.fates import design_before, fates
from coprod_abm.language import capital, counted, kind_in_words, later, listed, number, person_name, topic, words
from coprod_abm.records import (
    ROLE_NAMES,
    Record,
    RecordError,
    RecordRow,
    check_record,
    is_whole,
    project_of,
    record_of_project,
    rows_of,
    shown,
)
from coprod_abm.replay import Count, compared, count_of, drawn, is_tied
from coprod_abm.year import YEAR


def minutes(record: Record, meeting: int, project: str | None = None, language: str = "en") -> str:
    """The minutes of one meeting as Markdown; ``project`` may be left out where there is only one.

    Raises:
        RecordError: when the record, the meeting, the project or the language does not exist.
    """
    check_record(record)
    words(language)
    place = project_of(record, project)
    return Minutes(record_of_project(record, place.project), meeting, place, language).text()


def all_minutes(record: Record, project: str | None = None, language: str = "en") -> str:
    """The minutes of all meetings of a project as one Markdown text, newest last; "" where it held none.

    Raises:
        RecordError: when the record, the project or the language does not exist.
    """
    check_record(record)
    told = words(language)["minutes"]["all_title"]
    place = project_of(record, project)
    own = record_of_project(record, place.project)
    texts = [Minutes(own, row.meeting, place, language).text() for row in rows_of(own.meetings)]
    if not texts:
        return ""
    below = (re.sub(r"^#", "##", text, flags=re.MULTILINE) for text in texts)  # each a section of the whole
    return "\n".join([f"# {told.format(project=place.project)}\n", *below])


class Minutes:
    """One meeting: its rows of every table of its project's part of a record, and how to say them."""

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
            if is_whole(meeting) and row.meeting == meeting:
                return row
        told = f"It held meetings 1 to {len(there)}." if len(there) else "It held none."
        raise RecordError(f"meeting = {shown(meeting)} is not a meeting of {self.project.project}. {told}")

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
            *self.weights(row),
            *self.count(row),
            *self.tie(row),
            self.said[outcome],
        ]
        return told + ([self.said["feedback"]] if row.feedback else [])

    def weights(self, row: RecordRow) -> list[str]:
        """Whose votes weighed less than one, or more: where the rule does not count another role's alone."""
        if count_of(row).role:
            return []
        said, told = self.said, []
        if self.voters(row, "citizen") and row.citizen_vote != 1:
            gap = said["citizens_weigh"].format(weight=number(self.language, row.citizen_vote))
            told.append(said["citizens_have_none"] if row.citizen_vote == 0 else gap)
        return told + ([said["weighed_by_status"]] if row.rule == "status_weighted" else [])

    def count(self, row: RecordRow) -> list[str]:
        """The votes that counted, beside what the rule asks for."""
        said, count = self.said, count_of(row)
        if count.reached == "none":
            return [said["no_vote_counts"]]
        told = count_in_words(self.language, row, said["yes_of_all"])
        whose = [said[f"only_{count.role}s_count"]] if count.role else []
        if count.share == "lot":
            lots = said["lot_for" if count.reached == "above" else "lot_against"]
            return [said["votes_in_lottery"].format(yes_of_all=told), lot_in_words(self.language, row, lots)]
        votes = said["votes_counted"].format(yes_of_all=told, reached=reached(self.language, count))
        return [*whose, votes, *self.veto(row)]

    def veto(self, row: RecordRow) -> list[str]:
        """The professionals' own votes, where they can stop a proposal."""
        if row.rule != "professional_veto":
            return []
        yes, there = row.yes_professional, row.present_professional
        if there == 0:
            return [self.said["no_professional"]]
        said = compared("half", yes, there)
        told = words(self.language)["reached"]["half"][said]
        stopped = "veto_none" if said == "above" else "veto"
        return [self.said[stopped].format(yes=f"{yes:.0f}", votes=f"{there:.0f}", reached=told)]

    def tie(self, row: RecordRow) -> list[str]:
        """Who broke a tie, or why nobody did."""
        if not is_tied(row):
            return []
        if not row.casting_vote:
            return [self.said["tie_stands"]]
        if row.lead < 0:
            return [self.said["tie_without_lead"]]
        votes = [act.act for act in self.acts if act.decision == row.decision and act.speaker == row.lead]
        broken = "tie_broken_for" if "support" in votes else "tie_broken_against"
        return [self.said[broken].format(person=self.name_of(row.lead))]

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
        told = [self.said[kept].format(week=week, later=later(self.language, week - row.week))]
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


def count_in_words(language: str, row: RecordRow, pattern: str) -> str:
    """The votes that counted, those in favour of all, with as many decimals as it takes to see the outcome."""
    count = count_of(row)
    if count.reached == "none":
        return pattern.format(yes="0", votes="0")
    whole = float(count.yes).is_integer() and float(count.total).is_integer()
    for decimals in (0,) if whole else range(2, 17):
        yes, votes = f"{count.yes:.{decimals}f}", f"{count.total:.{decimals}f}"
        if count.share == "lot" or compared(count.share, Decimal(yes), Decimal(votes)) == count.reached:
            break
    return pattern.format(yes=number(language, count.yes, decimals), votes=number(language, count.total, decimals))


def reached(language: str, count: Count) -> str:
    """The votes in favour beside what the rule asks for, in words."""
    return str(words(language)["reached"][count.share][count.reached])


def lot_in_words(language: str, row: RecordRow, pattern: str) -> str:
    """What a lottery drew, with as many decimals as it takes to see on which side it fell."""
    count = count_of(row)
    share = count.yes / count.total
    for decimals in range(2, 17):
        lot, limit = f"{row.lot:.{decimals}f}", f"{share:.{decimals}f}"
        if drawn(float(lot), float(limit), 1.0) == count.reached:
            break
    return pattern.format(lot=number(language, row.lot, decimals), share=number(language, share, decimals))


def bullets(lines: list[str]) -> list[str]:
    """Lines as a list, each with a capital at its start."""
    return [f"- {capital(line)}" for line in lines]
