"""Month ends, the season and growth of arrivals."""

from dataclasses import replace

import numpy as np
import pytest

from bko_mining.fit.courses import Courses
from bko_mining.fit.rhythms import PLAIN, Rhythm
from bko_mining.fit.seasons import Parts, choose_rhythm, fit_rhythm
from bko_mining.fit.streams import Watch, weekly_stream
from bko_mining.fit.window import window_weights
from bko_mining.simulate.following import Course, even_arrivals

DAY = 86_400.0
FIRST = 19_726  # a Monday of January 2024, counted from the first Monday of 1970


def _courses(rate: np.ndarray, *, seed: int = 0) -> tuple[Courses, float]:
    """Cases of one instance of an hour; ``rate`` cases on each day from a Monday on, none at weekends."""
    rng = np.random.default_rng(seed)
    days = np.arange(len(rate)) + FIRST
    counts = rng.poisson(np.where(days % 7 < 5, rate, 0))
    arrival = np.sort(np.repeat(days, counts) * DAY + rng.uniform(9, 17, counts.sum()) * 3600)
    n = len(arrival)
    rows = Course(np.arange(n), np.zeros(n, int), np.zeros(n, int), arrival, arrival + 3600)
    return Courses(rows, arrival, arrival + 3600, ("Do",), ("Ann",)), float((days[-1] + 1) * DAY)


def _month_end(n_days: int, last: int) -> np.ndarray:
    return replace(PLAIN, month_end=(last, 2.0)).factors(np.arange(n_days) + FIRST) > 1


def test_month_ends_are_found_with_their_factor() -> None:
    found, until = _courses(np.where(_month_end(400, 3), 24.0, 12.0))
    rhythm = choose_rhythm(found, until, PLAIN, None)
    assert rhythm.month_end is not None
    assert rhythm.month_end[0] == 3
    assert rhythm.month_end[1] == pytest.approx(2, abs=0.2)
    assert rhythm.growth is None


def test_the_season_and_growth_are_found_from_two_years() -> None:
    days = np.arange(730)
    season = 1 + 0.5 * np.cos(2 * np.pi * (days - 15) / 365.25)
    found, until = _courses(20 * season * 1.3 ** (days / 365.25))
    rhythm = choose_rhythm(found, until, PLAIN, None)
    assert rhythm.months is not None
    assert rhythm.growth is not None
    assert max(rhythm.months[:2]) > 1.25 > 0.8 > max(rhythm.months[5:7])
    # Half the pace is carried on.
    assert 0.05 < rhythm.growth.per_year < 0.25
    assert rhythm.growth.years == pytest.approx(0.5, abs=0.01)


def test_steady_arrivals_stay_plain() -> None:
    for seed in range(5):
        found, until = _courses(np.full(500, 12.0), seed=seed)
        assert choose_rhythm(found, until, PLAIN, None) == PLAIN


def test_short_logs_stay_plain() -> None:
    found, until = _courses(np.where(_month_end(60, 3), 24.0, 12.0))
    assert choose_rhythm(found, until, PLAIN, None) == PLAIN


def test_the_level_is_that_of_usual_days() -> None:
    """A usual week has 60 of the 3,900 cases expected in all, though weeks with month ends of 24 a day have more."""
    found, until = _courses(np.where(_month_end(400, 3), 24.0, 12.0))
    weights = window_weights(found.arrival, found.cycle, until)
    rhythm = Rhythm(month_end=(3, 2.0))
    stream = weekly_stream(found.arrival, weights, until, half_life=None, rhythm=rhythm)
    assert sum(map(sum, (stream.table or {}).values())) == pytest.approx(60 * found.n / 3900, rel=0.01)
    assert stream.month_end == (3, 2.0)
    came = even_arrivals(stream, FIRST * DAY, lambda at: len(at) >= len(found.arrival), 0.5)
    last = _month_end(400, 3)[(came[came < until] // DAY).astype(int) - FIRST]
    assert last.mean() == pytest.approx((2 * _month_end(400, 3)[_weekdays(400)].mean()) / 1.14, abs=0.03)


def _weekdays(n_days: int) -> np.ndarray:
    return (np.arange(n_days) + FIRST) % 7 < 5


def test_no_season_is_told_from_one_year() -> None:
    found, until = _courses(np.full(300, 12.0))
    watch = Watch.over(found.arrival, window_weights(found.arrival, found.cycle, until), until)
    assert fit_rhythm(watch, Parts(growth=True, season=True)) is None
