"""A delay is a part of the wait."""

import numpy as np
import pytest

from bko_mining.fit.delays import _no_longer_than
from bko_mining.fit.families import fit_delay


def _fitted(exact):
    rng = np.random.default_rng(0)
    return fit_delay(exact, np.empty(0), np.empty(0), tolerance=2.0, rng=rng)


def test_a_delay_is_held_to_the_mean_wait():
    delay = _fitted(np.random.default_rng(1).exponential(3600, 60))
    held = _no_longer_than(delay, 1800.0)
    assert held.mean * (1 - held.zero_share) == pytest.approx(1800.0)
    assert held.deviation / held.mean == pytest.approx(delay.deviation / delay.mean)


def test_a_shorter_delay_stays():
    delay = _fitted(np.random.default_rng(1).exponential(3600, 60))
    assert _no_longer_than(delay, 7200.0) is delay
    assert _no_longer_than(None, 7200.0) is None
