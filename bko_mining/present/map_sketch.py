"""What a map is drawn of: cards for activities, ways between them, and where they stand; no painter is named here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from matplotlib.colors import Colormap, to_hex

from bko_mining.diagrams.layout import Edge, Layout, layout
from bko_mining.diagrams.wrapping import wrapped
from bko_mining.discover.steps import END, START
from bko_mining.present.figures import INK, PAPER, SEQUENTIAL
from bko_mining.present.lettering import lines_of, text_width
from bko_mining.words import duration, number

NAME, SMALL, LABEL = 9.5, 8.0, 7.6
LINE = 12.5
MARKER = 15.0
QUIET, OUTER = "#c5cdd5", "#aab4be"


@dataclass(frozen=True, slots=True)
class Card:
    """An activity as it will be drawn: its lines of text, the size they need (points) and its colours."""

    lines: tuple[str, ...]
    fact: str
    width: float
    height: float
    fill: str = PAPER
    ink: str = INK


@dataclass(frozen=True, slots=True)
class Way:
    """A path as it will be drawn: its words, how wide (points) and in which colour; what is uncertain is dashed."""

    source: str
    target: str
    text: str
    width: float
    colour: str
    weight: int = 1
    dashed: bool = False

    @property
    def outer(self) -> bool:
        """Whether it comes from the start or goes to the end."""
        return self.source == START or self.target == END


@dataclass(frozen=True, slots=True)
class Sketch:
    """Cards by the name of their activity, ways, and where they stand."""

    cards: dict[str, Card]
    ways: tuple[Way, ...]
    places: Layout


def sketch(cards: Mapping[str, Card], ways: Sequence[Way]) -> Sketch:
    """Lay cards and ways out, the cards in process order, in columns where they are many; the end stands last."""
    marker = (2 * MARKER, 2 * MARKER)
    sizes = {START: marker, **{name: (card.width, card.height) for name, card in cards.items()}, END: marker}
    rank = {name: place for place, name in enumerate(sizes)}
    edges = [
        Edge(way.source, way.target, way.weight, label_size(way.text), rank[way.source] > rank[way.target])
        for way in ways
    ]
    places = layout(sizes, edges, first=START, last=END)
    return Sketch(dict(cards), tuple(ways), wrapped(places, sizes))


def card(name: str, fact: str, *, shade: float = 0.0, colours: Colormap = SEQUENTIAL) -> Card:
    """Size a card to its words; the shade (0 to 1) is taken from the colours, and the ink so that it can be read."""
    lines = lines_of(name)
    wide = max(*(text_width(line, NAME, bold=True) for line in lines), text_width(fact, SMALL), 58.0)
    fill = to_hex(colours(0.08 + 0.92 * shade))
    return Card(lines, fact, wide + 22, LINE * len(lines) + 22, fill, ink_on(fill))


def ink_on(fill: str) -> str:
    """The ink, light or dark, that stands out more from a colour (WCAG contrast)."""
    light = _luminance(fill)
    return INK if (light + 0.05) / (_luminance(INK) + 0.05) >= 1.05 / (light + 0.05) else PAPER


def label_size(text: str) -> tuple[float, float]:
    """Room that the words on a way need."""
    return text_width(text, LABEL) + 10, 11.0


def way_width(share: float) -> float:
    """How wide a way is whose frequency is a share of the largest."""
    return float(0.9 + 5.2 * share**0.7)


def path_words(row: Any) -> str:
    """What stands on a path: how often it is taken and, between activities, the median time that passes."""
    outer = row.source_activity == START or row.target_activity == END
    time = row.median_time.total_seconds()
    return number(row.n) if outer or time <= 0 else f"{number(row.n)} · {duration(time, brief=True)}"


@cache
def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
