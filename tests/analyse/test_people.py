"""Planted effects must be found, logs without one must stay silent, and hand-made logs have known answers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import bko_mining as bko
from bko_mining.log.event_log import EventLog
from tests.analyse.logs import log_of

DAY = 86_400_000_000
MINUTE = 60_000_000


def office(seed: int, *, slow: float = 1.0, error_pair: bool = False, n: int = 900) -> EventLog:
    """Three activities by any of eight people; person 0 may be slower, the handover 1 → 2 may bring a repeat."""
    rng = np.random.default_rng(seed)
    case, activity, who, start, end = [], [], [], [], []
    for number in range(n):
        at = number * DAY // 8
        people = rng.integers(0, 8, 3)
        course = [(0, people[0]), (1, people[1])]
        risk = 0.6 if error_pair and people[0] == 1 and people[1] == 2 else 0.1
        course += [(0, people[2])] if rng.random() < risk else []
        course += [(2, people[2])]
        for what, person in course:
            work = int(rng.lognormal(3 + 0.3 * what, 0.6) * MINUTE * (slow if person == 0 else 1.0))
            at += int(rng.exponential(60) * MINUTE)
            case.append(number), activity.append(what), who.append(person), start.append(at), end.append(at + work)
            at += work
    return EventLog.from_codes(
        case=np.array(case, np.int32),
        case_ids=pa.array([f"{number:05d}" for number in range(n)]),
        activity=np.array(activity, np.int32),
        activities=("a", "b", "c"),
        resource=np.array(who, np.int32),
        resources=tuple(f"P{person}" for person in range(8)),
        start=np.array(start),
        end=np.array(end),
    )


def test_a_slower_person_is_found_and_nobody_else() -> None:
    found = bko.productivity(office(1, slow=1.3, n=3000), names=True).table.set_index("person")
    assert found["verdict"].to_dict() == {f"P{k}": "slower" if k == 0 else "no difference" for k in range(8)}
    assert found.loc["P0", "low"] > 1.05
    # 1.3 against an average that holds it too: 1.3 ** (7 / 8) = 1.26
    assert found.loc["P0", "raw_factor"] == pytest.approx(1.26, abs=0.06)
    assert found.loc["P0", "time_factor"] < found.loc["P0", "raw_factor"]


def test_three_easy_cases_make_no_star() -> None:
    assert not len(bko.productivity(office(2, n=20)).table)


def test_equal_people_raise_few_alarms() -> None:
    # 5 % of 60 logs is 3; above 7 the binomial probability is under 2 %.
    alarms = sum((bko.productivity(office(s, n=250)).table["verdict"] != "no difference").any() for s in range(60))
    assert alarms <= 7


def test_an_error_prone_handover_is_found_and_nobody_else() -> None:
    table = bko.handovers(office(3, error_pair=True, n=4000), names=True).table
    assert table.loc[table["error_prone"], ["source", "target"]].values.tolist() == [["P1", "P2"]]


def test_harmless_handovers_raise_few_alarms() -> None:
    found = [bko.handovers(office(s, n=500)) for s in range(60)]
    assert sum(f.table["error_prone"].any() for f in found) <= 7
    assert sum(f.odds.low > 1 or f.odds.high < 1 for f in found) <= 7


def test_hands_are_counted_before_the_rework_only() -> None:
    log = log_of([("A", "x", "Ana", 0, 1), ("A", "y", "Rui", 2, 3), ("A", "x", "Eva", 4, 5)])
    hands = bko.handovers(log).hands
    # next instances: y after 1 hand (no repeat), x after 2 hands (a repeat); only the stratum with a repeat is expected
    assert hands[["n_hands", "n", "n_reworked"]].values.tolist() == [[2, 1, 1]]


def test_ping_pong_and_waits_by_hand() -> None:
    log = log_of([("A", "x", "Ana", 0, 1), ("A", "y", "Rui", 3, 4), ("A", "z", "Ana", 5, 6), ("A", "w", "Ana", 6, 7)])
    found = bko.handovers(log, names=True)
    assert found.handover_share == pytest.approx(2 / 3)
    assert found.table[["source", "target", "n", "n_returned"]].values.tolist() == [
        ["Ana", "Rui", 1, 1],
        ["Rui", "Ana", 1, 0],
    ]
    assert found.mean_waiting_time.total_seconds() == 1.5 * 3600


def test_loops_and_first_times_by_hand() -> None:
    log = log_of([("A", "x", "Ana", 0, 1), ("A", "y", "Rui", 2, 3), ("A", "x", "Ana", 5, 6), ("B", "x", "Ana", 0, 1)])
    loop = bko.loops(log).table.iloc[0]
    # detour y: 1 h wait + 1 h work; second x: 2 h wait + 1 h work
    assert (loop["activity"], loop["via"], loop["extra_time"].total_seconds() / 3600) == ("x", "y", 5)
    right = bko.first_time_right(log).table.set_index("activity")["first_time_right_share"]
    assert right.to_dict() == {"x": 0.5, "y": 1.0}


def test_pseudonyms_unless_names_are_asked_for() -> None:
    log = office(4, n=200)
    for table in (bko.productivity(log).table, bko.workload(log).table, bko.turnover(log).table):
        assert table["person"].str.startswith("person ").all()
    assert "P0" not in str(bko.handovers(log).table) + str(bko.roles(log).members)


def test_nothing_hangs_on_software_that_never_rests() -> None:
    rows = [(f"{k:04d}", "submit", "112", None, float(k)) for k in range(1000)]
    rows += [(f"{k:04d}", "check", "Ana", None, 24.0 * (k // 5) + 9 + k % 5) for k in range(1000)]
    rows += [(f"{k:04d}", "sign", "Rui", None, 24.0 * (k // 5) + 15) for k in range(1000)]
    risk = bko.roles(log_of(rows), names=True).concentration.set_index("activity")["at_risk"]
    assert risk.to_dict() == {"check": True, "sign": True, "submit": False}


def test_a_label_for_the_whole_staff_is_nobody() -> None:
    log = log_of([("A", "x", "STAFF MEMBER", None, 1), ("A", "y", "SYSTEM", None, 2)] * 30)
    assert not bko.workload(log).resources_known
    assert not len(bko.roles(log).table)


def test_newcomers_and_leavers_are_seen() -> None:
    rows = [(f"{day:03d}", "x", name, 24.0 * day, 24.0 * day + 1) for day in range(200) for name in ("Ana",)]
    rows += [(f"{day:03d}", "y", "Rui", 24.0 * day + 2, 24.0 * day + 3) for day in range(100)]
    rows += [(f"{day:03d}", "y", "Eva", 24.0 * day + 2, 24.0 * day + 3) for day in range(100, 200)]
    found = bko.turnover(log_of(rows), names=True).table.set_index("person")
    assert found["arrived"].to_dict() == {"Ana": False, "Rui": False, "Eva": True}
    assert found["left"].to_dict() == {"Ana": False, "Rui": True, "Eva": False}


def test_learning_is_found() -> None:
    rng = np.random.default_rng(5)
    rows = [(f"{k:04d}", "x", "Old", 6.0 * k, 6.0 * k + 0.2 * rng.lognormal(0, 0.3)) for k in range(800)]
    for person in range(4):
        for k in range(300):
            at, factor = 6.0 * (200 + 2 * k) + person, (k + 1.0) ** -0.152  # 2 ** -0.152 = 0.9
            rows.append((f"n{person}{k:04d}", "x", f"New{person}", at, at + 0.4 * factor * rng.lognormal(0, 0.3)))
    found = bko.learning(log_of(rows))
    assert found.low > 0.05
    assert found.low < 0.10 < found.high + 0.02


def test_resource_frequency_as_bupar_prints_it(shared: Path) -> None:
    log = bko.read_log(shared / "logs" / "real" / "patients.csv.gz")
    counts = bko.workload(log, names=True).table.set_index("person")["n"].to_dict()
    assert counts == {"r1": 500, "r2": 500, "r6": 495, "r7": 492, "r5": 261, "r3": 237, "r4": 236}
    assert not len(bko.rework(log).table)


def test_cases_with_rework_as_pm4py_counts_them(shared: Path) -> None:
    log = bko.read_log(shared / "oracles" / "pm4py" / "running-example.csv")
    counts = bko.rework(log).table.set_index("activity")["n_cases"].to_dict()
    assert counts == {"check ticket": 2, "decide": 2, "examine casually": 1, "reinitiate request": 1}


def growing_risk(seed: int, slope: float, n: int = 900) -> EventLog:
    """Cases of three to nine steps; the odds of a repeat grow with the place in the case and, by ``slope``, with hands.

    Long cases have more hands and more rework also where the slope is 0: an estimate that forgets it would see one.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        restless, person, touched = rng.uniform(0.1, 0.9), int(rng.integers(6)), set()
        for place in range(int(rng.integers(3, 10))):
            risk = 1 / (1 + np.exp(2.5 - 0.25 * place - slope * (len(touched) - 1)))
            if place and rng.random() < risk:
                rows.append((number, int(rng.integers(place)), person, place))
                break
            person = int(rng.integers(6)) if rng.random() < restless else person
            touched.add(person)
            rows.append((number, place, person, place))
    case, activity, who, place = (np.array(column) for column in zip(*rows, strict=True))
    return EventLog.from_codes(
        case=case.astype(np.int32),
        case_ids=pa.array([f"{number:05d}" for number in range(n)]),
        activity=activity.astype(np.int32),
        activities=tuple("abcdefghi"),
        resource=who.astype(np.int32),
        resources=tuple("PQRSTU"),
        end=case * DAY + place * MINUTE,
    )


@pytest.mark.parametrize("slope", [0.0, 0.5])
def test_the_odds_of_rework_by_hands_are_those_planted(slope: float) -> None:
    odds = [bko.handovers(growing_risk(seed, slope)).odds for seed in range(20)]
    logs = np.log([found.ratio for found in odds])
    assert abs(logs.mean() - slope) <= 4 * logs.std(ddof=1) / 20**0.5
    # 95 % of 20 intervals is 19; below 16 the binomial probability is under 1 %.
    assert sum(found.low <= np.exp(slope) <= found.high for found in odds) >= 16


def test_where_rework_starts_and_what_it_steps_back_over() -> None:
    rows = [("A", "x", "Ana", 0, 1), ("A", "y", "Rui", 2, 3), ("A", "z", "Rui", 3, 4), ("A", "x", "Ana", 6, 7)]
    rows += [("B", "x", "Ana", 0, 1), ("B", "x", "Ana", 2, 3), ("B", "y", "Rui", 4, 5)]
    found = bko.rework(log_of(rows), cost_per_hour=10, delay_cost_per_hour=1)
    assert found.origins[["after", "back_to", "n_cases"]].values.tolist() == [["x", "x", 1], ["z", "x", 1]]
    row = found.table.iloc[0]
    assert (row["n_self_loops"], row["n_returns"], row["n_steps_back"], row["n_cases"]) == (1, 1, 1, 2)
    # 2 h of work at 10 and 2 h + 1 h of waiting at 1, in 7 h of log that count as a day of a month of 730.5 h
    assert row["cost_per_month"] == pytest.approx(23 / (24 / 730.5))
    assert found.weekly["reworked_share"].tolist() == [1.0]


def test_first_times_by_vendor_are_of_cases_and_by_resource_without_names() -> None:
    rows = [(f"{k:03d}", "x", "Ana", 10.0 * k, 10.0 * k + 1) for k in range(200)]
    rows += [(f"{k:03d}", "x", "Ana", 10.0 * k + 2, 10.0 * k + 3) for k in range(0, 60, 2)]
    log = log_of(rows)
    log = log.with_attributes({"vendor": ["bad" if code < 60 else "good" for code in log.case]})
    found = bko.first_time_right(log, by="vendor")
    assert found.table[["vendor", "n", "clearly_worse"]].values.tolist() == [["bad", 60, True], ["good", 140, False]]
    assert "“bad” with 50 %" in found.summary
    assert bko.first_time_right(log, by="resource").table["resource"].tolist() == ["person 1"]
    assert not len(bko.loops(log, expected=["x"]).table)


def test_handovers_between_departments_with_their_price() -> None:
    rows = [("A", "x", "Ana", 0, 1), ("A", "y", "Rui", 3, 4), ("A", "z", "Eva", 5, 6)]
    log = log_of(rows).with_attributes({"department": ["sales", "finance", "finance"]})
    found = bko.handovers(log, by="department", cost_per_hour=2, currency="EUR")
    assert found.table[["source", "target", "n"]].values.tolist() == [["sales", "finance", 1]]
    assert "€4 a handover" in found.summary


def test_an_absence_is_found_with_the_work_that_waited_for_it() -> None:
    rng = np.random.default_rng(6)
    rows = []
    for day in range(120):
        away = 60 <= day < 70
        for k in range(4):
            at = 24.0 * day + 9 + k
            rows.append((f"{day:03d}-{k}", "open", "Ana", at, at + 0.5))
            wait = 24.0 * (70 - day) if away else 0.5 + 0.2 * rng.random()
            rows.append((f"{day:03d}-{k}", "sign", "Eva", at + 0.5 + wait, at + 1 + wait))
    found = bko.absences(log_of(rows), names=True)
    assert found.table[["person", "n_days", "activity"]].values.tolist() == [["Eva", 10, "sign"]]
    row = found.table.iloc[0]
    assert row["waiting_time"] > 50 * row["usual_waiting_time"]
    assert found.away_share == pytest.approx(10 / 240, abs=0.001)
    assert "While Eva was away, “sign” waited" in found.summary


def test_regular_people_are_not_called_absent() -> None:
    # Eight people with three cases of eight a day among them: gaps of days are nothing unusual.
    assert sum(len(bko.absences(office(seed, n=900)).table) for seed in range(20)) <= 3


def with_newcomers(seed: int, *, slower: float, wrong: float) -> EventLog:
    """Four old hands, and four who come after day 100, slower and more often wrong for sixty days."""
    rng = np.random.default_rng(seed)
    rows = []
    for day in range(240):
        for person in range(8):
            if person >= 4 and day < 100:
                continue
            new = person >= 4 and day < 160
            for k in range(3):
                at = 24.0 * day + 2 * k
                work = 0.5 * rng.lognormal(0, 0.4) * (slower if new else 1)
                case = f"{day:03d}-{person}-{k}"
                rows.append((case, "enter", f"P{person}", at, at + work))
                if rng.random() < (wrong if new else 0.05):
                    rows.append((case, "enter", f"P{person}", at + work, at + work + 0.1))
    return log_of(rows)


def test_what_newcomers_cost_is_what_was_planted() -> None:
    found = bko.turnover(with_newcomers(1, slower=1.5, wrong=0.15), cost_per_hour=10)
    assert found.n_arrived == 4
    # Corrections are quick whoever makes them, and newcomers make more: a little less than the planted 1.5.
    assert found.speed.low < 1.4 < found.speed.high + 0.1
    assert found.errors.low < 3 < found.errors.high
    assert found.cost_per_month == pytest.approx(10 * found.hours_per_month)
    plain = bko.turnover(with_newcomers(2, slower=1.0, wrong=0.05))
    assert plain.speed.low < 1 < plain.speed.high
    assert plain.errors.low < 1 < plain.errors.high
    assert plain.hours_per_month != plain.hours_per_month


def staffed(seed: int, present: dict[str, tuple[int, int]]) -> EventLog:
    """A year of people who work most weekdays from one day to another, three weeks of holidays apart."""
    rng, rows = np.random.default_rng(seed), []
    for person, (first, last) in present.items():
        away = int(rng.integers(60, 300))
        days = [d for d in range(first, last + 1) if d % 7 < 5 and not away <= d < away + 21 and rng.random() < 0.8]
        rows += [(f"{person}-{d}", "enter", person, 24.0 * d + 9, 24.0 * d + 10) for d in (first, *days, last)]
    return log_of(rows)


def test_planted_arrivals_leavers_and_tenures_are_found() -> None:
    stay = {f"S{k}": (k % 3, 362 - k % 3) for k in range(12)}
    gone = {f"L{k}": (k, 98 + 35 * k) for k in range(5)}
    came = {f"A{k}": (70 + 35 * k, 361) for k in range(4)}
    planted = stay | gone | came
    found = bko.turnover(staffed(7, planted), names=True)
    table = found.table.set_index("person")
    assert {name for name in planted if table.loc[name, "left"]} == gone.keys()
    assert {name for name in planted if table.loc[name, "arrived"]} == came.keys()
    assert {name: table.loc[name, "tenure"].days for name in planted} == {
        name: last - first + 1 for name, (first, last) in planted.items()
    }
    present = sum(last - first + 1 for first, last in planted.values()) / 363
    assert found.yearly_share == pytest.approx(5 / present * 365.25 / 363, rel=0.02)


def test_holidays_and_nothing_planted_are_no_turnover() -> None:
    for seed in range(20):
        found = bko.turnover(staffed(seed, {f"S{k}": (k % 3, 362 - k % 3) for k in range(12)}))
        assert found.n_arrived + found.n_left == 0, seed


def test_the_first_day_of_a_person_is_that_of_the_office() -> None:
    rows = pd.DataFrame({"case": range(60), "activity": "x", "resource": "Ana"})
    for clock in ("09:30", "22:30"):  # the same day and the next one in UTC
        ends = pd.date_range(f"2026-01-05 {clock}", periods=60, freq="D", tz="America/Sao_Paulo")
        table = bko.turnover(bko.EventLog.from_frame(rows.assign(end=ends))).table
        assert [str(table[name][0].date()) for name in ("first", "last")] == ["2026-01-05", "2026-03-05"]


def test_specialists_are_told_from_generalists() -> None:
    rows = [
        (f"{k:03d}", name, "Ana", 5.0 * k + at, 5.0 * k + at + 1) for k in range(30) for at, name in enumerate("ab")
    ]
    rows += [(f"{k:03d}", "c", "Rui", 5.0 * k + 3, 5.0 * k + 4) for k in range(30)]
    people = bko.roles(log_of(rows), names=True).people.set_index("person")
    assert people["n_activities"].to_dict() == {"Ana": 2, "Rui": 1}
    assert people["specialisation"]["Rui"] == 1
    assert people["specialisation"]["Ana"] == pytest.approx(1 - np.log(2) / np.log(3))
