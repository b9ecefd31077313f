"""Where each parameter of each case stands in one vector of scores: shared ones first, then countries', then cases' own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coprod_abm.calibration.all_cases import Part
from coprod_abm.calibration.bank import Array, Bank, BankError
from coprod_abm.calibration.drawn_scores import every_score
from coprod_abm.calibration.emulator_slope import Slope
from coprod_abm.calibration.likelihood import Likelihood, scales_of


def country_by_id(case: str) -> str:
    """The country of a case, which its id begins with.

    >>> country_by_id("SE-JKP")
    'SE'
    """
    return case.split("-", maxsplit=1)[0]


@dataclass(frozen=True)
class Places:
    """The order of all scores, and what the hierarchy is over.

    Attributes:
        shared, country, own: names of parameters by level.
        cases, countries, measures: all of them, in order.
        country_of: the country of each case.
        design: figures of each case (case, covariate).
        covariates: their names.
        discrepancy_scale: (measure,) the mean over cases.
    """

    shared: tuple[str, ...]
    country: tuple[str, ...]
    own: tuple[str, ...]
    cases: tuple[str, ...]
    country_of: Mapping[str, str]
    countries: tuple[str, ...]
    measures: tuple[str, ...]
    design: Array
    covariates: tuple[str, ...]
    discrepancy_scale: Array

    @property
    def coordinates(self) -> dict[str, list[str]]:
        """The labels of all dimensions; a trailing line keeps countries apart from the parameters of countries."""
        return {
            "shared_parameter": list(self.shared),
            "country_parameter": list(self.country),
            "case_parameter": list(self.own),
            "case": list(self.cases),
            "country_": list(self.countries),
            "measure": list(self.measures),
            "covariate": list(self.covariates),
        }

    def at(self, name: str, case: str) -> int:
        """The number of a case's parameter in the vector of all scores."""
        if name in self.shared:
            return self.shared.index(name)
        if name in self.country:
            row = self.countries.index(self.country_of[case])
            return len(self.shared) + row * len(self.country) + self.country.index(name)
        return self.ends[1] + self.cases.index(case) * len(self.own) + self.own.index(name)

    @property
    def ends(self) -> list[int]:
        """Where shared and countries' scores end in the vector of all."""
        shared = len(self.shared)
        return [shared, shared + len(self.countries) * len(self.country)]

    @property
    def scores(self) -> int:
        """The length of the vector of all scores."""
        return self.ends[1] + len(self.cases) * len(self.own)

    def scores_at(self, case: str, parameters: Sequence[str]) -> Array:
        """The numbers of a case's parameters in the vector of all scores."""
        return np.array([self.at(name, case) for name in parameters])

    def part(self, case: str, likelihood: Likelihood) -> Part:
        """One case as the operation of all cases reads it."""
        of_measure = np.array([self.measures.index(name) for name in likelihood.measures])
        at = self.scores_at(case, likelihood.emulator.parameters)
        return Part(Slope(likelihood), at, of_measure, self.countries.index(self.country_of[case]))

    def parts(self, likelihoods: Mapping[str, Likelihood]) -> list[Part]:
        """All cases that have a fitted slot, as the operation reads them."""
        return [self.part(case, one) for case, one in likelihoods.items() if one.observed.fitted.any()]

    def scores_of_case(self, case: str, drawn: Any, parameters: Sequence[str]) -> Array:
        """The scores of one case (sample, parameter) out of drawn scores of all."""
        return every_score(drawn)[:, self.scores_at(case, parameters)]


def countries_of(bank: Bank, cases: Iterable[str]) -> dict[str, str]:
    """The country of each case, from the facts of its bank or else by its id."""
    known = bank.facts.get("countries", {})
    return {case: known.get(case, country_by_id(case)) for case in cases}


def places_of(
    bank: Bank,
    likelihoods: Mapping[str, Likelihood],
    case_level: Sequence[str],
    covariates: Mapping[str, Mapping[str, float]] | None = None,
) -> Places:
    """The places of all parameters of some cases.

    Raises:
        BankError: for a case-level parameter that is not estimated.
    """
    country = countries_of(bank, likelihoods)
    used = {name for one in likelihoods.values() for name in one.emulator.parameters}
    known = [one.name for one in bank.priors if one.name in used]
    if missing := [name for name in case_level if name not in known]:
        raise BankError(f"{', '.join(missing)} is not estimated. Choose from {', '.join(known)}.")
    cases = tuple(likelihoods)
    countries = tuple(dict.fromkeys(country.values()))
    measures = tuple(dict.fromkeys(name for one in likelihoods.values() for name in one.measures))
    table = {f"country {name}": {case: float(country[case] == name) for case in cases} for name in countries[1:]}
    table |= {name: dict(row) for name, row in (covariates or {}).items()}
    design = np.array([[row[case] for row in table.values()] for case in cases]).reshape(len(cases), len(table))
    scales = scales_of(list(likelihoods.values()))
    of_country = tuple(
        one.name for one in bank.priors if one.level == "country" and one.name in used and one.name not in case_level
    )
    shared = tuple(name for name in known if name not in of_country and name not in case_level)
    return Places(
        shared,
        of_country,
        tuple(case_level),
        cases,
        country,
        countries,
        measures,
        design,
        tuple(table),
        np.array([scales[name] for name in measures]),
    )
