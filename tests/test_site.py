"""The documentation holds together: every page has its place, every link and anchor leads somewhere, every block is sound."""

import ast
import importlib
import re
import shlex
import shutil
from pathlib import Path

import pytest

import coprod_abm
from coprod_abm.experiments.cli import COMMANDS
from coprod_abm.experiments.settings import known_keys
from coprod_abm.experiments.site import command
from coprod_abm.experiments.site.command import main
from coprod_abm.experiments.site.markdown import anchors, blocks, links
from coprod_abm.experiments.site.navigation import FRONT, TOP, SiteError, docname, navigation
from coprod_abm.experiments.site.reference import REFERENCE, anchor_of
from coprod_abm.experiments.site.reference_commands import PARTS, help_of

CHECKOUT = Path(__file__).resolve().parent.parent
PAGES = [*(CHECKOUT / name for name in TOP), *sorted((CHECKOUT / "docs").glob("*.md"))]
TUTORIALS = sorted((CHECKOUT / "docs" / "tutorials").glob("*.py"))
ACTIVITIES = (
    "first_run",
    "own_case",
    "own_rule",
    "sweep",
    "sensitivity",
    "calibration",
    "theory_comparison",
    "workshop",
)
KINDS = {"", "csv", "diff", "python", "r", "sh", "text", "yaml"}
APPLIED = {
    "extending.md"
}  # its blocks change the model: tests/test_tutorial.py applies them and compares what they print
CHECKED = [page for page in PAGES if page.name not in APPLIED]


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


# ---- places ----


def copied(folder: Path) -> Path:
    """What the navigation looks at, in a folder in which it may be broken."""
    shutil.copytree(CHECKOUT / "docs", folder / "docs", ignore=shutil.ignore_patterns("figures", "__pycache__"))
    for name in TOP:
        shutil.copy(CHECKOUT / name, folder / name)
    return folder


def test_every_page_stands_once_in_the_navigation():
    placed = [page for section in navigation(CHECKOUT) for page in section.pages]
    assert {page.relative_to(CHECKOUT).as_posix() for page in PAGES if ".in." not in page.name} - {FRONT} <= set(placed)
    assert set(REFERENCE) <= set(placed)


def test_a_new_page_without_a_place_is_refused_by_name(tmp_path):
    (copied(tmp_path) / "docs" / "lost.md").write_text("# One command\n", encoding="utf-8")
    with pytest.raises(SiteError, match=r"docs/lost.md stands in no section of docs/navigation.yaml"):
        navigation(tmp_path)


def test_a_place_without_a_page_and_a_page_in_two_places_are_refused(tmp_path):
    file = copied(tmp_path) / "docs" / "navigation.yaml"
    told = text_of(file)
    file.write_text(told.replace("- docs/pack.md", "- docs/pack.md\n  - docs/gone.md"), encoding="utf-8")
    with pytest.raises(SiteError, match=r"names docs/gone.md, and there is no such page"):
        navigation(tmp_path)
    file.write_text(told.replace("- docs/pack.md", "- docs/pack.md\n  - docs/odd.md"), encoding="utf-8")
    with pytest.raises(SiteError, match=r"docs/odd.md stands in two places"):
        navigation(tmp_path)


def test_no_two_pages_have_one_name_in_the_site():
    names = [docname(page) for section in navigation(CHECKOUT) for page in section.pages]
    assert len(names) == len(set(names))


def test_the_front_page_has_a_door_for_each_kind_of_reader():
    assert {"i-build-models", "i-do-research", "i-lead-a-group"} <= anchors(text_of(CHECKOUT / FRONT))


def test_each_activity_has_its_tutorial_and_no_picture_is_kept_beside_it():
    assert {file.stem for file in TUTORIALS} == set(ACTIVITIES)
    beside = {file.name for file in (CHECKOUT / "docs" / "tutorials").iterdir() if file.name != "__pycache__"}
    assert beside == {f"{name}.py" for name in ACTIVITIES} | {"GALLERY_HEADER.rst"}
    for file in TUTORIALS:
        assert ast.get_docstring(ast.parse(text_of(file))), f"{file.name} has no title"


# ---- links ----


@pytest.mark.parametrize("page", PAGES, ids=lambda file: file.name)
def test_every_link_and_anchor_leads_somewhere(page):
    assert broken(page) == []


def broken(page: Path) -> list[str]:
    """Links of a page that lead to no file of the checkout, or to a heading that is not there."""
    found = []
    for link in links(text_of(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(text_of(file))):
            found.append(link)
    return found


def test_a_broken_link_and_a_broken_anchor_are_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One\n\n[a](gone.md), [b](#two), [c](#one), `[d](code.md)`, [e](https://f.g)\n", encoding="utf-8")
    assert broken(page) == ["gone.md", "#two"]


@pytest.mark.parametrize("file", TUTORIALS, ids=lambda file: file.name)
def test_every_page_that_a_tutorial_names_is_there(file):
    names = {docname(page) for section in navigation(CHECKOUT) for page in section.pages}
    named = re.findall(r":doc:`([^`]+)`", text_of(file))
    assert named
    assert [one for one in named if f"tutorials/{one}" not in names and one.removeprefix("../") not in names] == []


# ---- blocks of code ----


@pytest.mark.parametrize("page", CHECKED, ids=lambda file: file.name)
def test_every_block_says_what_it_is_and_python_in_it_is_sound(page):
    for block in blocks(text_of(page)):
        assert block.kind in KINDS, f"{page.name}, line {block.line}: {block.kind}"
        if block.kind == "python" and "odd" not in page.name:  # odd.md shows rules as they stand
            tree = ast.parse(block.text)
            assert missing(tree) == [], f"{page.name}, line {block.line}"


def missing(tree: ast.AST) -> list[str]:
    """Names of this project that a block uses and that do not exist."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("coprod_abm"):
            module = importlib.import_module(str(node.module))
            found += [each.name for each in node.names if not hasattr(module, each.name)]
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ca":
            found += [node.attr] * (node.attr not in coprod_abm.__all__)
    return found


def shell_lines(page: Path) -> list[str]:
    """The lines of a page's blocks for a shell that call the command."""
    lines = [line for block in blocks(text_of(page)) if block.kind in {"", "sh"} for line in block.text.splitlines()]
    return [line for line in lines if re.match(r"(coprod|python3 start\.py) ", line)]


def test_every_command_that_a_page_shows_is_quoted_so_that_a_shell_takes_it():
    for page in CHECKED:
        for line in shell_lines(page):
            bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", line).partition(" #")[0]
            assert not re.search(r"[()*?;&|<>]|=\[", bare), f"{page.name}: {line}"


def called(page: Path) -> list[list[str]]:
    """The lines of a page's shell blocks that call the command, as words."""
    found = []
    for block in blocks(text_of(page)):
        for line in block.text.splitlines() if block.kind in {"", "sh"} else []:
            words = shlex.split(line, comments=True)
            words = ["coprod", *words[2:]] if words[:2] == ["python3", "start.py"] else words
            if words[:1] == ["coprod"] and len(words) > 1 and words[1] not in {"test", "COMMAND"}:
                found.append(words[1:])
    return found


def options(words: list[str]) -> set[str]:
    """What a command can be told, by its own help, and the keys of the model."""
    part = words[:2] if len(words) > 1 and words[1] in PARTS.get(words[0], ()) else words[:1]
    return set(re.findall(r"(?:--)?[A-Za-z_][\w.-]*", help_of(*part))) | set(known_keys())


@pytest.mark.parametrize("page", CHECKED, ids=lambda file: file.name)
def test_every_command_that_a_page_shows_exists_with_its_keys(page):
    for words in called(page):
        assert words[0] in COMMANDS, f"{page.name}: coprod {' '.join(words)}"
        named = [word.partition("=")[0].lstrip("+") for word in words[1:] if "=" in word or word.startswith("--")]
        wrong = [key for key in named if key not in options(words) and not allowed(key, words)]
        assert wrong == [], f"{page.name}: coprod {' '.join(words)}"


def allowed(key: str, words: list[str]) -> bool:
    """Keys that no help lists: of instruments, of designs and executors, of Hydra, and events of an arm."""
    return key.startswith(("instrument.", "design.", "executor.", "theory.", "--c", "--h"))


# ---- the command ----


def test_outside_a_checkout_the_command_says_where_to_run_it(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "CHECKOUT", tmp_path)
    with pytest.raises(SiteError, match=r"Run coprod site in a checkout"):
        main([])


def test_half_an_option_builds_nothing(capsys):
    with pytest.raises(SystemExit):
        main(["--pros"])
    assert "unrecognized arguments: --pros" in capsys.readouterr().err


def test_without_its_extra_the_command_says_what_to_install(monkeypatch):
    monkeypatch.setattr(command, "NEEDED", ("furo_of_nobody",))
    with pytest.raises(SiteError, match=r"furo_of_nobody is not installed\. pip install 'coprod-abm\[docs\]'"):
        main([])


# ---- the reference ----


def test_the_reference_is_complete():
    from coprod_abm.case import cases
    from coprod_abm.instruments import INSTRUMENTS
    from coprod_abm.measures import NAMES
    from coprod_abm.parameters import declarations
    from coprod_abm.presets import FAMILIES, presets

    written = {name: page() for name, page in REFERENCE.items() if "commands" not in name}
    assert [
        key for key in declarations() if f"`{key}`{{#{anchor_of(key)}}}" not in written["reference/parameters.md"]
    ] == []
    assert [name for name in NAMES if f"`{name}`" not in written["reference/measures.md"]] == []
    assert [name for name in INSTRUMENTS if f"`{name}`" not in written["reference/instruments.md"]] == []
    assert [name for name in cases() if f"\n## {name}\n" not in written["reference/cases.md"]] == []
    named = [f"`{family}={name}`" for family in FAMILIES for name in presets(family)]
    assert [name for name in named if name not in written["reference/presets.md"]] == []
    directed = re.findall(r"^\.\. auto\w+:: coprod_abm\.[\w.]+\.(\w+)$", written["reference/api.rst"], re.MULTILINE)
    assert sorted(directed) == sorted(coprod_abm.__all__)
