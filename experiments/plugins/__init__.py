"""Plugins of Hydra: the folder ``hydra_plugins`` in here holds them, under the only package name that Hydra accepts.

It is put on the path by the commands that need it and not by the installation, so that no other Hydra application of the
same environment loads it, and so that every copy of this package finds its own.
"""

import sys
from importlib import import_module
from pathlib import Path


def mount() -> None:
    """Make Hydra know the sweeper ``batch``."""
    here = str(Path(__file__).parent)
    if here not in sys.path:
        sys.path.append(here)
    from hydra.core.plugins import Plugins

    known = Plugins.instance()  # looks through hydra_plugins once; an earlier command may have done so before us
    known.register(import_module("hydra_plugins.coprod_batch").BatchSweeper)
