"""The whole set of pictures of a scenario, drawn from its tables alone; nothing here runs the model."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from coprod_abm.experiments.picture_animation import keep_animation
from coprod_abm.experiments.picture_fan import collective_picture, fan_picture
from coprod_abm.experiments.picture_gains import gains_picture
from coprod_abm.experiments.picture_meeting import meeting_picture
from coprod_abm.experiments.picture_network import frames, network_picture
from coprod_abm.experiments.picture_rows import ladder_picture, multiples_picture
from coprod_abm.experiments.picture_score import scorecard_picture
from coprod_abm.experiments.picture_shares import heard_picture, trade_picture
from coprod_abm.experiments.picture_style import FORMATS, Kept, keep_picture, picture_style, speak_numbers
from coprod_abm.experiments.picture_words import PictureWords
from coprod_abm.experiments.scenario_arms import Arms
from coprod_abm.language import languages
from coprod_abm.year import YEAR

Draw = Callable[[PictureWords], Kept]
STILLS = (1, 3, 6)  # years of the still frames
ANIMATION = "network"


def pictures_of(found: Arms) -> dict[str, Draw]:
    """Every picture of a scenario by the name of its file, in the order in which a room reads them."""
    return {name: partial(_spoken, draw) for name, draw in _drawn(found).items()}


def _spoken(draw: Draw, words: PictureWords) -> Kept:
    picture = draw(words)
    speak_numbers(picture.figure, words.decimal_mark)
    return picture


def _drawn(found: Arms) -> dict[str, Draw]:
    chosen: dict[str, Draw] = {f"fan_{name}": partial(_of_outcome, found, name) for name in found.scenario.outcomes}
    chosen["scorecard"] = lambda words: scorecard_picture(found, words)
    chosen["where"] = lambda words: multiples_picture(found, words)
    chosen["who_gains"] = lambda words: gains_picture(found, words)
    chosen["seats_voice_influence"] = lambda words: heard_picture(found, words)
    chosen["collective_leadership"] = lambda words: collective_picture(found, words)
    chosen["influence_and_work"] = lambda words: trade_picture(found, words)
    if found.scenario.ladder:
        chosen["ladder"] = lambda words: ladder_picture(found, words)
    if len(found.pages.meeting):
        chosen["meeting"] = lambda words: meeting_picture(found, words)
    seen = set(frames(found))
    for year in STILLS:
        if year * YEAR in seen:
            chosen[f"{ANIMATION}_year_{year}"] = partial(_of_year, found, year)
    return chosen


def _of_outcome(found: Arms, name: str, words: PictureWords) -> Kept:
    return fan_picture(found, name, words)


def _of_year(found: Arms, year: int, words: PictureWords) -> Kept:
    return network_picture(found, words, year)


def draw_pictures(
    found: Arms,
    folder: Path,
    spoken: Sequence[str] | None = None,
    formats: Sequence[str] = FORMATS,
    font: str | None = None,
    only: Sequence[str] | None = None,
    told: Callable[[str], None] | None = None,
) -> list[Path]:
    """Draw every picture, or those named in ``only``, in each language into ``folder``, which is made; the files, in order.

    Raises:
        CaseError: when the font does not exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    with picture_style(font):
        for name, draw in pictures_of(found).items():
            for language in spoken or languages():
                if only is None or name in only:
                    files += keep_picture(draw(PictureWords(language)), folder, name, language, formats)
            if told:
                told(name)
        if only is None or ANIMATION in only:
            for language in spoken or languages():
                if frames(found):
                    files += keep_animation(found, PictureWords(language), folder)
    return files
