"""Columns that are made at the first look: nobody can tell, whatever was done to the log before."""

import pickle
from dataclasses import replace

import numpy as np
import pyarrow as pa

from bko_mining.log.event_log import EventLog


def log(attributes: object) -> EventLog:
    plain = EventLog.from_codes(
        case=np.array([1, 0, 1], np.int32),
        case_ids=pa.array(["A", "B"]),
        activity=np.array([0, 0, 1], np.int32),
        activities=("register", "pay"),
        end=np.array([5, 9, 7]),
        open_cases=np.array([True, False]),
    )
    return replace(plain, attributes=attributes)


def test_they_are_made_once_and_only_when_asked_for() -> None:
    asked: list[str] = []

    def amounts() -> pa.Table:
        asked.append("amount")
        return pa.table({"amount": np.array([50, 70, 90])})

    made = log(amounts)
    some = made.take_cases(np.array([True, False])).take_instances(np.array([False, True]))
    assert asked == []
    assert made.attributes["amount"].to_pylist() == [50, 70, 90]
    assert some.attributes["amount"].to_pylist() == [70]
    assert made.attributes is made.attributes
    assert asked == ["amount", "amount"]
    assert made.open_cases is not None
    assert made.open_cases.tolist() == [False, True]


def test_a_log_travels_and_changes_like_any_other() -> None:
    made = log(lambda: pa.table({"amount": np.array([50, 70, 90])}))
    there = pickle.loads(pickle.dumps(made))
    assert there.attributes["amount"].to_pylist() == [50, 70, 90]
    assert replace(made, timezone="America/Sao_Paulo").frame["amount"].tolist() == [50, 70, 90]
    assert made.with_attributes({"paid": [1, 2, 3]}).attributes.column_names == ["amount", "paid"]
