"""Paints the sketch of a map as SVG text with letters that stay letters, quiet enough to lie under an animation."""

from collections.abc import Iterator

from markupsafe import escape

from bko_mining.diagrams.layout import Layout, Point
from bko_mining.discover.steps import END, START
from bko_mining.present.lettering import text_width
from bko_mining.present.map_sketch import LINE, MARKER, NAME, SMALL, Card, Sketch

STYLE = (
    'text{font-family:Inter,"Helvetica Neue",Arial,sans-serif;text-anchor:middle;dominant-baseline:central;'
    "fill:#1f2a37}"
    f".n{{font-size:{NAME}px;font-weight:600}}.f{{font-size:{SMALL}px;fill:#667383}}.w{{fill:none;stroke:#cfd7de}}"
    ".h{fill:#cfd7de}.c{fill:#f3f7f9;stroke:#8fb8cc;stroke-width:.8}.m{fill:#fff;stroke:#1f2a37;stroke-width:1.3}"
)


def svg_map(drawn: Sketch) -> str:
    """Return the ways, then the cards, then the markers, as SVG elements; y grows downward."""
    return "".join((*_ways(drawn), *_cards(drawn), *_markers(drawn.places)))


def _ways(drawn: Sketch) -> Iterator[str]:
    for way, spline in zip(drawn.ways, drawn.places.splines, strict=True):
        points = [down(point, drawn.places) for point in spline]
        (x, y), (fx, fy) = points[-1], points[-2]
        length = ((x - fx) ** 2 + (y - fy) ** 2) ** 0.5 or 1.0
        dx, dy, head = (x - fx) / length, (y - fy) / length, 5.5 + 1.1 * way.width
        points[-1] = (x - dx * min(head * 0.8, length), y - dy * min(head * 0.8, length))
        curve = " ".join(f"{px:.1f} {py:.1f}" for px, py in points[1:])
        yield f'<path class="w" stroke-width="{way.width:.1f}" d="M{points[0][0]:.1f} {points[0][1]:.1f}C{curve}"/>'
        bx, by, side = x - dx * head, y - dy * head, head * 0.45
        corners = (x, y, bx - dy * side, by + dx * side, bx + dy * side, by - dx * side)
        yield f'<polygon class="h" points="{" ".join(f"{value:.1f}" for value in corners)}"/>'


def _cards(drawn: Sketch) -> Iterator[str]:
    for name, card in drawn.cards.items():
        x, y = down(drawn.places.nodes[name], drawn.places)
        yield (
            f'<rect class="c" x="{x - card.width / 2:.1f}" y="{y - card.height / 2:.1f}" width="{card.width:.1f}" '
            f'height="{card.height:.1f}" rx="6"/>'
        )
        yield from _words(card, x, y - card.height / 2)


def _words(card: Card, x: float, top: float) -> Iterator[str]:
    for place, line in enumerate(card.lines):
        # The length that was measured holds in any typeface.
        wide = text_width(line, NAME, bold=True)
        yield (
            f'<text class="n" x="{x:.1f}" y="{top + 13 + LINE * place:.1f}" textLength="{wide:.1f}" '
            f'lengthAdjust="spacingAndGlyphs">{escape(line)}</text>'
        )
    yield f'<text class="f" x="{x:.1f}" y="{top + card.height - 9.5:.1f}">{escape(card.fact)}</text>'


def _markers(places: Layout) -> Iterator[str]:
    for name in (START, END):
        x, y = down(places.nodes[name], places)
        yield f'<circle class="m" cx="{x:.1f}" cy="{y:.1f}" r="{MARKER - 2:.0f}"/>'
    x, y = down(places.nodes[START], places)
    yield f'<path fill="#1f2a37" d="M{x - 4:.1f} {y - 6:.1f}v12l10.5 -6z"/>'
    x, y = down(places.nodes[END], places)
    yield f'<rect fill="#1f2a37" x="{x - 4.8:.1f}" y="{y - 4.8:.1f}" width="9.6" height="9.6"/>'


def down(point: Point, places: Layout) -> Point:
    """Turn a place upside down: SVG counts from the top."""
    return point[0], places.height - point[1]
