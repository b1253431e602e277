"""What the figures of a run are taken from: its log, its twin, the cases and the stretch of time that count."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from bko_mining.calendars import DAY, WorkCalendar
from bko_mining.errors import BkoError
from bko_mining.log.event_log import MISSING, UNKNOWN, EventLog
from bko_mining.simulate.arrivals import to_utc
from bko_mining.simulate.timetable import longer, spread_of
from bko_mining.twin.values import seconds
from bko_mining.whatif.vacancies import share_taken

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin

Instants = NDArray[np.int64]
Cut = int | float | str | timedelta
"""Something left out at an end of a run: so many cases (int), or the cases of so long (seconds, text, timedelta)."""


@dataclass(frozen=True, eq=False)
class Period:
    """One run as its figures see it.

    Attributes
    ----------
    whole : EventLog
        All that happened.
    twin : Twin
        Who works when, and what it costs.
    counted : bool[n_cases]
        Cases that count: arrived within the period, and done.
    since, until : int
        The stretch of time in which work is counted (microseconds UTC).
    unseen : int64[k]
        Arrivals of cases that had nothing done to them when the run stopped: they are open, and in no row.
    begin : int, optional
        When the run began, with somebody in every place; default: with the period.
    everything : EventLog or None
        What happened together with work that is in no log; it keeps people as busy.
    """

    whole: EventLog
    twin: "Twin"
    counted: NDArray[np.bool_]
    since: int
    until: int
    unseen: Instants = field(default_factory=lambda: np.zeros(0, np.int64))
    begin: int | None = None
    everything: EventLog | None = None

    @cached_property
    def log(self) -> EventLog:
        """The log of the cases that count."""
        return self.whole if self.counted.all() else self.whole.take_cases(self.counted)

    @cached_property
    def arrival(self) -> Instants:
        """When each case of the whole run arrived."""
        return arrivals(self.whole)

    @cached_property
    def done(self) -> Instants:
        """When each case was done; the end of the period for those that are not."""
        end = self.whole.case_end
        opened = self.whole.open_cases
        return end if opened is None else np.where(opened, np.maximum(end, self.until), end)

    @property
    def weeks(self) -> float:
        """Length of the period in weeks."""
        return max(1, self.until - self.since) / (7 * 86_400e6)

    @cached_property
    def cycle(self) -> NDArray[np.float64]:
        """Seconds from arrival to the end of each case that counts."""
        return (self.whole.case_end - self.arrival)[self.counted] / 1e6

    def summed(self, of: Instants) -> NDArray[np.float64]:
        """Sum of something (microseconds an instance) over each case that counts, in seconds."""
        return np.add.reduceat(of, self.whole.offsets[:-1])[self.counted] / 1e6

    @cached_property
    def waits(self) -> Instants:
        """Waiting time of each instance of the whole run (microseconds)."""
        log = self.whole
        known = (log.enabled != MISSING) & (log.start != MISSING)
        return np.where(known, log.start - log.enabled, 0)

    @cached_property
    def works(self) -> Instants:
        """Processing time of each instance of the whole run (microseconds)."""
        log = self.whole
        return np.where((log.start != MISSING) & (log.end != MISSING), log.end - log.start, 0)

    @cached_property
    def busy(self) -> dict[str, tuple[float, float]]:
        """Seconds each person worked within the period: within the own hours, and in overtime."""
        log, people = self.whole if self.everything is None else self.everything, set(self.twin.people)
        start, end = np.maximum(log.start, self.since), np.minimum(log.finish, self.until)
        inside = (log.resource != UNKNOWN) & (log.start != MISSING) & (end > start) & ~self._by_itself[log.activity]
        late = np.array([self._activity(name).at_shift_end == "carried_over" for name in log.activities])
        order = np.flatnonzero(inside)[np.argsort(log.resource[inside], kind="stable")]
        codes, first = np.unique(log.resource[order], return_index=True)
        found = {}
        # Splitting nothing gives one empty piece: a period in which nobody worked has no codes.
        for code, rows in zip(codes.tolist(), np.split(order, first[1:]), strict=bool(len(codes))):
            name = log.resources[code]
            if name in people:
                found[name] = self._hours_of(name, start[rows], end[rows], late[log.activity[rows]])
        return found

    @cached_property
    def available(self) -> dict[str, float]:
        """Seconds each person was there within the period (absences, expected absence and vacancies taken off)."""
        return {name: self._presence(name) for name in self.twin.people}

    @property
    def _by_itself(self) -> NDArray[np.bool_]:
        return np.array([self._activity(name).automatic for name in self.whole.activities])

    def _activity(self, name: str) -> Any:
        return self.twin.activities.get(name) or next(iter(self.twin.activities.values()))

    def _calendar(self, person: str) -> WorkCalendar:
        return self.twin.calendar_of(person, self.twin.roles_of(person)[0])

    def _hours_of(self, person: str, start: Instants, end: Instants, late: NDArray[np.bool_]) -> tuple[float, float]:
        if self._capacity(person) == 1:
            # The items of a batch share one piece of work: counted once.
            _, once = np.unique(np.stack([start, end]), axis=1, return_index=True)
            start, end, late = start[once], end[once], late[once]
        work = self._calendar(person).working_time(start, end)
        over = np.where(late, end - start - work, self._stayed(person, start, end))
        return float(work.sum()) / 1e6, float(over.sum()) / 1e6

    def _stayed(self, person: str, start: Instants, end: Instants) -> Instants:
        """Time of each instance in the hours for which its person may stay after closing."""
        rule = self.twin.overtime_of(person)
        if rule is None:
            return np.zeros(len(start), np.int64)
        spread = spread_of(self._calendar(person))
        stays = longer(spread, int(rule.at_most * 1e6), ZoneInfo(self.twin.timezone))
        edges = int(start.min()) - 2 * DAY, int(end.max()) + DAY
        closing, home = spread(edges[0], edges[1] + 2 * DAY)[1], stays(*edges)[1]
        before = np.concatenate([[0], np.cumsum(home - closing)])

        def until(at: Instants) -> Instants:
            i = np.maximum(np.searchsorted(closing, at, "right") - 1, 0)
            return np.asarray(before[i] + np.clip(at - closing[i], 0, home[i] - closing[i]))

        return until(end) - until(start)

    def _capacity(self, person: str) -> int:
        return self.twin.resources[person].capacity if person in self.twin.resources else 1

    def _presence(self, person: str) -> float:
        detail = self.twin.resources.get(person)
        calendar = self._calendar(person)
        since = self.since if detail is None or detail.since is None else max(self.since, self.first(detail.since))
        until = self.until if detail is None or detail.until is None else min(self.until, self.last(detail.until))
        if until <= since:
            return 0.0
        there = float(calendar.working_time(since, until))
        for absence in detail.absences if detail else ():
            low, high = max(since, self.first(absence.since)), min(until, self.last(absence.until))
            there -= float(calendar.working_time(low, high)) if high > low else 0.0
        return there / 1e6 * self.twin.presence_of(person) * self._capacity(person) * self._taken(person, since, until)

    def _taken(self, person: str, since: int, until: int) -> float:
        """Expected share of a stretch in which somebody is in a person's place, where people leave."""
        turnover = self.twin.turnover_of(person)
        if turnover is None:
            return 1.0
        begin = self.since if self.begin is None else self.begin
        first = begin if turnover.since is None else max(begin, self.first(turnover.since))
        return share_taken(turnover, (since - first) / DAY, (until - first) / DAY)

    def first(self, day: Any) -> int:
        """The first instant of a day of the twin."""
        return to_utc(day, self.twin.timezone)

    def last(self, day: Any) -> int:
        """The instant after a day of the twin."""
        return to_utc(day, self.twin.timezone) + (0 if hasattr(day, "hour") else 86_400_000_000)


def period_of(
    log: EventLog, twin: "Twin", *, begin: int, end: int | None = None, warm_up: Cut = 0, cool_down: Cut = 0
) -> Period:
    """Say what counts of a run that began at ``begin`` (and stopped at ``end``; None: ran until all cases were done).

    Raises
    ------
    BkoError
        If no case is left.
    """
    arrival = arrivals(log)
    place = np.argsort(np.argsort(arrival, kind="stable"), kind="stable")
    last = int(arrival.max()) if end is None else end
    since = _cut_at(warm_up, arrival, begin, 1)
    until = _cut_at(cool_down, arrival, last, -1)
    counted = (arrival >= since) & (arrival <= until)
    if isinstance(warm_up, int):
        counted &= place >= warm_up
    if isinstance(cool_down, int):
        counted &= place < len(arrival) - cool_down
    if log.open_cases is not None:
        counted &= ~log.open_cases
    if not counted.any():
        raise BkoError(
            f"no case of {log.n_cases} is left after a warm-up of {warm_up} and a cool-down of {cool_down}; run longer"
        )
    return Period(log, twin, counted, since, max(until, since + 1), begin=begin)


def arrivals(log: EventLog) -> Instants:
    """When each case arrived: when its first activity was enabled, where known, else its start."""
    enabled = np.where(log.enabled == MISSING, log.begin, np.minimum(log.enabled, log.begin))
    first: Instants = np.minimum.reduceat(enabled, log.offsets[:-1])
    return first


def _cut_at(cut: Cut, arrival: Instants, edge: int, sign: int) -> int:
    if isinstance(cut, int):
        if cut == 0 or cut >= len(arrival):
            return edge
        ordered = np.sort(arrival)
        return int(ordered[cut] if sign > 0 else ordered[-cut - 1])
    length = cut.total_seconds() if isinstance(cut, timedelta) else seconds(cut)
    return edge + sign * round(length * 1e6)
