from datetime import datetime
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

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


TYPED = """
arrivals: [{kind: grid, every: 20 min, calendar: Mon-Fri 09:00-17:00, mix: {usual: 3, urgent: 1}}]
case_types: {usual: {priority: 2}, urgent: {priority: 1}}
attributes:
  amount: {distribution: {family: exponential, mean: 500}}
  vendor: {values: {Acme: 2, Delta: 1}}
roles: {Clerk: {members: [Ana], discipline: priority}}
activities:
  Register: {role: Clerk, time: 30 min}
  Check: {role: Clerk, time: 45 min}
  Sign: {role: Clerk, time: 5 min}
routing: [Register, {xor: [{when: amount > 400, do: Check}, {when: amount <= 400, do: Sign}]}]
"""


@pytest.mark.parametrize("lane", ["simpy", "numba"] if find_spec("numba") else ["simpy"])
def test_open_cases_keep_their_type_and_what_they_carry(lane: Any) -> None:
    twin = bko.Twin.from_yaml(TYPED)
    log = bko.simulate(twin, n_cases=40)
    state = bko.start_state(log, "2026-01-05 14:10", twin=twin)
    assert {case.case_type for case in state.cases} == {"usual", "urgent"}
    run = bko.simulate(twin.replace(initial_state=state), n_cases=5, seed=9, lane=lane)
    begun, before = run.cases.set_index("case_id"), log.cases.set_index("case_id")
    opened = [case.case_id for case in state.cases]
    names = ["case_type", "amount", "vendor"]
    assert begun.loc[opened, names].equals(before.loc[opened, names])
    last = run.frame.groupby("case_id")["activity"].last()[opened]
    assert (last == np.where(before.loc[opened, "amount"] > 400, "Check", "Sign")).all()


def test_a_type_that_was_fitted_from_an_attribute_is_found_again() -> None:
    seen = bko.simulate(bko.Twin.from_yaml(TYPED), n_cases=40)
    typed = TYPED.replace("usual", "vendor Acme").replace("urgent", "vendor Delta")
    twin = bko.Twin.from_yaml(typed)
    state = bko.start_state(seen, "2026-01-05 14:10", twin=twin)
    assert {case.case_type for case in state.cases} == {"vendor Acme", "vendor Delta"}
    assert all(case.case_type == f"vendor {case.attributes['vendor']}" for case in state.cases)


def test_a_number_that_is_none_is_refused() -> None:
    case = {"case_id": "A", "case_type": "usual", "arrived": "2026-01-05", "attributes": {"amount": "much"}}
    items = [{"activity": "Register", "enabled": "2026-01-05"}]
    data = bko.Twin.from_yaml(TYPED).model_dump(mode="json")
    with pytest.raises(ValueError, match="'amount' is a number, not 'much'"):
        bko.Twin.model_validate(data | {"initial_state": {"at": "2026-01-06", "cases": [case | {"items": items}]}})
