"""Opening hours during a run: asked in the order of time, answered by a pointer that moves on."""

from array import array
from bisect import bisect_left
from collections.abc import Callable
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.calendars import DAY, WorkCalendar
from bko_mining.errors import SimulationError

Instants = NDArray[np.int64]
Intervals = tuple[Instants, Instants]
Spread = Callable[[int, int], Intervals]

FOREVER = 1 << 62
IN_VAIN = 5 * 366 * DAY
"""A run in which so long nothing but timers rang stands still: whoever is away so long is not waited for."""

_FIRST_STRETCH = 400 * DAY
_LONGEST = 256 * _FIRST_STRETCH
"""No timetable is written further (280 years)."""


class Timetable:
    """Openings as sorted lists with the work done before each; instants are microseconds and never go back."""

    __slots__ = ("_before", "_covered", "_ends", "_i", "_since", "_spread", "_starts", "closes", "opens")

    def __init__(self, spread: Spread, since: int) -> None:
        self._spread = spread
        self._since = since
        self._covered = since + _FIRST_STRETCH
        self._i = 0
        self.opens: int
        self.closes: int
        self._fill()

    @classmethod
    def always(cls, since: int) -> "Timetable":
        """Return a timetable that never closes."""
        whole = np.array([since - 400 * DAY]), np.array([FOREVER])
        return cls(lambda first, last: whole, since)

    def with_overtime(self, extra: int, zone: ZoneInfo) -> "Timetable":
        """A timetable in which each day ends so much later."""
        return Timetable(longer(self._spread, extra, zone), self._since)

    def without(self, closed: Intervals) -> "Timetable":
        """A timetable without some stretches (sorted, disjoint)."""
        return Timetable(without(self._spread, lambda first, last: closed), self._since)

    def ending(self, at: int) -> "Timetable":
        """A timetable that never opens again from an instant on."""
        gone = np.array([at], np.int64), np.array([FOREVER], np.int64)
        spread = without(self._spread, lambda first, last: gone)

        def ended(first: int, last: int) -> Intervals:
            starts, ends = spread(first, last)
            # An opening that lies beyond all time: nobody need look for a later one.
            return (starts, ends) if at > last else (np.append(starts, FOREVER), np.append(ends, FOREVER))

        return Timetable(ended, self._since)

    @property
    def pointer(self) -> int:
        """The opening that was looked at last."""
        return self._i

    def spread_out(self, until: int) -> tuple[Instants, Instants, Instants]:
        """Openings, closing times and the work done before each, until an instant or what is covered so far."""
        covered = max(self._covered, until)
        self._guard(covered)
        found = self._openings(covered)
        ends = found[1]
        if not len(ends) or ends[-1] < covered - _FIRST_STRETCH:
            # Closed for long: maybe for good, which only the whole tells.
            return self._openings(self._since + _LONGEST)
        return found

    def is_open(self, now: int) -> bool:
        """Whether work can go on now."""
        if now < self.closes:
            return self.opens <= now
        i, ends = self._i, self._ends
        try:
            while ends[i] <= now:
                i += 1
        except IndexError:
            self._grow()
            return self.is_open(now)
        self._i, self.opens, self.closes = i, self._starts[i], ends[i]
        return self.opens <= now

    def room(self, now: int) -> int:
        """Working time left until closing; to be asked while open."""
        while self._ends[self._i] == self._covered:
            self._grow()
        return self._ends[self._i] - now

    def finish(self, now: int, work: int) -> int:
        """The instant by which work begun now is done; to be asked while open, right after ``is_open``."""
        end = now + work
        return end if end <= self.closes else self._later(now, work)

    def worked(self, start: int, now: int) -> int:
        """Working time between an earlier instant and now."""
        return self._until(now) - self._until(start)

    def next_opening(self, now: int) -> int:
        """The first opening after now; to be asked while closed, right after ``is_open``."""
        return self._starts[self._i]

    def opening_after(self, now: int) -> int:
        """The first opening later than now, asked at any time."""
        self.is_open(now)
        i = self._i if self._starts[self._i] > now else self._i + 1
        while i >= len(self._starts):
            if self._ends[-1] >= FOREVER:
                return FOREVER
            self._grow()
        return self._starts[i]

    def at_opening(self, now: int) -> bool:
        """Whether the doors open just now; to be asked while open."""
        return self._starts[self._i] == now

    def after(self, at: int, work: int) -> int:
        """The instant by which that much open time has passed; unlike the others asked about any instant."""
        if work <= 0:
            return at
        target = self._until(at) + work
        while self._before[-1] + self._ends[-1] - self._starts[-1] < target:
            self._grow()
        j = bisect_left(self._before, target) - 1
        return self._starts[j] + target - self._before[j]

    def _later(self, now: int, work: int) -> int:
        target = self._before[self._i] + now - self._starts[self._i] + work
        while self._before[-1] + self._ends[-1] - self._starts[-1] < target:
            self._grow()
        j = bisect_left(self._before, target, self._i) - 1
        return self._starts[j] + target - self._before[j]

    def _until(self, at: int) -> int:
        while self._covered < at < FOREVER and self._ends[-1] < FOREVER:
            self._grow()
        i = max(bisect_left(self._starts, at + 1) - 1, 0)
        return self._before[i] + max(min(at, self._ends[i]) - self._starts[i], 0)

    def _grow(self) -> None:
        self._covered = self._since + 2 * (self._covered - self._since)
        self._guard(self._covered)
        self._fill()

    def _guard(self, covered: int) -> None:
        if covered > self._since + _LONGEST:
            raise SimulationError(
                "the run lasts longer than 280 years: cases turn for ever (patience, errors and queue limits may lead "
                "back), or too few arrive"
            )

    def _fill(self) -> None:
        starts, ends, before = self._openings(self._covered)
        while not len(starts):
            self._covered = self._since + 2 * (self._covered - self._since)
            starts, ends, before = self._openings(self._covered)
        # Arrays, not lists: a run of decades spreads out many openings, most of them looked at once or never.
        self._starts, self._ends, self._before = (array("q", column.tobytes()) for column in (starts, ends, before))
        # Of the opening that was looked at last; it may have grown.
        self.opens, self.closes = self._starts[self._i], self._ends[self._i]

    def _openings(self, covered: int) -> tuple[Instants, Instants, Instants]:
        starts, ends = self._spread(self._since, covered)
        # Whatever closed before the run matters to nobody; dropping it by the same rule keeps the pointer valid.
        alive = (ends > self._since - 30 * DAY) & ((starts < covered) | (starts == FOREVER))
        starts, ends = starts[alive], ends[alive]
        if not len(ends) or ends[-1] < FOREVER:
            ends = np.minimum(ends, covered)
        if covered == self._since + _LONGEST and (not len(ends) or ends[-1] < covered - _FIRST_STRETCH):
            # Closed for good: the next opening is never.
            starts, ends = np.append(starts, FOREVER), np.append(ends, 2 * FOREVER - 1)
        worked = np.cumsum(ends - starts)
        return starts, ends, np.concatenate([[0] * min(len(ends), 1), worked[:-1]]).astype(np.int64)


def spread_of(calendar: WorkCalendar) -> Spread:
    """Spread a calendar's openings over a stretch of time."""

    def spread(first: int, last: int) -> Intervals:
        table = calendar.openings(first, last)
        return table.starts, table.ends

    return spread


def longer(spread: Spread, extra: int, zone: ZoneInfo) -> Spread:
    """Let the last opening of each local day go on, at most until the next opening."""

    def spread_out(first: int, last: int) -> Intervals:
        starts, ends = spread(first, last + 2 * DAY)
        day = pd.DatetimeIndex(starts.astype("M8[us]"), tz="UTC").tz_convert(zone).tz_localize(None).normalize().asi8
        is_last = np.append(day[1:] != day[:-1], True)
        room = np.append(starts[1:] - ends[:-1], extra)
        # Openings must not touch, or closing time would not be one.
        return starts, ends + np.where(is_last, np.minimum(extra, room - 1), 0)

    return spread_out


def without(spread: Spread, closed: Callable[[int, int], Intervals]) -> Spread:
    """Cut closed stretches (sorted, disjoint) out of the openings."""

    def cut(first: int, last: int) -> Intervals:
        starts, ends = spread(first, last)
        off, on = closed(first, last)
        return subtract(starts, ends, off, on)

    return cut


def subtract(starts: Instants, ends: Instants, off: Instants, on: Instants) -> Intervals:
    """Openings without the closed stretches; both sorted and disjoint."""
    if not len(off):
        return starts, ends
    edges = np.unique(np.concatenate([starts, ends, off, on]))
    low, high = edges[:-1], edges[1:]
    i = np.searchsorted(starts, low, "right") - 1
    j = np.searchsorted(off, low, "right") - 1
    keep = (i >= 0) & (low < ends[i]) & ~((j >= 0) & (low < on[j]))
    low, high = low[keep], high[keep]
    seam = np.flatnonzero(low[1:] == high[:-1])
    # A seam inside one opening is no closing time; two openings of the calendar never touch.
    return np.delete(low, seam + 1), np.delete(high, seam)
