"""Runs that follow a memory: typical, reproducible, on open days, and without a queue."""

import tracemalloc
from datetime import date, datetime

import numpy as np
import pytest

from bko_mining.simulate.days import Days, Habits
from bko_mining.simulate.donors import Donors
from bko_mining.simulate.following import even_arrivals
from bko_mining.simulate.memory import evenly
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.arrivals import CaseType, RateArrivals
from bko_mining.twin.model import Twin
from bko_mining.twin.observed import ObservedCases, PackedTable

HOUR, DAY = 3600, 86_400
TWIN = """
arrivals: [{table: {Mon: [0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]}}]
activities: {Register: {time: 1 h}, Pay: {time: 1 h}}
routing: [Register, Pay]
"""


def _memory(**habits) -> ObservedCases:
    """Eight Mondays with a case at 10:00: Register for an hour, Pay on Tuesday at 15:00; every fourth is rejected."""
    rows = []
    for week in range(8):
        day = week * 7 * DAY
        rows.append((week, 0, 0, day + 10 * HOUR, day + 11 * HOUR))
        if week % 4:
            rows.append((week, 1, 1, day + DAY + 15 * HOUR, day + DAY + 15 * HOUR + 600))
    columns = dict(zip(("case", "activity", "resource", "start", "end"), np.array(rows, np.int32).T, strict=True))
    return ObservedCases(
        since=date(2026, 1, 5),
        until=datetime(2026, 3, 3),
        activities=("Register", "Pay"),
        resources=("Ana", "Bia"),
        instances=PackedTable.pack(columns),
        cases=PackedTable.pack({"weight": np.ones(8, np.float32)}),
        **habits,
    )


def _twin(**habits) -> Twin:
    return Twin.from_yaml(TWIN).replace(observed=_memory(**habits))


def test_new_cases_go_like_the_old_ones():
    log = simulate(_twin(), n_cases=400, seed=1)
    frame = log.frame
    pay = frame[frame["activity"] == "Pay"]
    assert (pay["start"].dt.strftime("%a %H:%M") == "Tue 15:00").all()
    assert ((pay["end"] - pay["start"]).dt.total_seconds() == 600).all()
    assert (log.n_instances == 1).mean() == pytest.approx(0.25, abs=0.01)
    assert set(pay["resource"]) == {"Bia"}


def test_same_seed_same_log_and_more_cases_do_not_change_the_earlier_ones():
    few, many = (simulate(_twin(faithfulness=0.5), n_cases=n, seed=4).frame for n in (30, 60))
    assert few.equals(many.head(len(few)).reset_index(drop=True))
    other = simulate(_twin(faithfulness=0.5), n_cases=30, seed=5).frame
    assert not few["start"].equals(other["start"])


def test_a_run_that_stops_keeps_open_cases():
    log = simulate(_twin(), horizon="8 d", start="2026-01-05", seed=1)
    assert log.open_cases is not None
    assert log.case_start.max() < log.case_start.min() + 8 * DAY * 1_000_000
    assert log.open_cases.any()


def test_without_memory_queues_decide():
    log = simulate(_twin().causal, n_cases=20, seed=1)
    assert (log.frame["activity"] == "Pay").sum() == 20


def test_a_day_without_work_is_skipped_and_clock_times_stay():
    # Cases start every weekday at 10:00 and go on 24 h later at 10:00; nothing ever happens at weekends.
    start = np.array([week * 7 * DAY + day * DAY + 10.0 * HOUR for week in range(3) for day in range(5)])
    habits = Habits.of(start, start + 600, until=21 * DAY)
    assert habits.opens.tolist() == [1, 1, 1, 1, 1, 0, 0]
    days = Days(habits, 100, np.random.default_rng(0))
    friday = 4 * DAY + 10.0 * HOUR
    until = days.lay(friday, (10.0 * HOUR, DAY + 9.5 * HOUR))
    assert until == 7 * DAY + 9.5 * HOUR


def test_nobody_works_on_a_closed_day():
    start = np.array([week * 7 * DAY + day * DAY + 10.0 * HOUR for week in range(3) for day in range(5)])
    habits = Habits.of(start, start + 600, until=21 * DAY)
    closed = np.isin(np.arange(100), (7, 8))
    days = Days(habits, 100, np.random.default_rng(0), closed=closed)
    friday = 4 * DAY + 10.0 * HOUR
    assert days.lay(friday, (10.0 * HOUR, DAY + 9.5 * HOUR)) == 9 * DAY + 9.5 * HOUR


def test_a_holiday_of_the_past_is_no_day_of_work():
    """Wednesday to Friday over a free Thursday takes one day of work, though two where no holiday is known."""
    start = np.array([week * 7 * DAY + day * DAY + 10.0 * HOUR for week in range(3) for day in range(5)])
    start = start[start // DAY != 10]
    was = (9 * DAY + 10.0 * HOUR, 11 * DAY + 10.0 * HOUR)
    known = Habits.of(start, start + 600, 21 * DAY, lambda days: days == 10)
    unknown = Habits.of(start, start + 600, 21 * DAY)
    assert (known.open_days(*was), unknown.open_days(*was)) == (1, 2)


def test_no_arrival_comes_on_a_holiday():
    table = {day: (0.0,) * 9 + (4.0,) + (0.0,) * 14 for day in ("Mon", "Tue", "Wed", "Thu", "Fri")}
    stream = RateArrivals(table=table, holidays="BR")
    since = (np.datetime64("2025-12-22") - np.datetime64("1970-01-05")).astype(int) * DAY
    days = np.unique(even_arrivals(stream, float(since), lambda at: len(at) >= 40, 0.5) // DAY - since // DAY)
    # Christmas and New Year are Thursdays, and free with the days before them.
    assert days[:10].tolist() == [0, 1, 4, 7, 8, 11, 14, 15, 16, 17]


def test_donors_are_of_a_like_hour():
    at = np.concatenate([np.arange(10) * DAY + 9.0 * HOUR, np.arange(10) * DAY + 15.0 * HOUR])
    donors = Donors(np.arange(20), at, np.ones(20), (0,) * 5 + (1, 1), (5, 1800.0))
    assert {donors.near(14.8 * HOUR, chance) for chance in np.linspace(0, 0.99, 30)} <= set(range(10, 20))


def test_arrivals_come_as_evenly_as_the_table_says():
    table = {"Mon": (0.0,) * 9 + (4.0,) + (0.0,) * 14}
    found = even_arrivals(RateArrivals(table=table), 0.0, lambda a: len(a) >= 8, 0.5)[:8]
    # Four in the hour from 9:00, each in the middle of its quarter.
    assert found.tolist() == [w * 7 * DAY + 9 * HOUR + 450 + 900 * k for w in range(2) for k in range(4)]


def test_golden_numbers_fill_the_unit_interval_better_than_chance():
    points = np.sort([evenly(case, 0.3) for case in range(100)])
    assert np.diff(points).max() < 0.03


def test_background_work_is_no_case_of_a_run_that_follows_the_past():
    twin = _twin()
    hidden = RateArrivals(name="hidden", per_week=40, calendar="Mon-Fri 09:00-17:00", case_type="hidden")
    kinds = {"case": CaseType(), "hidden": CaseType(logged=False)}
    loaded = twin.replace(arrivals=(*twin.arrivals, hidden), case_types=kinds)
    alone, beside = (simulate(each, n_cases=50, seed=3) for each in (twin, loaded))
    assert beside.frame.equals(alone.frame)


def test_histories_of_long_cases_take_room_in_proportion_to_their_length():
    n = 2000
    at = np.arange(n, dtype=np.int32) * 60
    rows = {"case": np.repeat(np.arange(4, dtype=np.int32), n), "activity": np.tile(np.arange(n) % 2, 4)}
    rows |= {"resource": rows["activity"], "start": np.tile(at, 4), "end": np.tile(at + 30, 4)}
    columns = {name: column.astype(np.int32) for name, column in rows.items()}
    long = _memory(faithfulness=0.9).model_copy(
        update={"instances": PackedTable.pack(columns), "cases": PackedTable.pack({"weight": np.ones(4, np.float32)})}
    )
    tracemalloc.start()
    log = simulate(Twin.from_yaml(TWIN).replace(observed=long), n_cases=2, seed=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert log.n_instances.min() > n / 2
    # Every history of every place written out would take 4 × 2,000 × 1,000 × 8 bytes.
    assert peak < 40e6


def test_donors_drawn_in_order_are_the_same_without_room_to_keep_the_order(monkeypatch):
    rng = np.random.default_rng(1)
    at = np.sort(rng.uniform(0, 28 * DAY, 500))
    rank, weight = rng.permutation(500).astype(float), np.ones(500)

    def draws():
        donors = Donors(np.arange(500), at, weight, (0,) * 7, (10, 3600.0))
        return [donors.near_in_order(moment, 0.3, rank, weight) for moment in at[::5].tolist()]

    kept = draws()
    monkeypatch.setitem(Donors.near_in_order.__globals__, "ROOM", 0)
    assert draws() == kept
