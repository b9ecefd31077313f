"""What `coprod sweep` can be told: its keys with types, designs, executors, and every parameter, as one Hydra configuration."""

import textwrap
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore

from coprod_abm.case import Case
from coprod_abm.case_document import read_document
from coprod_abm.declare import nearest
from coprod_abm.experiments import settings as run_settings
from coprod_abm.experiments.settings import QUIET, means
from coprod_abm.parameters import Parameters, declarations
from coprod_abm.presets import FAMILIES
from coprod_abm.simulate import RunError
from coprod_abm.theories import ALL, THEORIES

NAME = "sweep"
SWEEPER = "hydra_plugins.coprod_batch.BatchSweeper"

HELP = """coprod sweep: simulate a design of parameters and presets, and keep one table that survives interruption

usage: coprod sweep [key=value ...] [--dry-run]

Keys
$KEYS

Designs: design=name, with keys of their own
$DESIGNS

Executors: executor=name, with keys of their own
$EXECUTORS

What is swept, any number of them at once
  values      power.agenda_access=0.1,0.5,0.9   power.agenda_access=range(0,1,0.1)
  intervals   leadership.facilitation=interval(0,1), or =interval() for all that is declared; with design=lhs or sobol
  presets     power=majority,consensus   'power=glob(arnstein/*)'   theory=all,relational,empowerment+relational
  fixed       trust=fragile   capacity.workload=1.2: the same in every point

Rule families
  $FAMILIES
Theories
  $THEORIES

Examples
  coprod sweep case=SE-JKP power.agenda_access=0.1,0.5,0.9 leadership.facilitation=0.2,0.8 replicates=20
  coprod sweep case=SE-JKP 'power.agenda_access=interval()' 'trust.strength=interval()' design=sobol design.n=512 out=space
  coprod sweep case=SE-JKP power=arnstein/consultation,arnstein/partnership theory=all,relational --dry-run
  coprod sweep case=all design=file design.file=points.csv measures=need_met,tokenism rows=replicates

The same command in the same out= folder goes on where it was: only what is missing is computed. Quote brackets and
stars, as in 'power.agenda_access=interval(0,1)'. --config-dir FOLDER adds presets of your own (FOLDER/power/mine.yaml, then
power=mine). `coprod params` lists parameters and presets, docs/sweeps.md explains."""


@dataclass
class DesignSettings:
    """Keys of the designs; each design sets those that it uses in ``configs/design``."""

    kind: str = "grid"
    n: int | None = field(default=None, metadata=means("points over the intervals"))
    seed: int | None = field(default=None, metadata=means("of the positions of the points"))
    file: str | None = field(default=None, metadata=means("CSV file with one row per point"))
    families: Any = field(default_factory=list, metadata=means("rule families of which all presets are crossed"))
    common_seeds: bool = field(default=True, metadata=means("whether every point has the same draws"))


@dataclass
class ExecutorSettings:
    """Keys of the executors; each executor sets those that it uses in ``configs/executor``."""

    kind: str = "local"
    address: str | None = field(default=None, metadata=means("of a scheduler that runs already"))
    workers: int | None = field(default=None, metadata=means("worker processes, or jobs of SLURM, to start"))
    timeout: float = field(default=10.0, metadata=means("seconds to wait for the first answer"))
    cores: int = field(default=1, metadata=means("processors of each job"))
    memory: str = field(default="2GB", metadata=means("of each job"))
    walltime: str = field(default="01:00:00", metadata=means("longest time of each job"))
    queue: str | None = field(default=None, metadata=means("partition of SLURM"))
    account: str | None = field(default=None, metadata=means("account of SLURM"))


PARTS: dict[str, type[Any]] = {"design": DesignSettings, "executor": ExecutorSettings}


@dataclass
class SweepSettings(Parameters):
    """Every key of `coprod sweep`: the rule families, declared with their parameters, and how to sweep."""

    defaults: list[Any] = field(
        default_factory=lambda: [
            "_self_",
            {"theory": ALL},
            *({family: "default"} for family in FAMILIES),
            {"design": "grid"},
            {"executor": "local"},
            *QUIET,
        ]
    )
    case: Any = field(
        default="all",
        metadata=means(
            "a shipped case, several as in SE-JKP,EN-LON, the path of your own, reference, or all but EN-NAT"
        ),
    )
    measures: Any = field(
        default="all",
        metadata=means(
            "measures to keep, as in need_met,tokenism or need_met@104 (after 104 weeks), survey readings too, or all"
        ),
    )
    replicates: int = field(default=20, metadata=means("runs of each point in each case"))
    seed: int = field(default=1, metadata=means("whole number that names every random draw"))
    weeks: int | None = field(default=None, metadata=means("weeks to simulate; null takes each case's own length"))
    rows: str = field(default="points", metadata=means("points: mean, SD and quantiles; replicates: one row per run"))
    out: str = field(
        default="runs/${now:%Y-%m-%d_%H-%M-%S-%f}",  # two sweeps may start in one second
        metadata=means("folder for the results, from where you stand; a sweep that was begun there goes on"),
    )
    threads: int | None = field(default=None, metadata=means("threads to use; null takes every processor"))
    shard: str | None = field(
        default=None, metadata=means("a share of the chunks, as in 3/8, for a job array; also written --shard 3/8")
    )
    figures: bool = field(default=True, metadata=means("whether to draw figures"))
    quantiles: bool = field(default=True, metadata=means("whether rows of points hold quantiles beside mean and SD"))
    every: int | None = field(
        default=None, metadata=means("weeks between measurements kept of each run, as NetCDF; null keeps none")
    )
    anew: bool = field(
        default=False, metadata=means("whether another study in the folder may be moved aside, into its earlier/")
    )
    dry_run: bool = field(default=False, metadata=means("only say what would be done; also written --dry-run"))
    design: DesignSettings = field(default_factory=DesignSettings)
    executor: ExecutorSettings = field(default_factory=ExecutorSettings)


def register(chosen: Collection[tuple[str, str]] = ()) -> None:
    """Tell Hydra the schema, designs, executors and the sweeper, and of the presets those that it shall compose.

    These are the defaults and what every point has (``("power", "majority")``). The others stand in the table of points, and
    to tell Hydra all of them takes longer than to see that a finished sweep is finished.
    """
    store = ConfigStore.instance()
    store.store(name=NAME, node=SweepSettings)
    for family, name in {*((family, "default") for family in FAMILIES), ("theory", ALL), *chosen}:
        if family == "theory":
            run_settings.register_theory(name)
        else:
            run_settings.register_preset(family, name)
    for part, schema in PARTS.items():
        for name in options(part):
            store.store(group=part, name=name, node={**_blank(schema), **option_values(part, name)})
    store.store(group="hydra/sweeper", name="batch", node={"_target_": SWEEPER})


def _blank(schema: type[Any]) -> dict[str, Any]:
    """The defaults of a schema, so that a choice leaves nothing of the one it replaces."""
    made = schema()
    return {each.name: getattr(made, each.name) for each in fields(schema)}


def options(part: str) -> tuple[str, ...]:
    """Names of the shipped designs or executors."""
    return tuple(sorted(path.stem for path in _folder(part).glob("*.yaml")))


def option_values(part: str, name: str) -> dict[str, Any]:
    """What one design or executor sets."""
    values = read_document(_folder(part) / f"{name}.yaml").values
    return {**values, "kind": name}


def option_keys(part: str, name: str) -> tuple[str, ...]:
    """Keys that one design or executor uses, as typed."""
    return tuple(f"{part}.{key}" for key in option_values(part, name) if key != "kind")


def _folder(part: str) -> Path:
    return Path(str(resources.files("coprod_abm.configs"))) / part


def sweep_keys() -> dict[str, Any]:
    """The keys beside rule families, designs and executors, with their dataclass fields."""
    return {each.name: each for each in fields(SweepSettings) if "meaning" in each.metadata}


def part_keys() -> tuple[str, ...]:
    """The keys of designs and executors, such as ``design.n``."""
    return tuple(f"{part}.{each.name}" for part, schema in PARTS.items() for each in fields(schema) if each.metadata)


def known_keys() -> tuple[str, ...]:
    """Everything that may stand before the equals sign."""
    return (*sweep_keys(), *PARTS, *part_keys(), "theory", *FAMILIES, *declarations())


def unknown_key(key: str) -> RunError:
    """The refusal of a key that does not exist, with the nearest one that does."""
    family = key.partition(".")[0]
    where = (
        f"`coprod params {family}` lists what exists." if family in FAMILIES else "`coprod sweep --help` lists them."
    )
    return RunError(f"{key!r} is not a key of coprod sweep.{nearest(key, known_keys())} {where}")


def named_cases(given: Any) -> tuple[Case, ...]:
    """The cases of ``case=``: all nine, the plain reference project, or those named.

    Raises:
        RunError, CaseError: when there is no such case, or one stands twice.
    """
    from coprod_abm.experiments.study import reference_case
    from coprod_abm.simulate import as_cases

    if given in ("reference", ["reference"]):
        return (reference_case(),)
    return tuple(as_cases(run_settings.named_cases(given)))


def help_text() -> str:
    """What `coprod sweep --help` shows."""
    keys = sweep_keys()
    told = [f"  {name:<11} {each.metadata['meaning']} ({_shown(each.default)})" for name, each in keys.items()]
    shown = HELP.replace("$KEYS", "\n".join(told))
    for part in PARTS:
        lines = [f"  {name:<11} {_line(part, name)}" for name in options(part)]
        shown = shown.replace(f"${part.upper()}S", "\n".join(lines))
    return shown.replace("$FAMILIES", ", ".join(FAMILIES)).replace("$THEORIES", ", ".join((ALL, *THEORIES)))


def _line(part: str, name: str) -> str:
    """The first sentence of a file and the keys it has."""
    text = (_folder(part) / f"{name}.yaml").read_text(encoding="utf-8")
    words = " ".join(line.lstrip("# ") for line in text.splitlines() if line.startswith("#"))
    first = words.partition(": ")[0].partition(". ")[0].partition("; ")[0].rstrip(".")
    keys = ", ".join(option_keys(part, name))
    told = f"{first[0].lower()}{first[1:]}{f' ({keys})' if keys else ''}"
    return f"\n{' ' * 14}".join(textwrap.wrap(told, 104))


def _shown(default: Any) -> str:
    if isinstance(default, str) and default.startswith("runs/"):
        return "runs/ with date and time"
    return "null" if default is None else str(default).lower() if isinstance(default, bool) else str(default)
