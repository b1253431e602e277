"""Waits for the outside told from queues: against the causes that the engine noted, and against false alarms."""

import numpy as np
import pandas as pd
import pytest

from bko_mining.analyse.batches import find_batches
from bko_mining.analyse.duty import Duty
from bko_mining.analyse.readiness import FreeTime, _is_present
from bko_mining.analyse.times import enabled_instants
from bko_mining.analyse.waiting_causes import CAUSES, waiting_causes
from bko_mining.analyse.work_calendars import discover_calendars
from bko_mining.calendars import WorkCalendar
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin
from tests.analyse.logs import MONDAY, log_of

H = pd.Timedelta(hours=1)
HOURS = "Mon-Fri 08:00-12:00 13:00-17:00"
TWIN = """
arrivals: [{{name: items, per_week: {items}, calendar: "{hours}", mix: {{urgent: 3, usual: 7}}}}]
case_types: {{urgent: {{priority: 1}}, usual: {{priority: 2}}}}
roles: {{Clerk: {{size: 1, calendar: "{hours}", discipline: {rule}}}}}
activities:
  Register: {{role: Clerk, time: {{family: lognormal, mean: 10 min, cv: 1}}}}
  Check: {{role: Clerk, time: {{family: lognormal, mean: 12 min, cv: 1}}}}
routing: [Register, Check]
delays: {delays}
"""
SUPPLIER = "[{after: Register, before: Check, time: {family: lognormal, mean: 60 h, cv: 1}}]"


def _office(items: int, *, rule: str = "fifo", delays: str = "[]", seed: int = 3) -> EventLog:
    return simulate(
        Twin.from_yaml(TWIN.format(items=items, hours=HOURS, rule=rule, delays=delays)), n_cases=700, seed=seed
    )


def _seconds(log: EventLog, name: str) -> np.ndarray:
    frame = log.frame
    return frame[name].dt.total_seconds().fillna(0).to_numpy() if name in frame else np.zeros(len(frame))


def _wrong_share(log: EventLog) -> float:
    found = waiting_causes(log).causes / 1e6
    pairs = (
        (_seconds(log, "wait_delay"), found[:, 4]),
        (_seconds(log, "wait_queue"), found[:, 1] + found[:, 2]),
        (_seconds(log, "wait_closed"), found[:, 3]),
        (np.zeros(len(log)), found[:, 0]),
    )
    return sum(float(np.abs(true - said).sum()) for true, said in pairs) / 2 / float(found.sum())


@pytest.mark.parametrize("items", [60, 95])
def test_waiting_for_a_supplier_is_neither_queue_nor_night(items: int) -> None:
    log = _office(items, delays=SUPPLIER)
    share = _seconds(log, "wait_delay").sum() / (waiting_causes(log).causes.sum() / 1e6)
    found = waiting_causes(log).total["extraneous"] / sum(waiting_causes(log).total.values(), pd.Timedelta(0))
    assert share > 0.4
    assert share - 0.15 < found < share + 0.03
    assert _wrong_share(log) < 0.2


@pytest.mark.parametrize("rule", ["fifo", "priority", "lifo", "shortest"])
def test_no_outside_is_found_where_there_is_none(rule: str) -> None:
    log = _office(95, rule=rule)
    total = waiting_causes(log).total
    assert total["contention"] + total["prioritisation"] > pd.Timedelta(0)
    assert total["extraneous"] + total["batching"] < 0.01 * sum(total.values(), pd.Timedelta(0))


def test_work_that_lies_half_done_over_night_keeps_nobody_busy() -> None:
    # Rui works 8-12; from 11 on Monday to 9 on Tuesday he has Z on his desk, B waits from Monday 11: an hour of queue
    # on Monday, twenty of night, an hour of queue on Tuesday.
    rows = [("0", "A", "x", 7, 11), ("0", "Z", "Rui", 11, 33), ("1", "A", "x", 7, 11), ("1", "B", "Rui", 33, 34)]
    calendars = {"x": WorkCalendar.always(), "Rui": WorkCalendar.parse("Mon-Fri 08:00-12:00")}
    found = waiting_causes(log_of(rows), calendars=calendars, by="activity").table.set_index("activity").loc["B"]
    assert [found[cause] / H for cause in CAUSES] == [0, 0, 2, 20, 0]


def test_work_outside_the_hours_keeps_busy() -> None:
    # Z is done from 13 to 15, after hours: B waits from 13 to 15 in the queue.
    rows = [("0", "A", "x", 7, 13), ("0", "Z", "Rui", 13, 15), ("1", "A", "x", 7, 13), ("1", "B", "Rui", 15, 16)]
    calendars = {"x": WorkCalendar.always(), "Rui": WorkCalendar.parse("Mon-Fri 08:00-12:00")}
    found = waiting_causes(log_of(rows), calendars=calendars, by="activity").table.set_index("activity").loc["B"]
    assert found["contention"] == 2 * H


def test_pieces_of_interrupted_work() -> None:
    duty = Duty(("Rui",), {"Rui": WorkCalendar.parse("Mon-Fri 08:00-12:00 13:00-17:00")})
    monday = MONDAY.value // 1000
    hours = lambda *values: monday + np.array(values) * 3_600_000_000  # noqa: E731
    row, start, end = duty.pieces(np.zeros(3, np.int64), hours(9, 11, 18), hours(10, 33, 20))
    assert row.tolist() == [0, 1, 1, 1, 2]
    assert ((start - monday) / 3.6e9).tolist() == [9, 11, 13, 32, 18]
    assert ((end - monday) / 3.6e9).tolist() == [10, 12, 17, 33, 20]


def test_what_waits_for_an_external_party_is_extraneous() -> None:
    rows = [("1", "A", "x", 8, 9), ("0", "Z", "Bank", 9, 12), ("0", "A", "x", 8, 9), ("1", "B", "Bank", 12, 13)]
    log = log_of(rows)
    always = dict.fromkeys(log.resources, WorkCalendar.always())
    assert waiting_causes(log, calendars=always).total["contention"] == 3 * H
    assert waiting_causes(log, calendars=always, external=["Bank"]).total["extraneous"] == 3 * H
    with pytest.raises(LogError, match="no resource is called 'Supplier'"):
        waiting_causes(log, external=["Supplier"])


def _mornings(n: int, free: bool) -> tuple[EventLog, FreeTime]:
    """Each day items arrive at 7, 8 and 9 and are done from 10 on, one after the other."""
    rows = []
    for day in range(n):
        for k in range(3):
            at = 24 * day + 7 + k
            rows += [
                (f"{day}-{k}", "A", "x", at - 1, at),
                (f"{day}-{k}", "B", "Rui", 24 * day + 10 + k, 24 * day + 11 + k),
            ]
    log = log_of(rows)
    rui = log.resources.index("Rui")
    times = MONDAY.value // 1000 + (np.arange(n) * 24 + 7.5) * 3.6e9
    stretches = (np.full(n, rui), times.astype(np.int64), (times + 2.4 * 3.6e9).astype(np.int64))
    none = np.zeros(0, np.int64)
    return log, FreeTime(*stretches) if free else FreeTime(none, none, none)


@pytest.mark.parametrize(("days", "free", "batched"), [(20, True, True), (20, False, False), (3, False, True)])
def test_what_piled_up_is_no_batch_unless_somebody_free_let_it_gather(days: int, free: bool, batched: bool) -> None:
    log, stretches = _mornings(days, free)
    always = Duty(log.resources, dict.fromkeys(log.resources, WorkCalendar.always()))
    found = find_batches(log, enabled_instants(log), stretches, always)
    assert len(found.size) == (days if batched else 0)


def _inductions(weeks: int, opening: int) -> EventLog:
    """Vera keys in all day; on Mondays at nine she inducts those whose papers were ready by then, one or two."""
    rows = []
    for week in range(weeks):
        for day in range(5):
            at = 24 * (7 * week + day)
            rows += [
                (f"k{week}-{day}-{hour}", "Key in", "Vera", at + hour, at + hour + 0.5) for hour in range(opening, 18)
            ]
        for k in range(1 + week % 2):
            ready, monday = 24 * (7 * week + 1 + k) + 10, 24 * 7 * (week + 1)
            name = f"p{week}-{k}"
            rows += [(name, "Papers", "x", ready, ready + 1), (name, "Induct", "Vera", monday + 9, monday + 9.4)]
    return log_of(rows)


def test_what_has_its_hour_waits_for_its_batch_even_alone() -> None:
    log = _inductions(40, opening=9)
    found = waiting_causes(log, by="activity")
    row = found.table.set_index("activity").loc["Induct"]
    assert ("Vera", "Induct") in found.beliefs.timed
    assert row["batching"] == row["waiting_time"] > 40 * 100 * H
    few = waiting_causes(_inductions(12, opening=9)).beliefs
    assert not few.timed


def test_who_always_works_at_that_hour_has_no_hour_of_its_own() -> None:
    # Rui is there from 10 to 12 only: what he begins at ten waited for his doors to open, or for the outside.
    rng = np.random.default_rng(0)
    rows = []
    for day in (d for d in range(200) if d % 7 < 5):
        for k in range(2):
            at, name = 24 * day + 10 + k * 0.8, f"{day}-{k}"
            rows += [(name, "A", "x", at - 20 - 50 * rng.random(), at - 20), (name, "B", "Rui", at, at + 0.8)]
    assert not waiting_causes(log_of(rows)).beliefs.timed


def test_a_time_that_is_always_the_same_is_nobodys_night() -> None:
    # Reminders go out at any hour; three days later Rui, there from 8 to 17, calls those due in turn.
    rng = np.random.default_rng(4)
    sent = np.sort(rng.uniform(0, 24 * 180, 900))
    rows, at = [], 0.0
    for k, ready in enumerate(sent):
        due = max(ready + 72, at)
        day, hour = divmod(due, 24)
        at = due if 8 <= hour < 16.9 else 24 * (day + (hour >= 8)) + 8
        rows += [(f"{k:03d}", "Remind", "x", ready - 0.1, ready), (f"{k:03d}", "Call", "Rui", at, at + 0.1)]
        at += 0.1
    found = waiting_causes(log_of(rows), by="activity")
    assert found.beliefs.timers == {("Remind", "Call"): pytest.approx(72 * 3.6e9, rel=0.001)}
    call = found.table.set_index("activity").loc["Call"]
    assert call["extraneous"] / H == pytest.approx(72 * 900, rel=0.01)
    assert call["unavailability"] > 0.5 * (call["waiting_time"] - call["extraneous"])


def test_interrupted_work_is_one_thing_at_a_time() -> None:
    # Each long item is put down for a short one; what waits meanwhile waits in the queue.
    rows = []
    for day in range(30):
        at = 24 * day + 9
        rows += [(f"L{day}", "Long", "Ana", at, at + 3), (f"S{day}", "Short", "Ana", at + 1, at + 2)]
        rows += [(f"W{day}", "In", "x", at - 1, at), (f"W{day}", "Wait", "Ana", at + 3, at + 4)]
    log = log_of(rows)
    found = waiting_causes(log, calendars=dict.fromkeys(log.resources, WorkCalendar.always()))
    assert found.beliefs.at_once == {}
    assert found.total["contention"] + found.total["prioritisation"] == 30 * 3 * H


def test_who_is_needed_on_some_days_only_is_there_on_the_others() -> None:
    hours = np.array([[24 * day + 8, 24 * day + 16] for day in range(28) if day % 7 < 5]) * 3_600_000_000
    rarely = np.sort(hours[::3, 0] + 3_600_000_000)
    assert _is_present(hours, rarely).all()
    # Whoever is seen every day was away in the week in which nobody saw them.
    daily = np.delete(hours[:, 0], slice(5, 10)) + 3_600_000_000
    assert _is_present(hours, daily).tolist() == [not 5 <= day < 10 for day in range(20)]


def test_hours_are_found_behind_a_heap_at_the_opening() -> None:
    # Three of five items are done at once when the office opens, the others all over the day.
    rng = np.random.default_rng(1)
    rows = []
    for day in (d for d in range(120) if d % 7 < 5):
        heap = [(24 * day + 9 + 0.1 * k, 0.08) for k in range(3)]
        rest = [(24 * day + at, 0.1) for at in (rng.uniform(9.5, 11.8), rng.uniform(14, 17.8))]
        rows += [(f"{day}-{at}", "A", "Eva", at, at + long) for at, long in (*heap, *rest)]
    assert str(discover_calendars(log_of(rows)).calendars["Eva"]) == "Mon-Fri 09:00-12:00 14:00-18:00"
