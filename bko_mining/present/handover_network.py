"""The network of handovers as a picture: a ring of nodes sized by work, ties as wide as they are strong."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from numpy.typing import NDArray

from bko_mining.present.figures import HEAT, INK, MUTED, PAPER, house_style, new_axes, say_why_empty
from bko_mining.present.lettering import even_lines, text_width
from bko_mining.present.map_painter import map_axes, paint_curve, paint_foot, paint_keys
from bko_mining.present.map_sketch import Way
from bko_mining.present.pages import page, section_of
from bko_mining.present.people import short
from bko_mining.words import duration, number, say

if TYPE_CHECKING:
    from bko_mining.analyse.handover_network import HandoverNetwork
    from bko_mining.analyse.handovers import Handovers

Floats = NDArray[np.float64]

SMALLEST, LARGEST = 6.0, 24.0
"""Radius of a node in points."""
WIDEST = 7.0
LETTER, AWAY = 8.0, 6.0
"""Size of the names, and how far from their nodes they stand."""
UPRIGHT = 0.2
"""Cosine of the angle above which a name stands beside its node, not above or below."""
FEW = 10
"""Nodes up to which names stand level; more of them turn with the ring."""


@dataclass(frozen=True, slots=True)
class _Ring:
    """Where the nodes stand, how large they are, their names, and where the middle is."""

    angles: Floats
    radius: float
    sizes: Floats
    names: tuple[str, ...]

    @property
    def level(self) -> bool:
        """Whether the names stand level and in two lines."""
        return len(self.names) <= FEW

    @property
    def centre(self) -> Floats:
        """Half of the room that ring and names need."""
        across, up = np.abs(np.cos(self.angles)), np.abs(np.sin(self.angles))
        lines = [name.split("\n") for name in self.names]
        length = np.array([max(text_width(line, LETTER) for line in name) for name in lines])
        away = self.sizes + AWAY
        if self.level:
            tall = np.array([1.35 * LETTER * len(name) for name in lines])
            beside = np.where(across < UPRIGHT, length / 2, away + length)
            above = np.where(across < UPRIGHT, away + tall, np.maximum(away, tall / 2))
            return np.array([(self.radius * across + beside).max(), (self.radius * up + above).max()])
        reach = self.radius + away + length
        return np.array([(reach * across).max(), (reach * up).max()]) + LETTER

    def at(self, node: int, radius: float | None = None) -> Floats:
        angle = self.angles[node]
        away = self.radius if radius is None else radius
        return np.asarray(self.centre + away * np.array([np.cos(angle), np.sin(angle)]))


def plot_handover_network(found: "HandoverNetwork", *, ax: Axes | None = None) -> Axes:
    """Draw who hands on to whom: nodes sized by work, ties by handovers, both coloured by the wait after a handover."""
    with house_style():
        if found.table.empty:
            axes = new_axes() if ax is None else ax
            say_why_empty(found, axes)
            return axes
        ring = _ring(found)
        width, height = 2 * ring.centre
        axes = map_axes(ax, width, height + 12)
        colours = _Colours.of(found)
        _ties(axes, found, ring, colours)
        _nodes(axes, found, ring, colours)
        axes.set_title(say("Who hands on to whom"))
        paint_keys(axes, width, [(say("wait after a handover"), HEAT, colours.ends)])
        paint_foot(axes, width, found.hidden, _sizes(found))
    return axes


def handovers_page(found: "Handovers") -> str:
    """Write the network and the matrix below each other as one page."""
    network = section_of(found.network, say("Who hands on to whom"), rows=50, folded=True)
    matrix = section_of(found, say("Every pair"), rows=200)
    return page(found.summary, [network, matrix])


@dataclass(frozen=True, slots=True)
class _Colours:
    """A scale of waits by their logarithm: minutes and weeks stand side by side in one log."""

    low: float
    high: float

    @classmethod
    def of(cls, found: "HandoverNetwork") -> "_Colours":
        seconds = np.maximum(found.table["mean_waiting_time"].dt.total_seconds().to_numpy(float), 1.0)
        # One lonely tie at either end would leave all the others in one shade.
        low, high = np.quantile(seconds, [0.1, 0.9])
        return cls(float(low), float(high))

    @property
    def ends(self) -> str:
        low, high = duration(self.low), duration(self.high)
        return low if low == high else say("up to {low} … {high} and longer", low=low, high=high)

    def of_wait(self, wait: Any) -> Any:
        if wait != wait:
            return MUTED
        seconds = min(max(wait.total_seconds(), self.low), self.high)
        span = np.log(self.high / self.low)
        return HEAT(0.25 + 0.75 * (float(np.log(seconds / self.low) / span) if span > 1e-9 else 0.5))


def _ring(found: "HandoverNetwork") -> _Ring:
    nodes = found.nodes
    place = {name: at for at, name in enumerate(nodes["holder"])}
    ties = np.zeros((len(nodes), len(nodes)))
    row: Any
    for row in found.table.itertuples():
        ties[place[row.source], place[row.target]] += row.n
    angles = np.empty(len(nodes))
    angles[_order(ties + ties.T)] = np.pi / 2 - 2 * np.pi * np.arange(len(nodes)) / len(nodes)
    work = _work(found)
    radius = max(115.0, 8.4 * len(nodes))
    # Neighbours keep room between them for their ties.
    largest = min(LARGEST, 0.36 * 2 * np.pi * radius / len(nodes))
    sizes = np.maximum(largest * np.sqrt(work / max(float(work.max()), 1e-9)), SMALLEST)
    amounts = [say("{hours} h", hours=number(hours)) if _timed(found) else number(hours) for hours in work]
    named = zip(nodes["holder"], amounts, strict=True)
    if len(nodes) <= FEW:
        names = ["\n".join((*even_lines(name, 24, most=2), amount)) for name, amount in named]
    else:
        names = [f"{short(name, 22)}  {amount}" for name, amount in named]
    return _Ring(angles, radius=radius, sizes=sizes, names=tuple(names))


def _work(found: "HandoverNetwork") -> Floats:
    """Hours of work; instances where hours are not known."""
    return found.nodes["hours" if _timed(found) else "n"].fillna(0.0).to_numpy(float)


def _timed(found: "HandoverNetwork") -> bool:
    return bool(found.starts_known and found.nodes["hours"].sum() > 0)


def _order(ties: Floats) -> list[int]:
    """Order nodes so that those with strong ties stand near each other: pairs change places while that helps."""
    n = len(ties)
    steps = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    apart = np.minimum(steps, n - steps).astype(float)
    order = np.arange(n)
    best = float((ties * apart).sum())
    improved = n > 3
    while improved:
        improved = False
        for one, other in zip(*np.triu_indices(n, 1), strict=True):
            order[[one, other]] = order[[other, one]]
            cost = float((ties[np.ix_(order, order)] * apart).sum())
            if cost < best - 1e-9:
                best, improved = cost, True
            else:
                order[[one, other]] = order[[other, one]]
    return [int(node) for node in order]


def _ties(ax: Axes, found: "HandoverNetwork", ring: _Ring, colours: _Colours) -> None:
    place = {name: at for at, name in enumerate(found.nodes["holder"])}
    most = float(found.table["n"].max())
    # The strongest last: they lie on top.
    row: Any
    for row in found.table.iloc[::-1].itertuples():
        width = 0.7 + (WIDEST - 0.7) * row.n / most
        way = Way(str(row.source), str(row.target), "", width, colours.of_wait(row.mean_waiting_time))
        paint_curve(ax, _bow(ring, place[row.source], place[row.target]), way)


def _bow(ring: _Ring, source: int, target: int) -> Floats:
    """A curve from edge to edge of two nodes, bent towards the middle; there and back do not cover each other."""
    start, end = ring.at(source), ring.at(target)
    along = end - start
    length = float(np.hypot(*along))
    across = np.array([along[1], -along[0]]) / length
    middle = (start + end) / 2
    inward = ring.centre - middle
    bend = middle + inward * min(0.35, 0.2 * length / ring.radius) + across * np.clip(0.16 * length, 9.0, 22.0)
    ends = []
    for node, at in ((source, start), (target, end)):
        towards = (bend - at) / float(np.hypot(*(bend - at)))
        ends.append(at + towards * (ring.sizes[node] + 1.5))
    first, last = ends
    return np.array([first, first + (bend - first) * 2 / 3, last + (bend - last) * 2 / 3, last])


def _nodes(ax: Axes, found: "HandoverNetwork", ring: _Ring, colours: _Colours) -> None:
    for node, row in enumerate(found.nodes.itertuples()):
        fill = colours.of_wait(row.mean_waiting_time)
        at, size = ring.at(node), ring.sizes[node]
        ax.add_patch(Circle((at[0], at[1]), size, facecolor=fill, edgecolor=PAPER, linewidth=1.2, zorder=5))
        stance = _stance(ring, node)
        ax.text(
            *_outside(ring, node), ring.names[node], fontsize=LETTER, color=INK, zorder=6, linespacing=1.3, **stance
        )


def _outside(ring: _Ring, node: int) -> tuple[float, float]:
    """Where a name begins."""
    away = ring.sizes[node] + AWAY
    across = np.cos(ring.angles[node])
    if ring.level and abs(across) >= UPRIGHT:
        x, y = ring.at(node)
        return x + np.sign(across) * away, y
    x, y = ring.at(node, ring.radius + away)
    return x, y


def _stance(ring: _Ring, node: int) -> dict[str, Any]:
    """How a name stands: level beside, above or below its node, or turned with the ring, never upside down."""
    across, up = np.cos(ring.angles[node]), np.sin(ring.angles[node])
    beside = "right" if across < -1e-6 else "left"
    if ring.level and abs(across) < UPRIGHT:
        return {"ha": "center", "va": "bottom" if up > 0 else "top"}
    if ring.level:
        return {"ha": beside, "va": "center"}
    turn = float(np.degrees(ring.angles[node])) + (180 if beside == "right" else 0)
    return {"ha": beside, "va": "center", "rotation": turn, "rotation_mode": "anchor"}


def _sizes(found: "HandoverNetwork") -> str:
    if _timed(found):
        return say("Nodes: hours of work. Ties: as wide as handovers are many, from the blunt end to the head.")
    return say("Nodes: activity instances. Ties: as wide as handovers are many, from the blunt end to the head.")
