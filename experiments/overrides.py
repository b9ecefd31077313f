"""What stands on the command line, checked before Hydra composes anything: keys that exist, once each, and in range."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Override, OverrideType, QuotedString
from hydra.errors import HydraException

from coprod_abm.declare import checked
from coprod_abm.experiments.experiment import check_experiment, check_keys
from coprod_abm.experiments.settings import by_family, known_keys, unknown_key
from coprod_abm.parameters import declarations, dialled
from coprod_abm.presets import FAMILIES, preset_values
from coprod_abm.simulate import RunError
from coprod_abm.theories import theory_values

LONGEST_SHOWN = 300  # characters of a word in a message


def checked_overrides(words: Sequence[str]) -> list[Override]:
    """The overrides among the words of a command line, those for Hydra itself left out.

    Raises:
        RunError: on what is no ``key=value``, an unknown key (prefixed or not), or a key that stands twice.
        ParameterError: when a parameter's value has the wrong type or lies outside its range.
    """
    overrides = [parsed(word) for word in words]
    ours = [each for each in overrides if not (each.key_or_group or "").startswith(("hydra.", "hydra/"))]
    for each in ours:
        check_key(each)
    check_once(ours)
    keys = [str(each.key_or_group) for each in ours]
    check_keys(keys)
    for each in ours:
        check_values(each)
    return ours


def parsed(word: str) -> Override:
    """One override.

    Raises:
        RunError: when the word is none.
    """
    try:
        override = OverridesParser.create().parse_override(word)
    except (HydraException, ValueError, RecursionError):  # a number of thousands of digits is no HydraException
        raise unread(word) from None
    if not override.key_or_group:
        raise unread(word)
    return override


def unread(word: str) -> RunError:
    """The refusal of a word that cannot be read, with the way to write it."""
    word = word if len(word) <= LONGEST_SHOWN else f"{word[:LONGEST_SHOWN]}..."
    key, equals, value = word.partition("=")
    if not equals or not key.strip():
        return RunError(f"{word!r} is not of the form key=value. `coprod run --help` lists the keys.")
    bare = value.strip("\"' ") or "value"
    return RunError(
        f"The word {word!r} could not be read: brackets and quotes must be closed, and a value with spaces or signs must "
        f"stand in two pairs of quotes, for the shell and for coprod, as in '{key}=\"{bare}\"'."
    )


def check_key(override: Override) -> None:
    """Refuse keys that do not exist, and adding or removing any.

    Raises:
        RunError: with the nearest key.
    """
    key = str(override.key_or_group)
    if key not in known_keys():
        raise unknown_key(key)
    if key == "experiment" and override.type in (OverrideType.CHANGE, OverrideType.ADD) and override.package is None:
        for name in list(values_of(override)) or [override.value()]:
            check_experiment(name)
        return
    if override.type is not OverrideType.CHANGE or override.package is not None:
        raise RunError(
            f"{override.input_line!r}: every key exists already and none can be added or removed. Write {key}=value."
        )
    if (
        (key in FAMILIES or key == "theory")
        and not isinstance(override.value(), str)
        and not override.is_sweep_override()
    ):
        raise RunError(
            f"{override.input_line}: {key} takes one preset. Set single parameters beside it as {key}.name=value."
        )


def check_once(overrides: Sequence[Override]) -> None:
    """Refuse a key that stands twice.

    Raises:
        RunError: naming both.
    """
    first: dict[str, str] = {}
    for each in overrides:
        key = str(each.key_or_group)
        if key in first:
            raise RunError(f"{key} is given twice: {first[key]} and {each.input_line}. Keep one of them.")
        first[key] = str(each.input_line)


def check_values(override: Override) -> None:
    """Refuse a parameter's value that breaks its declaration, every one of a sweep.

    Raises:
        ParameterError: naming value, range and meaning.
    """
    declared = declarations().get(str(override.key_or_group))
    if declared is None:
        return
    for value in values_of(override):
        if not (isinstance(value, str) and "${" in value):
            checked(declared, value)


def typed_values(words: Sequence[str], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter that the user set, by itself or by naming a preset, with its value in the resolved ``settings``.

    They win over a case's own rules even where they equal a default, which ``settings`` alone cannot tell.
    """
    chosen: list[str] = []
    single: list[str] = []
    for override in map(parsed, words):
        key = str(override.key_or_group)
        if key in FAMILIES or key == "theory":
            chosen += preset_keys(key, str(override.value()))
        elif key in declarations():
            single.append(key)

    def set_now(keys: list[str]) -> dict[str, Any]:
        return {key: settings[key.partition(".")[0]][key.partition(".")[2]] for key in keys}

    return set_now(chosen) | dialled(set_now(single)) | set_now(single)


def preset_keys(family: str, name: str) -> list[str]:
    """Names of the parameters that a preset sets; one of the user's own (``--config-dir``) goes before a shipped one."""
    loader: Any = GlobalHydra.instance().config_loader()
    found = loader.repository.load_config(f"{family}/{name}")
    if family == "theory":
        values = found.config if found else by_family(theory_values(name))
        return [f"{each}.{key}" for each, part in values.items() for key in part]
    return [f"{family}.{key}" for key in found.config] if found else list(preset_values(family, name))


def values_of(override: Override) -> Iterator[Any]:
    """The plain values of an override, or those of its sweep; ranges are left to the run itself."""
    value = override.value()
    several = value.list if isinstance(value, ChoiceSweep) else [value]
    for one in several:
        if isinstance(one, QuotedString):
            yield one.text
        elif isinstance(one, (bool, int, float, str, list, dict)):
            yield one
