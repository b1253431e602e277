"""Pictures of what goes with late, reworked or costly cases."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from bko_mining.present.figures import BLUE, FAINT, INK, MUTED, ORANGE, footnote, number_ticks, percent_ticks, plot
from bko_mining.present.people import two_lines
from bko_mining.words import number, percent, say

if TYPE_CHECKING:
    from bko_mining.analyse.explaining import Explanation

ROWS = 10


@plot(width=8.4, height=4.6)
def plot_explanation(found: "Explanation", ax: Axes) -> None:
    """Draw the outcome in cases with each factor (filled) and without it (open); grey: another factor is behind it."""
    rows = found.table.head(ROWS)
    places = np.arange(len(rows))
    names = ("with_share", "without_share") if found.is_share else ("with_mean", "without_mean")
    present, absent = rows[names[0]].to_numpy(float), rows[names[1]].to_numpy(float)
    low, high = absent + rows["low"].to_numpy(float), absent + rows["high"].to_numpy(float)
    by_itself = rows["because_of"] == ""
    colours = np.where(by_itself, np.where(present > absent, ORANGE, BLUE), MUTED)
    ax.axvline(found.mean, color=FAINT, linewidth=1.2, zorder=0)
    ax.hlines(places, absent, present, color=FAINT, linewidth=2, zorder=1)
    ax.hlines(places, low, high, color=list(colours), linewidth=1.4, zorder=2)
    ax.scatter(absent, places, s=34, facecolor="white", edgecolor=MUTED, zorder=3, label=say("cases without it"))
    ax.scatter(present, places, s=46, color=list(colours), zorder=4, label=say("cases with it (95 % interval)"))
    ax.set_yticks(places, labels=[two_lines(str(factor)) for factor in rows["factor"]], color=INK)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    percent_ticks(ax.xaxis) if found.is_share else number_ticks(ax.xaxis, 1)
    ax.set_xlim(left=min(0.0, float(low.min())))
    end = ax.get_xlim()[1]
    for place, share in zip(places, rows["explained_share"], strict=True):
        ax.annotate(percent(share), (end, place), xytext=(6, 0), textcoords="offset points", va="center", fontsize=8.5)
    ax.annotate(say("of the whole"), (end, -0.6), xytext=(6, 2), textcoords="offset points", fontsize=7.5, color=MUTED)
    ax.set_title(say("What goes with it: {outcome}", outcome=found.outcome))
    ax.legend(loc="upper center", bbox_to_anchor=(0.4, -0.17), ncols=2)
    words = say(
        "{held} of {tested} factors hold beyond chance; grey: another factor is behind most of it; n = {n} cases",
        held=number(len(found.table)),
        tested=number(found.n_tested),
        n=number(found.n_cases),
    )
    footnote(ax, words)
