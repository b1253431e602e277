"""Heatmaps of weekday and hour."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from bko_mining.present.figures import SEQUENTIAL, footnote, plot
from bko_mining.words import number, say, weekdays

if TYPE_CHECKING:
    from bko_mining.analyse.work_calendars import WorkCalendars


@plot(width=8.2, height=2.9)
def plot_work_calendars(found: "WorkCalendars", ax: Axes) -> None:
    """Draw how many starts and ends of work each half-hour of the week sees."""
    counts = found.starts_by_slot
    ax.imshow(counts, aspect="auto", cmap=SEQUENTIAL, interpolation="nearest", extent=(0, 24, 6.5, -0.5))
    ax.set_yticks(np.arange(7), labels=weekdays())
    ax.set_xticks(np.arange(0, 25, 2))
    ax.tick_params(length=0)
    ax.set_xlabel(say("hour of the day"))
    ax.set_title(say("When work starts and ends"))
    footnote(ax, say("{n} starts and ends; the darker, the more", n=number(int(counts.sum()))))
