"""Data captured again elsewhere: activities of one family done in a case by different departments.

A family is activities whose names share most of their words once the department's own words are left aside (``Enter
invoice``, ``Enter invoice in ERP``). Only names and people are compared: the log does not hold what was typed.
"""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.times import HOUR, months
from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.log.grouping import MICROSECOND
from bko_mining.results import Result
from bko_mining.words import number, say

ALIKE = 0.6
"""Share of common words (of the shorter name) from which two activities are of one family; one word is not enough."""
_SMALL = {
    "the",
    "a",
    "of",
    "in",
    "to",
    "for",
    "by",
    "and",
    "at",
    "o",
    "de",
    "da",
    "do",
    "no",
    "na",
    "em",
    "para",
    "por",
    "e",
}


@dataclass(frozen=True, slots=True, eq=False)
class DuplicateEntry(Result):
    """Work of one family that two departments do in the same case, the costliest first.

    Attributes
    ----------
    table : pandas.DataFrame
        ``first_activity``, ``second_activity``, ``first_by``, ``second_by`` (roles, where the log has them),
        ``n_cases``,
        ``processing_time`` of the second time (Timedelta) and ``hours_per_month``.
    people_known : bool
        False where the log has neither roles nor resources, and nothing can be said.
    """

    people_known: bool

    @property
    def summary(self) -> str:
        """The costliest double work."""
        if not self.people_known:
            return say("The log does not say who did the work, so double work across departments cannot be seen.")
        if not len(self.table):
            return say("No work of one kind is done by two departments in the same case.")
        row = self.table.iloc[0]
        return say(
            "“{first}” ({by}) is followed by “{second}” ({other}) in {n} cases: {hours} hours a month to look at.",
            first=row["first_activity"],
            by=row["first_by"],
            second=row["second_activity"],
            other=row["second_by"],
            n=number(row["n_cases"]),
            hours=number(row["hours_per_month"]),
        )


def duplicate_entry(log: EventLog) -> DuplicateEntry:
    """Find work of one kind that two departments do in the same case.

    Roles stand for departments; a log without roles is answered with an empty table, since two colleagues of one
    department are a repeat (``rework``), not a second entry.

    Parameters
    ----------
    log : EventLog
        The log.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A"], "activity": ["Enter invoice", "Enter invoice in ERP"],
    ...     "role": ["Purchasing", "Finance"], "end": pd.to_datetime(["2026-01-05 08:00", "2026-01-05 09:00"])})
    >>> bko.duplicate_entry(bko.EventLog.from_frame(rows)).table[["second_activity", "second_by"]].values.tolist()
    [['Enter invoice in ERP', 'Finance']]
    """
    columns = ["first_activity", "second_activity", "first_by", "second_by"]
    if not (log.role != UNKNOWN).any():
        return DuplicateEntry(pd.DataFrame(columns=[*columns, "n_cases"]), people_known=False)
    family = _families(log.activities)[log.activity]
    rows = np.flatnonzero(log.role != UNKNOWN)
    key = log.case[rows].astype(np.int64) * len(log.activities) + family[rows]
    order = np.argsort(key, kind="stable")
    rows, key = rows[order], key[order]
    again = np.flatnonzero(key[1:] == key[:-1]) + 1
    second, first = rows[again], rows[again - 1]
    other = log.role[first] != log.role[second]
    second, first = second[other], first[other]
    frame = pd.DataFrame(
        {
            "first_activity": np.asarray(log.activities, object)[log.activity[first]],
            "second_activity": np.asarray(log.activities, object)[log.activity[second]],
            "first_by": np.asarray(log.roles, object)[log.role[first]],
            "second_by": np.asarray(log.roles, object)[log.role[second]],
            "case": log.case[second],
            "time": (log.finish - log.begin)[second],
        }
    )
    table = frame.groupby(columns, as_index=False).agg(n_cases=("case", "nunique"), time=("time", "sum"))
    table["hours_per_month"] = table["time"] / HOUR / months(log)
    table = table.sort_values(["hours_per_month", "n_cases"], ascending=False, kind="stable", ignore_index=True)
    table.insert(5, "processing_time", table.pop("time").to_numpy(np.int64).astype(MICROSECOND))
    return DuplicateEntry(table, people_known=True)


def _families(activities: tuple[str, ...]) -> NDArray[np.int64]:
    """A family number for each activity: the first earlier one whose words it mostly shares."""
    words = [set(re.findall(r"\w+", name.casefold())) - _SMALL for name in activities]
    family = np.arange(len(activities))
    for later in range(len(activities)):
        for earlier in range(later):
            common = len(words[later] & words[earlier])
            if common >= 2 and common > ALIKE * min(len(words[later]), len(words[earlier])):
                family[later] = family[earlier]
                break
    return family
