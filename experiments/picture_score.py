"""Pictures of the end: a scorecard of all outcomes, the same by case and level, and the ladder rung by rung."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from coprod_abm.experiments.picture_style import (
    BODY,
    GREY,
    HIGH,
    SIDE,
    WIDE,
    Kept,
    Sheet,
    bare,
    height_of,
    width_of,
    wrapped,
)
from coprod_abm.experiments.picture_words import PictureWords, shown_case
from coprod_abm.experiments.scenario_arms import Arms
from coprod_abm.experiments.scenario_effects import BETTER, CANNOT_TELL, HIGHER, LOWER, SAME, WORSE

CELLS = {  # fill and sign of a verdict: the sign alone tells them apart; without colour worse is darker than better
    BETTER: ("#D6E8F6", "\N{BLACK UP-POINTING TRIANGLE}"),
    WORSE: ("#EFB88F", "\N{BLACK DOWN-POINTING TRIANGLE}"),
    HIGHER: ("#E4E4E4", "\N{UPWARDS ARROW}"),
    LOWER: ("#E4E4E4", "\N{DOWNWARDS ARROW}"),
    SAME: ("#F4F4F4", "="),
    CANNOT_TELL: ("#FFFFFF", "?"),
}


def scorecard_picture(found: Arms, words: PictureWords) -> Kept:
    """Outcomes down, arms across: better, worse, about the same, or cannot tell, with difference and interval."""
    scenario = found.scenario
    rows = last_effects(found)
    title = words.say("scorecard.title", title=words.title(scenario))
    first = words.arm(scenario, scenario.arms[0].name)
    notes = f"{words.say('scorecard.about')} {words.made(found)}"
    sheet = Sheet(title, words.say("scorecard.first", reference=first), notes)
    columns, names = len(scenario.arms), scenario.outcomes
    wide_name = 2.9 if columns < 6 else 2.35
    wide = (WIDE - 2 * SIDE - wide_name) / columns
    size = BODY if columns < 6 else 10.0
    heads = [wrapped(words.arm(scenario, arm.name), wide - 0.1, size, bold=True) for arm in scenario.arms]
    head = 0.1 + max(map(len, heads)) * size * 1.32 / 72 + 0.1
    high = min((sheet.top - sheet.bottom - head) / len(names), 1.05)
    axes = sheet.axes(0, 0, WIDE, HIGH)
    bare(axes)
    axes.set_xlim(0, WIDE)
    axes.set_ylim(0, HIGH)
    axes.set_zorder(-1)
    axes.patch.set_alpha(0)
    told = []
    for place, lines in enumerate(heads):
        x = SIDE + wide_name + (place + 0.5) * wide
        sheet.write(x, sheet.top - head + 0.1, "\n".join(lines), size=size, weight="bold", ha="center", va="bottom")
    for row, name in enumerate(names):
        y = sheet.top - head - (row + 1) * high
        write_measure(sheet, name, y + 0.5 * high, wide_name - 0.15, size, words)
        for place, arm in enumerate(scenario.arms):
            x = SIDE + wide_name + place * wide
            if place == 0:
                verdict = ""
                fill, bold, plain = "#FFFFFF", [reference_of(rows, name, words)], list[str]()
            else:
                effect = effect_of(rows, arm.name, name)
                verdict = effect["verdict"]
                fill = CELLS[verdict][0]
                bold, plain = cell_lines(effect, name, words, wide - 0.16, size)
                told.append(cell_told(effect, name, words.arm(scenario, arm.name), words))
            dashed = "--" if verdict == CANNOT_TELL else "-"
            corner = (x + 0.04, y + 0.05)
            axes.add_patch(
                Rectangle(
                    corner, wide - 0.08, high - 0.1, facecolor=fill, edgecolor="#A8A8A8", linewidth=1, linestyle=dashed
                )
            )
            for line, text in enumerate([*bold, *plain]):
                at = y + 0.5 * high + (0.5 * (len(bold) + len(plain) - 1) - line) * size * 1.3 / 72
                look = {"size": size, "weight": "bold"} if line < len(bold) else {"size": size - 2}
                sheet.write(x + 0.5 * wide, at, text, va="center", ha="center", **look)
    numbers = rows.reset_index()
    return Kept(sheet.figure, f"{' '.join(told)} {words.made(found)}", numbers)


def write_measure(sheet: Sheet, name: str, middle: float, room: float, size: float, words: PictureWords) -> None:
    """The name of a measure, and below it the unit of its values and differences."""
    lines = wrapped(words.measure(name), room, size)
    unit = wrapped(words.unit(name), room, size - 2)
    down = height_of(len(unit), size - 2)
    sheet.write(SIDE, middle + 0.5 * down, "\n".join(lines), size=size, va="center")
    below = middle + 0.5 * down - 0.5 * height_of(len(lines), size) - 0.5 * down
    sheet.write(SIDE, below, "\n".join(unit), size=size - 2, color=GREY, va="center")


def cell_lines(effect: Any, name: str, words: PictureWords, room: float, size: float) -> tuple[list[str], list[str]]:
    """What stands in a cell: sign and verdict, then the difference and its interval."""
    sign = CELLS[effect["verdict"]][1]
    verdict = wrapped(f"{sign} {words.say('verdicts.' + effect['verdict'])}", room, size, bold=True)
    if not effect["n"]:
        return verdict, wrapped(alone(effect, name, words), room, size - 2)
    interval = words.say("scorecard.interval", low=words.gap(name, effect["low"]), high=words.gap(name, effect["high"]))
    gap = words.gap(name, effect["difference"])
    one = f"{gap}  {interval}"
    return verdict, [one] if width_of(one, size - 2) <= room else [gap, *wrapped(interval, room, size - 2)]


def cell_told(effect: Any, name: str, arm: str, words: PictureWords) -> str:
    """A cell as a sentence."""
    verdict = words.say("verdicts." + effect["verdict"])
    if not effect["n"]:
        return f"{words.measure(name)}, {arm}: {verdict}, {alone(effect, name, words)}."
    gaps = {
        gap: words.gap(name, effect[key]) for gap, key in (("value", "difference"), ("low", "low"), ("high", "high"))
    }
    return words.say("scorecard.cell", outcome=words.measure(name), arm=arm, verdict=verdict, **gaps)


def alone(effect: Any, name: str, words: PictureWords) -> str:
    """What is known of an arm that cannot be compared: its own value, or that there is none."""
    value = float(effect["value"])
    return words.say("scorecard.alone", value=words.value(name, value)) if np.isfinite(value) else words.nothing(name)


def reference_of(rows: pd.DataFrame, name: str, words: PictureWords) -> str:
    """The value of the first arm."""
    return words.value(name, float(rows.xs(name, level="measure")["reference"].iloc[0]))


def effect_of(rows: pd.DataFrame, arm: str, name: str) -> Any:
    """The effect of one arm on one outcome."""
    return rows.loc[(arm, name), :]


def last_effects(found: Arms) -> pd.DataFrame:
    """Effects at the end in the shown case by arm and outcome."""
    table = found.effects
    chosen = table[(table["case"] == shown_case(found)) & table["measure"].isin(found.scenario.outcomes)]
    return chosen[chosen["week"] == chosen["week"].max()].set_index(["arm", "measure"])
