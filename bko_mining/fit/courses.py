"""Whole cases on the office's clock: what the memory of a twin is made of, and how the log is cut to try it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bko_mining.fit.window import Weights
from bko_mining.log.event_log import EventLog
from bko_mining.simulate.following import DAY, MONDAY, Course, office_seconds
from bko_mining.twin.observed import ObservedCases, PackedTable

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Courses:
    """Finished cases, rows sorted by case, start and end; seconds on the office's clock from a Monday."""

    rows: Course
    arrival: Numbers
    finish: Numbers
    activities: tuple[str, ...]
    resources: tuple[str, ...]

    @property
    def n(self) -> int:
        """Number of cases."""
        return len(self.arrival)

    @property
    def cycle(self) -> Numbers:
        """Cycle time of each case in seconds."""
        return self.finish - self.arrival

    def take(self, keep: Mask) -> "Courses":
        """Return some of the cases."""
        rows = keep[self.rows.case]
        number = np.cumsum(keep) - 1
        columns = {name: getattr(self.rows, name)[rows] for name in Course.__slots__}
        columns["case"] = number[columns["case"]]
        return Courses(Course(**columns), self.arrival[keep], self.finish[keep], self.activities, self.resources)

    def origins(self, shares: tuple[float, ...], *, fewest: int = 10) -> "list[tuple[Courses, Courses, float]]":
        """Cut the log where a share of its instances had ended: cases finished before, cases that arrived after."""
        ends = np.sort(self.rows.end)
        found = []
        for share in shares:
            cut = float(ends[int(share * len(ends))])
            before, after = self.finish <= cut, self.arrival > cut
            if min(before.sum(), after.sum()) >= fewest:
                found.append((self.take(before), self.take(after), cut))
        return found


def courses(log: EventLog) -> Courses:
    """Take the finished cases of a log (all, if none is known to have finished)."""
    if log.open_cases is not None and not log.open_cases.all():
        log = log.take_cases(~log.open_cases)
    begin, finish = (office_seconds(instants, log.timezone) for instants in (log.begin, log.finish))
    finish = np.maximum(begin, finish)
    case = log.case.astype(np.int64)
    order = np.lexsort((finish, begin, case))
    rows = Course(
        case, log.activity[order].astype(np.int64), log.resource[order].astype(np.int64), begin[order], finish[order]
    )
    first = log.offsets[:-1]
    return Courses(
        rows, rows.start[first], np.maximum.reduceat(rows.end, first), log.activities, log.resources
    )  # fmt: skip


def remember(found: Courses, weights: Weights, until: float, **habits: float | bool | str | None) -> ObservedCases:
    """Pack cases as the memory of a twin."""
    since = float(found.arrival.min() // DAY * DAY)
    rows = found.rows
    seconds = {name: np.floor(getattr(rows, name) - since).astype(np.int32) for name in ("start", "end")}
    codes = {"case": rows.case.astype(np.int32), "activity": _small(rows.activity), "resource": _small(rows.resource)}
    return ObservedCases.model_validate(
        {
            "since": _wall(since).date(),
            "until": _wall(until),
            "activities": found.activities,
            "resources": found.resources,
            "instances": PackedTable.pack(codes | seconds),
            "cases": PackedTable.pack({"weight": weights.cases.astype(np.float32)}),
            **habits,
        }
    )


def plain_log(rows: Course, names: tuple[tuple[str, ...], tuple[str, ...]]) -> EventLog:
    """Write a course as a log whose clock reads office time."""
    start, end = (np.rint((seconds + MONDAY) * 1e6).astype(np.int64) for seconds in (rows.start, rows.end))
    return EventLog.from_codes(
        case=rows.case.astype(np.int32),
        case_ids=pa.nulls(int(rows.case[-1]) + 1, pa.string()),
        activity=rows.activity.astype(np.int32),
        activities=names[0],
        start=start,
        end=end,
    )


def _small(codes: NDArray[np.int64]) -> NDArray[np.int16] | NDArray[np.int32]:
    return codes.astype(np.int16) if codes.max(initial=0) < 32_000 else codes.astype(np.int32)


def _wall(seconds: float) -> datetime:
    return datetime(1970, 1, 1) + timedelta(seconds=seconds + MONDAY)
