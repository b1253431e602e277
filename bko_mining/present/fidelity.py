"""Pictures of how well a twin fits: distances beside their floors, and observed beside simulated, part by part."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter

from bko_mining.calendars import DAYS
from bko_mining.present.figures import BLUE, FAINT, INK, MUTED, ORANGE, number_ticks, plot
from bko_mining.words import day, number, say, weekdays

if TYPE_CHECKING:
    from bko_mining.fit.report import FitReport
    from bko_mining.validate.fidelity import Fidelity


def _measure_names() -> dict[str, str]:
    return {
        "NGD": say("Steps in a row"),
        "AED": say("Dates of work"),
        "CED": say("Hours of the day"),
        "RED": say("Progress since arrival"),
        "CTD": say("Cycle times"),
        "CAR": say("Arrivals"),
    }


@plot(7.2, 3.4)
def plot_fidelity(result: "Fidelity", ax: Axes) -> None:
    """Draw each distance in noise floors (1: as good as a log of this size can tell) beside a replay of the past."""
    table = result.table
    rows = np.arange(len(table))[::-1]
    floor = table["noise_floor"].clip(lower=1e-9)
    ours = (table["distance"] / floor).clip(lower=0.1)
    copied = (table["copy"] / floor).clip(lower=0.1)
    ax.axvspan(0.05, 1, color=FAINT, alpha=0.6, lw=0)
    for row, a, b in zip(rows, ours, copied, strict=True):
        if np.isfinite(b):
            ax.plot([a, b], [row, row], color=FAINT, lw=2, zorder=1)
    ax.scatter(copied, rows, s=46, facecolor="white", edgecolor=MUTED, zorder=2, label=say("replay of the past"))
    ax.scatter(ours, rows, s=60, color=BLUE, zorder=3, label=say("twin"))
    ax.set_xscale("log")
    ax.set_xlim(min(0.5, float(ours.min()) * 0.8), max(12, float(np.nanmax([ours.max(), copied.max()])) * 1.6))
    number_ticks(ax.xaxis, 1)
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_yticks(rows, [_measure_names()[name] for name in table["measure"]])
    for row, a, distance, measure in zip(rows, ours, table["distance"], table["measure"], strict=True):
        text = number(distance, 3) if measure == "NGD" else f"{number(distance, 1)} h"
        ax.annotate(text, (a, row), xytext=(0, 7), textcoords="offset points", ha="center", fontsize=7.5, color=INK)
    ax.set_ylim(-0.6, len(rows) - 0.3)
    ax.set_xlabel(say("distance in noise floors (shaded: no twin can be better)"))
    ax.set_title(say("How far the twin is from the log"))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2)


@plot(10.5, 6.4)
def plot_fit_report(result: "FitReport", ax: Axes) -> None:
    """Draw observed beside simulated for each part."""
    ax.set_axis_off()
    panels = [
        ("arrivals", say("Arrivals a week, by weekday")),
        ("cycle_time", say("Cycle time, quantiles (h)")),
        ("work_in_progress", say("Cases in progress")),
        ("processing_time", say("Processing time, mean (h)")),
        ("waiting_time", say("Waiting time, mean (h)")),
        ("variants", say("Commonest variants (% of cases)")),
    ]
    for place, (part, title) in enumerate(panels):
        column, row = place % 3, place // 3
        inset = ax.inset_axes((0.11 + column * 0.345, 0.58 - row * 0.56, 0.2, 0.36))
        rows = result.table[result.table["part"] == part]
        _over_time(inset, rows) if part == "work_in_progress" else _dots(inset, part, rows)
        inset.set_title(title, fontsize=9.5, loc="left")
    ax.scatter([], [], color=BLUE, s=30, label=say("observed"))
    ax.scatter([], [], facecolor="white", edgecolor=ORANGE, linewidth=1.6, s=30, label=say("simulated"))
    ax.legend(loc="upper left", bbox_to_anchor=(-0.01, 1.1), ncols=2)


def _label(part: str, item: str) -> str:
    """The words for an item: names of activities stay, weekdays and variants speak the language in force."""
    if part == "arrivals":
        return weekdays()[DAYS.index(item)]
    if part == "variants":
        place, steps = item.split(")")[0].split(". (")
        return say("{place}. ({n} steps)", place=place, n=steps)
    return item


def _dots(ax: Axes, part: str, rows: pd.DataFrame) -> None:
    at = np.arange(len(rows))[::-1]
    for y, a, b in zip(at, rows["observed"], rows["simulated"], strict=True):
        ax.plot([a, b], [y, y], color=FAINT, lw=2, zorder=1)
    ax.scatter(rows["observed"], at, color=BLUE, s=24, zorder=3)
    ax.scatter(rows["simulated"], at, facecolor="white", edgecolor=ORANGE, linewidth=1.4, s=24, zorder=2)
    ax.set_yticks(at, [_short(_label(part, item)) for item in rows["item"]], fontsize=7)
    ax.set_xlim(left=0)
    whole = rows[["observed", "simulated"]].max().max() > 8
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=whole))
    number_ticks(ax.xaxis, 0 if whole else 1)


def _over_time(ax: Axes, rows: pd.DataFrame) -> None:
    at = np.arange(len(rows))
    ax.plot(at, rows["observed"], color=BLUE, lw=1.8)
    ax.plot(at, rows["simulated"], color=ORANGE, lw=1.4, ls=(0, (4, 2)))
    ax.set_ylim(bottom=0)
    shown = [0, len(rows) // 2, len(rows) - 1]
    ax.set_xticks(shown, [day(pd.Timestamp(rows["item"].iloc[place])) for place in shown], fontsize=7)
    number_ticks(ax.yaxis)


def _short(text: str, most: int = 24) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
