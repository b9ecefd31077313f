"""The causal-loop figure: what moves what, drawn from the links declared beside the rules."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch

from coprod_abm.causes import STATES
from coprod_abm.experiments.figure_style import GREY, INK, TITLE, style
from coprod_abm.feedback import LONGEST, loops, signs

NAME = "causal-loops"
RISES, FALLS = "#3A5F7D", "#D55E00"
BOX = (1.1, 0.48)  # inches
HEAD, FOOT, SIDE = 0.75, 1.12, 0.2  # inches above, below and beside the drawing
BENDS = (0.04, -0.04, 0.13, -0.13, 0.2, -0.2, 0.28, -0.28)  # shares of an arrow's length; the plainest comes first
SIGN_GAP, HEAD_GAP = 0.24, 0.2  # inches between the middles of two signs, and of a sign and another arrow's head

# Okabe-Ito colours, lightened so that black text stands on them; the service itself is white
TINTS = {
    "power": "#F6C98F",
    "leadership": "#BFDDF0",
    "representation": "#F2E98A",
    "reciprocity": "#C9B79C",
    "learning": "#8FD3BC",
    "participation": "#E3BFD2",
    "trust": "#7FB8D9",
    "efficacy": "#E9A07A",
    "capacity": "#C8C8C8",
    "service": "#FFFFFF",
}


class Place(NamedTuple):
    """Where the middle of a state's box lies, in inches from the lower left of the drawing."""

    x: float
    y: float


PLACES = {
    "efficacy": Place(5.42, 1.20),
    "trust": Place(7.75, 2.40),
    "openness": Place(3.88, 1.20),
    "satisfaction": Place(9.30, 0.00),
    "fairness": Place(6.20, 2.40),
    "safety": Place(1.55, 2.40),
    "success": Place(3.10, 2.40),
    "membership": Place(8.53, 1.20),
    "attendance": Place(7.75, 0.00),
    "shared encounters": Place(4.65, 0.00),
    "ties": Place(6.20, 0.00),
    "voice": Place(2.33, 3.60),
    "standing": Place(3.88, 6.00),
    "uptake": Place(3.88, 3.60),
    "knowledge": Place(4.65, 4.80),
    "agenda": Place(5.42, 6.00),
    "adopted changes": Place(7.75, 4.80),
    "implemented changes": Place(6.20, 4.80),
    "broken promises": Place(6.98, 3.60),
    "needs met": Place(9.30, 2.40),
    "survival": Place(8.53, 6.00),
    "shared lead": Place(1.55, 4.80),
    "effort": Place(0.00, 4.80),
    "expectation": Place(0.78, 6.00),
    "sponsor support": Place(9.30, 4.80),
    "support above": Place(10.08, 3.60),
    "workload": Place(0.00, 0.00),
    "burnout": Place(1.55, 0.00),
    "staff turnover": Place(3.10, 0.00),
    "code": Place(6.98, 6.00),
}


Pair = tuple[str, str]  # cause and effect


class FigureError(ValueError):
    """A declared state has no place in the figure; the message says where to give it one."""


def draw_causes(folder: Path) -> tuple[Path, ...]:
    """Draw the figure into a folder, which is made, as SVG and PNG; returns both files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = tuple(folder / f"{NAME}.{kind}" for kind in ("svg", "png"))
    with style():
        figure = causes_figure()
        facts: dict[str, Any] = {"Title": figure.texts[0].get_text(), "Description": description()}
        figure.savefig(files[0], metadata={**facts, "Date": None})
        figure.savefig(files[1], metadata=facts)
    return files


def description() -> str:
    """The figure in words, link by link; it stands inside both files, so that a test sees which links were drawn."""
    told = {1: "raises", -1: "lowers"}
    return "; ".join(f"{cause} {told[sign]} {effect}" for (cause, effect), sign in sorted(signs().items())) + "."


def causes_figure() -> Figure:
    """Boxes for states in the colours of their families, arrows for causes with their sign.

    Raises:
        FigureError: when a state has no place.
    """
    missing = [state for state in STATES if state not in PLACES]
    if missing:
        raise FigureError(f"{missing[0]!r} has no place in the figure: give it one in PLACES of figure_causes.py.")
    low, high = extent()
    width, height = (high - low) + (2 * SIDE, HEAD + FOOT)
    figure = Figure(figsize=(width, height), dpi=150)
    FigureCanvasAgg(figure)
    figure.text(
        0.2 / width, 1 - 0.15 / height, "What moves what: the declared causes", fontsize=TITLE, weight="bold", va="top"
    )
    notes = (
        f"{len(signs())} links declared beside the rules, each verified by moving it; {len(loops())} loops of up to "
        f"{LONGEST} links, {sum(loop.sign > 0 for loop in loops())} of them reinforcing."
    )
    figure.text(0.2 / width, 1 - 0.42 / height, notes, color=GREY, va="top")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(low[0] - SIDE, high[0] + SIDE), ylim=(low[1] - FOOT, high[1] + HEAD))
    axes.axis("off")
    for pair, spot in sign_places().items():
        draw_link(axes, pair, spot)
    for state in STATES:
        draw_state(axes, state)
    add_keys(figure)
    return figure


def extent() -> tuple[Any, Any]:
    """The lower left and upper right corner of everything that is drawn, in inches."""
    boxes = np.array(list(PLACES.values()))
    half = np.array(BOX) / 2
    points = np.concatenate([boxes - half, boxes + half, *paths().values()])
    return points.min(axis=0), points.max(axis=0)


def draw_state(axes: Any, state: str) -> None:
    """One box with its label, in two lines where it has two words."""
    x, y = PLACES[state]
    corner = (x - BOX[0] / 2 + 0.06, y - BOX[1] / 2 + 0.06)
    shape = FancyBboxPatch(
        corner,
        BOX[0] - 0.12,
        BOX[1] - 0.12,
        boxstyle="round,pad=0.06",
        facecolor=TINTS[STATES[state].family],
        edgecolor=INK,
        linewidth=0.9,
        zorder=3,
    )
    axes.add_patch(shape)
    axes.text(x, y, state.replace(" ", "\n"), ha="center", va="center", linespacing=1.0, fontsize=11, zorder=4)


def draw_link(axes: Any, pair: Pair, spot: Any) -> None:
    """One arrow from edge to edge of two boxes, with its sign at ``spot``."""
    points, sign = paths()[pair], signs()[pair]
    colour = RISES if sign > 0 else FALLS
    dashes: Any = "-" if sign > 0 else (0, (4, 2))
    axes.plot(points[:-4, 0], points[:-4, 1], color=colour, linewidth=1.3, linestyle=dashes, zorder=1)
    head: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 12, "linewidth": 0, "shrinkA": 0, "shrinkB": 0}
    axes.add_patch(FancyArrowPatch(points[-7], points[-1], color=colour, zorder=2.6, **head))
    ring = {"boxstyle": "circle,pad=0.1", "facecolor": "white", "edgecolor": colour, "linewidth": 0.7}
    look: dict[str, Any] = {"weight": "bold", "ha": "center", "va": "center", "fontsize": 9, "bbox": ring}
    axes.text(*spot, "+" if sign > 0 else "−", color=colour, zorder=2.5, **look)


@cache
def paths() -> dict[Pair, Any]:
    """Points of every arrow, shape (points, 2): of several bends the one that crosses the fewest boxes and crowds no other."""
    drawn: dict[Pair, Any] = {}
    for cause, effect in signs():
        bends = BENDS[2::2] if (effect, cause) in signs() else BENDS  # there and back bend to their own right
        curves = [
            Curve.between(PLACES[cause], PLACES[effect], bend).outside(PLACES[cause], PLACES[effect]) for bend in bends
        ]
        before = np.concatenate([points[::10] for points in drawn.values()] or [np.empty((0, 2))])
        costs = [
            100 * crossed(points, {cause, effect}) + crowded(points, before) + 2 * place
            for place, points in enumerate(curves)
        ]
        drawn[cause, effect] = curves[int(np.argmin(costs))]
    return drawn


def crossed(points: Any, ends: set[str]) -> int:
    """How many points of a curve lie in or at boxes other than its ends."""
    return int(sum(_inside(points, place, 0.05).sum() for state, place in PLACES.items() if state not in ends))


def crowded(points: Any, others: Any) -> int:
    """How many points of a curve, of each tenth one, lie on another curve."""
    away = np.hypot(*(points[::10, None, :] - others[None, :, :]).transpose(2, 0, 1))
    return int((away < 0.06).any(axis=1).sum()) if others.size else 0


def sign_places() -> dict[Pair, Any]:
    """Where each sign stands: near its arrow's head, clear of other signs and of the heads of other arrows."""
    heads = {pair: points[-4] for pair, points in paths().items()}
    places: dict[Pair, Any] = {}
    for pair, points in paths().items():
        length = np.append(0.0, np.cumsum(np.hypot(*np.diff(points, axis=0).T)))
        backs = np.arange(0.3, max(0.31, length[-1] - 0.1), 0.06)
        spots = [points[np.searchsorted(length, length[-1] - back)] for back in backs]
        others = [head for other, head in heads.items() if other != pair]
        free = [room(spot, [*places.values()], others) for spot in spots]
        places[pair] = spots[next((k for k, clear in enumerate(free) if clear > 0), int(np.argmax(free)))]
    return places


def room(spot: Any, taken: list[Any], heads: list[Any]) -> float:
    """How much farther than need be a sign stands from the nearest other sign or head; negative where it is too near."""
    gaps = [np.hypot(*(spot - other)) - SIGN_GAP for other in taken]
    return float(min([*gaps, *(np.hypot(*(spot - head)) - HEAD_GAP for head in heads)]))


class Curve(NamedTuple):
    """A quadratic curve through the plane."""

    start: np.ndarray
    middle: np.ndarray
    end: np.ndarray

    @classmethod
    def between(cls, start: Place, end: Place, bend: float) -> "Curve":
        """A curve between two places that leaves the straight line by a share of its length, to the right."""
        a, b = np.array(start), np.array(end)
        aside = np.array([b[1] - a[1], a[0] - b[0]])
        return cls(a, 0.5 * (a + b) + bend * aside, b)

    def outside(self, first: Place, last: Place) -> np.ndarray:
        """Points along the curve outside the boxes at both ends, shape (points, 2)."""
        t = np.linspace(0, 1, 400)[:, None]
        points = (1 - t) ** 2 * self.start + 2 * t * (1 - t) * self.middle + t**2 * self.end
        free = ~_inside(points, first, 0.02) & ~_inside(points, last, 0.05)
        return points[free]


def _inside(points: np.ndarray, place: Place, air: float) -> np.ndarray:
    away = np.abs(points - np.array(place))
    return (away[:, 0] < BOX[0] / 2 + air) & (away[:, 1] < BOX[1] / 2 + air)


def add_keys(figure: Figure) -> None:
    """What colours and lines mean, below the drawing."""
    families: list[Any] = [Patch(facecolor=tint, edgecolor=INK, label=name) for name, tint in TINTS.items()]
    lines: list[Any] = [
        Line2D([], [], color=RISES, linewidth=1.3, label="+  the effect rises with the cause"),
        Line2D(
            [], [], color=FALLS, linewidth=1.3, linestyle=(0, (4, 2)), label="−  the effect falls as the cause rises"
        ),
    ]
    width, height = figure.get_size_inches()
    figure.legend(
        handles=lines,
        loc="lower left",
        bbox_to_anchor=(0.1 / width, 0.72 / height),
        ncols=2,
        frameon=False,
        handlelength=2.6,
    )
    figure.legend(
        handles=families,
        loc="lower left",
        bbox_to_anchor=(0.1 / width, 0.08 / height),
        ncols=5,
        frameon=False,
        columnspacing=1.4,
    )
