"""The command line of `coprod sensitivity`, checked before Hydra composes anything, and what it says about what is free."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from hydra.core.override_parser.types import ChoiceSweep, Override

from coprod_abm.experiments.design import interval_of, is_factor, is_interval, levels_of, whole_interval
from coprod_abm.experiments.overrides import check_once, parsed
from coprod_abm.experiments.run_place import placed
from coprod_abm.experiments.sensitivity_settings import known_keys, unknown_key
from coprod_abm.experiments.sweep_words import check_parts, check_plain
from coprod_abm.simulate import RunError

LISTS = ("case", "measures", "free", "weeks")  # keys of which several values are one list


class Typed(NamedTuple):
    """What was typed: bounds of parameters by name, fixed parameters and presets, and the words that Hydra reads."""

    bounds: dict[str, tuple[float, float]]
    fixed: dict[str, Any]
    names_free: bool
    words: list[str]

    @property
    def presets(self) -> list[tuple[str, str]]:
        """The presets and the theory that hold for all that is not free, as family and name."""
        return [(key, str(value)) for key, value in self.fixed.items() if "." not in key]


def readable(words: Sequence[str]) -> list[str]:
    """The words as they are read: ``out=`` a plain folder, intervals and lists spelt out, options as keys.

    >>> readable(["--dry-run", "free=power,trust", "power.agenda_access=interval()"])
    ['dry_run=true', 'free=[power,trust]', 'power.agenda_access=interval(0.0,1.0)']
    """
    return ["dry_run=true" if word == "--dry-run" else listed(whole_interval(placed(word))) for word in words]


def listed(word: str) -> str:
    """A word; of ``case=A,B`` the list ``case=[A,B]``."""
    key, _, value = word.partition("=")
    if key not in LISTS:
        return word
    return f"{key}=[{value}]" if isinstance(parsed(word).value(), ChoiceSweep) and "(" not in value else word


def typed_of(words: Sequence[str]) -> Typed:
    """What the words say, once every key is known to exist and every value to be possible.

    Raises:
        RunError, DesignError, ParameterError, PresetError: naming value, rule and way out.
    """
    overrides = [parsed(word) for word in words]
    for each in overrides:
        check_key(each)
    check_once(overrides)
    check_parts({str(each.key_or_group): each for each in overrides}, ["executor"])
    bounds = {str(each.key_or_group): interval_of(each) for each in overrides if is_interval(each)}
    fixed = {
        str(each.key_or_group): one_level(each)
        for each in overrides
        if is_factor(str(each.key_or_group)) and not is_interval(each)
    }
    kept = [word for word, each in zip(words, overrides, strict=True) if not is_interval(each)]
    return Typed(bounds, fixed, any(each.key_or_group == "free" for each in overrides), kept)


def one_level(override: Override) -> Any:
    """The one value of a parameter or family that is not free.

    Raises:
        RunError: when there are several.
    """
    levels = levels_of(override)
    if len(levels) > 1:
        key = str(override.key_or_group)
        raise RunError(
            f"{override.input_line}: {key} takes one value beside what is free. Free it over its range with free={key}, or "
            f"compare its values with coprod sweep {override.input_line}."
        )
    return levels[0]


def check_key(override: Override) -> None:
    """Refuse keys that do not exist, adding or removing any, and several values of what takes one.

    Raises:
        RunError: with the nearest key.
    """
    key = str(override.key_or_group)
    if key not in known_keys():
        raise unknown_key(key)
    check_plain(override)
    if override.is_sweep_override() and not is_factor(key):
        raise RunError(
            f"{override.input_line}: {key} takes one value. `coprod sensitivity --help` shows how to write it."
        )
