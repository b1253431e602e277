"""Who has how much to do: busy hours against working hours, several things at once, queues.

Busy time is the union of a person's activity instances within the person's working hours, so that work on two items at
once is not counted twice; what is counted twice tells how much is done side by side.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.proportions import people, people_only
from bko_mining.analyse.times import HOUR, enabled_instants
from bko_mining.analyse.work_calendars import discover_calendars
from bko_mining.calendars import WorkCalendar
from bko_mining.log.event_log import MISSING, UNKNOWN, EventLog
from bko_mining.results import Result
from bko_mining.words import number, percent, say

ENOUGH = 20
OVERLOADED = 0.85
"""Utilisation above which queues grow quickly."""


@dataclass(frozen=True, slots=True, eq=False)
class Workload(Result):
    """How busy people are.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a person in order of first appearance: ``person``, ``n`` instances, ``share`` of all instances,
        ``busy_hours``, ``available_hours`` (working hours between first and last day seen), ``utilisation`` (busy /
        available), ``side_by_side_share`` (of working time spent on more than one item) and ``mean_queue`` (items that
        were waiting for the person, averaged over the time seen).
    starts_known : bool
        False where busy time cannot be known; only counts and queues are then given.
    resources_known : bool
        False where nothing can be said.
    """

    starts_known: bool
    resources_known: bool

    picture: ClassVar[str] = "people:plot_workload"

    @property
    def summary(self) -> str:
        """Utilisation, or what the log cannot tell."""
        if not self.resources_known:
            return say("The log does not say who did the work, so nobody's load can be known.")
        top = float(self.table["share"].nlargest(max(1, len(self.table) // 5)).sum())
        sentence = say(
            "{n} {n:person does|people do} the work; the busiest fifth of them does {share} of it.",
            n=number(len(self.table)),
            share=percent(top),
        )
        if not self.starts_known:
            return sentence + " " + say("Without start times nobody's hours can be known.")
        regular = self.table[self.table["n"] >= ENOUGH]
        mean = regular["busy_hours"].sum() / max(float(regular["available_hours"].sum()), 1e-9)
        words = {"mean": percent(mean), "limit": percent(OVERLOADED)}
        over = int((regular["utilisation"] > OVERLOADED).sum())
        if not over:
            plain = say("In this log they are busy {mean} of their working hours, nobody above {limit}.", **words)
            return f"{sentence} {plain}"
        words["n"] = number(over)
        busy = say("In this log they are busy {mean} of their working hours; {n} of them above {limit}.", **words)
        return f"{sentence} {busy}"


def workload(log: EventLog, *, names: bool = False, calendars: Mapping[str, WorkCalendar] | None = None) -> Workload:
    """Measure how busy people are.

    Parameters
    ----------
    log : EventLog
        The log. Work that is not in it (other processes, telephone, meetings) is not counted: utilisation is a lower
        bound.
    names : bool
        Show people by name; pseudonyms otherwise.
    calendars : mapping of str to WorkCalendar, optional
        Working hours; those that the log shows (``discover_calendars``) otherwise.

    Returns
    -------
    Workload
        Table and one sentence.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "B"], "activity": "key in", "resource": "Ana",
    ...     "start": pd.to_datetime(["2026-01-05 08:00", "2026-01-05 09:00"]),
    ...     "end": pd.to_datetime(["2026-01-05 10:00", "2026-01-05 11:00"])})
    >>> always = bko.WorkCalendar.parse("24/7")
    >>> found = bko.workload(bko.EventLog.from_frame(rows), calendars={"Ana": always})
    >>> found.table[["busy_hours", "utilisation"]].values.tolist()
    [[3.0, 1.0]]
    """
    log = people_only(log)
    labels = people(log, names=names)
    known = log.resource != UNKNOWN
    if not known.any():
        return Workload(pd.DataFrame(columns=["person", "n"]), starts_known=False, resources_known=False)
    calendars = discover_calendars(log).calendars if calendars is None and log.has_starts else calendars or {}
    size = len(labels)
    n = np.bincount(log.resource[known], minlength=size)
    first, last = np.full(size, np.iinfo(np.int64).max), np.full(size, np.iinfo(np.int64).min)
    np.minimum.at(first, log.resource[known], log.begin[known])
    np.maximum.at(last, log.resource[known], log.finish[known])
    waits = (log.begin - enabled_instants(log))[known].astype(float)
    queue = np.bincount(log.resource[known], weights=waits, minlength=size) / np.maximum(last - first, 1)
    columns: dict[str, object] = {"person": labels, "n": n, "share": n / n.sum()}
    if log.has_starts:
        columns |= _hours(log, calendars, first, last)
    table = pd.DataFrame({**columns, "mean_queue": queue})[n > 0]
    table = table.sort_values("person", kind="stable", ignore_index=True)
    return Workload(table, starts_known=log.has_starts, resources_known=True)


def _hours(
    log: EventLog, calendars: Mapping[str, WorkCalendar], first: NDArray[np.int64], last: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    who, begin, finish = busy_stretches(log)
    busy, single, available = (np.zeros(len(log.resources)) for _ in range(3))
    timed = np.flatnonzero((log.start != MISSING) & (log.end != MISSING) & (log.resource != UNKNOWN))
    order = timed[np.argsort(log.resource[timed], kind="stable")]
    edges = np.searchsorted(log.resource[order], np.arange(len(log.resources) + 1))
    stretch = np.searchsorted(who, np.arange(len(log.resources) + 1))
    for code, name in enumerate(log.resources):
        calendar = calendars.get(name, WorkCalendar.always(timezone=log.timezone))
        rows, mine = order[edges[code] : edges[code + 1]], slice(stretch[code], stretch[code + 1])
        busy[code] = calendar.working_time(begin[mine], finish[mine]).sum() / HOUR
        single[code] = calendar.working_time(log.start[rows], log.end[rows]).sum() / HOUR
        if first[code] < last[code]:
            available[code] = float(calendar.working_time(first[code], last[code]).sum()) / HOUR
    return {
        "busy_hours": busy,
        "available_hours": available,
        "utilisation": np.divide(busy, available, out=np.full(len(busy), np.nan), where=available > 0),
        "side_by_side_share": np.divide(single - busy, single, out=np.zeros(len(busy)), where=single > 0),
    }


def busy_stretches(log: EventLog) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Unbroken stretches in which each resource has something in hand: resource, begin, finish, by resource."""
    rows = np.flatnonzero((log.start != MISSING) & (log.end != MISSING) & (log.resource != UNKNOWN))
    order = rows[np.argsort(log.start[rows], kind="stable")]
    order = order[np.argsort(log.resource[order], kind="stable")]
    who = log.resource[order]
    if not len(order):
        return who, order, order
    # Each resource gets a span of its own on one axis, so that one running maximum serves all.
    origin = int(log.start[rows].min())
    shift = who.astype(np.int64) * (int(log.end[rows].max()) - origin + 2)
    begin, finish = log.start[order] - origin + shift, log.end[order] - origin + shift
    reach = np.maximum.accumulate(finish)
    opens = np.concatenate([[True], begin[1:] > reach[:-1]])
    closes = np.concatenate([opens[1:], [True]])
    back = origin - shift
    return who[opens], (begin + back)[opens], (reach + back)[closes]
