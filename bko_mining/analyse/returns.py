"""Where work comes back: loops A → B → A, and how much is right the first time, by whom and by what.

A first time is right if the same activity does not occur again in the same case. Loops are counted between activities;
``analyse.handovers`` counts the ping-pong between people.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.proportions import wilson
from bko_mining.analyse.rework import previous_occurrence
from bko_mining.analyse.times import HOUR, enabled_instants, months
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import MICROSECOND, by_instance
from bko_mining.results import Result
from bko_mining.words import number, percent, say

ENOUGH = 30
"""First times from which the share of a group is worth a sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Loops(Result):
    """Loops A → B → A, the costliest first.

    Attributes
    ----------
    table : pandas.DataFrame
        ``activity`` (comes back), ``via`` (what lies between), ``n``, ``n_cases``, ``extra_time`` (work and waiting of
        the detour and of the second time, Timedelta) and ``hours_per_month``.
    n_cases : int
        Cases looked at.
    """

    n_cases: int

    picture: ClassVar[str] = "people:plot_loops"

    @property
    def summary(self) -> str:
        """The costliest loop in one sentence."""
        if not len(self.table):
            return say("No case goes back and forth between two activities.")
        worst = self.table.iloc[0]
        return say(
            "The costliest loop is {name} → {via} → {name}: {n} times in {cases} cases, {hours} hours a month.",
            name=worst["activity"],
            via=worst["via"],
            n=number(worst["n"]),
            cases=number(worst["n_cases"]),
            hours=number(worst["hours_per_month"]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class FirstTimeRight(Result):
    """How much is right the first time, the worst group first.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a group: ``n`` first times, ``first_time_right_share`` and its 95 % interval (``low_share``,
        ``high_share``; Wilson).
    overall_share : float
        Over all groups.
    """

    overall_share: float

    picture: ClassVar[str] = "people:plot_first_time_right"

    @property
    def summary(self) -> str:
        """The overall share and the worst group that has enough cases."""
        sentence = say("{share} of first times are right.", share=percent(self.overall_share))
        worst = self.table[(self.table["n"] >= ENOUGH) & (self.table["high_share"] < self.overall_share)]
        if len(worst):
            row = worst.iloc[0]
            sentence += " " + say(
                "Worst is “{name}” with {share} ({low} to {high}).",
                name=row.iloc[0],
                share=percent(row["first_time_right_share"]),
                low=percent(row["low_share"]),
                high=percent(row["high_share"]),
            )
        return sentence


def loops(log: EventLog) -> Loops:
    """Find loops A → B → A between activities and what they cost.

    Parameters
    ----------
    log : EventLog
        The log; without starts the cost is the time between completions.

    Returns
    -------
    Loops
        Ranked table and one sentence.

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
    back = (a == log.activity[third - 2]) & (a != b)
    third, key = third[back], (a * len(log.activities) + b)[back]
    time = log.finish - enabled_instants(log)
    codes, place, n = np.unique(key, return_inverse=True, return_counts=True)
    extra = np.bincount(place, weights=(time[third] + time[third - 1]).astype(float), minlength=len(codes))
    cases = np.unique(place.astype(np.int64) * log.n_cases + log.case[third]) // log.n_cases
    table = pd.DataFrame(
        {
            "activity": [log.activities[code // len(log.activities)] for code in codes],
            "via": [log.activities[code % len(log.activities)] for code in codes],
            "n": n,
            "n_cases": np.bincount(cases, minlength=len(codes)),
            "extra_time": extra.astype(np.int64).astype(MICROSECOND),
            "hours_per_month": extra / HOUR / months(log),
        }
    )
    table = table.sort_values(["hours_per_month", "n"], ascending=False, kind="stable", ignore_index=True)
    return Loops(table=table, n_cases=log.n_cases)


def first_time_right(log: EventLog, *, by: str = "activity", expected: Collection[str] = ()) -> FirstTimeRight:
    """Measure how much is right the first time.

    Parameters
    ----------
    log : EventLog
        The log.
    by : str
        ``activity``, ``resource``, ``role``, ``week`` or an attribute (vendor, branch).
    expected : collection of str
        Activities whose repeats are no rework; their repeats count as right.

    Returns
    -------
    FirstTimeRight
        Shares with intervals, the worst first (by week: in order of time).

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A", "B"], "activity": ["check", "check", "check"],
    ...     "end": pd.to_datetime(["2026-01-05 08:00", "2026-01-05 09:00", "2026-01-05 12:00"])})
    >>> bko.first_time_right(bko.EventLog.from_frame(rows)).overall_share
    0.5
    """
    first, right = first_times(log, expected)
    group = by_instance(log, by)
    codes = group.codes[first]
    kept = codes >= 0
    n = np.bincount(codes[kept], minlength=len(group.labels))
    good = np.bincount(codes[kept], weights=right[first][kept], minlength=len(group.labels))
    seen = np.flatnonzero(n)
    low, high = wilson(good[seen], n[seen])
    table = group.labels.iloc[seen].reset_index(drop=True)
    table = table.assign(n=n[seen], first_time_right_share=good[seen] / n[seen], low_share=low, high_share=high)
    if by != "week":
        table = table.sort_values("first_time_right_share", kind="stable", ignore_index=True)
    return FirstTimeRight(table=table, overall_share=float(right[first].mean()))


def first_times(log: EventLog, expected: Collection[str] = ()) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Rows where an activity occurs for the first time in its case, and for every row whether it is not repeated."""
    previous = previous_occurrence(log)
    right = np.ones(len(log), bool)
    right[previous[previous >= 0]] = False
    right |= np.isin(log.activity, [code for code, name in enumerate(log.activities) if name in set(expected)])
    return np.flatnonzero(previous < 0), right
