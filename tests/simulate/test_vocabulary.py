"""The words of a twin do what they say, checked by arithmetic on what a consultant would write."""

from textwrap import dedent

import numpy as np
import pandas as pd
import pytest

from bko_mining.errors import SimulationError, TwinError
from bko_mining.log.event_log import EventLog
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin


def run(text: str, **how: object) -> EventLog:
    return simulate(Twin.from_yaml(dedent(text)), **how)  # type: ignore[arg-type]


def minutes(log: EventLog) -> pd.Series:
    return (log.frame["end"] - log.frame["start"]).dt.total_seconds() / 60


def test_set_up_is_paid_on_change_only() -> None:
    log = run(
        """
    arrivals: [{kind: grid, every: 1 h, calendar: "Mon-Fri 08:00-16:00", mix: {a: 1, b: 1}}]
    case_types: {a: {routing: [A]}, b: {routing: [B]}}
    roles: {C: {size: 1}}
    activities: {A: {role: C, time: 10 min, setup: 5 min}, B: {role: C, time: 10 min, setup: 7 min}}
    """,
        n_cases=60,
    )
    frame = log.frame.assign(took=minutes(log)).sort_values("start")
    changed = (frame["activity"] != frame["activity"].shift().fillna(frame["activity"].iloc[0])).to_numpy()
    extra = np.where(frame["activity"] == "A", 5, 7)
    assert (frame["took"].to_numpy() == 10 + np.where(changed, extra, 0)).all()
    assert 10 < changed.sum() < 50


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Sao_Paulo"])
def test_who_is_away_is_away_the_whole_local_day(zone: str) -> None:
    log = run(
        f"""
    timezone: {zone}
    arrivals: [{{kind: grid, every: 30 min, calendar: "Mon-Fri 08:00-17:00"}}]
    roles: {{C: {{members: [Ana], calendar: "Mon-Fri 08:00-17:00", availability: 0.7}}}}
    activities: {{A: {{role: C, time: 1 s}}}}
    routing: [A]
    """,
        horizon="700 d",
    )
    start = log.frame["start"].dropna().dt.tz_convert(zone)
    hours = start.dt.hour.groupby(start.dt.normalize()).agg(["min", "max"])
    assert ((hours["min"] == 8) & (hours["max"] >= 16)).all()
    # 500 working days: standard error 0.02.
    assert len(hours) / 500 == pytest.approx(0.7, abs=0.08)


def test_a_night_shift_belongs_to_the_day_on_which_it_begins_and_days_without_closing_are_cut() -> None:
    night = run(
        """
    arrivals: [{kind: grid, every: 1 h, calendar: 24/7}]
    roles: {C: {members: [Ana], calendar: "Mon-Fri 22:00-06:00", availability: 0.5}}
    activities: {A: {role: C, time: 5 min}}
    routing: [A]
    """,
        horizon="60 d",
    )
    begun = night.frame["start"].dropna()
    shifts = (begun - pd.Timedelta("12h")).dt.normalize()
    assert (begun.groupby(shifts).agg(lambda at: at.dt.hour.nunique()) == 8).all()
    always = run(
        """
    arrivals: [{kind: grid, every: 1 h, calendar: 24/7}]
    roles: {C: {members: [Ana], availability: 0.5}}
    activities: {A: {role: C, time: 30 min}}
    routing: [A]
    """,
        horizon="200 d",
    )
    days = always.frame["start"].dropna().dt.normalize().nunique()
    assert days / 200 == pytest.approx(0.5, abs=0.15)


def test_a_newcomer_is_quicker_every_day() -> None:
    log = run(
        """
    arrivals: [{kind: grid, every: 6 h, calendar: 24/7}]
    roles: {C: {members: [New]}}
    resources: {New: {since: 2026-01-05, ramp_up: 30 d, start_factor: 3}}
    activities: {A: {role: C, time: 10 min}}
    routing: [A]
    """,
        n_cases=200,
    )
    days = (log.frame["start"] - log.frame["start"].iloc[0]).dt.total_seconds() / 86_400
    assert minutes(log).to_numpy() == pytest.approx(10 * (1 + 2 * np.exp(-3 * days / 30)).to_numpy(), abs=1e-6)


def test_a_long_queue_makes_people_work_faster() -> None:
    log = run(
        """
    arrivals: [{kind: batch, at: [08:00], size: 20}]
    roles: {C: {size: 1}}
    activities: {A: {role: C, time: 10 min, time_factors: [{when: queue(C) >= 10, factor: 0.5}]}}
    routing: [A]
    """,
        n_cases=20,
    )
    # The first finds nobody waiting; then 18 … 10 wait; then fewer.
    assert minutes(log).tolist() == [10.0] + [5.0] * 9 + [10.0] * 10


GRAPH = """
    routing:
      kind: graph
      nodes:
        s: {kind: start}
        split: {kind: or}
        A: {kind: activity}
        B: {kind: activity}
        C: {kind: activity}
        join: {kind: or}
        Z: {kind: activity}
        e: {kind: end}
      flows:
        - {from: s, to: split}
        - {from: split, to: A, share: 0.6}
        - {from: split, to: B, share: 0.5}
        - {from: split, to: C, share: 0.2}
        - {from: A, to: join}
        - {from: B, to: join}
        - {from: C, to: join}
        - {from: join, to: Z}
        - {from: Z, to: e}
"""
BLOCKS = """
    routing: [{or: [{share: 0.6, do: A}, {share: 0.5, do: B}, {share: 0.2, do: C}]}, Z]
"""


@pytest.mark.parametrize("routing", [BLOCKS, GRAPH], ids=["blocks", "graph"])
def test_branches_of_an_or_come_as_often_as_their_shares_say(routing: str) -> None:
    head = """
    arrivals: [{per_hour: 60}]
    activities: {A: {time: 1}, B: {time: 1}, C: {time: 1}, Z: {time: 1}}
    """
    n = 5000
    counts = run(dedent(head) + dedent(routing), n_cases=n).frame["activity"].value_counts() / n
    # Where chance picks none (0.4 x 0.5 x 0.8) the likeliest branch is taken; 4 standard errors.
    expected = {"A": 0.6 + 0.16, "B": 0.5, "C": 0.2, "Z": 1.0}
    for name, share in expected.items():
        assert abs(counts[name] - share) <= 4 * np.sqrt(share * (1 - share) / n), name


LIMIT = """
    arrivals: [{per_week: 300, calendar: "Mon-Fri 08:00-17:00"}]
    attributes: {amount: {distribution: {family: gamma, mean: 1000, cv: 0.5, maximum: 4000}, digits: 2}}
    materials: {cash: {kind: limit, initial: 50000, order_up_to: 50000, every: 1 d}}
    activities: {Pay: {time: 0, uses: {cash: amount}}}
    routing: [Pay]
"""


@pytest.mark.parametrize("lane", ["simpy", "numba"])
def test_no_more_cash_goes_out_on_a_day_than_the_limit(lane: str) -> None:
    if lane == "numba":
        pytest.importorskip("numba", reason="the compiled lane needs numba")
    log = run(LIMIT, n_cases=600, lane=lane)
    frame = log.frame
    paid = frame["amount"].groupby(frame["start"].dt.floor("D")).sum()
    assert paid.max() <= 50_000
    # Sixty a day ask for 60,000: the limit binds on every weekday but the first of each week.
    assert (paid > 45_000).sum() >= 8
    assert (frame["wait_stock"].dt.total_seconds() > 0).sum() > 100


def test_stock_orders_what_waits_and_a_limit_does_not() -> None:
    stock = run(LIMIT.replace("kind: limit, ", ""), n_cases=600).frame
    paid = stock["amount"].groupby(stock["start"].dt.floor("D")).sum()
    assert paid.max() > 50_000


def test_a_payment_above_the_limit_is_told() -> None:
    with pytest.raises(TwinError, match="60000 is more than the limit of 50000"):
        Twin.from_yaml(dedent(LIMIT).replace("cash: amount", "cash: 60000"))
    text = LIMIT.replace("{family: gamma, mean: 1000, cv: 0.5, maximum: 4000}", "60000")
    with pytest.raises(SimulationError, match="needs 60000, more than the limit of 50000"):
        run(text, n_cases=5)


def test_whoever_has_two_roles_has_the_overtime_of_either() -> None:
    log = run(
        """
    arrivals: [{kind: batch, at: [08:00], size: 30, calendar: "Mon-Fri 08:00-17:00"}]
    roles:
      First: {members: [Ana], calendar: "Mon-Fri 08:00-17:00"}
      Second: {members: [Ana], calendar: "Mon-Fri 08:00-17:00", overtime: {at_most: 2 h}}
    activities: {A: {role: Second, time: 20 min}}
    routing: [A]
    """,
        n_cases=30,
    )
    # 27 items fit into nine hours; three are done after 17:00.
    assert log.frame["start"].dt.hour.ge(17).sum() == 3


def test_abandoned_items_are_told_in_the_history() -> None:
    log = run(
        """
    arrivals: [{kind: list, at: [2026-01-05 09:00, 2026-01-05 09:00]}]
    roles: {C: {size: 1}}
    activities: {A: {role: C, time: 1 h, patience: {time: 10 min}}}
    routing: [A]
    """,
        n_cases=2,
    )
    assert "1 item of 'A' gave up" in log.history


def test_what_is_in_hand_at_the_start_can_be_put_down() -> None:
    log = run(
        """
    arrivals: [{kind: list, at: [2026-01-05 09:10], case_type: urgent}]
    case_types: {usual: {priority: 5}, urgent: {priority: 1}}
    roles: {C: {members: [Ana], discipline: priority, preemptive: true}}
    activities: {A: {role: C, time: 30 min}}
    routing: [A]
    initial_state:
      at: 2026-01-05 09:00
      cases:
        - case_id: old
          case_type: usual
          arrived: 2026-01-05 08:00
          items: [{activity: A, enabled: 2026-01-05 08:00, start: 2026-01-05 08:50, resource: Ana, remaining: 20 min}]
    """,
        n_cases=1,
    )
    # Ten of the twenty minutes are done when the urgent case comes; the other ten follow it.
    ends = log.frame.set_index("case_type")["end"].dt.strftime("%H:%M")
    assert ends.to_dict() == {"usual": "09:50", "urgent": "09:40"}
