"""Past instances to draw from: those with a like clock time on a like weekday, by weight."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

DAY = 86_400
CLOSED_BELOW, PART_BELOW = 0.1, 0.6
"""Work on a weekday, as a share of that on a usual one, below which it counts as closed or as a part day."""

ROOM = 3_000_000
"""Donors kept in order; large logs would fill the memory with a list for nearly every arrival."""

Rows = NDArray[np.int64]
Numbers = NDArray[np.float64]


def weekday(second: float) -> int:
    """Weekday (Monday is 0) of an instant in seconds from a Monday."""
    return int(second // DAY) % 7


def kinds_of_day(usual: Numbers) -> tuple[int, ...]:
    """Tell ordinary weekdays (0) from part days (1) and closed ones (2) by the work seen on each."""
    ordinary = float(np.median(np.sort(usual)[-4:]))
    return tuple(0 if u >= PART_BELOW * ordinary else 1 if u >= CLOSED_BELOW * ordinary else 2 for u in usual)


@dataclass(frozen=True, slots=True)
class Pool:
    """Donors in order of their clock time, laid out three days in a row so that midnight is no border."""

    rows: Rows
    clock: list[float]
    before: list[float]
    n: int

    @classmethod
    def of(cls, rows: Rows, clock: Numbers, weight: Numbers) -> Self:
        """Lay out donors that are sorted by clock time."""
        clocks = np.concatenate([clock - DAY, clock, clock + DAY])
        before = np.concatenate([[0.0], np.cumsum(np.tile(weight, 3))])
        return cls(np.tile(rows, 3), clocks.tolist(), before.tolist(), len(rows))

    def within(self, clock: float, tolerance: float) -> tuple[int, int]:
        """Places of the donors whose clock time differs by at most the tolerance."""
        return bisect_left(self.clock, clock - tolerance), bisect_right(self.clock, clock + tolerance)

    def nearest(self, clock: float, many: int) -> tuple[int, int]:
        """Places of so many donors around a clock time."""
        many = min(many, self.n)
        high = bisect_left(self.clock, clock)
        low = high
        for _ in range(many):
            if low > 0 and (high >= len(self.clock) or clock - self.clock[low - 1] <= self.clock[high] - clock):
                low -= 1
            else:
                high += 1
        return low, high

    def pick(self, places: tuple[int, int], chance: float) -> int:
        """Draw one of the donors at these places by weight."""
        low, high = places
        aim = self.before[low] + chance * (self.before[high] - self.before[low])
        return int(self.rows[min(max(bisect_right(self.before, aim) - 1, low), high - 1)])


class Donors:
    """All donors for one draw, by weekday, by kind of day, and together."""

    __slots__ = ("_all", "_by_day", "_by_kind", "_kinds", "_many", "_ordered", "_tolerance", "n")

    def __init__(
        self, rows: Rows, at: Numbers, weight: Numbers, kinds: tuple[int, ...], enough: tuple[int, float]
    ) -> None:
        self.n = len(rows)
        self._many, self._tolerance = enough
        self._ordered: dict[tuple[int, int, int], tuple[Rows, Numbers]] = {}
        order = np.argsort(at[rows] % DAY, kind="stable")
        rows = rows[order]
        clock, day = at[rows] % DAY, (at[rows] // DAY).astype(int) % 7
        kind = np.array(kinds)[day]
        self._kinds = kinds
        self._all = Pool.of(rows, clock, weight[rows])
        self._by_day = [Pool.of(rows[day == d], clock[day == d], weight[rows][day == d]) for d in range(7)]
        self._by_kind = [Pool.of(rows[kind == k], clock[kind == k], weight[rows][kind == k]) for k in range(3)]

    def near(self, at: float, chance: float) -> int:
        """Draw a donor of a like clock time: of the same weekday if there are enough, else the same kind of day."""
        pool, places = self._around(at)
        return pool.pick(places, chance)

    def near_in_order(self, at: float, chance: float, rank: Numbers, weight: Numbers) -> int:
        """Draw likewise, the donors in order of their rank, so that even chances give even ranks.

        Rank and weight are the same at every call: what was put in order once is kept, as long as there is room.
        """
        pool, (low, high) = self._around(at)
        key = id(pool), low, high
        ordered = self._ordered.get(key)
        if ordered is None:
            rows = pool.rows[low:high]
            rows = rows[np.argsort(rank[rows], kind="stable")]
            ordered = rows, np.cumsum(weight[rows])
            if (len(self._ordered) + 1) * len(rows) <= ROOM:
                self._ordered[key] = ordered
        rows, total = ordered
        return int(rows[min(int(np.searchsorted(total, chance * total[-1], "right")), len(rows) - 1)])

    def _around(self, at: float) -> tuple[Pool, tuple[int, int]]:
        clock, day = at % DAY, weekday(at)
        for pool, enough in ((self._by_day[day], self._many), (self._by_kind[self._kinds[day]], 5), (self._all, 1)):
            low, high = pool.within(clock, self._tolerance)
            if high - low >= self._many:
                return pool, (low, high)
            if pool.n >= enough and pool is not self._by_day[day]:
                break
        return pool, pool.nearest(clock, self._many)
