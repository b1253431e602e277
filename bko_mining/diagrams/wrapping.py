"""A tall layout wrapped into columns, as a text is: what fits on no page stands side by side, top to bottom.

A long process laid out in ranks is a ribbon many times as tall as it is wide. It is cut between ranks where the fewest
edges cross, its pieces stand beside each other, and the edges that were cut run on through the gutter between two
columns: below the one, up, and into the next from above. Their order at the cut is kept, so that they do not cross
there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bko_mining.diagrams.layout import Layout, Point

PAGE = (1000.0, 900.0)
"""Width and height that can be read at a glance (points)."""
MOST_COLUMNS = 8
LANE, MARGIN, TURN = 8.0, 13.0, 7.0
HANDLE = 0.55
"""How far towards a corner the handle of its rounding reaches."""
_SLACK = 0.3
"""How far from even a cut may be, as a share of a column."""
_LABEL = (60.0, 11.0)

Curve = NDArray[np.float64]
Sizes = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a curve inside one column."""

    column: int
    curve: Curve


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a column lay (left, right, bottom, top) and by how much it moves."""

    left: float
    right: float
    bottom: float
    top: float
    shift: tuple[float, float] = (0.0, 0.0)

    def moved(self, points: Curve) -> Curve:
        """Move points that lay in this column."""
        there: Curve = points + np.array(self.shift)
        return there


@dataclass(frozen=True, slots=True)
class Paper:
    """What to wrap for.

    Attributes
    ----------
    page : tuple of float
        Width and height in points.
    cut : float
        What each edge that is cut costs, as a share of the size of the picture.
    gap : float
        The widest gap left in a column where the branches that stood there are in another now, in points.
    """

    page: tuple[float, float] = PAGE
    cut: float = 0.0
    gap: float = np.inf


_USUAL = Paper()


def wrapped(places: Layout, sizes: Sizes, *, paper: Paper = _USUAL) -> Layout:
    """Wrap a layout into as many columns as make it largest on a page; one that fits, or is wide, stays as it is.

    Parameters
    ----------
    places : Layout
        Laid out from top to bottom.
    sizes : mapping
        Name -> (width, height) of each node in points.
    paper : Paper
        What to wrap for.

    Returns
    -------
    Layout
        Places of the same nodes and edges.
    """
    best, least = places, shrinks(places.width, places.height, page=paper.page)
    for n in range(2, MOST_COLUMNS + 1):
        fits = shrinks(best.width, best.height, page=paper.page) <= 1
        if fits or places.height / n < 3 * max(high for _, high in sizes.values()):
            break
        cuts = _cuts(places, sizes, n)
        tried = _in_columns(places, sizes, cuts, paper.gap)
        worse = 1 + paper.cut * sum(_n_crossing(places, cut) for cut in cuts)
        size = worse * shrinks(tried.width, tried.height, page=paper.page)
        if size < 0.85 * least:
            best, least = tried, size
    return best


def shrinks(width: float, height: float, *, page: tuple[float, float] = PAGE) -> float:
    """How many times a picture must be made smaller to stand on a page."""
    return max(width / page[0], height / page[1])


def _cuts(places: Layout, sizes: Sizes, n: int) -> list[float]:
    """Heights to cut at, from the top: near even ones, between ranks, where few edges cross."""
    free = _free_heights(places, sizes)
    cuts: list[float] = []
    for place in range(1, n):
        even, reach = places.height * (1 - place / n), _SLACK * places.height / n
        near = [height for height in free if abs(height - even) < reach and (not cuts or height < cuts[-1])]
        if near:
            cuts.append(min(near, key=lambda height: _n_crossing(places, height) + 4 * abs(height - even) / reach))
    return cuts


def _free_heights(places: Layout, sizes: Sizes) -> list[float]:
    """Middles of the bands in which neither a node nor a label stands."""
    spans = [(y - sizes[name][1] / 2, y + sizes[name][1] / 2) for name, (_, y) in places.nodes.items()]
    spans += [(label[1] - _LABEL[1] / 2, label[1] + _LABEL[1] / 2) for label in places.labels if label is not None]
    free, top = [], -np.inf
    for low, high in sorted(spans):
        if low > top + 2 and np.isfinite(top):
            free.append((low + top) / 2)
        top = max(top, high)
    return free


def _n_crossing(places: Layout, height: float) -> int:
    return sum((spline[0][1] - height) * (spline[-1][1] - height) < 0 for spline in places.splines)


def _in_columns(places: Layout, sizes: Sizes, cuts: Sequence[float], gap: float) -> Layout:
    pieces = [_cut(np.asarray(spline, float), cuts) for spline in places.splines]
    if np.isfinite(gap):
        places, pieces = _tightened(places, sizes, cuts, pieces, gap)
    lanes = _lanes(pieces, len(cuts))
    columns = _columns(places, sizes, cuts, pieces, [len(lane) for lane in lanes])
    splines = [_joined(at, parts, columns, lanes) for at, parts in enumerate(pieces)]

    def moved(point: Point) -> Point:
        x, y = columns[_column(point[1], cuts)].moved(np.asarray(point))
        return float(x), float(y)

    nodes = {name: moved(point) for name, point in places.nodes.items()}
    labels = tuple(None if label is None else moved(label) for label in places.labels)
    return _from_zero(Layout(0, 0, nodes, tuple(splines), labels), sizes)


def _tightened(
    places: Layout, sizes: Sizes, cuts: Sequence[float], pieces: Sequence[Sequence[_Piece]], gap: float
) -> tuple[Layout, list[list[_Piece]]]:
    """Narrow what stands empty in a column from top to bottom: the branches that were there may be in another now."""
    taken: list[list[tuple[float, float]]] = [[] for _ in range(len(cuts) + 1)]
    for name, (x, y) in places.nodes.items():
        taken[_column(y, cuts)].append((x - sizes[name][0] / 2, x + sizes[name][0] / 2))
    for piece in (part for parts in pieces for part in parts):
        taken[piece.column] += [(x, x) for x in piece.curve[::3, 0]]
    narrowed = [_narrowed(spans, gap) for spans in taken]
    nodes = {}
    for name, (x, y) in places.nodes.items():
        old, new = narrowed[_column(y, cuts)]
        nodes[name] = (float(np.interp(x, old, new)), y)
    moved = []
    for parts in pieces:
        curves = [np.column_stack([np.interp(p.curve[:, 0], *narrowed[p.column]), p.curve[:, 1]]) for p in parts]
        moved.append([replace(part, curve=curve) for part, curve in zip(parts, curves, strict=True)])
    return replace(places, nodes=nodes), moved


def _narrowed(spans: Sequence[tuple[float, float]], gap: float) -> tuple[list[float], list[float]]:
    """Where the ends of what is taken were, and where they come to be."""
    old: list[float] = []
    new: list[float] = []
    last = -np.inf
    for low, high in sorted(spans):
        if low > last:
            new.append(new[-1] + min(low - last, gap) if new else low)
            old.append(low)
            last = low
        if high > last:
            new.append(new[-1] + high - last)
            old.append(high)
            last = high
    return old, new


def _column(height: float, cuts: Sequence[float]) -> int:
    return sum(height < cut for cut in cuts)


def _cut(curve: Curve, cuts: Sequence[float]) -> list[_Piece]:
    """Cut a curve of cubic segments wherever it crosses a height."""
    found: list[_Piece] = []
    for at in range(0, len(curve) - 1, 3):
        segment = curve[at : at + 4]
        for part in _halves(segment, sorted(_crossings(segment, cuts))):
            column = _column(float(_at(part, 0.5)[1]), cuts)
            if found and found[-1].column == column:
                found[-1] = _Piece(column, np.vstack([found[-1].curve, part[1:]]))
            else:
                found.append(_Piece(column, part))
    return found


def _crossings(segment: Curve, cuts: Sequence[float]) -> list[float]:
    """Where (0 to 1) a cubic segment crosses heights."""
    a, b, c, d = segment[:, 1]
    powers = [d - 3 * c + 3 * b - a, 3 * (c - 2 * b + a), 3 * (b - a)]
    # A curve stays among its ends and handles: only heights between them can be crossed.
    low, high = min(a, b, c, d), max(a, b, c, d)
    roots = [root for cut in cuts if low <= cut <= high for root in np.roots([*powers, a - cut])]
    return [float(root.real) for root in roots if abs(root.imag) < 1e-7 and 1e-4 < root.real < 1 - 1e-4]


def _at(segment: Curve, t: float) -> Curve:
    weights = np.array([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3])
    place: Curve = weights @ segment
    return place


def _halves(segment: Curve, shares: Sequence[float]) -> list[Curve]:
    """Cut a cubic segment at shares of it (de Casteljau)."""
    parts, done = [], 0.0
    for share in shares:
        t = (share - done) / (1 - done)
        one = segment[:-1] + t * np.diff(segment, axis=0)
        two = one[:-1] + t * np.diff(one, axis=0)
        middle = two[0] + t * (two[1] - two[0])
        parts.append(np.array([segment[0], one[0], two[0], middle]))
        segment, done = np.array([middle, two[1], one[2], segment[3]]), share
    return [*parts, segment]


def _lanes(pieces: Sequence[Sequence[_Piece]], n_cuts: int) -> list[dict[tuple[int, int], int]]:
    """For each gutter the lane of each crossing (edge, number of its piece): the rightmost is the innermost."""
    crossing: list[list[tuple[float, int, int]]] = [[] for _ in range(n_cuts)]
    for edge, parts in enumerate(pieces):
        for place, (one, other) in enumerate(pairwise(parts)):
            crossing[min(one.column, other.column)].append((-float(one.curve[-1, 0]), edge, place))
    return [{(edge, place): lane for lane, (_, edge, place) in enumerate(sorted(found))} for found in crossing]


def _columns(
    places: Layout, sizes: Sizes, cuts: Sequence[float], pieces: Sequence[Sequence[_Piece]], lanes: Sequence[int]
) -> list[_Column]:
    """Where columns lay and where they go: beside each other, their tops level below the lanes that come in above."""
    boxes: list[list[tuple[float, float, float, float]]] = [[] for _ in range(len(cuts) + 1)]
    for name, (x, y) in places.nodes.items():
        boxes[_column(y, cuts)].append(_box(x, y, *sizes[name]))
    for label in filter(None, places.labels):
        boxes[_column(label[1], cuts)].append(_box(*label, *_LABEL))
    for piece in (part for parts in pieces for part in parts):
        (left, bottom), (right, top) = piece.curve.min(axis=0), piece.curve.max(axis=0)
        boxes[piece.column].append((left, right, bottom, top))
    columns, edge = [], 0.0
    for place, found in enumerate(boxes):
        left, right, bottom, top = (pick(side) for pick, side in zip((min, max, min, max), zip(*found, strict=True),
                                                                    strict=True))  # fmt: skip
        above = lanes[place - 1] if place else 0
        shift = (edge - left, -MARGIN - LANE * above - top if above else -top)
        columns.append(_Column(left, right, bottom, top, shift))
        gutter = lanes[place] if place < len(lanes) else 0
        edge += right - left + 2 * MARGIN + LANE * gutter
    return columns


def _box(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
    return x - width / 2, x + width / 2, y - height / 2, y + height / 2


def _joined(
    edge: int, parts: Sequence[_Piece], columns: Sequence[_Column], lanes: Sequence[dict[tuple[int, int], int]]
) -> tuple[Point, ...]:
    """Put the pieces of an edge together again, through the gutters."""
    curve = columns[parts[0].column].moved(parts[0].curve)
    for place, (one, other) in enumerate(pairwise(parts)):
        gutter = min(one.column, other.column)
        after = columns[other.column].moved(other.curve)
        down = one.column < other.column
        ends = (curve[-1], after[0]) if down else (after[0], curve[-1])
        way = _through(*ends, columns[gutter], lanes[gutter][edge, place], len(lanes[gutter]))
        curve = np.vstack([curve, (way if down else way[::-1])[1:], after[1:]])
    return tuple((float(x), float(y)) for x, y in curve)


def _through(bottom: Curve, top: Curve, column: _Column, lane: int, n: int) -> Curve:
    """From the bottom of a column through the gutter on its right to the top of the next."""
    low = column.bottom + column.shift[1] - MARGIN - LANE * lane
    right = column.right + column.shift[0] + MARGIN + LANE * lane
    high = float(top[1]) + MARGIN + LANE * (n - 1 - lane)
    corners = np.array([bottom, (bottom[0], low), (right, low), (right, high), (top[0], high), top])
    return _rounded(corners)


def _rounded(corners: Curve) -> Curve:
    """Straight lines with rounded corners as cubic segments."""
    points = [corners[0]]
    for before, here, after in zip(corners[:-2], corners[1:-1], corners[2:], strict=True):
        into, out = (_towards(here, there) for there in (before, after))
        points += [*_straight(points[-1], into), here + (1 - HANDLE) * (into - here),
                   here + (1 - HANDLE) * (out - here), out]  # fmt: skip
    return np.array([*points, *_straight(points[-1], corners[-1])])


def _towards(here: Curve, there: Curve) -> Curve:
    step = there - here
    length = float(np.hypot(*step)) or 1.0
    place: Curve = here + step * min(TURN, length / 2) / length
    return place


def _straight(a: Curve, b: Curve) -> list[Curve]:
    return [a + (b - a) / 3, a + 2 * (b - a) / 3, b]


def _from_zero(places: Layout, sizes: Sizes) -> Layout:
    """Move everything so that it begins at nought, and measure it."""
    boxes = [_box(x, y, *sizes[name]) for name, (x, y) in places.nodes.items()]
    boxes += [_box(*label, *_LABEL) for label in filter(None, places.labels)]
    corners = np.array([point for spline in places.splines for point in spline] or [(0.0, 0.0)])
    sides = np.array(boxes)
    low = np.minimum(corners.min(axis=0), sides[:, (0, 2)].min(axis=0))
    high = np.maximum(corners.max(axis=0), sides[:, (1, 3)].max(axis=0))
    width, height = (high - low).tolist()
    return replace(places.moved(-float(low[0]), -float(low[1])), width=width, height=height)
