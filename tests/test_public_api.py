"""The public names are a promise: they change by an explicit command, each with a line that says why."""

import inspect
import shutil
from importlib import import_module
from pathlib import Path

import pytest

import coprod_abm
from coprod_abm.experiments.odd import main
from coprod_abm.experiments.site import public_api
from coprod_abm.experiments.site.navigation import SiteError
from coprod_abm.experiments.site.public_api import CHANGES, FILE, fingerprint, listed, named_in_pages

CHECKOUT = Path(__file__).resolve().parent.parent
WAY_OUT = 'a public name or signature changed: undo it, or run coprod docs --freeze-api "what changed, and why"'


def frozen_text() -> str:
    return (CHECKOUT / FILE).read_text(encoding="utf-8")


def test_public_names_and_signatures_are_the_frozen_ones():
    now, then = listed(CHECKOUT).splitlines(), frozen_text().splitlines()
    assert {"gone": [line for line in then if line not in now], "new": [line for line in now if line not in then]} == {
        "gone": [],
        "new": [],
    }, WAY_OUT
    assert now == then, WAY_OUT


def test_the_list_of_changes_says_why_the_frozen_names_are_what_they_are():
    changes = (CHECKOUT / CHANGES).read_text(encoding="utf-8")
    assert f"Public names `{fingerprint(frozen_text())}`: " in changes, WAY_OUT


@pytest.mark.parametrize("name", coprod_abm.__all__)
def test_each_public_name_says_what_it_gives(name):
    found = getattr(coprod_abm, name)
    if callable(found):
        assert first_line(found).endswith((".", ":")) or ";" in first_line(found)
    else:
        source = inspect.getsource(import_module(public_api.home(name)))
        assert '\n"""Every' in source.partition(f"\n{name}: ")[2], f"{name} has no docstring below it"
    for member in members(found):
        assert first_line(member), f"{name}.{member.__name__}"


def first_line(found: object) -> str:
    return (inspect.getdoc(found) or "").partition("\n")[0]


def members(found: object) -> list:
    own = vars(found).items() if inspect.isclass(found) else ()
    return [each for name, each in own if inspect.isfunction(each) and not name.startswith("_")]


def test_each_name_that_a_page_imports_from_a_module_says_what_it_gives():
    for where in named_in_pages(CHECKOUT):
        module, _, name = where.rpartition(".")
        assert first_line(getattr(import_module(module), name)), where


# ---- the command ----


@pytest.fixture
def checkout(tmp_path):
    """A copy of what the command reads and writes, in which one public name is new."""
    shutil.copytree(CHECKOUT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("figures", "__pycache__"))
    for name in ("README.md", CHANGES):
        shutil.copy(CHECKOUT / name, tmp_path / name)
    with (tmp_path / FILE).open("a", encoding="utf-8") as file:
        file.write("ca.gone()\n")
    return tmp_path


def test_the_command_writes_the_names_and_why_they_changed(checkout):
    main([str(checkout / "docs"), "--freeze-api", "gone() went, since nobody called it."])
    text = (checkout / FILE).read_text(encoding="utf-8")
    assert "ca.gone()" not in text
    line = f"- Public names `{fingerprint(text)}`: gone() went, since nobody called it.\n"
    assert line in (checkout / CHANGES).read_text(encoding="utf-8").partition("\n## ")[2]


@pytest.mark.parametrize("why", ["", "  "])
def test_without_a_reason_nothing_is_frozen(checkout, why):
    with pytest.raises(SiteError, match="Say why"):
        main([str(checkout / "docs"), "--freeze-api", why])
    assert "ca.gone()" in (checkout / FILE).read_text(encoding="utf-8")


def test_what_has_not_changed_is_not_frozen_again(checkout):
    main([str(checkout / "docs"), "--freeze-api", "gone() went."])
    with pytest.raises(SiteError, match="nothing to freeze"):
        main([str(checkout / "docs"), "--freeze-api", "again"])
