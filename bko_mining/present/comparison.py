"""Pictures of a comparison: the forest of differences, and cycle times side by side."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import blended_transform_factory

from bko_mining.present.comparison_lines import height_beside, lines_of, look, name_lines, shown
from bko_mining.present.figures import (
    BLUE,
    FAINT,
    INK,
    MUTED,
    ORANGE,
    duration_ticks,
    footnote,
    new_axes,
    percent_ticks,
    plot,
)
from bko_mining.whatif.comparison import BASELINE, Comparison
from bko_mining.whatif.kpis import HEADLINE, MAIN, label
from bko_mining.whatif.statistics import Interval
from bko_mining.whatif.verdicts import BETTER, WORSE, signed, spoken
from bko_mining.words import percent, say

_COLOUR = {BETTER: BLUE, WORSE: ORANGE}


def plot_comparison(comparison: Comparison, *, ax: Axes | None = None) -> Axes:
    """Draw relative changes with their intervals: of one scenario by figure, of several by scenario.

    Without a scenario the cycle times of the baseline are drawn.
    """
    if not comparison.scenarios:
        return plot_distributions(comparison, ax=ax)
    if len(comparison.scenarios) == 1:
        return plot_figures(comparison, ax=ax)
    return plot_forest(comparison, ax=ax)


def plot_forest(comparison: Comparison, *, figure: str = MAIN, ax: Axes | None = None) -> Axes:
    """Draw the relative change of one figure under each scenario, with its interval and verdict."""
    names = {name: shown(name) for name in comparison.scenarios}
    rows = [(text, comparison.change(name, figure), comparison.verdict(name, figure)) for name, text in names.items()]
    row_height = 0.42 + 0.13 * max(0, lines_of(list(names.values())) - 2)
    axes = new_axes(7.6, 1.5 + row_height * len(rows)) if ax is None else ax
    base = comparison.written(comparison.level(BASELINE, figure).estimate, figure)
    _forest(comparison, rows, axes, say("Change of {kpi} (now {value})", kpi=label(figure), value=base))
    return axes


def plot_figures(comparison: Comparison, *, scenario: str = "", ax: Axes | None = None) -> Axes:
    """Draw the relative change of every headline figure under one scenario, with its interval and verdict."""
    name = scenario or comparison.scenarios[0]
    figures = [f for f in HEADLINE if f in comparison.kpis and comparison.level(BASELINE, f).estimate]
    rows = [(label(f), comparison.change(name, f), comparison.verdict(name, f)) for f in figures]
    axes = new_axes(7.6, 1.5 + 0.36 * len(rows)) if ax is None else ax
    title = shown(say("What changes with '{name}'", name=name), 64)
    _forest(comparison, rows, axes, title)
    return axes


def _forest(comparison: Comparison, rows: Sequence[tuple[str, Interval, str]], axes: Axes, title: str) -> None:
    @plot()
    def draw(result: Comparison, ax: Axes) -> None:
        places = np.arange(len(rows))[::-1]
        ax.set_title(title)
        ax.axvline(0, color=MUTED, linewidth=0.9)
        ax.axvspan(-result.margin, result.margin, color=FAINT, alpha=0.55, linewidth=0)
        beside = blended_transform_factory(ax.transAxes, ax.transData)
        for place, (_, change, verdict) in zip(places, rows, strict=True):
            colour = _COLOUR.get(verdict, MUTED)
            if np.isfinite(change.low):
                ax.plot([change.low, change.high], [place, place], color=colour, linewidth=2.4, solid_capstyle="butt")
            ax.plot(change.estimate, place, "o", color=colour, markersize=6.5, markeredgecolor="white")
            words = f"{signed(change.estimate)}  ({signed(change.low)} … {signed(change.high)})"
            ax.text(1.02, place + 0.05, words, transform=beside, va="bottom", color=INK, fontsize=8.5)
            ax.text(1.02, place - 0.02, spoken(verdict), transform=beside, va="top", color=colour, fontsize=7.5)
        ax.set_yticks(places, [name for name, _, _ in rows], color=INK)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.set_ylim(-0.7, len(rows) - 0.3)
        percent_ticks(ax.xaxis, exact=True)
        ax.margins(x=0.08)
        ax.grid(axis="x")
        ax.set_axisbelow(True)
        footnote(ax, _note(result))

    draw(comparison, ax=axes)


def _note(result: Comparison) -> str:
    confidence = percent(result.confidence)
    if result.together:
        kind = say("{confidence} simultaneous intervals", confidence=confidence)
    else:
        kind = say("{confidence} intervals", confidence=confidence)
    band = say("grey band: a change of less than {share} does not matter", share=percent(result.margin))
    return f"{kind} · {band}\n{result.footing}"


def plot_distributions(comparison: Comparison, *, ax: Axes | None = None) -> Axes:
    """Draw how cycle times are distributed under baseline and scenarios (cumulative shares, all replications)."""
    axes = new_axes(7.4, height_beside(comparison.names, 3.6)) if ax is None else ax
    _distributions(comparison, ax=axes)
    return axes


@plot()
def _distributions(comparison: Comparison, ax: Axes) -> None:
    shares = np.linspace(0, 1, 101)
    longest = 0.0
    for place, (name, row) in enumerate(zip(comparison.names, comparison.outcomes, strict=True)):
        quantiles = np.mean([outcome.cycle for outcome in row], axis=0)
        longest = max(longest, float(quantiles[98]))
        ax.plot(quantiles, shares, linewidth=1.9 if place else 2.6, label=shown(name), **look(place))
    ax.set_xlim(0, longest * 1.02 or 1.0)
    ax.set_ylim(0, 1)
    ax.set_title(say("Share of cases done within a time"))
    ax.set_xlabel(say("cycle time"))
    duration_ticks(ax.xaxis)
    ax.yaxis.set_major_formatter(lambda value, _: percent(value))
    ax.grid(axis="both")
    ax.set_axisbelow(True)
    name_lines(ax)
    footnote(ax, "\n" + comparison.footing)
