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

from bko_mining.analyse.batches import Batches
from bko_mining.analyse.beliefs import Beliefs
from bko_mining.analyse.clocks import AnyCalendar, calendar_of, clock_words, elapsed, on_clock, time_words
from bko_mining.analyse.duty import Duty
from bko_mining.analyse.readiness import Items
from bko_mining.analyse.splitting import split_waits
from bko_mining.analyse.times import enabled_instants
from bko_mining.analyse.work_calendars import discover_calendars
from bko_mining.calendars import WorkCalendar
from bko_mining.discover.concurrency import concurrency, enabling
from bko_mining.errors import LogError
from bko_mining.log.end_to_end import end_to_end
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
    beliefs : Beliefs
        What the split rests on: hours, who batches, which steps wait for the outside, what runs side by side.
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
    beliefs: Beliefs
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
    beliefs: Beliefs | None = None,
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
    beliefs : Beliefs, optional
        What is believed of the office, where the log alone is not to be judge of it (``shared_beliefs``).

    Returns
    -------
    WaitingCauses
        The table, the split of every instance, and the beliefs it rests on.

    Raises
    ------
    LogError
        If the log has no start times or no resources, or none of the name of an external one.
    """
    _check(log)
    unknown = sorted(set(external) - set(log.resources))
    if unknown:
        raise LogError(f"no resource is called {unknown[0]!r}; external= takes names of log.resources")
    side_by_side = beliefs.concurrency.among(log.activities) if beliefs else concurrency(log)
    rows = enabling(log, side_by_side) if beliefs else enabling(log)
    enabled = enabled_instants(log, rows)
    known = {**(beliefs.calendars if beliefs else {}), **(calendars or {})}
    if set(log.resources) - set(known):
        known = {**discover_calendars(log).calendars, **known}
    outside = np.isin(log.resource, [log.resources.index(name) for name in external])
    clock = calendar_of(calendar, log.timezone)
    habits = beliefs.habits_of(log) if beliefs else None
    split = split_waits(Items(log, rows, enabled), Duty(log.resources, known, clock), outside, habits)
    return WaitingCauses(
        table=on_clock(_table(log, split.causes, by_instance(log, by) if by else _handovers(log, rows)), clock),
        causes=split.causes,
        batches=split.batches,
        calendars={name: known[name] for name in log.resources},
        beliefs=beliefs or Beliefs.of(log, side_by_side, known, split.habits),
        mean_cycle_time=pd.Timedelta(int(elapsed(log.case_start, log.case_end, clock).mean()), "us"),
        n_cases=log.n_cases,
        calendar=clock,
    )


def _check(log: EventLog) -> None:
    if not log.has_starts:
        raise LogError("waiting cannot be split by cause: the log has no start times; see log.estimate_start_times()")
    if not log.has_resources:
        raise LogError("waiting cannot be split by cause: the log has no resources")


def shared_beliefs(one: EventLog, other: EventLog) -> Beliefs:
    """Judge from two logs together what their causes of waiting rest on, so that they can be held against each other.

    Judged apart, two logs of one office may differ in what little evidence makes of it: with few waits at a step one
    log may read as a batch, or as off duty, what the other reads as waiting for an outside party. Each log brings its
    own evidence; the two are laid end to end (``log.end_to_end``), so nobody seems to do the work of both at once.
    Hours are judged together too: what really changed between the logs shows in the waits, not in the beliefs.

    Parameters
    ----------
    one, other : EventLog
        Two logs of the process; both need starts and resources.

    Raises
    ------
    LogError
        If a log has no start times or no resources.

    Examples
    --------
    >>> import bko_mining as bko
    >>> log = bko.read_log("sample_logs/accounts_payable.csv", timezone="America/Sao_Paulo")
    >>> early, late = log.started_in(None, "2026-05-18"), log.started_in("2026-05-18", None)
    >>> beliefs = bko.shared_beliefs(early, late)
    >>> bko.waiting_causes(early, beliefs=beliefs).beliefs is beliefs
    True
    """
    for log in (one, other):
        _check(log)
    return waiting_causes(end_to_end(one, other)).beliefs


def causes_of(log: EventLog, clock: WorkCalendar | None = None) -> Instants | None:
    """The causes of the wait of each instance (int64[n, 5], microseconds); None where the log cannot say them."""
    return waiting_causes(log, calendar=clock).causes if log.has_starts and log.has_resources else None


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
