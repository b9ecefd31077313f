"""Where results come from: what :mod:`coprod_abm.provenance` says, under the name that experiments use, and its file."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coprod_abm.provenance import PACKAGES, command_line, commit, now, provenance, versions
from coprod_abm.store_files import whole_file

__all__ = ["PACKAGES", "command_line", "commit", "now", "provenance", "versions", "write_provenance"]


def write_provenance(folder: Path, command: Sequence[str], name: str = "provenance.json", **facts: Any) -> None:
    """Write what made the results of a folder, and what they were made from, as a JSON file."""
    told = {**provenance(command), **facts, "ended": now()}
    whole_file(folder / name, (json.dumps(told, indent=2, ensure_ascii=False, default=str) + "\n").encode())
