"""Change points: where the level of weekly series changes by more than chance explains.

A change point is where the cumulated deviation from the mean is largest (CUSUM; Page 1954), once what carries over from
week to week is taken out; how large chance alone makes it is found by shuffling the weeks. The series is then cut there
and both parts are looked at again, each with its share of the risk. Of several series looked at together the one with
the clearest change decides, in the shuffles as well.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHUFFLES = 999
SHORTEST = 4
"""Weeks that a part must have on each side of a change."""
HOPELESS = 60
"""Draws of chance as clear as what was seen after which the rest need not be drawn."""
MOST_CARRIED = 0.9
"""A week is never taken to be more than this like the one before."""


@dataclass(frozen=True, slots=True)
class Change:
    """The first week of a new level, its interval, the part of the log it divides, and in which series."""

    place: int
    earliest: int
    latest: int
    begin: int
    end: int
    column: int
    p_value: float


def change_points(values: Floats, rng: np.random.Generator, alpha: float) -> list[Change]:
    """Find the changes of series (weeks by columns) that chance makes in one of ``1 / alpha`` logs.

    Cut where a change is clearest and look again at both parts; a part has its share of the risk of an alarm.
    """
    cuts: list[int] = []
    parts = [(0, len(values))]
    while parts:
        begin, end = parts.pop()
        place, _, p = _tested(values[begin:end], rng)
        if p <= alpha * (end - begin) / len(values):
            cuts.append(begin + place)
            parts += [(begin, begin + place), (begin + place, end)]
    return _kept(values, sorted(cuts), rng, alpha)


def _kept(values: Floats, cuts: list[int], rng: np.random.Generator, alpha: float) -> list[Change]:
    """Changes that stay clear between their neighbours: an early cut may be nothing but the sum of two later ones."""
    found: list[Change] = []
    edges = [0, *cuts, len(values)]
    for before, after in zip(edges[:-2], edges[2:], strict=True):
        place, column, p = _tested(values[before:after], rng)
        if p <= alpha:
            low, high = _interval(_whitened(values[before:after], place)[:, column], place)
            found.append(Change(before + place, before + low, before + high, before, after, column, p))
    return found


def _tested(part: Floats, rng: np.random.Generator) -> tuple[int, int, float]:
    """The place and series of the clearest change of a part, and how often chance alone makes one as clear."""
    if len(part) < 2 * SHORTEST:
        return 0, 0, 1.0
    white = _whitened(part, _largest(part)[0])
    place, column, statistic = _largest(white)
    if statistic <= 0:
        return place, column, 1.0
    # More weeks alike than the draws of chance can tell apart need no more draws.
    as_clear = 0
    for draw in range(1, SHUFFLES + 1):
        as_clear += _largest(rng.permutation(white))[2] >= statistic
        if as_clear >= HOPELESS:
            return place, column, as_clear / draw
    return place, column, (1 + as_clear) / (SHUFFLES + 1)


def _whitened(part: Floats, place: int) -> Floats:
    """Take from each week what carried over from the week before, so that a slow swing is not taken for a change.

    The carry-over (first-order autocorrelation) is measured beside the change and corrected for its bias in short
    series (twice that of Kendall 1954: a level is taken out on both sides, at the place that suits chance best).
    """
    z = (part - part.mean(axis=0)) / _scale(part)
    rest = np.concatenate([side - side.mean(axis=0) for side in (z[:place], z[place:])])
    carried = float((rest[1:] * rest[:-1]).sum() / max(float((rest**2).sum()), 1e-9))
    carried = min(max(carried + (4 + 8 * max(carried, 0.0)) / len(part), 0.0), MOST_CARRIED)
    white = z.copy()
    white[1:] -= carried * z[:-1]
    white[0] *= np.sqrt(1 - carried**2)
    return np.asarray(white)


def _scale(part: Floats) -> Floats:
    spread = part.std(axis=0)
    return np.asarray(np.where(spread > 1e-9, spread, np.inf))


def _gains(part: Floats) -> Floats:
    """By place of a cut and series, how much of the (standardised) variation it explains."""
    z = (part - part.mean(axis=0)) / _scale(part)
    k = np.arange(1, len(part))[:, None]
    gain = np.cumsum(z, axis=0)[:-1] ** 2 * len(part) / (k * (len(part) - k))
    gain[(k[:, 0] < SHORTEST) | (k[:, 0] > len(part) - SHORTEST)] = -1.0
    return np.asarray(gain)


def _largest(part: Floats) -> tuple[int, int, float]:
    gain = _gains(part)
    best, column = np.unravel_index(int(gain.argmax()), gain.shape)
    return int(best) + 1, int(column), float(gain[best, column])


def _interval(part: Floats, place: int) -> tuple[int, int]:
    """Cuts that explain nearly as much: within 7.35 of the likelihood ratio (Hawkins 2001; the 95 % point of a cut)."""
    gain = _gains(part[:, None])[:, 0]
    rest = np.concatenate([side - side.mean() for side in (part[:place], part[place:])]) / _scale(part)
    noise = max(float((rest**2).mean()), 1e-6)
    near = np.flatnonzero(gain >= gain[place - 1] - 7.35 * noise) + 1
    return int(near.min()), int(near.max())
