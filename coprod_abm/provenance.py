"""Where results come from: command, versions, commit, seed, machine and times, as one JSON file."""

import functools
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("coprod-abm", "numba", "numpy", "pandas", "xarray", "pyarrow", "matplotlib", "hydra-core", "mesa")


def now() -> str:
    """The present moment in UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def provenance(command: Sequence[str]) -> dict[str, Any]:
    """What made the results that are about to be written: the command, the software and the machine."""
    from coprod_abm.compiled import source_fingerprint

    return {
        "command": list(command),
        "model": source_fingerprint(),
        "git": commit(),
        "versions": versions(),
        "machine": {
            "host": platform.node(),
            "system": platform.platform(),
            "processor": platform.machine(),
            "processors": os.cpu_count(),
        },
        "started": now(),
    }


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide results."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


@functools.cache
def commit() -> dict[str, Any] | None:
    """The commit of the checkout that this code runs from and whether files differ from it; None outside a checkout."""
    import coprod_abm

    root = Path(coprod_abm.__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return None
    head, changed = _git(root, "rev-parse", "HEAD"), _git(root, "status", "--porcelain")
    return None if changed is None else {"commit": head, "dirty": bool(changed)}


def _git(root: Path, *words: str) -> str | None:
    try:
        return subprocess.run(
            ["git", "-C", str(root), *words], check=True, capture_output=True, text=True, timeout=20
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def command_line() -> list[str]:
    """The command as it was typed, with the program by its short name."""
    return [Path(sys.argv[0]).name, *sys.argv[1:]]
