"""Simulate a twin that is known, fit its log, and find its parts again."""

import numpy as np
import pytest

import bko_mining as bko

KNOWN = bko.Twin.from_yaml("""
start: 2026-01-05
arrivals: [{per_week: 200, calendar: Mon-Fri 08:00-18:00}]
calendars: {clerks: 'Mon-Fri 08:00-12:00 13:00-17:00', experts: 'Mon-Fri 09:00-16:00'}
roles:
  Clerk: {members: [Ana, Bia, Caio], calendar: clerks}
  Expert: {members: [Eva, Fabio], calendar: experts}
activities:
  Register: {automatic: true, time: 20 s, performers: {System: 1}}
  Check:
    role: Clerk
    time: {family: lognormal, mean: 20 min, cv: 0.6}
    time_by_resource: {Ana: 0.8, Bia: 1.0, Caio: 1.2}
  Ask: {role: Clerk, time: {family: gamma, mean: 6 min, cv: 0.5}}
  Review: {role: Expert, time: {family: gamma, mean: 14 min, cv: 0.8}}
  Decide: {role: Clerk, time: {family: lognormal, mean: 5 min, cv: 0.5}}
routing:
  kind: history
  contexts:
  - {after: [(start)], next: {Register: 1}}
  - {after: [Register], next: {both: 1}}
  - {after: [both], next: {Decide: 1}}
  - {after: [Decide], next: {(end): 1}}
  blocks:
    both:
      branches:
      - kind: history
        contexts:
        - {after: [(start)], next: {Check: 1}}
        - {after: [Check], next: {(end): 85, Ask: 15}}
        - {after: [Ask], next: {Check: 1}}
      - [Review]
delays:
- {after: Ask, before: Check, time: {family: exponential, mean: 20 h}}
""")


@pytest.fixture(scope="module")
def fitted():
    return bko.fit_twin(bko.simulate(KNOWN, n_cases=1500, seed=4), seed=0)


def test_roles_and_hours_come_back(fitted):
    found = {frozenset(role.members): str(fitted.calendar(role.calendar)) for role in fitted.roles.values()}
    assert found == {
        frozenset({"Ana", "Bia", "Caio"}): "Mon-Fri 08:00-12:00 13:00-17:00",
        frozenset({"Eva", "Fabio"}): "Mon-Fri 09:00-16:00",
    }


def test_service_means_lie_within_three_standard_errors(fitted):
    numbers = {item.part: item for item in fitted.evidence}
    for name, activity in KNOWN.activities.items():
        if activity.automatic:
            continue
        evidence = numbers[f"activities.{name}.time"]
        for person in KNOWN.roles[activity.role].members:
            true = activity.time.mean * activity.time_by_resource.get(person, 1.0)
            ours = fitted.activities[name].time
            mean = ours.mean * ours.factor * fitted.activities[name].time_by_resource[person]
            calibration = numbers["calibration"].numbers["factor"]
            error = evidence.numbers[f"error.{person}"] + 0.004
            assert abs(np.log(mean / calibration / true)) < 3 * error, (name, person)


def test_the_delay_is_told_apart_from_queueing(fitted):
    (delay,) = fitted.delays
    assert (delay.after, delay.before) == ("Ask", "Check")
    error = next(e for e in fitted.evidence if e.part == "delays.Ask → Check").numbers["relative_error"]
    assert abs(np.log(delay.time.mean / (20 * 3600))) < 3 * error


def test_the_parallel_block_and_its_rework_come_back(fitted):
    (block,) = fitted.routing.blocks.values()
    counts = {c.after: c.next for branch in block.branches for c in branch.contexts}
    asked = counts["Check",]
    share = asked["Ask"] / sum(asked.values())
    # 15 of 100 passes lead to Ask; 1,500 cases give a standard error of 0.0085
    assert abs(share - 0.15) < 0.026
    assert counts["Review",] == {"(end)": 1500.0}


def mean(twin):
    runs = [bko.simulate(twin, n_cases=1500, start="2026-01-05", seed=9, replication=k) for k in range(6)]
    return np.mean([(run.case_end - run.case_start).mean() for run in runs])


def test_the_fitted_twin_keeps_the_cycle_time(fitted):
    assert mean(fitted.causal) == pytest.approx(mean(KNOWN), rel=0.08)


def test_drawn_twins_scatter_as_the_evidence_says(fitted):
    draws = [bko.resample_twin(fitted, np.random.default_rng(k)) for k in range(60)]
    weekly = np.array([sum(map(sum, draw.arrivals[0].table.values())) for draw in draws])
    # 1,500 arrivals: a Poisson level has a relative standard error of 1 / sqrt(1500) = 0.0258
    assert np.std(np.log(weekly)) == pytest.approx(1 / np.sqrt(1500), rel=0.3)
    assert draws[0] != draws[1]
    assert bko.resample_twin(KNOWN, np.random.default_rng(0)).activities == KNOWN.activities


def test_a_grid_of_arrivals_is_seen():
    twin = KNOWN.replace(arrivals=({"kind": "grid", "every": "15 min", "calendar": "Mon-Fri 08:00-18:00"},))
    (stream,) = bko.fit_twin(bko.simulate(twin, n_cases=600, seed=2)).arrivals
    assert (stream.kind, stream.every) == ("grid", 900.0)
