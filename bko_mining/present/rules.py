"""Pictures of broken rules, candidates for robots and providers, drift, comparisons and insights."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from bko_mining.present.figures import BLUE, FAINT, INK, MUTED, ORANGE, footnote, percent_ticks, plot
from bko_mining.present.people import bars, intervals
from bko_mining.words import day, money, number, percent, say

if TYPE_CHECKING:
    from bko_mining.analyse.candidates import Candidates
    from bko_mining.analyse.comparing import LogComparison
    from bko_mining.analyse.drift import Drift
    from bko_mining.analyse.insights import Insights
    from bko_mining.analyse.rule_suggestions import SuggestedRules
    from bko_mining.analyse.rules import RuleCheck

BARS = 12


@plot(width=9.0, height=4.4)
def plot_rules(found: "RuleCheck", ax: Axes) -> None:
    """Draw the share of cases that break each rule, the most broken on top."""
    rows = found.table.head(BARS)
    notes = [
        say("{n} of {all}", n=number(b), all=number(c))
        for b, c in zip(rows["n_broken"], rows["n_checked"], strict=True)
    ]
    bars(
        ax, list(rows["rule"]), rows["broken_share"], notes, [ORANGE if n else BLUE for n in rows["n_broken"]], wide=56
    )
    ax.set_title(say("Cases that break the rule"))


@plot(width=9.0, height=2.8)
def plot_rule_trend(found: "RuleCheck", ax: Axes) -> None:
    """Draw the share of cases that break any rule by month of arrival, with its interval."""
    rows = found.trend
    places = np.arange(len(rows))
    ax.vlines(places, rows["low_share"], rows["high_share"], color=FAINT, linewidth=5)
    ax.plot(places, rows["broken_share"], color=ORANGE, linewidth=1.8, marker="o", markersize=4)
    shown = range(0, len(rows), 1 + len(rows) // 10)
    ax.set_xticks(shown, labels=[f"{rows['month'].iloc[k]:%m/%Y}" for k in shown])
    ax.set_ylim(bottom=0)
    percent_ticks(ax.yaxis)
    ax.set_title(say("Cases that break a rule, by month of arrival"))
    footnote(ax, say("bars: 95 % intervals; cases that arrived last may still be open"))


@plot(width=9.0, height=4.8)
def plot_suggested_rules(found: "SuggestedRules", ax: Axes) -> None:
    """Draw how many cases keep each suggested rule; orange where some do not."""
    rows = found.table.head(BARS)
    kept = rows["n_checked"] - rows["n_broken"]
    notes = [
        say("{share} of {n}", share=percent(s, 1 if s < 1 else 0), n=number(n))
        for s, n in zip(rows["kept_share"], rows["n_checked"], strict=True)
    ]
    bars(ax, list(rows["rule"]), kept, notes, [ORANGE if n else BLUE for n in rows["n_broken"]], wide=56)
    ax.set_title(say("Cases that keep the rule"))
    footnote(ax, say("orange: with exceptions"))


@plot(width=7.6, height=4.0)
def plot_candidates(found: "Candidates", ax: Axes) -> None:
    """Draw the score of each candidate with the hours it would free."""
    rows = found.table.head(BARS)
    hours = rows.get("hours_freed")
    notes = [number(score, 2) for score in rows["score"]]
    if hours is not None:
        notes = [say("{score}, {hours} h a month", score=s, hours=number(h)) for s, h in zip(notes, hours, strict=True)]
    bars(ax, list(rows["activity"]), rows["score"], notes)
    ax.set_title(
        say("How well a robot could do it") if found.kind == "automate" else say("How well a provider could do it")
    )


@plot(width=7.6, height=3.8)
def plot_drift(found: "Drift", ax: Axes) -> None:
    """Draw arriving cases, cycle times and people by week, each against its own mean, and the change points."""
    weekly = found.weekly
    places = np.arange(len(weekly))
    for name, label, colour in (
        ("arrivals", say("arriving cases"), BLUE),
        ("times", say("cycle times"), ORANGE),
        ("staffing", say("people at work"), MUTED),
    ):
        mean = float(weekly[name].mean()) if len(weekly) else 0.0
        if mean > 0:
            ax.plot(places, weekly[name] / mean, color=colour, linewidth=1.5, label=label)
    colours = {"arrivals": BLUE, "times": ORANGE, "staffing": MUTED}
    for _, row in found.table.iterrows():
        at = int(np.searchsorted(weekly["week"], row["when"]))
        ax.axvline(at, color=colours.get(row["aspect"], INK), linewidth=1.2, linestyle=":")
    if len(weekly):
        shown = np.unique(np.linspace(0, len(weekly) - 1, 5).astype(int))
        ax.set_xticks(shown, labels=[day(weekly["week"].iloc[k]) for k in shown])
        ax.legend(loc="lower right", bbox_to_anchor=(1.0, 0.99), ncols=3, fontsize=8, frameon=False)
    percent_ticks(ax.yaxis)
    ax.set_title(say("By week, 100 % = mean"))
    footnote(ax, say("dotted: changes that chance does not explain (black: of the flow or of a working time)"))


@plot(width=7.6, height=3.8)
def plot_comparison(found: "LogComparison", ax: Axes) -> None:
    """Draw the relative change of each figure with its interval."""
    rows = found.table.dropna(subset=["change_share"])
    colours = [ORANGE if changed else MUTED for changed in rows["changed"]]
    labels = [say(str(kpi)) for kpi in rows["kpi"]]
    intervals(ax, labels, rows["change_share"], rows["low_share"], rows["high_share"], colours)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
    percent_ticks(ax.xaxis)
    ax.set_title(say("Change from before to after"))
    footnote(ax, say("orange: clear for all figures together; lines: 95 % intervals"))


@plot(width=9.6, height=4.6)
def plot_insights(found: "Insights", ax: Axes) -> None:
    """Draw the hours a month at stake in each finding, of people at work in orange, of waiting cases in blue."""
    rows = found.table
    notes = [say("{hours} h", hours=number(hours)) if hours == hours else "–" for hours in rows["hours_per_month"]]
    if found.currency:
        costs = [f"  ({money(cost, found.currency)})" if cost == cost else "" for cost in rows["cost_per_month"]]
        notes = [note + cost for note, cost in zip(notes, costs, strict=True)]
    colours = [ORANGE if stake == say("work") else BLUE for stake in rows["stake"]]
    bars(ax, list(rows["finding"]), rows["hours_per_month"].fillna(0.0), notes, colours, wide=60)
    ax.set_title(say("Hours a month at stake"))
    footnote(ax, say("orange: hours of work; blue: hours that cases wait (and are worked on again); –: not in hours"))
