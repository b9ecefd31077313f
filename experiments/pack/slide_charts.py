"""Native charts of a workshop's slides: what the years bring, and in how many futures."""

from collections.abc import Sequence

import numpy as np
from pptx.enum.chart import XL_CHART_TYPE
from pptx.enum.dml import MSO_LINE
from pptx.util import Pt

from coprod_abm.experiments.pack.deck import BOTTOM, COLOURS, FONT, INSIDE, SIDE, TOP, Deck, colour
from coprod_abm.experiments.pack.report import outcomes
from coprod_abm.experiments.pack.story import Story, Told
from coprod_abm.experiments.pack.words import ENOUGH, PackWords
from coprod_abm.experiments.picture_words import by_arm, scale_of
from coprod_abm.experiments.scenario_runs import Arms
from coprod_abm.measures import measure
from coprod_abm.year import YEAR

DASHES = (MSO_LINE.DASH, MSO_LINE.SOLID, MSO_LINE.ROUND_DOT, MSO_LINE.DASH_DOT)  # lines differ without colour
CHART = (SIDE, TOP, 7.2, BOTTOM - TOP)
BESIDE = (SIDE + 7.4, TOP, INSIDE - 7.4, BOTTOM - TOP)


def lines(
    deck: Deck,
    slide: object,
    found: Arms,
    story: Story,
    words: PackWords,
    box: tuple[float, float, float, float],
    shown: Sequence[int] | range,
    name: str = "",
) -> None:
    """A native chart of the middle futures, year by year, of some ways: 0 is the first."""
    name = name or outcomes(story)[0]
    ways = [story.evidence.ways[0].name, *story.shown]
    runs = by_arm(found, name)
    weeks = [int(week) for week in next(iter(runs.values())).columns.to_numpy() if int(week) % YEAR == 0]
    series: dict[str, list[float | None]] = {}
    for place in shown:
        middle = runs[ways[place]].median()[weeks]
        series[words.arm(found.scenario, ways[place])] = [
            round(float(value), 2) if np.isfinite(value) else None for value in middle
        ]
    title = words.tell("slides.middle", unit=words.unit(name))
    ends = "; ".join(f"{way}: {words.number(values[-1])}" for way, values in series.items() if values[-1] is not None)
    alt = f"{words.measure(name)}. {title}. {words.tell('finding.after', years=len(weeks) - 1)} {ends}."
    years = [str(week // YEAR) for week in weeks]
    chart = deck.chart(slide, XL_CHART_TYPE.LINE, years, series, alt, box)
    for one, code, dash in zip(chart.plots[0].series, COLOURS, DASHES, strict=False):
        one.smooth = False
        one.format.line.color.rgb, one.format.line.width, one.format.line.dash_style = colour(code), Pt(3), dash
    every = [value for way in ways for value in runs[way].median()[weeks] if np.isfinite(value)]
    value_axis(chart, every, scale_of(name) == 100.0)
    name_axes(deck, chart, title, words.tell("slides.years"))


def value_axis(chart: object, values: Sequence[float], is_share: bool) -> None:
    """An axis that holds all ways, also those that a room has not seen yet, so that nothing jumps."""
    axis = chart.value_axis  # type: ignore[attr-defined]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    step = 10.0 if is_share else max(1.0, 10.0 ** np.floor(np.log10(max(high, 1.0))))
    axis.minimum_scale = float(min(np.floor(low / step) * step, 0.0) if not is_share else np.floor(low / step) * step)
    axis.maximum_scale = float(max(np.ceil(high / step) * step, axis.minimum_scale + step))
    axis.major_gridlines.format.line.color.rgb = colour("E3E3E3")
    axis.tick_labels.number_format, axis.tick_labels.number_format_is_linked = "General", False


def name_axes(deck: Deck, chart: object, value: str, category: str) -> None:
    """Titles of both axes."""
    axes = ((chart.value_axis, value), (chart.category_axis, category))  # type: ignore[attr-defined]
    for axis, text in axes:
        axis.has_title = True
        frame = axis.axis_title.text_frame
        frame.text = text
        run = frame.paragraphs[0].runs[0]
        run.font.size, run.font.bold, run.font.name = Pt(14), False, FONT
        deck.mark(frame)


def counted(deck: Deck, story: Story, told: Sequence[Told], words: PackWords) -> None:
    """In how many futures a way is better and worse: bars of the same number of futures."""
    name = told[0].finding.measure
    plain = measure(name).direction == 0
    title = words.tell("slides.counted", measure=words.measure(name))
    slide = deck.slide(title, words.tell("notes.counted"))
    up, neither, down = ("higher", "neither", "lower") if plain else ("better", "neither", "worse")
    counts = []
    for one in told:
        n = one.finding.n
        whole = 100 if n >= ENOUGH else n
        better, worse = (words.of_futures(share, n) for share in (one.finding.share_better, one.finding.share_worse))
        counts.append((better, max(whole - better - worse, 0), worse))
    series = {
        words.tell(f"slides.{key}"): [float(row[place]) for row in counts]
        for place, key in enumerate((up, neither, down))
    }
    names = [story.evidence.way(one.finding.way, words.language) for one in told]
    sentences = [words.counted(one.finding, plain=plain) for one in told]
    alt = " ".join(f"{name}: {sentence}" for name, sentence in zip(names, sentences, strict=True))
    chart = deck.chart(
        slide, XL_CHART_TYPE.BAR_STACKED, names, series, f"{title}. {alt}", CHART, ("0072B2", "D9D9D9", "E9B98F")
    )
    plot = chart.plots[0]
    plot.gap_width, plot.overlap, plot.has_data_labels = 60, 100, True
    plot.data_labels.font.size, plot.data_labels.number_format = Pt(16), "0;;"
    plot.data_labels.number_format_is_linked = False
    plot.series[0].data_labels.font.color.rgb = colour("FFFFFF")
    plot.series[0].data_labels.show_value = True
    plot.series[0].data_labels.font.size = Pt(16)
    plot.series[0].data_labels.number_format, plot.series[0].data_labels.number_format_is_linked = "0;;", False
    chart.category_axis.reverse_order = True
    chart.value_axis.visible = False
    chart.value_axis.has_major_gridlines = False
    chart.value_axis.maximum_scale = float(max(sum(row) for row in counts) or 1)
    deck.sentences(
        slide,
        [f"{words.quoted(name)}: {sentence}" for name, sentence in zip(names, sentences, strict=True)],
        BESIDE,
        most=20,
    )
