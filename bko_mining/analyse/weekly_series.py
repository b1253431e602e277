"""Weekly series of a log: arrivals, cycle times, working times, people at work, and the paths that cases take."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.change_points import Floats
from bko_mining.analyse.proportions import people_only
from bko_mining.log.event_log import MISSING, UNKNOWN, EventLog
from bko_mining.log.grouping import distinct, weeks

NEARLY_NOTHING = 0.01
"""Share of all cases that weeks at the beginning hold which are not judged."""
MINUTE, MICROHOUR = 60e6, 3.6e9
MOST_PATHS = 20
ENOUGH_TIMES = 5.0
"""Instances of an activity in a week, on average, from which its working time is looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """What is looked at together.

    Attributes
    ----------
    values : float[weeks, n]
        Logarithms of counts and times, shares of paths.
    first : int
        The week of the log with which it begins.
    names : tuple of str
        Of the columns, where there are several.
    """

    values: Floats
    first: int
    names: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True, eq=False)
class WeeklySeries:
    """A log by week.

    Attributes
    ----------
    table : pandas.DataFrame
        The full weeks: ``week``, ``arrivals``, ``times``, ``staffing``.
    mondays : pandas.DatetimeIndex
        All weeks.
    first : int
        The first week that holds more than next to nothing.
    series : dict of str to Series
        By aspect; what the log cannot tell is missing.
    """

    table: pd.DataFrame
    mondays: pd.DatetimeIndex
    first: int
    series: dict[str, Series]


def weekly_series(log: EventLog) -> WeeklySeries:
    """Count, measure and cut: weeks in which the log is not whole are left out of the series."""
    arrival, work = weeks(log, log.case_start), weeks(log, log.begin)
    mondays = pd.DatetimeIndex(pd.date_range(work.labels["week"].min(), work.labels["week"].max(), freq="7D"))
    of_case = mondays.get_indexer(pd.DatetimeIndex(arrival.labels["week"]))[arrival.codes]
    of_row = mondays.get_indexer(pd.DatetimeIndex(work.labels["week"]))[work.codes]
    size = len(mondays)
    cases = np.bincount(of_case, minlength=size)
    # Cases begun and ended in one event take no time; their logarithm must not outweigh all others.
    cycle = (log.case_end - log.case_start).astype(float) + MINUTE
    times = _means(of_case, np.log(cycle / MICROHOUR), size)
    staff = _people(log, of_row, size)
    long = float(np.quantile(cycle, 0.9))
    first = min(max(int(np.searchsorted(np.cumsum(cases), NEARLY_NOTHING * log.n_cases)), 1), max(size - 2, 1))
    closed = min(_weeks_before(log, mondays, float(log.case_end.max()) - long) - 1, int(of_case.max()))
    opened = min(max(_weeks_before(log, mondays, float(log.case_start.min()) + long), first), size)
    judged, manned = slice(first, max(closed, first + 1)), slice(opened, max(closed, opened))
    full = slice(1, size - 1) if size > 2 else slice(0, size)
    table = pd.DataFrame({"week": mondays, "arrivals": cases, "times": np.exp(times), "staffing": staff})[full]
    flow, paths = _flow(log, of_case, cases)
    working, activities = _working_times(log, of_row, size)
    series = {
        "arrivals": Series(np.log1p(cases[judged].astype(float))[:, None], first),
        "times": Series(_filled(times)[judged][:, None], first),
        "work": Series(working[judged], first, activities),
        "staffing": Series(np.log1p(staff[manned])[:, None], opened),
        "flow": Series(flow[judged], first, paths),
    }
    told = {aspect: one for aspect, one in series.items() if one.values.any()}
    return WeeklySeries(table.reset_index(drop=True), mondays, first, told)


def _means(group: NDArray[np.int64], values: Floats, size: int) -> Floats:
    n = np.bincount(group, minlength=size)
    total = np.bincount(group, weights=values, minlength=size)
    return np.asarray(np.divide(total, n, out=np.full(size, np.nan), where=n > 0))


def _filled(values: Floats) -> Floats:
    return np.asarray(pd.Series(values).interpolate(limit_direction="both").fillna(0.0), float)


def _weeks_before(log: EventLog, mondays: pd.DatetimeIndex, instant: float) -> int:
    return int((mondays < log.local([int(instant)]).tz_localize(None)[0]).sum())


def _people(log: EventLog, of_row: NDArray[np.int64], size: int) -> Floats:
    seen = people_only(log)
    known = seen.resource != UNKNOWN
    pairs = distinct(of_row[known].astype(np.int64) * (len(log.resources) + 1) + seen.resource[known])
    return np.asarray(np.bincount(pairs // (len(log.resources) + 1), minlength=size), float)


def _working_times(log: EventLog, of_row: NDArray[np.int64], size: int) -> tuple[Floats, tuple[str, ...]]:
    """Mean logarithm of the working time (hours) of each week, of each frequent activity."""
    found = list(_timed_activities(log, of_row, size))
    values = np.array([weekly for _, weekly in found]).T if found else np.zeros((size, 1))
    return values, tuple(name for name, _ in found) or ("",)


def _timed_activities(log: EventLog, of_row: NDArray[np.int64], size: int) -> Iterator[tuple[str, Floats]]:
    timed = (log.start != MISSING) & (log.end != MISSING)
    time = np.log(((log.finish - log.begin).astype(float) + MINUTE / 60) / MICROHOUR)
    n = np.bincount(log.activity[timed], minlength=len(log.activities))
    for code in np.flatnonzero(n >= ENOUGH_TIMES * size):
        mine = timed & (log.activity == code)
        yield log.activities[code], _filled(_means(of_row[mine], time[mine], size))


def _flow(log: EventLog, of_case: NDArray[np.int64], cases: NDArray[np.int64]) -> tuple[Floats, tuple[str, ...]]:
    """Share of cases of each week that take each of the twenty most variable frequent paths."""
    n, size = len(log.activities), len(cases)
    rows = np.flatnonzero(log.follows)
    path = log.activity[rows - 1].astype(np.int64) * n + log.activity[rows]
    once = distinct(path * log.n_cases + log.case[rows])
    path, case = once // log.n_cases, once % log.n_cases
    count = np.bincount(path, minlength=n * n)
    top = np.argsort(-count * (log.n_cases - np.minimum(count, log.n_cases)), kind="stable")[:MOST_PATHS]
    top = top[count[top] > 0]
    base = np.maximum(cases, 1)
    shares = [np.bincount(of_case[case[path == code]], minlength=size) / base for code in top]
    names = tuple(f"{log.activities[code // n]} → {log.activities[code % n]}" for code in top)
    return (np.array(shares).T if shares else np.zeros((size, 1))), names or ("",)
