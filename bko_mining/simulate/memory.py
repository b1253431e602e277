"""Runs that follow the memory of a twin: every case goes on like past cases of a like hour.

There is no queue here: waits come from the past as they were. That writes logs like the observed one, in which waits
for outsiders and habits have no event of their own; it cannot say what would change if people or rules did.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from bko_mining.simulate.arrivals import free_days
from bko_mining.simulate.days import Days, Habits
from bko_mining.simulate.donors import Donors, kinds_of_day
from bko_mining.simulate.luck import CaseLuck
from bko_mining.simulate.past import Past, unpack
from bko_mining.twin.observed import ObservedCases

_ORDERS = (5, 4, 3, 2, 1)
_WHOLE = -2
"""Marks a whole history, named by its node in the tree of all, among those of the last few activities."""
_CLOCK_APART = 8 * 3600.0
_DAY = 86_400
_LONGER = 3
"""A case may become so many times longer than the longest one of the past; then it ends."""

_GOLDEN = 0.618_033_988_749_894_9
"""Multiples of the golden ratio modulo 1 fill [0, 1) more evenly than chance (Kronecker sequence)."""

Steps = tuple[list[int], list[int], list[float], list[float]]


@dataclass(frozen=True, slots=True)
class _Lists:
    """Columns of the past as lists: reading one number from an array is slow."""

    activity: list[int]
    resource: list[int]
    start: list[float]
    end: list[float]
    last: list[bool]
    overlaps: list[bool]
    reference: list[float]
    following: list[float]


class Memory:
    """The memory of a twin, ready to be followed."""

    def __init__(self, memory: ObservedCases) -> None:
        self.past: Past = unpack(memory)
        past = self.past
        self.holidays = memory.holidays
        self._faith, self._backing = memory.faithfulness, memory.backing
        self._same_kind = memory.same_kind_of_day
        until = (memory.until.replace(tzinfo=None) - _midnight(memory.since)).total_seconds()
        monday = (memory.since - date(1970, 1, 1)).days - memory.since.weekday()
        until += memory.since.weekday() * _DAY
        self.habits = Habits.of(past.start, past.end, until, lambda days: free_days(memory.holidays, days + monday))
        self._kinds = kinds_of_day(np.array(self.habits.starts))
        self._enough = memory.donors, memory.tolerance
        self._rows = _Lists(*(getattr(past, name).tolist() for name in _Lists.__slots__))
        self._longest = max(50, _LONGER * int(np.diff(past.offsets).max()))
        self._first = Donors(past.offsets[:-1], past.start, past.weight, self._kinds, self._enough)
        self._work: dict[int, Donors] = {}
        self._waits: dict[tuple[int, ...], Donors] = {}
        self._followers: dict[tuple[int, ...], list[int]] = {}
        self._totals: dict[tuple[int, ...], list[float]] = {}
        self._tree: dict[tuple[int, int], int] = {}
        self._sorted: dict[tuple[int, ...], list[int]] = {}

    def follow(self, arrival: float, evenness: float, days: Days, luck: CaseLuck) -> Steps:
        """Write one case: activities, resources, starts and ends of its instances.

        Parameters
        ----------
        arrival : float
            Seconds from the Monday midnight of the run, local time.
        evenness : float
            Number in [0, 1) that picks the past case to follow at first, in order of their lengths: even numbers give
            the past's mix of short and long cases, and of cycle times among cases of one length.
        """
        rows = self._rows
        row = self._first.near_in_order(arrival, evenness, self.past.rank, self.past.weight)
        begin, latest = arrival, -np.inf
        steps: Steps = ([], [], [], [])
        while True:
            activity = rows.activity[row]
            model = row if self._alike(rows.start[row], rows.end[row], begin) else self._redo(activity, begin, luck)
            end = days.lay(begin, (rows.start[model], rows.end[model]), ends=True)
            steps[0].append(activity)
            steps[1].append(rows.resource[model])
            steps[2].append(begin)
            steps[3].append(end)
            latest = max(latest, end)
            step = self._next(row, steps[0], luck)
            if rows.last[step] or len(steps[0]) >= self._longest:
                return steps
            reference = begin if rows.overlaps[step] else latest
            if step != row or not self._alike(rows.reference[step], rows.following[step], reference):
                step = self._wait(steps[0], rows.activity[step + 1], reference, luck)
            if rows.overlaps[step]:
                begin += rows.following[step] - rows.reference[step]
            else:
                begin = days.lay(latest, (rows.reference[step], rows.following[step]))
            row = step + 1

    def _alike(self, was: float, until: float, now: float) -> bool:
        """Whether an interval of the past fits at an instant: like clock time and, over midnight, a like weekday."""
        apart = abs((was - now + _DAY / 2) % _DAY - _DAY / 2)
        if apart > _CLOCK_APART:
            return False
        if not self._same_kind or was // _DAY == until // _DAY:
            return True
        return self._kinds[int(was // _DAY) % 7] == self._kinds[int(now // _DAY) % 7]

    def _redo(self, activity: int, begin: float, luck: CaseLuck) -> int:
        """Draw another execution of the activity that began at a like hour."""
        if activity not in self._work:
            rows = np.flatnonzero(self.past.activity == activity)
            self._work[activity] = Donors(rows, self.past.start, self.past.weight, self._kinds, self._enough)
        return self._work[activity].near(begin, luck.random())

    def _next(self, row: int, history: list[int], luck: CaseLuck) -> int:
        """Choose the past instance after which the case goes on: the one followed, or one with a like history."""
        if self._faith >= 1 or luck.random() < self._faith:
            return row
        if not self._followers:
            self._learn_histories()
        choice: tuple[int, ...] = ()
        whole = _WHOLE, self._place_of(history)
        for key in (whole, *((*history[-order:],) for order in _ORDERS if order <= len(history))):
            n = len(self._followers.get(key, ()))
            if n:
                choice = key
                if luck.random() < n / (n + self._backing):
                    break
        return self._drawn(choice, luck.random()) if choice else row

    def _drawn(self, key: tuple[int, ...], chance: float) -> int:
        """Draw one of the past instances with a history by weight."""
        found = self._followers[key]
        if key not in self._totals:
            self._totals[key] = np.cumsum(self.past.weight[found]).tolist()
        total = self._totals[key]
        return found[min(bisect_right(total, chance * total[-1]), len(found) - 1)]

    def _learn_histories(self) -> None:
        found = self._followers
        for low, high in zip(self.past.offsets[:-1].tolist(), self.past.offsets[1:].tolist(), strict=True):
            codes = self._rows.activity[low:high]
            node = 0
            for place in range(1, high - low + 1):
                node = self._tree.setdefault((node, codes[place - 1]), len(self._tree) + 1)
                found.setdefault((_WHOLE, node), []).append(low + place - 1)
                for order in _ORDERS:
                    if order <= place:
                        found.setdefault(tuple(codes[place - order : place]), []).append(low + place - 1)

    def _place_of(self, history: list[int]) -> int:
        """Node of the tree of whole histories; -1 if no past case began so."""
        node = 0
        for activity in history:
            node = self._tree.get((node, activity), -1)
            if node < 0:
                break
        return node

    def _wait(self, history: list[int], following: int, reference: float, luck: CaseLuck) -> int:
        """Draw a wait before an activity at a like hour, after the same last three (two, one) activities."""
        donors = self._donors_of_wait(history[-3:], following)
        for order in (2, 1):
            if donors.n < self._enough[0]:
                donors = self._donors_of_wait(history[-order:], following)
        return donors.near(reference, luck.random())

    def _donors_of_wait(self, history: list[int], following: int) -> Donors:
        key = (*history, -1, following)
        if key not in self._waits:
            self._waits[key] = self._find_donors(history, following)
        return self._waits[key]

    def _find_donors(self, history: list[int], following: int) -> Donors:
        past = self.past
        if not self._sorted:
            self._sort_pairs()
        rows = np.array(self._sorted.get((history[-1], following), []), np.int64)
        for back, activity in enumerate(history[-2::-1], start=1):
            before = rows - back
            inside = (before >= 0) & (past.case[before] == past.case[rows])
            rows = rows[inside & (past.activity[before] == activity)]
        return Donors(rows, past.reference, past.weight, self._kinds, self._enough)

    def _sort_pairs(self) -> None:
        past = self.past
        for row in np.flatnonzero(~past.last).tolist():
            pair = self._rows.activity[row], self._rows.activity[row + 1]
            self._sorted.setdefault(pair, []).append(row)


def evenly(case: int, shift: float) -> float:
    """Return the number in [0, 1) of a case, spread evenly over any run of cases.

    Examples
    --------
    >>> [round(evenly(case, 0.0), 2) for case in range(4)]
    [0.0, 0.62, 0.24, 0.85]
    """
    return (case * _GOLDEN + shift) % 1.0


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)
