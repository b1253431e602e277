"""Pictures for planners: the front of costs and times, the tornado of inputs."""

import numpy as np
from matplotlib.axes import Axes

from bko_mining.present.figures import BLUE, INK, MUTED, ORANGE, duration_ticks, footnote, new_axes, percent_ticks, plot
from bko_mining.whatif.comparison import written
from bko_mining.whatif.kpis import kpi, label
from bko_mining.whatif.optimisation import BestPlan
from bko_mining.whatif.sensitivity import Sensitivity
from bko_mining.words import number, percent, say


@plot(7.2, 4.2)
def plot_front(best: BestPlan, ax: Axes) -> None:
    """Draw every plan tried by its first two objectives, the Pareto front, and the winner."""
    x, y = best.objectives[0], best.objectives[1 if len(best.objectives) > 1 else 0]
    tried = best.tried[~best.tried["on_front"]]
    ax.scatter(tried[x], tried[y], s=16, color=MUTED, alpha=0.45, linewidths=0, label=say("tried"))
    ax.step(best.table[x], best.table[y], where="post", color=BLUE, linewidth=1.3)
    ax.scatter(
        best.table[x], best.table[y], s=34, color=BLUE, edgecolors="white", label=say("best compromises"), zorder=3
    )
    winner = best.table[best.table["winner"]]
    ax.scatter(winner[x], winner[y], s=120, color=ORANGE, edgecolors="white", marker="*", label=say("chosen"), zorder=4)
    currency = best.check.currency
    ax.xaxis.set_major_formatter(lambda value, _: written(value, kpi(x), currency))
    ax.yaxis.set_major_formatter(lambda value, _: written(value, kpi(y), currency))
    for axis, figure in ((ax.xaxis, x), (ax.yaxis, y)):
        if kpi(figure).unit == "time":
            duration_ticks(axis)
    ax.set_xlabel(label(x))
    ax.set_ylabel(label(y))
    ax.set_title(say("What time costs"))
    ax.grid()
    ax.set_axisbelow(True)
    ax.legend(loc="upper right")
    chosen = say("Chosen: {plan}", plan=best.scenario.name)
    footnote(ax, f"\n{chosen}\n" + say("{n} plans tried", n=number(len(best.tried))) + f" · {best.check.footing}")


def plot_tornado(result: Sensitivity, *, ax: Axes | None = None, rows: int = 10) -> Axes:
    """Draw how far a figure moves when each input is lower or higher, the most important on top."""
    shown = result.table.head(rows)
    axes = new_axes(7.2, 1.4 + 0.34 * len(shown)) if ax is None else ax

    @plot()
    def draw(sense: Sensitivity, axes: Axes) -> None:
        places = np.arange(len(shown))[::-1]
        for side, colour, name in (("down", BLUE, "-"), ("up", ORANGE, "+")):
            middle = shown[f"{side}_share"]
            spread = np.abs(np.array([middle - shown[f"{side}_low"], shown[f"{side}_high"] - middle]))
            axes.barh(places, middle, height=0.62, color=colour, label=f"{name}{percent(sense.spread)}")
            axes.errorbar(middle, places, xerr=spread, fmt="none", ecolor=INK, elinewidth=0.8)
        axes.axvline(0, color=MUTED, linewidth=0.9)
        axes.set_yticks(places, list(shown["input"]), color=INK)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        percent_ticks(axes.xaxis, exact=True)
        axes.set_title(say("What {kpi} hangs on", kpi=label(sense.kpi)))
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.legend(loc="lower right")
        footnote(axes, sense.comparison.footing)

    draw(result, ax=axes)
    return axes
