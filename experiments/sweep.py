"""`coprod sweep`: a whole design of parameters and presets as one job, in a store that survives interruption."""

import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from coprod_abm.experiments.provenance import command_line
from coprod_abm.experiments.run import STAYS, Stopped
from coprod_abm.simulate import RunError

if TYPE_CHECKING:
    import pandas as pd
    from hydra.core.override_parser.types import Override

    from coprod_abm.presets import OwnPreset

INTERRUPTED = 130


def main(words: Sequence[str]) -> int:
    """Check the command line, then let Hydra compose the configuration once and run the whole design as one job."""
    if set(words) & {"-h", "--help"}:
        from coprod_abm.experiments.sweep_settings import help_text

        print(help_text())
        return 0
    try:
        swept(words)
    except Interrupted as interrupted:
        print(f"\n{interrupted}", file=sys.stderr)
        return INTERRUPTED
    return 0


def swept(words: Sequence[str]) -> None:
    """Do the sweep that the words ask for.

    Raises:
        Interrupted: after Ctrl-C; says how to go on.
    """
    from coprod_abm.experiments.sweep_words import check_words, readable
    from coprod_abm.presets import beside_shipped

    options, typed = parted(readable(words))
    with beside_shipped(presets_of_ones_own(options)), tempfile.TemporaryDirectory() as aside:
        chosen = presets_of_all_points(check_words(typed))
        os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra hands errors on instead of printing its own
        app = hydra_app(command_line(), typed, chosen)
        # Hydra insists on a folder of its own for a sweep
        stays = [*STAYS, f"hydra.sweep.dir='{aside}'", "hydra.job.name=sweep", "hydra/sweeper=batch"]
        sys.argv = ["coprod sweep", "-m", *options, *stays, *typed]
        try:
            app()
        except Stopped as stopped:
            raise stopped.error from None


class Interrupted(BaseException):
    """Ctrl-C after something was computed; says how to go on. No ``Exception``, so that Hydra lets it pass."""


def parted(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Hydra's own options and the overrides, in whatever order they were typed.

    Raises:
        RunError: on an option that does not exist, or that a sweep has no use for.
    """
    from hydra._internal.utils import get_args_parser

    from coprod_abm.experiments.run import parted as parted_run

    try:
        options, typed = parted_run(words)
    except RunError as error:
        raise RunError(str(error).replace("coprod run", "coprod sweep")) from None
    values = vars(get_args_parser().parse_intermixed_args(list(words)))
    for option, value in values.items():
        if value and option not in ("overrides", "config_dir"):
            raise RunError(
                f"coprod sweep has no use for the option --{option.replace('_', '-')}. Of Hydra's options it takes "
                "--config-dir; --dry-run says what would be done, and study.json in the folder keeps every key."
            )
    return options, typed


def presets_of_ones_own(options: Sequence[str]) -> "tuple[OwnPreset, ...]":
    """The presets in the folder of ``--config-dir``; none where none is named."""
    from hydra._internal.utils import get_args_parser

    from coprod_abm.experiments.own_presets import presets_in

    return presets_in(get_args_parser().parse_args(list(options)).config_dir)


def presets_of_all_points(overrides: "Sequence[Override]") -> list[tuple[str, str]]:
    """Family and name of each shipped preset, and the theory, that is the same at every point.

    Hydra itself finds presets of the user's own, in their folder.
    """
    from coprod_abm.experiments.design import levels_of
    from coprod_abm.presets import FAMILIES, known_beside

    own = {(each.family, each.name) for each in known_beside()}
    fixed = [each for each in overrides if not each.is_sweep_override() and each.key_or_group in (*FAMILIES, "theory")]
    return [chosen for each in fixed if (chosen := (str(each.key_or_group), *levels_of(each))) not in own]


def hydra_app(started_as: list[str], typed: list[str], chosen: list[tuple[str, str]]) -> Any:
    """The Hydra application: composes the configuration and hands it to ``sweep_job.run_sweep`` with the points."""
    import hydra
    from omegaconf import DictConfig, OmegaConf

    from coprod_abm.experiments import plugins
    from coprod_abm.experiments.sweep_settings import NAME, register

    plugins.mount()
    register(chosen)
    began = datetime.now().astimezone()

    def app(config: DictConfig, points: "pd.DataFrame") -> None:
        from coprod_abm.experiments.sweep_job import run_sweep

        OmegaConf.register_new_resolver("now", began.strftime, replace=True)
        settings: Any = OmegaConf.to_container(config, resolve=True, enum_to_str=True)
        try:
            run_sweep(settings, points, started_as, typed)
        except Exception as error:
            raise Stopped(error) from error

    task: Any = app  # the sweeper adds the points
    return hydra.main(version_base="1.3", config_path=None, config_name=NAME)(task)
