"""A case: who co-produces, at which level, from which year, with which rules, events and published measures."""

import functools
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

import pandas as pd

from coprod_abm.case_error import CaseError, check_list, check_mapping, check_number, check_text, check_whole
from coprod_abm.case_measures import no_measures
from coprod_abm.case_parts import Event, Level, Site, check_level, check_parameter
from coprod_abm.declare import nearest
from coprod_abm.display import case_html
from coprod_abm.year import YEAR

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII)


@dataclass(frozen=True, eq=False)
class Case:
    """A case as its file tells it; equal and of equal hash when all of it but the path is equal.

    Attributes:
        id: short name, such as ``SE-JKP``; letters, digits, ``-`` and ``_``.
        name, country: in words; ``SE`` and ``UK`` for the shipped ones.
        level: the highest level at which it has a site.
        start: calendar year in which week 0 lies.
        years: simulated years of 52 weeks.
        groups: population shares of the majority and two seldom-heard groups; they sum to 1.
        sites: at least one, with unique names.
        rules: values for declared parameters, such as ``{"power.agenda_access": 0.4}``.
        events: in the order in which they act (by week, then as given).
        measures: published figures to compare with; columns as in `case_measures.read_measures`.
        outside: the published figures whose waves lie outside the chosen window, same columns.
        assumptions: what the sources do not say and the case assumes, one sentence each.
        path: the file it came from; ``""`` when built in Python.

    Raises:
        CaseError: when a value breaks these rules.
    """

    id: str
    name: str
    country: str
    level: Level
    start: int
    years: int = 6
    groups: tuple[float, float, float] = (0.80, 0.12, 0.08)
    sites: tuple[Site, ...] = ()
    rules: Mapping[str, float | str] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    measures: pd.DataFrame = field(default_factory=no_measures)
    assumptions: tuple[str, ...] = ()
    path: str = ""
    outside: pd.DataFrame = field(default_factory=no_measures)

    def __post_init__(self) -> None:
        _check_head(self)
        _check_groups(self.groups)
        check_list("sites", self.sites, empty=False)
        object.__setattr__(self, "sites", tuple(replace(site, case=self.id) for site in self.sites))
        _check_sites(self)
        check_mapping("rules", self.rules)
        for parameter, value in self.rules.items():
            check_parameter(f"rules.{parameter}", parameter, value)
        _check_events(self)
        object.__setattr__(self, "rules", MappingProxyType(dict(self.rules)))
        object.__setattr__(self, "groups", tuple(float(share) for share in self.groups))
        object.__setattr__(self, "assumptions", tuple(self.assumptions))
        object.__setattr__(self, "events", tuple(sorted(self.events, key=lambda event: event.week)))

    @property
    def weeks(self) -> int:
        """Simulated weeks."""
        return self.years * YEAR

    @property
    def people(self) -> int:
        """People simulated at all sites."""
        return sum(site.people for site in self.sites)

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hexadecimal) of everything in the case but its path; results carry it as provenance."""
        plain = {name: _plain(value) for name, value in _contents(self).items() if name != "path"}
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()

    def _repr_html_(self) -> str:
        return case_html(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Case) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __reduce__(self) -> tuple[Any, ...]:
        contents = _contents(self) | {"rules": dict(self.rules)}  # a read-only view does not travel to other processes
        return (_rebuilt, (contents,))


def _check_head(case: Case) -> None:
    check_text("id", case.id)
    if not _ID.fullmatch(case.id):
        way_out = "Choose another id; folders and tables of results are named after it."
        raise CaseError("id", case.id, "at most 40 letters, digits, - and _", way_out)
    check_text("name", case.name)
    check_text("country", case.country)
    check_level(case.level)
    check_whole("start", case.start, 1900, 2200)
    check_whole("years", case.years, 1, 100)
    check_list("assumptions", case.assumptions)
    for index, sentence in enumerate(case.assumptions):
        check_text(f"assumptions[{index}]", sentence)


def _check_groups(groups: tuple[float, ...]) -> None:
    check_list("groups", groups)
    if len(groups) != 3:
        way_out = "Give the majority and two seldom-heard groups; a group that does not exist has share 0."
        raise CaseError("groups", groups, "three population shares", way_out)
    for index, share in enumerate(groups):
        check_number(f"groups[{index}]", share, 0.0, 1.0)
    if abs(sum(groups) - 1.0) > 1e-6:
        told = f"{' + '.join(format(share, 'g') for share in groups)} = {sum(groups):g}"
        raise CaseError("groups", told, "population shares that sum to 1", "Change the shares.")


def _check_sites(case: Case) -> None:
    keys: dict[int, int] = {}
    for index, site in enumerate(case.sites):
        if site.key in keys:  # the same name, or by rare chance another name for the same draws
            expected = f"a name with draws of its own (sites[{keys[site.key]}] has the same)"
            raise CaseError(f"sites[{index}].name", site.name, expected, "Rename one of the two.")
        if site.level > case.level:
            expected = f"at most {case.level.name}, the level of the case"
            raise CaseError(f"sites[{index}].level", site.level.name, expected, "Change the level of one of the two.")
        keys[site.key] = index
    if all(site.level < case.level for site in case.sites):
        way_out = f"Add a {case.level.name} site, or lower the level of the case."
        raise CaseError("level", case.level.name, "a case with at least one site at its own level", way_out)


def _check_events(case: Case) -> None:
    names = ("", *(site.name for site in case.sites))
    for index, event in enumerate(case.events):
        if event.week >= case.weeks:
            expected = f"a week from 0 to {case.weeks - 1}: the case ends after {case.years} years"
            way_out = "Change the week, or years of the case."
            raise CaseError(f"events[{index}].week", event.week, expected, way_out)
        if event.site not in names:
            way_out = f"Name a site, or leave it out for all.{nearest(event.site, names)}"
            raise CaseError(f"events[{index}].site", event.site, "the name of a site of this case", way_out)


def _rebuilt(contents: dict[str, Any]) -> Case:
    return Case(**contents)


def _contents(case: Case) -> dict[str, Any]:
    return {each.name: getattr(case, each.name) for each in fields(case)}


def _plain(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        return value.to_numpy(dtype=object).tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return asdict(value) if isinstance(value, (Site, Event)) else value
