"""Scenarios: questions in plain words, each with two or more arms (rules, parameters and timed events) that answer it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any

from coprod_abm.case import Case, CaseError, Event, load_case
from coprod_abm.case_document import Document, read_document
from coprod_abm.case_error import check_keys, check_mapping, check_option
from coprod_abm.declare import ParameterError, nearest
from coprod_abm.experiments.scenario_checks import check_arm
from coprod_abm.experiments.scenario_entries import Texts, listed, mapping, measure_named, named, once, switch, texts
from coprod_abm.parameters import declaration, dialled
from coprod_abm.presets import FAMILIES, PresetError, preset_values
from coprod_abm.theories import theory_values

FEWEST_ARMS, MOST_ARMS = 2, 8


@dataclass(frozen=True)
class Arm:
    """One side of a comparison.

    Attributes:
        name: short, for tables; unique within the scenario.
        title: in plain words, by language.
        presets: by rule family, such as ``{"power": "consensus"}``; ``theory`` too.
        parameters: by dotted name; they go before presets.
        events: what happens beside the events of the case, in the order of the file.
    """

    name: str
    title: Texts
    presets: Mapping[str, str]
    parameters: Mapping[str, Any]
    events: tuple[Event, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """What the arm sets, by dotted name: single parameters go before presets, presets before the theory."""
        values: dict[str, Any] = theory_values(self.presets["theory"]) if "theory" in self.presets else {}
        for family, name in self.presets.items():
            values |= {} if family == "theory" else preset_values(family, name)
        return values | dialled(self.parameters) | dict(self.parameters)


@dataclass(frozen=True)
class Scenario:
    """A question with the arms that answer it.

    Attributes:
        name: the file's name without its ending.
        title, question: in plain words, by language.
        arms: the first is what all others are compared with.
        outcomes: measures to show, the most telling first.
        cases: ids of shipped cases, or paths.
        together: whether the cases share one world.
        ladder: whether the arms are rungs from low to high.
        drawn: arms that a picture with room for few shows; all of up to four arms unless named.
        path: the file it came from.
    """

    name: str
    title: Texts
    question: Texts
    arms: tuple[Arm, ...]
    outcomes: tuple[str, ...]
    cases: tuple[str, ...]
    together: bool = False
    ladder: bool = False
    drawn: tuple[str, ...] = ()
    path: str = ""

    def arm(self, name: str) -> Arm:
        """The arm of that name.

        Raises:
            KeyError: when there is none.
        """
        return next(arm for arm in self.arms if arm.name == name)


def scenarios() -> tuple[str, ...]:
    """Names of the shipped scenarios, in alphabetical order; each is a file in ``configs/scenario``.

    >>> "sponsor_loss" in scenarios()
    True
    """
    return tuple(sorted(path.stem for path in _shipped().glob("*.yaml")))


def load_scenario(name_or_path: str | Path) -> Scenario:
    """The scenario of a shipped name, or of the user's own YAML file.

    >>> load_scenario("sponsor_loss").arms[0].title["en"]
    'The backer stays'

    Raises:
        CaseError: when there is no such scenario, or its file breaks a rule; the message names file, line, key, value,
            what is expected and the way out.
    """
    document = read_document(_find(name_or_path))
    try:
        return _scenario(document)
    except CaseError as error:
        raise error.at(document.file, document.line(error.column)) from None


def check_scenario(scenario: Scenario, cases: Iterable[Case], base: Mapping[str, Any] | None = None) -> None:
    """Refuse a scenario that cannot happen in a case: an event after the end, or one about a role that is not there.

    ``base`` are parameters of all arms, which those of an arm go before.

    Raises:
        CaseError, ParameterError: naming scenario, arm and event, the rule and the way out.
    """
    for case in cases:
        for place, arm in enumerate(scenario.arms):
            try:
                check_arm(arm.name, {**(base or {}), **arm.values}, arm.events, case)
            except CaseError as error:
                found = error.under(f"arms[{place}]")
                raise found.at(scenario.path, line_of(scenario.path, found.column)) from None


def line_of(file: str, key: str) -> int:
    """The line of a key in a YAML file; 0 where there is no file."""
    return read_document(Path(file)).line(key) if file else 0


def case_of(scenario: Scenario) -> list[Case]:
    """The cases that a scenario names itself."""
    return [load_case(name) for name in scenario.cases]


def _shipped() -> Path:
    return Path(str(resources.files("coprod_abm.configs"))) / "scenario"


def _find(name_or_path: str | Path) -> Path:
    if isinstance(name_or_path, str) and name_or_path in scenarios():
        return _shipped() / f"{name_or_path}.yaml"
    path = Path(name_or_path)
    if isinstance(name_or_path, Path) or path.suffix in {".yaml", ".yml"} or len(path.parts) > 1:
        return path
    names = scenarios()
    way_out = f"Choose one of {', '.join(names)}, or give the path of your own file (.yaml).{nearest(str(path), names)}"
    raise CaseError("scenario", str(name_or_path), "a shipped scenario or the path of a scenario file", way_out)


def _scenario(document: Document) -> Scenario:
    values = document.values
    required = ("title", "question", "arms", "outcomes", "cases")
    check_keys("", values, required, ("together", "ladder", "drawn"))
    arms = tuple(_arm(f"arms[{place}]", given) for place, given in enumerate(listed("arms", values["arms"])))
    names = [arm.name for arm in arms]
    _check_names(names)
    drawn = tuple(str(name) for name in listed("drawn", values.get("drawn") or names[:4]))
    for place, name in enumerate(drawn):
        check_option(f"drawn[{place}]", name, tuple(names))
    return Scenario(
        Path(document.file).stem,
        texts("title", values["title"]),
        texts("question", values["question"]),
        arms,
        once(
            "outcomes",
            [measure_named(f"outcomes[{n}]", name) for n, name in enumerate(listed("outcomes", values["outcomes"]))],
        ),
        once("cases", [named(f"cases[{n}]", name) for n, name in enumerate(listed("cases", values["cases"]))]),
        switch("together", values.get("together", False)),
        switch("ladder", values.get("ladder", False)),
        drawn,
        document.file,
    )


def _check_names(names: Sequence[str]) -> None:
    if not FEWEST_ARMS <= len(names) <= MOST_ARMS:
        told = f"{FEWEST_ARMS} to {MOST_ARMS} arms, the first being what the others are compared with"
        raise CaseError("arms", len(names), told, "Add an arm, or make two scenarios of one.")
    for place, name in enumerate(names):
        if name in names[:place]:
            raise CaseError(f"arms[{place}].name", name, "a name that no other arm has", "Rename one of the two.")


def _arm(key: str, given: Any) -> Arm:
    check_mapping(key, given)
    check_keys(key, given, ("name", "title"), ("presets", "parameters", "events"))
    name = named(f"{key}.name", given["name"])
    presets = {str(family): str(chosen) for family, chosen in mapping(f"{key}.presets", given.get("presets")).items()}
    for family in presets:
        check_option(f"{key}.presets.{family}", family, (*FAMILIES, "theory"))
    parameters = mapping(f"{key}.parameters", given.get("parameters"))
    events = tuple(
        _event(f"{key}.events[{place}]", event)
        for place, event in enumerate(listed(f"{key}.events", given.get("events"), empty=True))
    )
    arm = Arm(name, texts(f"{key}.title", given["title"]), presets, parameters, events)
    _check_values(key, arm)
    return arm


def _check_values(key: str, arm: Arm) -> None:
    for family, name in arm.presets.items():
        try:
            theory_values(name) if family == "theory" else preset_values(family, name)
        except PresetError as error:
            raise CaseError(f"{key}.presets.{family}", name, "a preset of that family", str(error)) from None
    for parameter, value in arm.parameters.items():
        where = f"{key}.parameters.{parameter}"
        try:
            declaration(parameter)
            from coprod_abm.parameters import Parameters

            Parameters().replace({parameter: value})
        except ParameterError as error:
            raise CaseError(where, value, "a declared parameter and a value in its range", str(error)) from None


def _event(key: str, given: Any) -> Event:
    check_mapping(key, given)
    allowed = tuple(each.name for each in fields(Event))
    required = ("week", "kind", *(("parameter", "value") if given.get("kind") in ("set", "add") else ()))
    check_keys(key, given, required, allowed)
    try:
        return Event(**{name: value for name, value in given.items() if value is not None})
    except CaseError as error:
        raise error.under(key) from None
