"""Who is there on which day: whole working days are left out of a timetable by chance."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from bko_mining.calendars import DAY
from bko_mining.simulate.arrivals import local_clock, local_days
from bko_mining.simulate.timetable import Instants, Intervals, Spread

IsOff = Callable[[Instants], NDArray[np.bool_]]


def on_some_days(spread: Spread, is_off: IsOff, zone: ZoneInfo) -> Spread:
    """Leave out some days of a zone (counted since 1970).

    What opens before midnight and ends after it belongs to the day on which it opens; only openings of more than a day
    are cut at midnight.
    """

    def kept(first: int, last: int) -> Intervals:
        starts, ends = _by_day(*spread(first, last), zone)
        there = ~is_off(local_clock(starts, zone) // DAY)
        return _joined(starts[there], ends[there])

    return kept


def _by_day(starts: Instants, ends: Instants, zone: ZoneInfo) -> Intervals:
    if not len(starts) or (ends - starts).max() <= DAY:
        return starts, ends
    days = local_days(int(starts[0]), int((ends[-1] - starts[0]) // DAY) + 2, zone)
    midnights = days.tz_localize(zone, ambiguous=np.ones(len(days), bool), nonexistent="shift_forward").asi8
    edges = np.unique(np.concatenate([starts, ends, midnights]))
    low, high = edges[:-1], edges[1:]
    i = np.searchsorted(starts, low, "right") - 1
    inside = (i >= 0) & (low < ends[i])
    return low[inside], high[inside]


def _joined(starts: Instants, ends: Instants) -> Intervals:
    """Openings that touch become one, or closing time would not be one."""
    if not len(starts):
        return starts, ends
    seam = starts[1:] == ends[:-1]
    return starts[np.append(True, ~seam)], ends[np.append(~seam, True)]
