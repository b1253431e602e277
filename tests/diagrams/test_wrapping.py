"""Tall layouts wrapped into columns: nothing is lost, nothing covers anything, every edge still joins its nodes."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from bko_mining.diagrams.layout import Edge, Layout, layout
from bko_mining.diagrams.wrapping import shrinks, wrapped

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
