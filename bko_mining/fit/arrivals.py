"""When cases arrive: a Poisson process by weekday and hour, multiplicative where that fits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bko_mining.calendars import DAYS
from bko_mining.fit.calendars import Hours
from bko_mining.fit.free_days import PublicHolidays
from bko_mining.fit.instances import DAY, WEEK, Seconds
from bko_mining.twin.arrivals import GridArrivals, RateArrivals
from bko_mining.twin.model import Evidence

HOUR = 3600.0


@dataclass(frozen=True)
class Grid:
    """Arrivals at fixed steps.

    Attributes
    ----------
    every : float
        Seconds between arrivals.
    hours : Hours
        When they come: from the first arrival of each day to just after the last.
    """

    every: float
    hours: Hours


@dataclass(frozen=True)
class Arrivals:
    """Expected arrivals per hour, by weekday and hour of the day.

    Attributes
    ----------
    rates : float64[7, 24]
        Cases per hour.
    counts, exposure : float64[7, 24]
        Cases seen and hours watched in each cell.
    multiplicative : bool
        Whether the rate is a factor of the weekday times a factor of the hour.
    closed_days : tuple of int
        Days without arrivals where many were usual, counted from the origin.
    grid : Grid or None
        Fixed steps, where the arrivals keep to them.
    """

    rates: NDArray[np.float64]
    counts: NDArray[np.float64]
    exposure: NDArray[np.float64]
    multiplicative: bool
    closed_days: tuple[int, ...] = ()
    grid: Grid | None = None


def arrival_rates(arrivals: Seconds, *, since: float | None = None, until: float | None = None) -> Arrivals:
    """Estimate the weekly pattern of arrivals.

    Parameters
    ----------
    arrivals : float64[n]
        Seconds on the office's clock, from a Monday.
    since, until : float, optional
        The window watched; the first and the last arrival if not given.
    """
    since = float(arrivals.min()) if since is None else since
    until = float(arrivals.max()) if until is None else until
    closed = _closed_days(arrivals, since, until)
    exposure = _exposure(since, until, closed)
    cell = (np.mod(arrivals, WEEK) // HOUR).astype(int)
    counts = np.bincount(cell, minlength=168).astype(np.float64).reshape(7, 24)
    expected = _multiplicative(counts, exposure)
    fits = _fits(counts, expected)
    rates = np.divide(expected if fits else counts, exposure, out=np.zeros((7, 24)), where=exposure > 0)
    return Arrivals(rates, counts, exposure, fits, tuple(closed.tolist()), _grid(np.sort(arrivals)))


def _grid(arrivals: Seconds) -> Grid | None:
    """Fixed steps, if equally many cases come on each weekday and the gaps within a day hardly vary."""
    day = (arrivals // DAY).astype(int)
    gaps = np.diff(arrivals)[np.diff(day) == 0]
    perday = np.bincount(day - day[0])[1:-1]
    weekday = (np.arange(len(perday)) + day[0] + 1) % 7
    spread = [perday[weekday == d].var() / max(perday[weekday == d].mean(), 1e-9) for d in np.unique(weekday)]
    if len(gaps) <= 50 or not len(spread) or max(spread) > 0.2 or gaps.std() > 0.7 * gaps.mean():
        return None
    every = float(np.round(np.median(gaps) / 60) * 60) or float(np.median(gaps))
    shifts = []
    for d in np.unique(weekday):
        clock = [arrivals[day == k] % DAY for k in np.unique(day) if k % 7 == d]
        if len(clock) * 2 >= (weekday == d).sum():
            first, last = (float(np.median([edge(times) for times in clock])) for edge in (np.min, np.max))
            first = np.floor(first / 60) * 60
            shifts.append((d * DAY + first, min((d + 1) * DAY, d * DAY + first + _whole(last - first, every) + every)))
    return Grid(every, Hours(tuple(shifts))) if shifts else None


def _whole(span: float, every: float) -> float:
    return float(np.round(span / every) * every)


def _closed_days(arrivals: Seconds, since: float, until: float) -> NDArray[np.int64]:
    """Days without any arrival although their weekday would have had many: holidays."""
    first, last = int(since // DAY), int(until // DAY)
    perday = np.bincount((arrivals // DAY).astype(int) - first, minlength=last - first + 1)
    days = np.arange(first, last + 1)
    usual = np.array([np.median(perday[days % 7 == d]) if (days % 7 == d).any() else 0 for d in range(7)])
    inner = (days > first) & (days < last)
    return np.asarray(days[inner & (perday == 0) & (usual[days % 7] >= 8)])


def _exposure(since: float, until: float, closed: NDArray[np.int64]) -> NDArray[np.float64]:
    """Hours watched of each hour of the week."""
    first, last = int(since // HOUR), int(until // HOUR)
    hours = np.arange(first, last + 1)
    watched = np.minimum((hours + 1) * HOUR, until) - np.maximum(hours * HOUR, since)
    watched = np.where(np.isin(hours // 24, closed), 0.0, watched / HOUR)
    return np.asarray(np.bincount(hours % 168, watched, minlength=168).reshape(7, 24), np.float64)


def _multiplicative(counts: NDArray[np.float64], exposure: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected counts of the model weekday × hour, by iterative scaling (Poisson maximum likelihood)."""
    day, hour = np.ones(7), np.ones(24)
    for _ in range(50):
        day = counts.sum(axis=1) / np.maximum((exposure * hour).sum(axis=1), 1e-12)
        hour = counts.sum(axis=0) / np.maximum((exposure * day[:, None]).sum(axis=0), 1e-12)
    return np.asarray(exposure * day[:, None] * hour)


def _fits(counts: NDArray[np.float64], expected: NDArray[np.float64]) -> bool:
    """Whether the deviations from the product are chance (Pearson, over cells with enough arrivals)."""
    cells = expected >= 3
    if cells.sum() < 10:
        return True
    surplus = ((counts - expected)[cells] ** 2 / expected[cells]).sum()
    freedom = max(1, int(cells.sum()) - int(cells.any(axis=1).sum()) - int(cells.any(axis=0).sum()) + 1)
    # Wilson–Hilferty: the cube root of chi-square over its freedom is nearly normal.
    z = ((surplus / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / np.sqrt(2 / (9 * freedom))
    return bool(z < 2.6)


def arrivals_stream(arrivals: Arrivals, holidays: PublicHolidays | None) -> RateArrivals | GridArrivals:
    """Write arrivals as a stream of the twin."""
    grid = arrivals.grid
    if grid is not None:
        return GridArrivals(kind="grid", every=grid.every, calendar=grid.hours.text)
    rates = np.round(arrivals.rates, 5)
    table = {day: tuple(row.tolist()) for day, row in zip(DAYS, rates, strict=True) if row.any()}
    fewer = {} if holidays is None else holidays.fields
    return RateArrivals(table=table or {"Mon": (1.0,) + (0.0,) * 23}, **fewer)


def said_of_arrivals(arrivals: Arrivals, holidays: PublicHolidays | None) -> Evidence:
    """Say what was found of the arrivals."""
    n = int(arrivals.counts.sum())
    if arrivals.grid is not None:
        return Evidence(
            part="arrivals",
            found=f"one case every {arrivals.grid.every / 60:.0f} min, {arrivals.grid.hours.text}",
            n=n,
            assumption="fixed steps, as equally many cases come every day",
        )
    kind = "a factor of the weekday times a factor of the hour" if arrivals.multiplicative else "free for each hour"
    fewer = f"; holidays of {holidays.region}" if holidays is not None and holidays.fields else ""
    return Evidence(
        part="arrivals",
        found=f"{arrivals.rates.sum():.1f} cases a week; rate {kind}{fewer}",
        n=n,
        assumption="Poisson; the rate does not change from week to week",
        numbers={"per_week": float(arrivals.rates.sum()), "relative_error": 1 / np.sqrt(max(1, n))},
    )
