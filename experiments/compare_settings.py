"""What `coprod compare` and `coprod compare advise` can be told: their keys with types, and the command line checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.types import ChoiceSweep, OverrideType

from coprod_abm.declare import nearest
from coprod_abm.experiments.calibrate_settings import as_list
from coprod_abm.experiments.overrides import check_once, parsed
from coprod_abm.experiments.settings import QUIET, means
from coprod_abm.simulate import RunError

NAME, ADVISE, CHECK = "compare", "advise", "check"
LISTS = ("theories", "late", "measures", "waves", "respondents")
PATHS = ("bank", "out")

HELP = """coprod compare: which theories the published figures support, which they cannot tell apart, and what would decide

usage: coprod compare bank=FOLDER [key=value ...]
       coprod compare advise bank=FOLDER [key=value ...]
       coprod compare check bank=FOLDER [key=value ...]

Keys of coprod compare
$COMPARE

Keys of coprod compare advise: which further surveys would tell more
$ADVISE

Keys of coprod compare check: what the comparison says of figures whose truth is known
$CHECK

Examples
  coprod compare bank=first
  coprod compare bank=first theories=relational,empowerment,tokenism late=2022,2023
  coprod compare advise bank=first budget=20000 respondents=400,1600
  coprod compare advise bank=first measures=all waves=2024,2025 aim=parameters
  coprod compare check bank=first sets=100

The folder is one of coprod calibrate. Results stand in its compare/ unless out= says otherwise; what is there from the
same inputs is not computed again. docs/theory_comparison.md says by which rule a theory is declared."""


@dataclass
class CompareSettings:
    """Every key of `coprod compare`."""

    defaults: list[Any] = field(default_factory=lambda: ["_self_", *QUIET])
    bank: str | None = field(default=None, metadata=means("folder of a calibration, which holds the bank"))
    theories: Any = field(default="all", metadata=means("theories to compare, or all that the bank holds"))
    late: Any = field(
        default="auto", metadata=means("waves to predict from the earlier ones; auto takes the last third")
    )
    classifiers: int = field(default=5, metadata=means("classifiers taught on different splits; they show uncertainty"))
    surveys: int = field(default=20_000, metadata=means("simulated surveys for each classifier"))
    predictive: str = field(
        default="weights",
        metadata=means("weights: late waves by weighted draws of all cases; emulated: by each case's own posterior"),
    )
    partnerships: int = field(default=200, metadata=means("simulated partnerships for their correlations; 0 for none"))
    seed: int = field(default=1, metadata=means("whole number that names every random draw"))
    out: str | None = field(default=None, metadata=means("folder for the results; null takes compare/ in the bank"))
    figures: bool = field(default=True, metadata=means("whether to draw figures"))


@dataclass
class AdviseSettings:
    """Every key of `coprod compare advise`."""

    defaults: list[Any] = field(default_factory=lambda: ["_self_", *QUIET])
    bank: str | None = field(default=None, metadata=means("folder of a calibration, which holds the bank"))
    theories: Any = field(default="all", metadata=means("theories to tell apart, or all that the bank holds"))
    after: str = field(
        default="figures", metadata=means("figures: after what is published; nothing: before anything is")
    )
    measures: Any = field(
        default="bank", metadata=means("instruments to weigh; bank: those it holds, all: every one there is")
    )
    waves: Any = field(
        default="bank", metadata=means("years to weigh; bank: those it holds, all: every simulated year")
    )
    respondents: Any = field(default_factory=lambda: [400, 1600], metadata=means("numbers of respondents in each case"))
    number: int = field(default=3, metadata=means("surveys that the best set may hold"))
    budget: int = field(default=20_000, metadata=means("respondents in all that the best set may ask"))
    each_case: bool = field(default=True, metadata=means("whether single cases are weighed beside all cases together"))
    aim: str = field(default="theory", metadata=means("theory or parameters: what the best set is to inform about"))
    scatter: float = field(
        default=0.05, metadata=means("SD in logits by which surveys scatter beyond the number asked")
    )
    classifiers: int = field(default=5, metadata=means("classifiers for theory probabilities, as of coprod compare"))
    surveys: int = field(default=20_000, metadata=means("simulated surveys for each of them"))
    draws: int = field(default=4_000, metadata=means("draws simulated again where the bank lacks a measure or wave"))
    seed: int = field(default=1, metadata=means("whole number that names every random draw"))
    out: str | None = field(default=None, metadata=means("folder for the results; null takes compare/ in the bank"))
    figures: bool = field(default=True, metadata=means("whether to draw figures"))


@dataclass
class CheckSettings:
    """Every key of `coprod compare check`."""

    defaults: list[Any] = field(default_factory=lambda: ["_self_", *QUIET])
    bank: str | None = field(default=None, metadata=means("folder of a calibration, which holds the bank"))
    theories: Any = field(default="all", metadata=means("theories to compare, or all that the bank holds"))
    sets: int = field(
        default=100, metadata=means("sets of figures of each kind: of the theories, of clones, of outsiders")
    )
    left_out: int = field(default=24, metadata=means("sets of figures for which every case is left out; 0 for none"))
    surveys: int = field(default=10_000, metadata=means("simulated surveys for each classifier"))
    seed: int = field(default=1, metadata=means("whole number that names every random draw"))
    out: str | None = field(default=None, metadata=means("folder for the results; null takes compare/ in the bank"))


SCHEMAS: dict[str, tuple[str, type[Any]]] = {
    "": (NAME, CompareSettings),
    ADVISE: ("compare_advise", AdviseSettings),
    CHECK: ("compare_check", CheckSettings),
}


def register() -> None:
    """Tell Hydra the schemas."""
    for name, schema in SCHEMAS.values():
        ConfigStore.instance().store(name=name, node=schema)


def keys(task: str) -> dict[str, Any]:
    """The keys of a task with their dataclass fields."""
    return {each.name: each for each in fields(SCHEMAS[task][1]) if "meaning" in each.metadata}


def help_text() -> str:
    """What `coprod compare --help` shows."""
    shown = {
        task: "\n".join(f"  {name:<14}{each.metadata['meaning']}" for name, each in keys(task).items())
        for task in SCHEMAS
    }
    return HELP.replace("$COMPARE", shown[""]).replace("$ADVISE", shown[ADVISE]).replace("$CHECK", shown[CHECK])


def readable(words: Sequence[str]) -> list[str]:
    """The words as Hydra reads them: paths as plain text and lists spelt out.

    >>> readable(["bank=a b", "late=2022,2023", "late=2022"])
    ["bank='a b'", 'late=[2022,2023]', 'late=2022']
    """
    return [_readable(*word.partition("=")) for word in words]


def _readable(key: str, equals: str, value: str) -> str:
    if key in PATHS and equals and value not in ("null", "") and value[0] not in "'\"":
        quoted = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"{key}='{quoted}'"
    if key in LISTS and isinstance(parsed(f"{key}{equals}{value}").value(), ChoiceSweep):
        return f"{key}=[{value}]"
    return f"{key}{equals}{value}"


def check_words(words: Sequence[str], task: str) -> None:
    """Refuse keys that do not exist, that stand twice, or that are added or removed; and a bank that is not named.

    Raises:
        RunError: with the nearest key.
    """
    overrides = [each for each in map(parsed, words) if not str(each.key_or_group).startswith(("hydra.", "hydra/"))]
    command = f"coprod compare {task}".rstrip()
    for each in overrides:
        key = str(each.key_or_group)
        if key not in keys(task):
            raise RunError(
                f"{key!r} is not a key of {command}.{nearest(key, keys(task))} `coprod compare --help` lists them."
            )
        if each.type is not OverrideType.CHANGE or each.package is not None:
            raise RunError(f"{each.input_line!r}: every key exists already. Write {key}=value.")
    check_once(overrides)
    if "bank" not in {str(each.key_or_group) for each in overrides}:
        raise RunError(f"{command} needs bank=FOLDER, a folder that `coprod calibrate` has written.")


def named_theories(given: Any, known: Sequence[str]) -> tuple[str, ...]:
    """The theories of ``theories=``.

    Raises:
        RunError: when the bank holds no such theory, or fewer than two are named.
    """
    names = tuple(known) if given == "all" else tuple(as_list(given))
    for name in names:
        if name not in known:
            raise RunError(f"The bank holds no theory {name!r}.{nearest(name, known)} It holds {', '.join(known)}.")
    if len(set(names)) < 2:
        raise RunError(f"theories={','.join(names)} names one theory: at least two are needed to compare.")
    return names


def one_of(settings: Mapping[str, Any], key: str, choices: Sequence[str]) -> None:
    """Refuse what is none of the choices of a key.

    Raises:
        RunError: naming key, value and choices.
    """
    if settings[key] not in choices:
        raise RunError(f"{key}={settings[key]} does not exist. Choose {' or '.join(choices)}.")


def at_least(settings: Mapping[str, Any], name: str, least: float) -> None:
    """Refuse a number that is too small.

    Raises:
        RunError: naming key, value and the least.
    """
    if settings[name] < least:
        raise RunError(f"{name}={settings[name]} is below {least:g}.")
