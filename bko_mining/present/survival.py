"""The survival curve: how many cases are still open after how long."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from bko_mining.analyse.clocks import clock_words
from bko_mining.present.figures import BLUE, MUTED, ORANGE, duration_ticks, footnote, percent_ticks, plot
from bko_mining.words import number, say

if TYPE_CHECKING:
    from bko_mining.analyse.survival import TimeToFinish


@plot(width=7.6, height=3.4)
def plot_time_to_finish(found: "TimeToFinish", ax: Axes) -> None:
    """Draw the share of cases still open with its interval, and both medians."""
    seconds = np.concatenate([[0.0], found.table["time"].dt.total_seconds()])
    share, low, high = (
        np.concatenate([[1.0], found.table[name]]) for name in ("open_share", "low_share", "high_share")
    )
    ax.fill_between(seconds, low, high, step="post", color=BLUE, alpha=0.2, linewidth=0)
    ax.step(seconds, share, where="post", color=BLUE, linewidth=1.6)
    naive = found.naive_median.total_seconds()
    ax.axvline(
        naive,
        color=MUTED,
        linewidth=1,
        linestyle=":",
        label=f"{say('finished cases only')}: {found.words_of(found.naive_median)}",
    )
    if not pd.isna(found.median):
        median = found.median.total_seconds()
        ax.axvline(median, color=ORANGE, linewidth=1.4, label=f"{say('median')}: {found.words_of(found.median)}")
    ax.set_ylim(0, 1.02)
    ax.set_xlim(left=0)
    percent_ticks(ax.yaxis)
    duration_ticks(ax.xaxis, most=86_400 if found.calendar is None else 3600)
    ax.legend(loc="upper right")
    ax.set_title(say("Cases still open after"))
    note = say("{n} of {all} {all:case|cases} {n:is|are} open", n=number(found.n_open), all=number(found.n_cases))
    footnote(ax, note if found.calendar is None else f"{note}. {clock_words(found.calendar)}")
