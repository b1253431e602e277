"""Deviations from a model as bars: how many hours more the cases take that show them."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from bko_mining.discover.conformance import deviation_words
from bko_mining.present.figures import BLUE, INK, MUTED, ORANGE, footnote, number_ticks, plot
from bko_mining.present.lettering import in_two_lines
from bko_mining.words import duration, number, say

if TYPE_CHECKING:
    from bko_mining.discover.conformance import DeviationsByHours

BARS = 10


@plot(width=7.6, height=4.2)
def plot_deviations(found: "DeviationsByHours", ax: Axes) -> None:
    """Draw the deviations with the most extra hours, and in blue those whose cases are shorter than others."""
    rows = found.table.head(BARS)
    hours = rows["extra_hours"].to_numpy(float)
    places = np.arange(len(rows))
    ax.barh(places, hours, height=0.64, color=[ORANGE if size > 0 else BLUE for size in hours.tolist()])
    keys = zip(rows["activity"], rows["deviation"], rows["other_activity"], strict=True)
    ax.set_yticks(places, labels=[in_two_lines(deviation_words(*key), most=76, one=40) for key in keys], color=INK)
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.axvline(0, color=MUTED, linewidth=0.8)
    for place, size, extra, n in zip(places, hours, rows["extra_cycle_time"], rows["n_cases"], strict=True):
        words = say("{time} in {n} {n:case|cases}", time=_signed(extra.total_seconds()), n=number(n))
        ax.annotate(words, (max(float(size), 0.0), place), xytext=(5, 0), textcoords="offset points", va="center",
                    fontsize=8, color=MUTED)  # fmt: skip
    ax.margins(x=0.28)
    ax.set_xlim(left=min(0.0, float(hours.min())) * 1.05)
    number_ticks(ax.xaxis)
    ax.set_title(say("Hours more (or fewer) in cases that leave the model"))
    note = say("long cases have more time to deviate: a place to look, not a proof")
    left_out = len(found.table) - len(rows)
    footnote(ax, f"{note}; {say('{n} more {n:row|rows}', n=number(left_out))}" if left_out else note)


def _signed(seconds: float) -> str:
    return f"+{duration(seconds)}" if seconds > 0 else duration(seconds).replace("-", "−")
