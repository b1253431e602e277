"""The memory of a twin, unpacked: past instances and what came between them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bko_mining.twin.observed import ObservedCases

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

_CASE_APART = 1 << 40


@dataclass(frozen=True, slots=True)
class Past:
    """Columns of past instances, sorted by case; seconds count from a Monday midnight, local time.

    Attributes
    ----------
    offsets : int64[n_cases + 1]
        Where each case begins.
    weight : float64[n]
        That of the case.
    rank : float64[n]
        Place of the case by number of instances and, where that is equal, by cycle time.
    last : bool[n]
        Whether it is the last of its case.
    overlaps : bool[n]
        Whether the next instance starts before all earlier ones ended.
    reference : float64[n]
        From when the next instance is counted: the latest end so far, or the start where they overlap.
    following : float64[n]
        Start of the next instance.
    """

    case: Codes
    activity: Codes
    resource: Codes
    start: Numbers
    end: Numbers
    offsets: Codes
    weight: Numbers
    rank: Numbers
    last: Mask
    overlaps: Mask
    reference: Numbers
    following: Numbers


def unpack(memory: ObservedCases) -> Past:
    """Unpack a memory and derive what lies between its instances."""
    rows = memory.instances.arrays()
    since = memory.since.weekday() * 86_400
    case = rows["case"].astype(np.int64)
    start, end = (rows[name].astype(np.float64) + since for name in ("start", "end"))
    last = np.append(np.diff(case) != 0, True)
    offsets = np.concatenate([[0], np.flatnonzero(last) + 1])
    latest = np.maximum.accumulate(end.astype(np.int64) + case * _CASE_APART) - case * _CASE_APART
    following = np.where(last, latest, np.append(start[1:], 0.0))
    overlaps = following < latest
    cycle_time = np.maximum.reduceat(end, offsets[:-1]) - start[offsets[:-1]]
    rank = np.argsort(np.lexsort((cycle_time, np.diff(offsets)))).astype(np.float64)
    return Past(
        case=case,
        activity=rows["activity"].astype(np.int64),
        resource=rows["resource"].astype(np.int64),
        start=start,
        end=end,
        offsets=offsets,
        weight=memory.cases.arrays()["weight"].astype(np.float64)[case],
        rank=rank[case],
        last=last,
        overlaps=overlaps,
        reference=np.where(overlaps, start, latest.astype(np.float64)),
        following=following,
    )
