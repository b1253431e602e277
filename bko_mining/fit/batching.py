"""Work that is done for many cases at once: payment runs and the like, and what releases them."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from bko_mining.fit.instances import DAY, WEEK, Instances, Seconds

MANY = 0.5
"""Share of an activity's instances that must share resource, start and end with another."""
RUNS = 5
"""Batches an activity needs."""
CLEAR = 0.7
"""Share of the batches that a rule must explain."""


@dataclass(frozen=True)
class Batch:
    """How an activity is batched.

    Attributes
    ----------
    clock : float or None
        Seconds after midnight at which batches start, if they keep to a time of day.
    weekdays : tuple of int
        Days on which they do (Monday 0).
    size : int or None
        Number that releases a batch, where it is always the same.
    fixed, per_item : float
        Working seconds of a batch, and for each item on top.
    n : int
        Batches seen.
    explained : float
        Share of them that keep to the rule.
    """

    clock: float | None
    weekdays: tuple[int, ...]
    size: int | None
    fixed: float
    per_item: float
    n: int
    explained: float


def find_batches(data: Instances, work: Seconds) -> dict[int, Batch]:
    """Find activities done for many cases at once, and the time of day or the number that releases them."""
    found = {}
    for activity in range(len(data.activities)):
        rows = np.flatnonzero((data.activity == activity) & (data.end > data.start) & (data.resource >= 0))
        if len(rows) < 2 * RUNS:
            continue
        runs = np.stack([data.resource[rows].astype(float), data.start[rows], data.end[rows]])
        _, first, sizes = np.unique(runs, axis=1, return_index=True, return_counts=True)
        if len(sizes) >= RUNS and sizes[sizes > 1].sum() >= MANY * len(rows):
            batch = _rule(data.start[rows[first]], sizes, work[rows[first]])
            if batch is not None:
                found[activity] = batch
    return found


def _rule(starts: Seconds, sizes: np.ndarray, work: Seconds) -> Batch | None:
    per_item, fixed = np.polyfit(sizes, work, 1) if len(set(sizes.tolist())) > 1 else (0.0, work.mean())
    if per_item < 0 or fixed < 0:
        per_item, fixed = max(0.0, (work / sizes).mean() if fixed < 0 else 0.0), max(0.0, fixed if fixed > 0 else 0.0)
    clock, at = Counter((np.round(np.mod(starts, DAY) / 300) * 300).tolist()).most_common(1)[0]
    size, same = Counter(sizes.tolist()).most_common(1)[0]
    if at >= CLEAR * len(starts):
        days = Counter((np.mod(starts, WEEK) // DAY).astype(int).tolist())
        usual = tuple(sorted(day for day, n in days.items() if n >= 0.1 * len(starts)))
        return Batch(clock, usual, None, float(fixed), float(per_item), len(starts), at / len(starts))
    if same >= CLEAR * len(starts) and size > 1:
        return Batch(None, (), int(size), float(fixed), float(per_item), len(starts), same / len(starts))
    return None
