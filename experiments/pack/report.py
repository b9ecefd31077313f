"""The report of a workshop as one page: question, guess, assumptions, what the model shows, how sure, what it cannot say."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from coprod_abm.experiments.pack import page
from coprod_abm.experiments.pack.guess_chart import guess_chart
from coprod_abm.experiments.pack.page import Cell, section
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
from coprod_abm.experiments.pack.story import Story, record_of
from coprod_abm.experiments.pack.words import PackWords
from coprod_abm.experiments.scenario_runs import Arms

PRINT = (  # what is folded up on the screen is laid open on paper
    "const all=[...document.querySelectorAll('details')];let was=[];"
    "addEventListener('beforeprint',()=>{was=all.map(one=>one.open);all.forEach(one=>{one.open=true})});"
    "addEventListener('afterprint',()=>all.forEach((one,i)=>{one.open=was[i]}));"
)
Part = tuple[Arms, Story, Mapping[str, Shown]]


def report(parts: Sequence[Part], words: PackWords) -> str:
    """The report of one or several scenarios in a language."""
    stories = [story for _, story, _ in parts]
    title = (
        words.tell("pages.report", title=stories[0].title)
        if len(stories) == 1
        else words.tell("pages.report_many", n=len(stories))
    )
    links = "".join(
        f'<li><a href="#{story.evidence.name}">{escape(story.title)}</a>: {escape(story.question)}</li>'
        for story in stories
    )
    contents = words.tell("pages.contents")
    nav = f'<nav aria-label="{escape(contents)}"><h2>{escape(contents)}</h2><ol>{links}</ol></nav>'
    head = (
        f"<header>{page.tag('h1', title)}{page.tag('p', words.tell('pages.intro'), class_='lead')}"
        f"{nav if len(stories) > 1 else ''}</header>"
    )
    body = "".join(article(found, story, pictures, words) for found, story, pictures in parts)
    whole = f'{head}<main id="content" tabindex="-1">{body}</main>'
    return page.document(words.language, title, whole, page.style_of("report"), words.tell("pages.skip"), PRINT)


def article(found: Arms, story: Story, pictures: Mapping[str, Shown], words: PackWords) -> str:
    """One scenario."""
    name = story.evidence.name

    def part(key: str, inside: str, look: str = "") -> str:
        return section(f"{name}-{key}", words.tell(f"sections.{key}"), inside, 3, look, name)

    shows = part("shows", what_it_shows(story, pictures, words)) + part("who", who(story, words))
    shows += part("heard", heard(found, story, words)) + part("sure", page.listed(story.sure))
    shows += part("cannot", page.listed(story.cannot)) + part("discuss", page.listed(story.discuss))
    reveal = f"<details><summary>{escape(words.tell('reveal'))}</summary>{shows}</details>"
    parts = [
        part("question", page.tag("p", story.question, class_="question")),
        part("assumed", page.listed(story.assumed) + ways(story, words)),
        part("guess", guess(found, story, words), "guess"),
        reveal,
        part("record", record(found, story, words), "record"),
    ]
    return f'<article aria-labelledby="{name}"><h2 id="{name}">{escape(story.title)}</h2>{"".join(parts)}</article>'


def ways(story: Story, words: PackWords) -> str:
    """The table of ways."""
    heads = [words.tell("ways.way"), words.tell("ways.means")]
    return page.table(words.tell("ways.caption"), heads, [(name, [Cell(means)]) for name, means in story.ways])


def guess(found: Arms, story: Story, words: PackWords) -> str:
    """The sheet on which a room writes what it expects, before it looks."""
    first, *others = way_heads(story, words)
    rows = [(words.measure(name), [Cell("")] * len(others)) for name in outcomes(story)]
    heads = [words.tell("guess.outcome"), *others]
    caption = words.tell("guess.caption", reference=words.quoted(first))
    return (
        page.paragraphs([words.tell("guess.lead")])
        + page.table(caption, heads, rows, "empty")
        + page.tag("p", words.tell("guess.marks"), class_="marks")
        + guess_chart(found, story.evidence, outcomes(story)[0], words)
    )


def outcomes(story: Story) -> list[str]:
    """Outcomes of a story, in their order."""
    return list(dict.fromkeys(one.finding.measure for one in story.told))


def what_it_shows(story: Story, pictures: Mapping[str, Shown], words: PackWords) -> str:
    """Findings outcome by outcome, with pictures for the first, and the scorecard."""
    lead = f"{words.tell('finding.after', years=story.evidence.years)} {words.tell('pages.points')}"
    parts = [page.paragraphs([lead, *room_told(story.evidence, words)])]
    for name in outcomes(story):
        told = "".join(
            f'<div class="finding"><h4>{escape(one.headline)}</h4>{page.tag("p", one.text)}</div>'
            for one in story.of(name)
        )
        shown = pictures.get(f"fan_{name}")
        parts.append(told + (page.picture(shown.png, shown.alt) if shown else ""))
    parts += [page.picture(shown.png, shown.alt) for key, shown in pictures.items() if not key.startswith("fan_")]
    return "".join([*parts, scorecard(story, words)])


def scorecard(story: Story, words: PackWords) -> str:
    """The table of verdicts."""
    first, *others = way_heads(story, words)
    reference = words.quoted(first)
    caption = words.tell("score.caption", years=story.evidence.years, reference=reference)
    rows = list(score_rows(story, outcomes(story), words))
    return page.table(caption, [words.tell("score.outcome"), first, *others], rows, "score") + page.tag(
        "p", words.tell("score.key"), class_="key"
    )


def who(story: Story, words: PackWords) -> str:
    """Who is better off: the table of groups, and what becomes of the gap."""
    first, *others = way_heads(story, words)
    caption = words.tell("who.caption", years=story.evidence.years, reference=words.quoted(first))
    rows = list(score_rows(story, who_names(story.evidence), words))
    return page.table(caption, [words.tell("who.group"), first, *others], rows, "score") + page.paragraphs(
        gap_sentences(story, words)
    )


def heard(found: Arms, story: Story, words: PackWords) -> str:
    """Seats, talk and decisions of citizens."""
    shares = heard_shares(found, story, words)
    heads = [words.tell("heard.way"), *(words.say(f"shares.{key}") for key in ("seat", "voice", "influence"))]
    rows = [
        (one.way, [Cell(words.number(value, decimals=0), "", "bar") for value in (one.seat, one.voice, one.influence)])
        for one in shares
    ]
    lead = page.tag("p", words.tell("heard.lead"))
    return lead + page.table(words.tell("heard.caption"), heads, rows) + page.paragraphs(heard_sentences(shares, words))


def record(found: Arms, story: Story, words: PackWords) -> str:
    """The facts that repeat the numbers."""
    pairs: Sequence[tuple[str, Any]] = record_of(found.facts, story.evidence, words)
    told = "".join(f"<div>{page.tag('dt', name)}{page.tag('dd', str(value))}</div>" for name, value in pairs)
    return f"{page.tag('p', words.tell('record.lead'))}<dl>{told}</dl>"
