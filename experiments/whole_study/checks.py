"""Every step of a study checked before the first begins, by the step's own checks; and how many runs each will take."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from coprod_abm.experiments.settings import named_cases
from coprod_abm.experiments.whole_study.steps import STEPS, words_of

ASSUMED = 20  # replicates counted where a pilot will choose them
Sizes = dict[str, int]


def checked(settings: Mapping[str, Any]) -> Sizes:
    """The runs of each step of a configuration in which every step can be done.

    Raises:
        RunError, CaseError, BankError, SensitivityError ...: of the first step that cannot be done, as its command says it.
    """
    with TemporaryDirectory() as aside:  # a place that is free, so that only what is asked for can be refused
        sizes = {name: CHECKS[name](words_of(name, settings, Path(aside))) for name in STEPS}
    return sizes | {"surveys": sizes["surveys"] * len(named_cases(settings["case"]))}


def composed(register: Callable[[], None], name: str, words: Sequence[str]) -> dict[str, Any]:
    """The configuration that Hydra makes of words."""
    from hydra import compose, initialize
    from omegaconf import OmegaConf

    register()
    OmegaConf.register_new_resolver("now", lambda _format: "now", replace=True)
    with initialize(version_base="1.3", config_path=None):
        config = compose(config_name=name, overrides=list(words))
        found: Any = OmegaConf.to_container(config, resolve=True, enum_to_str=True)
    return dict(found)


def simulation(words: Sequence[str]) -> int:
    """Runs of the simulation."""
    from coprod_abm.experiments import run, settings

    given = [run_place_of(word) for word in words[1:]]
    run.check_words([], given)
    found = composed(settings.register, settings.NAME, given)
    chosen = settings.plan(found, {})
    return chosen.replicates * len(chosen.cases)


def sensitivity(words: Sequence[str]) -> int:
    """Runs of the screening at its first size."""
    from coprod_abm.experiments import sensitivity_line, sensitivity_plan, sensitivity_settings

    typed = sensitivity_line.typed_of(sensitivity_line.readable(words[1:]))
    found = composed(lambda: sensitivity_settings.register(typed.presets), sensitivity_settings.NAME, typed.words)
    chosen = sensitivity_plan.planned(found, typed)
    return chosen.sampling.rows(chosen.n) * len(chosen.cases) * (chosen.replicates or ASSUMED)


def calibration(words: Sequence[str]) -> int:
    """Runs of the bank."""
    from coprod_abm.experiments import calibrate_job, calibrate_plan, calibrate_settings

    typed = calibrate_settings.readable(words[1:], many=False)
    calibrate_settings.check_words(typed)
    found = composed(calibrate_settings.register, calibrate_settings.NAME, typed)
    chosen = calibrate_plan.planned(found, list(words))
    calibrate_job.check_draws(chosen, calibrate_job.stages_of(found["stages"]))
    return chosen.bank.runs


def theories(words: Sequence[str]) -> int:
    """No runs: the comparison reads the bank."""
    from coprod_abm.experiments import compare_job

    compare_job.check(compared(words[1:], ""))
    return 0


def surveys(words: Sequence[str]) -> int:
    """Runs in each case of surveys that were not published, where they are to be weighed."""
    from coprod_abm.experiments import compare_advise

    found = compared(words[2:], "advise")
    compare_advise.check(found)
    return 0 if found["measures"] == "bank" and found["waves"] == "bank" else int(found["draws"])


def compared(words: Sequence[str], task: str) -> dict[str, Any]:
    """The configuration of a comparison."""
    from coprod_abm.experiments import compare_settings

    typed = compare_settings.readable(words)
    compare_settings.check_words(typed, task)
    return composed(compare_settings.register, compare_settings.SCHEMAS[task][0], typed)


def scenarios(words: Sequence[str]) -> int:
    """Runs of the scenarios."""
    from coprod_abm.experiments.scenario_words import order_of

    order = order_of(words[1:])
    worlds = sum(len(one.arms) * (1 if one.together else len(cases)) for one, cases in order.scenarios)
    return worlds * order.replicates


def run_place_of(word: str) -> str:
    """A word as the command itself reads it."""
    from coprod_abm.experiments.run_place import placed

    return placed(word)


CHECKS: dict[str, Callable[[Sequence[str]], int]] = {
    "simulation": simulation,
    "sensitivity": sensitivity,
    "calibration": calibration,
    "theories": theories,
    "surveys": surveys,
    "scenarios": scenarios,
}
