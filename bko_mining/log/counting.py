"""Counting over the coded columns: the kernels of what adds up, each a few passes over the arrays.

Sums of microseconds are exact, so that they do not depend on how a log was cut.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bko_mining.log.coding import Codes, Instants

if TYPE_CHECKING:
    from bko_mining.log.event_log import EventLog

ARROW = " → "
"""What stands between the activities of a variant."""

_LOW = 20  # bits: the low parts of 2**33 numbers, and the high parts of centuries, add up exactly as floats
_BITS = 64
_MOST_MASKS = 10


def totals(codes: NDArray[Any], values: Instants, size: int) -> Instants:
    """Sum int64 values by code, exactly.

    Examples
    --------
    >>> totals(np.array([0, 1, 0]), np.array([2**60, -5, 1]), 2).tolist() == [2**60 + 1, -5]
    True
    """
    low = np.bincount(codes, weights=values & (2**_LOW - 1), minlength=size)
    high = np.bincount(codes, weights=values >> _LOW, minlength=size)
    return (high.astype(np.int64) << _LOW) + low.astype(np.int64)


def without_gaps(codes: NDArray[Any]) -> NDArray[np.int64]:
    """Small codes renumbered so that each number occurs, in their order: the inverse of ``np.unique`` without sorting.

    Examples
    --------
    >>> without_gaps(np.array([7, 2, 7])).tolist()
    [1, 0, 1]
    """
    return np.asarray((np.cumsum(np.bincount(codes) > 0) - 1)[codes])


def pairs_of(log: "EventLog", codes: Codes, size: int) -> NDArray[np.int64]:
    """Code of each instance's predecessor × ``size`` + its own; ``size**2`` where the case begins or a code is missing.

    Examples
    --------
    >>> from bko_mining import EventLog
    >>> times = pd.to_datetime(["2026-01-05", "2026-01-06", "2026-01-07"])
    >>> log = EventLog.from_frame(pd.DataFrame({"case": [1, 1, 2], "activity": ["A", "B", "B"], "end": times}))
    >>> pairs_of(log, log.activity, 2).tolist()
    [4, 1, 4]
    """
    none = size * size
    pairs = np.empty(len(codes), np.int64)
    np.multiply(codes[:-1], size, out=pairs[1:], dtype=np.int64)
    pairs[1:] += codes[1:]
    pairs[log.offsets[:-1]] = none
    if len(codes) and codes.min() < 0:
        missing = codes < 0
        pairs[missing] = none
        pairs[1:][missing[:-1]] = none
    return pairs


def cases_with(log: "EventLog", codes: Codes, size: int) -> Instants:
    """Number of cases in which each code occurs.

    A case's codes are bits of one word; only logs of very many codes are sorted.
    """
    if size > _BITS * _MOST_MASKS:
        known = codes >= 0
        key = np.unique(log.case[known].astype(np.int64) * size + codes[known])
        return np.bincount(key % size, minlength=size)
    counts = np.zeros(size, np.int64)
    for first in range(0, size, _BITS):
        bits = np.zeros(size + 1, np.uint64)  # the last is for what is missing
        inside = np.arange(first, min(first + _BITS, size))
        bits[inside] = np.uint64(1) << (inside - first).astype(np.uint64)
        masks = np.bitwise_or.reduceat(bits[codes], log.offsets[:-1])
        for code in inside:
            counts[code] = np.count_nonzero(masks & bits[code])
    return counts


def variant_numbers(log: "EventLog") -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the sequences of activities in order of first appearance.

    A sequence is told by the sum of random 64-bit numbers, one for each place and activity: two of a million
    sequences share one with a chance of 3e-8.

    Returns
    -------
    number : int64[n_cases]
        The number of each case's sequence.
    first : int64
        The first case of each sequence.
    """
    width, longest = len(log.activities), int(log.n_instances.max())
    table = np.random.default_rng(0x5EED).integers(0, 2**63, size=longest * width, dtype=np.uint64)
    key = np.arange(len(log), dtype=np.int64) - np.repeat(log.offsets[:-1], log.n_instances)
    key *= width
    key += log.activity
    number, hashes = pd.factorize(np.add.reduceat(table[key], log.offsets[:-1]))
    first = np.empty(len(hashes), np.int64)
    first[number[::-1]] = np.arange(log.n_cases - 1, -1, -1)
    return number, first


def written_variants(log: "EventLog", cases: NDArray[np.int64]) -> pa.Array:
    """The sequences of some cases as texts: ``register → pay``."""
    counts = log.n_instances[cases]
    offsets = np.concatenate([[0], np.cumsum(counts)])
    rows = np.arange(offsets[-1]) + np.repeat(log.offsets[cases] - offsets[:-1], counts)
    names = pa.array(log.activities, pa.string()).take(pa.array(log.activity[rows]))
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), names), ARROW)
