"""Laws of chance as piecewise linear quantile functions.

Every law of a twin (family, scipy, empirical, mixture, share of zeros) becomes the same thing: ascending
probabilities and the values there. A draw is then one search and one line, the same in numpy, Python and numba; the
tails are resolved to 1e-9 and the mean of a family is exact.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bko_mining.twin.values import Distribution

Floats = NDArray[np.float64]
_CELLS = 4096
_MANY, _LONG = 200, 40
"""Numbers and knots from which a guide, cut into so many equal cells, is quicker than a search for each number."""


@dataclass(frozen=True, slots=True, eq=False)
class Law:
    """Values at ascending probabilities from 0 to 1, straight lines between them; equal probabilities make a jump."""

    probabilities: Floats
    values: Floats
    _guide: list[Any] = field(default_factory=list, repr=False)

    def at(self, u: Floats) -> Floats:
        """The quantiles at uniform numbers in (0, 1)."""
        p, x = self.probabilities, self.values
        if len(p) == 2 and x[0] == x[1]:
            return np.full(len(u), x[0])
        i = self._place(u)
        return x[i] + (u - p[i]) / (p[i + 1] - p[i]) * (x[i + 1] - x[i])

    def _place(self, u: Floats) -> NDArray[np.int64]:
        """The last probability that is not above each number, as a search would find it, by a guide where many ask."""
        p = self.probabilities
        if len(u) < _MANY or len(p) < _LONG:
            return np.asarray(np.searchsorted(p, u, "right") - 1)
        if not self._guide:
            first = np.searchsorted(p, np.arange(_CELLS + 1) / _CELLS, "right") - 1
            self._guide[:] = first[:-1], np.diff(first) > 1
        begin, crowded = self._guide
        cell = (u * _CELLS).astype(np.int64)
        i = begin[cell]
        i += p[i + 1] <= u
        crowd = np.flatnonzero(crowded[cell])
        i[crowd] = np.searchsorted(p, u[crowd], "right") - 1
        return np.asarray(i)

    @property
    def mean(self) -> float:
        """The mean."""
        return float(np.sum(np.diff(self.probabilities) * (self.values[1:] + self.values[:-1]) / 2))

    @property
    def constant(self) -> bool:
        """Whether every draw is the same."""
        return bool(self.values.min() == self.values.max())


def _grid() -> Floats:
    """Probabilities close together in both tails."""
    low = np.geomspace(1e-7, 0.02, 96)
    return np.concatenate(
        [[0.0], low, np.linspace(0.02, 0.98, 513)[1:-1], 1 - np.geomspace(1e-9, 0.02, 192)[::-1], [1.0]]
    )


_GRID = _grid()
_INSIDE = np.clip(_GRID, 1e-9, 1 - 1e-10)


@lru_cache(maxsize=8192)
def law_of(distribution: Distribution) -> Law:
    """Turn a distribution of a twin into a quantile function.

    Examples
    --------
    >>> law = law_of(Distribution(family="exponential", mean=60))
    >>> round(law.mean, 9), round(float(law.at(np.array([0.5]))[0]), 2)
    (60.0, 41.59)
    """
    p, x = _shape(distribution)
    if distribution.zero_share > 0:
        zero = distribution.zero_share
        p, x = np.concatenate([[0.0, zero], zero + (1 - zero) * p]), np.concatenate([[0.0, 0.0], x])
    if distribution.minimum is not None:
        p, x = _with_knot(p, x, distribution.minimum)
        x = np.maximum(x, distribution.minimum)
    if distribution.maximum is not None:
        p, x = _with_knot(p, x, distribution.maximum)
        x = np.minimum(x, distribution.maximum)
    return Law(p, x * distribution.factor)


def _with_knot(p: Floats, x: Floats, limit: float) -> tuple[Floats, Floats]:
    """Knots where the line crosses a limit, so that cutting it there bends it there and nowhere else."""
    i = np.flatnonzero((x[:-1] - limit) * (x[1:] - limit) < 0)
    at = p[i] + (limit - x[i]) / (x[i + 1] - x[i]) * (p[i + 1] - p[i])
    return np.insert(p, i + 1, at), np.insert(x, i + 1, limit)


def _shape(d: Distribution) -> tuple[Floats, Floats]:
    if d.family == "constant":
        return np.array([0.0, 1.0]), np.full(2, d.value, float)
    if d.family == "uniform":
        return np.array([0.0, 1.0]), np.array([d.low, d.high], float)
    if d.family == "empirical":
        return _atoms(np.array(d.values, float), None if d.weights is None else np.array(d.weights, float))
    if d.family == "quantiles":
        x = np.array(d.values, float)
        return (np.array(d.probabilities) if d.probabilities else np.linspace(0, 1, len(x))), x
    if d.family == "mixture":
        return _mixture(d)
    return _GRID, _smooth(d)


def _atoms(values: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
    order = np.argsort(values, kind="stable")
    values = values[order]
    share = np.full(len(values), 1.0) if weights is None else weights[order]
    edges = np.concatenate([[0.0], np.cumsum(share / share.sum())])
    edges[-1] = 1.0
    return np.repeat(edges, 2)[1:-1], np.repeat(values, 2)


def _mixture(d: Distribution) -> tuple[Floats, Floats]:
    """Components side by side on the unit interval: a draw first chooses one, then its quantile."""
    parts = d.components or ()
    total = sum(part.weight for part in parts)
    p, x, low = [], [], 0.0
    for part in parts:
        law = law_of(part.time)
        high = low + part.weight / total
        p.append(low + (high - low) * law.probabilities)
        x.append(law.values)
        low = high
    together = np.concatenate(p)
    together[-1] = 1.0
    return together, np.concatenate(x)


def _smooth(d: Distribution) -> Floats:
    mean, cv = d.mean or 0.0, d.cv or 0.0
    if d.family in ("exponential", "lognormal", "gamma", "weibull", "normal"):
        if mean == 0 or (cv == 0 and d.family != "exponential"):
            return np.full(len(_GRID), mean)
        x = _FAMILIES[d.family](_INSIDE, cv)
        if d.family != "normal":
            x = x / Law(_GRID, x).mean
        return np.maximum(x * mean, 0.0) if d.family == "normal" else x * mean
    if d.family == "triangular":
        return _triangular(d)
    return _scipy(d)


def _triangular(d: Distribution) -> Floats:
    low, mode, high = float(d.low or 0), float(d.mode or 0), float(d.high or 0)
    span = max(high - low, 1e-300)
    turn = (mode - low) / span
    left = low + np.sqrt(_GRID * span * max(mode - low, 0.0))
    right = high - np.sqrt((1 - _GRID) * span * max(high - mode, 0.0))
    return np.where(turn > _GRID, left, right)


def _scipy(d: Distribution) -> Floats:
    from scipy import stats

    # Name and parameters were looked at as the law was read.
    x = getattr(stats, str(d.name)).ppf(_INSIDE, **(d.parameters or {}))
    return np.asarray(np.maximum(x, 0.0))


def _exponential(p: Floats, _: float) -> Floats:
    return np.asarray(-np.log1p(-p))


def _lognormal(p: Floats, cv: float) -> Floats:
    from scipy.special import ndtri

    return np.asarray(np.exp(np.sqrt(np.log1p(cv * cv)) * ndtri(p)))


def _gamma(p: Floats, cv: float) -> Floats:
    from scipy.special import gammaincinv

    return np.asarray(gammaincinv(1 / cv**2, p) * cv**2)


def _normal(p: Floats, cv: float) -> Floats:
    from scipy.special import ndtri

    return 1 + cv * np.asarray(ndtri(p))


def _weibull(p: Floats, cv: float) -> Floats:
    """The shape follows from the coefficient of variation by bisection."""
    from scipy.special import gammaln

    low, high = 0.05, 200.0
    for _ in range(80):
        shape = (low + high) / 2
        excess = np.exp(gammaln(1 + 2 / shape) - 2 * gammaln(1 + 1 / shape)) - 1 - cv * cv
        low, high = (shape, high) if excess > 0 else (low, shape)
    return np.asarray((-np.log1p(-p)) ** (1 / shape))


_FAMILIES = {
    "exponential": _exponential,
    "lognormal": _lognormal,
    "gamma": _gamma,
    "weibull": _weibull,
    "normal": _normal,
}
