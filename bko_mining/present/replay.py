"""The replay as SVG that moves by itself (SMIL): no script, so it lives in pages, slides, mails and notebooks.

Each dot has one animation: the corners of its way with the share of its time at which it is there. Curves are cut into
as few straight pieces as the eye cannot tell from them, so that thousands of dots move smoothly.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import escape
from numpy.typing import NDArray

from bko_mining.discover.replay import OTHER
from bko_mining.discover.steps import END, START
from bko_mining.present.figures import BLUE, MUTED, PALETTE
from bko_mining.present.lettering import text_width
from bko_mining.present.map_sketch import Sketch, Way, card, sketch, way_width
from bko_mining.present.map_svg import STYLE, down, svg_map
from bko_mining.words import day, duration, number, say

if TYPE_CHECKING:
    from bko_mining.discover.replay import Replay

LEAD = 0.9
"""Seconds from the start marker into the map and out to the end marker."""
FOOT, TICKS, ROUGH = 96.0, 120, 1.1
MIN_WIDTH = 460.0

Points = list[tuple[float, float]]


def replay_svg(found: "Replay") -> str:
    """Write the replay as SVG text."""
    drawn = _quiet_map(found)
    width = max(drawn.places.width, MIN_WIDTH)
    left = (drawn.places.width - width) / 2
    height = drawn.places.height
    total = found.seconds + 2 * LEAD
    wide, high = f"{width + 28:.0f}", f"{height + FOOT + 12:.0f}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left - 14:.0f} -12 {wide} {high}" width="{wide}" '
        f'height="{high}" role="img">',
        f"<title>{escape(found.summary)}</title><style>{STYLE}.t{{text-anchor:start}}{_colours(found)}</style>",
        f'<rect x="{left - 14:.0f}" y="-12" width="{wide}" height="{high}" fill="#fff"/>',
        # A layer of its own: browsers need not paint the map anew below dots that move.
        f'<g style="will-change:transform">{svg_map(drawn)}</g>',
        *_clock(found, left, height + 34, width, total),
        *_key(found, left, height + 16),
        *_dots(found, drawn),
        "</svg>",
    ]
    return "".join(parts)


def _quiet_map(found: "Replay") -> Sketch:
    nodes, paths = found.map.nodes, found.map.table
    cards = {name: card(name, f"{number(n)} ×") for name, n in zip(nodes["activity"], nodes["n"], strict=True)}
    shares = (paths["n"] / paths["n"].max()).astype(float)
    ends = zip(paths["source_activity"], paths["target_activity"], shares, strict=True)
    ways = [
        Way(source, target, "", 0.7 * way_width(share), MUTED, 1 + round(60 * share)) for source, target, share in ends
    ]
    return sketch(cards, ways)


def _colours(found: "Replay") -> str:
    colours = [MUTED if name == OTHER else PALETTE[place] for place, name in enumerate(found.groups)] or [BLUE]
    return "".join(f".g{place}{{fill:{colour}}}" for place, colour in enumerate(colours))


def _key(found: "Replay", left: float, y: float) -> Iterator[str]:
    x = left
    if found.by:
        yield f'<text class="f t" x="{x:.1f}" y="{y:.1f}">{escape(found.by)}:</text>'
        x += 10 + text_width(f"{found.by}:", 8.0)
    for place, name in enumerate(found.groups):
        words = say("others") if name == OTHER else name
        yield f'<circle class="g{place}" cx="{x + 4:.1f}" cy="{y:.1f}" r="3.6"/>'
        yield f'<text class="f t" x="{x + 12:.1f}" y="{y:.1f}">{escape(words)}</text>'
        x += 26 + text_width(words, 8.0)


def _clock(found: "Replay", left: float, y: float, width: float, total: float) -> Iterator[str]:
    """Write the time, the cases in progress, and how far the replay is."""
    yield f'<text class="f t" x="{left:.1f}" y="{y + 54:.1f}">{escape(found.summary)}</text>'
    progress = _in_progress(found)
    top = max(float(progress.max()), 1.0)
    at = np.linspace(0, width, len(progress))
    area = " ".join(f"{left + x:.1f},{y + 40 - 30 * n / top:.1f}" for x, n in zip(at, progress, strict=True))
    yield f'<polygon fill="#dfe9ee" points="{left:.1f},{y + 40:.1f} {area} {left + width:.1f},{y + 40:.1f}"/>'
    most = say("cases in progress, {n} at most", n=number(top))
    yield f'<text class="f" style="text-anchor:end" x="{left + width:.1f}" y="{y + 4:.1f}">{escape(most)}</text>'
    yield (
        f'<rect x="{left:.1f}" y="{y + 8:.1f}" width="1.6" height="32" fill="{PALETTE[1]}">'
        f'<animate id="c" attributeName="x" from="{left:.1f}" to="{left + width:.1f}" dur="{total:.2f}s" '
        'begin="0s;c.end"/></rect>'
    )
    lasts = found.seconds / TICKS
    for tick in range(TICKS):
        begin, long = (0.0, lasts + LEAD) if tick == 0 else (LEAD + tick * lasts, lasts)
        long += LEAD if tick == TICKS - 1 else 0
        # Where nothing moves (on paper), the end of the time is what is shown.
        yield (
            f'<text style="font-size:13px;font-weight:600;text-anchor:start" x="{left:.1f}" y="{y + 2:.1f}" '
            f'visibility="hidden">{escape(_instant(found, tick / (TICKS - 1)))}<set attributeName="visibility" '
            f'to="visible" begin="c.begin+{begin:.2f}s" dur="{long:.2f}s"/></text>'
        )


def _instant(found: "Replay", share: float) -> str:
    if found.relative:
        return say("{time} after the beginning", time=duration(share * found.span_seconds))
    instant = found.log.local([int(found.log.begin.min() + share * found.span_seconds * 1e6)])[0]
    return day(instant) + ("" if found.span_seconds > 40 * 86_400 else f" {instant:%H:%M}")


def _in_progress(found: "Replay") -> NDArray[np.int64]:
    zero = found.log.case_start if found.relative else found.log.begin.min()
    at = np.linspace(0, found.span_seconds * 1e6, 160)
    starts, ends = np.sort(found.log.case_start - zero), np.sort(found.log.case_end - zero)
    return np.searchsorted(starts, at, side="right") - np.searchsorted(ends, at, side="left")


def _dots(found: "Replay", drawn: Sketch) -> Iterator[str]:
    log, roads = found.log, _Roads(drawn)
    zero = log.case_start if found.relative else np.full(log.n_cases, log.begin.min())
    speed = found.seconds / (found.span_seconds * 1e6)
    first = np.repeat(zero, log.n_instances)
    begin, finish = (LEAD + (side - first) * speed for side in (log.begin, log.finish))
    group = {name: place for place, name in enumerate(found.groups)}
    names = [log.activities[code] for code in log.activity]
    for case, value in enumerate(found.table["group"]):
        rows = slice(int(log.offsets[case]), int(log.offsets[case + 1]))
        corners, times = roads.walk(names[rows], begin[rows].tolist(), finish[rows].tolist())
        yield _dot(case, group.get(value, 0), corners, times, found.seconds + 2 * LEAD)


def _dot(case: int, group: int, corners: Points, times: list[float], total: float) -> str:
    corners, times = _cut(corners, times, total)
    begin, lasts = times[0], max(times[-1] - times[0], 0.01)
    values = ";".join(f"{x:.0f} {y:.0f}" for x, y in corners)
    shares = ";".join(_share((time - begin) / lasts) for time in times)
    # Dots of the same place lie beside each other, on the seeds of a sunflower.
    angle, radius = 2.39996 * case, 3.4 * ((case * 0.618034) % 1) ** 0.5
    return (
        f'<circle class="g{group}" r="2.6" fill-opacity=".8" cx="{radius * np.cos(angle):.1f}" '
        f'cy="{radius * np.sin(angle):.1f}" transform="translate(-999 0)"><animateTransform attributeName="transform" '
        f'type="translate" begin="c.begin+{begin:.2f}s" dur="{lasts:.2f}s" values="{values}" keyTimes="{shares}"/>'
        "</circle>"
    )


def _share(value: float) -> str:
    """A share of one, short; the first must be 0 and the last 1."""
    return f"{min(max(value, 0.0), 1.0):.4f}".rstrip("0").rstrip(".").removeprefix("0") or "0"


def _cut(corners: Points, times: list[float], total: float) -> tuple[Points, list[float]]:
    """End the way of a dot where the replay ends."""
    if times[-1] <= total:
        return corners, times
    kept = next(place for place, time in enumerate(times) if time > total)
    (x, y), (nx, ny) = corners[kept - 1], corners[kept]
    share = (total - times[kept - 1]) / (times[kept] - times[kept - 1])
    return [*corners[:kept], (x + (nx - x) * share, y + (ny - y) * share)], [*times[:kept], total]


class _Roads:
    """The ways of a map as straight pieces, and the walks of cases along them."""

    def __init__(self, drawn: Sketch) -> None:
        places = drawn.places
        self._nodes = {name: down(point, places) for name, point in places.nodes.items()}
        self._roads: dict[tuple[str, str], Points] = {}
        for way, spline in zip(drawn.ways, places.splines, strict=True):
            self._roads[way.source, way.target] = flattened([down(point, places) for point in spline])

    def walk(self, names: list[str], begin: list[float], finish: list[float]) -> tuple[Points, list[float]]:
        """Return the corners of a case's way and when it is at each: paths while it waits, cards while work is done."""
        corners, times = [self._nodes[START]], [max(begin[0] - LEAD, 0.0)]
        here, last = START, begin[0]
        for name, starts, ends in zip(names, begin, finish, strict=True):
            # Activities that run side by side are walked one after the other.
            last = max(starts, last)
            self._travel(corners, times, here, name, last)
            here, last = name, max(ends, last)
            if last > times[-1]:
                corners.append(self._nodes[name])
                times.append(last)
        self._travel(corners, times, here, END, last + LEAD)
        return corners, times

    def _travel(self, corners: Points, times: list[float], source: str, target: str, until: float) -> None:
        """Go along a path, straight where the map does not show it, at an even speed."""
        road = self._roads.get((source, target), [self._nodes[target]])
        if target == END:
            road = [*road, self._nodes[END]]
        points = np.array([corners[-1], *road])
        lengths = np.hypot(*np.diff(points, axis=0).T)
        shares = np.cumsum(lengths) / (float(lengths.sum()) or 1.0)
        since = times[-1]
        corners.extend(road)
        times.extend((since + (until - since) * shares).tolist())


def flattened(spline: Points) -> Points:
    """Cut a curve of cubic pieces into straight ones that leave it by no more than a point or so."""
    points = np.asarray(spline)
    t = np.linspace(0, 1, 9)[:, None]
    pieces = [points[:1]]
    for at in range(0, len(points) - 3, 3):
        a, b, c, d = points[at : at + 4]
        curve = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
        pieces.append(curve[1:])
    fine = np.concatenate(pieces)
    kept = sorted({0, len(fine) - 1, *_corners(fine, 0, len(fine) - 1)})
    return [(float(x), float(y)) for x, y in fine[kept]]


def _corners(points: NDArray[np.float64], first: int, last: int) -> list[int]:
    """Points that must be kept (Douglas and Peucker, 1973)."""
    if last - first < 2:
        return []
    along = points[last] - points[first]
    inner = points[first + 1 : last] - points[first]
    length = float(np.hypot(*along))
    away = np.abs(along[0] * inner[:, 1] - along[1] * inner[:, 0]) / length if length else np.hypot(*inner.T)
    far = int(away.argmax())
    if away[far] <= ROUGH:
        return []
    middle = first + 1 + far
    return [*_corners(points, first, middle), middle, *_corners(points, middle, last)]
