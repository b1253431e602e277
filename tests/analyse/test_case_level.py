"""What is measured of single cases: the same in a part of the log, and a week later; and offices of any size."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bko_mining.analyse.bottlenecks import critical_path
from bko_mining.analyse.clocks import elapsed
from bko_mining.analyse.rework import previous_occurrence
from bko_mining.analyse.times import cycle_time, enabled_instants, processing_time, waiting_time
from bko_mining.analyse.waiting_causes import waiting_causes
from bko_mining.calendars import WorkCalendar
from bko_mining.discover.concurrency import concurrency, enabling
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import ordered_keys
from tests.analyse.logs import any_rows, log_of

Rows = list[tuple[str, str, str, float, float]]
OFFICE = WorkCalendar.parse("Mon-Sun 02:00-06:00 07:00-11:00")
CLOCKS = [None, OFFICE]


def _microseconds(values: NDArray[np.timedelta64]) -> NDArray[np.int64]:
    return values.astype("m8[us]").astype(np.int64)


def _of_cases(log: EventLog, clock: WorkCalendar | None, rows: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Every measure of single cases: one number a case."""
    first = log.offsets[:-1]
    wait = elapsed(enabled_instants(log, rows), log.begin, clock)
    add: Callable[[NDArray[np.int64]], NDArray[np.int64]] = lambda values: np.add.reduceat(values, first)  # noqa: E731
    return {
        "cycle time": _microseconds(cycle_time(log, calendar=clock).values),
        "processing time": add(_microseconds(processing_time(log, calendar=clock).values)),
        "waiting time": add(wait),
        "wait that delays": add(np.where(critical_path(log, rows), wait, 0)),
        "instances": log.n_instances,
        "rework": add((previous_occurrence(log) >= 0).astype(np.int64)),
        "handovers": add((log.follows & (np.roll(log.resource, 1) != log.resource)).astype(np.int64)),
    }


@settings(max_examples=40, deadline=None)
@given(any_rows(), st.sampled_from(CLOCKS))
def test_no_measure_of_a_case_asks_about_others(rows: Rows, clock: WorkCalendar | None) -> None:
    log = log_of(rows)
    side_by_side = concurrency(log)  # a belief about the process, judged from all of it
    whole = _of_cases(log, clock, enabling(log, side_by_side))
    for half in (0, 1):
        chosen = np.arange(log.n_cases) % 2 == half
        part = log.take_cases(chosen)
        found = _of_cases(part, clock, enabling(part, side_by_side))
        for name, values in found.items():
            assert values.tolist() == whole[name][chosen].tolist(), name


@settings(max_examples=40, deadline=None)
@given(any_rows(), st.sampled_from(CLOCKS))
def test_a_week_later_nothing_changes_on_either_clock(rows: Rows, clock: WorkCalendar | None) -> None:
    logs = [log_of([(*row[:3], row[3] + later, row[4] + later) for row in rows]) for later in (0, 168)]
    one, other = (_of_cases(log, clock, enabling(log)) for log in logs)
    for name, values in one.items():
        assert values.tolist() == other[name].tolist(), name
    waits = [waiting_time(log, calendar=clock).values for log in logs]
    assert (waits[0] == waits[1]).all()
    known = dict.fromkeys(logs[0].resources, OFFICE)
    causes = [waiting_causes(log, calendars=known, calendar=clock).causes for log in logs]
    assert (causes[0] == causes[1]).all()


@pytest.mark.parametrize("groups", [3, 2**40])
def test_keys_are_in_the_order_of_group_and_instant(groups: int) -> None:
    rng = np.random.default_rng(0)
    pairs = [(rng.integers(0, groups, 50), rng.integers(-(10**17), 10**17, 50)) for _ in range(2)]
    keys = np.concatenate(ordered_keys(*pairs))
    group, at = (np.concatenate(column) for column in zip(*pairs, strict=True))
    order = np.lexsort((at, group))
    assert (np.diff(keys[order]) > 0).all()


def test_a_hundred_thousand_people_over_ten_years() -> None:
    # B waits an hour for its person, who works on Z; the last of very many people as well as the first.
    people, hour, years = 100_000, 3_600_000_000, 10 * 365 * 24
    who = np.array([0, people - 1])
    far = np.repeat(np.array([0, years]) * hour, 3) + 1_767_571_200_000_000
    start = far + np.tile([8, 9, 10], 2) * hour
    log = EventLog.from_codes(
        case=np.array([0, 1, 0, 2, 3, 2], np.int32),
        case_ids=pa.array(list("abcd")),
        activity=np.array([0, 2, 1, 0, 2, 1], np.int32),
        activities=("A", "B", "Z", *(f"a{k}" for k in range(60))),
        resource=np.array([1, who[0], who[0], 2, who[1], who[1]], np.int32),
        resources=tuple(str(k) for k in range(people)),
        start=start,
        end=start + hour,
    )
    found = waiting_causes(log, calendars=dict.fromkeys(log.resources, WorkCalendar.always()), by="activity")
    row = found.table.set_index("activity").loc["B"]
    assert row["contention"] == row["waiting_time"] == 2 * np.timedelta64(1, "h")
