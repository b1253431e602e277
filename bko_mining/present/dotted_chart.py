"""The dotted chart as a picture: a row a case, a dot an activity instance."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from bko_mining.present.figures import MUTED, PALETTE, date_ticks, duration_ticks, footnote, number_ticks, plot
from bko_mining.present.lettering import in_two_lines
from bko_mining.results import heading
from bko_mining.words import number, percent, say

if TYPE_CHECKING:
    from bko_mining.discover.dotted_chart import DottedChart

MOST_DOTS = 60_000
NAMES = 10
OTHERS = "#c3cad1"
COLOURS = (*PALETTE[:7], "#c98bb9", "#2f4a63", "#e0b64a")


@plot(width=7.8, height=4.6)
def plot_dotted_chart(found: "DottedChart", ax: Axes) -> None:
    """Draw the dots; where there are too many, those of every second, third … case."""
    every = int(np.ceil(len(found.at) / MOST_DOTS))
    shown = found.row % every == 0
    at = found.at / 1e6
    right = float(np.quantile(at, 0.99)) if found.relative else float(at.max())
    size = float(np.clip(9000 / max(1, found.n_cases / every), 1.2, 14))
    named = min(NAMES, len(COLOURS), len(found.table))
    for colour in (*range(len(found.table) - 1, named - 1, -1), *range(named)):
        dots = shown & (found.colour == colour)
        label = str(found.table[found.by].iloc[colour]) if colour < named else None
        paint = COLOURS[colour] if colour < named else OTHERS
        ax.scatter(
            at[dots], found.row[dots], s=size, color=paint, linewidths=0, label=label, alpha=0.85, rasterized=True
        )
    ax.set_ylim(found.n_cases - 0.5, -0.5)
    number_ticks(ax.yaxis)
    if found.relative:
        ax.set_xlim(-0.02 * (right or 1.0), 1.02 * (right or 1.0))
        duration_ticks(ax.xaxis)
        ax.set_xlabel(say("since the start of the case"))
    else:
        date_ticks(ax.xaxis, found.timezone)
    ax.set_ylabel(say("cases, the shortest on top") if found.by_duration else say("cases, the first to start on top"))
    ax.set_title(say("Every activity instance a dot, every case a row"))
    _key(ax, found, named)
    footnote(ax, "; ".join(_notes(found, every, right)))


def _notes(found: "DottedChart", every: int, right: float) -> list[str]:
    notes = [
        say(
            "{n} activity {n:instance|instances} in {cases} {cases:case|cases}",
            n=number(len(found.at)),
            cases=number(found.n_cases),
        )
    ]
    if every > 1:
        notes.append(say("one case in {n} is drawn", n=number(every)))
    outside = float((found.at / 1e6 > right).mean()) if found.relative else 0.0
    if outside:
        notes.append(say("the latest {share} of dots lie outside", share=percent(outside, 1)))
    return notes


def _key(ax: Axes, found: "DottedChart", named: int) -> None:
    more = len(found.table) - named
    if more > 0:
        ax.scatter([], [], color=OTHERS, linewidths=0, label=say("grey: {n} more", n=number(more)))
    legend = ax.legend(
        title=heading(found.by), loc="upper left", bbox_to_anchor=(1.0, 1.02), markerscale=1, handletextpad=0.2,
        labelspacing=0.45, alignment="left",
    )  # fmt: skip
    legend.get_title().set_color(MUTED)
    for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
        if handle is not None:
            handle.set(sizes=[26], alpha=1.0)
        text.set_text(in_two_lines(text.get_text(), most=52, one=28))
