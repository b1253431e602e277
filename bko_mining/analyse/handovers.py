"""Who hands work to whom, how long it waits for the next pair of hands, and whether each new pair brings errors.

A handover is two consecutive instances of a case done by different resources. The risk of an error is the chance that
a case is reworked (an activity occurs again) at its next instance, as long as nothing was reworked before. It is
compared among cases that have just done the same activity at the same place in their course, so that long cases, which
have both more people and more rework, do not feign an effect; people who come *because* of the rework are not counted
before it.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.proportions import Z95, bonferroni_z, people, people_only
from bko_mining.analyse.rework import previous_occurrence
from bko_mining.analyse.times import HOUR, enabled_instants, months
from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.log.grouping import MICROSECOND
from bko_mining.results import Result
from bko_mining.words import duration, number, percent, say

LONGEST = 30
"""Places in a case beyond this one are looked at together."""
ENOUGH_EXPECTED = 5.0
"""Reworked cases expected of a pair from which its excess is tested."""


@dataclass(frozen=True, slots=True, eq=False)
class Handovers(Result):
    """Handovers from one to another, the most frequent first.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a pair: ``source``, ``target``, ``n``, ``n_cases``, ``n_returned`` (the target gave it back at once:
        ping-pong), ``waiting_time`` (in all), ``mean_waiting_time``, ``hours_per_month``, ``rework_share`` (cases
        reworked after the first such handover), ``expected_rework_share`` (of cases between the same two activities)
        and ``error_prone`` (more than chance, all pairs considered together at 5 %).
    by : str
        ``resource`` or ``role``.
    handover_share : float
        Of consecutive instances whose two resources are known.
    hands : pandas.DataFrame
        By ``n_hands`` so far: ``n`` next instances, ``n_reworked``, ``expected`` (what the same activities and places
        see on average) and ``relative_risk`` with its 95 % interval (``low``, ``high``).
    odds_ratio, odds_low, odds_high : float
        How the odds of rework change with each further pair of hands, adjusted (one-step conditional estimate with 95 %
        interval); NaN where the log cannot tell.
    mean_waiting_time, mean_waiting_time_same : pandas.Timedelta
        Before instances after a handover, and before those done by the same resource as the one before.
    """

    by: str
    handover_share: float
    hands: pd.DataFrame
    odds_ratio: float
    odds_low: float
    odds_high: float
    mean_waiting_time: pd.Timedelta
    mean_waiting_time_same: pd.Timedelta

    picture: ClassVar[str] = "people:plot_handovers"

    @property
    def summary(self) -> str:
        """How often work changes hands and whether that brings errors."""
        if self.handover_share != self.handover_share:
            return say("The log does not say who did the work, so handovers cannot be seen.")
        sentence = say(
            "Work changes hands in {share} of its steps and then waits {handed} on average ({same} where the same "
            "hands go on).",
            share=percent(self.handover_share),
            handed=duration(self.mean_waiting_time.total_seconds()),
            same=duration(self.mean_waiting_time_same.total_seconds()),
        )
        return f"{sentence} {self._risk()}"

    def _risk(self) -> str:
        words = {
            "ratio": number(self.odds_ratio, 2),
            "low": number(self.odds_low, 2),
            "high": number(self.odds_high, 2),
        }
        if self.odds_ratio != self.odds_ratio:
            return say("Whether more hands bring more errors cannot be told from this log.")
        if self.odds_low > 1:
            return say(
                "Each further pair of hands multiplies the odds of rework by {ratio} ({low} to {high}).", **words
            )
        if self.odds_high < 1:
            return say("Further hands go with less rework: odds × {ratio} ({low} to {high}).", **words)
        return say("Further hands do not clearly change the risk of rework: odds × {ratio} ({low} to {high}).", **words)


def handovers(log: EventLog, *, by: str = "resource", names: bool = False) -> Handovers:
    """Measure handovers, their waits and whether each new pair of hands raises the risk of rework.

    Parameters
    ----------
    log : EventLog
        The log.
    by : str
        ``resource`` or ``role``.
    names : bool
        Show people by name; pseudonyms otherwise, since a table of persons invites judgement that the log alone cannot
        carry. Roles are always named.

    Returns
    -------
    Handovers
        Pairs, hands and one sentence.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A"] * 3, "activity": ["a", "b", "c"], "resource": ["Ana", "Rui", "Ana"],
    ...     "end": pd.to_datetime(["2026-01-05 08:00", "2026-01-05 09:00", "2026-01-05 12:00"])})
    >>> found = bko.handovers(bko.EventLog.from_frame(rows), names=True)
    >>> found.table[["source", "target", "n_returned"]].values.tolist()
    [['Ana', 'Rui', 1], ['Rui', 'Ana', 0]]
    """
    log = people_only(log)
    who = log.role if by == "role" else log.resource
    labels = list(log.roles) if by == "role" else people(log, names=names)
    rows = np.flatnonzero(log.follows)
    rows = rows[(who[rows] != UNKNOWN) & (who[rows - 1] != UNKNOWN)]
    handed = who[rows] != who[rows - 1]
    wait = (log.begin - enabled_instants(log))[rows]
    odds, hands = _risk_by_hands(log, who)
    return Handovers(
        table=_pairs(log, who, rows[handed], labels),
        by=by,
        handover_share=float(handed.mean()) if len(rows) else float("nan"),
        hands=hands,
        odds_ratio=odds[0],
        odds_low=odds[1],
        odds_high=odds[2],
        mean_waiting_time=_mean(wait[handed]),
        mean_waiting_time_same=_mean(wait[~handed]),
    )


def _mean(values: NDArray[np.int64]) -> pd.Timedelta:
    return pd.Timedelta(int(values.mean()) if len(values) else 0, "us")


def _pairs(log: EventLog, who: NDArray[np.int32], rows: NDArray[np.int64], labels: list[str]) -> pd.DataFrame:
    size = max(len(labels), 1)
    pair = who[rows - 1].astype(np.int64) * size + who[rows]
    codes, place, n = np.unique(pair, return_inverse=True, return_counts=True)
    given_back = np.zeros(len(log), bool)
    later = rows[log.follows[np.minimum(rows + 1, len(log) - 1)] & (rows + 1 < len(log))]
    given_back[later] = who[later + 1] == who[later - 1]
    wait = (log.begin - enabled_instants(log))[rows].astype(float)
    total = np.bincount(place, weights=wait, minlength=len(codes))
    table = pd.DataFrame(
        {
            "source": [labels[code // size] for code in codes],
            "target": [labels[code % size] for code in codes],
            "n": n,
            **_excess(log, rows, place, len(codes)),
            "n_returned": np.bincount(place, weights=given_back[rows], minlength=len(codes)).astype(int),
            "waiting_time": total.astype(np.int64).astype(MICROSECOND),
            "mean_waiting_time": (total / np.maximum(n, 1)).astype(np.int64).astype(MICROSECOND),
            "hours_per_month": total / HOUR / months(log),
        }
    )
    return table.sort_values("n", ascending=False, kind="stable", ignore_index=True)


def _excess(
    log: EventLog, rows: NDArray[np.int64], place: NDArray[np.int64], size: int
) -> dict[str, NDArray[np.generic]]:
    """Rework after the first handover of each pair in a case, against all handovers between the same activities."""
    last_repeat = np.full(log.n_cases, -1, np.int64)
    again = np.flatnonzero(previous_occurrence(log) >= 0)
    last_repeat[log.case[again]] = again
    _, first = np.unique(place.astype(np.int64) * log.n_cases + log.case[rows], return_index=True)
    rows, place = rows[first], place[first]
    reworked = (last_repeat[log.case[rows]] > rows).astype(float)
    stratum = log.activity[rows - 1].astype(np.int64) * len(log.activities) + log.activity[rows]
    _, stratum = np.unique(stratum, return_inverse=True)
    weight = np.bincount(stratum)
    p = (np.bincount(stratum, weights=reworked) / np.maximum(weight, 1))[stratum] if len(rows) else reworked
    n = np.bincount(place, minlength=size)
    seen = np.bincount(place, weights=reworked, minlength=size)
    expected = np.bincount(place, weights=p, minlength=size)
    spread = np.sqrt(np.bincount(place, weights=p * (1 - p), minlength=size))
    tested = (expected >= ENOUGH_EXPECTED) & (spread > 0)
    z = np.divide(seen - expected, spread, out=np.zeros(size), where=tested)
    return {
        "n_cases": n,
        "rework_share": seen / np.maximum(n, 1),
        "expected_rework_share": expected / np.maximum(n, 1),
        "error_prone": z > bonferroni_z(int(tested.sum())),
    }


def hands_so_far(log: EventLog, who: NDArray[np.int32]) -> NDArray[np.int64]:
    """How many different resources have touched the case up to and with each instance."""
    key = log.case.astype(np.int64) * (len(np.unique(who)) + int(who.max()) + 2) + who
    _, first = np.unique(key, return_index=True)
    new = np.zeros(len(log), np.int64)
    new[first] = 1
    new[who == UNKNOWN] = 0
    total = np.cumsum(new)
    return np.asarray(total - np.repeat((total - new)[log.offsets[:-1]], log.n_instances))


def _risk_by_hands(log: EventLog, who: NDArray[np.int32]) -> tuple[tuple[float, float, float], pd.DataFrame]:
    again = previous_occurrence(log) >= 0
    before: NDArray[np.int64] = np.cumsum(again) - again
    untouched: NDArray[np.bool_] = before == np.repeat(before[log.offsets[:-1]], log.n_instances)
    next_rows = np.flatnonzero(log.follows & untouched)
    touched = hands_so_far(log, who)[next_rows - 1]
    next_rows, hands = next_rows[touched > 0], touched[touched > 0].astype(float)
    y = again[next_rows].astype(float)
    position = np.minimum(next_rows - log.offsets[log.case[next_rows]], LONGEST)
    _, stratum = np.unique(log.activity[next_rows - 1].astype(np.int64) * (LONGEST + 1) + position, return_inverse=True)
    n = np.bincount(stratum).astype(float)
    p = np.divide(np.bincount(stratum, weights=y), n)[stratum] if len(y) else y
    mean = np.divide(np.bincount(stratum, weights=hands), n)[stratum] if len(y) else y
    correction = np.divide(n, n - 1, out=np.zeros(len(n)), where=n > 1)[stratum] if len(y) else y
    information = float((p * (1 - p) * (hands - mean) ** 2 * correction).sum())
    if information < 1 or y.sum() < 2 * ENOUGH_EXPECTED:
        return (float("nan"),) * 3, _by_hands(hands, y, p)
    slope, error = float((y * (hands - mean)).sum()) / information, Z95 / information**0.5
    return (float(np.exp(slope)), float(np.exp(slope - error)), float(np.exp(slope + error))), _by_hands(hands, y, p)


def _by_hands(hands: NDArray[np.float64], y: NDArray[np.float64], p: NDArray[np.float64]) -> pd.DataFrame:
    codes = np.minimum(hands, 8).astype(int)
    n, seen, expected = (np.bincount(codes, weights=w, minlength=9) for w in (np.ones(len(y)), y, p))
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
