import pytest

import bko_mining as bko

OFFICE = """
start: 2026-01-05
arrivals: [{per_week: 200, calendar: Mon-Fri 08:00-18:00}, {name: unlogged, per_week: %d, case_type: unlogged}]
case_types: {case: {}, unlogged: {logged: false}}
calendars: {office: 'Mon-Fri 08:00-12:00 13:00-17:00'}
roles: {Clerk: {members: [Ana, Bia, Caio], calendar: office}}
activities: {Check: {role: Clerk, time: {family: lognormal, mean: 20 min, cv: 0.6}}}
routing: [Check]
evidence: [{part: unlogged work, found: late starts, numbers: {share: %.2f, error: 0.01}}]
"""


def _comparison(per_week, share, **change):
    twin = bko.Twin.from_yaml(OFFICE % (per_week, share))
    plan = bko.Scenario("another team").staff("Clerk", **change)
    return bko.run_experiment(twin, [plan], n_cases=150, replications=2, workers=1)


def test_a_plan_that_leaves_no_room_for_hidden_work_is_not_to_be_trusted():
    found = _comparison(60, 0.23, remove=1)
    assert "Do not trust 'another team' here: about" in found.summary
    assert "Clerk would be busy" in found.summary


def test_people_are_busy_with_work_that_no_log_shows_too():
    hidden, shown = _comparison(60, 0.23, add=3), bko.Twin.from_yaml((OFFICE % (60, 0.23)).replace("false", "true"))
    busy = hidden.samples("utilisation: Clerk")[0]
    all_logged = bko.run_experiment(shown, [], n_cases=150, replications=2, workers=1)
    assert busy == pytest.approx(all_logged.samples("utilisation: Clerk")[0], rel=0.08)
    # 260 cases of 20 minutes a week for 120 hours; the logged ones alone would be 56 %.
    assert busy.mean() == pytest.approx(0.72, abs=0.1)
    # A cycle time belongs to a logged case, and the hidden ones are not among the cases of a week.
    assert hidden.samples("throughput_per_week")[0].mean() < all_logged.samples("throughput_per_week")[0].mean() * 0.9


def test_a_plan_with_room_asks_what_the_hidden_work_is():
    assert "ask what it is before you trust" in _comparison(60, 0.23, add=3).summary


def test_nothing_is_said_where_all_work_is_logged():
    assert "no log" not in _comparison(60, 0.0, remove=1).summary


def test_the_doubt_is_said_in_portuguese():
    with bko.speaking("pt_BR"):
        assert "Não confie em “another team” aqui" in _comparison(60, 0.23, remove=1).summary
