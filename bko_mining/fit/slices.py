"""Slices of time: logs that hold whatever was recorded between two instants, so that cases are cut at the edges.

Most logs hold whole cases. A slice shows itself at its edges: much of what was under way seems to begin there (or to
end there), and it begins (ends) with other activities than cases do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bko_mining.fit.courses import Courses
from bko_mining.simulate.following import DAY

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]

_FEWEST = 10
"""Cases at an edge below which nothing is said."""
_BY_CHANCE = 1e-3
"""Probability below which an edge is taken to be cut."""
_SHUFFLES = 1999
_MOST = 1 / 3
"""Share of the cases that may be left aside; a log with more of them at its edges is too short to tell."""
_QUIET = 0.9
"""Share of the pauses within cases that are over within what counts as the edge."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What is left between the edges.

    Attributes
    ----------
    inner : Courses
        Cases that began and ended between the edges.
    until : float
        Instant at which cases that had finished are still all known.
    edges : tuple of str
        Which edges cut cases: ``beginning``, ``end``, both or neither.
    left_aside : int
        Number of cases that an edge may have cut.
    """

    inner: Courses
    until: float
    edges: tuple[str, ...]
    left_aside: int


def between_edges(found: Courses, until: float) -> Slice:
    """Leave aside the cases that the edges of the log may have cut.

    A case under way at an edge shows itself within a pause between two of its instances, so cases that begin (end)
    within that time of an edge are left aside: the rest is what a shorter log of whole cases would hold.
    """
    edge = _edge(found)
    first, last = _outer_activities(found)
    since = float(found.arrival.min())
    keep = np.ones(found.n, bool)
    edges: list[str] = []
    if _is_cut(found.arrival - since, first, edge):
        keep &= found.arrival > since + edge
        edges.append("beginning")
    if _is_cut(until - found.finish, last, edge):
        keep &= found.finish < until - edge
        until -= edge
        edges.append("end")
    if not edges or keep.mean() < 1 - _MOST:
        return Slice(found, until, (), 0)
    return Slice(found.take(keep), until, tuple(edges), int((~keep).sum()))


def _edge(found: Courses) -> float:
    """Seconds within which a case under way shows itself: a long pause from one start to the next."""
    rows = found.rows
    pauses = np.diff(rows.start)[np.diff(rows.case) == 0]
    pauses = pauses[pauses > 0]
    long = float(np.quantile(pauses, _QUIET)) if len(pauses) else 0.0
    return float(np.clip(long, DAY, max(np.ptp(found.arrival) / 10, DAY)))


def _outer_activities(found: Courses) -> tuple[Codes, Codes]:
    begin = np.flatnonzero(np.diff(found.rows.case, prepend=-1))
    return found.rows.activity[begin], found.rows.activity[np.append(begin[1:], len(found.rows.case)) - 1]


def _is_cut(away: Numbers, activity: Codes, edge: float) -> bool:
    """Whether too many cases lie at the edge, and begin (end) otherwise than the rest."""
    from scipy.stats import poisson

    outer = away <= edge
    middle = (away > edge) & (away <= np.ptp(away) / 2)
    if outer.sum() < _FEWEST or middle.sum() < _FEWEST:
        return False
    usual = middle.sum() / (np.ptp(away) / 2 - edge) * edge
    if poisson.sf(outer.sum() - 1, usual) > _BY_CHANCE:
        return False
    return _otherwise(outer, activity) <= _BY_CHANCE


def _otherwise(outer: NDArray[np.bool_], activity: Codes) -> float:
    """Probability that chance alone sets the activities at an edge so far apart from the others (shuffled)."""
    total = np.bincount(activity)
    found = np.bincount(activity[outer], minlength=len(total))
    drawn = np.random.default_rng(0).multivariate_hypergeometric(total, int(outer.sum()), size=_SHUFFLES)
    apart = np.abs(drawn / drawn.sum(axis=1, keepdims=True) - total / total.sum()).sum(axis=1)
    least = np.abs(found / found.sum() - total / total.sum()).sum() - 1e-9
    return float((1 + np.sum(apart >= least)) / (1 + _SHUFFLES))
