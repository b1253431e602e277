"""How fast past cases lose their say."""

import numpy as np
import pytest

from bko_mining.fit.courses import Courses
from bko_mining.fit.forgetting import HALF_LIVES, gains, half_life_of_cases
from bko_mining.simulate.following import Course

DAY = 86_400.0


def _cases(hours: np.ndarray, swapped: np.ndarray, *, every: float = 0.25) -> Courses:
    """Cases of two activities, one every quarter of a day, that take so many hours and may go the other way round."""
    n = len(hours)
    arrival = np.arange(n) * every * DAY
    finish = arrival + hours * 3600
    activity = np.stack([swapped, ~swapped], axis=1).astype(np.int64).ravel()
    rows = Course(
        case=np.repeat(np.arange(n), 2),
        activity=activity,
        resource=np.zeros(2 * n, np.int64),
        start=np.stack([arrival, finish], axis=1).ravel(),
        end=np.stack([arrival, finish], axis=1).ravel(),
    )
    return Courses(rows, arrival, finish, ("A", "B"), ("Ann",))


def _finished(found: Courses, until: float) -> Courses:
    return found.take(found.finish <= until)


def test_what_never_changed_is_remembered_whole() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        found = _cases(rng.exponential(30, 800), rng.random(800) < 0.3)
        until = 200 * DAY
        assert half_life_of_cases(gains(_finished(found, until), until)) is None, seed


def test_long_cases_missing_at_the_end_are_not_taken_for_a_change() -> None:
    """Of cases of twenty days in a log of two hundred, the last ones seen are quick because they are seen."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        found = _cases(rng.exponential(480, 800), rng.random(800) < 0.3)
        until = 200 * DAY
        assert half_life_of_cases(gains(_finished(found, until), until)) is None, seed


def test_a_new_way_of_working_makes_the_old_one_fade() -> None:
    rng = np.random.default_rng(3)
    late = np.arange(800) >= 500
    found = _cases(rng.exponential(30, 800), rng.random(800) < np.where(late, 0.9, 0.1))
    assert half_life_of_cases(gains(found, 202 * DAY)) in (0.25, 0.12, 0.06)


def test_times_that_halved_make_the_old_ones_fade() -> None:
    rng = np.random.default_rng(4)
    late = np.arange(800) >= 500
    found = _cases(rng.exponential(30, 800) / np.where(late, 4, 1), rng.random(800) < 0.3)
    brought = gains(found, 202 * DAY)
    assert set(brought) == set(HALF_LIVES)
    assert brought[0.12][0] > 0.02
    assert half_life_of_cases(brought) is not None


def test_few_cases_foretell_nothing() -> None:
    found = _cases(np.full(15, 3.0), np.zeros(15, bool))
    assert gains(found, 4 * DAY) == {}
    assert half_life_of_cases({}) is None


@pytest.mark.parametrize("n", [1, 2, 30])
def test_cases_of_one_kind_and_no_length_are_no_error(n: int) -> None:
    found = _cases(np.zeros(n), np.zeros(n, bool))
    assert half_life_of_cases(gains(found, n * DAY)) is None
