"""Waits for the outside, and who belongs to a queue, where nearly nobody is ever idle."""

import pytest

import bko_mining as bko
from bko_mining.fit.findings import investigate
from bko_mining.fit.unseen_hours import unseen_hours

OFFICE = """
start: 2026-01-05
arrivals: [{per_week: 190, calendar: Mon-Fri 08:00-18:00}]
calendars: {office: 'Mon-Fri 08:00-12:00 13:00-17:00'}
roles: {Clerk: {members: [Ana, Bia], calendar: office}}
activities:
  Register: {automatic: true, time: 20 s}
  Check: {role: Clerk, time: {family: lognormal, mean: MINUTES min, cv: 0.6}}
  Ask: {role: Clerk, time: {family: gamma, mean: 6 min, cv: 0.5}}
routing:
  kind: history
  contexts:
    - {after: [(start)], next: {Register: 1}}
    - {after: [Register], next: {Check: 1}}
    - {after: [Check], next: {Ask: 0.15, (end): 0.85}}
    - {after: [Ask], next: {Check: 1}}
delays: [{after: Ask, before: Check, time: {family: gamma, mean: 28 h, cv: 0.8}}]
"""


def _found(minutes, extra=""):
    return investigate(
        bko.simulate(bko.Twin.from_yaml(OFFICE.replace("MINUTES", minutes) + extra), n_cases=1500, seed=3)
    )


def _steps(found):
    names = found.data.activities
    return {(names[step.before], names[step.after]): step for step in found.transitions if step.before >= 0}


def test_the_order_of_service_shows_a_delay_that_no_idle_clerk_does():
    # The office is full from the first weeks on: hardly anybody is idle when an answer comes.
    steps = _steps(_found("22"))
    assert steps["Ask", "Check"].n_points < 8
    assert steps["Ask", "Check"].delay.mean / 3600 == pytest.approx(28, rel=0.2)
    assert steps["Register", "Check"].delay is None
    assert steps["Check", "Ask"].delay is None


def test_nobody_is_idle_before_they_come():
    office = "resources: {Bia: {until: 2026-02-06}, Caio: {since: 2026-02-02}}"
    three = OFFICE.replace("[Ana, Bia]", "[Ana, Bia, Caio]").replace("MINUTES", "18")
    found = investigate(bko.simulate(bko.Twin.from_yaml(three + office), n_cases=1500, seed=3))
    assert len(found.staff_changes) == 2
    assert _steps(found)["Ask", "Check"].delay.mean / 3600 == pytest.approx(28, rel=0.2)
    assert unseen_hours(found).share < 0.03


def test_who_never_does_the_work_of_a_shared_queue_is_not_in_it():
    office = bko.Twin.from_yaml("""
    start: 2026-01-05
    arrivals: [{per_week: 150, calendar: Mon-Fri 08:00-18:00}]
    calendars: {office: 'Mon-Fri 08:00-12:00 13:00-17:00'}
    roles:
      Clerk: {members: [Ana, Bia, Caio], calendar: office}
      Controller: {members: [Caio, Davi], calendar: office}
    activities:
      Check: {role: Clerk, time: {family: gamma, mean: 20 min, cv: 0.6}}
      Count: {role: Controller, time: {family: gamma, mean: 20 min, cv: 0.6}}
      Issue: {role: Controller, time: {family: gamma, mean: 6 min, cv: 0.6}}
    routing: [Check, Count, Issue]
    """)
    found = investigate(bko.simulate(office, n_cases=900, seed=3))
    names, resources = found.data.activities, found.data.resources
    team = found.teams.of_activity[names.index("Check")]
    assert {resources[code] for code in found.teams.members[team]} == {"Ana", "Bia", "Caio"}
