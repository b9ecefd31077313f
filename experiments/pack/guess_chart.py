"""The chart on which a room draws what it expects: years and the first way alone, as lines of the page itself."""

from html import escape

import numpy as np

from coprod_abm.experiments.pack.evidence import Evidence
from coprod_abm.experiments.pack.words import PackWords
from coprod_abm.experiments.picture_words import by_arm, scale_of
from coprod_abm.experiments.scenario_runs import Arms
from coprod_abm.year import YEAR

WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM = 720, 300, 56, 150, 34, 46  # units of the drawing, and its margins
STEPS = 4  # lines across


def guess_chart(found: Arms, evidence: Evidence, name: str, words: PackWords) -> str:
    """A drawing with the middle futures of the first way; its scale holds all ways, so that it gives nothing away twice."""
    runs = by_arm(found, name)
    shown = [evidence.ways[0].name, *evidence.shown_ways]
    middles = {way: runs[way].median() for way in shown}
    weeks = [int(week) for week in middles[shown[0]].index if int(week) % YEAR == 0]
    known = np.concatenate([middle[weeks].dropna().to_numpy(float) for middle in middles.values()])
    low, high = scale(known, is_share=scale_of(name) == 100.0)
    values = middles[shown[0]][weeks].to_numpy(float)
    x = np.linspace(LEFT, WIDE - RIGHT, len(weeks))
    y = TOP + (HIGH - TOP - BOTTOM) * (1 - (values - low) / (high - low))
    told = words.arm(found.scenario, shown[0])
    parts = [grid(low, high, x, words), label(LEFT, 18, f"{words.measure(name)}, {words.unit(name)}", "bold")]
    seen = [(across, up) for across, up in zip(x, y, strict=True) if np.isfinite(up)]
    line = " ".join(f"{across:.1f},{up:.1f}" for across, up in seen)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#595959" stroke-width="3" stroke-dasharray="8 4"/>')
    if seen:
        across, up = seen[-1]
        parts += [label(across + 8, up + 5 + 18 * place, part) for place, part in enumerate(halves(told))]
    parts.append(label(0.5 * (LEFT + WIDE - RIGHT), HIGH - 6, words.tell("slides.years"), anchor="middle"))
    about = words.tell("guess.draw", reference=words.quoted(told))
    title = f"{words.measure(name)}. {about}"
    return (
        f'<figure><svg role="img" aria-label="{escape(title)}" viewBox="0 0 {WIDE} {HIGH}" '
        f'font-family="inherit" font-size="15">{"".join(parts)}</svg><figcaption>{escape(about)}</figcaption></figure>'
    )


def scale(known: np.ndarray, *, is_share: bool) -> tuple[float, float]:
    """Round ends of an axis that holds all values."""
    if not len(known):
        return 0.0, 1.0
    step = 10.0 if is_share else max(1.0, float(10.0 ** np.floor(np.log10(max(known.max(), 1.0)))))
    low = float(np.floor(known.min() / step) * step)
    low = low if is_share else min(low, 0.0)
    return low, max(float(np.ceil(known.max() / step) * step), low + step)


def grid(low: float, high: float, x: np.ndarray, words: PackWords) -> str:
    """Lines across with their values, and the years below."""
    parts = []
    for place in range(STEPS + 1):
        value = low + (high - low) * place / STEPS
        up = TOP + (HIGH - TOP - BOTTOM) * (1 - place / STEPS)
        parts.append(f'<path d="M{LEFT} {up:.1f}H{WIDE - RIGHT}" stroke="#c9c9c9"/>')
        parts.append(label(LEFT - 8, up + 5, words.number(value), anchor="end"))
    parts += [label(across, HIGH - BOTTOM + 20, str(year), anchor="middle") for year, across in enumerate(x)]
    return "".join(parts)


def label(x: float, y: float, text: str, weight: str = "normal", anchor: str = "start") -> str:
    """A word in the drawing."""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-weight="{weight}" text-anchor="{anchor}" fill="#1a1a1a">{escape(text)}</text>'


def halves(text: str) -> list[str]:
    """A name in one or two lines."""
    words = text.split()
    if len(text) <= 18 or len(words) < 2:
        return [text]
    cut = min(range(1, len(words)), key=lambda place: abs(len(" ".join(words[:place])) - len(text) / 2))
    return [" ".join(words[:cut]), " ".join(words[cut:])]
