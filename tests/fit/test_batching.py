import pytest

import bko_mining as bko
from bko_mining.fit.assembly import write_twin
from bko_mining.fit.findings import investigate

OFFICE = bko.Twin.from_yaml("""
start: 2026-01-05
arrivals: [{per_week: 100, calendar: Mon-Fri 08:00-18:00}]
calendars: {morning: 'Mon-Fri 08:00-12:00', afternoon: 'Mon-Fri 13:00-17:00', office: 'Mon-Fri 08:00-17:00'}
roles:
  Clerk: {members: [Ana, Bia, Caio], calendar: morning}
  Treasurer: {members: [Eva], calendar: office}
resources: {Caio: {calendar: afternoon}}
activities:
  Register: {role: Clerk, time: {family: lognormal, mean: 12 min, cv: 0.6}}
  Post: {role: Clerk, time: {family: gamma, mean: 6 min, cv: 0.8}}
  Pay:
    role: Treasurer
    time: 20 min
    batch: {at: ['14:00'], weekdays: [Tue, Thu], time_per_item: 30 s}
routing: [Register, Post, Pay]
""")


@pytest.fixture(scope="module")
def twin():
    log = bko.simulate(OFFICE, n_cases=1200, seed=5)
    return write_twin(investigate(log), name="")


def test_the_payment_run_is_found(twin):
    pay = twin.activities["Pay"]
    assert (pay.batch.at, pay.batch.weekdays) == ((14 * 3600.0,), ("Tue", "Thu"))
    assert pay.time.value == pytest.approx(1200, rel=0.05)
    assert pay.batch.time_per_item.value == pytest.approx(30, rel=0.05)
    assert not [delay for delay in twin.delays if delay.before == "Pay"]
    assert twin.activities["Post"].batch is None


def test_somebody_with_hours_of_their_own_is_found(twin):
    (clerks,) = [role for role in twin.roles.values() if "Ana" in role.members]
    assert set(clerks.members) == {"Ana", "Bia", "Caio"}
    assert str(twin.calendar(clerks.calendar)) == "Mon-Fri 08:00-12:00"
    assert str(twin.calendar(twin.resources["Caio"].calendar)) == "Mon-Fri 13:00-17:00"
    assert "Bia" not in twin.resources


def test_the_causal_twin_waits_for_the_run_as_the_office_does(twin):
    real, ours = (bko.simulate(t, n_cases=800, start="2026-01-05", seed=2) for t in (OFFICE, twin))
    assert (ours.case_end - ours.case_start).mean() == pytest.approx((real.case_end - real.case_start).mean(), rel=0.1)
