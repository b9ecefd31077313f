"""start.py finds a suitable Python, says in one line what to install, and never uses a half-made environment."""

import ast
import importlib.util
import os
import platform
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "start.py"
needs_shell = pytest.mark.skipif(os.name == "nt", reason="the interpreters of this test are shell scripts")


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """start.py as a module whose checkout is an empty folder and which sees no interpreter of this machine."""
    spec = importlib.util.spec_from_file_location("start_under_test", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "USUAL_FOLDERS", ())
    monkeypatch.setattr(module, "HERE", tmp_path)
    monkeypatch.setattr(module, "LOCK", tmp_path / "requirements.lock")
    (tmp_path / "requirements.lock").write_text(
        "setuptools==1 \\\n    --hash=sha256:0\nnumpy==2 \\\n    --hash=sha256:1\n"
    )
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    return module


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def interpreter(path: Path, says: str) -> Path:
    return script(path, f"echo {says}")


def search(start: ModuleType, executable: Path, environ: dict[str, str], home: Path) -> list[str]:
    commands = start.candidates(str(executable), environ, str(home), start.SUPPORTED)
    return start.choose(commands, start.SUPPORTED).command


def test_syntax_is_that_of_python_3_6():
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 6))
    later = {"capture_output", "text", "missing_ok", "dirs_exist_ok"}  # arguments of the standard library since 3.7
    assert not later & {keyword.arg for keyword in ast.walk(tree) if isinstance(keyword, ast.keyword)}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "__future__"]


def test_only_the_standard_library_is_imported():
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert names <= sys.stdlib_module_names


def test_this_interpreter_is_seen_as_suitable(start):
    found = start.examine([sys.executable], start.SUPPORTED)
    assert (found.version, found.problem) == (platform.python_version(), "")


@needs_shell
def test_a_newer_python_beside_an_old_one_is_found(start, tmp_path):
    old = interpreter(tmp_path / "bin/python3", "3.9.2 cpython ordinary complete")
    new = interpreter(tmp_path / "bin/python3.12", "3.12.7 cpython ordinary complete")
    assert search(start, old, {"PATH": str(tmp_path / "bin")}, tmp_path) == [str(new)]


@needs_shell
def test_a_bare_path_does_not_hide_the_usual_folders(start, tmp_path, monkeypatch):
    usual = interpreter(tmp_path / "usr/bin/python3.13", "3.13.0 cpython ordinary complete")
    monkeypatch.setattr(start, "USUAL_FOLDERS", (str(tmp_path / "usr/bin"),))
    assert search(start, tmp_path / "no-python", {"PATH": ""}, tmp_path) == [str(usual)]


@needs_shell
def test_the_running_interpreter_comes_first(start, tmp_path):
    running = interpreter(tmp_path / "mine/python", "3.12.1 cpython ordinary complete")
    interpreter(tmp_path / "bin/python3.13", "3.13.1 cpython ordinary complete")
    assert search(start, running, {"PATH": str(tmp_path / "bin")}, tmp_path) == [str(running)]


@needs_shell
@pytest.mark.parametrize(
    "shim",
    [
        "exit 127",
        "echo 'pyenv: python3.13: command not found'",
        "echo 3.13.1 pypy ordinary complete",
        "echo 3.13.1 cpython free-threaded complete",
        "echo 3.14.0 cpython ordinary complete",
    ],
)
def test_what_only_looks_suitable_is_passed_over(start, tmp_path, shim):
    running = script(tmp_path / "bin/python3.13", shim)
    good = interpreter(tmp_path / "bin/python3.12", "3.12.7 cpython ordinary complete")
    assert search(start, running, {"PATH": str(tmp_path / "bin")}, tmp_path) == [str(good)]


@needs_shell
@pytest.mark.parametrize("root", [".pyenv", "elsewhere"])
def test_a_python_of_pyenv_is_found(start, tmp_path, root):
    inside = interpreter(tmp_path / root / "versions/3.13.0/bin/python", "3.13.0 cpython ordinary complete")
    environ = {"PATH": "", "PYENV_ROOT": str(tmp_path / "elsewhere")}
    assert search(start, tmp_path / "no-python", environ, tmp_path) == [str(inside)]


@needs_shell
def test_a_python_of_uv_is_found(start, tmp_path):
    inside = interpreter(tmp_path / "uv-pythons/python", "3.13.0 cpython ordinary complete")
    script(tmp_path / "bin/uv", f'[ "$UV_PYTHON_DOWNLOADS" = never ] && echo {inside}')
    assert search(start, tmp_path / "no-python", {"PATH": str(tmp_path / "bin")}, tmp_path) == [str(inside)]


@needs_shell
def test_one_line_says_what_to_install(start, tmp_path):
    old = interpreter(tmp_path / "python3", "3.9.2 cpython ordinary complete")
    with pytest.raises(SystemExit, match=r"needs Python 3\.12 or 3\.13, found only 3\.9\.2: install one") as left:
        search(start, old, {"PATH": ""}, tmp_path)
    assert "\n" not in str(left.value)


def test_one_line_says_what_to_install_where_there_is_no_python(start, tmp_path):
    with pytest.raises(SystemExit, match=r"needs Python 3\.12 or 3\.13, found none: install one"):
        search(start, tmp_path / "no-python", {"PATH": ""}, tmp_path)


@needs_shell
def test_one_line_names_the_missing_venv_package(start, tmp_path):
    bare = interpreter(tmp_path / "python3", "3.12.3 cpython ordinary without-venv")
    with pytest.raises(SystemExit, match=r"lacks its venv module: install it \(sudo apt install python3\.12-venv\)"):
        search(start, bare, {"PATH": ""}, tmp_path)


def test_a_version_can_be_insisted_on(start):
    assert start.requested(["run"]) == (start.SUPPORTED, start.HERE / ".venv", ["run"])
    assert start.requested(["--python", "3.12", "test"]) == (("3.12",), start.HERE / ".venv-3.12", ["test"])
    with pytest.raises(SystemExit, match=r"--python takes one of 3\.12, 3\.13"):
        start.requested(["--python", "3.11"])


def test_a_folder_that_start_did_not_make_is_left_alone(start, tmp_path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/mine.txt").write_text("mine")
    with pytest.raises(SystemExit, match=r"was not made by start\.py: move it away"):
        start.prepare(tmp_path / ".venv", start.SUPPORTED)
    assert (tmp_path / ".venv/mine.txt").read_text() == "mine"


@pytest.fixture
def steps(start, monkeypatch) -> list[str]:
    """What `prepare` does, recorded instead of done."""
    done: list[str] = []

    def make(environment: Path, chosen: object) -> None:
        done.append("packages")
        start.program(environment, "python").parent.mkdir(parents=True, exist_ok=True)
        start.program(environment, "python").touch()
        (environment / start.STAMP).write_text("unfinished")

    monkeypatch.setattr(start, "choose", lambda commands, wanted: None)
    monkeypatch.setattr(start, "make", make)
    monkeypatch.setattr(start, "pip", lambda environment, *arguments: done.append("project"))
    return done


def test_set_up_happens_once(start, tmp_path, steps):
    start.prepare(tmp_path / ".venv", start.SUPPORTED)
    start.prepare(tmp_path / ".venv", start.SUPPORTED)
    assert steps == ["packages", "project"]


def test_an_interrupted_set_up_starts_anew(start, tmp_path, steps):
    start.make(tmp_path / ".venv", None)  # and then the machine went down
    steps.clear()
    start.prepare(tmp_path / ".venv", start.SUPPORTED)
    assert steps == ["packages", "project"]


def test_changed_pins_are_installed_and_a_changed_project_alone_takes_one_step(start, tmp_path, steps):
    start.prepare(tmp_path / ".venv", start.SUPPORTED)
    steps.clear()
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'new'\n")
    start.prepare(tmp_path / ".venv", start.SUPPORTED)
    assert steps == ["project"]
    steps.clear()
    (tmp_path / "requirements.lock").write_text("numpy==3 --hash=sha256:2\n")
    start.prepare(tmp_path / ".venv", start.SUPPORTED)
    assert steps == ["packages", "project"]


def test_an_environment_whose_interpreter_is_gone_is_made_anew(start, tmp_path, steps):
    start.prepare(tmp_path / ".venv", start.SUPPORTED)
    steps.clear()
    start.program(tmp_path / ".venv", "python").unlink()
    start.prepare(tmp_path / ".venv", start.SUPPORTED)
    assert steps == ["packages", "project"]


def test_a_failing_step_shows_the_end_of_its_output(start, tmp_path):
    command = [
        sys.executable,
        "-c",
        "print('WARNING: Location is ignored'); print('no space left'); raise SystemExit(3)",
    ]
    with pytest.raises(SystemExit, match="no space left") as left:
        start.quietly(command, tmp_path / "setup.log")
    assert "Location" not in str(left.value)


def test_one_package_is_taken_from_a_lock_with_its_hashes(start):
    assert start.entry(start.LOCK.read_text(), "setuptools") == "setuptools==1 \\\n    --hash=sha256:0\n"
