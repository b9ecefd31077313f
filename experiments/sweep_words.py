"""The command line of `coprod sweep`, checked before Hydra composes anything: keys that exist, once each, and in range."""

from collections.abc import Collection, Sequence
from typing import Any

from hydra.core.override_parser.types import ChoiceSweep, Override, OverrideType

from coprod_abm.declare import nearest
from coprod_abm.experiments.design import interval_of, is_factor, is_interval, levels_of, whole_interval
from coprod_abm.experiments.overrides import check_once, parsed
from coprod_abm.experiments.run_place import placed
from coprod_abm.experiments.sweep_settings import PARTS, known_keys, option_keys, options, unknown_key
from coprod_abm.simulate import RunError

LISTS = ("case", "measures")  # keys of which several values are one list and no sweep


def readable(words: Sequence[str]) -> list[str]:
    """The words as Hydra reads them: ``out=`` a plain folder, short intervals and lists spelt out, options as keys.

    >>> readable(["--dry-run", "--shard", "3/8", "power.agenda_access=interval()"])
    ['dry_run=true', 'shard=3/8', 'power.agenda_access=interval(0.0,1.0)']
    """
    rest, spelt = list(words), []
    while rest:
        word = rest.pop(0)
        if word == "--shard" and rest:
            word = f"shard={rest.pop(0)}"  # an option and its value may be one word or two
        elif word.startswith("--shard="):
            word = word.removeprefix("--")
        spelt.append("dry_run=true" if word == "--dry-run" else listed(whole_interval(placed(word))))
    return [word for word in spelt if word not in ("-m", "--multirun")]


def listed(word: str) -> str:
    """A word of the command line; of ``case=A,B`` the list ``case=[A,B]``.

    >>> listed("case=SE-JKP,EN-LON"), listed("case=SE-JKP")
    ('case=[SE-JKP,EN-LON]', 'case=SE-JKP')
    """
    key, _, value = word.partition("=")
    if key not in LISTS:
        return word
    return f"{key}=[{value}]" if isinstance(parsed(word).value(), ChoiceSweep) and "(" not in value else word


def check_words(words: Sequence[str]) -> list[Override]:
    """The overrides, once every key is known to exist and every value to be possible.

    Raises:
        RunError, DesignError, ParameterError, PresetError: naming value, rule and way out.
    """
    overrides = [parsed(word) for word in words]
    ours = [each for each in overrides if not str(each.key_or_group).startswith("hydra.")]
    for each in ours:
        check_key(each)
    check_once(ours)
    check_parts({str(each.key_or_group): each for each in ours})
    check_shares({str(each.key_or_group): each for each in ours})
    for each in ours:
        if is_factor(str(each.key_or_group)):
            interval_of(each) if is_interval(each) else levels_of(each)
    return ours


def check_key(override: Override) -> None:
    """Refuse keys that do not exist, adding or removing any, and several values of what takes one.

    Raises:
        RunError: with the nearest key.
    """
    key = str(override.key_or_group)
    if key.startswith("hydra/"):
        raise RunError(
            f"{override.input_line}: coprod sweep has its own sweeper, which runs the whole design at once. For one job "
            f"for each point, write coprod run -m ..."
        )
    if key not in known_keys():
        raise unknown_key(key)
    check_plain(override)
    if override.is_sweep_override() and not is_factor(key):
        raise RunError(
            f"{override.input_line}: {key} takes one value in a sweep. Sweep parameters and presets; `coprod sweep --help` "
            f"shows how."
        )


def check_plain(override: Override) -> None:
    """Refuse what adds or removes a key, or moves a group elsewhere.

    Raises:
        RunError: saying what to write instead.
    """
    if override.type is not OverrideType.CHANGE or override.package is not None:
        raise RunError(
            f"{override.input_line!r}: every key exists already and none can be added or removed. "
            f"Write {override.key_or_group}=value."
        )


def check_parts(typed: dict[str, Override], parts: Collection[str] = PARTS) -> None:
    """Refuse a design or executor that does not exist, and keys that the chosen one does not use.

    Raises:
        RunError: with the nearest name, or the names of those that use the key.
    """
    for part in parts:
        chosen = str(typed[part].value()) if part in typed else options(part)[_default(part)]
        if chosen not in options(part):
            listing = ", ".join(options(part))
            raise RunError(f"{part}={chosen} does not exist.{nearest(chosen, options(part))} There are: {listing}.")
        for key in typed:
            if key.startswith(f"{part}.") and key not in option_keys(part, chosen):
                users = [name for name in options(part) if key in option_keys(part, name)]
                raise RunError(f"{key} means nothing to {part}={chosen}. It belongs to {part}={' or '.join(users)}.")


def check_shares(typed: dict[str, Override]) -> None:
    """Refuse a share of a sweep without the folder that all shares fill, or one that would start anew.

    Raises:
        RunError: naming both keys.
    """
    if "shard" not in typed:
        return
    if "out" not in typed:
        raise RunError("shard= computes a share of one sweep, which all shares keep in one folder. Name it with out=.")
    if "anew" in typed and typed["anew"].value() is True:
        raise RunError(
            "shard= and anew=true contradict each other: each share would begin the sweep again. Leave anew= away."
        )


def _default(part: str) -> int:
    usual: dict[str, Any] = {"design": "grid", "executor": "local"}
    return options(part).index(usual[part])
