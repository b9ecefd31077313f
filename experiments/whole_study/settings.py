"""What `coprod study` can be told: a budget, the cases, and any key of any step; checked whole before anything begins."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from hydra.core.override_parser.types import ChoiceSweep, Override, OverrideType

from coprod_abm.declare import nearest
from coprod_abm.experiments.overrides import check_once, parsed
from coprod_abm.experiments.run_place import placed
from coprod_abm.experiments.settings import named_cases
from coprod_abm.experiments.whole_study.steps import STEPS
from coprod_abm.simulate import RunError, check_run

KEYS = {
    "budget": "quick: a first look within ten minutes on two processors; full: the real thing, hours",
    "case": "cases, as in SE-JKP,EN-LON, or all: each but EN-NAT",
    "seed": "whole number that names every random draw, 1 unless given",
    "threads": "threads to use, every processor unless given",
    "out": "folder for everything, runs/study-BUDGET unless given; a study that was begun there goes on",
    "dry_run": "only say what would be done and how long it takes; also written --dry-run",
}
WORK = "work"  # beside the steps in a budget's file: processor seconds of a step beside its runs


def budgets() -> tuple[str, ...]:
    """The budgets that are shipped."""
    return tuple(sorted((file.name.removesuffix(".yaml") for file in _shipped().iterdir()), reverse=True))


def settings_of(words: Sequence[str]) -> dict[str, Any]:
    """The whole configuration: that of the budget with what was typed in its place.

    Raises:
        RunError, CaseError: naming key, value and way out.
    """
    overrides = [parsed("dry_run=true" if each == "--dry-run" else placed(each)) for each in words]
    for each in overrides:
        check_key(each)
    check_once(overrides)
    typed = {str(each.key_or_group): plain(each) for each in overrides}
    budget = str(typed.get("budget", "quick"))
    if budget not in budgets():
        raise RunError(
            f"budget={budget} does not exist.{nearest(budget, budgets())} There are: {', '.join(budgets())}."
        )
    settings: dict[str, Any] = {
        "budget": budget,
        "case": typed.get("case", "all"),
        "seed": typed.get("seed", 1),
        "threads": typed.get("threads"),
        "out": str(typed.get("out") or f"runs/study-{budget}"),
        "dry_run": bool(typed.get("dry_run", False)),
        **read_budget(budget),
    }
    for key, value in typed.items():
        step, dot, own = key.partition(".")
        if dot:
            settings[step][own] = value
    check_values(settings)
    return settings


def read_budget(name: str) -> dict[str, Any]:
    """The keys of every step under a budget, and the work of each beside its runs."""
    found: dict[str, Any] = yaml.safe_load((_shipped() / f"{name}.yaml").read_text(encoding="utf-8"))
    return {**{step: dict(found.get(step) or {}) for step in STEPS}, WORK: found[WORK]}


def check_key(override: Override) -> None:
    """Refuse a key that is none of the study's, nor of the form STEP.KEY, or that the study itself sets for its steps.

    Raises:
        RunError: with the nearest key.
    """
    key = str(override.key_or_group)
    step, dot, own = key.partition(".")
    if key not in KEYS and (not dot or step not in STEPS):
        near = nearest(key, [*KEYS, *(f"{name}." for name in STEPS)])
        raise RunError(f"{key!r} is not a key of coprod study.{near} `coprod study --help` lists them.")
    if dot and own in STEPS[step].unheard:
        way_out = f"Write {own}=... for the whole study." if own in KEYS else "It follows from the study."
        raise RunError(f"{key} cannot be set for one step. {way_out}")
    if override.type is not OverrideType.CHANGE or override.package is not None:
        raise RunError(f"{override.input_line!r}: every key exists already. Write {key}=value.")


def plain(override: Override) -> Any:
    """The value of an override; several values as a list."""
    value = override.value()
    if isinstance(value, ChoiceSweep):
        return [getattr(each, "text", each) for each in value.list]
    if isinstance(value, list):
        return [getattr(each, "text", each) for each in value]
    return getattr(value, "text", value)


def check_values(settings: Mapping[str, Any]) -> None:
    """Refuse a seed, threads or cases that cannot be.

    Raises:
        RunError, CaseError: naming key and value.
    """
    for key in ("seed", "threads"):
        value = settings[key]
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise RunError(f"{key} = {value!r} is not a whole number. Give one.")
    check_run(1, 1, 1, settings["threads"], settings["seed"])
    named_cases(settings["case"])


def kept(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What decides the results: everything but where they lie, how many threads work, and what is only told."""
    return {key: value for key, value in settings.items() if key not in ("out", "threads", "dry_run", WORK)}


def unlike(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What two configurations say differently, by dotted key, as sentences.

    >>> unlike({"seed": 1, "simulation": {"replicates": 20}}, {"seed": 1, "simulation": {"replicates": 9, "weeks": 52}})
    ['simulation.replicates was 20 and is now 9', 'simulation.weeks was not set and is now 52']
    """
    old, new = flat(before), flat(after)
    return [
        f"{key} was {old.get(key, 'not set')} and is now {new.get(key, 'not set')}"
        for key in dict.fromkeys([*old, *new])
        if old.get(key, "not set") != new.get(key, "not set")
    ]


def flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by dotted key."""
    found: dict[str, Any] = {}
    for key, value in settings.items():
        found |= {f"{key}.{own}": one for own, one in value.items()} if isinstance(value, Mapping) else {key: value}
    return found


def place_of(settings: Mapping[str, Any]) -> Path:
    """The folder of the study."""
    return Path(str(settings["out"]))


def today() -> str:
    """The date, for the report."""
    return datetime.now().astimezone().strftime("%Y-%m-%d")


def _shipped() -> Path:
    return Path(str(resources.files("coprod_abm.configs"))) / "study"
