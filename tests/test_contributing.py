"""CONTRIBUTING says for every kind of change which file to open, and the file is there."""

import re
from pathlib import Path

import pytest

from coprod_abm.experiments.cli import COMMANDS
from coprod_abm.feedback import FAMILIES

CHECKOUT = Path(__file__).resolve().parent.parent
TEXT = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ROWS = dict(
    re.findall(
        r"^\| (.+?) \| (.+) \|$", TEXT.partition("## Where to change what")[2].partition("\n## ")[0], re.MULTILINE
    )
)
KINDS = (
    "rule", "parameter", "preset", "theory", "case", "published figures", "event", "measure", "instrument", "scenario",
    "text", "translation", "figure", "picture", "command", "page", "tutorial", "store", "target", "prior", "draw",
    "field of state", "public name", "design", "CI",
)  # fmt: skip


def files(row: str) -> list[str]:
    return re.findall(r"`([\w./]+(?:\.\w+|/)|\.ci/run)`", row)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_change_has_a_row(kind):
    assert [what for what in ROWS if re.search(rf"\b{kind}\b", what)], f"no row says where to change a {kind}"


def test_each_row_names_a_file_that_is_there():
    for what, where in ROWS.items():
        if what != "I want to change" and set(what) != {"-"}:
            assert files(where), f"{what}: no file"
            assert [name for name in files(where) if not (CHECKOUT / name).exists()] == [], what


@pytest.mark.parametrize("family", FAMILIES)
def test_each_rule_family_has_a_row(family):
    assert f"coprod_abm/rules/{family}.py" in [name for where in ROWS.values() for name in files(where)]


def test_each_folder_of_values_is_named():
    named = {name for where in ROWS.values() for name in files(where)}
    beside = {*FAMILIES, "population", "__pycache__"}  # presets, one folder per family
    folders = {file.name for file in (CHECKOUT / "configs").iterdir() if file.is_dir()} - beside
    assert [folder for folder in folders if f"configs/{folder}/" not in named] == []


def test_the_file_of_commands_is_where_commands_are():
    assert "experiments/cli.py" in next(where for what, where in ROWS.items() if what.startswith("a command"))
    assert COMMANDS
