"""The figures by which two logs are compared: one value a case, or a week, and how far chance alone moves their level.

Weeks of arrival, not single cases, are drawn in the bootstrap, so that a slow swing within a log widens the interval
instead of passing for a change.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.proportions import people_only
from bko_mining.analyse.rework import previous_occurrence
from bko_mining.analyse.times import HOUR, enabled_instants
from bko_mining.analyse.work_calendars import discover_calendars
from bko_mining.analyse.workload import busy_stretches
from bko_mining.discover.concurrency import Concurrency, concurrency, enabling
from bko_mining.log.event_log import MISSING, UNKNOWN, EventLog
from bko_mining.log.grouping import distinct, weeks

DRAWS = 400
FEW_WEEKS = 5
WEEK = 7 * 24 * HOUR

Floats = NDArray[np.float64]

ASPECTS_OF = {
    "cycle time": ("times", "work"),
    "cycle time of the slowest tenth": ("times",),
    "cases within the target": ("times",),
    "working time": ("work",),
    "waiting time": ("times",),
    "cost of a case": ("work",),
    "steps": ("flow",),
    "reworked cases": ("flow",),
    "handovers in a case": ("flow",),
    "people in a case": ("staffing",),
    "utilisation": ("arrivals", "staffing"),
    "cases that arrive a week": ("arrivals",),
}
"""With what of ``drift`` each figure goes."""


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """One value a case (or a week), the block of each (drawn together in the bootstrap), and what is told of them."""

    values: Floats
    blocks: NDArray[np.int64]
    quantile: float | None = None

    @property
    def level(self) -> float:
        """The mean, or the quantile."""
        return float(self.values.mean() if self.quantile is None else np.quantile(self.values, self.quantile))

    @property
    def free(self) -> int:
        """Degrees of freedom."""
        return int(self.blocks.max())

    def error(self, rng: np.random.Generator) -> float:
        """Standard error by bootstrap of blocks."""
        size = self.free + 1
        weights = rng.multinomial(size, np.full(size, 1 / size), DRAWS)
        if self.quantile is None:
            n, total = np.bincount(self.blocks, minlength=size), np.bincount(self.blocks, self.values, size)
            return float(((weights @ total) / np.maximum(weights @ n, 1)).std())
        order = np.argsort(self.values)
        ordered, block = self.values[order], self.blocks[order]
        levels = np.empty(DRAWS)
        for draw, weight in enumerate(weights):
            reach = np.cumsum(weight[block])
            levels[draw] = ordered[min(int(np.searchsorted(reach, self.quantile * reach[-1])), len(ordered) - 1)]
        return float(levels.std())


def figures(
    log: EventLog, *, target: pd.Timedelta | None, cost_per_hour: float | None, judged: EventLog | None = None
) -> dict[str, Figure]:
    """Every figure that the log can tell, by its name (a key of ``ASPECTS_OF``).

    What runs side by side and who works when is judged from ``judged``: two logs that are to be compared, end to end.
    """
    whole = judged or log
    blocks = _blocks(log)
    found = {}
    for name, values in _of_cases(log, cost_per_hour, concurrency(whole).among(log.activities)):
        found[name] = Figure(values, blocks)
        if name == "cycle time":
            found["cycle time of the slowest tenth"] = Figure(values, blocks, quantile=0.9)
            found |= _within(log, target, blocks)
    return {**found, **_of_weeks(log, whole)}


def _of_cases(log: EventLog, cost_per_hour: float | None, side_by_side: Concurrency) -> Iterator[tuple[str, Floats]]:
    """One value a case of each figure."""
    first = log.offsets[:-1]
    yield "cycle time", (log.case_end - log.case_start) / HOUR
    if log.has_starts:
        wait = (log.begin - enabled_instants(log, enabling(log, side_by_side))).astype(float)
        work = np.where((log.start != MISSING) & (log.end != MISSING), log.finish - log.begin, 0)
        hours = np.add.reduceat(work, first) / HOUR
        yield "working time", hours
        yield "waiting time", np.add.reduceat(wait, first) / HOUR
        if cost_per_hour is not None:
            yield "cost of a case", hours * cost_per_hour
    yield "steps", log.n_instances.astype(float)
    yield "reworked cases", np.logical_or.reduceat(previous_occurrence(log) >= 0, first).astype(float)
    yield from _of_hands(people_only(log))


def _of_hands(log: EventLog) -> Iterator[tuple[str, Floats]]:
    who = log.resource
    if not log.has_resources:
        return
    rows = np.flatnonzero(who != UNKNOWN)
    pairs = distinct(log.case[rows].astype(np.int64) * len(log.resources) + who[rows])
    yield "people in a case", np.bincount(pairs // len(log.resources), minlength=log.n_cases).astype(float)
    handed = log.follows & (who != UNKNOWN)
    handed[1:] &= (who[:-1] != UNKNOWN) & (who[1:] != who[:-1])
    yield "handovers in a case", np.add.reduceat(handed.astype(float), log.offsets[:-1])


def _within(log: EventLog, target: pd.Timedelta | None, blocks: NDArray[np.int64]) -> dict[str, Figure]:
    """Cases that keep the target; a young open one is not judged."""
    if target is None:
        return {}
    is_open = np.zeros(log.n_cases, bool) if log.open_cases is None else log.open_cases
    age = np.where(is_open, int(log.finish.max()), log.case_end) - log.case_start
    kept = age <= target.value // 1000
    judged = ~(kept & is_open)
    return {"cases within the target": Figure(kept[judged].astype(float), blocks[judged])} if judged.any() else {}


def _of_weeks(log: EventLog, judged: EventLog) -> dict[str, Figure]:
    """Arrivals and utilisation of each full week, if there are enough."""
    arrived = np.bincount((log.case_start // WEEK - int(log.case_start.min()) // WEEK).astype(np.int64))
    found = {"cases that arrive a week": arrived[1:-1].astype(float)}
    people = people_only(log)
    if log.has_starts and people.has_resources:
        found["utilisation"] = _utilisation(people, people_only(judged))
    return {name: Figure(values, np.arange(len(values))) for name, values in found.items() if len(values) >= FEW_WEEKS}


def _utilisation(log: EventLog, judged: EventLog) -> Floats:
    """Busy hours against the working hours of those who are there, of each full week."""
    calendars = discover_calendars(judged).calendars
    who, begin, finish = busy_stretches(log)
    edges = np.arange(int(begin.min()) // WEEK, int(finish.max()) // WEEK + 2) * WEEK
    busy, available = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
    at = np.searchsorted(who, np.arange(len(log.resources) + 1))
    for code, name in enumerate(log.resources):
        mine = slice(at[code], at[code + 1])
        if at[code] == at[code + 1] or name not in calendars:
            continue
        first, last = begin[mine].min(), finish[mine].max()
        calendar = calendars[name]
        reach = np.clip(edges, first, last)
        available += calendar.working_time(reach[:-1], reach[1:])
        week, begins, ends = _by_week(begin[mine], finish[mine], edges)
        busy += np.bincount(week, weights=calendar.working_time(begins, ends), minlength=len(busy))
    return (busy / np.maximum(available, 1))[1:-1]


def _by_week(
    begin: NDArray[np.int64], finish: NDArray[np.int64], edges: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cut stretches at the edges of weeks: the week, begin and end of each piece."""
    first, last = (np.searchsorted(edges, at, side="right") - 1 for at in (begin, np.maximum(finish - 1, begin)))
    n = last - first + 1
    piece = np.arange(int(n.sum())) - np.repeat(np.cumsum(n) - n, n)
    week = np.repeat(first, n) + piece
    return week, np.maximum(np.repeat(begin, n), edges[week]), np.minimum(np.repeat(finish, n), edges[week + 1])


def _blocks(log: EventLog) -> NDArray[np.int64]:
    """Weeks of arrival; in short logs thirds of a week, few of which leave much room for chance (t distribution)."""
    codes = weeks(log, log.case_start).codes
    if codes.max() + 1 >= FEW_WEEKS:
        return codes
    thirds = log.case_start // (56 * HOUR)
    return np.asarray(np.unique(thirds, return_inverse=True)[1], np.int64)
