"""Starts for logs that only say when work ended."""

from dataclasses import replace

import numpy as np

from bko_mining.discover.concurrency import concurrency, enabling
from bko_mining.log.event_log import MISSING, UNKNOWN, EventLog, Instants


def with_starts(log: EventLog) -> EventLog:
    """Return the log with a start for every instance and without instances still open.

    A missing start is taken as the later of two ends: of the instance that enabled it and of the previous work of the
    same person (Chapela-Campa and Dumas 2022). Times more than twice the activity's median become that median, because
    the person may have been away; the first of a case without a known predecessor takes the median too.
    """
    done = log.end != MISSING
    if not done.all():
        log = log.take_instances(done, because="instances still open do not tell how long work takes")
    missing = log.start == MISSING
    if not missing.any():
        return log
    start = np.where(missing, _estimated(log, missing), log.start)
    return replace(
        log,
        start=np.minimum(start, log.end),
        starts_estimated=True,
        history=(*log.history, f"{int(missing.sum())} starts estimated from the ends before them"),
    )


def _estimated(log: EventLog, missing: np.ndarray) -> Instants:
    enabler = enabling(log, concurrency(log))
    nothing = np.iinfo(np.int64).min
    enabled = np.where(enabler >= 0, log.end[enabler], nothing)
    latest = np.maximum(np.minimum(enabled, log.end), _previous_of_resource(log, nothing))
    known = latest != nothing
    time = np.where(known, log.end - np.where(known, latest, 0), 0)
    for activity in range(len(log.activities)):
        mine = missing & (log.activity == activity)
        seen = mine & known
        median = np.median(time[seen]) if seen.any() else 0
        time[mine & (~known | (time > 2 * median))] = median
    return np.asarray(log.end - time)


def _previous_of_resource(log: EventLog, nothing: int) -> Instants:
    """End of the previous work of the same person."""
    order = np.lexsort((log.end, log.resource))
    previous = np.full(len(log), nothing, np.int64)
    same = (np.diff(log.resource[order]) == 0) & (log.resource[order][1:] != UNKNOWN)
    previous[order[1:][same]] = log.end[order[:-1][same]]
    return previous
