"""When items were ready to be worked on: waits for outside parties told from queues.

A log does not show that an answer of a supplier was awaited. But somebody who is on duty and free, and leaves an item
alone, shows that it was not ready; and somebody who takes what is ready in turn shows it of each item that was enabled
earlier than one taken before it. A step of the process is believed to wait for the outside if people leave its items
alone *and* take later ones first: a queue that moves slowly, because its people also do things outside the log, keeps
its order, and where some items are more urgent nobody is free meanwhile.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bko_mining.analyse.duty import Duty
from bko_mining.analyse.timeline import Pieces
from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.log.grouping import ordered_keys

Instants = NDArray[np.int64]
MINUTE = 60_000_000
DAY = 86_400_000_000
SAME_DAY = 10 * 60 * MINUTE
HOUR = 60 * MINUTE
JUST = 0.02
"""How exactly a delay is always the same."""
FEW = 50
"""One wait in so many may be shorter than a delay that is always the same."""
LEFT = 0.2
"""Share of waits that a timer must end, and during which somebody must have been free."""
SHORTEST = 10 * MINUTE
"""A stretch without work that is more than a breath between two items."""
EDGE = 30 * MINUTE
"""Hours found in a log are known to the half-hour: around openings and closings nobody counts as free."""
OUT_OF_TURN = 0.1
"""Share of waits overtaken by something enabled later, above which order says nothing of what was ready."""
RARELY = 0.05
"""How likely a run of days without work must be by chance, not to be an absence."""
ENOUGH = 20
"""Waits from which an activity can be judged."""
FEWEST = 5
"""Waits during which somebody must have been free."""
OFTEN = 0.03
"""Share of waits during which somebody was free, from which the outside is suspected."""
OVERTAKEN = 0.2
"""Share of those that must also have been overtaken by something enabled later."""


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """The instances of a log, and when and by the end of which row each was enabled."""

    log: EventLog
    rows: Instants
    enabled: Instants

    @property
    def n_steps(self) -> int:
        """Steps there could be: from each activity, or from nothing, to each activity."""
        return (len(self.log.activities) + 1) * len(self.log.activities)

    @property
    def step(self) -> Instants:
        """The step of each instance: from the activity that enabled it to its own."""
        source = np.where(self.rows >= 0, self.log.activity[self.rows], -1).astype(np.int64)
        return (source + 1) * len(self.log.activities) + self.log.activity


@dataclass(frozen=True, slots=True, eq=False)
class Outside:
    """Steps that wait for an outside party (bool[n_steps]), and those for a time that is always the same (0: none)."""

    steps: NDArray[np.bool_]
    timers: Instants


@dataclass(frozen=True, slots=True, eq=False)
class FreeTime:
    """Stretches on duty without work, ascending by resource and time."""

    resource: Instants
    start: Instants
    end: Instants

    def last_before(self, resource: Instants, instants: Instants) -> Instants:
        """The last instant before each one at which its resource was free; the smallest number where there is none."""
        lowest = np.iinfo(np.int64).min
        if not len(self.start):
            return np.full(len(instants), lowest)
        starts, asked = ordered_keys((self.resource, self.start), (resource, instants))
        order = np.searchsorted(starts, asked) - 1
        at = np.maximum(order, 0)
        found = (order >= 0) & (self.resource[at] == resource)
        return np.where(found, np.minimum(self.end[at], instants), lowest)


def free_time(log: EventLog, work: Pieces, *, edge: NDArray[np.int64]) -> FreeTime:
    """Find when each resource was on duty with nothing in work, between its first and last instance.

    Parameters
    ----------
    log : EventLog
        The log.
    work : Pieces
        What each resource did when.
    edge : int64[n_resources]
        Around openings and closings this long nobody counts as free (microseconds).
    """
    parts = []
    known = np.flatnonzero(log.resource != UNKNOWN)
    seen = np.concatenate([log.begin[known], log.finish[known]])
    marks = seen[np.lexsort((seen, np.tile(log.resource[known], 2)))]
    lives = np.concatenate([[0], np.cumsum(2 * np.bincount(log.resource[known], minlength=len(log.resources)))])
    bounds = np.searchsorted(work.resource, np.arange(len(log.resources) + 1))
    for code in np.flatnonzero(np.diff(lives)).tolist():
        mine, life = slice(bounds[code], bounds[code + 1]), marks[lives[code] : lives[code + 1]]
        if life[0] < life[-1]:
            hours = work.duty.openings(code, int(life[0]), int(life[-1]))
            open_from, open_to = hours[_is_present(hours, life)].T
            parts.append(_without(open_from + edge[code], open_to - edge[code], work.start[mine], work.end[mine], code))
    return FreeTime(*(np.hstack(parts) if parts else np.zeros((3, 0), np.int64)))


def _is_present(hours: Instants, seen: Instants) -> NDArray[np.bool_]:
    """Whether somebody is there in each of their opening hours, seen at work on that day or not.

    Somebody on holiday is not free. But who is needed on some days only may be there on the others: days without work
    are an absence where so many in a row would be rare for somebody who is seen so often.
    """
    first = np.searchsorted(seen, hours[:, 0] - SAME_DAY, "left")
    at_work = first < np.searchsorted(seen, hours[:, 1] + SAME_DAY, "right")
    if not len(hours):
        return at_work
    day, of_day = np.unique(hours[:, 0] // DAY, return_inverse=True)
    worked = np.bincount(of_day, weights=at_work, minlength=len(day)) > 0
    idle_days = 1 - float(worked.mean())
    run = np.concatenate([[0], np.cumsum(np.diff(worked.astype(np.int8)) != 0)])
    usual = idle_days ** np.bincount(run)[run] >= RARELY
    return np.asarray(at_work | (usual & ~worked)[of_day])


def _without(open_from: Instants, open_to: Instants, start: Instants, end: Instants, code: int) -> Instants:
    """What is left of openings without the work: resource, start, end."""
    some = open_to > open_from
    at = np.concatenate([open_from[some], open_to[some], start, end])
    step = np.concatenate([np.ones(some.sum()), -np.ones(some.sum()), -np.ones(len(start)), np.ones(len(end))])
    order = np.argsort(at, kind="stable")
    at, level = at[order], np.cumsum(step[order])
    left = np.flatnonzero((level[:-1] > 0) & (at[1:] - at[:-1] > 0))
    # Cuts between stretches that touch are seams, not ends.
    seam = np.zeros(len(left), bool)
    seam[1:] = at[left[1:]] == at[left[:-1] + 1]
    head = np.flatnonzero(~seam)
    tail = np.append(head[1:], len(left))[: len(head)] - 1
    begin, finish = at[left[head]], at[left[tail] + 1]
    long = finish - begin >= SHORTEST
    return np.stack([np.full(int(long.sum()), code), begin[long], finish[long]])


def ready_instants(
    items: Items, free: FreeTime, duty: Duty, *, in_batch: NDArray[np.bool_], known: Outside | None = None
) -> tuple[Instants, Outside]:
    """When each instance was ready to be worked on: when it was enabled, or later if it waited for the outside.

    Parameters
    ----------
    items : Items
        The log, and when its instances were enabled.
    free : FreeTime
        When its resources were free.
    duty : Duty
        When they are on duty.
    in_batch : bool[n]
        Instances that waited for others of their batch, which explains why they were left alone.
    known : Outside, optional
        Steps known to wait for the outside; judged from the log if not given.

    Returns
    -------
    int64[n], Outside
        When each was ready, and the steps believed to wait for the outside.
    """
    log, enabled = items.log, items.enabled
    order = np.flatnonzero((log.resource != UNKNOWN) & ~in_batch)
    order = order[np.lexsort((enabled[order], log.begin[order], log.resource[order]))]
    resource, since, begin = log.resource[order].astype(np.int64), enabled[order], log.begin[order]
    passed_over = np.maximum(free.last_before(resource, begin), since)
    step = items.step[order]
    if known is None:
        overtaken = _running_maximum(since, resource) > since
        found = _outside(step, begin > since, passed_over > since, overtaken, size=items.n_steps)
        known = Outside(found, _timers(step, begin - since, resource, since, free, size=items.n_steps))
    is_out, timer = known.steps[step], known.timers[step]
    # In turn: an item was ready no earlier than any that its resource took before it.
    in_turn = _keeps_order(resource, since, waits=~is_out & (begin > since), size=len(log.resources))[resource]
    floor = np.where(in_turn, _running_maximum(np.where(is_out, passed_over, since), resource), passed_over)
    ready = enabled.copy()
    out = np.flatnonzero(is_out)
    since, until = np.minimum(floor, begin)[out], begin[out]
    # Of what is taken in turn the one before tells when it was ready. Else it became so at any instant since it was
    # last left alone, before the doors opened, after which it stood in the queue: halfway, for all that is known.
    opened = duty.last_opening(resource[out], until)
    before = np.where(opened > since, np.minimum(opened, until), until)
    told = (floor > passed_over)[out] & (duty.working_time(resource[out], since, until) > 2 * EDGE)
    ready[order[out]] = np.where(told | (since <= enabled[order[out]]), since, since + (before - since) // 2)
    ready[order] = np.where(timer > 0, np.minimum(enabled[order] + timer, begin), ready[order])
    return ready, known


def _timers(
    step: Instants, wait: Instants, resource: Instants, since: Instants, free: FreeTime, *, size: int
) -> Instants:
    """The delay of each step that is always the same, 0 where there is none.

    Nothing is begun earlier, though people are free; and much of it right then, when they are.
    """
    order = np.lexsort((wait, step))
    first = np.searchsorted(step[order], np.arange(size))
    n = np.bincount(step, minlength=size)
    least = np.zeros(size, np.int64)
    enough = np.flatnonzero(n >= ENOUGH)
    least[enough] = wait[order[first[enough] + n[enough] // FEW]]
    free_before = free.last_before(resource, since + least[step]) > since
    at_once = (wait >= (1 - JUST) * least[step]) & (wait <= (1 + JUST) * least[step])
    n_free, n_at_once = (np.bincount(step, weights=told, minlength=size) for told in (free_before, at_once))
    kept = (least >= HOUR) & (n_free >= LEFT * n) & (n_at_once >= LEFT * n)
    return np.where(kept, least, 0)


def _keeps_order(resource: Instants, since: Instants, *, waits: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Whether each resource takes what waits for it in turn, of what was ready when it was enabled."""
    overtaken = np.zeros(len(since), bool)
    rows = np.flatnonzero(waits)
    overtaken[rows] = _running_maximum(since[rows], resource[rows]) > since[rows]
    n, out_of_turn = (np.bincount(resource, weights=told, minlength=size) for told in (waits, overtaken))
    return np.asarray(out_of_turn <= OUT_OF_TURN * np.maximum(n, 1))


def _running_maximum(values: Instants, group: Instants) -> Instants:
    """The largest value so far within each group of consecutive entries."""
    if not len(values):
        return values
    distinct, rank = np.unique(values, return_inverse=True)
    return np.asarray(distinct[np.maximum.accumulate(rank + group * len(distinct)) - group * len(distinct)])


def _outside(
    step: Instants,
    waits: NDArray[np.bool_],
    left_alone: NDArray[np.bool_],
    overtaken: NDArray[np.bool_],
    *,
    size: int,
) -> NDArray[np.bool_]:
    """Whether each step (from one activity to the next) is believed to wait for the outside."""
    n, n_left, n_both = (
        np.bincount(step, weights=told, minlength=size) for told in (waits, left_alone, left_alone & overtaken)
    )
    often = (n >= ENOUGH) & (n_both >= np.maximum(OFTEN * n, FEWEST))
    return np.asarray(often & (n_both >= OVERTAKEN * n_left))
