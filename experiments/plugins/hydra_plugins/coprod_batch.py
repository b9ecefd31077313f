"""Hydra's sweeper ``batch``: composes the configuration once and hands a whole design to one job as a table.

A job of Hydra's own sweeper costs a fifth of a second, a run of the model milliseconds. Hydra imports this module by hand:
it must stay quick to import, and dataclasses with postponed annotations break here.
"""

from functools import partial
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn, run_job
from hydra.plugins.sweeper import Sweeper
from omegaconf import DictConfig, OmegaConf, open_dict


class BatchSweeper(Sweeper):
    """Calls the task function once, as ``task(config, points=table)``."""

    def setup(self, *, hydra_context: Any, task_function: Any, config: DictConfig) -> None:
        """Keep what Hydra hands over."""
        self.context, self.task, self.config = hydra_context, task_function, config

    def sweep(self, arguments: list[str]) -> JobReturn:
        """What the one job returned; its points are those that the overrides and the design of the configuration name."""
        from coprod_abm.experiments.design import Design, points_of

        loader = self.context.config_loader
        overrides = OverridesParser.create(config_loader=loader).parse_overrides(arguments)
        fixed = [str(each.input_line) for each in overrides if not each.is_sweep_override()]
        config = loader.load_sweep_config(self.config, fixed)
        named: Any = OmegaConf.to_container(config.design, resolve=True)
        points = points_of(overrides, Design(**{**named, "families": tuple(named["families"])}))
        with open_dict(config):
            config.hydra.job.id, config.hydra.job.num = "0", 0
        return run_job(
            task_function=partial(self.task, points=points),
            config=config,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
            hydra_context=self.context,
        )
