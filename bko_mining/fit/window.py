"""What the end of the log hides: it holds the cases that finished in time, so long ones are missing.

A case that arrived τ before the end of the log is in it only if its cycle time x is at most τ: the cycle times are
truncated on the right. Their law follows from the reverse product limit (Lynden-Bell 1971, Woodroofe 1985); it says
how many arrivals are not seen, and how many cases each one seen stands for. Both differ: weighting cases like arrivals
would only repeat the short ones.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

CAP = 10.0
"""No case and no arrival stands for more than so many."""


@dataclass(frozen=True, slots=True)
class CycleLaw:
    """Distribution of the cycle time: ``share[i]`` of the cases take at most ``times[i]`` seconds."""

    times: Numbers
    share: Numbers

    def at(self, time: Numbers) -> Numbers:
        """Return the share of cases that take at most so long."""
        place = np.searchsorted(self.times, time, "right") - 1
        return np.where(place < 0, 0.0, self.share[np.maximum(place, 0)])


@dataclass(frozen=True, slots=True)
class Weights:
    """How many arrivals and how many cases each case of the log stands for, and the law behind them."""

    arrivals: Numbers
    cases: Numbers
    law: CycleLaw


def cycle_law(cycle: Numbers, horizon: Numbers, weight: Numbers) -> CycleLaw:
    """Estimate the law of the cycle time from cases seen because it was at most their horizon.

    Parameters
    ----------
    cycle, horizon : float64[n]
        Cycle time of each case, and time from its arrival to the end of the log.
    weight : float64[n]
        How much each case counts.

    Notes
    -----
    Where a log begins with a few old cases that took very long, hardly any other is at risk with them, and the product
    limit gives them nearly all the weight. A law that leaves most arrivals unseen ten times over is not believed; cases
    then count as they are.

    Examples
    --------
    Of the two arrivals watched for long one took 5, so about half of the cases take longer than 1 (half a case is
    added to those at risk, lest one long case alone decide).

    >>> law = cycle_law(np.array([1.0, 5.0, 1.0]), np.array([9.0, 9.0, 1.0]), np.ones(3))
    >>> law.at(np.array([1.0, 5.0])).round(2).tolist()
    [0.6, 1.0]
    """
    times, place = np.unique(cycle, return_inverse=True)
    died = np.bincount(place, weights=weight)
    by_cycle, by_horizon = np.argsort(cycle, kind="stable"), np.argsort(horizon, kind="stable")
    so_far = np.concatenate([[0.0], np.cumsum(weight[by_cycle])])
    gone = np.concatenate([[0.0], np.cumsum(weight[by_horizon])])
    # At risk: cycle ≤ t ≤ horizon. As cycle ≤ horizon, cases with horizon < t are among those with cycle ≤ t.
    risk = so_far[np.searchsorted(cycle[by_cycle], times, "right")]
    risk = risk - gone[np.searchsorted(horizon[by_horizon], times, "left")]
    hazard = np.minimum(died / (risk + 0.5 * weight.mean()), 1.0)
    hazard[0] = 0.0
    law = CycleLaw(times, np.append(np.cumprod((1 - hazard)[::-1])[::-1][1:], 1.0))
    if np.median(law.at(horizon)) > 1 / CAP:
        return law
    return CycleLaw(times, np.cumsum(died) / died.sum())


def window_weights(arrival: Numbers, cycle: Numbers, until: float, *, half_life: float | None = None) -> Weights:
    """Correct for the end of the log; with a half-life, recent cases count more.

    Parameters
    ----------
    arrival, cycle : float64[n]
        Arrival of each case (seconds) and its cycle time.
    until : float
        When the log ended.
    half_life : float, optional
        As a share of the log's span.
    """
    horizon = np.maximum(until - arrival, cycle)
    law = cycle_law(cycle, horizon, np.ones(len(cycle)))
    arrivals = np.minimum(1 / np.maximum(law.at(horizon), 1e-9), CAP)
    recent = np.ones(len(cycle)) if half_life is None else recency(arrival, until, half_life)
    now = cycle_law(cycle, horizon, recent)
    place = np.searchsorted(now.times, cycle)
    jump = np.diff(now.share, prepend=0.0)
    cases = recent * jump[place] / np.bincount(place, weights=recent)[place]
    most = CAP * np.maximum(recent, 0.05 * recent.mean()) / recent.sum()
    cases = np.minimum(cases / cases.sum(), most)
    return Weights(arrivals, cases / cases.sum() * len(cases) + 1e-6, law)


def recency(instants: Numbers, until: float, half_life: float) -> Numbers:
    """Return weights that halve with every half-life (a share of the span) before the end of the log."""
    span = max(until - float(instants.min()), 1.0)
    return np.asarray(0.5 ** ((until - instants) / (half_life * span)))
