"""Statistics against published numbers and against what they claim."""

import numpy as np
import pytest

from bko_mining.whatif.selection import select_best
from bko_mining.whatif.statistics import (
    bonferroni,
    bootstrap_interval,
    mean_interval,
    ratio_interval,
    variance_reduction,
)
from bko_mining.whatif.warm_up import mser, warm_up, welch


def test_t_interval_of_law_and_kelton() -> None:
    # Law (2015), example 4.26: ten observations, mean 1.34, s^2 = 0.17, 90 % interval 1.34 -+ 0.24
    sample = [1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09]
    interval = mean_interval(sample, confidence=0.90)
    assert interval.estimate == pytest.approx(1.34, abs=0.005)
    assert interval.half_width == pytest.approx(0.24, abs=0.005)


def test_paired_difference_of_law() -> None:
    # Law (2015), example 10.2: differences of five paired runs, mean 4.98, variance of the mean 2.44, 90 % [1.65, 8.31]
    first = np.array([126.97, 124.31, 126.68, 122.66, 127.23])
    second = np.array([118.21, 120.22, 122.45, 122.68, 119.40])
    interval = mean_interval(first - second, confidence=0.90)
    assert interval.estimate == pytest.approx(4.98, abs=0.005)
    assert (interval.low, interval.high) == (pytest.approx(1.65, abs=0.01), pytest.approx(8.31, abs=0.01))


def test_one_run_says_nothing_about_chance() -> None:
    assert mean_interval([3.0]).half_width == np.inf
    assert not mean_interval([3.0]).excludes_zero


def test_no_difference_is_exactly_zero() -> None:
    interval = mean_interval(np.zeros(3))
    assert (interval.estimate, interval.low, interval.high) == (0, 0, 0)


def test_intervals_cover_what_they_claim() -> None:
    rng = np.random.default_rng(5)
    samples = rng.gamma(2.0, 1.0, (4000, 20))
    t = [mean_interval(x) for x in samples]
    assert 0.925 < np.mean([i.low <= 2 <= i.high for i in t]) < 0.965
    boot = [bootstrap_interval(x, resamples=500) for x in samples[:600]]
    assert 0.89 < np.mean([i.low <= 2 <= i.high for i in boot]) < 0.97
    pairs = rng.normal(10, 2, (2000, 15))
    ratios = [ratio_interval(1.2 * x + rng.normal(0, 0.5, 15), x) for x in pairs]
    assert 0.93 < np.mean([i.low <= 1.2 <= i.high for i in ratios]) < 0.97


def test_bonferroni_and_variance_reduction() -> None:
    assert bonferroni(0.95, 1) == pytest.approx(0.95)
    x = np.arange(10.0)
    assert variance_reduction(x, x + 0.1 * np.tile([1, -1], 5)) > 100
    assert variance_reduction(x, x) == np.inf


def test_selection_finds_the_best_within_the_indifference_zone() -> None:
    rng = np.random.default_rng(7)
    right = 0
    for _ in range(300):
        common = rng.normal(0, 1, 400)
        x = np.array([3.0, 2.5, 2.0])[:, None] + common + rng.normal(0, 1, (3, 400))
        chosen = select_best(x, indifference=0.5)
        right += chosen.best == 2
        assert chosen.decided
    assert right / 300 >= 0.95


def test_selection_says_when_the_runs_do_not_suffice() -> None:
    x = np.random.default_rng(8).normal(0, 1, (2, 12))
    chosen = select_best(x, indifference=0.05)
    assert not chosen.decided
    assert chosen.limit > 12


def test_warm_up_is_seen() -> None:
    rng = np.random.default_rng(9)
    level = 10 * (1 - np.exp(-np.arange(600) / 40))
    runs = level + rng.normal(0, 1, (10, 600))
    seen = warm_up(runs)
    assert seen.trusted
    assert 80 <= seen.advice <= 250
    assert seen.smoothed[0] < 2 < 9 < seen.smoothed[300]
    # by hand: a step from 0 to 1 after ten observations is cut at the step
    assert mser([[0.0] * 10 + [1.0] * 90]) == 10
    assert welch([[1.0, 2, 9, 4, 5, 6]], window=2).tolist() == pytest.approx([1, 4, 4.2, 5.2])
