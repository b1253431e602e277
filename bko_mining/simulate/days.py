"""The days of a run, and how an interval of the past is laid into them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bko_mining.simulate.donors import CLOSED_BELOW, DAY

SHORT = 4 * 3600.0
"""Intervals up to this length keep their length where they stay within a day; longer ones keep their clock times."""

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Habits:
    """What the past says about days.

    Attributes
    ----------
    starts, ends : tuple of 7 floats
        Starts and ends on each weekday, 1 being an average day.
    opens : float64[7]
        Chance that a day is open: below 1 only for weekdays that are hardly ever worked, but then by many.
    seen : tuple of 7 floats
        Share of the days of each weekday on which anything began.
    worked : int64[days + 1]
        Number of open days of the past before each day.
    """

    starts: tuple[float, ...]
    ends: tuple[float, ...]
    opens: Numbers
    seen: tuple[float, ...]
    worked: list[int]

    @classmethod
    def of(cls, start: Numbers, end: Numbers, until: float, free: Callable[[Codes], Mask] | None = None) -> "Habits":
        """Look at starts and ends (seconds from a Monday); ``free`` tells which days from it on were holidays."""
        n_days = int(max(until, end.max()) // DAY) + 1
        first = int(start.min() // DAY)
        active = np.zeros(n_days, bool)
        active[(start // DAY).astype(int)] = True
        week = np.arange(n_days) % 7
        shares = [np.bincount((at // DAY).astype(int) % 7, minlength=7) / len(at) * 7 for at in (start, end)]
        seen = np.bincount(week[first:], minlength=7)
        often = np.bincount(week[first:][active[first:]], minlength=7) / np.maximum(seen, 1)
        # Where little is done even on the days that are worked, single people work now and then: no day is closed.
        rare = (shares[0] < CLOSED_BELOW) & (shares[0] >= CLOSED_BELOW * often)
        opens = np.where(rare | (often == 0), often, 1.0)
        is_open = active | (opens[week] >= 0.5)
        if free is not None:
            is_open &= ~free(np.arange(n_days))
        worked = np.concatenate([[0], np.cumsum(is_open)])
        return cls(tuple(shares[0].tolist()), tuple(shares[1].tolist()), opens, tuple(often.tolist()), worked.tolist())

    def open_days(self, since: float, until: float) -> int:
        """Open days of the past from the day of one instant to the day of another."""
        return self.worked[int(until // DAY)] - self.worked[int(since // DAY)]


class Days:
    """Days of one run: which are open is drawn once, so that a rare Saturday is worked by all or by nobody.

    Parameters
    ----------
    habits : Habits
        What the past says.
    n_days : int
        Days laid out.
    rng : numpy.random.Generator
        Luck.
    weeks : float
        Weeks in which cases arrive.
    closed : bool[n_days], optional
        Days on which nobody works, as public holidays.
    """

    __slots__ = ("_before", "_habits", "_is_open", "_open", "_owed")

    def __init__(
        self,
        habits: Habits,
        n_days: int,
        rng: np.random.Generator,
        *,
        weeks: float = 4.0,
        closed: Mask | None = None,
    ) -> None:
        self._habits = habits
        is_open = rng.random(n_days) < habits.opens[np.arange(n_days) % 7]
        if closed is not None:
            is_open &= ~closed
        is_open[-1] = True
        # A weekday that is more likely than not to be worked in so many weeks gets its first work at once.
        self._owed = [0.999 if (1 - often) ** weeks <= 0.5 else 0.0 for often in habits.seen]
        self._is_open: list[bool] = is_open.tolist()
        self._before: list[int] = np.concatenate([[0], np.cumsum(is_open)]).tolist()
        self._open: list[int] = np.flatnonzero(is_open).tolist()

    def lay(self, begin: float, was: tuple[float, float], *, ends: bool = False) -> float:
        """Return when an interval of the past, laid so that it begins at an instant, is over.

        Short intervals within a day keep their length. Others keep the number of open days they went over and the clock
        time at which they were over; a part day is met as seldom as it is worked.
        """
        since, until = was
        at = begin + until - since
        same_day = at // DAY == begin // DAY
        if until - since <= SHORT and (same_day or until // DAY == since // DAY) and (same_day or self._works(at)):
            return at
        ordinal = self._before[self._day(begin)] + self._habits.open_days(since, until)
        at = self._nth(ordinal) * DAY + until % DAY
        if at < begin:
            at = self._nth(ordinal + 1) * DAY + until % DAY
        at = self._met(at, until, self._habits.ends if ends else self._habits.starts)
        return max(at, begin)

    def _met(self, at: float, was: float, usual: tuple[float, ...]) -> float:
        """Move on from days that are worked less than the weekday the interval was seen on."""
        aim = usual[int(was // DAY) % 7]
        for _ in range(7):
            day = self._day(at)
            if self._is_due(day % 7, usual[day % 7] / max(aim * self._habits.opens[day % 7], 1e-9)):
                break
            at = self._nth(self._before[day] + self._is_open[day]) * DAY + at % DAY
        return at

    def _is_due(self, weekday: int, share: float) -> bool:
        """Let a share of the calls pass, spread evenly, so that a rarely worked day is neither missed nor crowded."""
        if share >= 1:
            return True
        self._owed[weekday] += share
        due = self._owed[weekday] >= 1
        self._owed[weekday] -= due
        return due

    def _works(self, at: float) -> bool:
        return self._is_open[self._day(at)]

    def _day(self, at: float) -> int:
        return min(int(at // DAY), len(self._is_open) - 1)

    def _nth(self, ordinal: int) -> int:
        return self._open[min(ordinal, len(self._open) - 1)]
