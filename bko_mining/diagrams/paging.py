"""A long diagram on a page: wrapped into rows, or into columns where it runs downward, with square corners."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from bko_mining.diagrams.layout import Layout, Point
from bko_mining.diagrams.placing import Line, Placed
from bko_mining.diagrams.wrapping import HANDLE, PAGE, Paper, wrapped

MARGIN = 40.0
CUT = 0.25
"""What a flow costs that runs on in the next row: more than a few make a page hard to read."""
GAP = 26.0


def paged(placed: Placed, *, page: tuple[float, float] = PAGE) -> Placed:
    """Wrap a diagram into as many rows (or columns) as make it largest on a page; one that fits stays as it is.

    Parameters
    ----------
    placed : Placed
        Laid out in one go.
    page : tuple of float
        Width and height in points.
    """
    # What wraps knows columns only, from top to bottom and with y growing upward.
    sizes = {key: (w, h) if placed.down else (h, w) for key, (_, _, w, h) in placed.boxes.items()}
    long = placed.height if placed.down else placed.width

    def turned(point: Point) -> Point:
        return (point[0], long - point[1]) if placed.down else (point[1], long - point[0])

    nodes = {key: turned((x + w / 2, y + h / 2)) for key, (x, y, w, h) in placed.boxes.items()}
    splines = tuple(_curve([turned(point) for point in line]) for line in placed.lines)
    wide = placed.width if placed.down else placed.height
    before = Layout(wide, long, nodes, splines, (None,) * len(splines))
    paper = Paper(page if placed.down else (page[1], page[0]), CUT, GAP)
    after = wrapped(before, sizes, paper=paper)
    if after is before:
        return placed

    def back(point: Point) -> Point:
        x, y = point[0] + MARGIN, after.height - point[1] + MARGIN
        return (x, y) if placed.down else (y, x)

    boxes = {}
    for key, (_, _, w, h) in placed.boxes.items():
        x, y = back(after.nodes[key])
        boxes[key] = (x - w / 2, y - h / 2, w, h)
    lines = tuple(_line([back(point) for point in spline]) for spline in after.splines)
    return replace(placed, boxes=boxes, lines=lines)


def _curve(line: Sequence[Point]) -> tuple[Point, ...]:
    """Straight parts as cubic segments."""
    points = [line[0]]
    for (ax, ay), (bx, by) in pairwise(line):
        points += [(ax + (bx - ax) / 3, ay + (by - ay) / 3), (ax + 2 * (bx - ax) / 3, ay + 2 * (by - ay) / 3), (bx, by)]
    return tuple(points)


def _line(curve: Sequence[Point]) -> Line:
    """Cubic segments as straight parts: a rounded corner as the corner it was rounded from."""
    points = [np.array(curve[0])]
    for at in range(0, len(curve) - 1, 3):
        start, handle, _, end = (np.array(point) for point in curve[at : at + 4])
        if abs(start - end).min() > 1e-6:
            points.append(start + (handle - start) / HANDLE)
        points.append(end)
    kept = [points[0]]
    for here, after in pairwise(points[1:]):
        into, out = here - kept[-1], after - here
        if abs(into[0] * out[1] - into[1] * out[0]) > 1e-6:
            kept.append(here)
    return tuple((float(x), float(y)) for x, y in [*kept, points[-1]])
