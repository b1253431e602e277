"""Waiting causes: equal to Kronos's hand-made logs to the second, exact on logs with one cause each, always a split."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bko_mining.analyse.timeline import LaterThan
from bko_mining.analyse.times import waiting_time
from bko_mining.analyse.waiting_causes import CAUSES, waiting_causes
from bko_mining.analyse.work_calendars import discover_calendars
from bko_mining.calendars import WorkCalendar
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin
from tests.analyse.logs import MONDAY, any_rows, log_of

H = pd.Timedelta(hours=1)
ALWAYS = WorkCalendar.always()
KEYS = ["source_activity", "source_resource", "target_activity", "target_resource"]


def _of(log: EventLog, activity: str, **calendars: WorkCalendar) -> dict[str, pd.Timedelta]:
    known = {name: calendars.get(name, ALWAYS) for name in log.resources}
    table = waiting_causes(log, calendars=known, by="activity").table.set_index("activity")
    return {cause: table.loc[activity, cause] for cause in CAUSES if table.loc[activity, cause] > pd.Timedelta(0)}


@pytest.mark.parametrize("number", [1, 3, 5])
def test_kronos_hand_made_logs(shared: Path, number: int) -> None:
    """Lashkevich et al., waiting-time-analysis (Apache-2.0), manual logs with expected values."""
    folder = shared / "oracles" / "kronos"
    raw = pd.read_csv(folder / f"manual_log_{number}.csv", parse_dates=["start_time", "end_time"])
    hours = lambda column: (raw[column].dt.tz_localize("UTC") - MONDAY) / H  # noqa: E731
    columns = (raw["case_id"].astype(str), raw["Activity"], raw["Resource"], hours("start_time"), hours("end_time"))
    log = log_of(list(zip(*columns, strict=True)))
    calendars = {name: WorkCalendar.parse("Mon-Fri 10:00-20:00") for name in log.resources}
    calendars["Marcus"] = WorkCalendar.parse("Mon-Fri 10:00-12:00 12:30-20:00")
    found = waiting_causes(log, calendars=calendars).table.set_index(KEYS)
    expected = pd.read_csv(folder / f"manual_log_{number}_expected.csv").set_index(KEYS).reindex(found.index)
    spelled = {"prioritisation": "prioritization"}
    for cause in CAUSES:
        known = pd.to_timedelta(expected[f"wt_{spelled.get(cause, cause)}"])
        assert (found[cause] - known).abs().max() < pd.Timedelta(seconds=1), cause
    assert len(found) == len(expected)


# In each log B of case 1 is enabled at 9:00 and starts at 12:00; three hours of wait with one cause.
def test_contention() -> None:
    rows = [("0", "A", "x", 7, 8), ("1", "A", "x", 8, 9), ("0", "Z", "Rui", 9, 12)]
    assert _of(log_of([*rows, ("1", "B", "Rui", 12, 13)]), "B") == {"contention": 3 * H}


def test_prioritisation() -> None:
    rows = [("1", "A", "x", 8, 9), ("2", "A", "y", 8, 9.5), ("3", "Z", "Rui", 7, 9.5)]
    log = log_of([*rows, ("2", "B", "Rui", 9.5, 12), ("1", "C", "Rui", 12, 13)])
    assert _of(log, "C") == {"contention": 0.5 * H, "prioritisation": 2.5 * H}


def test_unavailability() -> None:
    log = log_of([("1", "A", "x", 8, 9), ("1", "B", "Rui", 12, 13)])
    assert _of(log, "B", Rui=WorkCalendar.parse("Mon-Fri 12:00-18:00")) == {"unavailability": 3 * H}


def test_extraneous() -> None:
    log = log_of([("1", "A", "x", 8, 9), ("1", "B", "Rui", 12, 13)])
    assert _of(log, "B") == {"extraneous": 3 * H}


def test_batching() -> None:
    rows = [("1", "A", "x", 8, 9), ("2", "A", "y", 8, 12)]
    log = log_of([*rows, ("1", "B", "Rui", 12, 13), ("2", "B", "Rui", 13, 14)])
    # Case 1 waits 9-12 for case 2; case 2 then waits an hour for case 1, which was enabled earlier.
    assert _of(log, "B") == {"batching": 3 * H, "contention": H}


def test_somebody_used_to_three_things_at_once_is_not_full_with_one() -> None:
    rows = [(f"P{i}", "P", "Rui", 20 + i // 3 * 2, 22 + i // 3 * 2) for i in range(12)]
    log = log_of(
        [("0", "A", "x", 7, 9), ("0", "Q", "Rui", 9, 12), ("1", "A", "x", 8, 9), ("1", "B", "Rui", 12, 13), *rows]
    )
    assert _of(log, "B") == {"extraneous": 3 * H}


def test_a_log_without_starts_or_resources_says_so() -> None:
    with pytest.raises(LogError, match="no start times"):
        waiting_causes(log_of([("1", "A", "x", None, 9), ("1", "B", "x", None, 10)]))
    with pytest.raises(LogError, match="no resources"):
        waiting_causes(log_of([("1", "A", None, 8, 9), ("1", "B", None, 9, 10)]))


def test_an_instance_without_length_in_a_batch_counts_only_what_came_before_it() -> None:
    # C0's second A (enabled 0:00) stands at 0:30 inside C4's second A (0:15-0:45, same batch, enabled 0:15). The batch
    # is complete at 0:15, then 15 minutes pass on an item enabled later; the 15 minutes after 0:30 are nobody's wait.
    rows = [("C0", "A", "x", 0.0, 0.0), ("C0", "A", "x", 0.5, 0.5)]
    rows += [(f"C{i}", "A", "x", 0.0, 0.0) for i in (1, 2, 3)]
    rows += [("C4", "A", "x", 0.0, 0.25), ("C4", "A", "x", 0.25, 0.75)]
    causes = waiting_causes(log_of(rows), calendars={"x": WorkCalendar.parse("24/7")}).causes
    minutes = (causes // 60_000_000).tolist()
    assert [15, 15, 0, 0, 0] in minutes
    assert (causes >= 0).all()


@settings(max_examples=60, deadline=None)
@given(any_rows())
def test_causes_are_never_negative_and_add_up(rows: list[tuple[str, str, str, float, float]]) -> None:
    log = log_of(rows)
    calendars = {name: WorkCalendar.parse("Mon-Sun 02:00-06:00 07:00-11:00") for name in log.resources}
    found = waiting_causes(log, calendars=calendars)
    assert (found.causes >= 0).all()
    assert found.table["waiting_time"].sum() == found.table[list(CAUSES)].sum().sum()


@settings(max_examples=40, deadline=None)
@given(any_rows())
def test_causes_in_working_time_add_up_to_the_wait_in_working_time(
    rows: list[tuple[str, str, str, float, float]],
) -> None:
    log = log_of(rows)
    office = WorkCalendar.parse("Mon-Sun 02:00-06:00 07:00-11:00")
    clock = WorkCalendar.parse("Mon-Fri 01:00-05:00 08:00-12:00")
    calendars = dict.fromkeys(log.resources, office)
    found = waiting_causes(log, calendars=calendars, calendar=clock)
    assert (found.causes >= 0).all()
    assert (found.causes.sum(axis=1) == waiting_time(log, calendar=clock).values.astype(np.int64)).all()
    # Whoever is waited for is on duty whenever their own clock runs; and a clock that never stops is calendar time.
    assert found.total["unavailability"] >= pd.Timedelta(0)
    assert waiting_causes(log, calendars=calendars, calendar=office).total["unavailability"] == pd.Timedelta(0)
    plain = waiting_causes(log, calendars=calendars)
    assert (waiting_causes(log, calendars=calendars, calendar=ALWAYS).causes == plain.causes).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=40), st.data())
def test_sums_above_a_bound(pairs: list[tuple[int, int]], data: st.DataObject) -> None:
    values, weights = np.array(pairs).T
    first = data.draw(st.integers(0, len(pairs)))
    last = data.draw(st.integers(first, len(pairs)))
    bound = data.draw(st.integers(-1, 10))
    plain = weights[first:last][values[first:last] > bound].sum()
    found = LaterThan.of(values, weights).sums(np.array([first]), np.array([last]), np.array([bound]))
    assert found[0] == plain


def test_calendars_are_discovered_with_lunch_and_weekend() -> None:
    rng = np.random.default_rng(3)
    rows = []
    for day in range(60):
        if day % 7 < 5:
            for hour in (*np.arange(8, 12, 0.5), *np.arange(13.5, 17.5, 0.5)):
                start = 24 * day + hour + rng.uniform(0, 0.3)
                rows.append((f"{day}-{hour}", "A", "Ana", start, start + 0.15))
    found = discover_calendars(log_of(rows))
    assert str(found.calendars["Ana"]) == "Mon-Fri 08:00-12:00 13:30-17:30"
    assert found.table.loc[0, "confidence_share"] == 1


TRUE = """
arrivals: [{{kind: grid, every: {every}, calendar: Mon-Fri 09:00-17:00}}]
roles: {{Clerk: {{size: 1, calendar: "{hours}"}}}}
activities: {{Register: {{role: Clerk, time: {time}}}}}
routing: [Register]
"""


@pytest.mark.parametrize(
    ("hours", "every", "time"), [("24/7", "10 min", "14 min"), ("Mon-Fri 10:00-12:00 13:00-17:00", "30 min", "20 min")]
)
def test_waits_of_the_engine_are_given_the_causes_it_noted(hours: str, every: str, time: str) -> None:
    log = simulate(Twin.from_yaml(TRUE.format(hours=hours, every=every, time=time)), n_cases=400, seed=5)
    told = log.frame.filter(like="wait_").sum()
    found = waiting_causes(
        log, calendars=dict.fromkeys(log.resources, WorkCalendar.parse(hours, timezone=log.timezone))
    )
    none = pd.Timedelta(0)
    assert found.total["contention"] == told.get("wait_queue", none) > none
    assert found.total["unavailability"] == told.get("wait_closed", none)
    assert sum(found.total.values(), none) == told.sum()
