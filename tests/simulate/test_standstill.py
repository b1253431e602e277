"""Every run ends: cases that can never go on are kept, marked, and told of, however many timers ring for ever."""

import signal
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

from bko_mining.errors import SimulationError, TwinWarning
from bko_mining.log.event_log import EventLog
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin

LANES = ("simpy", "numba") if find_spec("numba") else ("simpy",)
HEAD = """
arrivals: [{kind: grid, every: 2 h, calendar: Mon-Fri 09:00-17:00}]
activities: {A: {role: Clerk, time: 5 min}, B: {role: Clerk, time: 5 min, %s}}
routing: [A, B]
"""
OFFICE = "roles: {Clerk: {members: [Ana, Bruno], calendar: Mon-Fri 09:00-17:00}}\n"
ALONE = "roles: {Clerk: {members: [Ana], calendar: Mon-Fri 09:00-17:00}}\n"
TIMERS = """
materials: {paper: {initial: 5, order_up_to: 5, every: 1 d}, ink: {initial: 1, order_up_to: 9, every: 7 h}}
bots: {Robo: {failures: {every: 3 d, repair: 5 h}}}
"""

STUCK = {
    "four eyes": ("not_same_as: [A]", ALONE, "12 before 'B': nobody in 'Clerk' may do it (not_same_as: A)"),
    "four eyes and reviews": (
        "not_same_as: [A], uses: {paper: 1}",
        ALONE + TIMERS,
        "12 before 'B': nobody in 'Clerk' may do it (not_same_as: A)",
    ),
    "turnover": (
        "not_same_as: [A]",
        "roles: {Clerk: {members: [Ana], turnover: {per_year: 2, vacancy: 9 d, ramp_up: 1 d}}}\n",
        "12 before 'B': nobody in 'Clerk' may do it (not_same_as: A)",
    ),
    "no order": (
        "uses: {paper: 1}",
        OFFICE + "materials: {paper: {initial: 4, order_up_to: 9, reorder_point: -20}}\n" + "\n",
        "8 before 'B': 'paper' has 0 left, and nothing is ordered before the reorder point of -20 is reached",
    ),
    "no order, reviewed": (
        "uses: {paper: 1}",
        OFFICE + "materials: {paper: {initial: 4, order_up_to: 9, reorder_point: -20, every: 7 h}}\n",
        "8 before 'B': 'paper' has 0 left, and nothing is ordered before the reorder point of -20 is reached",
    ),
    "batch": (
        "batch: {size: 5}",
        OFFICE + TIMERS,
        "2 before 'B': the batch never fills and has neither a timeout nor an hour",
    ),
    "gone": (
        "",
        ALONE + "resources: {Ana: {until: 2026-01-06}}\n",
        "4 before 'A': Ana will never be on duty again",
    ),
    "gone with work in hand": (
        "at_shift_end: suspended, time_factors: [{when: date >= 2026-01-06T12:00, factor: 90}]",
        ALONE + "resources: {Ana: {absences: [{since: 2026-01-07, until: 2400-01-01}]}}\n",
        "before 'A': Ana will never be on duty again; 1 in 'B': Ana is never on duty again",
    ),
}


@pytest.fixture(autouse=True)
def _time_out() -> Iterator[None]:
    def too_long(*_: object) -> None:
        raise TimeoutError("the run does not end")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def office(fields: str, rest: str) -> Twin:
    return Twin.from_yaml(dedent(HEAD % fields) + rest)


def told(twin: Twin, lane: Any, **how: Any) -> tuple[EventLog, str]:
    with pytest.warns(TwinWarning, match="for good") as caught:
        log = simulate(twin, lane=lane, **how)
    return log, str(next(w.message for w in caught if "for good" in str(w.message)))


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("name", STUCK)
def test_who_stands_still_is_kept_marked_and_told_of(name: str, lane: str) -> None:
    fields, rest, why = STUCK[name]
    log, warning = told(office(fields, rest), lane, n_cases=12)
    assert why in warning
    assert log.history[-1] == warning
    assert log.open_cases is not None
    ended = {case for case, row in log.frame.groupby("case_id")["activity"] if "B" in set(row)}
    marked = {name for name, is_open in zip(log.case_ids.to_pylist(), log.open_cases, strict=True) if is_open}
    assert marked == set(log.case_ids.to_pylist()) - (ended - marked)
    n = int(warning.split()[0])
    assert n == 12 - len(ended - marked)


@pytest.mark.parametrize("lane", LANES)
def test_a_parallel_branch_that_never_comes(lane: str) -> None:
    twin = Twin.from_yaml(
        """
        arrivals: [{kind: interval, interval: 2 h}]
        roles: {Clerk: {members: [Ana]}}
        activities:
          A: {role: Clerk, time: 5 min}
          B: {role: Clerk, time: 5 min, not_same_as: [A]}
          C: {role: Clerk, time: 5 min}
        routing: [A, {and: [B, C]}]
        """
    )
    log, warning = told(twin, lane, n_cases=3)
    assert warning == "3 cases stand still for good: 3 before 'B': nobody in 'Clerk' may do it (not_same_as: A)"
    assert sorted(log.frame["activity"]) == ["A"] * 3 + ["C"] * 3


@pytest.mark.parametrize("lane", LANES)
def test_others_go_on_beside_them_for_years(lane: str) -> None:
    """Five thousand openings in vain once ended a run in which everybody else was busy."""
    hours = "Mon-Sun 09:00-09:30 10:00-10:30 11:00-11:30 12:00-12:30 13:00-13:30 14:00-14:30"
    twin = Twin.from_yaml(
        """
        arrivals: [{kind: interval, interval: 3 d, mix: {usual: 30, odd: 1}}]
        case_types: {usual: {}, odd: {}}
        activities:
          A: {role: Clerk, time: 5 min}
          B: {role: Clerk, time: 5 min, not_same_as: [A]}
          C: {role: Other, time: 5 min}
        routing: [A, {xor: [{when: type == odd, do: B}, {when: type == usual, do: C}]}]
        roles: {Clerk: {members: [Ana], calendar: HOURS}, Other: {members: [Bruno]}}
        """.replace("HOURS", hours)
    )
    log, warning = told(twin, lane, n_cases=320)
    odd = (log.frame.groupby("case_id", observed=True)["case_type"].first() == "odd").sum()
    assert warning.startswith(f"{odd} cases stand still for good: {odd} before 'B'")
    assert log.open_cases is not None
    assert log.open_cases.sum() == odd


@pytest.mark.parametrize("lane", LANES)
def test_who_is_away_for_long_is_waited_for(lane: str) -> None:
    away = "resources: {Ana: {since: 2029-03-01}}\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        log = simulate(office("", ALONE + TIMERS + away), lane=lane, n_cases=5)  # type: ignore[arg-type]
    assert log.open_cases is None
    assert str(np.datetime64(int(log.start.min()), "us").astype("M8[D]")) == "2029-03-01"


@pytest.mark.parametrize("lane", LANES)
def test_a_horizon_that_comes_first_claims_nothing(lane: str) -> None:
    fields, rest, _ = STUCK["four eyes and reviews"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        log = simulate(office(fields, rest), lane=lane, horizon="20 d")  # type: ignore[arg-type]
    assert log.history[-1].endswith("cases were still open at the end")


@pytest.mark.parametrize("lane", LANES)
def test_nothing_begun_at_all_is_an_error_that_says_why(lane: str) -> None:
    twin = office("", ALONE + "resources: {Ana: {until: 2025-12-01}}\n")
    with (
        pytest.warns(TwinWarning, match="for good"),
        pytest.raises(SimulationError, match="3 before 'A': Ana will never be on duty again"),
    ):
        simulate(twin, lane=lane, n_cases=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("lane", LANES)
def test_cases_that_turn_for_ever_are_named(lane: str) -> None:
    twin = Twin.from_yaml(
        """
        arrivals: [{kind: interval, interval: 70 d}]
        activities: {A: {time: 1 min}}
        routing: [{loop: {do: A, again: 1.0}}]
        """
    )
    with pytest.raises(SimulationError, match="case 1 turns for ever around 'A'"):
        simulate(twin, lane=lane, horizon="130 d")  # type: ignore[arg-type]


@pytest.mark.parametrize("lane", LANES)
def test_cases_sent_back_to_a_full_queue_are_named_unless_time_passes(lane: str) -> None:
    text = """
    arrivals: [{kind: interval, interval: 1 h}]
    roles: {Clerk: {size: 1}}
    activities: {A: {role: Clerk, time: 150 min, queue_limit: {size: 0, to: A}}}
    routing: [A]
    """
    with pytest.raises(SimulationError, match="case 2 turns for ever around 'A'"):
        simulate(Twin.from_yaml(text), lane=lane, n_cases=3)  # type: ignore[arg-type]
    calls_again = Twin.from_yaml(text + "delays: [{after: A, before: A, time: 40 min}]")
    log = simulate(calls_again, lane=lane, n_cases=3)  # type: ignore[arg-type]
    # The first is served till 03:30; the second calls at 02:00, 02:40 and 03:20, then comes the third at 03:40.
    assert [f"{start:%H:%M}" for start in log.frame.sort_values("start")["start"]] == ["01:00", "03:40", "06:40"]
    assert log.frame.sort_values("start")["case_id"].tolist() == ["1", "3", "2"]


@pytest.mark.parametrize("lane", LANES)
def test_a_bot_breaks_down_as_long_as_the_run_lasts(lane: Any) -> None:
    twin = Twin.from_yaml(
        """
        arrivals: [{kind: grid, every: 1 d, calendar: 24/7}]
        bots: {Robo: {time: 10 min, failures: {every: 1 min, repair: 1 min}}}
        activities: {Do: {bot: Robo, time: 1 h}}
        routing: [Do]
        """
    )
    frame = simulate(twin, n_cases=40, lane=lane).frame
    # Up and down by turns for a minute each: ten minutes of work take nineteen or twenty, after 28 days as well.
    took = (frame["end"] - frame["start"]).dt.total_seconds() / 60
    assert took.between(19, 20).all()
    assert (frame["end"].iloc[-1] - frame["end"].iloc[0]).days > 2 * 20_000 / 1440
