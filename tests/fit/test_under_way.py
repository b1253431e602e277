from datetime import datetime

import bko_mining as bko

TWIN = bko.Twin.from_yaml("""
start: 2026-01-05
arrivals: [{kind: grid, every: 60 min, calendar: Mon-Fri 09:00-17:00}]
roles: {Clerk: {members: [Ana]}}
activities: {Register: {role: Clerk, time: 30 min}, Check: {role: Clerk, time: 45 min}}
routing: [Register, Check]
""")


def test_what_is_under_way_is_worked_on_or_waits():
    # 09:00 Register 1, 09:30 Check 1 until 10:15, then Register 2 (arrived 10:00) until 10:45, Check 2 until 11:30
    log = bko.simulate(TWIN, n_cases=5)
    state = bko.start_state(log, "2026-01-05T10:50:00")
    (case,) = state.cases
    assert (case.case_id, case.history) == ("2", ("Register",))
    (item,) = case.items
    assert (item.activity, item.resource, item.start) == ("Check", "Ana", datetime(2026, 1, 5, 10, 45))


def test_at_the_end_of_the_log_nothing_is_under_way_and_runs_start_there():
    log = bko.simulate(TWIN, n_cases=5)
    assert not bko.start_state(log).cases
    state = bko.start_state(log, "2026-01-05T12:10:00")
    waiting = [item for case in state.cases for item in case.items if item.start is None]
    run = bko.simulate(TWIN.replace(initial_state=state), n_cases=3)
    assert run.n_cases == 3 + len(state.cases)
    assert all(item.enabled <= state.at for item in waiting)
