"""`coprod sensitivity`: the indices of SALib for any parameters, families, outcomes, weeks and cases, and their noise."""

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from coprod_abm.experiments.provenance import command_line
from coprod_abm.experiments.run import STAYS, Stopped
from coprod_abm.experiments.sweep import INTERRUPTED, Interrupted
from coprod_abm.simulate import RunError

if TYPE_CHECKING:
    from coprod_abm.experiments.sensitivity_line import Typed


def main(words: Sequence[str]) -> int:
    """Check the command line, then let Hydra compose the configuration and do the study."""
    if set(words) & {"-h", "--help"}:
        from coprod_abm.experiments.sensitivity_settings import help_text

        print(help_text())
        return 0
    from coprod_abm.experiments.sensitivity_line import readable, typed_of

    for word in words:
        if word.startswith("-") and word != "--dry-run":
            raise RunError(
                f"coprod sensitivity has no option {word!r}. `coprod sensitivity --help` shows keys and options."
            )
    typed = typed_of(readable(words))
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra hands errors on instead of printing its own
    app = hydra_app(command_line(), list(words), typed)
    sys.argv = ["coprod sensitivity", *STAYS, "hydra.job.name=sensitivity", *typed.words]
    try:
        app()
    except Stopped as stopped:
        raise stopped.error from None
    except Interrupted as interrupted:
        print(f"\n{interrupted}", file=sys.stderr)
        return INTERRUPTED
    return 0


def hydra_app(started_as: list[str], words: list[str], typed: "Typed") -> Any:
    """The Hydra application: composes the configuration and hands it to ``sensitivity_job.run_sensitivity``."""
    import hydra
    from omegaconf import DictConfig, OmegaConf

    from coprod_abm.experiments.sensitivity_settings import NAME, register

    register(typed.presets)
    began = datetime.now().astimezone()

    @hydra.main(version_base="1.3", config_path=None, config_name=NAME)
    def app(config: DictConfig) -> None:
        from coprod_abm.experiments.sensitivity_job import run_sensitivity

        OmegaConf.register_new_resolver("now", began.strftime, replace=True)
        settings: Any = OmegaConf.to_container(config, resolve=True, enum_to_str=True)
        try:
            run_sensitivity(settings, typed, started_as, words)
        except Exception as error:
            raise Stopped(error) from error

    return app
