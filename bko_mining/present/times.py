"""Bars of times: what takes long, where it waits, what is done again."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from bko_mining.analyse.clocks import clock_words, time_words
from bko_mining.present.figures import BLUE, FAINT, INK, ORANGE, PALETTE, duration_ticks, footnote, plot
from bko_mining.present.waits import NAMES
from bko_mining.words import number, percent, say, share_words

if TYPE_CHECKING:
    from bko_mining.analyse.bottlenecks import Bottlenecks
    from bko_mining.analyse.rework import Rework
    from bko_mining.analyse.survival import TimeToFinish
    from bko_mining.analyse.times import Times

BARS = 12
DAY, HOUR = 86_400, 3600
GREEN = PALETTE[2]
Seconds = NDArray[np.float64]


@plot(width=7.6, height=3.4)
def plot_times(times: "Times", ax: Axes) -> None:
    """Draw the distribution of a time (log-like scale where the tail is long) with its median and 90th percentile."""
    seconds = times.values.astype(np.int64) / 1e6
    top = float(np.quantile(seconds, 0.99)) or 1.0
    ax.hist(np.minimum(seconds, top), bins=60, color=BLUE, alpha=0.85)
    if times.open_too is None:
        _quantiles(ax, times, seconds)
    else:
        _quantiles_and_open(ax, times, times.open_too, seconds)
    duration_ticks(ax.xaxis, most=DAY if times.calendar is None else HOUR)
    ax.set_title(say(_TITLES[times.measure]))
    ax.set_ylabel(say("cases") if times.measure == "cycle_time" else say("activity instances"))
    note = say("n = {n}; the longest 1 % are counted in the last bar", n=number(len(seconds)))
    footnote(ax, note if times.calendar is None else f"{note}. {clock_words(times.calendar)}")


def _quantiles(ax: Axes, times: "Times", seconds: Seconds) -> None:
    for q, name in ((0.5, say("median")), (0.9, say("one in ten takes longer"))):
        at = float(np.quantile(seconds, q))
        ax.axvline(at, color=ORANGE, linewidth=1.4)
        ax.annotate(
            f"{name}: {time_words(at, times.calendar)}", (at, 0.97), xycoords=("data", "axes fraction"), xytext=(4, 0),
            textcoords="offset points", va="top" if q == 0.5 else "center", fontsize=8.5, color=INK,
            rotation=0, annotation_clip=False,
        )  # fmt: skip


def _quantiles_and_open(ax: Axes, times: "Times", found: "TimeToFinish", seconds: Seconds) -> None:
    """Draw the median as if open cases were finished, the one that counts them as open, and its interval."""
    naive, most = (float(np.quantile(seconds, q)) for q in (0.5, 0.9))
    unknown: Any = found.median
    if not pd.isna(unknown):
        low, at, high = (getattr(found, name).total_seconds() for name in ("low", "median", "high"))
        ax.axvspan(low, ax.get_xlim()[1] if np.isnan(high) else high, color=GREEN, alpha=0.18, linewidth=0)
        text = say("median with open cases: {median} ({low} to {high})", **found.interval_words)
        ax.axvline(at, color=GREEN, linewidth=1.6, label=text)
    for at, style, name in (
        (naive, ":", say("median if open cases counted as finished")),
        (most, "-", say("one in ten takes longer")),
    ):
        words = time_words(at, times.calendar)
        ax.axvline(at, color=ORANGE, linewidth=1.4, linestyle=style, label=f"{name}: {words}")
    ax.set_ylim(top=ax.get_ylim()[1] * 1.35)
    # Lines may run below the words, but not through them.
    ax.legend(loc="upper right", frameon=True, framealpha=1.0, facecolor="white", edgecolor="none")


_TITLES = {
    "cycle_time": "How long cases take",
    "waiting_time": "How long activity instances wait",
    "processing_time": "How long activity instances take",
}


@plot(width=7.6, height=4.0)
def plot_bottlenecks(found: "Bottlenecks", ax: Axes) -> None:
    """Draw the hours a month that cases wait before each activity, the costliest on top."""
    hours = found.table["hours_per_month"]
    rows = found.table[hours > 0.001 * hours.max()].head(BARS)
    labels = (
        [_label(row) for row in rows.iloc[:, :2].itertuples(index=False)] if _pairs(rows) else list(rows.iloc[:, 0])
    )
    shares = [share_words(share) for share in rows["cycle_time_share"]]
    if "main_cause" in rows:
        causes = [say(NAMES[cause]) if cause else "" for cause in rows["main_cause"]]
        shares = [f"{share}, {cause}" if cause else share for share, cause in zip(shares, causes, strict=True)]
    _bars(ax, labels, rows["hours_per_month"].to_numpy(), shares)
    ax.set_title(say("Hours a month that cases wait for it"))
    left_out = len(found.table) - len(rows)
    note = (
        say("% of all cycle time beside the bars, and the main cause")
        if "main_cause" in rows
        else say("% of all cycle time beside the bars")
    )
    note = f"{note}; {say('{n} more {n:row|rows}', n=number(left_out))}" if left_out else note
    footnote(ax, note if found.calendar is None else f"{note}. {clock_words(found.calendar)}")


@plot(width=7.6, height=3.6)
def plot_rework(found: "Rework", ax: Axes) -> None:
    """Draw how often each activity is done again: immediately (self-loop) or later in the case (return)."""
    rows = found.table.sort_values("n_repeats", ascending=False, kind="stable").head(BARS)
    places = np.arange(len(rows))
    ax.barh(places, rows["n_returns"], color=ORANGE, height=0.68, label=say("comes back later"))
    ax.barh(places, rows["n_self_loops"], left=rows["n_returns"], color="#f0c48f", height=0.68, label=say("at once"))
    for place, total, share in zip(places, rows["n_repeats"], rows["case_share"], strict=True):
        text = say("{n} ({share} of cases)", n=number(total), share=percent(share, 1))
        ax.annotate(text, (total, place), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8.5)
    _horizontal(ax, list(rows["activity"]), float(rows["n_repeats"].max()) if len(rows) else 1.0)
    ax.set_title(say("How often it is done again"))
    if len(rows):
        ax.legend(loc="lower right")
    left_out = len(found.table) - len(rows)
    if left_out:
        footnote(ax, say("{n} more {n:row|rows}", n=number(left_out)))


def _bars(ax: Axes, labels: list[Any], values: Any, notes: list[str]) -> None:
    places = np.arange(len(labels))
    ax.barh(places, values, color=[BLUE if place else ORANGE for place in places], height=0.68)
    for place, value, note in zip(places, values, notes, strict=True):
        text = f"{number(value)} h  ({note})"
        ax.annotate(text, (value, place), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8.5)
    _horizontal(ax, [str(label) for label in labels], float(values.max()) if len(values) else 1.0)


def _horizontal(ax: Axes, labels: list[str], top: float) -> None:
    ax.set_yticks(np.arange(len(labels)), labels=[_short(label) for label in labels], color=INK)
    ax.invert_yaxis()
    ax.set_xlim(0, top * 1.3)
    ax.xaxis.set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.spines["bottom"].set_visible(False)
    ax.spines["left"].set_color(FAINT)


def _short(label: str, most: int = 42) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _pairs(rows: pd.DataFrame) -> bool:
    return "target_activity" in rows.columns


def _label(row: tuple[Any, ...]) -> str:
    return f"{row[0]} → {row[1]}"
