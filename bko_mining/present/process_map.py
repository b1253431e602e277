"""The process map as a picture: activities as cards, paths as curves, what is hidden said at the foot."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.textpath import TextToPath

from bko_mining.diagrams.layout import POINTS, Edge, Layout, Point, layout
from bko_mining.discover.process_map import END, START
from bko_mining.present.figures import HEAT, INK, MUTED, PAPER, SEQUENTIAL, house_style, new_axes
from bko_mining.words import duration, number, percent, say

if TYPE_CHECKING:
    import pandas as pd

    from bko_mining.discover.process_map import ProcessMap

NAME, SMALL, LABEL = 9.5, 8.0, 7.6
WRAP = 24
MARKER = 15.0
FOOT = 64.0
MIN_WIDTH = 430.0


@dataclass(frozen=True, slots=True)
class _Card:
    """An activity as it will be drawn: its lines of text and the size they need (points)."""

    lines: tuple[str, ...]
    fact: str
    width: float
    height: float


def plot_process_map(found: "ProcessMap", *, ax: Axes | None = None) -> Axes:
    """Draw a process map.

    The darker a card, the more often its activity is done; the wider a path, the more often it is taken; the warmer its
    colour, the more hours pass on it. Numbers on cards: how often, and the median time from start to end. Numbers on
    paths: how often, and the median time that passes.
    """
    with house_style():
        cards = {row.activity: _card(row, starts_known=found.starts_known) for row in _rows(found.nodes)}
        edges = _edges(found.table, list(cards))
        places = layout(_sizes(cards), edges, first=START, last=END)
        width = max(places.width, MIN_WIDTH)
        axes = new_axes((width + 24) / POINTS, (places.height + FOOT + 24) / POINTS) if ax is None else ax
        _frame(axes, places, width)
        _draw_paths(axes, found, edges, places)
        _draw_cards(axes, found, cards, places)
        _draw_foot(axes, found, (places.width - width) / 2, width)
    return axes


def _frame(ax: Axes, places: Layout, width: float) -> None:
    ax.set_axis_off()
    ax.set_aspect("equal")
    left = (places.width - width) / 2
    ax.set_xlim(left - 8, left + width + 8)
    ax.set_ylim(-FOOT - 4, places.height + 8)


def _card(row: Any, *, starts_known: bool) -> _Card:
    lines = tuple(textwrap.wrap(row.activity, WRAP, break_long_words=True, max_lines=3, placeholder=" …")) or ("–",)
    time = row.median_time.total_seconds()
    fact = f"{number(row.n)} ×" + (f"  ·  {duration(time)}" if starts_known and time > 0 else "")
    wide = max(*(text_width(line, NAME, bold=True) for line in lines), text_width(fact, SMALL), 58.0)
    return _Card(lines, fact, wide + 22, 12.5 * len(lines) + 22)


def _sizes(cards: dict[str, _Card]) -> dict[str, tuple[float, float]]:
    marker = (2 * MARKER, 2 * MARKER)
    return {START: marker, **{name: (card.width, card.height) for name, card in cards.items()}, END: marker}


def _edges(paths: "pd.DataFrame", order: list[str]) -> list[Edge]:
    rank = {name: place for place, name in enumerate([START, *order, END])}
    top = float(paths["n"].max())
    edges = []
    for row in _rows(paths):
        words = path_words(row)
        size = (text_width(words, LABEL) + 10, 11.0)
        weight = 1 + round(60 * row.n / top)
        back = rank[row.source_activity] > rank[row.target_activity]
        edges.append(Edge(row.source_activity, row.target_activity, weight, size, back))
    return edges


def path_words(row: Any) -> str:
    """What stands on a path: how often it is taken and, between activities, the median time that passes."""
    outer = row.source_activity == START or row.target_activity == END
    time = row.median_time.total_seconds()
    return number(row.n) if outer or time <= 0 else f"{number(row.n)} · {duration(time)}"


def _draw_paths(ax: Axes, found: "ProcessMap", edges: list[Edge], places: Layout) -> None:
    table = found.table
    top = float(table["n"].max())
    warm = Normalize(0, max(float(table["hours"].max()), 1e-9))
    for position in np.argsort(table["n"].to_numpy(), kind="stable").tolist():
        row, spline, label = table.iloc[position], places.splines[position], places.labels[position]
        outer = edges[position].source == START or edges[position].target == END
        colour = "#aab4be" if outer else _path_colour(warm(row["hours"]))
        width = 0.9 + 5.2 * (row["n"] / top) ** 0.7
        _curve(ax, spline, colour, min(width, 2.4) if outer else width)
        if label is not None:
            text = path_words(row)
            ax.add_patch(
                Rectangle(
                    (label[0] - text_width(text, LABEL) / 2 - 2, label[1] - 5.5),
                    text_width(text, LABEL) + 4,
                    11,
                    facecolor=PAPER,
                    alpha=0.85,
                    linewidth=0,
                    zorder=3,
                )
            )
            ax.text(label[0], label[1], text, fontsize=LABEL, color=INK, ha="center", va="center_baseline", zorder=4)


def _path_colour(share: float) -> Any:
    return HEAT(0.3 + 0.7 * share) if share > 0.02 else "#c5cdd5"


def _curve(ax: Axes, spline: tuple[Point, ...], colour: Any, width: float) -> None:
    points = np.asarray(spline)
    head = 5.5 + 1.1 * width
    tip = points[-1].copy()
    towards = tip - points[-2]
    length = float(np.hypot(*towards)) or 1.0
    towards = towards / length
    # The line ends inside the arrow head, which ends at the card.
    points[-1] = tip - towards * min(head * 0.8, length)
    codes = [Path.MOVETO, *[Path.CURVE4] * (len(points) - 1)]
    ax.add_patch(
        FancyArrowPatch(
            path=Path(points, codes), arrowstyle="-", color=colour, linewidth=width, zorder=2,
            capstyle="butt", shrinkA=0, shrinkB=0,
        )
    )  # fmt: skip
    across = np.array([-towards[1], towards[0]]) * head * 0.45
    ax.add_patch(
        Polygon(
            [tip, tip - towards * head + across, tip - towards * head - across], color=colour, linewidth=0, zorder=2
        )
    )


def _draw_cards(ax: Axes, found: "ProcessMap", cards: dict[str, _Card], places: Layout) -> None:
    scale = Normalize(0, float(found.nodes["n"].max()))
    for row in _rows(found.nodes):
        card, (x, y) = cards[row.activity], places.nodes[row.activity]
        shade = 0.08 + 0.92 * float(scale(row.n))
        ink = PAPER if shade > 0.52 else INK
        ax.add_patch(
            FancyBboxPatch(
                (x - card.width / 2, y - card.height / 2), card.width, card.height,
                boxstyle="round,pad=0,rounding_size=6", facecolor=SEQUENTIAL(shade), edgecolor=SEQUENTIAL(0.75),
                linewidth=0.8, zorder=5,
            )
        )  # fmt: skip
        top = y + card.height / 2 - 13
        for place, line in enumerate(card.lines):
            ax.text(x, top - 12.5 * place, line, fontsize=NAME, weight="bold", color=ink, ha="center",
                    va="center_baseline", zorder=6)  # fmt: skip
        ax.text(x, y - card.height / 2 + 9.5, card.fact, fontsize=SMALL, color=ink, alpha=0.9, ha="center",
                va="center_baseline", zorder=6)  # fmt: skip
    _draw_markers(ax, places)


def _draw_markers(ax: Axes, places: Layout) -> None:
    x, y = places.nodes[START]
    ax.add_patch(Circle((x, y), MARKER - 2, facecolor=PAPER, edgecolor=INK, linewidth=1.3, zorder=5))
    ax.add_patch(Polygon([(x - 4, y - 6), (x - 4, y + 6), (x + 6.5, y)], color=INK, linewidth=0, zorder=6))
    x, y = places.nodes[END]
    ax.add_patch(Circle((x, y), MARKER - 2, facecolor=PAPER, edgecolor=INK, linewidth=1.3, zorder=5))
    ax.add_patch(Rectangle((x - 4.8, y - 4.8), 9.6, 9.6, color=INK, linewidth=0, zorder=6))


def _draw_foot(ax: Axes, found: "ProcessMap", left: float, width: float) -> None:
    names = (say("how often it is done"), say("hours that pass"))
    tops = (number(float(found.nodes["n"].max())), f"{number(float(found.table['hours'].max()))} h")
    x = left
    for name, colours, top in zip(names, (SEQUENTIAL, HEAT), tops, strict=True):
        x = _key(ax, x, -26, name, colours, top) + 26
    shown = say(
        "{share} of {cases} cases run wholly along the paths shown · {nodes} of {all_nodes} activities · {paths} of "
        "{all_paths} paths",
        share=percent(found.cases_shown_share),
        cases=number(found.n_cases),
        nodes=number(len(found.nodes)),
        all_nodes=number(found.n_activities),
        paths=number(len(found.table)),
        all_paths=number(found.n_paths),
    )
    meaning = say("On cards: how often · median time. On paths: how often · median time between.")
    for row, text in enumerate([*textwrap.wrap(shown, max(30, int(width / 3.9))), meaning]):
        ax.text(left, -44 - 10 * row, text, fontsize=7.2, color=MUTED, va="center_baseline")


def _key(ax: Axes, x: float, y: float, name: str, colours: Colormap, top: str) -> float:
    """Draw a colour key and return where it ends."""
    low = 0.08 if colours is SEQUENTIAL else 0.3
    for step in range(24):
        share = low + (1 - low) * step / 23
        ax.add_patch(Rectangle((x + 2.5 * step, y - 3), 2.6, 6, color=colours(share), linewidth=0))
    text = f"{name}  0 – {top}"
    ax.text(x + 66, y, text, fontsize=7.2, color=MUTED, va="center_baseline")
    return x + 66 + text_width(text, 7.2)


def _rows(table: "pd.DataFrame") -> Iterator[Any]:
    return table.itertuples()


@cache
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a text in points in the house typeface."""
    font = FontProperties(family=["Inter", "DejaVu Sans"], size=size, weight="bold" if bold else "normal")
    return float(TextToPath().get_text_width_height_descent(text, font, False)[0])
