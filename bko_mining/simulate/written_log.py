"""From the rows of a run to an event log: names, attributes, open cases, and what each wait was for."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bko_mining.calendars import WorkCalendar
from bko_mining.errors import SimulationError
from bko_mining.log.event_log import MISSING, UNKNOWN, EventLog
from bko_mining.simulate.offices import union
from bko_mining.simulate.people import Item
from bko_mining.simulate.ruled import RuledRun

Instants = NDArray[np.int64]


def write_log(run: RuledRun, still: str = "") -> EventLog:
    """Make the log of a run; ``still`` says who stands still in it for good.

    Raises
    ------
    SimulationError
        If nothing was begun.
    """
    for item in _in_hand(run):
        run.records.add(item, MISSING)
    run.forget_luck()
    table = run.records.table()
    if not len(table["case"]):
        raise SimulationError(still or "nothing was begun before the run stopped; give a longer horizon")
    role = _roles(run, table)
    keep = _logged(run, table["case"])
    log = EventLog.from_codes(
        case=table["case"][keep].astype(np.int32),
        case_ids=pa.array(run.cases.ids()),
        activity=table["activity"][keep].astype(np.int32),
        activities=run.activities,
        start=table["start"][keep],
        end=table["end"][keep],
        enabled=table["enabled"][keep],
        resource=table["who"][keep].astype(np.int32),
        resources=[person.name for person in run.people],
        role=role[keep],
        roles=tuple(run.twin.roles),
        attributes=pa.table({"row": np.arange(len(role), dtype=np.int32)[keep]}),
        timezone=run.twin.timezone,
        history=_history(run, still),
    )
    # The other columns are made in the order of the log at once, so that they are never held twice.
    rows = log.attributes["row"].to_numpy()
    attributes = (
        _attributes(run, table["case"][rows])
        | _waits(run, table, role, rows)
        | _queue_ahead(table, role, rows)
        | _notes(run, rows)
    )
    return _with_open_cases(replace(log, attributes=pa.table(attributes)), run)


def _in_hand(run: RuledRun) -> list[Item]:
    """Items that somebody works on when the run stops."""
    held = [item for person in run.people for item in person.hands]
    held += [person.item for person in run.people if person.item is not None and not person.hands]
    return [each for item in held for each in item.mates or [item]]


def _logged(run: RuledRun, case: Instants) -> Any:
    """Rows that are shown: all of them, but for background work."""
    shown = np.array([kind.logged for kind in run.twin.all_case_types.values()])
    return slice(None) if shown.all() else shown[run.cases.kind[case]]


def _roles(run: RuledRun, table: Mapping[str, NDArray[Any]]) -> NDArray[np.int32]:
    codes = {name: i for i, name in enumerate(run.twin.roles)}
    of_activity = [codes.get(activity.role or "", UNKNOWN) for activity in run.twin.activities.values()]
    role: NDArray[np.int32] = np.array(of_activity, np.int32)[table["activity"]]
    for row in run.records.notes.get("by_hand", {}):
        activity = run.twin.activities[run.activities[table["activity"][row]]]
        bot = run.twin.bots[activity.bot or ""]
        role[row] = codes.get(bot.exception_role or "", UNKNOWN)
    return role


def _attributes(run: RuledRun, case: Instants) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if len(run.cases.kinds) > 1:
        kinds = pa.array(run.cases.kinds)
        columns["case_type"] = pa.DictionaryArray.from_arrays(pa.array(run.cases.kind[case]), kinds)
    for name, column in run.cases.columns.items():
        if column.dtype == object:
            columns[name] = pa.array(column).dictionary_encode().take(pa.array(case))
        else:
            columns[name] = pa.array(column[case])
    return columns


def _waits(
    run: RuledRun, table: Mapping[str, NDArray[Any]], role: NDArray[np.int32], rows: NDArray[np.int32]
) -> dict[str, Any]:
    """Split each wait: delay before it was ready, batch or stock, closed hours of role or bot, and the queue proper."""
    queued = table["queued"][rows]
    waits = {"wait_delay": table["ready"][rows] - table["enabled"][rows], "wait_batch": queued - table["ready"][rows]}
    closed = np.zeros(len(rows), np.int64)
    start = table["start"][rows]
    window = int(queued.min()), int(start.max())
    for theirs, calendars in _hours(run, table["activity"][rows], role[rows]):
        mine = np.flatnonzero(theirs & (start > queued))
        if len(mine):
            closed[mine] = start[mine] - queued[mine] - _open_time(calendars, queued[mine], start[mine], window)
    short = run.records.notes.get("wait_stock", {})
    if short:
        of_row = np.zeros(len(run.records), np.int64)
        of_row[list(short)] = list(short.values())
        waits["wait_stock"] = of_row[rows]
        waits["wait_batch"] -= waits["wait_stock"]
    waits |= {"wait_queue": start - queued - closed, "wait_closed": closed}
    return {name: pa.array(wait.view("m8[us]")) for name, wait in waits.items() if wait.any()}


def _queue_ahead(table: Mapping[str, NDArray[Any]], role: NDArray[np.int32], rows: NDArray[np.int32]) -> dict[str, Any]:
    """Items that waited for the same role when an item joined its queue: those that came before and had not begun."""
    ahead = np.zeros(len(table["case"]), np.int32)
    for code in np.unique(role[role >= 0]):
        mine = np.flatnonzero(role == code)
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


def _hours(
    run: RuledRun, activity: NDArray[np.int32], role: NDArray[np.int32]
) -> Iterator[tuple[NDArray[np.bool_], set[WorkCalendar]]]:
    """Of each role, and of each bot: which rows are theirs, and the calendars of those who could do them."""
    twin = run.twin
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


def _notes(run: RuledRun, order: NDArray[np.int32]) -> dict[str, Any]:
    columns = {}
    for name, rows in run.records.notes.items():
        if name not in ("by_hand", "wait_stock"):
            marked = np.zeros(len(run.records), bool)
            marked[list(rows)] = True
            columns[name] = pa.array(marked[order])
    return columns


def _history(run: RuledRun, stands: str) -> tuple[str, ...]:
    seed, replication = run.luck[:2]
    made = f"simulated from {run.twin.name or 'a twin'} (seed {seed}, replication {replication})"
    lost = [f"{n} items of {run.activities[code]!r} were {what}" for (what, code), n in sorted(run.lost.items())]
    still = len(run.arrival) - run.n_finished
    left = stands or (f"{still} cases were still open at the end" if still else "")
    return (made, *lost, *([left] if left else []))


def _with_open_cases(log: EventLog, run: RuledRun) -> EventLog:
    if run.n_finished == len(run.arrival):
        return log
    finished = {name for name, done in zip(run.cases.ids(), run.finished_cases, strict=True) if done}
    is_open = np.array([name not in finished for name in log.case_ids.to_pylist()])
    return replace(log, open_cases=is_open)
