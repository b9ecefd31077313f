"""The tutorial works as printed: every block is applied to a copy of the checkout and every output compared."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
TUTORIAL = CHECKOUT / "docs" / "extending.md"
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
PLACED = re.compile(r"(?:New file|new file|[Aa]t the end of|[Ii]n) `([\w./-]+)`")


class Block(NamedTuple):
    """One block of the tutorial: its kind, its text, and how the words before it place it."""

    kind: str
    text: str
    way: str  # new file | at the end of | in | ""
    file: str


def blocks(text: str) -> Iterator[Block]:
    """The blocks in order; a block of changes without a place of its own belongs where the one before it does."""
    end, last = 0, ""
    for found in BLOCK.finditer(text):
        words = " ".join(text[end : found.start()].split())
        end = found.end()
        placed = list(PLACED.finditer(words))
        way, file = "", ""
        if found[1] in ("yaml", "python", "diff"):
            if placed:
                way, file = placed[-1][0].split(" `")[0].lower(), placed[-1][1]
            elif found[1] == "diff":
                way, file = "in", last
            assert file, f"no file is named for:\n{found[2]}"
            last = file
        yield Block(found[1], found[2], way, file)


def changed(text: str, change: str) -> str:
    """A file's text after a block of changes; the old lines must stand in it exactly once."""
    lines = change.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] in " -")
    new = "".join(line[1:] for line in lines if line[0] in " +")
    if old.endswith("(\n"):  # a signature that goes on
        old, new = old[:-1], new[:-1]
    assert text.count(old) == 1, f"stands {text.count(old)} times:\n{old}"
    return text.replace(old, new)


def apply(block: Block, tree: Path) -> None:
    """Write a block where its words say."""
    file = tree / block.file
    if block.way == "new file":
        assert not file.exists(), f"{block.file} exists already"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text, encoding="utf-8")
    elif block.way == "at the end of":
        file.write_text(f"{file.read_text(encoding='utf-8')}\n\n{block.text}", encoding="utf-8")
    else:
        assert block.kind == "diff", f"{block.file}: what stands in a file is shown as changes"
        file.write_text(changed(file.read_text(encoding="utf-8"), block.text), encoding="utf-8")


def run_line(line: str, tree: Path, edited: bool) -> str:
    """What a line of a shell block prints; `coprod` and `python` are those of the copy."""
    words = shlex.split(line)
    if words[0] == "cp":
        shutil.copy(tree / words[1], tree / words[2])
        return ""
    called = {
        "coprod": ["-c", "import sys; from coprod_abm.experiments.cli import main; sys.exit(main())"],
        "python": [],
    }
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    if edited:  # compiled code of an example must not push out that of the real model
        environment["COPROD_CACHE_DIR"] = str(tree / "cache")
    done = subprocess.run(
        [sys.executable, *called[words[0]], *words[1:]],
        cwd=tree,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def tree(tmp_path):
    """A copy of the checkout in which the folders are mounted as in an installation, so that edits of either are seen."""
    leave_out = shutil.ignore_patterns(
        ".venv*", ".git", "build", "*.egg-info", "runs", "outputs", "__pycache__", ".*_cache"
    )
    shutil.copytree(CHECKOUT, tmp_path / "checkout", ignore=leave_out)
    mounts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"][
        "package-dir"
    ]
    for package, folder in mounts.items():
        if "." in package:
            try:
                (tmp_path / "checkout" / package.replace(".", "/")).symlink_to(tmp_path / "checkout" / folder, True)
            except OSError:
                pytest.skip("this system lets nobody link folders")
    return tmp_path / "checkout"


@pytest.mark.slow
def test_the_tutorial_works_as_printed(tree):
    printed, edited = "", False
    for block in blocks(TUTORIAL.read_text(encoding="utf-8")):
        if block.kind == "sh":
            printed = "".join(run_line(line, tree, edited) for line in block.text.splitlines())
        elif block.kind == "text":
            assert block.text.strip() in printed, f"printed instead:\n{printed}"
        else:
            apply(block, tree)
            edited = edited or block.file.startswith("coprod_abm/")


def test_the_places_that_the_tutorial_changes_are_there_exactly_once():
    files: dict[str, str] = {}
    for block in blocks(TUTORIAL.read_text(encoding="utf-8")):
        if block.kind == "diff":
            text = files.get(block.file) or (CHECKOUT / block.file).read_text(encoding="utf-8")
            files[block.file] = changed(text, block.text)
    assert set(files) == {"coprod_abm/rules/capacity.py", "coprod_abm/rules/trust.py", "coprod_abm/week.py"}
