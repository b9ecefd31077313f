"""What `coprod calibrate` can be told: its keys with types, as one Hydra configuration, and the command line checked."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.types import ChoiceSweep, Override, OverrideType

from coprod_abm.declare import nearest
from coprod_abm.experiments import sweep_settings
from coprod_abm.experiments.overrides import check_once, parsed
from coprod_abm.experiments.run_place import placed
from coprod_abm.experiments.settings import QUIET, means
from coprod_abm.experiments.sweep_settings import ExecutorSettings
from coprod_abm.simulate import RunError
from coprod_abm.theories import ALL, THEORIES

NAME = "calibrate"


class Budget(NamedTuple):
    """How much work: draws of the bank, steps of each chain (thrown away, kept), and data sets with known truth.

    ``joint`` are data sets of all cases together.
    """

    draws: int
    tune: int
    steps: int
    sets: int
    joint: int


BUDGETS = {
    "brief": Budget(4_060, 400, 550, 45, 0),
    "quick": Budget(7_000, 600, 700, 225, 12),
    "standard": Budget(50_000, 1_000, 1_500, 450, 50),
    "full": Budget(150_000, 1_500, 3_000, 900, 100),
}
ENGINES = ("emulated", "rejection", "forest")
LISTS = ("case", "theories", "hold_out.waves", "hold_out.cases", "stages")

HELP = """coprod calibrate: estimate parameters from the published measures of the cases, with honest uncertainty

usage: coprod calibrate [key=value ...] [--dry-run]     coprod calibrate -m priors=default,wide ...   (one after the other)

Keys
$KEYS

Budgets: draws of the bank, each simulated once in every case and dealt out over the theories; work of the later stages
$BUDGETS

Examples
  coprod calibrate budget=quick out=first
  coprod calibrate case=SE-JKP,SE-HAL theories=all draws=5000 hold_out.waves=2023 out=two
  coprod calibrate priors=wide hold_out.waves=last --dry-run

The same command in the same out= folder goes on where it was, and more draws= keep the old ones: nothing is computed twice.
docs/calibration.md says what priors and errors rest on, and what can and cannot be concluded."""


@dataclass
class HeldOutSettings:
    """What is predicted instead of fitted."""

    waves: Any = field(default_factory=list, metadata=means("waves to predict instead of fit, as in 2022,2023 or last"))
    cases: Any = field(default_factory=list, metadata=means("cases to predict instead of fit"))


@dataclass
class CalibrateSettings:
    """Every key of `coprod calibrate`."""

    defaults: list[Any] = field(default_factory=lambda: ["_self_", {"executor": "local"}, *QUIET])
    case: Any = field(
        default="all", metadata=means("cases, as in SE-JKP,EN-LON, the path of your own, or all: each but EN-NAT")
    )
    priors: str = field(
        default="default", metadata=means("set of priors in configs/priors, or a .yaml file of your own")
    )
    targets: str = field(
        default="default", metadata=means("errors and exclusions in configs/targets, or a .yaml file of your own")
    )
    published: str | None = field(
        default=None, metadata=means("your own figures: a CSV file for one case, or a folder with CASE.csv for several")
    )
    theories: Any = field(
        default_factory=lambda: [ALL, *THEORIES],
        metadata=means("theories that the bank holds, dealt out over its draws"),
    )
    theory: str | None = field(
        default=None, metadata=means("the one of them under which parameters are estimated; null takes the first")
    )
    budget: str = field(default="quick", metadata=means("brief, quick, standard or full: how much work"))
    draws: int | None = field(default=None, metadata=means("draws of the bank; null takes those of the budget"))
    seed: int = field(default=1, metadata=means("whole number that names every random draw"))
    engine: str = field(default="emulated", metadata=means("of inference per case: emulated, rejection or forest"))
    outside: str = field(
        default="refuse", metadata=means("refuse or report targets that the priors cannot produce with any offset")
    )
    stages: Any = field(
        default="all", metadata=means("stages to do, as in bank,prior; those before them are done where missing")
    )
    out: str = field(
        default="runs/${now:%Y-%m-%d_%H-%M-%S-%f}",
        metadata=means("folder for the results; a calibration that was begun there goes on"),
    )
    threads: int | None = field(default=None, metadata=means("threads to use; null takes every processor"))
    figures: bool = field(default=True, metadata=means("whether to draw figures"))
    anew: bool = field(default=False, metadata=means("whether another bank in the folder may be moved aside"))
    dry_run: bool = field(default=False, metadata=means("only say what would be done; also written --dry-run"))
    hold_out: HeldOutSettings = field(default_factory=HeldOutSettings)
    executor: ExecutorSettings = field(default_factory=ExecutorSettings)


def register() -> None:
    """Tell Hydra the schema, and the executors of a sweep."""
    sweep_settings.register()
    ConfigStore.instance().store(name=NAME, node=CalibrateSettings)


def keys() -> dict[str, Any]:
    """The keys with their dataclass fields, those of what is held out by their dotted names."""
    own = {each.name: each for each in fields(CalibrateSettings) if "meaning" in each.metadata}
    held_out: dict[str, Any] = {f"hold_out.{each.name}": each for each in fields(HeldOutSettings)}
    executor: dict[str, Any] = {f"executor.{each.name}": each for each in fields(ExecutorSettings) if each.metadata}
    return own | held_out | executor


def known_keys() -> tuple[str, ...]:
    """Everything that may stand before the equals sign."""
    return (*keys(), "executor")


def help_text() -> str:
    """What `coprod calibrate --help` shows."""
    told = [
        f"  {name:<15}{each.metadata['meaning']}" for name, each in keys().items() if not name.startswith("executor.")
    ]
    told.append(
        f"  {'executor':<15}where runs are computed, as of coprod sweep: {', '.join(sweep_settings.options('executor'))}"
    )
    budgets = [
        f"  {name:<11}{one.draws:,} draws; all cases together by chains of {one.tune:,} + {one.steps:,} steps; "
        f"{one.sets} data sets with known truth, {one.joint} of all cases"
        for name, one in BUDGETS.items()
    ]
    return HELP.replace("$KEYS", "\n".join(told)).replace("$BUDGETS", "\n".join(budgets))


# ---- the command line ----


def readable(words: Sequence[str], many: bool) -> list[str]:
    """The words as Hydra reads them: ``out=`` a plain folder, options as keys, and lists spelt out unless ``many`` (``-m``)."""
    spelt = ["dry_run=true" if word == "--dry-run" else placed(word) for word in words]
    return [word if many else listed(word) for word in spelt]


def listed(word: str) -> str:
    """A word of the command line; of ``case=A,B`` the list ``case=[A,B]``.

    >>> listed("case=SE-JKP,EN-LON"), listed("hold_out.waves=2023")
    ('case=[SE-JKP,EN-LON]', 'hold_out.waves=2023')
    """
    key, _, value = word.partition("=")
    if key not in LISTS:
        return word
    return f"{key}=[{value}]" if isinstance(parsed(word).value(), ChoiceSweep) and "(" not in value else word


def check_words(words: Sequence[str]) -> None:
    """Refuse keys that do not exist, that stand twice, or that are added or removed.

    Raises:
        RunError: with the nearest key.
    """
    ours = [each for each in map(parsed, words) if not str(each.key_or_group).startswith(("hydra.", "hydra/"))]
    for each in ours:
        check_key(each)
    check_once(ours)


def check_key(override: Override) -> None:
    """Refuse a key that does not exist, or is added or removed."""
    key = str(override.key_or_group)
    if key not in known_keys():
        near = nearest(key, known_keys())
        raise RunError(f"{key!r} is not a key of coprod calibrate.{near} `coprod calibrate --help` lists them.")
    if override.type is not OverrideType.CHANGE or override.package is not None:
        raise RunError(f"{override.input_line!r}: every key exists already. Write {key}=value.")


def as_list(value: Any) -> list[str]:
    """One or several values as text.

    >>> as_list(2023), as_list(["2022", "last"]), as_list(None)
    (['2023'], ['2022', 'last'], [])
    """
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, (list, tuple)) else [str(value)]
