"""Where work comes back: loops A → B → A, and how much is right the first time, by whom and by what.

A first time is right if the same activity does not occur again in the same case; a case is right the first time if
nothing does. Loops are counted between activities; ``analyse.handovers`` counts the ping-pong between people and teams.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.proportions import bonferroni_z, people, wilson
from bko_mining.analyse.rework import Price, is_expected, previous_occurrence
from bko_mining.analyse.times import HOUR, enabled_instants, months
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import MICROSECOND, NOBODY, Grouping, by_case, by_instance, distinct
from bko_mining.results import Result
from bko_mining.words import money, number, percent, say

ENOUGH = 30
"""First times (or cases) from which the share of a group is worth a sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Loops(Result):
    """Loops A → B → A, the costliest first.

    Attributes
    ----------
    table : pandas.DataFrame
        ``activity`` (comes back), ``via`` (what lies between), ``n``, ``n_cases``, ``processing_time`` and
        ``waiting_time`` of the detour and of the second time (Timedelta), ``extra_time`` (both), ``hours_per_month``
        and, with a price, ``cost_per_month``.
    n_cases : int
        Cases looked at.
    currency : str
        Of ``cost_per_month``, empty where no price was given.
    """

    n_cases: int
    currency: str = ""

    picture: ClassVar[str] = "people:plot_loops"

    @property
    def summary(self) -> str:
        """The costliest loop in one sentence."""
        if not len(self.table):
            return say("No case goes back and forth between two activities.")
        worst = self.table.iloc[0]
        sentence = say(
            "The costliest loop is {name} → {via} → {name}: {n} {n:time|times} in {cases} "
            "{cases:case|cases}, {hours} {hours:hour|hours} a month.",
            name=worst["activity"],
            via=worst["via"],
            n=number(worst["n"]),
            cases=number(worst["n_cases"]),
            hours=number(worst["hours_per_month"]),
        )
        if self.currency:
            cost = money(float(worst["cost_per_month"]), self.currency)
            sentence += " " + say("That is {cost} a month.", cost=cost)
        return sentence


@dataclass(frozen=True, slots=True, eq=False)
class FirstTimeRight(Result):
    """How much is right the first time, the worst group first.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a group: ``n`` first times (cases, where the group is of cases), ``first_time_right_share``, its 95 %
        interval (``low_share``, ``high_share``; Wilson) and ``clearly_worse`` than the rest (all groups considered
        together at 5 %).
    overall_share : float
        Over all groups.
    of_cases : bool
        Whether whole cases were judged instead of single first times.
    """

    overall_share: float
    of_cases: bool = False

    picture: ClassVar[str] = "people:plot_first_time_right"

    @property
    def summary(self) -> str:
        """The overall share and the worst group that has enough cases."""
        share = percent(self.overall_share)
        sentence = (
            say("{share} of cases are right the first time.", share=share)
            if self.of_cases
            else say("{share} of first times are right.", share=share)
        )
        worst = self.table[self.table["clearly_worse"]]
        if len(worst):
            row = worst.sort_values("first_time_right_share", kind="stable").iloc[0]
            sentence += " " + say(
                "Worst is “{name}” with {share} ({low} to {high}).",
                name=row.iloc[0],
                share=percent(row["first_time_right_share"]),
                low=percent(row["low_share"]),
                high=percent(row["high_share"]),
            )
        return sentence


def loops(
    log: EventLog,
    *,
    expected: Collection[str] = (),
    cost_per_hour: float | None = None,
    delay_cost_per_hour: float = 0.0,
    currency: str = "USD",
) -> Loops:
    """Find loops A → B → A between activities and what they cost.

    Parameters
    ----------
    log : EventLog
        The log; without starts the cost is the time between completions.
    expected : collection of str
        Activities whose coming back is no rework (instalments, reminders); left out.
    cost_per_hour : float, optional
        What an hour of work costs; needs start times.
    delay_cost_per_hour : float
        What an hour of delay of one case costs (as in ``bottlenecks``).
    currency : str
        ISO code of these prices.

    Returns
    -------
    Loops
        Ranked table and one sentence.

    Raises
    ------
    LogError
        If an expected activity does not occur in the log.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A"] * 3, "activity": ["check", "ask", "check"],
    ...     "end": pd.to_datetime(["2026-01-05 08:00", "2026-01-05 09:00", "2026-01-05 12:00"])})
    >>> bko.loops(bko.EventLog.from_frame(rows)).table.loc[0, ["activity", "via"]].tolist()
    ['check', 'ask']
    """
    third = np.flatnonzero(log.follows[2:] & log.follows[1:-1]) + 2 if len(log) > 2 else np.zeros(0, np.int64)
    a, b = log.activity[third].astype(np.int64), log.activity[third - 1]
    back = (a == log.activity[third - 2]) & (a != b) & ~is_expected(log, expected)[third]
    third, key = third[back], (a * len(log.activities) + b)[back]
    codes, place, n = np.unique(key, return_inverse=True, return_counts=True)
    spent = (log.finish - log.begin, log.begin - enabled_instants(log))
    work, wait = (np.bincount(place, (time[third] + time[third - 1]).astype(float), len(codes)) for time in spent)
    cases = distinct(place.astype(np.int64) * log.n_cases + log.case[third]) // log.n_cases
    table = pd.DataFrame(
        {
            "activity": [log.activities[code // len(log.activities)] for code in codes],
            "via": [log.activities[code % len(log.activities)] for code in codes],
            "n": n,
            "n_cases": np.bincount(cases, minlength=len(codes)),
            "processing_time": work.astype(np.int64).astype(MICROSECOND),
            "waiting_time": wait.astype(np.int64).astype(MICROSECOND),
            "extra_time": (work + wait).astype(np.int64).astype(MICROSECOND),
            "hours_per_month": (work + wait) / HOUR / months(log),
        }
    )
    priced = cost_per_hour is not None or delay_cost_per_hour > 0
    if priced:
        cost = Price(cost_per_hour or 0.0, delay_cost_per_hour).of(work.astype(float), wait.astype(float))
        table["cost_per_month"] = cost / HOUR / months(log)
    table = table.sort_values(["hours_per_month", "n"], ascending=False, kind="stable", ignore_index=True)
    return Loops(table=table, n_cases=log.n_cases, currency=currency if priced else "")


def first_time_right(
    log: EventLog, *, by: str = "activity", expected: Collection[str] = (), names: bool = False
) -> FirstTimeRight:
    """Measure how much is right the first time.

    Parameters
    ----------
    log : EventLog
        The log.
    by : str
        ``activity``, ``resource``, ``role``, ``week`` or an attribute. By an attribute that is the same throughout each
        case (vendor, branch) and by week, cases are judged; otherwise single first times of activities.
    expected : collection of str
        Activities whose repeats are no rework; their repeats count as right.
    names : bool
        Show people by name when asked by resource; pseudonyms otherwise.

    Returns
    -------
    FirstTimeRight
        Shares with intervals, the worst first (by week: in order of time).

    Raises
    ------
    LogError
        If an expected activity does not occur in the log, or the log has nothing of the name ``by``.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A", "B"], "activity": ["check", "check", "check"],
    ...     "end": pd.to_datetime(["2026-01-05 08:00", "2026-01-05 09:00", "2026-01-05 12:00"])})
    >>> bko.first_time_right(bko.EventLog.from_frame(rows)).overall_share
    0.5
    """
    first, right = first_times(log, expected)
    of_cases = by == "week" or by in log.case_attributes
    if of_cases:
        group, right = by_case(log, by), np.logical_and.reduceat(right, log.offsets[:-1])
    else:
        group, right = _at(by_instance(log, by), first), right[first]
        if by == "resource":
            group = Grouping(group.codes, pd.DataFrame({by: [*people(log, names=names), NOBODY]}))
    kept = group.codes >= 0
    n = np.bincount(group.codes[kept], minlength=len(group.labels))
    good = np.bincount(group.codes[kept], weights=right[kept], minlength=len(group.labels)).astype(float)
    seen = np.flatnonzero(n)
    low, high = wilson(good[seen], n[seen])
    table = group.labels.iloc[seen].reset_index(drop=True)
    table = table.assign(n=n[seen], first_time_right_share=good[seen] / n[seen], low_share=low, high_share=high)
    table["clearly_worse"] = _worse(good[seen], n[seen])
    if by != "week":
        table = table.sort_values("first_time_right_share", kind="stable", ignore_index=True)
    return FirstTimeRight(table=table, overall_share=float(right.mean()), of_cases=of_cases)


def _at(group: Grouping, rows: NDArray[np.int64]) -> Grouping:
    return Grouping(group.codes[rows], group.labels)


def _worse(good: NDArray[np.float64], n: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Groups with a smaller share than the rest, beyond chance for all groups together (test of two proportions)."""
    others, right = n.sum() - n, good.sum() - good
    pooled = good.sum() / max(n.sum(), 1)
    error = np.sqrt(pooled * (1 - pooled) * (1 / np.maximum(n, 1) + 1 / np.maximum(others, 1)))
    gap = right / np.maximum(others, 1) - good / np.maximum(n, 1)
    tested = (n >= ENOUGH) & (others > 0) & (error > 0)
    return np.asarray(tested & (gap > bonferroni_z(int(tested.sum())) * error))


def first_times(log: EventLog, expected: Collection[str] = ()) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Rows where an activity occurs for the first time in its case, and for every row whether it is not repeated."""
    previous = previous_occurrence(log)
    right = np.ones(len(log), bool)
    right[previous[previous >= 0]] = False
    right |= is_expected(log, expected)
    return np.flatnonzero(previous < 0), right
