"""The picture of a business case: what each scenario is worth, with its interval."""

import numpy as np
from matplotlib.axes import Axes

from bko_mining.present.figures import BLUE, INK, MUTED, ORANGE, footnote, new_axes, plot
from bko_mining.whatif.business_case import BusinessCase
from bko_mining.words import money, number, percent, say


def plot_business_case(case: BusinessCase, *, ax: Axes | None = None) -> Axes:
    """Draw the net present value of each scenario with its interval."""
    axes = new_axes(7.2, 1.5 + 0.42 * len(case.table)) if ax is None else ax

    @plot()
    def draw(result: BusinessCase, axes: Axes) -> None:
        table = result.table
        places = np.arange(len(table))[::-1]
        value = table["net_present_value"].to_numpy()
        spread = np.array([value - table["npv_low"], table["npv_high"] - value])
        axes.barh(places, value, height=0.55, color=[BLUE if v >= 0 else ORANGE for v in value])
        axes.errorbar(value, places, xerr=spread, fmt="none", ecolor=INK, elinewidth=1, capsize=3)
        axes.axvline(0, color=MUTED, linewidth=0.9)
        axes.set_yticks(places, list(table["scenario"]), color=INK)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_formatter(lambda amount, _: money(amount, result.currency))
        axes.tick_params(axis="x", labelrotation=0)
        axes.locator_params(axis="x", nbins=6)
        axes.set_title(say("Net present value over {years} years", years=number(result.years)))
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        rate = say("discounted at {rate} a year", rate=percent(result.discount_rate))
        kind = say("{confidence} intervals", confidence=percent(result.confidence))
        footnote(axes, f"{kind} · {rate}")

    draw(case, ax=axes)
    return axes
