"""When people work: weekly hours found from the instants at which work starts and ends."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from bko_mining.calendars import Shift, WorkCalendar
from bko_mining.fit.instances import DAY, WEEK, Codes, Instances, Mask, Seconds

PAUSE = 15 * 60.0
"""The shortest gap that is looked at as a break."""


@dataclass(frozen=True)
class Hours:
    """Weekly working hours as seconds of the week, and working time through them.

    Attributes
    ----------
    shifts : tuple of (float, float)
        Ascending, disjoint, within one week; the whole week if always open.
    closed : tuple of int
        Days (from the origin) without work, ascending: holidays.
    """

    shifts: tuple[tuple[float, float], ...]
    closed: tuple[int, ...] = ()

    @cached_property
    def _knots(self) -> tuple[Seconds, Seconds]:
        edges = np.array([0.0, *(edge for shift in self.shifts for edge in shift), WEEK])
        worked = np.zeros(len(edges))
        worked[2::2] = np.cumsum([end - start for start, end in self.shifts])[: len(edges[2::2])]
        worked[1::2] = np.concatenate([[0], worked[2::2]])[: len(edges[1::2])]
        return edges, worked

    @property
    def text(self) -> str:
        """The hours in one line, as ``WorkCalendar`` reads them."""
        days = [
            Shift(int(day), int(max(start - day * DAY, 0)), int(min(end - day * DAY, DAY)))
            for start, end in self.shifts
            for day in range(int(start // DAY), int(np.ceil(end / DAY)))
        ]
        return str(WorkCalendar(tuple(sorted(days))))

    @cached_property
    def weekly(self) -> float:
        """Working seconds of a week."""
        return float(sum(end - start for start, end in self.shifts))

    @property
    def always(self) -> bool:
        """Whether the calendar never closes."""
        return self.weekly >= WEEK - 1

    def worked(self, instant: Seconds) -> Seconds:
        """Working seconds from the origin to each instant."""
        if not self.closed:
            return self._usually(instant)
        begins, lost = self._days_off
        begun = np.searchsorted(begins, instant, side="right")
        last = begins[np.maximum(begun - 1, 0)]
        today = self._usually(np.minimum(instant, last + DAY)) - self._usually(last)
        return np.asarray(self._usually(instant) - np.where(begun > 0, lost[begun - 1] + today, 0.0))

    @cached_property
    def _days_off(self) -> tuple[Seconds, Seconds]:
        """Beginnings of the closed days, and the working seconds that are lost before each and in all."""
        begins = np.array(self.closed, float) * DAY
        return begins, np.concatenate([[0.0], np.cumsum(self._usually(begins + DAY) - self._usually(begins))])

    def _usually(self, instant: Seconds) -> Seconds:
        """Working seconds from the origin to each instant if no day were closed."""
        edges, worked = self._knots
        week, second = np.divmod(instant, WEEK)
        return np.asarray(week * self.weekly + np.interp(second, edges, worked))

    def instant(self, worked: Seconds) -> Seconds:
        """The first instant at which so many working seconds since the origin are done."""
        if self.closed:
            begins, lost = self._days_off
            worked = worked + lost[np.searchsorted(self._usually(begins) - lost[:-1], worked, side="left")]
        edges, knots = self._knots
        week, rest = np.divmod(worked, self.weekly)
        # Work that ends with the last shift of a week ends there, not at the first opening of the next.
        full = (rest == 0) & (worked > 0)
        week, rest = np.where(full, week - 1, week), np.where(full, self.weekly, rest)
        place = np.searchsorted(knots, rest, side="left")
        return np.asarray(week * WEEK + edges[place] - (knots[place] - rest))

    def is_open(self, instant: Seconds) -> Mask:
        """Whether each instant lies within a shift (its end excluded)."""
        starts = np.array([start for start, _ in self.shifts])
        ends = np.array([end for _, end in self.shifts])
        place = np.searchsorted(starts, np.mod(instant, WEEK), side="right") - 1
        return np.asarray((place >= 0) & (np.mod(instant, WEEK) < ends[place]) & ~self._is_off(instant))

    def _is_off(self, instant: Seconds) -> Mask:
        return np.isin(np.asarray(instant) // DAY, self.closed) if self.closed else np.zeros(np.shape(instant), bool)

    def last_opening(self, instant: Seconds) -> Seconds:
        """The latest start of a shift at or before each instant."""
        opening = self._usual_opening(instant)
        while (off := self._is_off(opening)).any():
            opening = np.where(off, self._usual_opening(opening - 1e-3), opening)
        return opening

    def _usual_opening(self, instant: Seconds) -> Seconds:
        starts = np.array([start for start, _ in self.shifts])
        week, second = np.divmod(instant, WEEK)
        place = np.searchsorted(starts, second, side="right") - 1
        return np.asarray(np.where(place >= 0, week * WEEK + starts[place], (week - 1) * WEEK + starts[-1]))

    def last_on_duty(self, instant: Seconds) -> Seconds:
        """The instant itself if on duty just before it, else the last closing."""
        opening = self.last_opening(instant - 1e-3)
        # Shifts are contiguous, so the working time since the last opening ends the shift or the instant.
        return np.asarray(opening + self.worked(instant) - self.worked(opening))


ALWAYS = Hours(((0.0, WEEK),))


def find_hours(data: Instances, rows: Codes) -> tuple[Hours, str]:
    """Find the weekly hours of the people who did some rows, and how they were found.

    Starts and ends of work are instants on duty. A gap without instants is off duty if many were expected in it and
    work was seen to pause across it, or to pile up behind it, or the gap is a night. Edges are moved to the coarsest
    of 30, 15 and 5 minutes that the instants allow. Weekdays are pooled unless one differs clearly.
    """
    if len(rows) < 30:
        return ALWAYS, "too few instances to see working hours; taken as always on duty"
    instants = np.concatenate([data.start[rows], data.end[rows]])
    days = _groups_of_days(instants, data, rows)
    shifts: list[tuple[float, float]] = []
    for group in days:
        inside = np.isin(np.mod(instants, WEEK) // DAY, group)
        day = _shifts_of_day(np.sort(_without_strays(instants[inside])), np.mod(data.start[rows], DAY), data, rows)
        shifts += [(d * DAY + start, d * DAY + end) for d in group for start, end in day]
    joined = _joined(sorted((start, end) for start, end in shifts if end - start >= PAUSE))
    if sum(end - start for start, end in joined) < 4 * 3600:
        return ALWAYS, "no regular hours found; taken as always on duty"
    return Hours(tuple(joined)), f"{len(instants)} starts and ends of work"


def _groups_of_days(instants: Seconds, data: Instances, rows: Codes) -> list[list[int]]:
    """Open weekdays, grouped where their hours look alike."""
    day = (np.mod(instants, WEEK) // DAY).astype(int)
    counts = np.bincount(day, minlength=7)
    open_days = [d for d in range(7) if counts[d] >= max(5, 0.03 * counts.max())]
    span = {d: np.quantile(np.mod(instants[day == d], DAY), [0.02, 0.98]) for d in open_days}
    if not open_days:
        return []
    usual = np.median(np.array(list(span.values())), axis=0)
    alike = [d for d in open_days if np.abs(span[d] - usual).max() < 5400 and counts[d] > 0.25 * counts.max()]
    others = [[d] for d in open_days if d not in alike]
    return [group for group in [alike, *others] if group]


def _shifts_of_day(kept: Seconds, starts: Seconds, data: Instances, rows: Codes) -> list[tuple[float, float]]:
    """Shifts of one kind of day from its sorted clock times."""
    if len(kept) < 20:
        return [(np.floor(kept[0] / 1800) * 1800, np.ceil((kept[-1] + 1) / 1800) * 1800)] if len(kept) else []
    shifts, opened = [], kept[0]
    night = DAY - (kept[-1] - kept[0])
    if night < PAUSE:
        return [(0.0, DAY)]
    for before, after in pairwise(kept):
        if after - before >= PAUSE and _off_duty(kept, before, after, starts, data, rows):
            shifts.append((opened, before))
            opened = after
    shifts.append((opened, kept[-1]))
    return [(_snapped(a, kept, opening=True), _snapped(b, kept, opening=False)) for a, b in shifts]


def _without_strays(instants: Seconds) -> Seconds:
    """Clock times in five-minute bins that are used on a twentieth of the days of a usual bin, or next to such bins.

    Days are counted, not instants, so that a pile of work done at one moment does not dwarf the rest of the day.
    """
    clock = np.mod(instants, DAY)
    bins = (clock // 300).astype(int)
    seen = np.unique(np.stack([bins, (instants // DAY).astype(int)]), axis=1)
    smooth = np.convolve(np.bincount(seen[0], minlength=288), np.ones(3), "same")
    usual = np.median(smooth[smooth > 0.2 * np.quantile(smooth, 0.9)]) if smooth.any() else 0
    return np.asarray(clock[smooth[bins] >= 0.05 * usual])


def _off_duty(kept: Seconds, before: float, after: float, starts: Seconds, data: Instances, rows: Codes) -> bool:
    """Whether a gap between two instants of a day is a break: expected busy, and work paused or piled up."""
    rate = len(kept) / (kept[-1] - kept[0])
    if rate * (after - before) < 7:
        return False
    day = np.floor(data.start[rows] / DAY) * DAY
    straddlers = (data.start[rows] <= day + before) & (data.end[rows] >= day + after)
    spike = ((starts >= after) & (starts < after + 60)).sum()
    usual = len(starts) / (kept[-1] - kept[0]) * 60
    return bool(straddlers.sum() >= 3 or spike > 5 + 5 * usual)


def _snapped(instant: float, kept: Seconds, *, opening: bool) -> float:
    """The coarsest round clock time beyond an edge that the instants inside allow.

    Beyond the outermost instant, a gap in which seven instants were expected has a chance of one in a thousand.
    """
    near = (kept >= instant) & (kept < instant + 1800) if opening else (kept <= instant) & (kept > instant - 1800)
    allowed = min(1800.0, max(60.0, 7 * 1800 / max(1, int(near.sum()))))
    for grid in (1800.0, 900.0, 300.0, 60.0):
        edge = np.floor(instant / grid) * grid if opening else np.ceil(instant / grid) * grid
        if abs(edge - instant) <= allowed:
            break
    return float(edge)


def _joined(shifts: list[tuple[float, float]]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for start, end in shifts:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
