"""Write a log by following the memory of a twin: arrivals spread evenly, cases one after the other, no queue."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeGuard
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from bko_mining.calendars import DAYS
from bko_mining.errors import SimulationError
from bko_mining.log.event_log import MISSING, EventLog, Instants
from bko_mining.simulate.arrivals import Window, arrivals_of, day_factors, free_days
from bko_mining.simulate.days import Days
from bko_mining.simulate.luck import CaseLuck, stream_key
from bko_mining.simulate.memory import Memory, Steps, evenly
from bko_mining.twin.arrivals import Arrivals, RateArrivals
from bko_mining.twin.model import Twin

DAY, WEEK = 86_400, 604_800
MONDAY = 4 * DAY
"""The first Monday after 1970-01-01."""

_MOVING = {"holidays", "holiday_factor", "trend_per_year", "months", "month_end", "peaks"}
_PLAIN = {"kind", "name", "case_type", "factor", "table", "mix"} | _MOVING
"""What may be said of a stream whose arrivals are spread evenly; the moving part makes one day differ from the next."""
_DAYS_AFTER = 2000
"""Days laid out beyond the last arrival."""

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Course:
    """What happened to the cases: one row an instance, sorted by case; seconds on the office's clock."""

    case: Codes
    activity: Codes
    resource: Codes
    start: Numbers
    end: Numbers


def remembered_log(twin: Twin, window: Window, luck: tuple[object, ...]) -> EventLog:
    """Write the log of a twin that has a memory.

    Raises
    ------
    SimulationError
        If no case arrives in the window.
    """
    assert twin.observed is not None
    arrivals = _arrivals(twin, window, luck)
    if not len(arrivals):
        raise SimulationError("no case arrives in the run; give a longer horizon or more arrivals")
    course = follow_all(Memory(twin.observed), arrivals, luck)
    log = as_log(course, (twin.observed.activities, twin.observed.resources), twin.timezone)
    return log if window.stop is None else _stopped(log, window.stop)


def _arrivals(twin: Twin, window: Window, luck: tuple[object, ...]) -> Numbers:
    """Arrivals of all streams that are logged, on the office's clock; those of a weekly table are spread evenly.

    Background work loads people in causal runs; the memory holds what its load did to the logged cases.
    """
    since = float(office_seconds(np.array([window.start]), twin.timezone)[0])
    last = np.inf if window.stop is None else float(office_seconds(np.array([window.stop]), twin.timezone)[0])
    parts = []
    for number, stream in enumerate(twin.arrivals):
        if not twin.is_logged(stream):
            continue
        name = (*luck, stream.name or number)
        if _is_plain(stream):
            shift = np.random.default_rng(stream_key(*name, "arrivals")).random()
            found = even_arrivals(stream, since, _Enough(window.n, last), shift)
        else:
            found = office_seconds(arrivals_of(twin, stream, window, name), twin.timezone)
        parts.append(found[found < last])
    return np.sort(np.concatenate(parts))[: window.n]


@dataclass(frozen=True, slots=True)
class _Enough:
    """Whether there are as many arrivals as asked for, or all until an instant."""

    n: int | None
    last: float

    def __call__(self, found: Numbers) -> bool:
        if self.n is not None and len(found) >= self.n:
            return True
        return bool(len(found)) and float(found[-1]) >= self.last


def _is_plain(stream: Arrivals) -> TypeGuard[RateArrivals]:
    """Whether a stream is a weekly table that chance does not move."""
    return isinstance(stream, RateArrivals) and stream.table is not None and stream.model_fields_set <= _PLAIN


def _stopped(log: EventLog, stop: int) -> EventLog:
    """Leave out what had not begun when the run stopped; what was in hand has no end."""
    is_open = log.case_end > stop
    begun = log.start <= stop
    log = replace(log, end=np.where(log.end > stop, MISSING, log.end), open_cases=is_open)
    return log if begun.all() else log.take_instances(begun)


def follow_all(memory: Memory, arrivals: Numbers, luck: tuple[object, ...]) -> Course:
    """Let each arrival (seconds from a Monday midnight, ascending) follow the memory.

    A case's luck hangs on its number alone, so more arrivals do not change the earlier cases.
    """
    origin = float(arrivals[0] // WEEK * WEEK)
    n_days = int((arrivals[-1] - origin) // DAY) + _DAYS_AFTER
    weeks = (arrivals[-1] - arrivals[0]) / WEEK
    chance = np.random.default_rng(stream_key(*luck, "days"))
    closed = free_days(memory.holidays, np.arange(n_days) + int(origin + MONDAY) // DAY)
    days = Days(memory.habits, n_days, chance, weeks=float(weeks), closed=closed)
    shift = np.random.default_rng(stream_key(*luck, "shift")).random()
    key = stream_key(*luck, "case")
    cases: list[Steps] = []
    for number, arrival in enumerate((arrivals - origin).tolist()):
        cases.append(memory.follow(arrival, evenly(number, shift), days, CaseLuck(key, number)))
    activity, resource, start, end = (list(chain.from_iterable(column)) for column in zip(*cases, strict=True))
    return Course(
        case=np.repeat(np.arange(len(arrivals)), [len(steps[0]) for steps in cases]),
        activity=np.array(activity, np.int64),
        resource=np.array(resource, np.int64),
        start=np.array(start) + origin,
        end=np.array(end) + origin,
    )


def even_arrivals(stream: RateArrivals, since: float, enough: Callable[[Numbers], bool], shift: float) -> Numbers:
    """Place arrivals of a weekly table as evenly as its rates allow, from an instant on, until there are enough.

    The k-th comes where k + shift arrivals are expected: chance is left out, so that a log of n cases is typical of its
    rates. Seconds are counted from a Monday midnight.
    """
    table = np.array([(stream.table or {}).get(day, (0.0,) * 24) for day in DAYS]).ravel() * stream.factor
    first = int(since // 3600)
    weeks = 8
    while True:
        hours = np.arange(first, first + weeks * 168)
        expected = table[hours % 168]
        if stream.model_fields_set & _MOVING:
            expected *= _moved(stream, hours)
        expected[0] *= 1 - (since / 3600 - first)
        total = np.concatenate([[0.0], np.cumsum(expected)])
        aims = np.arange(0, int(total[-1]) + 1) + shift
        aims = aims[aims < total[-1]]
        hour = np.searchsorted(total, aims, "right") - 1
        begin = np.maximum(hours * 3600.0, since)[hour]
        found = begin + (aims - total[hour]) / expected[hour] * ((hours[hour] + 1) * 3600 - begin)
        if enough(found) or weeks > 168 * 52:
            return np.asarray(found, np.float64)
        weeks *= 2


def _moved(stream: RateArrivals, hours: Codes) -> Numbers:
    """What holidays, season, month end and trend make of each hour (counted from a Monday midnight)."""
    since_1970 = hours + MONDAY // 3600
    return day_factors(stream, since_1970 // 24, since_1970 * 3_600_000_000, ())


def office_seconds(instants: Instants, timezone: str) -> Numbers:
    """Turn microseconds UTC into seconds of the office's wall clock since the first Monday of 1970."""
    utc = pd.DatetimeIndex(np.asarray(instants, np.int64).astype("M8[us]"), tz="UTC")
    wall = utc.tz_convert(ZoneInfo(timezone)).tz_localize(None)
    return np.asarray(wall.as_unit("us").asi8 / 1e6 - MONDAY, np.float64)


def utc_instants(seconds: Numbers, timezone: str) -> Instants:
    """Turn seconds of the office's wall clock back into microseconds UTC."""
    wall = pd.DatetimeIndex(np.rint((seconds + MONDAY) * 1e6).astype(np.int64).astype("M8[us]"))
    summer = np.ones(len(wall), bool)
    utc = wall.tz_localize(ZoneInfo(timezone), ambiguous=summer, nonexistent="shift_forward").tz_convert("UTC")
    return np.asarray(utc.as_unit("us").asi8, np.int64)


def as_log(course: Course, names: tuple[tuple[str, ...], tuple[str, ...]], timezone: str) -> EventLog:
    """Write a course down as a log; an instance is enabled by the end of the one before."""
    start, end = (utc_instants(seconds, timezone) for seconds in (course.start, course.end))
    return EventLog.from_codes(
        case=course.case.astype(np.int32),
        case_ids=pa.array([str(number + 1) for number in range(int(course.case[-1]) + 1)]),
        activity=course.activity.astype(np.int32),
        activities=names[0],
        resource=course.resource.astype(np.int32),
        resources=names[1],
        start=start,
        end=np.maximum(end, start),
        enabled=_enabled(course, start, end),
        timezone=timezone,
    )


def _enabled(course: Course, start: Instants, end: Instants) -> Instants:
    first = np.diff(course.case, prepend=-1) > 0
    before = np.where(first, start, np.append(start[:1], end[:-1]))
    return np.minimum(before, start)
