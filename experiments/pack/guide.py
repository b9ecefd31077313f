"""The guide for practice on two pages: which way helped whom, how sure, what to watch and measure, before you act."""

import re
from collections import Counter
from collections.abc import Iterator
from html import escape

import numpy as np

from coprod_abm.case import Level
from coprod_abm.experiments.pack import page
from coprod_abm.experiments.pack.evidence import Evidence, Finding, Place, strength
from coprod_abm.experiments.pack.guide_watch import to_measure, watch
from coprod_abm.experiments.pack.page import Cell, section
from coprod_abm.experiments.pack.shown import ROWS, room_told, score_cell
from coprod_abm.experiments.pack.story import FEW, agreements
from coprod_abm.experiments.pack.words import CLEAR, PackWords
from coprod_abm.experiments.scenario_effects import BETTER, CANNOT_TELL, WORSE

TAG = re.compile(r"<[^>]+>")
DENSITY = (("dense", 2300), ("denser", 3000), ("densest", 3900))  # signs on a page above which type gets smaller
MOST_CASES = 4


def guide_of(evidence: Evidence, words: PackWords) -> str:
    """The guide as a page of its own."""
    told = evidence.title[words.language]
    title = words.tell("guide.title", title=told) if told else words.tell("guide.title_one")
    first = page.tag("h1", title) + page.tag("p", words.tell("guide.lead"), class_="lead")
    first += f'<div id="content" tabindex="-1">{like(evidence, words)}</div>' + which(evidence, words)
    second = "".join(
        section(key, words.tell(f"guide.{key}"), inside)
        for key, inside in (
            ("sure", page.listed(how_sure(evidence, words))),
            ("watch", watch(evidence, words)),
            ("measure", to_measure(evidence, words)),
            ("cannot", page.listed(words.all_of("cannot"))),
            ("before", page.listed(words.all_of("guide.before_list"))),
        )
    )
    pages = "".join(
        f'<div class="{look_of(inside)}">{inside}<p class="foot">{escape(source(evidence, words))} '
        f"{escape(words.tell('guide.page', n=number))}</p></div>"
        for number, inside in ((1, first), (2, second))
    )
    return page.document(
        words.language, title, f"<main>{pages}</main>", page.style_of("guide"), words.tell("pages.skip")
    )


def look_of(inside: str) -> str:
    """The classes of a page: type gets smaller where there is more to say, so that two pages always hold it."""
    signs = len(TAG.sub("", inside))
    return "page" + "".join(f" {name}" for name, most in DENSITY if signs > most)


# ---- the first page ----


def like(evidence: Evidence, words: PackWords) -> str:
    """What kind of project it is about, and what is compared."""
    names = [case_name(place, words) for place in evidence.cases]
    told = (
        names
        if len(names) <= MOST_CASES
        else [
            *names[:MOST_CASES],
            words.tell("guide.more_cases", n=len(names) - MOST_CASES),
        ]
    )
    key = "like" if len(names) == 1 else "like_many"
    lines = [
        words.tell(f"guide.{key}", **({"case": names[0]} if len(names) == 1 else {"cases": words.listed(told)})) + ".",
        arrangements(evidence, words),
    ]
    first, *others = evidence.ways
    if others:
        shown = [first.name, *evidence.shown_ways]
        quoted = [words.quoted(evidence.way(name, words.language)) for name in shown]
        lines += [
            words.tell("guide.compared", arms=words.listed(quoted)),
            words.tell("guide.compared_with", reference=quoted[0]),
            *room_told(evidence, words),
        ]
    return page.paragraphs([" ".join(line for line in lines[:2] if line), " ".join(lines[2:])])


def case_name(place: Place, words: PackWords) -> str:
    """The name of a case in the language, or as its file says it."""
    return str(words.told["cases"].get(place.id, place.name))


def arrangements(evidence: Evidence, words: PackWords) -> str:
    """Seats and levels of the simulated projects; empty where a case's file is not at hand."""
    if any(place.case is None for place in evidence.cases):
        return ""
    sites = [site for place in evidence.cases if place.case for site in place.case.sites]
    kinds = {(site.citizen_seats, site.professional_seats, site.leader_seats) for site in sites}
    if len(kinds) == 1:
        citizens, professionals, leaders = next(iter(kinds))
        seats = words.tell("guide.seats", citizens=citizens, professionals=professionals, leaders=leaders)
    else:
        seats = words.tell("guide.seats_differ")
    counts = Counter(site.level for site in sites)
    return words.tell("guide.like_arrangements", seats=seats, levels=levels_told(counts, words))


def levels_told(counts: "Counter[Level]", words: PackWords) -> str:
    """How many projects there are at each level."""
    parts = [
        words.tell(f"guide.projects_{'one' if number == 1 else 'many'}.{level.name}", n=number)
        for level, number in sorted(counts.items())
    ]
    return words.listed(parts) + "."


def which(evidence: Evidence, words: PackWords) -> str:
    """Which way helped whom: a table by group, and what it says; or what changed, where there is only one way."""
    if len(evidence.ways) == 1:
        return section("which", words.tell("guide.became"), became(evidence, words))
    first, shown = evidence.ways[0].name, evidence.shown_ways
    heads = [words.tell("who.group"), *(evidence.way(name, words.language) for name in (first, *shown))]
    rows = list(group_rows(evidence, words))
    caption = words.tell("who.caption", years=evidence.years, reference=words.quoted(heads[1]))
    told = page.table(caption, heads, rows, "score") + page.tag("p", words.tell("guide.key"), class_="key")
    sentences = [way_told(evidence, name, words) for name in shown]
    return section("which", words.tell("guide.which"), told + page.listed(sentences))


def group_rows(evidence: Evidence, words: PackWords) -> Iterator[tuple[str, list[Cell]]]:
    """A row for each outcome of each group: the first way's value, then verdicts."""
    for name in ROWS:
        found = [evidence.found(name, way) for way in evidence.shown_ways]
        before = next((one.before for one in found if one), np.nan)
        if any(found):
            cells = [Cell(words.amount(name, before)), *(score_cell(one, words) for one in found)]
            yield words.tell(f"guide.rows.{name}"), cells


def lower(text: str) -> str:
    """A name inside a sentence."""
    return text[:1].lower() + text[1:]


def looked_at(evidence: Evidence, way: str) -> list[Finding]:
    """The findings of a way that the table shows."""
    return [one for name in ROWS if (one := evidence.found(name, way))]


def way_told(evidence: Evidence, way: str, words: PackWords) -> str:
    """What a way helped most, what it was worse on, and how much stays open."""
    found, arm = looked_at(evidence, way), words.quoted(evidence.way(way, words.language))
    best, worst = ([one for one in found if one.verdict == verdict] for verdict in (BETTER, WORSE))
    good, bad = (
        words.listed([lower(words.measure(one.measure)) for one in sorted(side, key=strength, reverse=True)[:2]])
        for side in (best, worst)
    )
    open_rows = sum(one.verdict == CANNOT_TELL for one in found)
    lines = [
        words.tell("guide.helped", arm=arm, good=good) if good else words.tell("guide.helped_none", arm=arm),
        words.tell("guide.hurt", bad=bad) if bad else words.tell("guide.hurt_none"),
        words.tell("guide.unclear", n=open_rows, of=len(found)) if open_rows else "",
    ]
    return " ".join(line for line in lines if line)


def became(evidence: Evidence, words: PackWords) -> str:
    """Start, end and change of each outcome of each group under the one way."""
    table = evidence.change.set_index("measure")
    rows = []
    for name in [one for one in ROWS if one in table.index]:
        start, end, low, high = (float(table[key][name]) for key in ("start", "end", "low", "high"))
        band = words.tell("guide.band", low=words.amount(name, low), high=words.amount(name, high))
        last = Cell(words.amount(name, end), band if len(evidence.cases) == 1 and evidence.replicates > 1 else "")
        rows.append(
            (
                words.tell(f"guide.rows.{name}"),
                [Cell(words.amount(name, start)), last, Cell(words.bare_gap(name, end - start))],
            )
        )
    heads = [words.tell("who.group"), words.tell("guide.start"), words.tell("guide.end", years=evidence.years)]
    caption = words.tell("guide.became_caption", years=evidence.years)
    return (
        page.tag("p", words.tell("guide.became_lead"))
        + page.table(caption, [*heads, words.tell("guide.change")], rows, "score")
        + page.tag("p", words.tell("guide.key_change"), class_="key")
    )


# ---- the second page ----


def how_sure(evidence: Evidence, words: PackWords) -> list[str]:
    """Counts of verdicts, agreement of futures, rule of verdicts, and what all this rests on."""
    every = [one for way in evidence.shown_ways for one in looked_at(evidence, way)]
    clear = [one for one in every if one.verdict in CLEAR]
    lines = []
    if every:
        same, unclear = (sum(one.verdict == key for one in every) for key in ("about the same", CANNOT_TELL))
        lines.append(words.tell("sure.counts", n=len(every), told=len(clear), same=same, cannot=unclear))
        if clear and evidence.paired:
            lines.append(agreements(clear, words))
        lines.append(words.tell("sure.rule"))
    if not evidence.paired:
        lines.append(words.tell("guide.unpaired"))
    if 1 < evidence.replicates < FEW:
        lines.append(words.tell("sure.few", runs=evidence.replicates))
    return [*lines, words.tell("sure.draws" if evidence.draws else "sure.defaults")]


def source(evidence: Evidence, words: PackWords) -> str:
    """Where the numbers come from; defaults and draws are both said."""
    draws = evidence.draws
    told = words.tell("guide.draws", draws=draws["draws"]) if draws else words.tell("guide.defaults")
    key = "source_one" if evidence.replicates == 1 else "source"
    runs = {} if evidence.replicates == 1 else {"runs": evidence.replicates}
    return words.tell(f"guide.{key}", parameters=told, version=evidence.version, seed=evidence.seed, **runs)
