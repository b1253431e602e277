"""Every step of every case, from where it begins to where it ends, coded: what maps and replays are made of.

Codes are small, so that orders by code are radix sorts: a million steps are grouped in hundredths of a second.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bko_mining.log.event_log import EventLog

START, END = "▶", "■"


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """The steps of a log.

    Attributes
    ----------
    path : int64[n_steps]
        ``source * size + target``; the marker of the start is the last code but one, that of the end the last.
    case : int32[n_steps]
        The position of the case.
    offsets : int64[n_cases]
        Where the steps of each case begin.
    time : int64[n_steps]
        Microseconds from the end of the source to the start of the target; 0 at the markers, and where activities run
        side by side.
    again : bool[n_steps]
        True where the step leads to an activity that the case has already seen.
    names : tuple of str
        Activities, then the two markers.
    """

    path: NDArray[np.int64]
    case: NDArray[np.int32]
    offsets: NDArray[np.int64]
    time: NDArray[np.int64]
    again: NDArray[np.bool_]
    names: tuple[str, ...]

    @property
    def size(self) -> int:
        """Codes of places: activities and two markers."""
        return len(self.names)

    @classmethod
    def of(cls, log: EventLog) -> "Steps":
        """Code the steps of a log."""
        n, cases = len(log.activities), np.arange(log.n_cases)
        first, last = log.offsets[:-1] + cases, log.offsets[1:] + cases
        inner, outer = np.ones(len(log) + log.n_cases, bool), np.ones(len(log) + log.n_cases, bool)
        inner[last] = False
        outer[first] = False
        gap = np.zeros(len(log), np.int64)
        gap[1:] = np.where(log.follows[1:], log.begin[1:] - log.finish[:-1], 0)
        return cls(
            path=_filled(outer, log.activity, n) * (n + 2) + _filled(inner, log.activity, n + 1),
            case=np.repeat(cases.astype(np.int32), log.n_instances + 1),
            offsets=first,
            time=np.maximum(_filled(inner, gap, 0), 0),
            again=_filled(inner, ~first_times(log), 0).astype(bool),
            names=(*log.activities, START, END),
        )

    def leading_to(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """Give each step the value of the instance it leads to, 0 where it leads to the end."""
        return _filled(self.path % self.size != self.size - 1, values, 0)

    def counts(self) -> NDArray[np.int64]:
        """How often each path is taken."""
        return np.bincount(self.path, minlength=self.size**2)

    def cases_of_paths(self) -> NDArray[np.int64]:
        """How many cases take each path."""
        return distinct(self.path, self.case, self.size**2)


def first_times(log: EventLog) -> NDArray[np.bool_]:
    """True at the first instance of each activity in each case."""
    return first_times_of(log, log.activity)


def first_times_of(log: EventLog, codes: NDArray[Any]) -> NDArray[np.bool_]:
    """True at the first instance of each code in each case; -1 counts as one."""
    order = order_of(codes + 1, int(codes.max()) + 2)
    first = np.zeros(len(log), bool)
    first[order[changes(codes[order], log.case[order])]] = True
    return first


def order_of(codes: NDArray[Any], size: int) -> NDArray[np.int64]:
    """Return the order that sorts codes below ``size``, ties in their order."""
    return np.argsort(codes.astype(np.uint16) if size <= 2**16 else codes, kind="stable")


def distinct(codes: NDArray[Any], case: NDArray[Any], size: int) -> NDArray[np.int64]:
    """Number of different cases of each code; the cases ascend."""
    order = order_of(codes, size)
    ordered = codes[order]
    return np.bincount(ordered[changes(ordered, case[order])], minlength=size)


def changes(codes: NDArray[Any], case: NDArray[Any]) -> NDArray[np.bool_]:
    """True where a code or a case is another than the one before, and at the first."""
    new = np.ones(len(codes), bool)
    new[1:] = (codes[1:] != codes[:-1]) | (case[1:] != case[:-1])
    return new


def _filled(mask: NDArray[np.bool_], values: NDArray[Any], otherwise: int) -> NDArray[np.int64]:
    column = np.full(len(mask), otherwise, np.int64)
    column[mask] = values
    return column
