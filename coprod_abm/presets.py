"""Presets: named settings of one rule family in ``configs/<family>``, or of a rival theory over all in ``configs/theory``.

The command line composes the same files, so ``preset("power=consensus")`` and ``coprod run power=consensus`` mean the same.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from coprod_abm.case_document import read_document
from coprod_abm.contradictions import check_consistent
from coprod_abm.declare import ParameterError, nearest
from coprod_abm.parameters import Parameters, declaration, dialled

FAMILIES: tuple[str, ...] = tuple(Parameters().families())


class OwnPreset(NamedTuple):
    """A preset of the user's own: its family and name, and what it sets, by dotted name."""

    family: str
    name: str
    file: Path
    changes: tuple[tuple[str, Any], ...]


_beside: ContextVar[tuple[OwnPreset, ...]] = ContextVar("presets beside the shipped ones", default=())


class PresetError(ValueError):
    """A preset or setting that does not exist, or stands twice; the message names the nearest one."""


def preset(*choices: str) -> Parameters:
    """Parameters from presets and single settings; whatever no choice names keeps its default.

    A choice is ``family=preset``, ``theory=name`` or ``family.name=value``. Wherever they stand, a single setting goes
    before its family's preset (the dial too, with all that it moves), and a preset before the theory.

    >>> params = preset("power=consensus", "power.agenda_access=0.3")
    >>> params.power.decision_rule.name, params.power.agenda_access
    ('consensus', 0.3)

    Raises:
        PresetError: when a choice is malformed, names no preset, or a family or parameter stands twice.
        ParameterError: when a parameter does not exist, a value breaks its declaration, or two choices contradict
            each other.
    """
    settings: dict[str, Any] = {}
    chosen: dict[str, str] = {}
    for choice in choices:
        key, value = _split(choice)
        if key in chosen:
            raise PresetError(f"{key} is given twice: {key}={chosen[key]} and {choice}. Keep one of them.")
        chosen[key] = value
    if "theory" in chosen:
        from coprod_abm.theories import theory_values

        settings |= theory_values(chosen.pop("theory"))
    for key, value in chosen.items():
        settings |= {} if "." in key else preset_values(key, value)
    single = {key: _number_or_name(value) for key, value in chosen.items() if "." in key}
    params = Parameters().replace(settings | dialled(single) | single)
    check_consistent(params)
    return params


def presets(family: str) -> tuple[str, ...]:
    """Names of a family's presets, such as ``arnstein/consultation``, in alphabetical order.

    Raises:
        PresetError: when there is no such family; the nearest name is suggested.
    """
    if family not in FAMILIES:
        raise PresetError(
            f"{family!r} is not a rule family.{nearest(family, FAMILIES)} Families: {', '.join(FAMILIES)}."
        )
    return tuple(sorted([*_names(_folder(family)), *(each.name for each in _beside.get() if each.family == family)]))


def _names(folder: Path) -> list[str]:
    return [path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.yaml")]


@cache
def _settings(family: str, name: str) -> tuple[tuple[str, Any], ...]:
    return _changes(family, preset_file(family, name))


def _changes(family: str, file: Path) -> tuple[tuple[str, Any], ...]:
    document = read_document(file)
    changes = {f"{family}.{key}": value for key, value in document.values.items()}
    try:
        Parameters().replace(changes)
    except ParameterError as error:
        raise PresetError(f"{document.file}: {error}") from None
    return tuple(changes.items())


def preset_values(family: str, name: str) -> dict[str, Any]:
    """What a preset sets, by dotted name, such as ``{"power.agenda_access": 0.1}``; all else keeps its default.

    Raises:
        PresetError: when there is no such preset, or its file breaks a declaration.
        CaseError: when its file is no well-formed YAML mapping.
    """
    own = _own(family, name)
    return dict(own.changes if own else _settings(family, name))


def preset_file(family: str, name: str) -> Path:
    """The YAML file of a preset; its first comment lines say what it means and where it comes from.

    Raises:
        PresetError: when there is none of that name; the nearest one is suggested.
    """
    known = presets(family)
    if name not in known:
        raise PresetError(
            f"{family}={name} is not a preset.{nearest(name, known)} Presets of {family}: {', '.join(known)}."
        )
    own = _own(family, name)
    return own.file if own else _folder(family) / f"{name}.yaml"


# ---- presets of the user's own ----


def own_presets(folder: Path) -> tuple[OwnPreset, ...]:
    """The presets in a folder of the user's own, ``FOLDER/power/mine.yaml`` for ``power=mine``.

    Raises:
        PresetError: when one bears the name of a shipped preset, or breaks a declaration.
        CaseError: when one is no well-formed YAML mapping.
    """
    found = []
    for family in FAMILIES:
        shipped = _names(_folder(family))
        for name in sorted(_names(folder / family)):
            file = folder / family / f"{name}.yaml"
            if name in shipped:
                raise PresetError(
                    f"{file}: {family}={name} is a shipped preset, and a table that names it would not say which of the two "
                    "it means. Give yours another name."
                )
            found.append(OwnPreset(family, name, file, _changes(family, file)))
    return tuple(found)


@contextmanager
def beside_shipped(own: tuple[OwnPreset, ...]) -> Iterator[None]:
    """While the block runs, these presets can be named as the shipped ones can, in this thread."""
    before = _beside.set(own)
    try:
        yield
    finally:
        _beside.reset(before)


def known_beside() -> tuple[OwnPreset, ...]:
    """The presets of the user's own that can be named now."""
    return _beside.get()


def _own(family: str, name: str) -> OwnPreset | None:
    return next((each for each in _beside.get() if (each.family, each.name) == (family, name)), None)


def _folder(family: str) -> Path:
    return Path(str(resources.files("coprod_abm.configs"))) / family


def _split(choice: str) -> tuple[str, str]:
    key, equals, value = choice.partition("=")
    if not equals or not key.strip() or not value.strip():
        raise PresetError(f"{choice!r} is not a choice. Write family=preset or family.name=value.")
    if "." in key:
        declaration(key.strip())
    return key.strip(), value.strip()


def _number_or_name(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
