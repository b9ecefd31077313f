"""What became of each decision, from the records of its project: implemented, changed back, broken or waiting."""

import pandas as pd

from coprod_abm.records import Record, RecordRow, rows_of

RUNNING = ("start", "implemented", "reversed", "from_insiders")  # changes after which the service is run so
DONE = ("implemented", "reversed")
ENDED = (*DONE, "broken")


def fates(record: Record) -> pd.DataFrame:
    """One row per adopted decision (project, decision): its fate, the week of it, and the week in which it was changed back.

    ``fate`` is implemented, changed back, broken or waiting; a week is −1 where nothing happened.
    """
    rows = []
    for project, changes in record.changes.groupby("project", observed=True):
        told = list(rows_of(changes))
        ended = {
            row.decision: (place, row) for place, row in enumerate(told) if row.what in ENDED and row.decision >= 0
        }
        for row in told:
            if row.what != "adopted":
                continue
            fate, week, back = "waiting", -1, -1
            if row.decision in ended:
                place, end = ended[row.decision]
                fate, week = (str(end.what), end.week) if end.what not in DONE else ("implemented", end.week)
                if end.what in DONE:
                    back = next((one.week for one in told[place + 1 :] if _undoes(one, end)), -1)
                    fate = "changed back" if back >= 0 else fate
            rows.append((str(project), row.decision, fate, week, back))
    return pd.DataFrame(rows, columns=["project", "decision", "fate", "ended", "changed_back"]).set_index(
        ["project", "decision"]
    )


def _undoes(later: RecordRow, done: RecordRow) -> bool:
    return bool(later.feature == done.feature and later.what in RUNNING and later.value != done.value)


def design_before(record: Record, project: str, week: int) -> dict[int, int]:
    """The service of a project as it was run when it met in ``week``: what is implemented in a week comes after its meeting."""
    there = record.changes[(record.changes["project"] == project) & record.changes["what"].isin(RUNNING)]
    before = there[(there["week"] < week) | (there["what"] == "start")]
    return {row.feature: row.value for row in rows_of(before)}
