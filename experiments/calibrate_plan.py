"""One calibration, checked: cases with their figures, priors, targets and the bank that they need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from coprod_abm.calibration.bank import BankError
from coprod_abm.calibration.bank_store import BankPlan
from coprod_abm.calibration.priors import read_priors
from coprod_abm.calibration.targets import HeldOut, read_target_rules, targets_of
from coprod_abm.case import Case
from coprod_abm.case_measures import Window, no_measures, read_measures
from coprod_abm.experiments.calibrate_settings import BUDGETS, ENGINES, as_list
from coprod_abm.experiments.settings import named_cases
from coprod_abm.simulate import RunError, as_cases, check_run
from coprod_abm.theories import theory_values

OUTSIDE = ("refuse", "report")
LEAST_DRAWS = 50


@dataclass(frozen=True)
class Calibration:
    """A calibration that has been checked: every value is one that can be done.

    Attributes:
        bank: what is simulated.
        out: folder of the results.
        theory: under which parameters are estimated.
        settings: the resolved configuration.
        command: as it was typed.
    """

    bank: BankPlan
    out: Path
    theory: str
    settings: Mapping[str, Any]
    command: Sequence[str]

    @property
    def seed(self) -> int:
        """What names every random draw."""
        return self.bank.seed

    @property
    def case_level(self) -> tuple[str, ...]:
        """The parameters that each case has for itself."""
        return tuple(one.name for one in self.bank.priors if one.level == "case")


def planned(settings: Mapping[str, Any], command: Sequence[str]) -> Calibration:
    """The checked calibration of a resolved configuration.

    Raises:
        BankError, CaseError, RunError, PresetError: naming value, rule and way out.
    """
    check_choices(settings)
    theories = tuple(as_list(settings["theories"]))
    for theory in theories:
        theory_values(theory)
    theory = settings["theory"] or theories[0]
    if theory not in theories:
        raise RunError(
            f"theory={theory} is not among theories={','.join(theories)}, so that no run is made under it. Add it."
        )
    cases = chosen_cases(settings["case"], settings["published"])
    rules = read_target_rules(settings["targets"])
    priors = read_priors(settings["priors"]).for_cases(cases, theories)
    held_out = HeldOut(as_list(settings["hold_out"]["waves"]), as_list(settings["hold_out"]["cases"]))
    names = {"priors": settings["priors"], "targets": settings["targets"]}
    targets = targets_of(cases, rules, held_out)
    bank = BankPlan(cases, priors, theories, targets, draws_of(settings, theories), settings["seed"], names)
    return Calibration(bank, Path(settings["out"]), theory, settings, command)


def check_choices(settings: Mapping[str, Any]) -> None:
    """Refuse what is none of the choices of a key.

    Raises:
        RunError: naming key, value and choices.
    """
    for key, known in (("budget", tuple(BUDGETS)), ("engine", ENGINES), ("outside", OUTSIDE)):
        if settings[key] not in known:
            raise RunError(f"{key}={settings[key]} is not one of {', '.join(known)}.")
    check_run(1, 1, 1, settings["threads"], settings["seed"])
    theories = as_list(settings["theories"])
    if not theories or len(set(theories)) < len(theories):
        raise RunError(
            f"theories={','.join(theories)} names none, or one twice. Name each once, as in theories=all,relational."
        )


def draws_of(settings: Mapping[str, Any], theories: Sequence[str]) -> int:
    """The number of draws: as typed, or that of the budget.

    Raises:
        RunError: when there are too few to say anything.
    """
    draws = int(BUDGETS[settings["budget"]].draws if settings["draws"] is None else settings["draws"])
    if draws < LEAST_DRAWS * len(theories):
        raise RunError(
            f"draws = {draws} over {len(theories)} theories leave fewer than {LEAST_DRAWS} to each: nothing can be learnt from "
            f"them. Ask for at least {LEAST_DRAWS * len(theories)}, or fewer theories."
        )
    return draws


# ---- cases and their figures ----


def chosen_cases(given: Any, published: str | None) -> tuple[Case, ...]:
    """The cases, with figures of one's own where there are any.

    Raises:
        CaseError: when a case or a file of figures breaks a rule; file, line and way out are named.
        BankError: when there is no file for a case.
    """
    cases = tuple(as_cases(named_cases(given)))
    if published is None:
        return cases
    place = Path(published)
    if len(cases) > 1 and place.is_file():
        raise BankError(
            f"published={published} is one file and there are {len(cases)} cases. Name a folder with one CASE.csv for each, or "
            "one case (case=...)."
        )
    return tuple(with_figures(case, place / f"{case.id}.csv" if place.is_dir() else place) for case in cases)


def with_figures(case: Case, file: Path) -> Case:
    """A case with the figures of a file in place of its own; each wave must lie in the simulated years."""
    window = Window(case.start, case.start, case.start + case.years - 1, chosen=False)
    measures, _ = read_measures(file, case.id, window)
    return replace(case, measures=measures, outside=no_measures())
