"""Waiting on the process map: the wider a path the longer cases wait on it, its colour the main cause."""

from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from bko_mining.analyse.clocks import clock_words, time_words
from bko_mining.analyse.waiting_causes import CAUSES
from bko_mining.discover.steps import END, START
from bko_mining.present.figures import CAUSE_COLOURS, MUTED, house_style
from bko_mining.present.lettering import text_width
from bko_mining.present.map_painter import MIN_WIDTH, map_axes, paint, paint_foot
from bko_mining.present.map_sketch import OUTER, QUIET, Sketch, Way, card, sketch, way_width
from bko_mining.present.process_map import coverage
from bko_mining.present.waits import NAMES
from bko_mining.words import number, percent, say

if TYPE_CHECKING:
    from bko_mining.analyse.cause_map import CauseMap

WORTH_A_COLOUR = 0.01
"""Share of all waiting below which a path stays grey."""


def plot_cause_map(found: "CauseMap", *, ax: Axes | None = None) -> Axes:
    """Draw the process map with the waits of its paths: how long a passage waits, and mostly for what."""
    with house_style():
        drawn = _sketch(found)
        width = drawn.places.width
        axes = map_axes(ax, width, drawn.places.height)
        paint(axes, drawn)
        _paint_causes(
            axes, width, [cause for cause in CAUSES if any(way.colour == CAUSE_COLOURS[cause] for way in drawn.ways)]
        )
        meaning = say(
            "On paths: mean wait · share of it that has the main cause. The wider, the more is waited in all; dashed: "
            "less than 1 % of it."
        )
        paint_foot(axes, width, coverage(found.map), f"{meaning} {clock_words(found.calendar)}".rstrip())
    return axes


def _sketch(found: "CauseMap") -> Sketch:
    cards = {row.activity: card(row.activity, f"{number(row.n)} ×") for row in _rows(found.map.nodes)}
    waits = {(row.source_activity, row.target_activity): row for row in _rows(found.table)}
    hours = found.table["waiting_time"].dt.total_seconds()
    total, longest = max(float(hours.sum()), 1e-9), max(float(hours.max()) if len(hours) else 0.0, 1e-9)
    ways = []
    for row in _rows(found.map.table):
        place = (row.source_activity, row.target_activity)
        if row.source_activity == START or row.target_activity == END:
            ways.append(Way(*place, "", 1.2, OUTER))
            continue
        wait = waits[place]
        seconds = wait.waiting_time.total_seconds()
        coloured = seconds / total >= WORTH_A_COLOUR
        colour = CAUSE_COLOURS[wait.main_cause] if coloured else QUIET
        width, weight = way_width(seconds / longest), 1 + round(60 * row.n / found.map.table["n"].max())
        text = _text(wait, found) if coloured else ""
        ways.append(Way(*place, text, width, colour, weight, dashed=not coloured))
    return sketch(cards, ways)


def _text(wait: Any, found: "CauseMap") -> str:
    mean = wait.waiting_time.total_seconds() / wait.n
    return f"{time_words(mean, found.calendar)} · {percent(wait.main_cause_share)}"


def _paint_causes(ax: Axes, width: float, causes: list[str]) -> None:
    x = min(0.0, (width - MIN_WIDTH) / 2)
    for cause in causes:
        ax.add_patch(Rectangle((x, -29), 14, 6, color=CAUSE_COLOURS[cause], linewidth=0))
        name = say(NAMES[cause])
        ax.text(x + 19, -26, name, fontsize=7.2, color=MUTED, va="center_baseline")
        x += 38 + text_width(name, 7.2)


def _rows(table: Any) -> Any:
    return table.itertuples()
