"""Batches: items of one activity that wait for each other and are then done together by one resource.

Instances stand in one batch if the same resource does them at the same time, overlapping, or one straight after the
other, and all of them had been enabled before the first began. Since anybody with a queue also does things straight
after each other, a resource is believed to batch an activity only if most of its instances of it come in batches. Where
there are enough to judge, items done one after the other must also have been left alone by somebody free while they
gathered, and the batch must clear the desk: what piled up over night, or came back from outside at different times and
is taken in a row, was not waiting for its kind. What is done at an hour of its own (``analyse.appointments``) is a
batch whatever has come together by then.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bko_mining.analyse.appointments import Runs, kept_hours
from bko_mining.analyse.duty import Duty
from bko_mining.analyse.readiness import FreeTime
from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.log.grouping import ordered_keys

Instants = NDArray[np.int64]
ENOUGH = 20
"""Instances in batches from which a pair of resource and activity can be judged."""
BELIEVED = 0.6
"""Share of a resource's instances of an activity that must come in batches for it to be called batching."""
AT_ONCE = 0.5
"""Share of instances that begin after another of the batch has ended, below which they are done at the same time."""
ALL_AT_ONCE = 0.1
"""The same, below which nearly all are done at the same time."""
LEFT_ALONE = 0.5
"""Share of instances that somebody free must have left alone while the batch gathered."""
CLEARED = 0.8
"""How much of what is ready a batch must take."""


@dataclass(frozen=True, slots=True, eq=False)
class Batches:
    """Which instances were done in batches.

    Attributes
    ----------
    batch : int64[n]
        Number of the batch of each instance, -1 for none.
    first_start, ready : int64[n_batches]
        When the first of the batch began and when the last of it had been enabled (microseconds UTC).
    size : int64[n_batches]
        Instances of each batch.
    believed : bool[n_resources * n_activities]
        Who is believed to do which activity in batches (resource by resource).
    timed : bool[n_resources * n_activities]
        Of these, who does them at an hour of their own: until then items wait for the batch, even a single one.
    """

    batch: Instants
    first_start: Instants
    ready: Instants
    size: Instants
    believed: NDArray[np.bool_]
    timed: NDArray[np.bool_]


def find_batches(
    log: EventLog,
    enabled: Instants,
    free: FreeTime,
    duty: Duty,
    *,
    known: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None,
) -> Batches:
    """Find the batches of a log.

    Parameters
    ----------
    log : EventLog
        The log.
    enabled : int64[n]
        When each instance was enabled.
    free : FreeTime
        When its resources were free.
    duty : Duty
        When they are on duty.
    known : pair of bool[n_resources * n_activities], optional
        Who does which activity in batches, and who of them at an hour of its own; judged from the log if not given.
    """
    rows = np.flatnonzero((log.resource != UNKNOWN) & log.follows)
    order = rows[np.lexsort((log.finish[rows], log.begin[rows], log.resource[rows]))]
    group = _runs(log, order, enabled)
    in_run = np.bincount(group, minlength=1)[group] >= 2
    pair = log.resource[order].astype(np.int64) * len(log.activities) + log.activity[order]
    if known is None:
        size = max(1, len(log.resources) * len(log.activities))
        often = _share(pair, in_run, size) >= BELIEVED
        kept = in_run & often[pair]
        found = _numbered(log, order[kept], group[kept], enabled, (often, np.zeros(size, bool)))
        gathers, at_once = _gathers(log, found, enabled, free)
        timed = kept_hours(log, Runs(order, group, pair), enabled, free, duty, at_once=often & at_once)
        known = (often & gathers) | timed, timed
    kept = (in_run & known[0][pair]) | known[1][pair]
    return _numbered(log, order[kept], group[kept], enabled, known)


def _numbered(
    log: EventLog,
    rows: Instants,
    group: Instants,
    enabled: Instants,
    known: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> Batches:
    batch = np.full(len(log), -1, np.int64)
    numbers, batch_of = np.unique(group, return_inverse=True)
    batch[rows] = batch_of
    first, ready = np.full(len(numbers), np.iinfo(np.int64).max), np.full(len(numbers), np.iinfo(np.int64).min)
    np.minimum.at(first, batch_of, log.begin[rows])
    np.maximum.at(ready, batch_of, enabled[rows])
    pair = log.resource[rows].astype(np.int64) * len(log.activities) + log.activity[rows]
    waits_for_its_hour = batch_of[known[1][pair]]
    ready[waits_for_its_hour] = first[waits_for_its_hour]
    return Batches(batch, first, ready, np.bincount(batch_of, minlength=len(numbers)), *known)


def _gathers(
    log: EventLog, found: Batches, enabled: Instants, free: FreeTime
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of each pair: whether its runs may be called batches, or are too few to judge; and whether they begin at once."""
    size = max(1, len(log.resources) * len(log.activities))
    pair = np.where(log.resource == UNKNOWN, 0, log.resource).astype(np.int64) * len(log.activities) + log.activity
    rows = np.flatnonzero(found.batch >= 0)
    if not len(rows):
        return np.ones(size, bool), np.zeros(size, bool)
    batch, whose = found.batch[rows], pair[rows]
    n = np.bincount(whose, minlength=size)
    together = (log.begin[rows] > found.first_start[batch]) & (log.begin[rows] >= _first_end(log, rows, batch))
    apart = np.bincount(whose, weights=together, minlength=size) / np.maximum(n, 1)
    alone = np.maximum(free.last_before(log.resource[rows].astype(np.int64), found.ready[batch]), enabled[rows])
    left_alone = np.bincount(whose, weights=alone > enabled[rows], minlength=size) / np.maximum(n, 1)
    behind = _left_behind(log, found, enabled, pair)
    owner = np.zeros(len(found.size), np.int64)
    owner[batch] = whose
    cleared = 1 - np.bincount(owner, weights=behind, minlength=size) / np.maximum(n, 1)
    gathers = (left_alone >= LEFT_ALONE) & (cleared >= CLEARED)
    return (n < ENOUGH) | (apart < AT_ONCE) | gathers, (n >= ENOUGH) & (apart < ALL_AT_ONCE)


def _first_end(log: EventLog, rows: Instants, batch: Instants) -> Instants:
    first = np.full(int(batch.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, batch, log.finish[rows])
    return np.asarray(first[batch])


def _left_behind(log: EventLog, found: Batches, enabled: Instants, pair: Instants) -> Instants:
    """How many items of the same kind were ready when each batch began, and were left for later."""
    rows = np.flatnonzero((log.resource != UNKNOWN) & log.follows)
    inside = np.flatnonzero(found.batch >= 0)
    owner, later = np.zeros(len(found.size), np.int64), np.zeros(len(found.size), np.int64)
    owner[found.batch[inside]] = pair[inside]
    np.add.at(later, found.batch[inside], log.begin[inside] > found.first_start[found.batch[inside]])
    since, begun, complete, first = ordered_keys(
        (pair[rows], enabled[rows]), (pair[rows], log.begin[rows]), (owner, found.ready), (owner, found.first_start)
    )
    ready = np.searchsorted(np.sort(since), complete, "right")
    taken = np.searchsorted(np.sort(begun), first, "right")
    return np.asarray(np.maximum(ready - taken - later, 0))


def _share(pair: Instants, kept: NDArray[np.bool_], size: int) -> NDArray[np.float64]:
    n = np.bincount(pair, minlength=size)
    return np.asarray(np.bincount(pair, weights=kept, minlength=size) / np.maximum(n, 1))


def _runs(log: EventLog, order: Instants, enabled: Instants) -> Instants:
    """Number the runs of instances that could be batches: same resource and activity, touching, enabled in time."""
    resource, activity = log.resource[order], log.activity[order]
    begin, finish, ready = log.begin[order], log.finish[order], enabled[order]
    touches = np.zeros(len(order), bool)
    if len(order) > 1:
        alike = (resource[1:] == resource[:-1]) & (activity[1:] == activity[:-1])
        touches[1:] = alike & (begin[1:] <= finish[:-1])
    group = np.empty(len(order), np.int64)
    number = -1
    opened = 0
    for place, (joined, at, since) in enumerate(zip(touches.tolist(), begin.tolist(), ready.tolist(), strict=True)):
        if not (joined and since <= opened):
            number, opened = number + 1, at
        group[place] = number
    return group
