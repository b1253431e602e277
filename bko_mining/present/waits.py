"""Why work waits, as pictures: a cycle time taken apart, and the causes of each wait side by side."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from bko_mining.analyse.clocks import clock_words, time_words
from bko_mining.analyse.waiting_causes import CAUSES
from bko_mining.present.figures import CAUSE_COLOURS, INK, MUTED, duration_ticks, footnote, number_ticks, plot
from bko_mining.words import number, percent, say

if TYPE_CHECKING:
    from bko_mining.analyse.cycle_parts import CycleTimeParts
    from bko_mining.analyse.waiting_causes import WaitingCauses

BARS = 12
DAY, HOUR = 86_400, 3600
NAMES = {
    "processing": "work",
    "batching": "batching",
    "prioritisation": "overtaken",
    "contention": "queue",
    "unavailability": "off duty",
    "extraneous": "unexplained",
}


@plot(width=8.2, height=4.4)
def plot_waiting_causes(found: "WaitingCauses", ax: Axes) -> None:
    """Draw the waits of each group as a bar of its causes, the longest on top."""
    rows = found.table[found.table["waiting_time"].dt.total_seconds() > 0].head(BARS)
    if rows.empty:
        ax.set_axis_off()
        ax.text(0.5, 0.5, found.summary, ha="center", va="center", color=MUTED)
        return
    places = np.arange(len(rows))
    left = np.zeros(len(rows))
    for cause in CAUSES:
        hours = rows[cause].dt.total_seconds().to_numpy() / 3600
        ax.barh(places, hours, left=left, color=CAUSE_COLOURS[cause], height=0.7, label=say(NAMES[cause]))
        left += hours
    labels = [" → ".join(map(str, row)) for row in rows.iloc[:, : _n_labels(found)].itertuples(index=False, name=None)]
    ax.set_yticks(places, labels=[_short(label) for label in labels], color=INK)
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    number_ticks(ax.xaxis)
    ax.set_xlabel(say("hours waited in all"))
    ax.set_title(say("Where work waits, and why"))
    ax.legend(loc="lower right", title=say("waiting because of"), title_fontsize=8.5)
    shown = rows["waiting_time"].sum() / max(found.table["waiting_time"].sum(), rows["waiting_time"].sum())
    note = say(
        "{share} of all waiting shown; waits for third parties that leave no trace may be in queue and off duty",
        share=percent(float(shown)),
    )
    footnote(ax, note if found.calendar is None else f"{note}. {clock_words(found.calendar)}")


@plot(width=8.2, height=3.4)
def plot_cycle_time_parts(found: "CycleTimeParts", ax: Axes) -> None:
    """Draw the mean cycle time as a waterfall: work, then what cases wait for."""
    cycle = found.mean_cycle_time.total_seconds()
    steps = list(zip(found.table["part"], found.table["mean_time"].dt.total_seconds(), strict=True))
    at = 0.0
    for place, (name, seconds) in enumerate(steps):
        ax.bar(place, seconds, bottom=at, color=CAUSE_COLOURS[name], width=0.72)
        ax.text(
            place,
            at + seconds,
            f"{time_words(seconds, found.calendar)}\n",
            ha="center",
            va="center",
            fontsize=8.5,
            color=INK,
        )
        ax.plot([place - 0.36, place + 1.36], [at + seconds] * 2, color=MUTED, linewidth=0.6)
        at += seconds
    ax.bar(len(steps), cycle, color=INK, width=0.72)
    ax.text(
        len(steps), cycle, f"{time_words(cycle, found.calendar)}\n", ha="center", va="center", fontsize=8.5, color=INK
    )
    ax.set_xticks(np.arange(len(steps) + 1), [*(say(NAMES[name]) for name, _ in steps), say("cycle time")])
    ax.set_ylim(0, max(at, cycle) * 1.12)
    duration_ticks(ax.yaxis, most=DAY if found.calendar is None else HOUR)
    ax.set_title(say("What the cycle time of a case is made of"))
    note = say(
        "mean of {n} {n:case|cases}; waits for third parties that leave no trace may be in queue and off duty",
        n=number(found.n_cases),
    )
    footnote(ax, note if found.calendar is None else f"{note}. {clock_words(found.calendar)}")


def _n_labels(found: "WaitingCauses") -> int:
    return found.table.columns.get_loc("n")  # type: ignore[return-value]


def _short(label: str, most: int = 48) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"
