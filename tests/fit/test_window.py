"""The law of the cycle time at the end of a log."""

import numpy as np

from bko_mining.fit.window import window_weights

DAY = 86_400.0


def test_a_few_old_cases_that_took_very_long_do_not_stand_for_all_others() -> None:
    """Twelve cases of years before five hundred of weeks: alone at risk at their lengths, they would weigh as much."""
    rng = np.random.default_rng(0)
    arrival = np.concatenate([np.arange(12) * 100 * DAY, (1500 + np.arange(500) * 0.5) * DAY])
    cycle = np.concatenate(
        [np.linspace(1700, 1100, 12)[:12] * DAY - np.arange(12) * 20 * DAY, rng.exponential(20, 500) * DAY]
    )
    until = 1800 * DAY
    seen = arrival + cycle <= until
    weights = window_weights(arrival[seen], cycle[seen], until)
    old = arrival[seen] < 1500 * DAY
    assert weights.cases[old].sum() < 0.1 * weights.cases.sum()
    assert weights.arrivals.sum() < 2 * seen.sum()


def test_long_cases_that_the_end_hides_are_made_up_for() -> None:
    """Exponential cycle times of thirty days in a log of ninety: about a third of the arrivals are not seen."""
    unseen = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        arrival = np.sort(rng.uniform(0, 90, 600)) * DAY
        cycle = rng.exponential(30, 600) * DAY
        seen = arrival + cycle <= 90 * DAY
        weights = window_weights(arrival[seen], cycle[seen], 90 * DAY)
        unseen.append(weights.arrivals.sum() / 600)
    assert abs(np.mean(unseen) - 1) < 4 * np.std(unseen, ddof=1) / np.sqrt(20) + 0.05
