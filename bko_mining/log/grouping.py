"""By what a measure is split: activity, transition, resource, role, week or any attribute of the log."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from bko_mining.errors import LogError
from bko_mining.log.event_log import UNKNOWN, EventLog

NOBODY = "–"
"""How a missing resource, role or value is written in a table."""

MICROSECOND = "timedelta64[us]"


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """A code for each row and, for each code, the values that name it in a table.

    Attributes
    ----------
    codes : int64[n]
        The group of each row, -1 where the row belongs to none.
    labels : pandas.DataFrame
        One row a group; its columns name the group.
    """

    codes: NDArray[np.int64]
    labels: pd.DataFrame


def by_instance(log: EventLog, by: str) -> Grouping:
    """Group activity instances by ``activity``, ``transition``, ``resource``, ``role``, ``week`` or an attribute.

    Raises
    ------
    LogError
        If the log has nothing of that name; the message lists what it has.
    """
    if by == "transition":
        return _transitions(log)
    if by == "week":
        return weeks(log, log.begin)
    if by in ("activity", "resource", "role"):
        names = (*_names(log, by), NOBODY)
        codes: NDArray[Any] = getattr(log, by).astype(np.int64)
        codes = np.where(codes == UNKNOWN, len(names) - 1, codes)
        return Grouping(codes, pd.DataFrame({by: list(names)}))
    return _attribute(log, by, slice(None))


def by_case(log: EventLog, by: str) -> Grouping:
    """Group cases by ``week`` of arrival or by an attribute (its first value in the case).

    Raises
    ------
    LogError
        If the log has no such attribute; the message lists those it has.
    """
    if by == "week":
        return weeks(log, log.case_start)
    if by in ("resource", "role", "activity"):
        group = by_instance(log, by)
        return Grouping(group.codes[log.offsets[:-1]], group.labels)
    return _attribute(log, by, log.offsets[:-1])


def weeks(log: EventLog, instants: NDArray[np.int64]) -> Grouping:
    """Group instants by the Monday that begins their week, on the clock of the log."""
    days = pd.Series(log.local(instants).tz_localize(None)).dt.to_period("W-SUN").dt.start_time
    codes, mondays = pd.factorize(days, sort=True)
    return Grouping(codes.astype(np.int64), pd.DataFrame({"week": mondays}))


def distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The distinct values in order, as ``np.unique`` but by sorting: keys that begin with the case are nearly sorted.

    Examples
    --------
    >>> distinct(np.array([3, 1, 3, 2])).tolist()
    [1, 2, 3]
    """
    ordered = np.sort(values, kind="stable")
    return np.asarray(ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)]])


def summarise(values: NDArray[np.int64], group: Grouping, *, name: str) -> pd.DataFrame:
    """Count, total, mean, median and 90th percentile of microseconds in each group that has any.

    Returns
    -------
    pandas.DataFrame
        The columns that name the group, then ``n`` and total, mean, median and 90th percentile (``mean_<name>`` …).
    """
    kept = group.codes >= 0
    codes, values = group.codes[kept], values[kept]
    counts = np.bincount(codes, minlength=len(group.labels))
    firsts = np.cumsum(counts) - counts
    seen = np.flatnonzero(counts)
    ordered = _sorted_within(codes, values, counts)
    total = np.add.reduceat(ordered, firsts[seen]) if len(seen) else np.zeros(0, np.int64)
    table = group.labels.iloc[seen].reset_index(drop=True)
    n = counts[seen]
    return table.assign(
        n=n,
        **{
            f"total_{name}": total.astype(MICROSECOND),
            f"mean_{name}": np.rint(total / np.maximum(n, 1)).astype(np.int64).astype(MICROSECOND),
            f"median_{name}": _quantile(ordered, firsts[seen], n, 0.5),
            f"p90_{name}": _quantile(ordered, firsts[seen], n, 0.9),
        },
    )


def _sorted_within(codes: NDArray[np.int64], values: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Values in the order of their codes, ascending within each."""
    if len(counts) > 2**16:
        return values[np.lexsort((values, codes))]
    # Short codes make the first sort a radix sort; plain sorts of the parts are several times quicker than an argsort.
    ordered = values[np.argsort(codes.astype(np.uint16), kind="stable")]
    stops = np.cumsum(counts)
    for stop, n in zip(stops[counts > 1].tolist(), counts[counts > 1].tolist(), strict=True):
        ordered[stop - n : stop].sort()
    return ordered


def _quantile(
    ordered: NDArray[np.int64], firsts: NDArray[np.int64], n: NDArray[np.int64], q: float
) -> NDArray[np.timedelta64]:
    """Linear interpolation between order statistics (type 7, as numpy and pandas do) in each group."""
    place = (n - 1) * q
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, n - 1)
    below, above = ordered[firsts + low], ordered[firsts + high]
    return np.asarray((below + np.rint((above - below) * (place - low)).astype(np.int64)).astype(MICROSECOND))


def _names(log: EventLog, by: str) -> tuple[str, ...]:
    names = {"activity": log.activities, "resource": log.resources, "role": log.roles}[by]
    if not names:
        raise LogError(f"the log has no {by}; group by one of {', '.join(_choices(log))}")
    return names


def _transitions(log: EventLog) -> Grouping:
    n = len(log.activities)
    previous = np.concatenate([[0], log.activity[:-1]]).astype(np.int64)
    codes = np.where(log.follows, previous * n + log.activity, -1)
    pairs = [(a, b) for a in log.activities for b in log.activities]
    return Grouping(codes, pd.DataFrame(pairs, columns=["source_activity", "target_activity"]))


def _attribute(log: EventLog, by: str, rows: Any) -> Grouping:
    if by not in log.attributes.column_names:
        raise LogError(f"the log has no attribute {by!r}; group by one of {', '.join(_choices(log))}")
    values = pd.Series(log.attributes[by].to_pandas()).iloc[rows]
    codes, names = pd.factorize(values, sort=not pa.types.is_nested(log.attributes[by].type))
    labels = [*names, NOBODY]
    return Grouping(np.where(codes < 0, len(labels) - 1, codes).astype(np.int64), pd.DataFrame({by: labels}))


def _choices(log: EventLog) -> list[str]:
    known = ["activity", "transition", "week"]
    known += ["resource"] if log.resources else []
    known += ["role"] if log.roles else []
    return [*known, *log.attributes.column_names]


def ordered_keys(*columns: tuple[NDArray[np.int64], NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """One number for each pair of a group and an instant, in the order of group, then instant, across all columns.

    So that a look into stretches of many groups is one ``searchsorted``. Where group times span would not fit into 64
    bits (tens of thousands of people over decades), instants are numbered first.

    Examples
    --------
    >>> import numpy as np
    >>> one, other = ordered_keys((np.array([0, 1]), np.array([50, 10])), (np.array([0]), np.array([60])))
    >>> bool(one[0] < other[0] < one[1])
    True
    """
    instants = [at for _, at in columns if len(at)]
    if not instants:
        return [np.zeros(0, np.int64) for _ in columns]
    first, last = min(int(at.min()) for at in instants), max(int(at.max()) for at in instants)
    most = max(int(group.max()) for group, _ in columns if len(group))
    if (most + 1) * (last - first + 1) < 2**62:
        return [group * (last - first + 1) + (at - first) for group, at in columns]
    known = np.unique(np.concatenate(instants))
    return [group * len(known) + np.searchsorted(known, at) for group, at in columns]
