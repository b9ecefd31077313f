"""What `coprod run` can be told: its keys with types, and every rule family's parameters, as one Hydra configuration."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore

from coprod_abm.case import Case, cases, load_case
from coprod_abm.declare import nearest
from coprod_abm.experiments.experiment import EXPERIMENTS, presets_of_keys
from coprod_abm.measures import NAMES, measure
from coprod_abm.parameters import Parameters, declarations
from coprod_abm.presets import FAMILIES, preset_values, presets
from coprod_abm.simulate import MONTHLY, RunError, as_cases, check_calendars, check_run
from coprod_abm.theories import ALL, THEORIES, theory_names, theory_values
from coprod_abm.world import rules_of_sites

NAME = "run"
BESIDE_THE_PROGRAMME = ("EN-NAT",)  # shipped for comparison; not one of the nine cases
QUIET = {"override hydra/job_logging": "none"}, {"override hydra/hydra_logging": "none"}

HELP = """coprod run: simulate cases and draw the figures beside the published measures

usage: coprod run [key=value ...]        coprod run -m key=value,value ...   (one run for each combination)
       coprod run +experiment=NAME [key=value ...]

Keys
$KEYS

Rule families: a preset with family=preset, a single parameter with family.name=value
$FAMILIES

Rival theories: theory=name, two at once as theory=relational+resource; presets and parameters you name go before it
  $THEORIES

Experiments: studies that end in a table; case=reference is one plain local project
$EXPERIMENTS

Examples
  coprod run case=SE-JKP replicates=10 seed=1
  coprod run 'case=[SE-JKP,EN-LON]' power=arnstein/consultation leadership.facilitation=0.8 out=my-run
  coprod run -m case=SE-JKP power=majority,consensus
  coprod run +experiment=patterns replicates=100 seed=2 out=evidence

`coprod cases` and `coprod params` list cases and parameters. Of Hydra's own options, --cfg job shows the
configuration without running it, and --config-dir adds a folder with presets of your own (FOLDER/power/mine.yaml)."""


def means(text: str) -> dict[str, str]:
    """What a key means, for its dataclass field."""
    return {"meaning": text}


@dataclass
class RunSettings(Parameters):
    """Every key of `coprod run`: the rule families, declared with their parameters, and how to run."""

    defaults: list[Any] = field(
        default_factory=lambda: ["_self_", {"theory": ALL}, *({family: "default"} for family in FAMILIES), *QUIET]
    )
    case: Any = field(
        default="all",
        metadata=means("a shipped case, a list as in [SE-JKP,EN-LON], the path of your own, or all: each but EN-NAT"),
    )
    seed: int = field(default=1, metadata=means("whole number that names every random draw"))
    replicates: int = field(default=100, metadata=means("runs of each case, each with draws of its own"))
    weeks: int | None = field(default=None, metadata=means("weeks to simulate; null takes each case's own length"))
    every: int = field(default=MONTHLY, metadata=means("weeks between two measurements"))
    out: str = field(
        default="runs/${now:%Y-%m-%d_%H-%M-%S}",
        metadata=means("folder for the results, from where you stand; must not hold files"),
    )
    threads: int | None = field(default=None, metadata=means("threads to use; null takes every processor"))
    measures: Any = field(
        default="all", metadata=means("measures to keep in the tables, as in [need_met,citizen_trust], or all")
    )
    together: bool = field(
        default=False,
        metadata=means("whether the cases share one world, in which codes, support and changes move between them"),
    )
    figures: bool = field(default=True, metadata=means("whether to draw figures"))
    anchored: bool = field(
        default=True, metadata=means("whether figures start at the first published value, so that they show change")
    )
    records: bool = field(
        default=False,
        metadata=means(
            "whether to keep acts, decisions, minutes and a reporting sheet of the first replicate of each case"
        ),
    )
    experiment: str | None = field(default=None, metadata=means("an experiment in place of a run; listed below"))
    markdown: str | None = field(default=None, metadata=means("file into which an experiment writes its table"))


@dataclass(frozen=True)
class RunPlan:
    """A run that has been checked: every value is one that can be done.

    Attributes:
        cases, seed, replicates, every, out, threads, measures, together, figures, anchored, records: as the keys
            of the same name.
        params: defaults, presets and what the user set.
        overrides: what the user set, by dotted name; it wins over a case's own rules.
        weeks: weeks to simulate by the id of a case.
    """

    cases: tuple[Case, ...]
    params: Parameters
    overrides: dict[str, Any]
    seed: int
    replicates: int
    weeks: dict[str, int]
    every: int
    out: Path
    threads: int | None
    measures: tuple[str, ...]
    together: bool
    figures: bool
    anchored: bool
    records: bool


def register() -> None:
    """Tell Hydra the schema and every shipped preset."""
    store = ConfigStore.instance()
    store.store(name=NAME, node=RunSettings)
    for family in FAMILIES:
        for name in presets(family):
            register_preset(family, name)
    for name, keys in presets_of_keys().items():
        store.store(group="experiment", name=name, node=keys, package="_global_")
    for name in theory_names():
        register_theory(name)


def register_preset(family: str, name: str) -> None:
    """Tell Hydra one preset."""
    folder, _, leaf = f"{family}/{name}".rpartition("/")
    values = {key.partition(".")[2]: value for key, value in preset_values(family, name).items()}
    ConfigStore.instance().store(group=folder, name=leaf, node=values)


def register_theory(name: str) -> None:
    """Tell Hydra one theory, or one pair of them."""
    ConfigStore.instance().store(group="theory", name=name, node=by_family(theory_values(name)), package="_global_")


def by_family(values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Values by dotted name as one mapping per family."""
    nested: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        family, _, name = key.partition(".")
        nested.setdefault(family, {})[name] = value
    return nested


def run_keys() -> dict[str, Any]:
    """The keys beside the rule families, with their dataclass fields."""
    return {each.name: each for each in fields(RunSettings) if "meaning" in each.metadata}


def known_keys() -> tuple[str, ...]:
    """Everything that may stand before the equals sign."""
    return (*run_keys(), "theory", *FAMILIES, *declarations())


def help_text() -> str:
    """What `coprod run --help` shows."""
    keys = run_keys()
    told = "\n".join(f"  {name:<11} {each.metadata['meaning']} ({_shown(each.default)})" for name, each in keys.items())
    families = "\n".join(_family_line(family) for family in FAMILIES)
    studies = "\n".join(f"  {name:<11} {found.does}" for name, found in EXPERIMENTS.items())
    shown = HELP.replace("$KEYS", told).replace("$FAMILIES", families).replace("$THEORIES", ", ".join((ALL, *THEORIES)))
    return shown.replace("$EXPERIMENTS", studies)


def _shown(default: Any) -> str:
    if isinstance(default, str) and default.startswith("runs/"):
        return "runs/ with date and time"
    return "null" if default is None else str(default).lower() if isinstance(default, bool) else str(default)


def _family_line(family: str) -> str:
    words, lines = presets(family), [f"  {family:<15}"]
    for word in words:
        if len(lines[-1]) + len(word) > 108:
            lines.append(" " * 17)
        lines[-1] += f" {word}"
    return "\n".join(lines)


def plan(settings: dict[str, Any], overrides: dict[str, Any]) -> RunPlan:
    """The checked run of a resolved configuration, as plain values; ``overrides`` is what the user set.

    Raises:
        CaseError, ParameterError, MeasureError, RunError: naming value, rule and way out.
    """
    numbers = {name: settings[name] for name in ("replicates", "every", "threads", "seed")}
    chosen = tuple(as_cases(named_cases(settings["case"])))
    weeks = {case.id: case.weeks if settings["weeks"] is None else settings["weeks"] for case in chosen}
    for each in weeks.values():
        check_run(weeks=each, **numbers)
    if settings["together"]:
        check_calendars(chosen, list(weeks.values()))
    params = parameters_of(settings, overrides)
    rules_of_sites(chosen, params, overrides)  # what contradicts itself is refused before anything runs
    return RunPlan(
        cases=chosen,
        params=params,
        overrides=overrides,
        weeks=weeks,
        out=Path(settings["out"]),
        measures=chosen_measures(settings["measures"]),
        together=settings["together"],
        figures=settings["figures"],
        anchored=settings["anchored"],
        records=settings["records"],
        **numbers,
    )


def parameters_of(settings: dict[str, Any], typed: dict[str, Any]) -> Parameters:
    """The parameters of a resolved configuration; a dial that was typed moves what was not typed itself.

    Raises:
        ParameterError: when a value breaks its declaration.
    """
    values = {f"{family}.{name}": value for family in FAMILIES for name, value in settings[family].items()}
    return Parameters().replace(values).replace(typed)


def in_force(settings: dict[str, Any], params: Parameters) -> dict[str, Any]:
    """The configuration with every parameter as it is in force, choices by name."""
    nested = by_family({key: getattr(value, "name", value) for key, value in params.values().items()})
    return {**settings, **nested}


def named_cases(given: Any) -> list[Case]:
    """The cases of ``case=``: all nine, or those named.

    Raises:
        RunError: when nothing or something other than names is given.
        CaseError: when a case does not exist or its files break a rule.
    """
    names = given if isinstance(given, list) else [given]
    if names == ["all"]:
        names = [name for name in cases() if name not in BESIDE_THE_PROGRAMME]
    for name in names:
        if not isinstance(name, str):
            raise RunError(f"case = {given!r} is not the name of a case. Write case=SE-JKP or case=[SE-JKP,EN-LON].")
    return [load_case(name) for name in names]


def chosen_measures(given: Any) -> tuple[str, ...]:
    """The measures of ``measures=``, in the order of their declaration.

    Raises:
        MeasureError: when one does not exist; the nearest name is suggested.
    """
    names = given if isinstance(given, list) else [given]
    wanted = NAMES if names == ["all"] else [measure(str(name)).name for name in names]
    return tuple(name for name in NAMES if name in wanted)


def chosen_outputs(given: Any) -> tuple[str, ...]:
    """What ``measures=`` of a sweep names: measures in the order of their declaration, then weeks and readings as typed.

    Raises:
        MeasureError: when a measure or instrument does not exist (the nearest name is suggested), or one stands twice.
    """
    from coprod_abm.job import checked_measures

    names = given if isinstance(given, list) else [given]
    if names == ["all"]:
        return NAMES
    wanted = checked_measures(list(map(str, names)))
    return (*(name for name in NAMES if name in wanted), *(name for name in wanted if name not in NAMES))


def unknown_key(key: str) -> RunError:
    """The refusal of a key that does not exist, with the nearest one that does."""
    family = key.partition(".")[0]
    near = nearest(key, known_keys())
    where = f"`coprod params {family}` lists what exists." if family in FAMILIES else "`coprod run --help` lists them."
    return RunError(f"{key!r} is not a key of coprod run.{near} {where}")
