"""The columns of a simulated log that are made when somebody asks: attributes of cases, and what each wait was for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bko_mining.calendars import WorkCalendar
from bko_mining.log.event_log import UNKNOWN
from bko_mining.simulate.cases import Cases
from bko_mining.simulate.offices import union
from bko_mining.twin.model import Twin

Instants = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What is kept of a run until its other columns are made: its rows by case and instant, as the log has them.

    ``order`` tells which written row stands in each place; ``case`` and ``n_rows`` which case comes next and how long.
    """

    twin: Twin
    cases: Cases
    table: dict[str, NDArray[Any]]
    notes: Mapping[str, Mapping[int, Any]]
    order: NDArray[np.int32]
    case: NDArray[np.int64]
    n_rows: NDArray[np.int64]

    def __call__(self) -> pa.Table:
        """Make them for the rows of the log."""
        rows = self.rows
        return pa.table(self._attributes(rows) | self._waits(rows) | self._queue_ahead(rows) | self._marks(rows))

    @property
    def shown(self) -> Any:
        """The cases that the log shows: all of them, but for background work."""
        logged = np.array([kind.logged for kind in self.twin.all_case_types.values()])
        return slice(None) if logged.all() else logged[self.cases.kind[self.case]]

    @property
    def rows(self) -> Any:
        """The rows that the log shows."""
        shown = self.shown
        return shown if isinstance(shown, slice) else np.repeat(shown, self.n_rows)

    @property
    def places(self) -> NDArray[np.int32]:
        """Where each written row stands."""
        places = np.empty_like(self.order)
        places[self.order] = np.arange(len(places), dtype=np.int32)
        return places

    def noted(self, name: str) -> NDArray[np.int32]:
        """Where the rows stand about which something is noted."""
        return self.places[list(self.notes[name])] if name in self.notes else np.zeros(0, np.int32)

    def _attributes(self, rows: Any) -> dict[str, Any]:
        cases, case = self.cases, np.repeat(self.case, self.n_rows)[rows]
        columns: dict[str, Any] = {}
        if len(cases.kinds) > 1:
            columns["case_type"] = pa.DictionaryArray.from_arrays(pa.array(cases.kind[case]), pa.array(cases.kinds))
        for name, column in cases.columns.items():
            if column.dtype == object:
                codes, values = cases.coded(name)
                columns[name] = pa.DictionaryArray.from_arrays(pa.array(codes[case]), pa.array(values))
            else:
                columns[name] = pa.array(column[case])
        return columns

    def _waits(self, rows: Any) -> dict[str, Any]:
        """Split each wait: delay before it was ready, batch or stock, closed hours of role or bot, the queue proper."""
        table = {name: column[rows] for name, column in self.table.items()}
        queued, ready, start = table["queued"], table["ready"], table["start"]
        waits = {"wait_delay": ready - table["enabled"], "wait_batch": queued - ready}
        closed = np.zeros(len(start), np.int64)
        window = int(queued.min()), int(start.max())
        for theirs, calendars in _hours(self.twin, table["activity"], table["role"]):
            mine = np.flatnonzero(theirs & (start > queued))
            if len(mine):
                since, until = queued[mine], start[mine]
                closed[mine] = until - since - _open_time(calendars, since, until, window)
        if "wait_stock" in self.notes:
            short = np.zeros(len(self.order), np.int64)
            short[self.noted("wait_stock")] = list(self.notes["wait_stock"].values())
            waits["wait_stock"] = short[rows]
            waits["wait_batch"] -= waits["wait_stock"]
        waits |= {"wait_queue": start - queued - closed, "wait_closed": closed}
        return {name: pa.array(wait.view("m8[us]")) for name, wait in waits.items() if wait.any()}

    def _queue_ahead(self, rows: Any) -> dict[str, Any]:
        """Items that waited for the role when one joined its queue: those that came before and had not begun."""
        table, places = self.table, self.places
        role = table["role"][places]
        ahead = np.zeros(len(role), np.int32)
        for code in np.unique(role[role >= 0]):
            mine = places[role == code]
            queued, start = table["queued"][mine], table["start"][mine]
            order = np.argsort(queued, kind="stable")
            in_turn = queued[order]
            if (in_turn[1:] == in_turn[:-1]).any():
                order = np.lexsort((start, queued))  # of those that come at once, who begins first
            came = np.empty(len(mine), np.int64)
            came[order] = np.arange(len(mine))
            begun = np.searchsorted(np.sort(start), queued, "right")
            ahead[mine] = np.where(start > queued, came - begun, 0)
        return {"queue_ahead": pa.array(ahead[rows])} if ahead.any() else {}

    def _marks(self, rows: Any) -> dict[str, Any]:
        columns = {}
        for name in self.notes:
            if name not in ("by_hand", "wait_stock"):
                marked = np.zeros(len(self.order), bool)
                marked[self.noted(name)] = True
                columns[name] = pa.array(marked[rows])
        return columns


def _hours(
    twin: Twin, activity: NDArray[np.int32], role: NDArray[np.int32]
) -> Iterator[tuple[NDArray[np.bool_], set[WorkCalendar]]]:
    """Of each role, and of each bot: which rows are theirs, and the calendars of those who could do them."""
    for code, name in enumerate(twin.roles):
        yield role == code, {twin.calendar_of(member, name) for member in twin.roles[name].names(name)}
    for name, bot in twin.bots.items():
        codes = [code for code, known in enumerate(twin.activities.values()) if known.bot == name]
        yield np.isin(activity, codes) & (role == UNKNOWN), {twin.calendar(bot.calendar)}


def _open_time(calendars: set[WorkCalendar], first: Instants, last: Instants, window: tuple[int, int]) -> Instants:
    """Time between two instants in which one of the calendars is open.

    The window is that of all roles, so that a calendar is spread out once and found again.
    """
    if any(calendar.never_closes for calendar in calendars) or not calendars:
        return last - first
    if len(calendars) == 1:
        return next(iter(calendars)).working_time(first, last)
    tables = [calendar.openings(*window) for calendar in calendars]
    starts, ends = union([(table.starts, table.ends) for table in tables])
    before = np.concatenate([[0], np.cumsum(ends - starts)[:-1]])

    def until(at: Instants) -> Instants:
        i = np.clip(np.searchsorted(starts, at, "right") - 1, 0, None)
        return np.asarray(before[i] + np.clip(np.minimum(at, ends[i]) - starts[i], 0, None))

    return until(last) - until(first)
