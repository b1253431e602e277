"""Pictures of what comes back, who hands it on, and how work is shared."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from bko_mining.present.figures import BLUE, FAINT, INK, MUTED, ORANGE, footnote, number_ticks, percent_ticks, plot
from bko_mining.words import day, number, percent, say

if TYPE_CHECKING:
    from bko_mining.analyse.absences import Absences
    from bko_mining.analyse.duplicates import DuplicateEntry
    from bko_mining.analyse.handovers import Handovers
    from bko_mining.analyse.productivity import Learning, Productivity
    from bko_mining.analyse.returns import FirstTimeRight, Loops
    from bko_mining.analyse.teams import Roles
    from bko_mining.analyse.turnover import Turnover
    from bko_mining.analyse.workload import Workload

BARS = 12
PEOPLE = 24


@plot(width=7.6, height=3.6)
def plot_loops(found: "Loops", ax: Axes) -> None:
    """Draw the hours a month that go into each loop A → B → A, the costliest on top."""
    rows = found.table.head(BARS)
    labels = [f"{a} ⇄ {b}" for a, b in zip(rows["activity"], rows["via"], strict=True)]
    notes = [say("{n} {n:case|cases}", n=number(n)) for n in rows["n_cases"]]
    bars(
        ax,
        labels,
        rows["hours_per_month"],
        [f"{number(h)} h  ({n})" for h, n in zip(rows["hours_per_month"], notes, strict=True)],
    )
    ax.set_title(say("Hours a month that go back and forth"))


@plot(width=7.6, height=4.0)
def plot_first_time_right(found: "FirstTimeRight", ax: Axes) -> None:
    """Draw the share that is right the first time with its interval, the worst group on top; weeks as a line."""
    if found.table.columns[0] == "week":
        _over_weeks(found, ax)
        return
    rows = found.table.head(PEOPLE)
    intervals(
        ax,
        [str(label) for label in rows.iloc[:, 0]],
        rows["first_time_right_share"],
        rows["low_share"],
        rows["high_share"],
        [ORANGE if worse else BLUE for worse in rows["clearly_worse"]],
    )
    ax.axvline(found.overall_share, color=MUTED, linewidth=1.2, linestyle="--", zorder=0)
    percent_ticks(ax.xaxis)
    ax.set_title(say("Cases right the first time") if found.of_cases else say("Right the first time"))
    share = percent(found.overall_share, 1)
    footnote(ax, say("dashed: all together, {share}; orange: clearly worse; lines: 95 % intervals", share=share))


def _over_weeks(found: "FirstTimeRight", ax: Axes) -> None:
    rows = found.table
    places = np.arange(len(rows))
    ax.vlines(places, rows["low_share"], rows["high_share"], color=FAINT, linewidth=3)
    ax.plot(places, rows["first_time_right_share"], color=BLUE, linewidth=1.6)
    ax.axhline(found.overall_share, color=MUTED, linewidth=1.2, linestyle="--", zorder=0)
    shown = np.unique(np.linspace(0, len(rows) - 1, 5).astype(int))
    ax.set_xticks(shown, labels=[day(rows["week"].iloc[k]) for k in shown])
    percent_ticks(ax.yaxis)
    ax.set_title(say("Cases right the first time, by week of arrival"))
    footnote(ax, say("dashed: all together, {share}; bars: 95 % intervals", share=percent(found.overall_share, 1)))


@plot(width=9.0, height=4.4)
def plot_duplicates(found: "DuplicateEntry", ax: Axes) -> None:
    """Draw the cases in which a second department enters or corrects (orange) what another did, most hours on top."""
    rows = found.table.head(8)
    labels = [
        f"{row.first_activity} ({row.first_by}) → {row.second_activity} ({row.second_by})" for row in rows.itertuples()
    ]
    notes = [say("{n} {n:case|cases}", n=number(n)) for n in rows["n_cases"]]
    if found.starts_known:
        notes = [f"{note}, {number(h)} h" for note, h in zip(notes, rows["hours_per_month"], strict=True)]
    colours = [ORANGE if kind == "corrected" else BLUE for kind in rows["kind"]]
    bars(ax, labels, rows["n_cases"], notes, colours, wide=48)
    ax.set_title(say("Done again by another department"))
    footnote(ax, say("blue: entered again; orange: corrected; hours a month of the second time"))


@plot(width=7.2, height=5.2)
def plot_handovers(found: "Handovers", ax: Axes) -> None:
    """Draw how often each hands work to each, the most frequent givers and takers only."""
    table = found.table
    totals = table.groupby("source")["n"].sum().add(table.groupby("target")["n"].sum(), fill_value=0)
    shown = sorted(totals.nlargest(14).index)
    matrix = table.pivot_table(index="source", columns="target", values="n", aggfunc="sum", fill_value=0)
    matrix = matrix.reindex(index=shown, columns=shown, fill_value=0)
    values = matrix.to_numpy(float)
    ax.imshow(np.sqrt(values), cmap="Blues", aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if value:
            dark = value > 0.35 * values.max()
            ax.text(column, row, number(value), ha="center", va="center", fontsize=7, color="white" if dark else INK)
    ax.set_xticks(range(len(shown)), labels=[short(str(name), 20) for name in shown], rotation=60, ha="right")
    ax.set_yticks(range(len(shown)), labels=[short(str(name), 24) for name in shown])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_title(say("Who hands on (rows) to whom (columns)"))


@plot(width=7.2, height=4.4)
def plot_productivity(found: "Productivity", ax: Axes) -> None:
    """Draw the working time of each person against the average, with simultaneous intervals."""
    rows = found.table.head(PEOPLE)
    colours = [
        MUTED if verdict == "no difference" else ORANGE if verdict == "slower" else BLUE for verdict in rows["verdict"]
    ]
    intervals(ax, list(rows["person"]), rows["time_factor"], rows["low"], rows["high"], colours)
    ax.axvline(1, color=FAINT, linewidth=1.2, zorder=0)
    number_ticks(ax.xaxis, 2)
    ax.set_title(say("Time for the same work, 1 = average"))
    footnote(ax, say("adjusted for the mix of activities, shrunk towards 1; lines: 95 % for all together"))


@plot(width=7.2, height=3.6)
def plot_learning(found: "Learning", ax: Axes) -> None:
    """Draw what each doubling of practice saves each newcomer."""
    rows = found.table.head(PEOPLE)
    bars(ax, list(rows["person"]), rows["learning_share"], [percent(share, 1) for share in rows["learning_share"]])
    ax.set_title(say("Working time saved by each doubling of practice"))


@plot(width=7.6, height=4.4)
def plot_workload(found: "Workload", ax: Axes) -> None:
    """Draw how busy each person is; the number of instances where hours are not known."""
    hours = found.starts_known and "utilisation" in found.table
    rows = found.table.nlargest(PEOPLE, "n").sort_index()
    values = rows["utilisation"].fillna(0) if hours else rows["n"]
    notes = [percent(value) if hours else number(value) for value in values]
    bars(ax, list(rows["person"]), values, notes)
    ax.set_title(say("Busy share of working hours") if hours else say("Activity instances"))
    if len(found.table) > len(rows):
        footnote(ax, say("the {n} people with most work, in order of appearance", n=number(len(rows))))


@plot(width=7.6, height=4.0)
def plot_roles(found: "Roles", ax: Axes) -> None:
    """Draw how much of each activity is done by one person; orange where it hangs on that person."""
    rows = found.concentration.nlargest(BARS + 4, "top_share")
    notes = [
        say("{share} of {n}", share=percent(s), n=number(n)) for s, n in zip(rows["top_share"], rows["n"], strict=True)
    ]
    bars(ax, list(rows["activity"]), rows["top_share"], notes, [ORANGE if risk else BLUE for risk in rows["at_risk"]])
    ax.set_title(say("Share of the work that one person does"))


@plot(width=7.6, height=4.4)
def plot_absences(found: "Absences", ax: Axes) -> None:
    """Draw when each person was away; orange where an activity waited longer for them."""
    rows = found.table
    shown = list(dict.fromkeys(sorted(rows["person"])))[:PEOPLE]
    rows = rows[rows["person"].isin(shown)]
    first, last = (rows[name].map(lambda at: at.timestamp() / 86400) for name in ("first", "last"))
    longer = (rows["waiting_time"] > 1.5 * rows["usual_waiting_time"]).to_numpy(bool)
    places = [shown.index(person) for person in rows["person"]]
    colours = [ORANGE if late else BLUE for late in longer]
    ax.barh(places, last - first + 1, left=first, color=colours, height=0.6)
    ax.set_yticks(range(len(shown)), labels=shown)
    ax.invert_yaxis()
    at = [first.min(), (first.min() + last.max()) / 2, last.max()]
    ax.set_xticks(at, labels=[day(np.datetime64(int(a), "D").astype(object)) for a in at])
    ax.set_title(say("Who was away when"))
    footnote(ax, say("orange: an activity of theirs waited half as long again, or longer"))


@plot(width=7.6, height=4.4)
def plot_turnover(found: "Turnover", ax: Axes) -> None:
    """Draw from when to when each person is seen; orange where they left."""
    rows = found.table.head(PEOPLE)
    places = np.arange(len(rows))
    first, last = (rows[name].map(lambda at: at.timestamp() / 86400) for name in ("first", "last"))
    ax.barh(places, last - first + 1, left=first, color=[ORANGE if left else BLUE for left in rows["left"]], height=0.6)
    ax.set_yticks(places, labels=list(rows["person"]))
    ax.invert_yaxis()
    if len(rows):
        at = [first.min(), (first.min() + last.max()) / 2, last.max()]
        ax.set_xticks(at, labels=[day(np.datetime64(int(a), "D").astype(object)) for a in at])
    ax.set_title(say("Who is seen from when to when"))
    footnote(ax, say("orange: not seen at the end of the log"))


def bars(
    ax: Axes, labels: list[Any], values: Any, notes: list[str], colours: list[str] | None = None, *, wide: int = 40
) -> None:
    """Draw horizontal bars from the top with a note beside each; labels above ``wide`` letters take two lines."""
    values = np.asarray(values, float)
    places = np.arange(len(labels))
    ax.barh(places, values, color=colours or BLUE, height=0.68)
    for place, value, note in zip(places, values, notes, strict=True):
        ax.annotate(note, (max(value, 0), place), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8.5)
    ax.set_yticks(places, labels=[two_lines(str(label), wide) for label in labels], color=INK)
    ax.invert_yaxis()
    ax.set_xlim(min(0.0, float(values.min(initial=0))), (float(values.max(initial=0)) or 1.0) * 1.35)
    ax.xaxis.set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.spines["bottom"].set_visible(False)
    ax.spines["left"].set_color(FAINT)


def intervals(ax: Axes, labels: list[str], middle: Any, low: Any, high: Any, colours: list[str] | None = None) -> None:
    """Draw a point and its interval for each label from the top."""
    places = np.arange(len(labels))
    colours = colours or [BLUE] * len(labels)
    ax.hlines(places, np.asarray(low, float), np.asarray(high, float), colors=colours, linewidth=2)
    ax.scatter(np.asarray(middle, float), places, c=colours, s=22, zorder=3)
    ax.set_yticks(places, labels=[short(label) for label in labels], color=INK)
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_color(FAINT)


def short(label: str, most: int = 40) -> str:
    """Cut a label that would not fit."""
    return label if len(label) <= most else f"{label[: most - 1]}…"


def two_lines(label: str, most: int = 40) -> str:
    """Break a long label once, near its middle where both halves fit, and cut what does not fit into two lines."""
    if len(label) <= most:
        return label
    breaks = [place for place, letter in enumerate(label) if letter == " " and place <= most]
    fitting = [place for place in breaks if len(label) - place - 1 <= most]
    place = min(fitting, key=lambda at: abs(at - len(label) / 2)) if fitting else max(breaks, default=most)
    return f"{label[:place]}\n{short(label[place:].strip(), most)}"
