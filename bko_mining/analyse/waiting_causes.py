"""Why work waits: every wait split exactly into batching, prioritisation, contention, unavailability and extraneous.

After Lashkevich, Milani, Chapela-Campa, Suvorau and Dumas (2023), “Why am I waiting? Data-driven analysis of waiting
times in business processes”. From the instant an item was enabled until its start, its resource

- let it gather with others of its batch (*batching*: until the last of the batch was enabled), then
- worked on an item that was enabled earlier (*contention*: the item stood in the queue), or
- worked on an item that was enabled later (*prioritisation*: the item was overtaken), or
- was not on duty (*unavailability*), or
- was on duty and free, and the item waited for something outside the log (*extraneous*).

The five never overlap, are never negative and add up to the wait, to the microsecond.

Two things that a log does not say are read from it. Work that lies half-done over a night keeps nobody busy: the night
is *unavailability*. And while an outside party is waited for, other work and nights go by: of steps whose items are
left alone by free people and overtaken (``analyse.readiness``), the wait is *extraneous* until the item can have been
ready. What leaves no such trace (a delay of constant length, a step seen fewer than twenty times) still reads as
the other causes. ``benchmarks/waits.py --truth`` measures both against logs that know why they waited.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.batches import Batches, find_batches
from bko_mining.analyse.clocks import AnyCalendar, calendar_of, clock_words, elapsed, on_clock, time_words
from bko_mining.analyse.duty import Duty
from bko_mining.analyse.readiness import EDGE, free_time, ready_instants
from bko_mining.analyse.timeline import LaterThan, Pieces, Timeline, timeline
from bko_mining.analyse.times import enabled_instants
from bko_mining.analyse.work_calendars import discover_calendars
from bko_mining.calendars import WorkCalendar
from bko_mining.discover.concurrency import enabling
from bko_mining.errors import LogError
from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.log.grouping import MICROSECOND, NOBODY, Grouping, by_instance
from bko_mining.results import Result
from bko_mining.words import percent, say

CAUSES = ("batching", "prioritisation", "contention", "unavailability", "extraneous")
WORTH_SAYING = 0.005
Instants = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class WaitingCauses(Result):
    """Waiting time by cause.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a group (by default source activity, source resource, target activity, target resource), the longest
        wait first: ``n`` instances, ``n_cases``, ``waiting_time`` and the five causes that add up to it (Timedelta).
    causes : int64[n, 5]
        The split of every instance in microseconds, columns in the order of ``CAUSES``.
    batches : Batches
        The batches found.
    calendars : dict
        The calendar that was used for each resource.
    mean_cycle_time : pandas.Timedelta
        Over all cases.
    n_cases : int
        Cases of the log.
    calendar : WorkCalendar, optional
        Whose working time was measured; calendar time if not given.
    """

    causes: Instants
    batches: Batches
    calendars: dict[str, WorkCalendar]
    mean_cycle_time: pd.Timedelta
    n_cases: int
    calendar: WorkCalendar | None = None

    picture: ClassVar[str] = "waits:plot_waiting_causes"

    @property
    def total(self) -> dict[str, pd.Timedelta]:
        """Waiting time of the whole log by cause."""
        return {name: pd.Timedelta(int(self.causes[:, place].sum()), "us") for place, name in enumerate(CAUSES)}

    @property
    def summary(self) -> str:
        """The headline: how long cases wait, and for what."""
        total = self.total
        everything = sum((wait.total_seconds() for wait in total.values()), 0.0)
        if everything <= 0:
            return say("Nothing waits: every activity starts as soon as it can.")
        ranked = sorted(CAUSES, key=lambda name: -total[name])[:3]
        shares = {name: total[name].total_seconds() / everything for name in ranked}
        reasons = [f"{percent(share)} {cause_words(name)}" for name, share in shares.items() if share >= WORTH_SAYING]
        sentence = say(
            "The activities of a case wait {wait} in all on average: {reasons}.",
            wait=time_words(everything / self.n_cases, self.calendar),
            reasons=", ".join(reasons),
        )
        return f"{sentence} {clock_words(self.calendar)}".rstrip()


def cause_words(name: str) -> str:
    """Say for what a wait of this cause is: in the queue of somebody busy, for somebody who is off duty, …"""
    return say(_FOR[name])


_FOR = {
    "batching": "because items are gathered into batches",
    "prioritisation": "because other items are served first",
    "contention": "in the queue of somebody busy",
    "unavailability": "for somebody who is off duty",
    "extraneous": "for something the log does not show",
}


def waiting_causes(
    log: EventLog,
    *,
    calendars: Mapping[str, WorkCalendar] | None = None,
    by: str | None = None,
    external: Collection[str] = (),
    calendar: AnyCalendar = None,
) -> WaitingCauses:
    """Split every wait by its cause.

    Parameters
    ----------
    log : EventLog
        The log; needs starts and resources. Waits of instances without a resource are extraneous.
    calendars : mapping, optional
        Resource -> ``WorkCalendar``; discovered from the log where not given (``discover_calendars``).
    by : str, optional
        ``activity``, ``transition``, ``resource``, ``role``, ``week`` or an attribute; the handover from one resource's
        activity to another's if not given.
    external : collection of str, optional
        Resources outside the office (a supplier, a bank, a portal): what waits for them is extraneous.
    calendar : WorkCalendar or str, optional
        Count only its working time (``"Mon-Fri 08:00-17:00, BR-SP"``, on the clock of the log), whoever is waited for;
        calendar time if not given.

    Returns
    -------
    WaitingCauses
        The table, and the split of every instance.

    Raises
    ------
    LogError
        If the log has no start times or no resources, or none of the name of an external one.
    """
    if not log.has_starts:
        raise LogError("waiting cannot be split by cause: the log has no start times; see log.estimate_start_times()")
    if not log.has_resources:
        raise LogError("waiting cannot be split by cause: the log has no resources")
    unknown = sorted(set(external) - set(log.resources))
    if unknown:
        raise LogError(f"no resource is called {unknown[0]!r}; external= takes names of log.resources")
    rows = enabling(log)
    enabled = enabled_instants(log, rows)
    known = dict(calendars or {})
    if set(log.resources) - set(known):
        known = {**discover_calendars(log).calendars, **known}
    outside = np.isin(log.resource, [log.resources.index(name) for name in external])
    clock = calendar_of(calendar, log.timezone)
    found, causes = _split(log, rows, enabled, Duty(log.resources, known, clock), outside)
    return WaitingCauses(
        table=on_clock(_table(log, causes, by_instance(log, by) if by else _handovers(log, rows)), clock),
        causes=causes,
        batches=found,
        calendars={name: known[name] for name in log.resources},
        mean_cycle_time=pd.Timedelta(int(elapsed(log.case_start, log.case_end, clock).mean()), "us"),
        n_cases=log.n_cases,
        calendar=clock,
    )


def causes_of(log: EventLog, clock: WorkCalendar | None = None) -> Instants | None:
    """The causes of the wait of each instance (int64[n, 5], microseconds); None where the log cannot say them."""
    return waiting_causes(log, calendar=clock).causes if log.has_starts and log.has_resources else None


def _split(
    log: EventLog,
    rows: Instants,
    enabled: Instants,
    duty: Duty,
    outside: NDArray[np.bool_],
) -> tuple[Batches, Instants]:
    begin = log.begin
    work = Pieces.of(log, duty)
    free = free_time(log, work, edge=np.full(len(log.resources), EDGE))
    found = find_batches(log, enabled, free)
    inside = found.batch >= 0
    complete = enabled.copy()
    complete[inside] = np.minimum(found.ready[found.batch[inside]], begin[inside])
    ready = np.where(inside, complete, ready_instants(log, rows, enabled, free, duty, in_batch=inside))
    causes = np.zeros((len(log), len(CAUSES)), np.int64)
    causes[:, 0] = np.where(outside, 0, duty.length(enabled, complete))
    waits = np.flatnonzero((begin > ready) & (log.resource != UNKNOWN) & ~outside)
    overtaken, full, off_duty = _stretches(log, timeline(work, enabled), waits, ready, enabled, found)
    causes[waits, 1] = overtaken
    causes[waits, 2] = full - overtaken
    causes[waits, 3] = off_duty
    causes[:, 4] = duty.length(enabled, begin) - causes[:, :4].sum(axis=1)
    return found, causes


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


def _handovers(log: EventLog, rows: Instants) -> Grouping:
    """From (activity, resource) to (activity, resource), only the pairs that occur."""
    n_resources = len(log.resources) + 1
    resource = np.where(log.resource == UNKNOWN, n_resources - 1, log.resource).astype(np.int64)
    place = log.activity.astype(np.int64) * n_resources + resource
    width = len(log.activities) * n_resources
    some = rows >= 0
    codes = np.full(len(log), -1, np.int64)
    pairs, codes[some] = np.unique(place[rows[some]] * width + place[some], return_inverse=True)
    names = np.array([*log.resources, NOBODY], dtype=object)
    activities = np.array(log.activities, dtype=object)
    source, target = pairs // width, pairs % width
    labels = pd.DataFrame(
        {
            "source_activity": activities[source // n_resources],
            "source_resource": names[source % n_resources],
            "target_activity": activities[target // n_resources],
            "target_resource": names[target % n_resources],
        }
    )
    return Grouping(codes, labels)


def _table(log: EventLog, causes: Instants, group: Grouping) -> pd.DataFrame:
    kept = group.codes >= 0
    codes, size = group.codes[kept], len(group.labels)
    n = np.bincount(codes, minlength=size)
    cases = np.unique(codes * log.n_cases + log.case[kept]) // log.n_cases
    split = {name: _sums(codes, causes[kept, place], size) for place, name in enumerate(CAUSES)}
    wait = np.sum(list(split.values()), axis=0)
    seen = np.flatnonzero(n)
    seen = seen[np.argsort(-wait[seen], kind="stable")]
    return (
        group.labels.iloc[seen]
        .reset_index(drop=True)
        .assign(
            n=n[seen],
            n_cases=np.bincount(cases, minlength=size)[seen],
            waiting_time=wait[seen].astype(MICROSECOND),
            **{name: column[seen].astype(MICROSECOND) for name, column in split.items()},
        )
    )


def _sums(codes: Instants, values: Instants, size: int) -> Instants:
    """Exact integer sums a group (a float sum loses microseconds)."""
    total = np.zeros(size, np.int64)
    np.add.at(total, codes, values)
    return total
