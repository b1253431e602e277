"""Pairing rows that start with rows that complete an activity, so that nothing is lost.

A start without a completion stays as an open instance, a completion without a start as an instance without one. Rows
that lie between (suspend, assign) and schedules that nothing came of are counted, not kept as instances.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bko_mining.log.coding import MISSING, Codes, Instants, encode
from bko_mining.log.headings import TRANSITIONS, normalise

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Paired:
    """Instances made of lifecycle rows.

    Attributes
    ----------
    rows, starts : int64[n]
        The row that names each instance (its completion; its start where it is open), and its starting row or -1.
    enabled : int64[n]
        When the instance was scheduled; ``MISSING`` where not known.
    is_open : bool[n]
        Instances without a completion.
    n_unstarted, n_open, n_folded : int
        Completions without a start, starts without a completion, rows that lie between or were never followed up.
    """

    rows: Instants
    starts: Instants
    enabled: Instants
    is_open: Mask
    n_unstarted: int
    n_open: int
    n_folded: int


def transitions(column: pa.ChunkedArray) -> NDArray[np.str_]:
    """What each row of a lifecycle column does: start, complete, schedule, between, or empty where unknown."""
    codes, names = encode(column)
    kinds = np.array([*(TRANSITIONS.get(normalise(name), "") for name in names.to_pylist()), ""])
    meant: NDArray[np.str_] = kinds[codes]
    return meant


def has_pairs(kinds: NDArray[np.str_]) -> bool:
    """Whether a lifecycle tells starts from completions at all."""
    return bool((kinds == "start").any() and (kinds == "complete").any())


def pair_rows(
    kinds: NDArray[np.str_], instant: Instants, key: Codes, resource: Codes, *, by_instance: bool = False
) -> Paired:
    """Pair the rows of each key (case and activity, or case and instance).

    Parameters
    ----------
    kinds : str[n]
        From ``transitions``; unknown ones count as completions without a start.
    instant : int64[n]
        Microseconds UTC.
    key, resource : int32[n]
        Rows of one key may belong together; where several are open at once, the same resource goes first.
    by_instance : bool
        True if the key already names the instance.

    Examples
    --------
    >>> kinds = np.array(["start", "start", "complete", "complete", "start"])
    >>> paired = pair_rows(kinds, np.arange(5), np.zeros(5, np.int32), np.array([7, 8, 8, 7, 7], np.int32))
    >>> paired.rows.tolist(), paired.starts.tolist(), paired.is_open.tolist()
    ([2, 3, 4], [1, 0, 4], [False, False, True])
    """
    # At one instant, starts come before completions: an activity may take no time at all.
    priority = np.select([kinds == "schedule", kinds == "start"], [0, 1], 2)
    order = np.lexsort((np.arange(len(key)), priority, instant, key))
    kinds_sorted, key_sorted = kinds[order], key[order].astype(np.int64)
    opens, closes = kinds_sorted == "start", kinds_sorted == "complete"
    partner = np.full(len(key), -1, np.int64)
    if not by_instance:
        period = _period(key_sorted, opens, closes)
        who = resource[order].astype(np.int64) + 1
        _match(period * (int(who.max()) + 1) + who, opens, closes, partner)
        left = partner == -1
        _match(period, opens & left, closes & left, partner)
    else:
        _match(key_sorted, opens, closes, partner)
    other = (kinds_sorted == "") & (instant[order] != MISSING)
    first = np.flatnonzero(opens & (partner == -1))
    done = np.flatnonzero(closes | other)
    rows = np.concatenate([done, first])
    starts = np.concatenate([partner[done], first])
    enabled, n_used = _scheduled(key_sorted, kinds_sorted, instant[order], starts)
    n_between = int(((kinds_sorted == "between") | (kinds_sorted == "schedule")).sum()) - n_used
    back = np.argsort(order[rows], kind="stable")
    is_open = np.concatenate([np.zeros(len(done), bool), np.ones(len(first), bool)])
    return Paired(
        rows=order[rows][back],
        starts=np.where(starts >= 0, order[starts], -1)[back],
        enabled=enabled[back],
        is_open=is_open[back],
        n_unstarted=int((partner[closes] == -1).sum()),
        n_open=len(first),
        n_folded=n_between,
    )


def _match(key: Instants, opens: Mask, closes: Mask, partner: Instants) -> None:
    """First in, first out within a key: write to each row the position of its other half."""
    rows = np.flatnonzero(opens | closes)
    rows = rows[np.argsort(key[rows], kind="stable")]
    lost = _unmatched(key[rows], opens[rows])
    rows = rows[~lost]
    starts, ends = rows[opens[rows]], rows[closes[rows]]
    n_starts, n_ends = _rank(key[starts]), _rank(key[ends])
    # Both halves are sorted by key: the k-th start of a key meets its k-th end.
    joined = {"start": key[starts] * 2**31 + n_starts, "end": key[ends] * 2**31 + n_ends}
    _, left, right = np.intersect1d(joined["start"], joined["end"], assume_unique=True, return_indices=True)
    partner[starts[left]], partner[ends[right]] = ends[right], starts[left]


def _unmatched(key: Instants, opens: Mask) -> Mask:
    """Ends that come when nothing of their key is open."""
    if len(key) == 0:
        return np.zeros(0, bool)
    balance = np.cumsum(np.where(opens, 1, -1))
    new = np.diff(key, prepend=key[0] - 1) != 0
    before = np.where(new, balance - np.where(opens, 1, -1), 0)
    group = np.cumsum(new) - 1
    balance = balance - before[np.flatnonzero(new)][group]
    # A group further down is lower by more than any balance, so the running minimum begins anew with each.
    far = 2 * len(key) + 2
    floor = np.minimum.accumulate(np.where(new, np.minimum(balance, 0), balance) - group * far) + group * far
    previous = np.where(new, 0, np.minimum(np.roll(floor, 1), 0))
    lost: Mask = ~opens & (balance < previous)
    return lost


def _period(key: Instants, opens: Mask, closes: Mask) -> Instants:
    """Number the stretches of a key in which something stays open."""
    steps = np.where(opens, 1, np.where(closes, -1, 0))
    lost = np.zeros(len(key), bool)
    moving = np.flatnonzero(steps)
    lost[moving] = _unmatched(key[moving], opens[moving])
    level = np.cumsum(np.where(lost, 0, steps))
    new = np.diff(key, prepend=key[:1] - 1) != 0
    base = np.where(new, level - np.where(lost, 0, steps), 0)[np.flatnonzero(new)][np.cumsum(new) - 1]
    begins = new | lost | (opens & (level - base == 1))
    return np.cumsum(begins)


def _rank(key: Instants) -> Instants:
    """Position of each row within its run of equal keys."""
    new = np.flatnonzero(np.diff(key, prepend=key[:1] - 1) != 0)
    return np.arange(len(key)) - np.repeat(new, np.diff(np.append(new, len(key))))


def _scheduled(key: Instants, kinds: NDArray[np.str_], instant: Instants, starts: Instants) -> tuple[Instants, int]:
    """The schedule that precedes a start with no other start between them."""
    marks = np.flatnonzero((kinds == "schedule") | (kinds == "start"))
    enabled = np.full(len(key), MISSING)
    if len(marks) > 1:
        follows = (
            (kinds[marks[1:]] == "start") & (kinds[marks[:-1]] == "schedule") & (key[marks[1:]] == key[marks[:-1]])
        )
        enabled[marks[1:][follows]] = instant[marks[:-1][follows]]
    known = np.append(enabled, MISSING)[starts]
    return known, int((enabled != MISSING).sum())


def combined(*codes: Codes) -> Codes:
    """One key for each combination of codes.

    Examples
    --------
    >>> combined(np.array([0, 0, 1], np.int32), np.array([2, -1, 2], np.int32)).tolist()
    [1, 0, 2]
    """
    key = np.zeros(len(codes[0]), np.int64)
    for column in codes:
        key = key * (int(column.max(initial=0)) + 2) + column + 1
    return np.unique(key, return_inverse=True)[1].astype(np.int32)
