"""Which activities run side by side, as the log shows them: the concurrency oracle.

Two activities are concurrent where a case may do them in either order, or at the same time. Everything that asks *what
had to be finished before this could start* (waiting, enabling, routing) needs to know it, or a parallel branch reads as
a queue.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.discover.branches import consistent, extended, running
from bko_mining.log.event_log import MISSING, EventLog
from bko_mining.results import Result
from bko_mining.words import number, say

Matrix = NDArray[np.int64]


_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Concurrency(Result):
    """Pairs of concurrent activities and the parallel blocks they form.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a pair seen together: activity, other, n_cases (each occurs once), first_share (activity starts before
        other), overlap_share (of those cases, where the two overlap) and concurrent.
    activities : tuple of str
        The names behind the codes, as in the log.
    pairs : bool[n_activities, n_activities]
        True where two activities are concurrent; symmetric, False on the diagonal.
    blocks : tuple
        Parallel blocks; a block is a tuple of branches, a branch a tuple of activity codes.
    """

    activities: tuple[str, ...]
    pairs: NDArray[np.bool_]
    blocks: tuple[tuple[tuple[int, ...], ...], ...]

    def among(self, activities: tuple[str, ...]) -> "Concurrency":
        """The same for a log with other activities or codes; what is not known runs side by side with nothing."""
        place = {name: code for code, name in enumerate(self.activities)}
        codes = np.array([place.get(name, len(self.activities)) for name in activities], np.int64)
        pairs = np.pad(self.pairs, (0, 1))[np.ix_(codes, codes)]
        new = {code: at for at, code in enumerate(codes.tolist())}
        blocks = tuple(
            tuple(tuple(new[code] for code in branch if code in new) for branch in block) for block in self.blocks
        )
        return replace(self, activities=activities, pairs=pairs, blocks=blocks)

    @property
    def summary(self) -> str:
        """How many pairs of activities run side by side, and in how many blocks."""
        n_pairs = int(self.pairs.sum()) // 2
        if not n_pairs:
            return say("No two activities of a case run side by side.")
        return say(
            "{pairs} {pairs:pair|pairs} of activities {pairs:runs|run} side by side, in {blocks} parallel "
            "{blocks:block|blocks}.",
            pairs=number(n_pairs),
            blocks=number(len(self.blocks)),
        )


def concurrency(log: EventLog, *, threshold: float = 0.01, min_cases: int = 5) -> Concurrency:
    """Find the activities that run side by side in a case.

    Only cases in which both activities occur exactly once are asked, so that rework loops do not look like
    concurrency, and nothing else may nearly always lie between the two. A pair is concurrent if each order has at
    least ``min_cases`` cases and the share ``threshold``, or if the two overlap in time in at least ``min_cases``
    cases and one in twenty. The pairs are then made consistent: within a block, two activities of different branches
    are always concurrent; the weakest pair is dropped until this
    holds. Pairs too rarely seen together follow the rest of their branch. Last, an activity that always comes after a
    branch joins it if a rework loop of another branch is seen to go on after it.

    Parameters
    ----------
    log : EventLog
        The log; without starts, only the order of the ends is used.
    threshold : float
        Smallest share of the rarer order.
    min_cases : int
        Smallest number of cases for each order.

    Returns
    -------
    Concurrency
        ``pairs`` (boolean matrix over ``log.activities``), ``blocks`` and a table of the evidence.

    Examples
    --------
    >>> import bko_mining as bko, pandas as pd
    >>> hours = lambda *h: pd.to_datetime("2026-01-05") + pd.to_timedelta(list(h), unit="h")
    >>> cases = [(f"A{i}", order) for i, order in enumerate(["rsbe", "rbse"] * 5)]
    >>> rows = pd.DataFrame([(c, a, t) for c, order in cases for a, t in zip(order, hours(8, 9, 10, 11))],
    ...                     columns=["case_id", "activity", "end"])
    >>> found = bko.concurrency(bko.read_log(rows, timezone="UTC"))
    >>> [[[found.activities[a] for a in branch] for branch in block] for block in found.blocks]
    [[['s'], ['b']]]
    """
    asked = (threshold, min_cases)
    if asked not in _FOUND.setdefault(log, {}):
        _FOUND[log][asked] = _concurrency(log, threshold, min_cases)
    return _FOUND[log][asked]


def _concurrency(log: EventLog, threshold: float, min_cases: int) -> Concurrency:
    once = _single_occurrences(log)
    together, before, overlapping = _orders(log, once)
    rarer = np.minimum(before, before.T)
    either_order = rarer >= np.maximum(min_cases, threshold * together)
    either_order &= ~_always_apart(log, once, either_order)
    side_by_side = overlapping >= np.maximum(min_cases, 0.05 * together)
    pairs = (either_order | side_by_side) & ~np.eye(len(together), dtype=bool)
    ordered = ~pairs & (_seen(together) | _exclusive(once, together))
    strength = np.maximum(rarer, overlapping) / np.maximum(together, 1)
    pairs, blocks = consistent(pairs, ordered, strength)
    pairs, blocks = extended(log, once, pairs, blocks, min_cases)
    return Concurrency(
        table=_evidence(log, together, before, overlapping, pairs),
        activities=log.activities,
        pairs=pairs,
        blocks=blocks,
    )


def side_by_side(log: EventLog, found: Concurrency, extra: Iterable[tuple[int, int]]) -> Concurrency:
    """Return what was found with more pairs, known from elsewhere; of pairs that do not fit together these stay.

    Parameters
    ----------
    log : EventLog
        The log.
    found : Concurrency
        What was found in it.
    extra : iterable of (int, int)
        Codes of activities that run side by side, too.
    """
    once = _single_occurrences(log)
    together, before, overlapping = _orders(log, once)
    pairs = found.pairs.copy()
    strength = np.maximum(np.minimum(before, before.T), overlapping) / np.maximum(together, 1)
    for a, b in extra:
        pairs[a, b] = pairs[b, a] = True
        strength[a, b] = strength[b, a] = 1.0
    ordered = ~pairs & ((_seen(together) & _enables(log, replace(found, pairs=pairs))) | _exclusive(once, together))
    pairs, blocks = extended(log, once, *consistent(pairs, ordered, strength), 5)
    return replace(found, table=_evidence(log, together, before, overlapping, pairs), pairs=pairs, blocks=blocks)


def enabling(log: EventLog, found: Concurrency | None = None) -> NDArray[np.int64]:
    """Row of the activity instance whose end enabled each instance, -1 where none did.

    That is the instance of the case that ended last among those that had ended when this one started and are not
    concurrent with it; ties go to the later row. Where none had ended yet, the last that started before it.

    Parameters
    ----------
    log : EventLog
        The log.
    found : Concurrency, optional
        What runs side by side; found from the log if not given.

    Returns
    -------
    int64[n]
        Positions in the columns of the log.
    """
    if found is not None:
        return _enabling(log, found)
    if log not in _KNOWN:
        rows = _enabling(log, concurrency(log))
        rows.flags.writeable = False
        _KNOWN[log] = rows
    return _KNOWN[log]


_FOUND: WeakKeyDictionary[EventLog, dict[tuple[float, int], Concurrency]] = WeakKeyDictionary()
_KNOWN: WeakKeyDictionary[EventLog, NDArray[np.int64]] = WeakKeyDictionary()
"""Logs never change, and nearly every measure of waiting asks: the answers are kept as long as their log."""


def _enabling(log: EventLog, found: Concurrency) -> NDArray[np.int64]:
    if not found.pairs.any() and not _overlaps(log):
        return np.where(log.follows, np.arange(len(log)) - 1, -1)
    ended, started = np.full(len(log), -1, np.int64), np.full(len(log), -1, np.int64)
    latest = np.full(len(log), np.iinfo(np.int64).min)
    place = np.arange(len(log)) - np.repeat(log.offsets[:-1], log.n_instances)
    begin, finish = log.begin, log.finish
    highest = _highest_so_far(finish, place)
    alive = np.flatnonzero(place)
    for lag in range(1, int(log.n_instances.max())):
        # What no instance further back can outdo is settled.
        alive = alive[place[alive] >= lag]
        alive = alive[(ended[alive] < 0) | (latest[alive] < highest[alive - lag])]
        row = alive[~found.pairs[log.activity[alive], log.activity[alive - lag]]]
        before = finish[row - lag]
        later = (before <= begin[row]) & (before > latest[row])
        ended[row[later]], latest[row[later]] = row[later] - lag, before[later]
        first = row[started[row] < 0]
        started[first] = first - lag
    return np.where(ended >= 0, ended, started)


def _highest_so_far(values: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.int64]:
    """The highest value of each case up to and with each row, ``place`` being the row's place in its case."""
    highest, step = values.copy(), 1
    while step <= int(place.max(initial=0)):
        # Rows near the beginning of a case keep what they have.
        reached = np.where(place[step:] >= step, highest[:-step], highest[step:])
        highest[step:] = np.maximum(highest[step:], reached)
        step *= 2
    return highest


def _overlaps(log: EventLog) -> bool:
    """Whether any instance of a case starts before an earlier one has ended."""
    begin, finish = log.begin, log.finish
    return bool((begin[1:] < finish[:-1])[log.follows[1:]].any())


def _single_occurrences(log: EventLog) -> Matrix:
    """Row of the only occurrence of each activity (columns) in each case (rows), -1 where none or several."""
    n_activities = len(log.activities)
    key = log.case.astype(np.int64) * n_activities + log.activity
    counts = np.bincount(key, minlength=log.n_cases * n_activities)
    rows = np.full(log.n_cases * n_activities, -1, np.int64)
    rows[key] = np.arange(len(log))
    # Column by column is how it is read.
    return np.asfortranarray(np.where(counts == 1, rows, -1).reshape(log.n_cases, n_activities))


def _orders(log: EventLog, once: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Cases with both activities, cases in which the first starts earlier, cases in which the two overlap."""
    n = once.shape[1]
    together, before, overlapping = (np.zeros((n, n), np.int64) for _ in range(3))
    frequent = np.flatnonzero((once >= 0).sum(axis=0) >= 2).tolist()
    # What an activity lacks in a case neither ends before anything nor starts after anything.
    begin, finish = (
        _of_each(once, values, lacking) for values, lacking in ((log.begin, _NEVER), (log.finish, -_NEVER))
    )
    timed = _of_each(once, (log.start != MISSING) & (log.end != MISSING), False)
    for a, b in combinations(frequent, 2):
        together[a, b] = together[b, a] = int(((once[:, a] >= 0) & (once[:, b] >= 0)).sum())
        before[a, b], before[b, a] = _before(once, begin, finish, a, b), _before(once, begin, finish, b, a)
        common = np.minimum(finish[:, a], finish[:, b]) > np.maximum(begin[:, a], begin[:, b])
        overlapping[a, b] = overlapping[b, a] = int((common & timed[:, a] & timed[:, b]).sum())
    return together, before, overlapping


def _of_each(once: Matrix, values: NDArray[Any], lacking: Any) -> NDArray[Any]:
    """The value of the only occurrence of each activity in each case."""
    return np.asfortranarray(np.append(values, np.asarray(lacking, values.dtype))[once])


def _before(once: Matrix, begin: Matrix, finish: Matrix, a: int, b: int) -> int:
    """Cases in which an activity ends before another starts; at one instant the order of the rows decides."""
    first = (finish[:, a] <= begin[:, b]) & (once[:, a] >= 0) & (once[:, b] >= 0)
    return int((first & ((begin[:, a] != begin[:, b]) | (once[:, a] <= once[:, b]))).sum())


def _always_apart(log: EventLog, once: Matrix, candidates: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pairs between which the same third activity nearly always occurs, in whichever order: two ways of a loop."""
    apart = np.zeros_like(candidates)
    if not candidates.any():
        return apart
    counted = [running(log.activity == third) for third in range(once.shape[1])]
    for a, b in np.argwhere(np.triu(candidates, 1)).tolist():
        both = (once[:, a] >= 0) & (once[:, b] >= 0)
        low, high = np.minimum(once[both, a], once[both, b]), np.maximum(once[both, a], once[both, b])
        for third in range(once.shape[1]):
            before = counted[third]
            if third not in (a, b) and (before[high] > before[low]).mean() > 0.95:
                apart[a, b] = apart[b, a] = True
    return apart


def _seen(together: Matrix) -> NDArray[np.bool_]:
    """Pairs seen together often enough to call them ordered."""
    return np.asarray(together >= 20)


def _enables(log: EventLog, found: Concurrency) -> NDArray[np.bool_]:
    """Pairs of which one enables at least one in twenty of the other: what is short comes before much by chance."""
    enabler = _enabling(log, found)
    rows = np.flatnonzero(enabler >= 0)
    counts = np.zeros(found.pairs.shape, np.int64)
    np.add.at(counts, (log.activity[enabler[rows]], log.activity[rows]), 1)
    direct = counts >= 0.05 * np.maximum(1, counts.sum(axis=0))
    return np.asarray(direct | direct.T)


def _exclusive(once: Matrix, together: Matrix) -> NDArray[np.bool_]:
    """Pairs that would often share a case by chance and hardly ever do: two ends of a choice."""
    present = (once >= 0).sum(axis=0)
    expected = np.outer(present, present) / max(1, len(once))
    return np.asarray((expected >= 10) & (together < 0.1 * expected))


def _evidence(
    log: EventLog, together: Matrix, before: Matrix, overlapping: Matrix, pairs: NDArray[np.bool_]
) -> pd.DataFrame:
    a, b = np.nonzero(np.triu((together > 0) | pairs, 1))
    n = np.maximum(together[a, b], 1)
    table = pd.DataFrame(
        {
            "activity": [log.activities[code] for code in a],
            "other": [log.activities[code] for code in b],
            "n_cases": together[a, b],
            "first_share": before[a, b] / n,
            "overlap_share": overlapping[a, b] / n,
            "concurrent": pairs[a, b],
        }
    )
    return table.sort_values(["concurrent", "n_cases"], ascending=False, kind="stable", ignore_index=True)
