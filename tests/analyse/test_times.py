"""Times, bottlenecks and rework on logs worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from bko_mining.analyse.bottlenecks import bottlenecks, critical_path
from bko_mining.analyse.rework import rework
from bko_mining.analyse.times import cycle_time, processing_time, waiting_time
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.words import speaking
from tests.analyse.logs import log_of

H = pd.Timedelta(hours=1)

# A: register 8-9, waits 5 h, approve 14-15, pay 15-16: cycle 8 h, 5 h of it waiting.
# B: register 9-10, approve 10-11, waits 1 h, pay 12-13: cycle 4 h, 1 h of it waiting.
TWO = [
    ("A", "register", "Ana", 8, 9),
    ("A", "approve", "Rui", 14, 15),
    ("A", "pay", "Ana", 15, 16),
    ("B", "register", "Ana", 9, 10),
    ("B", "approve", "Rui", 10, 11),
    ("B", "pay", "Ana", 12, 13),
]


def test_cycle_times() -> None:
    found = cycle_time(log_of(TWO))
    assert found.values.tolist() == [8 * H, 4 * H]
    assert found.table.loc[0, "mean_cycle_time"] == 6 * H


def test_waiting_and_processing_by_activity() -> None:
    waits = waiting_time(log_of(TWO)).table.set_index("activity")
    assert waits["total_waiting_time"].to_dict() == {"register": 0 * H, "approve": 5 * H, "pay": H}
    assert processing_time(log_of(TWO)).table["mean_processing_time"].tolist() == [H, H, H]


def test_times_by_transition_and_resource() -> None:
    table = waiting_time(log_of(TWO), by="transition").table
    assert table[["source_activity", "target_activity", "n"]].values.tolist() == [
        ["register", "approve", 2],
        ["approve", "pay", 2],
    ]
    by_person = processing_time(log_of(TWO), by="resource").table.set_index("resource")
    assert by_person["total_processing_time"].to_dict() == {"Ana": 4 * H, "Rui": 2 * H}


def test_an_unknown_attribute_lists_what_exists() -> None:
    with pytest.raises(LogError, match="activity, transition, week, resource"):
        waiting_time(log_of(TWO), by="vendor")


def test_quantiles_are_those_of_numpy() -> None:
    rng = np.random.default_rng(1)
    rows = [(f"C{i}", "a", None, 0.0, float(h)) for i, h in enumerate(rng.integers(1, 99, 37))]
    table = processing_time(log_of(rows)).table
    hours = np.array([row[4] for row in rows])
    assert table.loc[0, "median_processing_time"] == np.median(hours) * H
    assert abs(table.loc[0, "p90_processing_time"] - np.quantile(hours, 0.9) * H) < pd.Timedelta(seconds=1)


def test_bottlenecks_rank_hours_not_averages() -> None:
    found = bottlenecks(log_of(TWO), cost_per_hour=10, currency="BRL")
    assert found.table["activity"].tolist() == ["approve", "pay"]
    assert found.table["cycle_time_share"].tolist() == [5 / 12, 1 / 12]
    assert found.table["cycle_time_without"].tolist() == [3.5 * H, 5.5 * H]
    assert (found.table["cost_per_month"] == 10 * found.table["hours_per_month"]).all()
    assert "before “approve”" in found.summary
    with speaking("pt_BR"):
        assert "antes de “approve”" in found.summary


def test_only_the_wait_that_delays_the_case_counts() -> None:
    # a and b run side by side in every case (both orders are seen); b ends last, so only b's wait delays the case.
    rows = []
    for i in range(20):
        first, second = (1.0, 2.0) if i % 2 else (2.0, 1.0)
        rows += [(f"C{i}", "open", "x", 0, 1), (f"C{i}", "a", "y", first, 3), (f"C{i}", "b", "z", second, 5)]
        rows += [(f"C{i}", "close", "x", 5, 6)]
    log = log_of(rows)
    found = bottlenecks(log).table.set_index("activity")
    assert found.index.tolist() == ["b"]
    assert found.loc["b", "waiting_time"] == 10 * H


def test_the_chain_adds_up_to_the_cycle_time() -> None:
    log = log_of(TWO)
    rows = np.where(log.follows, np.arange(len(log)) - 1, -1)
    assert critical_path(log, rows).all()
    total = waiting_time(log).values.sum() + processing_time(log).values.sum()
    assert total == cycle_time(log).values.sum()


def test_a_log_of_ends_only_says_what_that_limits() -> None:
    log = log_of([("A", "a", None, None, 1), ("A", "b", None, None, 5)])
    assert "no start times" in bottlenecks(log).summary
    assert waiting_time(log).summary.startswith("The log has no start times")


def test_a_log_in_which_nothing_waits() -> None:
    log = log_of([("A", "a", None, 0, 1), ("A", "b", None, 1, 5)])
    assert bottlenecks(log).summary.startswith("Nothing waits")


# match, clarify (Rui), match again (Ana: redo), match at once by Rui (repeat, self-loop); B is right first time.
AGAIN = [
    ("A", "match", "Ana", 8, 9),
    ("A", "clarify", "Rui", 9, 10),
    ("A", "match", "Ana", 12, 13),
    ("A", "match", "Rui", 13, 14),
    ("B", "match", "Ana", 9, 10),
]


def test_repeats_are_told_apart() -> None:
    found = rework(log_of(AGAIN))
    row = found.table.iloc[0]
    assert row[["activity", "n_repeats", "n_self_loops", "n_returns", "n_redone", "n_repeated"]].tolist() == [
        "match",
        2,
        1,
        1,
        1,
        1,
    ]
    assert (row["processing_time"], row["waiting_time"], row["n_cases"]) == (2 * H, 2 * H, 1)
    assert found.first_time_right_share == 0.5
    assert found.rows.tolist() == [False, False, True, True, False]


def test_expected_repeats_are_left_out() -> None:
    found = rework(log_of(AGAIN), expected=["match"])
    assert found.first_time_right_share == 1
    assert found.summary == "Nothing is done twice in 2 cases."
    with pytest.raises(LogError, match="the log has match, clarify"):
        rework(log_of(AGAIN), expected=["pay"])


def test_without_resources_nobody_is_blamed() -> None:
    rows = [(case, activity, None, start, end) for case, activity, _, start, end in AGAIN]
    assert "n_redone" not in rework(log_of(rows)).table


def test_splitting_a_log_by_case_changes_no_case() -> None:
    log: EventLog = log_of(TWO)
    halves = [log.take_cases(np.array([i])) for i in range(2)]
    assert sum(len(waiting_time(half).values) for half in halves) == len(log)
    parts = np.concatenate([waiting_time(half).values for half in halves])
    assert (parts == waiting_time(log).values).all()
