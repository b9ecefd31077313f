"""The words of every text that people read, in each language, from ``configs/language``.

``LANGUAGE.yaml`` there holds the words of minutes and reporting sheets; a folder beside it holds a part of its own with one
file per language (``pictures/en.yaml``). All languages of a part have the same keys.
"""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from coprod_abm.case_document import read_document
from coprod_abm.declare import nearest
from coprod_abm.records import RecordError, RecordRow, shown
from coprod_abm.service import BLOCK, COMMON_FEATURES, EXPERIENTIAL, TECHNICAL, features_of, group_of, kind_of


@cache
def languages() -> tuple[str, ...]:
    """The languages there are, by their short names.

    >>> languages()
    ('en', 'sv')
    """
    return tuple(sorted(path.stem for path in _folder().glob("*.yaml")))


def words(language: str) -> dict[str, Any]:
    """Every word and sentence of a language.

    Raises:
        RecordError: when there is no such language.
    """
    known = languages()
    if language not in known:
        raise RecordError(
            f"language = {shown(language)} is not one of {', '.join(known)}.{nearest(str(language), known)} "
            "Give one of them."
        )
    return _read(language)


@cache
def _read(language: str, part: str = "") -> dict[str, Any]:
    return read_document(_folder() / part / f"{language}.yaml").values


def parts() -> tuple[str, ...]:
    """The parts of the catalogue beside the words of minutes, such as ``pictures``."""
    return tuple(sorted(path.name for path in _folder().iterdir() if path.is_dir() and any(path.glob("*.yaml"))))


def texts(part: str, language: str) -> dict[str, Any]:
    """Every text of a part in a language.

    >>> texts("pictures", "sv")["roles"]["citizen"]
    'Medborgare'

    Raises:
        RecordError: when there is no such part or language.
    """
    if part not in parts():
        raise RecordError(
            f"There are no texts for {shown(part)}.{nearest(str(part), parts())} Parts: {', '.join(parts())}."
        )
    words(language)  # says which languages there are
    return _read(language, part)


def topic(language: str, feature: int) -> str:
    """What a feature is called in minutes; the name is an example, the model knows number, kind and group.

    >>> topic("en", 1), topic("sv", 10)
    ('knowing whom to turn to', 'vård nära hemmet')
    """
    return str(words(language)["topics"][feature])


def kind_in_words(language: str, feature: int) -> str:
    """Kind, group and number of a feature.

    >>> kind_in_words("en", 1), kind_in_words("sv", 3), kind_in_words("en", 12)
    ('lived experience, common to all 2', 'levd erfarenhet, grupp 1, 1', 'professional knowledge 1')
    """
    kinds, kind = words(language)["kinds"], kind_of(feature)
    if kind != EXPERIENTIAL:
        name = "technical" if kind == TECHNICAL else "organisational"
        return str(kinds[name].format(number=feature - features_of(kind)[0] + 1))
    if group_of(feature) < 0:
        return str(kinds["common"].format(number=feature + 1))
    number = (feature - COMMON_FEATURES) % BLOCK + 1
    return str(kinds["group"].format(group=group_of(feature) + 1, number=number))


def person_name(language: str, project: RecordRow, role: str, person: int) -> str:
    """A person by role and number within the project's people of that role, counted from 1."""
    before = project.first_person
    if role != "citizen":
        before += project.people_citizen
    if role == "leader":
        before += project.people_professional
    return f"{words(language)['roles'][role]} {person - before + 1}"


def counted(language: str, number: int, role: str) -> str:
    """A number of people of a role.

    >>> counted("en", 1, "citizen"), counted("en", 2, "leader")
    ('1 citizen', '2 leaders')
    """
    return f"{number} {words(language)['roles' if number == 1 else 'roles_many'][role]}"


def listed(language: str, parts: list[str]) -> str:
    """Several things in one sentence.

    >>> listed("en", ["a", "b", "c"]), listed("sv", ["a", "b"])
    ('a, b and c', 'a och b')
    """
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {words(language)['minutes']['and']} {parts[-1]}"


def number(language: str, value: float, decimals: int = 2) -> str:
    """A number with two decimals, or as many as asked for, written as the language does.

    >>> number("en", 0.5), number("sv", 0.5), number("sv", 3.0, 0)
    ('0.50', '0,50', '3')
    """
    return f"{value:.{decimals}f}".replace(".", words(language)["decimal"])


def later(language: str, weeks: int) -> str:
    """How much later something happened.

    >>> later("en", 1), later("sv", 3)
    ('1 week later', '3 veckor senare')
    """
    return str(words(language)["minutes"]["week_later" if weeks == 1 else "weeks_later"].format(weeks=weeks))


def capital(text: str) -> str:
    """A sentence with a capital at its start."""
    return text[:1].upper() + text[1:]


def _folder() -> Path:
    return Path(str(resources.files("coprod_abm.configs"))) / "language"
