"""The performance spectrum as a picture: a line for each passage from one activity to the next."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D

from bko_mining.present.figures import DIVERGING, INK, MUTED, date_ticks, footnote, plot
from bko_mining.present.lettering import in_two_lines
from bko_mining.words import duration, number, percent, say

if TYPE_CHECKING:
    from bko_mining.discover.performance_spectrum import PerformanceSpectrum

MOST_LINES = 4_000


@plot(width=8.4, height=5.0)
def plot_performance_spectrum(found: "PerformanceSpectrum", ax: Axes) -> None:
    """Draw time to the right and the activities from top to bottom; the quickest passages blue, the slowest orange."""
    colours = [_colour(k / (found.n_classes - 1)) for k in range(found.n_classes)]
    n_segments = len(found.table)
    drawn = 0
    for k in range(n_segments):
        inside = np.flatnonzero(found.segment == k)
        inside = inside[:: int(np.ceil(len(inside) / MOST_LINES))]
        inside = inside[np.argsort(found.speed[inside], kind="stable")]
        drawn += len(inside)
        ends = np.empty((len(inside), 2, 2))
        ends[:, 0, 0], ends[:, 1, 0] = found.begin[inside] / 1e6, found.end[inside] / 1e6
        ends[:, 0, 1], ends[:, 1, 1] = k, k + 1
        strength = float(np.clip(120 / len(inside) ** 0.75, 0.12, 0.9))
        paint = [to_rgba(colours[speed], strength) for speed in found.speed[inside].tolist()]
        ax.add_collection(LineCollection(list(ends), colors=paint, linewidths=0.7, rasterized=True))
    for level in range(n_segments + 1):
        ax.axhline(level, color=INK, linewidth=0.9, zorder=3)
    ax.set_yticks(range(n_segments + 1), labels=[in_two_lines(name) for name in found.activities], color=INK)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_ylim(n_segments + 0.04, -0.04)
    ax.set_xlim(found.begin.min() / 1e6, np.quantile(found.end, 0.999) / 1e6)
    date_ticks(ax.xaxis, found.timezone)
    ax.set_title(say("Every passage from one activity to the next"))
    _say_times(ax, found)
    _key(ax, found, colours)
    text = say("{n} {n:passage|passages}", n=number(len(found.segment)))
    footnote(ax, text if drawn == len(found.segment) else f"{text}; {say('{n} of them drawn', n=number(drawn))}")


def _colour(share: float) -> tuple[float, float, float, float]:
    """From blue to orange, past the pale middle of the scale, in which a line cannot be seen."""
    if share == 0.5:
        return to_rgba(MUTED)
    return DIVERGING(0.4 * share if share < 0.5 else 1 - 0.4 * (1 - share))


def _say_times(ax: Axes, found: "PerformanceSpectrum") -> None:
    for k, (median, p90) in enumerate(zip(found.table["median_time"], found.table["p90_time"], strict=True)):
        words = (duration(median.total_seconds()), duration(p90.total_seconds()))
        text = say("median {median}", median=words[0]) + "\n" + say("one in ten\nover {p90}", p90=words[1])
        ax.annotate(text, (1.012, k + 0.5), xycoords=("axes fraction", "data"), va="center", fontsize=8, color=INK)


def _key(ax: Axes, found: "PerformanceSpectrum", colours: list[tuple[float, float, float, float]]) -> None:
    n = found.n_classes
    names = [f"{percent(k / n)} – {percent((k + 1) / n)}" for k in range(n)]
    names[0] += f" ({say('quickest')})"
    names[-1] += f" ({say('slowest')})"
    handles = [Line2D([], [], color=colour, linewidth=2.4) for colour in colours]
    ax.legend(handles, names, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=n, borderpad=0, handlelength=1.2)
    ax.title.set_position((0, 1))
    ax.set_title(ax.get_title(loc="left"), loc="left", pad=26)
