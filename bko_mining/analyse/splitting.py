"""A wait taken apart: what its resource did, and was, from the instant an item was ready to its start."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bko_mining.analyse.batches import Batches, find_batches
from bko_mining.analyse.duty import Duty
from bko_mining.analyse.readiness import EDGE, Items, Outside, free_time, ready_instants
from bko_mining.analyse.timeline import LaterThan, Pieces, Timeline, timeline
from bko_mining.log.event_log import UNKNOWN, EventLog

Instants = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Habits:
    """How the people of a log work, by code.

    Attributes
    ----------
    batching, timed : bool[n_resources * n_activities]
        Who does which activity in batches, and who of them at an hour of its own.
    outside : Outside
        Which steps wait for the outside, and which for a time that is always the same (``readiness.Items.step``).
    at_once : int64[n_resources]
        How many items each does at the same time.
    """

    batching: Flags
    timed: Flags
    outside: Outside
    at_once: Instants


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The five causes of each wait (int64[n, 5], microseconds), the batches, and the habits they rest on."""

    causes: Instants
    batches: Batches
    habits: Habits


def split_waits(items: Items, duty: Duty, external: Flags, known: Habits | None = None) -> Split:
    """Take every wait apart.

    Parameters
    ----------
    items : Items
        The log, and when its instances were enabled.
    duty : Duty
        When its resources are on duty.
    external : bool[n]
        Instances done outside the office: what waits for them is extraneous.
    known : Habits, optional
        How people work; judged from the log if not given.
    """
    log, enabled, begin = items.log, items.enabled, items.log.begin
    work = Pieces.of(log, duty)
    free = free_time(log, work, edge=np.full(len(log.resources), EDGE))
    found = find_batches(log, enabled, free, duty, known=(known.batching, known.timed) if known else None)
    inside = found.batch >= 0
    complete = enabled.copy()
    complete[inside] = np.minimum(found.ready[found.batch[inside]], begin[inside])
    ready, steps = ready_instants(items, free, duty, in_batch=inside, known=known.outside if known else None)
    ready = np.where(inside, complete, ready)
    causes = np.zeros((len(log), 5), np.int64)
    causes[:, 0] = np.where(external, 0, duty.length(enabled, complete))
    waits = np.flatnonzero((begin > ready) & (log.resource != UNKNOWN) & ~external)
    full = timeline(work, enabled, n_resources=len(log.resources), at_once=known.at_once if known else None)
    overtaken, busy, off_duty = _stretches(log, full, waits, ready, enabled, found)
    causes[waits, 1] = overtaken
    causes[waits, 2] = busy - overtaken
    causes[waits, 3] = off_duty
    causes[:, 4] = duty.length(enabled, begin) - causes[:, :4].sum(axis=1)
    return Split(causes, found, Habits(found.believed, found.timed, steps, full.at_once))


def _stretches(
    log: EventLog,
    busy: Timeline,
    waits: Instants,
    ready: Instants,
    enabled: Instants,
    found: Batches,
) -> tuple[Instants, Instants, Instants]:
    """Of each wait: how long the resource was full with later items, full at all, and neither full nor on duty."""
    resource = log.resource[waits].astype(np.int64)
    start, end = ready[waits], log.begin[waits]
    duty, on_duty = busy.duty, busy.duty.working_time
    length = duty.length(busy.start, busy.end)
    closed = length - on_duty(busy.resource, busy.start, busy.end)
    first, last = busy.span(resource, start, end)
    # The stretch begins inside its first segment and may end inside its last one.
    head, tail = _ends(busy, first, last, start, end)
    totals = [np.concatenate([[0], np.cumsum(column)]) for column in (length, closed)]
    full, full_closed = (total[np.maximum(last, first)] - total[first] for total in totals)
    later = LaterThan.of(busy.latest, length)
    overtaken = later.sums(first, last, ready[waits])
    overtaken += _mates(log, busy, waits, enabled, found, later)
    for place, cut_from, cut_to in (head, tail):
        cut = duty.length(cut_from, cut_to)
        some = cut > 0
        full -= cut
        cut_closed = np.zeros(len(waits), np.int64)
        at = place[some]
        cut_closed[some] = cut[some] - on_duty(resource[some], cut_from[some], cut_to[some])
        full_closed -= cut_closed
        overtaken[some] -= np.where(busy.latest[at] > ready[waits][some], cut[some], 0)
    off = duty.length(start, end) - on_duty(resource, start, end) - full_closed
    return overtaken, full, off


def _ends(
    busy: Timeline, first: Instants, last: Instants, start: Instants, end: Instants
) -> tuple[tuple[Instants, Instants, Instants], tuple[Instants, Instants, Instants]]:
    """The parts of the first and last segment that lie outside the stretch: which segment, from, to."""
    some = first < last
    head_at = np.where(some, first, 0)
    tail_at = np.where(some, last - 1, 0)
    if not len(busy.start):
        nothing = np.zeros(len(first), np.int64)
        return (nothing, nothing, nothing), (nothing, nothing, nothing)
    head = (head_at, np.where(some, busy.start[head_at], 0), np.where(some, np.maximum(busy.start[head_at], start), 0))
    tail = (tail_at, np.where(some, np.minimum(busy.end[tail_at], end), 0), np.where(some, busy.end[tail_at], 0))
    return head, tail


def _mates(
    log: EventLog, busy: Timeline, waits: Instants, enabled: Instants, found: Batches, later: LaterThan
) -> Instants:
    """How long items of the same batch that were enabled later were served first (they are no later than the batch)."""
    batch = found.batch[waits]
    overtaken = np.zeros(len(waits), np.int64)
    some = np.flatnonzero(batch >= 0)
    if len(some):
        resource = log.resource[waits[some]].astype(np.int64)
        first, last = busy.span(resource, found.first_start[batch[some]], log.begin[waits[some]])
        ready = found.ready[batch[some]]
        since = enabled[waits[some]]
        among = later.sums(first, last, since) - later.sums(first, last, ready)
        # An instance without length begins inside a segment: what lies outside its stretch does not count.
        for place, cut_from, cut_to in _ends(busy, first, last, found.first_start[batch[some]], log.begin[waits[some]]):
            if len(busy.start):
                counted = (busy.latest[place] > since) & (busy.latest[place] <= ready)
                among -= np.where(counted, busy.duty.length(cut_from, np.maximum(cut_to, cut_from)), 0)
        overtaken[some] = among
    return overtaken
