"""Parallel blocks: pairs of concurrent activities made consistent, so that each block splits into branches."""

from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from bko_mining.log.event_log import EventLog

Matrix = NDArray[np.int64]


def running(rows: NDArray[np.bool_]) -> NDArray[np.int32]:
    """How many rows up to, and without, each."""
    total = np.zeros(len(rows) + 1, np.int32)
    np.cumsum(rows, out=total[1:])
    return total


def consistent(
    pairs: NDArray[np.bool_], ordered: NDArray[np.bool_], strength: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], tuple[tuple[tuple[int, ...], ...], ...]]:
    """Drop the weakest pairs until every component of pairs splits into branches; fill in pairs never tested."""
    pairs = pairs.copy()
    blocks: list[tuple[tuple[int, ...], ...]] = []
    todo = [part for part in _components(pairs, range(len(pairs))) if len(part) > 1]
    while todo:
        block = todo.pop()
        branches = _components(ordered, block)
        if len(branches) > 1:
            for one, other in combinations(branches, 2):
                pairs[np.ix_(one, other)] = pairs[np.ix_(other, one)] = True
            for branch in branches:
                pairs[np.ix_(branch, branch)] = False
            blocks.append(branches)
            continue
        candidates = [(strength[a, b], a, b) for a, b in combinations(block, 2) if pairs[a, b]]
        _, a, b = min(candidates)
        pairs[a, b] = pairs[b, a] = False
        ordered = ordered.copy()
        ordered[a, b] = ordered[b, a] = True
        todo += [part for part in _components(pairs, block) if len(part) > 1]
    return pairs, tuple(sorted(blocks))


def extended(
    log: EventLog,
    once: Matrix,
    pairs: NDArray[np.bool_],
    blocks: tuple[tuple[tuple[int, ...], ...], ...],
    min_cases: int,
) -> tuple[NDArray[np.bool_], tuple[tuple[tuple[int, ...], ...], ...]]:
    """Lengthen branches by activities beyond which another branch is seen to go on."""
    longer = []
    for block in blocks:
        branches = [set(branch) for branch in block]
        found = True
        while found:
            found = False
            outside = set(range(len(log.activities))) - {a for b in blocks for branch in b for a in branch}
            outside -= {a for branch in branches for a in branch}
            for branch, other in permutations(branches, 2):
                within = _Within.of(log, other)
                for activity in sorted(outside):
                    if _goes_on_beyond(log, once[:, activity], branch, within, min_cases):
                        branch.add(activity)
                        outside.discard(activity)
                        found = True
        longer.append(tuple(sorted(tuple(sorted(branch)) for branch in branches)))
        for one, two in permutations(longer[-1], 2):
            pairs[np.ix_(one, two)] = True
    return pairs, tuple(sorted(longer))


@dataclass(frozen=True, slots=True, eq=False)
class _Within:
    """Steps of a branch: from one of its activities to the next of the same case, whatever lies between."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    case: NDArray[np.int32]
    pair: NDArray[np.int64]

    @classmethod
    def of(cls, log: EventLog, branch: set[int]) -> "_Within":
        n_activities, case = len(log.activities), log.case
        rows = np.flatnonzero(_among(log, branch))
        inside = case[rows[:-1]] == case[rows[1:]]
        first, second = rows[:-1][inside], rows[1:][inside]
        return cls(
            first, second, case[first], log.activity[first].astype(np.int64) * n_activities + log.activity[second]
        )


def _among(log: EventLog, activities: set[int]) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = np.isin(np.arange(len(log.activities)), list(activities))
    return known[log.activity]


def _goes_on_beyond(log: EventLog, at: NDArray[np.int64], branch: set[int], other: _Within, min_cases: int) -> bool:
    """Whether an activity comes after its branch, and the other branch goes on after it as if it were not there.

    ``at`` is the row of the activity in each case, -1 where it does not occur once.
    """
    size = len(log.activities) ** 2
    here = at[other.case]
    spans = (other.first < here) & (here < other.second)
    usual, beyond = (np.bincount(other.pair[kind], minlength=size) for kind in (~spans, spans))
    explained = int(beyond[usual >= 3].sum())
    present = at >= 0
    n = int(present.sum())
    if explained < max(min_cases, 0.005 * n) or beyond.sum() - explained > 0.1 * explained:
        return False
    seen = running(_among(log, branch))
    before = int((seen[at] > seen[log.offsets[:-1]])[present].sum())
    return before >= 0.95 * n


def _components(linked: NDArray[np.bool_], nodes: "range | tuple[int, ...]") -> tuple[tuple[int, ...], ...]:
    """Connected parts of an undirected graph over some nodes, in order of their smallest node."""
    left, parts = sorted(nodes), []
    while left:
        part, edge = {left[0]}, [left[0]]
        while edge:
            node = edge.pop()
            new = [other for other in left if other not in part and linked[node, other]]
            part.update(new)
            edge += new
        parts.append(tuple(sorted(part)))
        left = [node for node in left if node not in part]
    return tuple(parts)
