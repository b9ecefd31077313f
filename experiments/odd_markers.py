"""What each marker of a generated page becomes: tables of declarations, and rules as they stand in the code."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from enum import IntEnum
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

from coprod_abm import feedback, state
from coprod_abm.causes import STATES
from coprod_abm.declare import Declaration
from coprod_abm.draws import STREAM
from coprod_abm.experiments.list_measures import BETTER, spread
from coprod_abm.experiments.list_params import row
from coprod_abm.instruments import INSTRUMENTS
from coprod_abm.measures import DISTRIBUTIONS, MEASURES
from coprod_abm.parameters import declaration, declarations
from coprod_abm.presets import FAMILIES, preset_file, preset_values, presets
from coprod_abm.service import FEATURES, GROUPS
from coprod_abm.theories import THEORIES, mechanisms, theory_file, theory_values
from coprod_abm.week import PROCESSES


class DocumentError(ValueError):
    """A page asks for something that the code does not have; the message names the marker."""


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    r"""A Markdown table; what would end a cell is escaped.

    >>> print(table(["a"], [["x|y"]]))
    | a |
    |---|
    | x\|y |
    """
    wrong = [row for row in rows if len(row) != len(names)]
    if wrong:  # readers of Markdown drop what has no column
        raise DocumentError(f"a row of {len(wrong[0])} cells in a table of {len(names)} columns ({', '.join(names)})")
    lines = [names, ["---"] * len(names), *rows]
    told = ["| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines]
    told[1] = told[1].replace(" ", "")
    return "\n".join(told)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def code(text: str) -> str:
    """A name as code."""
    return f"`{text}`"


# ---- declarations ----


def parameters(family: str) -> str:
    """A family's parameters with default, range, unit, meaning and source."""
    chosen = [found for found in declarations().values() if found.family == family]
    if not chosen:
        raise DocumentError(f"{family!r} is not a family with parameters. Families: {', '.join(FAMILIES)}.")
    names = ("parameter", "default", "range", "unit", "meaning", "source")
    return table(names, [_parameter(found) for found in chosen])


def _parameter(declared: Declaration) -> list[str]:
    key, default, allowed, unit, meaning, source, prior = row(declared)
    if declared.options is None and prior != "uniform":
        source = f"{source}; prior {prior}"
    return [code(key), default, allowed.replace(", ", ", "), unit, meaning, source]


def default(key: str) -> str:
    """The declared default of one parameter."""
    value = declaration(key).default
    return value.name if isinstance(value, IntEnum) else f"{value:g}"


def constant(name: str) -> str:
    """A constant of a module, such as ``week.MONTH``."""
    return f"{_found(name):g}"


def state_of(owner: str) -> str:
    """The fields of a person, project or place."""
    fields: dict[str, tuple[state.Field, ...]] = {
        "person": state.PERSON_FIELDS,
        "project": state.PROJECT_FIELDS,
        "place": state.PLACE_FIELDS,
    }
    if owner not in fields:
        raise DocumentError(f"{owner!r} has no state of its own: {', '.join(fields)} have.")
    return table(
        ("field", "how many", "values", "meaning"),
        [[code(each.name), _how_many(each.kind), each.unit, each.meaning] for each in fields[owner]],
    )


def _how_many(kind: Any) -> str:
    per = {FEATURES: "per feature", GROUPS: "per group or role", state.MAX_SEATS: "per seat"}
    if isinstance(kind, str):
        return "one"
    return per.get(kind[1][0], f"{kind[1][0]}: per role, and one for elsewhere")


def schedule() -> str:
    """The processes of a week in their order."""
    rows = [[str(place), code(name), what] for place, (name, what) in enumerate(PROCESSES, 1)]
    return table(("", "process", "what happens"), rows)


def measures() -> str:
    """Everything that is measured."""
    names = ("measure", "about", "level", "unit", "range", "better", "meaning", "stands for")
    rows = [
        [
            code(one.name),
            one.topic,
            one.perspective,
            one.unit,
            spread(one.low, one.high),
            BETTER[one.direction],
            one.meaning,
            one.stands_for,
        ]
        for one in MEASURES
    ]
    return table(names, rows)


def distributions() -> str:
    """The states whose spread over people is kept."""
    return table(
        ("distribution", "people", "what"), [[code(one.name), one.people, one.meaning] for one in DISTRIBUTIONS]
    )


def instruments() -> str:
    """The simulated instruments."""
    rows = [[code(one.name), one.label, one.kind, code(one.state), one.unit] for one in INSTRUMENTS.values()]
    return table(("instrument", "asks", "kind", "sees", "unit"), rows)


def streams() -> str:
    """What draws are for, in one line."""
    return ", ".join(code(name) for name in STREAM._fields)


def presets_of(family: str) -> str:
    """A family's presets: what their files say, and what they set."""
    rows = [
        [code(f"{family}={name}"), _lead(preset_file(family, name)), _settings(family, name)]
        for name in presets(family)
    ]
    return table(("preset", "meaning and source", "sets"), rows)


def _lead(file: Path) -> str:
    lines = file.read_text(encoding="utf-8").splitlines()
    return " ".join(line.lstrip("# ") for line in lines if line.startswith("#"))


def _settings(family: str, name: str) -> str:
    told = {key.partition(".")[2]: value for key, value in preset_values(family, name).items()}
    return ", ".join(f"{key} {_plain(value)}" for key, value in told.items()) or "–"


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


# ---- rules as they stand ----


def rule(name: str) -> str:
    """One function: what its docstring says, and its code without it; ``trust.revised_trust``, ``delivery.own_effort``."""
    return _shown(_found(name))


def rules(family: str) -> str:
    """Every rule of a family, in the order of its file."""
    module = _module(family)
    found = [each for each in vars(module).values() if inspect.isfunction(each) and each.__module__ == module.__name__]
    return "\n\n".join(_shown(each) for each in found if not each.__name__.startswith("_"))


def _shown(function: Callable[..., Any]) -> str:
    source = textwrap.dedent(inspect.getsource(function))
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    lines = source.splitlines()
    signature = lines[node.lineno - 1 : node.body[0].lineno - 1]
    docstring = node.body[0]
    body = lines[docstring.end_lineno :]
    return f"**`{function.__name__}`** {_told(function)}\n\n```python\n" + "\n".join([*signature, *body]) + "\n```"


def _told(function: Callable[..., Any]) -> str:
    text = inspect.getdoc(function) or ""
    return " ".join(text.partition(">>>")[0].replace("``", "`").split())


def _module(name: str) -> ModuleType:
    path = f"coprod_abm.rules.{name}" if name in feedback.FAMILIES else f"coprod_abm.{name}"
    try:
        return import_module(path)
    except ModuleNotFoundError:
        raise DocumentError(f"there is no file {path.replace('.', '/')}.py.") from None


def _found(name: str) -> Any:
    file, _, inside = name.partition(".")
    try:
        return attrgetter(inside)(_module(file))
    except AttributeError:
        raise DocumentError(f"{name}: there is no {inside!r} in {_module(file).__name__}.") from None


# ---- causes ----


def states() -> str:
    """The states between which causes are declared."""
    return table(
        ("state", "family", "what it is"), [[name, each.family, each.meaning] for name, each in STATES.items()]
    )


def links() -> str:
    """Every declared cause and effect, with the rule through which it works."""
    told = {1: "rises", -1: "falls"}
    rows = [[link.cause, link.effect, told[link.sign], home, code(link.by)] for home, link in feedback.links()]
    return table(("as this rises", "this", "", "family or telling", "through"), rows)


def loops() -> str:
    """The shortest loop through each link, and how many there are in all."""
    found = feedback.loops()
    reinforcing = sum(loop.sign > 0 for loop in found)
    names = ("", "loop", "families whose rules close it", "acts under")
    rows = [
        [name, loop.text, ", ".join(_families(loop)), _theories(loop)] for name, loop in feedback.named_loops().items()
    ]
    return (
        f"The {len(feedback.signs())} links close {len(found)} loops of at most {feedback.LONGEST} links: {reinforcing} "
        f"reinforcing, {len(found) - reinforcing} balancing. The table has the shortest loop through each link that lies on "
        f"any; R is reinforcing, B balancing.\n\n" + table(names, rows)
    )


def _families(loop: feedback.Loop) -> list[str]:
    """The families whose rules work the loop's links; where a telling does, the family of the state that it moves."""
    named = {(link.cause, link.effect): home for home, link in reversed(feedback.links())}
    homes = [named[step] if named[step] in feedback.FAMILIES else STATES[step[1]].family for step in loop.steps]
    return [family for family in feedback.FAMILIES if family in homes]


def _theories(loop: feedback.Loop) -> str:
    under = [
        f"T{number}"
        for number, name in enumerate(THEORIES, 1)
        if set(loop.steps) <= feedback.acting(theory_values(name))
    ]
    by_default = set(loop.steps) <= feedback.acting({})
    return " ".join(under) or ("all together" if by_default else "settings of its own")


def theories() -> str:
    """The rival theories: what their files claim, and which mechanisms they hold."""
    rows = []
    for number, name in enumerate(THEORIES, 1):
        values = theory_values(name)
        held = [key for key in mechanisms() if values[key] == 0.0]
        more = {key: value for key, value in values.items() if key not in mechanisms()}
        beside = ", ".join(f"{code(key)} {_plain(value)}" for key, value in more.items()) or "–"
        rows.append(
            [f"T{number} {code(f'theory={name}')}", _lead(theory_file(name)), ", ".join(map(code, held)), beside]
        )
    return table(("theory", "claim and source", "held at their means", "also sets"), rows)


# ---- calibration ----


def priors(name: str) -> str:
    """What a set of priors estimates: one row per parameter, instruments by their kind."""
    from coprod_abm.calibration.priors import read_priors
    from coprod_abm.experiments.calibrate_tables import priors_table

    return priors_table(read_priors(name).estimated)


def fixed(name: str) -> str:
    """What a set of priors leaves at its default, and why."""
    from coprod_abm.experiments.calibrate_tables import fixed_table

    return fixed_table(name)


def errors(name: str) -> str:
    """The argued errors of a set of targets."""
    from coprod_abm.experiments.calibrate_tables import errors_table

    return errors_table(name)


MARKERS: dict[str, Callable[..., str]] = {
    "constant": constant,
    "default": default,
    "distributions": distributions,
    "errors": errors,
    "fixed": fixed,
    "instruments": instruments,
    "links": links,
    "loops": loops,
    "measures": measures,
    "parameters": parameters,
    "presets": presets_of,
    "priors": priors,
    "rule": rule,
    "rules": rules,
    "schedule": schedule,
    "state": state_of,
    "states": states,
    "streams": streams,
    "theories": theories,
}
