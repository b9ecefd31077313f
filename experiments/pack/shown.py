"""Pictures and tables that report and slides share: which pictures a scenario gets, the scorecard, and who is better off."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from coprod_abm.experiments.pack.evidence import Evidence, Finding
from coprod_abm.experiments.pack.page import Cell, png_of
from coprod_abm.experiments.pack.story import Story
from coprod_abm.experiments.pack.words import PackWords
from coprod_abm.experiments.picture_style import picture_style
from coprod_abm.experiments.pictures import pictures_of
from coprod_abm.experiments.scenario_runs import Arms
from coprod_abm.measures import measure

FANS = 2  # outcomes that get a picture of their own
GROUPS = (  # who: rows of the table, in which people find themselves
    ("citizens", ("need_met_majority", "need_met_group_1", "need_met_group_2", "need_gap", "citizen_trust")),
    ("members", ("member_fairness", "member_trust", "member_efficacy")),
    ("staff", ("staff_trust", "staff_burnout")),
    ("work", ("changes_implemented", "promises_broken")),
)
ROWS = tuple(name for _, names in GROUPS for name in names)


class Shown(NamedTuple):
    """A picture with its words, ready to be laid into a page or a slide."""

    name: str
    png: bytes
    alt: str


def shown_pictures(found: Arms, words: PackWords, font: str | None = None) -> dict[str, Shown]:
    """The pictures of a scenario that a pack shows, by name.

    Raises:
        CaseError: when the font does not exist.
    """
    draw = pictures_of(found)
    wanted = [f"fan_{name}" for name in found.scenario.outcomes[:FANS]]
    wanted += ["ladder"] if found.scenario.ladder else []
    wanted += ["where"] if len(found.cases) > 1 else []
    made = {words.made(found, recorded=recorded, each=each) for recorded in (True, False) for each in (True, False)}
    kept: dict[str, Shown] = {}
    with picture_style(font):
        for name in wanted:
            figure, told, _ = draw[name](words)
            for one in made:  # seeds and versions stand in the record, not in what is read aloud
                told = told.removesuffix(one)
            title = figure.texts[0].get_text().replace("\n", " ")
            kept[name] = Shown(name, png_of(figure), f"{title}. {told.strip()}")
    return kept


def score_cell(one: Finding | None, words: PackWords) -> Cell:
    """A cell with sign and verdict, and the difference with how far chance reaches."""
    if one is None or not one.n:
        return Cell(words.tell("signs.cannot tell"), words.verdict("cannot tell"), "unclear")
    gap, low, high = (words.bare_gap(one.measure, value) for value in (one.difference, one.low, one.high))
    told = words.tell("score.gap", gap=gap, low=low, high=high) if np.isfinite(one.low) else gap
    return Cell(words.signed_verdict(one.verdict), told, look_of(one.verdict))


def look_of(verdict: str) -> str:
    """The class of a cell."""
    return {"better": "better", "worse": "worse", "cannot tell": "unclear"}.get(verdict, "plain")


def score_rows(story: Story, names: list[str], words: PackWords) -> Iterator[tuple[str, list[Cell]]]:
    """Rows of a scorecard: outcomes down, ways across, the first with its values."""
    evidence = story.evidence
    for name in names:
        found = [evidence.found(name, way) for way in story.shown]
        if not any(found):
            continue
        before = next(one.before for one in found if one)
        first = Cell(first_value(name, before, words))
        yield f"{words.measure(name)} ({words.unit(name)})", [first, *(score_cell(one, words) for one in found)]


def first_value(name: str, value: float, words: PackWords) -> str:
    """A value in a table."""
    return words.amount(name, value)


def room_told(evidence: Evidence, words: PackWords) -> list[str]:
    """That there is no room for all ways, where there is none."""
    shown, every = len(evidence.shown_ways) + 1, len(evidence.ways)
    return [words.tell("ways.room", shown=shown, all=every)] if shown < every else []


def way_heads(story: Story, words: PackWords) -> list[str]:
    """Names of the first way and of those shown."""
    first = story.evidence.ways[0].name
    return [story.evidence.way(name, words.language) for name in (first, *story.shown)]


def who_names(evidence: Evidence) -> list[str]:
    """The measures of people that were read."""
    known = set(evidence.effects["measure"])
    return [name for _, names in GROUPS for name in names if name in known and measure(name).direction]


def gap_sentences(story: Story, words: PackWords) -> list[str]:
    """What becomes of the gap between the majority and groups seldom heard, one sentence for each way."""
    told = []
    for way in story.shown:
        one = story.evidence.found("need_gap", way)
        if one and one.n:
            name = words.quoted(story.evidence.way(way, words.language))
            about = words.tell(f"who.gap_told.{one.verdict}", gap=words.gap_told("need_gap", one.difference))
            told.append(words.tell("who.gap", arm=name, told=about))
    return told


class Share(NamedTuple):
    """Citizens' shares under one way, of a hundred."""

    way: str
    seat: float
    voice: float
    influence: float


def heard_shares(found: Arms, story: Story, words: PackWords) -> list[Share]:
    """Citizens' shares of seats, talk and decisions under each way shown; the mean over cases."""
    table = found.seats[found.seats["role"] == "citizen"]
    means = 100 * table.groupby(["arm", "what"])["share"].mean().unstack()
    names = [found.scenario.arms[0].name, *story.shown]
    return [
        Share(words.arm(found.scenario, name), *(float(means[what][name]) for what in ("seat", "voice", "influence")))
        for name in names
    ]


def heard_sentences(shares: list[Share], words: PackWords) -> list[str]:
    """The shares as sentences."""
    return [
        words.tell(
            "heard.cell",
            arm=words.quoted(one.way),
            **{key: words.number(getattr(one, key), decimals=0) for key in ("seat", "voice", "influence")},
        )
        for one in shares
    ]
