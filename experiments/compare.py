"""`coprod compare`: rival theories on a bank; `advise`: which surveys would tell more; `check`: figures of known truth."""

import os
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from coprod_abm.experiments.calibrate import options_and_words
from coprod_abm.experiments.provenance import command_line
from coprod_abm.experiments.run import STAYS, Stopped
from coprod_abm.simulate import RunError

TASKS = {"": ("compare_job", "compare"), "advise": ("compare_advise", "advise"), "check": ("compare_check", "check")}


def main(words: Sequence[str]) -> int:
    """Check the command line, then let Hydra compose the configuration and compare theories, weigh surveys or check."""
    task = words[0] if words and words[0] in TASKS else ""
    rest = list(words[1:] if task else words)
    if set(rest) & {"-h", "--help"}:
        from coprod_abm.experiments.compare_settings import help_text

        print(help_text())
        return 0
    from coprod_abm.experiments.compare_settings import check_words, readable

    options, typed = options_and_words(rest)
    if options:
        raise RunError(f"coprod compare has no option {options[0]}. `coprod compare --help` lists its keys.")
    typed = readable(typed)
    check_words(typed, task)
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra hands errors on instead of printing its own
    app = hydra_app(command_line(), task)
    with tempfile.TemporaryDirectory() as aside:  # Hydra insists on a folder of its own
        stays = [word for word in STAYS if not word.startswith("hydra.job.name")]
        sys.argv = ["coprod compare", *stays, "hydra.job.name=compare", f"hydra.sweep.dir='{aside}'", *typed]
        try:
            app()
        except Stopped as stopped:
            raise stopped.error from None
    return 0


def hydra_app(started_as: list[str], task: str) -> Any:
    """The Hydra application: composes the configuration and hands it on."""
    import hydra
    from omegaconf import DictConfig, OmegaConf

    from coprod_abm.experiments.compare_settings import SCHEMAS, register

    register()

    @hydra.main(version_base="1.3", config_path=None, config_name=SCHEMAS[task][0])
    def app(config: DictConfig) -> None:
        settings: Any = OmegaConf.to_container(config, resolve=True, enum_to_str=True)
        module, work = TASKS[task]
        try:
            getattr(import_module(f"coprod_abm.experiments.{module}"), work)(settings, started_as)
        except Exception as error:
            raise Stopped(error) from error

    return app
