"""Who is on duty when: working time, interrupted work and free stretches of resources, by their calendars.

All rows of one calendar are asked about at once, so a question costs one ``searchsorted`` a calendar, not a resource.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from bko_mining.analyse.clocks import elapsed
from bko_mining.calendars import Openings, WorkCalendar

Instants = NDArray[np.int64]


class Duty:
    """The calendars of resources, by code.

    Parameters
    ----------
    names : tuple of str
        Resources in the order of their codes.
    calendars : mapping
        Resource -> ``WorkCalendar``.
    clock : WorkCalendar, optional
        Count only its working time; calendar time if not given.
    """

    def __init__(
        self, names: tuple[str, ...], calendars: Mapping[str, WorkCalendar], clock: WorkCalendar | None = None
    ) -> None:
        self.clock = clock
        lines = {name: str(calendars[name]) for name in names}
        kinds = sorted(set(lines.values()))
        self.kind = np.array([kinds.index(lines[name]) for name in names], np.int64)
        by_line = {line: calendars[name] for name, line in lines.items()}
        self.calendars = [by_line[kind] for kind in kinds]

    def length(self, start: Instants, end: Instants) -> Instants:
        """Microseconds from each start to each end, on the clock."""
        return elapsed(start, end, self.clock)

    def working_time(self, resource: Instants, start: Instants, end: Instants) -> Instants:
        """Microseconds that each resource is on duty between start and end, on the clock."""
        worked = np.zeros(len(resource), np.int64)
        for calendar, rows in self._by_calendar(resource):
            if self.clock is None:
                worked[rows] = calendar.working_time(start[rows], end[rows])
            else:
                worked[rows] = _both_open(calendar, self.clock, start[rows], end[rows])
        return worked

    def pieces(self, resource: Instants, start: Instants, end: Instants) -> tuple[Instants, Instants, Instants]:
        """Cut work where its resource went off duty and came back: row, start and end of each piece, in order.

        An item that lies half-done over night keeps nobody busy. Work outside the hours stays: only closed stretches
        that lie wholly within an item are taken out.
        """
        found = []
        for calendar, rows in self._by_calendar(resource):
            table = calendar.openings(int(start[rows].min()), int(end[rows].max()))
            found.append(_cut_at_closings(rows, start[rows], end[rows], table))
        if not found:
            return np.arange(len(start)), start, end
        row, begin, finish = (np.concatenate(parts) for parts in zip(*found, strict=True))
        order = np.lexsort((begin, row))
        return row[order], begin[order], finish[order]

    def last_opening(self, resource: Instants, instants: Instants) -> Instants:
        """When each resource last came on duty, at or before each instant."""
        opened = np.full(len(instants), np.iinfo(np.int64).min)
        for calendar, rows in self._by_calendar(resource):
            starts = calendar.openings(int(instants[rows].min()), int(instants[rows].max())).starts
            opened[rows] = starts[np.maximum(np.searchsorted(starts, instants[rows], "right") - 1, 0)]
        return opened

    def openings(self, resource: int, start: int, end: int) -> Instants:
        """Opening and closing instants of one resource within a window, one row each."""
        return self.calendars[int(self.kind[resource])].openings_between(start, end)

    def _by_calendar(self, resource: Instants) -> Iterator[tuple[WorkCalendar, Instants]]:
        kind = self.kind[resource]
        for code, calendar in enumerate(self.calendars):
            rows = np.flatnonzero(kind == code)
            if len(rows):
                yield calendar, rows


def _both_open(calendar: WorkCalendar, clock: WorkCalendar, start: Instants, end: Instants) -> Instants:
    """Microseconds between start and end in which both calendars are open."""
    table = calendar.openings(int(start.min()), int(end.max()))
    before = np.cumsum(np.concatenate([[0], clock.working_time(table.starts, table.ends)]))

    def until(at: Instants) -> Instants:
        opening = np.maximum(np.searchsorted(table.starts, at, "right") - 1, 0)
        last = np.clip(at, table.starts[opening], table.ends[opening])
        return np.asarray(before[opening] + clock.working_time(table.starts[opening], last))

    return until(end) - until(start)


def _cut_at_closings(
    rows: Instants, start: Instants, end: Instants, table: Openings
) -> tuple[Instants, Instants, Instants]:
    """Of each row: from its start to the first closing, the openings between, and from the last opening to its end."""
    first = np.searchsorted(table.ends, start, "right")
    last = np.searchsorted(table.starts, end, "left") - 1
    n = np.maximum(last - first, 0) + 1
    owner = np.repeat(np.arange(len(rows)), n)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(n) - n, n)
    opening = np.minimum(first[owner] + step, len(table.starts) - 1)
    begin = np.where(step == 0, start[owner], table.starts[opening])
    finish = np.where(step == n[owner] - 1, end[owner], table.ends[opening])
    return rows[owner], begin, finish
