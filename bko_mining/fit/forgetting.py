"""How fast past cases lose their say: the half-life under which the past would have foretold best what came next.

At instants all over the second half of the log, the cases finished by then are weighed with each half-life and foretell
way and cycle time of the cases that came next (prequential likelihood, Dawid 1984). Cases that arrived near the end of
the log are in it only if they were quick, so each is judged among cases as quick.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bko_mining.fit.courses import Courses
from bko_mining.fit.window import window_weights

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]

HALF_LIVES = (0.5, 0.25, 0.12, 0.06)
"""Half-lives that are tried, as shares of the log's span."""

_INSTANTS = np.arange(0.4, 0.96, 0.05)
"""Shares of the cases finished when the next ones are foretold."""
_AHEAD = 0.25
"""The next cases are those of so much of the span so far."""
_FEWEST_BEFORE, _FEWEST_AFTER = 20, 10
_LENGTHS, _TIMES = 4, 10
"""Classes of length for rare ways, classes of cycle time."""
_WAYS, _COMMON = 20, 0.01
"""At most so many ways are told apart, each of at least such a share of the cases."""
_PRIOR = 0.5
_GAIN = 0.02
"""Nats a case that a half-life must bring."""
_LOSS = 0.01
"""A loss of so little says nothing against a half-life."""
_MOST_OF_IT = 0.75
"""The longest half-life that brings so much of the greatest gain is taken: short ones leave few cases to follow."""


@dataclass(frozen=True, slots=True)
class _Classes:
    """Way and cycle time of each case as small codes; ``below`` are the upper edges of the classes of cycle time."""

    way: Codes
    time: Codes
    below: Numbers
    n_ways: int

    @classmethod
    def of(cls, found: Courses) -> "_Classes":
        way, n_ways = _ways(found)
        below = np.unique(np.quantile(found.cycle, np.linspace(0, 1, _TIMES + 1)[1:-1]))
        return cls(way, np.searchsorted(below, found.cycle), below, n_ways)

    def table(self, inside: NDArray[np.bool_], weights: Numbers) -> Numbers:
        """Weight of each way and class of cycle time, worth as many cases as the weights are."""
        n_times = len(self.below) + 1
        cell = self.way[inside] * n_times + self.time[inside]
        worth = weights * weights.sum() / (weights**2).sum()
        counts = np.bincount(cell, worth, minlength=self.n_ways * n_times)
        return np.asarray(counts.reshape(self.n_ways, n_times), np.float64)


def _ways(found: Courses) -> tuple[Codes, int]:
    """Class of each case's way: the common variants, the others by their length."""
    begin = np.flatnonzero(np.diff(found.rows.case, prepend=-1))
    edges = np.append(begin, len(found.rows.case))
    codes: dict[bytes, int] = {}
    rows = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    variant = np.array([codes.setdefault(found.rows.activity[low:high].tobytes(), len(codes)) for low, high in rows])
    counts = np.bincount(variant)
    common = np.argsort(-counts, kind="stable")[:_WAYS]
    common = common[counts[common] >= _COMMON * found.n]
    known = np.full(len(counts), -1)
    known[common] = np.arange(len(common))
    length = np.diff(edges)
    other = np.searchsorted(np.quantile(length, np.linspace(0, 1, _LENGTHS + 1)[1:-1]), length)
    return np.where(known[variant] >= 0, known[variant], len(common) + other), len(common) + _LENGTHS


def gains(found: Courses, until: float) -> dict[float, tuple[float, float]]:
    """Return what each half-life brings: nats a case over equal weights, later instants counting more; standard error.

    Parameters
    ----------
    found : Courses
        Finished cases.
    until : float
        When the log ended.
    """
    classes = _Classes.of(found)
    finish = np.sort(found.finish)
    told = []
    for share in _INSTANTS:
        now = float(finish[int(share * found.n) - 1])
        before = found.finish <= now
        after = (found.arrival > now) & (found.arrival <= now + _AHEAD * (now - found.arrival.min()))
        if before.sum() >= _FEWEST_BEFORE and after.sum() >= _FEWEST_AFTER:
            told.append(_foretold(found, classes, (before, after), (now, until)))
    if len(told) < 2:
        return {}
    gained = np.array(told)[:, 1:] - np.array(told)[:, :1]
    weight = np.arange(1.0, len(told) + 1)
    weight /= weight.sum()
    mean = weight @ gained
    error = np.sqrt(((weight[:, None] * (gained - mean)) ** 2).sum(axis=0) * len(told) / (len(told) - 1))
    return dict(zip(HALF_LIVES, zip(mean.tolist(), error.tolist(), strict=True), strict=True))


def _foretold(
    found: Courses, classes: _Classes, sides: tuple[NDArray[np.bool_], NDArray[np.bool_]], clock: tuple[float, float]
) -> list[float]:
    """Mean log likelihood of the next cases without and with each half-life."""
    (before, after), (now, until) = sides, clock
    span, so_far = until - float(found.arrival.min()), now - float(found.arrival.min())
    quickest = np.searchsorted(classes.below, until - found.arrival[after])
    # A case is never slower than what was left of the log; classes of cycle time are whole.
    quickest = np.maximum(quickest, classes.time[after])
    logs = []
    for half_life in (None, *HALF_LIVES):
        ago = None if half_life is None else half_life * span / so_far
        weights = window_weights(found.arrival[before], found.cycle[before], now, half_life=ago).cases
        table = classes.table(before, weights)
        times = table.sum(axis=0) + _PRIOR
        ways = (np.cumsum(table, axis=1) + _PRIOR)[:, quickest]
        time = times[classes.time[after]] / np.cumsum(times)[quickest]
        way = ways[classes.way[after], np.arange(len(quickest))] / ways.sum(axis=0)
        logs.append(float(np.mean(np.log(time) + np.log(way))))
    return logs


def half_life_of_cases(brought: dict[float, tuple[float, float]]) -> float | None:
    """Choose the longest half-life that brings most of what can be had; None if no half-life surely brings anything.

    Examples
    --------
    >>> half_life_of_cases({0.5: (0.1, 0.02), 0.25: (0.3, 0.03), 0.12: (0.35, 0.05)})
    0.25
    >>> half_life_of_cases({0.5: (0.01, 0.001), 0.25: (0.1, 0.2)}) is None
    True
    """
    sure = {half_life: gain for half_life, (gain, error) in brought.items() if gain > max(_GAIN, error)}
    if not sure:
        return None
    return max(half_life for half_life, gain in sure.items() if gain >= _MOST_OF_IT * max(sure.values()))


def left_open(brought: dict[float, tuple[float, float]]) -> tuple[float, ...]:
    """Return the half-life that is worth a trial where none surely brings anything: the longest, if it loses nothing.

    Examples
    --------
    >>> left_open({0.5: (-0.005, 0.002), 0.25: (-0.02, 0.004)})
    (0.5,)
    >>> left_open({0.5: (-0.08, 0.03), 0.25: (-0.2, 0.05)}), left_open({0.5: (0.1, 0.02)})
    ((), ())
    """
    longest = HALF_LIVES[0]
    is_open = half_life_of_cases(brought) is None and longest in brought and brought[longest][0] > -_LOSS
    return (longest,) if is_open else ()
