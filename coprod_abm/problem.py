"""Problems for SALib, made from the declarations: which parameters are free, between which bounds, in which groups."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.declare import Declaration, ParameterError, checked, nearest
from coprod_abm.parameters import declaration, declarations
from coprod_abm.presets import FAMILIES
from coprod_abm.theories import mechanisms

DUMMY = "dummy"  # a parameter that is passed to nothing: whatever index it gets is noise
ALL, MECHANISMS = "all", "mechanisms"
LEFT_ALONE = ("leadership.dial", "power.citizen_seat_share")  # any negative value: as if they were not there
ROLES = ("leadership.user_leader",)  # there or not there, decided at one half


class ProblemError(ValueError):
    """A problem that cannot be analysed: nothing is free, something stands twice, a group is empty, bounds are wrong."""


def problem(
    free: str | Sequence[str],
    groups: bool | Mapping[str, Sequence[str]] = True,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    fixed: Sequence[str] = (),
    dummy: bool = True,
) -> dict[str, Any]:
    """The SALib problem (``num_vars, names, bounds, groups``) of the parameters that ``free`` names.

    ``free`` holds dotted names, rule families, ``mechanisms`` (the strength of each) or ``all`` (every family). A
    family stands for its numbers; see :func:`of_family` for what is left out. A family is one group, so that its index
    is the effect of all its parameters together, and a single parameter is a group of its own; with ``groups=False``
    every parameter stands alone, and a mapping adds groups of one's own by name. Every prior is uniform over the
    declared range or the narrower ``bounds``. What ``fixed`` names is taken out of its family. The last parameter is
    ``dummy``, which :func:`sampled_points` leaves out.

    >>> space = problem(["trust", "leadership.facilitation"])
    >>> space["num_vars"], sorted(set(space["groups"])), space["bounds"][-1]
    (17, ['dummy', 'leadership.facilitation', 'trust'], [0.0, 1.0])

    Raises:
        ProblemError, ParameterError: naming what is unknown, empty, twice or out of range.
    """
    members = left_free(grouped(free, groups), fixed)
    check_members(members)
    within = dict(bounds or {})
    known = [key for _, key in members]
    for key in within:
        if key not in known:
            raise ProblemError(
                f"Bounds are given for {key!r}, which is not free.{nearest(key, known)} Free it as well."
            )
    names = [*known, *([DUMMY] if dummy else [])]
    found = {
        "num_vars": len(names),
        "names": names,
        "bounds": [[0.0, 1.0] if key == DUMMY else bounds_of(key, within.get(key)) for key in names],
    }
    labels = [*(label for label, _ in members), *([DUMMY] if dummy else [])]
    return found if labels == names else {**found, "groups": labels}


def sampled_points(space: Mapping[str, Any], sample: Any) -> pd.DataFrame:
    """What SALib sampled, as points for :func:`coprod_abm.evaluate`: one row each, choices by name, no dummy.

    Raises:
        ProblemError: when the sample has another number of columns than the problem.
    """
    values = np.asarray(sample, float)
    names = list(space["names"])
    if values.ndim != 2 or values.shape[1] != len(names):
        raise ProblemError(
            f"The sample has shape {values.shape} and the problem {len(names)} parameters. Give one column for each."
        )
    return pd.DataFrame({key: column_of(key, values[:, place]) for place, key in enumerate(names) if key != DUMMY})


def of_family(family: str) -> tuple[str, ...]:
    """The parameters of a family that are free with it: its numbers.

    Left out are choices and switches, which have no in-between, roles that are there or not, and what replaces facts of the
    case or other parameters: they change what the others mean, and some contradict each other. All can be named.

    >>> "power.decision_rule" in of_family("power"), "power.agenda_access" in of_family("power")
    (False, True)
    """
    return tuple(key for key, found in declarations().items() if found.family == family and is_number(found))


def is_number(found: Declaration) -> bool:
    """Whether a parameter is a matter of degree."""
    return found.options is None and found.unit != "switch" and found.key not in (*LEFT_ALONE, *ROLES)


# ---- members of groups ----


def grouped(free: str | Sequence[str], groups: bool | Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Each free parameter as (group, name), groups in the order in which they were named."""
    words = [free] if isinstance(free, str) else list(free)
    members: list[tuple[str, str]] = []
    for word in (part for each in words for part in (FAMILIES if each == ALL else [each])):
        members += [(word if groups and word in FAMILIES else key, key) for key in parameters_of(word)]
    for name, inside in dict(groups if isinstance(groups, Mapping) else {}).items():
        check_group(name, inside, members)
        members += [(name, key) for word in inside for key in parameters_of(word)]
    return members


def parameters_of(word: str) -> tuple[str, ...]:
    """The parameters that a word stands for.

    Raises:
        ProblemError, ParameterError: when it stands for none.
    """
    if word in FAMILIES:
        return of_family(word)
    if word == MECHANISMS:
        return mechanisms()
    if "." not in word:
        known = (*FAMILIES, MECHANISMS, ALL)
        raise ProblemError(
            f"{word!r} is no rule family and no parameter.{nearest(word, known)} Name families ({', '.join(FAMILIES)}), "
            f"parameters as in power.agenda_access, {MECHANISMS} or {ALL}."
        )
    return (declaration(word).key,)


def check_group(name: str, inside: Any, members: Iterable[tuple[str, str]]) -> None:
    """Refuse a group without parameters, or with a name that is taken.

    Raises:
        ProblemError: naming the group.
    """
    if isinstance(inside, str) or not isinstance(inside, Sequence):
        raise ProblemError(f"The group {name!r} is {inside!r}. Give a list of parameters or families.")
    if not inside:
        raise ProblemError(f"The group {name!r} has no parameters. Name at least one, or leave the group out.")
    if name in {DUMMY, *declarations(), *(label for label, _ in members)}:
        raise ProblemError(f"A group cannot be called {name!r}, which names something else. Give it another name.")


def left_free(members: Sequence[tuple[str, str]], fixed: Sequence[str]) -> list[tuple[str, str]]:
    """The members that are not fixed.

    Raises:
        ProblemError: when a parameter is named as free and fixed, or nothing is left of a group.
    """
    left = [(label, key) for label, key in members if key not in fixed]
    for label, key in members:
        if label not in {kept for kept, _ in left}:
            raise ProblemError(
                f"{key} is free and fixed at once. Choose one."
                if label == key
                else f"The group {label!r} has no parameters left: all of them are fixed. Free one, or leave it out."
            )
    return left


def check_members(members: Sequence[tuple[str, str]]) -> None:
    """Refuse a problem in which nothing is free, or something twice.

    Raises:
        ProblemError: naming it.
    """
    if not members:
        raise ProblemError("Nothing is free. Name parameters or rule families, as in power or trust.strength.")
    seen: dict[str, str] = {}
    for label, key in members:
        if key in seen:
            both = f"in {seen[key]} and in {label}" if seen[key] != label else f"in {label}"
            raise ProblemError(f"{key} is free twice: {both}. Keep one of them.")
        seen[key] = label


# ---- values ----


def bounds_of(key: str, within: tuple[float, float] | None = None) -> list[float]:
    """Between which values a parameter is sampled: as declared, or within narrower bounds; a choice by its place in the list.

    Raises:
        ProblemError, ParameterError: when bounds are given to a choice, are empty or lie outside the declared range.
    """
    found = declaration(key)
    if found.options is not None:
        if within is not None:
            raise ProblemError(f"{key} is a choice of {found.range_text} and has no bounds. Leave them out.")
        return [0.0, float(len(found.options))]
    if within is None:
        return [max(found.low, 0.0) if key in LEFT_ALONE else float(found.low), float(found.high)]
    low, high = (float(checked(found, end)) for end in within)
    if not low < high:
        raise ProblemError(f"{key}: the bounds from {low:g} to {high:g} hold nothing. Name the lower end first.")
    return [low, high]


def column_of(key: str, values: Any) -> Any:
    """One column of a sample; a choice as the name at that place of its list, every option as often as the others.

    Raises:
        ProblemError: when a value is not a number.
    """
    if np.isnan(values).any():
        raise ProblemError(f"{key} is not a number in row {int(np.argmax(np.isnan(values)))} of the sample.")
    try:
        options = declaration(key).options
    except ParameterError as error:
        raise ProblemError(f"The sample cannot be simulated: {error}") from None
    if options is None:
        return values
    names = np.array(list(options.__members__))
    return names[np.clip(values.astype(int), 0, len(names) - 1)]
