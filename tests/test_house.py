"""What the project promises about itself: exact pins, packages that arrive whole, imports that never turn back."""

import ast
import importlib.metadata
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).resolve().parent.parent
SETTINGS: dict[str, Any] = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = SETTINGS["project"]
MOUNTS: dict[str, str] = SETTINGS["tool"]["setuptools"]["package-dir"]
LOCK = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)(?: ; ([^\\]+))? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def pins() -> dict[str, str]:
    """The exact version of each pinned package."""
    return {found[1]: found[2] for found in map(PIN.match, LOCK.splitlines()) if found}


def declared() -> list[str]:
    """The requirements that pyproject.toml states: to run, to test, to build."""
    return [
        *PROJECT["dependencies"],
        *PROJECT["optional-dependencies"]["test"],
        *SETTINGS["build-system"]["requires"],
    ]


# ---- the lock ----


def test_lock_holds_names_versions_and_hashes_and_nothing_else():
    lines = [line for line in LOCK.splitlines() if not line.startswith("#")]
    assert [line for line in lines if not PIN.match(line) and not HASH.match(line)] == []
    assert "://" not in LOCK


def test_each_pin_has_a_hash():
    lines = [line for line in LOCK.splitlines() if not line.startswith("#")]
    assert [
        line for line, below in zip(lines, [*lines[1:], ""], strict=True) if PIN.match(line) and not HASH.match(below)
    ] == []
    assert len(pins()) > len(PROJECT["dependencies"])


@pytest.mark.parametrize("text", declared())
def test_each_declared_requirement_is_pinned_within_its_range(text):
    assert Requirement(text).specifier.contains(pins()[named(text)])


def test_what_the_pinned_packages_need_is_pinned_within_their_range():
    wanting = []
    for name in pins():
        for needed in needs(name):
            pinned = pins().get(canonicalize_name(needed.name))
            if pinned is None or not needed.specifier.contains(pinned):
                wanting.append(f"{name} needs {needed}, the lock has {pinned}")
    assert wanting == []


def needs(name: str) -> list[Requirement]:
    """What an installed package needs on this system with the extras that we ask for; [] if it is not needed here."""
    extras = {extra for text in declared() if named(text) == name for extra in Requirement(text).extras} or {""}
    try:
        stated = [Requirement(text) for text in importlib.metadata.requires(name) or []]
    except importlib.metadata.PackageNotFoundError:
        return []
    return [one for one in stated if not one.marker or any(one.marker.evaluate({"extra": extra}) for extra in extras)]


def named(text: str) -> str:
    """The name of a requirement as the lock spells it."""
    return canonicalize_name(Requirement(text).name)


def test_python_versions_are_the_same_in_pyproject_and_in_start():
    supported = runpy.run_path(str(CHECKOUT / "start.py"))["SUPPORTED"]
    allowed = SpecifierSet(PROJECT["requires-python"])
    assert [f"3.{minor}" for minor in range(30) if allowed.contains(f"3.{minor}.9")] == sorted(supported)


def test_the_version_is_the_same_everywhere():
    assert f"version: {PROJECT['version']}\n" in (CHECKOUT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {PROJECT['version']}" in (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")


# ---- the packages ----


def package_folders() -> Iterator[tuple[str, Path]]:
    """Each package under the name it is installed by, with its folder."""
    for package, folder in MOUNTS.items():
        for file in sorted((CHECKOUT / folder).rglob("__init__.py")):
            yield ".".join([package, *file.parent.relative_to(CHECKOUT / folder).parts]), file.parent


def test_no_package_is_forgotten_in_pyproject():
    assert sorted(name for name, _ in package_folders()) == sorted(SETTINGS["tool"]["setuptools"]["packages"])


@pytest.mark.parametrize(("name", "folder"), list(package_folders()))
def test_each_package_says_what_it_holds(name, folder):
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))


def source_files() -> set[str]:
    """The modules and data files that an installation must bring, by their path in it."""
    found = set()
    for package, folder in MOUNTS.items():
        for suffix in ("*.py", "*.yaml", "*.csv", "py.typed"):
            for file in (CHECKOUT / folder).rglob(suffix):
                found.add("/".join([*package.split("."), *file.relative_to(CHECKOUT / folder).parts]))
    return found


def test_the_wheel_of_the_source_archive_brings_every_module_and_data_file(tmp_path):
    checkout = tmp_path / "checkout"
    leave_out = shutil.ignore_patterns(
        ".venv*", ".git", "build", "dist", "*.egg-info", "outputs", "multirun", "__pycache__"
    )
    shutil.copytree(CHECKOUT, checkout, ignore=leave_out)
    build("build_sdist", checkout, tmp_path)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    unpacked = next((tmp_path / "unpacked").iterdir())
    assert {"start.py", "requirements.lock", "README.md", "NOTICE"} <= {file.name for file in unpacked.iterdir()}
    build("build_wheel", unpacked, tmp_path)
    install = ["install", "--quiet", "--no-deps", "--no-index", "--target", str(tmp_path / "site")]
    subprocess.run([sys.executable, "-m", "pip", *install, str(next(tmp_path.glob("*.whl")))], check=True)
    brought = {
        file.relative_to(tmp_path / "site").as_posix() for file in (tmp_path / "site").rglob("*") if file.is_file()
    }
    assert source_files() <= brought
    assert {name.split("/")[0] for name in brought if ".dist-info/" not in name and not name.startswith("bin/")} == {
        "coprod_abm"
    }
    # -P keeps the checkout out, and site/ comes before the editable installation
    imports = "; ".join(f"import {name}; print({name}.__file__)" for name in SETTINGS["tool"]["setuptools"]["packages"])
    imports += "; from coprod_abm.experiments.plugins import mount; mount()"  # Hydra finds the sweeper in the wheel too
    imports += "; import hydra_plugins.coprod_batch as batch; print(batch.__file__)"
    told = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); {imports}"],
        cwd=tmp_path, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert all(line.startswith(str(tmp_path / "site")) for line in told.stdout.splitlines())


def build(hook: str, folder: Path, target: Path) -> None:
    """Call a hook of the build backend as pip does, without fetching anything."""
    code = f"from setuptools import build_meta; build_meta.{hook}({str(target)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True)


# ---- who may import whom ----

PLANTED = {
    "coprod_abm.rules.power": ("import pandas as pd", "pandas"),
    "coprod_abm.encounter": ("from coprod_abm import core", "coprod_abm.core"),
    "coprod_abm.meeting": ("def late():\n    import mesa", "mesa"),
    "coprod_abm.week": ("from coprod_abm.mesa_model import CoproductionModel", "coprod_abm.mesa_model"),
    "coprod_abm.measures": ("from coprod_abm.experiments import figures", "coprod_abm.experiments.figures"),
    "coprod_abm.instruments": ("from coprod_abm import calibration", "coprod_abm.calibration"),
    "coprod_abm.simulate": ("from hydra import compose", "hydra"),
    "coprod_abm.trajectories": ("def draw():\n    import matplotlib.pyplot as plt", "matplotlib"),
    "coprod_abm.evaluate": ("import SALib", "SALib"),
    "coprod_abm.experiments.figures": ("from coprod_abm.simulate import simulate", "coprod_abm.simulate"),
    "coprod_abm.experiments.figure_sweep": ("from coprod_abm.simulate import simulate", "coprod_abm.simulate"),
}


@pytest.fixture
def installed_tree(tmp_path):
    """A copy of the sources, laid out as they are installed."""
    lay_out = runpy.run_path(str(CHECKOUT / ".ci" / "as_installed.py"))["lay_out"]
    lay_out(CHECKOUT, tmp_path / "tree")
    return tmp_path / "tree"


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    linter = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"]
    return subprocess.run([*linter, "--no-logo", "--no-cache"], cwd=tree, check=False, capture_output=True, text=True)


def test_import_contracts_are_kept(installed_tree):
    linted = lint_imports(installed_tree)
    assert linted.returncode == 0, linted.stdout


def test_import_contracts_catch_what_is_planted(installed_tree):
    for module, (code, _) in PLANTED.items():
        file = installed_tree.joinpath(*module.split(".")).with_suffix(".py")
        assert file.is_file()
        file.write_text(f"{file.read_text(encoding='utf-8')}\n{code}\n", encoding="utf-8")
    linted = lint_imports(installed_tree)
    assert linted.returncode == 1
    assert [
        f"{module} -> {to}" for module, (_, to) in PLANTED.items() if f"{module} -> {to} " not in linted.stdout
    ] == []
