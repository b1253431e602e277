"""The variant explorer as a picture: one row of chevrons a variant, how many cases share it, how long they take."""

from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import Polygon, Rectangle

from bko_mining.present.figures import BLUE, FAINT, INK, MUTED, PALETTE, footnote, plot
from bko_mining.present.lettering import shortened, text_width
from bko_mining.words import duration, number, percent, say

if TYPE_CHECKING:
    import pandas as pd

    from bko_mining.discover.variants import Variants

ROWS, STEPS = 12, 14
LEFT, CHEVRON, POINT = 4.3, 1.0, 0.22
KEY, ROOM, SWATCH = 8.0, 610.0, 30.0
"""Size of the letters of the key, and room for all its columns and for a swatch (points)."""


@plot(width=9.2, height=4.6)
def plot_variants(found: "Variants", ax: Axes) -> None:
    """Draw the most frequent variants; the same activity always has the same colour, its name in the key below."""
    rows = found.table.head(ROWS)
    names = list(dict.fromkeys(name for sequence in found.sequences[: len(rows)] for name in sequence[:STEPS]))
    colours = {name: _colour(place) for place, name in enumerate(names)}
    top = float(rows["case_share"].max())
    for place, sequence in enumerate(found.sequences[: len(rows)]):
        y = -float(place)
        _share(ax, y, found.table.iloc[place], top)
        for step, name in enumerate(sequence[:STEPS]):
            _chevron(ax, LEFT + CHEVRON * step, y, colours[name])
        more = len(sequence) - STEPS
        time = duration(found.table["median_cycle_time"].iloc[place].total_seconds())
        text = f"+{more}   {time}" if more > 0 else time
        ax.text(LEFT + CHEVRON * min(len(sequence), STEPS) + 0.35, y, text, va="center", fontsize=8, color=MUTED)
    columns = 4 if max(text_width(name, KEY) for name in names) < ROOM / 4 - SWATCH else 3
    _key(ax, colours, -len(rows) - 0.3, columns)
    ax.set_axis_off()
    ax.set_xlim(0, LEFT + CHEVRON * STEPS + 2.4)
    ax.set_ylim(-len(rows) - 0.1 - 0.8 * -(-len(names) // columns), 0.9)
    ax.set_title(say("The most frequent ways through the process"))
    covered = percent(float(found.table["coverage_share"].iloc[len(rows) - 1]))
    note = say("{n} of {all} {all:variant|variants}, {share} of the cases; beside the bars their running "
               "total, behind each row the median cycle time",
               n=number(len(rows)), all=number(len(found.table)), share=covered)  # fmt: skip
    footnote(ax, note)


def _share(ax: Axes, y: float, row: "pd.Series[Any]", top: float) -> None:
    """The share of cases as a bar, and the share of this and all rows above it in small type."""
    share = float(row["case_share"])
    ax.add_patch(Rectangle((1.15, y - 0.3), 1.95, 0.6, facecolor=FAINT, linewidth=0))
    ax.add_patch(Rectangle((1.15, y - 0.3), 1.95 * share / top, 0.6, facecolor=BLUE, linewidth=0))
    ax.text(1.0, y, percent(share, 1), ha="right", va="center", fontsize=8.5, color=INK)
    ax.text(4.0, y, percent(float(row["coverage_share"])), ha="right", va="center", fontsize=8, color=MUTED)


def _chevron(ax: Axes, x: float, y: float, colour: str) -> None:
    width, half = CHEVRON - 0.04, 0.33
    corners = [
        (x, y - half),
        (x + width - POINT, y - half),
        (x + width, y),
        (x + width - POINT, y + half),
        (x, y + half),
    ]
    ax.add_patch(Polygon([*corners, (x + POINT, y)], facecolor=colour, linewidth=0))


def _key(ax: Axes, colours: dict[str, str], top: float, columns: int) -> None:
    for place, (name, colour) in enumerate(colours.items()):
        x, y = 0.2 + (place % columns) * 19.6 / columns, top - 0.8 * (place // columns)
        ax.add_patch(Rectangle((x, y - 0.22), 0.45, 0.44, facecolor=colour, linewidth=0))
        words = shortened(name, ROOM / columns - SWATCH, KEY)
        ax.text(x + 0.65, y, words, va="center", fontsize=KEY, color=INK)


def _colour(place: int) -> str:
    """The palette first; where there are more activities than colours, the same colours paler, then darker."""
    turn, base = divmod(place, len(PALETTE))
    towards, share = ((1.0, 0.0), (1.0, 0.5), (0.0, 0.4), (1.0, 0.75))[turn % 4]
    red, green, blue = ((1 - share) * part + share * towards for part in to_rgb(PALETTE[base]))
    return to_hex((red, green, blue))
