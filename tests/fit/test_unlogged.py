import numpy as np
import pytest

import bko_mining as bko
from bko_mining.fit import remembering
from bko_mining.fit.assembly import write_twin
from bko_mining.fit.findings import investigate, look_again
from bko_mining.fit.unlogged import is_suspicious, with_hidden_work
from bko_mining.fit.unseen_hours import unseen_hours

OFFICE = bko.Twin.from_yaml("""
start: 2026-01-05
arrivals: [{per_week: 200, calendar: Mon-Fri 08:00-18:00}]
calendars: {office: 'Mon-Fri 08:00-12:00 13:00-17:00'}
roles: {Clerk: {members: [Ana, Bia, Caio], calendar: office}, Expert: {members: [Eva, Fabio], calendar: office}}
activities:
  Register: {automatic: true, time: 20 s}
  Check: {role: Clerk, time: {family: lognormal, mean: 24 min, cv: 0.6}}
  Review: {role: Expert, time: {family: gamma, mean: 16 min, cv: 0.8}}
  Pay: {role: Clerk, time: {family: gamma, mean: 4 min, cv: 0.5}}
routing: [Register, Check, Review, Pay]
delays: [{after: Review, before: Pay, time: {family: exponential, mean: 10 h}}]
""")


@pytest.fixture(scope="module")
def log():
    return bko.simulate(OFFICE, n_cases=1600, seed=8)


def test_a_complete_log_raises_no_suspicion(log):
    found = investigate(log)
    unseen = unseen_hours(found)
    assert unseen.hours > 100
    assert unseen.share < 0.002
    twin = write_twin(found, name="")
    assert with_hidden_work(found, twin) is twin


def test_a_quarter_left_out_is_seen_and_becomes_background_load(log):
    kept = np.random.default_rng(3).random(log.n_cases) > 0.25
    found = investigate(log.take_cases(kept))
    unseen = unseen_hours(found)
    assert is_suspicious(found, unseen)
    assert set(unseen.teams) == set(found.teams.names)
    with pytest.warns(bko.DataQualityWarning, match="is in no log"):
        twin = with_hidden_work(found, write_twin(found, name=""))
    said = next(item for item in twin.evidence if item.part == "unlogged work")
    assert said.numbers["share"] == pytest.approx(0.25, abs=0.03)
    # The wait for the outside is not blown up by the hidden queue: 10 h was put in.
    (delay,) = twin.delays
    assert delay.time.mean / 3600 == pytest.approx(10, rel=0.2)
    # Simulated logs leave the background out, as the real one did.
    weekly = {stream.name: sum(map(sum, stream.table.values())) for stream in twin.arrivals}
    run = bko.simulate(twin, n_cases=800, seed=1)
    assert run.n_cases == pytest.approx(800 * weekly[""] / sum(weekly.values()), rel=0.1)


def test_arrivals_put_right_leave_the_background_load_where_it_is(log, monkeypatch):
    monkeypatch.setattr(remembering, "_UNSEEN", -1.0)  # put arrivals right whatever the log shows
    hidden = bko.Twin.from_yaml("""
    arrivals: [{per_week: 200}, {name: unlogged, per_week: 50, case_type: unlogged}]
    case_types: {case: {}, unlogged: {logged: false}}
    activities: {Register: {time: 1 min}}
    routing: [Register]
    """)
    seen, background = remembering.with_memory(hidden, log).arrivals
    assert seen != hidden.arrivals[0]
    assert background == hidden.arrivals[1]


def test_twins_drawn_from_the_evidence_differ_in_the_hidden_share():
    hidden = bko.Twin.from_yaml("""
    arrivals: [{per_week: 200}, {name: unlogged, per_week: 50, case_type: unlogged}]
    case_types: {case: {}, unlogged: {logged: false}}
    activities: {Register: {time: 1 min}}
    routing: [Register]
    evidence: [{part: unlogged work, found: late starts, numbers: {share: 0.2, error: 0.02}}]
    """)
    drawn = [bko.resample_twin(hidden, np.random.default_rng(k)).arrivals for k in range(200)]
    weekly = np.array([50 * background.factor for _, background in drawn])
    shares = weekly / (200 + weekly)
    assert shares.mean() == pytest.approx(0.2, abs=0.005)
    assert shares.std() == pytest.approx(0.02, rel=0.2)
    assert {seen.factor for seen, _ in drawn} == {1.0}


def test_a_glance_sees_the_same_waits_as_the_whole_investigation(log):
    found = investigate(log, prompt_from=0.3)
    seen = look_again(log, found)
    assert np.array_equal(seen.enabled, found.data.enabled)
    assert np.array_equal(seen.start, found.data.start)
