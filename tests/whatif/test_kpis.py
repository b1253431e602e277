"""Figures of a run, worked out by hand on runs without chance, and Little's law on runs with it."""

import numpy as np
import pytest

from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin
from bko_mining.whatif.costs import running_costs
from bko_mining.whatif.kpis import measure
from bko_mining.whatif.period import period_of
from bko_mining.whatif.runs import Setting, outcome_of, run_once
from tests.whatif.office import office

# A case every hour, 30 minutes of work each, by one clerk who is there from 9 to 17.
STEADY = """
arrivals: [{kind: grid, every: 1 h, calendar: "Mon-Fri 09:00-17:00"}]
roles: {Clerk: {members: [Ana], calendar: "Mon-Fri 09:00-17:00", cost_per_hour: 20}}
activities: {Register: {role: Clerk, time: 30 min, cost: 2}}
routing: [Register]
service_levels: [{name: Quick, within: 20 min, penalty: 5}]
"""


def test_a_week_by_hand() -> None:
    run = run_once(Twin.from_yaml(STEADY), Setting(horizon="7 d"), 0)
    figures = run.figures
    assert figures["cycle_time_mean"] == 1800
    assert figures["waiting_time_p90"] == 0
    assert figures["throughput_per_week"] == 40
    # 40 cases x 0.5 h in 168 h
    assert figures["work_in_progress"] == pytest.approx(20 / 168)
    assert figures["utilisation: Clerk"] == pytest.approx(0.5)
    assert figures["sla_breach_share"] == 1
    assert figures["rework_share"] == 0
    # 40 h x 20 + 40 x 2 + 40 x 5 a week; worked time only: 20 h x 20 instead of 40
    assert figures["cost_per_week"] == pytest.approx(800 + 80 + 200)
    assert figures["cost_per_case"] == pytest.approx((400 + 80 + 200) / 40)


def test_nobody_works_where_work_takes_no_time() -> None:
    twin = Twin.from_yaml(STEADY.replace("time: 30 min", "time: 0 min"))
    figures = run_once(twin, Setting(horizon="7 d"), 0).figures
    assert figures["utilisation: Clerk"] == 0
    assert figures["overtime_hours"] == 0


def test_overtime_is_paid_with_its_factor() -> None:
    twin = Twin.from_yaml(STEADY.replace("time: 30 min", "time: 90 min, at_shift_end: carried_over"))
    setting = Setting(horizon="1 d")
    log = simulate(twin, horizon="1 d")
    # 9:00 … 16:30: the sixth item begins at 16:30 and ends at 18:00, one hour late
    assert outcome_of(log, twin, setting).figures["overtime_hours"] == pytest.approx(3600 * 7)


def test_who_stays_while_the_queue_is_long_is_paid_for_it() -> None:
    twin = Twin.from_yaml(
        """
        arrivals: [{kind: batch, at: [08:00], size: 30, calendar: "Mon-Fri 08:00-17:00"}]
        roles:
          Clerk:
            members: [Ana]
            calendar: Mon-Fri 08:00-17:00
            cost_per_hour: 20
            overtime: {at_most: 2 h}
            overtime_factor: 1.75
        materials: {form: {initial: 1000, order_up_to: 1000, every: 7 d, cost: 0.5}}
        attributes: {pages: {distribution: 4}}
        activities: {Register: {role: Clerk, time: 20 min, uses: {form: pages}}}
        routing: [Register]
        """
    )
    # 30 items are ten hours of work a day: nine, and one after closing; a week has five days.
    figures = run_once(twin, Setting(horizon="7 d"), 0).figures
    assert figures["overtime_hours"] == pytest.approx(5 * 3600)
    wages, overtime, forms = 45 * 20, 5 * 20 * 1.75, 5 * 30 * 4 * 0.5
    assert figures["cost_per_week"] == pytest.approx(wages + overtime + forms)


def test_items_of_a_batch_are_one_piece_of_work() -> None:
    twin = Twin.from_yaml(STEADY.replace("cost: 2", "batch: {size: 4}"))
    assert run_once(twin, Setting(horizon="7 d"), 0).figures["utilisation: Clerk"] == pytest.approx(10 * 0.5 / 40)


def test_rework_counts_each_case_once() -> None:
    steps = "routing: [{loop: {do: Register, again: 1.0, at_most: 3}}]"
    twin = Twin.from_yaml(STEADY.replace("routing: [Register]", steps).replace("30 min", "5 min"))
    assert run_once(twin, Setting(n_cases=10), 0).figures["rework_share"] == 1
    assert run_once(Twin.from_yaml(STEADY), Setting(n_cases=10), 0).figures["rework_share"] == 0


def test_littles_law_holds_for_the_figures() -> None:
    figures = run_once(office(), Setting(horizon="200 d"), 0).figures
    expected = figures["throughput_per_week"] * figures["cycle_time_mean"] / (7 * 86_400)
    assert figures["work_in_progress"] == pytest.approx(expected, rel=0.03)


def test_costs_by_kind_add_up() -> None:
    twin = Twin.from_yaml(STEADY)
    log = simulate(twin, horizon="7 d")
    begin = int(log.start.min()) - 9 * 3_600_000_000
    period = period_of(log, twin, begin=begin, end=begin + 7 * 86_400_000_000)
    costs = running_costs(period)
    assert costs["wages"] == pytest.approx(800)
    assert sum(costs.values()) / 1 == pytest.approx(measure(period)["cost_per_week"])


OVERLOADED = """
start: 2026-01-05
arrivals: [{kind: grid, every: 1 h, calendar: 24/7}]
roles: {Clerk: {size: 1, calendar: 24/7}}
activities: {Do: {role: Clerk, time: 2 h}}
routing: [Do]
"""


def test_cases_nobody_has_touched_when_the_run_stops_are_open_all_the_same() -> None:
    outcome = run_once(Twin.from_yaml(OVERLOADED), Setting(horizon="10 d"), 0)
    # 240 came (one an hour), 120 were done or in hand (two hours each); the log knows no more than these.
    assert outcome.figures["backlog_end"] == pytest.approx(120, abs=1)
    assert outcome.figures["work_in_progress"] == pytest.approx(60, rel=0.03)
    assert (np.diff(outcome.series["open"]) >= 11).all()
    assert len(outcome.series["open"]) == 10
