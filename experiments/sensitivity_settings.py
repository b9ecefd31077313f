"""What `coprod sensitivity` can be told: its keys with types, and every parameter, as one Hydra configuration."""

import textwrap
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from typing import Any

from hydra.core.config_store import ConfigStore

from coprod_abm.declare import nearest
from coprod_abm.experiments import sweep_settings
from coprod_abm.experiments.sensitivity_sample import KINDS
from coprod_abm.experiments.settings import QUIET, means
from coprod_abm.experiments.sweep_settings import ExecutorSettings, option_keys, options
from coprod_abm.parameters import Parameters, declarations
from coprod_abm.presets import FAMILIES
from coprod_abm.simulate import RunError
from coprod_abm.theories import ALL

NAME = "sensitivity"

HELP = """coprod sensitivity: which mechanism drives which outcome, when, in which case, and how sure are we

usage: coprod sensitivity [method=NAME] [key=value ...] [--dry-run]

Methods
$METHODS

Keys
$KEYS

Executors: executor=name, as in `coprod sweep` ($EXECUTORS)

What is free and what is not
  free=[power,trust]                      whole rule families, each as one: the effect of all its numbers together
  free=[trust.gain,trust.asymmetry]       single parameters, also choices such as power.decision_rule
  free=mechanisms                         the strength of every mechanism
  'power.agenda_access=interval(0.2,0.8)' free, between these bounds; also a parameter of a family that is free
  power=majority theory=relational        presets of everything that is not free
  trust.asymmetry=3                       not free, also where its family is

Examples
  coprod sensitivity method=morris free=trust case=SE-JKP
  coprod sensitivity method=sobol free=power,leadership,trust case=SE-JKP,EN-LON weeks=104,208,312 n=512 out=drivers
  coprod sensitivity free=all measures=need_met,staff_burnout tolerance=0.1 budget=500000 replicates=auto --dry-run

The same command in the same out= folder goes on where it was. docs/sensitivity.md explains methods, noise and traps."""

DOES = {
    "morris": "effects of single steps from everywhere, also of families: cheap, to find what matters at all",
    "sobol": "shares of variance, alone (S1) and with all interactions (ST), also of families",
    "rbd_fast": "shares of variance alone (S1) from any points",
    "delta": "how far the whole distribution moves, not its variance alone",
    "pawn": "how far the whole distribution moves, by its steps; for skewed outcomes",
    "hdmr": "S1, ST and pairs from a fitted surface; few parameters",
}


@dataclass
class SensitivitySettings(Parameters):
    """Every key of `coprod sensitivity`: the rule families, declared with their parameters, and how to analyse."""

    defaults: list[Any] = field(
        default_factory=lambda: [
            "_self_",
            {"theory": ALL},
            *({family: "default"} for family in FAMILIES),
            {"executor": "local"},
            *QUIET,
        ]
    )
    method: str = field(default="sobol", metadata=means(", ".join(KINDS)))
    free: Any = field(default="all", metadata=means("families and parameters that vary, as in [power,trust.gain]"))
    groups: Any = field(
        default=None,
        metadata=means(
            "groups of your own, as in '{voice:[power.voice_base,power.voice_safety]}'; false: no family either"
        ),
    )
    n: int | None = field(
        default=None, metadata=means("base points, trajectories or points; null takes the usual number")
    )
    case: Any = field(
        default="reference",
        metadata=means(
            "a shipped case, several as in SE-JKP,EN-LON, the path of your own, reference, or all but EN-NAT"
        ),
    )
    measures: Any = field(
        default_factory=lambda: ["need_met", "need_gap", "citizen_trust", "staff_burnout"],
        metadata=means("outcomes to explain, as in need_met,tokenism, or all"),
    )
    weeks: Any = field(
        default=None, metadata=means("a week or several, as in 104,208,312; null takes the end of each case")
    )
    replicates: Any = field(
        default="auto",
        metadata=means("runs of each point in each case, or auto: as many as a pilot shows to be needed"),
    )
    seed: int = field(default=1, metadata=means("names every random draw, of the points and of the model"))
    tolerance: float | None = field(
        default=None, metadata=means("the sample doubles until every interval is narrower than this, or")
    )
    budget: int | None = field(default=None, metadata=means("until the next sample would take more runs than this"))
    scrambles: int = field(
        default=8, metadata=means("Sobol sequences among which n is divided, for intervals; 1: one, with a bootstrap")
    )
    interactions: bool = field(default=False, metadata=means("whether pairs get an index too (S2), for twice the runs"))
    fix: float | None = field(
        default=None,
        metadata=means("fix what has a smaller total effect, and see in a second run what variance is kept"),
    )
    common_seeds: bool = field(default=False, metadata=means("whether every point has the same draws; hides noise"))
    out: str = field(
        default="runs/${now:%Y-%m-%d_%H-%M-%S-%f}",
        metadata=means("folder for the results, from where you stand; a study that was begun there goes on"),
    )
    threads: int | None = field(default=None, metadata=means("threads to use; null takes every processor"))
    shard: str | None = field(default=None, metadata=means("a share of the chunks, as in 3/8, for a job array"))
    anew: bool = field(
        default=False, metadata=means("whether another study in the folder may be moved aside, into its earlier/")
    )
    figures: bool = field(default=True, metadata=means("whether to draw figures and write report.md"))
    language: str = field(default="en", metadata=means("of figures and report: en or sv"))
    dry_run: bool = field(default=False, metadata=means("only say what would be done; also written --dry-run"))
    executor: ExecutorSettings = field(default_factory=ExecutorSettings)


def register(chosen: Collection[tuple[str, str]] = ()) -> None:
    """Tell Hydra the schema, executors, and of the presets the defaults and those chosen, as ``("power", "majority")``."""
    sweep_settings.register(chosen)
    ConfigStore.instance().store(name=NAME, node=SensitivitySettings)


def own_keys() -> dict[str, Any]:
    """The keys beside rule families and executors, with their dataclass fields."""
    return {each.name: each for each in fields(SensitivitySettings) if "meaning" in each.metadata}


def known_keys() -> tuple[str, ...]:
    """Everything that may stand before the equals sign."""
    executors = tuple(f"executor.{each.name}" for each in fields(ExecutorSettings) if each.metadata)
    return (*own_keys(), "executor", *executors, "theory", *FAMILIES, *declarations())


def unknown_key(key: str) -> RunError:
    """The refusal of a key that does not exist, with the nearest one that does."""
    family = key.partition(".")[0]
    where = (
        f"`coprod params {family}` lists what exists."
        if family in FAMILIES
        else "`coprod sensitivity --help` lists them."
    )
    return RunError(f"{key!r} is not a key of coprod sensitivity.{nearest(key, known_keys())} {where}")


def help_text() -> str:
    """What `coprod sensitivity --help` shows."""
    told = [_line(name, f"{each.metadata['meaning']} ({_usual(each)})") for name, each in own_keys().items()]
    methods = [_line(name, f"{does} (n={KINDS[name].usual} {KINDS[name].unit})") for name, does in DOES.items()]
    keys = [", ".join([name, *option_keys("executor", name)]) for name in options("executor")]
    shown = HELP.replace("$METHODS", "\n".join(methods)).replace("$KEYS", "\n".join(told))
    return shown.replace("$EXECUTORS", "; ".join(keys))


def _line(name: str, text: str) -> str:
    return f"\n{' ' * 16}".join(textwrap.wrap(f"  {name:<13} {text}", 118, subsequent_indent="", drop_whitespace=False))


def _usual(each: Any) -> str:
    if callable(each.default_factory):
        return ",".join(each.default_factory())
    if isinstance(each.default, str) and each.default.startswith("runs/"):
        return "runs/ with date and time"
    return (
        "null"
        if each.default is None
        else str(each.default).lower()
        if isinstance(each.default, bool)
        else str(each.default)
    )
