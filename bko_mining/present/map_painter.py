"""Paints the sketch of a map with matplotlib: curves with heads, cards, markers, keys of colour and the foot."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Polygon, Rectangle
from matplotlib.path import Path

from bko_mining.diagrams.layout import POINTS, Layout, Point
from bko_mining.discover.steps import END, START
from bko_mining.present.figures import INK, MUTED, PAPER, SEQUENTIAL, new_axes
from bko_mining.present.lettering import text_width
from bko_mining.present.map_sketch import LABEL, LINE, MARKER, NAME, SMALL, Card, Sketch, Way

FOOT = 64.0
MIN_WIDTH = 430.0
_TINY = 7.2


def map_axes(ax: Axes | None, width: float, height: float) -> Axes:
    """Open axes for a map of a size in points, or take those given, and frame it with a foot below."""
    wide = max(width, MIN_WIDTH)
    axes = new_axes((wide + 24) / POINTS, (height + FOOT + 24) / POINTS) if ax is None else ax
    axes.set_axis_off()
    axes.set_aspect("equal")
    left = (width - wide) / 2
    axes.set_xlim(left - 8, left + wide + 8)
    axes.set_ylim(-FOOT - 4, height + 8)
    return axes


def paint(ax: Axes, drawn: Sketch) -> None:
    """Paint cards, ways and markers."""
    rare_first = sorted(range(len(drawn.ways)), key=lambda at: drawn.ways[at].width)
    for at in rare_first:
        _paint_way(ax, drawn.ways[at], drawn.places.splines[at], drawn.places.labels[at])
    for name, card in drawn.cards.items():
        _paint_card(ax, card, *drawn.places.nodes[name])
    _paint_markers(ax, drawn.places)


def paint_keys(ax: Axes, width: float, keys: Sequence[tuple[str, Colormap, str]]) -> None:
    """Paint a key for each colour scale below a map: (name, colours, the words at its end or ends)."""
    x = min(0.0, (width - MIN_WIDTH) / 2)
    for name, colours, ends in keys:
        low = 0.08 if colours is SEQUENTIAL else 0.0 if colours.name == "bko_diverging" else 0.3
        for step in range(24):
            colour = colours(low + (1 - low) * step / 23)
            ax.add_patch(Rectangle((x + 2.5 * step, -29), 2.6, 6, color=colour, linewidth=0))
        text = f"{name}  {ends}"
        ax.text(x + 66, -26, text, fontsize=_TINY, color=MUTED, va="center_baseline")
        x += 92 + text_width(text, _TINY)


def paint_foot(ax: Axes, width: float, *sentences: str) -> None:
    """Write what is shown, what is hidden and what the numbers mean below a map."""
    left, room = min(0.0, (width - MIN_WIDTH) / 2), max(width, MIN_WIDTH)
    rows = [row for sentence in sentences for row in textwrap.wrap(sentence, max(30, int(room / 3.9)))]
    for place, text in enumerate(rows):
        ax.text(left, -44 - 10 * place, text, fontsize=_TINY, color=MUTED, va="center_baseline")
    ax.set_ylim(bottom=-FOOT - 4 - 10 * max(0, len(rows) - 2))


def _paint_way(ax: Axes, way: Way, spline: Sequence[Point], label: Point | None) -> None:
    paint_curve(ax, np.array(spline), way)
    if label is None or not way.text:
        return
    # The words beside a loop keep clear of its head.
    x = label[0] + (5 if way.source == way.target else 0)
    width = text_width(way.text, LABEL) + 4
    box = Rectangle((x - width / 2, label[1] - 5.5), width, 11, facecolor=PAPER, alpha=0.85, linewidth=0)
    box.set_zorder(3)
    ax.add_patch(box)
    ax.text(x, label[1], way.text, fontsize=LABEL, color=INK, ha="center", va="center_baseline", zorder=4)


def paint_curve(ax: Axes, points: Any, way: Way) -> None:
    """Paint a curve (ends and control points of cubics) with its head; the array of points is changed."""
    head = 5.5 + 1.1 * way.width
    tip = points[-1].copy()
    towards = tip - points[-2]
    length = float(np.hypot(*towards)) or 1.0
    towards = towards / length
    # The line ends inside the arrow head, which ends at the card.
    points[-1] = tip - towards * min(head * 0.8, length)
    codes = [Path.MOVETO, *[Path.CURVE4] * (len(points) - 1)]
    ax.add_patch(
        FancyArrowPatch(
            path=Path(points, codes), arrowstyle="-", color=way.colour, linewidth=way.width, zorder=2,
            capstyle="butt", shrinkA=0, shrinkB=0, linestyle=(0, (2.2, 1.4)) if way.dashed else "solid",
        )
    )  # fmt: skip
    across = np.array([-towards[1], towards[0]]) * head * 0.45
    corners = [tip, tip - towards * head + across, tip - towards * head - across]
    ax.add_patch(Polygon(corners, color=way.colour, linewidth=0, zorder=2))


def _paint_card(ax: Axes, card: Card, x: float, y: float) -> None:
    ax.add_patch(
        FancyBboxPatch(
            (x - card.width / 2, y - card.height / 2), card.width, card.height,
            boxstyle="round,pad=0,rounding_size=6", facecolor=card.fill, edgecolor=SEQUENTIAL(0.75),
            linewidth=0.8, zorder=5,
        )
    )  # fmt: skip
    top = y + card.height / 2 - 13
    for place, line in enumerate(card.lines):
        ax.text(x, top - LINE * place, line, fontsize=NAME, weight="bold", color=card.ink, ha="center",
                va="center_baseline", zorder=6)  # fmt: skip
    ax.text(x, y - card.height / 2 + 9.5, card.fact, fontsize=SMALL, color=card.ink, alpha=0.9, ha="center",
            va="center_baseline", zorder=6)  # fmt: skip


def _paint_markers(ax: Axes, places: Layout) -> None:
    for name in (START, END):
        ax.add_patch(Circle(places.nodes[name], MARKER - 2, facecolor=PAPER, edgecolor=INK, linewidth=1.3, zorder=5))
    at, up = places.nodes[START]
    ax.add_patch(Polygon([(at - 4, up - 6), (at - 4, up + 6), (at + 6.5, up)], color=INK, linewidth=0, zorder=6))
    at, up = places.nodes[END]
    ax.add_patch(Rectangle((at - 4.8, up - 4.8), 9.6, 9.6, color=INK, linewidth=0, zorder=6))
