"""A made-up log of any size, for benchmarks of speed."""

import numpy as np
import pyarrow as pa

import bko_mining as bko

BEGIN = 1_767_571_200_000_000
"""Monday 5 January 2026."""
HOUR = 3_600_000_000
TWO_YEARS = 2 * 365 * 24 * HOUR


def made_up(n: int, seed: int = 0, *, office: bko.WorkCalendar | None = None) -> bko.EventLog:
    """Cases of ten instances of twelve activities by two hundred people over two years, six hours apart.

    In an office they are some days apart instead, and begin when it is open.
    """
    rng = np.random.default_rng(seed)
    cases = max(n // 10, 1)
    step = np.arange(10) * 6.0 * HOUR if office is None else rng.lognormal(22.5, 0.8, (cases, 10)).cumsum(axis=1)
    start = (np.sort(rng.uniform(0, TWO_YEARS, cases))[:, None] + step).astype(np.int64).ravel() + BEGIN
    if office is not None:
        start = office.next_opening(start)
    return bko.EventLog.from_codes(
        case=np.repeat(np.arange(cases, dtype=np.int32), 10),
        case_ids=pa.array([str(case) for case in range(cases)]),
        activity=rng.integers(0, 12, cases * 10).astype(np.int32),
        activities=tuple(f"a{k}" for k in range(12)),
        resource=rng.integers(0, 200, cases * 10).astype(np.int32),
        resources=tuple(f"r{k}" for k in range(200)),
        start=start,
        end=start + rng.lognormal(20, 0.7, cases * 10).astype(np.int64),
    )
