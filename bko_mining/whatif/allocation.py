"""More runs for plans of which it is least sure whether they belong to the front: optimal computing budget allocation.

A plan is wrongly on the front, or wrongly off it, by the plan that comes nearest to beating it, in the figure in which
the two are hardest to tell apart; runs go out in proportion to ``(s / d)^2``, with ``d`` the difference in that figure
and ``s`` the standard deviation of the paired differences, to the plan and to its rival.

Source: Lee, Chew, Teng and Goldsman, *Finding the non-dominated Pareto set for multi-objective simulation models*
(2010), with paired differences, since plans share their luck.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bko_mining.whatif.statistics import Numbers

Sampler = Callable[[Mapping[int, int]], Sequence[Numbers]]
"""Samples [replications, figures] (smaller is better) of plans of which so many replications are asked."""

ROUNDS = 6
MOST = 8
"""Times the first runs that one plan may have."""

_NEAR = 0.2
"""Differences below this share of their standard deviation are as hard to tell as those at it."""


def allocate(sample: Sampler, counts: Mapping[int, int], runs: int) -> dict[int, int]:
    """Spend so many more runs on plans in rounds; returns how many runs each has had.

    Parameters
    ----------
    sample : function
        Makes the runs that are missing, and returns the samples of the plans in the order asked for.
    counts : mapping of plan to int
        The plans that may belong to the front, with the runs they have had.
    runs : int
        How many more there are to spend in all.
    """
    counts, most = dict(counts), MOST * max(counts.values(), default=0)
    for left_rounds in range(ROUNDS, 0, -1):
        portion = -(-runs // left_rounds)
        more = _shares(hardness(sample(counts)), np.array(list(counts.values())), portion, most)
        counts = {plan: n + int(extra) for (plan, n), extra in zip(counts.items(), more, strict=True)}
        runs -= int(more.sum())
        if not more.any():
            break
    sample(counts)
    return counts


def hardness(samples: Sequence[Numbers]) -> Numbers:
    """How hard it is to tell whether each plan belongs to the front: ``(s / d)^2`` of it or of a plan it rivals.

    Examples
    --------
    >>> near, nearer, far = [[1.0, 5.0], [1.2, 5.0]], [[1.1, 5.1], [1.0, 5.3]], [[9.0, 9.0], [9.1, 9.2]]
    >>> hard = hardness([np.array(near), np.array(nearer), np.array(far)])
    >>> bool(hard[0] > 100 * hard[2])
    True
    """
    from scipy.special import ndtr

    k = len(samples)
    mean, spread = (np.zeros((k, k, samples[0].shape[1])) for _ in range(2))
    for i, mine in enumerate(samples):
        for j, other in enumerate(samples):
            n = min(len(mine), len(other))
            gap = mine[:n] - other[:n]
            mean[i, j], spread[i, j] = gap.mean(axis=0), gap.std(axis=0, ddof=1)
    sizes = np.array([len(sample) for sample in samples])
    both = np.minimum.outer(sizes, sizes)[:, :, None]
    spread = np.maximum(spread, 1e-9 * np.abs(mean).max(axis=(0, 1)))
    ahead = ndtr(mean / np.maximum(spread / np.sqrt(both), 1e-300))  # that the other is better, figure by figure
    beaten = ahead.prod(axis=2)
    np.fill_diagonal(beaten, -1.0)
    return _of_rivals(beaten.argmax(axis=1), ahead, np.abs(mean) / np.maximum(spread, 1e-300))


def _of_rivals(rival: NDArray[np.intp], ahead: Numbers, distance: Numbers) -> Numbers:
    """The hardness of each plan against its rival, which has at least as much of it."""
    plans = np.arange(len(rival))
    figure = ahead[plans, rival].argmin(axis=1)
    hard = 1 / np.maximum(distance[plans, rival, figure], _NEAR) ** 2
    shared = hard.copy()
    np.maximum.at(shared, rival, hard)
    return np.asarray(shared)


def _shares(hard: Numbers, counts: NDArray[np.int64], portion: int, most: int) -> NDArray[np.int64]:
    """Runs for each plan that bring it nearest to its share of all runs."""
    more = np.zeros(len(counts), np.int64)
    wanted = hard / hard.sum() * (counts.sum() + portion)
    for _ in range(portion):
        lack = np.where(counts + more < most, wanted - counts - more, -np.inf)
        if not np.isfinite(lack.max()):
            break
        more[int(lack.argmax())] += 1
    return more
