"""Work that has its hour: what a resource does at fixed times of the day or week, whatever has come together by then.

A payment run on Friday at three, an induction on Monday at nine: items wait for the hour, one of them as well as ten.
The log shows it where the starts of somebody's runs of an activity nearly all fall into one hour of the day, or on one
or two days of the week, and people who were on duty and free meanwhile left the items alone. Where the doors just open
at that hour nobody was free before, and the wait is for the opening.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.duty import Duty
from bko_mining.analyse.readiness import FreeTime
from bko_mining.calendars import WorkCalendar
from bko_mining.log.event_log import EventLog

Instants = NDArray[np.int64]

ENOUGH = 20
"""Runs from which the hour of a pair of resource and activity can be seen."""
AT_THAT_HOUR = 0.85
"""Share of runs that must begin within one hour of the day."""
ON_THOSE_DAYS = 0.95
"""Share of runs that must begin on the two fullest days of the week."""
SMALL_PART = 0.2
"""Share of somebody's working hours that hour, or those days, may make at most: else the hours say it all."""
LEFT_ALONE = 0.5
"""Share of items that somebody free must have left alone."""
TOGETHER = 0.25
"""Share of items that must have been done in one run with another."""
SLOTS = 48


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Items of one resource and activity that were done together: which item, its run, and whose the run is."""

    rows: Instants
    run: Instants
    pair: Instants

    @property
    def first(self) -> Instants:
        """The place of the first item of each run."""
        return np.flatnonzero(np.diff(self.run, prepend=-1))


def kept_hours(
    log: EventLog, runs: Runs, enabled: Instants, free: FreeTime, duty: Duty, *, at_once: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether each pair of resource and activity is done at an hour of its own.

    Parameters
    ----------
    log : EventLog
        The log.
    runs : Runs
        What was done together, by resource and time.
    enabled : int64[n]
        When each instance was enabled.
    free : FreeTime
        When its resources were free.
    duty : Duty
        When they are on duty.
    at_once : bool[n_pairs]
        Pairs known to be done many at the same instant, for whom the hour alone decides.
    """
    size, first = len(at_once), runs.first
    n = np.bincount(runs.pair[first], minlength=size)
    enough = np.flatnonzero(n >= ENOUGH)
    place = np.full(size, -1, np.int64)
    place[enough] = np.arange(len(enough))
    begin = log.begin[runs.rows]
    free_at = free.last_before(log.resource[runs.rows].astype(np.int64), begin)
    many = np.bincount(runs.run)[runs.run] > 1 if len(runs.run) else np.zeros(0, bool)
    alone, together = (
        np.bincount(runs.pair, weights=told, minlength=size)[enough] / np.bincount(runs.pair, minlength=size)[enough]
        for told in (free_at > enabled[runs.rows], many)
    )
    known = first[place[runs.pair[first]] >= 0]
    timed, small = _concentrated(log.local(begin[known]), place[runs.pair[known]], duty, enough // len(log.activities))
    kept = np.zeros(size, bool)
    left_alone = small & (alone >= LEFT_ALONE) & (together >= TOGETHER)
    kept[enough] = timed & (at_once[enough] | left_alone)
    return kept


def _concentrated(
    local: pd.DatetimeIndex, whose: Instants, duty: Duty, resource: Instants
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether runs begin within an hour of the day or on two days of the week, and whether these are a small part."""
    week = np.array([_week(calendar) for calendar in duty.calendars])[duty.kind[resource]]
    slot, day = local.hour.to_numpy() * 2 + local.minute.to_numpy() // 30, local.dayofweek.to_numpy()
    by_slot, by_day = (_shares(whose, at, len(resource), width) for at, width in ((slot, SLOTS), (day, 7)))
    hours = by_slot + np.roll(by_slot, -1, axis=1)
    duty_slots, duty_days = week.sum(axis=1), week.sum(axis=2)
    total = np.maximum(week.sum(axis=(1, 2)), 1)
    best = hours.argmax(axis=1)[:, None]
    duty_hour = np.take_along_axis(duty_slots + np.roll(duty_slots, -1, axis=1), best, axis=1)[:, 0] / total
    fullest = np.argsort(by_day, axis=1)[:, -2:]
    days = np.take_along_axis(by_day, fullest, axis=1).sum(axis=1)
    duty_part = np.take_along_axis(duty_days, fullest, axis=1).sum(axis=1) / total
    one_hour, two_days = hours.max(axis=1, initial=0) >= AT_THAT_HOUR, days >= ON_THOSE_DAYS
    small = (one_hour & (duty_hour <= SMALL_PART)) | (two_days & (duty_part <= 2 * SMALL_PART))
    return one_hour | two_days, small


def _week(calendar: WorkCalendar) -> NDArray[np.float64]:
    """The half-hours of the week in which a calendar is open."""
    week = np.zeros(7 * SLOTS)
    for shift in calendar.shifts:
        week[(shift.weekday * SLOTS + np.arange(shift.start // 1800, -(-shift.end // 1800))) % len(week)] = 1
    return week.reshape(7, SLOTS)


def _shares(pair: Instants, at: Instants, size: int, width: int) -> NDArray[np.float64]:
    counts = np.bincount(pair * width + at, minlength=size * width).reshape(size, width)
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
