"""When cases arrive: a Poisson process by weekday and hour, multiplicative where that fits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bko_mining.fit.instances import DAY, WEEK, Seconds

HOUR = 3600.0


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
    """

    rates: NDArray[np.float64]
    counts: NDArray[np.float64]
    exposure: NDArray[np.float64]
    multiplicative: bool
    closed_days: tuple[int, ...] = ()


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
    return Arrivals(rates, counts, exposure, fits, tuple(closed.tolist()))


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
