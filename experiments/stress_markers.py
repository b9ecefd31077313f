"""What the markers of docs/stress_abs.in.md become: counts, cases, sources, sizes and requirements as declared."""

import tomllib
from collections.abc import Callable
from pathlib import Path

from coprod_abm.case import coverage_table
from coprod_abm.experiments.odd_markers import DocumentError, code, table
from coprod_abm.experiments.settings import named_cases
from coprod_abm.instruments import INSTRUMENTS
from coprod_abm.measures import MEASURES
from coprod_abm.parameters import declarations
from coprod_abm.presets import FAMILIES, presets
from coprod_abm.state import PERSON_FIELDS, PLACE_FIELDS, PROJECT_FIELDS
from coprod_abm.theories import THEORIES
from coprod_abm.week import PROCESSES

CHECKOUT = Path(__file__).resolve().parent.parent
COUNTS: dict[str, Callable[[], int]] = {
    "cases": lambda: len(named_cases("all")),
    "families": lambda: len(FAMILIES),
    "instruments": lambda: len(INSTRUMENTS),
    "measures": lambda: len(MEASURES),
    "parameters": lambda: len(declarations()),
    "people_in_cases": lambda: sum(case.people for case in named_cases("all")),
    "person_fields": lambda: len(PERSON_FIELDS),
    "place_fields": lambda: len(PLACE_FIELDS),
    "presets": lambda: sum(len(presets(family)) for family in FAMILIES),
    "processes": lambda: len(PROCESSES),
    "project_fields": lambda: len(PROJECT_FIELDS),
    "theories": lambda: len(THEORIES),
}


def count(what: str) -> str:
    """How many of something there are, such as ``measures``."""
    if what not in COUNTS:
        raise DocumentError(f"nothing counts {what!r}: {', '.join(COUNTS)} are counted.")
    return f"{COUNTS[what]():,}"


def cases() -> str:
    """The cases of the programme: where, when, how large, how many published figures."""
    shown = {str(row["id"]): row for row in coverage_table().reset_index().to_dict("records")}
    rows = []
    for case in named_cases("all"):
        row = shown[case.id]
        own = [
            case.id,
            case.name,
            case.country,
            case.level.name,
            row["simulated"],
            row["sites"],
            f"{case.people:,}",
            row["figures"],
        ]
        rows.append([str(cell) for cell in own])
    return table(("case", "name", "country", "level", "simulated", "sites", "people", "published figures"), rows)


def sources() -> str:
    """Where the published measures come from, with licence."""
    from coprod_abm.experiments.whole_study.sources import sources_of

    rows = [[code(one["source"]), one["citation"], one["licence"]] for one in sources_of(named_cases("all"))]
    return table(("source", "what", "licence as stated"), rows)


def budgets() -> str:
    """What `coprod study` does under each budget."""
    from coprod_abm.experiments.whole_study.settings import budgets as names
    from coprod_abm.experiments.whole_study.settings import read_budget
    from coprod_abm.experiments.whole_study.steps import STEPS

    found = {name: read_budget(name) for name in names()}
    rows = [
        [code(f"coprod {' '.join(step.command)}"), *(keys(found[one][name]) for one in found)]
        for name, step in STEPS.items()
    ]
    return table(("step", *(f"budget={one}" for one in found)), rows)


def keys(chosen: dict[str, object]) -> str:
    """The keys of a step in a cell."""
    told = (f"{key}={','.join(map(str, value)) if isinstance(value, list) else value}" for key, value in chosen.items())
    return ", ".join(map(code, told)) or "as the command does it"


def calibration_budgets() -> str:
    """The budgets of `coprod calibrate`."""
    from coprod_abm.experiments.calibrate_settings import BUDGETS

    rows = [[code(name), *(f"{value:,}" for value in one)] for name, one in BUDGETS.items()]
    columns = ("draws", "steps of a chain thrown away", "kept", "data sets with known truth", "of all cases together")
    return table(("budget", *columns), rows)


def requirements() -> str:
    """The packages that the model needs, with their ranges."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"Python {project['requires-python']}; {', '.join(map(code, project['dependencies']))}"


def version() -> str:
    """The version of the software."""
    return str(tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


STRESS: dict[str, Callable[..., str]] = {
    "budgets": budgets,
    "calibration_budgets": calibration_budgets,
    "cases": cases,
    "count": count,
    "requirements": requirements,
    "sources": sources,
    "version": version,
}
