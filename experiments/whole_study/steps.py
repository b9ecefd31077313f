"""The steps of a whole study: which command each is, where its results lie, and how to know that it is finished."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple


class Step(NamedTuple):
    """One step.

    Attributes:
        title, does: in plain words.
        folder: of its results, inside that of the study.
        command: the words after ``coprod``.
        leaves: a file that is there once the step is finished.
        after: steps whose results it reads.
        takes: keys of the study that it is told of.
        unheard: keys that cannot be set for it, since the study sets them.
    """

    title: str
    does: str
    folder: str
    command: tuple[str, ...]
    leaves: str
    after: tuple[str, ...] = ()
    takes: tuple[str, ...] = ("seed", "threads")
    unheard: tuple[str, ...] = ("out", "seed", "threads", "dry_run", "anew")


STEPS: dict[str, Step] = {
    "simulation": Step(
        "Simulation",
        "every case under the stated defaults, beside the published measures",
        "1-simulation",
        ("run",),
        "provenance.json",
        takes=("case", "seed", "threads"),
        unheard=("out", "seed", "threads", "case", "experiment"),
    ),
    "sensitivity": Step(
        "What drives outcomes",
        "every family of mechanisms varied over its whole range, to see what matters at all",
        "2-sensitivity",
        ("sensitivity",),
        "sensitivity.json",
        takes=("case", "seed", "threads"),
        unheard=("out", "seed", "threads", "case", "dry_run", "anew", "shard"),
    ),
    "calibration": Step(
        "Calibration",
        "which parameters the published measures inform, case by case and together",
        "3-calibration",
        ("calibrate",),
        "stages/checks.json",
        takes=("case", "seed", "threads"),
        unheard=("out", "seed", "threads", "case", "dry_run", "anew", "stages"),
    ),
    "theories": Step(
        "Rival explanations",
        "which explanation the measures support, or that they cannot tell",
        "4-theories",
        ("compare",),
        "comparison.json",
        after=("calibration",),
        takes=("seed",),
        unheard=("out", "seed", "bank"),
    ),
    "surveys": Step(
        "What to measure next",
        "which further surveys would tell the explanations apart",
        "5-surveys",
        ("compare", "advise"),
        "best_surveys.csv",
        after=("calibration", "theories"),
        takes=("seed",),
        unheard=("out", "seed", "bank", "classifiers", "surveys"),
    ),
    "scenarios": Step(
        "Scenarios",
        "questions of a workshop, asked of the model",
        "6-scenarios",
        ("scenarios",),
        "README.txt",
        after=("calibration",),
        unheard=("out", "seed", "threads", "draws"),
    ),
}
MODULES = {
    "run": "run",
    "sensitivity": "sensitivity",
    "calibrate": "calibrate",
    "compare": "compare",
    "scenarios": "scenarios",
}


def words_of(name: str, settings: Mapping[str, Any], out: Path) -> list[str]:
    """The words after ``coprod`` that do a step: those of the study, then its own keys in the order of the configuration.

    >>> words_of("theories", {"seed": 2, "theories": {"classifiers": 3}}, Path("x"))
    ['compare', 'classifiers=3', 'seed=2', 'bank=x/3-calibration', 'out=x/4-theories']
    """
    step = STEPS[name]
    given = [word(key, value) for key, value in settings.get(name, {}).items()]
    shared = [word(key, settings[key]) for key in step.takes if settings.get(key) is not None]
    return [*step.command, *given, *shared, *_fixed(name, settings, out), f"out={out / step.folder}"]


def _fixed(name: str, settings: Mapping[str, Any], out: Path) -> list[str]:
    """What ties a step to the steps before it."""
    bank = f"bank={out / STEPS['calibration'].folder}"
    if name == "calibration":
        return ["stages=checks", "outside=report"]
    if name == "theories":
        return [bank]
    if name == "surveys":  # the very classifiers of the comparison, so that both give a theory one probability
        same = {key: settings["theories"][key] for key in ("classifiers", "surveys") if key in settings["theories"]}
        return [*(word(key, value) for key, value in same.items()), bank]
    if name == "scenarios" and calibrated(out):
        return [f"draws={out / STEPS['calibration'].folder / 'draws.parquet'}"]
    return []


def calibrated(out: Path) -> bool:
    """Whether the calibration left draws that may be used: its chains agree."""
    import json

    try:
        told = json.loads((out / STEPS["calibration"].folder / "sampling.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(told["good"])


def word(key: str, value: Any) -> str:
    """A key and its value as they are typed.

    >>> word("case", ["SE-JKP", "EN-LON"]), word("figures", False), word("weeks", None)
    ('case=[SE-JKP,EN-LON]', 'figures=false', 'weeks=null')
    """
    if isinstance(value, (list, tuple)):
        return f"{key}=[{','.join(map(str, value))}]"
    if value is None or isinstance(value, bool):
        return f"{key}={ {None: 'null', True: 'true', False: 'false'}[value] }".replace(" ", "")
    return f"{key}={value}"


def do(command: Sequence[str]) -> int:
    """Do what ``coprod`` does with these words; its exit code.

    Raises:
        what the command raises; the caller says where the study stopped.
    """
    import sys

    work = import_module(f"coprod_abm.experiments.{MODULES[command[0]]}").main
    before = sys.argv
    sys.argv = ["coprod", *command]  # what the step notes down as its command
    try:
        return int(work(list(command[1:])) or 0)
    finally:
        sys.argv = before
