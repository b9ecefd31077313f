"""The records of a run: who said what to whom and what became of it, for the first replicate of each world."""

import re
from pathlib import Path
from typing import Any

from coprod_abm.case import Case
from coprod_abm.experiments.settings import RunPlan

FACTS = ("command", "model", "git", "versions")
CONTENTS = """records/*/*.parquet          acts, decisions, meetings, attendance, seats, changes, ... of the first replicate
records/*/minutes/*          minutes of all meetings of each project, newest last, in English (en) and Swedish (sv)
records/*/sheet_*            reporting sheet of each project: who interacted with whom, what was decided, what became of it
"""


def write_run_records(chosen: RunPlan, folder: Path, facts: dict[str, Any]) -> None:
    """Write tables, minutes of all meetings and reporting sheets of replicate 0, a folder per world: each case, or all."""
    kept = {name: facts[name] for name in FACTS}
    if chosen.together:
        write_world_records(chosen.cases, chosen, folder / "together", kept)
    else:
        for case in chosen.cases:
            write_world_records((case,), chosen, folder / case.id, kept)


def write_world_records(cases: tuple[Case, ...], chosen: RunPlan, folder: Path, facts: dict[str, Any]) -> None:
    """Write the records of cases that share a world."""
    from coprod_abm.language import languages
    from coprod_abm.minutes import all_minutes
    from coprod_abm.record_files import write_records
    from coprod_abm.records import records
    from coprod_abm.reporting import reporting_sheet

    weeks = chosen.weeks[cases[0].id]
    record = records(chosen.params, cases, seed=chosen.seed, weeks=weeks, overrides=chosen.overrides)
    write_records(record, folder, facts)
    (folder / "minutes").mkdir()
    for number, project in enumerate(record.projects["project"], start=1):
        name = f"{number:02d}_{file_name(project)}"
        sheet = reporting_sheet(record, project)
        for language in languages():
            write(folder / f"sheet_{name}.{language}.md", sheet.text(language))
            held = all_minutes(record, project, language)
            if held:
                write(folder / "minutes" / f"{name}.{language}.md", held)


def file_name(project: str) -> str:
    """A project's name as part of a file name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", project).strip("-")[:40] or "project"


def write(file: Path, text: str) -> None:
    """Write a text file in UTF-8."""
    file.write_text(text, encoding="utf-8")
