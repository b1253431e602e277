"""A simulated log is cut as the observed one was."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from bko_mining.errors import LogError
from bko_mining.fit.like_the_log import simulate_like
from bko_mining.log.event_log import EventLog
from bko_mining.twin.model import Twin
from bko_mining.validate.observing import cut_like, observe_like


def _log(spans):
    start, end = np.array(spans, np.int64).T
    n = len(spans)
    return EventLog.from_codes(
        case=np.arange(n, dtype=np.int32),
        case_ids=pa.array([str(i) for i in range(n)]),
        activity=np.zeros(n, np.int32),
        activities=("Register",),
        start=start,
        end=end,
    )


def test_the_first_to_finish_are_kept():
    log = _log([(0, 100), (1, 5), (2, 4), (3, 50), (60, 61)])
    assert observe_like(log, n_cases=3).case_ids.to_pylist() == ["1", "2", "3"]


def test_cases_may_finish_until_the_log_is_closed():
    log = _log([(0, 100), (1, 5), (2, 4), (50, 51), (120, 200)])
    # Closed 95 after the last case it took in: the long case is in, the one that began at 50 is not.
    assert observe_like(log, n_cases=3, closing=timedelta(microseconds=95)).case_ids.to_pylist() == ["0", "1", "2"]


def test_a_run_that_is_too_short_is_refused():
    with pytest.raises(LogError, match="simulate more than 2 cases"):
        observe_like(_log([(0, 100), (1, 5)]), n_cases=2)
    with pytest.raises(LogError, match="simulate more cases"):
        observe_like(_log([(0, 100), (1, 5)]), n_cases=3)


def test_a_run_goes_on_until_the_first_cases_to_finish_are_known():
    twin = Twin.from_yaml(
        "{arrivals: [{kind: grid, every: 1 h, calendar: 24/7}], routing: [Wait],"
        " activities: {Wait: {time: {family: uniform, low: 1 h, high: 500 h}}}}"
    )
    log = simulate_like(twin, n_cases=50, seed=2)
    assert log.n_cases == 50
    # Cases that take long are missing: the mean of all would be 250 h.
    assert (log.case_end - log.case_start).mean() / 3.6e9 < 200
    assert log.case_end.max() < log.case_start.min() + 500 * 3_600_000_000


def test_a_slice_of_time_cuts_the_cases_under_way_at_its_end():
    log = cut_like(_log([(0, 100), (1, 5), (2, 4), (3, 50), (60, 61), (300, 301)]), n_cases=3)
    # The fourth case to show itself ends at 61: by then the first one has not been seen at all.
    assert log.case_ids.to_pylist() == ["1", "2", "3"]
    assert log.case_end.max() < 61


def test_a_slice_of_a_short_run_is_refused():
    with pytest.raises(LogError, match="simulate more cases"):
        cut_like(_log([(0, 100), (1, 5)]), n_cases=2)
    with pytest.raises(LogError, match="first 1 to be seen"):
        cut_like(_log([(0, 100), (1, 50)]), n_cases=1)
