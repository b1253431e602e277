"""Arrivals as a stream of the twin: a fixed grid, or a weekly table whose level allows for the end of the log."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bko_mining.calendars import DAYS
from bko_mining.fit.window import Weights, recency
from bko_mining.twin.arrivals import GridArrivals, RateArrivals

Numbers = NDArray[np.float64]

HOUR, DAY, WEEK = 3600.0, 86_400.0, 604_800.0
_POOLED = 50.0
"""Arrivals' worth of the hours of like weekdays that each weekday borrows."""
_GRID_SHARE, _GRID_GAPS = 0.8, 50
_DRIFT = 3.0
"""Standard errors by which the level must have moved before recent weeks count more."""


@dataclass(frozen=True, slots=True)
class Grid:
    """One arrival every so many seconds, on each weekday from its first to its last clock time."""

    every: float
    hours: dict[int, tuple[float, float]]


def find_grid(arrivals: Numbers) -> Grid | None:
    """Tell arrivals on a fixed grid: one gap makes up most of the gaps within a day."""
    arrivals = np.sort(arrivals)
    day = arrivals // DAY
    gaps = np.rint(np.diff(arrivals)[np.diff(day) == 0])
    if len(gaps) <= _GRID_GAPS:
        return None
    values, counts = np.unique(gaps, return_counts=True)
    if counts.max() <= _GRID_SHARE * len(gaps) or values[counts.argmax()] <= 0:
        return None
    days, first = np.unique(day, return_index=True)
    last = np.append(first[1:], len(arrivals)) - 1
    weekday = days.astype(int) % 7
    clocks = {
        d: (float(np.median(arrivals[first[weekday == d]] % DAY)), float(np.median(arrivals[last[weekday == d]] % DAY)))
        for d in np.unique(weekday).tolist()
    }
    return Grid(float(values[counts.argmax()]), clocks)


def grid_stream(grid: Grid) -> GridArrivals:
    """Write a grid as a stream of the twin."""
    hours = [f"{DAYS[d]} {_clock(low)}-{_clock(high + grid.every / 2)}" for d, (low, high) in grid.hours.items()]
    return GridArrivals(kind="grid", every=grid.every, calendar=", ".join(hours))


def _clock(second: float) -> str:
    minutes = min(round(second / 60), 1440)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def weekly_stream(arrivals: Numbers, weights: Weights, until: float, *, half_life: float | None) -> RateArrivals:
    """Estimate the rate of arrivals in every hour of the week.

    The shape (weekday, and hour within it, shrunk towards the hours of like weekdays) comes from the whole log. The
    level is the number of arrivals, those not seen made up for, over the span; with a half-life, recent weeks count
    more: each arrival counts by its recency, over the time in which, by recency, it could have been seen at all.
    """
    shape = _shape(arrivals, weights.arrivals, until)
    level = _level(arrivals, weights, until, half_life)
    table = np.round(shape / shape.sum() * level, 5)
    return RateArrivals(table={day: tuple(row.tolist()) for day, row in zip(DAYS, table, strict=True) if row.any()})


def drifting_half_lives(
    arrivals: Numbers, weights: Weights, until: float, half_lives: tuple[float, ...]
) -> tuple[float, ...]:
    """Return the half-lives by which the level at the end differs from that of the whole log by more than chance."""
    if find_grid(arrivals) is not None:
        return ()
    whole = _level(arrivals, weights, until, None)
    found = []
    for half_life in half_lives:
        recent = recency(arrivals, until, half_life)
        error = np.sqrt((recent**2).sum()) / recent.sum()
        if abs(np.log(_level(arrivals, weights, until, half_life) / whole)) > _DRIFT * error:
            found.append(half_life)
    return tuple(found)


def _shape(arrivals: Numbers, weight: Numbers, until: float) -> Numbers:
    cell = (arrivals % WEEK // HOUR).astype(int)
    counts = np.bincount(cell, weights=weight, minlength=168).reshape(7, 24)
    days = np.arange(arrivals.min() // DAY, until // DAY + 1).astype(int) % 7
    perday = counts.sum(axis=1) / np.maximum(np.bincount(days, minlength=7), 1)
    usual = np.array([counts[:5].sum(axis=0) + 1e-9] * 5 + [counts[5:].sum(axis=0) + 1e-9] * 2)
    usual /= usual.sum(axis=1, keepdims=True)
    shrunk = counts + _POOLED * usual
    return np.asarray(shrunk / shrunk.sum(axis=1, keepdims=True) * perday[:, None])


def _level(arrivals: Numbers, weights: Weights, until: float, half_life: float | None) -> float:
    """Arrivals a week at the end of the log."""
    first = float(arrivals.min())
    span = max(until - first, HOUR)
    if half_life is None:
        return float(weights.arrivals.sum() / span * WEEK)
    watched = np.arange(first, until, HOUR)
    seen = recency(watched, until, half_life) * weights.law.at(until - watched)
    return float(recency(arrivals, until, half_life).sum() / max(seen.sum() * HOUR, HOUR) * WEEK)
