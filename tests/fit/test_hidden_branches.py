import pytest

import bko_mining as bko
from bko_mining.fit import hidden_branches
from bko_mining.fit.assembly import write_twin
from bko_mining.fit.findings import investigate

PEOPLE = """
start: 2026-01-05
arrivals: [{per_week: 220, calendar: Mon-Fri 08:00-18:00}]
calendars: {office: 'Mon-Fri 08:00-12:00 13:00-17:00'}
roles: {Clerk: {members: [Ana, Bia], calendar: office}, Inspector: {members: [Eva, Fabio], calendar: office}}
activities:
  Register: {automatic: true, time: 20 s}
  Check: {role: Clerk, time: {family: lognormal, mean: 16 min, cv: 0.6}}
  Inspect: {role: Inspector, time: {family: gamma, mean: 12 min, cv: 0.6}}
  Close: {automatic: true, time: 10 s}
delays: [{before: Inspect, time: {family: lognormal, mean: 20 h, cv: 0.5}}]
"""
BESIDE = PEOPLE + "routing: [Register, {and: [Check, Inspect], name: both}, Close]\n"
BEHIND = PEOPLE + "routing: [Register, Check, Inspect, Close]\n"


def _blocks(text, seed):
    log = bko.simulate(bko.Twin.from_yaml(text), n_cases=1500, seed=seed)
    found = investigate(log)
    names = found.data.activities
    return log, [[sorted(names[a] for a in branch) for branch in block] for block in found.concurrency.blocks]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_branch_that_waits_long_is_told_from_a_step_that_follows(seed):
    log, blocks = _blocks(BESIDE, seed)
    # The order alone does not show it: hardly any inspection begins before the check has ended.
    assert not bko.concurrency(log).blocks
    assert sorted(map(sorted, blocks)) == [[["Check"], ["Inspect"]]]
    _, blocks = _blocks(BEHIND, seed)
    assert blocks == []


def test_its_delay_counts_from_the_split():
    log = bko.simulate(bko.Twin.from_yaml(BESIDE), n_cases=1500, seed=1)
    twin = write_twin(investigate(log), name="")
    assert "routing.Check ∥ Inspect" in [item.part for item in twin.evidence]
    waits = [
        node.delay.time.mean / 3600
        for block in twin.routing.blocks.values()
        for branch in block.branches
        for node in getattr(branch, "nodes", {}).values()
        if node.delay
    ]
    assert waits == [pytest.approx(20, rel=0.1)]


def test_steps_that_follow_are_mostly_told_at_a_glance(monkeypatch):
    asked = []
    real = hidden_branches._gain
    monkeypatch.setattr(hidden_branches, "_gain", lambda starts: asked.append(starts) or real(starts))
    for seed in range(1, 7):
        _blocks(BEHIND, seed)
    told_dear = len(asked)
    _blocks(BESIDE, 1)
    # By chance one correlation in six is below a standard error.
    assert told_dear <= 4
    assert len(asked) > told_dear
