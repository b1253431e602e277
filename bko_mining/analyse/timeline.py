"""What each resource was doing at every instant, ready for millions of questions about stretches of it.

The lives of all resources stand end to end in one array of segments, cut at every start and end of an instance. A
segment is *full* if the resource could not take one more item (it does as many at once as it is used to). Sums over
stretches are differences of running totals; sums over the segments of a stretch whose item was enabled after a given
instant come from a wavelet matrix (Claude, Navarro, Ordóñez 2015): one vectorised pass a bit, whatever the stretch.
"""

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from bko_mining.analyse.duty import Duty
from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.log.grouping import ordered_keys

Instants = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """Full segments of all resources, ascending by resource and time.

    Attributes
    ----------
    resource, start, end : int64[m]
        Whose segment it is and from when to when (microseconds UTC).
    latest : int64[m]
        When the item was enabled that was enabled last, of those in work during the segment.
    duty : Duty
        Who is on duty when.
    at_once : int64[n_resources]
        How many items each resource is used to doing at the same time.
    """

    resource: Instants
    start: Instants
    end: Instants
    latest: Instants
    duty: Duty
    at_once: Instants

    def span(self, resource: Instants, start: Instants, end: Instants) -> tuple[Instants, Instants]:
        """First and one past the last segment that overlaps each stretch of a resource's life."""
        starts, ends, since, until = ordered_keys(
            (self.resource, self.start), (self.resource, self.end), (resource, start), (resource, end)
        )
        first, last = np.searchsorted(ends, since, "right"), np.searchsorted(starts, until, "left")
        return first, last


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """What resources did while on duty, ascending by resource and time: row, resource, start and end of each piece."""

    row: Instants
    resource: Instants
    start: Instants
    end: Instants
    duty: Duty

    @classmethod
    def of(cls, log: EventLog, duty: Duty) -> "Pieces":
        """Cut the work of a log where its resource was off duty: what lies half-done over night keeps nobody busy."""
        rows = np.flatnonzero((log.resource != UNKNOWN) & (log.finish > log.begin))
        piece, start, end = duty.pieces(log.resource[rows].astype(np.int64), log.begin[rows], log.finish[rows])
        rows = rows[piece]
        resource = log.resource[rows].astype(np.int64)
        order = np.lexsort((end, start, resource))
        return cls(rows[order], resource[order], start[order], end[order], duty)


def timeline(work: Pieces, enabled: Instants, *, n_resources: int, at_once: Instants | None = None) -> Timeline:
    """Lay out when each resource was full.

    Parameters
    ----------
    work : Pieces
        What each resource did when.
    enabled : int64[n]
        When each instance was enabled.
    n_resources : int
        How many resources there are.
    at_once : int64[n_resources], optional
        How many items each is used to doing at the same time, who can take one more while doing fewer; as the work
        shows if not given.
    """
    rows, resource, start, end, key = work.row, work.resource, work.start, work.end, enabled[work.row]
    overlapping = np.zeros(len(rows), bool)
    if len(rows) > 1:
        overlapping[1:] = (start[1:] < end[:-1]) & (resource[1:] == resource[:-1])
    limits = np.ones(n_resources, np.int64) if at_once is None else at_once
    pieces = []
    for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(resource)) + 1):
        if not len(part):
            continue
        who = int(resource[part[0]])
        cut = np.stack([start[part], end[part], key[part]])
        if overlapping[part].any() or limits[who] > 1:
            cut, limits[who] = _cut(*cut, limit=None if at_once is None else int(limits[who]))
        pieces.append(np.vstack([np.full(cut.shape[1], who), cut]))
    owner, begin, finish, latest = np.hstack(pieces) if pieces else np.zeros((4, 0), np.int64)
    return Timeline(owner, begin, finish, latest, work.duty, limits)


def _cut(start: Instants, end: Instants, key: Instants, *, limit: int | None) -> tuple[Instants, int]:
    """Full segments of one resource who does several things at once (starts, ends, latest enablings), and how many."""
    events = np.unique(np.concatenate([start, end]))
    begun = np.searchsorted(start, events, "right")
    done = np.searchsorted(np.sort(end), events, "right")
    n_now = (begun - done)[:-1]
    if limit is None:
        limit = 1 if _interrupted(start, end) else _limit(n_now, np.diff(events))
    full = n_now >= limit
    return np.stack([events[:-1][full], events[1:][full], _latest(events[:-1], start, end, key)[full]]), limit


OVERLAPS = 20
"""Overlaps from which interrupted work can be told from several things at once."""
NESTED = 0.95
"""Share of overlaps in which the later item ends first, from which the earlier one was put down meanwhile."""


def _interrupted(start: Instants, end: Instants) -> bool:
    """Whether somebody who seems to do several things at once puts one down for the next, and takes it up again."""
    later = start[1:] > start[:-1]
    latest_end = np.maximum.accumulate(end)[:-1]
    overlaps = later & (start[1:] < latest_end)
    return bool(overlaps.sum() >= OVERLAPS and (end[1:] <= latest_end)[overlaps].mean() >= NESTED)


def _limit(n_now: Instants, length: Instants) -> int:
    """How many items somebody takes at once: the most that are in work for a tenth of the busy time."""
    busy = np.bincount(n_now, weights=length.astype(float))
    busy[0] = 0
    beyond = np.cumsum(busy[::-1])[::-1]
    return max(1, int(np.flatnonzero(beyond >= 0.1 * busy.sum())[-1])) if busy.sum() else 1


def _latest(events: Instants, start: Instants, end: Instants, key: Instants) -> Instants:
    """The latest enabling among the items in work from each event on."""
    latest = np.full(len(events), np.iinfo(np.int64).min)
    heap: list[tuple[int, int]] = []
    begun = 0
    for place, now in enumerate(events.tolist()):
        while begun < len(start) and start[begun] <= now:
            heappush(heap, (-int(key[begun]), int(end[begun])))
            begun += 1
        while heap and heap[0][1] <= now:
            heappop(heap)
        if heap:
            latest[place] = -heap[0][0]
    return latest


@dataclass(frozen=True, slots=True, eq=False)
class LaterThan:
    """Sums of weights over stretches of an array, of the entries whose value is above a bound (a wavelet matrix)."""

    levels: tuple[tuple[Instants, Instants], ...]
    leaves: Instants
    values: Instants

    @classmethod
    def of(cls, values: Instants, weights: Instants) -> "LaterThan":
        """Prepare an array of values with their weights."""
        distinct, ranks = np.unique(values, return_inverse=True)
        levels = []
        order = np.arange(len(values))
        for bit in range(max(1, int(len(distinct) - 1).bit_length()) - 1, -1, -1):
            ones = (ranks[order] >> bit) & 1
            levels.append((_running(ones), _running(weights[order] * ones)))
            order = np.concatenate([order[ones == 0], order[ones == 1]])
        return cls(tuple(levels), _running(weights[order]), distinct)

    def sums(self, first: Instants, last: Instants, bound: Instants) -> Instants:
        """Sum of the weights in ``[first, last)`` whose value is above ``bound``, for each triple."""
        rank = np.searchsorted(self.values, bound, "right")
        low, high = first, np.maximum(last, first)
        found = np.zeros(len(first), np.int64)
        for level, (ones, weight_of_ones) in enumerate(self.levels):
            bit = (rank >> (len(self.levels) - 1 - level)) & 1
            n_zeros = len(ones) - 1 - ones[-1]
            # Where the rank asked for has a zero, all entries with a one lie above it.
            found += np.where(bit == 0, weight_of_ones[high] - weight_of_ones[low], 0)
            low = np.where(bit == 1, n_zeros + ones[low], low - ones[low])
            high = np.where(bit == 1, n_zeros + ones[high], high - ones[high])
        found += self.leaves[high] - self.leaves[low]
        return np.where(rank >= len(self.values), 0, found)


def _running(values: Instants) -> Instants:
    return np.concatenate([[0], np.cumsum(values)])
