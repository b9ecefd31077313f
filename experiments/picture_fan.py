"""Pictures over time: a fan of futures beside paired differences, and the three parts of leading together."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from coprod_abm.experiments.picture_labels import label_ends, label_numbers
from coprod_abm.experiments.picture_style import (
    BODY,
    GREY,
    LOOKS,
    SIDE,
    SMALL,
    WIDE,
    Kept,
    Sheet,
    height_of,
    value_ticks,
    wrapped,
    year_ticks,
)
from coprod_abm.experiments.picture_words import PictureWords, by_arm, of_hundred, scale_of, shown_case
from coprod_abm.experiments.scenario_arms import Arms
from coprod_abm.measures import measure
from coprod_abm.year import YEAR

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
Fan = pd.DataFrame  # rows: weeks; columns: the quantiles SHARES


def fan_of(runs: pd.DataFrame) -> Fan:
    """Quantiles over replicates by week, of the runs that still have a value."""
    return pd.DataFrame({share: runs.quantile(share) for share in SHARES})


def fan_picture(found: Arms, name: str, words: PictureWords) -> Kept:
    """One outcome over the years: what could happen under each arm, and the paired difference to the first."""
    scenario = found.scenario
    runs = by_arm(found, name)
    first = scenario.arms[0].name
    drawn = [arm for arm in scenario.drawn if arm in runs]
    shown = list(dict.fromkeys([first, *drawn]))[: len(LOOKS)]
    others = [arm for arm in shown if arm != first]
    gaps = {arm: fan_of(runs[arm] - runs[first]) for arm in others}
    fans = {arm: fan_of(runs[arm]) for arm in shown}
    title = words.say("fan.title", outcome=words.measure(name), title=words.title(scenario))
    notes = " ".join([words.say("fan.about"), ended(found, words), words.made(found)])
    sheet = Sheet(title, str(scenario.question[words.language]), " ".join(notes.split()))
    sentences = [line for arm in others for line in wrapped(told_of(found, name, arm, words), WIDE - 2 * SIDE, BODY)]
    heads = [words.say("fan.left"), words.say("fan.right", reference=words.arm(scenario, first))]
    heads_wrapped = [wrapped(head, 5.9, BODY, bold=True) for head in heads]
    below_heads = 0.08 + height_of(max(map(len, heads_wrapped)), BODY)
    bottom = sheet.bottom + height_of(len(sentences), BODY) + 0.72
    height = sheet.top - bottom - below_heads - 0.5
    looks = dict(zip(shown, LOOKS, strict=False))
    left = sheet.axes(SIDE + 0.55, bottom, 3.55, height)
    right = sheet.axes(SIDE + 6.95, bottom, 3.25, height)
    least = 8.0 if scale_of(name) == 100.0 else 1.0
    draw_fans(left, fans, looks, words.say("years"), least, floor=0.0)
    draw_fans(right, gaps, looks, words.say("years"), least, floor=None)
    right.axhline(0, color=looks[first].colour, linewidth=1.4, linestyle=looks[first].line, zorder=1.5)
    for axes, head in zip((left, right), heads_wrapped, strict=True):
        at = axes.get_position().x0 * WIDE - 0.55
        sheet.write(at, sheet.top - below_heads, "\n".join(head), weight="bold", va="baseline")
        sheet.write(at, sheet.top - below_heads - 0.24, words.unit(name), size=SMALL, color=GREY, va="baseline")
    label_ends(
        sheet,
        left,
        {arm: (fan[0.5].iloc[-1], words.value(name, fan[0.5].iloc[-1] / scale_of(name))) for arm, fan in fans.items()},
        {arm: (words.arm(scenario, arm), looks[arm]) for arm in shown},
    )
    label_ends(
        sheet,
        right,
        {arm: (fan[0.5].iloc[-1], gap_told(fan[0.5].iloc[-1], words)) for arm, fan in gaps.items()},
        {arm: (words.arm(scenario, arm), looks[arm]) for arm in others},
    )
    sheet.write(SIDE, sheet.bottom + 0.06, "\n".join(sentences), va="bottom")
    return Kept(sheet.figure, described(found, name, fans, gaps, words), numbers_of(found, name, fans, gaps))


def gap_told(gap: float, words: PictureWords) -> str:
    """A middle difference, or that there is none."""
    return words.number(gap, signed=True) if np.isfinite(gap) else words.say("no_comparison")


def draw_fans(
    axes: Axes, fans: Mapping[str, Fan], looks: Mapping[str, Any], label: str, least: float, floor: float | None
) -> None:
    """Lines with two bands over years."""
    faint = 1.0 if len(fans) < 3 else 0.7  # of several fans over one another the lines must stay clear
    for arm, fan in fans.items():
        years, look = fan.index.to_numpy() / YEAR, looks[arm]
        axes.fill_between(years, fan[0.05], fan[0.95], color=look.colour, alpha=0.13 * faint, linewidth=0)
        axes.fill_between(years, fan[0.25], fan[0.75], color=look.colour, alpha=0.28 * faint, linewidth=0)
        axes.plot(years, fan[0.5], color=look.colour, linestyle=look.line, linewidth=2.6)
    known = np.concatenate([fan[[0.05, 0.95]].to_numpy().ravel() for fan in fans.values()])
    known = known[np.isfinite(known)] if np.isfinite(known).any() else np.zeros(1)
    value_ticks(axes, float(known.min()), float(known.max()), least=least, floor=floor)
    year_ticks(axes, max(float(fan.index[-1]) for fan in fans.values()), label)


def told_of(found: Arms, name: str, arm: str, words: PictureWords) -> str:
    """In how many of a hundred paired futures an arm is better, as a sentence that starts with the arm."""
    row = last_effect(found, name, arm)
    kind = "higher" if measure(name).direction == 0 else "better"
    reference = words.arm(found.scenario, found.scenario.arms[0].name)
    if not row["n"]:
        why = words.say("nothing_to_compare", why=words.nothing(name), reference=reference)
        return f"{words.arm(found.scenario, arm)}. {why}"
    counts = dict(zip(("better", "worse"), of_hundred(row["share_better"], row["share_worse"]), strict=True))
    told = words.say(f"fan.{kind}", reference=reference, **counts)
    return f"{words.arm(found.scenario, arm)}. {told}"


def last_effect(found: Arms, name: str, arm: str) -> "pd.Series[Any]":
    """The row of effects at the end in the shown case."""
    table = found.effects
    rows = table[(table["arm"] == arm) & (table["measure"] == name) & (table["case"] == shown_case(found))]
    return rows[rows["week"] == rows["week"].max()].iloc[0]


def ended(found: Arms, words: PictureWords) -> str:
    """How many runs are left where projects have ended; nothing where all are."""
    alive = by_arm(found, "alive")
    left = min(int((table.iloc[:, -1] > 0.0).sum()) for table in alive.values())
    whole = max(len(table) for table in alive.values())
    return words.say("fan.ended", left=left, runs=whole) if left < whole else ""


def described(found: Arms, name: str, fans: Mapping[str, Fan], gaps: Mapping[str, Fan], words: PictureWords) -> str:
    """The picture in words."""
    told = []
    for arm, fan in fans.items():
        end, title = ends_of(fan), words.arm(found.scenario, arm)
        if np.isfinite(end["value"]):
            told.append(words.say("fan.arm", arm=title, **{key: words.number(value) for key, value in end.items()}))
        else:
            told.append(f"{title}: {words.nothing(name)}.")
        if arm in gaps:
            gap = ends_of(gaps[arm])
            if np.isfinite(gap["value"]):
                signed = {key: words.number(value, signed=True) for key, value in gap.items()}
                told.append(words.say("fan.arm_difference", **signed))
            told.append(told_of(found, name, arm, words))
    return f"{words.measure(name)}, {words.unit(name)}. {' '.join(told)} {words.made(found)}"


def ends_of(fan: Fan) -> dict[str, float]:
    """Middle and band at the end."""
    last = fan.iloc[-1]
    return {"value": float(last[0.5]), "low": float(last[0.05]), "high": float(last[0.95])}


def numbers_of(found: Arms, name: str, fans: Mapping[str, Fan], gaps: Mapping[str, Fan]) -> pd.DataFrame:
    """The numbers behind a fan: one row per arm, week and kind (level or difference), as drawn."""
    parts = []
    for shows, several in (("level", fans), ("difference", gaps)):
        for arm, fan in several.items():
            table = fan.rename(columns={share: f"q{round(100 * share):02d}" for share in SHARES})
            facts = {"scenario": found.scenario.name, "measure": name, "arm": arm, "shows": shows}
            parts.append(table.reset_index().assign(**facts))
    whole = pd.concat(parts, ignore_index=True)
    return whole[["scenario", "measure", "arm", "shows", "week", "q05", "q25", "q50", "q75", "q95"]]


PARTS = ("direction", "alignment", "commitment")


def collective_picture(found: Arms, words: PictureWords) -> Kept:
    """Direction, alignment and commitment over the years, under each arm."""
    scenario = found.scenario
    shown = list(scenario.drawn)[: len(LOOKS)]
    looks = dict(zip(shown, LOOKS, strict=False))
    title = words.say("collective.title", title=words.title(scenario))
    sheet = Sheet(title, "", f"{words.say('collective.about')} {words.made(found)}")
    bottom, width = sheet.bottom + 0.6, 2.7
    numbers, told = [], []
    all_fans = {
        part: {arm: fan_of(runs) for arm, runs in by_arm(found, part).items() if arm in shown} for part in PARTS
    }
    height = sheet.top - bottom - 1.35
    key = arms_key(found, shown, words)
    sheet.key(key, gap=0.05, handlelength=2.6)
    for place, part in enumerate(PARTS):
        axes = sheet.axes(SIDE + 0.55 + place * 4.15, bottom, width, height)
        draw_fans(
            axes,
            {arm: fan[[0.05, 0.25, 0.5, 0.75, 0.95]] for arm, fan in all_fans[part].items()},
            looks,
            words.say("years"),
            100.0,
            0.0,
        )
        axes.set_ylim(0, 100)
        axes.set_yticks(range(0, 101, 25))
        at = SIDE + place * 4.15
        sheet.write(at, sheet.top - 0.72, words.say(f"collective.{part}"), weight="bold", va="baseline")
        sheet.write(at, sheet.top - 0.96, words.say(f"collective.below.{part}"), size=SMALL, color=GREY, va="baseline")
        ends = {arm: (fan[0.5].iloc[-1], "") for arm, fan in all_fans[part].items()}
        label_numbers(sheet, axes, ends, looks, words)
        numbers.append(numbers_of(found, part, all_fans[part], {}))
        told += [
            words.say(
                "collective.cell",
                part=words.say(f"collective.{part}"),
                arm=words.arm(scenario, arm),
                **{k: words.number(v) for k, v in ends_of(fan).items()},
            )
            for arm, fan in all_fans[part].items()
        ]
    return Kept(sheet.figure, f"{' '.join(told)} {words.made(found)}", pd.concat(numbers, ignore_index=True))


def arms_key(found: Arms, shown: Sequence[str], words: PictureWords) -> list[Line2D | Patch]:
    """The key of arms: line and name."""
    return [
        Line2D([], [], color=look.colour, linestyle=look.line, linewidth=2.6, label=words.arm(found.scenario, arm))
        for arm, look in zip(shown, LOOKS, strict=False)
    ]
