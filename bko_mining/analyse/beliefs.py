"""What is believed of an office when its waits are told apart: to be looked at, and shared by two logs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bko_mining.analyse.readiness import Outside
from bko_mining.analyse.splitting import Habits
from bko_mining.calendars import WorkCalendar
from bko_mining.discover.concurrency import Concurrency
from bko_mining.log.event_log import EventLog
from bko_mining.results import Result
from bko_mining.words import duration, number, say

COLUMNS = ["belief", "source_activity", "activity", "resource", "detail"]


@dataclass(frozen=True, slots=True, eq=False)
class Beliefs(Result):
    """What the causes of waiting rest on; in names, so that they hold for any log of the process.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a belief: ``belief`` (``outside``: the step from ``source_activity`` to ``activity`` waits for an
        outside party; ``timer``: it waits for a time that is always the same, ``detail``; ``batching``: ``resource``
        does ``activity`` in batches, ``timed`` if at an hour of its own; ``side by side``: the two activities; ``at
        once``: ``resource`` does several things at the same time, ``detail`` says how many; ``hours``: of
        ``resource``, ``detail`` says which), in this order.
    concurrency : Concurrency
        Which activities run side by side.
    calendars : dict
        Resource -> ``WorkCalendar``.
    batching, timed : frozenset
        Pairs of resource and activity: done in batches, and of them those at an hour of their own.
    outside : frozenset
        Steps from one activity (None where nothing came before) to the next.
    timers : dict
        Steps that wait for the same time in every case -> that time in microseconds.
    at_once : dict
        Resource -> how many items at the same time, where more than one.
    """

    concurrency: Concurrency
    calendars: dict[str, WorkCalendar]
    batching: frozenset[tuple[str, str]]
    timed: frozenset[tuple[str, str]]
    outside: frozenset[tuple[str | None, str]]
    timers: dict[tuple[str | None, str], int]
    at_once: dict[str, int]

    @property
    def summary(self) -> str:
        """How many steps wait for the outside, and who works in batches."""
        return say(
            "{outside} {outside:step|steps} {outside:waits|wait} for an outside party, {batching} "
            "{batching:person works|people work} in batches and {pairs} {pairs:pair|pairs} of activities "
            "{pairs:runs|run} side by side, as far as the log shows.",
            outside=number(len(self.outside | self.timers.keys())),
            batching=number(len({resource for resource, _ in self.batching})),
            pairs=number(int(self.concurrency.pairs.sum()) // 2),
        )

    @classmethod
    def of(
        cls, log: EventLog, concurrency: Concurrency, calendars: Mapping[str, WorkCalendar], habits: Habits
    ) -> "Beliefs":
        """Put names to what was found in a log by code."""
        n = len(log.activities)
        steps = [(source, activity) for source in (None, *log.activities) for activity in log.activities]
        outside = [steps[code] for code in np.flatnonzero(habits.outside.steps).tolist()]
        timers = {
            steps[code]: int(habits.outside.timers[code]) for code in np.flatnonzero(habits.outside.timers).tolist()
        }
        batching, timed = (
            [(log.resources[place // n], log.activities[place % n]) for place in np.flatnonzero(flags).tolist()]
            for flags in (habits.batching, habits.timed)
        )
        at_once = {name: many for name, many in zip(log.resources, habits.at_once.tolist(), strict=True) if many > 1}
        hours = {name: calendars[name] for name in log.resources}
        rows = [
            *(("outside", source or "", activity, "", "") for source, activity in outside),
            *(
                ("timer", source or "", activity, "", duration(time / 1e6))
                for (source, activity), time in timers.items()
            ),
            *(("batching", "", pair[1], pair[0], "timed" if pair in timed else "") for pair in batching),
            *_side_by_side(concurrency),
            *(("at once", "", "", name, str(many)) for name, many in at_once.items()),
            *(("hours", "", "", name, str(calendar)) for name, calendar in hours.items()),
        ]
        table = pd.DataFrame(rows, columns=COLUMNS)
        return cls(
            table, concurrency, hours, frozenset(batching), frozenset(timed), frozenset(outside), timers, at_once
        )

    def habits_of(self, log: EventLog) -> Habits:
        """The beliefs on a log, by its codes; of whom nothing is known nothing is believed."""
        batching, timed = (
            np.array([(name, activity) in told for name in log.resources for activity in log.activities], bool)
            for told in (self.batching, self.timed)
        )
        steps = [(source, activity) for source in (None, *log.activities) for activity in log.activities]
        outside = Outside(
            np.array([step in self.outside for step in steps], bool),
            np.array([self.timers.get(step, 0) for step in steps], np.int64),
        )
        at_once = [self.at_once.get(name, 1) for name in log.resources]
        return Habits(batching, timed, outside, np.array(at_once, np.int64))


def _side_by_side(found: Concurrency) -> Iterator[tuple[str, str, str, str, str]]:
    for one, other in np.argwhere(np.triu(found.pairs, 1)).tolist():
        yield "side by side", found.activities[one], found.activities[other], "", ""
