"""The parts of a cycle time add up to it, whatever runs side by side."""

import pandas as pd

import bko_mining as bko
from bko_mining.log.event_log import EventLog


def test_parts_are_those_of_the_branch_that_ends_last() -> None:
    """Ana enters from 8 to 9; ship (9 to 10) and bill (11 to 12) run side by side; only the wait for bill counts."""
    rows = []
    for day in range(24):
        first, second = ("ship", "bill") if day % 2 else ("bill", "ship")
        for activity, who, start, end in (
            ("enter", "Ana", 8, 9),
            (first, "Bia", 9, 10),
            (second, "Caio", 11, 12),
        ):
            at = pd.Timestamp("2026-01-05", tz="UTC") + pd.Timedelta(days=day)
            rows.append((f"c{day}", activity, who, at + pd.Timedelta(hours=start), at + pd.Timedelta(hours=end)))
    frame = pd.DataFrame(rows, columns=["case_id", "activity", "resource", "start_time", "end_time"])
    found = bko.cycle_time_parts(EventLog.from_frame(frame))
    hours = found.table.set_index("part")["mean_time"].dt.total_seconds() / 3600
    assert found.mean_cycle_time == pd.Timedelta(hours=4)
    assert hours["processing"] == 2
    assert hours.drop("processing").sum() == 2
    assert "50.0 % of it is work" in found.summary
