"""What is under way at an instant of a log: where a run can start instead of an empty office."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bko_mining.discover.concurrency import enabling
from bko_mining.log.event_log import MISSING, UNKNOWN, EventLog
from bko_mining.twin.arrivals import CASE
from bko_mining.twin.model import Twin
from bko_mining.twin.start_state import InitialState, OpenCase, WorkItem

_TYPE = "case_type"


def start_state(log: EventLog, at: datetime | str | None = None, *, twin: Twin | None = None) -> InitialState:
    """Collect the cases that are under way at an instant, with what each waits for or is being worked on.

    A case is under way if it began by then and either goes on later in the log or is marked as open. What it waits for
    is what the log shows to have come next; at the end of the log, where nothing does, what most often follows its
    latest activity. The type of each case and what it carries (amount, supplier) come with it: conditions, priorities
    and batches then treat it as what it is.

    Parameters
    ----------
    log : EventLog
        The log.
    at : datetime or str, optional
        Local instant; the end of the log if not given.
    twin : Twin, optional
        The twin that will start there. Cases then carry what it knows of, and have the type it gives to cases like
        them (the column ``case_type``, or a type that ``fit_twin`` named after an attribute and its value).

    Returns
    -------
    InitialState
        For ``twin.replace(initial_state=…)``: runs then start there.

    Examples
    --------
    >>> twin = Twin.from_yaml('''
    ... arrivals: [{kind: grid, every: 1 h, calendar: Mon-Fri 09:00-17:00}]
    ... attributes: {vendor: {values: {Acme: 1}}}
    ... roles: {Clerk: {size: 1}}
    ... activities: {Register: {role: Clerk, time: 30 min}}
    ... routing: [Register]
    ... ''')
    >>> from bko_mining.simulate.simulation import simulate
    >>> (case,) = start_state(simulate(twin, n_cases=3), "2026-01-05 10:10", twin=twin).cases
    >>> case.case_id, case.attributes
    ('2', {'vendor': 'Acme'})
    """
    instant = log.window[1].to_pydatetime().replace(tzinfo=None) if at is None else _local(at)
    now = _microseconds(log, instant)
    enabler = enabling(log)
    follower = _followers(log)
    carried = _carried(log, twin)
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
                    **_of_case(carried, place, twin),
                    arrived=_wall(log, int(log.begin[rows].min())),
                    history=tuple(log.activities[code] for code in log.activity[done]),
                    by=tuple(log.resources[who] if who != UNKNOWN else None for who in log.resource[done]),
                    items=items,
                )
            )
    return InitialState(at=instant, cases=tuple(cases))


def _carried(log: EventLog, twin: Twin | None) -> dict[str, list[Any]]:
    """What is the same in all of a case, a value a case: the type and attributes (if a twin asks, those it knows)."""
    firsts = pa.array(log.offsets[:-1])
    names = log.case_attributes
    if twin is not None:
        types = [name for name in names if any(kind.startswith(f"{name} ") for kind in twin.all_case_types)]
        names = tuple(name for name in names if name in (_TYPE, *twin.attributes, *types))
    return {name: log.attributes[name].take(firsts).to_pylist() for name in names}


def _of_case(carried: dict[str, list[Any]], place: int, twin: Twin | None) -> dict[str, Any]:
    found = {name: column[place] for name, column in carried.items()}
    plain = {name: value for name, value in found.items() if isinstance(value, str | int | float) and name != _TYPE}
    kind = found.get(_TYPE)
    if twin is None:
        return {"case_type": str(kind or CASE), "attributes": plain}
    types = list(twin.all_case_types)
    like = [str(kind), *(f"{name} {value}" for name, value in found.items()), CASE, types[0]]
    known = {name: value for name, value in plain.items() if name in twin.attributes}
    return {"case_type": next(name for name in like if name in types), "attributes": known}


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
