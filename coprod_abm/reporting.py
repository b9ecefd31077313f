"""A reporting sheet per project: who interacted with whom, with what power, what was decided and what came of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from coprod_abm.fates import DONE, fates
from coprod_abm.language import capital, number, person_name, topic, words
from coprod_abm.minutes import count_in_words, lot_in_words, reached
from coprod_abm.records import ROLE_NAMES, Record, RecordRow, check_record, project_of, record_of_project, rows_of
from coprod_abm.replay import count_of, is_tied
from coprod_abm.year import YEAR

PAIRS_SHOWN = 20
TALK = ("inform_shared", "inform_unique")
FLOOR = (*TALK, "pass_turn")
BALLOT = ("support", "challenge")


class ReportingSheet(NamedTuple):
    """One project's interaction and decisions, as tables.

    Attributes:
        project: its name.
        facts: level, weeks, meetings, decisions, and what became of changes: of those decided here (``adopted``,
            ``implemented``, ``changed_back``, ``broken``, ``waiting``) and, apart from them, of those taken up from
            elsewhere (``taken_up``, ...) or from better-informed people (``from_insiders``).
        people: one row per person who ever sat on a seat.
        interactions: one row per pair of persons: meetings together, turns that answered the other, votes on the other's
            proposals.
        by_role: seats, voice and influence by role, over the whole run.
        decisions: one row per decision, with its fate and the weeks that it took.
        acts: acts by year and role.
    """

    project: str
    facts: dict[str, Any]
    people: pd.DataFrame
    interactions: pd.DataFrame
    by_role: pd.DataFrame
    decisions: pd.DataFrame
    acts: pd.DataFrame

    def text(self, language: str = "en") -> str:
        """The sheet as Markdown; the busiest pairs only.

        Raises:
            RecordError: when there is no such language.
        """
        return sheet_text(self, language)

    def _repr_markdown_(self) -> str:
        return self.text()


def reporting_sheet(record: Record, project: str | None = None) -> ReportingSheet:
    """The reporting sheet of one project; ``project`` may be left out where there is only one.

    Raises:
        RecordError: when the record or the project does not exist.
    """
    check_record(record)
    place = project_of(record, project)
    part = record_of_project(record, place.project)
    people = people_of(part, place)
    return ReportingSheet(
        project=place.project,
        facts=facts_of(part, place),
        people=people,
        interactions=interactions_of(part, people),
        by_role=by_role_of(part, place),
        decisions=decisions_of(part, place),
        acts=acts_of(part),
    )


def facts_of(record: Record, place: RecordRow) -> dict[str, Any]:
    """The project in a few lines."""
    became = fates(record)["fate"]
    elsewhere = record.changes.loc[record.changes["decision"] < 0, "what"]
    taken_up = int((elsewhere == "taken_up").sum())
    done, lapsed = int(elsewhere.isin(DONE).sum()), int((elsewhere == "lapsed").sum())
    return {
        "level": place.level,
        "weeks": record.run["weeks"],
        "meetings": len(record.meetings),
        "decisions": len(record.decisions),
        "adopted": int(record.decisions["adopted"].sum()),
        "implemented": int(became.isin(["implemented", "changed back"]).sum()),
        "changed_back": int((became == "changed back").sum()),
        "broken": int((became == "broken").sum()),
        "waiting": int((became == "waiting").sum()),
        "taken_up": taken_up,
        "taken_up_implemented": done,
        "taken_up_lapsed": lapsed,
        "taken_up_waiting": taken_up - done - lapsed,
        "from_insiders": int((elsewhere == "from_insiders").sum()),
    }


def people_of(record: Record, place: RecordRow) -> pd.DataFrame:
    """Everyone who ever sat on a seat, by number in the run: time, talk, what was taken up, proposals and votes."""
    acts = record.acts
    sat = record.seats[record.seats["sits"]].drop_duplicates("person").set_index("person").sort_index()
    talk = acts[acts["act"].isin(TALK)]
    moved = talk[[f"adopters_{role}" for role in ROLE_NAMES]].sum(axis=1)
    columns = {
        "name": [
            person_name("en", place, str(role), int(person))
            for person, role in zip(sat.index.to_numpy(), sat["role"], strict=True)
        ],
        "role": sat["role"],
        "group": sat["group"],
        "weeks": weeks_seated(record),
        "meetings": record.attendance.groupby("person").size(),
        "turns": record.attendance.groupby("person")["turns"].sum(),
        "shared_items": _acts_by(acts, "inform_shared"),
        "unique_items": _acts_by(acts, "inform_unique"),
        "opposed": talk.groupby("speaker")["opposed"].sum(),
        "taken_up": moved.groupby(talk["speaker"]).sum(),
        "proposals": record.decisions.groupby("proposer").size(),
        "adopted": record.decisions.groupby("proposer")["adopted"].sum(),
        "votes_for": _acts_by(acts, "support"),
        "votes_against": _acts_by(acts, "challenge"),
        "mean_status": record.attendance.groupby("person")["status"].mean(),
        "floor_chance": record.attendance.groupby("person")["floor_chance"].mean(),
    }
    table = pd.DataFrame(columns, index=sat.index)
    counts = [name for name in table.columns if name not in {"name", "role", "group", "mean_status", "floor_chance"}]
    table[counts] = table[counts].fillna(0).astype("int64")
    table.insert(6, "talk_share", table["turns"] / max(1, table["turns"].sum()))
    return table.reset_index()


def _acts_by(acts: pd.DataFrame, act: str) -> "pd.Series[int]":
    return acts[acts["act"] == act].groupby("speaker").size()


def weeks_seated(record: Record) -> "pd.Series[int]":
    """Weeks that each person held a seat, until the end of the run."""
    rows = record.seats.sort_values("week", kind="stable")
    signed = rows["week"].where(~rows["sits"], -rows["week"])
    still = rows.groupby("person")["sits"].agg(lambda sits: int(2 * sits.sum() - len(sits)))
    return signed.groupby(rows["person"]).sum() + still * record.run["weeks"]


def interactions_of(record: Record, people: pd.DataFrame) -> pd.DataFrame:
    """Ordered pairs: meetings together, turns of one that answered the other, votes of one on the other's proposals."""
    key = ["meeting"]
    there = record.attendance[[*key, "person"]]
    met = there.merge(there, on=key, suffixes=("", "_other")).groupby(["person", "person_other"]).size()
    acts = record.acts[record.acts["addressee"] >= 0]
    columns = {"together": met}
    for name, kinds in (("turns_to", FLOOR), *((act, (act,)) for act in (*TALK, *BALLOT))):
        chosen = acts[acts["act"].isin(kinds)]
        columns[name] = chosen.groupby(
            [chosen["speaker"].rename("person"), chosen["addressee"].rename("person_other")]
        ).size()
    table = pd.DataFrame(columns).fillna(0).astype("int64").rename_axis(["person", "other"]).reset_index()
    table = table[table["person"] != table["other"]]
    names = people.set_index("person")["name"]
    table.insert(1, "name", table["person"].map(names))
    table.insert(3, "name_other", table["other"].map(names))
    return table.reset_index(drop=True)


def by_role_of(record: Record, place: RecordRow) -> pd.DataFrame:
    """Seats, voice and influence by role over the whole run; tokenism is the share of seats minus that of adopted proposals."""
    attendance, decisions = record.attendance, record.decisions
    filled = pd.Series({role: record.meetings[f"filled_{role}"].sum() for role in ROLE_NAMES})
    adopted = decisions[decisions["adopted"]]
    table = pd.DataFrame(
        {
            "seats": [getattr(place, f"seats_{role}") for role in ROLE_NAMES],
            "people": [record.seats.loc[record.seats["role"] == role, "person"].nunique() for role in ROLE_NAMES],
            "seat_share": _share(filled),
            "voice_share": _share(attendance.groupby("role", observed=False)["turns"].sum().reindex(ROLE_NAMES)),
            "proposals": decisions["origin"].value_counts().reindex(ROLE_NAMES, fill_value=0),
            "adopted": adopted["origin"].value_counts().reindex(ROLE_NAMES, fill_value=0),
            "mean_status": attendance.groupby("role", observed=False)["status"].mean().reindex(ROLE_NAMES),
            "floor_chance": attendance.groupby("role", observed=False)["floor_chance"].mean().reindex(ROLE_NAMES),
        },
        index=pd.Index(ROLE_NAMES, name="role"),
    )
    table["influence_share"] = _share(table["adopted"])
    table["tokenism"] = table["seat_share"] - table["influence_share"]
    return table.reset_index()


def _share(counts: "pd.Series[Any]") -> "pd.Series[float]":
    return counts / counts.sum()


def decisions_of(record: Record, place: RecordRow) -> pd.DataFrame:
    """What was decided, by whom it was proposed, how votes fell, what became of it, and how many weeks that took."""
    table = record.decisions.drop(columns=["run", "level", "implemented_week", "broken_week"]).copy()
    table["proposed_by"] = [
        person_name("en", place, str(role), person)
        for role, person in zip(table["origin"], table["proposer"], strict=True)
    ]
    outcome = pd.Series("rejected", index=table.index).mask(table["vetoed"], "vetoed").mask(table["adopted"], "adopted")
    table["outcome"] = outcome
    became = fates(record).reindex(pd.MultiIndex.from_arrays([table["project"].astype(str), table["decision"]]))
    table["fate"] = became["fate"].to_numpy()
    for name in ("ended", "changed_back"):
        table[name] = became[name].fillna(-1).astype("int64").to_numpy()
    table["took"] = (table["ended"] - table["week"]).where(table["ended"] >= 0)
    return table.reset_index(drop=True)


def acts_of(record: Record) -> pd.DataFrame:
    """How often people of each role did what, by year of the run; ``leader`` includes the facilitator."""
    acts = record.acts.assign(year=(record.acts["week"] - 1) // YEAR + 1)
    counts = acts.groupby(["year", "role", "act"], observed=True).size()
    return counts.unstack("act", fill_value=0).rename_axis(columns=None).reset_index()


# ---- as text ----


def sheet_text(sheet: ReportingSheet, language: str) -> str:
    """The sheet as Markdown in a language."""
    told = words(language)["sheet"]
    facts = sheet.facts | {"level": words(language)["levels"][sheet.facts["level"]]}
    busiest = sheet.interactions.sort_values(
        ["turns_to", "together", "person", "other"], ascending=[False, False, True, True]
    )
    pairs = busiest.head(PAIRS_SHOWN).assign(votes_on=busiest["support"] + busiest["challenge"])
    spoken = Names(sheet, language)
    sections = (
        (
            "by_role",
            _shown(sheet.by_role, spoken, "role people seat_share voice_share influence_share tokenism mean_status"),
        ),
        (
            "people",
            _shown(
                sheet.people,
                spoken,
                "person group weeks meetings turns talk_share shared_items unique_items opposed taken_up proposals adopted "
                "votes_for votes_against",
            ),
        ),
        ("interactions", _shown(pairs, spoken, "person other together turns_to votes_on")),
        ("decisions", _decisions_shown(sheet.decisions, spoken)),
        ("acts", _acts_shown(sheet.acts, spoken)),
    )
    lines = [f"# {told['title'].format(project=sheet.project)}", "", capital(told["facts"].format(**facts)), ""]
    lines += [f"- {told[name].format(**facts)}" for name in ("facts_here", "facts_elsewhere", "facts_insiders")]
    for name, table in sections:
        lines += ["", f"## {told[name]}", "", markdown(table, language) if len(table) else told["none"]]
    return "\n".join(lines) + "\n"


class Names:
    """How to say people, roles and topics of one sheet in a language."""

    def __init__(self, sheet: ReportingSheet, language: str) -> None:
        self.language = language
        self.words: Mapping[str, Any] = words(language)
        roles = self.words["roles"]
        self.people = {
            row.person: f"{roles[row.role]} {str(row.name).rpartition(' ')[2]}"
            for row in sheet.people.itertuples(index=False)
        }

    def heading(self, column: str) -> str:
        """A column in words."""
        return str(self.words["sheet"]["columns"].get(column, column))

    def column(self, table: pd.DataFrame, name: str) -> "pd.Series[Any]":
        """A column of the sheet, people, roles and groups in words."""
        values = table[name]
        if name in {"person", "other", "proposer"}:
            return values.map(self.people)
        if name == "role":
            return values.map(self.words["roles"])
        if name == "group":
            return values.map(dict(enumerate(self.words["groups"])))
        return values


def _shown(table: pd.DataFrame, spoken: Names, columns: str) -> pd.DataFrame:
    return pd.DataFrame({spoken.heading(name): spoken.column(table, name) for name in columns.split()})


def _decisions_shown(table: pd.DataFrame, spoken: Names) -> pd.DataFrame:
    outcomes = spoken.words["sheet"]["outcomes"]
    votes = [
        f"{sum(row[f'yes_{role}'] for role in ROLE_NAMES):.0f}/{sum(row[f'present_{role}'] for role in ROLE_NAMES):.0f}"
        for row in table.to_dict("records")
    ]
    shown = {
        "week": table["week"],
        "topic": [topic(spoken.language, feature) for feature in table["feature"]],
        "proposer": table["proposer"].map(spoken.people),
        "votes": votes,
        "counted": [count_in_words(spoken.language, row, "{yes}/{votes}") for row in rows_of(table)],
        "why": [_why(spoken.language, row) for row in rows_of(table)],
        "outcome": table["outcome"].map(outcomes),
        "fate": table["fate"].replace("changed back", "implemented").map(outcomes),  # when it was: the last column
        "ended": _weeks(table["ended"]),
        "took": table["took"].astype("Int64"),
        "changed_back": _weeks(table["changed_back"]),
    }
    return pd.DataFrame({spoken.heading(name): values for name, values in shown.items()})


def _weeks(weeks: "pd.Series[Any]") -> "pd.Series[Any]":
    return weeks.where(weeks >= 0).astype("Int64")


def _why(language: str, row: RecordRow) -> str:
    """Why a decision fell as it did, in a few words."""
    said, count = words(language)["sheet"]["why"], count_of(row)
    if count.share == "lot" and count.reached != "none":
        return lot_in_words(language, row, said["lot"])
    told = str(said["none"]) if count.reached == "none" else reached(language, count)
    if is_tied(row):
        return str(said["tie_for" if row.adopted else "tie_stands"].format(reached=told))
    if row.rule == "professional_veto" and row.present_professional > 0 and count.reached == "above":
        yes, there = f"{row.yes_professional:.0f}", f"{row.present_professional:.0f}"
        return str(said["veto"].format(reached=told, yes=yes, votes=there))
    return told


def _acts_shown(table: pd.DataFrame, spoken: Names) -> pd.DataFrame:
    acts = [name for name in spoken.words["acts"] if name in table.columns]
    shown = {spoken.heading("year"): table["year"], spoken.heading("role"): spoken.column(table, "role")}
    return pd.DataFrame(shown | {spoken.words["acts"][name]: table[name] for name in acts})


def markdown(table: pd.DataFrame, language: str) -> str:
    """A table as Markdown; what is unknown stays empty."""
    rows = [[_cell(value, language) for value in row] for row in table.itertuples(index=False)]
    lines = [list(table.columns), ["---"] * len(table.columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any, language: str) -> str:
    if pd.isna(value):
        return ""
    return number(language, value) if isinstance(value, float) else str(value)
