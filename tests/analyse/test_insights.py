"""Findings: nothing said twice, nothing absurd, no hour counted by two of them; silence where nothing is planted."""

import numpy as np
import pandas as pd
import pytest

import bko_mining as bko
from bko_mining.analyse.candidates import rule_based_look
from bko_mining.analyse.times import HOUR, months
from bko_mining.log.event_log import EventLog
from tests.analyse.logs import log_of
from tests.analyse.test_people import office

OFFICE = bko.Twin.from_yaml("""
arrivals: [{per_week: 90, calendar: Mon-Fri 08:00-18:00}]
roles: {Clerk: {members: [A, B, C, D], calendar: Mon-Fri 09:00-17:00}}
activities:
  Register: {role: Clerk, time: {family: lognormal, mean: 20 min, cv: 0.7}}
  Check: {role: Clerk, time: {family: lognormal, mean: 30 min, cv: 0.7}}
routing: [Register, {loop: {do: Check, again: 0.1}}]
""")


def steady(seed: int) -> EventLog:
    """An office with a queue in which nothing changes, so that one week's backlog carries over to the next."""
    return bko.simulate(OFFICE, n_cases=90 * 40, seed=seed, start="2026-01-05")


def test_a_steady_office_with_a_queue_raises_few_alarms() -> None:
    # 5 % of 12 seeds is 0.6; above 3 the binomial probability is under 0.3 %. 100 seeds: benchmarks/false_alarms.py.
    alarms = {"drift": 0, "compare": 0, "insights": 0}
    for seed in range(12):
        log = steady(seed)
        alarms["drift"] += bool(len(bko.drift(log).table))
        alarms["compare"] += bool(bko.compare_logs(log, steady(seed + 100)).table["changed"].any())
        alarms["insights"] += bool(bko.insights(log).table["p_value"].notna().any())
    assert max(alarms.values()) <= 3, alarms


def test_a_slow_swing_is_no_change_but_a_step_is() -> None:
    from bko_mining.analyse.change_points import change_points

    def swing(seed: int, step: float) -> np.ndarray:
        rng = np.random.default_rng(seed)
        noise, level = rng.normal(size=104), np.zeros(104)
        for week in range(1, 104):
            level[week] = 0.6 * level[week - 1] + noise[week]
        level[52:] += step * level.std()
        return level[:, None]

    assert sum(bool(change_points(swing(s, 0), np.random.default_rng(s), 0.0125)) for s in range(30)) <= 3
    assert sum(bool(change_points(swing(s, 2.5), np.random.default_rng(s), 0.0125)) for s in range(10)) >= 8


def test_no_hour_is_counted_twice() -> None:
    found = bko.insights(office(3, n=900)).table
    log = office(3, n=900)
    spent = float((log.case_end - log.case_start).sum()) / HOUR / months(log)
    delay = found.loc[found["stake"] != "work", "hours_per_month"].sum()
    assert 0 < delay <= spent
    assert found["finding"].is_unique


def test_declared_repeats_and_limits_are_honoured() -> None:
    rows = [(f"{k:03d}", name, None, None, 20.0 * k + at) for k in range(60) for at, name in enumerate("pqp")]
    found = bko.insights(log_of(rows))
    assert any("done again" in sentence for sentence in found.table["finding"])
    assert "Without start times" in found.summary
    assert "names no people" in found.summary
    assert not any("done again" in s for s in bko.insights(log_of(rows), expected=["p"]).table["finding"])


def test_money_ranks_and_what_has_no_price_has_no_cost() -> None:
    found = bko.insights(office(4, n=900), cost_per_hour=30).table
    assert found.loc[found["stake"] == "delay", "cost_per_month"].isna().all()
    priced = found["cost_per_month"].dropna()
    assert len(priced)
    assert priced.is_monotonic_decreasing
    both = bko.insights(office(4, n=900), cost_per_hour=30, delay_cost_per_hour=2).table
    assert both.loc[both["stake"] == "delay", "cost_per_month"].gt(0).all()


def test_a_clock_is_not_taken_for_a_queue() -> None:
    rng = np.random.default_rng(0)
    rows = [(f"{k:03d}", "open", "Ana", 30.0 * k, 30.0 * k + rng.uniform(1, 2)) for k in range(60)]
    rows += [(case, "close", "Bot", end + 72, end + 72.1) for case, _, _, _, end in rows]
    evidence = bko.insights(log_of(rows)).table.set_index("finding")["evidence"]
    assert "a timer rather than a queue" in evidence.iloc[0]


@pytest.mark.parametrize(
    ("name", "look"),
    [("Lançar nota", 1), ("Send Invoice", 1), ("Inspect car", 0), ("Aprovar pedido", 0), ("Screen CV", 0), ("X1", 0.5)],
)
def test_what_a_name_says_of_the_work(name: str, look: float) -> None:
    assert rule_based_look(name) == look


def test_stages_and_control_are_no_double_entry_but_corrections_are_told() -> None:
    def log(*steps: tuple[str, str]) -> EventLog:
        rows = [("A", name, role) for name, role in steps]
        frame = pd.DataFrame(rows, columns=["case_id", "activity", "role"])
        return EventLog.from_frame(frame.assign(end=pd.date_range("2026-01-05", periods=len(rows), freq="h")))

    assert not len(bko.duplicate_entry(log(("Work in level 2", "L2"), ("Work in level 3", "L3"))).table)
    assert not len(bko.duplicate_entry(log(("Approve by manager", "M"), ("Approve by senior manager", "S"))).table)
    found = bko.duplicate_entry(log(("Register invoice", "Store"), ("Correct registration", "Finance")))
    assert found.table[["kind", "first_by", "second_by"]].values.tolist() == [["corrected", "Store", "Finance"]]
    assert "corrected by Finance" in found.summary
    # The approver sends back what the clerk registered; the clerk does not correct the approval.
    steps = [("Register invoice", "Clerk"), ("Approve", "Boss"), ("Correct registration", "Clerk")]
    assert not len(bko.duplicate_entry(log(*steps)).table)


def test_short_logs_are_compared_with_care() -> None:
    # Three weeks of an office with a queue hold few independent days: silence rather than a false alarm.
    def short(seed: int) -> EventLog:
        return bko.simulate(OFFICE, n_cases=90 * 3, seed=seed, start="2026-01-05")

    assert sum(bko.compare_logs(short(s), short(s + 100)).table["changed"].any() for s in range(12)) <= 2
