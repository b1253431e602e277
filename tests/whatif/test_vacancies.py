"""Nobody is paid for a place that is vacant: the expected share against the engine's own vacancies."""

from textwrap import dedent

import numpy as np
import pytest

from bko_mining.calendars import DAY
from bko_mining.simulate.arrivals import Window, to_utc
from bko_mining.simulate.cases import draw_cases
from bko_mining.simulate.ruled import RuledRun
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin
from bko_mining.twin.people import Turnover
from bko_mining.twin.values import Distribution
from bko_mining.whatif.costs import running_costs
from bko_mining.whatif.period import Period, period_of
from bko_mining.whatif.vacancies import share_taken

OFFICE = """
start: 2026-01-05
arrivals: [{kind: grid, every: 5 h, calendar: Mon-Fri 09:00-17:00}]
roles:
  Clerk: {size: %d, calendar: Mon-Fri 09:00-17:00, cost_per_hour: 50%s}
activities: {Register: {role: Clerk, time: 6 min}}
routing: [Register]
"""
LEAVING = ", turnover: {per_year: 1.5, vacancy: {family: lognormal, mean: 60 d, cv: 0.5}, ramp_up: 0 s%s}"


def _office(size: int, turnover: str = "") -> Twin:
    return Twin.from_yaml(dedent(OFFICE % (size, turnover)))


@pytest.fixture(scope="module")
def period() -> Period:
    twin = _office(200, LEAVING % "")
    log = simulate(twin, n_cases=160, seed=1, lane="simpy")
    return period_of(log, twin, begin=to_utc(twin.begin(), twin.timezone))


def test_hours_there_are_those_of_the_engine(period: Period) -> None:
    run = RuledRun(period.twin, draw_cases(period.twin, Window(period.since, None, 160), (1, 0)), period.since, (1, 0))
    run.prepare()
    theirs = np.array([person.hours.worked(period.since, period.until) / 1e6 for person in run.people])
    expected = np.array([period.available[person.name] for person in run.people])
    assert abs(theirs.mean() - expected.mean()) < 4 * theirs.std() / np.sqrt(len(theirs))
    everybody = period.twin.calendar("Mon-Fri 09:00-17:00").working_time(period.since, period.until) / 1e6
    assert expected.mean() < 0.95 * everybody


def test_a_vacant_place_earns_no_wage(period: Period) -> None:
    full = Period(period.whole, _office(200), period.counted, period.since, period.until)
    paid, all_paid = running_costs(period)["wages"], running_costs(full)["wages"]
    share = share_taken(period.twin.roles["Clerk"].turnover, 0, (period.until - period.since) / DAY)  # type: ignore[arg-type]
    assert paid == pytest.approx(share * all_paid, rel=1e-3)
    assert 0.8 < share < 0.95


def test_nobody_leaves_before_the_day_on_which_turnover_begins(period: Period) -> None:
    later = _office(200, LEAVING % ", since: 2030-01-01")
    there = Period(period.whole, later, period.counted, period.since, period.until).available
    everybody = Period(period.whole, _office(200), period.counted, period.since, period.until).available
    assert there == everybody


def test_a_run_that_was_cut_at_its_start_counts_from_its_begin(period: Period) -> None:
    later = period.since + (period.until - period.since) // 2
    warm = Period(period.whole, period.twin, period.counted, later, period.until, begin=period.since)
    fresh = Period(period.whole, period.twin, period.counted, later, period.until)
    assert sum(warm.available.values()) < 0.97 * sum(fresh.available.values())


@pytest.mark.parametrize("vacancy", [0.0, 20.0, 400.0])
@pytest.mark.parametrize("per_year", [0.1, 4.0])
def test_in_the_long_run_it_is_tenure_by_tenure_and_vacancy(vacancy: float, per_year: float) -> None:
    turnover = Turnover(per_year=per_year, vacancy=Distribution(value=vacancy * 86_400), ramp_up=0)
    tenure = 365.25 / per_year
    assert share_taken(turnover, 20_000, 20_500) == pytest.approx(tenure / (tenure + vacancy), abs=1e-3)
