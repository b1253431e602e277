"""What is under way at an instant of a log: where a run can start instead of an empty office."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from bko_mining.discover.concurrency import enabling
from bko_mining.log.event_log import MISSING, UNKNOWN, EventLog
from bko_mining.twin.start_state import InitialState, OpenCase, WorkItem


def start_state(log: EventLog, at: datetime | str | None = None) -> InitialState:
    """Collect the cases that are under way at an instant, with what each waits for or is being worked on.

    A case is under way if it began by then and either goes on later in the log or is marked as open. What it waits for
    is what the log shows to have come next; at the end of the log, where nothing does, what most often follows its
    latest activity.

    Parameters
    ----------
    log : EventLog
        The log.
    at : datetime or str, optional
        Local instant; the end of the log if not given.

    Returns
    -------
    InitialState
        For ``twin.replace(initial_state=…)``: runs then start there.
    """
    instant = log.window[1].to_pydatetime().replace(tzinfo=None) if at is None else _local(at)
    now = _microseconds(log, instant)
    enabler = enabling(log)
    follower = _followers(log)
    cases = []
    for place in np.flatnonzero(_under_way(log, now)).tolist():
        rows = np.arange(log.offsets[place], log.offsets[place + 1])
        items = _items(log, rows, enabler, now, follower)
        if items:
            done = rows[_ended(log, rows, now)]
            done = done[np.argsort(log.end[done], kind="stable")]
            cases.append(
                OpenCase(
                    case_id=str(log.case_ids[place].as_py()),
                    arrived=_wall(log, int(log.begin[rows].min())),
                    history=tuple(log.activities[code] for code in log.activity[done]),
                    by=tuple(log.resources[who] if who != UNKNOWN else None for who in log.resource[done]),
                    items=items,
                )
            )
    return InitialState(at=instant, cases=tuple(cases))


def _local(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def _microseconds(log: EventLog, instant: datetime) -> int:
    return int(instant.replace(tzinfo=ZoneInfo(log.timezone)).timestamp() * 1e6)


def _wall(log: EventLog, instant: int) -> datetime:
    moment: datetime = log.local([instant])[0].to_pydatetime().replace(tzinfo=None)
    return moment


def _under_way(log: EventLog, now: int) -> NDArray[np.bool_]:
    """Cases that began by the instant and are not known to be over."""
    open_cases = np.zeros(log.n_cases, bool) if log.open_cases is None else log.open_cases
    unfinished = np.logical_or.reduceat(log.end == MISSING, log.offsets[:-1])
    return np.asarray((log.case_start <= now) & ((log.case_end > now) | open_cases | unfinished))


def _ended(log: EventLog, rows: NDArray[np.int64], now: int) -> NDArray[np.bool_]:
    return np.asarray((log.end[rows] != MISSING) & (log.end[rows] <= now))


def _followers(log: EventLog) -> dict[int, int]:
    """What most often follows each activity, the end of the case left aside."""
    follows = log.follows
    n = len(log.activities)
    pairs = log.activity[:-1][follows[1:]].astype(np.int64) * n + log.activity[1:][follows[1:]]
    counts = np.bincount(pairs, minlength=n * n).reshape(n, n)
    return {code: int(counts[code].argmax()) for code in range(n) if counts[code].any()}


def _items(
    log: EventLog, rows: NDArray[np.int64], enabler: NDArray[np.int64], now: int, follower: dict[int, int]
) -> tuple[WorkItem, ...]:
    begun = log.begin[rows] <= now
    items = [_being_worked(log, int(row)) for row in rows[begun & ~_ended(log, rows, now)]]
    for row in rows[~begun].tolist():
        before = enabler[row]
        if before >= 0 and log.begin[before] <= now and log.finish[before] <= now:
            enabled = _wall(log, int(log.finish[before]))
            items.append(WorkItem(activity=log.activities[log.activity[row]], enabled=enabled))
    if not items and begun.all():
        last = rows[log.finish[rows].argmax()]
        following = follower.get(int(log.activity[last]))
        if following is not None:
            enabled = _wall(log, int(log.finish[last]))
            items.append(WorkItem(activity=log.activities[following], enabled=enabled))
    return tuple(items)


def _being_worked(log: EventLog, row: int) -> WorkItem:
    who = int(log.resource[row])
    begun = _wall(log, int(log.begin[row]))
    return WorkItem(
        activity=log.activities[log.activity[row]],
        enabled=begun,
        start=begun,
        resource=log.resources[who] if who != UNKNOWN else None,
    )
