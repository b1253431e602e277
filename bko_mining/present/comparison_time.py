"""More pictures of a comparison: queues over time, workload of roles, warm-up, and one figure against another."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from bko_mining.errors import BkoError
from bko_mining.present.comparison_lines import height_beside, lines_of, look, name_lines, shown
from bko_mining.present.figures import (
    BLUE,
    HEAT,
    INK,
    MUTED,
    PALETTE,
    duration_ticks,
    footnote,
    new_axes,
    number_ticks,
    plot,
    write_instead,
)
from bko_mining.whatif.change import moment
from bko_mining.whatif.comparison import BASELINE, Comparison
from bko_mining.whatif.kpis import MAIN, kpi, label
from bko_mining.whatif.runs import DAY
from bko_mining.whatif.views import QueueOverTime, ScenarioUtilisation, TradeOff, WarmUpPeriod
from bko_mining.whatif.warm_up import warm_up
from bko_mining.words import day, percent, say

LONG = 56
"""Days from which the picture of a queue shows means of weeks."""
MANY = 6
"""Names from which a heatmap has them below each other."""


def plot_queue(comparison: Comparison, *, role: str = "", ax: Axes | None = None) -> Axes:
    """Draw how many items wait for a role day by day (all open cases if no role is named): mean of all replications.

    The band holds the middle 80 % of the baseline's replications. In long runs each day is the mean of its week, for
    the rhythm of the week would hide what differs.
    """
    key = f"queue: {role}" if role else "open"
    if key not in comparison.outcomes[0][0].series:
        known = [name[7:] for name in comparison.outcomes[0][0].series if name.startswith("queue: ")]
        raise BkoError(f"there is no queue of {role!r}; roles: {', '.join(known)}")
    axes = new_axes(7.4, height_beside(comparison.names, 3.4)) if ax is None else ax

    @plot()
    def draw(result: Comparison, axes: Axes) -> None:
        last = min(len(outcome.series[key]) for row in result.outcomes for outcome in row)
        days = np.arange(last)
        for place, name in enumerate(result.names):
            lines = _daily(result, place, key, last)
            if name == BASELINE:
                low, high = np.quantile(lines, [0.1, 0.9], axis=0)
                axes.fill_between(days, low, high, color=MUTED, alpha=0.15, linewidth=0)
            axes.plot(days, lines.mean(axis=0), linewidth=1.9, label=shown(name), **look(place))
        axes.set_title(say("Items waiting for {role}", role=role) if role else say("Open cases"))
        axes.set_xlabel(say("days since the start"))
        axes.set_ylim(bottom=0)
        axes.set_xlim(0, last - 1)
        _mark_go_lives(result, axes, last)
        number_ticks(axes.yaxis)
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        name_lines(axes)
        footnote(axes, f"\n{_reading(result, last)}\n{result.footing}")

    draw(comparison, ax=axes)
    return axes


def _reading(result: Comparison, last: int) -> str:
    """How to read the lines of a queue."""
    first = f"{say('line: mean of all replications')} · {say('band: where 80 % of them lie, as it is')}"
    parts = []
    if last >= LONG:
        parts.append(say("each day is the mean of its week"))
    if result.setting.horizon is None:
        parts.append(say("at the end no new cases come"))
    return "\n".join(filter(None, (first, " · ".join(parts))))


def _mark_go_lives(result: Comparison, axes: Axes, last: int) -> None:
    """A dotted line on each day on which changes of a scenario begin; the date stands at its top."""
    begin = result.outcomes[0][0].series["begin"][0] / DAY
    for place, scenario in enumerate(result.given):
        for since in dict.fromkeys(moment(change.since) for change in scenario.changes if change.since):
            x = np.datetime64(since, "us").astype(np.int64) / DAY - begin
            if 0 < x < last - 1:
                axes.axvline(x, color=look(place + 1)["color"], linewidth=1.1, linestyle=":")
                top = axes.get_xaxis_transform()
                axes.annotate(day(since), (x, 1), (3, -2), top, "offset points", fontsize=7.5, color=MUTED, va="top")


def plot_utilisation(comparison: Comparison, *, ax: Axes | None = None) -> Axes:
    """Draw how busy each role is, as it is and under each scenario; many scenarios are rows, few are columns."""
    roles = [name for name in comparison.kpis if name.startswith("utilisation: ")]
    upright = len(comparison.names) > MANY and len(roles) <= len(comparison.names)
    names = [shown(name, 34 if upright else 15) for name in comparison.names]
    people = [shown(role.partition(": ")[2], 15 if upright else 30) for role in roles]
    down, across = (names, people) if upright else (people, names)
    axes = new_axes(*_heat_size(down, across)) if ax is None else ax

    @plot()
    def draw(result: Comparison, axes: Axes) -> None:
        if not roles:
            write_instead(say("No role works in this twin: there is no workload to show."), axes)
            return
        with np.errstate(all="ignore"):
            busy = np.array([result.samples(role).mean(axis=1) for role in roles])
        _heat(busy.T if upright else busy, down, across, axes)
        axes.set_title(say("How busy people are: share of their working hours"), pad=14)
        axes.annotate(result.footing, (0, 0), (0, -14), "axes fraction", "offset points", fontsize=7.5, color=MUTED)

    draw(comparison, ax=axes)
    return axes


def _heat_size(down: list[str], across: list[str]) -> tuple[float, float]:
    return 2.8 + 1.0 * len(across), 1.7 + (0.24 + 0.13 * lines_of(down)) * len(down)


def _heat(busy: NDArray[np.float64], down: list[str], across: list[str], axes: Axes) -> None:
    axes.imshow(busy, cmap=HEAT, vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(busy):
        text = percent(value) if np.isfinite(value) else "–"
        axes.text(column, row, text, ha="center", va="center", color="white" if value > 0.65 else INK, fontsize=9)
    axes.set_yticks(range(len(down)), down, color=INK)
    axes.set_xticks(range(len(across)), across, color=INK)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def plot_trade_off(comparison: Comparison, *, x: str = "cost_per_week", y: str = MAIN, ax: Axes | None = None) -> Axes:
    """Draw one figure against another: a point a scenario, with the intervals of the means."""
    axes = new_axes(7.4, height_beside(comparison.names, 3.8)) if ax is None else ax

    @plot()
    def draw(result: Comparison, axes: Axes) -> None:
        for place, name in enumerate(result.names):
            across, up = result.level(name, x), result.level(name, y)
            bars: dict[str, Any] = {"xerr": across.half_width, "yerr": up.half_width, "color": look(place)["color"]}
            mark = "o" if look(place).get("linestyle", "-") == "-" else "D"
            axes.errorbar(across.estimate, up.estimate, fmt=mark, elinewidth=1, label=shown(name), **bars)
        axes.xaxis.set_major_formatter(lambda value, _: result.written(value, x))
        axes.yaxis.set_major_formatter(lambda value, _: result.written(value, y))
        axes.locator_params(axis="x", nbins=5)
        for axis, figure in ((axes.xaxis, x), (axes.yaxis, y)):
            if kpi(figure).unit == "time":
                duration_ticks(axis)
        axes.set_xlabel(label(x))
        axes.set_ylabel(label(y))
        title = say("{first} against {second}", first=label(y), second=label(x))
        axes.set_title(title[:1].upper() + title[1:])
        axes.grid()
        axes.set_axisbelow(True)
        name_lines(axes)
        bars_say = say("bars: {confidence} intervals of the means", confidence=percent(result.confidence))
        footnote(axes, f"\n{bars_say}\n{result.footing}")

    draw(comparison, ax=axes)
    return axes


@plot(7.2, 3.2)
def plot_warm_up(comparison: Comparison, ax: Axes) -> None:
    """Draw Welch's moving average of the baseline's cycle time by arrival, and where MSER would cut."""
    lines = np.array([outcome.series["cycle by arrival"] for outcome in comparison.outcomes[0]])
    seen = warm_up(lines)
    share = np.arange(len(seen.averages)) / len(seen.averages)
    ax.plot(share, seen.averages, color=MUTED, linewidth=0.8, alpha=0.6, label=say("mean of the replications"))
    ax.plot(share[: len(seen.smoothed)], seen.smoothed, color=BLUE, linewidth=2.2, label=say("moving average (Welch)"))
    cut = seen.advice / len(seen.averages)
    words = say("MSER would cut here") if seen.trusted else say("MSER finds no end: run longer")
    ax.axvline(cut, color=PALETTE[1], linewidth=1.2, linestyle="--", label=words)
    ax.set_xlabel(say("share of the run (cases that count, by arrival)"))
    ax.xaxis.set_major_formatter(lambda value, _: percent(value))
    ax.set_xlim(0, 1)
    ax.set_ylim(bottom=0)
    ax.set_ylabel(label(MAIN))
    duration_ticks(ax.yaxis)
    ax.set_title(say("Does the run remember its empty start?"))
    ax.grid(axis="y")
    ax.set_axisbelow(True)
    ax.legend(loc="lower right")
    footnote(ax, "\n" + comparison.footing)


def _daily(comparison: Comparison, place: int, key: str, last: int) -> NDArray[np.float64]:
    """One line a replication; of a long run with the mean of the seven days around each."""
    lines = [outcome.series.get(key, np.zeros(last))[:last] for outcome in comparison.outcomes[place]]
    days = np.array([np.pad(line, (0, last - len(line))) for line in lines])
    if last < LONG:
        return days
    week = np.ones(7)
    seen = np.convolve(np.ones(last), week, "same")
    return np.array([np.convolve(line, week, "same") / seen for line in days])


def plot_queue_view(view: QueueOverTime, *, ax: Axes | None = None) -> Axes:
    """Draw a queue over time."""
    return plot_queue(view.comparison, role=view.role, ax=ax)


def plot_utilisation_view(view: ScenarioUtilisation, *, ax: Axes | None = None) -> Axes:
    """Draw how busy roles are."""
    return plot_utilisation(view.comparison, ax=ax)


def plot_trade_off_view(view: TradeOff, *, ax: Axes | None = None) -> Axes:
    """Draw one figure against another."""
    return plot_trade_off(view.comparison, x=view.first, y=view.second, ax=ax)


def plot_warm_up_view(view: WarmUpPeriod, *, ax: Axes | None = None) -> Axes:
    """Draw the warm-up of the baseline's runs."""
    return plot_warm_up(view.comparison, ax=ax)
