"""The built site is whole, asks no network, can be read by everybody, and is refused where something is broken."""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coprod_abm.experiments.site import tutorials
from coprod_abm.experiments.site.navigation import SiteError, docname, navigation

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).resolve().parent.parent
SIZES = {"desktop": (1366, 900), "phone": (390, 844)}
LOOKED_AT = ("index", "start", "readme", "odd", "reference/parameters", "reference/api", "tutorials/index")

BUILDS = """
import sys
from pathlib import Path
from coprod_abm.experiments.site import command
command.CHECKOUT = Path(sys.argv[1])
sys.exit(command.main(["--prose", "--out", sys.argv[2]]))
"""


def built(checkout, out):
    """The build as a script of its own: Sphinx takes the words of `python -c` for the source of every named tuple."""
    script = out.parent / "build.py"
    script.write_text(BUILDS, encoding="utf-8")
    words = [sys.executable, str(script), str(checkout), str(out)]
    return subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, timeout=900, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site with tutorials shown and not run: `.ci/run` runs them."""
    out = tmp_path_factory.mktemp("site")
    done = built(CHECKOUT, out)
    assert done.returncode == 0, done.stderr[-3000:]
    return out / "html"


def test_every_page_of_the_navigation_is_built_and_in_the_sidebar(site):
    front = (site / "index.html").read_text(encoding="utf-8")
    tutorials_page = (site / "tutorials" / "index.html").read_text(encoding="utf-8")
    for section in navigation(CHECKOUT):
        for page in section.pages:
            assert (site / f"{docname(page)}.html").is_file(), page
            inside = tutorials_page if "tutorials/" in page else front
            assert f"{docname(page).removeprefix('tutorials/')}.html" in inside, page


def test_no_page_asks_another_machine_for_anything(site):
    loaded = re.compile(r"<(?:script|img|link|iframe)[^>]*(?:src|href)=\"((?:https?:)?//[^\"]+)\"")
    found = {page.name: loaded.findall(page.read_text(encoding="utf-8")) for page in site.rglob("*.html")}
    assert {name: hits for name, hits in found.items() if hits} == {}
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", style.read_text(encoding="utf-8")), style.name


def test_no_path_of_the_building_machine_is_in_the_pages(site):
    assert [page.name for page in site.rglob("*.html") if str(CHECKOUT) in page.read_text(encoding="utf-8")] == []


def test_tutorials_can_be_downloaded_as_scripts_and_notebooks(site):
    names = {file.name for file in (site / "_downloads").rglob("*") if file.is_file()}
    for file in (CHECKOUT / "docs" / "tutorials").glob("*.py"):
        assert {file.name, f"{file.stem}.ipynb"} <= names
    notebook = next((site / "_downloads").rglob("first_run.ipynb"))
    assert len(json.loads(notebook.read_text(encoding="utf-8"))["cells"]) > 5


# ---- in a browser ----


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = os.environ.get("COPROD_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        pytest.skip("no browser on PATH; install chromium, or set COPROD_BROWSER")
    flags = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=path, args=flags)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def axe():
    source = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    return (Path(source.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def opened(browser, file, size="desktop", scheme="light"):
    """A page from the disk, as somebody without a server or a network opens it; any error of a script is kept."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, offline=True)
    tab = context.new_page()
    tab.told = []
    tab.on("pageerror", lambda error: tab.told.append(str(error)))
    tab.goto(file.as_uri())
    return tab


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_nothing_runs_over_the_edge(site, browser, axe, size, scheme):
    for name in LOOKED_AT:
        tab = opened(browser, site / f"{name}.html", size, scheme)
        tab.evaluate(axe)
        found = tab.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
        bad = [
            (one["id"], [node["html"][:100] for node in one["nodes"]][:3])
            for one in found
            if one["impact"] in {"serious", "critical"}
        ]
        assert bad == [], name
        assert tab.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth + 1"), (
            f"{name} runs over the edge"
        )
        assert tab.told == []
        tab.context.close()


def test_the_search_finds_a_parameter_without_a_network(site, browser):
    tab = opened(browser, site / "search.html")
    tab.goto(f"{(site / 'search.html').as_uri()}?q=tokenism")
    tab.locator("#search-results li a").first.wait_for(timeout=60_000)
    titles = tab.locator("#search-results li a").all_inner_texts()
    assert any("theor" in title.lower() for title in titles)
    tab.context.close()


# ---- what is broken is refused ----


@pytest.fixture
def broken(tmp_path):
    """Builds a copy of the pages with one page changed."""
    shutil.copytree(CHECKOUT, tmp_path / "copy", ignore=shutil.ignore_patterns(".*", "build", "tests", "__pycache__"))
    return functools.partial(_built_with, tmp_path)


def _built_with(folder, page, text):
    file = folder / "copy" / page
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
    return built(folder / "copy", folder / "out")


def test_an_anchor_that_is_not_there_breaks_the_build(broken):
    done = broken("docs/start.md", "\n[nowhere](running.md#nothing-of-this-name)\n")
    assert done.returncode == 1
    assert "nothing-of-this-name" in done.stderr


def test_a_link_to_a_file_that_is_not_there_breaks_the_build(broken):
    done = broken("docs/start.md", "\n[gone](gone.md)\n")
    assert "docs/start.md links docs/gone.md, and there is no such file" in done.stderr


def test_a_command_of_a_tutorial_that_is_refused_breaks_it(monkeypatch):
    with pytest.raises(SiteError, match=r"coprod cases NOWHERE ended with 2"):
        tutorials.succeeding(["cases", "NOWHERE"])
