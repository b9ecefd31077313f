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

INTERRUPTED = 130


def main(words: Sequence[str]) -> int:
    """Check the command line, then let Hydra compose the configuration once and run the whole design as one job."""
    if set(words) & {"-h", "--help"}:
        from coprod_abm.experiments.sweep_settings import help_text

        print(help_text())
        return 0
    from coprod_abm.experiments.sweep_words import check_words, readable

    options, typed = parted(readable(words))
    check_words(typed)
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra hands errors on instead of printing its own
    app = hydra_app(command_line(), typed)
    with tempfile.TemporaryDirectory() as aside:  # Hydra insists on a folder of its own for a sweep
        stays = [*STAYS, f"hydra.sweep.dir='{aside}'", "hydra.job.name=sweep", "hydra/sweeper=batch"]
        sys.argv = ["coprod sweep", "-m", *options, *stays, *typed]
        try:
            app()
        except Stopped as stopped:
            raise stopped.error from None
        except Interrupted as interrupted:
            print(f"\n{interrupted}", file=sys.stderr)
            return INTERRUPTED
    return 0


class Interrupted(BaseException):
    """Ctrl-C after something was computed; says how to go on. No ``Exception``, so that Hydra lets it pass."""


def parted(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Hydra's own options and the overrides, in whatever order they were typed.

    Raises:
        RunError: on an option that does not exist, or that a sweep has no use for.
    """
    from coprod_abm.experiments.run import parted as parted_run

    try:
        options, typed = parted_run(words)
    except RunError as error:
        raise RunError(str(error).replace("coprod run", "coprod sweep")) from None
    for option in options:
        if option.startswith(("--config-dir", "-cd")):
            raise RunError(
                "coprod sweep takes shipped presets only. Write the numbers of your own preset as columns of a file, "
                "design=file design.file=points.csv, or put the preset into configs/."
            )
    return options, typed


def hydra_app(started_as: list[str], typed: list[str]) -> Any:
    """The Hydra application: composes the configuration and hands it to ``sweep_job.run_sweep`` with the points."""
    import hydra
    from omegaconf import DictConfig, OmegaConf

    from coprod_abm.experiments import plugins
    from coprod_abm.experiments.sweep_settings import NAME, register

    plugins.mount()
    register()
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
