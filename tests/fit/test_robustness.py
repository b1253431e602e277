"""Any log fits and simulates: without people, without time, without choice, with awkward names, with one case."""

import numpy as np
import pyarrow as pa
import pytest

from bko_mining.fit import calibration
from bko_mining.fit.findings import investigate
from bko_mining.fit.fitting import fit_twin
from bko_mining.fit.like_the_log import simulate_like
from bko_mining.log.event_log import MISSING, EventLog
from bko_mining.simulate.simulation import simulate

MINUTE = 60_000_000
MONDAY = 1_767_571_200_000_000


def _log(
    *, n=40, activities=("Register", "Check", "Pay"), minutes=20, resources=("Ana", "Bia"), starts=True, every=90
) -> EventLog:
    """Cases one after the other, each activity an hour or so after the one before."""
    rng = np.random.default_rng(0)
    k = len(activities)
    begin = MONDAY + 9 * 60 * MINUTE + np.arange(n)[:, None] * every * MINUTE
    begin = begin + np.cumsum(rng.integers(40, 90, (n, k)), axis=1) * MINUTE
    length = np.full((n, k), minutes) * MINUTE
    return EventLog.from_codes(
        case=np.repeat(np.arange(n, dtype=np.int32), k),
        case_ids=pa.array([f"c{i}" for i in range(n)]),
        activity=np.tile(np.arange(k, dtype=np.int32), n),
        activities=activities,
        resource=rng.integers(0, len(resources), n * k).astype(np.int32) if resources else None,
        resources=resources,
        start=begin.ravel() if starts else np.full(n * k, MISSING),
        end=(begin + length).ravel(),
    )


WORLDS = {
    "start and end are activities": {"activities": ("Start", "Register", "End")},
    "names of the twin's own": {"activities": ("(end)", "(start)", "case")},
    "one activity": {"activities": ("Register",)},
    "no resources": {"resources": ()},
    "one resource": {"resources": ("Ana",)},
    "one case": {"n": 1},
    "two cases": {"n": 2},
    "no time passes": {"minutes": 0},
    "one instant per activity and nobody": {"minutes": 0, "resources": ()},
    "ends before starts": {"minutes": -30},
    "ends only": {"starts": False},
    "all at once": {"every": 0},
}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS.keys())
def test_it_fits_and_runs(world):
    log = _log(**world)
    twin = fit_twin(log, seed=1)
    run = simulate_like(twin, n_cases=max(20, log.n_cases), seed=1)
    assert set(run.activities) == set(log.activities)
    seen, made = ((each.case_end - each.case_start).mean() for each in (log, run))
    assert made <= 2 * seen + MINUTE
    assert made >= seen / 2 - MINUTE
    assert type(twin).from_yaml(twin.to_yaml()) == twin


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS.keys())
def test_its_causes_run_too(world):
    log = _log(**world)
    run = simulate(fit_twin(log, seed=1).causal, n_cases=40, seed=1)
    assert run.n_cases == 40
    seen, made = ((each.case_end - each.case_start).mean() for each in (log, run))
    # Nothing runs away; a night may come between where the log is too small to show the hours.
    assert made <= 3 * seen + 24 * 60 * MINUTE


def test_an_activity_that_everybody_shares_a_little_has_a_team_of_all():
    rng = np.random.default_rng(0)
    n, people = 600, 30
    mine = rng.integers(0, people, n)
    activity = np.stack([mine + 1, np.zeros(n, int), mine + 1], axis=1)
    begin = MONDAY + 9 * 60 * MINUTE + (np.arange(n)[:, None] * 30 + [0, 10, 20]) * MINUTE
    log = EventLog.from_codes(
        case=np.repeat(np.arange(n, dtype=np.int32), 3),
        case_ids=pa.array([f"c{i}" for i in range(n)]),
        activity=activity.ravel().astype(np.int32),
        activities=("Check", *(f"Work {i}" for i in range(people))),
        resource=np.repeat(mine, 3).astype(np.int32),
        resources=tuple(f"P{i}" for i in range(people)),
        start=begin.ravel(),
        end=(begin + 5 * MINUTE).ravel(),
    )
    found = investigate(log)
    assert len(found.roles.names) == people
    assert len(found.teams.members[found.teams.of_activity[0]]) == people


def test_trial_runs_of_long_cases_are_of_few_cases():
    assert calibration._size(_log(n=300)) == 400
    assert calibration._size(_log(n=8, activities=tuple(f"a{i}" for i in range(2000)))) == 30
