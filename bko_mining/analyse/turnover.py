"""Who came and who left, and what newcomers cost in speed and errors."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.productivity import work_residuals
from bko_mining.analyse.proportions import Z95, people, people_only
from bko_mining.analyse.returns import first_times
from bko_mining.analyse.times import HOUR, months
from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.log.grouping import distinct
from bko_mining.results import Result
from bko_mining.words import money, number, percent, say

ENOUGH = 20
GONE = 30
"""Days without work before the end of the log from which a person may have left (or five times a long gap)."""
NEW = 60
"""Days for which somebody is a newcomer."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A ratio with its 95 % interval; NaN where it cannot be known."""

    ratio: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Turnover(Result):
    """Who came and who left, as far as the log shows it.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a person with at least 20 instances: ``person``, ``first``, ``last`` (days), ``tenure`` (Timedelta),
        ``arrived`` and ``left`` (within the log), ``n``.
    n_people, n_arrived, n_left : int
        Counts.
    yearly_share : float
        Leavers a year, as a share of the people present on average.
    speed : Effect
        Working time in the first 60 days of those who arrived, against everybody else at the same activities (1.2 = 20
        % longer), with its 95 % interval; NaN where it cannot be known.
    errors : Effect
        How often what they did for the first time in a case was done again, against everybody else at the same
        activities.
    hours_per_month : float
        Working time that the slowness of newcomers cost; NaN where it is not known or not clear.
    cost_per_month : float
        Of those hours, with a price; NaN otherwise.
    currency : str
        Of that cost.
    """

    n_people: int
    n_arrived: int
    n_left: int
    yearly_share: float
    speed: Effect
    errors: Effect
    hours_per_month: float = float("nan")
    cost_per_month: float = float("nan")
    currency: str = ""

    picture: ClassVar[str] = "people:plot_turnover"

    @property
    def summary(self) -> str:
        """Arrivals, leavers and what they cost in speed."""
        if not self.n_people:
            return say("The log does not say who did the work, so nobody can be seen to come or go.")
        if not self.n_arrived and not self.n_left:
            return say("Of {n} {n:person|people} nobody is seen to come or go.", n=number(self.n_people))
        sentence = say(
            "Of {n} {n:person|people}, {arrived} arrived within the log and {left} left: {share} a year.",
            n=number(self.n_people),
            arrived=number(self.n_arrived),
            left=number(self.n_left),
            share=percent(self.yearly_share),
        )
        return " ".join((sentence, *self._cost()))

    def _cost(self) -> Iterator[str]:
        speed, errors = self.speed, self.errors
        if speed.ratio == speed.ratio:
            yield say(_SPEED[_side(speed)], **_words(speed))
        if errors.ratio == errors.ratio:
            yield say(_ERRORS[_side(errors)], **_words(errors))
        if self.hours_per_month == self.hours_per_month:
            yield say("Their slowness cost {hours} {hours:hour|hours} a month.", hours=number(self.hours_per_month))
        if self.cost_per_month == self.cost_per_month:
            yield say("That is {cost} a month.", cost=money(self.cost_per_month, self.currency))


_SPEED = {
    "more": "In their first 60 days newcomers take {more} longer for the same work ({low} to {high} times as long).",
    "less": "In their first 60 days newcomers take {less} less time for the same work (× {low} to {high}).",
    "alike": "In their first 60 days newcomers are not clearly slower or faster at the same work (× {low} to {high}).",
}
_ERRORS = {
    "more": "What newcomers do is done again {more} more often ({low} to {high} times as often).",
    "less": "What newcomers do is done again {less} less often (× {low} to {high}).",
    "alike": "What newcomers do is not clearly done again more or less often (× {low} to {high}).",
}


def _side(effect: Effect) -> str:
    return "more" if effect.low > 1 else "less" if effect.high < 1 else "alike"


def _words(effect: Effect) -> dict[str, str]:
    shares = {"more": percent(effect.ratio - 1), "less": percent(1 - effect.ratio)}
    return {**shares, "low": number(effect.low, 2), "high": number(effect.high, 2)}


def turnover(
    log: EventLog, *, names: bool = False, cost_per_hour: float | None = None, currency: str = "USD"
) -> Turnover:
    """See who came and who left, and what newcomers cost in speed and errors.

    Somebody has left who has not been seen for the last 30 days of the log, and for longer than five times their own
    usual gap between two days of work; arrivals are judged the same way at the beginning.

    Parameters
    ----------
    log : EventLog
        The log.
    names : bool
        Show people by name; pseudonyms otherwise.
    cost_per_hour : float, optional
        What an hour of work costs.
    currency : str
        ISO code of that price.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> days = pd.date_range("2026-01-05", periods=200, freq="D")
    >>> rows = pd.DataFrame({"case_id": range(200), "activity": "key in", "end": days,
    ...     "resource": ["Ana" if day < 100 else "Rui" for day in range(200)]})
    >>> found = bko.turnover(bko.EventLog.from_frame(rows))
    >>> found.n_arrived, found.n_left
    (1, 1)
    """
    log = people_only(log)
    labels = people(log, names=names)
    day = _days(log)
    frame = _presence(log, day)
    present = float((frame["last"] - frame["first"] + 1).sum()) / (np.ptp(day) + 1)
    left = float(frame["left"].sum())
    is_new = _is_new(log, frame, day)
    speed, hours = _speed(log, is_new)
    cost = hours * cost_per_hour if cost_per_hour is not None else float("nan")
    return Turnover(
        _table(log, frame, labels),
        n_people=len(frame),
        n_arrived=int(frame["arrived"].sum()),
        n_left=int(left),
        yearly_share=left / max(present, 1e-9) / max(months(log) / 12, 1e-9) if len(frame) else 0.0,
        speed=speed,
        errors=_errors(log, is_new),
        hours_per_month=hours,
        cost_per_month=cost,
        currency=currency if cost == cost else "",
    )


def _days(log: EventLog) -> NDArray[np.int64]:
    """The day on which each instance began, by the clock of the office."""
    return log.local(log.begin).tz_localize(None).to_numpy("M8[D]").astype(np.int64)


def _presence(log: EventLog, begun: NDArray[np.int64]) -> pd.DataFrame:
    """First and last day of each person with enough work, and whether they arrived or left within the log."""
    rows = np.flatnonzero(log.resource != UNKNOWN)
    seen = distinct(log.resource[rows].astype(np.int64) * 1_000_000 + begun[rows])
    person, day = seen // 1_000_000, seen % 1_000_000
    n = np.bincount(log.resource[rows], minlength=len(log.resources))
    begin, end = int(begun.min()), int(begun.max())
    records = []
    for code in np.flatnonzero(n >= ENOUGH):
        days = day[person == code]
        patience = max(GONE, 5 * float(np.quantile(np.diff(days), 0.9))) if len(days) > 2 else np.inf
        records.append((code, days[0], days[-1], days[0] - begin > patience, end - days[-1] > patience, n[code]))
    frame = pd.DataFrame(records, columns=["code", "first", "last", "arrived", "left", "n"])
    return frame.astype({"arrived": bool, "left": bool, "code": np.int64, "first": np.int64, "last": np.int64})


def _table(log: EventLog, frame: pd.DataFrame, labels: list[str]) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "person": [labels[code] for code in frame["code"]],
            **{edge: _midnights(frame[edge], log.timezone) for edge in ("first", "last")},
            "tenure": pd.to_timedelta(frame["last"] - frame["first"] + 1, unit="D"),
            "arrived": frame["arrived"],
            "left": frame["left"],
            "n": frame["n"],
        }
    )
    return table.sort_values("person", kind="stable", ignore_index=True)


def _midnights(days: "pd.Series[int]", timezone: str) -> pd.DatetimeIndex:
    midnights = pd.DatetimeIndex(days.to_numpy(np.int64).astype("M8[D]").astype("M8[us]"))
    return midnights.tz_localize(timezone, ambiguous=np.ones(len(days), bool), nonexistent="shift_forward")


def _is_new(log: EventLog, frame: pd.DataFrame, begun: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Instances done by newcomers in their first days."""
    until = np.full(len(log.resources) + 1, np.iinfo(np.int64).min)
    late = frame[frame["arrived"]]
    until[late["code"].to_numpy(np.int64)] = late["first"].to_numpy(np.int64) + NEW
    # Nobody's code, -1, reads the last entry, which is never new.
    return np.asarray(begun < until[log.resource])


def _speed(log: EventLog, is_new: NDArray[np.bool_]) -> tuple[Effect, float]:
    """Ratio of working times, persons as clusters, and the hours a month that newcomers took longer."""
    rows, residual = work_residuals(log)
    new = is_new[rows]
    who = np.unique(log.resource[rows[new]])
    if new.sum() < ENOUGH or new.all() or len(who) < 2:
        return Effect(), float("nan")
    each = np.array([residual[new & (log.resource[rows] == code)].mean() for code in who])
    difference = float(residual[new].mean() - residual[~new].mean())
    from scipy.special import stdtrit

    half = float(stdtrit(len(who) - 1, 0.975)) * float(each.std(ddof=1)) / len(who) ** 0.5
    low, ratio, high = (float(np.exp(difference + shift)) for shift in (-half, 0.0, half))
    spent = float((log.finish - log.begin)[rows[new]].sum()) / HOUR / months(log)
    return Effect(ratio, low, high), spent * (1 - 1 / ratio) if low > 1 else float("nan")


def _errors(log: EventLog, is_new: NDArray[np.bool_]) -> Effect:
    """Observed against expected repeats of what newcomers did first (others' share at the same activities)."""
    first, right = first_times(log)
    first = first[log.resource[first] != UNKNOWN]
    wrong, new, what = ~right[first], is_new[first], log.activity[first]
    size = len(log.activities)
    n, k = np.bincount(what[~new], minlength=size), np.bincount(what[~new], wrong[~new].astype(float), size)
    share = k / np.maximum(n, 1)
    _, who = np.unique(log.resource[first[new]], return_inverse=True)
    seen, expected = np.bincount(who, wrong[new].astype(float)), np.bincount(who, share[what[new]])
    if expected.sum() < 5 or seen.sum() < 1 or len(seen) < 2:
        return Effect()
    ratio = float(seen.sum() / expected.sum())
    # Newcomers differ more than chance alone makes them: their own spread widens the interval (quasi-Poisson).
    fitted = np.maximum(ratio * expected, 1e-9)
    spread = max(1.0, float(((seen - fitted) ** 2 / fitted).sum()) / (len(seen) - 1))
    half = Z95 * (spread / float(seen.sum()) + 1 / max(float(k.sum()), 1.0)) ** 0.5
    return Effect(ratio, ratio * float(np.exp(-half)), ratio * float(np.exp(half)))
