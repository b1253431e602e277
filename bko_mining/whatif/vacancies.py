"""How much of a stretch of time a place is taken when people leave and are replaced after a while."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bko_mining.calendars import DAY
from bko_mining.simulate.quantiles import law_of
from bko_mining.twin.people import Turnover

_DAY = DAY / 1e6
_LONGEST = 60 * 366
"""Days; the engine lets nobody leave later either."""


def share_taken(turnover: Turnover, since: float, until: float) -> float:
    """Expected share of a stretch, in days since the place began with somebody in it, in which it is taken.

    Nobody leaves before day 0. In the long run it is tenure / (tenure + vacancy).

    Examples
    --------
    >>> from bko_mining.twin.values import Distribution
    >>> turnover = Turnover(per_year=0.5, vacancy=Distribution(value=73.05 * 86_400), ramp_up=0)
    >>> [round(share_taken(turnover, *days), 3) for days in [(-60, 0), (0, 365), (9000, 9365)]]
    [1.0, 0.917, 0.909]
    """
    taken = _taken(turnover, min(int(max(until, 0)) // 365 * 365 + 366, _LONGEST))
    moments = since + (until - since) * (np.arange(1000) + 0.5) / 1000
    return float(np.interp(moments, np.arange(len(taken)), taken).mean())


@lru_cache(maxsize=64)
def _taken(turnover: Turnover, n_days: int) -> NDArray[np.float64]:
    """Chance that the place is taken after each day.

    It is vacant now if somebody left so long ago as the vacancy is not over: a renewal equation, day by day.
    """
    law = law_of(turnover.vacancy)
    lengths = law.at((np.arange(1000) + 0.5) / 1000) / _DAY
    edges = np.arange(min(n_days, max(int(np.ceil(lengths.max())), 1)) + 1)
    weights = turnover.per_year / 365.25 * np.diff(np.minimum(lengths, edges[:, None]).mean(axis=1))
    taken, between = np.ones(n_days + 1), np.empty(n_days)
    first, older = weights[0], weights[:0:-1]
    for day in range(n_days):
        past = between[max(day - len(older), 0) : day]
        vacant = float(past @ older[len(older) - len(past) :]) + first * taken[day] / 2
        taken[day + 1] = (1 - vacant) / (1 + first / 2)
        between[day] = (taken[day] + taken[day + 1]) / 2
    return taken
