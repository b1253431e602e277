"""What of a log adds up over its cases: one pass answers the plain questions, and the answers of chunks merge."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.log.coding import MISSING, UNKNOWN
from bko_mining.log.counting import cases_with, pairs_of, totals, variant_numbers, written_variants
from bko_mining.log.event_log import EventLog

_TABLES = ("activities", "directly_follows", "variants", "resources", "handovers")


@dataclass(frozen=True, slots=True, eq=False)
class LogSummary:
    """What of a log adds up over its cases.

    Attributes
    ----------
    n_cases, n_instances : int
        Totals.
    activities : pandas.DataFrame
        By activity: n (instances), n_cases, n_repeated (instances beyond the first of their case).
    directly_follows : pandas.DataFrame
        By activity and then: n and total_time (from the end of one to the end of the other).
    variants : pandas.DataFrame
        By sequence of activities: n (cases), total_time (sum of cycle times); in order of first appearance, and once
        merged in the order of the alphabet.
    resources : pandas.DataFrame
        By resource: n (instances), n_cases, total_time (sum of processing times, where start and end are known).
    handovers : pandas.DataFrame
        By resource and then: n (consecutive instances of a case), also where both are the same.
    first, last : pandas.Timestamp
        The window, UTC.
    """

    n_cases: int
    n_instances: int
    activities: pd.DataFrame
    directly_follows: pd.DataFrame
    variants: pd.DataFrame
    resources: pd.DataFrame
    handovers: pd.DataFrame
    first: pd.Timestamp
    last: pd.Timestamp

    def merge(self, *others: "LogSummary") -> "LogSummary":
        """Add up the summaries of logs that share no case."""
        parts = (self, *others)
        return LogSummary(
            n_cases=sum(part.n_cases for part in parts),
            n_instances=sum(part.n_instances for part in parts),
            first=min(part.first for part in parts),
            last=max(part.last for part in parts),
            **{name: added([getattr(part, name) for part in parts]) for name in _TABLES},
        )


def summarise(log: EventLog) -> LogSummary:
    """Take of a log what adds up; ``merge`` puts the parts together.

    Examples
    --------
    >>> times = pd.to_datetime(["2026-01-05", "2026-01-06", "2026-01-07"], utc=True)
    >>> log = EventLog.from_frame(pd.DataFrame({"case": [1, 1, 1], "activity": ["A", "A", "B"], "end": times}))
    >>> summarise(log).directly_follows["n"].to_dict()
    {('A', 'A'): 1, ('A', 'B'): 1}
    """
    utc = pd.DatetimeIndex(np.array([log.begin.min(), log.finish.max()]).view("M8[us]"), tz="UTC")
    return LogSummary(
        n_cases=log.n_cases,
        n_instances=len(log),
        activities=activity_counts(log),
        directly_follows=directly_follows(log),
        variants=variant_counts(log),
        resources=resource_use(log),
        handovers=handover_counts(log),
        first=utc[0],
        last=utc[1],
    )


def activity_counts(log: EventLog) -> pd.DataFrame:
    """By activity: n (instances), n_cases, n_repeated (instances beyond the first of their case)."""
    size = len(log.activities)
    n, n_cases = np.bincount(log.activity, minlength=size), cases_with(log, log.activity, size)
    used = np.flatnonzero(n)
    index = pd.Index(_names(log.activities)[used], name="activity")
    columns = {"n": n[used], "n_cases": n_cases[used], "n_repeated": (n - n_cases)[used]}
    return pd.DataFrame(columns, index=index).sort_index()


def directly_follows(log: EventLog) -> pd.DataFrame:
    """By activity and then: n and total_time, from the end of one to the end of the other."""
    size = len(log.activities)
    pairs, finish = pairs_of(log, log.activity, size), log.finish
    n = np.bincount(pairs, minlength=size * size + 1)[:-1]
    total = totals(pairs, np.diff(finish, prepend=finish[:1]), size * size + 1)[:-1]
    used = np.flatnonzero(n)
    index = _of_pairs(used, log.activities, ["activity", "then"])
    return pd.DataFrame({"n": n[used], "total_time": total[used].view("m8[us]")}, index=index).sort_index()


def variant_counts(log: EventLog) -> pd.DataFrame:
    """By sequence of activities, in order of first appearance: n (cases) and total_time (sum of cycle times)."""
    number, first = variant_numbers(log)
    index = pd.Index(pd.arrays.ArrowStringArray(written_variants(log, first)), name="variant")
    total = totals(number, log.case_end - log.case_start, len(first))
    return pd.DataFrame({"n": np.bincount(number), "total_time": total.view("m8[us]")}, index=index)


def resource_use(log: EventLog) -> pd.DataFrame:
    """By resource: n (instances), n_cases and total_time (sum of processing times)."""
    size = len(log.resources)
    # What has no resource is counted beyond the last and left out.
    codes = (
        log.resource if not size or log.resource.min() >= 0 else np.where(log.resource == UNKNOWN, size, log.resource)
    )
    codes = np.zeros(len(log), np.int32) if not size else codes
    n = np.bincount(codes, minlength=size + 1)[:size]
    timed = (log.start != MISSING) & (log.end != MISSING)
    total = totals(codes, np.where(timed, log.end - log.start, 0), size + 1)[:size]
    used = np.flatnonzero(n)
    columns = {"n": n[used], "n_cases": cases_with(log, log.resource, size)[used]}
    columns["total_time"] = total[used].view("m8[us]")
    return pd.DataFrame(columns, index=pd.Index(_names(log.resources)[used], name="resource")).sort_index()


def handover_counts(log: EventLog) -> pd.DataFrame:
    """By resource and then: n consecutive instances of a case, also where both are the same."""
    size = len(log.resources)
    n = np.bincount(pairs_of(log, log.resource, size), minlength=size * size + 1)[: size * size]
    used = np.flatnonzero(n)
    return pd.DataFrame({"n": n[used]}, index=_of_pairs(used, log.resources, ["resource", "then"])).sort_index()


def _names(names: tuple[str, ...]) -> NDArray[Any]:
    return np.array(names, dtype=object)


def _of_pairs(used: NDArray[np.int64], names: tuple[str, ...], headings: list[str]) -> pd.MultiIndex:
    size, texts = max(len(names), 1), _names(names)
    return pd.MultiIndex.from_arrays([texts[used // size], texts[used % size]], names=headings)


def added(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Sum by index, in the order of the index, so that the order of the chunks does not matter."""
    stacked = pd.concat(tables)
    return stacked.groupby(level=list(range(stacked.index.nlevels)), sort=True).sum()
