"""Pictures of who is heard: seats against talk against decisions, and influence against work."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from coprod_abm.experiments.picture_style import (
    BODY,
    HIGH,
    LOOKS,
    SIDE,
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

HOURS = ("citizen_hours", "professional_hours", "leader_hours")
ROLE_FILLS = {
    "citizen": ("#0072B2", "", "white"),
    "professional": ("#E9B98F", "", "#1A1A1A"),
    "leader": ("#D9D9D9", "////", "#1A1A1A"),
}


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
