"""Pictures of rows: outcomes by case and level, and the ladder rung by rung; a point and a bar for each arm."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patheffects import withStroke

from coprod_abm.experiments.picture_fan import arms_key
from coprod_abm.experiments.picture_style import (
    BODY,
    GREY,
    HIGH,
    LOOKS,
    SIDE,
    SMALL,
    WIDE,
    Kept,
    Sheet,
    bare,
    value_ticks,
    width_of,
    wrapped,
)
from coprod_abm.experiments.picture_words import PictureWords, by_arm, scale_of
from coprod_abm.experiments.scenario_arms import Arms

MOST_ROWS = 18  # cases and levels of small multiples


def multiples_picture(found: Arms, words: PictureWords) -> Kept:
    """The first outcomes by case and level: a point and a bar for each arm, all panels on one scale of their outcome."""
    scenario = found.scenario
    names = scenario.outcomes[:3]
    arms = list(scenario.drawn)[: len(LOOKS)]
    ends = found.levels[(found.levels["week"] == found.levels["week"].max()) & found.levels["arm"].isin(arms)]
    table = ends.groupby(["measure", "level", "case", "arm"])["value"].quantile([0.05, 0.5, 0.95]).unstack()
    order = [level for level in ("local", "regional", "national") if level in set(ends["level"])]
    places = [
        (level, case) for level in order for case in found.cases if (names[0], level, case, arms[0]) in table.index
    ]
    places = places[:MOST_ROWS]
    title = words.say("multiples.title", title=words.title(scenario))
    sheet = Sheet(title, "", f"{words.say('multiples.about')} {words.made(found, each=True)}")
    key = arms_key(found, arms, words)
    for handle, look in zip(key, LOOKS, strict=False):
        handle.set(marker=look.mark, markersize=9, linestyle="-")
    sheet.key(key)
    label = max(width_of(name, SMALL) for name in [case_name(found, case, words) for _, case in places]) + 0.15
    wide = (WIDE - 2 * SIDE - label) / len(names)
    heads = [wrapped(words.measure(name), wide - 0.45, BODY, bold=True) for name in names]
    top = sheet.top - 0.5 - max(map(len, heads)) * 0.24 - 0.3
    bottom = sheet.bottom + 0.4
    rows = len(places) + 0.6 * len(order)
    ys, y, told, seen = [], rows, [], ""
    marks: list[tuple[float, str]] = []
    for level, _ in places:
        if level != seen:
            marks.append((y - 0.35, words.say(f"levels.{level}")))
            y -= 0.6
            seen = level
        ys.append(y - 0.5)
        y -= 1.0
    for column, name in enumerate(names):
        left = SIDE + label + column * wide
        axes = sheet.axes(left + 0.1, bottom, wide - 0.4, top - bottom)
        sheet.write(left + 0.1, top + 0.3, "\n".join(heads[column]), weight="bold", va="baseline")
        sheet.write(left + 0.1, top + 0.07, words.unit(name), size=SMALL, color=GREY, va="baseline")
        known = []
        for (level, case), at in zip(places, ys, strict=True):
            for place, arm in enumerate(arms):
                low, middle, high = (scale_of(name) * table.loc[(name, level, case, arm)]).to_numpy()
                offset = at + (0.5 * (len(arms) - 1) - place) * 0.62 / max(len(arms) - 1, 1)
                look = LOOKS[place]
                axes.plot(
                    [low, high], [offset, offset], color=look.colour, linewidth=2.2, alpha=0.55, solid_capstyle="butt"
                )
                axes.plot([middle], [offset], look.mark, color=look.colour, markersize=6.5)
                known += [low, high]
                told.append(
                    words.say(
                        "multiples.cell",
                        outcome=words.measure(name),
                        place=f"{case_name(found, case, words)}, {words.say('levels.' + level)}",
                        arm=words.arm(scenario, arm),
                        value=words.number(middle),
                        low=words.number(low),
                        high=words.number(high),
                    )
                )
        frame_rows(axes, rows, known, 5.0 if scale_of(name) == 100.0 else 1.0)
    box = axes.get_position()
    for (_, case), at in zip(places, ys, strict=True):
        sheet.write(
            SIDE, HIGH * (box.y0 + box.height * at / rows), case_name(found, case, words), size=SMALL, va="center"
        )
    for at, text in marks:
        sheet.write(SIDE, HIGH * (box.y0 + box.height * at / rows), text, size=SMALL, weight="bold", va="center")
    numbers = table.loc[list(names)].rename(columns={0.05: "q05", 0.5: "q50", 0.95: "q95"}).reset_index()
    return Kept(sheet.figure, f"{' '.join(told)} {words.made(found)}", numbers)


def frame_rows(axes: Any, rows: float, known: list[float], least: float) -> None:
    """A panel of rows: values along the foot, no ticks beside."""
    finite = [value for value in known if np.isfinite(value)] or [0.0]
    value_ticks(axes, min(finite), max(finite), least=least)
    low, high = axes.get_ylim()
    ticks = axes.get_yticks()
    axes.set_ylim(0, rows)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.set_xlim(low, high)
    axes.set_xticks(ticks[:: 2 if len(ticks) > 5 else 1])
    axes.grid(axis="x", color="#E3E3E3", linewidth=0.8)
    axes.tick_params(labelsize=SMALL, length=0)
    axes.spines["left"].set_visible(False)


def case_name(found: Arms, case: str, words: PictureWords) -> str:
    """A case in few words."""
    name = words.case(found, case)
    return name if width_of(name, SMALL) < 2.4 else case


def ladder_picture(found: Arms, words: PictureWords) -> Kept:
    """Arms as rungs from bottom to top, a column per outcome."""
    scenario = found.scenario
    names = scenario.outcomes[:4]
    arms = [arm.name for arm in scenario.arms]
    title = words.say("ladder.title", title=words.title(scenario))
    sheet = Sheet(title, str(scenario.question[words.language]), f"{words.say('ladder.about')} {words.made(found)}")
    label = max(width_of(words.arm(scenario, arm), BODY, bold=True) for arm in arms) + 0.55
    wide = (WIDE - 2 * SIDE - label) / len(names)
    heads = [wrapped(words.measure(name), wide - 0.35, BODY, bold=True) for name in names]
    top = sheet.top - 0.15 - max(map(len, heads)) * 0.24 - 0.3
    bottom = sheet.bottom + 0.4
    told, parts = [], []
    for column, name in enumerate(names):
        left = SIDE + label + column * wide
        axes = sheet.axes(left + 0.1, bottom, wide - 0.4, top - bottom)
        sheet.write(left + 0.1, top + 0.3, "\n".join(heads[column]), weight="bold", va="baseline")
        sheet.write(left + 0.1, top + 0.07, words.unit(name), size=SMALL, color=GREY, va="baseline")
        runs = by_arm(found, name)
        ends = pd.DataFrame({arm: runs[arm].iloc[:, -1].quantile([0.05, 0.5, 0.95]) for arm in arms}).T
        middles = ends[0.5].to_numpy()
        at = np.arange(len(arms)) + 0.5
        axes.plot(middles, at, color="#9A9A9A", linewidth=1.4, zorder=1)
        axes.hlines(at, ends[0.05], ends[0.95], color=LOOKS[1].colour, linewidth=3, alpha=0.4)
        axes.plot(middles, at, "o", color=LOOKS[1].colour, markersize=10)
        frame_rows(axes, len(arms), [*ends[0.05], *ends[0.95]], 8.0 if scale_of(name) == 100.0 else 1.0)
        low, high = axes.get_xlim()
        for y, middle in zip(at, middles, strict=True):
            inside = axes.get_position()
            x = WIDE * (inside.x0 + inside.width * (middle - low) / (high - low)) if np.isfinite(middle) else left
            text = words.number(middle, decimals=0 if scale_of(name) == 100.0 else None)
            told_at = sheet.write(
                x,
                bottom + (top - bottom) * (y + 0.2) / len(arms),
                text,
                size=SMALL,
                ha="center",
                va="bottom",
                color=LOOKS[1].text,
            )
            told_at.set_path_effects([withStroke(linewidth=3, foreground="white")])
        for arm in arms:
            values = {
                key: words.number(float(ends[share][arm]))
                for key, share in (("value", 0.5), ("low", 0.05), ("high", 0.95))
            }
            told.append(words.say("ladder.cell", arm=words.arm(scenario, arm), outcome=words.measure(name), **values))
        parts.append(
            ends.rename(columns={0.05: "q05", 0.5: "q50", 0.95: "q95"})
            .rename_axis("arm")
            .reset_index()
            .assign(measure=name)
        )
    rails(sheet, label, bottom, top, len(arms))
    for place, arm in enumerate(arms):
        y = bottom + (top - bottom) * (place + 0.5) / len(arms)
        sheet.write(SIDE + 0.3, y, words.arm(scenario, arm), weight="bold", va="center")
    return Kept(sheet.figure, f"{' '.join(told)} {words.made(found)}", pd.concat(parts, ignore_index=True))


def rails(sheet: Sheet, label: float, bottom: float, top: float, rungs: int) -> None:
    """The drawing of a ladder behind the names of the rungs."""
    axes = sheet.axes(SIDE, bottom, label - 0.1, top - bottom)
    bare(axes)
    axes.set_xlim(0, label - 0.1)
    axes.set_ylim(0, rungs)
    axes.vlines([0.06, label - 0.18], 0, rungs, color="#C4C4C4", linewidth=4)
    axes.hlines(np.arange(rungs) + 0.12, 0.06, label - 0.18, color="#D8D8D8", linewidth=3)
    axes.set_zorder(-1)
