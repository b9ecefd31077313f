"""Entries of a scenario file, read and checked one by one."""

from collections.abc import Mapping, Sequence
from typing import Any

from coprod_abm.case import CaseError
from coprod_abm.case_error import check_keys, check_list, check_mapping, check_text
from coprod_abm.language import languages
from coprod_abm.measures import MeasureError, measure

Texts = Mapping[str, str]  # by language


def texts(key: str, given: Any) -> Texts:
    """Words in every language.

    Raises:
        CaseError: naming the key.
    """
    check_mapping(key, given)
    check_keys(key, given, languages(), ())
    for language, text in given.items():
        check_text(f"{key}.{language}", text)
    return dict(given)


def named(key: str, given: Any) -> str:
    """A name.

    Raises:
        CaseError: naming the key.
    """
    check_text(key, given)
    return str(given)


def measure_named(key: str, name: Any) -> str:
    """A measure of the model.

    Raises:
        CaseError: naming the key.
    """
    try:
        return measure(str(name)).name
    except MeasureError as error:
        raise CaseError(key, name, "a measure of the model", str(error)) from None


def switch(key: str, given: Any) -> bool:
    """True or false.

    Raises:
        CaseError: naming the key.
    """
    if not isinstance(given, bool):
        raise CaseError(key, given, "true or false", f"Correct {key}.")
    return given


def mapping(key: str, given: Any) -> dict[str, Any]:
    """A mapping; an empty one where nothing was given.

    Raises:
        CaseError: naming the key.
    """
    if given is None:
        return {}
    check_mapping(key, given)
    return dict(given)


def listed(key: str, given: Any, *, empty: bool = False) -> list[Any]:
    """A list of at least one entry, unless it may be empty.

    Raises:
        CaseError: naming the key.
    """
    if given is None and empty:
        return []
    check_list(key, given, empty=empty)
    return list(given)


def once(key: str, names: Sequence[str]) -> tuple[str, ...]:
    """The entries, none of which may stand twice.

    Raises:
        CaseError: naming the key.
    """
    for place, name in enumerate(names):
        if name in names[:place]:
            raise CaseError(f"{key}[{place}]", name, "each entry once", "Take one of the two out.")
    return tuple(names)
