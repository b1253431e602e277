"""Days on which far fewer cases came than on others of their weekday: public holidays, bridge days, closed offices."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

DAY = 86_400.0
_FEWEST_DAYS = 6
_FEWEST_CASES = 5
"""Days of a weekday, and cases on a usual one, below which none can be told to be quiet."""
_BELOW = 0.6
_DEVIATIONS = 4.0
"""A quiet day has less than this share of the usual cases, and is so many (robust) deviations below."""
_MOST = 0.08
"""Where more days than this share look quiet, arrivals are uneven and no day is special."""


def quiet_days(arrivals: Numbers, weight: Numbers, until: float) -> NDArray[np.int64]:
    """Return the quiet days, counted from the Monday from which the arrivals are counted in seconds.

    Parameters
    ----------
    arrivals, weight : float64[n]
        Arrivals, and how many each stands for.
    until : float
        Until when arrivals were recorded; the first and the last day are parts of days and left aside.

    Examples
    --------
    >>> day = np.repeat(np.arange(70), 50)
    >>> kept = (day != 35) | (np.arange(len(day)) % 50 < 9)
    >>> quiet_days(day[kept] * DAY, np.ones(kept.sum()), 70 * DAY).tolist()
    [35]
    """
    first, last = int(arrivals.min() // DAY) + 1, int(until // DAY)
    days = np.arange(first, last)
    day = (arrivals // DAY).astype(np.int64)
    inside = (day >= first) & (day < last)
    counts = np.bincount(day[inside] - first, weights=weight[inside], minlength=len(days))
    found = [_quiet(days[days % 7 == weekday], counts[days % 7 == weekday]) for weekday in range(7)]
    quiet = np.sort(np.concatenate(found))
    return quiet if len(quiet) <= _MOST * len(days) else quiet[:0]


def _quiet(days: NDArray[np.int64], counts: Numbers) -> NDArray[np.int64]:
    if len(days) < _FEWEST_DAYS:
        return days[:0]
    usual = float(np.median(counts))
    deviation = max(float(np.sqrt(usual)), 1.4826 * float(np.median(np.abs(counts - usual))))
    low = (counts < _BELOW * usual) & (usual - counts > _DEVIATIONS * deviation)
    return days[low] if usual >= _FEWEST_CASES else days[:0]
