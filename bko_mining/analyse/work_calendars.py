"""When people work, as the log shows it: a weekly calendar a resource, with its support and confidence."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.calendars import Shift, WorkCalendar
from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.results import Result
from bko_mining.words import number, percent, say

SLOT = 1800
SLOTS = 48
ENOUGH = 60
"""Starts and ends from which a calendar of one's own can be seen; below it the colleagues' is taken."""
RARE = 0.12
"""A half-hour is off duty if it sees less than this share of the starts and ends of a usual one."""
NEARLY_ALL = 0.97
"""Of the days and half-hours seen: the rest may be strays."""
EARLY = 0.05
"""Of what a weekday sees: its hours begin and end about where this much lies outside."""
SHORTEST_BREAK = 2
"""Half-hours without work within a day that count as a break."""


@dataclass(frozen=True, slots=True, eq=False)
class WorkCalendars(Result):
    """Working calendars discovered from a log.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a resource: ``resource``, ``role`` (where the log has roles), ``calendar`` (one line), ``weekly_hours``,
        ``support`` (starts and ends of work seen), ``confidence_share`` (of them inside the calendar) and
        ``taken_from`` (``own``, ``role`` or ``everybody``).
    calendars : dict
        Resource -> ``WorkCalendar`` on the clock of the log.
    starts_by_slot : int64[7, 48]
        Starts and ends of work by weekday (Monday first) and half-hour, all resources together.
    """

    calendars: dict[str, WorkCalendar]
    starts_by_slot: NDArray[np.int64]

    picture: ClassVar[str] = "heatmaps:plot_work_calendars"

    @property
    def summary(self) -> str:
        """How many calendars were found and how well they fit."""
        own = int((self.table["taken_from"] == "own").sum())
        return say(
            "{own} of {n} resources show working hours of their own; {share} of all starts and ends lie within the "
            "calendars.",
            own=number(own),
            n=number(len(self.table)),
            share=percent(_weighted(self.table)),
        )


def discover_calendars(log: EventLog) -> WorkCalendars:
    """Find the weekly working hours of each resource.

    Starts and ends of work are counted by weekday and half-hour on the clock of the log. A half-hour belongs to the
    working hours if it sees at least an eighth of what a usual half-hour of the resource sees; gaps of half an hour
    within a day are closed. Resources with fewer than 60 starts and ends take the calendar of their role, or of all.

    Parameters
    ----------
    log : EventLog
        The log; without starts, only ends are counted.

    Returns
    -------
    WorkCalendars
        ``calendars`` can be given to ``waiting_causes`` and corrected by hand first.

    Examples
    --------
    >>> import bko_mining as bko
    >>> import pandas as pd
    >>> days = pd.bdate_range("2026-01-05", periods=40)
    >>> hours = [(day, hour) for day in days for hour in (8, 9, 10, 11, 14, 15, 16)]
    >>> rows = pd.DataFrame({"case_id": range(280), "activity": "post", "resource": "Ana",
    ...     "start": [day + pd.Timedelta(hours=hour) for day, hour in hours],
    ...     "end": [day + pd.Timedelta(hours=hour, minutes=45) for day, hour in hours]})
    >>> found = bko.discover_calendars(bko.EventLog.from_frame(rows, timezone="UTC"))
    >>> str(found.calendars["Ana"])
    'Mon-Fri 08:00-12:00 14:00-17:00'
    """
    rows = log.resource != UNKNOWN
    instants = np.concatenate([log.begin[rows], log.finish[rows]])
    owner = np.concatenate([log.resource[rows]] * 2)
    slot = _slots(log, instants)
    size = max(len(log.resources), 1)
    counts = np.zeros((size, 7 * SLOTS), np.int64)
    np.add.at(counts, (owner, slot), 1)
    seen = _days_seen(instants, owner, slot, size)
    roles = _role_of(log)
    found = [_calendar_of(counts, seen, roles, resource, log.timezone) for resource in range(len(log.resources))]
    table = pd.DataFrame(
        {
            "resource": list(log.resources),
            **({"role": [log.roles[code] if code >= 0 else "–" for code in roles]} if log.roles else {}),
            "calendar": [str(calendar) for calendar, _, _ in found],
            "weekly_hours": [calendar.weekly_hours for calendar, _, _ in found],
            "support": counts.sum(axis=1)[: len(found)],
            "confidence_share": [share for _, _, share in found],
            "taken_from": [source for _, source, _ in found],
        }
    )
    return WorkCalendars(
        table=table,
        calendars={name: calendar for name, (calendar, _, _) in zip(log.resources, found, strict=True)},
        starts_by_slot=counts.sum(axis=0).reshape(7, SLOTS),
    )


def _slots(log: EventLog, instants: NDArray[np.int64]) -> NDArray[np.int64]:
    local = log.local(instants)
    seconds = local.hour * 3600 + local.minute * 60 + local.second
    return np.asarray(local.dayofweek * SLOTS + seconds // SLOT, np.int64)


def _days_seen(
    instants: NDArray[np.int64], owner: NDArray[np.int32], slot: NDArray[np.int64], size: int
) -> NDArray[np.int64]:
    """On how many days each resource was seen in each half-hour: a heap done at nine counts once a day."""
    half_hour = instants // (SLOT * 1_000_000)
    half_hour -= half_hour.min(initial=half_hour[0] if len(half_hour) else 0)
    width = int(half_hour.max(initial=0)) + 1
    _, first = np.unique(owner.astype(np.int64) * width + half_hour, return_index=True)
    seen = np.zeros((size, 7 * SLOTS), np.int64)
    np.add.at(seen, (owner[first], slot[first]), 1)
    return seen


def _role_of(log: EventLog) -> NDArray[np.int64]:
    """The role each resource is most often seen in, -1 where the log has no roles."""
    if not log.roles:
        return np.full(len(log.resources), UNKNOWN)
    seen = np.zeros((len(log.resources), len(log.roles)), np.int64)
    rows = (log.resource != UNKNOWN) & (log.role != UNKNOWN)
    np.add.at(seen, (log.resource[rows], log.role[rows]), 1)
    return np.where(seen.any(axis=1), seen.argmax(axis=1), UNKNOWN)


def _calendar_of(
    counts: NDArray[np.int64], seen: NDArray[np.int64], roles: NDArray[np.int64], resource: int, timezone: str
) -> tuple[WorkCalendar, str, float]:
    own = counts[resource]
    everybody = np.ones(len(counts), bool)
    mine = np.arange(len(counts)) == resource
    colleagues = np.append(roles, [UNKNOWN])[: len(counts)] == roles[resource] if roles[resource] >= 0 else mine
    for source, whose in (("own", mine), ("role", colleagues), ("everybody", everybody)):
        if counts[whose].sum() >= ENOUGH or source == "everybody":
            open_slots = _open_slots(seen[whose].sum(axis=0))
            inside = float(own[open_slots].sum() / max(1, own.sum()))
            return _as_calendar(open_slots, timezone), source, inside
    raise AssertionError("everybody is always the last source")


def _open_slots(seen: NDArray[np.int64]) -> NDArray[np.bool_]:
    grid = seen.reshape(7, SLOTS).astype(float)
    days = grid.sum(axis=1) > 0.04 * grid.sum(axis=1).max()
    alike = _alike(grid, days)
    if alike.any():
        grid[alike] = grid[alike].mean(axis=0)
    smooth = (np.roll(grid, 1, axis=1) + 2 * grid + np.roll(grid, -1, axis=1)) / 4
    busy = (grid > 0) & (smooth >= RARE * _usual(grid)) & days[:, None]
    return np.array([_without_short_gaps(day) for day in busy]).ravel()


def _alike(grid: NDArray[np.float64], days: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Weekdays that begin and end at about the same time: together they show hours that one alone is too rare for."""
    if not days.any():
        return days
    running = grid.cumsum(axis=1) / np.maximum(grid.sum(axis=1, keepdims=True), 1)
    span = np.column_stack([(running < EARLY).sum(axis=1), (running < 1 - EARLY).sum(axis=1)])
    usual = np.median(span[days], axis=0)
    return np.asarray(
        days & (np.abs(span - usual) <= 3).all(axis=1) & (grid.sum(axis=1) > 0.25 * grid.sum(axis=1).max())
    )


def _usual(grid: NDArray[np.float64]) -> float:
    """What a usual half-hour sees: the median of the fullest that together see nearly everything."""
    fullest = np.sort(grid.ravel())[::-1]
    enough = int(np.searchsorted(np.cumsum(fullest), NEARLY_ALL * fullest.sum())) + 1
    return float(np.median(fullest[:enough]))


def _without_short_gaps(day: NDArray[np.bool_]) -> NDArray[np.bool_]:
    filled = day.copy()
    for before, after in pairwise(np.flatnonzero(day).tolist()):
        if after - before - 1 < SHORTEST_BREAK:
            filled[before:after] = True
    return filled


def _as_calendar(open_slots: NDArray[np.bool_], timezone: str) -> WorkCalendar:
    if not open_slots.any() or open_slots.mean() > 0.9:
        return WorkCalendar.always(timezone=timezone)
    shifts = []
    for weekday, day in enumerate(open_slots.reshape(7, SLOTS)):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], day, [False]]).astype(int)))
        for first, last in edges.reshape(-1, 2).tolist():
            shifts.append(Shift(weekday, first * SLOT, last * SLOT))
    return WorkCalendar(tuple(shifts), timezone=timezone)


def _weighted(table: pd.DataFrame) -> float:
    support = table["support"].to_numpy()
    return float((table["confidence_share"].to_numpy() * support).sum() / max(1, support.sum()))
