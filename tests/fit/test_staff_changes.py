from datetime import date

import numpy as np
import pytest

import bko_mining as bko
from bko_mining.fit.assembly import write_twin
from bko_mining.fit.findings import investigate

OFFICE = """
start: 2026-01-05
arrivals: [{per_week: 220, calendar: Mon-Fri 08:00-18:00}]
calendars: {office: 'Mon-Fri 08:00-12:00 13:00-17:00'}
roles: {Clerk: {members: [Ana, Bia, Caio, Davi], calendar: office}}
resources:
  Bia: {until: 2026-02-13}
  Davi: {since: 2026-02-02, ramp_up: 35 d, start_factor: 2.2}
activities:
  Check: {role: Clerk, time: {family: lognormal, mean: 20 min, cv: 0.6}, time_by_resource: {Ana: 0.9, Caio: 1.1}}
routing: [Check]
"""


@pytest.fixture(scope="module")
def found():
    return investigate(bko.simulate(bko.Twin.from_yaml(OFFICE), n_cases=2600, seed=4))


def test_who_left_and_who_came_is_seen_to_the_day(found):
    changes = {found.data.resources[code]: change.dates for code, change in found.staff_changes.items()}
    assert changes == {"Bia": {"until": date(2026, 2, 13)}, "Davi": {"since": date(2026, 2, 2)}}


def test_a_newcomer_gets_quicker_as_was_put_in(found):
    davi = next(change for change in found.staff_changes.values() if change.since)
    assert davi.start_factor == pytest.approx(2.2, abs=0.35)
    assert davi.ramp_up / 86_400 == pytest.approx(35, abs=14)


def test_the_twin_has_the_staff_of_the_end_of_the_log(found):
    twin = write_twin(found, name="")
    assert twin.resources["Bia"].until == date(2026, 2, 13)
    assert twin.resources["Davi"].ramp_up == pytest.approx(35 * 86_400, abs=14 * 86_400)
    # Once he has learnt, he takes the 20 minutes of the others, not the mean over his first weeks.
    check = twin.activities["Check"]
    assert check.time.mean * check.time_by_resource["Davi"] / 60 == pytest.approx(20, rel=0.12)
    run = bko.simulate(twin, n_cases=200, seed=1)
    assert "Bia" not in np.array(run.resources)[np.unique(run.resource)]
    assert [item.found for item in twin.evidence if item.part == "resources.Bia"] == ["left after 2026-02-13"]


def test_nobody_comes_or_leaves_where_all_are_there_all_the_time():
    office = bko.Twin.from_yaml(OFFICE).replace(resources={})
    for seed in range(3):
        assert investigate(bko.simulate(office, n_cases=900, seed=seed)).staff_changes == {}


def test_work_that_nobody_else_does_keeps_its_people(found):
    frame = found.log.frame[["case_id", "activity", "resource", "start", "end"]].astype({"activity": str})
    frame.loc[frame["resource"] == "Bia", "activity"] = "Check by hand"
    log = bko.read_log(frame, timezone="UTC")
    assert [log.resources[code] for code in investigate(log).staff_changes] == ["Davi"]
