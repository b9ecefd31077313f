"""The command line of `coprod scenarios`: keys and values, checked before anything runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import ChoiceSweep, Override, OverrideType

from coprod_abm.case import Case
from coprod_abm.declare import checked, nearest
from coprod_abm.experiments.overrides import check_once, parsed
from coprod_abm.experiments.picture_style import FORMATS, checked_font
from coprod_abm.experiments.run_folder import check_free
from coprod_abm.experiments.run_place import placed
from coprod_abm.experiments.scenario import Scenario, case_of, check_scenario, load_scenario, scenarios
from coprod_abm.experiments.scenario_draws import Draws, read_draws
from coprod_abm.experiments.settings import named_cases
from coprod_abm.language import languages
from coprod_abm.parameters import declarations, dialled
from coprod_abm.presets import FAMILIES, preset_values
from coprod_abm.simulate import RunError, check_run
from coprod_abm.theories import theory_values

KEYS = {
    "scenario": "a shipped scenario, several as in A,B, the path of your own YAML file, or all",
    "case": "a case, several as in SE-JKP,EN-LON, a path, or all; each scenario names its own otherwise",
    "replicates": "simulated futures of each arm, 100 unless given",
    "seed": "names every random draw, 1 unless given; every arm has the same draws",
    "every": "weeks between two measurements, 13 unless given",
    "draws": "a CSV or Parquet file of parameter draws from a calibration, one row per draw; stated defaults otherwise",
    "out": "folder for the results, runs/ with date and time unless given; it must not hold files",
    "language": "language of the pictures: en, sv, or both, which is the default",
    "formats": "formats of the pictures, png,svg,pdf unless given",
    "figures": "whether to draw pictures, true unless given",
    "font": "a font of this machine for the pictures, such as your organisation's own",
    "threads": "threads to use, every processor unless given",
}
LISTS = ("scenario", "case", "language", "formats")
ALL = "all"


@dataclass(frozen=True)
class Order:
    """What the command line asks for.

    Attributes:
        scenarios: with the cases to run each in.
        base: parameters of all arms, by dotted name.
        replicates, seed, every, draws, threads: of ``run_arms``.
        out: folder of the results.
        spoken, formats, figures, font: of the pictures.
    """

    scenarios: tuple[tuple[Scenario, tuple[Case, ...]], ...]
    base: Mapping[str, Any] = field(default_factory=dict)
    replicates: int = 100
    seed: int = 1
    every: int = 13
    draws: Draws | None = None
    threads: int | None = None
    out: Path = Path("runs")
    spoken: tuple[str, ...] = ()
    formats: tuple[str, ...] = FORMATS
    figures: bool = True
    font: str | None = None


def order_of(words: Sequence[str]) -> Order:
    """The checked order of a command line.

    Raises:
        RunError, CaseError, ParameterError, PresetError, OutputError: naming value, rule and way out.
    """
    overrides = [parsed(placed(word)) for word in words]
    for each in overrides:
        _check_key(each)
    check_once(overrides)
    given = {str(each.key_or_group): _value(each) for each in overrides}
    base = _base(given)
    if "scenario" not in given:
        raise RunError(f"Which scenario? Write scenario=all, or one of {', '.join(scenarios())}.")
    whole = {
        key: _whole(key, given.get(key, usual)) for key, usual in (("replicates", 100), ("seed", 1), ("every", 13))
    }
    threads = None if given.get("threads") is None else _whole("threads", given["threads"])
    names = list(scenarios()) if given["scenario"] == [ALL] else [str(name) for name in given["scenario"]]
    chosen: list[tuple[Scenario, tuple[Case, ...]]] = []
    for name in dict.fromkeys(names):
        scenario = load_scenario(name)
        cases = tuple(named_cases(given["case"])) if "case" in given else tuple(case_of(scenario))
        check_run(whole["replicates"], min(case.weeks for case in cases), whole["every"], threads, whole["seed"])
        check_scenario(scenario, cases, base)
        _check_apart(scenario, [other for other, _ in chosen])
        chosen.append((scenario, cases))
    out = Path(str(given.get("out") or datetime.now().astimezone().strftime("runs/scenarios-%Y-%m-%d_%H-%M-%S")))
    check_free(out)
    return Order(
        tuple(chosen),
        base,
        whole["replicates"],
        whole["seed"],
        whole["every"],
        read_draws(Path(str(given["draws"])).expanduser()) if given.get("draws") else None,
        threads,
        out,
        _several("language", given, languages()),
        _several("formats", given, FORMATS),
        _switch("figures", given.get("figures", True)),
        checked_font(str(given["font"])) if given.get("font") else None,
    )


def _check_apart(scenario: Scenario, others: Sequence[Scenario]) -> None:
    if scenario.name in [other.name for other in others]:
        raise RunError(
            f"Two scenarios are named {scenario.name}, and each has a folder of its name. Rename one of the files."
        )


def _check_key(override: Override) -> None:
    key = str(override.key_or_group)
    if key not in KEYS and key not in FAMILIES and key != "theory" and key not in declarations():
        known = [*KEYS, *FAMILIES, "theory", *declarations()]
        raise RunError(
            f"coprod scenarios has no key {key!r}.{nearest(key, known)} `coprod scenarios --help` shows them all."
        )
    if override.type is not OverrideType.CHANGE or override.package is not None:
        raise RunError(f"{override.input_line!r}: every key exists already. Write {key}=value.")
    if override.is_sweep_override() and (key not in LISTS or not isinstance(override.value(), ChoiceSweep)):
        raise RunError(f"{override.input_line}: {key} takes one value. Write a scenario file to compare several.")


def _value(override: Override) -> Any:
    key, value = str(override.key_or_group), override.value()
    if key not in LISTS:
        return getattr(value, "text", value)
    several = value.list if isinstance(value, ChoiceSweep) else value if isinstance(value, list) else [value]
    return [str(getattr(each, "text", each)) for each in several]


def _base(given: Mapping[str, Any]) -> dict[str, Any]:
    single = {key: value for key, value in given.items() if key in declarations()}
    for key, value in single.items():
        checked(declarations()[key], value)
    base: dict[str, Any] = theory_values(str(given["theory"])) if "theory" in given else {}
    for family in FAMILIES:
        base |= preset_values(family, str(given[family])) if family in given else {}
    return base | dialled(single) | single


def _whole(key: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise RunError(f"{key} = {value!r} is not a whole number. Give one.")
    return value


def _switch(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise RunError(f"{key} = {value!r} is neither true nor false. Give one of them.")
    return value


def _several(key: str, given: Mapping[str, Any], known: Sequence[str]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(given.get(key, known)))
    for name in () if wanted in (("both",), (ALL,)) else wanted:
        if name not in known:
            raise RunError(f"{key} = {name} is not one of {', '.join(known)}.{nearest(name, known)} Give some of them.")
    return tuple(known) if wanted in (("both",), (ALL,)) else wanted
