"""Priors: which parameters are estimated, at which level, and how likely each value is before any figure is seen.

One YAML file of ``configs/priors`` says it all; the bank, every engine and the table of the documentation read the same object.
Ranges must lie within what the parameter declares, and no prior may move what a theory under comparison sets: the theory's
claim would be gone.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from coprod_abm.calibration.bank import Array, BankError, Estimated
from coprod_abm.calibration.declared_files import shipped_names, shipped_or_own
from coprod_abm.case import Case
from coprod_abm.case_document import read_document
from coprod_abm.declare import Declaration, nearest
from coprod_abm.draws import key_of
from coprod_abm.instruments import INSTRUMENTS, instrument_declaration, instrument_key, is_instrument_key
from coprod_abm.parameters import declaration, declarations
from coprod_abm.theories import theory_values

LEVELS = ("shared", "country", "case")
DISTRIBUTIONS = ("uniform", "normal")
FIXED = "fixed"
ENTRY = {"level", "distribution", "low", "high", "mean", "sd", "source", "date"}
FOLDER = "priors"


@dataclass(frozen=True)
class Priors:
    """A set of priors.

    Attributes:
        name: of its file.
        estimated: one entry per parameter, those of instruments by their kind (``instrument.share.slope``).
        fixed: what stays at its default although it could be estimated, with the reason.
    """

    name: str
    estimated: tuple[Estimated, ...]
    fixed: dict[str, str]

    def for_cases(self, cases: Iterable[Case], theories: Sequence[str]) -> tuple[Estimated, ...]:
        """What is estimated from these cases, shared parameters first; kinds of instruments become those that were used.

        Raises:
            BankError: when a theory sets what a prior moves.
        """
        measures = sorted({str(name) for case in cases for name in case.measures["measure"]})
        found = [one for each in self.estimated for one in (used(each, measures) if is_kind(each.name) else [each])]
        check_theories(self.name, found, theories)
        return tuple(sorted(found, key=lambda one: LEVELS.index(one.level)))


# ---- reading ----


def prior_names() -> tuple[str, ...]:
    """The shipped sets of priors."""
    return shipped_names(FOLDER)


def read_priors(name_or_path: str | Path = "default") -> Priors:
    """A shipped set of priors, or the file of one's own.

    Raises:
        BankError: naming file, parameter, value and way out.
        CaseError: when the file is no well-formed YAML.
    """
    path = shipped_or_own(FOLDER, name_or_path)
    document = read_document(path)
    try:
        return priors_of(path.stem, document.values)
    except ValueError as error:
        raise BankError(f"{document.file}: {error}") from None
    except RecursionError:
        raise BankError(f"{document.file}: it widens itself. Name another set of priors after `widens`.") from None


def priors_of(name: str, values: dict[str, Any]) -> Priors:
    """A set of priors from plain values: its parameters, or another set made wider (``widens``, ``by``)."""
    if "widens" in values:
        check_entry_keys("the file", values, {"widens", "by"}, {"widens", "by"})
        before = read_priors(values["widens"])
        by = number("by", values["by"])
        return replace(before, name=name, estimated=tuple(widened(one, by) for one in before.estimated))
    check_entry_keys("the file", values, {"parameters"}, {"parameters", FIXED})
    for key in {"parameters", FIXED} & set(values):
        if not isinstance(values[key] or {}, dict):
            raise BankError(f"{key} is a {type(values[key]).__name__}. Write one `name: ...` a line below it.")
    estimated = tuple(estimated_of(key, given) for key, given in (values["parameters"] or {}).items())
    if not estimated:
        raise BankError("no parameter is estimated. Name at least one.")
    return Priors(name, estimated, {str(key): str(why) for key, why in (values.get(FIXED) or {}).items()})


def estimated_of(key: str, given: Any) -> Estimated:
    """One checked entry.

    Raises:
        BankError: when the parameter does not exist, or the prior contradicts itself or the declaration.
    """
    found = declared(key)
    check_entry_keys(key, given, {"level", "source"}, ENTRY)
    low = number(f"{key}.low", given.get("low", found.low))
    high = number(f"{key}.high", given.get("high", found.high))
    one = Estimated(
        key,
        given["level"],
        low,
        high,
        given.get("distribution", "uniform"),
        number(f"{key}.mean", given.get("mean", float("nan"))),
        number(f"{key}.sd", given.get("sd", float("nan"))),
        found.unit,
        found.meaning,
        str(given["source"]) + (f" ({given['date']})" if "date" in given else ""),
    )
    check_estimated(one, found)
    return one


def check_entry_keys(where: str, given: Any, required: set[str], known: set[str]) -> None:
    """Refuse what is no mapping, lacks a key or has one too many.

    Raises:
        BankError: naming the key.
    """
    if not isinstance(given, dict):
        raise BankError(f"{where}: {given!r} is no list of keys and values such as {', '.join(sorted(required))}.")
    for key in given:
        if key not in known:
            raise BankError(
                f"{where}: {key!r} is not a key.{nearest(str(key), known)} There are: {', '.join(sorted(known))}."
            )
    for key in sorted(required - set(given)):
        raise BankError(f"{where}: {key} is missing. Add it.")


def check_estimated(one: Estimated, found: Declaration) -> None:
    """Refuse levels and distributions that do not exist, and bounds outside what is declared.

    Raises:
        BankError: naming value, rule and way out.
    """
    if one.level not in LEVELS:
        raise BankError(
            f"{one.name}: level = {one.level!r} is not one of {', '.join(LEVELS)}.{nearest(str(one.level), LEVELS)}"
        )
    if one.distribution not in DISTRIBUTIONS:
        raise BankError(f"{one.name}: distribution = {one.distribution!r} is not one of {', '.join(DISTRIBUTIONS)}.")
    if found.options is not None:
        raise BankError(f"{one.name} is a structural choice and no number. Compare theories or presets instead.")
    if not found.low <= one.low < one.high <= found.high:
        raise BankError(
            f"{one.name}: [{one.low:g}, {one.high:g}] does not lie within the declared range {found.range_text} "
            f"({found.meaning}). Choose bounds in it."
        )
    if one.distribution == "normal" and not (one.low <= one.mean <= one.high and one.sd > 0.0):
        raise BankError(f"{one.name}: a normal prior needs a mean in [{one.low:g}, {one.high:g}] and an sd above 0.")


def check_theories(name: str, estimated: Sequence[Estimated], theories: Sequence[str]) -> None:
    """Refuse priors on what a theory sets.

    Raises:
        BankError: naming prior and theory.
    """
    for theory in theories:
        for one in estimated:
            if one.name in theory_values(theory):
                raise BankError(
                    f"priors={name} estimates {one.name}, which theory={theory} sets: its claim would be gone. Take the "
                    "parameter out of the priors, or leave the theory out."
                )


def declared(key: str) -> Declaration:
    """The declaration of a parameter or of one of a kind of instruments (``instrument.share.slope``)."""
    if is_kind(key):
        _, kind, parameter = key.split(".")
        like = next((each for each in INSTRUMENTS.values() if each.kind == kind and parameter in each.free), None)
        if like is not None:
            return instrument_declaration(instrument_key(like.name, parameter))
    if is_instrument_key(key):
        return instrument_declaration(key)
    if key not in declarations():
        raise BankError(f"{key!r} is not a parameter.{nearest(key, declarations())} `coprod params` lists them.")
    return declaration(key)


def is_kind(key: str) -> bool:
    """Whether a name stands for all instruments of a kind."""
    return is_instrument_key(key) and key.split(".")[1] in {each.kind for each in INSTRUMENTS.values()}


def used(one: Estimated, measures: Sequence[str]) -> list[Estimated]:
    """The same prior for each instrument of its kind that the cases use."""
    _, kind, parameter = one.name.split(".")
    return [replace(one, name=instrument_key(name, parameter)) for name in measures if INSTRUMENTS[name].kind == kind]


def number(where: str, value: Any) -> float:
    """A plain number.

    Raises:
        BankError: when it is none.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BankError(f"{where} = {value!r} is not a number. Give one.")
    return float(value)


def widened(one: Estimated, by: float) -> Estimated:
    """A prior ``by`` times as wide about its middle, within what is declared."""
    found = declared(one.name)
    middle, half = (one.low + one.high) / 2, (one.high - one.low) / 2 * by
    return replace(one, low=max(found.low, middle - half), high=min(found.high, middle + half), sd=one.sd * by)


# ---- drawing ----


def quantile(one: Estimated, share: Array) -> Array:
    """The values below which these shares of the prior lie."""
    if one.distribution == "uniform":
        return np.asarray(one.low + (one.high - one.low) * share)
    first, last = ndtr((one.low - one.mean) / one.sd), ndtr((one.high - one.mean) / one.sd)
    return np.asarray(np.clip(one.mean + one.sd * ndtri(first + (last - first) * share), one.low, one.high))


def drawn(one: Estimated, draws: int, seed: int, owner: str = "") -> Array:
    """Independent draws from a prior (draw,); more of them begin with the same ones.

    ``owner`` is the country or case that a value belongs to. Draws are named by seed, parameter and owner alone, so that a
    further case or parameter changes no other.
    """
    return quantile(one, np.random.default_rng([seed, key_of(one.name, owner)]).random(draws))


def owner_of(one: Estimated, case: Case) -> str:
    """To whom the value of a parameter belongs in a case."""
    return {"shared": "", "country": case.country, "case": case.id}[one.level]


def hash_of(thing: Any) -> str:
    """A short hash of plain values, lists and dataclasses."""
    plain = [asdict(each) for each in thing] if isinstance(thing, tuple) else thing
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()[:16]
