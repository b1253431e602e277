"""How long a run needs to forget that it began empty: Welch's moving average and MSER, both as advice only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bko_mining.errors import BkoError


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Averages over replications by position in the run, smoothed, and where MSER would cut.

    MSER minimises the standard error of what is left; on short or heavily loaded runs it cuts too little or far too
    much, so it is shown, never applied.
    """

    averages: NDArray[np.float64]
    smoothed: NDArray[np.float64]
    advice: int
    trusted: bool


def welch(series: ArrayLike, *, window: int | None = None) -> NDArray[np.float64]:
    """Welch's moving average of the mean over replications; windows shrink towards the beginning.

    Examples
    --------
    >>> welch([[1.0, 2, 3, 4, 5]], window=1).tolist()
    [1.0, 2.0, 3.0, 4.0]
    """
    mean = np.nanmean(np.atleast_2d(np.asarray(series, float)), axis=0)
    n = len(mean)
    w = max(1, n // 20) if window is None else window
    total = np.concatenate([[0.0], mean.cumsum()])
    place = np.arange(n - w)
    reach = np.minimum(place, w)
    smooth: NDArray[np.float64] = (total[place + reach + 1] - total[place - reach]) / (2 * reach + 1)
    return smooth


def mser(series: ArrayLike, *, batch: int = 5) -> int:
    """The cut that minimises the squared standard error of the rest (MSER-5, White 1997), in observations.

    Only the first half of the run is searched, as is usual: a minimum beyond it means the run is too short.
    """
    mean = np.nanmean(np.atleast_2d(np.asarray(series, float)), axis=0)
    n = len(mean) // batch
    if n < 4:
        raise BkoError(f"MSER needs {4 * batch} observations at least, not {len(mean)}")
    batches = mean[: n * batch].reshape(n, batch).mean(axis=1)
    left = np.arange(n, 0, -1)
    sums, squares = batches[::-1].cumsum()[::-1], (batches**2)[::-1].cumsum()[::-1]
    error = (squares - sums**2 / left) / left**2
    return int(np.argmin(error[: n // 2 + 1])) * batch


def warm_up(series: ArrayLike) -> WarmUp:
    """Look at one series a replication (rows) for the end of the warm-up."""
    x = np.atleast_2d(np.asarray(series, float))
    averages = np.nanmean(x, axis=0)
    advice = mser(x)
    return WarmUp(averages, welch(x), advice, trusted=advice < len(averages) // 2 - 5)
