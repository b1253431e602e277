"""Arrivals as a stream of the twin: a fixed grid, or a weekly table whose level allows for the end of the log."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from bko_mining.calendars import DAYS
from bko_mining.fit.quiet_days import quiet_days
from bko_mining.fit.rhythms import PLAIN, Rhythm
from bko_mining.fit.window import CAP, CycleLaw, Weights, recency
from bko_mining.twin.arrivals import GridArrivals, RateArrivals

Numbers = NDArray[np.float64]

HOUR, DAY, WEEK = 3600.0, 86_400.0, 604_800.0
_POOLED = 50.0
"""Arrivals' worth of the hours of like weekdays that each weekday borrows."""
_GRID_SHARE, _GRID_GAPS = 0.8, 50
_CEASED = 5.0
"""Arrivals missed at the end by which recording them is taken to have stopped."""
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


def weekly_stream(
    arrivals: Numbers, weights: Weights, until: float, *, half_life: float | None, rhythm: Rhythm = PLAIN
) -> RateArrivals:
    """Estimate the rate of arrivals in every hour of the week.

    The shape (weekday, and hour within it, shrunk towards the hours of like weekdays) comes from the whole log. The
    level is the number of arrivals, those not seen made up for, over the span; with a half-life, recent weeks count
    more: each arrival counts by its recency, over the time in which, by recency, it could have been seen at all. Quiet
    days, holidays above all, are left out of both, with their arrivals; month ends and the season are allowed for.
    """
    watch = Watch.over(arrivals, weights, until, rhythm)
    shape = watch.shape()
    level = rhythm.growth.level if rhythm.growth is not None else watch.level(shape, half_life)
    table = np.round(shape / shape.sum() * level, 5)
    week = {day: tuple(row.tolist()) for day, row in zip(DAYS, table, strict=True) if row.any()}
    return RateArrivals(table=week, **rhythm.fields)


def days_left_out(arrivals: Numbers, weights: Weights, until: float, rhythm: Rhythm = PLAIN) -> tuple[str, ...]:
    """Return the dates of the quiet days that the level leaves out and no holiday explains."""
    quiet = Watch.over(arrivals, weights, until, rhythm).quiet
    quiet = quiet[~rhythm.free(quiet)]
    return tuple(np.datetime_as_string(np.datetime64("1970-01-05") + quiet).tolist())


def drifting_half_lives(
    arrivals: Numbers, weights: Weights, until: float, half_lives: tuple[float, ...]
) -> tuple[float, ...]:
    """Return the half-lives of a week or more by which the level at the end has moved by more than chance."""
    if find_grid(arrivals) is not None:
        return ()
    watch = Watch.over(arrivals, weights, until)
    shape = watch.shape()
    whole = watch.level(shape, None)
    found = []
    for half_life in half_lives:
        recent = recency(watch.arrivals, watch.last, half_life)
        error = np.sqrt((recent**2).sum()) / recent.sum()
        moved = abs(np.log(watch.level(shape, half_life) / whole))
        if half_life * (watch.last - watch.first) >= WEEK and moved > _DRIFT * error:
            found.append(half_life)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Watch:
    """Arrivals, how many each stands for, and the time in which they were recorded; quiet days are left aside."""

    arrivals: Numbers
    weight: Numbers
    law: CycleLaw
    first: float
    last: float
    until: float
    quiet: NDArray[np.int64]
    rhythm: Rhythm

    @classmethod
    def over(cls, arrivals: Numbers, weights: Weights, until: float, rhythm: Rhythm = PLAIN) -> Self:
        """Watch until the end of the log, or until recording ceased."""
        last = _watched_until(arrivals, weights, until)
        first = float(arrivals.min())
        days = np.arange(int(first // DAY), int(last // DAY) + 1)
        quiet = np.union1d(quiet_days(arrivals, weights.arrivals, last), days[rhythm.free(days)])
        usual = ~np.isin(arrivals // DAY, quiet)
        return cls(arrivals[usual], weights.arrivals[usual], weights.law, first, last, until, quiet, rhythm)

    @property
    def days(self) -> NDArray[np.int64]:
        """Days watched, from the first Monday of 1970, but for quiet ones."""
        days = np.arange(self.first // DAY, self.last // DAY + 1).astype(np.int64)
        return days[~np.isin(days, self.quiet)]

    def shape(self) -> Numbers:
        """Arrivals on each weekday and in each of its hours, shrunk towards the hours of like weekdays."""
        cell = (self.arrivals % WEEK // HOUR).astype(int)
        counts = np.bincount(cell, weights=self.weight, minlength=168).reshape(7, 24)
        watched = np.bincount(self.days % 7, weights=self.rhythm.factors(self.days), minlength=7)
        perday = counts.sum(axis=1) / np.where(watched > 0, watched, 1)
        usual = np.array([counts[:5].sum(axis=0) + 1e-9] * 5 + [counts[5:].sum(axis=0) + 1e-9] * 2)
        usual /= usual.sum(axis=1, keepdims=True)
        shrunk = counts + _POOLED * usual
        return np.asarray(shrunk / shrunk.sum(axis=1, keepdims=True) * perday[:, None])

    def level(self, shape: Numbers, half_life: float | None) -> float:
        """Arrivals a week at the end of the log."""
        watched = np.arange(self.first, max(self.last, self.first + HOUR), HOUR) + HOUR / 2
        watched = watched[~np.isin(watched // DAY, self.quiet)]
        # Each hour watched is worth its part of the week's arrivals, or the weekday on which the log ends would count.
        worth = (shape / shape.sum()).ravel()[(watched % WEEK // HOUR).astype(int)]
        if self.rhythm.month_end is not None or self.rhythm.months is not None:
            worth = worth * self.rhythm.factors((watched // DAY).astype(np.int64))
        if half_life is None:
            return float(self.weight.sum() / max(worth.sum(), 1 / 168))
        # As no case stands for more than so many, no hour is taken to show fewer of its arrivals.
        shown = np.maximum(self.law.at(self.until - watched), 1 / CAP)
        seen = recency(watched, self.last, half_life) * shown * worth
        return float(recency(self.arrivals, self.last, half_life).sum() / max(seen.sum(), 1e-6))


def _watched_until(arrivals: Numbers, weights: Weights, until: float) -> float:
    """Until when arrivals were recorded: to the end of the log, unless they ceased before and only work went on.

    They ceased if, at the usual rate, several more would have been seen to arrive (and to finish) since the last one.
    """
    first, last = float(arrivals.min()), float(arrivals.max())
    rate = weights.arrivals.sum() / max(last - first, HOUR)
    after = np.arange(last, until, HOUR)
    missed = rate * HOUR * float(weights.law.at(until - after).sum())
    return last if missed > _CEASED else until
