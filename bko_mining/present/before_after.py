"""Before and after: two cycle times taken apart, and what of the change is whose."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from bko_mining.analyse.clocks import clock_words, time_words
from bko_mining.present.figures import CAUSE_COLOURS, INK, MUTED, duration_ticks, footnote, plot
from bko_mining.present.waits import DAY, HOUR, NAMES
from bko_mining.words import number, say

if TYPE_CHECKING:
    from bko_mining.analyse.before_after import BeforeAfter

WIDTH = 0.72


@plot(width=9.2, height=4.0)
def plot_before_after(found: "BeforeAfter", ax: Axes) -> None:
    """Draw both cycle times as stacks of work and causes, and between them what each part adds or takes."""
    parts = list(found.table["part"])
    before, after, change = (
        found.table[name].dt.total_seconds().to_numpy() for name in ("before_time", "after_time", "change_time")
    )
    last = len(parts) + 1
    for place, seconds in ((0, before), (last, after)):
        _stack(ax, place, seconds, parts, found)
    at = float(before.sum())
    room = 0.02 * max(before.sum(), after.sum())
    for place, (part, step) in enumerate(zip(parts, change, strict=True), start=1):
        ax.bar(place, step, bottom=at, color=CAUSE_COLOURS[part], width=WIDTH)
        ax.plot([place - 1 + WIDTH / 2, place + WIDTH / 2], [at, at], color=MUTED, linewidth=0.6)
        words = f"{'+' if step >= 0 else '−'}{time_words(abs(step), found.calendar)}"
        ax.text(place, max(at, at + step) + room, words, ha="center", va="bottom", fontsize=8.5, color=INK)
        at += step
    ax.plot([last - 1 + WIDTH / 2, last + WIDTH / 2], [at, at], color=MUTED, linewidth=0.6)
    titles = [f"{say(name)}\n{say('{cases} {cases:case|cases}', cases=number(n))}" for name, n in _sides(found)]
    ax.set_xticks(np.arange(last + 1), [titles[0], *(say(NAMES[part]) for part in parts), titles[1]])
    ax.tick_params(axis="x", length=0)
    running = float(before.sum()) + np.concatenate([[0.0], np.cumsum(change)])
    ax.set_ylim(0, max(float(running.max()), float(before.sum()), 1e-9) * 1.14)
    duration_ticks(ax.yaxis, most=DAY if found.calendar is None else HOUR)
    ax.set_title(say("What became of the cycle time"))
    interval = {
        name: time_words(at.total_seconds(), found.calendar) for name, at in (("low", found.low), ("high", found.high))
    }
    note = say("mean a case; 95 % interval of the change: {low} to {high}", **interval)
    footnote(ax, note if found.calendar is None else f"{note}. {clock_words(found.calendar)}")


def _stack(
    ax: Axes, place: int, seconds: "np.typing.NDArray[np.float64]", parts: list[str], found: "BeforeAfter"
) -> None:
    base = 0.0
    for part, height in zip(parts, seconds, strict=True):
        ax.bar(place, height, bottom=base, color=CAUSE_COLOURS[part], width=WIDTH)
        base += float(height)
    ax.text(place, base, f"{time_words(base, found.calendar)}\n", ha="center", va="center", fontsize=9, color=INK,
            weight="bold")  # fmt: skip


def _sides(found: "BeforeAfter") -> tuple[tuple[str, int], tuple[str, int]]:
    return (found.names[0], found.n_before), (found.names[1], found.n_after)
