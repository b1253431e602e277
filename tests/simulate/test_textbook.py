"""A textbook SimPy model with shifts and interruptions, the same draws, gives the same log to the microsecond.

Closing time is a request that interrupts; interrupted work goes before new work at the next opening.
"""

from collections.abc import Iterator

import simpy

from bko_mining.calendars import DAY
from bko_mining.log.event_log import EventLog
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin

NAMES = [f"step {i}" for i in range(10)]
ROLE_OF = {name: "ABC"[i % 3] for i, name in enumerate(NAMES)}
SUNDAY = 1_767_484_800_000_000  # 2026-01-04, when nobody works
Seen = dict[tuple[int, str], tuple[int, int]]
HOURS = {
    "A": {"size": 2, "calendar": "Mon-Fri 08:00-12:00 13:00-17:00"},
    "B": {"size": 1, "calendar": "Mon-Sat 06:00-22:00"},
    "C": {"size": 3, "calendar": "Mon-Thu 10:00-16:00"},
}


def office() -> Twin:
    return Twin.model_validate(
        {
            "start": "2026-01-05",
            "arrivals": [{"per_week": 80, "calendar": "Mon-Fri 07:00-19:00"}],
            "roles": HOURS,
            "activities": {
                name: {"role": ROLE_OF[name], "time": {"family": "gamma", "mean": 60 * (9 + i), "cv": 0.9}}
                for i, name in enumerate(NAMES)
            },
            "routing": NAMES,
        }
    )


def closes(env: simpy.Environment, desk: simpy.PreemptiveResource, shut: list[tuple[int, int]]) -> Iterator[object]:
    """One of the places of a role is out of use whenever its hours are over."""
    for since, until in shut:
        yield env.timeout(since - env.now)
        with desk.request(priority=-1) as request:
            yield request
            yield env.timeout(until - env.now)


def does(env: simpy.Environment, desk: simpy.PreemptiveResource, left: int) -> Iterator[object]:
    """Work until nothing is left, however often closing time comes; returns the first start and the end."""
    first, priority = -1, 1
    while left > 0:
        with desk.request(priority=priority, preempt=False) as request:
            yield request
            since = env.now
            first = since if first < 0 else first
            try:
                yield env.timeout(left)
                left = 0
            except simpy.Interrupt:
                left -= env.now - since
                priority = 0
    return first, env.now


def textbook(twin: Twin, log: EventLog) -> Seen:
    """Run the cases of a log, with their arrivals and working times, through plain resources."""
    until = int(log.end.max()) + 30 * DAY
    env = simpy.Environment(initial_time=SUNDAY)
    desks = {name: simpy.PreemptiveResource(env, role.size or 0) for name, role in twin.roles.items()}
    work = {}
    for name, desk in desks.items():
        calendar = twin.calendar_of(f"{name} 1", name)
        work[name] = calendar.working_time(log.start, log.end).tolist()
        table = calendar.openings(SUNDAY, until)
        later = table.starts > SUNDAY
        ends, starts = table.ends[later].tolist(), table.starts[later].tolist()
        shut = list(zip([SUNDAY, *ends], [*starts, until + 999 * DAY], strict=True))
        for _ in range(desk.capacity):
            env.process(closes(env, desk, shut))
    seen: Seen = {}

    def case(number: int) -> Iterator[object]:
        rows = range(log.offsets[number], log.offsets[number + 1])
        yield env.timeout(int(log.enabled[rows[0]]) - SUNDAY)
        for row in rows:
            name = log.activities[log.activity[row]]
            role = ROLE_OF[name]
            seen[number, name] = yield from does(env, desks[role], work[role][row])

    for number in range(log.n_cases):
        env.process(case(number))
    env.run(until=until)
    return seen


def test_a_textbook_model_with_shifts_gives_the_same_log() -> None:
    twin = office()
    log = simulate(twin, n_cases=300, seed=9)
    rows = zip(log.case, log.activity, log.start, log.end, strict=True)
    ours = {(int(case), NAMES[activity]): (int(start), int(end)) for case, activity, start, end in rows}
    assert textbook(twin, log) == ours
    nights = sum(start // DAY != end // DAY for start, end in ours.values())
    assert nights > 30  # interruptions did happen
