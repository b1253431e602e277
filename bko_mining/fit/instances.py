"""The log as the fit reads it: seconds on the office's clock, one array a column."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.log.event_log import EventLog

Seconds = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

DAY = 86_400.0
WEEK = 7 * DAY
MONDAY = 4 * DAY
"""The first Monday after 1970-01-01, the origin of the office's clock."""


@dataclass(frozen=True)
class Instances:
    """Activity instances, sorted by case and start, on the office's wall clock.

    Attributes
    ----------
    case, activity, resource : int64[n]
        Codes; resource is -1 where not known.
    start, end : float64[n]
        Seconds since a Monday 00:00 of the wall clock; ``start % WEEK`` is the second of the week.
    enabler : int64[n]
        Row whose end enabled each instance, -1 for the first of a case.
    activities, resources : tuple of str
        The names behind the codes.
    """

    case: Codes
    activity: Codes
    resource: Codes
    start: Seconds
    end: Seconds
    enabler: Codes
    activities: tuple[str, ...]
    resources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.case)

    @cached_property
    def enabled(self) -> Seconds:
        """When the enabling instance ended; the own start where nothing enabled it."""
        return np.where(self.enabler >= 0, self.end[self.enabler], self.start)

    @cached_property
    def first(self) -> Mask:
        """The first instance of each case."""
        return np.asarray(np.diff(self.case, prepend=-1) > 0)

    @cached_property
    def arrivals(self) -> Seconds:
        """When each case began."""
        return self.start[self.first]

    @cached_property
    def case_end(self) -> Seconds:
        """When the last instance of each case ended."""
        return np.maximum.reduceat(self.end, np.flatnonzero(self.first))

    @cached_property
    def resolution(self) -> float:
        """One minute if all but one in a hundred instants are whole minutes, else one second."""
        instants = np.concatenate([self.start, self.end])
        return 60.0 if (instants % 60 == 0).mean() >= 0.99 else 1.0


def instances(log: EventLog, enabler: NDArray[np.int64]) -> Instances:
    """Put a log with starts on the wall clock of its office."""
    begin = wall_seconds(log, log.begin)
    return Instances(
        case=log.case.astype(np.int64),
        activity=log.activity.astype(np.int64),
        resource=log.resource.astype(np.int64),
        start=begin,
        # An end before its start is a slip of the pen: no time is known to have passed.
        end=np.maximum(begin, wall_seconds(log, log.finish)),
        enabler=enabler,
        activities=log.activities,
        resources=log.resources,
    )


def wall_seconds(log: EventLog, instants: NDArray[np.int64]) -> Seconds:
    """Seconds of the log's wall clock since the Monday origin."""
    wall = log.local(instants).tz_localize(None)
    return np.asarray((wall - pd.Timestamp(0)) / pd.Timedelta(seconds=1), np.float64) - MONDAY


def by_resource(data: Instances, rows: Codes) -> list[Codes]:
    """Split rows by resource, each in order of start."""
    order = rows[np.lexsort((data.end[rows], data.start[rows], data.resource[rows]))]
    cuts = np.flatnonzero(np.diff(data.resource[order])) + 1
    return [part for part in np.split(order, cuts) if len(part)]


def free_since(data: Instances, rows: Codes) -> Seconds:
    """For each row: when its resource was last busy with an earlier-started row (-inf if never)."""
    since = np.full(len(data), -np.inf)
    for part in by_resource(data, rows):
        since[part[1:]] = np.maximum.accumulate(data.end[part])[:-1]
    return since[rows]
