"""Heatmaps of weekday and hour."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bko_mining.present.figures import SEQUENTIAL, footnote, number_ticks, plot
from bko_mining.words import number, say, weekdays

if TYPE_CHECKING:
    from bko_mining.analyse.week_heatmap import WeekHeatmap
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


@plot(width=8.2, height=2.9)
def plot_week(found: "WeekHeatmap", ax: Axes) -> None:
    """Draw the mean of each hour of the week: the darker, the more."""
    values = found.by_hour
    # One lonely peak would leave all the other hours pale.
    usual = float(np.quantile(values, 0.98))
    top = usual if 0 < 3 * usual < values.max() else float(values.max()) or 1.0
    image = ax.imshow(
        values, aspect="auto", cmap=SEQUENTIAL, interpolation="nearest", extent=(0, 24, 6.5, -0.5), vmin=0, vmax=top
    )
    ax.set_yticks(np.arange(7), labels=weekdays())
    ax.set_xticks(np.arange(0, 25, 2))
    ax.tick_params(length=0)
    ax.set_xlabel(say("hour of the day"))
    title, unit = _WEEKS[found.measure]
    ax.set_title(say(title))
    figure = ax.get_figure(root=True)
    if figure is not None:
        bar = figure.colorbar(image, ax=ax, pad=0.015, aspect=14, extend="max" if top < values.max() else "neither")
        bar.set_label(say(unit))
        bar.outline.set_visible(False)
        bar.ax.tick_params(length=0)
        bar.locator = MaxNLocator(nbins=4)
        number_ticks(bar.ax.yaxis, 0 if top >= 8 else 1 if top >= 0.8 else 2)
    note = say("mean of each hour of the week, on the clock of {timezone}", timezone=found.timezone)
    above = say("the highest hour is beyond the scale: {mean}", mean=number(float(values.max()), 1))
    footnote(ax, f"{note}; {above}" if top < values.max() else note)


_WEEKS = {
    "arrivals": ("When cases arrive", "cases an hour"),
    "work": ("When work is done", "in work at once"),
    "waits": ("When work waits", "waiting at once"),
}
