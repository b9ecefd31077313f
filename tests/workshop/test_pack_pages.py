"""What a workshop takes home, in a real browser: nothing serious for axe, nobody asked for anything, pages counted on paper."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from coprod_abm.experiments.cli import main as coprod
from coprod_abm.experiments.pack.evidence import evidence_of
from coprod_abm.experiments.pack.guide import guide_of
from coprod_abm.experiments.pack.words import PackWords
from coprod_abm.experiments.scenario import load_scenario
from coprod_abm.experiments.scenario_runs import run_arms
from coprod_abm.language import languages

pytestmark = pytest.mark.slow
PAGE_OF_PDF = re.compile(rb"/Type\s*/Page[^s]")
SPARE = """() => [...document.querySelectorAll('.page')].map(page => {
  const foot = page.querySelector('.foot').getBoundingClientRect().top;
  const parts = [...page.querySelectorAll('p:not(.foot), table, ul')].map(one => one.getBoundingClientRect().bottom);
  return foot - Math.max(...parts); })"""


class Paper:
    """A page opened from a file."""

    def __init__(self, browser, file: Path, width: int = 1366) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=True, offline=True)
        self.tab = self.context.new_page()
        self.asked: list[str] = []
        self.errors: list[str] = []
        self.tab.on("request", lambda one: self.asked.append(one.url))
        self.tab.on("console", lambda one: self.errors.append(one.text) if one.type == "error" else None)
        self.tab.goto(file.as_uri())

    def close(self) -> None:
        self.context.close()
        assert self.errors == []
        assert [one for one in self.asked if not one.startswith(("file:", "data:"))] == []


def violations(tab) -> list[str]:
    source = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    tab.evaluate((Path(source.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = tab.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [one["id"] for one in found if one["impact"] in ("serious", "critical")]


@pytest.fixture(scope="module")
def ladder():
    """A scenario of eight ways, with the longest table."""
    return run_arms(load_scenario("ladder_climb"), ["EN-LPFT"], replicates=6)


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    """A pack that the command made from runs of its own."""
    out = tmp_path_factory.mktemp("pack") / "out"
    words = ["scenario=seats_and_voice,sponsor_loss", "case=EN-LPFT", "replicates=6", f"out={out}"]
    assert coprod(["workshop", "pack", *words]) == 0
    return out


@pytest.mark.parametrize("language", languages())
def test_the_report_has_no_barrier_and_prints_everything(browser, pack, language):
    paper = Paper(browser, pack / f"report.{language}.html")
    words = PackWords(language)
    hidden = paper.tab.locator("details h3").first
    assert not hidden.is_visible()  # first guess, then look
    assert violations(paper.tab) == []
    paper.tab.locator("summary").first.press("Enter")
    assert hidden.is_visible()
    assert violations(paper.tab) == []
    assert paper.tab.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    paper.tab.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = false; })")
    paper.tab.emulate_media(media="print")
    assert words.tell("sections.sure") in paper.tab.locator("details").first.inner_text()
    assert 6 <= len(PAGE_OF_PDF.findall(paper.tab.pdf(prefer_css_page_size=True))) <= 20
    paper.close()


def test_the_report_reads_on_a_telephone(browser, pack):
    paper = Paper(browser, pack / "report.sv.html", width=360)
    paper.tab.locator("summary").first.click()
    assert paper.tab.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    paper.close()


def long_names(found):
    """The same with names of ways that are as long as people write them."""
    bad = {
        "en": "Everybody who has ever been asked decides together",
        "sv": "Medborgardialogsamordningsgruppen bestämmer",
    }
    arms = tuple(replace(arm, title=bad) for arm in found.scenario.arms)
    return replace(found, scenario=replace(found.scenario, arms=arms))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("names", ["usual", "long"])
def test_the_guide_prints_on_exactly_two_pages(browser, ladder, language, names, tmp_path):
    found = ladder if names == "usual" else long_names(ladder)
    file = tmp_path / "guide.html"
    file.write_text(guide_of(evidence_of(found), PackWords(language)), encoding="utf-8")
    paper = Paper(browser, file)
    assert violations(paper.tab) == []
    paper.tab.emulate_media(media="print")
    assert min(paper.tab.evaluate(SPARE)) >= 0  # nothing is cut off at the foot of a page
    assert len(PAGE_OF_PDF.findall(paper.tab.pdf(prefer_css_page_size=True))) == 2
    paper.close()


def test_guide_and_map_come_from_runs_and_sweeps_of_the_commands(browser, tmp_path):
    run, several, sweep = (str(tmp_path / name) for name in ("run", "several", "sweep"))
    few = ["case=EN-LPFT", "replicates=4", "figures=false"]
    assert coprod(["run", *few, f"out={run}"]) == 0
    assert coprod(["run", "-m", *few, "power=majority,consensus", f"out={several}"]) == 0
    assert coprod(["sweep", *few, "power=majority,consensus", "rows=replicates", f"out={sweep}"]) == 0
    for source in (run, several, sweep):
        assert coprod(["workshop", "guide", f"from={source}", f"out={source}-guide"]) == 0
        paper = Paper(browser, Path(f"{source}-guide") / "guide.sv.html")
        paper.tab.emulate_media(media="print")
        assert min(paper.tab.evaluate(SPARE)) >= 0
        assert len(PAGE_OF_PDF.findall(paper.tab.pdf(prefer_css_page_size=True))) == 2
        paper.close()
    assert coprod(["workshop", "map", f"from={run}", f"out={run}-map"]) == 0
    paper = Paper(browser, Path(f"{run}-map") / "map.en.html")
    assert violations(paper.tab) == []
    paper.close()
