"""When cases arrive: each stream of a twin as a sorted array of instants, the same however many are asked for."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.calendars import DAY, DAYS, SECOND, WorkCalendar
from bko_mining.errors import SimulationError
from bko_mining.simulate.luck import stream_key, uniforms
from bko_mining.simulate.quantiles import law_of
from bko_mining.twin.arrivals import Arrivals, BatchArrivals, GridArrivals, IntervalArrivals, ListArrivals, RateArrivals
from bko_mining.twin.model import Twin
from bko_mining.twin.values import Distribution

Floats = NDArray[np.float64]
Instants = NDArray[np.int64]

_YEAR = 366 * DAY
_HOUR = 3600 * SECOND
_MOST_YEARS = 200


@dataclass(frozen=True, slots=True)
class Window:
    """What is asked of the streams: instants from ``start`` on, before ``stop``, at most ``n`` of each."""

    start: int
    stop: int | None
    n: int | None

    @property
    def last(self) -> int:
        """The end of the stretch in which arrivals are looked for."""
        return self.stop if self.stop is not None else self.start + _MOST_YEARS * _YEAR


def to_utc(value: date | datetime, timezone: str) -> int:
    """Turn a day or a local instant of the twin into microseconds UTC."""
    local = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    zoned = local if local.tzinfo else local.replace(tzinfo=ZoneInfo(timezone))
    return int(zoned.timestamp()) * SECOND + zoned.microsecond


def arrivals_of(twin: Twin, stream: Arrivals, window: Window, luck: tuple[object, ...]) -> Instants:
    """Instants of one stream within a window."""
    if isinstance(stream, RateArrivals):
        found = _by_rate(twin, stream, window, luck)
    elif isinstance(stream, IntervalArrivals):
        found = _by_interval(twin, stream, window, luck)
    elif isinstance(stream, GridArrivals):
        found = _by_grid(twin, stream, window)
    elif isinstance(stream, BatchArrivals):
        found = _in_batches(twin, stream, window, luck)
    else:
        found = _from_list(twin, stream, window)
    found = found[found < window.stop] if window.stop is not None else found
    return found[: window.n] if window.n is not None else found


def _ordinals(n: int) -> NDArray[np.uint64]:
    return np.arange(n, dtype=np.uint64)


def _by_rate(twin: Twin, stream: RateArrivals, window: Window, luck: tuple[object, ...]) -> Instants:
    """Turn a Poisson process of rate one by the inverse of the expected number of arrivals (time change)."""
    span = (window.stop - window.start) if window.stop is not None else _YEAR
    while True:
        starts, ends, expected = _cells(twin, stream, window.start, window.start + span, luck)
        total = np.concatenate([[0.0], np.cumsum(expected)])
        wanted = (window.n or 0) + 6 * np.sqrt(window.n or 0) + 10
        enough = window.stop is not None or total[-1] > wanted
        if enough or span >= _MOST_YEARS * _YEAR:
            break
        # Straight to the span that is likely to do; what arrives does not hang on it.
        times = 1.1 * wanted / total[-1] if total[-1] > 0 else 2.0
        span = min(int(span * max(times, 1.2)) + DAY, _MOST_YEARS * _YEAR)
    if window.stop is None and not enough:
        raise SimulationError(
            f"the stream of {stream.case_type!r} brings only {total[-1]:.0f} of {window.n} cases in {_MOST_YEARS} years"
        )
    n = int(total[-1] + 6 * np.sqrt(total[-1]) + 20)
    if window.stop is None:
        n = min(n, (window.n or 0) + 1)
    jumps = -np.log(uniforms(stream_key(*luck, "arrival"), _ordinals(n)))
    at = np.cumsum(jumps)
    at = at[at < total[-1]]
    cell = np.searchsorted(total, at, "right") - 1
    found = starts[cell] + np.rint((at - total[cell]) / expected[cell] * (ends[cell] - starts[cell])).astype(np.int64)
    if stream.batch_size is not None:
        sizes = law_of(stream.batch_size).at(uniforms(stream_key(*luck, "batch"), _ordinals(len(found))))
        found = np.repeat(found, np.maximum(np.rint(sizes), 1).astype(np.int64))
    return np.asarray(found)


def _cells(
    twin: Twin, stream: RateArrivals, first: int, last: int, luck: tuple[object, ...]
) -> tuple[Instants, Instants, Floats]:
    """Stretches of constant rate and the number of arrivals expected in each."""
    zone = ZoneInfo(twin.timezone)
    if stream.table is not None:
        edges = _hours(first, last, zone)
        starts, ends = edges[:-1], edges[1:]
        local = local_clock(starts, zone)
        table = np.array([stream.table.get(day, (0.0,) * 24) for day in DAYS])
        expected = table[_weekday(local // DAY), local // _HOUR % 24] * (ends - starts) / 3.6e9
    else:
        calendar = twin.calendar(stream.calendar)
        starts, ends = _openings(calendar, first, last, zone)
        local = local_clock(starts, zone)
        per_hour = stream.per_hour if stream.per_hour is not None else (stream.per_week or 0.0) / calendar.weekly_hours
        expected = per_hour * (ends - starts) / 3.6e9
    inside = (ends > first) & (starts < last)
    starts, ends, local, expected = starts[inside], ends[inside], local[inside], expected[inside]
    kept = (np.minimum(ends, last) - np.maximum(starts, first)) / np.maximum(ends - starts, 1)
    expected = expected * kept * stream.factor * day_factors(stream, local // DAY, starts, luck)
    some = expected > 0
    return np.maximum(starts, first)[some], np.minimum(ends, last)[some], expected[some]


def _hours(first: int, last: int, zone: ZoneInfo) -> Instants:
    begin = pd.Timestamp(first, unit="us", tz="UTC").tz_convert(zone).floor("D", ambiguous=True)
    return begin.value // 1000 + _HOUR * np.arange((last - first) // _HOUR + 50)


def _openings(calendar: WorkCalendar, first: int, last: int, zone: ZoneInfo) -> tuple[Instants, Instants]:
    if calendar.never_closes:
        days = local_days(first, (last - first) // DAY + 3, zone)
        edges = days.tz_localize(zone, ambiguous=np.ones(len(days), bool), nonexistent="shift_forward").asi8
        return edges[:-1], edges[1:]
    table = calendar.openings(first, last)
    return table.starts, table.ends


def local_clock(instants: Instants, zone: ZoneInfo) -> Instants:
    """Instants on the clock of a zone: microseconds since 1970 of what the clock shows.

    The library is asked for the ends of each day only, and for the hours of days on which the clock is changed.
    """
    days, place = _distinct(instants // DAY)
    if not len(days):
        return instants
    at_midnight = _offsets(np.arange(days[0], days[-1] + 2) * DAY, zone)
    before, after = at_midnight[days - days[0]], at_midnight[days - days[0] + 1]
    offsets = before[place]
    changed = (before != after)[place]
    offsets[changed] = _offsets(instants[changed], zone)
    return np.asarray(instants + offsets)


def _distinct(days: Instants) -> tuple[Instants, Instants]:
    """The distinct days, sorted, and the place of each day among them; quick where they are sorted already."""
    new = np.append(True, days[1:] != days[:-1])[: len(days)]
    if (days[1:] < days[:-1]).any():
        found, place = np.unique(days, return_inverse=True)
        return found, np.asarray(place)
    return days[new], np.cumsum(new) - 1


def local_days(first: int, n: int, zone: ZoneInfo) -> pd.DatetimeIndex:
    """So many days on the clock of a zone, the first one that of an instant (some midnights do not exist)."""
    day = int(local_clock(np.array([first], np.int64), zone)[0]) // DAY
    return pd.DatetimeIndex((np.arange(day, day + n) * DAY).astype("M8[us]"))


def _offsets(instants: Instants, zone: ZoneInfo) -> Instants:
    if not len(instants):
        return instants
    shown = pd.DatetimeIndex(instants.astype("M8[us]"), tz="UTC").tz_convert(zone).tz_localize(None)
    return np.asarray(shown.as_unit("us").asi8 - instants)


def _weekday(days: Instants) -> Instants:
    """Weekday of days since 1970-01-01, a Thursday."""
    return np.asarray((days + 3) % 7)


def day_factors(stream: RateArrivals, days: Instants, starts: Instants, luck: tuple[object, ...]) -> Floats:
    """What trend, season, month end, holidays, peaks and chance do to the rate of each day (since 1970, local)."""
    factor = np.ones(len(days))
    if not len(days):
        return factor
    if stream.trend_per_year:
        years = (starts - starts[0]) / (365.25 * DAY)
        factor *= (1 + stream.trend_per_year) ** np.minimum(years, stream.trend_years or np.inf)
    day, place = _distinct(days)
    if stream.months is not None:
        factor *= np.array(stream.months)[_month(day) % 12][place]
    free = free_days(stream.holidays, day)
    factor *= np.where(free, stream.holiday_factor, 1.0)[place]
    if stream.month_end is not None:
        last = _is_month_end(day, free, stream.month_end[0])
        factor *= np.where(last, stream.month_end[1], 1.0)[place]
    for peak in stream.peaks:
        since, until = _day_of(peak.since), _day_of(peak.until) if peak.until is not None else day[-1]
        factor *= np.where((day >= since) & (day <= until), peak.factor, 1.0)[place]
    if stream.dispersion:
        law = law_of(Distribution(family="gamma", mean=1.0, cv=float(np.sqrt(stream.dispersion))))
        factor *= law.at(uniforms(stream_key(*luck, "day"), day.astype(np.uint64)))[place]
    return factor


def _day_of(value: date | datetime) -> float:
    """Days since 1970 of a day, or of an instant (with its part of the day)."""
    return float(np.datetime64(value, "us").astype(np.int64) / DAY)


def _month(days: Instants) -> Instants:
    return np.asarray(days.astype("M8[D]").astype("M8[M]").astype(np.int64))


def free_days(region: str | None, days: Instants) -> NDArray[np.bool_]:
    """Which days (since 1970, local) are holidays of a region; none without one."""
    if not region:
        return np.zeros(len(days), bool)
    whole_days = WorkCalendar.parse(f"24/7, {region}")
    return ~whole_days.is_open(days * DAY)


def _is_month_end(days: Instants, free: NDArray[np.bool_], n: int) -> NDArray[np.bool_]:
    """The last n days of a month that are neither weekend nor holiday."""
    first = int(_month(days[:1]).astype("M8[M]").astype("M8[D]").astype(np.int64)[0])
    last = int((_month(days[-1:]) + 1).astype("M8[M]").astype("M8[D]").astype(np.int64)[0])
    every = np.arange(first, last)
    business = every[(_weekday(every) < 5) & ~np.isin(every, days[free])]
    month = _month(business)
    left = np.searchsorted(month, month, "right") - np.arange(len(month))
    return np.isin(days, business[left <= n])


def _by_interval(twin: Twin, stream: IntervalArrivals, window: Window, luck: tuple[object, ...]) -> Instants:
    law = law_of(stream.interval)
    if stream.factor <= 0 or law.mean <= 0:
        raise SimulationError("arrivals by interval need a positive interval and factor")
    calendar = twin.calendar(stream.calendar)
    n = window.n
    if n is None:
        n = int((window.last - window.start) / 1e6 / law.mean * stream.factor * 1.2) + 100
    u = uniforms(stream_key(*luck, "arrival"), _ordinals(n))
    work = np.rint(np.cumsum(law.at(u)) / stream.factor * 1e6).astype(np.int64)
    return window.start + work if calendar.never_closes else calendar.after_work(window.start, work)


def _by_grid(twin: Twin, stream: GridArrivals, window: Window) -> Instants:
    calendar = twin.calendar(stream.calendar)
    step = round(stream.every * 1e6 / max(stream.factor, 1e-12))
    found: list[Instants] = []
    count, first = 0, window.start
    while first < window.last and (window.n is None or count < window.n):
        last = min(first + _YEAR, window.last)
        starts, ends = _openings(calendar, first, last, ZoneInfo(twin.timezone))
        for low, high in zip(starts.tolist(), ends.tolist(), strict=True):
            if low < last and high > first:
                at = np.arange(low, high, step, dtype=np.int64)
                found.append(at[(at >= first) & (at < last)])
                count += len(found[-1])
        first = last
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def _in_batches(twin: Twin, stream: BatchArrivals, window: Window, luck: tuple[object, ...]) -> Instants:
    zone = ZoneInfo(twin.timezone)
    law = law_of(stream.size)
    if window.stop is None and law.mean * stream.factor <= 0:
        raise SimulationError("batch arrivals need a positive size")
    n_days = (window.last - window.start) // DAY + 2
    if window.n is not None:
        n_days = min(n_days, int(window.n / max(law.mean * stream.factor, 1e-9) * 4) + 60)
    local = local_days(window.start, n_days, zone)
    if stream.calendar is not None:
        table = twin.calendar(stream.calendar).openings(window.start, window.start + int(n_days) * DAY)
        opened = local_clock(table.starts, zone) // DAY * DAY
        local = local[local.isin(pd.DatetimeIndex(opened.astype("M8[us]")))]
    clock = np.sort(np.array(stream.at)).astype("m8[s]")
    at = pd.DatetimeIndex((local.to_numpy().astype("M8[s]")[:, None] + clock[None, :]).ravel())
    utc = at.tz_localize(zone, ambiguous=np.ones(len(at), bool), nonexistent="shift_forward").as_unit("us").asi8
    utc = utc[utc >= window.start]
    sizes = law.at(uniforms(stream_key(*luck, "batch"), _ordinals(len(utc)))) * stream.factor
    return np.repeat(utc, np.maximum(np.rint(sizes), 0).astype(np.int64))


def _from_list(twin: Twin, stream: ListArrivals, window: Window) -> Instants:
    at = np.sort(np.array([to_utc(instant, twin.timezone) for instant in stream.at], np.int64))
    return at[at >= window.start]
