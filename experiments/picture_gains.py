"""The picture of who gains: needs met by group with the gap, trust and strain by role, from the first arm to each other."""

from collections.abc import Sequence

import pandas as pd

from coprod_abm.experiments.picture_fan import arms_key
from coprod_abm.experiments.picture_rows import frame_rows
from coprod_abm.experiments.picture_style import BODY, GREY, LOOKS, SIDE, SMALL, Kept, Sheet, bare, width_of, wrapped
from coprod_abm.experiments.picture_words import PictureWords, by_arm
from coprod_abm.experiments.scenario_arms import Arms

GROUP_MEASURES = ("need_met_majority", "need_met_group_1", "need_met_group_2")
PEOPLE_MEASURES = ("citizen_trust", "member_trust", "staff_trust", "staff_burnout")
Ends = dict[str, tuple[float, ...]]  # by arm: low, middle, high


def gains_picture(found: Arms, words: PictureWords) -> Kept:
    """Needs met by group, with the gap, and trust and strain by role: from the first arm to each other."""
    scenario = found.scenario
    first, *others = list(dict.fromkeys([scenario.arms[0].name, *scenario.drawn]))[: len(LOOKS)]
    reference = words.arm(scenario, first)
    title = words.say("gains.title", title=words.title(scenario))
    notes = f"{words.say('gains.about', reference=reference)} {words.made(found)}"
    sheet = Sheet(title, "", notes)
    key = arms_key(found, [first, *others], words)
    for handle, look in zip(key, LOOKS, strict=False):
        handle.set(marker=look.mark, markersize=9, linestyle="-")
    key[0].set(markerfacecolor="white", linestyle="none", markeredgewidth=1.6)
    sheet.key(key)
    told: list[str] = []
    numbers = []
    for left, wide, names, kind in (
        (SIDE, 6.1, GROUP_MEASURES, "groups"),
        (SIDE + 6.5, 5.9, PEOPLE_MEASURES, "people"),
    ):
        bands = {name: ends_by_arm(found, name, (first, *others)) for name in names}
        ends = {name: {arm: middle for arm, (_, middle, _) in band.items()} for name, band in bands.items()}
        side = "left" if kind == "groups" else "right"
        sheet.write(left, sheet.top - 0.82, words.say(f"gains.{side}"), weight="bold", va="baseline")
        sheet.write(left, sheet.top - 1.06, words.unit(names[0]), size=SMALL, color=GREY, va="baseline")
        gap = {arm: float(by_arm(found, "need_gap")[arm].iloc[:, -1].median()) for arm in (first, *others)}
        draw_gains(sheet, left, wide, bands, kind, words)
        if kind == "groups":
            write_gap(sheet, left, gap, words)
        for name, values in ends.items():
            numbers += [
                (scenario.name, name, arm, values[arm], low, high) for arm, (low, _, high) in bands[name].items()
            ]
            told += [
                words.say(
                    "gains.cell",
                    who=words.say(f"{kind}.{name}"),
                    before=words.number(values[first]),
                    after=words.number(values[arm]),
                    reference=reference,
                    arm=words.arm(scenario, arm),
                )
                for arm in others
            ]
    table = pd.DataFrame(numbers, columns=["scenario", "measure", "arm", "value", "q05", "q95"])
    gaps = [
        words.say("gains.gap_cell", gap=words.number(float(runs.iloc[:, -1].median())), arm=words.arm(scenario, arm))
        for arm, runs in by_arm(found, "need_gap").items()
        if arm in (first, *others)
    ]
    return Kept(sheet.figure, f"{' '.join([*told, *gaps])} {words.made(found)}", table)


def ends_by_arm(found: Arms, name: str, arms: Sequence[str]) -> Ends:
    """The middle future at the end with the ends of the band that holds 90 of 100, by arm: low, middle, high."""
    runs = by_arm(found, name)
    return {arm: tuple(float(runs[arm].iloc[:, -1].quantile(share)) for share in (0.05, 0.5, 0.95)) for arm in arms}


def draw_gains(sheet: Sheet, left: float, wide: float, bands: dict[str, Ends], kind: str, words: PictureWords) -> None:
    """Rows of groups or roles, a line from the first arm to each other on the band of the other's futures."""
    label = 1.75
    bottom, top = sheet.bottom + 0.85, sheet.top - 1.2
    axes = sheet.axes(left + label, bottom, wide - label - 0.6, top - bottom)
    rows = len(bands)
    known = [value for band in bands.values() for ends in band.values() for value in ends]
    for row, (name, band) in enumerate(bands.items()):
        values = {arm: middle for arm, (_, middle, _) in band.items()}
        first, *others = values
        middle = rows - row - 0.5
        for place, arm in enumerate(others):
            at = middle + (0.5 * (len(others) - 1) - place) * 0.24
            look = LOOKS[place + 1]
            low, _, high = band[arm]
            axes.plot(
                [low, high], [at, at], color=look.colour, linewidth=8, alpha=0.18, solid_capstyle="butt", zorder=1
            )
            axes.plot([values[first], values[arm]], [at, at], color=look.colour, linewidth=2.6, alpha=0.7, zorder=2)
            axes.plot(
                [values[first]],
                [at],
                LOOKS[0].mark,
                color=LOOKS[0].colour,
                markerfacecolor="white",
                markersize=8,
                markeredgewidth=1.6,
                zorder=3,
            )
            axes.plot([values[arm]], [at], look.mark, color=look.colour, markersize=9, zorder=4)
            y = bottom + (top - bottom) * at / rows
            sheet.write(
                left + wide - 0.5,
                y,
                words.number(values[arm], decimals=0),
                size=SMALL,
                color=look.text,
                weight="bold",
                va="center",
            )
        y = bottom + (top - bottom) * middle / rows
        sheet.write(left, y, "\n".join(wrapped(words.say(f"{kind}.{name}"), label - 0.15, BODY)), va="center")
        if row:
            axes.axhline(rows - row, color="#E3E3E3", linewidth=1)
    frame_rows(axes, rows, known, 10.0)


def write_gap(sheet: Sheet, left: float, gap: dict[str, float], words: PictureWords) -> None:
    """The gap between the majority and the others under each arm, as one line of numbers."""
    at = left
    y = sheet.bottom + 0.2
    text = f"{words.say('gains.gap_line')}:"
    sheet.write(at, y, text, va="baseline")
    at += width_of(text, BODY) + 0.15
    for look, value in zip(LOOKS, gap.values(), strict=False):
        number = words.number(value, decimals=0)
        key = sheet.axes(at, y - 0.05, 0.25, 0.25)
        bare(key)
        fill = "white" if look is LOOKS[0] else look.colour
        key.plot([0], [0], look.mark, color=look.colour, markerfacecolor=fill, markersize=8, markeredgewidth=1.6)
        sheet.write(at + 0.28, y, number, color=look.text, weight="bold", va="baseline")
        at += 0.28 + width_of(number, BODY, bold=True) + 0.3
