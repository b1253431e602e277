"""The contest of the plans on a front: more runs for those that may still be best, none for those surely beaten.

Screening by paired differences (Nelson, Swann, Goldsman and Song, *Simple procedures for selecting the best simulated
system when the number of alternatives is large*, 2001), for several figures at once: a plan leaves when another is
surely better in one figure and, as surely, not worse in any.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bko_mining.whatif.statistics import bonferroni, t_quantile

if TYPE_CHECKING:
    from bko_mining.whatif.experiment import Crew

Scores = Callable[[dict[str, float]], tuple[float, ...]]


def surely_beaten(samples: ArrayLike, *, confidence: float = 0.95) -> NDArray[np.bool_]:
    """Tell which plans another beats beyond chance.

    Parameters
    ----------
    samples : array [plans, replications, figures]
        Smaller is better; replications share their luck.
    confidence : float
        That no plan is called beaten wrongly, shared out over the pairs and figures (Bonferroni).

    Examples
    --------
    >>> surely_beaten([[[1.0, 5.0], [2.0, 6.0]], [[3.0, 5.0], [4.0, 6.0]], [[9.0, 1.0], [8.0, 1.0]]]).tolist()
    [False, True, False]
    """
    x = np.asarray(samples, float)
    plans, n, figures = x.shape
    if plans < 2 or n < 2:
        return np.zeros(plans, bool)
    # [challenger, holder, figure]: what the challenger has more (worse) than the holder.
    more = x[:, None] - x[None, :]
    each = bonferroni(confidence, (plans - 1) * figures)
    half = t_quantile(2 * each - 1, n - 1) * more.std(axis=2, ddof=1) / np.sqrt(n)
    high = more.mean(axis=2) + half
    return np.asarray(((high <= 0).all(axis=2) & (high < 0).any(axis=2)).any(axis=0))


def run_contest(crew: "Crew", scores: Scores, *, among: Sequence[int], last: int) -> list[int]:
    """Double the replications, up to ``last``, of the plans that are not surely beaten; return these."""
    alive = list(among)
    n = min((len(crew.outcomes[i]) for i in alive), default=last)
    while n < last and len(alive) > 1:
        n = min(last, 2 * n)
        crew.run_until(n, only=alive)
        samples = [[scores(outcome.figures) for outcome in crew.outcomes[i][:n]] for i in alive]
        alive = [i for i, gone in zip(alive, surely_beaten(samples), strict=True) if not gone]
    return alive
