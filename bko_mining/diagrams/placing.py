"""Where the shapes of a model stand and how its flows run: left to right, branches below one another, square corners.

A model is laid out on a grid the way people draw one: a branch keeps its row, the next branch takes the first row
below, a join stands on the row of its split, flows that skip or return get a row of their own. Graphs that are no
blocks may come out with a flow through a shape; those are given to Graphviz instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from bko_mining.diagrams.diagram import GATEWAYS, Diagram, Flow
from bko_mining.diagrams.layout import SQUARE, Edge, Point, layout

Box = tuple[float, float, float, float]
Line = tuple[Point, ...]

_SIZES = {"activity": (120.0, 80.0), "start": (36.0, 36.0), "end": (36.0, 36.0), "event": (36.0, 36.0)}
_GATEWAY = (50.0, 50.0)
_LETTERS_THAT_FIT = 42
_GAP = 44.0
_MARGIN = 40.0


@dataclass(frozen=True, slots=True)
class Placed:
    """Places in points, y growing downward: the box of each shape (left, top, width, height), the line of each flow.

    ``down`` says whether the process runs from top to bottom.
    """

    boxes: dict[str, Box]
    lines: tuple[Line, ...]
    down: bool = False

    @property
    def width(self) -> float:
        """Right edge of everything."""
        return max([x + w for x, _, w, _ in self.boxes.values()] + [x for line in self.lines for x, _ in line])

    @property
    def height(self) -> float:
        """Bottom edge of everything."""
        return max([y + h for _, y, _, h in self.boxes.values()] + [y for line in self.lines for _, y in line])


def place(
    diagram: Diagram,
    sizes: Mapping[str, tuple[float, float]] | None = None,
    *,
    gap: float = _GAP,
    down: bool = False,
) -> Placed:
    """Lay a diagram out.

    Parameters
    ----------
    diagram : Diagram
        What to lay out.
    sizes : mapping, optional
        Key -> (width, height) of each shape in points; otherwise those usual in BPMN.
    gap : float
        Between shapes, in points.
    down : bool
        From top to bottom instead of from left to right.

    Returns
    -------
    Placed
        Boxes and lines.
    """
    sizes = usual_sizes(diagram) if sizes is None else sizes
    if down:
        return _turned(_placed(diagram, {key: (h, w) for key, (w, h) in sizes.items()}, gap))
    return _placed(diagram, sizes, gap)


def usual_sizes(diagram: Diagram) -> dict[str, tuple[float, float]]:
    """Sizes of shapes as modellers draw them; activities with long names are wider."""
    sizes = {key: _SIZES.get(shape.kind, _GATEWAY) for key, shape in diagram.shapes.items()}
    long = {k: s for k, s in diagram.shapes.items() if s.kind == "activity" and len(s.name) > _LETTERS_THAT_FIT}
    return sizes | {key: (120.0 + min(150.0, 3.0 * (len(shape.name) - _LETTERS_THAT_FIT)), 80.0)
                    for key, shape in long.items()}  # fmt: skip


def _placed(diagram: Diagram, sizes: Mapping[str, tuple[float, float]], gap: float) -> Placed:
    placed = _drawn(diagram, sizes, _Grid.of(diagram), gap)
    return placed if _is_clear(diagram, placed) else _by_graphviz(diagram, sizes)


def _turned(placed: Placed) -> Placed:
    boxes = {key: (y, x, h, w) for key, (x, y, w, h) in placed.boxes.items()}
    return Placed(boxes, tuple(tuple((y, x) for x, y in line) for line in placed.lines), down=True)


@dataclass
class _Grid:
    """Columns by the longest way from the start, rows by branch; filled while walking along the flows.

    Attributes
    ----------
    diagram, back, column
        What is laid out; the flows that return; the column of each shape.
    row, lane : dict
        The row of each shape; of each flow (by its id) that has a row of its own.
    first_row : dict
        The first row from which each shape was reached: where a join will stand.
    waiting : dict
        Flows that have still to reach each shape before it is placed.
    lowest : dict
        The lowest row taken in each column.
    """

    diagram: Diagram
    back: set[int]
    column: dict[str, int]
    row: dict[str, int] = field(default_factory=dict)
    lane: dict[int, int] = field(default_factory=dict)
    first_row: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    lowest: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, diagram: Diagram) -> "_Grid":
        """Lay a diagram out on a grid."""
        order, back = _ranked(diagram)
        grid = cls(diagram, back, _columns(diagram, order, back))
        grid.waiting = {key: sum(id(f) not in back for f in diagram.before[key]) for key in diagram.shapes}
        for key in sorted(order, key=lambda one: grid.waiting[one] > 0):
            if key not in grid.row:
                grid.walk(key, max(grid.lowest.values(), default=-1) + 1)
        return grid

    def walk(self, key: str, row: int) -> int:
        """Place a shape and all that follows, up to joins that still wait; returns the lowest row taken."""
        low = row
        while True:
            self.row[key] = row
            self.take(range(self.column[key], self.column[key] + 1), row)
            own = self.lanes_back(key)
            low = max(low, own)
            onward = [flow for flow in self.diagram.after[key] if id(flow) not in self.back]
            if len(onward) != 1:
                return max(low, self.branch(key, onward, own))
            if not self.arrives(onward[0], row):
                return low
            key = onward[0].target
            row = self.first_row[key]

    def branch(self, key: str, onward: list[Flow], low: int) -> int:
        """Place what follows a split: the first branch on its row, each other below all before it."""
        for place, flow in enumerate(sorted(onward, key=self.lateness)):
            free = self.row[key] if place == 0 else low + 1
            if self.is_join(flow.target):
                self.lane[id(flow)] = free
                self.take(range(self.column[key] + 1, self.column[flow.target]), free)
                low = max(low, free)
            if self.arrives(flow, free):
                low = max(low, self.walk(flow.target, self.first_row[flow.target]))
        return low

    def lateness(self, flow: Flow) -> tuple[bool, bool]:
        """Flows straight to a join come after the branches, being a line only; branches that only return come last."""
        after = self.diagram.after[flow.target]
        return bool(after) and all(id(one) in self.back for one in after), self.is_join(flow.target)

    def is_join(self, key: str) -> bool:
        """Whether several flows lead on to a shape, those that return apart."""
        return sum(id(flow) not in self.back for flow in self.diagram.before[key]) > 1

    def arrives(self, flow: Flow, row: int) -> bool:
        """Reach a shape; true once nothing else has still to come to it."""
        self.first_row[flow.target] = min(self.first_row.get(flow.target, row), row)
        self.waiting[flow.target] -= 1
        return self.waiting[flow.target] == 0 and flow.target not in self.row

    def lanes_back(self, key: str) -> int:
        """Give every flow that returns from a shape a row below all that it passes."""
        low = self.row[key]
        for flow in self.diagram.after[key]:
            if id(flow) in self.back:
                span = range(self.column[flow.target], self.column[key] + 1)
                low = max(self.lowest.get(column, -1) for column in span) + 1
                self.lane[id(flow)] = low
                self.take(span, low)
        return low

    def take(self, columns: range, row: int) -> None:
        """Mark a row as taken in some columns."""
        for column in columns:
            self.lowest[column] = max(self.lowest.get(column, -1), row)


def _ranked(diagram: Diagram) -> tuple[list[str], set[int]]:
    """Shapes in the order of the process, and the flows that return (found by walking depth first)."""
    starts = [key for key, shape in diagram.shapes.items() if shape.kind == "start"]
    done: list[str] = []
    state: dict[str, int] = {}
    back: set[int] = set()
    for root in [*starts, *diagram.shapes]:
        stack = [] if root in state else [(root, iter(diagram.after[root]))]
        state.setdefault(root, 1)
        while stack:
            key, flows = stack[-1]
            flow = next(flows, None)
            if flow is None:
                done.append(key)
                state[key] = 2
                stack.pop()
            elif state.get(flow.target, 0) == 1:
                back.add(id(flow))
            elif flow.target not in state:
                state[flow.target] = 1
                stack.append((flow.target, iter(diagram.after[flow.target])))
    return done[::-1], back


def _columns(diagram: Diagram, order: list[str], back: set[int]) -> dict[str, int]:
    """The longest way from the start; a join stands beyond the ways back that leave beside it, which it would cross."""
    onward = {key: [flow.target for flow in diagram.after[key] if id(flow) not in back] for key in order}
    returns: dict[str, int] = {}
    for key in reversed(order):
        ahead = [returns[target] for target in onward[key]]
        returns[key] = 1 + max(ahead, default=0) if diagram.after[key] and all(ahead) else 0
    column = dict.fromkeys(order, 0)
    for key in order:
        beside = max((returns[target] for target in onward[key]), default=0)
        for target in onward[key]:
            joins = not returns[target] and sum(id(flow) not in back for flow in diagram.before[target]) > 1
            column[target] = max(column[target], column[key] + 1 + (beside if joins else 0))
    return column


def _drawn(diagram: Diagram, sizes: Mapping[str, tuple[float, float]], grid: _Grid, gap: float) -> Placed:
    across = _middles({key: (grid.column[key], sizes[key][0]) for key in sizes}, gap, 0)
    tall = {key: (grid.row[key], sizes[key][1]) for key in sizes}
    along = _middles(tall, gap * 0.7, max(grid.lane.values(), default=0))
    boxes: dict[str, Box] = {}
    for key, (width, height) in sizes.items():
        x, y = across[grid.column[key]], along[grid.row[key]]
        boxes[key] = (x - width / 2, y - height / 2, width, height)
    lines = []
    for flow in diagram.flows:
        onward = sum(id(other) not in grid.back for other in diagram.after[flow.source])
        lane = along[grid.lane[id(flow)]] if id(flow) in grid.lane else None
        lines.append(_line(flow, boxes, lane, onward))
    return Placed(boxes, tuple(lines))


def _middles(shapes: Mapping[str, tuple[int, float]], gap: float, last: int) -> list[float]:
    """The middle of each column (or row) wide enough for the shapes in it; those of lines alone are narrow."""
    n = 1 + max([last, *(place for place, _ in shapes.values())])
    wide = [max([size for place, size in shapes.values() if place == i], default=gap * 0.35) for i in range(n)]
    middles, edge = [], _MARGIN
    for size in wide:
        middles.append(edge + size / 2)
        edge += size + gap
    return middles


def _line(flow: Flow, boxes: Mapping[str, Box], lane: float | None, ways_out: int) -> Line:
    sx, sy, right, _ = _anchors(boxes[flow.source])
    tx, ty, _, left = _anchors(boxes[flow.target])
    if flow.source == flow.target and lane is not None:
        side = boxes[flow.source][2] / 4
        low = _side(boxes[flow.source], lane)
        return ((sx + side, low), (sx + side, lane), (sx - side, lane), (sx - side, low))
    if abs(sy - ty) < 1e-6 and (lane is None or abs(lane - sy) < 1e-6) and sx < tx:
        return ((right, sy), (left, ty))
    if lane is not None and abs(lane - sy) > 1e-6:
        return ((sx, _side(boxes[flow.source], lane)), (sx, lane), (tx, lane), (tx, _side(boxes[flow.target], lane)))
    if lane is None and ways_out > 1:
        return ((sx, _side(boxes[flow.source], ty)), (sx, ty), (left, ty))
    return ((right, sy), (tx, sy), (tx, _side(boxes[flow.target], sy)))


def _anchors(box: Box) -> tuple[float, float, float, float]:
    """The middle of a box, its right edge and its left."""
    x, y, width, height = box
    return x + width / 2, y + height / 2, x + width, x


def _side(box: Box, towards: float) -> float:
    """The lower edge of a box for what lies below it, otherwise the upper."""
    _, y, _, height = box
    return y + height if towards > y + height / 2 else y


def _is_clear(diagram: Diagram, placed: Placed) -> bool:
    """Whether no flow runs through a shape and no two shapes cover one another."""
    boxes = list(placed.boxes.items())
    covered = any(_overlap(one, other) for i, (_, one) in enumerate(boxes) for _, other in boxes[:i])
    crossed = any(
        _overlap(_hull(a, b), box)
        for flow, line in zip(diagram.flows, placed.lines, strict=True)
        for a, b in pairwise(line)
        for key, box in boxes
        if key not in (flow.source, flow.target)
    )
    return not covered and not crossed


def _hull(a: Point, b: Point) -> Box:
    return min(a[0], b[0]), min(a[1], b[1]), abs(a[0] - b[0]), abs(a[1] - b[1])


def _overlap(one: Box, other: Box) -> bool:
    (x, y, w, h), (u, v, s, t) = one, other
    return x < u + s - 1 and u < x + w - 1 + 2 * (w == 0) and y < v + t - 1 and v < y + h - 1 + 2 * (h == 0)


def _by_graphviz(diagram: Diagram, sizes: Mapping[str, tuple[float, float]]) -> Placed:
    order, back = _ranked(diagram)
    edges = [Edge(flow.source, flow.target, back=id(flow) in back) for flow in diagram.flows]
    found = layout({key: sizes[key] for key in order}, edges, style=SQUARE)
    boxes: dict[str, Box] = {}
    for key, (width, height) in sizes.items():
        x, y = found.nodes[key]
        boxes[key] = (x - width / 2 + _MARGIN, found.height - y - height / 2 + _MARGIN, width, height)
    lines = []
    for flow, spline in zip(diagram.flows, found.splines, strict=True):
        points = _corners([(x + _MARGIN, found.height - y + _MARGIN) for x, y in spline])
        points[0] = _on_shape(points[0], boxes[flow.source], diagram.shapes[flow.source].kind)
        points[-1] = _on_shape(points[-1], boxes[flow.target], diagram.shapes[flow.target].kind)
        lines.append(tuple(points))
    return Placed(boxes, tuple(lines))


def _corners(points: list[Point]) -> list[Point]:
    """Keep the ends and the corners of a line of square turns."""
    kept = [points[0]]
    for here, after in pairwise(points[1:]):
        before = kept[-1]
        turn = (here[0] - before[0]) * (after[1] - here[1]) - (here[1] - before[1]) * (after[0] - here[0])
        if abs(turn) > 1:
            kept.append(here)
    return [*kept, points[-1]]


def _on_shape(point: Point, box: Box, kind: str) -> Point:
    """Move an end that stands on the box of a gateway or an event to its outline."""
    if kind == "activity":
        return point
    x, y, width, height = box
    dx, dy = (point[0] - x - width / 2) / (width / 2), (point[1] - y - height / 2) / (height / 2)
    if abs(dx) > abs(dy):
        reach = 1 - abs(dy) if kind in GATEWAYS else (1 - dy * dy) ** 0.5
        return x + width / 2 * (1 + reach * (1 if dx > 0 else -1)), point[1]
    reach = 1 - abs(dx) if kind in GATEWAYS else (1 - dx * dx) ** 0.5
    return point[0], y + height / 2 * (1 + reach * (1 if dy > 0 else -1))
