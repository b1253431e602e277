"""Laws of a delay, fitted to exact and interval-censored observations."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bko_mining.fit.instances import Seconds

Law = tuple[
    Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]],
    Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]],
]
FEW = 8
"""Exact observations from which a share of zeros is believed."""
MOST = 1500
"""Observations used; more only cost time."""


@dataclass(frozen=True)
class Delay:
    """A fitted delay in seconds of calendar time.

    Attributes
    ----------
    family : str
        exponential, gamma, lognormal, weibull, fixed, or as observed (then ``quantiles`` hold 41 of them).
    mean, deviation : float
        Mean and standard deviation where there is a delay.
    zero_share : float
        Share of passages without delay.
    n_exact, n_censored : int
        Observations of each kind.
    mean_error : float
        Relative standard error of the mean.
    misfit : float
        Largest distance between the fitted law and the exact observations (Kolmogorov–Smirnov), where there are some.
    """

    family: str
    mean: float
    deviation: float
    zero_share: float
    n_exact: int
    n_censored: int
    mean_error: float
    misfit: float
    parameters: tuple[float, ...] = ()
    quantiles: tuple[float, ...] = ()


def fit_delay(
    exact: Seconds, low: Seconds, high: Seconds, *, tolerance: float, rng: np.random.Generator
) -> Delay | None:
    """Fit the family with the lowest AIC by maximum likelihood, with a share of zeros where points show one."""
    zeros = int((exact <= tolerance).sum())
    positive = exact[exact > tolerance]
    if len(positive) + len(low) < 5 or (not len(positive) and not (low > 0).any()):
        return None
    zero_share = zeros / len(exact) if len(exact) >= FEW and zeros > 0.02 * len(exact) else 0.0
    if len(positive) >= 5 and positive.std() < 0.01 * positive.mean():
        return Delay("fixed", float(positive.mean()), 0.0, zero_share, len(positive), len(low), 0.01, 0.0)
    points, low, high = _thinned(positive, low, high, rng)
    high = np.maximum(high, low + tolerance)
    unit = float(np.mean(points)) if len(points) >= 5 else float(np.mean((low + high) / 2))
    family, parameters = _best(points / unit, low / unit, high / unit, zero_share)
    mean, deviation = _moments(family, parameters)
    misfit = _distance(family, parameters, positive / unit)
    beyond = mean * unit > max(points.max(initial=0.0), high.max(initial=0.0))
    if beyond or (len(positive) >= 5 and (deviation > 4 * mean or len(positive) > 4 * len(low)) and misfit > 0.05):
        return _as_observed(positive, low, high, zero_share)
    deviation = min(deviation, 4 * mean)
    error = deviation / mean / np.sqrt(max(1.0, len(positive) + 0.5 * len(low)))
    return Delay(
        family=family,
        mean=mean * unit,
        deviation=deviation * unit,
        zero_share=zero_share,
        n_exact=len(exact),
        n_censored=len(low),
        mean_error=float(error),
        misfit=misfit,
        parameters=tuple(parameters.tolist()),
    )


def _as_observed(points: Seconds, low: Seconds, high: Seconds, zero_share: float) -> Delay:
    """Quantiles of the exact observations and the middles of the bounds, where no family comes close."""
    values = np.concatenate([points, (low + high) / 2])
    steps = np.quantile(values, np.linspace(0, 1, 41))
    mean, deviation = float((steps[1:] + steps[:-1]).mean() / 2), float(values.std())
    error = deviation / mean / np.sqrt(len(values))
    return Delay(
        "as observed", mean, deviation, zero_share, len(points), len(low), error, 0.0, quantiles=tuple(steps.tolist())
    )


@dataclass(frozen=True)
class Shape:
    """A fitted law of positive numbers: family, mean, coefficient of variation and Kolmogorov–Smirnov distance."""

    family: str
    mean: float
    cv: float
    misfit: float


def fit_shape(values: Seconds, rng: np.random.Generator) -> Shape:
    """Fit the family with the lowest AIC to positive numbers seen exactly."""
    none = np.zeros(0)
    points, _, _ = _thinned(values, none, none, rng)
    family, parameters = _best(points, none, none, 0.0)
    mean, deviation = _moments(family, parameters)
    return Shape(family, mean, deviation / mean, _distance(family, parameters, values))


def _best(points: Seconds, low: Seconds, high: Seconds, zero_share: float) -> tuple[str, NDArray[np.float64]]:
    """The family with the lowest AIC and its parameters."""
    fits = [(family, *_maximised(family, points, low, high, zero_share)) for family in _FAMILIES]
    family, _, parameters = min(fits, key=lambda fit: 2 * fit[1] + 2 * len(fit[2]))
    return family, parameters


def _thinned(
    points: Seconds, low: Seconds, high: Seconds, rng: np.random.Generator
) -> tuple[Seconds, Seconds, Seconds]:
    n = len(points) + len(low)
    if n <= MOST:
        return points, low, high
    share = MOST / n
    kept = rng.random(len(points)) < share
    bounded = rng.random(len(low)) < share
    return points[kept], low[bounded], high[bounded]


def _maximised(
    family: str, points: Seconds, low: Seconds, high: Seconds, zero_share: float
) -> tuple[float, NDArray[np.float64]]:
    """Smallest negative log-likelihood of a family and its parameters (natural scale)."""
    from scipy.optimize import minimize

    log_density, distribution, initial = _FAMILIES[family]

    def loss(theta: NDArray[np.float64]) -> float:
        parameters = np.exp(np.clip(theta, -12, 12))
        value = -float(log_density(points, parameters).sum()) if len(points) else 0.0
        if len(low):
            inside = (1 - zero_share) * (distribution(high, parameters) - distribution(low, parameters))
            inside = inside + zero_share * (low <= 0)
            value -= float(np.log(np.maximum(inside, 1e-12)).sum())
        return value if np.isfinite(value) else 1e12

    found = minimize(
        loss, np.log(initial), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-3, "maxiter": 400}
    )
    return float(found.fun), np.exp(np.clip(found.x, -12, 12))


def _moments(family: str, parameters: NDArray[np.float64]) -> tuple[float, float]:
    from scipy.special import gamma

    if family == "exponential":
        return float(parameters[0]), float(parameters[0])
    if family == "gamma":
        shape, scale = parameters
        return float(shape * scale), float(np.sqrt(shape) * scale)
    if family == "weibull":
        shape, scale = parameters
        mean = scale * gamma(1 + 1 / shape)
        return float(mean), float(np.sqrt(max(0.0, scale**2 * gamma(1 + 2 / shape) - mean**2)))
    median, sigma = parameters
    mean = median * np.exp(sigma**2 / 2)
    return float(mean), float(mean * np.sqrt(np.expm1(sigma**2)))


def _distance(family: str, parameters: NDArray[np.float64], points: Seconds) -> float:
    if len(points) < 5:
        return float("nan")
    fitted = _FAMILIES[family][1](np.sort(points), parameters)
    steps = np.arange(len(points) + 1) / len(points)
    return float(max(np.abs(fitted - steps[1:]).max(), np.abs(fitted - steps[:-1]).max()))


def _exponential_density(x: Seconds, p: Seconds) -> Seconds:
    return np.asarray(-np.log(p[0]) - x / p[0])


def _exponential(x: Seconds, p: Seconds) -> Seconds:
    return np.asarray(-np.expm1(-x / p[0]))


def _gamma_density(x: Seconds, p: Seconds) -> Seconds:
    from scipy.special import gammaln

    return np.asarray((p[0] - 1) * np.log(x / p[1]) - x / p[1] - np.log(p[1]) - gammaln(p[0]))


def _gamma(x: Seconds, p: Seconds) -> Seconds:
    from scipy.special import gammainc

    return np.asarray(gammainc(p[0], x / p[1]))


def _lognormal_density(x: Seconds, p: Seconds) -> Seconds:
    z = np.log(x / p[0]) / p[1]
    return np.asarray(-z * z / 2 - np.log(x * p[1]) - 0.918938533)


def _lognormal(x: Seconds, p: Seconds) -> Seconds:
    from scipy.special import ndtr

    return np.asarray(ndtr(np.log(np.maximum(x, 1e-9) / p[0]) / p[1]))


def _weibull_density(x: Seconds, p: Seconds) -> Seconds:
    z = x / p[1]
    return np.asarray(np.log(p[0] / p[1]) + (p[0] - 1) * np.log(z) - z ** p[0])


def _weibull(x: Seconds, p: Seconds) -> Seconds:
    return np.asarray(-np.expm1(-((x / p[1]) ** p[0])))


_FAMILIES = {
    "exponential": (_exponential_density, _exponential, (1.0,)),
    "gamma": (_gamma_density, _gamma, (1.0, 1.0)),
    "lognormal": (_lognormal_density, _lognormal, (0.8, 0.8)),
    "weibull": (_weibull_density, _weibull, (1.0, 1.0)),
}
