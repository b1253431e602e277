"""Process models as pictures: activities as cards, gateways as diamonds, and where cases leave the model."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path

from bko_mining.diagrams.diagram import GATEWAYS, Diagram, Shape
from bko_mining.diagrams.folding import Folded, condensed, folded
from bko_mining.diagrams.layout import POINTS
from bko_mining.diagrams.paging import paged
from bko_mining.diagrams.placing import Box, Line, Placed, place
from bko_mining.diagrams.wrapping import shrinks
from bko_mining.present.figures import HEAT, INK, MUTED, ORANGE, PAPER, SEQUENTIAL, house_style, new_axes
from bko_mining.present.lettering import even_lines, text_width
from bko_mining.words import number, percent, say

if TYPE_CHECKING:
    import pandas as pd

    from bko_mining.discover.conformance import Conformance
    from bko_mining.discover.process_model import ProcessModel

NAME, SMALL, FOOT = 8.6, 7.4, 7.4
WRAP = 19
GAP = 22.0
GATEWAY, EVENT = 26.0, 22.0
WIDE = 1150.0
SHEET = (1100.0, 760.0)
EDGE = 32.0
LINE = "#7b8794"
CARD = "#eaf1f5"
SWAPS_DRAWN, LEAST_SWAPS = 3, 0.005
_ARMS = {"xor": ((4.2, 4.2), (4.2, -4.2)), "and": ((5.6, 0.0), (0.0, 5.6)), "or": ()}
_FACTS = {
    "skipped": "skipped in {n} {n:case|cases}",
    "inserted": "out of place in {n} {n:case|cases}",
    "swapped": "too early in {n} {n:case|cases}",
}


@dataclass(frozen=True, slots=True)
class _Card:
    """An activity as it will be drawn: lines of its name, facts below them, how strongly it is coloured (0 to 1)."""

    lines: tuple[str, ...]
    facts: tuple[str, ...] = ()
    heat: float = 0.0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points."""
        names = [text_width(line, NAME, bold=True) for line in self.lines]
        wide = max([*names, *(text_width(fact, SMALL) for fact in self.facts), 44.0])
        return wide + 28, 11.5 * len(self.lines) + 10.0 * len(self.facts) + 13


def plot_model(model: "ProcessModel", *, ax: Axes | None = None) -> Axes:
    """Draw a process model: × chooses one way, + goes all ways, ○ one or more.

    An activity that may be skipped has a dashed edge, one that may be repeated a round arrow.
    """
    drawn = folded(model.diagram)
    cards = {
        key: _Card(_wrapped(shape.name)) for key, shape in drawn.diagram.shapes.items() if shape.kind == "activity"
    }
    return _paint(drawn, cards, [model.summary], ax)[0]


def plot_conformance(found: "Conformance", *, ax: Axes | None = None) -> Axes:
    """Draw where cases leave a model: the warmer an activity, the more cases skip, insert or swap it.

    Dashed arcs join the activities that are most often done in the other order, with the share of cases.
    """
    drawn = folded(found.model.diagram)
    facts = {str(name): _facts(rows) for name, rows in found.table.groupby("activity", sort=False)}
    cases = {str(name): int(n) for name, n in found.table.groupby("activity")["n_cases"].max().items()}
    activities = {key: shape.name for key, shape in drawn.diagram.shapes.items() if shape.kind == "activity"}
    top = max((cases.get(name, 0) for name in activities.values()), default=0) or 1
    cards = {
        key: _Card(_wrapped(name), facts.get(name, ()), cases.get(name, 0) / top) for key, name in activities.items()
    }
    words = [found.summary, *_outside(found)]
    if len(_swaps(found)):
        words.append(say("dashed arcs: often done in the other order, in so many of the cases"))
    axes, placed = _paint(drawn, cards, words, ax, above=26.0 * len(_swaps(found)))
    with house_style():
        _draw_swaps(axes, found, drawn.diagram, placed)
    return axes


def _facts(rows: "pd.DataFrame") -> tuple[str, ...]:
    counts = rows.groupby("deviation")["n_cases"].max()
    return tuple(say(text, n=number(int(counts[kind]))) for kind, text in _FACTS.items() if kind in counts)


def _outside(found: "Conformance") -> list[str]:
    """Activities that were done though the model does not have them."""
    known = set(found.model.activities)
    rows = found.table[~found.table["activity"].isin(known)]
    if not len(rows):
        return []
    some = zip(rows["activity"].head(6), rows["n_cases"].head(6), strict=True)
    names = ", ".join(f"{name} ({number(n)})" for name, n in some)
    return [
        say("Not in the model, with the cases that have them: {names}", names=names + (", …" if len(rows) > 6 else ""))
    ]


def _wrapped(name: str) -> tuple[str, ...]:
    return even_lines(name, WRAP, most=4)


def _paint(
    drawn: Folded, cards: Mapping[str, _Card], words: list[str], ax: Axes | None, *, above: float = 0.0
) -> tuple[Axes, Placed]:
    with house_style():
        sizes = {key: _size(key, shape, cards) for key, shape in drawn.diagram.shapes.items()}
        drawn, placed = _largest(drawn, sizes)
        text = [line for sentence in [*words, *_legend(drawn)] for line in textwrap.wrap(sentence, _letters(placed))]
        low = 18 + 11 * len(text)
        width, height = max(placed.width, 330.0), placed.height
        tall = height - EDGE + low + above + 16
        axes = new_axes((width - EDGE + 16) / POINTS, tall / POINTS) if ax is None else ax
        axes.set_axis_off()
        axes.set_aspect("equal")
        axes.set_xlim(EDGE - 8, width + 8)
        axes.set_ylim(height + low + 8, EDGE - above - 8)
        for flow, line in zip(drawn.diagram.flows, placed.lines, strict=True):
            _draw_flow(axes, line, flow.name)
        for key, shape in drawn.diagram.shapes.items():
            _draw_shape(axes, shape, placed.boxes[key], cards.get(key), (key in drawn.repeated, key in drawn.optional))
            if shape.name and key not in cards:
                _name_beside(axes, shape, placed.boxes[key], down=placed.down)
        for row, sentence in enumerate(text):
            axes.text(EDGE, height + 20 + 11 * row, sentence, fontsize=FOOT, color=MUTED, va="center_baseline")
    return axes, placed


def _largest(drawn: Folded, sizes: Mapping[str, tuple[float, float]]) -> tuple[Folded, Placed]:
    """The way to draw a diagram that can be shown largest on a page; from left to right where others gain little."""
    plain = place(drawn.diagram, sizes, gap=GAP)
    if plain.width <= WIDE:
        return drawn, plain
    ways: list[tuple[float, Folded, Placed]] = []
    for tried in (drawn, replace(drawn, diagram=condensed(drawn.diagram))):
        own = {key: sizes[key] for key in tried.diagram.shapes}
        for down in (False, True):
            placed = paged(place(tried.diagram, own, gap=GAP, down=down), page=SHEET)
            ways.append((shrinks(placed.width, placed.height, page=SHEET) * (1.15 if down else 1), tried, placed))
    return min(ways, key=lambda way: way[0])[1:]


def _letters(placed: Placed) -> int:
    return max(60, int(placed.width / 3.9))


def _size(key: str, shape: Shape, cards: Mapping[str, _Card]) -> tuple[float, float]:
    if key in cards:
        return cards[key].size
    return (GATEWAY, GATEWAY) if shape.kind in GATEWAYS else (EVENT, EVENT)


def _legend(drawn: Folded) -> list[str]:
    kinds = {shape.kind for shape in drawn.diagram.shapes.values()}
    marks = [
        ("xor" in kinds, say("× one of the ways")),
        ("and" in kinds, say("+ all of the ways")),
        ("or" in kinds, say("○ one or more of the ways")),
        (bool(drawn.optional), say("dashed: may be skipped")),
        (bool(drawn.repeated), say("round arrow: may be repeated")),
    ]
    return ["  ·  ".join(text for shown, text in marks if shown)]


def _draw_flow(ax: Axes, line: Line, name: str) -> None:
    points = [np.array(point) for point in line]
    tip, towards = points[-1], points[-1] - points[-2]
    towards = towards / (float(np.hypot(*towards)) or 1.0)
    across = np.array([-towards[1], towards[0]])
    points[-1] = tip - towards * 5
    corners, codes = [points[0]], [Path.MOVETO]
    for before, here, after in zip(points[:-2], points[1:-1], points[2:], strict=True):
        for near, end in ((before, False), (after, True)):
            step = near - here
            length = float(np.hypot(*step)) or 1.0
            corners.append(here + step / length * min(6.0, length / 2))
            codes.append(Path.CURVE3 if end else Path.LINETO)
            if not end:
                corners.append(here)
                codes.append(Path.CURVE3)
    path = Path(np.array([*corners, points[-1]]), [*codes, Path.LINETO])
    ax.add_patch(PathPatch(path, facecolor="none", edgecolor=LINE, linewidth=1.1, zorder=2, capstyle="butt"))
    foot = tip - towards * 6.5
    ax.add_patch(Polygon([tip, foot + across * 3, foot - across * 3], color=LINE, linewidth=0, zorder=2))
    if name:
        _name_flow(ax, line, name)


def _name_flow(ax: Axes, line: Line, name: str) -> None:
    """Put the name above the longest level part of a line, or beside the first part where none is level."""
    level = [(a, b) for a, b in pairwise(line) if abs(a[1] - b[1]) < 1 and abs(a[0] - b[0]) > 12]
    (ax0, ay0), (ax1, ay1) = max(level, key=lambda ends: abs(ends[0][0] - ends[1][0])) if level else line[:2]
    x, y = (ax0 + ax1) / 2, (ay0 + ay1) / 2
    if level:
        ax.text(x, y - 6.5, name, fontsize=SMALL, color=MUTED, ha="center", va="center_baseline", zorder=4)
    else:
        ax.text(x + 4, y, name, fontsize=SMALL, color=MUTED, ha="left", va="center_baseline", zorder=4)


def _draw_shape(ax: Axes, shape: Shape, box: Box, card: _Card | None, marks: tuple[bool, bool]) -> None:
    x, y, width, height = box
    if card is not None:
        _draw_card(ax, box, card, marks)
    elif shape.kind in GATEWAYS:
        _draw_gateway(ax, shape, (x + width / 2, y + height / 2))
    else:
        middle = (x + width / 2, y + height / 2)
        heavy = 2.6 if shape.kind == "end" else 1.2
        ax.add_patch(Circle(middle, width / 2 - heavy / 2, facecolor=PAPER, edgecolor=INK, linewidth=heavy, zorder=5))
        if shape.kind == "event":
            ax.add_patch(Circle(middle, width / 2 - 3.4, facecolor=PAPER, edgecolor=INK, linewidth=0.8, zorder=5))


def _draw_card(ax: Axes, box: Box, card: _Card, marks: tuple[bool, bool]) -> None:
    x, y, width, height = box
    repeated, optional = marks
    fill: Any = HEAT(0.15 + 0.85 * card.heat) if card.facts else CARD
    ink = PAPER if card.facts and card.heat > 0.72 else INK
    ax.add_patch(
        FancyBboxPatch(
            (x, y), width, height, boxstyle="round,pad=0,rounding_size=5", facecolor=fill,
            edgecolor=HEAT(0.95) if card.facts else SEQUENTIAL(0.8), linewidth=1.1,
            linestyle=(0, (3, 2)) if optional else "solid", zorder=5,
        )
    )  # fmt: skip
    top = y + 12.5
    for row, line in enumerate(card.lines):
        ax.text(x + width / 2, top + 11.5 * row, line, fontsize=NAME, weight="bold", color=ink, ha="center",
                va="center_baseline", zorder=6)  # fmt: skip
    for row, fact in enumerate(card.facts):
        ax.text(x + width / 2, top + 11.5 * len(card.lines) + 10 * row, fact, fontsize=SMALL, color=ink, ha="center",
                va="center_baseline", zorder=6)  # fmt: skip
    if repeated:
        _draw_round_arrow(ax, x + width - 6.5, y + 6.5, ink)


def _draw_round_arrow(ax: Axes, x: float, y: float, ink: str) -> None:
    turn = np.linspace(0.15 * np.pi, 1.75 * np.pi, 24)
    points = np.column_stack([x + 3.2 * np.cos(turn), y + 3.2 * np.sin(turn)])
    ax.add_patch(PathPatch(Path(points), facecolor="none", edgecolor=ink, linewidth=0.9, zorder=6))
    tip = points[-1]
    ax.add_patch(Polygon(tip + np.array([(-2.6, 0.2), (1.2, -2.4), (1.4, 1.6)]), color=ink, linewidth=0, zorder=6))


def _draw_gateway(ax: Axes, shape: Shape, middle: tuple[float, float]) -> None:
    x, y = middle
    half = GATEWAY / 2
    ax.add_patch(Polygon([(x - half, y), (x, y - half), (x + half, y), (x, y + half)], facecolor=PAPER, edgecolor=INK,
                         linewidth=1.1, zorder=5))  # fmt: skip
    if shape.kind == "or":
        ax.add_patch(Circle(middle, 5, facecolor="none", edgecolor=INK, linewidth=1.6, zorder=6))
    for dx, dy in _ARMS[shape.kind]:
        line = Path(np.array([(x - dx, y - dy), (x + dx, y + dy)]))
        ax.add_patch(PathPatch(line, edgecolor=INK, linewidth=1.8, zorder=6))


def _name_beside(ax: Axes, shape: Shape, box: Box, *, down: bool) -> None:
    """Put a name above a gateway or an event; to its right, where the process runs downward."""
    x, y, width, height = box
    lines = textwrap.wrap(shape.name, WRAP)
    at, side, low = x + width / 2, "center", y - 6
    if down:
        side = "left"
        at, low = (at + 5, y) if shape.kind in GATEWAYS else (x + width + 5, y + height / 2 + 4.5 * (len(lines) - 1))
    for row, line in enumerate(reversed(lines)):
        ax.text(at, low - 9 * row, line, fontsize=SMALL, color=MUTED, ha=side, va="center_baseline", zorder=4)


def _draw_swaps(ax: Axes, found: "Conformance", diagram: Diagram, placed: Placed) -> None:
    keys = {shape.name: key for key, shape in diagram.shapes.items() if shape.kind == "activity"}
    swaps = _swaps(found)
    for turn, row in enumerate(zip(swaps["activity"], swaps["other_activity"], swaps["case_share"], strict=True)):
        one, other = (placed.boxes[keys[name]] for name in row[:2])
        _draw_swap(ax, one, other, percent(float(row[2])), 18.0 * turn)


def _swaps(found: "Conformance") -> "pd.DataFrame":
    """The swaps worth an arc: of activities of the model, in half a percent of the cases or more."""
    table, known = found.table, set(found.model.activities)
    swaps = table[(table["deviation"] == "swapped") & (table["case_share"] >= LEAST_SWAPS)]
    return swaps[swaps["activity"].isin(known) & swaps["other_activity"].isin(known)].head(SWAPS_DRAWN)


def _draw_swap(ax: Axes, one: Box, other: Box, words: str, further: float) -> None:
    """Join two cards by an arc: above what stands side by side, on the right of a column, else across."""
    ends = np.array([(x + w / 2, y + h / 2) for x, y, w, h in (one, other)])
    apart, half = np.abs(ends[1] - ends[0]), np.array([one[2:], other[2:]]).sum(axis=0) / 2
    if apart[1] < half[1]:
        ends[:, 1] = [box[1] for box in (one, other)]
        aside = np.array([[0.0, -20 - min(0.1 * apart[0], 24.0) - further]] * 2)
    elif apart[0] < half[0]:
        ends[:, 0] = [box[0] + box[2] for box in (one, other)]
        aside = np.array([[34 + 0.14 * apart[1] + further, 0.0]] * 2)
    else:
        down = np.sign(ends[1, 1] - ends[0, 1])
        aside = np.array([[0.0, down], [0.0, -down]]) * (0.45 * apart[1] + further)
        ends[:, 1] += np.array([one[3], -other[3]]) / 2 * down
    arc = Path(np.array([ends[0], *(ends + aside), ends[1]]), [Path.MOVETO, *[Path.CURVE4] * 3])
    ax.add_patch(PathPatch(arc, facecolor="none", edgecolor=ORANGE, linewidth=1.3, linestyle=(0, (3, 2)), zorder=7))
    for end in ends:
        ax.add_patch(Circle((float(end[0]), float(end[1])), 2.6, color=ORANGE, linewidth=0, zorder=7))
    x, y = ends.mean(axis=0) + 0.75 * aside.mean(axis=0)
    box = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.2}
    ax.text(x, y, words, fontsize=SMALL, color=ORANGE, weight="bold", ha="center", va="center", zorder=8, bbox=box)
