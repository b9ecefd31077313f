"""Pictures of who gains and who is heard: groups and roles, seats against talk against decisions, influence against work."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from coprod_abm.experiments.picture_fan import arms_key
from coprod_abm.experiments.picture_rows import frame_rows
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
from coprod_abm.experiments.scenario_arms import SHARES, Arms
from coprod_abm.records import ROLE_NAMES

GROUP_MEASURES = ("need_met_majority", "need_met_group_1", "need_met_group_2")
PEOPLE_MEASURES = ("citizen_trust", "member_trust", "staff_trust", "staff_burnout")
Ends = dict[str, tuple[float, ...]]  # by arm: low, middle, high
HOURS = ("citizen_hours", "professional_hours", "leader_hours")
ROLE_FILLS = {
    "citizen": ("#0072B2", "", "white"),
    "professional": ("#E9B98F", "", "#1A1A1A"),
    "leader": ("#D9D9D9", "////", "#1A1A1A"),
}


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


def heard_picture(found: Arms, words: PictureWords) -> Kept:
    """Shares of seats, talk and decisions by role, for each arm."""
    scenario = found.scenario
    arms = list(scenario.drawn)
    table: Any = (
        found.seats[found.seats["arm"].isin(arms)]
        .groupby(["arm", "what", "role"], sort=False)[["share", "low", "high"]]
        .mean()
    )
    title = words.say("heard.title", title=words.title(scenario))
    sheet = Sheet(title, "", f"{words.say('heard.about')} {words.made(found, recorded=True)}")
    names = [words.arm(scenario, arm) for arm in arms]
    label = min(max(width_of(name, BODY, bold=True) for name in names), 2.6) + 0.25
    second = max(width_of(words.say(f"shares.{what}"), BODY) for what in SHARES) + 0.2
    bottom, top = sheet.bottom + 0.15, sheet.top - 0.55
    left = SIDE + label + second
    axes = sheet.axes(left, bottom, WIDE - SIDE - left, top - bottom)
    bare(axes)
    rows = len(arms) * 3.7
    axes.set_xlim(0, 1)
    axes.set_ylim(0, rows)
    told: list[str] = []
    for place, arm in enumerate(arms):
        base = rows - place * 3.7 - 0.35
        for line, what in enumerate(SHARES):
            at = base - line - 0.5
            shares = table.loc[(arm, what)]["share"].reindex(ROLE_NAMES).fillna(0.0)
            draw_stack(axes, at, shares, words)
            band = table.loc[(arm, what, "citizen")]
            axes.plot(
                [band["low"], band["high"]], [at - 0.36] * 2, color="#00334F", linewidth=2.4, solid_capstyle="butt"
            )
            y = bottom + (top - bottom) * at / rows
            sheet.write(SIDE + label, y, words.say(f"shares.{what}"), va="center")
        y = bottom + (top - bottom) * (base - 1.5) / rows
        sheet.write(
            SIDE,
            y,
            "\n".join(wrapped(words.arm(scenario, arm), label - 0.15, BODY, bold=True)),
            weight="bold",
            va="center",
        )
        found_shares = {
            what: words.number(100 * float(table.loc[(arm, what, "citizen")]["share"]), decimals=0) for what in SHARES
        }
        told.append(words.say("heard.cell", arm=words.arm(scenario, arm), **found_shares))
    handles = [
        axes.fill_between(
            [], [], [], facecolor=fill, hatch=hatch, edgecolor="#8A8A8A", linewidth=0, label=words.say(f"roles.{role}")
        )
        for role, (fill, hatch, _) in ROLE_FILLS.items()
    ]
    sheet.figure.legend(
        handles=handles,
        loc="upper left",
        ncols=3,
        frameon=False,
        fontsize=BODY,
        bbox_to_anchor=((left - 0.1) / WIDE, (sheet.top - 0.02) / HIGH),
    )
    return Kept(
        sheet.figure, f"{' '.join(told)} {words.made(found, recorded=True)}", found.seats[found.seats["arm"].isin(arms)]
    )


def draw_stack(axes: Axes, at: float, shares: "pd.Series[Any]", words: PictureWords) -> None:
    """One bar of shares by role, with its numbers inside where there is room."""
    start = 0.0
    for role, share in shares.items():
        fill, hatch, ink = ROLE_FILLS[str(role)]
        axes.barh(
            at,
            share,
            0.8,
            left=start,
            color=fill,
            hatch=hatch,
            edgecolor="white" if not hatch else "#A5A5A5",
            linewidth=1,
        )
        if share > 0.045:
            text = words.number(100 * float(share), decimals=0)
            box = {"facecolor": "#F2F2F2", "edgecolor": "none", "pad": 1.5} if hatch else None
            axes.text(
                start + 0.5 * share, at + 0.02, text, color=ink, ha="center", va="center", weight="bold", bbox=box
            )
        start += float(share)


def trade_picture(found: Arms, words: PictureWords) -> Kept:
    """Influence of citizens against hours in meetings: every future a small mark, the middle of each arm a large one."""
    scenario = found.scenario
    arms = list(scenario.drawn)[: len(LOOKS)]
    share = by_arm(found, "influence_share")
    parts = [by_arm(found, name) for name in HOURS]
    title = words.say("trade.title", title=words.title(scenario))
    sheet = Sheet(title, "", f"{words.say('trade.about')} {words.made(found)}")
    bottom = sheet.bottom + 0.75
    axes = sheet.axes(SIDE + 0.6, bottom, 8.6, sheet.top - bottom - 0.65)
    told, numbers, middles = [], [], {}
    for place, arm in enumerate(arms):
        x = sum((part[arm].iloc[:, 1:].mean(axis=1) for part in parts), start=pd.Series(0.0, share[arm].index))
        influence = share[arm].iloc[:, -1]
        look = LOOKS[place]
        axes.plot(x, influence, look.mark, color=look.colour, alpha=0.28, markersize=5, markeredgewidth=0)
        middles[arm] = (float(x.median()), float(influence.median()))
        axes.plot(
            *middles[arm],
            look.mark,
            color=look.colour,
            markersize=17,
            markeredgecolor="white",
            markeredgewidth=1.8,
            zorder=5,
        )
        told.append(
            words.say(
                "trade.cell",
                arm=words.arm(scenario, arm),
                hours=words.number(middles[arm][0], decimals=0),
                share=words.number(middles[arm][1], decimals=0),
            )
        )
        numbers.append(
            pd.DataFrame(
                {
                    "scenario": scenario.name,
                    "arm": arm,
                    "replicate": x.index,
                    "hours": x.to_numpy(),
                    "influence_share": influence.to_numpy() / scale_of("influence_share"),
                }
            )
        )
    whole = pd.concat(numbers, ignore_index=True)
    value_ticks(axes, float(np.nanmin(whole["hours"])), float(np.nanmax(whole["hours"])), least=20.0)
    ticks, limits = axes.get_yticks(), axes.get_ylim()
    value_ticks(axes, 0.0, float(100 * np.nanmax(whole["influence_share"])), least=10.0, floor=0.0)
    axes.set_xlim(limits)
    corner = limits[0] + 0.05 * (limits[1] - limits[0])  # where the scale beside begins
    axes.set_xticks([tick for tick in ticks if tick > corner])
    axes.grid(axis="x", color="#EFEFEF", linewidth=0.8)
    axes.set_xlabel(words.say("trade.x"), fontsize=BODY)
    sheet.write(SIDE, sheet.top - 0.35, words.say("trade.y"), weight="bold", va="baseline")
    for place, arm in enumerate(arms):
        y = sheet.top - 1.0 - place * 1.05
        lines = [*wrapped(words.arm(scenario, arm), 2.75, BODY, bold=True)]
        key = sheet.axes(SIDE + 9.55, y - 0.12, 0.3, 0.3)
        bare(key)
        key.plot([0], [0], LOOKS[place].mark, color=LOOKS[place].colour, markersize=14)
        sheet.write(SIDE + 9.95, y + 0.12, "\n".join(lines), color=LOOKS[place].text, weight="bold", va="top")
    return Kept(sheet.figure, f"{' '.join(told)} {words.made(found)}", whole)
