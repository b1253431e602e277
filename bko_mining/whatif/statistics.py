"""What replications say, and how surely: intervals of means, paired differences and ratios.

Sources: Law, *Simulation Modeling and Analysis* (5th ed.), chapters 9–11; Efron and Tibshirani, *An Introduction to the
Bootstrap*; Welch (1983) and White (1997) for warm-up.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its confidence interval, from ``n`` independent replications.

    With a single replication the interval is unbounded: one run says nothing about chance.
    """

    estimate: float
    low: float
    high: float
    n: int
    confidence: float = 0.95

    @property
    def half_width(self) -> float:
        """Half the length of the interval."""
        return (self.high - self.low) / 2

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside."""
        return self.low > 0 or self.high < 0

    def within(self, margin: float) -> bool:
        """Whether the whole interval lies within plus or minus a margin."""
        return -margin <= self.low and self.high <= margin


class Mean(Protocol):
    """A way to take the mean of replications with its interval."""

    def __call__(self, sample: ArrayLike, *, confidence: float = 0.95) -> Interval:
        """The mean of a sample and its interval."""
        ...


def mean_interval(sample: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Mean of independent replications with its t interval; missing values are left out.

    Examples
    --------
    >>> i = mean_interval([1, 2, 3, 4, 5])
    >>> i.estimate, round(i.low, 3), round(i.high, 3)  # 3 -+ 2.776 * sqrt(2.5 / 5)
    (3.0, 1.037, 4.963)
    """
    x = _finite(sample)
    if len(x) == 0:
        return Interval(np.nan, -np.inf, np.inf, 0, confidence)
    mean = float(x.mean())
    if len(x) == 1:
        return Interval(mean, -np.inf, np.inf, 1, confidence)
    half = t_quantile(confidence, len(x) - 1) * float(x.std(ddof=1)) / sqrt(len(x))
    return Interval(mean, mean - half, mean + half, len(x), confidence)


def ratio_interval(
    numerator: ArrayLike, denominator: ArrayLike, *, confidence: float = 0.95, mean: Mean | None = None
) -> Interval:
    """Ratio of two means, paired by replication, with its interval by the delta method.

    ``r = mean(y) / mean(x)``; its variance is that of ``(y - r x) / mean(x)`` over n. ``mean`` tells how means and
    their intervals are taken (default: ``mean_interval``); it must be linear in the sample.

    Examples
    --------
    >>> ratio_interval([2, 4, 6], [1, 2, 3]).estimate
    2.0
    """
    y, x = np.asarray(numerator, float), np.asarray(denominator, float)
    keep = np.isfinite(x) & np.isfinite(y)
    if not keep.all() or mean is None:
        y, x, mean = y[keep], x[keep], mean_interval
    below = mean(x, confidence=confidence).estimate if len(x) else 0.0
    if below == 0:
        return Interval(np.nan, -np.inf, np.inf, len(x), confidence)
    ratio = mean(y, confidence=confidence).estimate / below
    around = mean((y - ratio * x) / below, confidence=confidence)
    return Interval(ratio, ratio + around.low, ratio + around.high, len(x), confidence)


def two_stage_interval(sample: ArrayLike, *, groups: int, confidence: float = 0.95) -> Interval:
    """Interval that holds what the inputs leave open as well as the dice.

    The sample stands group by group: each group are replications of one twin that the same log might have given. More
    replications shrink the dice, never the inputs. The interval is that of one more group, ``t s sqrt(1 + 1/g)``
    with s the standard deviation of the group means: too wide by the dice of one group, on purpose. Taking these off
    (components of variance) covers 87 % instead of 95 where they weigh as much as the inputs.

    Examples
    --------
    >>> i = two_stage_interval([1, 1, 2, 2, 3, 3], groups=3)  # no dice: the twins differ with standard deviation 1
    >>> round(i.half_width / 4.302653, 4)  # t(2) x sqrt(1 + 1 / 3)
    1.1547
    """
    x = np.asarray(sample, float).reshape(groups, -1)
    if groups < 2 or not np.isfinite(x).all():
        return mean_interval(sample, confidence=confidence)
    means = x.mean(axis=1)
    half = t_quantile(confidence, groups - 1) * sqrt(float(means.var(ddof=1)) * (1 + 1 / groups))
    mean = float(means.mean())
    return Interval(mean, mean - half, mean + half, x.size, confidence)


def bootstrap_interval(
    sample: ArrayLike, *, statistic: Any = np.mean, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> Interval:
    """Interval of any statistic of independent replications (rows), bias-corrected and accelerated (BCa).

    ``statistic`` takes an array and ``axis``, as numpy's functions do. Reproducible by its seed.
    """
    x = _finite(sample)
    value = float(statistic(x, axis=0)) if len(x) else np.nan
    if len(x) < 2 or np.ptp(x) == 0:
        width = np.inf if len(x) < 2 else 0.0
        return Interval(value, value - width, value + width, len(x), confidence)
    from scipy.special import ndtr, ndtri

    chosen = np.random.default_rng([seed, len(x)]).integers(0, len(x), (len(x), resamples))
    draws = np.sort(statistic(x[chosen], axis=0))
    below = np.clip((draws < value).mean() + 0.5 * (draws == value).mean(), 1 / resamples, 1 - 1 / resamples)
    bias = ndtri(below)
    left_out = np.array([statistic(np.delete(x, i), axis=0) for i in range(len(x))])
    gap = left_out.mean() - left_out
    spread = (gap**2).sum() ** 1.5
    skew = float((gap**3).sum() / (6 * spread)) if spread > 0 else 0.0
    z = ndtri([(1 - confidence) / 2, (1 + confidence) / 2])
    low, high = np.quantile(draws, ndtr(bias + (bias + z) / (1 - skew * (bias + z))))
    return Interval(value, float(low), float(high), len(x), confidence)


def variance_reduction(baseline: ArrayLike, scenario: ArrayLike) -> float:
    """How many times less a paired difference varies than one of independent runs would."""
    x, y = np.asarray(baseline, float), np.asarray(scenario, float)
    paired = float((y - x).var(ddof=1))
    return float("inf") if paired == 0 else float(x.var(ddof=1) + y.var(ddof=1)) / paired


def skewness(sample: ArrayLike) -> float:
    """Adjusted Fisher-Pearson skewness of a sample of three at least; 0 where nothing varies.

    Examples
    --------
    >>> round(skewness([1, 1, 1, 5]), 6), skewness([1, 2, 3])
    (2.0, 0.0)
    """
    x = _finite(sample)
    n = len(x)
    gap = x - x.mean()
    variance = float((gap**2).mean()) if n > 2 else 0.0
    return sqrt(n * (n - 1)) / (n - 2) * float((gap**3).mean()) / variance**1.5 if variance else 0.0


def t_quantile(confidence: float, degrees: int) -> float:
    """Two-sided quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, (1 + confidence) / 2))


def bonferroni(confidence: float, n_intervals: int) -> float:
    """Confidence each of several intervals needs so that all hold together.

    Examples
    --------
    >>> round(bonferroni(0.95, 5), 6)
    0.99
    """
    return 1 - (1 - confidence) / max(1, n_intervals)


def _finite(sample: ArrayLike) -> Numbers:
    x: Numbers = np.asarray(sample, float).ravel()
    return x[np.isfinite(x)]
