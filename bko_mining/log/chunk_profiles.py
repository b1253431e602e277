"""The profile of a log that passes through in chunks: what of it adds up over cases, and how it is put together.

A chunk leaves its counts, and a few numbers for each of its cases; that is enough for every figure of a profile and for
all issues but those in ``LEFT_OUT``, which compare instances of different cases.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from bko_mining.errors import LogError
from bko_mining.log import issues
from bko_mining.log.case_names import case_name_findings
from bko_mining.log.coding import MISSING, UNKNOWN
from bko_mining.log.event_log import EventLog
from bko_mining.log.findings import KINDS, Finding, findings_table
from bko_mining.log.privacy import personal_columns
from bko_mining.log.profiling import Profile, daily, weekly
from bko_mining.log.summaries import activity_counts, added, resource_use
from bko_mining.words import say

LEFT_OUT = ("overlapping", "impossible", "batch_stamped")
"""Kinds of issues that need every instance at once: they compare instances of different cases."""

_ROWS: dict[str, Callable[[EventLog], issues.Mask]] = {
    "duplicates": issues.duplicate_rows,
    "reversed": issues.reversed_rows,
    "resource_missing": lambda log: log.resource == UNKNOWN,
    "simultaneous": issues.simultaneous_rows,
    "midnight": issues.midnight_rows,
}

Seen = tuple[int, int, str]  # rows, when the earliest of their cases began, its id


@dataclass(frozen=True, slots=True, eq=False)
class ScanProfile(Profile):
    """What a log in files holds and what is wrong with it, found chunk by chunk.

    Attributes
    ----------
    table, facts, coverage
        As in ``Profile``.
    days : pandas.DataFrame
        By day: n_instances that ended, n_cases_started, n_cases_ended; days without any are not there.
    activities, resources : pandas.DataFrame
        As in ``LogSummary``.
    left_out : tuple of str
        Kinds of issues not looked for, because they need the whole log at once.
    """

    days: pd.DataFrame
    activities: pd.DataFrame
    resources: pd.DataFrame
    left_out: tuple[str, ...] = LEFT_OUT

    @property
    def summary(self) -> str:
        """The sentence of a profile, and what was not looked for."""
        missing = "; ".join(say(KINDS[kind][0]) for kind in self.left_out)
        # A class with slots is made twice, and a bare super() would look for the first.
        whole = super(ScanProfile, self).summary
        return whole + " " + say("Not looked for, as it needs the whole log at once: {kinds}.", kinds=missing)


@dataclass(frozen=True, slots=True, eq=False)
class ChunkProfile:
    """What the profile of a log needs of some of its cases.

    Attributes
    ----------
    cases : pyarrow.Table
        One row a case: case_id, begin, finish (microseconds UTC), first and last activity, and whether it is open.
    hours : pandas.DataFrame
        By resource, instances in each hour of the week.
    rows : dict
        By kind of issue: how many rows, and the earliest case that has one.
    """

    timezone: str
    starts_estimated: bool
    n_starts: int
    n_resourced: int
    cases: pa.Table
    days: pd.DataFrame
    recorded: Any
    activities: pd.DataFrame
    resources: pd.DataFrame
    hours: pd.DataFrame
    roles: frozenset[str]
    n_ends: int
    columns: tuple[str, ...]
    personal: tuple[str, ...]
    rows: dict[str, Seen]
    found: tuple[Finding, ...]


def profile_chunk(log: EventLog) -> ChunkProfile:
    """Take of some cases of a log what its profile needs."""
    return ChunkProfile(
        timezone=log.timezone,
        starts_estimated=log.starts_estimated,
        n_starts=int((log.start != MISSING).sum()),
        n_resourced=int((log.resource != UNKNOWN).sum()),
        cases=_cases(log),
        days=daily(log),
        recorded=np.unique(log.finish // issues.DAY),
        activities=activity_counts(log),
        resources=resource_use(log),
        hours=pd.DataFrame(issues.hours_of_week(log)[: len(log.resources)], index=list(log.resources)),
        roles=frozenset(log.roles),
        n_ends=int((log.end != MISSING).sum()),
        columns=tuple(log.attributes.column_names),
        personal=personal_columns(log),
        rows={kind: _seen(log, rows(log)) for kind, rows in _ROWS.items()},
        found=log.found,
    )


def put_together(parts: Iterable[ChunkProfile], n_rows: int) -> ScanProfile:
    """Make the profile of a log of those of its chunks.

    Raises
    ------
    LogError
        If the chunks were read in different time zones.
    """
    whole = _merged(list(parts))
    cases, n = whole.cases, int(whole.activities["n"].sum())
    begin, finish = _numbers(cases, "begin"), _numbers(cases, "finish")
    window = pd.DatetimeIndex(np.array([begin.min(), finish.max()]).view("M8[us]"), tz="UTC").tz_convert(whole.timezone)
    facts = {
        "n_cases": len(cases),
        "n_instances": n,
        "n_activities": len(whole.activities),
        "n_resources": len(whole.resources),
        "n_roles": len(whole.roles),
        "first": window[0],
        "last": window[1],
        "median_cycle_time": pd.Timedelta(float(np.median(finish - begin)), unit="us"),
        "instances_per_case": n / len(cases),
        "start_share": whole.n_starts / n,
        "resource_share": whole.n_resourced / n,
    }
    own = [finding for check in (_row_findings, _case_findings, _name_findings) for finding in check(whole)]
    table = findings_table(issues.ranked(_read(whole.found, n_rows), own))
    return ScanProfile(
        table, pd.Series(facts, dtype=object), weekly(whole.days), _dated(whole.days), whole.activities, whole.resources
    )


def _cases(log: EventLog) -> pa.Table:
    names = pa.array(log.activities, pa.string())
    edges = {"first": log.activity[log.offsets[:-1]], "last": log.activity[log.offsets[1:] - 1]}
    still_open = np.zeros(log.n_cases, bool) if log.open_cases is None else log.open_cases
    return pa.table(
        {
            "case_id": log.case_ids.cast(pa.large_string()),
            "begin": log.case_start,
            "finish": log.case_end,
            **{name: pa.DictionaryArray.from_arrays(pa.array(codes), names) for name, codes in edges.items()},
            "open": still_open,
        }
    )


def _seen(log: EventLog, rows: issues.Mask) -> Seen:
    """How many rows, and the case to show: the earliest, of several at once the first by its id."""
    if not rows.any():
        return 0, 0, ""
    hit = np.flatnonzero(np.add.reduceat(rows.astype(np.int64), log.offsets[:-1]))
    begin = log.case_start[hit]
    first = hit[begin == begin.min()]
    return int(rows.sum()), int(begin.min()), min(log.case_ids.take(pa.array(first)).to_pylist())


def _merged(parts: list[ChunkProfile]) -> ChunkProfile:
    zones = sorted({part.timezone for part in parts})
    if len(zones) > 1:
        raise LogError(f"parts of the log are in different time zones, {zones}; pass timezone= to scan")
    tables: dict[str, Any] = {
        name: added([getattr(p, name) for p in parts]) for name in ("days", "activities", "resources", "hours")
    }
    return replace(
        parts[0],
        n_starts=sum(part.n_starts for part in parts),
        n_resourced=sum(part.n_resourced for part in parts),
        cases=pa.concat_tables([part.cases for part in parts]).unify_dictionaries(),
        recorded=np.unique(np.concatenate([part.recorded for part in parts])),
        roles=frozenset().union(*(part.roles for part in parts)),
        n_ends=sum(part.n_ends for part in parts),
        columns=tuple(sorted({name for part in parts for name in part.columns})),
        personal=tuple(sorted({name for part in parts for name in part.personal})),
        rows={kind: _earliest([part.rows[kind] for part in parts]) for kind in _ROWS},
        found=tuple(finding for part in parts for finding in part.found),
        **tables,
    )


def _earliest(seen: list[Seen]) -> Seen:
    some = [one for one in seen if one[0]]
    if not some:
        return 0, 0, ""
    _, begin, case = min(some, key=lambda one: one[1:])
    return sum(one[0] for one in some), begin, case


def _read(found: tuple[Finding, ...], n_rows: int) -> tuple[Finding, ...]:
    """What the reader found in the chunks, in the order of the kinds; an example stays where the words need it."""
    merged = []
    for kind in (kind for kind in KINDS if any(finding.kind == kind for finding in found)):
        same = [finding for finding in found if finding.kind == kind]
        told = {finding.example for finding in same} if "{example}" in " ".join(KINDS[kind]) else set()
        n = sum(finding.n for finding in same)
        merged.append(Finding(kind, n, max(n, n_rows), ", ".join(sorted(told))))
    return tuple(merged)


def _row_findings(whole: ChunkProfile) -> Iterator[Finding]:
    n = int(whole.activities["n"].sum())
    rows = {kind: Finding(kind, seen[0], n, repr(seen[2])) for kind, seen in whole.rows.items()}
    yield rows["duplicates"]
    yield rows["reversed"]
    yield rows["resource_missing"] if whole.n_resourced else Finding("no_resources", n, n)
    if not whole.n_starts:
        yield Finding("no_starts", n, n)
    elif not whole.n_ends:
        yield Finding("no_ends", n, n)
    elif whole.starts_estimated:
        yield Finding("starts_estimated", n, n)
    yield rows["simultaneous"]
    if rows["midnight"].share > issues.MIDNIGHTS:
        yield rows["midnight"]
    yield issues.longest_gap(whole.recorded)


def _case_findings(whole: ChunkProfile) -> Iterator[Finding]:
    cases = whole.cases
    begin, finish = _numbers(cases, "begin"), _numbers(cases, "finish")
    names = {name: index for index, name in enumerate(whole.activities.index)}
    first, last = (_codes(cases[name], names) for name in ("first", "last"))
    cut = issues.cut_at_edges(begin, finish, first, last, _numbers(cases, "open"))
    for kind, rows in zip(("cut_early", "cut_late"), cut, strict=True):
        hit = np.flatnonzero(rows)
        earliest = hit[begin[hit] == begin[hit].min()] if len(hit) else hit
        example = min(cases["case_id"].take(pa.array(earliest)).to_pylist(), default="")
        yield Finding(kind, len(hit), len(cases), repr(example))
    yield from case_name_findings(cases["case_id"])


def _name_findings(whole: ChunkProfile) -> Iterator[Finding]:
    counts = whole.activities["n"]
    return issues.name_findings(
        tuple(counts.index),
        counts.to_numpy(),
        tuple(whole.hours.index),
        whole.hours.to_numpy().reshape(-1, 168),
        whole.personal,
        len(whole.columns),
    )


def _numbers(cases: pa.Table, name: str) -> Any:
    return cases[name].to_numpy()


def _codes(column: pa.ChunkedArray, names: dict[str, int]) -> Any:
    """Codes of names in an order of their own, whatever the order of each chunk."""
    parts = []
    for chunk in column.chunks:
        wanted = np.array([names.get(name, 0) for name in chunk.dictionary.to_pylist()], np.int32)
        parts.append(wanted[chunk.indices.to_numpy()])
    return np.concatenate(parts)


def _dated(days: pd.DataFrame) -> pd.DataFrame:
    return days.set_axis(pd.DatetimeIndex(days.index.to_numpy().astype("M8[D]").astype("M8[s]"), name="day"))
