"""Waits seen on the map, over time, and before and after: worked out by hand."""

from datetime import date

import pandas as pd
import pytest

from bko_mining.analyse.before_after import before_after
from bko_mining.analyse.cause_map import cause_map
from bko_mining.analyse.queues import queue_length
from bko_mining.analyse.waiting_causes import CAUSES, waiting_causes
from bko_mining.calendars import WorkCalendar
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from tests.analyse.logs import log_of

H = pd.Timedelta(hours=1)


def _week(wait: float, n: int = 6) -> EventLog:
    """Cases of A (an hour), a wait while Rui works on something else, then B (an hour)."""
    rows = []
    for k in range(n):
        at = 100.0 * k
        rows += [(f"{k}", "A", "x", at, at + 1), (f"{k}", "B", "Rui", at + 1 + wait, at + 2 + wait)]
        rows += [(f"z{k}", "Z", "Rui", at + 1, at + 1 + wait)]
    return log_of(rows)


def test_the_map_adds_up_to_the_waits_between_activities() -> None:
    log = _week(3)
    found = cause_map(log)
    assert found.table[["source_activity", "target_activity", "n"]].values.tolist() == [["A", "B", 6]]
    assert found.table.loc[0, "waiting_time"] == 18 * H
    assert found.table["waiting_time"].sum() == found.table[list(CAUSES)].sum().sum()
    assert found.table["waiting_time"].sum() == sum(waiting_causes(log).total.values(), pd.Timedelta(0))
    assert "before “B” where it follows “A”" in found.summary


def test_what_grew_is_named_and_the_parts_add_up() -> None:
    always = WorkCalendar.always()
    found = before_after(_week(3), _week(8), names=("old", "new"), calendar=always)
    change = found.table.set_index("part")["change_time"]
    # Half of the cases are A and B, which now take ten hours instead of five; the others work for Rui's eight hours.
    assert change["processing"] == 2.5 * H
    assert change.drop("processing").sum() == 2.5 * H
    assert change.sum() == found.change == 5 * H
    assert found.low < found.change < found.high


def test_no_change_may_be_chance() -> None:
    found = before_after(_week(3), _week(3))
    assert found.change == pd.Timedelta(0)
    assert found.summary.endswith("That may be chance.")
    office = before_after(_week(3), _week(3), calendar="Mon-Fri 08:00-17:00")
    assert office.summary.endswith("In working time (Mon-Fri 08:00-17:00).")


def test_queues_by_day() -> None:
    # One item waits for Rui from Monday 12:00 to Wednesday 06:00: half of Monday, Tuesday, a quarter of Wednesday.
    log = log_of([("1", "A", "x", 0, 12), ("1", "B", "Rui", 54, 55)])
    found = queue_length(log, by="resource")
    assert found.table["n_waiting"].round(6).tolist() == [0.5, 1.0, 0.25]
    assert set(found.table["resource"]) == {"Rui"}
    assert found.table["day"].dt.date.iloc[1] > date(2000, 1, 1)
    assert "Rui" in found.summary


def test_queues_need_starts_and_may_be_empty() -> None:
    with pytest.raises(LogError, match="no start times"):
        queue_length(log_of([("1", "A", "x", None, 9), ("1", "B", "x", None, 10)]))
    nothing = queue_length(log_of([("1", "A", "x", 8, 9), ("1", "B", "x", 9, 10)]))
    assert nothing.table.empty
    assert nothing.summary.startswith("Nothing waits")
