"""The slides of a workshop: question, assumptions, guess, what the model shows, how sure, what it cannot say, prompts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION
from pptx.util import Pt

from coprod_abm.experiments.pack.deck import BOTTOM, INSIDE, SIDE, TOP, Deck
from coprod_abm.experiments.pack.fit import LEAST_SIZE, needed, table_size
from coprod_abm.experiments.pack.page import Cell
from coprod_abm.experiments.pack.report import outcomes
from coprod_abm.experiments.pack.shown import (
    Shown,
    gap_sentences,
    heard_sentences,
    heard_shares,
    room_told,
    score_rows,
    way_heads,
    who_names,
)
from coprod_abm.experiments.pack.slide_charts import BESIDE, CHART, counted, lines
from coprod_abm.experiments.pack.story import Story, Told, record_of
from coprod_abm.experiments.pack.words import PackWords
from coprod_abm.experiments.scenario_runs import Arms
from coprod_abm.measures import measure

Rows = list[tuple[str, list[Cell]]]
NAMES = 3.9  # inches of a table's first column


def write_slides(parts: Sequence[tuple[Arms, Story, Mapping[str, Shown]]], words: PackWords, file: Path) -> None:
    """Write the slides of one or several scenarios."""
    title = words.tell("pages.report_many", n=len(parts)) if len(parts) > 1 else parts[0][1].title
    deck = Deck(words.language, title)
    for found, story, pictures in parts:
        record = "; ".join(f"{name}: {value}" for name, value in record_of(found.facts, story.evidence, words))
        deck.made = words.tell("notes.made", record=record)
        before_looking(deck, found, story, words)
        what_it_shows(deck, found, story, pictures, words)
        what_to_make_of_it(deck, story, words)
    deck.save(file)


def before_looking(deck: Deck, found: Arms, story: Story, words: PackWords) -> None:
    """Question, assumptions, ways, and the sheet for guesses with the first way alone."""
    slide = deck.slide(story.title, words.tell("notes.question"))
    deck.sentences(slide, [story.question, words.tell("pages.intro")], most=32)
    bullets(deck, words.tell("sections.assumed"), story.assumed, words.tell("notes.assumed"))
    slide = deck.slide(words.tell("sections.ways"), words.tell("notes.ways"))
    heads = [words.tell("ways.way"), words.tell("ways.means")]
    rows = [(name, [Cell(means)]) for name, means in story.ways]
    deck.table(slide, heads, rows, words.tell("ways.caption"), 3.6)
    first, *others = way_heads(story, words)
    slide = deck.slide(words.tell("sections.guess"), words.tell("notes.guess"))
    told = [words.tell("guess.lead"), words.tell("guess.marks")]
    high = needed(told, INSIDE, 18)
    deck.sentences(slide, told, (SIDE, TOP, INSIDE, high), most=18)
    rows = [(words.measure(name), [Cell("")] * len(others)) for name in outcomes(story)]
    alt = words.tell("guess.caption", reference=words.quoted(first))
    deck.table(slide, [words.tell("guess.outcome"), *others], rows, alt, 4.6, TOP + high + 0.15, whole=True)
    slide = deck.slide(words.measure(outcomes(story)[0]), words.tell("notes.guess"))
    told = [words.tell("guess.draw", reference=words.quoted(first))]
    high = needed(told, INSIDE, 18)
    deck.sentences(slide, told, (SIDE, TOP, INSIDE, high), most=18)
    lines(deck, slide, found, story, words, (SIDE, TOP + high + 0.1, INSIDE, BOTTOM - TOP - high - 0.1), [0])


def bullets(deck: Deck, title: str, texts: Sequence[str], notes: str) -> None:
    """Sentences on as many slides as they need to be read from the back."""
    rest = list(texts)
    while rest:
        count = len(rest)
        while count > 1 and needed(rest[:count], INSIDE, 18) > BOTTOM - TOP:
            count -= 1
        deck.sentences(deck.slide(title, notes), rest[:count])
        rest = rest[count:]


def what_it_shows(deck: Deck, found: Arms, story: Story, pictures: Mapping[str, Shown], words: PackWords) -> None:
    """What the years bring for each outcome, in how many futures, verdicts, who, and seats, talk and decisions."""
    for place, name in enumerate(outcomes(story)):
        told = story.of(name)
        notes = "\n".join([words.tell("notes.shows"), *room_told(story.evidence, words), *(one.text for one in told)])
        slide = deck.slide(headline(told, words), notes)
        lines(deck, slide, found, story, words, CHART, range(len(story.shown) + 1), name)
        deck.sentences(slide, beside(told, words), BESIDE, most=20)
        if shown := pictures.get(f"fan_{name}"):
            slide = deck.slide(words.tell("slides.fan", measure=words.measure(name)), words.tell("notes.fan"))
            deck.picture(slide, shown.png, shown.alt)
        if place == 0 and np.isfinite(told[0].finding.share_better):
            counted(deck, story, told, words)
    for key in ("ladder", "where"):
        if key in pictures:
            slide = deck.slide(words.tell(f"slides.{key}"), words.tell("notes.shows"))
            deck.picture(slide, pictures[key].png, pictures[key].alt)
    score(deck, story, outcomes(story), "score", words)
    score(deck, story, who_names(story.evidence), "who", words)
    heard(deck, found, story, words)


def headline(told: Sequence[Told], words: PackWords) -> str:
    """The headline of an outcome: of its only way, or what it is about where there are several."""
    if len(told) == 1:
        return told[0].headline
    return words.measure(told[0].finding.measure)


def beside(told: Sequence[Told], words: PackWords) -> list[str]:
    """What stands beside a chart: each way's answer and in how many futures it holds; the rest stands in the notes."""
    texts = []
    for one in told:
        counts = words.counted(one.finding, plain=measure(one.finding.measure).direction == 0)
        texts.append(f"{one.headline}. {counts}".strip())
    return texts


def score(deck: Deck, story: Story, names: Sequence[str], key: str, words: PackWords) -> None:
    """A native table of verdicts, on as many slides as it needs to be read from the back."""
    first, *others = way_heads(story, words)
    caption = words.tell(f"{key}.caption", years=story.evidence.years, reference=words.quoted(first))
    heads = [words.tell("score.outcome" if key == "score" else "who.group"), first, *others]
    below = [words.tell("score.key")] if key == "score" else gap_sentences(story, words)
    parts = in_parts(heads, list(score_rows(story, list(names), words)))
    for place, rows in enumerate(parts):
        notes = words.tell(f"notes.{key}")
        is_last = place == len(parts) - 1
        slide = deck.slide(caption, "\n".join([notes, *(below if is_last else [])]))
        high = deck.table(slide, heads, rows, caption, NAMES)
        left = BOTTOM - TOP - high - 0.1
        if is_last and below and needed(below, INSIDE, LEAST_SIZE) <= left:
            deck.sentences(slide, below, (SIDE, TOP + high + 0.1, INSIDE, left), most=16)


def in_parts(heads: Sequence[str], rows: Rows) -> list[Rows]:
    """Rows in as few parts of about the same length as can be read from the back."""
    widths = [NAMES, *[(INSIDE - NAMES) / (len(heads) - 1)] * (len(heads) - 1)]
    for count in range(1, len(rows) + 1):
        long = -(-len(rows) // count)
        parts = [rows[start : start + long] for start in range(0, len(rows), long)]
        if all(table_size(heads, part, widths, BOTTOM - TOP)[0] >= LEAST_SIZE for part in parts):
            return parts
    return [[row] for row in rows]


def heard(deck: Deck, found: Arms, story: Story, words: PackWords) -> None:
    """Citizens' shares of seats, talk and decisions as bars."""
    shares = heard_shares(found, story, words)
    slide = deck.slide(words.tell("sections.heard"), words.tell("notes.heard"))
    keys = ("seat", "voice", "influence")
    names = [words.say(f"shares.{key}") for key in keys]
    series = {
        one.way: [round(getattr(one, key)) if np.isfinite(getattr(one, key)) else None for key in keys]
        for one in shares
    }
    told = heard_sentences(shares, words)
    alt = f"{words.tell('heard.caption')}. {' '.join(told)}"
    chart = deck.chart(slide, XL_CHART_TYPE.COLUMN_CLUSTERED, names, series, alt, CHART)
    plot = chart.plots[0]
    plot.gap_width, plot.overlap, plot.has_data_labels = 70, -5, True
    plot.data_labels.font.size, plot.data_labels.position = Pt(16), XL_LABEL_POSITION.OUTSIDE_END
    chart.value_axis.visible = False
    chart.value_axis.has_major_gridlines = False
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = 0.0, 118.0  # room for labels below the key
    deck.sentences(slide, [words.tell("heard.lead"), *told], BESIDE, most=18)


def what_to_make_of_it(deck: Deck, story: Story, words: PackWords) -> None:
    """How sure, what it cannot say, and prompts."""
    for key, texts in (("sure", story.sure), ("cannot", story.cannot), ("discuss", story.discuss)):
        bullets(deck, words.tell(f"sections.{key}"), texts, words.tell(f"notes.{key}"))
