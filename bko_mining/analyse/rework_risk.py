"""Does each new pair of hands raise the risk of an error? A hazard of rework, adjusted for where a case is.

At each step of a case that has not been reworked yet, the next instance either repeats an activity or does not. How the
odds of that change with the number of people who have touched the case is estimated among steps at the same place that
follow the same activity (a logistic regression with one level for each such group, in discrete time; Cox 1972), so that
long cases, which have both more people and more rework, do not feign an effect.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.proportions import Z95, p_together
from bko_mining.analyse.rework import previous_occurrence
from bko_mining.discover.steps import first_times_of
from bko_mining.log.counting import without_gaps
from bko_mining.log.event_log import UNKNOWN, EventLog

LONGEST = 30
"""Places in a case beyond this one are looked at together."""
ENOUGH_REWORKED = 10
SMALL = 5
"""Groups with fewer steps than this say too little beside the level that they use up."""
MANY_HANDS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Steps at which a case may be reworked for the first time.

    Attributes
    ----------
    hands : float64[n]
        How many people have touched the case before.
    reworked : float64[n]
        1 where the step repeats an activity.
    group : int64[n]
        Steps with one number are alike: the same activity before, the same place in the case.
    """

    hands: NDArray[np.float64]
    reworked: NDArray[np.float64]
    group: NDArray[np.int64]

    def mean(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """For each step, the mean of a value over its group."""
        total, n = np.bincount(self.group, weights=values), np.bincount(self.group)
        return np.asarray((total / np.maximum(n, 1))[self.group])


@dataclass(frozen=True, slots=True)
class Odds:
    """How the odds of rework change with each further pair of hands: factor, 95 % interval, p-value; NaN if unknown."""

    ratio: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    p_value: float = float("nan")


def first_reworks(log: EventLog, who: NDArray[np.int32], repeats: NDArray[np.bool_]) -> Steps:
    """The steps of each case up to and with its first rework.

    Parameters
    ----------
    log : EventLog
        The log.
    who : int32[n]
        Whose hands (codes; -1 where not known).
    repeats : bool[n]
        Which instances are rework.
    """
    before: NDArray[np.int64] = np.cumsum(repeats) - repeats
    untouched = before == np.repeat(before[log.offsets[:-1]], log.n_instances)
    rows = np.flatnonzero(log.follows & untouched)
    hands = hands_so_far(log, who)[rows - 1]
    rows, hands = rows[hands > 0], hands[hands > 0]
    place = np.minimum(rows - log.offsets[log.case[rows]], LONGEST)
    key = log.activity[rows - 1].astype(np.int64) * (LONGEST + 1) + place
    group = without_gaps(key)
    return Steps(hands.astype(float), repeats[rows].astype(float), group)


def hands_so_far(log: EventLog, who: NDArray[np.int32]) -> NDArray[np.int64]:
    """How many different people have touched the case up to and with each instance."""
    new = first_times_of(log, who).astype(np.int64)
    new[who == UNKNOWN] = 0
    total = np.cumsum(new)
    return np.asarray(total - np.repeat((total - new)[log.offsets[:-1]], log.n_instances))


def odds_by_hands(steps: Steps) -> Odds:
    """Estimate how the odds of rework change with each further pair of hands."""
    share, n = steps.mean(steps.reworked), np.bincount(steps.group)[steps.group]
    told = (share > 0) & (share < 1) & (n >= SMALL)
    if steps.reworked[told].sum() < ENOUGH_REWORKED:
        return Odds()
    group = without_gaps(steps.group[told])
    kept = Steps(steps.hands[told], steps.reworked[told], group)
    slope, information = _slope(kept)
    if information < 1 or abs(slope) > 5:
        return Odds()
    error = information**-0.5
    low, high = np.exp(slope - Z95 * error), np.exp(slope + Z95 * error)
    return Odds(float(np.exp(slope)), float(low), float(high), float(p_together(slope / error, 1)))


def _slope(steps: Steps) -> tuple[float, float]:
    """Newton's method for the slope, with the level of each group solved for at every step."""
    x = steps.hands - steps.mean(steps.hands)
    share = steps.mean(steps.reworked)
    level, slope, information = np.log(share / (1 - share)), 0.0, 0.0
    for _ in range(12):
        p = 1 / (1 + np.exp(-(level + slope * x)))
        w, missed = p * (1 - p), steps.reworked - p
        ws = np.bincount(steps.group, weights=w)
        wx, m = np.bincount(steps.group, weights=w * x), np.bincount(steps.group, weights=missed)
        information = float((w * x * x).sum() - (wx**2 / ws).sum())
        if information < 1:
            return 0.0, 0.0
        step = (float((missed * x).sum()) - float((wx * m / ws).sum())) / information
        slope += step
        level = np.clip(level + ((m - wx * step) / ws)[steps.group], -15, 15)
        if abs(step) < 1e-6:
            break
    n = np.bincount(steps.group)
    # Each level is estimated too: groups of few steps know less than they seem to.
    return slope, information * float(1 - (len(n) - 1) / max(len(x), 1))


def table_by_hands(steps: Steps) -> pd.DataFrame:
    """By number of hands: steps, reworked, what alike steps see on average, and the ratio with its 95 % interval."""
    codes = np.minimum(steps.hands, MANY_HANDS).astype(int)
    weights = (np.ones(len(codes)), steps.reworked, steps.mean(steps.reworked))
    n, seen, expected = (np.bincount(codes, weights=w, minlength=MANY_HANDS + 1) for w in weights)
    kept = np.flatnonzero((n > 0) & (expected > 0))
    ratio = seen[kept] / expected[kept]
    half = Z95 / np.sqrt(np.maximum(seen[kept], 1))
    return pd.DataFrame(
        {
            "n_hands": kept,
            "n": n[kept].astype(int),
            "n_reworked": seen[kept].astype(int),
            "expected": expected[kept],
            "relative_risk": ratio,
            "low": ratio * np.exp(-half),
            "high": ratio * np.exp(half),
        }
    )


def rework_steps(log: EventLog, who: NDArray[np.int32]) -> Steps:
    """Steps up to the first repeat of any activity in each case."""
    return first_reworks(log, who, previous_occurrence(log) >= 0)
