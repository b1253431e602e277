"""Logs that are slices of time are told from logs of whole cases by their edges."""

import numpy as np
import pyarrow as pa
import pytest

from bko_mining.fit.courses import courses
from bko_mining.fit.like_the_log import simulate_like
from bko_mining.fit.remembering import with_memory
from bko_mining.fit.slices import between_edges
from bko_mining.log.event_log import EventLog
from bko_mining.twin.model import Twin

HOUR = 3_600_000_000
STEPS = ("Register", "Check", "Price", "Order", "Pay", "File")


def _office(seed=1, n=400):
    """Cases of six steps 16 hours apart, 5 a day, for 80 days: a case takes more than three days."""
    rng = np.random.default_rng(seed)
    arrival = np.sort(rng.uniform(0, 80 * 24, n))
    start = arrival[:, None] + np.cumsum(np.hstack([np.zeros((n, 1)), rng.exponential(16, (n, 5))]), axis=1)
    return np.repeat(np.arange(n), 6), np.tile(np.arange(6), n), start.ravel()


def _log(case, activity, start):
    known, codes = np.unique(case, return_inverse=True)
    return EventLog.from_codes(
        case=codes.astype(np.int32),
        case_ids=pa.array([str(i) for i in known]),
        activity=activity.astype(np.int32),
        activities=STEPS,
        start=(start * HOUR).astype(np.int64),
        end=((start + 1) * HOUR).astype(np.int64),
    )


def _piece(log):
    found = courses(log)
    return between_edges(found, float(found.rows.end.max())), found


def test_whole_cases_are_no_slice():
    case, activity, start = _office()
    piece, found = _piece(_log(case, activity, start))
    assert piece.edges == ()
    assert piece.inner is found


def test_cases_that_had_finished_are_no_slice():
    case, activity, start = _office()
    finished = np.repeat(start.reshape(-1, 6)[:, -1] < 60 * 24, 6)
    assert _piece(_log(case[finished], activity[finished], start[finished]))[0].edges == ()


def test_a_slice_is_known_by_both_edges_and_only_whole_cases_are_kept():
    case, activity, start = _office()
    inside = (start > 20 * 24) & (start < 70 * 24)
    log = _log(case[inside], activity[inside], start[inside])
    piece, _ = _piece(log)
    assert piece.edges == ("beginning", "end")
    rows = piece.inner.rows
    first = np.flatnonzero(np.diff(rows.case, prepend=-1))
    last = np.append(first[1:], len(rows.case)) - 1
    assert (rows.activity[first] == 0).mean() > 0.9
    assert (rows.activity[last] == 5).mean() > 0.9


@pytest.fixture(scope="module")
def twin():
    case, activity, start = _office()
    inside = (start > 20 * 24) & (start < 70 * 24)
    text = (
        "{arrivals: [{kind: grid, every: 1 h, calendar: 24/7}], routing: [Register],"
        " activities: {Register: {time: 1 h}}}"
    )
    return with_memory(Twin.from_yaml(text), _log(case[inside], activity[inside], start[inside]))


def test_the_twin_of_a_slice_writes_slices(twin):
    assert twin.observed.sliced
    assert next(item.n for item in twin.evidence if item.part == "observed.edges") > 10
    log = simulate_like(twin, n_cases=100, seed=1)
    assert log.n_cases == 100
    last = log.activity[log.offsets[1:] - 1]
    # Cases under way at the end are there, cut: a log of finished cases would end in the last step alone.
    assert 0.05 < (last != 5).mean() < 0.6
