"""The end of the log, arrivals and the choice of habits, against worlds whose truth is known."""

import numpy as np
import pytest

from bko_mining.fit.streams import drifting_half_lives, find_grid, weekly_stream
from bko_mining.fit.window import cycle_law, window_weights

WEEK, DAY, HOUR = 604_800.0, 86_400.0, 3600.0


def _world(rng, n=4000, mean=4 * WEEK, span=20 * WEEK):
    """Poisson arrivals, exponential cycle times; only cases finished by the end are seen."""
    arrival = np.sort(rng.uniform(0, span, n))
    cycle = rng.exponential(mean, n)
    seen = arrival + cycle <= span
    return arrival[seen], cycle[seen], span


def test_the_law_of_the_cycle_time_is_recovered_behind_the_end_of_the_log():
    truth = 4 * WEEK
    estimates, naive = [], []
    for seed in range(20):
        arrival, cycle, span = _world(np.random.default_rng(seed))
        weights = window_weights(arrival, cycle, span)
        estimates.append(np.average(cycle, weights=weights.cases) / truth)
        naive.append(cycle.mean() / truth)
    assert np.mean(estimates) == pytest.approx(1.0, abs=0.06)
    assert np.mean(naive) < 0.85


def test_the_number_of_arrivals_is_recovered():
    counts = []
    for seed in range(20):
        arrival, cycle, span = _world(np.random.default_rng(seed))
        counts.append(window_weights(arrival, cycle, span).arrivals.sum())
    assert np.mean(counts) == pytest.approx(4000, rel=0.05)


def test_nothing_is_corrected_where_nothing_is_hidden():
    cycle = np.arange(1.0, 201.0)
    weights = window_weights(np.zeros(200), cycle, 1000.0)
    assert weights.arrivals.tolist() == [1.0] * 200
    # The half case that keeps the product limit off zero costs the middle of the law next to nothing.
    assert np.allclose(weights.cases[20:], 1.0, atol=0.05)


def test_the_law_is_a_distribution():
    arrival, cycle, span = _world(np.random.default_rng(3), n=300)
    law = cycle_law(cycle, span - arrival, np.ones(len(cycle)))
    assert (np.diff(law.share) >= 0).all()
    assert law.share[-1] == 1.0


def test_the_weekly_level_is_recovered_and_moves_only_when_it_moved():
    arrival, cycle, span = _world(np.random.default_rng(5), n=2000, mean=DAY)
    weights = window_weights(arrival, cycle, span)
    stream = weekly_stream(arrival, weights, span, half_life=None)
    assert sum(map(sum, stream.table.values())) == pytest.approx(100, rel=0.08)
    assert drifting_half_lives(arrival, weights, span, (0.25,)) == ()
    fading = arrival[np.random.default_rng(1).random(len(arrival)) < 1 - 0.8 * arrival / span]
    weights = window_weights(fading, np.full(len(fading), HOUR), span)
    assert drifting_half_lives(fading, weights, span, (0.25,)) == (0.25,)
    late = weekly_stream(fading, weights, span, half_life=0.12)
    assert sum(map(sum, late.table.values())) == pytest.approx(30, rel=0.35)


def test_arrivals_that_ceased_before_the_end_are_no_drift():
    rng = np.random.default_rng(2)
    arrival = np.sort(rng.uniform(0, 10 * WEEK, 1000))
    cycle = rng.exponential(WEEK, 1000)
    until = float((arrival + cycle).max())
    weights = window_weights(arrival, cycle, until)
    assert drifting_half_lives(arrival, weights, until, (0.25, 0.12)) == ()
    stream = weekly_stream(arrival, weights, until, half_life=None)
    assert sum(map(sum, stream.table.values())) == pytest.approx(100, rel=0.05)


def test_a_grid_is_told_from_chance():
    grid = np.concatenate([day * DAY + np.arange(8 * HOUR, 16 * HOUR + 1, 1800) for day in range(5)])
    found = find_grid(grid)
    assert found.every == 1800
    assert found.hours[0] == (8 * HOUR, 16 * HOUR)
    assert find_grid(np.random.default_rng(0).uniform(0, 5 * DAY, 300)) is None
