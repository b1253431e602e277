"""The verdict, the floors and the classifier, on worlds where the answer is known."""

import numpy as np
import pyarrow as pa
import pytest

from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog, Instants
from bko_mining.validate.fidelity import fidelity
from bko_mining.validate.floors import copy_of_the_past, noise_floor
from bko_mining.validate.telling_apart import told_apart
from bko_mining.words import speaking

HOUR = 3_600_000_000
MONDAY = 1_767_571_200_000_000


def _world(seed, *, n=300, wait=24.0, since=0) -> EventLog:
    """A case an hour; Register for half an hour, an exponential wait, Pay for half an hour."""
    rng = np.random.default_rng(seed)
    arrival: Instants = MONDAY + (since + np.arange(n)) * HOUR
    pay = arrival + HOUR + (rng.exponential(wait, n) * HOUR).astype(np.int64)
    start = np.stack([arrival, pay], axis=1).ravel()
    return EventLog.from_codes(
        case=np.repeat(np.arange(n, dtype=np.int32), 2),
        case_ids=pa.array([str(i) for i in range(n)]),
        activity=np.tile(np.array([0, 1], np.int32), n),
        activities=("Register", "Pay"),
        start=start,
        end=start + HOUR // 2,
    )


def test_a_twin_as_good_as_the_world_is_trusted():
    found = fidelity(_world(1, n=900), [_world(seed, n=900) for seed in range(2, 6)])
    assert set(found.table["grade"]) == {"good"}
    assert found.summary.startswith("Good enough for staffing by hour of the day")
    assert found.n_logs == 4


def test_wrong_waits_are_said_and_nothing_else():
    found = fidelity(_world(1), _world(2, wait=60.0))
    grades = found.table.set_index("measure")["grade"]
    assert grades["CTD"] == grades["RED"] == "poor"
    assert grades["NGD"] == grades["CAR"] == "good"
    assert "do not trust it for how far cases are after some days" in found.summary
    with speaking("pt_BR"):
        assert "não confie nele para" in found.summary


def test_no_simulated_log_is_an_error():
    with pytest.raises(LogError, match="no simulated log"):
        fidelity(_world(1), [])


def test_the_noise_floor_is_what_a_perfect_twin_reaches():
    floor = noise_floor(_world(1), seed=0)
    perfect = fidelity(_world(1), [_world(seed) for seed in range(10, 30)]).table.set_index("measure")["distance"]
    # Two samples differ by √2 times what a sample and its bootstrap differ by; both are of this size.
    assert floor["CTD"] == pytest.approx(perfect["CTD"], rel=0.6)


def test_a_replay_of_the_past_is_moved_by_whole_weeks():
    history = _world(0, n=400)
    observed = _world(1, n=100, since=24 * 21)
    past = copy_of_the_past(history, observed)
    assert past.n_cases == 100
    assert (past.case_start[0] - history.case_start[300]) % (168 * HOUR) == 0
    assert abs(int(past.case_start[0]) - int(observed.case_start[0])) <= 84 * HOUR
    with pytest.raises(LogError, match="the past has 100 cases"):
        copy_of_the_past(observed, history)


def test_a_model_tells_a_bad_twin_from_the_world_but_not_a_good_one():
    good = told_apart(_world(1), _world(2))
    bad = told_apart(_world(1), _world(2, wait=120.0))
    # Exponential waits of 24 h and 120 h: the area is 120 / 144 = 0.83 if nothing is learnt by heart.
    assert good.area < 0.6 < 0.75 < bad.area < 0.87
    assert bad.table["feature"].iloc[0] in ("cycle time", "longest wait")
    assert "can hardly tell" in good.summary
    with pytest.raises(LogError, match="20 cases"):
        told_apart(_world(1, n=5), _world(2))
