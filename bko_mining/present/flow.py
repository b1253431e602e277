"""Pictures of the flow of cases: what is under way, and what keeps late cases waiting."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bko_mining.analyse.clocks import clock_words, time_words
from bko_mining.present.figures import (
    BLUE,
    INK,
    MUTED,
    ORANGE,
    date_ticks,
    duration_ticks,
    footnote,
    number_ticks,
    plot,
)
from bko_mining.words import number, percent, say

if TYPE_CHECKING:
    from bko_mining.analyse.sla import ServiceLevel
    from bko_mining.analyse.throughput import Flow

BARS = 10
DAY, HOUR = 86_400, 3600


@plot(width=8.2, height=3.4)
def plot_flow(flow: "Flow", ax: Axes) -> None:
    """Draw the cases under way, or the mean of seven days of those finished, over time."""
    days = flow.table["day"].to_numpy().astype("datetime64[s]").astype(np.int64)
    if flow.measure == "work_in_progress":
        worked = flow.table["work_in_progress"].notna().to_numpy()
        under_way = flow.table["work_in_progress"].to_numpy()[worked]
        ax.fill_between(days[worked], under_way, color=BLUE, alpha=0.25, linewidth=0)
        ax.plot(days[worked], under_way, color=BLUE, linewidth=1.2)
        ax.axhline(flow.mean_work_in_progress, color=ORANGE, linewidth=1.2, label=say("mean"))
        ax.legend(loc="upper left")
        ax.set_title(say("Cases under way"))
    else:
        smooth = flow.table[["n_arrived", "n_finished"]].rolling(7, min_periods=1).mean()
        ax.plot(days, smooth["n_arrived"], color=MUTED, linewidth=1, label=say("arrived"))
        ax.plot(days, smooth["n_finished"], color=BLUE, linewidth=1.6, label=say("finished"))
        ax.legend(loc="upper left", ncols=2)
        ax.set_title(say("Cases a day, mean of seven days"))
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    number_ticks(ax.yaxis)
    ax.margins(x=0.01)
    date_ticks(ax.xaxis, "UTC")
    gap = percent(abs(flow.discrepancy), 1)
    note = say("Little's law holds to within {gap} over the middle of the log", gap=gap)
    footnote(ax, note if flow.calendar is None else f"{note}. {clock_words(flow.calendar)}")


@plot(width=8.2, height=3.8)
def plot_service_level(level: "ServiceLevel", ax: Axes) -> None:
    """Draw what cases wait before each activity, late cases beside punctual ones."""
    rows = level.waits[level.waits["wait_when_late"].dt.total_seconds() > 0].head(BARS)
    places = np.arange(len(rows))
    for shift, column, colour, name in (
        (-0.2, "wait_when_late", ORANGE, say("late cases")),
        (0.2, "wait_when_punctual", BLUE, say("punctual cases")),
    ):
        ax.barh(places + shift, rows[column].dt.total_seconds(), height=0.38, color=colour, label=name)
    ax.set_yticks(places, labels=list(rows["activity"]), color=INK)
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    duration_ticks(ax.xaxis, most=DAY if level.calendar is None else HOUR)
    ax.legend(loc="lower right")
    ax.set_title(say("What late cases wait for"))
    share, target = percent(level.breach_share, 1), time_words(level.target.total_seconds(), level.calendar)
    text = say("mean wait a case; {share} of {n} cases take longer than {target}", share=share, target=target,
               n=number(int(level.table["n_cases"].sum())))  # fmt: skip
    footnote(ax, text if level.calendar is None else f"{text}. {clock_words(level.calendar)}")
