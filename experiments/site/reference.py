"""The reference of the site: pages made from declarations, files of values, docstrings and the commands' own help."""

import inspect
from collections.abc import Callable

from coprod_abm.case import Case, cases, load_case
from coprod_abm.case_parts import EVENT_KINDS, Event
from coprod_abm.declare import Declaration
from coprod_abm.experiments import odd_markers
from coprod_abm.experiments.list_cases import measures_by_wave
from coprod_abm.experiments.list_params import COLUMNS, row
from coprod_abm.experiments.odd_markers import code, table
from coprod_abm.experiments.site.reference_api import api
from coprod_abm.experiments.site.reference_commands import commands
from coprod_abm.parameters import declarations
from coprod_abm.presets import FAMILIES, presets


def parameters() -> str:
    """Every parameter with default, range, unit, meaning, source and prior; each has an anchor of its name."""
    lead = (
        "# Parameters\n\nEvery parameter of the model, as it is declared in `coprod_abm/rules/` and "
        "`coprod_abm/population.py`. On the command line and in a table of points it is written `family.name=value`; "
        "`coprod params` prints the same. "
        "A prior is what is believed before any figure is seen; `uniform` is even over the range. A choice is one of the "
        "names under *range*."
    )
    parts = []
    for family in FAMILIES:
        chosen = [each for each in declarations().values() if each.family == family]
        rows = [[f"`{each.key}`{{#{anchor_of(each.key)}}}", *_declared(each)] for each in chosen]
        what = f"[what the family asks](../families.md#{family}), " if family != "population" else ""
        parts.append(f"## {family.capitalize()}\n\n{what}[its presets](presets.md#{family})\n\n{table(COLUMNS, rows)}")
    return "\n\n".join([lead, *parts])


def anchor_of(key: str) -> str:
    """The anchor of a parameter on its page.

    >>> anchor_of("power.agenda_access")
    'power-agenda-access'
    """
    return key.replace(".", "-").replace("_", "-")


def _declared(declared: Declaration) -> list[str]:
    """A parameter's cells after its name; a choice shows its options in place of a range."""
    _, default, allowed, *others = row(declared)
    if declared.options is not None:
        allowed = ", ".join(declared.options.__members__)
    return [default, allowed, *others]


def presets_page() -> str:
    """Every preset by family, and the rival theories."""
    lead = (
        "# Presets and theories\n\nA preset is a file of numbers in `configs/`, chosen with `family=preset`; what it does not "
        "name keeps its default. Single parameters that you write beside it win over it."
    )
    parts = [f"## {family.capitalize()}\n\n{odd_markers.presets_of(family)}" for family in FAMILIES if presets(family)]
    return "\n\n".join([lead, *parts, "## Theories\n\nChosen with `theory=`.\n\n" + odd_markers.theories()])


def measures() -> str:
    """Everything that is measured."""
    lead = (
        "# Measures\n\nWhat the model measures of every project in every measured week. A sweep or a table takes a measure by "
        "its name (at the end of the run) or as `name@week`. `coprod measures` prints the same."
    )
    return f"{lead}\n\n{odd_markers.measures()}\n\n## Spread over people\n\n{odd_markers.distributions()}"


def instruments() -> str:
    """The simulated instruments."""
    lead = (
        "# Instruments\n\nWhat a survey or register would show of the simulated people, in the unit in which it is published. "
        "[How instruments see a state](../odd.md#instruments) says how; `coprod instruments` prints the same."
    )
    return f"{lead}\n\n{odd_markers.instruments()}"


def events() -> str:
    """The kinds of event, and every event of the shipped cases."""
    told = inspect.getdoc(Event) or ""
    fields = told.partition("Attributes:\n")[2].partition("\n\nRaises")[0]
    shipped = [(name, each) for name in cases() for each in load_case(name).events]
    rows = [
        [
            code(name),
            str(each.week),
            code(each.kind),
            code(each.parameter) if each.parameter else "–",
            f"{each.value:g}",
        ]
        for name, each in shipped
    ]
    lead = (
        "# Events\n\nSomething that happens in a week of a run; [case files](../cases.md) and "
        "[scenarios](../scenarios.md) hold them."
    )
    kinds = ", ".join(map(code, EVENT_KINDS))
    return f"{lead}\n\nKinds: {kinds}.\n\n## Fields\n\n{_definitions(fields)}\n\n## In the shipped cases\n\n" + table(
        ("case", "week", "kind", "parameter", "value"), rows
    )


def _definitions(attributes: str) -> str:
    """A docstring's attributes as a list."""
    found: list[str] = []
    for line in inspect.cleandoc(attributes).splitlines():
        if line.startswith(" "):
            found[-1] += f" {line.strip()}"
        else:
            name, _, what = line.partition(": ")
            found.append(f"* `{name}`: {what}")
    return "\n".join(found).replace("``", "`")


def cases_page() -> str:
    """Every shipped case: sites, rules, events, published measures by wave, assumptions."""
    lead = (
        "# Shipped cases\n\nWhat each case file holds. [Cases](../cases.md) says what is data and what is assumption, and "
        "how to write your own; `coprod cases SE-JKP` prints one. In the tables a dot is a published figure; waves in brackets "
        "lie outside the compared years."
    )
    return "\n\n".join([lead, *(_case(load_case(name)) for name in cases())])


def _case(case: Case) -> str:
    people = ("citizens", "professionals", "leaders", "citizen_seats", "professional_seats", "leader_seats")
    rows = [
        [site.name, site.level.name, site.region or "–", *(str(getattr(site, each)) for each in people)]
        for site in case.sites
    ]
    sites = table(("site", "level", "region", *(each.replace("_", " ") for each in people)), rows)
    rules = ", ".join(code(f"{key}={value}") for key, value in case.rules.items()) or "none of its own"
    assumed = "\n".join(f"* {sentence}" for sentence in case.assumptions)
    head = f"{case.name}, {case.country}, {case.level.name}; {case.start} to {case.start + case.years - 1}. Rules: {rules}."
    shown = f"```text\n{measures_by_wave(case)}\n```"
    return f"## {case.id}\n\n{head}\n\n{sites}\n\n{shown}\n\n{assumed}"


def scenarios() -> str:
    """Every shipped scenario with its question and arms."""
    from coprod_abm.experiments.scenario import load_scenario, scenarios

    lead = (
        "# Shipped scenarios\n\nQuestions of a workshop; `coprod scenarios scenario=NAME` answers one in pictures. "
        "[Scenarios](../scenarios.md) says how to write your own."
    )
    parts = []
    for name in scenarios():
        found = load_scenario(name)
        rows = [
            [code(arm.name), arm.title["en"], _set_by(arm.values), str(len(arm.events) or "–")] for arm in found.arms
        ]
        arms = table(("arm", "in plain words", "sets", "events"), rows)
        parts.append(f"## {found.title['en']}\n\n`scenario={name}`: {found.question['en']}\n\n{arms}")
    return "\n\n".join([lead, *parts])


def _set_by(values: dict[str, object]) -> str:
    told = [code(f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}") for key, value in values.items()]
    return ", ".join(told) or "–"


REFERENCE: dict[str, Callable[[], str]] = {
    "reference/commands.md": commands,
    "reference/parameters.md": parameters,
    "reference/presets.md": presets_page,
    "reference/events.md": events,
    "reference/measures.md": measures,
    "reference/instruments.md": instruments,
    "reference/cases.md": cases_page,
    "reference/scenarios.md": scenarios,
    "reference/api.rst": api,
}
