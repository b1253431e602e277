"""The sample log of accounts payable was simulated from a twin that is known (simulations/accounts_payable)."""

from pathlib import Path

import pytest

import bko_mining as bko
from bko_mining.fit.assembly import write_twin
from bko_mining.fit.findings import investigate

LOG = Path(__file__).parents[2] / "sample_logs" / "accounts_payable.csv"


@pytest.fixture(scope="module")
def log():
    return bko.read_log(LOG)


@pytest.fixture(scope="module")
def twin(log):
    return write_twin(investigate(log), name="")


def test_roles_bear_the_names_of_the_log(twin):
    assert set(twin.roles["AP clerk"].members) == {"Ana Ribeiro", "Bruno Costa", "Carla Nunes"}
    assert {"AP analyst", "Manager", "Senior manager", "Director", "Treasurer"} <= set(twin.roles)


def test_each_clerk_keeps_the_hours_that_were_put_in(twin):
    hours = {name: str(twin.calendar_of(name, "AP clerk")) for name in twin.roles["AP clerk"].members}
    assert hours["Ana Ribeiro"] == "Mon-Fri 08:00-10:00, BR-SP"
    assert hours["Bruno Costa"] == "Mon-Fri 13:30-15:30, BR-SP"
    assert hours["Carla Nunes"].count("08:00-11:00") == 2


def test_the_payment_run_and_the_approvers_delays(twin):
    pay = twin.activities["Pay invoice"].batch
    assert (pay.at, pay.weekdays) == ((14 * 3600.0,), ("Thu",))
    manager = {delay.after: delay.time.mean / 3600 for delay in twin.delays if delay.before == "Approve by manager"}
    # 16 h were put in before every approval by a manager
    assert manager["Match with order"] == pytest.approx(16, rel=0.15)


def test_the_causal_twin_is_as_slow_as_the_office(twin, log):
    runs = [bko.simulate(twin, n_cases=1500, seed=1, replication=k) for k in range(3)]
    mean = sum((run.case_end - run.case_start).mean() for run in runs) / 3
    assert mean == pytest.approx((log.case_end - log.case_start).mean(), rel=0.15)
