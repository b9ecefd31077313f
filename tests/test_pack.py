"""The workshop pack: true to the numbers, in plain words, whole in one file, and nothing on a slide over anything else."""

import itertools
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from pptx import Presentation
from pptx.util import Inches

from coprod_abm.case import Case, CaseError
from coprod_abm.experiments.cli import main as coprod
from coprod_abm.experiments.pack.command import asked_of
from coprod_abm.experiments.pack.deck import HIGH, WIDE
from coprod_abm.experiments.pack.evidence import Evidence, Finding, Way, evidence_of
from coprod_abm.experiments.pack.fit import needed
from coprod_abm.experiments.pack.guide import guide_of
from coprod_abm.experiments.pack.report import Part, report
from coprod_abm.experiments.pack.shown import shown_pictures
from coprod_abm.experiments.pack.slides import write_slides
from coprod_abm.experiments.pack.story import Story, story_of, told_of
from coprod_abm.experiments.pack.words import PackWords
from coprod_abm.experiments.run_folder import OutputError
from coprod_abm.experiments.scenario import load_scenario, scenarios
from coprod_abm.experiments.scenario_effects import VERDICTS
from coprod_abm.experiments.scenario_runs import Arms, run_arms, write_arms
from coprod_abm.language import languages, texts
from coprod_abm.measures import NAMES, measure
from coprod_abm.simulate import RunError

JARGON = {
    "en": (
        r"replicat\w+", r"stochast\w+", r"parameter\w*", r"posterior\w*", r"priors?", r"confidence", r"credib\w+",
        r"quantil\w*", r"percentil\w*", r"medians?", r"(the|a) mean", r"standard\b", r"signific\w+", r"varian\w+",
        r"agents?", r"agent-based", r"abm", r"gini", r"calibrat\w*", r"seeds?", r"baselines?", r"arms?", r"efficacy",
        r"constituenc\w+", r"effect size\w*", r"heterogen\w*", r"stakeholders?", r"p-values?", r"sd", r"outputs?",
        r"simulat\w+", r"robust\w*", r"intervals?", r"correlat\w*", r"coefficient\w*", r"distribution\w*", r"tokenism",
        r"implement\w*", r"empower\w*", r"leverag\w*", r"paradigm\w*", r"algorithm\w*", r"hypothes\w*",
    ),
    "sv": (
        r"replikat\w*", r"stokast\w*", r"parame\w+", r"posterior\w*", r"konfidens\w*", r"kvantil\w*", r"percentil\w*",
        r"median\w*", r"medelvärde\w*", r"standard\w*", r"signifikan\w*", r"varians\w*", r"agent\w*", r"abm", r"gini",
        r"kalibr\w*", r"frö\w*", r"baslinje\w*", r"armar?", r"effektstorlek\w*", r"heterogen\w*", r"intressent\w*",
        r"simuler\w*", r"robust\w*", r"intervall\w*", r"korrel\w*", r"koefficient\w*", r"fördelning\w*", r"tokenism\w*",
        r"implement\w*", r"egenmakt\w*", r"empower\w*", r"paradigm\w*", r"algoritm\w*", r"hypotes\w*", r"procentenhet\w*",
        r"utfall\b",
    ),
}  # fmt: skip
EXEMPT = ("record.", "notes.made", "guide.source", "map.source")  # what repeats the numbers
LIX = {
    "en": 30.0,
    "sv": 32.0,
}  # below 30 reads like a book for children, 30 to 40 like fiction, 40 to 50 like a newspaper
FLESCH = 70.0  # plain English lies at 60 to 70, easy English above


@pytest.fixture(scope="module")
def found(case_of: Callable[..., Case]) -> Arms:
    """A scenario with three ways in a small case, of which some futures end early."""
    return run_arms(load_scenario("sponsor_loss"), [replace(case_of(), years=3)], replicates=5, threads=1)


@pytest.fixture(scope="module")
def folder(found: Arms, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that such a scenario leaves."""
    place = tmp_path_factory.mktemp("results") / "sponsor_loss"
    write_arms(
        found, place, {"versions": {"coprod-abm": "0.1.0"}, "model": "0123456789abcdef", "started": "2026-01-01"}
    )
    return place


@pytest.fixture(scope="module", params=languages())
def told(request: Any, found: Arms, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Page and slides of two questions in a language; drawn once."""
    words = PackWords(request.param)
    story, pictures = story_of(found, words), shown_pictures(found, words)
    parts: list[Part] = [(found, named(story, number), pictures) for number in range(2)]
    file = tmp_path_factory.mktemp("slides") / "slides.pptx"
    write_slides(parts[:1], words, file)
    slides = Presentation(str(file)).slides
    return SimpleNamespace(language=request.param, page=report(parts, words), slides=slides)


def named(story: Story, number: int) -> Story:
    return replace(story, evidence=replace(story.evidence, name=f"question{number}"))


def sentences_in(found: Arms, language: str) -> list[str]:
    """Everything that a room reads or hears of a scenario, but for the facts that repeat it."""
    words = PackWords(language)
    story = story_of(found, words)
    told = [story.question, words.tell("pages.intro"), words.tell("guess.lead"), words.tell("pages.points")]
    told += [*story.assumed, *(one.text for one in story.told), *story.sure, *story.cannot, *story.discuss]
    return [*told, *every_verdict(language)]


def every_verdict(language: str) -> list[str]:
    """Findings of each verdict for measures of each kind."""
    told = []
    for name, verdict in itertools.product(("need_met", "tokenism", "changes_implemented", "citizen_hours"), VERDICTS):
        one = Finding(name, "b", 0.4, 0.5, 0.1, 0.05, 0.15, 0.8, 0.1, 100, verdict)
        told.append(told_of(one, "a", two_ways(), PackWords(language)).text)
    return told


def two_ways() -> Any:
    """Evidence of two ways without numbers."""
    scenario = load_scenario("sponsor_loss")
    both = (Way("a", {"en": "As now", "sv": "Som nu"}), Way("b", {"en": "Open to all", "sv": "Öppet för alla"}))
    return Evidence("x", scenario.title, both, pd.DataFrame(), (), 6, 100, 1)


def leaves(found: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text with its dotted key."""
    if isinstance(found, dict | list):
        pairs = found.items() if isinstance(found, dict) else enumerate(found)
        for name, each in pairs:
            yield from leaves(each, f"{key}.{name}" if key else str(name))
    else:
        yield key, str(found)


# ---- words ----


@pytest.mark.parametrize("language", languages())
def test_no_text_of_the_pack_needs_a_dictionary(found: Arms, language: str) -> None:
    forbidden = re.compile(rf"\b({'|'.join(JARGON[language])})\b", re.IGNORECASE)
    templates = [
        re.sub(r"\{\w+\}", " ", text) for key, text in leaves(texts("pack", language)) if not key.startswith(EXEMPT)
    ]
    for text in [*templates, *sentences_in(found, language)]:
        assert not forbidden.search(text), text


@pytest.mark.parametrize("language", languages())
def test_a_mixed_room_can_read_it(found: Arms, language: str) -> None:
    text = " ".join(sentences_in(found, language))
    sentences = re.findall(r"[^.!?:]+[.!?:]", re.sub(r"(?<=\d)[.,](?=\d)", "", text))
    words = re.findall(r"[^\W\d_]+", text)
    long = sum(len(word) > 6 for word in words)
    assert len(words) / len(sentences) + 100 * long / len(words) < LIX[language]
    if language == "en":
        syllables = sum(max(len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", word.lower()))), 1) for word in words)
        assert 206.835 - 1.015 * len(words) / len(sentences) - 84.6 * syllables / len(words) > FLESCH


@pytest.mark.parametrize("language", languages())
def test_every_measure_has_a_sentence_and_every_shipped_scenario_a_meaning_of_its_ways(language: str) -> None:
    from coprod_abm.experiments.pack.story_ways import meaning

    words = PackWords(language)
    assert set(words.pack["values"]) == set(NAMES)
    assert set(words.pack["gaps"]) == {measure(name).unit for name in NAMES}
    for name in scenarios():
        for arm in load_scenario(name).arms:
            told = meaning(arm, words)
            assert "{" not in told
            assert not re.search(r"[a-z]+[._][a-z]+_", told), told  # no names of parameters


def test_sentences_say_the_numbers_of_the_table(found: Arms) -> None:
    story = story_of(found, PackWords("en"))
    for one in story.told:
        row = found.effects
        row = row[(row["arm"] == one.finding.way) & (row["measure"] == one.finding.measure)]
        last = row[row["week"] == row["week"].max()].iloc[0]
        assert one.finding.verdict == last["verdict"]
        scale = 100 if measure(one.finding.measure).unit == "share" else 1
        if last["n"]:
            numbers = [float(text) for text in re.findall(r"\d+(?:\.\d+)?", one.text)]
            for value in (last["reference"], last["value"]):
                assert min(abs(number - scale * value) for number in numbers) <= (0.5 if scale == 100 else 0.06)


def test_the_verdict_is_said_and_never_more_than_it() -> None:
    words, ways = PackWords("en"), two_ways()
    unsure = Finding("need_met", "b", 0.40, 0.41, 0.01, -0.02, 0.04, 0.55, 0.45, 100, "cannot tell")
    told = told_of(unsure, "a", ways, words)
    assert told.headline == "Needs met: the model cannot tell"
    assert told.text.startswith("With “As now”, 40 of 100 needs are met. With “Open to all”, 41 of 100 needs are met.")
    assert "Chance alone could explain" in told.text
    assert "between 2.0 less and 4.0 points more" in told.text
    assert "better by" not in told.text
    worse = Finding("promises_broken", "b", 3.0, 5.0, 2.0, 1.5, 2.5, 0.05, 0.92, 100, "worse")
    text = told_of(worse, "a", ways, words).text
    assert "worse by 2.0 per project" in text
    assert "Of 100 futures it is better in 5 and worse in 92. Nearly all futures agree." in text
    assert "1.5 to 2.5 per project" in text
    split = worse._replace(share_worse=0.6)
    assert "holds on average only" in told_of(split, "a", ways, words).text


@pytest.mark.parametrize("language", languages())
def test_defaults_and_draws_are_always_said(found: Arms, language: str) -> None:
    words = PackWords(language)
    drawn = replace(found, facts={**found.facts, "draws": {"file": "a/b/posterior.parquet", "draws": 400}})
    for arms, said, not_said in ((found, "defaults", "draws"), (drawn, "draws", "defaults")):
        story = story_of(arms, words)
        start = words.tell(f"assumed.{said}", draws=400, file="posterior.parquet") if said == "draws" else ""
        assert (start or words.tell("assumed.defaults")) in story.assumed
        assert words.tell(f"sure.{said}") in story.sure
        assert words.tell(f"sure.{not_said}") not in story.sure
        guide = guide_of(evidence_of(arms), words)
        assert words.tell(f"guide.{said}", draws=400) if said == "draws" else words.tell("guide.defaults") in guide


# ---- the page ----


class Outline(HTMLParser):
    """What a page holds, for who hears it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_report_is_one_file_that_can_be_heard_as_well_as_seen(told: SimpleNamespace) -> None:
    text, page = told.page, Outline(told.page)
    assert page.all("html")[0]["lang"] == told.language
    assert "http:" not in text
    assert "https:" not in text
    for attribute in ("src", "href"):
        for _, attributes in page.tags:
            assert (attributes.get(attribute) or "#").startswith(("#", "data:"))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(deeper <= before + 1 for before, deeper in itertools.pairwise(levels))
    assert all(len(one["alt"] or "") > 60 for one in page.all("img"))
    assert len(page.all("main")) == len(page.all("header")) == len(page.all("nav")) == 1
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert {one["href"] for one in page.all("a")} <= {f"#{one}" for one in ids}
    assert len(page.all("caption")) == len(page.all("table"))
    assert len(page.all("details")) == 2  # guess first, then look


def test_nothing_is_given_away_before_the_room_has_guessed(found: Arms, told: SimpleNamespace) -> None:
    before = told.page[told.page.index("<main") :].split("<details", maxsplit=1)[0]
    words = PackWords(told.language)
    assert words.tell("guess.lead") in before
    assert words.verdict("cannot tell") not in before
    assert not any(escape(one.headline) in before for one in story_of(found, words).told)


def test_a_hostile_name_stays_a_name(found: Arms) -> None:
    bad = dict.fromkeys(languages(), "<script>alert(1)</script>")
    arms = tuple(replace(arm, title=bad) for arm in found.scenario.arms)
    scenario = replace(found.scenario, title=bad, question=bad, arms=arms)
    words = PackWords("en")
    text = report([(replace(found, scenario=scenario), story_of(replace(found, scenario=scenario), words), {})], words)
    assert "<script>alert" not in text


# ---- slides ----


def test_on_slides_nothing_is_outside_or_over_anything_else_and_all_has_words(told: SimpleNamespace) -> None:
    slides = told.slides
    assert len(slides) > 12
    kinds = set()
    for number, slide in enumerate(slides, start=1):
        assert slide.shapes.title.text.strip(), number
        assert slide.notes_slide.notes_text_frame.text.strip(), number
        boxes = []
        for shape in slide.shapes:
            left, top = shape.left / Inches(1), shape.top / Inches(1)
            right, bottom = left + shape.width / Inches(1), top + shape.height / Inches(1)
            assert min(left, top) >= 0, (number, shape.name)
            assert right <= WIDE + 0.01, (number, shape.name)
            assert bottom <= HIGH + 0.01, (number, shape.name)
            boxes.append((shape.name, left, top, right, bottom))
            if shape.has_chart or shape.has_table or shape.shape_type == 13:
                kinds.add("chart" if shape.has_chart else "table" if shape.has_table else "picture")
                assert len(shape._element.xpath(".//p:cNvPr")[0].get("descr") or "") > 20, (number, shape.name)
            if shape.has_table:
                sizes = [
                    run.font.size.pt for row in shape.table.rows for run in row.cells[0].text_frame.paragraphs[0].runs
                ]
                assert min(sizes) >= 14, (number, shape.name)
            if shape.has_text_frame and shape != slide.shapes.title:
                paragraphs = shape.text_frame.paragraphs
                size = paragraphs[0].runs[0].font.size.pt
                assert size >= 14, (number, shape.name)
                high = needed([one.text for one in paragraphs], right - left, size)
                assert high <= bottom - top + 0.02, (number, [one.text for one in paragraphs])
        for (one, *a), (other, *b) in itertools.combinations(boxes, 2):
            across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            assert min(across, down) <= 0.01, (number, one, other)
    assert kinds == {"chart", "table", "picture"}


def test_charts_hold_the_numbers_of_the_runs(found: Arms, told: SimpleNamespace) -> None:
    charts = [shape.chart for slide in told.slides for shape in slide.shapes if shape.has_chart]
    table = found.trajectories
    ends = table[(table["measure"] == "changes_implemented") & (table["arm"] == "leaves") & (table["week"] == 156)]
    line = list(charts[1].plots[0].series)[1]
    assert line.name == found.scenario.arm("leaves").title[told.language]
    assert line.values[-1] == pytest.approx(ends["value"].median(), abs=0.01)
    assert [len(list(one.plots[0].series)) for one in charts[:2]] == [
        1,
        3,
    ]  # guess with the first way alone, then reveal


# ---- the command ----


def test_the_command_writes_a_pack_from_a_folder(folder: Path, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "pack"
    assert coprod(["workshop", "pack", f"from={folder.parent}", f"out={out}", "language=sv", "slides=no"]) == 0
    assert {file.name for file in out.iterdir()} == {"report.sv.html", "provenance.json"}
    assert "report.sv.html" in capsys.readouterr().out


def test_what_cannot_be_is_refused_with_a_way_on(folder: Path, tmp_path: Path, monkeypatch: Any) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "file").write_text("x")
    for words, kind, said in (
        (["from=nowhere"], RunError, None),
        ([], RunError, "from=FOLDER"),
        ([f"from={folder}", "language=de"], RunError, "en, sv"),
        ([f"from={folder}", "language="], RunError, "en, sv"),
        ([f"from={folder}", f"out={taken}"], OutputError, "Name another folder"),
        ([f"from={folder}", "font=No Such Font"], CaseError, "DejaVu"),
        ([f"from={folder}", "scenario=sponsor_loss"], RunError, "Leave one of them out"),
        ([f"from={folder}", "slides=perhaps"], RunError, "yes nor no"),
        ([f"from={folder}", "fro=x"], RunError, "is for runs"),
    ):
        if said:
            with pytest.raises(kind, match=said):
                asked_of(words)
    monkeypatch.setitem(sys.modules, "pptx", None)
    with pytest.raises(RunError, match="slides=no"):
        asked_of([f"from={folder}"])
    assert asked_of([f"from={folder}", "slides=no", f"out={tmp_path / 'new'}"]).slides is False


def test_a_folder_without_scenarios_is_refused_and_leaves_nothing(tmp_path: Path, capsys: Any, folder: Path) -> None:
    (tmp_path / "empty").mkdir()
    broken = tmp_path / "broken" / "one"
    broken.mkdir(parents=True)
    for file in folder.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    (broken / "effects.csv").write_text("nothing\n1\n")
    (broken / "study.json").write_text("{")
    for given, said in (
        (tmp_path / "empty", "holds no results"),
        (tmp_path / "none", "does not exist"),
        (folder / "effects.csv", "is a file"),
        (broken, "cannot be read"),
    ):
        for part in ("pack", "guide", "map"):
            assert coprod(["workshop", part, f"from={given}", f"out={tmp_path / 'out'}"]) == 2
            told = capsys.readouterr().err
            assert said in told or (part != "pack" and "holds no" in told), (part, told)
            assert "coprod" in told or "again" in told
    assert not (tmp_path / "out").exists()
