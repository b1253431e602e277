"""Queues over time, as a picture."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bko_mining.present.figures import PALETTE, date_ticks, footnote, number_ticks, plot
from bko_mining.words import number, say

if TYPE_CHECKING:
    from bko_mining.analyse.queues import QueueLength

LINES = 5


@plot(width=8.2, height=3.6)
def plot_queue_length(found: "QueueLength", ax: Axes) -> None:
    """Draw the items that wait, the mean of seven days: the longest queues as lines."""
    names = list(found.mean.index)
    for place, name in enumerate(names[:LINES]):
        rows = found.table[found.table[found.by] == name]
        days = rows["day"].to_numpy().astype("datetime64[s]").astype(np.int64)
        smooth = rows["n_waiting"].rolling(7, min_periods=1, center=True).mean()
        ax.plot(days, smooth, color=PALETTE[place], linewidth=1.6, label=str(name))
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6))
    number_ticks(ax.yaxis)
    ax.grid(axis="y")
    ax.set_axisbelow(True)
    ax.margins(x=0.01)
    date_ticks(ax.xaxis, "UTC")
    ax.set_title(say("How many items wait"))
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    note = say("enabled and not begun, mean of seven days")
    left_out = len(names) - LINES
    footnote(ax, f"{note}; {say('{n} shorter queues are left out', n=number(left_out))}" if left_out > 0 else note)
