"""Every example in a docstring or a document gives what it says."""

import doctest
import importlib
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL


def modules_with_examples() -> Iterator[str]:
    """Names under which the modules that hold examples are installed."""
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    for package, folder in settings["tool"]["setuptools"]["package-dir"].items():
        for file in sorted((CHECKOUT / folder).rglob("*.py")):
            if ">>> " in file.read_text(encoding="utf-8"):
                inside = file.relative_to(CHECKOUT / folder).with_suffix("").parts
                yield ".".join([package, *inside]).removesuffix(".__init__")


def documents() -> list[Path]:
    """The README and all that is in docs/."""
    return [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("name", list(modules_with_examples()))
def test_examples_of_a_module(name):
    outcome = doctest.testmod(importlib.import_module(name), optionflags=FLAGS)
    assert outcome.attempted > 0, f"{name} holds examples that doctest does not see"
    assert outcome.failed == 0


@pytest.mark.parametrize("document", documents(), ids=lambda file: file.name)
def test_examples_of_a_document(document):
    assert doctest.testfile(str(document), module_relative=False, optionflags=FLAGS).failed == 0
