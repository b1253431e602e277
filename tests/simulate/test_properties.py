"""What must hold in every run, whatever the twin."""

from datetime import UTC, datetime

import numpy as np
import pytest
import simpy

from bko_mining.log.event_log import EventLog
from bko_mining.simulate import offices
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin

OFFICE = """
start: 2026-01-05
calendars: {early: Mon-Fri 08:00-12:00 13:00-16:00, late: Mon-Fri 10:00-14:00 15:00-19:00}
arrivals: [{per_week: 60, calendar: Mon-Fri 08:00-18:00}]
roles:
  Clerk: {members: [Ana, Bruno, Carla], calendar: early}
  Chief: {members: [Dora], calendar: late}
activities:
  Enter: {role: Clerk, time: {family: lognormal, mean: 40 min, cv: 1}}
  Check: {role: Clerk, time: {family: gamma, mean: 30 min, cv: 0.5}, time_by_resource: {Ana: 0.7}}
  Sign: {role: Chief, time: {family: exponential, mean: 20 min}}
  File: {time: 5 min}
routing:
  - Enter
  - loop: {do: Check, again: 0.2}
  - and: [Sign, File]
delays: [{after: Check, before: Check, time: {family: exponential, mean: 5 h}}]
"""


@pytest.fixture(scope="module")
def office() -> Twin:
    return Twin.from_yaml(OFFICE)


@pytest.fixture(scope="module")
def log(office: Twin) -> EventLog:
    return simulate(office, n_cases=600, seed=3)


def same(a: EventLog, b: EventLog) -> bool:
    return all(
        np.array_equal(getattr(a, name), getattr(b, name))
        for name in ("activity", "resource", "start", "end", "enabled")
    )


def test_same_seed_same_log_and_other_seeds_others(office: Twin, log: EventLog) -> None:
    assert same(log, simulate(office, n_cases=600, seed=3))
    assert not same(log, simulate(office, n_cases=600, seed=4))
    assert not same(log, simulate(office, n_cases=600, seed=3, replication=1))


def test_cases_in_are_done_or_open(office: Twin) -> None:
    log = simulate(office, horizon="30 d", seed=1)
    assert log.open_cases is not None
    # A case that is not open has gone through both branches of its last block.
    names = np.array(log.activities)[log.activity]
    for case in range(log.n_cases):
        steps = names[log.offsets[case] : log.offsets[case + 1]].tolist()
        done = (
            "Sign" in steps and "File" in steps and bool((log.end[log.offsets[case] : log.offsets[case + 1]] > 0).all())
        )
        assert done != log.open_cases[case]


def test_nobody_does_two_things_at_once_nor_works_off_duty(office: Twin, log: EventLog) -> None:
    for code, name in enumerate(log.resources):
        rows = np.flatnonzero(log.resource == code)
        rows = rows[np.argsort(log.start[rows])]
        assert (log.start[rows][1:] >= log.end[rows][:-1]).all(), name
        role = log.roles[log.role[rows[0]]]
        calendar = office.calendar_of(name, role)
        assert calendar.is_open(log.start[rows]).all(), name
        assert calendar.is_open(log.end[rows] - 1).all(), name


def test_waiting_is_the_sum_of_its_causes(log: EventLog) -> None:
    frame = log.frame
    causes = frame[[name for name in frame.columns if name.startswith("wait_")]].sum(axis=1)
    assert (causes == frame["start"] - frame["enabled"]).all()
    assert {"wait_delay", "wait_queue", "wait_closed"} <= set(frame.columns)


def test_luck_hangs_on_names_not_on_order(office: Twin, log: EventLog) -> None:
    """A slower chief changes neither who arrives when, nor how long anything else takes, nor where cases go."""
    slower = {
        **office.activities,
        "Sign": office.activities["Sign"].model_copy(update={"time": office.activities["Sign"].time.scaled(2)}),
    }
    other = simulate(office.replace(activities=dict(reversed(slower.items()))), n_cases=600, seed=3)
    first, second = log.frame, other.frame
    for name in ("Enter", "Check"):
        a, b = (
            f[f["activity"] == name].sort_values(["case_id", "start"]).reset_index(drop=True) for f in (first, second)
        )
        assert (a[["case_id", "resource", "start", "end"]] == b[["case_id", "resource", "start", "end"]]).all(axis=None)


def test_all_kinds_of_desks_agree(office: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = simulate(office, n_cases=400, seed=5)
    monkeypatch.setattr(offices, "Desk", offices.ShiftDesk)
    assert same(plain, simulate(office, n_cases=400, seed=5))
    monkeypatch.setattr(offices.Staff, "_is_plain", lambda self, name, role: False)
    assert same(plain, simulate(office, n_cases=400, seed=5))


def test_a_calendar_queue_is_what_a_minute_by_minute_count_gives() -> None:
    """Whole minutes, two clerks with a lunch break: simulated minute by minute with plain lists."""
    twin = Twin.from_yaml(
        """
        start: 2026-01-05
        arrivals: [{kind: interval, interval: 23 min}]
        roles: {Clerk: {members: [Ana, Bruno], calendar: "Mon-Fri 09:00-12:00 13:00-17:00"}}
        activities: {Do: {role: Clerk, time: {family: empirical, values: [7 min, 16 min, 5 min]}}}
        routing: [Do]
        """
    )
    log = simulate(twin, n_cases=300)
    minute = 60_000_000
    begin = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp()) * 1_000_000
    calendar = twin.calendar_of("Ana", "Clerk")
    work = (calendar.working_time(log.start, log.end) // minute).tolist()
    arrivals = ((log.enabled - begin) // minute).tolist()
    assert _count_minutes(arrivals, work, begin, 2) == ((log.start - begin) // minute).tolist()


def _count_minutes(arrivals: list[int], work: list[int], begin: int, clerks: int) -> list[int]:
    waiting: list[int] = []
    left: dict[int, int] = {}
    started: dict[int, int] = {}
    now = 0
    while len(started) < len(arrivals):
        day, clock = divmod(now, 1440)
        is_open = day % 7 < 5 and (540 <= clock < 720 or 780 <= clock < 1020)
        waiting += [case for case, at in enumerate(arrivals) if at == now]
        while is_open and waiting and len(left) < clerks:
            case = waiting.pop(0)
            started[case], left[case] = now, work[case]
        if is_open:
            left = {case: minutes - 1 for case, minutes in left.items() if minutes > 1}
        now += 1
    return [started[case] for case in range(len(arrivals))]


def test_a_plain_simpy_model_gives_the_same_times() -> None:
    """A textbook SimPy model (Resource, a generator a case) of ten activities, same draws, to 1e-6 minutes."""
    roles = {"A": 2, "B": 1, "C": 3}
    names = [f"step {i}" for i in range(10)]
    role_of = {name: "ABC"[i % 3] for i, name in enumerate(names)}
    activities = {
        n: {"role": role_of[n], "time": {"family": "gamma", "mean": 60 * (4 + i), "cv": 0.7}}
        for i, n in enumerate(names)
    }
    twin = Twin.model_validate(
        {
            "arrivals": [{"per_hour": 3}],
            "roles": {name: {"size": size} for name, size in roles.items()},
            "activities": activities,
            "routing": names,
        }
    )
    log = simulate(twin, n_cases=400, seed=9)
    env = simpy.Environment()
    desks = {name: simpy.Resource(env, size) for name, size in roles.items()}
    seen: list[tuple[int, str, float]] = []

    def case(number: int, arrival: float, times: list[float]) -> object:
        yield env.timeout(arrival)
        for name, time in zip(names, times, strict=True):
            with desks[role_of[name]].request() as request:
                yield request
                yield env.timeout(time)
            seen.append((number, name, env.now))

    minutes = (log.end - log.start) / 6e7
    arrivals = log.enabled[log.offsets[:-1]] / 6e7
    for number in range(log.n_cases):
        rows = slice(log.offsets[number], log.offsets[number + 1])
        env.process(case(number, arrivals[number] - arrivals[0], minutes[rows].tolist()))
    env.run()
    textbook = np.array([at for _, _, at in sorted(seen, key=lambda row: (row[0], row[2]))])
    assert np.abs(textbook - (log.end / 6e7 - arrivals[0])).max() < 1e-6
