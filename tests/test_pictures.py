"""Pictures of scenarios: nothing is cut or over something else, everything is told in words, and colour is never alone."""

import itertools
import json
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from PIL import Image

from coprod_abm.case import Case, CaseError
from coprod_abm.experiments.picture_animation import keep_film
from coprod_abm.experiments.picture_score import CELLS, last_effects
from coprod_abm.experiments.picture_shares import ROLE_FILLS
from coprod_abm.experiments.picture_style import (
    LOOKS,
    WIDE,
    checked_font,
    picture_style,
    speak_numbers,
    width_of,
    wrapped,
)
from coprod_abm.experiments.picture_words import PictureWords
from coprod_abm.experiments.pictures import draw_pictures, pictures_of
from coprod_abm.experiments.scenario import case_of as cases_of
from coprod_abm.experiments.scenario import load_scenario, scenarios
from coprod_abm.experiments.scenario_arms import Arms
from coprod_abm.experiments.scenario_effects import effects_of
from coprod_abm.experiments.scenario_runs import run_arms
from coprod_abm.experiments.scenarios import film_told
from coprod_abm.language import languages

FACTS = {"versions": {"coprod-abm": "0.1.0"}, "model": "0123456789abcdef"}


@pytest.fixture(scope="module")
def found(case_of: Callable[..., Case]) -> Arms:
    """A scenario with four arms drawn of five, two cases, and a year that projects may not survive."""
    cases = [replace(case_of(id=name), years=3) for name in ("ONE", "TWO")]
    scenario = load_scenario("ladder_climb")
    arms = tuple(arm for arm in scenario.arms if arm.name in {*scenario.drawn, "delegated_power"})
    arms_found = run_arms(replace(scenario, arms=arms), cases, replicates=4, threads=1)
    return replace(arms_found, facts={**FACTS, **arms_found.facts})


def words_in(figure: Figure) -> Iterator[Text]:
    """Every text that shows."""
    for text in figure.findobj(Text):
        if text.get_text().strip() and text.get_visible() and text.figure is not None:
            yield text


def clashes(figure: Figure) -> list[str]:
    """Texts over one another or beyond the sheet."""
    figure.canvas.draw()
    boxes = [(text.get_text(), text.get_window_extent()) for text in words_in(figure)]
    told = [
        f"{text!r} is cut off"
        for text, box in boxes
        if box.x0 < 0 or box.y0 < 0 or box.x1 > figure.bbox.x1 or box.y1 > figure.bbox.y1
    ]
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        upward = min(first.y1, second.y1) - max(first.y0, second.y0)
        if across > 1 and upward > 4:  # boxes are a little higher than the letters
            told.append(f"{one!r} and {other!r}")
    return told


SAID = {"sv": ("inte kalibrerade", "4 ", "Frö 1"), "en": ("not calibrated", "4 ", "Seed 1")}


@pytest.mark.parametrize("language", ["sv", pytest.param("en", marks=pytest.mark.slow)])  # Swedish words are the longer
def test_no_text_is_cut_or_over_another_and_runs_and_parameters_are_said(found: Arms, language: str) -> None:
    with picture_style():
        for name, draw in pictures_of(found).items():
            picture = draw(PictureWords(language))
            assert not clashes(picture.figure), name
            assert len(picture.words) > 60, name
            assert len(picture.numbers) > 0, name
            assert "nan" not in picture.words, name
            notes = " ".join(text.get_text().replace("\n", " ") for text in words_in(picture.figure))
            assert all(said in notes for said in SAID[language]), name


def test_every_kind_of_picture_is_drawn(found: Arms) -> None:
    kinds = set(pictures_of(found))
    assert {"scorecard", "where", "who_gains", "seats_voice_influence", "collective_leadership"} <= kinds
    assert {"influence_and_work", "ladder", "meeting", "network_year_1", "network_year_3", "fan_need_met"} <= kinds
    assert "ladder" not in pictures_of(replace(found, scenario=replace(found.scenario, ladder=False)))


def test_long_names_are_wrapped_and_nothing_clashes(found: Arms) -> None:
    long = {"en": "Everybody who has ever been asked decides", "sv": "Medborgardialogsamordningsgruppen bestämmer"}
    arms = tuple(replace(arm, title=long) for arm in found.scenario.arms)
    told = replace(found, scenario=replace(found.scenario, arms=arms))
    with picture_style():
        for name in ("fan_need_met", "scorecard", "influence_and_work"):
            assert not clashes(pictures_of(told)[name](PictureWords("sv")).figure), name


def test_files_hold_words_numbers_and_a_title_for_screen_readers(found: Arms, tmp_path: Path) -> None:
    files = draw_pictures(found, tmp_path, ["sv"], only=["scorecard", "network"])
    names = {file.name for file in files if file.suffix != ".mp4"}
    assert names == {"scorecard.sv.png", "scorecard.sv.svg", "scorecard.sv.pdf", "network.sv.gif"}
    told = (tmp_path / "scorecard.sv.txt").read_text(encoding="utf-8")
    assert "Vad blir bättre" in told
    root = ET.parse(tmp_path / "scorecard.sv.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root.get("lang") == "sv"
    assert root[0].tag == f"{space}title"
    assert root[1].tag == f"{space}desc"
    assert root[1].text in told
    with Image.open(tmp_path / "scorecard.sv.png") as still:
        assert still.info["Description"] in told
    with Image.open(tmp_path / "network.sv.gif") as moving:
        assert moving.n_frames == 6
        assert moving.info.get("loop") is None  # it plays once
        assert moving.info["duration"] >= 500  # slow enough to read, and nothing flashes
    numbers = pd.read_csv(tmp_path / "scorecard.csv")
    assert numbers["difference"].to_numpy() == pytest.approx(last_effects(found)["difference"].to_numpy(), rel=1e-4)


def test_a_film_has_every_frame_and_waits_at_the_last(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stills = [Image.new("RGB", (7, 5), colour) for colour in ("white", "black")]
    asked: list[bytes] = []

    def run(command: list[str], **given: Any) -> Any:
        assert "7x5" in command
        asked.append(given["input"])
        return subprocess.CompletedProcess(command, returncode=len(asked) - 1)

    monkeypatch.setattr("coprod_abm.experiments.picture_animation.shutil.which", lambda name: f"/bin/{name}")
    monkeypatch.setattr("coprod_abm.experiments.picture_animation.subprocess.run", run)
    assert keep_film(stills, tmp_path / "a.mp4")
    assert len(asked[0]) == 5 * 7 * 5 * 3
    assert asked[0].endswith(bytes(4 * 7 * 5 * 3))
    (tmp_path / "b.mp4").write_bytes(b"half")
    assert not keep_film(stills, tmp_path / "b.mp4")  # ffmpeg has failed
    assert not (tmp_path / "b.mp4").exists()


def test_without_ffmpeg_there_is_a_gif_and_a_word_about_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert not keep_film([Image.new("RGB", (4, 4))], tmp_path / "a.mp4")
    assert "ffmpeg" in film_told()[-1]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="no ffmpeg on this machine")
def test_ffmpeg_writes_a_film(tmp_path: Path) -> None:
    assert keep_film([Image.new("RGB", (101, 51), colour) for colour in ("white", "black")], tmp_path / "a.mp4")
    assert b"ftyp" in (tmp_path / "a.mp4").read_bytes()[:16]


def test_numbers_behind_a_fan_are_those_of_the_runs(found: Arms) -> None:
    with picture_style():
        numbers = pictures_of(found)["fan_need_met"](PictureWords("en")).numbers
    row = numbers[(numbers["arm"] == "partnership") & (numbers["shows"] == "level") & (numbers["week"] == 156)].iloc[0]
    table = found.trajectories
    ends = table[(table["arm"] == "partnership") & (table["measure"] == "need_met") & (table["week"] == 156)]
    assert row["q50"] == pytest.approx(100 * ends.groupby("replicate")["value"].mean().median())


def test_numbers_of_the_meeting_are_those_of_the_records(found: Arms) -> None:
    meeting = found.pages.meeting
    for _, acts in meeting.groupby("arm"):
        votes = acts[acts["act"].isin(["support", "challenge"])]
        assert votes["speaker"].is_unique
        assert (acts["act"] == "propose").sum() == 1


def test_meetings_that_went_alike_are_said_to(found: Arms) -> None:
    first, *_, last = found.scenario.drawn
    meeting = found.pages.meeting
    same = pd.concat([meeting[meeting["arm"] == first].assign(arm=arm) for arm in (first, last)], ignore_index=True)
    told = []
    with picture_style():
        for table in (meeting, same):
            shown = replace(found, pages=found.pages._replace(meeting=table))
            figure = pictures_of(shown)["meeting"](PictureWords("en")).figure
            assert not clashes(figure)
            told.append(any("have not changed" in text.get_text().replace("\n", " ") for text in words_in(figure)))
    assert told == [False, True]


def brightness(colour: Any) -> float:
    """Relative luminance."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Any, other: Any) -> float:
    bright, dark = sorted((brightness(one), brightness(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_looks_differ_without_colour_and_stand_out_on_white() -> None:
    assert len({str(look.line) for look in LOOKS}) == len(LOOKS)
    assert len({look.mark for look in LOOKS}) == len(LOOKS)
    assert all(contrast(look.colour, "white") >= 3.0 for look in LOOKS)
    assert all(contrast(look.text, "white") >= 4.5 for look in LOOKS)
    assert len({sign for _, sign in CELLS.values()}) == len(CELLS)
    assert all(contrast(fill, "#1A1A1A") >= 7.0 for fill, _ in CELLS.values())
    fills = [brightness(fill) for fill, hatch, _ in ROLE_FILLS.values() if not hatch]
    assert max(fills) / min(fills) > 2.5
    assert all(contrast(fill, ink) >= 4.5 for fill, _, ink in ROLE_FILLS.values())


def greys(figure: Figure) -> set[int]:
    """The levels of grey, of 16, that a picture has where it is not white."""
    figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("L")  # type: ignore[attr-defined]
    return {level // 16 for level, count in enumerate(image.histogram()) if count > 200 and level < 240}


def test_without_colour_each_label_has_its_line_and_each_verdict_its_shade(found: Arms) -> None:
    with picture_style():
        drawn = found.scenario.drawn
        for name, labels in (("fan_need_met", 2 * len(drawn) - 1), ("collective_leadership", 3 * len(drawn))):
            figure = pictures_of(found)[name](PictureWords("sv")).figure
            samples = [str(line.get_linestyle()) for line in figure.artists if isinstance(line, Line2D)]
            assert len(samples) == labels, name
        assert len(greys(pictures_of(found)["seats_voice_influence"](PictureWords("sv")).figure)) >= 3
    shades = {verdict: brightness(CELLS[verdict][0]) for verdict in ("better", "worse", "cannot tell")}
    assert shades["cannot tell"] > 1.15 * shades["better"] > 1.3 * shades["worse"]


def test_numbers_along_an_axis_have_the_mark_of_the_language() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.set_yticks([0.25, 0.5])
    axes.set_xticks([1, 2], ["1.", "2."])  # words stay as they are
    speak_numbers(figure, PictureWords("sv").decimal_mark)
    assert [text.get_text() for text in axes.get_yticklabels()] == ["0,25", "0,50"]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1.", "2."]


def test_nothing_to_measure_is_told_in_words_and_is_no_number(found: Arms) -> None:
    table, name = found.trajectories.copy(), "need_met"
    table.loc[(table["measure"] == name) & (table["arm"] == "manipulation"), "value"] = np.nan
    lacks = replace(found, trajectories=table, effects=effects_of(table, found.scenario))
    with picture_style():
        for kind, said in (("scorecard", "inget att jämföra med"), (f"fan_{name}", "ingen jämförelse")):
            picture = pictures_of(lacks)[kind](PictureWords("sv"))
            assert not clashes(picture.figure), kind
            texts = " ".join(text.get_text().replace("\n", " ") for text in words_in(picture.figure))
            assert said in texts
            assert "inget att mäta" in texts
            assert "–" not in picture.words.replace(" – ", "")


def test_who_gains_shows_how_sure(found: Arms) -> None:
    with picture_style():
        numbers = pictures_of(found)["who_gains"](PictureWords("en")).numbers
    assert (numbers["q05"] <= numbers["value"]).all()
    assert (numbers["value"] <= numbers["q95"]).all()
    assert (numbers["q05"] < numbers["q95"]).any()


def test_draws_from_a_calibration_are_said(found: Arms) -> None:
    drawn = replace(found, facts={**found.facts, "draws": {"draws": 500, "file": "a/posterior.parquet"}})
    with picture_style():
        for name in ("fan_need_met", "meeting", "seats_voice_influence"):
            figure = pictures_of(drawn)[name](PictureWords("en")).figure
            notes = " ".join(text.get_text().replace("\n", " ") for text in words_in(figure))
            assert "500 draws from posterior.parquet" in notes
            assert "not calibrated" not in notes


def test_numbers_are_written_as_the_language_does() -> None:
    assert PictureWords("sv").value("need_met", 0.5) == "50 %"
    assert PictureWords("en").value("need_met", 0.5) == "50%"
    assert PictureWords("sv").number(1234.0) == "1\N{NO-BREAK SPACE}234"
    assert PictureWords("en").gap("need_met", -0.0001) == "0.0"


def test_lines_are_no_wider_than_asked() -> None:
    with picture_style():
        for line in wrapped("Medborgardialogsamordningsgruppernas möten och ett kort ord", 1.5, 13.0):
            assert width_of(line, 13.0) <= 1.5
    assert WIDE > 13


def test_a_missing_font_is_refused_with_a_way_on() -> None:
    assert checked_font("DejaVu Sans") == "DejaVu Sans"
    with pytest.raises(CaseError, match=r"Leave font= out for DejaVu Sans"):
        checked_font("DejaVu Sanz")


@pytest.mark.slow
@pytest.mark.parametrize("name", scenarios())
def test_shipped_scenarios_are_drawn_without_a_clash(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(name)
    ran = run_arms(scenario, cases_of(scenario), replicates=6)
    told = replace(ran, facts={**FACTS, **ran.facts})
    with picture_style():
        for kind, draw in pictures_of(told).items():
            for language in languages():
                picture = draw(PictureWords(language))
                assert not clashes(picture.figure), (kind, language)
    assert json.dumps(dict(ran.facts), default=str)
