"""`coprod calibrate`: parameters estimated from the published measures of the cases, in stages that survive interruption."""

import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from coprod_abm.experiments.provenance import command_line
from coprod_abm.experiments.run import STAYS, Stopped, parted
from coprod_abm.simulate import RunError


def main(words: Sequence[str]) -> int:
    """Check the command line, then let Hydra compose the configuration and calibrate, or do so for each of a sweep (``-m``)."""
    if set(words) & {"-h", "--help"}:
        from coprod_abm.experiments.calibrate_settings import help_text

        print(help_text())
        return 0
    from coprod_abm.experiments.calibrate_settings import check_words, readable
    from coprod_abm.experiments.sweep import Interrupted

    options, typed = options_and_words(words)
    typed = readable(typed, bool(set(options) & {"-m", "--multirun"}))
    check_words(typed)
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra hands errors on instead of printing its own
    app = hydra_app(command_line())
    with tempfile.TemporaryDirectory() as aside:  # Hydra insists on a folder of its own for a sweep
        stays = [word for word in STAYS if not word.startswith("hydra.job.name")]
        own = [*stays, "hydra.job.name=calibrate", f"hydra.sweep.dir='{aside}'"]
        sys.argv = ["coprod calibrate", *options, *own, *typed]
        try:
            app()
        except Stopped as stopped:
            raise stopped.error from None
        except Interrupted as interrupted:
            print(f"\n{interrupted}", file=sys.stderr)
            return 130
    return 0


def options_and_words(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Hydra's own options and the overrides.

    Raises:
        RunError: on an option that does not exist.
    """
    ours = [word for word in words if word == "--dry-run"]
    try:
        options, typed = parted([word for word in words if word != "--dry-run"])
    except RunError as error:
        raise RunError(str(error).replace("coprod run", "coprod calibrate")) from None
    return options, [*typed, *ours]


def hydra_app(started_as: list[str]) -> Any:
    """The Hydra application: composes the configuration and hands it to ``calibrate_job.calibrate``."""
    import hydra
    from omegaconf import DictConfig, OmegaConf

    from coprod_abm.experiments.calibrate_settings import NAME, register

    register()
    began = datetime.now().astimezone()

    @hydra.main(version_base="1.3", config_path=None, config_name=NAME)
    def app(config: DictConfig) -> None:
        from hydra.core.hydra_config import HydraConfig
        from hydra.types import RunMode

        from coprod_abm.experiments.calibrate_job import calibrate

        OmegaConf.register_new_resolver("now", began.strftime, replace=True)
        settings: Any = OmegaConf.to_container(config, resolve=True, enum_to_str=True)
        own = HydraConfig.get()
        if own.mode is RunMode.MULTIRUN:
            settings["out"] = str(Path(settings["out"]) / str(own.job.num))
            print(f"\nCalibration {own.job.num}: {', '.join(own.overrides.task)}")
        try:
            calibrate(settings, started_as)
        except Exception as error:
            raise Stopped(error) from error

    return app
