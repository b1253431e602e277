"""Working calendars: weekly shifts, holidays and a time zone; working time between two instants at once.

A calendar is expanded once into sorted arrays of openings with their cumulative working time; every question is then a
look-up. Instants are microseconds since 1970 UTC, as in the event log; lengths of work are microseconds too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any, Self
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.errors import CalendarError
from bko_mining.public_holidays import REGION, check_region, holidays_of
from bko_mining.shifts import DAYS, Shift, clock, hours_of, merge, overlap, read_hours, write_hours

__all__ = ["DAY", "DAYS", "SECOND", "Openings", "Shift", "WorkCalendar"]

Instants = NDArray[np.int64]

SECOND = 1_000_000
DAY = 86_400 * SECOND
LONGEST_GRID, PIECE = 1 << 20, 1 << 15


@dataclass(frozen=True, slots=True, eq=False)
class Openings:
    """A calendar spread out over some years: when it opens and closes, and the work done before each opening."""

    starts: Instants
    ends: Instants
    before: Instants
    grid: NDArray[np.int32]
    shift: int

    @classmethod
    def of(cls, starts: Instants, ends: Instants) -> "Openings":
        """Prepare sorted and disjoint openings.

        The opening of an instant is looked up in a grid so fine that no two openings begin in one of its steps (a power
        of two of microseconds): ten times faster than a search. Where a grid would be too long the search stays.
        """
        before = np.concatenate([[0], np.cumsum(ends - starts)[:-1]]) if len(starts) else np.zeros(0, np.int64)
        gap = int(np.diff(starts).min()) if len(starts) > 1 else DAY
        shift = max(gap, 1).bit_length() - 1
        n_steps = (int(starts[-1] - starts[0]) >> shift) + 2 if len(starts) and gap > 0 else 0
        known = n_steps <= LONGEST_GRID
        steps = starts[:1] + (np.arange(n_steps if known else 0, dtype=np.int64) << shift)
        grid = np.searchsorted(starts, steps, "right").astype(np.int32) - np.int32(1)
        return cls(starts, ends, before.astype(np.int64), grid, shift)

    def work_until(self, instants: Instants) -> Instants:
        """Working time between the first opening and each instant."""
        flat = np.asarray(instants, np.int64).reshape(-1)
        if not len(self.grid):
            return self._work_until(flat, np.searchsorted(self.starts, flat, "right") - 1).reshape(instants.shape)
        work = np.empty(len(flat), np.int64)
        following = np.append(self.starts[1:], np.iinfo(np.int64).max)
        # Piece by piece, so that what is worked on stays in the processor's cache.
        for first in range(0, len(flat), PIECE):
            at = flat[first : first + PIECE]
            place = self.grid[np.clip((at - self.starts[0]) >> self.shift, 0, len(self.grid) - 1)].astype(np.int64)
            place += at >= following[place]
            work[first : first + PIECE] = self._work_until(at, np.where(at < self.starts[0], -1, place))
        return work.reshape(instants.shape)

    def _work_until(self, instants: Instants, place: Instants) -> Instants:
        inside = np.minimum(instants, self.ends[place]) - self.starts[place]
        return np.where(place < 0, 0, self.before[place] + inside)

    def instant_of(self, work: Instants) -> Instants:
        """The earliest instant by which that much work was done since the first opening."""
        i = np.clip(np.searchsorted(self.before, work, "left") - 1, 0, None)
        return self.starts[i] + work - self.before[i]

    @property
    def total(self) -> int:
        """All the working time there is."""
        return int(self.before[-1] + self.ends[-1] - self.starts[-1]) if len(self.starts) else 0


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When somebody works: weekly shifts, holidays of a region, single closed days, on the clock of a time zone.

    Attributes
    ----------
    shifts : tuple of Shift
        Sorted and disjoint.
    region : str
        Country or country-state of the ``holidays`` package (``BR-SP``, ``US``), or a financial market (``BVMF``);
        empty where holidays are worked. In Brazil the optional days (Carnival, Corpus Christi) count as closed.
    timezone : str
        IANA name.
    closed : frozenset of datetime.date
        More days that are not worked.
    special : tuple of (datetime.date, int, int)
        Hours of single dates instead of the usual ones or of a holiday: seconds since local midnight.

    Examples
    --------
    >>> office = WorkCalendar.parse("Mon-Fri 08:00-12:00 13:00-17:30, BR-SP")
    >>> office.weekly_hours, office.region
    (42.5, 'BR-SP')
    """

    shifts: tuple[Shift, ...]
    region: str = ""
    timezone: str = "UTC"
    closed: frozenset[date] = frozenset()
    special: tuple[tuple[date, int, int], ...] = ()

    @classmethod
    def parse(cls, text: str, *, timezone: str = "UTC") -> Self:
        """Read a calendar from one line.

        Parameters
        ----------
        text : str
            Parts with commas between: days with hours (``Mon-Fri 08:00-12:00 13:00-17:30``, ``Sat,Sun 9-13``, night
            work ``Mon 22:00-06:00``, ``24/7``), a holiday region (``BR-SP``) or market (``BVMF``, ``ANBIMA``), a time
            zone (``America/Sao_Paulo``), a closed date (``2026-12-31``), a date with other hours
            (``2026-12-24 08:00-12:00``).
        timezone : str
            The clock where the text names none.

        Raises
        ------
        CalendarError
            If a part is none of these; the message shows the part.
        """
        days: list[int] = []
        shifts: list[Shift] = []
        about: dict[str, Any] = {"region": "", "timezone": timezone}
        closed: set[date] = set()
        special: list[tuple[date, int, int]] = []
        for part in filter(None, (piece.strip() for piece in re.split("[,;]", text))):
            if REGION.match(part):
                about["region"] = part
            elif ("/" in part and part != "24/7") or part == "UTC":
                about["timezone"] = part
            elif re.match(r"\d{4}-\d\d-\d\d\b", part):
                _read_date(part, closed, special)
            else:
                days = read_hours(part, days, shifts)
        return cls(shifts=merge(shifts), closed=frozenset(closed), special=tuple(sorted(special)), **about)

    @classmethod
    def always(cls, *, timezone: str = "UTC") -> Self:
        """Return a calendar that never closes."""
        return cls(tuple(Shift(day, 0, 86_400) for day in range(7)), timezone=timezone)

    def __post_init__(self) -> None:
        if not self.shifts:
            raise CalendarError("the calendar never opens; write hours such as 'Mon-Fri 08:00-12:00 13:00-17:30'")
        if self.timezone not in _zones():
            raise CalendarError(f"{self.timezone!r} is not a time zone; write one such as 'America/Sao_Paulo'")
        check_region(self.region)

    def __str__(self) -> str:
        parts = ["24/7"] if self.never_closes else list(write_hours(self.shifts))
        zone = [] if self.timezone == "UTC" else [self.timezone]
        return ", ".join(
            [
                *parts,
                *filter(None, [self.region]),
                *(str(day) for day in sorted(self.closed)),
                *_write_special(self.special),
                *zone,
            ]
        )

    @property
    def weekly_hours(self) -> float:
        """Hours in a week without holidays."""
        return sum(shift.end - shift.start for shift in self.shifts) / 3600

    @property
    def never_closes(self) -> bool:
        """Whether work goes on round the clock every day of the year."""
        return self.weekly_hours >= 168 and not self.region and not self.closed and not self.special

    def replace(self, **changes: Any) -> Self:
        """Return the calendar with other shifts, region, time zone or closed days."""
        return replace(self, **changes)

    def openings(self, first: int, last: int) -> Openings:
        """Spread the calendar out so that it covers two instants (whole years, kept for the next question)."""
        return _openings(self, 1970 + int(first // (DAY * 365.25)) - 1, 1970 + int(last // (DAY * 365.25)) + 1)

    def is_open(self, instants: Any) -> NDArray[np.bool_]:
        """Whether each instant lies within working hours (the closing instant itself does not)."""
        at = np.asarray(instants, np.int64)
        table = self.openings(int(at.min()), int(at.max())) if at.size else self.openings(0, 0)
        i = np.searchsorted(table.starts, at, "right") - 1
        return (i >= 0) & (at < table.ends[i])

    def working_time(self, start: Any, end: Any) -> Instants:
        """Working microseconds between starts and ends (negative where the end comes first).

        Examples
        --------
        >>> office = WorkCalendar.parse("Mon-Fri 08:00-12:00 13:00-17:30")
        >>> friday, monday = np.array(["2026-11-20T17:00", "2026-11-23T09:00"], "M8[us]").astype("int64")
        >>> int(office.working_time(friday, monday)) / 60e6
        90.0
        """
        first, last = np.asarray(start, np.int64), np.asarray(end, np.int64)
        both = np.concatenate([first.ravel(), last.ravel()])
        if not both.size:
            return np.zeros(np.broadcast_shapes(first.shape, last.shape), np.int64)
        table = self.openings(int(both.min()), int(both.max()))
        return table.work_until(last) - table.work_until(first)

    def after_work(self, start: Any, work: Any) -> Instants:
        """The instants by which ``work`` microseconds were worked, begun at ``start``.

        No work at all ends where it starts; work that just fits ends at the closing instant.
        """
        at, amount = np.broadcast_arrays(np.asarray(start, np.int64), np.asarray(work, np.int64))
        if not at.size:
            return at.copy()
        span = int(amount.max() * 168 / self.weekly_hours * 1.5) + 30 * DAY
        table = self.openings(int(at.min()), int(at.max()) + span)
        while table.total < int((done := table.work_until(at) + amount).max()):
            span *= 2
            table = self.openings(int(at.min()), int(at.max()) + span)
        return np.where(amount > 0, table.instant_of(done), at)

    def next_opening(self, instants: Any) -> Instants:
        """The instant itself where open, else the next opening."""
        at = np.asarray(instants, np.int64)
        table = self.openings(int(at.min()), int(at.max()) + 60 * DAY) if at.size else self.openings(0, 0)
        i = np.searchsorted(table.ends, at, "right")
        return np.maximum(at, table.starts[i])

    def openings_between(self, start: int, end: int) -> Instants:
        """Opening and closing instants within a window, one row each, cut at its edges (microseconds UTC)."""
        table = self.openings(start, end)
        inside = (table.ends > start) & (table.starts < end)
        return np.column_stack([table.starts[inside], table.ends[inside]]).clip(start, end)

    def __and__(self, other: Self) -> Self:
        """Return the calendar that is open when both are; refused (``CalendarError``) where one week cannot say it.

        Examples
        --------
        >>> early, late = WorkCalendar.parse("Mon-Fri 08:00-14:00"), WorkCalendar.parse("Wed-Sun 12:00-20:00")
        >>> str(early & late), (early | late).weekly_hours
        ('Wed-Fri 12:00-14:00', 64.0)
        """
        _check_alike(self, other)
        if self.region and other.region and self.region != other.region:
            raise CalendarError(f"{self.region} and {other.region} have other holidays; give both one region")
        both = [overlap(a, b, weeks) for a in self.shifts for b in other.shifts for weeks in (-7, 0, 7)]
        met = merge([shift for shift in both if shift.start < shift.end])
        return self.replace(shifts=met, region=self.region or other.region, closed=self.closed | other.closed)

    def __or__(self, other: Self) -> Self:
        """Return the calendar that is open when either is; refused (``CalendarError``) where one week cannot say it."""
        _check_alike(self, other)
        if (self.region, self.closed) != (other.region, other.closed):
            raise CalendarError("the calendars close on other days; give both one region and the same closed dates")
        if any(shift.end > 86_400 for shift in self.shifts + other.shifts):
            raise CalendarError(
                "calendars with night work cannot be joined; end the shifts at 24:00 and begin at 00:00"
            )
        return self.replace(shifts=merge([*self.shifts, *other.shifts]))


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _read_date(part: str, closed: set[date], special: list[tuple[date, int, int]]) -> None:
    """Read a date that is closed, or has hours of its own (``2026-12-24 08:00-12:00``)."""
    text, *hours = part.split()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CalendarError(f"{text!r} is not a date; write year-month-day such as 2026-12-24") from None
    read = [hours_of(token) for token in hours]
    if None in read:
        raise CalendarError(f"cannot read the hours in {part!r}; write them such as '2026-12-24 08:00-12:00'")
    special += [(day, *found) for found in read if found]
    if not hours:
        closed.add(day)


def _write_special(special: tuple[tuple[date, int, int], ...]) -> Iterator[str]:
    for day, hours in groupby(special, key=lambda hours: hours[0]):
        yield f"{day} " + " ".join(f"{clock(start)}-{clock(end)}" for _, start, end in hours)


@lru_cache(maxsize=2048)
def _openings(calendar: WorkCalendar, first_year: int, last_year: int) -> Openings:
    first = date(first_year, 1, 1)
    days = np.arange((date(last_year + 1, 1, 1) - first).days)
    free = set(calendar.closed) | {day for day, _, _ in calendar.special}
    if calendar.region:
        free |= holidays_of(calendar.region, tuple(range(first_year, last_year + 1)))
    is_free = np.zeros(len(days) + 1, bool)
    is_free[[(day - first).days for day in free if 0 <= (day - first).days < len(days)]] = True
    weekday = (days + first.weekday()) % 7
    starts, ends = [], []
    for shift in calendar.shifts:
        on = days[(weekday == shift.weekday) & ~is_free[:-1]]
        starts.append(on * 86_400 + shift.start)
        ends.append(on * 86_400 + shift.end)
    for day, begin, finish in calendar.special:
        if first_year <= day.year <= last_year:
            starts.append(np.array([(day - first).days * 86_400 + begin]))
            ends.append(np.array([(day - first).days * 86_400 + finish]))
    local_start, local_end = np.sort(np.concatenate(starts)), np.sort(np.concatenate(ends))
    # Touching openings become one, so that "the next opening" is never a seam.
    seam = np.flatnonzero(local_start[1:] <= local_end[:-1])
    offset = (first - date(1970, 1, 1)).days * 86_400
    start = _to_utc(np.delete(local_start, seam + 1) + offset, calendar.timezone)
    end = np.maximum(_to_utc(np.delete(local_end, seam) + offset, calendar.timezone), start)
    return Openings.of(start, end)


@lru_cache(maxsize=256)
def _only_offset(timezone: str, first_year: int, last_year: int) -> int | None:
    """The offset of a zone in seconds if its clocks are not changed in these years (Brazil since 2019)."""
    zone, noon = ZoneInfo(timezone), datetime(first_year, 1, 1, 12, tzinfo=UTC)
    days = (date(last_year + 1, 1, 1) - date(first_year, 1, 1)).days
    offsets = {(noon + timedelta(days=day)).astimezone(zone).utcoffset() for day in range(0, days, 7)}
    only = offsets.pop()
    return int(only.total_seconds()) if not offsets and only is not None else None


def _to_utc(seconds: Instants, timezone: str) -> Instants:
    if timezone == "UTC" or not len(seconds):
        return seconds * SECOND
    years = 1970 + int(seconds.min() // 31_556_952) - 1, 1970 + int(seconds.max() // 31_556_952) + 1
    offset = _only_offset(timezone, *years)
    if offset is not None:
        return (seconds - offset) * SECOND
    local = pd.DatetimeIndex(seconds.astype("M8[s]"))
    # Clocks that are put back repeat an hour: the first pass counts; an hour that is skipped moves to its end.
    zoned = local.tz_localize(ZoneInfo(timezone), ambiguous=np.ones(len(local), bool), nonexistent="shift_forward")
    return zoned.tz_convert("UTC").as_unit("us").asi8.astype(np.int64)


def _check_alike(one: WorkCalendar, other: WorkCalendar) -> None:
    if one.special or other.special:
        raise CalendarError("calendars with single dates of other hours cannot be combined; combine them first")
    if one.timezone != other.timezone:
        raise CalendarError(f"the calendars run on the clocks of {one.timezone} and {other.timezone}; give both one")
    closes = one.region or other.region or one.closed or other.closed
    if closes and any(shift.end > 86_400 for shift in one.shifts + other.shifts):
        raise CalendarError("night work cannot be combined where days are closed; end the shifts at 24:00")
