"""Differences between maps: worked out by hand, silent where there is only chance, and seen where there is more."""

import numpy as np
import pandas as pd
import pytest

from bko_mining.discover.map_difference import difference_map
from bko_mining.discover.steps import END, START
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.present.figures import png_bytes
from bko_mining.words import speaking
from tests.analyse.logs import log_of


def walked(seed: int, n: int, check: float, wait: float = 5.0) -> EventLog:
    """Cases open → (check →) pay over 20 weeks; a share of them is checked, after a wait with a mean in hours."""
    random = np.random.default_rng(seed)
    rows: list[tuple[str, str, str | None, float | None, float]] = []
    for i in range(n):
        at = float(random.uniform(0, 20 * 7 * 24))
        rows.append((f"C{i}", "open", None, at, at + 1))
        if random.random() < check:
            at += random.exponential(wait)
            rows.append((f"C{i}", "check", None, at + 1, at + 2))
        rows.append((f"C{i}", "pay", None, at + 3, at + 4))
    return log_of(rows)


def test_shares_and_times_by_hand() -> None:
    plain = [("A", "open", None, 0, 1), ("A", "pay", None, 2, 3), ("B", "open", None, 0, 1), ("B", "pay", None, 4, 5)]
    other = [("A", "open", None, 0, 1), ("A", "pay", None, 2, 3), ("B", "ask", None, 0, 1)]
    table = difference_map(log_of(plain), log_of(other)).table.set_index(["source_activity", "target_activity"])
    assert table["before_share"].to_dict() == {
        (START, "open"): 1.0, ("open", "pay"): 1.0, ("pay", END): 1.0, (START, "ask"): 0.0, ("ask", END): 0.0,
    }  # fmt: skip
    assert table.loc[("open", "pay"), "after_share"] == 0.5
    assert table.loc[("open", "pay"), "before_mean_time"] == pd.Timedelta(hours=2)
    assert table.loc[("open", "pay"), "after_mean_time"] == pd.Timedelta(hours=1)
    assert pd.isna(table.loc[("ask", END), "before_mean_time"])
    # Two cases against two prove nothing.
    assert not table["clear"].any()


def test_chance_is_seldom_called_a_difference() -> None:
    alarms = [difference_map(walked(s, 400, 0.3), walked(100 + s, 400, 0.3)).table["clear"].any() for s in range(40)]
    assert np.mean(alarms) <= 0.15


def test_a_real_difference_is_found_and_named() -> None:
    found = difference_map(walked(1, 800, 0.2), walked(2, 800, 0.5), names=("north", "south"))
    clear = found.table[found.table["clear"]]
    assert {("open", "check"), ("check", "pay"), ("open", "pay")} == set(
        zip(clear["source_activity"], clear["target_activity"], strict=True)
    )
    assert "between north and south" in found.summary
    assert found.nodes.set_index("activity").loc["check", "clear"]
    assert not found.table["time_clear"].any()


def test_a_longer_wait_is_found() -> None:
    found = difference_map(walked(3, 800, 0.5, 5.0), walked(4, 800, 0.5, 12.0), shows="time")
    slower = found.table[found.table["time_clear"]]
    assert set(zip(slower["source_activity"], slower["target_activity"], strict=True)) == {("open", "check")}
    assert "On 1 of" in found.summary
    assert "most of all open → check" in found.summary
    assert not found.table["clear"].any()


def test_swings_between_weeks_widen_the_chance() -> None:
    """All cases of a week alike: 20 weeks a log are 20 witnesses, not 400."""
    rows = []
    for week in range(20):
        for i in range(20):
            at = week * 168.0 + i
            rows += [(f"C{week}-{i}", "open", None, at, at + 1)]
            rows += [(f"C{week}-{i}", "check" if week % 5 == 0 else "pay", None, at + 1, at + 2)]
    more = [(case, "check" if name == "pay" and int(case[1:].split("-")[0]) % 5 == 1 else name, who, start, end)
            for case, name, who, start, end in rows]  # fmt: skip
    # 20 % against 40 % of the cases: four weeks against eight.
    assert not difference_map(log_of(rows), log_of(more)).table["clear"].any()


def test_the_same_activity_is_found_under_another_code() -> None:
    one = walked(5, 200, 0.4)
    names = one.activities[::-1]
    frame = one.frame[["case_id", "activity", "start", "end"]]
    other = EventLog.from_frame(frame.iloc[::-1])
    assert other.activities != names or one.activities != other.activities
    table = difference_map(one, other).table
    assert (table["before_share"] == table["after_share"]).all()


@pytest.mark.parametrize("language", ["en", "pt_BR"])
@pytest.mark.parametrize("shows", ["cases", "time"])
def test_pictures_are_drawn_and_stay_the_same(language: str, shows: str) -> None:
    with speaking(language):
        found = difference_map(walked(1, 300, 0.2), walked(2, 300, 0.6), shows=shows)
        assert png_bytes(found.plot()) == png_bytes(found.plot())
        words = " | ".join(text.get_text() for text in found.side_by_side().plot().texts)
    assert ("300 cases" if language == "en" else "300 casos") in words


def test_what_cannot_be_shown_is_refused() -> None:
    log = walked(1, 20, 0.2)
    with pytest.raises(LogError, match="use one of cases, time"):
        difference_map(log, log, shows="mood")
    with pytest.raises(LogError, match="above 0 and up to 1"):
        difference_map(log, log, detail=2)
