"""`coprod run`: simulate cases under chosen rules and lay tables and figures in one folder."""

import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from coprod_abm.experiments.provenance import command_line
from coprod_abm.simulate import RunError

# the user stays where they stand, and Hydra writes nothing of its own
STAYS = (
    "hydra.job.name=run",
    "hydra.job.chdir=false",
    "hydra.output_subdir=null",
    "hydra.run.dir=.",
    "hydra.sweep.subdir=.",
)

# of Hydra's own options; --experimental-rerun would unpickle a file, --config-path and --config-name compose any
TAKEN = (
    "overrides",
    "config_dir",
    "multirun",
    "run",
    "cfg",
    "resolve",
    "package",
    "info",
    "help",
    "hydra_help",
    "version",
)


# what a call can be for; Hydra takes one
MODES = ("run", "multirun", "cfg", "info")


def main(words: Sequence[str]) -> int:
    """Check the command line, then let Hydra compose the configuration and run it, or each of a sweep (``-m``)."""
    if set(words) & {"-h", "--help"}:
        from coprod_abm.experiments.settings import help_text

        print(help_text())
        return 0
    from coprod_abm.experiments.experiment import experiment_word
    from coprod_abm.experiments.run_place import placed

    options, typed = parted(words)
    overrides = [placed(experiment_word(word)) for word in typed]
    check_words(options, overrides)
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra hands errors on instead of printing its own
    app = hydra_app(command_line())
    with tempfile.TemporaryDirectory() as aside:  # Hydra insists on a folder of its own for a sweep
        sys.argv = ["coprod run", *options, *STAYS, f"hydra.sweep.dir='{aside}'", *overrides]
        try:
            app()
        except Stopped as stopped:
            raise stopped.error from None
    return 0


class Stopped(BaseException):
    """Carries an error out of Hydra, which would print it and go on; no ``Exception``, so that Hydra lets it pass."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


def check_words(options: Sequence[str], words: Sequence[str]) -> None:
    """Refuse what can be seen to be wrong before anything is composed.

    Raises:
        RunError, ParameterError, OutputError: naming value, rule and way out.
    """
    from coprod_abm.experiments.overrides import checked_overrides, values_of
    from coprod_abm.experiments.run_folder import check_free
    from coprod_abm.experiments.settings import named_cases

    overrides = checked_overrides(words)
    sweeps = any(each.is_sweep_override() for each in overrides)
    is_multirun = bool(set(options) & {"-m", "--multirun"})
    for each in overrides:
        if each.is_sweep_override() and not is_multirun:
            raise RunError(f"{each.input_line} names several values. Write coprod run -m ... to run each of them.")
        if each.key_or_group == "case" and each.is_sweep_override():
            for value in values_of(each):
                named_cases(value)
        if each.key_or_group == "out":
            if each.is_sweep_override():
                raise RunError("out takes one folder; the runs of a sweep get numbered folders inside it.")
            check_free(Path(str(each.value())))
    if is_multirun and not sweeps:
        raise RunError("-m runs each of several values, and there are none. Write key=value,value or leave -m out.")


def parted(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Hydra's own options, such as ``-m``, and the overrides, in whatever order they were typed.

    Raises:
        RunError: on an option that does not exist, or that could run what a file says.
        PresetError, CaseError: when a preset of the user's own cannot be used.
    """
    from hydra._internal.utils import get_args_parser

    from coprod_abm.experiments.own_presets import presets_in

    parser = get_args_parser()
    parser.error = refused_option  # type: ignore[method-assign, assignment]  # its own would end the process
    known, unknown = parser.parse_known_intermixed_args(list(words))
    if unknown:
        raise RunError(f"coprod run has no option {unknown[0]!r}. `coprod run --help` shows keys and options.")
    for option, value in vars(known).items():
        if value and option not in TAKEN:
            raise RunError(
                f"coprod run does not take --{option.replace('_', '-')}: what such a file holds could be a program. Write "
                "keys, or presets of your own (--config-dir)."
            )
    if len(asked := [f"--{name}" for name in MODES if getattr(known, name)]) > 1:
        raise RunError(f"coprod run takes one of {' and '.join(asked)}, not both. Leave out the others.")
    presets_in(known.config_dir)
    overrides = list(known.overrides)
    return [word for word in words if word not in overrides], overrides


def refused_option(why: str) -> NoReturn:
    """What the user reads of an option without its value, or with one too many.

    Raises:
        RunError: always.
    """
    raise RunError(f"coprod run: {why[:300]}. `coprod run --help` shows keys and options.")


def hydra_app(started_as: list[str]) -> Any:
    """The Hydra application: composes the configuration and hands it to ``job.run_job``.

    The time in a folder's name is that of this call, so that the runs of a sweep share one folder.
    """
    import hydra
    from omegaconf import DictConfig, OmegaConf

    from coprod_abm.experiments.settings import NAME, register

    register()
    began = datetime.now().astimezone()

    @hydra.main(version_base="1.3", config_path=None, config_name=NAME)
    def app(config: DictConfig) -> None:
        from hydra.core.hydra_config import HydraConfig
        from hydra.types import RunMode

        from coprod_abm.experiments.experiment import run_experiment
        from coprod_abm.experiments.job import run_job
        from coprod_abm.experiments.overrides import typed_values

        OmegaConf.register_new_resolver("now", began.strftime, replace=True)  # Hydra's own is a clock that goes on
        settings = OmegaConf.to_container(config, resolve=True, enum_to_str=True)
        assert isinstance(settings, dict)
        own = HydraConfig.get()
        if own.mode is RunMode.MULTIRUN:
            settings["out"] = str(Path(settings["out"]) / str(own.job.num))
            print(f"\nRun {own.job.num}: {', '.join(own.overrides.task)}")
        plain, words = {str(key): value for key, value in settings.items()}, list(own.overrides.task)
        work = run_experiment if plain["experiment"] else run_job
        try:
            work(plain, started_as, words, typed_values(words, plain))
        except Exception as error:
            raise Stopped(error) from error

    return app
