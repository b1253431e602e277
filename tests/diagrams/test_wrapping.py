"""Tall layouts wrapped into columns: nothing is lost, nothing covers anything, every edge still joins its nodes."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from bko_mining.diagrams.diagram import Diagram, Flow, Shape
from bko_mining.diagrams.layout import Edge, Layout, layout
from bko_mining.diagrams.paging import paged
from bko_mining.diagrams.placing import place
from bko_mining.diagrams.wrapping import _narrowed, shrinks, wrapped

SIZES = {f"n{i}": (120.0, 40.0 + 10 * (i % 3)) for i in range(60)}


def ribbon(*more: Edge) -> Layout:
    names = list(SIZES)
    chain = [Edge(one, other, 5, (40.0, 11.0)) for one, other in pairwise(names)]
    skips = [Edge(names[i], names[i + 2], 1, (40.0, 11.0)) for i in range(0, 58, 3)]
    return layout(SIZES, [*chain, *skips, *more])


@pytest.mark.parametrize(
    "more", [(), (Edge("n40", "n5", back=True),), (Edge("n2", "n59"), Edge("n59", "n1", back=True))]
)
def test_a_ribbon_becomes_a_page(more: tuple[Edge, ...]) -> None:
    tall = ribbon(*more)
    found = wrapped(tall, SIZES)
    assert shrinks(found.width, found.height) < 0.5 * shrinks(tall.width, tall.height)
    boxes = {name: (x, y, *SIZES[name]) for name, (x, y) in found.nodes.items()}
    for (x, y, w, h), (u, v, s, t) in combinations(boxes.values(), 2):
        assert abs(x - u) > (w + s) / 2 or abs(y - v) > (h + t) / 2
    # Edges leave and reach the places of their nodes where they did before.
    pairs = [
        *pairwise(SIZES),
        *((f"n{i}", f"n{i + 2}") for i in range(0, 58, 3)),
        *((e.source, e.target) for e in more),
    ]
    for (source, target), before, after in zip(pairs, tall.splines, found.splines, strict=True):
        assert len(after) % 3 == 1
        for name, end in ((source, 0), (target, -1)):
            away = np.subtract(before[end], tall.nodes[name])
            assert np.allclose(np.subtract(after[end], found.nodes[name]), away)
    # No edge runs through a node that is not its own.
    for (source, target), spline in zip(pairs, found.splines, strict=True):
        for x, y in drawn(spline):
            for name, (u, v, w, h) in boxes.items():
                inside = abs(x - u) < w / 2 - 1 and abs(y - v) < h / 2 - 1
                assert not inside or name in (source, target)
    corners = np.array([point for spline in found.splines for point in spline])
    assert corners.min() >= -1e-6
    assert corners[:, 0].max() <= found.width + 1e-6
    assert corners[:, 1].max() <= found.height + 1e-6


def drawn(spline: tuple[tuple[float, float], ...]) -> np.ndarray:
    points, t = np.asarray(spline), np.linspace(0, 1, 7)[:, None]
    pieces = [points[at : at + 4] for at in range(0, len(points) - 3, 3)]
    return np.vstack(
        [(1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d for a, b, c, d in pieces]
    )


def test_what_fits_on_a_page_or_is_wide_stays_as_it_is() -> None:
    short = {f"n{i}": (120.0, 40.0) for i in range(6)}
    small = layout(short, [Edge(*pair) for pair in pairwise(short)])
    assert wrapped(small, short) is small
    star = {f"n{i}": (300.0, 40.0) for i in range(30)}
    wide = layout(star, [Edge("n0", name) for name in list(star)[1:]])
    assert wrapped(wide, star) is wide


def chain(n: int) -> Diagram:
    shapes = {
        "start": Shape("start"),
        **{f"a{i}": Shape("activity", f"Step {i}") for i in range(n)},
        "end": Shape("end"),
    }
    return Diagram(shapes, tuple(Flow(*pair) for pair in pairwise(shapes)))


@pytest.mark.parametrize("down", [False, True])
def test_a_long_diagram_is_wrapped_with_square_corners(down: bool) -> None:
    diagram = chain(16)
    before = place(diagram, down=down)
    after = paged(before, page=(900, 900))
    assert max(after.width, after.height) < 0.5 * max(before.width, before.height)
    assert {key: box[2:] for key, box in after.boxes.items()} == {key: box[2:] for key, box in before.boxes.items()}
    for flow, line in zip(diagram.flows, after.lines, strict=True):
        assert all(abs(a[0] - b[0]) < 1e-6 or abs(a[1] - b[1]) < 1e-6 for a, b in pairwise(line))
        for end, (x, y, w, h) in ((line[0], after.boxes[flow.source]), (line[-1], after.boxes[flow.target])):
            assert x - 1 <= end[0] <= x + w + 1
            assert y - 1 <= end[1] <= y + h + 1


def test_a_diagram_that_fits_stays() -> None:
    placed = place(chain(3))
    assert paged(placed) is placed


def test_what_stands_empty_in_a_row_is_narrowed() -> None:
    old, new = _narrowed([(0, 10), (100, 100), (200, 220), (205, 230)], 26)
    assert old == [0, 10, 100, 200, 220, 230]
    assert new == [0, 10, 36, 62, 82, 92]
