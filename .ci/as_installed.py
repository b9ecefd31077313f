"""Run a checker where the package is laid out as in the wheel: `python .ci/as_installed.py mypy -p coprod_abm`.

Type checkers and import linters read folders and do not see that the top-level folders configs/, experiments/ and
calibration/ are installed below coprod_abm. This copies the sources to build/as_installed/ accordingly and runs the
command there, with the settings of pyproject.toml.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def lay_out(checkout: Path, target: Path) -> None:
    """Copy the packages of a checkout to `target` as pyproject.toml mounts them, with pyproject.toml beside them."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copy2(checkout / "pyproject.toml", target)
    settings = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    mounts: dict[str, str] = settings["tool"]["setuptools"]["package-dir"]
    for package, folder in sorted(mounts.items()):
        leave_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(checkout / folder, target.joinpath(*package.split(".")), ignore=leave_out, dirs_exist_ok=True)


def run(command: list[str], folder: Path) -> int:
    """Return the exit code of a program of this interpreter's environment, run in `folder`."""
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": programs, "MYPY_CACHE_DIR": str(CHECKOUT / ".mypy_cache")}
    program = shutil.which(command[0], path=programs) or command[0]
    return subprocess.run([program, *command[1:]], cwd=folder, env=environment, check=False).returncode


if __name__ == "__main__":
    tree = CHECKOUT / "build" / "as_installed"
    lay_out(CHECKOUT, tree)
    sys.exit(run(sys.argv[1:], tree))
