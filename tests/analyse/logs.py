"""Small logs, checked by hand."""

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

from bko_mining.log.event_log import MISSING, EventLog

MONDAY = pd.Timestamp("2026-01-05", tz="UTC")


def hours(value: float) -> int:
    """Microseconds UTC of an hour after Monday 5 January 2026, 00:00."""
    return int((MONDAY + pd.Timedelta(hours=value)).value // 1000)


def log_of(rows: list[tuple[str, str, str | None, float | None, float]]) -> EventLog:
    """A log of (case, activity, resource, start, end) in hours after Monday midnight."""
    case, case_ids = pd.factorize(np.array([row[0] for row in rows]))
    activity, activities = pd.factorize(np.array([row[1] for row in rows]))
    resource, resources = pd.factorize(pd.Series([row[2] for row in rows], dtype=object))
    return EventLog.from_codes(
        case=case.astype(np.int32),
        case_ids=pa.array(case_ids.tolist()),
        activity=activity.astype(np.int32),
        activities=tuple(activities.tolist()),
        resource=resource.astype(np.int32),
        resources=tuple(resources.tolist()),
        start=np.array([MISSING if row[3] is None else hours(row[3]) for row in rows]),
        end=np.array([hours(row[4]) for row in rows]),
    )


@st.composite
def any_rows(draw: st.DrawFn) -> list[tuple[str, str, str, float, float]]:
    """Rows for ``log_of``: a few cases of three activities by three people, in quarters of hours."""
    rows = []
    for case in range(draw(st.integers(2, 8))):
        at = draw(st.integers(0, 40))
        for _ in range(draw(st.integers(1, 5))):
            at += draw(st.integers(0, 20))
            length = draw(st.integers(0, 10))
            rows.append(
                (f"C{case}", draw(st.sampled_from("ABC")), draw(st.sampled_from("xyz")), at / 4, (at + length) / 4)
            )
            at += length
    return rows
