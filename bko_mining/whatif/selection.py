"""Which of several scenarios is best: selection with an indifference zone, valid under common random numbers.

Kim and Nelson, *A fully sequential procedure for indifference-zone selection in simulation* (2001): scenarios are
dropped as soon as the runs rule them out; the last one is the best, or within the indifference zone of the best, with
the confidence asked for.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bko_mining.errors import BkoError


@dataclass(frozen=True, slots=True)
class Selection:
    """What is left after the runs at hand.

    ``survivors`` are positions, best mean first; ``dropped_at`` says after how many replications each was ruled out
    (0: not). The choice is made (``decided``) once one is left, or the procedure has run its full length ``limit``.
    """

    survivors: tuple[int, ...]
    dropped_at: tuple[int, ...]
    n: int
    limit: int

    @property
    def best(self) -> int:
        """The best, as far as is known."""
        return self.survivors[0]

    @property
    def decided(self) -> bool:
        """Whether the choice holds with the confidence asked for."""
        return len(self.survivors) == 1 or self.n >= self.limit


def select_best(
    samples: ArrayLike, *, indifference: float, confidence: float = 0.95, first_stage: int = 10, lower: bool = True
) -> Selection:
    """Select the scenario with the lowest (or highest) mean.

    Parameters
    ----------
    samples : array [scenarios, replications]
        One figure of each run; replications share their random numbers, or not.
    indifference : float
        A difference too small to matter.
    first_stage : int
        Replications from which variances of differences are estimated.

    Raises
    ------
    BkoError
        With fewer replications than the first stage, or an indifference that is not positive.
    """
    x = np.asarray(samples, float) * (-1 if lower else 1)
    k, n = x.shape
    if n < first_stage or first_stage < 2 or indifference <= 0:
        raise BkoError(f"selection needs {first_stage} replications (there are {n}) and a positive indifference zone")
    eta = ((2 * (1 - confidence) / max(1, k - 1)) ** (-2 / (first_stage - 1)) - 1) / 2
    boundary = 2 * eta * (first_stage - 1) * _variances(x[:, :first_stage])
    limit = int(np.floor((boundary / indifference**2).max())) + 1
    sums = x.cumsum(axis=1)
    alive, dropped = np.ones(k, bool), np.zeros(k, np.int64)
    for r in range(first_stage, min(n, limit) + 1):
        # Continuation region: how far behind a scenario may lie before it is ruled out.
        slack = np.maximum(0.0, indifference / (2 * r) * (boundary / indifference**2 - r)) * r
        behind = sums[None, :, r - 1] - sums[:, None, r - 1] > slack
        losers = alive & (behind & alive[None, :]).any(axis=1)
        if losers.sum() == alive.sum():
            break
        dropped[losers] = r
        alive &= ~losers
        if alive.sum() == 1:
            break
    means = x[:, : min(n, limit)].mean(axis=1)
    survivors = tuple(int(i) for i in np.argsort(-means, kind="stable") if alive[i])
    return Selection(survivors, tuple(dropped.tolist()), n, limit)


def _variances(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sample variance of the difference of every pair of rows."""
    variances: NDArray[np.float64] = (x[:, None, :] - x[None, :, :]).var(axis=2, ddof=1)
    return variances
