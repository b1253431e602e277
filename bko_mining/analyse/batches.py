"""Batches: items of one activity that wait for each other and are then done together by one resource.

Instances stand in one batch if the same resource does them at the same time, overlapping, or one straight after the
other, and all of them had been enabled before the first began. Since anybody with a queue also does things straight
after each other, a resource is believed to batch an activity only if most of its instances of it come in batches.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bko_mining.log.event_log import UNKNOWN, EventLog

Instants = NDArray[np.int64]


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
    """

    batch: Instants
    first_start: Instants
    ready: Instants
    size: Instants


def find_batches(log: EventLog, enabled: Instants, *, smallest: int = 2, believed_share: float = 0.6) -> Batches:
    """Find the batches of a log.

    Parameters
    ----------
    log : EventLog
        The log.
    enabled : int64[n]
        When each instance was enabled.
    smallest : int
        Fewest instances of a batch.
    believed_share : float
        Share of a resource's instances of an activity that must come in batches for it to be called batching.
    """
    rows = np.flatnonzero((log.resource != UNKNOWN) & log.follows)
    order = rows[np.lexsort((log.finish[rows], log.begin[rows], log.resource[rows]))]
    group = _runs(log, order, enabled)
    size = np.bincount(group, minlength=1)
    kept = size[group] >= smallest
    pair = log.resource[order].astype(np.int64) * len(log.activities) + log.activity[order]
    share = _share(pair, kept)
    kept &= share[pair] >= believed_share
    batch = np.full(len(log), -1, np.int64)
    numbers, batch_of = np.unique(group[kept], return_inverse=True)
    batch[order[kept]] = batch_of
    first, ready = np.full(len(numbers), np.iinfo(np.int64).max), np.full(len(numbers), np.iinfo(np.int64).min)
    np.minimum.at(first, batch_of, log.begin[order[kept]])
    np.maximum.at(ready, batch_of, enabled[order[kept]])
    return Batches(batch, first, ready, np.bincount(batch_of, minlength=len(numbers)))


def _share(pair: Instants, kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    n = np.bincount(pair)
    return np.asarray(np.bincount(pair, weights=kept, minlength=len(n)) / np.maximum(n, 1))


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
