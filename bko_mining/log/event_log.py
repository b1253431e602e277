"""The event log: an immutable value of integer-coded columns, sorted by case.

One row is one activity instance. Cases stand in order of arrival, the instances of a case in order of their start (of
their end where no start is known), ties in the order of the file. Every measure is a few lines of numpy over these
contiguous arrays; ``log.frame`` and ``log.cases`` give pandas frames.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from bko_mining.errors import LogError
from bko_mining.log import filters, joining, privacy, repairs, writing, xes_writing
from bko_mining.log.assembling import coded
from bko_mining.log.coding import MISSING, UNKNOWN, Codes, Instants, case_order, decode, is_constant
from bko_mining.log.deferred import defer, taken
from bko_mining.log.exports import Export, as_table
from bko_mining.log.findings import findings_table
from bko_mining.log.issues import find_issues
from bko_mining.results import presenter

__all__ = ["MISSING", "UNKNOWN", "Codes", "EventLog", "Instants"]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class EventLog:
    """Activity instances of a process, sorted by case.

    Attributes
    ----------
    case_ids : pyarrow.Array
        One string a case, in order of arrival.
    offsets : int64[n_cases + 1]
        Where each case begins in the columns; the last entry is the number of instances.
    activity, resource, role : int32[n]
        Codes into ``activities``, ``resources`` and ``roles``; -1 where a resource or role is missing.
    start, end, enabled : int64[n]
        Microseconds since 1970 UTC; ``MISSING`` where not known. ``end`` is always known except in open instances.
    attributes : pyarrow.Table
        All other columns, in the same order.
    timezone : str
        IANA name of the clock the office lives by: weekdays, hours of the day and calendars use it.
    mapping : object
        Which column was read as what (see ``bko_mining.log.mapping``), None for logs made in memory.
    found : tuple
        Issues that only the reader could see (rows that could not be read, repaired dates).
    history : tuple of str
        What was done to the log since it was read: repairs and filters, one sentence each.
    starts_estimated : bool
        True if the starts were estimated; every result made from it says so.
    open_cases : bool[n_cases] or None
        Cases known not to have finished; None where the log does not say.
    """

    case_ids: pa.Array
    offsets: Instants
    activity: Codes
    resource: Codes
    role: Codes
    start: Instants
    end: Instants
    enabled: Instants
    activities: tuple[str, ...]
    resources: tuple[str, ...]
    roles: tuple[str, ...]
    attributes: pa.Table
    timezone: str = "UTC"
    mapping: Any = None
    found: tuple[Any, ...] = ()
    history: tuple[str, ...] = ()
    starts_estimated: bool = False
    open_cases: NDArray[np.bool_] | None = field(default=None)

    @classmethod
    def from_codes(  # noqa: PLR0913  (the one constructor: a parameter a column)
        cls,
        *,
        case: Codes,
        case_ids: pa.Array,
        activity: Codes,
        activities: Sequence[str],
        end: Instants,
        start: Instants | None = None,
        enabled: Instants | None = None,
        resource: Codes | None = None,
        resources: Sequence[str] = (),
        role: Codes | None = None,
        roles: Sequence[str] = (),
        attributes: pa.Table | None = None,
        timezone: str = "UTC",
        open_cases: NDArray[np.bool_] | None = None,
        **about: Any,
    ) -> Self:
        """Sort coded columns of any order by case and make a log of them.

        Parameters
        ----------
        case, activity, resource, role : int32[n]
            Codes into ``case_ids``, ``activities``, ``resources``, ``roles``.
        start, end, enabled : int64[n]
            Microseconds since 1970 UTC, ``MISSING`` where not known.
        attributes : pyarrow.Table
            The other columns, in the order of the rows given.
        open_cases : bool[len(case_ids)]
            Cases known not to have finished.

        Raises
        ------
        LogError
            If the columns differ in length or there is no row.

        Examples
        --------
        >>> import numpy as np, pyarrow as pa
        >>> log = EventLog.from_codes(
        ...     case=np.array([1, 0, 1], np.int32), case_ids=pa.array(["A", "B"]),
        ...     activity=np.array([0, 0, 1], np.int32), activities=("register", "pay"),
        ...     end=np.array([5, 9, 7]))
        >>> log.case_ids.to_pylist(), log.offsets.tolist()
        (['B', 'A'], [0, 2, 3])
        """
        n = len(case)
        if n == 0:
            raise LogError("the log has no rows; check the filter or the file")
        instants = end if start is None else np.where(start == MISSING, end, start)
        order, ranks, counts = case_order(case, instants, len(case_ids))
        codes = {"activity": activity, "resource": resource, "role": role}
        columns: dict[str, Any] = codes | {"start": start, "end": end, "enabled": enabled}
        for name, column in columns.items():
            if column is not None and len(column) != n:
                raise LogError(f"column {name!r} has {len(column)} rows where the cases have {n}")
        taken: dict[str, Any] = {
            name: _absent(name, n) if column is None else column[order] for name, column in columns.items()
        }
        return cls(
            case_ids=case_ids.take(pa.array(ranks)),
            offsets=np.concatenate([[0], np.cumsum(counts)]),
            activities=tuple(activities),
            resources=tuple(resources),
            roles=tuple(roles),
            attributes=pa.table({}) if attributes is None else attributes.take(pa.array(order)),
            timezone=timezone,
            open_cases=None if open_cases is None else open_cases[ranks],
            **taken,
            **about,
        )

    @classmethod
    def from_frame(cls, frame: Any, columns: Any = None, timezone: str | None = None) -> Self:
        """Make a log of a pandas, polars or Arrow frame; columns are found as in ``read_log``.

        Raises
        ------
        MappingError
            If the columns cannot be told apart.

        Examples
        --------
        >>> frame = pd.DataFrame({"case": [1, 1], "activity": ["A", "B"], "time": pd.to_datetime(["2026-01-05"] * 2)})
        >>> len(EventLog.from_frame(frame))
        2
        """
        return cls.from_codes(**coded(Export(as_table(frame)), columns, timezone))

    def __len__(self) -> int:
        return len(self.activity)

    def __repr__(self) -> str:
        first, last = self.window
        return (
            f"<EventLog: {self.n_cases:,} cases, {len(self):,} activity instances, {len(self.activities)} activities, "
            f"{len(self.resources)} resources, {first:%Y-%m-%d} to {last:%Y-%m-%d} {self.timezone}>"
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": repr(self), "text/html": presenter("tables:log_html")(self)}

    @property
    def n_cases(self) -> int:
        """Number of cases."""
        return len(self.offsets) - 1

    @property
    def n_instances(self) -> Instants:
        """Activity instances of each case."""
        return np.diff(self.offsets)

    @property
    def case(self) -> Codes:
        """The position of each instance's case, ascending."""
        return np.repeat(np.arange(self.n_cases, dtype=np.int32), self.n_instances)

    @property
    def follows(self) -> NDArray[np.bool_]:
        """True where an instance has a predecessor in its own case."""
        mask = np.ones(len(self), bool)
        mask[self.offsets[:-1]] = False
        return mask

    @property
    def has_starts(self) -> bool:
        """Whether any start is known; without starts, working and waiting cannot be told apart."""
        return bool((self.start != MISSING).any())

    @property
    def has_resources(self) -> bool:
        """Whether any resource is known."""
        return bool((self.resource != UNKNOWN).any())

    @property
    def begin(self) -> Instants:
        """The start of each instance, its end where the start is not known."""
        return np.where(self.start == MISSING, self.end, self.start)

    @property
    def finish(self) -> Instants:
        """The end of each instance, its start where it is still open."""
        return np.where(self.end == MISSING, self.start, self.end)

    @property
    def case_start(self) -> Instants:
        """When each case began (microseconds UTC)."""
        return np.minimum.reduceat(self.begin, self.offsets[:-1])

    @property
    def case_end(self) -> Instants:
        """When the last instance of each case ended (microseconds UTC)."""
        return np.maximum.reduceat(self.finish, self.offsets[:-1])

    @property
    def window(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """First and last instant of the log, in its time zone."""
        first, last = int(self.begin.min()), int(self.finish.max())
        return self.local([first])[0], self.local([last])[0]

    def local(self, instants: Any) -> pd.DatetimeIndex:
        """Turn microseconds UTC into instants of the log's time zone (NaT where missing)."""
        utc = pd.DatetimeIndex(np.asarray(instants, np.int64).view("M8[us]"), tz="UTC")
        return utc.tz_convert(ZoneInfo(self.timezone))

    @property
    def frame(self) -> pd.DataFrame:
        """The log as a pandas frame: case_id, activity, resource, role, start, end, enabled and the attributes."""
        columns: dict[str, Any] = {
            "case_id": self.case_ids.take(pa.array(self.case)).to_pandas(),
            "activity": decode(self.activity, self.activities),
            "resource": decode(self.resource, self.resources),
        }
        if self.roles:
            columns["role"] = decode(self.role, self.roles)
        columns |= {"start": self.local(self.start), "end": self.local(self.end)}
        if (self.enabled != MISSING).any():
            columns["enabled"] = self.local(self.enabled)
        frame = pd.DataFrame(columns)
        return frame.join(self.attributes.to_pandas(), rsuffix="_attribute") if self.attributes.num_columns else frame

    @property
    def cases(self) -> pd.DataFrame:
        """One row a case: case_id, start, end, cycle_time, n_instances and the attributes that are constant in it."""
        start, end = self.case_start, self.case_end
        frame = pd.DataFrame(
            {
                "case_id": self.case_ids.to_pandas(),
                "start": self.local(start),
                "end": self.local(end),
                "cycle_time": (end - start).view("m8[us]"),
                "n_instances": self.n_instances,
            }
        )
        for name in self.case_attributes:
            frame[name] = self.attributes[name].take(pa.array(self.offsets[:-1])).to_pandas()
        return frame

    @property
    def case_attributes(self) -> tuple[str, ...]:
        """Names of the attributes whose value never changes within a case."""
        inside = self.follows
        return tuple(name for name in self.attributes.column_names if is_constant(self.attributes[name], inside))

    @property
    def issues(self) -> pd.DataFrame:
        """What is wrong with the log: what, n, share, example, distorts, repair; the worst first."""
        return findings_table(find_issues(self))

    def take_cases(self, cases: NDArray[Any], *, because: str = "") -> Self:
        """Return a log of some cases only (positions or a boolean mask), with the reason in its history.

        Raises
        ------
        LogError
            If no case is left.
        """
        positions = np.flatnonzero(cases) if cases.dtype == bool else np.sort(cases)
        if len(positions) == 0:
            raise LogError(f"no case is left of {self.n_cases}" + (f" after: {because}" if because else ""))
        counts = self.n_instances[positions]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        rows = np.arange(offsets[-1]) + np.repeat(self.offsets[positions] - offsets[:-1], counts)
        return self._rows(
            rows,
            case_ids=self.case_ids.take(pa.array(positions)),
            offsets=offsets,
            history=(*self.history, because) if because else self.history,
            open_cases=None if self.open_cases is None else self.open_cases[positions],
        )

    def take_instances(self, keep: NDArray[np.bool_], *, because: str = "") -> Self:
        """Return a log of some activity instances only; cases left without any disappear.

        Raises
        ------
        LogError
            If no instance is left.
        """
        if not keep.any():
            raise LogError(f"no activity instance is left of {len(self)}" + (f" after: {because}" if because else ""))
        counts = np.add.reduceat(keep.astype(np.int64), self.offsets[:-1])
        alive = np.flatnonzero(counts)
        return self._rows(
            np.flatnonzero(keep),
            case_ids=self.case_ids.take(pa.array(alive)),
            offsets=np.concatenate([[0], np.cumsum(counts[alive])]),
            history=(*self.history, because) if because else self.history,
            open_cases=None if self.open_cases is None else self.open_cases[alive],
        )

    def with_attributes(self, columns: Mapping[str, Any]) -> Self:
        """Return the log with more attributes (one value an instance, in the log's order); equal names are replaced."""
        table = self.attributes
        for name, values in columns.items():
            column = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
            if name in table.column_names:
                table = table.drop_columns([name])
            table = table.append_column(name, column) if table.num_columns else pa.table({name: column})
        return replace(self, attributes=table)

    # A filter, a repair or a writer is a function of a log; the log offers it as a method.
    contained_in = filters.contained_in
    intersecting = filters.intersecting
    started_in = filters.started_in
    with_attribute = filters.with_attribute
    with_activity = filters.with_activity
    without_activity = filters.without_activity
    only_activities = filters.only_activities
    following = filters.following
    eventually_following = filters.eventually_following
    between = filters.between
    top_variants = filters.top_variants
    starting_with = filters.starting_with
    ending_with = filters.ending_with
    lasting = filters.lasting
    with_rework = filters.with_rework
    by_resource = filters.by_resource
    without_resources = filters.without_resources
    breaking_four_eyes = filters.breaking_four_eyes
    without_cut_cases = filters.without_cut_cases
    without_open_instances = filters.without_open_instances
    where = filters.where
    without_duplicates = repairs.without_duplicates
    with_reversed_swapped = repairs.with_reversed_swapped
    without_reversed = repairs.without_reversed
    without_impossible_dates = repairs.without_impossible_dates
    with_one_spelling = repairs.with_one_spelling
    with_activities_named = repairs.with_activities_named
    with_resource = repairs.with_resource
    pseudonymise = privacy.pseudonymise
    shift_dates = privacy.shift_dates
    join = joining.join
    to_arrow = writing.to_arrow
    write_parquet = writing.write_parquet
    write_csv = writing.write_csv
    write_xes = xes_writing.write_xes
    write_ocel = writing.write_ocel

    def _rows(self, rows: NDArray[Any], **about: Any) -> Self:
        columns: dict[str, Any] = {
            name: getattr(self, name)[rows] for name in ("activity", "resource", "role", "start", "end", "enabled")
        }
        return replace(self, attributes=taken(self, "attributes", rows), **columns, **about)


defer(EventLog, "attributes")


def _absent(name: str, n: int) -> NDArray[Any]:
    return np.full(n, UNKNOWN, np.int32) if name in ("resource", "role") else np.full(n, MISSING, np.int64)
