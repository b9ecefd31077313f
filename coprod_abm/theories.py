"""Rival theories: sets of mechanisms, each a YAML file in ``configs/theory``; a mechanism that is off is held at its mean.

A theory names the strength of every mechanism and the few settings without which its claim cannot act. Two theories
together (``relational+resource``) have the mechanisms of both; where their settings differ the first named decides.
"""

from functools import cache
from importlib import resources
from itertools import permutations
from pathlib import Path
from typing import Any

from coprod_abm.case_document import read_document
from coprod_abm.declare import ParameterError, nearest
from coprod_abm.parameters import Parameters, declarations
from coprod_abm.presets import PresetError

THEORIES = ("empowerment", "relational", "deliberative", "institutional", "resource", "tokenism")
ALL = "all"


def theory_values(name: str) -> dict[str, Any]:
    """What a theory, or several joined by ``+``, sets by dotted name; all else keeps its default.

    >>> theory_values("relational")["trust.strength"], theory_values("relational")["efficacy.strength"]
    (1.0, 0.0)
    >>> theory_values("relational+empowerment")["efficacy.strength"]
    1.0

    Raises:
        PresetError: when there is no such theory, one stands twice, or its file breaks a declaration.
    """
    names = name.split("+")
    for one in names:
        check_theory(one)
    if len(set(names)) < len(names):
        raise PresetError(f"theory={name} names a theory twice. Name each once.")
    if len(names) > 2 or (len(names) > 1 and ALL in names):
        raise PresetError(f"theory={name} is no pair of theories. Join two of {', '.join(THEORIES)}.")
    values: dict[str, Any] = {}
    for one in names:
        for key, value in _values(one):
            values[key] = max(values.get(key, 0.0), value) if key in mechanisms() else values.get(key, value)
    return values


def theory_names() -> tuple[str, ...]:
    """All mechanisms, the six theories, and their pairs in either order (the settings of the first named decide)."""
    return (ALL, *THEORIES, *(f"{one}+{other}" for one, other in permutations(THEORIES, 2)))


@cache
def mechanisms() -> tuple[str, ...]:
    """The parameters that are strengths of mechanisms, in declared order."""
    return tuple(key for key, found in declarations().items() if found.unit == "strength")


def theory_file(name: str) -> Path:
    """The YAML file of one theory; its first comment lines say what it claims."""
    check_theory(name)
    return Path(str(resources.files("coprod_abm.configs"))) / "theory" / f"{name}.yaml"


def check_theory(name: str) -> None:
    """Refuse what is not a theory.

    Raises:
        PresetError: with the nearest one.
    """
    known = (ALL, *THEORIES)
    if name not in known:
        raise PresetError(
            f"theory={name} is not a theory.{nearest(name, known)} Theories: {', '.join(known)}; join two with +."
        )


@cache
def _values(name: str) -> tuple[tuple[str, Any], ...]:
    document = read_document(theory_file(name))
    values = {f"{family}.{key}": value for family, part in document.values.items() for key, value in part.items()}
    try:
        Parameters().replace(values)
    except ParameterError as error:
        raise PresetError(f"{document.file}: {error}") from None
    missing = [key for key in mechanisms() if key not in values]
    if missing:
        raise PresetError(
            f"{document.file}: {missing[0]} is missing. A theory says of every mechanism how far it acts."
        )
    return tuple(values.items())
